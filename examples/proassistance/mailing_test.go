package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/piitest"
	"github.com/purposebound/purposebound/purpose"
)

// An outage is not a refusal: who skips it takes a full disk for a list that everybody left.
func TestMailingStopsAtAnOutage(t *testing.T) {
	t.Parallel()
	registry, _ := registryOver(t, new(consent.Memory))
	audit := new(failing)
	vault := vaultOver(t, registry, audit)
	var queue []personRow
	for _, s := range []consent.Subject{marie, seda} {
		_, err := registry.Notify(t.Context(), s, language.English)
		require.NoError(t, err)
		_, err = registry.Grant(t.Context(), s, Newsletter, consent.Act{Method: consent.WebForm})
		require.NoError(t, err)
		in, err := vault.Collect(t.Context(), site, s, pii.Collection{For: []purpose.ID{Newsletter}, Method: consent.WebForm})
		require.NoError(t, err)
		r := personRow{ID: s}
		require.NoError(t, r.Email.Seal(in, someEmail))
		queue = append(queue, r)
	}
	newsletter, err := vault.Accessor(Newsletter)
	require.NoError(t, err)
	m := mailing{newsletter, func(pii.Value[pii.Email]) error {
		audit.down.Store(true) // after the first letter the audit cannot be written any more
		return nil
	}}
	result, err := m.Send(t.Context(), mailer, queue)
	require.ErrorIs(t, err, purpose.AuditUnavailable)
	assert.ErrorIs(t, err, purpose.ErrUnavailable)
	assert.Equal(t, []consent.Subject{marie}, result.sent)
	assert.Empty(t, result.refused)
}

// A token that is not genuine is no refusal either.
func TestMailingStopsAtDamage(t *testing.T) {
	t.Parallel()
	v := piitest.New(t, Policy())
	v.Grant(marie, Newsletter)
	v.Grant(seda, Newsletter)
	pasted := piitest.Seal[pii.Email](v, marie, someEmail, Newsletter)
	piitest.Seal[pii.Email](v, seda, someEmail, Newsletter)
	m := mailing{v.MustAccessor(Newsletter), func(pii.Value[pii.Email]) error { return nil }}
	result, err := m.Send(t.Context(), mailer, []personRow{{ID: seda, Email: pasted}, {ID: marie, Email: pasted}})
	require.ErrorIs(t, err, pii.ErrWrongSubject)
	assert.Empty(t, result.sent)
}
