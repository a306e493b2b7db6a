// Package consent keeps, for every person, a ledger of what they were told, agreed to and took back, and makes sure that taking
// back takes effect: when [Registry.Withdraw] has returned, nothing it reaches is in use any more, and nothing begins.
//
// A [Subject] is an opaque id of the person. Its ledger is a sequence of events that is only ever added to, kept by a [Ledger];
// [Memory] is one, and package consentsql has one on SQLite. A [Registry] is the only writer of its ledger. It tells the person the
// notice ([Registry.Notify]), asks ([Registry.Request]), and records the answer ([Registry.Grant], [Registry.Refuse],
// [Registry.Withdraw]), and cases and accounts ([Registry.Record]). It folds the events into [purpose.Facts] and has the
// [purpose.Policy] decide over them, in memory, at every use. Programs do not begin uses here: the accessors of package pii do.
//
// # What a consent is
//
// A grant is of one purpose and of the operations it names, use alone if it names none. It counts in the order of the
// ledger, not of the clock, and never for a purpose below. A refusal or a withdrawal also denies what is below, except on a legal ground.
// [Registry.State] tells what stands for one purpose; only [Registry.Decide] takes those above into account.
//
// Loosening is careful. A grant needs a notice in its language, evidence if it was spoken or on paper, and, if it came by a link,
// the request it answers, made after the last refusal or withdrawal: an old link never grants again. It is appended only if nothing
// tightened while it was being decided. A grant that is delivered twice, by the same [Act].ID, is one grant, and stays withdrawn if it was.
//
// Tightening is never refused. It is appended whatever the version, and under a fresh id if its own is taken.
//
// # What a withdrawal promises
//
// The same holds for [Registry.Refuse] and for closing a case.
//
//   - From the call on, this process begins no use it reaches, and what is being decrypted is not released.
//   - When it returns without error, the event is stored, and every use it reached has ended or was cancelled at the longest life of a
//     use, 30 seconds unless [WithMaxUse] says otherwise. Its [Withdrawal] counts both. The use it is called in is not waited for.
//   - If it fails, this process goes on denying until a later call succeeds, or the person grants the purpose again. That
//     does not survive the process: call again.
//   - If its context ends first, the event is stored, and [ErrStillDraining] says that uses still run. [Registry.Wait] resumes.
//
// It promises nothing about what was handed over before: a mail that is in a queue, or memory of code that already holds a
// plaintext. A cancelled use opens nothing more, but the work it began may go on. [Registry.Decide], [Registry.State] and
// [Registry.Facts] answer from the ledger alone and are for showing, not for acting.
//
// # One process
//
// A registry denies by what is in its own memory, so no other registry may write to its ledger. A ledger that is a [Holder] enforces this:
// [NewRegistry] returns [ErrLedgerInUse] while another holds it. For other ledgers the caller answers.
//
// # Errors
//
// A refusal is a [*purpose.Denied] and matches [purpose.ErrDenied]. A ledger that cannot be read whole, whatever the reason, is no
// refusal: the error matches [purpose.ErrUnavailable], and the subject is denied until it can be read. A write whose answer was lost is
// asked for again by the same id; if that fails as well the error matches [ErrOutcomeUnknown]. No error tells the subject.
//
// # Limits
//
// Time is the machine's monotonic clock, raised to the latest event read. It never goes back, but a host that was suspended
// counts none of the time it slept. A consent that ends does so at the instant of [Act].Until: at it, it no longer holds.
//
// Subjects are kept in memory, 65,536 of them unless [WithCache] says otherwise, and besides those every subject in use, and every one for which
// a withdrawal could not be stored. A subject's ledger is read from its beginning; it is meant to have tens of events.
//
// The registry records what the program says happened. It cannot know whether the person read the notice, understood the
// question, or is who they seem to be.
package consent
