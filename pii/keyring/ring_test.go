package keyring_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/purpose"
)

var _ pii.Keys = (*keyring.Ring)(nil)

func TestMadeKeyIsFound(t *testing.T) {
	t.Parallel()
	modes(t, func(t *testing.T, _ *faulty, open func() *keyring.Ring) {
		made, err := open().MakeKey(t.Context(), marie, marketing)
		require.NoError(t, err)
		sealed, err := made.Encrypt([]byte("Marie"), []byte("header"))
		require.NoError(t, err)

		ring := open()
		found, err := ring.Key(t.Context(), marie, marketing, made.Check())
		require.NoError(t, err)
		opened, err := found.Decrypt(sealed, []byte("header"))
		require.NoError(t, err)
		assert.Equal(t, "Marie", string(opened))
		assert.Equal(t, made.Check(), found.Check())
		assert.Equal(t, made.Tag("job-1"), found.Tag("job-1"))
		assert.NotEqual(t, made.Tag("job-1"), made.Tag("job-2"))
		assert.True(t, found.Live())

		again, err := ring.MakeKey(t.Context(), marie, marketing)
		require.NoError(t, err)
		assert.Equal(t, made.Check(), again.Check(), "one key is enough")
	})
}

func TestKeysAreOfOneSubjectAndCompartment(t *testing.T) {
	t.Parallel()
	modes(t, func(t *testing.T, _ *faulty, open func() *keyring.Ring) {
		ring := open()
		seen := map[[16]byte]bool{}
		var sealed [][]byte
		for _, s := range []consent.Subject{marie, other} {
			for _, c := range []purpose.Compartment{service, marketing} {
				k, err := ring.MakeKey(t.Context(), s, c)
				require.NoError(t, err)
				seen[k.Check()] = true
				ciphertext, err := k.Encrypt([]byte("x"), nil)
				require.NoError(t, err)
				for _, foreign := range sealed {
					_, err := k.Decrypt(foreign, nil)
					require.Error(t, err)
				}
				sealed = append(sealed, ciphertext)
			}
		}
		assert.Len(t, seen, 4)

		mine, err := ring.MakeKey(t.Context(), marie, service)
		require.NoError(t, err)
		for _, miss := range []struct {
			s     consent.Subject
			c     purpose.Compartment
			check [16]byte
		}{
			{other, service, mine.Check()},
			{marie, marketing, mine.Check()},
			{marie, service, [16]byte{}},
			{"s-new", service, mine.Check()},
		} {
			k, err := ring.Key(t.Context(), miss.s, miss.c, miss.check)
			assert.Nil(t, k)
			require.ErrorIs(t, err, keyring.ErrNoKey)
			require.ErrorIs(t, err, purpose.NoKey)
			require.ErrorIs(t, err, purpose.ErrDenied)
		}
	})
}

func TestTenantsShareAStore(t *testing.T) {
	t.Parallel()
	store, kek := &keyring.Memory{}, newKEK()
	open := func(tenant string) *keyring.Ring {
		return must(keyring.New(keyring.Config{Store: store, Tenant: tenant, KEK: kek}))
	}
	a, err := open("a").MakeKey(t.Context(), marie, service)
	require.NoError(t, err)
	b, err := open("b").MakeKey(t.Context(), marie, service)
	require.NoError(t, err)
	assert.NotEqual(t, a.Check(), b.Check())
	_, err = open("b").Key(t.Context(), marie, service, a.Check())
	require.ErrorIs(t, err, keyring.ErrNoKey)
}

