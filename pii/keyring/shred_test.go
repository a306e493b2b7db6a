package keyring_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/purpose"
)

// assertDead checks that a key refuses everything but to say which it was.
func assertDead(t *testing.T, k keyring.Key) {
	t.Helper()
	assert.False(t, k.Live())
	_, err := k.Encrypt([]byte("x"), nil)
	require.ErrorIs(t, err, keyring.ErrDead)
	require.ErrorIs(t, err, purpose.StaleDecision)
	_, err = k.Decrypt(make([]byte, 64), nil)
	require.ErrorIs(t, err, keyring.ErrDead)
}

func TestShred(t *testing.T) {
	t.Parallel()
	modes(t, func(t *testing.T, store *faulty, open func() *keyring.Ring) {
		ring := open()
		kept, err := ring.MakeKey(t.Context(), marie, service)
		require.NoError(t, err)
		gone, err := ring.MakeKey(t.Context(), marie, marketing)
		require.NoError(t, err)
		bystander, err := ring.MakeKey(t.Context(), other, marketing)
		require.NoError(t, err)
		before, err := store.Memory.Load(t.Context(), "acme", marie)
		require.NoError(t, err)
		check := gone.Check()
		require.True(t, bytes.Contains(before.Data, check[:]))

		n, err := ring.Shred(t.Context(), marie, func(c purpose.Compartment) bool { return c == service })
		require.NoError(t, err)
		assert.Equal(t, 1, n)
		assertDead(t, gone)
		assertDead(t, kept) // to be asked for again
		_ = bystander       // lives, unless it shares the counter

		after, err := store.Memory.Load(t.Context(), "acme", marie)
		require.NoError(t, err)
		assert.False(t, bytes.Contains(after.Data, check[:]), "the check dies with the key")
		assert.Less(t, len(after.Data), len(before.Data))

		for _, r := range []*keyring.Ring{ring, open()} {
			_, err = r.Key(t.Context(), marie, marketing, check)
			require.ErrorIs(t, err, keyring.ErrShredded)
			require.ErrorIs(t, err, purpose.Erased)
			require.ErrorIs(t, err, purpose.ErrDenied)
			found, err := r.Key(t.Context(), marie, service, kept.Check())
			require.NoError(t, err)
			assert.True(t, found.Live())
			_, err = r.Key(t.Context(), other, marketing, bystander.Check())
			require.NoError(t, err)
		}

		n, err = ring.Shred(t.Context(), marie, func(c purpose.Compartment) bool { return c == service })
		require.NoError(t, err)
		assert.Zero(t, n, "again destroys nothing")

		fresh, err := ring.MakeKey(t.Context(), marie, marketing)
		require.NoError(t, err, "what is collected later gets a new key")
		assert.NotEqual(t, check, fresh.Check())
		_, err = ring.Key(t.Context(), marie, marketing, check)
		require.ErrorIs(t, err, keyring.ErrShredded, "a newer key does not make the old one unheard of")

		n, err = ring.Shred(t.Context(), marie, nil)
		require.NoError(t, err)
		assert.Equal(t, 2, n)
		for _, k := range []struct {
			c     purpose.Compartment
			check [16]byte
		}{{marketing, check}, {marketing, fresh.Check()}, {service, kept.Check()}} {
			_, err = ring.Key(t.Context(), marie, k.c, k.check)
			require.ErrorIs(t, err, keyring.ErrShredded)
		}
	})
}

// TestShredLeavesOneMark makes and destroys many times: the row does not grow.
func TestShredLeavesOneMark(t *testing.T) {
	t.Parallel()
	store := &keyring.Memory{}
	ring := simpleRing(t, store, newKEK())
	var sizes []int
	for range 5 {
		_, err := ring.MakeKey(t.Context(), marie, service)
		require.NoError(t, err)
		_, err = ring.Shred(t.Context(), marie, nil)
		require.NoError(t, err)
		row, err := store.Load(t.Context(), "acme", marie)
		require.NoError(t, err)
		sizes = append(sizes, len(row.Data))
	}
	for _, size := range sizes {
		assert.Equal(t, sizes[0], size)
	}
}

func TestShredOfASubjectNeverSeen(t *testing.T) {
	t.Parallel()
	modes(t, func(t *testing.T, store *faulty, open func() *keyring.Ring) {
		n, err := open().Shred(t.Context(), marie, nil)
		require.NoError(t, err)
		assert.Zero(t, n)
		row, err := store.Memory.Load(t.Context(), "acme", marie)
		require.NoError(t, err)
		assert.Zero(t, row.Version, "nothing to write")
	})
}

