package rights_test

import (
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/piitest"
	"github.com/purposebound/purposebound/pii/rights"
	"github.com/purposebound/purposebound/purpose"
)

func TestScenario95RectificationFromUnknownNumber(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	in := asks(rights.Rectification)
	in.Channel, in.Assurance = rights.SMS, rights.Claimed
	_, err := x.Receive(t.Context(), clerk, in)
	require.ErrorIs(t, err, rights.ErrIdentityNotVerified)
	require.ErrorIs(t, err, purpose.ErrDenied)
	require.NotErrorIs(t, err, purpose.ErrUnavailable)
	denied, ok := errors.AsType[*rights.IdentityError](err)
	require.True(t, ok)
	assert.Equal(t, rights.IdentityError{Kind: rights.Rectification, Channel: rights.SMS, Needs: rights.Recognised, Has: rights.Claimed, Standing: rights.Oneself}, *denied)
	assert.Equal(t, "rights: IdentityNotVerified: rectification by sms needs recognised, has claimed", err.Error())
	all, err := x.Requests(t.Context(), marie)
	require.NoError(t, err)
	assert.Empty(t, all)
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		kind      rights.Kind
		channel   rights.Channel
		assurance rights.Assurance
		standing  rights.Standing
		authority string
		good      bool
	}{
		{"in the account", rights.Access, rights.InAccount, rights.Authenticated, rights.Oneself, "", true},
		{"nothing shown", rights.CeaseDissemination, rights.InAccount, 0, rights.Oneself, "", false},
		{"a message authenticates nobody", rights.Access, rights.SMS, rights.Authenticated, rights.Oneself, "", false},
		{"a message from a known number", rights.Rectification, rights.SMS, rights.Recognised, rights.Oneself, "", true},
		{"a letter with a document", rights.Deletion, rights.Mail, rights.Authenticated, rights.Oneself, "", true},
		{"a letter", rights.Deletion, rights.Mail, rights.Claimed, rights.Oneself, "", false},
		{"anyone asks to cease", rights.CeaseDissemination, rights.Email, rights.Claimed, rights.Oneself, "", false},
		{"a known address asks to cease", rights.CeaseDissemination, rights.Email, rights.Recognised, rights.Oneself, "", true},
		{"for another, without authority", rights.Rectification, rights.InPerson, rights.Authenticated, rights.Representative, " ", false},
		{"for another, with authority", rights.Rectification, rights.InPerson, rights.Authenticated, rights.Representative, "mandate-7", true},
		{"for a child, without authority", rights.Access, rights.InPerson, rights.Authenticated, rights.Guardian, "", false},
		{"an assurance there is not", rights.Access, rights.InAccount, 200, rights.Oneself, "", true}, // the channel bounds it
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			x := newRig(t)
			in := rights.Submission{Subject: marie, Kind: c.kind, Channel: c.channel, Assurance: c.assurance, Standing: c.standing, Authority: c.authority}
			r, err := x.Receive(t.Context(), clerk, in)
			if c.good {
				require.NoError(t, err)
				assert.LessOrEqual(t, r.Assurance, rights.Authenticated)
				return
			}
			require.ErrorIs(t, err, rights.ErrIdentityNotVerified)
			assert.NotContains(t, err.Error(), "canary")
		})
	}
	x := newRig(t, func(c *rights.Config) {
		delete(c.Rules.Channels, rights.Phone)
		delete(c.Rules.Needs, rights.Portability)
	})
	in := asks(rights.Rectification)
	in.Channel = rights.Phone
	_, err := x.Receive(t.Context(), clerk, in)
	require.ErrorIs(t, err, rights.ErrIdentityNotVerified, "a channel that the rules do not have")
	_, err = x.Receive(t.Context(), clerk, asks(rights.Portability))
	require.ErrorIs(t, err, rights.ErrKind)
}

