package microaggregate_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/anonymity"
	"github.com/purposebound/purposebound/redact/anonymity/microaggregate"
)

func of(g *microaggregate.Groups, rows int) (groups []int) {
	for row := range rows {
		groups = append(groups, g.Of(row))
	}
	return groups
}

func TestOptimal(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		values []float64
		k      int
		want   []int
	}{
		"each alone":          {[]float64{3, 1, 2}, 1, []int{2, 0, 1}},
		"as few as k":         {[]float64{5, 5}, 2, []int{0, 0}},
		"2k−1":                {[]float64{9, 1, 2}, 2, []int{0, 0, 0}},
		"gap off the middle":  {[]float64{1, 2, 30, 31, 32}, 2, []int{0, 0, 1, 1, 1}},
		"gap, not from below": {[]float64{32, 1, 31, 2, 3}, 2, []int{1, 0, 1, 0, 0}},
		"far away":            {[]float64{-1e150, 0, 1, 1e150}, 2, []int{0, 0, 1, 1}},
		"tiny":                {[]float64{1e-320, 0, 3e-320, 4e-320}, 2, []int{0, 0, 1, 1}},
	} {
		g, err := microaggregate.Optimal(test.values, test.k)
		require.NoError(t, err, name)
		assert.Equal(t, test.want, of(g, len(test.values)), name)
		assert.Equal(t, slices.Max(test.want)+1, g.Count(), name)
	}
}

func TestMDAV(t *testing.T) {
	t.Parallel()
	x := []float64{0, 1, 0, 10, 11, 10, 5, 5}
	y := []float64{0, 0, 1, 10, 10, 11, 5, 6}
	g, err := microaggregate.MDAV(t.Context(), [][]float64{x, y}, 3)
	require.NoError(t, err)
	got := of(g, len(x)) // eight are fewer than 3k: three about the farthest, and the rest
	assert.Equal(t, 2, g.Count())
	assert.Equal(t, got[0], got[1])
	assert.Equal(t, got[0], got[2])
	assert.Equal(t, got[3], got[4])
	assert.Equal(t, got[3], got[5])
	assert.NotEqual(t, got[0], got[3])

	same := make([]float64, 10)
	g, err = microaggregate.MDAV(t.Context(), [][]float64{same}, 2)
	require.NoError(t, err)
	assert.Equal(t, 5, g.Count())
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		columns [][]float64
		k       int
		want    error
	}{
		"k of 0":       {[][]float64{{1, 2}}, 0, microaggregate.ErrConfig},
		"k below 0":    {[][]float64{{1, 2}}, -3, microaggregate.ErrConfig},
		"fewer than k": {[][]float64{{1, 2}}, 3, microaggregate.ErrFew},
		"no rows":      {[][]float64{{}}, 1, microaggregate.ErrFew},
		"NaN":          {[][]float64{{1, math.NaN()}}, 1, microaggregate.ErrNumber},
		"infinite":     {[][]float64{{1, math.Inf(-1)}}, 1, microaggregate.ErrNumber},
		"too great":    {[][]float64{{1, 1.1e150}}, 1, microaggregate.ErrNumber},
	} {
		_, err := microaggregate.Optimal(test.columns[0], test.k)
		assert.ErrorIs(t, err, test.want, name)
		_, err = microaggregate.MDAV(t.Context(), test.columns, test.k)
		assert.ErrorIs(t, err, test.want, name)
	}
	_, err := microaggregate.MDAV(t.Context(), [][]float64{{1, 2}, {1}}, 1)
	assert.ErrorIs(t, err, microaggregate.ErrRagged)
	_, err = microaggregate.MDAV(t.Context(), nil, 1)
	assert.ErrorIs(t, err, microaggregate.ErrConfig)
	var none context.Context
	_, err = microaggregate.MDAV(none, [][]float64{{1, 2}}, 1)
	assert.ErrorIs(t, err, microaggregate.ErrConfig)

	g, err := microaggregate.Optimal([]float64{1, 2, 3}, 1)
	require.NoError(t, err)
	_, err = g.Aggregate([]float64{1, 2}, microaggregate.Mean)
	assert.ErrorIs(t, err, microaggregate.ErrRagged)
	_, err = g.Aggregate([]float64{1, 2, math.NaN()}, microaggregate.Mean)
	assert.ErrorIs(t, err, microaggregate.ErrNumber)
	_, err = g.Aggregate([]float64{1, 2, 3}, 0)
	assert.ErrorIs(t, err, microaggregate.ErrConfig)
}

func TestLoss(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before, after [][]float64
		want          float64
	}{
		"nothing moved":     {[][]float64{{1, 2, 3}}, [][]float64{{1, 2, 3}}, 0},
		"all to the mean":   {[][]float64{{1, 2, 3}}, [][]float64{{2, 2, 2}}, 1},
		"columns alike":     {[][]float64{{1, 2, 3}, {1000, 2000, 3000}}, [][]float64{{2, 2, 2}, {1000, 2000, 3000}}, 0.5},
		"no spread":         {[][]float64{{7, 7}}, [][]float64{{7, 7}}, 0},
		"one column of two": {[][]float64{{7, 7}, {1, 3}}, [][]float64{{7, 7}, {2, 2}}, 1},
	} {
		got, err := microaggregate.Loss(test.before, test.after)
		require.NoError(t, err, name)
		assert.InDelta(t, test.want, got, 1e-12, name)
	}
	for name, test := range map[string]struct {
		before, after [][]float64
		want          error
	}{
		"nothing":       {nil, nil, microaggregate.ErrConfig},
		"other columns": {[][]float64{{1}}, [][]float64{{1}, {2}}, microaggregate.ErrRagged},
		"other rows":    {[][]float64{{1}}, [][]float64{{1, 2}}, microaggregate.ErrRagged},
		"uneven":        {[][]float64{{1}, {1, 2}}, [][]float64{{1}, {1, 2}}, microaggregate.ErrRagged},
		"NaN before":    {[][]float64{{math.NaN()}}, [][]float64{{1}}, microaggregate.ErrNumber},
		"NaN after":     {[][]float64{{1}}, [][]float64{{math.NaN()}}, microaggregate.ErrNumber},
	} {
		_, err := microaggregate.Loss(test.before, test.after)
		assert.ErrorIs(t, err, test.want, name)
	}
}

