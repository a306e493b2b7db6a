package consent_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// The purposes of the tests: a tree of express consents with a legal ground in it, and one of each other ground.
const (
	marketing purpose.ID = "marketing"
	letter    purpose.ID = "marketing.letter"
	calls     purpose.ID = "marketing.calls"
	proof     purpose.ID = "marketing.proof" // on a legal ground
	delivery  purpose.ID = "delivery"        // by provision
	repair    purpose.ID = "repair"          // by provision, bound to a case
	answers   purpose.ID = "answers"         // by notice only
)

const job = "job-1"

// canary is a subject that must not appear in any error.
const canary consent.Subject = "canary-7f3a"

var clerk = purpose.Actor{Role: "clerk", ID: "k-1"}

func registryPolicy(tb testing.TB) *purpose.Policy {
	tb.Helper()
	spec := func(id purpose.ID, basis purpose.Basis) purpose.Spec {
		s := purpose.Spec{
			ID: id, Domain: "shop", Title: purpose.Text{EN: "Title", FR: "Titre"}, Basis: basis,
			Attributes: []purpose.Attribute{"identity.email"},
			Operations: []purpose.Operation{purpose.Collect, purpose.Use, purpose.Combine},
			Roles:      map[purpose.Role][]purpose.Attribute{"clerk": {"identity.email"}},
			Retention:  purpose.Retention{Keep: purpose.Period{Years: 1}, From: purpose.FromCollection},
			CaseBound:  id == repair,
		}
		if basis == purpose.LegalGround {
			s.Citation = "P-39.1 s. 12"
		}
		if id == marketing || id == proof {
			s.Operations = append(s.Operations, purpose.Store, purpose.Rights, purpose.Maintenance)
		}
		if id == letter {
			s.Consequence = purpose.Text{EN: "No letter.", FR: "Pas de lettre."}
		}
		return s
	}
	p, err := purpose.NewPolicy(purpose.Document{
		Version: "1", Effective: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), Officer: "privacy@example.com",
		Languages: []language.Tag{language.English, language.CanadianFrench},
		Purposes: []purpose.Spec{
			spec(marketing, purpose.ExpressConsent), spec(letter, purpose.ExpressConsent), spec(calls, purpose.ExpressConsent),
			spec(proof, purpose.LegalGround), spec(delivery, purpose.ConsentByProvision), spec(repair, purpose.ConsentByProvision),
			spec(answers, purpose.NoticeOnly),
		},
	})
	require.NoError(tb, err)
	return p
}

// flaky is a Memory whose calls a test can bend. It counts them.
type flaky struct {
	consent.Memory
	mu       sync.Mutex
	onAppend func(ctx context.Context, e consent.Event, store func() (uint64, error)) (uint64, error)
	onEvents func(ctx context.Context, snapshot events) events
	appends  int
	reads    int
}

type events = iter.Seq2[consent.Event, error]

func (l *flaky) bend(
	onAppend func(ctx context.Context, e consent.Event, store func() (uint64, error)) (uint64, error),
	onEvents func(ctx context.Context, snapshot events) events,
) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.onAppend, l.onEvents = onAppend, onEvents
}

func (l *flaky) calls() (appends, reads int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.appends, l.reads
}

func (l *flaky) Append(ctx context.Context, s consent.Subject, after uint64, e consent.Event) (uint64, error) {
	l.mu.Lock()
	l.appends++
	bent := l.onAppend
	l.mu.Unlock()
	store := func() (uint64, error) { return l.Memory.Append(ctx, s, after, e) }
	if bent != nil {
		return bent(ctx, e, store)
	}
	return store()
}

// Events takes the snapshot when it is called, so that whoever bends it yields an old one.
func (l *flaky) Events(ctx context.Context, s consent.Subject, after uint64) events {
	return func(yield func(consent.Event, error) bool) {
		l.mu.Lock()
		l.reads++
		bent := l.onEvents
		l.mu.Unlock()
		read := l.Memory.Events(ctx, s, after)
		if bent != nil {
			read = bent(ctx, taken(read))
		}
		read(yield)
	}
}

func taken(read events) events {
	type pair struct {
		e   consent.Event
		err error
	}
	var all []pair
	for e, err := range read {
		all = append(all, pair{e, err})
	}
	return func(yield func(consent.Event, error) bool) {
		for _, p := range all {
			if !yield(p.e, p.err) {
				return
			}
		}
	}
}

func failing(err error) events {
	return func(yield func(consent.Event, error) bool) { yield(consent.Event{}, err) }
}

