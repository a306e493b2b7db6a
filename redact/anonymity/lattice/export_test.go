package lattice

import (
	"fmt"

	"github.com/purposebound/purposebound/redact/anonymity"
)

// A Bound is a model as tests measure it.
type Bound struct {
	Column string // empty for k-anonymity
	K      int
	model  Model
}

// Bounds returns what models promise.
func Bounds(models []Model) (bounds []Bound) {
	for _, m := range models {
		bounds = append(bounds, Bound{m.column, m.k, m})
	}
	return bounds
}

// Breaking reports whether two classes that satisfy the model may not do so together.
func (b Bound) Breaking() bool { return b.model.kind == deltaPresent }

// Broken says how an attribute breaks the model, by the methods of package anonymity; the empty text if it does not. Bounds are looser
// by the slack.
func (b Bound) Broken(a *anonymity.Attribute, slack float64) string {
	m := b.model
	closeness := func(d anonymity.Distance) float64 {
		t, err := a.Closeness(d)
		if err != nil {
			return 2
		}
		return t
	}
	var paths [][]string
	for _, value := range m.tree.Values() {
		path, err := m.tree.Path(value)
		if err != nil {
			return err.Error()
		}
		paths = append(paths, path)
	}
	var got float64
	switch m.kind {
	case distinct:
		if a.Distinct() < m.k {
			return fmt.Sprint("distinct ", a.Distinct())
		}
		return ""
	case entropic:
		if a.Entropy() < m.bound-slack {
			return fmt.Sprint("entropy ", a.Entropy())
		}
		return ""
	case recursive:
		got = a.Recursive(m.k)
	case equal:
		got = closeness(anonymity.Distance{})
	case numeric:
		got = closeness(anonymity.Numeric())
	case ordered:
		got = closeness(anonymity.Ordered(m.order...))
	case hierarchical:
		got = closeness(anonymity.Hierarchy(paths))
	case basicBeta:
		got = a.Beta()
	case enhancedBeta:
		got = a.EnhancedBeta()
	case delta:
		got = a.Delta()
	case deltaPresent:
		got = a.DeltaPresent()
	default:
		return "unknown"
	}
	if !(got <= m.bound+slack) {
		return fmt.Sprint("model ", int(m.kind), " promises ", m.bound, " and gives ", got)
	}
	return ""
}
