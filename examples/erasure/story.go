package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tink-crypto/tink-go/v2/jwt"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/rights"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
	"github.com/purposebound/purposebound/retention/certificate"
)

// story tells it all. A fault on the way ends it.
func (s *shop) story(ctx context.Context, out io.Writer) (err error) {
	t := &teller{shop: s, ctx: ctx, out: out}
	if t.marie, err = s.signUp(ctx); err != nil {
		return err
	}
	for _, scene := range []struct {
		day   time.Time
		title string
		play  func() error
	}{
		{at(2025, time.March, 7), "Marie signs up and buys something; so do others.", t.buys},
		{at(2025, time.May, 7), "She asks what the shop has of her.", t.asks},
		{at(2025, time.May, 30), "A week before the thirty days are over, an alarm rings, and she is answered.", t.isAnswered},
		{at(2025, time.June, 2), "She corrects her phone number.", t.corrects},
		{at(2025, time.June, 30), "She asks for the deletion of everything.", t.asksForDeletion},
		{at(2025, time.September, 2), "She asks again what the shop has of her.", t.asksAgain},
		{at(2028, time.March, 8), "Three years later, nobody has asked for anything.", t.night},
		{time.Date(2031, time.December, 31, 23, 59, 59, 0, time.UTC), "The last second of the tax law's six years.", t.lastSecond},
		{at(2032, time.January, 1).Truncate(24 * time.Hour), "A second later.", t.isGone},
		{at(2032, time.January, 9), "A disk fails, and her rows come back from a backup of June 2025.", t.restores},
	} {
		s.today = scene.day
		t.say("\n%s — %s", s.today.Format(time.DateOnly), scene.title)
		if err := scene.play(); err != nil {
			return err
		}
	}
	return nil
}

func at(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 14, 0, 0, 0, time.UTC)
}

// teller plays the scenes.
type teller struct {
	*shop
	ctx   context.Context
	out   io.Writer
	marie *client

	copied client // a backup of her row, and of her invoices
	bought []bill
}

func (t *teller) say(format string, args ...any) { fmt.Fprintf(t.out, format+"\n", args...) }

func (t *teller) buys() error {
	t.say("  stored: %v, %v, %v", t.marie.Name, t.marie.Email, t.marie.Phone)
	for range others {
		if err := t.another(t.ctx); err != nil {
			return err
		}
	}
	carrier, err := t.vault.Accessor(Service, pii.DiscloseTo("carrier"))
	if err != nil {
		return err
	}
	return carrier.Do(t.ctx, counter, t.marie.ID, func(use *pii.Use) error {
		_, err1 := t.marie.Name.Reveal(use) // and print a label
		_, err2 := t.marie.Phone.Reveal(use)
		t.say("  the carrier gets her name and phone number")
		return errors.Join(err1, err2)
	})
}

// request is one of hers, made in her account.
func (t *teller) request(kind rights.Kind, nature string) (*rights.Request, error) {
	r, err := t.desk.Receive(t.ctx, website, rights.Submission{
		Subject: t.marie.ID, Kind: kind, Channel: rights.InAccount, Assurance: rights.Authenticated, Standing: rights.Oneself, Nature: nature,
	})
	if err == nil {
		t.say("  received: %v, to be answered by %s", r.Kind, r.Deadline.Format(time.DateOnly))
	}
	return r, err
}

func (t *teller) asks() error {
	if _, err := t.request(rights.Access, "Everything, please. Marie"); err != nil {
		return err
	}
	t.say("  so that nothing is gone before she has the answer, all of it is held, and opens for her request alone:")
	return t.try("the counter opens the invoice", Service, counter, t.invoice)
}

func (t *teller) isAnswered() error {
	for r, err := range t.desk.Due(t.ctx) {
		if err != nil {
			return err
		}
		t.say("  due: %v, %v, by %s", r.Kind, r.State(t.today), r.Deadline.Format(time.DateOnly))
		if err := t.answer(r, "letter 2025-1"); err != nil {
			return err
		}
	}
	t.say("  she has it all, and nothing is held any more:")
	return t.try("the counter opens the invoice", Service, counter, t.invoice)
}