func yielding(list ...consent.Event) events {
	return func(yield func(consent.Event, error) bool) {
		for _, e := range list {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// desk is a registry over a ledger that can be bent, and one subject.
type desk struct {
	*consent.Registry
	t      testing.TB
	ledger *flaky
	who    consent.Subject
	gates  sync.Map // purpose.ID to *consent.Gate
}

func newDesk(t testing.TB, options ...consent.Option) *desk {
	t.Helper()
	l := new(flaky)
	r, err := consent.NewRegistry(registryPolicy(t), l, options...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = r.Close() })
	return &desk{Registry: r, t: t, ledger: l, who: canary}
}

// told shows the notice and grants the purposes.
func (d *desk) told(ids ...purpose.ID) *desk {
	d.t.Helper()
	_, err := d.Notify(d.t.Context(), d.who, language.English)
	require.NoError(d.t, err)
	for _, id := range ids {
		d.grant(id, consent.Act{})
	}
	return d
}

func (d *desk) grant(id purpose.ID, a consent.Act) consent.Event {
	d.t.Helper()
	if a.Method == 0 {
		a.Method = consent.WebForm
	}
	e, err := d.Grant(d.t.Context(), d.who, id, a)
	require.NoError(d.t, err)
	return e
}

func (d *desk) open(id string) {
	d.t.Helper()
	_, err := d.Record(d.t.Context(), d.who, consent.Event{Kind: consent.CaseOpened, Case: id, Actor: clerk})
	require.NoError(d.t, err)
}

func actorFor(id purpose.ID) purpose.Actor {
	a := clerk
	if id == repair {
		a.Case = job
	}
	return a
}

// try begins a use and checks it, and says how that went.
func (d *desk) try(id purpose.ID) (*consent.Permit, purpose.Reason) {
	return d.tryAs(d.t.Context(), id, actorFor(id))
}

func (d *desk) tryAs(ctx context.Context, id purpose.ID, who purpose.Actor) (*consent.Permit, purpose.Reason) {
	made, err := d.Gate(nil, purpose.Use, id)
	if err != nil {
		return nil, reasonOf(err)
	}
	g, _ := d.gates.LoadOrStore(id, made)
	p, err := g.(*consent.Gate).Begin(ctx, who, d.who)
	if err != nil {
		return nil, reasonOf(err)
	}
	_, reason := p.Check()
	return p, reason
}

// use begins a use that must be permitted. It is ended with the test.
func (d *desk) use(id purpose.ID) *consent.Permit {
	d.t.Helper()
	p, reason := d.try(id)
	require.Equal(d.t, purpose.Permitted, reason)
	d.t.Cleanup(p.End)
	return p
}

// asks is try for a question and no more.
func (d *desk) asks(id purpose.ID) purpose.Reason {
	p, reason := d.try(id)
	p.End()
	return reason
}

func reasonOf(err error) purpose.Reason {
	if d, ok := errors.AsType[*purpose.Denied](err); ok {
		return d.Reason
	}
	return purpose.Undecided
}

func checked(p *consent.Permit) purpose.Reason {
	_, reason := p.Check()
	return reason
}

// history is what the ledger holds, by kind.
func (d *desk) history(kinds ...consent.Kind) []consent.Event {
	d.t.Helper()
	var all []consent.Event
	for e, err := range d.ledger.Memory.Events(context.Background(), d.who, 0) {
		require.NoError(d.t, err)
		for _, k := range kinds {
			if e.Kind == k {
				all = append(all, e)
			}
		}
		if len(kinds) == 0 {
			all = append(all, e)
		}
	}
	return all
}

func (d *desk) status(id purpose.ID) purpose.Status {
	d.t.Helper()
	c, err := d.State(d.t.Context(), d.who, id)
	require.NoError(d.t, err)
	return c.Status
}

var errDisk = errors.New("disk on fire")

func TestNewRegistryRefuses(t *testing.T) {
	t.Parallel()
	p := registryPolicy(t)
	for name, make := range map[string]func() (*consent.Registry, error){
		"no policy":  func() (*consent.Registry, error) { return consent.NewRegistry(nil, new(consent.Memory)) },
		"no ledger":  func() (*consent.Registry, error) { return consent.NewRegistry(p, nil) },
		"nil option": func() (*consent.Registry, error) { return consent.NewRegistry(p, new(consent.Memory), nil) },
		"no longest use": func() (*consent.Registry, error) {
			return consent.NewRegistry(p, new(consent.Memory), consent.WithMaxUse(0))
		},
		"no clock": func() (*consent.Registry, error) {
			return consent.NewRegistry(p, new(consent.Memory), consent.WithClock(nil))
		},
		"an empty cache": func() (*consent.Registry, error) {
			return consent.NewRegistry(p, new(consent.Memory), consent.WithCache(0))
		},
		"a ledger in use": func() (*consent.Registry, error) { return consent.NewRegistry(p, &held{taken: true}) },
	} {
		r, err := make()
		assert.Error(t, err, name)
		assert.Nil(t, r, name)
	}
}

// Without any event, only what needs neither notice nor consent is permitted.
func TestEmptyLedger(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for id, want := range map[purpose.ID]purpose.Reason{
		marketing: purpose.ConsentUnknown, letter: purpose.ConsentUnknown, proof: purpose.Permitted,
		delivery: purpose.NoticeRequired, repair: purpose.CaseNotOpen, answers: purpose.NoticeRequired,
	} {
		assert.Equal(t, want, d.asks(id), id)
	}
	d.told()
	d.open(job)
	for id, want := range map[purpose.ID]purpose.Reason{
		letter: purpose.ConsentUnknown, delivery: purpose.Permitted, repair: purpose.Permitted, answers: purpose.Permitted,
	} {
		assert.Equal(t, want, d.asks(id), id)
	}
	_, reason := d.tryAs(t.Context(), repair, purpose.Actor{Role: "clerk", ID: "other", Case: job})
	assert.Equal(t, purpose.NotAssigned, reason)
}

// Everything that cannot be asked is denied with a name, and nothing is written.
func TestMalformedCallsAreDenied(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told(letter)
	gate, err := d.Gate(nil, purpose.Use, letter)
	require.NoError(t, err)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	before, _ := d.ledger.calls()

	//nolint:staticcheck // a nil context is what is tested
	var none context.Context
	for name, c := range map[string]struct {
		ctx  context.Context
		who  consent.Subject
		want purpose.Reason
	}{
		"no context":        {none, d.who, purpose.Malformed},
		"cancelled context": {cancelled, d.who, purpose.Cancelled},
		"no subject":        {t.Context(), "", purpose.Malformed},
		"an address":        {t.Context(), "marie@example.com", purpose.Malformed},
		"a name":            {t.Context(), "Marie Tremblay", purpose.Malformed},
	} {
		errs := map[string]error{"begin": second(gate.Begin(c.ctx, clerk, c.who))}
		_, errs["notify"] = d.Notify(c.ctx, c.who, language.English)
		_, errs["request"] = d.Request(c.ctx, c.who, letter, consent.WebForm)
		_, errs["grant"] = d.Grant(c.ctx, c.who, letter, consent.Act{Method: consent.WebForm})
		_, errs["record"] = d.Record(c.ctx, c.who, consent.Event{Kind: consent.AccountOpened})
		_, errs["state"] = d.State(c.ctx, c.who, letter)
		_, errs["facts"] = d.Facts(c.ctx, c.who)
		_, errs["decide"] = d.Decide(c.ctx, c.who, purpose.Request{Purpose: letter, Operation: purpose.Use, Actor: clerk})
		for _, err := range d.History(c.ctx, c.who) {
			errs["history"] = err
		}
		_, errs["withdraw"] = d.Withdraw(c.ctx, c.who, proof)
		_, errs["refuse"] = d.Refuse(c.ctx, c.who, proof)
		_, errs["close a case"] = d.Record(c.ctx, c.who, consent.Event{Kind: consent.CaseClosed, Case: job})
		for method, err := range errs {
			assert.Equal(t, c.want, reasonOf(err), "%s, %s: %v", name, method, err)
		}
		assert.Len(t, errs, 12)
	}
	after, _ := d.ledger.calls()
	assert.Equal(t, before, after, "nothing was written")

	for name, err := range map[string]error{
		"state":   second(d.State(t.Context(), d.who, "nowhere")),
		"request": second(d.Request(t.Context(), d.who, "nowhere", consent.WebForm)),
		"grant":   second(d.Grant(t.Context(), d.who, "nowhere", consent.Act{Method: consent.WebForm})),
		"refuse":  second(d.Refuse(t.Context(), d.who, "nowhere")),
		"leave":   second(d.Withdraw(t.Context(), d.who, "nowhere")),
		"gate":    second(d.Gate(nil, purpose.Use, "nowhere")),
	} {
		assert.ErrorIs(t, err, purpose.UnknownPurpose, name)
	}
	assert.ErrorIs(t, second(d.Gate(nil, purpose.Use)), purpose.Malformed)
	assert.ErrorIs(t, second(d.Gate(nil, purpose.Transfer, letter)), purpose.OperationNotInPurpose)
	assert.ErrorIs(t, second(d.Notify(t.Context(), d.who, language.German)), consent.ErrLanguage)
	assert.ErrorIs(t, second(d.Request(t.Context(), d.who, letter, 0)), consent.ErrInvalidAct)
	assert.ErrorIs(t, second(d.Request(t.Context(), d.who, letter, 99)), consent.ErrInvalidAct)
}

func second[T any](_ T, err error) error { return err }

func TestRecordRefuses(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for name, e := range map[string]consent.Event{
		"no kind":               {},
		"unknown kind":          {Kind: 99},
		"a notice":              {Kind: consent.Noticed},
		"a request":             {Kind: consent.Requested, Purpose: letter},
		"a grant":               {Kind: consent.Granted, Purpose: letter},
		"a refusal":             {Kind: consent.Refused, Purpose: letter},
		"a withdrawal":          {Kind: consent.Withdrawn, Purpose: letter},
		"a case without name":   {Kind: consent.CaseOpened, Actor: clerk},
		"a case of nobody":      {Kind: consent.CaseOpened, Case: job},
		"closing no case":       {Kind: consent.CaseClosed},
		"a case too long":       {Kind: consent.CaseOpened, Case: string(make([]byte, 129)), Actor: clerk},
		"an id too long":        {Kind: consent.AccountOpened, ID: string(make([]byte, 129))},
		"blank":                 {Kind: consent.AccountOpened, Blank: true},
		"closing a case, blank": {Kind: consent.CaseClosed, Case: job, Blank: true},
	} {
		_, err := d.Record(t.Context(), d.who, e)
		assert.ErrorIs(t, err, consent.ErrInvalidEvent, name)
	}
	assert.Empty(t, d.history())
}

// The registry gives an event its number, version and time; what it is not about is dropped.
func TestRecordStamps(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	d := newDesk(t, consent.WithClock(func() time.Time { return now }))
	e, err := d.Record(t.Context(), d.who, consent.Event{
		ID: "door-7", Seq: 99, Kind: consent.CaseOpened, Purpose: letter, Policy: "forged", Time: now.AddDate(9, 0, 0),
		Act: consent.Act{Evidence: "x"}, Case: job, Actor: purpose.Actor{Role: "clerk", ID: "k-1", Case: "other"},
		Occurred: now.AddDate(0, 0, -1),
	})
	require.NoError(t, err)
	want := consent.Event{
		ID: "door-7", Seq: 1, Kind: consent.CaseOpened, Policy: "1", Time: now, Case: job, Actor: clerk, Occurred: now.AddDate(0, 0, -1),
	}
	assert.Equal(t, want, e)
	assert.Equal(t, []consent.Event{want}, d.history())

	again, err := d.Record(t.Context(), d.who, consent.Event{
		ID: "door-7", Kind: consent.CaseOpened, Case: job, Actor: clerk, Occurred: now.AddDate(0, 0, -1),
	})
	require.NoError(t, err)
	assert.Equal(t, uint64(1), again.Seq)
	_, err = d.Record(t.Context(), d.who, consent.Event{ID: "door-7", Kind: consent.CaseOpened, Case: "another", Actor: clerk})
	assert.ErrorIs(t, err, consent.ErrEventExists)
	assert.Len(t, d.history(), 1)

	late, err := d.Record(t.Context(), d.who, consent.Event{Kind: consent.AccountOpened, Occurred: now.AddDate(1, 0, 0)})
	require.NoError(t, err)
	assert.Zero(t, late.Occurred, "nothing occurs after it was recorded")
}

// A redelivered opening of a case that was closed since leaves it closed.
func TestRedeliveredOpeningStaysClosed(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told()
	opened := consent.Event{ID: "open-1", Kind: consent.CaseOpened, Case: job, Actor: clerk}
	for _, e := range []consent.Event{opened, {Kind: consent.CaseClosed, Case: job}, opened} {
		_, err := d.Record(t.Context(), d.who, e)
		require.NoError(t, err)
	}
	assert.Equal(t, purpose.CaseNotOpen, d.asks(repair))
}

func TestDecideStateFactsAgree(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told(letter)
	ask := purpose.Request{Purpose: letter, Operation: purpose.Use, Actor: clerk}
	got, err := d.Decide(t.Context(), d.who, ask)
	require.NoError(t, err)
	assert.True(t, got.Allowed())
	assert.Equal(t, uint64(2), got.Ledger)
	facts, err := d.Facts(t.Context(), d.who)
	require.NoError(t, err)
	assert.Equal(t, purpose.Given, facts.Consent(letter).Status)
	assert.Equal(t, purpose.Given, d.status(letter))
	_, err = d.Withdraw(t.Context(), d.who, letter)
	require.NoError(t, err)
	got, err = d.Decide(t.Context(), d.who, ask)
	require.NoError(t, err, "a refusal is an answer, not an error")
	assert.Equal(t, purpose.ConsentWithdrawn, got.Reason)
}

func TestDenialTellsTheConsequence(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told()
	g, err := d.Gate(nil, purpose.Use, letter)
	require.NoError(t, err)
	denied, ok := errors.AsType[*purpose.Denied](second(g.Begin(t.Context(), clerk, d.who)))
	require.True(t, ok)
	assert.Equal(t, "No letter.", denied.Consequence.EN)
	assert.Equal(t, uint64(1), denied.Ledger)
	assert.Equal(t, "1", denied.Policy)
	assert.Equal(t, letter, denied.Purpose)
}

// A gate of several purposes needs all of them, and each ends its uses.
func TestGateOfSeveralPurposes(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told(letter)
	g, err := d.Gate(nil, purpose.Use, letter, calls)
	require.NoError(t, err)
	denied, ok := errors.AsType[*purpose.Denied](second(g.Begin(t.Context(), clerk, d.who)))
	require.True(t, ok)
	assert.Equal(t, calls, denied.Purpose, "the denial names the one that denied")
	d.grant(calls, consent.Act{})
	p, err := g.Begin(t.Context(), clerk, d.who)
	require.NoError(t, err)
	defer p.End()
	w, err := d.Withdraw(p.Context(), d.who, calls)
	require.NoError(t, err)
	assert.Zero(t, w.Drained)
	assert.Equal(t, purpose.StaleDecision, checked(p))
}

// A use is what it was begun as, and opens nothing once its caller's context, or it, has ended.
func TestPermitLife(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told(letter)
	ctx, cancel := context.WithCancel(t.Context())
	p, reason := d.tryAs(ctx, letter, clerk)
	require.Equal(t, purpose.Permitted, reason)
	assert.Equal(t, clerk, p.Actor())
	assert.Equal(t, d.who, p.Subject())
	assert.True(t, p.Decision().Allowed())
	assert.Equal(t, purpose.Given, p.Facts().Consent(letter).Status)
	assert.NotNil(t, p.Scope())
	running := d.InUse()
	require.Len(t, running, 1)
	assert.Equal(t, letter, running[0].Purpose)
	assert.Equal(t, clerk, running[0].Actor)
	assert.False(t, running[0].Ending)
	assert.Equal(t, 1, running[0].Uses)

	cancel()
	assert.Equal(t, purpose.Cancelled, checked(p))
	assert.Equal(t, purpose.Permitted, p.Running(), "it is not ended")
	p.End()
	p.End()
	assert.Equal(t, purpose.UseEnded, checked(p))
	assert.Equal(t, purpose.UseEnded, p.Running())
	assert.Error(t, p.Context().Err())
	assert.Empty(t, d.InUse())

	var zero consent.Permit
	var none *consent.Permit
	for name, p := range map[string]*consent.Permit{"zero": &zero, "nil": none} {
		p.End()
		assert.Equal(t, purpose.UseEnded, checked(p), name)
		assert.Equal(t, purpose.UseEnded, p.Running(), name)
		assert.Error(t, p.Context().Err(), name)
		assert.False(t, p.Decision().Allowed(), name)
		assert.Nil(t, p.Scope(), name)
		assert.Nil(t, p.Facts(), name)
		assert.Zero(t, p.Actor(), name)
		assert.Zero(t, p.Subject(), name)
	}
	inert := consent.Inert(d.who)
	assert.Equal(t, d.who, inert.Subject())
	assert.Equal(t, purpose.UseEnded, checked(inert), "a name opens nothing")
	assert.Error(t, inert.Context().Err())
	inert.End()
}

func TestUseExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, consent.WithMaxUse(time.Minute)).told(letter)
		assert.Equal(t, time.Minute, d.MaxUse())
		p := d.use(letter)
		ctx := p.Context()
		time.Sleep(time.Minute - 1)
		synctest.Wait()
		assert.Equal(t, purpose.Permitted, checked(p))
		assert.NoError(t, ctx.Err())
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		assert.Equal(t, purpose.UseExpired, checked(p))
		assert.ErrorIs(t, context.Cause(ctx), consent.ErrUseExpired)
		assert.Equal(t, purpose.Permitted, d.asks(letter), "another may begin")
	})
}

