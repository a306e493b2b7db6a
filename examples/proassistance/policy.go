package main

import (
	"slices"
	"time"

	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
)

// Policy returns the privacy policy of ProAssistance as data.
//
// It is read strictly. The fields a purpose may open are those the policy names for it, as a closed list: the policy calls
// its lists examples, and a program cannot act on "and more". Two consequences are worth knowing before reading on.
// Work orders belong to the communications, and the purpose of following the work lists no communications, so
// [ServiceProgress] does not open them; a later version of the policy has to say so first. And how a person
// pays is opened only where money moves or fraud is examined, never for support or marketing.
//
// # What the policy does not say
//
// The policy gives no date, no version and no length of time for which anything is kept. All three are choices of this example:
//
//   - in force from 1 January 2026, version "2026-01";
//   - service and payment: three years after the job closes, the time in which most claims prescribe (C.C.Q. art. 2925);
//   - account and notices about the service: one year after the account closes;
//   - support: two years from collection; calls, their recordings and transcriptions: six months;
//   - complaints, fraud, orders and requests of the person: three years after the case closes;
//   - tax: six years from the end of the year, the one figure that comes from a law and is therefore also a minimum;
//   - marketing: two years from collection; the site: thirteen months; statistics: two years.
//
// The policy speaks of money laundering, but whether the five years of the federal rules bind a referral service is doubtful,
// so no minimum is claimed for it.
//
// A role that is listed under a purpose may use what the purpose lists for it. To collect takes a named actor and no role, so
// forms, the telephone line and the cash register are listed only where they also use something.
//
// A retention class belongs to purposes, not to fields. Recordings get a short life by being listed only for
// purposes of the class "recording" (and for the legal ones, which open them only within a case).
//
// The recipients are invented but for the lender, whom the policy names; so are their contracts and the assessments of transfers. The
// policy allows a transfer for a new contract, which the law of Québec does not know: only an emergency is kept.
func Policy() purpose.Document {
	return purpose.Document{
		Version:   "2026-01",
		Effective: time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC),
		Officer:   "Responsable de la protection des renseignements personnels / Privacy Officer, privacy@proassistance.example",
		Languages: []language.Tag{language.English, language.CanadianFrench},
		Purposes: described(slices.Concat(
			servicePurposes(),
			supportPurposes(),
			legalPurposes(),
			marketingPurposes(),
			webPurposes(),
		)),
		Controller:   controller(),
		Rules:        purpose.Quebec(),
		Recipients:   recipients(),
		Assessments:  assessments(),
		Prohibitions: prohibitions(),
		Security:     security(),
		Terms:        terms(),
		Statements:   statements(),
	}
}

// Policies returns the versions of the policy in order: [Policy], and the one of July, which lets work orders be used for following the work and
// names market researchers beside the polling firm.
func Policies() []purpose.Document {
	july := Policy()
	july.Recipients = append(july.Recipients, purpose.Recipient{
		ID: "etudes_outaouais", Name: "Études Outaouais", Role: MarketResearcher, Kind: purpose.Processor, Jurisdiction: "CA-QC",
		Contract: signed("contracts/2026-3", []purpose.ID{MarketingSurvey}, only(Name, Email)),
	})
	july.Version, july.Effective = "2026-07", time.Date(2026, time.July, 1, 0, 0, 0, 0, time.UTC)
	for i := range july.Purposes {
		s := &july.Purposes[i]
		switch s.ID {
		case Service:
			s.Attributes = append(s.Attributes, WorkOrderText)
		case ServiceProgress:
			s.Attributes = append(s.Attributes, WorkOrderText)
			s.Roles[Dispatcher] = append(s.Roles[Dispatcher], WorkOrderText)
		case Marketing, MarketingSurvey:
			s.Recipients = append(s.Recipients, MarketResearcher)
		}
	}
	return []purpose.Document{Policy(), july}
}

// The provisions relied on more than once.
const (
	byProvision = "CQLR c. P-39.1, s. 8.3"
	byConsent   = "CQLR c. P-39.1, s. 14"
)

// The categories of the policy. They are functions because a shared slice could be written to.

func identityFields() []purpose.Attribute {
	return []purpose.Attribute{Name, Email, Address, Phone, BirthDate, GenderOf}
}

// profileFields leaves out how the person pays: only the purposes that move money or look for fraud add it.
func profileFields() []purpose.Attribute {
	return []purpose.Attribute{LocationOf, LanguageOf, TransactionHistoryOf}
}

func paymentFields() []purpose.Attribute { return []purpose.Attribute{PaymentMethodOf} }

// writtenFields are the communications without the sound of calls and what was typed from it.
func writtenFields() []purpose.Attribute {
	return []purpose.Attribute{WorkOrderText, MessageText, CallHistoryOf}
}

