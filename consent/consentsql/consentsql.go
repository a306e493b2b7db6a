// Package consentsql keeps a consent ledger in a SQL database: SQLite, PostgreSQL, MariaDB or MySQL.
//
// [Open] takes the *sql.DB of a program and returns a [consent.Ledger] on it. The program chooses the driver; this
// package imports none. Tables are created and migrated by Open and their names begin with "purposebound_", so the
// ledger may live beside the program's own tables. Its rows hold opaque subject ids and events, no names, addresses or
// values; file format.md of package consent describes what is in them.
//
// # Servers
//
// PostgreSQL 15 or newer, MariaDB 10.6 or newer and MySQL 8.0 are used by any number of processes together: every registry over
// such a ledger is a node of a [consent.Cluster], as the documentation of package consent says. Durability is verified by Open: PostgreSQL's
// synchronous_commit must be on or remote_apply, and fsync and full_page_writes on; MariaDB's innodb_flush_log_at_trx_commit must be 1 or 3, autocommit on, and
// sync_binlog 1 where there is a binary log. A pool should
// have at least four connections: appends, reads, renewals and the look at other nodes each take one for a moment. Connections must go to the
// primary and not to a replica; a read from one that lags is noticed and discarded.
//
// Appends that wait for one another are stored in one transaction, and those of the events that tighten have one place in the feed together. Whatever a
// transaction of the program's own holds open does not delay them.
//
// # SQLite
//
// A file is held by one process, or is opened by several with [Together]. WAL mode (PRAGMA journal_mode = WAL) is recommended and survives everything that
// this package promises; the journal modes MEMORY and OFF are refused with [ErrNotDurable]. Appends go through a
// connection of their own, on which synchronous is set and verified whatever the program uses elsewhere.
//
// A ledger takes two connections of the pool for its whole life and needs a third for reading: a pool limited to fewer
// than three is refused with [ErrPool]. A program whose own pool must be smaller opens a second *sql.DB on the file.
//
// Without Together one process, and in it one [Ledger], holds a file at a time; others get [consent.ErrLedgerInUse] until it is closed or
// dies, however it dies. The lock is SQLite's own, on an empty file beside the database whose name ends in
// "-purposebound-lock". That file may stay when nobody uses it, and must not be deleted while somebody does. It does
// not hinder other programs that read the database, copy it or write other tables of it. As for SQLite itself, the file
// must not be on a network file system without locks, nor be reached by two hard links, nor be opened by two different
// SQLite drivers in one process.
//
// A database in memory is accepted for tests. It survives nothing and is not locked.
//
// # What it does not protect against
//
// The chain shows that a stored event was changed or one in the middle removed. It does not show that the last events
// of a subject were cut off, or that the whole file was replaced by an older copy. After [Ledger.Redact] SQLite
// overwrites what was blanked and empties its log, but backups, file system snapshots and the spare blocks of a disk keep it.
package consentsql

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"sync/atomic"
	"time"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/internal/sqlkit"
)

//go:embed migrations
var migrations embed.FS

// namespace is under which the schema's version is recorded.
const namespace = "consent"

// The errors of this package, besides those of [consent.Ledger].
var (
	// ErrNewerSchema reports tables made by a newer version of this library.
	ErrNewerSchema = sqlkit.ErrNewerSchema
	// ErrNotDurable reports a database that does not promise to keep a commit through a crash.
	ErrNotDurable = sqlkit.ErrNotDurable
	// ErrUnsupported reports a database that is not of a supported kind.
	ErrUnsupported = sqlkit.ErrDialect
	// ErrBusy reports that another writer held the database for longer than [WithBusyTimeout] allows. Nothing was changed.
	ErrBusy = sqlkit.ErrBusy
	// ErrClosed reports a ledger that was closed.
	ErrClosed = sqlkit.ErrClosed
	// ErrOutcomeUnknown reports a commit that was lost: the event is stored whole or not at all. Append the same event
	// again, under the same id, to learn which and have it stored.
	ErrOutcomeUnknown = sqlkit.ErrOutcomeUnknown
	// ErrPool reports a pool that is limited to fewer than three connections.
	ErrPool = errors.New("consentsql: a ledger needs a pool of at least three connections")
)

