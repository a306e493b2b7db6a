package consent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/purposebound/purposebound/purpose"
)

// Withdrawal says what a withdrawal did to the uses that were running when it was made.
type Withdrawal struct {
	Position  uint64 // names it to [Registry.Wait]; later withdrawals have higher ones
	Drained   int    // uses that ended by themselves
	Cancelled int    // uses that lived to their deadline and were cancelled; their work may still be going on
	Fenced    int    // registries that did not answer and were shut out, for this or not longer ago than a use may live; always 0 where one holds the ledger alone
}

// tightening is a withdrawal, refusal or closing that this process denies by from the moment it was asked for.
type tightening struct {
	kind    Kind
	purpose purpose.ID
	caseID  string
	into    purpose.Compartment // of Expiring
	number  uint64              // of the subject's tightenings in this process
	failed  bool                // could not be stored; this process denies all the same
}

func (t *tightening) reaches(g *Gate, actor purpose.Actor) bool {
	switch t.kind {
	case Erasing:
		return g.erasable()
	case Expiring:
		return g.operation == purpose.Collect && g.ask.Compartment == t.into
	}
	for i := range g.purposes {
		p := &g.purposes[i]
		switch t.kind {
		case HoldPlaced:
			if g.restrainable() && !p.id.Within(t.purpose) {
				return true
			}
		case Withdrawn, Refused:
			if p.revocable && p.id.Within(t.purpose) {
				return true
			}
		case CaseClosed:
			if p.caseBound && actor.Case == t.caseID {
				return true
			}
		}
	}
	return false
}

// settle takes tightenings off the list. The shard is locked.
func (e *entry) settle(done func(*tightening) bool) {
	if e.tight == nil {
		return
	}
	e.tight.pending = slices.DeleteFunc(e.tight.pending, done)
	if len(e.tight.pending) == 0 {
		e.tight.pending = nil
	}
}

func (t *tightening) reason() purpose.Reason {
	switch t.kind {
	case Refused:
		return purpose.ConsentRefused
	case CaseClosed:
		return purpose.CaseNotOpen
	case HoldPlaced:
		return purpose.RestrictedToHold
	case Erasing:
		return purpose.Erased
	case Expiring:
		return purpose.ErasureRunning
	}
	return purpose.ConsentWithdrawn
}

// drain is the uses that one tightening waits for. The subject's shard guards it.
type drain struct {
	position uint64
	entry    *entry
	grants   []*grant
	own      []*Permit // the uses the caller runs in, which are not waited for
	total    int
	deadline int64 // reading of the clock at which every one of the uses has expired
	done     chan struct{}
	settled  bool
	deserted bool // by a caller whose context ended; nobody may ever come back

	cancelled int      // of the uses in this process
	remote    *waiting // what other registries do; nil: there are none
}

// after is the version at which what others are waited for is stored again, if the database has lost it: what was concluded from a version holds at no other.
func (d *drain) after() uint64 {
	switch d.remote.event.Kind {
	case HoldPlaced, Erasing, Expiring:
		return d.remote.event.Seq - 1
	}
	return Any
}

// over reports whether nobody needs the drain any more, if nobody comes back. The shard is locked.
func (d *drain) over() bool { return d.settled && d.deserted && d.remote.over() }

// left counts the uses that are still running.
func (d *drain) left() int {
	if d.settled {
		return 0 // and stays so, whatever a use of the caller's own that is just ending looks like
	}
	var n int64
	for _, g := range d.grants {
		n += g.running.Load()
		for _, p := range d.own {
			if p.grant == g && !p.ended.Load() {
				n--
			}
		}
	}
	return int(max(0, n))
}

// settle wakes who waits if no use is left. The shard is locked.
func (d *drain) settle() {
	if !d.settled && d.left() == 0 {
		d.settled = true
		close(d.done)
	}
}

// settleDrains looks at every drain of the subject. The shard is locked.
func (e *entry) settleDrains(all *drains) {
	if e.tight == nil {
		return
	}
	e.tight.drains = slices.DeleteFunc(e.tight.drains, func(d *drain) bool {
		d.settle()
		if d.over() {
			all.forget(d.position)
			return true
		}
		return false
	})
}

// drains are the drains that somebody waits for or may wait for again, by position.
type drains struct {
	mu   sync.Mutex
	last uint64
	open map[uint64]*drain
}

func (ds *drains) add(d *drain) {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	ds.last++
	d.position = ds.last
	if ds.open == nil {
		ds.open = make(map[uint64]*drain)
	}
	ds.open[d.position] = d
}

// remove forgets the drain. Its shard is locked.
func (ds *drains) remove(d *drain) {
	d.entry.dismiss(d)
	ds.forget(d.position)
}

// dismiss takes the drain off the subject's list. The shard is locked.
func (e *entry) dismiss(d *drain) {
	if e.tight != nil {
		e.tight.drains = slices.DeleteFunc(e.tight.drains, func(have *drain) bool { return have == d })
	}
}

func (ds *drains) forget(position uint64) {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	delete(ds.open, position)
}

