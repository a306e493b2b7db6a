package consent

import (
	"context"
	"errors"
	"sync/atomic"
	"unsafe"

	"github.com/purposebound/purposebound/purpose"
)

// entry is what the registry keeps of one subject. The shard's mutex guards it, but for attached.
type entry struct {
	// Over many subjects, each line of memory touched is what a use costs. Beginning one needs the first 64 bytes, and those of a grant.
	grants   [2]*grant // permissions evaluated over known, latest first; no tightening that is pending reaches them
	attached atomic.Value
	shard    *shard
	known    *Known // nil: to be read from the ledger
	tight    *tight // nil: nothing is being taken back
	live     *grant // those that may have uses running, and those in grants, as a list
	first    grant  // the first there is, which most subjects have no second to

	subject    Subject
	tightened  uint64   // counts the tightenings asked for
	generation uint64   // moves whenever what was read before must not be kept
	loading    *loading // a read of the ledger in progress
	pins       int32    // calls that need the entry to stay
	granting   int32    // grants being decided: a withdrawal must be stored even if one stands, so that they find it
	size       int32    // bytes, as the shard counts them
	beside     int32    // bytes of what is attached, as who attached it says
	doubt      bool     // an append's outcome was not learned, and may yet come: what was read is no reason not to store a withdrawal
	_          [40]byte // to 256 bytes, which lie on whole lines
}

// Known is what is known of a subject by one read of its ledger. It is for package pii, which asks whether two permits rest on the same.
type Known struct {
	text  packed
	facts atomic.Pointer[purpose.Facts] // once somebody asked
}

// tight is what an entry keeps of tightenings.
type tight struct {
	pending []*tightening         // by which this process denies
	drains  []*drain              // withdrawals that wait
	latest  map[purpose.ID]uint64 // number of the last withdrawal or refusal asked for, while grants are being decided
}

// tighten returns where tightenings are kept.
func (e *entry) tighten() *tight {
	if e.tight == nil {
		e.tight = new(tight)
	}
	return e.tight
}

// pending returns the tightenings by which this process denies.
func (e *entry) pending() []*tightening {
	if e.tight == nil {
		return nil
	}
	return e.tight.pending
}

// loading is one read that several callers wait for.
type loading struct {
	done chan struct{}
	err  error // set before done is closed
}

// forget drops what was read.
func (e *entry) forget() {
	e.known = nil
	e.drop()
	e.generation++
	e.weigh()
}

// drop lets nothing more begin under the permissions that were evaluated.
func (e *entry) drop() {
	for _, g := range e.grants {
		if g != nil {
			g.stop(grantRetired, nil)
		}
	}
	e.grants = [2]*grant{}
}

// room returns a grant to be filled: the first, if nothing was ever permitted by it.
func (e *entry) room() *grant {
	if e.first.gate == nil {
		return &e.first
	}
	// Whole lines of memory, too.
	return &new(struct {
		grant
		_ [128 - unsafe.Sizeof(grant{})]byte
	}).grant
}

// add puts the grant on the list of those that withdrawals look at.
func (e *entry) add(g *grant) {
	g.next, e.live = e.live, g
	e.weigh()
}

// keep makes the grant the first to be looked at, and forgets those that nobody uses.
func (e *entry) keep(g *grant) {
	if old := e.grants[1]; old != nil {
		old.stop(grantRetired, nil)
	}
	e.grants[1], e.grants[0] = e.grants[0], g
	for at := &e.live; *at != nil; {
		// No withdrawal finds one that is taken off any more, so nothing may be open under it.
		if have := *at; have != e.grants[1] && have.unused() {
			*at = have.next
		} else {
			at = &have.next
		}
	}
	e.add(g)
}

// idle reports whether the entry may go. One that may has nothing under it that could begin again.
func (e *entry) idle() bool {
	if e.loading != nil || e.pins > 0 || e.granting > 0 || len(e.pending()) > 0 {
		return false
	}
	for g := e.live; g != nil; g = g.next {
		if g.running.Load() > 0 {
			return false // and what is in use stays quick
		}
	}
	e.drop()
	for g := e.live; g != nil; g = g.next {
		if !g.unused() {
			return false
		}
	}
	return true
}

// unused ends the grant if no use of it is running. The shard is locked.
func (g *grant) unused() bool {
	// The order matters: a [Pass] counts itself and then looks at the flag, this raises the flag and then looks at the count.
	g.stop(grantRetired, nil)
	if g.running.Load() > 0 {
		return false
	}
	g.stop(grantEnding, nil)
	return true
}

