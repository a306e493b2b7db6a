package purpose

import (
	"slices"
	"time"
)

// skew is how far a collection may lie ahead of the question: clocks differ, and tokens keep days.
const skew = 24 * time.Hour

// The times of collection that make sense lie between the zero time and the year 10000, here in Unix seconds.
const (
	zeroUnix = -62135596800
	lastUnix = 253402300800
)

// Scope is what a policy lets one role do to attributes in one operation of one purpose, compiled so that package pii
// can ask at every value. It is the same code [Policy.Decide] runs; the two cannot disagree.
// A Scope says nothing of notice, consent or an open case: those are asked once, when a use begins.
// It never changes and is safe for concurrent use; the zero Scope denies. Most programs never name it.
type Scope struct {
	purpose   *compiled // nil: the operation is not listed
	operation Operation
	granted   bitset // the role's attributes
	narrowed  *narrowed
	least     uint64 // seconds after collection at which retention cannot have ended yet
}

func newScope(c *compiled, op Operation, granted bitset) Scope {
	return Scope{purpose: c, operation: op, granted: granted, least: uint64(c.spec.Retention.Keep.leastDays()) * 24 * 60 * 60}
}

// Scope returns the scope of a role in an operation of a purpose. The reason is [Permitted], or why there is none
// and the scope is nil: [Malformed], [ProhibitedOperation], [UnknownPurpose], [ActorNotAuthorized] or [OperationNotInPurpose].
// It does not allocate.
func (p *Policy) Scope(id ID, op Operation, role Role) (*Scope, Reason) {
	if p == nil {
		return nil, UnknownPolicy
	}
	if id == "" || op < Collect || op > Sell {
		return nil, Malformed
	}
	if op == Sell {
		return nil, ProhibitedOperation
	}
	c := p.purposes[id]
	if c == nil {
		return nil, UnknownPurpose
	}
	return c.scope(op, role)
}

func (c *compiled) scope(op Operation, role Role) (*Scope, Reason) {
	if op == Collect {
		// Collecting opens nothing, so it asks who, but no role: else whoever takes a form in could also read it.
		if c.collect.purpose != nil {
			return &c.collect, Permitted
		}
		return nil, OperationNotInPurpose
	}
	scopes := c.roles[role] // no policy declares the empty role
	if scopes == nil {
		return nil, ActorNotAuthorized
	}
	if s := &scopes[op]; s.purpose != nil {
		return s, Permitted
	}
	return nil, OperationNotInPurpose
}

// Ordinal returns the ordinal of the purpose, as [Policy.Ordinal] does.
func (s *Scope) Ordinal() uint16 {
	if s.purpose == nil {
		return 0
	}
	return s.purpose.ordinal
}

// Purpose returns the purpose, "" for the zero Scope.
func (s *Scope) Purpose() ID {
	if s.purpose == nil {
		return ""
	}
	return s.purpose.spec.ID
}

// Of returns the ordinal of an attribute in the scope's version of the policy, and false if no purpose of it lists the attribute.
func (s *Scope) Of(a Attribute) (uint16, bool) {
	if s.purpose == nil {
		return 0, false
	}
	return s.purpose.versions.policies[s.purpose.number-1].AttributeOrdinal(a)
}

// CaseBound reports whether a value of another case than the actor's is denied with [CaseMismatch].
// Collecting is bound to none: what is taken in may be what opens the case.
func (s *Scope) CaseBound() bool {
	return s.purpose == nil || s.purpose.spec.CaseBound && s.operation != Collect
}

// narrowed is what an order, a recipient, holds and an erasure leave of a scope. A nil set leaves all.
type narrowed struct {
	ordered, contract, assessed bitset
	held                        bool // which values it opens depends on holds of cases, or until when on an erasure
}

// Narrow returns the scope within what the request's order lists, its recipient may have, and holds and erasures leave, at the request's time and
// over facts that [Policy.Decide] permitted it on; until that decision lapses. Without any of them, that is s itself.
func (s *Scope) Narrow(p *Policy, r Request, f *Facts) *Scope {
	c := s.purpose
	if c == nil {
		return s
	}
	held := s.depends(f)
	if r.Order == nil && !discloses(s.operation) && !held {
		return s
	}
	n := &narrowed{held: held}
	if r.Order != nil && s.operation != Collect {
		n.ordered = p.set(r.Order.Attributes)
	}
	if discloses(s.operation) {
		n.contract, n.assessed = newBitset(c.attributes), newBitset(c.attributes)
		if t, reason := c.to(r.Recipient); reason == Permitted {
			n.contract = t.contract
			n.assessed = t.covers(c.rules, &r, f)
		}
	}
	out := *s
	out.narrowed = n
	if held {
		out.least = 0 // the end must be found
	}
	return &out
}

