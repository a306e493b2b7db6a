package dpsql_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/internal/databasetest"
	"github.com/purposebound/purposebound/redact/dp"
	"github.com/purposebound/purposebound/redact/dp/dpsql"
)

// through opens a pool by the line. MariaDB's driver sends parameters in the text, so that each statement is one step.
func through(tb testing.TB, line *databasetest.Line, driverName, dsn string) *sql.DB {
	tb.Helper()
	if driverName == "mysql" {
		dsn = databasetest.Set(dsn, url.Values{"interpolateParams": {"true"}})
	}
	return line.Open(tb, driverName, dsn)
}

var errLine = errors.New("the line went dead")

// Of a payment whose commit is lost it is not known whether it took place: then there is no answer, and what is left is at most what was left before.
func TestCommitLost(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		commit databasetest.Step
		paid   bool
	}{
		"on the way back": {func(_ string, run func() error, _ func()) error {
			if err := run(); err != nil {
				return err
			}
			return errLine
		}, true},
		"with the connection, on the way back": {func(_ string, run func() error, cut func()) error {
			if err := run(); err != nil {
				return err
			}
			cut()
			return driver.ErrBadConn
		}, true},
		"with the connection, on the way there": {func(_ string, _ func() error, cut func()) error {
			cut()
			return driver.ErrBadConn
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, driverName, dsn string) {
				var line databasetest.Line
				l := openDB(t, through(t, &line, driverName, dsn))
				paid := int64(0)

				// The account is made, or is not. Who tries again finds out.
				lost := line.Commit(c.commit)
				_, err := dp.NewBudget(t.Context(), l, limit)
				require.True(t, lost())
				require.ErrorIs(t, err, dpsql.ErrOutcomeUnknown)
				require.ErrorIs(t, err, dp.ErrLedger)
				b := budget(t, l)

				for range 3 {
					lost := line.Commit(c.commit)
					result, err := dp.Count(t.Context(), b, dp.Query{Cost: dp.Cost{Epsilon: 1}, Bounds: dp.Bounds{Partitions: 1, Contributions: 1}}, func(func(string) bool) {
						t.Error("the data was read")
					})
					require.True(t, lost())
					require.ErrorIs(t, err, dpsql.ErrOutcomeUnknown)
					require.ErrorIs(t, err, dp.ErrLedger)
					require.NotErrorIs(t, err, dp.ErrConflict)
					require.Zero(t, result)
					if c.paid {
						paid++
					}
					require.Equal(t, after(paid), account(t, l))
				}
				answers := int64(0)
				for err = error(nil); err == nil; {
					if err = ask(t.Context(), b); err == nil {
						answers++
					}
				}
				require.ErrorIs(t, err, dp.ErrSpent)
				require.EqualValues(t, limit.Epsilon, answers+paid, "a charge is not given back")
			})
		})
	}
}

// The connection dies at every step of a payment, before or after the database has done it. Nobody gets an answer that was not charged; and unless the outcome is
// said to be unknown, nobody is charged for one they did not get.
func TestConnectionDiesAnywhere(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, driverName, dsn string) {
		var line databasetest.Line
		l, clean := openDB(t, through(t, &line, driverName, dsn)), open(t, driverName, dsn)
		limit := limit
		limit.Epsilon = 100
		b, err := dp.NewBudget(t.Context(), l, limit)
		require.NoError(t, err)
		unknown := 0
		for _, done := range []bool{false, true} {
			for n := 1; ; n++ {
				require.Less(t, n, 50)
				var steps atomic.Int64
				var at string
				s := func(what string, run func() error, cut func()) error {
					if steps.Add(1) != int64(n) {
						return run()
					}
					at = what
					if done {
						if err := run(); err != nil {
							return err
						}
					}
					cut()
					return driver.ErrBadConn
				}
				before := account(t, clean).Sequence
				line.Step(s)
				err := ask(t.Context(), b)
				line.Step(nil)
				now := account(t, clean).Sequence
				switch {
				case err == nil:
					require.Equal(t, before+1, now, "an answer is charged once, with a connection that dies at %s", at)
				case errors.Is(err, dpsql.ErrOutcomeUnknown):
					unknown++
					require.Contains(t, []uint64{before, before + 1}, now)
				default:
					require.ErrorIs(t, err, dp.ErrLedger)
					require.Equal(t, before, now, "who is told of nothing unknown is not charged, with a connection that dies at %s", at)
				}
				if steps.Load() < int64(n) {
					require.NoError(t, err)
					require.Greater(t, n, 4, "a payment has more steps")
					break
				}
			}
		}
		require.Equal(t, 2, unknown, "that of a commit, and no other")
		require.NoError(t, ask(t.Context(), b), "and the ledger goes on")
	})
}