func recordedFields() []purpose.Attribute { return []purpose.Attribute{RecordingOf, TranscriptionText} }

func technicalFields() []purpose.Attribute {
	return []purpose.Attribute{
		VisitorIP, VisitorISPIP, VisitorBrowser, VisitTime, VisitReferrer, VisitorSystem, VisitedSections, VisitedPages,
	}
}

// requestFields are what is said in a request about one's own information.
func requestFields() []purpose.Attribute { return []purpose.Attribute{RequestContact, RequestNature} }

func fields(groups ...[]purpose.Attribute) []purpose.Attribute { return slices.Concat(groups...) }

func only(attributes ...purpose.Attribute) []purpose.Attribute { return attributes }

func operations() []purpose.Operation {
	return []purpose.Operation{purpose.Collect, purpose.Use, purpose.Store}
}

func disclosing() []purpose.Operation { return append(operations(), purpose.Disclose) }

// The retention classes. Purposes of one class return the same rule, because their values end together.

func keepService() purpose.Retention {
	return purpose.Retention{Class: "service", Justification: "a claim about the work prescribes after three years", Keep: purpose.Period{Years: 3}, From: purpose.FromCaseClosed}
}

func keepAccount() purpose.Retention {
	return purpose.Retention{Class: "account", Justification: "who comes back within a year finds the account", Keep: purpose.Period{Years: 1}, From: purpose.FromAccountClosed}
}

func keepAnalytics() purpose.Retention {
	return purpose.Retention{Class: "analytics", Justification: "two seasons are compared", Keep: purpose.Period{Years: 2}, From: purpose.FromCollection}
}

func keepSupport() purpose.Retention {
	return purpose.Retention{Class: "support", Justification: "a question about the same job comes back within two years", Keep: purpose.Period{Years: 2}, From: purpose.FromCollection}
}

func keepRecording() purpose.Retention {
	return purpose.Retention{Class: "recording", Justification: "an analyst listens within two quarters", Keep: purpose.Period{Months: 6}, From: purpose.FromCollection}
}

func keepLegal() purpose.Retention {
	return purpose.Retention{Class: "legal", Justification: "a claim prescribes after three years", Keep: purpose.Period{Years: 3}, From: purpose.FromCaseClosed}
}

// keepRequests is as long as the longest of the others: a purpose opens nothing that its own period ended, and what is kept can be asked for.
func keepRequests() purpose.Retention {
	return purpose.Retention{Class: "requests", Justification: "what is kept can be asked for, and tax records are kept the longest", Keep: purpose.Period{Years: 7}, From: purpose.FromAccountClosed}
}

func keepTax() purpose.Retention {
	rule := retention.Tax()
	rule.Citation += "; Tax Administration Act, CQLR c. A-6.002, s. 35.1"
	return rule
}

func keepMarketing() purpose.Retention {
	return purpose.Retention{Class: "marketing", Justification: "who has not read for two years does not want it", Keep: purpose.Period{Years: 2}, From: purpose.FromCollection, AfterConsent: purpose.Period{Days: 30}}
}

func keepWeb() purpose.Retention {
	return purpose.Retention{Class: "web", Justification: "a visit is compared with that of the year before", Keep: purpose.Period{Months: 13}, From: purpose.FromCollection}
}

