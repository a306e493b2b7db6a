package purpose

import "time"

// Request is one question to the policy.
type Request struct {
	Purpose   ID
	Operation Operation
	Actor     Actor
	// Attribute is what is asked for. Empty asks only whether the use may begin; the rules on
	// attributes, collection purposes and retention are then asked at each value.
	Attribute    Attribute
	CollectedFor []ID      // the purposes the value was collected for
	CollectedAt  time.Time // when it was collected
	Case         string    // the case the value belongs to; "" if none
	Time         time.Time // when the question is asked; required
	Derive       bool      // the value leaves only through a generaliser
}

// Decision is the answer to a [Request]. Its zero value denies.
type Decision struct {
	Reason   Reason    // Permitted, or why not
	Basis    Basis     // the ground of a permission
	Citation string    // the provision, if the ground is one
	Policy   string    // version of the policy that decided
	Ledger   uint64    // version of the subject's ledger that was read
	Until    time.Time // first instant at which a permission lapses by itself; zero: none known
	Trace    Fields    // the facts a permission rests on
}

// Allowed reports whether the decision permits.
func (d Decision) Allowed() bool { return d.Reason == Permitted }

// Fields is a set of fields of [Facts].
type Fields uint8

// The fields a decision can rest on.
const (
	FieldNotice    Fields = 1 << iota
	FieldConsent          // the purpose's own consent
	FieldAncestors        // the consents of the purposes above it
	FieldCase             // the case the actor names
	FieldCases            // the cases that start a retention period
	FieldAccount
)
