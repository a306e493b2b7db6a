package purpose

import "time"

// Assessment records what the organisation found before it let data leave for other jurisdictions
// (P-39.1 s. 17; GDPR art. 46). Without one that covers it, nothing leaves.
type Assessment struct {
	ID            string         // names it; [a-z0-9_.-]{1,64}
	Recipient     string         // id of the recipient it is about
	Jurisdictions []Jurisdiction // where it looked; a recipient that moves is no longer covered
	Purposes      []ID           // what for
	Attributes    []Attribute    // what of
	Factors       Factors        // what was found
	Outcome       Outcome        // only Adequate lets data leave
	Agreement     string         // where the written agreement is that takes the findings up; none denies
	Approver      string         // who answers for it; required
	Made          time.Time      // when; required. A contract amended later is not covered
	Review        time.Time      // first instant at which it must have been made anew; required
}

// Factors are the four things an assessment weighs (P-39.1 s. 17 par. 1). An assessment names a finding on each.
type Factors struct{ Sensitivity, Purposes, Measures, Framework string }

// Outcome is what an assessment came to. The zero Outcome is pending, and lets nothing leave.
type Outcome uint8

// The outcomes of an assessment.
const (
	Pending Outcome = iota
	Inadequate
	Adequate
)

// Ground is an exceptional ground for a transfer without an adequate assessment. The zero Ground is invalid.
// Which of them the law knows is said by [Rules.Derogations].
type Ground uint8

// The grounds of a derogation.
const (
	Emergency           Ground = iota + 1 // life, health or safety at risk (P-39.1 ss. 17 and 18 par. 1(7))
	ExplicitConsent                       // GDPR art. 49(1)(a)
	NewContract                           // performing or preparing a contract with the person: GDPR art. 49(1)(b)
	ContractForPerson                     // a contract in the person's interest: GDPR art. 49(1)(c)
	PublicInterest                        // GDPR art. 49(1)(d)
	LegalClaims                           // GDPR art. 49(1)(e)
	VitalInterests                        // GDPR art. 49(1)(f)
	PublicRegister                        // GDPR art. 49(1)(g)
	CompellingInterests                   // GDPR art. 49(1) second subparagraph
)

// Derogation is one use of an exceptional ground, brought by the request that relies on it.
type Derogation struct {
	ID       string    // names it in the ledger, where one that permits once is recorded as consumed; required
	Ground   Ground    // required
	Approver string    // who decided; required
	Until    time.Time // first instant at which it no longer holds; required
}
