package consent_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// link is one registry's way to a shared ledger. A test can cut it, or change what comes through.
type link struct {
	*consent.SharedMemory
	cut    atomic.Bool // calls hang until their context ends
	answer atomic.Pointer[func(consent.Report, *consent.Feed)]
	delay  atomic.Int64                        // of answers
	stored func(consent.Event)                 // called when an event has been stored, before that is told
	asked  func()                              // called before a snapshot is read
	loaded func()                              // called when a snapshot has been read
	failed error                               // of loads
	read   func(consent.Record) consent.Record // changes what is loaded
}

func (l *link) Cluster() consent.Cluster { return l }

func (l *link) hang(ctx context.Context) error {
	if !l.cut.Load() {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

func (l *link) Sync(ctx context.Context, r consent.Report) (consent.Feed, error) {
	if err := l.hang(ctx); err != nil {
		return consent.Feed{}, err
	}
	f, err := l.SharedMemory.Sync(ctx, r)
	time.Sleep(time.Duration(l.delay.Load()))
	if change := l.answer.Load(); change != nil {
		(*change)(r, &f)
	}
	return f, err
}

func (l *link) Append(ctx context.Context, s consent.Subject, after uint64, e consent.Event) (uint64, error) {
	seq, err := l.SharedMemory.Append(ctx, s, after, e)
	if l.stored != nil {
		l.stored(e)
	}
	return seq, err
}

func (l *link) Peers(ctx context.Context) (consent.Peers, error) {
	if err := l.hang(ctx); err != nil {
		return consent.Peers{}, err
	}
	return l.SharedMemory.Peers(ctx)
}

func (l *link) Load(ctx context.Context, s []consent.Subject, each func(consent.Subject, consent.Record) error) (uint64, error) {
	if err := l.hang(ctx); err != nil {
		return 0, err
	}
	if l.failed != nil {
		return 0, l.failed
	}
	if l.asked != nil {
		l.asked()
	}
	var all []consent.Record
	var of []consent.Subject
	head, err := l.SharedMemory.Load(ctx, s, func(s consent.Subject, r consent.Record) error {
		all, of = append(all, r), append(of, s)
		return nil
	})
	if l.loaded != nil {
		l.loaded()
	}
	for i, r := range all {
		if l.read != nil {
			r = l.read(r)
		}
		if err := each(of[i], r); err != nil {
			return 0, err
		}
	}
	return head, err
}

// office is a registry in a cluster, with a desk's way of asking.
type office struct {
	*consent.Registry
	t    *testing.T
	link *link
	who  consent.Subject
}

const lease = 5 * time.Second

// offices are registries over one ledger. They are called in a bubble.
func offices(t *testing.T, n int) []*office {
	t.Helper()
	shared := new(consent.SharedMemory)
	var all []*office
	for range n {
		all = append(all, openOffice(t, shared))
	}
	return all
}

func openOffice(t *testing.T, shared *consent.SharedMemory) *office {
	t.Helper()
	l := &link{SharedMemory: shared}
	r, err := consent.NewRegistry(registryPolicy(t), l)
	require.NoError(t, err)
	t.Cleanup(func() { l.cut.Store(false); assert.NoError(t, r.Close()) })
	return &office{r, t, l, canary}
}

func (o *office) told(ids ...purpose.ID) uint64 {
	o.t.Helper()
	_, err := o.Notify(o.t.Context(), o.who, language.English)
	require.NoError(o.t, err)
	var seq uint64
	for _, id := range ids {
		e, err := o.Grant(o.t.Context(), o.who, id, consent.Act{Method: consent.WebForm})
		require.NoError(o.t, err)
		seq = e.Seq
	}
	return seq
}

// begin returns a use, or why there is none.
func (o *office) begin(ctx context.Context, id purpose.ID) (*consent.Permit, purpose.Reason) {
	o.t.Helper()
	g, err := o.Gate(nil, purpose.Use, id)
	require.NoError(o.t, err)
	p, err := g.Begin(ctx, clerk, o.who)
	if err != nil {
		return nil, reasonOf(err)
	}
	o.t.Cleanup(p.End)
	return p, checked(p)
}

func (o *office) use(id purpose.ID) *consent.Permit {
	o.t.Helper()
	p, reason := o.begin(o.t.Context(), id)
	require.Equal(o.t, purpose.Permitted, reason)
	return p
}

func (o *office) leave(ctx context.Context, id purpose.ID) <-chan ended {
	done := make(chan ended, 1)
	go func() {
		w, err := o.Withdraw(ctx, o.who, id)
		done <- ended{w, err}
	}()
	synctest.Wait()
	return done
}

// bubble runs a test of n offices on a clock of its own.
func bubble(t *testing.T, n int, test func(t *testing.T, o []*office)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { test(t, offices(t, n)) })
}

func TestWithdrawalReachesEveryRegistry(t *testing.T) {
	bubble(t, 3, func(t *testing.T, o []*office) {
		o[0].told(letter, calls)
		p, other := o[1].use(letter), o[1].use(calls)
		done := o[2].leave(t.Context(), letter)
		time.Sleep(time.Second)
		require.Empty(t, done, "a use is running elsewhere")
		assert.Equal(t, purpose.StaleDecision, checked(p), "and opens nothing more")
		assert.Equal(t, purpose.Permitted, checked(other), "another purpose's goes on")
		_, reason := o[1].begin(t.Context(), letter)
		assert.Equal(t, purpose.ConsentWithdrawn, reason)
		p.End()
		began := time.Now()
		w := <-done
		require.NoError(t, w.err)
		assert.Less(t, time.Since(began), 100*time.Millisecond)
		assert.Equal(t, consent.Withdrawal{Position: w.Position, Drained: 1}, w.Withdrawal)
		for _, one := range o {
			_, reason := one.begin(t.Context(), letter)
			assert.Equal(t, purpose.ConsentWithdrawn, reason)
		}
	})
}

func TestWithdrawalWithoutUsesIsQuick(t *testing.T) {
	bubble(t, 8, func(t *testing.T, o []*office) {
		o[0].told(letter)
		for _, one := range o {
			one.use(letter).End()
		}
		began := time.Now()
		w := <-o[3].leave(t.Context(), letter)
		require.NoError(t, w.err)
		assert.Less(t, time.Since(began), 100*time.Millisecond)
		assert.Equal(t, consent.Withdrawal{Position: w.Position}, w.Withdrawal)
		_, reason := o[7].begin(t.Context(), letter)
		assert.Equal(t, purpose.ConsentWithdrawn, reason)
	})
}

func TestUseElsewhereIsCancelled(t *testing.T) {
	bubble(t, 2, func(t *testing.T, o []*office) {
		o[0].told(letter)
		p := o[1].use(letter)
		ctx := p.Context()
		began := time.Now()
		w := <-o[0].leave(t.Context(), letter)
		require.NoError(t, w.err)
		assert.InDelta(t, 30, time.Since(began).Seconds(), 0.2)
		assert.Equal(t, consent.Withdrawal{Position: w.Position, Cancelled: 1}, w.Withdrawal)
		assert.ErrorIs(t, context.Cause(ctx), consent.ErrWithdrawn)
	})
}

func TestRegistryThatDoesNotAnswerIsShutOut(t *testing.T) {
	bubble(t, 2, func(t *testing.T, o []*office) {
		o[0].told(letter)
		time.Sleep(time.Second)
		p := o[1].use(letter)
		o[1].link.cut.Store(true)
		began := time.Now()
		done := o[0].leave(t.Context(), letter)
		for len(done) == 0 { // every millisecond until the withdrawal returns
			time.Sleep(time.Millisecond)
			synctest.Wait()
		}
		assert.NotEqual(t, purpose.Permitted, checked(p), "at no instant after it returned")
		w := <-done
		require.NoError(t, w.err)
		assert.Equal(t, consent.Withdrawal{Position: w.Position, Fenced: 1}, w.Withdrawal)
		assert.LessOrEqual(t, time.Since(began), lease+250*time.Millisecond)
		_, reason := o[1].begin(t.Context(), letter)
		assert.Equal(t, purpose.RegistryUnavailable, reason)
		_, err := o[1].Decide(t.Context(), canary, purpose.Request{Purpose: letter})
		assert.ErrorIs(t, err, purpose.ErrUnavailable)
		assert.Error(t, p.Context().Err(), "its work is cancelled")

		o[1].link.cut.Store(false) // it comes back, as another, and knows
		time.Sleep(3 * time.Second)
		_, reason = o[1].begin(t.Context(), letter)
		assert.Equal(t, purpose.ConsentWithdrawn, reason)
		assert.Equal(t, purpose.StaleDecision, checked(p))
	})
}

func TestPausedRegistryOpensNothing(t *testing.T) {
	bubble(t, 2, func(t *testing.T, o []*office) {
		o[0].told(letter)
		p := o[1].use(letter)
		o[1].link.cut.Store(true) // nothing comes through, but the process runs on
		time.Sleep(lease - 100*time.Millisecond)
		opened := 0
		for range 400 {
			if checked(p) == purpose.Permitted {
				opened++
			}
			time.Sleep(time.Millisecond)
		}
		assert.Less(t, opened, 101, "until the lease, counted from before it was renewed, and not longer")
		assert.Equal(t, purpose.RegistryUnavailable, reasonAt(p))
	})
}

// TestLeaseCountsFromTheQuestion has answers come late: the lease began when they were asked for.
func TestLeaseCountsFromTheQuestion(t *testing.T) {
	bubble(t, 1, func(t *testing.T, o []*office) {
		o[0].told(letter)
		p := o[0].use(letter)
		o[0].link.delay.Store(int64(900 * time.Millisecond))
		time.Sleep(10 * time.Second)
		assert.Less(t, o[0].Stats().Lease, lease-900*time.Millisecond)
		require.Equal(t, purpose.Permitted, checked(p))
		o[0].link.cut.Store(true)
		time.Sleep(lease)
		assert.NotEqual(t, purpose.Permitted, checked(p))
	})
}

// TestRegistryThatIsRefusedRenewal is shut out while its lease runs: it must begin with nothing.
func TestRegistryThatIsRefusedRenewal(t *testing.T) {
	bubble(t, 2, func(t *testing.T, o []*office) {
		o[0].told(letter)
		p := o[1].use(letter)
		peers, err := o[0].link.Peers(t.Context())
		require.NoError(t, err)
		for _, peer := range peers.Nodes {
			_, err := o[0].link.Fence(t.Context(), peer.Node, peer.Number)
			require.NoError(t, err)
		}
		time.Sleep(lease / 4)
		assert.Equal(t, purpose.StaleDecision, checked(p), "what was begun opens nothing")
		loads := o[1].Stats().Loads
		o[1].use(letter)
		assert.Equal(t, loads+1, o[1].Stats().Loads, "and what was read is read again")
	})
}

func reasonAt(p *consent.Permit) purpose.Reason {
	if reason := checked(p); reason != purpose.StaleDecision { // once the loop has noticed
		return reason
	}
	return purpose.RegistryUnavailable
}

func TestWhatIsPermittedElsewhere(t *testing.T) {
	bubble(t, 2, func(t *testing.T, o []*office) {
		o[0].told()
		_, reason := o[1].begin(t.Context(), letter)
		require.Equal(t, purpose.ConsentUnknown, reason)
		seq := o[0].told(letter)
		_, reason = o[1].begin(t.Context(), letter)
		assert.Equal(t, purpose.ConsentUnknown, reason, "what was read a moment ago")
		_, reason = o[1].begin(consent.AtLeast(t.Context(), canary, seq), letter)
		assert.Equal(t, purpose.Permitted, reason, "is read again if asked")
	})
}

func TestWhatIsPermittedElsewhereIsHeardOf(t *testing.T) {
	bubble(t, 2, func(t *testing.T, o []*office) {
		o[0].told()
		_, reason := o[1].begin(t.Context(), letter)
		require.Equal(t, purpose.ConsentUnknown, reason)
		o[0].told(letter)
		time.Sleep(time.Second)
		state, err := o[1].State(t.Context(), canary, letter)
		require.NoError(t, err)
		assert.Equal(t, purpose.Given, state.Status)
		o[1].use(letter)
	})
}

func TestWithdrawalByAnotherIsNotForgotten(t *testing.T) {
	bubble(t, 2, func(t *testing.T, o []*office) {
		o[0].told(letter)
		require.NoError(t, (<-o[0].leave(t.Context(), letter)).err)
		_, reason := o[0].begin(t.Context(), letter)
		require.Equal(t, purpose.ConsentWithdrawn, reason)
		o[1].told(letter)
		// The first has read that it is withdrawn. It must not take that for an answer.
		require.NoError(t, (<-o[0].leave(t.Context(), letter)).err)
		time.Sleep(2 * time.Second)
		for _, one := range o {
			_, reason := one.begin(t.Context(), letter)
			assert.Equal(t, purpose.ConsentWithdrawn, reason)
		}
	})
}

func TestWithdrawalThatIsNotWaitedFor(t *testing.T) {
	bubble(t, 2, func(t *testing.T, o []*office) {
		o[0].told(letter)
		p := o[1].use(letter)
		ctx, cancel := context.WithCancel(t.Context())
		done := o[0].leave(ctx, letter)
		time.Sleep(time.Second)
		cancel()
		w := <-done
		require.ErrorIs(t, w.err, consent.ErrStillDraining)
		later := make(chan ended, 1)
		go func() {
			w, err := o[0].Wait(t.Context(), w.Position)
			later <- ended{w, err}
		}()
		time.Sleep(time.Second)
		require.Empty(t, later)
		p.End()
		w = <-later
		require.NoError(t, w.err)
		assert.Equal(t, 1, w.Drained)
		again, err := o[0].Wait(t.Context(), w.Position)
		require.NoError(t, err)
		assert.Equal(t, w.Position, again.Position)
	})
}

func TestRegistryThatClosesDelaysNobody(t *testing.T) {
	bubble(t, 3, func(t *testing.T, o []*office) {
		o[0].told(letter)
		p := o[1].use(letter)
		require.NoError(t, o[1].Close())
		began := time.Now()
		w := <-o[0].leave(t.Context(), letter)
		require.NoError(t, w.err)
		assert.Less(t, time.Since(began), 100*time.Millisecond)
		assert.Zero(t, w.Fenced)
		assert.NotEqual(t, purpose.Permitted, checked(p))
	})
}

func TestClosingACaseReachesEveryRegistry(t *testing.T) {
	bubble(t, 2, func(t *testing.T, o []*office) {
		o[0].told(repair)
		who := purpose.Actor{Role: "clerk", ID: "k-1", Case: job}
		_, err := o[0].Record(t.Context(), canary, consent.Event{Kind: consent.CaseOpened, Case: job, Actor: who})
		require.NoError(t, err)
		g, err := o[1].Gate(nil, purpose.Use, repair)
		require.NoError(t, err)
		p, err := g.Begin(t.Context(), who, canary)
		require.NoError(t, err)
		require.Equal(t, purpose.Permitted, checked(p))
		time.AfterFunc(time.Second, p.End)
		_, err = o[0].Record(t.Context(), canary, consent.Event{Kind: consent.CaseClosed, Case: job})
		require.NoError(t, err)
		assert.Equal(t, purpose.UseEnded, checked(p))
		_, err = g.Begin(t.Context(), who, canary)
		assert.Equal(t, purpose.CaseNotOpen, reasonOf(err))
	})
}

func TestLedgerThatHasLostEvents(t *testing.T) {
	bubble(t, 2, func(t *testing.T, o []*office) {
		o[0].told(letter, calls)
		require.NoError(t, (<-o[0].leave(t.Context(), letter)).err)
		p := o[1].use(calls)
		lost := func(_ consent.Report, f *consent.Feed) { f.Head, f.Changes = 0, nil }
		o[1].link.answer.Store(&lost)
		time.Sleep(2 * time.Second)
		assert.NotEqual(t, purpose.Permitted, checked(p))
		g, err := o[1].Gate(nil, purpose.Use, calls)
		require.NoError(t, err)
		_, err = g.Begin(t.Context(), clerk, canary)
		assert.ErrorIs(t, err, purpose.ErrUnavailable)
		assert.ErrorIs(t, err, consent.ErrLedgerRegressed)
		o[1].link.answer.Store(nil)
		time.Sleep(time.Minute)
		_, err = g.Begin(t.Context(), clerk, canary)
		assert.ErrorIs(t, err, consent.ErrLedgerRegressed, "until somebody has looked into it")
	})
}

func TestWithdrawalAfterAFailover(t *testing.T) {
	bubble(t, 2, func(t *testing.T, o []*office) {
		o[0].told(letter)
		time.Sleep(10 * time.Second)
		o[0].link.FailOver("another")
		time.Sleep(2 * time.Second)
		began := time.Now()
		w := <-o[0].leave(t.Context(), letter)
		require.NoError(t, w.err)
		assert.Greater(t, time.Since(began), lease-2*time.Second, "there may be leases of the server before")
		began = time.Now()
		time.Sleep(2 * lease)
		w = <-o[0].leave(t.Context(), letter)
		require.NoError(t, w.err)
		assert.Less(t, time.Since(began)-2*lease, time.Second, "and then there are none")
	})
}

func TestWallClockOfTheMachineDecidesNothing(t *testing.T) {
	bubble(t, 1, func(t *testing.T, o []*office) {
		ahead := func(_ consent.Report, f *consent.Feed) { f.Time = f.Time.Add(time.Hour) }
		o[0].told(letter)
		before := o[0].Now()
		o[0].link.answer.Store(&ahead)
		time.Sleep(3 * time.Second)
		assert.Greater(t, o[0].Now().Sub(before), time.Hour, "the ledger's time is the database's")
		o[0].use(letter)
		o[0].link.answer.Store(nil)
		time.Sleep(3 * time.Second)
		assert.Greater(t, o[0].Now().Sub(before), time.Hour, "and never goes back")
		o[0].use(letter)
	})
}

// TestDatabaseClockShortensNoLease steps the database's clock while a withdrawal waits for a registry that is cut off.
func TestDatabaseClockShortensNoLease(t *testing.T) {
	for name, step := range map[string]time.Duration{"ahead": time.Hour, "back": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			bubble(t, 2, func(t *testing.T, o []*office) {
				o[0].told(letter)
				time.Sleep(time.Second)
				p := o[1].use(letter)
				o[1].link.cut.Store(true)
				done := o[0].leave(t.Context(), letter)
				time.Sleep(time.Second)
				stepped := func(_ consent.Report, f *consent.Feed) {
					if !f.Time.IsZero() {
						f.Time = f.Time.Add(step)
					}
				}
				o[0].link.answer.Store(&stepped)
				for len(done) == 0 {
					time.Sleep(time.Millisecond)
					synctest.Wait()
				}
				assert.NotEqual(t, purpose.Permitted, checked(p), "at no instant after it returned")
				w := <-done
				require.NoError(t, w.err)
				assert.Equal(t, 1, w.Fenced)
			})
		})
	}
}

