package rights

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
)

// Config is what a desk stands on. Vault, Purpose, Rules, Store, Disclosures and Eraser are required.
type Config struct {
	Vault *pii.Vault
	// Purpose is the policy's purpose for requests. It lists request.contact and request.nature, which no other may, and all that a report shows; and the operations Collect and Rights; it
	// is bound to no case. It keeps for as long as the longest of the others, for it opens nothing that its own period ended: a report then says that it is withheld.
	Purpose purpose.ID
	Rules   Rules
	Store   Store

	Disclosures Disclosures // who got what
	Eraser      Eraser      // what carries out a deletion

	// Masker takes other people out of free text. If nil, no text in which others may be is given out.
	Masker Masker
	// Until says when a value ends, for reports. If nil, each purpose's own end is told where it can be computed without the ledger.
	Until func(ctx context.Context, s consent.Subject, d pii.Description, caseID string) (time.Time, error)
	// Silent are the purposes that the law forbids to tell the person of, with those below: what was disclosed or kept for them alone is in no report.
	Silent []purpose.ID
	// HoldLate places a hold only when a deletion is asked for too. See the package documentation for what that gives up.
	HoldLate bool
}

// Eraser erases a person: a sweeper of package retention behind a func. Erase is called again after a failure. It must return [consent.ErrHeld] if a hold keeps it from erasing,
// and otherwise, when all is erased that need not be kept, where the proof is, and whether something is kept ([github.com/purposebound/purposebound/retention.Certificate.Kept]):
// what was anonymised is not, and the proof tells it. Errors must name no person.
type Eraser interface {
	Erase(ctx context.Context, s consent.Subject) (evidence string, kept bool, err error)
}

// EraserFunc is a function as an [Eraser].
type EraserFunc func(ctx context.Context, s consent.Subject) (evidence string, kept bool, err error)

// Erase calls f.
func (f EraserFunc) Erase(ctx context.Context, s consent.Subject) (evidence string, kept bool, err error) {
	return f(ctx, s)
}

// Desk receives requests and keeps them until they are answered. It is safe for concurrent use, also with other desks over one store; make it with [NewDesk].
type Desk struct {
	config   Config
	registry *consent.Registry
	own      *pii.Accessor // opens for the person's own request
}

// NewDesk returns a desk. The error is [ErrConfig], or a *purpose.Denied if the policy can never let the purpose answer requests.
func NewDesk(c Config) (*Desk, error) {
	fault := func(text string) error { return fmt.Errorf("%w: %s", ErrConfig, text) }
	switch {
	case c.Vault == nil:
		return nil, fault("Vault is required")
	case missing(c.Store):
		return nil, fault("Store is required")
	case missing(c.Disclosures):
		return nil, fault("Disclosures is required")
	case missing(c.Eraser):
		return nil, fault("Eraser is required")
	case c.Masker != nil && missing(c.Masker):
		return nil, fault("Masker is a nil pointer")
	case !c.Rules.sound():
		return nil, fault("Rules need Days and at most 30, an Extension of at most 30, an Alarm before the deadline, Channels and Needs of the levels there are, a Recourse and a Remedy in both languages")
	}
	own, err := c.Vault.Accessor(c.Purpose, pii.ForOperation(purpose.Rights))
	if err != nil {
		return nil, err
	}
	d := &Desk{config: c, registry: c.Vault.Registry(), own: own}
	d.config.Silent = slices.Clone(c.Silent)
	d.config.Rules.Channels, d.config.Rules.Needs = maps.Clone(c.Rules.Channels), maps.Clone(c.Rules.Needs)
	policy := d.policy()
	for _, a := range []purpose.Attribute{contactAttribute, natureAttribute} {
		for id := range policy.IDs() {
			spec, _ := policy.Spec(id)
			switch lists := slices.Contains(spec.Attributes, a); {
			case id == c.Purpose && !lists:
				return nil, fault("purpose " + string(id) + " does not list " + string(a))
			case !id.Within(c.Purpose) && lists:
				return nil, fault("purpose " + string(id) + " lists " + string(a) + ", which is for requests alone")
			case id == c.Purpose && spec.CaseBound:
				return nil, fault("purpose " + string(id) + " is bound to a case, and a request is about the data of all of them")
			case id == c.Purpose && !slices.Contains(spec.Operations, purpose.Collect):
				return nil, fault("purpose " + string(id) + " does not collect")
			}
		}
	}
	return d, nil
}

// missing also finds a nil pointer or function in an interface: it would fail when somebody asks, and start-up is the better time.
func missing(part any) bool {
	if part == nil {
		return true
	}
	v := reflect.ValueOf(part)
	switch v.Kind() {
	case reflect.Pointer, reflect.Func, reflect.Map, reflect.Chan, reflect.Slice:
		return v.IsNil()
	}
	return false
}

