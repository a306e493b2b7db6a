package dpsql_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/purposebound/purposebound/redact/dp"
	"github.com/purposebound/purposebound/redact/dp/dpsql"
	"github.com/purposebound/purposebound/redact/dp/dptest"
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
		return "sqlite", filepath.Join(tb.TempDir(), "budgets.db") + "?_pragma=journal_mode(wal)"
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

// each runs a test on every kind of database that several connections see.
func each(t *testing.T, test func(t *testing.T, driver, dsn string)) {
	t.Helper()
	for name, fresh := range empty {
		if name == "SQLite in memory" {
			continue // which one connection sees
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			driver, dsn := fresh(t)
			test(t, driver, dsn)
		})
	}
}

// with is another way to reach a database that make makes: what a program may have set for its connections must not matter.
func with(make func(testing.TB) (driver, dsn string), settings url.Values) func(testing.TB) (driver, dsn string) {
	return func(tb testing.TB) (string, string) {
		tb.Helper()
		driver, dsn := make(tb)
		return driver, set(dsn, settings)
	}
}

func set(dsn string, settings url.Values) string {
	sign := "?"
	if strings.Contains(dsn, "?") {
		sign = "&"
	}
	return dsn + sign + settings.Encode()
}

func dial(tb testing.TB, driver, dsn string) *sql.DB {
	tb.Helper()
	db, err := sql.Open(driver, dsn)
	require.NoError(tb, err)
	db.SetMaxOpenConns(8)
	tb.Cleanup(func() { assert.NoError(tb, db.Close()) })
	return db
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
	return openDB(tb, dial(tb, driver, dsn))
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
	databases := maps.Clone(empty)
	databases["SQLite with a rollback journal"] = func(tb testing.TB) (string, string) { return "sqlite", filepath.Join(tb.TempDir(), "budgets.db") }
	databases["SQLite, lax connections"] = with(empty["SQLite"], url.Values{"_pragma": {"synchronous(off)"}})
	databases["PostgreSQL, simple protocol, serializable"] = with(empty["PostgreSQL"], url.Values{
		"default_query_exec_mode": {"simple_protocol"}, "default_transaction_isolation": {"serializable"},
	})
	databases["MariaDB, parameters in the text, lenient, serializable"] = with(empty["MariaDB"], url.Values{
		"interpolateParams": {"true"}, "sql_mode": {"''"}, "tx_isolation": {"'SERIALIZABLE'"}, "clientFoundRows": {"true"},
	})
	databases["MariaDB, read uncommitted"] = with(empty["MariaDB"], url.Values{"tx_isolation": {"'READ-UNCOMMITTED'"}})
	for name, make := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			make(t) // a server that is missing skips here, and not in every case
			dptest.TestLedger(t, func(tb testing.TB) dp.Ledger {
				driver, dsn := make(tb)
				return open(tb, driver, dsn)
			})
		})
	}
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
			db := dial(t, driver, dsn)
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
		db := dial(t, driver, dsn)
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
		db := dial(t, driver, dsn)
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
	_, err := dpsql.Open(t.Context(), nil)
	require.ErrorIs(t, err, dpsql.ErrDatabase)
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	refused := func(t *testing.T, driver, dsn string, want error) {
		t.Helper()
		db := dial(t, driver, dsn)
		_, err := dpsql.Open(t.Context(), db)
		require.ErrorIs(t, err, want)
		require.Zero(t, db.Stats().InUse)
	}
	t.Run("newer schema", func(t *testing.T) {
		t.Parallel()
		each(t, func(t *testing.T, driver, dsn string) {
			require.NoError(t, open(t, driver, dsn).Close())
			execute(t, driver, dsn, "INSERT INTO purposebound_schema (namespace, version) VALUES ('budget', 2)")
			refused(t, driver, dsn, dpsql.ErrNewerSchema)
		})
	})
	t.Run("not durable, SQLite", func(t *testing.T) {
		t.Parallel()
		driver, dsn := empty["SQLite"](t)
		refused(t, driver, strings.Replace(dsn, "wal", "memory", 1), dpsql.ErrNotDurable)
	})
	for _, level := range []string{"off", "local", "remote_write"} {
		t.Run("not durable, PostgreSQL "+level, func(t *testing.T) {
			t.Parallel()
			driver, dsn := with(empty["PostgreSQL"], url.Values{"synchronous_commit": {level}})(t)
			refused(t, driver, dsn, dpsql.ErrNotDurable)
		})
	}
	t.Run("cancelled", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		driver, dsn := empty["SQLite"](t)
		_, err := dpsql.Open(ctx, dial(t, driver, dsn))
		require.ErrorIs(t, err, context.Canceled)
	})
}

// A program may give a connection of its pool a weaker setting, and the pool hand it to a Replace.
func TestPostgreSQLIsSynchronous(t *testing.T) {
	t.Parallel()
	driver, dsn := empty["PostgreSQL"](t)
	db := dial(t, driver, dsn)
	db.SetMaxOpenConns(1)
	b := budget(t, openDB(t, db))
	for _, statement := range []string{
		`CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF current_setting('synchronous_commit') NOT IN ('on', 'remote_apply') THEN RAISE 'not synchronous'; END IF;
			RETURN NULL;
		END $$`,
		`CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT OR UPDATE ON purposebound_budgets
			DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION at_commit()`,
		`SET synchronous_commit = off`,
	} {
		_, err := db.Exec(statement)
		require.NoError(t, err)
	}
	require.NoError(t, ask(t.Context(), b))
	_, err := db.Exec("UPDATE purposebound_budgets SET sequence = 9")
	require.ErrorContains(t, err, "not synchronous", "the test looks at the right moment")
	var level string
	require.NoError(t, db.QueryRow("SHOW synchronous_commit").Scan(&level))
	require.Equal(t, "off", level, "the program's setting is left alone")
	_, err = db.Exec("SET synchronous_commit = remote_apply")
	require.NoError(t, err)
	require.NoError(t, ask(t.Context(), b))
}
