package pii_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/pii/piitest"
	"github.com/purposebound/purposebound/purpose"
)

// Both sides of a benchmark run in the same run, in turns of a thousand operations, so that whatever else the machine does
// befalls both; the ratio of the two sums is the figure. A thousand, because it goes into no buffer's size: what runs in the background when a
// buffer is full does not always do so in the same side's turn. The other side is what a program without this library would
// have: a Tink AEAD made from a keyset by aead.New, over the same bytes and associated data.
//
// x-tink is against that AEAD. x-primitive is against the bare primitive inside it, which nobody calls directly
// but which data keys use: the stricter comparison, reported beside it.

// versus measures ours against others and reports the ratios. What the testing package counts as one iteration is a round of turns, long enough that
// one is a measurement. What it times is both sides, and to stop its timer between turns would empty the allocator's caches;
// so the time of one of our operations is reported here.
func versus(b *testing.B, ours func(i int), others ...other) {
	b.Helper()
	const turn, turns = 1000, 300
	var spent time.Duration
	theirs := make([]time.Duration, len(others))
	made := 0
	for b.Loop() {
		for range turns {
			start := time.Now()
			for k := range turn {
				ours(made + k)
			}
			spent += time.Since(start)
			for o, other := range others {
				start := time.Now()
				for k := range turn {
					other.run(made + k)
				}
				theirs[o] += time.Since(start)
			}
			made += turn
		}
	}
	b.ReportMetric(float64(spent.Nanoseconds())/float64(made), "ns/op")
	b.ReportMetric(testing.AllocsPerRun(100, func() { ours(1) }), "allocs/op")
	for o, other := range others {
		b.ReportMetric(float64(spent)/float64(theirs[o]), other.unit)
	}
}

type other struct {
	unit string
	run  func(i int)
}

// bench is a vault with the machine's own clock.
type bench struct {
	vault    *pii.Vault
	registry *consent.Registry
}

func newBench(b testing.TB, audit pii.Auditor, subjects int) *bench {
	b.Helper()
	policy, err := purpose.NewPolicy(shop())
	require.NoError(b, err)
	registry, err := consent.NewRegistry(policy, new(consent.Memory), consent.WithCache(int64(max(1, subjects))*16<<10))
	require.NoError(b, err)
	b.Cleanup(func() { registry.Close() })
	ring, err := keyring.New(keyring.Config{Store: new(keyring.Memory), KEK: piitest.KEK(b), TTL: 24 * time.Hour})
	require.NoError(b, err)
	vault, err := pii.NewVault(pii.Config{Registry: registry, Keys: ring, Audit: audit})
	require.NoError(b, err)
	return &bench{vault, registry}
}

func (x *bench) seal(b testing.TB, s consent.Subject, text string) (sealed pii.Sealed[pii.Email]) {
	b.Helper()
	ctx := context.Background()
	_, err := x.registry.Notify(ctx, s, language.English)
	require.NoError(b, err)
	_, err = x.registry.Grant(ctx, s, Newsletter, consent.Act{Method: consent.WebForm})
	require.NoError(b, err)
	in, err := x.vault.Collect(ctx, clerk, s, pii.Collection{For: []purpose.ID{Service, Newsletter}, Method: consent.WebForm})
	require.NoError(b, err)
	require.NoError(b, sealed.Seal(in, text))
	return sealed
}

// tinks are the other sides: a keyset's AEAD and the bare primitive, with a ciphertext of as many bytes and as much
// associated data as a token has.
type tinkSide struct {
	aead       tink.AEAD
	ciphertext []byte
	associated []byte
	plaintext  []byte
}

func newTinkSide(b testing.TB, a tink.AEAD, token string, subject string) tinkSide {
	b.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(token)
	require.NoError(b, err)
	// 2 purposes, day resolution, no options: the header has 29 bytes; see TestTokenOverhead.
	const head = 29
	s := tinkSide{aead: a, plaintext: make([]byte, len(raw)-head-28), associated: make([]byte, 22+head+16+1+len(subject)+1)}
	s.ciphertext, err = a.Encrypt(s.plaintext, s.associated)
	require.NoError(b, err)
	return s
}

func keysetAEAD(b testing.TB) tink.AEAD {
	b.Helper()
	handle, err := keyset.NewHandle(aead.AES256GCMNoPrefixKeyTemplate())
	require.NoError(b, err)
	a, err := aead.New(handle)
	require.NoError(b, err)
	return a
}

func (s *tinkSide) decrypt(int) {
	if _, err := s.aead.Decrypt(s.ciphertext, s.associated); err != nil {
		panic(err)
	}
}

func (s *tinkSide) encrypt(int) {
	if _, err := s.aead.Encrypt(s.plaintext, s.associated); err != nil {
		panic(err)
	}
}

func tokenOf[K pii.Kind](b testing.TB, s pii.Sealed[K]) string {
	text, err := s.MarshalText()
	require.NoError(b, err)
	return string(text)
}

