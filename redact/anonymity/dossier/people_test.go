package dossier_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/anonymity"
	"github.com/purposebound/purposebound/redact/anonymity/dossier"
)

// columns are those of the people below. A token stands for the name.
var columns = []anonymity.Column{
	{Name: "name", Role: anonymity.DirectIdentifier},
	{Name: "born", Role: anonymity.QuasiIdentifier},
	{Name: "area", Role: anonymity.QuasiIdentifier},
	{Name: "tenure", Role: anonymity.QuasiIdentifier},
	{Name: "reason", Role: anonymity.Sensitive},
	{Name: "income", Role: anonymity.Sensitive, Distance: anonymity.Numeric()},
	{Name: "token", Role: anonymity.Other},
}

// people are invented: so many rows, in the order of the columns.
func people(n int, seed uint64) [][]string {
	random := rand.New(rand.NewPCG(seed, 7))
	rows := make([][]string, n)
	for i := range rows {
		year := 1940 + random.IntN(20) + random.IntN(21)
		area := []string{"H2X", "H2X", "G1R", "J9X"}[random.IntN(4)]
		tenure := []string{"owner", "tenant"}[random.IntN(2)]
		reason := []string{"no heat", "leak", "noise", "odour"}[(random.IntN(3)+year/20)%4]
		rows[i] = []string{
			"canary-name-" + strconv.Itoa(i), strconv.Itoa(year), fmt.Sprintf("%s %dY%d", area, random.IntN(10), random.IntN(10)), tenure,
			reason, strconv.Itoa(20000 + 37*random.IntN(2000)), "token-" + strconv.Itoa(i),
		}
	}
	return rows
}

// generalised makes decades and areas of the rows, and new tokens.
func generalised(rows [][]string) [][]string {
	out := make([][]string, len(rows))
	for i, row := range rows {
		year, _ := strconv.Atoi(row[1])
		out[i] = []string{"", fmt.Sprintf("%d–%d", year/20*20, year/20*20+19), row[2][:1] + "*", row[3], row[4], row[5], "other-" + row[6]}
	}
	return out
}

func table(tb testing.TB, rows [][]string) *anonymity.Table {
	tb.Helper()
	t, err := tableOfRows(rows)
	require.NoError(tb, err)
	return t
}

func tableOfRows(rows [][]string) (*anonymity.Table, error) {
	return anonymity.FromRows(slices.Values(rows), columns...)
}

func declared() dossier.Declaration {
	d := declaration
	d.Removed = []string{"name"}
	return d
}

var day = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

// measured is a dossier of 1,200 people, with two earlier releases, that has no findings.
func measured(tb testing.TB) (*dossier.Dossier, [][]string) {
	tb.Helper()
	rows := people(1200, 1)
	released := generalised(rows)
	d, err := dossier.Measure(context.Background(), declared(), config(tb, rows, released))
	require.NoError(tb, err)
	require.Empty(tb, d.Findings())
	return d, released
}

func config(tb testing.TB, rows, released [][]string) dossier.Config {
	tb.Helper()
	var areas, born [][]string
	for _, row := range rows {
		areas = append(areas, []string{row[2][:3], row[3]})
		year, _ := strconv.Atoi(row[1])
		born = append(born, []string{strconv.Itoa(year/10*10) + "-" + strconv.Itoa(year/10*10+9), row[3], "of-2025-" + row[6]})
	}
	quasi := func(name string) anonymity.Column {
		return anonymity.Column{Name: name, Role: anonymity.QuasiIdentifier}
	}
	one, err := anonymity.FromRows(slices.Values(areas), quasi("area"), quasi("tenure"))
	require.NoError(tb, err)
	two, err := anonymity.FromRows(slices.Values(born), quasi("born"), quasi("tenure"), anonymity.Column{Name: "token", Role: anonymity.Other})
	require.NoError(tb, err)
	return dossier.Config{
		Original: table(tb, rows), Release: table(tb, released), Tokens: []string{"token"}, Seed: 1,
		Earlier: map[string]*anonymity.Table{"2024 map": one, "2025 ages": two},
	}
}
