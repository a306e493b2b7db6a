package rights_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/piitest"
	"github.com/purposebound/purposebound/pii/rights"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
)

// sweeping gives the rig a real sweeper over a real agenda.
func sweeping(t *testing.T, x *rig, changes ...func(*retention.Table)) (seal *piitest.Vault, sweep *retention.Sweeper) {
	t.Helper()
	agenda := new(retention.Memory)
	planner, err := retention.NewPlanner(x.Registry(), agenda)
	require.NoError(t, err)
	nothing := retention.EraserFunc(func(context.Context, retention.Item) error { return nil })
	table := retention.Table{Name: "all", Attributes: x.Registry().Policy().Attributes(), Eraser: nothing}
	for _, change := range changes {
		change(&table)
	}
	sweep, err = retention.NewSweeper(retention.Config{Registry: x.Registry(), Store: agenda, Keys: x.Ring, Tables: []retention.Table{table}})
	require.NoError(t, err)
	x.erase = func(ctx context.Context, s consent.Subject) (string, bool, error) {
		c, err := sweep.Erase(ctx, s)
		return c.ID, len(c.Kept()) > 0, err
	}
	return x.Telling(planner), sweep
}

func (x *rig) opens(t *testing.T, id purpose.ID, who purpose.Actor, email pii.Sealed[pii.Email], options ...pii.AccessorOption) error {
	t.Helper()
	return x.MustAccessor(id, options...).Do(t.Context(), who, marie, func(use *pii.Use) error {
		_, err := email.Reveal(use)
		return err
	})
}

func TestScenario86DeletionWaitsForARequestThatIsPending(t *testing.T) {
	t.Parallel()
	for name, changes := range map[string][]func(*rights.Config){"held from intake": nil, "held from the deletion": {late}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newRig(t, changes...)
			vault, sweep := sweeping(t, x)
			ctx := t.Context()
			email := piitest.Seal[pii.Email](vault, marie, canary, service)
			access := x.receive(t, rights.Access)
			if changes == nil {
				require.ErrorIs(t, x.opens(t, service, clerk, email), purpose.RestrictedToHold)
			} else {
				require.NoError(t, x.opens(t, service, clerk, email))
			}
			deletion := x.receive(t, rights.Deletion)
			assert.Equal(t, 1, x.holds(t))
			require.ErrorIs(t, x.Erase(ctx, officer, marie, deletion.ID), consent.ErrHeld)
			require.ErrorIs(t, x.opens(t, service, clerk, email), purpose.RestrictedToHold, "restricted")
			require.NoError(t, x.opens(t, requests, officer, email, pii.ForOperation(purpose.Rights)), "but to her own request")
			assert.Equal(t, rights.StateOpen, x.state(t, deletion.ID))

			// It is refused; she has six months.
			require.NoError(t, x.Refuse(ctx, officer, marie, access.ID, "letter", rights.Proceedings))
			x.Clock.Advance(29 * day)
			require.ErrorIs(t, x.Erase(ctx, officer, marie, deletion.ID), consent.ErrHeld)
			_, errs := x.due(t)
			assert.Empty(t, errs)
			assert.Equal(t, 1, x.holds(t))
			x.Clock.Set(received.AddDate(0, 6, 7).Add(-1))
			x.due(t)
			assert.Equal(t, 1, x.holds(t))
			require.NoError(t, x.opens(t, requests, officer, email, pii.ForOperation(purpose.Rights)))
			x.Clock.Set(received.AddDate(0, 6, 7))
			ids, errs := x.due(t)
			assert.Empty(t, errs)
			assert.Equal(t, []string{deletion.ID}, ids, "the deletion itself is late by then")
			assert.Zero(t, x.holds(t), "no recourse was taken")

			require.NoError(t, x.Erase(ctx, officer, marie, deletion.ID))
			assert.Equal(t, rights.StateAnswered, x.state(t, deletion.ID))
			assert.True(t, x.get(t, deletion.ID).Late())
			require.ErrorIs(t, x.opens(t, requests, officer, email, pii.ForOperation(purpose.Rights)), purpose.Erased)
			require.ErrorIs(t, x.Erase(ctx, officer, marie, deletion.ID), rights.ErrSettled)
			for step, err := range sweep.Sweep(ctx) {
				require.NoError(t, err)
				require.NoError(t, step.Cause)
			}
			// She can ask what there is of her still.
			r, err := x.Receive(ctx, clerk, asks(rights.Portability))
			require.NoError(t, err)
			assert.Equal(t, rights.StateOpen, r.State(x.Clock.Now()))
		})
	}
}