func BenchmarkReveal(b *testing.B) {
	const email = "marie.tremblay@example.com"
	ctx := context.Background()

	oneShot := func(b *testing.B, audit pii.Auditor) {
		x := newBench(b, audit, 1)
		s := consent.NewSubject()
		sealed := x.seal(b, s, email)
		newsletter, err := x.vault.Accessor(Newsletter)
		require.NoError(b, err)
		token := tokenOf(b, sealed)
		full, bare := newTinkSide(b, keysetAEAD(b), token, string(s)), newTinkSide(b, primitive(b), token, string(s))
		versus(b, func(int) {
			use, err := newsletter.Begin(ctx, mailer, s)
			if err != nil {
				panic(err)
			}
			if _, err := sealed.Reveal(use); err != nil {
				panic(err)
			}
			use.End()
		}, other{"x-tink", full.decrypt}, other{"x-primitive", bare.decrypt})
	}

	b.Run("in_use", func(b *testing.B) {
		x := newBench(b, pii.NoAudit{}, 1)
		s := consent.NewSubject()
		sealed := x.seal(b, s, email)
		newsletter, err := x.vault.Accessor(Newsletter)
		require.NoError(b, err)
		token := tokenOf(b, sealed)
		full, bare := newTinkSide(b, keysetAEAD(b), token, string(s)), newTinkSide(b, primitive(b), token, string(s))
		var use *pii.Use
		versus(b, func(i int) {
			if i%256 == 0 { // a use lives thirty seconds
				use.End()
				if use, err = newsletter.Begin(ctx, mailer, s); err != nil {
					panic(err)
				}
			}
			if _, err := sealed.Reveal(use); err != nil {
				panic(err)
			}
		}, other{"x-tink", full.decrypt}, other{"x-primitive", bare.decrypt})
		use.End()
	})
	b.Run("one_shot", func(b *testing.B) { oneShot(b, pii.NoAudit{}) })
	b.Run("one_shot_audited", func(b *testing.B) {
		audit, err := pii.NewBufferedAudit(discard{}, pii.Buffer{})
		require.NoError(b, err)
		oneShot(b, audit)
		require.NoError(b, audit.Close(ctx))
	})
	b.Run("random_200k", func(b *testing.B) {
		const subjects = 200_000
		x := newBench(b, pii.NoAudit{}, subjects)
		newsletter, err := x.vault.Accessor(Newsletter)
		require.NoError(b, err)
		ids := make([]consent.Subject, subjects)
		sealed := make([]pii.Sealed[pii.Email], subjects)
		byID := make(map[string]tink.AEAD, subjects)
		raw := make([][]byte, subjects)
		var side tinkSide
		for i := range subjects {
			ids[i] = consent.NewSubject()
			sealed[i] = x.seal(b, ids[i], fmt.Sprintf("person%06d@example.com", i))
			side = newTinkSide(b, keysetAEAD(b), tokenOf(b, sealed[i]), string(ids[i]))
			byID[string(ids[i])], raw[i] = side.aead, side.ciphertext
		}
		order := make([]int, 1<<20)
		for i := range order {
			order[i] = rand.IntN(subjects)
		}
		once := func(k int) {
			use, err := newsletter.Begin(ctx, mailer, ids[k])
			if err != nil {
				panic(err)
			}
			if _, err := sealed[k].Reveal(use); err != nil {
				panic(err)
			}
			use.End()
		}
		for k := range subjects {
			once(k) // warm
		}
		runtime.GC()
		versus(b, func(i int) { once(order[i%len(order)]) }, other{"x-map", func(i int) {
			// Not the same subjects in the same turn: the caches would be warm for the second side.
			k := order[(i+len(order)/2)%len(order)]
			if _, err := byID[string(ids[k])].Decrypt(raw[k], side.associated); err != nil {
				panic(err)
			}
		}})
	})
}

func BenchmarkSeal(b *testing.B) {
	const email = "marie.tremblay@example.com"
	x := newBench(b, pii.NoAudit{}, 1)
	s := consent.NewSubject()
	sealed := x.seal(b, s, email)
	token := tokenOf(b, sealed)
	full, bare := newTinkSide(b, keysetAEAD(b), token, string(s)), newTinkSide(b, primitive(b), token, string(s))
	var in *pii.Intake
	versus(b, func(i int) {
		if i%4096 == 0 { // an intake lives thirty seconds
			var err error
			if in, err = x.vault.Collect(context.Background(), clerk, s, pii.Collection{For: []purpose.ID{Service, Newsletter}, Method: consent.WebForm}); err != nil {
				panic(err)
			}
		}
		if err := sealed.Seal(in, email); err != nil {
			panic(err)
		}
	}, other{"x-tink", full.encrypt}, other{"x-primitive", bare.encrypt})
}

// discard is an auditor as fast as one can be, so that the buffer is what is measured.
type discard struct{}

func (discard) Record(context.Context, pii.Access) error { return nil }

// primitive is the AEAD that data keys use.
func primitive(b testing.TB) tink.AEAD {
	b.Helper()
	a, err := subtle.NewAESGCM(make([]byte, 32))
	require.NoError(b, err)
	return a
}
