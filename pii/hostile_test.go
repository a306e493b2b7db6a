package pii_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
)

// appending is a key that appends to the associated data it is given, as Go code may.
type appending struct{ pii.Key }

func (k appending) Encrypt(p, ad []byte) ([]byte, error) {
	return k.Key.Encrypt(p, append(ad, "key-7"...))
}

func (k appending) Decrypt(c, ad []byte) ([]byte, error) {
	return k.Key.Decrypt(c, append(ad, "key-7"...))
}

// What stands behind the associated data in memory is nothing that a key's append could overwrite.
func TestKeyThatAppendsToAssociatedData(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	replace := func(k pii.Key) pii.Key { return appending{k} }
	x.keys.replace.Store(&replace)
	sealed := x.seal(t, Service)
	use := x.begin(t, Service, agent, marie)
	defer use.End()
	var wg sync.WaitGroup
	for range 8 { // under -race, a shared array would show
		wg.Go(func() {
			for range 50 {
				v, err := sealed.Reveal(use)
				if assert.NoError(t, err) {
					assert.Equal(t, canary, v.Plaintext())
				}
			}
		})
	}
	wg.Wait()
}

// trusting is a key whose Decrypt leaves it to the caller to ask whether the key lives.
type trusting struct {
	pii.Key
	dead *atomic.Bool
}

func (k trusting) Live() bool { return !k.dead.Load() }

func TestDeadKeyOpensNothing(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	var dead atomic.Bool
	replace := func(k pii.Key) pii.Key { return trusting{k, &dead} }
	x.keys.replace.Store(&replace)
	sealed := x.seal(t, Service)
	for range 2 { // the second finds what the first left
		_, err := x.open(t, Service, agent, sealed)
		require.NoError(t, err)
	}
	dead.Store(true)
	x.keys.onKey.fail(errors.New("the key was destroyed"))
	text, err := x.open(t, Service, agent, sealed)
	assert.Error(t, err)
	assert.Empty(t, text)
}

// Keys end together with some of others' that are shredded: that is no reason to tell somebody that she was erased.
func TestSealWhileAnotherIsShredded(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	in := x.collect(t, marie, Service)
	var field pii.Sealed[pii.Email]
	require.NoError(t, field.Seal(in, canary))
	var once sync.Once
	then(&x.keys.afterEnc, func() {
		once.Do(func() {
			for i := range 20_000 { // one of them shares marie's counter
				_, err := x.ring.Shred(context.Background(), consent.Subject(fmt.Sprint("other-", i)), nil)
				assert.NoError(t, err)
			}
		})
	})
	require.NoError(t, field.Seal(in, canary))
	text, err := x.open(t, Service, agent, field)
	require.NoError(t, err)
	assert.Equal(t, canary, text)
}

type auditFunc func(context.Context, pii.Access) error

func (f auditFunc) Record(ctx context.Context, a pii.Access) error { return f(ctx, a) }

func TestNilFunctionIsNoAuditor(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	_, err := pii.NewVault(pii.Config{Registry: x.registry, Keys: x.keys, Audit: auditFunc(nil)})
	assert.Error(t, err)
}

// An auditor that panics once does not stop the accesses that come after it.
func TestBufferedAfterAPanic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var behaviour atomic.Int32
		audit, err := pii.NewBufferedAudit(auditFunc(func(context.Context, pii.Access) error {
			switch behaviour.Load() {
			case 0:
				return errors.New("down")
			case 1:
				panic("driver bug")
			}
			return nil
		}), pii.Buffer{Records: 2})
		require.NoError(t, err)
		require.NoError(t, audit.Record(t.Context(), access(0)))
		synctest.Wait()
		behaviour.Store(1)
		assert.PanicsWithValue(t, "driver bug", func() { _ = audit.Record(t.Context(), access(1)) })
		behaviour.Store(2)
		require.NoError(t, audit.Record(t.Context(), access(2)))
		require.NoError(t, audit.Close(t.Context()))
	})
}

