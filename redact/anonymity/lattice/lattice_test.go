package lattice_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/anonymity"
	"github.com/purposebound/purposebound/redact/anonymity/hierarchy"
	"github.com/purposebound/purposebound/redact/anonymity/lattice"
)

func steps(t testing.TB, lines string) *hierarchy.Hierarchy {
	t.Helper()
	h, err := hierarchy.Read(strings.NewReader(lines), 0)
	require.NoError(t, err)
	return h
}

func rowsOf(t testing.TB, lines string, columns ...anonymity.Column) *anonymity.Table {
	t.Helper()
	table, err := anonymity.New(columns...)
	require.NoError(t, err)
	for line := range strings.Lines(lines) {
		require.NoError(t, table.Append(strings.Fields(line)...))
	}
	return table
}

var (
	quasi     = anonymity.Column{Name: "q", Role: anonymity.QuasiIdentifier}
	sensitive = anonymity.Column{Name: "s", Role: anonymity.Sensitive}
)

func TestErrors(t *testing.T) {
	t.Parallel()
	h := steps(t, "a;x;*\nb;x;*\nc;y;*\n")
	good := func() lattice.Config {
		return lattice.Config{Hierarchies: map[string]*hierarchy.Hierarchy{"q": h}, Models: []lattice.Model{lattice.K(2)}, Loss: lattice.Precision()}
	}
	table := rowsOf(t, "a 1\nb 2\nc 1\n", quasi, sensitive)
	with := func(m ...lattice.Model) func(*lattice.Config) { return func(c *lattice.Config) { c.Models = m } }
	loss := func(m lattice.Metric) func(*lattice.Config) { return func(c *lattice.Config) { c.Loss = m } }
	flat := steps(t, "1;x\n2;y\n")
	for name, c := range map[string]struct {
		change func(*lattice.Config)
		want   error
	}{
		"no hierarchy":         {func(c *lattice.Config) { c.Hierarchies = nil }, lattice.ErrHierarchy},
		"nil hierarchy":        {func(c *lattice.Config) { c.Hierarchies = map[string]*hierarchy.Hierarchy{"q": nil} }, lattice.ErrHierarchy},
		"one too many":         {func(c *lattice.Config) { c.Hierarchies = map[string]*hierarchy.Hierarchy{"q": h, "s": h} }, lattice.ErrHierarchy},
		"value missing":        {func(c *lattice.Config) { c.Hierarchies["q"] = steps(t, "a;*\nb;*\n") }, lattice.ErrHierarchy},
		"value missing, too":   {func(c *lattice.Config) { c.Hierarchies["q"] = steps(t, "a;*\nb;*\n") }, hierarchy.ErrValue},
		"no models":            {with(), lattice.ErrModel},
		"zero model":           {with(lattice.Model{}), lattice.ErrModel},
		"k zero":               {with(lattice.K(0)), lattice.ErrModel},
		"ℓ zero":               {with(lattice.Distinct("s", 0)), lattice.ErrModel},
		"not sensitive":        {with(lattice.Distinct("q", 2)), anonymity.ErrColumn},
		"no such column":       {with(lattice.Distinct("z", 2)), lattice.ErrModel},
		"no column":            {with(lattice.Distinct("", 2)), lattice.ErrModel},
		"entropy NaN":          {with(lattice.EntropyDiversity("s", math.NaN())), lattice.ErrModel},
		"c NaN":                {with(lattice.Recursive("s", math.NaN(), 2)), lattice.ErrModel},
		"ℓ of recursive":       {with(lattice.Recursive("s", 2, 0)), lattice.ErrModel},
		"t above one":          {with(lattice.Closeness("s", 1.1)), lattice.ErrModel},
		"t NaN":                {with(lattice.NumericCloseness("s", math.NaN())), lattice.ErrModel},
		"no order":             {with(lattice.OrderedCloseness("s", 0.5, "1")), anonymity.ErrDistance},
		"order twice":          {with(lattice.OrderedCloseness("s", 0.5, "1", "2", "1")), anonymity.ErrDistance},
		"no tree":              {with(lattice.HierarchicalCloseness("s", 0.5, nil)), anonymity.ErrDistance},
		"tree lacks a value":   {with(lattice.HierarchicalCloseness("s", 0.5, steps(t, "1;*\n"))), hierarchy.ErrValue},
		"tree without root":    {with(lattice.HierarchicalCloseness("s", 0.5, flat)), anonymity.ErrDistance},
		"β infinite":           {with(lattice.BetaLikeness("s", math.Inf(1))), lattice.ErrModel},
		"β negative":           {with(lattice.EnhancedBetaLikeness("s", -1)), lattice.ErrModel},
		"δ zero":               {with(lattice.DeltaDisclosure("s", 0)), lattice.ErrModel},
		"no population":        {with(lattice.KMap(2, nil)), lattice.ErrModel},
		"presence swapped":     {with(lattice.Presence(0.5, 0.2, table)), lattice.ErrModel},
		"presence NaN":         {with(lattice.Presence(0, math.NaN(), table)), lattice.ErrModel},
		"population too small": {with(lattice.KMap(2, rowsOf(t, "a\nb\n", quasi))), anonymity.ErrPopulation},
		"population of others": {with(lattice.KMap(2, rowsOf(t, "1\n", sensitive))), anonymity.ErrPopulation},
		"two populations":      {with(lattice.KMap(2, table), lattice.KMap(2, rowsOf(t, "a\nb\nc\n", quasi))), lattice.ErrModel},
		"local with k-map":     {func(c *lattice.Config) { c.Models, c.Local = []lattice.Model{lattice.KMap(2, table)}, true }, lattice.ErrModel},
		"local with δ":         {func(c *lattice.Config) { c.Models, c.Local = []lattice.Model{lattice.DeltaPresent("s", 1)}, true }, lattice.ErrModel},
		"no metric":            {loss(lattice.Metric{}), lattice.ErrMetric},
		"weight NaN":           {loss(lattice.Precision().Weighted(math.NaN())), lattice.ErrMetric},
		"weight above one":     {loss(lattice.MeanShares().Weighted(2)), lattice.ErrMetric},
		"weight of a size":     {loss(lattice.ClassSize().Weighted(0.2)), lattice.ErrMetric},
		"share NaN":            {func(c *lattice.Config) { c.Suppress = math.NaN() }, lattice.ErrLimit},
		"share negative":       {func(c *lattice.Config) { c.Suppress = -0.1 }, lattice.ErrLimit},
		"share above one":      {func(c *lattice.Config) { c.Suppress = 1.1 }, lattice.ErrLimit},
		"nothing will do":      {with(lattice.K(4)), lattice.ErrNone},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := good()
			c.change(&config)
			result, err := lattice.Search(t.Context(), table, config)
			require.ErrorIs(t, err, c.want)
			assert.Nil(t, result)
		})
	}
	for name, c := range map[string]struct {
		table *anonymity.Table
		want  error
	}{
		"nil":        {nil, anonymity.ErrEmpty},
		"empty":      {rowsOf(t, "", quasi, sensitive), anonymity.ErrEmpty},
		"no columns": {rowsOf(t, "1\n", sensitive), anonymity.ErrColumn},
	} {
		_, err := lattice.Search(t.Context(), c.table, good())
		assert.ErrorIs(t, err, c.want, name)
	}
}

