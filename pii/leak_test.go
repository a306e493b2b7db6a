package pii_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/hybrid"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/mac"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/pii/phone"
	"github.com/purposebound/purposebound/pii/piitest"
	"github.com/purposebound/purposebound/purpose"
)

// The least the product may be: a table that lost its rows must not pass.
const (
	minLeakWays   = 60
	minLeakShapes = 30
	minLeakRuns   = 100_000
)

// leakCanaries are the texts to look for, in canonical form, one for each kind.
var leakCanaries = []struct{ kind, text string }{
	{"identity.name", "Zéphyrine Quatorzevents-Lachaîne"},
	{"identity.email", "marguerite.xylophone@vermouzal.test"},
	{"identity.address", "8417, rue Hortensia-Bouldrague, Saint-Zotique, QC J0P 1Z0"},
	{"identity.birth_date", "1937-11-23"}, // as short as a canary can be
	{"communications.text", "Le docteur Klaxonnier m'a dit : \"c'est grave & <urgent>\"\nRappelez-moi."},
	{"identity.phone", "+15148617305;ext=90417"},
	{"loyalty.card", "FIDL-60177-QXWV-83"},
}

func leakCanary(kind string) string {
	for _, c := range leakCanaries {
		if c.kind == kind {
			return c.text
		}
	}
	panic("no canary of kind " + kind)
}

// leakCard is a kind of the program's own.
type leakCard struct{}

func (leakCard) Attribute() purpose.Attribute { return "loyalty.card" }

func (leakCard) Canonical(text string) (string, bool) { return text, strings.HasPrefix(text, "FIDL-") }

// leakAll generalises nothing: what is derived is the whole text.
type leakAll struct{}

func (leakAll) Generalise(text string) (string, bool) { return text, true }

// leakShop is the policy of the shop with a kind of its own, all of which the agent may use for the service.
func leakShop() purpose.Document {
	document := shop()
	service := &document.Purposes[0]
	service.Attributes = append(slices.Clone(service.Attributes), "loyalty.card")
	service.Roles = maps.Clone(service.Roles)
	service.Roles[Agent] = service.Attributes
	return document
}

// leakItem is one value, in every shape, and what must not be seen of it.
type leakItem struct {
	name   string
	oracle *leakOracle
	shapes []leakShape
}

// leakItems returns a kind's canary sealed, revealed, parsed and derived.
func leakItems[K pii.Kind](t *testing.T, v *piitest.Vault, use *pii.Use) []leakItem {
	t.Helper()
	var k K
	kind := string(k.Attribute())
	text := leakCanary(kind)
	oracle := newLeakOracle(text)

	sealed := piitest.Seal[K](v, "c-1", text, Service)
	revealed, err := sealed.Reveal(use)
	require.NoError(t, err)
	require.True(t, revealed.Plaintext() == text, "the canary of %s is not canonical", kind)
	parsed, err := pii.Parse[K](text)
	require.NoError(t, err)
	derived, err := pii.Derive(use, sealed, leakAll{})
	require.NoError(t, err)
	require.True(t, derived.Reveal() == text)

	return []leakItem{
		{"sealed " + kind, oracle, append(leakShapes(sealed),
			leakShape{"defined type", leakMySealed[K](sealed)}, leakShape{"embedded", leakEmbedsSealed[K]{sealed}},
			leakShape{"pointer to embedded", &leakEmbedsSealed[K]{sealed}})},
		{"revealed " + kind, oracle, leakValueShapes(revealed)},
		// A parsed value is what a revealed one is.
		{"parsed " + kind, oracle, []leakShape{{"bare", parsed}, {"unexported field", leakHiddenAny{parsed}}, {"defined type", leakMyValue[K](parsed)}}},
		{"derived " + kind, oracle, append(leakShapes(derived),
			leakShape{"defined type", leakMyDerived(derived)}, leakShape{"embedded", leakEmbedsDerived{derived}},
			leakShape{"pointer to embedded", &leakEmbedsDerived{derived}})},
	}
}

