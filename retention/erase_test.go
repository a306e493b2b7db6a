package retention_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
)

func TestErasureKeepsWhatALawObligesTo(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	r.until(2020, time.March, 1)
	r.v.Grant(marie, newsletter)
	letter := r.add(marie, "", "identity.email", newsletter, dispute)
	invoice := r.add(marie, "", "identity.name", taxes)
	r.until(2020, time.May, 1)
	lines := []retention.Line{
		{Attribute: "identity.email", Compartment: letter.compartment, Outcome: retention.Destroyed},
		{
			Attribute: "identity.name", Compartment: invoice.compartment, Outcome: retention.Retained,
			Until: time.Date(2027, time.January, 1, 0, 0, 0, 0, time.UTC), Why: retention.Tax().Citation,
		},
	}
	plan, err := r.sweeper().Plan(ctx, marie)
	require.NoError(t, err)
	assert.Equal(t, lines, plan.Lines)
	assert.Equal(t, 1, r.has(marie, "identity.email"), "a plan changes nothing")

	c, err := r.sweeper().Erase(ctx, marie)
	require.NoError(t, err)
	assert.Equal(t, lines, c.Lines)
	assert.Equal(t, []string{"people"}, c.Tables)
	assert.Equal(t, "1", c.Policy)
	assert.True(t, c.Concerns(marie))
	assert.False(t, c.Concerns(paul))
	assert.True(t, c.Redacted)
	assert.Equal(t, r.v.Clock.Now(), c.Decided)
	assert.Equal(t, r.v.Clock.Now(), c.Completed)
	assert.Equal(t, time.Date(2020, time.June, 1, 0, 0, 0, 0, time.UTC), c.Backups, "30 days from noon are over with the day")
	assert.Equal(t, []retention.Certificate{c}, r.certs)

	assert.Zero(t, r.has(marie, "identity.email"))
	assert.Equal(t, 1, r.has(marie, "identity.name"))
	items := r.agenda(marie)
	require.Len(t, items, 1, "what is retained, and no request")
	assert.Equal(t, invoice.compartment, items[0].Compartment)
	f, err := r.registry().Facts(ctx, marie)
	require.NoError(t, err)
	assert.Empty(t, f.Erasures)
	assert.Equal(t, c.Decided, f.Erased)

	use, err := r.v.MustAccessor(taxes).Begin(ctx, clerk, marie)
	require.NoError(t, err)
	_, err = invoice.name.Reveal(use)
	require.NoError(t, err, "what is retained opens for the purpose that retains it")
	use.End()
	_, err = r.v.MustAccessor(dispute).Begin(ctx, clerk, marie)
	require.ErrorIs(t, err, purpose.RestrictedToHold, "and for no other")

	r.until(2027, time.January, 1)
	assert.Equal(t, actions{retention.Ended}, r.actions(), "it ends without another request")
	assert.Zero(t, r.has(marie, "identity.name"))
	assert.Empty(t, r.agenda(marie))
	for have := range r.registry().History(ctx, marie) {
		assert.True(t, have.Blank || have.Kind <= consent.Withdrawn || have.Kind == consent.Erased, "%v was blanked with the last item", have.Kind)
	}
	assert.False(t, r.opens(letter))
	assert.False(t, r.opens(invoice))
}

func TestAnAttributeCanBeRetainedInOneCompartmentAndDestroyedInAnother(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.until(2020, time.March, 1)
	destroyed := r.add(marie, "", "identity.name", dispute)
	retained := r.add(marie, "", "identity.name", taxes)
	c, err := r.sweeper().Erase(t.Context(), marie)
	require.NoError(t, err)
	require.Len(t, c.Lines, 2)
	for _, l := range c.Lines {
		want := retention.Destroyed
		if l.Compartment == retained.compartment {
			want = retention.Retained
		}
		assert.Equal(t, want, l.Outcome)
	}
	assert.Equal(t, 1, r.has(marie, "identity.name"))
	assert.False(t, r.opens(destroyed))
	assert.True(t, r.opens(retained))
}

func TestACompartmentWithAnythingHeldKeepsItsKeys(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	r.until(2020, time.March, 1)
	free := r.add(marie, "", "identity.birth_date", dispute)
	held := r.add(marie, "job-1", "identity.name", dispute)
	hold, err := r.registry().PlaceHold(ctx, marie, purpose.Hold{Purpose: dispute, Case: "job-1"}, "file 12")
	require.NoError(t, err)
	c, err := r.sweeper().Erase(ctx, marie)
	require.NoError(t, err)
	assert.Equal(t, []retention.Line{
		{Attribute: "identity.birth_date", Compartment: free.compartment, Outcome: retention.Deleted},
		{Attribute: "identity.name", Compartment: held.compartment, Outcome: retention.Held, Why: string(dispute)},
	}, c.Lines)
	assert.False(t, c.Redacted, "the hold's purpose may need what the ledger says")
	assert.Zero(t, r.has(marie, "identity.birth_date"))
	assert.Equal(t, 1, r.has(marie, "identity.name"))

	_, err = r.registry().ReleaseHold(ctx, marie, hold.ID)
	require.NoError(t, err)
	require.NoError(t, r.planner.Replan(ctx, marie))
	assert.Equal(t, actions{retention.Ended}, r.actions(), "after the last hold, what is left ends by itself")
	assert.Zero(t, r.has(marie, "identity.name"))
	assert.Empty(t, r.agenda(marie))
	assert.False(t, r.opens(free))
	assert.False(t, r.opens(held))
}

