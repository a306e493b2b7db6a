package pii_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/pii"
)

// Every form of a field comes back as the same field, and an absent one as absent.
func TestSealedForms(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	present := x.seal(t, Service)
	for name, field := range map[string]pii.Sealed[pii.Email]{"present": present, "absent": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := field.MarshalText()
			require.NoError(t, err)
			binary, err := field.MarshalBinary()
			require.NoError(t, err)
			quoted, err := json.Marshal(field)
			require.NoError(t, err)
			value, err := field.Value()
			require.NoError(t, err)

			for form, read := range map[string]func(*pii.Sealed[pii.Email]) error{
				"text":   func(s *pii.Sealed[pii.Email]) error { return s.UnmarshalText(text) },
				"binary": func(s *pii.Sealed[pii.Email]) error { return s.UnmarshalBinary(binary) },
				"JSON":   func(s *pii.Sealed[pii.Email]) error { return json.Unmarshal(quoted, s) },
				"SQL":    func(s *pii.Sealed[pii.Email]) error { return s.Scan(value) },
			} {
				got := present
				require.NoError(t, read(&got), form)
				assert.Equal(t, field, got, form)
			}
		})
	}
	absent, err := json.Marshal(struct {
		E pii.Sealed[pii.Email] `json:"e"`
		O pii.Sealed[pii.Email] `json:"o,omitzero"`
	}{})
	require.NoError(t, err)
	assert.JSONEq(t, `{"e":null}`, string(absent))
}

// A column may hold either form, as a string or as bytes.
func TestSealedScan(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	present := x.seal(t, Service)
	text, err := present.MarshalText()
	require.NoError(t, err)
	binary := bytesOf(t, present)
	for name, src := range map[string]any{
		"text": string(text), "text as bytes": text, "bytes": binary, "bytes as a string": string(binary),
	} {
		var got pii.Sealed[pii.Email]
		require.NoError(t, got.Scan(src), name)
		assert.Equal(t, present, got, name)
	}
	for name, src := range map[string]any{"NULL": nil, "no bytes": []byte(nil)} {
		got := present
		require.NoError(t, got.Scan(src), name)
		assert.True(t, got.IsZero(), name)
	}
	for name, src := range map[string]any{
		"empty text": "", "empty bytes": []byte{}, "plaintext": canary, "a number": int64(1), "a bool": true, "a float": 1.5,
		"JSON": `"` + string(text) + `"`, "two tokens": string(text) + string(text) + "=",
	} {
		got := present
		err := got.Scan(src)
		require.ErrorIs(t, err, pii.ErrMalformed, name)
		assertNamed(t, err)
		assert.Equal(t, present, got, name)
	}
}

// What is scanned is not kept in the driver's buffer.
func TestSealedCopiesWhatItReads(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	present := x.seal(t, Service)
	for _, buffer := range [][]byte{bytesOf(t, present), []byte(mustText(t, present))} {
		var got pii.Sealed[pii.Email]
		require.NoError(t, got.Scan(buffer))
		clear(buffer)
		assert.Equal(t, present, got)
	}
	b := bytesOf(t, present)
	clear(b)
	assert.NotEqual(t, b, bytesOf(t, present), "what it returns is a copy")
}

func mustText(t *testing.T, s pii.Sealed[pii.Email]) string {
	t.Helper()
	text, err := s.MarshalText()
	require.NoError(t, err)
	return string(text)
}
