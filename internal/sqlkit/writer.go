package sqlkit

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"
)

// engineWait is how long the database itself waits for a lock. It is short because such a wait does not end when the
// context does; the rest of the waiting is done here, in rounds.
const engineWait = "PRAGMA busy_timeout = 50"

// Writer runs write transactions whose commits are durable. On SQLite it holds one connection of a pool for them and runs one
// at a time, and leaves the settings of the pool's other connections alone; on servers each takes a connection of the pool
// for as long as it lasts. A Writer is safe for concurrent use.
type Writer struct {
	db      *sql.DB
	dialect Dialect
	wait    time.Duration

	turn   chan struct{} // holds one token; who took it owns the fields below
	conn   *sql.Conn     // nil until needed and after a failure
	keep   bool          // the database is in memory: closing the connection would lose it
	closed bool

	running sync.RWMutex // of a server: held for reading by what runs
	shut    bool         // and guarded by it
}

// OpenWriter takes a connection of db and makes it durable. A transaction waits at most wait for other writers.
// It returns [ErrNotDurable] if commits cannot be made to survive a crash.
func OpenWriter(ctx context.Context, db *sql.DB, d Dialect, wait time.Duration) (*Writer, error) {
	if d == 0 || d > MariaDB {
		return nil, ErrDialect
	}
	w := &Writer{db: db, dialect: d, wait: wait, turn: make(chan struct{}, 1)}
	if d.Server() {
		conn, err := Connect(ctx, db, wait)
		if err != nil {
			return nil, err
		}
		defer conn.Close()
		if err := d.Durable(ctx, conn); err != nil {
			return nil, err
		}
		w.turn <- struct{}{}
		return w, nil
	}
	if err := w.connect(ctx); err != nil {
		return nil, err
	}
	w.turn <- struct{}{}
	return w, nil
}

// Write runs fn in one write transaction. If fn returns an error or panics, or ctx ends, nothing is changed.
//
// An error of Write means that nothing was changed, unless it is [ErrOutcomeUnknown]: then the commit failed in a way
// that leaves the transaction either whole or absent. The commit itself is not interrupted by ctx, so that a
// cancelled context is never the reason for such an error. It returns [ErrBusy] after waiting in vain for other writers.
func (w *Writer) Write(ctx context.Context, fn func(context.Context, *Tx) error) error {
	if w.dialect.Server() {
		return w.serve(ctx, fn)
	}
	if err := w.take(ctx); err != nil {
		return err
	}
	defer func() { w.turn <- struct{}{} }()
	limit := time.Now().Add(w.wait)
	if err := w.begin(ctx, limit); err != nil {
		return err
	}
	open := true
	defer func() {
		if open { // fn panicked
			w.discard()
		}
	}()
	err := fn(ctx, &Tx{w.conn, w.dialect})
	if err == nil {
		err = ctx.Err()
	}
	open = false
	if err != nil {
		w.rollback(ctx)
		return err
	}
	return w.commit(ctx, limit)
}

// Read runs fn on the held connection without a transaction. It is for a database that no other connection sees, or a pool that
// has no other; [Tables.Read] knows.
func (w *Writer) Read(ctx context.Context, fn func(context.Context, *Tx) error) error {
	if err := w.take(ctx); err != nil {
		return err
	}
	defer func() { w.turn <- struct{}{} }()
	if w.conn == nil {
		if err := w.connect(ctx); err != nil {
			return err
		}
	}
	return fn(ctx, &Tx{w.conn, w.dialect})
}

// Migrate is [Migrate] on the held connection.
func (w *Writer) Migrate(ctx context.Context, namespace string, fsys fs.FS) error {
	steps, err := migrations(namespace, fsys)
	if err != nil {
		return err
	}
	for more := true; more; {
		err := w.Write(ctx, func(ctx context.Context, tx *Tx) error {
			var err error
			more, err = step(ctx, tx, namespace, steps)
			return err
		})
		if err != nil {
			return fmt.Errorf("sqlkit: migrate %s: %w", namespace, err)
		}
	}
	return nil
}

// Close waits for the transaction that runs and gives the connection up. Later calls of Write and Read return
// [ErrClosed]; a second Close does nothing.
func (w *Writer) Close() error {
	<-w.turn
	defer func() { w.turn <- struct{}{} }()
	w.closed = true
	w.running.Lock()
	w.shut = true
	w.running.Unlock()
	w.discard()
	return nil
}

// Tx is the connection during one call of [Writer.Write], [Writer.Read] or [Tables.Read]. It keeps no prepared statements: database/sql
// closes a connection that its driver calls bad without closing those, and SQLite then goes on holding its locks.
type Tx struct {
	conn    querier
	dialect Dialect
}

type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Dialect returns the database's.
func (tx *Tx) Dialect() Dialect { return tx.dialect }

