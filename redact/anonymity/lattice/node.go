package lattice

import (
	"fmt"
	"slices"
)

// A Node says what one choice of levels gives.
type Node struct {
	Levels     []int // of each quasi-identifier
	Loss       Loss
	Feasible   bool // the models are satisfied within the limit of suppression
	Classes    int  // of rows of the table, before any is suppressed
	Kept       int  // classes that stay
	Suppressed int  // rows that do not
}

// Node looks at one node, whose levels are given in the order of [Lattice.Columns]. Levels that are not there are an [ErrLevels]. The loss is that of a
// node also if it is not feasible.
func (l *Lattice) Node(levels ...int) (Node, error) {
	if err := l.check(levels); err != nil {
		return Node{}, err
	}
	s := l.room()
	defer l.rooms.Put(s)
	v := l.look(s, l.pool, l.pool.base, slices.Clone(levels), limit(l.config.Suppress, l.pool.rows), true)
	return v.node, nil
}

func (l *Lattice) check(levels []int) error {
	if len(levels) != len(l.pool.dimensions) {
		return ErrLevels
	}
	for q, level := range levels {
		if level < 0 || level > l.pool.dimensions[q].height {
			return fmt.Errorf("%w: column %q", ErrLevels, l.pool.dimensions[q].name)
		}
	}
	return nil
}

// verdict is what a look at a node finds.
type verdict struct {
	node    Node
	classes *classes // nil unless the sensitive values are in them, if models need these
	floor   Loss     // what it and all nodes above lose at least
	// hopeless: it and all nodes below are not feasible.
	hopeless bool
}

// look puts the classes of a node together from those of one below, and judges them. Unless everything is asked for, it stops as soon as too many rows are
// suppressed.
func (l *Lattice) look(s *scratch, p *pool, from *classes, levels []int, most int64, everything bool) verdict {
	v := verdict{node: Node{Levels: levels}}
	c := s.roll(p, from, levels)
	r := &l.rules
	s.kept = append(s.kept[:0], make([]bool, len(c.rows))...)
	kept := s.kept
	// First what a class keeps in every union.
	var small int64
	for i, rows := range c.rows {
		kept[i] = rows == 0 || int(rows) >= r.size && (c.people == nil || c.people[i] >= r.people)
		if !kept[i] {
			small += int64(rows)
		}
		if rows > 0 {
			v.node.Classes++
		}
	}
	suppressed := small
	outside := false
	if small <= most || everything {
		if len(r.attributes) > 0 {
			s.spreadOver(from, c)
		}
		for at, a := range r.attributes {
			var few int64
			few, suppressed = l.diverse(s, a, c, &c.spread[at], suppressed)
			if !a.absent {
				small += few
			}
		}
		for _, m := range r.presences {
			var gone bool
			suppressed, gone = inside(m, c, kept, suppressed)
			outside = outside || gone
		}
		v.classes = c
	} else if len(r.attributes) == 0 {
		v.classes = c
	}
	v.node.Suppressed = int(suppressed)
	v.node.Feasible = suppressed <= most && !outside
	v.hopeless = small > most || !v.node.Feasible && (most == 0 && !r.breaking || r.rising)
	for i, rows := range c.rows {
		if rows > 0 && kept[i] {
			v.node.Kept++
		}
	}
	if v.node.Feasible || everything || v.classes != nil && l.config.Loss.dynamic() {
		v.node.Loss, v.floor = l.config.Loss.measure(p, c, kept, suppressed)
	} else {
		v.floor = l.config.Loss.floor(p, levels)
	}
	return v
}

// diverse judges the classes that are kept so far by one sensitive column. Few are rows of those that have too few values.
func (l *Lattice) diverse(s *scratch, a *attribute, c *classes, values *spread, already int64) (few, suppressed int64) {
	suppressed = already
classes:
	for i, rows := range c.rows {
		start, end := values.starts[i], values.starts[i+1]
		if !s.kept[i] || rows == 0 || start == end {
			continue
		}
		if a.having != nil {
			if !s.holds(a, values.values[start:end]) {
				s.kept[i] = false
				suppressed += int64(rows)
			}
			continue
		}
		if int(end-start) < max(a.least, a.present) {
			s.kept[i] = false
			few += int64(rows)
			suppressed += int64(rows)
			continue
		}
		if len(a.tests) == 0 {
			continue
		}
		s.pairs = s.pairs[:0]
		var n int64
		for j := start; j < end; j++ {
			s.pairs = append(s.pairs, pair{values.values[j], values.counts[j]})
			n += int64(values.counts[j])
		}
		for _, t := range a.tests {
			if !t(s, s.pairs, n, n) {
				s.kept[i] = false
				suppressed += int64(rows)
				continue classes
			}
		}
	}
	return few, suppressed
}

// holds reports whether a class satisfies the models of a column by the people in it, who have these values. One value that they all have is as if it
// were the only one.
func (s *scratch) holds(a *attribute, codes []int32) bool {
	s.pairs = s.pairs[:0]
	var n, people int64
	most := int32(0)
	for _, code := range codes {
		h := a.having[code]
		for int(h.value) >= len(s.places) {
			s.places = append(s.places, 0)
		}
		for int(h.person) >= len(s.heads) {
			s.heads = append(s.heads, false)
		}
		if !s.heads[h.person] {
			s.heads[h.person] = true
			people++
		}
		if s.places[h.value] == 0 {
			s.pairs = append(s.pairs, pair{h.value, 0})
			s.places[h.value] = int32(len(s.pairs))
		}
		p := &s.pairs[s.places[h.value]-1]
		p.rows++
		most = max(most, p.rows)
		n++
	}
	for _, code := range codes {
		s.heads[a.having[code].person], s.places[a.having[code].value] = false, 0
	}
	values := len(s.pairs)
	if int64(most) == people {
		values = 1
	}
	if values < a.least || len(s.pairs) < a.present {
		return false
	}
	for _, t := range a.tests {
		if !t(s, s.pairs, n, people) {
			return false
		}
	}
	return true
}

// inside judges the classes by their share of the population. Gone reports that one without rows of the table is outside the bounds.
func inside(m Model, c *classes, kept []bool, already int64) (suppressed int64, gone bool) {
	suppressed = already
	for i, rows := range c.rows {
		share := float64(rows) / float64(c.people[i])
		switch {
		case share >= m.low && share <= m.bound:
		case rows == 0:
			gone = true
		case kept[i]:
			kept[i] = false
			suppressed += int64(rows)
		}
	}
	return suppressed, gone
}
