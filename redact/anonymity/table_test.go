package anonymity_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/anonymity"
)

func table(t *testing.T, columns []anonymity.Column, rows ...[]string) *anonymity.Table {
	t.Helper()
	table, err := anonymity.FromRows(slices.Values(rows), columns...)
	require.NoError(t, err)
	return table
}

func TestColumnsAreChecked(t *testing.T) {
	t.Parallel()
	for name, columns := range map[string][]anonymity.Column{
		"none":             nil,
		"no name":          {{Role: anonymity.QuasiIdentifier}},
		"no role":          {{Name: "area"}},
		"unknown role":     {{Name: "area", Role: anonymity.Other + 1}},
		"negative role":    {{Name: "area", Role: -1}},
		"one name, two of": {{Name: "area", Role: anonymity.Other}, {Name: "area", Role: anonymity.QuasiIdentifier}},
	} {
		_, err := anonymity.New(columns...)
		assert.ErrorIs(t, err, anonymity.ErrColumn, name)
		_, err = anonymity.FromRows(slices.Values([][]string{}), columns...)
		assert.ErrorIs(t, err, anonymity.ErrColumn, name)
	}
}

// What the caller does with its slices afterwards changes nothing.
func TestTableKeepsCopies(t *testing.T) {
	t.Parallel()
	missing, order, path := []string{"?"}, []string{"1", "2"}, []string{"1", "any"}
	c := columns(1, anonymity.Ordered(order...))
	c[0].Missing = missing
	rows := table(t, append(c, anonymity.Column{Name: "tree", Role: anonymity.Sensitive, Distance: anonymity.Hierarchy([][]string{path})}))
	c[0].Name, missing[0], order[0], path[0] = "", "", "", ""
	cells := []string{"a", "1", "1"}
	require.NoError(t, rows.Append(cells...))
	cells[0] = "b"
	require.NoError(t, rows.Append("?", "2", "1"))
	report, err := rows.Measure()
	require.NoError(t, err)
	assert.Equal(t, 1, report.Classes)
	assert.Equal(t, 1, report.Suppressed)
}

func TestRowsAreChecked(t *testing.T) {
	t.Parallel()
	rows := table(t, columns(1, anonymity.Distance{}), []string{"a", "1"})
	require.ErrorIs(t, rows.Append("a"), anonymity.ErrRagged)
	require.ErrorIs(t, rows.Append("a", "1", "2"), anonymity.ErrRagged)
	require.ErrorIs(t, new(anonymity.Table).Append(), anonymity.ErrRagged)
	_, err := anonymity.FromRows(slices.Values([][]string{{"a", "1"}, {"b"}}), columns(1, anonymity.Distance{})...)
	require.ErrorIs(t, err, anonymity.ErrRagged)
	rows.Limit(2)
	require.NoError(t, rows.Append("a", "2"))
	require.ErrorIs(t, rows.Append("a", "3"), anonymity.ErrFull)
	assert.Equal(t, 2, rows.Rows())
	report, err := rows.Measure()
	require.NoError(t, err)
	assert.Equal(t, 2, report.K)
}

func TestNothingToMeasure(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rows  *anonymity.Table
		fails error
	}{
		"the zero table":      {new(anonymity.Table), anonymity.ErrEmpty},
		"no rows":             {table(t, columns(1, anonymity.Distance{})), anonymity.ErrEmpty},
		"no quasi-identifier": {table(t, columns(0, anonymity.Distance{}), []string{"1"}), anonymity.ErrColumn},
		"all suppressed":      {table(t, columns(2, anonymity.Distance{}), []string{"*", "", "1"}, []string{"*", "*", "2"}), anonymity.ErrSuppressed},
	} {
		_, err := c.rows.Measure()
		assert.ErrorIs(t, err, c.fails, name)
		_, err = anonymity.Compare(c.rows, c.rows)
		assert.ErrorIs(t, err, c.fails, name)
	}
}

func TestAttributeIsChecked(t *testing.T) {
	t.Parallel()
	rows := table(t, append(columns(1, anonymity.Distance{}), anonymity.Column{Name: "only suppressed", Role: anonymity.Sensitive}),
		[]string{"a", "", ""}, []string{"*", "", "1"})
	classes, err := rows.Classes()
	require.NoError(t, err)
	for name, fails := range map[string]error{
		"q0": anonymity.ErrColumn, "none": anonymity.ErrColumn, "s": anonymity.ErrEmpty, "only suppressed": anonymity.ErrEmpty,
	} {
		_, err := classes.Attribute(name)
		assert.ErrorIs(t, err, fails, name)
	}
	report, err := rows.Measure()
	require.NoError(t, err)
	assert.Empty(t, report.Sensitive)
}

