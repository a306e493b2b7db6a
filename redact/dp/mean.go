package dp

import (
	"context"
	"iter"
	"math"
)

// Mean returns the mean of the values, each clamped to between Lower and Upper, at most Contributions of each person. It is made of a noisy sum of
// the distances from the middle between Lower and Upper, and of a noisy count, for half the cost each (Li, Lyu, Su and Yang 2016, algorithm 2.4),
// and is biased towards the middle where there are few people. It is always between Lower and Upper. The errors are those of [Sum].
func Mean[P ~string](ctx context.Context, budget *Budget, q Query, data iter.Seq2[P, float64]) (Result, error) {
	p, people, err := paid(ctx, budget, q, data)
	if err != nil {
		return Result{}, err
	}
	m := p.meaner()
	var steps, n int64
	for _, d := range people {
		for _, v := range d.kept {
			steps += m.steps(v)
			n++
		}
	}
	return m.mean(steps, n)
}

// meaner makes means of the distances from the middle.
type meaner struct {
	plan
	middle float64
	around plan // for the sum of distances
	count  plan
	grid   grid
}

func (p plan) meaner() meaner {
	reach := (p.upper - p.lower) / 2
	m := meaner{plan: p, middle: p.lower + reach, around: p.half(), count: p.half(), grid: newGrid(reach)}
	m.around.lower, m.around.upper = -reach, reach
	// The interval of the mean misses if that of the sum or that of the count does: each may miss half as often.
	m.around.confidence = 1 - p.alpha()/2
	m.count.confidence = 1 - p.alpha()/2
	return m
}

func (m meaner) steps(v float64) int64 { return m.grid.steps(v - m.middle) }

func (m meaner) mean(steps, n int64) (Result, error) {
	count, err := m.count.count(n)
	if err != nil {
		return Result{}, err
	}
	sum, err := m.around.sum(m.grid, steps)
	if err != nil {
		return Result{}, err
	}
	fewest, most := math.Max(1, count.Low), math.Max(1, count.High)
	low, high := sum.Low/most, sum.High/most
	if sum.Low < 0 {
		low = sum.Low / fewest
	}
	if sum.High > 0 {
		high = sum.High / fewest
	}
	return Result{
		Value:      m.clamp(sum.Value/math.Max(1, count.Value) + m.middle),
		Low:        m.clamp(low + m.middle),
		High:       m.clamp(high + m.middle),
		Confidence: m.confidence,
	}, nil
}