// Ledger is a [consent.Ledger] and [consent.Redactor] in a SQL database. It is safe for concurrent use.
type Ledger struct {
	db       *sql.DB
	dialect  sqlkit.Dialect
	together bool // several registries may use it
	memory   bool // a SQLite database in memory
	notify   bool // tell a channel of what is new in the feed
	writer   *sqlkit.Writer
	group    group
	one      string        // statement that reads one subject
	none     string        // and the one for a subject without events
	lock     *lock         // of a SQLite file that is held alone
	busy     time.Duration // how long to wait for others
	closed   atomic.Bool
	held     atomic.Bool
}

var (
	_ consent.Ledger   = (*Ledger)(nil)
	_ consent.Redactor = (*Ledger)(nil)
	_ consent.Holder   = (*Ledger)(nil)

	_ consent.Clustered = (*Ledger)(nil)
)

// Option changes how [Open] opens a ledger.
type Option func(*options)

type options struct {
	busy     time.Duration
	together bool
	notify   bool
}

// WithBusyTimeout sets how long an append waits for other writers of the database. The default is five seconds.
func WithBusyTimeout(d time.Duration) Option {
	return func(o *options) { o.busy = d }
}

// WithNotify has PostgreSQL notify the channel "purposebound" whenever there is something new in the feed. Registries look by themselves every few
// milliseconds; one that is given a function to wait for the notification, [consent.WithWakeup], looks at once. It does nothing on other databases.
func WithNotify() Option {
	return func(o *options) { o.notify = true }
}

// Together opens a SQLite file for several processes, all of which say so. It changes nothing on servers, which are always used together.
func Together() Option {
	return func(o *options) { o.together = true }
}

// Open takes a SQLite file's ledger into possession, or joins those who use a server's, and creates or migrates the tables. Close gives it back; the caller
// closes db, after the ledger.
//
// It returns [consent.ErrLedgerInUse] if another process, or another Ledger of this one, has the SQLite file; [ErrNotDurable] if
// commits would not survive a crash; [ErrNewerSchema] if a newer version of this library migrated it; [ErrPool] if db is
// limited to too few connections; [ErrUnsupported] for other databases than those named in the package documentation.
func Open(ctx context.Context, db *sql.DB, opts ...Option) (*Ledger, error) {
	if db == nil {
		return nil, fmt.Errorf("consentsql: open: %w: no database", ErrUnsupported)
	}
	set := options{busy: 5 * time.Second}
	for _, opt := range opts {
		opt(&set)
	}
	l, err := open(ctx, db, set)
	if err != nil {
		return nil, fmt.Errorf("consentsql: open: %w", err)
	}
	return l, nil
}

func open(ctx context.Context, db *sql.DB, set options) (_ *Ledger, err error) {
	dialect, err := sqlkit.Detect(ctx, db)
	if err != nil {
		return nil, err
	}
	steps, err := fs.Sub(migrations, "migrations/"+dialect.String())
	if err != nil {
		return nil, err
	}
	l := &Ledger{db: db, dialect: dialect, busy: set.busy, together: dialect.Server(), notify: set.notify && dialect == sqlkit.PostgreSQL}
	l.one, l.none = dialect.Rebind(selectOne+"= ?"+orderOne), dialect.Rebind(selectNone+"= ?"+orderOne)
	l.group.store = l.store
	defer func() {
		if err != nil {
			_ = l.Close()
		}
	}()
	switch {
	case dialect.Server():
	case set.together:
		if l.lock, err = acquireTogether(ctx, db, dialect, set.busy); err != nil {
			return nil, err
		}
		l.together = true
	default:
		if l.lock, err = acquire(ctx, db, dialect, set.busy); err != nil {
			return nil, err
		}
		l.memory = l.lock == nil
	}
	if l.writer, err = sqlkit.OpenWriter(ctx, db, dialect, set.busy); err != nil {
		return nil, err
	}
	return l, l.writer.Migrate(ctx, namespace, steps)
}

// Hold takes the ledger for one registry of this process, as [consent.Holder] says. Other processes are kept out by Open.
func (l *Ledger) Hold() (release func(), err error) {
	if l.closed.Load() {
		return nil, ErrClosed
	}
	if !l.held.CompareAndSwap(false, true) {
		return nil, consent.ErrLedgerInUse
	}
	return func() { l.held.Store(false) }, nil
}

// Close waits for the append that runs and gives the ledger up; the next Open succeeds at once. Later calls of the
// ledger's methods return [ErrClosed]; a second Close does nothing.
func (l *Ledger) Close() error {
	if l.closed.Swap(true) {
		return nil
	}
	if l.writer != nil {
		_ = l.writer.Close()
	}
	if l.lock != nil {
		l.lock.release()
	}
	return nil
}
