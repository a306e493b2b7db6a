package dpsql_test

import (
	"context"
	"database/sql"
	"net/url"
	"slices"
	"sync"
	"testing"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/purposebound/purposebound/internal/databasetest"
	"github.com/purposebound/purposebound/redact/dp"
	"github.com/purposebound/purposebound/redact/dp/dpsql"
	"github.com/purposebound/purposebound/redact/dp/dptest"
)

// each runs a test on every kind of database that several connections see.
func each(t *testing.T, test func(t *testing.T, driver, dsn string)) {
	t.Helper()
	databasetest.Each(t, databasetest.Shared(), test)
}

func openDB(tb testing.TB, db *sql.DB) *dpsql.Ledger {
	tb.Helper()
	l, err := dpsql.Open(context.Background(), db)
	require.NoError(tb, err)
	tb.Cleanup(func() { assert.NoError(tb, l.Close()) })
	return l
}

func open(tb testing.TB, driver, dsn string) *dpsql.Ledger {
	tb.Helper()
	return openDB(tb, databasetest.Open(tb, driver, dsn))
}

// limit is that of the tests' budget: it pays for ten answers of ask.
var limit = dp.Limit{Purpose: "planning.heating", Release: "2026-03/study", Epsilon: 10}

func budget(tb testing.TB, l dp.Ledger) *dp.Budget {
	tb.Helper()
	b, err := dp.NewBudget(tb.Context(), l, limit)
	require.NoError(tb, err)
	return b
}

// ask spends an ε of 1 for an answer.
func ask(ctx context.Context, b *dp.Budget) error { return askFor(ctx, b, 1) }

func askFor(ctx context.Context, b *dp.Budget, epsilon float64) error {
	_, err := dp.Count(ctx, b, dp.Query{Cost: dp.Cost{Epsilon: epsilon}, Bounds: dp.Bounds{Partitions: 1, Contributions: 1}}, slices.Values([]string{"c-1", "c-2"}))
	return err
}

// account is that of the tests' budget.
func account(tb testing.TB, l dp.Ledger) dp.Account {
	tb.Helper()
	a, err := l.Account(tb.Context(), limit.Purpose, limit.Release)
	require.NoError(tb, err)
	return a
}

// after is the account of the tests' budget after so many answers.
func after(answers int64) dp.Account {
	a := dp.Account{Limit: limit, Sequence: uint64(answers) + 1}
	if answers > 0 {
		a.Spent = []dp.Spending{{Cost: dp.Cost{Epsilon: 1}, Times: answers}}
	}
	return a
}

func TestConformance(t *testing.T) {
	t.Parallel()
	kinds := databasetest.Varied()
	kinds["MariaDB, read uncommitted"] = databasetest.With(databasetest.MariaDB, url.Values{"tx_isolation": {"'READ-UNCOMMITTED'"}})
	databasetest.Suite(t, kinds, func(t *testing.T, empty databasetest.Empty) {
		dptest.TestLedger(t, func(tb testing.TB) dp.Ledger { return openDB(tb, databasetest.New(tb, empty)) })
	})
}

// Ledgers with pools of their own, as on several machines, never spend the same epsilon twice.
func TestPoolsSpendTogether(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, driver, dsn string) {
		limit := limit
		limit.Epsilon = 20
		costs := []float64{0.25, 0.5, 1}
		var mu sync.Mutex
		paid := make(map[float64]int64)
		var group sync.WaitGroup
		start := make(chan struct{})
		for range 3 {
			l := open(t, driver, dsn)
			for _, epsilon := range costs {
				group.Go(func() {
					<-start
					b, err := dp.NewBudget(t.Context(), l, limit)
					if !assert.NoError(t, err) {
						return
					}
					for err == nil {
						if err = askFor(t.Context(), b, epsilon); err == nil {
							mu.Lock()
							paid[epsilon]++
							mu.Unlock()
						}
					}
					assert.ErrorIs(t, err, dp.ErrSpent)
				})
			}
		}
		close(start)
		group.Wait()
		a := account(t, open(t, driver, dsn))
		total, err := dp.Basic(a.Spent...)
		require.NoError(t, err)
		require.Equal(t, dp.Cost{Epsilon: limit.Epsilon}, total)
		stored := make(map[float64]int64)
		for _, s := range a.Spent {
			stored[s.Cost.Epsilon] = s.Times
		}
		require.Equal(t, paid, stored, "what was granted is what is stored")
	})
}

