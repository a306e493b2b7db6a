package pii

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"
	"unsafe"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// Accessor opens fields under one purpose. Hand it to the one service that needs it: with it, the service can name
// no other purpose. It is safe for concurrent use.
type Accessor struct {
	vault     *Vault
	gate      *consent.Gate
	purpose   purpose.ID
	operation purpose.Operation
	ask       purpose.Request // what each use brings with it
}

// AccessorOption changes what [Vault.Accessor] makes.
type AccessorOption interface{ apply(*Accessor) }

type accessorOption func(*Accessor)

func (o accessorOption) apply(a *Accessor) { o(a) }

// ForOperation makes an accessor for another operation than [purpose.Use]: the purpose must list it,
// and a consent must have been given for it. Collect, Store and Erase reveal nothing, so there is no accessor for them.
func ForOperation(op purpose.Operation) AccessorOption {
	return accessorOption(func(a *Accessor) { a.operation = op })
}

// DiscloseTo makes an accessor for [purpose.Disclose] to a recipient of the policy: its role, its contract and where it is are asked
// at every use, and at every value what the contract and the assessment of the transfer cover.
func DiscloseTo(recipient string) AccessorOption {
	return accessorOption(func(a *Accessor) {
		if a.operation != purpose.Transfer {
			a.operation = purpose.Disclose
		}
		a.ask.Recipient = recipient
	})
}

// UnderOrder makes an accessor for one order: it opens what the order lists and nothing else, for a purpose that is Ordered or Cited.
func UnderOrder(o purpose.Order) AccessorOption {
	o.Attributes = slices.Clone(o.Attributes)
	return accessorOption(func(a *Accessor) { a.ask.Order = &o })
}

// UnderTicket makes an accessor for one ticket, for a purpose with a BreakGlass. How many persons were opened under it
// is counted by the registry, in memory: a program that starts anew counts anew.
func UnderTicket(id string, opened time.Time) AccessorOption {
	return accessorOption(func(a *Accessor) { a.ask.Ticket = &purpose.Ticket{ID: id, Opened: opened} })
}

// ByDerogation makes an accessor that relies on an exceptional ground where data leaves for other jurisdictions. One that permits one use is recorded in the
// ledger before that use begins.
func ByDerogation(d purpose.Derogation) AccessorOption {
	return accessorOption(func(a *Accessor) { a.ask.Derogation = &d })
}

// Accessor returns an accessor for the purpose, for [purpose.Use] unless [ForOperation] says otherwise. The error is a
// *purpose.Denied, at start-up and not at the first customer, if the policy could never allow it.
func (v *Vault) Accessor(id purpose.ID, options ...AccessorOption) (*Accessor, error) {
	if v == nil || v.registry == nil {
		return nil, &purpose.Denied{Purpose: id, Reason: purpose.Malformed}
	}
	a := &Accessor{vault: v, purpose: id, operation: purpose.Use}
	for _, o := range options {
		if o == nil {
			return nil, &purpose.Denied{Purpose: id, Reason: purpose.Malformed, Policy: v.policy.Version()}
		}
		o.apply(a)
	}
	switch a.operation {
	case purpose.Collect, purpose.Store, purpose.Erase:
		// They open nothing, and are therefore asked less: a door under them would be open to anyone.
		return nil, &purpose.Denied{Purpose: id, Reason: purpose.OperationNotInPurpose, Policy: v.policy.Version()}
	}
	a.ask.Purpose, a.ask.Operation = id, a.operation
	var err error
	a.gate, err = v.registry.GateFor(a, a.ask)
	if err != nil {
		return nil, err
	}
	return a, nil
}

// Purpose returns the purpose the accessor opens under.
func (a *Accessor) Purpose() purpose.ID { return a.purpose }

// Use is one person's data in use, from [Accessor.Begin] to [Use.End]. It lives no longer than the registry's longest use.
// A nil or zero Use reveals nothing. It may be shared by goroutines and must not be copied.
type Use struct{ p consent.Permit } // not a Permit: neither converts to the other outside this package

// permit is the use as package consent sees it.
func (u *Use) permit() *consent.Permit { return (*consent.Permit)(unsafe.Pointer(u)) }

