package retentionsql_test

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/internal/databasetest"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
	"github.com/purposebound/purposebound/retention/retentionsql"
)

// A thousand items cost some statements for each two hundred, not some for each.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, databasetest.Varied(), func(t *testing.T, driverName, dsn string) {
		var line databasetest.Line
		store := openDB(t, line.Open(t, driverName, dsn))
		cost := func(what string, most int64, do func()) {
			before := line.Sent()
			do()
			assert.LessOrEqual(t, line.Sent()-before, most, what)
		}
		items := many(1000, today)
		put := func() { require.NoError(t, store.Put(t.Context(), items...)) }
		cost("new", 20, put)
		cost("the same again", 5, put)
		for n := range items {
			items[n].Due = items[n].Due.Add(-time.Second)
		}
		cost("changed", 20, put)
		var taken []retention.Item
		cost("taken", 10, func() {
			var err error
			taken, err = store.Take(t.Context(), retention.Claim{Now: today, For: time.Hour, Limit: 1000})
			require.NoError(t, err)
			require.Len(t, taken, 1000)
		})
		cost("nothing to take", 1, func() {
			none, err := store.Take(t.Context(), retention.Claim{Now: today, For: time.Hour, Limit: 1000})
			require.NoError(t, err)
			require.Empty(t, none)
		})
		cost("settled", 20, func() { require.NoError(t, store.Settle(t.Context(), taken[:500], taken[500:])) })
	})
}

var errLine = errors.New("the line went dead")

// What is not known to have happened can be done again.
func TestOutcomeUnknown(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"PostgreSQL", "MariaDB"} {
		for what, commits := range map[string]bool{"and happened": true, "and did not": false} {
			t.Run(name+" "+what, func(t *testing.T) {
				t.Parallel()
				driverName, dsn := databasetest.Shared()[name](t)
				var line databasetest.Line
				store := openDB(t, line.Open(t, driverName, dsn))
				lost := func(_ string, commit func() error, _ func()) error {
					if !commits {
						return driver.ErrBadConn
					}
					if err := commit(); err != nil {
						return err
					}
					return errLine
				}
				item := itemOf("s-1", today)
				line.Commit(lost)
				err := store.Put(t.Context(), item)
				require.ErrorIs(t, err, retentionsql.ErrOutcomeUnknown)
				require.NotContains(t, err.Error(), "s-1")
				require.NoError(t, store.Put(t.Context(), item))

				line.Commit(lost)
				_, err = store.Take(t.Context(), retention.Claim{Now: today, For: time.Hour, Limit: 1})
				require.ErrorIs(t, err, retentionsql.ErrOutcomeUnknown)
				taken, err := store.Take(t.Context(), retention.Claim{Now: today.Add(time.Hour), For: time.Hour, Limit: 1})
				require.NoError(t, err)
				require.Len(t, taken, 1, "free when the claim has run out")

				line.Commit(lost)
				require.ErrorIs(t, store.Settle(t.Context(), taken, nil), retentionsql.ErrOutcomeUnknown)
				require.NoError(t, store.Settle(t.Context(), taken, nil))
				left, err := store.Of(t.Context(), "s-1")
				require.NoError(t, err)
				require.Empty(t, left)
			})
		}
	}
}

// TestTakePassesOverLocks has another about to claim half of what is due.
func TestTakePassesOverLocks(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"PostgreSQL", "MariaDB"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			driverName, dsn := databasetest.Shared()[name](t)
			store := open(t, driverName, dsn)
			first, second := itemOf("s-1", today.Add(-time.Hour)), itemOf("s-2", today)
			require.NoError(t, store.Put(t.Context(), first, second))
			db, err := sql.Open(driverName, dsn)
			require.NoError(t, err)
			defer db.Close()
			tx, err := db.BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelReadCommitted})
			require.NoError(t, err)
			var version int
			require.NoError(t, tx.QueryRow("SELECT version FROM purposebound_agenda WHERE subject = "+map[string]string{"PostgreSQL": `'\x732d31'`, "MariaDB": "x'732d31'"}[name]+" FOR UPDATE").Scan(&version))
			took, err := store.Take(t.Context(), retention.Claim{Now: today, For: time.Hour, Limit: 10})
			require.NoError(t, err)
			require.Len(t, took, 1)
			require.Equal(t, second.Subject, took[0].Subject)
			require.NoError(t, tx.Rollback())
			took, err = store.Take(t.Context(), retention.Claim{Now: today, For: time.Hour, Limit: 10})
			require.NoError(t, err)
			require.Len(t, took, 1)
			require.Equal(t, first.Subject, took[0].Subject)
		})
	}
}

