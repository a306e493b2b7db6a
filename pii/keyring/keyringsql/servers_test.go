package keyringsql_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/internal/databasetest"
	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/pii/keyring/keyringsql"
)

// A pool of one connection is enough, also on SQLite, where the store holds it.
func TestPoolOfOne(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, databasetest.Shared(), func(t *testing.T, driver, dsn string) {
		db := databasetest.Open(t, driver, dsn)
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
	databasetest.Each(t, databasetest.Servers(), func(t *testing.T, driver, dsn string) {
		start := make(chan struct{})
		errs := make(chan error, 10)
		for i := range cap(errs) {
			db := databasetest.Open(t, driver, dsn)
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
		assert.Equal(t, 10, count(t, databasetest.Open(t, driver, dsn), "SELECT count(*) FROM purposebound_keys"))
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
	databasetest.Each(t, databasetest.Servers(), func(t *testing.T, driver, dsn string) {
		stores := make([]*keyringsql.Store, 10)
		for i := range stores {
			stores[i] = openStore(t, databasetest.Open(t, driver, dsn))
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
	databasetest.Each(t, databasetest.Servers(), func(t *testing.T, driver, dsn string) {
		keys := make([]keyring.Key, 10)
		start := make(chan struct{})
		var group sync.WaitGroup
		for i := range keys {
			ring, store, err := killedRing(t.Context(), databasetest.Open(t, driver, dsn))
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
		assert.Equal(t, 1, count(t, databasetest.Open(t, driver, dsn), "SELECT version FROM purposebound_keys"))
	})
}

// Names that are no subjects show best that no collation is at work.
func TestServersCompareBytes(t *testing.T) {
	t.Parallel()
	names := []string{"", "\x00", "S", "s", "s\x00", "s\t", "s ", "s  ", "s1", "ss", "s\u0301", "ß", "ś", "\xff", "\xff\xff"}
	require.True(t, slices.IsSorted(names))
	databasetest.Each(t, databasetest.Servers(), func(t *testing.T, driver, dsn string) {
		store := openStore(t, databasetest.Open(t, driver, dsn))
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
	kinds := databasetest.Varied()
	delete(kinds, "SQLite in memory") // which one connection sees
	databasetest.Each(t, kinds, func(t *testing.T, driver, dsn string) {
		db := databasetest.Open(t, driver, dsn)
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
	})
}

func TestServersReopen(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, databasetest.Servers(), func(t *testing.T, driver, dsn string) {
		db := databasetest.Open(t, driver, dsn)
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

// Connections that would show something else than the row as it was last committed.
func TestMariaDBRefuses(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, map[string]databasetest.Empty{
		"autocommit off": databasetest.With(databasetest.MariaDB, url.Values{"autocommit": {"0"}}),
		"dirty reads":    databasetest.With(databasetest.MariaDB, url.Values{"tx_isolation": {"'READ-UNCOMMITTED'"}}),
	}, func(t *testing.T, driver, dsn string) {
		db := databasetest.Open(t, driver, dsn)
		_, err := keyringsql.Open(t.Context(), db)
		require.Error(t, err)
		assert.Zero(t, db.Stats().InUse)
	})
}

func TestServersAway(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, databasetest.Servers(), func(t *testing.T, driver, dsn string) {
		db := databasetest.Open(t, driver, dsn)
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
	db := databasetest.New(t, databasetest.PostgreSQL)
	db.SetMaxOpenConns(1)
	store := openStore(t, db)
	databasetest.Synchronous(t, db, "purposebound_keys")
	_, err := db.Exec("SET synchronous_commit = off")
	require.NoError(t, err)
	require.NoError(t, store.Save(t.Context(), "acme", "s-1", 0, []byte("one")))
	require.NoError(t, store.Save(t.Context(), "acme", "s-1", 1, []byte("two")))
	_, err = db.Exec("UPDATE purposebound_keys SET version = 9")
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
	databasetest.Each(t, databasetest.Servers(), func(t *testing.T, driver, dsn string) {
		ctx, cancel := context.WithCancel(t.Context())
		var line databasetest.Line
		store := openStore(t, line.Open(t, driver, dsn))
		line.Commit(func(_ string, run func() error, _ func()) error {
			cancel()
			return run()
		})
		require.NoError(t, store.Save(ctx, "acme", "s-1", 0, []byte("one")))
		require.ErrorIs(t, store.Save(ctx, "acme", "s-1", 1, []byte("two")), context.Canceled)
		row, err := store.Load(t.Context(), "acme", "s-1")
		require.NoError(t, err)
		assert.Equal(t, keyring.Row{Version: 1, Data: []byte("one")}, row)
	})
}
