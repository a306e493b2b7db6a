package retention_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii/piitest"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
)

// anonymising returns the rig's policy with purposes, by number, that anonymise at the end.
func anonymising(numbers ...int) purpose.Document {
	document := shop()
	for _, n := range numbers {
		document.Purposes[n].Retention.Then = purpose.Anonymise
	}
	return document
}

// What all its rules anonymise may leave anonymised information, and its keys go all the same; what one rule destroys is destroyed. So it is whether it ends by itself or the person asks.
func TestAnonymiser(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		anonymise  []int // purposes of the policy, by number
		anonymiser func(what retention.Eraser) retention.Eraser
		asked      bool // the person asks for erasure
		want       string
		outcome    retention.Outcome
	}{
		"all rules anonymise":               {anonymise: []int{0, 3}, want: "anonymised"},
		"one rule destroys":                 {anonymise: []int{0}, want: "erased"},
		"no rule anonymises":                {want: "erased"},
		"there is no function":              {anonymise: []int{0, 3}, anonymiser: none, want: "erased"},
		"it is a nil function":              {anonymise: []int{0, 3}, anonymiser: empty, want: "erased"},
		"asked, all rules anonymise":        {anonymise: []int{0, 3}, asked: true, want: "anonymised", outcome: retention.Anonymised},
		"asked, one rule destroys":          {anonymise: []int{3}, asked: true, want: "erased", outcome: retention.Destroyed},
		"asked, no rule anonymises":         {asked: true, want: "erased", outcome: retention.Destroyed},
		"asked, there is no function":       {anonymise: []int{0, 3}, anonymiser: none, asked: true, want: "erased", outcome: retention.Destroyed},
		"asked, it is a nil function":       {anonymise: []int{0, 3}, anonymiser: empty, asked: true, want: "erased", outcome: retention.Destroyed},
		"asked, a rule of others destroys":  {anonymise: []int{0, 3, 4}, asked: true, want: "anonymised", outcome: retention.Anonymised},
		"asked, only others' rules do that": {anonymise: []int{1, 2, 4}, asked: true, want: "erased", outcome: retention.Destroyed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRigUnder(t, anonymising(c.anonymise...))
			r.v.Grant(marie, newsletter)
			r.until(2020, time.March, 1)
			have := r.add(marie, "", "identity.email", newsletter, dispute)
			var called []string
			calls := func(what string) retention.Eraser {
				return retention.EraserFunc(func(_ context.Context, i retention.Item) error {
					assert.Equal(t, marie, i.Subject)
					called = append(called, what)
					return nil
				})
			}
			config := r.config()
			for i := range config.Tables {
				config.Tables[i].Eraser, config.Tables[i].Anonymiser = calls("erased"), calls("anonymised")
				if c.anonymiser != nil {
					config.Tables[i].Anonymiser = c.anonymiser(config.Tables[i].Anonymiser)
				}
			}
			w, err := retention.NewSweeper(config)
			require.NoError(t, err)
			if c.asked {
				want := []retention.Line{{Attribute: "identity.email", Compartment: have.compartment, Outcome: c.outcome}}
				plan, err := w.Plan(t.Context(), marie)
				require.NoError(t, err)
				assert.Equal(t, want, plan.Lines)
				assert.Empty(t, called, "a plan changes nothing")
				done, err := w.Erase(t.Context(), marie)
				require.NoError(t, err)
				assert.Equal(t, want, done.Lines)
				assert.Equal(t, []string{"people"}, done.Tables)
				assert.Empty(t, done.Kept())
			} else {
				r.until(2021, time.March, 2)
				for s, err := range w.Sweep(t.Context()) {
					require.NoError(t, err)
					assert.Equal(t, retention.Ended, s.Action)
				}
			}
			assert.Equal(t, []string{c.want}, called)
			assert.False(t, r.opens(have), "the keys go whatever the row becomes")
		})
	}
}

func none(retention.Eraser) retention.Eraser  { return nil }
func empty(retention.Eraser) retention.Eraser { return retention.EraserFunc(nil) }

