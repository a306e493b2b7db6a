package pii

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/purposebound/purposebound/purpose"
)

const (
	minAddress      = 5         // runes of a canonical address
	maxAddress      = 500       // runes of a canonical address
	maxAddressInput = 16 * 1024 // bytes looked at: 500 runes decomposed, and generous white space
)

// Address is the kind of a postal address, in free form, of one line or more. It has no state and is safe for
// concurrent use.
//
// # Canonical form
//
// One line of 5 to 500 runes in Unicode NFC (not NFKC, which would write "½" as "1⁄2"). Lines are joined with ", "; empty lines and the
// white space and commas at the ends of a line go, and a run of white space becomes one space. A Canadian
// postal code that stands as a word of its own is written "H7L 5W5", whether it came as "h7l5w5", "h7l 5w5" or "H7L-5W5"; its letters
// follow Canada Post's alphabet (never D, F, I, O, Q, U; not W or Z first). Nothing else changes: case, abbreviations
// and accents stay as written, and no street is looked up.
//
// # What is an address
//
// A text with a letter. It may have any visible character, marks only on a base. Refused are control characters (tab and a
// lone carriage return too; a line ends with LF or CR LF), invalid UTF-8, unassigned and private code points, bidirectional
// controls, and invisible characters except those [Name] lets stand.
type Address struct{}

var _ Kind = Address{}

// Attribute returns "identity.address".
func (Address) Attribute() purpose.Attribute { return "identity.address" }

// Canonical returns the canonical form of a postal address, see [Address], and false if text is none.
func (Address) Canonical(text string) (string, bool) {
	if len(text) > maxAddressInput || !utf8.ValidString(text) {
		return "", false
	}
	text = postalCodes(joinLines(norm.NFC.String(text)))
	runes, letter, ok := inspect(text, unicode.IsGraphic)
	if !ok || !letter || runes < minAddress || runes > maxAddress {
		return "", false
	}
	return text, true
}

// joinLines makes one line of the lines of text that hold something.
func joinLines(text string) string {
	if !strings.Contains(text, "\n") {
		return trimLine(text)
	}
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if line = trimLine(strings.TrimSuffix(line, "\r")); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, ", ")
}

// trimLine folds the white space of a line and takes off the commas that joining would double.
func trimLine(line string) string { return strings.Trim(foldSpace(line), " ,") }

// postalCodes writes every Canadian postal code in text as "A1A 1A1".
func postalCodes(text string) string {
	var b strings.Builder
	done := 0 // text[:done] is in b, once anything is
	prev := ' '
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if n := postalCode(text[i:]); n > 0 && !isWord(prev) {
			b.WriteString(text[done:i])
			b.WriteString(strings.ToUpper(text[i : i+3]))
			b.WriteByte(' ')
			b.WriteString(strings.ToUpper(text[i+n-3 : i+n]))
			i += n
			done = i // and what follows is no part of a word, so prev does not matter
			continue
		}
		i += size
		prev = r
	}
	if done == 0 {
		return text
	}
	b.WriteString(text[done:])
	return b.String()
}

// postalCode returns the number of bytes of the postal code that text begins with, 0 if with none.
func postalCode(text string) int {
	if len(text) < 6 || !isPostalFirst(text[0]) || !isDigit(text[1]) || !isPostalLetter(text[2]) {
		return 0
	}
	n := 3
	if text[n] == ' ' || text[n] == '-' {
		n++
	}
	if len(text) < n+3 || !isDigit(text[n]) || !isPostalLetter(text[n+1]) || !isDigit(text[n+2]) {
		return 0
	}
	n += 3
	if next, _ := utf8.DecodeRuneInString(text[n:]); n < len(text) && isWord(next) {
		return 0
	}
	return n
}

// isWord reports whether a postal code beside r would be part of a longer word.
func isWord(r rune) bool { return unicode.In(r, unicode.L, unicode.M, unicode.N) }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isPostalLetter(c byte) bool {
	c |= 0x20
	return 'a' <= c && c <= 'z' && strings.IndexByte("dfioqu", c) < 0
}

func isPostalFirst(c byte) bool { return isPostalLetter(c) && c|0x20 != 'w' && c|0x20 != 'z' }