// Whatever keeps the ledger from being read whole denies as an outage, and the next read is a new one.
func TestUnreadableLedgerDenies(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	told := consent.Event{ID: "1", Seq: 1, Kind: consent.Noticed, Policy: "1", Time: at, Act: consent.Act{Language: language.English}}
	gave := consent.Event{ID: "2", Seq: 2, Kind: consent.Granted, Purpose: letter, Policy: "1", Time: at, Act: consent.Act{Method: consent.WebForm}}
	at3 := func(k consent.Kind) consent.Event { return consent.Event{ID: "3", Seq: 3, Kind: k, Time: at} }
	for name, c := range map[string]struct {
		events events
		cause  error
	}{
		"error first": {failing(errDisk), errDisk},
		"error after the events": {func(y func(consent.Event, error) bool) {
			_ = y(told, nil) && y(gave, nil) && y(consent.Event{}, errDisk)
		}, errDisk},
		"a refusal as error": {failing(purpose.ErrDenied), nil},
		"gap":                {yielding(told, at3(consent.AccountOpened)), consent.ErrChain},
		"gap at the start":   {yielding(gave), consent.ErrChain},
		"out of order":       {yielding(gave, told), consent.ErrChain},
		"twice":              {yielding(told, told, gave), consent.ErrChain},
		"no numbers":         {yielding(consent.Event{Kind: consent.Noticed}), consent.ErrChain},
		"unknown kind":       {yielding(told, gave, at3(99)), consent.ErrFormat},
		"no kind":            {yielding(told, gave, at3(0)), consent.ErrFormat},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.ledger.bend(nil, func(context.Context, events) events { return c.events })
			g, err := d.Gate(nil, purpose.Use, letter)
			require.NoError(t, err)
			errs := map[string]error{"begin": second(g.Begin(t.Context(), clerk, d.who))}
			_, errs["state"] = d.State(t.Context(), d.who, letter)
			_, errs["facts"] = d.Facts(t.Context(), d.who)
			_, errs["decide"] = d.Decide(t.Context(), d.who, purpose.Request{Purpose: letter, Operation: purpose.Use, Actor: clerk})
			_, errs["grant"] = d.Grant(t.Context(), d.who, letter, consent.Act{Method: consent.WebForm})
			for method, err := range errs {
				assert.Equal(t, purpose.RegistryUnavailable, reasonOf(err), method)
				assert.ErrorIs(t, err, purpose.ErrUnavailable, method)
				assert.NotErrorIs(t, err, purpose.ErrDenied, method)
				if c.cause != nil {
					assert.ErrorIs(t, err, c.cause, method)
				}
			}
			d.ledger.bend(nil, func(context.Context, events) events { return yielding(told, gave) })
			assert.Equal(t, purpose.Permitted, d.asks(letter), "what failed is not kept")
		})
	}
}

