package scrub_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact"
	"github.com/purposebound/purposebound/redact/scrub"
)

// chunks cuts text into pieces of n bytes.
func chunks(text []byte, n int) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(text) > 0 {
			k := min(n, len(text))
			if !yield(text[:k]) {
				return
			}
			text = text[k:]
		}
	}
}

// pieces are what documents are made of: personal data of every type, words that announce it, words that do not, and what is neither.
var pieces = []string{
	"514-555-0123", "(418) 555-0199, poste 12", "+33 1 99 00 55 12", "01 99 00 55 12", "1 800 555-0134", "0 1 9 9 0 0 5 5 1 2", "5145550123",
	"marie.tremblay@example.com", "a@b", "x@example.comMarie", "\"q s\"@example.org", "@marie_t", "https://example.com/a?b=c.", "www.example.org",
	"example.net/x", "192.0.2.17", "192.0.2.0/24", "2001:db8::1", "::1", "00:1b:63:84:45:e6", "4111 1111 1111 1111", "5555555555554444", "512-345-679",
	"512345679", "123-45-6788", "QQ 12 34 56 C", "AB123456C", "1 85 05 78 006 084", "TREM 8512 1456", "T1234-010190-01", "A1234-56789-01214",
	"GB42 ZQPB 0045 1277 0831 46", "GB42ZQPB00451277083146", "1ESqTV9cq3ekwE1YzaB8cat79FHwimFr29", "bc1qjd78hknljc2wmc30p2as74dzugvp0t2ct552n0",
	"2024-03-15", "2024-03-15T14:30Z", "15/03/2024", "le deux janvier mille neuf cent soixante", "5 mai 2020", "May 5, 2020", "07nov", "14:30", "20h00",
	"H2X 1Y4", "h2x1y4", "N1C 4ZQ", "90210", "69008 Lyon", "12 rue des Lilas", "45 Main Street, Apt. 3", "P.O. Box 2217", "120, boul. Saint-Joseph",
	"42 ans", "62-year-old", "A12345678", "dossier 1234567", "passport GA302922", "compte 00123-456", "Marie Tremblay", "M. Tremblay", "Dr Ian Hale", "Montréal",
	"tel", "tél.:", "phone", "fax", "NAS", "SSN", "date", "né le", "adresse :", "zip", "id", "card", "skype", "in", "le", "of", "my name is", "Nom :",
	// names, places and streets as they are written in several languages, also in small letters, and what announces them
	"julie", "gagnon", "julie gagnon", "Julie", "GAGNON", "Jean-François", "D'Amours", "O'Neil", "Müller", "Hans Müller", "Frau", "Herr Schmidt", "José García López",
	"Sra. García", "Giulia Rossi", "sig. Rossi", "João da Silva", "van der Berg", "李雷", "Иван Петров", "Αθήνα", "محمد", "45, rue des Érables", "45 rue des érables julie",
	"Calle Mayor 12", "Hauptstraße 7", "Via Roma 3", "12 Church Lane", "Québec", "Paris", "New York", "Saint-Jérôme", "Hôpital Sainte-Justine", "Gagnon inc.",
	"Acme Ltd", "madame", "mr", "monsieur", "bonjour", "hello", "merci", "cordialement,", "regards,", "signé", "de la part de", "Patient :", "prénom", "nom de famille",
	"last name:", "teléfono", "Telefon", "appeler", "call", "joindre", "au", "à", "chez", "from", "habite", "lives at", "né à", "born in", "docteur", "infirmière", "plombier",
	"âgé de", "ans", "poste", "ext.", "apt.", "app. 3", "QC", "ON", "K1A 0B1", "le 5", "mai", "May", "mars", "Mars", "vingt et un", "two", "juin 2020", "sur", "et", "and", "ou",
	"5", "45", "45,", "2020", "514", "555-0123", "0123", "@x", "x@", ".ca", "com", "http://", "www.", "IBAN", "passeport", "version", "compte", "visa", "exp", "12/28",
	"julie [at] exemple [dot] ca", "julie arobas exemple point ca", "roy (at) exemple.ca", "at", "[at]", "arobas", "dot", "point", "(dot)", "exemple", "snapchat: julieg",
	"insta julie_g", "login:", "julie77", "a_b", "cvv 123", "code de sécurité : 123", "12/2028", "038 152 765", "sin", "NAM :", "TREJ 7204 1510", "trej", "7204.1510",
	"numéro:5145550143", "51\u200b45\u00ad55\u20600143", "５１４−５５５−０１４３", "Via dei Mille 17", "Lindenstraße 4", "rue", "Cartier", "5049 Testikuja 54", "F-69008 Lyon", "Lyon CEDEX",
	"Marseille 13014", "13014", "1.2.3.4", "§", "release",
	"[sealed identity.email]", "[revealed contact.phone]", "[withheld]", "[de-identified]", "****", "******", "**", "*", "***** julie", "\u200b", "\u00ad", "\u2011", "\u2212",
	"the", "pump", "une", "été", "Œuvre", "\u00a0", "\u202f", "\u2019", "—", "日本", "٠١٢", "１２３", "e\u0301", "\xff", "\xc3", "\xe2\x80", "[", "]", "[PHONE_1]", "[EMAIL_2",
	"[X_1]", "*****", "1", "12", "123", "1234567", "A", "a1", ".", ",", "-", "/", ":", "@", "(", ")", "+", "#", "|", "\n", "\n\n", "\r\n", "\t", " ", "  ",
}

