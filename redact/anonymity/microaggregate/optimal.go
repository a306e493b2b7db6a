package microaggregate

import "math"

// Optimal groups the values of one column so that the sum of squares about the means of the groups is the least that groups of at least k can have
// (Hansen and Mukherjee, 2003). Equal values may be in different groups, and which of them are where may depend on their order. A k below 1 is an
// [ErrConfig], fewer than k values are an [ErrFew], and any that is not a number an [ErrNumber].
func Optimal(values []float64, k int) (*Groups, error) {
	switch {
	case k < 1:
		return nil, ErrConfig
	case len(values) < k || len(values) == 0:
		return nil, ErrFew
	case !sound(values):
		return nil, ErrNumber
	}
	order := ordered([][]float64{values})
	unit := scale(values)
	// Groups are of neighbours, because two that overlap would lose less if they did not, and have fewer than 2k, because two halves would lose
	// less. So the best for the first values is that for fewer of them and one more group.
	n := len(values)
	best := make([]float64, n+1)
	start := make([]int, n+1)
	for end := 1; end <= n; end++ {
		best[end] = math.Inf(1)
		var mean, squares float64 // of the last group, by Welford's method
		for first := end - 1; first >= 0 && end-first < 2*k; first-- {
			x := unit.place(values[order[first]])
			d := x - mean
			mean += d / float64(end-first)
			squares += d * (x - mean)
			if end-first >= k && best[first]+squares < best[end] {
				best[end], start[end] = best[first]+squares, first
			}
		}
	}
	g := &Groups{of: make([]int, n)}
	for end := n; end > 0; end = start[end] {
		for _, row := range order[start[end]:end] {
			g.of[row] = g.count
		}
		g.count++
	}
	for row := range g.of {
		g.of[row] = g.count - 1 - g.of[row] // the least first
	}
	return g, nil
}
