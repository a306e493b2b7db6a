package hierarchy_test

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/anonymity/hierarchy"
)

// must is for hierarchies whose configuration is right.
func must(t testing.TB) func(h *hierarchy.Hierarchy, err error) *hierarchy.Hierarchy {
	return func(h *hierarchy.Hierarchy, err error) *hierarchy.Hierarchy {
		t.Helper()
		require.NoError(t, err)
		return h
	}
}

func TestPath(t *testing.T) {
	t.Parallel()
	intervals := must(t)(hierarchy.Intervals(5, 10, 20))
	fine := must(t)(hierarchy.Intervals(0.1, 0.5))
	bounded := must(t)(hierarchy.Bounded(18, 90, 5, 15))
	dates := must(t)(hierarchy.Dates(hierarchy.Month, hierarchy.Quarter, hierarchy.Year, hierarchy.FiveYears, hierarchy.Decade, hierarchy.Century))
	right := must(t)(hierarchy.MaskRight(4))
	left := must(t)(hierarchy.MaskLeft(3))
	for name, c := range map[string]struct {
		h     *hierarchy.Hierarchy
		value string
		path  string // levels from 1, parted by spaces; empty: ErrValue
	}{
		"interval":               {intervals, "47", "[45,50) [40,50) [40,60) *"},
		"interval at its bound":  {intervals, "40", "[40,45) [40,50) [40,60) *"},
		"below zero":             {intervals, "-1", "[-5,0) [-10,0) [-20,0) *"},
		"fraction":               {intervals, "44.999", "[40,45) [40,50) [40,60) *"},
		"exponent":               {intervals, "1e2", "[100,105) [100,110) [100,120) *"},
		"rounding":               {fine, "0.3", "[0.3,0.4) [0,0.5) *"},
		"rounding below":         {fine, "0.29", "[0.2,0.3) [0,0.5) *"},
		"minus zero":             {fine, "-0", "[0,0.1) [0,0.5) *"},
		"no number":              {intervals, "forty", ""},
		"not a number":           {intervals, "NaN", ""},
		"infinite":               {intervals, "Inf", ""},
		"absent":                 {intervals, "", ""},
		"too far":                {intervals, "1e300", ""},
		"below the bounds":       {bounded, "17.9", "<18 <18 *"},
		"at the lower bound":     {bounded, "18", "[18,23) [18,33) *"},
		"cut at the upper bound": {bounded, "89", "[88,90) [78,90) *"},
		"at the upper bound":     {bounded, "90", "≥90 ≥90 *"},
		"far beyond the bounds":  {bounded, "1e300", "≥90 ≥90 *"},
		"date":                   {dates, "1987-11-05", "1987-11 1987-Q4 1987 1985-1989 1980-1989 1900-1999 *"},
		"leap day":               {dates, "2024-02-29", "2024-02 2024-Q1 2024 2020-2024 2020-2029 2000-2099 *"},
		"no leap day":            {dates, "2023-02-29", ""},
		"year zero":              {dates, "0000-01-01", ""},
		"other format":           {dates, "5.11.1987", ""},
		"postal code":            {hierarchy.CanadianPostal(), "h2x1y4", "H2X H *"},
		"no postal code":         {hierarchy.CanadianPostal(), "90210", ""},
		"mask":                   {right, "4711", "471* 47** 4*** *"},
		"short":                  {right, "47", "47** 47** 4*** *"},
		"letters":                {right, "éàü", "éàü* éà** é*** *"},
		"long":                   {right, "47111", ""},
		"no text":                {right, "\xff", ""},
		"mask from the left":     {left, "471", "*71 **1 *"},
		"short from the left":    {left, "1", "**1 **1 *"},
		"nil":                    {nil, "x", ""},
		"zero":                   {new(hierarchy.Hierarchy), "x", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path, err := c.h.Path(c.value)
			if c.path == "" {
				require.ErrorIs(t, err, hierarchy.ErrValue)
				assert.NotContains(t, err.Error(), "forty", "an error has no value")
				return
			}
			require.NoError(t, err)
			assert.Equal(t, append([]string{c.value}, strings.Split(c.path, " ")...), path)
			assert.Equal(t, c.h.Height(), len(path)-1)
			for level, text := range path {
				at, err := c.h.At(c.value, level)
				require.NoError(t, err)
				assert.Equal(t, text, at)
			}
			for _, level := range []int{-1, len(path)} {
				_, err := c.h.At(c.value, level)
				assert.ErrorIs(t, err, hierarchy.ErrLevel)
			}
		})
	}
}

