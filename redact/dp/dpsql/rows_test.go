package dpsql_test

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/internal/databasetest"
	"github.com/purposebound/purposebound/redact"
	"github.com/purposebound/purposebound/redact/dp"
)

func TestMigrationsStay(t *testing.T) {
	t.Parallel()
	databasetest.Migrations(t, map[string]string{
		"migrations/mariadb/0001_budgets.sql":    "52cf952635a07e5574ef0aab45443f35dcbd547f9969b7c9416551dba025855b",
		"migrations/postgresql/0001_budgets.sql": "a1f7ef139c43e110b29ff8f0b86c86cb0edc4c1c7f6e66fef1d8bd43d5bc5115",
		"migrations/sqlite/0001_budgets.sql":     "411cd8120c47ebc5f248536c709c1b9425fcfe737e8e87369490ece62dfe3971",
	})
}

// rebind numbers the parameters where the driver wants that.
func rebind(driver, query string) string {
	for n := 1; driver == "pgx" && strings.Contains(query, "?"); n++ {
		query = strings.Replace(query, "?", fmt.Sprint("$", n), 1)
	}
	return query
}

func change(tb testing.TB, driver string, db *sql.DB, query string, args ...any) {
	tb.Helper()
	result, err := db.ExecContext(tb.Context(), rebind(driver, query), args...)
	require.NoError(tb, err)
	n, err := result.RowsAffected()
	require.NoError(tb, err)
	require.EqualValues(tb, 1, n)
}

// Rows have the text that files have, whose form is that of package dp, under the id that files are named by.
func TestRowsStay(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "testdata", "account_v1.json"))
	require.NoError(t, err)
	var golden dp.Account
	require.NoError(t, golden.UnmarshalText(text))
	each(t, func(t *testing.T, driver, dsn string) {
		l := open(t, driver, dsn)
		db := databasetest.Open(t, driver, dsn)
		row := func() (id, account []byte, sequence int64) {
			require.NoError(t, db.QueryRow("SELECT id, sequence, account FROM purposebound_budgets").Scan(&id, &sequence, &account))
			return id, account, sequence
		}
		budget(t, l)
		id, first, sequence := row()
		require.Equal(t, "9acd4d186ebc86f316a909c14653db157c72c463493741484cbca8e0209749c7", hex.EncodeToString(id))
		require.EqualValues(t, 1, sequence)
		require.Equal(t, `{"format":"purposebound.dp.account.v1","purpose":"planning.heating","release":"2026-03/study","epsilon":"10","delta":"0","slack":"0","sequence":1,"spent":[]}
e14e524d03e3161195d400bbf54dd0d2b7f72746612e4aa8365473a8f7cc4b9a
`, string(first))

		// The row of another version of this package is read, and the next written like it.
		key := sha256.Sum256(fmt.Appendf(nil, "%d:%s%d:%s", len(golden.Limit.Purpose), golden.Limit.Purpose, len(golden.Limit.Release), golden.Limit.Release))
		change(t, driver, db, "UPDATE purposebound_budgets SET id = ?, sequence = 6, account = ?", key[:], text)
		have, err := l.Account(t.Context(), golden.Limit.Purpose, golden.Limit.Release)
		require.NoError(t, err)
		require.Equal(t, golden, have)
		next := golden
		next.Spent = append([]dp.Spending(nil), golden.Spent...)
		next.Spent[0].Times, next.Sequence = next.Spent[0].Times+1, 7
		require.NoError(t, l.Replace(t.Context(), next))
		want, err := next.MarshalText()
		require.NoError(t, err)
		id, got, sequence := row()
		require.Equal(t, key[:], id)
		require.Equal(t, string(want), string(got))
		require.EqualValues(t, 7, sequence)
	})
}

// An account of thousands of different costs is more than 64 KiB.
func TestManyCosts(t *testing.T) {
	t.Parallel()
	a := dp.Account{Limit: dp.Limit{Purpose: strings.Repeat("p", 1024), Release: "r", Epsilon: 100, Delta: 0.5}, Sequence: 1}
	for i := range 2000 {
		a.Spent = append(a.Spent, dp.Spending{Cost: dp.Cost{Epsilon: math.Nextafter(0.01, 1) + float64(i)*1e-6, Delta: 1e-9}, Times: 1})
	}
	a.Sequence = 2001
	text, err := a.MarshalText()
	require.NoError(t, err)
	require.Greater(t, len(text), 1<<16)
	each(t, func(t *testing.T, driver, dsn string) {
		l := open(t, driver, dsn)
		first := dp.Account{Limit: a.Limit, Sequence: 1}
		require.NoError(t, l.Replace(t.Context(), first))
		change(t, driver, databasetest.Open(t, driver, dsn), "UPDATE purposebound_budgets SET sequence = 2001, account = ?", text)
		have, err := l.Account(t.Context(), a.Limit.Purpose, a.Limit.Release)
		require.NoError(t, err)
		require.Equal(t, a, have)
		next := have
		next.Spent[0].Times, next.Sequence = 2, 2002
		require.NoError(t, l.Replace(t.Context(), next))
		have, err = l.Account(t.Context(), a.Limit.Purpose, a.Limit.Release)
		require.NoError(t, err)
		require.Equal(t, next, have)
	})
}

