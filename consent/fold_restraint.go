package consent

import (
	"slices"
	"strings"
	"time"

	"github.com/purposebound/purposebound/purpose"
)

// restrain applies an event about holds and erasures, and reports whether it was one. What they say lasts: all that is needed of them once their
// payload is blanked stands in the envelope. A hold whose case is not known any more is on everything, and an erasure of which it is not known what
// it ends, of all: both keep more closed.
func (s *state) restrain(e Event) bool {
	f := &s.facts
	switch e.Kind {
	case HoldPlaced:
		f.Holds = append(f.Holds, purpose.Hold{ID: e.ID, Purpose: e.Purpose, Case: e.Case, Since: e.Time})
	case HoldReleased:
		id := strings.TrimSuffix(e.ID, releasedSuffix)
		f.Holds = without(f.Holds, func(h purpose.Hold) bool { return h.ID == id })
	case Erasing:
		f.Erasures = append(f.Erasures, purpose.Erasure{ID: e.ID})
		if f.Erased.IsZero() {
			f.Erased = e.Time
		}
	case Expiring:
		f.Erasures = append(f.Erasures, purpose.Erasure{ID: e.ID, Compartment: e.Compartment, Case: e.Case})
	case Erased:
		id := strings.TrimSuffix(e.ID, erasedSuffix)
		f.Erasures = without(f.Erasures, func(x purpose.Erasure) bool { return x.ID == id })
	case Readmitted:
		f.Erased = time.Time{}
	default:
		return false
	}
	return true
}

// without is slices.DeleteFunc, and nil if nothing is left: most people have none, and two that are alike are the same.
func without[T any](all []T, gone func(T) bool) []T {
	if all = slices.DeleteFunc(all, gone); len(all) == 0 {
		return nil
	}
	return all
}
