package keyring

import (
	"context"
	"errors"
	"slices"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// Shred destroys the subject's keys in every compartment that keep does not report true for, and returns how many keys
// it destroyed. A nil keep keeps none. keep may be called more than once for a compartment.
//
// When it returns, no key of the subject that this ring handed out is live, those of kept compartments included: they are
// asked for again. That holds after an error too; what is stored is then either as before or shredded, and Shred may be
// called again. Shredding what is shredded destroys nothing and succeeds.
//
// A row that is not authentic is left alone and reported as [ErrForged]: somebody must look at it. Deleting such a row
// from the store destroys its keys; fence the subject afterwards.
func (r *Ring) Shred(ctx context.Context, s consent.Subject, keep func(purpose.Compartment) bool) (int, error) {
	var destroyed int
	err := r.change(ctx, s, func(st *state) bool {
		destroyed = 0
		for i := range st.records {
			rec := &st.records[i]
			if rec.live && (keep == nil || !keep(rec.compartment)) {
				*rec = record{compartment: rec.compartment, generation: rec.generation}
				destroyed++
			}
		}
		// One mark a compartment is enough to tell erased from never there: the newest, which numbers the next key.
		for i := len(st.records) - 1; i > 0; i-- {
			older, newer := st.records[i-1], st.records[i]
			if !older.live && !newer.live && older.compartment == newer.compartment {
				st.records = slices.Delete(st.records, i-1, i)
			}
		}
		return destroyed > 0
	})
	if err != nil {
		return 0, err
	}
	return destroyed, nil
}

// Fence marks the subject as erased: from then on no key of hers is made, by any process, so that nothing new is sealed for
// somebody who asked to be forgotten. Her keys are not destroyed; that is [Ring.Shred], and what it keeps because a law
// obliges still opens. A subject never seen can be fenced, and fencing twice succeeds.
// Keys this ring handed out for her end before it returns, as with Shred.
func (r *Ring) Fence(ctx context.Context, s consent.Subject) error {
	return r.change(ctx, s, func(st *state) bool {
		changed := !st.fenced
		st.fenced = true
		return changed
	})
}

// Readmit takes the fence away: the subject came back, or was fenced by mistake. What was shredded stays destroyed.
// It is the explicit act without which no key is made for an erased subject; leave a trace of who decided it.
func (r *Ring) Readmit(ctx context.Context, s consent.Subject) error {
	return r.change(ctx, s, func(st *state) bool {
		changed := st.fenced
		st.fenced = false
		return changed
	})
}

// DropDomain destroys the wraps of the subject's keys for one domain, in every compartment, and returns how many. Call it
// when none of the domain's purposes is live for her. Values sealed from then on get a new generation of key, wrapped to
// the domain too, so a later grant opens only what is collected after it. Processes of the domain that come later get
// [ErrDropped]; one that already unwrapped a key elsewhere keeps it until it expires.
//
// With a single KEK there is no wrap by domain to destroy, and a new generation would leave the old key as open as before:
// it is refused with [ErrDomain]. So are [Legal] and [Rights].
func (r *Ring) DropDomain(ctx context.Context, s consent.Subject, domain string) (int, error) {
	if r.doors().kek != nil || domain == Legal || domain == Rights || !validName(domain) {
		return 0, ErrDomain
	}
	var destroyed int
	err := r.change(ctx, s, func(st *state) bool {
		destroyed = 0
		for i := range st.records {
			rec := &st.records[i]
			before := len(rec.wraps)
			rec.wraps = slices.DeleteFunc(rec.wraps, func(w wrap) bool { return w.domain == domain })
			destroyed += before - len(rec.wraps)
		}
		return destroyed > 0
	})
	if err != nil {
		return 0, err
	}
	return destroyed, nil
}

// change applies edit to the subject's row until nobody changed the row meanwhile, and ends the keys handed out for her
// before it reads and after it wrote. An edit that reports false is not written.
func (r *Ring) change(ctx context.Context, s consent.Subject, edit func(*state) bool) error {
	if !s.Valid() {
		return because(errSubject, consent.ErrSubject)
	}
	r.kill(s)
	defer r.kill(s) // a key handed out while the row was being written saw the row of before
	for range maxTries {
		st, version, err := r.load(ctx, s)
		if err != nil {
			return err
		}
		if !edit(st) {
			return nil
		}
		if err = r.save(ctx, s, version, st); !errors.Is(err, ErrConflict) {
			return err
		}
	}
	return because(ErrStore, ErrConflict)
}
