package retention

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// tries is how often a decision is taken anew because the person's ledger changed meanwhile.
const tries = 16

// endPrefix begins the ids of erasures that end an item. The day of collection follows: an erasure says compartment and case
// itself, and together they name the item, so that whoever takes it after a crash goes on with the same erasure. What is random in the end tells
// a later one of the same item apart, which is another: between the two, holds are accepted.
const endPrefix = "ended."

func endID(i Item) string { return endPrefixOf(i) + string(consent.NewSubject()) }

func endPrefixOf(i Item) string {
	return endPrefix + strconv.FormatInt(floorDay(i.Collected), 10) + "."
}

// begun returns the id of the erasure that has begun to end the item, "" if none has.
func begun(f *purpose.Facts, i Item) string {
	for _, x := range f.Erasures {
		if x.Compartment == i.Compartment && x.Case == i.Case && strings.HasPrefix(x.ID, endPrefixOf(i)) {
			return x.ID
		}
	}
	return ""
}

// whole returns the id of the erasure of the person that has begun, "" if none has.
func whole(f *purpose.Facts) string {
	for _, x := range f.Erasures {
		if x.Compartment == "" && !strings.HasPrefix(x.ID, endPrefix) {
			return x.ID
		}
	}
	return ""
}

// decide says what is to be done with an item, over facts as of now. Ended means: to be ended.
func (w *Sweeper) decide(ctx context.Context, i Item) (*purpose.Facts, settled) {
	f, err := w.registry.Facts(ctx, i.Subject)
	if err != nil {
		return nil, failed(i, err)
	}
	now := w.registry.Now()
	if whole(f) != "" {
		return f, after(Waiting, i, now.Add(w.lease), ErrErasing)
	}
	e := Due(w.registry.Policy().At(now), f, i)
	s := after(Kept, i, next(e, now, w.review), nil)
	switch {
	case begun(f, i) != "" || e.Ended(now):
		s = done(Ended, i, e)
	case e.Reason != purpose.Permitted:
		s = failed(i, e.Reason)
	case !s.Next.After(now): // its time is over, and something keeps it
		s = after(Waiting, i, now.Add(w.review), consent.ErrHeld)
	}
	s.End = e
	return f, s
}

// failed is the step of an item that met an error.
func failed(i Item, err error) settled {
	return settled{Step: Step{Item: i, Action: Failed, Cause: fmt.Errorf("retention: %w", err)}}
}

// item ends an item that has come to its end.
func (w *Sweeper) item(ctx context.Context, i Item) settled {
	for range tries {
		f, s := w.decide(ctx, i)
		if s.Action == Waiting && errors.Is(s.Cause, ErrErasing) {
			if err := w.heal(ctx, i.Subject); err != nil {
				return failed(i, err)
			}
		}
		if s.Action != Ended {
			return s
		}
		id := begun(f, i)
		if id == "" {
			id = endID(i)
		}
		_, err := w.registry.BeginErasure(ctx, i.Subject, f.Ledger, purpose.Erasure{ID: id, Compartment: i.Compartment, Case: i.Case})
		switch {
		case errors.Is(err, consent.ErrConflict):
			continue
		case errors.Is(err, consent.ErrHeld):
			return after(Waiting, i, w.registry.Now().Add(w.review), err)
		case err != nil:
			return failed(i, err)
		}
		return w.end(ctx, i, id, s.End)
	}
	return failed(i, errBusy)
}

// heal puts an erasure that has begun, and that the agenda has lost, on it again.
func (w *Sweeper) heal(ctx context.Context, s consent.Subject) error {
	items, err := w.store.Of(ctx, s)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(items, func(i Item) bool { return i.Compartment == "" }) {
		return nil
	}
	return w.store.Put(ctx, request(s, 0, w.registry.Now().Add(w.lease)))
}

