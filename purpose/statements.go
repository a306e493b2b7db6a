package purpose

// Statements are what a policy's text tells people besides its purposes, as data, so that [Lint] can hold the two against
// each other. They permit and deny nothing.
type Statements struct {
	Promises    []Promise    // what it says of everything it does
	Rights      []Right      // which rights it names
	Derogations []Ground     // on which exceptional grounds it says data may leave
	Changes     ChangeNotice // how people learn that it changed
	MinorAge    int          // years of age under which a guardian consents; 0: it does not say
}

// Promise is a sentence about everything an organisation does. The zero Promise is invalid.
type Promise uint8

// The promises that can be held against the rest of a document.
const (
	ConsentAlways Promise = iota + 1 // consent is always required
	NeverSell                        // nothing is ever sold
	ProvidedOnly                     // only what the person provides is collected
)

// Right is a right of the person. The zero Right is invalid.
type Right uint8

// The rights of a person (P-39.1 ss. 8, 12.1, 27, 28, 28.1; GDPR arts. 7(3), 15, 16, 17, 20, 22).
const (
	AccessRight        Right = iota + 1
	RectificationRight       // to have it corrected
	DeletionRight
	WithdrawalRight  // to take consent back
	PortabilityRight // to receive what was collected in a structured format
	DeindexingRight  // to have dissemination cease
	HumanReviewRight // to put a decision made by automated means alone to a human who can review it
)

// ChangeNotice says how people learn that a policy changed. The zero ChangeNotice says that the policy does not say.
type ChangeNotice uint8

// The ways of telling people of a change.
const (
	ChangeUnsaid    ChangeNotice = iota
	ChangePublished              // the new text is put up, and who wants to know has to look
	ChangeNotified               // people are told (P-39.1 s. 8.2)
)

// Controller is the organisation that decides the purposes.
type Controller struct {
	Name    string // "ProAssistance"
	Address string // by post
	Contact string // otherwise: phone, e-mail
}

// Term gives an id of the document the words people use for it: an attribute, a category, a role, a kind of person, a recipient.
type Term struct {
	ID      string   // "identity.email", "identity", "polling_firm", "client"
	Title   Text     // both languages required
	Aliases []string // other words the policy uses for the same
	DPV     string   // term of the W3C Data Privacy Vocabulary 2, "EmailAddress"; "" if none fits
}
