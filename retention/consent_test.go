package retention_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
)

const letters purpose.ID = "letters"

// asking is the shop, with a newsletter that is asked for and ends 30 days after consent.
func asking() purpose.Document {
	d := shop()
	d.Purposes = append(d.Purposes, purpose.Spec{
		ID: letters, Domain: "letters", Title: purpose.Text{EN: "Newsletter", FR: "Infolettre"}, Basis: purpose.ExpressConsent, Optional: true,
		Consequence: purpose.Text{EN: "No letter.", FR: "Pas de lettre."},
		Attributes:  []purpose.Attribute{"identity.email"}, Operations: []purpose.Operation{purpose.Collect, purpose.Use, purpose.Store},
		Roles:     map[purpose.Role][]purpose.Attribute{"clerk": {"identity.email"}},
		Retention: purpose.Retention{Keep: purpose.Period{Years: 2}, From: purpose.FromCollection, AfterConsent: purpose.Period{Days: 30}},
	})
	return d
}

func TestDueAfterConsent(t *testing.T) {
	t.Parallel()
	p := compiled(t, asking())
	collected := day(2025, time.March, 7)
	i := retention.Item{Subject: "s", Compartment: "letters/letters", Collected: collected}
	for _, test := range []struct {
		name    string
		consent purpose.Consent
		facts   purpose.Facts
		at      time.Time
		ended   time.Time
		reason  purpose.Reason
	}{
		{name: "it stands", consent: purpose.Consent{Status: purpose.Given}, at: day(2027, time.March, 7)},
		{name: "it was taken back", consent: purpose.Consent{Status: purpose.Withdrawn, Since: day(2025, time.May, 1)}, at: day(2025, time.May, 31), ended: day(2025, time.May, 1)},
		{name: "it runs out", consent: purpose.Consent{Status: purpose.Given, Until: day(2026, time.May, 1)}, at: day(2026, time.May, 31), ended: day(2026, time.May, 1)},
		{name: "too late to matter", consent: purpose.Consent{Status: purpose.Withdrawn, Since: day(2027, time.March, 1)}, at: day(2027, time.March, 7)},
		{name: "before it was collected", consent: purpose.Consent{Status: purpose.Refused, Since: day(2020, time.May, 1)}, at: day(2025, time.April, 6), ended: day(2020, time.May, 1)},
		{name: "it is not known when", consent: purpose.Consent{Status: purpose.Withdrawn}, at: day(2027, time.March, 7)},
		{name: "it is not known", at: day(2027, time.March, 7)},
		{name: "erased", facts: purpose.Facts{Erased: day(2025, time.April, 1)}, consent: purpose.Consent{Status: purpose.Withdrawn, Since: day(2025, time.May, 1)}, at: day(2025, time.April, 1)},
		{name: "held", facts: purpose.Facts{Holds: []purpose.Hold{{ID: "h", Purpose: dispute}}}, consent: purpose.Consent{Status: purpose.Withdrawn, Since: day(2025, time.May, 1)}, at: day(2025, time.May, 31), ended: day(2025, time.May, 1)},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := test.facts
			f.Complete, f.HoldsKnown, f.Consents = true, true, map[purpose.ID]purpose.Consent{letters: test.consent}
			if test.reason == 0 {
				test.reason = purpose.Permitted
			}
			e := retention.Due(p, &f, i)
			require.Equal(t, test.reason, e.Reason, e.Reason.String())
			assert.Equal(t, test.at, e.At)
			if len(e.Rules) > 0 {
				assert.Equal(t, test.ended, e.Rules[0].Consent)
				assert.False(t, e.Rules[0].Waits)
			}
			assert.Equal(t, test.reason == purpose.Permitted && len(f.Holds) == 0, e.Ended(day(2030, time.January, 1)))
		})
	}
	f := &purpose.Facts{Complete: true, HoldsKnown: true, Consents: map[purpose.ID]purpose.Consent{letters: {Status: purpose.Withdrawn, Since: day(2025, time.May, 1)}}}
	e := retention.Due(p, f, i)
	assert.Contains(t, e.Explain(language.English), "Rule letters: 2 years from collection, but no more than 30 days after consent ends, which is on 2025-05-01; so until 2025-05-31.")
	assert.Contains(t, e.Explain(language.French), "Règle letters : 2 ans à compter de la collecte, mais pas plus de 30 jours après la fin du consentement, le 2025-05-01; donc jusqu’au 2025-05-31.")
}

