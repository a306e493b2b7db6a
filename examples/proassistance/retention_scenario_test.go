package main

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/piitest"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
)

// cabinet is a vault with an agenda and a sweeper over it, and a table of two sealed fields.
type cabinet struct {
	*piitest.Vault
	agenda  *retention.Memory
	planner *retention.Planner
	sweeper *retention.Sweeper

	name  pii.Sealed[pii.Name]
	email pii.Sealed[pii.Email]
}

// newCabinet returns one whose clock stands on 7 March 2025.
func newCabinet(t *testing.T) *cabinet {
	t.Helper()
	document := Policy()
	document.Effective = time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC)
	c := &cabinet{Vault: piitest.New(t, document), agenda: new(retention.Memory)}
	var err error
	c.planner, err = retention.NewPlanner(c.Registry(), c.agenda)
	require.NoError(t, err)
	c.Vault = c.Telling(c.planner)
	c.Clock.Set(time.Date(2025, time.March, 7, 12, 0, 0, 0, time.UTC))
	gone := func(stored interface{ MarshalBinary() ([]byte, error) }, i retention.Item) bool {
		token, err := stored.MarshalBinary()
		require.NoError(t, err)
		d, err := c.Describe(token)
		return err == nil && d.Compartment == i.Compartment && !d.Collected.After(i.Collected)
	}
	c.sweeper, err = retention.NewSweeper(retention.Config{
		Registry: c.Registry(), Store: c.agenda, Keys: c.Ring,
		Tables: []retention.Table{{
			Name: "clients", Attributes: []purpose.Attribute{Name, Email},
			Eraser: retention.EraserFunc(func(_ context.Context, i retention.Item) error {
				if gone(c.name, i) {
					c.name = pii.Sealed[pii.Name]{}
				}
				if gone(c.email, i) {
					c.email = pii.Sealed[pii.Email]{}
				}
				return nil
			}),
		}},
	})
	require.NoError(t, err)
	return c
}

// sweep returns what a sweep did, item by item.
func (c *cabinet) sweep(t *testing.T) (actions []string) {
	t.Helper()
	for step, err := range c.sweeper.Sweep(t.Context()) {
		require.NoError(t, err)
		actions = append(actions, step.Action.String())
	}
	return actions
}

