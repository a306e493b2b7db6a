package pii

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"

	"github.com/purposebound/purposebound/purpose"
)

const (
	maxEmail      = 254  // bytes: RFC 5321, section 4.5.3.1.3, without the angle brackets
	maxLocal      = 64   // bytes: RFC 5321, section 4.5.3.1.1
	maxLabel      = 63   // bytes: RFC 1035, section 2.3.4
	maxEmailInput = 1024 // bytes looked at: an address decomposed, with space around it
)

// Email is the kind of an e-mail address, the bare local@domain of one mailbox. It has no state and is safe for
// concurrent use.
//
// # Canonical form
//
// At most 254 bytes, of which the local part has at most 64, without white space around it. The domain is in lower case and the
// local part keeps its case: only the receiving host may say that "Marie" and "marie" are one mailbox (RFC 5321,
// section 2.4). Both parts are in Unicode NFC. Two addresses are equal if their canonical forms are.
//
// # What is an address
//
// The subset that sign-up forms and mail providers take. The local part is a dot-atom (RFC 5322, section 3.2.3), in which RFC 6531
// also lets visible characters beyond ASCII stand. The domain has at least two labels of letters, digits and inner hyphens, each of
// at most 63 bytes; so "user@localhost" and "user@org" are refused. Quoted local parts, comments, folding white space,
// address literals in square brackets, display names and "mailto:" are refused too, and so are control,
// bidirectional and invisible characters, and invalid UTF-8. No name server is asked.
//
// # International domains
//
// A label may be a U-label, mapped as RFC 5895 says (width, ideographic full stop, lower case, NFC), or an A-label
// ("xn--…"), whose Punycode is not decoded: the two spellings of one domain are two different values. The contextual rules of RFC 5892 and
// the bidirectional rule of RFC 5893 are not checked, and ZWJ, ZWNJ and the Catalan middle dot are refused in a domain.
type Email struct{}

var _ Kind = Email{}

// Attribute returns "identity.email".
func (Email) Attribute() purpose.Attribute { return "identity.email" }

// Canonical returns the canonical form of an address, see [Email], and false if text is none.
// A canonical address in ASCII costs no allocation.
func (Email) Canonical(text string) (string, bool) {
	if isASCIIEmail(text) {
		return text, true
	}
	if len(text) > maxEmailInput || !utf8.ValidString(text) {
		return "", false
	}
	// Normalised before it is looked at: NFC makes ASCII punctuation of some code points.
	local, domain, ok := strings.Cut(norm.NFC.String(strings.TrimFunc(text, isBlank)), "@")
	if !ok {
		return "", false
	}
	domain = mapDomain(domain)
	// Mapped twice, because the steps of the mapping are stable each by itself but not proved so together.
	if !isLocal(local) || !isDomain(domain) || mapDomain(domain) != domain {
		return "", false
	}
	if len(local)+1+len(domain) > maxEmail {
		return "", false
	}
	return local + "@" + domain, true
}

// isASCIIEmail reports whether text is a canonical address in ASCII: the fast path, which decides as the slow one would.
func isASCIIEmail(text string) bool {
	if len(text) > maxEmail {
		return false
	}
	at, prev := -1, byte('.')
	for i := range len(text) {
		c := text[i]
		if !has(&atext, c) {
			if c == '@' {
				at = i
				break
			}
			if c != '.' || prev == '.' {
				return false
			}
		}
		prev = c
	}
	if at < 1 || at > maxLocal || prev == '.' {
		return false
	}
	domain := text[at+1:]
	start, prev := 0, byte('.')
	for i := range len(domain) {
		c := domain[i]
		if !has(&lowerDigit, c) {
			switch {
			case c == '-' && prev != '.':
			case c == '.' && prev != '.' && prev != '-' && i-start <= maxLabel:
				start = i + 1
			default:
				return false
			}
		}
		prev = c
	}
	return start > 0 && prev != '.' && prev != '-' && len(domain)-start <= maxLabel
}

// A byteSet holds bytes, here of ASCII only. A look-up in it is one load.
type byteSet [256]bool

var (
	// atext is that of RFC 5322, section 3.2.3.
	atext = setOf("!#$%&'*+-/=?^_`{|}~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
	// lowerDigit is what a label in lower case may have anywhere.
	lowerDigit = setOf("0123456789abcdefghijklmnopqrstuvwxyz")
)

func setOf(text string) (set byteSet) {
	for i := range len(text) {
		set[text[i]] = true
	}
	return set
}

func has(set *byteSet, c byte) bool { return set[c] }

// isLocal reports whether local, in NFC, is a dot-atom of RFC 5322 as extended by RFC 6531.
func isLocal(local string) bool {
	if local == "" || len(local) > maxLocal || local[len(local)-1] == '.' {
		return false
	}
	prev := '.'
	for _, r := range local {
		switch {
		case r == '.':
			if prev == '.' {
				return false
			}
		case r < utf8.RuneSelf:
			if !has(&atext, byte(r)) {
				return false
			}
		case !unicode.IsGraphic(r) || unicode.IsSpace(r) || isIgnorable(r):
			return false
		case prev == '.' && unicode.IsMark(r):
			return false
		}
		prev = r
	}
	return true
}

// mapDomain maps a domain as RFC 5895, section 2, says.
func mapDomain(domain string) string {
	domain = strings.ReplaceAll(width.Fold.String(domain), "。", ".")
	// A Caser has state, so each call has its own. IDNA does not treat the final sigma apart.
	return norm.NFC.String(cases.Lower(language.Und, cases.HandleFinalSigma(false)).String(domain))
}

// isDomain reports whether domain, already mapped, has two labels or more and each is one.
func isDomain(domain string) bool {
	labels := 0
	for label := range strings.SplitSeq(domain, ".") {
		if !isLabel(label) {
			return false
		}
		labels++
	}
	return labels >= 2
}

func isLabel(label string) bool {
	if label == "" || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	ascii := true
	for i, r := range label {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == '-':
		case r < utf8.RuneSelf || isIgnorable(r):
			return false
		case unicode.IsMark(r) && i == 0: // RFC 5891, section 4.2.3.2
			return false
		case !unicode.In(r, unicode.L, unicode.M, unicode.Nd):
			return false
		default:
			ascii = false
		}
	}
	if ascii {
		return true
	}
	// RFC 5891, section 4.2.3.1: a U-label has no hyphens where the prefix of an A-label has them.
	// RFC 5892, section 2.2: a character that NFKC changes is not valid in one.
	return (len(label) < 4 || label[2:4] != "--") && norm.NFKC.IsNormalString(label)
}
