package lattice_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/anonymity"
	"github.com/purposebound/purposebound/redact/anonymity/hierarchy"
	"github.com/purposebound/purposebound/redact/anonymity/lattice"
)

// sample is a small table with hierarchies, in which everything happens: rare values, absent ones, classes of one.
type sample struct {
	rows    [][]string // three quasi-identifiers and two sensitive columns
	persons []uint32   // whom the rows are about; nil: rows are counted
	config  lattice.Config
	name    string // of models and metric
}

var sampleColumns = []anonymity.Column{
	{Name: "a", Role: anonymity.QuasiIdentifier},
	{Name: "b", Role: anonymity.QuasiIdentifier},
	{Name: "c", Role: anonymity.QuasiIdentifier},
	{Name: "illness", Role: anonymity.Sensitive},
	{Name: "income", Role: anonymity.Sensitive},
}

var illnesses = [][]string{{"flu", "lung", "any"}, {"asthma", "lung", "any"}, {"ulcer", "gut", "any"}, {"colic", "gut", "any"}, {"eczema", "skin", "any"}}

var metrics = []lattice.Metric{
	lattice.Height(), lattice.Precision(), lattice.MeanShares(), lattice.GeometricShares(), lattice.GreatestShares(), lattice.RankedShares(), lattice.Discernibility(),
	lattice.ClassDiscernibility(), lattice.ClassSize(), lattice.NonUniformEntropy(), lattice.GeneralisationEntropy(), lattice.Ambiguity(),
	lattice.Precision().Weighted(0.1), lattice.GeometricShares().Weighted(0), lattice.RankedShares().Weighted(0.8), lattice.MeanShares().Weighted(1), lattice.GreatestShares().Weighted(0.3),
}

// paths are of the hierarchies of a, b and c; each value may be renamed.
func paths(rename func(string) string) (a, b, c [][]string) {
	for v := range 8 {
		a = append(a, []string{rename(fmt.Sprint("a", v)), fmt.Sprint("a", v/2*2, "+"), fmt.Sprint("a", v/4*4, "++"), "*"})
	}
	for v := range 6 {
		b = append(b, []string{rename(fmt.Sprint("b", v)), []string{"low", "low", "low", "mid", "high", "high"}[v], "*"})
	}
	for v := range 3 {
		c = append(c, []string{rename(fmt.Sprint("c", v)), "*"})
	}
	return a, b, c
}

func hierarchies(rename func(string) string) map[string]*hierarchy.Hierarchy {
	all := map[string]*hierarchy.Hierarchy{}
	a, b, c := paths(rename)
	for name, p := range map[string][][]string{"a": a, "b": b, "c": c} {
		h, err := hierarchy.Paths(p)
		if err != nil {
			panic(err)
		}
		all[name] = h
	}
	return all
}

func same(text string) string { return text }

// newSample makes one from a seed.
func newSample(seed uint64, complete bool) sample {
	random := rand.New(rand.NewPCG(seed, 7))
	var s sample
	most := 1 + random.IntN(8)
	for range 4 + random.IntN(60) {
		row := []string{
			fmt.Sprint("a", random.IntN(most)), fmt.Sprint("b", min(random.IntN(6), random.IntN(6))), fmt.Sprint("c", random.IntN(3)),
			illnesses[min(random.IntN(5), random.IntN(5))][0], fmt.Sprint(10 * random.IntN(6)),
		}
		if !complete {
			for i := range row {
				switch random.IntN(40) {
				case 0:
					row[i] = ""
				case 1:
					row[i] = anonymity.Suppressed
				}
			}
		}
		s.rows = append(s.rows, row)
	}
	s.rows[0][3], s.rows[0][4] = "flu", "20"
	tree, err := hierarchy.Paths(illnesses)
	if err != nil {
		panic(err)
	}
	t := float64(random.IntN(50)+10) / 100
	models := []lattice.Model{
		lattice.K(2 + random.IntN(4)), lattice.Distinct("illness", 2+random.IntN(2)), lattice.EntropyDiversity("illness", 1.5+random.Float64()),
		lattice.Recursive("illness", 1+2*random.Float64(), 2), lattice.Closeness("illness", t), lattice.NumericCloseness("income", t),
		lattice.OrderedCloseness("income", t, "50", "40", "30", "20", "10", "0"), lattice.HierarchicalCloseness("illness", t, tree),
		lattice.BetaLikeness("illness", 0.5+2*random.Float64()), lattice.EnhancedBetaLikeness("income", 0.5+3*random.Float64()),
		lattice.DeltaDisclosure("illness", 0.5+2*random.Float64()), lattice.DeltaPresent("income", 0.3+random.Float64()),
	}
	first, second, metric := random.IntN(len(models)), random.IntN(len(models)), random.IntN(len(metrics))
	s.name = fmt.Sprintf("models %d and %d, metric %d, seed %d", first, second, metric, seed)
	s.config = lattice.Config{
		Hierarchies: hierarchies(same), Models: []lattice.Model{models[first], models[second]},
		Suppress: []float64{0, 0, 0.1, 0.3, 1}[random.IntN(5)], Loss: metrics[metric], Workers: 1 + random.IntN(3),
	}
	return s
}

