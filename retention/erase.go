package retention

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// Erase erases all that no law obliges to keep of the person and no hold is on, and returns the certificate. First of all the request is put on the agenda: after a
// failure or a crash, a sweep goes on with it, and so does Erase, under the same id.
//
// The person is fenced: nothing is taken in of hers from then on until she is readmitted (consent.Registry.Readmit, keyring.Ring.Readmit). What is kept opens only for
// what preserves it, and a sweep ends it when its time is over.
//
// With a hold on everything it returns [consent.ErrHeld], and the erasure waits on the agenda until a sweep, or Erase, finds the hold released. Uses that are still running, Config.Certify, and whatever fails leave it
// there as well. A nil error means that everything has ended that the certificate says has. Erasing again erases what is left, under another id; if nothing is, the certificate has no lines.
// So does a call that another one, or a sweep, overtakes.
//
// It takes at most the sweeper's lease: a sweep takes over then.
func (w *Sweeper) Erase(ctx context.Context, s consent.Subject) (Certificate, error) {
	if w == nil || ctx == nil {
		return Certificate{}, &purpose.Denied{Reason: purpose.Malformed}
	}
	ctx, end := context.WithTimeoutCause(ctx, w.lease-w.lease/8, ErrLease)
	defer end()
	r, err := w.erase(ctx, s, never)
	if err != nil {
		return Certificate{}, fmt.Errorf("retention: erase: %w", err)
	}
	// It is done. What is left of it on the agenda is cleaned up now, or, if that fails, by a sweep.
	w.tidy(ctx, &r)
	return r.certificate, nil
}

// request returns the item of an erasure that was asked for when the person's ledger was at version asked. It is kept in Collected, in seconds, so that of two requests the later counts: an
// erasure that began after it answers it, also if the person came back since and must not be erased again.
func request(s consent.Subject, asked uint64, due time.Time) Item {
	return Item{Subject: s, Collected: time.Unix(int64(asked), 0).UTC(), Due: due}
}

// never is the version of a request that no erasure of before answers: it is being made.
const never = math.MaxInt64

func asked(i Item) uint64 { return uint64(max(0, i.Collected.Unix())) }

// intend puts the request on the agenda, as of the version of the ledger that the facts have. A sweep looks at it after the lease, if it is still there.
func (w *Sweeper) intend(ctx context.Context, s consent.Subject, f *purpose.Facts) error {
	at := f.Ledger
	if whole(f) != "" {
		at = 0 // it is the one that is under way
	}
	return w.store.Put(ctx, request(s, at, w.registry.Now().Add(w.lease)))
}

// erasing is what the ledger says of an erasure of the person.
type erasing struct {
	id       string
	seq      uint64
	at       time.Time
	policy   string // in force then
	finished bool
}

// erasings reads the erasures of the person from the ledger itself, in order.
func (w *Sweeper) erasings(ctx context.Context, s consent.Subject) (all []erasing, err error) {
	for e, err := range w.registry.History(ctx, s) {
		switch {
		case err != nil:
			return nil, err
		case e.Kind == consent.Erasing:
			all = append(all, erasing{id: e.ID, seq: e.Seq, at: e.Time, policy: e.Policy})
		case e.Kind == consent.Erased:
			for n := range all {
				all[n].finished = all[n].finished || e.ID == consent.ErasedID(all[n].id)
			}
		}
	}
	return all, nil
}

// answered reports whether an erasure that is done began after the request.
func answered(all []erasing, asked uint64) bool {
	return slices.ContainsFunc(all, func(x erasing) bool { return x.finished && x.seq > asked })
}

// resume goes on with an erasure that is on the agenda.
func (w *Sweeper) resume(ctx context.Context, i Item) settled {
	s := w.foresee(ctx, i)
	if s.Action != Erased {
		return s
	}
	r, err := w.erase(ctx, i.Subject, asked(i))
	switch {
	case errors.Is(err, consent.ErrHeld):
		return after(Waiting, i, w.registry.Now().Add(w.review), err)
	case err != nil:
		return failed(i, err)
	case r.answered: // and nobody lived to take it, and what it ended, off the agenda
		if err := w.hasten(ctx, i); err != nil {
			return failed(i, err)
		}
	default:
		w.tidy(ctx, &r)
		s.Certificate = &r.certificate
	}
	return s
}

