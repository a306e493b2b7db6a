package redact_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tink-crypto/tink-go/v2/daead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/redact"
)

var (
	_ redact.PRF               = prf.PRF(nil)
	_ redact.DeterministicAEAD = tink.DeterministicAEAD(nil)
)

// Everything here fits package pii's Derive.
var _ = []pii.Generaliser[string]{
	redact.AgeBand{},
	redact.EmailMask{},
	redact.PhoneMask{},
	redact.CardMask{},
	redact.Initials{},
	redact.AddressPart{},
	redact.PostalArea{},
	redact.DatePart{},
	redact.IPPrefix{},
	redact.Pseudonyms{},
	redact.Shapes{},
	redact.Shift{},
	(*redact.Reversible)(nil),
}

// Every kind of PRF key that Tink has is long enough.
func TestTinkPRF(t *testing.T) {
	t.Parallel()
	for name, template := range map[string]func() (*keyset.Handle, error){
		"HMAC-SHA256": func() (*keyset.Handle, error) { return keyset.NewHandle(prf.HMACSHA256PRFKeyTemplate()) },
		"HMAC-SHA512": func() (*keyset.Handle, error) { return keyset.NewHandle(prf.HMACSHA512PRFKeyTemplate()) },
		"HKDF-SHA256": func() (*keyset.Handle, error) { return keyset.NewHandle(prf.HKDFSHA256PRFKeyTemplate()) },
		"AES-CMAC":    func() (*keyset.Handle, error) { return keyset.NewHandle(prf.AESCMACPRFKeyTemplate()) },
	} {
		handle, err := template()
		require.NoError(t, err)
		set, err := prf.NewPRFSet(handle)
		require.NoError(t, err)
		key := set.PRFs[set.PrimaryID]
		one, err := pseudonyms(t, "2026-03", key, "client").Pseudonymise("c-1")
		require.NoError(t, err, name)
		two, err := pseudonyms(t, "2026-03", key, "client").Pseudonymise("c-1")
		require.NoError(t, err, name)
		assert.Equal(t, one, two, name)
		_, err = shapes(t, "2026-03", key, "phone").Pseudonymise("514 555-0143")
		assert.NoError(t, err, name)
		assert.NotZero(t, daysOf(t, shift(t, "2026-03", key, "c-1", 30)), name)
	}
}

// After a keyset was rotated, older pseudonyms are still restored, and new ones are those of the new key.
func TestTinkRotation(t *testing.T) {
	t.Parallel()
	manager := keyset.NewManager()
	rotate := func() *redact.Reversible {
		id, err := manager.Add(daead.AESSIVKeyTemplate())
		require.NoError(t, err)
		require.NoError(t, manager.SetPrimary(id))
		handle, err := manager.Handle()
		require.NoError(t, err)
		key, err := daead.New(handle)
		require.NoError(t, err)
		return reversible(t, "2026-03", "client", key)
	}
	old := rotate()
	pseudonym, err := old.Pseudonymise("c-1")
	require.NoError(t, err)
	assert.Len(t, pseudonym, 85)
	rotated := rotate()
	value, err := rotated.Restore(pseudonym)
	require.NoError(t, err)
	assert.Equal(t, "c-1", value)
	again, err := rotated.Pseudonymise("c-1")
	require.NoError(t, err)
	assert.NotEqual(t, pseudonym, again)
	_, err = old.Restore(again)
	assert.ErrorIs(t, err, redact.ErrForeign)
}