// servicePurposes are what a person comes for: being known, being matched with somebody, following and paying for the work.
func servicePurposes() []purpose.Spec {
	type roles = map[purpose.Role][]purpose.Attribute
	return []purpose.Spec{
		{
			ID: Identify, Domain: "service", Basis: purpose.ConsentByProvision, Citation: byProvision,
			Title:      purpose.Text{EN: "Know who we are dealing with", FR: "Savoir à qui nous avons affaire"},
			Attributes: identityFields(), Operations: operations(), Retention: keepService(),
			Roles: roles{
				IdentityVerifier: only(Name, Email, Phone, Address, BirthDate),
				SupportAgent:     only(Name, Email, Phone, Address), // a caller is known by these; never by the birth date
			},
			Consequence: purpose.Text{
				EN: "Unless we know who you are, we cannot handle your request.",
				FR: "Si nous ne savons pas qui vous êtes, nous ne pouvons pas traiter votre demande.",
			},
		},
		{
			ID: Service, Domain: "service", Basis: purpose.ConsentByProvision, Citation: byProvision,
			Recipients: []purpose.Role{CloudHost, Lender, PaymentProcessor, MailHost},
			Title:      purpose.Text{EN: "Our services", FR: "Nos services"},
			Attributes: fields(identityFields(), profileFields(), paymentFields()), Operations: disclosing(), Retention: keepService(),
			Consequence: purpose.Text{
				EN: "Without this information we cannot serve you, and requests under way stop.",
				FR: "Sans ces renseignements, nous ne pouvons pas vous servir, et les demandes en cours s’arrêtent.",
			},
		},
		{
			ID: ServiceConnect, Domain: "service", Basis: purpose.ConsentByProvision, Citation: byProvision,
			Title:      purpose.Text{EN: "Match clients with professionals", FR: "Jumeler clients et professionnels"},
			Attributes: fields(identityFields(), profileFields()), Operations: operations(), Retention: keepService(),
			Roles: roles{
				Dispatcher: only(Name, Phone, LocationOf, LanguageOf),
			},
			Consequence: purpose.Text{
				EN: "We will not be able to find a professional for your project, or projects for your business.",
				FR: "Nous ne pourrons pas trouver de professionnel pour votre projet, ni de projets pour votre entreprise.",
			},
		},
		{
			ID: ServiceAccount, Domain: "service", Basis: purpose.ConsentByProvision, Citation: byProvision,
			Recipients: []purpose.Role{CloudHost},
			Title:      purpose.Text{EN: "Open and keep your account", FR: "Ouvrir et tenir votre compte"},
			Attributes: fields(identityFields(), profileFields()), Operations: disclosing(), Retention: keepAccount(),
			Roles: roles{WebService: fields(identityFields(), profileFields())}, // what the person's own page shows
			Consequence: purpose.Text{
				EN: "You will not be able to open an account, or your account will have to be closed.",
				FR: "Vous ne pourrez pas ouvrir de compte, ou le vôtre devra être fermé.",
			},
		},
		{
			// The policy names identity and profile here; the profile proves nothing about who somebody is, so it is left out.
			ID: ServiceVerify, Domain: "service", Basis: purpose.ConsentByProvision, Citation: byProvision,
			Title:      purpose.Text{EN: "Verify identity", FR: "Vérifier l’identité"},
			Attributes: identityFields(), Operations: operations(), Retention: keepService(),
			Roles: roles{
				IdentityVerifier: only(Name, Address, BirthDate),
			},
			Consequence: purpose.Text{
				EN: "An account whose holder we could not verify cannot be used.",
				FR: "Un compte dont nous n’avons pas pu vérifier le titulaire ne peut pas servir.",
			},
		},
		{
			// No work orders: the policy lists identity and profile for following the work, and nothing else.
			ID: ServiceProgress, Domain: "service", Basis: purpose.ConsentByProvision, Citation: byProvision,
			Title:      purpose.Text{EN: "Follow the work and tell you how it goes", FR: "Suivre les travaux et vous tenir au courant"},
			Attributes: fields(identityFields(), profileFields()), Operations: operations(), Retention: keepService(),
			Roles: roles{
				WebService: only(Name, Email, Phone, LocationOf, LanguageOf),
				Dispatcher: only(Name, Phone, LocationOf),
			},
			Consequence: purpose.Text{
				EN: "We will not be able to tell you how the work is going.",
				FR: "Nous ne pourrons pas vous dire où en sont les travaux.",
			},
		},
		{
			// Only the address that was given. Where a device is would need a notice of its own (P-39.1 s. 8.1).
			ID: ServiceLocate, Domain: "service", Basis: purpose.ConsentByProvision, Citation: byProvision,
			Title:      purpose.Text{EN: "Locate the work", FR: "Situer le lieu des travaux"},
			Attributes: only(Address, LocationOf), Operations: operations(), Retention: keepService(),
			Roles: roles{
				Dispatcher: only(Address, LocationOf),
			},
			Consequence: purpose.Text{
				EN: "Without the place of the work we cannot send anyone.",
				FR: "Sans le lieu des travaux, nous ne pouvons envoyer personne.",
			},
		},
		{
			ID: ServiceMessaging, Domain: "service", Basis: purpose.ConsentByProvision, Citation: byProvision,
			Title:      purpose.Text{EN: "Let users write to each other", FR: "Permettre aux utilisateurs de s’écrire"},
			Attributes: fields(identityFields(), profileFields()), Operations: operations(), Retention: keepService(),
			Roles: roles{WebService: only(Name, Email, Phone, LanguageOf)},
			Consequence: purpose.Text{
				EN: "You will not be able to exchange messages with other users.",
				FR: "Vous ne pourrez pas échanger de messages avec d’autres utilisateurs.",
			},
		},
		{
			ID: ServiceProToClient, Domain: "service", Basis: purpose.ConsentByProvision, Citation: byProvision, CaseBound: true,
			Title:      purpose.Text{EN: "The professional on your job contacts you", FR: "Le professionnel chargé de vos travaux vous joint"},
			Attributes: only(Name, Address, Email, Phone, LocationOf), Operations: operations(), Retention: keepService(),
			Roles: roles{
				Professional: only(Name, Address, Email, Phone, LocationOf),
			},
			Consequence: purpose.Text{
				EN: "The professional will not be able to reach you or find the place of the work.",
				FR: "Le professionnel ne pourra ni vous joindre ni se rendre sur les lieux.",
			},
		},
		{
			ID: ServiceClientToPro, Domain: "service", Basis: purpose.ConsentByProvision, Citation: byProvision, CaseBound: true,
			Title:      purpose.Text{EN: "A client contacts the professional on the job", FR: "Un client joint le professionnel chargé de ses travaux"},
			Attributes: only(Name, Email, Phone), Operations: operations(), Retention: keepService(),
			Roles: roles{
				Client: only(Name, Email, Phone),
			},
			Consequence: purpose.Text{
				EN: "Your clients will not be able to reach you about the work.",
				FR: "Vos clients ne pourront pas vous joindre au sujet des travaux.",
			},
		},
		{
			// A consent is asked for each request, and is meant for that request.
			ID: ServiceFinancing, Domain: "service", Basis: purpose.ExpressConsent, Citation: byConsent, Optional: true,
			SingleUse: true, Recipients: []purpose.Role{Lender},
			Title:      purpose.Text{EN: "Put you in touch with a lender, at your request", FR: "Vous mettre en relation avec un prêteur, à votre demande"},
			Attributes: fields(identityFields(), profileFields()), Operations: disclosing(), Retention: keepService(),
			Roles: roles{
				FinancingAdvisor: only(Name, Email, Phone, Address, BirthDate),
			},
			Consequence: purpose.Text{
				EN: "You will have to arrange the financing of your project yourself; everything else stays open to you.",
				FR: "Vous devrez organiser vous-même le financement de votre projet; tout le reste vous demeure offert.",
			},
		},
		{
			// A key domain of its own: a key that opens a mailing list must not open a means of payment.
			ID: ServicePayment, Domain: "payment", Basis: purpose.ConsentByProvision, Citation: byProvision,
			Recipients: []purpose.Role{PaymentProcessor},
			Title:      purpose.Text{EN: "Process payments", FR: "Traiter les paiements"},
			Attributes: fields(identityFields(), paymentFields(), only(TransactionHistoryOf)), Operations: disclosing(), Retention: keepService(),
			Roles: roles{PaymentService: only(Name, Email, Address, PaymentMethodOf, TransactionHistoryOf)},
			Consequence: purpose.Text{
				EN: "You will not be able to pay, or to be paid, through our site.",
				FR: "Vous ne pourrez ni payer ni être payé par l’entremise de notre site.",
			},
		},
		{
			// An engineer works on a ticket; without one nothing opens, and under one not for long and not for many.
			ID: ServiceOperations, Domain: "service", Basis: purpose.ConsentByProvision, Citation: byProvision,
			BreakGlass: purpose.BreakGlass{Subjects: 20, For: 4 * time.Hour},
			Title:      purpose.Text{EN: "Repair outages and faults of our systems", FR: "Réparer les pannes et les défauts de nos systèmes"},
			Attributes: fields(identityFields(), profileFields()), Operations: operations(), Retention: keepService(),
			Roles: roles{
				OperationsEngineer: only(Email, LanguageOf),
			},
			Consequence: purpose.Text{
				EN: "We will not be able to repair faults that touch your file.",
				FR: "Nous ne pourrons pas réparer les défauts qui touchent votre dossier.",
			},
		},
		{
			ID: ServiceNotice, Domain: "service", Basis: purpose.ConsentByProvision, Citation: byProvision,
			Recipients: []purpose.Role{MailHost},
			Title:      purpose.Text{EN: "Announce changes to our terms, services or policies", FR: "Annoncer les changements à nos conditions, services ou politiques"},
			Attributes: only(Name, Email, LanguageOf), Operations: disclosing(), Retention: keepAccount(),
			Roles: roles{
				Mailer: only(Name, Email, LanguageOf),
			},
			Consequence: purpose.Text{
				EN: "You will not hear from us when the terms of the service change, so we could not go on serving you.",
				FR: "Vous ne seriez pas avisé des changements aux conditions du service; nous ne pourrions donc plus vous servir.",
			},
		},
		{
			ID: Analytics, Domain: "analytics", Basis: purpose.LegalGround, Citation: "CQLR c. P-39.1, s. 12 par. 2(5)",
			Optional: true, Deidentify: true,
			Title:      purpose.Text{EN: "Study, research and statistics on de-identified data", FR: "Études, recherche et statistiques sur des données dépersonnalisées"},
			Attributes: fields(only(Address, BirthDate, GenderOf), profileFields()), Operations: operations(), Retention: keepAnalytics(),
			Roles: roles{
				DataAnalyst: fields(only(Address, BirthDate, GenderOf), profileFields()),
			},
		},
	}
}