// documents makes texts of up to most pieces, with a space between most of them.
func documents(most int) gopter.Gen {
	return gen.SliceOfN(most, gen.IntRange(0, 3*len(pieces)-1)).Map(func(picks []int) string {
		var b strings.Builder
		for i, p := range picks {
			if p == 0 {
				break // some documents are short
			}
			b.WriteString(pieces[p%len(pieces)])
			if p/len(pieces) > 0 && i < len(picks)-1 {
				b.WriteByte(' ')
			}
		}
		return b.String()
	})
}

func properties(t *testing.T, tests int) *gopter.Properties {
	t.Helper()
	if raceEnabled {
		tests /= 5 // each takes some ten times as long
	}
	parameters := gopter.DefaultTestParameters()
	parameters.MinSuccessfulTests = tests
	return gopter.NewProperties(parameters)
}

func newScrubber(tb testing.TB, options ...scrub.Option) *scrub.Scrubber {
	tb.Helper()
	s, err := scrub.New(options...)
	require.NoError(tb, err)
	return s
}

// hmacKey is a keyed function as package redact takes it.
type hmacKey string

func (k hmacKey) ComputePRF(input []byte, n uint32) ([]byte, error) {
	mac := hmac.New(sha256.New, []byte(k))
	mac.Write(input)
	return mac.Sum(nil)[:n], nil
}

func newRelease(tb testing.TB, id redact.ReleaseID) *redact.Release {
	tb.Helper()
	r, err := redact.NewRelease(id, hmacKey("a key of thirty-two bytes or more"))
	require.NoError(tb, err)
	return r
}

// idempotent are Scrubbers that promise that to scrub again changes nothing.
func idempotent(tb testing.TB) map[string]*scrub.Scrubber {
	tb.Helper()
	pseudonym := scrub.Pseudonym(newRelease(tb, "2026-03/study"))
	known := scrub.Known(scrub.Value{Text: "Marie Tremblay", Type: scrub.Person}, scrub.Value{Text: "514 555 0123", Type: scrub.Phone}, scrub.Value{Text: "lilas"})
	return map[string]*scrub.Scrubber{
		"tag":                 newScrubber(tb),
		"tag, known values":   newScrubber(tb, known),
		"tag, all there is":   newScrubber(tb, scrub.Threshold(0.2)),
		"mask":                newScrubber(tb, scrub.Apply(scrub.Mask())),
		"mask, known values":  newScrubber(tb, scrub.Apply(scrub.Mask()), known),
		"mask, all there is":  newScrubber(tb, scrub.Apply(scrub.Mask()), scrub.Threshold(0.2)),
		"mask for persons":    newScrubber(tb, scrub.Apply(scrub.Mask(), scrub.Person)),
		"tag for persons":     newScrubber(tb, scrub.Apply(scrub.Mask()), scrub.Apply(scrub.Tag(), scrub.Person, scrub.Date)),
		"pseudonym":           newScrubber(tb, scrub.Apply(pseudonym)),
		"pseudonym for phone": newScrubber(tb, scrub.Apply(scrub.Mask()), scrub.Apply(pseudonym, scrub.Phone, scrub.Place)),
		"without persons":     newScrubber(tb, scrub.Without(scrub.Person), scrub.Apply(scrub.Mask())),
	}
}

