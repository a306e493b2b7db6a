package purpose

import (
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/message/catalog"
)

// In returns the text in the language: French for every French, else English; the other if that one is missing.
func (t Text) In(tag language.Tag) string {
	first, second := t.EN, t.FR
	if spoken(tag) == language.French {
		first, second = second, first
	}
	if first == "" {
		return second
	}
	return first
}

// Explain returns a sentence that tells why, followed by the purpose's consequence text if a missing or ended consent denied.
// It is French for every French, else English.
func (d *Denied) Explain(tag language.Tag) string {
	if d == nil {
		return Undecided.Explain(tag)
	}
	text := d.Reason.Explain(tag)
	if d.Reason.consent() {
		if consequence := d.Consequence.In(tag); consequence != "" {
			text += " " + consequence
		}
	}
	return text
}

// consent reports whether the person could have it otherwise, by consenting.
func (r Reason) consent() bool {
	switch r {
	case NoticeRequired, ConsentUnknown, ConsentRefused, ConsentWithdrawn, ConsentExpired, OperationNotGranted, AncestorRefused,
		NeedsRenewal, GrantConsumed, RecipientNotGranted:
		return true
	default:
		return false
	}
}

// Explain returns the reason as a sentence for people, French for every French, else English. Programs compare
// the reason, not the sentence: sentences may change.
func (r Reason) Explain(tag language.Tag) string {
	return message.NewPrinter(spoken(tag), message.Catalog(sentences())).Sprintf(r.String())
}

// spoken returns the one of the policy's two languages that serves a reader of tag.
func spoken(tag language.Tag) language.Tag {
	french, _ := language.French.Base()
	if base, _ := tag.Base(); base == french {
		return language.French
	}
	return language.English
}

// sentences is the catalogue, keyed by the names of the reasons. It is built when first needed, and never changes.
var sentences = sync.OnceValue(func() catalog.Catalog {
	b := catalog.NewBuilder(catalog.Fallback(language.English))
	for r, text := range sentence {
		key := Reason(r).String()
		// The keys and texts are constants of this file; a test reads every one of them back.
		_ = b.SetString(language.English, key, text.EN)
		_ = b.SetString(language.French, key, text.FR)
	}
	for o, text := range duty {
		_ = b.SetString(language.English, obligationKey(Obligation(o)), text.EN)
		_ = b.SetString(language.French, obligationKey(Obligation(o)), text.FR)
	}
	return b
})

