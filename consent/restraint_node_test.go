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

// restrain makes a call in another goroutine.
func restrain(call func() error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- call() }()
	synctest.Wait()
	return done
}

// through begins a use behind a gate that must open.
func (o *office) through(g *consent.Gate, err error) *consent.Permit {
	o.t.Helper()
	require.NoError(o.t, err)
	p, err := g.Begin(o.t.Context(), clerk, o.who)
	require.NoError(o.t, err)
	o.t.Cleanup(p.End)
	require.Equal(o.t, purpose.Permitted, checked(p))
	return p
}

func (o *office) ledger() uint64 {
	o.t.Helper()
	f, err := o.Facts(o.t.Context(), o.who)
	require.NoError(o.t, err)
	return f.Ledger
}

func TestHoldReachesEveryRegistry(t *testing.T) {
	bubble(t, 3, func(t *testing.T, o []*office) {
		o[0].told(letter)
		p := o[1].use(letter)
		collects := o[1].through(o[1].GateInto(nil, attic, letter))
		rights := o[1].through(o[1].Gate(nil, purpose.Rights, proof))
		done := restrain(func() error {
			return second(o[0].PlaceHold(t.Context(), canary, purpose.Hold{ID: "h-1", Purpose: proof}, ""))
		})
		time.Sleep(time.Second)
		require.Empty(t, done, "a use is running elsewhere")
		assert.Equal(t, purpose.StaleDecision, checked(p), "and opens nothing more")
		assert.Equal(t, purpose.Permitted, checked(collects), "a hold is not against taking in")
		assert.Equal(t, purpose.Permitted, checked(rights))
		_, reason := o[1].begin(t.Context(), letter)
		assert.Equal(t, purpose.RestrictedToHold, reason)
		p.End()
		require.NoError(t, <-done)
		for _, one := range o {
			_, reason := one.begin(t.Context(), letter)
			assert.Equal(t, purpose.RestrictedToHold, reason)
			one.use(proof) // its own purpose begins again
		}
		require.NoError(t, second(o[2].ReleaseHold(t.Context(), canary, "h-1")))
		time.Sleep(2 * time.Second) // that something is permitted again is heard of within a second
		for _, one := range o {
			one.use(letter)
		}
	})
}

func TestErasureOfAPartReachesWhatIsTakenInto(t *testing.T) {
	bubble(t, 2, func(t *testing.T, o []*office) {
		o[0].told(letter)
		into := o[1].through(o[1].GateInto(nil, attic, letter))
		others := []*consent.Permit{
			o[1].through(o[1].GateInto(nil, cellar, letter)), o[1].through(o[1].Gate(nil, purpose.Collect, letter)),
			o[1].use(letter), o[1].through(o[1].Gate(nil, purpose.Rights, proof)),
		}
		done := restrain(func() error {
			return second(o[0].BeginErasure(t.Context(), canary, o[0].ledger(), purpose.Erasure{ID: "e-1", Compartment: attic}))
		})
		time.Sleep(time.Second)
		require.Empty(t, done, "something is being taken in elsewhere")
		assert.Equal(t, purpose.StaleDecision, checked(into))
		for i, p := range others {
			assert.Equal(t, purpose.Permitted, checked(p), i)
		}
		into.End()
		require.NoError(t, <-done)
		g, err := o[1].GateInto(nil, attic, letter)
		require.NoError(t, err)
		_, err = g.Begin(t.Context(), clerk, canary)
		assert.Equal(t, purpose.ErasureRunning, reasonOf(err))
		require.NoError(t, second(o[0].FinishErasure(t.Context(), canary, "e-1")))
		time.Sleep(2 * time.Second)
		o[1].through(g, nil)
	})
}

func TestErasureReachesEveryRegistry(t *testing.T) {
	bubble(t, 2, func(t *testing.T, o []*office) {
		o[0].told(letter)
		ending := []*consent.Permit{
			o[1].use(letter), o[1].use(proof), o[1].through(o[1].GateInto(nil, attic, letter)), o[1].through(o[1].Gate(nil, purpose.Collect, letter)),
		}
		others := []*consent.Permit{
			o[1].through(o[1].Gate(nil, purpose.Rights, proof)), o[1].through(o[1].Gate(nil, purpose.Maintenance, proof)), o[1].through(o[1].Gate(nil, purpose.Store, proof)),
		}
		began := time.Now()
		w, err := o[0].BeginErasure(t.Context(), canary, o[0].ledger(), purpose.Erasure{ID: "e-1"})
		require.NoError(t, err)
		assert.InDelta(t, 30, time.Since(began).Seconds(), 0.2)
		assert.Equal(t, consent.Withdrawal{Position: w.Position, Cancelled: 4}, w)
		for i, p := range ending {
			assert.Equal(t, purpose.StaleDecision, checked(p), i)
			assert.ErrorIs(t, context.Cause(p.Context()), consent.ErrWithdrawn)
		}
		for _, p := range others {
			assert.Equal(t, purpose.UseExpired, checked(p), "it has only lived too long")
		}
	})
}

