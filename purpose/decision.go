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

	Recipient string  // id of whom it is disclosed or transferred to; required by those operations, empty for others
	Order     *Order  // what is answered, under a purpose that is Ordered or Cited
	Ticket    *Ticket // what is worked on, under a purpose with a BreakGlass
	// Compartment is where a value would be kept, of a request to [Collect]: one that is being erased takes nothing in. "" if it is not known yet.
	Compartment Compartment
	Derogation  *Derogation // the exceptional ground relied on where no assessment lets data leave; nil: none
}

// Decision is the answer to a [Request]. Its zero value denies.
type Decision struct {
	Reason    Reason    // Permitted, or why not
	Purpose   ID        // what was asked
	Attribute Attribute // what was asked; "" if no attribute was
	Recipient string    // what was asked; "" if no recipient was
	Basis     Basis     // the ground of a permission
	Citation  string    // the provision, if the ground is one
	Policy    string    // version of the policy that decided
	Ledger    uint64    // version of the subject's ledger that was read
	Until     time.Time // first instant at which a permission lapses by itself; zero: none known
	Trace     Fields    // the facts a permission rests on

	Obligations Obligations // what comes with it; with a denial, only ConfirmDestruction
}

// Allowed reports whether the decision permits.
func (d Decision) Allowed() bool { return d.Reason == Permitted }

// Fields is a set of fields of [Facts].
type Fields uint16

// The fields a decision can rest on.
const (
	FieldNotice    Fields = 1 << iota
	FieldConsent          // the purpose's own consent
	FieldAncestors        // the consents of the purposes above it
	FieldCase             // the case the actor names
	FieldCases            // the cases that start a retention period
	FieldAccount
	FieldConsumed  // the requests and derogations that have been used
	FieldResidence // the person's own jurisdiction
	FieldHolds     // the holds and erasures
)