// A withdrawal ends what was kept for it, the month after; a consent that is given anew in between keeps it. Who tells nobody of it has it found all the same.
func TestWithdrawalEndsWhatItKept(t *testing.T) {
	t.Parallel()
	for _, told := range []bool{true, false} {
		r := newRigUnder(t, asking())
		r.reviewed = told
		ctx := t.Context()
		r.until(2025, time.March, 1)
		for _, s := range []consent.Subject{marie, paul} {
			r.v.Grant(s, letters)
			r.add(s, "", "identity.email", letters)
		}
		assert.Equal(t, r.v.Clock.Now().AddDate(0, 0, 30), r.agenda(marie)[0].Due, "should nobody tell")
		r.v.Clock.Advance(10 * 24 * time.Hour)
		for _, s := range []consent.Subject{marie, paul} {
			_, err := r.registry().Withdraw(ctx, s, letters)
			require.NoError(t, err)
		}
		end := r.v.Clock.Now().AddDate(0, 0, 30)
		r.v.Grant(paul, letters)
		if told {
			assert.Equal(t, actions{retention.Kept, retention.Kept}, r.actions(), "it is looked at at once")
			assert.Equal(t, end, r.agenda(marie)[0].Due)
		} else {
			assert.Empty(t, r.actions())
			r.v.Clock.Advance(20 * 24 * time.Hour)
			assert.Equal(t, actions{retention.Kept, retention.Kept}, r.actions(), "it is looked at in a while")
			assert.Equal(t, end, r.agenda(marie)[0].Due)
		}
		r.v.Clock.Set(end.Add(-1))
		assert.NotContains(t, r.actions(), retention.Ended)
		r.v.Clock.Set(end)
		assert.Contains(t, r.actions(), retention.Ended)
		assert.Zero(t, r.has(marie, "identity.email"))
		assert.Equal(t, 1, r.has(paul, "identity.email"))
	}
}

