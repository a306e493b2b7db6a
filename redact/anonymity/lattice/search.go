package lattice

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/purposebound/purposebound/redact/anonymity"
)

// Search makes a table ready and searches it: [New] and then [Lattice.Search].
func Search(ctx context.Context, table *anonymity.Table, config Config) (*Result, error) {
	l, err := New(table, config)
	if err != nil {
		return nil, err
	}
	return l.Search(ctx)
}

// Search finds the node that satisfies the models within the limit of suppression and loses least. If there is none it is an [ErrNone]. When the context ends,
// so does the search, with the error of the context.
func (l *Lattice) Search(ctx context.Context) (*Result, error) {
	best, checked, err := l.optimum(ctx, l.pool, limit(l.config.Suppress, l.pool.rows))
	if err != nil {
		return nil, err
	}
	r := &Result{
		lattice: l, Columns: l.Columns(), Levels: best.Levels, Loss: best.Loss, Classes: best.Kept, Suppressed: best.Suppressed,
		Nodes: l.Nodes(), Checked: checked,
	}
	r.round(l.pool, best)
	if l.config.Local {
		return r, r.recode(ctx)
	}
	return r, nil
}

// search is one search while it runs. Workers take a node, look at it without holding the lock, and say what they found.
type search struct {
	lattice *Lattice
	pool    *pool
	most    int64 // rows that may be suppressed
	strides []int

	lock   sync.Mutex
	idle   sync.Cond
	floors []float64 // by node, what it and those above lose at least
	states []state
	order  []int32 // nodes, by floor, sum of levels, and number
	at     int     // in order; all before are settled
	busy   int     // workers that look at a node
	cache  cache

	found    bool
	best     Node
	bestSum  int
	bestNode int
	checked  int
	err      error
}

type state uint8

const (
	settled  state = 1 << iota // looked at
	hopeless                   // not feasible, nor is any below
	taken                      // a worker is about to look at it
)