// supportPurposes are the help desk's. Most open what was written; only solving a problem and checking quality open calls.
func supportPurposes() []purpose.Spec {
	type roles = map[purpose.Role][]purpose.Attribute
	return []purpose.Spec{
		{
			ID: Support, Domain: "support", Basis: purpose.ConsentByProvision, Citation: byProvision,
			Recipients: []purpose.Role{PollingFirm},
			Title:      purpose.Text{EN: "Customer service", FR: "Service à la clientèle"},
			Attributes: fields(identityFields(), writtenFields(), recordedFields()), Operations: disclosing(), Retention: keepSupport(),
			Consequence: purpose.Text{
				EN: "Our support desk will not be able to help you.",
				FR: "Notre service à la clientèle ne pourra pas vous aider.",
			},
		},
		{
			ID: SupportAssist, Domain: "support", Basis: purpose.ConsentByProvision, Citation: byProvision,
			Title:      purpose.Text{EN: "Give the help you ask for", FR: "Donner l’aide que vous demandez"},
			Attributes: fields(identityFields(), writtenFields()), Operations: operations(), Retention: keepSupport(),
			Roles: roles{
				SupportAgent: only(Name, Email, Phone, WorkOrderText, MessageText, CallHistoryOf),
			},
			Consequence: purpose.Text{
				EN: "We will not be able to answer your requests for help.",
				FR: "Nous ne pourrons pas répondre à vos demandes d’aide.",
			},
		},
		{
			ID: SupportRoute, Domain: "support", Basis: purpose.ConsentByProvision, Citation: byProvision,
			Title:      purpose.Text{EN: "Bring your question to the right advisor", FR: "Acheminer votre question au bon conseiller"},
			Attributes: fields(identityFields(), writtenFields()), Operations: operations(), Retention: keepSupport(),
			Roles: roles{
				SupportRouter: only(Name, MessageText, CallHistoryOf),
			},
			Consequence: purpose.Text{
				EN: "Your question may not reach the person who can answer it.",
				FR: "Votre question pourrait ne pas parvenir à la personne qui peut y répondre.",
			},
		},
		{
			ID: SupportSolve, Domain: "support", Basis: purpose.ConsentByProvision, Citation: byProvision,
			Title:      purpose.Text{EN: "Study and solve a problem you have", FR: "Étudier et régler un problème que vous éprouvez"},
			Attributes: fields(identityFields(), writtenFields(), recordedFields()), Operations: operations(), Retention: keepRecording(),
			Roles: roles{
				SupportSpecialist: fields(only(Name, Email, Phone, Address), writtenFields(), only(TranscriptionText)),
			},
			Consequence: purpose.Text{
				EN: "We will not be able to look into the problem you report.",
				FR: "Nous ne pourrons pas examiner le problème que vous signalez.",
			},
		},
		{
			ID: SupportQuality, Domain: "support", Basis: purpose.ConsentByProvision, Citation: byProvision, Optional: true,
			Title:      purpose.Text{EN: "Monitor and improve the quality of support", FR: "Surveiller et améliorer la qualité du soutien"},
			Attributes: fields(identityFields(), writtenFields(), recordedFields()), Operations: operations(), Retention: keepRecording(),
			Roles: roles{
				QualityAnalyst: fields(only(MessageText, CallHistoryOf), recordedFields()), // what was said, not to whom
			},
			Consequence: purpose.Text{
				EN: "Your calls and messages will not be reviewed to improve our service; the help you get stays the same.",
				FR: "Vos appels et messages ne serviront pas à améliorer notre service; l’aide que vous recevez demeure la même.",
			},
		},
		{
			// The call log is the reference to the contact the questions are about.
			ID: SupportSurvey, Domain: "support", Basis: purpose.ExpressConsent, Citation: byConsent, Optional: true,
			Recipients: []purpose.Role{PollingFirm},
			Title:      purpose.Text{EN: "Ask how our service was", FR: "Vous demander votre avis sur notre service"},
			Attributes: only(Name, Email, Phone, CallHistoryOf), Operations: disclosing(), Retention: keepSupport(),
			Roles: roles{
				SurveyCoordinator: only(Name, Email, Phone, CallHistoryOf),
			},
			Consequence: purpose.Text{
				EN: "We will not ask for your opinion; nothing else changes.",
				FR: "Nous ne vous demanderons pas votre avis; rien d’autre ne change.",
			},
		},
	}
}