// foresee says what is to be done with an erasure. Erased means: to be done, or to be cleaned up.
func (w *Sweeper) foresee(ctx context.Context, i Item) settled {
	f, err := w.registry.Facts(ctx, i.Subject)
	if err != nil {
		return failed(i, err)
	}
	if whole(f) == "" && heldWhole(f) {
		all, err := w.erasings(ctx, i.Subject)
		if err != nil {
			return failed(i, err)
		}
		if !answered(all, asked(i)) {
			return after(Waiting, i, w.registry.Now().Add(w.review), consent.ErrHeld)
		}
	}
	return done(Erased, i, End{})
}

// hasten makes what an erasure that is done has ended due now: a sweep goes through it once more, finds nothing, and takes it off the agenda. If the
// agenda has nothing else of the person, the ledger is blanked.
func (w *Sweeper) hasten(ctx context.Context, i Item) error {
	f, err := w.registry.Facts(ctx, i.Subject)
	if err != nil {
		return err
	}
	items, err := w.store.Of(ctx, i.Subject)
	if err != nil {
		return err
	}
	items = slices.DeleteFunc(items, func(other Item) bool { return other.Compartment == "" })
	if len(items) == 0 {
		return w.redactLast(ctx, i.Subject)
	}
	now := w.registry.Now()
	p := w.registry.Policy().At(now)
	var due []Item
	for _, other := range items {
		if e := Due(p, f, other); e.Ended(now) && other.Due.After(now) {
			other.Due = now
			due = append(due, other)
		}
	}
	if len(due) == 0 {
		return nil
	}
	return w.store.Put(ctx, due...)
}

// result is an erasure that is done.
type result struct {
	certificate Certificate
	over        []Item // what it leaves on the agenda and is over
	answered    bool   // it was done before, and nothing else is set
}

// erase carries the erasure that was asked for through, from wherever it is. Where another run was faster, it looks again at what was asked for.
func (w *Sweeper) erase(ctx context.Context, s consent.Subject, asked uint64) (result, error) {
	for range tries {
		id, err := w.begin(ctx, s, asked)
		if err != nil || id == "" {
			return result{answered: err == nil}, err
		}
		f, err := w.registry.Facts(ctx, s)
		if err != nil {
			return result{}, err
		}
		items, err := w.store.Of(ctx, s) // after the barrier: nothing more comes
		if err != nil {
			return result{}, err
		}
		history, err := w.erasings(ctx, s) // after the items: they are all there for as long as it is not done
		if err != nil {
			return result{}, err
		}
		at := slices.IndexFunc(history, func(x erasing) bool { return x.id == id })
		if at < 0 {
			return result{}, consent.ErrNoErasure
		}
		if !history[at].finished {
			return w.carry(ctx, s, history[at], f, items)
		}
	}
	return result{}, errBusy
}

// carry does what the erasure that has begun is to do.
//
// What it certifies follows from the ledger, the policy and the agenda as of when it began, and from the tables, and not from what this run did: holds are refused while it runs, what has
// ended stays ended, and items stay on the agenda until it is finished. So a run that goes on after a crash, or beside another, certifies the same.
func (w *Sweeper) carry(ctx context.Context, s consent.Subject, x erasing, f *purpose.Facts, items []Item) (result, error) {
	p := w.registry.Policy().At(x.at)
	all := fates(p, f, x.at, items)

	if err := w.keys.Fence(ctx, s); err != nil {
		return result{}, err
	}
	var over []Item
	for _, t := range all {
		if t.outcome == Destroyed {
			over = append(over, t.item)
		}
	}
	kept := keeps(all)
	if _, err := w.keys.Shred(ctx, s, func(c purpose.Compartment) bool { return kept[c] }); err != nil {
		return result{}, err
	}
	c := Certificate{ID: x.id, Digest: Digest(x.id, s), Policy: x.policy, Decided: x.at, Lines: w.lines(p, all)}
	var err error
	if c.Tables, err = w.rows(ctx, over, anonymised(p, all)); err != nil {
		return result{}, err
	}
	if c.Redacted, err = w.redact(ctx, s, x.id, p, f, all); err != nil {
		return result{}, err
	}
	c.Completed = w.registry.Now()
	if !w.backups.IsZero() {
		c.Backups = dayAfter(w.backups.After(c.Completed))
	}
	if w.certify != nil {
		handed := c
		handed.Lines, handed.Tables = slices.Clone(c.Lines), slices.Clone(c.Tables)
		if err := w.certify(ctx, handed); err != nil {
			return result{}, fmt.Errorf("certify: %w", err)
		}
	}
	over, err = w.mark(ctx, s, f, x, all)
	if err != nil {
		return result{}, err
	}
	if _, err := w.registry.FinishErasure(ctx, s, x.id); err != nil {
		return result{}, err
	}
	return result{certificate: c, over: over}, nil
}

