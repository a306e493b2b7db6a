package lattice

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/purposebound/purposebound/redact/anonymity"
)

// attribute is a sensitive column that models name.
type attribute struct {
	name    string
	codes   []uint32 // by row; of a person with a value, if people are counted
	texts   []string // by value, which is the code less valueCode, if rows are counted
	total   []int64  // by value, rows of the table, or people who have it
	rows    int64    // all of these
	people  int64    // people who have a value; rows, if these are counted
	absent  bool     // some rows have none
	least   int      // values that a class needs, which it does not lose in a union if absent is false and rows are counted
	present int      // values that a class needs, even if everybody in it has one of them
	tests   []test
	having  []having // by code less valueCode, if people are counted
}

// having is a person with a value.
type having struct{ person, value int32 }

// test reports whether a class satisfies a model, by the values that it has and how many rows, or people, have each, in any order; together they are n, above 0, of
// so many people. It may order pairs otherwise.
type test func(s *scratch, pairs []pair, n, people int64) bool

type pair struct{ value, rows int32 }

// crowd is the attribute that people themselves are, of whom a class needs k.
func crowd(persons []uint32, k int) *attribute {
	a := &attribute{codes: persons, rows: int64(len(persons)), least: k, present: 1}
	for row := range persons {
		persons[row] += valueCode
	}
	return a
}

// byPerson puts persons with values in the place of values.
func (a *attribute) byPerson(persons []uint32) {
	known := map[having]uint32{}
	all := map[uint32]bool{}
	clear(a.total)
	a.rows = 0
	for row, code := range a.codes {
		if code < valueCode {
			continue
		}
		h := having{int32(persons[row]), int32(code - valueCode)}
		number, ok := known[h]
		if !ok {
			number = uint32(len(a.having))
			known[h] = number
			a.having = append(a.having, h)
			a.total[h.value]++
			a.rows++
		}
		a.codes[row] = number + valueCode
		all[persons[row]] = true
	}
	a.people = int64(len(all))
}

func newAttribute(name string, table *anonymity.Table) (*attribute, error) {
	sensitive := slices.ContainsFunc(table.Columns(), func(c anonymity.Column) bool { return c.Name == name && c.Role == anonymity.Sensitive })
	codes, texts, err := table.Coded(name)
	if err != nil || !sensitive {
		return nil, fmt.Errorf("%w: %q is no sensitive column", errors.Join(ErrModel, anonymity.ErrColumn), name)
	}
	a := &attribute{name: name, codes: codes, texts: texts[valueCode:], least: 1, present: 1}
	a.total = make([]int64, len(a.texts))
	for _, code := range codes {
		if code < valueCode {
			a.absent = true
			continue
		}
		a.total[code-valueCode]++
		a.rows++
	}
	if a.rows == 0 {
		return nil, fmt.Errorf("%w: %q has no value", errors.Join(ErrModel, anonymity.ErrEmpty), name)
	}
	a.people = a.rows
	if persons := table.Persons(); persons != nil {
		a.byPerson(persons)
	}
	return a, nil
}

// require adds a model.
func (a *attribute) require(m Model) error {
	switch m.kind {
	case distinct:
		a.least = max(a.least, m.k)
	case entropic:
		a.least = max(a.least, int(min(math.Ceil(m.bound*(1-1e-12)), math.MaxInt32)))
		a.tests = append(a.tests, entropyTest(m.bound))
	case recursive:
		a.least = max(a.least, m.k)
		a.tests = append(a.tests, recursiveTest(m.bound, m.k))
	case equal:
		a.tests = append(a.tests, a.equalTest(m.bound))
	case numeric, ordered:
		ranks, err := a.ranks(m)
		if err != nil {
			return err
		}
		return a.add(a.rankedTest(m.bound, ranks))
	case hierarchical:
		t, err := a.tree(m.tree)
		if err != nil {
			return err
		}
		return a.add(t.test(m.bound))
	case basicBeta, enhancedBeta:
		a.tests = append(a.tests, a.betaTest(m.bound, m.kind == enhancedBeta))
	case delta:
		a.present = max(a.present, len(a.total))
		a.tests = append(a.tests, a.deltaTest(m.bound))
	case deltaPresent:
		a.tests = append(a.tests, a.deltaTest(m.bound))
	}
	return nil
}

func (a *attribute) add(t test, fits bool) error {
	if !fits {
		return ErrSize
	}
	a.tests = append(a.tests, t)
	return nil
}

// exact reports whether sums over so many steps of products of two numbers of rows fit into 63 bits.
func (a *attribute) exact(steps int) bool {
	return float64(a.rows)*float64(a.rows)*float64(max(1, steps)) < 1<<62
}

