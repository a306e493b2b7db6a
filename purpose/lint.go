package purpose

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Defect is a kind of thing wrong with what a policy says, though it may be well formed. The zero Defect is invalid.
type Defect uint8

// The defects [Lint] looks for.
const (
	NoEffectiveDate      Defect = iota + 1 // nothing says from when it holds
	RetentionUnsaid                        // a purpose does not say how long it keeps (P-39.1 s. 8; GDPR art. 13(2)(a))
	ConsentNotAlways                       // it promises to ask always, and some purpose does not
	RequiredUnlisted                       // a purpose cannot do without an attribute that it does not list
	OpenEnded                              // a purpose is also for what it does not say (P-39.1 s. 14: specific)
	NothingListed                          // a purpose lists no attribute
	ConsentToProhibited                    // a purpose asks consent to what a prohibition forbids
	ConsentNotManifest                     // conduct is taken for consent (P-39.1 s. 14: clear)
	UnknownDerogation                      // it derogates on a ground that its law does not know (P-39.1 s. 17)
	NoNoticeOfChange                       // who wants to know of a change has to look (P-39.1 s. 8.2)
	SeveralWords                           // one role or kind of person goes by several names, or is both served and a service provider
	TextIncomplete                         // a text has a gap, written […]
	RightsUntold                           // it names fewer rights than there are (P-39.1 s. 8)
	NoRuleForMinors                        // it collects an age and has no rule for the young (P-39.1 ss. 4.1 and 14)
	RecipientUndeclared                    // a purpose discloses to a role that no recipient has (P-39.1 s. 8)
	CollectedUnprovided                    // it promises to collect only what is provided, and collects by itself
	ConsiderationOpen                      // it promises never to sell, and a third party's contract does not exclude it
	RetentionUnjustified                   // nothing says why a purpose keeps for as long as it does (P-39.1 s. 23)
	NothingAnonymises                      // a purpose anonymises at the end, and no de-identified purpose opens what it keeps before (P-39.1 s. 23)
)

var defectText = [...]string{
	"Unknown", "NoEffectiveDate", "RetentionUnsaid", "ConsentNotAlways", "RequiredUnlisted", "OpenEnded", "NothingListed", "ConsentToProhibited",
	"ConsentNotManifest", "UnknownDerogation", "NoNoticeOfChange", "SeveralWords", "TextIncomplete", "RightsUntold", "NoRuleForMinors",
	"RecipientUndeclared", "CollectedUnprovided", "ConsiderationOpen", "RetentionUnjustified", "NothingAnonymises",
}

// String returns the name of the defect's constant, "RetentionUnsaid". The names are stable.
func (d Defect) String() string {
	if int(d) < len(defectText) {
		return defectText[d]
	}
	return defectText[0]
}

// Finding is one defect of a document.
type Finding struct {
	Defect  Defect
	Place   string // in the document's own terms
	Problem string // for whoever writes the policy
}

// String returns defect, place and problem on one line.
func (f Finding) String() string { return fmt.Sprintf("%s: %s: %s", f.Place, f.Defect, f.Problem) }

// gap stands in a text where the words of a policy that is encoded say nothing, or cannot be understood.
const gap = "[…]"

// Lint reads a document as its author's lawyer would: what contradicts itself, promises what it does not keep or leaves open what must
// be said. The document need not be one that [NewPolicy] accepts, so that a policy can be written down as it is before it is mended; what
// NewPolicy refuses by itself is not repeated, except where it is a known defect of policies. The findings are in the order of the defects, and by place.
func Lint(d Document) []Finding {
	l := &lint{document: &d}
	l.whole()
	for i := range d.Purposes {
		l.purpose(&d.Purposes[i])
	}
	l.words()
	l.sale()
	slices.SortStableFunc(l.findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Defect, b.Defect), cmp.Compare(a.Place, b.Place), cmp.Compare(a.Problem, b.Problem))
	})
	return l.findings
}

type lint struct {
	document *Document
	findings []Finding
}

func (l *lint) find(d Defect, at, format string, args ...any) {
	l.findings = append(l.findings, Finding{d, at, fmt.Sprintf(format, args...)})
}

func (l *lint) promises(p Promise) bool { return slices.Contains(l.document.Statements.Promises, p) }

// whole looks at what is said of the policy as a whole.
func (l *lint) whole() {
	d, s := l.document, &l.document.Statements
	if d.Effective.IsZero() {
		l.find(NoEffectiveDate, "effective", "say from when the policy holds")
	}
	for _, g := range s.Derogations {
		if !slices.ContainsFunc(d.Rules.Derogations, func(r DerogationRule) bool { return r.Ground == g }) {
			l.find(UnknownDerogation, "statements.derogations", "%s is no ground that the rules %q know", g, d.Rules.Name)
		}
	}
	if s.Changes != ChangeNotified {
		l.find(NoNoticeOfChange, "statements.changes", "say how people are told of a change; asking them to look is no notice")
	}
	for _, r := range d.Rules.Rights {
		if !slices.Contains(s.Rights, r) {
			l.find(RightsUntold, "statements.rights", "the right of %s is not named", r)
		}
	}
	if a := l.age(); a != "" && s.MinorAge == 0 {
		l.find(NoRuleForMinors, "statements.minor_age", "%s tells who is a minor, and nothing says who consents for one", a)
	}
}

// age returns an attribute that tells how old somebody is.
func (l *lint) age() Attribute {
	told := []string{"birth_date", "birthdate", "date_of_birth", "dob", "birthday", "age"}
	for _, a := range distinct(l.document.Purposes) {
		if slices.Contains(told, string(a)[strings.LastIndexByte(string(a), '.')+1:]) || l.term(string(a)).DPV == "BirthDate" || l.term(string(a)).DPV == "Age" {
			return a
		}
	}
	return ""
}