func leakValueShapes[K pii.Kind](v pii.Value[K]) []leakShape {
	return append(leakShapes(v),
		leakShape{"defined type", leakMyValue[K](v)}, leakShape{"unexported defined type", leakUnexported[leakMyValue[K]]{leakMyValue[K](v)}},
		leakShape{"embedded", leakEmbedsValue[K]{v}}, leakShape{"pointer to embedded", &leakEmbedsValue[K]{v}},
		leakShape{"embedded pointer", leakEmbedsPointer[K]{&v}})
}

// run puts every shape through every way, and calls leaked for each that shows the secret. It returns how many it ran.
func (item *leakItem) run(scene *leakScene, ways []leakWay, leaked func(way, shape, how string)) int {
	n := 0
	found := map[string]string{} // by output: many are the same
	for i := range item.shapes {
		for j := range ways {
			n++
			out := scene.out(&ways[j], item.shapes[i].value)
			how, seen := found[out]
			if !seen {
				how = item.oracle.find(out, &scene.scratch)
				if len(out) < 4096 {
					found[out] = how
				}
			}
			if how != "" {
				leaked(ways[j].name, item.shapes[i].name, how)
			}
		}
	}
	return n
}

// TestLeak runs the full product of ways, shapes, kinds and states: the plaintext is in none.
// A failure names where and never prints what.
func TestLeak(t *testing.T) {
	t.Parallel()
	v := piitest.New(t, leakShop(), consent.WithMaxUse(time.Hour))
	use, err := v.MustAccessor(Service).Begin(t.Context(), agent, "c-1")
	if err != nil { // consent by provision needs the notice, which sealing gives
		v.Notify("c-1")
		use, err = v.MustAccessor(Service).Begin(t.Context(), agent, "c-1")
	}
	require.NoError(t, err)
	t.Cleanup(use.End)

	items := slices.Concat(
		leakItems[pii.Name](t, v, use), leakItems[pii.Email](t, v, use), leakItems[pii.Address](t, v, use), leakItems[pii.BirthDate](t, v, use),
		leakItems[pii.Text](t, v, use), leakItems[phone.Phone](t, v, use), leakItems[leakCard](t, v, use),
	)
	require.Len(t, items, 4*len(leakCanaries))
	ways := leakWays()
	names := map[string]bool{}
	for _, w := range ways {
		require.False(t, names[w.name], "two ways are called %s", w.name)
		names[w.name] = true
	}
	require.GreaterOrEqual(t, len(ways), minLeakWays)

	var runs atomic.Int64
	t.Run("product", func(t *testing.T) {
		for _, item := range items {
			if !strings.HasPrefix(item.name, "parsed ") {
				require.GreaterOrEqual(t, len(item.shapes), minLeakShapes, item.name)
			}
			t.Run(item.name, func(t *testing.T) {
				t.Parallel()
				runs.Add(int64(item.run(newLeakScene(t), ways, func(way, shape, how string) {
					t.Errorf("%s, as %s, by %s: the plaintext is there, as %s", item.name, shape, way, how)
				})))
			})
		}
	})
	t.Logf("%d ways, %d combinations", len(ways), runs.Load())
	assert.GreaterOrEqual(t, runs.Load(), int64(minLeakRuns))
}

// Types that leak, from the careless to the well-meant.
type (
	leakyText   string
	leakyStruct struct{ s string }
	leakyBytes  []byte
	leakyQuiet  string                    // all methods right, and the representation wrong
	leakyBehind struct{ p *string }       // what a printer follows a pointer to
	leakyFunc   struct{ f func() string } // as good as a Value, but for its method
)

const leakyMask = "[masked]"

