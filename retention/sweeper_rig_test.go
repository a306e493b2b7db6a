package retention_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/pii/piitest"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
)

const (
	newsletter purpose.ID      = "newsletter"
	repairs    purpose.ID      = "repairs"
	taxes      purpose.ID      = "taxes"
	dispute    purpose.ID      = "dispute"
	warranty   purpose.ID      = "warranty"
	marie      consent.Subject = "marie"
	paul       consent.Subject = "paul"
)

var clerk = purpose.Actor{Role: "clerk", ID: "c"}

// shop is a policy with a period from collection, one from the closing of a case, one that a law obliges to, and a purpose for holds.
func shop() purpose.Document {
	spec := func(id purpose.ID, domain string, basis purpose.Basis, role purpose.Role, rule purpose.Retention, attributes ...purpose.Attribute) purpose.Spec {
		s := purpose.Spec{
			ID: id, Domain: domain, Title: purpose.Text{EN: string(id), FR: string(id)}, Basis: basis, Attributes: attributes,
			Operations: []purpose.Operation{purpose.Collect, purpose.Use}, Roles: map[purpose.Role][]purpose.Attribute{role: attributes}, Retention: rule,
			Consequence: purpose.Text{EN: "None.", FR: "Aucune."},
		}
		if basis == purpose.LegalGround {
			s.Citation = "CQLR c. P-39.1 s. 18"
		}
		return s
	}
	return purpose.Document{
		Version: "1", Effective: time.Date(2020, time.January, 1, 0, 0, 0, 0, time.UTC), Officer: "privacy@example.com",
		Languages: []language.Tag{language.English},
		Purposes: []purpose.Spec{
			spec(newsletter, "marketing", purpose.ExpressConsent, "mailer", purpose.Retention{Keep: purpose.Period{Months: 6}, From: purpose.FromCollection}, "identity.email"),
			spec(repairs, "service", purpose.LegalGround, "clerk", purpose.Retention{Keep: purpose.Period{Months: 1}, From: purpose.FromCaseClosed}, "identity.name", "identity.birth_date"),
			spec(taxes, "legal", purpose.LegalGround, "clerk", retention.Tax(), "identity.name"),
			spec(dispute, "legal", purpose.LegalGround, "clerk", purpose.Retention{Class: "dispute", Keep: purpose.Period{Years: 1}, From: purpose.FromCollection}, "identity.email", "identity.name", "identity.birth_date"),
			spec(warranty, "warranty", purpose.LegalGround, "clerk", purpose.Retention{
				Keep: purpose.Period{Years: 10}, Minimum: purpose.Period{Years: 2}, From: purpose.FromCollection, Citation: "c",
			}, "identity.name"),
		},
	}
}

// row is a row of a program's table.
type row struct {
	subject     consent.Subject
	compartment purpose.Compartment
	caseID      string
	attribute   purpose.Attribute
	collected   time.Time
	email       pii.Sealed[pii.Email]
	name        pii.Sealed[pii.Name]
	born        pii.Sealed[pii.BirthDate]
}

// rig is a program with tables, and a copy of their rows that nothing deletes from: a backup.
type rig struct {
	t       *testing.T
	v       *piitest.Vault
	store   *retention.Memory
	planner *retention.Planner

	reviewed bool // what the registry stores is told to the agenda

	mu     sync.Mutex
	rows   []row
	backup []row
	certs  []retention.Certificate
	// at is called before and after each call to a part; an error, or a panic, is what becomes of the call.
	at func(call string, done bool) error
}

func newRig(t *testing.T) *rig {
	t.Helper()
	return newRigUnder(t, shop())
}

func newRigUnder(t *testing.T, document purpose.Document, options ...consent.Option) *rig {
	t.Helper()
	r := &rig{t: t, store: new(retention.Memory), at: func(string, bool) error { return nil }}
	v := piitest.New(t, document, append(options, consent.WithReview(func(ctx context.Context, s consent.Subject, now time.Time) error {
		if !r.reviewed {
			return nil
		}
		return retention.PutForward(r.store)(ctx, s, now)
	}))...)
	planner, err := retention.NewPlanner(v.Registry(), r.store)
	require.NoError(t, err)
	r.v, r.planner = v.Telling(planner), planner
	return r
}

func (r *rig) registry() *consent.Registry { return r.v.Registry() }

// add collects a value today, and puts it into a row.
func (r *rig) add(s consent.Subject, caseID string, a purpose.Attribute, ids ...purpose.ID) row {
	r.t.Helper()
	c, err := r.registry().Policy().Compartment(ids...)
	require.NoError(r.t, err)
	out := row{subject: s, compartment: c, caseID: caseID, attribute: a, collected: r.v.Clock.Now().Truncate(24 * time.Hour)}
	how := pii.Collection{For: ids, Method: consent.WebForm, Case: caseID}
	switch a {
	case "identity.email":
		out.email = piitest.SealFor[pii.Email](r.v, s, "someone@example.com", how)
	case "identity.name":
		out.name = piitest.SealFor[pii.Name](r.v, s, "Marie", how)
	default:
		out.born = piitest.SealFor[pii.BirthDate](r.v, s, "1980-01-02", how)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows = append(r.rows, out)
	r.backup = append(r.backup, out)
	return out
}

// has counts the rows that are there of a person's attribute.
func (r *rig) has(s consent.Subject, a purpose.Attribute) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, have := range r.rows {
		if have.subject == s && have.attribute == a {
			n++
		}
	}
	return n
}

