package rights_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/piitest"
	"github.com/purposebound/purposebound/pii/rights"
	"github.com/purposebound/purposebound/purpose"
)

const (
	service    purpose.ID      = "service"
	newsletter purpose.ID      = "newsletter"
	survey     purpose.ID      = "survey"
	laundering purpose.ID      = "laundering"
	requests   purpose.ID      = "requests"
	marie      consent.Subject = "canary-marie-5d1e"
	louis      consent.Subject = "canary-louis-77ab"
	canary                     = "canary.text@example.com"
)

var (
	clerk   = purpose.Actor{Role: "clerk", ID: "c-1"}
	officer = purpose.Actor{Role: "officer", ID: "o-1"}
	mailer  = purpose.Actor{Role: "mailer", ID: "m-1"}
)

// received is a Tuesday; day 30 after it is a Thursday.
var received = time.Date(2026, time.March, 3, 15, 4, 5, 0, time.UTC)

func shop() purpose.Document {
	const name, email, birth, message = "identity.name", "identity.email", "identity.birth_date", "communications.text"
	all := []purpose.Attribute{name, email, birth, message}
	spec := func(id purpose.ID, en, fr string, basis purpose.Basis, keep int, role purpose.Role, attributes ...purpose.Attribute) purpose.Spec {
		s := purpose.Spec{
			ID: id, Domain: string(id), Title: purpose.Text{EN: en, FR: fr}, Basis: basis, Attributes: attributes,
			Operations:  []purpose.Operation{purpose.Collect, purpose.Use, purpose.Disclose},
			Roles:       map[purpose.Role][]purpose.Attribute{role: attributes, officer.Role: attributes},
			Retention:   purpose.Retention{Keep: purpose.Period{Years: keep}, From: purpose.FromCollection},
			Consequence: purpose.Text{EN: "None.", FR: "Aucune."},
		}
		if basis == purpose.LegalGround {
			s.Citation = "CQLR c. P-39.1 s. 18"
		}
		return s
	}
	d := purpose.Document{
		Version: "2025-01", Effective: time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC), Officer: "privacy@shop.example",
		Languages: []language.Tag{language.CanadianFrench, language.English}, Rules: purpose.Quebec(),
		Recipients: []purpose.Recipient{{
			ID: "leger", Name: "Sondages Léger", Role: "pollster", Kind: purpose.Processor, Jurisdiction: "CA-QC",
			Contract: purpose.Contract{
				Reference: "c-1", Purposes: []purpose.ID{survey, laundering}, Attributes: []purpose.Attribute{email}, Undertakings: purpose.Quebec().Undertakings,
				Start: time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC),
			},
		}},
		Purposes: []purpose.Spec{
			spec(service, "To serve you", "Vous servir", purpose.ConsentByProvision, 3, clerk.Role, all...),
			spec(newsletter, "Newsletter", "Infolettre", purpose.ExpressConsent, 2, mailer.Role, email),
			spec(survey, "Surveys", "Sondages", purpose.LegalGround, 2, clerk.Role, email),
			spec(laundering, "Inquiries", "Enquêtes", purpose.LegalGround, 5, clerk.Role, email),
			spec(requests, "Your requests", "Vos demandes", purpose.LegalGround, 4, officer.Role, append(all, "request.contact", "request.nature")...),
		},
	}
	d.Purposes[1].Optional = true
	d.Purposes[2].Recipients, d.Purposes[3].Recipients = []purpose.Role{"pollster"}, []purpose.Role{"pollster"}
	d.Purposes[4].Operations = []purpose.Operation{purpose.Collect, purpose.Use, purpose.Rights}
	d.Purposes[4].Citation = "CQLR c. P-39.1 ss. 27 to 36"
	return d
}

// trail reads a trail as the audit of one person.
type trail struct {
	*pii.Trail
	fails error
}

