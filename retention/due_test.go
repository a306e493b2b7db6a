package retention_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
)

// day is midnight UTC of a date.
func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

// kept is a purpose that keeps profile.invoice by the rule. Without operations besides collecting, it opens nothing and has no scope that ends.
func kept(id purpose.ID, rule purpose.Retention, besides ...purpose.Operation) purpose.Spec {
	return purpose.Spec{
		ID: id, Domain: string(id), Title: purpose.Text{EN: "Title", FR: "Titre"}, Basis: purpose.LegalGround, Citation: "c",
		Attributes: []purpose.Attribute{"profile.invoice"}, Operations: append([]purpose.Operation{purpose.Collect}, besides...),
		Roles:     map[purpose.Role][]purpose.Attribute{"clerk": {"profile.invoice"}},
		Retention: rule,
	}
}

// several is a policy with a purpose for each trigger, one that only collects, and one with a minimum.
func several() purpose.Document {
	d := books(retention.Tax())
	d.Purposes = append(d.Purposes,
		kept("letters", purpose.Retention{Keep: purpose.Period{Years: 1}, From: purpose.FromCollection}, purpose.Use),
		kept("jobs", purpose.Retention{Keep: purpose.Period{Years: 2}, From: purpose.FromCaseClosed}, purpose.Use),
		kept("support", purpose.Retention{Keep: purpose.Period{Months: 6}, From: purpose.FromAccountClosed}, purpose.Use),
		kept("archive", purpose.Retention{Keep: purpose.Period{Months: 1}, From: purpose.FromCaseClosed}),
		kept("claims", purpose.Retention{
			Keep: purpose.Period{Years: 4}, From: purpose.FromCaseClosed, Minimum: purpose.Period{Years: 3}, Citation: "CCQ a. 2925",
		}, purpose.Use),
	)
	return d
}

func compiled(tb testing.TB, d purpose.Document) *purpose.Policy {
	tb.Helper()
	p, err := purpose.NewPolicy(d)
	require.NoError(tb, err)
	return p
}

