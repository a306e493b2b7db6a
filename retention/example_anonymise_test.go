package retention_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
)

// A client asks what would become of all there is of her. The month of a visit has gone into a statistic, without her: the rule says so, and so does the plan.
func ExampleSweeper_Plan() {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	ctx := context.Background()
	now := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }

	spec := func(id purpose.ID, a purpose.Attribute, rule purpose.Retention) purpose.Spec {
		text := purpose.Text{EN: string(id), FR: string(id)}
		return purpose.Spec{
			ID: id, Domain: string(id), Title: text, Basis: purpose.LegalGround, Citation: "CQLR c. P-39.1 s. 18", Consequence: text,
			Attributes: []purpose.Attribute{a}, Operations: []purpose.Operation{purpose.Collect, purpose.Use},
			Roles: map[purpose.Role][]purpose.Attribute{"clerk": {a}}, Retention: rule,
		}
	}
	policy, err := purpose.NewPolicy(purpose.Document{
		Version: "2026-01", Effective: now.AddDate(0, -2, 0), Officer: "privacy@example.com", Languages: []language.Tag{language.English},
		Purposes: []purpose.Spec{
			spec("visits", "usage.visit", purpose.Retention{Keep: purpose.Period{Years: 1}, From: purpose.FromCollection, Then: purpose.Anonymise}),
			spec("letters", "identity.address", purpose.Retention{Keep: purpose.Period{Years: 1}, From: purpose.FromCollection}),
			spec("tax", "identity.name", retention.Tax()),
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

	// In a program the vault puts this on the agenda.
	agenda, marie := new(retention.Memory), consent.NewSubject()
	for id, a := range map[purpose.ID]purpose.Attribute{"visits": "usage.visit", "letters": "identity.address", "tax": "identity.name"} {
		c, err := policy.Compartment(id)
		must(err)
		must(agenda.Put(ctx, retention.Item{Subject: marie, Compartment: c, Collected: now, Attributes: []purpose.Attribute{a}, Due: now.AddDate(1, 0, 0)}))
	}
	rows := retention.EraserFunc(func(context.Context, retention.Item) error { return nil }) // DELETE … WHERE subject = …
	sweeper, err := retention.NewSweeper(retention.Config{
		Registry: registry, Store: agenda, Keys: ring,
		Tables: []retention.Table{
			{Name: "clients", Attributes: []purpose.Attribute{"identity.address", "identity.name"}, Eraser: rows},
			// What was counted of a visit stays counted; the row, which says whose it was, goes.
			{Name: "visits", Attributes: []purpose.Attribute{"usage.visit"}, Eraser: rows, Anonymiser: rows},
		},
	})
	must(err)
	plan, err := sweeper.Plan(ctx, marie)
	must(err)
	for _, l := range plan.Lines {
		fmt.Printf("%s: %s\n", l.Attribute, l.Explain(language.English))
	}
	// Output:
	// identity.address: This is destroyed, with its key.
	// identity.name: This is kept until 2033-01-01: Income Tax Act (Canada) s. 230(4)(b).
	// usage.visit: This is destroyed, with its key; anonymised information that was made of it before, and that identifies nobody any more, may be left.
}
