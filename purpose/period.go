package purpose

import "time"

// Period is a length of calendar time. The law counts years and months, not hours, so it is not a time.Duration.
type Period struct{ Years, Months, Days int }

// After returns the instant the period ends if it starts at t, in UTC: years and months first, the day cut to the length
// of the month reached (31 August plus six months is 28 February), then days. Periods are half-open: at that instant they are over.
func (p Period) After(t time.Time) time.Time {
	t = t.UTC()
	y, m, d := t.Date()
	first := time.Date(y+p.Years, m+time.Month(p.Months), 1, 0, 0, 0, 0, time.UTC)
	if last := first.AddDate(0, 1, -1).Day(); d > last {
		d = last
	}
	h, mi, s := t.Clock()
	return time.Date(first.Year(), first.Month(), d+p.Days, h, mi, s, t.Nanosecond(), time.UTC)
}

// IsZero reports whether the period has no length.
func (p Period) IsZero() bool { return p == Period{} }
