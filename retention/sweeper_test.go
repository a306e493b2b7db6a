package retention_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii/piitest"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
)

type actions = []retention.Action

func TestWhatIsDueEnds(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.v.Grant(marie, newsletter)
	r.until(2020, time.March, 1)
	first := r.add(marie, "", "identity.email", newsletter, dispute)
	require.Len(t, r.agenda(marie), 1)
	assert.Equal(t, time.Date(2021, time.March, 1, 0, 0, 0, 0, time.UTC), r.agenda(marie)[0].Due, "until the last of its rules")
	assert.Empty(t, r.sweep(), "nothing is due")
	r.until(2020, time.April, 1)
	r.add(marie, "", "identity.email", newsletter, dispute)

	r.until(2021, time.March, 2)
	steps := r.sweep()
	require.Len(t, steps, 1)
	assert.Equal(t, retention.Ended, steps[0].Action)
	assert.Zero(t, steps[0].Next)
	assert.Equal(t, 1, r.has(marie, "identity.email"), "the row goes when it ends")
	require.Len(t, r.agenda(marie), 1)

	r.until(2021, time.April, 2)
	assert.Equal(t, actions{retention.Ended}, r.actions())
	assert.Zero(t, r.has(marie, "identity.email"))
	assert.Empty(t, r.agenda(marie))
	f, err := r.registry().Facts(t.Context(), marie)
	require.NoError(t, err)
	assert.Empty(t, f.Erasures, "nothing is left open")
	assert.False(t, r.opens(first), "the keys go with the last of the compartment")
}

func TestKeysStayWhileTheCompartmentHasSomething(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.until(2020, time.March, 1)
	r.add(marie, "", "identity.email", newsletter, dispute)
	r.until(2020, time.April, 1)
	later := r.add(marie, "", "identity.email", newsletter, dispute)
	r.until(2021, time.March, 2)
	assert.Equal(t, actions{retention.Ended}, r.actions())
	assert.True(t, r.opens(later))
}

func TestTogetherDueInOneCompartmentTheLastTakesTheKeys(t *testing.T) {
	t.Parallel()
	for _, parallel := range []int{1, 2, 8} {
		r := newRig(t)
		var all []row
		for day := 1; day <= 8; day++ {
			r.until(2020, time.March, day)
			all = append(all, r.add(marie, "", "identity.email", newsletter, dispute))
		}
		r.until(2021, time.April, 1)
		c := r.config()
		c.Parallel = parallel
		w, err := retention.NewSweeper(c)
		require.NoError(t, err)
		for range 9 { // one that saw another just ending looks again, and at least one gets on
			for s, err := range w.Sweep(t.Context()) {
				require.NoError(t, err)
				assert.NotEqual(t, retention.Failed, s.Action, "%v", s.Cause)
			}
			r.v.Advance(time.Hour)
		}
		assert.Zero(t, r.has(marie, "identity.email"))
		assert.Empty(t, r.agenda(marie))
		assert.False(t, r.opens(all[7]), "parallel %d", parallel)
	}
}

func TestWhatWaitsIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	r.until(2020, time.March, 1)
	_, err := r.registry().Record(ctx, marie, consent.Event{Kind: consent.CaseOpened, Case: "job-1", Actor: clerk})
	require.NoError(t, err)
	r.add(marie, "job-1", "identity.birth_date", repairs)
	due := r.agenda(marie)[0].Due
	assert.Equal(t, r.v.Clock.Now().AddDate(0, 0, 30), due, "no end yet")

	r.v.Clock.Set(due)
	steps := r.sweep()
	require.Len(t, steps, 1)
	assert.Equal(t, retention.Kept, steps[0].Action)
	assert.Equal(t, due.AddDate(0, 0, 30), steps[0].Next)

	_, err = r.registry().Record(ctx, marie, consent.Event{Kind: consent.CaseClosed, Case: "job-1"})
	require.NoError(t, err)
	r.v.Clock.Set(due.AddDate(0, 0, 1))
	require.NoError(t, r.planner.Replan(ctx, marie))
	end := r.agenda(marie)[0].Due
	assert.Equal(t, due.AddDate(0, 0, 30), end, "30 April is one month and 30 days from the collection, either way")

	r.v.Clock.Set(due.AddDate(0, 1, 0))
	hold, err := r.registry().PlaceHold(ctx, marie, purpose.Hold{Purpose: dispute, Case: "job-1"}, "")
	require.NoError(t, err)
	steps = r.sweep()
	require.Len(t, steps, 1)
	assert.Equal(t, retention.Waiting, steps[0].Action)
	require.ErrorIs(t, steps[0].Cause, consent.ErrHeld)
	assert.Equal(t, 1, r.has(marie, "identity.birth_date"))

	_, err = r.registry().ReleaseHold(ctx, marie, hold.ID)
	require.NoError(t, err)
	assert.Empty(t, r.sweep())
	require.NoError(t, r.planner.Replan(ctx, marie))
	assert.Equal(t, actions{retention.Ended}, r.actions())
	assert.Zero(t, r.has(marie, "identity.birth_date"))
}

