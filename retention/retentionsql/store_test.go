package retentionsql_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
	"github.com/purposebound/purposebound/retention/retentionsql"
	"github.com/purposebound/purposebound/retention/retentiontest"
)

// given is the URL of a server. Without it a test is skipped, and fails where CI is set.
func given(tb testing.TB, name string) string {
	tb.Helper()
	dsn := os.Getenv(name)
	if dsn == "" {
		if os.Getenv("CI") != "" {
			tb.Fatalf("%s is not set", name)
		}
		tb.Skipf("%s is not set", name)
	}
	return dsn
}

func execute(tb testing.TB, driver, dsn, statement string) {
	tb.Helper()
	db, err := sql.Open(driver, dsn)
	require.NoError(tb, err)
	defer db.Close()
	_, err = db.Exec(statement)
	require.NoError(tb, err)
}

// empty makes a database of the test's own, and says how to reach it.
var empty = map[string]func(testing.TB) (driver, dsn string){
	"SQLite": func(tb testing.TB) (string, string) {
		return "sqlite", filepath.Join(tb.TempDir(), "agenda.db") + "?_pragma=journal_mode(wal)"
	},
	"SQLite in memory": func(testing.TB) (string, string) { return "sqlite", ":memory:" },
	"PostgreSQL": func(tb testing.TB) (string, string) {
		dsn := given(tb, "PURPOSEBOUND_TEST_POSTGRES")
		name := "t_" + strings.ToLower(rand.Text()[:12])
		execute(tb, "pgx", dsn, "CREATE SCHEMA "+name)
		tb.Cleanup(func() { execute(tb, "pgx", dsn, "DROP SCHEMA "+name+" CASCADE") })
		u, err := url.Parse(dsn)
		require.NoError(tb, err)
		q := u.Query()
		q.Set("search_path", name)
		u.RawQuery = q.Encode()
		return "pgx", u.String()
	},
	"MariaDB": func(tb testing.TB) (string, string) {
		dsn := given(tb, "PURPOSEBOUND_TEST_MARIADB")
		config, err := mysql.ParseDSN(dsn)
		require.NoError(tb, err)
		name := config.DBName + "_" + strings.ToLower(rand.Text()[:12])
		execute(tb, "mysql", dsn, "CREATE DATABASE "+name)
		tb.Cleanup(func() { execute(tb, "mysql", dsn, "DROP DATABASE "+name) })
		config.DBName = name
		return "mysql", config.FormatDSN()
	},
}

// with is another way to reach a database that make makes: what a program may have set for its connections must not matter.
func with(make func(testing.TB) (driver, dsn string), settings url.Values) func(testing.TB) (driver, dsn string) {
	return func(tb testing.TB) (string, string) {
		tb.Helper()
		driver, dsn := make(tb)
		sign := "?"
		if strings.Contains(dsn, "?") {
			sign = "&"
		}
		return driver, dsn + sign + settings.Encode()
	}
}

func open(tb testing.TB, driver, dsn string) *retentionsql.Store {
	tb.Helper()
	db, err := sql.Open(driver, dsn)
	require.NoError(tb, err)
	db.SetMaxOpenConns(8)
	tb.Cleanup(func() { assert.NoError(tb, db.Close()) })
	store, err := retentionsql.Open(context.Background(), db)
	require.NoError(tb, err)
	tb.Cleanup(func() { assert.NoError(tb, store.Close()) })
	return store
}

func TestConformance(t *testing.T) {
	t.Parallel()
	databases := maps.Clone(empty)
	databases["SQLite with a rollback journal"] = func(tb testing.TB) (string, string) { return "sqlite", filepath.Join(tb.TempDir(), "agenda.db") }
	databases["PostgreSQL, simple protocol, serializable"] = with(empty["PostgreSQL"], url.Values{
		"default_query_exec_mode": {"simple_protocol"}, "default_transaction_isolation": {"serializable"},
	})
	databases["MariaDB, parameters in the text, lenient, serializable"] = with(empty["MariaDB"], url.Values{
		"interpolateParams": {"true"}, "sql_mode": {"''"}, "tx_isolation": {"'SERIALIZABLE'"}, "clientFoundRows": {"true"},
	})
	for name, make := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			make(t) // a server that is missing skips here, and not in every case
			retentiontest.TestStore(t, func(tb testing.TB) retention.Store {
				driver, dsn := make(tb)
				return open(tb, driver, dsn)
			})
		})
	}
}

// TestWorkersShare has workers with connections of their own take everything there is: each item once.
func TestWorkersShare(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for name, make := range empty {
		if name == "SQLite in memory" {
			continue // which one connection sees
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			driver, dsn := make(t)
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
}

func TestReopened(t *testing.T) {
	t.Parallel()
	for name, make := range empty {
		if name == "SQLite in memory" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			driver, dsn := make(t)
			due := time.Date(2026, 3, 1, 1, 2, 3, 4, time.UTC)
			item := retention.Item{Subject: "s-1", Compartment: "a/b", Case: "c", Collected: due.AddDate(-1, 0, 0), Attributes: []purpose.Attribute{"x.y", "x.z"}, Due: due}
			require.NoError(t, open(t, driver, dsn).Put(t.Context(), item))
			have, err := open(t, driver, dsn).Of(t.Context(), "s-1")
			require.NoError(t, err)
			item.Version = 1
			assert.Equal(t, []retention.Item{item}, have)
		})
	}
}

func TestOpenErrors(t *testing.T) {
	t.Parallel()
	_, err := retentionsql.Open(t.Context(), nil)
	require.ErrorIs(t, err, retentionsql.ErrDatabase)
	store := open(t, "sqlite", ":memory:")
	require.NoError(t, store.Close())
	_, err = store.Of(t.Context(), "s-1")
	require.ErrorIs(t, err, retentionsql.ErrClosed)
	_, err = store.Take(t.Context(), retention.Claim{Now: time.Now(), For: 1, Limit: 1})
	require.ErrorIs(t, err, retentionsql.ErrClosed)
	require.ErrorIs(t, store.Put(t.Context()), retentionsql.ErrClosed)
	require.ErrorIs(t, store.Settle(t.Context(), nil, nil), retentionsql.ErrClosed)
}