// What is too long for a row is not cut off. It is no conflict either, which would be tried again.
func TestTooManyCosts(t *testing.T) {
	t.Parallel()
	a := dp.Account{Limit: dp.Limit{Purpose: "p", Release: "r", Epsilon: 100, Delta: 0.5}, Sequence: 20_001}
	for i := range 20_000 {
		a.Spent = append(a.Spent, dp.Spending{Cost: dp.Cost{Epsilon: math.Nextafter(0.001, 1) + float64(i)*1e-9, Delta: 1e-9}, Times: 1})
	}
	l := open(t, "sqlite", ":memory:")
	err := l.Replace(t.Context(), a)
	require.ErrorIs(t, err, dp.ErrLedger)
	require.NotErrorIs(t, err, dp.ErrConflict)
}

// TestBrokenRows changes the row behind the ledger's back. What is not what was written is an error and stays as it is.
func TestBrokenRows(t *testing.T) {
	t.Parallel()
	text := func(a dp.Account) []byte {
		text, err := a.MarshalText()
		require.NoError(t, err)
		return text
	}
	foreign, release := after(3), after(3)
	foreign.Limit.Purpose = "planning.cooling"
	release.Limit.Release = "2026-04/study"
	whole := text(after(3))
	flipped := bytes.Clone(whole)
	flipped[10] ^= 1
	for name, bad := range map[string]struct {
		sequence int64
		account  []byte
	}{
		"another purpose":        {4, text(foreign)},
		"another release":        {4, text(release)},
		"an older account":       {4, text(after(2))},
		"an older sequence":      {3, whole},
		"a newer sequence":       {5, whole},
		"empty":                  {4, []byte{}},
		"cut":                    {4, whole[:len(whole)-1]},
		"another bit":            {4, flipped},
		"text behind it":         {4, append(bytes.Clone(whole), '\n')},
		"what is no account":     {4, []byte("{}\n")},
		"a number of bytes only": {4, make([]byte, 1<<20+1)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, driver, dsn string) {
				l, db := open(t, driver, dsn), databasetest.Open(t, driver, dsn)
				b := budget(t, l)
				change(t, driver, db, "UPDATE purposebound_budgets SET sequence = ?, account = ?", bad.sequence, bad.account)
				refuses := func(err error) {
					t.Helper()
					require.ErrorIs(t, err, dp.ErrLedger)
					require.NotErrorIs(t, err, dp.ErrConflict)
					require.NotContains(t, err.Error(), "study")
				}
				a, err := l.Account(t.Context(), limit.Purpose, limit.Release)
				refuses(err)
				require.Equal(t, dp.Account{}, a)
				for answers := range int64(6) {
					refuses(l.Replace(t.Context(), after(answers)))
				}
				refuses(ask(t.Context(), b))
				_, err = b.Spent(t.Context())
				refuses(err)
				_, err = dp.NewBudget(t.Context(), l, limit)
				refuses(err)
				var sequence int64
				var account []byte
				require.NoError(t, db.QueryRow("SELECT sequence, account FROM purposebound_budgets").Scan(&sequence, &account))
				require.Equal(t, bad.sequence, sequence)
				require.True(t, bytes.Equal(bad.account, account), "it was changed")
			})
		})
	}
}

// What is gone, be it the row or the table, is an error for an open budget: it is not made again.
func TestGone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, driver, dsn string) {
		l, db := open(t, driver, dsn), databasetest.Open(t, driver, dsn)
		b := budget(t, l)
		require.NoError(t, ask(t.Context(), b))
		change(t, driver, db, "DELETE FROM purposebound_budgets")
		require.ErrorIs(t, ask(t.Context(), b), dp.ErrLedger)
		require.Equal(t, dp.Account{}, account(t, l))
		require.ErrorIs(t, l.Replace(t.Context(), after(2)), dp.ErrConflict)

		databasetest.Exec(t, driver, dsn, "DROP TABLE purposebound_budgets")
		err := ask(t.Context(), b)
		require.ErrorIs(t, err, dp.ErrLedger)
		require.ErrorContains(t, err, "dpsql: account: ")
		for answers := range int64(2) {
			err = l.Replace(t.Context(), after(answers))
			require.ErrorIs(t, err, dp.ErrLedger)
			require.ErrorContains(t, err, "dpsql: replace: ")
			require.NotErrorIs(t, err, dp.ErrConflict)
		}
		_, err = dp.NewBudget(t.Context(), l, limit)
		require.ErrorIs(t, err, dp.ErrLedger)
	})
}

// A row that names are told apart by is not found by others that look alike to a database.
func TestIDsAreOfNames(t *testing.T) {
	t.Parallel()
	l := open(t, "sqlite", ":memory:")
	require.NoError(t, l.Replace(t.Context(), dp.Account{Limit: dp.Limit{Purpose: "2:ab", Release: "c", Epsilon: 1}, Sequence: 1}))
	for _, n := range [][2]string{{"2:", "abc"}, {"2:a", "bc"}, {"2:abc", ""}, {"", "2:abc"}} {
		a, err := l.Account(t.Context(), n[0], redact.ReleaseID(n[1]))
		require.NoError(t, err)
		require.Equal(t, dp.Account{}, a)
	}
}