func TestAFailureIsOfItsItemAlone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.until(2020, time.March, 1)
	r.add(marie, "", "identity.email", newsletter, dispute)
	r.add(paul, "", "identity.name", dispute)
	r.until(2021, time.April, 1)
	broken, once := errors.New("the table is locked"), false
	r.at = func(call string, done bool) error {
		if call == "erase people" && !done && r.has(marie, "identity.email") == 1 && r.has(paul, "identity.name") == 1 && !once {
			once = true
			return broken
		}
		return nil
	}
	steps := r.sweep()
	require.Len(t, steps, 2)
	assert.Equal(t, retention.Failed, steps[0].Action)
	assert.Equal(t, retention.Ended, steps[1].Action, "the rest goes on")
	require.ErrorIs(t, steps[0].Cause, broken)
	assert.NotContains(t, steps[0].Cause.Error(), string(steps[0].Item.Subject))
	assert.Equal(t, r.v.Clock.Now().Add(time.Minute), steps[0].Next)

	r.at = func(call string, _ bool) error {
		if call == "erase people" {
			return broken
		}
		return nil
	}
	for _, wait := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute} {
		r.v.Advance(wait)
		for _, s := range r.sweep() {
			require.Equal(t, retention.Failed, s.Action)
			assert.LessOrEqual(t, s.Next.Sub(r.v.Clock.Now()), 24*time.Hour)
		}
	}
	r.at = func(string, bool) error { return nil }
	r.v.Advance(24 * time.Hour)
	r.sweep()
	assert.Zero(t, r.has(marie, "identity.email")+r.has(paul, "identity.name"))
	assert.Empty(t, r.agenda(marie))
}

func TestASweepThatIsStoppedGivesBack(t *testing.T) {
	t.Parallel()
	for name, stop := range map[string]func(*retention.Config, context.CancelFunc) bool{
		"the loop ends":    func(*retention.Config, context.CancelFunc) bool { return true },
		"pace":             func(c *retention.Config, _ context.CancelFunc) bool { c.Pace = third(); return false },
		"the context ends": func(c *retention.Config, end context.CancelFunc) bool { c.Pace = ending(end); return false },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.until(2020, time.March, 1)
			people := []consent.Subject{"a", "b", "c", "d", "e"}
			for _, s := range people {
				r.add(s, "", "identity.name", dispute)
			}
			r.until(2021, time.April, 1)
			c := r.config()
			ctx, end := context.WithCancel(t.Context())
			defer end()
			first := stop(&c, end)
			w, err := retention.NewSweeper(c)
			require.NoError(t, err)
			var stopped error
			for _, err := range w.Sweep(ctx) {
				if stopped = err; first {
					break
				}
			}
			if !first {
				require.Error(t, stopped)
			}
			left := 0
			for _, s := range people {
				left += r.has(s, "identity.name")
			}
			assert.NotZero(t, left)
			var again []retention.Action
			for _, s := range r.sweep() { // at once: no claim is left to wait for
				again = append(again, s.Action)
				assert.Zero(t, s.Item.Failures, "it was no failure of the item")
			}
			assert.Len(t, again, left)
			for _, s := range people {
				assert.Zero(t, r.has(s, "identity.name"))
			}
		})
	}
}

// third returns a pace that fails at the third item.
func third() func(context.Context) error {
	n := 0
	return func(context.Context) error {
		if n++; n == 3 {
			return errors.New("too fast")
		}
		return nil
	}
}

// ending returns a pace that ends the sweep's context before the second item, and lets it go on.
func ending(end context.CancelFunc) func(context.Context) error {
	n := 0
	return func(context.Context) error {
		if n++; n == 2 {
			end()
		}
		return nil
	}
}

func TestPreviewChangesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.until(2020, time.March, 1)
	r.add(marie, "", "identity.name", dispute)
	r.add(paul, "", "identity.name", dispute)
	r.until(2021, time.April, 1)
	_, err := r.registry().PlaceHold(t.Context(), paul, purpose.Hold{Purpose: dispute}, "")
	require.NoError(t, err)
	for range 2 {
		seen := make(map[consent.Subject]retention.Action)
		for s, err := range r.sweeper().Preview(t.Context(), 10) {
			require.NoError(t, err)
			seen[s.Item.Subject] = s.Action
		}
		assert.Equal(t, map[consent.Subject]retention.Action{marie: retention.Ended, paul: retention.Waiting}, seen)
	}
	assert.Equal(t, 2, r.has(marie, "identity.name")+r.has(paul, "identity.name"))
	assert.ElementsMatch(t, actions{retention.Ended, retention.Waiting}, r.actions())
}

func TestAnAttributeWithoutATableIsNotCalledGone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.until(2020, time.March, 1)
	r.add(marie, "", "identity.birth_date", dispute)
	r.until(2021, time.April, 1)
	c := r.config()
	c.Tables = c.Tables[:1]
	w, err := retention.NewSweeper(c)
	require.NoError(t, err)
	for s, err := range w.Sweep(t.Context()) {
		require.NoError(t, err)
		assert.Equal(t, retention.Failed, s.Action)
		require.ErrorIs(t, s.Cause, retention.ErrNoTable)
	}
	assert.Len(t, r.agenda(marie), 1)
}

func TestAnItemThatGrewEndsWithWhatCameLate(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.until(2020, time.March, 1)
	value := r.add(marie, "", "identity.email", newsletter, dispute)
	late := value
	late.attribute = "identity.birth_date"
	r.until(2021, time.April, 1)
	grew := false
	r.at = func(call string, done bool) error {
		if call != "take" || !done || grew {
			return nil
		}
		grew = true
		r.mu.Lock()
		r.rows = append(r.rows, late)
		r.mu.Unlock()
		item := r.agenda(marie)[0]
		item.Attributes = []purpose.Attribute{late.attribute}
		return r.store.Put(context.Background(), item)
	}
	assert.Equal(t, actions{retention.Ended}, r.actions(), "once")
	assert.Zero(t, r.has(marie, "identity.email")+r.has(marie, "identity.birth_date"))
	assert.Empty(t, r.agenda(marie))
}

// TestAnItemThatIsDueMayStillBeHeld ends one item while another of its compartment is due and its end has not begun: a hold can still come on that.
func TestAnItemThatIsDueMayStillBeHeld(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	r.until(2020, time.March, 1)
	r.add(marie, "", "identity.name", dispute)
	r.until(2020, time.March, 2)
	other := r.add(marie, "job-1", "identity.name", dispute)
	r.until(2021, time.April, 1)
	r.at = func(call string, done bool) error {
		if call == "erase people" && !done {
			_, err := r.registry().PlaceHold(ctx, marie, purpose.Hold{ID: "h", Purpose: dispute, Case: "job-1"}, "")
			return err
		}
		return nil
	}
	assert.Equal(t, actions{retention.Ended, retention.Waiting}, r.actions())
	assert.Equal(t, 1, r.has(marie, "identity.name"))
	assert.True(t, r.opens(other))
}

// TestAnItemLooksAgainWhereAnotherIsJustEnding has another sweeper look at the second of two while the first has ended and is still on the agenda.
func TestAnItemLooksAgainWhereAnotherIsJustEnding(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.until(2020, time.March, 1)
	value := r.add(marie, "", "identity.name", dispute)
	r.until(2020, time.March, 2)
	r.add(marie, "", "identity.name", dispute)
	r.until(2021, time.April, 1)
	c := r.config()
	c.Batch = 1
	w, err := retention.NewSweeper(c)
	require.NoError(t, err)
	var second []retention.Step
	r.at = func(call string, done bool) error {
		if call == "settle" && !done && second == nil {
			second = []retention.Step{}
			second = r.sweep()
		}
		return nil
	}
	for s, err := range w.Sweep(t.Context()) {
		require.NoError(t, err)
		assert.Equal(t, retention.Ended, s.Action)
	}
	require.Len(t, second, 1)
	assert.Equal(t, retention.Waiting, second[0].Action)
	require.ErrorIs(t, second[0].Cause, retention.ErrSibling)
	assert.True(t, r.opens(value), "something new may have been put in the place of the first")
	r.v.Advance(time.Hour)
	assert.Equal(t, actions{retention.Ended}, r.actions())
	assert.False(t, r.opens(value))
}

