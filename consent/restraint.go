package consent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/purposebound/purposebound/purpose"
)

// The errors of holds and erasures.
var (
	ErrAlreadyErasing = errors.New("consent: what the hold would keep is being erased")
	ErrHeld           = errors.New("consent: a hold keeps what was to be erased")
	ErrNoHold         = errors.New("consent: no hold of that id is in force")
	ErrErasureDone    = errors.New("consent: the erasure of that id is done already")
	ErrNoErasure      = errors.New("consent: no erasure of that id has begun")
	ErrNotRedactable  = errors.New("consent: the ledger cannot blank payloads")
)

// PlaceHold keeps a person's data from ending, for the hold's purpose, and restricts the use of it to that purpose and those below, from the call
// on and with the barrier of [Registry.Withdraw]; in a cluster, uses for its own purpose end with the others, and may begin again. A hold with a Case is on the values of that case, one without on everything. An empty ID is made
// random; placing a hold of one ID again changes nothing, and [ErrEventExists] says that it was released: its ID is used up. Since is set here. evidence says
// where the reason is written down, and is optional.
//
// It returns [ErrAlreadyErasing] if the erasure of something it would keep has begun: place it again when that is done, for what is left.
// Of a hold and an erasure that are asked for together, one finds the other.
func (r *Registry) PlaceHold(ctx context.Context, s Subject, h purpose.Hold, evidence string) (Event, error) {
	if !r.declared(h.Purpose) {
		return Event{}, r.denied(h.Purpose, purpose.UnknownPurpose, nil)
	}
	if h.ID == "" {
		h.ID = newID()
	}
	e := Event{Kind: HoldPlaced, ID: h.ID, Purpose: h.Purpose, Case: h.Case, Act: Act{Evidence: evidence}}
	if !nameable(h.ID) || len(h.Case) > 128 || strings.ContainsFunc(h.Case, unicode.IsControl) || len(evidence) > 1024 {
		return Event{}, fmt.Errorf("consent: place hold: %w", ErrInvalidEvent)
	}
	for range 16 {
		st, err := r.recent(ctx, s) // that an erasure is done is not told by the feed
		if err != nil {
			return Event{}, fmt.Errorf("consent: place hold: %w", err)
		}
		if slices.ContainsFunc(st.facts.Erasures, func(x purpose.Erasure) bool {
			return x.Compartment == "" || h.Covers(x.Case)
		}) {
			return Event{}, fmt.Errorf("consent: place hold: %w", ErrAlreadyErasing)
		}
		placed, _, err := r.tightenAt(ctx, s, st.facts.Ledger, e)
		if errors.Is(err, ErrConflict) {
			continue
		}
		if err == nil && placed.Seq != st.facts.Ledger+1 { // it was there before, and may have been released
			st, err = r.load(ctx, s)
			if err == nil && !slices.ContainsFunc(st.facts.Holds, func(have purpose.Hold) bool { return have.ID == h.ID }) {
				err = ErrEventExists
			}
		}
		if err != nil && !errors.Is(err, ErrStillDraining) {
			return Event{}, fmt.Errorf("consent: place hold: %w", err)
		}
		return placed, err
	}
	return Event{}, fmt.Errorf("consent: place hold: %w", ErrConflict)
}

// ReleaseHold ends a hold. What is due then ends without being asked for again. Releasing a hold that was released
// is [ErrNoHold], as is one that never was.
func (r *Registry) ReleaseHold(ctx context.Context, s Subject, id string) (Event, error) {
	e, err := r.loosen(ctx, s, Event{Kind: HoldReleased, ID: id + releasedSuffix}, func(f *purpose.Facts) error {
		if !slices.ContainsFunc(f.Holds, func(h purpose.Hold) bool { return h.ID == id }) {
			return ErrNoHold
		}
		return nil
	})
	r.review(ctx, s, true, err)
	if err != nil {
		err = fmt.Errorf("consent: release hold: %w", err)
	}
	return e, err
}