func TestIdsAreChecked(t *testing.T) {
	t.Parallel()
	ring := simpleRing(t, &keyring.Memory{}, newKEK())
	for _, s := range []consent.Subject{"", "marie@example.ca", "a b", consent.Subject(strings.Repeat("x", 256))} {
		_, err := ring.MakeKey(t.Context(), s, service)
		require.ErrorIs(t, err, consent.ErrSubject)
		require.ErrorIs(t, err, purpose.Malformed)
		_, err = ring.Key(t.Context(), s, service, [16]byte{})
		require.ErrorIs(t, err, purpose.Malformed)
		_, err = ring.Shred(t.Context(), s, nil)
		require.ErrorIs(t, err, purpose.Malformed)
		require.ErrorIs(t, ring.Fence(t.Context(), s), purpose.Malformed)
		require.ErrorIs(t, ring.Readmit(t.Context(), s), purpose.Malformed)
	}
	for _, c := range []purpose.Compartment{
		"", "/", "service", "service/", "/service", "a/b/c", "a/c+b", "a/b+b", "b+a/c", "a/b+", "a/ b", "a/b\n", "a/\xff",
		purpose.Compartment("a/" + strings.Repeat("x", 65)),
		purpose.Compartment(strings.Repeat("x", 1024) + "/a"),
	} {
		_, err := ring.MakeKey(t.Context(), marie, c)
		require.ErrorIs(t, err, keyring.ErrCompartment, "%q", c)
		_, err = ring.Key(t.Context(), marie, c, [16]byte{})
		require.ErrorIs(t, err, keyring.ErrCompartment, "%q", c)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	k, kek, store := hpke(), newKEK(), &keyring.Memory{}
	without := func(domain string) map[string]tink.HybridEncrypt {
		wrap := map[string]tink.HybridEncrypt{}
		for d, public := range k.wrap {
			if d != domain {
				wrap[d] = public
			}
		}
		return wrap
	}
	for name, cfg := range map[string]keyring.Config{
		"nothing":                      {},
		"no store":                     {KEK: kek},
		"no keys":                      {Store: store},
		"both":                         {Store: store, KEK: kek, Wrap: k.wrap, Intake: k.intake},
		"a KEK and intake":             {Store: store, KEK: kek, Intake: k.intake},
		"a KEK and private keys":       {Store: store, KEK: kek, Unwrap: k.unwrap},
		"no intake":                    {Store: store, Wrap: k.wrap},
		"private keys only":            {Store: store, Unwrap: k.unwrap, Intake: k.intake},
		"no legal door":                {Store: store, Wrap: without(keyring.Legal), Intake: k.intake},
		"no rights door":               {Store: store, Wrap: without(keyring.Rights), Intake: k.intake},
		"empty":                        {Store: store, Wrap: map[string]tink.HybridEncrypt{}, Intake: k.intake},
		"private without public":       {Store: store, Wrap: without("service"), Unwrap: k.held("service"), Intake: k.intake},
		"nil private":                  {Store: store, Wrap: k.wrap, Unwrap: map[string]tink.HybridDecrypt{"service": nil}, Intake: k.intake},
		"another's private":            {Store: store, Wrap: k.wrap, Unwrap: map[string]tink.HybridDecrypt{"service": k.unwrap["marketing"]}, Intake: k.intake},
		"a domain that cannot be":      {Store: store, Wrap: map[string]tink.HybridEncrypt{"a+b": k.wrap["service"], "legal": k.wrap["legal"], "rights": k.wrap["rights"]}, Intake: k.intake},
		"nil public":                   {Store: store, Wrap: map[string]tink.HybridEncrypt{"service": nil, "legal": k.wrap["legal"], "rights": k.wrap["rights"]}, Intake: k.intake},
		"an intake that fails":         {Store: store, Wrap: k.wrap, Intake: brokenMAC{}},
		"negative TTL":                 {Store: store, KEK: kek, TTL: -1},
		"a long tenant":                {Store: store, KEK: kek, Tenant: strings.Repeat("x", 256)},
		"a tenant that is no text":     {Store: store, KEK: kek, Tenant: "\xff"},
		"a tenant with zeros":          {Store: store, KEK: kek, Tenant: "a\x00b"},
		"a tenant of several lines ok": {Store: store, KEK: kek, Tenant: "a\nb"},
	} {
		ring, err := keyring.New(cfg)
		assert.Nil(t, ring, name)
		assert.ErrorIs(t, err, keyring.ErrConfig, name)
	}
}

type brokenMAC struct{}

func (brokenMAC) ComputeMAC([]byte) ([]byte, error) { return []byte("tag"), nil }
func (brokenMAC) VerifyMAC([]byte, []byte) error    { return errors.New("no") }

func TestExpiry(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)
	k := hpke()
	for _, test := range []struct{ ttl, want time.Duration }{{0, time.Hour}, {time.Minute, time.Minute}} {
		ring := must(keyring.New(keyring.Config{
			Store: &keyring.Memory{}, Wrap: k.wrap, Intake: k.intake, Unwrap: k.held("service"),
			TTL: test.ttl, Now: func() time.Time { return now },
		}))
		made, err := ring.MakeKey(t.Context(), marie, service)
		require.NoError(t, err)
		assert.Equal(t, now.Add(test.want), made.Expires())
		now = now.Add(time.Second)
		found, err := ring.Key(t.Context(), marie, service, made.Check())
		require.NoError(t, err)
		assert.Equal(t, now.Add(test.want), found.Expires())
		found, err = ring.MakeKey(t.Context(), marie, service)
		require.NoError(t, err)
		assert.Equal(t, now.Add(test.want), found.Expires())
	}
}

