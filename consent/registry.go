package consent

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"

	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/purpose"
)

// Registry answers, for every use of data, whether the policy and the subject's ledger allow it now,
// and makes sure that a withdrawal ends what it must. It keeps what it has read of each subject in memory,
// so that a question costs nanoseconds, and is the only writer of its ledger. It is safe for concurrent use.
type Registry struct {
	policy  *purpose.Policy
	ledger  Ledger
	clock   clock
	maxUse  time.Duration
	limit   int64 // bytes kept in one shard
	words   *words
	closed  atomic.Bool
	writes  writes
	free    func() // gives the ledger back
	node    *node  // nil: the ledger is held alone
	lease   time.Duration
	wakeup  func(context.Context) error
	hooks   Hooks
	reviews Review

	shards  [shardCount]shard
	drains  drains
	tickets tickets

	counters counters
}

const (
	shardBits  = 6
	shardCount = 1 << shardBits
)

// shard holds a part of the subjects. Its mutex guards every field of its entries.
type shard struct {
	mu       sync.Mutex
	subjects map[Subject]*entry
	permits  []Permit // made together: one allocation for each was a third of the cost of beginning a use
	hits     uint64   // uses begun on what was decided before
	bytes    int64    // that the subjects take
	doubt    bool     // a subject in doubt has left memory; which one is not known any more
	_        [7]byte  // keeps two shards off one cache line
}

// Option changes a default of [NewRegistry].
type Option interface{ apply(*Registry) error }

type option func(*Registry) error

func (o option) apply(r *Registry) error { return o(r) }

// WithMaxUse sets how long a use may live, at most a year; a withdrawal waits no longer for one. The default is 30 seconds.
func WithMaxUse(d time.Duration) Option {
	return option(func(r *Registry) error {
		if d <= 0 || d > 365*24*time.Hour {
			return errors.New("consent: WithMaxUse: the duration must be positive and at most a year")
		}
		r.maxUse = d
		return nil
	})
}

// WithClock replaces the machine's clock, for tests. A reading earlier than one before it counts as that one.
// It must be safe for concurrent use.
func WithClock(now func() time.Time) Option {
	return option(func(r *Registry) error {
		if now == nil {
			return errors.New("consent: WithClock: the clock must not be nil")
		}
		r.clock.now = now
		return nil
	})
}

// WithCache sets how many bytes of memory the subjects may take that are kept for the next use; the default is 128 MiB. A subject
// with five purposes takes about 500 bytes, two to four thousand more with its keys, and one to two thousand more where the end of retention depends
// on its cases or its account. These are estimates. Those in use are kept beyond it.
func WithCache(bytes int64) Option {
	return option(func(r *Registry) error {
		if bytes <= 0 {
			return errors.New("consent: WithCache: the number of bytes must be positive")
		}
		r.limit = bytes / shardCount
		return nil
	})
}

// The errors of a [Registry], besides those of its ledger and *purpose.Denied.
var (
	ErrClosed           = errors.New("consent: the registry is closed")
	ErrLanguage         = errors.New("consent: the policy has no notice in that language")
	ErrNoNotice         = errors.New("consent: the person was shown no notice in that language")
	ErrEvidenceRequired = errors.New("consent: a spoken or written act needs a reference to its evidence")
	ErrRequestRequired  = errors.New("consent: a grant by link must name the request it answers")
	ErrStaleRequest     = errors.New("consent: the request is unknown, of another purpose, or was opened before a refusal or withdrawal")
	ErrInvalidAct       = errors.New("consent: the act is not well formed")
	ErrInvalidEvent     = errors.New("consent: the event is not well formed")
	ErrOutcomeUnknown   = errors.New("consent: it is not known whether the event was stored")
	ErrStillDraining    = errors.New("consent: uses begun before are still running")
	ErrWithdrawn        = errors.New("consent: withdrawn while in use")
	ErrUseExpired       = errors.New("consent: the use lived longer than a use may")
)

