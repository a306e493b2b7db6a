package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tink-crypto/tink-go/v2/jwt"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
	"github.com/purposebound/purposebound/retention/certificate"
)

// story tells it all.
func (s *shop) story(ctx context.Context, out io.Writer) error {
	say := func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }
	scene := func(title string) { say("\n%s — %s", s.today.Format(time.DateOnly), title) }

	marie, err := s.signUp(ctx)
	if err != nil {
		return err
	}
	scene("Marie signs up, and buys something.")
	say("  stored: %v, %v, %v", marie.Name, marie.Email, marie.Phone)

	s.today = s.today.AddDate(0, 2, 0)
	scene("She asks what the shop has of her.")
	if err := s.access(ctx, marie.ID, say); err != nil {
		return err
	}

	s.today = s.today.AddDate(0, 0, 3)
	scene("She corrects her phone number.")
	in, err := s.vault.Collect(ctx, website, marie.ID, pii.Collection{For: []purpose.ID{Service}, Method: consent.InAccount})
	if err != nil {
		return err
	}
	if err := errors.Join(marie.Phone.Seal(in, "+1 514 555 0142"), s.save(ctx, marie)); err != nil {
		return err
	}
	say("  the old number is gone with its row; what was on the agenda of it finds nothing")

	backup, err := s.bills(ctx, marie.ID) // and of her row
	if err != nil {
		return err
	}
	copied := *marie

	s.today = s.today.AddDate(0, 1, 0)
	scene("She asks for the erasure of everything.")
	plan, err := s.sweeper.Plan(ctx, marie.ID)
	if err != nil {
		return err
	}
	say("  the plan has %d lines", len(plan.Lines))
	done, err := s.sweeper.Erase(ctx, marie.ID)
	if err != nil {
		return err
	}
	tell(done, say)
	if err := s.certify(done, marie.ID, say); err != nil {
		return err
	}
	if err := s.try(ctx, marie.ID, copied, backup, say); err != nil {
		return err
	}

	s.today = time.Date(2031, time.December, 31, 23, 59, 59, 0, time.UTC)
	scene("The last second of the tax law's six years.")
	if err := s.night(ctx, say); err != nil {
		return err
	}
	if err := s.try(ctx, marie.ID, copied, backup, say); err != nil {
		return err
	}
	s.today = s.today.Add(time.Second)
	scene("A second later, nobody has asked again.")
	if err := s.night(ctx, say); err != nil {
		return err
	}
	left, err := s.bills(ctx, marie.ID)
	if err != nil {
		return err
	}
	say("  invoices left: %d", len(left))
	return s.try(ctx, marie.ID, copied, backup, say)
}

// signUp takes Marie in.
func (s *shop) signUp(ctx context.Context) (*client, error) {
	c := &client{ID: consent.NewSubject()}
	if _, err := s.registry.Notify(ctx, c.ID, language.CanadianFrench); err != nil {
		return nil, err
	}
	if _, err := s.registry.Grant(ctx, c.ID, Newsletter, consent.Act{Method: consent.WebForm}); err != nil {
		return nil, err
	}
	in, err := s.vault.Collect(ctx, website, c.ID, pii.Collection{For: []purpose.ID{Service, Newsletter}, Method: consent.WebForm})
	if err != nil {
		return nil, err
	}
	books, err := s.vault.Collect(ctx, website, c.ID, pii.Collection{For: []purpose.ID{Service, Tax}, Method: consent.WebForm})
	if err != nil {
		return nil, err
	}
	var invoice pii.Sealed[Invoice]
	err = errors.Join(c.Name.Seal(in, "Marie Tremblay"), c.Email.Seal(in, "marie@example.com"), c.Phone.Seal(in, "514 555-0199"),
		invoice.Seal(books, "2025-17: one gate, $ 840.00"), s.save(ctx, c))
	if err != nil {
		return nil, err
	}
	_, err = s.db.ExecContext(ctx, "INSERT INTO invoices (client, number, text) VALUES (?, ?, ?)", c.ID, "2025-17", invoice)
	return c, err
}

