package redact_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tink-crypto/tink-go/v2/daead/subtle"

	"github.com/purposebound/purposebound/redact"
)

// hmacKey is a pseudo-random function: HMAC-SHA-256, cut.
type hmacKey []byte

func (k hmacKey) ComputePRF(input []byte, outputLength uint32) ([]byte, error) {
	h := hmac.New(sha256.New, k)
	h.Write(input)
	return h.Sum(nil)[:outputLength], nil
}

// counting returns the bytes 00, 01, 02 and so on.
func counting(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

var (
	firstKey  = hmacKey(counting(32))
	secondKey = hmacKey("another key, of which nothing is known")
)

// badKey is a key that does not do what a key must.
type badKey struct {
	out []byte
	err error
}

func (k badKey) ComputePRF([]byte, uint32) ([]byte, error) { return k.out, k.err }

// errTalking is an error that says too much.
var errTalking = errors.New("cannot hash Zoé Lefèvre")

var badKeys = map[string]badKey{
	"an error":            {make([]byte, 16), errTalking},
	"nothing":             {nil, nil},
	"too little":          {make([]byte, 15), nil},
	"too much":            {make([]byte, 17), nil},
	"nothing and a fault": {nil, errTalking},
}

func release(tb testing.TB, id redact.ReleaseID, key redact.PRF) *redact.Release {
	tb.Helper()
	r, err := redact.NewRelease(id, key)
	require.NoError(tb, err)
	return r
}

func pseudonyms(tb testing.TB, id redact.ReleaseID, key redact.PRF, domain string) redact.Pseudonyms {
	tb.Helper()
	p, err := release(tb, id, key).Pseudonyms(domain)
	require.NoError(tb, err)
	return p
}

func shapes(tb testing.TB, id redact.ReleaseID, key redact.PRF, domain string) redact.Shapes {
	tb.Helper()
	s, err := release(tb, id, key).Shapes(domain)
	require.NoError(tb, err)
	return s
}

func shift(tb testing.TB, id redact.ReleaseID, key redact.PRF, subject string, days int) redact.Shift {
	tb.Helper()
	s, err := release(tb, id, key).Shift(subject, days)
	require.NoError(tb, err)
	return s
}

// siv is AES-SIV without a prefix, under a key of 64 bytes.
func siv(tb testing.TB, key []byte) redact.DeterministicAEAD {
	tb.Helper()
	k, err := subtle.NewAESSIV(key)
	require.NoError(tb, err)
	return k
}

func reversible(tb testing.TB, id redact.ReleaseID, domain string, key redact.DeterministicAEAD) *redact.Reversible {
	tb.Helper()
	r, err := redact.NewReversible(id, domain, key)
	require.NoError(tb, err)
	return r
}

// generaliser is what package pii's Derive takes.
type generaliser interface {
	Generalise(text string) (string, bool)
}

// row is a text and what a generaliser must make of it, "" if it must refuse.
type row struct{ name, text, want string }

func check(t *testing.T, g generaliser, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			got, ok := g.Generalise(r.text)
			require.Equal(t, r.want, got)
			require.Equal(t, r.want != "", ok)
		})
	}
}
