package pii_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/purpose"
)

// A nursery sells plants, sends letters and counts where its clients live.
const (
	sales   purpose.ID = "sales"
	letter  purpose.ID = "letter"
	regions purpose.ID = "regions"
)

func nursery() purpose.Document {
	all := []purpose.Operation{purpose.Collect, purpose.Use}
	return purpose.Document{
		Version: "2024-01", Effective: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), Officer: "privacy@example.com",
		Languages: []language.Tag{language.CanadianFrench, language.English},
		Purposes: []purpose.Spec{
			{
				ID: sales, Domain: "sales", Title: purpose.Text{EN: "Your orders", FR: "Vos commandes"},
				Basis: purpose.ConsentByProvision, Operations: all,
				Attributes: []purpose.Attribute{"identity.name", "identity.email", "identity.address", "garden.plot"},
				Roles:      map[purpose.Role][]purpose.Attribute{"seller": {"identity.name", "identity.email", "garden.plot"}},
				Retention:  purpose.Retention{Keep: purpose.Period{Years: 2}, From: purpose.FromCollection},
			},
			{
				ID: letter, Domain: "marketing", Title: purpose.Text{EN: "Our letter", FR: "Notre infolettre"},
				Basis: purpose.ExpressConsent, Optional: true, Operations: all,
				Attributes:  []purpose.Attribute{"identity.email"},
				Roles:       map[purpose.Role][]purpose.Attribute{"mailer": {"identity.email"}},
				Retention:   purpose.Retention{Keep: purpose.Period{Years: 2}, From: purpose.FromCollection},
				Consequence: purpose.Text{EN: "You will receive no letter.", FR: "Vous ne recevrez pas l’infolettre."},
			},
			{
				ID: regions, Domain: "statistics", Title: purpose.Text{EN: "Where we deliver", FR: "Où nous livrons"},
				Basis: purpose.LegalGround, Citation: "P-39.1 s. 12", Deidentify: true, Operations: all,
				Attributes: []purpose.Attribute{"identity.address"},
				Roles:      map[purpose.Role][]purpose.Attribute{"analyst": {"identity.address"}},
				Retention:  purpose.Retention{Keep: purpose.Period{Years: 1}, From: purpose.FromCollection},
			},
		},
	}
}

// A field is sealed for the purposes the person was told, and opens to a purpose as long as the person lets it.
func Example() {
	ctx := context.Background()

	// At start-up: the policy, the ledger of consents, the keys, and the vault over them.
	policy, err := purpose.NewPolicy(nursery())
	check(err)
	registry, err := consent.NewRegistry(policy, new(consent.Memory))
	check(err)
	defer registry.Close()
	handle, err := keyset.NewHandle(aead.XAES256GCM192BitNonceKeyTemplate())
	check(err)
	kek, err := aead.New(handle)
	check(err)
	ring, err := keyring.New(keyring.Config{Store: new(keyring.Memory), KEK: kek})
	check(err)
	vault, err := pii.NewVault(pii.Config{Registry: registry, Keys: ring, Audit: new(pii.Trail)})
	check(err)
	letters, err := vault.Accessor(letter)
	check(err)

	// A form comes in: the notice was shown, the box for the letter was ticked.
	client := consent.Subject("client-1042")
	_, err = registry.Notify(ctx, client, language.CanadianFrench)
	check(err)
	_, err = registry.Grant(ctx, client, letter, consent.Act{Method: consent.WebForm})
	check(err)

	var row struct{ Email pii.Sealed[pii.Email] }
	form := purpose.Actor{Role: "web", ID: "signup"}
	in, err := vault.Collect(ctx, form, client, pii.Collection{For: []purpose.ID{sales, letter}, Method: consent.WebForm})
	check(err)
	check(row.Email.Seal(in, "marie@example.com"))
	fmt.Println(row.Email)

	// A letter goes out.
	mailer := purpose.Actor{Role: "mailer", ID: "mailer-1"}
	use, err := letters.Begin(ctx, mailer, client)
	check(err)
	email, err := row.Email.Reveal(use)
	check(err)
	fmt.Println("to:", email.Plaintext())
	use.End()

	// The person leaves the list. From now on the address does not open to the letter, here or anywhere.
	_, err = registry.Withdraw(ctx, client, letter)
	check(err)
	_, err = letters.Begin(ctx, mailer, client)
	if denied, ok := errors.AsType[*purpose.Denied](err); ok {
		fmt.Println(denied.Reason)
		fmt.Println(denied.Consequence.EN)
	}
	// Output:
	// [sealed identity.email]
	// to: marie@example.com
	// ConsentWithdrawn
	// You will receive no letter.
}

