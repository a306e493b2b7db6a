package anonymity

import (
	"errors"
	"fmt"
	"strings"
)

// A Report has what can be measured of a table by itself. It is a plain value; text of the table's cells is not in it, names of columns are.
type Report struct {
	Rows       int // all, suppressed ones included
	Suppressed int // rows without any quasi-identifier, which are in no class
	Partial    int // rows with some of them absent
	Classes    int
	K          int
	// Unique is the share of the rows in classes, or of their people, who are in one of their own.
	Unique float64
	// Prosecutor is the risk with the threshold [DefaultThreshold].
	Prosecutor Risk
	// Persons is how many people are in classes, if the table counts people: then K, Unique, Prosecutor and Sensitive are of people. 0: they are of rows.
	Persons int
	// Repeated are, if rows are counted, the direct identifiers of which several rows have the same value. A class may then be one person several times;
	// see [Table.By].
	Repeated []string
	// Named are the direct identifiers that still have values. While there are any, no other figure means anything.
	Named []string
	// Sensitive has the measures of each sensitive column of which a class has values.
	Sensitive []Inference
}

// An Inference says how much of one sensitive column can be inferred. The methods of [Attribute] say what the figures mean.
type Inference struct {
	Name         string
	Alpha        float64
	Distinct     int
	Entropy      float64
	Recursive    float64 // the c for ℓ = Distinct
	Closeness    float64 // by the distance of the column
	Beta         float64
	EnhancedBeta float64
	Delta        float64
	DeltaPresent float64
}

// Measure takes all measures that need no other table. Its errors are those of [Table.Classes], and an [ErrDistance] if the distance of a column does not fit it.
func (t *Table) Measure() (Report, error) {
	classes, err := t.Classes()
	if err != nil {
		return Report{}, err
	}
	rows, partial := classes.counted()
	r := Report{
		Rows:       t.rows,
		Suppressed: t.rows - rows,
		Partial:    partial,
		Classes:    classes.Count(),
		K:          classes.K(),
		Unique:     classes.SampleUnique(),
		Prosecutor: classes.Prosecutor(DefaultThreshold),
	}
	if t.persons != nil {
		r.Persons = classes.people()
	}
	for _, c := range t.columns {
		if c.Role == DirectIdentifier && t.persons == nil && c.repeats() {
			r.Repeated = append(r.Repeated, c.Name)
		}
		switch {
		case c.Role == DirectIdentifier && c.absent < t.rows:
			r.Named = append(r.Named, c.Name)
		case c.Role == Sensitive && c.absent < t.rows:
			inference, err := classes.inference(c)
			if errors.Is(err, ErrEmpty) {
				continue // only suppressed rows have values
			}
			if err != nil {
				return Report{}, err
			}
			r.Sensitive = append(r.Sensitive, inference)
		}
	}
	return r, nil
}

func (c *Classes) inference(s *column) (Inference, error) {
	a, err := c.attribute(s)
	if err != nil {
		return Inference{}, err
	}
	closeness, err := a.Closeness(s.Distance)
	if err != nil {
		return Inference{}, err
	}
	l := a.Distinct()
	return Inference{s.Name, a.Alpha(), l, a.Entropy(), a.Recursive(l), closeness, a.Beta(), a.EnhancedBeta(), a.Delta(), a.DeltaPresent()}, nil
}

// String returns the report for people, a line for each figure.
func (r Report) String() string {
	var b strings.Builder
	for _, name := range r.Named {
		fmt.Fprintf(&b, "column %s names people\n", name)
	}
	for _, name := range r.Repeated {
		fmt.Fprintf(&b, "column %s repeats: rows are counted, not people\n", name)
	}
	one, many := "row", "rows"
	fmt.Fprintf(&b, "%d rows, %d suppressed, %d with absent cells; %d classes", r.Rows, r.Suppressed, r.Partial, r.Classes)
	if r.Persons > 0 {
		one, many = "person", "people"
		fmt.Fprintf(&b, " of %d people", r.Persons)
	}
	fmt.Fprintf(&b, "\nk = %d\n", r.K)
	fmt.Fprintf(&b, "%.1f %% of the %s are unique\n", 100*r.Unique, many)
	fmt.Fprintf(&b, "risk of a %s: highest %.3f, average %.3f; above %.3f: %.1f %% of the %s\n",
		one, r.Prosecutor.Highest, r.Prosecutor.Average, DefaultThreshold, 100*r.Prosecutor.Above, many)
	for _, s := range r.Sensitive {
		fmt.Fprintf(&b, "%s: α = %.3f, ℓ = %d (entropy %.2f, recursive c = %.3g), t = %.3f, β = %.3g (enhanced %.3g), δ = %.3g (values present %.3g)\n",
			s.Name, s.Alpha, s.Distinct, s.Entropy, s.Recursive, s.Closeness, s.Beta, s.EnhancedBeta, s.Delta, s.DeltaPresent)
	}
	return b.String()
}
