package pii_test

import (
	"time"

	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/purpose"
)

// The policy of a small shop, for tests.
const (
	Service    purpose.ID = "service"
	Visits     purpose.ID = "service.visits"
	Newsletter purpose.ID = "newsletter"
	Analytics  purpose.ID = "analytics"
	Fraud      purpose.ID = "fraud"
	Tax        purpose.ID = "tax"
)

const (
	Agent   purpose.Role = "agent"
	Mailer  purpose.Role = "mailer"
	Visitor purpose.Role = "visitor"
)

var (
	agent  = purpose.Actor{Role: Agent, ID: "a-1"}
	mailer = purpose.Actor{Role: Mailer, ID: "m-1"}
	clerk  = purpose.Actor{Role: "clerk", ID: "k-1"}
)

func shop() purpose.Document {
	identity := []purpose.Attribute{
		"identity.name", "identity.email", "identity.address", "identity.phone", "identity.birth_date", "communications.text",
	}
	text := func(s string) purpose.Text { return purpose.Text{EN: s, FR: s} }
	use := []purpose.Operation{purpose.Collect, purpose.Use, purpose.Store, purpose.Erase, purpose.Combine}
	return purpose.Document{
		Version: "1", Effective: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Officer: "privacy@example.com",
		Languages: []language.Tag{language.English, language.CanadianFrench},
		Purposes: []purpose.Spec{
			{
				ID: Service, Domain: "service", Title: text("Service"), Basis: purpose.ConsentByProvision,
				Attributes: identity, Operations: use,
				Roles:     map[purpose.Role][]purpose.Attribute{Agent: identity[:4], Mailer: {"identity.email"}},
				Retention: purpose.Retention{Keep: purpose.Period{Years: 3}, From: purpose.FromCollection},
			},
			{
				ID: Visits, Domain: "service", Title: text("Visits"), Basis: purpose.ConsentByProvision,
				Attributes: identity[:4], Operations: use, CaseBound: true,
				Roles:     map[purpose.Role][]purpose.Attribute{Visitor: identity[:4]},
				Retention: purpose.Retention{Class: "visits", Keep: purpose.Period{Days: 30}, From: purpose.FromCaseClosed},
			},
			{
				ID: Newsletter, Domain: "marketing", Title: text("Newsletter"), Basis: purpose.ExpressConsent, Optional: true,
				Attributes: identity[:2], Operations: use,
				Roles:       map[purpose.Role][]purpose.Attribute{Mailer: {"identity.email"}, Agent: identity[:2]},
				Retention:   purpose.Retention{Keep: purpose.Period{Years: 2}, From: purpose.FromCollection},
				Consequence: purpose.Text{EN: "No more newsletters.", FR: "Plus d’infolettres."},
			},
			{
				ID: Analytics, Domain: "analytics", Title: text("Analytics"), Basis: purpose.LegalGround, Citation: "P-39.1 s. 12",
				Attributes: identity, Operations: use, Deidentify: true,
				Roles:     map[purpose.Role][]purpose.Attribute{Agent: identity},
				Retention: purpose.Retention{Keep: purpose.Period{Years: 1}, From: purpose.FromCollection},
			},
			{
				ID: Fraud, Domain: "legal", Title: text("Fraud"), Basis: purpose.LegalGround, Citation: "P-39.1 s. 12 par. 2(3)",
				Attributes: identity, Operations: use, CaseBound: true, Secondary: true,
				Roles:     map[purpose.Role][]purpose.Attribute{Agent: identity},
				Retention: purpose.Retention{Class: "fraud", Keep: purpose.Period{Years: 5}, From: purpose.FromCollection},
			},
			{
				ID: Tax, Domain: "legal", Title: text("Tax"), Basis: purpose.LegalGround, Citation: "ITA 230(4)",
				Attributes: identity[:3], Operations: use,
				Roles:     map[purpose.Role][]purpose.Attribute{Agent: identity[:3]},
				Retention: purpose.Retention{Class: "tax", Keep: purpose.Period{Years: 6}, From: purpose.FromYearEnd},
			},
		},
	}
}
