package consent_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// watch is a clock that a test sets.
type watch struct{ at atomic.Int64 }

func newWatch(t time.Time) *watch {
	w := new(watch)
	w.set(t)
	return w
}

func (w *watch) now() time.Time  { return time.Unix(0, w.at.Load()) }
func (w *watch) set(t time.Time) { w.at.Store(t.UnixNano()) }

var newYear = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// A clock that is set back stands still until it has caught up: what expired stays expired.
func TestClockSetBackStays(t *testing.T) {
	t.Parallel()
	w := newWatch(newYear)
	d := newDesk(t, consent.WithClock(w.now)).told()
	d.grant(letter, consent.Act{Until: newYear.Add(time.Hour)})
	assert.Equal(t, purpose.Permitted, d.asks(letter))
	w.set(newYear.Add(time.Hour))
	assert.Equal(t, purpose.ConsentExpired, d.asks(letter))
	for _, back := range []time.Duration{time.Minute, 24 * time.Hour, 365 * 24 * time.Hour} {
		w.set(newYear.Add(time.Hour - back))
		assert.Equal(t, newYear.Add(time.Hour), d.Now())
		assert.Equal(t, purpose.ConsentExpired, d.asks(letter))
		assert.Equal(t, purpose.Absent, d.status(letter))
	}
	w.set(newYear.Add(2 * time.Hour))
	assert.Equal(t, newYear.Add(2*time.Hour), d.Now())
}

func TestClockSetBackExtendsNoUse(t *testing.T) {
	t.Parallel()
	w := newWatch(newYear)
	d := newDesk(t, consent.WithClock(w.now)).told(letter)
	p := d.use(letter)
	w.set(newYear.Add(d.MaxUse()))
	assert.Equal(t, purpose.UseExpired, checked(p))
	w.set(newYear)
	assert.Equal(t, purpose.UseExpired, checked(p))
}

// A permission holds up to the instant at which it ends, and not at it: for what is in memory, in use, and asked for.
func TestUntilIsHalfOpen(t *testing.T) {
	t.Parallel()
	end := newYear.Add(10 * time.Second)
	w := newWatch(newYear)
	d := newDesk(t, consent.WithClock(w.now)).told()
	d.grant(letter, consent.Act{Until: end})
	p := d.use(letter)
	assert.Equal(t, end, p.Time(p.Reading(end)))
	assert.Equal(t, end, p.Decision().Until)
	ask := purpose.Request{Purpose: letter, Operation: purpose.Use, Actor: clerk}

	w.set(end.Add(-1))
	assert.Equal(t, purpose.Permitted, checked(p))
	assert.Equal(t, purpose.Permitted, d.asks(letter))
	assert.Equal(t, purpose.Given, d.status(letter))
	got, err := d.Decide(t.Context(), d.who, ask)
	require.NoError(t, err)
	assert.Equal(t, purpose.Permitted, got.Reason)

	w.set(end)
	assert.Equal(t, purpose.ConsentExpired, checked(p))
	assert.Equal(t, purpose.ConsentExpired, d.asks(letter))
	assert.Equal(t, purpose.Absent, d.status(letter))
	got, err = d.Decide(t.Context(), d.who, ask)
	require.NoError(t, err)
	assert.Equal(t, purpose.ConsentExpired, got.Reason)
	_, err = d.Grant(t.Context(), d.who, letter, consent.Act{Method: consent.WebForm, Until: end})
	assert.ErrorIs(t, err, consent.ErrInvalidAct, "a grant that ends now is none")
	d.grant(letter, consent.Act{Until: end.Add(1)})
	assert.Equal(t, purpose.Permitted, d.asks(letter))
}

// A consent that lapses while it is in use ends the use, and its context.
func TestUseEndsWithItsConsent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t).told()
		d.grant(letter, consent.Act{Until: d.Now().Add(5 * time.Second)})
		p := d.use(letter)
		ctx := p.Context()
		time.Sleep(5 * time.Second)
		synctest.Wait()
		assert.Equal(t, purpose.ConsentExpired, checked(p))
		assert.ErrorIs(t, context.Cause(ctx), consent.ErrUseExpired)
	})
}

