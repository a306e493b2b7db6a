package keyring_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii/keyring"
)

// rotation returns the KEK before, during (old and new, the new primary) and after.
func rotation(t *testing.T) (before, during, after tink.AEAD) {
	manager := keyset.NewManager()
	oldID, err := manager.Add(aead.XAES256GCM192BitNonceKeyTemplate())
	require.NoError(t, err)
	require.NoError(t, manager.SetPrimary(oldID))
	before = must(aead.New(must(manager.Handle())))
	newID, err := manager.Add(aead.AES256GCMSIVKeyTemplate())
	require.NoError(t, err)
	require.NoError(t, manager.SetPrimary(newID))
	during = must(aead.New(must(manager.Handle())))
	require.NoError(t, manager.Delete(oldID))
	after = must(aead.New(must(manager.Handle())))
	return before, during, after
}

func TestRewrap(t *testing.T) {
	t.Parallel()
	before, during, after := rotation(t)
	store := &keyring.Memory{}
	old := simpleRing(t, store, before)
	type sealed struct {
		subject consent.Subject
		key     keyring.Key
	}
	var all []sealed
	for i := range 10 {
		s := consent.Subject(fmt.Sprintf("s-%02d", i))
		all = append(all, sealed{s, must(old.MakeKey(t.Context(), s, service))})
		must(old.MakeKey(t.Context(), s, marketing))
	}
	require.NoError(t, old.Fence(t.Context(), "s-03"))
	must(old.Shred(t.Context(), "s-04", nil))

	ring := simpleRing(t, store, during)
	stop := errors.New("stop")
	progress, err := ring.Rewrap(t.Context(), keyring.Progress{}, func(p keyring.Progress) error {
		if p.Subjects == 4 {
			return stop
		}
		return nil
	})
	require.ErrorIs(t, err, stop)
	assert.Equal(t, keyring.Progress{After: "s-03", Subjects: 4, Keys: 8}, progress)
	progress, err = ring.Rewrap(t.Context(), progress, nil)
	require.NoError(t, err)
	assert.Equal(t, keyring.Progress{After: "s-09", Subjects: 10, Keys: 18}, progress)
	again, err := ring.Rewrap(t.Context(), keyring.Progress{}, nil)
	require.NoError(t, err)
	assert.Equal(t, progress, again, "it may be repeated")

	fresh := simpleRing(t, store, after)
	for i, a := range all {
		k, err := fresh.Key(t.Context(), a.subject, service, a.key.Check())
		switch i {
		case 4:
			require.ErrorIs(t, err, keyring.ErrShredded)
		default:
			require.NoError(t, err)
			assert.Equal(t, a.key.Tag("job"), k.Tag("job"), "the data key is the same")
			_, err = old.Key(t.Context(), a.subject, service, a.key.Check())
			require.ErrorIs(t, err, keyring.ErrUnwrap, "the old KEK opens nothing")
		}
	}
}

func TestRewrapNeedsADoor(t *testing.T) {
	t.Parallel()
	store := &keyring.Memory{}
	collector := hpkeRing(t, store)
	made := must(collector.MakeKey(t.Context(), marie, marketing))
	_, err := hpkeRing(t, store).Rewrap(t.Context(), keyring.Progress{}, nil)
	require.ErrorIs(t, err, keyring.ErrNotHeld)
	must(collector.DropDomain(t.Context(), marie, "marketing"))
	progress, err := hpkeRing(t, store, keyring.Rights).Rewrap(t.Context(), keyring.Progress{}, nil)
	require.NoError(t, err)
	assert.Equal(t, 1, progress.Keys)
	_, err = hpkeRing(t, store, "marketing").Key(t.Context(), marie, marketing, made.Check())
	require.ErrorIs(t, err, keyring.ErrDropped, "a closed door stays closed")
	_, err = hpkeRing(t, store, "service").Key(t.Context(), marie, marketing, made.Check())
	require.NoError(t, err)
}

// TestRewrapMeetsAShredding destroys a key while it is being wrapped again.
func TestRewrapMeetsAShredding(t *testing.T) {
	t.Parallel()
	store, kek := &faulty{}, newKEK()
	ring := simpleRing(t, store, kek)
	made := must(ring.MakeKey(t.Context(), marie, service))
	other := simpleRing(t, &store.Memory, kek)
	loads := 0
	store.onLoad = func(row keyring.Row) keyring.Row {
		if loads++; loads == 1 {
			must(other.Shred(t.Context(), marie, nil))
		}
		return row
	}
	_, err := ring.Rewrap(t.Context(), keyring.Progress{}, nil)
	require.NoError(t, err)
	store.onLoad = nil
	_, err = ring.Key(t.Context(), marie, service, made.Check())
	require.ErrorIs(t, err, keyring.ErrShredded)
}

func TestRewrapNeedsALister(t *testing.T) {
	t.Parallel()
	_, err := simpleRing(t, planted{Store: &keyring.Memory{}}, newKEK()).Rewrap(t.Context(), keyring.Progress{}, nil)
	require.ErrorIs(t, err, keyring.ErrList)
}
