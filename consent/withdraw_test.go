package consent_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// ended is what a call in another goroutine came to.
type ended struct {
	consent.Withdrawal
	err error
}

// leave withdraws in another goroutine. It is called in a bubble.
func (d *desk) leave(ctx context.Context, id purpose.ID) <-chan ended {
	done := make(chan ended, 1)
	go func() {
		w, err := d.Withdraw(ctx, d.who, id)
		done <- ended{w, err}
	}()
	synctest.Wait()
	return done
}

// blocked makes every append wait until the returned function is called.
func (d *desk) blocked() (release func()) {
	gate := make(chan struct{})
	d.ledger.bend(func(_ context.Context, _ consent.Event, store func() (uint64, error)) (uint64, error) {
		<-gate
		return store()
	}, nil)
	return sync.OnceFunc(func() { d.ledger.bend(nil, nil); close(gate) })
}

func TestWithdrawWaitsForARunningUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t).told(letter)
		p, q := d.use(letter), d.use(letter)
		done := d.leave(t.Context(), letter)
		require.Empty(t, done, "two uses are running")
		assert.Equal(t, purpose.StaleDecision, checked(p), "they open nothing more")
		assert.Equal(t, purpose.StaleDecision, p.Running())
		assert.NoError(t, p.Context().Err(), "but may finish what they do")
		assert.Equal(t, []consent.Running{{Purpose: letter, Actor: clerk, Uses: 2, Ending: true}}, d.InUse())
		assert.Equal(t, purpose.ConsentWithdrawn, d.asks(letter))
		p.End()
		synctest.Wait()
		require.Empty(t, done, "one use is running")
		q.End()
		w := <-done
		require.NoError(t, w.err)
		assert.Equal(t, 2, w.Drained)
		assert.Zero(t, w.Cancelled)
		assert.Zero(t, w.Fenced)
		assert.NotZero(t, w.Position)
		assert.Empty(t, d.InUse())
		assert.Equal(t, purpose.ConsentWithdrawn, d.asks(letter))
		assert.Len(t, d.history(consent.Withdrawn), 1)
	})
}

// A use that does not end is cancelled at the longest life of a use, with the cause that tells why.
func TestWithdrawCancelsAtTheLongestUse(t *testing.T) {
	t.Parallel()
	for name, early := range map[string]time.Duration{"begun just before": 0, "begun long before": 20 * time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t).told(letter)
				p := d.use(letter)
				ctx := p.Context()
				time.Sleep(early)
				start := time.Now()
				w, err := d.Withdraw(t.Context(), d.who, letter)
				require.NoError(t, err)
				assert.Equal(t, 1, w.Cancelled)
				assert.Zero(t, w.Drained)
				assert.LessOrEqual(t, time.Since(start), d.MaxUse())
				assert.GreaterOrEqual(t, time.Since(start), d.MaxUse()-early, "it was given its time")
				synctest.Wait()
				assert.Error(t, ctx.Err())
				assert.Equal(t, purpose.StaleDecision, checked(p))
				assert.ErrorIs(t, context.Cause(ctx), consent.ErrWithdrawn)
				assert.ErrorIs(t, context.Cause(p.Context()), consent.ErrWithdrawn)
			})
		})
	}
}

// A context that is asked for after the withdrawal stopped waiting is cancelled already.
func TestContextAfterCancellation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t).told(letter)
		p := d.use(letter)
		w, err := d.Withdraw(t.Context(), d.who, letter)
		require.NoError(t, err)
		assert.Equal(t, 1, w.Cancelled)
		assert.ErrorIs(t, context.Cause(p.Context()), consent.ErrWithdrawn)
	})
}

// A caller that stops waiting learns how far it came, rolls nothing back, and can wait again.
func TestStillDraining(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t).told(letter)
		p, q := d.use(letter), d.use(letter)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		done := d.leave(ctx, letter)
		p.End()
		w := <-done
		require.ErrorIs(t, w.err, consent.ErrStillDraining)
		require.ErrorIs(t, w.err, context.DeadlineExceeded)
		assert.Equal(t, 1, w.Drained)
		assert.NotZero(t, w.Position)
		assert.Len(t, d.history(consent.Withdrawn), 1)
		assert.Equal(t, purpose.ConsentWithdrawn, d.asks(letter))
		assert.Equal(t, purpose.StaleDecision, checked(q))

		short, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		_, err := d.Wait(short, w.Position)
		require.ErrorIs(t, err, consent.ErrStillDraining, "waiting again can be interrupted again")

		again := make(chan ended, 1)
		go func() {
			w, err := d.Wait(t.Context(), w.Position)
			again <- ended{w, err}
		}()
		synctest.Wait()
		require.Empty(t, again)
		q.End()
		got := <-again
		require.NoError(t, got.err)
		assert.Equal(t, 2, got.Drained)
		assert.Equal(t, w.Position, got.Position)

		got.Withdrawal, err = d.Wait(t.Context(), w.Position)
		require.NoError(t, err, "it is over")
		assert.Equal(t, w.Position, got.Position)
		for _, position := range []uint64{0, w.Position + 1} {
			_, err := d.Wait(t.Context(), position)
			assert.Error(t, err, "no withdrawal has position %d", position)
		}
		var none context.Context
		_, err = d.Wait(none, w.Position)
		assert.ErrorIs(t, err, purpose.Malformed)
	})
}

