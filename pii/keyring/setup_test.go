package keyring_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"maps"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/hybrid"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/mac"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/purpose"
)

const (
	marie     consent.Subject     = "s-4f1c"
	other     consent.Subject     = "s-77aa"
	service   purpose.Compartment = "service/service"
	marketing purpose.Compartment = "marketing+service/marketing+service"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func newKEK() tink.AEAD {
	return must(aead.New(must(keyset.NewHandle(aead.XAES256GCM192BitNonceKeyTemplate()))))
}

// hpkeKeys are the keys of an organisation with the domains marketing and service.
type hpkeKeys struct {
	wrap   map[string]tink.HybridEncrypt
	unwrap map[string]tink.HybridDecrypt
	intake tink.MAC
}

var hpke = sync.OnceValue(func() hpkeKeys {
	k := hpkeKeys{map[string]tink.HybridEncrypt{}, map[string]tink.HybridDecrypt{}, nil}
	for _, domain := range []string{"marketing", "service", keyring.Legal, keyring.Rights} {
		handle := must(keyset.NewHandle(hybrid.DHKEM_X25519_HKDF_SHA256_HKDF_SHA256_AES_256_GCM_Key_Template()))
		k.unwrap[domain] = must(hybrid.NewHybridDecrypt(handle))
		k.wrap[domain] = must(hybrid.NewHybridEncrypt(must(handle.Public())))
	}
	k.intake = must(mac.New(must(keyset.NewHandle(mac.HMACSHA256Tag256KeyTemplate()))))
	return k
})

// held returns the private keys of some domains.
func (k hpkeKeys) held(domains ...string) map[string]tink.HybridDecrypt {
	held := maps.Clone(k.unwrap)
	maps.DeleteFunc(held, func(domain string, _ tink.HybridDecrypt) bool { return !slices.Contains(domains, domain) })
	return held
}

func simpleRing(tb testing.TB, store keyring.Store, kek tink.AEAD) *keyring.Ring {
	tb.Helper()
	ring, err := keyring.New(keyring.Config{Store: store, Tenant: "acme", KEK: kek})
	require.NoError(tb, err)
	return ring
}

// hpkeRing returns the ring of a process that holds the private keys of some domains.
func hpkeRing(tb testing.TB, store keyring.Store, domains ...string) *keyring.Ring {
	tb.Helper()
	k := hpke()
	ring, err := keyring.New(keyring.Config{Store: store, Tenant: "acme", Wrap: k.wrap, Unwrap: k.held(domains...), Intake: k.intake})
	require.NoError(tb, err)
	return ring
}

// modes runs a test on a ring with one KEK and on one with HPKE and every private key.
func modes(t *testing.T, run func(t *testing.T, store *faulty, open func() *keyring.Ring)) {
	t.Helper()
	t.Run("KEK", func(t *testing.T) {
		t.Parallel()
		store, kek := &faulty{}, newKEK()
		run(t, store, func() *keyring.Ring { return simpleRing(t, store, kek) })
	})
	t.Run("HPKE", func(t *testing.T) {
		t.Parallel()
		store := &faulty{}
		run(t, store, func() *keyring.Ring { return hpkeRing(t, store, "marketing", "service", keyring.Legal, keyring.Rights) })
	})
}

var errAway = errors.New("the database is away: s-4f1c")

// faulty is a store that fails at one call, counted from 1 over all methods, before or after it did its work.
type faulty struct {
	keyring.Memory
	mu     sync.Mutex
	calls  int
	failAt int  // 0: never
	late   bool // the work is done, the answer is lost
	onLoad func(keyring.Row) keyring.Row
	onSave func() error // runs before the work
}

func (f *faulty) fails() (fails, late bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	return f.calls == f.failAt, f.late
}

func (f *faulty) arm(call int, late bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls, f.failAt, f.late = 0, call, late
}

func (f *faulty) Load(ctx context.Context, tenant string, s consent.Subject) (keyring.Row, error) {
	if fails, _ := f.fails(); fails {
		return keyring.Row{}, errAway
	}
	row, err := f.Memory.Load(ctx, tenant, s)
	if f.onLoad != nil {
		row = f.onLoad(row)
	}
	return row, err
}

func (f *faulty) Save(ctx context.Context, tenant string, s consent.Subject, after uint64, data []byte) error {
	fails, late := f.fails()
	if fails && !late {
		return errAway
	}
	if f.onSave != nil {
		if err := f.onSave(); err != nil {
			return err
		}
	}
	err := f.Memory.Save(ctx, tenant, s, after, data)
	if fails {
		return errAway
	}
	return err
}

func (f *faulty) Subjects(ctx context.Context, tenant string, after consent.Subject) iter.Seq2[consent.Subject, error] {
	if fails, _ := f.fails(); fails {
		return func(yield func(consent.Subject, error) bool) { yield("", errAway) }
	}
	return f.Memory.Subjects(ctx, tenant, after)
}

// planted is a store whose row of every subject is data.
type planted struct {
	keyring.Store
	row keyring.Row
}

func (p planted) Load(context.Context, string, consent.Subject) (keyring.Row, error) {
	return p.row, nil
}

func readJSON(tb testing.TB, path string, into any) {
	tb.Helper()
	text, err := os.ReadFile(path)
	require.NoError(tb, err)
	require.NoError(tb, json.Unmarshal(text, into))
}

func otherIntake() tink.MAC {
	return must(mac.New(must(keyset.NewHandle(mac.HMACSHA256Tag256KeyTemplate()))))
}

// tinkAlone is what a data key uses underneath.
func tinkAlone() tink.AEAD { return must(subtle.NewAESGCM(make([]byte, 32))) }
