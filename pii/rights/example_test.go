package rights_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"os"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/pii/rights"
	"github.com/purposebound/purposebound/purpose"
)

// audit reads back what the program's auditor wrote.
type audit struct{ pii.Trail }

func (a *audit) Disclosures(context.Context, consent.Subject) iter.Seq2[pii.Access, error] {
	return func(yield func(pii.Access, error) bool) {
		for _, access := range a.Entries() {
			if !yield(access, nil) {
				return
			}
		}
	}
}

// Somebody asks by text message for a change, and is not known to be Marie. Marie asks in her account for what is kept of her, and for its erasure; that waits until she has her answer.
func Example() {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	ctx := context.Background()
	now := time.Date(2026, time.March, 3, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	all := []purpose.Attribute{"identity.email", "request.contact", "request.nature"}
	policy, err := purpose.NewPolicy(purpose.Document{
		Version: "2026-01", Effective: now.AddDate(0, -2, 0), Officer: "privacy@example.com", Languages: []language.Tag{language.English},
		Purposes: []purpose.Spec{
			{
				ID: "service", Domain: "service", Title: purpose.Text{EN: "To serve you", FR: "Vous servir"}, Basis: purpose.ConsentByProvision,
				Attributes: all[:1], Operations: []purpose.Operation{purpose.Collect, purpose.Use}, Roles: map[purpose.Role][]purpose.Attribute{"desk": all[:1]},
				Retention: purpose.Retention{Keep: purpose.Period{Years: 3}, From: purpose.FromCollection},
			},
			{
				ID: "requests", Domain: "requests", Title: purpose.Text{EN: "Your requests", FR: "Vos demandes"}, Basis: purpose.LegalGround, Citation: "CQLR c. P-39.1 ss. 27 to 36",
				Attributes: all, Operations: []purpose.Operation{purpose.Collect, purpose.Use, purpose.Rights}, Roles: map[purpose.Role][]purpose.Attribute{"officer": all},
				Retention: purpose.Retention{Keep: purpose.Period{Years: 3}, From: purpose.FromCollection},
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
	trail := new(audit)
	vault, err := pii.NewVault(pii.Config{Registry: registry, Keys: ring, Audit: trail})
	must(err)
	marie, clerk, officer := consent.NewSubject(), purpose.Actor{Role: "desk", ID: "d-1"}, purpose.Actor{Role: "officer", ID: "o-1"}
	_, err = registry.Notify(ctx, marie, language.English)
	must(err)
	in, err := vault.Collect(ctx, clerk, marie, pii.Collection{For: []purpose.ID{"service"}, Method: consent.WebForm})
	must(err)
	var email pii.Sealed[pii.Email]
	must(email.Seal(in, "marie@example.com"))

	desk, err := rights.NewDesk(rights.Config{
		Vault: vault, Purpose: "requests", Rules: rights.Quebec(), Store: new(rights.Memory), Disclosures: trail,
		Eraser: rights.EraserFunc(func(ctx context.Context, s consent.Subject) (string, bool, error) { // a program has a retention.Sweeper here
			facts, err := registry.Facts(ctx, s)
			if err == nil && len(facts.Holds) > 0 {
				err = consent.ErrHeld
			}
			return "certificate-1", false, err
		}),
	})
	must(err)

	_, err = desk.Receive(ctx, clerk, rights.Submission{
		Subject: marie, Kind: rights.Rectification, Channel: rights.SMS, Assurance: rights.Claimed, Standing: rights.Oneself, Nature: "My address is another.",
	})
	fmt.Println(err)

	ask := rights.Submission{Subject: marie, Kind: rights.Access, Channel: rights.InAccount, Assurance: rights.Authenticated, Standing: rights.Oneself}
	access, err := desk.Receive(ctx, clerk, ask)
	must(err)
	ask.Kind = rights.Deletion
	deletion, err := desk.Receive(ctx, clerk, ask)
	must(err)
	fmt.Println("access:", access.State(now), "until", access.Deadline.Format(time.DateTime))

	now = now.AddDate(0, 0, 24)
	for r, err := range desk.Due(ctx) {
		must(err)
		fmt.Println("due:", r.Kind)
	}
	if err := desk.Erase(ctx, officer, marie, deletion.ID); errors.Is(err, consent.ErrHeld) {
		fmt.Println("the deletion waits")
	}
	_, err = desk.WriteAccess(ctx, officer, marie, access.ID, []rights.Field{rights.FieldOf("your account", email)}, os.Stdout)
	must(err)
	must(desk.Answer(ctx, officer, marie, access.ID, "letter 2026-17"))
	must(desk.Erase(ctx, officer, marie, deletion.ID))
	requests, err := desk.Requests(ctx, marie)
	must(err)
	for _, r := range requests {
		fmt.Println(r.Kind, r.State(now), "with", r.Events[len(r.Events)-1].Kind)
	}

	// Output:
	// rights: IdentityNotVerified: rectification by sms needs recognised, has claimed
	// access: open until 2026-04-02 09:00:00
	// due: access
	// due: deletion
	// the deletion waits
	// {
	//   "format": "rights-access/1",
	//   "made": "2026-03-27T09:00:00Z",
	//   "policy": "2026-01",
	//   "officer": "privacy@example.com",
	//   "values": [
	//     {
	//       "attribute": "identity.email",
	//       "place": "your account",
	//       "value": "marie@example.com",
	//       "origin": "provided",
	//       "since": "2026-03-03T00:00:00Z",
	//       "purposes": [
	//         {
	//           "id": "service",
	//           "until": "2029-03-03T00:00:00Z"
	//         }
	//       ]
	//     }
	//   ],
	//   "purposes": [
	//     {
	//       "id": "service",
	//       "title": {
	//         "en": "To serve you",
	//         "fr": "Vous servir"
	//       },
	//       "basis": "consent_by_provision",
	//       "keep": "P3Y",
	//       "from": "collection"
	//     }
	//   ],
	//   "recipients": [],
	//   "disclosures": []
	// }
	// access answered with released
	// deletion answered with answered
}
