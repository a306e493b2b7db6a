package consent_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// model is what the registry must come to, written as plainly as it can be.
type model struct {
	status    map[purpose.ID]purpose.Status
	until     map[purpose.ID]time.Time
	requests  map[string]bool // those that may still be answered
	purposeOf map[string]purpose.ID
	languages map[language.Tag]bool
}

func newModel() *model {
	return &model{
		map[purpose.ID]purpose.Status{}, map[purpose.ID]time.Time{}, map[string]bool{}, map[string]purpose.ID{}, map[language.Tag]bool{},
	}
}

func (m *model) apply(e consent.Event) {
	id := e.Purpose
	switch e.Kind {
	case consent.Noticed:
		m.languages[e.Act.Language] = true
	case consent.Requested:
		m.requests[e.ID], m.purposeOf[e.ID] = true, id
		if m.status[id] == purpose.Unknown {
			m.status[id] = purpose.Requested
		}
	case consent.Granted:
		if e.Act.Request == "" || m.requests[e.Act.Request] && m.purposeOf[e.Act.Request] == id {
			m.status[id], m.until[id] = purpose.Given, e.Act.Until
		}
	case consent.Refused, consent.Withdrawn:
		m.status[id] = map[consent.Kind]purpose.Status{consent.Refused: purpose.Refused, consent.Withdrawn: purpose.Withdrawn}[e.Kind]
		for request, of := range m.purposeOf {
			if of == id {
				m.requests[request] = false
			}
		}
	}
}

// at is the state of the purpose that the registry shows.
func (m *model) at(id purpose.ID, now time.Time) purpose.Status {
	s := m.status[id]
	if s == purpose.Unknown || s == purpose.Given && !m.until[id].IsZero() && !now.Before(m.until[id]) {
		return purpose.Absent
	}
	return s
}

// randomEvents is a ledger of n events of every kind, blank ones among them, with times in no order.
func randomEvents(rng *rand.Rand, n int) []consent.Event {
	ids := []purpose.ID{marketing, letter, calls}
	var all []consent.Event
	for i := range n {
		e := consent.Event{
			ID: fmt.Sprint(i), Seq: uint64(i) + 1, Kind: consent.Kind(1 + rng.IntN(9)),
			Time: time.Date(2026, 1, 1+rng.IntN(300), 0, 0, 0, 0, time.UTC),
		}
		switch e.Kind {
		case consent.Noticed:
			e.Act.Language = []language.Tag{language.English, language.CanadianFrench}[rng.IntN(2)]
		case consent.Requested, consent.Granted, consent.Refused, consent.Withdrawn:
			e.Purpose = ids[rng.IntN(len(ids))]
			if e.Kind == consent.Granted && rng.IntN(2) == 0 {
				e.Act.Request = fmt.Sprint(rng.IntN(n))
			}
			if e.Kind == consent.Granted && rng.IntN(3) == 0 {
				e.Act.Operations = []purpose.Operation{purpose.Combine}
			}
		case consent.CaseOpened, consent.CaseClosed:
			e.Case = fmt.Sprint("job-", rng.IntN(2))
			if e.Kind == consent.CaseOpened {
				e.Actor = purpose.Actor{Role: "clerk", ID: fmt.Sprint(rng.IntN(3))}
			}
			if rng.IntN(3) == 0 {
				e.Occurred = e.Time.AddDate(0, 0, -rng.IntN(9))
			}
		}
		switch e.Kind {
		case consent.Requested, consent.CaseOpened, consent.CaseClosed, consent.AccountOpened, consent.AccountClosed:
			if rng.IntN(12) == 0 {
				e = consent.Event{ID: e.ID, Seq: e.Seq, Kind: e.Kind, Purpose: e.Purpose, Time: e.Time, Blank: true}
			}
		}
		all = append(all, e)
	}
	return all
}

