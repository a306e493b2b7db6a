package consent_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// What was concluded from a version of the ledger is not stored at another, and leaves nothing closed.
func TestErasureIsStoredAtItsVersion(t *testing.T) {
	t.Parallel()
	for name, meanwhile := range map[string]consent.Event{
		"a hold":        {ID: "h-1", Kind: consent.HoldPlaced, Purpose: proof},
		"a case":        {ID: "c-1", Kind: consent.CaseOpened, Case: job},
		"a grant":       {ID: "g-1", Kind: consent.Granted, Purpose: letter},
		"another start": {ID: "e-2", Kind: consent.Expiring, Compartment: cellar},
	} {
		for what, x := range map[string]purpose.Erasure{"whole": {ID: "e-1"}, "part": {ID: "e-1", Compartment: attic}} {
			t.Run(name+"/"+what, func(t *testing.T) {
				t.Parallel()
				d := newDesk(t).told(letter)
				after := d.facts().Ledger
				d.ledger.bend(func(ctx context.Context, e consent.Event, store func() (uint64, error)) (uint64, error) {
					d.ledger.bend(nil, nil)
					came := meanwhile
					came.Policy, came.Time = "1", time.Now()
					_, err := d.ledger.Memory.Append(ctx, d.who, consent.Any, came)
					require.NoError(t, err)
					return store()
				}, nil)
				require.ErrorIs(t, second(d.BeginErasure(t.Context(), d.who, after, x)), consent.ErrConflict)
				require.ErrorIs(t, second(d.BeginErasure(t.Context(), d.who, after, x)), consent.ErrConflict, "and still not")
				assert.Len(t, d.history(), int(after)+1, "only what came meanwhile")
				want := purpose.Permitted
				if meanwhile.Kind == consent.HoldPlaced {
					want = purpose.RestrictedToHold
					require.ErrorIs(t, second(d.erase(t.Context(), x)), consent.ErrHeld)
				}
				assert.Equal(t, want, d.asks(letter))
				p, err := d.door(door{into: attic, ids: []purpose.ID{letter}}).Begin(t.Context(), clerk, d.who)
				require.NoError(t, err, "nothing is closed by what was refused")
				p.End()
			})
		}
	}
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// A hold looks again when the ledger has moved, and finds what has.
func TestHoldFindsWhatCameBetween(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		meanwhile consent.Event
		want      error
	}{
		"an erasure":         {consent.Event{ID: "e-1", Kind: consent.Erasing}, consent.ErrAlreadyErasing},
		"of a part":          {consent.Event{ID: "e-1", Kind: consent.Expiring, Compartment: attic}, consent.ErrAlreadyErasing},
		"a grant":            {consent.Event{ID: "g-1", Kind: consent.Granted, Purpose: letter}, nil},
		"another hold":       {consent.Event{ID: "h-2", Kind: consent.HoldPlaced, Purpose: proof}, nil},
		"the very same hold": {consent.Event{ID: "h-1", Kind: consent.HoldPlaced, Purpose: proof}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t).told(letter)
			d.ledger.bend(func(ctx context.Context, e consent.Event, store func() (uint64, error)) (uint64, error) {
				d.ledger.bend(nil, nil)
				c.meanwhile.Policy, c.meanwhile.Time = "1", time.Now()
				_, err := d.ledger.Memory.Append(ctx, d.who, consent.Any, c.meanwhile)
				require.NoError(t, err)
				return store()
			}, nil)
			_, err := d.PlaceHold(t.Context(), d.who, purpose.Hold{ID: "h-1", Purpose: proof}, "")
			if c.want != nil {
				require.ErrorIs(t, err, c.want)
				assert.Empty(t, d.history(consent.HoldPlaced))
				return
			}
			require.NoError(t, err)
			var ids []string
			for _, h := range d.facts().Holds {
				ids = append(ids, h.ID)
			}
			assert.Contains(t, ids, "h-1")
			assert.Equal(t, purpose.RestrictedToHold, d.asks(letter))
		})
	}
}

// A ledger that others never stop writing to: the calls give up, and leave nothing closed.
func TestRestraintsGiveUp(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"PlaceHold", "ReleaseHold", "FinishErasure", "Readmit"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := restraintCalls[name]
			d := newDesk(t).told(letter)
			c.given(d)
			before := d.asks(letter)
			d.ledger.bend(func(context.Context, consent.Event, func() (uint64, error)) (uint64, error) {
				return 0, consent.ErrConflict
			}, nil)
			require.ErrorIs(t, c.call(t.Context(), d.Registry, d.who), consent.ErrConflict)
			assert.Equal(t, before, d.asks(letter))
		})
	}
}

