package main

import "github.com/purposebound/purposebound/purpose"

// What is published of the policy: whom each purpose concerns, and the words for what it is about, in both languages and in
// those of the W3C Data Privacy Vocabulary.

// The persons concerned.
const (
	clients       = "client"
	professionals = "professional"
	visitors      = "visitor"
)

// described says of each purpose whom it concerns and which term of the vocabulary it is.
func described(specs []purpose.Spec) []purpose.Spec {
	dpv := map[purpose.ID]string{
		Identify: "IdentityVerification", Service: "ServiceProvision", ServiceConnect: "RequestedServiceProvision", ServiceAccount: "AccountManagement",
		ServiceVerify: "IdentityVerification", ServiceProgress: "CustomerOrderManagement", ServiceLocate: "RequestedServiceProvision",
		ServiceMessaging: "CommunicationManagement", ServiceProToClient: "CommunicationManagement", ServiceClientToPro: "CommunicationManagement",
		ServiceFinancing: "RequestedServiceProvision", ServicePayment: "PaymentManagement", ServiceOperations: "TechnicalServiceProvision",
		ServiceNotice: "CommunicationManagement", Analytics: "ServiceUsageAnalytics", Support: "CustomerCare", SupportAssist: "CommunicationForCustomerCare",
		SupportRoute: "CommunicationForCustomerCare", SupportSolve: "CommunicationForCustomerCare", SupportQuality: "ImproveExistingProductsAndServices",
		SupportSurvey: "ImproveExistingProductsAndServices", Legal: "LegalCompliance", LegalComplaints: "DisputeManagement",
		LegalFraud: "FraudPreventionAndDetection", LegalTax: "LegalCompliance", LegalOrder: "LegalCompliance", LegalOther: "LegalCompliance",
		Rights: "RightsFulfilment", Marketing: "Marketing", Newsletter: "DirectMarketing", NewsletterPromo: "DirectMarketing",
		NewsletterEvents: "DirectMarketing", NewsletterSurvey: "DirectMarketing", Offers: "ProvidePersonalisedRecommendations", MarketingSurvey: "Marketing",
		Web: "TechnicalServiceProvision", WebEssential: "TechnicalServiceProvision", WebAnalytics: "ServiceUsageAnalytics", WebPersonalisation: "Personalisation",
		WebAdvertising: "TargetedAdvertising",
	}
	for i := range specs {
		s := &specs[i]
		s.DPV = dpv[s.ID]
		switch {
		case s.ID.Within(Web):
			s.Subjects = []string{visitors}
		case s.ID == Rights || s.ID.Within(Legal) || s.ID.Within(Support):
			s.Subjects = []string{clients, professionals, visitors}
		case s.ID == ServiceClientToPro:
			s.Subjects = []string{professionals}
		case s.ID == ServiceProToClient:
			s.Subjects = []string{clients}
		default:
			s.Subjects = []string{clients, professionals}
		}
	}
	return specs
}

func term[T ~string](id T, en, fr string) purpose.Term {
	return purpose.Term{ID: string(id), Title: purpose.Text{EN: en, FR: fr}}
}

func terms() []purpose.Term {
	return []purpose.Term{
		term(clients, "clients", "clients"), term(professionals, "professionals", "professionnels"), term(visitors, "visitors and callers", "visiteurs et appelants"),

		term(Name, "name", "nom"), term(Email, "e-mail address", "adresse courriel"), term(Address, "address", "adresse"), term(Phone, "phone number", "numéro de téléphone"),
		term(BirthDate, "date of birth", "date de naissance"), term(GenderOf, "gender", "genre"),
		term(LocationOf, "place", "lieu"), term(LanguageOf, "language", "langue"), term(PaymentMethodOf, "means of payment", "mode de paiement"),
		term(TransactionHistoryOf, "past transactions", "transactions passées"),
		term(WorkOrderText, "work orders", "demandes de travaux"), term(MessageText, "messages", "messages"), term(CallHistoryOf, "record of calls", "historique des appels"),
		term(RecordingOf, "recordings of calls", "enregistrements d’appels"), term(TranscriptionText, "transcriptions of calls", "transcriptions d’appels"),
		term(VisitorIP, "IP address", "adresse IP"), term(VisitorISPIP, "IP address of the provider", "adresse IP du fournisseur"), term(VisitorBrowser, "browser", "navigateur"),
		term(VisitTime, "time of the visit", "moment de la visite"), term(VisitReferrer, "page one comes from", "page de provenance"), term(VisitorSystem, "operating system", "système d’exploitation"),
		term(VisitedSections, "sections visited", "sections visitées"), term(VisitedPages, "pages seen", "pages vues"),
		term(RequestContact, "how to reach who asks", "coordonnées de qui demande"), term(RequestNature, "what is asked for", "objet de la demande"),

		term(CloudHost, "cloud service", "service infonuagique"), term(MailHost, "e-mail service", "service de courriel"), term(PaymentProcessor, "payment service", "service de paiement"),
		term(AccountingFirm, "accountants", "comptables"), term(PollingFirm, "polling firm", "firme de sondage"), term(MarketResearcher, "market researchers", "firme d’études de marché"),
		term(Lender, "lender", "prêteur"), term(AdvertisingPartner, "advertising partner", "partenaire publicitaire"), term(AuthorityRole, "authority", "autorité"),
	}
}