func TestFoldLaws(t *testing.T) {
	t.Parallel()
	parameters := gopter.DefaultTestParametersWithSeed(rand.Int64())
	parameters.MinSuccessfulTests = 500
	parameters.MaxShrinkCount = 0 // a smaller seed is no smaller history
	properties := gopter.NewProperties(parameters)

	properties.Property("events folded in one go or in any parts come to the same", prop.ForAll(
		func(seed uint64, n int) bool {
			rng := rand.New(rand.NewPCG(seed, 2))
			all := randomEvents(rng, n)
			whole, err := consent.FoldForTest(consent.Folded{}, yielding(all...))
			if err != nil {
				return false
			}
			var parts consent.Folded
			for rest := all; ; {
				k := rng.IntN(len(rest) + 1)
				earlier, before := parts, *parts.Facts()
				before.Consents, before.Cases = maps.Clone(before.Consents), maps.Clone(before.Cases)
				if parts, err = consent.FoldForTest(parts, yielding(rest[:k]...)); err != nil {
					return false
				}
				if !assert.ObjectsAreEqual(before, *earlier.Facts()) {
					return false // the part before was changed
				}
				if rest = rest[k:]; len(rest) == 0 {
					break
				}
			}
			return assert.ObjectsAreEqual(whole, parts)
		},
		gen.UInt64(), gen.IntRange(0, 40),
	))
	properties.Property("which event is later is its number and not its time", prop.ForAll(
		func(seed uint64, n int) bool {
			all := randomEvents(rand.New(rand.NewPCG(seed, 3)), n)
			moved := slices.Clone(all)
			for i := range moved {
				moved[i].Time = moved[i].Time.AddDate(0, 0, -7*i)
				moved[i].Occurred = time.Time{}
			}
			a, errA := consent.FoldForTest(consent.Folded{}, yielding(all...))
			b, errB := consent.FoldForTest(consent.Folded{}, yielding(moved...))
			if errA != nil || errB != nil || a.Facts().Ledger != b.Facts().Ledger || a.Facts().Complete != b.Facts().Complete {
				return false
			}
			for _, id := range []purpose.ID{marketing, letter, calls} {
				c, d := a.Facts().Consent(id), b.Facts().Consent(id)
				if c.Status != d.Status || c.Operations != d.Operations {
					return false
				}
			}
			for _, id := range []string{"job-0", "job-1", "job-2"} {
				c, d := a.Facts().Case(id), b.Facts().Case(id)
				if c.Status != d.Status || !slices.Equal(c.Assigned, d.Assigned) {
					return false
				}
			}
			return a.Facts().Account.Status == b.Facts().Account.Status && a.Facts().Notice.Status == b.Facts().Notice.Status
		},
		gen.UInt64(), gen.IntRange(0, 40),
	))
	properties.Property("the state of each purpose is that of the model", prop.ForAll(
		func(seed uint64, n int) bool {
			all := randomEvents(rand.New(rand.NewPCG(seed, 4)), n)
			all = slices.DeleteFunc(all, func(e consent.Event) bool { return e.Blank })
			m := newModel()
			for i := range all {
				all[i].Seq = uint64(i) + 1
				m.apply(all[i])
			}
			f, err := consent.FoldForTest(consent.Folded{}, yielding(all...))
			if err != nil {
				return false
			}
			for _, id := range []purpose.ID{marketing, letter, calls} {
				if f.Facts().Consent(id).Status != m.at(id, time.Time{}) {
					return false
				}
			}
			return true
		},
		gen.UInt64(), gen.IntRange(0, 40),
	))
	properties.TestingRun(t)
}

// A history of calls leaves the registry where the model is, and allows what the model allows.
func TestRandomHistories(t *testing.T) {
	t.Parallel()
	parameters := gopter.DefaultTestParametersWithSeed(rand.Int64())
	parameters.MinSuccessfulTests = 80
	parameters.MaxShrinkCount = 0 // a smaller seed is no smaller history
	properties := gopter.NewProperties(parameters)
	properties.Property("registry and model agree after every call", prop.ForAll(
		func(seed uint64) string { return history(t, rand.New(rand.NewPCG(seed, 5)), 40) },
		gen.UInt64(),
	))
	properties.TestingRun(t)
}

