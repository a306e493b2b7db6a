package dp_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/dp"
	"github.com/purposebound/purposebound/redact/dp/dptest"
)

func TestLedgers(t *testing.T) {
	t.Parallel()
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		dptest.TestLedger(t, func(testing.TB) dp.Ledger { return new(dp.Memory) })
	})
	t.Run("files", func(t *testing.T) {
		t.Parallel()
		dptest.TestLedger(t, func(tb testing.TB) dp.Ledger {
			f, err := dp.NewFiles(tb.TempDir())
			require.NoError(tb, err)
			return f
		})
	})
}
