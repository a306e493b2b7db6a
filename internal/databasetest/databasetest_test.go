package databasetest_test

import (
	"database/sql"
	"net/url"
	"runtime"
	"testing"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/purposebound/purposebound/internal/databasetest"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	for dsn, want := range map[string][3]string{
		"root@tcp(127.0.0.1:3306)/test":            {"root@tcp(127.0.0.1:3306)/", "test", ""},
		"u:p?/w@unix(/run/m.sock)/test?a=b&c=%2Fd": {"u:p?/w@unix(/run/m.sock)/", "test", "?a=b&c=%2Fd"},
		"/":                                  {"/", "", ""},
		"/?a=b":                              {"/", "", "?a=b"},
		"postgres://u:p@h:5432/test":         {"postgres://u:p@h:5432/", "test", ""},
		"postgres:///test?host=/run/pg&a=?":  {"postgres:///", "test", "?host=/run/pg&a=?"},
		"/tmp/x/test.db?_pragma=a(b)":        {"/tmp/x/", "test.db", "?_pragma=a(b)"},
		":memory:":                           {"", ":memory:", ""},
		"file:a.db?mode=memory&cache=shared": {"", "file:a.db", "?mode=memory&cache=shared"},
	} {
		server, name, settings := databasetest.Split(dsn)
		assert.Equal(t, want, [3]string{server, name, settings}, dsn)
	}
}

func TestSet(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		dsn, key, value, want string
	}{
		{"root@tcp(h)/test", "sql_mode", "''", "root@tcp(h)/test?sql_mode=%27%27"},
		{"root@tcp(h)/test?loc=a%2Fb", "sql_mode", "x", "root@tcp(h)/test?loc=a%2Fb&sql_mode=x"},
		{"postgres://h/test?sslmode=disable", "sslmode", "require", "postgres://h/test?sslmode=require"},
		{"/x/test.db?_pragma=one(1)", "_pragma", "two(2)", "/x/test.db?_pragma=one%281%29&_pragma=two%282%29"},
	} {
		assert.Equal(t, c.want, databasetest.Set(c.dsn, url.Values{c.key: {c.value}}))
	}
	assert.Panics(t, func() { databasetest.Set("/test?a=%", nil) })
}

// A database is empty, the test's own, and gone with it.
func TestEach(t *testing.T) {
	t.Parallel()
	for name, empty := range databasetest.Shared() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var driver, dsn string
			t.Cleanup(func() { // after those of the database
				if dsn == "" {
					return // there was none
				}
				db, err := sql.Open(driver, dsn)
				require.NoError(t, err)
				defer db.Close()
				_, err = db.Exec("INSERT INTO t VALUES (2)")
				require.Error(t, err, "it is gone")
			})
			driver, dsn = empty(t)
			db := databasetest.Open(t, driver, dsn)
			databasetest.Exec(t, driver, dsn, "CREATE TABLE t (n INT)")
			databasetest.Exec(t, driver, dsn, "INSERT INTO t VALUES (1)")
			var n int
			require.NoError(t, db.QueryRow("SELECT n FROM t").Scan(&n), "by another connection")
			_, err := databasetest.New(t, empty).Exec("SELECT n FROM t")
			require.Error(t, err, "another one does not have it")
		})
	}
}

func TestVaried(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, databasetest.Varied(), func(t *testing.T, driver, dsn string) {
		require.NoError(t, databasetest.Open(t, driver, dsn).Ping())
	})
}

// A server that is not named skips the test, and fails it where CI is set.
func TestNotNamed(t *testing.T) { //nolint:paralleltest // it sets the environment
	t.Setenv("PURPOSEBOUND_TEST_POSTGRES", "")
	t.Setenv("PURPOSEBOUND_TEST_MARIADB", "")
	for _, c := range []struct{ ci, want string }{{"", "skipped"}, {"true", "failed"}} {
		t.Setenv("CI", c.ci)
		for name, empty := range databasetest.Servers() {
			r := &recorder{TB: t}
			done := make(chan struct{})
			go func() {
				defer close(done)
				empty(r)
			}()
			<-done
			assert.Equal(t, c.want, r.outcome, name)
		}
	}
}

// recorder stands in for a test and remembers how it ended.
type recorder struct {
	testing.TB
	outcome string
}

func (r *recorder) Skipf(string, ...any) {
	r.outcome = "skipped"
	runtime.Goexit()
}

func (r *recorder) Fatalf(string, ...any) {
	r.outcome = "failed"
	runtime.Goexit()
}