// useOf is the permit as a use: the same memory, for it is a use's one field.
func useOf(p *consent.Permit) *Use { return (*Use)(unsafe.Pointer(p)) }

// Begin asks the policy and the ledger whether who may now use what concerns whose, and begins the use if so. Otherwise the
// error is a *purpose.Denied that matches [purpose.ErrDenied], or [purpose.ErrUnavailable] if the answer could not be had.
// Every use must be ended; until then a withdrawal waits for it.
func (a *Accessor) Begin(ctx context.Context, who purpose.Actor, whose consent.Subject) (*Use, error) {
	if a == nil || a.gate == nil {
		return nil, &purpose.Denied{Reason: purpose.Malformed}
	}
	p, err := a.gate.Begin(ctx, who, whose)
	if err != nil {
		if d, ok := err.(*purpose.Denied); ok {
			a.vault.recordDenial(who, a.operation, d)
		}
		return nil, err
	}
	return useOf(p), nil
}

// Do begins a use, calls f with it and ends it. It returns what Begin or f returned.
func (a *Accessor) Do(ctx context.Context, who purpose.Actor, whose consent.Subject, f func(*Use) error) error {
	u, err := a.Begin(ctx, who, whose)
	if err != nil {
		return err
	}
	defer u.End()
	return f(u)
}

// Each yields a use for every subject in turn. Each use begins when its step of the loop does and ends with it, so consent
// is asked for at that moment and not when the batch was made; what the ledger says of up to a thousand subjects is read
// ahead. A subject that is denied comes with its error and a use that reveals nothing but tells the subject. When ctx ends, so does the sequence, after yielding that denial.
func (a *Accessor) Each(ctx context.Context, who purpose.Actor, subjects iter.Seq[consent.Subject]) iter.Seq2[*Use, error] {
	return func(yield func(*Use, error) bool) {
		if subjects == nil {
			yield(useOf(consent.Inert("")), &purpose.Denied{Reason: purpose.Malformed})
			return
		}
		for some := range batches(subjects) {
			// What could not be read ahead is read, or denied, at its own step.
			if a != nil && a.vault != nil {
				_ = a.vault.registry.Preload(ctx, some)
			}
			for _, s := range some {
				if !a.step(ctx, who, s, yield) {
					return
				}
			}
		}
	}
}

// maxBatch is how many subjects are read ahead at most.
const maxBatch = 1024

// batches cuts a sequence into slices, of one element at first and then ever longer: the first is not kept waiting for the thousandth.
// A slice is good until the next.
func batches(subjects iter.Seq[consent.Subject]) iter.Seq[[]consent.Subject] {
	return func(yield func([]consent.Subject) bool) {
		size := 1
		some := make([]consent.Subject, 0, 64)
		for s := range subjects {
			if some = append(some, s); len(some) < size {
				continue
			}
			if !yield(some) {
				return
			}
			some, size = some[:0], min(4*size, maxBatch)
		}
		if len(some) > 0 {
			yield(some)
		}
	}
}

func (a *Accessor) step(ctx context.Context, who purpose.Actor, s consent.Subject, yield func(*Use, error) bool) bool {
	u, err := a.Begin(ctx, who, s)
	if err != nil {
		return yield(useOf(consent.Inert(s)), err) && !errors.Is(err, purpose.Cancelled)
	}
	defer u.End()
	return yield(u, nil)
}

// End ends the use. Text that was revealed in it must not be used any more. Ending twice, or a nil use, does nothing.
func (u *Use) End() {
	u.permit().End()
}

// Context returns the context for work done in the use: it is cancelled, with cause [consent.ErrWithdrawn] or
// [consent.ErrUseExpired], when a withdrawal no longer waits, and when the use ends.
// A withdrawal made with it does not wait for this use.
func (u *Use) Context() context.Context {
	return u.permit().Context()
}

// Subject returns whose data is in use.
func (u *Use) Subject() consent.Subject {
	return u.permit().Subject()
}

// Decision returns the decision the use was begun under; its zero value, which denies, for a use that never began.
func (u *Use) Decision() purpose.Decision {
	return u.permit().Decision()
}

