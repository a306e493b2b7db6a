package dp

import (
	"context"
	"fmt"
	"iter"
	"math"
)

// Count returns how many contributions there are, at most Contributions of each person. With Contributions 1 it is how many people there
// are. The data is whose each contribution is, in any order; the same person must always have the same key.
//
// The value is a whole number and can be negative where there are few people. The error is one of [ErrIncomplete], [ErrCost], [ErrBounds] and
// [ErrQuery] for a query that is refused before anything is spent; [ErrSpent], [ErrLimit] or [ErrLedger] if it is not paid; [ErrValue] for
// malformed data or the context's error, after it is.
func Count[P ~string](ctx context.Context, budget *Budget, q Query, data iter.Seq[P]) (Result, error) {
	p, err := q.plan(use{})
	if err != nil {
		return Result{}, err
	}
	if data == nil {
		return Result{}, fmt.Errorf("%w: data", ErrIncomplete)
	}
	if err := budget.spend(ctx, p.cost); err != nil {
		return Result{}, err
	}
	people := map[P]int64{}
	err = read(ctx, paired(data), func(person P, _ struct{}) error {
		people[person] = min(people[person]+1, p.contributions)
		return nil
	})
	if err != nil {
		return Result{}, err
	}
	var n int64
	for _, c := range people {
		n += c
	}
	return p.count(n)
}

func paired[P ~string](data iter.Seq[P]) iter.Seq2[P, struct{}] {
	return func(yield func(P, struct{}) bool) {
		for person := range data {
			if !yield(person, struct{}{}) {
				return
			}
		}
	}
}

// count adds noise to an exact count.
func (p plan) count(n int64) (Result, error) {
	noised, err := p.noise.AddNoiseInt64(n, p.partitions, p.contributions, p.cost.Epsilon, p.cost.Delta)
	if err != nil {
		return Result{}, refused(err)
	}
	ci, err := p.noise.ComputeConfidenceIntervalInt64(noised, p.partitions, p.contributions, p.cost.Epsilon, p.cost.Delta, p.alpha())
	if err != nil {
		return Result{}, refused(err)
	}
	return Result{
		Value:      float64(noised),
		Low:        math.Max(0, ci.LowerBound), // the interval is of the exact count, which is not negative
		High:       math.Max(0, ci.UpperBound),
		Confidence: p.confidence,
	}, nil
}

// refused wraps an error of the noise, which can only say that a parameter is out of bounds.
func refused(err error) error { return fmt.Errorf("%w: %v", ErrCost, err) }