// legalPurposes stand on provisions, not on consent. Three of them reach what was collected for something else; those are
// bound to a case, and to the people assigned to it.
func legalPurposes() []purpose.Spec {
	type roles = map[purpose.Role][]purpose.Attribute
	everything := func() []purpose.Attribute {
		return fields(identityFields(), profileFields(), paymentFields(), writtenFields(), recordedFields())
	}
	return []purpose.Spec{
		{
			ID: Legal, Domain: "legal", Basis: purpose.LegalGround, Citation: "CQLR c. P-39.1, ss. 12 and 18",
			Recipients: []purpose.Role{AuthorityRole, AccountingFirm, PaymentProcessor},
			Title:      purpose.Text{EN: "Obligations under the law", FR: "Obligations légales"},
			Attributes: everything(), Operations: disclosing(), Retention: keepLegal(),
		},
		{
			// A complaint about the service has a direct and relevant connection with the service.
			ID: LegalComplaints, Domain: "legal", Basis: purpose.LegalGround, Citation: "CQLR c. P-39.1, s. 12 par. 2(1)",
			Recipients: []purpose.Role{AuthorityRole, PaymentProcessor},
			CaseBound:  true, Secondary: true,
			Title:      purpose.Text{EN: "Examine complaints and disputes", FR: "Examiner les plaintes et les différends"},
			Attributes: fields(identityFields(), profileFields(), writtenFields(), recordedFields()), Operations: disclosing(), Retention: keepLegal(),
			Roles: roles{
				ComplaintsOfficer: fields(only(Name, Email, Address, Phone, LanguageOf, TransactionHistoryOf), writtenFields(), recordedFields()),
			},
		},
		{
			ID: LegalFraud, Domain: "legal", Basis: purpose.LegalGround, Citation: "CQLR c. P-39.1, s. 12 par. 2(3)",
			Recipients: []purpose.Role{AuthorityRole},
			CaseBound:  true, Secondary: true,
			Title:      purpose.Text{EN: "Prevent and detect fraud and money laundering", FR: "Prévenir et détecter la fraude et le blanchiment d’argent"},
			Attributes: everything(), Operations: disclosing(), Retention: keepLegal(),
			Roles: roles{
				FraudAnalyst: fields(only(Name, Email, Address, Phone, BirthDate, PaymentMethodOf, TransactionHistoryOf), writtenFields()),
			},
		},
		{
			ID: LegalTax, Domain: "legal", Basis: purpose.LegalGround,
			Recipients: []purpose.Role{AuthorityRole, AccountingFirm},
			Citation:   "Income Tax Act, R.S.C. 1985, c. 1 (5th Supp.), s. 230; Tax Administration Act, CQLR c. A-6.002, s. 34",
			Title:      purpose.Text{EN: "Keep the books the tax laws require", FR: "Tenir les registres qu’exigent les lois fiscales"},
			Attributes: fields(identityFields(), only(TransactionHistoryOf)), Operations: disclosing(), Retention: keepTax(),
			Roles: roles{
				TaxAccountant: only(Name, Address, TransactionHistoryOf),
			},
		},
		{
			// What an order lists can be any field; no more than that opens, and only to an issuer with the power to compel.
			ID: LegalOrder, Domain: "legal", Basis: purpose.LegalGround, Citation: "CQLR c. P-39.1, s. 18 par. 1(6)",
			Ordered: true, Recipients: []purpose.Role{AuthorityRole},
			CaseBound: true, Secondary: true,
			Title:      purpose.Text{EN: "Answer requests, warrants and orders of authorities", FR: "Répondre aux demandes, mandats et ordonnances des autorités"},
			Attributes: everything(), Operations: disclosing(), Retention: keepLegal(),
			Roles: roles{LegalCounsel: everything()},
		},
		{
			// The policy leaves this open. Here it is closed: each request cites its provision and names who approved it, within a case.
			ID: LegalOther, Domain: "legal", Basis: purpose.LegalGround, Cited: true,
			CaseBound:  true,
			Title:      purpose.Text{EN: "A use another Act requires, named in the case", FR: "Une utilisation qu’une autre loi exige, indiquée au dossier"},
			Attributes: only(Name, Email, Address, Phone), Operations: operations(), Retention: keepLegal(),
			Roles: roles{PrivacyOfficer: only(Name, Email, Address, Phone)},
		},
		{
			// A person's own request for access, rectification or deletion. What is given to make the request serves the request alone. No case binds it, for who asks is told of all
			// of them; so it opens by no other operation than the person's own, and the accessor for that is made in the desk that has her request and nowhere else.
			ID: Rights, Domain: "legal", Basis: purpose.LegalGround, Citation: "CQLR c. P-39.1, ss. 27, 28 and 32",
			Title:      purpose.Text{EN: "Answer your requests about your information", FR: "Répondre à vos demandes concernant vos renseignements"},
			Attributes: fields(everything(), technicalFields(), requestFields()), Retention: keepRequests(),
			Operations: []purpose.Operation{purpose.Collect, purpose.Store, purpose.Rights},
			Roles:      roles{PrivacyOfficer: fields(everything(), technicalFields(), requestFields())},
		},
	}
}

