package consent_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

func TestStats(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var denied []purpose.Reason
		var withdrawn []consent.Withdrawal
		var took time.Duration
		d := newDesk(t, consent.WithHooks(consent.Hooks{
			Denied: func(_ purpose.ID, reason purpose.Reason) { denied = append(denied, reason) },
			Withdrawn: func(w consent.Withdrawal, d time.Duration, err error) {
				withdrawn, took = append(withdrawn, w), d
				assert.NoError(t, err)
			},
		}))
		assert.Equal(t, consent.Stats{Denied: map[purpose.Reason]uint64{}}, d.Stats())
		d.asks(letter)
		d.told(letter)
		p, q := d.use(letter), d.use(letter)
		s := d.Stats()
		assert.Equal(t, 1, s.Subjects)
		assert.Equal(t, 2, s.Uses)
		assert.Equal(t, uint64(2), s.Decided, "once denied, once permitted")
		assert.Equal(t, uint64(1), s.Hits)
		assert.Equal(t, map[purpose.Reason]uint64{purpose.ConsentUnknown: 1}, s.Denied)
		assert.Equal(t, []purpose.Reason{purpose.ConsentUnknown}, denied)
		done := d.leave(t.Context(), letter)
		time.Sleep(time.Second)
		assert.Equal(t, 1, d.Stats().Draining)
		p.End()
		q.End()
		<-done
		s = d.Stats()
		assert.Zero(t, s.Draining)
		assert.Equal(t, uint64(1), s.Withdrawals)
		assert.Equal(t, uint64(2), s.Drained)
		assert.Len(t, withdrawn, 1)
		assert.Equal(t, time.Second, took)
		assert.False(t, s.Clustered)
		d.ledger.bend(nil, func(context.Context, events) events {
			return func(yield func(consent.Event, error) bool) { yield(consent.Event{}, errDisk) }
		})
		d.asks(letter)
		assert.Equal(t, uint64(1), d.Stats().Failed)
	})
}

func TestStatsOfACluster(t *testing.T) {
	bubble(t, 2, func(t *testing.T, o []*office) {
		o[0].told(letter)
		require.NoError(t, (<-o[0].leave(t.Context(), letter)).err)
		time.Sleep(time.Second)
		s := o[1].Stats()
		assert.True(t, s.Clustered)
		assert.Equal(t, uint64(1), s.Watermark)
		assert.Greater(t, s.Lease, lease/2)
		assert.Equal(t, 2, o[0].Stats().Nodes)
		o[1].link.cut.Store(true)
		time.Sleep(2 * lease)
		s = o[1].Stats()
		assert.Zero(t, s.Lease)
		assert.Equal(t, uint64(1), s.Lapses)
	})
}
