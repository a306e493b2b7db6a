package consent_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// A look at the feed that fails before the first renewal must not make a registry another node that keeps what the first one read.
func TestWithdrawalAfterAFailedLook(t *testing.T) {
	bubble(t, 2, func(t *testing.T, o []*office) {
		o[0].told(letter)
		o[1].use(letter).End()
		o[1].link.cut.Store(true)
		done := o[0].leave(t.Context(), letter)
		time.Sleep(1100 * time.Millisecond) // one look, and no renewal
		o[1].link.cut.Store(false)
		require.NoError(t, (<-done).err)
		for _, later := range []time.Duration{0, time.Hour} {
			time.Sleep(later)
			_, reason := o[1].begin(t.Context(), letter)
			assert.NotEqual(t, purpose.Permitted, reason)
		}
	})
}

// A withdrawal that cannot hear for some seconds must not take a use that was cancelled meanwhile for one that has ended.
func TestWithdrawalAfterSilence(t *testing.T) {
	bubble(t, 2, func(t *testing.T, o []*office) {
		o[0].told(letter)
		o[1].use(letter)
		done := o[0].leave(t.Context(), letter)
		time.Sleep(29 * time.Second)
		o[0].link.cut.Store(true)
		time.Sleep(5 * time.Second) // the use is cancelled in the first of them, and goes on
		o[0].link.cut.Store(false)
		w := <-done
		require.NoError(t, w.err)
		assert.Equal(t, 1, w.Cancelled)
	})
}

// A server that has just taken over may not know every node. A withdrawal stored there must wait for a lease even if its registry
// has not renewed there yet.
func TestWithdrawalAtAServerThatLacksANode(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := new(consent.SharedMemory)
		one := openOffice(t, shared)
		one.told(letter)
		time.Sleep(20 * time.Second)
		before := shared.Snapshot()
		other := openOffice(t, shared)
		other.use(letter).End()
		time.Sleep(5100 * time.Millisecond)
		other.link.cut.Store(true)
		standby := shared.Snapshot()
		standby.Keep(before) // it lacks the join, and no later renewal of the first
		standby.Restore("another")
		require.NoError(t, (<-one.leave(t.Context(), letter)).err)
		_, reason := other.begin(t.Context(), letter)
		assert.NotEqual(t, purpose.Permitted, reason)
	})
}
