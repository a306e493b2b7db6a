package consent

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/purposebound/purposebound/purpose"
)

// Gate is the door of an operation under one purpose, or under several that must all allow it, compiled once.
// Package pii makes one for every accessor and for every set of purposes it collects for; other programs never need it.
// It is safe for concurrent use.
type Gate struct {
	registry  *Registry
	operation purpose.Operation
	purposes  []gatePurpose
	owner     any
	actor     atomic.Pointer[purpose.Actor]    // the last one that was granted something
	decided   atomic.Pointer[purpose.Decision] // the last decision that granted something
	scopes    sync.Map                         // scopeKey to *purpose.Scope of the first purpose
	ask       purpose.Request                  // what each question has in common
}

type scopeKey struct {
	version uint16
	role    purpose.Role
}

type gatePurpose struct {
	id        purpose.ID
	caseBound bool
	revocable bool     // a withdrawal ends it
	reach     []uint64 // of withdrawals of it and of what is above it
}

// Gate returns the door of the operation under all of the purposes,
// or a *purpose.Denied if no facts could ever open it.
// A permit tells the owner of its gate, which may be nil.
func (r *Registry) Gate(owner any, op purpose.Operation, ids ...purpose.ID) (*Gate, error) {
	return r.gate(owner, purpose.Request{Operation: op}, ids)
}

// GateFor returns the door of a request: its purpose and operation, and the recipient, order, ticket and derogation it brings.
// Actor, attribute and times are not looked at.
func (r *Registry) GateFor(owner any, ask purpose.Request) (*Gate, error) {
	return r.gate(owner, purpose.Request{
		Operation: ask.Operation, Recipient: ask.Recipient, Order: ask.Order, Ticket: ask.Ticket, Derogation: ask.Derogation,
	}, []purpose.ID{ask.Purpose})
}

// GateInto returns the door of taking in, for all of the purposes, what is kept in the compartment: it is closed while that is being erased.
func (r *Registry) GateInto(owner any, c purpose.Compartment, ids ...purpose.ID) (*Gate, error) {
	return r.gate(owner, purpose.Request{Operation: purpose.Collect, Compartment: c}, ids)
}

// restrainable reports whether a hold can close the gate.
func (g *Gate) restrainable() bool { return g.erasable() && g.operation != purpose.Collect }

// erasable reports whether an erasure of the person can close the gate.
func (g *Gate) erasable() bool {
	return g.operation != purpose.Rights && g.operation != purpose.Maintenance && g.operation != purpose.Store
}

func (r *Registry) gate(owner any, ask purpose.Request, ids []purpose.ID) (*Gate, error) {
	if len(ids) == 0 {
		return nil, r.denied("", purpose.Malformed, nil)
	}
	g := &Gate{registry: r, operation: ask.Operation, owner: owner, ask: ask}
	for _, id := range ids {
		ask.Purpose = id
		if err := r.inForce().Possible(ask); err != nil {
			return nil, err
		}
		g.purposes = append(g.purposes, r.bounds(id))
	}
	return g, nil
}

// bounds says what may end uses of a purpose: under any version, for one that ends too much does no harm.
func (r *Registry) bounds(id purpose.ID) gatePurpose {
	out := gatePurpose{id: id, reach: reaches(id)}
	for n := uint16(1); ; n++ {
		p, ok := r.policy.Numbered(n)
		if !ok {
			return out
		}
		if spec, ok := p.Spec(id); ok {
			out.caseBound = out.caseBound || spec.CaseBound
			out.revocable = out.revocable || spec.Basis != purpose.LegalGround
		}
	}
}

// Operation returns the operation of the gate, 0 for a nil gate.
func (g *Gate) Operation() purpose.Operation {
	if g == nil {
		return 0
	}
	return g.operation
}

// Owner returns what the gate was made for, nil for a nil gate.
func (g *Gate) Owner() any {
	if g == nil {
		return nil
	}
	return g.owner
}

// Purpose returns the first purpose of the gate.
func (g *Gate) Purpose() purpose.ID { return g.purposes[0].id }

