package dptest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/dp"
)

func none(tb testing.TB, l dp.Ledger) {
	require.Equal(tb, dp.Account{}, of(tb, l, limit))
	replace(tb, l, first(named("other", "2026-03/study")))
	require.Equal(tb, dp.Account{}, of(tb, l, limit), "another's is none")
	require.Equal(tb, dp.Account{}, of(tb, l, named("", "")), "nobody's is none")
	replace(tb, l, first(limit)) // and that it was looked for has made none
}

func comesBack(tb testing.TB, l dp.Ledger) {
	a := first(limit)
	replace(tb, l, a)
	stores(tb, l, a)
	for _, next := range [][]dp.Spending{
		{{Cost: dp.Cost{Epsilon: 0.1}, Times: 1}},
		{{Cost: dp.Cost{Epsilon: 0.1}, Times: 2}},
		{{Cost: dp.Cost{Epsilon: 0.1}, Times: 2}, {Cost: dp.Cost{Epsilon: 0.1, Delta: 1e-12}, Times: 1}},
		{
			{Cost: dp.Cost{Epsilon: 0.1}, Times: 2},
			{Cost: dp.Cost{Epsilon: 0.1, Delta: 1e-12}, Times: 1},
			{Cost: dp.Cost{Epsilon: math.Nextafter(0.1, 1), Delta: math.Nextafter(1e-9, 1)}, Times: 1}, // every digit that there is
		},
		{
			{Cost: dp.Cost{Epsilon: 1.0 / (1 << 20)}, Times: 1},
			{Cost: dp.Cost{Epsilon: 0.1}, Times: 2},
			{Cost: dp.Cost{Epsilon: 0.1, Delta: 1e-12}, Times: 1},
			{Cost: dp.Cost{Epsilon: math.Nextafter(0.1, 1), Delta: math.Nextafter(1e-9, 1)}, Times: 1},
		},
	} {
		a.Sequence, a.Spent = a.Sequence+1, next
		replace(tb, l, a)
		stores(tb, l, a)
		stores(tb, l, a) // reading changes nothing
	}
	// A limit is kept as it is.
	other := first(dp.Limit{Purpose: "p", Release: "r", Epsilon: math.Nextafter(1, 2)})
	replace(tb, l, other)
	stores(tb, l, other)
	stores(tb, l, a)
}

func long(tb testing.TB, l dp.Ledger) {
	a := first(named(strings.Repeat("\x01", 1024), strings.Repeat("é", 512))) // a control character is written with six
	replace(tb, l, a)
	for i := range 70 {
		cost := dp.Cost{Epsilon: math.Nextafter(0.01, 1) + float64(i)*1e-6, Delta: 1.000000000001e-10}
		a.Spent, a.Sequence = append(a.Spent, dp.Spending{Cost: cost, Times: 1}), a.Sequence+1
		replace(tb, l, a)
	}
	stores(tb, l, a)
}

func accountEnded(tb testing.TB, l dp.Ledger) {
	for range 2 {
		a, err := l.Account(ended(tb), limit.Purpose, limit.Release)
		require.ErrorIs(tb, err, context.Canceled)
		require.Equal(tb, dp.Account{}, a)
		_ = l.Replace(tb.Context(), first(limit))
	}
}

func accountCopied(tb testing.TB, l dp.Ledger) {
	want := spent(limit, 1)
	replace(tb, l, first(limit), spent(limit, 1))
	a := of(tb, l, limit)
	a.Spent[0].Times = 7
	stores(tb, l, want)
	a = of(tb, l, limit)
	_ = append(a.Spent[:0], dp.Spending{})
	stores(tb, l, want)
}

