package mondrian_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/anonymity"
	"github.com/purposebound/purposebound/redact/anonymity/mondrian"
)

// table has a name, a quasi-identifier and a sensitive digit.
func table(t *testing.T, rows ...[2]string) *anonymity.Table {
	t.Helper()
	made, err := anonymity.New(anonymity.Column{Name: "name", Role: anonymity.DirectIdentifier},
		anonymity.Column{Name: "x", Role: anonymity.QuasiIdentifier, Missing: []string{"?"}},
		anonymity.Column{Name: "digit", Role: anonymity.Sensitive, Missing: []string{"?"}, Distance: anonymity.Numeric()})
	require.NoError(t, err)
	for _, row := range rows {
		require.NoError(t, made.Append("somebody", row[0], row[1]))
	}
	return made
}

// column makes rows of the values, with digits 0, 1, 0, 1 …
func column(values ...string) (rows [][2]string) {
	for i, value := range values {
		rows = append(rows, [2]string{value, strconv.Itoa(i % 2)})
	}
	return rows
}

func TestCells(t *testing.T) {
	t.Parallel()
	two := mondrian.K(2)
	for name, test := range map[string]struct {
		values []string
		scale  mondrian.Scale
		models []mondrian.Model
		relax  bool
		want   []string
	}{
		"numbers":                  {[]string{"9", "10", "1", "2"}, mondrian.Scale{}, []mondrian.Model{two}, false, []string{"[9–10]", "[9–10]", "[1–2]", "[1–2]"}},
		"one value each":           {[]string{"5", "7", "5", "7"}, mondrian.Numeric(), []mondrian.Model{two}, false, []string{"5", "7", "5", "7"}},
		"equal numbers":            {[]string{"1.0", "1", "1e0", "2", "2"}, mondrian.Numeric(), []mondrian.Model{two}, false, []string{"1", "1", "1", "2", "2"}},
		"below zero":               {[]string{"-3", "-1", "4", "5"}, mondrian.Numeric(), []mondrian.Model{two}, false, []string{"[-3–-1]", "[-3–-1]", "[4–5]", "[4–5]"}},
		"cut before the median":    {[]string{"1", "1", "2", "2", "2", "2"}, mondrian.Numeric(), []mondrian.Model{two}, false, []string{"1", "1", "2", "2", "2", "2"}},
		"cut after the median":     {[]string{"1", "1", "1", "1", "2", "2"}, mondrian.Numeric(), []mondrian.Model{two}, false, []string{"1", "1", "1", "1", "2", "2"}},
		"strict":                   {[]string{"1", "2", "2", "2"}, mondrian.Numeric(), []mondrian.Model{two}, false, []string{"[1–2]", "[1–2]", "[1–2]", "[1–2]"}},
		"relaxed":                  {[]string{"1", "2", "2", "2"}, mondrian.Numeric(), []mondrian.Model{two}, true, []string{"[1–2]", "2", "[1–2]", "2"}},
		"more digits than a float": {[]string{"12345678901234567890", "12345678901234567891", "3", "4"}, mondrian.Numeric(), []mondrian.Model{two}, false, []string{"12345678901234567890", "12345678901234567890", "[3–4]", "[3–4]"}},
		"the ends of float":        {[]string{"-1.7e308", "-1.6e308", "1.7e308", "1.6e308"}, mondrian.Numeric(), []mondrian.Model{two}, false, []string{"[-1.7e308–-1.6e308]", "[-1.7e308–-1.6e308]", "[1.6e308–1.7e308]", "[1.6e308–1.7e308]"}},
		"one word makes words":     {[]string{"9", "10", "one", "2"}, mondrian.Scale{}, []mondrian.Model{mondrian.K(4)}, false, slices.Repeat([]string{"{10, 2, 9, one}"}, 4)},
		"lexical":                  {[]string{"9", "10", "1", "2"}, mondrian.Lexical(), []mondrian.Model{two}, false, []string{"[2–9]", "[1–10]", "[1–10]", "[2–9]"}},
		"ordered":                  {[]string{"low", "high", "mid", "low"}, mondrian.Ordered("low", "mid", "high"), []mondrian.Model{two}, false, []string{"low", "[mid–high]", "[mid–high]", "low"}},
		"frequent first":           {[]string{"c", "c", "b", "a", "c"}, mondrian.Unordered(), []mondrian.Model{two}, false, []string{"c", "c", "{a, b}", "{a, b}", "c"}},
		"taken for a set":          {[]string{"{a, b}", "{a, b}", "b", "a"}, mondrian.Unordered(), []mondrian.Model{two}, false, []string{`"{a, b}"`, `"{a, b}"`, "{a, b}", "{a, b}"}},
		"taken for an interval":    {[]string{"[1–2]", "a", `say "a"`, "b, c"}, mondrian.Lexical(), []mondrian.Model{two}, false, []string{`["[1–2]"–a]`, `["[1–2]"–a]`, `["b, c"–"say \"a\""]`, `["b, c"–"say \"a\""]`}},
		"a number in a set":        {[]string{"1", "1", "2", "2"}, mondrian.Unordered(), []mondrian.Model{mondrian.K(3)}, false, slices.Repeat([]string{"{1, 2}"}, 4)},
		"too few for two parts":    {[]string{"1", "2", "3"}, mondrian.Numeric(), []mondrian.Model{two}, false, slices.Repeat([]string{"[1–3]"}, 3)},
		"no k":                     {[]string{"1", "2", "3", "4"}, mondrian.Numeric(), []mondrian.Model{mondrian.Distinct("digit", 2)}, false, []string{"[1–2]", "[1–2]", "[3–4]", "[3–4]"}},
		"the greatest k":           {[]string{"1", "2", "3", "4"}, mondrian.Numeric(), []mondrian.Model{mondrian.K(1), mondrian.K(3), two}, false, slices.Repeat([]string{"[1–4]"}, 4)},
		"entropy just met":         {[]string{"1", "2", "3", "4"}, mondrian.Numeric(), []mondrian.Model{mondrian.Entropy("digit", 2)}, false, []string{"[1–2]", "[1–2]", "[3–4]", "[3–4]"}},
		"alpha just met":           {[]string{"1", "2", "3", "4"}, mondrian.Numeric(), []mondrian.Model{mondrian.Alpha("digit", 0.5)}, false, []string{"[1–2]", "[1–2]", "[3–4]", "[3–4]"}},
		"closeness just met":       {[]string{"1", "2", "3", "4"}, mondrian.Numeric(), []mondrian.Model{mondrian.Close("digit", 0)}, false, []string{"[1–2]", "[1–2]", "[3–4]", "[3–4]"}},
		"closeness not met":        {[]string{"1", "3", "2", "4"}, mondrian.Numeric(), []mondrian.Model{mondrian.Close("digit", 0.49)}, false, slices.Repeat([]string{"[1–4]"}, 4)},
		"closeness of half":        {[]string{"1", "3", "2", "4"}, mondrian.Numeric(), []mondrian.Model{two, mondrian.Close("digit", 0.5)}, false, []string{"[1–2]", "[3–4]", "[1–2]", "[3–4]"}},
		"what lacks is apart":      {[]string{"1", "?", "2", "*"}, mondrian.Numeric(), []mondrian.Model{two}, false, []string{"[1–2]", "*", "[1–2]", "*"}},
	} {
		r, err := mondrian.Partition(t.Context(), table(t, column(test.values...)...), mondrian.Config{
			Models: test.models, Scales: map[string]mondrian.Scale{"x": test.scale}, Relaxed: test.relax,
		})
		require.NoError(t, err, name)
		var got []string
		for _, cells := range r.Table.All() {
			got = append(got, cells[1])
		}
		assert.Equal(t, test.want, got, name)
	}
}

