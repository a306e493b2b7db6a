package purpose

import "time"

// Question is a [Request] compiled once, to be asked over the facts of many subjects or at many times: what depends on neither has
// been looked up. It never changes and is safe for concurrent use; make it with [Policy.Prepare]. A nil or zero Question denies.
type Question struct {
	asked   asked
	request Request
}

// Prepare compiles the request; its Time is not looked at. The error is a [*Denied] if no facts could allow it, as [Policy.Possible] tells.
// The slices and pointers of the request must not be changed afterwards.
func (p *Policy) Prepare(r Request) (*Question, error) {
	if reason := p.possible(&r); reason != Permitted {
		return nil, p.denied(r.Purpose, r.Attribute, reason)
	}
	s, reason := p.purposes[r.Purpose].scope(r.Operation, r.Actor.Role)
	if reason != Permitted || r.Actor.Role == "" || r.Actor.ID == "" {
		return nil, p.denied(r.Purpose, r.Attribute, ActorNotAuthorized)
	}
	if !s.collected(&r) {
		return nil, p.denied(r.Purpose, r.Attribute, NotCollectedForPurpose)
	}
	q := &Question{request: r}
	q.asked = asked{policy: p, scope: s, ordinal: p.ordinals[r.Attribute], collected: true}
	if from := s.purpose.spec.Retention.From; r.Attribute != "" && r.Operation != Collect && (from == FromCollection || from == FromYearEnd) {
		end, reason, _ := s.end(r.CollectedAt, r.Case, nil)
		q.asked.end, q.asked.ends = end, reason == Permitted
	}
	return q, nil
}

// Decide answers the request at a time over facts: what [Policy.Decide] answers. It allocates nothing when it permits.
func (q *Question) Decide(at time.Time, f *Facts) Decision {
	if q == nil || q.asked.policy == nil {
		return Decision{Reason: Malformed}
	}
	p := q.asked.policy
	r := q.request
	r.Time = at
	if f == nil || at.Before(p.effective) || !p.next.IsZero() && !at.Before(p.next) {
		return p.Decide(r, f) // rare: the version in force is another
	}
	d := Decision{Purpose: r.Purpose, Attribute: r.Attribute, Recipient: r.Recipient, Policy: p.version, Ledger: f.Ledger}
	if d.Reason = q.asked.decide(&r, f, &d); d.Reason != Permitted {
		d.clear()
	}
	return d
}
