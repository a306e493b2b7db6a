// Package phone has the kind of a telephone number, apart from the other kinds of package pii because the metadata that
// knows every country's numbers adds 3.7 MB to a program.
//
// [Phone] is used like the kinds of package pii: pii.Sealed[phone.Phone], pii.Parse[phone.Phone].
//
// # Limits
//
// A number is checked against the numbering plans compiled into the program, not against a network: that it is valid does not mean that
// someone answers. The plans change: a number that an older program found valid may be refused by a newer one, and the other way
// round, when it is collected again. A sealed number is not read again when it is revealed.
//
// Reading a number takes tens of microseconds and allocates, twice that if it does not come in canonical form.
package phone

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"

	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
)

const (
	region   = "CA" // of numbers that do not name their country
	maxInput = 128  // bytes looked at
)

var (
	// label is what forms and signatures write before a number, in French or English.
	label = regexp.MustCompile(`(?i)^(?:t[ée]l(?:[ée]phone)?|phone|cell(?:ulaire|phone)?|mobile)\b\.? ?:? ?`)
	// poste is the French label of an extension, which libphonenumber does not know.
	poste = regexp.MustCompile(`(?i)[ ,;(-]*\b(?:poste?|p)\b\.? ?:? ?([0-9]{1,20})\)?$`)
	// second is the start of another extension, which libphonenumber would drop.
	second = regexp.MustCompile(`(?i)[\\/] *x`)
)

// Phone is the kind of a telephone number, with its extension if it has one. It has no state and is safe for concurrent
// use.
//
// # Canonical form
//
// The number in ITU-T E.164, "+15145550199", followed by ";ext=123" (RFC 3966, section 5.3) if it has an extension of
// up to 20 digits; at most 46 bytes. The extension keeps its zeros: "012" is not "12".
//
// # What is a number
//
// A number that libphonenumber finds valid, not only possible: its prefix is in use in its country and its length fits.
// Emergency and short numbers are none. A number without a country code is read as dialled in Canada, so "514 555-0199" and
// "011 33 …" are understood and "555-0199", which lacks its area code, is refused. Punctuation, the letters of a keypad, "tel:" URIs,
// labels as "Tél. :" and the usual marks of an extension ("poste", "p.", "ext.", "x", "#") are read and left out. Other words
// before the number, control characters and invalid UTF-8 are refused, so that a note does not pass for a number.
type Phone struct{}

var _ pii.Kind = Phone{}

// Attribute returns "identity.phone".
func (Phone) Attribute() purpose.Attribute { return "identity.phone" }

// Canonical returns the canonical form of a telephone number, see [Phone], and false if text is none.
func (Phone) Canonical(text string) (string, bool) {
	canonical, ok := read(text)
	if !ok {
		return "", false
	}
	if canonical == text {
		return canonical, true
	}
	// The plans do not promise that what is written is read as the same number.
	if again, ok := read(canonical); !ok || again != canonical {
		return "", false
	}
	return canonical, true
}

// read parses text and writes it in the canonical form.
func read(text string) (string, bool) {
	if len(text) > maxInput || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return "", false
	}
	// Address books wrap numbers in directional marks.
	text = strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
	text = poste.ReplaceAllString(strings.Join(strings.Fields(text), " "), ";ext=$1")
	text = label.ReplaceAllString(text, "")
	if !startsNumber(text) || second.MatchString(text) {
		return "", false
	}
	number, err := phonenumbers.Parse(text, region)
	if err != nil || !phonenumbers.IsValidNumber(number) {
		return "", false
	}
	canonical := phonenumbers.Format(number, phonenumbers.E164)
	if extension := number.GetExtension(); extension != "" {
		canonical += ";ext=" + phonenumbers.NormalizeDigitsOnly(extension)
	}
	return canonical, true
}

// startsNumber reports whether text begins as a number does. Parse alone would skip any words before one.
func startsNumber(text string) bool {
	first, _ := utf8.DecodeRuneInString(text)
	return first == '+' || first == '＋' || first == '(' || first == '（' || unicode.Is(unicode.Nd, first)
}