// An event that was blanked says nothing. One whose kind is not known either may be of a kind that takes away.
func TestBlankEventOfUnknownKindDenies(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	d := newDesk(t)
	d.ledger.bend(nil, func(context.Context, events) events {
		return yielding(
			consent.Event{ID: "1", Seq: 1, Kind: consent.Granted, Purpose: letter, Time: at},
			consent.Event{ID: "2", Seq: 2, Kind: 99, Purpose: letter, Time: at, Blank: true},
		)
	})
	assert.Equal(t, purpose.RegistryUnavailable, d.asks(letter))
}

// A ledger that stops early because the context ended, without saying so, has not been read.
func TestLedgerThatStopsSilently(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told(letter)
	ctx, cancel := context.WithCancel(t.Context())
	d.ledger.bend(nil, func(_ context.Context, all events) events {
		return func(yield func(consent.Event, error) bool) {
			for e, err := range all {
				yield(e, err)
				cancel()
				return
			}
		}
	})
	_, reason := d.tryAs(ctx, letter, clerk)
	assert.Equal(t, purpose.Cancelled, reason)
	d.ledger.bend(nil, nil)
	assert.Equal(t, purpose.Permitted, d.asks(letter))
}

// A subject that is asked for again and again is read once, and by one reader.
func TestReadsAreShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t).told(letter)
		_, start := d.ledger.calls()
		release := make(chan struct{})
		d.ledger.bend(nil, func(_ context.Context, all events) events { <-release; return all })
		var permitted atomic.Int64
		for range 50 {
			go func() {
				if d.asks(letter) == purpose.Permitted {
					permitted.Add(1)
				}
			}()
		}
		synctest.Wait()
		close(release)
		synctest.Wait()
		assert.EqualValues(t, 50, permitted.Load())
		_, reads := d.ledger.calls()
		assert.Equal(t, 1, reads-start)
	})
}