// NewRegistry returns a registry that decides by policy over ledger. It holds the ledger until [Registry.Close];
// [ErrLedgerInUse] means that another registry does.
func NewRegistry(policy *purpose.Policy, ledger Ledger, options ...Option) (*Registry, error) {
	if policy == nil {
		return nil, errors.New("consent: NewRegistry: policy must not be nil")
	}
	if ledger == nil {
		return nil, errors.New("consent: NewRegistry: ledger must not be nil")
	}
	r := &Registry{
		policy: policy, ledger: ledger, maxUse: 30 * time.Second, limit: 128 << 20 / shardCount, words: newWords(policy), lease: 5 * time.Second,
		free: func() {},
	}
	for _, o := range options {
		if o == nil {
			return nil, errors.New("consent: NewRegistry: an option is nil")
		}
		if err := o.apply(r); err != nil {
			return nil, err
		}
	}
	r.clock.init(r.clock.now)
	for i := range r.shards {
		r.shards[i].subjects = make(map[Subject]*entry)
	}
	if c, ok := ledger.(Clustered); ok && c.Cluster() != nil {
		if err := r.join(c); err != nil {
			return nil, fmt.Errorf("consent: NewRegistry: %w", err)
		}
		return r, nil
	}
	if h, ok := ledger.(Holder); ok {
		release, err := h.Hold()
		if err != nil {
			return nil, fmt.Errorf("consent: NewRegistry: %w", err)
		}
		r.free = release
	}
	return r, nil
}

// Policy returns the policy the registry decides by. If it is of a [purpose.History], what is asked is answered by the
// version in force at the time.
func (r *Registry) Policy() *purpose.Policy { return r.policy }

// inForce returns the version of the policy in force now.
func (r *Registry) inForce() *purpose.Policy { return r.policy.At(r.Now()) }

// declared reports whether any version of the policy ever had the purpose: what is no longer asked for can still be refused.
func (r *Registry) declared(id purpose.ID) bool {
	for n := uint16(1); ; n++ {
		p, ok := r.policy.Numbered(n)
		if !ok {
			return false
		}
		if _, ok := p.Spec(id); ok {
			return true
		}
	}
}

// Now returns the time the registry decides at. It never goes back, and is never before an event it has read.
func (r *Registry) Now() time.Time { return r.clock.at(r.clock.elapsed()) }

// Reading returns the reading of the registry's clock, in nanoseconds since it was opened. It is for package pii.
func (r *Registry) Reading() int64 { return r.clock.elapsed() }

// MaxUse returns how long a use may live.
func (r *Registry) MaxUse() time.Duration { return r.maxUse }

// Close denies everything from then on, waits for events that are being written and gives the ledger back.
// Uses in progress open nothing more, and their contexts end; what they have begun is not waited for, nor by
// withdrawals at other registries: end them first where that matters.
func (r *Registry) Close() error {
	if r.closed.Swap(true) {
		return nil
	}
	if r.node != nil {
		r.node.halt()
	}
	for i := range r.shards {
		sh := &r.shards[i]
		sh.mu.Lock()
		for _, e := range sh.subjects {
			for g := e.live; g != nil; g = g.next {
				g.stop(grantCancelled, ErrClosed)
			}
			e.forget()
		}
		sh.mu.Unlock()
	}
	r.writes.close()
	if r.node != nil {
		r.node.leave()
	}
	r.free()
	return nil
}

// Notify records that the person was shown the notice in that language, which must be exactly one of
// [purpose.Policy.Languages]: fr-CA is not fr, and the error is [ErrLanguage]. Every grant needs a notice, and so do every
// collection and every use but those on a legal ground.
func (r *Registry) Notify(ctx context.Context, s Subject, shown language.Tag) (Event, error) {
	if !r.speaks(shown) {
		return Event{}, fmt.Errorf("consent: notify: %w", ErrLanguage)
	}
	return r.record(ctx, s, Event{Kind: Noticed, Act: Act{Language: shown}})
}

