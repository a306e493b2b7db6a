// Package anonymity measures how well a table hides the people in it: how easily a row leads to its person, and what can be learned about
// somebody who is known to be in it.
//
// Say what each column is, read the rows into a [Table], and [Table.Measure] gives a [Report]. For one measure alone there are the methods of
// [Classes], of an [Attribute] for what is sensitive, and of a [Comparison] with the population that the people come from.
//
// # What is measured
//
// Rows that have the same quasi-identifiers are a class. [Classes] has k-anonymity, the prosecutor's risk, and the share of rows that are
// unique, here or, by estimate, in a population.
//
// Who cannot tell the rows of a class apart may still learn what all of them have in common. An [Attribute] has (α,k)-anonymity; distinct, entropy and
// recursive ℓ-diversity; t-closeness with a [Distance]; basic and enhanced β-likeness; and δ-disclosure privacy.
//
// With the population at hand, [Compare] has k-map, δ-presence, and the risks of the journalist and the marketer.
//
// Each measure is the definition of the paper that its comment names, and gives the bound that the table just meets. Those that the
// authors define by a strict inequality, recursive diversity and δ-disclosure, are met beyond what is given. Several sensitive columns are
// measured each by itself.
//
// # People
//
// A table counts rows, which is right where each is about another person. Where somebody has several, as a client has orders, a class of five rows may be one
// person five times, and k says nothing. [Table.By] has the people told apart by a column, and everything is then counted by person:
//
//   - The size of a class is how many people have rows in it. Two rows of one person that say the same are as one.
//   - A person's risk is that of the row which is in the smallest class. Shares and averages are over people.
//   - A sensitive value is had by so many people of a class. (α,k)-anonymity, β-likeness and δ-disclosure compare which share of the people has it, so the shares
//     of several values may be more than 1 together; ℓ-diversity and t-closeness take each person with each value for one. A class all of whose people have one
//     value in common has an ℓ of 1, whatever else they have.
//
// Where each row is about another person all figures are the same as without. Whoever asks for anything that cannot count people gets an [ErrPerson]. A direct
// identifier of which several rows have the same value is named in the [Report] of a table that counts rows. Two people of one name are one person to it: tell
// people apart by a number that they alone have. The rows of one person are looked at one by one: who knows that several are about the same person, because
// the table shows it, knows more than is measured.
//
// # Absent cells
//
// A cell is absent if it was [Suppressed], or if the value is missing: empty, or a text that its [Column] lists. It is no value, and rows are
// no class because they all lack one.
//
// A row whose quasi-identifiers are all absent is suppressed: it is in no class and raises or lowers no risk, as with Samarati (2001), who
// removes such rows. Its sensitive value, where it stayed, counts in the table as a whole.
//
// A row that lacks some agrees with every value in their place, which is the maybe match of Ciglic, Eder and Koncilia (2014) and how sdcMicro
// counts. It is in each class of complete rows that it agrees with, with its sensitive value; its own risk is that of the smallest of them. A row
// that agrees with no class would be passed over by that rule, so such rows are a class with those that show and lack just the same.
// A column without any value plays no part.
//
// In a sensitive column an absent cell counts nowhere.
//
// # Size
//
// A table takes four bytes a cell and each text once; a direct identifier eight bytes a cell and no text. Measuring takes time in proportion to the rows, whatever the order in which they come; with
// absent cells also in proportion to the classes, once for each set of columns that rows lack together, and where rows that lack much
// agree with very many classes, to the number of such pairs. The number of possible combinations does not matter, and there are never more
// classes than rows, of which a table has 2,147,483,647 at most.
//
// # What this does not do
//
// A good figure is not anonymity. The measures know only the columns they are given: a column that is called Other, or was not read, is
// taken to tell nobody anything. They see one table, not what it says beside an earlier release of the same people. k says nothing of
// what a class has in common, and distinct ℓ nothing of how near two different values are. Maybe matching takes a suppressed value to
// be one that other rows show; somebody who knows that a person's value is shown nowhere does tell that row.
//
// Cells are compared byte for byte: "H2X" and "h2x " are different. That makes classes smaller and the answers more cautious.
//
// Nothing here changes a table: packages lattice, mondrian and microaggregate make another of it that hides more, and package dossier says what is left of
// the risk. What is de-identified stays personal data whatever is measured of it (P-39.1, s. 12).
package anonymity
