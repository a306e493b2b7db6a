package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
)

// Who collects. Collecting asks for a named actor and for what the person was told.
var (
	site      = purpose.Actor{Role: WebService, ID: "site"}
	phoneLine = purpose.Actor{Role: PhoneService, ID: "line"}
	cashier   = purpose.Actor{Role: PaymentService, ID: "cashier"}
)

// What the forms say that the answers are for. Of each list, a value is sealed for the purposes that need
// its field, less those the person has refused; for no other purpose will it ever open.
var (
	forContact = []purpose.ID{
		Identify, ServiceConnect, ServiceAccount, ServiceProgress, ServiceNotice, SupportAssist, SupportSolve,
		Newsletter, NewsletterPromo, NewsletterEvents, NewsletterSurvey, Offers, MarketingSurvey, SupportSurvey,
	}
	forIdentity   = []purpose.ID{Identify, ServiceVerify, Analytics}
	forPreference = []purpose.ID{ServiceConnect, ServiceAccount, ServiceProgress, Analytics}
	forPayment    = []purpose.ID{ServicePayment}
	forInvoice    = []purpose.ID{ServicePayment, LegalTax}
	forHelp       = []purpose.ID{SupportAssist, SupportRoute, SupportSolve}
	forCalls      = []purpose.ID{SupportAssist, SupportSolve, SupportQuality}
)

// form is what somebody fills in: what is written on it is sealed for the purposes it names. After an error nothing more is.
type form struct {
	in  *pii.Intake
	err error
}

// fill seals an answer into a field. An empty answer leaves the field absent.
func fill[K pii.Kind](f *form, field *pii.Sealed[K], answer string) {
	if f.err == nil && answer != "" {
		f.err = field.Seal(f.in, answer)
	}
}

// fillBound is fill for a value that must not move to another row.
func fillBound[K pii.Kind](f *form, field *pii.Sealed[K], answer, record string) {
	if f.err == nil && answer != "" {
		f.err = field.SealBound(f.in, answer, record)
	}
}

// form begins a form.
func (o *office) form(ctx context.Context, by purpose.Actor, whose consent.Subject, how pii.Collection) *form {
	in, err := o.vault.Collect(ctx, by, whose, how)
	return &form{in, err}
}

// batch is how many records are taken in before their rows are written, in one transaction.
const batch = 32

// takeIn takes in what is not there yet. It may be stopped at any point: rows are written last, and whoever has no row is
// taken in again. That repeats the notice and nothing else: other events have ids of their own, and a refusal that stands is
// not recorded twice.
func takeIn(ctx context.Context, o *office, data *dataset, report func(done, total int)) error {
	total := len(data.People) + len(data.Jobs) + len(data.Messages) + len(data.Calls)
	done := 0
	var rows []row
	flush := func() error {
		err := o.insert(ctx, rows)
		rows = rows[:0]
		report(done, total)
		return err
	}
	add := func(r row, err error) error {
		if err != nil {
			return err
		}
		rows = append(rows, r)
		done++
		if len(rows) < batch {
			return nil
		}
		return flush()
	}
	steps := []func() error{
		func() error {
			return missing(ctx, o, "people", data.People, func(p *person) string { return string(p.ID) },
				func(p *person) error { return add(o.takePerson(ctx, p)) })
		},
		func() error {
			return missing(ctx, o, "jobs", data.Jobs, func(j *job) string { return j.ID },
				func(j *job) error { return add(o.takeJob(ctx, j)) })
		},
		func() error {
			return missing(ctx, o, "messages", data.Messages, func(m *message) string { return m.ID },
				func(m *message) error { return add(o.takeMessage(ctx, m)) })
		},
		func() error {
			return missing(ctx, o, "calls", data.Calls, func(c *call) string { return c.ID },
				func(c *call) error { return add(o.takeCall(ctx, c)) })
		},
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
		if err := flush(); err != nil {
			return err
		}
	}
	return nil
}

// missing calls take for the records that have no row in the table.
func missing[T any](ctx context.Context, o *office, table string, all []T, id func(*T) string, take func(*T) error) error {
	have, err := o.ids(ctx, table)
	if err != nil {
		return err
	}
	for i := range all {
		if have[id(&all[i])] {
			continue
		}
		if err := take(&all[i]); err != nil {
			return fmt.Errorf("taking in %s[%d]: %w", table, i, err)
		}
	}
	return nil
}