// A batch asks for consent at each step, not when it was made.
func ExampleAccessor_Each() {
	ctx, vault, registry := start()
	emails := make(map[consent.Subject]pii.Sealed[pii.Email])
	clients := []consent.Subject{"client-1", "client-2", "client-3"}
	for _, c := range clients {
		in := signUp(ctx, vault, c)
		var email pii.Sealed[pii.Email]
		check(email.Seal(in, string(c)+"@example.com"))
		emails[c] = email
	}
	_, err := registry.Withdraw(ctx, "client-2", letter)
	check(err)

	letters, err := vault.Accessor(letter)
	check(err)
	me := purpose.Actor{Role: "mailer", ID: "mailer-1"}
	for use, err := range letters.Each(ctx, me, slices.Values(clients)) {
		if errors.Is(err, purpose.ErrDenied) {
			fmt.Println("skipped", use.Subject())
			continue
		}
		email, err := emails[use.Subject()].Reveal(use) // an outage comes back here, and ends the batch
		if err != nil {
			fmt.Println(err)
			break
		}
		fmt.Println("sent to", email.Plaintext())
	}
	// Output:
	// sent to client-1@example.com
	// skipped client-2
	// sent to client-3@example.com
}

// Do ends the use for you, also if the function fails or panics.
func ExampleAccessor_Do() {
	ctx, vault, _ := start()
	in := signUp(ctx, vault, "client-1")
	var name pii.Sealed[pii.Name]
	check(name.Seal(in, "Marie Tremblay"))

	desk, err := vault.Accessor(sales)
	check(err)
	seller := purpose.Actor{Role: "seller", ID: "s-7"}
	err = desk.Do(ctx, seller, "client-1", func(use *pii.Use) error {
		n, err := name.Reveal(use)
		if err != nil {
			return err
		}
		fmt.Println("Bonjour,", n.Plaintext())
		return nil
	})
	fmt.Println(err)

	// Another role has no business with a name.
	err = desk.Do(ctx, purpose.Actor{Role: "mailer", ID: "m-1"}, "client-1", func(*pii.Use) error { return nil })
	fmt.Println(err)
	// Output:
	// Bonjour, Marie Tremblay
	// <nil>
	// purpose: sales: ActorNotAuthorized
}

// postalRegion keeps of an address the first three characters of its postal code.
type postalRegion struct{}

func (postalRegion) Generalise(address string) (string, bool) {
	code := regexp.MustCompile(`[A-Z][0-9][A-Z] [0-9][A-Z][0-9]`).FindString(address)
	if code == "" {
		return "", false
	}
	return strings.Clone(code[:3]), true
}

// Under a purpose that is de-identified nothing is revealed; only what a generaliser makes of a value leaves.
func ExampleDerive() {
	ctx, vault, _ := start()
	in := signUp(ctx, vault, "client-1")
	var address pii.Sealed[pii.Address]
	check(address.Seal(in, "12, rue Saint-Denis\nMontréal QC h2x 3j6"))

	statistics, err := vault.Accessor(regions)
	check(err)
	use, err := statistics.Begin(ctx, purpose.Actor{Role: "analyst", ID: "a-1"}, "client-1")
	check(err)
	defer use.End()

	_, err = address.Reveal(use)
	fmt.Println(err)
	region, err := pii.Derive(use, address, postalRegion{})
	check(err)
	fmt.Println(region)
	fmt.Println(region.Reveal(), "for", region.Purpose())
	// Output:
	// purpose: regions: identity.address: DeidentifiedOnly
	// [derived]
	// H2X for regions
}

// A sealed field goes into JSON and SQL as it is, and comes out as it was.
func ExampleSealed() {
	ctx, vault, _ := start()
	type Client struct {
		ID    consent.Subject         `json:"id"`
		Email pii.Sealed[pii.Email]   `json:"email"`
		Home  pii.Sealed[pii.Address] `json:"home"`
	}
	c := Client{ID: "client-1"}
	check(c.Email.Seal(signUp(ctx, vault, c.ID), "marie@example.com"))
	fmt.Printf("%v\n", c)

	message, err := json.Marshal(c)
	check(err)
	fmt.Println(bytes.Contains(message, []byte("marie")))
	var received Client
	check(json.Unmarshal(message, &received))
	fmt.Println(received.Email == c.Email, received.Home.IsZero())

	// db.Exec("INSERT INTO clients (id, email, home) VALUES ($1, $2, $3)", c.ID, c.Email, c.Home)
	column, err := c.Email.Value()
	check(err)
	_, text := column.(string)
	absent, err := c.Home.Value()
	check(err)
	fmt.Println(text, absent)

	// rows.Scan(&stored.ID, &stored.Email, &stored.Home)
	var stored Client
	check(stored.Email.Scan(column))
	fmt.Println(stored.Email == c.Email)
	fmt.Println(stored.Email.Scan("marie@example.com"))
	// Output:
	// {client-1 [sealed identity.email] [absent identity.address]}
	// false
	// true true
	// true <nil>
	// true
	// pii: not a sealed token
}

// Plot is a kind of one's own: the cadastral number of a garden.
type Plot struct{}

// Attribute names the field of the policy.
func (Plot) Attribute() purpose.Attribute { return "garden.plot" }

// Canonical takes "5 001 234" and "5001234" for one number.
func (Plot) Canonical(text string) (string, bool) {
	number := strings.ReplaceAll(text, " ", "")
	return number, len(number) == 7 && strings.Trim(number, "0123456789") == ""
}

