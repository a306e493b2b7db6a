package pii_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
)

// subscribers grants the newsletter to each and seals an address for them.
func subscribers(t *testing.T, x *rig, subjects ...consent.Subject) map[consent.Subject]pii.Sealed[pii.Email] {
	t.Helper()
	rows := make(map[consent.Subject]pii.Sealed[pii.Email])
	for _, s := range subjects {
		in := x.collect(t, s, Newsletter)
		x.grant(t, s, Newsletter, consent.Act{})
		var field pii.Sealed[pii.Email]
		require.NoError(t, field.Seal(in, string(s)+"@example.com"))
		rows[s] = field
	}
	return rows
}

func TestAccessor(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	sealed := x.seal(t, Newsletter)
	accessor := x.accessor(t, Newsletter)
	assert.Equal(t, Newsletter, accessor.Purpose())
	use, err := accessor.Begin(context.Background(), mailer, marie)
	require.NoError(t, err)
	assert.Equal(t, marie, use.Subject())
	assert.True(t, use.Decision().Allowed())
	assert.Equal(t, "1", use.Decision().Policy)
	assert.Positive(t, use.Decision().Ledger)
	require.NoError(t, use.Context().Err())
	_, err = sealed.Reveal(use)
	require.NoError(t, err)
	require.Len(t, x.registry.InUse(), 1)
	use.End()
	assert.Empty(t, x.registry.InUse())
	assert.Error(t, use.Context().Err())
	_, err = sealed.Reveal(use)
	assertDenied(t, err, purpose.UseEnded)
	assert.Equal(t, marie, use.Subject())
}

// An operation that was granted by name opens; one that was not does not.
func TestAccessorForOperation(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	sealed := x.seal(t, Newsletter)
	x.grant(t, marie, Newsletter, consent.Act{Operations: []purpose.Operation{purpose.Combine}})
	err := x.accessor(t, Newsletter, pii.ForOperation(purpose.Combine)).Do(context.Background(), mailer, marie, func(use *pii.Use) error {
		v, err := sealed.Reveal(use)
		assert.Equal(t, canary, v.Plaintext())
		return err
	})
	require.NoError(t, err)
	_, err = x.open(t, Newsletter, mailer, sealed)
	assertDenied(t, err, purpose.OperationNotGranted)
	entries := x.flush(t)
	assert.True(t, slices.ContainsFunc(entries, func(a pii.Access) bool { return a.Operation == purpose.Combine && a.Reason == purpose.Permitted }))
}

// The rights of a person reach what was collected for any purpose.
func TestAccessorForRights(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	sealed := x.seal(t, Service)
	err := x.accessor(t, Desk, pii.ForOperation(purpose.Rights)).Do(context.Background(), agent, marie, func(use *pii.Use) error {
		v, err := sealed.Reveal(use)
		assert.Equal(t, canary, v.Plaintext())
		return err
	})
	require.NoError(t, err)
}

func TestDo(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	x.seal(t, Service)
	accessor := x.accessor(t, Service)
	ctx := context.Background()
	var kept *pii.Use
	err := accessor.Do(ctx, agent, marie, func(use *pii.Use) error { kept = use; return errFault })
	require.ErrorIs(t, err, errFault)
	assert.Empty(t, x.registry.InUse(), "an error ends the use")

	assert.PanicsWithValue(t, "boom", func() {
		_ = accessor.Do(ctx, agent, marie, func(*pii.Use) error { panic("boom") })
	})
	assert.Empty(t, x.registry.InUse(), "a panic ends the use")

	_, err = x.seal(t, Service).Reveal(kept)
	assertDenied(t, err, purpose.UseEnded)

	called := false
	err = accessor.Do(ctx, clerk, marie, func(*pii.Use) error { called = true; return nil })
	assertDenied(t, err, purpose.ActorNotAuthorized)
	assert.False(t, called)
}

