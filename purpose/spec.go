package purpose

import (
	"slices"
	"time"

	"golang.org/x/text/language"
)

// Basis is the ground in law on which a purpose uses data. The zero Basis is invalid.
type Basis uint8

// The bases a purpose can stand on.
const (
	// ExpressConsent needs a grant for this very purpose (P-39.1 s. 14).
	ExpressConsent Basis = iota + 1
	// ConsentByProvision holds from the notice on, for who gives data after it, until refused or withdrawn (P-39.1 s. 8.3).
	ConsentByProvision
	// LegalGround is a cited provision; consent is not asked, and a withdrawal does not end it.
	LegalGround
	// NoticeOnly needs a notice and asks for no consent; used for what is strictly needed to answer a request.
	// A refusal ends it all the same.
	NoticeOnly
	// ImpliedConsent takes conduct, such as visiting a page, for consent. It is here so that a policy that claims it can be written
	// down and linted; [NewPolicy] refuses it, because consent must be clear (manifeste; P-39.1 s. 14).
	ImpliedConsent
)

// Operation is what is done with data. The zero Operation is invalid.
type Operation uint8

// The operations a purpose can list. Use covers reading by the organisation itself.
const (
	Collect Operation = iota + 1
	Use
	Combine
	Disclose
	Transfer
	Store
	Erase
	// Rights serves a person's own request; Maintenance re-seals and rotates. Both are exempt
	// from the collection-purpose rule, and the audit shows them.
	Rights
	Maintenance
	// Sell is permitted to nobody and listed by no purpose. It exists so that it can be refused by its name.
	Sell
)

// Trigger is the event at which a retention period starts. The zero Trigger is invalid.
type Trigger uint8

// The events that start a period.
const (
	FromCollection    Trigger = iota + 1 // when the value was sealed
	FromYearEnd                          // end of the calendar year (UTC) of collection
	FromCaseClosed                       // when the value's case closed; for a value of no case, the last of the subject's cases
	FromAccountClosed                    // when the subject's account closed
)

// Retention says how long a purpose may open a value.
// Purposes with the same Class must have the same rule: their values end together.
type Retention struct {
	Class    string  // names the rule; "" means the purpose's Domain
	Keep     Period  // how long after From; must be positive
	From     Trigger // required
	Minimum  Period  // how long the law obliges to keep; never longer than Keep
	Citation string  // required if Minimum is set

	Justification string // why for so long, where no provision says so: for who has to answer for it. Permits nothing
	Then          Action // what becomes of it then

	// AfterConsent ends the rule sooner: this long after the person's consent to the last of the class's purposes ended, as [Policy.ConsentEnded] says,
	// whichever of them a value was collected for. Zero: consent that ends closes the values, and they are kept as long as else. Not with a Minimum, and not
	// for a [LegalGround].
	AfterConsent Period
}

// Action is what becomes of a value when its rule has ended (P-39.1, s. 23: it is destroyed, or anonymised for a serious and legitimate purpose). Either way the value opens for nobody
// any more and its key is destroyed with the last of its compartment, so what is anonymised has to be derived from it before, under a purpose that is de-identified.
type Action uint8

// The actions. The zero Action destroys.
const (
	Destroy   Action = iota // nothing of it remains
	Anonymise               // anonymised information that was made of it may take its place
)

// Text is a short text in the policy's two languages.
type Text struct{ EN, FR string }

// Spec declares one purpose.
type Spec struct {
	ID          ID
	Domain      string               // key domain, "marketing"; immutable once published
	Title       Text                 // both languages required
	Basis       Basis                // required
	Citation    string               // provision relied on; required for LegalGround
	Attributes  []Attribute          // closed list; a child's is a subset of its parent's
	Operations  []Operation          // closed list; a child's is a subset of its parent's
	Roles       map[Role][]Attribute // who, and the least each needs; subsets of Attributes
	Retention   Retention            // when the purpose stops opening a value
	Consequence Text                 // told to the person when a missing or withdrawn consent denies
	Optional    bool                 // the service works without it
	CaseBound   bool                 // opens only for an open case the actor is assigned to
	Deidentify  bool                 // never reveals; values leave only through a generaliser
	Secondary   bool                 // cited ground to use what was collected for other purposes; needs LegalGround and CaseBound

	Recipients  []Role       // roles of the recipients it discloses to; a child's are a subset of its parent's
	SingleUse   bool         // a grant answers one request of the person and permits one use; needs ExpressConsent
	Ordered     bool         // opens exactly what an [Order] with power to compel lists; needs LegalGround
	Cited       bool         // each request names its provision and who approved it, in an [Order]; needs LegalGround and no Citation
	BreakGlass  BreakGlass   // opens only under a [Ticket], within these bounds; zero: an ordinary purpose
	Obligations []Obligation // OfferUnsubscribe or TellAutomated, if they come with every use

	// What follows is told and published, and permits nothing.

	Description Text        // more about it than the title says
	Subjects    []string    // whom it concerns, "client"
	Requires    []Attribute // what it cannot do without, for [Lint]
	Automatic   bool        // collects by itself, as cookies do
	DPV         string      // term of the W3C Data Privacy Vocabulary 2, "ServiceProvision"; "" if none fits
}

// Document is a whole policy as data: what [NewPolicy] checks and compiles. It has one canonical JSON form, [Document.MarshalJSON].
// Values sealed under a document open only under one with the same purposes, domains, attributes and retention classes
// ([Policy.Tables]), or under a later one of its [History].
type Document struct {
	Version   string         // names this version, "2026-01"
	Effective time.Time      // from when it is in force; required
	Officer   string         // how to reach the privacy officer; required (P-39.1 s. 3.1)
	Languages []language.Tag // languages a notice exists in; required
	Purposes  []Spec         // required

	Controller   Controller    // whose policy it is; required by what is published
	Rules        Rules         // required if there are recipients
	Recipients   []Recipient   // to whom data may go
	Assessments  []Assessment  // of transfers
	Prohibitions []Prohibition // what no grant lifts
	Security     []Text        // the measures of security in general terms (GDPR art. 30(1)(g))
	Terms        []Term        // the words people use for ids
	Statements   Statements    // what the text says besides, for [Lint]
}

var operationText = [...]string{"unknown", "collect", "use", "combine", "disclose", "transfer", "store", "erase", "rights", "maintenance", "sell"}

// String returns the stable text of the operation, "use".
func (op Operation) String() string {
	if int(op) < len(operationText) {
		return operationText[op]
	}
	return operationText[0]
}

// ParseOperation returns the operation of a stable text.
func ParseOperation(text string) (Operation, bool) {
	i := slices.Index(operationText[1:], text)
	return Operation(i + 1), i >= 0
}