// A sensitive column without any value cannot be judged.
func TestNoSensitiveValue(t *testing.T) {
	t.Parallel()
	table := rowsOf(t, "a *\na *\n", quasi, sensitive)
	_, err := lattice.Search(t.Context(), table, lattice.Config{
		Hierarchies: map[string]*hierarchy.Hierarchy{"q": steps(t, "a;*\n")}, Models: []lattice.Model{lattice.Distinct("s", 1)}, Loss: lattice.Height(),
	})
	require.ErrorIs(t, err, anonymity.ErrEmpty)
}

// wide returns so many quasi-identifiers of two levels, and a row for each of two values.
func wide(t testing.TB, columns int) (*anonymity.Table, lattice.Config) {
	t.Helper()
	config := lattice.Config{Hierarchies: map[string]*hierarchy.Hierarchy{}, Models: []lattice.Model{lattice.K(2)}, Loss: lattice.Precision()}
	var all []anonymity.Column
	for i := range columns {
		c := quasi
		c.Name = fmt.Sprint("q", i)
		all = append(all, c)
		config.Hierarchies[c.Name] = steps(t, "a;*\nb;*\n")
	}
	table, err := anonymity.New(all...)
	require.NoError(t, err)
	for _, value := range []string{"a", "b"} {
		require.NoError(t, table.Append(slices.Repeat([]string{value}, columns)...))
	}
	return table, config
}

