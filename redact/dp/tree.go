package dp

import (
	"math"

	"github.com/google/differential-privacy/go/v3/noise"
)

// A tree counts contributions in the leaves that lie between Lower and Upper and in what is above them; a level has fanout times the nodes of the
// one above. Every node gets noise of its own, once, when it is first looked at. Nodes are numbered level by level from the root, which is 0 and is
// never counted. This is the quantile tree of Google's differential-privacy library, with which [tree.quantile] agrees; that one gives no
// intervals.
type tree struct {
	plan
	height, fanout int
	leaves         int
	firstLeaf      int
	scale          float64 // of the noise of a node: of Laplace noise, or the standard deviation of Gaussian noise
	counts         map[int]int64
	noised         map[int][]float64 // of the children of a node
}

// Of the default tree: 65,536 leaves, and every contribution counts in four nodes.
const (
	treeHeight = 4
	treeFanout = 16
)

// negligible is the share in what its siblings count below which a node is taken to be empty and to have nothing but noise.
const negligible = 0.0075

func newTree(p plan, height, fanout int) *tree {
	t := &tree{plan: p, height: height, fanout: fanout, leaves: 1, counts: map[int]int64{}, noised: map[int][]float64{}}
	for range height {
		t.firstLeaf += t.leaves
		t.leaves *= fanout
	}
	t.scale = float64(t.sensitivity()) * float64(p.contributions) / p.cost.Epsilon
	if p.kind == Gaussian {
		t.scale = noise.SigmaForGaussian(t.sensitivity(), float64(p.contributions), p.cost.Epsilon, p.cost.Delta)
	}
	return t
}

func (t *tree) add(v float64) {
	leaf := int((t.clamp(v) - t.lower) / (t.upper - t.lower) * float64(t.leaves))
	for i := t.firstLeaf + min(max(leaf, 0), t.leaves-1); i > 0; i = (i - 1) / t.fanout {
		t.counts[i]++
	}
}

// sensitivity returns how many nodes a person is in, each with at most as many contributions as count.
func (t *tree) sensitivity() int64 { return int64(t.height) * t.partitions }

// children returns the first child of a node and the noisy counts of all.
func (t *tree) children(node int) (first int, counts []float64, err error) {
	first = node*t.fanout + 1
	if counts, ok := t.noised[node]; ok {
		return first, counts, nil
	}
	counts = make([]float64, t.fanout)
	for i := range counts {
		n := float64(t.counts[first+i])
		counts[i], err = t.noise.AddNoiseFloat64(n, t.sensitivity(), float64(t.contributions), t.cost.Epsilon, t.cost.Delta)
		if err != nil {
			return 0, nil, refused(err)
		}
	}
	t.noised[node] = counts
	return first, counts, nil
}

// edges returns between which values a node counts.
func (t *tree) edges(node int) (left, right float64) {
	first, last := node, node
	for first < t.firstLeaf {
		first, last = first*t.fanout+1, (last+1)*t.fanout
	}
	at := func(leaf int) float64 {
		if leaf == t.leaves {
			return t.upper
		}
		return t.lower + (t.upper-t.lower)*(float64(leaf)/float64(t.leaves))
	}
	return at(first - t.firstLeaf), at(last - t.firstLeaf + 1)
}

// quantile returns the noisy quantile of a rank: down the tree to the leaf that it is in, and there by linear interpolation.
func (t *tree) quantile(rank float64) (float64, error) {
	rank = math.Min(math.Max(rank, 0.005), 0.995) // the outermost values are one person's
	node := 0
	for node < t.firstLeaf {
		first, counts, err := t.children(node)
		if err != nil {
			return 0, err
		}
		var all, some float64
		for _, n := range counts {
			all += math.Max(0, n)
		}
		for _, n := range counts {
			if n >= all*negligible {
				some += n
			}
		}
		if some == 0 {
			break // nobody is below this node
		}
		var before float64
		for i, n := range counts {
			if n < all*negligible {
				continue
			}
			if n > 0 && (before+n)/some >= rank-1e-6 {
				rank = math.Min(math.Max((rank*some-before)/n, 0), 1)
				node = first + i
				break
			}
			before += n
		}
		if node < first { // rounding, at a rank of nearly one
			rank, node = 1, first+len(counts)-1
		}
	}
	left, right := t.edges(node)
	return (1-rank)*left + rank*right, nil
}

