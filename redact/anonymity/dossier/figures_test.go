package dossier_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/anonymity"
	"github.com/purposebound/purposebound/redact/anonymity/dossier"
)

// The counts of people by the size of their class are those of a table whose classes are known, and what is not within a limit is found, criterion
// by criterion.
func TestFigures(t *testing.T) {
	t.Parallel()
	classes := []int{1, 3, 4, 4, 7, 10, 11, 15, 19, 20, 49, 50, 99, 100, 130}
	var rows, released [][]string
	for class, size := range classes {
		for i := range size {
			rows = append(rows, []string{strconv.Itoa(class), strconv.Itoa(i % 2)})
			released = append(released, rows[len(rows)-1])
		}
	}
	for i := range 12 {
		rows = append(rows, []string{"0", strconv.Itoa(i % 2)})
		released = append(released, []string{"*", strconv.Itoa(i % 2)})
	}
	columns := []anonymity.Column{{Name: "q", Role: anonymity.QuasiIdentifier}, {Name: "s", Role: anonymity.Sensitive}}
	of := func(rows [][]string) *anonymity.Table {
		table, err := anonymity.FromRows(slices.Values(rows), columns...)
		require.NoError(t, err)
		return table
	}
	d, err := dossier.Measure(t.Context(), declaration, dossier.Config{Original: of(rows), Release: of(released), First: true, SmallCell: 3})
	require.NoError(t, err)
	r := d.Record()
	assert.Equal(t, []dossier.Count{0, 0, 11, 17, 11 + 13 + 15 + 19, 20 + 49, 50 + 99, 230}, r.Individualisation.Before.Sizes)
	assert.Equal(t, []dossier.Count{12, -1, -1, 17, 45, 69, 149, 230}, r.Individualisation.After.Sizes)
	assert.Equal(t, 3, r.Individualisation.Before.K)
	assert.Equal(t, 1, r.Individualisation.After.K)
	assert.Nil(t, r.Individualisation.After.Average)
	require.NotNil(t, r.Individualisation.Before.Average)
	assert.InDelta(t, 15.0/534, *r.Individualisation.Before.Average, 1e-6)
	assert.Equal(t, []dossier.Count{0, 0, 28, 506}, r.Correlation[0].Before.Found)
	assert.Equal(t, []dossier.Count{0, 0, -1, -1}, r.Correlation[0].After.Found, "beside the sizes it could tell what is withheld there")
	assert.Equal(t, 3, r.Correlation[0].After.Least, "the row alone stands among those that were suppressed")

	var found []string
	for _, f := range d.Findings() {
		found = append(found, f.Criterion+" "+f.Of+" "+f.Measure)
	}
	assert.Equal(t, []string{"individualisation class class", "correlation original match", "inference s distinct"}, found)
}

// Releases that share a token are connected, which is a finding though classes are large; and so is a token that the original has.
func TestSharedTokenIsFound(t *testing.T) {
	t.Parallel()
	rows := people(1200, 1)
	released := generalised(rows)
	for _, row := range released {
		row[6] = "of-2025-" + strings.TrimPrefix(row[6], "other-")
	}
	d, err := dossier.Measure(t.Context(), declared(), config(t, rows, released))
	require.NoError(t, err)
	assert.Equal(t, []dossier.Finding{{Criterion: "correlation", Of: "2025 ages", Measure: "match", Figure: 1, Limit: 11}}, d.Findings())
	assert.Equal(t, []dossier.Count{0, 1200, 0, 0}, d.Record().Correlation[2].After.Found)
	_, err = dossier.Seal(d, released, tableOfRows, day)
	require.ErrorIs(t, err, dossier.ErrRisk)

	for i, row := range released {
		row[6] = rows[i][6]
	}
	d, err = dossier.Measure(t.Context(), declared(), config(t, rows, released))
	require.NoError(t, err)
	require.NotEmpty(t, d.Findings())
	assert.Equal(t, "original", d.Findings()[0].Of)
}

// A table with nothing in common with an earlier one is connected to nobody.
func TestNothingShared(t *testing.T) {
	t.Parallel()
	rows := people(1200, 1)
	c := config(t, rows, generalised(rows))
	other, err := anonymity.FromRows(slices.Values([][]string{{"1"}, {"2"}}), anonymity.Column{Name: "score", Role: anonymity.QuasiIdentifier})
	require.NoError(t, err)
	c.Earlier = map[string]*anonymity.Table{"scores": other}
	d, err := dossier.Measure(t.Context(), declared(), c)
	require.NoError(t, err)
	l := d.Record().Correlation[1]
	assert.Empty(t, l.Shared)
	assert.Equal(t, []dossier.Count{1200, 0, 0, 0}, l.After.Found)
	assert.Zero(t, l.After.Least)
	assert.Nil(t, l.After.Average)
	assert.Empty(t, d.Findings())
	assert.Contains(t, page(t, d, english), "by: none")
}

