package microaggregate

import (
	"cmp"
	"math"
	"slices"
)

// A Centre is what stands for the numbers of a group. The zero Centre is none, and nothing takes it.
type Centre int

const (
	// Mean is the arithmetic mean, which keeps the sum of the column and has the least loss.
	Mean Centre = iota + 1
	// Median is the number in the middle, or the mean of the two there; one number far away does not move it.
	Median
)

// Groups says which rows are together. The zero Groups has no rows.
type Groups struct {
	of    []int
	count int
}

// Count returns how many groups there are.
func (g *Groups) Count() int { return g.count }

// Of returns the group of a row, by its number from 0. Groups are numbered by their values, not by the order of the rows.
func (g *Groups) Of(row int) int { return g.of[row] }

// Aggregate returns for each row the centre of the values that its group has. Values are one for each row, else it is an [ErrRagged]; the numbers
// that [ErrNumber] names it is, and for a centre that is none an [ErrConfig].
func (g *Groups) Aggregate(values []float64, c Centre) ([]float64, error) {
	switch {
	case c != Mean && c != Median:
		return nil, ErrConfig
	case len(values) != len(g.of):
		return nil, ErrRagged
	case !sound(values):
		return nil, ErrNumber
	}
	members := make([][]float64, g.count)
	for row, value := range values {
		members[g.of[row]] = append(members[g.of[row]], value)
	}
	centres := make([]float64, g.count)
	for i, group := range members {
		slices.Sort(group) // so that rounding does not depend on the order of the rows
		centres[i] = centre(group, c)
	}
	out := make([]float64, len(values))
	for row := range out {
		out[row] = centres[g.of[row]]
	}
	return out, nil
}

// centre returns the centre of sorted values. It is between the least and the greatest, whatever the rounding.
func centre(sorted []float64, c Centre) float64 {
	n := len(sorted)
	if c == Median {
		return sorted[(n-1)/2]/2 + sorted[n/2]/2
	}
	return max(sorted[0], min(sorted[n-1], mean(sorted)))
}

func mean(values []float64) float64 {
	var sum float64
	for _, value := range values {
		sum += value
	}
	return sum / float64(len(values))
}

// sound reports whether all values can be squared and added up.
func sound(values []float64) bool {
	for _, value := range values {
		if !(math.Abs(value) <= 1e150) {
			return false
		}
	}
	return true
}

// Loss returns SSE/SST of columns before and after: the squares of the changes over those of the distances from the mean, each column by its own
// standard deviation. A column of equal numbers counts for nothing; if all are, the loss is 0. Columns that are not of one length are an
// [ErrRagged], none an [ErrConfig], and values may be an [ErrNumber].
func Loss(before, after [][]float64) (float64, error) {
	if len(before) == 0 {
		return 0, ErrConfig
	}
	if len(before) != len(after) {
		return 0, ErrRagged
	}
	var sum, columns float64
	for i, column := range before {
		if len(column) != len(before[0]) || len(column) != len(after[i]) {
			return 0, ErrRagged
		}
		if !sound(column) || !sound(after[i]) {
			return 0, ErrNumber
		}
		unit := scale(column)
		if unit.size == 0 {
			continue
		}
		var sse float64
		for row, value := range column {
			d := unit.place(value) - unit.place(after[i][row])
			sse += d * d
		}
		sum += sse / float64(len(column))
		columns++
	}
	if columns == 0 {
		return 0, nil
	}
	return sum / columns, nil
}

// unit places the numbers of a column about 0 with the standard deviation 1. Greatest is what they are divided by first, so that no square
// overflows or vanishes.
type unit struct{ greatest, mean, size float64 }

// scale returns the unit of a column, of size 0 if its numbers are equal.
func scale(values []float64) unit {
	u := unit{}
	if len(values) == 0 || slices.Min(values) == slices.Max(values) {
		return u
	}
	for _, value := range values {
		u.greatest = max(u.greatest, math.Abs(value))
	}
	sorted := make([]float64, 0, len(values)) // so that rounding does not depend on the order of the rows
	for _, value := range values {
		sorted = append(sorted, value/u.greatest)
	}
	slices.Sort(sorted)
	u.mean = mean(sorted)
	var squares float64
	for _, value := range sorted {
		squares += (value - u.mean) * (value - u.mean)
	}
	u.size = math.Sqrt(squares / float64(len(values)))
	return u
}

// place returns where a number stands.
func (u unit) place(value float64) float64 {
	if u.size == 0 {
		return 0
	}
	return (value/u.greatest - u.mean) / u.size
}

// ordered returns rows in the order of their values, column by column. Rows that compare equal cannot be told apart.
func ordered(columns [][]float64) []int {
	order := make([]int, len(columns[0]))
	for row := range order {
		order[row] = row
	}
	slices.SortFunc(order, func(x, y int) int {
		for _, column := range columns {
			if c := cmp.Compare(column[x], column[y]); c != 0 {
				return c
			}
		}
		return 0
	})
	return order
}
