// Package lattice makes a table anonymous to a stated degree with the least loss: it generalises each quasi-identifier to one level of its hierarchy for
// all rows, suppresses the rows that are still too rare, and finds the levels that lose least.
//
// Say the [hierarchy.Hierarchy] of each quasi-identifier, the [Model] or models that every class of rows has to satisfy, the share of rows that may be suppressed,
// and the [Metric] of what is lost, and [Search]. The [Result] has the levels, what they lose, and the table.
//
// # The lattice
//
// A node is a choice of one level for each quasi-identifier. Every class of a node is a union of classes of each node below it. All models here but [DeltaPresent] hold for a
// union if they hold for its parts. So without suppression a node that satisfies them proves it for all above, and one that does not disproves it
// for all below; with suppression this goes for k-anonymity, k-map and distinct ℓ-diversity, which a class does not lose whatever is added to it. Metrics have
// bounds that only rise from a node to those above. The search uses both, and is exact: no node that it passes over is better. Of nodes that lose equally
// little it takes the one with fewer levels in all, and then the one that is lower in the first quasi-identifier in which they differ, so that
// the answer does not depend on the order of the rows or the number of workers.
//
// # People
//
// In a table that counts people ([anonymity.Table.By]) the models do as well, as package anonymity measures them: k is people. Somebody may then be in two classes
// with other values, so that of the models only k-anonymity holds for a union because it holds for its parts. Of the others no node proves anything for another, so
// that more nodes are looked at, and they cannot be had locally. [KMap] and [Presence] count rows, and are refused with an [anonymity.ErrPerson]. What is lost, and how much may be suppressed, is of rows.
//
// # Suppressed rows
//
// A row whose class does not satisfy the models is suppressed: all its quasi-identifiers become [anonymity.Suppressed], and its other cells stay. It counts
// in the table as a whole, which classes are compared with, and each [Metric] says what it costs. With [Config].Local such rows are generalised
// once more by themselves, further up or elsewhere, as long as any can be kept.
//
// # Absent cells
//
// A cell that is absent in the table stays absent at every level, and is here a value like others, which is stricter than measuring, where it agrees with
// every value: a class keeps its models when others that satisfy them agree with it, except for [DeltaPresent], and where people are counted for all but [K]. An absent sensitive value counts nowhere.
//
// # What this does not do
//
// It satisfies the models, for the columns that were named, in this table alone. The package anonymity says what that does not mean. The levels
// themselves were chosen by looking at the rows; an attacker who knows the method can at times conclude from them on the rows that
// were not shown (minimality attack; Wong, Fu, Wang and Pei, 2007), the less, the more k exceeds what is needed.
//
// A [Lattice] does not change after [New] and may be used by any number of goroutines; the table must not grow meanwhile.
package lattice