// breaking reports whether the models cannot be had locally.
func (s sample) breaking() bool {
	return slices.ContainsFunc(lattice.Bounds(s.config.Models), s.breaks)
}

// breaks reports whether classes that agree may break a model together.
func (s sample) breaks(b lattice.Bound) bool {
	return b.Breaking() || s.persons != nil && b.Column != ""
}

func (s sample) table() *anonymity.Table {
	table, err := anonymity.FromRows(slices.Values(s.rows), sampleColumns...)
	if err == nil && s.persons != nil {
		table, err = table.ByPersons(s.persons)
	}
	if err != nil {
		panic(err)
	}
	return table
}

// nodes looks at every node.
func nodes(l *lattice.Lattice) (all []lattice.Node) {
	heights := l.Heights()
	for at := range l.Nodes() {
		levels := make([]int, len(heights))
		for q := len(heights) - 1; q >= 0; q-- {
			levels[q] = at % (heights[q] + 1)
			at /= heights[q] + 1
		}
		node, err := l.Node(levels...)
		if err != nil {
			panic(err)
		}
		all = append(all, node)
	}
	return all
}

func sum(levels []int) (n int) {
	for _, level := range levels {
		n += level
	}
	return n
}

// parameters let a property have so many cases.
func parameters(cases int) *gopter.TestParameters {
	p := gopter.DefaultTestParameters()
	p.MinSuccessfulTests = cases
	return p
}

func TestLaws(t *testing.T) {
	t.Parallel()
	laws := gopter.NewProperties(parameters(100))
	seeds := gen.UInt64()
	laws.Property("the optimum is the best of all feasible nodes, and the first of those in order", prop.ForAll(func(seed uint64) string { return bestOfAll(newSample(seed, seed%3 > 0)) }, seeds))
	laws.Property("what comes out satisfies the models when measured, local or not", prop.ForAll(func(seed uint64, local bool) string { return satisfiesMeasured(newSample(seed, seed%3 > 0), local) }, seeds, gen.Bool()))
	laws.Property("the order of rows and the names of values do not matter", prop.ForAll(func(seed uint64) string {
		s := newSample(seed, true)
		one, err1 := lattice.Search(context.Background(), s.table(), s.config)
		random := rand.New(rand.NewPCG(seed, 8))
		rename := func(text string) string { return fmt.Sprint("renamed ", 100-int(text[1]-'0'), text[:1]) }
		var rows [][]string
		for _, at := range random.Perm(len(s.rows)) {
			row := slices.Clone(s.rows[at])
			for i := range 3 {
				row[i] = rename(row[i])
			}
			rows = append(rows, row)
		}
		s.rows, s.config.Hierarchies, s.config.Workers = rows, hierarchies(rename), 2
		two, err2 := lattice.Search(context.Background(), s.table(), s.config)
		if err1 != nil || err2 != nil {
			if errors.Is(err1, lattice.ErrNone) && errors.Is(err2, lattice.ErrNone) {
				return ""
			}
			return fmt.Sprint(s.name, err1, err2)
		}
		if !slices.Equal(one.Levels, two.Levels) || one.Suppressed != two.Suppressed || one.Loss.Compare(two.Loss) != 0 {
			return fmt.Sprint(s.name, ": ", one.Levels, one.Loss, " became ", two.Levels, two.Loss)
		}
		return ""
	}, seeds))
	laws.Property("local generalisation loses no more rows, and ends", prop.ForAll(func(seed uint64) string {
		s := newSample(seed, seed%2 > 0)
		whole, err := lattice.Search(context.Background(), s.table(), s.config)
		if err != nil {
			return ""
		}
		s.config.Local = !s.breaking()
		local, err := lattice.Search(context.Background(), s.table(), s.config)
		if err != nil {
			return s.name + ": " + err.Error()
		}
		rows := local.Suppressed
		for _, round := range local.Rounds {
			rows += round.Rows
		}
		if local.Suppressed > whole.Suppressed || rows != len(s.rows) || !slices.Equal(whole.Levels, local.Rounds[0].Levels) {
			return fmt.Sprint(s.name, ": ", whole, local)
		}
		return ""
	}, seeds))
	laws.Property("classes and suppressed rows are those of the definition", prop.ForAll(func(seed uint64) string {
		s := newSample(seed, true)
		k := 2 + int(seed%3)
		s.config.Models = []lattice.Model{lattice.K(k)}
		l, err := lattice.New(s.table(), s.config)
		if err != nil {
			return err.Error()
		}
		for _, node := range nodes(l) {
			sizes := map[string]int{}
			for _, row := range s.rows {
				sizes[key(s.config, node.Levels, row)]++
			}
			suppressed, kept := 0, 0
			for _, size := range sizes {
				if size < k {
					suppressed += size
				} else {
					kept++
				}
			}
			feasible := float64(suppressed) <= s.config.Suppress*float64(len(s.rows))+1e-9
			if node.Suppressed != suppressed || node.Classes != len(sizes) || node.Kept != kept || node.Feasible != feasible {
				return fmt.Sprint(s.name, ": ", node, " has ", suppressed, kept, len(sizes))
			}
		}
		return ""
	}, seeds))
	laws.Property("a class stays if by package anonymity it satisfies the models, and only then", prop.ForAll(func(seed uint64) string { return staysIfSatisfied(newSample(seed, true), seed) }, seeds))
	laws.TestingRun(t)
}