// The reader of all may be given up on; the others read again, under their own context.
func TestCancelledReaderFailsNobodyElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t).told(letter)
		d.ledger.bend(nil, func(ctx context.Context, all events) events {
			<-ctx.Done()
			return failing(ctx.Err())
		})
		ctx, cancel := context.WithCancel(t.Context())
		reasons := make(chan purpose.Reason, 10)
		go func() { _, reason := d.tryAs(ctx, letter, clerk); reasons <- reason }()
		synctest.Wait()
		for range 9 {
			go func() { reasons <- d.asks(letter) }()
		}
		synctest.Wait()
		d.ledger.bend(nil, nil)
		cancel()
		synctest.Wait()
		count := map[purpose.Reason]int{}
		for range 10 {
			count[<-reasons]++
		}
		assert.Equal(t, map[purpose.Reason]int{purpose.Cancelled: 1, purpose.Permitted: 9}, count)
	})
}

// One who waits for another's read can be given up on alone.
func TestWaitingReaderHasItsOwnContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t).told(letter)
		release := make(chan struct{})
		d.ledger.bend(nil, func(_ context.Context, all events) events { <-release; return all })
		leader := make(chan purpose.Reason, 1)
		go func() { leader <- d.asks(letter) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, reason := d.tryAs(ctx, letter, clerk)
		assert.Equal(t, purpose.Cancelled, reason)
		close(release)
		assert.Equal(t, purpose.Permitted, <-leader)
	})
}

