package redact_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/purposebound/purposebound/redact"
)

func TestDatePart(t *testing.T) {
	t.Parallel()
	check(t, redact.DatePart{Keep: redact.Month}, []row{
		{"month", "2026-03-02", "2026-03"},
		{"month of a time", "2026-03-02T14:30:00Z", "2026-03"},
		{"the date as written, not in UTC", "2026-03-31T23:30:00-04:00", "2026-03"},
		{"fraction", "2026-03-02T14:30:00.125+05:30", "2026-03"},
		{"leap day", "2024-02-29", "2024-02"},
		{"no leap day", "2026-02-29", ""},
		{"no such month", "2026-13-01", ""},
		{"other order", "02/03/2026", ""},
		{"month only", "2026-03", ""},
		{"time without offset", "2026-03-02T14:30:00", ""},
		{"hour of one digit", "2026-03-02T4:30:00Z", ""},
		{"comma for the fraction", "2026-03-02T14:30:00,125Z", ""},
		{"space around", " 2026-03-02", ""},
		{"empty", "", ""},
		{"its own output", "2026-03", ""},
	})
	check(t, redact.DatePart{Keep: redact.Year}, []row{{"year", "2026-03-02", "2026"}, {"early year", "0987-03-02", "0987"}})
	check(t, redact.DatePart{}, []row{{"zero", "2026-03-02", ""}})
	check(t, redact.DatePart{Keep: redact.Year + 1}, []row{{"no unit", "2026-03-02", ""}})
}

func TestDatePartQuarters(t *testing.T) {
	t.Parallel()
	for month, want := range []int{1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4} {
		got, ok := redact.DatePart{Keep: redact.Quarter}.Generalise(fmt.Sprintf("2026-%02d-15", month+1))
		assert.True(t, ok)
		assert.Equal(t, fmt.Sprintf("2026-Q%d", want), got)
	}
}

func FuzzDatePart(f *testing.F) {
	for _, text := range []string{"2026-03-02", "2026-03-02T14:30:00Z", "2024-02-30", "T", "-001-01-01"} {
		f.Add(text, uint8(1))
	}
	layouts := map[redact.DateUnit]string{redact.Month: "2006-01", redact.Year: "2006"}
	f.Fuzz(func(t *testing.T, text string, unit uint8) {
		part := redact.DatePart{Keep: redact.DateUnit(unit)}
		got, ok := part.Generalise(text)
		wellFormed(t, text, got, ok)
		if ok && (unit < 1 || unit > 3) {
			t.Errorf("unit %d gave %q", unit, got)
		}
		if layout := layouts[part.Keep]; ok && layout != "" {
			if _, err := time.Parse(layout, got); err != nil {
				t.Errorf("%q became %q", text, got)
			}
		}
	})
}

func ExampleDatePart() {
	fmt.Println(redact.DatePart{Keep: redact.Month}.Generalise("1986-03-02"))
	fmt.Println(redact.DatePart{Keep: redact.Quarter}.Generalise("2026-11-25T09:15:00-05:00"))
	// Output:
	// 1986-03 true
	// 2026-Q4 true
}