// Values that were recoded by regions overlap; the classifier adds up all that a person's value may be in.
func TestOverlappingValues(t *testing.T) {
	t.Parallel()
	var rows, released, control [][]string
	for i := range 3000 {
		// The first of the values that stand for 5 says "a", the more frequent others "b".
		value, what := [][2]string{{"0-5", "a"}, {"4-6", "b"}, {"5-9", "b"}}[i%3][0], [][2]string{{"", "a"}, {"", "b"}, {"", "b"}}[i%3][1]
		if i%3 == 0 && i%2 == 0 {
			value = "0-2"
		}
		rows = append(rows, []string{map[bool]string{true: "1", false: "5"}[value == "0-2"], "p" + strconv.Itoa(i), what})
		released = append(released, []string{value, "p" + strconv.Itoa(i), what})
		control = append(control, []string{"5", "c" + strconv.Itoa(i), "b"})
	}
	columns := []anonymity.Column{{Name: "x", Role: anonymity.QuasiIdentifier}, {Name: "y", Role: anonymity.QuasiIdentifier}, {Name: "s", Role: anonymity.Sensitive}}
	of := func(rows [][]string) *anonymity.Table {
		table, err := anonymity.FromRows(slices.Values(rows), columns...)
		require.NoError(t, err)
		return table
	}
	for i := range rows { // so that "b" is not the most frequent of all
		if i%3 == 1 {
			rows[i], released[i] = []string{"1", "p" + strconv.Itoa(i), "a"}, []string{"0-2", "p" + strconv.Itoa(i), "a"}
		}
	}
	d, err := dossier.Measure(t.Context(), declaration, dossier.Config{Original: of(rows), Release: of(released), Control: of(control), First: true})
	require.NoError(t, err)
	i := d.Record().Inference[0]
	assert.InDelta(t, 0, i.After.Baseline, 0)
	assert.InDelta(t, 1, i.After.Accuracy, 0)
}

func TestAtRisk(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sizes  []dossier.Count
		shares []float64
		known  []bool
	}{
		{[]dossier.Count{0, 20, 0, 0, 0, 0, 80, 100}, []float64{.1, .1, .1, .1, .1, .5, 1}, []bool{true, true, true, true, true, true, true}},
		{[]dossier.Count{0, -1, -1, 0, 0, 0, 80, 100}, []float64{0, .1, .1, .1, .1, .5, 1}, []bool{false, true, true, true, true, true, true}},
		{[]dossier.Count{20, 40, 0, -1, 0, -1, 0, 100}, []float64{.2, .2, 0, 0, .4, .4, .9}, []bool{true, true, false, false, true, true, true}},
		{[]dossier.Count{-1, -1, 0, 0, 0, 0, 80, 100}, make([]float64, 7), make([]bool, 7)},
	} {
		shares, known := dossier.AtRisk(dossier.Standing{Rows: 200, Sizes: c.sizes})
		assert.Equal(t, c.known, known)
		for i := range known {
			if known[i] {
				assert.InDelta(t, c.shares[i], shares[i], 1e-9, "%v at %d", c.sizes, i)
			}
		}
	}
}

// What is withheld is drawn as a question mark, and the description says so.
func TestDrawsWithheld(t *testing.T) {
	t.Parallel()
	rows := people(1200, 1)
	released := generalised(rows)
	for i := range 3 {
		released[i][1] = rows[i][1]
	}
	d, err := dossier.Measure(t.Context(), declared(), config(t, rows, released))
	require.NoError(t, err)
	hidden := 0
	for _, n := range d.Record().Individualisation.After.Sizes {
		if n.Withheld() {
			hidden++
		}
	}
	require.Equal(t, 2, hidden)
	text := page(t, d, english)
	unknown := 0
	_, known := dossier.AtRisk(d.Record().Individualisation.After)
	for _, k := range known {
		if !k {
			unknown++
		}
	}
	assert.Equal(t, hidden+unknown, strings.Count(text, ">?</text>"))
	assert.Contains(t, text, "? = withheld.")
	measuredOnes, _ := measured(t)
	assert.NotContains(t, page(t, measuredOnes, english), ">?</text>")
}
