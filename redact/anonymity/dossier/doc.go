// Package dossier measures whether a table is anonymised as Québec's regulation asks (chapter, r. 0.1), writes the record of it, and wraps what
// passed.
//
// The regulation wants the purposes set first (s. 3), the supervision of a person qualified in the field (s. 4), direct identifiers removed and the risk
// analysed (s. 5), techniques and protective measures (s. 6), and the risk analysed again: it need not be nil, but what is left must be very low (s. 7). The analysis
// is repeated from time to time (s. 8), and a register says what was done (s. 9). Three criteria are analysed (s. 2), each before and after:
//
//   - Individualisation: can a person be isolated? [Individualisation] has the smallest class of package anonymity and how many people are in classes of which size.
//   - Correlation: can data sets about one person be connected? [Linkage] has an attack that joins the table to the original and to each earlier release.
//   - Inference: can something be learned about a person? [Inference] has what the classes have in common, and the accuracy of two attackers trained on the table.
//
// [Measure] takes all of them and gives a [Dossier], whatever they say. A dossier with no [Finding] lets [Seal] wrap the very rows that were
// measured as [Anonymised], until its next review. There is no other way to make one, and the zero value holds nothing. [Dossier.WriteJSON] writes
// the record, which [Read] reads back and checks, as format.md says; [Dossier.WriteHTML] writes it for people, in English or French.
//
// # Generalised values
//
// The attacker knows how values were generalised. [Config.Readings] says for a column which original values a released one stands for. A column
// without is read like this:
//
//   - A value that the original has stands for itself alone.
//   - "30-39", "30–39", "[30, 39]", "[30, 40[" and "[30, 40)" stand for the numbers between the bounds; a bracket that is turned away, or round, leaves out its bound.
//   - "80+", "≥80", ">80", "<20" and "≤20" stand for the numbers on one side.
//   - "{a, b}" stands for a and for b.
//   - "H2X*" and "H2X ***" stand for what begins with H2X.
//   - "1985-03" stands for "1985-03-12", and so does any text for what continues it after a space, a hyphen or a stroke.
//
// A row that agrees with no row of the original was misread, and the measurement stops with [ErrReading]: a value that nobody can read would look
// safe.
//
// # What a dossier shows
//
// A dossier is kept and shown, so it holds no value of any table: figures, names of columns, and what its author declared. A count of people from 1
// up to below [Config.SmallCell] is withheld, and so are as many others as are needed for totals not to give it away, and the averages that
// could. The size of the smallest class, and the fewest among whom somebody stands, are shown whatever they are.
//
// # People
//
// [Config].Person names the column that tells people apart where they may have several rows, and everything is then counted by person, as package anonymity
// has it: a class by the people who have rows in it, each person by the row that is most at risk; a join by the people that a row could be of; and the attackers
// try each person once. Without it one row is taken to be one person, which is refused if a direct identifier of the original says otherwise by repeating. A dossier
// by person is written in a form of its own and says so.
//
// The rows of one person are looked at one by one. Who knows that several are about the same person, because a token connects them, knows more than is measured:
// leave such tokens out, or generalise what a person has in all rows together.
//
// # What this does not do
//
// Columns are taken for what they are said to be: one that is called Other is used to join tables, shows only what
// the original has in it unless [Config].Tokens names it, and otherwise tells nobody anything; and two tables have a column in common if its name is the same. Sensitive values are not used to join; a value that others
// know belongs among the quasi-identifiers. The attackers are simple and the limits are a choice: who knows more than the columns show may do
// better, and a figure within its limits is not the end of the analysis that the supervisor signs. What can be done with other available information,
// in the public space above all (ss. 5, 7), is the supervisor's to judge: nothing here looks for any. A dossier is not signed here, so whoever can
// write the file can write another; that figures fit the rows is checked again by [Seal] as far as the rows alone show it.
package dossier
