package consent_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

const newsletter purpose.ID = "newsletter"

var mailer = purpose.Actor{Role: "mailer", ID: "mail-job"}

// openShop returns a registry over an empty ledger. Its clock stands at noon, so that the examples print the same each time.
func openShop(options ...consent.Option) (*consent.Registry, error) {
	policy, err := purpose.NewPolicy(purpose.Document{
		Version: "2026-01", Effective: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Officer: "privacy@example.com",
		Languages: []language.Tag{language.English, language.CanadianFrench},
		Purposes: []purpose.Spec{{
			ID: newsletter, Domain: "marketing", Title: purpose.Text{EN: "Newsletter", FR: "Infolettre"},
			Basis: purpose.ExpressConsent, Attributes: []purpose.Attribute{"identity.email"},
			Operations:  []purpose.Operation{purpose.Collect, purpose.Use},
			Roles:       map[purpose.Role][]purpose.Attribute{"mailer": {"identity.email"}},
			Retention:   purpose.Retention{Keep: purpose.Period{Years: 2}, From: purpose.FromCollection},
			Consequence: purpose.Text{EN: "You will get no letters.", FR: "Vous ne recevrez pas de lettres."},
		}},
	})
	if err != nil {
		return nil, err
	}
	noon := func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }
	return consent.NewRegistry(policy, new(consent.Memory), append(options, consent.WithClock(noon))...)
}

// A person is told, agrees by a form, is written to, and leaves.
func Example() {
	ctx := context.Background()
	registry, err := openShop()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer registry.Close()
	const marie consent.Subject = "customer-17"

	_, err = registry.Grant(ctx, marie, newsletter, consent.Act{Method: consent.WebForm})
	fmt.Println(err)

	_, err = registry.Notify(ctx, marie, language.CanadianFrench)
	fmt.Println(err)
	granted, err := registry.Grant(ctx, marie, newsletter, consent.Act{Method: consent.WebForm, ID: "form-204"})
	fmt.Println(granted.Seq, granted.Act.Language, err)

	may := func() {
		d, err := registry.Decide(ctx, marie, purpose.Request{Purpose: newsletter, Operation: purpose.Use, Actor: mailer})
		fmt.Println(d.Reason, err)
	}
	may()
	_, err = registry.Withdraw(ctx, marie, newsletter)
	fmt.Println(err)
	may()

	// The form is delivered once more. It is known, and she stays away.
	granted, err = registry.Grant(ctx, marie, newsletter, consent.Act{Method: consent.WebForm, ID: "form-204"})
	fmt.Println(granted.Seq, err)
	may()
	// Output:
	// consent: grant newsletter: consent: the person was shown no notice in that language
	// <nil>
	// 2 fr-CA <nil>
	// Permitted <nil>
	// <nil>
	// ConsentWithdrawn <nil>
	// 2 <nil>
	// ConsentWithdrawn <nil>
}

// A withdrawal waits for what is running. Here the caller does not wait for long, and comes back for the rest.
func ExampleRegistry_Withdraw() {
	registry, err := openShop()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer registry.Close()
	ctx := context.Background()
	const marie consent.Subject = "customer-17"
	if _, err := registry.Notify(ctx, marie, language.English); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := registry.Grant(ctx, marie, newsletter, consent.Act{Method: consent.InAccount}); err != nil {
		fmt.Println(err)
		return
	}

	// A mail is being written to her. Programs begin a use with an accessor of package pii, which does this.
	gate, err := registry.Gate(nil, purpose.Use, newsletter)
	if err != nil {
		fmt.Println(err)
		return
	}
	use, err := gate.Begin(ctx, mailer, marie)
	if err != nil {
		fmt.Println(err)
		return
	}

	hurried, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	w, err := registry.Withdraw(hurried, marie, newsletter)
	fmt.Println(errors.Is(err, consent.ErrStillDraining), w.Drained)
	_, reason := use.Check()
	fmt.Println(reason)

	drained := make(chan struct{})
	go func() {
		defer close(drained)
		w, err = registry.Wait(ctx, w.Position)
	}()
	use.End()
	<-drained
	fmt.Println(err, w.Cancelled, len(registry.InUse()))

	// Withdrawing again is never refused, and adds nothing.
	w, err = registry.Withdraw(ctx, marie, newsletter)
	fmt.Println(w.Drained, w.Cancelled, w.Fenced, err)
	// Output:
	// true 0
	// StaleDecision
	// <nil> 0 0
	// 0 0 0 <nil>
}

// What the person did, as it was recorded.
func ExampleRegistry_History() {
	registry, err := openShop()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer registry.Close()
	ctx := context.Background()
	const marie consent.Subject = "customer-17"
	_, err1 := registry.Notify(ctx, marie, language.English)
	asked, err2 := registry.Request(ctx, marie, newsletter, consent.Link)
	_, err3 := registry.Grant(ctx, marie, newsletter, consent.Act{Method: consent.Link, Request: asked.ID})
	_, err4 := registry.Withdraw(ctx, marie, newsletter)
	_, err5 := registry.Grant(ctx, marie, newsletter, consent.Act{Method: consent.Link, Request: asked.ID})
	fmt.Println(err1, err2, err3, err4)
	fmt.Println(errors.Is(err5, consent.ErrStaleRequest))

	for e, err := range registry.History(ctx, marie) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(e.Seq, e.Time.Format(time.DateOnly), e.Kind, e.Purpose, e.Policy)
	}
	// Output:
	// <nil> <nil> <nil> <nil>
	// true
	// 1 2026-03-01 noticed  2026-01
	// 2 2026-03-01 requested newsletter 2026-01
	// 3 2026-03-01 granted newsletter 2026-01
	// 4 2026-03-01 withdrawn newsletter 2026-01
}

// A page shows what is possible now. Deciding begins no use; whoever acts asks again by beginning one.
func ExampleRegistry_Decide() {
	registry, err := openShop()
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	ask := purpose.Request{Purpose: newsletter, Operation: purpose.Use, Actor: mailer}
	d, err := registry.Decide(ctx, "customer-17", ask)
	fmt.Println(d.Allowed(), d.Reason, err)

	// No answer is not a refusal.
	if err := registry.Close(); err != nil {
		fmt.Println(err)
	}
	d, err = registry.Decide(ctx, "customer-17", ask)
	fmt.Println(d.Allowed(), errors.Is(err, purpose.ErrUnavailable), errors.Is(err, consent.ErrClosed))
	// Output:
	// false ConsentUnknown <nil>
	// false true true
}

// How a program's own metrics are fed. With OpenTelemetry, the function that a meter's RegisterCallback is given observes these,
// and the hook adds to a counter with the reason as its attribute.
func ExampleRegistry_Stats() {
	denials := map[string]int{}
	registry, err := openShop(consent.WithHooks(consent.Hooks{
		Denied: func(_ purpose.ID, reason purpose.Reason) { denials[reason.String()]++ },
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer registry.Close()
	// … at every collection:
	now := registry.Stats()
	fmt.Println(now.Subjects, now.Uses, now.Hits, now.Loads, now.Draining, now.Lease)
	// Output: 0 0 0 0 0 0s
}