// answer writes the report that answers a request for access.
func (t *teller) answer(r *rights.Request, letter string) error {
	fields, err := t.fields(t.ctx, t.marie.ID)
	if err != nil {
		return err
	}
	var report bytes.Buffer // a program writes a file
	written, err := t.desk.WriteAccess(t.ctx, officer, t.marie.ID, r.ID, fields, &report)
	if err != nil {
		return err
	}
	if err := t.tellReport(report.Bytes()); err != nil {
		return err
	}
	t.say("  values given: %d, withheld: %d", written.Values, written.Withheld)
	return t.desk.Answer(t.ctx, officer, t.marie.ID, r.ID, letter)
}

func (t *teller) corrects() error {
	_, err := t.desk.Receive(t.ctx, counter, rights.Submission{
		Subject: t.marie.ID, Kind: rights.Rectification, Channel: rights.SMS, Assurance: rights.Claimed, Standing: rights.Oneself, Nature: "New number, Marie",
	})
	if !errors.Is(err, rights.ErrIdentityNotVerified) {
		return fmt.Errorf("a stranger was not turned away: %w", err)
	}
	t.say("  a text message from a number nobody knows: %v", err)
	r, err := t.request(rights.Rectification, "My number is another.")
	if err != nil {
		return err
	}
	inform, err := rights.Rectify(t.ctx, t.desk, officer, t.marie.ID, r.ID, &t.marie.Phone, "+1 514 555 0142", pii.Collection{})
	if err != nil {
		return err
	}
	if err := t.save(t.ctx, t.marie); err != nil {
		return err
	}
	t.say("  the old number is gone with its row; to be told of the new one: %s", strings.Join(inform, ", "))
	return t.desk.Answer(t.ctx, officer, t.marie.ID, r.ID, "letter 2025-2")
}

func (t *teller) asksForDeletion() (err error) {
	t.copied = *t.marie
	if t.bought, err = t.bills(t.ctx, t.marie.ID); err != nil {
		return err
	}
	r, err := t.request(rights.Deletion, "All of it.")
	if err != nil {
		return err
	}
	plan, err := t.sweeper.Plan(t.ctx, t.marie.ID)
	if err != nil {
		return err
	}
	var kept []rights.Ground // what she is to be told: the plan says it before anything is gone
	if slices.ContainsFunc(plan.Lines, func(l retention.Line) bool { return l.Outcome == retention.Retained }) {
		kept = append(kept, rights.KeptByLaw)
	}
	if err := t.desk.Erase(t.ctx, officer, t.marie.ID, r.ID, kept...); err != nil {
		return err
	}
	done := t.issued[len(t.issued)-1]
	tell(done, t.say)
	if err := t.certify(done, t.marie.ID, t.say); err != nil {
		return err
	}
	t.say("  her letter says: %s", rights.Quebec().Letter(language.English, kept...))
	return t.tryAll()
}

func (t *teller) asksAgain() error {
	r, err := t.request(rights.Access, "") // of somebody who was erased nothing more can be collected
	if err != nil {
		return err
	}
	return t.answer(r, "letter 2025-4")
}

func (t *teller) lastSecond() error {
	if err := t.night(); err != nil {
		return err
	}
	return t.tryAll()
}

func (t *teller) isGone() error {
	if err := t.night(); err != nil {
		return err
	}
	left, err := t.bills(t.ctx, t.marie.ID)
	if err != nil {
		return err
	}
	t.say("  invoices left: %d", len(left))
	return nil
}

func (t *teller) restores() error {
	if err := t.save(t.ctx, &t.copied); err != nil {
		return err
	}
	for _, b := range t.bought {
		if err := t.keep(t.ctx, t.marie.ID, b); err != nil {
			return err
		}
	}
	back, err := t.bills(t.ctx, t.marie.ID)
	if err != nil {
		return err
	}
	t.say("  invoices back: %d; none of it opens, for the keys are gone:", len(back))
	t.bought = back
	return t.tryAll()
}

// night is the sweep that a program runs each night.
func (t *teller) night() error {
	due, err := t.due(t.ctx)
	if err != nil {
		return err
	}
	type end struct {
		what   string
		action retention.Action
	}
	ended := make(map[end]int)
	progress := newBar(t.out, due)
	for step, err := range t.sweeper.Sweep(t.ctx) {
		if err = cmp.Or(err, step.Cause); err != nil {
			return err
		}
		progress.step()
		ended[end{fmt.Sprint(step.Item.Attributes), step.Action}]++
	}
	progress.end()
	if len(ended) == 0 {
		t.say("  sweep: nothing is due")
	}
	for _, e := range slices.SortedFunc(maps.Keys(ended), func(a, b end) int { return cmp.Or(cmp.Compare(a.what, b.what), cmp.Compare(a.action, b.action)) }) {
		t.say("  sweep: %s %v: %d", e.what, e.action, ended[e])
	}
	return nil
}