func TestScrubbingAgainChangesNothing(t *testing.T) {
	t.Parallel()
	for name, s := range idempotent(t) {
		p := properties(t, *idempotence)
		p.Property(name, prop.ForAll(func(text string) string {
			once := s.Scrub(text)
			if twice := s.Scrub(once); twice != once {
				return fmt.Sprintf("%q\n%q\n%q", text, once, twice)
			}
			return ""
		}, documents(40)))
		p.TestingRun(t)
	}
}

// idempotence is how many documents each Scrubber is tried on.
var idempotence = flag.Int("idempotence", 200, "documents that are scrubbed twice by each kind of Scrubber")

func TestChunksDoNotMatter(t *testing.T) {
	t.Parallel()
	small := newScrubber(t)
	small.SetPart(512, 128)
	for name, s := range map[string]*scrub.Scrubber{"parts of 512 bytes": small, "one part": newScrubber(t)} {
		p := properties(t, 150)
		p.Property("a Writer, "+name, prop.ForAll(func(text string, seed uint64) bool {
			r := rand.New(rand.NewPCG(seed, 1))
			var out bytes.Buffer
			w := scrub.NewWriter(&out, s)
			for rest := []byte(text); len(rest) > 0; {
				n := min(len(rest), 1+r.IntN(1+r.IntN(200)))
				if k, err := w.Write(rest[:n]); k != n || err != nil {
					return false
				}
				rest = rest[n:]
			}
			return w.Close() == nil && out.String() == s.Scrub(text)
		}, documents(200), gen.UInt64()))
		p.Property("a reader, "+name, prop.ForAll(func(text string) bool {
			out, err := io.ReadAll(scrub.NewReader(iotest.OneByteReader(strings.NewReader(text)), s))
			return err == nil && string(out) == s.Scrub(text)
		}, documents(100)))
		p.TestingRun(t)
	}
}

func TestFindingsAreSound(t *testing.T) {
	t.Parallel()
	s := newScrubber(t)
	small := newScrubber(t)
	small.SetPart(512, 128)
	p := properties(t, 300)
	p.Property("sorted, disjoint, whole code points", prop.ForAll(func(text string) string {
		return together(sound(text, s.Find(text)), sound(text, small.Find(text)))
	}, documents(120)))
	p.Property("valid UTF-8 stays valid", prop.ForAll(func(text string) bool {
		text = strings.ToValidUTF8(text, "\uFFFD")
		return utf8.ValidString(s.Scrub(text)) && utf8.ValidString(small.Scrub(text))
	}, documents(120)))
	p.TestingRun(t)
}

func together(list ...string) string {
	return strings.Join(slices.DeleteFunc(list, func(s string) bool { return s == "" }), "; ")
}

// sound says what is wrong with findings in text.
func sound(text string, found []scrub.Finding) string {
	at := 0
	starts := map[int]int{} // code points before each byte that begins one
	runes := 0
	for i := range text {
		starts[i] = runes
		runes++
	}
	starts[len(text)] = runes
	for _, f := range found {
		switch start, ok := starts[f.Start]; {
		case f.Start < at || f.End <= f.Start || f.End > len(text):
			return fmt.Sprintf("%q: %v after %d", text, f, at)
		case !ok || start != f.RuneStart:
			return fmt.Sprintf("%q: %v splits a code point or counts wrong", text, f)
		}
		if end, ok := starts[f.End]; !ok || end != f.RuneEnd {
			return fmt.Sprintf("%q: %v splits a code point at its end or counts wrong", text, f)
		}
		if f.Reason == "" || f.Type == "" || !(f.Score > 0 && f.Score <= 1) {
			return fmt.Sprintf("%q: %v says too little", text, f)
		}
		at = f.End
	}
	return ""
}