func TestTooManyNodes(t *testing.T) {
	t.Parallel()
	for _, columns := range []int{23, 31, 64, 65, 200} {
		table, config := wide(t, columns)
		_, err := lattice.New(table, config)
		require.ErrorIs(t, err, lattice.ErrSize, columns)
	}
	table, config := wide(t, 12)
	result, err := lattice.Search(t.Context(), table, config)
	require.NoError(t, err)
	assert.Equal(t, 1<<12, result.Nodes)
	assert.Equal(t, 12, sum(result.Levels))
}

// Columns of so many values that their combinations do not fit into 64 bits are told apart all the same.
func TestManyValues(t *testing.T) {
	t.Parallel()
	h, err := hierarchy.MaskRight(6)
	require.NoError(t, err)
	config := lattice.Config{Hierarchies: map[string]*hierarchy.Hierarchy{}, Models: []lattice.Model{lattice.K(1)}, Loss: lattice.Precision()}
	var columns []anonymity.Column
	for i := range 7 {
		c := quasi
		c.Name = fmt.Sprint("q", i)
		columns = append(columns, c)
		config.Hierarchies[c.Name] = h
	}
	table, err := anonymity.New(columns...)
	require.NoError(t, err)
	const rows = 2000 // 2000⁷ is above 2⁷⁶
	for row := range rows {
		var cells []string
		for i := range columns {
			cells = append(cells, fmt.Sprint(row*(i+1)%rows))
		}
		require.NoError(t, table.Append(cells...))
		cells[6] = fmt.Sprint((row + 1) % rows)
		require.NoError(t, table.Append(cells...))
	}
	l, err := lattice.New(table, config)
	require.NoError(t, err)
	node, err := l.Node(make([]int, 7)...)
	require.NoError(t, err)
	report, err := table.Measure()
	require.NoError(t, err)
	assert.Equal(t, report.Classes, node.Classes)
	assert.Greater(t, node.Classes, rows)
}

func TestContext(t *testing.T) {
	t.Parallel()
	table, config := wide(t, 16)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := lattice.Search(ended, table, config)
	require.ErrorIs(t, err, context.Canceled)

	// One that ends while the search runs. Nothing can be kept, and every one of 65,536 nodes has to be looked at to know that none is better.
	table, config = wide(t, 16)
	config.Models, config.Suppress, config.Loss = []lattice.Model{lattice.K(3)}, 1, lattice.MeanShares()
	l, err := lattice.New(table, config)
	require.NoError(t, err)
	during, cancel := context.WithCancel(t.Context())
	go cancel()
	_, err = l.Search(during)
	require.ErrorIs(t, err, context.Canceled)
}