// BeginErasure begins to erase: without a Compartment all that need not be kept of the person, and from then on only purposes that must preserve by law open what is
// left, for as long as they must; with one, what has come to its end there, and until [Registry.FinishErasure] nothing new is taken into it. It has the barrier of
// [Registry.Withdraw]. Package retention calls it.
//
// It is stored only if the ledger is at version after, the one from which it was concluded that this may end: [ErrConflict] says that it is not,
// and [ErrHeld] that a hold keeps it. An erasure whose ID has begun is not begun again; its barrier is waited for again, whatever after says.
// One that is done is [ErrErasureDone]: erase under another id.
func (r *Registry) BeginErasure(ctx context.Context, s Subject, after uint64, x purpose.Erasure) (Withdrawal, error) {
	w, err := r.beginErasure(ctx, s, after, x)
	if err != nil && !errors.Is(err, ErrStillDraining) {
		err = fmt.Errorf("consent: begin erasure: %w", err)
	}
	return w, err
}

func (r *Registry) beginErasure(ctx context.Context, s Subject, after uint64, x purpose.Erasure) (Withdrawal, error) {
	if !nameable(x.ID) || after == Any || len(x.Case) > 128 || x.Compartment == "" && x.Case != "" {
		return Withdrawal{}, ErrInvalidEvent
	}
	e := Event{Kind: Erasing, ID: x.ID}
	if x.Compartment != "" {
		e = Event{Kind: Expiring, ID: x.ID, Compartment: x.Compartment, Case: x.Case}
	}
	asked := r == nil || r.node == nil
	for range 3 {
		st, err := r.load(ctx, s)
		if err != nil {
			return Withdrawal{}, err
		}
		begun := slices.ContainsFunc(st.facts.Erasures, func(have purpose.Erasure) bool { return have.ID == x.ID })
		if begun && !asked {
			r.invalidate(s) // it may have been finished at another registry, and then is no fence any more
			asked = true
			continue
		}
		if begun {
			after = st.facts.Ledger
		}
		if st.facts.Ledger != after {
			if st.facts.Ledger > after {
				return Withdrawal{}, ErrConflict
			}
			r.invalidate(s) // what was kept here is older than what the caller saw
			continue
		}
		if !begun && slices.ContainsFunc(st.facts.Holds, func(h purpose.Hold) bool {
			return h.Case == "" || x.Compartment != "" && h.Case == x.Case
		}) {
			return Withdrawal{}, ErrHeld
		}
		stored, w, err := r.tightenAt(ctx, s, after, e)
		if err == nil && !begun && stored.Seq <= after {
			err = ErrErasureDone // the event was there, and is no fence any more
		}
		return w, err
	}
	return Withdrawal{}, ErrConflict
}

// FinishErasure records that an erasure is done: everything it was to end has ended. Finishing what is finished changes nothing;
// [ErrNoErasure] means that it never began. Package retention calls it.
func (r *Registry) FinishErasure(ctx context.Context, s Subject, id string) (Event, error) {
	done := Event{Kind: Erased, ID: id + erasedSuffix}
	e, err := r.loosen(ctx, s, done, func(f *purpose.Facts) error {
		if slices.ContainsFunc(f.Erasures, func(x purpose.Erasure) bool { return x.ID == id }) {
			return nil
		}
		return ErrNoErasure
	})
	if errors.Is(err, ErrNoErasure) {
		for have, fault := range r.History(ctx, s) {
			if fault != nil {
				return Event{}, fmt.Errorf("consent: finish erasure: %w", fault)
			}
			if have.ID == done.ID && have.Kind == Erased {
				return have, nil
			}
		}
	}
	if err != nil {
		err = fmt.Errorf("consent: finish erasure: %w", err)
	}
	return e, err
}

// Readmit lets the data of a person who was erased be taken in again: the explicit act that it takes. What was erased stays so, and what
// was told and granted before counts: notify anew. It returns [ErrAlreadyErasing] while the erasure is not done. Readmitting who was not erased
// changes nothing. A key ring that was fenced must be told as well.
func (r *Registry) Readmit(ctx context.Context, s Subject) (Event, error) {
	errNot := errors.New("not erased")
	e, err := r.loosen(ctx, s, Event{Kind: Readmitted}, func(f *purpose.Facts) error {
		switch {
		case len(f.Erasures) > 0:
			return ErrAlreadyErasing
		case f.Erased.IsZero():
			return errNot
		}
		return nil
	})
	if errors.Is(err, errNot) {
		return Event{}, nil
	}
	if err != nil {
		err = fmt.Errorf("consent: readmit: %w", err)
	}
	return e, err
}

