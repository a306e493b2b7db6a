package mondrian

import (
	"fmt"
	"math"

	"github.com/purposebound/purposebound/redact/anonymity"
)

// A Model is what every part of the table has to meet. The zero Model is an [ErrConfig].
type Model struct {
	is     measure
	column string
	bound  float64
}

type measure int

const (
	size measure = iota + 1
	distinct
	entropy
	alpha
	closeness
)

// K is k-anonymity: a part has at least k rows, or rows of k people if the table counts people, k from 1 (Sweeney, 2002).
func K(k int) Model { return Model{size, "", float64(k)} }

// Distinct is distinct ℓ-diversity: a part has at least ℓ values of the sensitive column, ℓ from 1 (Machanavajjhala, Kifer, Gehrke and
// Venkitasubramaniam, 2007).
func Distinct(column string, l int) Model { return Model{distinct, column, float64(l)} }

// Entropy is entropy ℓ-diversity: e to the entropy of the sensitive column in a part is at least ℓ, from 1 (Machanavajjhala and others, 2007).
func Entropy(column string, l float64) Model { return Model{entropy, column, l} }

// Alpha is what (α,k)-anonymity asks besides k: no value of the sensitive column has more than the share α of a part, above 0 and at most 1 (Wong,
// Li, Fu and Wang, 2006).
func Alpha(column string, most float64) Model { return Model{alpha, column, most} }

// Close is t-closeness: the sensitive column of a part is at most t from that of the table, by the distance that the table's column has, t from 0 to
// 1 (Li, Li and Venkatasubramanian, 2007). What is measured of the result may be greater by the rounding of a sum.
func Close(column string, t float64) Model { return Model{closeness, column, t} }

// sound reports whether the bound is one that the measure can have.
func (m Model) sound() bool {
	switch m.is {
	case size, distinct, entropy:
		return m.bound >= 1 && m.bound <= math.MaxInt32
	case alpha:
		return m.bound > 0 && m.bound <= 1
	case closeness:
		return m.bound >= 0 && m.bound <= 1
	}
	return false
}

// holds are the models sorted out.
type holds struct {
	k         int
	sensitive []sensitive
}

// sensitive is a sensitive column with its models, without any if it only tells rows apart. People are one too if the table counts them: a part needs as many
// as it would need rows.
type sensitive struct {
	name   string
	people bool
	places []uint32 // by number of a text, its place among all
	models []Model
	gauged bool
}

// newHolds checks the models against the columns of the table. Relaxed cuts tell rows apart by all sensitive columns.
func newHolds(models []Model, columns []anonymity.Column, relaxed bool) (holds, error) {
	h := holds{k: 1}
	if len(models) == 0 {
		return h, fmt.Errorf("%w: no model", ErrConfig)
	}
	at := map[string]int{}
	for _, m := range models {
		if !m.sound() {
			return h, fmt.Errorf("%w: the bound of a model", ErrConfig)
		}
		if m.is == size {
			h.k = max(h.k, int(m.bound))
			continue
		}
		if !has(columns, m.column, anonymity.Sensitive) {
			return h, fmt.Errorf("%w: %q is no sensitive column", ErrConfig, m.column)
		}
		i, ok := at[m.column]
		if !ok {
			i = len(h.sensitive)
			at[m.column] = i
			h.sensitive = append(h.sensitive, sensitive{name: m.column})
		}
		s := &h.sensitive[i]
		s.models = append(s.models, m)
		s.gauged = s.gauged || m.is == closeness
	}
	for _, c := range columns {
		if _, ok := at[c.Name]; relaxed && c.Role == anonymity.Sensitive && !ok {
			h.sensitive = append(h.sensitive, sensitive{name: c.Name})
		}
	}
	return h, nil
}

func has(columns []anonymity.Column, name string, role anonymity.Role) bool {
	for _, c := range columns {
		if c.Name == name && c.Role == role {
			return true
		}
	}
	return false
}

// tally counts the values of one sensitive column in a part. Each worker has its own.
type tally struct {
	models  []Model
	gauge   *anonymity.Gauge // if a model needs it
	rows    []int            // by number; zero between parts
	numbers []uint32         // those with rows
	counts  []int            // in the order of numbers
	all     int
}

// add counts a row; a cell without a value does not count.
func (t *tally) add(number uint32) {
	if number < firstValue {
		return
	}
	if t.rows[number] == 0 {
		t.numbers = append(t.numbers, number)
	}
	t.rows[number]++
	t.all++
}

// meets reports whether the rows that were counted meet the models, and forgets them.
func (t *tally) meets() bool {
	t.counts = t.counts[:0]
	for _, number := range t.numbers {
		t.counts = append(t.counts, t.rows[number])
		t.rows[number] = 0
	}
	ok := true
	if t.all > 0 {
		for _, m := range t.models {
			ok = ok && t.meet(m)
		}
	}
	t.numbers, t.all = t.numbers[:0], 0
	return ok
}

func (t *tally) meet(m Model) bool {
	switch m.is {
	case distinct:
		return float64(len(t.numbers)) >= m.bound
	case entropy:
		return t.perplexity() >= m.bound
	case alpha:
		most := 0
		for _, n := range t.counts {
			most = max(most, n)
		}
		return float64(most)/float64(t.all) <= m.bound
	case closeness:
		return t.gauge.Closeness(t.numbers, t.counts) <= m.bound
	}
	return false
}

// perplexity is e to the entropy. It is a whole number if rounding alone keeps it from one, and otherwise too small by what the order of the sum
// can matter.
func (t *tally) perplexity() float64 {
	var h float64
	for _, n := range t.counts {
		p := float64(n) / float64(t.all)
		h -= p * math.Log(p)
	}
	l := math.Exp(h)
	if whole := math.Round(l); math.Abs(l-whole) < 1e-12*whole {
		return whole
	}
	return l * (1 - 1e-12)
}