// grant is one evaluated permission of one subject. The uses begun while the facts it rests on stand share it,
// and it counts them: a use is begun under the shard's lock and ended without it.
type grant struct {
	gate    *Gate
	until   int64          // reading of the clock at which it lapses by itself
	actor   *purpose.Actor // shared by the gate's grants to the same
	running atomic.Int64
	flag    atomic.Uint32
	recent  bool // asked for since it was looked at last; guarded by the shard

	entry    *entry
	scope    *purpose.Scope
	known    *Known            // what it rests on
	decision *purpose.Decision // without the version of the ledger, which known tells; shared by the gate's grants of the same
	next     *grant            // in the entry's list
	own      *grantOwn         // nil: nothing of what few grants have
}

// grantOwn is what few grants have. The shard guards it.
type grantOwn struct {
	handed map[*Permit]struct{} // uses whose context was asked for
	cause  error                // why it was cancelled
}

// apart returns what few grants have. The shard is locked.
func (g *grant) apart() *grantOwn {
	if g.own == nil {
		g.own = new(grantOwn)
	}
	return g.own
}

// The states of a grant, in the order it goes through them. Uses begin only under grantOpen, and open nothing from grantEnding on.
const (
	grantNone uint32 = iota
	grantOpen
	grantRetired   // another stands in its place, or what it rests on is to be read again; what has begun goes on
	grantEnding    // a withdrawal has begun
	grantCancelled // a withdrawal has stopped waiting, or the registry was closed
)

// Permit is a use in progress. Every use of package pii is one; its methods are for that package, and other programs never
// need them.
// The zero Permit is of no use and opens nothing; ask it nothing but Check, Running, End and Context. Its methods are safe for concurrent use; it must not be copied.
type Permit struct {
	grant    *grant
	clock    *clock
	ctx      context.Context
	begun    int64
	deadline int64                 // reading of the clock from which it opens nothing
	aside    atomic.Pointer[aside] // made when the context is asked for
	ended    atomic.Bool
}

type aside struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
}

type permitKey struct{}

// Begin returns a new use if the policy and the ledger allow one now, and a *purpose.Denied otherwise.
// Every permit must be ended.
func (g *Gate) Begin(ctx context.Context, actor purpose.Actor, s Subject) (*Permit, error) {
	return g.Continue(ctx, actor, s, g.registry.clock.elapsed())
}

// Continue is Begin for work that began at a reading of the clock, such as an intake that seals one field after another: the
// use lives no longer than one begun then. It leaves the clock to [Permit.Check], which must be asked before anything is released.
func (g *Gate) Continue(ctx context.Context, actor purpose.Actor, s Subject, begun int64) (*Permit, error) {
	if ctx == nil {
		return nil, g.deny(purpose.Malformed, 0, nil)
	}
	if ctx.Err() != nil {
		return nil, g.deny(purpose.Cancelled, 0, context.Cause(ctx))
	}
	r := g.registry
	sh := r.shard(s)
	sh.mu.Lock()
	if e := sh.subjects[s]; e != nil {
		for _, have := range e.grants {
			if have != nil && have.gate == g && begun < have.until && begun < r.clock.lease.Load() && *have.actor == actor {
				p := have.start(ctx, sh, begun)
				have.recent = true
				sh.hits++
				sh.mu.Unlock()
				return p, nil
			}
		}
	}
	sh.mu.Unlock()
	p, err := g.begin(ctx, actor, s, begun)
	if err != nil {
		r.refused(g, err)
	}
	return p, err
}

