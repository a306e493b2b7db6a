package anonymity

import "slices"

// Hierarchy is the distance of values in a tree: how far up, as a share of its height, the lowest node over both is (Li, Li and Venkatasubramanian,
// 2007). Each path leads from a value to the root, as lines of a hierarchy file do: "flu", "infection", "any". Paths must be equally long,
// end in one root, and start with different values. Nodes of one name with different names above them are different nodes.
func Hierarchy(paths [][]string) Distance {
	h := make(hierarchy, len(paths))
	for i, path := range paths {
		h[i] = slices.Clone(path)
	}
	return Distance{h}
}

type hierarchy [][]string

// node is a node of the tree, its parent by number.
type node struct {
	parent int
	height int     // 0: a value
	share  float64 // of the table
	class  float64 // of the class looked at
	// What the children have too much and, without a sign, too little of.
	over, under float64
	seen        float64 // share of the table that the children with any row of the class have
	touched     bool
}

const noNode = -1

func (h hierarchy) over(a *Attribute) (emd, error) {
	nodes, leaves, err := h.tree(a)
	if err != nil {
		return nil, err
	}
	return func(counts []count, rows float64) float64 { return climb(nodes, leaves, counts, rows, len(h[0])-1) }, nil
}

// tree makes the nodes, and says which is that of each value.
func (h hierarchy) tree(a *Attribute) (nodes []node, leaves []int, err error) {
	type place struct {
		parent int
		name   string
	}
	known := map[place]int{}
	valued := map[string]int{}
	for _, path := range h {
		if len(path) < 2 || len(path) != len(h[0]) || path[len(path)-1] != h[0][len(path)-1] {
			return nil, nil, ErrDistance
		}
		at := noNode
		for height := len(path) - 1; height >= 0; height-- {
			next, ok := known[place{at, path[height]}]
			if !ok {
				next = len(nodes)
				known[place{at, path[height]}] = next
				nodes = append(nodes, node{parent: at, height: height})
			}
			at = next
		}
		if _, twice := valued[path[0]]; twice {
			return nil, nil, ErrDistance
		}
		valued[path[0]] = at
	}
	leaves = make([]int, len(a.total))
	for value, n := range a.total {
		if n == 0 {
			continue
		}
		leaf, ok := valued[a.column.values[value]]
		if !ok {
			return nil, nil, ErrDistance
		}
		leaves[value] = leaf
		for at := leaf; at != noNode; at = nodes[at].parent {
			nodes[at].share += float64(n) / float64(a.rows)
		}
	}
	return nodes, leaves, nil
}

// climb returns the work for one class: at each node what its children have too much of is moved to those that have too little, and the rest goes up.
// Nodes without a row of the class have too little of everything, so move nothing and are not visited.
func climb(nodes []node, leaves []int, counts []count, rows float64, height int) float64 {
	level := make([]int, 0, len(counts))
	var visited []int
	for _, c := range counts {
		leaf := leaves[c.value]
		nodes[leaf].class = float64(c.rows) / rows
		level = append(level, leaf)
	}
	var work float64
	for len(level) > 0 {
		var above []int
		visited = append(visited, level...)
		for _, at := range level {
			n := &nodes[at]
			if n.height > 0 {
				n.under += max(0, n.share-n.seen) // children without a row of the class
				work += float64(n.height) / float64(height) * min(n.over, n.under)
			}
			if n.parent == noNode {
				continue
			}
			parent := &nodes[n.parent]
			if !parent.touched {
				parent.touched = true
				above = append(above, n.parent)
			}
			parent.class += n.class
			parent.seen += n.share
			parent.over += max(0, n.class-n.share)
			parent.under += max(0, n.share-n.class)
		}
		level = above
	}
	for _, at := range visited { // ready for the next class
		n := &nodes[at]
		*n = node{parent: n.parent, height: n.height, share: n.share}
	}
	return work
}