// With a limit of 1 that nothing is left is an answer.
func TestAllSuppressed(t *testing.T) {
	t.Parallel()
	table := rowsOf(t, "a 1\nb 2\nc 1\n", quasi, sensitive)
	result, err := lattice.Search(t.Context(), table, lattice.Config{
		Hierarchies: map[string]*hierarchy.Hierarchy{"q": steps(t, "a;x;*\nb;x;*\nc;y;*\n")}, Models: []lattice.Model{lattice.K(4)}, Suppress: 1, Loss: lattice.MeanShares(), Local: true,
	})
	require.NoError(t, err)
	assert.Equal(t, 3, result.Suppressed)
	assert.Zero(t, result.Classes)
	assert.InDelta(t, 1, result.Loss.Value, 1e-15)
	out, err := result.Table()
	require.NoError(t, err)
	_, err = out.Measure()
	require.ErrorIs(t, err, anonymity.ErrSuppressed)
}

func TestNode(t *testing.T) {
	t.Parallel()
	table := rowsOf(t, "a 1\na 2\nb 1\nc 1\nc 3\nc 1\n", quasi, sensitive)
	h := steps(t, "a;x;*\nb;x;*\nc;y;*\nd;y;*\n") // d has no rows, and counts as a leaf
	for name, c := range map[string]struct {
		metric lattice.Metric
		losses [3]float64 // by level; at level 0 the row b is suppressed
	}{
		"height":               {lattice.Height(), [3]float64{0, 1, 2}},
		"precision":            {lattice.Precision(), [3]float64{1. / 6, 1. / 2, 1}},
		"mean":                 {lattice.MeanShares(), [3]float64{(5./4 + 1 - 6./4) / (6 - 6./4), (6./2 - 6./4) / (6 - 6./4), 1}},
		"mean, free to hide":   {lattice.MeanShares().Weighted(0), [3]float64{0, 1. / 3, 1}},
		"discernibility":       {lattice.Discernibility(), [3]float64{4 + 9 + 6, 9 + 9, 36}},
		"by class":             {lattice.ClassDiscernibility(), [3]float64{4 + 9 + 1, 9 + 9, 36}},
		"class size":           {lattice.ClassSize(), [3]float64{6. / 3, 6. / 2, 6}},
		"generalised":          {lattice.GeneralisationEntropy(), [3]float64{0, 3*math.Log2(3) - 2, 6*math.Log2(6) - 2 - 3*math.Log2(3)}},
		"entropy":              {lattice.NonUniformEntropy(), [3]float64{0, 3*math.Log2(3) - 2, 6*math.Log2(6) - 2 - 3*math.Log2(3)}},
		"ambiguity":            {lattice.Ambiguity(), [3]float64{(5 + 4) / 6., 2, 4}},
		"geometric, as mean":   {lattice.GeometricShares(), [3]float64{1. / 6, 1. / 3, 1}},
		"greatest, as mean":    {lattice.GreatestShares(), [3]float64{1. / 6, 1. / 3, 1}},
		"ranked, as mean":      {lattice.RankedShares(), [3]float64{1. / 6, 1. / 3, 1}},
		"only hiding costs":    {lattice.MeanShares().Weighted(1), [3]float64{1. / 6, 0, 0}},
		"precision, free hide": {lattice.Precision().Weighted(0), [3]float64{0, 1. / 2, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := lattice.New(table, lattice.Config{
				Hierarchies: map[string]*hierarchy.Hierarchy{"q": h}, Models: []lattice.Model{lattice.K(2)}, Suppress: 0.2, Loss: c.metric,
			})
			require.NoError(t, err)
			for level, want := range c.losses {
				node, err := l.Node(level)
				require.NoError(t, err)
				assert.InDelta(t, want, node.Loss.Value, 1e-12, "level %d", level)
				assert.True(t, node.Feasible)
			}
			for _, levels := range [][]int{{}, {3}, {-1}, {0, 0}} {
				_, err := l.Node(levels...)
				assert.ErrorIs(t, err, lattice.ErrLevels)
			}
			assert.Equal(t, []int{2}, l.Heights())
		})
	}
}