// retentionScenarios are the stories of what ends.
func retentionScenarios(t *testing.T) {
	lastSecond := time.Date(2031, time.December, 31, 23, 59, 59, 0, time.UTC)
	t.Run("084_deletion_with_an_invoice_of_2025", func(t *testing.T) {
		t.Parallel()
		c := newCabinet(t)
		c.name = piitest.Seal[pii.Name](c.Vault, marie, "Marie", Identify, LegalTax)
		c.email = piitest.Seal[pii.Email](c.Vault, marie, someEmail, Identify)
		// Given a name that stands on an invoice of 2025; when she asks for the deletion of everything.
		certificate, err := c.sweeper.Erase(t.Context(), marie)
		require.NoError(t, err)
		// Then it is kept for six years from the end of that year, for the tax purpose alone, all else is erased, and the report lists both.
		require.Len(t, certificate.Lines, 2)
		assert.Equal(t, []any{Email, retention.Destroyed}, []any{certificate.Lines[0].Attribute, certificate.Lines[0].Outcome})
		kept := certificate.Lines[1]
		assert.Equal(t, []any{Name, retention.Retained, lastSecond.Add(time.Second)}, []any{kept.Attribute, kept.Outcome, kept.Until})
		assert.NotEmpty(t, kept.Why)
		assert.True(t, c.email.IsZero())
		c.Clock.Set(lastSecond)
		require.NoError(t, opens(c.Vault, LegalTax, as(TaxAccountant), marie, c.name))
		assert.ErrorIs(t, opens(c.Vault, Identify, as(IdentityVerifier), marie, c.name), purpose.RestrictedToHold)
	})

	t.Run("085_tax_retention_ends", func(t *testing.T) {
		t.Parallel()
		c := newCabinet(t)
		c.name = piitest.Seal[pii.Name](c.Vault, marie, "Marie", Identify, LegalTax)
		_, err := c.sweeper.Erase(t.Context(), marie)
		require.NoError(t, err)
		// Given what was kept for the tax; when its time has ended; then a sweep erases it, and nobody has asked again.
		c.Clock.Set(lastSecond)
		assert.Empty(t, c.sweep(t))
		assert.False(t, c.name.IsZero())
		c.Advance(time.Second)
		assert.Equal(t, []string{"ended"}, c.sweep(t))
		assert.True(t, c.name.IsZero())
		left, err := c.agenda.Of(t.Context(), marie)
		require.NoError(t, err)
		assert.Empty(t, left)
	})

	t.Run("086_deletion_while_access_is_pending", func(t *testing.T) {
		t.Parallel()
		c := newCabinet(t)
		c.email = piitest.Seal[pii.Email](c.Vault, marie, someEmail, Identify)
		// Given a request for access that is not answered, for which everything is held; when she asks for deletion.
		_, err := c.Registry().PlaceHold(t.Context(), marie, purpose.Hold{ID: "request-1", Purpose: Rights}, "")
		require.NoError(t, err)
		_, err = c.sweeper.Erase(t.Context(), marie)
		// Then the erasure waits, and the data is restricted.
		require.ErrorIs(t, err, consent.ErrHeld)
		assert.False(t, c.email.IsZero())
		assert.ErrorIs(t, opens(c.Vault, Identify, as(IdentityVerifier), marie, c.email), purpose.RestrictedToHold)
		// And when the recourse is over; then it is completed without being asked for again.
		_, err = c.Registry().ReleaseHold(t.Context(), marie, "request-1")
		require.NoError(t, err)
		require.NoError(t, c.planner.Replan(t.Context(), marie))
		assert.Contains(t, c.sweep(t), "erased")
		assert.True(t, c.email.IsZero())
	})

	t.Run("087_hold_one_minute_before_the_sweep", func(t *testing.T) {
		t.Parallel()
		c := newCabinet(t)
		c.email = piitest.Seal[pii.Email](c.Vault, marie, someEmail, Identify)
		c.Clock.Set(time.Date(2028, time.March, 7, 0, 0, 0, 0, time.UTC))
		// Given an address whose time is over; when a dispute puts a hold on it a minute before the sweep; then it is not erased.
		_, err := c.Registry().PlaceHold(t.Context(), marie, purpose.Hold{ID: "dispute-1", Purpose: LegalComplaints}, "")
		require.NoError(t, err)
		c.Advance(time.Minute)
		assert.Equal(t, []string{"waiting"}, c.sweep(t))
		assert.False(t, c.email.IsZero())
		// And when the dispute is over; then it is.
		_, err = c.Registry().ReleaseHold(t.Context(), marie, "dispute-1")
		require.NoError(t, err)
		require.NoError(t, c.planner.Replan(t.Context(), marie))
		assert.Equal(t, []string{"ended"}, c.sweep(t))
		assert.True(t, c.email.IsZero())
	})

	t.Run("090_backup_after_erasure", func(t *testing.T) {
		t.Parallel()
		c := newCabinet(t)
		c.email = piitest.Seal[pii.Email](c.Vault, marie, someEmail, Identify)
		backup := c.email
		require.NoError(t, opens(c.Vault, Identify, as(IdentityVerifier), marie, backup))
		// Given a backup of the table; when its row comes back after the erasure, even to somebody who was admitted again; then it does not open.
		_, err := c.sweeper.Erase(t.Context(), marie)
		require.NoError(t, err)
		_, err = c.Registry().Readmit(t.Context(), marie)
		require.NoError(t, err)
		require.NoError(t, c.Ring.Readmit(t.Context(), marie))
		c.Notify(marie)
		assert.ErrorIs(t, opens(c.Vault, Identify, as(IdentityVerifier), marie, backup), purpose.Erased)
	})
}