// TestGaps: those that lack a column are cut by what they show, or suppressed.
func TestGaps(t *testing.T) {
	t.Parallel()
	made, err := anonymity.FromRows(slices.Values([][]string{
		{"1", "1"}, {"2", "1"}, {"3", "2"}, {"4", "2"}, {"", "7"}, {"", "8"}, {"", "20"}, {"", "21"}, {"5", ""}, {"", ""},
	}), anonymity.Column{Name: "x", Role: anonymity.QuasiIdentifier}, anonymity.Column{Name: "y", Role: anonymity.QuasiIdentifier})
	require.NoError(t, err)
	r, err := mondrian.Partition(t.Context(), made, mondrian.Config{Models: []mondrian.Model{mondrian.K(2)}})
	require.NoError(t, err)
	assert.Equal(t, [][]string{
		{"[1–2]", "1"}, {"[1–2]", "1"}, {"[3–4]", "2"}, {"[3–4]", "2"}, {"*", "[7–8]"}, {"*", "[7–8]"}, {"*", "[20–21]"}, {"*", "[20–21]"}, {"*", "*"}, {"*", "*"},
	}, rowsOf(r.Table))
	assert.InDelta(t, (4*(0.25/2)+4*(1+0.05)/2+2)/10, r.Penalty, 1e-12)
	r.Table = nil
	assert.Equal(t, mondrian.Result{
		Classes: 4, Suppressed: 2, Penalty: r.Penalty, Discernibility: 4*4 + 2*10, AverageSize: 2,
	}, *r)
}

