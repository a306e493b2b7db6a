package main

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/purpose"
)

// declared is what the policy was read to declare: every purpose, its basis, and whether the service works without it.
var declared = []struct {
	id       purpose.ID
	basis    purpose.Basis
	optional bool
}{
	{"identify", purpose.ConsentByProvision, false},
	{"service", purpose.ConsentByProvision, false},
	{"service.connect", purpose.ConsentByProvision, false},
	{"service.account", purpose.ConsentByProvision, false},
	{"service.verify_identity", purpose.ConsentByProvision, false},
	{"service.progress", purpose.ConsentByProvision, false},
	{"service.locate_work", purpose.ConsentByProvision, false},
	{"service.user_messaging", purpose.ConsentByProvision, false},
	{"service.pro_contacts_client", purpose.ConsentByProvision, false},
	{"service.client_contacts_pro", purpose.ConsentByProvision, false},
	{"service.financing_referral", purpose.ExpressConsent, true},
	{"service.payment", purpose.ConsentByProvision, false},
	{"service.internal_ops", purpose.ConsentByProvision, false},
	{"service_notice", purpose.ConsentByProvision, false},
	{"analytics", purpose.LegalGround, true},
	{"support", purpose.ConsentByProvision, false},
	{"support.assist", purpose.ConsentByProvision, false},
	{"support.route", purpose.ConsentByProvision, false},
	{"support.solve", purpose.ConsentByProvision, false},
	{"support.quality", purpose.ConsentByProvision, true},
	{"support.survey", purpose.ExpressConsent, true},
	{"legal", purpose.LegalGround, false},
	{"legal.complaints", purpose.LegalGround, false},
	{"legal.fraud_aml", purpose.LegalGround, false},
	{"legal.tax", purpose.LegalGround, false},
	{"legal.order", purpose.LegalGround, false},
	{"legal.other", purpose.LegalGround, false},
	{"rights", purpose.LegalGround, false},
	{"marketing", purpose.ExpressConsent, true},
	{"marketing.newsletter", purpose.ExpressConsent, true},
	{"marketing.newsletter.promo", purpose.ExpressConsent, true},
	{"marketing.newsletter.events", purpose.ExpressConsent, true},
	{"marketing.newsletter.survey_invite", purpose.ExpressConsent, true},
	{"marketing.offers", purpose.ExpressConsent, true},
	{"marketing.survey", purpose.ExpressConsent, true},
	{"web", purpose.NoticeOnly, false},
	{"web.essential", purpose.NoticeOnly, false},
	{"web.analytics", purpose.ExpressConsent, true},
	{"web.personalisation", purpose.ExpressConsent, true},
	{"web.advertising", purpose.ExpressConsent, true},
}

func newPolicy(t *testing.T) *purpose.Policy {
	t.Helper()
	policy, err := purpose.NewPolicy(Policy())
	require.NoError(t, err)
	return policy
}

func TestPolicyDeclaresEveryPurpose(t *testing.T) {
	t.Parallel()
	policy := newPolicy(t)
	var ids []purpose.ID
	for _, want := range declared {
		ids = append(ids, want.id)
		spec, ok := policy.Spec(want.id)
		if !assert.Truef(t, ok, "%s is not declared", want.id) {
			continue
		}
		assert.Equalf(t, want.basis, spec.Basis, "basis of %s", want.id)
		assert.Equalf(t, want.optional, spec.Optional, "whether %s is optional", want.id)
	}
	assert.ElementsMatch(t, ids, slices.Collect(policy.IDs()), "the policy declares something else")
}

func TestPolicyIsDated(t *testing.T) {
	t.Parallel()
	policy := newPolicy(t)
	assert.Equal(t, "2026-01", policy.Version())
	assert.Equal(t, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), policy.Effective())
	assert.Len(t, policy.Languages(), 2)
	assert.Contains(t, policy.Officer(), "@")
}

