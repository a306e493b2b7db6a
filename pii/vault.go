package pii

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// Config is what a vault stands on. Registry, Keys and Audit are required.
type Config struct {
	Registry *consent.Registry // decides
	Keys     Keys              // data keys; a keyring.Ring
	Audit    Auditor           // where accesses are recorded; [NoAudit] to record none
	Tenant   string            // whose data it is, where several share tables: the key ring's Tenant, at most 255 bytes; "" for one
	Agenda   Agenda            // told of what is kept, so that it ends in time; a retention.Planner. If nil, nobody is told
}

// Vault seals and opens fields. A program has one, and hands out what is made from it: an [Intake] to code that collects,
// an [Accessor] to each service that uses data. It is safe for concurrent use.
type Vault struct {
	registry *consent.Registry
	policy   *purpose.Policy
	keys     Keys
	audit    Auditor        // nil for NoAudit
	buffer   *BufferedAudit // the auditor, if it is one: it makes an entry whole only when it is written
	denials  denials
	tenant   string
	plans    sync.Map  // string, the purposes, to *planSet
	buffers  sync.Pool // of *[]byte, for content
	agenda   Agenda    // nil: nobody is told
	prefix   [8]byte   // of access ids
	accesses atomic.Uint64
}

// NewVault returns a vault over its parts; it fails if one is missing.
func NewVault(c Config) (*Vault, error) {
	switch {
	case c.Registry == nil:
		return nil, errors.New("pii: NewVault: Config.Registry must not be nil")
	case isNil(c.Keys):
		return nil, errors.New("pii: NewVault: Config.Keys must not be nil")
	case isNil(c.Audit):
		return nil, errors.New("pii: NewVault: Config.Audit must not be nil; NoAudit{} records nothing")
	case len(c.Tenant) > 255:
		return nil, errors.New("pii: NewVault: Config.Tenant is longer than 255 bytes")
	}
	// A ring that knows its tenant must be of the same: the token's format has room for one.
	if ring, ok := c.Keys.(interface{ Tenant() string }); ok && ring.Tenant() != c.Tenant {
		return nil, errors.New("pii: NewVault: Config.Tenant is not the key ring's")
	}
	v := &Vault{registry: c.Registry, policy: c.Registry.Policy(), keys: c.Keys, audit: c.Audit, tenant: c.Tenant}
	if !isNil(c.Agenda) {
		v.agenda = c.Agenda
	} else if c.Agenda != nil {
		return nil, errors.New("pii: NewVault: Config.Agenda is a nil pointer")
	}
	if _, off := c.Audit.(NoAudit); off {
		v.audit = nil
	}
	v.buffer, _ = c.Audit.(*BufferedAudit)
	v.buffers.New = func() any { return new([]byte) }
	rand.Read(v.prefix[:])
	return v, nil
}

// isNil also finds a nil pointer in an interface: it would deny at every call, and start-up is the better time.
func isNil(part any) bool {
	if part == nil {
		return true
	}
	v := reflect.ValueOf(part)
	switch v.Kind() {
	case reflect.Pointer, reflect.Func, reflect.Map, reflect.Chan, reflect.Slice:
		return v.IsNil()
	}
	return false
}

// inForce returns the version of the policy in force now.
func (v *Vault) inForce() *purpose.Policy { return v.policy.At(v.registry.Now()) }

// Registry returns the registry the vault decides by.
func (v *Vault) Registry() *consent.Registry { return v.registry }

// accessID numbers an access.
func (v *Vault) accessID() [16]byte { return v.numbered(v.accesses.Add(1)) }

// numbered is the id of the access of that number: 8 random bytes of the vault, and the number.
func (v *Vault) numbered(number uint64) (id [16]byte) {
	copy(id[:], v.prefix[:])
	binary.BigEndian.PutUint64(id[8:], number)
	return id
}

// heldKeys are the open keys of one subject, kept beside it in the registry, and the headers lately opened with them.
// They are not changed once stored.
type heldKeys struct {
	vault *Vault
	keys  []heldKey
	heads [maxHeads]*opened
}

