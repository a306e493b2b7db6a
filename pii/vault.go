package pii

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// Config is what a vault stands on. Every field but Tenant is required.
type Config struct {
	Registry *consent.Registry // decides
	Keys     Keys              // data keys; a keyring.Ring
	Audit    Auditor           // where accesses are recorded; [NoAudit] to record none
	Tenant   string            // names whose data it is, at most 255 bytes, where several share tables; "" for one
}

// Vault seals and opens fields. A program has one, and hands out what is made from it: an [Intake] to code that collects,
// an [Accessor] to each service that uses data. It is safe for concurrent use.
type Vault struct {
	registry   *consent.Registry
	policy     *purpose.Policy
	keys       Keys
	audit      Auditor // nil for NoAudit
	denials    denials
	tenant     string
	attributes []purpose.Attribute // by ordinal
	plans      sync.Map            // string, the purposes, to *planSet
	buffers    sync.Pool           // of *[]byte, for associated data
	prefix     [8]byte             // of access ids
	accesses   atomic.Uint64
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
	v := &Vault{registry: c.Registry, policy: c.Registry.Policy(), keys: c.Keys, audit: c.Audit, tenant: c.Tenant}
	if _, off := c.Audit.(NoAudit); off {
		v.audit = nil
	}
	v.attributes = v.policy.Attributes()
	v.buffers.New = func() any { b := make([]byte, 0, 512); return &b }
	rand.Read(v.prefix[:])
	return v, nil
}

// isNil also finds a nil pointer in an interface: it would deny at every call, and start-up is the better time.
func isNil(part any) bool {
	if part == nil {
		return true
	}
	v := reflect.ValueOf(part)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

// Registry returns the registry the vault decides by.
func (v *Vault) Registry() *consent.Registry { return v.registry }

// accessID numbers accesses: 8 random bytes of the vault and a count.
func (v *Vault) accessID() (id [16]byte) {
	copy(id[:], v.prefix[:])
	binary.BigEndian.PutUint64(id[8:], v.accesses.Add(1))
	return id
}

// heldKeys are the open keys of one subject, kept beside it in the registry. They are not changed once stored.
type heldKeys struct {
	vault *Vault
	owner string // of associated data
	keys  []heldKey
}

type heldKey struct {
	check       [checkSize]byte
	key         Key
	expires     int64 // reading of the registry's clock
	compartment purpose.Compartment
	seals       bool // the one new values are sealed under
}

// held returns the keys kept for the subject of the permit.
func (v *Vault) held(p *consent.Permit) *heldKeys {
	if a := p.Attached().Load(); a != nil {
		if h, ok := (*a).(*heldKeys); ok && h.vault == v {
			return h
		}
	}
	return nil
}

// hold keeps a key for the subject of the permit, in the place of older ones that are no longer usable.
func (v *Vault) hold(p *consent.Permit, k heldKey) {
	slot := p.Attached()
	for {
		before := slot.Load()
		next := &heldKeys{vault: v, owner: owner(string(p.Subject()), v.tenant), keys: []heldKey{k}}
		if before != nil {
			if h, ok := (*before).(*heldKeys); ok && h.vault == v {
				for _, have := range h.keys {
					if have.check == k.check || !have.key.Live() || have.expires <= p.Begun() {
						continue
					}
					if have.compartment == k.compartment && k.seals {
						have.seals = false
					}
					next.keys = append(next.keys, have)
				}
			}
		}
		var kept any = next
		if slot.CompareAndSwap(before, &kept) {
			return
		}
	}
}

// openKey returns the key a token names.
func (v *Vault) openKey(p *consent.Permit, h *header) (Key, string, error) {
	if held := v.held(p); held != nil {
		for i := range held.keys {
			k := &held.keys[i]
			if string(k.check[:]) == h.check && k.expires > p.Begun() && k.key.Live() {
				return k.key, held.owner, nil
			}
		}
	}
	compartment, ok := v.compartment(h)
	if !ok {
		return nil, "", ErrMalformed
	}
	key, err := v.keys.Key(p.Context(), p.Subject(), compartment, [checkSize]byte([]byte(h.check)))
	if err != nil {
		return nil, "", err
	}
	if isNil(key) {
		return nil, "", purpose.KeyUnavailable
	}
	if check := key.Check(); string(check[:]) != h.check {
		return nil, "", purpose.NoKey
	}
	v.hold(p, heldKey{check: key.Check(), key: key, expires: p.Reading(key.Expires()), compartment: compartment})
	return key, owner(string(p.Subject()), v.tenant), nil
}

// sealKey returns the key new values of the compartment are sealed under.
func (v *Vault) sealKey(p *consent.Permit, c purpose.Compartment) (Key, string, error) {
	if held := v.held(p); held != nil {
		for i := range held.keys {
			k := &held.keys[i]
			if k.seals && k.compartment == c && k.expires > p.Begun() && k.key.Live() {
				return k.key, held.owner, nil
			}
		}
	}
	key, err := v.keys.MakeKey(p.Context(), p.Subject(), c)
	if err != nil {
		return nil, "", err
	}
	if isNil(key) {
		return nil, "", purpose.KeyUnavailable
	}
	v.hold(p, heldKey{check: key.Check(), key: key, expires: p.Reading(key.Expires()), compartment: c, seals: true})
	return key, owner(string(p.Subject()), v.tenant), nil
}

// compartment rebuilds the compartment a token was sealed in: its classes, and the domains of its purposes.
func (v *Vault) compartment(h *header) (purpose.Compartment, bool) {
	ids := make([]purpose.ID, 0, maxPurposes)
	for o := range ordinals(h.purposes) {
		id, ok := v.policy.PurposeAt(o)
		if !ok {
			return "", false
		}
		ids = append(ids, id)
	}
	c, err := v.policy.Compartment(ids...)
	if err != nil {
		return "", false
	}
	classes := make([]string, 0, maxPurposes)
	for o := range ordinals(h.classes) {
		class, ok := v.policy.ClassAt(o)
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
	d := &purpose.Denied{Purpose: id, Attribute: attribute, Reason: reason, Policy: v.policy.Version(), Ledger: p.Decision().Ledger, Cause: cause}
	if spec, ok := v.policy.Spec(id); ok {
		d.Consequence = spec.Consequence
	}
	v.recordDenial(p.Actor(), d)
	return d
}

// keyFailure names what went wrong with a key. The cause is kept for the operator, not printed.
func (v *Vault) keyFailure(ctx context.Context, p *consent.Permit, id purpose.ID, attribute purpose.Attribute, err error) error {
	switch {
	case errors.Is(err, ErrMalformed):
		return ErrMalformed
	case errors.Is(err, purpose.Erased):
		return v.denied(p, id, attribute, purpose.Erased, err)
	case errors.Is(err, purpose.NoKey):
		return ErrWrongSubject
	case ctx.Err() != nil:
		return v.denied(p, id, attribute, purpose.Cancelled, context.Cause(ctx))
	}
	return v.denied(p, id, attribute, purpose.KeyUnavailable, err)
}