// An erasure or a hold whose storing is in doubt denies in this process, until it is asked for again and the ledger has an answer.
func TestRestraintInDoubtDenies(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]bool{"that was not stored": false, "that was stored": true} {
		for what, c := range map[string]struct {
			call func(d *desk) error
			kind consent.Kind
			// of the use of a letter and of proof, while it is in doubt and when it stands
			doubt, stands [2]purpose.Reason
		}{
			"hold": {
				func(d *desk) error {
					return second(d.PlaceHold(d.t.Context(), d.who, purpose.Hold{ID: "h-1", Purpose: proof}, ""))
				}, consent.HoldPlaced, [2]purpose.Reason{purpose.RestrictedToHold, purpose.Permitted}, [2]purpose.Reason{purpose.RestrictedToHold, purpose.Permitted},
			},
			"erasure": {
				func(d *desk) error {
					return second(d.BeginErasure(d.t.Context(), d.who, 2, purpose.Erasure{ID: "e-1"}))
				}, consent.Erasing, [2]purpose.Reason{purpose.Erased, purpose.Erased}, [2]purpose.Reason{purpose.RestrictedToHold, purpose.RestrictedToHold},
			},
		} {
			t.Run(what+" "+name, func(t *testing.T) {
				t.Parallel()
				d := newDesk(t).told(letter)
				p := d.use(letter)
				d.ledger.bend(func(_ context.Context, _ consent.Event, store func() (uint64, error)) (uint64, error) {
					if lost {
						if seq, err := store(); err != nil {
							return seq, err
						}
					}
					return 0, errDisk
				}, nil)
				err := c.call(d)
				require.ErrorIs(t, err, consent.ErrOutcomeUnknown)
				assert.NotContains(t, err.Error(), string(canary))
				d.ledger.bend(nil, nil)
				assert.Equal(t, purpose.StaleDecision, checked(p))
				p.End()
				assert.Equal(t, c.doubt, [2]purpose.Reason{d.asks(letter), d.asks(proof)})
				assert.Equal(t, boolean(lost), len(d.history(c.kind)))
				require.NoError(t, c.call(d), "asked for again")
				assert.Len(t, d.history(c.kind), 1, "it is there once")
				assert.Equal(t, c.stands, [2]purpose.Reason{d.asks(letter), d.asks(proof)})
			})
		}
	}
}

// Whoever is killed while it waits, or has no more time, is gone on with under the same id, whatever version the ledger is at.
func TestErasureIsGoneOnWith(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]purpose.Erasure{"whole": {ID: "e-1"}, "part": {ID: "e-1", Compartment: attic, Case: job}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t).told(letter)
				p, err := d.door(door{into: attic, ids: []purpose.ID{letter}}).Begin(t.Context(), clerk, d.who)
				require.NoError(t, err)
				after := d.facts().Ledger
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				w, err := d.BeginErasure(ctx, d.who, after, x)
				require.ErrorIs(t, err, consent.ErrStillDraining)
				assert.NotZero(t, w.Position)
				begun := d.history()
				d.open("job-2") // and the ledger moves on
				again := make(chan ended, 1)
				go func() {
					w, err := d.BeginErasure(t.Context(), d.who, after, x)
					again <- ended{w, err}
				}()
				synctest.Wait()
				require.Empty(t, again, "the use is still running")
				p.End()
				got := <-again
				require.NoError(t, got.err)
				assert.Equal(t, 1, got.Drained)
				assert.Len(t, d.history(), len(begun)+1, "nothing new is stored")
				_, err = d.Wait(t.Context(), w.Position)
				require.NoError(t, err)

				d = d.reopened() // as after a crash
				_, err = d.BeginErasure(t.Context(), d.who, after, x)
				require.NoError(t, err)
				assert.Len(t, d.history(), len(begun)+1)
				require.NoError(t, second(d.FinishErasure(t.Context(), d.who, x.ID)))
			})
		})
	}
}

// A hold that waits can be interrupted, stands all the same, and is waited for again when it is placed again.
func TestHoldStillDraining(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t).told(letter)
		p := d.use(letter)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		e, err := d.PlaceHold(ctx, d.who, purpose.Hold{ID: "h-1", Purpose: proof}, "")
		require.ErrorIs(t, err, consent.ErrStillDraining)
		assert.Equal(t, "h-1", e.ID)
		assert.Equal(t, purpose.RestrictedToHold, d.asks(letter))
		work := p.Context()
		began := time.Now()
		_, err = d.PlaceHold(t.Context(), d.who, purpose.Hold{ID: "h-1", Purpose: proof}, "")
		require.NoError(t, err)
		assert.Equal(t, d.MaxUse(), time.Since(began), "what does not end is cancelled")
		assert.ErrorIs(t, context.Cause(work), consent.ErrWithdrawn)
		assert.Len(t, d.history(consent.HoldPlaced), 1)
		q := d.use(proof)
		_, err = d.PlaceHold(q.Context(), d.who, purpose.Hold{ID: "h-2", Purpose: letter}, "")
		require.NoError(t, err, "the use it is placed in is not waited for")
		assert.Equal(t, purpose.StaleDecision, checked(q))
		assert.Equal(t, purpose.RestrictedToHold, d.asks(letter), "two holds leave what they are on to neither")
		assert.Equal(t, purpose.RestrictedToHold, d.asks(proof))
	})
}