// More combinations of values than fit into 64 bits, let alone 2³¹, are no matter: there are as many classes as rows at most.
func TestManyPossibleClasses(t *testing.T) {
	t.Parallel()
	const wide, values = 12, 62 // with the codes for absent cells 64, so that what is beyond 64 bits would be lost whole
	var rows [][]string
	for i := range values {
		for range 2 {
			row := []string{}
			for column := range wide {
				row = append(row, strconv.Itoa((i+column)%values))
			}
			rows = append(rows, append(row, "1"))
		}
	}
	report, err := table(t, columns(wide, anonymity.Distance{}), rows...).Measure()
	require.NoError(t, err)
	assert.Equal(t, values, report.Classes)
	assert.Equal(t, 2, report.K)
	rows[0][wide-1] = rows[2][wide-1]
	report, err = table(t, columns(wide, anonymity.Distance{}), rows...).Measure()
	require.NoError(t, err)
	assert.Equal(t, values+1, report.Classes)
	assert.Equal(t, 1, report.K)
}

// A row with absent cells that agrees with no other is measured, not passed over.
func TestAbsentCells(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                      string
		rows                      [][]string
		k, classes, partial, gone int
	}{
		{"agrees with both", [][]string{{"a", "x"}, {"a", "x"}, {"b", "x"}, {"b", "x"}, {"*", "x"}}, 3, 2, 1, 0},
		{"agrees with one", [][]string{{"a", "x"}, {"a", "x"}, {"b", "y"}, {"b", "y"}, {"", "y"}}, 2, 2, 1, 0},
		{"agrees with none", [][]string{{"a", "x"}, {"a", "x"}, {"*", "z"}}, 1, 2, 1, 0},
		{"two that agree with none", [][]string{{"a", "x"}, {"a", "x"}, {"*", "z"}, {"", "z"}}, 2, 2, 2, 0},
		{"a column that shows nothing", [][]string{{"*", "x"}, {"*", "x"}, {"*", "y"}, {"", "y"}}, 2, 2, 0, 0},
		{"none is complete", [][]string{{"a", "*"}, {"a", "*"}, {"*", "y"}}, 1, 2, 3, 0},
		{"suppressed", [][]string{{"a", "x"}, {"a", "x"}, {"*", "*"}, {"", ""}}, 2, 1, 0, 2},
	} {
		for i := range c.rows {
			c.rows[i] = append(c.rows[i], "1")
		}
		report, err := table(t, columns(2, anonymity.Distance{}), c.rows...).Measure()
		require.NoError(t, err, c.name)
		assert.Equal(t, []int{c.k, c.classes, c.partial, c.gone}, []int{report.K, report.Classes, report.Partial, report.Suppressed}, c.name)
	}
}

// The rarer value is in the row that may be of either class: it counts in both, and a suppressed row only in the table.
func TestAbsentCellsTakeTheirSensitiveValueAlong(t *testing.T) {
	t.Parallel()
	rows := table(t, columns(2, anonymity.Distance{}),
		[]string{"a", "x", "1"}, []string{"b", "x", "2"}, []string{"*", "x", "3"}, []string{"*", "*", "4"})
	report, err := rows.Measure()
	require.NoError(t, err)
	s := report.Sensitive[0]
	assert.Equal(t, 2, s.Distinct)
	assert.InDelta(t, 0.5, s.Alpha, 1e-15)
	assert.InDelta(t, 0.5, s.Closeness, 1e-15) // of two values at a half each, in a table of four at a quarter each
	assert.InDelta(t, 1, s.Beta, 1e-15)
	assert.InDelta(t, math.Ln2, s.DeltaPresent, 1e-15)
}