func (leakyQuiet) Format(f fmt.State, _ rune)   { fmt.Fprint(f, leakyMask) }
func (leakyQuiet) String() string               { return leakyMask }
func (leakyQuiet) GoString() string             { return leakyMask }
func (leakyQuiet) MarshalText() ([]byte, error) { return []byte(leakyMask), nil }
func (leakyBehind) Format(f fmt.State, _ rune)  { fmt.Fprint(f, leakyMask) }
func (l leakyFunc) String() string              { return l.f() }

// TestLeakIsSeen runs the same product over types that leak, so that ways that show nothing, or an oracle that sees nothing,
// fail here.
func TestLeakIsSeen(t *testing.T) {
	t.Parallel()
	ways := leakWays()
	secret := leakCanary("identity.email")
	oracle := newLeakOracle(secret)
	for _, c := range []struct {
		item       leakItem
		ways, runs int // at least so many ways, and combinations, leak
	}{
		{leakItem{"text", oracle, leakShapes(leakyText(secret))}, 150, 3100},
		{leakItem{"struct", oracle, leakShapes(leakyStruct{secret})}, 130, 2700},
		{leakItem{"bytes", oracle, leakShapes(leakyBytes(secret))}, 140, 2700},
		{leakItem{"masked text", oracle, leakShapes(leakyQuiet(secret))}, 140, 1100},
		{leakItem{"pointer", oracle, leakShapes(leakyBehind{&secret})}, 9, 180},
		{leakItem{"function", oracle, leakShapes(leakyFunc{func() string { return secret }})}, 95, 1500},
	} {
		t.Run(c.item.name, func(t *testing.T) {
			t.Parallel()
			leaky, shapes, runs := map[string]bool{}, map[string]bool{}, 0
			c.item.run(newLeakScene(t), ways, func(way, shape, _ string) {
				leaky[way], shapes[shape] = true, true
				runs++
			})
			t.Logf("%d ways, %d shapes, %d combinations leak", len(leaky), len(shapes), runs)
			assert.GreaterOrEqual(t, len(leaky), c.ways)
			assert.GreaterOrEqual(t, runs, c.runs)
		})
	}
}

// leakKEK wraps keys with AES-GCM, behind functions as a key service is behind a network, and keeps what it was given.
type leakKEK struct {
	encrypt, decrypt func(text, context []byte) ([]byte, error)
	kept             func() [][]byte
}

func (k leakKEK) Encrypt(text, context []byte) ([]byte, error) { return k.encrypt(text, context) }
func (k leakKEK) Decrypt(text, context []byte) ([]byte, error) { return k.decrypt(text, context) }

func newLeakKEK(tb testing.TB) leakKEK {
	tb.Helper()
	secret := make([]byte, 32)
	rand.Read(secret)
	block, err := aes.NewCipher(secret)
	require.NoError(tb, err)
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	require.NoError(tb, err)
	kept := [][]byte{secret}
	return leakKEK{
		encrypt: func(text, context []byte) ([]byte, error) {
			kept = append(kept, bytes.Clone(text))
			return gcm.Seal(nil, nil, text, context), nil
		},
		decrypt: func(text, context []byte) ([]byte, error) { return gcm.Open(nil, nil, text, context) },
		kept:    func() [][]byte { return kept },
	}
}

// leakKeyset returns a new keyset, and the bytes of its key.
func leakKeyset(tb testing.TB, template *tinkpb.KeyTemplate) (*keyset.Handle, []byte) {
	tb.Helper()
	handle, err := keyset.NewHandle(template)
	require.NoError(tb, err)
	message := insecurecleartextkeyset.KeysetMaterial(handle).Key[0].KeyData.Value
	key := message[len(message)-32:]
	// Field 3 of 32 bytes is the key, and comes last, in every type used here.
	require.Equal(tb, []byte{3<<3 | 2, 32}, message[len(message)-34:len(message)-32])
	return handle, key
}