// Request records that consent was asked for, by a message that carries the event's id; a grant made by following it
// names the id in [Act].Request and counts only if nothing was refused or withdrawn since.
func (r *Registry) Request(ctx context.Context, s Subject, id purpose.ID, how Method) (Event, error) {
	if _, ok := r.inForce().Spec(id); !ok {
		return Event{}, r.denied(id, purpose.UnknownPurpose, nil)
	}
	if how == 0 || int(how) >= len(methodText) {
		return Event{}, fmt.Errorf("consent: request: %w", ErrInvalidAct)
	}
	return r.record(ctx, s, Event{Kind: Requested, Purpose: id, Act: Act{Method: how}})
}

// Record appends a fact: a case or an account opened or closed, or where the subject lives. Closing a case withdraws it from the actors
// that were assigned, with the barrier of [Registry.Withdraw]. The event's Seq, Policy and Time are set here; an
// empty ID is made random. Notices, requests and consents have methods of their own and are refused.
func (r *Registry) Record(ctx context.Context, s Subject, e Event) (Event, error) {
	switch e.Kind {
	case CaseOpened:
		if e.Case == "" || e.Actor.Role == "" {
			return Event{}, fmt.Errorf("consent: record: %w", ErrInvalidEvent)
		}
		e.Actor.Case = ""
	case CaseClosed:
		if e.Case == "" {
			return Event{}, fmt.Errorf("consent: record: %w", ErrInvalidEvent)
		}
		e.Actor = purpose.Actor{}
	case AccountOpened, AccountClosed:
		e.Case, e.Actor = "", purpose.Actor{}
	case Resides:
		if e.Jurisdiction != "" && !e.Jurisdiction.Valid() {
			return Event{}, fmt.Errorf("consent: record: %w", ErrInvalidEvent)
		}
		e.Case, e.Actor = "", purpose.Actor{}
	default:
		return Event{}, fmt.Errorf("consent: record: %w", ErrInvalidEvent)
	}
	if len(e.Case) > 128 || len(e.ID) > 128 || e.Blank || strings.ContainsFunc(e.Case, unicode.IsControl) {
		return Event{}, fmt.Errorf("consent: record: %w", ErrInvalidEvent)
	}
	e.Act, e.Purpose = Act{}, ""
	if e.Kind != Resides {
		e.Jurisdiction = ""
	}
	if e.Kind.Tightens() {
		e, _, err := r.tighten(ctx, s, e)
		return e, err
	}
	return r.record(ctx, s, e)
}

// State returns what stands for the purpose itself: [purpose.Absent], with Since and Until kept, once a grant has expired.
// A refusal of a purpose above it denies as well.
func (r *Registry) State(ctx context.Context, s Subject, id purpose.ID) (purpose.Consent, error) {
	if !r.declared(id) {
		return purpose.Consent{}, r.denied(id, purpose.UnknownPurpose, nil)
	}
	st, err := r.recent(ctx, s)
	if err != nil {
		return purpose.Consent{}, err
	}
	c := st.facts.Consent(id)
	if c.Status == purpose.Given && !c.Until.IsZero() && !r.Now().Before(c.Until) {
		c.Status = purpose.Absent
	}
	return c, nil
}

// KnownAt returns what stood for the purpose at a time, by what had been recorded by then: what was recorded later, also of an
// earlier day, is left out. It reads the ledger itself, in order, and stops where that time is over.
func (r *Registry) KnownAt(ctx context.Context, s Subject, id purpose.ID, at time.Time) (purpose.Consent, error) {
	if !r.declared(id) {
		return purpose.Consent{}, r.denied(id, purpose.UnknownPurpose, nil)
	}
	st := newState()
	for e, err := range r.History(ctx, s) {
		if err != nil {
			return purpose.Consent{}, err
		}
		if e.Time.After(at) {
			break
		}
		if err := st.next(e); err != nil {
			return purpose.Consent{}, r.outage(ctx, id, err)
		}
	}
	c := st.facts.Consent(id)
	if c.Status == purpose.Given && !c.Until.IsZero() && !at.Before(c.Until) {
		c.Status = purpose.Absent
	}
	return c, nil
}

