// Package databasetest makes empty databases for tests: SQLite's, and those of the servers that the environment names.
//
// PURPOSEBOUND_TEST_POSTGRES has the URL of a PostgreSQL server, and PURPOSEBOUND_TEST_MARIADB the data source name of a MariaDB. A test that needs a server which is
// not named there is skipped, and fails where CI is set. The test imports the drivers that are named "sqlite", "pgx" and "mysql".
//
// It also has what the tests of the packages that keep things in a database share: a [Line] that fails as it is told to, and what every such package [Refuses].
package databasetest

import (
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Empty makes an empty database and says how to reach it. It is gone when the test ends.
type Empty func(testing.TB) (driver, dsn string)

// Servers returns the kinds of database that several machines reach, by their names.
func Servers() map[string]Empty {
	return map[string]Empty{"PostgreSQL": PostgreSQL, "MariaDB": MariaDB}
}

// Shared returns the kinds of database that several connections see.
func Shared() map[string]Empty {
	kinds := Servers()
	kinds["SQLite"] = SQLite
	return kinds
}

// Varied returns the kinds that are Shared, SQLite in memory, and each once more with settings of its connections that must not matter.
func Varied() map[string]Empty {
	kinds := Shared()
	kinds["SQLite in memory"] = Memory
	kinds["SQLite with a rollback journal"] = RollbackJournal
	kinds["SQLite, lax connections"] = With(SQLite, url.Values{"_pragma": {"synchronous(off)"}})
	kinds["PostgreSQL, simple protocol, serializable"] = With(PostgreSQL, url.Values{
		"default_query_exec_mode": {"simple_protocol"}, "default_transaction_isolation": {"serializable"},
	})
	kinds["MariaDB, parameters in the text, lenient, serializable"] = With(MariaDB, url.Values{
		"interpolateParams": {"true"}, "sql_mode": {"''"}, "tx_isolation": {"'SERIALIZABLE'"}, "clientFoundRows": {"true"},
	})
	return kinds
}

// Each runs a test on an empty database of each kind, all at once.
func Each(t *testing.T, kinds map[string]Empty, test func(t *testing.T, driver, dsn string)) {
	t.Helper()
	for name, empty := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			driver, dsn := empty(t)
			test(t, driver, dsn)
		})
	}
}

// Suite runs a suite on each kind, all at once. It makes a database for each of its cases.
func Suite(t *testing.T, kinds map[string]Empty, suite func(t *testing.T, empty Empty)) {
	t.Helper()
	for name, empty := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			empty(t) // a server that is missing skips here, and not in every case
			suite(t, empty)
		})
	}
}

// SQLite is an [Empty] of a file in WAL mode.
func SQLite(tb testing.TB) (driver, dsn string) {
	tb.Helper()
	return "sqlite", filepath.Join(tb.TempDir(), "test.db") + "?_pragma=journal_mode(wal)"
}

// RollbackJournal is an [Empty] of a file that is not in WAL mode.
func RollbackJournal(tb testing.TB) (driver, dsn string) {
	tb.Helper()
	return "sqlite", filepath.Join(tb.TempDir(), "test.db")
}

// Memory is an [Empty] of SQLite in memory, which one connection sees.
func Memory(testing.TB) (driver, dsn string) { return "sqlite", ":memory:" }

// PostgreSQL is an [Empty] of a schema on the server.
func PostgreSQL(tb testing.TB) (driver, dsn string) {
	tb.Helper()
	dsn = given(tb, "PURPOSEBOUND_TEST_POSTGRES")
	name := "t_" + Name()
	Exec(tb, "pgx", dsn, "CREATE SCHEMA "+name)
	tb.Cleanup(func() { Exec(tb, "pgx", dsn, "DROP SCHEMA "+name+" CASCADE") })
	return "pgx", Set(dsn, url.Values{"search_path": {name}})
}