func TestRefused(t *testing.T) {
	t.Parallel()
	k := []mondrian.Model{mondrian.K(2)}
	rows := table(t, column("1", "2", "3")...)
	scaled := func(name string, s mondrian.Scale) mondrian.Config {
		return mondrian.Config{Models: k, Scales: map[string]mondrian.Scale{name: s}}
	}
	of := func(models ...mondrian.Model) mondrian.Config { return mondrian.Config{Models: models} }
	lone, err := anonymity.FromRows(slices.Values([][]string{{"a"}}), anonymity.Column{Name: "digit", Role: anonymity.Sensitive})
	require.NoError(t, err)
	for name, test := range map[string]struct {
		table *anonymity.Table
		c     mondrian.Config
		want  error
	}{
		"no table":                      {nil, of(k...), mondrian.ErrConfig},
		"no model":                      {rows, of(), mondrian.ErrConfig},
		"zero model":                    {rows, of(mondrian.Model{}), mondrian.ErrConfig},
		"k of 0":                        {rows, of(mondrian.K(0)), mondrian.ErrConfig},
		"k below 0":                     {rows, of(mondrian.K(-1)), mondrian.ErrConfig},
		"k beyond what rows there are":  {rows, of(mondrian.K(math.MaxInt)), mondrian.ErrConfig},
		"ℓ of 0":                        {rows, of(mondrian.Distinct("digit", 0)), mondrian.ErrConfig},
		"entropy of 0":                  {rows, of(mondrian.Entropy("digit", 0.9)), mondrian.ErrConfig},
		"entropy that is no number":     {rows, of(mondrian.Entropy("digit", math.NaN())), mondrian.ErrConfig},
		"infinite entropy":              {rows, of(mondrian.Entropy("digit", math.Inf(1))), mondrian.ErrConfig},
		"α of 0":                        {rows, of(mondrian.Alpha("digit", 0)), mondrian.ErrConfig},
		"α above 1":                     {rows, of(mondrian.Alpha("digit", 1.1)), mondrian.ErrConfig},
		"α that is no number":           {rows, of(mondrian.Alpha("digit", math.NaN())), mondrian.ErrConfig},
		"t below 0":                     {rows, of(mondrian.Close("digit", -0.1)), mondrian.ErrConfig},
		"t above 1":                     {rows, of(mondrian.Close("digit", 1.1)), mondrian.ErrConfig},
		"t that is no number":           {rows, of(mondrian.Close("digit", math.NaN())), mondrian.ErrConfig},
		"a model for no column":         {rows, of(mondrian.Distinct("", 2)), mondrian.ErrConfig},
		"a model for another role":      {rows, of(mondrian.Distinct("x", 2)), mondrian.ErrConfig},
		"a scale for no column":         {rows, scaled("y", mondrian.Numeric()), mondrian.ErrConfig},
		"a scale for another role":      {rows, scaled("digit", mondrian.Numeric()), mondrian.ErrConfig},
		"words on numbers":              {table(t, column("1", "two")...), scaled("x", mondrian.Numeric()), mondrian.ErrScale},
		"no number on numbers":          {table(t, column("1", "NaN")...), scaled("x", mondrian.Numeric()), mondrian.ErrScale},
		"infinite on numbers":           {table(t, column("1", "-Inf")...), scaled("x", mondrian.Numeric()), mondrian.ErrScale},
		"too great for a number":        {table(t, column("1", "1e999")...), scaled("x", mondrian.Numeric()), mondrian.ErrScale},
		"not in the order":              {rows, scaled("x", mondrian.Ordered("1", "2")), mondrian.ErrScale},
		"twice in the order":            {rows, scaled("x", mondrian.Ordered("1", "2", "3", "2")), mondrian.ErrScale},
		"no rows":                       {table(t), of(k...), anonymity.ErrEmpty},
		"no quasi-identifier":           {lone, of(mondrian.K(1)), anonymity.ErrColumn},
		"no value at all":               {table(t, column("?", "*")...), of(k...), anonymity.ErrSuppressed},
		"fewer than k":                  {rows, of(mondrian.K(4)), mondrian.ErrUnmet},
		"fewer than ℓ":                  {rows, of(mondrian.Distinct("digit", 3)), mondrian.ErrUnmet},
		"less entropy":                  {rows, of(mondrian.Entropy("digit", 2)), mondrian.ErrUnmet},
		"more of one":                   {rows, of(mondrian.Alpha("digit", 0.66)), mondrian.ErrUnmet},
		"k met by no group":             {table(t, column("1", "2", "?", "*")...), of(mondrian.K(3)), mondrian.ErrUnmet},
		"no sensitive value to be near": {table(t, [2]string{"1", ""}, [2]string{"2", "?"}), of(mondrian.Close("digit", 0.5)), anonymity.ErrEmpty},
		"no distance":                   {table(t, [2]string{"1", "a"}, [2]string{"2", "b"}), of(mondrian.Close("digit", 0.5)), anonymity.ErrDistance},
	} {
		r, err := mondrian.Partition(t.Context(), test.table, test.c)
		assert.ErrorIs(t, err, test.want, name)
		assert.Nil(t, r, name)
	}
	var none context.Context
	_, err = mondrian.Partition(none, rows, of(k...))
	assert.ErrorIs(t, err, mondrian.ErrConfig)
}

