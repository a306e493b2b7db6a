package pii

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/purposebound/purposebound/purpose"
)

const (
	maxName      = 200  // runes of a canonical name
	maxNameInput = 4096 // bytes looked at: 200 runes decomposed, and generous white space
)

// Name is the kind of a person's name, whole or in part, as the person writes it. It has no state and is safe for
// concurrent use.
//
// # Canonical form
//
// At most 200 runes in Unicode NFC (UAX #15), without white space at the ends and with one space for every run of
// white space inside. Nothing else changes: case, accents, the kind of apostrophe and of hyphen stay as written, so
// "D’Amours" and "D'Amours" are two values. It is NFC and not NFKC because NFKC loses what a person may have meant ("ﬁ", "ª").
//
// # What is a name
//
// A name has a letter of any script. It may have combining marks on a base, decimal digits, and the punctuation that
// names have: apostrophes, hyphens, full stops, commas, middle dots, round brackets, the slash of "a/l", the Hebrew geresh, and
// the colon that marks a long vowel in Mohawk. Anything else is refused: symbols, "@", control characters (tab and line end
// too), invalid UTF-8, unassigned and private code points, bidirectional controls and invisible characters. There are
// two exceptions, because names are misspelt without them: ZWJ and ZWNJ between two characters of a script that joins
// (Persian, Sinhala), and ideographic variation selectors after a Han character.
type Name struct{}

var _ Kind = Name{}

// Attribute returns "identity.name".
func (Name) Attribute() purpose.Attribute { return "identity.name" }

// Canonical returns the canonical form of a name, see [Name], and false if text is none.
// A canonical name in ASCII costs no allocation.
func (Name) Canonical(text string) (string, bool) {
	if isASCIIName(text) {
		return text, true
	}
	if len(text) > maxNameInput || !utf8.ValidString(text) {
		return "", false
	}
	text = foldSpace(norm.NFC.String(text))
	runes, letter, ok := inspect(text, isNamePunct)
	if !ok || !letter || runes > maxName {
		return "", false
	}
	return text, true
}

// isASCIIName reports whether text is a canonical name in ASCII: the fast path, which decides as the slow one would.
func isASCIIName(text string) bool {
	if len(text) > maxName {
		return false
	}
	letter, prev := false, byte(' ')
	for i := range len(text) {
		c := text[i]
		switch {
		case 'a' <= c|0x20 && c|0x20 <= 'z':
			letter = true
		case '0' <= c && c <= '9':
		case c == ' ':
			if prev == ' ' {
				return false
			}
		case c >= utf8.RuneSelf || !isNamePunct(rune(c)):
			return false
		}
		prev = c
	}
	return letter && prev != ' '
}

// isNamePunct reports whether r is punctuation, or a decimal digit, that names have.
func isNamePunct(r rune) bool {
	switch r {
	case '\'', '-', '.', ',', ':', '/', '(', ')':
		return true
	case '‘', '’', '‐', '‑', '–', '·', '・', '׳', '״', '\uA789': // the last is the modifier letter colon
		return true
	}
	return unicode.Is(unicode.Nd, r)
}

const (
	zwnj = '\u200C'
	zwj  = '\u200D'
)

// joiningScripts are those in which ZWJ and ZWNJ change the spelling of a word.
var joiningScripts = []*unicode.RangeTable{
	unicode.Arabic, unicode.Syriac, unicode.Mongolian, unicode.Nko,
	unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya, unicode.Tamil,
	unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala, unicode.Khmer, unicode.Myanmar,
}

// inspect walks a text whose white space is folded. It counts the runes and tells whether one is a letter.
// ok is false if the text has a character that allowed does not permit and that is not a letter, a mark with a base,
// a single space, or one of the invisible characters that spelling needs.
func inspect(text string, allowed func(rune) bool) (runes int, letter, ok bool) {
	prev := ' '
	for _, r := range text {
		runes++
		switch {
		case r == ' ':
			if prev == zwj || prev == zwnj {
				return runes, letter, false
			}
		case r == zwj || r == zwnj:
			if !joins(prev) {
				return runes, letter, false
			}
		case (prev == zwj || prev == zwnj) && !joins(r):
			return runes, letter, false
		case isIgnorable(r):
			// UTS #37: the selector chooses the glyph of the ideograph before it.
			if r < 0xE0100 || r > 0xE01EF || !unicode.Is(unicode.Han, prev) {
				return runes, letter, false
			}
		case unicode.IsLetter(r):
			letter = true
		case unicode.IsMark(r):
			if !unicode.In(prev, unicode.L, unicode.M, unicode.N) && prev != zwj && prev != zwnj {
				return runes, letter, false
			}
		case !allowed(r):
			return runes, letter, false
		}
		prev = r
	}
	return runes, letter, prev != zwj && prev != zwnj
}

// joins reports whether r may stand beside ZWJ or ZWNJ.
func joins(r rune) bool {
	return r >= utf8.RuneSelf && unicode.In(r, unicode.L, unicode.M) && unicode.In(r, joiningScripts...)
}

// isIgnorable reports whether r shows nothing by itself though its category is that of a letter, mark or symbol:
// fillers, the grapheme joiner, variation selectors, the blank Braille cell.
func isIgnorable(r rune) bool {
	return r >= utf8.RuneSelf && (r == '\u2800' ||
		unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector))
}

// isBlank reports whether r is white space but not a control character.
func isBlank(r rune) bool { return unicode.IsSpace(r) && !unicode.IsControl(r) }

// foldSpace trims text and makes one space of every run of white space. It leaves control characters to be refused.
func foldSpace(text string) string {
	prev := ' '
	for _, r := range text {
		if isBlank(r) && (r != ' ' || prev == ' ') {
			return strings.Join(strings.FieldsFunc(text, isBlank), " ")
		}
		prev = r
	}
	return strings.TrimSuffix(text, " ")
}
