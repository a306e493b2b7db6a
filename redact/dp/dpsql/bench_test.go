package dpsql_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/dp"
)

// BenchmarkSpend is what a ledger adds to an answer: the account read, and replaced.
func BenchmarkSpend(b *testing.B) {
	for name, fresh := range empty {
		b.Run(name, func(b *testing.B) {
			driver, dsn := fresh(b)
			l := open(b, driver, dsn)
			limit := limit
			limit.Epsilon = 100
			budget, err := dp.NewBudget(b.Context(), l, limit)
			require.NoError(b, err)
			for b.Loop() {
				require.NoError(b, askFor(b.Context(), budget, 1.0/(1<<20)))
			}
		})
	}
}
