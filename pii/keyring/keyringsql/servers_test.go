package keyringsql_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/pii/keyring/internal/storetest"
	"github.com/purposebound/purposebound/pii/keyring/keyringsql"
)

// A server makes empty databases. Its URL is in the environment; without it the tests that need it are skipped, and fail
// where CI is set.
type server struct {
	name  string
	url   string                                                       // the variable's name
	empty func(tb testing.TB, settings ...string) (driver, dsn string) // settings of its connections: name, value, name, value
}

var servers = []server{
	{"PostgreSQL", "PURPOSEBOUND_TEST_POSTGRES", emptyPostgreSQL},
	{"MariaDB", "PURPOSEBOUND_TEST_MARIADB", emptyMariaDB},
}

// eachServer runs a test on every server.
func eachServer(t *testing.T, run func(*testing.T, server)) {
	t.Helper()
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			run(t, s)
		})
	}
}

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

func randomName() string { return strings.ToLower(rand.Text()[:12]) }

// emptyPostgreSQL makes a schema of its own.
func emptyPostgreSQL(tb testing.TB, settings ...string) (string, string) {
	tb.Helper()
	dsn := given(tb, "PURPOSEBOUND_TEST_POSTGRES")
	name := "t_" + randomName()
	execute(tb, "pgx", dsn, "CREATE SCHEMA "+name)
	tb.Cleanup(func() { execute(tb, "pgx", dsn, "DROP SCHEMA "+name+" CASCADE") })
	u, err := url.Parse(dsn)
	require.NoError(tb, err)
	q := u.Query()
	q.Set("search_path", name)
	for pair := range slices.Chunk(settings, 2) {
		q.Set(pair[0], pair[1])
	}
	u.RawQuery = q.Encode()
	return "pgx", u.String()
}

// emptyMariaDB makes a database of its own, whose name begins with that of the one given.
func emptyMariaDB(tb testing.TB, settings ...string) (string, string) {
	tb.Helper()
	dsn := given(tb, "PURPOSEBOUND_TEST_MARIADB")
	config, err := mysql.ParseDSN(dsn)
	require.NoError(tb, err)
	name := config.DBName + "_" + randomName()
	execute(tb, "mysql", dsn, "CREATE DATABASE "+name)
	tb.Cleanup(func() { execute(tb, "mysql", dsn, "DROP DATABASE "+name) })
	config.DBName = name
	for pair := range slices.Chunk(settings, 2) {
		if pair[0] == "interpolateParams" {
			config.InterpolateParams = pair[1] == "true"
			continue
		}
		if config.Params == nil {
			config.Params = make(map[string]string)
		}
		config.Params[pair[0]] = pair[1]
	}
	return "mysql", config.FormatDSN()
}

func dial(tb testing.TB, driver, dsn string) *sql.DB {
	tb.Helper()
	db, err := sql.Open(driver, dsn)
	require.NoError(tb, err)
	db.SetMaxOpenConns(4)
	tb.Cleanup(func() { assert.NoError(tb, db.Close()) })
	return db
}

// emptyPool opens a pool on an empty database.
func emptyPool(tb testing.TB, s server, settings ...string) *sql.DB {
	tb.Helper()
	driver, dsn := s.empty(tb, settings...)
	return dial(tb, driver, dsn)
}

func TestServers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		server   server
		settings []string
	}{
		{"PostgreSQL", servers[0], nil},
		{"PostgreSQL, simple protocol, serializable", servers[0], []string{
			"default_query_exec_mode", "simple_protocol", "default_transaction_isolation", "serializable",
		}},
		{"MariaDB", servers[1], nil},
		{"MariaDB, parameters in the text, lenient, serializable", servers[1], []string{
			"interpolateParams", "true", "sql_mode", "''", "tx_isolation", "'SERIALIZABLE'",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			given(t, c.server.url) // skips all cases or none
			storetest.Run(t, func(tb testing.TB) storetest.Store { return openStore(tb, emptyPool(tb, c.server, c.settings...)) })
		})
	}
}

