package consentsql_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent/consentsql"
)

// connector opens connections of the SQLite driver whose statements go through exec first.
type connector struct {
	driver driver.Driver
	name   string
	exec   func(query string, run func() (driver.Result, error)) (driver.Result, error)
}

func (c *connector) Driver() driver.Driver { return c.driver }

func (c *connector) Connect(context.Context) (driver.Conn, error) {
	inner, err := c.driver.Open(c.name)
	if err != nil {
		return nil, err
	}
	return &conn{inner, c}, nil
}

// conn is a driver connection that asks its connector before it executes a statement.
type conn struct {
	driver.Conn
	c *connector
}

func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return c.c.exec(query, func() (driver.Result, error) {
		return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
	})
}

func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	return c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
}

// intercepted opens a pool on the file whose statements go through exec.
func intercepted(t *testing.T, file, settings string, exec func(string, func() (driver.Result, error)) (driver.Result, error)) *sql.DB {
	t.Helper()
	db := sql.OpenDB(&connector{database(t, file, wal).Driver(), "file:" + file + "?" + settings, exec})
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return db
}

var errLine = errors.New("the line went dead")

func TestFailedCommit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		commit func(run func() (driver.Result, error)) (driver.Result, error)
		err    error
		stored bool
	}{
		"lost on the way back": {
			func(run func() (driver.Result, error)) (driver.Result, error) {
				if _, err := run(); err != nil {
					return nil, err
				}
				return nil, errLine
			}, consentsql.ErrOutcomeUnknown, true,
		},
		"connection lost on the way back": {
			func(run func() (driver.Result, error)) (driver.Result, error) {
				if _, err := run(); err != nil {
					return nil, err
				}
				return nil, driver.ErrBadConn
			}, consentsql.ErrOutcomeUnknown, true,
		},
		"lost on the way there": {
			func(func() (driver.Result, error)) (driver.Result, error) { return nil, errLine }, errLine, false,
		},
		"connection lost on the way there": {
			func(func() (driver.Result, error)) (driver.Result, error) { return nil, driver.ErrBadConn },
			consentsql.ErrOutcomeUnknown, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var fail atomic.Bool
			l := open(t, intercepted(t, newFile(t), wal, func(query string, run func() (driver.Result, error)) (driver.Result, error) {
				if query == "COMMIT" && fail.CompareAndSwap(true, false) {
					return c.commit(run)
				}
				return run()
			}))
			_, err := l.Append(t.Context(), "s", 0, event("first"))
			require.NoError(t, err)
			fail.Store(true)
			_, err = l.Append(t.Context(), "s", 1, event("second"))
			require.ErrorIs(t, err, c.err)
			assert.Equal(t, c.err == consentsql.ErrOutcomeUnknown, errors.Is(err, consentsql.ErrOutcomeUnknown))
			want := []string{"first"}
			if c.stored {
				want = append(want, "second")
			}
			assert.Equal(t, want, ids(t, l, "s"))

			seq, err := l.Append(t.Context(), "s", 1, event("second"))
			require.NoError(t, err, "a retry by id resolves it")
			assert.Equal(t, uint64(2), seq)
			assert.Equal(t, []string{"first", "second"}, ids(t, l, "s"))
		})
	}
}

func TestLostConnectionIsReplaced(t *testing.T) {
	t.Parallel()
	var fail atomic.Bool
	l := open(t, intercepted(t, newFile(t), wal, func(query string, run func() (driver.Result, error)) (driver.Result, error) {
		if query == "BEGIN IMMEDIATE" && fail.CompareAndSwap(true, false) {
			return nil, driver.ErrBadConn
		}
		return run()
	}))
	for i, id := range []string{"first", "second", "third"} {
		fail.Store(i > 0)
		_, err := l.Append(t.Context(), "s", uint64(i), event(id))
		require.NoError(t, err)
	}
	assert.Equal(t, []string{"first", "second", "third"}, ids(t, l, "s"))
}

// A driver that drops the setting must not pass for a durable one, neither at opening nor when a connection is replaced.
func TestDurabilityIsReadBack(t *testing.T) {
	t.Parallel()
	var deaf, dead atomic.Bool
	db := intercepted(t, newFile(t), wal+"&_pragma=synchronous(off)", func(query string, run func() (driver.Result, error)) (driver.Result, error) {
		if strings.HasPrefix(query, "PRAGMA synchronous") && deaf.Load() {
			return driver.ResultNoRows, nil
		}
		if query == "BEGIN IMMEDIATE" && dead.CompareAndSwap(true, false) {
			return nil, driver.ErrBadConn
		}
		return run()
	})
	deaf.Store(true)
	_, err := consentsql.Open(t.Context(), db)
	require.ErrorIs(t, err, consentsql.ErrNotDurable)
	assert.Zero(t, db.Stats().InUse)

	deaf.Store(false)
	l := open(t, db)
	deaf.Store(true)
	dead.Store(true)
	_, err = l.Append(t.Context(), "s", 0, event("e"))
	require.ErrorIs(t, err, consentsql.ErrNotDurable)
	assert.Empty(t, ids(t, l, "s"))
	deaf.Store(false)
	_, err = l.Append(t.Context(), "s", 0, event("e"))
	require.NoError(t, err)
}
