package purpose

import (
	"slices"
	"time"
)

// route is what a policy lets one purpose send to one recipient, compiled.
type route struct {
	kind     RecipientKind
	reason   Reason // Permitted, or why nothing ever goes
	start    time.Time
	end      time.Time // zero: none agreed
	contract bitset    // the attributes it covers; nil: all, for an authority, which has no contract
	places   []Jurisdiction
	abroad   bool // some place is neither in the territory nor held adequate
	assessed []assessed
}

// assessed is one assessment, seen from one purpose.
type assessed struct {
	reason     Reason // Permitted, or why it never covers
	looked     []Jurisdiction
	made       time.Time
	review     time.Time
	attributes bitset
}

func (p *Policy) route(c *compiled, id string) *route {
	r := p.recipients[id]
	t := &route{kind: r.Kind, start: r.Contract.Start, end: r.Contract.End}
	t.reason = p.passable(c, r)
	if t.reason != Permitted {
		return t
	}
	if r.Kind != Authority {
		t.contract = p.set(r.Contract.Attributes)
	}
	t.places = p.places(r)
	rules := &p.document.Rules
	t.abroad = slices.ContainsFunc(t.places, func(j Jurisdiction) bool {
		return !inside(j, rules.Territory) && !inside(j, rules.Adequate)
	})
	for i := range p.document.Assessments {
		if a := &p.document.Assessments[i]; a.Recipient == id {
			t.assessed = append(t.assessed, p.assess(a, c, r, t.places))
		}
	}
	return t
}

func inside(j Jurisdiction, territories []Jurisdiction) bool {
	return slices.ContainsFunc(territories, j.In)
}

// passable asks what no time changes: the role, and what the contract says.
func (p *Policy) passable(c *compiled, r *Recipient) Reason {
	switch {
	case !slices.Contains(c.spec.Recipients, r.Role):
		return RecipientNotAllowed
	case r.Kind == Authority:
		if c.spec.Basis != LegalGround {
			return RecipientNotAllowed
		}
		return Permitted // by an order or a cited provision, which its purpose asks for
	case r.Contract.Reference == "", r.Contract.Start.IsZero():
		return NoContract
	}
	if r.Kind == Processor {
		for _, u := range p.document.Rules.Undertakings {
			if !slices.Contains(r.Contract.Undertakings, u) {
				return ContractIncomplete
			}
		}
	}
	if !slices.Contains(r.Contract.Purposes, c.spec.ID) {
		return ContractScope
	}
	return Permitted
}

// places returns where the recipient and all it passes data on to are and keep data.
func (p *Policy) places(r *Recipient) []Jurisdiction {
	var places []Jurisdiction
	seen := make(map[string]bool)
	var visit func(*Recipient)
	visit = func(r *Recipient) {
		if r == nil || seen[r.ID] {
			return
		}
		seen[r.ID] = true
		places = append(append(places, r.Jurisdiction), r.Storage...)
		for _, id := range r.Through {
			visit(p.recipients[id])
		}
	}
	visit(r)
	slices.Sort(places)
	return slices.Compact(places)
}

func (p *Policy) assess(a *Assessment, c *compiled, r *Recipient, places []Jurisdiction) assessed {
	out := assessed{reason: Permitted, looked: a.Jurisdictions, made: a.Made, review: a.Review, attributes: p.set(a.Attributes)}
	elsewhere := slices.ContainsFunc(places, func(j Jurisdiction) bool {
		return !inside(j, a.Jurisdictions) && !inside(j, p.document.Rules.Territory) && !inside(j, p.document.Rules.Adequate)
	})
	switch {
	case elsewhere:
		out.reason = NoTransferAssessment // it looked at other places
	case a.Outcome != Adequate:
		out.reason = AssessmentInadequate
	case a.Agreement == "":
		out.reason = NoWrittenAgreement
	case a.Made.Before(r.Contract.Amended):
		out.reason = AssessmentStale
	case !slices.Contains(a.Purposes, c.spec.ID):
		out.reason = AssessmentScope
	}
	return out
}

// recipient asks whether data may go to the recipient: by the purpose, the contract and the transfer.
func (s *Scope) recipient(r *Request, f *Facts, d *Decision) Reason {
	t, reason := s.purpose.to(r.Recipient)
	if reason != Permitted {
		return reason
	}
	if t.kind != Authority {
		switch {
		case r.Time.Before(t.start):
			return NoContract
		case lapsed(t.end, r.Time):
			d.Obligations |= ObligationSet(ConfirmDestruction)
			return ContractExpired
		}
		d.until(t.end)
	}
	d.Obligations |= ObligationSet(RecordDisclosure)
	return t.transfer(s.purpose.rules, r, f, d)
}