func (t *trail) Disclosures(context.Context, consent.Subject) iter.Seq2[pii.Access, error] {
	return func(yield func(pii.Access, error) bool) {
		if t.fails != nil {
			yield(pii.Access{}, t.fails)
			return
		}
		for _, a := range t.Entries() {
			if !yield(a, nil) {
				return
			}
		}
	}
}

type masker struct{}

func (masker) Scrub(string) string { return "‹masked›" }

// store can fail, from its next call on or after some.
type store struct {
	rights.Memory
	calls int
	fails error
}

// after has the store fail after n more calls.
func (s *store) after(n int, err error) { s.calls, s.fails = n, err }

func (s *store) call() error {
	if s.fails == nil {
		return nil
	}
	if s.calls--; s.calls >= 0 {
		return nil
	}
	return s.fails
}

func (s *store) Append(ctx context.Context, of consent.Subject, after int, e rights.Event, look time.Time) error {
	if err := s.call(); err != nil {
		return err
	}
	return s.Memory.Append(ctx, of, after, e, look)
}

func (s *store) Events(ctx context.Context, of consent.Subject) ([]rights.Event, error) {
	if err := s.call(); err != nil {
		return nil, err
	}
	return s.Memory.Events(ctx, of)
}

type rig struct {
	*piitest.Vault
	*rights.Desk
	store  *store
	trail  *trail
	config rights.Config
	erase  func(context.Context, consent.Subject) (string, bool, error)
}

func newRig(t testing.TB, changes ...func(*rights.Config)) *rig {
	t.Helper()
	return newRigAt(t, received, changes...)
}

func newRigAt(t testing.TB, now time.Time, changes ...func(*rights.Config)) *rig {
	t.Helper()
	return newRigUnder(t, shop(), now, changes...)
}

func newRigUnder(t testing.TB, document purpose.Document, now time.Time, changes ...func(*rights.Config)) *rig {
	t.Helper()
	x := &rig{Vault: piitest.New(t, document), store: new(store)}
	x.Clock.Set(now)
	x.trail = &trail{Trail: x.Trail}
	x.config = rights.Config{
		Vault: x.Vault.Vault, Purpose: requests, Rules: rights.PIPEDA(), Store: x.store, Disclosures: x.trail, Masker: masker{},
		Eraser: rights.EraserFunc(func(ctx context.Context, s consent.Subject) (string, bool, error) {
			if x.erase == nil {
				return "", false, errors.New("no eraser")
			}
			return x.erase(ctx, s)
		}),
	}
	for _, change := range changes {
		change(&x.config)
	}
	var err error
	x.Desk, err = rights.NewDesk(x.config)
	require.NoError(t, err)
	return x
}

// late is a rig's desk that places holds only with deletions.
func late(c *rights.Config) { c.HoldLate = true }

func asks(kind rights.Kind) rights.Submission {
	return rights.Submission{Subject: marie, Kind: kind, Channel: rights.InAccount, Assurance: rights.Authenticated, Standing: rights.Oneself}
}

func (x *rig) receive(t testing.TB, kind rights.Kind) *rights.Request {
	t.Helper()
	r, err := x.Receive(t.Context(), clerk, asks(kind))
	require.NoError(t, err)
	return r
}

func (x *rig) get(t testing.TB, id string) *rights.Request {
	t.Helper()
	all, err := x.Requests(t.Context(), marie)
	require.NoError(t, err)
	for _, r := range all {
		if r.ID == id {
			return r
		}
	}
	require.Fail(t, "no such request")
	return nil
}

func (x *rig) state(t testing.TB, id string) rights.State {
	t.Helper()
	return x.get(t, id).State(x.Clock.Now())
}

// due returns the ids that Due yields, and the errors.
func (x *rig) due(t testing.TB) (ids []string, errs []error) {
	t.Helper()
	for r, err := range x.Due(t.Context()) {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		ids = append(ids, r.ID)
	}
	return ids, errs
}

func (x *rig) holds(t testing.TB) int {
	t.Helper()
	f, err := x.Registry().Facts(t.Context(), marie)
	require.NoError(t, err)
	return len(f.Holds)
}

const day = 24 * time.Hour
