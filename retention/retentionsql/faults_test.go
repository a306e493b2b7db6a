package retentionsql_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
	"github.com/purposebound/purposebound/retention/retentionsql"
)

// hooks stand between database/sql and a driver.
type hooks struct {
	driver     driver.Driver
	dsn        string
	statements atomic.Int64                             // that were sent
	commit     atomic.Pointer[func(func() error) error] // takes the place of the next commit of a server, once
}

func (h *hooks) open(tb testing.TB, driverName, dsn string) *retentionsql.Store {
	tb.Helper()
	plain, err := sql.Open(driverName, dsn)
	require.NoError(tb, err)
	h.driver, h.dsn = plain.Driver(), dsn
	require.NoError(tb, plain.Close())
	db := sql.OpenDB(h)
	tb.Cleanup(func() { assert.NoError(tb, db.Close()) })
	store, err := retentionsql.Open(context.Background(), db)
	require.NoError(tb, err)
	tb.Cleanup(func() { assert.NoError(tb, store.Close()) })
	return store
}

func (h *hooks) Driver() driver.Driver { return h.driver }

func (h *hooks) Connect(context.Context) (driver.Conn, error) {
	conn, err := h.driver.Open(h.dsn)
	return &hookedConn{conn, h}, err
}

type hookedConn struct {
	driver.Conn
	h *hooks
}

func (c *hookedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	result, err := c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
	if !errors.Is(err, driver.ErrSkip) {
		c.h.statements.Add(1)
	}
	return result, err
}

func (c *hookedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
	if !errors.Is(err, driver.ErrSkip) {
		c.h.statements.Add(1)
	}
	return rows, err
}

func (c *hookedConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	c.h.statements.Add(1)
	return c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
}

func (c *hookedConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	tx, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
	return &hookedTx{tx, c.h}, err
}

type hookedTx struct {
	driver.Tx
	h *hooks
}

func (tx *hookedTx) Commit() error {
	if commit := tx.h.commit.Swap(nil); commit != nil {
		return (*commit)(tx.Tx.Commit)
	}
	return tx.Tx.Commit()
}

// A thousand items cost some statements for each two hundred, not some for each.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	for name, fresh := range empty {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			driverName, dsn := fresh(t)
			var h hooks
			store := h.open(t, driverName, dsn)
			cost := func(what string, most int64, do func()) {
				before := h.statements.Load()
				do()
				assert.LessOrEqual(t, h.statements.Load()-before, most, what)
			}
			items := many(1000, today)
			put := func() { require.NoError(t, store.Put(t.Context(), items...)) }
			cost("new", 20, put)
			cost("the same again", 5, put)
			for n := range items {
				items[n].Due = items[n].Due.Add(-time.Second)
			}
			cost("changed", 20, put)
			var taken []retention.Item
			cost("taken", 10, func() {
				var err error
				taken, err = store.Take(t.Context(), retention.Claim{Now: today, For: time.Hour, Limit: 1000})
				require.NoError(t, err)
				require.Len(t, taken, 1000)
			})
			cost("nothing to take", 1, func() {
				none, err := store.Take(t.Context(), retention.Claim{Now: today, For: time.Hour, Limit: 1000})
				require.NoError(t, err)
				require.Empty(t, none)
			})
			cost("settled", 20, func() { require.NoError(t, store.Settle(t.Context(), taken[:500], taken[500:])) })
		})
	}
}

var errLine = errors.New("the line went dead")