// TestLargeTable is large enough for several goroutines, for values that are ranked by sorting, and to be stopped.
func TestLargeTable(t *testing.T) {
	t.Parallel()
	made, err := anonymity.New(anonymity.Column{Name: "x", Role: anonymity.QuasiIdentifier}, anonymity.Column{Name: "y", Role: anonymity.QuasiIdentifier},
		anonymity.Column{Name: "digit", Role: anonymity.Sensitive})
	require.NoError(t, err)
	const rows = 10_000
	for i := range rows {
		require.NoError(t, made.Append(strconv.Itoa(i*7919%rows), strconv.Itoa(i*i%101), strconv.Itoa(i%10)))
	}
	c := mondrian.Config{Models: []mondrian.Model{mondrian.K(5), mondrian.Distinct("digit", 3)}}
	r, err := mondrian.Partition(t.Context(), made, c)
	require.NoError(t, err)
	report, err := r.Table.Measure()
	require.NoError(t, err)
	assert.GreaterOrEqual(t, report.K, 5)
	assert.GreaterOrEqual(t, report.Sensitive[0].Distinct, 3)
	assert.Equal(t, r.Classes, report.Classes)
	assert.Less(t, r.AverageSize, 15.0)
	outside := 0
	for i, cells := range r.Table.All() {
		if !inside(1, cells[0], strconv.Itoa(i*7919%rows)) || !inside(1, cells[1], strconv.Itoa(i*i%101)) {
			outside++
		}
	}
	assert.Zero(t, outside)
	for range 3 {
		again, err := mondrian.Partition(t.Context(), made, c)
		require.NoError(t, err)
		again.Table = r.Table
		assert.Equal(t, r, again)
	}

	stopped, stop := context.WithCancelCause(t.Context())
	why := errors.New("the office closes")
	stop(why)
	_, err = mondrian.Partition(stopped, made, c)
	assert.ErrorIs(t, err, why)
	for asked := range 60 {
		_, err = mondrian.Partition(&after{Context: stopped, left: int64(asked)}, made, c)
		if err == nil {
			assert.Greater(t, asked, 6) // more often than while publishing
			break
		}
		assert.ErrorIs(t, err, why)
		assert.Less(t, asked, 59)
	}
}

// after is a context that is done once it was asked so many times.
type after struct {
	context.Context
	left int64
}

func (a *after) Err() error {
	if atomic.AddInt64(&a.left, -1) >= 0 {
		return nil
	}
	return a.Context.Err()
}

// TestMedian: it is the same whether the ranks are counted or, where they are far apart, sorted.
func TestMedian(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	for range 500 {
		ranks := make([]uint32, 1+random.IntN(20))
		for i := range ranks {
			ranks[i] = uint32(random.IntN(6)) * []uint32{1, 1000}[len(ranks)%2]
		}
		sorted := slices.Sorted(slices.Values(ranks))
		want := sorted[(len(sorted)-1)/2]
		rank, below, upTo := mondrian.Median(ranks)
		assert.Equal(t, want, rank)
		assert.Equal(t, slices.Index(sorted, want), below)
		assert.Equal(t, want, sorted[upTo-1])
		assert.True(t, upTo == len(sorted) || sorted[upTo] > want)
	}
}

