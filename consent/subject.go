package consent

import (
	"crypto/rand"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Subject is an opaque id of the person data is about: at most 255 bytes of UTF-8 with no '@' and no blank,
// so that a name, an address or an e-mail does not pass for one. Use what your tables already use, or [NewSubject].
// The zero Subject names nobody and is refused everywhere.
type Subject string

// NewSubject returns a random Subject of 128 bits.
func NewSubject() Subject { return Subject(strings.ToLower(rand.Text())) }

// ErrSubject reports an id that cannot name a subject. It does not repeat the id.
var ErrSubject = errors.New("consent: a subject id is 1 to 255 bytes of UTF-8 without '@', blanks or control characters")

// Valid reports whether s can name a subject.
func (s Subject) Valid() bool {
	if s == "" || len(s) > 255 {
		return false
	}
	ascii := true
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c == '@' || c == 0x7f {
			return false
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	if ascii {
		return true
	}
	return utf8.ValidString(string(s)) && !strings.ContainsFunc(string(s), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	})
}
