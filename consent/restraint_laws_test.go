package consent_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"github.com/stretchr/testify/assert"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// randomRestraints is a ledger of a notice, grants, and n events about holds and erasures. Ends name what there was, or nothing.
func randomRestraints(rng *rand.Rand, n int) []consent.Event {
	all := []consent.Event{
		{ID: "notice", Kind: consent.Noticed}, {ID: "g-1", Kind: consent.Granted, Purpose: marketing}, {ID: "g-2", Kind: consent.Granted, Purpose: letter},
	}
	cases := []string{"", "", job, "job-2"}
	for i := range n {
		e := consent.Event{ID: fmt.Sprint(i), Kind: consent.HoldPlaced + consent.Kind(rng.IntN(6))}
		switch e.Kind {
		case consent.HoldPlaced:
			e.Purpose, e.Case = []purpose.ID{proof, letter, marketing, delivery}[rng.IntN(4)], cases[rng.IntN(len(cases))]
			e.Act.Evidence = "letter-7"
		case consent.Expiring:
			e.Compartment, e.Case = []purpose.Compartment{attic, cellar}[rng.IntN(2)], cases[rng.IntN(len(cases))]
		case consent.HoldReleased:
			e.ID = fmt.Sprint(rng.IntN(n), "/released")
		case consent.Erased:
			e.ID = fmt.Sprint(rng.IntN(n), "/erased")
		}
		if slices.ContainsFunc(all, func(have consent.Event) bool { return have.ID == e.ID }) {
			continue // a ledger has no id twice
		}
		all = append(all, e)
	}
	for i := range all {
		all[i].Seq, all[i].Time = uint64(i)+1, time.Date(2026, 1, 1+rng.IntN(300), 0, 0, 0, 0, time.UTC)
	}
	return all
}

// restraints is what holds and erasures come to, asked of the whole list: what began and has no end behind it.
func restraints(all []consent.Event) (holds []purpose.Hold, erased time.Time, erasures []purpose.Erasure) {
	ended := func(i int, kind consent.Kind, word string) bool {
		return slices.ContainsFunc(all[i:], func(e consent.Event) bool { return e.Kind == kind && e.ID == all[i].ID+word })
	}
	back := -1
	for i, e := range all {
		switch {
		case e.Kind == consent.Readmitted:
			back = i
		case e.Kind == consent.HoldPlaced && !ended(i, consent.HoldReleased, "/released"):
			holds = append(holds, purpose.Hold{ID: e.ID, Purpose: e.Purpose, Case: e.Case, Since: e.Time})
		case (e.Kind == consent.Erasing || e.Kind == consent.Expiring) && !ended(i, consent.Erased, "/erased"):
			erasures = append(erasures, purpose.Erasure{ID: e.ID, Compartment: e.Compartment, Case: e.Case})
		}
	}
	for _, e := range all[back+1:] {
		if e.Kind == consent.Erasing {
			return holds, e.Time, erasures
		}
	}
	return holds, time.Time{}, erasures
}

// blankTo returns the ledger as redaction through number n leaves it.
func blankTo(all []consent.Event, n int) []consent.Event {
	all = slices.Clone(all)
	for i, e := range all[:n] {
		if e.Kind != consent.Noticed && e.Kind != consent.Granted {
			all[i] = consent.Event{ID: e.ID, Seq: e.Seq, Kind: e.Kind, Purpose: e.Purpose, Time: e.Time, Blank: true}
		}
	}
	return all
}