// made returns [ErrConfig] for a desk that NewDesk has not made.
func (d *Desk) made() error {
	if d == nil || d.own == nil {
		return fmt.Errorf("%w: the desk was not made by NewDesk", ErrConfig)
	}
	return nil
}

func (d *Desk) policy() *purpose.Policy { return d.registry.Policy().At(d.now()) }

func (d *Desk) now() time.Time { return d.registry.Now().UTC() }

// Submission is a request as it comes in. Subject, Kind, Channel, Standing and Assurance are required.
type Submission struct {
	Subject   consent.Subject // whose data it is about
	Kind      Kind
	Channel   Channel
	Assurance Assurance    // what was shown; the channel bounds it
	Standing  Standing     // in whose name
	Authority string       // where the proof is that somebody may ask for another; required unless Oneself
	Received  time.Time    // when it came; zero: now. Not in the future
	Language  language.Tag // to answer in; zero: the policy's first
	Evidence  string       // where the request itself is, if on paper or recorded
	Contact   string       // name and contact details given with it; "" for none
	Nature    string       // what is asked for; "" for none
}

// Receive takes a request in. If the person has an open one of the kind, that is returned, with what was said now kept beside it; its time runs from when it first came, also if
// what came first is taken in last.
//
// The error is an *[IdentityError] if it was not shown enough that who asks may; nothing is stored then. If the request was stored and its hold could not be placed, it is returned with
// the error; receiving it again, or [Desk.Due], places the hold.
func (d *Desk) Receive(ctx context.Context, who purpose.Actor, in Submission) (*Request, error) {
	if err := d.made(); err != nil {
		return nil, err
	}
	now := d.now()
	if in.Received.IsZero() {
		in.Received = now
	}
	if in.Language == language.Und {
		in.Language = d.policy().Languages()[0]
	}
	if !named(who) || !in.Subject.Valid() || in.Kind < Access || in.Kind > CeaseDissemination || in.Channel < InAccount || in.Channel > Mail ||
		in.Standing < Oneself || in.Standing > Representative || in.Received.After(now) || in.Received.Year() < 1970 || len(in.Authority)+len(in.Evidence) > 2048 {
		return nil, ErrInvalid
	}
	if err := d.identify(&in); err != nil {
		return nil, err
	}
	intake := &Intake{
		Kind: in.Kind, Channel: in.Channel, Assurance: in.Assurance, Standing: in.Standing, Authority: in.Authority, Received: in.Received.UTC(), Language: in.Language,
		Recourse: d.config.Rules.Recourse,
	}
	if err := d.seal(ctx, who, &in, intake); err != nil {
		return nil, err
	}
	fresh := strings.ToLower(rand.Text())
	var id string
	err := d.change(ctx, in.Subject, func(all []*Request) (*Event, error) {
		now := d.now()
		id = fresh // also where it was another's, which was settled before this could be kept beside it
		if i := slices.IndexFunc(all, func(r *Request) bool { return r.Kind == in.Kind && r.open(now) }); i >= 0 {
			e := &Event{Request: all[i].ID, Kind: Repeated, Time: now, By: who, Evidence: in.Evidence, Intake: intake}
			if intake.Received.Before(all[i].Received) {
				e.Deadline = intake.Received.Add(all[i].Deadline.Sub(all[i].Received))
				e.Alarm = d.config.Rules.alarm(intake.Received, e.Deadline)
			}
			switch {
			case !e.Deadline.IsZero() && !now.Before(e.Deadline): // that one was refused by silence, and is another
			case intake.Contact.IsZero() && intake.Nature.IsZero() && in.Evidence == "" && e.Deadline.IsZero():
				id = e.Request
				return nil, nil
			default:
				id = e.Request
				return e, nil
			}
		}
		deadline := purpose.Period{Days: d.config.Rules.Days}.After(intake.Received)
		return &Event{
			Request: id, Kind: Received, Time: now, By: who, Evidence: in.Evidence, Intake: intake,
			Deadline: deadline, Alarm: d.config.Rules.alarm(intake.Received, deadline),
		}, nil
	})
	if err != nil {
		return nil, err
	}
	held := d.tend(ctx, in.Subject)
	r, err := d.request(ctx, in.Subject, id)
	return r, errors.Join(held, err)
}

// identify asks whether enough is known of who asks, and leaves in the submission what the channel lets be known.
func (d *Desk) identify(in *Submission) error {
	in.Assurance = min(in.Assurance, d.config.Rules.Channels[in.Channel])
	needs, asked := d.config.Rules.Needs[in.Kind]
	switch {
	case !asked:
		return ErrKind
	case in.Assurance < needs, in.Standing != Oneself && strings.TrimSpace(in.Authority) == "":
		return &IdentityError{Kind: in.Kind, Channel: in.Channel, Needs: needs, Has: in.Assurance, Standing: in.Standing}
	}
	return nil
}

