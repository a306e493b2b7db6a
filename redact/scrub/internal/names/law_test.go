package names

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"github.com/stretchr/testify/assert"
)

// inOrder reports whether findings are in order, disjoint, within a line, on the borders of runes, scored and explained.
func inOrder(text string, spans []Span) bool {
	at := 0
	for _, s := range spans {
		if s.Start < at || s.End <= s.Start || s.End > len(text) || strings.Contains(text[s.Start:s.End], "\n") ||
			s.Class < Person || s.Class > Nationality || s.Score < 0.5 || s.Score >= 1 || s.Reason == "" || !border(text, s.Start) || !border(text, s.End) {
			return false
		}
		at = s.End
	}
	return true
}

// border reports whether no rune of text goes over i.
func border(text string, i int) bool {
	for at := 0; at < i; {
		_, size := utf8.DecodeRuneInString(text[at:])
		if at += size; at > i {
			return false
		}
	}
	return true
}

func random(r *rand.Rand) string {
	pieces := []string{
		"Marie", "Tremblay", "TREMBLAY", "J.-P.", "M.", "Dr", "Mme.", "de", "la", "van", "le", "Hôpital", "l'hôpital", "CHU", "Centre", "hospitalier", "New", "York", "Laval", "Canada", "Inc.", "and Sons",
		"works for", "lives in", "habite à", "my name is", "name:", "nurse", "the", "Surgeon", "12", "H2X 1Y4", "rue", "Saint-Denis", "O’Brien", "'s", "É", "œuvre", "ÉMILIE", "Ž", "Ωμέγα",
		"marie", "rose", ",", ".", ":", " - ", "(", "\n", "\r\n", "\u00a0", "\xff", "\xc3", "\u0301", "@", "x@y.ca", "_", "said", "is from", "and", "A", "I", "'", "’", "''", "l'", "c'est", "d’", "\u00ad", "\u200b", "NAM", "May", "Nguyen", "Van", "An", "X-form", "C.", "jean-loup", "gagnon", "et", strings.Repeat("a", 90),
	}
	var b strings.Builder
	for range r.IntN(30) {
		b.WriteString(pieces[r.IntN(len(pieces))])
		if r.IntN(4) > 0 {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

func TestFindingsAreInOrder(t *testing.T) {
	t.Parallel()
	parameters := gopter.DefaultTestParameters()
	parameters.MinSuccessfulTests, parameters.MaxShrinkCount = 5000, 0
	p := gopter.NewProperties(parameters)
	p.Property("order", prop.ForAll(func(seed uint64, lang uint8) bool {
		text := random(rand.New(rand.NewPCG(seed, 1)))
		return inOrder(text, Append(nil, []byte(text), Lang(lang%3)))
	}, gen.UInt64(), gen.UInt8()))
	p.Property("lines do not know of each other but for addresses", prop.ForAll(func(seed uint64) bool {
		r := rand.New(rand.NewPCG(seed, 2))
		text := strings.ReplaceAll(random(r), "\n", " ")
		alone := Append(nil, []byte(text), Any)
		after := Append(nil, []byte("nothing here\n"+text), Any)
		if len(alone) != len(after) {
			return false
		}
		for i := range alone {
			alone[i].Start, alone[i].End = alone[i].Start+13, alone[i].End+13
			if alone[i] != after[i] {
				return false
			}
		}
		return true
	}, gen.UInt64()))
	p.TestingRun(t)
}

func TestAppendKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	before := Span{7, 9, Place, 0.5, "mine"}
	got := Append([]Span{before}, []byte("Hi Zelda"), Any)
	assert.Equal(t, before, got[0])
	assert.Len(t, got, 2)
}

func TestCleanTextAllocatesNothing(t *testing.T) {
	text := []byte(strings.Repeat("Please check whether the parcel arrived.\nLe colis a été livré à l’entrepôt mardi.\nall is well and nothing is here\n", 50))
	assert.Empty(t, Append(nil, text, Any))
	assert.Zero(t, testing.AllocsPerRun(50, func() { Append(nil, text, Any) }))
}

func FuzzAppend(f *testing.F) {
	f.Add("Dr. Marie Tremblay lives in New York, see Roy and Sons", uint8(0))
	f.Add("name:    hyacinth t. oak\nnurse\n12 Main\nRiga\n", uint8(1))
	f.Add("' Gagnon, ’ Montréal; 5' Gagnon et Fils - ''", uint8(0))
	f.Add("Trem\u00adblay Marie\u200bGagnon\u200b c'est jean-\u00adloup, NAM : X-form C.STDIN", uint8(2))
	f.Add("They were: Zorbla, Quimbo, Voxley and Blimpo. Nguyen Van An", uint8(1))
	f.Add("à l'hôpital de Gaspé, Centre hospitalier de Laval\xff\xc3 M.-A.", uint8(2))
	f.Fuzz(func(t *testing.T, text string, lang uint8) {
		if !inOrder(text, Append(nil, []byte(text), Lang(lang%3))) {
			t.Fatalf("findings of %q are out of order", text)
		}
	})
}

func TestClassesHaveNames(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for c := Person; c <= Nationality; c++ {
		seen[c.String()] = true
	}
	assert.Len(t, seen, int(Nationality))
	assert.False(t, seen["unknown"])
	assert.Equal(t, "unknown", Class(0).String())
}
