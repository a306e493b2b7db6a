package purpose

import (
	"slices"
	"time"
)

// Decide answers a request over what is known of one subject. It reads no clock and does no I/O; it is total, never panics,
// and does not allocate when it permits. Nil facts are the zero [Facts], which know nothing. A nil policy denies.
//
// The rules are asked in the order of the package comment, and the first that applies gives the reason.
func (p *Policy) Decide(r Request, f *Facts) Decision {
	var nothing Facts
	if f == nil {
		f = &nothing
	}
	d := Decision{Policy: p.Version(), Ledger: f.Ledger}
	d.Reason = p.decide(&r, f, &d)
	if d.Reason != Permitted {
		// What a rule noted before a later one denied is no ground of anything.
		d.Basis, d.Citation, d.Until, d.Trace = 0, "", time.Time{}, 0
	}
	return d
}

func (p *Policy) decide(r *Request, f *Facts, d *Decision) Reason {
	switch {
	case p == nil:
		return UnknownPolicy
	case r.Purpose == "", r.Operation < Collect, r.Operation > Maintenance, r.Time.IsZero():
		return Malformed
	}
	c := p.purposes[r.Purpose]
	switch {
	case c == nil:
		return UnknownPurpose
	case r.Time.Before(p.effective):
		return NotYetEffective
	case r.Actor.Role == "", r.Actor.ID == "":
		return ActorNotAuthorized
	}
	s, reason := c.scope(r.Operation, r.Actor.Role)
	if reason != Permitted {
		return reason
	}
	if reason := p.attribute(s, r); reason != Permitted {
		return reason
	}
	if reason := s.actorCase(r, f, d); reason != Permitted {
		return reason
	}
	if !s.collected(r) {
		return NotCollectedForPurpose
	}
	if reason := s.basis(r, f, d); reason != Permitted {
		return reason
	}
	if r.Attribute != "" {
		end, reason, trace := s.live(r.CollectedAt, r.Time, r.Case, f)
		if reason != Permitted {
			return reason
		}
		d.until(end)
		d.Trace |= trace
	}
	d.Basis, d.Citation = c.spec.Basis, c.spec.Citation
	return Permitted
}

// attribute asks whether the role may have the attribute, if the request names one.
func (p *Policy) attribute(s *Scope, r *Request) Reason {
	if r.Attribute == "" {
		return Permitted
	}
	ordinal, ok := p.ordinals[r.Attribute]
	if !ok {
		return UnknownAttribute
	}
	reason := s.Attribute(ordinal)
	if reason == DeidentifiedOnly && r.Derive {
		return Permitted
	}
	return reason
}

// actorCase asks whether the actor works on an open case, and the value is of that case.
func (s *Scope) actorCase(r *Request, f *Facts, d *Decision) Reason {
	if !s.CaseBound() {
		return Permitted
	}
	if r.Actor.Case == "" {
		return CaseRequired
	}
	c := f.Case(r.Actor.Case)
	switch c.Status {
	case CaseOpen:
	case CaseAbsent, CaseClosed:
		return CaseNotOpen
	default:
		return FactUnknown
	}
	if !assigned(c.Assigned, &r.Actor) {
		return NotAssigned
	}
	if s.mismatch(r) {
		return CaseMismatch
	}
	d.Trace |= FieldCase
	return Permitted
}

func assigned(to []Actor, who *Actor) bool {
	for i := range to {
		if to[i].Role == who.Role && (to[i].ID == who.ID || to[i].ID == "") {
			return true
		}
	}
	return false
}

// mismatch reports whether the value asked for belongs to another case than the actor's.
func (s *Scope) mismatch(r *Request) bool {
	return s.CaseBound() && r.Attribute != "" && r.Case != "" && r.Case != r.Actor.Case
}

// collected reports whether the value was collected for the purpose, or need not have been.
func (s *Scope) collected(r *Request) bool {
	return r.Attribute == "" || s.Exempt() || slices.Contains(r.CollectedFor, r.Purpose)
}

// basis asks for the purpose's ground: its notice and consent, and the consents above.
func (s *Scope) basis(r *Request, f *Facts, d *Decision) Reason {
	c := s.purpose
	reason := Undecided
	switch c.spec.Basis {
	case LegalGround:
		return Permitted
	case NoticeOnly:
		if reason = notice(r, f, d); reason == Permitted {
			reason = form(r, f, d) // no consent is asked for, but a no is heard
		}
	case ConsentByProvision:
		if reason = notice(r, f, d); reason == Permitted {
			reason = provision(r, f, d)
		}
	case ExpressConsent:
		if r.Operation != Collect {
			reason = grant(r, f, d)
		} else if reason = notice(r, f, d); reason == Permitted {
			reason = form(r, f, d)
		}
	}
	if reason != Permitted {
		return reason
	}
	for _, id := range c.ancestors {
		switch f.Consent(id).Status {
		case Absent, Requested, Given:
			d.Trace |= FieldAncestors
		case Refused, Withdrawn:
			return AncestorRefused
		default:
			return FactUnknown
		}
	}
	return Permitted
}

