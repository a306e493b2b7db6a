package purpose

import (
	"slices"
	"strings"
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
	p = p.At(r.Time)
	d := Decision{Purpose: r.Purpose, Attribute: r.Attribute, Recipient: r.Recipient, Policy: p.Version(), Ledger: f.Ledger}
	d.Reason = p.decide(&r, f, &d)
	if d.Reason != Permitted {
		d.clear()
	}
	return d
}

// clear takes back what a rule noted before a later one denied: it is no ground of anything.
func (d *Decision) clear() {
	d.Basis, d.Citation, d.Until, d.Trace = 0, "", time.Time{}, 0
	d.Obligations &= ObligationSet(ConfirmDestruction)
}

func (p *Policy) decide(r *Request, f *Facts, d *Decision) Reason {
	switch {
	case p == nil:
		return UnknownPolicy
	case r.Purpose == "", r.Operation < Collect, r.Operation > Sell, r.Time.IsZero(), r.Recipient != "" && !discloses(r.Operation):
		return Malformed
	case r.Operation == Sell:
		return ProhibitedOperation
	}
	c := p.purposes[r.Purpose]
	if c == nil {
		return p.unknown(r.Purpose)
	}
	if reason := p.prohibited(c, r); reason != Permitted {
		return reason
	}
	switch {
	case r.Time.Before(p.effective):
		return NotYetEffective
	case r.Actor.Role == "", r.Actor.ID == "":
		return ActorNotAuthorized
	}
	s, reason := c.scope(r.Operation, r.Actor.Role)
	if reason != Permitted {
		return reason
	}
	ordinal, reason := p.attribute(s, r)
	if reason != Permitted {
		return reason
	}
	a := asked{policy: p, scope: s, ordinal: ordinal, collected: s.collected(r)}
	return a.decide(r, f, d)
}

// asked is what of a request no facts and no time can change, once the rules that look at nothing else have passed.
type asked struct {
	policy    *Policy
	scope     *Scope
	ordinal   uint16 // of the attribute
	collected bool   // the value was collected for the purpose, or need not have been
	ends      bool   // end is known without facts
	end       time.Time
}

// decide asks the rules that depend on facts and time.
func (a *asked) decide(r *Request, f *Facts, d *Decision) Reason {
	s := a.scope
	if reason := s.actorCase(r, f, d); reason != Permitted {
		return reason
	}
	if reason := s.papers(r, d); reason != Permitted {
		return reason
	}
	if !a.collected {
		return NotCollectedForPurpose
	}
	if discloses(r.Operation) {
		if reason := s.recipient(r, f, d); reason != Permitted {
			return reason
		}
		if r.Attribute != "" {
			if reason := s.released(a.ordinal, r, f); reason != Permitted {
				return reason
			}
		}
	}
	if reason := s.basis(r, f, d); reason != Permitted {
		return reason
	}
	if r.Attribute != "" {
		if reason := a.live(r, f, d); reason != Permitted {
			return reason
		}
	}
	if reason := s.restrained(r, f, d); reason != Permitted {
		return reason
	}
	c := s.purpose
	d.Basis, d.Citation = c.spec.Basis, c.spec.Citation
	if c.spec.Cited && r.Operation != Collect {
		d.Citation = r.Order.Citation
	}
	d.Obligations |= c.obligations
	if r.Operation == Combine {
		d.Obligations |= ObligationSet(MarkDerived)
	}
	d.until(a.policy.next) // a later version decides anew
	return Permitted
}

// live asks whether retention still runs.
func (a *asked) live(r *Request, f *Facts, d *Decision) Reason {
	if a.ends && f.Erased.IsZero() && r.CollectedAt.Sub(r.Time) <= skew {
		if lapsed(a.end, r.Time) {
			return RetentionExpired
		}
		d.until(a.end)
		return Permitted
	}
	end, reason, trace := a.scope.live(r.CollectedAt, r.Time, r.Case, f)
	if reason == Permitted {
		d.until(end)
		d.Trace |= trace
	}
	return reason
}

// unknown says why a purpose is not in the policy: a later version may have it.
func (p *Policy) unknown(id ID) Reason {
	for _, later := range p.versions.after(p.number) {
		if later.purposes[id] != nil {
			return NotYetEffective
		}
	}
	return UnknownPurpose
}

// prohibited asks whether a rule that nothing lifts forbids the operation. Towards whom is asked of a declared recipient.
func (p *Policy) prohibited(c *compiled, r *Request) Reason {
	if c.prohibited.Has(r.Operation) {
		return ProhibitedByPolicy
	}
	if r.Recipient == "" {
		return Permitted
	}
	to := p.recipients[r.Recipient]
	switch {
	case to == nil:
		return UnknownRecipient
	case c.prohibitedTo[to.Kind].Has(r.Operation):
		return ProhibitedByPolicy
	}
	return Permitted
}

// attribute asks whether the role may have the attribute, if the request names one.
func (p *Policy) attribute(s *Scope, r *Request) (uint16, Reason) {
	if r.Attribute == "" {
		return 0, Permitted
	}
	ordinal, ok := p.ordinals[r.Attribute]
	if !ok {
		return 0, UnknownAttribute
	}
	reason := s.Attribute(ordinal)
	if reason != Permitted && reason != DeidentifiedOnly {
		return ordinal, reason
	}
	if r.Order != nil && r.Operation != Collect && !slices.Contains(r.Order.Attributes, r.Attribute) {
		return ordinal, OutsideOrderScope // also where no order is asked for: one that is brought is kept to
	}
	if r.Derive {
		reason = Permitted
	}
	return ordinal, reason
}

