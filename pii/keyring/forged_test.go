package keyring_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/purpose"
)

// TestEveryByteCounts changes each bit, and the length, of a stored row: no door opens and nothing is sealed.
func TestEveryByteCounts(t *testing.T) {
	t.Parallel()
	modes(t, func(t *testing.T, store *faulty, open func() *keyring.Ring) {
		ring := open()
		made, err := ring.MakeKey(t.Context(), marie, service)
		require.NoError(t, err)
		row, err := store.Memory.Load(t.Context(), "acme", marie)
		require.NoError(t, err)

		var forged [][]byte
		for i := range row.Data {
			for bit := range 8 {
				data := bytes.Clone(row.Data)
				data[i] ^= 1 << bit
				forged = append(forged, data)
			}
			forged = append(forged, row.Data[:i])
		}
		forged = append(forged, append(bytes.Clone(row.Data), 0), append(bytes.Clone(row.Data), row.Data...))
		for _, data := range forged {
			store.onLoad = func(r keyring.Row) keyring.Row { return keyring.Row{Version: r.Version, Data: data} }
			k, err := ring.Key(t.Context(), marie, service, made.Check())
			if err == nil {
				// With one KEK the fence carries no proof: raising it keeps new keys from being made, and that is all.
				require.Equal(t, made.Check(), k.Check())
				_, err = ring.MakeKey(t.Context(), marie, service)
				require.ErrorIs(t, err, keyring.ErrFenced)
				continue
			}
			require.Nil(t, k)
			if k, err = ring.MakeKey(t.Context(), marie, service); err == nil {
				// With one KEK the names of others' records are not this one's: a key is made anew, under the real row's version.
				require.NotEqual(t, made.Check(), k.Check())
				require.NoError(t, store.Memory.Save(t.Context(), "acme", marie, row.Version+1, row.Data))
				row.Version += 2
			}
		}
		store.onLoad = nil
		_, err = ring.Key(t.Context(), marie, service, made.Check())
		require.NoError(t, err)
	})
}

// TestHPKERowsAreRefusedAsAWhole is stricter than what one KEK can promise.
func TestHPKERowsAreRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	store := &faulty{}
	ring := hpkeRing(t, store, "service")
	made, err := ring.MakeKey(t.Context(), marie, service)
	require.NoError(t, err)
	row, err := store.Memory.Load(t.Context(), "acme", marie)
	require.NoError(t, err)
	for i := range row.Data {
		data := bytes.Clone(row.Data)
		data[i] ^= 0x01
		store.onLoad = func(keyring.Row) keyring.Row { return keyring.Row{Version: 1, Data: data} }
		_, err = ring.Key(t.Context(), marie, service, made.Check())
		require.ErrorIs(t, err, keyring.ErrForged, "byte %d", i)
		require.ErrorIs(t, err, purpose.KeyUnavailable)
		_, err = ring.MakeKey(t.Context(), marie, service)
		require.ErrorIs(t, err, keyring.ErrForged)
		_, err = ring.Shred(t.Context(), marie, nil)
		require.ErrorIs(t, err, keyring.ErrForged)
		require.ErrorIs(t, ring.Readmit(t.Context(), marie), keyring.ErrForged)
	}
}

