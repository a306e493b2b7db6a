package redact

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	maxEmail = 254 // bytes: RFC 5321, section 4.5.3.1.3, without the angle brackets
	maxLocal = 64  // bytes: RFC 5321, section 4.5.3.1.1
	maxLabel = 63  // bytes: RFC 1035, section 2.3.4
)

// EmailMask reduces an e-mail address to what lets its owner recognise it: "marie.tremblay@exemple.ca" becomes "m***@e***.ca". It keeps
// the first character of the local part, the first character of the domain, and the last label. A part of one or two characters is
// hidden whole. There are always three asterisks, so that nothing shows how long a part was.
//
// A mask is not anonymous: beside a list of the people it may be about, it often fits one of them.
type EmailMask struct{}

// Generalise returns the mask, and false for text that is no address as sign-up forms take one: a dot-atom (RFC 5322, section 3.2.3;
// RFC 6531), one "@", and a domain name of two labels or more. Quoted local parts, comments, address literals and space around the
// address are refused.
func (EmailMask) Generalise(text string) (string, bool) {
	if len(text) > 2*maxEmail || !utf8.ValidString(text) {
		return "", false
	}
	local, domain, ok := strings.Cut(norm.NFC.String(text), "@")
	if !ok || len(local)+1+len(domain) > maxEmail || !isLocal(local) || !isDomain(domain) {
		return "", false
	}
	dot := strings.LastIndexByte(domain, '.')
	return firstOf(local) + "@" + firstOf(domain[:dot]) + strings.ToLower(domain[dot:]), true
}

// firstOf hides part but for its first character, or whole if that would be half of it or more.
func firstOf(part string) string {
	if utf8.RuneCountInString(part) < 3 {
		return "***"
	}
	_, size := utf8.DecodeRuneInString(part)
	return part[:size] + "***"
}

// isLocal reports whether local, in NFC, is a dot-atom of letters, marks and numbers and of what ASCII permits.
func isLocal(local string) bool {
	if len(local) > maxLocal {
		return false
	}
	for atom := range strings.SplitSeq(local, ".") {
		if atom == "" || startsWithMark(atom) {
			return false
		}
		for _, r := range atom {
			if r < utf8.RuneSelf && !isASCIIAtom(r) || r >= utf8.RuneSelf && !unicode.In(r, unicode.L, unicode.M, unicode.N) {
				return false
			}
		}
	}
	return true
}

// isASCIIAtom reports whether r is atext of RFC 5322, section 3.2.3.
func isASCIIAtom(r rune) bool {
	return isLetterOrDigit(r) || strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
}

// isDomain reports whether domain, in NFC, has two labels or more, and a last one that is no number.
func isDomain(domain string) bool {
	labels, last := 0, ""
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' || startsWithMark(label) {
			return false
		}
		for _, r := range label {
			if r < utf8.RuneSelf && !isLetterOrDigit(r) && r != '-' || r >= utf8.RuneSelf && !unicode.In(r, unicode.L, unicode.M, unicode.Nd) {
				return false
			}
		}
		labels++
		last = label
	}
	return labels >= 2 && utf8.RuneCountInString(last) >= 2 && strings.ContainsFunc(last, unicode.IsLetter)
}

func startsWithMark(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return unicode.IsMark(r)
}

// isLetterOrDigit reports whether r is one of ASCII.
func isLetterOrDigit(r rune) bool {
	return 'a' <= r|0x20 && r|0x20 <= 'z' || '0' <= r && r <= '9'
}
