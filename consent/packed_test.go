package consent_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// unusual gives events what few have: ids of every form, purposes and versions the policy never had, ends near and far.
func unusual(rng *rand.Rand, all []consent.Event) []consent.Event {
	texts := []string{"", "1", "é", string(consent.NewSubject()), strings.ToUpper(string(consent.NewSubject())), strings.Repeat("x", 200), "marketing", strings.Repeat("1", 26)}
	text := func() string { return texts[rng.IntN(len(texts))] }
	at := func() time.Time {
		return []time.Time{
			{},
			time.Unix(0, 1).UTC(), time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC),
			time.Date(1700, 12, 31, 0, 0, 0, 0, time.UTC), time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC), time.Unix(rng.Int64N(1<<31), rng.Int64N(1e9)).UTC(),
		}[rng.IntN(7)]
	}
	for i := range all {
		e := &all[i]
		e.Policy = text()
		switch e.Kind {
		case consent.Requested, consent.Granted, consent.Refused, consent.Withdrawn:
			if rng.IntN(4) == 0 {
				e.Purpose = purpose.ID(text())
			}
			if e.Kind == consent.Granted {
				e.Act.Until = at()
			}
			if e.Kind == consent.Requested && rng.IntN(2) == 0 {
				e.ID = text()
			}
		case consent.Noticed:
			if rng.IntN(3) == 0 {
				e.Act.Language = language.MustParse("iu-CA")
			}
		case consent.CaseOpened:
			e.Actor.ID = text()
		case consent.AccountOpened:
			switch rng.IntN(3) {
			case 0:
				e.Kind, e.Jurisdiction = consent.Resides, purpose.Jurisdiction(text())
			case 1:
				e.Kind, e.Act.Request = consent.Consumed, text()
			}
		case consent.AccountClosed:
			switch rng.IntN(6) {
			case 0, 1:
				e.Kind, e.ID, e.Purpose, e.Case = consent.HoldPlaced, text(), purpose.ID(text()), text()
			case 2:
				e.Kind, e.ID, e.Compartment, e.Case = consent.Expiring, text(), purpose.Compartment(text()), text()
			case 3:
				e.Kind, e.Time = consent.Erasing, at()
			case 4:
				e.Kind, e.ID = []consent.Kind{consent.HoldReleased, consent.Erased}[rng.IntN(2)], text()
			}
		}
		if e.Blank {
			*e = consent.Event{ID: e.ID, Seq: e.Seq, Kind: e.Kind, Purpose: e.Purpose, Time: e.Time, Blank: true}
		}
	}
	return all
}

func TestPackedStateIsTheState(t *testing.T) {
	t.Parallel()
	r, err := consent.NewRegistry(registryPolicy(t), new(consent.Memory))
	require.NoError(t, err)
	parameters := gopter.DefaultTestParametersWithSeed(rand.Int64())
	parameters.MinSuccessfulTests = 2000
	parameters.MaxShrinkCount = 0
	properties := gopter.NewProperties(parameters)
	restrained := false
	properties.Property("unpacked it is what was packed", prop.ForAll(
		func(seed uint64, n int) bool {
			rng := rand.New(rand.NewPCG(seed, 6))
			f, err := consent.FoldForTest(consent.Folded{}, yielding(unusual(rng, randomEvents(rng, n))...))
			if err != nil {
				return false
			}
			before, after, _ := consent.RepackForTest(r, f)
			restrained = restrained || len(f.Facts().Holds) > 1 && len(f.Facts().Erasures) > 1 && !f.Facts().Erased.IsZero()
			return assert.ObjectsAreEqual(before, after)
		},
		gen.UInt64(), gen.IntRange(0, 40),
	))
	properties.TestingRun(t)
	assert.True(t, restrained, "some had holds and erasures")
}

