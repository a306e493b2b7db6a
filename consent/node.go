package consent

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/purposebound/purposebound/purpose"
)

// node is a registry's part in a cluster: its lease, its place in the feed, and the uses that others' withdrawals wait for.
// The loop alone calls sync; whatever else reads its fields is atomic or takes mu.
type node struct {
	registry *Registry
	cluster  Cluster
	ledger   Clustered
	lease    time.Duration // how long a renewal is good for, from before it was sent
	dead     time.Duration // without a new renewal, by one's own clock

	id        atomic.Pointer[NodeID]
	number    uint64        // of the last renewal that was sent
	sent      int64         // reading of the clock at the last renewal that succeeded
	watermark atomic.Uint64 // every change up to here has taken effect
	mark      uint64        // of the watermark
	regressed atomic.Bool
	draining  []*served
	changed   bool
	live      atomic.Int64 // nodes, at the last look

	system  atomic.Pointer[string] // the server, as last seen
	settled atomic.Int64           // monotonic reading from which no lease of another server's can be left
	report  string                 // what others may take as settled

	watch watch
	kick  chan struct{}
	stop  context.CancelFunc
	ended sync.WaitGroup
}

// served is a drain for others' sake.
type served struct {
	drain    *drain
	position uint64
	subject  uint64
	reach    uint64
	over     bool
	until    int64 // once it is over: reading until which its counts are told
}

const (
	tick    = 20 * time.Millisecond // between looks at the feed, for up to eighty nodes
	perNode = tick / 80
	told    = int64(3 * time.Second)
	recent  = int64(time.Second) // how old what was read may be where another node may have loosened it
)

// WithLease sets how long a registry in a cluster may go on without hearing from the database; the default is five seconds. It renews five times as
// often. A withdrawal waits that long for a node that does not answer. All registries of a cluster must have the same.
func WithLease(d time.Duration) Option {
	return option(func(r *Registry) error {
		if d < 100*time.Millisecond || d > time.Hour {
			return errors.New("consent: WithLease: the duration must be from a tenth of a second to an hour")
		}
		r.lease = d
		return nil
	})
}

// WithWakeup gives a registry in a cluster a hint that the feed has moved: wait returns when it may have, or when its context ends.
// The registry looks by itself every few milliseconds, so a hint that never comes does no harm.
func WithWakeup(wait func(context.Context) error) Option {
	return option(func(r *Registry) error {
		if wait == nil {
			return errors.New("consent: WithWakeup: the function must not be nil")
		}
		r.wakeup = wait
		return nil
	})
}

// join makes the registry a node, before anything is asked of it.
func (r *Registry) join(c Clustered) error {
	if r.clock.now != nil {
		return errors.New("WithClock is for a ledger that is held alone: a cluster goes by the database's clock")
	}
	n := &node{
		registry: r, cluster: c.Cluster(), ledger: c, lease: r.lease,
		dead: r.lease + r.lease/50 + tick, kick: make(chan struct{}, 1),
	}
	n.watch.node, n.watch.stopped = n, make(chan struct{})
	r.clock.lease.Store(0)
	ctx, stop := context.WithCancel(context.Background())
	first, done := context.WithTimeout(ctx, max(n.lease, 5*time.Second))
	defer done()
	for range 2 { // joins, and takes a lease
		if err := n.sync(first, true); err != nil {
			stop()
			n.leave() // nobody waits for one that never was
			return err
		}
	}
	r.node, n.stop = n, stop
	n.ended.Go(func() { n.run(ctx) })
	if r.wakeup != nil {
		n.ended.Go(func() { n.listen(ctx, r.wakeup) })
	}
	return nil
}

