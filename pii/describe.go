package pii

import (
	"time"

	"github.com/purposebound/purposebound/purpose"
)

// Description is what a token says in clear of the value in it: enough to tell a person what is kept of her and what for, and a program what
// has come to its end. It is personal data, and it is not checked that it is genuine: only revealing the value does that.
type Description struct {
	Attribute   purpose.Attribute
	Purposes    []purpose.ID        // it was collected for, sorted
	Compartment purpose.Compartment // its key is of
	Collected   time.Time           // UTC; the day, unless a rule of days needs more
	Origin      Origin
	Policy      string // version it was collected under
	HasCase     bool   // it belongs to a case; which, only its key can tell
}

// Describe returns what the field's token says in clear. The error is [ErrAbsent], [ErrWrongAttribute] for a token of another attribute, [ErrMalformed], or a
// *purpose.Denied with UnknownPolicy if the version it was collected under is not loaded.
func (s Sealed[K]) Describe(v *Vault) (Description, error) {
	if s.IsZero() {
		return Description{}, ErrAbsent
	}
	d, err := v.describe(s.token)
	var k K
	if err == nil && d.Attribute != k.Attribute() {
		return Description{}, ErrWrongAttribute
	}
	return d, err
}

// Describe returns what a token says in clear, given in either of its stored forms, as [Sealed.Describe] does for a field whose kind is known.
func (v *Vault) Describe(stored []byte) (Description, error) {
	if len(stored) == 0 {
		return Description{}, ErrAbsent
	}
	text := string(stored)
	if text[0] != tokenVersion {
		var ok bool
		if text, ok = strictBase64(text); !ok {
			return Description{}, ErrMalformed
		}
	}
	t, ok := parseToken(text)
	if !ok {
		return Description{}, ErrMalformed
	}
	return v.describe(t)
}

func (v *Vault) describe(t token) (Description, error) {
	if v == nil || v.policy == nil {
		return Description{}, &purpose.Denied{Reason: purpose.Malformed}
	}
	var h header
	if !h.parse(t.text()) {
		return Description{}, ErrMalformed
	}
	collected, ok := v.policy.Numbered(h.policy)
	if !ok {
		return Description{}, &purpose.Denied{Reason: purpose.UnknownPolicy, Policy: v.inForce().Version()}
	}
	attribute, ok := collected.AttributeAt(h.attribute)
	if !ok {
		return Description{}, ErrMalformed
	}
	d := Description{
		Attribute: attribute, Collected: time.Unix(h.collected, 0).UTC(), Origin: h.origin, Policy: collected.Version(), HasCase: h.tag != "",
	}
	for o := range ordinals(h.purposes) {
		id, ok := collected.PurposeAt(o)
		if !ok {
			return Description{}, ErrMalformed
		}
		d.Purposes = append(d.Purposes, id)
	}
	if d.Compartment, ok = compartment(&h, collected); !ok {
		return Description{}, ErrMalformed
	}
	return d, nil
}
