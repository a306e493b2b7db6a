package anonymity_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/anonymity"
)

const quasi = 3

var tree = [][]string{{"1", "low", "any"}, {"2", "low", "any"}, {"3", "high", "any"}, {"4", "high", "any"}, {"5", "other", "any"}}

// generated makes rows of three quasi-identifiers of few values and a sensitive digit from a seed; one cell in so many of the quasi-identifiers, and of
// the digits, is absent, none for 0.
func generated(seed uint64, gaps int) [][]string {
	random := rand.New(rand.NewPCG(seed, 1))
	rows := make([][]string, 1+random.IntN(40))
	for i := range rows {
		for range quasi {
			cell := string('a' + rune(random.IntN(3)))
			if gaps > 0 && random.IntN(gaps) == 0 {
				cell = []string{anonymity.Suppressed, ""}[random.IntN(2)]
			}
			rows[i] = append(rows[i], cell)
		}
		digit := string('1' + rune(random.IntN(5)))
		if gaps > 0 && random.IntN(4*gaps) == 0 {
			digit = ""
		}
		rows[i] = append(rows[i], digit)
	}
	return rows
}

func measured(rows [][]string, d anonymity.Distance) (anonymity.Report, error) {
	t, err := anonymity.FromRows(slices.Values(rows), columns(quasi, d)...)
	if err != nil {
		return anonymity.Report{}, err
	}
	return t.Measure()
}

// alike compares reports, figures within rounding.
func alike(x, y anonymity.Report) bool {
	same := func(a, b float64) bool { return a == b || math.Abs(a-b) < 1e-11*max(1, math.Abs(a)) }
	ok := x.Rows == y.Rows && x.Suppressed == y.Suppressed && x.Partial == y.Partial && x.Classes == y.Classes && x.K == y.K &&
		same(x.Unique, y.Unique) && same(x.Prosecutor.Highest, y.Prosecutor.Highest) && same(x.Prosecutor.Average, y.Prosecutor.Average) &&
		same(x.Prosecutor.Above, y.Prosecutor.Above) && len(x.Sensitive) == len(y.Sensitive)
	if !ok {
		return false
	}
	for i, s := range x.Sensitive {
		t := y.Sensitive[i]
		ok = ok && s.Name == t.Name && s.Distinct == t.Distinct && same(s.Alpha, t.Alpha) && same(s.Entropy, t.Entropy) && same(s.Recursive, t.Recursive) &&
			same(s.Closeness, t.Closeness) && same(s.Beta, t.Beta) && same(s.EnhancedBeta, t.EnhancedBeta) && same(s.Delta, t.Delta) &&
			same(s.DeltaPresent, t.DeltaPresent)
	}
	return ok
}

func law(t *testing.T, name string, holds func(seed uint64, gaps int) bool) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		parameters := gopter.DefaultTestParameters()
		parameters.MinSuccessfulTests = 400
		properties := gopter.NewProperties(parameters)
		properties.Property(name, prop.ForAll(holds, gen.UInt64(), gen.OneConstOf(0, 2, 6)))
		properties.TestingRun(t)
	})
}

func TestMeasuresAreTheirDefinitions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		d    anonymity.Distance
		work func(values []string, p, q []float64) float64
	}{
		{"equal", anonymity.Distance{}, equalWork},
		{"numeric", anonymity.Numeric(), orderedWork},
		{"ordered", anonymity.Ordered("0", "1", "2", "3", "4", "5"), orderedWork},
		{"hierarchy", anonymity.Hierarchy(tree), treeWork(tree)},
	} {
		law(t, c.name, func(seed uint64, gaps int) bool {
			rows := generated(seed, gaps)
			want, some := reported(rows, c.work)
			got, err := measured(rows, c.d)
			if !some {
				return err != nil
			}
			return err == nil && alike(want, got)
		})
	}
}