// reveal opens a token; the pointer is to a frame.
func (u *Use) reveal(t token, attribute purpose.Attribute, record string, bound bool) (unsafe.Pointer, error) {
	b, _, err := u.open(t, attribute, record, bound, false)
	return unsafe.Pointer(unsafe.SliceData(b)), err
}

// open is the one way from a token to its plaintext. end is when the purpose stops opening the value, asked for by derive.
func (u *Use) open(t token, attribute purpose.Attribute, record string, bound, derive bool) (frame []byte, end time.Time, err error) {
	if t.head == "" {
		return nil, end, ErrAbsent
	}
	p := u.permit()
	gate := p.Gate()
	a, ok := gate.Owner().(*Accessor)
	if !ok || a.gate != gate { // a use that no accessor began
		return nil, end, &purpose.Denied{Attribute: attribute, Reason: purpose.UseEnded}
	}
	v := a.vault
	if reason := p.Running(); reason != purpose.Permitted {
		return nil, end, v.denied(p, a.purpose, attribute, reason, nil)
	}
	scope := p.Scope()
	var o *opened
	if held := v.held(p); held != nil && !bound && !derive {
		if o = held.opened(t, attribute, p); o != nil && (o.expires <= p.Begun() || !o.key.Live()) {
			o = nil
		}
	}
	var caseID string
	if o == nil {
		if o, caseID, err = a.read(p, t, attribute, scope, record, bound, derive); err != nil {
			return nil, end, err
		}
	}
	frame, err = o.decrypt(t.body)
	if err != nil && !o.key.Live() {
		// Keys end together with some of others' that are shredded. The ring knows whether this one was meant.
		if o, caseID, err = a.read(p, t, attribute, scope, record, bound, derive); err != nil {
			return nil, end, err
		}
		frame, err = o.decrypt(t.body)
	}
	if err != nil || !framed(frame) {
		switch {
		case !o.key.Live():
			return nil, end, v.denied(p, a.purpose, attribute, purpose.KeyUnavailable, err)
		case bound:
			return nil, end, v.tampered(p, a.purpose, attribute, purpose.NotGenuine, ErrWrongRecord)
		}
		return nil, end, v.tampered(p, a.purpose, attribute, purpose.NotGenuine, ErrDecrypt)
	}

	if v.audit != nil {
		now, reason := p.Check()
		if reason == purpose.Permitted {
			_, reason = v.live(p, o, now, caseID, false)
		}
		if reason == purpose.Permitted {
			if err := v.record(p, a, attribute, now); err != nil {
				clear(frame)
				return nil, end, v.denied(p, a.purpose, attribute, purpose.AuditUnavailable, err)
			}
		}
	}
	// The last thing before the plaintext goes: flags, then the clock. Nothing after this may block.
	now, reason := p.Check()
	if reason == purpose.Permitted {
		end, reason = v.live(p, o, now, caseID, derive)
	}
	if reason != purpose.Permitted {
		clear(frame)
		return nil, time.Time{}, v.denied(p, a.purpose, attribute, reason, nil)
	}
	return frame, end, nil
}

func (o *opened) decrypt(body string) ([]byte, error) {
	sealed := unsafe.Slice(unsafe.StringData(body), len(body)) // Decrypt does not write to it
	return o.key.Decrypt(sealed, o.associated)
}

