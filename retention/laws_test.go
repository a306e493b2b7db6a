package retention_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
)

// shelf is an arbitrary policy, person and item. It is a function of its seed, which is what a failure prints.
type shelf struct {
	rnd    *rand.Rand
	doc    purpose.Document
	policy *purpose.Policy
	facts  *purpose.Facts
	ids    []purpose.ID // what the item was collected for
	item   retention.Item
}

var shelfIDs = []purpose.ID{"p0", "p1", "p2", "p3", "p4"}

func newShelf(seed int64) *shelf {
	s := &shelf{rnd: rand.New(rand.NewPCG(uint64(seed), 2))}
	s.doc = books(purpose.Retention{})
	s.doc.Effective, s.doc.Purposes = day(1900, time.January, 1), nil
	for _, id := range shelfIDs {
		rule := purpose.Retention{
			Keep: purpose.Period{Years: s.rnd.IntN(8), Months: s.rnd.IntN(14), Days: 1 + s.rnd.IntN(40)},
			From: choose(s, purpose.FromCollection, purpose.FromYearEnd, purpose.FromCaseClosed, purpose.FromAccountClosed),
		}
		if s.chance(40) {
			rule.Citation = "c"
			rule.Minimum = choose(s, rule.Keep, purpose.Period{Years: rule.Keep.Years, Days: 1}, purpose.Period{Days: 1})
		}
		asked := s.chance(35)
		if asked && s.chance(80) {
			rule.Citation, rule.Minimum = "", purpose.Period{}
			rule.AfterConsent = purpose.Period{Months: s.rnd.IntN(14), Days: 1 + s.rnd.IntN(40)}
		}
		spec := kept(id, rule, purpose.Use, purpose.Combine, purpose.Erase)
		if asked {
			spec.Basis = purpose.ExpressConsent
		}
		s.doc.Purposes = append(s.doc.Purposes, spec)
	}
	if s.chance(30) { // two purposes of one class
		s.doc.Purposes[0].Retention.Class = "shared"
		s.doc.Purposes[1].Retention, s.doc.Purposes[1].Basis = s.doc.Purposes[0].Retention, s.doc.Purposes[0].Basis
	}
	p, err := purpose.NewPolicy(s.doc)
	if err != nil {
		panic(err) // the generator is at fault
	}
	s.policy = p
	s.shuffle()
	return s
}

func choose[T any](s *shelf, of ...T) T { return of[s.rnd.IntN(len(of))] }

func (s *shelf) chance(percent int) bool { return s.rnd.IntN(100) < percent }

func (s *shelf) when() time.Time {
	return time.Date(1960+s.rnd.IntN(80), 1, 1, 0, 0, 0, 0, time.UTC).
		Add(time.Duration(s.rnd.IntN(366*24)) * time.Hour).Add(choose(s, 0, 0, -1, time.Duration(s.rnd.IntN(1e9))))
}

// shuffle takes another person and item.
func (s *shelf) shuffle() {
	state := func() purpose.CaseStatus {
		return choose(s, purpose.CaseClosed, purpose.CaseClosed, purpose.CaseClosed, purpose.CaseOpen, purpose.CaseAbsent, purpose.CaseStatus(s.rnd.IntN(6)))
	}
	f := &purpose.Facts{Complete: s.chance(90), HoldsKnown: s.chance(90), Cases: map[string]purpose.Case{}}
	f.Account = purpose.Account{Status: state(), Closed: s.when()}
	for _, id := range []string{"1", "2"} {
		if s.chance(60) {
			f.Cases[id] = purpose.Case{Status: state(), Closed: s.when()}
		}
	}
	f.Consents = map[purpose.ID]purpose.Consent{}
	for _, id := range shelfIDs {
		c := purpose.Consent{
			Status: choose(s, purpose.Given, purpose.Given, purpose.Given, purpose.Withdrawn, purpose.Withdrawn, purpose.Status(s.rnd.IntN(7))), Since: s.when(),
			Operations: purpose.OperationSet(purpose.Use, purpose.Combine, purpose.Erase), Policy: s.policy.Version(),
		}
		if c.Status == purpose.Given && s.chance(30) {
			c.Until = s.when()
		}
		if s.chance(80) {
			f.Consents[id] = c
		}
	}
	for range s.rnd.IntN(3) {
		if s.chance(30) {
			f.Holds = append(f.Holds, s.hold())
		}
	}
	if s.chance(25) {
		f.Erased = s.when()
	}
	s.facts, s.ids = f, nil
	for len(s.ids) == 0 {
		for _, id := range shelfIDs {
			if s.chance(45) {
				s.ids = append(s.ids, id)
			}
		}
	}
	s.item = s.of(s.ids)
	s.item.Case, s.item.Collected = choose(s, "", "1", "2", "3"), s.when()
}