// A position that nobody waits for is forgotten once its uses have ended.
func TestDesertedDrainEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t).told(letter)
		p := d.use(letter)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		w := <-d.leave(ctx, letter)
		require.ErrorIs(t, w.err, consent.ErrStillDraining)
		p.End()
		got, err := d.Wait(t.Context(), w.Position)
		require.NoError(t, err)
		assert.Equal(t, w.Position, got.Position)
		d.grant(letter, consent.Act{})
		assert.Equal(t, purpose.Permitted, d.asks(letter))
	})
}

// Whoever waits with Wait gets the same barrier as whoever withdrew: what does not end is cancelled.
func TestWaitCancelsAtTheLongestUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t).told(letter)
		p := d.use(letter)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		w := <-d.leave(ctx, letter)
		require.ErrorIs(t, w.err, consent.ErrStillDraining)
		start := time.Now()
		got, err := d.Wait(t.Context(), w.Position)
		require.NoError(t, err)
		assert.Equal(t, 1, got.Cancelled)
		assert.Equal(t, 20*time.Second, time.Since(start))
		assert.Error(t, p.Context().Err())
	})
}

// A bounce handler may withdraw in the use it runs in.
func TestWithdrawFromTheUseItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t).told(letter)
		p := d.use(letter)
		start := time.Now()
		w, err := d.Withdraw(p.Context(), d.who, letter)
		require.NoError(t, err)
		assert.Zero(t, time.Since(start), "it did not wait for itself")
		assert.Equal(t, 0, w.Drained+w.Cancelled)
		assert.Equal(t, purpose.StaleDecision, checked(p))
		assert.NoError(t, p.Context().Err())

		other := d.leave(t.Context(), letter)
		require.Empty(t, other, "another caller does wait for it")
		p.End()
		assert.Equal(t, 1, (<-other).Drained)
	})
}

func TestWithdrawFromOneOfTwoUses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t).told(letter)
		mine, other := d.use(letter), d.use(letter)
		done := d.leave(mine.Context(), letter)
		require.Empty(t, done)
		other.End()
		w := <-done
		require.NoError(t, w.err)
		assert.Equal(t, 1, w.Drained)
		assert.Len(t, d.InUse(), 1)
		mine.End()
	})
}

// The use ends while its own withdrawal waits for another use: that one is still waited for.
func TestOwnUseEndsWhileItsWithdrawalWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t).told(letter)
		mine, other := d.use(letter), d.use(letter)
		done := d.leave(context.WithoutCancel(mine.Context()), letter)
		mine.End()
		synctest.Wait()
		require.Empty(t, done)
		other.End()
		w := <-done
		require.NoError(t, w.err)
		assert.Equal(t, 1, w.Drained)
	})
}

// A use begun in the context of another is called in both: neither can end before the withdrawal returns.
func TestWithdrawFromANestedUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t).told(letter)
		outer := d.use(letter)
		inner, reason := d.tryAs(outer.Context(), letter, clerk)
		require.Equal(t, purpose.Permitted, reason)
		defer inner.End()
		start := time.Now()
		w, err := d.Withdraw(inner.Context(), d.who, letter)
		require.NoError(t, err)
		assert.Zero(t, time.Since(start), "it waited for a use that waited for it")
		assert.Zero(t, w.Cancelled)
		assert.Equal(t, purpose.StaleDecision, checked(outer))
		assert.Equal(t, purpose.StaleDecision, checked(inner))
	})
}

// Withdrawing again while the first call drains waits as well, and adds no event.
func TestSecondWithdrawWaitsToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t).told(letter)
		p := d.use(letter)
		first := d.leave(t.Context(), letter)
		second := d.leave(t.Context(), letter)
		require.Empty(t, first)
		require.Empty(t, second)
		p.End()
		a, b := <-first, <-second
		require.NoError(t, a.err)
		require.NoError(t, b.err)
		assert.Greater(t, b.Position, a.Position)
		assert.Len(t, d.history(consent.Withdrawn), 1)
	})
}