// run keeps the lease and follows the feed.
func (n *node) run(ctx context.Context) {
	r := n.registry
	next := time.NewTimer(tick)
	defer next.Stop()
	looked := r.clock.elapsed()
	for {
		select {
		case <-ctx.Done():
			return
		case <-next.C:
		case <-n.kick:
			next.Stop()
		}
		now := r.clock.elapsed()
		if lease := r.clock.lease.Load(); lease > 0 && now >= lease {
			n.lapse(ErrNoLease)
		}
		// A call that hangs must leave time for another before the lease ends.
		call, done := context.WithTimeout(ctx, n.lease/2)
		_ = n.sync(call, now-n.sent >= int64(n.lease/5) || r.clock.lease.Load() == 0)
		done()
		if now-looked >= int64(n.lease) { // somebody must shut out the dead, or the feed is kept for them
			looked = now
			n.watch.look()
		}
		next.Reset(n.interval())
	}
}

func (n *node) interval() time.Duration {
	return max(tick, time.Duration(n.live.Load())*perNode)
}

func (n *node) listen(ctx context.Context, wait func(context.Context) error) {
	for ctx.Err() == nil {
		if err := wait(ctx); err == nil {
			n.hurry()
			continue
		}
		pause := time.NewTimer(time.Second)
		select {
		case <-ctx.Done():
		case <-pause.C:
		}
		pause.Stop()
	}
}

// hurry has the feed looked at now.
func (n *node) hurry() {
	select {
	case n.kick <- struct{}{}:
	default:
	}
}

// sync makes one report and applies what it brings. Only after that is a renewed lease made known.
func (n *node) sync(ctx context.Context, renew bool) error {
	r := n.registry
	if n.regressed.Load() {
		return ErrLedgerRegressed
	}
	sent := r.clock.elapsed() // the lease counts from before the renewal is sent
	if n.id.Load() == nil {
		id := new(NodeID)
		rand.Read(id[:])
		n.id.Store(id)
		n.number, renew = 0, true
	}
	draining := n.serving(sent)
	report := Report{
		Node: *n.id.Load(), Number: n.number, Renew: renew, Applied: n.watermark.Load(), Mark: n.mark, Draining: draining,
		Changed: n.changed, Patience: 2 * n.lease,
	}
	if n.system.Load() != nil && r.clock.mono() >= n.settled.Load() {
		report.Settled = n.report
	}
	if renew {
		n.number++ // never twice, also if the answer is lost: others go by its change
		report.Number = n.number
	}
	joins := renew && report.Number == 1
	feed, err := n.cluster.Sync(ctx, report)
	switch {
	case errors.Is(err, ErrFenced):
		n.lapse(ErrFenced)
		n.id.Store(nil) // and joins anew, as another
		return ErrFenced
	case errors.Is(err, ErrLedgerRegressed), err == nil && feed.Head < n.watermark.Load():
		n.regressed.Store(true)
		n.lapse(ErrLedgerRegressed)
		n.watch.restart()
		return ErrLedgerRegressed
	case err != nil:
		if joins {
			n.id.Store(nil)
		}
		return err
	}
	n.observe(feed, sent, joins)
	if joins {
		n.watermark.Store(feed.Head) // and nothing is cached
	}
	n.changed = len(feed.Changes) > 0
	// Loads that begin from here on must have seen what is applied now; those before are told by apply.
	n.watermark.Store(feed.Head)
	n.mark = feed.Mark
	for _, c := range feed.Changes {
		n.apply(c)
	}
	if joins {
		// The snapshot was taken before others could see the node. Another renewal, from now on, gives the first lease.
		n.hurry()
		return nil
	}
	if renew {
		n.sent = sent
		if old := r.clock.lease.Load(); old > 0 && r.clock.elapsed() >= old { // 0: it has lapsed already
			n.lapse(ErrNoLease)
		}
		r.clock.lease.Store(sent + int64(n.lease))
	}
	if n.changed {
		n.hurry() // others wait to hear that it was applied
	}
	return nil
}