func TestMigrateTogether(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, driver, dsn string) {
		var group sync.WaitGroup
		start := make(chan struct{})
		for range 6 {
			db := databasetest.Open(t, driver, dsn)
			group.Go(func() {
				<-start
				l, err := dpsql.Open(t.Context(), db)
				if !assert.NoError(t, err) {
					return
				}
				b, err := dp.NewBudget(t.Context(), l, limit)
				assert.NoError(t, err)
				assert.NoError(t, ask(t.Context(), b))
				assert.NoError(t, l.Close())
			})
		}
		close(start)
		group.Wait()
		require.Equal(t, after(6), account(t, open(t, driver, dsn)))
	})
}

// A pool of one connection is enough, also on SQLite, where the ledger holds it.
func TestPoolOfOne(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, driver, dsn string) {
		db := databasetest.Open(t, driver, dsn)
		db.SetMaxOpenConns(1)
		b := budget(t, openDB(t, db))
		for range 10 {
			require.NoError(t, ask(t.Context(), b))
		}
		require.ErrorIs(t, ask(t.Context(), b), dp.ErrSpent)
	})
}

func TestReopen(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, driver, dsn string) {
		db := databasetest.Open(t, driver, dsn)
		l := openDB(t, db)
		b := budget(t, l)
		require.NoError(t, ask(t.Context(), b))
		require.NoError(t, l.Close())
		require.NoError(t, l.Close(), "closing twice")
		require.Zero(t, db.Stats().InUse)
		err := ask(t.Context(), b)
		require.ErrorIs(t, err, dp.ErrLedger)
		require.ErrorIs(t, err, dpsql.ErrClosed)
		_, err = l.Account(t.Context(), limit.Purpose, limit.Release)
		require.ErrorIs(t, err, dpsql.ErrClosed)
		err = l.Replace(t.Context(), after(2))
		require.ErrorIs(t, err, dp.ErrLedger)
		require.ErrorIs(t, err, dpsql.ErrClosed)

		b = budget(t, openDB(t, db))
		for range 9 {
			require.NoError(t, ask(t.Context(), b))
		}
		require.ErrorIs(t, ask(t.Context(), b), dp.ErrSpent)
		changed := limit
		changed.Epsilon = 20
		_, err = dp.NewBudget(t.Context(), open(t, driver, dsn), changed)
		require.ErrorIs(t, err, dp.ErrLimit)
	})
}

// What Open did not make refuses.
func TestZero(t *testing.T) {
	t.Parallel()
	for _, l := range []*dpsql.Ledger{nil, {}} {
		_, err := l.Account(t.Context(), "p", "r")
		require.ErrorIs(t, err, dp.ErrLedger)
		require.ErrorIs(t, err, dpsql.ErrClosed)
		require.ErrorIs(t, l.Replace(t.Context(), after(0)), dp.ErrLedger)
		require.NoError(t, l.Close())
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	databasetest.Refuses(t, "budget", dpsql.Open, dpsql.ErrDatabase, dpsql.ErrNewerSchema, dpsql.ErrNotDurable)
}

// A program may give a connection of its pool a weaker setting, and the pool hand it to a Replace.
func TestPostgreSQLIsSynchronous(t *testing.T) {
	t.Parallel()
	driver, dsn := databasetest.PostgreSQL(t)
	db := databasetest.Open(t, driver, dsn)
	db.SetMaxOpenConns(1)
	b := budget(t, openDB(t, db))
	databasetest.Synchronous(t, db, "purposebound_budgets")
	_, err := db.Exec("SET synchronous_commit = off")
	require.NoError(t, err)
	require.NoError(t, ask(t.Context(), b))
	_, err = db.Exec("UPDATE purposebound_budgets SET sequence = 9")
	require.ErrorContains(t, err, "not synchronous", "the test looks at the right moment")
	var level string
	require.NoError(t, db.QueryRow("SHOW synchronous_commit").Scan(&level))
	require.Equal(t, "off", level, "the program's setting is left alone")
	_, err = db.Exec("SET synchronous_commit = remote_apply")
	require.NoError(t, err)
	require.NoError(t, ask(t.Context(), b))
}