func TestAHoldOnEverythingMakesAnErasureWait(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	r.until(2020, time.March, 1)
	r.add(marie, "", "identity.name", dispute)
	hold, err := r.registry().PlaceHold(ctx, marie, purpose.Hold{Purpose: dispute}, "")
	require.NoError(t, err)
	plan, err := r.sweeper().Plan(ctx, marie)
	require.NoError(t, err)
	require.Len(t, plan.Lines, 1)
	assert.Equal(t, retention.Held, plan.Lines[0].Outcome)
	for range 2 {
		_, err = r.sweeper().Erase(ctx, marie)
		require.ErrorIs(t, err, consent.ErrHeld)
		assert.NotContains(t, err.Error(), string(marie))
	}
	require.Len(t, r.agenda(marie), 2, "it is asked for once")
	r.v.Advance(time.Hour)
	assert.Equal(t, actions{retention.Waiting}, r.actions())
	require.NoError(t, r.planner.Replan(ctx, marie))
	assert.Empty(t, r.actions(), "it still waits")
	assert.Equal(t, 1, r.has(marie, "identity.name"))

	_, err = r.registry().ReleaseHold(ctx, marie, hold.ID)
	require.NoError(t, err)
	require.NoError(t, r.planner.Replan(ctx, marie))
	steps := r.sweep()
	require.Len(t, steps, 1)
	assert.Equal(t, retention.Erased, steps[0].Action)
	require.NotNil(t, steps[0].Certificate)
	assert.Equal(t, r.certs, []retention.Certificate{*steps[0].Certificate})
	assert.Zero(t, r.has(marie, "identity.name"))
	assert.Empty(t, r.agenda(marie))
}

func TestErasingAgainErasesWhatIsLeft(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	r.until(2020, time.March, 1)
	r.add(marie, "", "identity.name", dispute)
	first, err := r.sweeper().Erase(ctx, marie)
	require.NoError(t, err)
	assert.Len(t, first.Lines, 1)
	second, err := r.sweeper().Erase(ctx, marie)
	require.NoError(t, err)
	assert.NotEqual(t, first.ID, second.ID)
	assert.Empty(t, second.Lines)
	assert.Empty(t, second.Tables)
	nobody, err := r.sweeper().Erase(ctx, "nobody")
	require.NoError(t, err)
	assert.Empty(t, nobody.Lines)
	assert.Empty(t, r.agenda("nobody"))
}

func TestWhoCameBackIsNotErasedByAnOldRequest(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	r.until(2020, time.March, 1)
	r.add(marie, "", "identity.name", dispute)
	dead := errors.New("killed")
	r.at = func(call string, done bool) error {
		if call == "settle" && !done {
			return dead
		}
		return nil
	}
	_, err := r.sweeper().Erase(ctx, marie) // its request and its items stay on the agenda
	require.NoError(t, err)
	r.at = func(string, bool) error { return nil }
	require.Len(t, r.agenda(marie), 2)

	_, err = r.registry().Readmit(ctx, marie)
	require.NoError(t, err)
	require.NoError(t, r.v.Ring.Readmit(ctx, marie))
	fresh := r.add(marie, "", "identity.name", dispute)
	r.v.Advance(time.Hour)
	r.sweep()
	r.sweep()
	assert.Equal(t, 1, r.has(marie, "identity.name"), "she came back the same day")
	assert.Len(t, r.certs, 1)
	assert.True(t, r.opens(fresh))
}

func TestAnErasureThatTheAgendaHasLostIsFoundAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	r.until(2020, time.March, 1)
	r.add(marie, "", "identity.name", dispute)
	f, err := r.registry().Facts(ctx, marie)
	require.NoError(t, err)
	_, err = r.registry().BeginErasure(ctx, marie, f.Ledger, purpose.Erasure{ID: "by-hand"})
	require.NoError(t, err)
	r.until(2021, time.March, 2)
	assert.Equal(t, actions{retention.Waiting}, r.actions())
	r.v.Advance(time.Hour)
	r.sweep()
	require.Len(t, r.certs, 1)
	assert.Equal(t, "by-hand", r.certs[0].ID)
	assert.Zero(t, r.has(marie, "identity.name"))
	r.v.Advance(time.Hour)
	r.sweep()
	assert.Empty(t, r.agenda(marie))
}

