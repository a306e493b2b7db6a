package microaggregate

import (
	"context"
	"fmt"
	"math"
)

// MDAV groups rows by several columns: again and again the k rows about the one that is farthest from the mean of the rest, and the k about the one
// farthest from that (Domingo-Ferrer and Mateo-Sanz, 2002). Distances are Euclidean, each column by its own standard deviation. Where distances are
// equal the values decide, so the order of the rows does not matter. No column, no context or a k below 1 is an [ErrConfig], fewer than k rows are
// an [ErrFew], columns of different lengths an [ErrRagged], and any value that is not a number an [ErrNumber]. Once the context is done it returns
// the cause.
func MDAV(ctx context.Context, columns [][]float64, k int) (*Groups, error) {
	if ctx == nil || k < 1 || len(columns) == 0 {
		return nil, ErrConfig
	}
	for _, column := range columns {
		switch {
		case len(column) != len(columns[0]):
			return nil, ErrRagged
		case !sound(column):
			return nil, ErrNumber
		}
	}
	n := len(columns[0])
	if n < k || n == 0 {
		return nil, ErrFew
	}
	order := ordered(columns)
	c := newCloud(columns, order)
	g := &Groups{of: make([]int, n)}
	take := func(places []int) {
		for _, place := range places {
			g.of[order[place]] = g.count
		}
		g.count++
	}
	for len(c.left) >= 2*k {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("microaggregate: stopped: %w", context.Cause(ctx))
		}
		far := c.point(c.farthest(c.mean()))
		if len(c.left) < 3*k {
			take(c.nearest(far, k))
			break
		}
		opposite := c.point(c.farthest(far))
		take(c.nearest(far, k))
		take(c.nearest(opposite, k))
	}
	take(c.left)
	return g, nil
}

// cloud is the points of the rows in the order of their values, one after the other, and which are left.
type cloud struct {
	width  int
	points []float64
	left   []int // in order
	heap   []neighbour
	chosen []bool
}

// neighbour is a point at a distance.
type neighbour struct {
	squared float64
	place   int
}

// beyond reports whether a neighbour is farther than another, or as far and later.
func (x neighbour) beyond(y neighbour) bool {
	return x.squared > y.squared || x.squared == y.squared && x.place > y.place
}

func newCloud(columns [][]float64, order []int) *cloud {
	c := &cloud{width: len(columns), points: make([]float64, len(columns)*len(order)), chosen: make([]bool, len(order))}
	for i, column := range columns {
		unit := scale(column)
		for place, row := range order {
			c.points[place*c.width+i] = unit.place(column[row])
		}
	}
	for place := range order {
		c.left = append(c.left, place)
	}
	return c
}

func (c *cloud) point(place int) []float64 { return c.points[place*c.width : (place+1)*c.width] }

// mean returns the mean of what is left.
func (c *cloud) mean() []float64 {
	mean := make([]float64, c.width)
	for _, place := range c.left {
		for i, x := range c.point(place) {
			mean[i] += x
		}
	}
	for i := range mean {
		mean[i] /= float64(len(c.left))
	}
	return mean
}

func (c *cloud) squared(place int, from []float64) (sum float64) {
	for i, x := range c.point(place)[:len(from)] {
		sum += (x - from[i]) * (x - from[i])
	}
	return sum
}

// farthest returns which of what is left is farthest from a point.
func (c *cloud) farthest(from []float64) int {
	farthest := neighbour{math.Inf(-1), 0}
	for _, place := range c.left {
		if d := c.squared(place, from); d > farthest.squared {
			farthest = neighbour{d, place}
		}
	}
	return farthest.place
}

// nearest takes the k that are nearest to a point out of what is left. They are in a heap with the farthest on top while others are looked at.
func (c *cloud) nearest(to []float64, k int) []int {
	c.heap = c.heap[:0]
	for _, place := range c.left {
		next := neighbour{c.squared(place, to), place}
		switch {
		case len(c.heap) < k:
			c.heap = append(c.heap, next)
			for at := len(c.heap) - 1; at > 0 && c.heap[at].beyond(c.heap[(at-1)/2]); at = (at - 1) / 2 {
				c.heap[at], c.heap[(at-1)/2] = c.heap[(at-1)/2], c.heap[at]
			}
		case c.heap[0].beyond(next):
			c.heap[0] = next
			c.sink()
		}
	}
	var taken []int
	for _, n := range c.heap {
		taken = append(taken, n.place)
		c.chosen[n.place] = true
	}
	rest := c.left[:0]
	for _, place := range c.left {
		if !c.chosen[place] {
			rest = append(rest, place)
		}
	}
	c.left = rest
	return taken
}

// sink puts the top of the heap where it belongs.
func (c *cloud) sink() {
	for at := 0; ; {
		below := 2*at + 1
		if below >= len(c.heap) {
			return
		}
		if below+1 < len(c.heap) && c.heap[below+1].beyond(c.heap[below]) {
			below++
		}
		if !c.heap[below].beyond(c.heap[at]) {
			return
		}
		c.heap[at], c.heap[below] = c.heap[below], c.heap[at]
		at = below
	}
}
