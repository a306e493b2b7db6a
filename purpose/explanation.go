package purpose

import (
	"fmt"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// Explanation says why a decision came out as it did, to two readers.
type Explanation struct {
	Sentence    string   // for a person
	Rule        string   // for an engineer: which rule fired, and where in the document it is written
	Obligations []string // for a person: what comes with the decision
}

// String returns the sentence, followed by what comes with the decision.
func (e Explanation) String() string {
	return strings.Join(append([]string{e.Sentence}, e.Obligations...), " ")
}

// Explain returns why the decision came out as it did. Sentences are French for every French, else English; programs compare the
// Reason, not the sentence.
func (d Decision) Explain(tag language.Tag) Explanation {
	e := Explanation{Sentence: d.Reason.Explain(tag), Rule: d.rule()}
	for o := range d.Obligations.All() {
		e.Obligations = append(e.Obligations, o.Explain(tag))
	}
	return e
}

// rule names the rule that gave the reason, by the number of the package comment, and the place that it was read at.
func (d *Decision) rule() string {
	rule := ruleOf(d.Reason)
	at := ""
	if dotted(string(d.Purpose)) { // else it is no name that a policy can declare, and may be anything
		at = place(d.Purpose)
	}
	switch {
	case rule.field == "" || at == "":
	case rule.outside && dotted(d.Recipient):
		at = fmt.Sprintf("%s for recipients[%q]", at, d.Recipient)
	default:
		at += "." + rule.field
	}
	if dotted(string(d.Attribute)) {
		at = strings.TrimSpace(at + " of " + string(d.Attribute))
	}
	text := d.Reason.String()
	if rule.name != "" {
		text = fmt.Sprintf("rule %d, %s: %s", rule.number, rule.name, text)
	}
	if at != "" {
		text += " at " + at
	}
	if d.Policy != "" {
		text += " of version " + d.Policy
	}
	return text
}

// rule is one of the rules of the package comment.
type rule struct {
	number  int
	name    string
	field   string // of the purpose, where it is written
	outside bool   // it is written with the recipient
}

func ruleOf(r Reason) rule {
	switch r {
	case Malformed, UnknownPurpose:
		return rule{number: 1, name: "the request"}
	case ProhibitedOperation, ProhibitedByPolicy:
		return rule{number: 2, name: "prohibitions"}
	case NotYetEffective:
		return rule{number: 3, name: "in force"}
	case ActorNotAuthorized:
		return rule{number: 4, name: "the actor", field: "roles"}
	case OperationNotInPurpose:
		return rule{number: 5, name: "the operation", field: "operations"}
	case UnknownAttribute, CategoryNotInPurpose, AttributeNotInPurpose, DeidentifiedOnly:
		return rule{number: 6, name: "the attribute", field: "attributes"}
	case AttributeNotForRole:
		return rule{number: 6, name: "the attribute", field: "roles"}
	case CaseRequired, CaseNotOpen, NotAssigned, CaseMismatch:
		return rule{number: 7, name: "the case", field: "case_bound"}
	case OrderRequired, NoPowerToCompel, OutsideOrderScope:
		return rule{number: 8, name: "order and ticket", field: "ordered"}
	case CitationRequired:
		return rule{number: 8, name: "order and ticket", field: "cited"}
	case TicketRequired, TicketExpired, TicketLimit:
		return rule{number: 8, name: "order and ticket", field: "break_glass"}
	case NotCollectedForPurpose:
		return rule{number: 9, name: "collection"}
	case RecipientRequired, UnknownRecipient, RecipientNotAllowed, NoContract, ContractIncomplete, ContractExpired, ContractScope:
		return rule{number: 10, name: "recipient and contract", field: "recipients", outside: true}
	case NoTransferAssessment, AssessmentInadequate, AssessmentScope, AssessmentStale, NoWrittenAgreement,
		DerogationNotAllowed, DerogationExpired, DerogationConsumed:
		return rule{number: 11, name: "transfer", field: "recipients", outside: true}
	case NoticeRequired, ConsentUnknown, ConsentRefused, ConsentWithdrawn, ConsentExpired, OperationNotGranted, AncestorRefused,
		NeedsRenewal, GrantConsumed, RecipientNotGranted, ClockSkew:
		return rule{number: 12, name: "the ground", field: "basis"}
	case RetentionExpired:
		return rule{number: 13, name: "retention", field: "retention"}
	case Permitted:
		return rule{field: "basis"}
	default:
		return rule{} // of what surrounds the decision: keys, use, audit
	}
}

// Explain returns the obligation as a sentence for people, French for every French, else English.
func (o Obligation) Explain(tag language.Tag) string {
	return message.NewPrinter(spoken(tag), message.Catalog(sentences())).Sprintf(obligationKey(o))
}

func obligationKey(o Obligation) string { return "obligation " + o.String() }

var duty = [...]Text{
	{"No obligation.", "Aucune obligation."},
	OfferUnsubscribe: {
		"Each message must carry a way to stop them.",
		"Chaque message doit offrir un moyen de ne plus en recevoir.",
	},
	TellAutomated: {
		"The person must be told that the decision is made by automated means alone.",
		"La personne doit être informée que la décision est entièrement automatisée.",
	},
	MarkDerived: {
		"What comes of combining must be kept as derived information, for these purposes and no longer.",
		"Ce qui résulte du croisement doit être conservé comme renseignement dérivé, pour ces fins et pas plus longtemps.",
	},
	RecordDisclosure: {
		"The disclosure must be recorded.",
		"La communication doit être consignée.",
	},
	FlagAccess: {
		"The access is flagged for the privacy officer.",
		"L’accès est signalé au responsable de la protection des renseignements personnels.",
	},
	RecordDerogation: {
		"The exception relied on must be recorded.",
		"L’exception invoquée doit être consignée.",
	},
	ConsumeGrant: {
		"The consent is used up by this use.",
		"Le consentement est épuisé par cette utilisation.",
	},
	ConfirmDestruction: {
		"The recipient must confirm that it destroyed what it had.",
		"Le destinataire doit confirmer la destruction de ce qu’il détenait.",
	},
}
