package pii

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/purposebound/purposebound/purpose"
)

const (
	maxText      = 1<<20 - 64  // bytes of a canonical text: a token of one stays within a mebibyte and its header
	maxTextInput = 4 * maxText // bytes looked at: a text decomposed, with CR LF
)

// Text is the kind of free text: a message, a note, a case description. It has no state and is safe for concurrent use.
//
// # Canonical form
//
// At most 1 MiB less 64 bytes, in Unicode NFC (not NFKC: a message is kept as its author wrote it), with LF for CR LF.
// White space stays, also at the ends. As in the stream-safe format of UAX #15, a run of more than 30 combining marks
// gets a grapheme joiner (U+034F).
//
// # What is a text
//
// Any valid UTF-8 that shows something. Control characters other than line feed and tab are refused, the carriage
// return without a line feed among them, and so is a text of nothing but white space and invisible characters. Emoji, bidirectional controls and
// private code points may stand in it; whoever prints a text beside others isolates it (UAX #9).
type Text struct{}

var _ Kind = Text{}

// Attribute returns "communications.text".
func (Text) Attribute() purpose.Attribute { return "communications.text" }

// Canonical returns the canonical form of a text, see [Text], and false if there is none.
// A canonical text in ASCII costs no allocation.
func (Text) Canonical(text string) (string, bool) {
	if isASCIIText(text) {
		return text, true
	}
	if len(text) > maxTextInput || !utf8.ValidString(text) {
		return "", false
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	shows := false
	for _, r := range text {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return "", false
		}
		shows = shows || !unicode.IsSpace(r) && !unicode.Is(unicode.Cf, r) && !isIgnorable(r)
	}
	text = norm.NFC.String(text)
	if !shows || len(text) > maxText {
		return "", false
	}
	return text, true
}

// isASCIIText reports whether text is a canonical text in ASCII: the fast path, which decides as the slow one would.
func isASCIIText(text string) bool {
	if len(text) > maxText {
		return false
	}
	shows := false
	for i := range len(text) {
		c := text[i]
		if c >= 0x7F || c < ' ' && c != '\n' && c != '\t' {
			return false
		}
		shows = shows || c > ' '
	}
	return shows
}
