// Package keyringsql keeps a keyring's rows in a database behind a [database/sql.DB]. The user chooses the driver.
//
// # Durability
//
// A key that is used must not be lost, and a destroyed one must not come back. [Open] makes sure that a commit survives a
// crash and refuses a database that cannot promise it; on SQLite it writes on a connection of its own with PRAGMA
// synchronous at FULL or above, whatever the pool's other connections use. That connection is held until [Store.Close]:
// a pool limited to one connection has none left for others.
//
// # What shredding leaves behind
//
// On SQLite, PRAGMA secure_delete overwrites what a row held before. In WAL mode older pages stay in the -wal file until
// it is checkpointed and written over, and backups and the disk's own spare blocks keep what they keep. What was wrapped
// becomes unreadable for good only when the key that wrapped it is destroyed.
//
// # Limits
//
// SQLite is the only database so far. Several processes may share the file.
package keyringsql

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"math"
	"sync/atomic"
	"time"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/internal/sqlkit"
	"github.com/purposebound/purposebound/pii/keyring"
)

const (
	namespace = "keyring"
	wait      = 10 * time.Second // for other writers
	page      = 256
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
	// ErrBusy reports that others held the database for longer than ten seconds. Nothing was changed.
	ErrBusy = sqlkit.ErrBusy
	// ErrOutcomeUnknown reports a Save of which it is not known whether it took place.
	ErrOutcomeUnknown = sqlkit.ErrOutcomeUnknown
	// ErrClosed reports the use of a closed Store.
	ErrClosed = sqlkit.ErrClosed
)

// Store is a [keyring.Store] and [keyring.Lister] in the table purposebound_keys. It is safe for concurrent use;
// make it with [Open].
type Store struct {
	db     *sql.DB
	writer *sqlkit.Writer
	closed atomic.Bool
	memory bool // only the writer's connection sees the database
}

var (
	_ keyring.Store  = (*Store)(nil)
	_ keyring.Lister = (*Store)(nil)
)

// Open returns the store in db and creates or updates its table. It returns [ErrDatabase], [ErrNotDurable] or
// [ErrNewerSchema] for a database it cannot use. Close the Store before db.
func Open(ctx context.Context, db *sql.DB) (*Store, error) {
	if db == nil {
		return nil, fmt.Errorf("keyringsql: open: no *sql.DB: %w", ErrDatabase)
	}
	dialect, err := sqlkit.Detect(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("keyringsql: open: %w", err)
	}
	scripts, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return nil, fmt.Errorf("keyringsql: open: %w", err)
	}
	writer, err := sqlkit.OpenWriter(ctx, db, dialect, wait)
	if err != nil {
		return nil, fmt.Errorf("keyringsql: open: %w", err)
	}
	s := &Store{db: db, writer: writer}
	if err := s.prepare(ctx, scripts); err != nil {
		return nil, errors.Join(fmt.Errorf("keyringsql: open: %w", err), writer.Close())
	}
	return s, nil
}

func (s *Store) prepare(ctx context.Context, scripts fs.FS) error {
	if err := s.writer.Migrate(ctx, namespace, scripts); err != nil {
		return err
	}
	return s.writer.Read(ctx, func(ctx context.Context, tx *sqlkit.Tx) error {
		var file sql.NullString
		err := tx.QueryRow(ctx, "SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&file)
		s.memory = file.String == ""
		return err
	})
}

// Close waits for a Save that runs and gives the connection back. The database stays open.
func (s *Store) Close() error {
	s.closed.Store(true)
	return s.writer.Close()
}

// Load implements [keyring.Store].
func (s *Store) Load(ctx context.Context, tenant string, subject consent.Subject) (keyring.Row, error) {
	var row keyring.Row
	err := s.read(ctx, func(rows *sql.Rows) error { return rows.Scan(&row.Version, &row.Data) },
		"SELECT version, data FROM purposebound_keys WHERE tenant = ? AND subject = ?", tenant, string(subject))
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
	if data == nil {
		data = []byte{} // nil is NULL
	}
	err := s.writer.Write(ctx, func(ctx context.Context, tx *sqlkit.Tx) error {
		// A setting of the connection, which may be a new one.
		if _, err := tx.Exec(ctx, "PRAGMA secure_delete = ON"); err != nil {
			return err
		}
		var result sql.Result
		var err error
		if after == 0 {
			result, err = tx.Exec(ctx,
				"INSERT INTO purposebound_keys (tenant, subject, version, data) VALUES (?, ?, 1, ?) ON CONFLICT (tenant, subject) DO NOTHING",
				tenant, string(subject), data)
		} else {
			result, err = tx.Exec(ctx,
				"UPDATE purposebound_keys SET version = version + 1, data = ? WHERE tenant = ? AND subject = ? AND version = ?",
				data, tenant, string(subject), int64(after))
		}
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
	err := s.read(ctx, func(rows *sql.Rows) error {
		var subject string
		err := rows.Scan(&subject)
		subjects = append(subjects, consent.Subject(subject))
		return err
	}, "SELECT subject FROM purposebound_keys WHERE tenant = ? AND subject > ? ORDER BY subject LIMIT ?", tenant, string(after), page)
	return subjects, err
}

// read calls each for the rows of a query. It reads through the pool, whose connections have the program's own settings:
// outside WAL mode a read can meet a commit and, without a busy_timeout, fail at once. It is then tried again.
func (s *Store) read(ctx context.Context, each func(*sql.Rows) error, query string, args ...any) error {
	if s.closed.Load() {
		return ErrClosed
	}
	if s.memory {
		return s.writer.Read(ctx, func(ctx context.Context, tx *sqlkit.Tx) error {
			rows, err := tx.Query(ctx, query, args...)
			_, err = scan(rows, err, each)
			return err
		})
	}
	for limit := time.Now().Add(wait); ; {
		rows, err := s.db.QueryContext(ctx, query, args...)
		n, err := scan(rows, err, each)
		if n > 0 || !sqlkit.Busy(err) { // SQLite takes its lock before the first row
			return err
		}
		if time.Now().After(limit) {
			return fmt.Errorf("%w: %w", ErrBusy, err)
		}
		pause := time.NewTimer(time.Millisecond)
		select {
		case <-ctx.Done():
			pause.Stop()
			return ctx.Err()
		case <-pause.C:
		}
	}
}

// scan calls each for every row and returns how many there were.
func scan(rows *sql.Rows, err error, each func(*sql.Rows) error) (int, error) {
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		if err := each(rows); err != nil {
			return n, err
		}
	}
	return n, rows.Err()
}
