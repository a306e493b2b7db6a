package redact

import (
	"strconv"
	"time"
)

// AgeBand generalises a birth date, written 2006-01-02, to a band of ages such as "40-49". Bands start at multiples of
// Years. The zero AgeBand generalises nothing: Years and At are required.
type AgeBand struct {
	Years int       // width of a band, 1 to 100
	At    time.Time // the day at which ages are counted; its date in its own location counts
	Top   int       // ages from here on are one band, "90+", because the very old are few; 0: no such band
}

// Generalise returns the band, and false for text that is no birth date, is of the future, or is of more than 130 years ago.
// Who was born on 29 February comes of age on 1 March in other years.
func (a AgeBand) Generalise(text string) (string, bool) {
	born, err := time.Parse(time.DateOnly, text)
	if err != nil || a.Years < 1 || a.Years > 100 || a.At.IsZero() || a.Top < 0 {
		return "", false
	}
	year, month, day := a.At.Date()
	age := year - born.Year()
	if month < born.Month() || month == born.Month() && day < born.Day() {
		age--
	}
	if age < 0 || age > 130 {
		return "", false
	}
	if a.Top > 0 && age >= a.Top {
		return strconv.Itoa(a.Top) + "+", true
	}
	low := age - age%a.Years
	high := low + a.Years - 1
	if a.Top > 0 {
		high = min(high, a.Top-1)
	}
	if low == high {
		return strconv.Itoa(low), true
	}
	return strconv.Itoa(low) + "-" + strconv.Itoa(high), true
}