func (l *lint) term(id string) Term {
	for _, t := range l.document.Terms {
		if t.ID == id {
			return t
		}
	}
	return Term{}
}

// purpose looks at one purpose.
func (l *lint) purpose(s *Spec) {
	d, at := l.document, place(s.ID)
	if s.Retention.Keep.IsZero() {
		l.find(RetentionUnsaid, at+".retention", "say how long, and from when")
	} else if strings.TrimSpace(s.Retention.Citation+s.Retention.Justification) == "" {
		l.find(RetentionUnjustified, at+".retention", "cite the provision that says for how long, or say why it is necessary")
	}
	if s.Retention.Then == Anonymise && !slices.ContainsFunc(d.Purposes, func(o Spec) bool {
		return o.Deidentify && slices.ContainsFunc(o.Attributes, func(a Attribute) bool { return slices.Contains(s.Attributes, a) })
	}) {
		l.find(NothingAnonymises, at+".retention.then", "let a de-identified purpose list what is to be anonymised, or destroy it")
	}
	if s.Basis == LegalGround && l.promises(ConsentAlways) {
		l.find(ConsentNotAlways, at+".basis", "stands on a provision and asks nobody, and the policy promises that consent is always required")
	}
	for _, a := range s.Requires {
		if !slices.Contains(s.Attributes, a) {
			l.find(RequiredUnlisted, at+".attributes", "%q is needed and not listed, so the purpose cannot do what it says", a)
		}
	}
	if !s.Cited && (openEnded(s.Title) || openEnded(s.Description)) {
		l.find(OpenEnded, at+".title", "say all that it is for, or have each request cite its provision")
	}
	if len(s.Attributes) == 0 {
		l.find(NothingListed, at+".attributes", "say what is used")
	}
	if s.Basis == ImpliedConsent {
		l.find(ConsentNotManifest, at+".basis", "ask, and take no conduct for an answer")
	}
	for _, text := range []string{s.Title.EN, s.Title.FR, s.Description.EN, s.Description.FR, s.Consequence.EN, s.Consequence.FR} {
		if strings.Contains(text, gap) {
			l.find(TextIncomplete, at+".title", "a word is missing, or cannot be understood")
			break
		}
	}
	for _, role := range s.Recipients {
		if !slices.ContainsFunc(d.Recipients, func(r Recipient) bool { return r.Role == role }) {
			l.find(RecipientUndeclared, at+".recipients", "no recipient has the role %q, so people are not told who it is", role)
		}
	}
	if s.Automatic && l.promises(ProvidedOnly) {
		l.find(CollectedUnprovided, at+".automatic", "collects by itself, and the policy promises to collect only what is provided")
	}
	l.prohibited(s, at)
}

func (l *lint) prohibited(s *Spec, at string) {
	for i := range l.document.Prohibitions {
		x := &l.document.Prohibitions[i]
		if !x.covers(s.ID) {
			continue
		}
		for _, op := range x.Operations {
			if !slices.Contains(s.Operations, op) || !l.touches(x, s) {
				continue
			}
			l.find(ConsentToProhibited, at+".operations", "%q is offered for consent, and the prohibition %q forbids it", op, x.Name)
		}
	}
}

// touches reports whether what is forbidden towards some is what the purpose does: to somebody of that kind, or to nobody that is declared.
func (l *lint) touches(x *Prohibition, s *Spec) bool {
	if len(x.To) == 0 || len(s.Recipients) == 0 {
		return true
	}
	return slices.ContainsFunc(l.document.Recipients, func(r Recipient) bool {
		return slices.Contains(s.Recipients, r.Role) && slices.Contains(x.To, r.Kind)
	})
}

// words looks for roles and kinds of persons that go by several names, or are taken for what they are not.
func (l *lint) words() {
	subjects := make(map[string]bool)
	roles := make(map[string]bool)
	for _, s := range l.document.Purposes {
		for _, subject := range s.Subjects {
			subjects[subject] = true
		}
		for role := range maps.Keys(s.Roles) {
			roles[string(role)] = true
		}
	}
	for _, r := range l.document.Recipients {
		roles[string(r.Role)] = true
		if r.Kind == Processor && subjects[string(r.Role)] {
			l.find(SeveralWords, fmt.Sprintf("recipients[%q].role", r.ID), "%q is one of the persons concerned, and is listed as a service provider", r.Role)
		}
	}
	for _, t := range l.document.Terms {
		if len(t.Aliases) > 0 && (subjects[t.ID] || roles[t.ID]) {
			l.find(SeveralWords, fmt.Sprintf("terms[%q].aliases", t.ID), "is also called %s; use one word for one thing", strings.Join(t.Aliases, ", "))
		}
	}
}

// sale looks for third parties whose contract leaves open that something is given for the data.
func (l *lint) sale() {
	d := l.document
	never := l.promises(NeverSell) || slices.ContainsFunc(d.Prohibitions, func(x Prohibition) bool { return slices.Contains(x.Operations, Sell) })
	if !never {
		return
	}
	for i := range d.Recipients {
		r := &d.Recipients[i]
		used := slices.ContainsFunc(d.Purposes, func(s Spec) bool { return slices.Contains(s.Recipients, r.Role) })
		if r.Kind == ThirdParty && used && !slices.Contains(r.Contract.Undertakings, NoConsideration) {
			l.find(ConsiderationOpen, fmt.Sprintf("recipients[%q].contract.undertakings", r.ID), "say that nothing is given for the data, or the promise never to sell is only a word")
		}
	}
}