// notice asks whether the person had been told when the question is asked.
func notice(r *Request, f *Facts, d *Decision) Reason {
	switch f.Notice.Status {
	case Given:
		if f.Notice.Since.After(r.Time) || lapsed(f.Notice.Until, r.Time) {
			return NoticeRequired
		}
	case Absent, Requested, Refused, Withdrawn:
		return NoticeRequired
	default:
		return FactUnknown
	}
	d.until(f.Notice.Until)
	d.Trace |= FieldNotice
	return Permitted
}

// provision asks whether a consent that the law reads into the notice still stands.
func provision(r *Request, f *Facts, d *Decision) Reason {
	own := f.Consent(r.Purpose)
	switch own.Status {
	case Absent, Requested:
	case Given:
		if lapsed(own.Until, r.Time) {
			return ConsentExpired
		}
		d.until(own.Until)
	default:
		return refusal(own.Status)
	}
	d.Trace |= FieldConsent
	return Permitted
}

// form asks whether data may be taken on the form on which consent is given: there need be no consent yet,
// and an expired one may be renewed, but a refusal stands.
func form(r *Request, f *Facts, d *Decision) Reason {
	own := f.Consent(r.Purpose)
	switch own.Status {
	case Absent, Requested, Given:
	default:
		return refusal(own.Status)
	}
	d.Trace |= FieldConsent
	return Permitted
}

// grant asks whether the purpose's own consent was given, holds now, and covers the operation.
func grant(r *Request, f *Facts, d *Decision) Reason {
	own := f.Consent(r.Purpose)
	switch own.Status {
	case Given:
	case Absent, Requested:
		return ConsentUnknown
	default:
		return refusal(own.Status)
	}
	switch {
	case own.Since.After(r.Time):
		return ConsentUnknown // it is not given yet
	case lapsed(own.Until, r.Time):
		return ConsentExpired
	case !granted(own.Operations, r.Operation):
		return OperationNotGranted
	}
	d.until(own.Until)
	d.Trace |= FieldConsent
	return Permitted
}

// granted reports whether a consent covers the operation. To keep, mend or destroy a value, or to
// serve the person's own request, is no use the person is asked for.
func granted(ops Operations, op Operation) bool {
	switch op {
	case Store, Erase, Rights, Maintenance:
		return true
	default:
		return ops.Has(op)
	}
}

// refusal says what a consent that is neither given nor absent denies with.
func refusal(s Status) Reason {
	switch s {
	case Refused:
		return ConsentRefused
	case Withdrawn:
		return ConsentWithdrawn
	default:
		return FactUnknown
	}
}

// lapsed reports whether what holds until end is over at now; the zero end is never.
func lapsed(end, now time.Time) bool { return !end.IsZero() && !now.Before(end) }

// until notes that the permission lapses at end, if it does not lapse sooner.
func (d *Decision) until(end time.Time) {
	if !end.IsZero() && (d.Until.IsZero() || end.Before(d.Until)) {
		d.Until = end
	}
}

// Possible asks only the rules that no fact and no time can change: could some facts allow the request?
// Accessors ask it at start-up, so that a program which could never work does not start.
// An empty role stands for any role; the actor's ID and the times are not looked at, and neither are
// CollectedFor and the cases if they are empty. The error is a [*Denied].
// If Possible denies, Decide denies for all facts.
func (p *Policy) Possible(r Request) error {
	if reason := p.possible(&r); reason != Permitted {
		return p.denied(r.Purpose, r.Attribute, reason)
	}
	return nil
}

func (p *Policy) possible(r *Request) Reason {
	switch {
	case p == nil:
		return UnknownPolicy
	case r.Purpose == "", r.Operation < Collect, r.Operation > Maintenance:
		return Malformed
	}
	c := p.purposes[r.Purpose]
	if c == nil {
		return UnknownPurpose
	}
	if r.Actor.Role != "" || r.Operation == Collect {
		s, reason := c.scope(r.Operation, r.Actor.Role)
		if reason != Permitted {
			return reason
		}
		return p.possibleIn(s, r)
	}
	// Whatever a role denies that comes first in the order of rules is denied to all roles alike,
	// except the attribute, which one role may have and another not.
	answer := ActorNotAuthorized
	for role := range c.roles {
		s, reason := c.scope(r.Operation, role)
		if reason == Permitted {
			reason = p.possibleIn(s, r)
		}
		switch {
		case reason == Permitted:
			return Permitted
		case answer == ActorNotAuthorized || answer == AttributeNotForRole:
			answer = reason
		}
	}
	return answer
}

func (p *Policy) possibleIn(s *Scope, r *Request) Reason {
	if reason := p.attribute(s, r); reason != Permitted {
		return reason
	}
	if r.Actor.Case != "" && s.mismatch(r) {
		return CaseMismatch
	}
	if len(r.CollectedFor) > 0 && !s.collected(r) {
		return NotCollectedForPurpose
	}
	return Permitted
}
