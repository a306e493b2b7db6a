package consent

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"time"

	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/purpose"
)

// state is the fold of one subject's events in sequence order. It never looks at a clock: which of two events is later
// is their number in the ledger and nothing else. A state is not changed once built.
type state struct {
	facts     purpose.Facts
	known     *Known                // how it is kept
	last      time.Time             // latest time of an event
	read      int64                 // reading of the clock before it was read
	languages []language.Tag        // of the notices shown, latest last
	requests  map[string]request    // open and answered requests by event id
	tightened map[purpose.ID]uint64 // number of the last refusal or withdrawal
}

type request struct {
	purpose purpose.ID
	seq     uint64
}

// fold applies events to a copy of s. On an error nothing is known and the result must not be used.
func fold(s state, events iter.Seq2[Event, error]) (state, error) {
	s.facts.Complete = s.facts.Ledger == 0 || s.facts.Complete
	s.facts.Consents, s.facts.Cases = own(s.facts.Consents), own(s.facts.Cases)
	s.requests, s.tightened, s.facts.Consumed = own(s.requests), own(s.tightened), own(s.facts.Consumed)
	s.languages = slices.Clone(s.languages)
	s.facts.Holds, s.facts.Erasures = slices.Clone(s.facts.Holds), slices.Clone(s.facts.Erasures)
	s.facts.HoldsKnown = true
	if s.facts.Ledger == 0 {
		s.facts.Notice.Status, s.facts.Account.Status = purpose.Absent, purpose.CaseAbsent
	}
	for e, err := range events {
		if err == nil {
			err = s.next(e)
		}
		if err != nil {
			return state{}, err
		}
	}
	return s, nil
}

// newState is what is known of a subject without events.
func newState() *state {
	s := new(state)
	s.facts.Complete, s.facts.HoldsKnown = true, true
	s.facts.Notice.Status, s.facts.Account.Status = purpose.Absent, purpose.CaseAbsent
	return s
}

// next applies the event after the last.
func (s *state) next(e Event) error {
	if e.Seq != s.facts.Ledger+1 {
		return ErrChain
	}
	return s.apply(e)
}

// folder folds a subject's records, and checks them.
type folder struct {
	state *state
	chain [32]byte // of the record before
}

func newFolder(s Subject) *folder { return &folder{newState(), Root(s)} }

// next applies the record after the last.
func (f *folder) next(r Record) error {
	e, err := Decode(r, f.chain)
	if err != nil {
		return err
	}
	f.chain = r.Chain
	return f.state.next(e)
}

// own returns a copy, nil if it would be empty: most subjects have most of these empty.
func own[K comparable, V any](m map[K]V) map[K]V {
	if len(m) == 0 {
		return nil
	}
	return maps.Clone(m)
}

// put sets a key of a map that may be nil.
func put[K comparable, V any](m *map[K]V, k K, v V) {
	if *m == nil {
		*m = make(map[K]V)
	}
	(*m)[k] = v
}