func TestDelaysGrowAndAreForgotten(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.until(2020, time.March, 1)
	r.add(marie, "", "identity.name", dispute)
	r.until(2021, time.April, 1)
	r.at = func(call string, _ bool) error {
		if call == "of" {
			return errors.New("away")
		}
		return nil
	}
	for _, wait := range []time.Duration{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1440} {
		steps := r.sweep()
		require.Len(t, steps, 1)
		assert.Equal(t, wait*time.Minute, steps[0].Next.Sub(r.v.Clock.Now()))
		r.v.Clock.Set(steps[0].Next)
	}
	r.at = func(string, bool) error { return nil }
	item := r.agenda(marie)[0]
	assert.Equal(t, 13, item.Failures)
	f, err := r.registry().Facts(t.Context(), marie)
	require.NoError(t, err)
	_, err = r.registry().FinishErasure(t.Context(), marie, f.Erasures[0].ID) // by hand, so that a hold can come
	require.NoError(t, err)
	_, err = r.registry().PlaceHold(t.Context(), marie, purpose.Hold{Purpose: dispute}, "")
	require.NoError(t, err)
	assert.Equal(t, actions{retention.Waiting}, r.actions())
	assert.Zero(t, r.agenda(marie)[0].Failures)
}

// TestNothingIsBegunLateInALease has erasers take their time.
func TestNothingIsBegunLateInALease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.until(2020, time.March, 1)
		for n := range 4 {
			r.add(consent.Subject(fmt.Sprint("p-", n)), "", "identity.name", dispute)
		}
		r.until(2021, time.April, 1)
		var taken time.Time
		takes := 0
		r.at = func(call string, done bool) error {
			switch {
			case call == "take" && !done:
				taken = time.Now()
				takes++
			case call == "erase people" && !done:
				assert.Less(t, time.Since(taken), 5*time.Minute, "half of it")
				time.Sleep(3 * time.Minute)
			}
			return nil
		}
		assert.Equal(t, actions{retention.Ended, retention.Ended, retention.Ended, retention.Ended}, r.actions())
		assert.Equal(t, 3, takes, "two in a lease, two in the next, and nothing")

		r.until(2021, time.May, 1)
		r.add(marie, "", "identity.name", dispute)
		r.until(2022, time.June, 1)
		r.at = func(call string, done bool) error {
			if call == "erase people" && !done {
				time.Sleep(10 * time.Minute)
				return errors.New("at last")
			}
			return nil
		}
		steps := r.sweep()
		require.Len(t, steps, 1)
		require.ErrorIs(t, steps[0].Cause, retention.ErrLease)
	})
}

func TestAConfigThatIsNotComplete(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, err := retention.NewSweeper(retention.Config{})
	require.ErrorIs(t, err, retention.ErrConfig)
	for _, name := range []string{"Registry", "Store", "Keys", "Tables"} {
		assert.ErrorContains(t, err, name)
	}
	for name, spoil := range map[string]func(*retention.Config){
		"nil pointer":     func(c *retention.Config) { c.Store = (*retention.Memory)(nil) },
		"no name":         func(c *retention.Config) { c.Tables[0].Name = "" },
		"one name":        func(c *retention.Config) { c.Tables[1].Name = c.Tables[0].Name },
		"no eraser":       func(c *retention.Config) { c.Tables[0].Eraser = nil },
		"nil function":    func(c *retention.Config) { c.Tables[0].Eraser = retention.EraserFunc(nil) },
		"no attributes":   func(c *retention.Config) { c.Tables[0].Attributes = nil },
		"negative batch":  func(c *retention.Config) { c.Batch = -1 },
		"negative retry":  func(c *retention.Config) { c.Retry = -1 },
		"parallel":        func(c *retention.Config) { c.Parallel = -1 },
		"a short lease":   func(c *retention.Config) { c.Lease = time.Second },
		"negative backup": func(c *retention.Config) { c.Backups.Days = -1 },
	} {
		c := r.config()
		spoil(&c)
		_, err := retention.NewSweeper(c)
		assert.ErrorIs(t, err, retention.ErrConfig, name)
	}
	_, err = retention.NewPlanner(nil, r.store)
	require.Error(t, err)
	_, err = retention.NewPlanner(r.registry(), (*retention.Memory)(nil))
	require.Error(t, err)
	for _, w := range []*retention.Sweeper{nil, new(retention.Sweeper)} {
		steps := 0
		for _, sweep := range []iter.Seq2[retention.Step, error]{w.Sweep(t.Context()), w.Preview(t.Context(), 1)} {
			for _, err := range sweep {
				require.ErrorIs(t, err, purpose.Malformed)
				steps++
			}
		}
		assert.Equal(t, 2, steps, "each says so, once")
		_, err = w.Plan(t.Context(), marie)
		require.ErrorIs(t, err, purpose.Malformed)
		_, err = w.Erase(t.Context(), marie)
		require.ErrorIs(t, err, purpose.Malformed)
	}
	for _, p := range []*retention.Planner{nil, new(retention.Planner)} {
		require.ErrorIs(t, p.Keep(t.Context(), marie, "tax/legal", "identity.email", "", r.v.Clock.Now()), purpose.Malformed)
		require.ErrorIs(t, p.Replan(t.Context(), marie), purpose.Malformed)
	}
}

