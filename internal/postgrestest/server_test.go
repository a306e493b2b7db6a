//go:build linux

package postgrestest_test

import (
	"database/sql"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/internal/postgrestest"
)

// What was committed is there again, however the server ended.
func TestServerKeepsWhatItCommitted(t *testing.T) {
	t.Parallel()
	s := postgrestest.Open(t)
	db, err := sql.Open("pgx", s.Schema())
	require.NoError(t, err)
	defer db.Close()
	_, err = db.Exec("CREATE TABLE kept (n INT)")
	require.NoError(t, err)
	for n, end := range []func(){s.Kill, func() { s.End(syscall.SIGINT) }, func() { s.End(syscall.SIGQUIT) }} {
		_, err = db.Exec("INSERT INTO kept VALUES ($1)", n)
		require.NoError(t, err)
		held := s.Hold()
		require.NotEmpty(t, held)
		s.Release(held)
		end()
		require.Error(t, db.Ping(), "it is gone")
		s.Start()
		require.Eventually(t, func() bool { return db.Ping() == nil }, time.Minute, time.Millisecond)
		var count int
		require.NoError(t, db.QueryRow("SELECT COUNT(*) FROM kept").Scan(&count))
		require.Equal(t, n+1, count)
	}
}
