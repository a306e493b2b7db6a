package keyringsql_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/pii/keyring/keyringsql"
)

// hooks stand between database/sql and the driver of a server.
type hooks struct {
	driver    driver.Driver
	name      string
	statement func(query string) string // sees every statement and may give another; nil: none is changed
	commit    atomic.Pointer[commit]    // takes the place of the next commit, once
}

// commit may run the commit, or cut the connection.
type commit struct {
	do func(run func() error, cut func()) error
}

// dial opens a pool on an empty database of the server, through the hooks.
func (h *hooks) dial(tb testing.TB, s server) *sql.DB {
	tb.Helper()
	name, dsn := s.empty(tb)
	return h.open(tb, name, dsn)
}

func (h *hooks) open(tb testing.TB, name, dsn string) *sql.DB {
	tb.Helper()
	h.driver, h.name = dial(tb, name, dsn).Driver(), dsn
	db := sql.OpenDB(h)
	tb.Cleanup(func() { assert.NoError(tb, db.Close()) })
	return db
}

func (h *hooks) Driver() driver.Driver { return h.driver }

func (h *hooks) Connect(context.Context) (driver.Conn, error) {
	conn, err := h.driver.Open(h.name)
	return &hookedConn{conn, h}, err
}

func (h *hooks) see(query string) string {
	if h.statement == nil {
		return query
	}
	return h.statement(query)
}

type hookedConn struct {
	driver.Conn
	h *hooks
}

func (c *hookedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, c.h.see(query), args)
}

func (c *hookedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, c.h.see(query), args)
}

func (c *hookedConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	return c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
}

func (c *hookedConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	tx, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
	return &hookedTx{tx, c}, err
}

type hookedTx struct {
	driver.Tx
	c *hookedConn
}

func (tx *hookedTx) Commit() error {
	if c := tx.c.h.commit.Swap(nil); c != nil {
		return c.do(tx.Tx.Commit, func() { _ = tx.c.Conn.Close() })
	}
	return tx.Tx.Commit()
}

var errLine = errors.New("the line went dead")

func TestServersFailedCommit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		commit func(run func() error, cut func()) error
		stored bool
	}{
		"lost on the way back": {func(run func() error, _ func()) error {
			if err := run(); err != nil {
				return err
			}
			return errLine
		}, true},
		"connection lost on the way back": {func(run func() error, cut func()) error {
			if err := run(); err != nil {
				return err
			}
			cut()
			return driver.ErrBadConn
		}, true},
		"connection lost on the way there": {func(_ func() error, cut func()) error {
			cut()
			return driver.ErrBadConn
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachServer(t, func(t *testing.T, s server) {
				var hooks hooks
				store := openStore(t, hooks.dial(t, s))
				want := keyring.Row{}
				for after, data := range []string{"one", "two"} {
					hooks.commit.Store(&commit{c.commit})
					err := store.Save(t.Context(), "acme", "s-1", uint64(after), []byte(data))
					require.ErrorIs(t, err, keyringsql.ErrOutcomeUnknown)
					require.NotErrorIs(t, err, keyring.ErrConflict)
					next := keyring.Row{Version: uint64(after) + 1, Data: []byte(data)}
					if c.stored {
						want = next
					}
					row, err := store.Load(t.Context(), "acme", "s-1")
					require.NoError(t, err)
					require.Equal(t, want, row)
					err = store.Save(t.Context(), "acme", "s-1", uint64(after), []byte(data))
					if c.stored {
						require.ErrorIs(t, err, keyring.ErrConflict)
					} else {
						require.NoError(t, err)
					}
					want = next
				}
			})
		})
	}
}

// Who finds the row held by another waits: it loses if the other commits, and wins if not.
func TestServersSecondWaitsForFirst(t *testing.T) {
	t.Parallel()
	for name, commits := range map[string]bool{"who commits": true, "who does not": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachServer(t, func(t *testing.T, s server) {
				driverName, dsn := s.empty(t)
				sent := make(chan struct{}, 10)
				var first, second hooks
				second.statement = func(query string) string {
					if isSave(query) {
						sent <- struct{}{}
					}
					return query
				}
				one, two := openStore(t, first.open(t, driverName, dsn)), openStore(t, second.open(t, driverName, dsn))
				for after := range uint64(2) {
					done := make(chan error, 1)
					first.commit.Store(&commit{func(run func() error, cut func()) error {
						go func() { done <- two.Save(t.Context(), "acme", "s-1", after, []byte("two")) }()
						<-sent
						if commits {
							return run()
						}
						cut()
						return driver.ErrBadConn
					}})
					err := one.Save(t.Context(), "acme", "s-1", after, []byte("one"))
					other := <-done
					want := "one"
					if commits {
						require.NoError(t, err)
						require.Equal(t, keyring.ErrConflict, other)
					} else {
						want = "two"
						require.ErrorIs(t, err, keyringsql.ErrOutcomeUnknown)
						require.NoError(t, other)
					}
					row, err := one.Load(t.Context(), "acme", "s-1")
					require.NoError(t, err)
					require.Equal(t, keyring.Row{Version: after + 1, Data: []byte(want)}, row)
				}
			})
		})
	}
}

func isSave(query string) bool {
	return strings.HasPrefix(query, "INSERT INTO purposebound_keys") || strings.HasPrefix(query, "UPDATE purposebound_keys")
}

// A server with a binary log, as the one of the tests may not have one.
func TestMariaDBBinaryLog(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		log, sync string
		err       error
	}{
		"not synced":  {"ON", "0", keyringsql.ErrNotDurable},
		"synced late": {"ON", "100", keyringsql.ErrNotDurable},
		"synced":      {"ON", "1", nil},
		"none":        {"OFF", "0", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var hooks hooks
			hooks.statement = func(query string) string {
				if !strings.HasPrefix(query, "SHOW VARIABLES") {
					return query
				}
				return fmt.Sprintf("SELECT 'log_bin', '%s' UNION SELECT 'sync_binlog', '%s' UNION SELECT 'autocommit', 'ON'", c.log, c.sync)
			}
			store, err := keyringsql.Open(t.Context(), hooks.dial(t, servers[1]))
			require.ErrorIs(t, err, c.err)
			if err == nil {
				require.NoError(t, store.Close())
			}
		})
	}
}