func TestLaws(t *testing.T) {
	t.Parallel()
	law(t, "the order of rows does not matter", func(seed uint64, gaps int) bool {
		rows := generated(seed, gaps)
		before, failed := measured(rows, anonymity.Numeric())
		rand.New(rand.NewPCG(seed, 2)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		after, err := measured(rows, anonymity.Numeric())
		return (failed == nil) == (err == nil) && alike(before, after)
	})
	law(t, "the names of values do not matter", func(seed uint64, gaps int) bool {
		rows := generated(seed, gaps)
		before, failed := measured(rows, anonymity.Distance{})
		for _, row := range rows {
			for i, cell := range row {
				if shows(cell) {
					row[i] = "\x00" + string('z'-cell[0]) + ",\"*"
				}
			}
		}
		after, err := measured(rows, anonymity.Distance{})
		return (failed == nil) == (err == nil) && alike(before, after)
	})
	law(t, "merging classes never lowers k", func(seed uint64, _ int) bool {
		rows := generated(seed, 0)
		before, err := measured(rows, anonymity.Distance{})
		if err != nil {
			return false
		}
		for _, row := range rows {
			if column := int(seed % quasi); row[column] == "b" {
				row[column] = "a"
			}
		}
		after, err := measured(rows, anonymity.Distance{})
		return err == nil && after.K >= before.K && after.Prosecutor.Average <= before.Prosecutor.Average+1e-12
	})
	law(t, "suppressed rows are as if they were not there", func(seed uint64, gaps int) bool {
		rows := generated(seed, gaps)
		random := rand.New(rand.NewPCG(seed, 3))
		var rest [][]string
		for _, row := range rows {
			if random.IntN(3) == 0 {
				copy(row, []string{"*", "*", "*", ""})
			} else {
				rest = append(rest, row)
			}
		}
		before, failed := measured(rest, anonymity.Numeric())
		after, err := measured(rows, anonymity.Numeric())
		if failed != nil {
			return err != nil
		}
		before.Rows, before.Suppressed = len(rows), before.Suppressed+len(rows)-len(rest)
		return err == nil && alike(before, after)
	})
	law(t, "suppressing the smallest class never lowers k", func(seed uint64, _ int) bool {
		rows := generated(seed, 0)
		before, err := measured(rows, anonymity.Distance{})
		if err != nil {
			return false
		}
		classes, _ := classesOf(rows)
		for _, class := range classes {
			if len(class) == before.K {
				for _, row := range class {
					copy(rows[row], []string{"*", "*", "*"})
				}
				break
			}
		}
		after, err := measured(rows, anonymity.Distance{})
		if before.Classes == 1 {
			return assert.ErrorIs(t, err, anonymity.ErrSuppressed)
		}
		return err == nil && after.K >= before.K && after.Classes == before.Classes-1
	})
	law(t, "suppressing one cell of a complete table never lowers k", func(seed uint64, _ int) bool {
		rows := generated(seed, 0)
		before, err := measured(rows, anonymity.Distance{})
		if err != nil {
			return false
		}
		rows[seed%uint64(len(rows))][seed%quasi] = anonymity.Suppressed
		after, err := measured(rows, anonymity.Distance{})
		return err == nil && after.K >= before.K
	})
	law(t, "the population of a table that is itself gives its own risks", func(seed uint64, _ int) bool {
		rows := generated(seed, 0)
		table, err := anonymity.FromRows(slices.Values(rows), columns(quasi, anonymity.Distance{})...)
		require.NoError(t, err)
		classes, err := table.Classes()
		require.NoError(t, err)
		c, err := anonymity.Compare(table, table)
		require.NoError(t, err)
		least, greatest := c.Presence()
		return c.KMap() == classes.K() && c.Journalist(0.2) == classes.Prosecutor(0.2) && least == 1 && greatest == 1
	})
	law(t, "a sample stands in its population as one counts", func(seed uint64, gaps int) bool {
		people := generated(seed, 0)
		random := rand.New(rand.NewPCG(seed, 4))
		var sample [][]string
		for _, row := range people {
			if random.IntN(2) == 0 {
				sample = append(sample, slices.Clone(row))
			}
		}
		for _, row := range sample {
			if gaps > 0 && random.IntN(gaps) == 0 {
				row[random.IntN(quasi)] = anonymity.Suppressed
			}
		}
		return stands(sample, people)
	})
}

// stands compares Compare with counting.
func stands(sample, people [][]string) bool {
	ours, err1 := anonymity.FromRows(slices.Values(sample), columns(quasi, anonymity.Distance{})...)
	theirs, err2 := anonymity.FromRows(slices.Values(people), columns(quasi, anonymity.Distance{})...)
	if err1 != nil || err2 != nil {
		return false
	}
	live := make([]bool, quasi)
	for i := range live {
		live[i] = slices.ContainsFunc(sample, func(row []string) bool { return shows(row[i]) })
	}
	agree := func(row, person []string) bool {
		for i := range quasi {
			if shows(row[i]) && row[i] != person[i] {
				return false
			}
		}
		return true
	}
	complete := func(row []string) bool {
		for i := range quasi {
			if live[i] && !shows(row[i]) {
				return false
			}
		}
		return true
	}
	c, err := anonymity.Compare(ours, theirs)
	if !slices.Contains(live, true) {
		return err != nil
	}
	if err != nil {
		return false
	}
	k, sum, counted := math.MaxInt, 0.0, 0
	least, greatest := 1.0, 0.0
	for _, row := range sample {
		if !shows(row[0]) && !shows(row[1]) && !shows(row[2]) {
			continue
		}
		n := 0
		for _, person := range people {
			if agree(row, person) {
				n++
			}
		}
		k, sum, counted = min(k, n), sum+1/float64(n), counted+1
	}
	for _, person := range people {
		same, sure, possible := 0, 0, 0
		for _, other := range people {
			alike := true
			for i := range quasi {
				alike = alike && (!live[i] || person[i] == other[i])
			}
			if alike {
				same++
			}
		}
		for _, row := range sample {
			if agree(row, person) && (shows(row[0]) || shows(row[1]) || shows(row[2])) {
				possible++
				if complete(row) {
					sure++
				}
			}
		}
		least = min(least, float64(sure)/float64(same))
		greatest = max(greatest, min(1, float64(possible)/float64(same)))
	}
	low, high := c.Presence()
	return c.KMap() == k && math.Abs(c.Marketer()-sum/float64(counted)) < 1e-12 && low == least && high == greatest
}
