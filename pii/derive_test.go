package pii_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
)

// domain is a generaliser of addresses.
type domain func(string) (string, bool)

func (d domain) Generalise(text string) (string, bool) { return d(text) }

func afterAt(text string) (string, bool) {
	_, after, ok := strings.Cut(text, "@")
	return after, ok
}

func TestDerive(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	sealed := x.seal(t, Analytics, Service)
	use := x.begin(t, Analytics, agent, marie)

	_, err := sealed.Reveal(use)
	assertDenied(t, err, purpose.DeidentifiedOnly)
	d, err := pii.Derive(use, sealed, domain(afterAt))
	require.NoError(t, err)
	assert.Equal(t, "example.com", d.Reveal())
	assert.Equal(t, Analytics, d.Purpose())
	assert.Equal(t, time.Date(2027, time.January, 2, 0, 0, 0, 0, time.UTC), d.Until(), "a year, for Analytics")
	assert.False(t, d.IsZero())

	d, err = pii.Derive(x.begin(t, Service, agent, marie), sealed, domain(afterAt))
	require.NoError(t, err, "a purpose that reveals derives too")
	assert.Equal(t, Service, d.Purpose())
	assert.Equal(t, 2029, d.Until().Year())
}

// What nothing has set an end to has none yet.
func TestDeriveWithoutEnd(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	x.openCase(t, marie, "job-a", visitor(""))
	d, err := pii.Derive(x.begin(t, Jobs, agent, marie), x.sealCase(t, "job-a", Jobs), domain(afterAt))
	require.NoError(t, err)
	assert.True(t, d.Until().IsZero())
}

func TestDeriveRefuses(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	sealed := x.seal(t, Analytics)
	use := x.begin(t, Analytics, agent, marie)
	never := domain(func(string) (string, bool) { t.Error("the generaliser was called"); return "", true })

	d, err := pii.Derive(use, sealed, domain(func(string) (string, bool) { return canary, false }))
	require.ErrorIs(t, err, pii.ErrInvalid)
	assertNamed(t, err)
	assert.True(t, d.IsZero())

	_, err = pii.Derive(use, pii.Sealed[pii.Email]{}, never)
	require.ErrorIs(t, err, pii.ErrAbsent)
	_, err = pii.Derive(nil, sealed, never)
	assertDenied(t, err, purpose.UseEnded)
	_, err = pii.Derive(new(pii.Use), sealed, never)
	assertDenied(t, err, purpose.UseEnded)
	_, err = pii.Derive(x.begin(t, Desk, agent, marie), sealed, never)
	assertDenied(t, err, purpose.NotCollectedForPurpose)
	x.trail.onRecord.fail(errFault)
	_, err = pii.Derive(use, sealed, never)
	assertDenied(t, err, purpose.AuditUnavailable)
	use.End()
	_, err = pii.Derive(use, sealed, never)
	assertDenied(t, err, purpose.UseEnded)
}

func TestDerivedTellsNothing(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	sealed := x.seal(t, Service)
	d, err := pii.Derive(x.begin(t, Service, agent, marie), sealed, domain(func(text string) (string, bool) { return text, true }))
	require.NoError(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		assert.Equal(t, "[derived]", fmt.Sprintf(verb, d), verb)
	}
	assert.Equal(t, "[derived]", d.String())
	assert.Equal(t, "[derived]", d.GoString())
	assert.Equal(t, "[derived]", d.LogValue().String())
	_, err = d.MarshalText()
	require.ErrorIs(t, err, pii.ErrPlaintext)

	var zero pii.Derived[int]
	assert.Zero(t, zero.Reveal())
	assert.Empty(t, zero.Purpose())
	assert.True(t, zero.Until().IsZero())
	assert.True(t, zero.IsZero())
}
