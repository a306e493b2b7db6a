package pii_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/pii"
)

func ExampleBirthDate_Canonical() {
	fmt.Println(pii.BirthDate{}.Canonical("1984/02/29"))
	fmt.Println(pii.BirthDate{}.Canonical("29/02/1984"))
	// Output:
	// 1984-02-29 true
	//  false
}

func TestBirthDate(t *testing.T) {
	t.Parallel()
	checkKind(t, pii.BirthDate{}, []kindCase{
		{"ISO", "1984-02-29", "1984-02-29"},
		{"slashes", "1984/02/29", "1984-02-29"},
		{"basic", "19840229", "1984-02-29"},
		{"space around", "\u00a01984-02-29 ", "1984-02-29"},
		{"first", "1900-01-01", "1900-01-01"},
		{"last", "2100-12-31", "2100-12-31"},
		{"century leap year", "2000-02-29", "2000-02-29"},

		{"before", "1899-12-31", ""},
		{"after", "2101-01-01", ""},
		{"no leap year", "1985-02-29", ""},
		{"no century leap year", "1900-02-29", ""},
		{"month 0", "1984-00-10", ""},
		{"month 13", "1984-13-10", ""},
		{"day 0", "1984-01-00", ""},
		{"day 31 of 30", "1984-04-31", ""},
		{"day 32", "1984-01-32", ""},
		{"day first", "29-02-1984", ""},
		{"American", "02/29/1984", ""},
		{"mixed separators", "1984-02/29", ""},
		{"dots", "1984.02.29", ""},
		{"short", "1984-2-29", ""},
		{"short year", "84-02-29", ""},
		{"sign", "+984-02-29", ""},
		{"other digits", "１９８４0229", ""},
		{"words", "29 févr. 84", ""},
		{"with time", "1984-02-29T00:00", ""},
		{"inner space", "1984 0229 ", ""},
	})
}

// Every day the standard library knows is taken, in each spelling, and the day after the last of a month is not.
func TestBirthDateEveryDay(t *testing.T) {
	t.Parallel()
	for day := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() <= 2100; day = day.AddDate(0, 0, 1) {
		want := day.Format(time.DateOnly)
		for _, layout := range []string{time.DateOnly, "2006/01/02", "20060102"} {
			got, ok := pii.BirthDate{}.Canonical(day.Format(layout))
			require.True(t, ok, want)
			require.Equal(t, want, got)
		}
		if next := day.AddDate(0, 0, 1); next.Day() == 1 {
			_, ok := pii.BirthDate{}.Canonical(fmt.Sprintf("%s-%02d", day.Format("2006-01"), day.Day()+1))
			assert.False(t, ok, want)
		}
	}
}
