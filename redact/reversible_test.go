package redact_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tink-crypto/tink-go/v2/daead/subtle"

	"github.com/purposebound/purposebound/redact"
)

func TestReversibleRestores(t *testing.T) {
	t.Parallel()
	r := reversible(t, "2026-03", "client", siv(t, counting(64)))
	for _, value := range []string{
		"", "c-1", "Zoé", "\x00", "\x80", "\x80\x00\x00", "\xff\xfe", "e\u0301", strings.Repeat("\x00", 31), strings.Repeat("a", 31), strings.Repeat("a", 32), strings.Repeat("é", 32<<10),
	} {
		pseudonym, err := r.Pseudonymise(value)
		require.NoError(t, err)
		assert.Regexp(t, regexp.MustCompile(`^[a-z2-7]+$`), pseudonym)
		got, err := r.Restore(pseudonym)
		require.NoError(t, err)
		assert.Equal(t, value, got)
	}
	_, err := r.Pseudonymise(strings.Repeat("a", 64<<10+1))
	assert.ErrorIs(t, err, redact.ErrValue)
}

// All values of up to 31 bytes have pseudonyms of one length, and so on for every further 32.
func TestReversibleHidesLength(t *testing.T) {
	t.Parallel()
	r := reversible(t, "2026-03", "client", siv(t, counting(64)))
	lengths := map[int]int{}
	for n := range 96 {
		pseudonym, err := r.Pseudonymise(strings.Repeat("a", n))
		require.NoError(t, err)
		lengths[len(pseudonym)]++
	}
	assert.Equal(t, map[int]int{77: 32, 128: 32, 180: 32}, lengths)
}

func TestReversibleIsForeignElsewhere(t *testing.T) {
	t.Parallel()
	key, other := siv(t, counting(64)), siv(t, counting(65)[1:])
	pseudonym, err := reversible(t, "2026-03", "client", key).Pseudonymise("c-1")
	require.NoError(t, err)
	for name, r := range map[string]*redact.Reversible{
		"another release":     reversible(t, "2026-04", "client", key),
		"another domain":      reversible(t, "2026-03", "invoice", key),
		"another key":         reversible(t, "2026-03", "client", other),
		"a border that moved": reversible(t, "2026-0", "3client", key),
	} {
		value, err := r.Restore(pseudonym)
		assert.Empty(t, value, name)
		assert.ErrorIs(t, err, redact.ErrForeign, name)
		theirs, err := r.Pseudonymise("c-1")
		require.NoError(t, err)
		assert.NotEqual(t, pseudonym, theirs, name)
	}
}

func TestReversibleRefusesWhatItDidNotMake(t *testing.T) {
	t.Parallel()
	r := reversible(t, "2026-03", "client", siv(t, counting(64)))
	pseudonym, err := r.Pseudonymise("c-1")
	require.NoError(t, err)
	last := pseudonym[:len(pseudonym)-1]
	for name, test := range map[string]struct {
		text string
		want error
	}{
		"empty":             {"", redact.ErrMalformed},
		"upper case":        {strings.ToUpper(pseudonym), redact.ErrMalformed},
		"padded":            {pseudonym + "===", redact.ErrMalformed},
		"line end":          {pseudonym + "\n", redact.ErrMalformed},
		"line end inside":   {pseudonym[:10] + "\n" + pseudonym[10:], redact.ErrMalformed},
		"space":             {" " + pseudonym, redact.ErrMalformed},
		"other alphabet":    {"0" + pseudonym[1:], redact.ErrMalformed},
		"plain text":        {"Zoé Lefèvre", redact.ErrMalformed},
		"too long":          {strings.Repeat("a", 1<<20), redact.ErrMalformed},
		"a pseudonym":       {"wectqeftommk64eb3ee4hv4vne", redact.ErrForeign},
		"one character off": {flip(pseudonym[:1]) + pseudonym[1:], redact.ErrForeign},
		"shortened":         {pseudonym[:64], redact.ErrForeign},
		"stray bits":        {last + flip(pseudonym[len(pseudonym)-1:]), redact.ErrMalformed},
	} {
		value, err := r.Restore(test.text)
		assert.Empty(t, value, name)
		assert.ErrorIs(t, err, test.want, name)
		assert.NotContains(t, err.Error(), "Zoé", name)
	}
}

// flip returns another character of the alphabet that differs in the last of its five bits.
func flip(character string) string {
	const alphabet = "abcdefghijklmnopqrstuvwxyz234567"
	return string(alphabet[strings.Index(alphabet, character)^1])
}

// What decrypts and is not padded was made by somebody else with the same key.
func TestReversibleRefusesOtherPadding(t *testing.T) {
	t.Parallel()
	for name, padded := range map[string]string{
		"empty": "", "no mark": strings.Repeat("\x00", 32), "not whole": "c-1\x80", "too much": "c-1\x80" + strings.Repeat("\x00", 60), "no padding": "c-1",
	} {
		r := reversible(t, "2026-03", "client", echo(padded))
		_, err := r.Restore("ae")
		assert.ErrorIs(t, err, redact.ErrForeign, name)
	}
}