// Compared with a population the result stands as package anonymity compares it.
func TestPopulation(t *testing.T) {
	t.Parallel()
	people := anonymity.Column{Name: "q", Role: anonymity.QuasiIdentifier}
	population := rowsOf(t, strings.Repeat("a\n", 3)+strings.Repeat("b\n", 5)+strings.Repeat("c\n", 4)+strings.Repeat("d\n", 4), people)
	table := rowsOf(t, "a 1\nb 1\nb 1\nc 1\nc 1\nc 1\n", quasi, sensitive)
	config := lattice.Config{
		Hierarchies: map[string]*hierarchy.Hierarchy{"q": steps(t, "a;x;*\nb;x;*\nc;y;*\nd;y;*\n")}, Loss: lattice.Precision(), Models: []lattice.Model{lattice.KMap(4, population)},
	}
	result, err := lattice.Search(t.Context(), table, config)
	require.NoError(t, err)
	assert.Equal(t, []int{1}, result.Levels, "a is among three")
	compare := func() *anonymity.Comparison {
		out, err := result.Table()
		require.NoError(t, err)
		general, err := result.Generalise(population)
		require.NoError(t, err)
		c, err := anonymity.Compare(out, general)
		require.NoError(t, err)
		return c
	}
	assert.Equal(t, 8, compare().KMap())

	config.Suppress = 0.2
	result, err = lattice.Search(t.Context(), table, config)
	require.NoError(t, err)
	assert.Equal(t, []int{0}, result.Levels)
	assert.Equal(t, 1, result.Suppressed)

	config.Models, config.Suppress = []lattice.Model{lattice.Presence(0.3, 0.5, population)}, 0
	result, err = lattice.Search(t.Context(), table, config)
	require.NoError(t, err)
	assert.Equal(t, []int{1}, result.Levels, "nobody of d is in the table, and three of four of c")
	least, greatest := compare().Presence()
	assert.InDelta(t, 0.375, least, 1e-15)
	assert.InDelta(t, 0.375, greatest, 1e-15)

	config.Models, config.Suppress = []lattice.Model{lattice.Presence(0.3, 0.5, population)}, 1
	l, err := lattice.New(table, config)
	require.NoError(t, err)
	node, err := l.Node(0)
	require.NoError(t, err)
	assert.False(t, node.Feasible, "where nobody of a class is in the table there is nothing to suppress")
	config.Models = []lattice.Model{lattice.Presence(0, 0.5, population)}
	l, err = lattice.New(table, config)
	require.NoError(t, err)
	node, err = l.Node(0)
	require.NoError(t, err)
	assert.True(t, node.Feasible)
	assert.Equal(t, 3, node.Suppressed, "those of c")

	_, err = result.Generalise(rowsOf(t, "z\n", people))
	require.ErrorIs(t, err, hierarchy.ErrValue)
	_, err = result.Generalise(nil)
	require.ErrorIs(t, err, anonymity.ErrEmpty)
	other := people
	other.Name = "z"
	_, err = result.Generalise(rowsOf(t, "a\n", other))
	require.ErrorIs(t, err, anonymity.ErrColumn)
}

// Absent cells stay absent, direct identifiers go, other columns stay.
func TestRows(t *testing.T) {
	t.Parallel()
	columns := []anonymity.Column{{Name: "name", Role: anonymity.DirectIdentifier}, {Name: "q", Role: anonymity.QuasiIdentifier, Missing: []string{"?"}}, {Name: "note", Role: anonymity.Other}}
	table := rowsOf(t, "Ada a 1\nBob b 2\nCyd ? 3\nDee ? 4\nEli * 5\n", columns...)
	result, err := lattice.Search(t.Context(), table, lattice.Config{
		Hierarchies: map[string]*hierarchy.Hierarchy{"q": steps(t, "a;x;*\nb;x;*\n")}, Models: []lattice.Model{lattice.K(2)}, Suppress: 0.2, Loss: lattice.Precision(),
	})
	require.NoError(t, err)
	var out strings.Builder
	require.NoError(t, result.WriteCSV(&out, ';'))
	assert.Equal(t, "q;note\nx;1\nx;2\n\"\";3\n\"\";4\n*;5\n", strings.ReplaceAll(out.String(), "\n;", "\n\"\";"))
	require.Error(t, result.WriteCSV(full{}, 0))
	require.Error(t, result.WriteCSV(&out, '"'))
	for range result.All() {
		break
	}
}