// Facts returns all that decisions rest on, as of now. The result is shared and must not be changed.
func (r *Registry) Facts(ctx context.Context, s Subject) (*purpose.Facts, error) {
	st, err := r.recent(ctx, s)
	if err != nil {
		return nil, err
	}
	return &st.facts, nil
}

// Decide answers a request as of now, without beginning a use: for showing what is possible, not for acting on it.
// The request's Time is set here. An error is a *purpose.Denied that says the facts could not be read;
// whether the answer allows is in the decision.
func (r *Registry) Decide(ctx context.Context, s Subject, q purpose.Request) (purpose.Decision, error) {
	st, err := r.recent(ctx, s)
	if err != nil {
		return purpose.Decision{}, err
	}
	if reason := r.pending(s, q); reason != purpose.Permitted {
		return purpose.Decision{Reason: reason, Purpose: q.Purpose, Attribute: q.Attribute, Recipient: q.Recipient, Policy: r.inForce().Version(), Ledger: st.facts.Ledger}, nil
	}
	q.Time = r.Now()
	return r.policy.Decide(q, &st.facts), nil
}

// pending returns why a withdrawal that was asked for and is not stored yet, or could not be, denies the request.
func (r *Registry) pending(s Subject, q purpose.Request) purpose.Reason {
	if !r.declared(q.Purpose) {
		return purpose.Permitted // the policy has its own word for that
	}
	one := Gate{operation: q.Operation, ask: q, purposes: []gatePurpose{r.bounds(q.Purpose)}}
	sh := r.shard(s)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if e := sh.subjects[s]; e != nil {
		for _, t := range e.pending() {
			if t.reaches(&one, q.Actor) {
				return t.reason()
			}
		}
	}
	return purpose.Permitted
}

// History yields the subject's events in order, from the ledger itself. An error is the last pair.
func (r *Registry) History(ctx context.Context, s Subject) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		if err := r.usable(ctx, s); err != nil {
			yield(Event{}, err)
			return
		}
		for e, err := range r.ledger.Events(ctx, s, 0) {
			if err != nil {
				yield(Event{}, r.outage(ctx, "", err))
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// Running describes uses in progress: those of one subject under one purpose by one actor.
type Running struct {
	Purpose purpose.ID
	Actor   purpose.Actor
	Uses    int
	Ending  bool // a withdrawal has reached them: they open nothing more
}

// InUse returns the uses in progress, in no order.
func (r *Registry) InUse() []Running {
	var all []Running
	for i := range r.shards {
		sh := &r.shards[i]
		sh.mu.Lock()
		for _, e := range sh.subjects {
			for g := e.live; g != nil; g = g.next {
				if n := g.running.Load(); n > 0 {
					all = append(all, Running{g.gate.Purpose(), *g.actor, int(n), g.flag.Load() >= grantEnding})
				}
			}
		}
		sh.mu.Unlock()
	}
	return all
}

// record appends an event that does not tighten, whatever the version.
func (r *Registry) record(ctx context.Context, s Subject, e Event) (Event, error) {
	if err := r.usable(ctx, s); err != nil {
		return Event{}, err
	}
	r.stamp(&e)
	seq, err := r.append(ctx, s, Any, e)
	r.invalidate(s)
	if err != nil {
		return Event{}, err
	}
	e.Seq = seq
	return e, nil
}

// stamp fills what the registry gives an event.
func (r *Registry) stamp(e *Event) {
	e.Seq, e.Time = 0, r.Now()
	e.Policy = r.policy.At(e.Time).Version()
	if e.ID == "" {
		e.ID = newID()
	}
	if !e.Occurred.IsZero() {
		e.Occurred = e.Occurred.UTC()
		if !e.Occurred.Before(e.Time) {
			e.Occurred = time.Time{}
		}
	}
}

// append stores the event, asking once more by the same id if the outcome of the first attempt is not known.
func (r *Registry) append(ctx context.Context, s Subject, after uint64, e Event) (uint64, error) {
	probe := e
	probe.Seq = 1
	if _, err := Encode(probe, [32]byte{}, make([]byte, 16)); err != nil {
		return 0, ErrInvalidEvent // no ledger can store it, and none was asked
	}
	if !r.writes.begin() {
		return 0, r.denied(e.Purpose, purpose.RegistryUnavailable, ErrClosed)
	}
	defer r.writes.end()
	seq, err := r.ledger.Append(ctx, s, after, e)
	if err == nil || answered(err) != nil {
		return seq, answered(err)
	}
	if ctx.Err() == nil {
		if seq, again := r.ledger.Append(ctx, s, after, e); again == nil || errors.Is(again, ErrConflict) {
			return seq, answered(again)
		}
	}
	if !e.Kind.Tightens() { // it may still be stored, after what is read next
		sh := r.shard(s)
		sh.mu.Lock()
		r.entry(sh, s).doubt = true
		sh.mu.Unlock()
	}
	return 0, fmt.Errorf("%w: %w", ErrOutcomeUnknown, r.outage(ctx, e.Purpose, err))
}

// writes counts the events being written, so that Close does not give the ledger back before the last of them.
type writes struct {
	mu      sync.Mutex
	running int
	closed  bool
	idle    chan struct{} // made by close if it has to wait
}

func (w *writes) begin() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false
	}
	w.running++
	return true
}

