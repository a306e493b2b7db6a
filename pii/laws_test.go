package pii_test

import (
	"strings"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"github.com/stretchr/testify/assert"

	"github.com/purposebound/purposebound/pii"
)

// roundTrip seals a text of the kind and opens it again; accepted says whether it was of the kind.
// It returns what was not as it must be.
func roundTrip[K pii.Kind](x *rig, in *pii.Intake, use *pii.Use, text string) (accepted bool, fault string) {
	var k K
	canonical, ok := k.Canonical(text)
	var one, two pii.Sealed[K]
	err := one.Seal(in, text)
	if !ok {
		if err == nil || !one.IsZero() {
			return false, "sealed what is not of the kind"
		}
		return false, ""
	}
	if err != nil {
		return true, "not sealed: " + err.Error()
	}
	frame := len(x.keys.seen.Load().frame)
	if frame != padme(lengthOf(len(canonical))+len(canonical)) {
		return true, "a length that Padmé does not give"
	}
	if err := two.Seal(in, text); err != nil || one == two {
		return true, "equal texts gave equal tokens"
	}
	v, err := one.Reveal(use)
	w, err2 := two.Reveal(use)
	if err != nil || err2 != nil {
		return true, "not revealed"
	}
	if v.Plaintext() != canonical || !v.Equal(w) {
		return true, "another text came back"
	}
	var stored pii.Sealed[K]
	if b, err := one.MarshalText(); err != nil || stored.UnmarshalText(b) != nil || stored != one {
		return true, "the text form does not come back"
	}
	if again, err := pii.Parse[K](canonical); err != nil || !again.Equal(v) {
		return true, "what came back is not canonical"
	}
	return true, ""
}

// What is sealed comes back in canonical form, whatever the text.
func TestSealRevealRoundTrip(t *testing.T) {
	t.Parallel()
	kinds := map[string]func(*rig, *pii.Intake, *pii.Use, string) (bool, string){
		"Name": roundTrip[pii.Name], "Email": roundTrip[pii.Email], "Address": roundTrip[pii.Address],
		"BirthDate": roundTrip[pii.BirthDate], "Text": roundTrip[pii.Text],
	}
	anyRune := gen.OneGenOf(gen.Rune(), gen.RuneRange(0x20, 0x2FF), gen.RuneRange(0x300, 0x36F), gen.AlphaNumChar(), gen.AlphaNumChar())
	for _, r := range kindsUnderTest() {
		law := kinds[r.name]
		if law == nil {
			t.Fatalf("no law for kind %s", r.name)
		}
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			x := newRig(t)
			in := x.collect(t, marie, Hourly)
			use := x.begin(t, Hourly, agent, marie)
			accepted := 0
			check := func(text string) (bool, error) {
				ok, fault := law(x, in, use, text)
				if ok {
					accepted++
				}
				return fault == "", nil
			}
			samples := make([]any, 0, len(r.samples)+2)
			for _, s := range append(r.samples, map[string]string{
				"Name": "Marie", "Email": "marie@example.com", "Address": "12, rue Saint-Denis", "BirthDate": "1984-02-29", "Text": "Bonjour",
			}[r.name]) {
				samples = append(samples, s)
			}
			pieces := gen.OneGenOf(gen.OneConstOf(samples...), gen.OneConstOf(samples...), anyRune.Map(func(c rune) string { return string(c) }))
			parameters := gopter.DefaultTestParametersWithSeed(4) // one worker, so that accepted needs no lock
			parameters.MinSuccessfulTests = 400
			properties := gopter.NewProperties(parameters)
			properties.Property("any text", prop.ForAll(check, gen.SliceOf(anyRune).Map(func(c []rune) string { return string(c) })))
			properties.Property("nearly a value", prop.ForAll(check,
				gen.SliceOf(pieces).Map(func(s []string) string { return strings.Join(s[:min(len(s), 3)], "") })))
			properties.TestingRun(t)
			assert.Greater(t, accepted, 10, "the law was hardly put to a value")
		})
	}
}

// Another subject, purpose, attribute or record never opens a token, whatever the text.
func TestTokensOpenOnlyWhereTheyWereSealed(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	mine, theirs := x.collect(t, marie, Desk), x.collect(t, louis, Desk)
	use, other := x.begin(t, Desk, agent, marie), x.begin(t, Desk, agent, louis)
	elsewhere := x.begin(t, Hourly, agent, marie)
	opened := 0
	properties := gopter.NewProperties(gopter.DefaultTestParametersWithSeed(5))
	properties.Property("elsewhere it is an error", prop.ForAll(func(c []rune, record string) bool {
		text := "x" + strings.ToValidUTF8(string(c), "")
		var a, b, bound pii.Sealed[pii.Text]
		if a.Seal(mine, text) != nil {
			_, ok := pii.Text{}.Canonical(text)
			return !ok
		}
		if b.Seal(theirs, text) != nil || bound.SealBound(mine, text, record) != nil {
			return false
		}
		shut := func(v pii.Value[pii.Text], err error) bool { return err != nil && v.IsZero() }
		v, err := a.Reveal(use)
		opened++
		return err == nil && !v.IsZero() && shut(a.Reveal(other)) && shut(b.Reveal(use)) && shut(a.Reveal(elsewhere)) &&
			shut(bound.Reveal(use)) && shut(bound.RevealBound(use, record+"x")) && shut(a.RevealBound(use, record))
	}, gen.SliceOf(gen.Rune()), gen.AnyString()))
	properties.TestingRun(t)
	assert.Greater(t, opened, 10, "the law was hardly put to a text")
}
