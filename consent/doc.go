// Package consent keeps, for every person, a ledger of what they were told, agreed to and took back, and makes sure that taking
// back takes effect: when [Registry.Withdraw] has returned, nothing it reaches is in use any more, and nothing begins.
//
// A [Subject] is an opaque id of the person. Its ledger is a sequence of events that is only ever added to, kept by a [Ledger];
// [Memory] is one, and package consentsql has them on SQLite, PostgreSQL and MariaDB. A [Registry] tells the person the
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
// # Holds and erasures
//
// A hold ([Registry.PlaceHold]) keeps data from ending for a stated purpose, a dispute for instance, and restricts the use of it to that purpose. An erasure
// ([Registry.BeginErasure], which package retention calls) is two events: one that it has begun, and one that it is done. It begins only at the version of the ledger
// from which it was concluded that the data may end, so of a hold and an erasure that come together one finds the other: [ErrHeld] or [ErrAlreadyErasing]. Both
// wait, as a withdrawal does, until what they end is no longer in use.
//
// When a person was erased, [Registry.Redact] blanks what her events say, but for the proof of notices and consents. What was blanked is unknown, and denies
// whatever needs it; holds and erasures stay known, since all that is needed of them stands in the envelope.
//
// # One process or many
//
// A [Memory], and a SQLite file opened as usual, is held by one registry: it denies by what is in its own memory, and no other may write to
// the ledger. A ledger that is a [Holder] enforces this: [NewRegistry] returns [ErrLedgerInUse] while another holds it. For other ledgers the caller answers.
//
// A ledger that is [Clustered] is used by any number of registries, on any number of machines: a database server, or a SQLite file that
// all open with consentsql.Together. Uses begin and end in memory there too. What makes a withdrawal at one reach all is a lease.
//
// # What is promised on many machines
//
// Below, L is the lease, five seconds unless [WithLease] says otherwise, and M the longest life of a use, thirty seconds unless [WithMaxUse] does.
//
//   - (a) When Withdraw has returned without error, no Reveal that starts later succeeds, in any process, also one that was paused meanwhile, cut
//     off, or given up for dead: at every Reveal the flags are looked at, and then the clock, which must not have reached the end of the lease.
//   - (b) In every process that answered, each use that was reached has ended, or is counted in [Withdrawal].Cancelled.
//   - (c) A process that did not answer for L is shut out and counted in [Withdrawal].Fenced: nothing opens there until it has joined anew. An
//     effect that it had begun may finish.
//   - Withdraw returns within M + L and a little, and in some tens of milliseconds if nothing is in use: the others look at the feed
//     every 20 ms, every quarter of a second where there are a thousand. If its context ends first, [ErrStillDraining], and [Registry.Wait].
//   - A grant is heard of elsewhere within a second; at once by a call that is given [AtLeast]. Until then the answer is no.
//
// It holds through these: connections that are lost, answers that come late or never, a process that is stopped and goes on, or killed; a
// database that is restarted or away; wall clocks that are wrong or step, for leases are counted on monotonic clocks from before
// each renewal was sent, and nobody compares times. Decisions go by the database's time, which is never taken back.
//
// When the database is away for longer than L, nothing opens anywhere: [purpose.RegistryUnavailable], with [ErrNoLease].
// When it has lost what was committed (a failover to a standby that lagged, an old copy put back), a registry that has seen what is lost opens nothing
// any more: [ErrLedgerRegressed], until an operator has replayed the events and started the registries anew. One that starts after that and
// has seen nothing cannot know: fail over to a synchronous standby only.
//
// It is assumed that the machines' clocks run at about the same rate (one part in fifty is allowed for), and that no machine is suspended as a whole: a monotonic clock stands still then, and
// the exposure is one lease of that machine's own time.
//
// It is not promised that what was handed over comes back: a mail in a queue, or memory of code that already holds a plaintext.
//
// # What it costs the database
//
// For n registries: five durable updates of one row for each in the time of a lease, which is n a second; a look at the feed of each every 20 ms or
// every n/4 ms, whichever is longer, which reads one row and what is new; and, where there was something, an update of one row that need not be durable.
// A registry in which a withdrawal waits reads the n rows of the nodes as often.
//
// With 1,000 registries and 1,000 withdrawals a second that is 1,000 durable updates, 4,000 looks and 4,000 other updates a second, and 1,000 changes of
// some 45 bytes each to 1,000 readers, 45 MB a second. If ten of the registries do the withdrawing they read 40,000 node rows a second; if all
// do, and each withdrawal waits for two looks, two million, which is more than one server should be asked: let few take withdrawals there.
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
// What was read of subjects is kept in memory, up to the bytes that [WithCache] sets, and besides that every subject in use, and every one for which
// a withdrawal could not be stored. Where room is needed, those go first that no use was begun of lately. A subject's ledger is read from its beginning; it is meant to have tens of events.
//
// The registry records what the program says happened. It cannot know whether the person read the notice, understood the
// question, or is who they seem to be.
package consent
