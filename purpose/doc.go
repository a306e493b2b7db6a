// Package purpose makes a privacy policy executable: it checks the policy as data, and answers whether one use of one
// piece of personal data is permitted.
//
// The law of Québec (Act respecting the protection of personal information in the private sector, CQLR c. P-39.1) lets an
// organisation use what it collected only for the purposes it was collected for, while a ground for that
// purpose lasts, by the people who need it, until retention ends. A [Document] declares that once: the purposes, and for each its ground, its attributes,
// operations and roles, and how long it may keep. [NewPolicy] checks the document as a whole and reports every [Fault].
// [Policy.Decide] then takes a [Request], which says what is asked, and [Facts], which say what is known of the subject, and returns a
// [Decision]. Packages consent and pii gather facts, ask, and turn a refusal into a [*Denied].
//
// # The order of rules
//
// The first rule that applies gives the reason, so that a reason tells how far a request came:
//
//  1. A request without purpose, operation or time, or with a recipient of an operation that discloses nothing, is Malformed; an
//     undeclared purpose is UnknownPurpose.
//  2. Nobody may sell: ProhibitedOperation. What a [Prohibition] forbids no grant, contract or order lifts: ProhibitedByPolicy.
//     A recipient must be declared: UnknownRecipient.
//  3. Before the policy, or the version that has the purpose, is effective: NotYetEffective.
//  4. The actor must be named, with a role the purpose binds: ActorNotAuthorized. To collect, any role will do: collecting opens nothing,
//     and who takes a form in need not be able to read it.
//  5. The purpose must list the operation, [Rights] and [Maintenance] like any other: OperationNotInPurpose.
//  6. The attribute, if one is asked for, must be listed by the purpose and needed by the role: UnknownAttribute, CategoryNotInPurpose,
//     AttributeNotInPurpose, AttributeNotForRole. An order that is brought must list it: OutsideOrderScope. What is only for de-identified use
//     leaves through a generaliser: DeidentifiedOnly.
//  7. A purpose bound to cases needs an open one, assigned to the actor, that the value belongs to: CaseRequired,
//     CaseNotOpen, NotAssigned, CaseMismatch. Collecting is bound to none: what is taken in may be what opens the case.
//  8. A purpose that is Ordered or Cited needs an [Order] that stands: OrderRequired, NoPowerToCompel, CitationRequired. One with a
//     BreakGlass needs a [Ticket]: TicketRequired, TicketExpired, TicketLimit.
//  9. The value must have been collected for the purpose: NotCollectedForPurpose. Collect, Rights, Maintenance and a purpose with a cited
//     secondary use are exempt.
//  10. To disclose or transfer, the purpose must list the recipient's role, and a complete contract in force cover purpose and attribute:
//     RecipientRequired, RecipientNotAllowed, NoContract, ContractIncomplete, ContractExpired, ContractScope. An authority needs no contract and
//     a legal ground.
//  11. Where the data would leave the territory of the policy's [Rules], or the person's own jurisdiction, an adequate [Assessment] must cover it:
//     NoTransferAssessment, AssessmentInadequate, AssessmentScope, AssessmentStale, NoWrittenAgreement; or a [Derogation] that the rules
//     know stand in for it: DerogationNotAllowed, DerogationExpired, DerogationConsumed.
//  12. The ground must hold, by notice, consent or provision: NoticeRequired, ConsentUnknown, ConsentRefused, ConsentWithdrawn, ConsentExpired,
//     NeedsRenewal, OperationNotGranted, RecipientNotGranted, GrantConsumed, ClockSkew. Except on a legal ground, no purpose above it may have been
//     refused: AncestorRefused.
//  13. The purpose's retention period for the value must not have ended: RetentionExpired. Of a person who was erased, a purpose that a law obliges to keep
//     opens what is left for as long as it must, and no longer.
//  14. No hold may restrict the value to another purpose, and the person may not have been erased, unless a law obliges the purpose to keep or a hold is for it:
//     RestrictedToHold. What would be kept where something is being erased is not collected: ErasureRunning; nor anything of who was erased: Erased. Rights and
//     Maintenance pass.
//
// A rule that needs a fact which is not known denies with FactUnknown. A request that names no attribute asks whether a use
// may begin, and skips what concerns one value: rules 6, 9 and 13, the value's case, and what contract and assessment cover.
//
// A parent's grant never grants a child; a parent's refusal refuses the child. Collection under [ExpressConsent] needs a
// notice and no grant, because both may come on the same form.
//
// # Three laws
//
// Decide keeps three laws over all policies, facts and requests:
//
//   - Information. What is permitted with some facts unknown is permitted when they are known to be what they are.
//     Not knowing never helps.
//   - Relevance. If a permission's Trace names a field, the same request with that field unknown is denied:
//     the trace is what the permission rests on.
//   - Polarity. What weighs against a use never makes it permitted: a refusal or a withdrawal, an earlier end of
//     a consent or fewer operations in it, a closed case, a role with fewer attributes, a shorter period, a hold, an erasure. (Of who was
//     erased a hold keeps more, and leaves it to the hold's own purpose.)
//
// A fact is made unknown in these ways: a notice, a consent or an account by the status [Unknown] or [CaseUnknown]; a case by [CaseUnknown]; and the cases that
// start a period together, what was consumed and where the person lives, by facts that are not Complete. Facts that are not Complete make everything that is not listed unknown.
//
// # Versions
//
// A [History] holds every version that was published, with its hash and the day it came into force. What is asked of any of its policies is
// answered by the version in force at the time of the question. Consent and notices hold for the purposes that were not widened since; [Diff]
// says what changed, whether that is material, and where consent lapses. A [Document] has one canonical JSON form, which format.md describes, and
// [LoadPolicy] reads it with the checks of [NewPolicy], naming lines. [Lint] finds what contradicts itself though it is well formed.
//
// # What this does not do
//
// The package decides and does nothing else. It reads no clock, no ledger and no key; who answers for the facts is package consent,
// and what stops code from reading a value without asking is package pii. It cannot know whether a citation fits, whether
// an attribute is really necessary, or whether the person at the keyboard is the actor. Ages, channels of contact, the activation of locating
// and profiling (P-39.1 s. 8.1) and holds on retention are not modelled.
//
// Periods are calendar periods in UTC, cut to the length of the month reached, so a start some hours later can at the end of a month
// give an end some hours earlier. The sentences of [Reason.Explain] exist in English and French.
package purpose
