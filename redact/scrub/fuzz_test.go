package scrub_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/scrub"
)

// seeds are every piece alone, in pairs, and the adversarial units repeated.
func seeds(f *testing.F) {
	for i, p := range pieces {
		f.Add(p)
		f.Add(p + " " + pieces[(i*7+3)%len(pieces)] + p)
	}
	for _, unit := range adversarial {
		f.Add(strings.Repeat(unit, 40))
	}
}

// FuzzScrub holds what is true of every text: findings are sound, a second scrub changes nothing, valid text stays valid.
func FuzzScrub(f *testing.F) {
	seeds(f)
	s := newScrubber(f, scrub.Known(scrub.Value{Text: "Marie Tremblay", Type: scrub.Person}))
	small := newScrubber(f)
	small.SetPart(512, 128)
	masking := newScrubber(f, scrub.Apply(scrub.Mask()))
	f.Fuzz(func(t *testing.T, text string) {
		masked := masking.Scrub(text)
		require.Equal(t, masked, masking.Scrub(masked), "masked, of %q", text)
		require.Empty(t, sound(text, s.Find(text)))
		require.Empty(t, sound(text, small.Find(text)))
		once := s.Scrub(text)
		require.Equal(t, once, s.Scrub(once), "of %q", text)
		require.True(t, utf8.ValidString(once) || !utf8.ValidString(text))
		require.Equal(t, once, string(s.Append(nil, []byte(text))))
	})
}

// FuzzRecognizers has the recogniser of each type alone look at the text.
func FuzzRecognizers(f *testing.F) {
	seeds(f)
	var alone []*scrub.Scrubber
	for _, t := range builtinTypes {
		alone = append(alone, newScrubber(f, scrub.Only(t)))
	}
	f.Fuzz(func(t *testing.T, text string) {
		for i, s := range alone {
			found := s.Find(text)
			require.Empty(t, sound(text, found))
			for _, finding := range found {
				require.Equal(t, builtinTypes[i], finding.Type)
			}
		}
	})
}

// FuzzWriter cuts a text into writes of the sizes given.
func FuzzWriter(f *testing.F) {
	f.Add("tel 514-555-0123, marie@example.com", []byte{1, 2, 3})
	f.Add(strings.Repeat("call 514-555-0123 or marie@example.com\n", 40), []byte{200, 1})
	s := newScrubber(f)
	s.SetPart(512, 128)
	f.Fuzz(func(t *testing.T, text string, sizes []byte) {
		var out bytes.Buffer
		w := scrub.NewWriter(&out, s)
		rest := []byte(text)
		for _, n := range sizes {
			n := min(int(n), len(rest))
			_, err := w.Write(rest[:n])
			require.NoError(t, err)
			rest = rest[n:]
		}
		_, err := w.Write(rest)
		require.NoError(t, err)
		require.NoError(t, w.Close())
		require.Equal(t, s.Scrub(text), out.String())
	})
}

var builtinTypes = []scrub.Type{
	scrub.Email, scrub.Phone, scrub.URL, scrub.IP, scrub.MAC, scrub.Handle, scrub.Card, scrub.IBAN, scrub.Account, scrub.Crypto, scrub.SIN, scrub.SSN,
	scrub.NINO, scrub.NIR, scrub.HealthNumber, scrub.DriverLicence, scrub.Passport, scrub.BusinessNumber, scrub.Identifier, scrub.PostalCode, scrub.Address,
	scrub.Date, scrub.Time, scrub.Age, scrub.Person, scrub.Place, scrub.Organisation, scrub.Title, scrub.Nationality, scrub.KnownValue,
}
