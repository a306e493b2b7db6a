package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/phone"
	"github.com/purposebound/purposebound/pii/piitest"
	"github.com/purposebound/purposebound/purpose"
)

// discloses returns what revealing a field for a recipient returns, in a use of its own.
func discloses[K pii.Kind](v *piitest.Vault, id purpose.ID, who purpose.Actor, s consent.Subject, field pii.Sealed[K], options ...pii.AccessorOption) error {
	a, err := v.Accessor(id, options...)
	if err != nil {
		return err
	}
	return a.Do(context.Background(), who, s, func(use *pii.Use) error {
		_, err := field.Reveal(use)
		return err
	})
}

// with is the example's policy, edited.
func with(edit func(*purpose.Document)) purpose.Document {
	d := Policy()
	edit(&d)
	return d
}

func recipient(d *purpose.Document, id string) *purpose.Recipient {
	for i := range d.Recipients {
		if d.Recipients[i].ID == id {
			return &d.Recipients[i]
		}
	}
	panic("no recipient " + id)
}

func spec(d *purpose.Document, id purpose.ID) *purpose.Spec {
	for i := range d.Purposes {
		if d.Purposes[i].ID == id {
			return &d.Purposes[i]
		}
	}
	panic("no purpose " + id)
}

// july is the policy of July made from the one of January.
func july(edit func(*purpose.Document)) []purpose.Document {
	all := []purpose.Document{Policy(), Policy()}
	all[1].Version, all[1].Effective = "2026-07", time.Date(2026, time.July, 1, 0, 0, 0, 0, time.UTC)
	edit(&all[1])
	return all
}

// onHerRequest grants the financing referral as an answer to a request of the person's.
func onHerRequest(t *testing.T, v *piitest.Vault, s consent.Subject) {
	t.Helper()
	v.Notify(s)
	asked, err := v.Registry().Request(t.Context(), s, ServiceFinancing, consent.InAccount)
	require.NoError(t, err)
	for range 2 { // answering it again permits no second use
		_, err = v.Registry().Grant(t.Context(), s, ServiceFinancing, consent.Act{
			Method: consent.InAccount, Request: asked.ID, Operations: []purpose.Operation{purpose.Use, purpose.Disclose},
		})
		require.NoError(t, err)
	}
}

var (
	advisor    = as(FinancingAdvisor)
	counsel    = purpose.Actor{Role: LegalCounsel, ID: "somebody", Case: "order-1"}
	engineer   = as(OperationsEngineer)
	webservice = as(WebService)
)

// courtOrder lists name and address.
func courtOrder() purpose.Order {
	return purpose.Order{
		Issuer: "Cour supérieure", Compelling: true, Attributes: []purpose.Attribute{Name, Address}, Issued: Policy().Effective, Reviewer: "me.roy",
	}
}