// Refusals and closed cases are the same barrier.
func TestOtherBarriers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		of    purpose.ID
		event consent.Kind
		do    func(ctx context.Context, d *desk) error
		after purpose.Reason
	}{
		"refusal": {letter, consent.Refused, func(ctx context.Context, d *desk) error {
			return second(d.Refuse(ctx, d.who, letter))
		}, purpose.ConsentRefused},
		"refusal of the purpose above": {letter, consent.Refused, func(ctx context.Context, d *desk) error {
			return second(d.Refuse(ctx, d.who, marketing))
		}, purpose.AncestorRefused},
		"refusal of a provision": {delivery, consent.Refused, func(ctx context.Context, d *desk) error {
			return second(d.Refuse(ctx, d.who, delivery))
		}, purpose.ConsentRefused},
		"case closed": {repair, consent.CaseClosed, func(ctx context.Context, d *desk) error {
			return second(d.Record(ctx, d.who, consent.Event{Kind: consent.CaseClosed, Case: job}))
		}, purpose.CaseNotOpen},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t).told(marketing, letter)
				d.open(job)
				p := d.use(c.of)
				done := make(chan error, 1)
				go func() { done <- c.do(t.Context(), d) }()
				synctest.Wait()
				require.Empty(t, done)
				assert.Equal(t, purpose.StaleDecision, checked(p))
				p.End()
				require.NoError(t, <-done)
				assert.Equal(t, c.after, d.asks(c.of))
				require.NoError(t, c.do(t.Context(), d), "again")
				assert.Len(t, d.history(c.event), 1, "says nothing new")

				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				assert.NoError(t, c.do(ctx, d), "and nothing is running")
			})
		})
	}
}

// Closing a case ends the uses of that case and no others.
func TestCaseClosedReachesItsCase(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t).told(letter)
		d.open(job)
		d.open("job-2")
		other := clerk
		other.Case = "job-2"
		elsewhere, reason := d.tryAs(t.Context(), repair, other)
		require.Equal(t, purpose.Permitted, reason)
		defer elsewhere.End()
		mail := d.use(letter)
		_, err := d.Record(t.Context(), d.who, consent.Event{Kind: consent.CaseClosed, Case: job})
		require.NoError(t, err)
		assert.Equal(t, purpose.Permitted, checked(elsewhere))
		assert.Equal(t, purpose.Permitted, checked(mail))
		assert.Equal(t, purpose.CaseNotOpen, d.asks(repair))
		_, reason = d.tryAs(t.Context(), repair, other)
		assert.Equal(t, purpose.Permitted, reason)
	})
}

// A withdrawal reaches the purposes below, not those beside or above, and nothing on a legal ground.
func TestWithdrawReach(t *testing.T) {
	t.Parallel()
	for of, want := range map[purpose.ID]map[purpose.ID]purpose.Reason{
		marketing: {marketing: purpose.ConsentWithdrawn, letter: purpose.AncestorRefused, calls: purpose.AncestorRefused},
		letter:    {letter: purpose.ConsentWithdrawn},
		proof:     {},
		delivery:  {delivery: purpose.ConsentWithdrawn},
		repair:    {repair: purpose.ConsentWithdrawn},
	} {
		t.Run(string(of), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t).told(marketing, letter, calls)
				d.open(job)
				running := map[purpose.ID]*consent.Permit{}
				for id := range d.Policy().IDs() {
					running[id] = d.use(id)
				}
				done := d.leave(t.Context(), of)
				for id, p := range running {
					if _, reached := want[id]; reached {
						assert.Equal(t, purpose.StaleDecision, checked(p), id)
						require.Empty(t, done, id)
						p.End()
						synctest.Wait()
					}
				}
				w := <-done
				require.NoError(t, w.err)
				assert.Equal(t, len(want), w.Drained)
				for id, p := range running {
					reason, reached := want[id]
					if !reached {
						reason = purpose.Permitted
						assert.Equal(t, purpose.Permitted, checked(p), id)
					}
					assert.Equal(t, reason, d.asks(id), id)
				}
			})
		})
	}
}

// When Withdraw has returned, no later use begins, on whatever ground the purpose stands that it can end.
func TestWithdrawEndsEveryGroundItReaches(t *testing.T) {
	t.Parallel()
	for id := range registryPolicy(t).IDs() {
		d := newDesk(t).told(marketing, letter, calls)
		d.open(job)
		p := d.use(id)
		_, err := d.Withdraw(p.Context(), d.who, id)
		require.NoError(t, err)
		if checked(p) != purpose.Permitted {
			assert.NotEqual(t, purpose.Permitted, d.asks(id), "%s: running uses ended, but new ones begin", id)
		}
	}
}

// Other subjects are not touched.
func TestWithdrawOfAnotherSubject(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told(letter)
	p := d.use(letter)
	_, err := d.Withdraw(t.Context(), "another", letter)
	require.NoError(t, err)
	assert.Equal(t, purpose.Permitted, checked(p))
	assert.Equal(t, purpose.Permitted, d.asks(letter))
}

