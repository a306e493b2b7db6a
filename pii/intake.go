package pii

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// Collection says what a person's data is collected for, and how.
type Collection struct {
	For    []purpose.ID   // what the person was told; required, at most 16
	Method consent.Method // how it reached the organisation; required
	Origin Origin         // zero: Provided
	Case   string         // the case the values belong to; they open to no actor of another case. "" for none
}

// Intake takes in one person's data for stated purposes; get one from [Vault.Collect]. It lives as long as a use may,
// and each Seal asks again. It is safe for concurrent use.
type Intake struct {
	vault      *Vault
	ctx        context.Context
	who        purpose.Actor
	subject    consent.Subject
	purposes   []purpose.ID
	collection Collection
	plans      *planSet

	begun   int64    // reading of the registry's clock
	kept    sync.Map // *plan to nothing: the agenda has been told
	last    atomic.Pointer[plan]
	sealing atomic.Pointer[sealing]
}

// Collect begins to take in data that whose gives for the purposes of how. Each purpose must allow collecting now: but for
// a legal ground, the person was told. A purpose that the person has refused or withdrawn is left out, so that updating an address does not
// feed a list that was left; if none remains, that is the denial.
func (v *Vault) Collect(ctx context.Context, who purpose.Actor, whose consent.Subject, how Collection) (*Intake, error) {
	if v == nil || v.registry == nil {
		return nil, &purpose.Denied{Reason: purpose.Malformed}
	}
	if how.Origin == 0 {
		how.Origin = Provided
	}
	if len(how.For) == 0 || len(how.For) > maxPurposes || how.Method < consent.WebForm || how.Method > consent.InAccount ||
		how.Origin > Inferred || len(how.Case) > 128 || ctx == nil {
		return nil, &purpose.Denied{Reason: purpose.Malformed, Policy: v.inForce().Version(), Cause: errCollection}
	}
	ids := slices.Clone(how.For)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	var kept []purpose.ID
	var first *purpose.Denied
	for _, id := range ids {
		d, err := v.registry.Decide(ctx, whose, purpose.Request{Purpose: id, Operation: purpose.Collect, Actor: who})
		if err != nil {
			if d, ok := err.(*purpose.Denied); ok {
				v.recordDenial(who, purpose.Collect, d)
			}
			return nil, err
		}
		switch d.Reason {
		case purpose.Permitted:
			kept = append(kept, id)
			continue
		case purpose.ConsentRefused, purpose.ConsentWithdrawn, purpose.AncestorRefused:
			if first == nil {
				first = v.refusal(id, d)
			}
		default:
			denied := v.refusal(id, d)
			v.recordDenial(who, purpose.Collect, denied)
			return nil, denied
		}
	}
	if len(kept) == 0 {
		v.recordDenial(who, purpose.Collect, first)
		return nil, first
	}
	in := &Intake{vault: v, ctx: ctx, who: who, subject: whose, purposes: kept, collection: how, begun: v.registry.Reading()}
	in.plans = v.planSet(v.inForce(), kept)
	if v.audit != nil {
		access := Access{
			ID: v.accessID(), Time: v.registry.Now(), Actor: who, Subject: whose, Purpose: kept[0],
			Operation: purpose.Collect, Reason: purpose.Permitted, Policy: v.inForce().Version(), Count: 1,
		}
		if err := v.audit.Record(ctx, access); err != nil {
			return nil, &purpose.Denied{Purpose: kept[0], Reason: purpose.AuditUnavailable, Policy: v.inForce().Version(), Cause: err}
		}
	}
	return in, nil
}

func (v *Vault) refusal(id purpose.ID, d purpose.Decision) *purpose.Denied {
	denied := &purpose.Denied{Purpose: id, Reason: d.Reason, Policy: v.inForce().Version(), Ledger: d.Ledger}
	if spec, ok := v.inForce().Spec(id); ok {
		denied.Consequence = spec.Consequence
	}
	return denied
}

// errCollection tells a programmer, behind the denial, what is malformed.
var errCollection = errors.New("pii: Collect: a Collection needs For, 1 to 16 purposes, and Method, and may have Origin and a Case of at most 128 bytes")

// Purposes returns the purposes that values are collected for: those asked for, less those refused or withdrawn, sorted.
func (in *Intake) Purposes() []purpose.ID {
	if in == nil {
		return nil
	}
	return slices.Clone(in.purposes)
}

// planSet is what sealing for one set of purposes needs, by attribute, compiled when first asked for.
type planSet struct {
	policy   *purpose.Policy // the version it is compiled from
	purposes []purpose.ID
	plans    sync.Map // purpose.Attribute to *plan
}

type plan struct {
	attribute   purpose.Attribute
	header      header   // but for check, tag and time
	tables      [16]byte // what the header's numbers mean
	compartment purpose.Compartment
	gate        *consent.Gate
	seconds     bool
	denied      error // instead of all that
}