// echo is no cipher: it decrypts everything to itself.
type echo string

func (e echo) EncryptDeterministically([]byte, []byte) ([]byte, error) { return []byte(e), nil }
func (e echo) DecryptDeterministically([]byte, []byte) ([]byte, error) { return []byte(e), nil }

// mute is a cipher without a key.
type mute struct{}

func (*mute) EncryptDeterministically(plaintext, _ []byte) ([]byte, error) {
	return nil, errors.New("cannot encrypt " + string(plaintext))
}

func (*mute) DecryptDeterministically([]byte, []byte) ([]byte, error) { return nil, errTalking }

func TestReversibleRefuses(t *testing.T) {
	t.Parallel()
	key := siv(t, counting(64))
	for name, make := range map[string]func() (*redact.Reversible, error){
		"no release": func() (*redact.Reversible, error) { return redact.NewReversible("", "client", key) },
		"no domain":  func() (*redact.Reversible, error) { return redact.NewReversible("2026-03", "", key) },
		"not UTF-8":  func() (*redact.Reversible, error) { return redact.NewReversible("2026-03", "\xff", key) },
		"no key":     func() (*redact.Reversible, error) { return redact.NewReversible("2026-03", "client", nil) },
		"a nil key":  func() (*redact.Reversible, error) { return redact.NewReversible("2026-03", "client", (*mute)(nil)) },
		"a nil cipher": func() (*redact.Reversible, error) {
			return redact.NewReversible("2026-03", "client", (*subtle.AESSIV)(nil))
		},
	} {
		r, err := make()
		assert.Nil(t, r, name)
		assert.ErrorIs(t, err, redact.ErrIncomplete, name)
	}
	for _, r := range []*redact.Reversible{nil, {}} {
		_, err := r.Pseudonymise("c-1")
		assert.ErrorIs(t, err, redact.ErrIncomplete)
		_, err = r.Restore("ae")
		assert.ErrorIs(t, err, redact.ErrIncomplete)
	}
	for name, key := range map[string]redact.DeterministicAEAD{"mute": &mute{}, "empty": echo("")} {
		r := reversible(t, "2026-03", "client", key)
		_, err := r.Pseudonymise("Zoé")
		assert.ErrorIs(t, err, redact.ErrKey, name)
		assert.NotContains(t, err.Error(), "Zoé")
		_, ok := r.Generalise("Zoé")
		assert.False(t, ok)
	}
}

func FuzzReversible(f *testing.F) {
	for _, value := range []string{"", "c-1", "Zoé", "\x80\x00", strings.Repeat("\x00", 64)} {
		f.Add(value)
	}
	r := reversible(f, "2026-03", "client", siv(f, counting(64)))
	f.Fuzz(func(t *testing.T, value string) {
		pseudonym, err := r.Pseudonymise(value)
		if long := len(value) > 64<<10; long || err != nil {
			if !long || !errors.Is(err, redact.ErrValue) {
				t.Errorf("%d bytes: %v", len(value), err)
			}
			return
		}
		if got, err := r.Restore(pseudonym); err != nil || got != value {
			t.Errorf("%q came back as %q, %v", value, got, err)
		}
	})
}

// Whatever is restored is written as one text only.
func FuzzRestore(f *testing.F) {
	r := reversible(f, "2026-03", "client", siv(f, counting(64)))
	good, err := r.Pseudonymise("c-1")
	must(err)
	for _, text := range []string{good, good[1:], good + "\n", "", "a", "=", "\xff"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		value, err := r.Restore(text)
		switch {
		case err == nil:
			if again, err := r.Pseudonymise(value); err != nil || again != text {
				t.Errorf("%q and %q are both %q", text, again, value)
			}
		case value != "" || !errors.Is(err, redact.ErrMalformed) && !errors.Is(err, redact.ErrForeign):
			t.Errorf("%q gave %q, %v", text, value, err)
		}
	})
}

func ExampleNewReversible() {
	key, err := subtle.NewAESSIV(counting(64)) // in a program, daead.New of a keyset
	must(err)
	clients, err := redact.NewReversible("2026-03/heating-study", "client", key)
	must(err)
	pseudonym, err := clients.Pseudonymise("c-1001")
	must(err)
	fmt.Println(pseudonym)
	fmt.Println(clients.Restore(pseudonym))
	_, err = clients.Restore("c-1001")
	fmt.Println(err)
	// Output:
	// fiaeqsqh4fsvq56suwfubdky4eajtpyfpvp5wvlchw7iw4ycd55mksgamhupghti6nangthpzrpzi
	// c-1001 <nil>
	// redact: not a reversible pseudonym
}
