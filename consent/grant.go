package consent

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/purpose"
)

// Grant records that the person consents to this purpose, and to no other: not to those below it, and to no
// operation that the act does not name. It needs a notice in the act's language, evidence for what was spoken or on paper,
// and, for a link in a message, the request it answers.
//
// It is appended only if nothing was refused or withdrawn for the purpose while it was being decided; [ErrConflict]
// says that something was, and the person's later word stands. Repeating a grant by the same Act.ID changes nothing.
//
// Other errors are [ErrNoNotice], [ErrLanguage], [ErrEvidenceRequired], [ErrRequestRequired], [ErrStaleRequest], [ErrInvalidAct],
// [ErrEventExists] for an Act.ID that says something else, [ErrOutcomeUnknown], and a *purpose.Denied.
func (r *Registry) Grant(ctx context.Context, s Subject, id purpose.ID, act Act) (Event, error) {
	spec, ok := r.inForce().Spec(id)
	if !ok {
		return Event{}, r.denied(id, purpose.UnknownPurpose, nil)
	}
	if err := r.checkAct(spec, &act); err != nil {
		return Event{}, fmt.Errorf("consent: grant %s: %w", id, err)
	}
	if err := r.usable(ctx, s); err != nil {
		return Event{}, fmt.Errorf("consent: grant %s: %w", id, err)
	}
	began, done := r.granting(s)
	defer done()
	var first *state
	for range 16 {
		st, err := r.load(ctx, s)
		if err != nil {
			return Event{}, fmt.Errorf("consent: grant %s: %w", id, err)
		}
		if first == nil {
			first = st
		}
		a := act
		if a.ID != "" {
			// A redelivered grant is recognised by its id before anything else is asked.
			known, err := r.find(ctx, s, Event{ID: a.ID, Kind: Granted, Purpose: id, Act: a})
			if known != nil || err != nil {
				return deref(known), err
			}
		}
		if a.Language == language.Und && len(st.languages) > 0 {
			a.Language = st.languages[len(st.languages)-1]
		}
		if !slices.Contains(st.languages, a.Language) {
			return Event{}, fmt.Errorf("consent: grant %s: %w", id, ErrNoNotice)
		}
		e := Event{ID: a.ID, Kind: Granted, Purpose: id, Act: a}
		e.Act.ID = ""
		r.stamp(&e)
		if st.tightened[id] != first.tightened[id] || r.overtaken(s, id, began) {
			return Event{}, fmt.Errorf("consent: grant %s: %w", id, ErrConflict)
		}
		if !st.answers(e) {
			return Event{}, fmt.Errorf("consent: grant %s: %w", id, ErrStaleRequest)
		}
		seq, err := r.append(ctx, s, st.facts.Ledger, e)
		r.granted(s, id, began, err == nil)
		switch {
		case err == nil:
			e.Seq = seq
			return e, nil
		case errors.Is(err, ErrConflict):
			continue
		case errors.Is(err, ErrInvalidEvent):
			err = ErrInvalidAct
		}
		return Event{}, fmt.Errorf("consent: grant %s: %w", id, err)
	}
	return Event{}, fmt.Errorf("consent: grant %s: %w", id, ErrConflict) // others keep writing, and this one has had its turns
}

func deref(e *Event) Event {
	if e == nil {
		return Event{}
	}
	return *e
}

// granting tells withdrawals that a grant is being decided, until done is called. began counts the tightenings before it.
func (r *Registry) granting(s Subject) (began uint64, done func()) {
	sh := r.shard(s)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	e := r.entry(sh, s)
	if e.granting++; e.granting == 1 {
		e.tighten().latest = nil
	}
	return e.tightened, func() {
		sh.mu.Lock()
		defer sh.mu.Unlock()
		e.granting--
	}
}

// overtaken reports whether a withdrawal or refusal was asked for after a grant that is being decided had been.
func (r *Registry) overtaken(s Subject, id purpose.ID, began uint64) bool {
	sh := r.shard(s)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.subjects[s].tighten().latest[id] > began // a subject with grants being decided stays
}

// checkAct completes the act and refuses what no ledger state could make valid.
func (r *Registry) checkAct(spec purpose.Spec, act *Act) error {
	switch {
	case act.Method == 0 || int(act.Method) >= len(methodText) || len(act.ID) > 128 || len(act.Evidence) > 1024:
		return ErrInvalidAct
	case act.Language != language.Und && !r.speaks(act.Language):
		return ErrLanguage
	case (act.Method == Phone || act.Method == Paper) && act.Evidence == "":
		return ErrEvidenceRequired
	case act.Method == Link && act.Request == "":
		return ErrRequestRequired
	case !act.Until.IsZero() && !r.Now().Before(act.Until):
		return ErrInvalidAct
	}
	act.Until = act.Until.UTC()
	if len(act.Operations) == 0 {
		act.Operations = []purpose.Operation{purpose.Use}
	}
	act.Operations = slices.Clone(act.Operations)
	slices.Sort(act.Operations)
	act.Operations = slices.Compact(act.Operations)
	for _, op := range act.Operations {
		if op == purpose.Sell {
			return r.denied(spec.ID, purpose.ProhibitedOperation, nil)
		}
		if !slices.Contains(spec.Operations, op) {
			return r.denied(spec.ID, purpose.OperationNotInPurpose, nil)
		}
	}
	return nil
}

// find returns the event of e's id if the ledger has it, and ErrEventExists if it says something else.
func (r *Registry) find(ctx context.Context, s Subject, e Event) (*Event, error) {
	for have, err := range r.ledger.Events(ctx, s, 0) {
		if err != nil {
			return nil, r.outage(ctx, e.Purpose, err)
		}
		if have.ID == e.ID {
			e.Act.ID = ""
			e.Policy = have.Policy // a later version of the policy makes it no other grant
			if e.Act.Language == language.Und {
				e.Act.Language = have.Act.Language // what it was given when it first came
			}
			if !have.Same(e) {
				return nil, fmt.Errorf("consent: grant %s: %w", e.Purpose, ErrEventExists)
			}
			return &have, nil
		}
	}
	return nil, nil
}

// granted forgets what was read of the subject. A grant that was stored is the person's later word,
// so it also lifts an earlier withdrawal of the same purpose that could not be stored.
func (r *Registry) granted(s Subject, id purpose.ID, began uint64, stored bool) {
	sh := r.shard(s)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	e := sh.subjects[s]
	if e == nil {
		return
	}
	e.forget()
	if stored {
		e.settle(func(t *tightening) bool {
			return t.failed && t.number <= began && t.purpose == id && (t.kind == Withdrawn || t.kind == Refused)
		})
	}
}
