package consent_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

const referral purpose.ID = "referral"

// referring is a registry whose policy has one purpose, of a single use, over the ledger.
func referring(t *testing.T, ledger consent.Ledger) *consent.Registry {
	t.Helper()
	p, err := purpose.NewPolicy(purpose.Document{
		Version: "1", Effective: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), Officer: "privacy@example.com", Languages: []language.Tag{language.English},
		Purposes: []purpose.Spec{{
			ID: referral, Domain: "referral", Title: purpose.Text{EN: "t", FR: "t"}, Basis: purpose.ExpressConsent, SingleUse: true,
			Attributes: []purpose.Attribute{"identity.name"}, Operations: []purpose.Operation{purpose.Collect, purpose.Use},
			Roles:     map[purpose.Role][]purpose.Attribute{clerk.Role: {"identity.name"}},
			Retention: purpose.Retention{Keep: purpose.Period{Years: 1}, From: purpose.FromCollection},
		}},
	})
	require.NoError(t, err)
	r, err := consent.NewRegistry(p, ledger)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, r.Close()) })
	return r
}

func grantReferral(t *testing.T, r *consent.Registry, s consent.Subject) *consent.Gate {
	t.Helper()
	_, err := r.Notify(t.Context(), s, language.English)
	require.NoError(t, err)
	_, err = r.Grant(t.Context(), s, referral, consent.Act{Method: consent.WebForm})
	require.NoError(t, err)
	g, err := r.Gate(nil, purpose.Use, referral)
	require.NoError(t, err)
	return g
}

// A single use is recorded before it begins. Another registry's withdrawal that comes in meanwhile, and returns, finds no use to wait for; so none may begin.
func TestConsumptionOvertakenFromElsewhere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := new(consent.SharedMemory)
		here, there := &link{SharedMemory: shared}, &link{SharedMemory: shared}
		r, other := referring(t, here), referring(t, there)
		s := consent.NewSubject()
		g := grantReferral(t, r, s)
		here.stored = func(e consent.Event) {
			if e.Kind == consent.Consumed {
				w, err := other.Withdraw(t.Context(), s, referral)
				assert.NoError(t, err)
				assert.Zero(t, w.Drained+w.Cancelled+w.Fenced)
			}
		}
		_, err := g.Begin(t.Context(), clerk, s)
		assert.Equal(t, purpose.StaleDecision, reasonOf(err))
		_, err = g.Begin(t.Context(), clerk, s)
		assert.Equal(t, purpose.ConsentWithdrawn, reasonOf(err))
	})
}

// A use that permits no other is recorded before it begins; if that cannot be done, nothing begins, and what may have been stored stays used.
func TestConsumptionThatCannotBeStored(t *testing.T) {
	t.Parallel()
	ledger := new(flaky)
	r := referring(t, ledger)
	s := consent.NewSubject()
	g := grantReferral(t, r, s)
	ledger.bend(func(context.Context, consent.Event, func() (uint64, error)) (uint64, error) {
		return 0, errors.New("down")
	}, nil)
	_, err := g.Begin(t.Context(), clerk, s)
	require.ErrorIs(t, err, purpose.RegistryUnavailable)
	require.ErrorIs(t, err, purpose.ErrUnavailable)
	assert.NotContains(t, err.Error(), string(s))
	ledger.bend(nil, nil)
	p, err := g.Begin(t.Context(), clerk, s)
	require.NoError(t, err, "it was not stored, so it was not used")
	x := p.Pass()
	assert.False(t, x.Enter(), "and nothing else begins on its terms")
	p.End()
	_, err = g.Begin(t.Context(), clerk, s)
	require.ErrorIs(t, err, purpose.GrantConsumed)

	// Stored, and the answer lost: it is used.
	other := consent.NewSubject()
	g = grantReferral(t, r, other)
	ledger.bend(func(_ context.Context, _ consent.Event, store func() (uint64, error)) (uint64, error) {
		_, _ = store()
		return 0, errors.New("the answer was lost")
	}, nil)
	_, err = g.Begin(t.Context(), clerk, other)
	require.ErrorIs(t, err, purpose.ErrUnavailable)
	ledger.bend(nil, nil)
	_, err = g.Begin(t.Context(), clerk, other)
	require.ErrorIs(t, err, purpose.GrantConsumed)
}

// A withdrawal that comes and returns while the consumption is being stored finds nothing to wait for; so nothing may begin after it.
func TestWithdrawalDuringConsumption(t *testing.T) {
	t.Parallel()
	ledger := new(flaky)
	r := referring(t, ledger)
	s := consent.NewSubject()
	g := grantReferral(t, r, s)
	ledger.bend(func(ctx context.Context, e consent.Event, store func() (uint64, error)) (uint64, error) {
		seq, err := store()
		if e.Kind == consent.Consumed {
			ledger.bend(nil, nil)
			if _, err := r.Withdraw(ctx, s, referral); err != nil {
				return 0, fmt.Errorf("the withdrawal: %w", err)
			}
		}
		return seq, err
	}, nil)
	_, err := g.Begin(t.Context(), clerk, s)
	require.ErrorIs(t, err, purpose.StaleDecision)
	_, err = g.Begin(t.Context(), clerk, s)
	require.ErrorIs(t, err, purpose.ConsentWithdrawn)
}

// What was used stays used after a restart, and a blanked event leaves it unknown, which denies.
func TestConsumptionIsInTheLedger(t *testing.T) {
	t.Parallel()
	ledger := new(consent.Memory)
	r := referring(t, ledger)
	s := consent.NewSubject()
	p, err := grantReferral(t, r, s).Begin(t.Context(), clerk, s)
	require.NoError(t, err)
	p.End()
	require.NoError(t, r.Close())
	r = referring(t, ledger)
	g, err := r.Gate(nil, purpose.Use, referral)
	require.NoError(t, err)
	_, err = g.Begin(t.Context(), clerk, s)
	require.ErrorIs(t, err, purpose.GrantConsumed)
	for e, err := range r.History(t.Context(), s) {
		require.NoError(t, err)
		if e.Kind == consent.Consumed {
			assert.Equal(t, referral, e.Purpose)
			assert.Equal(t, clerk.ID, e.Actor.ID)
			return
		}
	}
	t.Fatal("no event says so")
}
