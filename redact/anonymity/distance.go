package anonymity

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// A Distance is how far apart two values of a sensitive column are, between 0 and 1. The zero Distance is 1 between any two. Others come
// from [Numeric], [Ordered] and [Hierarchy].
type Distance struct{ ground ground }

// ground makes ready to compare the values of an attribute.
type ground interface {
	over(a *Attribute) (emd, error)
}

// emd returns the earth mover's distance between a class and the table: the least work, as share times distance, that makes one the other.
type emd func(counts []count, rows float64) float64

// Closeness returns the least t for which the table has t-closeness: the greatest earth mover's distance between a class and the table (Li, Li and
// Venkatasubramanian, 2007). A distance that does not fit the values is an [ErrDistance].
func (a *Attribute) Closeness(d Distance) (float64, error) {
	f := emd(a.equal)
	if d.ground != nil {
		var err error
		if f, err = d.ground.over(a); err != nil {
			return 0, fmt.Errorf("%w: column %q", err, a.column.Name)
		}
	}
	return a.worst(func(counts []count, rows, _ float64) float64 { return f(counts, rows) }), nil
}

func (a *Attribute) equal(counts []count, rows float64) float64 {
	var moved float64
	for _, c := range counts {
		moved += max(0, float64(c.rows)/rows-a.share(c.value))
	}
	return moved
}

// Numeric is the distance of numbers, by their ranks: of m different numbers in the table, those of ranks i and j are |i−j|/(m−1) apart. This is the
// ordered distance of Li, Li and Venkatasubramanian (2007), in which the gaps between the numbers do not count. Numbers are written as
// in Go, "12.5" or "1e3".
func Numeric() Distance { return Distance{numeric{}} }

type numeric struct{}

func (numeric) over(a *Attribute) (emd, error) {
	numbers := make([]float64, len(a.total))
	var present []float64
	for value, n := range a.total {
		if n == 0 {
			continue
		}
		number, err := strconv.ParseFloat(a.column.values[value], 64)
		if err != nil || math.IsNaN(number) || math.IsInf(number, 0) {
			return nil, ErrDistance
		}
		numbers[value] = number
		present = append(present, number)
	}
	slices.Sort(present)
	present = slices.Compact(present)
	ranks := make([]int, len(a.total))
	for value := range ranks {
		ranks[value], _ = slices.BinarySearch(present, numbers[value])
	}
	return a.ranked(ranks, len(present)), nil
}

// Ordered is the distance of values that stand in the given order, by their ranks among those that are in the table, as with [Numeric]. Values of the
// table that are not given do not fit.
func Ordered(values ...string) Distance { return Distance{ordered(slices.Clone(values))} }

type ordered []string

func (o ordered) over(a *Attribute) (emd, error) {
	places := map[string]int{}
	for place, value := range o {
		if _, twice := places[value]; twice {
			return nil, ErrDistance
		}
		places[value] = place
	}
	var present []int
	at := make([]int, len(a.total))
	for value, n := range a.total {
		if n == 0 {
			continue
		}
		place, ok := places[a.column.values[value]]
		if !ok {
			return nil, ErrDistance
		}
		at[value] = place
		present = append(present, place)
	}
	slices.Sort(present)
	for value := range at {
		at[value], _ = slices.BinarySearch(present, at[value])
	}
	return a.ranked(at, len(present)), nil
}

// ranked is the distance by ranks below m. The work is the sum over the ranks of |P−Q|, the shares up to there of class and table, over m−1.
// Between two values of a class P is constant and Q does not fall, so that the sum over them takes one search, and classes of few rows are cheap
// however many values there are.
func (a *Attribute) ranked(ranks []int, m int) emd {
	if m < 2 {
		return func([]count, float64) float64 { return 0 }
	}
	upTo := make([]int, m) // rows of the table up to each rank
	for value, n := range a.total {
		if n > 0 {
			upTo[ranks[value]] += n
		}
	}
	sums := make([]int, m+1) // of those before each rank
	for rank := range m {
		if rank > 0 {
			upTo[rank] += upTo[rank-1]
		}
		sums[rank+1] = sums[rank] + upTo[rank]
	}
	table := float64(a.rows)
	between := func(from, to int, p float64) float64 {
		above, _ := slices.BinarySearchFunc(upTo[from:to], p, func(q int, p float64) int { return cmp.Compare(float64(q)/table, p) })
		above += from
		return p*float64(above-from) - float64(sums[above]-sums[from])/table + float64(sums[to]-sums[above])/table - p*float64(to-above)
	}
	return func(counts []count, rows float64) float64 {
		slices.SortFunc(counts, func(x, y count) int { return cmp.Compare(ranks[x.value], ranks[y.value]) })
		var work float64
		from, before := 0, 0
		for _, c := range counts {
			work += between(from, ranks[c.value], float64(before)/rows)
			from = ranks[c.value]
			before += int(c.rows)
		}
		return max(0, work+between(from, m, 1)) / float64(m-1)
	}
}
