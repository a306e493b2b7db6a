package redact

import (
	"fmt"
	"strings"
	"time"
)

// DateUnit is the part of a calendar date that [DatePart] keeps. The zero DateUnit is invalid.
type DateUnit uint8

// The units, from fine to coarse.
const (
	Month DateUnit = iota + 1
	Quarter
	Year
)

// DatePart generalises a date to its month, "2026-03", its quarter, "2026-Q1", or its year, "2026". The zero DatePart generalises
// nothing: Keep is required.
//
// A coarse date is not anonymous: a month of birth, a sex and a region can still be one person.
type DatePart struct {
	Keep DateUnit
}

// Generalise returns the part, and false for text that is neither a day, 2006-01-02, nor a time of RFC 3339. The date of a time is the
// one written in it, in its own offset. A day that the calendar does not have is refused.
func (d DatePart) Generalise(text string) (string, bool) {
	t, _, ok := parseDate(text)
	if !ok {
		return "", false
	}
	switch d.Keep {
	case Month:
		return t.Format("2006-01"), true
	case Quarter:
		return fmt.Sprintf("%04d-Q%d", t.Year(), (int(t.Month())+2)/3), true
	case Year:
		return t.Format("2006"), true
	}
	return "", false
}

// parseDate reads a day, which is midnight UTC, or a time of RFC 3339; timed tells which it was.
func parseDate(text string) (t time.Time, timed, ok bool) {
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return t, false, true
	}
	t, err := time.Parse(time.RFC3339, text)
	// Parse also takes an hour of one digit, and a comma before a fraction.
	if err != nil || text[13] != ':' || strings.Contains(text, ",") {
		return time.Time{}, false, false
	}
	return t, true, true
}