// From the call on this process denies, while the ledger has not answered yet.
func TestWithdrawDeniesFromTheCallOn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do   func(ctx context.Context, d *desk) error
		of   purpose.ID
		want purpose.Reason
	}{
		"withdrawal": {func(ctx context.Context, d *desk) error { return second(d.Withdraw(ctx, d.who, letter)) }, letter, purpose.ConsentWithdrawn},
		"above":      {func(ctx context.Context, d *desk) error { return second(d.Withdraw(ctx, d.who, marketing)) }, letter, purpose.ConsentWithdrawn},
		"refusal":    {func(ctx context.Context, d *desk) error { return second(d.Refuse(ctx, d.who, letter)) }, letter, purpose.ConsentRefused},
		"case closed": {func(ctx context.Context, d *desk) error {
			return second(d.Record(ctx, d.who, consent.Event{Kind: consent.CaseClosed, Case: job}))
		}, repair, purpose.CaseNotOpen},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t).told(marketing, letter, calls)
				d.open(job)
				p, sibling := d.use(c.of), d.use(delivery)
				release := d.blocked()
				done := make(chan error, 1)
				go func() { done <- c.do(t.Context(), d) }()
				synctest.Wait()
				assert.Equal(t, purpose.StaleDecision, checked(p))
				for range 2 {
					assert.Equal(t, c.want, d.asks(c.of))
					assert.Equal(t, purpose.Permitted, d.asks(delivery), "nothing else is denied")
				}
				assert.Equal(t, purpose.Permitted, checked(sibling))
				p.End()
				synctest.Wait()
				require.Empty(t, done, "it is not stored yet")
				release()
				require.NoError(t, <-done)
				assert.NotEqual(t, purpose.Permitted, d.asks(c.of))
			})
		})
	}
}

// A withdrawal that could not be stored denies in this process all the same, until one that could, or the person's later grant.
func TestFailedWithdrawDenies(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told(marketing, letter, calls)
	p := d.use(letter)
	d.ledger.bend(func(context.Context, consent.Event, func() (uint64, error)) (uint64, error) { return 0, errDisk }, nil)
	for range 3 {
		w, err := d.Withdraw(t.Context(), d.who, letter)
		require.ErrorIs(t, err, consent.ErrOutcomeUnknown)
		require.ErrorIs(t, err, purpose.ErrUnavailable)
		require.ErrorIs(t, err, errDisk)
		require.NotErrorIs(t, err, purpose.ErrDenied)
		assert.Equal(t, 0, w.Drained+w.Cancelled)
	}
	assert.Equal(t, purpose.StaleDecision, checked(p))
	p.End()
	assert.Equal(t, purpose.ConsentWithdrawn, d.asks(letter))
	assert.Equal(t, purpose.Permitted, d.asks(calls))
	assert.Empty(t, d.history(consent.Withdrawn))

	d.ledger.bend(nil, nil)
	assert.Equal(t, purpose.ConsentWithdrawn, d.asks(letter), "a ledger that works again changes nothing")
	_, err := d.Notify(t.Context(), d.who, d.Policy().Languages()[0])
	require.NoError(t, err)
	assert.Equal(t, purpose.ConsentWithdrawn, d.asks(letter), "nor does another event")
	d.grant(calls, consent.Act{})
	assert.Equal(t, purpose.ConsentWithdrawn, d.asks(letter), "nor a grant of something else")
	_, err = d.Withdraw(t.Context(), d.who, letter)
	require.NoError(t, err)
	assert.Len(t, d.history(consent.Withdrawn), 1)
	assert.Equal(t, purpose.ConsentWithdrawn, d.asks(letter))
	d.grant(letter, consent.Act{})
	assert.Equal(t, purpose.Permitted, d.asks(letter), "a later call succeeded, and the person came back")
}

func TestFailedWithdrawThenGrant(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told(marketing, letter)
	fail := func(of purpose.ID) {
		d.ledger.bend(func(context.Context, consent.Event, func() (uint64, error)) (uint64, error) { return 0, errDisk }, nil)
		_, err := d.Withdraw(t.Context(), d.who, of)
		require.ErrorIs(t, err, consent.ErrOutcomeUnknown)
		d.ledger.bend(nil, nil)
	}
	fail(letter)
	d.grant(letter, consent.Act{})
	assert.Equal(t, purpose.Permitted, d.asks(letter))
	fail(marketing)
	d.grant(letter, consent.Act{})
	assert.Equal(t, purpose.ConsentWithdrawn, d.asks(letter), "a grant of the purpose below lifts nothing above")
	d.grant(marketing, consent.Act{})
	assert.Equal(t, purpose.Permitted, d.asks(letter))
}

// A withdrawal made with a context that had ended is not stored, and denies.
func TestWithdrawWithEndedContext(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told(letter)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := d.Withdraw(ctx, d.who, letter)
	require.ErrorIs(t, err, purpose.Cancelled)
	assert.Empty(t, d.history(consent.Withdrawn))
	assert.Equal(t, purpose.ConsentWithdrawn, d.asks(letter))
	_, err = d.Withdraw(t.Context(), d.who, letter)
	require.NoError(t, err)
	assert.Len(t, d.history(consent.Withdrawn), 1)
}