func (s *shelf) hold() purpose.Hold {
	return purpose.Hold{ID: "h", Purpose: choose(s, shelfIDs...), Case: choose(s, "", "1", "2"), Since: s.when()}
}

// of returns the item as if it had been collected for other purposes.
func (s *shelf) of(ids []purpose.ID) retention.Item {
	c, err := s.policy.Compartment(ids...)
	if err != nil {
		panic(err)
	}
	i := s.item
	i.Subject, i.Attributes, i.Compartment = "s", []purpose.Attribute{"profile.invoice"}, c
	return i
}

// asks reports whether some purpose that the item was collected for needs consent.
func (s *shelf) asks() bool {
	return slices.ContainsFunc(s.ids, func(id purpose.ID) bool {
		spec, _ := s.policy.Spec(id)
		return spec.Basis == purpose.ExpressConsent
	})
}

// opens reports whether some purpose that the item was collected for opens it.
func (s *shelf) opens(at time.Time, op purpose.Operation) bool {
	return slices.ContainsFunc(s.ids, func(id purpose.ID) bool {
		return s.policy.Decide(purpose.Request{
			Purpose: id, Operation: op, Actor: purpose.Actor{Role: "clerk", ID: "c"}, Attribute: "profile.invoice", CollectedFor: s.ids,
			CollectedAt: s.item.Collected, Case: s.item.Case, Compartment: s.item.Compartment, Time: at,
		}, s.facts).Allowed()
	})
}

// instants are times at which something may change, a little before and after, and others.
func (s *shelf) instants(e retention.End) []time.Time {
	all := []time.Time{s.when(), s.when(), s.item.Collected, day(9000, time.January, 1)}
	for _, at := range append([]time.Time{e.At, s.facts.Erased, s.facts.Account.Closed}, ends(e)...) {
		if !at.IsZero() {
			all = append(all, at, at.Add(-1), at.Add(1), at.AddDate(0, 0, s.rnd.IntN(100)-50))
		}
	}
	return all
}

func ends(e retention.End) []time.Time {
	var all []time.Time
	for _, r := range e.Rules {
		all = append(all, r.At, r.Minimum, r.Start)
	}
	return all
}

// law asks a law of many shelves. It says whether it holds, and whether there was anything to hold.
func law(t *testing.T, holds func(s *shelf, e retention.End) (held, spoke bool)) {
	t.Helper()
	parameters := gopter.DefaultTestParameters()
	parameters.MinSuccessfulTests = 400
	properties := gopter.NewProperties(parameters)
	spoken := 0
	properties.Property("law", prop.ForAll(func(seed int64) bool {
		s := newShelf(seed)
		for range 8 {
			held, spoke := holds(s, retention.Due(s.policy, s.facts, s.item))
			if spoke {
				spoken++
			}
			if !held {
				return false
			}
			s.shuffle()
		}
		return true
	}, gen.Int64()))
	properties.TestingRun(t)
	require.Greater(t, spoken, 300, "the shelves are too poor for this law")
}

// What has come to its end does not open for any purpose it was collected for: nothing ends while it is open, and what expired never opens.
func TestLawNothingEndsWhileOpen(t *testing.T) {
	t.Parallel()
	law(t, func(s *shelf, e retention.End) (bool, bool) {
		spoke := false
		for _, at := range s.instants(e) {
			for _, op := range []purpose.Operation{purpose.Use, purpose.Combine, purpose.Erase} {
				if !s.opens(at, op) {
					continue
				}
				spoke = true
				if e.Ended(at) || e.Reason == purpose.Permitted && len(e.Holds) == 0 && !e.Waits && !at.Before(e.At) {
					return false, true
				}
			}
		}
		return true, spoke
	})
}

