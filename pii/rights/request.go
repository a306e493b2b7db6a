package rights

import (
	"slices"
	"time"

	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
)

// Event is one thing that happened to a request. Its JSON form is stable, for a [Store] to keep.
type Event struct {
	Request  string        `json:"request"` // id
	Kind     EventKind     `json:"kind"`
	Time     time.Time     `json:"time"`
	By       purpose.Actor `json:"by"`
	Evidence string        `json:"evidence,omitempty"` // where the proof is: the id of a letter, of a certificate; never the proof itself

	Intake     *Intake           `json:"intake,omitempty"`     // of Received and Repeated
	Deadline   time.Time         `json:"deadline,omitzero"`    // of Received and Extended; of Repeated, if what came first was taken in last
	Alarm      time.Time         `json:"alarm,omitzero"`       // beside Deadline
	Attribute  purpose.Attribute `json:"attribute,omitempty"`  // of Corrected
	Inform     []string          `json:"inform,omitempty"`     // of Corrected: ids of the recipients that the old value was disclosed to
	Assessment *Assessment       `json:"assessment,omitempty"` // of Assessed
	Grounds    []Ground          `json:"grounds,omitempty"`    // of Refused, and of what was Answered in part
}

// Intake is what a request was received as.
type Intake struct {
	Kind      Kind                `json:"kind"`
	Channel   Channel             `json:"channel"`
	Assurance Assurance           `json:"assurance"` // what was shown, as far as the channel lets it be shown
	Standing  Standing            `json:"standing"`
	Authority string              `json:"authority,omitempty"` // where the proof is that somebody may ask for another
	Received  time.Time           `json:"received"`
	Language  language.Tag        `json:"language"`
	Recourse  purpose.Period      `json:"recourse"` // how long a refusal can be contested
	Contact   pii.Sealed[Contact] `json:"contact"`  // absent if none was given, or it has ended
	Nature    pii.Sealed[Nature]  `json:"nature"`
}

// sound reports whether a desk can have written it. Without a time for recourse the data would be let go as soon as it was refused.
func (i *Intake) sound() bool {
	return i != nil && i.Kind >= Access && i.Kind <= CeaseDissemination && i.Channel >= InAccount && i.Channel <= Mail && i.Standing >= Oneself && i.Standing <= Representative &&
		i.Assurance >= Claimed && i.Assurance <= Authenticated && !i.Received.IsZero() && positive(i.Recourse)
}

func positive(p purpose.Period) bool {
	return !p.IsZero() && p.Years >= 0 && p.Months >= 0 && p.Days >= 0
}

// State is how a request stands at some time. The zero State is invalid.
type State uint8

// The states of a request.
const (
	StateOpen          State = iota + 1 // to be answered by its deadline
	StateExtended                       // the same, and the deadline was extended
	StateAnswered                       // in full or in part; it stays so
	StateRefused                        // it stays so
	StateDeemedRefused                  // it was not answered by its deadline: silence is a refusal. It can still be answered
)

// String returns the stable text, "deemed_refused".
func (s State) String() string { return textOf(stateText, s) }

// Request is a request and all that happened to it.
type Request struct {
	ID      string
	Subject consent.Subject
	Intake
	Deadline time.Time // first instant at which it counts as refused if it was not answered
	Alarm    time.Time // when [Desk.Due] begins to find it
	Events   []Event   // in order

	settled   EventKind // Answered, Refused or zero
	ended     time.Time // when it was settled
	partly    bool      // answered in part
	extended  bool
	assessed  bool
	held      bool // a hold is in force
	released  bool // nothing is held any more
	round     int  // how often a hold was wanted again after one was released
	contested bool
	concluded bool
}

// State returns how the request stands at a time, from what is stored and nothing else. For the zero time it is the zero State.
func (r *Request) State(now time.Time) State {
	switch {
	case r == nil || now.IsZero() || r.Deadline.IsZero():
		return 0
	case r.settled == Answered:
		return StateAnswered
	case r.settled == Refused:
		return StateRefused
	case !now.Before(r.Deadline):
		return StateDeemedRefused
	case r.extended:
		return StateExtended
	}
	return StateOpen
}

// Late reports whether the request was answered or refused after it had counted as refused.
func (r *Request) Late() bool { return r.settled != 0 && !r.ended.Before(r.Deadline) }

