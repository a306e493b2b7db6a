// Package pii holds personal data sealed, and opens it only for a purpose that is permitted at that moment.
//
// A field is a [Sealed]: ciphertext, and nothing else, under a key of the person it is about. It is stored, copied, logged
// and sent like any value. Text goes in through an [Intake], for the purposes the person was told; it comes out as a [Value], through a [Use]
// of that person's data under one of these purposes. In between stand the policy (package purpose), what the person said and took back
// (package consent), and the keys (package keyring):
//
//	in, err := vault.Collect(ctx, who, client, pii.Collection{For: purposes, Method: consent.WebForm})
//	err = row.Email.Seal(in, r.FormValue("email"))
//
//	use, err := newsletter.Begin(ctx, who, client)   // may who use client's data for the newsletter, now?
//	defer use.End()                                  // a withdrawal waits for this
//	email, err := row.Email.Reveal(use)              // may this field be opened, now?
//	err = send(use.Context(), email.Plaintext())
//
// A program has one [Vault]. The code that takes data in gets it, and each service that uses data gets an [Accessor] for its purpose and no other,
// so that what a service can open is seen where it is built. Vault.Accessor fails at start-up if the policy could never allow it.
//
// # What happens at a withdrawal
//
// From the moment [consent.Registry.Withdraw] is called, nothing begins under the purpose, and uses in progress reveal nothing more. It returns
// when each of them has ended or has lived as long as a use may, thirty seconds unless set. A goroutine that was stopped between decrypting
// and returning releases nothing afterwards: the last thing [Sealed.Reveal] does is to look whether the use still runs and, after that,
// at the clock. So a use is for one person and one step of work. [Accessor.Do] and [Accessor.Each] end it for you.
//
// # Disclosing, and opening under papers
//
// An accessor may be made for more than a purpose: for a recipient ([DiscloseTo]), for an order ([UnderOrder]), for a ticket ([UnderTicket]) or
// relying on an exceptional ground ([ByDerogation]). What the policy can tell, it tells when the accessor is made: that the recipient is of no role the purpose
// discloses to, or that its contract lacks an undertaking. The rest is asked at every use: whether the contract is in force, whether a transfer
// is assessed, whether the ticket is full. A use that is permitted once is recorded in the ledger before it begins.
//
// # Ending
//
// A value does not open under a purpose once that purpose's retention period for it has ended, whether anything has deleted it or not. That it is deleted too
// is the work of package retention: give the vault its planner as [Config].Agenda, and everything that is sealed is on the agenda before it exists.
//
// # Kinds
//
// The type parameter of Sealed and Value is a [Kind]: a type without state that names an attribute of the policy and writes its
// values in one way. [Name], [Email], [Address], [BirthDate] and [Text] are here, phone numbers in package phone, and one's own
// take two methods. A value sealed as one attribute does not open as another.
//
// # Values and what is derived from them
//
// A Value shows what it holds to nothing but [Value.Plaintext]: not to fmt, log, slog, encoders, database drivers or test
// diffs. Under a purpose that is de-identified nothing is revealed; [Derive] hands the text to a [Generaliser], and only what that makes of it leaves.
//
// # Errors
//
// Every error of collecting, sealing, opening and deriving means that nothing was revealed or sealed, and is of one of three families:
//
//   - It matches [purpose.ErrDenied]: the answer is no. It is a *[purpose.Denied], whose reason errors.Is matches too. A batch skips the person.
//   - It matches [purpose.ErrUnavailable]: there is no answer, because the ledger, the keys or the audit failed, or the
//     caller's context ended. A batch stops.
//   - It is about the data: [ErrMalformed], [ErrDecrypt], [ErrWrongSubject], [ErrWrongAttribute], [ErrWrongRecord] say that what was stored is not what
//     it should be, and somebody must look (they are recorded as denials are); [ErrAbsent] and [ErrInvalid] say that there is no value, or that a text is none.
//
// Whatever is missing, zero, nil, cancelled, late or malformed gives one of them. No error names the person or repeats a value;
// what a ledger, a key store or an auditor said is behind the error, for errors.As, and not in its text.
//
// # Audit
//
// Every access is recorded by an [Auditor] before the value is released, and denied if that fails; [NewBufferedAudit] makes one that
// does not wait for a disk. Denials are counted and recorded apart,
// so that a flood of them keeps nobody waiting; [Vault.Flush] waits for them. A collection is recorded when it begins. A program that
// wants no audit says so, by [NoAudit].
//
// # Concurrency
//
// A Vault, an Accessor, an Intake, a Use, a Value and a Derived may be shared by goroutines, and so must be the [Keys] and the Auditor that a
// program brings. A Sealed is a plain value: reading it from many goroutines is safe, writing it is not.
// Nothing here starts a goroutine that outlives its work.
//
// # Formats
//
// What is stored is the token of format.md beside this file, which is complete enough to read it from another language; testdata has
// vectors. A later version of this package reads what this one wrote.
//
// # What this does not protect
//
// A text that was taken by Plaintext is an ordinary Go string. Nothing here stops code that holds it from keeping or sending it, also
// after the use has ended, and a withdrawal does not call back what was handed over. Memory is not wiped: Go
// copies, and a core dump or a debugger sees what the program sees. Reflection and package unsafe go through every type here.
//
// A vault believes what it is told: that the actor is who it says, that the person is the one the subject id stands for, that the purpose is
// what the code does with the value. It does not know of columns it was not asked to seal.
//
// A token tells, in clear and by number, the attribute, the purposes and retention classes, the origin and when the value was
// collected; its length tells the text's, within twelve per cent above 16 bytes, but for kinds of fixed width. Who can write the table can put an older token of the same field back, or move a token
// between rows of the same person, unless it was sealed by [Sealed.SealBound] with the row's key and version. Equality
// cannot be asked of ciphertext: there is no search in sealed fields.
//
// Erasing a person destroys keys. Tokens stay where they are and open no more, but backups of the key store must end too; see package keyring.
// A key that another process has unwrapped lives there until it expires.
//
// A registry holds its ledger alone: on several machines, the promise about withdrawals is as good as what holds the ledger. A clock that
// is set back makes nothing open that had expired; one that is slow, or stopped, keeps open what should have ended.
package pii