// A ledger that panics leaves nothing locked and nobody waiting.
func TestPanicWhileReading(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t).told(letter)
		release := make(chan struct{})
		d.ledger.bend(nil, func(context.Context, events) events { <-release; panic("broken ledger") })
		caught := make(chan any, 1)
		go func() {
			defer func() { caught <- recover() }()
			d.asks(letter)
		}()
		synctest.Wait()
		follower := make(chan purpose.Reason, 1)
		go func() { follower <- d.asks(letter) }()
		synctest.Wait()
		close(release)
		assert.Equal(t, "broken ledger", <-caught)
		assert.Equal(t, purpose.RegistryUnavailable, <-follower)
		d.ledger.bend(nil, nil)
		assert.Equal(t, purpose.Permitted, d.asks(letter))
		_, err := d.Withdraw(t.Context(), d.who, letter)
		assert.NoError(t, err)
	})
}

func TestHistoryIsReadFromTheLedger(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told(letter)
	_, err := d.Withdraw(t.Context(), d.who, letter)
	require.NoError(t, err)
	var kinds []consent.Kind
	for e, err := range d.History(t.Context(), d.who) {
		require.NoError(t, err)
		kinds = append(kinds, e.Kind)
	}
	assert.Equal(t, []consent.Kind{consent.Noticed, consent.Granted, consent.Withdrawn}, kinds)
	for e, err := range d.History(t.Context(), d.who) {
		require.NoError(t, err)
		assert.Equal(t, uint64(1), e.Seq)
		break
	}
	d.ledger.bend(nil, func(_ context.Context, all events) events {
		return func(yield func(consent.Event, error) bool) {
			for e := range all {
				if !yield(e, nil) {
					return
				}
				break
			}
			yield(consent.Event{}, errDisk)
		}
	})
	var last error
	n := 0
	for _, err := range d.History(t.Context(), d.who) {
		last = err
		n++
	}
	assert.Equal(t, 2, n)
	assert.ErrorIs(t, last, errDisk)
	assert.ErrorIs(t, last, purpose.ErrUnavailable)
}

// The cache forgets subjects, but none in use: a withdrawal finds every use that runs.
func TestCacheKeepsSubjectsInUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, consent.WithCache(1))
		var running []*consent.Permit
		var whose []consent.Subject
		for i := range 300 {
			d.who = consent.Subject(fmt.Sprintf("s-%d", i))
			d.told(letter)
			p, reason := d.try(letter)
			require.Equal(t, purpose.Permitted, reason)
			running, whose = append(running, p), append(whose, d.who)
		}
		assert.Len(t, d.InUse(), 300)
		drained := make(chan consent.Withdrawal, 300)
		for _, s := range whose {
			go func() {
				w, err := d.Withdraw(t.Context(), s, letter)
				assert.NoError(t, err)
				drained <- w
			}()
		}
		synctest.Wait()
		require.Empty(t, drained, "every withdrawal found its use")
		for i := range 2000 { // others pass by while they drain
			d.who = consent.Subject(fmt.Sprintf("t-%d", i))
			d.asks(proof)
		}
		for i, p := range running {
			assert.Equal(t, purpose.StaleDecision, checked(p), whose[i])
			p.End()
		}
		for range running {
			assert.Equal(t, 1, (<-drained).Drained)
		}
	})
}

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	const limit = 256 << 10
	d := newDesk(t, consent.WithCache(limit))
	for i := range 5000 {
		d.who = consent.Subject(fmt.Sprintf("s-%d", i))
		d.asks(proof)
	}
	s := d.Stats()
	assert.LessOrEqual(t, s.Bytes, int64(limit+64*1024), "one subject more in each shard")
	assert.Greater(t, s.Bytes, int64(limit/2), "the subjects spread evenly")
	assert.Equal(t, d.CachedForTest(), s.Subjects)
	assert.InDelta(t, 330, s.Bytes/int64(s.Subjects), 80, "bytes a subject")
}

// Subjects that take more than they did when they came push others out.
func TestCacheCountsWhatIsAttached(t *testing.T) {
	t.Parallel()
	const limit, keys = 256 << 10, 4000
	d := newDesk(t, consent.WithCache(limit))
	use := func(attach int) {
		for i := range 400 {
			d.who = consent.Subject(fmt.Sprintf("s-%d", i))
			p := d.use(proof)
			p.Attach(attach)
			p.End()
		}
	}
	use(0)
	require.Equal(t, 400, d.CachedForTest())
	use(keys)
	assert.LessOrEqual(t, d.Stats().Bytes, int64(limit+64*(keys+1000)), "one subject more in each shard")
	assert.Less(t, d.CachedForTest(), 150)
}

// Facts that were unpacked because somebody asked for them stay, and count; so does what a permission rests on that has been read anew since.
func TestCacheCountsFactsAndWhatIsOlder(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told(letter)
	d.use(letter).End()
	used := d.Stats().Bytes
	p := d.use(letter)
	require.Equal(t, purpose.Given, p.Facts().Consent(letter).Status)
	p.End()
	asked := d.Stats().Bytes
	assert.Greater(t, asked, used+1000)
	d.open(job)
	d.use(letter).End()
	assert.Greater(t, d.Stats().Bytes, asked+50)
}