func (v *Vault) planSet(policy *purpose.Policy, ids []purpose.ID) *planSet {
	var b strings.Builder
	b.WriteString(strconv.Itoa(int(policy.Number())))
	b.WriteByte(' ')
	for _, id := range ids {
		b.WriteString(string(id))
		b.WriteByte(' ')
	}
	if have, ok := v.plans.Load(b.String()); ok {
		return have.(*planSet)
	}
	have, _ := v.plans.LoadOrStore(b.String(), &planSet{policy: policy, purposes: ids})
	return have.(*planSet)
}

func (ps *planSet) plan(v *Vault, attribute purpose.Attribute) *plan {
	if have, ok := ps.plans.Load(attribute); ok {
		return have.(*plan)
	}
	have, _ := ps.plans.LoadOrStore(attribute, v.compile(ps.policy, ps.purposes, attribute))
	return have.(*plan)
}

// compile keeps of the purposes those that list the attribute.
func (v *Vault) compile(policy *purpose.Policy, ids []purpose.ID, attribute purpose.Attribute) *plan {
	pl := &plan{attribute: attribute, tables: policy.Tables()}
	ordinal, ok := policy.AttributeOrdinal(attribute)
	if !ok {
		pl.denied = &purpose.Denied{Purpose: ids[0], Attribute: attribute, Reason: purpose.UnknownAttribute, Policy: policy.Version()}
		return pl
	}
	pl.header = header{policy: policy.Number(), attribute: ordinal}
	var numbers []uint16
	var kept []purpose.ID
	for _, id := range ids { // sorted, so their ordinals are
		spec, _ := policy.Spec(id)
		if !slices.Contains(spec.Attributes, attribute) {
			continue
		}
		kept = append(kept, id)
		number, _ := policy.Ordinal(id)
		numbers = append(numbers, number)
		keep := spec.Retention.Keep
		pl.seconds = pl.seconds || keep.Years == 0 && keep.Months == 0
	}
	if len(kept) == 0 {
		pl.denied = &purpose.Denied{Purpose: ids[0], Attribute: attribute, Reason: purpose.AttributeNotInPurpose, Policy: policy.Version()}
		return pl
	}
	var err error
	if pl.compartment, err = policy.Compartment(kept...); err == nil {
		pl.gate, err = v.registry.GateInto(nil, pl.compartment, kept...)
	}
	if err != nil {
		pl.denied = err
		return pl
	}
	pl.header.purposes, numbers = writeSet(numbers), nil
	for _, class := range pl.compartment.Classes() { // sorted, so their ordinals are
		number, _ := policy.ClassOrdinal(class)
		numbers = append(numbers, number)
	}
	pl.header.classes = writeSet(numbers)
	return pl
}

// seal encrypts a canonical text. It is a use of its own: begun, and checked again after encrypting.
func (in *Intake) seal(attribute purpose.Attribute, width int, text, record string, bound bool) (token, error) {
	if in == nil || in.vault == nil {
		return token{}, &purpose.Denied{Attribute: attribute, Reason: purpose.Malformed}
	}
	if s := in.sealing.Load(); s != nil && !bound && s.plan.attribute == attribute {
		if t, ok := s.seal(in.vault, text, width); ok {
			return t, nil
		}
	}
	v := in.vault
	pl := in.last.Load()
	again := pl != nil && pl.attribute == attribute
	if !again {
		pl = in.plans.plan(v, attribute)
		in.last.Store(pl)
	}
	if pl.denied != nil {
		if d, ok := pl.denied.(*purpose.Denied); ok {
			v.recordDenial(in.who, purpose.Collect, d)
		}
		return token{}, pl.denied
	}
	p, err := pl.gate.Continue(in.ctx, in.who, in.subject, in.begun)
	if err != nil {
		if d, ok := err.(*purpose.Denied); ok {
			v.recordDenial(in.who, purpose.Collect, d)
		}
		return token{}, err
	}
	defer p.End() // also when a key panics
	if again && !bound && in.told(pl) {
		in.prepare(p, pl)
	}
	t, err := in.encrypt(p, pl, width, text, record, bound)
	if err == errKeyEnded { // with some other's that are shredded: the ring knows whether this one was meant
		if t, err = in.encrypt(p, pl, width, text, record, bound); err == errKeyEnded {
			err = v.denied(p, pl.gate.Purpose(), attribute, purpose.Erased, nil)
		}
	}
	return t, err
}

// errKeyEnded says, within this file, that the key ended while it was in use.
var errKeyEnded = errors.New("pii: the key ended")