// begin decides anew.
func (g *Gate) begin(ctx context.Context, actor purpose.Actor, s Subject, begun int64) (*Permit, error) {
	r := g.registry
	sh := r.shard(s)
	fresh := false
	for {
		st, err := r.load(ctx, s)
		if err != nil {
			return nil, g.attribute(err)
		}
		sh.mu.Lock()
		e := r.entry(sh, s)
		if e.known != st.known { // the ledger has moved since, or the entry gave way to another
			sh.mu.Unlock()
			continue
		}
		if r.closed.Load() {
			sh.mu.Unlock()
			return nil, g.deny(purpose.RegistryUnavailable, 0, ErrClosed)
		}
		for _, t := range e.pending() {
			if t.reaches(g, actor) {
				sh.mu.Unlock()
				return nil, g.deny(t.reason(), st.facts.Ledger, nil)
			}
		}
		// Read under the lock: whatever was expired by a reading before this one stays expired.
		now := r.clock.elapsed()
		if now >= r.clock.lease.Load() {
			sh.mu.Unlock()
			return nil, g.deny(purpose.RegistryUnavailable, 0, r.node.why())
		}
		r.counters.decided.Add(1)
		granted := e.room()
		once, denied := g.decide(e, st, actor, now, granted)
		if denied != nil {
			again := r.node != nil && !fresh && st.stale(ctx, s, now)
			if again { // another node may have stored what permits it
				e.forget()
				fresh = true
			}
			sh.mu.Unlock()
			if again {
				continue
			}
			return nil, denied
		}
		if once != "" {
			again, denied := g.consume(ctx, e, st, actor, once)
			switch {
			case denied != nil:
				sh.mu.Unlock()
				return nil, denied
			case again:
				sh.mu.Unlock()
				continue
			}
			e.add(granted) // for a withdrawal to find, and for no other use to begin under
		} else {
			e.keep(granted)
		}
		p := granted.start(ctx, sh, begun)
		if once != "" {
			granted.stop(grantRetired, nil) // nothing else begins under it, by a pass either
		}
		sh.mu.Unlock()
		return p, nil
	}
}

// decide asks the policy, and fills the grant if it permits. once is what the one use consumes that it permits; "": nothing.
func (g *Gate) decide(e *entry, st *state, actor purpose.Actor, now int64, into *grant) (once string, denied error) {
	r := g.registry
	q := g.ask
	q.Actor, q.Time = actor, r.clock.at(now)
	if q.Ticket != nil {
		ticket, undo := *q.Ticket, func() {}
		ticket.Subjects, undo = r.tickets.count(&ticket, g.Purpose(), e.subject)
		q.Ticket = &ticket
		defer func() {
			if denied != nil {
				undo()
			}
		}()
	}
	policy := r.policy.At(q.Time)
	until := int64(math.MaxInt64)
	var decision *purpose.Decision
	for i := range g.purposes {
		id := g.purposes[i].id
		q.Purpose = id
		d := policy.Decide(q, &st.facts)
		if !d.Allowed() {
			return "", r.refuse(id, d.Reason, d.Ledger, nil)
		}
		if !d.Until.IsZero() {
			until = min(until, r.clock.since(d.Until))
		}
		if i == 0 {
			decision = g.share(d)
		}
		switch {
		case d.Obligations.Has(purpose.ConsumeGrant):
			once = st.facts.Consent(id).Request
		case d.Obligations.Has(purpose.RecordDerogation) && d.Trace&purpose.FieldConsumed != 0:
			once = q.Derogation.ID
		}
	}
	key := scopeKey{policy.Number(), actor.Role}
	scope, ok := g.scopes.Load(key)
	if !ok {
		made, reason := policy.Scope(g.purposes[0].id, g.operation, actor.Role)
		if reason != purpose.Permitted {
			return "", g.deny(reason, st.facts.Ledger, nil)
		}
		scope, _ = g.scopes.LoadOrStore(key, made)
	}
	q.Purpose = g.purposes[0].id
	who := g.actor.Load()
	if who == nil || *who != actor {
		who = &actor
		g.actor.Store(who)
	}
	into.gate, into.until, into.actor, into.decision = g, until, who, decision
	into.scope = scope.(*purpose.Scope).Narrow(policy, q, &st.facts)
	into.entry, into.known = e, e.known
	into.flag.Store(grantOpen)
	return once, nil
}

// share returns the decision without the version of the ledger, in the one copy that the gate's grants of the same have.
func (g *Gate) share(d purpose.Decision) *purpose.Decision {
	d.Ledger = 0
	if have := g.decided.Load(); have != nil && *have == d {
		return have
	}
	g.decided.Store(&d)
	return &d
}

// start returns a use of the grant. The shard is locked.
func (g *grant) start(ctx context.Context, sh *shard, now int64) *Permit {
	if len(sh.permits) == 0 {
		sh.permits = make([]Permit, 16)
	}
	p := &sh.permits[0]
	sh.permits = sh.permits[1:]
	r := g.gate.registry
	p.grant, p.clock, p.ctx = g, &r.clock, ctx
	p.begun, p.deadline = now, min(g.until, now+int64(r.maxUse))
	g.running.Add(1)
	return p
}

