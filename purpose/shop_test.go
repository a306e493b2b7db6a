package purpose_test

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/purpose"
)

const (
	service    purpose.ID = "service"
	payment    purpose.ID = "service.payment"
	support    purpose.ID = "support"
	newsletter purpose.ID = "marketing.newsletter"
	marketing  purpose.ID = "marketing"
	orders     purpose.ID = "orders"
	statistics purpose.ID = "statistics"

	name  purpose.Attribute = "identity.name"
	email purpose.Attribute = "identity.email"
	card  purpose.Attribute = "payment.card"
	job   purpose.Attribute = "service.description"
)

// noon is when the tests ask.
var noon = time.Date(2026, time.June, 15, 12, 0, 0, 0, time.UTC)

func days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }

// shop is a small policy with one purpose of each ground.
func shop() purpose.Document {
	every := []purpose.Operation{
		purpose.Collect, purpose.Use, purpose.Disclose, purpose.Store, purpose.Erase, purpose.Rights, purpose.Maintenance,
	}
	title := purpose.Text{EN: "Title", FR: "Titre"}
	year := purpose.Period{Years: 1}
	return purpose.Document{
		Version:   "2026-01",
		Effective: noon.Add(-days(365)),
		Officer:   "privacy@example.com",
		Languages: []language.Tag{language.CanadianFrench, language.English},
		Rules:     purpose.Quebec(),
		Recipients: []purpose.Recipient{{
			ID: "letters", Name: "Lettres inc.", Role: "mail_house", Kind: purpose.Processor, Jurisdiction: "CA-QC",
			Contract: purpose.Contract{
				Reference: "contracts/letters", Purposes: []purpose.ID{newsletter}, Attributes: []purpose.Attribute{email},
				Undertakings: purpose.Quebec().Undertakings, Start: noon.Add(-days(300)),
			},
		}},
		Purposes: []purpose.Spec{
			{
				ID: service, Domain: "service", Title: title, Basis: purpose.ConsentByProvision,
				Attributes: []purpose.Attribute{name, email, card, job}, Operations: every,
				Roles:     map[purpose.Role][]purpose.Attribute{"agent": {name, job}, "biller": {name, email, card}},
				Retention: purpose.Retention{Keep: purpose.Period{Years: 2}, From: purpose.FromCaseClosed},
			},
			{
				ID: payment, Domain: "billing", Title: title, Basis: purpose.ExpressConsent,
				Attributes: []purpose.Attribute{name, card}, Operations: every,
				Roles: map[purpose.Role][]purpose.Attribute{"biller": {name, card}},
				Retention: purpose.Retention{
					Class: "tax", Keep: purpose.Period{Years: 7}, From: purpose.FromYearEnd,
					Minimum: purpose.Period{Years: 6}, Citation: "CQLR c. A-6.002, s. 35.1",
				},
			},
			{
				ID: support, Domain: "support", Title: title, Basis: purpose.NoticeOnly,
				Attributes: []purpose.Attribute{name, email, job}, Operations: every,
				Roles:     map[purpose.Role][]purpose.Attribute{"agent": {name, email}},
				Retention: purpose.Retention{Keep: year, From: purpose.FromAccountClosed}, CaseBound: true,
			},
			{
				ID: marketing, Domain: "marketing", Title: title, Basis: purpose.ExpressConsent,
				Attributes: []purpose.Attribute{name, email}, Operations: every, Recipients: []purpose.Role{"mail_house"},
				Retention: purpose.Retention{Keep: year, From: purpose.FromCollection},
			},
			{
				ID: newsletter, Domain: "marketing", Title: title, Basis: purpose.ExpressConsent,
				Attributes: []purpose.Attribute{name, email}, Operations: every, Recipients: []purpose.Role{"mail_house"},
				Roles:       map[purpose.Role][]purpose.Attribute{"mailer": {email}},
				Retention:   purpose.Retention{Keep: year, From: purpose.FromCollection},
				Consequence: purpose.Text{EN: "You will not receive our letter.", FR: "Vous ne recevrez pas notre infolettre."},
				Optional:    true,
			},
			{
				ID: orders, Domain: "legal", Title: title, Basis: purpose.LegalGround, Citation: "P-39.1, s. 18",
				Attributes: []purpose.Attribute{name, email, card}, Operations: every,
				Roles:     map[purpose.Role][]purpose.Attribute{"counsel": {name, card}},
				Retention: purpose.Retention{Keep: purpose.Period{Years: 3}, From: purpose.FromCollection},
				CaseBound: true, Secondary: true,
			},
			{
				ID: statistics, Domain: "statistics", Title: title, Basis: purpose.LegalGround, Citation: "P-39.1, s. 12",
				Attributes: []purpose.Attribute{name, job}, Operations: every,
				Roles:     map[purpose.Role][]purpose.Attribute{"analyst": {job}},
				Retention: purpose.Retention{Keep: year, From: purpose.FromCollection}, Deidentify: true,
			},
		},
	}
}

// knowing is a subject who was told, consented to everything, and has one open case.
func knowing() *purpose.Facts {
	given := purpose.Consent{
		Status: purpose.Given, Since: noon.Add(-days(30)), Operations: purpose.OperationSet(purpose.Use, purpose.Disclose), Policy: "2026-01",
	}
	return &purpose.Facts{
		Ledger: 9, Complete: true,
		Notice:   purpose.Consent{Status: purpose.Given, Since: noon.Add(-days(30)), Policy: "2026-01"},
		Account:  purpose.Account{Status: purpose.CaseOpen},
		Consents: map[purpose.ID]purpose.Consent{service: given, payment: given, marketing: given, newsletter: given},
		Cases: map[string]purpose.Case{"job-1": {
			Status: purpose.CaseOpen, Opened: noon.Add(-days(20)),
			Assigned: []purpose.Actor{{Role: "agent", ID: "a1"}, {Role: "counsel"}},
		}},
	}
}

func clone(f *purpose.Facts) *purpose.Facts {
	c := *f
	c.Consents, c.Cases, c.Consumed = maps.Clone(f.Consents), maps.Clone(f.Cases), maps.Clone(f.Consumed)
	if c.Consents == nil {
		c.Consents = map[purpose.ID]purpose.Consent{}
	}
	if c.Cases == nil {
		c.Cases = map[string]purpose.Case{}
	}
	return &c
}

func policy(tb testing.TB, d purpose.Document) *purpose.Policy {
	tb.Helper()
	p, err := purpose.NewPolicy(d)
	require.NoError(tb, err)
	return p
}

// ask is a request that the shop permits over knowing facts, for each purpose.
func ask(id purpose.ID) purpose.Request {
	r := purpose.Request{
		Purpose: id, Operation: purpose.Use, CollectedFor: []purpose.ID{id},
		CollectedAt: noon.Add(-days(10)), Time: noon,
	}
	switch id {
	case service:
		r.Actor, r.Attribute = purpose.Actor{Role: "agent", ID: "a1"}, job
	case payment:
		r.Actor, r.Attribute = purpose.Actor{Role: "biller", ID: "b1"}, card
	case support:
		r.Actor, r.Attribute = purpose.Actor{Role: "agent", ID: "a1", Case: "job-1"}, email
	case newsletter:
		r.Actor, r.Attribute = purpose.Actor{Role: "mailer", ID: "m1"}, email
	case orders:
		r.Actor, r.Attribute = purpose.Actor{Role: "counsel", ID: "c1", Case: "job-1"}, card
	case statistics:
		r.Actor, r.Attribute, r.Derive = purpose.Actor{Role: "analyst", ID: "s1"}, job, true
	}
	return r
}
