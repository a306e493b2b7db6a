package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/piitest"
	"github.com/purposebound/purposebound/pii/rights"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/redact/scrub"
)

// counter is a vault with a desk for requests.
type counter struct {
	*piitest.Vault
	desk *rights.Desk
}

// read is the audit of the vault as a desk reads it.
type read struct{ *pii.Trail }

func (r read) Disclosures(context.Context, consent.Subject) iter.Seq2[pii.Access, error] {
	return func(yield func(pii.Access, error) bool) {
		for _, a := range r.Entries() {
			if !yield(a, nil) {
				return
			}
		}
	}
}

// newCounter returns one under the rules of Québec.
func newCounter(t *testing.T) *counter {
	t.Helper()
	c := &counter{Vault: piitest.New(t, Policy())}
	masker, err := scrub.New()
	require.NoError(t, err)
	c.desk, err = rights.NewDesk(rights.Config{
		Vault: c.Vault.Vault, Purpose: Rights, Rules: rights.Quebec(), Store: new(rights.Memory), Disclosures: read{c.Trail}, Masker: masker,
		Eraser: rights.EraserFunc(func(context.Context, consent.Subject) (string, bool, error) {
			return "", false, errors.New("nobody asks for that here")
		}),
	})
	require.NoError(t, err)
	return c
}

// asks is a request of hers, from her account.
func asks(kind rights.Kind) rights.Submission {
	return rights.Submission{Subject: marie, Kind: kind, Channel: rights.InAccount, Assurance: rights.Authenticated, Standing: rights.Oneself}
}

// herFields seals what the data has of her: her name, her birth date as it was observed, a guess about her, and a message of hers in which there are others.
func herFields(t *testing.T, c *counter) []rights.Field {
	t.Helper()
	data, err := load()
	require.NoError(t, err)
	she := data.People[slices.IndexFunc(data.People, func(p person) bool { return p.ID == marie })]
	said := data.Messages[slices.IndexFunc(data.Messages, func(m message) bool { return m.From == string(marie) })]
	require.Contains(t, said.Text, "Lachance", "the message that is told of names another")
	openCase(t, c.Vault, marie, said.Job, purpose.Actor{Role: Professional, ID: string(rejean)})
	from := func(origin pii.Origin, ids ...purpose.ID) pii.Collection {
		return pii.Collection{For: ids, Method: consent.WebForm, Origin: origin}
	}
	name := piitest.Seal[pii.Name](c.Vault, marie, she.Name, ServicePayment)
	born := piitest.SealFor[pii.BirthDate](c.Vault, marie, she.BirthDate, from(pii.Observed, ServiceVerify))
	guess := piitest.SealFor[Location](c.Vault, marie, "canary: near the river", from(pii.Inferred, ServiceConnect))
	text := piitest.SealFor[Message](c.Vault, marie, said.Text, pii.Collection{For: []purpose.ID{SupportSolve}, Method: consent.InAccount, Case: said.Job})
	require.NoError(t, discloses(c.Vault, ServicePayment, as(PaymentService), marie, name, pii.DiscloseTo("paie_laval")))
	fields := []rights.Field{
		rights.FieldOf("your account", name), rights.FieldOf("your account", born), rights.FieldOf("your profile", guess), rights.FieldOf("message of 2 March", text),
	}
	fields[3].Case, fields[3].Shared = said.Job, true
	return fields
}

// told is the report that answers a request for access, as a program of the person's reads it.
type (
	told struct {
		Values      []toldValue
		Purposes    []toldPurpose
		Recipients  []toldRecipient
		Disclosures []toldDisclosure
	}
	toldValue struct {
		Attribute                   purpose.Attribute
		Place, Value, Origin, Since string
		Masked                      bool
		Purposes                    []struct{ ID purpose.ID }
	}
	toldPurpose struct {
		ID                          purpose.ID
		Title                       struct{ EN, FR string }
		Basis, Citation, Keep, From string
	}
	toldRecipient struct {
		ID, Name string
		Purposes []purpose.ID
	}
	toldDisclosure struct {
		Recipient, Name string
		Purpose         purpose.ID
		Attribute       purpose.Attribute
		Times           int
	}
)