// The ledger stored the event and its answer was lost: it is asked again by the same id.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	lost := func(times int) func(context.Context, consent.Event, func() (uint64, error)) (uint64, error) {
		var n atomic.Int64
		return func(_ context.Context, _ consent.Event, store func() (uint64, error)) (uint64, error) {
			seq, err := store()
			if err == nil && n.Add(1) <= int64(times) {
				return 0, errDisk
			}
			return seq, err
		}
	}
	for name, c := range map[string]struct {
		kind consent.Kind
		do   func(d *desk) error
	}{
		"withdrawal": {consent.Withdrawn, func(d *desk) error { return second(d.Withdraw(t.Context(), d.who, letter)) }},
		"refusal":    {consent.Refused, func(d *desk) error { return second(d.Refuse(t.Context(), d.who, letter)) }},
		"grant": {consent.Granted, func(d *desk) error {
			return second(d.Grant(t.Context(), d.who, letter, consent.Act{Method: consent.WebForm}))
		}},
		"request": {consent.Requested, func(d *desk) error { return second(d.Request(t.Context(), d.who, letter, consent.Link)) }},
		"case": {consent.CaseClosed, func(d *desk) error {
			return second(d.Record(t.Context(), d.who, consent.Event{Kind: consent.CaseClosed, Case: job}))
		}},
		"account": {consent.AccountOpened, func(d *desk) error {
			return second(d.Record(t.Context(), d.who, consent.Event{Kind: consent.AccountOpened}))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t).told()
			d.ledger.bend(lost(1), nil)
			require.NoError(t, c.do(d))
			assert.Len(t, d.history(c.kind), 1, "one event")

			d = newDesk(t).told()
			d.ledger.bend(lost(2), nil)
			err := c.do(d)
			require.ErrorIs(t, err, consent.ErrOutcomeUnknown, "lost twice")
			require.ErrorIs(t, err, errDisk)
			require.ErrorIs(t, err, purpose.ErrUnavailable)
			assert.Len(t, d.history(c.kind), 1)
			if c.kind.Tightens() {
				require.NoError(t, c.do(d), "calling again finds it")
				assert.Len(t, d.history(c.kind), 1)
			}
		})
	}
}

// An error before anything was stored is tried again too.
func TestErrorBeforeStoring(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told(letter)
	var n atomic.Int64
	d.ledger.bend(func(_ context.Context, _ consent.Event, store func() (uint64, error)) (uint64, error) {
		if n.Add(1) == 1 {
			return 0, errDisk
		}
		return store()
	}, nil)
	_, err := d.Withdraw(t.Context(), d.who, letter)
	require.NoError(t, err)
	assert.Len(t, d.history(consent.Withdrawn), 1)
}

// A withdrawal does not need to read: if the ledger can only be written, it is stored.
func TestWithdrawWithoutReading(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told(letter)
	d.ledger.bend(nil, func(context.Context, events) events { return failing(errDisk) })
	_, err := d.Withdraw(t.Context(), d.who, letter)
	require.NoError(t, err)
	d.ledger.bend(nil, nil)
	assert.Len(t, d.history(consent.Withdrawn), 1)
	assert.Equal(t, purpose.ConsentWithdrawn, d.asks(letter))
}

// Nor does it wait for somebody else's read that hangs.
func TestWithdrawIsNotHeldUpByARead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t).told(letter)
		release := make(chan struct{})
		var hung atomic.Bool
		d.ledger.bend(nil, func(_ context.Context, all events) events {
			if !hung.Swap(true) {
				<-release
			}
			return all
		})
		go d.asks(letter)
		synctest.Wait()
		done := d.leave(t.Context(), letter)
		assert.Len(t, d.history(consent.Withdrawn), 1, "not stored while another's read hangs")
		close(release)
		require.NoError(t, (<-done).err)
	})
}

// A ledger that panics leaves the withdrawal denying and nothing locked, and a later call sets it right.
func TestPanicWhileWithdrawing(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told(letter)
	p := d.use(letter)
	d.ledger.bend(func(context.Context, consent.Event, func() (uint64, error)) (uint64, error) { panic("broken ledger") }, nil)
	assert.PanicsWithValue(t, "broken ledger", func() { _, _ = d.Withdraw(t.Context(), d.who, letter) })
	d.ledger.bend(nil, nil)
	assert.Equal(t, purpose.StaleDecision, checked(p))
	p.End()
	assert.Equal(t, purpose.ConsentWithdrawn, d.asks(letter))
	assert.Equal(t, purpose.Permitted, d.asks(proof))
	_, err := d.Withdraw(t.Context(), d.who, letter)
	require.NoError(t, err)
	d.grant(letter, consent.Act{})
	assert.Equal(t, purpose.Permitted, d.asks(letter), "the person came back after a withdrawal that succeeded")
}

// A ledger that says of every id that it is taken, also of a random one, is broken: the withdrawal fails, and does not try for ever.
func TestWithdrawGivesUpOnABrokenLedger(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told(letter)
	var n atomic.Int64
	d.ledger.bend(func(context.Context, consent.Event, func() (uint64, error)) (uint64, error) {
		if n.Add(1) > 1000 {
			return 0, errDisk
		}
		return 0, consent.ErrEventExists
	}, nil)
	_, err := d.Withdraw(t.Context(), d.who, letter)
	require.Error(t, err)
	assert.Less(t, n.Load(), int64(100))
	assert.Equal(t, purpose.ConsentWithdrawn, d.asks(letter))
}