func discloses(op Operation) bool { return op == Disclose || op == Transfer }

// to returns the route to a recipient.
func (c *compiled) to(recipient string) (*route, Reason) {
	if recipient == "" {
		return nil, RecipientRequired
	}
	t := c.routes[recipient]
	if t == nil {
		return nil, RecipientNotAllowed // the policy declares it: that was asked before
	}
	return t, t.reason
}

// transfer asks whether data may leave for where the recipient is. A derogation stands in for an assessment.
func (t *route) transfer(rules *Rules, r *Request, f *Facts, d *Decision) Reason {
	leaves, reason := t.leaves(rules, f, d)
	switch {
	case reason != Permitted:
		return reason
	case !leaves:
		return Permitted
	case r.Derogation != nil:
		return derogate(rules, r, f, d)
	}
	closest := NoTransferAssessment
	covered := false
	for i := range t.assessed {
		a := &t.assessed[i]
		switch reason := a.at(r.Time, t, f); {
		case reason == Permitted:
			covered = true
			d.until(a.review) // of the earliest: which of them covers a value is not asked here
		case reason > closest: // the reasons stand in the order in which an assessment is built up
			closest = reason
		}
	}
	if covered {
		return Permitted
	}
	return closest
}

// at asks whether the assessment covers the purpose now, and, where data does not leave the territory but the person's own
// jurisdiction, that it looked where the recipient is.
func (a *assessed) at(now time.Time, t *route, f *Facts) Reason {
	switch {
	case a.reason != Permitted:
		return a.reason
	case now.Before(a.made):
		return NoTransferAssessment
	case lapsed(a.review, now):
		return AssessmentStale
	}
	if !t.abroad {
		for _, j := range t.places {
			if !j.In(f.Residence) && !inside(j, a.looked) {
				return NoTransferAssessment
			}
		}
	}
	return Permitted
}

// leaves reports whether the recipient is outside of where data moves freely.
func (t *route) leaves(rules *Rules, f *Facts, d *Decision) (bool, Reason) {
	switch {
	case t.abroad:
		return true, Permitted
	case !rules.Residence:
		return false, Permitted
	case f.Residence == "" && !f.Complete:
		return false, FactUnknown
	}
	if f.Residence != "" && slices.ContainsFunc(t.places, func(j Jurisdiction) bool { return !j.In(f.Residence) }) {
		return true, Permitted
	}
	d.Trace |= FieldResidence
	return false, Permitted
}

func derogate(rules *Rules, r *Request, f *Facts, d *Decision) Reason {
	x := r.Derogation
	i := slices.IndexFunc(rules.Derogations, func(rule DerogationRule) bool { return rule.Ground == x.Ground })
	switch {
	case i < 0, x.ID == "", x.Approver == "", x.Until.IsZero():
		return DerogationNotAllowed
	case lapsed(x.Until, r.Time):
		return DerogationExpired
	}
	if rules.Derogations[i].Once {
		if reason := f.unused(x.ID, DerogationConsumed); reason != Permitted {
			return reason
		}
		d.Trace |= FieldConsumed
	}
	d.until(x.Until)
	d.Obligations |= ObligationSet(RecordDerogation)
	return Permitted
}

// unused asks whether what permits one use has not been used.
func (f *Facts) unused(id string, used Reason) Reason {
	switch {
	case f.Consumed[id]:
		return used
	case !f.Complete:
		return FactUnknown
	}
	return Permitted
}

// covers returns the attributes that may leave, where data leaves; nil is all.
func (t *route) covers(rules *Rules, r *Request, f *Facts) bitset {
	var scratch Decision
	if f == nil {
		f = new(Facts)
	}
	if leaves, reason := t.leaves(rules, f, &scratch); reason == Permitted && !leaves || r.Derogation != nil {
		return nil
	}
	all := bitset{}
	for i := range t.assessed {
		if a := &t.assessed[i]; a.at(r.Time, t, f) == Permitted {
			all = all.union(a.attributes)
		}
	}
	return all
}

// released asks whether the contract, and where data leaves the assessment, cover the attribute.
func (s *Scope) released(ordinal uint16, r *Request, f *Facts) Reason {
	t := s.purpose.routes[r.Recipient]
	if t.contract != nil && !t.contract.has(ordinal) {
		return ContractScope
	}
	var scratch Decision
	if leaves, _ := t.leaves(s.purpose.rules, f, &scratch); !leaves || r.Derogation != nil {
		return Permitted
	}
	for i := range t.assessed {
		if a := &t.assessed[i]; a.at(r.Time, t, f) == Permitted && a.attributes.has(ordinal) {
			return Permitted
		}
	}
	return AssessmentScope
}
