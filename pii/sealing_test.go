package pii_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
)

// From its second value on, an intake seals a field without asking the gate. It must be refused all the same, with the same names.
func TestSealAgainIsAskedAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end  func(t *testing.T, x *rig, cancel context.CancelFunc)
		want purpose.Reason
	}{
		"withdrawn": {func(t *testing.T, x *rig, _ context.CancelFunc) {
			_, err := x.registry.Withdraw(context.Background(), marie, Newsletter)
			require.NoError(t, err)
		}, purpose.ConsentWithdrawn},
		"the intake is too old": {func(_ *testing.T, x *rig, _ context.CancelFunc) { x.parts.clock.Advance(x.parts.maxUse) }, purpose.UseExpired},
		"the caller stopped":    {func(_ *testing.T, _ *rig, cancel context.CancelFunc) { cancel() }, purpose.Cancelled},
		"the registry closed": {func(t *testing.T, x *rig, _ context.CancelFunc) {
			require.NoError(t, x.registry.Close())
		}, purpose.RegistryUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newRig(t)
			x.seal(t, Newsletter)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			in, err := x.Collect(ctx, clerk, marie, pii.Collection{For: []purpose.ID{Newsletter}, Method: consent.WebForm})
			require.NoError(t, err)
			var sealed pii.Sealed[pii.Email]
			for range 4 {
				require.NoError(t, sealed.Seal(in, canary))
			}
			before := sealed
			c.end(t, x, cancel)
			err = sealed.Seal(in, canary)
			assertDenied(t, err, c.want)
			assert.Equal(t, before, sealed, "the field is as it was")
		})
	}
}

// What is sealed in one intake differs each time, opens, and is stored and read back whole.
func TestSealAgainRoundTrips(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	x.seal(t, Newsletter)
	in := x.collect(t, marie, Newsletter)
	seen := map[pii.Sealed[pii.Email]]bool{}
	for range 8 {
		var sealed, stored pii.Sealed[pii.Email]
		require.NoError(t, sealed.Seal(in, canary))
		assert.False(t, seen[sealed])
		seen[sealed] = true
		text, err := sealed.MarshalText()
		require.NoError(t, err)
		require.NoError(t, stored.UnmarshalText(text))
		assert.Equal(t, sealed, stored, "== holds between a value and what was stored of it")
		for _, s := range []pii.Sealed[pii.Email]{sealed, stored} {
			v, err := x.open(t, Newsletter, mailer, s)
			require.NoError(t, err)
			assert.Equal(t, canary, v)
		}
	}
}

// Goroutines that seal while the consent is withdrawn: nothing is sealed once Withdraw has returned.
func TestSealAgainWhileWithdrawing(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	x.seal(t, Newsletter)
	in := x.collect(t, marie, Newsletter)
	var wg sync.WaitGroup
	returned := make(chan struct{})
	for range 64 {
		wg.Go(func() {
			for after := false; !after; {
				select {
				case <-returned:
					after = true
				default:
				}
				var sealed pii.Sealed[pii.Email]
				if err := sealed.Seal(in, canary); after {
					assert.Error(t, err, "sealed after the withdrawal had returned")
					assert.True(t, sealed.IsZero())
				}
			}
		})
	}
	_, err := x.registry.Withdraw(context.Background(), marie, Newsletter)
	require.NoError(t, err)
	close(returned)
	wg.Wait()
}

// A seal that is stopped while it encrypts, for longer than a use may live, gives back nothing, also when it did not ask the gate.
func TestPausedSealAgainGivesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newRig(t, machineClock, func(p *parts) {
			p.maxUse = 50 * time.Millisecond
			p.document.Effective = time.Now().Add(-time.Hour)
		})
		x.seal(t, Newsletter)
		in := x.collect(t, marie, Newsletter)
		var sealed pii.Sealed[pii.Email]
		for range 3 {
			require.NoError(t, sealed.Seal(in, canary))
		}
		before := sealed
		slow := func(b []byte, err error) ([]byte, error) { time.Sleep(50 * time.Millisecond); return b, err }
		x.keys.afterEnc.Store(&slow)
		err := sealed.Seal(in, canary)
		assertDenied(t, err, purpose.UseExpired)
		assert.Equal(t, before, sealed)
		require.NoError(t, x.Flush(context.Background()))
	})
}