// history makes random calls and returns what is wrong, if anything.
func history(t *testing.T, rng *rand.Rand, steps int) string {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	d := newDesk(t, consent.WithClock(func() time.Time { return now }), consent.WithCache(1))
	defer d.Close()
	m := newModel()
	ids := []purpose.ID{marketing, letter, calls}
	requests := map[purpose.ID][]string{}
	var ledger uint64
	event := func(e consent.Event) {
		if e.Seq != ledger { // it is a new one
			ledger = e.Seq
			m.apply(e)
		}
	}
	for step := range steps {
		id := ids[rng.IntN(len(ids))]
		call := "nothing"
		switch k := rng.IntN(12); {
		case k == 0:
			call = "notice"
			e, err := d.Notify(t.Context(), d.who, language.English)
			if err != nil {
				return err.Error()
			}
			event(e)
		case k < 3:
			call = "request"
			e, err := d.Request(t.Context(), d.who, id, consent.Link)
			if err != nil {
				return err.Error()
			}
			requests[id] = append(requests[id], e.ID)
			event(e)
		case k < 5:
			call = "grant"
			a := consent.Act{Method: consent.WebForm}
			if rng.IntN(2) == 0 {
				a.Until = now.Add(time.Duration(1+rng.IntN(48)) * time.Hour)
			}
			e, err := d.Grant(t.Context(), d.who, id, a)
			if told := m.languages[language.English]; told != (err == nil) {
				return fmt.Sprintf("step %d: grant, told %v: %v", step, told, err)
			}
			if err == nil {
				event(e)
			}
		case k < 8 && len(requests[id]) > 0:
			call = "grant by link"
			asked := requests[id][rng.IntN(len(requests[id]))]
			e, err := d.Grant(t.Context(), d.who, id, consent.Act{Method: consent.Link, Request: asked})
			if want := m.requests[asked] && m.languages[language.English]; want != (err == nil) {
				return fmt.Sprintf("step %d: link, open %v: %v", step, want, err)
			}
			if err == nil {
				event(e)
			}
		case k < 10 && k >= 8:
			say := []func(context.Context, consent.Subject, purpose.ID) error{
				func(ctx context.Context, s consent.Subject, id purpose.ID) error { return second(d.Refuse(ctx, s, id)) },
				func(ctx context.Context, s consent.Subject, id purpose.ID) error {
					return second(d.Withdraw(ctx, s, id))
				},
			}
			call = []string{"refuse", "withdraw"}[k-8]
			if err := say[k-8](t.Context(), d.who, id); err != nil {
				return err.Error()
			}
			no := consent.Event{Kind: consent.Withdrawn, Purpose: id}
			if all := d.history(); uint64(len(all)) > ledger { // else it says nothing new of the state
				no = all[len(all)-1]
			} else if m.status[id] == purpose.Refused {
				no.Kind = consent.Refused
			}
			if s := m.status[id]; s != purpose.Refused && s != purpose.Withdrawn && uint64(len(d.history())) == ledger {
				return fmt.Sprintf("step %d: %s was not stored", step, call)
			}
			m.apply(no) // in any case, what was asked is answered
		default:
			now = now.Add(time.Duration(rng.IntN(24)) * time.Hour)
		}
		ledger = uint64(len(d.history()))
		for _, id := range ids {
			if got, want := d.status(id), m.at(id, now); got != want {
				return fmt.Sprintf("step %d, after %s: %s is %d, not %d", step, call, id, got, want)
			}
			up := m.status[marketing]
			want := m.at(id, now) == purpose.Given && up != purpose.Refused && up != purpose.Withdrawn
			if got := d.asks(id); want != (got == purpose.Permitted) {
				return fmt.Sprintf("step %d, after %s: %s is %v, not %v", step, call, id, got, want)
			}
		}
	}
	return ""
}

func TestFoldOfNothing(t *testing.T) {
	t.Parallel()
	f, err := consent.FoldForTest(consent.Folded{}, yielding())
	require.NoError(t, err)
	assert.True(t, f.Facts().Complete, "that there is nothing is known")
	assert.Equal(t, purpose.Absent, f.Facts().Notice.Status)
	assert.Equal(t, purpose.Absent, f.Facts().Consent(letter).Status)
	assert.Equal(t, purpose.CaseAbsent, f.Facts().Account.Status)
	assert.Equal(t, purpose.CaseAbsent, f.Facts().Case(job).Status)
}