func (r *Registry) shard(s Subject) *shard {
	// The last bytes of an id differ most. An even spread is all that is wanted: the maps have their own, seeded hash.
	var h uint64
	for i := max(0, len(s)-8); i < len(s); i++ {
		h = h<<8 | uint64(s[i])
	}
	return &r.shards[h*0x9e3779b97f4a7c15>>(64-shardBits)]
}

// entry returns the subject's entry, made if there is none. The shard is locked.
func (r *Registry) entry(sh *shard, s Subject) *entry {
	e := sh.subjects[s]
	if e != nil {
		return e
	}
	sh.makeRoom(r.limit)
	e = &entry{shard: sh, subject: s}
	sh.subjects[s] = e
	e.weigh()
	return e
}

// learn keeps what was read. The shard is locked, and the entry pinned.
func (e *entry) learn(r *Registry, st *state) {
	st.known = &Known{text: r.words.pack(st)}
	e.known = st.known
	e.grow(r)
}

// learnUnread keeps what was read ahead. The shard is locked, and the entry pinned.
func (e *entry) learnUnread(r *Registry, records packed) {
	e.known = &Known{text: records}
	e.grow(r)
}

func (r *Registry) invalidate(s Subject) {
	sh := r.shard(s)
	sh.mu.Lock()
	if e := sh.subjects[s]; e != nil {
		e.forget()
	}
	sh.mu.Unlock()
}

// load returns the subject's state: the one kept, or one read from the ledger after the call began.
func (r *Registry) load(ctx context.Context, s Subject) (*state, error) {
	if err := r.usable(ctx, s); err != nil {
		return nil, err
	}
	sh := r.shard(s)
	sh.mu.Lock()
	e := r.entry(sh, s)
	e.pins++
	defer func() {
		sh.mu.Lock()
		e.pins--
		sh.mu.Unlock()
	}()
	for {
		if known := e.known; known != nil {
			sh.mu.Unlock()
			if known.text[0] == keptState {
				st := r.words.unpack(known.text)
				st.known = known
				return st, nil
			}
			st, err := known.text.fold(s)
			sh.mu.Lock()
			switch {
			case e.known != known: // the ledger has moved
			case err != nil:
				e.forget() // the ledger has to say it itself
			default:
				r.raise(st)
				e.learn(r, st)
				sh.mu.Unlock()
				return st, nil
			}
			continue
		}
		l := e.loading
		if l == nil {
			st, err := r.lead(ctx, sh, e, s)
			closed := r.closed.Load()
			if err == nil && st == nil && !closed {
				continue // the ledger moved while it was read
			}
			sh.mu.Unlock()
			if err == nil && st == nil {
				err = r.denied("", purpose.RegistryUnavailable, ErrClosed)
			}
			return st, err
		}
		sh.mu.Unlock()
		select {
		case <-l.done:
		case <-ctx.Done():
			return nil, r.outage(ctx, "", context.Cause(ctx))
		}
		// Another's failure may be another's context: ask again, under one's own.
		if l.err != nil && !errors.Is(l.err, purpose.Cancelled) {
			return nil, l.err
		}
		sh.mu.Lock()
	}
}

// lead reads the ledger for all who wait. The shard is locked when it is called and when it returns.
func (r *Registry) lead(ctx context.Context, sh *shard, e *entry, s Subject) (st *state, err error) {
	l := &loading{done: make(chan struct{})}
	generation := e.generation
	e.loading = l
	sh.mu.Unlock()
	returned := false
	defer func() {
		sh.mu.Lock()
		if !returned { // the ledger panicked: nobody may be left waiting, and nothing locked
			l.err = r.denied("", purpose.RegistryUnavailable, nil)
			defer sh.mu.Unlock()
		}
		e.loading = nil
		if returned && err == nil && e.generation == generation && !r.closed.Load() {
			e.learn(r, st)
		} else {
			st = nil
		}
		close(l.done)
	}()
	st, err = r.read(ctx, s)
	l.err, returned = err, true
	return st, err
}

// read folds the ledger.
func (r *Registry) read(ctx context.Context, s Subject) (*state, error) {
	began := r.clock.elapsed()
	var st *state
	var err error
	if r.node != nil {
		st, err = r.node.read(ctx, s, began)
	} else {
		st = new(state)
		*st, err = fold(state{}, r.ledger.Events(ctx, s, 0))
	}
	r.counters.loads.Add(1)
	if err != nil {
		r.counters.failed.Add(1)
		return nil, r.outage(ctx, "", err)
	}
	st.read = began
	if err := ctx.Err(); err != nil { // a ledger that stops early without saying so
		return nil, r.outage(ctx, "", context.Cause(ctx))
	}
	r.raise(st)
	return st, nil
}

// raise makes sure that the clock reads no earlier than what was read.
func (r *Registry) raise(st *state) {
	if !st.last.IsZero() {
		r.clock.raise(st.last)
	}
}