// Each thing that can end something sooner has it looked at, and nothing else has.
func TestPutForward(t *testing.T) {
	t.Parallel()
	r := newRigUnder(t, asking())
	ctx := t.Context()
	r.until(2025, time.March, 1)
	r.v.Grant(marie, letters)
	store := r.registry()
	_, err := store.Record(ctx, marie, consent.Event{Kind: consent.CaseOpened, Case: "job-1", Actor: clerk})
	require.NoError(t, err)
	_, err = store.Record(ctx, marie, consent.Event{Kind: consent.AccountOpened})
	require.NoError(t, err)
	r.add(marie, "job-1", "identity.birth_date", repairs)
	r.add(marie, "", "identity.email", letters)
	r.reviewed = true
	hold := purpose.Hold{ID: "h", Purpose: dispute, Case: "job-1"}
	for _, test := range []struct {
		name    string
		do      func() error
		forward bool
	}{
		{"a grant", func() error {
			_, err := store.Grant(ctx, marie, letters, consent.Act{Method: consent.WebForm})
			return err
		}, false},
		{"a request", func() error { _, err := store.Request(ctx, marie, letters, consent.Link); return err }, false},
		{"a hold", func() error { _, err := store.PlaceHold(ctx, marie, hold, ""); return err }, false},
		{"a hold that ends", func() error { _, err := store.ReleaseHold(ctx, marie, "h"); return err }, true},
		{"a hold that ended", func() error {
			_, err := store.ReleaseHold(ctx, marie, "h")
			require.ErrorIs(t, err, consent.ErrNoHold)
			return nil
		}, true}, // as of a withdrawal: the answer to the first may have been lost
		{"a withdrawal", func() error { _, err := store.Withdraw(ctx, marie, letters); return err }, true},
		{"a withdrawal once more", func() error { _, err := store.Withdraw(ctx, marie, letters); return err }, true},
		{"a refusal", func() error { _, err := store.Refuse(ctx, marie, letters); return err }, true},
		{"of a purpose that nobody knows", func() error { _, err := store.Withdraw(ctx, marie, "other"); require.Error(t, err); return nil }, false},
		{"a case", func() error {
			_, err := store.Record(ctx, marie, consent.Event{Kind: consent.CaseClosed, Case: "job-1"})
			return err
		}, true},
		{"an account", func() error {
			_, err := store.Record(ctx, marie, consent.Event{Kind: consent.AccountClosed})
			return err
		}, true},
		{"a residence", func() error {
			_, err := store.Record(ctx, marie, consent.Event{Kind: consent.Resides, Jurisdiction: "CA-QC"})
			return err
		}, false},
		{"another person", func() error { _, err := store.Withdraw(ctx, paul, letters); return err }, false},
	} {
		r.v.Clock.Advance(time.Hour)
		require.NoError(t, test.do(), test.name)
		now := r.v.Clock.Now()
		for _, i := range r.agenda(marie) {
			assert.Equal(t, test.forward, i.Due.Equal(now), "%s, %s", test.name, i.Compartment)
		}
		r.sweep()
	}
	now := r.v.Clock.Now()
	require.ErrorIs(t, retention.PutForward(nil)(ctx, marie, now), retention.ErrConfig)
	require.ErrorIs(t, retention.PutForward((*retention.Memory)(nil))(ctx, marie, now), retention.ErrConfig)
	require.NoError(t, retention.PutForward(r.store)(ctx, "nobody", now))
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	require.ErrorIs(t, retention.PutForward(r.store)(cancelled, marie, now), context.Canceled)
}

// mail is a purpose that is asked for, or stands on a law, in one class with others.
func mail(id purpose.ID, class string, basis purpose.Basis) purpose.Spec {
	s := purpose.Spec{
		ID: id, Domain: "letters", Title: purpose.Text{EN: "t", FR: "t"}, Basis: basis, Citation: "c",
		Attributes: []purpose.Attribute{"identity.email"}, Operations: []purpose.Operation{purpose.Collect, purpose.Use},
		Roles:     map[purpose.Role][]purpose.Attribute{"clerk": {"identity.email"}},
		Retention: purpose.Retention{Class: class, Keep: purpose.Period{Years: 2}, From: purpose.FromCollection, AfterConsent: purpose.Period{Days: 30}},
	}
	if basis == purpose.LegalGround {
		s.Retention.AfterConsent = purpose.Period{}
	}
	return s
}