func TestFoldCases(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }
	who := func(id string) purpose.Actor { return purpose.Actor{Role: "clerk", ID: id} }
	opened := func(n int, by string) consent.Event {
		return consent.Event{Kind: consent.CaseOpened, Case: job, Time: day(n), Actor: who(by)}
	}
	closed := func(n int) consent.Event { return consent.Event{Kind: consent.CaseClosed, Case: job, Time: day(n)} }
	early := opened(9, "a")
	early.Occurred = day(2)
	late := closed(9)
	late.Occurred = day(5)
	ahead := closed(9)
	ahead.Occurred = day(11)
	for name, c := range map[string]struct {
		events []consent.Event
		want   purpose.Case
	}{
		"opened": {[]consent.Event{opened(1, "a")}, purpose.Case{Status: purpose.CaseOpen, Opened: day(1), Assigned: []purpose.Actor{who("a")}}},
		"two are assigned": {
			[]consent.Event{opened(1, "a"), opened(2, "b")},
			purpose.Case{Status: purpose.CaseOpen, Opened: day(1), Assigned: []purpose.Actor{who("a"), who("b")}},
		},
		"closed": {
			[]consent.Event{opened(1, "a"), closed(3)},
			purpose.Case{Status: purpose.CaseClosed, Opened: day(1), Closed: day(3), Assigned: []purpose.Actor{who("a")}},
		},
		"closed twice": {
			[]consent.Event{opened(1, "a"), closed(3), closed(4)},
			purpose.Case{Status: purpose.CaseClosed, Opened: day(1), Closed: day(3), Assigned: []purpose.Actor{who("a")}},
		},
		"closed before it was recorded": {
			[]consent.Event{opened(1, "a"), late},
			purpose.Case{Status: purpose.CaseClosed, Opened: day(1), Closed: day(5), Assigned: []purpose.Actor{who("a")}},
		},
		"never later than it was recorded": {
			[]consent.Event{opened(1, "a"), ahead},
			purpose.Case{Status: purpose.CaseClosed, Opened: day(1), Closed: day(9), Assigned: []purpose.Actor{who("a")}},
		},
		"opened again, for another": {
			[]consent.Event{opened(1, "a"), closed(3), opened(5, "b")},
			purpose.Case{Status: purpose.CaseOpen, Opened: day(5), Assigned: []purpose.Actor{who("b")}, Ended: []purpose.Span{{Opened: day(1), Closed: day(3), Reopened: day(5)}}},
		},
		"opened before it was recorded": {
			[]consent.Event{early},
			purpose.Case{Status: purpose.CaseOpen, Opened: day(9), Assigned: []purpose.Actor{who("a")}},
		},
		"opened again, and closed again": {
			[]consent.Event{opened(1, "a"), closed(3), opened(5, "b"), closed(6), opened(7, "c"), closed(8)},
			purpose.Case{
				Status: purpose.CaseClosed, Opened: day(7), Closed: day(8), Assigned: []purpose.Actor{who("c")},
				Ended: []purpose.Span{{Opened: day(1), Closed: day(3), Reopened: day(5)}, {Opened: day(5), Closed: day(6), Reopened: day(7)}},
			},
		},
		"opened again, after a blank": {
			[]consent.Event{opened(1, "a"), {Kind: consent.CaseClosed, Time: day(2), Blank: true}, opened(5, "b")},
			purpose.Case{Status: purpose.CaseOpen, Opened: day(5), Assigned: []purpose.Actor{who("b")}, Ended: []purpose.Span{{Reopened: day(5)}}},
		},
		"closed unseen": {[]consent.Event{closed(3)}, purpose.Case{Status: purpose.CaseClosed, Closed: day(3)}},
		"closed, then blank": {
			[]consent.Event{opened(1, "a"), {Kind: consent.CaseClosed, Time: day(2), Blank: true}}, purpose.Case{},
		},
	} {
		for i := range c.events {
			c.events[i].Seq = uint64(i) + 1
		}
		f, err := consent.FoldForTest(consent.Folded{}, yielding(c.events...))
		require.NoError(t, err, name)
		assert.Equal(t, c.want, f.Facts().Case(job), name)
	}
}

