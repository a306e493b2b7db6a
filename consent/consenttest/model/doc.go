// Package model is an executable model of the leases that make a withdrawal final on every machine, and explores all
// that can happen in it. It is there for those who change the protocol or write an implementation: switch a rule off,
// or write down the change, and read how a promise breaks.
//
// Nothing here is used by a program that asks for consent.
//
// # The promises
//
// (a) No Reveal that starts after Withdraw returned releases plaintext.
//
// (b) When Withdraw returns because the node acknowledged, no use that the withdrawal affects is running there, except
// one that was reported as cancelled.
//
// (c) When Withdraw returns without the node's acknowledgement, no Reveal passes the last of its checks there any more, also
// one that started earlier; and once it was fenced, nothing new opens there for any other subject under the lost lease.
//
// # The model
//
// There is one node, one withdrawer, one database, one subject to whom consent is granted, and one withdrawal. The node
// writes a row and renews its lease by statements, each of which also acknowledges and brings the feed; one is on its way at
// a time. It loads the subject's state into its cache, begins uses, and reveals. The withdrawer commits the event, tells the
// witness, lists the node, looks at the row until the node has acknowledged or has been silent for long enough to be fenced, and
// returns. Each goroutine can stop for any time between two of its steps, so a long pause, a late answer and a slow decryption
// need nothing of their own; [Bounds] adds the faults. A statement takes its snapshot and commits in two steps, because
// a database does.
//
// Time is a tick of all clocks at once. Nothing compares clocks; the node's may miss ticks within the margin.
//
// A database that fails over goes on from a standby that had stopped receiving at some earlier commit, and with that
// begins another history. Everything that was committed later, the event, the node's row, a renewal, a fence, is lost together.
//
// # What is taken to be one step
//
// Applying a feed, dropping what a lapsed lease held, finishing a load, and beginning a use are one step each:
// an implementation does each under one lock or behind one atomic store, or has to add the steps here. Reading the clock and comparing
// it with a deadline that was read earlier is one step. A Reveal or load that can only be denied is dropped as soon as that
// is certain. Withdraw returns in the same step in which it learns that it may. A row that was written by a joining whose
// answer was lost counts as gone when the node joins again.
//
// # What is not covered
//
// The exploration is exhaustive within its bounds, which is evidence and no proof: leases of a few ticks, a few renewals, one
// failover, one use and one Reveal at a time. It knows nothing about whether anything happens at all; that Withdraw returns, and
// when, is not shown, and neither are the refusal to renew for a node that lags, the longest time a use may live (a
// stopped use can be cancelled at any time), or results of a Withdraw whose context ends.
// Other things that are left out: two withdrawals at a time, a grant that follows, several nodes and withdrawers, two databases that both
// take writes, a statement that arrives after the node has given it up and sent another, a commit whose outcome is unknown,
// clocks that stand still while a machine is suspended, single flight of loads, and the code of this library.
package model