// encrypt does what seal does within the use.
func (in *Intake) encrypt(p *consent.Permit, pl *plan, width int, text, record string, bound bool) (token, error) {
	v, attribute := in.vault, pl.attribute
	key, err := v.sealKey(p, pl.compartment)
	if err != nil {
		return token{}, v.keyFailure(p, pl.gate.Purpose(), attribute, err)
	}

	h, ok := in.header(p, pl, key)
	if !ok {
		return token{}, v.denied(p, pl.gate.Purpose(), attribute, purpose.Malformed, nil)
	}
	if bound {
		h.flags |= flagRecord
	}
	if err := in.keep(p, pl, &h); err != nil {
		return token{}, v.denied(p, pl.gate.Purpose(), attribute, purpose.AgendaUnavailable, err)
	}
	associated, head := associate(&h, owner(pl.tables, string(in.subject), v.tenant), record, bound)
	t, err := v.encrypt(key.key, associated, head, text, width)
	if err != nil {
		if !key.key.Live() {
			return token{}, errKeyEnded
		}
		return token{}, v.denied(p, pl.gate.Purpose(), attribute, purpose.KeyUnavailable, err)
	}
	if _, reason := p.Check(); reason != purpose.Permitted {
		return token{}, v.denied(p, pl.gate.Purpose(), attribute, reason, nil)
	}
	if !key.key.Live() {
		return token{}, errKeyEnded
	}
	return t, nil
}

// keep tells the agenda, once for each attribute of an intake, and before there is a value: none is kept that nobody will end.
func (in *Intake) keep(p *consent.Permit, pl *plan, h *header) error {
	if in.told(pl) {
		return nil
	}
	collected := h.collected
	if h.flags&flagSeconds == 0 {
		collected -= collected % daySeconds // as the token has it
	}
	err := in.vault.agenda.Keep(p.Context(), in.subject, pl.compartment, pl.attribute, in.collection.Case, time.Unix(collected, 0).UTC())
	if err == nil {
		in.kept.Store(pl, nil)
	}
	return err
}

// told reports whether the agenda knows of what is sealed by the plan, or there is none.
func (in *Intake) told(pl *plan) bool {
	if in.vault.agenda == nil {
		return true
	}
	_, told := in.kept.Load(pl)
	return told
}

// header is what a value sealed in the intake says in clear.
func (in *Intake) header(p *consent.Permit, pl *plan, key *heldKey) (header, bool) {
	h := pl.header
	h.origin = in.collection.Origin
	h.collected = p.Unix(in.begun)
	h.check = unsafe.String(&key.check[0], checkSize)
	if in.collection.Case != "" {
		h.flags |= flagCase
		tag := key.key.Tag(in.collection.Case)
		h.tag = string(tag[:])
	}
	if pl.seconds {
		h.flags |= flagSeconds
	}
	return h, h.collected >= 0 && h.collected <= maxCollected
}

// encrypt returns the token of text behind the header, which stands in the associated data behind the label.
func (v *Vault) encrypt(key Key, associated []byte, head, text string, width int) (token, error) {
	buffer := v.buffers.Get().(*[]byte)
	frame := appendContent((*buffer)[:0], text, width)
	sealed, err := key.Encrypt(frame, associated)
	clear(frame)
	*buffer = frame[:0]
	v.buffers.Put(buffer)
	switch {
	case err != nil:
		return token{}, err
	case len(sealed) < minSealed:
		return token{}, purpose.KeyUnavailable
	}
	return token{head, unsafe.String(unsafe.SliceData(sealed), len(sealed))}, nil
}

// sealing is what sealing another value by the same plan needs: all but the value is the same for the life of an intake.
type sealing struct {
	plan       *plan
	pass       *consent.Pass
	key        Key
	associated []byte // read-only
	head       string // the header, in it
}

// prepare makes the next value of the plan cheaper. Whatever stands in its way is said when the value is sealed.
func (in *Intake) prepare(p *consent.Permit, pl *plan) {
	key, err := in.vault.sealKey(p, pl.compartment)
	if err != nil {
		return
	}
	h, ok := in.header(p, pl, key)
	if !ok {
		return
	}
	s := &sealing{plan: pl, pass: p.Pass(), key: key.key}
	s.associated, s.head = associate(&h, owner(pl.tables, string(in.subject), in.vault.tenant), "", false)
	in.sealing.Store(s)
}

// seal seals in a use of its own, if everything stands as when the value before was sealed. Whatever does not, it leaves to be
// found, named and recorded by asking the gate.
func (s *sealing) seal(v *Vault, text string, width int) (token, bool) {
	if !s.pass.Enter() {
		return token{}, false
	}
	defer s.pass.Leave() // also when a key panics
	t, err := v.encrypt(s.key, s.associated, s.head, text, width)
	// The last thing before the token goes: flags, then the clock.
	if err != nil || !s.key.Live() || s.pass.Check() != purpose.Permitted {
		return token{}, false
	}
	return t, true
}