// A full answer releases at once; a recourse keeps until it is over; silence is contested like a refusal.
func TestHoldAndRecourse(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	ctx := t.Context()
	full := x.receive(t, rights.Access)
	assert.Equal(t, 1, x.holds(t))
	require.ErrorIs(t, x.Contest(ctx, officer, marie, full.ID, "file"), rights.ErrNoRecourse, "nothing was refused yet")
	require.NoError(t, x.Answer(ctx, officer, marie, full.ID, "letter"))
	assert.Zero(t, x.holds(t))
	require.ErrorIs(t, x.Contest(ctx, officer, marie, full.ID, "file"), rights.ErrNoRecourse)

	partly := x.receive(t, rights.Portability)
	require.NoError(t, x.Answer(ctx, officer, marie, partly.ID, "letter", rights.OtherPersons))
	assert.Equal(t, 1, x.holds(t))
	silent := x.receive(t, rights.Rectification)
	assert.Equal(t, 2, x.holds(t))
	x.Clock.Set(silent.Deadline)
	require.ErrorIs(t, x.Contest(ctx, officer, marie, silent.ID, ""), rights.ErrInvalid)
	require.NoError(t, x.Contest(ctx, officer, marie, silent.ID, "file"))
	require.ErrorIs(t, x.Contest(ctx, officer, marie, silent.ID, "file"), rights.ErrNoRecourse)
	require.ErrorIs(t, x.Conclude(ctx, officer, marie, partly.ID, "file"), rights.ErrNoRecourse)
	x.Clock.Set(received.AddDate(5, 0, 0))
	x.due(t)
	assert.Equal(t, 1, x.holds(t), "that of the recourse")
	require.ErrorIs(t, x.Contest(ctx, officer, marie, partly.ID, "file"), rights.ErrNoRecourse, "too late")
	require.NoError(t, x.Conclude(ctx, officer, marie, silent.ID, "judgment"))
	assert.Zero(t, x.holds(t))
	require.ErrorIs(t, x.Conclude(ctx, officer, marie, silent.ID, "judgment"), rights.ErrNoRecourse)

	// Not every kind has one.
	x.receive(t, rights.Deletion)
	x.receive(t, rights.CeaseDissemination)
	assert.Zero(t, x.holds(t))
}

// A hold that could not be placed when the request came is placed by the next call, or by Due.
func TestHoldIsPlacedLater(t *testing.T) {
	t.Parallel()
	for name, heal := range map[string]func(*testing.T, *rig){
		"asked again": func(t *testing.T, x *rig) { x.receive(t, rights.Access) },
		"due":         func(t *testing.T, x *rig) { _, errs := x.due(t); assert.Empty(t, errs) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newRig(t)
			ctx := t.Context()
			x.Notify(marie)
			facts, err := x.Registry().Facts(ctx, marie)
			require.NoError(t, err)
			_, err = x.Registry().BeginErasure(ctx, marie, facts.Ledger, purpose.Erasure{ID: "e-1"})
			require.NoError(t, err)
			r, err := x.Receive(ctx, clerk, asks(rights.Access))
			require.ErrorIs(t, err, consent.ErrAlreadyErasing)
			require.NotNil(t, r, "it is stored all the same")
			_, errs := x.due(t)
			require.Len(t, errs, 1)
			require.ErrorIs(t, errs[0], consent.ErrAlreadyErasing)
			assert.Zero(t, x.holds(t))
			_, err = x.Registry().FinishErasure(ctx, marie, "e-1")
			require.NoError(t, err)
			heal(t, x)
			assert.Equal(t, 1, x.holds(t))
			require.NoError(t, x.Answer(ctx, officer, marie, r.ID, "letter"))
			assert.Zero(t, x.holds(t))
		})
	}
}

// An eraser that fails leaves the request to be answered.
func TestEraserFails(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	r := x.receive(t, rights.Deletion)
	broken := errors.New("broken")
	x.erase = func(context.Context, consent.Subject) (string, bool, error) { return "", false, broken }
	require.ErrorIs(t, x.Answer(t.Context(), officer, marie, r.ID, "letter"), rights.ErrKind, "who was not erased was not answered")
	require.ErrorIs(t, x.Answer(t.Context(), officer, marie, r.ID, "letter", rights.KeptByLaw), rights.ErrKind)
	require.ErrorIs(t, x.Erase(t.Context(), officer, marie, r.ID), broken)
	assert.Equal(t, rights.StateOpen, x.state(t, r.ID))
	x.erase = func(context.Context, consent.Subject) (string, bool, error) { return "", false, nil }
	require.ErrorIs(t, x.Erase(t.Context(), officer, marie, r.ID), rights.ErrInvalid, "without proof it is not done")
	x.erase = func(_ context.Context, s consent.Subject) (string, bool, error) {
		assert.Equal(t, marie, s)
		return "certificate-1", true, nil
	}
	require.ErrorIs(t, x.Erase(t.Context(), officer, marie, r.ID, 99), rights.ErrInvalid)
	require.ErrorIs(t, x.Erase(t.Context(), officer, marie, r.ID), rights.ErrKept, "what is kept is kept on a ground")
	assert.Equal(t, rights.StateOpen, x.state(t, r.ID))
	require.NoError(t, x.Erase(t.Context(), officer, marie, r.ID, rights.KeptByLaw))
	r = x.get(t, r.ID)
	last := r.Events[len(r.Events)-1]
	assert.Equal(t, "certificate-1", last.Evidence)
	assert.Equal(t, []rights.Ground{rights.KeptByLaw}, last.Grounds)
	require.ErrorIs(t, x.Erase(t.Context(), officer, marie, x.receive(t, rights.Access).ID), rights.ErrKind)
}

