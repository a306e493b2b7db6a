package main

import (
	"time"

	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
)

// The purposes of the shop.
const (
	Service    purpose.ID = "service"
	Newsletter purpose.ID = "newsletter"
	Tax        purpose.ID = "legal.tax"
	Legal      purpose.ID = "legal"
	Requests   purpose.ID = "requests"
)

// Who works there.
var (
	website    = purpose.Actor{Role: "website", ID: "web-1"}
	counter    = purpose.Actor{Role: "counter", ID: "c-1"}
	mailer     = purpose.Actor{Role: "mailer", ID: "m-1"}
	accountant = purpose.Actor{Role: "accountant", ID: "a-1"}
	officer    = purpose.Actor{Role: "privacy_officer", ID: "p-1"}
)

// Invoice is the text of an invoice.
type Invoice struct{}

// Attribute returns profile.invoice.
func (Invoice) Attribute() purpose.Attribute { return "profile.invoice" }

// Canonical takes any text.
func (Invoice) Canonical(text string) (string, bool) { return text, text != "" }

const (
	attrName    purpose.Attribute = "identity.name"
	attrEmail   purpose.Attribute = "identity.email"
	attrPhone   purpose.Attribute = "identity.phone"
	attrInvoice purpose.Attribute = "profile.invoice"
	attrContact purpose.Attribute = "request.contact" // what is said in a request: package rights has the kinds
	attrNature  purpose.Attribute = "request.nature"
)

var _ pii.Kind = Invoice{}

// Policy is what the shop has published.
func Policy() purpose.Document {
	all := []purpose.Attribute{attrName, attrEmail, attrPhone, attrInvoice}
	onLaw := []purpose.Attribute{attrName, attrInvoice}
	asked := []purpose.Attribute{attrName, attrEmail, attrPhone, attrInvoice, attrContact, attrNature}
	parcel := []purpose.Attribute{attrName, attrPhone}
	take := []purpose.Operation{purpose.Collect, purpose.Use}
	return purpose.Document{
		Version: "2025-01", Effective: time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC),
		Officer: "privacy@shop.example", Languages: []language.Tag{language.CanadianFrench, language.English},
		Rules: purpose.Quebec(),
		Recipients: []purpose.Recipient{{
			ID: "carrier", Name: "Messagerie du Fleuve", Role: "carrier", Kind: purpose.Processor, Jurisdiction: "CA-QC",
			Contract: purpose.Contract{
				Reference: "contract-4", Purposes: []purpose.ID{Service}, Attributes: parcel, Undertakings: purpose.Quebec().Undertakings,
				Start: time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC),
			},
		}},
		Purposes: []purpose.Spec{
			{
				ID: Service, Domain: "service", Title: purpose.Text{EN: "To serve you", FR: "Vous servir"},
				Basis: purpose.ConsentByProvision, Attributes: all, Operations: append(take, purpose.Disclose), Recipients: []purpose.Role{"carrier"},
				Roles:     map[purpose.Role][]purpose.Attribute{counter.Role: all},
				Retention: purpose.Retention{Keep: purpose.Period{Years: 3}, From: purpose.FromCollection},
			},
			{
				ID: Newsletter, Domain: "marketing", Title: purpose.Text{EN: "Newsletter", FR: "Infolettre"},
				Basis: purpose.ExpressConsent, Optional: true, Attributes: []purpose.Attribute{attrEmail}, Operations: take,
				Roles:     map[purpose.Role][]purpose.Attribute{mailer.Role: {attrEmail}},
				Retention: purpose.Retention{Keep: purpose.Period{Years: 2}, From: purpose.FromCollection},
			},
			{
				ID: Legal, Domain: "legal", Title: purpose.Text{EN: "What the law asks of us", FR: "Obligations légales"},
				Basis: purpose.LegalGround, Citation: "P-39.1 s. 18", Attributes: onLaw, Operations: take,
				Roles:     map[purpose.Role][]purpose.Attribute{officer.Role: onLaw},
				Retention: purpose.Retention{Class: "legal", Keep: purpose.Period{Years: 3}, From: purpose.FromCollection},
			},
			{
				ID: Tax, Domain: "legal", Title: purpose.Text{EN: "Tax records", FR: "Registres fiscaux"},
				Basis: purpose.LegalGround, Citation: "Income Tax Act (Canada) s. 230(4)(b)", Attributes: onLaw, Operations: take,
				Roles:     map[purpose.Role][]purpose.Attribute{accountant.Role: onLaw},
				Retention: retention.Tax(), // six years from the end of the year
			},
			{
				ID: Requests, Domain: "requests", Title: purpose.Text{EN: "Your requests", FR: "Vos demandes"},
				Basis: purpose.LegalGround, Citation: "P-39.1 ss. 27 and 28", Attributes: asked,
				Operations: []purpose.Operation{purpose.Collect, purpose.Use, purpose.Rights},
				Roles:      map[purpose.Role][]purpose.Attribute{officer.Role: asked},
				// As long as the longest of the others: what is kept can be asked for.
				Retention: purpose.Retention{Keep: purpose.Period{Years: 7}, From: purpose.FromCollection, Justification: "as long as anything is kept, it can be asked for"},
			},
		},
	}
}