// marketingPurposes all ask first, one by one, and the service is the same for who says no.
func marketingPurposes() []purpose.Spec {
	type roles = map[purpose.Role][]purpose.Attribute
	mailing := func() roles {
		return roles{Mailer: only(Name, Email, LanguageOf)}
	}
	combining := []purpose.Operation{purpose.Collect, purpose.Use, purpose.Combine, purpose.Store}
	return []purpose.Spec{
		{
			ID: Marketing, Domain: "marketing", Basis: purpose.ExpressConsent, Citation: byConsent, Optional: true,
			Recipients: []purpose.Role{PollingFirm},
			Title:      purpose.Text{EN: "Marketing", FR: "Marketing"},
			Attributes: fields(identityFields(), profileFields(), only(VisitedSections, VisitedPages)), Operations: append(slices.Clone(combining), purpose.Disclose), Retention: keepMarketing(),
			Consequence: purpose.Text{
				EN: "You will receive no promotion of any kind from us.",
				FR: "Vous ne recevrez de nous aucune promotion, sous aucune forme.",
			},
		},
		{
			ID: Newsletter, Domain: "marketing", Basis: purpose.ExpressConsent, Citation: byConsent, Optional: true,
			Obligations: []purpose.Obligation{purpose.OfferUnsubscribe},
			Title:       purpose.Text{EN: "Newsletter", FR: "Infolettre"},
			Attributes:  only(Name, Email, LanguageOf), Operations: operations(), Roles: mailing(), Retention: keepMarketing(),
			Consequence: purpose.Text{
				EN: "You will not receive our newsletter, nor the promotions reserved for its readers.",
				FR: "Vous ne recevrez pas notre infolettre ni les promotions réservées à ses abonnés.",
			},
		},
		{
			ID: NewsletterPromo, Domain: "marketing", Basis: purpose.ExpressConsent, Citation: byConsent, Optional: true,
			Obligations: []purpose.Obligation{purpose.OfferUnsubscribe},
			Title:       purpose.Text{EN: "Newsletter: promotions on services", FR: "Infolettre : promotions sur les services"},
			Attributes:  only(Name, Email, LanguageOf), Operations: operations(), Roles: mailing(), Retention: keepMarketing(),
			Consequence: purpose.Text{
				EN: "You will not be told of discounts and promotions.",
				FR: "Vous ne serez pas informé des rabais et des promotions.",
			},
		},
		{
			ID: NewsletterEvents, Domain: "marketing", Basis: purpose.ExpressConsent, Citation: byConsent, Optional: true,
			Obligations: []purpose.Obligation{purpose.OfferUnsubscribe},
			Title:       purpose.Text{EN: "Newsletter: events", FR: "Infolettre : événements"},
			Attributes:  only(Name, Email, LanguageOf), Operations: operations(), Roles: mailing(), Retention: keepMarketing(),
			Consequence: purpose.Text{
				EN: "You will not be invited to home shows and workshops.",
				FR: "Vous ne serez pas invité aux salons de l’habitation ni aux ateliers.",
			},
		},
		{
			ID: NewsletterSurvey, Domain: "marketing", Basis: purpose.ExpressConsent, Citation: byConsent, Optional: true,
			Obligations: []purpose.Obligation{purpose.OfferUnsubscribe},
			Title:       purpose.Text{EN: "Newsletter: invitations to satisfaction surveys", FR: "Infolettre : invitations aux sondages de satisfaction"},
			Attributes:  only(Name, Email, LanguageOf), Operations: operations(), Roles: mailing(), Retention: keepMarketing(),
			Consequence: purpose.Text{
				EN: "You will not be invited by e-mail to say how satisfied you are.",
				FR: "Vous ne recevrez pas d’invitation par courriel à donner votre degré de satisfaction.",
			},
		},
		{
			// The only purpose that combines: what the person did with what the person read.
			ID: Offers, Domain: "marketing", Basis: purpose.ExpressConsent, Citation: byConsent, Optional: true,
			Obligations: []purpose.Obligation{purpose.OfferUnsubscribe, purpose.TellAutomated},
			Title:       purpose.Text{EN: "Personalised offers", FR: "Offres personnalisées"},
			Attributes:  fields(identityFields(), profileFields(), only(VisitedSections, VisitedPages)), Operations: slices.Clone(combining), Retention: keepMarketing(),
			Roles: roles{
				OffersAnalyst: only(LocationOf, LanguageOf, TransactionHistoryOf, VisitedSections, VisitedPages),
				Mailer:        only(Name, Email, LanguageOf),
			},
			Consequence: purpose.Text{
				EN: "Offers will not be chosen for you, and you may miss some that would have suited you.",
				FR: "Aucune offre ne sera choisie pour vous; certaines, qui vous auraient convenu, pourraient vous échapper.",
			},
		},
		{
			ID: MarketingSurvey, Domain: "marketing", Basis: purpose.ExpressConsent, Citation: byConsent, Optional: true,
			Recipients: []purpose.Role{PollingFirm},
			Title:      purpose.Text{EN: "Marketing surveys", FR: "Sondages de marketing"},
			Attributes: only(Name, Email), Operations: disclosing(), Retention: keepMarketing(),
			Roles: roles{
				SurveyCoordinator: only(Name, Email),
			},
			Consequence: purpose.Text{
				EN: "You will not take part in the surveys that help us design new services.",
				FR: "Vous ne participerez pas aux sondages qui nous aident à concevoir de nouveaux services.",
			},
		},
	}
}

