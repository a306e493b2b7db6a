package consent

import (
	"slices"
	"time"

	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/purpose"
)

// Kind says what an event records. The zero Kind is invalid. Its text form is part of the stored format.
type Kind uint8

// The kinds of event. Refused, Withdrawn, CaseClosed, AccountClosed, HoldPlaced, Erasing and Expiring tighten: they can only take permissions away.
const (
	Noticed       Kind = iota + 1 // the notice was shown
	Requested                     // consent was asked for; a grant may name this event
	Granted                       // consent was given
	Refused                       // consent was asked for and refused
	Withdrawn                     // consent was taken back
	CaseOpened                    // an actor was bound to the subject by a job, ticket or order
	CaseClosed                    // that case ended
	AccountOpened                 // the subject opened an account
	AccountClosed                 // the subject's account ended
	Consumed                      // what permitted one use has been used: Act.Request names it
	Resides                       // the subject lives in Jurisdiction; "" takes that back
	HoldPlaced                    // what would end is kept, for the Purpose; the event's id names the hold
	HoldReleased                  // that hold ended; its id is the hold's and "/released"
	Erasing                       // erasure of all that need not be kept has begun; the event's id names it
	Expiring                      // erasure of what has come to its end in a Compartment has begun; the event's id names it
	Erased                        // that erasure is done; its id is the erasure's and "/erased"
	Readmitted                    // the subject came back after an erasure
)

// The ends of ids that say what an event puts an end to: they stand in the envelope, which no erasure blanks.
const (
	releasedSuffix = "/released"
	erasedSuffix   = "/erased"
)

// Tightens reports whether an event of this kind can only take permissions away.
// Such events are appended whatever the version of the ledger.
func (k Kind) Tightens() bool {
	switch k {
	case Refused, Withdrawn, CaseClosed, AccountClosed, HoldPlaced, Erasing, Expiring:
		return true
	}
	return false
}

// proof reports whether the payload proves a notice or a consent, and so survives erasure.
func (k Kind) proof() bool { return k >= Noticed && k <= Withdrawn && k != Requested }

// Method is how an act reached the organisation. The zero Method is invalid.
type Method uint8

// The methods announced in a notice.
const (
	WebForm   Method = iota + 1 // a request or form on the web site
	Phone                       // spoken; needs Evidence
	Paper                       // a paper form or letter
	Survey                      // an answer in a survey
	Automatic                   // recorded by the site itself, as cookies are
	Link                        // a link in a message; a grant must name the request it answers
	InAccount                   // a setting in the subject's own account
)

// Act describes how a person expressed a choice. It is the proof that the law asks the organisation to keep.
type Act struct {
	Method     Method
	Language   language.Tag        // of the notice shown; zero: that of the last notice
	Evidence   string              // where the proof is: a recording or form id, never the proof itself
	Operations []purpose.Operation // what is granted; empty: purpose.Use and no more
	Until      time.Time           // first instant at which it no longer holds; zero: until withdrawn
	Guardian   bool                // given by the holder of parental authority or tutor
	Request    string              // id of the Requested event it answers; "" if asked and answered in one act
	ID         string              // idempotency key, becomes the event's id; "" makes a random one
}

// Event is one entry of a subject's ledger. The envelope (ID to Time) is permanent;
// the rest is payload, which erasure can blank without breaking the chain.
type Event struct {
	ID      string     // idempotency key, at most 128 bytes, unique within the subject's ledger
	Seq     uint64     // position in the subject's ledger from 1; the ledger assigns it
	Kind    Kind       // required
	Purpose purpose.ID // of a request, grant, refusal, withdrawal, consumption or hold
	Policy  string     // version of the policy it was recorded under
	Time    time.Time  // when it was recorded, UTC

	Act   Act           // of a notice, request, grant, refusal, withdrawal, consumption, or (Evidence alone) a hold
	Case  string        // of CaseOpened and CaseClosed; of HoldPlaced and Expiring, what is kept or ended, "" for all or for what is of no case
	Actor purpose.Actor // of CaseOpened: who is assigned; an empty ID stands for anyone in the role
	// Occurred is when a case or account was opened or closed, if that was before it was recorded.
	// Zero: when it was recorded. Never after Time.
	Occurred     time.Time
	Jurisdiction purpose.Jurisdiction // of Resides: "CA-QC"
	Compartment  purpose.Compartment  // of Expiring
	Blank        bool                 // the payload was erased: what it said is unknown
}

// Same reports whether two events say the same but for the number and time a ledger and a clock gave them.
// It is what makes a repeated [Ledger.Append] idempotent. The actor's case is not compared: Case says it.
func (e Event) Same(o Event) bool {
	return e.ID == o.ID && e.Kind == o.Kind && e.Purpose == o.Purpose && e.Policy == o.Policy &&
		e.Case == o.Case && e.Actor.Role == o.Actor.Role && e.Actor.ID == o.Actor.ID && e.Blank == o.Blank &&
		e.Act.Method == o.Act.Method && e.Act.Language.String() == o.Act.Language.String() && e.Act.Evidence == o.Act.Evidence &&
		e.Occurred.Equal(o.Occurred) && e.Jurisdiction == o.Jurisdiction && e.Compartment == o.Compartment &&
		e.Act.Until.Equal(o.Act.Until) && e.Act.Guardian == o.Act.Guardian && e.Act.Request == o.Act.Request &&
		slices.Equal(e.Act.Operations, o.Act.Operations)
}

// String returns the stable text of the kind, "granted".
func (k Kind) String() string {
	if int(k) < len(kindText) {
		return kindText[k]
	}
	return "unknown"
}

// String returns the stable text of the method, "web_form".
func (m Method) String() string {
	if int(m) < len(methodText) {
		return methodText[m]
	}
	return "unknown"
}

// The texts are stored: they are never changed, only added to. The first stands for the zero value and is never stored.
var (
	kindText = [...]string{
		"unknown", "noticed", "requested", "granted", "refused", "withdrawn",
		"case_opened", "case_closed", "account_opened", "account_closed", "consumed", "resides",
		"hold_placed", "hold_released", "erasing", "expiring", "erased", "readmitted",
	}
	methodText = [...]string{"unknown", "web_form", "phone", "paper", "survey", "automatic", "link", "in_account"}
)