// access answers a request for access: what, what for, since when, until when, and the values themselves, as her own request opens them.
func (s *shop) access(ctx context.Context, id consent.Subject, say func(string, ...any)) error {
	own, err := s.vault.Accessor(Requests, pii.ForOperation(purpose.Rights))
	if err != nil {
		return err
	}
	c, err := s.client(ctx, id)
	if err != nil {
		return err
	}
	bills, err := s.bills(ctx, id)
	if err != nil {
		return err
	}
	facts, err := s.registry.Facts(ctx, id)
	if err != nil {
		return err
	}
	return own.Do(ctx, officer, id, func(use *pii.Use) error {
		show := func(d pii.Description, text string, err error) error {
			end := retention.Due(s.registry.Policy(), facts, retention.Item{Subject: id, Compartment: d.Compartment, Collected: d.Collected})
			var why []string
			for _, p := range d.Purposes {
				spec, _ := s.registry.Policy().Spec(p)
				why = append(why, spec.Title.EN)
			}
			say("  %-16s %-28q for: %s; since %s, until %s", d.Attribute, text, strings.Join(why, ", "), d.Collected.Format(time.DateOnly), end.At.Format(time.DateOnly))
			return err
		}
		return errors.Join(reveal(s, use, c.Name, show), reveal(s, use, c.Email, show), reveal(s, use, c.Phone, show), reveal(s, use, bills[0].Text, show))
	})
}

func reveal[K pii.Kind](s *shop, use *pii.Use, field pii.Sealed[K], show func(pii.Description, string, error) error) error {
	value, err := field.Reveal(use)
	if err != nil {
		return err
	}
	d, err := field.Describe(s.vault)
	return show(d, value.Plaintext(), err)
}

// tell says what became of each attribute.
func tell(c retention.Certificate, say func(string, ...any)) {
	for _, l := range c.Lines {
		switch l.Outcome {
		case retention.Destroyed:
			say("  %-16s destroyed, keys and rows", l.Attribute)
		case retention.Deleted:
			say("  %-16s deleted", l.Attribute)
		case retention.Retained:
			say("  %-16s kept until %s: %s", l.Attribute, l.Until.Format(time.DateOnly), l.Why)
		case retention.Held:
			say("  %-16s held for %s", l.Attribute, l.Why)
		}
	}
}

// certify signs the certificate, and has it verified as somebody would to whom it is shown.
func (s *shop) certify(c retention.Certificate, id consent.Subject, say func(string, ...any)) error {
	private, err := keyset.NewHandle(jwt.ES256Template()) // in production, kept in a KMS
	if err != nil {
		return err
	}
	public, err := private.Public()
	if err != nil {
		return err
	}
	signer, err := certificate.NewSigner(private, "shop.example")
	if err != nil {
		return err
	}
	token, err := signer.Sign(c)
	if err != nil {
		return err
	}
	verifier, err := certificate.NewVerifier(public, "shop.example")
	if err != nil {
		return err
	}
	shown, err := verifier.Verify(token)
	if err != nil {
		return err
	}
	say("  the certificate verifies: %d lines, hers: %t, somebody else's: %t, backups expire by %s",
		len(shown.Lines), shown.Concerns(id), shown.Concerns("somebody"), shown.Backups.Format(time.DateOnly))
	return nil
}

// try says who can open what of a copy of her rows.
func (s *shop) try(ctx context.Context, id consent.Subject, c client, bills []bill, say func(string, ...any)) error {
	for _, attempt := range []struct {
		title string
		under purpose.ID
		who   purpose.Actor
		open  func(*pii.Use) error
	}{
		{"the desk opens the invoice", Service, desk, func(use *pii.Use) error { _, err := bills[0].Text.Reveal(use); return err }},
		{"the accountant opens the invoice", Tax, accountant, func(use *pii.Use) error { _, err := bills[0].Text.Reveal(use); return err }},
		{"her own request opens a backup of her e-mail", Requests, officer, func(use *pii.Use) error { _, err := c.Email.Reveal(use); return err }},
	} {
		var options []pii.AccessorOption
		if attempt.under == Requests {
			options = append(options, pii.ForOperation(purpose.Rights))
		}
		a, err := s.vault.Accessor(attempt.under, options...)
		if err != nil {
			return err
		}
		switch err := a.Do(ctx, attempt.who, id, attempt.open); {
		case err == nil:
			say("  %s: yes", attempt.title)
		case errors.Is(err, purpose.ErrDenied):
			reason, _ := errors.AsType[purpose.Reason](err)
			say("  %s: no, %v", attempt.title, reason)
		default:
			return err
		}
	}
	return nil
}

// night is the sweep that a program runs each night.
func (s *shop) night(ctx context.Context, say func(string, ...any)) error {
	n := 0
	for step, err := range s.sweeper.Sweep(ctx) {
		if err != nil {
			return err
		}
		if step.Cause != nil {
			return step.Cause
		}
		n++
		say("  sweep: %v %v", step.Item.Attributes, step.Action)
	}
	if n == 0 {
		say("  sweep: nothing is due")
	}
	return nil
}
