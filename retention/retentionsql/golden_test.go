package retentionsql_test

import (
	"database/sql"
	"encoding/hex"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/internal/databasetest"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
	"github.com/purposebound/purposebound/retention/retentionsql"
)

// today is when the tests are.
var today = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func itemOf(s consent.Subject, due time.Time) retention.Item {
	return retention.Item{Subject: s, Compartment: "a/b", Collected: today, Attributes: []purpose.Attribute{"identity.name"}, Due: due}
}

func TestMigrationsStay(t *testing.T) {
	t.Parallel()
	databasetest.Migrations(t, map[string]string{
		"migrations/mariadb/0001_agenda.sql":    "100a5d9debf42bd97d3d85c94bd222c34b8371636fa317133971ae424c3efbfc",
		"migrations/postgresql/0001_agenda.sql": "b02ac7e847d4a9b6043c0f4a9c2b8cccde0c9e314299216aab60843907242f1f",
		"migrations/sqlite/0001_agenda.sql":     "1b247b67db2346f566c7de1c563fe99d4a645f2e23d87fa28773eb1f73ac7838",
	})
}

// goldenRows are items, and the bytes of their rows, which every version must write and read.
var goldenRows = []struct {
	item retention.Item
	row  string // item, subject, compartment, case_id, collected, attributes, due
}{
	{
		retention.Item{
			Subject: "s-1", Compartment: "service/service", Case: "c-7", Collected: time.Date(2026, 3, 1, 23, 59, 59, 999_999_999, time.UTC),
			Attributes: []purpose.Attribute{"communications.text", "identity.name"}, Due: time.Date(2033, 3, 1, 0, 0, 0, 1, time.UTC),
		},
		"4149747821612a9597099cc8ab029bc5f3716e0dddf4d94135d468af8cc9512f 732d31 736572766963652f73657276696365 632d37 0000000ee136c9ff3b9ac9ff 13636f6d6d756e69636174696f6e732e746578740d6964656e746974792e6e616d65 0000000eee60840000000001",
	},
	{retention.Item{Subject: "sœur", Due: time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC)}, "65928953f6374251372bc94a037d8c56d2d57cea0a0f83a648134a30693efbe8 73c5937572   000000000000000000000000  000000000000000100000000"},
	{
		retention.Item{
			Subject: "s-1", Compartment: "a+b/c", Collected: time.Date(1969, 12, 31, 23, 0, 0, 0, time.UTC),
			Attributes: []purpose.Attribute{"x.y"}, Due: time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
		},
		"f3843db652848b64bafb4ef46136ac99f2a2cc5a19fc5adc8f382755e214221b 732d31 612b622f63  0000000e7791e8f000000000 03782e79 000000497786387f00000000",
	},
}

func TestRowsStay(t *testing.T) {
	t.Parallel()
	beside(t, func(t *testing.T, driver string, store *retentionsql.Store, db *sql.DB) {
		for _, g := range goldenRows {
			require.NoError(t, store.Put(t.Context(), g.item))
			cells := rawRow(t, db)
			var got string
			for n, cell := range cells[:7] {
				if n > 0 {
					got += " "
				}
				got += hex.EncodeToString(cell)
			}
			assert.Equal(t, g.row, got)
			assert.Empty(t, cells[7])
			assert.Empty(t, cells[8])
			have, err := store.Of(t.Context(), g.item.Subject)
			require.NoError(t, err)
			require.Len(t, have, 1)
			g.item.Version = have[0].Version
			require.Equal(t, []retention.Item{g.item}, have)
			require.NoError(t, store.Settle(t.Context(), have, nil))
		}
	})
}

// rawRow returns the one row there is, but for its numbers.
func rawRow(t *testing.T, db *sql.DB) (cells [9][]byte) {
	t.Helper()
	at := make([]any, len(cells))
	for n := range cells {
		at[n] = &cells[n]
	}
	require.NoError(t, db.QueryRow("SELECT item, subject, compartment, case_id, collected, attributes, due, claim, claimed_until FROM purposebound_agenda").Scan(at...))
	return cells
}

// beside runs a test on every kind of database that a second connection sees, with a store and such a connection.
func beside(t *testing.T, test func(t *testing.T, driver string, store *retentionsql.Store, db *sql.DB)) {
	t.Helper()
	databasetest.Each(t, databasetest.Shared(), func(t *testing.T, driver, dsn string) {
		store := open(t, driver, dsn)
		db, err := sql.Open(driver, dsn)
		require.NoError(t, err)
		defer db.Close()
		test(t, driver, store, db)
	})
}