func TestPolicySpeaksBothLanguages(t *testing.T) {
	t.Parallel()
	titles := make(map[string]purpose.ID)
	for _, s := range Policy().Purposes {
		assert.NotEmptyf(t, s.Title.EN, "English title of %s", s.ID)
		assert.NotEmptyf(t, s.Title.FR, "French title of %s", s.ID)
		for _, title := range []string{"en " + s.Title.EN, "fr " + s.Title.FR} {
			assert.NotContainsf(t, titles, title, "%s has the title of %s", s.ID, titles[title])
			titles[title] = s.ID
		}
		if s.Basis == purpose.ExpressConsent || s.Basis == purpose.ConsentByProvision {
			assert.NotEmptyf(t, s.Consequence.EN, "English consequence of %s", s.ID)
			assert.NotEmptyf(t, s.Consequence.FR, "French consequence of %s", s.ID)
		} else {
			assert.Zerof(t, s.Consequence, "%s asks for no consent and names a consequence of refusing it", s.ID)
		}
	}
}

// The policy lists identity and profile for following the work; work orders are communications.
func TestWorkOrdersDoNotFollowTheWork(t *testing.T) {
	t.Parallel()
	policy := newPolicy(t)
	for _, id := range []purpose.ID{Service, ServiceProgress, ServiceConnect, ServiceProToClient} {
		for _, a := range slices.Concat(writtenFields(), recordedFields()) {
			err := policy.Possible(purpose.Request{Purpose: id, Operation: purpose.Use, Attribute: a})
			if assert.Errorf(t, err, "%s opens %s", id, a) && id != Service {
				assert.ErrorIsf(t, err, purpose.CategoryNotInPurpose, "%s, %s", id, a)
			}
		}
	}
}

func TestRecordingsEndAfterSixMonthsOutsideALegalCase(t *testing.T) {
	t.Parallel()
	for _, s := range Policy().Purposes {
		if len(s.Roles) == 0 || !slices.Contains(s.Attributes, RecordingOf) {
			continue
		}
		if s.ID == Rights {
			assert.NotContains(t, s.Operations, purpose.Use, "recordings open outside a case for who asks for her own")
			continue
		}
		if s.Domain == "legal" {
			assert.Truef(t, s.CaseBound, "%s opens recordings outside a case", s.ID)
			continue
		}
		assert.Equalf(t, "recording", s.Retention.Class, "class of %s", s.ID)
		assert.Equalf(t, purpose.Period{Months: 6}, s.Retention.Keep, "period of %s", s.ID)
	}
}

func TestPaymentMethodsOpenOnlyForMoneyAndFraud(t *testing.T) {
	t.Parallel()
	var usable []purpose.ID
	for _, s := range Policy().Purposes {
		if len(s.Roles) > 0 && slices.Contains(s.Attributes, PaymentMethodOf) {
			usable = append(usable, s.ID)
		}
	}
	assert.ElementsMatch(t, []purpose.ID{ServicePayment, LegalFraud, LegalOrder, Rights}, usable)
}

func TestCaseBoundAndSecondaryPurposes(t *testing.T) {
	t.Parallel()
	var bound, secondary, deidentified []purpose.ID
	for _, s := range Policy().Purposes {
		if s.CaseBound {
			bound = append(bound, s.ID)
		}
		if s.Secondary {
			secondary = append(secondary, s.ID)
			assert.NotEmptyf(t, s.Citation, "ground of %s", s.ID)
		}
		if s.Deidentify {
			deidentified = append(deidentified, s.ID)
		}
	}
	assert.ElementsMatch(t, []purpose.ID{
		ServiceProToClient, ServiceClientToPro,
		LegalComplaints, LegalFraud, LegalOrder, LegalOther,
	}, bound)
	assert.ElementsMatch(t, []purpose.ID{LegalComplaints, LegalFraud, LegalOrder}, secondary)
	assert.Equal(t, []purpose.ID{Analytics}, deidentified)
}

