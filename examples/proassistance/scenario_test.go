package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/pii/phone"
	"github.com/purposebound/purposebound/pii/piitest"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/redact"
	"github.com/purposebound/purposebound/redact/anonymity"
)

// What the scenarios seal. None of it may be printed, see scenario 083.
const (
	someEmail = "canary.marie@example.com"
	somePhone = "+15145550199"
)

const day = 24 * time.Hour

func as(role purpose.Role) purpose.Actor { return purpose.Actor{Role: role, ID: "somebody"} }

// opens returns what opening a field of the subject under a purpose returns, in a use of its own.
func opens[K pii.Kind](v *piitest.Vault, id purpose.ID, who purpose.Actor, s consent.Subject, field pii.Sealed[K], options ...pii.AccessorOption) error {
	return v.MustAccessor(id, options...).Do(context.Background(), who, s, func(use *pii.Use) error {
		_, err := field.Reveal(use)
		return err
	})
}

// begins returns what beginning a use returns.
func begins(v *piitest.Vault, id purpose.ID, who purpose.Actor, s consent.Subject) error {
	return v.MustAccessor(id).Do(context.Background(), who, s, func(*pii.Use) error { return nil })
}

// moved is a token stored in a column of another kind: what a statement like UPDATE … SET email = phone does.
func moved[To, From pii.Kind](t *testing.T, from pii.Sealed[From]) (to pii.Sealed[To]) {
	t.Helper()
	token, err := from.MarshalBinary()
	require.NoError(t, err)
	require.NoError(t, to.UnmarshalBinary(token))
	return to
}

// openCase binds a professional to the subject by a job.
func openCase(t *testing.T, v *piitest.Vault, s consent.Subject, id string, who purpose.Actor) {
	t.Helper()
	_, err := v.Registry().Record(t.Context(), s, consent.Event{Kind: consent.CaseOpened, Case: id, Actor: who})
	require.NoError(t, err)
}

// registryOver is a registry of the example's policy over a ledger of the test's own.
func registryOver(t *testing.T, ledger consent.Ledger) (*consent.Registry, *piitest.Clock) {
	t.Helper()
	clock := new(piitest.Clock)
	clock.Set(Policy().Effective.Add(day))
	registry, err := consent.NewRegistry(newPolicy(t), ledger, consent.WithClock(clock.Now))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, registry.Close()) })
	return registry, clock
}

// vaultOver is a vault over a registry and an auditor of the test's own.
func vaultOver(t *testing.T, registry *consent.Registry, audit pii.Auditor) *pii.Vault {
	t.Helper()
	ring, err := keyring.New(keyring.Config{Store: new(keyring.Memory), KEK: piitest.KEK(t), Now: registry.Now})
	require.NoError(t, err)
	vault, err := pii.NewVault(pii.Config{Registry: registry, Keys: ring, Audit: audit})
	require.NoError(t, err)
	return vault
}

// lame is a ledger that cannot be read while it is down.
type lame struct {
	consent.Memory
	down atomic.Bool
}

func (l *lame) Events(ctx context.Context, s consent.Subject, after uint64) iter.Seq2[consent.Event, error] {
	if l.down.Load() {
		return func(yield func(consent.Event, error) bool) { yield(consent.Event{}, errors.New("the disk is away")) }
	}
	return l.Memory.Events(ctx, s, after)
}

// failing is an auditor that fails while it is told to.
type failing struct {
	pii.Trail
	down atomic.Bool
}

func (f *failing) Record(ctx context.Context, a pii.Access) error {
	if f.down.Load() {
		return errors.New("the disk is full")
	}
	return f.Trail.Record(ctx, a)
}

