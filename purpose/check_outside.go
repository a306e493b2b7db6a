package purpose

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// What follows checks what stands beside the purposes: whom data goes to, and what holds for all of them.

const maxMinorAge = 25 // years; an age above it is a slip of the pen

func (c *check) outside(d *Document) {
	c.rules(&d.Rules, len(d.Recipients) > 0)
	c.recipients(d)
	c.assessments(d)
	c.prohibitions(d)
	c.terms(d.Terms)
	c.statements(&d.Statements)
	for i, text := range d.Security {
		c.bilingual(fmt.Sprintf("security[%d]", i), text)
	}
}

func (c *check) bilingual(at string, t Text) {
	if strings.TrimSpace(t.EN) == "" {
		c.fault(at, "needs English")
	}
	if strings.TrimSpace(t.FR) == "" {
		c.fault(at, "needs French")
	}
}

// enumerated reports a value of an enumeration that is none, or is there twice.
func enumerated[T ~uint8](c *check, at string, list []T, last T, what string) {
	seen := make(map[T]bool, len(list))
	for _, x := range list {
		switch {
		case x < 1 || x > last:
			c.fault(at, "%d is no %s", x, what)
		case seen[x]:
			c.fault(at, "%v is there twice", x)
		}
		seen[x] = true
	}
}

func (c *check) territories(at string, list []Jurisdiction) {
	seen := make(map[Jurisdiction]bool, len(list))
	for _, j := range list {
		switch {
		case !j.Valid():
			c.fault(at, "%q is not written as ISO 3166 writes a country or a part of one", j)
		case seen[j]:
			c.fault(at, "%q is there twice", j)
		}
		seen[j] = true
	}
}

func (c *check) rules(r *Rules, required bool) {
	if r.Name == "" && len(r.Territory) == 0 {
		if required {
			c.fault("rules", "are required where there are recipients: purpose.Quebec() or purpose.GDPR(), or your own")
		}
		return
	}
	if !word(r.Name) {
		c.fault("rules.name", "must be 1 to %d of a-z 0-9 _, not %q", maxName, r.Name)
	}
	if len(r.Territory) == 0 {
		c.fault("rules.territory", "needs at least one jurisdiction")
	}
	c.territories("rules.territory", r.Territory)
	c.territories("rules.adequate", r.Adequate)
	enumerated(c, "rules.undertakings", r.Undertakings, NoConsideration, "undertaking")
	enumerated(c, "rules.rights", r.Rights, HumanReviewRight, "right")
	seen := make(map[Ground]bool, len(r.Derogations))
	for i, rule := range r.Derogations {
		at := fmt.Sprintf("rules.derogations[%d]", i)
		switch {
		case rule.Ground < Emergency || rule.Ground > CompellingInterests:
			c.fault(at+".ground", "is required")
		case seen[rule.Ground]:
			c.fault(at+".ground", "%v is there twice", rule.Ground)
		}
		seen[rule.Ground] = true
		if strings.TrimSpace(rule.Citation) == "" {
			c.fault(at+".citation", "is required: an exception is a provision one can read")
		}
	}
	if r.MinorAge < 0 || r.MinorAge > maxMinorAge {
		c.fault("rules.minor_age", "must be 0 to %d", maxMinorAge)
	}
}

func (c *check) recipients(d *Document) {
	all := recipients(d)
	for i := range d.Recipients {
		r := &d.Recipients[i]
		at := fmt.Sprintf("recipients[%q]", r.ID)
		if r.ID == "" {
			at = fmt.Sprintf("recipients[%d]", i)
		}
		switch {
		case !dotted(r.ID):
			c.fault(at+".id", "must be words of a-z 0-9 _ joined by dots, at most %d bytes", maxName)
		case all[r.ID] != r:
			c.fault(at+".id", "is declared twice")
		}
		if strings.TrimSpace(r.Name) == "" {
			c.fault(at+".name", "is required")
		}
		if !word(string(r.Role)) {
			c.fault(at+".role", "must be 1 to %d of a-z 0-9 _, not %q", maxName, r.Role)
		}
		if r.Kind < Processor || r.Kind > Authority {
			c.fault(at+".kind", "is required")
		}
		if !r.Jurisdiction.Valid() {
			c.fault(at+".jurisdiction", "must be a country or a part of one as ISO 3166 writes it, not %q", r.Jurisdiction)
		}
		c.territories(at+".storage", r.Storage)
		c.through(at+".through", r, all)
		c.contract(at+".contract", &r.Contract)
	}
}