// Who finds the account held by another waits: it loses if the other commits, and wins if not.
func TestSecondWaitsForFirst(t *testing.T) {
	t.Parallel()
	for name, commits := range map[string]bool{"who commits": true, "who does not": false} {
		for _, server := range []string{"PostgreSQL", "MariaDB"} {
			t.Run(server+", "+name, func(t *testing.T) {
				t.Parallel()
				driverName, dsn := databasetest.Shared()[server](t)
				var first, second databasetest.Line
				one, two := openDB(t, through(t, &first, driverName, dsn)), openDB(t, through(t, &second, driverName, dsn))
				own := func(epsilon float64, answers int64) dp.Account { // each with a limit of its own, to be told apart
					a := after(answers)
					a.Limit.Epsilon = epsilon
					return a
				}
				for answers := range int64(3) {
					sent := make(chan struct{}, 10)
					watch := func(what string, run func() error, _ func()) error {
						if strings.HasPrefix(what, "INSERT INTO purposebound_budgets") || strings.HasPrefix(what, "UPDATE purposebound_budgets") {
							sent <- struct{}{}
						}
						return run()
					}
					second.Step(watch)
					other := make(chan error, 1)
					hold := func(what string, run func() error, cut func()) error {
						if what != "COMMIT" {
							return run()
						}
						go func() { other <- two.Replace(t.Context(), own(20, answers)) }()
						<-sent
						if commits {
							return run()
						}
						cut()
						return driver.ErrBadConn
					}
					first.Step(hold)
					err := one.Replace(t.Context(), own(10, answers))
					first.Step(nil)
					want := own(10, answers)
					if commits {
						require.NoError(t, err)
						require.ErrorIs(t, <-other, dp.ErrConflict)
					} else {
						want = own(20, answers)
						require.ErrorIs(t, err, dpsql.ErrOutcomeUnknown)
						require.NoError(t, <-other)
					}
					require.Equal(t, want, account(t, one))
				}
			})
		}
	}
}

// A program whose connections read what is not committed sees no account that never was. Another might have its sequence when the next is stored.
func TestMariaDBReadsWhatIsCommitted(t *testing.T) {
	t.Parallel()
	driverName, dsn := databasetest.With(databasetest.MariaDB, url.Values{"tx_isolation": {"'READ-UNCOMMITTED'"}})(t)
	l, db := open(t, driverName, dsn), databasetest.Open(t, driverName, dsn)
	require.NoError(t, l.Replace(t.Context(), after(0)))
	text, err := after(1).MarshalText()
	require.NoError(t, err)
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = tx.Exec("UPDATE purposebound_budgets SET sequence = 2, account = ?", text)
	require.NoError(t, err)
	var sequence int
	require.NoError(t, db.QueryRow("SELECT sequence FROM purposebound_budgets").Scan(&sequence))
	require.Equal(t, 2, sequence, "such connections see it")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = l.Account(ctx, limit.Purpose, limit.Release)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NoError(t, tx.Rollback())
	require.Equal(t, after(0), account(t, l))
}

// A context that ends while the commit is on its way does not make its outcome unknown.
func TestCommitIsNotInterrupted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, driverName, dsn string) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var line databasetest.Line
		l := openDB(t, through(t, &line, driverName, dsn))
		s := func(what string, run func() error, _ func()) error {
			if what == "COMMIT" {
				cancel()
			}
			return run()
		}
		line.Step(s)
		require.NoError(t, l.Replace(ctx, after(0)))
		require.ErrorIs(t, l.Replace(ctx, after(1)), context.Canceled)
		require.Equal(t, after(0), account(t, l))
	})
}
