package dp

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"
)

// Quantiles returns the values below which the given shares of the values lie, each clamped to between Lower and Upper, at most Contributions of
// each person: a rank of 0.5 is the median. However many ranks there are, they cost the query's cost once. The results are in the order of the
// ranks and rise with them. Ranks beyond 0.005 and 0.995 give what these do: the least and greatest value are one person's.
//
// A value is exact to a 65,536th of the distance between Lower and Upper, so take narrow bounds. Each interval is of its own rank, of the values
// rounded like this; they are cautious and do not hold all at once. The errors are those of [Sum], and [ErrQuery] for ranks that are none or not
// between 0 and 1.
func Quantiles[P ~string](ctx context.Context, budget *Budget, q Query, ranks []float64, data iter.Seq2[P, float64]) ([]Result, error) {
	ranks = slices.Clone(ranks)
	if len(ranks) == 0 || slices.ContainsFunc(ranks, func(r float64) bool { return !(r >= 0 && r <= 1) }) {
		return nil, fmt.Errorf("%w: quantiles need ranks between 0 and 1", ErrQuery)
	}
	p, people, err := paid(ctx, budget, q, data)
	if err != nil {
		return nil, err
	}
	t := newTree(p, treeHeight, treeFanout)
	for _, d := range people {
		for _, v := range d.kept {
			t.add(v)
		}
	}
	return t.results(ranks)
}

func (t *tree) results(ranks []float64) ([]Result, error) {
	order := make([]int, len(ranks))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		switch {
		case ranks[i] < ranks[j]:
			return -1
		case ranks[i] > ranks[j]:
			return 1
		}
		return 0
	})
	results := make([]Result, len(ranks))
	least := math.Inf(-1)
	for _, i := range order {
		value, err := t.quantile(ranks[i])
		if err != nil {
			return nil, err
		}
		least = math.Max(least, value) // rounding in the descent must not make them fall
		low, err := t.low(ranks[i])
		if err != nil {
			return nil, err
		}
		high, err := t.high(ranks[i])
		if err != nil {
			return nil, err
		}
		results[i] = Result{Value: least, Low: math.Min(low, least), High: math.Max(high, least), Confidence: t.confidence}
	}
	return results, nil
}