func TestReceiveInvalid(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	for name, change := range map[string]func(*rights.Submission){
		"subject":  func(s *rights.Submission) { s.Subject = "a b" },
		"kind":     func(s *rights.Submission) { s.Kind = 0 },
		"kind 9":   func(s *rights.Submission) { s.Kind = 9 },
		"channel":  func(s *rights.Submission) { s.Channel = 0 },
		"standing": func(s *rights.Submission) { s.Standing = 0 },
		"evidence": func(s *rights.Submission) { s.Evidence = strings.Repeat("x", 4000) },
	} {
		in := asks(rights.Access)
		change(&in)
		_, err := x.Receive(t.Context(), clerk, in)
		require.ErrorIs(t, err, rights.ErrInvalid, name)
	}
	_, err := x.Receive(t.Context(), purpose.Actor{Role: "clerk"}, asks(rights.Access))
	require.ErrorIs(t, err, rights.ErrInvalid)
}

// The same asked again is the request that is open, and what was said is kept; what was settled or is late is asked anew.
func TestReceiveAgain(t *testing.T) {
	t.Parallel()
	x := newRig(t, late)
	first := x.receive(t, rights.Rectification)
	x.Clock.Advance(10 * day)
	in := asks(rights.Rectification)
	in.Nature = "And my other name."
	again, err := x.Receive(t.Context(), clerk, in)
	require.NoError(t, err)
	assert.Equal(t, first.ID, again.ID)
	assert.Equal(t, first.Deadline, again.Deadline, "its time runs from when it first came")
	require.Len(t, again.Events, 2)
	assert.Equal(t, rights.Repeated, again.Events[1].Kind)
	assert.False(t, again.Events[1].Intake.Nature.IsZero())
	assert.NotEqual(t, first.ID, x.receive(t, rights.Access).ID, "another kind")

	require.NoError(t, x.Answer(t.Context(), officer, marie, first.ID, "letter"))
	second := x.receive(t, rights.Rectification)
	assert.NotEqual(t, first.ID, second.ID)
	x.Clock.Set(second.Deadline)
	assert.NotEqual(t, second.ID, x.receive(t, rights.Rectification).ID, "silence was a refusal")
}

func TestReceiveTogether(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	ids := make([]string, 8)
	var group sync.WaitGroup
	for i := range ids {
		group.Go(func() {
			if r, err := x.Receive(t.Context(), clerk, asks(rights.Access)); assert.NoError(t, err) {
				ids[i] = r.ID
			}
		})
	}
	group.Wait()
	for _, id := range ids {
		assert.Equal(t, ids[0], id)
	}
	all, err := x.Requests(t.Context(), marie)
	require.NoError(t, err)
	require.Len(t, all, 1)
	assert.Len(t, all[0].Events, 2, "received, held")
}

func TestScenario96WhatARequestSaysIsForItAlone(t *testing.T) {
	t.Parallel()
	x := newRig(t, late)
	x.Grant(marie, newsletter)
	in := asks(rights.Access)
	in.Contact, in.Nature = "Marie, "+canary, "I want to know "+canary
	r, err := x.Receive(t.Context(), clerk, in)
	require.NoError(t, err)
	stored, err := json.Marshal(r.Events)
	require.NoError(t, err)
	assert.NotContains(t, string(stored), "canary")

	// Who answers reads it.
	require.NoError(t, x.MustAccessor(requests).Do(t.Context(), officer, marie, func(use *pii.Use) error {
		nature, err := r.Nature.Reveal(use)
		assert.Equal(t, in.Nature, nature.Plaintext())
		contact, err2 := r.Contact.Reveal(use)
		assert.Equal(t, in.Contact, contact.Plaintext())
		return errors.Join(err, err2)
	}))
	// An address that was given with the request, kept in a column like any other.
	email := piitest.Seal[pii.Email](x.Vault, marie, canary, requests)
	require.NoError(t, x.MustAccessor(newsletter).Do(t.Context(), mailer, marie, func(use *pii.Use) error {
		_, err := r.Contact.Reveal(use)
		require.ErrorIs(t, err, purpose.ErrDenied)
		require.ErrorIs(t, err, purpose.CategoryNotInPurpose)
		_, err = r.Nature.Reveal(use)
		require.ErrorIs(t, err, purpose.CategoryNotInPurpose)
		_, err = email.Reveal(use)
		require.ErrorIs(t, err, purpose.NotCollectedForPurpose)
		return nil
	}))

	// It ends, and what happened stays.
	require.NoError(t, x.store.Forget(t.Context(), marie, received.AddDate(0, 0, -1)))
	require.NoError(t, x.store.Forget(t.Context(), louis, received))
	assert.Equal(t, r, x.get(t, r.ID), "what was said later stays, and what another said")
	require.NoError(t, x.store.Forget(t.Context(), marie, received))
	r = x.get(t, r.ID)
	assert.True(t, r.Contact.IsZero())
	assert.True(t, r.Nature.IsZero())
	assert.Equal(t, rights.Access, r.Kind)
}