func (s *state) apply(e Event) error {
	if e.Kind == 0 || int(e.Kind) >= len(kindText) {
		return ErrFormat
	}
	s.facts.Ledger = e.Seq
	if e.Time.After(s.last) {
		s.last = e.Time
	}
	if e.Blank && e.Kind.proof() {
		return ErrFormat // no erasure does this: what was consented to cannot be told any more
	}
	if s.restrain(e) {
		return nil
	}
	if e.Blank {
		// What the event said is unknown, so nothing may be concluded from what is not there.
		s.facts.Complete = false
		switch e.Kind {
		case AccountOpened, AccountClosed:
			s.facts.Account = purpose.Account{}
		case Resides:
			s.facts.Residence = ""
		case CaseOpened, CaseClosed:
			for id := range s.facts.Cases {
				s.facts.Cases[id] = purpose.Case{}
			}
		}
		return nil
	}
	at := e.Time
	if !e.Occurred.IsZero() && e.Occurred.Before(at) {
		at = e.Occurred
	}
	c := s.facts.Consents[e.Purpose]
	switch e.Kind {
	case Noticed:
		if s.facts.Notice.Status != purpose.Given {
			s.facts.Notice = purpose.Consent{Status: purpose.Given, Since: e.Time}
		}
		s.facts.Notice.Policy = e.Policy // what the person was told last
		s.languages = append(slices.DeleteFunc(s.languages, func(t language.Tag) bool { return t == e.Act.Language }), e.Act.Language)
	case Requested:
		put(&s.requests, e.ID, request{e.Purpose, e.Seq})
		if c.Status == purpose.Unknown || c.Status == purpose.Absent {
			put(&s.facts.Consents, e.Purpose, purpose.Consent{Status: purpose.Requested, Since: e.Time})
		}
	case Granted:
		if !s.answers(e) {
			return nil // an old opt-in never re-grants
		}
		ops := purpose.OperationSet(e.Act.Operations...)
		if ops == 0 {
			ops = purpose.OperationSet(purpose.Use)
		}
		put(&s.facts.Consents, e.Purpose, purpose.Consent{
			Status: purpose.Given, Since: e.Time, Until: e.Act.Until, Operations: ops, Policy: e.Policy,
			Request: cmp.Or(e.Act.Request, e.ID), // so that answering one request twice permits no second use
		})
	case Refused:
		put(&s.facts.Consents, e.Purpose, purpose.Consent{Status: purpose.Refused, Since: e.Time})
		put(&s.tightened, e.Purpose, e.Seq)
	case Withdrawn:
		put(&s.facts.Consents, e.Purpose, purpose.Consent{Status: purpose.Withdrawn, Since: e.Time})
		put(&s.tightened, e.Purpose, e.Seq)
	case CaseOpened:
		k, seen := s.facts.Cases[e.Case]
		if !seen {
			k.Status = purpose.CaseAbsent
		}
		if k.Status != purpose.CaseOpen {
			k = purpose.Case{Status: purpose.CaseOpen, Opened: e.Time, Ended: ended(k.Ended, k.Status, k.Opened, k.Closed, e.Time)}
		}
		k.Assigned = append(slices.Clip(k.Assigned), purpose.Actor{Role: e.Actor.Role, ID: e.Actor.ID})
		put(&s.facts.Cases, e.Case, k)
	case CaseClosed:
		k := s.facts.Cases[e.Case]
		if k.Status != purpose.CaseClosed { // an end that passed stays passed
			k = purpose.Case{Status: purpose.CaseClosed, Opened: k.Opened, Closed: at, Assigned: k.Assigned, Ended: k.Ended}
		}
		put(&s.facts.Cases, e.Case, k)
	case AccountOpened:
		if a := s.facts.Account; a.Status != purpose.CaseOpen {
			s.facts.Account = purpose.Account{Status: purpose.CaseOpen, Opened: e.Time, Ended: ended(a.Ended, a.Status, a.Opened, a.Closed, e.Time)}
		}
	case AccountClosed:
		if a := &s.facts.Account; a.Status != purpose.CaseClosed {
			*a = purpose.Account{Status: purpose.CaseClosed, Opened: a.Opened, Closed: at, Ended: a.Ended}
		}
	case Resides:
		s.facts.Residence = e.Jurisdiction
	case Consumed:
		put(&s.facts.Consumed, e.Act.Request, true)
	default:
		return ErrFormat
	}
	return nil
}

// ended returns the stretches of a case or an account with the one that is over when it is opened again: what came to its end in between stays ended. Of one that was blanked it is not
// known when it closed.
func ended(before []purpose.Span, status purpose.CaseStatus, opened, closed, again time.Time) []purpose.Span {
	switch status {
	case purpose.CaseClosed:
		return append(slices.Clip(before), purpose.Span{Opened: opened, Closed: closed, Reopened: again})
	case purpose.CaseUnknown:
		return append(slices.Clip(before), purpose.Span{Reopened: again})
	}
	return before
}

// answers reports whether a grant may loosen: the request it names must be of its purpose and have been opened
// after the last refusal or withdrawal.
func (s *state) answers(e Event) bool {
	if e.Act.Request == "" {
		return true
	}
	r, ok := s.requests[e.Act.Request]
	return ok && r.purpose == e.Purpose && r.seq > s.tightened[e.Purpose]
}
