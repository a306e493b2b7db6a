// Package piitest gives tests a vault over memory: a policy of the test's own, a clock it moves, an audit it reads.
//
//	v := piitest.New(t, document)
//	v.Grant("c-1", Newsletter)
//	email := piitest.Seal[pii.Email](v, "c-1", "marie@example.com", Newsletter)
//	err := service.Send(ctx, v.MustAccessor(Newsletter), email)
//	v.Advance(3 * 365 * 24 * time.Hour)
//
// Everything behaves as in production, but for durability: nothing outlives the test, and keys are wrapped by a key
// made for it. It is for tests only.
package piitest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/purpose"
)

// someone collects; collecting needs no role.
var someone = purpose.Actor{Role: "test", ID: "test"}

// Vault is a vault and what stands around it.
type Vault struct {
	*pii.Vault
	Ring  *keyring.Ring // shreds and fences
	Trail *pii.Trail    // what was recorded; call Flush before looking for denials
	Clock *Clock

	tb       testing.TB
	language language.Tag
}

// New returns a vault over memory for the policy, one day after it came into force. It fails the test if the policy has
// faults, and, at the end of the test, if a use was never ended.
func New(tb testing.TB, document purpose.Document, options ...consent.Option) *Vault {
	tb.Helper()
	policy, err := purpose.NewPolicy(document)
	if err != nil {
		tb.Fatalf("piitest: the policy: %v", err)
	}
	return over(tb, policy, options)
}

// NewVersions is New for the versions of a policy in order, one day after the first came into force.
func NewVersions(tb testing.TB, documents []purpose.Document, options ...consent.Option) *Vault {
	tb.Helper()
	var all []purpose.Published
	for _, d := range documents {
		p, err := purpose.Publish(d)
		if err != nil {
			tb.Fatalf("piitest: the policy: %v", err)
		}
		all = append(all, p)
	}
	history, err := purpose.NewHistory(all...)
	if err != nil {
		tb.Fatalf("piitest: the policy: %v", err)
	}
	return over(tb, history.At(documents[0].Effective), options)
}

func over(tb testing.TB, policy *purpose.Policy, options []consent.Option) *Vault {
	tb.Helper()
	clock := &Clock{now: policy.Effective().UTC().AddDate(0, 0, 1)}
	registry, err := consent.NewRegistry(policy, new(consent.Memory), append([]consent.Option{consent.WithClock(clock.Now)}, options...)...)
	if err != nil {
		tb.Fatalf("piitest: the registry: %v", err)
	}
	ring, err := keyring.New(keyring.Config{Store: new(keyring.Memory), KEK: KEK(tb), Now: clock.Now})
	if err != nil {
		tb.Fatalf("piitest: the ring: %v", err)
	}
	trail := new(pii.Trail)
	vault, err := pii.NewVault(pii.Config{Registry: registry, Keys: ring, Audit: trail})
	if err != nil {
		tb.Fatalf("piitest: the vault: %v", err)
	}
	tb.Cleanup(func() {
		for _, use := range registry.InUse() {
			tb.Errorf("piitest: a use of %s by %s was never ended", use.Purpose, use.Actor.Role)
		}
		registry.Close()
	})
	return &Vault{Vault: vault, Ring: ring, Trail: trail, Clock: clock, tb: tb, language: policy.Languages()[0]}
}

// Telling returns a vault over the same parts that tells the agenda of what it seals.
func (v *Vault) Telling(agenda pii.Agenda) *Vault {
	v.tb.Helper()
	vault, err := pii.NewVault(pii.Config{Registry: v.Registry(), Keys: v.Ring, Audit: v.Trail, Agenda: agenda})
	if err != nil {
		v.tb.Fatalf("piitest: the vault: %v", err)
	}
	told := *v
	told.Vault = vault
	return &told
}

// KEK returns a new key that wraps data keys, for one test.
func KEK(tb testing.TB) tink.AEAD {
	tb.Helper()
	handle, err := keyset.NewHandle(aead.AES256GCMSIVKeyTemplate())
	if err != nil {
		tb.Fatalf("piitest: the key: %v", err)
	}
	kek, err := aead.New(handle)
	if err != nil {
		tb.Fatalf("piitest: the key: %v", err)
	}
	return kek
}

// Notify records that the subject was shown the notice in the policy's first language.
func (v *Vault) Notify(s consent.Subject) {
	v.tb.Helper()
	if _, err := v.Registry().Notify(context.Background(), s, v.language); err != nil {
		v.tb.Fatalf("piitest: notify: %v", err)
	}
}

// Grant records a notice and the subject's consent to each of the purposes, for every operation they list.
func (v *Vault) Grant(s consent.Subject, ids ...purpose.ID) {
	v.tb.Helper()
	v.Notify(s)
	for _, id := range ids {
		spec, _ := v.Registry().Policy().At(v.Clock.Now()).Spec(id)
		if _, err := v.Registry().Grant(context.Background(), s, id, consent.Act{Method: consent.WebForm, Operations: spec.Operations}); err != nil {
			v.tb.Fatalf("piitest: grant %s: %v", id, err)
		}
	}
}

// Advance moves the clock.
func (v *Vault) Advance(d time.Duration) { v.Clock.Advance(d) }

// MustAccessor returns an accessor and fails the test if there is none.
func (v *Vault) MustAccessor(id purpose.ID, options ...pii.AccessorOption) *pii.Accessor {
	v.tb.Helper()
	a, err := v.Accessor(id, options...)
	if err != nil {
		v.tb.Fatalf("piitest: accessor %s: %v", id, err)
	}
	return a
}

// Seal returns text sealed for the purposes. It records a notice if the subject was shown none.
func Seal[K pii.Kind](v *Vault, s consent.Subject, text string, ids ...purpose.ID) pii.Sealed[K] {
	v.tb.Helper()
	return SealFor[K](v, s, text, pii.Collection{For: ids, Method: consent.WebForm})
}

// SealFor is Seal for a collection that says more than its purposes.
func SealFor[K pii.Kind](v *Vault, s consent.Subject, text string, how pii.Collection) (sealed pii.Sealed[K]) {
	v.tb.Helper()
	ctx := context.Background()
	facts, err := v.Registry().Facts(ctx, s)
	if err != nil {
		v.tb.Fatalf("piitest: facts: %v", err)
	}
	if facts.Notice.Status != purpose.Given {
		v.Notify(s)
	}
	in, err := v.Collect(ctx, someone, s, how)
	if err != nil {
		v.tb.Fatalf("piitest: collect: %v", err)
	}
	if err := sealed.Seal(in, text); err != nil {
		v.tb.Fatalf("piitest: seal: %v", err)
	}
	return sealed
}

// Clock is a clock that stands still until it is moved. It is safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now returns the time the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock by d, also back.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Set moves the clock to t.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}
