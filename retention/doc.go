// Package retention ends data: what has come to the end of its periods, and what a person asked to be erased.
//
// Periods are part of a purpose ([purpose.Retention]), because decisions need them: a value that has passed its purpose's end does not open,
// whether or not anything has deleted it. This package deletes it, as the law asks once the purposes are achieved (CQLR c. P-39.1 s. 23), and has the periods that laws and regulators give,
// as values to put into a policy.
//
// # How it goes
//
// A pii.Vault tells an [Agenda] of every value it is about to seal, through a [Planner]: whose it is, what it is and when it is to be looked at. So the
// cost of ending follows what is due, not what is stored. A [Sweeper] takes what is due:
//
//	for step, err := range sweeper.Sweep(ctx) {
//
// It decides each [Item] anew, from policy and ledger: [Due] keeps it until the last of its rules and of the holds on it ends. What has ended it fences first, in the
// ledger, by an event that is stored only if the ledger still is as it was decided from; then it destroys the keys, has the program's erasers delete rows, records that it is done, and
// takes the item off the agenda. A hold (consent.Registry.PlaceHold) that comes before that event makes it wait; one that comes after is refused: of a
// hold and an end, one finds the other.
//
// What begins a period, or ends a hold, is an event of the ledger: a case or an account that closes, consent that ends (a withdrawal, where the rule says
// purpose.Retention.AfterConsent). A registry with consent.WithReview([PutForward](agenda)) puts what it concerns on top of the agenda as it stores the event.
//
// The keys of a person are destroyed by [purpose.Compartment], and values of one compartment can end on different days. Rows go when they end; the keys go with the last of them.
//
// # Erasure
//
// A person may ask for the erasure of everything (C.C.Q. art. 40; P-39.1 s. 28). [Sweeper.Plan] says beforehand what that would do, attribute by attribute. [Sweeper.Erase] does it:
// it puts the request on the agenda, fences the person, destroys the keys and the rows of all that no law obliges to keep and no hold is on, hands a [Certificate] to Config.Certify, and
// only then records that it is done. What is left opens only for what preserves it, and ends by itself.
//
// Where the purposes of a value are achieved it is destroyed, or anonymised for a serious and legitimate purpose (P-39.1 s. 23). So what every rule of its compartment anonymises
// ([purpose.Anonymise]) is ended by its table's Anonymiser, and plan and certificate call it [Anonymised]: key and rows are gone, and anonymised information that was made of it before
// may be left. A rule that destroys wins. So does, in an erasure, a key that is kept, and what is left after it when it ends: their rows are deleted, and nothing stays that the
// certificate does not tell. A program that is to leave nothing of who asks has rules that destroy. [Line.Explain] tells each outcome in English and French.
//
// # Crashes
//
// Whatever dies, and wherever, the item is still on the agenda, and the next sweep goes on under the same erasure to the same end; any number of processes may
// sweep together. Every step is repeated until it succeeded once after the fence: shredders and erasers must stand that, and so must Config.Certify, to which a certificate of the same
// ID, and with the same lines if all have the same tables, can be handed again. An end that crashed after it was recorded, with its item still there, is gone through once more, and finds nothing.
// An erasure that was recorded as done is not certified again.
//
// # What it does not do
//
//   - It ends what the agenda knows of. An erasure destroys the keys of all compartments but those with items that are kept: of values that were sealed before there
//     was an agenda, tell it by [Planner.Keep] first, or they go even where a law would keep them; and nothing ends them by itself.
//   - Rows are deleted by the program's own code, and a table it has no [Table] for keeps them. What was sealed in them does not open without its keys.
//   - In a compartment with anything that is kept, keys are kept: of what ended there only the rows are gone, and a certificate calls it [Deleted], not [Destroyed].
//   - A due date is a hint that was computed when it was put. A version of the policy that shortens a period closes values at once, and what is on the agenda
//     already ends when it would have, unless [Planner.Replan] is called.
//   - What ended by itself before an erasure, or while it was under way, is not in its certificate, nor is what of it was anonymised.
//   - That what is left of what was anonymised identifies nobody is for the program to show: package redact/anonymity/dossier is for that.
//   - Backups are the program's: Config.Backups tells the certificate how long they live.
//
// Nothing here is legal advice: a figure comes with its source, and the policy's author answers for using it.
package retention
