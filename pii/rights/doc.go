// Package rights answers what people ask about their own data: access, portability, rectification, deletion, and to cease disseminating
// it (CQLR c. P-39.1 ss. 27 to 36; PIPEDA s. 8 and clause 4.9). It keeps the time, the identity of who asks, what was decided by whom, and the hold that keeps the
// data until it can no longer be contested.
//
// A program has one [Desk], made for the purpose its policy declares for requests:
//
//	r, err := desk.Receive(ctx, clerk, rights.Submission{Subject: marie, Kind: rights.Access, Channel: rights.InAccount, …})
//	err = desk.WriteAccess(ctx, officer, marie, r.ID, fields, w)   // what is there, what for, from where, until when, who got it
//	err = desk.Answer(ctx, officer, marie, r.ID, "letter 2026-17")
//
// and, each day,
//
//	for r, err := range desk.Due(ctx) { … }                       // what is to be answered soon, or should have been
//
// # Identity
//
// Each kind of request needs an [Assurance] that who asks is the person, and each [Channel] can give at most so much, as the [Rules] say. Whoever asks for another
// needs an authority. Otherwise nothing is stored and the error is an *[IdentityError]. If identity is proved later, say in
// [Submission.Received] when the request came: the time runs from then. The law speaks of requests in writing (P-39.1 s. 30; PIPEDA s. 8(1)): [Phone] and [InPerson] are more generous.
//
// # Time
//
// A request is to be answered within thirty days of its receipt, counted as calendar days in UTC to the hour of receipt. That this ends on a
// Saturday, a Sunday or a holiday makes it no longer: of the readings of the law, the earliest holds. Where the rules let it, it is extended once,
// with notice to the person before the thirty days are over. From the deadline on a request that was not answered counts as refused, [DeemedRefused], without
// anything happening: [Request.State] is computed from what is stored and the time that it is asked of. It can still be answered, late. What was answered or refused stays so:
// the person may ask again.
//
// [Desk.Due] finds a request from its alarm on, seven days before the deadline unless set, moved back to a working day.
//
// # Holds
//
// What was asked for must not be gone before the person can contest the answer (P-39.1 s. 36; PIPEDA s. 8(8)). So receiving a request for access, portability or
// rectification places a hold on everything of the person, for the desk's purpose. An erasure then waits, and so does what would end by itself. A hold also restricts: while it
// is there, the data opens for the desk's purpose alone, and for no service to the person. A program that cannot bear that sets [Config.HoldLate]: then the hold is placed only when a deletion
// is asked for too, and what ends by itself while the request is open ends. Desk.Due releases the hold when the request was answered in full, or when the time for recourse is over and none was taken
// ([Desk.Contest], [Desk.Conclude]). Here the latest reading holds: it adds a week, for a letter takes its days, and the last one may move over a weekend and holidays.
// An erasure that waited is done by a sweep after that, or when it is asked for again.
//
// # What was said in a request
//
// Name and contact details and the nature of the request are sealed as [Contact] and [Nature] for the desk's purpose, and [NewDesk] refuses a policy in which another lists
// these attributes: they open for nothing else (PIPEDA 4.9.2). They end as the purpose says. Of a person who was erased nothing can be collected: receive her request
// without them.
//
// # What it does not do
//
//   - It decides nothing. Whether to refuse, and whether dissemination must cease, people decide; it records who and why, and insists that the questions were answered.
//   - It finds no data: the program hands over its fields, all of them. A field that is not of the person makes the whole report fail.
//   - A report is plaintext. It goes to the writer that is given while the person's data is in use, and the package keeps nothing of it.
//   - A value that has passed the end of the desk's purpose is named in a report, not shown: let that purpose keep as long as the longest of the others.
//   - Provisions and remedies are texts for a letter. Nothing here is legal advice; who uses [Quebec] or [PIPEDA] answers for it.
package rights