// policyScenarios are the stories about what the policy says of purposes, versions, recipients, orders, tickets and transfers.
func policyScenarios(t *testing.T) {
	t.Run("003_work_order_under_progress_on_both_versions", func(t *testing.T) {
		t.Parallel()
		v := piitest.NewVersions(t, Policies())
		// Given a work order; when it is asked for to follow the work; then the first version says no.
		order := piitest.Seal[WorkOrder](v, marie, "The heater leaks.", SupportAssist)
		assert.ErrorIs(t, opens(v, ServiceProgress, dispatcher, marie, order), purpose.CategoryNotInPurpose)
		in, err := v.Collect(t.Context(), site, marie, pii.Collection{For: []purpose.ID{ServiceProgress}, Method: consent.WebForm})
		require.NoError(t, err)
		assert.ErrorIs(t, order.Seal(in, "The heater leaks."), purpose.AttributeNotInPurpose)
		// When the version that lists it is in force, and she was told of it; then what is collected from then on opens.
		v.Clock.Set(Policies()[1].Effective)
		assert.ErrorIs(t, opens(v, ServiceProgress, dispatcher, marie, order), purpose.NoticeRequired)
		v.Notify(marie)
		assert.ErrorIs(t, opens(v, ServiceProgress, dispatcher, marie, order), purpose.NotCollectedForPurpose, "a wider policy does not launder what is older")
		fresh := piitest.Seal[WorkOrder](v, marie, "The tap drips.", ServiceProgress)
		assert.NoError(t, opens(v, ServiceProgress, dispatcher, marie, fresh))
		// And a policy that says following the work needs work orders, and does not list them, is told so.
		gap := with(func(d *purpose.Document) { spec(d, ServiceProgress).Requires = []purpose.Attribute{WorkOrderText} })
		found := purpose.Lint(gap)
		require.Len(t, found, 1)
		assert.Equal(t, purpose.RequiredUnlisted, found[0].Defect)
	})

	t.Run("009_legal_ground_without_a_provision", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		name := piitest.Seal[pii.Name](v, marie, "Marie Tremblay", LegalOther)
		officer := purpose.Actor{Role: PrivacyOfficer, ID: "somebody", Case: "file-1"}
		openCase(t, v, marie, "file-1", purpose.Actor{Role: PrivacyOfficer})
		// Given a purpose that is for whatever a law may ask; when no provision is named; then nothing opens.
		assert.ErrorIs(t, opens(v, LegalOther, officer, marie, name), purpose.CitationRequired)
		cited := purpose.Order{Attributes: []purpose.Attribute{Name}, Issued: Policy().Effective, Reviewer: "me.roy"}
		for _, citation := range []string{"", "  "} {
			cited.Citation = citation
			assert.ErrorIs(t, discloses(v, LegalOther, officer, marie, name, pii.UnderOrder(cited)), purpose.CitationRequired)
		}
		// When one is, and somebody approved; then what it needs opens.
		cited.Citation = "Police Act, CQLR c. P-13.1, s. 48"
		assert.NoError(t, discloses(v, LegalOther, officer, marie, name, pii.UnderOrder(cited)))
		cited.Reviewer = ""
		assert.ErrorIs(t, discloses(v, LegalOther, officer, marie, name, pii.UnderOrder(cited)), purpose.CitationRequired)
		// And a policy that stands on a law without citing it is no policy.
		_, err := purpose.NewPolicy(with(func(d *purpose.Document) { spec(d, LegalTax).Citation = "" }))
		fault, ok := errors.AsType[*purpose.Fault](err)
		require.True(t, ok)
		assert.Equal(t, `purposes["legal.tax"].citation`, fault.Place)
	})

	t.Run("010_order_lists_name_and_address_phone_asked", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		name := piitest.Seal[pii.Name](v, marie, "Marie Tremblay", ServiceAccount)
		number := piitest.Seal[phone.Phone](v, marie, somePhone, ServiceAccount)
		openCase(t, v, marie, "order-1", purpose.Actor{Role: LegalCounsel})
		// Given an order that lists name and address; when they are asked for; then they open, for use and to the court.
		court := pii.DiscloseTo("cour_superieure")
		assert.NoError(t, discloses(v, LegalOrder, counsel, marie, name, pii.UnderOrder(courtOrder())))
		assert.NoError(t, discloses(v, LegalOrder, counsel, marie, name, pii.UnderOrder(courtOrder()), court))
		// When the phone number is; then it is outside the order.
		assert.ErrorIs(t, discloses(v, LegalOrder, counsel, marie, number, pii.UnderOrder(courtOrder())), purpose.OutsideOrderScope)
		assert.ErrorIs(t, discloses(v, LegalOrder, counsel, marie, number, pii.UnderOrder(courtOrder()), court), purpose.OutsideOrderScope)
		// And without an order, or one that no longer stands or nobody read, nothing opens.
		assert.ErrorIs(t, opens(v, LegalOrder, counsel, marie, name), purpose.OrderRequired)
		for _, spoil := range []func(*purpose.Order){
			func(o *purpose.Order) { o.Until = v.Clock.Now() },
			func(o *purpose.Order) { o.Issued = v.Clock.Now().Add(time.Hour) },
			func(o *purpose.Order) { o.Reviewer = "" },
			func(o *purpose.Order) { o.Issuer = "" },
		} {
			o := courtOrder()
			spoil(&o)
			assert.ErrorIs(t, discloses(v, LegalOrder, counsel, marie, name, pii.UnderOrder(o)), purpose.OrderRequired)
		}
	})

	t.Run("011_request_of_a_body_without_power_to_compel", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		name := piitest.Seal[pii.Name](v, marie, "Marie Tremblay", ServiceAccount)
		openCase(t, v, marie, "order-1", purpose.Actor{Role: LegalCounsel})
		o := courtOrder()
		o.Issuer, o.Compelling = "Some association", false
		assert.ErrorIs(t, discloses(v, LegalOrder, counsel, marie, name, pii.UnderOrder(o)), purpose.NoPowerToCompel)
	})

	t.Run("032_second_version_adds_a_role_of_recipients", func(t *testing.T) {
		t.Parallel()
		v := piitest.NewVersions(t, Policies())
		email := piitest.Seal[pii.Email](v, marie, someEmail, MarketingSurvey, Newsletter)
		v.Grant(marie, MarketingSurvey, Newsletter)
		coordinator := as(SurveyCoordinator)
		// Given consent to surveys under the first version; when that is in force; then it holds.
		require.NoError(t, opens(v, MarketingSurvey, coordinator, marie, email))
		// When the version with another role of recipients is; then consent must be asked for again, and for nothing else.
		v.Clock.Set(Policies()[1].Effective)
		assert.ErrorIs(t, opens(v, MarketingSurvey, coordinator, marie, email), purpose.NeedsRenewal)
		assert.NoError(t, opens(v, Newsletter, mailer, marie, email))
		v.Grant(marie, MarketingSurvey)
		assert.NoError(t, opens(v, MarketingSurvey, coordinator, marie, email))
	})

	t.Run("033_second_version_mends_a_slip_of_the_pen", func(t *testing.T) {
		t.Parallel()
		v := piitest.NewVersions(t, july(func(d *purpose.Document) { spec(d, Newsletter).Title.EN = "The newsletter" }))
		email := piitest.Seal[pii.Email](v, marie, someEmail, Newsletter)
		v.Grant(marie, Newsletter)
		v.Clock.Set(Policies()[1].Effective)
		assert.NoError(t, opens(v, Newsletter, mailer, marie, email))
		d, err := v.Registry().Decide(t.Context(), marie, purpose.Request{Purpose: Newsletter, Operation: purpose.Use, Actor: mailer})
		require.NoError(t, err)
		assert.Equal(t, "2026-07", d.Policy, "the version that decided is told")
	})

	t.Run("034_new_purpose_of_a_version_in_force_tomorrow", func(t *testing.T) {
		t.Parallel()
		const contests purpose.ID = "marketing.contests"
		versions := july(func(d *purpose.Document) {
			s := *spec(d, MarketingSurvey)
			s.ID, s.Recipients, s.Operations = contests, nil, operations()
			d.Purposes = append(d.Purposes, s)
		})
		v := piitest.NewVersions(t, versions)
		v.Notify(marie)
		ask := purpose.Request{Purpose: contests, Operation: purpose.Use, Actor: as(SurveyCoordinator)}
		// Given a purpose of tomorrow's policy; when it is asked for today; then it is not in force yet.
		v.Clock.Set(versions[1].Effective.Add(-time.Hour))
		d, err := v.Registry().Decide(t.Context(), marie, ask)
		require.NoError(t, err)
		assert.ErrorIs(t, d.Reason, purpose.NotYetEffective)
		_, err = v.Accessor(contests)
		assert.ErrorIs(t, err, purpose.NotYetEffective)
		// And tomorrow it waits for consent.
		v.Advance(time.Hour)
		d, err = v.Registry().Decide(t.Context(), marie, ask)
		require.NoError(t, err)
		assert.ErrorIs(t, d.Reason, purpose.ConsentUnknown)
	})

	t.Run("036_published_text_altered", func(t *testing.T) {
		t.Parallel()
		published, err := purpose.Publish(Policy())
		require.NoError(t, err)
		_, err = purpose.NewHistory(published)
		require.NoError(t, err)
		// Given a published policy; when a word of it is changed; then it does not load.
		spec(&published.Document, Newsletter).Title.FR = "Nos offres"
		_, err = purpose.NewHistory(published)
		assert.ErrorIs(t, err, purpose.ErrAltered)
	})

	t.Run("037_second_version_without_a_purpose", func(t *testing.T) {
		t.Parallel()
		versions := july(func(d *purpose.Document) {
			var kept []purpose.Spec
			for _, s := range d.Purposes {
				if s.ID != NewsletterEvents {
					kept = append(kept, s)
				}
			}
			d.Purposes = kept
		})
		v := piitest.NewVersions(t, versions)
		email := piitest.Seal[pii.Email](v, marie, someEmail, NewsletterEvents)
		v.Grant(marie, NewsletterEvents, Newsletter)
		events := v.MustAccessor(NewsletterEvents)
		// Given a version without the purpose; when it is in force; then consent to it has ended, and what was collected only for it opens for nothing else.
		v.Clock.Set(versions[1].Effective)
		_, err := events.Begin(t.Context(), mailer, marie)
		assert.ErrorIs(t, err, purpose.UnknownPurpose)
		assert.ErrorIs(t, opens(v, Newsletter, mailer, marie, email), purpose.NotCollectedForPurpose)
		// And the clock of its retention is known.
		history, err := purpose.NewHistory(must(purpose.Publish(versions[0]))(t), must(purpose.Publish(versions[1]))(t))
		require.NoError(t, err)
		end, rule, ok := history.Ended(NewsletterEvents)
		require.True(t, ok)
		assert.Equal(t, versions[1].Effective, end)
		assert.Equal(t, purpose.Period{Years: 2}, rule.Keep)
		// And she can still say no to it.
		_, err = v.Registry().Withdraw(t.Context(), marie, NewsletterEvents)
		assert.NoError(t, err)
	})

	t.Run("038_second_version_taken_back", func(t *testing.T) {
		t.Parallel()
		const contests purpose.ID = "marketing.contests"
		versions := july(func(d *purpose.Document) {
			s := *spec(d, MarketingSurvey)
			s.ID, s.Recipients, s.Operations = contests, nil, operations()
			d.Purposes = append(d.Purposes, s)
		})
		back := Policy()
		back.Version, back.Effective = "2026-08", versions[1].Effective.AddDate(0, 1, 0)
		again := versions[1]
		again.Version, again.Effective = "2026-09", versions[1].Effective.AddDate(0, 2, 0)
		v := piitest.NewVersions(t, append(versions, back, again))
		email := piitest.Seal[pii.Email](v, marie, someEmail, Newsletter)
		v.Grant(marie, Newsletter)
		require.NoError(t, opens(v, Newsletter, mailer, marie, email))
		_, err := v.Registry().Withdraw(t.Context(), marie, Newsletter)
		require.NoError(t, err)
		// Given consent that only the second version knows; when the first text is back; then it holds for nothing.
		v.Clock.Set(versions[1].Effective)
		v.Grant(marie, contests)
		ask := purpose.Request{Purpose: contests, Operation: purpose.Use, Actor: as(SurveyCoordinator)}
		decide := func() purpose.Reason {
			d, err := v.Registry().Decide(t.Context(), marie, ask)
			require.NoError(t, err)
			return d.Reason
		}
		require.Equal(t, purpose.Permitted, decide())
		v.Clock.Set(back.Effective)
		assert.Equal(t, purpose.NotYetEffective, decide(), "a version to come has it again")
		// And what was withdrawn under the first stays so.
		assert.ErrorIs(t, opens(v, Newsletter, mailer, marie, email), purpose.ConsentWithdrawn)
		// And a purpose that comes once more asks once more.
		v.Clock.Set(again.Effective)
		assert.Equal(t, purpose.NeedsRenewal, decide())
	})

	t.Run("058_offers_disclosed_to_an_advertiser", func(t *testing.T) {
		t.Parallel()
		disclosing := with(func(d *purpose.Document) {
			for _, id := range []purpose.ID{Marketing, Offers} {
				s := spec(d, id)
				s.Operations = []purpose.Operation{purpose.Collect, purpose.Use, purpose.Combine, purpose.Store, purpose.Disclose}
				s.Recipients = append(s.Recipients, AdvertisingPartner)
			}
			c := &recipient(d, "affichage_demain").Contract
			c.Purposes, c.Attributes = append(c.Purposes, Offers), append(c.Attributes, LocationOf)
		})
		v := piitest.New(t, disclosing)
		town := piitest.Seal[Location](v, marie, "Laval", Offers)
		// Given consent to offers that includes disclosing, and a contract; when they would be made by somebody else; then the policy's own
		// prohibition is stronger.
		v.Grant(marie, Offers)
		assert.ErrorIs(t, discloses(v, Offers, as(OffersAnalyst), marie, town, pii.DiscloseTo("affichage_demain")), purpose.ProhibitedByPolicy)
		assert.NoError(t, opens(v, Offers, as(OffersAnalyst), marie, town))
		// And to sell is nobody's.
		_, err := v.Accessor(Offers, pii.ForOperation(purpose.Sell))
		assert.ErrorIs(t, err, purpose.ProhibitedOperation)
		_, err = v.Registry().Grant(t.Context(), marie, Offers, consent.Act{Method: consent.WebForm, Operations: []purpose.Operation{purpose.Sell}})
		assert.ErrorIs(t, err, purpose.ProhibitedOperation)
	})

	t.Run("067_payment_processor_asks_for_recordings", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		recording := piitest.Seal[Recording](v, marie, "rec/1.opus", SupportQuality)
		name := piitest.Seal[pii.Name](v, marie, "Marie Tremblay", ServiceAccount)
		officer := purpose.Actor{Role: ComplaintsOfficer, ID: "somebody", Case: "file-1"}
		openCase(t, v, marie, "file-1", purpose.Actor{Role: ComplaintsOfficer})
		// Given a disputed payment; when the processor is sent what its contract covers; then it may have it; a recording is not of that.
		assert.NoError(t, discloses(v, LegalComplaints, officer, marie, name, pii.DiscloseTo("paie_laval")))
		assert.ErrorIs(t, discloses(v, LegalComplaints, officer, marie, recording, pii.DiscloseTo("paie_laval")), purpose.ContractScope)
		assert.NoError(t, opens(v, LegalComplaints, officer, marie, recording), "which the officer hears")
		// And under payment, calls are not even a category.
		assert.ErrorIs(t, opens(v, ServicePayment, as(PaymentService), marie, recording), purpose.CategoryNotInPurpose)
		// And it is told to whom it went.
		entries := v.Trail.Entries()
		told := false
		for _, e := range entries {
			told = told || e.Recipient == "paie_laval" && e.Attribute == Name && e.Reason == purpose.Permitted
		}
		assert.True(t, told)
	})

	t.Run("068_contract_ended_yesterday", func(t *testing.T) {
		t.Parallel()
		var end time.Time
		v := piitest.New(t, with(func(d *purpose.Document) {
			end = d.Effective.Add(2 * day)
			recipient(d, "paie_laval").Contract.End = end
		}))
		email := piitest.Seal[pii.Email](v, marie, someEmail, ServicePayment)
		to := pii.DiscloseTo("paie_laval")
		require.NoError(t, discloses(v, ServicePayment, as(PaymentService), marie, email, to))
		// Given a contract that ends; when it has ended; then nothing goes, and the destruction of what went is to be confirmed.
		v.Clock.Set(end)
		assert.ErrorIs(t, discloses(v, ServicePayment, as(PaymentService), marie, email, to), purpose.ContractExpired)
		v.Advance(day)
		d, err := v.Registry().Decide(t.Context(), marie, purpose.Request{
			Purpose: ServicePayment, Operation: purpose.Disclose, Actor: as(PaymentService), Recipient: "paie_laval",
		})
		require.NoError(t, err)
		assert.ErrorIs(t, d.Reason, purpose.ContractExpired)
		assert.True(t, d.Obligations.Has(purpose.ConfirmDestruction))
	})

	t.Run("069_contract_without_notice_of_incidents", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, with(func(d *purpose.Document) {
			c := &recipient(d, "paie_laval").Contract
			c.Undertakings = []purpose.Undertaking{
				purpose.ProtectionMeasures, purpose.MandateOnly, purpose.NoRetention, purpose.Verification, purpose.NoOnward,
			}
			recipient(d, "comptes_trudel").Contract = purpose.Contract{}
		}))
		_, err := v.Accessor(ServicePayment, pii.DiscloseTo("paie_laval"))
		assert.ErrorIs(t, err, purpose.ContractIncomplete)
		_, err = v.Accessor(LegalTax, pii.DiscloseTo("comptes_trudel"))
		assert.ErrorIs(t, err, purpose.NoContract)
		_, err = v.Accessor(ServicePayment, pii.DiscloseTo("desjardins"))
		assert.ErrorIs(t, err, purpose.RecipientNotAllowed)
		_, err = v.Accessor(ServicePayment, pii.DiscloseTo("nobody"))
		assert.ErrorIs(t, err, purpose.UnknownRecipient)
	})

	t.Run("070_referral_used_twice", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		email := piitest.Seal[pii.Email](v, marie, someEmail, ServiceFinancing)
		to := v.MustAccessor(ServiceFinancing, pii.DiscloseTo("desjardins"))
		open := func(a *pii.Accessor) error {
			return a.Do(t.Context(), advisor, marie, func(use *pii.Use) error {
				_, err := email.Reveal(use)
				return err
			})
		}
		// Given a request of hers; when many answer it at once; then one does.
		onHerRequest(t, v, marie)
		var wg sync.WaitGroup
		var opened, refused atomic.Int64
		for range 32 {
			wg.Go(func() {
				switch err := open(to); {
				case err == nil:
					opened.Add(1)
				case errors.Is(err, purpose.GrantConsumed):
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		assert.Equal(t, int64(1), opened.Load())
		assert.Equal(t, int64(31), refused.Load())
		// And another lender gets nothing of it, nor does anyone in the house.
		assert.ErrorIs(t, open(v.MustAccessor(ServiceFinancing, pii.DiscloseTo("caisse_de_l_exemple"))), purpose.GrantConsumed)
		assert.ErrorIs(t, open(v.MustAccessor(ServiceFinancing)), purpose.GrantConsumed)
		// And a recipient that is no lender never does.
		_, err := v.Accessor(ServiceFinancing, pii.DiscloseTo("paie_laval"))
		assert.ErrorIs(t, err, purpose.RecipientNotAllowed)
		// And a second request of hers is a second use.
		onHerRequest(t, v, marie)
		assert.NoError(t, open(to))
		assert.ErrorIs(t, open(to), purpose.GrantConsumed)
	})

	t.Run("071_glass_broken_without_a_ticket", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		people := []consent.Subject{marie, seda}
		for len(people) < 21 {
			people = append(people, consent.NewSubject())
		}
		emails := make([]pii.Sealed[pii.Email], len(people))
		for i, s := range people {
			emails[i] = piitest.Seal[pii.Email](v, s, someEmail, ServiceOperations)
		}
		opened := v.Clock.Now()
		// Given an outage; when no ticket is named, or one without a name, or one opened tomorrow; then nothing opens.
		assert.ErrorIs(t, opens(v, ServiceOperations, engineer, marie, emails[0]), purpose.TicketRequired)
		assert.ErrorIs(t, discloses(v, ServiceOperations, engineer, marie, emails[0], pii.UnderTicket("", opened)), purpose.TicketRequired)
		assert.ErrorIs(t, discloses(v, ServiceOperations, engineer, marie, emails[0], pii.UnderTicket("inc-1", opened.Add(day))), purpose.TicketRequired)
		// When one is; then twenty people open under it, each as often as needed, and not one more.
		under := pii.UnderTicket("inc-1", opened)
		for range 2 {
			for i := range 20 {
				require.NoError(t, discloses(v, ServiceOperations, engineer, people[i], emails[i], under))
			}
		}
		assert.ErrorIs(t, discloses(v, ServiceOperations, engineer, people[20], emails[20], under), purpose.TicketLimit)
		assert.NoError(t, discloses(v, ServiceOperations, engineer, people[20], emails[20], pii.UnderTicket("inc-2", opened)))
		// And not for long.
		v.Advance(4 * time.Hour)
		assert.ErrorIs(t, discloses(v, ServiceOperations, engineer, marie, emails[0], under), purpose.TicketExpired)
		// And the privacy officer sees it.
		found := false
		for _, e := range v.Trail.Entries() {
			found = found || e.Ticket == "inc-1" && e.Reason == purpose.Permitted
		}
		assert.True(t, found)
	})

	unassessed := func(id string) func(*purpose.Document) {
		return func(d *purpose.Document) {
			var kept []purpose.Assessment
			for _, a := range d.Assessments {
				if a.Recipient != id {
					kept = append(kept, a)
				}
			}
			d.Assessments = kept
		}
	}
	hosted := func(t *testing.T, edit func(*purpose.Document), id purpose.ID, to string, who purpose.Actor) error {
		v := piitest.New(t, with(edit))
		return discloses(v, id, who, marie, piitest.Seal[pii.Email](v, marie, someEmail, id), pii.DiscloseTo(to))
	}

	t.Run("072_american_cloud_without_an_assessment", func(t *testing.T) {
		t.Parallel()
		assert.NoError(t, hosted(t, func(*purpose.Document) {}, ServiceAccount, "nuage_ouest", webservice))
		assert.ErrorIs(t, hosted(t, unassessed("nuage_ouest"), ServiceAccount, "nuage_ouest", webservice), purpose.NoTransferAssessment)
	})

	t.Run("073_ontario_is_outside", func(t *testing.T) {
		t.Parallel()
		assert.NoError(t, hosted(t, func(*purpose.Document) {}, ServiceNotice, "courrier_rideau", mailer))
		assert.ErrorIs(t, hosted(t, unassessed("courrier_rideau"), ServiceNotice, "courrier_rideau", mailer), purpose.NoTransferAssessment)
		// And for somebody who lives in Ontario, so is Québec.
		v := piitest.New(t, Policy())
		email := piitest.Seal[pii.Email](v, marie, someEmail, ServicePayment)
		to := pii.DiscloseTo("paie_laval")
		require.NoError(t, discloses(v, ServicePayment, as(PaymentService), marie, email, to))
		_, err := v.Registry().Record(t.Context(), marie, consent.Event{Kind: consent.Resides, Jurisdiction: "CA-ON"})
		require.NoError(t, err)
		assert.ErrorIs(t, discloses(v, ServicePayment, as(PaymentService), marie, email, to), purpose.NoTransferAssessment)
	})

	t.Run("074_assessed_for_less", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		town := piitest.Seal[Location](v, marie, "Laval", ServiceAccount)
		email := piitest.Seal[pii.Email](v, marie, someEmail, ServiceAccount)
		to := pii.DiscloseTo("nuage_ouest")
		assert.NoError(t, discloses(v, ServiceAccount, webservice, marie, email, to))
		assert.ErrorIs(t, discloses(v, ServiceAccount, webservice, marie, town, to), purpose.AssessmentScope)
		assert.ErrorIs(t, hosted(t, func(d *purpose.Document) { d.Assessments[0].Purposes = []purpose.ID{ServiceNotice} }, ServiceAccount, "nuage_ouest", webservice),
			purpose.AssessmentScope)
	})

	t.Run("075_assessment_past_its_day", func(t *testing.T) {
		t.Parallel()
		assert.ErrorIs(t, hosted(t, func(d *purpose.Document) { d.Assessments[0].Review = d.Effective.Add(day) }, ServiceAccount, "nuage_ouest", webservice),
			purpose.AssessmentStale)
		assert.ErrorIs(t, hosted(t, func(d *purpose.Document) {
			recipient(d, "nuage_ouest").Contract.Amended = d.Assessments[0].Made.Add(1)
		}, ServiceAccount, "nuage_ouest", webservice), purpose.AssessmentStale)
		assert.ErrorIs(t, hosted(t, func(d *purpose.Document) { d.Assessments[0].Outcome = purpose.Inadequate }, ServiceAccount, "nuage_ouest", webservice),
			purpose.AssessmentInadequate)
	})

	t.Run("076_no_written_agreement", func(t *testing.T) {
		t.Parallel()
		assert.ErrorIs(t, hosted(t, func(d *purpose.Document) { d.Assessments[0].Agreement = "" }, ServiceAccount, "nuage_ouest", webservice),
			purpose.NoWrittenAgreement)
	})

	t.Run("077_derogation_for_a_new_contract", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, with(unassessed("nuage_ouest")))
		email := piitest.Seal[pii.Email](v, marie, someEmail, ServiceAccount)
		by := func(id string, ground purpose.Ground) error {
			return discloses(v, ServiceAccount, webservice, marie, email, pii.DiscloseTo("nuage_ouest"), pii.ByDerogation(purpose.Derogation{
				ID: id, Ground: ground, Approver: "privacy officer", Until: v.Clock.Now().Add(time.Hour),
			}))
		}
		// Given no assessment; when a new contract is the ground; then the law of Québec does not know it.
		assert.ErrorIs(t, by("d-1", purpose.NewContract), purpose.DerogationNotAllowed)
		// When an emergency is; then it opens once.
		assert.NoError(t, by("d-2", purpose.Emergency))
		assert.ErrorIs(t, by("d-2", purpose.Emergency), purpose.DerogationConsumed)
		// And European law knows both, each once where it is occasional.
		v = piitest.New(t, with(func(d *purpose.Document) { unassessed("nuage_ouest")(d); d.Rules = purpose.GDPR() }))
		email = piitest.Seal[pii.Email](v, marie, someEmail, ServiceAccount)
		assert.NoError(t, by("d-1", purpose.NewContract))
		assert.ErrorIs(t, by("d-1", purpose.NewContract), purpose.DerogationConsumed)
		assert.ErrorIs(t, by("d-3", purpose.Emergency), purpose.DerogationNotAllowed)
	})

	t.Run("078_processor_moves", func(t *testing.T) {
		t.Parallel()
		moved := july(func(d *purpose.Document) { recipient(d, "courrier_rideau").Storage = []purpose.Jurisdiction{"IN"} })
		v := piitest.NewVersions(t, moved)
		email := piitest.Seal[pii.Email](v, marie, someEmail, ServiceNotice)
		to := pii.DiscloseTo("courrier_rideau")
		require.NoError(t, discloses(v, ServiceNotice, mailer, marie, email, to))
		// Given a processor that keeps data elsewhere from July on; when July comes; then nothing goes until that is assessed.
		v.Clock.Set(moved[1].Effective)
		assert.ErrorIs(t, discloses(v, ServiceNotice, mailer, marie, email, to), purpose.NoTransferAssessment)
		v.Notify(marie) // she is told, which is not enough
		assert.ErrorIs(t, discloses(v, ServiceNotice, mailer, marie, email, to), purpose.NoTransferAssessment)
	})
}

// must turns a result and its error into a result, in a test.
func must[T any](x T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		require.NoError(t, err)
		return x
	}
}