// end does what BeginErasure has made safe: nothing new comes into the compartment, and no hold comes on what ends, until it is finished.
func (w *Sweeper) end(ctx context.Context, i Item, id string, e End) settled {
	f, err := w.registry.Facts(ctx, i.Subject)
	if err != nil {
		return failed(i, err)
	}
	items, err := w.store.Of(ctx, i.Subject) // after the facts: what another sweeper began meanwhile must be seen as still there
	if err != nil {
		return failed(i, err)
	}
	out := done(Ended, i, e)
	keys, wait := true, false
	for _, other := range items {
		switch {
		case other.Compartment != i.Compartment:
			continue
		case other.Key() == i.Key():
			grown := other.Version != i.Version // by what was sealed after it was taken and before the erasure began
			if grown {
				now := w.registry.Now()
				if e := Due(w.registry.Policy().At(now), f, other); !e.Ended(now) && !e.At.IsZero() && e.At.After(now) {
					keys = false
					out = after(Kept, i, e.At, nil)
					out.End = e
					continue
				}
				out.Item.Version = other.Version
				i.Attributes, i.Collected = other.Attributes, other.Collected
			}
		default:
			goes, just, err := w.goes(ctx, f, id, other)
			if err != nil {
				return failed(i, err)
			}
			keys, wait = keys && goes, wait || just
		}
	}
	if keys {
		_, err := w.keys.Shred(ctx, i.Subject, func(c purpose.Compartment) bool { return c != i.Compartment })
		if err != nil {
			return failed(i, err)
		}
	}
	anonymised := map[purpose.Compartment]bool{i.Compartment: e.anonymises() && f.Erased.IsZero()} // what was retained of who was erased is destroyed
	if _, err := w.rows(ctx, []Item{i}, anonymised); err != nil {
		return failed(i, err)
	}
	if wait {
		return after(Waiting, i, w.registry.Now().Add(w.retry), ErrSibling)
	}
	if _, err := w.registry.FinishErasure(ctx, i.Subject, id); err != nil {
		return failed(i, err)
	}
	if out.done && !f.Erased.IsZero() && !slices.ContainsFunc(items, func(other Item) bool { return other.Key() != i.Key() }) {
		if err := w.redactLast(ctx, i.Subject); err != nil {
			return failed(i, err)
		}
	}
	return out
}

// goes reports whether another item of the compartment leaves its keys to be destroyed by the erasure id: because its own end has begun, and no hold can come on it any more, or is over.
// just reports that its end was recorded before the erasure began, and it has not left the agenda: it does not look at this one any more, and something new may have been put in its place, so this one must look again.
// An item that is due and whose end has not begun sees this one when it does.
func (w *Sweeper) goes(ctx context.Context, f *purpose.Facts, id string, other Item) (goes, just bool, err error) {
	now := w.registry.Now()
	if e := Due(w.registry.Policy().At(now), f, other); !e.Ended(now) {
		return false, false, nil // also where its end has begun: it may have been for what was sealed before, and this is not
	}
	if begun(f, other) != "" {
		return true, false, nil
	}
	ends := make(map[string]bool) // of the item
	own := false
	for e, err := range w.registry.History(ctx, other.Subject) {
		switch {
		case err != nil:
			return false, false, err
		case e.ID == id:
			own = true // nothing is sealed into the compartment from here on
		case e.Kind == consent.Expiring && strings.HasPrefix(e.ID, endPrefixOf(other)) && (e.Blank || e.Compartment == other.Compartment && e.Case == other.Case):
			ends[consent.ErasedID(e.ID)], just = true, true
		case e.Kind == consent.Erased && own && ends[e.ID]:
			return true, false, nil
		}
	}
	return false, just, nil
}

// rows has every table with one of an item's attributes delete it, or anonymise it in these compartments, and returns the names of the tables that were asked. All are asked also if
// one fails.
func (w *Sweeper) rows(ctx context.Context, items []Item, anonymised map[purpose.Compartment]bool) (tables []string, err error) {
	var faults []error
	for _, t := range w.tables {
		asked := false
		for _, i := range items {
			if !slices.ContainsFunc(i.Attributes, func(a purpose.Attribute) bool { return slices.Contains(t.Attributes, a) }) {
				continue
			}
			asked = true
			if err := ctx.Err(); err != nil {
				return nil, context.Cause(ctx)
			}
			i.Claim, i.Attributes = "", slices.Clone(i.Attributes)
			if err := t.eraser(anonymised[i.Compartment]).Erase(ctx, i); err != nil {
				faults = append(faults, fmt.Errorf("table %s: %w", t.Name, err))
				break // of this table: it is asked again, for all
			}
		}
		if asked {
			tables = append(tables, t.Name)
		}
	}
	for _, i := range items {
		for _, a := range i.Attributes {
			if !slices.ContainsFunc(w.tables, func(t Table) bool { return slices.Contains(t.Attributes, a) }) {
				faults = append(faults, fmt.Errorf("%s: %w", a, ErrNoTable))
			}
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	slices.Sort(tables)
	return tables, nil
}

// redactLast blanks the ledger of a person who was erased and of whom the last item has ended.
func (w *Sweeper) redactLast(ctx context.Context, s consent.Subject) error {
	f, err := w.registry.Facts(ctx, s)
	if err != nil {
		return err
	}
	if f.Erased.IsZero() || len(f.Erasures) > 0 || len(f.Holds) > 0 {
		return nil // what a hold is for may need the facts
	}
	if err := w.registry.Redact(ctx, s); err != nil && !errors.Is(err, consent.ErrNotRedactable) {
		return err
	}
	return nil
}
