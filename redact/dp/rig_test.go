package dp

import (
	"context"
	"iter"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact"
)

var rigLimit = Limit{Purpose: "planning.heating", Release: "2026-03/study", Epsilon: 10, Delta: 1e-3}

func openBudget(tb testing.TB, ledger Ledger, limit Limit) *Budget {
	tb.Helper()
	b, err := NewBudget(tb.Context(), ledger, limit)
	require.NoError(tb, err)
	return b
}

// sequence returns the sequence of the account of rigLimit.
func sequence(tb testing.TB, ledger Ledger) uint64 {
	tb.Helper()
	a, err := ledger.Account(tb.Context(), rigLimit.Purpose, rigLimit.Release)
	require.NoError(tb, err)
	return a.Sequence
}

// crowd has n people with one value each.
func crowd(n int, value func(i int) float64) iter.Seq2[string, float64] {
	return func(yield func(string, float64) bool) {
		for i := range n {
			if !yield(key(i), value(i)) {
				return
			}
		}
	}
}

func key(i int) string { return string(rune('a'+i%26)) + string(rune('一'+i/26)) }

func keys(data iter.Seq2[string, float64]) iter.Seq[string] {
	return func(yield func(string) bool) {
		for k := range data {
			if !yield(k) {
				return
			}
		}
	}
}

// asks has each aggregate under the same query, without its answer.
var asks = map[string]struct {
	use use
	ask func(ctx context.Context, b *Budget, q Query, data iter.Seq2[string, float64]) error
}{
	"count": {use{}, func(ctx context.Context, b *Budget, q Query, data iter.Seq2[string, float64]) error {
		_, err := Count(ctx, b, q, keys(data))
		return err
	}},
	"sum": {use{values: true}, func(ctx context.Context, b *Budget, q Query, data iter.Seq2[string, float64]) error {
		_, err := Sum(ctx, b, q, data)
		return err
	}},
	"mean": {use{values: true}, func(ctx context.Context, b *Budget, q Query, data iter.Seq2[string, float64]) error {
		_, err := Mean(ctx, b, q, data)
		return err
	}},
	"quantiles": {use{values: true}, func(ctx context.Context, b *Budget, q Query, data iter.Seq2[string, float64]) error {
		_, err := Quantiles(ctx, b, q, []float64{0.5}, data)
		return err
	}},
	"histogram": {use{partitions: true, selects: true}, func(ctx context.Context, b *Budget, q Query, data iter.Seq2[string, float64]) error {
		_, err := Histogram(ctx, b, q, parts(data))
		return err
	}},
	"declared histogram": {use{partitions: true}, func(ctx context.Context, b *Budget, q Query, data iter.Seq2[string, float64]) error {
		_, err := DeclaredHistogram(ctx, b, q, []int{0, 1}, parts(data))
		return err
	}},
}

func parts(data iter.Seq2[string, float64]) iter.Seq2[string, int] {
	return func(yield func(string, int) bool) {
		for k, v := range data {
			if !yield(k, int(v)) {
				return
			}
		}
	}
}

// query returns one that the use accepts.
func (u use) query() Query {
	q := Query{Cost: Cost{Epsilon: 1}, Bounds: Bounds{Partitions: 1, Contributions: 1}}
	if u.values {
		q.Bounds.Upper = 10
	}
	if u.selects {
		q.Cost.Delta = 1e-6
	}
	return q
}

// faulty is a ledger that fails on purpose.
type faulty struct {
	Memory
	mu      sync.Mutex
	account func(Account, error) (Account, error)
	replace func(context.Context, Account, func(context.Context, Account) error) error
}

func (f *faulty) Account(ctx context.Context, purpose string, release redact.ReleaseID) (Account, error) {
	a, err := f.Memory.Account(ctx, purpose, release)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.account != nil {
		return f.account(a, err)
	}
	return a, err
}

func (f *faulty) Replace(ctx context.Context, next Account) error {
	f.mu.Lock()
	replace := f.replace
	f.mu.Unlock()
	if replace != nil {
		return replace(ctx, next, f.Memory.Replace)
	}
	return f.Memory.Replace(ctx, next)
}
