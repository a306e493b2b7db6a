package redact

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"time"
)

const (
	shiftLabel = "purposebound.redact.shift.v1"
	maxShift   = 3650 // days
)

// Shift moves all dates of one subject in one release by the same number of days, so that the time between any two of them stays
// exactly what it was, across month ends, leap years and changes of the clock. Dates of different subjects move differently: the time
// between them means nothing any more.
//
// Shifted dates are not anonymous. Whoever knows one true date of a subject knows the shift and so all of them, and a shift bounded by
// N days leaves the season or the year standing. The day of the week changes; the time of the day stays, in UTC.
//
// A Shift comes from [Release.Shift], prints nothing of the days, and is safe for concurrent use. The zero Shift moves nothing and
// gives nothing.
type Shift struct {
	days func() int // a function prints as an address
}

// Shift returns the shift of a subject, named by the id that all its rows have: one of -days to -1 or 1 to days, never none, each as
// likely. Use the same bound throughout a release: with another the same subject moves differently. The error is [ErrKey] if the key
// gives no answer, and [ErrIncomplete] for the zero Release, for a subject that is empty, longer than 1024 bytes or not UTF-8, and for
// days that are not 1 to 3650.
func (r *Release) Shift(subject string, days int) (Shift, error) {
	if r.isZero() || !isID(subject) || days < 1 || days > maxShift {
		return Shift{}, fmt.Errorf("%w: a shift needs a release, a subject and 1 to 3650 days", ErrIncomplete)
	}
	out, err := r.output(shiftLabel, string(r.id), subject, strconv.Itoa(days))
	if err != nil {
		return Shift{}, err
	}
	// The remainder of 64 bits by at most 7300 is uniform to one part in 2^51.
	shift := int(binary.BigEndian.Uint64(out[:8])%uint64(2*days)) - days
	if shift >= 0 {
		shift++
	}
	return Shift{days: func() int { return shift }}, nil
}

// Time returns t moved by whole days of 24 hours, in UTC: the offset of a place could tell the season that t was in, and with it the
// shift. It is false for the zero Shift and the zero Time, and for a time that leaves the years 1 to 9999.
func (s Shift) Time(t time.Time) (time.Time, bool) {
	if s.days == nil || t.IsZero() {
		return time.Time{}, false
	}
	moved := t.UTC().AddDate(0, 0, s.days())
	if year := moved.Year(); year < 1 || year > 9999 {
		return time.Time{}, false
	}
	return moved, true
}

// Generalise moves a day, 2006-01-02, or a time of RFC 3339, which is returned in UTC, "2026-03-02T14:30:00Z". It is false where Time
// is, and for any other text.
func (s Shift) Generalise(text string) (string, bool) {
	t, timed, ok := parseDate(text)
	if !ok {
		return "", false
	}
	moved, ok := s.Time(t)
	switch {
	case !ok:
		return "", false
	case timed:
		return moved.Format(time.RFC3339Nano), true
	}
	return moved.Format(time.DateOnly), true
}
