package pii_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/piitest"
	"github.com/purposebound/purposebound/purpose"
)

// TestHoldOfACase shows which values a hold on a case closes, and to whom.
func TestHoldOfACase(t *testing.T) {
	t.Parallel()
	v := piitest.New(t, office())
	ctx := t.Context()
	seal := func(caseID string) pii.Sealed[pii.Email] {
		return piitest.SealFor[pii.Email](v, marie, canary, pii.Collection{For: []purpose.ID{Desk, Tax}, Method: consent.WebForm, Case: caseID})
	}
	held, other, none := seal("job-1"), seal("job-2"), seal("")
	reveal := func(id purpose.ID, who purpose.Actor, email pii.Sealed[pii.Email], options ...pii.AccessorOption) error {
		return v.MustAccessor(id, options...).Do(ctx, who, marie, func(use *pii.Use) error {
			_, err := email.Reveal(use)
			if err == nil {
				_, err = email.Reveal(use) // by what is remembered
			}
			return err
		})
	}
	require.NoError(t, reveal(Desk, agent, held))

	// The case is not in the ledger: that a value is of it only its key can tell.
	_, err := v.Registry().PlaceHold(ctx, marie, purpose.Hold{ID: "h-1", Purpose: Fraud, Case: "job-1"}, "")
	require.NoError(t, err)
	require.ErrorIs(t, reveal(Desk, agent, held), purpose.RestrictedToHold)
	require.NoError(t, reveal(Desk, agent, other))
	require.NoError(t, reveal(Desk, agent, none))
	require.NoError(t, reveal(Desk, agent, held, pii.ForOperation(purpose.Rights)), "the person's own request")
	_, err = v.Registry().Record(ctx, marie, consent.Event{Kind: consent.CaseOpened, Case: "job-1", Actor: agent})
	require.NoError(t, err)
	in := agent
	in.Case = "job-1"
	require.NoError(t, reveal(Fraud, in, held), "what it is held for")
	require.ErrorIs(t, reveal(Desk, agent, held), purpose.RestrictedToHold, "also when the ledger has the case")

	// A hold on everything closes the door itself.
	_, err = v.Registry().PlaceHold(ctx, marie, purpose.Hold{ID: "h-2", Purpose: Tax}, "")
	require.NoError(t, err)
	_, err = v.MustAccessor(Desk).Begin(ctx, agent, marie)
	require.ErrorIs(t, err, purpose.RestrictedToHold)
	require.NoError(t, reveal(Tax, agent, none))
	require.ErrorIs(t, reveal(Tax, agent, held), purpose.RestrictedToHold, "each hold restricts")
	_, err = v.Registry().ReleaseHold(ctx, marie, "h-1")
	require.NoError(t, err)
	require.NoError(t, reveal(Tax, agent, held))
	_, err = v.Registry().ReleaseHold(ctx, marie, "h-2")
	require.NoError(t, err)
	require.NoError(t, reveal(Desk, agent, held))
}

// lawful is the office with a tax purpose that a law obliges to keep, for less long than the purpose opens.
func lawful() purpose.Document {
	d := office()
	for i := range d.Purposes {
		if d.Purposes[i].ID == Tax {
			r := &d.Purposes[i].Retention
			r.Minimum, r.Citation = purpose.Period{Years: 1}, "ITA 230(4)"
		}
	}
	return d
}

// TestErasedPerson shows what is left of a person who was erased, to whom, and until when.
func TestErasedPerson(t *testing.T) {
	t.Parallel()
	v := piitest.New(t, lawful())
	ctx := t.Context()
	r := v.Registry()
	email := piitest.Seal[pii.Email](v, marie, canary, Desk, Tax)
	use, err := v.MustAccessor(Tax).Begin(ctx, agent, marie)
	require.NoError(t, err)
	_, err = email.Reveal(use) // remembered with the longer end
	require.NoError(t, err)
	use.End()
	in, err := v.Collect(ctx, clerk, marie, pii.Collection{For: []purpose.ID{Desk}, Method: consent.WebForm})
	require.NoError(t, err)

	facts, err := r.Facts(ctx, marie)
	require.NoError(t, err)
	_, err = r.BeginErasure(ctx, marie, facts.Ledger, purpose.Erasure{ID: "e-1"})
	require.NoError(t, err)

	_, err = v.MustAccessor(Desk).Begin(ctx, agent, marie)
	require.ErrorIs(t, err, purpose.RestrictedToHold)
	var again pii.Sealed[pii.Email]
	require.ErrorIs(t, again.Seal(in, canary), purpose.Erased)
	_, err = v.Collect(ctx, clerk, marie, pii.Collection{For: []purpose.ID{Desk}, Method: consent.WebForm})
	require.ErrorIs(t, err, purpose.Erased)

	tax := func() error {
		return v.MustAccessor(Tax).Do(ctx, agent, marie, func(use *pii.Use) error {
			value, err := email.Reveal(use)
			if err == nil {
				assert.Equal(t, canary, value.Plaintext())
			}
			return err
		})
	}
	require.NoError(t, tax())
	v.Clock.Set(time.Date(2027, 12, 31, 23, 59, 59, 0, time.UTC))
	require.NoError(t, tax(), "to the last second")
	v.Clock.Set(time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC))
	require.ErrorIs(t, tax(), purpose.RetentionExpired, "a year after the end of the year, and not six")

	_, err = r.FinishErasure(ctx, marie, "e-1")
	require.NoError(t, err)
	require.NoError(t, r.Redact(ctx, marie))
	v.Clock.Set(time.Date(2027, 12, 31, 23, 59, 59, 0, time.UTC))
	require.ErrorIs(t, func() error {
		_, err := v.MustAccessor(Desk).Begin(ctx, agent, marie)
		return err
	}(), purpose.RestrictedToHold, "what was blanked does not open anything")
	_, err = r.Readmit(ctx, marie)
	require.NoError(t, err)
	v.Notify(marie)
	fresh, err := v.Collect(ctx, clerk, marie, pii.Collection{For: []purpose.ID{Desk}, Method: consent.WebForm})
	require.NoError(t, err)
	require.NoError(t, again.Seal(fresh, canary))
}

// TestCompartmentThatIsBeingErased takes nothing in, and others do.
func TestCompartmentThatIsBeingErased(t *testing.T) {
	t.Parallel()
	v := piitest.New(t, office())
	ctx := t.Context()
	v.Notify(marie)
	into := func(id purpose.ID) error {
		in, err := v.Collect(ctx, clerk, marie, pii.Collection{For: []purpose.ID{id}, Method: consent.WebForm})
		if err != nil {
			return err
		}
		var email pii.Sealed[pii.Email]
		return email.Seal(in, canary)
	}
	facts, err := v.Registry().Facts(ctx, marie)
	require.NoError(t, err)
	_, err = v.Registry().BeginErasure(ctx, marie, facts.Ledger, purpose.Erasure{ID: "x", Compartment: "hourly/office"})
	require.NoError(t, err)
	require.ErrorIs(t, into(Hourly), purpose.ErasureRunning)
	require.NoError(t, into(Desk))
	_, err = v.Registry().FinishErasure(ctx, marie, "x")
	require.NoError(t, err)
	require.NoError(t, into(Hourly))
}