// TestAnonymisedIsSaidOfWhatWasAnonymised goes through every policy, every set of tables, with and without a hold, before and after the time of a law: what plan and certificate say is what was
// done, and after the certificate nothing is anonymised any more.
func TestAnonymisedIsSaidOfWhatWasAnonymised(t *testing.T) {
	t.Parallel()
	said := make(map[retention.Outcome]int)
	for bits := range 1 << 7 {
		on := func(n int) bool { return bits&(1<<n) != 0 }
		letters, disputes, warranties, people, births, held, late := on(0), on(1), on(2), on(3), on(4), on(5), on(6)
		name := fmt.Sprintf("%07b", bits)
		var numbers []int
		for n, is := range map[int]bool{0: letters, 3: disputes, 4: warranties} {
			if is {
				numbers = append(numbers, n)
			}
		}
		r := newRigUnder(t, anonymising(numbers...))
		r.v.Grant(marie, newsletter)
		r.until(2020, time.March, 1)
		email := r.add(marie, "", "identity.email", newsletter, dispute).compartment
		sold := r.add(marie, "", "identity.name", warranty, dispute).compartment
		own := r.add(marie, "", "identity.birth_date", dispute).compartment
		r.add(marie, "job-1", "identity.name", dispute)
		hold := ""
		if held {
			e, err := r.registry().PlaceHold(t.Context(), marie, purpose.Hold{Purpose: dispute, Case: "job-1"}, "")
			require.NoError(t, err)
			hold = e.ID
		}
		r.until(2020, time.June, 1)
		if late {
			r.until(2022, time.June, 1)
		}

		calls := make(map[string]bool)
		config := r.config()
		for n := range config.Tables {
			table := &config.Tables[n]
			eraser := table.Eraser
			table.Eraser = retention.EraserFunc(func(ctx context.Context, i retention.Item) error {
				calls["erased "+table.Name+" "+string(i.Compartment)] = true
				return eraser.Erase(ctx, i)
			})
			if n == 0 && people || n == 1 && births {
				table.Anonymiser = retention.EraserFunc(func(ctx context.Context, i retention.Item) error {
					calls["anonymised "+table.Name+" "+string(i.Compartment)] = true
					return eraser.Erase(ctx, i)
				})
			}
		}
		w, err := retention.NewSweeper(config)
		require.NoError(t, err)

		type place struct {
			attribute   purpose.Attribute
			compartment purpose.Compartment
		}
		want, called := make(map[place]retention.Outcome), make(map[string]bool)
		gone := func(a purpose.Attribute, c purpose.Compartment, table string, anonymised bool) {
			want[place{a, c}] = retention.Destroyed
			call := "erased "
			if anonymised {
				want[place{a, c}], call = retention.Anonymised, "anonymised "
			}
			called[call+table+" "+string(c)] = true
		}
		gone("identity.email", email, "people", letters && disputes && people)
		if late {
			gone("identity.name", sold, "people", warranties && disputes && people)
		} else {
			want[place{"identity.name", sold}] = retention.Retained
		}
		if held {
			gone("identity.birth_date", own, "births", false)
			want[place{"identity.birth_date", own}], want[place{"identity.name", own}] = retention.Deleted, retention.Held
		} else {
			gone("identity.birth_date", own, "births", disputes && births)
			gone("identity.name", own, "people", disputes && people)
		}
		outcomes := func(lines []retention.Line) map[place]retention.Outcome {
			out := make(map[place]retention.Outcome)
			for _, l := range lines {
				out[place{l.Attribute, l.Compartment}] = l.Outcome
				said[l.Outcome]++
			}
			require.Len(t, out, len(lines), name)
			return out
		}
		plan, err := w.Plan(t.Context(), marie)
		require.NoError(t, err)
		require.Equal(t, want, outcomes(plan.Lines), name)
		require.Empty(t, calls, name)
		c, err := w.Erase(t.Context(), marie)
		require.NoError(t, err)
		require.Equal(t, plan.Lines, c.Lines, name)
		require.Equal(t, called, calls, name)
		for _, l := range c.Kept() {
			require.Contains(t, []retention.Outcome{retention.Retained, retention.Held}, l.Outcome, name)
		}

		if held {
			_, err = r.registry().ReleaseHold(t.Context(), marie, hold)
			require.NoError(t, err)
		}
		clear(calls)
		r.until(2040, time.January, 1)
		for s, err := range w.Sweep(t.Context()) {
			require.NoError(t, err)
			require.Equal(t, retention.Ended, s.Action, name)
		}
		require.Empty(t, r.agenda(marie), name)
		require.Len(t, calls, len(c.Kept()), name)
		for call := range maps.Keys(calls) {
			require.Contains(t, call, "erased ", "%s: what was retained is destroyed: the certificate said nothing else", name)
		}
	}
	for _, o := range []retention.Outcome{retention.Destroyed, retention.Deleted, retention.Retained, retention.Held, retention.Anonymised} {
		assert.Greater(t, said[o], 10, "outcome %d", o)
	}
}