// Redact blanks what the events of a person who was erased say, but for the proof of notices, grants, refusals and withdrawals. What was blanked is
// unknown from then on; holds and erasures stay known. It returns [ErrNotRedactable] if the ledger is no [Redactor], [ErrNoErasure] if the person was not erased.
// An erasure in a compartment that is not done then counts as one of everything until it is.
func (r *Registry) Redact(ctx context.Context, s Subject) error {
	if err := r.usable(ctx, s); err != nil {
		return err
	}
	ledger, ok := r.ledger.(Redactor)
	if !ok {
		return fmt.Errorf("consent: redact: %w", ErrNotRedactable)
	}
	st, err := r.load(ctx, s)
	if err != nil {
		return fmt.Errorf("consent: redact: %w", err)
	}
	if st.facts.Erased.IsZero() {
		return fmt.Errorf("consent: redact: %w", ErrNoErasure)
	}
	if !r.writes.begin() {
		return r.denied("", purpose.RegistryUnavailable, ErrClosed)
	}
	defer r.writes.end()
	err = ledger.Redact(ctx, s, st.facts.Ledger)
	r.invalidate(s)
	if err != nil {
		return fmt.Errorf("consent: redact: %w", r.outage(ctx, "", err))
	}
	return nil
}

// loosen appends an event that gives something back, at the version at which may allowed it.
func (r *Registry) loosen(ctx context.Context, s Subject, e Event, may func(*purpose.Facts) error) (Event, error) {
	for range 16 {
		st, err := r.load(ctx, s)
		if err != nil {
			return Event{}, err
		}
		if err := may(&st.facts); err != nil {
			if r.node == nil || !st.stale(ctx, s, r.clock.elapsed()) {
				return Event{}, err
			}
			r.invalidate(s) // another registry may have stored what allows it
			if st, err = r.load(ctx, s); err != nil {
				return Event{}, err
			}
			if err := may(&st.facts); err != nil {
				return Event{}, err
			}
		}
		done := e
		r.stamp(&done)
		done.Seq, err = r.append(ctx, s, st.facts.Ledger, done)
		r.invalidate(s)
		switch {
		case err == nil:
			return done, nil
		case !errors.Is(err, ErrConflict):
			return Event{}, err
		}
	}
	return Event{}, ErrConflict
}

// storeAt appends an event at a version. One of its ID that is there already, and says the same but for the version of the policy, is the event.
func (r *Registry) storeAt(ctx context.Context, s Subject, after uint64, e Event) (Event, error) {
	if err := ctx.Err(); err != nil {
		return Event{}, r.denied(e.Purpose, purpose.Cancelled, context.Cause(ctx))
	}
	r.stamp(&e)
	seq, err := r.append(ctx, s, after, e)
	if errors.Is(err, ErrEventExists) {
		for have, fault := range r.ledger.Events(ctx, s, 0) {
			if fault != nil {
				return Event{}, r.outage(ctx, e.Purpose, fault)
			}
			same := e
			same.Policy = have.Policy
			if have.ID == e.ID && (have.Same(same) || have.Blank && have.Kind == e.Kind && have.Purpose == e.Purpose) {
				e.Seq, e.Policy, e.Time = have.Seq, have.Policy, have.Time // what it reaches is still known here, if it was blanked
				return e, nil
			}
		}
	}
	e.Seq = seq
	return e, err
}

// nameable reports whether an id can name a hold or an erasure: what ends it has the id and a word.
func nameable(id string) bool {
	return validID(id) && len(id) <= 128-len(releasedSuffix) && !strings.HasSuffix(id, releasedSuffix) && !strings.HasSuffix(id, erasedSuffix)
}

// ErasedID returns the id of the event that says that an erasure is done.
func ErasedID(erasure string) string { return erasure + erasedSuffix }
