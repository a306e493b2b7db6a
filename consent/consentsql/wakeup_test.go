package consentsql_test

import (
	"context"
	"database/sql"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/consent/consentsql"
	"github.com/purposebound/purposebound/internal/databasetest"
)

// listening returns a function that waits for the ledger's notifications on a connection of its own, for [consent.WithWakeup].
func listening(db *sql.DB, heard *atomic.Int64) func(context.Context) error {
	var conn *sql.Conn
	return func(ctx context.Context) (err error) {
		if conn == nil {
			if conn, err = db.Conn(ctx); err != nil {
				return err
			}
			if _, err := conn.ExecContext(ctx, "LISTEN purposebound"); err != nil {
				return err
			}
		}
		err = conn.Raw(func(driver any) error {
			_, err := driver.(*stdlib.Conn).Conn().WaitForNotification(ctx)
			return err
		})
		if err != nil {
			_ = conn.Close()
			conn = nil
			return err
		}
		heard.Add(1)
		return nil
	}
}

func TestNotify(t *testing.T) {
	t.Parallel()
	driver, dsn := databasetest.PostgreSQL(t)
	ledger := open(t, databasetest.Open(t, driver, dsn), consentsql.WithNotify())
	policy, err := nodePolicy()
	require.NoError(t, err)
	var heard atomic.Int64
	db := databasetest.Open(t, driver, dsn)
	listener, err := consent.NewRegistry(policy, open(t, db), consent.WithWakeup(listening(db, &heard)))
	require.NoError(t, err)
	defer listener.Close()
	r, err := consent.NewRegistry(policy, ledger)
	require.NoError(t, err)
	defer r.Close()
	_, err = r.Notify(t.Context(), "s", language.English)
	require.NoError(t, err)
	// The listener may still be connecting.
	for heard.Load() == 0 {
		_, err = r.Withdraw(t.Context(), "s", letters)
		require.NoError(t, err)
	}
	assert.Positive(t, listener.Stats().Watermark)
}
