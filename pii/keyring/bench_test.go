package keyring_test

import (
	"fmt"
	"testing"

	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii/keyring"
)

func benchRings(b *testing.B, run func(b *testing.B, ring *keyring.Ring, store *keyring.Memory)) {
	b.Run("KEK", func(b *testing.B) {
		store := &keyring.Memory{}
		run(b, simpleRing(b, store, newKEK()), store)
	})
	b.Run("HPKE", func(b *testing.B) {
		store := &keyring.Memory{}
		run(b, hpkeRing(b, store, "service"), store)
	})
}

// BenchmarkKey loads, verifies and unwraps; the size of the row is reported too.
func BenchmarkKey(b *testing.B) {
	benchRings(b, func(b *testing.B, ring *keyring.Ring, store *keyring.Memory) {
		made := must(ring.MakeKey(b.Context(), marie, service))
		for b.Loop() {
			must(ring.Key(b.Context(), marie, service, made.Check()))
		}
		b.ReportMetric(float64(len(must(store.Load(b.Context(), "acme", marie)).Data)), "row-bytes")
	})
}

func BenchmarkMakeKey(b *testing.B) {
	benchRings(b, func(b *testing.B, ring *keyring.Ring, _ *keyring.Memory) {
		i := 0
		for b.Loop() {
			i++
			must(ring.MakeKey(b.Context(), consent.Subject(fmt.Sprint(i)), marketing))
		}
	})
}

func BenchmarkUse(b *testing.B) {
	k := must(simpleRing(b, &keyring.Memory{}, newKEK()).MakeKey(b.Context(), marie, service))
	plaintext, header := []byte("marie@example.ca, padded to 32 b"), make([]byte, 96)
	sealed := must(k.Encrypt(plaintext, header))
	b.Run("Live", func(b *testing.B) {
		for b.Loop() {
			k.Live()
		}
	})
	b.Run("Encrypt", func(b *testing.B) {
		for b.Loop() {
			must(k.Encrypt(plaintext, header))
		}
	})
	b.Run("Decrypt", func(b *testing.B) {
		for b.Loop() {
			must(k.Decrypt(sealed, header))
		}
	})
	b.Run("Decrypt by Tink alone", func(b *testing.B) {
		var alone tink.AEAD = tinkAlone()
		sealed := must(alone.Encrypt(plaintext, header))
		for b.Loop() {
			must(alone.Decrypt(sealed, header))
		}
	})
	b.Run("Tag", func(b *testing.B) {
		for b.Loop() {
			k.Tag("job-2025-0017")
		}
	})
}
