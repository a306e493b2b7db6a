package retentionsql_test

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/retention"
	"github.com/purposebound/purposebound/retention/retentionsql"
)

// TestBrokenRows changes rows behind the store's back. Such a row is never taken, is named once nothing else is due, and keeps no other from ending.
func TestBrokenRows(t *testing.T) {
	t.Parallel()
	beside(t, func(t *testing.T, driver string, store *retentionsql.Store, db *sql.DB) {
		change := func(column string, value []byte, of consent.Subject) {
			query := "UPDATE purposebound_agenda SET " + column + " = ? WHERE subject = ?"
			if driver == "pgx" {
				query = strings.Replace(strings.Replace(query, "?", "$1", 1), "?", "$2", 1)
			}
			result, err := db.ExecContext(t.Context(), query, value, []byte(of))
			require.NoError(t, err)
			n, err := result.RowsAffected()
			require.NoError(t, err)
			require.EqualValues(t, 1, n)
		}
		// Those due longest are broken, and more of them than one claim takes.
		for _, of := range []consent.Subject{"b-1", "b-2", "b-3", "b-4", "b-5"} {
			require.NoError(t, store.Put(t.Context(), itemOf(of, today.Add(-time.Hour))))
		}
		change("attributes", []byte{0xff, 0x01}, "b-1")
		change("attributes", []byte{}, "b-2") // it would end, and leave its rows
		change("subject", []byte("g-1"), "b-3")
		change("collected", []byte("yesterday"), "b-4")
		change("compartment", []byte{}, "b-5") // it would be the erasure of the person
		require.NoError(t, store.Put(t.Context(), itemOf("g-1", today), itemOf("g-2", today), itemOf("g-3", today.Add(time.Minute))))

		claim := retention.Claim{Now: today.Add(time.Hour), For: time.Hour, Limit: 2}
		var taken []consent.Subject
		for len(taken) < 3 { // a claim may have fewer than there are
			some, err := store.Take(t.Context(), claim)
			require.NoError(t, err)
			require.NotEmpty(t, some)
			for _, i := range some {
				taken = append(taken, i.Subject)
			}
			require.LessOrEqual(t, len(some), claim.Limit)
			require.NoError(t, store.Settle(t.Context(), some, nil))
		}
		assert.ElementsMatch(t, []consent.Subject{"g-1", "g-2", "g-3"}, taken)
		for range 2 {
			some, err := store.Take(t.Context(), claim)
			require.ErrorIs(t, err, retentionsql.ErrRow)
			require.Empty(t, some)
		}
		for _, of := range []consent.Subject{"b-1", "b-2", "g-1", "b-4", "b-5"} {
			_, err := store.Of(t.Context(), of)
			require.ErrorIs(t, err, retentionsql.ErrRow, "what is kept of her cannot be told")
		}
		_, err := store.Take(t.Context(), retention.Claim{Now: today.Add(-2 * time.Hour), For: time.Hour, Limit: 2})
		require.NoError(t, err, "nothing is due")
	})
}