// Most people are neither held nor erased, which takes one byte.
func TestPackedRestraints(t *testing.T) {
	t.Parallel()
	r, err := consent.NewRegistry(registryPolicy(t), new(consent.Memory))
	require.NoError(t, err)
	size := func(all ...consent.Event) int {
		for i := range all {
			all[i].Seq, all[i].Time = uint64(i)+1, newYear
		}
		f, err := consent.FoldForTest(consent.Folded{}, yielding(all...))
		require.NoError(t, err)
		before, after, size := consent.RepackForTest(r, f)
		assert.Equal(t, before, after)
		return size
	}
	plain := size(consent.Event{Kind: consent.AccountOpened}, consent.Event{Kind: consent.AccountOpened}, consent.Event{Kind: consent.AccountOpened})
	hold, release := consent.Event{ID: "h", Kind: consent.HoldPlaced, Purpose: proof, Case: job}, consent.Event{ID: "h/released", Kind: consent.HoldReleased}
	opened := consent.Event{Kind: consent.AccountOpened}
	assert.Greater(t, size(opened, opened, hold), plain)
	assert.Equal(t, plain, size(opened, hold, release))
	assert.Greater(t, size(opened, opened, consent.Event{ID: "e", Kind: consent.Erasing}), plain)
	assert.Equal(t, plain, size(opened, consent.Event{ID: "e", Kind: consent.Expiring, Compartment: attic}, consent.Event{ID: "e/erased", Kind: consent.Erased}))
}

// An id that is drawn as the registry draws them takes 17 bytes, and every one comes back.
func TestPackedIDs(t *testing.T) {
	t.Parallel()
	r, err := consent.NewRegistry(registryPolicy(t), new(consent.Memory))
	require.NoError(t, err)
	size := func(id string) int {
		f, err := consent.FoldForTest(consent.Folded{}, yielding(consent.Event{ID: id, Seq: 1, Kind: consent.Requested, Purpose: letter, Time: newYear}))
		require.NoError(t, err)
		before, after, size := consent.RepackForTest(r, f)
		assert.Equal(t, before, after, id)
		return size
	}
	short := size("x")
	for range 200 {
		assert.Equal(t, short+16, size(string(consent.NewSubject())))
	}
	for _, id := range []string{strings.Repeat("a", 26), strings.Repeat("7", 26), "abcdefghijklmnopqrstuvwxyz", "234567234567234567234567ab"} {
		assert.Equal(t, short+16, size(id))
	}
	for _, id := range []string{strings.Repeat("a", 25) + "1", strings.Repeat("A", 26), strings.Repeat("a", 25) + "8"} {
		assert.Equal(t, short+25, size(id))
	}
}

// What was read ahead is checked when it is used. If it is not whole, the ledger is asked.
func TestReadAheadIsChecked(t *testing.T) {
	bubble(t, 1, func(t *testing.T, o []*office) {
		r := o[0]
		r.told(letter)
		r.link.read = func(b consent.Record) consent.Record {
			b.Envelope = append([]byte(nil), b.Envelope...)
			b.Envelope[20] ^= 1
			return b
		}
		require.NoError(t, r.Preload(t.Context(), []consent.Subject{canary}))
		_, reason := r.begin(t.Context(), letter)
		assert.Equal(t, purpose.RegistryUnavailable, reason, "and the ledger was broken, too")
		require.NoError(t, r.Preload(t.Context(), []consent.Subject{canary}))
		r.link.read = nil
		loads := r.Stats().Loads
		_, reason = r.begin(t.Context(), letter)
		assert.Equal(t, purpose.Permitted, reason)
		assert.Equal(t, loads+1, r.Stats().Loads)
	})
}

// What was read ahead counts for the size of the cache, until it has been folded to less.
func TestReadAheadCounts(t *testing.T) {
	bubble(t, 1, func(t *testing.T, o []*office) {
		r := o[0]
		people := everyone(100)
		for _, s := range people {
			r.who = s
			r.told(letter)
		}
		require.NoError(t, r.Preload(t.Context(), people))
		ahead := r.Stats().Bytes
		for _, s := range people {
			r.who = s
			_, reason := r.begin(t.Context(), letter)
			require.Equal(t, purpose.Permitted, reason)
		}
		assert.Greater(t, ahead, r.Stats().Bytes+100*300)
		r.link.failed = errors.New("no")
		for _, s := range people {
			r.who = s
			_, reason := r.begin(t.Context(), letter)
			require.Equal(t, purpose.Permitted, reason)
		}
	})
}

// An entry and what is in it lie on whole lines of memory, or every second one would begin in the middle of a line.
func TestLayout(t *testing.T) {
	t.Parallel()
	size, looked, first := consent.LayoutForTest()
	assert.Equal(t, uintptr(256), size)
	assert.LessOrEqual(t, looked, uintptr(64))
	assert.Equal(t, uintptr(64), first)
}
