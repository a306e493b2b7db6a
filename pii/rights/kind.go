package rights

import (
	"slices"

	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
)

// Kind is what a person asks for. The zero Kind is invalid.
type Kind uint8

// The kinds of request.
const (
	Access             Kind = iota + 1 // what is kept of her, and a copy (P-39.1 s. 27; PIPEDA 4.9)
	Portability                        // what was collected from her, in a structured format (s. 27 par. 3)
	Rectification                      // of what is inaccurate, incomplete or equivocal (s. 28)
	Deletion                           // of what is obsolete or not justified (C.C.Q. art. 40), or kept without authority (s. 28)
	CeaseDissemination                 // or de-indexing (s. 28.1)
)

// Channel is how a request came. The zero Channel is invalid.
type Channel uint8

// The channels.
const (
	InAccount Channel = iota + 1 // by somebody who has logged in
	InPerson                     // at a counter
	Phone                        // by a call
	SMS                          // by a text message
	Email                        // by e-mail, to the privacy officer for instance
	Mail                         // by post
)

// Assurance is how well it is known that who asks is the person. The zero Assurance is nothing at all.
type Assurance uint8

// The levels of assurance.
const (
	Claimed       Assurance = iota + 1 // somebody says so: an unknown number, a letter
	Recognised                         // it came from, or was confirmed at, a contact that is hers: a number or an address on file
	Authenticated                      // proved: a login, a document that was seen
)

// Standing is in whose name somebody asks. The zero Standing is invalid.
type Standing uint8

// The standings.
const (
	Oneself        Standing = iota + 1 // the person
	Guardian                           // the holder of parental authority, or tutor
	Representative                     // somebody with a mandate, an heir, a liquidator
)

// EventKind is what happened to a request. The zero EventKind is invalid.
type EventKind uint8

// The kinds of event.
const (
	Received  EventKind = iota + 1 // always the first
	Held                           // a hold keeps what was asked for
	Extended                       // there is more time, and the person was told
	Corrected                      // an attribute was rectified
	Assessed                       // somebody answered the questions of P-39.1 s. 28.1
	Answered                       // in full, or in part if there are Grounds
	Refused                        // on Grounds
	Contested                      // the person took a recourse
	Concluded                      // the recourse has come to its end
	Released                       // nothing is held for it any more
	Repeated                       // the same was asked for again while it was open
)

// The stable texts of enumerations, by value. They are stored: they are never changed, only added to.
var (
	kindText      = []string{"unknown", "access", "portability", "rectification", "deletion", "cease_dissemination"}
	channelText   = []string{"unknown", "in_account", "in_person", "phone", "sms", "email", "mail"}
	assuranceText = []string{"nothing", "claimed", "recognised", "authenticated"}
	standingText  = []string{"unknown", "oneself", "guardian", "representative"}
	eventText     = []string{"unknown", "received", "held", "extended", "corrected", "assessed", "answered", "refused", "contested", "concluded", "released", "repeated"}
	stateText     = []string{"unknown", "open", "extended", "answered", "refused", "deemed_refused"}
)

func textOf[T ~uint8](all []string, x T) string {
	if int(x) < len(all) {
		return all[x]
	}
	return all[0]
}

// read sets x to the value of a stable text. The zero value is none.
func read[T ~uint8](all []string, text []byte, x *T) error {
	i := slices.Index(all, string(text))
	if i < 1 {
		return ErrStored
	}
	*x = T(i)
	return nil
}

// String returns the stable text, "access".
func (k Kind) String() string { return textOf(kindText, k) }

// MarshalText returns the stable text.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads the stable text of a kind; anything else is [ErrStored].
func (k *Kind) UnmarshalText(text []byte) error { return read(kindText, text, k) }

// String returns the stable text, "in_account".
func (c Channel) String() string { return textOf(channelText, c) }

// MarshalText returns the stable text.
func (c Channel) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads the stable text of a channel; anything else is [ErrStored].
func (c *Channel) UnmarshalText(text []byte) error { return read(channelText, text, c) }

// String returns the stable text, "authenticated".
func (a Assurance) String() string { return textOf(assuranceText, a) }

// MarshalText returns the stable text.
func (a Assurance) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads the stable text of an assurance; anything else is [ErrStored].
func (a *Assurance) UnmarshalText(text []byte) error { return read(assuranceText, text, a) }

// String returns the stable text, "oneself".
func (s Standing) String() string { return textOf(standingText, s) }

// MarshalText returns the stable text.
func (s Standing) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the stable text of a standing; anything else is [ErrStored].
func (s *Standing) UnmarshalText(text []byte) error { return read(standingText, text, s) }

// String returns the stable text, "received".
func (k EventKind) String() string { return textOf(eventText, k) }

// MarshalText returns the stable text.
func (k EventKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads the stable text of an event's kind; anything else is [ErrStored].
func (k *EventKind) UnmarshalText(text []byte) error { return read(eventText, text, k) }

// The attributes of what is said in a request. The purpose for requests lists them, and no other may.
const (
	contactAttribute purpose.Attribute = "request.contact"
	natureAttribute  purpose.Attribute = "request.nature"
)

// Contact is the kind of the name and contact details that are given with a request: any text. It has no state.
type Contact struct{}

// Nature is the kind of what a person says that she asks for: any text. It has no state.
type Nature struct{}

var (
	_ pii.Kind = Contact{}
	_ pii.Kind = Nature{}
)

// Attribute returns "request.contact".
func (Contact) Attribute() purpose.Attribute { return contactAttribute }

// Canonical returns the canonical form of [pii.Text].
func (Contact) Canonical(text string) (string, bool) { return pii.Text{}.Canonical(text) }

// Attribute returns "request.nature".
func (Nature) Attribute() purpose.Attribute { return natureAttribute }

// Canonical returns the canonical form of [pii.Text].
func (Nature) Canonical(text string) (string, bool) { return pii.Text{}.Canonical(text) }