// What is not known to have happened can be done again.
func TestOutcomeUnknown(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"PostgreSQL", "MariaDB"} {
		for what, commits := range map[string]bool{"and happened": true, "and did not": false} {
			t.Run(name+" "+what, func(t *testing.T) {
				t.Parallel()
				driverName, dsn := empty[name](t)
				var h hooks
				store := h.open(t, driverName, dsn)
				lost := func(commit func() error) error {
					if !commits {
						return driver.ErrBadConn
					}
					if err := commit(); err != nil {
						return err
					}
					return errLine
				}
				item := itemOf("s-1", today)
				h.commit.Store(&lost)
				err := store.Put(t.Context(), item)
				require.ErrorIs(t, err, retentionsql.ErrOutcomeUnknown)
				require.NotContains(t, err.Error(), "s-1")
				require.NoError(t, store.Put(t.Context(), item))

				h.commit.Store(&lost)
				_, err = store.Take(t.Context(), retention.Claim{Now: today, For: time.Hour, Limit: 1})
				require.ErrorIs(t, err, retentionsql.ErrOutcomeUnknown)
				taken, err := store.Take(t.Context(), retention.Claim{Now: today.Add(time.Hour), For: time.Hour, Limit: 1})
				require.NoError(t, err)
				require.Len(t, taken, 1, "free when the claim has run out")

				h.commit.Store(&lost)
				require.ErrorIs(t, store.Settle(t.Context(), taken, nil), retentionsql.ErrOutcomeUnknown)
				require.NoError(t, store.Settle(t.Context(), taken, nil))
				left, err := store.Of(t.Context(), "s-1")
				require.NoError(t, err)
				require.Empty(t, left)
			})
		}
	}
}

// TestTakePassesOverLocks has another about to claim half of what is due.
func TestTakePassesOverLocks(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"PostgreSQL", "MariaDB"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			driverName, dsn := empty[name](t)
			store := open(t, driverName, dsn)
			first, second := itemOf("s-1", today.Add(-time.Hour)), itemOf("s-2", today)
			require.NoError(t, store.Put(t.Context(), first, second))
			db, err := sql.Open(driverName, dsn)
			require.NoError(t, err)
			defer db.Close()
			tx, err := db.BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelReadCommitted})
			require.NoError(t, err)
			var version int
			require.NoError(t, tx.QueryRow("SELECT version FROM purposebound_agenda WHERE subject = "+map[string]string{"PostgreSQL": `'\x732d31'`, "MariaDB": "x'732d31'"}[name]+" FOR UPDATE").Scan(&version))
			took, err := store.Take(t.Context(), retention.Claim{Now: today, For: time.Hour, Limit: 10})
			require.NoError(t, err)
			require.Len(t, took, 1)
			require.Equal(t, second.Subject, took[0].Subject)
			require.NoError(t, tx.Rollback())
			took, err = store.Take(t.Context(), retention.Claim{Now: today, For: time.Hour, Limit: 10})
			require.NoError(t, err)
			require.Len(t, took, 1)
			require.Equal(t, first.Subject, took[0].Subject)
		})
	}
}

// TestPutTogether has stores with connections of their own put the same new items, each with something that is only its own.
func TestPutTogether(t *testing.T) {
	t.Parallel()
	for name, fresh := range empty {
		if name == "SQLite in memory" {
			continue // which one connection sees
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			driverName, dsn := fresh(t)
			stores := []*retentionsql.Store{open(t, driverName, dsn), open(t, driverName, dsn), open(t, driverName, dsn)}
			for range 10 {
				items := many(50, today)
				var group sync.WaitGroup
				start := make(chan struct{})
				for n, store := range stores {
					own := append([]retention.Item(nil), items[n*5:40+n*5]...)
					for i := range own {
						own[i].Attributes = []purpose.Attribute{purpose.Attribute(fmt.Sprint("x.n", n))}
						own[i].Due = today.Add(-time.Duration(n) * time.Hour)
					}
					group.Go(func() {
						<-start
						assert.NoError(t, store.Put(t.Context(), own...))
					})
				}
				close(start)
				group.Wait()
				for i, item := range items {
					have, err := stores[0].Of(t.Context(), item.Subject)
					require.NoError(t, err)
					var want []purpose.Attribute
					due := today
					for n := range stores {
						if i >= n*5 && i < 40+n*5 {
							want, due = append(want, purpose.Attribute(fmt.Sprint("x.n", n))), today.Add(-time.Duration(n)*time.Hour)
						}
					}
					require.Len(t, have, 1)
					require.Equal(t, want, have[0].Attributes)
					require.Equal(t, due, have[0].Due)
				}
			}
		})
	}
}