func TestAPlannerPutsNoErasureByMistake(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, err := range []error{
		r.planner.Keep(t.Context(), marie, "", "identity.email", "", r.v.Clock.Now()),
		r.planner.Keep(t.Context(), marie, "tax/legal", "", "", r.v.Clock.Now()),
		r.planner.Keep(t.Context(), marie, "tax/legal", "identity.email", "", time.Time{}),
	} {
		assert.ErrorIs(t, err, retention.ErrItem)
	}
	assert.Empty(t, r.agenda(marie))
}

// What is put on the agenda again, after its end, ends again, and holds find that one or are found by it as well.
func TestASecondEndOfTheSameItemIsFencedToo(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	r.until(2020, time.March, 1)
	value := r.add(marie, "", "identity.name", dispute)
	other := r.add(paul, "", "identity.name", dispute)
	r.until(2021, time.April, 1)
	require.Equal(t, actions{retention.Ended, retention.Ended}, r.actions())
	// An import of old data, of the same day.
	r.rows = append(r.rows, value, other)
	require.NoError(t, r.planner.Keep(ctx, marie, value.compartment, "identity.name", "", value.collected))
	var hold error
	r.at = func(call string, done bool) error {
		if call == "erase people" && !done {
			_, hold = r.registry().PlaceHold(ctx, marie, purpose.Hold{Purpose: dispute}, "")
		}
		return nil
	}
	require.Equal(t, actions{retention.Ended}, r.actions())
	require.ErrorIs(t, hold, consent.ErrAlreadyErasing)
	assert.Zero(t, r.has(marie, "identity.name"))
}

// TestManySweepersAndHolds has sweepers share a store while holds come and go: what was held when it ended must be there.
func TestManySweepersAndHolds(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.until(2020, time.March, 1)
	var people []consent.Subject
	for n := range 12 {
		s := consent.Subject(fmt.Sprintf("p-%d", n))
		people = append(people, s)
		for day := range 3 {
			r.until(2020, time.March, 1+day)
			r.add(s, "job-1", "identity.name", dispute)
		}
	}
	r.until(2021, time.April, 1)
	held := make([]int, len(people)) // rows that were there when the hold was accepted, -1: refused
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			c := r.config()
			c.Batch, c.Parallel = 5, 2
			w, err := retention.NewSweeper(c)
			if !assert.NoError(t, err) {
				return
			}
			for s, err := range w.Sweep(context.Background()) {
				assert.NoError(t, err)
				assert.NotEqual(t, retention.Failed, s.Action, "%v", s.Cause)
			}
		})
	}
	for n, s := range people {
		all.Go(func() {
			_, err := r.registry().PlaceHold(context.Background(), s, purpose.Hold{ID: "h", Purpose: dispute, Case: "job-1"}, "")
			if held[n] = r.has(s, "identity.name"); err != nil {
				assert.ErrorIs(t, err, consent.ErrAlreadyErasing)
				held[n] = -1
			}
		})
	}
	all.Wait()
	for range 4 {
		r.v.Advance(time.Hour)
		r.sweep()
	}
	for n, s := range people {
		assert.Equal(t, max(0, held[n]), r.has(s, "identity.name"))
		if held[n] == -1 {
			assert.Empty(t, r.agenda(s))
		}
	}
}

func TestAPlannerLooksAtWhatEndsBeyondTheCalendar(t *testing.T) {
	t.Parallel()
	d := shop()
	d.Purposes[0].Retention.Keep = purpose.Period{Years: 1000}
	v := piitest.New(t, d)
	store := new(retention.Memory)
	planner, err := retention.NewPlanner(v.Registry(), store)
	require.NoError(t, err)
	c, err := v.Registry().Policy().Compartment(newsletter)
	require.NoError(t, err)
	require.NoError(t, planner.Keep(t.Context(), marie, c, "identity.email", "", time.Date(9300, time.January, 1, 0, 0, 0, 0, time.UTC)))
	items, err := store.Of(t.Context(), marie)
	require.NoError(t, err)
	require.Len(t, items, 1)
	assert.Equal(t, 9999, items[0].Due.Year())
}