// read reads a token's header, applies the rules that need no clock, and finds its key.
func (a *Accessor) read(p *consent.Permit, t token, attribute purpose.Attribute, scope *purpose.Scope, record string, bound, derive bool) (*opened, string, error) {
	v := a.vault
	var h header
	if !h.parse(t.text()) {
		return nil, "", v.tampered(p, a.purpose, attribute, purpose.NotGenuine, ErrMalformed)
	}
	collected, ok := v.policy.Numbered(h.policy) // the version it was collected under
	if !ok {
		return nil, "", v.denied(p, a.purpose, attribute, purpose.UnknownPolicy, nil)
	}
	if reason := v.admit(scope, &h, collected, attribute, derive); reason != purpose.Permitted {
		if reason == purpose.Undecided {
			return nil, "", v.tampered(p, a.purpose, attribute, purpose.NotGenuine, ErrWrongAttribute)
		}
		return nil, "", v.denied(p, a.purpose, attribute, reason, nil)
	}
	if bound != (h.flags&flagRecord != 0) {
		return nil, "", v.tampered(p, a.purpose, attribute, purpose.NotGenuine, ErrWrongRecord)
	}
	key, err := v.openKey(p, &h, collected)
	if err != nil {
		return nil, "", v.keyFailure(p, a.purpose, attribute, err)
	}
	caseID, reason := caseOf(p, scope, &h, key.key)
	if reason == purpose.Permitted && scope.Held() {
		reason = scope.Restrained(caseID, p.Facts())
	}
	if reason != purpose.Permitted {
		return nil, "", v.denied(p, a.purpose, attribute, reason, nil)
	}
	o := &opened{collected: h.collected, attribute: attribute, scope: scope, known: p.Known(), key: key.key, expires: key.expires}
	o.associated = slices.Clip(appendAssociated(o.space[:0], t.head, owner(collected.Tables(), string(p.Subject()), v.tenant), record, bound))
	o.head = unsafe.String(&o.associated[len(associatedLabel)], h.size)
	if scope.Known(facts(p, scope)) && scope.SurelyLive(h.collected, p.Unix(p.Begun())) {
		o.surely = p.Reading(time.Unix(scope.SurelyUntil(h.collected), 0))
	}
	if !bound && !derive && h.tag == "" { // what depends on more than header and scope is found out anew
		v.remember(p, o)
	}
	return o, caseID, nil
}

// admit applies the rules that need neither key nor clock. Undecided means that the token is of another attribute. Its numbers are read in the
// tables of the version it was collected under, and judged by the version in force: what was collected under an older one was
// collected for what that said.
func (v *Vault) admit(scope *purpose.Scope, h *header, collected *purpose.Policy, attribute purpose.Attribute, derive bool) purpose.Reason {
	if have, ok := collected.AttributeAt(h.attribute); !ok || have != attribute {
		return purpose.Undecided
	}
	ordinal, ok := scope.Of(attribute)
	if !ok {
		return purpose.UnknownAttribute
	}
	if reason := scope.Attribute(ordinal); reason != purpose.Permitted && (reason != purpose.DeidentifiedOnly || !derive) {
		return reason
	}
	if number, ok := collected.Ordinal(scope.Purpose()); !scope.Exempt() && (!ok || !h.has(number)) {
		return purpose.NotCollectedForPurpose
	}
	return scope.Released(ordinal)
}

// live applies the retention rule at a reading of the clock. It finds the end itself only if exact: most values are
// so far from theirs that a sum of days tells.
func (v *Vault) live(p *consent.Permit, o *opened, reading int64, caseID string, exact bool) (time.Time, purpose.Reason) {
	if !exact && reading < o.surely {
		return time.Time{}, purpose.Permitted
	}
	return o.scope.Live(time.Unix(o.collected, 0).UTC(), p.Time(reading), caseID, facts(p, o.scope))
}

// facts returns what is known of the subject if the end of retention in the scope can depend on it.
func facts(p *consent.Permit, scope *purpose.Scope) *purpose.Facts {
	if scope.Known(nil) {
		return nil
	}
	return p.Facts()
}

// unrecordedCase stands for a case that the ledger does not have; no case is named so.
const unrecordedCase = "\x00"

// caseOf finds which case a value belongs to, by its tag: the one the actor works on, or another of the subject's.
func caseOf(p *consent.Permit, scope *purpose.Scope, h *header, key Key) (string, purpose.Reason) {
	if h.tag == "" {
		return "", purpose.Permitted
	}
	is := func(id string) bool {
		tag := key.Tag(id)
		return string(tag[:]) == h.tag
	}
	if named := p.Actor().Case; named != "" && is(named) {
		return named, purpose.Permitted
	}
	if scope.CaseBound() {
		return "", purpose.CaseMismatch
	}
	f := p.Facts()
	for id := range f.Cases {
		if is(id) {
			return id, purpose.Permitted
		}
	}
	for i := range f.Holds {
		if id := f.Holds[i].Case; id != "" && is(id) {
			return id, purpose.Permitted
		}
	}
	return unrecordedCase, purpose.Permitted
}
