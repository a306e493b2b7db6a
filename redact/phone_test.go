package redact_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/purposebound/purposebound/redact"
)

func TestPhoneMask(t *testing.T) {
	t.Parallel()
	check(t, redact.PhoneMask{}, []row{
		{"ten digits", "5145550143", "***43"},
		{"grouped", "514 555-0143", "***43"},
		{"brackets", "(514) 555-0143", "***43"},
		{"full stops", "514.555.0143", "***43"},
		{"slashes", "514/555/0143", "***43"},
		{"with 1", "1-514-555-0143", "***43"},
		{"with +1", "+1 (514) 555-0143", "***43"},
		{"E.164", "+15145550143", "***43"},
		{"no-break hyphens and spaces", "514\u00a0555\u20110143", "***43"},
		{"full width", "５１４５５５０１４３", "***43"},
		{"seven digits", "555-0143", "***43"},
		{"France", "+33 1 23 45 67 89", "***89"},
		{"France, national", "01 23 45 67 89", "***89"},
		{"Britain, bracketed zero", "+44 (0)20 7946 0018", "***18"},
		{"fifteen digits", "+999123456789012", "***12"},
		{"extension", "514 555-0143 ext. 89", "***43"},
		{"poste", "514 555-0143, poste 1289", "***43"},
		{"x", "514-555-0143x89", "***43"},
		{"tel URI", "+15145550143;ext=89", "***43"},
		{"hash", "514 555-0143 #89", "***43"},
		{"P", "514 555-0143 p. 89", "***43"},
		{"area code with 9 in the middle", "594 555-0143", ""},
		{"area code with 1 first", "114 555-0143", ""},
		{"exchange with 0 first", "514 055-0143", ""},
		{"exchange for services", "514 911-0143", ""},
		{"+1 and too long", "+1 514 555-01433", ""},
		{"+1 and too short", "+1 514 555-014", ""},
		{"+1 and a zero", "+1 014 555 0143", ""},
		{"+0", "+05145550143", ""},
		{"six digits", "555-014", ""},
		{"sixteen digits", "+9991234567890123", ""},
		{"empty", "", ""},
		{"plus only", "+", ""},
		{"two plus", "++15145550143", ""},
		{"plus inside", "514+555-0143", ""},
		{"letters", "1-800-PLOMBIER", ""},
		{"word", "tel. 514 555-0143", ""},
		{"extension without digits", "514 555-0143 ext.", ""},
		{"extension too long", "514 555-0143 ext. 123456789", ""},
		{"unknown word", "514 555-0143 bureau 12", ""},
		{"open bracket", "(514 555-0143", ""},
		{"closed bracket", "514) 555-0143", ""},
		{"empty brackets", "514 () 555-0143", ""},
		{"wide gap", "514    555-0143", ""},
		{"separator last", "514 555-0143-", ""},
		{"separator first", "-514 555-0143", ""},
		{"two numbers", "514 555-0143, 514 555-0144", ""},
		{"line end", "514 555-0143\n", ""},
		{"not UTF-8", "514 555-0143\xff", ""},
		{"its own output", "***43", ""},
	})
}

// The extension must not be taken for the end of the number, nor a shorter word for a longer one.
func TestPhoneMaskHidesTheExtension(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"x", "X ", " ext ", " EXT. ", " extn:", " extension ", " xtn", " poste ", " Poste: ", " p.", "#", " # ", ";ext="} {
		got, ok := redact.PhoneMask{}.Generalise("514 555-0143" + word + "6789")
		assert.True(t, ok, word)
		assert.Equal(t, "***43", got, word)
	}
}

var phoneMasked = regexp.MustCompile(`^\*{3}[0-9]{2}$`)

func FuzzPhoneMask(f *testing.F) {
	for _, text := range []string{"514 555-0143", "+44 (0)20 7946 0018", "514-555-0143 poste 12", "()", "+1", "５１４５５５０１４３", "#####"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := redact.PhoneMask{}.Generalise(text)
		wellFormed(t, text, got, ok)
		if ok && !phoneMasked.MatchString(got) {
			t.Errorf("%q became %q", text, got)
		}
	})
}

func ExamplePhoneMask() {
	fmt.Println(redact.PhoneMask{}.Generalise("514 555-0143, poste 12"))
	// Output: ***43 true
}