// neverBack has some read while another spends.
func neverBack(tb testing.TB, l dp.Ledger) {
	replace(tb, l, first(limit))
	ctx, stop := context.WithCancel(tb.Context())
	defer stop()
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for last := uint64(1); ctx.Err() == nil; {
				a, err := l.Account(tb.Context(), limit.Purpose, limit.Release)
				if !assert.NoError(tb, err) || !assert.GreaterOrEqual(tb, a.Sequence, last, "an account came back at a lower sequence") {
					return
				}
				if !assert.Len(tb, a.Spent, int(a.Sequence)-1, "an account is of one moment") {
					return
				}
				last = a.Sequence
			}
		})
	}
	var epsilons []float64
	for n := range 30 {
		epsilons = append(epsilons, 0.25+float64(n)/64)
		a := spent(limit, epsilons...)
		if !assert.NoError(tb, l.Replace(tb.Context(), a)) {
			break
		}
		after, err := l.Account(tb.Context(), limit.Purpose, limit.Release)
		assert.NoError(tb, err)
		assert.Equal(tb, a, after, "what was stored is seen at once")
	}
	stop()
	group.Wait()
}

func makes(tb testing.TB, l dp.Ledger) {
	for _, a := range []dp.Account{spent(limit, 1), spent(limit, 1, 2)} {
		require.ErrorIs(tb, l.Replace(tb.Context(), a), dp.ErrConflict, "sequence %d", a.Sequence)
		require.Equal(tb, dp.Account{}, of(tb, l, limit))
	}
	replace(tb, l, first(limit))
	stores(tb, l, first(limit))
}

func conflicts(tb testing.TB, l dp.Ledger) {
	other := first(named("other", "2026-03/study"))
	have := first(limit)
	replace(tb, l, other, have)
	epsilons := []float64{1, 2, 3, 4, 5, 6}
	for n := range 4 {
		for _, wrong := range []dp.Account{spent(limit, epsilons[:n]...), spent(limit, epsilons[:n+2]...), first(limit), spent(limit, epsilons...), {
			Limit: limit, Sequence: 1 << 20, Spent: []dp.Spending{{Cost: dp.Cost{Epsilon: 1.0 / (1 << 20)}, Times: 1<<20 - 1}},
		}} {
			require.ErrorIs(tb, l.Replace(tb.Context(), wrong), dp.ErrConflict, "%d for %d", wrong.Sequence, have.Sequence)
			stores(tb, l, have)
		}
		have = spent(limit, epsilons[:n+1]...)
		replace(tb, l, have)
	}
	stores(tb, l, other)
}

func malformed(tb testing.TB, l dp.Ledger) {
	bad := func(change func(*dp.Account)) dp.Account {
		a := spent(limit, 1, 2)
		change(&a)
		return a
	}
	wrong := map[string]dp.Account{
		"the zero account":              {},
		"no sequence":                   bad(func(a *dp.Account) { a.Sequence = 0 }),
		"more was spent than sequences": bad(func(a *dp.Account) { a.Spent[0].Times = 2 }),
		"less was spent than sequences": bad(func(a *dp.Account) { a.Spent = a.Spent[:1] }),
		"out of order":                  bad(func(a *dp.Account) { a.Spent[0], a.Spent[1] = a.Spent[1], a.Spent[0] }),
		"given back":                    bad(func(a *dp.Account) { a.Spent[0].Times, a.Spent[1].Times = -1, 3 }),
		"no cost":                       bad(func(a *dp.Account) { a.Spent[0].Cost = dp.Cost{} }),
		"no number":                     bad(func(a *dp.Account) { a.Spent[0].Cost.Epsilon = math.NaN() }),
		"more than the limit":           bad(func(a *dp.Account) { a.Limit.Epsilon = 2.5 }),
		"no purpose":                    bad(func(a *dp.Account) { a.Limit.Purpose = "" }),
		"no release":                    bad(func(a *dp.Account) { a.Limit.Release = "" }),
		"text that is none":             bad(func(a *dp.Account) { a.Limit.Purpose = "a\xff" }),
		"names too long":                bad(func(a *dp.Account) { a.Limit.Purpose = strings.Repeat("p", 1025) }),
		"a limit that is none":          bad(func(a *dp.Account) { a.Limit.Epsilon = math.Inf(1) }),
	}
	have := spent(limit, 1)
	replace(tb, l, first(limit), have)
	for what, a := range wrong {
		err := l.Replace(tb.Context(), a)
		require.ErrorIs(tb, err, dp.ErrLedger, what)
		require.NotErrorIs(tb, err, dp.ErrConflict, what)
		stores(tb, l, have)
		if a.Limit != limit {
			require.Equal(tb, dp.Account{}, unless(tb, l, a.Limit), what)
		}
	}
}

