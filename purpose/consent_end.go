package purpose

import "time"

// ConsentEnded returns when the person's consent to the last of the purposes of a retention class ended: the instant from which she has taken back, refused or
// let run out the consent to each of them that she ever gave or refused, or to one above it. It is the zero time while she has not, where nothing was ever
// answered, and if a purpose of the class stands on a [LegalGround]. A purpose that needs only a notice, and no consent, has not ended until she said no; one
// whose consent was asked for, and never before, waits for the answer. A purpose that was in the class under a version before counts as it is now, for there
// is data that was collected for it.
//
// A consent that was given anew counts alone: what was there when it was given lives on, if it has not been ended. A no that is said again may count from then.
// The reason is [FactUnknown] if what is known of the person does not tell, and [UnknownPolicy] if neither the policy nor a version before it has such a class.
// Package retention asks it.
func (p *Policy) ConsentEnded(class string, f *Facts) (time.Time, Reason) {
	members := p.members(class)
	if len(members) == 0 {
		return time.Time{}, UnknownPolicy
	}
	if f == nil {
		return time.Time{}, FactUnknown
	}
	last, stands, known := time.Time{}, false, true
	for _, c := range members {
		switch ended, state := c.consentEnded(f); state {
		case Given:
			stands = true
		case Withdrawn:
			if ended.After(last) {
				last = ended
			}
		case Unknown:
			known = false
		}
	}
	switch {
	case !known:
		return time.Time{}, FactUnknown
	case stands:
		return time.Time{}, Permitted
	}
	return last, Permitted
}

// consentEnded returns what is left of the consent to one purpose: Given while it stands, Withdrawn with when it ended, Absent if it was never asked for, or Unknown.
func (c *compiled) consentEnded(f *Facts) (ended time.Time, _ Status) {
	if c.spec.Basis == LegalGround {
		return time.Time{}, Given
	}
	state, own := Given, f.Consent(c.spec.ID)
	switch own.Status {
	case Given:
		if !own.Until.IsZero() && c.spec.Basis != NoticeOnly { // where none is asked, one that ran out is none
			state, ended = Withdrawn, own.Until
		}
	case Refused, Withdrawn:
		state, ended = Withdrawn, own.Since
	case Requested:
	case Absent:
		if c.spec.Basis == ExpressConsent {
			return time.Time{}, Absent
		}
	default:
		return time.Time{}, Unknown
	}
	for _, id := range c.ancestors {
		switch above := f.Consent(id); above.Status {
		case Refused, Withdrawn:
			if state == Given || above.Since.Before(ended) {
				state, ended = Withdrawn, above.Since
			}
		case Unknown:
			return time.Time{}, Unknown
		case Absent, Requested, Given:
		}
	}
	if state == Withdrawn && ended.IsZero() {
		return time.Time{}, Unknown
	}
	return ended, state
}

// members returns the purposes of a class, and those that were in it under a version before: as they are now, or as they were if none of them is left.
func (p *Policy) members(class string) map[ID]*compiled {
	if p == nil || p.versions == nil {
		return nil
	}
	now, gone := make(map[ID]*compiled), make(map[ID]*compiled)
	for _, version := range p.versions.policies[:min(int(p.number), len(p.versions.policies))] {
		for id, c := range version.purposes {
			if c.spec.class() != class {
				continue
			}
			if is := p.purposes[id]; is != nil {
				now[id] = is
			} else {
				gone[id] = c
			}
		}
	}
	if len(now) == 0 {
		return gone
	}
	return now
}