// TestWidestFirst: the column is cut on whose scale the rows are farthest apart, not that with more values.
func TestWidestFirst(t *testing.T) {
	t.Parallel()
	made, err := anonymity.FromRows(slices.Values([][]string{
		{"1", "0"}, {"2", "100"}, {"3", "0"}, {"4", "100"}, {"90", "50"}, {"91", "50"}, {"92", "49"}, {"93", "51"},
	}), anonymity.Column{Name: "x", Role: anonymity.QuasiIdentifier}, anonymity.Column{Name: "y", Role: anonymity.QuasiIdentifier})
	require.NoError(t, err)
	r, err := mondrian.Partition(t.Context(), made, mondrian.Config{Models: []mondrian.Model{mondrian.K(2)}})
	require.NoError(t, err)
	assert.Equal(t, [][]string{
		{"[1–3]", "0"}, {"[2–4]", "100"}, {"[1–3]", "0"}, {"[2–4]", "100"}, {"[90–91]", "50"}, {"[90–91]", "50"}, {"[92–93]", "[49–51]"}, {"[92–93]", "[49–51]"},
	}, rowsOf(r.Table))
}

// TestTwoSensitiveColumns: both have to meet their models on both sides, whichever fails first.
func TestTwoSensitiveColumns(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		rows [][]string
		want []string
	}{
		"one then two fails": {
			[][]string{{"1", "a", "u"}, {"1", "b", "u"}, {"2", "a", "v"}, {"2", "b", "u"}, {"3", "a", "u"}, {"3", "a", "v"}},
			slices.Repeat([]string{"[1–3]"}, 6),
		},
		"some cuts may be": {
			[][]string{{"1", "a", "u"}, {"2", "a", "v"}, {"3", "b", "u"}, {"4", "b", "u"}, {"5", "a", "v"}, {"6", "b", "w"}, {"7", "a", "u"}, {"8", "b", "v"}},
			[]string{"[1–4]", "[1–4]", "[1–4]", "[1–4]", "[5–6]", "[5–6]", "[7–8]", "[7–8]"},
		},
	} {
		made, err := anonymity.FromRows(slices.Values(test.rows), anonymity.Column{Name: "x", Role: anonymity.QuasiIdentifier},
			anonymity.Column{Name: "one", Role: anonymity.Sensitive}, anonymity.Column{Name: "two", Role: anonymity.Sensitive})
		require.NoError(t, err, name)
		r, err := mondrian.Partition(t.Context(), made, mondrian.Config{Models: []mondrian.Model{
			mondrian.Distinct("one", 2), mondrian.Distinct("two", 2),
		}})
		require.NoError(t, err, name)
		var got []string
		for _, cells := range r.Table.All() {
			got = append(got, cells[0])
		}
		assert.Equal(t, test.want, got, name)
	}
}

// TestSensitiveGaps: a part without any sensitive value says nothing.
func TestSensitiveGaps(t *testing.T) {
	t.Parallel()
	rows := table(t, [2]string{"1", ""}, [2]string{"2", "?"}, [2]string{"3", "0"}, [2]string{"4", "1"})
	r, err := mondrian.Partition(t.Context(), rows, mondrian.Config{Models: []mondrian.Model{
		mondrian.K(2), mondrian.Distinct("digit", 2), mondrian.Entropy("digit", 2), mondrian.Alpha("digit", 0.5), mondrian.Close("digit", 0),
	}})
	require.NoError(t, err)
	assert.Equal(t, [][]string{{"", "[1–2]", ""}, {"", "[1–2]", ""}, {"", "[3–4]", "0"}, {"", "[3–4]", "1"}}, rowsOf(r.Table))
}

// TestNothingMadeIsMissing: a text that says in the given table that a value is missing is a value where it is made here.
func TestNothingMadeIsMissing(t *testing.T) {
	t.Parallel()
	made, err := anonymity.FromRows(slices.Values([][]string{{"1"}, {"2"}}),
		anonymity.Column{Name: "x", Role: anonymity.QuasiIdentifier, Missing: []string{"[1–2]"}})
	require.NoError(t, err)
	r, err := mondrian.Partition(t.Context(), made, mondrian.Config{Models: []mondrian.Model{mondrian.K(2)}})
	require.NoError(t, err)
	assert.Equal(t, [][]string{{"[1–2]"}, {"[1–2]"}}, rowsOf(r.Table))
}

// TestPenaltyOfTheWholeRange: a range that a float64 cannot hold is still one.
func TestPenaltyOfTheWholeRange(t *testing.T) {
	t.Parallel()
	rows := table(t, column("-1.7e308", "1.7e308", "0", "1.7e308")...)
	r, err := mondrian.Partition(t.Context(), rows, mondrian.Config{Models: []mondrian.Model{mondrian.K(2)}})
	require.NoError(t, err)
	assert.InDelta(t, 0.25, r.Penalty, 1e-12) // two rows have half the range
}
