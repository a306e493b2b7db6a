package certificate_test

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/piitest"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/redact/redacttest"
	"github.com/purposebound/purposebound/retention"
	"github.com/purposebound/purposebound/retention/certificate"
)

// shop is a policy that keeps a name for the tax authority, and an address for letters.
func shop() purpose.Document {
	spec := func(id purpose.ID, rule purpose.Retention, basis purpose.Basis, citation string, a purpose.Attribute) purpose.Spec {
		return purpose.Spec{
			ID: id, Domain: string(id), Title: purpose.Text{EN: string(id), FR: string(id)}, Basis: basis, Citation: citation, Attributes: []purpose.Attribute{a},
			Operations: []purpose.Operation{purpose.Collect, purpose.Use}, Roles: map[purpose.Role][]purpose.Attribute{"clerk": {a}}, Retention: rule,
			Consequence: purpose.Text{EN: "None.", FR: "Aucune."},
		}
	}
	year := purpose.Retention{Keep: purpose.Period{Years: 1}, From: purpose.FromCollection}
	return purpose.Document{
		Version: "2026-01", Effective: time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC), Officer: "privacy@example.com", Languages: []language.Tag{language.English},
		Purposes: []purpose.Spec{
			spec("letters", year, purpose.LegalGround, "CQLR c. P-39.1 s. 18", "identity.email"),
			spec("repairs", year, purpose.LegalGround, "CQLR c. P-39.1 s. 18", "identity.birth_date"),
			spec("taxes", retention.Tax(), purpose.LegalGround, "CQLR c. P-39.1 s. 18", "identity.name"),
		},
	}
}

// A person is erased by a sweeper, with something retained and something held. Nothing of hers is in the token, in any writing that is looked for: neither her values, nor
// her id, nor the case or the note of the hold.
func TestTheTokenHoldsNoPersonalData(t *testing.T) {
	t.Parallel()
	for name, then := range map[string]purpose.Action{"destroyed": purpose.Destroy, "anonymised": purpose.Anonymise} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			holdsNoPersonalData(t, then)
		})
	}
}

func holdsNoPersonalData(t *testing.T, then purpose.Action) {
	t.Helper()
	ctx := t.Context()
	person := redacttest.NewPerson(t.Name())
	person.Born = redacttest.NewCanary("birth date", "1937-08-29") // the invented one is further back than a birth date may be
	id := consent.NewSubject()
	hers := append(person.Canaries(), redacttest.NewCanary("subject", string(id)), redacttest.NewCanary("case", "dossier-quaxley-77"), redacttest.NewCanary("note", "letter from counsel 4417"))

	document, gone := shop(), retention.Destroyed
	document.Purposes[0].Retention.Then = then
	if then == purpose.Anonymise {
		gone = retention.Anonymised
	}
	v := piitest.New(t, document)
	v.Clock.Set(time.Date(2026, time.March, 7, 12, 0, 0, 0, time.UTC))
	agenda := new(retention.Memory)
	planner, err := retention.NewPlanner(v.Registry(), agenda)
	require.NoError(t, err)
	v = v.Telling(planner)
	piitest.SealFor[pii.Email](v, id, person.Email.String(), pii.Collection{For: []purpose.ID{"letters"}, Method: consent.WebForm})
	piitest.SealFor[pii.Name](v, id, person.Name.String(), pii.Collection{For: []purpose.ID{"taxes"}, Method: consent.WebForm})
	piitest.SealFor[pii.BirthDate](v, id, person.Born.String(), pii.Collection{For: []purpose.ID{"repairs"}, Method: consent.WebForm, Case: "dossier-quaxley-77"})
	_, err = v.Registry().PlaceHold(ctx, id, purpose.Hold{Purpose: "repairs", Case: "dossier-quaxley-77"}, "letter from counsel 4417")
	require.NoError(t, err)

	signer, verifier := pair(t)
	var token string
	nothing := retention.EraserFunc(func(context.Context, retention.Item) error { return nil })
	w, err := retention.NewSweeper(retention.Config{
		Registry: v.Registry(), Store: agenda, Keys: v.Ring, Backups: purpose.Period{Days: 30},
		Tables: []retention.Table{{
			Name: "clients", Attributes: []purpose.Attribute{"identity.birth_date", "identity.email", "identity.name"},
			Eraser: nothing, Anonymiser: nothing,
		}},
		Certify: func(_ context.Context, c retention.Certificate) (err error) { token, err = signer.Sign(c); return err },
	})
	require.NoError(t, err)
	done, err := w.Erase(ctx, id)
	require.NoError(t, err)

	c, err := verifier.Verify(token)
	require.NoError(t, err)
	assert.Equal(t, done, c, "what the sweeper certifies is signed and read unchanged")
	assert.True(t, c.Concerns(id))
	var outcomes []retention.Outcome
	for _, l := range c.Lines {
		outcomes = append(outcomes, l.Outcome)
	}
	assert.ElementsMatch(t, []retention.Outcome{gone, retention.Retained, retention.Held}, outcomes)

	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	searched := []string{token}
	for _, p := range parts {
		b, err := base64.RawURLEncoding.DecodeString(p)
		require.NoError(t, err)
		searched = append(searched, string(b))
	}
	for i, text := range searched {
		assert.Empty(t, redacttest.Find([]byte(text), hers...), "part %d", i)
		for _, one := range []string{string(id), person.Email.String(), person.Name.String(), person.Born.String(), "dossier-quaxley-77"} {
			assert.NotContains(t, text, one, "part %d", i)
		}
	}

	// The search finds what a program would put there by mistake.
	for name, change := range map[string]func(*retention.Certificate){
		"id": func(c *retention.Certificate) { c.ID = string(id) },
		"reason": func(c *retention.Certificate) {
			c.Lines[slices.Index(outcomes, retention.Held)].Why = "file of " + person.Name.String()
		},
		"table": func(c *retention.Certificate) { c.Tables = []string{person.Email.String()} },
	} {
		leaking := c
		leaking.Lines = slices.Clone(c.Lines)
		change(&leaking)
		token, err := signer.Sign(leaking)
		require.NoError(t, err, name)
		assert.NotEmpty(t, redacttest.Find(payloadOf(t, token), hers...), name)
	}
	// An id in place of its digest is not even signed.
	bare := c
	bare.Digest = string(id)
	_, err = signer.Sign(bare)
	require.ErrorIs(t, err, certificate.ErrCertificate)
}