func TestNewDeskRefuses(t *testing.T) {
	t.Parallel()
	good := newRig(t).config
	for name, change := range map[string]func(*rights.Config){
		"no vault":         func(c *rights.Config) { c.Vault = nil },
		"no store":         func(c *rights.Config) { c.Store = nil },
		"no audit":         func(c *rights.Config) { c.Disclosures = nil },
		"no eraser":        func(c *rights.Config) { c.Eraser = nil },
		"no rules":         func(c *rights.Config) { c.Rules = rights.Rules{} },
		"31 days":          func(c *rights.Config) { c.Rules.Days = 31 },
		"longer extension": func(c *rights.Config) { c.Rules.Extension = 31 },
		"late alarm":       func(c *rights.Config) { c.Rules.Alarm = 30 },
		"no recourse":      func(c *rights.Config) { c.Rules.Recourse = purpose.Period{} },
		"a higher level":   func(c *rights.Config) { c.Rules.Channels = map[rights.Channel]rights.Assurance{rights.InAccount: 4} },
		"another channel":  func(c *rights.Config) { c.Rules.Channels = map[rights.Channel]rights.Assurance{7: rights.Claimed} },
		"need of nothing":  func(c *rights.Config) { c.Rules.Needs = map[rights.Kind]rights.Assurance{rights.Access: 0} },
	} {
		c := good
		change(&c)
		_, err := rights.NewDesk(c)
		require.ErrorIs(t, err, rights.ErrConfig, name)
	}
	c := good
	c.Purpose = newsletter
	_, err := rights.NewDesk(c)
	require.ErrorIs(t, err, purpose.OperationNotInPurpose)
	c.Purpose = "nothing"
	_, err = rights.NewDesk(c)
	require.ErrorIs(t, err, purpose.UnknownPurpose)

	// A policy by which marketing could have what was said in requests.
	d := shop()
	d.Purposes[1].Attributes = append(d.Purposes[1].Attributes, "request.contact")
	c = good
	c.Vault = piitest.New(t, d).Vault
	_, err = rights.NewDesk(c)
	require.ErrorIs(t, err, rights.ErrConfig)
	assert.ErrorContains(t, err, "for requests alone")
	d = shop()
	d.Purposes[4].Attributes = d.Purposes[4].Attributes[:5]
	d.Purposes[4].Roles[officer.Role] = d.Purposes[4].Attributes
	c.Vault = piitest.New(t, d).Vault
	_, err = rights.NewDesk(c)
	require.ErrorContains(t, err, "does not list request.nature")
	// A purpose by which no data of a case would open, whatever is asked for.
	d = shop()
	d.Purposes[4].CaseBound = true
	c.Vault = piitest.New(t, d).Vault
	_, err = rights.NewDesk(c)
	require.ErrorIs(t, err, rights.ErrConfig)
	require.ErrorContains(t, err, "bound to a case")
}