func TestNothingIsTakenInWhileAnErasureRuns(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.until(2020, time.March, 1)
	r.add(marie, "", "identity.name", dispute)
	fail := errors.New("no paper")
	r.at = func(call string, _ bool) error {
		if call == "certify" {
			return fail
		}
		return nil
	}
	_, err := r.sweeper().Erase(t.Context(), marie)
	require.ErrorIs(t, err, fail)
	f, err := r.registry().Facts(t.Context(), marie)
	require.NoError(t, err)
	assert.Len(t, f.Erasures, 1, "nothing is reported done that is not certified")
	_, err = r.registry().PlaceHold(t.Context(), marie, purpose.Hold{Purpose: dispute}, "")
	require.ErrorIs(t, err, consent.ErrAlreadyErasing)
	r.at = func(string, bool) error { return nil }
	c, err := r.sweeper().Erase(context.Background(), marie)
	require.NoError(t, err)
	assert.Equal(t, f.Erasures[0].ID, c.ID, "it goes on under the same id")
	assert.Len(t, c.Lines, 1)
	assert.Equal(t, []string{"people"}, c.Tables)
}

func TestWhatIsRetainedIsKeptNoLongerThanTheLawObliges(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.until(2020, time.March, 1)
	r.add(marie, "", "identity.name", warranty)
	r.until(2020, time.March, 5)
	r.add(marie, "", "identity.name", warranty)
	require.Equal(t, 2030, r.agenda(marie)[0].Due.Year())
	c, err := r.sweeper().Erase(t.Context(), marie)
	require.NoError(t, err)
	require.Len(t, c.Lines, 1)
	assert.Equal(t, time.Date(2022, time.March, 5, 0, 0, 0, 0, time.UTC), c.Lines[0].Until, "the last of them")
	assert.Equal(t, "c", c.Lines[0].Why)
	require.Len(t, r.agenda(marie), 2)
	assert.Equal(t, time.Date(2022, time.March, 1, 0, 0, 0, 0, time.UTC), r.agenda(marie)[0].Due)
	r.until(2022, time.March, 6)
	assert.Equal(t, actions{retention.Ended, retention.Ended}, r.actions())
	assert.Empty(t, r.agenda(marie))
}

func TestAPersonWhoCameBackCanBeErasedAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	r.until(2020, time.March, 1)
	r.add(marie, "", "identity.name", dispute)
	_, err := r.sweeper().Erase(ctx, marie)
	require.NoError(t, err)
	_, err = r.registry().Readmit(ctx, marie)
	require.NoError(t, err)
	require.NoError(t, r.v.Ring.Readmit(ctx, marie))
	r.add(marie, "", "identity.name", dispute)
	dead := errors.New("killed")
	r.at = func(call string, done bool) error {
		if call == "put" && done {
			return dead
		}
		return nil
	}
	_, err = r.sweeper().Erase(ctx, marie)
	require.ErrorIs(t, err, dead)
	r.at = func(string, bool) error { return nil }
	r.v.Advance(time.Hour)
	assert.Equal(t, actions{retention.Erased}, r.actions())
	assert.Len(t, r.certs, 2)
	assert.Zero(t, r.has(marie, "identity.name"))
}

// TestAnErasureBesideAnEndThatHasBegun erases a person while the end of an item has begun and its sweeper was killed.
func TestAnErasureBesideAnEndThatHasBegun(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	r.until(2020, time.March, 1)
	r.add(marie, "", "identity.name", dispute)
	r.until(2021, time.April, 1)
	r.add(marie, "", "identity.email", newsletter, dispute)
	dead := errors.New("killed")
	r.at = func(call string, _ bool) error {
		if call == "shred" {
			return dead
		}
		return nil
	}
	require.Equal(t, actions{retention.Failed}, r.actions())
	r.at = func(string, bool) error { return nil }
	c, err := r.sweeper().Erase(ctx, marie)
	require.NoError(t, err)
	assert.Len(t, c.Lines, 2)
	assert.False(t, c.Redacted, "what is on record of the other end is needed")
	require.Len(t, r.agenda(marie), 1)
	r.v.Advance(time.Hour)
	assert.Equal(t, actions{retention.Ended}, r.actions())
	f, err := r.registry().Facts(ctx, marie)
	require.NoError(t, err)
	assert.Empty(t, f.Erasures)
	assert.Empty(t, r.agenda(marie))
	for have, err := range r.registry().History(ctx, marie) {
		require.NoError(t, err)
		assert.True(t, have.Kind != consent.Expiring || have.Blank, "the ledger was blanked with the last")
	}
}