func (l *Lattice) optimum(ctx context.Context, p *pool, most int64) (Node, int, error) {
	count, strides, err := p.nodes()
	if err != nil {
		return Node{}, 0, err
	}
	s := &search{lattice: l, pool: p, most: most, strides: strides}
	s.idle.L = &s.lock
	if err := s.arrange(ctx, count); err != nil {
		return Node{}, 0, fmt.Errorf("lattice: searching: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { s.fail(ctx.Err()) })
	defer stop()
	var workers sync.WaitGroup
	for range min(l.workers, count) {
		workers.Go(s.work)
	}
	workers.Wait()
	switch {
	case s.err != nil:
		return Node{}, s.checked, fmt.Errorf("lattice: searching: %w", s.err)
	case !s.found:
		return Node{}, s.checked, ErrNone
	}
	return s.best, s.checked, nil
}

func (s *search) fail(err error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.err == nil {
		s.err = err
	}
	s.idle.Broadcast()
}

// arrange puts the nodes in order of what they lose at least. A node comes after all those below it.
func (s *search) arrange(ctx context.Context, count int) error {
	s.floors = make([]float64, count)
	s.states = make([]state, count)
	s.order = make([]int32, count)
	sums := make([]int32, count)
	rough := make([]float64, count) // where floors say nothing, an order that resembles the losses
	loss := s.lattice.config.Loss
	guess := loss
	if loss.dynamic() {
		guess = GeneralisationEntropy()
	}
	levels := make([]int, len(s.strides))
	for node := range s.floors {
		if node%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		s.order[node] = int32(node)
		sum := 0
		for _, level := range levels {
			sum += level
		}
		sums[node] = int32(sum)
		rough[node] = guess.floor(s.pool, levels).Value
		if !loss.dynamic() {
			s.floors[node] = rough[node]
		}
		for q := len(levels) - 1; q >= 0; q-- { // the next node
			if levels[q]++; levels[q] <= s.pool.dimensions[q].height {
				break
			}
			levels[q] = 0
		}
	}
	slices.SortFunc(s.order, func(x, y int32) int {
		return cmp.Or(cmp.Compare(rough[x], rough[y]), cmp.Compare(sums[x], sums[y]), cmp.Compare(x, y))
	})
	return ctx.Err()
}

func (s *search) levels(node int) []int {
	levels := make([]int, len(s.strides))
	for q, stride := range s.strides {
		levels[q] = node / stride
		node %= stride
	}
	return levels
}

// path is a way up from a node, for a binary search of where the nodes on it cease to be hopeless. Those from high on are known not to be.
type path struct {
	nodes     []int
	low, high int
}

// work looks at nodes until none is left.
func (s *search) work() {
	room := s.lattice.room()
	defer s.lattice.rooms.Put(room)
	var way path
	s.lock.Lock()
	defer s.lock.Unlock()
	for {
		node, ok := s.next(&way)
		if !ok {
			return
		}
		s.states[node] |= taken
		s.busy++
		s.checked++
		levels := s.levels(node)
		from := s.cache.below(levels, s.pool.base)
		s.lock.Unlock()
		v := s.lattice.look(room, s.pool, from, levels, s.most, false)
		s.lock.Lock()
		s.busy--
		s.learn(node, v)
		s.idle.Broadcast()
	}
}

// next returns a node to look at, and false when there is none left or the search failed.
func (s *search) next(way *path) (int, bool) {
	for s.err == nil {
		if node, ok := s.along(way); ok {
			return node, true
		}
		start, waiting := s.start()
		if start >= 0 {
			s.climb(way, start)
			continue
		}
		if !waiting || s.busy == 0 {
			return 0, false
		}
		s.idle.Wait()
	}
	return 0, false
}

// along returns the next node of a way that is to be looked at.
func (s *search) along(way *path) (int, bool) {
	for way.low < way.high {
		at := (way.low + way.high) / 2
		if way.high == len(way.nodes) { // first the highest, which tells of all others
			at = way.high - 1
		}
		switch node := way.nodes[at]; {
		case s.states[node]&hopeless != 0:
			way.low = at + 1
		case s.states[node]&settled != 0:
			way.high = at
		case s.states[node]&taken != 0 || s.exceeds(node): // somebody else looks at it, or nobody has to
			way.low, way.high = 0, 0
		default:
			return node, true
		}
	}
	return 0, false
}

// start returns the first node in order that may be the best and is not settled, -1 if there is none. Waiting says that others are being looked at.
func (s *search) start() (start int, waiting bool) {
	front := true // all so far are settled for good
	for i := s.at; i < len(s.order); i++ {
		node := int(s.order[i])
		state := s.states[node]
		switch {
		case state&(settled|hopeless) != 0:
		case s.raise(node):
			if !s.lattice.config.Loss.dynamic() && s.beyond(s.floors[node]) {
				return -1, waiting // and so are all that follow
			}
		case state&taken != 0:
			waiting, front = true, false
		default:
			return node, true
		}
		if front {
			s.at = i + 1
		}
	}
	return -1, waiting
}

// raise raises the floor of a node to those of the nodes just below it, and reports whether it cannot be the best.
func (s *search) raise(node int) bool {
	if s.lattice.config.Loss.dynamic() {
		rest := node
		for _, stride := range s.strides {
			if rest >= stride {
				s.floors[node] = max(s.floors[node], s.floors[node-stride])
			}
			rest %= stride
		}
	}
	return s.exceeds(node)
}

// beyond reports whether a loss of at least so much is more than the best, not by rounding alone.
func (s *search) beyond(floor float64) bool {
	return s.found && floor > s.best.Loss.Value+1e-11*math.Abs(s.best.Loss.Value)
}

// exceeds reports whether a node cannot be the best by its floor.
func (s *search) exceeds(node int) bool {
	floor := s.floors[node]
	if !s.found || floor < s.best.Loss.Value-1e-11*math.Abs(s.best.Loss.Value) {
		return false
	}
	if s.beyond(floor) {
		return true
	}
	if s.best.Loss.Value == 0 { // nothing is less, so only what comes first of those that lose nothing
		sum := 0
		for _, level := range s.levels(node) {
			sum += level
		}
		return cmp.Or(cmp.Compare(sum, s.bestSum), cmp.Compare(node, s.bestNode)) > 0
	}
	if s.best.Loss.Ranked == nil {
		return false
	}
	for q, part := range s.lattice.config.Loss.floor(s.pool, s.levels(node)).Ranked {
		switch best := s.best.Loss.Ranked[q]; {
		case part > best+1e-11:
			return true
		case part < best-1e-11:
			return false
		}
	}
	return false
}

// climb begins a way up from a node, to the one above that has the least floor, and so on as long as one may be the best.
func (s *search) climb(way *path, start int) {
	way.nodes = append(way.nodes[:0], start)
	way.low, way.high = 0, 1
	if !s.falling() {
		return
	}
	for node := start; ; {
		next, rest := -1, node
		for q, stride := range s.strides {
			level := rest / stride
			rest %= stride
			if level == s.pool.dimensions[q].height {
				continue
			}
			up := node + stride
			if s.states[up]&(hopeless|taken) != 0 || s.exceeds(up) {
				continue
			}
			if next < 0 || s.floors[up] < s.floors[next] {
				next = up
			}
		}
		if next < 0 {
			break
		}
		node = next
		way.nodes = append(way.nodes, node)
	}
	way.high = len(way.nodes)
}

// falling reports whether a look at one node may tell that those below are not feasible.
func (s *search) falling() bool {
	r := &s.lattice.rules
	return s.most < s.pool.rows && (s.most == 0 && !r.breaking || r.rising || r.size > 1 || r.people > 1)
}

// learn keeps what was found of a node.
func (s *search) learn(node int, v verdict) {
	s.states[node] = s.states[node]&^taken | settled
	s.floors[node] = max(s.floors[node], v.floor.Value)
	if v.classes != nil {
		s.cache.add(v.classes, s.pool.base)
	}
	if v.hopeless {
		s.sink(node)
		return
	}
	if !v.node.Feasible {
		return
	}
	sum := 0
	for _, level := range v.node.Levels {
		sum += level
	}
	if !s.found || cmp.Or(v.node.Loss.Compare(s.best.Loss), cmp.Compare(sum, s.bestSum), cmp.Compare(node, s.bestNode)) < 0 {
		s.found, s.best, s.bestSum, s.bestNode = true, v.node, sum, node
	}
}

// sink marks a node and all below it as hopeless. Those below one that is marked are.
func (s *search) sink(node int) {
	if s.states[node]&hopeless != 0 {
		return
	}
	s.states[node] |= hopeless
	stack := []int{node}
	for len(stack) > 0 {
		node, stack = stack[len(stack)-1], stack[:len(stack)-1]
		rest := node
		for _, stride := range s.strides {
			if rest >= stride && s.states[node-stride]&hopeless == 0 {
				s.states[node-stride] |= hopeless
				stack = append(stack, node-stride)
			}
			rest %= stride
		}
	}
}