// webPurposes are the cookies'. The policy takes a visit for consent to the optional ones; the law asks for an act, so here
// they stay off until the visitor turns them on.
func webPurposes() []purpose.Spec {
	type roles = map[purpose.Role][]purpose.Attribute
	return []purpose.Spec{
		{
			// A notice is enough for the root, so that who refuses every optional cookie still gets pages.
			ID: Web, Domain: "web", Basis: purpose.NoticeOnly,
			Automatic: true, Recipients: []purpose.Role{AdvertisingPartner},
			Title:      purpose.Text{EN: "The site", FR: "Le site"},
			Attributes: technicalFields(), Operations: disclosing(), Retention: keepWeb(),
		},
		{
			ID: WebEssential, Domain: "web", Basis: purpose.NoticeOnly,
			Automatic:  true,
			Title:      purpose.Text{EN: "Show the site and keep it safe", FR: "Afficher le site et en assurer la sécurité"},
			Attributes: only(VisitorIP, VisitorBrowser, VisitTime, VisitedPages), Operations: operations(), Retention: keepWeb(),
			Roles: roles{
				WebService:         only(VisitorIP, VisitorBrowser, VisitTime, VisitedPages),
				OperationsEngineer: only(VisitorIP, VisitTime, VisitedPages),
			},
		},
		{
			ID: WebAnalytics, Domain: "web", Basis: purpose.ExpressConsent, Citation: byConsent, Optional: true,
			Automatic:  true,
			Title:      purpose.Text{EN: "Measure how the site is used", FR: "Mesurer l’utilisation du site"},
			Attributes: technicalFields(), Operations: operations(), Retention: keepWeb(),
			Roles: roles{
				WebService:  technicalFields(),
				DataAnalyst: only(VisitorBrowser, VisitTime, VisitReferrer, VisitorSystem, VisitedSections, VisitedPages),
			},
			Consequence: purpose.Text{
				EN: "Your visits will not be counted; the site works the same.",
				FR: "Vos visites ne seront pas comptées; le site fonctionne de la même façon.",
			},
		},
		{
			ID: WebPersonalisation, Domain: "web", Basis: purpose.ExpressConsent, Citation: byConsent, Optional: true,
			Automatic:  true,
			Title:      purpose.Text{EN: "Adapt the site to you", FR: "Adapter le site à vous"},
			Attributes: technicalFields(), Operations: operations(), Retention: keepWeb(),
			Roles: roles{WebService: only(VisitorBrowser, VisitorSystem, VisitedSections, VisitedPages)},
			Consequence: purpose.Text{
				EN: "The site will not remember what interests you.",
				FR: "Le site ne retiendra pas ce qui vous intéresse.",
			},
		},
		{
			ID: WebAdvertising, Domain: "web", Basis: purpose.ExpressConsent, Citation: byConsent, Optional: true,
			Automatic: true, Recipients: []purpose.Role{AdvertisingPartner},
			Title:      purpose.Text{EN: "Advertising that follows your visits", FR: "Publicité fondée sur vos visites"},
			Attributes: technicalFields(), Operations: disclosing(), Retention: keepWeb(),
			Roles: roles{
				WebService:         only(VisitReferrer, VisitedSections, VisitedPages),
				AdvertisingService: only(VisitReferrer, VisitedSections, VisitedPages),
			},
			Consequence: purpose.Text{
				EN: "The advertising you see will have nothing to do with your visits here.",
				FR: "Les publicités que vous verrez n’auront aucun lien avec vos visites ici.",
			},
		},
	}
}
