// Package mondrian makes a table of many rows k-anonymous by cutting it: the rows are divided by one quasi-identifier, each part again by the one
// in which its rows then differ most, and so on for as long as both sides of a cut still meet what was asked (LeFevre, DeWitt and Ramakrishnan,
// 2006). Each cell is then the interval, or the set, that the rows of its part share.
//
// Because each part is cut where its own rows are, such a table keeps more than one in which a whole column has the same detail, and the time grows
// hardly faster than the rows. It is not the best that there is, which would take too long to find. Its intervals differ from row to row, so that
// counting by fixed groups of ages takes more care than with a hierarchy.
//
// # Cuts
//
// A [Scale] says how the values of a column stand: as numbers, in an order, or in none. A part is cut first in the column where its values spread
// over the largest share of the column, and in the next if that may not be. The cut is at the median: of the two gaps around it the one that
// divides more evenly, or else the other. No other place is tried. Values without order are cut by how frequent they are in the table, equally
// frequent ones by their text.
//
// Cuts are strict, with the rows of one value on one side, unless the [Config] says otherwise: relaxed ones give each side half the rows, whatever
// their values, so that parts are smaller where many rows have the same, and intervals overlap.
//
// # Models
//
// A [Model] is what every part has to meet: [K], and of a sensitive column [Distinct], [Entropy], [Alpha] and [Close]. They are those that package
// anonymity measures, and of the table that is returned it measures no less, whatever rows are put together: each of these models holds for two
// parts together if it holds for both. In a sensitive column an absent cell counts nowhere, and a part without any value says nothing and meets the
// model.
//
// In a table that counts people ([anonymity.Table.By]) every part has rows of k people. Only [K] with strict cuts can be asked of it; anything else is an
// [anonymity.ErrPerson].
//
// # Cells
//
// A cell of numbers or of ordered values is "[20–29]", with the least and the greatest value that the part really has, one of values without order
// is "{cat, dog}", all that the part has, by their text; where the part has one value it is that value. A value that could be taken for one of
// these is quoted as in Go. Direct identifiers are not kept and come out missing. Sensitive columns and others are as they were, and missing values
// are the empty text.
//
// # Absent cells
//
// Rows that lack quasi-identifiers are not put with others because they lack the same, as if that were a value. Those that lack the same columns
// are cut apart from all others, by the columns that they show; what they lack comes out suppressed. Each part of them meets the models by itself,
// so somebody who knows what was missing learns no more, and neither does somebody who takes such a row for any that agrees with it. If they do not
// meet the models together, or lack every quasi-identifier, all their quasi-identifiers are suppressed, and [Result] counts them.
//
// # What this does not do
//
// The models know nothing that is not in the table; package anonymity says what its figures leave out. Somebody who knows that a part would have
// been cut had it met the models can sometimes conclude from the lack of a cut (Wong, Fu, Wang and Pei, 2007). Two tables made at different times
// of the same people can say more than each. What comes out is de-identified and stays personal data (P-39.1, s. 12).
package mondrian
