package dossier

import (
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// check returns why a record is not complete, or contradicts itself.
func (r *Record) check() error {
	if err := r.Declaration.check(); err != nil {
		return err
	}
	for _, part := range []func() error{r.checkFrame, r.checkIndividualisation, r.checkCorrelation, r.checkInference} {
		if err := part(); err != nil {
			return err
		}
	}
	if r.Findings == nil || !slices.Equal(r.Findings, r.findings()) {
		return fmt.Errorf("%w: findings", ErrFigures)
	}
	return nil
}

// checkFrame looks at what is not measured.
func (r *Record) checkFrame() error {
	if limits, err := r.Limits.filled(); err != nil || limits != r.Limits || r.SmallCell < 3 {
		return fmt.Errorf("%w: limits", ErrFigures)
	}
	if sum, err := hex.DecodeString(r.Digest); err != nil || len(sum) != 32 || strings.ToLower(r.Digest) != r.Digest {
		return fmt.Errorf("%w: digest", ErrFigures)
	}
	d := r.Declaration
	if d.Done != seconds(d.Done) || d.Review != seconds(d.Review) || r.Columns == nil || r.Withdrawn == nil || !slices.IsSorted(r.Withdrawn) {
		return fmt.Errorf("%w: times or columns", ErrFigures)
	}
	if _, there := r.Columns[r.Person]; r.Person != "" && !there && !slices.Contains(r.Withdrawn, r.Person) {
		return fmt.Errorf("%w: person", ErrFigures)
	}
	for _, name := range r.Withdrawn {
		if _, there := r.Columns[name]; there || !isText(name) {
			return fmt.Errorf("%w: columns", ErrFigures)
		}
	}
	for name, role := range r.Columns {
		if !isText(name) || !slices.Contains([]string{"direct", "quasi", "sensitive", "other"}, role) {
			return fmt.Errorf("%w: columns", ErrFigures)
		}
	}
	return nil
}

func (r *Record) checkIndividualisation() error {
	if r.Individualisation == nil {
		return ErrIndividualisation
	}
	for _, s := range []Standing{r.Individualisation.Before, r.Individualisation.After} {
		if s.K == 0 || len(s.Sizes) == 0 {
			return ErrIndividualisation
		}
		if (r.Person == "") != (s.People == 0) || s.People < 0 || s.People > s.Rows || s.K < 0 || s.K > s.total() || !r.adds(s.Sizes, len(sizes), s.total()) {
			return fmt.Errorf("%w: individualisation", ErrFigures)
		}
		for i, from := range sizes[1:] {
			upTo := math.MaxInt
			if i+2 < len(sizes) {
				upTo = sizes[i+2] - 1
			}
			n := s.Sizes[i+1]
			if upTo < s.K && n > 0 || from <= s.K && s.K <= upTo && n == 0 {
				return fmt.Errorf("%w: individualisation", ErrFigures)
			}
		}
		if !averages(s.Average, s.Sizes, s.K) {
			return fmt.Errorf("%w: individualisation", ErrFigures)
		}
	}
	return nil
}

func (r *Record) checkCorrelation() error {
	if len(r.Correlation) == 0 {
		return ErrCorrelation
	}
	rows := r.Individualisation
	seen := map[string]bool{}
	for i, l := range r.Correlation {
		if !isText(l.With) || seen[l.With] || (l.With == original) != (i == 0) || l.Shared == nil || !slices.IsSorted(l.Shared) {
			return fmt.Errorf("%w: correlation", ErrFigures)
		}
		seen[l.With] = true
		for _, of := range []struct {
			m    Matches
			rows Standing
		}{{l.Before, rows.Before}, {l.After, rows.After}} {
			m := of.m
			if len(m.Found) == 0 {
				return fmt.Errorf("%w: with %q", ErrCorrelation, l.With)
			}
			if m.Rows != of.rows.Rows || m.People != of.rows.People || !r.adds(m.Found, 4, m.total()) || m.Least < 0 {
				return fmt.Errorf("%w: correlation", ErrFigures)
			}
			none := m.Found[0] == Count(m.total())
			if none != (m.Least == 0) || i == 0 && m.Found[0] > 0 ||
				m.Least == 1 && m.Found[1] == 0 || m.Least > 1 && m.Found[1] > 0 ||
				m.Least > 1 && m.Least < r.Limits.Match && m.Found[2] == 0 ||
				m.Least >= r.Limits.Match && (m.Found[2] > 0 || m.Found[3] == 0) {
				return fmt.Errorf("%w: correlation", ErrFigures)
			}
			known := !hides(of.rows.Sizes)
			if !known && (m.Average != nil || !m.single() && slices.ContainsFunc(m.Found, func(n Count) bool { return n > 0 })) {
				return fmt.Errorf("%w: correlation", ErrFigures)
			}
			if m.Least == 0 && m.Average != nil || known && m.Least > 0 && !averages(m.Average, m.Found, m.Least) {
				return fmt.Errorf("%w: correlation", ErrFigures)
			}
		}
	}
	return nil
}

func (r *Record) checkInference() error {
	if len(r.Inference) == 0 {
		return ErrInference
	}
	seen := map[string]bool{}
	for _, i := range r.Inference {
		if seen[i.Column] || r.Columns[i.Column] != "sensitive" || !utf8.ValidString(i.Column) {
			return fmt.Errorf("%w: inference", ErrFigures)
		}
		seen[i.Column] = true
		for _, g := range []Guesses{i.Before, i.After} {
			if g.Distinct == 0 {
				return fmt.Errorf("%w: column %q", ErrInference, i.Column)
			}
			within := func(x, least, most float64) bool { return least <= x && x <= most && x == round(x) }
			if i.Targets < r.SmallCell || g.Distinct < 1 || g.Distinct == 1 && (g.Alpha != 1 || g.Entropy != 1) ||
				!within(g.Alpha, 1e-6, 1) || !within(g.Entropy, 1, math.MaxFloat64) || !within(g.Closeness, 0, 1) ||
				!within(g.Beta, 0, math.MaxFloat64) || !within(g.Baseline, 0, 1) || !within(g.Accuracy, 0, 1) {
				return fmt.Errorf("%w: inference", ErrFigures)
			}
		}
	}
	for _, name := range keys(r.Columns) {
		if r.Columns[name] == "sensitive" && !seen[name] {
			return fmt.Errorf("%w: column %q", ErrInference, name)
		}
	}
	return nil
}

// adds reports whether there are so many counts, which add up to the rows as far as they are shown, and none that had to be withheld.
func (r *Record) adds(counts []Count, n, rows int) bool {
	sum, hidden := 0, 0
	for _, c := range counts {
		switch {
		case c.Withheld():
			hidden++
		case c > 0 && int(c) < r.SmallCell || int(c) > rows:
			return false
		default:
			sum += int(c)
		}
	}
	rest := rows - sum
	return len(counts) == n && rows >= r.SmallCell && (hidden == 0 && rest == 0 || hidden == n || hidden > 1 && rest-(hidden-1) >= r.SmallCell)
}

// averages reports whether an average is there if all counts are, and not above the greatest risk.
func averages(average *float64, counts []Count, least int) bool {
	if hides(counts) {
		return average == nil
	}
	return average != nil && *average >= 0 && *average <= round(1/float64(least)) && *average == round(*average)
}

// clone returns a copy that shares nothing.
func (r *Record) clone() Record {
	c := *r
	c.Declaration.Removed = slices.Clone(r.Declaration.Removed)
	c.Declaration.Techniques = slices.Clone(r.Declaration.Techniques)
	c.Declaration.Measures = slices.Clone(r.Declaration.Measures)
	c.Columns = map[string]string{}
	for name, role := range r.Columns {
		c.Columns[name] = role
	}
	c.Withdrawn = slices.Clone(r.Withdrawn)
	copied := func(average *float64) *float64 {
		if average == nil {
			return nil
		}
		x := *average
		return &x
	}
	if r.Individualisation != nil {
		i := *r.Individualisation
		for _, s := range []*Standing{&i.Before, &i.After} {
			s.Sizes, s.Average = slices.Clone(s.Sizes), copied(s.Average)
		}
		c.Individualisation = &i
	}
	c.Correlation = slices.Clone(r.Correlation)
	for i := range c.Correlation {
		l := &c.Correlation[i]
		l.Shared = slices.Clone(l.Shared)
		for _, m := range []*Matches{&l.Before, &l.After} {
			m.Found, m.Average = slices.Clone(m.Found), copied(m.Average)
		}
	}
	c.Inference, c.Findings = slices.Clone(r.Inference), slices.Clone(r.Findings)
	return c
}
