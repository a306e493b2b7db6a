package consent_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/consent/consenttest"
)

func TestMemoryConformance(t *testing.T) {
	t.Parallel()
	consenttest.TestLedger(t, func(testing.TB) consent.Ledger { return new(consent.Memory) })
}

func TestMemoryRedactDuringEvents(t *testing.T) {
	t.Parallel()
	var m consent.Memory
	for i := range 3 {
		_, err := m.Append(t.Context(), "s", consent.Any, consent.Event{ID: fmt.Sprint(i), Kind: consent.CaseOpened, Case: "c"})
		require.NoError(t, err)
	}
	blank := func(redact bool) (n int) {
		for e, err := range m.Events(t.Context(), "s", 0) {
			require.NoError(t, err)
			if redact {
				require.NoError(t, m.Redact(t.Context(), "s", consent.Any))
			}
			if e.Blank {
				n++
			}
		}
		return n
	}
	assert.Equal(t, 0, blank(true), "a loop sees the ledger as it was when it began")
	assert.Equal(t, 3, blank(false))
}

func ExampleMemory() {
	ctx := context.Background()
	var ledger consent.Memory
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

	seq, err := ledger.Append(ctx, "customer-17", 0, consent.Event{
		ID: "signup-form-204", Kind: consent.Granted, Purpose: "marketing.newsletter", Policy: "2026-01", Time: at,
		Act: consent.Act{Method: consent.WebForm},
	})
	fmt.Println(seq, err)

	// A grant is conditional on the version it was decided at; a withdrawal never is.
	_, err = ledger.Append(ctx, "customer-17", 0, consent.Event{ID: "second-tab", Kind: consent.Granted, Purpose: "marketing.newsletter"})
	fmt.Println(err)
	seq, err = ledger.Append(ctx, "customer-17", consent.Any, consent.Event{
		ID: "unsubscribe-9", Kind: consent.Withdrawn, Purpose: "marketing.newsletter", Policy: "2026-01", Time: at.AddDate(0, 1, 0),
	})
	fmt.Println(seq, err)

	for e, err := range ledger.Events(ctx, "customer-17", 0) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(e.Seq, e.Kind, e.Purpose)
	}
	// Output:
	// 1 <nil>
	// consent: the ledger has moved
	// 2 <nil>
	// 1 granted marketing.newsletter
	// 2 withdrawn marketing.newsletter
}

func TestSharedMemoryConformance(t *testing.T) {
	t.Parallel()
	consenttest.TestLedger(t, func(testing.TB) consent.Ledger { return new(consent.SharedMemory) })
	consenttest.TestCoordination(t, func(testing.TB) func() consenttest.Shared {
		m := new(consent.SharedMemory)
		return func() consenttest.Shared { return m }
	})
}