func TestServersPoolOfOne(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, s server) {
		db := emptyPool(t, s)
		db.SetMaxOpenConns(1)
		store := openStore(t, db)
		for _, subject := range []consent.Subject{"a", "b"} {
			require.NoError(t, store.Save(t.Context(), "acme", subject, 0, []byte("one")))
		}
		for subject, err := range store.Subjects(t.Context(), "acme", "") {
			require.NoError(t, err)
			require.NoError(t, store.Save(t.Context(), "acme", subject, 1, []byte("two")))
			row, err := store.Load(t.Context(), "acme", subject)
			require.NoError(t, err)
			assert.Equal(t, uint64(2), row.Version)
		}
	})
}

func TestServersMigrateTogether(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, s server) {
		driver, dsn := s.empty(t)
		start := make(chan struct{})
		errs := make(chan error, 10)
		for i := range cap(errs) {
			db := dial(t, driver, dsn)
			go func() {
				<-start
				store, err := keyringsql.Open(t.Context(), db)
				if err == nil {
					err = store.Save(t.Context(), "", consent.Subject(fmt.Sprint("s-", i)), 0, []byte("x"))
				}
				if err == nil {
					err = store.Close()
				}
				errs <- err
			}()
		}
		close(start)
		for range cap(errs) {
			assert.NoError(t, <-errs)
		}
		assert.Equal(t, 10, count(t, dial(t, driver, dsn), "SELECT count(*) FROM purposebound_keys"))
	})
}

func count(tb testing.TB, db *sql.DB, query string) int {
	tb.Helper()
	var n int
	require.NoError(tb, db.QueryRow(query).Scan(&n))
	return n
}

// Pools stand for processes: they share nothing but the server.
func TestServersOneWinner(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, s server) {
		driver, dsn := s.empty(t)
		stores := make([]*keyringsql.Store, 10)
		for i := range stores {
			stores[i] = openStore(t, dial(t, driver, dsn))
		}
		for round := range 20 {
			subject := consent.Subject(fmt.Sprint("s-", round))
			for after := range uint64(2) { // a row is made, and replaced
				start := make(chan struct{})
				var winners, winner atomic.Int32
				var group sync.WaitGroup
				for i, store := range stores {
					group.Go(func() {
						<-start
						err := store.Save(t.Context(), "acme", subject, after, []byte{byte(i)})
						if err == nil {
							winners.Add(1)
							winner.Store(int32(i))
							return
						}
						assert.Equal(t, keyring.ErrConflict, err)
						row, err := store.Load(t.Context(), "acme", subject)
						assert.NoError(t, err)
						assert.Equal(t, after+1, row.Version, "who lost sees what won")
					})
				}
				close(start)
				group.Wait()
				require.Equal(t, int32(1), winners.Load())
				for _, store := range stores {
					row, err := store.Load(t.Context(), "acme", subject)
					require.NoError(t, err)
					require.Equal(t, keyring.Row{Version: after + 1, Data: []byte{byte(winner.Load())}}, row)
				}
			}
		}
	})
}

func TestServersOneFirstKey(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, s server) {
		driver, dsn := s.empty(t)
		keys := make([]keyring.Key, 10)
		start := make(chan struct{})
		var group sync.WaitGroup
		for i := range keys {
			ring, store, err := killedRing(t.Context(), dial(t, driver, dsn))
			require.NoError(t, err)
			t.Cleanup(func() { assert.NoError(t, store.Close()) })
			group.Go(func() {
				<-start
				var err error
				keys[i], err = ring.MakeKey(t.Context(), "s-1", killedCompartment)
				assert.NoError(t, err)
			})
		}
		close(start)
		group.Wait()
		for _, k := range keys {
			require.NotNil(t, k)
			assert.Equal(t, keys[0].Check(), k.Check())
		}
		assert.Equal(t, 1, count(t, dial(t, driver, dsn), "SELECT version FROM purposebound_keys"))
	})
}

