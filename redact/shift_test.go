package redact_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact"
)

// daysOf returns by how much s shifts.
func daysOf(tb testing.TB, s redact.Shift) int {
	tb.Helper()
	origin := day("2001-01-01")
	moved, ok := s.Time(origin)
	require.True(tb, ok)
	days := moved.Sub(origin) / (24 * time.Hour)
	require.Equal(tb, moved, origin.Add(days*24*time.Hour))
	return int(days)
}

func TestShiftText(t *testing.T) {
	t.Parallel()
	s := shift(t, "2026-03", firstKey, "c-1", 400)
	n := daysOf(t, s)
	for _, text := range []string{"2026-03-02", "2024-02-29", "2023-12-31", "1900-03-01"} {
		got, ok := s.Generalise(text)
		assert.True(t, ok)
		assert.Equal(t, day(text).AddDate(0, 0, n).Format(time.DateOnly), got)
	}
	for text, want := range map[string]string{
		"2026-03-02T14:30:00Z":          "14:30:00Z",
		"2026-07-02T14:30:00-04:00":     "18:30:00Z",
		"2026-07-02T23:30:00.125-04:00": "03:30:00.125Z",
		"2026-07-02T00:10:00+05:30":     "18:40:00Z",
	} {
		got, ok := s.Generalise(text)
		assert.True(t, ok)
		assert.Equal(t, want, got[11:], text)
		before, _ := time.Parse(time.RFC3339, text)
		after, err := time.Parse(time.RFC3339, got)
		require.NoError(t, err)
		assert.Equal(t, time.Duration(n)*24*time.Hour, after.Sub(before))
	}
	check(t, s, []row{
		{"other order", "02/03/2026", ""},
		{"no such day", "2026-02-29", ""},
		{"no offset", "2026-03-02T14:30:00", ""},
		{"space", " 2026-03-02", ""},
		{"empty", "", ""},
	})
}

func TestShiftLeavesTheCalendar(t *testing.T) {
	t.Parallel()
	late, early := false, false
	for i := range 20 {
		s := shift(t, "2026-03", firstKey, fmt.Sprint(i), 30)
		n := daysOf(t, s)
		_, ok := s.Generalise("9999-12-31")
		assert.Equal(t, n < 0, ok)
		_, ok = s.Generalise("0001-01-02")
		assert.Equal(t, n >= -1, ok)
		_, ok = s.Generalise("0001-01-01")
		assert.False(t, ok, "the zero time")
		late, early = late || n > 0, early || n < 0
	}
	assert.True(t, late && early, "both were tried")
}

// A time of a place with summer time keeps its distance to others, and comes out in UTC.
func TestShiftAcrossSummerTime(t *testing.T) {
	t.Parallel()
	place := time.FixedZone("EST", -5*3600)
	s := shift(t, "2026-03", firstKey, "c-1", 400)
	before := time.Date(2026, time.March, 8, 1, 30, 0, 0, place)
	after := before.Add(2 * time.Hour)
	movedBefore, ok := s.Time(before)
	require.True(t, ok)
	movedAfter, ok := s.Time(after)
	require.True(t, ok)
	assert.Equal(t, 2*time.Hour, movedAfter.Sub(movedBefore))
	assert.Equal(t, time.UTC, movedBefore.Location())
	_, ok = s.Time(time.Time{})
	assert.False(t, ok)
	_, ok = redact.Shift{}.Time(before)
	assert.False(t, ok)
	_, ok = redact.Shift{}.Generalise("2026-03-02")
	assert.False(t, ok)
}

// Every number of days up to the bound comes up, none does not, and each about as often.
func TestShiftIsEven(t *testing.T) {
	t.Parallel()
	const bound, n = 5, 4000
	r := release(t, "2026-03", firstKey)
	counts := map[int]int{}
	for i := range n {
		s, err := r.Shift(fmt.Sprint(i), bound)
		require.NoError(t, err)
		counts[daysOf(t, s)]++
	}
	assert.Zero(t, counts[0])
	sum := 0.0
	for days := -bound; days <= bound; days++ {
		if days != 0 {
			sum += (float64(counts[days]) - n/10) * (float64(counts[days]) - n/10) / (n / 10)
		}
	}
	assert.Less(t, sum, 46.0, "chance passes this once in a million")
	assert.LessOrEqual(t, len(counts), 2*bound+1)
}

func TestShiftOfOneDay(t *testing.T) {
	t.Parallel()
	seen := map[int]bool{}
	for i := range 40 {
		seen[daysOf(t, shift(t, "2026-03", firstKey, fmt.Sprint(i), 1))] = true
	}
	assert.Equal(t, map[int]bool{-1: true, 1: true}, seen)
}

func FuzzShift(f *testing.F) {
	for _, text := range []string{"2026-03-02", "2026-03-02T14:30:00-04:00", "9999-12-31", "0001-01-01", "0000-01-01T00:00:00Z"} {
		f.Add(text, "c-1", 30)
	}
	r := release(f, "2026-03", firstKey)
	f.Fuzz(func(t *testing.T, text, subject string, days int) {
		s, err := r.Shift(subject, days)
		if err != nil {
			return
		}
		got, ok := s.Generalise(text)
		wellFormed(t, text, got, ok)
		if !ok {
			return
		}
		before, timed := instant(text)
		after, timedAfter := instant(got)
		if n := after.Sub(before) / (24 * time.Hour); timed != timedAfter || after.Sub(before) != n*24*time.Hour || n == 0 || int(n) > days || int(-n) > days {
			t.Errorf("%q became %q", text, got)
		}
	})
}

// instant reads what Shift returns.
func instant(text string) (t time.Time, timed bool) {
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return t, false
	}
	t, _ = time.Parse(time.RFC3339, text)
	return t, true
}

func ExampleRelease_Shift() {
	release, err := redact.NewRelease("2026-03/heating-study", firstKey)
	must(err)
	dates, err := release.Shift("c-1001", 365)
	must(err)
	fmt.Println(dates.Generalise("2026-02-27"))
	fmt.Println(dates.Generalise("2026-03-02")) // three days later, before and after
	// Output:
	// 2025-05-03 true
	// 2025-05-06 true
}