func TestRestraintLaws(t *testing.T) {
	t.Parallel()
	policy := registryPolicy(t)
	parameters := gopter.DefaultTestParametersWithSeed(rand.Int64())
	parameters.MinSuccessfulTests = 1500
	parameters.MaxShrinkCount = 0 // a smaller seed is no smaller history
	properties := gopter.NewProperties(parameters)
	folded := func(all []consent.Event) *purpose.Facts {
		f, err := consent.FoldForTest(consent.Folded{}, yielding(all...))
		if err != nil {
			return new(purpose.Facts)
		}
		return f.Facts()
	}
	properties.Property("holds and erasures are those that have not ended, whatever was blanked", prop.ForAll(
		func(seed uint64, n int) bool {
			rng := rand.New(rand.NewPCG(seed, 7))
			all := randomRestraints(rng, n)
			if rng.IntN(2) == 0 {
				all = blankTo(all, rng.IntN(len(all)+1))
			}
			holds, erased, erasures := restraints(all)
			f := folded(all)
			return f.HoldsKnown && f.Complete && slices.Equal(f.Holds, holds) && f.Erased.Equal(erased) && slices.Equal(f.Erasures, erasures)
		},
		gen.UInt64(), gen.IntRange(0, 30),
	))
	properties.Property("folded in parts they come to the same, and no part is changed", prop.ForAll(
		func(seed uint64, n int) bool {
			rng := rand.New(rand.NewPCG(seed, 8))
			all := randomRestraints(rng, n)
			k := rng.IntN(len(all) + 1)
			first, err := consent.FoldForTest(consent.Folded{}, yielding(all[:k]...))
			if err != nil {
				return false
			}
			holds, erasures := slices.Clone(first.Facts().Holds), slices.Clone(first.Facts().Erasures)
			whole, err := consent.FoldForTest(first, yielding(all[k:]...))
			if err != nil {
				return false
			}
			return slices.Equal(holds, first.Facts().Holds) && slices.Equal(erasures, first.Facts().Erasures) && assert.ObjectsAreEqual(*folded(all), *whole.Facts())
		},
		gen.UInt64(), gen.IntRange(0, 30),
	))
	opened, closed := 0, 0
	properties.Property("what was blanked keeps closed what it kept closed", prop.ForAll(
		func(seed uint64, n int) string {
			rng := rand.New(rand.NewPCG(seed, 9))
			all := randomRestraints(rng, n)
			f, blank := folded(all), folded(blankTo(all, rng.IntN(len(all)+1)))
			for _, id := range []purpose.ID{marketing, letter, proof, delivery} {
				// Of a person who was erased, what a hold covers is open to its purpose: a hold whose case is not known any more covers everything.
				own := !f.Erased.IsZero() && slices.ContainsFunc(blank.Holds, func(h purpose.Hold) bool { return id.Within(h.Purpose) })
				for _, op := range []purpose.Operation{purpose.Use, purpose.Collect} {
					for _, into := range []purpose.Compartment{"", attic, cellar} {
						q := purpose.Request{Purpose: id, Operation: op, Actor: clerk, Time: newYear.AddDate(1, 0, 0), Compartment: into}
						was, is := policy.Decide(q, f), policy.Decide(q, blank)
						switch {
						case was.Allowed() && !is.Allowed():
							closed++
						case is.Allowed() && !was.Allowed() && !own:
							return fmt.Sprintf("%s, operation %d into %q: %v, and blanked %v", id, op, into, was.Reason, is.Reason)
						case is.Allowed():
							opened++
						}
					}
				}
				scope, reason := policy.Scope(id, purpose.Use, clerk.Role)
				if reason != purpose.Permitted {
					return reason.String()
				}
				for _, of := range []string{"", job, "job-2", "job-3"} {
					if is, was := scope.Restrained(of, blank), scope.Restrained(of, f); is == purpose.Permitted && was != purpose.Permitted && !own {
						return fmt.Sprintf("%s, of case %q: %v, and blanked open", id, of, was)
					}
				}
			}
			return ""
		},
		gen.UInt64(), gen.IntRange(0, 12),
	))
	properties.TestingRun(t)
	assert.Positive(t, opened, "some are open")
	assert.Positive(t, closed, "and blanking closes some")
}

// The ids that end something are those of what it ended and a word: any other id comes back whole.
func TestRestraintIDs(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"x", strings.Repeat("x", 119), "/released/x", "x/released/", "released"} {
		d := newDesk(t).told()
		d.hold(purpose.Hold{ID: id, Purpose: proof})
		assert.NoError(t, second(d.ReleaseHold(t.Context(), d.who, id)), id)
		d = newDesk(t).told()
		d.erased(id)
		assert.Empty(t, d.facts().Holds)
		assert.Empty(t, d.facts().Erasures)
	}
}