func TestDue(t *testing.T) {
	t.Parallel()
	p := compiled(t, several())
	collected := time.Date(2025, time.March, 7, 15, 0, 0, 0, time.UTC)
	whole := func(change func(*purpose.Facts)) *purpose.Facts {
		f := &purpose.Facts{Complete: true, HoldsKnown: true, Account: purpose.Account{Status: purpose.CaseOpen}, Cases: map[string]purpose.Case{}}
		if change != nil {
			change(f)
		}
		return f
	}
	closedJob := func(f *purpose.Facts) {
		f.Cases["job"] = purpose.Case{Status: purpose.CaseClosed, Closed: day(2025, time.June, 1)}
	}
	openJob := func(f *purpose.Facts) { f.Cases["other"] = purpose.Case{Status: purpose.CaseOpen} }
	erased := func(f *purpose.Facts) { f.Erased = day(2026, time.January, 5) }
	for _, test := range []struct {
		name    string
		of      purpose.Compartment
		caseID  string
		facts   *purpose.Facts
		at      time.Time
		waits   bool
		reason  purpose.Reason
		classes []string
	}{
		{name: "from collection", of: "letters/letters", facts: whole(nil), at: collected.AddDate(1, 0, 0), classes: []string{"letters"}},
		{name: "from the end of the year", of: "tax/legal", facts: whole(nil), at: day(2032, time.January, 1), classes: []string{"tax"}},
		{name: "the last of two", of: "letters+tax/legal+letters", facts: whole(nil), at: day(2032, time.January, 1), classes: []string{"letters", "tax"}},
		{name: "no case ever", of: "jobs/jobs", facts: whole(nil), at: collected.AddDate(2, 0, 0), classes: []string{"jobs"}},
		{name: "its case is closed", of: "jobs/jobs", caseID: "job", facts: whole(closedJob), at: day(2027, time.June, 1), classes: []string{"jobs"}},
		{name: "another case is open", of: "jobs/jobs", caseID: "job", facts: whole(func(f *purpose.Facts) { closedJob(f); openJob(f) }), at: day(2027, time.June, 1), classes: []string{"jobs"}},
		{name: "of no case, and one is open", of: "jobs/jobs", facts: whole(func(f *purpose.Facts) { closedJob(f); openJob(f) }), waits: true, classes: []string{"jobs"}},
		{name: "the account is open", of: "letters+support/letters+support", facts: whole(nil), waits: true, classes: []string{"letters", "support"}},
		{
			name: "the account is closed", of: "support/support", classes: []string{"support"}, at: day(2026, time.July, 31),
			facts: whole(func(f *purpose.Facts) {
				f.Account = purpose.Account{Status: purpose.CaseClosed, Closed: day(2026, time.January, 31)}
			}),
		},
		{name: "closed before it was collected", of: "support/support", classes: []string{"support"}, at: collected.AddDate(0, 6, 0), facts: whole(func(f *purpose.Facts) {
			f.Account = purpose.Account{Status: purpose.CaseClosed, Closed: day(2020, time.January, 31)}
		})},
		{name: "a purpose that only collects", of: "archive/archive", caseID: "job", facts: whole(closedJob), at: day(2025, time.July, 1), classes: []string{"archive"}},
		{name: "a purpose that only collects waits", of: "archive/archive", facts: whole(openJob), waits: true, classes: []string{"archive"}},

		{name: "erased, nothing obliges", of: "letters+support/letters+support", facts: whole(erased), at: day(2026, time.January, 5)},
		{name: "erased, one obliges", of: "letters+tax/legal+letters", facts: whole(erased), at: day(2032, time.January, 1), classes: []string{"tax"}},
		{name: "erased, kept for the minimum", of: "claims+support/claims+support", caseID: "job", facts: whole(func(f *purpose.Facts) { erased(f); closedJob(f) }), at: day(2028, time.June, 1), classes: []string{"claims"}},
		{name: "erased, a minimum waits", of: "claims/claims", facts: whole(func(f *purpose.Facts) { erased(f); openJob(f) }), waits: true, classes: []string{"claims"}},
		{name: "erased after its minimum", of: "claims/claims", facts: whole(func(f *purpose.Facts) { f.Erased = day(2040, time.January, 1) }), at: day(2040, time.January, 1), classes: []string{"claims"}},

		{name: "the account is not known", of: "letters+support/letters+support", facts: &purpose.Facts{HoldsKnown: true}, reason: purpose.FactUnknown},
		{name: "cases are not known", of: "jobs/jobs", facts: &purpose.Facts{HoldsKnown: true}, reason: purpose.FactUnknown},
		{name: "only collects, cases are not known", of: "archive/archive", facts: &purpose.Facts{HoldsKnown: true}, reason: purpose.FactUnknown},
		{name: "only collects, a case of no known state", of: "archive/archive", facts: whole(func(f *purpose.Facts) { f.Cases["x"] = purpose.Case{} }), reason: purpose.FactUnknown},
		{name: "one case is open, one of no known state", of: "archive/archive", waits: true, classes: []string{"archive"}, facts: whole(func(f *purpose.Facts) {
			openJob(f)
			for _, id := range []string{"1", "2", "3", "4", "5", "6"} {
				f.Cases[id] = purpose.Case{}
			}
		})},
		{name: "only the cases are not known", of: "letters/letters", facts: &purpose.Facts{HoldsKnown: true}, at: collected.AddDate(1, 0, 0), classes: []string{"letters"}},
		{name: "holds are not known", of: "letters/letters", facts: &purpose.Facts{}, reason: purpose.FactUnknown},
		{name: "nothing is known", of: "letters/letters", reason: purpose.FactUnknown},
		{name: "an unknown class", of: "letters+other/letters", facts: whole(nil), reason: purpose.UnknownPolicy},
		{name: "an unknown class of who was erased", of: "letters+other/letters", facts: whole(erased), reason: purpose.UnknownPolicy},
		{name: "no class", of: "/letters", facts: whole(erased), reason: purpose.Malformed},
		{name: "an erasure", of: "", facts: whole(erased), reason: purpose.Malformed},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			i := retention.Item{Subject: "s", Compartment: test.of, Case: test.caseID, Collected: collected}
			e := retention.Due(p, test.facts, i)
			if test.reason == 0 {
				test.reason = purpose.Permitted
			}
			require.Equal(t, test.reason, e.Reason, e.Reason.String())
			assert.Equal(t, test.at, e.At)
			assert.Equal(t, test.waits, e.Waits)
			var classes []string
			for _, r := range e.Rules {
				classes = append(classes, r.Class)
				assert.Equal(t, r.Start.IsZero(), r.Waits)
				assert.Equal(t, r.At.IsZero(), r.Waits)
				assert.Equal(t, r.Rule.Minimum.IsZero() || r.Waits, r.Minimum.IsZero())
			}
			assert.Equal(t, test.classes, classes)
			if test.at.IsZero() {
				assert.False(t, e.Ended(day(9999, time.December, 31)))
				return
			}
			assert.False(t, e.Ended(test.at.Add(-time.Nanosecond)))
			assert.True(t, e.Ended(test.at))
			assert.True(t, e.Ended(day(9999, time.December, 31)))
		})
	}
}