// Silence can no longer be contested, and then there is a refusal after all: what it can be contested over is held again.
func TestHoldAfterALateRefusal(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	ctx := t.Context()
	r := x.receive(t, rights.Access)
	x.Clock.Set(r.Deadline.AddDate(0, 6, 7).Add(-1))
	x.due(t)
	assert.Equal(t, 1, x.holds(t))
	x.Clock.Advance(1)
	x.due(t)
	assert.Zero(t, x.holds(t))
	require.NoError(t, x.Refuse(ctx, officer, marie, r.ID, "letter", rights.Inquiry))
	assert.Equal(t, 1, x.holds(t))
	x.Clock.Set(r.Deadline.AddDate(0, 12, 14).Add(-1))
	x.due(t)
	assert.Equal(t, 1, x.holds(t))
	x.Clock.Advance(1)
	ids, errs := x.due(t)
	assert.Empty(t, ids)
	assert.Empty(t, errs)
	assert.Zero(t, x.holds(t))
	n := len(x.get(t, r.ID).Events)
	x.due(t)
	assert.Len(t, x.get(t, r.ID).Events, n, "and that is all")
}

// A hold was placed and the program died before it was recorded, and the request was answered by another that knew of none.
func TestHoldThatWasNotRecorded(t *testing.T) {
	t.Parallel()
	x := newRig(t, late)
	r := x.receive(t, rights.Access)
	_, err := x.Registry().PlaceHold(t.Context(), marie, purpose.Hold{ID: "rights-" + r.ID, Purpose: requests}, "")
	require.NoError(t, err)
	require.NoError(t, x.Answer(t.Context(), officer, marie, r.ID, "letter"))
	assert.Zero(t, x.holds(t))
}

// A hold that cannot be released when the answer is recorded is released by Due.
func TestReleaseLater(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	r := x.receive(t, rights.Access)
	x.store.after(2, errors.New("away")) // the answer is stored, and nothing after it
	require.NoError(t, x.Answer(t.Context(), officer, marie, r.ID, "letter"))
	x.store.after(-1, nil)
	assert.Len(t, x.get(t, r.ID).Events, 3)
	_, errs := x.due(t)
	assert.Empty(t, errs)
	assert.Zero(t, x.holds(t))
	events := x.get(t, r.ID).Events
	assert.Equal(t, rights.Released, events[len(events)-1].Kind)
}

// A request was stored and the program died before its hold was placed: an erasure places it first.
func TestErasePlacesWhatIsMissing(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	sweeping(t, x)
	deletion := x.receive(t, rights.Deletion)
	x.store.after(2, errors.New("away")) // it is stored, and nothing after it
	_, err := x.Receive(t.Context(), clerk, asks(rights.Access))
	require.ErrorIs(t, err, purpose.ErrUnavailable)
	x.store.after(-1, nil)
	assert.Zero(t, x.holds(t))
	require.ErrorIs(t, x.Erase(t.Context(), officer, marie, deletion.ID), consent.ErrHeld)
	assert.Equal(t, 1, x.holds(t))
}

// A refusal of 3 March can be contested until 2 April, which is the day before Good Friday. Four holidays later, and where the person is, it is still not certain that no recourse is on its way.
func TestHoldOutlastsEveryReading(t *testing.T) {
	t.Parallel()
	x := newRig(t, func(c *rights.Config) { c.Rules = rights.Quebec() })
	r := x.receive(t, rights.Access)
	require.NoError(t, x.Refuse(t.Context(), officer, marie, r.ID, "letter", rights.Inquiry))
	x.Clock.Set(at("2026-04-08 03:59:59")) // the end of Tuesday after Easter Monday, in Montréal
	x.due(t)
	assert.Equal(t, 1, x.holds(t))
	require.NoError(t, x.Contest(t.Context(), officer, marie, r.ID, "file"))

	r = x.receive(t, rights.Rectification)
	require.NoError(t, x.Refuse(t.Context(), officer, marie, r.ID, "letter", rights.Accurate))
	x.Clock.Set(at("2026-05-15 03:59:58")) // thirty days and seven later
	assert.False(t, x.get(t, r.ID).Exhausted(x.Clock.Now()))
	x.Clock.Advance(1e9)
	assert.True(t, x.get(t, r.ID).Exhausted(x.Clock.Now()))
	require.ErrorIs(t, x.Contest(t.Context(), officer, marie, r.ID, "file"), rights.ErrNoRecourse)
}
