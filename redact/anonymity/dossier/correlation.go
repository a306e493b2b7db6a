package dossier

import (
	"context"
	"fmt"
	"slices"

	"github.com/purposebound/purposebound/redact/anonymity"
)

// attack is the joining of a table to another.
type attack struct {
	w         *world
	limit     int // fewer than so many are few
	smallCell int
}

// shared returns the columns by which tables can be joined: the quasi-identifiers of a that b has, and the other columns that both have.
func shared(a, b *side) (quasi, tokens []string) {
	for _, name := range keys(a.columns) {
		if _, both := b.columns[name]; !both {
			continue
		}
		switch a.columns[name].role {
		case anonymity.QuasiIdentifier:
			quasi = append(quasi, name)
		case anonymity.Other:
			tokens = append(tokens, name)
		}
	}
	return quasi, tokens
}

// among returns for each row of a among how many its person stands, 0 where nothing matches. Whole says that b has everybody in a once: then
// people who look the same in a hide nobody that b does not.
func (k attack) among(ctx context.Context, a, b *side, whole bool) ([]int, error) {
	quasi, tokens := shared(a, b)
	least := make([]int, a.rows)
	take := func(columns []string) error {
		as, bs := a.tuples(columns, nil), b.tuples(columns, nil)
		found := map[*tuple]int{}
		met := map[*tuple][]*tuple{}
		err := join(ctx, k.w, columns, a, b, as, bs, func(t, other *tuple) {
			if b.persons == nil {
				found[t] += len(other.rows)
				return
			}
			met[t] = append(met[t], other)
		})
		if err != nil {
			return err
		}
		for t, others := range met {
			if err := ctx.Err(); err != nil {
				return err
			}
			found[t] = b.among(others...)
		}
		for t, n := range found {
			if !whole {
				n = max(n, a.among(t))
			}
			for _, row := range t.rows {
				if least[row] == 0 || n < least[row] {
					least[row] = n
				}
			}
		}
		return nil
	}
	if len(quasi) > 0 {
		if err := take(quasi); err != nil {
			return nil, err
		}
	}
	for _, name := range tokens {
		byToken(a, b, name, least, whole)
	}
	return least, nil
}

// byToken matches rows that have the same value of a column.
func byToken(a, b *side, name string, least []int, whole bool) {
	c := a.columns[name]
	mine, theirs := a.having(c), b.having(b.columns[name])
	for row, code := range c.codes {
		n := theirs[c.texts[code]]
		if code < absent || n == 0 {
			continue
		}
		if !whole {
			n = max(n, mine[c.texts[code]])
		}
		if least[row] == 0 || n < least[row] {
			least[row] = n
		}
	}
}

// sum says how many rows of a table stand among how many, or how many people, each by the row that is most at risk.
func (k attack) sum(of *side, among []int) Matches {
	m := Matches{Rows: len(among)}
	if of.persons != nil {
		m.People = of.people
	}
	among = of.mostAtRisk(among)
	counts := make([]int, 4)
	var risk float64
	for _, n := range among {
		switch {
		case n == 0:
			counts[0]++
			continue
		case n == 1:
			counts[1]++
		case n < k.limit:
			counts[2]++
		default:
			counts[3]++
		}
		risk += 1 / float64(n)
		if m.Least == 0 || n < m.Least {
			m.Least = n
		}
	}
	m.Found = protect(counts, nil, k.smallCell)
	m.Average = unlessWithheld(m.Found, risk/float64(len(among)-counts[0]))
	return m
}

// correlation joins the release and the original to the original and to each earlier release.
func (m *measurement) correlation(ctx context.Context) ([]Linkage, error) {
	k := attack{m.world, m.record.Limits.Match, m.record.SmallCell}
	quasi, tokens := shared(m.release, m.original)
	linkages := []Linkage{{With: original, Shared: sorted(quasi, tokens)}}
	back, err := k.among(ctx, m.release, m.original, true)
	if err != nil {
		return nil, err
	}
	if slices.Contains(back, 0) {
		return nil, m.misread(quasi)
	}
	linkages[0].After = k.sum(m.release, back)
	self, err := k.among(ctx, m.original, m.original, true)
	if err != nil {
		return nil, err
	}
	linkages[0].Before = k.sum(m.original, self)
	for _, e := range m.earlier {
		quasi, tokens := shared(m.release, e.side)
		l := Linkage{With: e.id, Shared: sorted(quasi, tokens)}
		for _, of := range []struct {
			from *side
			to   *Matches
		}{{m.original, &l.Before}, {m.release, &l.After}} {
			among, err := k.among(ctx, of.from, e.side, false)
			if err != nil {
				return nil, err
			}
			*of.to = k.sum(of.from, among)
		}
		linkages = append(linkages, l)
	}
	for i := range linkages {
		linkages[i].Before.conceal(m.record.Individualisation.Before)
		linkages[i].After.conceal(m.record.Individualisation.After)
	}
	return linkages, nil
}

// conceal withholds what could tell, beside the sizes of classes of the same rows, what is withheld there: people who stand among few are often
// those in small classes, counted together.
func (m *Matches) conceal(s Standing) {
	if !hides(s.Sizes) {
		return
	}
	m.Average = nil
	if m.single() {
		return // it is the number of rows
	}
	for i, n := range m.Found {
		if n > 0 {
			m.Found[i] = withheld
		}
	}
}

// single reports whether all rows are counted in one place.
func (m *Matches) single() bool { return slices.Contains(m.Found, Count(m.total())) }

// misread names a column that has values which stand for nothing, if there is one.
func (m *measurement) misread(columns []string) error {
	for _, name := range columns {
		for _, text := range m.release.columns[name].texts[absent:] {
			if len(m.world.standsFor(name, text, false)) == 0 {
				return fmt.Errorf("%w: column %q", ErrReading, name)
			}
		}
	}
	return fmt.Errorf("%w: taken together", ErrReading)
}

func sorted(lists ...[]string) []string {
	all := slices.Concat(lists...)
	slices.Sort(all)
	if all == nil {
		all = []string{}
	}
	return all
}
