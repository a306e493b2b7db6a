package retentionsql_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/internal/databasetest"
	"github.com/purposebound/purposebound/internal/sqlkit"
	"github.com/purposebound/purposebound/retention"
	"github.com/purposebound/purposebound/retention/retentionsql"
)

// TestTakeFollowsTheIndex asks the database how it would find what is due, where much is stored and much is claimed: neither may be read, nor be sorted.
func TestTakeFollowsTheIndex(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		dialect  sqlkit.Dialect
		settings []string // of the connection, one after the other
		explain  string
		analyze  string
		bounds   string // what says that the index bounds both columns
		never    []string
	}{
		{
			"SQLite", sqlkit.SQLite,
			[]string{""},
			"EXPLAIN QUERY PLAN ", "ANALYZE",
			"USING INDEX purposebound_agenda_claimed_until (claimed_until=? AND due<?)",
			[]string{"SCAN purposebound", "TEMP B-TREE"},
		},
		{
			"PostgreSQL", sqlkit.PostgreSQL,
			[]string{"SET plan_cache_mode = force_custom_plan", "SET plan_cache_mode = force_generic_plan"},
			"EXPLAIN ", "VACUUM ANALYZE purposebound_agenda",
			"using purposebound_agenda_claimed_until on purposebound_agenda ",
			[]string{"Seq Scan on", "Sort", "Filter"},
		},
		{
			"MariaDB", sqlkit.MariaDB,
			[]string{""},
			"EXPLAIN FORMAT=JSON ", "ANALYZE TABLE purposebound_agenda",
			`"used_key_parts": ["claimed_until", "due"]`,
			[]string{"filesort", `"access_type": "ref"`, `"access_type": "index"`},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			driver, dsn := databasetest.Shared()[c.name](t)
			store := open(t, driver, dsn)
			require.NoError(t, store.Put(t.Context(), many(2000, today.Add(-time.Hour))...))
			claimed, err := store.Take(t.Context(), retention.Claim{Now: today, For: time.Hour, Limit: 2000})
			require.NoError(t, err)
			require.Len(t, claimed, 2000)
			require.NoError(t, store.Put(t.Context(), many(4000, today.AddDate(1, 0, 0))...))
			require.NoError(t, store.Put(t.Context(), many(5, today)...))
			db, err := sql.Open(driver, dsn)
			require.NoError(t, err)
			defer db.Close()
			conn, err := db.Conn(t.Context())
			require.NoError(t, err)
			defer conn.Close()
			_, err = conn.ExecContext(t.Context(), c.analyze)
			require.NoError(t, err)
			peek, unclaimed, ranOut := retentionsql.TakeStatements(c.dialect, today, 20)
			for _, setting := range c.settings {
				if setting != "" {
					_, err := conn.ExecContext(t.Context(), setting)
					require.NoError(t, err)
				}
				for what, statement := range map[string]retentionsql.Statement{"peek": peek, "unclaimed": unclaimed} {
					plan := planOf(t, conn, c.explain, statement)
					assert.Contains(t, strings.ReplaceAll(plan, "USING COVERING", "USING"), c.bounds, "%s %s", what, setting)
					for _, no := range c.never {
						assert.NotContains(t, plan, no, "%s %s", what, setting)
					}
				}
				assert.Contains(t, planOf(t, conn, c.explain, ranOut), "purposebound_agenda_claimed_until", setting) // few, so they may be sorted
			}
		})
	}
}

func planOf(t *testing.T, conn *sql.Conn, explain string, s retentionsql.Statement) string {
	t.Helper()
	rows, err := conn.QueryContext(context.Background(), explain+s.Query, s.Args...)
	require.NoError(t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(t, err)
	var plan strings.Builder
	for rows.Next() {
		cells, at := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for n := range cells {
			at[n] = &cells[n]
		}
		require.NoError(t, rows.Scan(at...))
		for _, cell := range cells {
			fmt.Fprintln(&plan, cell.String)
		}
	}
	require.NoError(t, rows.Err())
	return plan.String()
}

// many returns items of as many people.
func many(n int, due time.Time) (items []retention.Item) {
	for range n {
		items = append(items, itemOf(consent.NewSubject(), due))
	}
	return items
}
