// Package storetest holds the cases that every [keyring.Store] must pass, whatever it is kept in.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/purpose"
)

const service purpose.Compartment = "service/service"

// Store is what the cases are run on.
type Store interface {
	keyring.Store
	keyring.Lister
}

// Run runs every case on a store of its own that open makes, empty, and fails if one did not run.
func Run(t *testing.T, open func(testing.TB) Store) {
	t.Helper()
	cases := []struct {
		name string
		run  func(*testing.T, Store)
	}{
		{"Load must return version 0 if there was no Save", unseen},
		{"Load must return what the last Save left", roundTrip},
		{"Save must return ErrConflict and change nothing if the version is another", conflict},
		{"Save must replace in one step: of those who save together one succeeds", together},
		{"Save must not keep data", notKept},
		{"tenants and subjects are told apart byte by byte", apart},
		{"a cancelled context changes nothing", cancelled},
		{"Subjects must yield in ascending order after the one named", listed},
		{"Subjects must end when told to", stopped},
		{"the row may be changed while its subject is yielded", changedWhileListed},
		{"Subjects must end with the error if it cannot go on", listCancelled},
		{"goroutines that make the same key get one generation", oneGeneration},
		{"no key survives a race of making and fencing", fenceRace},
		{"no key survives a race of making and shredding", shredRace},
		{"another ring on the store sees what this one did", otherRing},
	}
	var ran atomic.Int32
	t.Run("cases", func(t *testing.T) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				c.run(t, open(t))
				ran.Add(1)
			})
		}
	})
	if !t.Failed() && int(ran.Load()) != len(cases) {
		t.Errorf("%d of %d cases ran; run them all", ran.Load(), len(cases))
	}
}

func unseen(t *testing.T, s Store) {
	row, err := s.Load(t.Context(), "acme", "s-1")
	require.NoError(t, err)
	assert.Equal(t, keyring.Row{}, row)
	for range s.Subjects(t.Context(), "acme", "") {
		t.Error("an empty store has subjects")
	}
}

func roundTrip(t *testing.T, s Store) {
	for version, size := range []int{1, 0, 5000, 1 << 20, 3} {
		data := bytes.Repeat([]byte{byte(version), 0, 0xff}, size/3+1)[:size]
		require.NoError(t, s.Save(t.Context(), "acme", "s-1", uint64(version), data))
		row, err := s.Load(t.Context(), "acme", "s-1")
		require.NoError(t, err)
		assert.Equal(t, uint64(version+1), row.Version)
		assert.True(t, bytes.Equal(data, row.Data), "data of %d bytes", size)
	}
}

func conflict(t *testing.T, s Store) {
	for _, after := range []uint64{1, 2, math.MaxInt64, math.MaxUint64} {
		require.ErrorIs(t, s.Save(t.Context(), "", "s-1", after, []byte("new")), keyring.ErrConflict, "no row, after %d", after)
	}
	row, err := s.Load(t.Context(), "", "s-1")
	require.NoError(t, err)
	require.Equal(t, keyring.Row{}, row)

	require.NoError(t, s.Save(t.Context(), "", "s-1", 0, []byte("one")))
	require.NoError(t, s.Save(t.Context(), "", "s-1", 1, []byte("two")))
	for _, after := range []uint64{0, 1, 3, math.MaxInt64, math.MaxUint64} {
		require.ErrorIs(t, s.Save(t.Context(), "", "s-1", after, []byte("new")), keyring.ErrConflict, "version 2, after %d", after)
		row, err := s.Load(t.Context(), "", "s-1")
		require.NoError(t, err)
		require.Equal(t, keyring.Row{Version: 2, Data: []byte("two")}, row)
	}
}

func together(t *testing.T, s Store) {
	for after := range uint64(3) {
		var won atomic.Int32
		var group sync.WaitGroup
		for i := range 16 {
			group.Go(func() {
				err := s.Save(t.Context(), "acme", "s-1", after, []byte{byte(i)})
				if err == nil {
					won.Add(1)
				} else {
					assert.ErrorIs(t, err, keyring.ErrConflict)
				}
			})
		}
		group.Wait()
		assert.Equal(t, int32(1), won.Load())
	}
}

func notKept(t *testing.T, s Store) {
	data := []byte("secret")
	require.NoError(t, s.Save(t.Context(), "acme", "s-1", 0, data))
	clear(data)
	row, err := s.Load(t.Context(), "acme", "s-1")
	require.NoError(t, err)
	require.Equal(t, []byte("secret"), row.Data)
	clear(row.Data)
	row, err = s.Load(t.Context(), "acme", "s-1")
	require.NoError(t, err)
	require.Equal(t, []byte("secret"), row.Data)
}