func entropyTest(l float64) test {
	least := math.Log(l)
	return func(_ *scratch, pairs []pair, n, _ int64) bool {
		slices.SortFunc(pairs, func(x, y pair) int { return cmp.Compare(x.rows, y.rows) }) // the sum must not depend on their order
		var sum float64
		for _, p := range pairs {
			sum += float64(p.rows) * math.Log(float64(p.rows))
		}
		return math.Log(float64(n))-sum/float64(n) >= least-1e-12
	}
}

func recursiveTest(c float64, l int) test {
	return func(_ *scratch, pairs []pair, _, _ int64) bool {
		if len(pairs) < l {
			return false
		}
		slices.SortFunc(pairs, func(x, y pair) int { return cmp.Compare(y.rows, x.rows) })
		var tail int64
		for _, p := range pairs[l-1:] {
			tail += int64(p.rows)
		}
		return float64(pairs[0].rows) < c*float64(tail)
	}
}

// The distances below are whole numbers: shares times the rows of the class and of the table.

func (a *attribute) equalTest(t float64) test {
	return func(_ *scratch, pairs []pair, n, _ int64) bool {
		var moved int64
		for _, p := range pairs {
			moved += max(0, int64(p.rows)*a.rows-a.total[p.value]*n)
		}
		return float64(moved) <= t*float64(n*a.rows)
	}
}

// ranks says where each value stands among those of the table, from 0.
func (a *attribute) ranks(m Model) ([]int32, error) {
	places := make([]float64, len(a.texts))
	order := map[string]int{}
	for i, text := range m.order {
		if _, twice := order[text]; twice {
			return nil, fmt.Errorf("%w: order of %q", errors.Join(ErrModel, anonymity.ErrDistance), a.name)
		}
		order[text] = i
	}
	for value, text := range a.texts {
		place, ok := order[text]
		places[value] = float64(place)
		if m.kind == numeric {
			number, err := strconv.ParseFloat(text, 64)
			ok = err == nil && !math.IsNaN(number) && !math.IsInf(number, 0)
			places[value] = number
		}
		if !ok {
			return nil, fmt.Errorf("%w: values of %q", errors.Join(ErrModel, anonymity.ErrDistance), a.name)
		}
	}
	sorted := slices.Clone(places)
	slices.Sort(sorted)
	sorted = slices.Compact(sorted)
	ranks := make([]int32, len(places))
	for value, place := range places {
		rank, _ := slices.BinarySearch(sorted, place)
		ranks[value] = int32(rank)
	}
	return ranks, nil
}

// rankedTest bounds the sum over the ranks of how far the shares up to there of class and table are apart. Between two values of a class the former is constant, so
// the sum there takes one search.
func (a *attribute) rankedTest(t float64, ranks []int32) (test, bool) {
	m := int(slices.Max(ranks)) + 1
	upTo, sums := make([]int64, m), make([]int64, m+1)
	for value, n := range a.total {
		upTo[ranks[value]] += n
	}
	for rank := range m {
		if rank > 0 {
			upTo[rank] += upTo[rank-1]
		}
		sums[rank+1] = sums[rank] + upTo[rank]
	}
	return func(_ *scratch, pairs []pair, n, _ int64) bool {
		slices.SortFunc(pairs, func(x, y pair) int { return cmp.Compare(ranks[x.value], ranks[y.value]) })
		var work, before int64
		from := 0
		between := func(to int) {
			share := before * a.rows
			above, _ := slices.BinarySearchFunc(upTo[from:to], share, func(rows, share int64) int { return cmp.Compare(rows*n, share) })
			above += from
			work += share*int64(above-from) - (sums[above]-sums[from])*n + (sums[to]-sums[above])*n - share*int64(to-above)
			from = to
		}
		for _, p := range pairs {
			between(int(ranks[p.value]))
			before += int64(p.rows)
		}
		between(m)
		return float64(work) <= t*float64(n*a.rows)*float64(m-1)
	}, a.exact(m)
}

func (a *attribute) betaTest(beta float64, enhanced bool) test {
	most := make([]float64, len(a.total)) // by value, its greatest share of a class
	for value, n := range a.total {
		p := float64(n) / float64(a.people)
		gain := beta
		if enhanced {
			gain = min(gain, -math.Log(p))
		}
		most[value] = gain
	}
	return func(_ *scratch, pairs []pair, _, people int64) bool {
		for _, pair := range pairs {
			q, p := float64(pair.rows)/float64(people), float64(a.total[pair.value])/float64(a.people)
			if q > p && (q-p)/p > most[pair.value] {
				return false
			}
		}
		return true
	}
}

func (a *attribute) deltaTest(d float64) test {
	return func(_ *scratch, pairs []pair, _, people int64) bool {
		for _, pair := range pairs {
			q, p := float64(pair.rows)/float64(people), float64(a.total[pair.value])/float64(a.people)
			if math.Abs(math.Log(q/p)) >= d {
				return false
			}
		}
		return true
	}
}