type heldKey struct {
	check       [checkSize]byte
	key         Key
	expires     int64 // reading of the registry's clock
	compartment purpose.Compartment
	seals       bool // the one new values are sealed under
}

// opened is a header that was admitted in a scope, and what follows from it. Tokens of one field of one subject that were
// sealed on one day have the same header, and so does one token that is opened again: reading it, finding its key and building
// its associated data took as long as half a decryption.
type opened struct {
	associated []byte // label, header, owner; read-only
	head       string // the header, in it
	key        Key
	expires    int64 // of the key, as a reading of the registry's clock
	scope      *purpose.Scope
	known      *consent.Known // what was known then
	surely     int64          // reading of the clock until which, by that, its retention surely runs
	attribute  purpose.Attribute
	space      [112]byte // where associated is, if it fits: beside the rest, where the processor looks anyway
	collected  int64
}

// maxHeads is how many headers are kept for a subject.
const maxHeads = 4

// opened returns what is kept for the token's header, if it was admitted in the same scope for the same attribute.
func (h *heldKeys) opened(t token, attribute purpose.Attribute, p *consent.Permit) *opened {
	scope, known := p.Scope(), p.Known()
	for _, o := range h.heads {
		if o == nil {
			return nil
		}
		if o.head == t.head && o.scope == scope && o.known == known && o.attribute == attribute {
			return o
		}
	}
	return nil
}

// held returns the keys kept for the subject of the permit.
func (v *Vault) held(p *consent.Permit) *heldKeys {
	if h, _ := p.Attached().Load().(*heldKeys); h != nil && h.vault == v {
		return h
	}
	return nil
}

// hold keeps a key for the subject of the permit, in the place of older ones that are no longer usable.
func (v *Vault) hold(p *consent.Permit, k heldKey) {
	v.swap(p, func(before *heldKeys) *heldKeys {
		next := &heldKeys{vault: v, keys: []heldKey{k}}
		if before == nil {
			return next
		}
		for _, have := range before.keys {
			if have.check == k.check || !have.usable(p) {
				continue
			}
			have.seals = have.seals && (have.compartment != k.compartment || !k.seals)
			next.keys = append(next.keys, have)
		}
		return next // heads point at keys of before: they are kept again when they are opened again
	})
}

// remember keeps what was found out about a header.
func (v *Vault) remember(p *consent.Permit, o *opened) {
	v.swap(p, func(before *heldKeys) *heldKeys {
		if before == nil {
			return nil
		}
		next := *before
		copy(next.heads[1:], before.heads[:])
		next.heads[0] = o
		return &next
	})
}

func (v *Vault) swap(p *consent.Permit, change func(*heldKeys) *heldKeys) {
	slot := p.Attached()
	for {
		before := slot.Load()
		have, _ := before.(*heldKeys)
		if have != nil && have.vault != v {
			have = nil // another vault's: one of the two asks for its keys again
		}
		next := change(have)
		if next == nil {
			return
		}
		if slot.CompareAndSwap(before, next) {
			p.Attach(next.bytes())
			return
		}
	}
}

// bytes is about what the keys and headers take in memory.
func (h *heldKeys) bytes() int {
	n := int(unsafe.Sizeof(*h))
	for _, k := range h.keys {
		n += int(unsafe.Sizeof(k)) + keyBytes
	}
	for _, o := range h.heads {
		if o != nil {
			n += int(unsafe.Sizeof(*o))
		}
	}
	return n
}

// keyBytes is about what a data key takes: its AES-GCM with round keys and tables, and its names.
const keyBytes = 1500

func (k *heldKey) usable(p *consent.Permit) bool { return k.expires > p.Begun() && k.key.Live() }