func TestFoldAccount(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }
	opened := func(n int) consent.Event { return consent.Event{Kind: consent.AccountOpened, Time: day(n)} }
	closed := func(n int) consent.Event { return consent.Event{Kind: consent.AccountClosed, Time: day(n)} }
	for name, c := range map[string]struct {
		events []consent.Event
		want   purpose.Account
	}{
		"none":         {nil, purpose.Account{Status: purpose.CaseAbsent}},
		"opened":       {[]consent.Event{opened(1)}, purpose.Account{Status: purpose.CaseOpen, Opened: day(1)}},
		"opened twice": {[]consent.Event{opened(1), opened(2)}, purpose.Account{Status: purpose.CaseOpen, Opened: day(1)}},
		"closed twice": {[]consent.Event{opened(1), closed(2), closed(3)}, purpose.Account{Status: purpose.CaseClosed, Opened: day(1), Closed: day(2)}},
		"opened again": {
			[]consent.Event{opened(1), closed(2), opened(4)},
			purpose.Account{Status: purpose.CaseOpen, Opened: day(4), Ended: []purpose.Span{{Opened: day(1), Closed: day(2), Reopened: day(4)}}},
		},
		"closed again": {
			[]consent.Event{opened(1), closed(2), opened(4), closed(6)},
			purpose.Account{Status: purpose.CaseClosed, Opened: day(4), Closed: day(6), Ended: []purpose.Span{{Opened: day(1), Closed: day(2), Reopened: day(4)}}},
		},
		"opened again, after a blank": {
			[]consent.Event{opened(1), {Kind: consent.AccountClosed, Time: day(2), Blank: true}, opened(4)},
			purpose.Account{Status: purpose.CaseOpen, Opened: day(4), Ended: []purpose.Span{{Reopened: day(4)}}},
		},
	} {
		for i := range c.events {
			c.events[i].Seq = uint64(i) + 1
		}
		f, err := consent.FoldForTest(consent.Folded{}, yielding(c.events...))
		require.NoError(t, err, name)
		assert.Equal(t, c.want, f.Facts().Account, name)
	}
}

// What was blanked is unknown, and what it may have said is too.
func TestFoldOfBlankEvents(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	base := []consent.Event{
		{Seq: 1, Kind: consent.Noticed, Time: at, Act: consent.Act{Language: language.English}},
		{Seq: 2, Kind: consent.Granted, Purpose: letter, Time: at},
		{Seq: 3, Kind: consent.AccountOpened, Time: at},
	}
	for _, kind := range []consent.Kind{consent.Requested, consent.CaseOpened, consent.CaseClosed, consent.AccountOpened, consent.AccountClosed} {
		f, err := consent.FoldForTest(consent.Folded{}, yielding(append(slices.Clone(base), consent.Event{Seq: 4, Kind: kind, Time: at, Blank: true})...))
		require.NoError(t, err)
		assert.Equal(t, purpose.Given, f.Facts().Consent(letter).Status, "consents are never blanked")
		assert.Equal(t, purpose.Unknown, f.Facts().Consent(calls).Status)
		assert.Equal(t, purpose.CaseUnknown, f.Facts().Case(job).Status)
		want := purpose.CaseOpen
		if kind == consent.AccountOpened || kind == consent.AccountClosed {
			want = purpose.CaseUnknown
		}
		assert.Equal(t, want, f.Facts().Account.Status, kind)
	}
	for _, kind := range []consent.Kind{consent.Noticed, consent.Granted, consent.Refused, consent.Withdrawn} {
		_, err := consent.FoldForTest(consent.Folded{}, yielding(append(slices.Clone(base), consent.Event{Seq: 4, Kind: kind, Purpose: letter, Time: at, Blank: true})...))
		assert.ErrorIs(t, err, consent.ErrFormat, "no erasure blanks a %s", kind)
	}
}
