package consentsql_test

import (
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/consent/consentsql"
	"github.com/purposebound/purposebound/consent/consenttest"
	"github.com/purposebound/purposebound/internal/databasetest"
)

func TestConformanceServers(t *testing.T) {
	t.Parallel()
	databasetest.Suite(t, databasetest.Servers(), func(t *testing.T, empty databasetest.Empty) {
		consenttest.TestLedger(t, func(tb testing.TB) consent.Ledger { return open(tb, databasetest.New(tb, empty)) })
	})
}

func TestServersMigrateTogether(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, databasetest.Servers(), func(t *testing.T, driver, dsn string) {
		errs := make(chan error, 10)
		for range cap(errs) {
			db := databasetest.Open(t, driver, dsn)
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

func TestServersRefuseANewerSchema(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, databasetest.Servers(), func(t *testing.T, driver, dsn string) {
		db := databasetest.Open(t, driver, dsn)
		l, err := consentsql.Open(t.Context(), db)
		require.NoError(t, err)
		require.NoError(t, l.Close())
		_, err = db.Exec("INSERT INTO purposebound_schema (namespace, version) VALUES ('consent', 99)")
		require.NoError(t, err)
		_, err = consentsql.Open(t.Context(), db)
		assert.ErrorIs(t, err, consentsql.ErrNewerSchema)
	})
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
	databasetest.Suite(t, databasetest.Servers(), func(t *testing.T, empty databasetest.Empty) {
		consenttest.TestCoordination(t, func(tb testing.TB) func() consenttest.Shared {
			driver, dsn := empty(tb)
			return func() consenttest.Shared { return open(tb, databasetest.Open(tb, driver, dsn)) }
		})
	})
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
