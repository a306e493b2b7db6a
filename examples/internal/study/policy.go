// Package study is what the example programs that make data sets for studies share: a policy, clients that are made up, and what is left of each value for a study.
package study

import (
	"time"

	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
)

// The purposes: the work is done under the first, studied under the second. The law would let studies go without consent (P-39.1, s. 12 par. 2(5)); this firm asks.
const (
	Repairs   purpose.ID = "repairs"
	Analytics purpose.ID = "analytics"
)

// Who works here.
var (
	Website = purpose.Actor{Role: "website", ID: "web-1"}
	Analyst = purpose.Actor{Role: "data_analyst", ID: "n-1"}
)

// WorkOrder is what a client wrote about the work to be done.
type WorkOrder struct{ pii.Text }

// Attribute returns work.order.
func (WorkOrder) Attribute() purpose.Attribute { return "work.order" }

// Policy is what was published. Under Analytics nothing is revealed: only what a generaliser makes of a value leaves.
func Policy() purpose.Document {
	all := []purpose.Attribute{"identity.name", "identity.birth_date", "identity.address", "work.order"}
	studied := []purpose.Attribute{"identity.birth_date", "identity.address", "work.order"}
	operations := []purpose.Operation{purpose.Collect, purpose.Use}
	return purpose.Document{
		Version: "2026-01", Effective: time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC),
		Officer:   "privacy@repairs.example",
		Languages: []language.Tag{language.CanadianFrench, language.English},
		Purposes: []purpose.Spec{
			{
				ID: Repairs, Domain: "service", Title: purpose.Text{EN: "Repairs", FR: "Réparations"},
				Basis: purpose.ConsentByProvision, Citation: "CQLR c. P-39.1, s. 8.3", Attributes: all, Operations: operations,
				Roles:     map[purpose.Role][]purpose.Attribute{"professional": all},
				Retention: purpose.Retention{Keep: purpose.Period{Years: 3}, From: purpose.FromCollection},
			},
			{
				ID: Analytics, Domain: "analytics", Title: purpose.Text{EN: "Studies on de-identified data", FR: "Études sur des données dépersonnalisées"},
				Basis: purpose.ExpressConsent, Citation: "CQLR c. P-39.1, s. 12", Optional: true, Deidentify: true,
				Attributes: studied, Operations: operations,
				Roles:     map[purpose.Role][]purpose.Attribute{Analyst.Role: studied},
				Retention: purpose.Retention{Keep: purpose.Period{Years: 2}, From: purpose.FromCollection},
			},
		},
	}
}
