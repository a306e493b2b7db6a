package dp

import (
	"context"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
)

// drawn keeps a bounded number of the items it is offered, each with the same probability (reservoir sampling, Vitter 1985, algorithm R). The
// draw is part of what happens to one person's data alone and no secret, so it does not take the cryptographic source that noise does.
type drawn[T any] struct {
	seen int64
	kept []T
}

func (d *drawn[T]) offer(item T, most int64) {
	d.seen++
	if int64(len(d.kept)) < most {
		d.kept = append(d.kept, item)
	} else if i := rand.Int64N(d.seen); i < most {
		d.kept[i] = item
	}
}

// patience is how many contributions are read between two looks at the context.
const patience = 1024

// read calls take for each contribution, until the context ends or one is of nobody.
func read[P ~string, T any](ctx context.Context, data iter.Seq2[P, T], take func(P, T) error) error {
	n := 0
	for person, item := range data {
		if n++; n%patience == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if person == "" {
			return fmt.Errorf("%w: it is of nobody", ErrValue)
		}
		if err := take(person, item); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// values draws the contributions of each person that count, clamped.
func values[P ~string](ctx context.Context, p plan, data iter.Seq2[P, float64]) (map[P]*drawn[float64], error) {
	people := map[P]*drawn[float64]{}
	err := read(ctx, data, func(person P, v float64) error {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%w: it is not a number", ErrValue)
		}
		d := people[person]
		if d == nil {
			d = new(drawn[float64])
			people[person] = d
		}
		d.offer(p.clamp(v), p.contributions)
		return nil
	})
	return people, err
}

func (p plan) clamp(v float64) float64 { return math.Min(math.Max(v, p.lower), p.upper) }

// A grid has the multiples of a power of two, small against the largest contribution. Sums on it are exact in any order, which sums of floating-point
// numbers are not: there, one person can move a sum by more than that person's contribution, and more than the noise is scaled to
// (Casacuberta, Shoate, Vadhan and Wagaman 2022).
type grid struct {
	step float64
	most int64 // steps in the largest contribution, rounded up
}

// gridBits is how many steps there are in the largest contribution, as a power of two. 2^33 contributions add up below 2^53, where floating-point
// numbers are whole.
const gridBits = 20

func newGrid(largest float64) grid {
	_, exponent := math.Frexp(largest)
	step := math.Ldexp(1, exponent-gridBits)
	return grid{step: step, most: int64(math.Ceil(largest / step))}
}

func (g grid) steps(v float64) int64 {
	return min(max(int64(math.Round(v/g.step)), -g.most), g.most)
}

func (g grid) value(steps int64) float64 { return float64(steps) * g.step }