func TestClusterRefusesAClock(t *testing.T) {
	t.Parallel()
	_, err := consent.NewRegistry(registryPolicy(t), new(consent.SharedMemory), consent.WithClock(time.Now))
	assert.Error(t, err)
}

func TestLeaseIsRefused(t *testing.T) {
	t.Parallel()
	for _, d := range []time.Duration{0, -1, time.Millisecond, 2 * time.Hour} {
		_, err := consent.NewRegistry(registryPolicy(t), new(consent.SharedMemory), consent.WithLease(d))
		assert.Error(t, err)
	}
	_, err := consent.NewRegistry(registryPolicy(t), new(consent.SharedMemory), consent.WithWakeup(nil))
	assert.Error(t, err)
}

func TestWakeup(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := new(consent.SharedMemory)
		asked := 0
		link := &link{SharedMemory: shared}
		r, err := consent.NewRegistry(registryPolicy(t), link, consent.WithWakeup(func(ctx context.Context) error {
			asked++
			if asked == 1 {
				return errors.New("not connected")
			}
			<-ctx.Done()
			return ctx.Err()
		}))
		require.NoError(t, err)
		time.Sleep(5 * time.Second)
		require.NoError(t, r.Close())
		assert.Equal(t, 2, asked, "after a second it is asked again")
	})
}

