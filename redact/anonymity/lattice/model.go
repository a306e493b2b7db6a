package lattice

import (
	"math"
	"slices"

	"github.com/purposebound/purposebound/redact/anonymity"
	"github.com/purposebound/purposebound/redact/anonymity/hierarchy"
)

// A Model is what every class of rows that stays has to satisfy. The zero Model is none. A bound that can be none, such as NaN, is found by [New].
type Model struct {
	kind       kind
	column     string
	k          int
	bound, low float64
	order      []string
	tree       *hierarchy.Hierarchy
	population *anonymity.Table
}

type kind int

const (
	sized kind = iota + 1
	mapped
	present
	distinct
	entropic
	recursive
	equal
	numeric
	ordered
	hierarchical
	basicBeta
	enhancedBeta
	delta
	deltaPresent
)

// K is k-anonymity: a class has at least k rows, or rows of k people if the table counts people (Samarati and Sweeney, 1998).
func K(k int) Model { return Model{kind: sized, k: k} }

// Distinct is distinct ℓ-diversity: a class has at least l values of a sensitive column (Machanavajjhala and others, 2007).
func Distinct(column string, l int) Model { return Model{kind: distinct, column: column, k: l} }

// EntropyDiversity is entropy ℓ-diversity: the entropy of a sensitive column in a class is at least ln l (Machanavajjhala and others, 2007).
func EntropyDiversity(column string, l float64) Model {
	return Model{kind: entropic, column: column, bound: l}
}

// Recursive is recursive (c,ℓ)-diversity: in a class the most frequent value of a sensitive column is less than c times as frequent as the ℓ-th most
// frequent and all rarer ones together (Machanavajjhala and others, 2007).
func Recursive(column string, c float64, l int) Model {
	return Model{kind: recursive, column: column, bound: c, k: l}
}

// Closeness is t-closeness where all values are equally far from each other: the shares of the values of a sensitive column in a class and in the table differ
// by t at most, as earth mover's distance (Li, Li and Venkatasubramanian, 2007).
func Closeness(column string, t float64) Model { return Model{kind: equal, column: column, bound: t} }

// NumericCloseness is t-closeness with the distance of [anonymity.Numeric].
func NumericCloseness(column string, t float64) Model {
	return Model{kind: numeric, column: column, bound: t}
}

// OrderedCloseness is t-closeness with the distance of [anonymity.Ordered].
func OrderedCloseness(column string, t float64, values ...string) Model {
	return Model{kind: ordered, column: column, bound: t, order: slices.Clone(values)}
}

// HierarchicalCloseness is t-closeness with the distance of [anonymity.Hierarchy]: how far up, as a share of the height, two values become the same. The hierarchy has to
// end in one text for all.
func HierarchicalCloseness(column string, t float64, h *hierarchy.Hierarchy) Model {
	return Model{kind: hierarchical, column: column, bound: t, tree: h}
}

// BetaLikeness is basic β-likeness: no value of a sensitive column is in a class more frequent than in the table by more than beta times its share of the
// table (Cao and Karras, 2012).
func BetaLikeness(column string, beta float64) Model {
	return Model{kind: basicBeta, column: column, bound: beta}
}

// EnhancedBetaLikeness is enhanced β-likeness, which bounds the gain of each value also by −ln of its share (Cao and Karras, 2012).
func EnhancedBetaLikeness(column string, beta float64) Model {
	return Model{kind: enhancedBeta, column: column, bound: beta}
}

// DeltaDisclosure is δ-disclosure privacy: ln(q/p), of the shares of a value in a class and in the table, is nearer to 0 than delta, for every value of the table
// (Brickell and Shmatikov, 2008). So each class needs all values.
func DeltaDisclosure(column string, d float64) Model {
	return Model{kind: delta, column: column, bound: d}
}

// DeltaPresent is [DeltaDisclosure] over the values that a class has, as ARX understands it. ARX takes the logarithm to base 2: its δ times ln 2 is d. It does not
// see what can be ruled out, and two classes that satisfy it may not do so together.
func DeltaPresent(column string, d float64) Model {
	return Model{kind: deltaPresent, column: column, bound: d}
}

// KMap is k-map: a class is among at least k people of the population (Sweeney, 2002), which has the same quasi-identifiers, ungeneralised, and everybody
// who is in the table.
func KMap(k int, population *anonymity.Table) Model {
	return Model{kind: mapped, k: k, population: population}
}

// Presence is δ-presence: of the people of the population in a class, a share from low to high is in the table (Nergiz, Atzori and Clifton, 2007). As in
// ARX, classes outside the bounds are suppressed; where nobody of a class of the population is in the table there is nothing to suppress, so if low is above 0
// levels with such a class are refused.
func Presence(low, high float64, population *anonymity.Table) Model {
	return Model{kind: present, low: low, bound: high, population: population}
}

// valid reports whether the bounds can be met by anything.
func (m Model) valid() bool {
	if m.kind >= distinct && m.column == "" {
		return false
	}
	switch m.kind {
	case sized, distinct:
		return m.k >= 1
	case mapped:
		return m.k >= 1 && m.population != nil
	case present:
		return m.population != nil && m.low >= 0 && m.low <= m.bound && m.bound <= 1
	case entropic:
		return m.bound >= 1 && !math.IsInf(m.bound, 0)
	case recursive:
		return m.bound > 0 && !math.IsInf(m.bound, 0) && m.k >= 1
	case equal, numeric, ordered, hierarchical:
		return m.bound >= 0 && m.bound <= 1
	case basicBeta, enhancedBeta:
		return m.bound > 0 && !math.IsInf(m.bound, 0)
	case delta, deltaPresent:
		return m.bound > 0 && !math.IsInf(m.bound, 0)
	}
	return false
}
