package dpsql_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/internal/databasetest"
	"github.com/purposebound/purposebound/redact/dp"
)

// BenchmarkSpend is what a ledger adds to an answer: the account read, and replaced.
func BenchmarkSpend(b *testing.B) {
	kinds := databasetest.Shared()
	kinds["SQLite in memory"] = databasetest.Memory
	for name, empty := range kinds {
		b.Run(name, func(b *testing.B) {
			l := openDB(b, databasetest.New(b, empty))
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