var sentence = [...]Text{
	Undecided: {
		"No decision was made, so nothing is opened.",
		"Aucune décision n’a été prise, donc rien n’est ouvert.",
	},
	Permitted: {
		"The use is permitted.",
		"L’utilisation est permise.",
	},
	Malformed: {
		"The request is incomplete or not well formed.",
		"La demande est incomplète ou mal formée.",
	},
	UnknownPurpose: {
		"The policy declares no such purpose.",
		"La politique ne déclare pas cette finalité.",
	},
	UnknownAttribute: {
		"No purpose of the policy lists this information.",
		"Aucune finalité de la politique ne prévoit ce renseignement.",
	},
	UnknownPolicy: {
		"The version of the policy under which the information was collected is not available.",
		"La version de la politique sous laquelle le renseignement a été recueilli n’est pas disponible.",
	},
	NotYetEffective: {
		"The policy is not in force yet.",
		"La politique n’est pas encore en vigueur.",
	},
	ActorNotAuthorized: {
		"The person or service that asks is not authorised for this purpose.",
		"La personne ou le service qui demande n’est pas autorisé pour cette finalité.",
	},
	CaseRequired: {
		"This purpose opens information only within a case, and none was named.",
		"Cette finalité n’ouvre les renseignements que dans un dossier, et aucun n’a été nommé.",
	},
	CaseNotOpen: {
		"The case is not open.",
		"Le dossier n’est pas ouvert.",
	},
	NotAssigned: {
		"The case is assigned to someone else.",
		"Le dossier est confié à quelqu’un d’autre.",
	},
	CaseMismatch: {
		"The information belongs to another case.",
		"Le renseignement appartient à un autre dossier.",
	},
	OperationNotInPurpose: {
		"The purpose does not provide for this operation.",
		"La finalité ne prévoit pas cette opération.",
	},
	CategoryNotInPurpose: {
		"The purpose needs no information of this category.",
		"La finalité ne demande aucun renseignement de cette catégorie.",
	},
	AttributeNotInPurpose: {
		"The purpose does not need this information.",
		"La finalité ne demande pas ce renseignement.",
	},
	AttributeNotForRole: {
		"This role does not need the information.",
		"Ce rôle n’a pas besoin du renseignement.",
	},
	DeidentifiedOnly: {
		"This purpose uses the information only once it is de-identified.",
		"Cette finalité n’utilise le renseignement qu’une fois dépersonnalisé.",
	},
	NotCollectedForPurpose: {
		"The information was collected for other purposes.",
		"Le renseignement a été recueilli à d’autres fins.",
	},
	NoticeRequired: {
		"The person concerned has not been informed yet.",
		"La personne concernée n’a pas encore été informée.",
	},
	ConsentUnknown: {
		"The person concerned has not consented.",
		"La personne concernée n’a pas consenti.",
	},
	ConsentRefused: {
		"The person concerned refused consent.",
		"La personne concernée a refusé son consentement.",
	},
	ConsentWithdrawn: {
		"The person concerned withdrew consent.",
		"La personne concernée a retiré son consentement.",
	},
	ConsentExpired: {
		"The consent was given for a time that has passed.",
		"Le consentement a été donné pour une durée qui est écoulée.",
	},
	ClockSkew: {
		"The consent is dated in the future, by more than clocks differ.",
		"Le consentement est daté dans l’avenir, au-delà de l’écart admis entre deux horloges.",
	},
	OperationNotGranted: {
		"The consent does not cover this operation.",
		"Le consentement ne vise pas cette opération.",
	},
	AncestorRefused: {
		"The person concerned refused or withdrew consent to a wider purpose.",
		"La personne concernée a refusé ou retiré son consentement à une finalité plus large.",
	},
	FactUnknown: {
		"Something that must be known to decide is not known.",
		"Un fait nécessaire à la décision n’est pas connu.",
	},
	RetentionExpired: {
		"The retention period of the information has ended for this purpose.",
		"La durée de conservation du renseignement est terminée pour cette finalité.",
	},
	RestrictedToHold: {
		"The information is kept for a legal hold or because a law requires it, and may be used for nothing else.",
		"Le renseignement est conservé en raison d’une mise en suspens juridique ou d’une obligation légale, et ne peut servir à rien d’autre.",
	},
	ErasureRunning: {
		"Information of this kind is being erased; it can be given again when that is done.",
		"Des renseignements de cette nature sont en cours d’effacement ; ils pourront être redonnés ensuite.",
	},
	StaleDecision: {
		"Something changed after the check; the use must be asked for again.",
		"La situation a changé depuis la vérification; l’utilisation doit être redemandée.",
	},
	UseEnded: {
		"The use has been ended.",
		"L’utilisation a pris fin.",
	},
	UseExpired: {
		"The use lasted longer than a use may.",
		"L’utilisation a duré plus longtemps que permis.",
	},
	Erased: {
		"The information has been erased.",
		"Le renseignement a été détruit.",
	},
	NotGenuine: {
		EN: "The stored information is not what was sealed, or is not in its place.",
		FR: "Le renseignement conservé n’est pas celui qui a été scellé, ou n’est pas à sa place.",
	},
	NoKey: {
		"The information belongs to another person or record.",
		"Le renseignement appartient à une autre personne ou à une autre fiche.",
	},
	ProhibitedOperation: {
		"Personal information is never sold.",
		"Les renseignements personnels ne sont jamais vendus.",
	},
	ProhibitedByPolicy: {
		"The policy prohibits this, whatever was consented to.",
		"La politique l’interdit, quel que soit le consentement donné.",
	},
	NeedsRenewal: {
		"The policy has changed since the person concerned consented; consent must be asked for again.",
		"La politique a changé depuis que la personne concernée a consenti; le consentement doit être redemandé.",
	},
	GrantConsumed: {
		"The consent was given for one use, which has been made.",
		"Le consentement a été donné pour une seule utilisation, qui a eu lieu.",
	},
	CitationRequired: {
		"No provision of law was named for this request, or nobody approved it.",
		"Aucune disposition légale n’a été indiquée pour cette demande, ou personne ne l’a approuvée.",
	},
	OrderRequired: {
		"There is no order for this that still stands and was reviewed.",
		"Il n’existe à cet effet aucune ordonnance encore en vigueur qui ait été examinée.",
	},
	NoPowerToCompel: {
		"Whoever asks has no power to compel.",
		"L’auteur de la demande n’a pas le pouvoir de contraindre.",
	},
	OutsideOrderScope: {
		"The order does not list this information.",
		"L’ordonnance ne vise pas ce renseignement.",
	},
	TicketRequired: {
		"This access needs an open ticket, and none was named.",
		"Cet accès exige un billet d’intervention ouvert, et aucun n’a été nommé.",
	},
	TicketExpired: {
		"The ticket was opened too long ago for this access.",
		"Le billet d’intervention a été ouvert il y a trop longtemps pour cet accès.",
	},
	TicketLimit: {
		"The ticket has opened as many files as it may.",
		"Le billet d’intervention a ouvert autant de dossiers qu’il est permis.",
	},
	RecipientRequired: {
		"It was not said to whom the information would go.",
		"Il n’a pas été précisé à qui le renseignement serait communiqué.",
	},
	UnknownRecipient: {
		"The policy declares no such recipient.",
		"La politique ne déclare pas ce destinataire.",
	},
	RecipientNotAllowed: {
		"The purpose discloses nothing to this kind of recipient.",
		"La finalité ne prévoit aucune communication à ce type de destinataire.",
	},
	RecipientNotGranted: {
		"The consent was given for another recipient.",
		"Le consentement a été donné pour un autre destinataire.",
	},
	NoContract: {
		"There is no contract in force with the recipient.",
		"Aucun contrat n’est en vigueur avec le destinataire.",
	},
	ContractIncomplete: {
		"The contract with the recipient lacks an undertaking that it must hold.",
		"Il manque au contrat avec le destinataire un engagement obligatoire.",
	},
	ContractExpired: {
		"The contract with the recipient has ended.",
		"Le contrat avec le destinataire a pris fin.",
	},
	ContractScope: {
		"The contract with the recipient does not cover this.",
		"Le contrat avec le destinataire ne prévoit pas cela.",
	},
	NoTransferAssessment: {
		"It has not been assessed whether the information would be protected where the recipient is.",
		"La protection du renseignement là où se trouve le destinataire n’a pas été évaluée.",
	},
	AssessmentInadequate: {
		"The information was not found to be adequately protected where the recipient is.",
		"Il n’a pas été établi que le renseignement serait adéquatement protégé là où se trouve le destinataire.",
	},
	AssessmentScope: {
		"The assessment of the transfer does not cover this.",
		"L’évaluation du transfert ne vise pas cela.",
	},
	AssessmentStale: {
		"The assessment of the transfer must be made anew.",
		"L’évaluation du transfert doit être refaite.",
	},
	NoWrittenAgreement: {
		"The assessment of the transfer is not reflected in a written agreement.",
		"L’évaluation du transfert n’est reflétée dans aucune entente écrite.",
	},
	DerogationNotAllowed: {
		"The law knows no such exception, or nobody approved it.",
		"La loi ne prévoit pas cette exception, ou personne ne l’a approuvée.",
	},
	DerogationExpired: {
		"The exception was approved for a time that has passed.",
		"L’exception a été approuvée pour une durée qui est écoulée.",
	},
	DerogationConsumed: {
		"The exception permitted one use, which has been made.",
		"L’exception permettait une seule utilisation, qui a eu lieu.",
	},
	RegistryUnavailable: {
		"The register of consents cannot be reached at the moment.",
		"Le registre des consentements est momentanément inaccessible.",
	},
	KeyUnavailable: {
		"The key store cannot be reached at the moment.",
		"Le dépôt de clés est momentanément inaccessible.",
	},
	AuditUnavailable: {
		"The access cannot be recorded at the moment, so nothing is opened.",
		"L’accès ne peut être consigné pour le moment, donc rien n’est ouvert.",
	},
	AgendaUnavailable: {
		"It cannot be recorded at the moment until when the information is kept, so nothing is taken in.",
		"Il ne peut être consigné pour le moment jusqu’à quand le renseignement est conservé, donc rien n’est recueilli.",
	},
	Cancelled: {
		"The request was cancelled before it was answered.",
		"La demande a été annulée avant d’obtenir une réponse.",
	},
}