// observe takes over the database's time and notices another server.
func (n *node) observe(feed Feed, sent int64, joins bool) {
	r := n.registry
	latest := feed.Time
	if feed.Latest.After(latest) {
		latest = feed.Latest
	}
	if r.node == nil { // nobody has read the clock yet
		r.clock.set(latest.Round(0).UTC().Add(-time.Duration(sent)))
	} else {
		r.clock.raise(latest)
	}
	if feed.System != "" && !n.knows(feed.System) {
		n.system.Store(&feed.System)
		n.report = feed.System
		switch {
		case feed.Settled == feed.System, feed.Settled == "" && joins:
			n.settled.Store(0)
		default:
			n.failedOver()
		}
	}
	if n.knows(feed.Settled) {
		n.report = ""
	}
}

// failedOver is for when the database is another than it was, or has lost something: who joined under the one before may be missing
// from the nodes, until their leases have run out.
func (n *node) failedOver() {
	n.settled.Store(n.registry.clock.mono() + int64(n.dead))
	n.watch.restart()
}

// knows reports whether the server is the one that was seen last.
func (n *node) knows(system string) bool {
	have := n.system.Load()
	return have != nil && *have == system
}

// apply lets a change take effect.
func (n *node) apply(c Change) {
	r := n.registry
	sh := r.shard(c.Subject)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	e := sh.subjects[c.Subject]
	if e == nil {
		return
	}
	e.tightened++ // for a use that is being recorded as the one it permits
	if e.loading != nil || e.known == nil || e.known.text.ledger() < c.Seq {
		e.forget()
	}
	d := &drain{entry: e, done: make(chan struct{})}
	for g := e.live; g != nil; g = g.next {
		if c.Reach != 0 && g.known.text.ledger() < c.Seq && g.reached(c.Reach) {
			g.stop(grantEnding, nil)
			d.grants = append(d.grants, g)
		}
	}
	if d.total = d.left(); d.total == 0 {
		return
	}
	d.deadline = r.clock.elapsed() + int64(r.maxUse)
	tight := e.tighten()
	tight.drains = append(tight.drains, d)
	n.draining = append(n.draining, &served{drain: d, position: c.Position, subject: c.Subject.Hash(), reach: c.Reach})
}

// serving reports the drains for others, and ends those whose time is over.
func (n *node) serving(now int64) []Draining {
	var out []Draining
	n.draining = slices.DeleteFunc(n.draining, func(s *served) bool {
		d := s.drain
		sh := d.entry.shard
		sh.mu.Lock()
		defer sh.mu.Unlock()
		if !s.over {
			left := d.left()
			if left > 0 && now >= d.deadline {
				d.cancelled, left = left, 0
				for _, g := range d.grants {
					g.stop(grantCancelled, ErrWithdrawn)
				}
			}
			if left > 0 {
				out = append(out, Draining{s.position, s.subject, s.reach, uint32(left), uint32(d.total - left), 0})
				return false
			}
			s.over, s.until, n.changed = true, now+told, true
			if d.cancelled > 0 { // for as long as anybody may wait to hear of it
				s.until += int64(n.registry.maxUse) + 2*int64(n.dead)
			}
			d.entry.dismiss(d)
		}
		if now >= s.until {
			n.changed = true
			return true
		}
		out = append(out, Draining{s.position, s.subject, s.reach, 0, uint32(d.total - d.cancelled), uint32(d.cancelled)})
		return false
	})
	return out
}

// lapse ends all uses and forgets all that was read: what others did since nobody has waited for.
func (n *node) lapse(cause error) {
	r := n.registry
	r.clock.lease.Store(0)
	r.counters.lapses.Add(1)
	if r.hooks.Lapsed != nil {
		r.hooks.Lapsed(cause)
	}
	for i := range r.shards {
		sh := &r.shards[i]
		sh.mu.Lock()
		for _, e := range sh.subjects {
			e.tightened++
			for g := e.live; g != nil; g = g.next {
				g.stop(grantCancelled, cause)
			}
			e.forget()
		}
		sh.mu.Unlock()
	}
}

