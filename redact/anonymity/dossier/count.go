package dossier

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
)

// A Count is a number of people, or negative if it is withheld, which in JSON is null.
type Count int

const withheld Count = -1

// Withheld reports whether the number is not shown.
func (c Count) Withheld() bool { return c < 0 }

// String returns the number, or "withheld".
func (c Count) String() string {
	if c.Withheld() {
		return "withheld"
	}
	return strconv.Itoa(int(c))
}

// MarshalJSON returns the number, or null.
func (c Count) MarshalJSON() ([]byte, error) {
	if c.Withheld() {
		return []byte("null"), nil
	}
	return strconv.AppendInt(nil, int64(c), 10), nil
}

// UnmarshalJSON reads what MarshalJSON returns. Anything else is an [ErrFormat].
func (c *Count) UnmarshalJSON(text []byte) error {
	if bytes.Equal(text, []byte("null")) {
		*c = withheld
		return nil
	}
	var n int
	if err := json.Unmarshal(text, &n); err != nil || n < 0 {
		return ErrFormat
	}
	*c = Count(n)
	return nil
}

// protect returns counts that add up to a total that is shown, with those from 1 up to below smallCell withheld. With each go the counts that follow
// it, without zeros, until whichever of them could be smallCell while the others are as small as they can be, and if none follow those before it.
// Which ones go does not depend on which is the smallest, so that it does not tell. If all of them are not enough, everything is withheld. Least has
// for each count the least that it is if it is not 0; nil: 1 for all.
func protect(counts, least []int, smallCell int) []Count {
	shown := make([]Count, len(counts))
	var people []int // places of counts above zero
	for i, n := range counts {
		shown[i] = Count(n)
		if n > 0 {
			people = append(people, i)
		}
	}
	room := func(places []int) int { // what the one that can be least may be
		over, lowest := 0, math.MaxInt
		for _, place := range places {
			low := 1
			if least != nil {
				low = least[place]
			}
			over, lowest = over+counts[place]-low, min(lowest, low)
		}
		return over + lowest
	}
	for at := 0; at < len(people); at++ {
		if counts[people[at]] >= smallCell {
			continue
		}
		first := at
		for room(people[first:at+1]) < smallCell && at+1 < len(people) {
			at++
		}
		for room(people[first:at+1]) < smallCell && first > 0 {
			first--
		}
		if room(people[first:at+1]) < smallCell {
			for i := range shown {
				shown[i] = withheld
			}
			return shown
		}
		for _, place := range people[first : at+1] {
			shown[place] = withheld
		}
	}
	return shown
}

// hides reports whether any of the counts is withheld.
func hides(counts []Count) bool { return slices.ContainsFunc(counts, Count.Withheld) }
