package mondrian

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
)

// part is records side by side, from one to before another, with ranks on each axis between low and high. Parts lack all of an axis or nothing of it.
type part struct {
	from, to int
}

func (p part) rows() int { return p.to - p.from }

// worker cuts parts. It has its room, and the parts that it is done with.
type worker struct {
	*partition
	tallies []*tally
	low     []uint32
	high    []uint32
	order   []int // of axes
	counts  []int32
	ranks   []uint32
	parts   []part
}

// run groups the rows by what they lack, and cuts each group. What cannot be cut to meet the models, because it does not itself, is suppressed.
func (p *partition) run(ctx context.Context) error {
	var group sync.WaitGroup
	w := <-p.idle
	met := false
	for _, whole := range p.lacking() {
		if p.lacks(whole.from) == len(p.axes) || !w.meets(whole) {
			p.suppressed = append(p.suppressed, whole)
			continue
		}
		met = true
		w.cut(ctx, &group, whole)
	}
	p.idle <- w
	group.Wait()
	if ctx.Err() != nil {
		return fmt.Errorf("mondrian: stopped: %w", context.Cause(ctx))
	}
	if !met {
		return ErrUnmet
	}
	return nil
}

// record returns the record at a place.
func (p *partition) record(at int) []uint32 { return p.records[at*p.width : (at+1)*p.width] }

// lacks returns how many axes a record is absent from.
func (p *partition) lacks(at int) (n int) {
	for _, rank := range p.record(at)[:len(p.axes)] {
		if rank == absent {
			n++
		}
	}
	return n
}

// lacking divides the records by which axes they are absent from.
func (p *partition) lacking() []part {
	parts := []part{{0, p.rows}}
	for axis := range p.axes {
		var next []part
		for _, whole := range parts {
			middle := p.split(whole, axis, absent-1)
			for _, side := range []part{{whole.from, middle}, {middle, whole.to}} {
				if side.rows() > 0 {
					next = append(next, side)
				}
			}
		}
		parts = next
	}
	return parts
}

// split moves the records up to a rank before those above it, and returns where the latter start.
func (p *partition) split(whole part, axis int, rank uint32) int {
	records, width := p.records, p.width
	i, j := whole.from*width, (whole.to-1)*width
	for {
		for i <= j && records[i+axis] <= rank {
			i += width
		}
		for i <= j && records[j+axis] > rank {
			j -= width
		}
		if i >= j {
			return i / width
		}
		a, b := records[i:i+width:i+width], records[j:j+width:j+width]
		for k := range a {
			a[k], b[k] = b[k], a[k]
		}
		i += width
		j -= width
	}
}

// meets reports whether a part meets the models.
func (w *worker) meets(whole part) bool {
	if whole.rows() < w.holds.k {
		return false
	}
	ok := true
	for i, t := range w.tallies {
		if len(t.models) == 0 {
			continue
		}
		place := len(w.axes) + i
		for at := whole.from*w.width + place; at < whole.to*w.width; at += w.width {
			t.add(w.records[at])
		}
		ok = t.meets() && ok
	}
	return ok
}

// few is how many rows are not worth another goroutine, or asking the context.
const few = 1 << 12

// cut cuts a part for as long as both sides meet the models.
func (w *worker) cut(ctx context.Context, group *sync.WaitGroup, whole part) {
	for {
		if whole.rows() >= few && ctx.Err() != nil {
			return
		}
		left, right, ok := w.halve(whole)
		if !ok {
			w.parts = append(w.parts, whole)
			return
		}
		if left.rows() < right.rows() {
			left, right = right, left
		}
		w.share(ctx, group, right)
		whole = left
	}
}

// share lets an idle worker cut a part, or does it itself.
func (w *worker) share(ctx context.Context, group *sync.WaitGroup, whole part) {
	if whole.rows() < few {
		w.cut(ctx, group, whole)
		return
	}
	select {
	case other := <-w.idle:
		group.Go(func() {
			other.cut(ctx, group, whole)
			other.idle <- other
		})
	default:
		w.cut(ctx, group, whole)
	}
}

// halve makes the first cut that may be, by the axis on which the part is most spread.
func (w *worker) halve(whole part) (left, right part, ok bool) {
	if whole.rows() < 2*w.holds.k {
		return left, right, false
	}
	w.bound(whole)
	for _, axis := range w.order {
		if w.relaxed {
			left, right, ok = w.divide(whole, axis)
		} else {
			left, right, ok = w.separate(whole, axis)
		}
		if ok {
			return left, right, true
		}
	}
	return left, right, false
}

