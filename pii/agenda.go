package pii

import (
	"context"
	"time"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// Agenda is told of what is kept, so that it is ended in time. [github.com/purposebound/purposebound/retention.Planner] is one.
// It must be safe for concurrent use, and its errors must name no subject.
type Agenda interface {
	// Keep must record, so that it survives a crash, that a value of the attribute, collected at that time (UTC, to the day unless a rule of days needs more) and of
	// the case, or of none if that is "", is about to be sealed into the compartment. It is called before the value is sealed, once for each attribute of an [Intake]:
	// there may turn out to be none. If it returns an error nothing is sealed.
	Keep(ctx context.Context, s consent.Subject, c purpose.Compartment, a purpose.Attribute, caseID string, collected time.Time) error
}
