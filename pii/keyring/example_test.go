package keyring_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/hybrid"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/mac"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/purpose"
)

// One KEK for everything, the simple way. In production the KEK's keyset comes from a key service.
func Example() {
	ctx := context.Background()
	handle, err := keyset.NewHandle(aead.XAES256GCM192BitNonceKeyTemplate())
	if err != nil {
		fmt.Println(err)
		return
	}
	kek, err := aead.New(handle)
	if err != nil {
		fmt.Println(err)
		return
	}
	ring, err := keyring.New(keyring.Config{Store: &keyring.Memory{}, KEK: kek})
	if err != nil {
		fmt.Println(err)
		return
	}

	key, err := ring.MakeKey(ctx, "s-4f1c", "service/service")
	if err != nil {
		fmt.Println(err)
		return
	}
	sealed, err := key.Encrypt([]byte("marie@example.ca"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	found, err := ring.Key(ctx, "s-4f1c", "service/service", key.Check())
	if err != nil {
		fmt.Println(err)
		return
	}
	email, err := found.Decrypt(sealed, nil)
	fmt.Println(string(email), err)
	fmt.Println(found)
	// Output:
	// marie@example.ca <nil>
	// [data key]
}

// Erasing a person: her keys are destroyed, and none is made for her again without an explicit act.
func ExampleRing_Shred() {
	ctx := context.Background()
	ring := must(keyring.New(keyring.Config{Store: &keyring.Memory{}, KEK: newKEK()}))
	service := must(ring.MakeKey(ctx, "s-4f1c", "service/service"))
	must(ring.MakeKey(ctx, "s-4f1c", "billing/service"))

	if err := ring.Fence(ctx, "s-4f1c"); err != nil {
		fmt.Println(err)
		return
	}
	n, err := ring.Shred(ctx, "s-4f1c", nil)
	fmt.Println(n, err, service.Live())

	_, err = ring.MakeKey(ctx, "s-4f1c", "service/service")
	fmt.Println(errors.Is(err, purpose.Erased), err)
	// Output:
	// 2 <nil> false
	// true keyring: the subject is fenced
}

// When a retention period ends, what another rule still keeps stays.
func ExampleRing_Shred_keep() {
	ctx := context.Background()
	ring := must(keyring.New(keyring.Config{Store: &keyring.Memory{}, KEK: newKEK()}))
	invoice := must(ring.MakeKey(ctx, "s-4f1c", "billing/service"))
	must(ring.MakeKey(ctx, "s-4f1c", "service/service"))

	n, err := ring.Shred(ctx, "s-4f1c", func(c purpose.Compartment) bool { return c == "billing/service" })
	fmt.Println(n, err)
	_, err = ring.Key(ctx, "s-4f1c", "billing/service", invoice.Check())
	fmt.Println(err)
	// Output:
	// 1 <nil>
	// <nil>
}

// HPKE: a collector seals for purposes it cannot open.
func ExampleNew_hybrid() {
	ctx := context.Background()
	public, private := map[string]tink.HybridEncrypt{}, map[string]tink.HybridDecrypt{}
	for _, domain := range []string{"service", keyring.Legal, keyring.Rights} {
		handle := must(keyset.NewHandle(hybrid.DHKEM_X25519_HKDF_SHA256_HKDF_SHA256_AES_256_GCM_Raw_Key_Template()))
		private[domain] = must(hybrid.NewHybridDecrypt(handle))
		public[domain] = must(hybrid.NewHybridEncrypt(must(handle.Public())))
	}
	intake := must(mac.New(must(keyset.NewHandle(mac.HMACSHA256Tag256KeyTemplate()))))
	store := &keyring.Memory{}

	collector := must(keyring.New(keyring.Config{Store: store, Wrap: public, Intake: intake}))
	key := must(collector.MakeKey(ctx, "s-4f1c", "service/service"))
	_, err := collector.Key(ctx, "s-4f1c", "service/service", key.Check())
	fmt.Println(err)

	desk := must(keyring.New(keyring.Config{
		Store: store, Wrap: public, Intake: intake,
		Unwrap: map[string]tink.HybridDecrypt{"service": private["service"]},
	}))
	_, err = desk.Key(ctx, "s-4f1c", "service/service", key.Check())
	fmt.Println(err)
	// Output:
	// keyring: no private key held here opens the key
	// <nil>
}

// A withdrawal after which no purpose of a domain is live closes the domain's door.
func ExampleRing_DropDomain() {
	ctx := context.Background()
	k := hpke()
	ring := must(keyring.New(keyring.Config{
		Store: &keyring.Memory{}, Wrap: k.wrap, Intake: k.intake,
		Unwrap: map[string]tink.HybridDecrypt{"marketing": k.unwrap["marketing"]},
	}))
	key := must(ring.MakeKey(ctx, "s-4f1c", "marketing/marketing"))
	n, err := ring.DropDomain(ctx, "s-4f1c", "marketing")
	fmt.Println(n, err)
	_, err = ring.Key(ctx, "s-4f1c", "marketing/marketing", key.Check())
	fmt.Println(err)
	// Output:
	// 1 <nil>
	// keyring: the key was closed to the domains held here
}

// After the KEK's keyset has a new primary key.
func ExampleRing_Rewrap() {
	ctx := context.Background()
	ring := must(keyring.New(keyring.Config{Store: &keyring.Memory{}, KEK: newKEK()}))
	must(ring.MakeKey(ctx, "s-1", "service/service"))
	must(ring.MakeKey(ctx, "s-2", "service/service"))
	done, err := ring.Rewrap(ctx, keyring.Progress{}, func(p keyring.Progress) error {
		fmt.Println(p.Subjects, "done")
		return nil
	})
	fmt.Println(done.Keys, "keys", err)
	// Output:
	// 1 done
	// 2 done
	// 2 keys <nil>
}
