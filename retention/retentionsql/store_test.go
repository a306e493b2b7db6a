package retentionsql_test

import (
	"context"
	"database/sql"
	"sync"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/internal/databasetest"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
	"github.com/purposebound/purposebound/retention/retentionsql"
	"github.com/purposebound/purposebound/retention/retentiontest"
)

func openDB(tb testing.TB, db *sql.DB) *retentionsql.Store {
	tb.Helper()
	store, err := retentionsql.Open(context.Background(), db)
	require.NoError(tb, err)
	tb.Cleanup(func() { assert.NoError(tb, store.Close()) })
	return store
}

func open(tb testing.TB, driver, dsn string) *retentionsql.Store {
	tb.Helper()
	return openDB(tb, databasetest.Open(tb, driver, dsn))
}

func TestConformance(t *testing.T) {
	t.Parallel()
	databasetest.Suite(t, databasetest.Varied(), func(t *testing.T, empty databasetest.Empty) {
		retentiontest.TestStore(t, func(tb testing.TB) retention.Store { return openDB(tb, databasetest.New(tb, empty)) })
	})
}

// TestWorkersShare has workers with connections of their own take everything there is: each item once.
func TestWorkersShare(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	databasetest.Each(t, databasetest.Shared(), func(t *testing.T, driver, dsn string) {
		first := open(t, driver, dsn)
		var items []retention.Item
		for range 300 {
			items = append(items, retention.Item{
				Subject: consent.NewSubject(), Compartment: "a/b", Collected: now.AddDate(-1, 0, 0), Attributes: []purpose.Attribute{"identity.name"}, Due: now,
			})
		}
		require.NoError(t, first.Put(t.Context(), items...))
		var mu sync.Mutex
		taken := map[consent.Subject]int{}
		var wg sync.WaitGroup
		for range 4 {
			store := open(t, driver, dsn)
			wg.Go(func() {
				for idle := 0; idle < 3; {
					some, err := store.Take(t.Context(), retention.Claim{Now: now, For: time.Hour, Limit: 7})
					if !assert.NoError(t, err) {
						return
					}
					if len(some) == 0 {
						idle++
					}
					mu.Lock()
					for _, i := range some {
						taken[i.Subject]++
					}
					mu.Unlock()
					if !assert.NoError(t, store.Settle(t.Context(), some, nil)) {
						return
					}
				}
			})
		}
		wg.Wait()
		assert.Len(t, taken, 300)
		for _, n := range taken {
			assert.Equal(t, 1, n)
		}
		left, err := first.Take(t.Context(), retention.Claim{Now: now, For: time.Hour, Limit: 7})
		require.NoError(t, err)
		assert.Empty(t, left)
	})
}

func TestReopened(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, databasetest.Shared(), func(t *testing.T, driver, dsn string) {
		due := time.Date(2026, 3, 1, 1, 2, 3, 4, time.UTC)
		item := retention.Item{Subject: "s-1", Compartment: "a/b", Case: "c", Collected: due.AddDate(-1, 0, 0), Attributes: []purpose.Attribute{"x.y", "x.z"}, Due: due}
		require.NoError(t, open(t, driver, dsn).Put(t.Context(), item))
		have, err := open(t, driver, dsn).Of(t.Context(), "s-1")
		require.NoError(t, err)
		require.Len(t, have, 1)
		item.Version = have[0].Version
		assert.Equal(t, []retention.Item{item}, have)
	})
}

// A pool of one connection is enough, also on SQLite, where the store holds it.
func TestPoolOfOne(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, databasetest.Shared(), func(t *testing.T, driver, dsn string) {
		db := databasetest.Open(t, driver, dsn)
		db.SetMaxOpenConns(1)
		store := openDB(t, db)
		item := itemOf("s-1", today)
		require.NoError(t, store.Put(t.Context(), item))
		have, err := store.Of(t.Context(), "s-1")
		require.NoError(t, err)
		require.Len(t, have, 1)
		taken, err := store.Take(t.Context(), retention.Claim{Now: today, For: time.Hour, Limit: 10})
		require.NoError(t, err)
		require.Len(t, taken, 1)
		require.NoError(t, store.Settle(t.Context(), taken, nil))
		have, err = store.Of(t.Context(), "s-1")
		require.NoError(t, err)
		require.Empty(t, have)
	})
}

func TestClosed(t *testing.T) {
	t.Parallel()
	store := open(t, "sqlite", ":memory:")
	require.NoError(t, store.Close())
	_, err := store.Of(t.Context(), "s-1")
	require.ErrorIs(t, err, retentionsql.ErrClosed)
	_, err = store.Take(t.Context(), retention.Claim{Now: time.Now(), For: 1, Limit: 1})
	require.ErrorIs(t, err, retentionsql.ErrClosed)
	require.ErrorIs(t, store.Put(t.Context()), retentionsql.ErrClosed)
	require.ErrorIs(t, store.Settle(t.Context(), nil, nil), retentionsql.ErrClosed)
}