// unless is the account of a limit, or the zero one if it is that of the cases or cannot be asked for.
func unless(tb testing.TB, l dp.Ledger, of dp.Limit) dp.Account {
	a, err := l.Account(tb.Context(), of.Purpose, of.Release)
	if err != nil || of.Purpose == limit.Purpose && of.Release == limit.Release {
		return dp.Account{}
	}
	return a
}

func replaceEnded(tb testing.TB, l dp.Ledger) {
	require.ErrorIs(tb, l.Replace(ended(tb), first(limit)), context.Canceled)
	require.Equal(tb, dp.Account{}, of(tb, l, limit))
	replace(tb, l, first(limit))
	require.ErrorIs(tb, l.Replace(ended(tb), spent(limit, 1)), context.Canceled)
	stores(tb, l, first(limit))
	replace(tb, l, spent(limit, 1))
}

func replaceCopies(tb testing.TB, l dp.Ledger) {
	a := spent(limit, 1)
	replace(tb, l, first(limit), a)
	a.Spent[0].Times = 7
	stores(tb, l, spent(limit, 1))
}

func apart(tb testing.TB, l dp.Ledger) {
	var limits []dp.Limit
	wide := strings.Repeat("p", 1023)
	for i, n := range [][2]string{
		{"ab", "c"},
		{"a", "bc"},
		{"c", "ab"},
		{"AB", "c"},
		{"ab", "C"},
		{"ab ", "c"},
		{" ab", "c"},
		{"ab", "c "},
		{"ab", "c\x00"},
		{"ab\x00", "c"},
		{"ab\x00c", "c"},
		{"a_", "c"},
		{"a%", "c"},
		{"a'", "c"},
		{"a\\", "c"},
		{"a/b", "c"},
		{"a", "b/c"},
		{"a:b", "c"},
		{"a", "b:c"},
		{"2:ab", "1:c"},
		{"é", "c"},
		{"e\u0301", "c"},
		{"e", "c"},
		{"1", "1"},
		{"01", "1"},
		{"1", "01"},
		{"ß", "c"},
		{"ss", "c"},
		{wide + "1", "c"},
		{wide + "2", "c"},
		{"c", wide + "1"},
		{"c", wide + "2"},
		{"..", "c"},
		{"c", ".."},
	} {
		limit := named(n[0], n[1])
		limit.Epsilon = 10 + float64(i)
		require.Equal(tb, dp.Account{}, of(tb, l, limit), "%q", n)
		replace(tb, l, first(limit))
		limits = append(limits, limit)
	}
	for i, limit := range limits {
		if i%2 == 0 {
			replace(tb, l, spent(limit, 1+float64(i)/64))
		}
	}
	for i, limit := range limits {
		want := first(limit)
		if i%2 == 0 {
			want = spent(limit, 1+float64(i)/64)
		}
		stores(tb, l, want)
	}
}

// race has many replace an account at once, each by one of its own, and returns which did.
func race(tb testing.TB, l dp.Ledger, own func(n int) dp.Account) (winners []int) {
	var mu sync.Mutex
	var group sync.WaitGroup
	start := make(chan struct{})
	for n := range 8 {
		group.Go(func() {
			<-start
			err := l.Replace(tb.Context(), own(n))
			if err == nil {
				mu.Lock()
				defer mu.Unlock()
				winners = append(winners, n)
				return
			}
			assert.ErrorIs(tb, err, dp.ErrConflict)
		})
	}
	close(start)
	group.Wait()
	return winners
}

func oneMakes(tb testing.TB, l dp.Ledger) {
	for round := range 10 {
		own := func(n int) dp.Account {
			limit := named("p", fmt.Sprint("r-", round))
			limit.Epsilon = float64(n + 1)
			return first(limit)
		}
		winners := race(tb, l, own)
		require.Len(tb, winners, 1)
		stores(tb, l, own(winners[0]))
	}
}

