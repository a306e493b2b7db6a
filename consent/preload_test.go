package consent_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

func everyone(n int) []consent.Subject {
	var all []consent.Subject
	for i := range n {
		all = append(all, consent.Subject(fmt.Sprint("person-", i)))
	}
	return all
}

func TestPreload(t *testing.T) {
	bubble(t, 2, func(t *testing.T, o []*office) {
		people := everyone(2500)
		for i, s := range people {
			o[0].who = s
			if i%2 == 0 {
				o[0].told(letter)
			}
		}
		r := o[1]
		before := r.Stats().Loads
		require.NoError(t, r.Preload(t.Context(), append(people, people[0], "", "not@valid")))
		assert.Equal(t, before+2500, r.Stats().Loads)
		for i, s := range people {
			r.who = s
			_, reason := r.begin(t.Context(), letter)
			if i%2 == 0 {
				require.Equal(t, purpose.Permitted, reason)
			} else {
				require.Equal(t, purpose.ConsentUnknown, reason)
			}
		}
		assert.Equal(t, before+2500, r.Stats().Loads, "nothing was read again")
	})
}

func TestPreloadIsOvertaken(t *testing.T) {
	bubble(t, 2, func(t *testing.T, o []*office) {
		o[0].told(letter)
		read, goOn := make(chan struct{}), make(chan struct{})
		o[1].link.loaded = func() { close(read); <-goOn }
		done := make(chan error, 1)
		go func() { done <- o[1].Preload(t.Context(), []consent.Subject{canary}) }()
		<-read
		require.NoError(t, (<-o[0].leave(t.Context(), letter)).err)
		o[1].link.loaded = nil
		close(goOn)
		require.NoError(t, <-done)
		_, reason := o[1].begin(t.Context(), letter)
		assert.Equal(t, purpose.ConsentWithdrawn, reason, "what was read before is not kept")
	})
}

// What was read ahead is not kept beside a read that is in progress: that one may have seen a withdrawal already, and no change would
// end what was permitted by the older.
func TestPreloadBesideALaterRead(t *testing.T) {
	bubble(t, 2, func(t *testing.T, o []*office) {
		o[0].told(letter)
		g, err := o[1].Gate(nil, purpose.Use, letter)
		require.NoError(t, err)
		begin := func() <-chan error {
			done := make(chan error, 1)
			go func() {
				p, err := g.Begin(t.Context(), clerk, canary)
				p.End()
				done <- err
			}()
			synctest.Wait()
			return done
		}
		ahead, later := make(chan struct{}), make(chan struct{})
		o[1].link.loaded = func() { <-ahead }
		done := make(chan error, 1)
		go func() { done <- o[1].Preload(t.Context(), []consent.Subject{canary}) }()
		synctest.Wait()
		o[1].link.loaded, o[1].link.asked = nil, func() { <-later }
		reads := begin()
		close(ahead)
		require.NoError(t, <-done)
		waits := begin()
		withdrawn := o[0].leave(t.Context(), letter)
		close(later)
		assert.ErrorIs(t, <-reads, purpose.ConsentWithdrawn)
		assert.ErrorIs(t, <-waits, purpose.ConsentWithdrawn)
		require.NoError(t, (<-withdrawn).err)
		_, reason := o[1].begin(t.Context(), letter)
		assert.Equal(t, purpose.ConsentWithdrawn, reason)
		_, err = g.Begin(t.Context(), clerk, canary)
		assert.ErrorIs(t, err, purpose.ConsentWithdrawn, "no use begins")
	})
}

func TestPreloadFails(t *testing.T) {
	bubble(t, 1, func(t *testing.T, o []*office) {
		o[0].told(letter)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		assert.ErrorIs(t, o[0].Preload(ctx, everyone(3)), purpose.Cancelled)
		o[0].link.failed = errors.New("no")
		assert.ErrorIs(t, o[0].Preload(t.Context(), everyone(3)), purpose.ErrUnavailable)
		o[0].link.failed = nil
		o[0].use(letter)
		require.NoError(t, o[0].Close())
		assert.ErrorIs(t, o[0].Preload(t.Context(), everyone(3)), consent.ErrClosed)
	})
}

func TestPreloadOfAMemory(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	require.NoError(t, d.Preload(t.Context(), everyone(3)))
	assert.Zero(t, d.Stats().Loads)
	var none *consent.Registry
	assert.ErrorIs(t, none.Preload(t.Context(), nil), purpose.ErrDenied)
}
