package hierarchy

import (
	"fmt"
	"time"
)

// A Unit is a part of the calendar that a date is generalised to. The zero Unit is none.
type Unit int

// The units, from fine to coarse, with how they are written.
const (
	Month     Unit = iota + 1 // 2026-03
	Quarter                   // 2026-Q1
	Year                      // 2026
	FiveYears                 // 2025-2029
	Decade                    // 2020-2029
	Century                   // 2000-2099
)

// Dates returns a hierarchy of dates, which are written "2026-03-31": at each level the part of the calendar that the unit says, and at last [Top]. Units have
// to go from fine to coarse; others are an [ErrWidth]. What is no date of the years from 1 to 9999 is an [ErrValue].
func Dates(units ...Unit) (*Hierarchy, error) {
	if len(units) == 0 {
		return nil, ErrEmpty
	}
	for i, unit := range units {
		if unit < Month || unit > Century || i > 0 && unit <= units[i-1] {
			return nil, fmt.Errorf("%w: unit %d", ErrWidth, i+1)
		}
	}
	units = append([]Unit(nil), units...)
	climb := func(path []string, value string) ([]string, bool) {
		day, err := time.Parse(time.DateOnly, value)
		if err != nil || day.Year() < 1 {
			return nil, false
		}
		for _, unit := range units {
			path = append(path, unit.of(day))
		}
		return path, true
	}
	return &Hierarchy{height: len(units) + 1, climb: climb}, nil
}

func (u Unit) of(day time.Time) string {
	year := day.Year()
	years := func(n int) string { return fmt.Sprintf("%04d-%04d", year-year%n, year-year%n+n-1) }
	switch u {
	case Month:
		return day.Format("2006-01")
	case Quarter:
		return fmt.Sprintf("%04d-Q%d", year, (int(day.Month())+2)/3)
	case Year:
		return fmt.Sprintf("%04d", year)
	case FiveYears:
		return years(5)
	case Decade:
		return years(10)
	default:
		return years(100)
	}
}
