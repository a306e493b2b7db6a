package consent_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// Where a person lives is a fact of the ledger: the last word counts, and what is no place is refused.
func TestResidence(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told()
	lives := func(j purpose.Jurisdiction) error {
		_, err := d.Record(t.Context(), d.who, consent.Event{Kind: consent.Resides, Jurisdiction: j, Case: "ignored", Actor: clerk})
		return err
	}
	now := func() purpose.Jurisdiction {
		f, err := d.Facts(t.Context(), d.who)
		require.NoError(t, err)
		return f.Residence
	}
	assert.Empty(t, now())
	require.NoError(t, lives("CA-QC"))
	require.NoError(t, lives("CA-ON"))
	assert.Equal(t, purpose.Jurisdiction("CA-ON"), now())
	for _, j := range []purpose.Jurisdiction{"Québec", "ca-qc", "CA-", "CAN", "CA-QC-1"} {
		require.ErrorIs(t, lives(j), consent.ErrInvalidEvent, j)
	}
	require.NoError(t, lives(""))
	assert.Empty(t, now())
	e, err := d.Record(t.Context(), d.who, consent.Event{Kind: consent.AccountOpened, Jurisdiction: "CA-QC"})
	require.NoError(t, err)
	assert.Empty(t, e.Jurisdiction)
}
