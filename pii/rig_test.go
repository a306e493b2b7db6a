package pii_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tink-crypto/tink-go/v2/tink"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/pii/piitest"
	"github.com/purposebound/purposebound/purpose"
)

// The canaries: no error may repeat them, whatever goes wrong.
const (
	marie    consent.Subject = "canary-subject-7f3a"
	louis    consent.Subject = "canary-other-91bc"
	canary                   = "canary.text@example.com"
	canaryID                 = "canary"
)

// errFault is what a part that fails says; a careless part repeats whose row it was.
var errFault = errors.New("no route to host: row canary-subject-7f3a canary.text@example.com")

// A policy that has what the shop's has not.
const (
	Hourly   purpose.ID = "hourly"  // kept for days only, so tokens count seconds
	Account  purpose.ID = "account" // kept from the closing of the account
	Jobs     purpose.ID = "jobs"    // kept from the closing of the case, but bound to none
	Desk     purpose.ID = "desk"    // asks nothing but a role
	Reporter purpose.ID = "report"  // de-identified, and lists storing
)

// office is the shop with more purposes, all on a legal ground but where it matters.
func office() purpose.Document {
	d := shop()
	attributes := []purpose.Attribute{"identity.name", "identity.email", "identity.birth_date", "communications.text", "identity.address"}
	add := func(id purpose.ID, class string, keep purpose.Period, from purpose.Trigger) *purpose.Spec {
		d.Purposes = append(d.Purposes, purpose.Spec{
			ID: id, Domain: "office", Title: purpose.Text{EN: "x", FR: "x"}, Basis: purpose.LegalGround, Citation: "P-39.1 s. 18",
			Attributes: attributes,
			Operations: []purpose.Operation{purpose.Collect, purpose.Use, purpose.Store, purpose.Erase, purpose.Rights},
			Roles:      map[purpose.Role][]purpose.Attribute{Agent: attributes},
			Retention:  purpose.Retention{Class: class, Keep: keep, From: from},
		})
		return &d.Purposes[len(d.Purposes)-1]
	}
	add(Hourly, "hourly", purpose.Period{Days: 10}, purpose.FromCollection)
	add(Account, "account", purpose.Period{Months: 6}, purpose.FromAccountClosed)
	add(Jobs, "jobs", purpose.Period{Days: 60}, purpose.FromCaseClosed)
	add(Desk, "desk", purpose.Period{Years: 5}, purpose.FromCollection)
	add(Reporter, "desk", purpose.Period{Years: 5}, purpose.FromCollection).Deidentify = true
	return d
}

// hook lets a test step into a part between two of its steps.
type hook struct {
	f atomic.Pointer[func(context.Context) error]
}

func (h *hook) set(f func(context.Context) error) { h.f.Store(&f) }

func (h *hook) fail(err error) { h.set(func(context.Context) error { return err }) }

func (h *hook) run(ctx context.Context) error {
	if f := h.f.Load(); f != nil {
		return (*f)(ctx)
	}
	return nil
}

// hookedLedger is a ledger in memory that can fail.
type hookedLedger struct {
	consent.Memory
	onAppend, onEvents hook
}

func (l *hookedLedger) Append(ctx context.Context, s consent.Subject, after uint64, e consent.Event) (uint64, error) {
	if err := l.onAppend.run(ctx); err != nil {
		return 0, err
	}
	return l.Memory.Append(ctx, s, after, e)
}

func (l *hookedLedger) Events(ctx context.Context, s consent.Subject, after uint64) iter.Seq2[consent.Event, error] {
	if err := l.onEvents.run(ctx); err != nil {
		return func(yield func(consent.Event, error) bool) { yield(consent.Event{}, err) }
	}
	return l.Memory.Events(ctx, s, after)
}

// hookedKeys is a ring that can fail, and whose keys can.
type hookedKeys struct {
	next                   pii.Keys
	onKey, onMake          hook
	replace                atomic.Pointer[func(pii.Key) pii.Key] // what is handed out instead
	afterDecrypt, afterEnc atomic.Pointer[func([]byte, error) ([]byte, error)]
	seen                   atomic.Pointer[sealing]
}

// sealing is what a key was last given to encrypt.
type sealing struct{ frame, associated []byte }

func (k *hookedKeys) Key(ctx context.Context, s consent.Subject, c purpose.Compartment, check [16]byte) (pii.Key, error) {
	if err := k.onKey.run(ctx); err != nil {
		return nil, err
	}
	key, err := k.next.Key(ctx, s, c, check)
	return k.hooked(key), err
}

func (k *hookedKeys) MakeKey(ctx context.Context, s consent.Subject, c purpose.Compartment) (pii.Key, error) {
	if err := k.onMake.run(ctx); err != nil {
		return nil, err
	}
	key, err := k.next.MakeKey(ctx, s, c)
	return k.hooked(key), err
}

func (k *hookedKeys) hooked(key pii.Key) pii.Key {
	if f := k.replace.Load(); f != nil {
		return (*f)(key)
	}
	if key == nil {
		return nil
	}
	return hookedKey{key, k}
}