// openKey returns the key a token names.
func (v *Vault) openKey(p *consent.Permit, h *header, collected *purpose.Policy) (*heldKey, error) {
	if held := v.held(p); held != nil {
		for i := range held.keys {
			if k := &held.keys[i]; string(k.check[:]) == h.check && k.usable(p) {
				return k, nil
			}
		}
	}
	compartment, ok := compartment(h, collected)
	if !ok {
		return nil, ErrMalformed
	}
	key, err := v.keys.Key(p.Context(), p.Subject(), compartment, [checkSize]byte([]byte(h.check)))
	if err != nil {
		return nil, err
	}
	if isNil(key) {
		return nil, purpose.KeyUnavailable
	}
	k := v.heldKey(p, key, compartment)
	if string(k.check[:]) != h.check {
		return nil, purpose.NoKey
	}
	v.hold(p, k)
	return &k, nil
}

// sealKey returns the key new values of the compartment are sealed under.
func (v *Vault) sealKey(p *consent.Permit, c purpose.Compartment) (*heldKey, error) {
	if held := v.held(p); held != nil {
		for i := range held.keys {
			if k := &held.keys[i]; k.seals && k.compartment == c && k.usable(p) {
				return k, nil
			}
		}
	}
	key, err := v.keys.MakeKey(p.Context(), p.Subject(), c)
	if err != nil {
		return nil, err
	}
	if isNil(key) {
		return nil, purpose.KeyUnavailable
	}
	k := v.heldKey(p, key, c)
	k.seals = true
	v.hold(p, k)
	return &k, nil
}

func (v *Vault) heldKey(p *consent.Permit, key Key, c purpose.Compartment) heldKey {
	return heldKey{
		check: key.Check(), key: key, expires: p.Reading(key.Expires()), compartment: c,
	}
}

// compartment rebuilds the compartment a token was sealed in: its classes, and the domains of its purposes.
func compartment(h *header, collected *purpose.Policy) (purpose.Compartment, bool) {
	ids := make([]purpose.ID, 0, maxPurposes)
	for o := range ordinals(h.purposes) {
		id, ok := collected.PurposeAt(o)
		if !ok {
			return "", false
		}
		ids = append(ids, id)
	}
	c, err := collected.Compartment(ids...)
	if err != nil {
		return "", false
	}
	classes := make([]string, 0, maxPurposes)
	for o := range ordinals(h.classes) {
		class, ok := collected.ClassAt(o)
		if !ok {
			return "", false
		}
		classes = append(classes, class)
	}
	slices.Sort(classes)
	return purpose.Compartment(strings.Join(classes, "+") + "/" + strings.Join(c.Domains(), "+")), true
}

// denied makes the denial of one value and records it.
func (v *Vault) denied(p *consent.Permit, id purpose.ID, attribute purpose.Attribute, reason purpose.Reason, cause error) error {
	d := &purpose.Denied{Purpose: id, Attribute: attribute, Reason: reason, Policy: p.Decision().Policy, Ledger: p.Decision().Ledger, Cause: cause}
	if spec, ok := v.inForce().Spec(id); ok {
		d.Consequence = spec.Consequence
	}
	v.recordDenial(p.Actor(), p.Gate().Operation(), d)
	return d
}

// tampered records that stored data is not what it should be, and returns the error that says how.
func (v *Vault) tampered(p *consent.Permit, id purpose.ID, attribute purpose.Attribute, reason purpose.Reason, err error) error {
	_ = v.denied(p, id, attribute, reason, err)
	return err
}

// keyFailure names what went wrong with a key. The cause is kept for the operator, not printed.
func (v *Vault) keyFailure(p *consent.Permit, id purpose.ID, attribute purpose.Attribute, err error) error {
	switch {
	case errors.Is(err, ErrMalformed):
		return v.tampered(p, id, attribute, purpose.NotGenuine, ErrMalformed)
	case errors.Is(err, purpose.Erased):
		return v.denied(p, id, attribute, purpose.Erased, err)
	case errors.Is(err, purpose.NoKey):
		return v.tampered(p, id, attribute, purpose.NoKey, ErrWrongSubject)
	}
	if _, reason := p.Check(); reason != purpose.Permitted {
		return v.denied(p, id, attribute, reason, err) // the use ended while the key was looked for
	}
	return v.denied(p, id, attribute, purpose.KeyUnavailable, err)
}