// leakMachine is a vault in the middle of its work.
type leakMachine struct {
	vault    *pii.Vault
	registry *consent.Registry
	ring     *keyring.Ring
	accessor *pii.Accessor
	use      *pii.Use
	intake   *pii.Intake
	key      pii.Key
	errs     []error
}

func newLeakMachine(t *testing.T, config keyring.Config) leakMachine {
	t.Helper()
	document := leakShop()
	policy, err := purpose.NewPolicy(document)
	require.NoError(t, err)
	clock := new(piitest.Clock)
	clock.Set(document.Effective.AddDate(0, 0, 1))
	registry, err := consent.NewRegistry(policy, new(consent.Memory), consent.WithClock(clock.Now), consent.WithMaxUse(time.Hour))
	require.NoError(t, err)
	t.Cleanup(func() { registry.Close() })
	config.Store, config.Now = new(keyring.Memory), clock.Now
	ring, err := keyring.New(config)
	require.NoError(t, err)
	vault, err := pii.NewVault(pii.Config{Registry: registry, Keys: ring, Audit: new(pii.Trail)})
	require.NoError(t, err)

	_, err = registry.Notify(t.Context(), "c-1", document.Languages[0])
	require.NoError(t, err)
	intake, err := vault.Collect(t.Context(), agent, "c-1", pii.Collection{For: []purpose.ID{Service}, Method: consent.WebForm})
	require.NoError(t, err)
	accessor, err := vault.Accessor(Service)
	require.NoError(t, err)
	use, err := accessor.Begin(t.Context(), agent, "c-1")
	require.NoError(t, err)
	t.Cleanup(use.End)
	m := leakMachine{vault: vault, registry: registry, ring: ring, accessor: accessor, use: use, intake: intake}
	m.errs = slices.Concat(
		leakErrors[pii.Name](t, &m), leakErrors[pii.Email](t, &m), leakErrors[pii.Address](t, &m), leakErrors[pii.BirthDate](t, &m),
		leakErrors[pii.Text](t, &m), leakErrors[phone.Phone](t, &m), leakErrors[leakCard](t, &m),
	)
	compartment, err := policy.Compartment(Service)
	require.NoError(t, err)
	m.key, err = ring.MakeKey(t.Context(), "c-1", compartment)
	require.NoError(t, err)
	require.NoError(t, vault.Flush(t.Context()))
	return m
}

// leakErrors seals and opens the canary of a kind, so that the machine has had it, and returns the errors of doing it wrong.
func leakErrors[K pii.Kind](t *testing.T, m *leakMachine) []error {
	t.Helper()
	var k K
	text := leakCanary(string(k.Attribute()))
	var sealed, bound pii.Sealed[K]
	require.NoError(t, sealed.Seal(m.intake, text))
	require.NoError(t, bound.SealBound(m.intake, text, "r-1"))
	value, err := sealed.Reveal(m.use)
	require.NoError(t, err)
	require.True(t, value.Plaintext() == text)
	_, wrongRecord := bound.RevealBound(m.use, "r-2")
	_, ended := sealed.Reveal(nil)
	_, parsed := pii.Parse[K](text + "\x00\x01")
	var none pii.Sealed[K]
	notSealed := none.Seal(m.intake, text+"\x00\x01")
	malformed := none.UnmarshalText([]byte(text))
	scanned := none.Scan(text)
	_, encoded := value.MarshalText()
	_, stranger := m.accessor.Begin(context.Background(), clerk, "c-1")
	errs := []error{wrongRecord, ended, malformed, scanned, encoded, stranger}
	for _, err := range []error{parsed, notSealed} { // a kind may take anything
		if err != nil {
			errs = append(errs, err)
		}
	}
	for i, err := range errs {
		require.Error(t, err, "%s %d", k.Attribute(), i)
	}
	return errs
}

