package purpose_test

import (
	"testing"
	"time"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"github.com/stretchr/testify/assert"

	"github.com/purposebound/purposebound/purpose"
)

func TestPeriodAfter(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from string
		p    purpose.Period
		want string
	}{
		{"2026-08-31T10:00:00Z", purpose.Period{Months: 6}, "2027-02-28T10:00:00Z"},
		{"2027-08-31T10:00:00Z", purpose.Period{Months: 6}, "2028-02-29T10:00:00Z"},
		{"2024-02-29T00:00:00Z", purpose.Period{Years: 1}, "2025-02-28T00:00:00Z"},
		{"2024-02-29T00:00:00Z", purpose.Period{Years: 4}, "2028-02-29T00:00:00Z"},
		{"2096-02-29T00:00:00Z", purpose.Period{Years: 4}, "2100-02-28T00:00:00Z"},
		{"2026-01-31T00:00:00Z", purpose.Period{Months: 1, Days: 1}, "2026-03-01T00:00:00Z"},
		{"2026-01-31T00:00:00Z", purpose.Period{Years: 1, Months: 13, Days: 31}, "2028-03-31T00:00:00Z"},
		{"2026-12-31T23:59:59.999999999Z", purpose.Period{Days: 1}, "2027-01-01T23:59:59.999999999Z"},
		{"2026-12-31T23:00:00-05:00", purpose.Period{Months: 1}, "2027-02-01T04:00:00Z"},
		{"2026-03-08T06:00:00-05:00", purpose.Period{Days: 1}, "2026-03-09T11:00:00Z"},
		{"2026-05-05T00:00:00Z", purpose.Period{}, "2026-05-05T00:00:00Z"},
	} {
		from, err := time.Parse(time.RFC3339Nano, c.from)
		assert.NoError(t, err)
		assert.Equal(t, c.want, c.p.After(from).Format(time.RFC3339Nano), "%s and %+v", c.from, c.p)
	}
	assert.True(t, purpose.Period{}.IsZero())
	assert.False(t, purpose.Period{Days: 1}.IsZero())
}

// byDay counts a period the slow way: it walks day by day over the months that begin, and then over the days.
func byDay(t time.Time, p purpose.Period) time.Time {
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	want := day.Day()
	for range 12*p.Years + p.Months {
		for month := day.Month(); day.Month() == month; {
			day = day.Add(24 * time.Hour)
		}
	}
	for day.Day() < want {
		next := day.Add(24 * time.Hour)
		if next.Day() == 1 {
			break // the month is too short
		}
		day = next
	}
	for range p.Days {
		day = day.Add(24 * time.Hour)
	}
	return day.Add(t.Sub(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)))
}

func TestPeriodIsDayByDay(t *testing.T) {
	t.Parallel()
	check := func(from time.Time, p purpose.Period) bool { return p.After(from).Equal(byDay(from, p)) }
	// Every month end of nine years around 2100, over up to 26 months.
	for end := time.Date(2096, 2, 1, 0, 0, 0, 0, time.UTC); end.Year() < 2105; end = end.AddDate(0, 1, 0) {
		for back := 1; back <= 4; back++ {
			for months := range 27 {
				from, p := end.Add(-days(back)+time.Hour), purpose.Period{Months: months, Days: months % 3}
				assert.True(t, check(from, p), "%v and %+v", from, p)
			}
		}
	}
	// Every month end and every first of a month from 1900 to 2200, by periods of each kind.
	periods := []purpose.Period{{Months: 1}, {Months: 6}, {Months: 13}, {Years: 1}, {Years: 1, Months: 1, Days: 1}, {Days: 31}, {Days: 365}}
	for first := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC); first.Year() <= 2200; first = first.AddDate(0, 1, 0) {
		for _, p := range periods {
			for _, from := range []time.Time{first, first.Add(-1), first.AddDate(0, 0, -1), first.AddDate(0, 0, -2)} {
				if !check(from, p) {
					assert.Fail(t, "not the walk", "%v and %+v", from, p)
				}
			}
		}
	}
	properties := gopter.NewProperties(gopter.DefaultTestParameters())
	properties.Property("After is the walk", prop.ForAll(func(start int64, years, months, days int) bool {
		return check(time.Unix(start, 5).UTC(), purpose.Period{Years: years, Months: months, Days: days})
	}, gen.Int64Range(-2208988800, 7289654400), gen.IntRange(0, 8), gen.IntRange(0, 30), gen.IntRange(0, 400)))
	properties.TestingRun(t)
}