// What a desk was made with is its own: nobody changes it afterwards.
func TestRulesAreCopied(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	x.config.Rules.Channels[rights.SMS], x.config.Rules.Needs[rights.Access] = rights.Authenticated, rights.Claimed
	in := asks(rights.Access)
	in.Channel = rights.SMS
	_, err := x.Receive(t.Context(), clerk, in)
	require.ErrorIs(t, err, rights.ErrIdentityNotVerified)
}

func TestSettling(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	ctx := t.Context()
	r := x.receive(t, rights.Access)
	require.ErrorIs(t, x.Answer(ctx, officer, marie, r.ID, ""), rights.ErrInvalid)
	require.ErrorIs(t, x.Answer(ctx, purpose.Actor{}, marie, r.ID, "letter"), rights.ErrInvalid)
	require.ErrorIs(t, x.Answer(ctx, officer, marie, r.ID, "letter", 0), rights.ErrInvalid)
	require.ErrorIs(t, x.Refuse(ctx, officer, marie, r.ID, "letter"), rights.ErrInvalid, "a refusal has grounds")
	require.ErrorIs(t, x.Refuse(ctx, officer, marie, r.ID, "letter", 99), rights.ErrInvalid)
	require.ErrorIs(t, x.Refuse(ctx, officer, marie, "other", "letter", rights.Inquiry), rights.ErrNoRequest)
	require.ErrorIs(t, x.Refuse(ctx, officer, louis, r.ID, "letter", rights.Inquiry), rights.ErrNoRequest)
	assert.Equal(t, rights.StateOpen, x.state(t, r.ID))

	require.NoError(t, x.Refuse(ctx, officer, marie, r.ID, "letter", rights.Inquiry))
	got := x.get(t, r.ID)
	assert.Equal(t, rights.StateRefused, got.State(x.Clock.Now()))
	last := got.Events[len(got.Events)-1]
	assert.Equal(t, rights.Refused, last.Kind)
	assert.Equal(t, officer, last.By)
	assert.Equal(t, []rights.Ground{rights.Inquiry}, last.Grounds)
	require.ErrorIs(t, x.Answer(ctx, officer, marie, r.ID, "letter"), rights.ErrSettled)
	require.ErrorIs(t, x.Refuse(ctx, officer, marie, r.ID, "letter", rights.Inquiry), rights.ErrSettled)
	require.ErrorIs(t, x.Extend(ctx, officer, marie, r.ID, 1, "letter"), rights.ErrSettled)
	_, err := x.WriteAccess(ctx, officer, marie, r.ID, nil, new(strings.Builder))
	require.ErrorIs(t, err, rights.ErrSettled)
}

