package purpose

import "time"

// Status is what the ledger knows of a consent or a notice. Its zero value is unknown, and unknown denies.
type Status uint8

// The states of a consent. A notice is Absent or Given.
const (
	Unknown   Status = iota // not known: the facts are incomplete
	Absent                  // known that nothing was recorded
	Requested               // asked, not answered
	Given                   // granted (or, for a notice, shown)
	Refused                 // refused when asked
	Withdrawn               // given, then taken back
)

// Consent is the state of one purpose for one subject.
type Consent struct {
	Status     Status
	Since      time.Time  // when it came into this state
	Until      time.Time  // Given: first instant at which it no longer holds; zero: no end
	Operations Operations // Given: what was granted; a use is no disclosure
	Policy     string     // Given: version of the policy it was given, or the notice shown, under
	Recipient  string     // Given: the one recipient it was given for; "": whomever the policy allows
	Request    string     // Given: what a single use consumes: the request that was answered, or the grant itself
}

// CaseStatus is what the ledger knows of a case. Its zero value is unknown.
type CaseStatus uint8

// The states of a case.
const (
	CaseUnknown CaseStatus = iota
	CaseAbsent
	CaseOpen
	CaseClosed
)

// Case is a job, ticket or order that binds actors to a subject.
type Case struct {
	Status   CaseStatus
	Opened   time.Time // when it was recorded that it was opened, the last time; zero: it always was
	Closed   time.Time
	Assigned []Actor // who works on it; an Actor with an empty ID stands for anyone in its Role
	Ended    []Span  // the stretches before the last time it was opened, in order
}

// Account is the subject's account with the organisation.
type Account struct {
	Status CaseStatus // CaseOpen, CaseClosed, CaseAbsent or unknown
	Opened time.Time  // when it was recorded that it was opened, the last time; zero: it always was
	Closed time.Time
	Ended  []Span // the stretches before the last time it was opened, in order
}

// Facts is what is known of one subject at one version of the ledger. Every field is known or unknown;
// the zero Facts knows nothing, and a policy denies over it whatever needs a fact.
// Facts are read-only once built and may be shared by goroutines.
type Facts struct {
	Ledger   uint64 // version of the subject's ledger
	Complete bool   // every event up to Ledger was seen: what is missing below is absent, not unknown
	Notice   Consent
	Account  Account
	Consents map[ID]Consent
	Cases    map[string]Case
	// Consumed has the requests and derogations that permitted one use and have been used.
	Consumed map[string]bool
	// Residence is the person's own jurisdiction, "" if none was recorded.
	Residence Jurisdiction

	// HoldsKnown means that every hold and erasure up to Ledger is in the three fields below, also where Complete is false:
	// erasure blanks what other events say, and never these.
	HoldsKnown bool
	Holds      []Hold    // in force
	Erased     time.Time // since when the person's data is erased but for what must be kept; zero: it is not
	Erasures   []Erasure // that have begun and are not done
}

// Hold keeps data that would otherwise end, for a purpose (as CQLR c. P-39.1 s. 36 and PIPEDA s. 8(8) ask), and restricts the use of it to that
// purpose and those below: what is kept for a dispute is for nothing else.
type Hold struct {
	ID      string    // names it to who releases it
	Purpose ID        // what it is kept for
	Case    string    // the values of this case; "": everything of the person
	Since   time.Time // when it was placed
}

// Erasure is one that has begun.
type Erasure struct {
	ID          string
	Compartment Compartment // what is being ended; "": all of the person that need not be kept
	Case        string      // with Compartment: the values of this case, or of none
}

// Covers reports whether the hold is on values of the case, or of none if that is "".
func (h *Hold) Covers(caseID string) bool { return h.Case == "" || h.Case == caseID }

// restraints reports whether holds and erasures are known.
func (f *Facts) restraints() bool { return f != nil && (f.Complete || f.HoldsKnown) }

// Consent returns what is known of the purpose.
func (f *Facts) Consent(id ID) Consent {
	c, ok := f.Consents[id]
	if !ok && f.Complete {
		c.Status = Absent
	}
	return c
}

// Case returns what is known of the case.
func (f *Facts) Case(id string) Case {
	c, ok := f.Cases[id]
	if !ok && f.Complete {
		c.Status = CaseAbsent
	}
	return c
}

// Operations is a set of operations.
type Operations uint16

// OperationSet returns the set of ops.
func OperationSet(ops ...Operation) Operations {
	var s Operations
	for _, op := range ops {
		if op > 0 && op < 16 {
			s |= 1 << op
		}
	}
	return s
}

// Has reports whether op is in the set.
func (s Operations) Has(op Operation) bool { return op > 0 && op < 16 && s&(1<<op) != 0 }
