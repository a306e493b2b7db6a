package dp

import (
	"context"
	"errors"
	"math"
	"sync"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"github.com/stretchr/testify/require"
)

func TestComposition(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		spent   []Spending
		epsilon float64
		delta   float64
	}{
		{nil, 0, 0},
		{[]Spending{{Cost{0.1, 0}, 3}}, 0.3, 0}, // 0.1+0.1+0.1 is more than 0.3 in binary
		{[]Spending{{Cost{0.1, 1e-7}, 10}}, 1, 1e-6},
		{[]Spending{{Cost{0.1, 1e-9}, 1}, {Cost{0.2, 2e-9}, 2}, {Cost{0.7, 0}, 1}}, 1.2, 5e-9},
	} {
		total, err := Basic(c.spent...)
		require.NoError(t, err)
		require.Equal(t, Cost{c.epsilon, c.delta}, total)
	}
	// 100 times 0.01 with a slack of 1e-6: √(2·ln 10⁶·100·0.0001) + 100·0.01·(e^0.01−1) = 0.525652... + 0.010050...
	total, err := Advanced(1e-6, Spending{Cost{0.01, 1e-9}, 100})
	require.NoError(t, err)
	require.InDelta(t, 0.5256521769756932+0.010050167084168, total.Epsilon, 1e-9)
	require.Equal(t, 1.1e-6, total.Delta)

	for _, slack := range []float64{0, -1, 1, 1e-13, math.NaN(), math.Inf(1)} {
		_, err := Advanced(slack, Spending{Cost{1, 0}, 1})
		require.ErrorIs(t, err, ErrCost)
	}
	for _, bad := range []Spending{{}, {Cost{1, 0}, 0}, {Cost{1, 0}, -1}, {Cost{math.NaN(), 0}, 1}, {Cost{1, 1}, 1}, {Cost{0, 1e-6}, 1}} {
		_, err := Basic(bad)
		require.ErrorIs(t, err, ErrCost)
		_, err = Advanced(1e-6, bad)
		require.ErrorIs(t, err, ErrCost)
	}
}

func genSpending() gopter.Gen {
	return gopter.CombineGens(gen.Float64Range(0.001, 2), gen.OneConstOf(0.0, 1e-9, 1e-7), gen.Int64Range(1, 40)).
		Map(func(v []any) Spending { return Spending{Cost{v[0].(float64), v[1].(float64)}, v[2].(int64)} })
}

func TestCompositionLaws(t *testing.T) {
	t.Parallel()
	laws := gopter.NewProperties(nil)
	laws.Property("one more never costs less, by either composition and in an account", prop.ForAll(
		func(spent []Spending, more Spending) bool {
			less := Account{Limit: Limit{Delta: 1, Slack: 1e-6}, Spent: spent}
			after := Account{Limit: less.Limit, Spent: append(spent[:len(spent):len(spent)], more)}
			b1, _ := Basic(less.Spent...)
			b2, _ := Basic(after.Spent...)
			a1, _ := Advanced(1e-6, less.Spent...)
			a2, _ := Advanced(1e-6, after.Spent...)
			t1, _ := less.total()
			t2, _ := after.total()
			return b2.Epsilon > b1.Epsilon && b2.Delta >= b1.Delta && a2.Epsilon > a1.Epsilon && a2.Delta >= a1.Delta &&
				t2.Epsilon > t1.Epsilon && t2.Epsilon <= b2.Epsilon && t2.Epsilon <= a2.Epsilon
		}, gen.SliceOfN(6, genSpending()), genSpending()))
	laws.Property("neither the order nor the grouping matters", prop.ForAll(
		func(spent []Spending) bool {
			var apart []Spending
			for _, s := range spent {
				for range s.Times {
					apart = append([]Spending{{s.Cost, 1}}, apart...)
				}
			}
			b1, _ := Basic(spent...)
			b2, _ := Basic(apart...)
			a1, _ := Advanced(1e-6, spent...)
			a2, _ := Advanced(1e-6, apart...)
			return b1 == b2 && a1.Delta == a2.Delta && math.Abs(a1.Epsilon-a2.Epsilon) <= 1e-9*a1.Epsilon
		}, gen.SliceOfN(6, genSpending())))
	laws.TestingRun(t)
}