func incomes(t *testing.T, cells ...string) *anonymity.Table {
	t.Helper()
	table, err := anonymity.New(anonymity.Column{Name: "name", Role: anonymity.DirectIdentifier},
		anonymity.Column{Name: "income", Role: anonymity.QuasiIdentifier, Missing: []string{"?"}}, anonymity.Column{Name: "rent", Role: anonymity.Sensitive})
	require.NoError(t, err)
	for _, cell := range cells {
		require.NoError(t, table.Append("somebody", cell, "1"))
	}
	return table
}

func TestColumns(t *testing.T) {
	t.Parallel()
	table := incomes(t, "1e3", "?", "2000", "-7", "*", "-9")
	r, err := microaggregate.Columns(t.Context(), table, microaggregate.Config{Columns: []string{"income"}, K: 2, Centre: microaggregate.Mean})
	require.NoError(t, err)
	var rows [][]string
	for _, cells := range r.Table.All() {
		rows = append(rows, slices.Clone(cells))
	}
	assert.Equal(t, [][]string{{"", "1500", "1"}, {"", "*", "1"}, {"", "1500", "1"}, {"", "-8", "1"}, {"", "*", "1"}, {"", "-8", "1"}}, rows)
	assert.Equal(t, 2, r.Groups)
	assert.Equal(t, 2, r.Suppressed)
	assert.InDelta(t, 500002.0/2774066, r.Loss, 1e-12)
}

func TestColumnsRefused(t *testing.T) {
	t.Parallel()
	table := incomes(t, "1", "2", "3", "")
	good := microaggregate.Config{Columns: []string{"income"}, K: 3, Centre: microaggregate.Median}
	people, err := table.By("rent")
	require.NoError(t, err)
	for name, test := range map[string]struct {
		table  *anonymity.Table
		change func(*microaggregate.Config)
		want   error
	}{
		"no columns":        {table, func(c *microaggregate.Config) { c.Columns = nil }, microaggregate.ErrConfig},
		"one column twice":  {table, func(c *microaggregate.Config) { c.Columns = []string{"income", "rent", "income"} }, microaggregate.ErrConfig},
		"no centre":         {table, func(c *microaggregate.Config) { c.Centre = 0 }, microaggregate.ErrConfig},
		"no such centre":    {table, func(c *microaggregate.Config) { c.Centre = 3 }, microaggregate.ErrConfig},
		"k of 0":            {table, func(c *microaggregate.Config) { c.K = 0 }, microaggregate.ErrConfig},
		"fewer than k":      {table, func(c *microaggregate.Config) { c.K = 4 }, microaggregate.ErrFew},
		"no such column":    {table, func(c *microaggregate.Config) { c.Columns = []string{"age"} }, anonymity.ErrColumn},
		"direct identifier": {table, func(c *microaggregate.Config) { c.Columns = []string{"name"} }, anonymity.ErrColumn},
		"people counted":    {people, func(*microaggregate.Config) {}, anonymity.ErrPerson},
		"no table":          {nil, func(*microaggregate.Config) {}, microaggregate.ErrConfig},
		"empty table":       {incomes(t), func(*microaggregate.Config) {}, microaggregate.ErrFew},
		"words":             {incomes(t, "1", "2", "much"), func(*microaggregate.Config) {}, microaggregate.ErrNumber},
		"NaN":               {incomes(t, "1", "2", "NaN"), func(*microaggregate.Config) {}, microaggregate.ErrNumber},
		"infinite":          {incomes(t, "1", "2", "Inf"), func(*microaggregate.Config) {}, microaggregate.ErrNumber},
		"too great":         {incomes(t, "1", "2", "1e999"), func(*microaggregate.Config) {}, microaggregate.ErrNumber},
	} {
		c := good
		test.change(&c)
		_, err := microaggregate.Columns(t.Context(), test.table, c)
		assert.ErrorIs(t, err, test.want, name)
	}
	stopped, stop := context.WithCancelCause(t.Context())
	why := errors.New("the office closes")
	stop(why)
	for _, columns := range [][]string{{"income"}, {"income", "rent"}} {
		c := good
		c.Columns = columns
		_, err := microaggregate.Columns(stopped, table, c)
		assert.ErrorIs(t, err, why)
	}
	_, err = microaggregate.MDAV(stopped, [][]float64{{1, 2, 3, 4}}, 1)
	assert.ErrorIs(t, err, why)
	var none context.Context
	_, err = microaggregate.Columns(none, table, good)
	assert.ErrorIs(t, err, microaggregate.ErrConfig)
}

func TestNumbersAreWrittenPlainly(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"1e6": "1000000", "-0": "0", "1e22": "1e+22", "0.000001": "0.000001", "1e-7": "1e-07", "0.1": "0.1",
	} {
		r, err := microaggregate.Columns(t.Context(), incomes(t, cell), microaggregate.Config{Columns: []string{"income"}, K: 1, Centre: microaggregate.Median})
		require.NoError(t, err)
		for _, cells := range r.Table.All() {
			assert.Equal(t, want, cells[1])
		}
	}
}