// TestWithdrawalThatTheDatabaseLoses fails over to a server that lacks the event, while the withdrawal waits. Another event takes its position.
func TestWithdrawalThatTheDatabaseLoses(t *testing.T) {
	for name, seen := range map[string]bool{"and nobody has seen": false, "and its own registry has seen": true} {
		t.Run(name, func(t *testing.T) {
			bubble(t, 2, func(t *testing.T, o []*office) {
				o[0].told(letter)
				time.Sleep(time.Second)
				before := o[0].link.Snapshot()
				o[0].link.cut.Store(!seen)
				o[1].link.cut.Store(true) // it hears of nothing, for less than its lease
				done := o[0].leave(t.Context(), letter)
				time.Sleep(50 * time.Millisecond)
				before.Restore("another")
				_, err := o[1].link.Append(t.Context(), "somebody-else", consent.Any, consent.Event{ID: "1", Kind: consent.Withdrawn, Purpose: letter, Time: time.Now()})
				require.NoError(t, err)
				for _, one := range o {
					one.link.cut.Store(false)
				}
				w := <-done
				if seen {
					require.ErrorIs(t, w.err, consent.ErrLedgerRegressed)
					require.ErrorIs(t, w.err, consent.ErrStillDraining)
				} else {
					require.NoError(t, w.err)
				}
				late := openOffice(t, o[0].link.SharedMemory)
				_, reason := late.begin(t.Context(), letter)
				assert.Equal(t, purpose.ConsentWithdrawn, reason, "it was stored again")
				history := 0
				for e, err := range late.History(t.Context(), canary) {
					require.NoError(t, err)
					if e.Kind == consent.Withdrawn {
						history++
					}
				}
				assert.Equal(t, 1, history)
			})
		})
	}
}