// Names that are no subjects show best that no collation is at work.
func TestServersCompareBytes(t *testing.T) {
	t.Parallel()
	names := []string{"", "\x00", "S", "s", "s\x00", "s\t", "s ", "s  ", "s1", "ss", "s\u0301", "ß", "ś", "\xff", "\xff\xff"}
	require.True(t, slices.IsSorted(names))
	eachServer(t, func(t *testing.T, s server) {
		driver, dsn := s.empty(t)
		store := openStore(t, dial(t, driver, dsn))
		for i, name := range names {
			require.NoError(t, store.Save(t.Context(), "acme", consent.Subject(name), 0, []byte{byte(i)}), "%q", name)
			require.NoError(t, store.Save(t.Context(), name, "by tenant", 0, []byte{byte(i)}), "%q", name)
		}
		for i, name := range names {
			row, err := store.Load(t.Context(), "acme", consent.Subject(name))
			require.NoError(t, err)
			assert.Equal(t, keyring.Row{Version: 1, Data: []byte{byte(i)}}, row, "%q", name)
			row, err = store.Load(t.Context(), name, "by tenant")
			require.NoError(t, err)
			assert.Equal(t, keyring.Row{Version: 1, Data: []byte{byte(i)}}, row, "%q", name)
		}
		var listed []string
		for subject, err := range store.Subjects(t.Context(), "acme", "") {
			require.NoError(t, err)
			listed = append(listed, string(subject))
		}
		assert.Equal(t, names[1:], listed)
	})
}

// A lenient MariaDB would cut off what is too long, and one tenant would get another's row.
func TestTooLong(t *testing.T) {
	t.Parallel()
	check := func(t *testing.T, db *sql.DB) {
		store := openStore(t, db)
		long := strings.Repeat("x", 256)
		require.Error(t, store.Save(t.Context(), long, "s-1", 0, nil))
		require.Error(t, store.Save(t.Context(), "acme", consent.Subject(long), 0, nil))
		require.Error(t, store.Save(t.Context(), "acme", "s-1", 0, make([]byte, 1<<20+1)))
		row, err := store.Load(t.Context(), long, "s-1")
		require.NoError(t, err)
		assert.Equal(t, keyring.Row{}, row)
		require.NoError(t, store.Save(t.Context(), long[1:], consent.Subject(long[1:]), 0, bytes.Repeat([]byte{0xff}, 1<<20)))
		assert.Equal(t, 1, count(t, db, "SELECT count(*) FROM purposebound_keys"))
	}
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		check(t, openDB(t, t.TempDir()+"/keys.db"))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		check(t, emptyPool(t, servers[0]))
	})
	t.Run("MariaDB", func(t *testing.T) {
		t.Parallel()
		check(t, emptyPool(t, servers[1], "sql_mode", "''"))
	})
}

func TestServersReopen(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, s server) {
		db := emptyPool(t, s)
		store, err := keyringsql.Open(t.Context(), db)
		require.NoError(t, err)
		require.NoError(t, store.Save(t.Context(), "acme", "s-1", 0, []byte("kept")))
		assert.Zero(t, db.Stats().InUse, "nothing is held between calls")
		require.NoError(t, store.Close())
		require.NoError(t, store.Close(), "closing twice")
		require.ErrorIs(t, store.Save(t.Context(), "acme", "s-1", 1, []byte("lost")), keyringsql.ErrClosed)
		_, err = store.Load(t.Context(), "acme", "s-1")
		require.ErrorIs(t, err, keyringsql.ErrClosed)
		row, err := openStore(t, db).Load(t.Context(), "acme", "s-1")
		require.NoError(t, err)
		assert.Equal(t, keyring.Row{Version: 1, Data: []byte("kept")}, row)
	})
}

