package redact_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/purposebound/purposebound/redact"
)

func day(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return t
}

func TestAgeBand(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		band redact.AgeBand
		born string
		want string // "" if it must refuse
	}{
		{"on the birthday", redact.AgeBand{Years: 10, At: day("2026-06-15")}, "1986-06-15", "40-49"},
		{"the day before", redact.AgeBand{Years: 10, At: day("2026-06-14")}, "1986-06-15", "30-39"},
		{"leap day, common year", redact.AgeBand{Years: 10, At: day("2026-02-28")}, "1996-02-29", "20-29"},
		{"leap day, day after", redact.AgeBand{Years: 10, At: day("2026-03-01")}, "1996-02-29", "30-39"},
		{"newborn", redact.AgeBand{Years: 5, At: day("2026-06-15")}, "2026-06-15", "0-4"},
		{"single years", redact.AgeBand{Years: 1, At: day("2026-06-15")}, "1986-06-15", "40"},
		{"top", redact.AgeBand{Years: 10, At: day("2026-06-15"), Top: 85}, "1936-06-15", "85+"},
		{"cut by the top", redact.AgeBand{Years: 10, At: day("2026-06-15"), Top: 85}, "1944-06-15", "80-84"},
		{"zero", redact.AgeBand{}, "1986-06-15", ""},
		{"no width", redact.AgeBand{At: day("2026-06-15")}, "1986-06-15", ""},
		{"future", redact.AgeBand{Years: 10, At: day("2026-06-15")}, "2026-06-16", ""},
		{"too old", redact.AgeBand{Years: 10, At: day("2026-06-15")}, "1850-01-01", ""},
		{"no date", redact.AgeBand{Years: 10, At: day("2026-06-15")}, "1986-02-30", ""},
		{"not canonical", redact.AgeBand{Years: 10, At: day("2026-06-15")}, "15 June 1986", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, ok := test.band.Generalise(test.born)
			assert.Equal(t, test.want, got)
			assert.Equal(t, test.want != "", ok)
		})
	}
}

func ExampleAgeBand() {
	band := redact.AgeBand{Years: 10, At: time.Date(2026, time.June, 15, 0, 0, 0, 0, time.UTC)}
	text, ok := band.Generalise("1986-03-02")
	fmt.Println(text, ok)
	// Output: 40-49 true
}
