package retention_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
)

// customer is a row of a program's table.
type customer struct {
	id        consent.Subject
	collected time.Time
	email     pii.Sealed[pii.Email] // for the newsletter
	name      pii.Sealed[pii.Name]  // for the tax authority
}

// A person gives an address and a name, and asks for the erasure of everything. The law keeps the name for six years; then it ends by itself.
func Example() {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	ctx := context.Background()
	now := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }

	text := func(s string) purpose.Text { return purpose.Text{EN: s, FR: s} }
	policy, err := purpose.NewPolicy(purpose.Document{
		Version: "2026-01", Effective: now.AddDate(0, -2, 0), Officer: "privacy@example.com", Languages: []language.Tag{language.English},
		Purposes: []purpose.Spec{
			{
				ID: "newsletter", Domain: "marketing", Title: text("Newsletter"), Basis: purpose.ConsentByProvision, Consequence: text("No letters."),
				Attributes: []purpose.Attribute{"identity.email"}, Operations: []purpose.Operation{purpose.Collect, purpose.Use},
				Roles:     map[purpose.Role][]purpose.Attribute{"mailer": {"identity.email"}},
				Retention: purpose.Retention{Keep: purpose.Period{Years: 2}, From: purpose.FromCollection},
			},
			{
				ID: "tax", Domain: "legal", Title: text("Tax"), Basis: purpose.LegalGround, Citation: "Income Tax Act (Canada) s. 230(1)", Consequence: text("None."),
				Attributes: []purpose.Attribute{"identity.name"}, Operations: []purpose.Operation{purpose.Collect, purpose.Use},
				Roles:     map[purpose.Role][]purpose.Attribute{"accountant": {"identity.name"}},
				Retention: retention.Tax(),
			},
		},
	})
	must(err)
	registry, err := consent.NewRegistry(policy, new(consent.Memory), consent.WithClock(clock))
	must(err)
	defer registry.Close()
	kek := make([]byte, 32) // in production, a key in a KMS
	_, err = rand.Read(kek)
	must(err)
	wrap, err := subtle.NewAESGCMSIV(kek)
	must(err)
	ring, err := keyring.New(keyring.Config{Store: new(keyring.Memory), KEK: wrap, Now: clock})
	must(err)

	// The vault tells the agenda of everything it seals.
	agenda := new(retention.Memory)
	planner, err := retention.NewPlanner(registry, agenda)
	must(err)
	vault, err := pii.NewVault(pii.Config{Registry: registry, Keys: ring, Audit: pii.NoAudit{}, Agenda: planner})
	must(err)

	// The program knows its own table.
	var customers []customer
	rows := retention.EraserFunc(func(_ context.Context, i retention.Item) error {
		for n := range customers {
			c := &customers[n]
			if c.id != i.Subject || c.collected.After(i.Collected) {
				continue
			}
			if slices.Contains(i.Attributes, "identity.email") {
				c.email = pii.Sealed[pii.Email]{}
			}
			if slices.Contains(i.Attributes, "identity.name") {
				c.name = pii.Sealed[pii.Name]{}
			}
		}
		return nil
	})
	sweeper, err := retention.NewSweeper(retention.Config{
		Registry: registry, Store: agenda, Keys: ring,
		Tables: []retention.Table{{Name: "customers", Attributes: []purpose.Attribute{"identity.email", "identity.name"}, Eraser: rows}},
	})
	must(err)

	marie := customer{id: consent.NewSubject(), collected: now.Truncate(24 * time.Hour)}
	_, err = registry.Notify(ctx, marie.id, language.English)
	must(err)
	form := purpose.Actor{Role: "signup", ID: "web"}
	letters, err := vault.Collect(ctx, form, marie.id, pii.Collection{For: []purpose.ID{"newsletter"}, Method: consent.WebForm})
	must(err)
	must(marie.email.Seal(letters, "marie@example.com"))
	books, err := vault.Collect(ctx, form, marie.id, pii.Collection{For: []purpose.ID{"tax"}, Method: consent.WebForm})
	must(err)
	must(marie.name.Seal(books, "Marie Tremblay"))
	customers = append(customers, marie)

	// She asks for the erasure of everything.
	certificate, err := sweeper.Erase(ctx, marie.id)
	must(err)
	for _, l := range certificate.Lines {
		switch l.Outcome {
		case retention.Destroyed:
			fmt.Println(l.Attribute, "is destroyed")
		case retention.Retained:
			fmt.Println(l.Attribute, "is retained until", l.Until.Format(time.DateOnly), "by", l.Why)
		}
	}
	fmt.Println("hers:", certificate.Concerns(marie.id), "email:", customers[0].email, "name:", customers[0].name)

	// Years later, a sweep that runs each night comes to what was retained.
	now = time.Date(2033, time.January, 1, 1, 0, 0, 0, time.UTC)
	for step, err := range sweeper.Sweep(ctx) {
		must(err)
		fmt.Println(step.Item.Attributes, step.Action)
	}
	accountant, err := vault.Accessor("tax")
	must(err)
	use, err := accountant.Begin(ctx, purpose.Actor{Role: "accountant", ID: "a-1"}, marie.id)
	must(err)
	defer use.End()
	_, err = marie.name.Reveal(use) // a copy from a backup
	fmt.Println("a copy opens:", err == nil, "denied:", errors.Is(err, purpose.ErrDenied))
	// Output:
	// identity.email is destroyed
	// identity.name is retained until 2033-01-01 by Income Tax Act (Canada) s. 230(4)(b)
	// hers: true email: [absent identity.email] name: [sealed identity.name]
	// [identity.name] ended
	// a copy opens: false denied: true
}