func TestDirectIdentifiersAreNamed(t *testing.T) {
	t.Parallel()
	direct := []anonymity.Column{
		{Name: "name", Role: anonymity.DirectIdentifier},
		{Name: "removed", Role: anonymity.DirectIdentifier, Missing: []string{"n/a"}},
		{Name: "q", Role: anonymity.QuasiIdentifier},
	}
	report, err := table(t, direct, []string{"*", "*", "a"}, []string{"Zoé", "n/a", "a"}, []string{"Zoé", "", "a"}).Measure()
	require.NoError(t, err)
	assert.Equal(t, []string{"name"}, report.Named)
	assert.NotContains(t, fmt.Sprintf("%+v %s", report, report), "Zoé")
}

// Whoever asks with a threshold that is no number is told that every row is above it.
func TestThreshold(t *testing.T) {
	t.Parallel()
	rows := table(t, columns(1, anonymity.Distance{}), []string{"a", ""}, []string{"a", ""}, []string{"b", ""})
	classes, err := rows.Classes()
	require.NoError(t, err)
	for threshold, above := range map[float64]float64{0: 1, 0.4: 1, 0.5: 1.0 / 3, 1: 0} {
		assert.InDelta(t, above, classes.Prosecutor(threshold).Above, 1e-15, threshold)
	}
	assert.InDelta(t, 1, classes.Prosecutor(math.NaN()).Above, 1e-15)
	eleven := anonymity.Column{Name: "q", Role: anonymity.QuasiIdentifier}
	report, err := table(t, []anonymity.Column{eleven}, slices.Repeat([][]string{{"a"}}, 11)...).Measure()
	require.NoError(t, err)
	assert.Zero(t, report.Prosecutor.Above)
}

func TestEntropyIsWholeWhereItIs(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 100; n++ {
		var rows [][]string
		for i := range n {
			rows = append(rows, []string{"a", strconv.Itoa(i)})
		}
		classes, err := table(t, columns(1, anonymity.Distance{}), rows...).Classes()
		require.NoError(t, err)
		s, err := classes.Attribute("s")
		require.NoError(t, err)
		require.Equal(t, float64(n), s.Entropy()) //nolint:testifylint // exactly that is the promise
	}
}

func TestRecursive(t *testing.T) {
	t.Parallel()
	classes, err := table(t, columns(1, anonymity.Distance{}),
		slices.Concat(slices.Repeat([][]string{{"a", "1"}}, 6), slices.Repeat([][]string{{"a", "2"}}, 3), [][]string{{"a", "3"}})...).Classes()
	require.NoError(t, err)
	s, err := classes.Attribute("s")
	require.NoError(t, err)
	for l, c := range map[int]float64{-1: math.Inf(1), 0: math.Inf(1), 1: 0.6, 2: 1.5, 3: 6, 4: math.Inf(1)} {
		assert.InDelta(t, c, s.Recursive(l), 1e-15, l) //nolint:testifylint // ∞ is within any distance of itself
	}
}

// Where a class has no more of a value than −ln p allows, enhanced likeness is basic likeness.
func TestEnhancedBeta(t *testing.T) {
	t.Parallel()
	values := func(class string, ones, twos int) [][]string {
		return slices.Concat(slices.Repeat([][]string{{class, "1"}}, ones), slices.Repeat([][]string{{class, "2"}}, twos))
	}
	for _, c := range []struct {
		rows            [][]string
		basic, enhanced float64
	}{
		{slices.Concat(values("a", 5, 5), values("b", 5, 5)), 0, 0},
		{slices.Concat(values("a", 6, 4), values("b", 4, 6)), 0.2, 0.2},
		{slices.Concat(values("a", 10, 0), values("b", 0, 10)), 1, math.Inf(1)}, // −ln ½ is less than 1
	} {
		report, err := table(t, columns(1, anonymity.Distance{}), c.rows...).Measure()
		require.NoError(t, err)
		assert.InDelta(t, c.basic, report.Sensitive[0].Beta, 1e-12)
		assert.InDelta(t, c.enhanced, report.Sensitive[0].EnhancedBeta, 1e-12)
	}
}

