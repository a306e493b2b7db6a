package databasetest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Line stands between database/sql and a driver. The zero Line is ready, and changes nothing.
type Line struct {
	// Statement sees every statement and may give another. If nil, none is changed. It is set before Open.
	Statement func(query string) string

	driver driver.Driver
	dsn    string
	step   atomic.Pointer[Step]
	sent   atomic.Int64
}

// Step stands in for a statement, or for what begins and ends a transaction of a server: "BEGIN", "COMMIT", "ROLLBACK". It may run it, and cut the connection.
type Step func(what string, run func() error, cut func()) error

// Open opens a pool that reaches its database by the line. MariaDB's driver sends a statement with parameters in one step only where interpolateParams is set.
func (l *Line) Open(tb testing.TB, driverName, dsn string) *sql.DB {
	tb.Helper()
	l.driver, l.dsn = Open(tb, driverName, dsn).Driver(), dsn
	db := sql.OpenDB(l)
	tb.Cleanup(func() { assert.NoError(tb, db.Close()) })
	return db
}

// Step has s stand in for every step from now on; nil for none.
func (l *Line) Step(s Step) { l.step.Store(&s) }

// Commit has s stand in for the next commit, and reports whether there was one.
func (l *Line) Commit(s Step) (was func() bool) {
	var done atomic.Bool
	l.Step(func(what string, run func() error, cut func()) error {
		if what != "COMMIT" || done.Swap(true) {
			return run()
		}
		return s(what, run, cut)
	})
	return done.Load
}

// Sent is how many statements were sent, besides those that begin and end transactions of a server.
func (l *Line) Sent() int64 { return l.sent.Load() }

// Driver implements [driver.Connector].
func (l *Line) Driver() driver.Driver { return l.driver }

// Connect implements [driver.Connector].
func (l *Line) Connect(context.Context) (driver.Conn, error) {
	conn, err := l.driver.Open(l.dsn)
	return &lineConn{conn, l}, err
}

type lineConn struct {
	driver.Conn
	line *Line
}

// take lets the step do it. What is there to leave is left before the connection is cut: SQLite would hold the locks of rows that are open.
func (c *lineConn) take(what string, run func() error, leave func()) error {
	if s := c.line.step.Load(); s != nil && *s != nil {
		return (*s)(what, run, func() {
			leave()
			_ = c.Conn.Close()
		})
	}
	return run()
}

// statement is take of a statement, and counts it.
func (c *lineConn) statement(query string, run func(query string) error, leave func()) error {
	if c.line.Statement != nil {
		query = c.line.Statement(query)
	}
	return c.take(query, func() error {
		err := run(query)
		if !errors.Is(err, driver.ErrSkip) { // it is prepared instead
			c.line.sent.Add(1)
		}
		return err
	}, leave)
}

func nothing() {}

func (c *lineConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (result driver.Result, err error) {
	err = c.statement(query, func(query string) error {
		result, err = c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
		return err
	}, nothing)
	return result, err
}

func (c *lineConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (rows driver.Rows, err error) {
	err = c.statement(query, func(query string) error {
		rows, err = c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
		return err
	}, func() {
		if rows != nil {
			_ = rows.Close()
		}
	})
	return rows, err
}

// PrepareContext is of a statement that was seen, and not sent.
func (c *lineConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	c.line.sent.Add(1)
	return c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
}

func (c *lineConn) BeginTx(ctx context.Context, opts driver.TxOptions) (tx driver.Tx, err error) {
	err = c.take("BEGIN", func() error {
		tx, err = c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
		return err
	}, nothing)
	return &lineTx{tx, c}, err
}

type lineTx struct {
	driver.Tx
	c *lineConn
}

func (tx *lineTx) Commit() error   { return tx.c.take("COMMIT", tx.Tx.Commit, nothing) }
func (tx *lineTx) Rollback() error { return tx.c.take("ROLLBACK", tx.Tx.Rollback, nothing) }
