// Package keyringsql keeps a keyring's rows in a database behind a [database/sql.DB]. The user chooses the driver.
//
// The databases are SQLite 3.37 or newer, PostgreSQL 15 or newer, and MariaDB 10.6 or newer with MySQL 8. The table is
// created by [Open], its name begins with "purposebound_", and any number of processes may open one database together,
// be it a file or a server. Of those that save a row at the same version one succeeds.
//
// # Durability
//
// A key that is used must not be lost, and a destroyed one must not come back. [Open] makes sure that a commit survives a
// crash and refuses a database that cannot promise it with [ErrNotDurable].
//
// On SQLite it writes on a connection of its own with PRAGMA synchronous at FULL or above, whatever the pool's other
// connections use. That connection is held until [Store.Close]: a pool limited to one connection has none left for others.
//
// On PostgreSQL it refuses synchronous_commit below on, and fsync or full_page_writes off; every Save turns
// synchronous_commit on again for its own transaction, should the connection have been given another. On MariaDB and MySQL
// it refuses innodb_flush_log_at_trx_commit other than 1 or 3, and a binary log without sync_binlog = 1: after a crash the
// server undoes commits that its binary log has lost. Those two are settings of the whole server and are looked at when
// the store is opened. On servers a Store holds no connection between calls, and one in the pool is enough.
//
// A crash of one server is all that this covers. A replica that is promoted without every commit of the old primary, and
// a backup that is restored, lose the newest keys and bring back those destroyed since; the fences set since are gone
// too. Let replicas that may be promoted confirm every commit (synchronous_standby_names on PostgreSQL, semi-synchronous
// replication that never falls back on MariaDB and MySQL), and repeat after a restore the erasures done since the backup.
// The pool must reach the primary for reading too, and always the same node of a Galera cluster: others lag, and a
// destroyed key would seem live. For the same reason connections of MariaDB and MySQL must have autocommit on and must
// not be READ UNCOMMITTED; Open refuses others.
//
// InnoDB without a binary log shows others a commit an instant before it is on disk. A crash of the machine in that
// instant can lose a key that another process has read and sealed with already. What it sealed is lost with the key, or
// was itself not yet on disk, if it is kept on the same server; kept elsewhere, it cannot be opened.
//
// # What shredding leaves behind
//
// When a Save returns, the row is replaced, and no query finds what it held. The bytes, a key as it was wrapped, stay on
// disk for a while:
//
//   - SQLite: PRAGMA secure_delete overwrites what a row held before. In WAL mode older pages stay in the -wal file
//     until it is checkpointed and written over.
//   - PostgreSQL: the old version of the row stays in the table until VACUUM, or a later change of the same page,
//     removes it, and in the free space it leaves until that is written over. The write-ahead log, its archive
//     and every standby hold both versions for as long as they keep their segments.
//   - MariaDB and MySQL: the old version stays in the undo log until purge, which a long transaction holds up, and in
//     freed pages until they are written over. The redo log holds both until it comes round; the binary log, and
//     the relay logs of replicas, until they are purged.
//
// Backups, snapshots and a disk's own spare blocks keep what they keep, and a server that logs statements logs subjects
// and wrapped keys. What was wrapped becomes unreadable for good only when the key that wrapped it is destroyed.
package keyringsql

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"iter"
	"math"
	"time"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/internal/sqlkit"
	"github.com/purposebound/purposebound/pii/keyring"
)

const (
	namespace = "keyring"
	wait      = 10 * time.Second // for other writers
	page      = 256
	longest   = 255     // bytes of a tenant or a subject
	largest   = 1 << 20 // bytes of a row's data, see [keyring.Row]
)

//go:embed migrations
var migrations embed.FS

// Why [Open] or a method of [Store] refuses. Each matches an error of the database's own beside it, where there is one.
var (
	// ErrDatabase reports a database of a kind this version does not know.
	ErrDatabase = sqlkit.ErrDialect
	// ErrNewerSchema reports tables made by a newer version of this package.
	ErrNewerSchema = sqlkit.ErrNewerSchema
	// ErrNotDurable reports a database whose commits do not survive a crash.
	ErrNotDurable = sqlkit.ErrNotDurable
	// ErrBusy reports that others held the database, or the row, for longer than ten seconds. Nothing was changed.
	ErrBusy = sqlkit.ErrBusy
	// ErrOutcomeUnknown reports a Save of which it is not known whether it took place.
	ErrOutcomeUnknown = sqlkit.ErrOutcomeUnknown
	// ErrClosed reports the use of a closed Store.
	ErrClosed = sqlkit.ErrClosed
)

// Store is a [keyring.Store] and [keyring.Lister] in the table purposebound_keys. It is safe for concurrent use;
// make it with [Open].
type Store struct{ tables *sqlkit.Tables }

var (
	_ keyring.Store  = (*Store)(nil)
	_ keyring.Lister = (*Store)(nil)
)