func TestCollectorSealsAndDoesNotOpen(t *testing.T) {
	t.Parallel()
	k, store := hpke(), &keyring.Memory{}
	now := time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)
	collector := must(keyring.New(keyring.Config{
		Store: store, Tenant: "acme", Wrap: k.wrap, Intake: k.intake, Now: func() time.Time { return now },
	}))
	made, err := collector.MakeKey(t.Context(), marie, marketing)
	require.NoError(t, err)
	sealed, err := made.Encrypt([]byte("Marie"), nil)
	require.NoError(t, err)

	found, err := collector.Key(t.Context(), marie, marketing, made.Check())
	assert.Nil(t, found)
	require.ErrorIs(t, err, keyring.ErrNotHeld)
	require.ErrorIs(t, err, purpose.KeyUnavailable)
	require.ErrorIs(t, err, purpose.ErrUnavailable)

	now = now.Add(time.Hour - 1)
	again, err := collector.MakeKey(t.Context(), marie, marketing)
	require.NoError(t, err)
	assert.Equal(t, made.Check(), again.Check(), "it seals on under the key it made")
	assert.Equal(t, made.Expires(), again.Expires(), "and no longer for that")

	second := hpkeRing(t, store)
	theirs, err := second.MakeKey(t.Context(), marie, marketing)
	require.NoError(t, err)
	assert.NotEqual(t, made.Check(), theirs.Check(), "another collector makes another generation")
	again, err = collector.MakeKey(t.Context(), marie, marketing)
	require.NoError(t, err)
	assert.Equal(t, made.Check(), again.Check(), "collectors do not make each other's keys obsolete")

	now = now.Add(1)
	fresh, err := collector.MakeKey(t.Context(), marie, marketing)
	require.NoError(t, err)
	assert.NotEqual(t, made.Check(), fresh.Check(), "the key it remembered has expired")

	for _, door := range []string{"marketing", "service", keyring.Legal, keyring.Rights} {
		ring := hpkeRing(t, store, door)
		for _, check := range [][16]byte{made.Check(), theirs.Check(), fresh.Check()} {
			_, err := ring.Key(t.Context(), marie, marketing, check)
			require.NoError(t, err, door)
		}
		opener, err := ring.Key(t.Context(), marie, marketing, made.Check())
		require.NoError(t, err)
		opened, err := opener.Decrypt(sealed, nil)
		require.NoError(t, err)
		assert.Equal(t, "Marie", string(opened))
		newest, err := ring.MakeKey(t.Context(), marie, marketing)
		require.NoError(t, err)
		assert.Equal(t, fresh.Check(), newest.Check())
	}
}

func TestOnlyTheCompartmentsDomainsAndTheTwoDoorsOpen(t *testing.T) {
	t.Parallel()
	store := &keyring.Memory{}
	made, err := hpkeRing(t, store).MakeKey(t.Context(), marie, service)
	require.NoError(t, err)
	for door, want := range map[string]error{"service": nil, keyring.Legal: nil, keyring.Rights: nil, "marketing": keyring.ErrNotHeld} {
		_, err := hpkeRing(t, store, door).Key(t.Context(), marie, service, made.Check())
		require.ErrorIs(t, err, want, door)
	}
	_, err = hpkeRing(t, store, "service").MakeKey(t.Context(), marie, "x/unknown")
	require.ErrorIs(t, err, keyring.ErrNoDomain)
	require.ErrorIs(t, err, purpose.KeyUnavailable)
	_, err = hpkeRing(t, store, "service").MakeKey(t.Context(), marie, "x/legal")
	require.NoError(t, err, "a door may be a domain too")
}

func TestCollectorsMakeKeysTogether(t *testing.T) {
	t.Parallel()
	store := &keyring.Memory{}
	ring := hpkeRing(t, store)
	keys := make([]keyring.Key, 50)
	var group sync.WaitGroup
	for i := range keys {
		group.Go(func() {
			var err error
			keys[i], err = ring.MakeKey(t.Context(), marie, service)
			assert.NoError(t, err)
		})
	}
	group.Wait()
	opener := hpkeRing(t, store, "service")
	for _, k := range keys {
		require.NotNil(t, k)
		_, err := opener.Key(t.Context(), marie, service, k.Check())
		require.NoError(t, err, "every key handed out was stored")
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	modes(t, func(t *testing.T, store *faulty, open func() *keyring.Ring) {
		ring := open()
		ctx, cancel := context.WithCancelCause(t.Context())
		reason := errors.New("shutting down")
		cancel(reason)
		_, err := ring.MakeKey(ctx, marie, service)
		require.ErrorIs(t, err, purpose.Cancelled)
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, reason)
		require.NotErrorIs(t, err, purpose.KeyUnavailable)
		_, err = ring.Key(ctx, marie, service, [16]byte{})
		require.ErrorIs(t, err, purpose.Cancelled)
		require.ErrorIs(t, ring.Fence(ctx, marie), purpose.Cancelled)
		_, err = ring.Rewrap(ctx, keyring.Progress{}, nil)
		require.ErrorIs(t, err, purpose.Cancelled)
		row, err := store.Memory.Load(t.Context(), "acme", marie)
		require.NoError(t, err)
		assert.Zero(t, row.Version)
	})
}