// A table that is not there, or does not have what was written, is an error that names nobody.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	for name, fresh := range empty {
		if name == "SQLite in memory" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			driverName, dsn := fresh(t)
			store := open(t, driverName, dsn)
			item := itemOf("s-1", today)
			fails := func(mutation string) {
				execute(t, driverName, dsn, mutation)
				_, err := store.Of(t.Context(), "s-1")
				require.ErrorContains(t, err, "retentionsql: of: ")
				require.NotContains(t, err.Error(), "s-1")
				_, err = store.Take(t.Context(), retention.Claim{Now: today, For: time.Hour, Limit: 1})
				require.ErrorContains(t, err, "retentionsql: take: ")
				require.NotContains(t, err.Error(), "s-1")
				err = store.Put(t.Context(), item)
				require.ErrorContains(t, err, "retentionsql: put: ")
				require.NotContains(t, err.Error(), "s-1")
				err = store.Settle(t.Context(), []retention.Item{item}, nil)
				require.ErrorContains(t, err, "retentionsql: settle: ")
				require.NotContains(t, err.Error(), "s-1")
			}
			require.NoError(t, store.Put(t.Context(), item))
			blob := map[string]string{"sqlite": "x'00'", "pgx": `'\x00'`, "mysql": "x'00'"}[driverName]
			fails("UPDATE purposebound_agenda SET due = " + blob)
			fails("DROP TABLE purposebound_agenda")
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	refused := func(t *testing.T, driverName, dsn string, want error) {
		t.Helper()
		db, err := sql.Open(driverName, dsn)
		require.NoError(t, err)
		defer db.Close()
		_, err = retentionsql.Open(t.Context(), db)
		require.ErrorIs(t, err, want)
		require.Zero(t, db.Stats().InUse)
	}
	for name, fresh := range empty {
		if name == "SQLite in memory" {
			continue
		}
		t.Run("newer schema, "+name, func(t *testing.T) {
			t.Parallel()
			driverName, dsn := fresh(t)
			require.NoError(t, open(t, driverName, dsn).Close())
			execute(t, driverName, dsn, "INSERT INTO purposebound_schema (namespace, version) VALUES ('retention', 2)")
			refused(t, driverName, dsn, retentionsql.ErrNewerSchema)
		})
	}
	t.Run("not durable, SQLite", func(t *testing.T) {
		t.Parallel()
		driverName, dsn := empty["SQLite"](t)
		refused(t, driverName, strings.Replace(dsn, "wal", "memory", 1), retentionsql.ErrNotDurable)
	})
	for _, level := range []string{"off", "local", "remote_write"} {
		t.Run("not durable, PostgreSQL "+level, func(t *testing.T) {
			t.Parallel()
			driverName, dsn := with(empty["PostgreSQL"], url.Values{"synchronous_commit": {level}})(t)
			refused(t, driverName, dsn, retentionsql.ErrNotDurable)
		})
	}
	t.Run("cancelled", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		driverName, dsn := empty["SQLite"](t)
		db, err := sql.Open(driverName, dsn)
		require.NoError(t, err)
		defer db.Close()
		_, err = retentionsql.Open(ctx, db)
		require.ErrorIs(t, err, context.Canceled)
	})
}

// A clock that is far off finds nothing due, rather than everything.
func TestTakeBeforeTime(t *testing.T) {
	t.Parallel()
	store := open(t, "sqlite", ":memory:")
	require.NoError(t, store.Put(t.Context(), itemOf("s-1", today)))
	for _, now := range []time.Time{time.Time{}.Add(-1), time.Unix(-1<<40, 0), time.Date(-4000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		some, err := store.Take(t.Context(), retention.Claim{Now: now, For: time.Hour, Limit: 1})
		require.NoError(t, err)
		assert.Empty(t, some, now)
	}
	some, err := store.Take(t.Context(), retention.Claim{Now: today, For: time.Hour, Limit: 1 << 40})
	require.NoError(t, err)
	assert.Len(t, some, 1, "a limit beyond what one claim has is no error")
}