// Who may disclose to whom. Everything else stays in the house.
func TestWhoDisclosesToWhom(t *testing.T) {
	t.Parallel()
	want := map[purpose.ID][]purpose.Role{
		Service: {CloudHost, Lender, PaymentProcessor, MailHost}, ServiceAccount: {CloudHost}, ServiceFinancing: {Lender},
		ServicePayment: {PaymentProcessor}, ServiceNotice: {MailHost}, Support: {PollingFirm}, SupportSurvey: {PollingFirm},
		Legal: {AuthorityRole, AccountingFirm, PaymentProcessor}, LegalComplaints: {AuthorityRole, PaymentProcessor}, LegalFraud: {AuthorityRole},
		LegalTax: {AuthorityRole, AccountingFirm}, LegalOrder: {AuthorityRole},
		Marketing: {PollingFirm}, MarketingSurvey: {PollingFirm}, Web: {AdvertisingPartner}, WebAdvertising: {AdvertisingPartner},
	}
	for _, s := range Policy().Purposes {
		assert.Equalf(t, want[s.ID], s.Recipients, "%s", s.ID)
		assert.Equalf(t, want[s.ID] != nil, slices.Contains(s.Operations, purpose.Disclose), "%s", s.ID)
		assert.NotContainsf(t, s.Operations, purpose.Transfer, "%s", s.ID)
		assert.Equalf(t, s.ID == Offers || s.ID == Marketing, slices.Contains(s.Operations, purpose.Combine), "whether %s combines", s.ID)
	}
}

// The policy gives no figure; these are the example's, except the one that a law gives.
func TestRetentionClasses(t *testing.T) {
	t.Parallel()
	want := map[string]purpose.Retention{
		"service":   {Keep: purpose.Period{Years: 3}, From: purpose.FromCaseClosed},
		"account":   {Keep: purpose.Period{Years: 1}, From: purpose.FromAccountClosed},
		"analytics": {Keep: purpose.Period{Years: 2}, From: purpose.FromCollection},
		"support":   {Keep: purpose.Period{Years: 2}, From: purpose.FromCollection},
		"recording": {Keep: purpose.Period{Months: 6}, From: purpose.FromCollection},
		"legal":     {Keep: purpose.Period{Years: 3}, From: purpose.FromCaseClosed},
		"tax":       {Keep: purpose.Period{Years: 6}, From: purpose.FromYearEnd, Minimum: purpose.Period{Years: 6}},
		"requests":  {Keep: purpose.Period{Years: 7}, From: purpose.FromAccountClosed},
		"marketing": {Keep: purpose.Period{Years: 2}, From: purpose.FromCollection, AfterConsent: purpose.Period{Days: 30}},
		"web":       {Keep: purpose.Period{Months: 13}, From: purpose.FromCollection},
	}
	got := make(map[string]purpose.Retention)
	for _, s := range Policy().Purposes {
		r := s.Retention
		class := r.Class
		assert.Equalf(t, r.Minimum.IsZero(), r.Citation == "", "citation of %s", s.ID)
		assert.NotEmptyf(t, r.Citation+r.Justification, "why %s is kept so long", s.ID)
		r.Class, r.Citation, r.Justification = "", "", ""
		got[class] = r
	}
	assert.Equal(t, want, got)
}