// The interval of a quantile has every leaf that the noisy counts do not speak against.
//
// If the quantile of rank r is in a leaf, then at most r·N contributions are left of the leaf, and at least r·N are in it or left of it, N being
// all of them. How many are left of an edge, less r·N, is a sum of noisy counts with known weights, whose noise exceeds reach(p) with a probability
// of p at most. So a node whose right edge has too few left of it by more than that, or whose left edge has too many, is excluded, wrongly at most
// with the probability p. Going down the tree along one edge of the interval tests the node that the quantile is in once on each level, and both
// edges so twice: p is the probability that the interval may miss, divided by 2·height.

// low returns the lower end of the interval, high the upper one.
func (t *tree) low(rank float64) (float64, error) {
	node, err := t.descend(rank, func(children int, excess, reach func(i int) float64) int {
		for i := range children - 1 {
			if excess(i+1) >= -reach(i+1) {
				return i
			}
		}
		return children - 1
	})
	left, _ := t.edges(node)
	return left, err
}

func (t *tree) high(rank float64) (float64, error) {
	node, err := t.descend(rank, func(children int, excess, reach func(i int) float64) int {
		for i := children - 1; i > 0; i-- {
			if excess(i) <= reach(i) {
				return i
			}
		}
		return 0
	})
	_, right := t.edges(node)
	return right, err
}

// descend goes down to the leaf that choose leads to. excess(i) is how many are left of the ith child, less rank·N, and reach(i) how far it can be
// off.
func (t *tree) descend(rank float64, choose func(children int, excess, reach func(i int) float64) int) (int, error) {
	p := t.alpha() / float64(2*t.height)
	var w weights
	var before float64
	node := 0
	for node < t.firstLeaf {
		first, counts, err := t.children(node)
		if err != nil {
			return 0, err
		}
		if node == 0 {
			for _, n := range counts {
				before -= rank * n
			}
			w = weights{{by: rank, nodes: t.fanout}, {by: 1 - rank}, {by: 1}}
		}
		left := func(i int) weights {
			w := w
			if node == 0 { // those left of the edge have counted −rank already
				w[0].nodes, w[1].nodes = t.fanout-i, i
			} else {
				w[2].nodes += i
			}
			return w
		}
		i := choose(t.fanout,
			func(i int) float64 {
				e := before
				for _, n := range counts[:i] {
					e += n
				}
				return e
			},
			func(i int) float64 { return left(i).reach(t, p) })
		for _, n := range counts[:i] {
			before += n
		}
		w = left(i)
		node = first + i
	}
	return node, nil
}

// weights say how many noisy counts are in a sum, and by which factor.
type weights [3]struct {
	by    float64
	nodes int
}

// reach returns what the noise of the sum exceeds, to one side, with a probability of p at most.
func (w weights) reach(t *tree, p float64) float64 {
	if t.kind == Gaussian {
		var squares float64
		for _, g := range w {
			squares += float64(g.nodes) * g.by * g.by
		}
		return t.scale * math.Sqrt(squares) * math.Sqrt2 * math.Erfcinv(2*p)
	}
	return t.scale * chernoff(w, p)
}

// chernoff bounds a sum of Laplace variables of scale 1: it exceeds (Σ −ln(1−(s·w)²) + ln(1/p)) / s with a probability of p at most, for
// every s less than 1 divided by the largest weight.
func chernoff(w weights, p float64) float64 {
	var largest float64
	for _, g := range w {
		if g.nodes > 0 {
			largest = math.Max(largest, g.by)
		}
	}
	if largest == 0 {
		return 0
	}
	bound := func(s float64) float64 {
		sum := -math.Log(p)
		for _, g := range w {
			if g.nodes > 0 {
				sum -= float64(g.nodes) * math.Log1p(-s*s*g.by*g.by)
			}
		}
		return sum / s
	}
	low, high := 0.0, 1/largest
	for range 40 { // the bound falls, then rises
		a, b := low+(high-low)/3, high-(high-low)/3
		if bound(a) < bound(b) {
			high = b
		} else {
			low = a
		}
	}
	return bound((low + high) / 2)
}