// papers asks for the order, the provision or the ticket that the purpose opens under. Collecting opens nothing.
func (s *Scope) papers(r *Request, d *Decision) Reason {
	spec := &s.purpose.spec
	if r.Operation == Collect {
		return Permitted
	}
	if spec.Ordered || spec.Cited {
		if reason := r.Order.stands(spec, r, d); reason != Permitted {
			return reason
		}
	}
	if spec.BreakGlass.IsZero() {
		return Permitted
	}
	d.Obligations |= ObligationSet(FlagAccess)
	return r.Ticket.opens(&spec.BreakGlass, r.Time, d)
}

func (o *Order) stands(spec *Spec, r *Request, d *Decision) Reason {
	missing := OrderRequired
	if !spec.Ordered {
		missing = CitationRequired
	}
	switch {
	case o == nil, o.Reviewer == "", o.Issued.IsZero(), o.Issued.After(r.Time), lapsed(o.Until, r.Time):
		return missing
	case spec.Ordered && o.Issuer == "":
		return OrderRequired
	case spec.Ordered && !o.Compelling:
		return NoPowerToCompel
	case spec.Cited && strings.TrimSpace(o.Citation) == "":
		return CitationRequired
	}
	d.until(o.Until)
	return Permitted
}

func (t *Ticket) opens(b *BreakGlass, now time.Time, d *Decision) Reason {
	if t == nil || t.ID == "" || t.Opened.IsZero() || t.Opened.After(now) || t.Subjects < 1 {
		return TicketRequired
	}
	end := t.Opened.Add(b.For)
	switch {
	case lapsed(end, now):
		return TicketExpired
	case t.Subjects > b.Subjects:
		return TicketLimit
	}
	d.until(end)
	return Permitted
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
		if reason = c.notice(r, f, d); reason == Permitted {
			reason = form(r, f, d) // no consent is asked for, but a no is heard
		}
	case ConsentByProvision:
		if reason = c.notice(r, f, d); reason == Permitted {
			reason = provision(r, f, d)
		}
	case ExpressConsent:
		if r.Operation != Collect {
			reason = c.grant(r, f, d)
		} else if reason = c.notice(r, f, d); reason == Permitted {
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

// holds reports whether what was said under a version of the policy still covers the purpose: it was not
// widened since. A version that is not known covers nothing.
func (c *compiled) holds(version string) bool {
	if version == c.version {
		return true
	}
	n, ok := c.versions.numbers[version]
	return ok && n >= c.since
}

// notice asks whether the person had been told when the question is asked.
func (c *compiled) notice(r *Request, f *Facts, d *Decision) Reason {
	switch f.Notice.Status {
	case Given:
		if f.Notice.Since.After(r.Time) || lapsed(f.Notice.Until, r.Time) || !c.holds(f.Notice.Policy) {
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
		switch {
		case lapsed(own.Until, r.Time):
			return ConsentExpired
		case !own.reaches(r):
			return RecipientNotGranted
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

// reaches reports whether the consent was given for whom the request discloses to.
func (c *Consent) reaches(r *Request) bool {
	return c.Recipient == "" || !discloses(r.Operation) || c.Recipient == r.Recipient
}

// drift is how far ahead of the question a consent may be dated and be taken for one that is not given yet: two clocks differ by less.
const drift = 15 * time.Minute

// grant asks whether the purpose's own consent was given, holds now, and covers the operation.
func (c *compiled) grant(r *Request, f *Facts, d *Decision) Reason {
	own := f.Consent(r.Purpose)
	switch own.Status {
	case Given:
	case Absent, Requested:
		return ConsentUnknown
	default:
		return refusal(own.Status)
	}
	switch {
	case own.Since.Sub(r.Time) > drift:
		return ClockSkew
	case own.Since.After(r.Time):
		return ConsentUnknown // it is not given yet
	case lapsed(own.Until, r.Time):
		return ConsentExpired
	case !c.holds(own.Policy):
		return NeedsRenewal
	case !granted(own.Operations, r.Operation):
		return OperationNotGranted
	case !own.reaches(r):
		return RecipientNotGranted
	}
	if c.spec.SingleUse && consumes(r.Operation) {
		switch reason := f.unused(own.Request, GrantConsumed); {
		case own.Request == "":
			return FactUnknown
		case reason != Permitted:
			return reason
		}
		d.Trace |= FieldConsumed
		d.Obligations |= ObligationSet(ConsumeGrant)
	}
	d.until(own.Until)
	d.Trace |= FieldConsent
	return Permitted
}

// consumes reports whether the operation is a use in the sense of a grant that permits one.
func consumes(op Operation) bool { return op == Use || op == Combine || discloses(op) }

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
	case r.Purpose == "", r.Operation < Collect, r.Operation > Sell, r.Recipient != "" && !discloses(r.Operation):
		return Malformed
	case r.Operation == Sell:
		return ProhibitedOperation
	}
	c := p.purposes[r.Purpose]
	if c == nil {
		return p.unknown(r.Purpose)
	}
	if reason := p.prohibited(c, r); reason != Permitted {
		return reason
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
	ordinal, reason := p.attribute(s, r)
	if reason != Permitted {
		return reason
	}
	if r.Actor.Case != "" && s.mismatch(r) {
		return CaseMismatch
	}
	if len(r.CollectedFor) > 0 && !s.collected(r) {
		return NotCollectedForPurpose
	}
	if !discloses(r.Operation) || r.Recipient == "" {
		return Permitted
	}
	t, reason := s.purpose.to(r.Recipient)
	if reason == Permitted && r.Attribute != "" && t.contract != nil && !t.contract.has(ordinal) {
		return ContractScope
	}
	return reason
}
