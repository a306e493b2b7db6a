package pii_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
)

// ordinalsOf returns the numbers of the purposes, in ascending order of their ids.
func ordinalsOf(t *testing.T, x *rig, ids ...purpose.ID) (ordinals []uint16) {
	t.Helper()
	for _, id := range ids {
		o, ok := x.registry.Policy().Ordinal(id)
		require.True(t, ok)
		ordinals = append(ordinals, o)
	}
	return ordinals
}

func fieldsOf[K pii.Kind](t *testing.T, s pii.Sealed[K]) pii.TokenHeader {
	t.Helper()
	fields, _, ok := pii.ParseToken(bytesOf(t, s))
	require.True(t, ok)
	return fields
}

// A token says what the value was collected for, when and how, and no more.
func TestSealHeader(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	x.parts.clock.Set(time.Date(2026, time.May, 17, 13, 14, 15, 16, time.UTC))
	policy := x.registry.Policy()
	email, _ := policy.AttributeOrdinal("identity.email")

	fields := fieldsOf(t, x.seal(t, Service, Newsletter, Service))
	assert.Equal(t, ordinalsOf(t, x, Newsletter, Service), fields.Purposes, "sorted, each once")
	assert.Equal(t, email, fields.Attribute)
	assert.Equal(t, uint16(1), fields.Policy)
	assert.Equal(t, time.Date(2026, time.May, 17, 0, 0, 0, 0, time.UTC).Unix(), fields.Collected, "no finer than a rule needs")
	assert.Equal(t, pii.Provided, fields.Origin)
	assert.Zero(t, fields.Flags)
	var classes []string
	for _, o := range fields.Classes {
		class, ok := policy.ClassAt(o)
		require.True(t, ok)
		classes = append(classes, class)
	}
	assert.Equal(t, []string{"marketing", "service"}, classes)

	fields = fieldsOf(t, x.seal(t, Service, Hourly))
	assert.Equal(t, time.Date(2026, time.May, 17, 13, 14, 15, 0, time.UTC).Unix(), fields.Collected, "a rule in days counts the hour")
	assert.Equal(t, byte(4), fields.Flags)

	var observed pii.Sealed[pii.Email]
	require.NoError(t, observed.Seal(x.collectFor(t, marie, pii.Collection{For: []purpose.ID{Service}, Origin: pii.Observed, Case: "job-a"}), canary))
	fields = fieldsOf(t, observed)
	assert.Equal(t, pii.Observed, fields.Origin)
	assert.Equal(t, byte(1), fields.Flags)
	assert.Len(t, fields.Tag, 16)
	assert.NotContains(t, string(bytesOf(t, observed)), "job-a")
	assert.NotContains(t, string(bytesOf(t, observed)), canary)
	assert.NotContains(t, string(bytesOf(t, observed)), string(marie))
}

// A purpose that does not list the attribute does not get the value.
func TestSealKeepsThePurposesThatListTheAttribute(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	in := x.collect(t, marie, Service, Tax, Newsletter)
	assert.Equal(t, []purpose.ID{Newsletter, Service, Tax}, in.Purposes())
	in.Purposes()[0] = "changed"
	assert.Equal(t, []purpose.ID{Newsletter, Service, Tax}, in.Purposes(), "a copy")

	var address pii.Sealed[pii.Address]
	require.NoError(t, address.Seal(in, "12, rue Saint-Denis"))
	assert.Equal(t, ordinalsOf(t, x, Service, Tax), fieldsOf(t, address).Purposes)
	var date pii.Sealed[pii.BirthDate]
	require.NoError(t, date.Seal(in, "1984-02-29"))
	assert.Equal(t, ordinalsOf(t, x, Service), fieldsOf(t, date).Purposes)
}

// Updating an address does not feed a list that was left.
func TestSealLeavesRefusedPurposesOut(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(r *consent.Registry) error{
		"withdrawn": func(r *consent.Registry) error {
			_, err := r.Withdraw(context.Background(), marie, Newsletter)
			return err
		},
		"refused": func(r *consent.Registry) error {
			_, err := r.Refuse(context.Background(), marie, Newsletter)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newRig(t)
			x.grant(t, marieNoticed(t, x), Newsletter, consent.Act{})
			require.NoError(t, leave(x.registry))
			in := x.collect(t, marie, Service, Newsletter)
			assert.Equal(t, []purpose.ID{Service}, in.Purposes())
			var field pii.Sealed[pii.Email]
			require.NoError(t, field.Seal(in, canary))
			assert.Equal(t, ordinalsOf(t, x, Service), fieldsOf(t, field).Purposes)

			x.grant(t, marie, Newsletter, consent.Act{})
			_, err := x.open(t, Newsletter, mailer, field)
			assertDenied(t, err, purpose.NotCollectedForPurpose) // a later consent does not reach back
		})
	}
}