type hookedKey struct {
	pii.Key
	of *hookedKeys
}

func (k hookedKey) Encrypt(plaintext, associated []byte) ([]byte, error) {
	k.of.seen.Store(&sealing{slices.Clone(plaintext), slices.Clone(associated)})
	out, err := k.Key.Encrypt(plaintext, associated)
	if f := k.of.afterEnc.Load(); f != nil {
		return (*f)(out, err)
	}
	return out, err
}

func (k hookedKey) Decrypt(ciphertext, associated []byte) ([]byte, error) {
	out, err := k.Key.Decrypt(ciphertext, associated)
	if f := k.of.afterDecrypt.Load(); f != nil {
		return (*f)(out, err)
	}
	return out, err
}

// then calls f after the part it is stored in has done its work.
func then(at *atomic.Pointer[func([]byte, error) ([]byte, error)], f func()) {
	g := func(b []byte, err error) ([]byte, error) { f(); return b, err }
	at.Store(&g)
}

// hookedAudit is a trail that can fail.
type hookedAudit struct {
	pii.Trail
	onRecord hook
}

func (a *hookedAudit) Record(ctx context.Context, access pii.Access) error {
	if err := a.onRecord.run(ctx); err != nil {
		return err
	}
	return a.Trail.Record(ctx, access)
}

// parts is what a rig is built of.
type parts struct {
	document purpose.Document
	ledger   *hookedLedger
	store    *keyring.Memory
	kek      tink.AEAD
	clock    *piitest.Clock // nil: the machine's
	tenant   string
	ring     string // tenant of the ring, if another
	maxUse   time.Duration
	audit    pii.Auditor // nil: a hookedAudit
}

// rig is a vault whose every part can be made to fail.
type rig struct {
	*pii.Vault
	parts    parts
	registry *consent.Registry
	ring     *keyring.Ring
	keys     *hookedKeys
	trail    *hookedAudit
}

func newRig(tb testing.TB, changes ...func(*parts)) *rig {
	tb.Helper()
	p := parts{document: office(), ledger: new(hookedLedger), store: new(keyring.Memory), kek: piitest.KEK(tb), clock: new(piitest.Clock), maxUse: 30 * time.Second}
	p.clock.Set(p.document.Effective.AddDate(0, 0, 1))
	for _, change := range changes {
		change(&p)
	}
	return build(tb, p)
}

// machineClock leaves the rig on time.Now: the machine's clock, or a synctest bubble's.
func machineClock(p *parts) { p.clock = nil }

func build(tb testing.TB, p parts) *rig {
	tb.Helper()
	policy, err := purpose.NewPolicy(p.document)
	require.NoError(tb, err)
	options, now := []consent.Option{consent.WithMaxUse(p.maxUse)}, time.Now
	if p.clock != nil {
		now = p.clock.Now
		options = append(options, consent.WithClock(now))
	}
	x := &rig{parts: p, trail: new(hookedAudit)}
	x.registry, err = consent.NewRegistry(policy, p.ledger, options...)
	require.NoError(tb, err)
	tenant := p.tenant
	if p.ring != "" {
		tenant = p.ring
	}
	x.ring, err = keyring.New(keyring.Config{Store: p.store, KEK: p.kek, Tenant: tenant, Now: now, TTL: 24 * time.Hour})
	require.NoError(tb, err)
	x.keys = &hookedKeys{next: x.ring}
	audit := p.audit
	if audit == nil {
		audit = x.trail
	}
	x.Vault, err = pii.NewVault(pii.Config{Registry: x.registry, Keys: x.keys, Audit: audit, Tenant: p.tenant})
	require.NoError(tb, err)
	return x
}

// restart ends the rig and returns another process over the same ledger, key store and KEK: nothing is cached in it.
func (x *rig) restart(tb testing.TB, changes ...func(*parts)) *rig {
	tb.Helper()
	require.NoError(tb, x.registry.Close())
	p := x.parts
	for _, change := range changes {
		change(&p)
	}
	return build(tb, p)
}

func (x *rig) notify(tb testing.TB, s consent.Subject) {
	tb.Helper()
	_, err := x.registry.Notify(context.Background(), s, language.English)
	require.NoError(tb, err)
}

func (x *rig) grant(tb testing.TB, s consent.Subject, id purpose.ID, act consent.Act) {
	tb.Helper()
	act.Method = consent.WebForm
	_, err := x.registry.Grant(context.Background(), s, id, act)
	require.NoError(tb, err)
}

// openCase binds everyone of the role to the subject.
func (x *rig) openCase(tb testing.TB, s consent.Subject, id string, who purpose.Actor) {
	tb.Helper()
	_, err := x.registry.Record(context.Background(), s, consent.Event{Kind: consent.CaseOpened, Case: id, Actor: who})
	require.NoError(tb, err)
}