// takePerson records what the person was told and answered, and then seals the form.
func (o *office) takePerson(ctx context.Context, p *person) (*personRow, error) {
	if err := o.recordAnswers(ctx, p); err != nil {
		return nil, err
	}
	contact := slices.Clone(forContact)
	if p.Kind == "professional" {
		contact = append(contact, ServiceClientToPro)
	} else {
		contact = append(contact, ServiceProToClient)
	}
	r := &personRow{ID: p.ID, Kind: p.Kind}
	web := func(ids []purpose.ID) pii.Collection { return pii.Collection{For: ids, Method: consent.WebForm} }

	about := o.form(ctx, site, p.ID, web(contact))
	fill(about, &r.Name, p.Name)
	fill(about, &r.Email, p.Email)
	fill(about, &r.Phone, p.Phone)
	fill(about, &r.Address, p.Address)
	identity := o.form(ctx, site, p.ID, web(forIdentity))
	fill(identity, &r.BirthDate, p.BirthDate)
	fill(identity, &r.Gender, p.Gender)
	preference := o.form(ctx, site, p.ID, web(forPreference))
	fill(preference, &r.Language, p.Language)
	fill(preference, &r.Location, p.Location)
	payment := o.form(ctx, cashier, p.ID, web(forPayment))
	fill(payment, &r.Payment, p.PaymentMethod)

	for _, f := range []*form{about, identity, preference, payment} {
		if f.err != nil {
			return nil, f.err
		}
	}
	return r, nil
}

// recordAnswers tells the ledger that the person was shown the notice and what she answered to each question.
// A purpose without an answer is recorded by nothing at all, and is refused as ConsentUnknown.
func (o *office) recordAnswers(ctx context.Context, p *person) error {
	shown := language.English
	if p.Language == "fr-CA" {
		shown = language.CanadianFrench
	}
	if _, err := o.registry.Notify(ctx, p.ID, shown); err != nil {
		return err
	}
	account := consent.Event{ID: "account", Kind: consent.AccountOpened}
	if _, err := o.registry.Record(ctx, p.ID, account); err != nil {
		return err
	}
	for _, id := range p.Granted {
		if _, err := o.registry.Grant(ctx, p.ID, id, signedForm(id)); err != nil {
			return err
		}
	}
	for _, id := range p.Refused {
		if _, err := o.registry.Refuse(ctx, p.ID, id); err != nil {
			return err
		}
	}
	return nil
}

// signedForm is the act of ticking the box of a purpose on the registration form. Its id makes it count once.
func signedForm(id purpose.ID) consent.Act {
	return consent.Act{Method: consent.WebForm, ID: "form/" + string(id)}
}

// takeJob binds the professional to the client and the client to the professional, for as long as the job is open.
func (o *office) takeJob(ctx context.Context, j *job) (*jobRow, error) {
	opened := consent.Event{ID: "opened/" + j.ID, Kind: consent.CaseOpened, Case: j.ID, Occurred: j.Opened}
	opened.Actor = purpose.Actor{Role: Professional, ID: string(j.Professional)}
	if _, err := o.registry.Record(ctx, j.Client, opened); err != nil {
		return nil, err
	}
	opened.Actor = purpose.Actor{Role: Client, ID: string(j.Client)}
	if _, err := o.registry.Record(ctx, j.Professional, opened); err != nil {
		return nil, err
	}
	r := &jobRow{ID: j.ID, Client: j.Client, Professional: j.Professional, Trade: j.Trade, Status: j.Status}

	order := o.form(ctx, site, j.Client, pii.Collection{For: forHelp, Method: consent.WebForm, Case: j.ID})
	fillBound(order, &r.WorkOrder, j.WorkOrder, r.record())
	if order.err != nil || j.Status == "open" {
		return r, order.err
	}

	invoice := o.form(ctx, cashier, j.Client, pii.Collection{For: forInvoice, Method: consent.Automatic, Case: j.ID})
	fill(invoice, &r.Amount, strconv.FormatInt(j.AmountCents, 10)+" cents")
	if invoice.err != nil {
		return nil, invoice.err
	}
	r.Closed = j.Closed.UTC().Format(stampLayout)
	closed := consent.Event{ID: "closed/" + j.ID, Kind: consent.CaseClosed, Case: j.ID, Occurred: j.Closed}
	for _, party := range []consent.Subject{j.Client, j.Professional} {
		if _, err := o.registry.Record(ctx, party, closed); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// takeMessage seals a message as data of who wrote it.
func (o *office) takeMessage(ctx context.Context, m *message) (*messageRow, error) {
	r := &messageRow{ID: m.ID, Job: m.Job, Sender: consent.Subject(m.From)}
	written := o.form(ctx, site, r.Sender, pii.Collection{For: forHelp, Method: consent.InAccount, Case: m.Job})
	fill(written, &r.Text, m.Text)
	return r, written.err
}

// takeCall seals the line of the call log, the reference of the recording, and what was said.
func (o *office) takeCall(ctx context.Context, c *call) (*callRow, error) {
	r := &callRow{ID: c.ID, Job: c.Job, Subject: c.Subject}
	call := o.form(ctx, phoneLine, c.Subject, pii.Collection{For: forCalls, Method: consent.Phone, Case: c.Job})
	fill(call, &r.Log, fmt.Sprintf("%s, %d seconds, with %s", c.At.UTC().Format(stampLayout), c.Seconds, c.Agent))
	fill(call, &r.Recording, c.Recording)
	fill(call, &r.Transcript, c.Transcript)
	return r, call.err
}
