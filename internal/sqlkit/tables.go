package sqlkit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"sync/atomic"
	"time"
)

// Config says how [Open] opens the tables of a package.
type Config struct {
	Namespace  string        // under which the version of the tables is recorded, "keyring"
	Migrations fs.FS         // in folders named "migrations/sqlite" and so on, each as [Migrate] reads it
	Wait       time.Duration // how long to wait for other writers; zero: not at all

	// Check may refuse the database, before anything is made in it. If nil, it is not asked.
	Check func(ctx context.Context, t *Tables) error
}

// Tables are the tables of a package in a database, for statements that are each a reading or a transaction of their own. Make them with [Open]; nil ones
// are closed. They are safe for concurrent use.
type Tables struct {
	writer *Writer
	held   bool // read on the writer's connection: no other sees the database, or the pool has no other
	closed atomic.Bool
}

// Open returns the tables in db, once they are what the newest migration makes of them. It returns [ErrDialect], also for a nil db, [ErrNotDurable],
// [ErrNewerSchema] or what Check does. On SQLite the Tables hold a connection of the pool until they are closed.
func Open(ctx context.Context, db *sql.DB, c Config) (*Tables, error) {
	if db == nil {
		return nil, fmt.Errorf("no *sql.DB: %w", ErrDialect)
	}
	dialect, err := Detect(ctx, db)
	if err != nil {
		return nil, err
	}
	scripts, err := fs.Sub(c.Migrations, "migrations/"+dialect.String())
	if err != nil {
		return nil, err
	}
	writer, err := OpenWriter(ctx, db, dialect, c.Wait)
	if err != nil {
		return nil, err
	}
	t := &Tables{writer: writer, held: dialect == SQLite && (writer.keep || db.Stats().MaxOpenConnections == 1)}
	if c.Check != nil {
		err = c.Check(ctx, t)
	}
	if err == nil {
		err = writer.Migrate(ctx, c.Namespace, scripts)
	}
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

// Dialect returns the database's.
func (t *Tables) Dialect() Dialect {
	if t == nil {
		return 0
	}
	return t.writer.dialect
}

// Closed reports whether Close was called.
func (t *Tables) Closed() bool { return t == nil || t.closed.Load() }

// Close waits for what is being written and gives the connection back. Read and Write return [ErrClosed] from then on; a second Close does nothing.
func (t *Tables) Close() error {
	if t == nil {
		return nil
	}
	t.closed.Store(true)
	return t.writer.Close()
}

// Write is [Writer.Write].
func (t *Tables) Write(ctx context.Context, fn func(context.Context, *Tx) error) error {
	if t == nil {
		return ErrClosed
	}
	return t.writer.Write(ctx, fn)
}

// Read calls each for the rows of a query, outside any transaction, and never within one of Write. It reads through the pool, whose connections have the
// program's own settings: outside WAL mode a read can meet a commit and, without a busy_timeout, fail at once. It is then tried again, and is [ErrBusy] when
// that does not help.
func (t *Tables) Read(ctx context.Context, each func(*sql.Rows) error, query string, args ...any) error {
	if t.Closed() {
		return ErrClosed
	}
	var failure error
	busy := Retry(ctx, t.writer.wait, func() error {
		n := 0
		count := func(rows *sql.Rows) error {
			n++
			return each(rows)
		}
		failure = t.read(ctx, func(ctx context.Context, tx *Tx) error { return tx.Each(ctx, count, query, args...) })
		if n > 0 { // each has no row twice: SQLite takes its lock before the first
			return nil
		}
		return failure
	})
	if busy != nil {
		return busy
	}
	return failure
}

func (t *Tables) read(ctx context.Context, fn func(context.Context, *Tx) error) error {
	if t.held {
		return t.writer.Read(ctx, fn)
	}
	return fn(ctx, &Tx{t.writer.db, t.writer.dialect})
}
