package consent

import (
	"sync/atomic"
	"time"

	"github.com/purposebound/purposebound/purpose"
)

// Stats is what a registry has done since it was opened, and how it stands. It names no person.
type Stats struct {
	Subjects int    // kept in memory
	Bytes    int64  // that they take
	Uses     int    // in progress
	Hits     uint64 // uses begun on what was decided before
	Decided  uint64 // uses for which the policy was asked
	Loads    uint64 // reads of the ledger, of one subject each
	Failed   uint64 // of those
	Denied   map[purpose.Reason]uint64

	Withdrawals uint64 // that have been stored
	Draining    int    // that are being waited for
	Drained     uint64 // uses that ended by themselves while a withdrawal waited
	Cancelled   uint64 // uses that were cancelled
	Fenced      uint64 // registries that did not answer

	Clustered bool
	Lease     time.Duration // what is left of it; 0: none, nothing opens
	Watermark uint64        // position up to which others' withdrawals have taken effect
	Nodes     int           // that were alive at the last look
	Lapses    uint64        // times the lease was lost
}

// Hooks are told what happens, as it happens. Each may be nil; none may block, nor call the registry.
type Hooks struct {
	Denied    func(purpose.ID, purpose.Reason)                  // a use did not begin
	Withdrawn func(w Withdrawal, took time.Duration, err error) // a withdrawal, refusal or closing of a case was stored and waited for
	Lapsed    func(cause error)                                 // the lease was lost: [ErrNoLease], [ErrFenced] or [ErrLedgerRegressed]

	Unreviewed func(cause error) // a [Review] failed: what is kept of somebody is looked at later than it could be
}

// WithHooks has the hooks told what happens.
func WithHooks(h Hooks) Option {
	return option(func(r *Registry) error {
		r.hooks = h
		return nil
	})
}

// counters are what Stats counts outside the shards.
type counters struct {
	decided, loads, failed                  atomic.Uint64
	withdrawals, drained, cancelled, fenced atomic.Uint64
	lapses                                  atomic.Uint64
	denied                                  [256]atomic.Uint64
}

// Stats returns the figures of the moment. They are read one after another.
func (r *Registry) Stats() Stats {
	c := &r.counters
	s := Stats{
		Decided: c.decided.Load(), Loads: c.loads.Load(), Failed: c.failed.Load(), Denied: make(map[purpose.Reason]uint64),
		Withdrawals: c.withdrawals.Load(), Drained: c.drained.Load(), Cancelled: c.cancelled.Load(), Fenced: c.fenced.Load(),
		Lapses: c.lapses.Load(),
	}
	for i := range c.denied {
		if n := c.denied[i].Load(); n > 0 {
			s.Denied[purpose.Reason(i)] = n
		}
	}
	for i := range r.shards {
		sh := &r.shards[i]
		sh.mu.Lock()
		s.Subjects += len(sh.subjects)
		s.Hits += sh.hits
		s.Bytes += sh.bytes
		for _, e := range sh.subjects {
			for g := e.live; g != nil; g = g.next {
				s.Uses += int(g.running.Load())
			}
		}
		sh.mu.Unlock()
	}
	r.drains.mu.Lock()
	s.Draining = len(r.drains.open)
	r.drains.mu.Unlock()
	if n := r.node; n != nil {
		s.Clustered, s.Watermark, s.Nodes = true, n.watermark.Load(), int(n.live.Load())
		s.Lease = time.Duration(max(0, r.clock.lease.Load()-r.clock.elapsed()))
	}
	return s
}

// refused counts a use that did not begin.
func (r *Registry) refused(g *Gate, err error) {
	d, ok := err.(*purpose.Denied)
	if !ok {
		return
	}
	r.counters.denied[uint8(d.Reason)].Add(1)
	if r.hooks.Denied != nil {
		r.hooks.Denied(g.Purpose(), d.Reason)
	}
}

// withdrew counts a tightening event that was stored, and what came of it.
func (r *Registry) withdrew(w Withdrawal, began int64, err error) {
	c := &r.counters
	c.withdrawals.Add(1)
	c.drained.Add(uint64(w.Drained))
	c.cancelled.Add(uint64(w.Cancelled))
	c.fenced.Add(uint64(w.Fenced))
	if r.hooks.Withdrawn != nil {
		r.hooks.Withdrawn(w, time.Duration(r.clock.elapsed()-began), err)
	}
}