// Withdraw takes consent to the purpose back, and with it the purposes below. It is never refused for the state
// it finds. This process denies from the call on, also if the call fails. When it returns without error, the event is
// stored, every use it reached has ended or was cancelled, and no Reveal that starts later succeeds.
// It waits at most as long as a use may live, in a cluster for a lease more, for a [Review] five seconds more, and not for the use in whose context it is called. Two uses of one subject that both
// withdraw do wait for each other, until their time is over: end a use before withdrawing where that can happen.
//
// A registry that has found the ledger to have lost events stores the withdrawal and returns [ErrLedgerRegressed] with
// [ErrStillDraining]: call again when it has been put right.
//
// If ctx ends while it waits, it returns the result so far and [ErrStillDraining]; nothing is rolled back,
// and [Registry.Wait] resumes. [ErrOutcomeUnknown] means that the ledger did not say whether the event was stored: call again.
func (r *Registry) Withdraw(ctx context.Context, s Subject, id purpose.ID) (Withdrawal, error) {
	if !r.declared(id) {
		return Withdrawal{}, r.denied(id, purpose.UnknownPurpose, nil)
	}
	_, w, err := r.tighten(ctx, s, Event{Kind: Withdrawn, Purpose: id})
	if err != nil && !errors.Is(err, ErrStillDraining) {
		err = fmt.Errorf("consent: withdraw %s: %w", id, err)
	}
	return w, err
}

// Refuse records that the person was asked and said no. It ends uses as [Registry.Withdraw] does,
// so that a refusal after a grant is no weaker than a withdrawal.
func (r *Registry) Refuse(ctx context.Context, s Subject, id purpose.ID) (Event, error) {
	if !r.declared(id) {
		return Event{}, r.denied(id, purpose.UnknownPurpose, nil)
	}
	e, _, err := r.tighten(ctx, s, Event{Kind: Refused, Purpose: id})
	if err != nil && !errors.Is(err, ErrStillDraining) {
		err = fmt.Errorf("consent: refuse %s: %w", id, err)
	}
	return e, err
}

// tighten denies in this process, stores the event, waits for the uses it reaches, and has what is kept looked at.
func (r *Registry) tighten(ctx context.Context, s Subject, e Event) (Event, Withdrawal, error) {
	e, w, err := r.tightenAt(ctx, s, Any, e)
	r.review(ctx, s, false, err)
	return e, w, err
}

// tightenAt is tighten for an event that is stored only if the ledger is at version after, unless that is [Any].
func (r *Registry) tightenAt(ctx context.Context, s Subject, after uint64, e Event) (Event, Withdrawal, error) {
	if r == nil || ctx == nil || !s.Valid() || r.closed.Load() {
		return Event{}, Withdrawal{}, r.usable(ctx, s)
	}
	t := &tightening{kind: e.Kind, purpose: e.Purpose, caseID: e.Case, into: e.Compartment}
	var own []*Permit // the use in whose context this runs, the one in whose context that was begun, and so on
	for p, _ := ctx.Value(permitKey{}).(*Permit); p != nil; p, _ = p.ctx.Value(permitKey{}).(*Permit) {
		own = append(own, p)
	}

	sh := r.shard(s)
	sh.mu.Lock()
	entry := r.entry(sh, s)
	entry.pins++
	// An equal one that could not be stored gives way to this: the list stays as short as the policy.
	entry.settle(func(have *tightening) bool {
		return have.failed && have.kind == t.kind && have.purpose == t.purpose && have.caseID == t.caseID && have.into == t.into
	})
	entry.tightened++
	t.number = entry.tightened
	tight := entry.tighten()
	if entry.granting > 0 && (t.kind == Withdrawn || t.kind == Refused) {
		put(&tight.latest, t.purpose, t.number)
	}
	tight.pending = append(tight.pending, t)
	entry.drop()
	d := &drain{entry: entry, own: own, done: make(chan struct{})}
	for g := entry.live; g != nil; g = g.next {
		if t.reaches(g.gate, *g.actor) {
			g.stop(grantEnding, nil)
			d.grants = append(d.grants, g)
		}
	}
	tight.drains = append(tight.drains, d)
	d.total = d.left()
	d.deadline = r.clock.elapsed() + int64(r.maxUse)
	d.settle()
	r.drains.add(d)
	contested := entry.granting > 0 || r.node != nil // a grant may be being decided at another node
	sh.mu.Unlock()

	stored, unknown := false, true
	defer func() {
		sh.mu.Lock()
		defer sh.mu.Unlock()
		entry.pins--
		if !stored { // or the ledger panicked
			t.failed = true // and it stays: this process goes on denying
			if after != Any && !unknown {
				entry.settle(func(have *tightening) bool { return have == t }) // it was refused, and nothing denies by it
			}
			r.drains.remove(d)
			entry.forget()
		}
	}()
	var err error
	if after == Any {
		e, err = r.store(ctx, entry, e, contested)
	} else {
		e, err = r.storeAt(ctx, s, after, e)
	}
	if err != nil {
		unknown = errors.Is(err, ErrOutcomeUnknown)
		return Event{}, Withdrawal{}, err
	}
	stored = true
	sh.mu.Lock()
	entry.forget()
	entry.settle(func(have *tightening) bool { return have == t })
	if r.node != nil {
		d.remote = r.node.await(d, e)
	}
	sh.mu.Unlock()

	w, err := r.wait(ctx, d)
	r.withdrew(w, d.deadline-int64(r.maxUse), err)
	return e, w, err
}

