package redact

import (
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	minCard      = 12 // digits of the shortest card numbers in use
	maxCard      = 19 // digits: ISO/IEC 7812-1
	maxCardInput = 128
)

// CardMask reduces a payment card number to its last four digits: "4242 4242 4242 4242" becomes "**** 4242". What it keeps is less than
// PCI DSS 4.0, requirement 3.4.1, lets be shown, which is the issuer's number and the last four. The mask does not show how many digits
// there were.
//
// A mask is not anonymous: four digits and a date or an amount are enough to find a person in a list of payments.
type CardMask struct{}

// Generalise returns the mask, and false for text that is no card number: 12 to 19 digits, of which the first is not 0 and the last is
// the check digit of ISO/IEC 7812-1 (Luhn), in one run or in groups parted by single spaces or hyphens.
func (CardMask) Generalise(text string) (string, bool) {
	if len(text) > maxCardInput || !utf8.ValidString(text) {
		return "", false
	}
	digits := make([]byte, 0, maxCard)
	prev := ' '
	for _, r := range norm.NFKC.String(text) {
		switch {
		case isDigit(r):
			digits = append(digits, byte(r))
		case r != ' ' && r != '-' && r != '‐' || !isDigit(prev):
			return "", false
		}
		prev = r
	}
	n := len(digits)
	if n < minCard || n > maxCard || digits[0] == '0' || !isDigit(prev) || !isLuhn(digits) {
		return "", false
	}
	return "**** " + string(digits[n-4:]), true
}

// isLuhn reports whether the last digit checks the others.
func isLuhn(digits []byte) bool {
	sum := 0
	for i, c := range digits {
		d := int(c - '0')
		if (len(digits)-i)%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
