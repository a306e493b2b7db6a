package consentsql_test

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/consent/consentsql"
	"github.com/purposebound/purposebound/internal/databasetest"
)

func TestDoctor(t *testing.T) {
	t.Parallel()
	healthy := func(t *testing.T, l *consentsql.Ledger) {
		t.Helper()
		policy, err := nodePolicy()
		require.NoError(t, err)
		r, err := consent.NewRegistry(policy, l)
		require.NoError(t, err)
		defer r.Close()
		found, err := l.Doctor(t.Context())
		require.NoError(t, err)
		checks := map[string]bool{}
		for _, f := range found {
			assert.True(t, f.OK, f)
			assert.Contains(t, fmt.Sprint(f), "ok  "+f.Check)
			checks[f.Check] = true
		}
		for _, check := range []string{"durability", "clock", "pool"} {
			assert.True(t, checks[check], check)
		}
	}
	for name, empty := range databasetest.Servers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			healthy(t, open(t, databasetest.New(t, empty)))
		})
		t.Run(name+" with a small pool", func(t *testing.T) {
			t.Parallel()
			db := databasetest.New(t, empty)
			db.SetMaxOpenConns(2)
			found, err := open(t, db).Doctor(t.Context())
			require.NoError(t, err)
			bad := map[string]bool{}
			for _, f := range found {
				bad[f.Check] = !f.OK
			}
			assert.True(t, bad["pool"])
			assert.True(t, bad["nodes"], "there is none")
			assert.False(t, bad["durability"])
		})
	}
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		healthy(t, open(t, database(t, newFile(t), wal), consentsql.Together()))
		healthy(t, open(t, database(t, newFile(t), wal)))
	})
	t.Run("closed", func(t *testing.T) {
		t.Parallel()
		l := open(t, database(t, newFile(t), wal))
		require.NoError(t, l.Close())
		_, err := l.Doctor(t.Context())
		assert.ErrorIs(t, err, consentsql.ErrClosed)
	})
}

// TestNotDurable opens ledgers on connections that do not wait for the disk.
func TestNotDurable(t *testing.T) {
	t.Parallel()
	driver, dsn := databasetest.PostgreSQL(t)
	for _, setting := range []string{"off", "local", "remote_write"} {
		db := databasetest.Open(t, driver, databasetest.Set(dsn, url.Values{"synchronous_commit": {setting}}))
		_, err := consentsql.Open(t.Context(), db)
		assert.ErrorIs(t, err, consentsql.ErrNotDurable, setting)
	}
}