// TestPlantedRecord lets an attacker who can write the store, and has the public keys, wrap a key that she knows.
func TestPlantedRecord(t *testing.T) {
	t.Parallel()
	k := hpke()
	attackers, store := &keyring.Memory{}, &keyring.Memory{}
	attacker := must(keyring.New(keyring.Config{Store: attackers, Tenant: "acme", Wrap: k.wrap, Intake: otherIntake()}))
	known, err := attacker.MakeKey(t.Context(), marie, service)
	require.NoError(t, err)
	row, err := attackers.Load(t.Context(), "acme", marie)
	require.NoError(t, err)
	require.NoError(t, store.Save(t.Context(), "acme", marie, 0, row.Data))

	for _, ring := range []*keyring.Ring{hpkeRing(t, store), hpkeRing(t, store, "service"), hpkeRing(t, store, keyring.Legal)} {
		_, err := ring.MakeKey(t.Context(), marie, service)
		require.ErrorIs(t, err, keyring.ErrForged, "nothing is sealed under a planted key")
		_, err = ring.Key(t.Context(), marie, service, known.Check())
		require.ErrorIs(t, err, keyring.ErrForged)
	}

	// The same with one KEK: she has another.
	attackers, store = &keyring.Memory{}, &keyring.Memory{}
	known, err = simpleRing(t, attackers, newKEK()).MakeKey(t.Context(), marie, service)
	require.NoError(t, err)
	row, err = attackers.Load(t.Context(), "acme", marie)
	require.NoError(t, err)
	require.NoError(t, store.Save(t.Context(), "acme", marie, 0, row.Data))
	ring := simpleRing(t, store, newKEK())
	_, err = ring.MakeKey(t.Context(), marie, service)
	require.ErrorIs(t, err, keyring.ErrUnwrap)
	require.ErrorIs(t, err, purpose.KeyUnavailable)
	_, err = ring.Key(t.Context(), marie, service, known.Check())
	require.ErrorIs(t, err, keyring.ErrUnwrap, "so does a ring with the wrong KEK")
}

// TestRowsDoNotMove puts a row where another belongs.
func TestRowsDoNotMove(t *testing.T) {
	t.Parallel()
	modes(t, func(t *testing.T, store *faulty, open func() *keyring.Ring) {
		ring := open()
		made, err := ring.MakeKey(t.Context(), marie, service)
		require.NoError(t, err)
		row, err := store.Memory.Load(t.Context(), "acme", marie)
		require.NoError(t, err)

		require.NoError(t, store.Save(t.Context(), "acme", other, 0, row.Data))
		_, err = ring.Key(t.Context(), other, service, made.Check())
		require.ErrorIs(t, err, purpose.KeyUnavailable, "another subject's")
		_, err = ring.MakeKey(t.Context(), other, service)
		require.ErrorIs(t, err, purpose.KeyUnavailable)

		// Another compartment's, of the same length.
		data := bytes.Replace(row.Data, []byte("service/service"), []byte("custome/service"), 1)
		require.NotEqual(t, row.Data, data)
		require.NoError(t, store.Save(t.Context(), "acme", "s-3", 0, data))
		_, err = ring.Key(t.Context(), "s-3", "custome/service", made.Check())
		require.ErrorIs(t, err, purpose.KeyUnavailable)
	})
	t.Run("another tenant's", func(t *testing.T) {
		t.Parallel()
		store, kek := &keyring.Memory{}, newKEK()
		a := must(keyring.New(keyring.Config{Store: store, Tenant: "a", KEK: kek}))
		b := must(keyring.New(keyring.Config{Store: store, Tenant: "b", KEK: kek}))
		made, err := a.MakeKey(t.Context(), marie, service)
		require.NoError(t, err)
		row, err := store.Load(t.Context(), "a", marie)
		require.NoError(t, err)
		require.NoError(t, store.Save(t.Context(), "b", marie, 0, row.Data))
		_, err = b.Key(t.Context(), marie, service, made.Check())
		require.ErrorIs(t, err, keyring.ErrUnwrap)
	})
	t.Run("of the other kind of ring", func(t *testing.T) {
		t.Parallel()
		kek := newKEK()
		one, two := &keyring.Memory{}, &keyring.Memory{}
		ofKEK, err := simpleRing(t, one, kek).MakeKey(t.Context(), marie, service)
		require.NoError(t, err)
		ofHPKE, err := hpkeRing(t, two, "service").MakeKey(t.Context(), marie, service)
		require.NoError(t, err)
		_, err = simpleRing(t, two, kek).Key(t.Context(), marie, service, ofHPKE.Check())
		require.ErrorIs(t, err, keyring.ErrForged)
		_, err = hpkeRing(t, one, "service").Key(t.Context(), marie, service, ofKEK.Check())
		require.ErrorIs(t, err, keyring.ErrForged)
	})
	t.Run("data without a version", func(t *testing.T) {
		t.Parallel()
		ring := simpleRing(t, planted{&keyring.Memory{}, keyring.Row{Data: []byte("x")}}, newKEK())
		_, err := ring.MakeKey(t.Context(), marie, service)
		require.ErrorIs(t, err, keyring.ErrForged)
	})
}