func apart(t *testing.T, s Store) {
	names := []struct {
		tenant  string
		subject consent.Subject
	}{
		{"", "ab"},
		{"", "AB"},
		{"", "abc"},
		{"", "éa"},
		{"", "e\u0301a"},
		{"", "1"},
		{"", "01"},
		{"", "1.0"},
		{"", "%"},
		{"", "'"},
		{"a", "b"},
		{"A", "b"},
		{"a", "ab"},
		{"ab", "b"},
		{"é", "b"},
		{"1", "1"},
		{"01", "1"},
		{"a ", "b"},
	}
	for i, n := range names {
		require.NoError(t, s.Save(t.Context(), n.tenant, n.subject, 0, []byte{byte(i)}), "%q %q", n.tenant, n.subject)
	}
	for i, n := range names {
		row, err := s.Load(t.Context(), n.tenant, n.subject)
		require.NoError(t, err)
		assert.Equal(t, []byte{byte(i)}, row.Data, "%q %q", n.tenant, n.subject)
	}
	assert.Equal(t, []consent.Subject{"ab", "b"}, list(t, s, "a", ""))
}

func cancelled(t *testing.T, s Store) {
	require.NoError(t, s.Save(t.Context(), "acme", "s-1", 0, []byte("one")))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.Save(ctx, "acme", "s-1", 1, []byte("two")), context.Canceled)
	_, err := s.Load(ctx, "acme", "s-1")
	require.ErrorIs(t, err, context.Canceled)
	row, err := s.Load(t.Context(), "acme", "s-1")
	require.NoError(t, err)
	require.Equal(t, keyring.Row{Version: 1, Data: []byte("one")}, row)
}

// fill saves n rows and returns their subjects in order of bytes.
func fill(t *testing.T, s Store, n int) []consent.Subject {
	var subjects []consent.Subject
	for i := range n {
		subject := consent.Subject(fmt.Sprintf("%c%d", "aZé~"[i%4], i*7919%n))
		if !subject.Valid() { // half of a rune
			subject = consent.Subject(fmt.Sprintf("é%d", i))
		}
		subjects = append(subjects, subject)
	}
	slices.Sort(subjects)
	subjects = slices.Compact(subjects)
	for i := range subjects {
		subject := subjects[i*31%len(subjects)]
		err := s.Save(t.Context(), "acme", subject, 0, []byte("x"))
		if !errors.Is(err, keyring.ErrConflict) {
			require.NoError(t, err)
		}
	}
	for _, subject := range subjects { // whatever the stride left out
		if err := s.Save(t.Context(), "acme", subject, 0, []byte("x")); err != nil {
			require.ErrorIs(t, err, keyring.ErrConflict)
		}
	}
	require.NoError(t, s.Save(t.Context(), "other", "b", 0, []byte("x")))
	return subjects
}

func list(t *testing.T, s Store, tenant string, after consent.Subject) []consent.Subject {
	var subjects []consent.Subject
	for subject, err := range s.Subjects(t.Context(), tenant, after) {
		require.NoError(t, err)
		subjects = append(subjects, subject)
	}
	return subjects
}

func listed(t *testing.T, s Store) {
	subjects := fill(t, s, 300)
	require.Greater(t, len(subjects), 270, "more than a page")
	assert.Equal(t, subjects, list(t, s, "acme", ""))
	assert.Equal(t, subjects[100:], list(t, s, "acme", subjects[99]))
	assert.Equal(t, subjects[100:], list(t, s, "acme", subjects[99]+"!"), "after one that is not there")
	assert.Empty(t, list(t, s, "acme", subjects[len(subjects)-1]))
	assert.Empty(t, list(t, s, "nobody", ""))
}

func stopped(t *testing.T, s Store) {
	fill(t, s, 20)
	n := 0
	for _, err := range s.Subjects(t.Context(), "acme", "") {
		require.NoError(t, err)
		if n++; n == 3 {
			break
		}
	}
	assert.Equal(t, 3, n)
	require.NoError(t, s.Save(t.Context(), "acme", "later", 0, nil), "nothing is held after a break")
}

func changedWhileListed(t *testing.T, s Store) {
	subjects := fill(t, s, 30)
	n := 0
	for subject, err := range s.Subjects(t.Context(), "acme", "") {
		require.NoError(t, err)
		require.NoError(t, s.Save(t.Context(), "acme", subject, 1, []byte("y")))
		n++
	}
	assert.Equal(t, len(subjects), n)
}