// MariaDB is an [Empty] of a database on the server. Its name begins with that of the one given.
func MariaDB(tb testing.TB) (driver, dsn string) {
	tb.Helper()
	dsn = given(tb, "PURPOSEBOUND_TEST_MARIADB")
	server, name, settings := split(dsn)
	name += "_" + Name()
	Exec(tb, "mysql", dsn, "CREATE DATABASE "+name)
	tb.Cleanup(func() { Exec(tb, "mysql", dsn, "DROP DATABASE "+name) })
	return "mysql", server + name + settings
}

// With is another way to a database that empty makes.
func With(empty Empty, settings url.Values) Empty {
	return func(tb testing.TB) (string, string) {
		tb.Helper()
		driver, dsn := empty(tb)
		return driver, Set(dsn, settings)
	}
}

// Set gives the connections of a data source name settings, each instead of one of the same name. Pragmas of SQLite are run after those that stand there.
func Set(dsn string, settings url.Values) string {
	server, name, old := split(dsn)
	all, err := url.ParseQuery(strings.TrimPrefix(old, "?"))
	if err != nil {
		panic("databasetest: the settings of a data source name are malformed")
	}
	for key, values := range settings {
		if key == "_pragma" {
			values = append(all[key], values...)
		}
		all[key] = values
	}
	return server + name + "?" + all.Encode()
}

// split cuts a data source name: what says how to reach the server, up to a slash, the name of the database, and settings from a question mark on.
func split(dsn string) (server, name, settings string) {
	from, end := 0, len(dsn)
	if !strings.Contains(dsn, "://") { // a password may have a question mark
		from = strings.LastIndexByte(dsn, '/') + 1
	}
	if mark := strings.IndexByte(dsn[from:], '?'); mark >= 0 {
		end = from + mark
	}
	slash := strings.LastIndexByte(dsn[:end], '/') + 1
	return dsn[:slash], dsn[slash:end], dsn[end:]
}

// Name returns a name that no other test has.
func Name() string { return strings.ToLower(rand.Text()[:12]) }

// Open opens a pool of at most eight connections, and closes it when the test ends.
func Open(tb testing.TB, driver, dsn string) *sql.DB {
	tb.Helper()
	db, err := sql.Open(driver, dsn)
	require.NoError(tb, err)
	db.SetMaxOpenConns(8)
	tb.Cleanup(func() { assert.NoError(tb, db.Close()) })
	return db
}

// New is Open of a database that empty makes.
func New(tb testing.TB, empty Empty) *sql.DB {
	tb.Helper()
	driver, dsn := empty(tb)
	return Open(tb, driver, dsn)
}

// Exec runs a statement on a connection of its own.
func Exec(tb testing.TB, driver, dsn, statement string) {
	tb.Helper()
	db, err := sql.Open(driver, dsn)
	require.NoError(tb, err)
	defer db.Close()
	_, err = db.Exec(statement)
	require.NoError(tb, err)
}

// Migrations fails the test if the migrations of the package that it is in are other files than those of these SHA-256 hashes. One that was released has run
// somewhere, and does not run there again: what is to change is another migration.
func Migrations(tb testing.TB, hashes map[string]string) {
	tb.Helper()
	files, err := filepath.Glob("migrations/*/*.sql")
	require.NoError(tb, err)
	got := make(map[string]string)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(tb, err)
		got[filepath.ToSlash(file)] = fmt.Sprintf("%x", sha256.Sum256(text))
	}
	require.Equal(tb, hashes, got)
}

// Synchronous has PostgreSQL refuse, from now on, to commit a change of the table without waiting for the disk.
func Synchronous(tb testing.TB, db *sql.DB, table string) {
	tb.Helper()
	for _, statement := range []string{
		`CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF current_setting('synchronous_commit') NOT IN ('on', 'remote_apply') THEN RAISE 'not synchronous'; END IF;
			RETURN NULL;
		END $$`,
		`CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT OR UPDATE ON ` + table + `
			DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION at_commit()`,
	} {
		_, err := db.Exec(statement)
		require.NoError(tb, err)
	}
}

// given is what a variable of the environment has.
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
