package pii

import (
	"strings"
	"time"

	"github.com/purposebound/purposebound/purpose"
)

const (
	minBirthYear = 1900
	maxBirthYear = 2100
)

// BirthDate is the kind of a date of birth. It has no state and is safe for concurrent use.
//
// # Canonical form
//
// The calendar date of ISO 8601, "2006-01-02", which is also how Québec writes dates in figures. "2006/01/02" and "20060102"
// are read too, with white space around them. No other order is: "02/01/2006" is January to some and
// February to others, and a wrong guess would be a wrong person.
//
// # What is a date of birth
//
// A day that exists in the Gregorian calendar, of the years 1900 to 2100. A kind has no clock, so a day to come is
// accepted: whoever collects the date compares it with today.
type BirthDate struct{}

var _ Kind = BirthDate{}

// Attribute returns "identity.birth_date".
func (BirthDate) Attribute() purpose.Attribute { return "identity.birth_date" }

// Canonical returns the canonical form of a date of birth, see [BirthDate], and false if text is none.
// A canonical date costs no allocation.
func (BirthDate) Canonical(text string) (string, bool) {
	text = strings.TrimFunc(text, isBlank)
	var y, m, d string
	switch {
	case len(text) == 8:
		y, m, d = text[:4], text[4:6], text[6:]
	case len(text) == 10 && (text[4] == '-' || text[4] == '/') && text[4] == text[7]:
		y, m, d = text[:4], text[5:7], text[8:]
	default:
		return "", false
	}
	year, okY := number(y)
	month, okM := number(m)
	day, okD := number(d)
	if !okY || !okM || !okD || year < minBirthYear || year > maxBirthYear || month < 1 || month > 12 || day < 1 {
		return "", false
	}
	// Day 0 of the next month is the last day of this one.
	if day > time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day() {
		return "", false
	}
	if len(text) == 10 && text[4] == '-' {
		return text, true
	}
	return y + "-" + m + "-" + d, true
}

// number reads a few ASCII digits; no sign, no other digits.
func number(digits string) (n int, ok bool) {
	for i := range len(digits) {
		if !isDigit(digits[i]) {
			return 0, false
		}
		n = n*10 + int(digits[i]-'0')
	}
	return n, true
}