// bound finds the least and greatest ranks of a part, and puts the axes on which these differ in order of spread.
func (w *worker) bound(whole part) {
	first := w.record(whole.from)[:len(w.axes)]
	w.low, w.high = append(w.low[:0], first...), append(w.high[:0], first...)
	low, high := w.low, w.high[:len(w.low)]
	for at := (whole.from + 1) * w.width; at < whole.to*w.width; at += w.width {
		for i, rank := range w.records[at : at+len(low)] {
			low[i] = min(low[i], rank)
			high[i] = max(high[i], rank)
		}
	}
	w.order = w.order[:0]
	for axis := range w.axes {
		if low[axis] < high[axis] {
			w.order = append(w.order, axis)
		}
	}
	slices.SortStableFunc(w.order, func(x, y int) int {
		return cmp.Compare(w.axes[y].spread(low[y], high[y]), w.axes[x].spread(low[x], high[x]))
	})
}

// separate makes the strict cut of a part: beside the median, where it divides more evenly or else on its other side.
func (w *worker) separate(whole part, axis int) (left, right part, ok bool) {
	median, below, upTo := w.median(whole, axis)
	before, after := min(below, whole.rows()-below), min(upTo, whole.rows()-upTo)
	cuts := [2]uint32{median, median - 1} // the last rank of the left side; there is none before rank 0, but then none is below
	sizes := [2]int{after, before}
	if before > after {
		cuts[0], cuts[1] = cuts[1], cuts[0]
		sizes[0], sizes[1] = sizes[1], sizes[0]
	}
	for i, last := range cuts {
		if sizes[i] < w.holds.k {
			continue
		}
		middle := w.split(whole, axis, last)
		left, right = part{whole.from, middle}, part{middle, whole.to}
		if w.meets(left) && w.meets(right) {
			return left, right, true
		}
	}
	return left, right, false
}

// divide makes the relaxed cut of a part, with half the rows on each side: those of the median rank go by their other ranks and sensitive values.
func (w *worker) divide(whole part, axis int) (left, right part, ok bool) {
	median, below, upTo := w.median(whole, axis)
	half := whole.rows() / 2
	if below > 0 {
		w.split(whole, axis, median-1)
	}
	equal := part{whole.from + below, whole.from + upTo}
	w.split(part{equal.from, whole.to}, axis, median)
	if half > below && half < upTo {
		w.sort(equal)
	}
	left, right = part{whole.from, whole.from + half}, part{whole.from + half, whole.to}
	return left, right, w.meets(left) && w.meets(right)
}

// sort puts records in an order that does not depend on where in the table they were, save for those that are the same to every model.
func (w *worker) sort(whole part) {
	order := make([][]uint32, 0, whole.rows())
	for at := whole.from; at < whole.to; at++ {
		order = append(order, slices.Clone(w.record(at)))
	}
	slices.SortFunc(order, func(x, y []uint32) int {
		if c := slices.Compare(x[:len(w.axes)], y[:len(w.axes)]); c != 0 {
			return c
		}
		for i, s := range w.holds.sensitive {
			at := len(w.axes) + i
			if c := cmp.Compare(s.places[x[at]], s.places[y[at]]); c != 0 {
				return c
			}
		}
		return 0
	})
	for i, record := range order {
		copy(w.record(whole.from+i), record)
	}
}

// median returns the rank of the row in the middle of a part, on one axis, and how many rows are below it and up to it. Of an even number of rows
// the middle is the last of the first half.
func (w *worker) median(whole part, axis int) (rank uint32, below, upTo int) {
	middle := (whole.rows() - 1) / 2
	low, high := w.low[axis], w.high[axis]
	if span := int(high-low) + 1; span <= 4*whole.rows() {
		if cap(w.counts) < span {
			w.counts = make([]int32, span)
		}
		counts := w.counts[:span]
		clear(counts)
		for at := whole.from*w.width + axis; at < whole.to*w.width; at += w.width {
			counts[w.records[at]-low]++
		}
		for i, n := range counts {
			if upTo = below + int(n); upTo > middle {
				return low + uint32(i), below, upTo
			}
			below = upTo
		}
	}
	w.ranks = w.ranks[:0]
	for at := whole.from*w.width + axis; at < whole.to*w.width; at += w.width {
		w.ranks = append(w.ranks, w.records[at])
	}
	slices.Sort(w.ranks)
	rank = w.ranks[middle]
	below, _ = slices.BinarySearch(w.ranks, rank)
	for upTo = middle + 1; upTo < len(w.ranks) && w.ranks[upTo] == rank; {
		upTo++
	}
	return rank, below, upTo
}