var methods = [...]consent.Method{InAccount: consent.InAccount, InPerson: consent.Paper, Phone: consent.Phone, SMS: consent.WebForm, Email: consent.WebForm, Mail: consent.Paper}

// seal seals what was said, for requests and nothing else.
func (d *Desk) seal(ctx context.Context, who purpose.Actor, in *Submission, intake *Intake) error {
	if in.Contact == "" && in.Nature == "" {
		return nil
	}
	into, err := d.config.Vault.Collect(ctx, who, in.Subject, pii.Collection{For: []purpose.ID{d.config.Purpose}, Method: methods[in.Channel]})
	if err == nil && in.Contact != "" {
		err = intake.Contact.Seal(into, in.Contact)
	}
	if err == nil && in.Nature != "" {
		err = intake.Nature.Seal(into, in.Nature)
	}
	return err
}

// Requests returns all requests of a person, in the order they came.
func (d *Desk) Requests(ctx context.Context, s consent.Subject) ([]*Request, error) {
	if err := d.made(); err != nil {
		return nil, err
	}
	if !s.Valid() {
		return nil, consent.ErrSubject
	}
	events, err := d.config.Store.Events(ctx, s)
	if err != nil {
		return nil, stored(err)
	}
	return fold(s, events)
}

func (d *Desk) request(ctx context.Context, s consent.Subject, id string) (*Request, error) {
	all, err := d.Requests(ctx, s)
	if err != nil {
		return nil, err
	}
	return find(all, id)
}

func find(all []*Request, id string) (*Request, error) {
	i := slices.IndexFunc(all, func(r *Request) bool { return r.ID == id })
	if i < 0 {
		return nil, ErrNoRequest
	}
	return all[i], nil
}

// pending returns a request of the kind that is not settled.
func (d *Desk) pending(ctx context.Context, who purpose.Actor, s consent.Subject, id string, kind Kind) (*Request, error) {
	if !named(who) {
		return nil, ErrInvalid
	}
	r, err := d.request(ctx, s, id)
	switch {
	case err != nil:
		return nil, err
	case r.Kind != kind:
		return nil, ErrKind
	case r.settled != 0:
		return nil, ErrSettled
	}
	return r, nil
}

// Due sees to what time has brought about and yields the requests that are to be answered soon or should have been: from their alarm on, until they are answered or refused. Call it each day.
// On the way it places holds that could not be placed before, and releases those that keep nothing for anybody any more; a failure of these comes with no request, and the rest goes on.
func (d *Desk) Due(ctx context.Context) iter.Seq2[*Request, error] {
	return func(yield func(*Request, error) bool) {
		if err := d.made(); err != nil {
			yield(nil, err)
			return
		}
		for s, err := range d.config.Store.Due(ctx, d.now()) {
			if err != nil {
				yield(nil, stored(err))
				return
			}
			if err := d.tend(ctx, s); err != nil && !yield(nil, err) {
				return
			}
			all, err := d.Requests(ctx, s)
			if err != nil && !yield(nil, err) {
				return
			}
			now := d.now()
			for _, r := range all {
				if r.settled == 0 && !now.Before(r.Alarm) && !yield(r, nil) {
					return
				}
			}
		}
	}
}

// change appends the event that f makes of the person's requests; none if that is nil.
func (d *Desk) change(ctx context.Context, s consent.Subject, f func([]*Request) (*Event, error)) error {
	if err := d.made(); err != nil {
		return err
	}
	for range 16 {
		if !s.Valid() {
			return consent.ErrSubject
		}
		events, err := d.config.Store.Events(ctx, s)
		if err != nil {
			return stored(err)
		}
		all, err := fold(s, events)
		if err != nil {
			return err
		}
		e, err := f(all)
		if e == nil || err != nil {
			return err
		}
		all, err = fold(s, append(slices.Clone(events), *e))
		if err != nil {
			return err
		}
		at := look(all)
		if slices.ContainsFunc(all, func(r *Request) bool { return d.wanted(all, r, e.Time) && !r.held }) {
			at = e.Time // the hold is still to be placed
		}
		if err = d.config.Store.Append(ctx, s, len(events), *e, at); !errors.Is(err, ErrConflict) {
			return stored(err)
		}
	}
	return ErrConflict
}

// on appends an event to one request, if may lets it.
func (d *Desk) on(ctx context.Context, s consent.Subject, e Event, may func(*Request) error) error {
	if !named(e.By) || len(e.Evidence) > 1024 {
		return ErrInvalid
	}
	return d.change(ctx, s, func(all []*Request) (*Event, error) {
		r, err := find(all, e.Request)
		if err != nil {
			return nil, err
		}
		if err := may(r); err != nil {
			return nil, err
		}
		out := e
		out.Time = d.now()
		return &out, nil
	})
}

// named reports whether an actor says who it is.
func named(who purpose.Actor) bool { return who.Role != "" && who.ID != "" }