func TestDueMalformed(t *testing.T) {
	t.Parallel()
	p := compiled(t, several())
	f := &purpose.Facts{Complete: true}
	i := retention.Item{Compartment: "letters/letters", Collected: day(2025, time.May, 1)}
	assert.Equal(t, purpose.UnknownPolicy, retention.Due(nil, f, i).Reason)
	assert.Equal(t, purpose.UnknownPolicy, retention.Due(new(purpose.Policy), f, i).Reason)
	for _, at := range []time.Time{{}, day(0, time.December, 31), day(10000, time.January, 1)} {
		for _, c := range []purpose.Compartment{"letters/letters", "archive/archive"} {
			i.Compartment, i.Collected = c, at
			e := retention.Due(p, f, i)
			assert.Equal(t, purpose.Malformed, e.Reason)
			assert.False(t, e.Ended(day(9999, time.December, 31)))
		}
	}
	assert.False(t, retention.End{}.Ended(day(2030, time.January, 1)), "the zero End ends nothing")
	assert.False(t, retention.End{Reason: purpose.Permitted}.Ended(day(2030, time.January, 1)))
	end := retention.End{Reason: purpose.Permitted, At: day(2029, time.January, 1)}
	assert.True(t, end.Ended(day(2030, time.January, 1)))
	end.Waits = true
	assert.False(t, end.Ended(day(2030, time.January, 1)))
	end.Waits, end.Reason = false, purpose.FactUnknown
	assert.False(t, end.Ended(day(2030, time.January, 1)))
}

func TestDueHolds(t *testing.T) {
	t.Parallel()
	p := compiled(t, several())
	all := purpose.Hold{ID: "h1", Purpose: "claims", Since: day(2025, time.May, 2)}
	job := purpose.Hold{ID: "h2", Purpose: "claims", Case: "job", Since: day(2025, time.May, 3)}
	late := day(2100, time.January, 1)
	for _, test := range []struct {
		name   string
		caseID string
		holds  []purpose.Hold
		covers []purpose.Hold
	}{
		{"none", "job", nil, nil},
		{"everything", "job", []purpose.Hold{all}, []purpose.Hold{all}},
		{"everything, of no case", "", []purpose.Hold{all}, []purpose.Hold{all}},
		{"its case", "job", []purpose.Hold{job, all}, []purpose.Hold{job, all}},
		{"another case", "other", []purpose.Hold{job}, nil},
		{"a case, of no case", "", []purpose.Hold{job}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, erased := range []time.Time{{}, day(2026, time.January, 5)} {
				for _, complete := range []bool{true, false} {
					f := &purpose.Facts{Complete: complete, HoldsKnown: true, Holds: test.holds, Erased: erased}
					e := retention.Due(p, f, retention.Item{Compartment: "letters/letters", Case: test.caseID, Collected: day(2025, time.May, 1)})
					assert.Equal(t, test.covers, e.Holds)
					assert.Equal(t, purpose.Permitted, e.Reason)
					assert.Equal(t, test.covers == nil, e.Ended(late))
				}
			}
		})
	}
}