// A tightening event is stored under a fresh id if its own is taken by something else.
func TestTighteningIsNotRefusedForItsID(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told()
	_, err := d.Record(t.Context(), d.who, consent.Event{ID: "visit-1", Kind: consent.CaseOpened, Case: job, Actor: clerk})
	require.NoError(t, err)
	e, err := d.Record(t.Context(), d.who, consent.Event{ID: "visit-1", Kind: consent.CaseClosed, Case: job})
	require.NoError(t, err)
	assert.NotEqual(t, "visit-1", e.ID)
	closed := d.history(consent.CaseClosed)
	require.Len(t, closed, 1)
	assert.Equal(t, e, closed[0])
	assert.Equal(t, purpose.CaseNotOpen, d.asks(repair))
}

// A read that began before a withdrawal was stored, and ends after it, is not kept.
func TestReadBegunBeforeAWithdrawalIsNotKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t).told(letter, calls)
		d.asks(letter) // what stands is in memory, so that the withdrawal needs no read
		append, slow := make(chan struct{}), make(chan struct{})
		d.ledger.bend(
			func(_ context.Context, e consent.Event, store func() (uint64, error)) (uint64, error) {
				if e.Kind == consent.Withdrawn {
					<-append
				}
				return store()
			},
			func(_ context.Context, snapshot events) events { <-slow; return snapshot },
		)
		done := d.leave(t.Context(), letter)
		_, err := d.Record(t.Context(), d.who, consent.Event{Kind: consent.AccountOpened}) // what was read is forgotten
		require.NoError(t, err)
		begun := make(chan purpose.Reason, 1)
		go func() { begun <- d.asks(calls) }()
		synctest.Wait()
		close(append)
		require.NoError(t, (<-done).err)
		d.ledger.bend(nil, nil)
		close(slow)
		assert.Equal(t, purpose.Permitted, <-begun)
		assert.Equal(t, purpose.ConsentWithdrawn, d.asks(letter), "the old read was kept")
		assert.Equal(t, purpose.Withdrawn, d.status(letter))
	})
}

// Context and End may meet. Whoever wins, the context ends with the use.
func TestContextMeetsEnd(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told(letter)
	for range 2000 {
		p, reason := d.try(letter)
		require.Equal(t, purpose.Permitted, reason)
		var ctx context.Context
		var wg sync.WaitGroup
		wg.Go(func() { ctx = p.Context() })
		wg.Go(p.End)
		wg.Wait()
		require.Error(t, ctx.Err(), "the use has ended and its context has not")
	}
	assert.Empty(t, d.InUse())
}

// A thousand goroutines use, one withdraws. Every check has a number from one sequence; none that was permitted
// has a number above that of the withdrawal's return.
func TestNothingStartsAfterWithdrawReturned(t *testing.T) {
	t.Parallel()
	const rounds, goroutines = 2, 1000
	for range rounds {
		d := newDesk(t).told(marketing, letter)
		g, err := d.Gate(nil, purpose.Use, letter)
		require.NoError(t, err)
		var sequence, latest, permitted atomic.Int64
		check := func(p *consent.Permit) bool {
			n := sequence.Add(1)
			if _, reason := p.Check(); reason != purpose.Permitted {
				return false
			}
			permitted.Add(1)
			for seen := latest.Load(); n > seen && !latest.CompareAndSwap(seen, n); seen = latest.Load() {
			}
			return true
		}
		var wg sync.WaitGroup
		for worker := range goroutines {
			wg.Go(func() {
				denied := 0
				for denied < 3 {
					p, err := g.Begin(t.Context(), clerk, d.who)
					if err != nil {
						denied++
						continue
					}
					for range worker%3 + 1 {
						check(p)
					}
					if worker%50 == 0 {
						_ = p.Context()
					}
					p.End()
					if worker%2 == 0 {
						check(p)
					}
				}
			})
		}
		for permitted.Load() < goroutines {
			// They are under way.
			_ = d.InUse()
		}
		of := []purpose.ID{letter, marketing}[rand.IntN(2)]
		w, err := d.Withdraw(t.Context(), d.who, of)
		returned := sequence.Add(1)
		require.NoError(t, err)
		assert.Zero(t, w.Cancelled)
		running := d.InUse()
		wg.Wait()
		assert.Less(t, latest.Load(), returned, "a check that started after the withdrawal returned was permitted")
		assert.Empty(t, running, "a use it reached was running when it returned")
		assert.Empty(t, d.InUse())
	}
}

// The explorer runs random calls over a ledger whose every answer it holds back, loses or fails as it likes, one step at a time.
// After each step everything that can move has moved, so that what must hold can be read off.
type explorer struct {
	*desk
	rng     *rand.Rand
	step    int
	clock   atomic.Int64 // step, for the goroutines
	waiting []chan int   // ledger calls, held back
	gates   map[purpose.ID]*consent.Gate
	uses    []*exploredUse
	calls   []*exploredCall
	results sync.Mutex // guards what the calls returned
	broken  string
}