func TestDistanceMustFit(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]anonymity.Distance{
		"no number":           anonymity.Numeric(),
		"not in the order":    anonymity.Ordered("1", "2"),
		"twice in the order":  anonymity.Ordered("1", "2", "x", "2"),
		"no order":            anonymity.Ordered(),
		"no hierarchy":        anonymity.Hierarchy(nil),
		"not in it":           anonymity.Hierarchy([][]string{{"1", "any"}, {"2", "any"}}),
		"two roots":           anonymity.Hierarchy([][]string{{"1", "any"}, {"2", "any"}, {"x", "all"}}),
		"paths of two sizes":  anonymity.Hierarchy([][]string{{"1", "any"}, {"2", "any"}, {"x", "odd", "any"}}),
		"paths without nodes": anonymity.Hierarchy([][]string{{"1"}}),
		"a value twice":       anonymity.Hierarchy([][]string{{"1", "a", "any"}, {"2", "a", "any"}, {"x", "a", "any"}, {"x", "b", "any"}}),
	} {
		_, err := table(t, columns(1, d), []string{"a", "1"}, []string{"a", "2"}, []string{"a", "x"}).Measure()
		require.ErrorIs(t, err, anonymity.ErrDistance, name)
	}
	for _, number := range []string{"NaN", "Inf", "0x", " 1"} {
		_, err := table(t, columns(1, anonymity.Numeric()), []string{"a", number}).Measure()
		require.ErrorIs(t, err, anonymity.ErrDistance, number)
	}
}

// Numbers that are written differently are one rank, and one value alone is nowhere else.
func TestNumericRanks(t *testing.T) {
	t.Parallel()
	report, err := table(t, columns(1, anonymity.Numeric()), []string{"a", "1"}, []string{"b", "1.0"}, []string{"c", "1e0"}).Measure()
	require.NoError(t, err)
	assert.Zero(t, report.Sensitive[0].Closeness)
	report, err = table(t, columns(1, anonymity.Numeric()), []string{"a", "1"}, []string{"b", "1.0"}, []string{"c", "2"}, []string{"d", "3"}).Measure()
	require.NoError(t, err)
	assert.InDelta(t, (2.0/4+3.0/4)/2, report.Sensitive[0].Closeness, 1e-15)
	// The incomes of Li, Li and Venkatasubramanian: {3, 4, 5} of 3 to 11 thousand is further from all than {6, 8, 11}.
	var rows [][]string
	for i, class := range []string{"a", "a", "a", "b", "c", "b", "c", "c", "b"} {
		rows = append(rows, []string{class, strconv.Itoa(1000 * (i + 3))})
	}
	report, err = table(t, columns(1, anonymity.Numeric()), rows...).Measure()
	require.NoError(t, err)
	assert.InDelta(t, 0.375, report.Sensitive[0].Closeness, 1e-12)
}

func TestPopulationMustFit(t *testing.T) {
	t.Parallel()
	sample := table(t, columns(2, anonymity.Distance{}), []string{"a", "x", ""}, []string{"a", "x", ""}, []string{"*", "y", ""})
	for name, people := range map[string]*anonymity.Table{
		"other columns":     table(t, columns(1, anonymity.Distance{}), []string{"a", ""}),
		"nobody of a kind":  table(t, columns(2, anonymity.Distance{}), []string{"b", "x", ""}, []string{"b", "y", ""}),
		"too few of a kind": table(t, columns(2, anonymity.Distance{}), []string{"a", "x", ""}, []string{"b", "y", ""}),
		"nobody who agrees": table(t, columns(2, anonymity.Distance{}), []string{"a", "x", ""}, []string{"a", "x", ""}),
		"only with absent":  table(t, columns(2, anonymity.Distance{}), []string{"a", "*", ""}, []string{"*", "x", ""}),
	} {
		_, err := anonymity.Compare(sample, people)
		assert.ErrorIs(t, err, anonymity.ErrPopulation, name)
	}
	c, err := anonymity.Compare(sample, table(t, columns(2, anonymity.Distance{}),
		[]string{"a", "x", ""}, []string{"a", "x", ""}, []string{"a", "x", ""}, []string{"b", "y", ""}, []string{"c", "y", ""}, []string{"*", "x", ""}))
	require.NoError(t, err)
	least, greatest := c.Presence()
	assert.Equal(t, 2, c.KMap())
	assert.Zero(t, least)
	assert.InDelta(t, 1, greatest, 1e-15)
	assert.InDelta(t, (2.0/3+1.0/2)/3, c.Marketer(), 1e-15)

	c, err = anonymity.Compare(
		table(t, columns(2, anonymity.Distance{}), []string{"*", "x", ""}, []string{"*", "x", ""}, []string{"b", "y", ""}),
		table(t, columns(2, anonymity.Distance{}), slices.Concat(slices.Repeat([][]string{{"a", "x", ""}}, 4), slices.Repeat([][]string{{"b", "y", ""}}, 4))...))
	require.NoError(t, err)
	least, greatest = c.Presence()
	assert.Zero(t, least)
	assert.InDelta(t, 0.5, greatest, 1e-15) // both rows may be of the first four people
}