// tellReport tells what is in a report, which is JSON.
func (t *teller) tellReport(report []byte) error {
	var r struct {
		Values []struct {
			Attribute, Value, Withheld, Origin string
			Since, Until                       time.Time
			Purposes                           []struct{ ID purpose.ID }
		}
		Disclosures []struct {
			Name, Attribute string
			Last            time.Time
		}
	}
	if err := json.Unmarshal(report, &r); err != nil {
		return err
	}
	for _, v := range r.Values {
		var why []string
		for _, p := range v.Purposes {
			spec, _ := t.registry.Policy().Spec(p.ID)
			why = append(why, spec.Title.EN)
		}
		t.say("  %-16s %-28q %s since %s, until %s, for: %s", v.Attribute, v.Value, v.Origin, v.Since.Format(time.DateOnly), v.Until.Format(time.DateOnly), strings.Join(why, ", "))
	}
	for _, d := range r.Disclosures {
		t.say("  %-16s went to %s on %s", d.Attribute, d.Name, d.Last.Format(time.DateOnly))
	}
	return nil
}

func (t *teller) invoice(use *pii.Use) error {
	bills, err := t.bills(t.ctx, t.marie.ID)
	if err != nil || len(bills) == 0 {
		return cmp.Or(err, errors.New("there is no invoice"))
	}
	_, err = bills[0].Text.Reveal(use)
	return err
}

// tryAll says who can open what of a copy of her rows.
func (t *teller) tryAll() error {
	copied := func(use *pii.Use) error { _, err := t.bought[0].Text.Reveal(use); return err }
	return cmp.Or(
		t.try("the counter opens the invoice", Service, counter, copied),
		t.try("the accountant opens the invoice", Tax, accountant, copied),
		t.try("her own request opens the copy of her e-mail", Requests, officer, func(use *pii.Use) error { _, err := t.copied.Email.Reveal(use); return err }),
	)
}

// try says whether somebody can open something under a purpose, and why not.
func (t *teller) try(title string, under purpose.ID, who purpose.Actor, open func(*pii.Use) error) error {
	var options []pii.AccessorOption
	if under == Requests {
		options = append(options, pii.ForOperation(purpose.Rights))
	}
	a, err := t.vault.Accessor(under, options...)
	if err != nil {
		return err
	}
	switch err := a.Do(t.ctx, who, t.marie.ID, open); {
	case err == nil:
		t.say("  %s: yes", title)
	case errors.Is(err, purpose.ErrDenied):
		reason, _ := errors.AsType[purpose.Reason](err)
		t.say("  %s: no, %v", title, reason)
	default:
		return err
	}
	return nil
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
	invoice := bill{Number: "2025-17"}
	err = errors.Join(c.Name.Seal(in, "Marie Tremblay"), c.Email.Seal(in, "marie@example.com"), c.Phone.Seal(in, "514 555-0199"),
		invoice.Text.Seal(books, "2025-17: one gate, $ 840.00"))
	if err != nil {
		return nil, err
	}
	return c, errors.Join(s.save(ctx, c), s.keep(ctx, c.ID, invoice))
}

// others is how many other clients there are.
const others = 24

// another is a client who gives a name and is not heard of again.
func (s *shop) another(ctx context.Context) error {
	c := &client{ID: consent.NewSubject()}
	if _, err := s.registry.Notify(ctx, c.ID, language.English); err != nil {
		return err
	}
	in, err := s.vault.Collect(ctx, website, c.ID, pii.Collection{For: []purpose.ID{Service}, Method: consent.WebForm})
	if err != nil {
		return err
	}
	return cmp.Or(c.Name.Seal(in, "Somebody Else"), s.save(ctx, c))
}

// tell says what became of each attribute.
func tell(c retention.Certificate, say func(string, ...any)) {
	for _, l := range c.Lines {
		say("  %-16s %s", l.Attribute, l.Explain(language.English))
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
