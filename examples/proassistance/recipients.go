package main

import (
	"time"

	"github.com/purposebound/purposebound/purpose"
)

// What the policy says beside its purposes: whose it is, whom data goes to, where, and what is never done.

func controller() purpose.Controller {
	return purpose.Controller{
		Name: "ProAssistance", Address: "1, rue de l’Exemple, Laval (Québec)", Contact: "privacy@proassistance.example, 1-833-555-0100",
	}
}

func security() []purpose.Text {
	return []purpose.Text{
		{
			EN: "Fields are encrypted with a key for each person and use; keys are destroyed at the end of retention.",
			FR: "Les champs sont chiffrés avec une clé par personne et par usage; les clés sont détruites à la fin de la conservation.",
		},
		{
			EN: "Employees open only what their work needs, and every access is recorded.",
			FR: "Les employés n’ouvrent que ce que leur travail exige, et chaque accès est consigné.",
		},
	}
}

// signed is a contract of the beginning of the year that holds what the law asks of a service provider's (P-39.1 s. 18.3).
func signed(reference string, purposes []purpose.ID, attributes []purpose.Attribute) purpose.Contract {
	return purpose.Contract{
		Reference: reference, Purposes: purposes, Attributes: attributes,
		Undertakings: purpose.Quebec().Undertakings, Start: time.Date(2025, time.November, 1, 0, 0, 0, 0, time.UTC),
	}
}

// independent is a contract with somebody who decides for itself what it does with the data, and gives nothing for it.
func independent(reference string, purposes []purpose.ID, attributes []purpose.Attribute) purpose.Contract {
	c := signed(reference, purposes, attributes)
	c.Undertakings = []purpose.Undertaking{
		purpose.ProtectionMeasures, purpose.IncidentNotice, purpose.NoOnward, purpose.NoConsideration,
	}
	return c
}

func recipients() []purpose.Recipient {
	type ids = []purpose.ID
	return []purpose.Recipient{
		{
			ID: "nuage_ouest", Name: "Nuage de l’Ouest", Role: CloudHost, Kind: purpose.Processor, Jurisdiction: "US",
			Contract: signed("contracts/2025-11", ids{ServiceAccount}, fields(identityFields(), profileFields())),
		},
		{
			ID: "courrier_rideau", Name: "Courrier Rideau", Role: MailHost, Kind: purpose.Processor, Jurisdiction: "CA-ON",
			Contract: signed("contracts/2025-12", ids{ServiceNotice}, only(Name, Email, LanguageOf)),
		},
		{
			ID: "paie_laval", Name: "Paie Laval", Role: PaymentProcessor, Kind: purpose.Processor, Jurisdiction: "CA-QC",
			Contract: signed("contracts/2025-13", ids{ServicePayment, LegalComplaints}, only(Name, Email, Address, PaymentMethodOf, TransactionHistoryOf)),
		},
		{
			ID: "comptes_trudel", Name: "Comptes Trudel", Role: AccountingFirm, Kind: purpose.Processor, Jurisdiction: "CA-QC",
			Contract: signed("contracts/2025-14", ids{LegalTax}, only(Name, Address, TransactionHistoryOf)),
		},
		{
			ID: "sondages_rive_nord", Name: "Sondages Rive-Nord", Role: PollingFirm, Kind: purpose.Processor, Jurisdiction: "CA-QC",
			Contract: signed("contracts/2025-15", ids{SupportSurvey, MarketingSurvey}, only(Name, Email, Phone)),
		},
		{
			ID: "desjardins", Name: "Desjardins", Role: Lender, Kind: purpose.ThirdParty, Jurisdiction: "CA-QC",
			Contract: independent("contracts/2025-16", ids{ServiceFinancing}, only(Name, Email, Phone, Address)),
		},
		{
			ID: "caisse_de_l_exemple", Name: "Caisse de l’Exemple", Role: Lender, Kind: purpose.ThirdParty, Jurisdiction: "CA-QC",
			Contract: independent("contracts/2025-17", ids{ServiceFinancing}, only(Name, Email, Phone, Address)),
		},
		{
			ID: "affichage_demain", Name: "Affichage Demain", Role: AdvertisingPartner, Kind: purpose.ThirdParty, Jurisdiction: "CA-QC",
			Contract: independent("contracts/2025-18", ids{WebAdvertising}, only(VisitReferrer, VisitedSections, VisitedPages)),
		},
		{ID: "cour_superieure", Name: "Cour supérieure du Québec", Role: AuthorityRole, Kind: purpose.Authority, Jurisdiction: "CA-QC"},
		{ID: "revenu", Name: "Revenu Québec", Role: AuthorityRole, Kind: purpose.Authority, Jurisdiction: "CA-QC"},
	}
}

// assessments are of the two recipients outside Québec. Ontario is outside.
func assessments() []purpose.Assessment {
	made, review := time.Date(2025, time.November, 15, 0, 0, 0, 0, time.UTC), time.Date(2027, time.November, 15, 0, 0, 0, 0, time.UTC)
	return []purpose.Assessment{
		{
			ID: "efvp-2025-3", Recipient: "nuage_ouest", Jurisdictions: []purpose.Jurisdiction{"US"},
			Purposes: []purpose.ID{ServiceAccount}, Attributes: identityFields(),
			Factors: purpose.Factors{
				Sensitivity: "who somebody is and how to reach them", Purposes: "keeping accounts",
				Measures: "encrypted before it leaves; keys stay in Québec", Framework: "no general law; access by authorities on order",
			},
			Outcome: purpose.Adequate, Agreement: "contracts/2025-11, schedule C", Approver: "privacy officer", Made: made, Review: review,
		},
		{
			ID: "efvp-2025-4", Recipient: "courrier_rideau", Jurisdictions: []purpose.Jurisdiction{"CA-ON"},
			Purposes: []purpose.ID{ServiceNotice}, Attributes: only(Name, Email, LanguageOf),
			Factors: purpose.Factors{
				Sensitivity: "low: name, address of e-mail, language", Purposes: "announcing changes",
				Measures: "encrypted on the way and at rest", Framework: "PIPEDA applies",
			},
			Outcome: purpose.Adequate, Agreement: "contracts/2025-12, schedule C", Approver: "privacy officer", Made: made, Review: review,
		},
	}
}

func prohibitions() []purpose.Prohibition {
	return []purpose.Prohibition{
		{
			Name: "no_sale", Operations: []purpose.Operation{purpose.Sell},
			Title: purpose.Text{EN: "Personal information is never sold", FR: "Les renseignements personnels ne sont jamais vendus"},
		},
		{
			Name: "offers_stay_here", Within: Offers, Operations: []purpose.Operation{purpose.Disclose, purpose.Transfer},
			To: []purpose.RecipientKind{purpose.ThirdParty},
			Title: purpose.Text{
				EN: "Nothing is disclosed to the third parties whose offers are made",
				FR: "Rien n’est communiqué aux tiers dont les offres sont présentées",
			},
		},
	}
}

func statements() purpose.Statements {
	return purpose.Statements{
		Promises: []purpose.Promise{purpose.NeverSell}, Rights: purpose.Quebec().Rights,
		Derogations: []purpose.Ground{purpose.Emergency}, Changes: purpose.ChangeNotified, MinorAge: 14,
	}
}