// Held reports whether [Scope.Restrained] must be asked at each value: the scope was narrowed over facts with a hold on a case, or of a person who
// was erased.
func (s *Scope) Held() bool { return s.narrowed != nil && s.narrowed.held }

// depends reports whether it depends on the value what holds and erasures leave of it.
func (s *Scope) depends(f *Facts) bool {
	switch s.operation {
	case Collect, Store, Rights, Maintenance:
		return false
	}
	if f == nil {
		return false
	}
	return !f.Erased.IsZero() || slices.ContainsFunc(f.Holds, func(h Hold) bool { return h.Case != "" })
}

// Released says whether the recipient may have the attribute of that ordinal: [Permitted], [ContractScope] or [AssessmentScope].
// It is asked after the value was found to be collected for the purpose. A scope that was not narrowed to a recipient
// releases to none, so it is Permitted.
func (s *Scope) Released(ordinal uint16) Reason {
	switch n := s.narrowed; {
	case n == nil:
		return Permitted
	case n.contract != nil && !n.contract.has(ordinal):
		return ContractScope
	case n.assessed != nil && !n.assessed.has(ordinal):
		return AssessmentScope
	}
	return Permitted
}

// Attribute says whether the role may have the attribute of that ordinal: [Permitted], or [UnknownAttribute],
// [CategoryNotInPurpose], [AttributeNotInPurpose], [AttributeNotForRole], [OutsideOrderScope], in that order.
// [DeidentifiedOnly] means that all of those hold and the value may leave through a generaliser, never in clear.
func (s *Scope) Attribute(ordinal uint16) Reason {
	if s.granted.has(ordinal) {
		if s.narrowed != nil && s.narrowed.ordered != nil && !s.narrowed.ordered.has(ordinal) {
			return OutsideOrderScope
		}
		if s.purpose.spec.Deidentify && s.reveals() {
			return DeidentifiedOnly
		}
		return Permitted
	}
	return s.purpose.refuse(ordinal)
}

// refuse says why an attribute that the role does not have is denied.
func (c *compiled) refuse(ordinal uint16) Reason {
	switch {
	case c == nil:
		return Undecided
	case int(ordinal) >= c.attributes:
		return UnknownAttribute
	case c.listed.has(ordinal):
		return AttributeNotForRole
	case c.categories.has(ordinal):
		return AttributeNotInPurpose
	}
	return CategoryNotInPurpose
}

// reveals reports whether the operation brings the value before someone.
func (s *Scope) reveals() bool {
	return s.operation != Collect && s.operation != Erase && s.operation != Store
}

// Exempt reports whether the scope opens values whatever they were collected for: the operations [Rights] and
// [Maintenance], a [Spec] that is Secondary, and [Collect], which has no earlier collection.
func (s *Scope) Exempt() bool {
	return s.purpose != nil && s.purpose.spec.Secondary || s.operation == Rights || s.operation == Maintenance || s.operation == Collect
}

// End returns the first instant at which the purpose no longer opens a value, the zero time if nothing has started the
// period yet. The value was collected at collectedAt and belongs to the case caseID, or to none if that is "".
// The reason is [Permitted], [Malformed] if collectedAt is zero or outside the years 1 to 9999,
// or [FactUnknown] if the rule starts with an event that f does not know of. A nil f knows nothing.
//
// An end that passed stays passed. A case or an account that is taken up again, or a case that is opened where none was, keeps what has not ended by then, and brings nothing back; a value of no case has ended
// when none was open for long enough once. A version of the policy that keeps a class for longer than the ones before keeps what had not ended when it came into force.
//
// End does not look at the clock; [Scope.Live] does.
func (s *Scope) End(collectedAt time.Time, caseID string, f *Facts) (time.Time, Reason) {
	end, reason, _ := s.end(collectedAt, caseID, f)
	return end, reason
}

// Live is End and the clock: [RetentionExpired] from the end on, and [Malformed] if the collection lies more than
// 24 hours ahead of now.
func (s *Scope) Live(collectedAt, now time.Time, caseID string, f *Facts) (time.Time, Reason) {
	end, reason, _ := s.live(collectedAt, now, caseID, f)
	return end, reason
}