// A letter of refusal says why, by what provision, and what can be done.
func TestLetter(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		rules rights.Rules
		tag   language.Tag
		want  string
	}{
		{
			"Québec", rights.Quebec(), language.English,
			"Giving it would likely reveal personal information about somebody else and, under Québec’s Act, could seriously harm that person. (CQLR c. P-39.1 s. 40) " +
				"A structured format raises serious practical difficulties. (CQLR c. P-39.1 s. 27 par. 3) " +
				"You may apply to the Commission d’accès à l’information for an examination of the disagreement, in writing, within thirty days of the refusal.",
		},
		{
			"Québec, in French", rights.Quebec(), language.CanadianFrench,
			"La communication révélerait vraisemblablement des renseignements personnels sur un tiers et, selon la loi québécoise, pourrait lui nuire sérieusement. " +
				"(RLRQ, c. P-39.1, art. 40) Un format structuré soulève des difficultés pratiques sérieuses. (RLRQ, c. P-39.1, art. 27, al. 3) " +
				"Vous pouvez demander à la Commission d’accès à l’information l’examen de la mésentente, par écrit, dans les trente jours du refus.",
		},
		{
			"PIPEDA", rights.PIPEDA(), language.English,
			"Giving it would likely reveal personal information about somebody else. (PIPEDA s. 9(1)) A structured format raises serious practical difficulties. " +
				"You may file a complaint with the Privacy Commissioner of Canada within six months of the refusal.",
		},
		{
			"PIPEDA, in French", rights.PIPEDA(), language.French,
			"La communication révélerait vraisemblablement des renseignements personnels sur un tiers. (LPRPDE, par. 9(1)) Un format structuré soulève des difficultés pratiques sérieuses. " +
				"Vous pouvez déposer une plainte auprès du Commissariat à la protection de la vie privée du Canada dans les six mois suivant le refus.",
		},
		{
			"a program's own",
			rights.Rules{Remedy: purpose.Text{EN: "Write to us.", FR: "Écrivez-nous."}},
			language.English,
			"Giving it would likely reveal personal information about somebody else and, under Québec’s Act, could seriously harm that person. (CQLR c. P-39.1 s. 40; PIPEDA s. 9(1)) " +
				"A structured format raises serious practical difficulties. (CQLR c. P-39.1 s. 27 par. 3) Write to us.",
		},
	} {
		assert.Equal(t, c.want, c.rules.Letter(c.tag, rights.OtherPersons, rights.Impracticable), c.name)
	}
	changed := rights.PIPEDA()
	changed.Remedy.FR = "Écrivez-nous."
	assert.Equal(t, "La communication nuirait à une enquête. (LPRPDE, al. 9(3)c.1)) Écrivez-nous.", changed.Letter(language.CanadianFrench, rights.Inquiry), "it is still of that law")
	seen := map[string]bool{}
	for g := rights.OtherPersons; g <= rights.NothingKept; g++ {
		assert.NotEmpty(t, g.Provision(language.English))
		assert.NotEqual(t, g.Explain(language.English), g.Explain(language.French))
		assert.NotRegexp(t, `PIPEDA|LPRPDE`, rights.Quebec().Letter(language.English, g)+rights.Quebec().Letter(language.French, g))
		assert.NotRegexp(t, `P-39|C-12|C\.C\.Q|C\.c\.Q|Québec|québécoise`, rights.PIPEDA().Letter(language.English, g)+rights.PIPEDA().Letter(language.French, g))
		assert.NotRegexp(t, `CQLR|C\.C\.Q|PIPEDA|\bss?\. `, g.Provision(language.French))
		assert.NotRegexp(t, `RLRQ|C\.c\.Q|LPRPDE|annexe|al\.`, g.Provision(language.English))
		var back rights.Ground
		text, err := g.MarshalText()
		require.NoError(t, err)
		require.NoError(t, back.UnmarshalText(text))
		assert.Equal(t, g, back)
		assert.False(t, seen[g.String()])
		seen[g.String()] = true
	}
	assert.Len(t, seen, 11)
	assert.Empty(t, rights.Ground(0).Explain(language.English))
	assert.Empty(t, rights.Ground(99).Provision(language.English))
}