// A hold for a purpose takes no consent away: a grant that is being decided when it is placed is stored.
func TestHoldHindersNoGrant(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t).told()
		release := make(chan struct{})
		held := make(chan struct{}, 1)
		held <- struct{}{}
		d.ledger.bend(func(_ context.Context, e consent.Event, store func() (uint64, error)) (uint64, error) {
			if e.Kind == consent.Granted {
				select {
				case <-held:
					<-release
				default:
				}
			}
			return store()
		}, nil)
		granted := make(chan error, 1)
		go func() { granted <- second(d.Grant(t.Context(), d.who, letter, consent.Act{Method: consent.WebForm})) }()
		synctest.Wait()
		d.hold(purpose.Hold{ID: "h-1", Purpose: letter})
		close(release)
		require.NoError(t, <-granted)
		assert.Equal(t, purpose.Permitted, d.asks(letter))
	})
}

// schedule holds back the calls of some actors at every point where they touch the ledger, and lets them on in a given order.
type schedule struct {
	mu      sync.Mutex
	waiting map[string]chan struct{}
	choices []int // which of those that wait goes on, by step
	options []int // how many there were
	pauses  int   // how often, besides, time may pass while some wait, so that registries hear of each other
	off     bool
}

type actorKey struct{}

// at holds the actor back. It is called with the context of its call.
func (s *schedule) at(ctx context.Context) {
	who, _ := ctx.Value(actorKey{}).(string)
	s.mu.Lock()
	if who == "" || s.off {
		s.mu.Unlock()
		return
	}
	ch := make(chan struct{})
	s.waiting[who] = ch
	s.mu.Unlock()
	<-ch
}

// run starts the actors and lets them on, one at a time, until all have returned.
func (s *schedule) run(ctx context.Context, actors map[string]func(ctx context.Context)) {
	s.waiting = make(map[string]chan struct{})
	left := len(actors)
	var mu sync.Mutex
	for name, do := range actors {
		go func() {
			do(context.WithValue(ctx, actorKey{}, name))
			mu.Lock()
			defer mu.Unlock()
			left--
		}()
	}
	for {
		synctest.Wait()
		mu.Lock()
		done := left == 0
		mu.Unlock()
		if done {
			break
		}
		s.mu.Lock()
		names := make([]string, 0, 2)
		for name := range s.waiting {
			names = append(names, name)
		}
		slices.Sort(names)
		var on chan struct{}
		if len(names) > 0 {
			step := len(s.options)
			if step == len(s.choices) {
				s.choices = append(s.choices, 0)
			}
			s.options = append(s.options, len(names)+boolean(s.pauses > 0))
			if pick := s.choices[step]; pick < len(names) {
				on = s.waiting[names[pick]]
				delete(s.waiting, names[pick])
			} else {
				s.pauses--
			}
		}
		s.mu.Unlock()
		if on == nil {
			time.Sleep(50 * time.Millisecond)
			continue
		}
		close(on)
	}
	s.mu.Lock()
	s.off = true
	s.mu.Unlock()
}

// next returns the schedule after s, nil after the last.
func (s *schedule) next() *schedule {
	for i := len(s.options) - 1; i >= 0; i-- {
		if s.choices[i]+1 < s.options[i] {
			return &schedule{choices: append(slices.Clone(s.choices[:i]), s.choices[i]+1)}
		}
	}
	return nil
}

// heldLink is a way to a shared ledger on which a schedule holds calls back.
type heldLink struct {
	*link
	schedule **schedule
}

func (l *heldLink) Append(ctx context.Context, s consent.Subject, after uint64, e consent.Event) (uint64, error) {
	(*l.schedule).at(ctx)
	seq, err := l.link.Append(ctx, s, after, e)
	(*l.schedule).at(ctx)
	return seq, err
}

func (l *heldLink) Load(ctx context.Context, s []consent.Subject, each func(consent.Subject, consent.Record) error) (uint64, error) {
	(*l.schedule).at(ctx)
	head, err := l.link.Load(ctx, s, each)
	(*l.schedule).at(ctx)
	return head, err
}

func (l *heldLink) Events(ctx context.Context, s consent.Subject, after uint64) events {
	return func(yield func(consent.Event, error) bool) {
		(*l.schedule).at(ctx)
		all := taken(l.link.Events(ctx, s, after))
		(*l.schedule).at(ctx)
		all(yield)
	}
}

