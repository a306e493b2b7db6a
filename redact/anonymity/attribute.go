package anonymity

import (
	"fmt"
	"math"
	"slices"
)

// An Attribute is a sensitive column beside the classes: how often each of its values is in each class and in the table. Where the table counts people, it
// is how many have each value, and a class all of whose people have one value in common is as if it had that one alone. Rows without a value of it
// count in neither. A suppressed row counts in the table, because its value can be read there. A class in which no row has a value says
// nothing and is left out. Infinite answers say that no finite one is right.
type Attribute struct {
	column  *column
	total   []int // of each value, rows in the table, or people; only values that there are
	rows    int   // all of these
	people  int   // people in the table who have a value; rows, where rows are counted
	heads   []int // of each class, the people who have a value; nil: rows are counted
	starts  []int // of each class, where its counts start; one more at the end
	counts  []count
	largest int // most values in a class
}

// count is how often a value is in a class: in so many rows, or of so many people.
type count struct {
	value int32
	rows  int32
}

// Attribute returns the counts of a sensitive column. A column of another role is an [ErrColumn], one without values an [ErrEmpty].
func (c *Classes) Attribute(name string) (*Attribute, error) {
	for _, s := range c.table.with(Sensitive) {
		if s.Name == name {
			return c.attribute(s)
		}
	}
	return nil, fmt.Errorf("%w: %q is no sensitive column", ErrColumn, name)
}

func (c *Classes) attribute(s *column) (*Attribute, error) {
	a, err := newAttribute(s, c.rows, c.table.persons)
	if err != nil {
		return nil, err
	}
	pairs := newIndex(0)
	var keys []uint64
	var rows []int32
	var having, inside *crowd // of each pair, of each class
	if c.table.persons != nil {
		having, inside = newCrowd(c.table.persons), newCrowd(c.table.persons)
		a.heads = make([]int, c.Count())
	}
	add := func(class int32, value uint32, row int32) {
		key := uint64(class)*uint64(len(a.total)) + uint64(value)
		at := int(pairs.number(key))
		if at == len(keys) {
			keys, rows = append(keys, key), append(rows, 0)
		}
		if having == nil {
			rows[at]++
			return
		}
		if having.enters(int32(at), row) {
			rows[at]++
		}
		if inside.enters(class, row) {
			a.heads[class]++
		}
	}
	for row, code := range s.codes[:c.rows] {
		if code < valueCode {
			continue
		}
		if class := c.of[row]; class != noClass {
			add(class, code-valueCode, int32(row))
		}
	}
	c.eachPartial(func(partial, classes []int32) {
		for _, row := range partial {
			if code := s.codes[row]; code >= valueCode {
				for _, class := range classes {
					add(class, code-valueCode, row)
				}
			}
		}
	})
	a.arrange(keys, rows, c.Count())
	if len(keys) == 0 {
		return nil, fmt.Errorf("%w: no class has a value of %q", ErrEmpty, s.Name)
	}
	return a, nil
}

// newAttribute counts the values of a column in so many rows, or the people who have each.
func newAttribute(s *column, rows int, p *persons) (*Attribute, error) {
	a := &Attribute{column: s, total: make([]int, len(s.values))}
	var having, all *crowd
	if p != nil {
		having, all = newCrowd(p), newCrowd(p)
	}
	for row, code := range s.codes[:rows] {
		switch {
		case code < valueCode:
		case having == nil:
			a.rows++
			a.total[code-valueCode]++
		case having.enters(int32(code-valueCode), int32(row)):
			a.rows++
			a.total[code-valueCode]++
			if all.enters(0, int32(row)) {
				a.people++
			}
		}
	}
	if p == nil {
		a.people = a.rows
	}
	if a.rows == 0 {
		return nil, fmt.Errorf("%w: %q has no value", ErrEmpty, s.Name)
	}
	return a, nil
}

// arrange puts the counts in order of their classes.
func (a *Attribute) arrange(keys []uint64, rows []int32, classes int) {
	a.starts = make([]int, classes+1)
	for _, key := range keys {
		a.starts[key/uint64(len(a.total))+1]++
	}
	for class := range classes {
		a.largest = max(a.largest, a.starts[class+1])
		a.starts[class+1] += a.starts[class]
	}
	next := slices.Clone(a.starts)
	a.counts = make([]count, len(keys))
	for i, key := range keys {
		class := key / uint64(len(a.total))
		a.counts[next[class]] = count{int32(key % uint64(len(a.total))), rows[i]}
		next[class]++
	}
}

// worst returns the greatest of what f says of the classes: of the counts, their sum, and the people they are of, who are as many unless somebody has several
// values. F may change the order of the counts it is given, which are a copy.
func (a *Attribute) worst(f func(counts []count, rows, people float64) float64) float64 {
	worst := math.Inf(-1)
	room := make([]count, 0, a.largest)
	for class := range len(a.starts) - 1 {
		counts := append(room, a.counts[a.starts[class]:a.starts[class+1]]...)
		rows := 0
		for _, c := range counts {
			rows += int(c.rows)
		}
		people := rows
		if a.heads != nil {
			people = a.heads[class]
		}
		if rows > 0 {
			worst = max(worst, f(counts, float64(rows), float64(people)))
		}
	}
	return worst
}

// share returns how much of the table a value is.
func (a *Attribute) share(value int32) float64 { return float64(a.total[value]) / float64(a.rows) }

// frequency returns how many of the people in the table have a value, as a share. Where each has one it is share.
func (a *Attribute) frequency(value int32) float64 {
	return float64(a.total[value]) / float64(a.people)
}

// values returns how many values a class has, but one if everybody in it has that one: who is known to be there has it, whatever others there are.
func (a *Attribute) values(counts []count, people float64) int {
	if a.heads != nil && slices.ContainsFunc(counts, func(c count) bool { return float64(c.rows) == people }) {
		return 1
	}
	return len(counts)
}