func (x *rig) closeCase(tb testing.TB, s consent.Subject, id string) {
	tb.Helper()
	_, err := x.registry.Record(context.Background(), s, consent.Event{Kind: consent.CaseClosed, Case: id})
	require.NoError(tb, err)
}

func (x *rig) collect(tb testing.TB, s consent.Subject, ids ...purpose.ID) *pii.Intake {
	tb.Helper()
	return x.collectFor(tb, s, pii.Collection{For: ids, Method: consent.WebForm})
}

func (x *rig) collectFor(tb testing.TB, s consent.Subject, how pii.Collection) *pii.Intake {
	tb.Helper()
	x.notify(tb, s)
	if how.Method == 0 {
		how.Method = consent.WebForm
	}
	in, err := x.Collect(context.Background(), clerk, s, how)
	require.NoError(tb, err)
	return in
}

// seal returns the canary of marie, collected for the purposes, with every consent they need.
func (x *rig) seal(tb testing.TB, ids ...purpose.ID) (sealed pii.Sealed[pii.Email]) {
	tb.Helper()
	in := x.collect(tb, marie, ids...)
	for _, id := range ids {
		if id == Newsletter {
			x.grant(tb, marie, id, consent.Act{})
		}
	}
	require.NoError(tb, sealed.Seal(in, canary))
	return sealed
}

// sealCase is seal for a case.
func (x *rig) sealCase(tb testing.TB, caseID string, ids ...purpose.ID) (sealed pii.Sealed[pii.Email]) {
	tb.Helper()
	require.NoError(tb, sealed.Seal(x.collectFor(tb, marie, pii.Collection{For: ids, Case: caseID}), canary))
	return sealed
}

func (x *rig) accessor(tb testing.TB, id purpose.ID, options ...pii.AccessorOption) *pii.Accessor {
	tb.Helper()
	a, err := x.Accessor(id, options...)
	require.NoError(tb, err)
	return a
}

// begin begins a use that ends with the test.
func (x *rig) begin(tb testing.TB, id purpose.ID, who purpose.Actor, s consent.Subject) *pii.Use {
	tb.Helper()
	return x.beginWith(context.Background(), tb, id, who, s)
}

func (x *rig) beginWith(ctx context.Context, tb testing.TB, id purpose.ID, who purpose.Actor, s consent.Subject) *pii.Use {
	tb.Helper()
	use, err := x.accessor(tb, id).Begin(ctx, who, s)
	require.NoError(tb, err)
	tb.Cleanup(use.End)
	return use
}

// open begins a use of marie's data, reveals one field in it, and ends it.
func (x *rig) open(tb testing.TB, id purpose.ID, who purpose.Actor, sealed pii.Sealed[pii.Email]) (string, error) {
	tb.Helper()
	return x.openOf(tb, marie, id, who, sealed)
}

func (x *rig) openOf(tb testing.TB, s consent.Subject, id purpose.ID, who purpose.Actor, sealed pii.Sealed[pii.Email]) (text string, err error) {
	tb.Helper()
	err = x.accessor(tb, id).Do(context.Background(), who, s, func(use *pii.Use) error {
		v, err := sealed.Reveal(use)
		text = v.Plaintext()
		return err
	})
	return text, err
}

// flush waits for the denials' lane.
func (x *rig) flush(tb testing.TB) []pii.Access {
	tb.Helper()
	require.NoError(tb, x.Flush(context.Background()))
	return x.trail.Entries()
}

// bytesOf returns the binary form of a field.
func bytesOf[K pii.Kind](tb testing.TB, s pii.Sealed[K]) []byte {
	tb.Helper()
	b, err := s.MarshalBinary()
	require.NoError(tb, err)
	return b
}

// sealedOf reads the binary form of a field.
func sealedOf[K pii.Kind](tb testing.TB, token []byte) (s pii.Sealed[K]) {
	tb.Helper()
	require.NoError(tb, s.UnmarshalBinary(token))
	return s
}

// tokenErrors are the errors about stored data; they are neither denials nor outages.
func tokenErrors() []error {
	return []error{pii.ErrInvalid, pii.ErrAbsent, pii.ErrMalformed, pii.ErrDecrypt, pii.ErrWrongSubject, pii.ErrWrongAttribute, pii.ErrWrongRecord}
}

// assertNamed checks what holds of every error: it is of exactly one of the families, and repeats nobody.
func assertNamed(tb testing.TB, err error) {
	tb.Helper()
	require.Error(tb, err)
	families := 0
	for _, e := range append(tokenErrors(), purpose.ErrDenied, purpose.ErrUnavailable) {
		if errors.Is(err, e) {
			families++
		}
	}
	assert.Equal(tb, 1, families, "%v is of %d families of errors", err, families)
	assert.NotContains(tb, err.Error(), canaryID)
}

// assertDenied checks that the error says reason and nothing else.
func assertDenied(tb testing.TB, err error, reason purpose.Reason) {
	tb.Helper()
	assertNamed(tb, err)
	got, ok := errors.AsType[purpose.Reason](err)
	assert.True(tb, ok)
	assert.Equal(tb, reason.String(), got.String())
}
