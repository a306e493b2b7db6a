package dptest

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact"
	"github.com/purposebound/purposebound/redact/dp"
)

// limit is that of the cases, with every field that one has.
var limit = dp.Limit{Purpose: "planning.heating", Release: "2026-03/study", Epsilon: 50, Delta: 1e-6, Slack: 2.5e-7}

// first returns the account of a budget that nothing was spent of.
func first(l dp.Limit) dp.Account { return dp.Account{Limit: l, Sequence: 1} }

// spent returns the account after costs of the given ε, each once and in ascending order.
func spent(l dp.Limit, epsilons ...float64) dp.Account {
	a := first(l)
	for _, e := range epsilons {
		a.Spent = append(a.Spent, dp.Spending{Cost: dp.Cost{Epsilon: e}, Times: 1})
		a.Sequence++
	}
	return a
}

// of is the account of a limit as it is stored.
func of(tb testing.TB, l dp.Ledger, limit dp.Limit) dp.Account {
	tb.Helper()
	a, err := l.Account(tb.Context(), limit.Purpose, limit.Release)
	require.NoError(tb, err, "Account")
	return a
}

// stores fails unless the account is what is stored.
func stores(tb testing.TB, l dp.Ledger, want dp.Account) {
	tb.Helper()
	same(tb, want, of(tb, l, want.Limit))
}

// same compares accounts. No spending is none, be it nil or empty.
func same(tb testing.TB, want, got dp.Account) {
	tb.Helper()
	if len(want.Spent) == 0 && len(got.Spent) == 0 {
		want.Spent, got.Spent = nil, nil
	}
	require.Equal(tb, want, got)
}

func replace(tb testing.TB, l dp.Ledger, accounts ...dp.Account) {
	tb.Helper()
	for _, a := range accounts {
		require.NoError(tb, l.Replace(tb.Context(), a), "Replace")
	}
}

// named is the limit for another purpose and release.
func named(purpose, release string) dp.Limit {
	l := limit
	l.Purpose, l.Release = purpose, redact.ReleaseID(release)
	return l
}

func ended(tb testing.TB) context.Context {
	ctx, cancel := context.WithCancel(tb.Context())
	cancel()
	return ctx
}

// ask spends an ε for an answer.
func ask(ctx context.Context, b *dp.Budget, epsilon float64) error {
	_, err := dp.Count(ctx, b, dp.Query{Cost: dp.Cost{Epsilon: epsilon}, Bounds: dp.Bounds{Partitions: 1, Contributions: 1}}, slices.Values([]string{"c-1", "c-2"}))
	return err
}