// A purpose that went over to another class, or to another ground, still opens what was collected for it: nothing of its old class ends by the consent to the others alone.
func TestAfterConsentToWhatIsLeftOfAClass(t *testing.T) {
	t.Parallel()
	collected, withdrawn, now := day(2025, time.March, 7), day(2025, time.May, 1), day(2025, time.June, 5)
	for name, moved := range map[string]purpose.Spec{
		"consent stands":    mail("b", "other", purpose.ExpressConsent),
		"by another ground": mail("b", "other", purpose.LegalGround),
	} {
		for _, left := range []string{"letters", "another"} { // the class is there still, or is of a version before
			one, two := shop(), shop()
			two.Version, two.Effective = "2", day(2025, time.April, 1)
			one.Purposes = append(one.Purposes, mail("a", "letters", purpose.ExpressConsent), mail("b", "letters", purpose.ExpressConsent))
			two.Purposes = append(two.Purposes, mail("a", left, purpose.ExpressConsent), moved)
			var all []purpose.Published
			for _, d := range []purpose.Document{one, two} {
				published, err := purpose.Publish(d)
				require.NoError(t, err)
				all = append(all, published)
			}
			h, err := purpose.NewHistory(all...)
			require.NoError(t, err)
			p := h.Policy()
			status := purpose.Given
			if moved.Basis == purpose.LegalGround {
				status = purpose.Withdrawn // and it does not matter
			}
			f := &purpose.Facts{
				Complete: true, HoldsKnown: true, Notice: purpose.Consent{Status: purpose.Given, Since: collected, Policy: "2"},
				Consents: map[purpose.ID]purpose.Consent{
					"a": {Status: purpose.Withdrawn, Since: withdrawn},
					"b": {Status: status, Since: collected, Policy: "2", Operations: purpose.OperationSet(purpose.Use)},
				},
			}
			i := retention.Item{Subject: "s", Compartment: "letters/letters", Collected: collected}
			require.True(t, p.Decide(purpose.Request{
				Purpose: "b", Operation: purpose.Use, Actor: clerk, Attribute: "identity.email", CollectedFor: []purpose.ID{"a", "b"}, CollectedAt: collected, Time: now,
			}, f).Allowed(), name)
			assert.False(t, retention.Due(p.At(now), f, i).Ended(now), "%s, %s", name, left)
			f.Consents["b"] = purpose.Consent{Status: purpose.Withdrawn, Since: withdrawn}
			assert.Equal(t, moved.Basis != purpose.LegalGround, retention.Due(p.At(now), f, i).Ended(now), "%s, %s: taken back too", name, left)
		}
	}
}

// Consent with an end that is far away can be taken back before.
func TestAWithdrawalThatNobodyTellsOfIsFoundBeforeConsentRunsOut(t *testing.T) {
	t.Parallel()
	r := newRigUnder(t, asking())
	ctx := t.Context()
	r.until(2025, time.March, 1)
	r.v.Notify(marie)
	_, err := r.registry().Grant(ctx, marie, letters, consent.Act{Method: consent.WebForm, Until: day(2026, time.March, 1)})
	require.NoError(t, err)
	r.add(marie, "", "identity.email", letters)
	_, err = r.registry().Withdraw(ctx, marie, letters)
	require.NoError(t, err)
	for range 3 {
		r.v.Clock.Advance(30 * 24 * time.Hour)
		r.sweep()
	}
	assert.Zero(t, r.has(marie, "identity.email"))
}

// A sweep that has an item, and decided it by what was known before, does not put it off past what the review asked for.
func TestPutForwardUnderASweep(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(r *rig) error{
		"a withdrawal": func(r *rig) error {
			_, err := r.registry().Withdraw(t.Context(), marie, letters)
			return err
		},
		"a release": func(r *rig) error {
			_, err := r.registry().ReleaseHold(t.Context(), marie, "h")
			return err
		},
	} {
		d := asking()
		d.Purposes[slices.IndexFunc(d.Purposes, func(s purpose.Spec) bool { return s.ID == letters })].Retention.AfterConsent = purpose.Period{Days: 1}
		r := newRigUnder(t, d)
		r.until(2025, time.March, 1)
		r.v.Grant(marie, letters)
		r.add(marie, "", "identity.email", letters)
		if name == "a release" {
			_, err := r.registry().Withdraw(t.Context(), marie, letters)
			require.NoError(t, err)
			_, err = r.registry().PlaceHold(t.Context(), marie, purpose.Hold{ID: "h", Purpose: dispute}, "")
			require.NoError(t, err)
		}
		r.v.Clock.Advance(30 * 24 * time.Hour)
		r.reviewed = true
		once := false
		r.at = func(call string, done bool) error {
			if call == "settle" && !done && !once {
				once = true
				return do(r)
			}
			return nil
		}
		r.sweep()
		require.True(t, once)
		r.v.Clock.Advance(24 * time.Hour)
		r.sweep()
		assert.Zero(t, r.has(marie, "identity.email"), name)
	}
}