// rightsScenarios are the stories of what a person asks about her data.
func rightsScenarios(t *testing.T) {
	t.Run("092_access_export", func(t *testing.T) {
		t.Parallel()
		c := newCounter(t)
		fields := herFields(t, c)
		now := c.Clock.Now()
		// Given a name that went to the payment processor, and a message that names others; when she asks what there is of her.
		r, err := c.desk.Receive(t.Context(), as(SupportAgent), asks(rights.Access))
		require.NoError(t, err)
		var out bytes.Buffer
		done, err := c.desk.WriteAccess(t.Context(), as(PrivacyOfficer), marie, r.ID, fields, &out)
		require.NoError(t, err)
		assert.Equal(t, rights.Written{Values: 4}, done)
		var got told
		require.NoError(t, json.Unmarshal(out.Bytes(), &got))
		// Then it says what there is, what for, where it is from;
		require.Len(t, got.Values, 4)
		var values, origins []string
		var attributes []purpose.Attribute
		var whatFor []purpose.ID
		for _, v := range got.Values {
			values, origins, attributes = append(values, v.Value), append(origins, v.Origin), append(attributes, v.Attribute)
			require.Len(t, v.Purposes, 1)
			whatFor = append(whatFor, v.Purposes[0].ID)
			assert.Equal(t, now.Format(time.DateOnly)+"T00:00:00Z", v.Since)
		}
		assert.Equal(t, []purpose.Attribute{Name, BirthDate, LocationOf, MessageText}, attributes)
		assert.Equal(t, []string{"provided", "observed", "inferred", "provided"}, origins)
		assert.Equal(t, []purpose.ID{ServicePayment, ServiceVerify, ServiceConnect, SupportSolve}, whatFor)
		assert.Equal(t, []string{"Marie Tremblay-Gagnon", "1984-03-12", "canary: near the river"}, values[:3])
		// how long each purpose keeps, and on what ground;
		require.Len(t, got.Purposes, 4)
		pay := got.Purposes[slices.IndexFunc(got.Purposes, func(p toldPurpose) bool { return p.ID == ServicePayment })]
		assert.Equal(t, []string{"Process payments", "Traiter les paiements", "consent_by_provision", byProvision, "P3Y", "case_closed"},
			[]string{pay.Title.EN, pay.Title.FR, pay.Basis, pay.Citation, pay.Keep, pay.From})
		// whom it can go to, and whom it went to;
		assert.True(t, slices.ContainsFunc(got.Recipients, func(r toldRecipient) bool {
			return r.ID == "paie_laval" && r.Name == "Paie Laval" && slices.Equal(r.Purposes, []purpose.ID{ServicePayment})
		}))
		require.Len(t, got.Disclosures, 1)
		went := got.Disclosures[0]
		assert.Equal(t, []any{"paie_laval", "Paie Laval", ServicePayment, Name, 1}, []any{went.Recipient, went.Name, went.Purpose, went.Attribute, went.Times})
		// and of her message what is not of others.
		assert.True(t, got.Values[3].Masked)
		assert.Contains(t, values[3], "pour demain c’est après 14 h ou rien")
		for _, other := range []string{"Lachance", "Réjean", string(rejean)} {
			assert.NotContains(t, out.String(), other)
		}
	})

	t.Run("093_portability_export", func(t *testing.T) {
		t.Parallel()
		c := newCounter(t)
		fields := herFields(t, c)
		// Given values that she gave, one that was observed, and a guess; when she asks for them in a form that a machine reads.
		r, err := c.desk.Receive(t.Context(), as(SupportAgent), asks(rights.Portability))
		require.NoError(t, err)
		for _, format := range []rights.Format{rights.CSV, rights.JSON} {
			var out bytes.Buffer
			done, err := c.desk.WritePortable(t.Context(), as(PrivacyOfficer), marie, r.ID, fields, format, &out)
			require.NoError(t, err)
			// Then the guess is not among them.
			assert.Equal(t, rights.Written{Values: 3, Left: 1}, done)
			assert.NotContains(t, out.String(), "canary")
			assert.NotContains(t, out.String(), "inferred")
			assert.NotContains(t, out.String(), "Lachance")
			if format != rights.CSV {
				continue
			}
			rows, err := csv.NewReader(&out).ReadAll()
			require.NoError(t, err)
			require.Len(t, rows, 4)
			assert.Equal(t, []string{"identity.name", "your account", "Marie Tremblay-Gagnon", "provided"}, rows[1][:4])
			assert.Equal(t, []string{"identity.birth_date", "your account", "1984-03-12", "observed"}, rows[2][:4])
			assert.Equal(t, []string{string(MessageText), "message of 2 March", "provided"}, []string{rows[3][0], rows[3][1], rows[3][3]})
		}
	})

	t.Run("094_access_not_answered", func(t *testing.T) {
		t.Parallel()
		c := newCounter(t)
		// Given a request for access that nobody answers.
		r, err := c.desk.Receive(t.Context(), as(SupportAgent), asks(rights.Access))
		require.NoError(t, err)
		due := func() (states []rights.State) {
			for found, err := range c.desk.Due(t.Context()) {
				require.NoError(t, err)
				require.Equal(t, r.ID, found.ID)
				states = append(states, found.State(c.Clock.Now()))
			}
			return states
		}
		assert.Empty(t, due())
		// When a week is left; then an alarm rings.
		c.Clock.Set(r.Received.AddDate(0, 0, 23))
		assert.Equal(t, []rights.State{rights.StateOpen}, due())
		// And when it is day 30; then it was refused, without anybody having said so, and she can contest that.
		c.Clock.Set(r.Received.AddDate(0, 0, 30).Add(-time.Second))
		assert.Equal(t, []rights.State{rights.StateOpen}, due())
		c.Advance(time.Second)
		assert.Equal(t, []rights.State{rights.StateDeemedRefused}, due())
		assert.NoError(t, c.desk.Contest(t.Context(), as(PrivacyOfficer), marie, r.ID, "file 17"))
	})

	t.Run("095_rectification_from_an_unknown_number", func(t *testing.T) {
		t.Parallel()
		c := newCounter(t)
		// Given a text message from a number that is nobody's; when it asks to change her address; then it is refused, and nothing of it is kept.
		in := asks(rights.Rectification)
		in.Channel, in.Assurance, in.Nature = rights.SMS, rights.Claimed, "I moved. Marie"
		_, err := c.desk.Receive(t.Context(), as(SupportAgent), in)
		require.ErrorIs(t, err, rights.ErrIdentityNotVerified)
		require.ErrorIs(t, err, purpose.ErrDenied)
		denied, ok := errors.AsType[*rights.IdentityError](err)
		require.True(t, ok)
		assert.Equal(t, []any{rights.Rectification, rights.SMS, rights.Recognised, rights.Claimed}, []any{denied.Kind, denied.Channel, denied.Needs, denied.Has})
		all, err := c.desk.Requests(t.Context(), marie)
		require.NoError(t, err)
		assert.Empty(t, all)
		// And however sure who sends it may be, a message proves no more than whose number it is.
		in.Kind, in.Assurance = rights.Access, rights.Authenticated
		_, err = c.desk.Receive(t.Context(), as(SupportAgent), in)
		assert.ErrorIs(t, err, rights.ErrIdentityNotVerified)
	})

	t.Run("096_given_with_a_privacy_request", func(t *testing.T) {
		t.Parallel()
		c := newCounter(t)
		c.Grant(marie, Newsletter)
		// Given an address that came with a request for portability, and consent to the newsletter.
		in := asks(rights.Portability)
		in.Contact, in.Nature = "Marie, "+someEmail, "Send it to "+someEmail
		r, err := c.desk.Receive(t.Context(), as(SupportAgent), in)
		require.NoError(t, err)
		require.NoError(t, c.desk.Answer(t.Context(), as(PrivacyOfficer), marie, r.ID, "letter 2026-17"))
		// When a letter is sent to it; then it was not given for that, whatever column it is put into.
		assert.ErrorIs(t, opens(c.Vault, Newsletter, mailer, marie, r.Contact), purpose.CategoryNotInPurpose)
		assert.ErrorIs(t, opens(c.Vault, Newsletter, mailer, marie, r.Nature), purpose.CategoryNotInPurpose)
		assert.ErrorIs(t, opens(c.Vault, Newsletter, mailer, marie, moved[pii.Email](t, r.Contact)), pii.ErrWrongAttribute)
		email := piitest.Seal[pii.Email](c.Vault, marie, someEmail, Rights)
		assert.ErrorIs(t, opens(c.Vault, Newsletter, mailer, marie, email), purpose.NotCollectedForPurpose)
		// And who answers the request reads it.
		assert.NoError(t, opens(c.Vault, Rights, as(PrivacyOfficer), marie, r.Contact, pii.ForOperation(purpose.Rights)))
		stored, err := json.Marshal(r.Events)
		require.NoError(t, err)
		assert.NotContains(t, string(stored), "canary")
	})
}

// Whoever keeps an account for years is told of all that is in it, for as long as anything else opens it.
func TestAccessTellsWhatOtherPurposesStillOpen(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	c.Notify(marie)
	_, err := c.Registry().Record(t.Context(), marie, consent.Event{Kind: consent.AccountOpened})
	require.NoError(t, err)
	name := piitest.Seal[pii.Name](c.Vault, marie, "canary", ServiceAccount)
	c.Advance(12 * 365 * day)
	require.NoError(t, opens(c.Vault, ServiceAccount, as(WebService), marie, name))
	r, err := c.desk.Receive(t.Context(), as(SupportAgent), asks(rights.Access))
	require.NoError(t, err)
	var out bytes.Buffer
	done, err := c.desk.WriteAccess(t.Context(), as(PrivacyOfficer), marie, r.ID, []rights.Field{rights.FieldOf("your account", name)}, &out)
	require.NoError(t, err)
	assert.Equal(t, rights.Written{Values: 1}, done)
}