// A kind of one's own is two methods on a type without state.
func ExampleKind() {
	ctx, vault, _ := start()
	in := signUp(ctx, vault, "client-1")
	var plot pii.Sealed[Plot]
	fmt.Println(plot.Seal(in, "next to the church"))
	check(plot.Seal(in, "5 001 234"))
	fmt.Println(plot)

	desk, err := vault.Accessor(sales)
	check(err)
	check(desk.Do(ctx, purpose.Actor{Role: "seller", ID: "s-7"}, "client-1", func(use *pii.Use) error {
		number, err := plot.Reveal(use)
		fmt.Println(number.Plaintext())
		return err
	}))
	// Output:
	// pii: not a valid garden.plot
	// [sealed garden.plot]
	// 5001234
}

// start builds what [Example] builds.
func start() (context.Context, *pii.Vault, *consent.Registry) { return startWith(nursery()) }

func startWith(document purpose.Document) (context.Context, *pii.Vault, *consent.Registry) {
	policy, err := purpose.NewPolicy(document)
	check(err)
	registry, err := consent.NewRegistry(policy, new(consent.Memory))
	check(err)
	handle, err := keyset.NewHandle(aead.XAES256GCM192BitNonceKeyTemplate())
	check(err)
	kek, err := aead.New(handle)
	check(err)
	ring, err := keyring.New(keyring.Config{Store: new(keyring.Memory), KEK: kek})
	check(err)
	vault, err := pii.NewVault(pii.Config{Registry: registry, Keys: ring, Audit: new(pii.Trail)})
	check(err)
	return context.Background(), vault, registry
}

// signUp shows a client the notice, takes consent to the letter, and begins to take in data for everything.
func signUp(ctx context.Context, vault *pii.Vault, client consent.Subject) *pii.Intake {
	_, err := vault.Registry().Notify(ctx, client, language.CanadianFrench)
	check(err)
	_, err = vault.Registry().Grant(ctx, client, letter, consent.Act{Method: consent.WebForm})
	check(err)
	form := purpose.Actor{Role: "web", ID: "signup"}
	in, err := vault.Collect(ctx, form, client, pii.Collection{For: []purpose.ID{sales, letter, regions}, Method: consent.WebForm})
	check(err)
	return in
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// An accessor that discloses is made for one recipient: its role, contract and place are asked, at start-up as far as they can be.
func ExampleDiscloseTo() {
	document := nursery()
	document.Rules = purpose.Quebec()
	for i := range document.Purposes {
		if s := &document.Purposes[i]; s.ID == sales {
			s.Operations = append(slices.Clone(s.Operations), purpose.Disclose)
			s.Recipients = []purpose.Role{"carrier"}
			s.Roles = map[purpose.Role][]purpose.Attribute{"seller": {"identity.name", "identity.email"}}
		}
	}
	document.Recipients = []purpose.Recipient{{
		ID: "livraisons", Name: "Livraisons Express", Role: "carrier", Kind: purpose.Processor, Jurisdiction: "CA-QC",
		Contract: purpose.Contract{
			Reference: "contracts/7", Purposes: []purpose.ID{sales}, Attributes: []purpose.Attribute{"identity.name"},
			Undertakings: document.Rules.Undertakings, Start: document.Effective,
		},
	}}
	ctx, vault, registry := startWith(document)
	defer registry.Close()
	client := consent.Subject("client-1042")
	in := signUp(ctx, vault, client)
	var name pii.Sealed[pii.Name]
	var email pii.Sealed[pii.Email]
	check(errors.Join(name.Seal(in, "Marie Tremblay"), email.Seal(in, "marie@example.com")))

	_, err := vault.Accessor(sales, pii.DiscloseTo("elsewhere"))
	fmt.Println(err)
	carrier, err := vault.Accessor(sales, pii.DiscloseTo("livraisons"))
	check(err)
	check(carrier.Do(ctx, purpose.Actor{Role: "seller", ID: "seller-1"}, client, func(use *pii.Use) error {
		label, err := name.Reveal(use)
		check(err)
		fmt.Println("for the label:", label.Plaintext())
		_, err = email.Reveal(use)
		fmt.Println(err)
		return nil
	}))
	// Output:
	// purpose: sales: UnknownRecipient
	// for the label: Marie Tremblay
	// purpose: sales: identity.email: ContractScope
}

func ExampleNewBufferedAudit() {
	trail := new(pii.Trail) // in a service, something that writes to a disk
	audit, err := pii.NewBufferedAudit(trail, pii.Buffer{Records: 256, Every: time.Second})
	if err != nil {
		panic(err)
	}
	// pii.Config{…, Audit: audit}; here, one entry by hand.
	if err := audit.Record(context.Background(), pii.Access{Purpose: "newsletter", Attribute: "identity.email", Count: 1}); err != nil {
		panic(err)
	}
	if err := audit.Close(context.Background()); err != nil { // when the service stops
		panic(err)
	}
	fmt.Println(trail.Entries()[0].Purpose, trail.Entries()[0].Attribute)
	// Output: newsletter identity.email
}