// Who is asked for again and again stays, while others come and go.
func TestCacheKeepsWhoIsAskedFor(t *testing.T) {
	t.Parallel()
	d := newDesk(t, consent.WithCache(256<<10))
	d.who = "regular"
	d.asks(proof)
	for i := range 5000 {
		d.who = consent.Subject(fmt.Sprintf("s-%d", i))
		d.asks(proof)
		d.who = "regular"
		d.asks(proof)
	}
	assert.Equal(t, uint64(5001), d.Stats().Loads)
}

// What is kept beyond the limit because it is in use is given back when the uses are over.
func TestCacheShrinksAfterAPeak(t *testing.T) {
	t.Parallel()
	d := newDesk(t, consent.WithCache(24<<10))
	var running []*consent.Permit
	for i := range 3000 {
		d.who = consent.Subject(fmt.Sprintf("s-%d", i))
		p, reason := d.try(proof)
		require.Equal(t, purpose.Permitted, reason)
		running = append(running, p)
	}
	assert.Equal(t, 3000, d.CachedForTest())
	for _, p := range running {
		p.End()
	}
	for i := range 10_000 {
		d.who = consent.Subject(fmt.Sprintf("t-%d", i))
		d.asks(proof)
	}
	assert.LessOrEqual(t, d.CachedForTest(), 640, "the peak is over")
}

// Many subjects in few places: whoever is pushed out is read again, and everybody gets an answer.
func TestCacheUnderPressure(t *testing.T) {
	t.Parallel()
	d := newDesk(t, consent.WithCache(1))
	var subjects []consent.Subject
	for i := range 256 {
		d.who = consent.Subject(fmt.Sprintf("s-%d", i))
		d.told(letter)
		subjects = append(subjects, d.who)
	}
	g, err := d.Gate(nil, purpose.Use, letter)
	require.NoError(t, err)
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 512 {
				p, err := g.Begin(t.Context(), clerk, subjects[(i*7+worker*31)%len(subjects)])
				if err != nil {
					t.Errorf("begin: %v", err)
					return
				}
				p.End()
			}
		})
	}
	wg.Wait()
	assert.Empty(t, d.InUse())
}

// held is a ledger that one registry at a time can hold.
type held struct {
	flaky
	hold  sync.Mutex
	taken bool
}

func (h *held) Hold() (func(), error) {
	h.hold.Lock()
	defer h.hold.Unlock()
	if h.taken {
		return nil, consent.ErrLedgerInUse
	}
	h.taken = true
	return func() {
		h.hold.Lock()
		defer h.hold.Unlock()
		h.taken = false
	}, nil
}

func (h *held) inUse() bool {
	h.hold.Lock()
	defer h.hold.Unlock()
	return h.taken
}

func TestOneRegistryHoldsTheLedger(t *testing.T) {
	t.Parallel()
	for name, l := range map[string]consent.Ledger{"any holder": new(held), "a memory": new(consent.Memory)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, err := consent.NewRegistry(registryPolicy(t), l)
			require.NoError(t, err)
			_, err = consent.NewRegistry(registryPolicy(t), l)
			require.ErrorIs(t, err, consent.ErrLedgerInUse)
			require.NoError(t, first.Close())
			second, err := consent.NewRegistry(registryPolicy(t), l)
			require.NoError(t, err)
			require.NoError(t, first.Close(), "closing twice is allowed")
			_, err = consent.NewRegistry(registryPolicy(t), l)
			require.ErrorIs(t, err, consent.ErrLedgerInUse, "and gives back only what was held")
			require.NoError(t, second.Close())
			third, err := consent.NewRegistry(registryPolicy(t), l)
			require.NoError(t, err)
			require.NoError(t, third.Close())
		})
	}
}

func TestCloseDeniesEverything(t *testing.T) {
	t.Parallel()
	d := newDesk(t).told(letter)
	before, late := d.use(letter), d.use(letter)
	ctx := before.Context()
	gate, err := d.Gate(nil, purpose.Use, letter)
	require.NoError(t, err)
	appends, reads := d.ledger.calls()
	require.NoError(t, d.Close())

	assert.Equal(t, purpose.StaleDecision, checked(before))
	assert.ErrorIs(t, context.Cause(ctx), consent.ErrClosed)
	assert.ErrorIs(t, context.Cause(late.Context()), consent.ErrClosed, "nothing was withdrawn")
	errs := map[string]error{"begin": second(gate.Begin(t.Context(), clerk, d.who))}
	_, errs["withdraw"] = d.Withdraw(t.Context(), d.who, letter)
	_, errs["refuse"] = d.Refuse(t.Context(), d.who, letter)
	_, errs["grant"] = d.Grant(t.Context(), d.who, letter, consent.Act{Method: consent.WebForm})
	_, errs["request"] = d.Request(t.Context(), d.who, letter, consent.WebForm)
	_, errs["notify"] = d.Notify(t.Context(), d.who, language.English)
	_, errs["record"] = d.Record(t.Context(), d.who, consent.Event{Kind: consent.AccountOpened})
	_, errs["close case"] = d.Record(t.Context(), d.who, consent.Event{Kind: consent.CaseClosed, Case: job})
	_, errs["state"] = d.State(t.Context(), d.who, letter)
	_, errs["facts"] = d.Facts(t.Context(), d.who)
	_, errs["decide"] = d.Decide(t.Context(), d.who, purpose.Request{Purpose: letter, Operation: purpose.Use, Actor: clerk})
	for _, err := range d.History(t.Context(), d.who) {
		errs["history"] = err
	}
	for method, err := range errs {
		assert.ErrorIs(t, err, consent.ErrClosed, method)
		assert.ErrorIs(t, err, purpose.ErrUnavailable, method)
		assert.NotErrorIs(t, err, purpose.ErrDenied, method)
	}
	assert.Len(t, errs, 12)
	before.End()
	late.End()
	a, r := d.ledger.calls()
	assert.Equal(t, [2]int{appends, reads}, [2]int{a, r}, "the ledger is left alone")
}