// Without holds and erasure, an item is kept exactly as long as some purpose opens it. Consent is out of this: a purpose without one opens nothing of what it keeps.
func TestLawNothingOutlivesItsPurposes(t *testing.T) {
	t.Parallel()
	law(t, func(s *shelf, _ retention.End) (bool, bool) {
		s.facts.Erased, s.facts.Holds = time.Time{}, nil
		e := retention.Due(s.policy, s.facts, s.item)
		if e.Reason != purpose.Permitted || s.asks() {
			return true, false
		}
		if e.Waits {
			return s.opens(day(9000, time.January, 1), purpose.Use), true
		}
		return s.opens(e.At.Add(-1), purpose.Use) && !s.opens(e.At, purpose.Use), true
	})
}

func TestLawOfMinimumAndMaximum(t *testing.T) {
	t.Parallel()
	law(t, func(s *shelf, e retention.End) (bool, bool) {
		if e.Reason != purpose.Permitted {
			return e.At.IsZero() && !e.Ended(day(9000, time.January, 1)), false
		}
		latest := s.facts.Erased
		for _, r := range e.Rules {
			if !r.Rule.Minimum.IsZero() && !r.Waits {
				obliged := r.Rule.Minimum.After(r.Start)
				if !r.Minimum.Equal(obliged) || e.Ended(obliged.Add(-1)) || !e.Waits && e.At.Before(obliged) {
					return false, true
				}
			}
			if r.At.After(latest) {
				latest = r.At
			}
		}
		return e.Waits && e.At.IsZero() || e.At.Equal(latest), true
	})
}

// What the start that is told counts to is what the purpose itself says.
func TestLawOfStarts(t *testing.T) {
	t.Parallel()
	law(t, func(s *shelf, e retention.End) (bool, bool) {
		for _, r := range e.Rules {
			keep := r.Rule.Keep
			if !s.facts.Erased.IsZero() {
				keep = r.Rule.Minimum
			}
			if !r.Consent.IsZero() {
				if keep != r.Keep || r.Waits || !r.Start.IsZero() && !r.At.Before(keep.After(r.Start)) || r.At.Before(r.Rule.AfterConsent.After(r.Consent)) {
					return false, true
				}
				continue
			}
			if keep != r.Keep || r.Start.IsZero() != r.Waits || !r.Waits && (!r.At.Equal(keep.After(r.Start)) || r.Start.Before(s.item.Collected)) {
				return false, true
			}
		}
		return true, len(e.Rules) > 0
	})
}

// A policy whose purposes only collect keeps as long as one whose purposes also use.
func TestLawOfWhatOnlyCollects(t *testing.T) {
	t.Parallel()
	law(t, func(s *shelf, e retention.End) (bool, bool) {
		d := s.policy.Document()
		for i := range d.Purposes {
			d.Purposes[i].Operations = []purpose.Operation{purpose.Collect}
		}
		p, err := purpose.NewPolicy(d)
		if err != nil {
			return false, true
		}
		return assert.ObjectsAreEqual(e, retention.Due(p, s.facts, s.item)), true
	})
}

// Nothing ends before the events that start its periods.
func TestLawOfEvents(t *testing.T) {
	t.Parallel()
	law(t, func(s *shelf, e retention.End) (bool, bool) {
		account, cases := false, false
		for _, r := range e.Rules {
			if !r.Rule.AfterConsent.IsZero() {
				continue // consent may end it before
			}
			account = account || r.Rule.From == purpose.FromAccountClosed
			cases = cases || r.Rule.From == purpose.FromCaseClosed
		}
		s.facts.Account.Status = purpose.CaseOpen
		if account && retention.Due(s.policy, s.facts, s.item).Ended(day(9000, time.January, 1)) {
			return false, true
		}
		s.facts.Account.Status = purpose.CaseClosed
		s.facts.Cases[choose(s, "4", s.item.Case)] = purpose.Case{Status: purpose.CaseOpen}
		_, own := s.facts.Cases[s.item.Case]
		bound := s.item.Case == "" || own && s.facts.Cases[s.item.Case].Status == purpose.CaseOpen
		if cases && bound && retention.Due(s.policy, s.facts, s.item).Ended(day(9000, time.January, 1)) {
			return false, true
		}
		return true, account || cases
	})
}