// bestOfAll compares a search with looking at every node.
func bestOfAll(s sample) string {
	l, err := lattice.New(s.table(), s.config)
	if err != nil {
		return err.Error()
	}
	result, err := l.Search(context.Background())
	var best *lattice.Node
	for _, node := range nodes(l) {
		if node.Feasible && (best == nil || cmp.Or(node.Loss.Compare(best.Loss), cmp.Compare(sum(node.Levels), sum(best.Levels)), slices.Compare(node.Levels, best.Levels)) < 0) {
			best = &node
		}
	}
	switch {
	case best == nil && !errors.Is(err, lattice.ErrNone):
		return fmt.Sprint(s.name, ": nothing is feasible, but ", err)
	case best == nil:
		return ""
	case err != nil:
		return s.name + ": " + err.Error()
	case apart(result.Loss, best.Loss) > 1e-12:
		return fmt.Sprint(s.name, ": ", result.Loss, " is not ", best.Loss)
	case !slices.Equal(result.Levels, best.Levels):
		return fmt.Sprint(s.name, ": ", result.Levels, " are not ", best.Levels)
	case result.Suppressed != best.Suppressed || result.Classes != best.Kept:
		return fmt.Sprint(s.name, ": other rows are suppressed")
	}
	return ""
}

// satisfiesMeasured measures what comes out of a search.
func satisfiesMeasured(s sample, local bool) string {
	s.config.Local = local && !s.breaking()
	result, err := lattice.Search(context.Background(), s.table(), s.config)
	if errors.Is(err, lattice.ErrNone) {
		return ""
	}
	if err != nil {
		return err.Error()
	}
	return measured(s, result)
}

// staysIfSatisfied measures each class of a node.
func staysIfSatisfied(s sample, seed uint64) string {
	s.config.Suppress = 1
	l, err := lattice.New(s.table(), s.config)
	if err != nil {
		return err.Error()
	}
	levels := []int{int(seed % 3), int(seed / 3 % 2), int(seed / 6 % 2)}
	node, err := l.Node(levels...)
	if err != nil {
		return err.Error()
	}
	least, most := 0, 0
	for _, rows := range classesOf(s, levels) {
		if satisfied(s, rows, -1e-9) {
			least++
		}
		if satisfied(s, rows, 1e-9) {
			most++
		}
	}
	if node.Kept < least || node.Kept > most {
		return fmt.Sprint(s.name, ": ", node.Kept, " stay, and not ", least, " to ", most)
	}
	return ""
}