// A read that was under way when the registry was closed opens nothing.
func TestCloseDuringRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t).told(letter)
		release := make(chan struct{})
		d.ledger.bend(nil, func(_ context.Context, all events) events { <-release; return all })
		reasons := make(chan purpose.Reason, 2)
		go func() { reasons <- d.asks(letter) }()
		go func() { reasons <- d.asks(letter) }()
		synctest.Wait()
		require.NoError(t, d.Close())
		close(release)
		assert.Equal(t, purpose.RegistryUnavailable, <-reasons)
		assert.Equal(t, purpose.RegistryUnavailable, <-reasons)
	})
}

// The ledger is not given back while an event is being written: whoever holds it next would not see the event.
func TestCloseKeepsTheLedgerUntilWritten(t *testing.T) {
	t.Parallel()
	l := new(held)
	r, err := consent.NewRegistry(registryPolicy(t), l)
	require.NoError(t, err)
	entered, release := make(chan struct{}), make(chan struct{})
	var kept atomic.Bool
	l.bend(func(_ context.Context, _ consent.Event, store func() (uint64, error)) (uint64, error) {
		close(entered)
		<-release
		seq, err := store()
		kept.Store(l.inUse())
		return seq, err
	}, nil)
	withdrawn, closed := make(chan error, 1), make(chan error, 1)
	go func() { withdrawn <- second(r.Withdraw(t.Context(), canary, letter)) }()
	<-entered
	go func() { closed <- r.Close() }()
	for range 100_000 { // Close may wait, or return and leave the rest to others: it has the time to give the ledger back
		runtime.Gosched()
		if !l.inUse() {
			break
		}
	}
	close(release)
	<-withdrawn
	require.NoError(t, <-closed)
	assert.True(t, kept.Load(), "given back while a withdrawal was being written")
	for l.inUse() {
		runtime.Gosched()
	}
}

// naming is a ledger whose every error names the subject, as drivers do.
type naming struct {
	consent.Memory
	fail error
}

func (n *naming) Append(ctx context.Context, s consent.Subject, after uint64, e consent.Event) (uint64, error) {
	if n.fail != nil {
		return 0, fmt.Errorf("insert for %s: %w", s, n.fail)
	}
	return n.Memory.Append(ctx, s, after, e)
}

func (n *naming) Events(ctx context.Context, s consent.Subject, after uint64) events {
	if n.fail != nil && !errors.Is(n.fail, consent.ErrEventExists) {
		return failing(fmt.Errorf("select for %s: %w", s, n.fail))
	}
	return n.Memory.Events(ctx, s, after)
}

// over ends a use, if one was begun.
func over(p *consent.Permit, err error) error {
	p.End()
	return err
}

func TestErrorsNeverNameTheSubject(t *testing.T) {
	t.Parallel()
	for _, fail := range []error{errDisk, consent.ErrConflict, consent.ErrEventExists, consent.ErrSubject, consent.ErrFormat, consent.ErrChain, nil} {
		t.Run(fmt.Sprint(fail), func(t *testing.T) {
			t.Parallel()
			l := new(naming)
			r, err := consent.NewRegistry(registryPolicy(t), l)
			require.NoError(t, err)
			defer r.Close()
			_, err = r.Notify(t.Context(), canary, language.English)
			require.NoError(t, err)
			_, err = r.Grant(t.Context(), canary, letter, consent.Act{Method: consent.WebForm})
			require.NoError(t, err)
			gate, err := r.Gate(nil, purpose.Use, letter)
			require.NoError(t, err)
			other, err := r.Gate(nil, purpose.Use, calls)
			require.NoError(t, err)
			_, err = r.Request(t.Context(), canary, letter, consent.WebForm)
			require.NoError(t, err)
			// A withdrawal is tried again under another id for as long as the ledger says that the id is taken.
			ctx, cancel := context.WithCancel(t.Context())
			if errors.Is(fail, consent.ErrEventExists) {
				cancel()
			}
			defer cancel()
			l.fail = fail
			errs := []error{
				over(gate.Begin(t.Context(), clerk, canary)),
				over(other.Begin(t.Context(), clerk, canary)),
				second(r.Facts(t.Context(), canary)),
				second(r.State(t.Context(), canary, letter)),
				second(r.Notify(t.Context(), canary, language.English)),
				second(r.Request(t.Context(), canary, letter, consent.WebForm)),
				second(r.Grant(t.Context(), canary, letter, consent.Act{Method: consent.WebForm})),
				second(r.Grant(t.Context(), canary, letter, consent.Act{Method: consent.Link})),
				second(r.Grant(t.Context(), canary, letter, consent.Act{Method: consent.Link, Request: "none"})),
				second(r.Record(t.Context(), canary, consent.Event{Kind: consent.CaseOpened, Case: job, Actor: clerk})),
				second(r.Record(t.Context(), canary+"@example.com", consent.Event{Kind: consent.CaseOpened, Case: job, Actor: clerk})),
				second(r.Record(ctx, canary, consent.Event{Kind: consent.CaseClosed, Case: job})),
				second(r.Refuse(ctx, canary, calls)),
				second(r.Withdraw(ctx, canary, letter)),
				over(gate.Begin(t.Context(), clerk, canary)),
			}
			for _, err := range r.History(t.Context(), canary) {
				errs = append(errs, err)
			}
			seen := 0
			for i, err := range errs {
				if err != nil {
					seen++
					assert.NotContains(t, err.Error(), string(canary), "call %d", i)
				}
			}
			assert.Greater(t, seen, 4)
		})
	}
}