func TestServersRefuse(t *testing.T) {
	t.Parallel()
	refused := func(name string, s server, want error, settings ...string) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := emptyPool(t, s, settings...)
			_, err := keyringsql.Open(t.Context(), db)
			require.Error(t, err)
			if want != nil {
				require.ErrorIs(t, err, want)
			}
			assert.Zero(t, db.Stats().InUse)
		})
	}
	for _, level := range []string{"off", "local", "remote_write"} {
		refused("synchronous_commit "+level, servers[0], keyringsql.ErrNotDurable, "synchronous_commit", level)
	}
	refused("autocommit off", servers[1], nil, "autocommit", "0")
	refused("dirty reads", servers[1], nil, "tx_isolation", "'READ-UNCOMMITTED'")
	eachServer(t, func(t *testing.T, s server) {
		db := emptyPool(t, s)
		require.NoError(t, openStore(t, db).Close())
		_, err := db.Exec("INSERT INTO purposebound_schema (namespace, version) VALUES ('keyring', 2)")
		require.NoError(t, err)
		_, err = keyringsql.Open(t.Context(), db)
		require.ErrorIs(t, err, keyringsql.ErrNewerSchema)
	})
}

func TestServersAway(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, s server) {
		db := emptyPool(t, s)
		store := openStore(t, db)
		_, err := db.Exec("DROP TABLE purposebound_keys")
		require.NoError(t, err)
		_, err = store.Load(t.Context(), "acme", "s-1")
		require.ErrorContains(t, err, "keyringsql: load: ")
		require.NotContains(t, err.Error(), "s-1")
		for after := range uint64(2) {
			err = store.Save(t.Context(), "acme", "s-1", after, nil)
			require.ErrorContains(t, err, "keyringsql: save: ")
			require.NotContains(t, err.Error(), "s-1")
			require.NotErrorIs(t, err, keyring.ErrConflict)
		}
		for _, err := range store.Subjects(t.Context(), "acme", "") {
			require.ErrorContains(t, err, "keyringsql: list: ")
		}
	})
}

// A program may give a connection of its pool a weaker setting, and the pool hand it to a Save.
func TestPostgreSQLSaveIsSynchronous(t *testing.T) {
	t.Parallel()
	db := emptyPool(t, servers[0])
	db.SetMaxOpenConns(1)
	store := openStore(t, db)
	for _, statement := range []string{
		`CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF current_setting('synchronous_commit') NOT IN ('on', 'remote_apply') THEN RAISE 'not synchronous'; END IF;
			RETURN NULL;
		END $$`,
		`CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT OR UPDATE ON purposebound_keys
			DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION at_commit()`,
		`SET synchronous_commit = off`,
	} {
		_, err := db.Exec(statement)
		require.NoError(t, err)
	}
	require.NoError(t, store.Save(t.Context(), "acme", "s-1", 0, []byte("one")))
	require.NoError(t, store.Save(t.Context(), "acme", "s-1", 1, []byte("two")))
	_, err := db.Exec("UPDATE purposebound_keys SET version = 9")
	require.ErrorContains(t, err, "not synchronous", "the test looks at the right moment")
	var level string
	require.NoError(t, db.QueryRow("SHOW synchronous_commit").Scan(&level))
	assert.Equal(t, "off", level, "the program's setting is left alone")
	_, err = db.Exec("SET synchronous_commit = remote_apply")
	require.NoError(t, err)
	require.NoError(t, store.Save(t.Context(), "acme", "s-1", 2, []byte("three")))
}

func TestServersCommitIsNotInterrupted(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, s server) {
		ctx, cancel := context.WithCancel(t.Context())
		var hooks hooks
		store := openStore(t, hooks.dial(t, s))
		hooks.commit.Store(&commit{func(run func() error, _ func()) error {
			cancel()
			return run()
		}})
		require.NoError(t, store.Save(ctx, "acme", "s-1", 0, []byte("one")))
		require.ErrorIs(t, store.Save(ctx, "acme", "s-1", 1, []byte("two")), context.Canceled)
		row, err := store.Load(t.Context(), "acme", "s-1")
		require.NoError(t, err)
		assert.Equal(t, keyring.Row{Version: 1, Data: []byte("one")}, row)
	})
}