// Open returns the store in db and creates or updates its table. It returns [ErrDatabase], [ErrNotDurable] or
// [ErrNewerSchema] for a database it cannot use. Close the Store before db.
func Open(ctx context.Context, db *sql.DB) (*Store, error) {
	tables, err := sqlkit.Open(ctx, db, sqlkit.Config{Namespace: namespace, Migrations: migrations, Wait: wait, Check: check})
	if err != nil {
		return nil, fmt.Errorf("keyringsql: open: %w", err)
	}
	return &Store{tables}, nil
}

// Close waits for every Save that runs and gives the connection back that the Store holds. The database stays open.
func (s *Store) Close() error { return s.tables.Close() }

// Load implements [keyring.Store].
func (s *Store) Load(ctx context.Context, tenant string, subject consent.Subject) (keyring.Row, error) {
	var row keyring.Row
	err := s.tables.Read(ctx, func(rows *sql.Rows) error { return rows.Scan(&row.Version, &row.Data) },
		"SELECT version, data FROM purposebound_keys WHERE tenant = ? AND subject = ?", s.name(tenant), s.name(string(subject)))
	if err != nil {
		return keyring.Row{}, fmt.Errorf("keyringsql: load: %w", err)
	}
	return row, nil
}

// Save implements [keyring.Store].
func (s *Store) Save(ctx context.Context, tenant string, subject consent.Subject, after uint64, data []byte) error {
	if after >= math.MaxInt64 {
		return keyring.ErrConflict // no row has that version
	}
	if len(tenant) > longest || len(subject) > longest || len(data) > largest {
		// MariaDB would cut them off, with a lenient sql_mode.
		return errors.New("keyringsql: save: the tenant, the subject or the row is longer than a store keeps")
	}
	if data == nil {
		data = []byte{} // nil is NULL
	}
	err := s.tables.Write(ctx, func(ctx context.Context, tx *sqlkit.Tx) error {
		if err := settle(ctx, tx); err != nil {
			return err
		}
		result, err := s.put(ctx, tx, tenant, subject, after, data)
		if err != nil {
			return err
		}
		changed, err := result.RowsAffected()
		if err == nil && changed != 1 {
			err = keyring.ErrConflict
		}
		return err
	})
	if err != nil && !errors.Is(err, keyring.ErrConflict) {
		return fmt.Errorf("keyringsql: save: %w", err)
	}
	return err
}

// put changes one row, or none if the version is another. Who is second waits for the first to commit and then finds its
// version: a server's transactions are READ COMMITTED and compare with the newest row.
func (s *Store) put(ctx context.Context, tx *sqlkit.Tx, tenant string, subject consent.Subject, after uint64, data []byte) (sql.Result, error) {
	if after > 0 {
		return tx.Exec(ctx,
			"UPDATE purposebound_keys SET version = version + 1, data = ? WHERE tenant = ? AND subject = ? AND version = ?",
			data, s.name(tenant), s.name(string(subject)), int64(after))
	}
	insert := "INSERT INTO purposebound_keys (tenant, subject, version, data) VALUES (?, ?, 1, ?)"
	if s.tables.Dialect() != sqlkit.MariaDB {
		insert += " ON CONFLICT (tenant, subject) DO NOTHING"
	}
	result, err := tx.Exec(ctx, insert, s.name(tenant), s.name(string(subject)), data)
	if s.tables.Dialect() == sqlkit.MariaDB && sqlkit.Duplicate(err) {
		err = keyring.ErrConflict // the error itself names the subject
	}
	return result, err
}

// name is a tenant or a subject as the database has it: text in SQLite, bytes elsewhere, which compare as such.
func (s *Store) name(text string) any {
	if s.tables.Dialect().Server() {
		return []byte(text)
	}
	return text
}

// Subjects implements [keyring.Lister].
func (s *Store) Subjects(ctx context.Context, tenant string, after consent.Subject) iter.Seq2[consent.Subject, error] {
	return func(yield func(consent.Subject, error) bool) {
		for {
			subjects, err := s.list(ctx, tenant, after)
			if err != nil {
				yield("", fmt.Errorf("keyringsql: list: %w", err))
				return
			}
			for _, subject := range subjects {
				if !yield(subject, nil) {
					return
				}
			}
			if len(subjects) < page {
				return
			}
			after = subjects[len(subjects)-1]
		}
	}
}

// list reads one page, so that no query is open while its subjects are worked on.
func (s *Store) list(ctx context.Context, tenant string, after consent.Subject) ([]consent.Subject, error) {
	var subjects []consent.Subject
	err := s.tables.Read(ctx, func(rows *sql.Rows) error {
		var subject string
		err := rows.Scan(&subject)
		subjects = append(subjects, consent.Subject(subject))
		return err
	}, "SELECT subject FROM purposebound_keys WHERE tenant = ? AND subject > ? ORDER BY subject LIMIT ?",
		s.name(tenant), s.name(string(after)), page)
	return subjects, err
}
