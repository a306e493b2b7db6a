package purpose

import (
	"errors"
	"slices"
)

// The two kinds of refusal. Every [Denied] and every [Reason] matches exactly one of them.
var (
	// ErrDenied is the answer no: asking again changes nothing until the facts do.
	// A batch skips the person and goes on.
	ErrDenied = errors.New("purpose: denied")
	// ErrUnavailable is no answer: the ledger, the keys or the audit could not be reached, or the caller stopped waiting.
	// A batch stops, or it would take an outage for thousands of refusals.
	ErrUnavailable = errors.New("purpose: unavailable")
)

// Denied is the error of everything that was not permitted. It says what was asked for and why it was refused, and never of whom.
// errors.Is matches its Reason and one of [ErrDenied] and [ErrUnavailable]; what Cause wraps matches too,
// except where it would contradict the reason.
type Denied struct {
	Purpose     ID
	Attribute   Attribute // "" if the refusal is not of one attribute
	Reason      Reason
	Policy      string // version of the policy that decided
	Ledger      uint64 // version of the subject's ledger that was read; 0 if none was
	Consequence Text   // what the purpose's declaration tells the person who withholds consent
	Cause       error  // the fault beneath, or nil; its text is never part of Error
}

// Error returns purpose, attribute and reason. Names that no policy can declare are left out: they may be anything.
func (d *Denied) Error() string {
	if d == nil {
		return "purpose: " + Undecided.String()
	}
	text := "purpose: "
	if dotted(string(d.Purpose)) {
		text += string(d.Purpose) + ": "
	}
	if dotted(string(d.Attribute)) {
		text += string(d.Attribute) + ": "
	}
	return text + d.Reason.String()
}

// Is matches the reason, and [ErrUnavailable] if it is an outage, else [ErrDenied].
func (d *Denied) Is(target error) bool {
	if d == nil {
		return target == ErrDenied
	}
	return target == d.Reason || d.Reason.Is(target)
}

// As sets a target of type *Reason to the reason of the refusal, whatever the cause may hold,
// so that errors.AsType[Reason] gives what errors.Is would match first.
func (d *Denied) As(target any) bool {
	r, ok := target.(*Reason)
	if ok && d != nil {
		*r = d.Reason
	}
	return ok && d != nil
}

// Unwrap returns the cause. If the cause is a refusal of the other kind, what is returned matches all that
// the cause does, but no reason and neither [ErrDenied] nor [ErrUnavailable].
func (d *Denied) Unwrap() error {
	if d == nil || d.Cause == nil {
		return nil
	}
	other := ErrUnavailable
	if d.Reason.Outage() {
		other = ErrDenied
	}
	if errors.Is(d.Cause, other) {
		return muted{d.Cause}
	}
	return d.Cause
}

// muted is a cause whose own verdict does not count.
type muted struct{ cause error }

func (m muted) Error() string { return m.cause.Error() }

func (m muted) Is(target error) bool {
	if target == ErrDenied || target == ErrUnavailable {
		return false
	}
	if _, ok := target.(Reason); ok {
		return false
	}
	return errors.Is(m.cause, target)
}

func (m muted) As(target any) bool {
	switch target.(type) {
	case *Reason, **Denied:
		return false
	}
	return errors.As(m.cause, target)
}

var reasonText = [...]string{
	"Undecided", "Permitted",
	"Malformed", "UnknownPurpose", "UnknownAttribute", "UnknownPolicy", "NotYetEffective",
	"ActorNotAuthorized", "CaseRequired", "CaseNotOpen", "NotAssigned", "CaseMismatch",
	"OperationNotInPurpose", "CategoryNotInPurpose", "AttributeNotInPurpose", "AttributeNotForRole",
	"DeidentifiedOnly", "NotCollectedForPurpose", "NoticeRequired",
	"ConsentUnknown", "ConsentRefused", "ConsentWithdrawn", "ConsentExpired", "OperationNotGranted", "AncestorRefused",
	"FactUnknown", "RetentionExpired", "StaleDecision", "UseEnded", "UseExpired", "Erased", "NoKey", "NotGenuine",
	"ProhibitedOperation", "ProhibitedByPolicy", "NeedsRenewal", "GrantConsumed",
	"CitationRequired", "OrderRequired", "NoPowerToCompel", "OutsideOrderScope", "TicketRequired", "TicketExpired", "TicketLimit",
	"RecipientRequired", "UnknownRecipient", "RecipientNotAllowed", "RecipientNotGranted",
	"NoContract", "ContractIncomplete", "ContractExpired", "ContractScope",
	"NoTransferAssessment", "AssessmentInadequate", "AssessmentScope", "AssessmentStale", "NoWrittenAgreement",
	"DerogationNotAllowed", "DerogationExpired", "DerogationConsumed", "ClockSkew",
	"RestrictedToHold", "ErasureRunning",
	"RegistryUnavailable", "KeyUnavailable", "AuditUnavailable", "AgendaUnavailable", "Cancelled",
}

// String returns the name of the reason's constant, "ConsentWithdrawn". The names are stable; audits store them.
// A number that is no reason gives "Undecided".
func (r Reason) String() string {
	if int(r) < len(reasonText) {
		return reasonText[r]
	}
	return reasonText[Undecided]
}

// ParseReason returns the reason of a stable text, and false if there is none.
func ParseReason(text string) (Reason, bool) {
	i := slices.Index(reasonText[:], text)
	return Reason(max(i, 0)), i >= 0
}

// Error returns the same text as String.
func (r Reason) Error() string { return r.String() }

// Is matches [ErrUnavailable] if the reason is an outage, else [ErrDenied], so that a reason may be returned by itself.
func (r Reason) Is(target error) bool {
	if r.Outage() {
		return target == ErrUnavailable
	}
	return target == ErrDenied
}