// Exec runs a statement without result rows.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return tx.conn.ExecContext(ctx, tx.dialect.Rebind(query), args...)
}

// Query runs a query. The rows must be closed before the next call.
func (tx *Tx) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return tx.conn.QueryContext(ctx, tx.dialect.Rebind(query), args...)
}

// Each calls fn for every row of a query, until it fails.
func (tx *Tx) Each(ctx context.Context, fn func(*sql.Rows) error, query string, args ...any) error {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// QueryRow runs a query of at most one row.
func (tx *Tx) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	return tx.conn.QueryRowContext(ctx, tx.dialect.Rebind(query), args...)
}

// take waits for the turn.
func (w *Writer) take(ctx context.Context) error {
	if err := ctx.Err(); err != nil { // select would choose at random
		return err
	}
	select {
	case <-w.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	if w.closed {
		w.turn <- struct{}{}
		return ErrClosed
	}
	return nil
}

func (w *Writer) connect(ctx context.Context) error {
	conn, err := Connect(ctx, w.db, w.wait)
	if err != nil {
		return err
	}
	err = w.dialect.Durable(ctx, conn)
	if err == nil {
		_, err = conn.ExecContext(ctx, engineWait)
	}
	var file string
	if err == nil {
		file, err = w.dialect.File(ctx, conn)
	}
	if err != nil {
		Discard(conn)
		return err
	}
	w.conn, w.keep = conn, file == ""
	return nil
}

// begin starts a transaction, on a new connection if the held one was lost.
func (w *Writer) begin(ctx context.Context, limit time.Time) error {
	for fresh := false; ; {
		if w.conn == nil {
			if err := w.connect(ctx); err != nil {
				return err
			}
			fresh = true
		}
		_, err := w.conn.ExecContext(ctx, "BEGIN IMMEDIATE")
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			// The statement may have run all the same.
			w.rollback(ctx)
			return ctx.Err()
		case Busy(err):
			if time.Now().After(limit) {
				return fmt.Errorf("%w: %w", ErrBusy, err)
			}
		case !fresh && !w.keep && (errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone)):
			w.discard()
		default:
			w.rollback(ctx)
			return fmt.Errorf("sqlkit: begin: %w", err)
		}
	}
}

// commit commits, and says what is known when it could not.
func (w *Writer) commit(ctx context.Context, limit time.Time) error {
	ctx = context.WithoutCancel(ctx)
	for {
		_, err := w.conn.ExecContext(ctx, "COMMIT")
		if err == nil {
			return nil
		}
		// Outside WAL mode readers can hold a commit up; the transaction is then still whole and open.
		if Busy(err) && time.Now().Before(limit) {
			continue
		}
		if w.rollback(ctx) { // there was still a transaction, so it had not been committed
			if Busy(err) {
				return fmt.Errorf("%w: %w", ErrBusy, err)
			}
			return fmt.Errorf("sqlkit: commit: nothing was stored: %w", err)
		}
		return fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
	}
}

// rollback reports whether there was a transaction to end and it was. If not, the connection's state is unknown and it is given up.
func (w *Writer) rollback(ctx context.Context) bool {
	_, err := w.conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	if err != nil && !w.keep {
		w.discard()
	}
	return err == nil
}

func (w *Writer) discard() {
	if w.conn == nil {
		return
	}
	if w.keep {
		// Ends a transaction that a panic left; fails, rightly, if there is none.
		_, _ = w.conn.ExecContext(context.Background(), "ROLLBACK")
		_ = w.conn.Close()
	} else {
		Discard(w.conn)
	}
	w.conn = nil
}

// serve is Write for a server.
func (w *Writer) serve(ctx context.Context, fn func(context.Context, *Tx) error) error {
	w.running.RLock()
	defer w.running.RUnlock()
	if w.shut {
		return ErrClosed
	}
	for limit := time.Now().Add(w.wait); ; {
		err := w.attempt(ctx, fn)
		if !contended(err) || errors.Is(err, ErrOutcomeUnknown) || ctx.Err() != nil {
			return err
		}
		if time.Now().After(limit) {
			return fmt.Errorf("%w: %w", ErrBusy, err)
		}
	}
}

// attempt runs one transaction of a server.
func (w *Writer) attempt(ctx context.Context, fn func(context.Context, *Tx) error) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	conn, err := w.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("sqlkit: connection: %w", err)
	}
	defer conn.Close()
	// Not under ctx: database/sql would roll back behind a commit that is on its way. But no connection may hang for ever.
	whole, stop := context.WithTimeout(context.WithoutCancel(ctx), 2*w.wait)
	defer stop()
	tx, err := conn.BeginTx(whole, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return fmt.Errorf("sqlkit: begin: %w", err)
	}
	open := true
	defer func() {
		if open {
			_ = tx.Rollback()
		}
	}()
	if err := fn(ctx, &Tx{tx, w.dialect}); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	open = false
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
	}
	return nil
}
