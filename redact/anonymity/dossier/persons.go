package dossier

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/purposebound/purposebound/redact/anonymity"
)

// told has the people of all tables told apart, or refuses tables that do so when nobody said it. Ordered says that the release has the rows of the original in
// their order.
func (c *Config) told() (ordered bool, err error) {
	if c.Person == "" {
		tables := []*anonymity.Table{c.Original, c.Release, c.Control}
		for _, id := range keys(c.Earlier) {
			tables = append(tables, c.Earlier[id])
		}
		if slices.ContainsFunc(tables, func(t *anonymity.Table) bool { return t != nil && t.Persons() != nil }) {
			return false, fmt.Errorf("%w: a table counts people, and no column is said to tell them apart", ErrConfig)
		}
		return false, nil
	}
	if !isText(c.Person) {
		return false, fmt.Errorf("%w: the name of the column that tells people apart", ErrConfig)
	}
	if c.Original, err = c.Original.By(c.Person); err != nil {
		return false, fmt.Errorf("%w: original: %w", ErrConfig, err)
	}
	switch release, err := by(c.Release, c.Person); {
	case err != nil:
		return false, fmt.Errorf("%w: release: %w", ErrConfig, err)
	case release != nil:
		c.Release = release
	case c.Release.Rows() != c.Original.Rows():
		return false, fmt.Errorf("%w: the release does not say whom its rows are about, and has not those of the original", ErrConfig)
	default:
		ordered = true
		if c.Release, err = c.Release.ByPersons(c.Original.Persons()); err != nil {
			return false, err
		}
	}
	if c.Control != nil {
		control, err := by(c.Control, c.Person)
		if err != nil || control == nil {
			return false, fmt.Errorf("%w: the control does not say whom its rows are about", ErrConfig)
		}
		c.Control = control
	}
	earlier := map[string]*anonymity.Table{}
	for id, table := range c.Earlier {
		if table == nil {
			return false, fmt.Errorf("%w: an earlier release has no table", ErrConfig)
		}
		t, err := by(table, c.Person)
		if err != nil || t == nil {
			return false, fmt.Errorf("%w: the earlier release %q does not say whom its rows are about", ErrConfig, id)
		}
		earlier[id] = t
	}
	c.Earlier = earlier
	return ordered, nil
}

// by returns a table that counts people: as it does, or by a column that it has values of; nil if it cannot tell them apart.
func by(t *anonymity.Table, person string) (*anonymity.Table, error) {
	if t.Persons() != nil {
		return t, nil
	}
	for _, column := range t.Columns() {
		if column.Name != person {
			continue
		}
		told, err := t.By(person)
		if err != nil && column.Role == anonymity.DirectIdentifier { // as a release has it, without values
			return nil, nil
		}
		return told, err
	}
	return nil, nil
}

// inOrder returns an [ErrReading] if a row of the release does not agree with the row of the original that has its number, in any column but those of tokens. A
// sensitive value that stands for none of the original's says nothing.
func (m *measurement) inOrder(tokens []string) error {
	for _, name := range keys(m.release.columns) {
		if slices.Contains(tokens, name) {
			continue
		}
		column := m.release.columns[name]
		agree := m.world.agreeing(name, m.release, m.original)
		theirs := m.original.columns[name].codes
		for row, code := range column.codes {
			if code < absent || theirs[row] < absent || column.role == anonymity.Sensitive && len(agree[code]) == 0 {
				continue
			}
			if _, agrees := slices.BinarySearch(agree[code], theirs[row]); !agrees {
				return fmt.Errorf("%w: row by row, which would say whose rows they are: column %q", ErrReading, name)
			}
		}
	}
	return nil
}

// units returns the rows of each person, in the order in which people first come; where rows are counted each row is one.
func (s *side) units() [][]int32 {
	units := make([][]int32, s.people)
	for row := range s.rows {
		person := row
		if s.persons != nil {
			person = int(s.persons[row])
		}
		units[person] = append(units[person], int32(row))
	}
	return units
}

// among returns how many people tuples of the table are of.
func (s *side) among(tuples ...*tuple) int {
	n := 0
	if s.persons == nil {
		for _, t := range tuples {
			n += len(t.rows)
		}
		return n
	}
	if len(tuples) == 1 && tuples[0].people > 0 {
		return tuples[0].people
	}
	if s.last == nil {
		s.last = make([]int, s.people)
	}
	s.turn++
	for _, t := range tuples {
		for _, row := range t.rows {
			if person := s.persons[row]; s.last[person] != s.turn {
				s.last[person] = s.turn
				n++
			}
		}
	}
	if len(tuples) == 1 {
		tuples[0].people = n
	}
	return n
}

// having returns how many people have each text of a column.
func (s *side) having(c *coded) map[string]int {
	having := map[string]int{}
	seen := map[uint64]bool{}
	for row, code := range c.codes {
		if s.persons != nil {
			pair := uint64(code)<<32 | uint64(s.persons[row])
			if seen[pair] {
				continue
			}
			seen[pair] = true
		}
		having[c.texts[code]]++
	}
	return having
}

// mostAtRisk returns of each person the least that a row of theirs stands among, 0 if none stands among any.
func (s *side) mostAtRisk(among []int) []int {
	if s.persons == nil {
		return among
	}
	least := make([]int, s.people)
	for row, n := range among {
		if person := s.persons[row]; n > 0 && (least[person] == 0 || n < least[person]) {
			least[person] = n
		}
	}
	return least
}

// total returns how many are counted: people, or rows.
func (s *Standing) total() int { return cmp.Or(s.People, s.Rows) }

func (m *Matches) total() int { return cmp.Or(m.People, m.Rows) }