func TestFence(t *testing.T) {
	t.Parallel()
	modes(t, func(t *testing.T, _ *faulty, open func() *keyring.Ring) {
		ring := open()
		made, err := ring.MakeKey(t.Context(), marie, service)
		require.NoError(t, err)
		require.NoError(t, ring.Fence(t.Context(), marie))
		require.NoError(t, ring.Fence(t.Context(), marie), "twice")
		require.NoError(t, ring.Fence(t.Context(), other), "a subject never seen")
		assertDead(t, made)
		for _, r := range []*keyring.Ring{ring, open()} {
			kept, err := r.Key(t.Context(), marie, service, made.Check())
			require.NoError(t, err, "what a law obliges to keep still opens")
			assert.Equal(t, made.Check(), kept.Check())
			_, err = r.Key(t.Context(), marie, marketing, made.Check())
			require.ErrorIs(t, err, keyring.ErrFenced)
			require.ErrorIs(t, err, purpose.Erased)
			for _, c := range []purpose.Compartment{service, marketing} {
				k, err := r.MakeKey(t.Context(), marie, c)
				assert.Nil(t, k)
				require.ErrorIs(t, err, keyring.ErrFenced)
				require.ErrorIs(t, err, purpose.Erased)
				_, err = r.MakeKey(t.Context(), other, c)
				require.ErrorIs(t, err, keyring.ErrFenced)
			}
		}
		n, err := ring.Shred(t.Context(), marie, nil)
		require.NoError(t, err)
		assert.Equal(t, 1, n, "a fence does not destroy")

		require.NoError(t, ring.Readmit(t.Context(), marie))
		require.NoError(t, ring.Readmit(t.Context(), marie))
		_, err = ring.Key(t.Context(), marie, service, made.Check())
		require.ErrorIs(t, err, keyring.ErrShredded, "what was destroyed stays so")
		again, err := ring.MakeKey(t.Context(), marie, service)
		require.NoError(t, err)
		assert.True(t, again.Live())
	})
}

func TestDropDomain(t *testing.T) {
	t.Parallel()
	store := &keyring.Memory{}
	mailer, desk, collector := hpkeRing(t, store, "marketing"), hpkeRing(t, store, "service"), hpkeRing(t, store)
	untouched, err := collector.MakeKey(t.Context(), marie, service)
	require.NoError(t, err)
	made, err := collector.MakeKey(t.Context(), marie, marketing)
	require.NoError(t, err)
	sealed, err := made.Encrypt([]byte("Marie"), nil)
	require.NoError(t, err)
	inUse, err := mailer.Key(t.Context(), marie, marketing, made.Check())
	require.NoError(t, err)

	n, err := mailer.DropDomain(t.Context(), marie, "marketing")
	require.NoError(t, err)
	assert.Equal(t, 1, n)
	assertDead(t, inUse)
	n, err = mailer.DropDomain(t.Context(), marie, "marketing")
	require.NoError(t, err)
	assert.Zero(t, n)

	_, err = mailer.Key(t.Context(), marie, marketing, made.Check())
	require.ErrorIs(t, err, keyring.ErrDropped)
	require.ErrorIs(t, err, purpose.Erased)
	for _, r := range []*keyring.Ring{desk, hpkeRing(t, store, keyring.Legal), hpkeRing(t, store, keyring.Rights)} {
		k, err := r.Key(t.Context(), marie, marketing, made.Check())
		require.NoError(t, err, "the other doors stay open")
		opened, err := k.Decrypt(sealed, nil)
		require.NoError(t, err)
		assert.Equal(t, "Marie", string(opened))
	}

	// After a new grant.
	fresh, err := collector.MakeKey(t.Context(), marie, marketing)
	require.NoError(t, err)
	assert.NotEqual(t, made.Check(), fresh.Check(), "nothing new is sealed under the old generation")
	fromDesk, err := desk.MakeKey(t.Context(), marie, marketing)
	require.NoError(t, err)
	assert.Equal(t, fresh.Check(), fromDesk.Check())
	_, err = mailer.Key(t.Context(), marie, marketing, fresh.Check())
	require.NoError(t, err)
	_, err = mailer.Key(t.Context(), marie, marketing, made.Check())
	require.ErrorIs(t, err, keyring.ErrDropped, "a grant opens only what is collected after it")
	same, err := collector.MakeKey(t.Context(), marie, service)
	require.NoError(t, err)
	assert.Equal(t, untouched.Check(), same.Check(), "compartments without the domain go on")
}

func TestDropDomainRefuses(t *testing.T) {
	t.Parallel()
	all := hpkeRing(t, &keyring.Memory{}, "marketing", "service", keyring.Legal, keyring.Rights)
	for _, domain := range []string{keyring.Legal, keyring.Rights, "", "a+b"} {
		_, err := all.DropDomain(t.Context(), marie, domain)
		require.ErrorIs(t, err, keyring.ErrDomain, domain)
		require.ErrorIs(t, err, purpose.Malformed)
	}
	_, err := simpleRing(t, &keyring.Memory{}, newKEK()).DropDomain(t.Context(), marie, "marketing")
	require.ErrorIs(t, err, keyring.ErrDomain, "one KEK has no door to close")
}

