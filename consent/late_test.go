package consent_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// A grant whose commit lands after its Append gave up does not defeat the withdrawal that follows, though the ledger
// said "withdrawn" when it was last read.
func TestLateCommitDoesNotDefeatAWithdrawal(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told(letter)
	_, err := d.Withdraw(t.Context(), d.who, letter)
	require.NoError(t, err)
	var late func() (uint64, error)
	d.ledger.bend(func(_ context.Context, _ consent.Event, store func() (uint64, error)) (uint64, error) {
		late = store
		return 0, errors.New("connection lost during commit")
	}, nil)
	_, err = d.Grant(t.Context(), d.who, letter, consent.Act{Method: consent.WebForm})
	require.ErrorIs(t, err, consent.ErrOutcomeUnknown)
	d.ledger.bend(nil, nil)
	require.Equal(t, purpose.ConsentWithdrawn, d.asks(letter))
	_, err = late() // the server commits
	require.NoError(t, err)
	_, err = d.Withdraw(t.Context(), d.who, letter)
	require.NoError(t, err)
	_, err = d.Record(t.Context(), d.who, consent.Event{Kind: consent.AccountOpened}) // what was read is dropped
	require.NoError(t, err)
	assert.Equal(t, purpose.ConsentWithdrawn, d.asks(letter), "a use began after Withdraw returned")
}

// A grant whose outcome nobody learned may be stored late. A withdrawal after it is stored again for that, also if the subject has left memory meanwhile.
func TestWithdrawAfterADoubtThatLeftMemory(t *testing.T) {
	t.Parallel()
	d := newDesk(t, consent.WithCache(1)).told(letter)
	_, err := d.Withdraw(t.Context(), canary, letter)
	require.NoError(t, err)
	var late func() (uint64, error)
	d.ledger.bend(func(_ context.Context, _ consent.Event, store func() (uint64, error)) (uint64, error) {
		late = store
		return 0, errDisk
	}, nil)
	_, err = d.Grant(t.Context(), canary, letter, consent.Act{Method: consent.WebForm})
	require.ErrorIs(t, err, consent.ErrOutcomeUnknown)
	d.ledger.bend(nil, nil)
	for range 64 * 32 {
		_, err := d.Facts(t.Context(), consent.NewSubject())
		require.NoError(t, err)
	}
	_, err = d.Withdraw(t.Context(), canary, letter)
	require.NoError(t, err)
	assert.Len(t, d.history(consent.Withdrawn), 2)
	_, err = late()
	assert.ErrorIs(t, err, consent.ErrConflict)
	assert.Equal(t, purpose.ConsentWithdrawn, d.asks(letter))
}

// A withdrawal that could not be stored denies wherever this process is asked.
func TestFailedWithdrawalIsSeenByDecide(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told(letter)
	d.ledger.bend(func(context.Context, consent.Event, func() (uint64, error)) (uint64, error) {
		return 0, errors.New("down")
	}, nil)
	_, err := d.Withdraw(t.Context(), d.who, letter)
	require.Error(t, err)
	decision, err := d.Decide(t.Context(), d.who, purpose.Request{Purpose: letter, Operation: purpose.Use, Actor: clerk})
	require.NoError(t, err)
	assert.Equal(t, purpose.ConsentWithdrawn, decision.Reason)
	assert.Equal(t, purpose.ConsentWithdrawn, d.asks(letter))
}

// A use that ended stays ended for a copy of it, also when its grant has been forgotten.
func TestForgottenGrantOpensNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told(letter, calls)
	p := d.use(letter)
	copied := consent.CopyForTest(p)
	p.End()
	for range 4 { // two other gates push the grant out of sight, and a third prunes it
		g, err := d.Gate(nil, purpose.Use, letter)
		require.NoError(t, err)
		q, err := g.Begin(t.Context(), clerk, d.who)
		require.NoError(t, err)
		q.End()
	}
	_, err := d.Withdraw(t.Context(), d.who, letter)
	require.NoError(t, err)
	_, reason := copied.Check()
	assert.NotEqual(t, purpose.Permitted, reason)
}

func TestRecordRefusesControlCharactersInACase(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told()
	_, err := d.Record(t.Context(), d.who, consent.Event{Kind: consent.CaseOpened, Case: "\x00", Actor: clerk})
	assert.ErrorIs(t, err, consent.ErrInvalidEvent)
}