// With a slack, many small answers fit that the sum of their costs forbids; with large ones the slack does no harm.
func TestAdvancedPays(t *testing.T) {
	t.Parallel()
	afford := func(limit Limit, c Cost) (n int) {
		b := openBudget(t, new(Memory), limit)
		for b.spend(t.Context(), c) == nil {
			n++
		}
		spent, err := b.Spent(t.Context())
		require.NoError(t, err)
		require.LessOrEqual(t, spent.Epsilon, limit.Epsilon)
		require.LessOrEqual(t, spent.Delta, limit.Delta)
		return n
	}
	limit := Limit{Purpose: "p", Release: "r", Epsilon: 1, Delta: 1e-6}
	slack := limit
	slack.Slack = 1e-6
	small := Cost{Epsilon: 0.01}
	require.Equal(t, 100, afford(limit, small))
	require.Equal(t, 337, afford(slack, small)) // √(27.63·n)/100 + n/9950 ≤ 1
	require.Equal(t, 2, afford(limit, Cost{Epsilon: 0.5}))
	require.Equal(t, 2, afford(slack, Cost{Epsilon: 0.5}))
	// All of the limit's δ is the slack, so what has a δ of its own is paid by the sum alone.
	require.Equal(t, 100, afford(slack, Cost{Epsilon: 0.01, Delta: 1e-9}))
	require.Equal(t, 3, afford(Limit{Purpose: "p", Release: "r", Epsilon: 0.3}, Cost{Epsilon: 0.1}))
	require.Equal(t, 0, afford(Limit{Purpose: "p", Release: "r", Epsilon: 10}, Cost{Epsilon: 0.1, Delta: 1e-9}))
}

// Whoever spends, together with whom and in which order: what is paid never costs more than the limit, and what is refused would.
func TestConcurrentSpendingLaw(t *testing.T) {
	t.Parallel()
	laws := func(tests int) *gopter.Properties {
		parameters := gopter.DefaultTestParameters()
		parameters.MinSuccessfulTests = tests
		return gopter.NewProperties(parameters)
	}
	law := func(open func() Ledger) func([]float64, bool) bool {
		return func(costs []float64, slack bool) bool {
			limit := Limit{Purpose: "p", Release: "r", Epsilon: 2, Delta: 1e-6}
			if slack {
				limit.Slack = 5e-7
			}
			ledger := open()
			var paid Account
			paid.Limit = limit
			var mu sync.Mutex
			var wait sync.WaitGroup
			ok := true
			for start := range 4 {
				wait.Go(func() {
					b, err := NewBudget(t.Context(), ledger, limit) // like a process of its own
					mu.Lock()
					ok = ok && err == nil
					mu.Unlock()
					for i := start; i < len(costs) && err == nil; i += 4 {
						c := Cost{Epsilon: costs[i]}
						switch spent := b.spend(t.Context(), c); {
						case spent == nil:
							mu.Lock()
							paid = paid.with(c)
							mu.Unlock()
						case !errors.Is(spent, ErrSpent):
							mu.Lock()
							ok = false
							mu.Unlock()
						}
					}
				})
			}
			wait.Wait()
			total, err := paid.total()
			if !ok || err != nil || total.Epsilon > limit.Epsilon || total.Delta > limit.Delta {
				return false
			}
			stored, err := ledger.Account(t.Context(), "p", "r")
			if err != nil || stored.Sequence != paid.Sequence+1 || len(stored.Spent) != len(paid.Spent) {
				return false
			}
			for i := range stored.Spent {
				if stored.Spent[i] != paid.Spent[i] {
					return false
				}
			}
			refused := len(costs) - int(paid.Sequence)
			if refused == 0 {
				return true
			}
			largest := 0.0
			for _, c := range costs {
				largest = math.Max(largest, c)
			}
			return !paid.with(Cost{Epsilon: largest}).fits()
		}
	}
	costs := gen.SliceOfN(30, gen.OneConstOf(0.01, 0.05, 0.1, 0.25, 0.5))
	memory, files := laws(50), laws(3)
	memory.Property("in memory", prop.ForAll(law(func() Ledger { return new(Memory) }), costs, gen.Bool()))
	files.Property("in files", prop.ForAll(law(func() Ledger {
		f, err := NewFiles(t.TempDir())
		require.NoError(t, err)
		return f
	}), costs, gen.Bool()))
	memory.TestingRun(t)
	files.TestingRun(t)
}

