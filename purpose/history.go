package purpose

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"
)

// ErrAltered is matched by the error of [NewHistory] when a document is no longer the one that was published.
var ErrAltered = errors.New("purpose: the document is not the one that was published")

// Published is a document as it was published: with its hash, which the organisation keeps beside it, so that nobody
// changes afterwards what people were told.
type Published struct {
	Document Document
	Hash     string // as [Document.Hash] gave it on that day
}

// Publish checks the document as [NewPolicy] does and returns it with its hash.
func Publish(d Document) (Published, error) {
	if _, err := NewPolicy(d); err != nil {
		return Published{}, err
	}
	return Published{d.clone(), d.Hash()}, nil
}

// History is every version of a policy that was ever published, in order. It never changes and is safe for concurrent use;
// make it with [NewHistory].
//
// Consent given under one version holds under a later one exactly for the purposes that were not widened in between
// ([Diff] says which); for the others a decision is NeedsRenewal, or NoticeRequired where the ground is a notice. A version that returns to an
// older text is a version of its own: what had lapsed does not come back, and what was withdrawn stays so.
type History struct{ lineage *lineage }

// lineage is the versions of one history, in order.
type lineage struct {
	policies []*Policy
	numbers  map[string]uint16 // by name, from 1
}

// after returns the versions that follow number n.
func (l *lineage) after(n uint16) []*Policy {
	if l == nil {
		return nil
	}
	return l.policies[min(int(n), len(l.policies)):]
}

// NewHistory returns the history of versions, which must be all that were ever published, in order: a stored value names its
// version by place. The error joins one [*Fault] for each thing that is wrong: a document that [NewPolicy] refuses, a hash that is not the
// document's (it matches [ErrAltered]), a version named twice, an effective date not after the one before, a purpose whose domain
// is no longer what it was.
func NewHistory(versions ...Published) (*History, error) {
	var faults []error
	l := &lineage{numbers: make(map[string]uint16, len(versions))}
	if len(versions) == 0 {
		faults = append(faults, &Fault{Place: "versions", Problem: "has none"})
	}
	if len(versions) > 1<<15 {
		return nil, &Fault{Place: "versions", Problem: fmt.Sprintf("has %d; the most is %d", len(versions), 1<<15)}
	}
	domains := make(map[ID]string)
	for i := range versions {
		d := &versions[i].Document
		at := fmt.Sprintf("versions[%d]", i)
		fault := func(place, problem string) { faults = append(faults, &Fault{Place: at + place, Problem: problem}) }
		var c check
		c.document(d)
		for _, err := range c.faults {
			if f, ok := errors.AsType[*Fault](err); ok {
				fault("."+f.Place, f.Problem)
			}
		}
		if versions[i].Hash != d.Hash() {
			faults = append(faults, fmt.Errorf("%w: %w", ErrAltered, &Fault{Place: at + ".hash", Problem: "is not the hash of the document"}))
		}
		if _, twice := l.numbers[d.Version]; twice {
			fault(".version", fmt.Sprintf("%q is there twice", d.Version))
		}
		if i > 0 && !d.Effective.After(versions[i-1].Document.Effective) {
			fault(".effective", "must be after that of the version before")
		}
		for k := range d.Purposes {
			s := &d.Purposes[k]
			if was, ok := domains[s.ID]; ok && was != s.Domain {
				fault("."+place(s.ID)+".domain", fmt.Sprintf("was %q when it was first published, and keys are bound to it", was))
			} else if !ok {
				domains[s.ID] = s.Domain
			}
		}
		l.numbers[d.Version] = uint16(i + 1)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}

	var since map[ID]uint16
	kept := newKeeping()
	for i := range versions {
		p := compile(versions[i].Document.clone())
		p.number, p.versions = uint16(i+1), l
		since = p.carry(since, l.policies)
		p.settle(func(id ID) uint16 { return since[id] })
		kept.next(p)
		if i > 0 {
			l.policies[i-1].next = p.effective
		}
		l.policies = append(l.policies, p)
	}
	return &History{l}, nil
}

// carry says since which version the consents to each purpose hold, from what was true one version before.
func (p *Policy) carry(before map[ID]uint16, older []*Policy) map[ID]uint16 {
	now := make(map[ID]uint16, len(p.ids))
	for _, id := range p.ids {
		now[id] = p.number
		if since, ok := before[id]; ok {
			now[id] = since
		}
	}
	if len(older) > 0 {
		for _, c := range Diff(older[len(older)-1].document, p.document) {
			if _, ok := now[c.Purpose]; ok && c.Lapses {
				now[c.Purpose] = p.number
			}
		}
	}
	return now
}

// At returns the version in force at t; before the first, the first. It is nil for a nil or zero History.
func (h *History) At(t time.Time) *Policy {
	if h == nil || h.lineage == nil {
		return nil
	}
	return h.lineage.policies[0].At(t)
}

// Policy returns the newest version. What is asked of it is answered by the version in force at the time of the question, so it
// is what a registry is given.
func (h *History) Policy() *Policy {
	if h == nil || h.lineage == nil {
		return nil
	}
	return h.lineage.policies[len(h.lineage.policies)-1]
}

// Versions yields the versions in order.
func (h *History) Versions() iter.Seq[*Policy] {
	if h == nil || h.lineage == nil {
		return slices.Values[[]*Policy](nil)
	}
	return slices.Values(h.lineage.policies)
}

// Ended returns when a purpose left the policy for good, and the rule by which what was collected for it then ends. It returns
// false for a purpose that the newest version still has, or that none ever had.
func (h *History) Ended(id ID) (time.Time, Retention, bool) {
	var end time.Time
	var rule Retention
	ended := false
	for p := range h.Versions() {
		c := p.purposes[id]
		switch {
		case c != nil:
			rule, ended, end = c.spec.Retention, false, time.Time{}
		case rule != (Retention{}) && !ended:
			end, ended = p.effective, true
		}
	}
	if !ended {
		return time.Time{}, Retention{}, false
	}
	return end, rule, true
}

// At returns the version of the policy's history that is in force at t; before the first, the first.
// A policy made by [NewPolicy] is its own only version.
func (p *Policy) At(t time.Time) *Policy {
	if p == nil || p.versions == nil || len(p.versions.policies) < 2 ||
		!t.Before(p.effective) && (p.next.IsZero() || t.Before(p.next)) {
		return p
	}
	all := p.versions.policies
	i, found := slices.BinarySearchFunc(all, t, func(have *Policy, t time.Time) int { return have.effective.Compare(t) })
	if !found {
		i--
	}
	return all[max(i, 0)]
}

// Numbered returns the version of the policy's history that has the number, and false if there is none.
func (p *Policy) Numbered(number uint16) (*Policy, bool) {
	if p == nil || p.versions == nil || number == 0 || int(number) > len(p.versions.policies) {
		return nil, false
	}
	return p.versions.policies[number-1], true
}