// Each asks for consent at every step, not when the batch was made.
func TestEach(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	subjects := []consent.Subject{"s-1", "s-2", "s-3", "s-4", "s-5"}
	rows := subscribers(t, x, subjects...)
	_, err := x.registry.Withdraw(context.Background(), "s-2", Newsletter)
	require.NoError(t, err)

	got := make(map[consent.Subject]string)
	refused := make(map[consent.Subject]purpose.Reason)
	var uses []*pii.Use
	for use, err := range x.accessor(t, Newsletter).Each(context.Background(), mailer, slices.Values(subjects)) {
		require.NotNil(t, use)
		uses = append(uses, use)
		if use.Subject() == "s-3" {
			_, err := x.registry.Withdraw(context.Background(), "s-4", Newsletter) // in the middle of the loop
			require.NoError(t, err)
			_, err = x.registry.Withdraw(use.Context(), "s-5", Newsletter)
			require.NoError(t, err)
		}
		v, revealErr := rows[use.Subject()].Reveal(use)
		if err != nil {
			assertDenied(t, revealErr, purpose.UseEnded)
			assert.True(t, v.IsZero())
			refused[use.Subject()], _ = errors.AsType[purpose.Reason](err)
			assertNamed(t, err)
			continue
		}
		require.NoError(t, revealErr)
		require.Len(t, x.registry.InUse(), 1, "one step, one use")
		got[use.Subject()] = v.Plaintext()
	}
	assert.Equal(t, map[consent.Subject]string{"s-1": "s-1@example.com", "s-3": "s-3@example.com"}, got)
	assert.Equal(t, map[consent.Subject]purpose.Reason{
		"s-2": purpose.ConsentWithdrawn, "s-4": purpose.ConsentWithdrawn, "s-5": purpose.ConsentWithdrawn,
	}, refused)
	assert.Empty(t, x.registry.InUse())
	for _, use := range uses {
		_, err := rows[use.Subject()].Reveal(use)
		assertDenied(t, err, purpose.UseEnded)
	}
}

// A use that a withdrawal reaches in its own step reveals nothing more.
func TestEachWithdrawnInTheStep(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	rows := subscribers(t, x, "s-1")
	for use, err := range x.accessor(t, Newsletter).Each(context.Background(), mailer, slices.Values([]consent.Subject{"s-1"})) {
		require.NoError(t, err)
		_, err = x.registry.Withdraw(use.Context(), "s-1", Newsletter)
		require.NoError(t, err)
		_, err = rows["s-1"].Reveal(use)
		assertDenied(t, err, purpose.StaleDecision)
	}
}

func TestEachBreak(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	subscribers(t, x, "s-1", "s-2")
	accessor := x.accessor(t, Newsletter)
	steps := 0
	for range accessor.Each(context.Background(), mailer, slices.Values([]consent.Subject{"s-1", "s-2"})) {
		steps++
		break
	}
	assert.Equal(t, 1, steps)
	assert.Empty(t, x.registry.InUse(), "leaving the loop ends the use")
	assert.Panics(t, func() {
		for range accessor.Each(context.Background(), mailer, slices.Values([]consent.Subject{"s-1"})) {
			panic("boom")
		}
	})
	assert.Empty(t, x.registry.InUse(), "a panic ends the use")
	for range accessor.Each(context.Background(), mailer, slices.Values([]consent.Subject(nil))) {
		t.Error("nobody was asked for")
	}
}

func TestEachCancelled(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	subjects := []consent.Subject{"s-1", "s-2", "s-3", "s-4"}
	rows := subscribers(t, x, subjects...)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var steps []consent.Subject
	for use, err := range x.accessor(t, Newsletter).Each(ctx, mailer, slices.Values(subjects)) {
		steps = append(steps, use.Subject())
		if len(steps) == 2 {
			require.NoError(t, err)
			cancel()
			_, err = rows[use.Subject()].Reveal(use)
			assertDenied(t, err, purpose.Cancelled)
			continue
		}
		if err != nil {
			assertDenied(t, err, purpose.Cancelled)
		}
	}
	assert.Equal(t, subjects[:3], steps, "the denial is yielded, and is the last")
	assert.Empty(t, x.registry.InUse())
}

// A batch must be able to tell an outage from refusals.
func TestEachOutage(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	subscribers(t, x, "s-1", "s-2")
	y := x.restart(t)
	y.parts.ledger.onEvents.fail(errFault)
	errs := 0
	for use, err := range y.accessor(t, Newsletter).Each(context.Background(), mailer, slices.Values([]consent.Subject{"s-1", "s-2"})) {
		errs++
		assert.NotEmpty(t, use.Subject())
		assertDenied(t, err, purpose.RegistryUnavailable)
	}
	assert.Equal(t, 2, errs)

	for use, err := range (*pii.Accessor)(nil).Each(context.Background(), mailer, slices.Values([]consent.Subject{"s-1"})) {
		assert.Equal(t, consent.Subject("s-1"), use.Subject())
		assertDenied(t, err, purpose.Malformed)
	}
}