// Exhausted reports whether, at a time, the person can no longer contest what was decided: it was answered in full, or the time for recourse has been over for a week and none
// was taken, or the one that was taken has come to its end.
func (r *Request) Exhausted(now time.Time) bool {
	refused := r.Deadline // silence
	switch {
	case r.concluded:
		return true
	case r.contested:
		return false
	case r.settled == Answered && !r.partly:
		return true
	case r.settled != 0:
		refused = r.ended
	}
	return !now.Before(r.over(refused))
}

// grace is how many days longer than the time for recourse the data is kept: a letter takes its days, the last day counts to its end where the person is, and may
// move over a weekend and holidays.
const grace = 7

// over is the first instant at which a recourse against what was refused at a time surely comes too late.
func (r *Request) over(refused time.Time) time.Time {
	return r.Recourse.After(refused).AddDate(0, 0, grace)
}

// open reports whether the same request, made again, is this one.
func (r *Request) open(now time.Time) bool {
	s := r.State(now)
	return s == StateOpen || s == StateExtended
}

// keeps reports whether what was asked for must not be gone while such a request can be contested.
func (k Kind) keeps() bool { return k == Access || k == Portability || k == Rectification }

// next is when somebody or something is to look at the request; zero: when something happens to it.
func (r *Request) next() time.Time {
	switch {
	case r.settled == 0:
		return r.Alarm
	case r.released || !r.Kind.keeps():
		return time.Time{}
	case r.concluded || r.settled == Answered && !r.partly:
		return r.ended
	case r.contested:
		return time.Time{}
	}
	return r.over(r.ended)
}

// longest is the most days a request may take, whatever is stored.
const longest = 60

// until sets by when the request is to be answered, within what any may take.
func (r *Request) until(deadline, alarm time.Time) {
	if most := r.Received.AddDate(0, 0, longest); deadline.After(most) {
		deadline = most
	}
	if alarm.After(deadline) {
		alarm = deadline
	}
	r.Deadline, r.Alarm = deadline, alarm
}

// timed reports whether an event says by when to answer as a desk writes it: an alarm that rings after the deadline would warn nobody.
func (e *Event) timed() bool {
	switch e.Kind {
	case Received:
		return e.Intake.sound() && e.Deadline.After(e.Intake.Received) && !e.Alarm.IsZero() && e.Alarm.Before(e.Deadline)
	case Extended:
		return !e.Alarm.IsZero() && e.Alarm.Before(e.Deadline)
	case Repeated:
		return e.Deadline.IsZero() || e.Intake.sound() && e.Deadline.After(e.Intake.Received) && !e.Alarm.IsZero() && e.Alarm.Before(e.Deadline)
	}
	return true
}

// apply adds an event.
func (r *Request) apply(e Event) {
	r.Events = append(r.Events, e)
	switch e.Kind {
	case Received:
		r.Intake = *e.Intake
		r.until(e.Deadline, e.Alarm)
	case Held:
		r.held = true
	case Released:
		r.held, r.released = false, true
	case Extended:
		if r.extended || r.settled != 0 || !e.Time.Before(r.Deadline) {
			return
		}
		r.extended = true
		if e.Deadline.After(r.Deadline) {
			r.until(e.Deadline, e.Alarm)
		}
	case Repeated:
		if r.settled == 0 && !e.Deadline.IsZero() && e.Deadline.Before(r.Deadline) && e.Intake.Received.Before(r.Received) {
			r.Received = e.Intake.Received
			r.until(e.Deadline, e.Alarm)
		}
	case Assessed:
		r.assessed = true
	case Answered, Refused:
		if r.settled == 0 {
			r.settled, r.ended, r.partly = e.Kind, e.Time, len(e.Grounds) > 0
			if r.released { // silence could no longer be contested, and what was said at last can
				r.released = false
				r.round++
			}
		}
	case Contested:
		r.contested = true
	case Concluded:
		r.concluded = r.contested
	}
}

// fold returns the requests of a person's events.
func fold(s consent.Subject, events []Event) ([]*Request, error) {
	var all []*Request
	for _, e := range events {
		i := slices.IndexFunc(all, func(r *Request) bool { return r.ID == e.Request })
		if e.Request == "" || e.Time.IsZero() || e.Kind < Received || e.Kind > Repeated || (i < 0) != (e.Kind == Received) || e.Kind == Refused && len(e.Grounds) == 0 || !e.timed() {
			return nil, ErrStored
		}
		if e.Kind == Received {
			all = append(all, &Request{ID: e.Request, Subject: s})
			i = len(all) - 1
		}
		all[i].apply(e)
	}
	return all, nil
}

// look is when a file is to be looked at next; zero: when something happens.
func look(all []*Request) (first time.Time) {
	for _, r := range all {
		if at := r.next(); !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}
