package redact_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/purposebound/purposebound/redact"
)

func TestNewRelease(t *testing.T) {
	t.Parallel()
	var nilKey *badKey
	for name, test := range map[string]struct {
		id  redact.ReleaseID
		key redact.PRF
	}{
		"no id":          {"", firstKey},
		"id not UTF-8":   {"2026\xff", firstKey},
		"id too long":    {redact.ReleaseID(strings.Repeat("r", 1025)), firstKey},
		"nil key":        {"2026-03", nil},
		"nil pointer":    {"2026-03", nilKey},
		"nil slice":      {"2026-03", hmacKey(nil)},
		"nothing at all": {},
	} {
		r, err := redact.NewRelease(test.id, test.key)
		assert.Nil(t, r, name)
		assert.ErrorIs(t, err, redact.ErrIncomplete, name)
	}
	assert.Equal(t, redact.ReleaseID("2026-03"), release(t, "2026-03", firstKey).ID())
}

func TestReleaseRefuses(t *testing.T) {
	t.Parallel()
	var none *redact.Release
	good := release(t, "2026-03", firstKey)
	long := strings.Repeat("d", 1025)
	for name, call := range map[string]func() error{
		"pseudonyms of nil":          func() error { _, err := none.Pseudonyms("client"); return err },
		"pseudonyms of zero":         func() error { _, err := new(redact.Release).Pseudonyms("client"); return err },
		"pseudonyms, no domain":      func() error { _, err := good.Pseudonyms(""); return err },
		"pseudonyms, long domain":    func() error { _, err := good.Pseudonyms(long); return err },
		"pseudonyms, not UTF-8":      func() error { _, err := good.Pseudonyms("\xff"); return err },
		"shapes of nil":              func() error { _, err := none.Shapes("phone"); return err },
		"shapes of zero":             func() error { _, err := new(redact.Release).Shapes("phone"); return err },
		"shapes, no domain":          func() error { _, err := good.Shapes(""); return err },
		"shift of nil":               func() error { _, err := none.Shift("c-1", 30); return err },
		"shift of zero":              func() error { _, err := new(redact.Release).Shift("c-1", 30); return err },
		"shift, no subject":          func() error { _, err := good.Shift("", 30); return err },
		"shift, long subject":        func() error { _, err := good.Shift(long, 30); return err },
		"shift, no days":             func() error { _, err := good.Shift("c-1", 0); return err },
		"shift, negative days":       func() error { _, err := good.Shift("c-1", -30); return err },
		"shift, more than ten years": func() error { _, err := good.Shift("c-1", 3651); return err },
	} {
		assert.ErrorIs(t, call(), redact.ErrIncomplete, name)
	}
	assert.Empty(t, none.ID())
}

// A key that gives no answer, or a wrong one, gives no pseudonym, and what it said goes nowhere.
func TestBadKeys(t *testing.T) {
	t.Parallel()
	for name, key := range badKeys {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := release(t, "2026-03", key)
			p, err := r.Pseudonyms("client")
			assert.NoError(t, err)
			s, err := r.Shapes("client")
			assert.NoError(t, err)
			_, err1 := p.Pseudonymise("Zoé Lefèvre")
			_, err2 := s.Pseudonymise("Zoé Lefèvre")
			_, err3 := r.Shift("Zoé Lefèvre", 30)
			for _, err := range []error{err1, err2, err3} {
				assert.ErrorIs(t, err, redact.ErrKey)
				assert.NotErrorIs(t, err, errTalking)
				assert.NotContains(t, err.Error(), "Zoé")
			}
			_, ok := p.Generalise("Zoé Lefèvre")
			assert.False(t, ok)
			_, ok = s.Generalise("Zoé Lefèvre")
			assert.False(t, ok)
		})
	}
}