type gender string

func TestFromStructs(t *testing.T) {
	t.Parallel()
	type person struct {
		Name   string    `anonymity:"direct"`
		Born   time.Time `anonymity:"quasi"`
		Gender gender    `anonymity:"quasi"`
		Active bool      `anonymity:"quasi"`
		Rooms  *uint8    `anonymity:"quasi"`
		Height float32   `anonymity:"sensitive,numeric"`
		Visits int64     `anonymity:"sensitive"`
		Note   string    `anonymity:"other"`
		Left   []byte    `anonymity:"-"`
		hidden int
	}
	born := time.Date(1980, 5, 1, 0, 0, 0, 0, time.UTC)
	rooms := uint8(3)
	people := []person{
		{"a", born, "F", true, &rooms, 1.5, -1, "", nil, 1},
		{"b", born, "F", true, &rooms, 2.5, -1, "", nil, 2},
		{"c", born, "F", true, nil, 3.5, -2, "", nil, 3},
	}
	rows, err := anonymity.FromStructs(slices.Values(people))
	require.NoError(t, err)
	report, err := rows.Measure()
	require.NoError(t, err)
	assert.Equal(t, 3, report.K)
	assert.Equal(t, 1, report.Partial)
	assert.Equal(t, []string{"Name"}, report.Named)
	require.Len(t, report.Sensitive, 2)
	assert.Equal(t, 3, report.Sensitive[0].Distinct)
	assert.Equal(t, 2, report.Sensitive[1].Distinct)
}

type named struct{ Name string }

// Fields that an embedded type brings along are not forgotten either.
func TestFromStructsEmbedded(t *testing.T) {
	t.Parallel()
	type untagged struct {
		named
		Area string `anonymity:"quasi"`
	}
	type tagged struct {
		named `anonymity:"quasi"`
	}
	type pointer struct {
		*named
		Area string `anonymity:"quasi"`
	}
	type without struct {
		named `anonymity:"-"`
		Area  string `anonymity:"quasi"`
	}
	_, err := anonymity.FromStructs(slices.Values([]untagged{{named{"Ada"}, "H2X"}}))
	require.ErrorIs(t, err, anonymity.ErrStruct)
	_, err = anonymity.FromStructs(slices.Values([]tagged{{named{"Ada"}}}))
	require.ErrorIs(t, err, anonymity.ErrStruct)
	_, err = anonymity.FromStructs(slices.Values([]pointer{{nil, "H2X"}}))
	require.ErrorIs(t, err, anonymity.ErrStruct)
	rows, err := anonymity.FromStructs(slices.Values([]without{{named{"Ada"}, "H2X"}}))
	require.NoError(t, err)
	assert.Len(t, rows.Columns(), 1)
}

type mute struct{}

func (mute) MarshalText() ([]byte, error) { return []byte("secret"), errors.New("withheld") }

func TestFromStructsRefuses(t *testing.T) {
	t.Parallel()
	refused := func(name string, err error) {
		require.ErrorIs(t, err, anonymity.ErrStruct, name)
		assert.NotContains(t, err.Error(), "secret")
	}
	_, err := anonymity.FromStructs(slices.Values([]int{1}))
	refused("no struct", err)
	_, err = anonymity.FromStructs(slices.Values([]struct{ Area string }{}))
	refused("no tag", err)
	_, err = anonymity.FromStructs(slices.Values([]struct {
		Area string `anonymity:"quasi,numeric"`
	}{}))
	refused("a distance where there is none", err)
	_, err = anonymity.FromStructs(slices.Values([]struct {
		Area string `anonymity:"Quasi"`
	}{}))
	refused("a role that is none", err)
	_, err = anonymity.FromStructs(slices.Values([]struct {
		Area []string `anonymity:"quasi"`
	}{{[]string{"secret"}}}))
	refused("no text", err)
	_, err = anonymity.FromStructs(slices.Values([]struct {
		Area mute `anonymity:"quasi"`
	}{{}}))
	refused("text withheld", err)
	_, err = anonymity.FromStructs(slices.Values([]struct{ area string }{}))
	require.ErrorIs(t, err, anonymity.ErrColumn)
}