// An auditor that hangs while it is tried again keeps nobody whose context has ended.
func TestBufferedRetryKeepsNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		answers := make(chan error)
		audit, err := pii.NewBufferedAudit(auditFunc(func(context.Context, pii.Access) error { return <-answers }), pii.Buffer{Records: 2})
		require.NoError(t, err)
		require.NoError(t, audit.Record(t.Context(), access(0)))
		answers <- errors.New("down")
		synctest.Wait()
		retried := make(chan error, 1)
		go func() { retried <- audit.Record(context.Background(), access(1)) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, audit.Record(ctx, access(2)), context.DeadlineExceeded)
		close(answers)
		require.NoError(t, <-retried)
		require.NoError(t, audit.Close(t.Context()))
	})
}

// Flush waits for what came before it, not for what keeps coming.
func TestFlushReturnsUnderLoad(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := auditFunc(func(context.Context, pii.Access) error { time.Sleep(time.Millisecond); return nil })
		audit, err := pii.NewBufferedAudit(slow, pii.Buffer{Records: 8})
		require.NoError(t, err)
		x := newRig(t, machineClock, func(p *parts) {
			p.document.Effective = time.Now().Add(-time.Hour)
			p.audit = slow
		})
		desk := x.accessor(t, Service)
		ctx, stop := context.WithCancel(t.Context())
		var load sync.WaitGroup
		load.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				_ = audit.Record(ctx, access(i))
			}
		})
		load.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				_, err := desk.Begin(ctx, purpose.Actor{Role: "nobody", ID: fmt.Sprint(i % 50)}, marie)
				assert.Error(t, err)
				time.Sleep(time.Millisecond / 2)
			}
		})
		time.Sleep(50 * time.Millisecond)
		limit, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		assert.NoError(t, audit.Flush(limit))
		assert.NoError(t, x.Flush(limit))
		stop()
		load.Wait()
		require.NoError(t, audit.Close(t.Context()))
		require.NoError(t, x.Flush(t.Context()))
	})
}

// However many kinds of denial a caller makes up while the auditor fails, the lane stays bounded and loses no count.
func TestDenialLaneIsBounded(t *testing.T) {
	t.Parallel()
	var down atomic.Bool
	down.Store(true)
	var mu sync.Mutex
	total, entries := 0, 0
	x := newRig(t, func(p *parts) {
		p.audit = auditFunc(func(_ context.Context, a pii.Access) error {
			if down.Load() {
				return errors.New("down")
			}
			mu.Lock()
			defer mu.Unlock()
			if a.Operation == purpose.Use || a.Reason == purpose.Undecided {
				total += a.Count
				entries++
			}
			return nil
		})
	})
	desk := x.accessor(t, Service)
	const denied = 5000
	for i := range denied {
		_, err := desk.Begin(t.Context(), purpose.Actor{Role: "nobody", ID: fmt.Sprint(i)}, marie)
		require.Error(t, err)
	}
	require.ErrorIs(t, x.Flush(t.Context()), purpose.AuditUnavailable)
	down.Store(false)
	require.NoError(t, x.Flush(t.Context()))
	mu.Lock()
	defer mu.Unlock()
	assert.Equal(t, denied, total, "a denial was lost or counted twice")
	assert.LessOrEqual(t, entries, 2*1024+2, "kept more kinds than it may")
}

// A vault and a ring of two tenants would write tokens that no reader of the format could open.
func TestVaultAndRingAreOfOneTenant(t *testing.T) {
	t.Parallel()
	x := newRig(t, func(p *parts) { p.tenant, p.ring = "acme", "acme" })
	_, err := pii.NewVault(pii.Config{Registry: x.registry, Keys: x.ring, Audit: pii.NoAudit{}, Tenant: "acme"})
	require.NoError(t, err)
	for _, tenant := range []string{"", "other"} {
		_, err = pii.NewVault(pii.Config{Registry: x.registry, Keys: x.ring, Audit: pii.NoAudit{}, Tenant: tenant})
		require.Error(t, err)
	}
}