func (w *writes) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running--; w.running == 0 && w.idle != nil {
		close(w.idle)
	}
}

// close waits for what is running and lets nothing more begin.
func (w *writes) close() {
	w.mu.Lock()
	w.closed = true
	if w.running > 0 {
		w.idle = make(chan struct{})
	}
	idle := w.idle
	w.mu.Unlock()
	if idle != nil {
		<-idle
	}
}

// answered returns the contract's word in a ledger's error, nil if it is none of those by which nothing was stored.
// What else the error says is left behind: it could name the subject.
func answered(err error) error {
	for _, word := range []error{ErrConflict, ErrEventExists, ErrSubject} {
		if errors.Is(err, word) {
			return word
		}
	}
	return nil
}

// usable checks what every call needs.
func (r *Registry) usable(ctx context.Context, s Subject) error {
	if r == nil || ctx == nil {
		return &purpose.Denied{Reason: purpose.Malformed}
	}
	if r.closed.Load() {
		return r.denied("", purpose.RegistryUnavailable, ErrClosed)
	}
	if !s.Valid() {
		return r.denied("", purpose.Malformed, ErrSubject)
	}
	if err := ctx.Err(); err != nil {
		return r.denied("", purpose.Cancelled, context.Cause(ctx))
	}
	return nil
}

// outage names a failure of the ledger.
func (r *Registry) outage(ctx context.Context, id purpose.ID, cause error) error {
	reason := purpose.RegistryUnavailable
	if ctx.Err() != nil {
		reason = purpose.Cancelled
	}
	return r.denied(id, reason, cause)
}

func (r *Registry) denied(id purpose.ID, reason purpose.Reason, cause error) *purpose.Denied {
	return r.refuse(id, reason, 0, cause)
}

func (r *Registry) refuse(id purpose.ID, reason purpose.Reason, ledger uint64, cause error) *purpose.Denied {
	policy := r.inForce()
	d := &purpose.Denied{Purpose: id, Reason: reason, Policy: policy.Version(), Ledger: ledger, Cause: cause}
	if spec, ok := policy.Spec(id); ok {
		d.Consequence = spec.Consequence
	}
	return d
}

// speaks reports whether the policy has a notice in the language.
func (r *Registry) speaks(t language.Tag) bool {
	for _, l := range r.inForce().Languages() {
		if l == t {
			return true
		}
	}
	return false
}

func newID() string { return string(NewSubject()) }
