package mondrian

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// A Scale says how the values of a quasi-identifier stand to each other. The zero Scale is [Numeric] for a column in which every value is a number,
// else [Unordered].
type Scale struct {
	kind  kind
	order []string
}

type kind int

const (
	guessed kind = iota
	numeric
	ordered
	lexical
	unordered
)

// Numeric is the scale of finite numbers, written as in Go, "12.5" or "1e3". Anything else is an [ErrScale].
func Numeric() Scale { return Scale{kind: numeric} }

// Ordered is the scale of values that stand in the given order. Values of the table that are not given, and one given twice, are an [ErrScale].
func Ordered(values ...string) Scale { return Scale{ordered, slices.Clone(values)} }

// Lexical is the scale of texts in the order of their bytes, as suits dates like "2026-03-02" and postal codes.
func Lexical() Scale { return Scale{kind: lexical} }

// Unordered is the scale of values without order. A part lists all that it has, so it suits columns of few.
func Unordered() Scale { return Scale{kind: unordered} }

// axis is a quasi-identifier with its values in order: rank 0 is the first.
type axis struct {
	name  string
	set   bool      // a part is shown as the set of its values
	texts []string  // by rank
	at    []float64 // by rank, where on the axis, from 0 to 1
	ranks []uint32  // by number of the text, absent for one that is no value
}

// absent is the rank of a cell without a value.
const absent = math.MaxUint32

// firstValue is the number of the first text that is a value.
const firstValue = 2

// newAxis puts the texts of a column in order. Counts are how many rows have each.
func newAxis(name string, s Scale, texts []string, counts []int) (*axis, error) {
	values := make([]uint32, 0, len(texts)) // numbers, to be sorted
	for number := firstValue; number < len(texts); number++ {
		values = append(values, uint32(number))
	}
	text := func(x, y uint32) int { return cmp.Compare(texts[x], texts[y]) }
	a := &axis{name: name, set: s.kind == unordered || s.kind == guessed}
	var numbers []float64
	switch s.kind {
	case guessed, numeric:
		var ok bool
		if numbers, ok = parsed(texts); ok {
			a.set = false
			slices.SortFunc(values, func(x, y uint32) int {
				return cmp.Or(cmp.Compare(numbers[x], numbers[y]), cmp.Compare(len(texts[x]), len(texts[y])), text(x, y))
			})
			break
		}
		if s.kind == numeric {
			return nil, fmt.Errorf("%w: column %q", ErrScale, name)
		}
		fallthrough
	case unordered:
		numbers = nil
		slices.SortFunc(values, func(x, y uint32) int { return cmp.Or(cmp.Compare(counts[y], counts[x]), text(x, y)) })
	case lexical:
		slices.SortFunc(values, text)
	case ordered:
		places := map[string]int{}
		for place, value := range s.order {
			places[value] = place
		}
		for _, number := range values {
			if _, ok := places[texts[number]]; !ok {
				return nil, fmt.Errorf("%w: column %q", ErrScale, name)
			}
		}
		if len(places) < len(s.order) {
			return nil, fmt.Errorf("%w: column %q has one value twice in its order", ErrScale, name)
		}
		slices.SortFunc(values, func(x, y uint32) int { return cmp.Compare(places[texts[x]], places[texts[y]]) })
	}
	a.rank(values, texts, numbers)
	return a, nil
}

// parsed returns the texts as numbers, and whether all of them are.
func parsed(texts []string) ([]float64, bool) {
	numbers := make([]float64, len(texts))
	for number := firstValue; number < len(texts); number++ {
		n, err := strconv.ParseFloat(texts[number], 64)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			return nil, false
		}
		numbers[number] = n
	}
	return numbers, true
}

// rank gives the sorted values their ranks; equal numbers share one, and the shortest of their texts.
func (a *axis) rank(values []uint32, texts []string, numbers []float64) {
	a.ranks = make([]uint32, len(texts))
	for number := range min(firstValue, len(texts)) {
		a.ranks[number] = absent
	}
	var at []float64
	for i, number := range values {
		if i == 0 || numbers == nil || numbers[number] != numbers[values[i-1]] {
			a.texts = append(a.texts, texts[number])
			if numbers != nil {
				at = append(at, numbers[number])
			} else {
				at = append(at, float64(i))
			}
		}
		a.ranks[number] = uint32(len(a.texts) - 1)
	}
	if len(at) > 0 {
		least, greatest := at[0], at[len(at)-1]
		for i, x := range at {
			at[i] = 0
			if i > 0 {
				at[i] = (x/2 - least/2) / (greatest/2 - least/2) // halves, which cannot overflow
			}
		}
	}
	a.at = at
}

// spread returns what share of the axis lies between two ranks.
func (a *axis) spread(low, high uint32) float64 { return a.at[high] - a.at[low] }
