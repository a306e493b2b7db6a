package dossier

import "github.com/purposebound/purposebound/redact/anonymity"

// A Record is what a dossier says. It is a plain value, and changing one changes no [Dossier].
type Record struct {
	Declaration Declaration `json:"declaration"`
	// Digest is the SHA-256 of the release, in hexadecimal: of its columns and of its rows in their order.
	Digest    string            `json:"digest"`
	Columns   map[string]string `json:"columns"`   // of the release, by name: "direct", "quasi", "sensitive" or "other"
	Withdrawn []string          `json:"withdrawn"` // columns of the original that the release has not
	// Person is the column of the original that tells people apart. Empty: each row was taken for a person.
	Person    string `json:"person,omitempty"`
	SmallCell int    `json:"smallCell"`
	Seed      uint64 `json:"seed"`
	Limits    Limits `json:"limits"`

	Individualisation *Individualisation `json:"individualisation"`
	Correlation       []Linkage          `json:"correlation"`
	Inference         []Inference        `json:"inference"`

	Findings []Finding `json:"findings"`
}

// An Individualisation says how far rows stand apart. "Before" is the original without its direct identifiers.
type Individualisation struct {
	Before Standing `json:"before"`
	After  Standing `json:"after"`
}

// A Standing says how far the rows of one table stand apart.
type Standing struct {
	Rows    int      `json:"rows"`
	People  int      `json:"people,omitempty"` // whom the rows are about; 0: each row was taken for a person
	K       int      `json:"k"`                // people in the smallest class: somebody who looks for a person there is right once in so many times
	Sizes   []Count  `json:"sizes"`            // people by the size of their class, the smallest that they have a row in, from 0 (suppressed rows), 1, 2, 5, 11, 20, 50 and 100 up
	Average *float64 `json:"average"`          // probability to be right about a person; nil if it would tell what is withheld
}

// sizes are the sizes from which on classes are counted together; rows in no class come first.
var sizes = []int{0, 1, 2, 5, 11, 20, 50, 100}

// A Linkage says what joining to another table shows: to the "original", or to an earlier release. A row matches the rows that agree with it in all
// quasi-identifiers, or have the same value of a column that is [anonymity.Other] in it. Its person stands among so many; among the earlier
// release's, or among those whose rows look the same, if they are more. "Before" is the original joined in place of the release.
type Linkage struct {
	With   string   `json:"with"`
	Shared []string `json:"shared"` // the columns that were used
	Before Matches  `json:"before"`
	After  Matches  `json:"after"`
}

// Matches are what joining one table shows.
type Matches struct {
	Rows    int      `json:"rows"`
	People  int      `json:"people,omitempty"` // whom the rows are about; 0: each row was taken for a person
	Least   int      `json:"least"`            // fewest among whom a matching row's person stands; 0: none matches
	Found   []Count  `json:"found"`            // people by what they stand among: nothing matches, 1, fewer than [Limits.Match], as many or more
	Average *float64 `json:"average"`          // probability to be right about a row that matches; nil if it would tell what is withheld, or none does
}

// original is what a [Linkage] calls the table before.
const original = "original"

// An Inference says what can be learned of one sensitive column. The measures of the classes are those of [anonymity.Inference]. The attackers are
// told the quasi-identifiers of people and guess the column. One takes the rows that agree, and says what most of them have; the other is a naive
// Bayes classifier. Accuracy is that of the better. "Before" they learn from the original, and from the release "after". Of a column with more than
// 20 different numbers, tenths are guessed.
type Inference struct {
	Column  string  `json:"column"`
	Targets int     `json:"targets"` // people that were tried
	Before  Guesses `json:"before"`
	After   Guesses `json:"after"`
}

// Guesses say what one table tells about a column.
type Guesses struct {
	Alpha     float64 `json:"alpha"`
	Distinct  int     `json:"distinct"`
	Entropy   float64 `json:"entropy"`
	Closeness float64 `json:"closeness"`
	Beta      float64 `json:"beta"`
	Baseline  float64 `json:"baseline"` // share of right guesses of who always says what is most frequent
	Accuracy  float64 `json:"accuracy"` // share of right guesses of the better attacker
}

var roles = map[anonymity.Role]string{
	anonymity.DirectIdentifier: "direct",
	anonymity.QuasiIdentifier:  "quasi",
	anonymity.Sensitive:        "sensitive",
	anonymity.Other:            "other",
}
