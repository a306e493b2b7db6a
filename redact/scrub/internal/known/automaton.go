package known

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// An automaton finds all its patterns in one pass over units, in time linear in their number (Aho and Corasick, 1975).
// State 0 is the root. It is immutable once built.
type automaton struct {
	patterns []pattern
	first    []int32 // of each state, where its edges begin in label and target; one more than there are states
	label    []rune  // ascending within a state
	target   []int32
	fail     []int32 // the state of the longest proper suffix
	ends     []int32 // 1 + the first pattern that ends in the state, 0 if none
	next     []int32 // of each pattern, 1 + the next one that ends in the same state
	shorter  []int32 // the nearest state down the fail chain in which a pattern ends, or 0
	root     [utf8.RuneSelf]int32
	longest  int // units of the longest pattern
}

// newAutomaton builds the automaton of patterns, of which each has a unit at least.
func newAutomaton(patterns []pattern) *automaton {
	a := &automaton{patterns: patterns, next: make([]int32, len(patterns)), ends: []int32{0}}
	edges := []map[rune]int32{{}}
	for i, p := range patterns {
		a.longest = max(a.longest, len(p.runes))
		s := int32(0)
		for _, r := range p.runes {
			t, ok := edges[s][r]
			if !ok {
				t = int32(len(edges))
				edges = append(edges, map[rune]int32{})
				a.ends = append(a.ends, 0)
				edges[s][r] = t
			}
			s = t
		}
		a.next[i], a.ends[s] = a.ends[s], int32(i+1)
	}
	for _, out := range edges {
		a.first = append(a.first, int32(len(a.label)))
		start := len(a.label)
		for r := range out {
			a.label = append(a.label, r)
		}
		slices.Sort(a.label[start:])
		for _, r := range a.label[start:] {
			a.target = append(a.target, out[r])
		}
	}
	a.first = append(a.first, int32(len(a.label)))
	for i, r := range a.label[:a.first[1]] {
		if r < utf8.RuneSelf {
			a.root[r] = a.target[i]
		}
	}
	a.link(len(edges))
	return a
}

// link sets fail and shorter, breadth first, so that a state's suffixes are ready before it.
func (a *automaton) link(states int) {
	a.fail, a.shorter = make([]int32, states), make([]int32, states)
	queue := make([]int32, 1, states)
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		for i := a.first[s]; i < a.first[s+1]; i++ {
			t := a.target[i]
			queue = append(queue, t)
			if s != 0 {
				a.fail[t] = a.step(a.fail[s], a.label[i])
			}
			if f := a.fail[t]; a.ends[f] != 0 {
				a.shorter[t] = f
			} else {
				a.shorter[t] = a.shorter[f]
			}
		}
	}
}

// step returns the state after r.
func (a *automaton) step(s int32, r rune) int32 {
	for {
		if s == 0 && r < utf8.RuneSelf {
			return a.root[r]
		}
		if i, ok := a.edge(s, r); ok {
			return a.target[i]
		}
		if s == 0 {
			return 0
		}
		s = a.fail[s]
	}
}

func (a *automaton) edge(s int32, r rune) (int, bool) {
	from, to := int(a.first[s]), int(a.first[s+1])
	if to-from <= 8 {
		for i := from; i < to; i++ {
			if a.label[i] == r {
				return i, true
			}
		}
		return 0, false
	}
	i, ok := slices.BinarySearchFunc(a.label[from:to], r, cmp.Compare[rune])
	return from + i, ok
}