// End ends the use. What it revealed must not be used after it; a withdrawal that waits for it goes on.
// Ending twice is allowed.
func (p *Permit) End() {
	if p == nil || p.grant == nil || p.ended.Swap(true) {
		return
	}
	g := p.grant
	// The order matters: a withdrawal raises the flag and then counts, this counts and then looks at the flag.
	g.running.Add(-1)
	a := p.aside.Load()
	if a == nil && g.flag.Load() < grantEnding {
		return
	}
	sh := g.entry.shard
	sh.mu.Lock()
	if g.own != nil {
		delete(g.own.handed, p)
	}
	g.entry.settleDrains(&g.gate.registry.drains)
	sh.mu.Unlock()
	if a != nil {
		a.timer.Stop()
		a.cancel(context.Canceled)
	}
}

// stop makes the uses of the grant open nothing more. The shard is locked.
func (g *grant) stop(flag uint32, cause error) {
	if g.flag.Load() < flag {
		g.flag.Store(flag)
	}
	if flag == grantCancelled {
		own := g.apart()
		own.cause = cause
		for p := range own.handed {
			p.aside.Load().cancel(cause)
		}
	}
}

// Check reports whether what was decrypted under the permit may be released: Permitted, or why not, and the reading of
// the registry's clock in nanoseconds. It looks at the flags first and at the clock last, so that a goroutine that
// was stopped in between, for however long, releases nothing that a withdrawal has given up waiting for.
func (p *Permit) Check() (int64, purpose.Reason) {
	if p == nil || p.clock == nil {
		return 0, purpose.UseEnded
	}
	lease := p.clock.lease.Load() // before the flags: one that is renewed later says nothing about them
	if reason := p.Running(); reason != purpose.Permitted {
		return 0, reason
	}
	if p.ctx.Err() != nil {
		return 0, purpose.Cancelled
	}
	now := p.clock.elapsed()
	if now >= p.deadline || now >= lease {
		return now, p.grant.late(now, lease)
	}
	return now, purpose.Permitted
}

// Running reports whether the use has been neither ended nor reached by a withdrawal, without looking at the clock.
// It is for refusing early; only [Permit.Check] permits.
func (p *Permit) Running() purpose.Reason {
	if p == nil || p.grant == nil || p.ended.Load() {
		return purpose.UseEnded
	}
	return p.grant.standing()
}

// standing says whether a use that has begun may still open something.
func (g *grant) standing() purpose.Reason {
	switch g.flag.Load() {
	case grantOpen, grantRetired:
		return purpose.Permitted
	case grantEnding, grantCancelled:
		return purpose.StaleDecision
	}
	return purpose.UseEnded
}

// late tells which end passed.
func (g *grant) late(now, lease int64) purpose.Reason {
	if now >= lease {
		return purpose.RegistryUnavailable
	}
	if now >= g.until {
		return purpose.ConsentExpired
	}
	return purpose.UseExpired
}

// Context returns the context of the work done in the use: the caller's, cancelled with cause [ErrWithdrawn] when a
// withdrawal stops waiting, with [ErrUseExpired] when the use has lived too long, and at the end of the use.
// A withdrawal made with it does not wait for this use.
func (p *Permit) Context() context.Context {
	if p == nil || p.grant == nil || p.grant.flag.Load() == grantNone {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		return ctx
	}
	g := p.grant
	sh := g.entry.shard
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if a := p.aside.Load(); a != nil {
		return a.ctx
	}
	ctx, cancel := context.WithCancelCause(context.WithValue(p.ctx, permitKey{}, p))
	switch {
	case p.ended.Load():
		cancel(context.Canceled)
		return ctx // and no timer to stop
	case g.flag.Load() == grantCancelled:
		cancel(g.apart().cause)
	}
	left := time.Duration(p.deadline - p.clock.elapsed())
	a := &aside{ctx, cancel, time.AfterFunc(max(0, left), func() {
		if g.flag.Load() >= grantEnding {
			cancel(ErrWithdrawn) // which waited for no more than this
		}
		cancel(ErrUseExpired)
	})}
	// End raises its flag and then looks for this; so this is stored before the flag is looked at.
	p.aside.Store(a)
	if p.ended.Load() {
		a.timer.Stop()
		cancel(context.Canceled)
		return ctx
	}
	own := g.apart()
	if own.handed == nil {
		own.handed = make(map[*Permit]struct{})
	}
	own.handed[p] = struct{}{}
	return ctx
}