func TestCeaseDisseminationIsDecidedByAPerson(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	ctx := t.Context()
	r := x.receive(t, rights.CeaseDissemination)
	assert.Zero(t, x.holds(t))
	require.ErrorIs(t, x.Answer(ctx, officer, marie, r.ID, "letter"), rights.ErrUndecided)
	require.ErrorIs(t, x.Refuse(ctx, officer, marie, r.ID, "letter", rights.TestNotMet), rights.ErrUndecided)
	full := rights.Assessment{Contravenes: rights.No, SeriousInjury: rights.Yes, Outweighs: rights.No, NoMore: rights.Yes}
	for _, open := range []rights.Assessment{
		{},
		{SeriousInjury: rights.Yes, Outweighs: rights.Yes, NoMore: rights.Yes},
		{Contravenes: rights.No},
		{Contravenes: rights.No, SeriousInjury: rights.Yes, Outweighs: rights.Yes},
		{Contravenes: 9},
	} {
		require.ErrorIs(t, x.Assess(ctx, officer, marie, r.ID, open, "memo"), rights.ErrInvalid)
	}
	require.ErrorIs(t, x.Assess(ctx, officer, marie, r.ID, full, ""), rights.ErrInvalid)
	require.NoError(t, x.Assess(ctx, officer, marie, r.ID, full, "memo"))
	assert.Equal(t, rights.StateOpen, x.state(t, r.ID), "nothing follows from it by itself")
	require.NoError(t, x.Refuse(ctx, officer, marie, r.ID, "letter", rights.TestNotMet))
	e := x.get(t, r.ID).Events[1]
	assert.Equal(t, full, *e.Assessment)
	assert.Equal(t, officer, e.By)
	require.ErrorIs(t, x.Assess(ctx, officer, marie, r.ID, full, "memo"), rights.ErrSettled)
	other := x.receive(t, rights.Access)
	require.ErrorIs(t, x.Assess(ctx, officer, marie, other.ID, full, "memo"), rights.ErrKind)
}

// A store that fails is an outage, which names nobody and is no refusal.
func TestStoreFails(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	r := x.receive(t, rights.Access)
	x.store.fails = errors.New("no route: row canary-marie-5d1e")
	_, err := x.Receive(t.Context(), clerk, asks(rights.Access))
	for _, err := range []error{err, x.Answer(t.Context(), officer, marie, r.ID, "letter"), x.Extend(t.Context(), officer, marie, r.ID, 1, "letter")} {
		require.ErrorIs(t, err, purpose.ErrUnavailable)
		require.NotErrorIs(t, err, purpose.ErrDenied)
		require.ErrorIs(t, err, x.store.fails)
		assert.NotContains(t, err.Error(), "canary")
	}
	x.store.fails = nil
	assert.Equal(t, rights.StateOpen, x.state(t, r.ID))
	_, err = x.Requests(t.Context(), "")
	require.ErrorIs(t, err, consent.ErrSubject)
}