// through finds recipients that are not declared, and circles of them.
func (c *check) through(at string, r *Recipient, all map[string]*Recipient) {
	seen := make(map[string]bool, len(r.Through))
	for _, id := range r.Through {
		switch {
		case seen[id]:
			c.fault(at, "%q is there twice", id)
		case all[id] == nil:
			c.fault(at, "%q is not declared", id)
		case reaches(all[id], r.ID, all, make(map[string]bool)):
			c.fault(at, "%q passes data on to %q again", id, r.ID)
		}
		seen[id] = true
	}
}

func reaches(from *Recipient, id string, all map[string]*Recipient, visited map[string]bool) bool {
	if from == nil || visited[from.ID] {
		return false
	}
	visited[from.ID] = true
	return from.ID == id || slices.ContainsFunc(from.Through, func(next string) bool { return reaches(all[next], id, all, visited) })
}

// contract checks what is written; what is missing is no fault of the document but denies each disclosure.
func (c *check) contract(at string, x *Contract) {
	for _, id := range x.Purposes {
		if c.specs[id] == nil {
			c.fault(at+".purposes", "%q is not declared", id)
		}
	}
	c.declared(at+".attributes", x.Attributes)
	enumerated(c, at+".undertakings", x.Undertakings, NoConsideration, "undertaking")
	if !x.End.IsZero() && !x.End.After(x.Start) {
		c.fault(at+".end", "must be after start")
	}
	if !x.Amended.IsZero() && x.Amended.Before(x.Start) {
		c.fault(at+".amended", "must not be before start")
	}
}

// declared finds attributes that no purpose lists.
func (c *check) declared(at string, attributes []Attribute) {
	for _, a := range attributes {
		if !c.listed[a] {
			c.fault(at, "%q is in no purpose", a)
		}
	}
}

func (c *check) assessments(d *Document) {
	seen := make(map[string]bool, len(d.Assessments))
	all := recipients(d)
	for i := range d.Assessments {
		a := &d.Assessments[i]
		at := fmt.Sprintf("assessments[%q]", a.ID)
		switch {
		case !version(a.ID):
			at = fmt.Sprintf("assessments[%d]", i)
			c.fault(at+".id", "must be 1 to %d of a-z 0-9 _ . -, not %q", maxName, a.ID)
		case seen[a.ID]:
			c.fault(at+".id", "is there twice")
		}
		seen[a.ID] = true
		if all[a.Recipient] == nil {
			c.fault(at+".recipient", "%q is not declared", a.Recipient)
		}
		if len(a.Jurisdictions) == 0 {
			c.fault(at+".jurisdictions", "needs at least one")
		}
		c.territories(at+".jurisdictions", a.Jurisdictions)
		for _, id := range a.Purposes {
			if c.specs[id] == nil {
				c.fault(at+".purposes", "%q is not declared", id)
			}
		}
		c.declared(at+".attributes", a.Attributes)
		for _, factor := range []struct{ name, text string }{
			{"sensitivity", a.Factors.Sensitivity}, {"purposes", a.Factors.Purposes}, {"measures", a.Factors.Measures}, {"framework", a.Factors.Framework},
		} {
			if strings.TrimSpace(factor.text) == "" {
				c.fault(at+".factors."+factor.name, "is required: an assessment weighs it")
			}
		}
		if a.Outcome > Adequate {
			c.fault(at+".outcome", "%d is no outcome", a.Outcome)
		}
		if strings.TrimSpace(a.Approver) == "" {
			c.fault(at+".approver", "is required")
		}
		c.dates(at, a.Made, a.Review)
	}
}

func (c *check) dates(at string, made, review time.Time) {
	switch {
	case made.IsZero():
		c.fault(at+".made", "is required")
	case review.IsZero():
		c.fault(at+".review", "is required: no assessment holds for ever")
	case !review.After(made):
		c.fault(at+".review", "must be after made")
	}
}