// dayAfter returns the first midnight (UTC) that is not before t: a day is not over before its end.
func dayAfter(t time.Time) time.Time {
	day := t.UTC().Truncate(24 * time.Hour)
	if day.Before(t) {
		day = day.AddDate(0, 0, 1)
	}
	return day
}

// begin puts a request that is being made on the agenda, and fences the person in the ledger, with its barrier, or waits for the barrier of an erasure that has begun. It returns the erasure's id, "" if one that is done answers the request.
func (w *Sweeper) begin(ctx context.Context, s consent.Subject, asked uint64) (string, error) {
	for range tries {
		f, err := w.registry.Facts(ctx, s)
		if err != nil {
			return "", err
		}
		if asked == never {
			// Each time anew: if it was that of an erasure which another run has finished, it is off the agenda, and would be lost with this process.
			if err := w.intend(ctx, s, f); err != nil {
				return "", err
			}
		}
		id := whole(f)
		if id == "" {
			history, err := w.erasings(ctx, s) // if one ends after this, the ledger has moved
			if err != nil {
				return "", err
			}
			if answered(history, asked) {
				return "", nil
			}
			id = string(consent.NewSubject())
		}
		_, err = w.registry.BeginErasure(ctx, s, f.Ledger, purpose.Erasure{ID: id})
		if !errors.Is(err, consent.ErrConflict) {
			return id, err
		}
	}
	return "", errBusy
}

// redact blanks the ledger if nothing that is left needs it, and reports whether it did.
func (w *Sweeper) redact(ctx context.Context, s consent.Subject, id string, p *purpose.Policy, f *purpose.Facts, all []fate) (bool, error) {
	// The end of an item that has begun beside it is on record by what would be blanked.
	if needsFacts(p, all) || len(f.Holds) > 0 || slices.ContainsFunc(f.Erasures, func(x purpose.Erasure) bool { return x.ID != id }) {
		return false, nil
	}
	err := w.registry.Redact(ctx, s)
	if errors.Is(err, consent.ErrNotRedactable) {
		return false, nil
	}
	return err == nil, err
}

// mark makes what is retained due when it ends, if that is sooner than before. It returns the items that are over when the erasure is finished, and its own, as they then
// are on the agenda: one that changes later has something new.
func (w *Sweeper) mark(ctx context.Context, s consent.Subject, f *purpose.Facts, x erasing, all []fate) ([]Item, error) {
	over := make(map[Key]bool)
	var sooner []Item
	for _, t := range all {
		i := t.item
		if t.outcome == Destroyed {
			over[i.Key()] = begun(f, i) == "" // else its own end must be finished too
		} else if due := next(t.end, i.Due, 0); due.Before(i.Due) {
			i.Due = due
			sooner = append(sooner, i)
		}
	}
	if len(sooner) > 0 {
		if err := w.store.Put(ctx, sooner...); err != nil {
			return nil, err
		}
	}
	items, err := w.store.Of(ctx, s)
	return slices.DeleteFunc(items, func(i Item) bool {
		return !over[i.Key()] && (i.Compartment != "" || asked(i) >= x.seq) // else it was asked for again
	}), err
}

// tidy takes what is over off the agenda. What it cannot is found over by a sweep.
func (w *Sweeper) tidy(ctx context.Context, r *result) {
	ctx, end := unhurried(ctx)
	defer end()
	_ = w.store.Settle(ctx, r.over, nil)
}
