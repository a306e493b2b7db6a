package keyringsql_test

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/internal/databasetest"
	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/pii/keyring/keyringsql"
)

var errLine = errors.New("the line went dead")

func TestServersFailedCommit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		commit databasetest.Step
		stored bool
	}{
		"lost on the way back": {func(_ string, run func() error, _ func()) error {
			if err := run(); err != nil {
				return err
			}
			return errLine
		}, true},
		"connection lost on the way back": {func(_ string, run func() error, cut func()) error {
			if err := run(); err != nil {
				return err
			}
			cut()
			return driver.ErrBadConn
		}, true},
		"connection lost on the way there": {func(_ string, _ func() error, cut func()) error {
			cut()
			return driver.ErrBadConn
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			databasetest.Each(t, databasetest.Servers(), func(t *testing.T, driverName, dsn string) {
				var line databasetest.Line
				store := openStore(t, line.Open(t, driverName, dsn))
				want := keyring.Row{}
				for after, data := range []string{"one", "two"} {
					line.Commit(c.commit)
					err := store.Save(t.Context(), "acme", "s-1", uint64(after), []byte(data))
					require.ErrorIs(t, err, keyringsql.ErrOutcomeUnknown)
					require.NotErrorIs(t, err, keyring.ErrConflict)
					next := keyring.Row{Version: uint64(after) + 1, Data: []byte(data)}
					if c.stored {
						want = next
					}
					row, err := store.Load(t.Context(), "acme", "s-1")
					require.NoError(t, err)
					require.Equal(t, want, row)
					err = store.Save(t.Context(), "acme", "s-1", uint64(after), []byte(data))
					if c.stored {
						require.ErrorIs(t, err, keyring.ErrConflict)
					} else {
						require.NoError(t, err)
					}
					want = next
				}
			})
		})
	}
}

// Who finds the row held by another waits: it loses if the other commits, and wins if not.
func TestServersSecondWaitsForFirst(t *testing.T) {
	t.Parallel()
	for name, commits := range map[string]bool{"who commits": true, "who does not": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			databasetest.Each(t, databasetest.Servers(), func(t *testing.T, driverName, dsn string) {
				sent := make(chan struct{}, 10)
				var first, second databasetest.Line
				second.Statement = func(query string) string {
					if isSave(query) {
						sent <- struct{}{}
					}
					return query
				}
				one, two := openStore(t, first.Open(t, driverName, dsn)), openStore(t, second.Open(t, driverName, dsn))
				for after := range uint64(2) {
					done := make(chan error, 1)
					first.Commit(func(_ string, run func() error, cut func()) error {
						go func() { done <- two.Save(t.Context(), "acme", "s-1", after, []byte("two")) }()
						<-sent
						if commits {
							return run()
						}
						cut()
						return driver.ErrBadConn
					})
					err := one.Save(t.Context(), "acme", "s-1", after, []byte("one"))
					other := <-done
					want := "one"
					if commits {
						require.NoError(t, err)
						require.Equal(t, keyring.ErrConflict, other)
					} else {
						want = "two"
						require.ErrorIs(t, err, keyringsql.ErrOutcomeUnknown)
						require.NoError(t, other)
					}
					row, err := one.Load(t.Context(), "acme", "s-1")
					require.NoError(t, err)
					require.Equal(t, keyring.Row{Version: after + 1, Data: []byte(want)}, row)
				}
			})
		})
	}
}

func isSave(query string) bool {
	return strings.HasPrefix(query, "INSERT INTO purposebound_keys") || strings.HasPrefix(query, "UPDATE purposebound_keys")
}

// A server with a binary log, as the one of the tests may not have one.
func TestMariaDBBinaryLog(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		log, sync string
		err       error
	}{
		"not synced":  {"ON", "0", keyringsql.ErrNotDurable},
		"synced late": {"ON", "100", keyringsql.ErrNotDurable},
		"synced":      {"ON", "1", nil},
		"none":        {"OFF", "0", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var line databasetest.Line
			line.Statement = func(query string) string {
				if !strings.HasPrefix(query, "SHOW VARIABLES") {
					return query
				}
				return fmt.Sprintf("SELECT 'log_bin', '%s' UNION SELECT 'sync_binlog', '%s' UNION SELECT 'autocommit', 'ON'", c.log, c.sync)
			}
			driverName, dsn := databasetest.MariaDB(t)
			store, err := keyringsql.Open(t.Context(), line.Open(t, driverName, dsn))
			require.ErrorIs(t, err, c.err)
			if err == nil {
				require.NoError(t, store.Close())
			}
		})
	}
}
