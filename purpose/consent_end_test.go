package purpose_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/purpose"
)

// mailing has two purposes that are asked for, one of them below another, one that the notice is enough for, and one that no consent ends.
func mailing() purpose.Document {
	d := shop()
	d.Recipients = nil
	of := func(id purpose.ID, class string, basis purpose.Basis) purpose.Spec {
		s := purpose.Spec{
			ID: id, Domain: class, Title: purpose.Text{EN: "t", FR: "t"}, Basis: basis, Citation: "c",
			Attributes: []purpose.Attribute{"identity.email"}, Operations: []purpose.Operation{purpose.Collect, purpose.Use},
			Roles: map[purpose.Role][]purpose.Attribute{"mailer": {"identity.email"}},
			Retention: purpose.Retention{
				Class: class, Keep: purpose.Period{Years: 2}, From: purpose.FromCollection, AfterConsent: purpose.Period{Days: 30},
			},
		}
		if basis == purpose.LegalGround {
			s.Retention.AfterConsent = purpose.Period{}
		}
		return s
	}
	d.Purposes = []purpose.Spec{
		of("letters", "letters", purpose.ExpressConsent), of("letters.spring", "letters", purpose.ExpressConsent), of("service", "service", purpose.ConsentByProvision),
		of("form", "form", purpose.NoticeOnly), of("tax", "tax", purpose.LegalGround),
	}
	return d
}

func TestConsentEnded(t *testing.T) {
	t.Parallel()
	p, err := purpose.NewPolicy(mailing())
	require.NoError(t, err)
	monday, tuesday := noon, noon.AddDate(0, 0, 1)
	was := func(s purpose.Status, since time.Time) purpose.Consent {
		return purpose.Consent{Status: s, Since: since}
	}
	lapses := purpose.Consent{Status: purpose.Given, Since: monday, Until: tuesday}
	type states = map[purpose.ID]purpose.Consent
	for _, test := range []struct {
		name   string
		class  string
		states states
		ended  time.Time
		reason purpose.Reason
	}{
		{name: "never asked", class: "letters"},
		{name: "given", class: "letters", states: states{"letters": was(purpose.Given, monday)}},
		{name: "taken back", class: "letters", states: states{"letters": was(purpose.Withdrawn, monday)}, ended: monday},
		{name: "refused", class: "letters", states: states{"letters": was(purpose.Refused, monday)}, ended: monday},
		{name: "runs out", class: "letters", states: states{"letters": lapses}, ended: tuesday},
		{name: "asked for again", class: "letters", states: states{"letters": was(purpose.Requested, monday)}},
		{name: "one of two stands", class: "letters", states: states{"letters": was(purpose.Given, monday), "letters.spring": was(purpose.Withdrawn, tuesday)}},
		{name: "the last of two", class: "letters", states: states{"letters": lapses, "letters.spring": was(purpose.Refused, monday)}, ended: tuesday},
		{name: "the one above ends the one below", class: "letters", states: states{"letters": was(purpose.Withdrawn, tuesday), "letters.spring": was(purpose.Given, monday)}, ended: tuesday},
		{name: "both ended, the one above first", class: "letters", states: states{"letters": was(purpose.Withdrawn, monday), "letters.spring": was(purpose.Withdrawn, tuesday)}, ended: monday},
		{name: "it is not known when", class: "letters", states: states{"letters": was(purpose.Withdrawn, time.Time{})}, reason: purpose.FactUnknown},
		{name: "it is not known whether", class: "letters", states: states{"letters": was(purpose.Withdrawn, monday), "letters.spring": {}}, reason: purpose.FactUnknown},
		{name: "a state nobody knows", class: "letters", states: states{"letters": was(purpose.Withdrawn+1, monday)}, reason: purpose.FactUnknown},

		{name: "the notice is enough", class: "service"},
		{name: "no is said after the notice", class: "service", states: states{"service": was(purpose.Refused, monday)}, ended: monday},
		{name: "given besides, and runs out", class: "service", states: states{"service": lapses}, ended: tuesday},
		{name: "none is asked, and one runs out", class: "form", states: states{"form": lapses}},
		{name: "none is asked, and no is said", class: "form", states: states{"form": was(purpose.Withdrawn, monday)}, ended: monday},
		{name: "a duty", class: "tax", states: states{"tax": was(purpose.Withdrawn, monday)}},
		{name: "no class", class: "", reason: purpose.UnknownPolicy},
		{name: "another class", class: "other", reason: purpose.UnknownPolicy},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if test.reason == 0 {
				test.reason = purpose.Permitted
			}
			f := &purpose.Facts{Complete: true, Consents: test.states}
			ended, reason := p.ConsentEnded(test.class, f)
			assert.Equal(t, test.reason, reason, reason.String())
			assert.Equal(t, test.ended, ended)
			if test.class == "tax" || test.reason == purpose.UnknownPolicy {
				return // nothing has to be known
			}
			f.Complete = false
			if len(test.states) < 2 && test.class == "letters" || len(test.states) == 0 {
				_, reason = p.ConsentEnded(test.class, f)
				assert.Equal(t, purpose.FactUnknown, reason)
			}
		})
	}
	_, reason := p.ConsentEnded("letters", nil)
	assert.Equal(t, purpose.FactUnknown, reason)
	_, reason = new(purpose.Policy).ConsentEnded("letters", new(purpose.Facts))
	assert.Equal(t, purpose.UnknownPolicy, reason)
	_, reason = (*purpose.Policy)(nil).ConsentEnded("letters", new(purpose.Facts))
	assert.Equal(t, purpose.UnknownPolicy, reason)
}