// why names what denies while there is no lease.
func (n *node) why() error {
	if n.regressed.Load() {
		return ErrLedgerRegressed
	}
	return ErrNoLease
}

// halt stops the loop; nothing opens from then on.
func (n *node) halt() {
	n.registry.clock.lease.Store(0)
	n.stop()
	n.ended.Wait()
	n.watch.close()
}

// leave gives the lease back, so that nobody waits for it. If that fails it runs out.
func (n *node) leave() {
	id := n.id.Load()
	if id == nil {
		return
	}
	ctx, done := context.WithTimeout(context.Background(), n.lease)
	defer done()
	_, _ = n.cluster.Sync(ctx, Report{Node: *id, Number: n.number, Leave: true})
}

// read folds a subject's ledger under the lease, in a snapshot that has all that was applied here.
func (n *node) read(ctx context.Context, s Subject, began int64) (*state, error) {
	if began >= n.registry.clock.lease.Load() {
		return nil, n.why()
	}
	watermark := n.watermark.Load()
	f := newFolder(s)
	head, err := n.ledger.Load(ctx, []Subject{s}, func(_ Subject, r Record) error { return f.next(r) })
	if err == nil && head < watermark {
		err = ErrLedgerRegressed // a replica that is behind, or a server that has lost something
	}
	return f.state, err
}

// reaches returns what a withdrawal that reaches the purpose may have as its reach.
func reaches(id purpose.ID) []uint64 {
	out := []uint64{Event{Kind: Withdrawn, Purpose: id}.Reach()}
	for above := string(id); ; {
		i := strings.LastIndexByte(above, '.')
		if i < 0 {
			return out
		}
		above = above[:i]
		out = append(out, Event{Kind: Withdrawn, Purpose: purpose.ID(above)}.Reach())
	}
}

// reached reports whether a change of that reach ends uses of the grant.
func (g *grant) reached(reach uint64) bool {
	if g.gate == nil {
		return false
	}
	switch reach {
	case reachHold:
		return g.gate.restrainable()
	case reachErasing:
		return g.gate.erasable()
	}
	if into := g.gate.ask.Compartment; into != "" && (Event{Kind: Expiring, Compartment: into}).Reach() == reach {
		return true
	}
	for i := range g.gate.purposes {
		p := &g.gate.purposes[i]
		if p.revocable && slices.Contains(p.reach, reach) {
			return true
		}
		if p.caseBound && g.actor.Case != "" && (Event{Kind: CaseClosed, Case: g.actor.Case}).Reach() == reach {
			return true
		}
	}
	return false
}

type freshKey struct{}

type fresh struct {
	subject Subject
	seq     uint64
}

// AtLeast returns a context under which the subject's ledger is read up to event number seq at least: give it the [Event].Seq that a grant at another registry
// returned, and the use it permits begins here at once. Without it a registry in a cluster may take a second to hear of what was permitted elsewhere;
// what was taken back needs no such thing.
func AtLeast(ctx context.Context, s Subject, seq uint64) context.Context {
	return context.WithValue(ctx, freshKey{}, fresh{s, seq})
}

// stale reports whether a refusal by the state may be out of date.
func (s *state) stale(ctx context.Context, of Subject, now int64) bool {
	if now-s.read >= recent {
		return true
	}
	want, _ := ctx.Value(freshKey{}).(fresh)
	return want.subject == of && want.seq > s.facts.Ledger
}

// recent is load for those who only ask: in a cluster what was read is read again after a second.
func (r *Registry) recent(ctx context.Context, s Subject) (*state, error) {
	st, err := r.load(ctx, s)
	if err != nil || r.node == nil || !st.stale(ctx, s, r.clock.elapsed()) {
		return st, err
	}
	sh := r.shard(s)
	sh.mu.Lock()
	if e := sh.subjects[s]; e != nil && e.known == st.known {
		e.forget()
	}
	sh.mu.Unlock()
	return r.load(ctx, s)
}
