package dp

import (
	"context"
	"fmt"
	"iter"
	"math"
)

// Sum returns the sum of the values, each clamped to between Lower and Upper, at most Contributions of each person. The noise grows with the larger
// of |Lower| and |Upper|, times Contributions. Values are rounded to about a millionth of that magnitude. The errors are those of [Count]; a value
// that is no number, or infinite, is an [ErrValue].
func Sum[P ~string](ctx context.Context, budget *Budget, q Query, data iter.Seq2[P, float64]) (Result, error) {
	p, people, err := paid(ctx, budget, q, data)
	if err != nil {
		return Result{}, err
	}
	g := newGrid(p.largest())
	var steps int64
	for _, d := range people {
		for _, v := range d.kept {
			steps += g.steps(v)
		}
	}
	return p.sum(g, steps)
}

// paid checks a query about values, spends its cost and reads the data.
func paid[P ~string](ctx context.Context, budget *Budget, q Query, data iter.Seq2[P, float64]) (plan, map[P]*drawn[float64], error) {
	p, err := q.plan(use{values: true})
	if err != nil {
		return plan{}, nil, err
	}
	if data == nil {
		return plan{}, nil, fmt.Errorf("%w: data", ErrIncomplete)
	}
	if err := budget.spend(ctx, p.cost); err != nil {
		return plan{}, nil, err
	}
	people, err := values(ctx, p, data)
	return p, people, err
}

// sum adds noise to an exact sum on a grid.
func (p plan) sum(g grid, steps int64) (Result, error) {
	largest := g.value(g.most) * float64(p.contributions)
	noised, err := p.noise.AddNoiseFloat64(g.value(steps), p.partitions, largest, p.cost.Epsilon, p.cost.Delta)
	if err != nil {
		return Result{}, refused(err)
	}
	ci, err := p.noise.ComputeConfidenceIntervalFloat64(noised, p.partitions, largest, p.cost.Epsilon, p.cost.Delta, p.alpha())
	if err != nil {
		return Result{}, refused(err)
	}
	r := Result{Value: noised, Low: ci.LowerBound, High: ci.UpperBound, Confidence: p.confidence}
	if p.lower >= 0 { // the exact sum is not negative
		r.Low, r.High = math.Max(0, r.Low), math.Max(0, r.High)
	}
	if p.upper <= 0 {
		r.Low, r.High = math.Min(0, r.Low), math.Min(0, r.High)
	}
	return r, nil
}
