package dossier

import (
	"fmt"
	"math"
)

// Limits are what a release has to keep to. The zero value of a field is its default; none can be so wide that a row stands alone or a class has one
// value in common.
type Limits struct {
	// Class is the least number of rows that a class must have. Zero: 11, which keeps every risk to the 0.09 that Health Canada and the European
	// Medicines Agency accept for clinical reports that they publish; see [anonymity.DefaultThreshold]. At least 2.
	Class int `json:"class"`
	// Match is the least number of rows among which the person of a released row must stand after joining to another table. Zero: 11, for the same
	// reason. At least 2.
	Match int `json:"match"`
	// Distinct is the least number of sensitive values that a class must have. Zero: 2, below which everyone in the class is known (Machanavajjhala
	// and others, 2007). At least 2.
	Distinct int `json:"distinct"`
	// Closeness is the greatest distance, between 0 and 1, of the sensitive values of a class from those of all. Zero: 0.5, which is a choice of
	// this package and of nobody else; no authority names one.
	Closeness float64 `json:"closeness"`
	// Gain is how much more often than by always guessing the most frequent value an attacker may be right, as a share of the guesses. Zero: 0.1,
	// which is a choice of this package as well.
	Gain float64 `json:"gain"`
}

var defaults = Limits{Class: 11, Match: 11, Distinct: 2, Closeness: 0.5, Gain: 0.1}

// filled returns the limits with their defaults, or an [ErrConfig].
func (l Limits) filled() (Limits, error) {
	for _, n := range []struct {
		name     string
		of       *int
		standard int
	}{{"class", &l.Class, defaults.Class}, {"match", &l.Match, defaults.Match}, {"distinct", &l.Distinct, defaults.Distinct}} {
		if *n.of == 0 {
			*n.of = n.standard
		}
		if *n.of < 2 {
			return Limits{}, fmt.Errorf("%w: limit %s", ErrConfig, n.name)
		}
	}
	for _, x := range []struct {
		name     string
		of       *float64
		standard float64
	}{{"closeness", &l.Closeness, defaults.Closeness}, {"gain", &l.Gain, defaults.Gain}} {
		if *x.of == 0 {
			*x.of = x.standard
		}
		if !(0 < *x.of && *x.of < 1) {
			return Limits{}, fmt.Errorf("%w: limit %s", ErrConfig, x.name)
		}
	}
	return l, nil
}

// A Finding is a risk that is not within its limit.
type Finding struct {
	Criterion string  `json:"criterion"` // "individualisation", "correlation" or "inference"
	Of        string  `json:"of"`        // "class"; the table joined to; or the sensitive column
	Measure   string  `json:"measure"`   // the limit that is not kept: "class", "match", "distinct", "closeness" or "gain"
	Figure    float64 `json:"figure"`
	Limit     float64 `json:"limit"`
}

// String returns the finding as one line.
func (f Finding) String() string {
	return fmt.Sprintf("%s: %s of %s is %.4g, the limit is %.4g", f.Criterion, f.Measure, f.Of, f.Figure, f.Limit)
}

// findings compares the figures with the limits.
func (r *Record) findings() []Finding {
	found := []Finding{}
	least := func(criterion, of, measure string, figure, limit int) {
		if figure < limit {
			found = append(found, Finding{criterion, of, measure, float64(figure), float64(limit)})
		}
	}
	most := func(criterion, of, measure string, figure, limit float64) {
		if !(figure <= limit) {
			found = append(found, Finding{criterion, of, measure, figure, limit})
		}
	}
	if i := r.Individualisation; i != nil {
		least("individualisation", "class", "class", i.After.K, r.Limits.Class)
	}
	for _, l := range r.Correlation {
		if l.After.Least > 0 { // otherwise no row matches any
			least("correlation", l.With, "match", l.After.Least, r.Limits.Match)
		}
	}
	for _, i := range r.Inference {
		least("inference", i.Column, "distinct", i.After.Distinct, r.Limits.Distinct)
		most("inference", i.Column, "closeness", i.After.Closeness, r.Limits.Closeness)
		most("inference", i.Column, "gain", round(i.After.Accuracy-i.After.Baseline), r.Limits.Gain)
	}
	return found
}

// round leaves six digits after the point, which every machine computes alike.
func round(x float64) float64 { return math.Round(x*1e6) / 1e6 }