// A class that left the policy ends by the rule it last had, and what ended by it stays ended when the class comes back with a longer one.
func TestDueOfEarlierVersions(t *testing.T) {
	t.Parallel()
	var versions []purpose.Published
	for n, years := range []int{1, 2, 0, 0, 5} {
		d := books(retention.Tax())
		d.Version, d.Effective = string(rune('1'+n)), day(2020+n, time.January, 1)
		if years > 0 {
			d.Purposes = append(d.Purposes, kept("letters", purpose.Retention{Keep: purpose.Period{Years: years}, From: purpose.FromCollection}, purpose.Use))
		}
		if n == 4 {
			d.Purposes = append(d.Purposes, kept("newer", purpose.Retention{Keep: purpose.Period{Years: 1}, From: purpose.FromCollection}))
		}
		v, err := purpose.Publish(d)
		require.NoError(t, err)
		versions = append(versions, v)
	}
	h, err := purpose.NewHistory(versions...)
	require.NoError(t, err)
	collected := day(2020, time.June, 1)
	for n, years := range []int{1, 2, 2, 2, 2} { // when the fifth is in force, it is over
		p, ok := h.Policy().Numbered(uint16(n + 1))
		require.True(t, ok)
		e := retention.Due(p, &purpose.Facts{Complete: true}, retention.Item{Compartment: "letters/letters", Collected: collected})
		assert.Equal(t, collected.AddDate(years, 0, 0), e.At, "version %d", n+1)
		e = retention.Due(p, &purpose.Facts{Complete: true}, retention.Item{Compartment: "newer/newer", Collected: collected})
		assert.Equal(t, collected.AddDate(1, 0, 0), e.At, "version %d", n+1)
		e = retention.Due(p, &purpose.Facts{Complete: true}, retention.Item{Compartment: "never/never", Collected: collected})
		assert.Equal(t, purpose.UnknownPolicy, e.Reason)
	}
}

// What was collected under a class stays of that class, though its purpose went over to another that keeps for longer.
func TestDueOfAPurposeThatChangedItsClass(t *testing.T) {
	t.Parallel()
	var versions []purpose.Published
	for n, rule := range []purpose.Retention{
		{Class: "short", Keep: purpose.Period{Years: 1}, From: purpose.FromCollection},
		{Class: "long", Keep: purpose.Period{Years: 3}, From: purpose.FromCollection},
	} {
		d := books(retention.Tax())
		d.Version, d.Effective = string(rune('1'+n)), day(2020+n, time.January, 1)
		d.Purposes = []purpose.Spec{kept("letters", rule, purpose.Use)}
		v, err := purpose.Publish(d)
		require.NoError(t, err)
		versions = append(versions, v)
	}
	h, err := purpose.NewHistory(versions...)
	require.NoError(t, err)
	collected, facts := day(2020, time.June, 1), &purpose.Facts{Complete: true}
	e := retention.Due(h.Policy(), facts, retention.Item{Compartment: "short/letters", Collected: collected})
	assert.Equal(t, day(2021, time.June, 1), e.At)
	assert.True(t, h.Policy().Decide(purpose.Request{
		Purpose: "letters", Operation: purpose.Use, Actor: purpose.Actor{Role: "clerk", ID: "c"}, Attribute: "profile.invoice",
		CollectedFor: []purpose.ID{"letters"}, CollectedAt: collected, Time: e.At,
	}, facts).Allowed(), "the purpose itself would open it for longer, if it were still there")
}