// What is gone on with is waited for at the others too, also when nobody can read any more what it was to end.
func TestErasureIsGoneOnWithElsewhere(t *testing.T) {
	bubble(t, 3, func(t *testing.T, o []*office) {
		o[0].told(letter)
		into := o[1].through(o[1].GateInto(nil, attic, letter))
		x := purpose.Erasure{ID: "e-1", Compartment: attic}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := o[0].BeginErasure(ctx, canary, o[0].ledger(), x)
		require.ErrorIs(t, err, consent.ErrStillDraining)
		require.NoError(t, o[0].link.Redact(t.Context(), canary, consent.Any))
		done := restrain(func() error { return second(o[2].BeginErasure(t.Context(), canary, 0, x)) })
		time.Sleep(time.Second)
		require.Empty(t, done, "it is still being taken in")
		into.End()
		require.NoError(t, <-done)
	})
}

// A hold is not refused for an erasure that another registry has finished, nor placed again if another has released it.
func TestHoldLooksAtTheLedger(t *testing.T) {
	bubble(t, 2, func(t *testing.T, o []*office) {
		o[0].told(letter)
		require.NoError(t, second(o[0].BeginErasure(t.Context(), canary, o[0].ledger(), purpose.Erasure{ID: "e-1", Compartment: attic})))
		h := purpose.Hold{ID: "h-1", Purpose: proof}
		require.ErrorIs(t, second(o[1].PlaceHold(t.Context(), canary, h, "")), consent.ErrAlreadyErasing)
		e, err := o[0].FinishErasure(t.Context(), canary, "e-1")
		require.NoError(t, err)
		require.NoError(t, second(o[1].PlaceHold(consent.AtLeast(t.Context(), canary, e.Seq), canary, h, "")), "told of it, at once")
		require.NoError(t, second(o[0].ReleaseHold(t.Context(), canary, "h-1")))
		require.ErrorIs(t, second(o[1].PlaceHold(t.Context(), canary, h, "")), consent.ErrEventExists)

		require.NoError(t, second(o[0].BeginErasure(t.Context(), canary, o[0].ledger(), purpose.Erasure{ID: "e-2", Compartment: attic})))
		h.ID = "h-2"
		require.ErrorIs(t, second(o[1].PlaceHold(t.Context(), canary, h, "")), consent.ErrAlreadyErasing)
		require.NoError(t, second(o[0].FinishErasure(t.Context(), canary, "e-2")))
		time.Sleep(2 * time.Second)
		require.NoError(t, second(o[1].PlaceHold(t.Context(), canary, h, "")), "and not told, soon")
	})
}

// What a registry has read is too old for what its caller has seen elsewhere, or for what has ended elsewhere: it reads again.
func TestRestraintsReadAgain(t *testing.T) {
	bubble(t, 2, func(t *testing.T, o []*office) {
		o[0].told(letter)
		o[1].use(letter).End()
		require.Equal(t, uint64(2), o[1].ledger())
		e, err := o[0].Grant(t.Context(), canary, calls, consent.Act{Method: consent.WebForm})
		require.NoError(t, err)
		require.NoError(t, second(o[1].BeginErasure(t.Context(), canary, e.Seq, purpose.Erasure{ID: "e-1"})))
		require.ErrorIs(t, second(o[1].BeginErasure(t.Context(), canary, e.Seq+7, purpose.Erasure{ID: "e-2"})), consent.ErrConflict)
		require.Equal(t, uint64(4), o[1].ledger())
		e, err = o[0].FinishErasure(t.Context(), canary, "e-1")
		require.NoError(t, err)
		require.NoError(t, second(o[1].Readmit(consent.AtLeast(t.Context(), canary, e.Seq), canary)))
	})
}

// The database loses an erasure while it is waited for, and a hold takes its place: it is not stored again.
func TestErasureThatTheDatabaseLoses(t *testing.T) {
	bubble(t, 2, func(t *testing.T, o []*office) {
		o[0].told(letter)
		time.Sleep(time.Second)
		before := o[0].link.Snapshot()
		after := o[0].ledger()
		for _, one := range o {
			one.link.cut.Store(true) // for less than a lease
		}
		done := restrain(func() error {
			return second(o[0].BeginErasure(t.Context(), canary, after, purpose.Erasure{ID: "e-1"}))
		})
		time.Sleep(50 * time.Millisecond)
		require.Empty(t, done)
		before.Restore("another")
		_, err := o[1].link.Append(t.Context(), canary, after, consent.Event{ID: "h-1", Kind: consent.HoldPlaced, Purpose: proof, Policy: "1", Time: time.Now()})
		require.NoError(t, err)
		for _, one := range o {
			one.link.cut.Store(false)
		}
		err = <-done
		require.ErrorIs(t, err, consent.ErrConflict)
		require.ErrorIs(t, err, consent.ErrStillDraining)
		for e, err := range o[0].link.Events(t.Context(), canary, 0) {
			require.NoError(t, err)
			assert.NotEqual(t, consent.Erasing, e.Kind)
		}
	})
}