// TestScenario tells the policy as stories: given, when, then. A name begins with the number of the story.
func TestScenario(t *testing.T) {
	t.Parallel()
	policyScenarios(t)

	t.Run("001_address_given_for_the_service_opened_under_newsletter", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		// Given an address collected for the account, and consent to the newsletter given for another address.
		email := piitest.Seal[pii.Email](v, marie, someEmail, ServiceAccount)
		v.Grant(marie, Newsletter)
		// When the mailer opens the first; then it was not collected for that.
		assert.ErrorIs(t, opens(v, Newsletter, mailer, marie, email), purpose.NotCollectedForPurpose)
	})

	t.Run("002_recording_opened_under_progress", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		// Given a recording, and every consent there is to give.
		recording := piitest.Seal[Recording](v, marie, "rec/1.opus", SupportSolve, SupportQuality)
		v.Grant(marie, ServiceProgress, SupportQuality, SupportSolve)
		// When it is asked for to follow the work; then the purpose has no communications.
		assert.ErrorIs(t, opens(v, ServiceProgress, dispatcher, marie, recording), purpose.CategoryNotInPurpose)
	})

	t.Run("004_profile_under_identify", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		// Given where a person lives; when it is asked for to identify her; then it identifies nobody.
		town := piitest.Seal[Location](v, marie, "Laval", ServiceConnect)
		assert.ErrorIs(t, opens(v, Identify, as(IdentityVerifier), marie, town), purpose.CategoryNotInPurpose)
	})

	t.Run("005_purposes_added_to_a_token", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		// Given a value for one purpose, and another of the same person and key for two.
		narrow, err := piitest.Seal[pii.Name](v, marie, "Marie", ServiceConnect).MarshalBinary()
		require.NoError(t, err)
		wide, err := piitest.Seal[pii.Name](v, marie, "Manon", ServiceConnect, ServiceProgress).MarshalBinary()
		require.NoError(t, err)
		// When the head of the second is put before the rest of the first, wherever it is cut.
		genuine := 0
		for cut := len(wide) - len(narrow) + 1; cut < len(wide); cut++ {
			forged := slices.Concat(wide[:cut], narrow[cut-(len(wide)-len(narrow)):])
			var name pii.Sealed[pii.Name]
			if bytes.Equal(forged, wide) || name.UnmarshalBinary(forged) != nil {
				continue // the bytes happen to be those of the second, or no token at all
			}
			err := opens(v, ServiceProgress, dispatcher, marie, name)
			// Then it does not open for the purpose that was added.
			require.Errorf(t, err, "cut at %d", cut)
			if errors.Is(err, pii.ErrDecrypt) {
				genuine++
			}
		}
		assert.Positive(t, genuine, "no forgery came as far as the key")
	})

	t.Run("006_child_given_parent_refused", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		// Given consent to events, and a refusal of the newsletter they are part of.
		v.Grant(marie, NewsletterEvents)
		_, err := v.Registry().Refuse(t.Context(), marie, Newsletter)
		require.NoError(t, err)
		// When an invitation is sent; then the refusal above counts.
		assert.ErrorIs(t, begins(v, NewsletterEvents, mailer, marie), purpose.AncestorRefused)
	})

	t.Run("007_parent_given_child_not_asked", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		// Given consent to the newsletter; when an invitation to an event is sent; then nobody said yes to that.
		v.Grant(marie, Newsletter)
		require.NoError(t, begins(v, Newsletter, mailer, marie))
		assert.ErrorIs(t, begins(v, NewsletterEvents, mailer, marie), purpose.ConsentUnknown)
	})

	t.Run("008_purpose_misspelt", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		v.Grant(marie, Newsletter)
		// Given a misspelt purpose below a granted one; when a service asks for its accessor; then there is none.
		_, err := v.Accessor(Newsletter + ".event")
		assert.ErrorIs(t, err, purpose.UnknownPurpose)
	})

	t.Run("012_nothing_recorded", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		// Given a person of whom nothing is recorded; when a letter is sent; then she did not consent.
		assert.ErrorIs(t, begins(v, Newsletter, mailer, marie), purpose.ConsentUnknown)
		// And whoever was told nothing is not served under a consent that the law reads into what was told.
		assert.ErrorIs(t, begins(v, SupportAssist, sandrine, marie), purpose.NoticeRequired)
	})

	t.Run("013_register_does_not_answer", func(t *testing.T) {
		t.Parallel()
		ledger := new(lame)
		registry, _ := registryOver(t, ledger)
		newsletter, err := vaultOver(t, registry, pii.NoAudit{}).Accessor(Newsletter)
		require.NoError(t, err)
		// Given a ledger that cannot be read; when a use begins; then that is an outage, and no refusal.
		ledger.down.Store(true)
		_, err = newsletter.Begin(t.Context(), mailer, marie)
		require.ErrorIs(t, err, purpose.RegistryUnavailable)
		assert.ErrorIs(t, err, purpose.ErrUnavailable)
		assert.NotErrorIs(t, err, purpose.ErrDenied)
		// And nothing of the outage is remembered.
		ledger.down.Store(false)
		_, err = newsletter.Begin(t.Context(), mailer, marie)
		assert.ErrorIs(t, err, purpose.ConsentUnknown)
	})

	t.Run("014_withdrawn_between_check_and_decrypt", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		v.Grant(marie, Newsletter)
		email := piitest.Seal[pii.Email](v, marie, someEmail, Newsletter)
		// Given a use that was allowed.
		use, err := v.MustAccessor(Newsletter).Begin(t.Context(), mailer, marie)
		require.NoError(t, err)
		defer use.End()
		_, err = email.Reveal(use)
		require.NoError(t, err)
		// When she withdraws (within the use, so that the withdrawal does not wait for it).
		_, err = v.Registry().Withdraw(use.Context(), marie, Newsletter)
		require.NoError(t, err)
		// Then the use opens nothing more.
		_, err = email.Reveal(use)
		assert.ErrorIs(t, err, purpose.StaleDecision)
	})

	t.Run("015_thousand_readers_one_withdrawal", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		v.Grant(marie, Newsletter)
		email := piitest.Seal[pii.Email](v, marie, someEmail, Newsletter)
		newsletter := v.MustAccessor(Newsletter)
		var withdrawn atomic.Bool
		var opened, late, other atomic.Int64
		// Given a thousand goroutines that open the address until they are refused.
		var started, readers sync.WaitGroup
		for range 1000 {
			started.Add(1)
			readers.Go(func() {
				for first := true; ; first = false {
					after := withdrawn.Load()
					err := newsletter.Do(context.Background(), mailer, marie, func(use *pii.Use) error {
						_, err := email.Reveal(use)
						return err
					})
					if first {
						started.Done()
					}
					switch {
					case err == nil && after:
						late.Add(1)
						return
					case err == nil:
						opened.Add(1)
					case errors.Is(err, purpose.ConsentWithdrawn), errors.Is(err, purpose.StaleDecision):
						return
					default:
						other.Add(1)
						return
					}
				}
			})
		}
		// When she withdraws while they read.
		started.Wait()
		_, err := v.Registry().Withdraw(t.Context(), marie, Newsletter)
		withdrawn.Store(true)
		require.NoError(t, err)
		readers.Wait()
		// Then nothing was opened by a use that began after the withdrawal returned.
		assert.Positive(t, opened.Load())
		assert.Zero(t, late.Load())
		assert.Zero(t, other.Load())
	})

	t.Run("016_grant_delivered_again_after_withdrawal", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		v.Notify(marie)
		// Given a grant and its withdrawal.
		first, err := v.Registry().Grant(t.Context(), marie, Newsletter, signedForm(Newsletter))
		require.NoError(t, err)
		_, err = v.Registry().Withdraw(t.Context(), marie, Newsletter)
		require.NoError(t, err)
		// When the queue delivers the grant once more.
		again, err := v.Registry().Grant(t.Context(), marie, Newsletter, signedForm(Newsletter))
		require.NoError(t, err)
		// Then it is the event that is there, and she stays withdrawn.
		assert.Equal(t, first.Seq, again.Seq)
		assert.ErrorIs(t, begins(v, Newsletter, mailer, marie), purpose.ConsentWithdrawn)
	})

	t.Run("017_order_is_the_ledgers_not_the_clocks", func(t *testing.T) {
		t.Parallel()
		ledger := new(consent.Memory)
		registry, clock := registryOver(t, ledger)
		now := clock.Now()
		// Given a withdrawal that was recorded after a grant, by a machine whose clock is behind.
		for _, e := range []consent.Event{
			{ID: "1", Kind: consent.Noticed, Policy: "2026-01", Time: now, Act: consent.Act{Language: language.English}},
			{ID: "2", Kind: consent.Granted, Purpose: Newsletter, Policy: "2026-01", Time: now, Act: consent.Act{Method: consent.WebForm, Language: language.English}},
			{ID: "3", Kind: consent.Withdrawn, Purpose: Newsletter, Policy: "2026-01", Time: now.Add(-time.Hour)},
		} {
			_, err := ledger.Append(t.Context(), marie, consent.Any, e)
			require.NoError(t, err)
		}
		// When she is asked about, also after the grant arrived again; then she has withdrawn.
		for range 2 {
			state, err := registry.State(t.Context(), marie, Newsletter)
			require.NoError(t, err)
			assert.Equal(t, purpose.Withdrawn, state.Status)
			_, err = registry.Grant(t.Context(), marie, Newsletter, consent.Act{Method: consent.WebForm, ID: "2", Operations: []purpose.Operation{purpose.Use}})
			assert.ErrorIs(t, err, consent.ErrEventExists) // it names an operation the first did not
		}
	})

	t.Run("018_grant_and_withdrawal_at_one_instant", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		// Given a clock that stands still; when she grants and withdraws; then she has withdrawn.
		v.Grant(marie, Newsletter)
		w, err := v.Registry().State(t.Context(), marie, Newsletter)
		require.NoError(t, err)
		_, err = v.Registry().Withdraw(t.Context(), marie, Newsletter)
		require.NoError(t, err)
		state, err := v.Registry().State(t.Context(), marie, Newsletter)
		require.NoError(t, err)
		require.Equal(t, w.Since, state.Since, "the clock moved")
		assert.ErrorIs(t, begins(v, Newsletter, mailer, marie), purpose.ConsentWithdrawn)
	})

	t.Run("019_grant_dated_ahead", func(t *testing.T) {
		t.Parallel()
		policy := newPolicy(t)
		now := policy.Effective().Add(day)
		// Given a consent that says it was given ten minutes from now, by a clock that is ahead.
		asked := func(given, at time.Time) purpose.Reason {
			told := purpose.Consent{Status: purpose.Given, Since: now, Policy: policy.Version()}
			facts := &purpose.Facts{Ledger: 2, Complete: true, Notice: told, Consents: map[purpose.ID]purpose.Consent{
				Newsletter: {Status: purpose.Given, Since: given, Policy: policy.Version(), Operations: purpose.OperationSet(purpose.Use)},
			}}
			return policy.Decide(purpose.Request{Purpose: Newsletter, Operation: purpose.Use, Actor: mailer, Time: at}, facts).Reason
		}
		// Then it does not hold until then, and from then on it does.
		ahead := now.Add(10 * time.Minute)
		assert.Equal(t, purpose.ConsentUnknown, asked(ahead, now))
		assert.Equal(t, purpose.ConsentUnknown, asked(ahead, ahead.Add(-1)))
		assert.Equal(t, purpose.Permitted, asked(ahead, ahead))
		// And one dated further ahead than clocks differ is not believed.
		assert.Equal(t, purpose.ClockSkew, asked(now.Add(time.Hour), now))
	})

	t.Run("020_clock_set_back_over_an_expiry", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		v.Notify(marie)
		grant(t, v, consent.Act{Method: consent.WebForm, Until: v.Clock.Now().Add(time.Hour)})
		require.NoError(t, begins(v, Newsletter, mailer, marie))
		// Given a consent that was seen to have expired.
		v.Advance(2 * time.Hour)
		require.ErrorIs(t, begins(v, Newsletter, mailer, marie), purpose.ConsentExpired)
		// When the clock is set back; then it stays expired.
		v.Advance(-2 * time.Hour)
		assert.ErrorIs(t, begins(v, Newsletter, mailer, marie), purpose.ConsentExpired)
	})

	t.Run("021_consent_until_this_instant", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		v.Notify(marie)
		// Given a consent until an instant; when that instant comes; then it is over, and not a nanosecond before.
		grant(t, v, consent.Act{Method: consent.WebForm, Until: v.Clock.Now().Add(time.Hour)})
		v.Advance(time.Hour - time.Nanosecond)
		require.NoError(t, begins(v, Newsletter, mailer, marie))
		v.Advance(time.Nanosecond)
		assert.ErrorIs(t, begins(v, Newsletter, mailer, marie), purpose.ConsentExpired)
	})

	t.Run("022_everything_optional_refused", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		policy := v.Registry().Policy()
		v.Notify(marie)
		// Given a person who refuses all that may be refused.
		for id := range policy.IDs() {
			if spec, _ := policy.Spec(id); spec.Optional && spec.Basis == purpose.ExpressConsent {
				_, err := v.Registry().Refuse(t.Context(), marie, id)
				require.NoError(t, err)
			}
		}
		// When every role of every service she needs asks; then all are allowed, on the ground they always had.
		asked := 0
		for id := range policy.IDs() {
			spec, _ := policy.Spec(id)
			if spec.Optional || spec.CaseBound {
				continue
			}
			var options []pii.AccessorOption
			if !spec.BreakGlass.IsZero() {
				options = append(options, pii.UnderTicket("inc-1", v.Clock.Now()))
			}
			if id == Rights {
				options = append(options, pii.ForOperation(purpose.Rights))
			}
			for role := range spec.Roles {
				use, err := v.MustAccessor(id, options...).Begin(t.Context(), as(role), marie)
				require.NoErrorf(t, err, "%s, %s", id, role)
				assert.Equalf(t, spec.Basis, use.Decision().Basis, "%s, %s", id, role)
				use.End()
				asked++
			}
		}
		assert.Greater(t, asked, 15)
	})

	t.Run("023_required_consent_withdrawn", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		name := piitest.Seal[pii.Name](v, marie, "Marie", ServiceProgress, LegalTax)
		require.NoError(t, opens(v, ServiceProgress, dispatcher, marie, name))
		// Given a person who withdraws from the service as a whole.
		_, err := v.Registry().Withdraw(t.Context(), marie, Service)
		require.NoError(t, err)
		// When the work is followed; then it is not, and she is told what that means.
		err = opens(v, ServiceProgress, dispatcher, marie, name)
		require.ErrorIs(t, err, purpose.AncestorRefused)
		denied, ok := errors.AsType[*purpose.Denied](err)
		require.True(t, ok)
		assert.Contains(t, denied.Explain(language.CanadianFrench), "où en sont les travaux")
		// And the books are kept all the same.
		assert.NoError(t, opens(v, LegalTax, as(TaxAccountant), marie, name))
	})

	t.Run("024_surveys_are_not_offers", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		// Given consent to surveys only; when an offer is made; then nobody said yes to that.
		v.Grant(marie, MarketingSurvey)
		require.NoError(t, begins(v, MarketingSurvey, as(SurveyCoordinator), marie))
		assert.ErrorIs(t, begins(v, Offers, as(OffersAnalyst), marie), purpose.ConsentUnknown)
	})

	t.Run("028_spoken_consent_without_evidence", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		v.Notify(marie)
		// Given a yes on the telephone; when no recording of it is named; then it does not count.
		_, err := v.Registry().Grant(t.Context(), marie, Newsletter, consent.Act{Method: consent.Phone})
		require.ErrorIs(t, err, consent.ErrEvidenceRequired)
		assert.ErrorIs(t, begins(v, Newsletter, mailer, marie), purpose.ConsentUnknown)
		// And with one it does.
		grant(t, v, consent.Act{Method: consent.Phone, Evidence: "k-0010"})
		assert.NoError(t, begins(v, Newsletter, mailer, marie))
	})

	t.Run("030_grant_in_a_language_she_was_not_told_in", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		_, err := v.Registry().Notify(t.Context(), marie, language.English)
		require.NoError(t, err)
		// Given the English notice only; when a grant comes from a French form; then she was not told what she grants.
		_, err = v.Registry().Grant(t.Context(), marie, Newsletter, consent.Act{Method: consent.WebForm, Language: language.CanadianFrench})
		assert.ErrorIs(t, err, consent.ErrNoNotice)
	})

	t.Run("035_policy_without_a_date", func(t *testing.T) {
		t.Parallel()
		// Given the policy as published, which has no date; when it is loaded; then that is a fault.
		document := Policy()
		document.Effective = time.Time{}
		_, err := purpose.NewPolicy(document)
		fault, ok := errors.AsType[*purpose.Fault](err)
		require.True(t, ok)
		assert.Equal(t, "effective", fault.Place)
	})

	t.Run("049_unsubscribed_three_times", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		v.Grant(marie, Newsletter)
		// Given one click that is delivered three times; when it is recorded; then once.
		for range 3 {
			_, err := v.Registry().Withdraw(t.Context(), marie, Newsletter)
			require.NoError(t, err)
		}
		withdrawals := 0
		for e, err := range v.Registry().History(t.Context(), marie) {
			require.NoError(t, err)
			if e.Kind == consent.Withdrawn {
				withdrawals++
			}
		}
		assert.Equal(t, 1, withdrawals)
		assert.ErrorIs(t, begins(v, Newsletter, mailer, marie), purpose.ConsentWithdrawn)
	})

	t.Run("052_old_link_followed_after_withdrawal", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		v.Notify(marie)
		// Given a message that asked for consent, whose link was followed, and a withdrawal since.
		asked, err := v.Registry().Request(t.Context(), marie, Newsletter, consent.Link)
		require.NoError(t, err)
		link := consent.Act{Method: consent.Link, Request: asked.ID}
		grant(t, v, link)
		_, err = v.Registry().Withdraw(t.Context(), marie, Newsletter)
		require.NoError(t, err)
		// When the old link is followed once more; then it answers a question that is no longer asked.
		_, err = v.Registry().Grant(t.Context(), marie, Newsletter, link)
		require.ErrorIs(t, err, consent.ErrStaleRequest)
		assert.ErrorIs(t, begins(v, Newsletter, mailer, marie), purpose.ConsentWithdrawn)
	})

	t.Run("057_queued_before_sent_after_withdrawal", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		v.Grant(marie, Newsletter)
		v.Grant(seda, Newsletter)
		// Given letters in the queue to two people who consent.
		queue := []personRow{
			{ID: marie, Email: piitest.Seal[pii.Email](v, marie, someEmail, Newsletter)},
			{ID: seda, Email: piitest.Seal[pii.Email](v, seda, "seda@example.com", Newsletter)},
		}
		_, err := v.Registry().Withdraw(t.Context(), marie, Newsletter)
		require.NoError(t, err)
		// When the queue is worked off after one withdrew.
		posted := 0
		post := func(pii.Value[pii.Email]) error { posted++; return nil }
		result, err := mailing{v.MustAccessor(Newsletter), post}.Send(t.Context(), mailer, queue)
		require.NoError(t, err)
		// Then the other gets her letter.
		assert.Equal(t, 1, posted)
		assert.Equal(t, []consent.Subject{seda}, result.sent)
		require.Len(t, result.refused[purpose.ConsentWithdrawn], 1)
		assert.ErrorIs(t, result.refused[purpose.ConsentWithdrawn][0], purpose.ConsentWithdrawn)
	})

	t.Run("059_combining_under_support", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		// Given a support desk that would combine; when it asks for the accessor; then the purpose does not combine.
		_, err := v.Accessor(SupportAssist, pii.ForOperation(purpose.Combine))
		assert.ErrorIs(t, err, purpose.OperationNotInPurpose)
		// And offers do, for who granted exactly that.
		offers := v.MustAccessor(Offers, pii.ForOperation(purpose.Combine))
		v.Notify(seda)
		_, err = v.Registry().Grant(t.Context(), seda, Offers, consent.Act{Method: consent.WebForm})
		require.NoError(t, err)
		_, err = offers.Begin(t.Context(), as(OffersAnalyst), seda)
		require.ErrorIs(t, err, purpose.OperationNotGranted)
		v.Grant(marie, Offers)
		use, err := offers.Begin(t.Context(), as(OffersAnalyst), marie)
		require.NoError(t, err)
		use.End()
	})

	t.Run("061_first_visit", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		// Given a visitor who was shown the notice and answered nothing; when the site works; then with the essential only.
		v.Notify("v-001")
		require.NoError(t, begins(v, WebEssential, as(WebService), "v-001"))
		for _, id := range []purpose.ID{WebAnalytics, WebPersonalisation, WebAdvertising} {
			assert.ErrorIsf(t, begins(v, id, as(WebService), "v-001"), purpose.ConsentUnknown, "%s", id)
		}
	})

	t.Run("063_cookies_answered_one_by_one", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		// Given yes to one kind of cookie and no to another; when both are asked for; then each has its own answer.
		v.Grant("v-001", WebAnalytics)
		_, err := v.Registry().Refuse(t.Context(), "v-001", WebPersonalisation)
		require.NoError(t, err)
		assert.NoError(t, begins(v, WebAnalytics, as(WebService), "v-001"))
		assert.ErrorIs(t, begins(v, WebPersonalisation, as(WebService), "v-001"), purpose.ConsentRefused)
	})

	t.Run("065_role_without_the_purpose", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		// Given a person who consents; when a support agent sends the newsletter; then it is not hers to send.
		v.Grant(marie, Newsletter)
		assert.ErrorIs(t, begins(v, Newsletter, sandrine, marie), purpose.ActorNotAuthorized)
		// And a role without a name is nobody.
		assert.ErrorIs(t, begins(v, Newsletter, purpose.Actor{Role: Mailer}, marie), purpose.ActorNotAuthorized)
	})

	t.Run("066_professional_and_the_job", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		number := piitest.Seal[phone.Phone](v, marie, somePhone, ServiceProToClient)
		openCase(t, v, marie, "j-1", purpose.Actor{Role: Professional, ID: "p-1"})
		openCase(t, v, marie, "j-2", purpose.Actor{Role: Professional, ID: "p-2"})
		on := func(job string) purpose.Actor { return purpose.Actor{Role: Professional, ID: "p-1", Case: job} }
		// Given a professional on one of two jobs; when he asks on his own; then it opens.
		require.NoError(t, opens(v, ServiceProToClient, on("j-1"), marie, number))
		// When he asks on the other's, on none, or on one that never was; then it does not.
		assert.ErrorIs(t, opens(v, ServiceProToClient, on("j-2"), marie, number), purpose.NotAssigned)
		assert.ErrorIs(t, opens(v, ServiceProToClient, on(""), marie, number), purpose.CaseRequired)
		assert.ErrorIs(t, opens(v, ServiceProToClient, on("j-9"), marie, number), purpose.CaseNotOpen)
		// And not on his own any more once it is closed.
		_, err := v.Registry().Record(t.Context(), marie, consent.Event{Kind: consent.CaseClosed, Case: "j-1"})
		require.NoError(t, err)
		assert.ErrorIs(t, opens(v, ServiceProToClient, on("j-1"), marie, number), purpose.CaseNotOpen)
	})

	t.Run("079_token_in_the_row_of_another", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		number := piitest.Seal[phone.Phone](v, marie, somePhone, SupportAssist)
		piitest.Seal[phone.Phone](v, seda, "+15145550100", SupportAssist)
		// Given two people with keys of their own; when the token of one stands in the row of the other; then it is not hers.
		assert.ErrorIs(t, opens(v, SupportAssist, sandrine, seda, number), pii.ErrWrongSubject)
	})

	t.Run("080_phone_in_the_email_column", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		number := piitest.Seal[phone.Phone](v, marie, somePhone, SupportAssist)
		// Given the token of a phone; when it stands in the column of the address; then it is of another attribute.
		assert.ErrorIs(t, opens(v, SupportAssist, sandrine, marie, moved[pii.Email](t, number)), pii.ErrWrongAttribute)
	})

	t.Run("081_old_value_put_back_after_rectification", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		v.Notify(marie)
		in, err := v.Collect(t.Context(), site, marie, pii.Collection{For: []purpose.ID{SupportAssist}, Method: consent.WebForm})
		require.NoError(t, err)
		// Given an address bound to its row and the row's version, and rectified once.
		var old, rectified pii.Sealed[pii.Email]
		require.NoError(t, old.SealBound(in, someEmail, "people/c-001@1"))
		require.NoError(t, rectified.SealBound(in, "marie.new@example.com", "people/c-001@2"))
		use, err := v.MustAccessor(SupportAssist).Begin(t.Context(), sandrine, marie)
		require.NoError(t, err)
		defer use.End()
		_, err = rectified.RevealBound(use, "people/c-001@2")
		require.NoError(t, err)
		// When the older token is put back; then it is of another record.
		_, err = old.RevealBound(use, "people/c-001@2")
		assert.ErrorIs(t, err, pii.ErrWrongRecord)
	})

	t.Run("082_key_destroyed", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		old := piitest.Seal[pii.Email](v, marie, someEmail, SupportAssist)
		require.NoError(t, opens(v, SupportAssist, sandrine, marie, old))
		// Given a person whose keys were destroyed; when a value of hers is opened; then it says that it was erased.
		_, err := v.Ring.Shred(t.Context(), marie, nil)
		require.NoError(t, err)
		assert.ErrorIs(t, opens(v, SupportAssist, sandrine, marie, old), purpose.Erased)
		// And what is collected afterwards has a new key, which does not bring back the old value.
		renewed := piitest.Seal[pii.Email](v, marie, someEmail, SupportAssist)
		assert.NoError(t, opens(v, SupportAssist, sandrine, marie, renewed))
		assert.ErrorIs(t, opens(v, SupportAssist, sandrine, marie, old), purpose.Erased)
	})

	t.Run("083_printing_shows_nothing", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		row := personRow{ID: marie, Email: piitest.Seal[pii.Email](v, marie, someEmail, SupportAssist)}
		again := piitest.Seal[pii.Email](v, marie, someEmail, SupportAssist)
		// Given a sealed value and what it reveals; when they are printed and encoded in any way.
		err := v.MustAccessor(SupportAssist).Do(t.Context(), sandrine, marie, func(use *pii.Use) error {
			email, err := row.Email.Reveal(use)
			if err != nil {
				return err
			}
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
				for _, wrapper := range []any{row, &row, email, struct{ email pii.Value[pii.Email] }{email}, use} {
					// Then nothing shows the text.
					assert.NotContainsf(t, fmt.Sprintf(verb, wrapper), "canary", "%s of %T", verb, wrapper)
					assert.NotContainsf(t, fmt.Sprintf(verb, wrapper), fmt.Sprintf("%x", "canary"), "%s of %T", verb, wrapper)
				}
			}
			_, err = json.Marshal(email)
			assert.ErrorIs(t, err, pii.ErrPlaintext)
			return nil
		})
		require.NoError(t, err)
		// And two tokens of one text are not alike.
		one, err := json.Marshal(row.Email)
		require.NoError(t, err)
		two, err := json.Marshal(again)
		require.NoError(t, err)
		assert.NotContains(t, string(one), "canary")
		assert.NotEqual(t, one, two)
	})

	retentionScenarios(t)

	t.Run("088_expired_and_nobody_swept", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		recording := piitest.Seal[Recording](v, marie, "rec/1.opus", SupportQuality)
		require.NoError(t, opens(v, SupportQuality, listener, marie, recording))
		// Given a recording that may be used for six months and is still stored; when seven have passed; then it does not open.
		v.Advance(7 * 31 * day)
		assert.ErrorIs(t, opens(v, SupportQuality, listener, marie, recording), purpose.RetentionExpired)
	})

	t.Run("089_two_purposes_two_ends", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		v.Grant(marie, Newsletter)
		// Given an address for the newsletter, two years, and to identify her, three.
		email := piitest.Seal[pii.Email](v, marie, someEmail, Newsletter, Identify)
		// When two and a half years have passed; then it opens for the second only.
		v.Advance(912 * day)
		assert.ErrorIs(t, opens(v, Newsletter, mailer, marie, email), purpose.RetentionExpired)
		assert.NoError(t, opens(v, Identify, as(IdentityVerifier), marie, email))
		v.Advance(365 * day)
		assert.ErrorIs(t, opens(v, Identify, as(IdentityVerifier), marie, email), purpose.RetentionExpired)
	})

	t.Run("091_minimum_without_a_law", func(t *testing.T) {
		t.Parallel()
		// Given data kept because a law obliges to; when the policy does not say which; then it does not load.
		document := Policy()
		i := slices.IndexFunc(document.Purposes, func(s purpose.Spec) bool { return s.ID == LegalTax })
		document.Purposes[i].Retention.Citation = ""
		_, err := purpose.NewPolicy(document)
		fault, ok := errors.AsType[*purpose.Fault](err)
		require.True(t, ok)
		assert.Equal(t, `purposes["legal.tax"].retention.citation`, fault.Place)
	})

	rightsScenarios(t)

	t.Run("097_proof_of_consent_after_erasure", func(t *testing.T) {
		t.Parallel()
		ledger := new(consent.Memory)
		registry, _ := registryOver(t, ledger)
		_, err := registry.Notify(t.Context(), marie, language.English)
		require.NoError(t, err)
		_, err = registry.Grant(t.Context(), marie, Newsletter, consent.Act{Method: consent.Phone, Evidence: "k-0010"})
		require.NoError(t, err)
		last, err := registry.Record(t.Context(), marie, consent.Event{Kind: consent.CaseOpened, Case: "j-1", Actor: as(Professional)})
		require.NoError(t, err)
		// Given a person whose ledger is blanked; when it is read; then the proof of her consent is there, and her job is not.
		require.NoError(t, ledger.Redact(t.Context(), marie, last.Seq))
		var kept []string
		for e, err := range registry.History(t.Context(), marie) {
			require.NoError(t, err)
			kept = append(kept, fmt.Sprint(e.Kind, " ", e.Act.Evidence, e.Case, e.Blank))
		}
		assert.Equal(t, []string{"noticed false", "granted k-0010false", "case_opened true"}, kept)
	})

	t.Run("098_raw_data_for_statistics", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		born := piitest.Seal[pii.BirthDate](v, marie, "1984-03-12", Analytics)
		// Given a birth date for statistics; when it is asked for as it is; then only a generaliser may have it.
		assert.ErrorIs(t, opens(v, Analytics, analyst, marie, born), purpose.DeidentifiedOnly)
		ages, err := statistics{v.MustAccessor(Analytics)}.Ages(t.Context(), analyst, []personRow{{ID: marie, BirthDate: born}}, v.Clock.Now())
		require.NoError(t, err)
		assert.Equal(t, map[string]int{"40-49": 1}, ages)
	})

	t.Run("099_one_alone_in_the_table", func(t *testing.T) {
		t.Parallel()
		people := [][]string{
			{"H2J 2L1", "1984-03-12", "F"},
			{"H2J 3T9", "1984-03-30", "F"},
			{"H2J 1A4", "1984-03-02", "F"},
			{"G1R 2B5", "1971-11-08", "M"},
			{"G1R 4S9", "1971-11-21", "M"},
		}
		k := func(rows [][]string) int {
			table, err := anonymity.FromRows(slices.Values(rows),
				anonymity.Column{Name: "postal code", Role: anonymity.QuasiIdentifier},
				anonymity.Column{Name: "birth date", Role: anonymity.QuasiIdentifier},
				anonymity.Column{Name: "gender", Role: anonymity.QuasiIdentifier})
			require.NoError(t, err)
			classes, err := table.Classes()
			require.NoError(t, err)
			return classes.K()
		}
		// Given postal code, birth date and gender, which together are one person's; when the table is measured; then it hides nobody.
		require.Equal(t, 1, k(people))
		// And when code and date are generalised; then each is one of two at least.
		var generalised [][]string
		for _, p := range people {
			area, ok := redact.PostalArea{Country: "CA"}.Generalise(p[0])
			require.True(t, ok)
			month, ok := redact.DatePart{Keep: redact.Month}.Generalise(p[1])
			require.True(t, ok)
			generalised = append(generalised, []string{area, month, p[2]})
		}
		assert.Equal(t, 2, k(generalised))
		// And a row that is suppressed is in no class, and not one of its own.
		assert.Equal(t, 2, k(append(generalised, []string{anonymity.Suppressed, anonymity.Suppressed, anonymity.Suppressed})))
	})

	t.Run("101_two_releases", func(t *testing.T) {
		t.Parallel()
		key := func() redact.PRF {
			handle, err := keyset.NewHandle(prf.HMACSHA256PRFKeyTemplate())
			require.NoError(t, err)
			set, err := prf.NewPRFSet(handle)
			require.NoError(t, err)
			return set.PRFs[set.PrimaryID]
		}
		one := key()
		clients := func(id redact.ReleaseID, key redact.PRF) redact.Pseudonyms {
			release, err := redact.NewRelease(id, key)
			require.NoError(t, err)
			p, err := release.Pseudonyms("client")
			require.NoError(t, err)
			return p
		}
		of := func(p redact.Pseudonyms) string {
			token, err := p.Pseudonymise(string(marie))
			require.NoError(t, err)
			return token
		}
		// Given two tables of one release; when they are joined on the person's token; then the rows are found.
		study := of(clients("2026/study", one))
		assert.Equal(t, study, of(clients("2026/study", one)))
		// And given another release, under another key or the same; when the two are joined; then nothing matches.
		assert.NotEqual(t, study, of(clients("2027/study", key())))
		assert.NotEqual(t, study, of(clients("2027/study", one)))
		assert.NotEqual(t, study, of(clients("2026/study", key())))
	})

	t.Run("103_deidentified_past_its_end", func(t *testing.T) {
		t.Parallel()
		v := piitest.New(t, Policy())
		born := piitest.Seal[pii.BirthDate](v, marie, "1984-03-12", Analytics)
		var age redact.Deidentified[string]
		require.NoError(t, v.MustAccessor(Analytics).Do(t.Context(), analyst, marie, func(use *pii.Use) error {
			derived, err := pii.Derive(use, born, redact.AgeBand{Years: 10, At: v.Clock.Now()})
			if err != nil {
				return err
			}
			age, err = redact.NewDeidentified(derived.Reveal(), redact.Terms{
				Purpose: string(derived.Purpose()), Release: "2026/study", End: derived.Until(),
			})
			return err
		}))
		// Given an age band in a de-identified data set; when it is asked for in time; then it opens for its purpose and no other.
		band, err := age.Open(string(Analytics), v.Clock.Now())
		require.NoError(t, err)
		assert.Equal(t, "40-49", band)
		_, err = age.Open(string(Newsletter), v.Clock.Now())
		assert.ErrorIs(t, err, redact.ErrPurpose)
		// And when the retention of statistics has ended; then it is past its end, as the birth date is.
		v.Advance(2 * 366 * day)
		_, err = age.Open(string(Analytics), v.Clock.Now())
		assert.ErrorIs(t, err, redact.ErrExpired)
	})

	anonymityScenarios(t)

	t.Run("105_every_answer_is_in_the_audit", func(t *testing.T) {
		t.Parallel()
		registry, _ := registryOver(t, new(consent.Memory))
		audit := new(failing)
		v := vaultOver(t, registry, audit)
		_, err := registry.Notify(t.Context(), marie, language.English)
		require.NoError(t, err)
		in, err := v.Collect(t.Context(), site, marie, pii.Collection{For: []purpose.ID{SupportAssist}, Method: consent.WebForm})
		require.NoError(t, err)
		var email pii.Sealed[pii.Email]
		require.NoError(t, email.Seal(in, someEmail))
		a, err := v.Accessor(SupportAssist)
		require.NoError(t, err)
		before := len(audit.Entries())
		// Given an allowed and a denied request; when the audit is read; then each is there once, without the value.
		require.NoError(t, a.Do(t.Context(), sandrine, marie, func(use *pii.Use) error { _, err := email.Reveal(use); return err }))
		require.ErrorIs(t, a.Do(t.Context(), mailer, marie, func(*pii.Use) error { return nil }), purpose.ActorNotAuthorized)
		require.NoError(t, v.Flush(t.Context()))
		entries := audit.Entries()[before:]
		require.Len(t, entries, 2)
		assert.Equal(t, purpose.Permitted, entries[0].Reason)
		assert.Equal(t, purpose.ActorNotAuthorized, entries[1].Reason)
		assert.NotEqual(t, entries[0].ID, entries[1].ID)
		assert.NotContains(t, strings.ToLower(fmt.Sprintf("%+v", entries)), "canary")
		// And when it cannot be written, nothing opens.
		audit.down.Store(true)
		err = a.Do(t.Context(), sandrine, marie, func(use *pii.Use) error { _, err := email.Reveal(use); return err })
		require.ErrorIs(t, err, purpose.AuditUnavailable)
		assert.ErrorIs(t, err, purpose.ErrUnavailable)
	})
}

// grant records Marie's consent to the newsletter.
func grant(t *testing.T, v *piitest.Vault, act consent.Act) {
	t.Helper()
	_, err := v.Registry().Grant(t.Context(), marie, Newsletter, act)
	require.NoError(t, err)
}