// TestCancelledInTheStore ends the context while the store works; what the store says of it does not count.
func TestCancelledInTheStore(t *testing.T) {
	t.Parallel()
	store := &faulty{}
	ring := simpleRing(t, store, newKEK())
	ctx, cancel := context.WithCancel(t.Context())
	store.onSave = func() error {
		cancel()
		return errAway
	}
	_, err := ring.MakeKey(ctx, marie, service)
	require.ErrorIs(t, err, purpose.Cancelled)
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, keyring.ErrStore)
}

// TestConflictForEver meets a store that always says the row was changed.
func TestConflictForEver(t *testing.T) {
	t.Parallel()
	store := &faulty{onSave: func() error { return keyring.ErrConflict }}
	ring := simpleRing(t, store, newKEK())
	_, err := ring.MakeKey(t.Context(), marie, service)
	require.ErrorIs(t, err, keyring.ErrStore)
	require.ErrorIs(t, err, purpose.KeyUnavailable)
	require.ErrorIs(t, ring.Fence(t.Context(), marie), keyring.ErrStore)
}

// TestKEKAway loses the key service.
func TestKEKAway(t *testing.T) {
	t.Parallel()
	store := &keyring.Memory{}
	kek := &away{AEAD: newKEK()}
	ring := simpleRing(t, store, kek)
	made := must(ring.MakeKey(t.Context(), marie, service))
	kek.err = errAway
	_, err := ring.Key(t.Context(), marie, service, made.Check())
	require.ErrorIs(t, err, keyring.ErrUnwrap)
	require.ErrorIs(t, err, errAway)
	_, err = ring.MakeKey(t.Context(), marie, service)
	require.ErrorIs(t, err, keyring.ErrUnwrap, "an outage makes no new generation")
	_, err = ring.MakeKey(t.Context(), marie, marketing)
	require.ErrorIs(t, err, keyring.ErrWrap)
	require.ErrorIs(t, err, purpose.KeyUnavailable)
	require.NotContains(t, err.Error(), string(marie))
	n, err := ring.Shred(t.Context(), marie, nil)
	require.NoError(t, err, "destroying needs no KEK")
	assert.Equal(t, 1, n)
}

type away struct {
	tink.AEAD
	err error
}

func (a *away) Encrypt(plaintext, associatedData []byte) ([]byte, error) {
	if a.err != nil {
		return nil, a.err
	}
	return a.AEAD.Encrypt(plaintext, associatedData)
}

func (a *away) Decrypt(ciphertext, associatedData []byte) ([]byte, error) {
	if a.err != nil {
		return nil, a.err
	}
	return a.AEAD.Decrypt(ciphertext, associatedData)
}

func TestKeysDoNotPrint(t *testing.T) {
	t.Parallel()
	modes(t, func(t *testing.T, _ *faulty, open func() *keyring.Ring) {
		k, err := open().MakeKey(t.Context(), marie, service)
		require.NoError(t, err)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T", "%10v"} {
			text := fmt.Sprintf(verb, k)
			if verb != "%T" {
				assert.Equal(t, "[data key]", text, verb)
			}
		}
		assert.Equal(t, "{K:[data key]}", fmt.Sprintf("%+v", struct{ K keyring.Key }{k}))
	})
}

func TestErrorsNameNobody(t *testing.T) {
	t.Parallel()
	modes(t, func(t *testing.T, store *faulty, open func() *keyring.Ring) {
		ring := open()
		made, err := ring.MakeKey(t.Context(), marie, service)
		require.NoError(t, err)
		row, err := store.Memory.Load(t.Context(), "acme", marie)
		require.NoError(t, err)
		var all []error
		try := func(ring *keyring.Ring) {
			_, err := ring.Key(t.Context(), marie, service, made.Check())
			all = append(all, err)
			_, err = ring.MakeKey(t.Context(), marie, service)
			all = append(all, err)
			_, err = ring.Shred(t.Context(), marie, nil)
			all = append(all, err, ring.Fence(t.Context(), marie))
		}
		store.arm(1, false)
		_, err = ring.Key(t.Context(), marie, service, made.Check())
		all = append(all, err)
		store.arm(0, false)
		row.Data = append(bytes.Clone(row.Data), 0)
		store.onLoad = func(keyring.Row) keyring.Row { return row }
		try(ring)
		store.onLoad = nil
		require.NoError(t, ring.Fence(t.Context(), marie))
		try(ring)
		n := 0
		for _, err := range all {
			if err != nil {
				n++
				assert.NotContains(t, err.Error(), string(marie))
				assert.True(t, strings.HasPrefix(err.Error(), "keyring: "), err.Error())
			}
		}
		assert.GreaterOrEqual(t, n, 6)
	})
}
