package consentsql_test

import (
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/consent/consentsql"
	"github.com/purposebound/purposebound/consent/consenttest"
)

// A server makes empty databases. Its URL is in the environment; without it the tests that need it are skipped, and fail where CI is set.
type server struct {
	name  string
	empty func(tb testing.TB) (driver, dsn string)
}

var servers = []server{{"PostgreSQL", emptyPostgreSQL}, {"MariaDB", emptyMariaDB}}

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

func suffix() string { return strings.ToLower(rand.Text()[:12]) }

func run(tb testing.TB, driver, dsn, statement string) {
	tb.Helper()
	db, err := sql.Open(driver, dsn)
	require.NoError(tb, err)
	defer db.Close()
	_, err = db.Exec(statement)
	require.NoError(tb, err)
}

// emptyPostgreSQL makes a schema of its own.
func emptyPostgreSQL(tb testing.TB) (string, string) {
	tb.Helper()
	dsn := given(tb, "PURPOSEBOUND_TEST_POSTGRES")
	name := "t_" + suffix()
	run(tb, "pgx", dsn, "CREATE SCHEMA "+name)
	tb.Cleanup(func() { run(tb, "pgx", dsn, "DROP SCHEMA "+name+" CASCADE") })
	u, err := url.Parse(dsn)
	require.NoError(tb, err)
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return "pgx", u.String()
}

// emptyMariaDB makes a database of its own, whose name begins with that of the one given.
func emptyMariaDB(tb testing.TB) (string, string) {
	tb.Helper()
	dsn := given(tb, "PURPOSEBOUND_TEST_MARIADB")
	config, err := mysql.ParseDSN(dsn)
	require.NoError(tb, err)
	name := config.DBName + "_" + suffix()
	run(tb, "mysql", dsn, "CREATE DATABASE "+name)
	tb.Cleanup(func() { run(tb, "mysql", dsn, "DROP DATABASE "+name) })
	config.DBName = name
	return "mysql", config.FormatDSN()
}

// pool opens a pool on an empty database.
func (s server) pool(tb testing.TB) *sql.DB {
	tb.Helper()
	driver, dsn := s.empty(tb)
	return dial(tb, driver, dsn)
}

func dial(tb testing.TB, driver, dsn string) *sql.DB {
	tb.Helper()
	db, err := sql.Open(driver, dsn)
	require.NoError(tb, err)
	db.SetMaxOpenConns(8)
	tb.Cleanup(func() { assert.NoError(tb, db.Close()) })
	return db
}

func TestConformanceServers(t *testing.T) {
	t.Parallel()
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			consenttest.TestLedger(t, func(tb testing.TB) consent.Ledger { return open(tb, s.pool(tb)) })
		})
	}
}

func TestServersMigrateTogether(t *testing.T) {
	t.Parallel()
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			driver, dsn := s.empty(t)
			errs := make(chan error, 10)
			for range cap(errs) {
				db := dial(t, driver, dsn)
				go func() {
					l, err := consentsql.Open(t.Context(), db)
					if err == nil {
						err = l.Close()
					}
					errs <- err
				}()
			}
			for range cap(errs) {
				assert.NoError(t, <-errs)
			}
		})
	}
}

func TestServersRefuseANewerSchema(t *testing.T) {
	t.Parallel()
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			db := s.pool(t)
			l, err := consentsql.Open(t.Context(), db)
			require.NoError(t, err)
			require.NoError(t, l.Close())
			_, err = db.Exec("INSERT INTO purposebound_schema (namespace, version) VALUES ('consent', 99)")
			require.NoError(t, err)
			_, err = consentsql.Open(t.Context(), db)
			assert.ErrorIs(t, err, consentsql.ErrNewerSchema)
		})
	}
}

func TestCoordination(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		consenttest.TestCoordination(t, func(tb testing.TB) func() consenttest.Shared {
			file := newFile(tb)
			return func() consenttest.Shared { return open(tb, database(tb, file, wal), consentsql.Together()) }
		})
	})
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			consenttest.TestCoordination(t, func(tb testing.TB) func() consenttest.Shared {
				driver, dsn := s.empty(tb)
				return func() consenttest.Shared { return open(tb, dial(tb, driver, dsn)) }
			})
		})
	}
}

func TestTogetherOrAlone(t *testing.T) {
	t.Parallel()
	file := newFile(t)
	alone := func() error {
		l, err := consentsql.Open(t.Context(), database(t, file, wal))
		if err == nil {
			assert.NoError(t, l.Close())
		}
		return err
	}
	one := open(t, database(t, file, wal), consentsql.Together())
	two := open(t, database(t, file, wal), consentsql.Together())
	assert.ErrorIs(t, alone(), consent.ErrLedgerInUse)
	require.NoError(t, one.Close())
	assert.ErrorIs(t, alone(), consent.ErrLedgerInUse)
	require.NoError(t, two.Close())
	require.NoError(t, alone())
	open(t, database(t, file, wal))
	_, err := consentsql.Open(t.Context(), database(t, file, wal), consentsql.Together(), consentsql.WithBusyTimeout(50*time.Millisecond))
	assert.ErrorIs(t, err, consent.ErrLedgerInUse)
	_, err = consentsql.Open(t.Context(), database(t, ":memory:", ""), consentsql.Together())
	assert.Error(t, err)
}
