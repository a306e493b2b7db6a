package purpose

// Reason says why a decision came out as it did. The zero Reason is no decision and denies.
// A Reason is an error, so errors.Is(err, purpose.ConsentWithdrawn) works on what any package here returns.
type Reason uint8

// The reasons. Only Permitted allows.
const (
	Undecided Reason = iota
	Permitted

	Malformed              // a field of the request is missing or not well formed
	UnknownPurpose         // the policy declares no such purpose
	UnknownAttribute       // no purpose of the policy lists the attribute
	UnknownPolicy          // the value was collected under a policy version that is not loaded
	NotYetEffective        // the policy is not in force yet
	ActorNotAuthorized     // the role is not bound to the purpose, or no actor was named
	CaseRequired           // the purpose opens only within a case, and none was named
	CaseNotOpen            // the case is closed or was never opened
	NotAssigned            // the case is someone else's
	CaseMismatch           // the value belongs to another case
	OperationNotInPurpose  // the purpose does not list the operation
	CategoryNotInPurpose   // the purpose lists nothing of that category
	AttributeNotInPurpose  // the purpose does not list the attribute
	AttributeNotForRole    // the role does not need the attribute
	DeidentifiedOnly       // the purpose opens nothing in clear
	NotCollectedForPurpose // the value was collected for other purposes
	NoticeRequired         // the person was not told
	ConsentUnknown         // nothing was granted
	ConsentRefused         // refused when asked
	ConsentWithdrawn       // given, then taken back
	ConsentExpired         // given for a time that has passed
	OperationNotGranted    // consent covers other operations
	AncestorRefused        // a purpose above was refused or withdrawn
	FactUnknown            // a fact the rule needs is not known
	RetentionExpired       // the purpose's period for the value has ended
	StaleDecision          // something changed between the check and the decryption
	UseEnded               // the use was ended
	UseExpired             // the use lived longer than a use may
	Erased                 // the key was destroyed
	NoKey                  // the subject has no such key: the value is another subject's or another record's
	NotGenuine             // the stored value is not what was sealed, or not where it was sealed

	ProhibitedOperation  // nobody may ever do this
	ProhibitedByPolicy   // the policy prohibits it, whatever was granted
	NeedsRenewal         // the policy has widened the purpose since consent was given
	GrantConsumed        // the grant permitted one use, and it was made
	CitationRequired     // no provision was named, or nobody approved it
	OrderRequired        // there is no order that stands and was reviewed
	NoPowerToCompel      // who asks has no power to compel
	OutsideOrderScope    // the order does not list the attribute
	TicketRequired       // no ticket was named, or it is not open yet
	TicketExpired        // the ticket was opened too long ago
	TicketLimit          // the ticket has opened as many persons as it may
	RecipientRequired    // a disclosure names no recipient
	UnknownRecipient     // the policy declares no such recipient
	RecipientNotAllowed  // the purpose discloses to no one of that role
	RecipientNotGranted  // consent was given for another recipient
	NoContract           // there is no contract with the recipient, or it is not in force yet
	ContractIncomplete   // the contract lacks an undertaking
	ContractExpired      // the contract has ended
	ContractScope        // the contract covers other purposes or attributes
	NoTransferAssessment // no assessment covers where the recipient is
	AssessmentInadequate // the assessment found the protection inadequate, or has not come to an end
	AssessmentScope      // the assessment covers other purposes or attributes
	AssessmentStale      // the assessment is due for review, or older than the contract
	NoWrittenAgreement   // no written agreement takes the assessment up
	DerogationNotAllowed // the law knows no such exceptional ground, or it is not approved
	DerogationExpired    // the derogation held until a time that has passed
	DerogationConsumed   // the derogation permitted one use, and it was made
	ClockSkew            // consent is dated further ahead than clocks differ
	RestrictedToHold     // kept for a hold or an obligation to preserve, and open to nothing else
	ErasureRunning       // what it would be kept with is being erased

	RegistryUnavailable // the ledger could not be read or written
	KeyUnavailable      // the key store could not be read or written
	AuditUnavailable    // the access could not be recorded
	AgendaUnavailable   // when it ends could not be recorded
	Cancelled           // the caller's context ended
)

// Outage reports whether the reason is a fault of the system, not an answer of the policy:
// a caller that skips denials must stop at an outage.
func (r Reason) Outage() bool { return r >= RegistryUnavailable }

// IncidentCandidate reports whether somebody reached for what no answer of the person could have given: a field that the purpose or the role has not, a case that is
// someone else's, in clear what leaves de-identified only, or what is prohibited. It was denied, so it is no confidentiality incident yet; an officer who keeps
// the register (P-39.1, s. 3.6 and 3.8) will want to know who tried.
func (r Reason) IncidentCandidate() bool {
	switch r {
	case ActorNotAuthorized, NotAssigned, CaseMismatch, OperationNotInPurpose, CategoryNotInPurpose, AttributeNotInPurpose, AttributeNotForRole,
		DeidentifiedOnly, ProhibitedOperation, ProhibitedByPolicy, NotGenuine:
		return true
	default:
		return false
	}
}
