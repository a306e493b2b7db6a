package dossier

import (
	"slices"

	"github.com/purposebound/purposebound/redact/anonymity"
)

// absent is what codes are below that stand for no value: suppressed, and missing.
const absent = 2

// side is a table in an attack, with its columns as codes.
type side struct {
	rows    int
	people  int      // rows, where these are counted
	persons []uint32 // by row, the number of whom it is about; nil: rows are counted
	columns map[string]*coded
	fine    bool  // values of the original: each stands for itself
	last    []int // of each person, the turn in which they were last counted
	turn    int
}

// coded is a column as package anonymity holds it.
type coded struct {
	role  anonymity.Role
	codes []uint32
	texts []string
}

// sideOf reads the columns of a table but the direct identifiers.
func sideOf(t *anonymity.Table, fine bool) (*side, error) {
	s := &side{rows: t.Rows(), people: t.Rows(), persons: t.Persons(), columns: map[string]*coded{}, fine: fine}
	if len(s.persons) > 0 {
		s.people = int(slices.Max(s.persons)) + 1
	}
	for _, c := range t.Columns() {
		if c.Role == anonymity.DirectIdentifier {
			continue
		}
		codes, texts, err := t.Coded(c.Name)
		if err != nil {
			return nil, err
		}
		s.columns[c.Name] = &coded{c.Role, codes, texts}
	}
	return s, nil
}

// within reports whether every value of the column is one of another's.
func (c *coded) within(other *coded) bool {
	theirs := map[string]bool{}
	for _, code := range other.codes {
		theirs[other.texts[code]] = true
	}
	return !slices.ContainsFunc(c.codes, func(code uint32) bool { return code > 1 && !theirs[c.texts[code]] })
}

// world is the values that people have, by column, and how released values are read.
type world struct {
	values   map[string]map[string]int32 // each value's number
	listed   map[string][]string         // the values by number
	readings map[string]func(released, original string) bool
	known    map[string]map[string][]int32 // what released values stand for, as far as it was asked
}

// newWorld takes the values of tables that are not generalised.
func newWorld(readings map[string]func(released, original string) bool, sides ...*side) *world {
	w := &world{map[string]map[string]int32{}, map[string][]string{}, readings, map[string]map[string][]int32{}}
	for _, s := range sides {
		for name, c := range s.columns {
			if w.values[name] == nil {
				w.values[name] = map[string]int32{}
				w.known[name] = map[string][]int32{}
			}
			for _, text := range c.texts[absent:] {
				if _, ok := w.values[name][text]; !ok {
					w.values[name][text] = int32(len(w.listed[name]))
					w.listed[name] = append(w.listed[name], text)
				}
			}
		}
	}
	return w
}

// standsFor returns the numbers of the values that a text stands for.
func (w *world) standsFor(column, text string, fine bool) []int32 {
	self, is := w.values[column][text]
	reading := w.readings[column]
	if fine || reading == nil && is {
		if !is {
			return nil
		}
		return []int32{self}
	}
	if known, ok := w.known[column][text]; ok {
		return known
	}
	if reading == nil {
		reading = usual
	}
	var covered []int32
	for i, value := range w.listed[column] {
		if reading(text, value) {
			covered = append(covered, int32(i))
		}
	}
	if w.known[column] != nil {
		w.known[column][text] = covered
	}
	return covered
}

// agreeing returns for each code of a the codes of b that may be the same value: the same text, or both stand for one value.
func (w *world) agreeing(column string, a, b *side) [][]uint32 {
	mine, theirs := a.columns[column], b.columns[column]
	of := make([][]uint32, len(w.listed[column])) // codes of b that stand for each value
	texts := map[string]uint32{}
	for code, text := range theirs.texts[absent:] {
		texts[text] = uint32(code) + absent
		for _, value := range w.standsFor(column, text, b.fine) {
			of[value] = append(of[value], uint32(code)+absent)
		}
	}
	agree := make([][]uint32, len(mine.texts))
	last := make([]int, len(theirs.texts)) // one more than the code of a that a code of b was last put beside
	for code, text := range mine.texts[absent:] {
		at := code + absent
		put := func(other uint32) {
			if last[other] != at+1 {
				last[other] = at + 1
				agree[at] = append(agree[at], other)
			}
		}
		if same, ok := texts[text]; ok {
			put(same)
		}
		for _, value := range w.standsFor(column, text, a.fine) {
			for _, other := range of[value] {
				put(other)
			}
		}
		slices.Sort(agree[at])
	}
	return agree
}
