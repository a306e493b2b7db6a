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

	"github.com/purposebound/purposebound/internal/databasetest"
	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/pii/keyring/internal/storetest"
	"github.com/purposebound/purposebound/pii/keyring/keyringsql"
)

func openStore(tb testing.TB, db *sql.DB) *keyringsql.Store {
	tb.Helper()
	store, err := keyringsql.Open(context.Background(), db)
	require.NoError(tb, err)
	tb.Cleanup(func() { assert.NoError(tb, store.Close()) })
	return store
}

func TestConformance(t *testing.T) {
	t.Parallel()
	databasetest.Suite(t, databasetest.Varied(), func(t *testing.T, empty databasetest.Empty) {
		storetest.Run(t, func(tb testing.TB) storetest.Store { return openStore(tb, databasetest.New(tb, empty)) })
	})
}

func TestTwoStoresOnOneFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys.db")
	stores := []*keyringsql.Store{openStore(t, databasetest.Open(t, "sqlite", path)), openStore(t, databasetest.Open(t, "sqlite", path))}
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

	row, err := openStore(t, databasetest.Open(t, "sqlite", path)).Load(t.Context(), "acme", "s-1")
	require.NoError(t, err)
	assert.Equal(t, keyring.Row{Version: 1, Data: []byte("kept")}, row)
}

// TestOverwritten looks into the file for what was replaced.
func TestOverwritten(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys.db")
	store := openStore(t, databasetest.Open(t, "sqlite", path))
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
	databasetest.Refuses(t, "keyring", keyringsql.Open, keyringsql.ErrDatabase, keyringsql.ErrNewerSchema, keyringsql.ErrNotDurable)
	t.Run("not a database", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "keys.db")
		require.NoError(t, os.WriteFile(path, bytes.Repeat([]byte("text"), 1000), 0o600))
		_, err := keyringsql.Open(t.Context(), databasetest.Open(t, "sqlite", path))
		require.Error(t, err)
	})
}

func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	db := databasetest.Open(t, "sqlite", filepath.Join(t.TempDir(), "keys.db"))
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