// A row that has nothing but an absent cell is still a row when it is read back.
func TestRowsOfOneColumn(t *testing.T) {
	t.Parallel()
	column := anonymity.Column{Name: "q", Role: anonymity.QuasiIdentifier, Missing: []string{"?"}}
	result, err := lattice.Search(t.Context(), rowsOf(t, "a\na\n?\n?\n", column), lattice.Config{
		Hierarchies: map[string]*hierarchy.Hierarchy{"q": steps(t, "a;*\n")}, Models: []lattice.Model{lattice.K(2)}, Loss: lattice.Precision(),
	})
	require.NoError(t, err)
	var out strings.Builder
	require.NoError(t, result.WriteCSV(&out, 0))
	read, err := anonymity.CSV{}.Read(strings.NewReader(out.String()), column)
	require.NoError(t, err)
	assert.Equal(t, 4, read.Rows())
	require.ErrorIs(t, result.WriteCSV(&out, '"'), anonymity.ErrCSV)
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no room") }

// A node may be feasible though one above is not: a class that satisfied the model is lost in a union with one that did not and had been suppressed.
func TestFeasibleBelow(t *testing.T) {
	t.Parallel()
	table := rowsOf(t, strings.Repeat("a 1\na 2\n", 5)+strings.Repeat("b 1\n", 10), quasi, sensitive)
	for name, m := range map[string]lattice.Model{
		"entropy": lattice.EntropyDiversity("s", 2), "recursive": lattice.Recursive("s", 2, 2), "β": lattice.BetaLikeness("s", 1.5), "t": lattice.Closeness("s", 0.25),
	} {
		l, err := lattice.New(table, lattice.Config{
			Hierarchies: map[string]*hierarchy.Hierarchy{"q": steps(t, "a;*\nb;*\n")}, Models: []lattice.Model{lattice.K(2), m}, Suppress: 0.5, Loss: lattice.Height(), Workers: 1,
		})
		require.NoError(t, err)
		result, err := l.Search(t.Context())
		require.NoError(t, err, name)
		assert.Equal(t, []int{0}, result.Levels, name)
		above, err := l.Node(1)
		require.NoError(t, err)
		assert.Equal(t, name == "β" || name == "t", above.Feasible, name) // which the table as a whole always satisfies
	}
}

// A class without any sensitive value tells nothing, and stays however small.
func TestNothingToLearn(t *testing.T) {
	t.Parallel()
	table := rowsOf(t, "a *\nb 1\nb 2\n", quasi, sensitive)
	result, err := lattice.Search(t.Context(), table, lattice.Config{
		Hierarchies: map[string]*hierarchy.Hierarchy{"q": steps(t, "a;*\nb;*\n")}, Models: []lattice.Model{lattice.Distinct("s", 2)}, Loss: lattice.Height(),
	})
	require.NoError(t, err)
	assert.Equal(t, []int{0}, result.Levels)
}

// Two suppressed rows of different values lose a bit each beyond what their levels lose.
func TestEntropyOfSuppressed(t *testing.T) {
	t.Parallel()
	l, err := lattice.New(rowsOf(t, "a 1\na 2\nb 1\nc 1\n", quasi, sensitive), lattice.Config{
		Hierarchies: map[string]*hierarchy.Hierarchy{"q": steps(t, "a;*\nb;*\nc;*\n")}, Models: []lattice.Model{lattice.K(2)}, Suppress: 0.5, Loss: lattice.NonUniformEntropy(),
	})
	require.NoError(t, err)
	node, err := l.Node(0)
	require.NoError(t, err)
	assert.InDelta(t, 2, node.Loss.Value, 1e-12)
	node, err = l.Node(1)
	require.NoError(t, err)
	assert.InDelta(t, 4*2-2, node.Loss.Value, 1e-12)
}
