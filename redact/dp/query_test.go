package dp

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// What cannot be answered is refused by its name, by every aggregate, and costs nothing.
func TestRefusedQueries(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	both := func(use) bool { return true }
	withValues := func(u use) bool { return u.values }
	for _, c := range []struct {
		name   string
		change func(*Query)
		in     func(use) bool
		err    error
	}{
		{"no epsilon", func(q *Query) { q.Cost.Epsilon = 0 }, both, ErrCost},
		{"negative epsilon", func(q *Query) { q.Cost.Epsilon = -1 }, both, ErrCost},
		{"epsilon is no number", func(q *Query) { q.Cost.Epsilon = nan }, both, ErrCost},
		{"infinite epsilon", func(q *Query) { q.Cost.Epsilon = inf }, both, ErrCost},
		{"vanishing epsilon", func(q *Query) { q.Cost.Epsilon = 1e-7 }, both, ErrCost},
		{"epsilon that protects nobody", func(q *Query) { q.Cost.Epsilon = 101 }, both, ErrCost},
		{"negative delta", func(q *Query) { q.Cost.Delta = -1e-9 }, both, ErrCost},
		{"delta of one", func(q *Query) { q.Cost.Delta = 1 }, both, ErrCost},
		{"delta is no number", func(q *Query) { q.Cost.Delta = nan }, both, ErrCost},
		{"infinite delta", func(q *Query) { q.Cost.Delta = inf }, both, ErrCost},
		{"vanishing delta", func(q *Query) { q.Cost.Delta, q.Noise = 1e-13, Gaussian }, both, ErrCost},
		{"delta for Laplace noise", func(q *Query) { q.Cost.Delta = 1e-6 }, func(u use) bool { return !u.selects }, ErrCost},
		{"Gaussian noise without delta", func(q *Query) { q.Cost.Delta, q.Noise = 0, Gaussian }, both, ErrCost},
		{"selection without delta", func(q *Query) { q.Cost.Delta = 0 }, func(u use) bool { return u.selects }, ErrCost},
		{"too little delta for each partition", func(q *Query) { q.Cost.Delta, q.Bounds.Partitions = 1e-11, 11 }, func(u use) bool { return u.selects }, ErrCost},
		{"unknown noise", func(q *Query) { q.Noise = 2 }, both, ErrQuery},
		{"no partitions", func(q *Query) { q.Bounds.Partitions = 0 }, both, ErrBounds},
		{"negative partitions", func(q *Query) { q.Bounds.Partitions = -1 }, both, ErrBounds},
		{"no contributions", func(q *Query) { q.Bounds.Contributions = 0 }, both, ErrBounds},
		{"negative contributions", func(q *Query) { q.Bounds.Contributions = -1 }, both, ErrBounds},
		{"too many contributions", func(q *Query) { q.Bounds.Contributions = 1<<30 + 1 }, both, ErrBounds},
		{"too many in all", func(q *Query) { q.Bounds.Partitions, q.Bounds.Contributions = 1<<16, 1<<15 }, func(u use) bool { return u.partitions }, ErrBounds},
		{"overflow", func(q *Query) { q.Bounds.Partitions, q.Bounds.Contributions = math.MaxInt, math.MaxInt }, both, ErrBounds},
		{"partitions of what has none", func(q *Query) { q.Bounds.Partitions = 2 }, func(u use) bool { return !u.partitions }, ErrBounds},
		{"values of what has none", func(q *Query) { q.Bounds.Upper = 1 }, func(u use) bool { return !u.values }, ErrBounds},
		{"no values", func(q *Query) { q.Bounds.Upper = 0 }, withValues, ErrBounds},
		{"reversed values", func(q *Query) { q.Bounds.Lower = 11 }, withValues, ErrBounds},
		{"equal values", func(q *Query) { q.Bounds.Lower = 10 }, withValues, ErrBounds},
		{"lower is no number", func(q *Query) { q.Bounds.Lower = nan }, withValues, ErrBounds},
		{"upper is no number", func(q *Query) { q.Bounds.Upper = nan }, withValues, ErrBounds},
		{"infinite upper", func(q *Query) { q.Bounds.Upper = inf }, withValues, ErrBounds},
		{"infinite lower", func(q *Query) { q.Bounds.Lower = -inf }, withValues, ErrBounds},
		{"vanishing values", func(q *Query) { q.Bounds.Upper = 1e-200 }, withValues, ErrBounds},
		{"certainty", func(q *Query) { q.Confidence = 1 }, both, ErrQuery},
		{"negative confidence", func(q *Query) { q.Confidence = -0.5 }, both, ErrQuery},
		{"confidence is no number", func(q *Query) { q.Confidence = nan }, both, ErrQuery},
	} {
		for name, a := range asks {
			if !c.in(a.use) {
				continue
			}
			t.Run(fmt.Sprintf("%s of a %s", c.name, name), func(t *testing.T) {
				t.Parallel()
				ledger := new(Memory)
				q := a.use.query()
				c.change(&q)
				read := false
				err := a.ask(t.Context(), openBudget(t, ledger, rigLimit), q, func(func(string, float64) bool) { read = true })
				require.ErrorIs(t, err, c.err)
				require.False(t, read)
				require.EqualValues(t, 1, sequence(t, ledger))
			})
		}
	}
}