func (s *Scope) live(collectedAt, now time.Time, caseID string, f *Facts) (time.Time, Reason, Fields) {
	if s.operation == Collect {
		return time.Time{}, Permitted, 0
	}
	if collectedAt.Sub(now) > skew {
		return time.Time{}, Malformed, 0
	}
	end, reason, trace := s.end(collectedAt, caseID, f)
	if reason == Permitted && !end.IsZero() && !now.Before(end) {
		return time.Time{}, RetentionExpired, 0
	}
	return end, reason, trace
}

func (s *Scope) end(collectedAt time.Time, caseID string, f *Facts) (time.Time, Reason, Fields) {
	switch {
	case s.purpose == nil:
		return time.Time{}, Undecided, 0
	case s.operation == Collect:
		return time.Time{}, Permitted, 0
	}
	if year := collectedAt.UTC().Year(); collectedAt.IsZero() || year < 1 || year > 9999 {
		return time.Time{}, Malformed, 0
	}
	c := s.purpose
	end, reason, trace := c.limit.end(collectedAt, caseID, f)
	for i := 0; i < len(c.earlier) && reason == Permitted; i++ {
		passed, earlier, rests := c.earlier[i].end(collectedAt, caseID, f)
		reason, trace = earlier, trace|rests
		if !passed.IsZero() && (end.IsZero() || passed.Before(end)) {
			end = passed
		}
	}
	if reason != Permitted {
		return time.Time{}, reason, 0
	}
	return end, Permitted, trace
}

// lastCase returns the state of the named case, or of all cases together: open while one is, closed when the last closed.
// It needs complete facts even beside an open case: what an answer rests on must be known.
func lastCase(f *Facts, caseID string) (time.Time, CaseStatus) {
	if f == nil || !f.Complete {
		return time.Time{}, CaseUnknown
	}
	if caseID != "" {
		c := f.Case(caseID)
		return c.Closed, c.Status
	}
	var last time.Time
	together := CaseAbsent
	for _, c := range f.Cases {
		switch c.Status {
		case CaseOpen:
			return time.Time{}, CaseOpen
		case CaseAbsent:
		case CaseClosed:
			if together == CaseAbsent {
				together = CaseClosed
			}
			if c.Closed.After(last) {
				last = c.Closed
			}
		default:
			together = CaseUnknown
		}
	}
	return last, together
}

func account(f *Facts) (time.Time, CaseStatus) {
	if f == nil {
		return time.Time{}, CaseUnknown
	}
	return f.Account.Closed, f.Account.Status
}

// Known reports whether f knows every event that could start the period, so that [Scope.End] cannot answer
// [FactUnknown], whatever the case. Ask it once for the facts of a use, and [Scope.SurelyLive] at each value.
func (s *Scope) Known(f *Facts) bool {
	if s.purpose == nil || s.Held() && !f.restraints() {
		return false
	}
	if !starts(s.purpose.limit.from, f) {
		return false
	}
	for i := range s.purpose.earlier {
		if !starts(s.purpose.earlier[i].from, f) {
			return false
		}
	}
	return true
}

// starts reports whether f knows every event of a trigger.
func starts(from Trigger, f *Facts) bool {
	switch from {
	case FromCaseClosed:
		if f == nil || !f.Complete {
			return false
		}
		for _, c := range f.Cases {
			if !known(c.Status) || vague(c.Ended) {
				return false
			}
		}
		return true
	case FromAccountClosed:
		_, status := account(f)
		return known(status) && !vague(f.Account.Ended)
	default:
		return true
	}
}

// vague reports whether it is not known of one of the stretches when it closed.
func vague(ended []Span) bool {
	return slices.ContainsFunc(ended, func(s Span) bool { return s.Closed.IsZero() })
}

func known(s CaseStatus) bool { return s > CaseUnknown && s <= CaseClosed }

// SurelyUntil returns the Unix time before which SurelyLive holds, for a collection it ever holds for.
func (s *Scope) SurelyUntil(collectedAt int64) int64 {
	return collectedAt + int64(min(s.least, 1<<40))
}

// SurelyLive reports, in a few nanoseconds, that retention cannot have ended yet; both times are Unix seconds.
// False means only that [Scope.End] must be asked. It counts years as 365 and months as 28 days from the collection, and
// no period starts before it. It is a shortcut only for facts that are [Scope.Known]: over others Decide
// answers [FactUnknown].
func (s *Scope) SurelyLive(collectedAt, now int64) bool {
	// The first two tests also keep the difference from wrapping into the accepted range. A collection ahead of now
	// gives a huge number, and is left to End.
	return collectedAt > zeroUnix && collectedAt < lastUnix && uint64(now-collectedAt) < s.least
}
