package retention

import (
	"slices"
	"time"

	"github.com/purposebound/purposebound/purpose"
)

// Due says when the item ends, by the policy and what is known of the person. An item is kept until the last rule of its compartment's classes has
// run out, and while a hold covers it. A rule runs out sooner where consent has ended ([purpose.Retention].AfterConsent). Of a person who was erased, only what a law obliges to keep is kept, until its minimum has passed.
//
// A class that the policy does not have any more ends by the rule of the latest earlier version that has it. So what was collected for a purpose before it went over to another
// class ends by the class it was collected under, even where the purpose would open it for longer now. The policy is taken as it is given: give the one in force. Due reads no clock, never panics and never changes what it is given.
func Due(p *purpose.Policy, f *purpose.Facts, i Item) End {
	classes := i.Compartment.Classes()
	switch {
	case p == nil:
		return End{Reason: purpose.UnknownPolicy}
	case len(classes) == 0, i.Collected.IsZero(): // an erasure that was asked for has no end of its own
		return End{Reason: purpose.Malformed}
	case f == nil, !f.Complete && !f.HoldsKnown:
		return End{Reason: purpose.FactUnknown}
	}
	// Whatever ended before it, an erasure is what ends the values of who was erased: so At is never before it, and more rules never make it earlier.
	e := End{Reason: purpose.Permitted, At: f.Erased}
	for _, h := range f.Holds {
		if h.Covers(i.Case) {
			e.Holds = append(e.Holds, h)
		}
	}
	for _, class := range classes {
		r, keeps, reason := dueOf(p, f, i, class)
		if reason != purpose.Permitted {
			return End{Reason: reason, Holds: e.Holds}
		}
		if !keeps {
			continue
		}
		e.Rules = append(e.Rules, r)
		e.Waits = e.Waits || r.Waits
		if r.At.After(e.At) {
			e.At = r.At
		}
	}
	if e.Waits {
		e.At = time.Time{}
	}
	return e
}

// dueOf returns when the rule of one class ends for the item, and whether it keeps at all.
func dueOf(p *purpose.Policy, f *purpose.Facts, i Item, class string) (r RuleEnd, keeps bool, _ purpose.Reason) {
	version := versionOf(p, class)
	rule, scope := ruleIn(version, class)
	if rule.Keep.IsZero() { // no policy has such a rule
		return r, false, purpose.UnknownPolicy
	}
	r = RuleEnd{Class: class, Rule: rule, Keep: rule.Keep}
	if !f.Erased.IsZero() {
		if rule.Minimum.IsZero() {
			return r, false, purpose.Permitted
		}
		r.Keep = rule.Minimum
	}
	var reason purpose.Reason
	if r.Start, reason = start(rule.From, f, i); reason != purpose.Permitted {
		return r, false, reason
	}
	if !r.Start.IsZero() {
		r.At = r.Keep.After(r.Start)
		if !rule.Minimum.IsZero() {
			r.Minimum = rule.Minimum.After(r.Start)
		}
	}
	if scope != nil { // what opens the values says itself until when
		if r.At, reason = scope.End(i.Collected, i.Case, f); reason != purpose.Permitted {
			return r, false, reason
		}
	}
	if !rule.AfterConsent.IsZero() {
		by := p
		if p.Number() < version.Number() {
			by = version
		}
		ended, reason := by.ConsentEnded(class, f)
		if reason != purpose.Permitted && (reason != purpose.FactUnknown || r.At.IsZero()) {
			return r, false, reason // else its period ends it, and nothing sooner: what is not known opens nothing
		}
		if !ended.IsZero() {
			from := ended.UTC()
			if from.Before(i.Collected) {
				from = i.Collected.UTC() // what had ended before the values came starts nothing for them
			}
			if at := rule.AfterConsent.After(from); r.At.IsZero() || at.Before(r.At) {
				r.At, r.Consent = at, ended.UTC()
			}
		}
	}
	r.Waits = r.At.IsZero()
	return r, true, purpose.Permitted
}

// start returns when a period starts, zero if the event that starts it has not happened. It is what [purpose.Scope.End] counts from; that tells only the end, and
// a purpose that nobody has, or that only collects, has no scope to ask.
func start(from purpose.Trigger, f *purpose.Facts, i Item) (time.Time, purpose.Reason) {
	collected := i.Collected.UTC()
	if year := collected.Year(); year < 1 || year > 9999 {
		return time.Time{}, purpose.Malformed
	}
	at, status := collected, purpose.CaseClosed
	switch from {
	case purpose.FromCollection:
	case purpose.FromYearEnd:
		at = time.Date(collected.Year()+1, time.January, 1, 0, 0, 0, 0, time.UTC)
	case purpose.FromCaseClosed:
		at, status = closed(f, i.Case)
	case purpose.FromAccountClosed:
		at, status = f.Account.Closed, f.Account.Status
	default:
		status = purpose.CaseUnknown
	}
	switch status {
	case purpose.CaseOpen:
		return time.Time{}, purpose.Permitted
	case purpose.CaseClosed:
	case purpose.CaseAbsent:
		at = collected
	default:
		return time.Time{}, purpose.FactUnknown
	}
	if at.Before(collected) {
		at = collected // what had ended before the values came starts nothing for them
	}
	return at.UTC(), purpose.Permitted
}

// closed returns the state of the named case, or of all the person's cases together, with when the last of them closed.
func closed(f *purpose.Facts, caseID string) (last time.Time, _ purpose.CaseStatus) {
	if !f.Complete {
		return last, purpose.CaseUnknown
	}
	if caseID != "" {
		c := f.Case(caseID)
		return c.Closed, c.Status
	}
	together := purpose.CaseAbsent
	for _, c := range f.Cases {
		switch c.Status {
		case purpose.CaseOpen:
			return time.Time{}, purpose.CaseOpen
		case purpose.CaseAbsent:
		case purpose.CaseClosed:
			if together == purpose.CaseAbsent {
				together = purpose.CaseClosed
			}
			if c.Closed.After(last) {
				last = c.Closed
			}
		default:
			together = purpose.CaseUnknown
		}
	}
	return last, together
}

// versionOf returns what rules over a class: the policy, or else the latest version that has the class and came before it. One that only comes later rules over nothing yet, unless
// there is no other.
func versionOf(p *purpose.Policy, class string) *purpose.Policy {
	if _, ok := p.ClassOrdinal(class); ok {
		return p
	}
	var before, after *purpose.Policy
	for n := uint16(1); n != 0; n++ {
		version, ok := p.Numbered(n)
		if !ok {
			break
		}
		if _, ok := version.ClassOrdinal(class); !ok {
			continue
		}
		if n < p.Number() {
			before = version
		} else {
			after = version
		}
	}
	if before == nil {
		before = after
	}
	return before
}

// ruleIn returns the rule of a class, and a scope that can tell its end if a purpose of the class opens anything to some role.
func ruleIn(p *purpose.Policy, class string) (rule purpose.Retention, _ *purpose.Scope) {
	for id := range p.IDs() {
		if c, err := p.Compartment(id); err != nil || !slices.Equal(c.Classes(), []string{class}) {
			continue
		}
		spec, _ := p.Spec(id)
		if rule.Keep.IsZero() {
			rule = spec.Retention // as of all purposes of the class
		}
		for role := range spec.Roles {
			for _, op := range spec.Operations {
				if op == purpose.Collect {
					continue // it never ends
				}
				if s, reason := p.Scope(id, op, role); reason == purpose.Permitted {
					return rule, s
				}
			}
		}
	}
	return rule, nil
}
