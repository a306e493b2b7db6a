package lattice

import (
	"context"
	"errors"
)

// recode generalises the suppressed rows by themselves, as if they were a table, and again those that are still suppressed. Each time at least a tenth of them has
// to stay, or, if that cannot be, one row. Classes are compared with the whole table as before. Two classes of different rounds that show the same, or
// of which one shows "*" where the other shows a value, are together a class that satisfies the models too, because each does.
func (r *Result) recode(ctx context.Context) error {
	for r.Suppressed > 0 {
		p := r.rest()
		most := p.rows - max(1, p.rows/10)
		best, checked, err := r.lattice.optimum(ctx, p, most)
		r.Checked += checked
		if errors.Is(err, ErrNone) && most < p.rows-1 {
			best, checked, err = r.lattice.optimum(ctx, p, p.rows-1)
			r.Checked += checked
		}
		if errors.Is(err, ErrNone) {
			return nil
		}
		if err != nil {
			return err
		}
		r.Suppressed = best.Suppressed
		r.Classes += best.Kept
		r.round(p, best)
	}
	return nil
}

// rest returns the rows that are suppressed.
func (r *Result) rest() *pool {
	all := r.lattice.pool
	p := &pool{dimensions: all.dimensions, base: &classes{levels: all.base.levels}}
	for range all.base.spread {
		p.base.spread = append(p.base.spread, spread{starts: []int32{0}})
	}
	for i, rows := range all.base.rows {
		if rows == 0 || r.rounds[i] != dropped {
			continue
		}
		p.base.first = append(p.base.first, int32(i))
		p.base.rows = append(p.base.rows, rows)
		for at, s := range all.base.spread {
			t := &p.base.spread[at]
			t.values = append(t.values, s.values[s.starts[i]:s.starts[i+1]]...)
			t.counts = append(t.counts, s.counts[s.starts[i]:s.starts[i+1]]...)
			t.starts = append(t.starts, int32(len(t.values)))
		}
	}
	p.weigh()
	return p
}
