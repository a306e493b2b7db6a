package consent_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// pass returns a pass on the terms of a use that has ended.
func (d *desk) pass(id purpose.ID) *consent.Pass {
	p := d.use(id)
	defer p.End()
	return p.Pass()
}

// A pass begins nothing once what it rests on was read again, replaced, withdrawn, closed or put out of memory.
func TestPassEndsWithItsGrant(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(d *desk){
		"withdrawn":          func(d *desk) { _ = second(d.Withdraw(context.Background(), d.who, letter)) },
		"refused":            func(d *desk) { _ = second(d.Refuse(context.Background(), d.who, letter)) },
		"its parent refused": func(d *desk) { _ = second(d.Refuse(context.Background(), d.who, marketing)) },
		"anything recorded": func(d *desk) {
			_ = second(d.Record(context.Background(), d.who, consent.Event{Kind: consent.AccountOpened}))
		},
		"closed": func(d *desk) { d.Close() },
		"two other purposes in use": func(d *desk) {
			d.use(calls).End()
			d.use(proof).End()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t).told(letter, calls)
			x := d.pass(letter)
			require.True(t, x.Enter())
			assert.Equal(t, purpose.Permitted, x.Check())
			x.Leave()
			end(d)
			assert.False(t, x.Enter())
		})
	}
}

// A use that was entered goes on when its grant is replaced, and a withdrawal finds it and waits for it.
func TestWithdrawWaitsForAnEnteredUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t).told(letter, calls)
		x := d.pass(letter)
		require.True(t, x.Enter())
		d.use(calls).End()
		d.use(proof).End() // out of sight now, and still running
		assert.Equal(t, purpose.Permitted, x.Check())
		done := d.leave(t.Context(), letter)
		synctest.Wait()
		assert.Empty(t, done, "it waits")
		assert.Equal(t, purpose.StaleDecision, x.Check(), "and nothing is released meanwhile")
		x.Leave()
		synctest.Wait()
		got := <-done
		require.NoError(t, got.err)
		assert.Equal(t, 1, got.Drained)
	})
}

// A subject that gave way in the cache takes its passes with it: no withdrawal would find them.
func TestPassEndsWhenItsSubjectLeavesMemory(t *testing.T) {
	t.Parallel()
	d := newDesk(t, consent.WithCache(1)).told(letter)
	x := d.pass(letter)
	for range 64 * 32 {
		_, err := d.Facts(t.Context(), consent.NewSubject())
		require.NoError(t, err)
	}
	_, err := d.Withdraw(t.Context(), d.who, letter)
	require.NoError(t, err)
	if x.Enter() {
		assert.NotEqual(t, purpose.Permitted, x.Check())
	}
}

// A pass lives no longer than a use may, and is checked by the clock last.
func TestPassExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, consent.WithMaxUse(time.Minute)).told(letter)
		x := d.pass(letter)
		time.Sleep(time.Minute - 1)
		require.True(t, x.Enter())
		assert.Equal(t, purpose.Permitted, x.Check())
		time.Sleep(time.Nanosecond)
		assert.Equal(t, purpose.UseExpired, x.Check())
		x.Leave()
		ctx, cancel := context.WithCancel(t.Context())
		p := d.use(letter)
		g := p.Gate()
		p.End()
		p, err := g.Begin(ctx, clerk, d.who)
		require.NoError(t, err)
		x = p.Pass()
		p.End()
		cancel()
		require.True(t, x.Enter())
		assert.Equal(t, purpose.Cancelled, x.Check())
		x.Leave()
	})
}

// Many enter and leave while one withdraws and others push the grant out of sight: once Withdraw has returned, no check permits.
func TestPassAgainstWithdraw(t *testing.T) {
	t.Parallel()
	for range 50 {
		d := newDesk(t).told(letter, calls)
		passes := make([]*consent.Pass, 4)
		for i := range passes {
			passes[i] = d.pass(letter)
		}
		gates := make([]*consent.Gate, 2)
		for i, id := range []purpose.ID{calls, proof} {
			g, err := d.Gate(nil, purpose.Use, id)
			require.NoError(t, err)
			gates[i] = g
		}
		var withdrawn, stop atomic.Bool
		var late atomic.Int64
		var wg sync.WaitGroup
		for _, x := range passes {
			wg.Go(func() {
				for !stop.Load() {
					was := withdrawn.Load()
					if x.Enter() {
						if x.Check() == purpose.Permitted && was {
							late.Add(1)
						}
						x.Leave()
					}
				}
			})
		}
		wg.Go(func() {
			for !stop.Load() {
				for _, g := range gates {
					if p, err := g.Begin(context.Background(), clerk, d.who); err == nil {
						p.End()
					}
				}
			}
		})
		_, err := d.Withdraw(t.Context(), d.who, letter)
		withdrawn.Store(true)
		require.NoError(t, err)
		for range 200 {
			for _, x := range passes {
				if x.Enter() {
					assert.NotEqual(t, purpose.Permitted, x.Check())
					x.Leave()
				}
			}
		}
		stop.Store(true)
		wg.Wait()
		assert.Zero(t, late.Load())
	}
}