// TestLeakMachinery prints, encodes and diffs what a program holds beside values: vault, uses, keys, errors.
// There is neither plaintext nor a data key in it.
func TestLeakMachinery(t *testing.T) {
	t.Parallel()
	kek := newLeakKEK(t)
	m := newLeakMachine(t, keyring.Config{KEK: kek})
	secrets := &leakOracle{}
	for _, c := range leakCanaries {
		secrets.merge(c.kind, newLeakOracle(c.text))
	}
	require.Greater(t, len(kek.kept()), 1, "no data key was made")
	for i, key := range kek.kept() {
		secrets.merge(fmt.Sprint("key ", i), newLeakKeyOracle(key))
	}
	items := []leakItem{
		leakHeld("vault", secrets, m.vault), leakHeld("registry", secrets, m.registry), leakHeld("ring", secrets, m.ring),
		leakHeld("accessor", secrets, m.accessor), leakHeld("use", secrets, m.use), leakHeld("intake", secrets, m.intake),
		leakHeld("context", secrets, m.use.Context()), leakHeld("data key", secrets, m.key),
	}
	for i, err := range m.errs {
		items = append(items, leakItem{fmt.Sprint("error ", i), secrets, []leakShape{{"bare", err}}})
	}
	leakNowhere(t, items)
}

// TestLeakKEK looks for the keys that wrap data keys and authenticate rows, kept in memory as programs without a key service do.
func TestLeakKEK(t *testing.T) {
	t.Parallel()
	for name, template := range map[string]*tinkpb.KeyTemplate{
		"AES-GCM-SIV": aead.AES256GCMSIVKeyTemplate(), "XAES-256-GCM": aead.XAES256GCM192BitNonceKeyTemplate(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			handle, key := leakKeyset(t, template)
			kek, err := aead.New(handle)
			require.NoError(t, err)
			m := newLeakMachine(t, keyring.Config{KEK: kek})
			secret := newLeakKeyOracle(key)
			leakNowhere(t, []leakItem{leakHeld("ring", secret, m.ring), leakHeld("vault", secret, m.vault)})
		})
	}
	t.Run("HPKE", func(t *testing.T) {
		t.Parallel()
		secrets := &leakOracle{}
		config := keyring.Config{Wrap: map[string]tink.HybridEncrypt{}, Unwrap: map[string]tink.HybridDecrypt{}}
		for _, domain := range []string{"service", keyring.Legal, keyring.Rights} {
			handle, key := leakKeyset(t, hybrid.DHKEM_X25519_HKDF_SHA256_HKDF_SHA256_AES_256_GCM_Key_Template())
			secrets.merge(domain, newLeakKeyOracle(key))
			public, err := handle.Public()
			require.NoError(t, err)
			config.Wrap[domain], err = hybrid.NewHybridEncrypt(public)
			require.NoError(t, err)
			config.Unwrap[domain], err = hybrid.NewHybridDecrypt(handle)
			require.NoError(t, err)
		}
		handle, key := leakKeyset(t, mac.HMACSHA256Tag256KeyTemplate())
		secrets.merge("intake", newLeakKeyOracle(key))
		var err error
		config.Intake, err = mac.New(handle)
		require.NoError(t, err)
		m := newLeakMachine(t, config)
		leakNowhere(t, []leakItem{leakHeld("ring", secrets, m.ring), leakHeld("vault", secrets, m.vault)})
	})
}

// leakHeld returns v in the few shapes that matter for what nobody copies.
func leakHeld(name string, secrets *leakOracle, v any) leakItem {
	return leakItem{name, secrets, []leakShape{{"bare", v}, {"unexported field", leakHiddenAny{v}}}}
}

func leakNowhere(t *testing.T, items []leakItem) {
	t.Helper()
	scene, ways, runs := newLeakScene(t), leakWays(), 0
	for _, item := range items {
		runs += item.run(scene, ways, func(way, shape, how string) {
			t.Errorf("%s, as %s, by %s: there is %s", item.name, shape, way, how)
		})
	}
	assert.GreaterOrEqual(t, runs, len(items)*minLeakWays)
}
