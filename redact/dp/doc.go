// Package dp answers questions about many people, for one purpose, so that the answers hardly depend on any one of them: counts, sums, means,
// quantiles and histograms with differential privacy.
//
// Open a [Budget] for a purpose and a release, say in a [Query] what one person may contribute and what the answer may cost, and ask: [Count],
// [Sum], [Mean], [Quantiles], [Histogram], [DeclaredHistogram]. Each answer has noise in it and carries the interval that the exact one is in. When
// the budget is spent, no more is answered.
//
// # What is promised
//
// Take the data with and without everything that one person contributed. Whatever the answers are, their probabilities in the two cases differ by a
// factor of e^ε at most, but for a part δ of them (Dwork, McSherry, Nissim and Smith 2006). Nobody, whatever else they know, can learn much more
// about a person from the answers than they could have, had that person not been in the data. How much is ε: 0.1 is little, 1 is usual, at 10 a
// guess can become a certainty. δ is the probability that the promise fails; let it be far less than one divided by the number of people.
//
// The unit is the person. Data comes as a sequence of (person, value): the key of a person joins what one person contributed and is forgotten
// afterwards. It must be the same wherever the person is; what comes under two keys is protected as if two people had contributed it, and the
// promise is then for twice the ε. [Bounds] say how much of each person counts. They are required, because the noise is scaled by them.
//
// # Spending
//
// A cost is recorded, durably, before the data is read. It is spent in full also if the data is malformed, the context ends or the machine dies.
// There is no way to give it back. What several answers cost together is reckoned by [Basic] or by [Advanced] composition, whichever is less, and
// never exceeds the [Limit]. A ledger that cannot be reached, or holds what this package did not write, refuses. [Files] keeps what was spent in a
// folder of one machine, package dpsql in a database that several machines share; two that do not share a ledger spend the same budget twice.
//
// One budget is for one release to one recipient. Two releases to recipients who meet cost what both cost together, which no ledger here can know.
//
// # What is not promised
//
// An answer is not anonymised information by being noisy. It stays de-identified information under the law (P-39.1, s. 12) until whoever is
// responsible has analysed, with the criteria of individualisation, correlation and inference, that nobody can be identified any more, directly or
// indirectly, and irreversibly (P-39.1, s. 23, r. 0.1). A bound on ε is an argument in that analysis and not its outcome. So an answer has a
// purpose and an end like other data: bind it with [redact.NewDeidentified] where it is kept.
//
// What is true of a whole group can be learned, and so what is likely of somebody who is known to belong to it; protecting from that is not what
// differential privacy does. Nor does it protect the people who are not in the data from its conclusions, the data before it is asked, or a list of
// partitions that was declared from the data. How long an answer takes and how much memory it needs depends on the data, and an error about
// malformed data says that there is some: let nobody whom the answers are for see these.
//
// # Noise
//
// Noise and the selection of partitions are those of github.com/google/differential-privacy/go/v3, with randomness from crypto/rand, protected
// against what the low bits of floating-point numbers give away (Mironov 2012). That library logs with glog, which registers flags such as -v and
// -logtostderr with package flag when a program that links it starts; a program that has flags of these names in [flag.CommandLine] cannot import
// this package. The library's own sums of floating-point numbers are not used: they depend on the order, and so on more than one person's value;
// sums here are exact before the noise.
//
// Everything is safe for concurrent use, as far as the sequences given are. Nothing reads a clock. Memory is needed for each person's
// contributions, within the bounds.
package dp