// TestEveryFailure fails each call of the store in turn, before and after its work.
func TestEveryFailure(t *testing.T) {
	t.Parallel()
	type act struct {
		name string
		do   func(*testing.T, *keyring.Ring, [16]byte) error
	}
	acts := []act{
		{"Key", func(t *testing.T, r *keyring.Ring, check [16]byte) error {
			k, err := r.Key(t.Context(), marie, service, check)
			assert.Equal(t, err != nil, k == nil)
			return err
		}},
		{"MakeKey, found", func(t *testing.T, r *keyring.Ring, _ [16]byte) error {
			k, err := r.MakeKey(t.Context(), marie, service)
			assert.Equal(t, err != nil, k == nil)
			return err
		}},
		{"MakeKey, made", func(t *testing.T, r *keyring.Ring, _ [16]byte) error {
			k, err := r.MakeKey(t.Context(), marie, marketing)
			assert.Equal(t, err != nil, k == nil)
			return err
		}},
		{"Shred", func(t *testing.T, r *keyring.Ring, _ [16]byte) error {
			n, err := r.Shred(t.Context(), marie, nil)
			assert.False(t, err != nil && n != 0)
			return err
		}},
		{"Fence", func(t *testing.T, r *keyring.Ring, _ [16]byte) error { return r.Fence(t.Context(), marie) }},
		{"Rewrap", func(t *testing.T, r *keyring.Ring, _ [16]byte) error {
			_, err := r.Rewrap(t.Context(), keyring.Progress{}, nil)
			return err
		}},
	}
	for _, a := range acts {
		for _, late := range []bool{false, true} {
			failed := 0
			for call := 1; ; call++ {
				require.Less(t, call, 10, "it does not end")
				store := &faulty{}
				ring := simpleRing(t, store, newKEK())
				made, err := ring.MakeKey(t.Context(), marie, service)
				require.NoError(t, err)
				store.arm(call, late)
				err = a.do(t, ring, made.Check())
				if store.calls < call {
					require.NoError(t, err, "%s succeeds if nothing fails", a.name)
					break
				}
				failed++
				require.ErrorIs(t, err, keyring.ErrStore, "%s, call %d", a.name, call)
				require.ErrorIs(t, err, purpose.KeyUnavailable)
				require.ErrorIs(t, err, errAway)
				require.NotContains(t, err.Error(), string(marie))
				if a.name == "Shred" || a.name == "Fence" {
					assertDead(t, made)
				}
				store.arm(0, false)
				require.NoError(t, a.do(t, ring, made.Check()), "%s, call %d, tried again", a.name, call)
			}
			assert.Positive(t, failed, a.name)
		}
	}
}

// TestKeysEndBeforeAndAfterTheWriting asks for a key while it is being destroyed: it opens nothing afterwards.
func TestKeysEndBeforeAndAfterTheWriting(t *testing.T) {
	t.Parallel()
	modes(t, func(t *testing.T, store *faulty, open func() *keyring.Ring) {
		ring := open()
		made := must(ring.MakeKey(t.Context(), marie, service))
		var between keyring.Key
		store.onSave = func() error {
			assert.False(t, made.Live(), "dead from the call on")
			between = must(ring.Key(t.Context(), marie, service, made.Check()))
			assert.True(t, between.Live(), "the row still has it")
			return nil
		}
		_, err := ring.Shred(t.Context(), marie, nil)
		require.NoError(t, err)
		require.NotNil(t, between)
		assertDead(t, between)
	})
}

// TestKeysReadBeforeTheWriting destroys a key between the reading of its row and its handing out.
func TestKeysReadBeforeTheWriting(t *testing.T) {
	t.Parallel()
	modes(t, func(t *testing.T, store *faulty, open func() *keyring.Ring) {
		ring := open()
		check := must(ring.MakeKey(t.Context(), marie, service)).Check()
		for name, ask := range map[string]func() (keyring.Key, error){
			"Key":     func() (keyring.Key, error) { return ring.Key(t.Context(), marie, service, check) },
			"MakeKey": func() (keyring.Key, error) { return ring.MakeKey(t.Context(), marie, service) },
		} {
			store.onLoad = func(row keyring.Row) keyring.Row {
				store.onLoad = nil
				assert.NoError(t, ring.Fence(t.Context(), marie))
				return row
			}
			k, err := ask()
			require.NoError(t, err, name)
			assertDead(t, k)
			require.NoError(t, ring.Readmit(t.Context(), marie))
		}
	})
}

// TestMarksOutliveNewerKeys shreds beside a compartment that has both a destroyed and a live generation.
func TestMarksOutliveNewerKeys(t *testing.T) {
	t.Parallel()
	modes(t, func(t *testing.T, _ *faulty, open func() *keyring.Ring) {
		ring := open()
		gone := must(ring.MakeKey(t.Context(), marie, service))
		must(ring.Shred(t.Context(), marie, nil))
		lives := must(ring.MakeKey(t.Context(), marie, service))
		must(ring.MakeKey(t.Context(), marie, marketing))
		n, err := ring.Shred(t.Context(), marie, func(c purpose.Compartment) bool { return c == service })
		require.NoError(t, err)
		require.Equal(t, 1, n)
		_, err = ring.Key(t.Context(), marie, service, gone.Check())
		require.ErrorIs(t, err, keyring.ErrShredded)
		_, err = ring.Key(t.Context(), marie, service, lives.Check())
		require.NoError(t, err)
	})
}
