package lattice

import (
	"errors"
	"fmt"

	"github.com/purposebound/purposebound/redact/anonymity"
	"github.com/purposebound/purposebound/redact/anonymity/hierarchy"
)

// tree is a hierarchy of sensitive values for the earth mover's distance: at each node what its children have too much of is moved to those that
// have too little, and the rest goes up.
type tree struct {
	attribute *attribute
	height    int
	leaves    []int32 // by value
	parents   []int32 // by node; the root is its own
	total     []int64 // by node, rows of the table
}

func (a *attribute) tree(h *hierarchy.Hierarchy) (*tree, error) {
	t := &tree{attribute: a, height: h.Height(), leaves: make([]int32, len(a.texts))}
	refused := fmt.Errorf("%w: hierarchy of %q", errors.Join(ErrModel, anonymity.ErrDistance), a.name)
	if t.height == 0 {
		return nil, refused
	}
	// Levels nest, so that a node is a text of a level.
	known := make([]map[string]int32, t.height+1)
	for level := range known {
		known[level] = map[string]int32{}
	}
	for value, text := range a.texts {
		path, err := h.Path(text)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", refused, err)
		}
		above := int32(-1)
		for level := t.height; level >= 0; level-- {
			node, there := known[level][path[level]]
			if !there {
				node = int32(len(t.parents))
				known[level][path[level]] = node
				t.parents = append(t.parents, max(0, above))
				t.total = append(t.total, 0)
			}
			t.total[node] += a.total[value]
			above = node
		}
		t.leaves[value] = above
	}
	if len(known[t.height]) != 1 {
		return nil, refused
	}
	return t, nil
}

// excess is what a node has of the class and of the table where the class is below it, and what its children have too much of and too little.
type excess struct {
	class, table, over, under int64
	met                       bool
}

// test bounds the work, which is the sum over the nodes of their height times what is moved there. Nodes without a row of the class move nothing and
// are not visited.
func (t *tree) test(bound float64) (test, bool) {
	a := t.attribute
	return func(s *scratch, pairs []pair, n, _ int64) bool {
		for len(s.nodes) < len(t.parents) {
			s.nodes = append(s.nodes, make([]excess, len(t.parents)-len(s.nodes))...)
		}
		nodes, level, above := s.nodes, s.level[:0], s.above[:0]
		for _, p := range pairs {
			leaf := t.leaves[p.value]
			nodes[leaf] = excess{class: int64(p.rows) * a.rows, table: a.total[p.value] * n}
			level = append(level, leaf)
		}
		var work int64
		for height := 1; height <= t.height; height++ {
			for _, node := range level {
				e, parent := &nodes[node], t.parents[node]
				p := &nodes[parent]
				if !p.met {
					p.met = true
					above = append(above, parent)
				}
				p.class += e.class
				p.table += e.table
				p.over += max(0, e.class-e.table)
				p.under += max(0, e.table-e.class)
				*e = excess{}
			}
			for _, node := range above {
				e := &nodes[node]
				all := t.total[node] * n
				work += int64(height) * min(e.over, e.under+all-e.table) // children without a row of the class have too little, all of theirs
				e.table = all
			}
			level, above = above, level[:0]
		}
		for _, node := range level {
			nodes[node] = excess{}
		}
		s.level, s.above = level, above
		return float64(work) <= bound*float64(n*a.rows)*float64(t.height)
	}, a.exact(t.height)
}
