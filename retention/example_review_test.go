package retention_test

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
)

// A newsletter keeps an address for two years, and no more than thirty days after consent ended. The registry tells the agenda what it stores, so the next sweep
// after a withdrawal knows.
func ExamplePutForward() {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	ctx := context.Background()
	now := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	policy, err := purpose.NewPolicy(purpose.Document{
		Version: "2026-01", Effective: now.AddDate(0, -2, 0), Officer: "privacy@example.com", Languages: []language.Tag{language.English},
		Purposes: []purpose.Spec{{
			ID: "newsletter", Domain: "marketing", Title: purpose.Text{EN: "Newsletter", FR: "Infolettre"}, Basis: purpose.ExpressConsent,
			Consequence: purpose.Text{EN: "No letters.", FR: "Pas de lettres."},
			Attributes:  []purpose.Attribute{"identity.email"}, Operations: []purpose.Operation{purpose.Collect, purpose.Use},
			Roles:     map[purpose.Role][]purpose.Attribute{"mailer": {"identity.email"}},
			Retention: purpose.Retention{Keep: purpose.Period{Years: 2}, From: purpose.FromCollection, AfterConsent: purpose.Period{Days: 30}},
		}},
	})
	must(err)
	agenda := new(retention.Memory)
	registry, err := consent.NewRegistry(policy, new(consent.Memory), consent.WithClock(func() time.Time { return now }),
		consent.WithReview(retention.PutForward(agenda)))
	must(err)
	defer registry.Close()

	const marie consent.Subject = "customer-17"
	_, err = registry.Notify(ctx, marie, language.English)
	must(err)
	_, err = registry.Grant(ctx, marie, "newsletter", consent.Act{Method: consent.WebForm})
	must(err)
	planner, err := retention.NewPlanner(registry, agenda) // a vault has it, and tells it of what is sealed
	must(err)
	must(planner.Keep(ctx, marie, "marketing/marketing", "identity.email", "", now))

	now = now.AddDate(0, 0, 7)
	_, err = registry.Withdraw(ctx, marie, "newsletter")
	must(err)
	facts, err := registry.Facts(ctx, marie)
	must(err)
	items, err := agenda.Of(ctx, marie)
	must(err)
	fmt.Println("looked at from", items[0].Due.Format(time.DateOnly))
	fmt.Println(retention.Due(policy, facts, items[0]).Explain(language.English))
	// Output:
	// looked at from 2026-03-08
	// Its rules keep this until 2026-04-07 12:00:00 UTC. Rule marketing: 2 years from collection, but no more than 30 days after consent ends, which is on 2026-03-08 12:00:00 UTC; so until 2026-04-07 12:00:00 UTC.
}