// What an erasure blanked is not known after the person came back: then the period ends what came later, and not sooner.
func TestAfterConsentOfWhoCameBack(t *testing.T) {
	t.Parallel()
	d := asking()
	d.Purposes = append(d.Purposes, mail("cards", "letters", purpose.ExpressConsent))
	r := newRigUnder(t, d)
	ctx := t.Context()
	r.until(2025, time.March, 1)
	r.v.Grant(marie, letters)
	_, err := r.registry().Record(ctx, marie, consent.Event{Kind: consent.Resides, Jurisdiction: "CA-QC"})
	require.NoError(t, err)
	r.add(marie, "", "identity.email", letters)
	_, err = r.sweeper().Erase(ctx, marie)
	require.NoError(t, err)
	_, err = r.registry().Readmit(ctx, marie)
	require.NoError(t, err)
	require.NoError(t, r.v.Ring.Readmit(ctx, marie))
	r.v.Clock.Advance(24 * time.Hour)
	r.v.Grant(marie, letters)
	r.add(marie, "", "identity.email", letters)
	f, err := r.registry().Facts(ctx, marie)
	require.NoError(t, err)
	require.False(t, f.Complete)
	r.v.Clock.Set(day(2027, time.March, 2).Add(-1))
	r.sweep()
	assert.Equal(t, 1, r.has(marie, "identity.email"))
	r.v.Clock.Set(day(2027, time.March, 2))
	r.sweep()
	assert.Zero(t, r.has(marie, "identity.email"))
}

type noKeys struct{}

func (noKeys) Shred(context.Context, consent.Subject, func(purpose.Compartment) bool) (int, error) {
	return 0, nil
}

func (noKeys) Fence(context.Context, consent.Subject) error { return nil }

// A hold is released at one registry, and a sweep runs at another, which goes by what it read a moment before.
func TestAHoldThatIsReleasedElsewhere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		shared, agenda := new(consent.SharedMemory), new(retention.Memory)
		d := shop()
		d.Effective = day(1999, time.January, 1)
		p := compiled(t, d)
		open := func() *consent.Registry {
			r, err := consent.NewRegistry(p, shared, consent.WithReview(retention.PutForward(agenda)))
			require.NoError(t, err)
			return r
		}
		here, there := open(), open()
		defer here.Close()
		defer there.Close()
		now := time.Now().UTC()
		i := retention.Item{
			Subject: marie, Compartment: "dispute/legal", Collected: now.AddDate(-2, 0, 0), Due: now, Attributes: []purpose.Attribute{"identity.email"},
		}
		require.NoError(t, agenda.Put(ctx, i))
		ended := 0
		w, err := retention.NewSweeper(retention.Config{Registry: there, Store: agenda, Keys: noKeys{}, Tables: []retention.Table{{
			Name: "t", Attributes: i.Attributes, Eraser: retention.EraserFunc(func(context.Context, retention.Item) error { ended++; return nil }),
		}}})
		require.NoError(t, err)
		sweep := func() {
			for _, err := range w.Sweep(ctx) {
				assert.NoError(t, err)
			}
		}
		_, err = here.PlaceHold(ctx, marie, purpose.Hold{ID: "h", Purpose: dispute}, "")
		require.NoError(t, err)
		time.Sleep(3 * time.Second)
		_, err = there.Facts(ctx, marie) // and it keeps that for a second
		require.NoError(t, err)
		released := make(chan error)
		go func() {
			_, err := here.ReleaseHold(ctx, marie, "h")
			released <- err
		}()
		synctest.Wait() // it is stored, and not reviewed
		sweep()
		assert.Zero(t, ended, "it still went by the hold")
		require.NoError(t, <-released)
		sweep()
		assert.Equal(t, 1, ended)
	})
}
