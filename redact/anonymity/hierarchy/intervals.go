package hierarchy

import (
	"fmt"
	"math"
	"strconv"
)

// Intervals returns a hierarchy of numbers: at level 1 each is in an interval of the first width that starts at a multiple of it, at level 2 in one of the
// second, and at last everything is [Top]. An interval is written "[20,25)": from 20 to below 25. Each width has to be a multiple of the one before,
// else it is an [ErrWidth]. Numbers are written as in Go, "12.5" or "1e3"; one beyond 10¹² widths of the first level is an [ErrValue].
func Intervals(widths ...float64) (*Hierarchy, error) {
	return intervals(0, math.Inf(-1), math.Inf(1), widths)
}

// Bounded is [Intervals] between two bounds: intervals are counted from the lower one. Numbers below it are, from level 1 on, one text, "<18", and those from the
// upper one on another, "≥90". This keeps the few very old, or very rich, from being told by their interval. The last interval ends at the upper
// bound. Bounds that are not finite and in order are an [ErrWidth].
func Bounded(lower, upper float64, widths ...float64) (*Hierarchy, error) {
	if !(lower < upper) || math.IsInf(lower, 0) || math.IsInf(upper, 0) {
		return nil, fmt.Errorf("%w: bounds", ErrWidth)
	}
	return intervals(lower, lower, upper, widths)
}

// furthest is how many intervals of the first level a number may be away from where they are counted from, so that bounds of
// 15 digits tell all apart.
const furthest = 1e12

func intervals(origin, lower, upper float64, widths []float64) (*Hierarchy, error) {
	if len(widths) == 0 {
		return nil, ErrEmpty
	}
	ratios := make([]int64, len(widths)) // of each width to the first
	for i, width := range widths {
		if !(width > 0) || math.IsInf(width, 1) || math.Abs(origin) > furthest*width {
			return nil, fmt.Errorf("%w: width %d", ErrWidth, i+1)
		}
		ratio := math.Round(width / widths[0])
		if ratio > furthest || math.Abs(width/widths[0]-ratio) > 1e-9*ratio {
			return nil, fmt.Errorf("%w: width %d", ErrWidth, i+1)
		}
		ratios[i] = int64(ratio)
		if i > 0 && ratios[i]%ratios[i-1] != 0 {
			return nil, fmt.Errorf("%w: width %d", ErrWidth, i+1)
		}
	}
	first := widths[0]
	low, high := "<"+number(lower), "≥"+number(upper)
	climb := func(path []string, value string) ([]string, bool) {
		x, err := strconv.ParseFloat(value, 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, false
		}
		at := whole((x - origin) / first)
		for _, ratio := range ratios {
			switch {
			case x < lower:
				path = append(path, low)
			case x >= upper:
				path = append(path, high)
			case math.Abs(at) > furthest:
				return nil, false
			default:
				start := below(int64(at), ratio) * ratio
				from, to := origin+float64(start)*first, min(upper, origin+float64(start+ratio)*first)
				path = append(path, "["+number(from)+","+number(to)+")")
			}
		}
		return path, true
	}
	return &Hierarchy{height: len(widths) + 1, climb: climb}, nil
}

// whole rounds down, but up what rounding alone keeps from a whole number: 0.3/0.1.
func whole(x float64) float64 {
	if near := math.Round(x); math.Abs(x-near) <= 4e-16*math.Abs(x) {
		return near
	}
	return math.Floor(x)
}

// below divides and rounds down.
func below(a, b int64) int64 {
	if a < 0 {
		return -((-a + b - 1) / b)
	}
	return a / b
}

// number writes a number with 15 digits at most, so that 0.1+0.2 is 0.3.
func number(x float64) string {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 15, 64), 64)
	if err != nil {
		rounded = x
	}
	if rounded == 0 {
		rounded = 0 // not -0
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}