func TestRefusedOthers(t *testing.T) {
	t.Parallel()
	ledger := new(Memory)
	b := openBudget(t, ledger, rigLimit)
	q := use{values: true}.query()
	for _, ranks := range [][]float64{nil, {}, {-0.1}, {0.5, 1.1}, {math.NaN()}} {
		_, err := Quantiles(t.Context(), b, q, ranks, crowd(3, func(int) float64 { return 1 }))
		require.ErrorIs(t, err, ErrQuery)
	}
	for _, partitions := range [][]string{nil, {}, {"a", "a"}} {
		_, err := DeclaredHistogram(t.Context(), b, use{}.query(), partitions, func(func(string, string) bool) {})
		require.ErrorIs(t, err, ErrQuery)
	}
	_, err := Count[string](t.Context(), b, use{}.query(), nil)
	require.ErrorIs(t, err, ErrIncomplete)
	_, err = Sum[string](t.Context(), b, q, nil)
	require.ErrorIs(t, err, ErrIncomplete)
	_, err = Histogram[string, string](t.Context(), b, use{selects: true}.query(), nil)
	require.ErrorIs(t, err, ErrIncomplete)
	require.EqualValues(t, 1, sequence(t, ledger))
	for name, a := range asks {
		for _, none := range []*Budget{nil, {}} {
			require.ErrorIs(t, a.ask(t.Context(), none, a.use.query(), crowd(1, func(int) float64 { return 1 })), ErrIncomplete, name)
		}
	}
}

// Malformed data ends the answer, and has cost what it would have cost.
func TestMalformedData(t *testing.T) {
	t.Parallel()
	for name, a := range asks {
		for what, data := range map[string]func(yield func(string, float64) bool){
			"nobody":       func(yield func(string, float64) bool) { _ = yield("a", 1) && yield("", 1) },
			"not a number": func(yield func(string, float64) bool) { _ = yield("a", 1) && yield("a", math.NaN()) },
			"infinite":     func(yield func(string, float64) bool) { _ = yield("a", 1) && yield("a", math.Inf(-1)) },
		} {
			if what != "nobody" && !a.use.values {
				continue
			}
			ledger := new(Memory)
			err := a.ask(t.Context(), openBudget(t, ledger, rigLimit), a.use.query(), data)
			require.ErrorIs(t, err, ErrValue, name)
			require.EqualValues(t, 2, sequence(t, ledger), name)
		}
	}
}

// The cost is in the ledger when the first contribution is read; a context that ends while reading gives nothing, and nothing back.
func TestSpentBeforeReading(t *testing.T) {
	t.Parallel()
	for name, a := range asks {
		ledger := new(Memory)
		b := openBudget(t, ledger, rigLimit)
		ctx, cancel := context.WithCancel(t.Context())
		read := 0
		err := a.ask(ctx, b, a.use.query(), func(yield func(string, float64) bool) {
			require.EqualValues(t, 2, sequence(t, ledger), name)
			for yield("a", 1) {
				if read++; read == 10 {
					cancel()
				}
			}
		})
		require.ErrorIs(t, err, context.Canceled, name)
		require.Less(t, read, 2*patience, name)
		require.EqualValues(t, 2, sequence(t, ledger), name)

		require.ErrorIs(t, a.ask(ctx, b, a.use.query(), func(func(string, float64) bool) { t.Error("read") }), context.Canceled, name)
		require.EqualValues(t, 2, sequence(t, ledger), name)
	}
}