// TestAnErasureThatAnonymisesGoesOn has an erasure die at every call, after which the ledger may be blank: whoever goes on anonymises what it would have, and certifies the same. What has no
// certificate yet is not said of anybody.
func TestAnErasureThatAnonymisesGoesOn(t *testing.T) {
	t.Parallel()
	dead := errors.New("killed")
	blanked := 0
	for at := 1; ; at++ {
		r := newRigUnder(t, anonymising(0, 1, 3))
		r.until(2020, time.March, 1)
		r.v.Grant(marie, newsletter)
		r.add(marie, "", "identity.email", newsletter, dispute)
		_, err := r.registry().Record(t.Context(), marie, consent.Event{Kind: consent.CaseOpened, Case: "job-1", Actor: clerk})
		require.NoError(t, err)
		r.add(marie, "job-1", "identity.birth_date", repairs)
		r.add(marie, "", "identity.name", taxes)
		r.until(2020, time.April, 1)
		erased := 0
		config := r.config()
		for n := range config.Tables {
			table := &config.Tables[n]
			table.Anonymiser = table.Eraser
			table.Eraser = retention.EraserFunc(func(context.Context, retention.Item) error { erased++; return nil })
		}
		w, err := retention.NewSweeper(config)
		require.NoError(t, err)
		count, killed := 0, ""
		r.at = func(call string, _ bool) error {
			if count++; count == at {
				killed = call
				return dead
			}
			return nil
		}
		_, err = w.Erase(t.Context(), marie)
		r.at = func(string, bool) error { return nil }
		if killed == "" {
			require.NoError(t, err)
			break
		}
		if len(r.certs) == 0 && slices.Contains([]string{"erase people", "erase births"}, killed) {
			require.ErrorIs(t, err, dead, "what a table did not anonymise is not certified")
		}
		for e, err := range r.registry().History(t.Context(), marie) {
			require.NoError(t, err)
			if e.Blank {
				blanked++
				break
			}
		}
		if err != nil {
			r.v.Advance(time.Hour)
			_, err = w.Erase(t.Context(), marie)
			require.NoError(t, err)
		}
		for _, c := range r.certs {
			outcomes := make(map[purpose.Attribute]retention.Outcome)
			for _, l := range c.Lines {
				outcomes[l.Attribute] = l.Outcome
			}
			if c.ID != r.certs[0].ID { // it was over, and asked for again
				require.Equal(t, map[purpose.Attribute]retention.Outcome{"identity.name": retention.Retained}, outcomes)
				continue
			}
			require.Equal(t, map[purpose.Attribute]retention.Outcome{
				"identity.email": retention.Anonymised, "identity.birth_date": retention.Anonymised, "identity.name": retention.Retained,
			}, outcomes, "killed at call %d, %s", at, killed)
		}
		require.Zero(t, erased)
		require.Zero(t, r.has(marie, "identity.email")+r.has(marie, "identity.birth_date"))
	}
	assert.NotZero(t, blanked, "some died after the ledger was blanked")
}

// TestAnErasureGoesOnUnderTheVersionItBeganUnder has an erasure begin under one version of the policy and go on under the next, which changes what becomes of what ends.
func TestAnErasureGoesOnUnderTheVersionItBeganUnder(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]bool{"the first anonymises": true, "the second anonymises": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one, two := anonymising(3), shop()
			want, other := retention.Anonymised, retention.Destroyed
			if !first {
				one, two, want, other = two, one, other, want
			}
			one.Version, two.Version, two.Effective = "1", "2", time.Date(2020, time.May, 1, 0, 0, 0, 0, time.UTC)
			r := &rig{t: t, store: new(retention.Memory), at: func(string, bool) error { return nil }}
			v := piitest.NewVersions(t, []purpose.Document{one, two})
			planner, err := retention.NewPlanner(v.Registry(), r.store)
			require.NoError(t, err)
			r.v, r.planner = v.Telling(planner), planner
			r.until(2020, time.March, 1)
			r.add(marie, "", "identity.email", dispute)
			r.add(paul, "", "identity.email", dispute)
			var called []retention.Outcome
			calls := func(o retention.Outcome) retention.Eraser {
				return retention.EraserFunc(func(context.Context, retention.Item) error {
					return r.call("erase", func() error { called = append(called, o); return nil })
				})
			}
			config := r.config()
			config.Tables[0].Eraser, config.Tables[0].Anonymiser = calls(retention.Destroyed), calls(retention.Anonymised)
			w, err := retention.NewSweeper(config)
			require.NoError(t, err)
			dead := errors.New("killed")
			for _, at := range []string{"erase", "certify"} {
				r.at = func(call string, done bool) error {
					if call == at && done {
						return dead
					}
					return nil
				}
				_, err = w.Erase(t.Context(), marie)
				require.ErrorIs(t, err, dead)
			}
			r.at = func(string, bool) error { return nil }
			r.until(2020, time.May, 2)
			for s, err := range w.Sweep(t.Context()) {
				require.NoError(t, err)
				require.NoError(t, s.Cause)
			}
			require.Len(t, r.certs, 2)
			for _, c := range r.certs {
				assert.Equal(t, "1", c.Policy)
				require.Len(t, c.Lines, 1)
				assert.Equal(t, want, c.Lines[0].Outcome)
			}
			assert.Equal(t, []retention.Outcome{want, want, want}, called)

			plan, err := w.Plan(t.Context(), paul)
			require.NoError(t, err)
			require.Len(t, plan.Lines, 1)
			assert.Equal(t, other, plan.Lines[0].Outcome, "a plan is made under the version in force")
		})
	}
}
