package redact

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	minPhone      = 7   // digits: the shortest subscriber numbers that are personal
	maxPhone      = 15  // digits: ITU-T E.164, section 6.2.1
	maxPhoneInput = 128 // bytes looked at
	maxExtension  = 8   // digits
)

// extensionWords come before an extension, in English and French; a word stands before every prefix of it.
var extensionWords = [...]string{"extension", "extn", "ext", "xtn", "poste", "x", "p", "#"}

// PhoneMask reduces a telephone number to its last two digits: "514 555-0143" becomes "***43". There are always three asterisks;
// neither the country nor the extension shows.
//
// A mask is not anonymous: in a list of a hundred clients it fits one.
type PhoneMask struct{}

// Generalise returns the mask, and false for text that is no number: 7 to 15 digits, in groups parted by single spaces, hyphens, full
// stops, slashes or brackets, after at most one "+", and perhaps an extension ("ext. 12", "poste 12", "x12", "#12"). Numbers of the
// North American plan, which are those of +1, of ten digits, and of eleven that begin with 1, must have an area code and an exchange
// that the plan permits. The plans of other countries are not checked: a number of theirs is taken on its length.
func (PhoneMask) Generalise(text string) (string, bool) {
	digits, ok := phoneDigits(text)
	if !ok {
		return "", false
	}
	return "***" + digits[len(digits)-2:], true
}

// phoneDigits returns the digits of a telephone number without its extension.
func phoneDigits(text string) (string, bool) {
	if len(text) > maxPhoneInput || !utf8.ValidString(text) {
		return "", false
	}
	text = norm.NFKC.String(text) // full-width digits, no-break spaces and hyphens
	number, international := strings.CutPrefix(text, "+")
	if i := strings.IndexFunc(number, isNoPhoneRune); i >= 0 {
		if !isExtension(number[i:]) {
			return "", false
		}
		number = strings.TrimRight(number[:i], " ")
	}
	digits, ok := ungroup(number)
	if !ok || len(digits) < minPhone || len(digits) > maxPhone {
		return "", false
	}
	switch {
	case international && digits[0] == '1', !international && len(digits) == 11 && digits[0] == '1':
		return digits, isNorthAmerican(digits[1:])
	case international:
		return digits, digits[0] != '0'
	case len(digits) == 10 && digits[0] != '0':
		return digits, isNorthAmerican(digits)
	}
	return digits, true
}

func isNoPhoneRune(r rune) bool { return !isDigit(r) && !strings.ContainsRune(" ()-.‐–/", r) }

// ungroup takes the separators out of a number. Brackets come in pairs around digits, and the text ends with a digit.
func ungroup(number string) (string, bool) {
	digits := make([]byte, 0, maxPhone)
	open, gap := false, 0 // gap: runes since the last digit
	for _, r := range number {
		switch {
		case isDigit(r):
			digits = append(digits, byte(r))
			gap = 0
			continue
		case r == '(':
			if open {
				return "", false
			}
			open = true
		case r == ')':
			if !open || gap > 0 {
				return "", false
			}
			open = false
		case len(digits) == 0:
			return "", false
		}
		if gap++; gap > 3 { // ") - "
			return "", false
		}
	}
	return string(digits), !open && (gap == 0 || strings.HasSuffix(number, ")") && len(digits) > 0)
}

// isExtension reports whether tail, which follows a number, is an extension.
func isExtension(tail string) bool {
	tail = strings.ToLower(strings.TrimLeft(tail, " ,;"))
	for _, word := range extensionWords {
		rest, ok := strings.CutPrefix(tail, word)
		if !ok {
			continue
		}
		rest = strings.TrimSuffix(strings.TrimLeft(rest, " .:=#"), "#")
		return rest != "" && len(rest) <= maxExtension && strings.IndexFunc(rest, isNoDigit) < 0
	}
	return false
}

// isNorthAmerican reports whether ten digits are an area code NXX without 9 in the middle, which is kept for longer numbers, and an
// exchange NXX that does not end in 11, which is for services.
func isNorthAmerican(digits string) bool {
	return len(digits) == 10 && digits[0] >= '2' && digits[1] != '9' && digits[3] >= '2' && digits[4:6] != "11"
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

func isNoDigit(r rune) bool { return !isDigit(r) }