// That consent ends only ever makes an end sooner, by no more than is said, and while all consent stands it changes nothing.
func TestLawOfConsent(t *testing.T) {
	t.Parallel()
	law(t, func(s *shelf, e retention.End) (bool, bool) {
		if s.chance(50) {
			for _, id := range shelfIDs {
				s.facts.Consents[id] = purpose.Consent{Status: purpose.Withdrawn, Since: s.when()}
			}
			e = retention.Due(s.policy, s.facts, s.item)
		}
		d := s.policy.Document()
		for i := range d.Purposes {
			d.Purposes[i].Retention.AfterConsent = purpose.Period{}
		}
		p, err := purpose.NewPolicy(d)
		if err != nil {
			return false, true
		}
		if plain := retention.Due(p, s.facts, s.item); e.Reason == purpose.Permitted {
			if plain.Reason != purpose.Permitted || e.Waits && !plain.Waits || !plain.Waits && e.At.After(plain.At) {
				return false, true
			}
			for i, r := range e.Rules {
				if was := plain.Rules[i]; r.Consent.IsZero() && !r.At.Equal(was.At) || !r.Consent.IsZero() && !was.Waits && !r.At.Before(was.At) {
					return false, true
				}
			}
		}
		stands := *s.facts
		stands.Consents = map[purpose.ID]purpose.Consent{}
		for _, id := range shelfIDs {
			stands.Consents[id] = purpose.Consent{Status: purpose.Given, Since: s.when()}
		}
		given, plain := retention.Due(s.policy, &stands, s.item), retention.Due(p, &stands, s.item)
		ended := slices.ContainsFunc(e.Rules, func(r retention.RuleEnd) bool { return !r.Consent.IsZero() })
		return given.Reason == plain.Reason && given.At.Equal(plain.At) && given.Waits == plain.Waits, ended
	})
}

// More classes and more holds never end anything sooner.
func TestLawOfMore(t *testing.T) {
	t.Parallel()
	law(t, func(s *shelf, e retention.End) (bool, bool) {
		more := slices.Clone(s.ids)
		for _, id := range shelfIDs {
			if s.chance(50) && !slices.Contains(more, id) {
				more = append(more, id)
			}
		}
		times := s.instants(e)
		i := s.of(more)
		wider := retention.Due(s.policy, s.facts, i)
		held := *s.facts
		held.Holds = append(slices.Clone(held.Holds), s.hold())
		longer := retention.Due(s.policy, &held, s.item)
		times = append(times, s.instants(wider)...)
		spoke := false
		for _, at := range times {
			if (wider.Ended(at) || longer.Ended(at)) && !e.Ended(at) {
				return false, true
			}
			spoke = spoke || wider.Ended(at)
		}
		if wider.Reason == purpose.Permitted && !wider.Waits && (e.Waits || wider.At.Before(e.At)) {
			return false, true
		}
		return longer.At.Equal(e.At) && len(longer.Holds) >= len(e.Holds), spoke
	})
}

// An erasure never makes anything end later than it would, or than itself.
func TestLawOfErasure(t *testing.T) {
	t.Parallel()
	law(t, func(s *shelf, _ retention.End) (bool, bool) {
		without := *s.facts
		without.Erased = time.Time{}
		before := retention.Due(s.policy, &without, s.item)
		with := without
		with.Erased = s.when()
		after := retention.Due(s.policy, &with, s.item)
		spoke := false
		for _, at := range append(s.instants(before), s.instants(after)...) {
			if before.Ended(at) && !at.Before(with.Erased) {
				spoke = true
				if !after.Ended(at) {
					return false, true
				}
			}
		}
		return true, spoke
	})
}

// Due answers whatever it is asked, and answers the same again, changing nothing.
func TestLawOfTotality(t *testing.T) {
	t.Parallel()
	law(t, func(s *shelf, _ retention.End) (bool, bool) {
		i := s.item
		i.Compartment = purpose.Compartment(choose(s, "", "/", "+", "+/+", "p0+/p0", "none+"+string(i.Compartment), strings.Repeat("+", 2000)+"/", "\x00/é"))
		i.Collected = choose(s, i.Collected, time.Time{}, time.Unix(1<<62, 0), time.Unix(-1<<62, 0), day(9999, time.December, 31))
		e := retention.Due(s.policy, s.facts, i)
		return !e.Ended(day(9000, time.January, 1)) && e.Reason != purpose.Undecided && assert.ObjectsAreEqual(e, retention.Due(s.policy, s.facts, i)), true
	})
}