// A role may open what it was given under a purpose, and the reason tells what stood in its way.
func TestRolesHaveTheLeastTheyNeed(t *testing.T) {
	t.Parallel()
	policy := newPolicy(t)
	tests := []struct {
		role purpose.Role
		id   purpose.ID
		a    purpose.Attribute
		want purpose.Reason
	}{
		{SupportAgent, Identify, Phone, purpose.Permitted},
		{SupportAgent, Identify, BirthDate, purpose.AttributeNotForRole},
		{IdentityVerifier, Identify, BirthDate, purpose.Permitted},
		{IdentityVerifier, Identify, GenderOf, purpose.AttributeNotForRole},
		{SupportAgent, Identify, LanguageOf, purpose.CategoryNotInPurpose},
		{Mailer, Identify, Email, purpose.ActorNotAuthorized},

		{SupportAgent, SupportAssist, Phone, purpose.Permitted},
		{SupportAgent, SupportAssist, WorkOrderText, purpose.Permitted},
		{SupportAgent, SupportAssist, BirthDate, purpose.AttributeNotForRole},
		{SupportAgent, SupportAssist, RecordingOf, purpose.AttributeNotInPurpose},
		{SupportAgent, SupportAssist, PaymentMethodOf, purpose.CategoryNotInPurpose},
		{SupportAgent, SupportQuality, RecordingOf, purpose.ActorNotAuthorized},
		{SupportSpecialist, SupportSolve, TranscriptionText, purpose.Permitted},
		{SupportSpecialist, SupportSolve, RecordingOf, purpose.AttributeNotForRole},
		{SupportRouter, SupportRoute, Email, purpose.AttributeNotForRole},
		{QualityAnalyst, SupportQuality, RecordingOf, purpose.Permitted},
		{QualityAnalyst, SupportQuality, Name, purpose.AttributeNotForRole},
		{QualityAnalyst, Offers, TransactionHistoryOf, purpose.ActorNotAuthorized},
		{SurveyCoordinator, SupportSurvey, Phone, purpose.Permitted},
		{SurveyCoordinator, MarketingSurvey, Phone, purpose.AttributeNotInPurpose},

		{Dispatcher, ServiceProgress, Phone, purpose.Permitted},
		{Dispatcher, ServiceProgress, WorkOrderText, purpose.CategoryNotInPurpose},
		{Dispatcher, ServiceLocate, Name, purpose.AttributeNotInPurpose},
		{Professional, ServiceProToClient, Phone, purpose.Permitted},
		{Professional, ServiceProToClient, Address, purpose.Permitted},
		{Professional, ServiceProToClient, BirthDate, purpose.AttributeNotInPurpose},
		{Professional, ServiceClientToPro, Phone, purpose.ActorNotAuthorized},
		{Professional, ServiceConnect, Phone, purpose.ActorNotAuthorized},
		{Client, ServiceClientToPro, Phone, purpose.Permitted},
		{Client, ServiceClientToPro, Address, purpose.AttributeNotInPurpose},
		{PaymentService, ServicePayment, PaymentMethodOf, purpose.Permitted},
		{PaymentService, ServicePayment, BirthDate, purpose.AttributeNotForRole},
		{PaymentService, ServicePayment, RecordingOf, purpose.CategoryNotInPurpose},
		{SupportAgent, ServicePayment, PaymentMethodOf, purpose.ActorNotAuthorized},
		{OperationsEngineer, ServiceOperations, Email, purpose.Permitted},
		{OperationsEngineer, ServiceOperations, Address, purpose.AttributeNotForRole},
		{FinancingAdvisor, ServiceFinancing, TransactionHistoryOf, purpose.AttributeNotForRole},
		{Mailer, ServiceNotice, Email, purpose.Permitted},

		{TaxAccountant, LegalTax, TransactionHistoryOf, purpose.Permitted},
		{TaxAccountant, LegalTax, Phone, purpose.AttributeNotForRole},
		{TaxAccountant, LegalTax, PaymentMethodOf, purpose.AttributeNotInPurpose},
		{FraudAnalyst, LegalFraud, PaymentMethodOf, purpose.Permitted},
		{FraudAnalyst, LegalFraud, GenderOf, purpose.AttributeNotForRole},
		{FraudAnalyst, Offers, TransactionHistoryOf, purpose.ActorNotAuthorized},
		{ComplaintsOfficer, LegalComplaints, TranscriptionText, purpose.Permitted},
		{ComplaintsOfficer, LegalComplaints, BirthDate, purpose.AttributeNotForRole},
		{LegalCounsel, LegalOrder, Address, purpose.Permitted},
		{PrivacyOfficer, LegalOther, RecordingOf, purpose.CategoryNotInPurpose},
		{PrivacyOfficer, Rights, RecordingOf, purpose.OperationNotInPurpose}, // it is read to answer the person, and for nothing else

		{Mailer, Newsletter, Email, purpose.Permitted},
		{Mailer, NewsletterEvents, Email, purpose.Permitted},
		{Mailer, Newsletter, Phone, purpose.AttributeNotInPurpose},
		{Mailer, Newsletter, WorkOrderText, purpose.CategoryNotInPurpose},
		{Mailer, Offers, Email, purpose.Permitted},
		{Mailer, Offers, TransactionHistoryOf, purpose.AttributeNotForRole},
		{Mailer, Marketing, Email, purpose.ActorNotAuthorized},
		{OffersAnalyst, Offers, VisitedPages, purpose.Permitted},
		{OffersAnalyst, Offers, Name, purpose.AttributeNotForRole},
		{OffersAnalyst, Offers, VisitorIP, purpose.AttributeNotInPurpose},

		{DataAnalyst, Analytics, BirthDate, purpose.DeidentifiedOnly},
		{DataAnalyst, Analytics, Name, purpose.AttributeNotInPurpose},
		{DataAnalyst, WebAnalytics, VisitedPages, purpose.Permitted},
		{DataAnalyst, WebAnalytics, VisitorIP, purpose.AttributeNotForRole},
		{WebService, WebEssential, VisitorIP, purpose.Permitted},
		{WebService, WebEssential, VisitReferrer, purpose.AttributeNotInPurpose},
		{WebService, WebAnalytics, Email, purpose.CategoryNotInPurpose},
		{AdvertisingService, WebAdvertising, VisitorIP, purpose.AttributeNotForRole},
	}
	for _, tt := range tests {
		err := policy.Possible(purpose.Request{
			Purpose: tt.id, Operation: purpose.Use, Actor: purpose.Actor{Role: tt.role}, Attribute: tt.a,
		})
		if tt.want == purpose.Permitted {
			assert.NoErrorf(t, err, "%s, %s, %s", tt.role, tt.id, tt.a)
			continue
		}
		assert.ErrorIsf(t, err, tt.want, "%s, %s, %s", tt.role, tt.id, tt.a)
	}
	asked := purpose.Request{Purpose: Rights, Operation: purpose.Rights, Actor: purpose.Actor{Role: PrivacyOfficer}, Attribute: RecordingOf}
	assert.NoError(t, policy.Possible(asked))
	asked.Actor.Role = SupportAgent
	assert.ErrorIs(t, policy.Possible(asked), purpose.ActorNotAuthorized)
}