// TestPutTogether has stores with connections of their own put the same new items, each with something that is only its own.
func TestPutTogether(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, databasetest.Shared(), func(t *testing.T, driverName, dsn string) {
		stores := []*retentionsql.Store{open(t, driverName, dsn), open(t, driverName, dsn), open(t, driverName, dsn)}
		for range 10 {
			items := many(50, today)
			var group sync.WaitGroup
			start := make(chan struct{})
			for n, store := range stores {
				own := append([]retention.Item(nil), items[n*5:40+n*5]...)
				for i := range own {
					own[i].Attributes = []purpose.Attribute{purpose.Attribute(fmt.Sprint("x.n", n))}
					own[i].Due = today.Add(-time.Duration(n) * time.Hour)
				}
				group.Go(func() {
					<-start
					assert.NoError(t, store.Put(t.Context(), own...))
				})
			}
			close(start)
			group.Wait()
			for i, item := range items {
				have, err := stores[0].Of(t.Context(), item.Subject)
				require.NoError(t, err)
				var want []purpose.Attribute
				due := today
				for n := range stores {
					if i >= n*5 && i < 40+n*5 {
						want, due = append(want, purpose.Attribute(fmt.Sprint("x.n", n))), today.Add(-time.Duration(n)*time.Hour)
					}
				}
				require.Len(t, have, 1)
				require.Equal(t, want, have[0].Attributes)
				require.Equal(t, due, have[0].Due)
			}
		}
	})
}

// A table that is not there, or does not have what was written, is an error that names nobody.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, databasetest.Shared(), func(t *testing.T, driverName, dsn string) {
		store := open(t, driverName, dsn)
		item := itemOf("s-1", today)
		fails := func(mutation string) {
			databasetest.Exec(t, driverName, dsn, mutation)
			_, err := store.Of(t.Context(), "s-1")
			require.ErrorContains(t, err, "retentionsql: of: ")
			require.NotContains(t, err.Error(), "s-1")
			_, err = store.Take(t.Context(), retention.Claim{Now: today, For: time.Hour, Limit: 1})
			require.ErrorContains(t, err, "retentionsql: take: ")
			require.NotContains(t, err.Error(), "s-1")
			err = store.Put(t.Context(), item)
			require.ErrorContains(t, err, "retentionsql: put: ")
			require.NotContains(t, err.Error(), "s-1")
			err = store.Settle(t.Context(), []retention.Item{item}, nil)
			require.ErrorContains(t, err, "retentionsql: settle: ")
			require.NotContains(t, err.Error(), "s-1")
		}
		require.NoError(t, store.Put(t.Context(), item))
		blob := map[string]string{"sqlite": "x'00'", "pgx": `'\x00'`, "mysql": "x'00'"}[driverName]
		fails("UPDATE purposebound_agenda SET due = " + blob)
		fails("DROP TABLE purposebound_agenda")
	})
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	databasetest.Refuses(t, "retention", retentionsql.Open, retentionsql.ErrDatabase, retentionsql.ErrNewerSchema, retentionsql.ErrNotDurable)
}

// A clock that is far off finds nothing due, rather than everything.
func TestTakeBeforeTime(t *testing.T) {
	t.Parallel()
	store := open(t, "sqlite", ":memory:")
	require.NoError(t, store.Put(t.Context(), itemOf("s-1", today)))
	for _, now := range []time.Time{time.Time{}.Add(-1), time.Unix(-1<<40, 0), time.Date(-4000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		some, err := store.Take(t.Context(), retention.Claim{Now: now, For: time.Hour, Limit: 1})
		require.NoError(t, err)
		assert.Empty(t, some, now)
	}
	some, err := store.Take(t.Context(), retention.Claim{Now: today, For: time.Hour, Limit: 1 << 40})
	require.NoError(t, err)
	assert.Len(t, some, 1, "a limit beyond what one claim has is no error")
}
