package consent

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"

	"github.com/purposebound/purposebound/purpose"
)

// entry is what the registry keeps of one subject. The shard's mutex guards it, but for attached.
type entry struct {
	// What a use needs comes first, in 64 bytes: over many subjects, each line of memory touched is what a use costs.
	shard    *shard
	grants   [2]*grant // permissions evaluated over state, latest first
	pending  []*tightening
	attached atomic.Value

	subject    Subject
	state      *state                // nil: to be read from the ledger
	live       []*grant              // those that may have uses running, and those in grants
	drains     []*drain              // withdrawals that wait
	generation uint64                // moves whenever what was read before must not be kept
	loading    *loading              // a read of the ledger in progress
	pins       int                   // calls that need the entry to stay
	tightened  uint64                // counts tightenings asked for
	tightest   map[purpose.ID]uint64 // number of the last withdrawal or refusal asked for, while grants are being decided
	doubt      bool                  // an append's outcome was not learned, and may yet come: what was read is no reason not to store a withdrawal
	granting   int                   // grants being decided: a withdrawal must be stored even if one stands, so that they find it
}

// loading is one read that several callers wait for.
type loading struct {
	done chan struct{}
	err  error // set before done is closed
}

// forget drops what was read.
func (e *entry) forget() {
	e.state = nil
	e.drop()
	e.generation++
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

// keep makes the grant the first to be looked at, and forgets those that nobody uses.
func (e *entry) keep(g *grant) {
	if old := e.grants[1]; old != nil {
		old.stop(grantRetired, nil)
	}
	e.grants[1], e.grants[0] = e.grants[0], g
	e.live = slices.DeleteFunc(e.live, func(have *grant) bool {
		if have == e.grants[1] {
			return false
		}
		// No withdrawal finds it any more, so nothing may be open under it.
		return have.unused()
	})
	e.live = append(e.live, g)
}

// idle reports whether the entry may go. One that may has nothing under it that could begin again.
func (e *entry) idle() bool {
	if e.loading != nil || e.pins > 0 || e.granting > 0 || len(e.pending) > 0 {
		return false
	}
	e.drop()
	return !slices.ContainsFunc(e.live, func(g *grant) bool { return !g.unused() })
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
	if len(sh.subjects) >= r.limit {
		tried := 0
		for other, candidate := range sh.subjects { // map order is as good as any
			if candidate.idle() {
				delete(sh.subjects, other)
			}
			if tried++; tried == 16 || len(sh.subjects) < r.limit {
				break
			}
		}
	}
	e = &entry{shard: sh, subject: s}
	sh.subjects[s] = e
	return e
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
		if st := e.state; st != nil {
			sh.mu.Unlock()
			return st, nil
		}
		l := e.loading
		if l == nil {
			st, err := r.lead(ctx, sh, e, s)
			if err != nil {
				sh.mu.Unlock()
				return nil, err
			}
			if st == nil && r.closed.Load() {
				sh.mu.Unlock()
				return nil, r.denied("", purpose.RegistryUnavailable, ErrClosed)
			}
			continue // again, if the ledger moved while it was read
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
	l := &loading{done: make(chan struct{}), err: r.denied("", purpose.RegistryUnavailable, nil)}
	generation := e.generation
	e.loading = l
	sh.mu.Unlock()
	returned := false
	defer func() {
		sh.mu.Lock()
		if !returned { // the ledger panicked: nobody may be left waiting, and nothing locked
			defer sh.mu.Unlock()
		}
		e.loading = nil
		if returned && err == nil && e.generation == generation && !r.closed.Load() {
			e.state = st
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
	events := r.ledger.Events(ctx, s, 0)
	if r.node != nil {
		events = r.node.events(ctx, s, began)
	}
	st, err := fold(state{}, events)
	r.counters.loads.Add(1)
	if err != nil {
		r.counters.failed.Add(1)
		return nil, r.outage(ctx, "", err)
	}
	st.read = began
	if err := ctx.Err(); err != nil { // a ledger that stops early without saying so
		return nil, r.outage(ctx, "", context.Cause(ctx))
	}
	if !st.last.IsZero() {
		r.clock.raise(st.last)
	}
	return &st, nil
}