// A ledger that is ahead of the machine raises the clock, whether it is the machine's or injected.
func TestLedgerRaisesTheClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		frozen := newWatch(time.Now())
		for name, options := range map[string][]consent.Option{
			"machine": nil, "injected": {consent.WithClock(frozen.now)},
		} {
			d := newDesk(t, options...)
			behind := d.Now()
			ahead := behind.Add(48 * time.Hour)
			for _, e := range []consent.Event{
				{ID: "1", Kind: consent.Granted, Purpose: letter, Policy: "1", Time: behind, Act: consent.Act{Method: consent.WebForm, Until: behind.Add(24 * time.Hour)}},
				{ID: "2", Kind: consent.Granted, Purpose: calls, Policy: "1", Time: ahead, Act: consent.Act{Method: consent.WebForm, Until: ahead.Add(time.Second)}},
				{ID: "3", Kind: consent.AccountOpened, Time: behind},
			} {
				_, err := d.ledger.Memory.Append(t.Context(), d.who, consent.Any, e)
				require.NoError(t, err)
			}
			assert.Equal(t, purpose.ConsentExpired, d.asks(letter), "%s: it has ended by the ledger's time", name)
			assert.Equal(t, purpose.Permitted, d.asks(calls), name)
			assert.False(t, d.Now().Before(ahead), name)
			e, err := d.Record(t.Context(), d.who, consent.Event{Kind: consent.AccountOpened})
			require.NoError(t, err)
			assert.False(t, e.Time.Before(ahead), "%s: events are not before those before them", name)

			time.Sleep(time.Second)
			frozen.set(time.Now())
			if name == "machine" {
				assert.Equal(t, ahead.Add(time.Second), d.Now(), "it goes on from there")
				assert.Equal(t, purpose.ConsentExpired, d.asks(calls))
			} else {
				assert.Equal(t, ahead, d.Now(), "it waits there")
			}
		}
	})
}

// A ledger from the far future stops what ends and never turns the clock back.
func TestFarFutureNeverTurnsTheClockBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, at := range []time.Time{
			time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2500, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC),
		} {
			d := newDesk(t).told()
			before := d.Now()
			d.grant(letter, consent.Act{Until: before.Add(time.Hour)})
			_, err := d.ledger.Memory.Append(t.Context(), "other", consent.Any, consent.Event{ID: "1", Kind: consent.AccountOpened, Time: at})
			require.NoError(t, err)
			_, err = d.Facts(t.Context(), "other")
			require.NoError(t, err)
			time.Sleep(2 * time.Hour)
			assert.False(t, d.Now().Before(before), "%s turned it back to %s", at, d.Now())
			assert.NotEqual(t, purpose.Permitted, d.asks(letter), "%s revived what had ended", at)
		}
	})
}

func TestReadingsOfTheClock(t *testing.T) {
	t.Parallel()
	w := newWatch(newYear.Add(700 * time.Millisecond))
	d := newDesk(t, consent.WithClock(w.now)).told(letter)
	w.set(newYear.Add(1500 * time.Millisecond))
	p := d.use(letter)
	now, reason := p.Check()
	require.Equal(t, purpose.Permitted, reason)
	assert.Equal(t, int64(800*time.Millisecond), now)
	assert.Equal(t, now, p.Begun())
	assert.Equal(t, newYear.Add(1500*time.Millisecond), p.Time(now))
	assert.Equal(t, newYear.Unix()+1, p.Unix(now))
	assert.Equal(t, now, p.Reading(newYear.Add(1500*time.Millisecond)))
	assert.Equal(t, newYear.Unix(), p.Unix(0))
	assert.Equal(t, newYear.Unix()+1, p.Unix(int64(300*time.Millisecond)))
	assert.Equal(t, newYear.Unix(), p.Unix(int64(300*time.Millisecond)-1))
}