// Collecting takes no role, so who only collects is bound to nothing.
func TestCollectorsAreBoundOnlyToWhatTheyUse(t *testing.T) {
	t.Parallel()
	bound := make(map[purpose.Role][]purpose.ID)
	for _, s := range Policy().Purposes {
		for role := range s.Roles {
			bound[role] = append(bound[role], s.ID)
		}
	}
	assert.Empty(t, bound[PhoneService])
	assert.Equal(t, []purpose.ID{ServicePayment}, bound[PaymentService])
	assert.ElementsMatch(t, []purpose.ID{
		ServiceAccount, ServiceProgress, ServiceMessaging, WebEssential, WebAnalytics, WebPersonalisation, WebAdvertising,
	}, bound[WebService])
}

// Whatever a purpose lists, its form can take in, whoever hands the form over.
func TestWhatIsListedCanBeCollected(t *testing.T) {
	t.Parallel()
	policy := newPolicy(t)
	for _, s := range Policy().Purposes {
		for _, a := range s.Attributes {
			err := policy.Possible(purpose.Request{
				Purpose: s.ID, Operation: purpose.Collect, Actor: purpose.Actor{Role: PhoneService}, Attribute: a,
			})
			assert.NoErrorf(t, err, "%s, %s", s.ID, a)
		}
	}
}

// The known defects of the policy's text are mended here, in both versions, and both are what was published.
func TestLintFindsNothing(t *testing.T) {
	t.Parallel()
	for _, d := range Policies() {
		assert.Empty(t, purpose.Lint(d), d.Version)
		b, err := d.MarshalJSON()
		require.NoError(t, err)
		loaded, err := purpose.LoadPolicy(b)
		require.NoError(t, err)
		assert.Equal(t, d.Hash(), loaded.Document().Hash())
	}
	var widened []purpose.ID
	for _, c := range purpose.Diff(Policies()[0], Policies()[1]) {
		if c.Lapses {
			widened = append(widened, c.Purpose)
		}
	}
	assert.Equal(t, []purpose.ID{Marketing, MarketingSurvey, Service, ServiceProgress}, widened)
}

// What is published says everything that must be, and names every purpose in both languages.
func TestPublished(t *testing.T) {
	t.Parallel()
	for _, d := range Policies() {
		policy, err := purpose.NewPolicy(d)
		require.NoError(t, err)
		record, err := policy.Record()
		require.NoError(t, err)
		for _, page := range []string{record.Markdown(language.English), policy.Notice(language.English).Markdown()} {
			for _, s := range d.Purposes {
				assert.Contains(t, page, s.Title.EN)
			}
			assert.NotContains(t, page, "no phrase for")
		}
		for _, s := range d.Purposes {
			assert.NotEmpty(t, s.DPV, s.ID)
			assert.Contains(t, policy.Notice(language.CanadianFrench).Markdown(), s.Title.FR)
		}
	}
}
