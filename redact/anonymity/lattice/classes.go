package lattice

import (
	"math/bits"
	"math/rand/v2"
)

// classes are the rows of a node put together by what their quasi-identifiers became.
type classes struct {
	levels []int
	first  []int32 // of each class, a base class in it
	rows   []int32
	people []int32  // of the population, nil without one
	spread []spread // of each sensitive column that a model names
}

// spread has the values of a sensitive column in each class: for class i those from starts[i] to before starts[i+1].
type spread struct {
	starts []int32
	values []int32
	counts []int32
}

// scratch is what a worker uses again and again.
type scratch struct {
	seed  uint64
	slots []slot
	turn  int32
	wide  []int32 // by key, if keys are few: the class plus one, with the turn it is of
	ids   []int32
	keys  []uint64

	starts, order []int32 // sources in order of their classes
	seen          []int32 // by sensitive value, how often
	met           []int32 // those that were seen
	kept          []bool
	pairs         []pair
	places        []int32  // by sensitive value, where in pairs it is, plus one; all zero between tests
	heads         []bool   // by person, whether they are counted; all false between tests
	nodes         []excess // of a tree, all zero between tests
	level, above  []int32
}

type slot struct {
	key  uint64
	turn int32
	id   int32
}

func newScratch() *scratch { return &scratch{seed: rand.Uint64()} }

// number says which class of a node each source is in, and returns how many there are. What it answers depends on the order of the sources, and classes are
// used in no way in which their order shows.
func (s *scratch) number(p *pool, from *classes, levels []int) int {
	n := len(from.first)
	if cap(s.ids) < n {
		s.ids, s.keys = make([]int32, n), make([]uint64, n)
	}
	ids, keys := s.ids[:n], s.keys[:n]
	clear(ids)
	clear(keys)
	s.ids, s.keys = ids, keys
	count, stride := uint64(1), uint64(1)
	for q, level := range levels {
		d := p.dimensions[q]
		lowest := d.lowest[level]
		width := uint64(d.width[level]) - uint64(lowest)
		if width == 1 {
			continue
		}
		over, next := bits.Mul64(stride, width)
		if over != 0 || next > 1<<62 { // start again from the classes so far
			count = uint64(s.index(keys, ids, stride))
			for i, id := range ids {
				keys[i] = uint64(id)
			}
			stride = count
			next = stride * width
		}
		codes, base := d.codes[level], d.base
		if stride == 1 {
			for i, first := range from.first {
				keys[i] = uint64(codes[base[first]] - lowest)
			}
		} else {
			for i, first := range from.first {
				keys[i] += stride * uint64(codes[base[first]]-lowest)
			}
		}
		stride = next
	}
	return s.index(keys, ids, stride)
}

// index numbers keys that are below most.
func (s *scratch) index(keys []uint64, ids []int32, most uint64) int {
	n := len(keys)
	count := int32(0)
	if most <= uint64(4*n+1024) {
		if uint64(cap(s.wide)) < most {
			s.wide = make([]int32, most)
		}
		wide := s.wide[:most]
		clear(wide)
		for i, key := range keys {
			id := wide[key]
			if id == 0 {
				count++
				id = count
				wide[key] = id
			}
			ids[i] = id - 1
		}
		return int(count)
	}
	size := 1 << bits.Len(uint(n+n/2))
	if len(s.slots) < size {
		s.slots, s.turn = make([]slot, size), 0
	}
	if s.turn++; s.turn < 0 {
		clear(s.slots)
		s.turn = 1
	}
	slots, turn, seed := s.slots[:size], s.turn, s.seed
	mask := uint64(size - 1)
	for i, key := range keys {
		high, low := bits.Mul64(key^seed, 0x9e3779b97f4a7c15)
		at := (high ^ low) & mask
		for slots[at].turn == turn && slots[at].key != key {
			at = (at + 1) & mask
		}
		if slots[at].turn != turn {
			slots[at] = slot{key, turn, count}
			count++
		}
		ids[i] = slots[at].id
	}
	return int(count)
}

// roll puts the classes of a node together to those of one above, without the sensitive values. The ids stay in s.
func (s *scratch) roll(p *pool, from *classes, levels []int) *classes {
	count := s.number(p, from, levels)
	room := make([]int32, 2*count)
	c := &classes{levels: levels, first: room[:count:count], rows: room[count:]}
	for i, id := range s.ids {
		c.rows[id] += from.rows[i]
		c.first[id] = from.first[i]
	}
	if from.people != nil {
		c.people = make([]int32, count)
		for i, id := range s.ids {
			c.people[id] += from.people[i]
		}
	}
	return c
}

// spreadOver adds the sensitive values to classes that were rolled just now.
func (s *scratch) spreadOver(from, c *classes) {
	if len(from.spread) == 0 {
		return
	}
	count := len(c.rows)
	s.starts = append(s.starts[:0], make([]int32, count+1)...)
	for _, id := range s.ids {
		s.starts[id+1]++
	}
	for i := range count {
		s.starts[i+1] += s.starts[i]
	}
	if cap(s.order) < len(s.ids) {
		s.order = make([]int32, len(s.ids))
	}
	order := s.order[:len(s.ids)]
	for i, id := range s.ids {
		order[s.starts[id]] = int32(i)
		s.starts[id]++
	}
	// Now starts[i] is where class i ends, which is where class i+1 starts.
	for _, f := range from.spread {
		values, counts := make([]int32, 0, min(len(f.values), 16*count)), make([]int32, 0, min(len(f.values), 16*count))
		starts := make([]int32, 1, count+1)
		at := int32(0)
		for class := range count {
			end := s.starts[class]
			s.met = s.met[:0]
			for _, source := range order[at:end] {
				for j := f.starts[source]; j < f.starts[source+1]; j++ {
					value := f.values[j]
					for int(value) >= len(s.seen) {
						s.seen = append(s.seen, make([]int32, int(value)+1)...)
					}
					if s.seen[value] == 0 {
						s.met = append(s.met, value)
					}
					s.seen[value] += f.counts[j]
				}
			}
			for _, value := range s.met {
				values, counts = append(values, value), append(counts, s.seen[value])
				s.seen[value] = 0
			}
			starts = append(starts, int32(len(values)))
			at = end
		}
		c.spread = append(c.spread, spread{starts, values, counts})
	}
}
