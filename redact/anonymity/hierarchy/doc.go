// Package hierarchy says how a value is made coarser, step by step: a birth date to its month, its year, its decade; a postal code to its area; an
// age to an interval.
//
// A [Hierarchy] has levels from 0, the value as it is, to its [Hierarchy.Height], where usually every value is "*". Read one from a file with
// [Read], give it as [Paths], or let [Intervals], [Bounded], [Dates], [CanadianPostal], [MaskRight] or [MaskLeft] compute it. Package lattice
// searches how far up each column of a table has to go.
//
// # Levels nest
//
// Each level coarsens the one below: values that are the same text at a level are the same text at every higher one. Otherwise a search could not
// conclude from one level to the next. It is verified for what is read or given, and holds by construction for what is computed.
//
// # What a hierarchy does not know
//
// A value that is not in the file, or not of the kind that is computed from, is an [ErrValue], never passed through. What a level tells depends on
// how many people are behind each text of it; that is measured in a table, not here.
//
// A Hierarchy does not change once made; any number of goroutines may use one.
package hierarchy