// A purpose that opens something has not ended, whoever the person is: so what is ended by it is open to nobody.
func TestConsentEndedIsClosed(t *testing.T) {
	t.Parallel()
	p, err := purpose.NewPolicy(mailing())
	require.NoError(t, err)
	states := []purpose.Consent{
		{},
		{Status: purpose.Absent},
		{Status: purpose.Requested, Since: noon},
		{Status: purpose.Given, Since: noon, Operations: purpose.OperationSet(purpose.Use), Policy: p.Version()},
		{Status: purpose.Given, Since: noon, Until: noon.AddDate(0, 0, 9), Operations: purpose.OperationSet(purpose.Use), Policy: p.Version()},
		{Status: purpose.Refused, Since: noon.AddDate(0, 0, 3)},
		{Status: purpose.Withdrawn, Since: noon.AddDate(0, 0, 5)},
	}
	opened := 0
	for _, above := range states {
		for _, below := range states {
			for _, other := range states {
				f := &purpose.Facts{
					Complete: true, Notice: purpose.Consent{Status: purpose.Given, Since: noon, Policy: p.Version()},
					Consents: map[purpose.ID]purpose.Consent{"letters": above, "letters.spring": below, "service": other, "form": other},
				}
				for id := range p.IDs() {
					spec, _ := p.Spec(id)
					ended, reason := p.ConsentEnded(spec.Retention.Class, f)
					for day := range 12 {
						at := noon.AddDate(0, 0, day)
						if id == "tax" || !p.Decide(purpose.Request{
							Purpose: id, Operation: purpose.Use, Actor: purpose.Actor{Role: "mailer", ID: "m"}, Attribute: "identity.email",
							CollectedFor: []purpose.ID{id}, CollectedAt: noon, Time: at,
						}, f).Allowed() {
							continue
						}
						opened++
						assert.False(t, reason == purpose.Permitted && !ended.IsZero() && !at.Before(ended), "%s is open and ended on %s", id, ended)
					}
				}
			}
		}
	}
	assert.Greater(t, opened, 1000)
}

func TestAfterConsent(t *testing.T) {
	t.Parallel()
	with := func(after purpose.Period) purpose.Document {
		d := mailing()
		for i := range d.Purposes {
			if d.Purposes[i].Retention.Class == "service" {
				d.Purposes[i].Retention.AfterConsent = after
			}
		}
		return d
	}
	never, month, quarter := with(purpose.Period{}), with(purpose.Period{Days: 30}), with(purpose.Period{Months: 3})
	for _, test := range []struct {
		from, to purpose.Document
		effect   purpose.Effect
	}{{never, month, purpose.Narrows}, {month, never, purpose.Widens}, {month, quarter, purpose.Widens}, {quarter, month, purpose.Narrows}} {
		changes := purpose.Diff(test.from, test.to)
		require.Len(t, changes, 1)
		assert.Equal(t, `purposes["service"].retention.after_consent`, changes[0].Place)
		assert.Equal(t, test.effect, changes[0].Effect)
	}
	for tag, want := range map[language.Tag]string{
		language.English: "no more than 3 months after you refuse or your consent ends", language.CanadianFrench: "pas plus de 3 mois après votre refus ou la fin de votre consentement",
	} {
		p, err := purpose.NewPolicy(quarter)
		require.NoError(t, err)
		assert.Contains(t, string(p.Notice(tag).Markdown()), want)
	}

	wrong := func(change func(r *purpose.Spec)) error {
		d := mailing()
		change(&d.Purposes[slices.IndexFunc(d.Purposes, func(s purpose.Spec) bool { return s.ID == "service" })])
		_, err := purpose.NewPolicy(d)
		return err
	}
	for want, change := range map[string]func(*purpose.Spec){
		"after_consent: cannot be beside a minimum": func(s *purpose.Spec) { s.Retention.Minimum, s.Retention.Citation = purpose.Period{Years: 1}, "c" },
		"after_consent: needs a basis":              func(s *purpose.Spec) { s.Basis = purpose.LegalGround },
		"after_consent: must not be negative":       func(s *purpose.Spec) { s.Retention.AfterConsent = purpose.Period{Days: -1} },
		`class "letters" has another rule`: func(s *purpose.Spec) {
			s.Retention.Class, s.Retention.AfterConsent = "letters", purpose.Period{Days: 31}
		},
	} {
		assert.ErrorContains(t, wrong(change), want)
	}
}
