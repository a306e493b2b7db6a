package consent

import (
	"context"
	"errors"
	"iter"
	"math"
)

// Ledger stores the events of every subject, append-only. [Memory] is one; package consentsql has one on SQLite.
// Implementations are safe for concurrent use; package consenttest checks every "must" below.
type Ledger interface {
	// Append adds the event to the subject's ledger and returns its sequence number.
	//
	// It must return [ErrConflict] and change nothing if after is not [Any] and the subject's last event is not number after
	// (0: none yet). It must return the number already given, and change nothing, if an event of the same ID and
	// content is there (content is all but Seq and Time), whatever after says; [ErrEventExists] if the content differs.
	// When it returns without error the event must survive a crash. An error of any other kind must leave the event
	// either stored whole or not at all, and the event must not appear after Append has returned.
	Append(ctx context.Context, s Subject, after uint64, e Event) (uint64, error)

	// Events yields the subject's events with a number above after, in sequence order and without gaps,
	// as one consistent snapshot, save that a payload which is blanked meanwhile may be there or not. It must yield an error,
	// as the last pair, if it could not read to the end, if a stored event is of a kind or has a field this binary does not
	// know ([ErrFormat]), or if the chain is broken ([ErrChain]).
	// A subject without events must yield nothing.
	Events(ctx context.Context, s Subject, after uint64) iter.Seq2[Event, error]
}

// Redactor is a ledger that can blank payloads. It is optional: [Registry.Redact] calls it.
type Redactor interface {
	// Redact must blank the payload of every event of the subject up to number through, except those that prove a notice,
	// grant, refusal or withdrawal. The chain must still verify, and Events must yield the blanked events with Blank set.
	Redact(ctx context.Context, s Subject, through uint64) error
}

// Any, given to [Ledger.Append] as after, appends whatever the version is.
const Any uint64 = math.MaxUint64

// The errors of a [Ledger].
var (
	ErrConflict    = errors.New("consent: the ledger has moved")
	ErrEventExists = errors.New("consent: another event has this id")
	ErrFormat      = errors.New("consent: a stored event is of a form this version does not know")
	ErrChain       = errors.New("consent: the ledger's chain is broken")
	ErrLedgerInUse = errors.New("consent: another registry or process holds this ledger")
)
