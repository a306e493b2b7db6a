package main

import "github.com/purposebound/purposebound/purpose"

// The purposes of the policy. A dotted id stands below the id it starts with.
const (
	Identify purpose.ID = "identify"

	Service            purpose.ID = "service"
	ServiceConnect     purpose.ID = "service.connect"
	ServiceAccount     purpose.ID = "service.account"
	ServiceVerify      purpose.ID = "service.verify_identity"
	ServiceProgress    purpose.ID = "service.progress"
	ServiceLocate      purpose.ID = "service.locate_work"
	ServiceMessaging   purpose.ID = "service.user_messaging"
	ServiceProToClient purpose.ID = "service.pro_contacts_client"
	ServiceClientToPro purpose.ID = "service.client_contacts_pro"
	ServiceFinancing   purpose.ID = "service.financing_referral"
	ServicePayment     purpose.ID = "service.payment"
	ServiceOperations  purpose.ID = "service.internal_ops"
	ServiceNotice      purpose.ID = "service_notice"

	Analytics purpose.ID = "analytics"

	Support        purpose.ID = "support"
	SupportAssist  purpose.ID = "support.assist"
	SupportRoute   purpose.ID = "support.route"
	SupportSolve   purpose.ID = "support.solve"
	SupportQuality purpose.ID = "support.quality"
	SupportSurvey  purpose.ID = "support.survey"

	Legal           purpose.ID = "legal"
	LegalComplaints purpose.ID = "legal.complaints"
	LegalFraud      purpose.ID = "legal.fraud_aml"
	LegalTax        purpose.ID = "legal.tax"
	LegalOrder      purpose.ID = "legal.order"
	LegalOther      purpose.ID = "legal.other"

	Rights purpose.ID = "rights"

	Marketing        purpose.ID = "marketing"
	Newsletter       purpose.ID = "marketing.newsletter"
	NewsletterPromo  purpose.ID = "marketing.newsletter.promo"
	NewsletterEvents purpose.ID = "marketing.newsletter.events"
	NewsletterSurvey purpose.ID = "marketing.newsletter.survey_invite"
	Offers           purpose.ID = "marketing.offers"
	MarketingSurvey  purpose.ID = "marketing.survey"

	Web                purpose.ID = "web"
	WebEssential       purpose.ID = "web.essential"
	WebAnalytics       purpose.ID = "web.analytics"
	WebPersonalisation purpose.ID = "web.personalisation"
	WebAdvertising     purpose.ID = "web.advertising"
)

// The fields of personal data the policy knows, in its four categories.
const (
	Name      purpose.Attribute = "identity.name"
	Email     purpose.Attribute = "identity.email"
	Address   purpose.Attribute = "identity.address"
	Phone     purpose.Attribute = "identity.phone"
	BirthDate purpose.Attribute = "identity.birth_date"
	GenderOf  purpose.Attribute = "identity.gender"

	LocationOf           purpose.Attribute = "profile.location"
	LanguageOf           purpose.Attribute = "profile.language"
	PaymentMethodOf      purpose.Attribute = "profile.payment_method"
	TransactionHistoryOf purpose.Attribute = "profile.transaction_history"

	WorkOrderText     purpose.Attribute = "communications.work_order"
	MessageText       purpose.Attribute = "communications.text"
	CallHistoryOf     purpose.Attribute = "communications.call_history"
	RecordingOf       purpose.Attribute = "communications.recording"
	TranscriptionText purpose.Attribute = "communications.transcription"

	VisitorIP       purpose.Attribute = "technical.ip"
	VisitorISPIP    purpose.Attribute = "technical.isp_ip"
	VisitorBrowser  purpose.Attribute = "technical.browser"
	VisitTime       purpose.Attribute = "technical.time"
	VisitReferrer   purpose.Attribute = "technical.referrer"
	VisitorSystem   purpose.Attribute = "technical.system"
	VisitedSections purpose.Attribute = "technical.sections"
	VisitedPages    purpose.Attribute = "technical.pages"

	RequestContact purpose.Attribute = "request.contact" // what is said in a request: package rights has the kinds
	RequestNature  purpose.Attribute = "request.nature"
)

// The roles. A role is what somebody, or some program, does for the organisation;
// professional and client are users who act on the other's open job.
const (
	WebService         purpose.Role = "web_service"   // the site: forms, accounts, preferences
	PhoneService       purpose.Role = "phone_service" // the telephone line: call log, recording, transcription
	IdentityVerifier   purpose.Role = "identity_verifier"
	Dispatcher         purpose.Role = "dispatcher" // matches clients with professionals
	Professional       purpose.Role = "professional"
	Client             purpose.Role = "client"
	FinancingAdvisor   purpose.Role = "financing_advisor"
	PaymentService     purpose.Role = "payment_service"
	OperationsEngineer purpose.Role = "operations_engineer"
	DataAnalyst        purpose.Role = "data_analyst"
	SupportRouter      purpose.Role = "support_router"
	SupportAgent       purpose.Role = "support_agent"
	SupportSpecialist  purpose.Role = "support_specialist"
	QualityAnalyst     purpose.Role = "quality_analyst"
	SurveyCoordinator  purpose.Role = "survey_coordinator"
	ComplaintsOfficer  purpose.Role = "complaints_officer"
	FraudAnalyst       purpose.Role = "fraud_analyst"
	TaxAccountant      purpose.Role = "tax_accountant"
	LegalCounsel       purpose.Role = "legal_counsel"
	PrivacyOfficer     purpose.Role = "privacy_officer"
	Mailer             purpose.Role = "mailer"
	OffersAnalyst      purpose.Role = "offers_analyst"
	AdvertisingService purpose.Role = "advertising_service"
)

// The roles of those outside to whom something is disclosed.
const (
	CloudHost          purpose.Role = "cloud_host"
	MailHost           purpose.Role = "mail_host"
	PaymentProcessor   purpose.Role = "payment_processor"
	AccountingFirm     purpose.Role = "accounting_firm"
	PollingFirm        purpose.Role = "polling_firm"
	MarketResearcher   purpose.Role = "market_researcher"
	Lender             purpose.Role = "lender"
	AdvertisingPartner purpose.Role = "advertising_partner"
	AuthorityRole      purpose.Role = "authority"
)