func oneReplaces(tb testing.TB, l dp.Ledger) {
	have := first(limit)
	replace(tb, l, have)
	for round := range 10 {
		own := func(n int) dp.Account {
			a := have
			cost := dp.Cost{Epsilon: 1 + float64(8*round+n)/256}
			a.Spent, a.Sequence = append(a.Spent[:len(a.Spent):len(a.Spent)], dp.Spending{Cost: cost, Times: 1}), a.Sequence+1
			return a
		}
		winners := race(tb, l, own)
		require.Len(tb, winners, 1)
		have = own(winners[0])
		stores(tb, l, have)
	}
}

// lostSees is what a Budget goes by: it would not end if it read the same account again.
func lostSees(tb testing.TB, l dp.Ledger) {
	replace(tb, l, first(limit))
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 1000 {
				a, err := l.Account(tb.Context(), limit.Purpose, limit.Release)
				if !assert.NoError(tb, err) || a.Sequence > 30 {
					return
				}
				next := dp.Account{Limit: limit, Sequence: a.Sequence + 1, Spent: []dp.Spending{{Cost: dp.Cost{Epsilon: 0.25}, Times: int64(a.Sequence)}}}
				err = l.Replace(tb.Context(), next)
				if !errors.Is(err, dp.ErrConflict) {
					assert.NoError(tb, err)
					continue
				}
				after, err := l.Account(tb.Context(), limit.Purpose, limit.Release)
				if !assert.NoError(tb, err) || !assert.Greater(tb, after.Sequence, a.Sequence, "a conflict with nobody") {
					return
				}
			}
		})
	}
	group.Wait()
	require.Greater(tb, of(tb, l, limit).Sequence, uint64(30))
}

// together has budgets spend until nothing is left for any cost.
func together(tb testing.TB, l dp.Ledger) {
	limit := named("p", "together")
	limit.Epsilon, limit.Slack = 12, 0
	paid := spend(tb, l, limit, 4, 0.25, 0.5, 1)
	a := of(tb, l, limit)
	total, err := dp.Basic(a.Spent...)
	require.NoError(tb, err)
	require.Equal(tb, limit.Epsilon, total.Epsilon, "the smallest cost is spent until there is nothing left")
	require.Equal(tb, paid, times(a), "what is stored is what was granted")
}

func budgetsApart(tb testing.TB, l dp.Ledger) {
	var group sync.WaitGroup
	for n := range 6 {
		group.Go(func() {
			limit := named("p", fmt.Sprint("r-", n))
			limit.Epsilon, limit.Slack = 2, 0
			paid := spend(tb, l, limit, 2, 0.5)
			assert.Equal(tb, map[float64]int64{0.5: 4}, paid)
		})
	}
	group.Wait()
}

// times is how often each ε was spent.
func times(a dp.Account) map[float64]int64 {
	of := make(map[float64]int64)
	for _, s := range a.Spent {
		of[s.Cost.Epsilon] += s.Times
	}
	return of
}

// spend has as many budgets of the limit spend each ε at once until it is refused, and returns how often each was granted.
func spend(tb testing.TB, l dp.Ledger, limit dp.Limit, budgets int, epsilons ...float64) map[float64]int64 {
	var mu sync.Mutex
	paid := make(map[float64]int64)
	var group sync.WaitGroup
	for range budgets {
		for _, epsilon := range epsilons {
			group.Go(func() {
				b, err := dp.NewBudget(tb.Context(), l, limit)
				if !assert.NoError(tb, err) {
					return
				}
				for {
					err := ask(tb.Context(), b, epsilon)
					if err != nil {
						assert.ErrorIs(tb, err, dp.ErrSpent)
						return
					}
					mu.Lock()
					paid[epsilon]++
					over := float64(paid[epsilon])*epsilon > limit.Epsilon
					mu.Unlock()
					if !assert.False(tb, over, "more was granted than there is") {
						return
					}
				}
			})
		}
	}
	group.Wait()
	return paid
}