func TestStoredEvents(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	in := asks(rights.Access)
	in.Nature = "all"
	r, err := x.Receive(t.Context(), clerk, in)
	require.NoError(t, err)
	require.NoError(t, x.Refuse(t.Context(), officer, marie, r.ID, "letter", rights.Inquiry, rights.OtherPersons))
	r = x.get(t, r.ID)
	b, err := json.Marshal(r.Events)
	require.NoError(t, err)
	var back []rights.Event
	require.NoError(t, json.Unmarshal(b, &back))
	assert.Equal(t, r.Events, back)

	// What no desk writes is no file: nothing is concluded from it.
	base := back[0]
	for name, change := range map[string]func(*rights.Event){
		"no id": func(e *rights.Event) { e.Request = "" }, "no time": func(e *rights.Event) { e.Time = time.Time{} },
		"no kind": func(e *rights.Event) { e.Kind = 0 }, "later kind": func(e *rights.Event) { e.Kind = 99 },
		"no intake": func(e *rights.Event) { e.Intake = nil }, "no deadline": func(e *rights.Event) { e.Deadline = time.Time{} },
		"not received":       func(e *rights.Event) { e.Kind = rights.Answered },
		"due before it came": func(e *rights.Event) { e.Deadline = e.Intake.Received },
		"no recourse":        func(e *rights.Event) { e.Intake.Recourse = purpose.Period{} }, "less than none": func(e *rights.Event) { e.Intake.Recourse.Days = -1 },
		"no channel": func(e *rights.Event) { e.Intake.Channel = 0 }, "no standing": func(e *rights.Event) { e.Intake.Standing = 0 },
		"nothing shown": func(e *rights.Event) { e.Intake.Assurance = 0 }, "more than all": func(e *rights.Event) { e.Intake.Assurance = 4 },
	} {
		e, intake := base, *base.Intake
		e.Intake = &intake
		change(&e)
		var m rights.Memory
		require.NoError(t, m.Append(t.Context(), marie, 0, e, time.Time{}))
		c := x.config
		c.Store = &m
		desk, err := rights.NewDesk(c)
		require.NoError(t, err)
		_, err = desk.Requests(t.Context(), marie)
		require.ErrorIs(t, err, rights.ErrStored, name)
		_, err = desk.Receive(t.Context(), clerk, asks(rights.Access))
		require.ErrorIs(t, err, rights.ErrStored, name)
	}
	// Whatever comes after a request was settled changes nothing.
	var m rights.Memory
	base.Intake.Nature = pii.Sealed[rights.Nature]{}
	for i, kind := range []rights.EventKind{rights.Received, rights.Answered, rights.Refused, rights.Extended} {
		e := rights.Event{Request: base.Request, Kind: kind, Time: base.Time, Deadline: base.Deadline.AddDate(0, 0, i), Alarm: base.Alarm}
		if i == 0 {
			e.Intake = base.Intake
		}
		if kind == rights.Refused {
			e.Grounds = []rights.Ground{rights.Inquiry}
		}
		require.NoError(t, m.Append(t.Context(), marie, i, e, time.Time{}))
	}
	c := x.config
	c.Store = &m
	desk, err := rights.NewDesk(c)
	require.NoError(t, err)
	all, err := desk.Requests(t.Context(), marie)
	require.NoError(t, err)
	assert.Equal(t, rights.StateAnswered, all[0].State(received.AddDate(1, 0, 0)))
	assert.Equal(t, base.Deadline, all[0].Deadline)
	assert.Zero(t, all[0].State(time.Time{}))
	require.NoError(t, m.Append(t.Context(), marie, 4, rights.Event{Request: base.Request, Kind: rights.Refused, Time: base.Time}, time.Time{}))
	_, err = desk.Requests(t.Context(), marie)
	require.ErrorIs(t, err, rights.ErrStored, "no desk refuses without a ground")
	var k rights.Kind
	require.ErrorIs(t, k.UnmarshalText([]byte("unknown")), rights.ErrStored)
	require.ErrorIs(t, k.UnmarshalText([]byte("Access")), rights.ErrStored)
}

func TestMemory(t *testing.T) {
	t.Parallel()
	var m rights.Memory
	ctx := t.Context()
	e := rights.Event{Request: "r", Kind: rights.Held, Time: received, Inform: []string{"a"}}
	require.NoError(t, m.Append(ctx, marie, 0, e, received.Add(2*day)))
	require.ErrorIs(t, m.Append(ctx, marie, 0, e, received), rights.ErrConflict)
	require.ErrorIs(t, m.Append(ctx, marie, 2, e, received), rights.ErrConflict)
	require.ErrorIs(t, m.Append(ctx, louis, 1, e, received), rights.ErrConflict)
	require.NoError(t, m.Append(ctx, louis, 0, e, received.Add(day)))
	require.NoError(t, m.Append(ctx, "nobody", 0, e, time.Time{}))
	due := func(at time.Time) (all []consent.Subject) {
		for s, err := range m.Due(ctx, at) {
			require.NoError(t, err)
			all = append(all, s)
		}
		return all
	}
	assert.Empty(t, due(received))
	assert.Equal(t, []consent.Subject{louis}, due(received.Add(day)))
	assert.Equal(t, []consent.Subject{louis, marie}, due(received.Add(100*day)))
	have, err := m.Events(ctx, marie)
	require.NoError(t, err)
	have[0].Inform[0] = "changed"
	have, err = m.Events(ctx, marie)
	require.NoError(t, err)
	assert.Equal(t, []string{"a"}, have[0].Inform, "what was stored is nobody else's")
	e.Inform[0] = "changed"
	have, err = m.Events(ctx, marie)
	require.NoError(t, err)
	assert.Equal(t, []string{"a"}, have[0].Inform)
}