func (c *check) prohibitions(d *Document) {
	seen := make(map[string]bool, len(d.Prohibitions))
	for i := range d.Prohibitions {
		x := &d.Prohibitions[i]
		at := fmt.Sprintf("prohibitions[%q]", x.Name)
		switch {
		case !word(x.Name):
			at = fmt.Sprintf("prohibitions[%d]", i)
			c.fault(at+".name", "must be 1 to %d of a-z 0-9 _, not %q", maxName, x.Name)
		case seen[x.Name]:
			c.fault(at+".name", "is there twice")
		}
		seen[x.Name] = true
		c.bilingual(at+".title", x.Title)
		if x.Within != "" && c.specs[x.Within] == nil {
			c.fault(at+".within", "%q is not declared", x.Within)
		}
		if len(x.Operations) == 0 {
			c.fault(at+".operations", "needs at least one")
		}
		enumerated(c, at+".operations", x.Operations, Sell, "operation")
		enumerated(c, at+".to", x.To, Authority, "kind of recipient")
		if len(x.To) > 0 && slices.ContainsFunc(x.Operations, func(op Operation) bool { return !discloses(op) && op != Sell }) {
			c.fault(at+".to", "is only for operations that disclose")
		}
	}
}

func (c *check) terms(terms []Term) {
	seen := make(map[string]bool, len(terms))
	for i := range terms {
		t := &terms[i]
		at := fmt.Sprintf("terms[%q]", t.ID)
		switch {
		case !dotted(t.ID):
			at = fmt.Sprintf("terms[%d]", i)
			c.fault(at+".id", "must be words of a-z 0-9 _ joined by dots, at most %d bytes", maxName)
		case seen[t.ID]:
			c.fault(at+".id", "is there twice")
		}
		seen[t.ID] = true
		c.bilingual(at+".title", t.Title)
	}
}

func (c *check) statements(s *Statements) {
	enumerated(c, "statements.promises", s.Promises, ProvidedOnly, "promise")
	enumerated(c, "statements.rights", s.Rights, HumanReviewRight, "right")
	enumerated(c, "statements.derogations", s.Derogations, CompellingInterests, "ground")
	if s.Changes > ChangeNotified {
		c.fault("statements.changes", "%d is no way of telling", s.Changes)
	}
	if s.MinorAge < 0 || s.MinorAge > maxMinorAge {
		c.fault("statements.minor_age", "must be 0 to %d", maxMinorAge)
	}
}

// bounds checks what a purpose says beyond who may do what.
func (c *check) bounds(at string, s, parent *Spec) {
	seen := make(map[Role]bool, len(s.Recipients))
	for _, role := range s.Recipients {
		switch {
		case !word(string(role)):
			c.fault(at+".recipients", "%q must be 1 to %d of a-z 0-9 _", role, maxName)
		case seen[role]:
			c.fault(at+".recipients", "%q is there twice", role)
		case parent != nil && !slices.Contains(parent.Recipients, role):
			c.fault(at+".recipients", "%q is not in the parent", role)
		}
		seen[role] = true
	}
	if len(s.Recipients) > 0 && !slices.ContainsFunc(s.Operations, discloses) {
		c.fault(at+".recipients", "are named, and neither disclose nor transfer is an operation")
	}
	if s.SingleUse && s.Basis != ExpressConsent {
		c.fault(at+".single_use", "needs express consent")
	}
	if s.Ordered && s.Basis != LegalGround {
		c.fault(at+".ordered", "needs a legal ground")
	}
	switch {
	case s.Cited && s.Basis != LegalGround:
		c.fault(at+".cited", "needs a legal ground")
	case s.Cited && s.Citation != "":
		c.fault(at+".citation", "must be empty: each request names its own")
	}
	if b := s.BreakGlass; !b.IsZero() && (b.Subjects <= 0 || b.For <= 0) {
		c.fault(at+".break_glass", "needs a number of persons and a time, both positive")
	}
	enumerated(c, at+".obligations", s.Obligations, TellAutomated, "obligation a purpose can declare")
	for _, subject := range s.Subjects {
		if !word(subject) {
			c.fault(at+".subjects", "%q must be 1 to %d of a-z 0-9 _", subject, maxName)
		}
	}
	for _, a := range s.Requires {
		if !dotted(string(a)) || a.Category() == "" {
			c.fault(at+".requires", "%q must be category.name, words of a-z 0-9 _, at most %d bytes", a, maxName)
		}
	}
	if !s.Cited && (openEnded(s.Title) || openEnded(s.Description)) {
		c.fault(at+".title", "is open-ended: a purpose says all it is for")
	}
}