func (r *rig) agenda(s consent.Subject) []retention.Item {
	r.t.Helper()
	items, err := r.store.Of(context.Background(), s)
	require.NoError(r.t, err)
	return items
}

// table erases rows of attributes.
func (r *rig) table(name string, attributes ...purpose.Attribute) retention.Table {
	return retention.Table{Name: name, Attributes: attributes, Eraser: retention.EraserFunc(func(_ context.Context, i retention.Item) error {
		return r.call("erase "+name, func() error {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.rows = slices.DeleteFunc(r.rows, func(have row) bool {
				return have.subject == i.Subject && have.compartment == i.Compartment && have.caseID == i.Case &&
					slices.Contains(attributes, have.attribute) && !have.collected.After(i.Collected)
			})
			return nil
		})
	})}
}

func (r *rig) call(name string, do func() error) error {
	if err := r.at(name, false); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	return r.at(name, true)
}

func (r *rig) config() retention.Config {
	return retention.Config{
		Registry: r.registry(), Store: brokenStore{r}, Keys: brokenKeys{r},
		Tables:  []retention.Table{r.table("people", "identity.email", "identity.name"), r.table("births", "identity.birth_date")},
		Backups: purpose.Period{Days: 30},
		Certify: func(_ context.Context, c retention.Certificate) error {
			return r.call("certify", func() error {
				r.mu.Lock()
				defer r.mu.Unlock()
				r.certs = append(r.certs, c)
				return nil
			})
		},
	}
}

func (r *rig) sweeper() *retention.Sweeper {
	r.t.Helper()
	w, err := retention.NewSweeper(r.config())
	require.NoError(r.t, err)
	return w
}

// sweep sweeps once, and returns the steps.
func (r *rig) sweep() []retention.Step {
	r.t.Helper()
	var steps []retention.Step
	for s, err := range r.sweeper().Sweep(context.Background()) {
		require.NoError(r.t, err)
		steps = append(steps, s)
	}
	return steps
}

// actions sweeps once, and returns what was done.
func (r *rig) actions() []retention.Action {
	r.t.Helper()
	var all []retention.Action
	for _, s := range r.sweep() {
		all = append(all, s.Action)
	}
	return all
}

// until moves the clock to a day.
func (r *rig) until(year int, month time.Month, day int) {
	r.v.Clock.Set(time.Date(year, month, day, 12, 0, 0, 0, time.UTC))
}

// opens reports whether the keys still open the copy of a row: in a program that knows nothing of what happened since.
func (r *rig) opens(have row) bool {
	r.t.Helper()
	ctx := context.Background()
	clock := func() time.Time { return have.collected.Add(24 * time.Hour) }
	registry, err := consent.NewRegistry(r.registry().Policy(), new(consent.Memory), consent.WithClock(clock))
	require.NoError(r.t, err)
	defer registry.Close()
	vault, err := pii.NewVault(pii.Config{Registry: registry, Keys: r.v.Ring, Audit: pii.NoAudit{}})
	require.NoError(r.t, err)
	id := dispute
	if !slices.Contains(have.compartment.Classes(), "dispute") {
		id = taxes
	}
	_, err = registry.Notify(ctx, have.subject, language.English)
	require.NoError(r.t, err)
	if have.caseID != "" {
		_, err = registry.Record(ctx, have.subject, consent.Event{Kind: consent.CaseOpened, Case: have.caseID, Actor: clerk})
		require.NoError(r.t, err)
	}
	accessor, err := vault.Accessor(id)
	require.NoError(r.t, err)
	use, err := accessor.Begin(ctx, clerk, have.subject)
	require.NoError(r.t, err)
	defer use.End()
	switch have.attribute {
	case "identity.email":
		_, err = have.email.Reveal(use)
	case "identity.name":
		_, err = have.name.Reveal(use)
	default:
		_, err = have.born.Reveal(use)
	}
	if err != nil {
		require.True(r.t, errors.Is(err, keyring.ErrShredded) || errors.Is(err, keyring.ErrNoKey), "%v", err)
	}
	return err == nil
}

type brokenStore struct{ r *rig }

func (b brokenStore) Put(ctx context.Context, items ...retention.Item) error {
	return b.r.call("put", func() error { return b.r.store.Put(ctx, items...) })
}

func (b brokenStore) Of(ctx context.Context, s consent.Subject) (items []retention.Item, err error) {
	err = b.r.call("of", func() (err error) { items, err = b.r.store.Of(ctx, s); return err })
	return items, err
}

func (b brokenStore) Take(ctx context.Context, c retention.Claim) (items []retention.Item, err error) {
	err = b.r.call("take", func() (err error) { items, err = b.r.store.Take(ctx, c); return err })
	return items, err
}

func (b brokenStore) Settle(ctx context.Context, done, again []retention.Item) error {
	return b.r.call("settle", func() error { return b.r.store.Settle(ctx, done, again) })
}

type brokenKeys struct{ r *rig }

func (b brokenKeys) Shred(ctx context.Context, s consent.Subject, keep func(purpose.Compartment) bool) (n int, err error) {
	err = b.r.call("shred", func() (err error) { n, err = b.r.v.Ring.Shred(ctx, s, keep); return err })
	return n, err
}

func (b brokenKeys) Fence(ctx context.Context, s consent.Subject) error {
	return b.r.call("fence", func() error { return b.r.v.Ring.Fence(ctx, s) })
}