func TestConfiguration(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		make func() (*hierarchy.Hierarchy, error)
		want error
	}{
		"no widths":                     {func() (*hierarchy.Hierarchy, error) { return hierarchy.Intervals() }, hierarchy.ErrEmpty},
		"width zero":                    {func() (*hierarchy.Hierarchy, error) { return hierarchy.Intervals(0) }, hierarchy.ErrWidth},
		"width NaN":                     {func() (*hierarchy.Hierarchy, error) { return hierarchy.Intervals(math.NaN()) }, hierarchy.ErrWidth},
		"width infinite":                {func() (*hierarchy.Hierarchy, error) { return hierarchy.Intervals(1, math.Inf(1)) }, hierarchy.ErrWidth},
		"no multiple":                   {func() (*hierarchy.Hierarchy, error) { return hierarchy.Intervals(5, 12) }, hierarchy.ErrWidth},
		"no multiple of the one before": {func() (*hierarchy.Hierarchy, error) { return hierarchy.Intervals(5, 10, 15) }, hierarchy.ErrWidth},
		"finer":                         {func() (*hierarchy.Hierarchy, error) { return hierarchy.Intervals(10, 5) }, hierarchy.ErrWidth},
		"bounds swapped":                {func() (*hierarchy.Hierarchy, error) { return hierarchy.Bounded(90, 18, 5) }, hierarchy.ErrWidth},
		"bound infinite":                {func() (*hierarchy.Hierarchy, error) { return hierarchy.Bounded(math.Inf(-1), 18, 5) }, hierarchy.ErrWidth},
		"bound NaN":                     {func() (*hierarchy.Hierarchy, error) { return hierarchy.Bounded(0, math.NaN(), 5) }, hierarchy.ErrWidth},
		"no units":                      {func() (*hierarchy.Hierarchy, error) { return hierarchy.Dates() }, hierarchy.ErrEmpty},
		"unit zero":                     {func() (*hierarchy.Hierarchy, error) { return hierarchy.Dates(0) }, hierarchy.ErrWidth},
		"units unordered":               {func() (*hierarchy.Hierarchy, error) { return hierarchy.Dates(hierarchy.Year, hierarchy.Month) }, hierarchy.ErrWidth},
		"unit unknown":                  {func() (*hierarchy.Hierarchy, error) { return hierarchy.Dates(hierarchy.Century + 1) }, hierarchy.ErrWidth},
		"no length":                     {func() (*hierarchy.Hierarchy, error) { return hierarchy.MaskRight(0) }, hierarchy.ErrWidth},
		"length too great":              {func() (*hierarchy.Hierarchy, error) { return hierarchy.MaskLeft(65) }, hierarchy.ErrWidth},
		"no paths":                      {func() (*hierarchy.Hierarchy, error) { return hierarchy.Paths(nil) }, hierarchy.ErrEmpty},
		"empty path":                    {func() (*hierarchy.Hierarchy, error) { return hierarchy.Paths([][]string{{}}) }, hierarchy.ErrEmpty},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, err := c.make()
			require.ErrorIs(t, err, c.want)
			assert.Nil(t, h)
		})
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text  string
		comma rune
		want  error
	}{
		"plain":               {"a;x;*\nb;x;*\nc;y;*\n", 0, nil},
		"no line end":         {"a;x;*", 0, nil},
		"blank lines":         {"\na;x;*\n\n", 0, nil},
		"byte order mark":     {"\ufeffa;x;*\n", 0, nil},
		"quoted":              {"\"a\";\"x;y\";*\n", 0, nil},
		"commas":              {"a,x,*\n", ',', nil},
		"same line twice":     {"a;x;*\na;x;*\n", 0, nil},
		"only values":         {"a\nb\n", 0, nil},
		"empty":               {"", 0, hierarchy.ErrEmpty},
		"ragged":              {"a;x;*\nb;x\n", 0, hierarchy.ErrRagged},
		"twice":               {"a;x;*\na;y;*\n", 0, hierarchy.ErrTwice},
		"does not nest":       {"a;x;p\nb;x;q\n", 0, hierarchy.ErrNested},
		"does not nest later": {"a;x;p;*\nb;y;p;*\nc;y;q;*\n", 0, hierarchy.ErrNested},
		"open quotation mark": {"a;\"x;*\n", 0, hierarchy.ErrCSV},
		"bare quotation mark": {"a;x\"y;*\n", 0, hierarchy.ErrCSV},
		"no separator":        {"a;x;*\n", '"', hierarchy.ErrCSV},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, err := hierarchy.Read(strings.NewReader(c.text), c.comma)
			if c.want != nil {
				require.ErrorIs(t, err, c.want)
				assert.Nil(t, h)
				return
			}
			require.NoError(t, err)
			path, err := h.Path("a")
			require.NoError(t, err)
			assert.Equal(t, h.Height(), len(path)-1)
			assert.Contains(t, h.Values(), "a")
		})
	}
	broken := errors.New("broken")
	_, err := hierarchy.Read(iotest.ErrReader(broken), 0)
	require.ErrorIs(t, err, broken)
}

