package rights_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/piitest"
	"github.com/purposebound/purposebound/pii/rights"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
)

// What an erasure anonymised is not kept: the request is answered by the certificate, and no ground is asked for.
func TestADeletionThatAnonymisesIsAnsweredInFull(t *testing.T) {
	t.Parallel()
	document := shop()
	document.Purposes[0].Retention.Then = purpose.Anonymise
	x := newRigUnder(t, document, received)
	called := 0
	vault, sweep := sweeping(t, x, func(table *retention.Table) {
		table.Anonymiser = retention.EraserFunc(func(context.Context, retention.Item) error { called++; return nil })
	})
	email := piitest.Seal[pii.Email](vault, marie, canary, service)
	r := x.receive(t, rights.Deletion)
	plan, err := sweep.Plan(t.Context(), marie)
	require.NoError(t, err)
	require.Len(t, plan.Lines, 1)
	assert.Equal(t, retention.Anonymised, plan.Lines[0].Outcome)
	require.NoError(t, x.Erase(t.Context(), officer, marie, r.ID))
	assert.Equal(t, 1, called)
	answered := x.get(t, r.ID)
	assert.Equal(t, rights.StateAnswered, answered.State(x.Clock.Now()))
	last := answered.Events[len(answered.Events)-1]
	assert.NotEmpty(t, last.Evidence)
	assert.Empty(t, last.Grounds)
	require.ErrorIs(t, x.opens(t, requests, officer, email, pii.ForOperation(purpose.Rights)), purpose.Erased)
}