type exploredUse struct {
	permit *consent.Permit
	begun  int
	err    error
	done   bool
}

type exploredCall struct {
	kind     consent.Kind
	id       purpose.ID
	began    int
	returned int // 0: not yet
	err      error
}

// The answers of a ledger.
const (
	answer = iota
	loseAnswer
	failFirst
)

func (x *explorer) held() int {
	ch := make(chan int)
	x.ledger.mu.Lock()
	x.waiting = append(x.waiting, ch)
	x.ledger.mu.Unlock()
	return <-ch
}

func explore(t *testing.T, seed uint64, steps int) string {
	x := &explorer{desk: newDesk(t).told(marketing, letter), rng: rand.New(rand.NewPCG(seed, 1)), gates: map[purpose.ID]*consent.Gate{}}
	defer x.Close()
	for _, id := range []purpose.ID{marketing, letter} {
		g, err := x.Gate(nil, purpose.Use, id)
		require.NoError(t, err)
		x.gates[id] = g
	}
	x.ledger.bend(
		func(_ context.Context, _ consent.Event, store func() (uint64, error)) (uint64, error) {
			switch x.held() {
			case failFirst:
				return 0, errDisk
			case loseAnswer:
				if _, err := store(); err != nil {
					return 0, err
				}
				return 0, errDisk
			}
			return store()
		},
		func(_ context.Context, snapshot events) events {
			if x.held() == failFirst {
				return failing(errDisk)
			}
			return snapshot
		},
	)
	for x.step = 1; x.step <= steps && x.broken == ""; x.step++ {
		x.clock.Store(int64(x.step))
		x.move()
		synctest.Wait()
		x.look()
	}
	for _, u := range x.uses { // let everything end
		if u.done && u.err == nil {
			u.permit.End()
		}
	}
	for {
		synctest.Wait()
		if !x.release(0, answer) {
			break
		}
	}
	for _, u := range x.uses {
		if u.err == nil {
			u.permit.End()
		}
	}
	synctest.Wait()
	x.results.Lock()
	defer x.results.Unlock()
	for _, c := range x.calls {
		if c.returned == 0 && x.broken == "" {
			x.broken = fmt.Sprintf("seed %d: %s %s never returned", seed, c.kind, c.id)
		}
	}
	return x.broken
}

func (x *explorer) release(i, how int) bool {
	x.ledger.mu.Lock()
	if i >= len(x.waiting) {
		x.ledger.mu.Unlock()
		return false
	}
	ch := x.waiting[i]
	x.waiting = slices.Delete(x.waiting, i, i+1)
	x.ledger.mu.Unlock()
	ch <- how
	return true
}

func (x *explorer) move() {
	id := []purpose.ID{letter, letter, marketing}[x.rng.IntN(3)]
	switch k := x.rng.IntN(20); {
	case k < 8:
		how := answer
		if x.rng.IntN(4) == 0 {
			how = 1 + x.rng.IntN(2)
		}
		if n := len(x.waiting); n > 0 {
			x.release(x.rng.IntN(n), how)
		}
	case k < 13:
		u := &exploredUse{begun: x.step}
		x.uses = append(x.uses, u)
		go func() {
			u.permit, u.err = x.gates[letter].Begin(x.t.Context(), clerk, x.who)
			u.done = true
		}()
	case k < 15:
		for _, u := range x.uses {
			if u.done && u.err == nil && x.rng.IntN(2) == 0 {
				u.permit.End()
			}
		}
	case k < 16:
		x.call(consent.Withdrawn, id)
	case k < 17:
		x.call(consent.Refused, id)
	case k < 19:
		x.call(consent.Granted, id)
	default:
		if x.rng.IntN(3) == 0 {
			time.Sleep(x.MaxUse())
		} else {
			x.call(consent.AccountOpened, id)
		}
	}
}

func (x *explorer) call(kind consent.Kind, id purpose.ID) {
	c := &exploredCall{kind: kind, id: id, began: x.step}
	x.calls = append(x.calls, c)
	ctx := x.t.Context()
	go func() {
		var err error
		switch kind {
		case consent.Withdrawn:
			_, err = x.Withdraw(ctx, x.who, id)
		case consent.Refused:
			_, err = x.Refuse(ctx, x.who, id)
		case consent.Granted:
			_, err = x.Grant(ctx, x.who, id, consent.Act{Method: consent.WebForm})
		default:
			_, err = x.Record(ctx, x.who, consent.Event{Kind: kind})
		}
		x.results.Lock() // a call that a timer ends is ordered after nothing that looks
		defer x.results.Unlock()
		c.err, c.returned = err, int(x.clock.Load())
	}()
}