// What is given is copied, and what is returned may be changed.
func TestCopies(t *testing.T) {
	t.Parallel()
	paths := [][]string{{"a", "x"}, {"b", "x"}}
	h := must(t)(hierarchy.Paths(paths))
	paths[0][1] = "changed"
	path, err := h.Path("a")
	require.NoError(t, err)
	path[1] = "changed"
	h.Values()[0] = "changed"
	at, err := h.At("a", 1)
	require.NoError(t, err)
	assert.Equal(t, "x", at)
	assert.Equal(t, []string{"a", "b"}, h.Values())
}

// Whatever two values are, once they are the same text they stay so; and a number is in its interval.
func TestLaws(t *testing.T) {
	t.Parallel()
	intervals := must(t)(hierarchy.Intervals(0.1, 0.5, 2.5))
	bounded := must(t)(hierarchy.Bounded(-3.5, 40.25, 0.25, 1, 4))
	dates := must(t)(hierarchy.Dates(hierarchy.Month, hierarchy.Quarter, hierarchy.FiveYears, hierarchy.Century))
	right, left := must(t)(hierarchy.MaskRight(5)), must(t)(hierarchy.MaskLeft(5))
	nested := func(h *hierarchy.Hierarchy) func(x, y string) bool {
		return func(x, y string) bool {
			p, err := h.Path(x)
			if err != nil {
				return errors.Is(err, hierarchy.ErrValue)
			}
			q, err := h.Path(y)
			if err != nil {
				return errors.Is(err, hierarchy.ErrValue)
			}
			for level := 1; level < len(p); level++ {
				if p[level-1] == q[level-1] && p[level] != q[level] {
					return false
				}
			}
			return p[len(p)-1] == hierarchy.Top && q[len(q)-1] == hierarchy.Top
		}
	}
	number := gen.OneGenOf(gen.Float64Range(-60, 60), gen.IntRange(-600, 600).Map(func(n int) float64 { return float64(n) / 10 })).
		Map(func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) })
	date := gen.RegexMatch("19[5-9][0-9]-(0[1-9]|1[0-2])-[0-2][1-9]")
	text := gen.RegexMatch(`[ab*]{0,5}`)
	laws := gopter.NewProperties(nil)
	laws.Property("intervals nest", prop.ForAll(nested(intervals), number, number))
	laws.Property("bounded intervals nest", prop.ForAll(nested(bounded), number, number))
	laws.Property("dates nest", prop.ForAll(nested(dates), date, date))
	laws.Property("masks nest", prop.ForAll(func(x, y string) bool { return nested(right)(x, y) && nested(left)(x, y) }, text, text))
	laws.Property("a number is in its intervals", prop.ForAll(func(value string) bool {
		x, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return false
		}
		path, err := intervals.Path(value)
		if err != nil {
			return false
		}
		for _, text := range path[1 : len(path)-1] {
			low, high, _ := strings.Cut(strings.Trim(text, "[)"), ",")
			from, err1 := strconv.ParseFloat(low, 64)
			to, err2 := strconv.ParseFloat(high, 64)
			if err1 != nil || err2 != nil || x < from || x >= to {
				return false
			}
		}
		return true
	}, number))
	laws.TestingRun(t)
}

// What is read nests, and no file makes it panic.
func FuzzRead(f *testing.F) {
	for _, text := range []string{"a;x;*\nb;x;*\n", "\ufeffa;x", "\"a;b\";c\n", "a\n\n;\n", "a;x;p\nb;x;q\n", ";;\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		h, err := hierarchy.Read(strings.NewReader(text), 0)
		if err != nil {
			return
		}
		known := map[[2]string]string{}
		for _, value := range h.Values() {
			path, err := h.Path(value)
			require.NoError(t, err)
			require.Len(t, path, h.Height()+1)
			require.Equal(t, value, path[0])
			for level := 1; level < len(path); level++ {
				key := [2]string{strconv.Itoa(level), path[level-1]}
				if before, ok := known[key]; ok {
					require.Equal(t, before, path[level])
				}
				known[key] = path[level]
			}
		}
	})
}
