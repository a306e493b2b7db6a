// Package microaggregate replaces numbers by the mean, or the median, of a group of at least k that are near to each other.
//
// [Optimal] groups the values of one column with the least loss that there can be (Hansen and Mukherjee, 2003). For several columns together
// finding that is intractable, and [MDAV] finds groups that are near to it, by starting at the rows that are farthest from all others
// (Domingo-Ferrer and Mateo-Sanz, 2002). Every group has from k to 2k−1 rows. [Columns] does either to columns of a table.
//
// A table all of whose quasi-identifiers were aggregated together is k-anonymous. One of which each column was aggregated by itself is not: measure
// it with package anonymity.
//
// # Loss
//
// The loss is SSE/SST: the sum of squares of how far each number was moved, over that of how far the numbers are from their mean; 0 if nothing
// moved, 1 if all became one mean, and with medians perhaps more. Several columns count equally, each by its own standard deviation. Means keep the
// sum of each column, medians do not.
//
// # Time
//
// Optimal takes time in proportion to n·k besides sorting. MDAV takes n²/k, about seven seconds for a hundred thousand rows of three columns and k
// = 5, and a hundred times that for ten times the rows: divide large tables first, for instance with package mondrian.
//
// # What this does not do
//
// Only the numbers are hidden among k; whoever is in a group is known to be near its mean, and a group may have a sensitive value in common. One
// number that is far from all others draws the mean of its group to itself. What comes out is de-identified and stays personal data (P-39.1, s.
// 12).
package microaggregate
