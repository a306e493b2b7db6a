package keyringsql_test

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	_ "modernc.org/sqlite"

	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/pii/keyring/internal/storetest"
	"github.com/purposebound/purposebound/pii/keyring/keyringsql"
)

func openDB(tb testing.TB, dsn string) *sql.DB {
	tb.Helper()
	db, err := sql.Open("sqlite", dsn)
	require.NoError(tb, err)
	tb.Cleanup(func() { assert.NoError(tb, db.Close()) })
	return db
}

func openStore(tb testing.TB, db *sql.DB) *keyringsql.Store {
	tb.Helper()
	store, err := keyringsql.Open(context.Background(), db)
	require.NoError(tb, err)
	tb.Cleanup(func() { assert.NoError(tb, store.Close()) })
	return store
}

func TestStore(t *testing.T) {
	t.Parallel()
	for name, suffix := range map[string]string{
		"rollback journal": "",
		"WAL":              "?_pragma=journal_mode(wal)",
		"lax pool":         "?_pragma=journal_mode(wal)&_pragma=synchronous(off)",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, func(tb testing.TB) storetest.Store {
				return openStore(tb, openDB(tb, filepath.Join(tb.TempDir(), "keys.db")+suffix))
			})
		})
	}
	t.Run("in memory", func(t *testing.T) {
		t.Parallel()
		storetest.Run(t, func(tb testing.TB) storetest.Store { return openStore(tb, openDB(tb, ":memory:")) })
	})
}

func TestTwoStoresOnOneFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys.db")
	stores := []*keyringsql.Store{openStore(t, openDB(t, path)), openStore(t, openDB(t, path))}
	handle, err := keyset.NewHandle(aead.XAES256GCM192BitNonceKeyTemplate())
	require.NoError(t, err)
	kek, err := aead.New(handle)
	require.NoError(t, err)
	keys := make([]keyring.Key, 20)
	var group sync.WaitGroup
	for i := range keys {
		group.Go(func() {
			ring, err := keyring.New(keyring.Config{Store: stores[i%2], KEK: kek})
			if assert.NoError(t, err) {
				keys[i], err = ring.MakeKey(t.Context(), "s-1", "service/service")
				assert.NoError(t, err)
			}
		})
	}
	group.Wait()
	for _, k := range keys {
		require.NotNil(t, k)
		assert.Equal(t, keys[0].Check(), k.Check())
	}
}

func TestKeysSurviveReopening(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys.db")
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	store, err := keyringsql.Open(t.Context(), db)
	require.NoError(t, err)
	require.NoError(t, store.Save(t.Context(), "acme", "s-1", 0, []byte("kept")))
	require.NoError(t, store.Close())
	require.NoError(t, store.Close(), "closing twice")
	require.ErrorIs(t, store.Save(t.Context(), "acme", "s-1", 1, []byte("lost")), keyringsql.ErrClosed)
	_, err = store.Load(t.Context(), "acme", "s-1")
	require.ErrorIs(t, err, keyringsql.ErrClosed)
	require.NoError(t, db.Close())

	row, err := openStore(t, openDB(t, path)).Load(t.Context(), "acme", "s-1")
	require.NoError(t, err)
	assert.Equal(t, keyring.Row{Version: 1, Data: []byte("kept")}, row)
}

// TestOverwritten looks into the file for what was replaced.
func TestOverwritten(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys.db")
	store := openStore(t, openDB(t, path))
	secret := bytes.Repeat([]byte("a wrap to be destroyed; "), 2000) // of several pages
	require.NoError(t, store.Save(t.Context(), "acme", "s-1", 0, secret))
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Contains(t, string(file), "a wrap to be destroyed")
	require.NoError(t, store.Save(t.Context(), "acme", "s-1", 1, []byte("gone")))
	file, err = os.ReadFile(path)
	require.NoError(t, err)
	assert.NotContains(t, string(file), "to be destroyed")
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	t.Run("no database", func(t *testing.T) {
		t.Parallel()
		_, err := keyringsql.Open(t.Context(), nil)
		require.ErrorIs(t, err, keyringsql.ErrDatabase)
	})
	t.Run("journal in memory", func(t *testing.T) {
		t.Parallel()
		db := openDB(t, filepath.Join(t.TempDir(), "keys.db")+"?_pragma=journal_mode(memory)")
		_, err := keyringsql.Open(t.Context(), db)
		require.ErrorIs(t, err, keyringsql.ErrNotDurable)
	})
	t.Run("newer schema", func(t *testing.T) {
		t.Parallel()
		db := openDB(t, filepath.Join(t.TempDir(), "keys.db"))
		require.NoError(t, openStore(t, db).Close())
		_, err := db.Exec("INSERT INTO purposebound_schema (namespace, version) VALUES ('keyring', 2)")
		require.NoError(t, err)
		_, err = keyringsql.Open(t.Context(), db)
		require.ErrorIs(t, err, keyringsql.ErrNewerSchema)
	})
	t.Run("cancelled", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := keyringsql.Open(ctx, openDB(t, filepath.Join(t.TempDir(), "keys.db")))
		require.ErrorIs(t, err, context.Canceled)
	})
	t.Run("not a database", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "keys.db")
		require.NoError(t, os.WriteFile(path, bytes.Repeat([]byte("text"), 1000), 0o600))
		_, err := keyringsql.Open(t.Context(), openDB(t, path))
		require.Error(t, err)
	})
}

func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	db := openDB(t, filepath.Join(t.TempDir(), "keys.db"))
	store := openStore(t, db)
	_, err := db.Exec("DROP TABLE purposebound_keys")
	require.NoError(t, err)
	_, err = store.Load(t.Context(), "acme", "s-1")
	require.ErrorContains(t, err, "keyringsql: load: ")
	require.NotContains(t, err.Error(), "s-1")
	err = store.Save(t.Context(), "acme", "s-1", 0, nil)
	require.ErrorContains(t, err, "keyringsql: save: ")
	require.NotErrorIs(t, err, keyring.ErrConflict)
	for _, err := range store.Subjects(t.Context(), "acme", "") {
		require.ErrorContains(t, err, "keyringsql: list: ")
	}
}