func marieNoticed(t *testing.T, x *rig) consent.Subject {
	t.Helper()
	x.notify(t, marie)
	return marie
}

// A refusal above a purpose leaves it out too.
func TestSealLeavesPurposesBelowARefusalOut(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	x.notify(t, marie)
	_, err := x.registry.Refuse(context.Background(), marie, Service)
	require.NoError(t, err)
	assert.Equal(t, []purpose.ID{Tax}, x.collect(t, marie, Visits, Service, Tax).Purposes())
}

// Each Seal asks again, and an error leaves the field as it was.
func TestSealAsksAgain(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	in := x.collect(t, marie, Newsletter, Service)
	var field pii.Sealed[pii.Email]
	require.NoError(t, field.Seal(in, canary))
	before := field

	require.ErrorIs(t, field.Seal(in, "canary@@"), pii.ErrInvalid)
	assert.Equal(t, before, field)
	require.ErrorIs(t, field.SealBound(in, "", "row"), pii.ErrInvalid)
	assert.Equal(t, before, field)

	_, err := x.registry.Withdraw(context.Background(), marie, Newsletter)
	require.NoError(t, err)
	assertDenied(t, field.Seal(in, "other@example.com"), purpose.ConsentWithdrawn)
	assert.Equal(t, before, field)
	value, err := pii.Parse[pii.Email]("other@example.com")
	require.NoError(t, err)
	assertDenied(t, field.SealValue(in, value), purpose.ConsentWithdrawn)
	assert.Equal(t, before, field)

	var date pii.Sealed[pii.BirthDate]
	require.NoError(t, date.Seal(in, "1984-02-29"), "what the newsletter does not want may still be sealed for the service")
	assert.Empty(t, x.registry.InUse(), "a Seal ends with the call")
}

// An intake lives as long as a use may.
func TestSealUntilTheIntakeExpires(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	in := x.collect(t, marie, Service)
	var field pii.Sealed[pii.Email]
	require.NoError(t, field.Seal(in, canary))
	x.parts.clock.Advance(x.parts.maxUse - 1)
	require.NoError(t, field.Seal(in, canary))
	before := field
	x.parts.clock.Advance(1)
	assertDenied(t, field.Seal(in, canary), purpose.UseExpired)
	assert.Equal(t, before, field)
}

// A revealed value is sealed again without its text passing through the caller.
func TestSealValue(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	sealed := x.seal(t, Service)
	value, err := sealed.Reveal(x.begin(t, Service, agent, marie))
	require.NoError(t, err)
	var again pii.Sealed[pii.Email]
	require.NoError(t, again.SealValue(x.collect(t, marie, Tax), value))
	assert.NotEqual(t, sealed, again)
	text, err := x.open(t, Tax, agent, again)
	require.NoError(t, err)
	assert.Equal(t, canary, text)
}

// An intake may be shared by goroutines.
func TestSealConcurrently(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	in := x.collect(t, marie, Service)
	emails := make([]pii.Sealed[pii.Email], 16)
	names := make([]pii.Sealed[pii.Name], 16)
	var all sync.WaitGroup
	for i := range emails {
		all.Go(func() { assert.NoError(t, emails[i].Seal(in, canary)) })
		all.Go(func() { assert.NoError(t, names[i].Seal(in, "Marie")) })
	}
	all.Wait()
	use := x.begin(t, Service, agent, marie)
	for i := range emails {
		all.Go(func() {
			v, err := emails[i].Reveal(use)
			assert.NoError(t, err)
			assert.Equal(t, canary, v.Plaintext())
		})
		all.Go(func() {
			v, err := names[i].Reveal(use)
			assert.NoError(t, err)
			assert.Equal(t, "Marie", v.Plaintext())
		})
	}
	all.Wait()
}

// After an erasure that was undone, what is sealed is sealed under a new key, and what was erased stays so.
func TestSealAfterErasure(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	before := x.seal(t, Service)
	_, err := x.ring.Shred(context.Background(), marie, nil)
	require.NoError(t, err)
	require.NoError(t, x.ring.Fence(context.Background(), marie))
	var field pii.Sealed[pii.Email]
	assertDenied(t, field.Seal(x.collect(t, marie, Service), canary), purpose.Erased)
	require.NoError(t, x.ring.Readmit(context.Background(), marie))
	after := x.seal(t, Service)
	assert.NotEqual(t, fieldsOf(t, before).Check, fieldsOf(t, after).Check)
	text, err := x.open(t, Service, agent, after)
	require.NoError(t, err)
	assert.Equal(t, canary, text)
	_, err = x.open(t, Service, agent, before)
	assertDenied(t, err, purpose.Erased)
}