// Of a hold and an erasure that are asked for together, from one version of the ledger, one is stored and the other is told, in every order in which
// their reads and appends can come: at one registry and at two, which have read the ledger before or not.
func TestHoldAndErasureTogether(t *testing.T) {
	t.Parallel()
	whole, part, ofJob := purpose.Erasure{ID: "e-1"}, purpose.Erasure{ID: "e-1", Compartment: attic}, purpose.Erasure{ID: "e-1", Compartment: attic, Case: job}
	all, onJob := purpose.Hold{ID: "h-1", Purpose: proof}, purpose.Hold{ID: "h-1", Purpose: proof, Case: job}
	for name, c := range map[string]struct {
		hold  purpose.Hold
		erase purpose.Erasure
		both  bool // if the erasure comes first, they do not touch each other
	}{
		"everything":                 {all, whole, false},
		"a hold on all, and a part":  {all, part, false},
		"a hold on all, and a case":  {all, ofJob, false},
		"a hold on a case, and all":  {onJob, whole, false},
		"a hold on a case, and that": {onJob, ofJob, false},
		"a hold on a case, and none": {onJob, part, true},
	} {
		for registries := 1; registries <= 2; registries++ {
			for _, read := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%d/%t", name, registries, read), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						schedules := 0
						won := map[consent.Kind]int{}
						for s := new(schedule); s != nil; s = s.next() {
							first := together(t, s, registries, read, c.hold, c.erase, c.both)
							won[first]++
							if schedules++; t.Failed() {
								t.Fatalf("schedule %v", s.choices)
							}
						}
						t.Logf("%d schedules, first: %v", schedules, won)
						assert.GreaterOrEqual(t, schedules, 6)
						assert.Len(t, won, 2, "either can win")
					})
				})
			}
		}
	}
}

// together runs one schedule and returns the kind of the event that was stored first.
func together(t *testing.T, s *schedule, registries int, read bool, hold purpose.Hold, x purpose.Erasure, both bool) consent.Kind {
	t.Helper()
	current := s
	shared := new(consent.SharedMemory)
	var at []*consent.Registry
	for range registries {
		l := &heldLink{&link{SharedMemory: shared}, &current}
		var ledger consent.Ledger = l
		if registries == 1 {
			ledger = struct{ consent.Ledger }{l} // which is held alone
		}
		r, err := consent.NewRegistry(registryPolicy(t), ledger)
		require.NoError(t, err)
		defer r.Close()
		at = append(at, r)
	}
	o := &office{at[0], t, nil, canary}
	after := o.told(letter)
	if read {
		for _, r := range at {
			require.NoError(t, second(r.Facts(t.Context(), canary)))
		}
	}
	var holdErr, eraseErr error
	if registries > 1 && hold.Case == "" && x.Case == "" {
		s.pauses = 1
	}
	s.run(t.Context(), map[string]func(ctx context.Context){
		"hold":  func(ctx context.Context) { _, holdErr = at[0].PlaceHold(ctx, canary, hold, "") },
		"erase": func(ctx context.Context) { _, eraseErr = at[len(at)-1].BeginErasure(ctx, canary, after, x) },
	})
	var stored []consent.Kind
	for e, err := range shared.Events(t.Context(), canary, after) {
		require.NoError(t, err)
		stored = append(stored, e.Kind)
	}
	require.NotEmpty(t, stored)
	if stored[0] == consent.HoldPlaced {
		assert.Len(t, stored, 1)
		assert.NoError(t, holdErr)
		assert.True(t, errors.Is(eraseErr, consent.ErrConflict) || errors.Is(eraseErr, consent.ErrHeld), "%v", eraseErr)
	} else {
		assert.Len(t, stored, 1+boolean(both))
		assert.NoError(t, eraseErr)
		if both {
			assert.NoError(t, holdErr)
		} else {
			assert.ErrorIs(t, holdErr, consent.ErrAlreadyErasing)
		}
	}
	held := holdErr == nil && hold.Case == ""
	time.Sleep(2 * time.Second) // and every registry says the same
	for _, r := range at {
		o.Registry = r
		_, use := o.begin(t.Context(), letter)
		want := purpose.Permitted
		if held || eraseErr == nil && x.Compartment == "" {
			want = purpose.RestrictedToHold
		}
		assert.Equal(t, want, use)
		g, err := r.GateInto(nil, attic, letter)
		require.NoError(t, err)
		p, err := g.Begin(t.Context(), clerk, canary)
		p.End()
		want = purpose.Permitted
		if eraseErr == nil {
			want = cmp.Or(map[bool]purpose.Reason{true: purpose.Erased}[x.Compartment == ""], purpose.ErasureRunning)
		}
		if err != nil || want != purpose.Permitted {
			assert.Equal(t, want, reasonOf(err))
		}
	}
	return stored[0]
}