// Decision returns the decision that the use was begun under.
func (p *Permit) Decision() purpose.Decision {
	if p == nil || p.grant == nil || p.grant.decision == nil {
		return purpose.Decision{}
	}
	d := *p.grant.decision
	d.Ledger = p.grant.known.text.ledger()
	return d
}

// Actor returns who began the use.
func (p *Permit) Actor() purpose.Actor {
	if p == nil || p.grant == nil {
		return purpose.Actor{}
	}
	if p.grant.actor == nil {
		return purpose.Actor{} // inert
	}
	return *p.grant.actor
}

// Scope returns the compiled rules on attributes for the actor's role.
func (p *Permit) Scope() *purpose.Scope {
	if p == nil || p.grant == nil {
		return nil
	}
	return p.grant.scope
}

// Facts returns what the decision rests on. It is shared, and must not be changed.
func (p *Permit) Facts() *purpose.Facts {
	known := p.Known()
	if known == nil {
		return nil
	}
	if f := known.facts.Load(); f != nil {
		return f
	}
	r := p.grant.gate.registry
	if known.facts.CompareAndSwap(nil, &r.words.unpack(known.text).facts) {
		e := p.grant.entry
		e.shard.mu.Lock()
		e.grow(r)
		e.shard.mu.Unlock()
	}
	return known.facts.Load()
}

// Known returns what the decision rests on, for comparing it with another permit's; nil for a permit of no use.
func (p *Permit) Known() *Known {
	if p == nil || p.grant == nil {
		return nil
	}
	return p.grant.known
}

// Time returns the wall time of a reading of the registry's clock.
func (p *Permit) Time(reading int64) time.Time { return p.clock.at(reading) }

// Subject returns whose use it is.
func (p *Permit) Subject() Subject {
	if p == nil || p.grant == nil {
		return ""
	}
	return p.grant.entry.subject
}

// Inert returns a permit that tells a subject and opens nothing: for a step of a batch that was denied.
func Inert(s Subject) *Permit {
	p := &Permit{grant: &grant{entry: &entry{subject: s}}}
	p.ended.Store(true)
	return p
}

// Unix returns the Unix time, in seconds, of a reading of the registry's clock.
func (p *Permit) Unix(reading int64) int64 { return p.clock.unix(reading) }

// Gate returns the gate the permit was begun at, nil for one that was not.
func (p *Permit) Gate() *Gate {
	if p == nil || p.grant == nil {
		return nil
	}
	return p.grant.gate
}

// Reading returns the reading of the registry's clock at which wall time t is reached.
func (p *Permit) Reading(t time.Time) int64 { return p.clock.since(t) }

// Caller returns the context that the use was begun with.
func (p *Permit) Caller() context.Context { return p.ctx }

// Begun returns the reading of the registry's clock when the use began.
func (p *Permit) Begun() int64 { return p.begun }

// Attached is a place beside the subject in the registry's memory, for the keys that go with it. What is stored there
// goes when the subject does. It is package pii's.
func (p *Permit) Attached() *atomic.Value { return &p.grant.entry.attached }

// Attach says how many bytes what is Attached takes, which counts for [WithCache]; more than a mebibyte counts as that. Other subjects may have to
// go for it.
func (p *Permit) Attach(bytes int) {
	e := p.grant.entry
	e.shard.mu.Lock()
	defer e.shard.mu.Unlock()
	e.beside = int32(min(max(bytes, 0), maxBeside))
	e.grow(p.grant.gate.registry)
}

func (g *Gate) deny(reason purpose.Reason, ledger uint64, cause error) *purpose.Denied {
	return g.registry.refuse(g.Purpose(), reason, ledger, cause)
}

// attribute names the purpose in a denial that was made without knowing it.
func (g *Gate) attribute(err error) error {
	if d, ok := err.(*purpose.Denied); ok && d.Purpose == "" {
		return g.deny(d.Reason, d.Ledger, d.Cause)
	}
	return err
}