// classesOf returns the numbers of the rows that show the same at levels.
func classesOf(s sample, levels []int) map[string][]int {
	classes := map[string][]int{}
	for i, row := range s.rows {
		at := key(s.config, levels, row)
		classes[at] = append(classes[at], i)
	}
	return classes
}

// satisfied measures a class in a table of which all other rows are suppressed, so that it is compared with the same whole.
func satisfied(s sample, rows []int, slack float64) bool {
	var shown [][]string
	for i, row := range s.rows {
		first := anonymity.Suppressed
		if slices.Contains(rows, i) {
			first = "shown"
		}
		shown = append(shown, []string{first, "*", "*", row[3], row[4]})
	}
	s.rows = shown
	classes, err := s.table().Classes()
	if err != nil {
		panic(err)
	}
	for _, bound := range lattice.Bounds(s.config.Models) {
		if bound.Column == "" {
			if classes.K() < bound.K {
				return false
			}
			continue
		}
		a, err := classes.Attribute(bound.Column)
		if err != nil {
			panic(err)
		}
		if bound.Broken(a, slack) != "" {
			return false
		}
	}
	return true
}

// key is what a row shows at levels.
func key(config lattice.Config, levels []int, row []string) string {
	var b strings.Builder
	for i, name := range []string{"a", "b", "c"} {
		text, err := config.Hierarchies[name].At(row[i], levels[i])
		if err != nil {
			panic(err)
		}
		fmt.Fprintf(&b, "%s|", text)
	}
	return b.String()
}

// measured measures a result with package anonymity, each model by its own method.
func measured(s sample, result *lattice.Result) string {
	table, err := result.Table()
	if err != nil {
		return s.name + ": " + err.Error()
	}
	if table.Rows() != len(s.rows) {
		return s.name + ": rows are missing"
	}
	absent := 0
	for row, cells := range result.All() {
		hidden := cells[0] == anonymity.Suppressed && cells[1] == anonymity.Suppressed && cells[2] == anonymity.Suppressed
		if hidden {
			absent++
		}
		if hidden != slices.Equal(cells[:3], []string{"*", "*", "*"}) || cells[3] != s.rows[row][3] || cells[4] != s.rows[row][4] {
			return s.name + ": other cells changed"
		}
	}
	if absent < result.Suppressed {
		return s.name + ": a suppressed row shows something"
	}
	classes, err := table.Classes()
	if errors.Is(err, anonymity.ErrSuppressed) {
		return ""
	}
	if err != nil {
		return s.name + ": " + err.Error()
	}
	for _, bound := range lattice.Bounds(s.config.Models) {
		if report, err := s.table().Measure(); s.breaks(bound) && (err != nil || report.Partial > 0) {
			continue // classes that agree may break it together
		}
		if bound.Column == "" {
			if classes.K() < bound.K {
				return fmt.Sprint(s.name, ": k is ", classes.K())
			}
			continue
		}
		a, err := classes.Attribute(bound.Column)
		if errors.Is(err, anonymity.ErrEmpty) {
			continue
		}
		if err != nil {
			return s.name + ": " + err.Error()
		}
		if problem := bound.Broken(a, 1e-9); problem != "" {
			return s.name + ": " + problem
		}
	}
	return ""
}

// A local result whose rows lack cells where others show them is still measured as anonymous, at some size.
func TestLocalLarge(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	s := newSample(1, true)
	for range 3000 {
		s.rows = append(s.rows, []string{
			fmt.Sprint("a", min(random.IntN(8), random.IntN(8), random.IntN(8))), fmt.Sprint("b", min(random.IntN(6), random.IntN(6))), fmt.Sprint("c", random.IntN(3)),
			illnesses[min(random.IntN(5), random.IntN(5))][0], fmt.Sprint(10 * random.IntN(6)),
		})
	}
	s.config.Models = []lattice.Model{lattice.K(25), lattice.Closeness("illness", 0.25)}
	s.config.Suppress, s.config.Loss = 0.4, lattice.GeometricShares()
	whole, err := lattice.Search(t.Context(), s.table(), s.config)
	require.NoError(t, err)
	s.config.Local = true
	local, err := lattice.Search(t.Context(), s.table(), s.config)
	require.NoError(t, err)
	require.Empty(t, measured(s, local))
	require.Positive(t, whole.Suppressed)
	require.Less(t, local.Suppressed, whole.Suppressed)
	require.Greater(t, len(local.Rounds), 1)
}
