// Newsletter is the story of the README as a program: one person, one field, one purpose, and a withdrawal.
package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/purpose"
)

// README: begin

const Newsletter purpose.ID = "newsletter"

type Customer struct {
	ID    consent.Subject
	Email pii.Sealed[pii.Email] // ciphertext, and nothing else, until it is revealed
}

func story(ctx context.Context, registry *consent.Registry, vault *pii.Vault) error {
	marie := Customer{ID: consent.NewSubject()}
	signup, mailer := purpose.Actor{Role: "signup", ID: "web"}, purpose.Actor{Role: "mailer", ID: "job-7"}

	// Collect: Marie is told what for, and what she gives is sealed at once.
	_, err := registry.Notify(ctx, marie.ID, language.CanadianFrench)
	must(err)
	intake, err := vault.Collect(ctx, signup, marie.ID, pii.Collection{For: []purpose.ID{Newsletter}, Method: consent.WebForm})
	must(err)
	must(marie.Email.Seal(intake, "marie@example.com"))
	_, err = registry.Grant(ctx, marie.ID, Newsletter, consent.Act{Method: consent.WebForm})
	must(err)
	fmt.Println("stored:", marie.Email)

	// Use: an accessor can name no other purpose. Policy, consent, retention and key are asked now.
	newsletter, err := vault.Accessor(Newsletter)
	must(err)
	use, err := newsletter.Begin(ctx, mailer, marie.ID)
	must(err)
	email, err := marie.Email.Reveal(use)
	must(err)
	fmt.Println("sent to:", email.Plaintext())
	use.End()

	// Withdraw: when it returns, nothing more is revealed, and no use begins.
	_, err = registry.Withdraw(ctx, marie.ID, Newsletter)
	must(err)
	_, err = newsletter.Begin(ctx, mailer, marie.ID)
	return err // *purpose.Denied: ConsentWithdrawn
}

// README: end

func main() {
	policy, err := purpose.NewPolicy(document)
	must(err)
	registry, err := consent.NewRegistry(policy, new(consent.Memory))
	must(err)
	defer registry.Close()
	handle, err := keyset.NewHandle(aead.AES256GCMSIVKeyTemplate()) // a service keeps this key in its KMS
	must(err)
	kek, err := aead.New(handle)
	must(err)
	ring, err := keyring.New(keyring.Config{Store: new(keyring.Memory), KEK: kek})
	must(err)
	vault, err := pii.NewVault(pii.Config{Registry: registry, Keys: ring, Audit: pii.NoAudit{}})
	must(err)
	fmt.Println("refused:", story(context.Background(), registry, vault))
}

// document is the policy: as data, checked as a whole.
var document = purpose.Document{
	Version:   "2026-01",
	Effective: time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC),
	Officer:   "privacy@example.com",
	Languages: []language.Tag{language.English, language.CanadianFrench},
	Purposes: []purpose.Spec{{
		ID: Newsletter, Domain: "marketing", Basis: purpose.ExpressConsent, Optional: true,
		Title:      purpose.Text{EN: "Newsletter", FR: "Infolettre"},
		Attributes: []purpose.Attribute{"identity.email"},
		Operations: []purpose.Operation{purpose.Collect, purpose.Use},
		Roles:      map[purpose.Role][]purpose.Attribute{"mailer": {"identity.email"}},
		Retention:  purpose.Retention{Keep: purpose.Period{Years: 2}, From: purpose.FromCollection},
	}},
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