func TestNewBudget(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*Limit)
		err    error
	}{
		{"no purpose", func(l *Limit) { l.Purpose = "" }, ErrIncomplete},
		{"no release", func(l *Limit) { l.Release = "" }, ErrIncomplete},
		{"purpose is not text", func(l *Limit) { l.Purpose = "\xff" }, ErrIncomplete},
		{"no epsilon", func(l *Limit) { l.Epsilon = 0 }, ErrCost},
		{"epsilon is no number", func(l *Limit) { l.Epsilon = math.NaN() }, ErrCost},
		{"delta of one", func(l *Limit) { l.Delta = 1 }, ErrCost},
		{"negative delta", func(l *Limit) { l.Delta = -1 }, ErrCost},
		{"negative slack", func(l *Limit) { l.Slack = -1 }, ErrCost},
		{"more slack than delta", func(l *Limit) { l.Slack = 2e-3 }, ErrCost},
		{"slack is no number", func(l *Limit) { l.Slack = math.NaN() }, ErrCost},
	} {
		limit := rigLimit
		c.change(&limit)
		b, err := NewBudget(t.Context(), new(Memory), limit)
		require.ErrorIs(t, err, c.err, c.name)
		require.Nil(t, b)
	}
	for _, none := range []Ledger{nil, (*Memory)(nil), (*Files)(nil)} {
		_, err := NewBudget(t.Context(), none, rigLimit)
		require.ErrorIs(t, err, ErrIncomplete)
	}
	ledger := new(Memory)
	require.Equal(t, rigLimit, openBudget(t, ledger, rigLimit).Limit())
	openBudget(t, ledger, rigLimit)
	raised := rigLimit
	raised.Epsilon++
	_, err := NewBudget(t.Context(), ledger, raised)
	require.ErrorIs(t, err, ErrLimit)
	_, err = (*Budget)(nil).Spent(t.Context())
	require.ErrorIs(t, err, ErrIncomplete)
	require.Zero(t, (*Budget)(nil).Limit())
}

// A ledger that is not as it should be refuses, and nothing is read.
func TestFaultyLedger(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	valid := Account{Limit: rigLimit, Sequence: 1}
	other := func(change func(*Account)) func(Account, error) (Account, error) {
		return func(a Account, err error) (Account, error) {
			change(&a)
			return a, err
		}
	}
	for name, c := range map[string]struct {
		account func(Account, error) (Account, error)
		replace func(context.Context, Account, func(context.Context, Account) error) error
		err     error
	}{
		"unreadable":       {account: func(Account, error) (Account, error) { return valid, down }, err: down},
		"gone":             {account: func(Account, error) (Account, error) { return Account{}, nil }, err: ErrLedger},
		"other limit":      {account: other(func(a *Account) { a.Limit.Epsilon = 11 }), err: ErrLimit},
		"other purpose":    {account: other(func(a *Account) { a.Limit.Purpose = "x" }), err: ErrLedger},
		"other release":    {account: other(func(a *Account) { a.Limit.Release = "x" }), err: ErrLedger},
		"sequence":         {account: other(func(a *Account) { a.Sequence = 5 }), err: ErrLedger},
		"no sequence":      {account: other(func(a *Account) { a.Sequence = 0 }), err: ErrLedger},
		"overspent":        {account: other(func(a *Account) { a.Spent, a.Sequence = []Spending{{Cost{6, 0}, 2}}, 3 }), err: ErrLedger},
		"negative":         {account: other(func(a *Account) { a.Spent, a.Sequence = []Spending{{Cost{-1, 0}, 1}}, 2 }), err: ErrLedger},
		"not a number":     {account: other(func(a *Account) { a.Spent, a.Sequence = []Spending{{Cost{math.NaN(), 0}, 1}}, 2 }), err: ErrLedger},
		"wrong order":      {account: other(func(a *Account) { a.Spent, a.Sequence = []Spending{{Cost{2, 0}, 1}, {Cost{1, 0}, 1}}, 3 }), err: ErrLedger},
		"many times":       {account: other(func(a *Account) { a.Spent, a.Sequence = []Spending{{Cost{1, 0}, math.MaxInt64}}, 2 }), err: ErrLedger},
		"unwritable":       {replace: func(context.Context, Account, func(context.Context, Account) error) error { return down }, err: down},
		"endless conflict": {replace: func(context.Context, Account, func(context.Context, Account) error) error { return ErrConflict }, err: ErrLedger},
		"written and lost": {replace: func(ctx context.Context, a Account, replace func(context.Context, Account) error) error {
			return errors.Join(replace(ctx, a), down)
		}, err: down},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ledger := new(faulty)
			b := openBudget(t, ledger, rigLimit)
			ledger.account, ledger.replace = c.account, c.replace
			_, err := Count(t.Context(), b, use{}.query(), func(func(string) bool) { t.Error("read") })
			require.ErrorIs(t, err, c.err)
			if !errors.Is(c.err, ErrLimit) {
				require.ErrorIs(t, err, ErrLedger)
			}
		})
	}
}