// look compares every use with what the ledger holds and what was asked for.
func (x *explorer) look() {
	x.results.Lock()
	defer x.results.Unlock()
	m := newModel()
	for _, e := range x.history() {
		m.apply(e)
	}
	for _, u := range x.uses {
		if !u.done || u.err != nil || checked(u.permit) != purpose.Permitted {
			continue
		}
		if m.status[letter] != purpose.Given || m.status[marketing] != purpose.Given {
			x.broken = fmt.Sprintf("step %d: a use begun at %d is open; the ledger says %v", x.step, u.begun, m.status)
			return
		}
		for _, c := range x.calls {
			if !c.kind.Tightens() {
				continue
			}
			lifted := slices.ContainsFunc(x.calls, func(g *exploredCall) bool {
				return g.kind == consent.Granted && g.id == c.id && g.returned >= c.returned && g.err == nil
			})
			switch {
			case c.returned == 0 && !slices.ContainsFunc(x.calls, func(g *exploredCall) bool {
				return g.kind == consent.Granted && g.id == c.id && g.began > c.began // it may be draining, and the person back
			}):
				x.broken = fmt.Sprintf("step %d: a use begun at %d is open while %s %s, called at %d, is under way", x.step, u.begun, c.kind, c.id, c.began)
			case c.err != nil && !lifted && !x.settled(c):
				x.broken = fmt.Sprintf("step %d: a use begun at %d is open after %s %s failed at %d", x.step, u.begun, c.kind, c.id, c.returned)
			case u.begun <= c.began && !lifted:
				x.broken = fmt.Sprintf("step %d: a use begun at %d outlived %s %s", x.step, u.begun, c.kind, c.id)
			}
			if x.broken != "" {
				return
			}
		}
	}
}

// settled reports whether a later equal call succeeded, and so speaks for the one that failed.
func (x *explorer) settled(c *exploredCall) bool {
	return slices.ContainsFunc(x.calls, func(o *exploredCall) bool {
		return o != c && o.kind == c.kind && o.id == c.id && o.err == nil && o.began >= c.returned && o.returned > 0
	})
}

func TestRandomInterleavings(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		parameters := gopter.DefaultTestParametersWithSeed(rand.Int64())
		parameters.MinSuccessfulTests = 80
		parameters.MaxShrinkCount = 0 // a smaller seed is no smaller history
		properties := gopter.NewProperties(parameters)
		properties.Property("no use is open that the ledger or a call denies", prop.ForAll(
			func(seed uint64) string { return explore(t, seed, 60) },
			gen.UInt64(),
		))
		properties.TestingRun(t)
	})
}

// A grant that was under way when the withdrawal was made is the person's earlier word, also if the withdrawal could not be stored.
func TestGrantUnderWayDoesNotLiftAFailedWithdrawal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t).told(letter)
		release := make(chan struct{})
		d.ledger.bend(func(_ context.Context, e consent.Event, store func() (uint64, error)) (uint64, error) {
			if e.Kind == consent.Withdrawn {
				return 0, errDisk
			}
			<-release
			return store()
		}, nil)
		granted := make(chan error, 1)
		go func() { granted <- second(d.Grant(t.Context(), d.who, letter, consent.Act{Method: consent.WebForm})) }()
		synctest.Wait()
		_, err := d.Withdraw(t.Context(), d.who, letter)
		require.ErrorIs(t, err, consent.ErrOutcomeUnknown)
		close(release)
		<-granted
		assert.Equal(t, purpose.ConsentWithdrawn, d.asks(letter))
	})
}

// The same if the withdrawal had nothing to store because one stood already.
func TestGrantUnderWayDoesNotOutliveAWithdrawal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t).told(letter)
		_, err := d.Withdraw(t.Context(), d.who, letter)
		require.NoError(t, err)
		d.asks(letter)
		release := make(chan struct{})
		d.ledger.bend(func(_ context.Context, e consent.Event, store func() (uint64, error)) (uint64, error) {
			if e.Kind == consent.Granted {
				<-release
			}
			return store()
		}, nil)
		granted := make(chan error, 1)
		go func() { granted <- second(d.Grant(t.Context(), d.who, letter, consent.Act{Method: consent.WebForm})) }()
		synctest.Wait()
		_, err = d.Withdraw(t.Context(), d.who, letter)
		require.NoError(t, err)
		close(release)
		err = <-granted
		assert.True(t, errors.Is(err, consent.ErrConflict), "the grant was being decided when the person withdrew: %v", err)
		assert.Equal(t, purpose.ConsentWithdrawn, d.asks(letter))
	})
}

// The same if the grant had not read the ledger yet when the person withdrew: what counts is when it was called.
func TestGrantThatWaitsToReadDoesNotOutliveAWithdrawal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t).told()
		release := make(chan struct{})
		var hung atomic.Bool
		d.ledger.bend(nil, func(_ context.Context, all events) events {
			if !hung.Swap(true) {
				<-release
			}
			return all
		})
		granted := make(chan error, 1)
		go func() { granted <- second(d.Grant(t.Context(), d.who, letter, consent.Act{Method: consent.WebForm})) }()
		synctest.Wait()
		done := d.leave(t.Context(), letter)
		close(release)
		require.NoError(t, (<-done).err)
		require.ErrorIs(t, <-granted, consent.ErrConflict)
		assert.Equal(t, purpose.ConsentWithdrawn, d.asks(letter))
	})
}