// TestAnErasureThatGoesOnWaitsForUsesAgain interrupts an erasure while it waits for a use, and takes it up again.
func TestAnErasureThatGoesOnWaitsForUsesAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.until(2020, time.March, 1)
		r.add(marie, "", "identity.name", dispute)
		use, err := r.v.MustAccessor(dispute).Begin(t.Context(), clerk, marie)
		require.NoError(t, err)
		ctx, end := context.WithTimeout(t.Context(), time.Second)
		defer end()
		_, err = r.sweeper().Erase(ctx, marie)
		require.ErrorIs(t, err, consent.ErrStillDraining)
		var again error
		over := false
		go func() {
			_, again = r.sweeper().Erase(t.Context(), marie)
			over = true
		}()
		synctest.Wait()
		assert.False(t, over)
		assert.Equal(t, 1, r.has(marie, "identity.name"), "a use is running")
		use.End()
		synctest.Wait()
		assert.True(t, over)
		require.NoError(t, again)
		assert.Zero(t, r.has(marie, "identity.name"))
	})
}

// TestTwoRunsOfAnErasureCertifyTheSame has one run of an erasure overtake another at every call the other makes: whoever is late must not certify what is left.
func TestTwoRunsOfAnErasureCertifyTheSame(t *testing.T) {
	t.Parallel()
	for _, resumed := range []bool{false, true} {
		for at := 1; ; at++ {
			r := newRig(t)
			r.until(2020, time.March, 1)
			r.add(marie, "", "identity.email", newsletter, dispute)
			r.add(marie, "", "identity.name", taxes)
			stop := errors.New("stopped")
			if resumed { // what is overtaken is a sweep that goes on with an erasure
				r.at = func(call string, _ bool) error {
					if call == "certify" {
						return stop
					}
					return nil
				}
				_, err := r.sweeper().Erase(t.Context(), marie)
				require.ErrorIs(t, err, stop)
				r.v.Advance(time.Hour)
			}
			count, overtaken := 0, false
			r.at = func(string, bool) error {
				if count++; count == at {
					overtaken = true
					_, err := r.sweeper().Erase(context.Background(), marie)
					return err
				}
				return nil
			}
			name := fmt.Sprintf("resumed %v, at call %d", resumed, at)
			if resumed {
				r.sweep()
			} else {
				_, err := r.sweeper().Erase(t.Context(), marie)
				require.NoError(t, err, name)
			}
			if !overtaken {
				require.Greater(t, at, 15, "there are that many calls at least")
				break
			}
			first := make(map[string]retention.Certificate)
			for _, c := range r.certs {
				have, there := first[c.ID]
				if !there {
					first[c.ID] = c
					continue
				}
				require.Equal(t, have.Lines, c.Lines, name)
				require.Equal(t, have.Tables, c.Tables, name)
			}
			require.Len(t, r.certs[0].Lines, 2, name)
			f, err := r.registry().Facts(t.Context(), marie)
			require.NoError(t, err)
			require.Empty(t, f.Erasures, name)
			require.Len(t, r.agenda(marie), 1, name)
		}
	}
}

// TestARunThatWasOvertakenLosesNothing has one run of an erasure overtake another, which goes on with a new one and is killed: that must be found again.
func TestARunThatWasOvertakenLosesNothing(t *testing.T) {
	t.Parallel()
	begun := 0
	for overtake := 1; ; overtake++ {
		overtaken := false
		for kill := 1; ; kill++ {
			r := newRig(t)
			r.until(2020, time.March, 1)
			r.add(marie, "", "identity.email", newsletter, dispute)
			r.add(marie, "", "identity.name", taxes)
			count, killed := 0, false
			r.at = func(string, bool) error {
				switch count++; count {
				case overtake:
					overtaken = true
					at := r.at
					r.at = func(string, bool) error { return nil }
					_, err := r.sweeper().Erase(context.Background(), marie)
					r.at = at
					return err
				case overtake + kill:
					killed = true
					panic("killed")
				}
				return nil
			}
			func() {
				defer func() { _ = recover() }()
				_, err := r.sweeper().Erase(context.Background(), marie)
				require.NoError(t, err)
			}()
			r.at = func(string, bool) error { return nil }
			f, err := r.registry().Facts(t.Context(), marie)
			require.NoError(t, err)
			begun += len(f.Erasures)
			for range 3 {
				r.v.Advance(2 * time.Hour)
				r.sweep()
			}
			name := fmt.Sprintf("overtaken at call %d, killed %d later", overtake, kill)
			f, err = r.registry().Facts(t.Context(), marie)
			require.NoError(t, err)
			require.Empty(t, f.Erasures, name)
			require.Len(t, r.agenda(marie), 1, name)
			if !killed {
				break
			}
		}
		if !overtaken {
			break
		}
	}
	require.NotZero(t, begun, "some were killed in the middle")
}