func TestEndExplain(t *testing.T) {
	t.Parallel()
	p := compiled(t, several())
	collected := time.Date(2025, time.March, 7, 15, 0, 0, 500, time.UTC)
	open := &purpose.Facts{Complete: true, Account: purpose.Account{Status: purpose.CaseOpen}}
	for _, test := range []struct {
		name   string
		of     purpose.Compartment
		facts  *purpose.Facts
		en, fr string
	}{
		{
			"two rules and a hold", "letters+tax/legal+letters",
			&purpose.Facts{Complete: true, Holds: []purpose.Hold{{ID: "h", Purpose: "claims", Since: day(2025, time.April, 1)}}},
			"Its rules keep this until 2032-01-01. Rule letters: 1 year from collection; counted from 2025-03-07 15:00:00.0000005 UTC, until 2026-03-07 15:00:00.0000005 UTC. " +
				"Rule tax: 6 years from the end of the year of collection; counted from 2026-01-01, until 2032-01-01; the law obliges to keep it until 2032-01-01 (Income Tax Act (Canada) s. 230(4)(b)). " +
				"A hold for the purpose claims, in force since 2025-04-01, keeps it until it is released.",
			"Ses règles conservent ceci jusqu’au 2032-01-01. Règle letters : 1 an à compter de la collecte; compté du 2025-03-07 15:00:00.0000005 UTC, jusqu’au 2026-03-07 15:00:00.0000005 UTC. " +
				"Règle tax : 6 ans à compter de la fin de l’année de la collecte; compté du 2026-01-01, jusqu’au 2032-01-01; la loi oblige à le conserver jusqu’au 2032-01-01 (Income Tax Act (Canada) s. 230(4)(b)). " +
				"Une mise en réserve pour la finalité claims, en vigueur depuis le 2025-04-01, le conserve jusqu’à ce qu’elle soit levée.",
		},
		{
			"an account is open", "support/support", open,
			"It is not known yet when this ends. Rule support: 6 months after the account closes, which has not come.",
			"On ne sait pas encore quand ceci prend fin. Règle support : 6 mois après la fermeture du compte, ce qui n’est pas encore arrivé.",
		},
		{
			"a minimum of who was erased waits", "claims/claims",
			&purpose.Facts{Complete: true, Erased: day(2026, time.January, 5), Cases: map[string]purpose.Case{"1": {Status: purpose.CaseOpen}}},
			"It is not known yet when this ends. Rule claims: 3 years after the case closes, which has not come; the law obliges to keep it for 3 years (CCQ a. 2925).",
			"On ne sait pas encore quand ceci prend fin. Règle claims : 3 ans après la fermeture du dossier, ce qui n’est pas encore arrivé; la loi oblige à le conserver 3 ans (CCQ a. 2925).",
		},
		{
			"erased", "letters/letters", &purpose.Facts{Complete: true, Erased: day(2026, time.January, 5)},
			"The person was erased, and no law obliges to keep this: it is not kept from 2026-01-05 on.",
			"La personne a été effacée, et aucune loi n’oblige à conserver ceci : ce n’est plus conservé à compter du 2026-01-05.",
		},
		{
			"unknown", "letters/letters", nil,
			"It cannot be told when this ends, so it is kept. " + purpose.FactUnknown.Explain(language.English),
			"On ne peut dire quand ceci prend fin; c’est donc conservé. " + purpose.FactUnknown.Explain(language.French),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e := retention.Due(p, test.facts, retention.Item{Subject: "s", Compartment: test.of, Collected: collected})
			assert.Equal(t, test.en, e.Explain(language.BritishEnglish))
			assert.Equal(t, test.fr, e.Explain(language.CanadianFrench))
		})
	}
	zero := retention.End{}.Explain(language.English)
	assert.Contains(t, zero, "It cannot be told when this ends")
	citing := retention.RuleEnd{Rule: purpose.Retention{Citation: "CCQ a. 37"}, Keep: purpose.Period{Years: 2, Months: 1, Days: 1}}
	assert.Contains(t, retention.End{Reason: purpose.Permitted, At: day(2026, 1, 1), Rules: []retention.RuleEnd{citing}}.Explain(language.French), "2 ans, 1 mois, 1 jour à compter d’un événement inconnu")
}
