package retention

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// defaultReview is how long what has no end yet is left alone.
const defaultReview = 30 * 24 * time.Hour

// Planner puts what is kept on an agenda, with the day it is to be looked at. It satisfies pii.Agenda. It is safe for concurrent use; make it with [NewPlanner].
type Planner struct {
	registry *consent.Registry
	agenda   Agenda
}

// NewPlanner returns a planner that computes due dates by the registry's policy and facts. What has no end yet, because a case or an account is open, or
// may end sooner, because consent may, is looked at after 30 days.
func NewPlanner(r *consent.Registry, a Agenda) (*Planner, error) {
	if r == nil || missing(a) {
		return nil, errors.New("retention: NewPlanner: registry and agenda must not be nil")
	}
	return &Planner{registry: r, agenda: a}, nil
}

// Keep puts on the agenda that a value of the attribute is about to be sealed: collected at that time, into the compartment, for the case or for none if that is "".
// When it returns nil that is stored. It returns [ErrItem] for what no agenda can store.
func (p *Planner) Keep(ctx context.Context, s consent.Subject, c purpose.Compartment, a purpose.Attribute, caseID string, collected time.Time) error {
	if p == nil {
		return fmt.Errorf("retention: keep: %w", &purpose.Denied{Reason: purpose.Malformed})
	}
	if c == "" || a == "" || collected.IsZero() {
		return fmt.Errorf("retention: keep: %w", ErrItem) // without a compartment it would be the erasure of the person
	}
	f, err := p.registry.Facts(ctx, s)
	if err != nil {
		return fmt.Errorf("retention: keep: %w", err)
	}
	i := Item{Subject: s, Compartment: c, Case: caseID, Collected: collected.UTC(), Attributes: []purpose.Attribute{a}}
	i.Due = p.due(f, i)
	if err := p.agenda.Put(ctx, i); err != nil {
		return fmt.Errorf("retention: keep: %w", err)
	}
	return nil
}

// Replan computes the due dates of all that the agenda has of the person anew. Call it for everybody when a version of the policy shortens a period; and, where the registry has no
// [consent.WithReview], after an event that can start a period or end a hold: a case or an account that closed, consent that ended, a hold that was released. An item whose end came nearer is looked at earlier; one whose end went further away
// stays as it is, and is put back when it is looked at. An erasure that waits for a hold is tried again.
func (p *Planner) Replan(ctx context.Context, s consent.Subject) error {
	if p == nil {
		return fmt.Errorf("retention: replan: %w", &purpose.Denied{Reason: purpose.Malformed})
	}
	f, err := p.registry.Facts(ctx, s)
	if err != nil {
		return fmt.Errorf("retention: replan: %w", err)
	}
	items, err := p.agenda.Of(ctx, s)
	if err != nil {
		return fmt.Errorf("retention: replan: %w", err)
	}
	var earlier []Item
	for _, i := range items {
		due := p.registry.Now()
		switch {
		case i.Compartment != "":
			due = p.due(f, i)
		case heldWhole(f):
			continue // the erasure still waits
		}
		if due.Before(i.Due) {
			i.Due = due
			earlier = append(earlier, i)
		}
	}
	if len(earlier) == 0 {
		return nil
	}
	if err := p.agenda.Put(ctx, earlier...); err != nil {
		return fmt.Errorf("retention: replan: %w", err)
	}
	return nil
}

// PutForward returns what has all that the agenda has of a person looked at by the next sweep, which decides anew and puts back what ends later; also what a sweep just has,
// and has decided by what was known before. It is for [consent.WithReview]: with it
// nobody has to remember [Planner.Replan] where a case or an account closes, consent ends or a hold is released, in whichever process.
func PutForward(a Agenda) consent.Review {
	return func(ctx context.Context, s consent.Subject, now time.Time) error {
		if missing(a) {
			return fmt.Errorf("retention: put forward: %w", ErrConfig)
		}
		items, err := a.Of(ctx, s)
		if err != nil {
			return fmt.Errorf("retention: put forward: %w", err)
		}
		if len(items) == 0 {
			return nil
		}
		for n := range items {
			i := &items[n]
			if now.Before(i.Due) {
				i.Due = now
			} else { // a sweep may have it: what it then settles must find another version
				i.Due = i.Due.Add(-time.Nanosecond)
			}
		}
		if err := a.Put(ctx, items...); err != nil {
			return fmt.Errorf("retention: put forward: %w", err)
		}
		return nil
	}
}

// heldWhole reports whether a hold is on everything.
func heldWhole(f *purpose.Facts) bool {
	return slices.ContainsFunc(f.Holds, func(h purpose.Hold) bool { return h.Case == "" })
}

// due returns when the item is to be looked at.
func (p *Planner) due(f *purpose.Facts, i Item) time.Time {
	now := p.registry.Now()
	return next(Due(p.registry.Policy().At(now), f, i), now, defaultReview)
}

// next returns when an item of that end is to be looked at: at its end, or in a while if that cannot be told or may come sooner.
func next(e End, now time.Time, review time.Duration) time.Time {
	if e.Reason != purpose.Permitted || e.Waits || e.At.IsZero() {
		return now.Add(review)
	}
	if later := now.Add(review); e.At.After(later) && slices.ContainsFunc(e.Rules, func(r RuleEnd) bool {
		return !r.Rule.AfterConsent.IsZero() && (r.Consent.IsZero() || r.Consent.After(now))
	}) {
		return later // should nobody have told of consent that ended
	}
	// What a rule puts beyond the years an agenda can store is looked at in the last of them.
	if last := time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC); e.At.After(last) {
		return last
	}
	return e.At
}

// missing also finds a nil pointer in an interface: it would fail at every call, and start-up is the better time.
func missing(part any) bool {
	if part == nil {
		return true
	}
	v := reflect.ValueOf(part)
	switch v.Kind() {
	case reflect.Pointer, reflect.Func, reflect.Map, reflect.Chan, reflect.Slice:
		return v.IsNil()
	}
	return false
}