func listCancelled(t *testing.T, s Store) {
	fill(t, s, 20)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var got error
	for _, err := range s.Subjects(ctx, "acme", "") {
		got = err
	}
	require.ErrorIs(t, got, context.Canceled)
}

func ring(t *testing.T, s Store, kek tink.AEAD) *keyring.Ring {
	r, err := keyring.New(keyring.Config{Store: s, Tenant: "acme", KEK: kek})
	require.NoError(t, err)
	return r
}

func newKEK(t *testing.T) tink.AEAD {
	handle, err := keyset.NewHandle(aead.XAES256GCM192BitNonceKeyTemplate())
	require.NoError(t, err)
	kek, err := aead.New(handle)
	require.NoError(t, err)
	return kek
}

func oneGeneration(t *testing.T, s Store) {
	kek := newKEK(t)
	rings := []*keyring.Ring{ring(t, s, kek), ring(t, s, kek)}
	keys := make([]keyring.Key, 50)
	var group sync.WaitGroup
	for i := range keys {
		group.Go(func() {
			var err error
			keys[i], err = rings[i%2].MakeKey(t.Context(), "s-1", service)
			assert.NoError(t, err)
		})
	}
	group.Wait()
	row, err := s.Load(t.Context(), "acme", "s-1")
	require.NoError(t, err)
	assert.Equal(t, uint64(1), row.Version, "the row was written once")
	sealed, err := keys[0].Encrypt([]byte("Marie"), nil)
	require.NoError(t, err)
	for _, k := range keys {
		require.NotNil(t, k)
		assert.Equal(t, keys[0].Check(), k.Check())
		opened, err := k.Decrypt(sealed, nil)
		require.NoError(t, err)
		assert.Equal(t, "Marie", string(opened))
	}
}

// race lets a ring make keys while end runs on it, and returns the keys.
func race(t *testing.T, r *keyring.Ring, end func() error) []keyring.Key {
	var mu sync.Mutex
	var keys []keyring.Key
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 5 {
				k, err := r.MakeKey(t.Context(), "s-1", purpose.Compartment(fmt.Sprintf("c%d/d%d", i, j)))
				if err != nil {
					assert.ErrorIs(t, err, purpose.Erased)
					continue
				}
				mu.Lock()
				keys = append(keys, k)
				mu.Unlock()
			}
		})
	}
	group.Go(func() { assert.NoError(t, end()) })
	group.Wait()
	return keys
}

func fenceRace(t *testing.T, s Store) {
	r := ring(t, s, newKEK(t))
	keys := race(t, r, func() error { return r.Fence(t.Context(), "s-1") })
	for _, k := range keys {
		assert.False(t, k.Live(), "a key outlived the fence")
		_, err := k.Encrypt([]byte("x"), nil)
		assert.ErrorIs(t, err, keyring.ErrDead)
	}
	_, err := r.MakeKey(t.Context(), "s-1", service)
	require.ErrorIs(t, err, keyring.ErrFenced)
}

func shredRace(t *testing.T, s Store) {
	r := ring(t, s, newKEK(t))
	keys := race(t, r, func() error {
		_, err := r.Shred(t.Context(), "s-1", nil)
		return err
	})
	for _, k := range keys {
		var found bool
		for i := range 8 {
			for j := range 5 {
				_, err := r.Key(t.Context(), "s-1", purpose.Compartment(fmt.Sprintf("c%d/d%d", i, j)), k.Check())
				found = found || err == nil
			}
		}
		if !found {
			assert.False(t, k.Live(), "a destroyed key is live")
		}
	}
}

func otherRing(t *testing.T, s Store) {
	kek := newKEK(t)
	one, two := ring(t, s, kek), ring(t, s, kek)
	made, err := one.MakeKey(t.Context(), "s-1", service)
	require.NoError(t, err)
	found, err := two.Key(t.Context(), "s-1", service, made.Check())
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now().Add(time.Hour), found.Expires(), time.Minute)
	n, err := one.Shred(t.Context(), "s-1", nil)
	require.NoError(t, err)
	assert.Equal(t, 1, n)
	_, err = two.Key(t.Context(), "s-1", service, made.Check())
	require.ErrorIs(t, err, keyring.ErrShredded)
	require.NoError(t, one.Fence(t.Context(), "s-1"))
	_, err = two.MakeKey(t.Context(), "s-1", service)
	require.ErrorIs(t, err, keyring.ErrFenced)
	require.NoError(t, one.Readmit(t.Context(), "s-1"))
	again, err := two.MakeKey(t.Context(), "s-1", service)
	require.NoError(t, err)
	assert.NotEqual(t, made.Check(), again.Check())
}
