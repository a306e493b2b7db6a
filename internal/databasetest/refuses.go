package databasetest

import (
	"context"
	"database/sql"
	"io"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Refuses tests that a function which opens the tables of a namespace refuses nil, what a newer version has made, what is not durable, and what is cancelled, and
// then holds no connection.
func Refuses[S io.Closer](t *testing.T, namespace string, open func(context.Context, *sql.DB) (S, error), none, newer, notDurable error) {
	t.Helper()
	refused := func(ctx context.Context, t *testing.T, db *sql.DB, want error) {
		t.Helper()
		_, err := open(ctx, db)
		require.ErrorIs(t, err, want)
		assert.Zero(t, db.Stats().InUse)
	}
	_, err := open(t.Context(), nil)
	require.ErrorIs(t, err, none)
	t.Run("newer schema", func(t *testing.T) {
		t.Parallel()
		Each(t, Shared(), func(t *testing.T, driver, dsn string) {
			db := Open(t, driver, dsn)
			opened, err := open(t.Context(), db)
			require.NoError(t, err)
			require.NoError(t, opened.Close())
			Exec(t, driver, dsn, "INSERT INTO purposebound_schema (namespace, version) VALUES ('"+namespace+"', 99)")
			refused(t.Context(), t, db, newer)
		})
	})
	lax := map[string]Empty{"SQLite": With(RollbackJournal, url.Values{"_pragma": {"journal_mode(memory)"}})}
	for _, level := range []string{"off", "local", "remote_write"} {
		lax["PostgreSQL "+level] = With(PostgreSQL, url.Values{"synchronous_commit": {level}})
	}
	t.Run("not durable", func(t *testing.T) {
		t.Parallel()
		Each(t, lax, func(t *testing.T, driver, dsn string) { refused(t.Context(), t, Open(t, driver, dsn), notDurable) })
	})
	t.Run("cancelled", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		Each(t, Shared(), func(t *testing.T, driver, dsn string) { refused(ctx, t, Open(t, driver, dsn), context.Canceled) })
	})
}