// store appends a tightening event whatever the version, unless the ledger already says the same. A contested one is
// appended all the same: a grant that is being decided must find the ledger moved.
func (r *Registry) store(ctx context.Context, of *entry, e Event, contested bool) (Event, error) {
	s := of.subject
	if err := ctx.Err(); err != nil {
		return Event{}, r.denied(e.Purpose, purpose.Cancelled, context.Cause(ctx))
	}
	given := e.ID != ""
	r.stamp(&e)
	of.shard.mu.Lock()
	known, doubt := of.known, of.doubt || of.shard.doubt
	of.shard.mu.Unlock()
	if !given && !contested && !doubt {
		var st *state
		if known != nil && known.text[0] == keptState {
			st = r.words.unpack(known.text)
		} else { // not load: that would wait for a read that somebody else began
			st, _ = r.read(ctx, s)
		}
		if st != nil && st.says(e) {
			e.Seq = st.facts.Ledger
			return e, nil
		}
	}
	for range 4 {
		seq, err := r.append(ctx, s, Any, e)
		if !errors.Is(err, ErrEventExists) {
			e.Seq = seq
			if err == nil {
				of.shard.mu.Lock()
				of.doubt = false
				of.shard.mu.Unlock()
			}
			return e, err
		}
		e.ID = newID() // never refused for an id that something else has
	}
	return e, r.denied(e.Purpose, purpose.RegistryUnavailable, ErrEventExists)
}

// says reports whether the event would change nothing: neither what stands nor what a grant could still answer.
func (s *state) says(e Event) bool {
	switch e.Kind {
	case Withdrawn, Refused:
		status := s.facts.Consent(e.Purpose).Status
		if status != purpose.Withdrawn && (status != purpose.Refused || e.Kind == Withdrawn) {
			return false
		}
		for _, r := range s.requests {
			if r.purpose == e.Purpose && r.seq > s.tightened[e.Purpose] {
				return false
			}
		}
		return true
	case CaseClosed:
		return s.facts.Case(e.Case).Status == purpose.CaseClosed
	case AccountClosed:
		return s.facts.Account.Status == purpose.CaseClosed
	}
	return false
}

// Wait waits again for the uses of a withdrawal that returned [ErrStillDraining], named by its Position.
// A position whose uses have all ended returns at once, with what is still known of it.
func (r *Registry) Wait(ctx context.Context, position uint64) (Withdrawal, error) {
	if ctx == nil {
		return Withdrawal{}, &purpose.Denied{Reason: purpose.Malformed}
	}
	r.drains.mu.Lock()
	last, d := r.drains.last, r.drains.open[position]
	r.drains.mu.Unlock()
	if position == 0 || position > last {
		return Withdrawal{}, errors.New("consent: wait: no withdrawal has that position")
	}
	if d == nil {
		return Withdrawal{Position: position}, nil
	}
	return r.wait(ctx, d)
}

// wait returns when every use of d has ended, or was cancelled at its deadline, or ctx ends.
func (r *Registry) wait(ctx context.Context, d *drain) (Withdrawal, error) {
	timer := time.NewTimer(max(0, time.Duration(d.deadline-r.clock.elapsed())))
	defer timer.Stop()
	interrupted := false
	select {
	case <-d.done:
	case <-timer.C:
	case <-ctx.Done():
		interrupted = true
	}
	sh := d.entry.shard
	sh.mu.Lock()
	d.deserted = false
	left := d.left()
	if left > 0 && !interrupted {
		d.cancelled = max(d.cancelled, left)
		for _, g := range d.grants {
			g.stop(grantCancelled, ErrWithdrawn)
		}
	}
	sh.mu.Unlock()
	var silent error
	for d.remote != nil && !interrupted {
		silent = d.remote.wait(ctx, r.node, d.deadline)
		if silent != nil || !d.remote.again {
			break
		}
		if _, silent = r.append(ctx, d.entry.subject, d.after(), d.remote.event); silent == nil && r.node.regressed.Load() {
			silent = ErrLedgerRegressed // it is stored, in a ledger that somebody is going to replace
		}
		if silent != nil {
			break
		}
		sh.mu.Lock()
		d.remote = r.node.await(d, d.remote.event)
		sh.mu.Unlock()
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	w := Withdrawal{Position: d.position, Drained: d.total - max(left, d.cancelled), Cancelled: d.cancelled}
	d.remote.count(&w)
	if interrupted && (left > 0 || !d.remote.over()) {
		silent = context.Cause(ctx)
	}
	if silent != nil {
		d.deserted = true
		return w, fmt.Errorf("%w: %w", ErrStillDraining, silent)
	}
	r.drains.remove(d)
	return w, nil
}
