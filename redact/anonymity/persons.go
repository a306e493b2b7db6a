package anonymity

import (
	"fmt"
	"hash/maphash"
	"slices"
)

// persons says whom the rows of a table are about.
type persons struct {
	of    []uint32 // by row, the number of a person, from 0 in the order of their first rows
	count int
}

// By returns the table with its people told apart by a column: rows with the same value are about one person, and everything that is measured counts
// people in the place of rows, as the package comment says. The column may have any role. That of a [DirectIdentifier] will do, although its values are not
// kept. A column that is not there is an [ErrColumn], a row without a value an [ErrPerson]. What is returned has the rows of now, and takes no more of
// them: [Table.Append] gives an [ErrFull].
func (t *Table) By(name string) (*Table, error) {
	i := slices.IndexFunc(t.columns, func(c *column) bool { return c.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("%w: there is no %q", ErrColumn, name)
	}
	c := t.columns[i]
	if c.absent > 0 {
		return nil, fmt.Errorf("%w: %q has no value in some rows", ErrPerson, name)
	}
	keys := newIndex(0)
	p := &persons{of: make([]uint32, t.rows)}
	for row := range p.of {
		p.of[row] = uint32(keys.number(c.key(row)))
	}
	p.count = int(keys.count)
	return t.view(p), nil
}

// ByPersons is [Table.By] for people who are told apart by numbers, one for each row: those that [Table.Persons] returns of the table that this one was made
// of row by row, or any others. Another count of numbers is an [ErrRagged].
func (t *Table) ByPersons(numbers []uint32) (*Table, error) {
	if len(numbers) != t.rows {
		return nil, fmt.Errorf("%w: %d persons for %d rows", ErrRagged, len(numbers), t.rows)
	}
	keys := newIndex(0)
	p := &persons{of: make([]uint32, t.rows)}
	for row, number := range numbers {
		p.of[row] = uint32(keys.number(uint64(number)))
	}
	p.count = int(keys.count)
	return t.view(p), nil
}

// Persons returns for each row the number of the person it is about, from 0 in the order in which they first come, or nil for a table that counts rows, which
// is every one but those of [Table.By] and [Table.ByPersons]. The slice is the caller's own.
func (t *Table) Persons() []uint32 {
	if t.persons == nil {
		return nil
	}
	return slices.Clone(t.persons.of)
}

// view returns a table of the same cells that does not change with this one.
func (t *Table) view(p *persons) *Table {
	v := &Table{rows: t.rows, most: t.rows, persons: p}
	for _, c := range t.columns {
		copied := *c
		copied.known = nil // nothing more is learned
		v.columns = append(v.columns, &copied)
	}
	return v
}

// key returns a number that rows share if they have the same value of the column.
func (c *column) key(row int) uint64 {
	if c.Role == DirectIdentifier {
		return c.sums[row]
	}
	return uint64(c.codes[row])
}

// name appends a cell of a direct identifier. What is kept of it is a sum by a key of its own, which tells two values apart but for a chance of 2⁻⁶³.
func (c *column) name(text string) {
	if c.learn(text) < valueCode {
		c.absent++
		c.sums = append(c.sums, 0)
		return
	}
	c.sums = append(c.sums, maphash.String(c.seed, text)|1)
}

// repeats reports whether several rows have the same value of a direct identifier.
func (c *column) repeats() bool {
	keys := newIndex(0)
	for _, sum := range c.sums {
		if before := keys.count; sum != 0 && keys.number(sum) != before {
			return true
		}
	}
	return false
}

// crowd counts people of whom nobody counts twice in the same place.
type crowd struct {
	persons *persons
	seen    *index
}

func newCrowd(p *persons) *crowd { return &crowd{p, newIndex(0)} }

// enters reports whether the person of a row was not yet counted in a place.
func (c *crowd) enters(place, row int32) bool {
	before := c.seen.count
	return c.seen.number(uint64(place)*uint64(c.persons.count)+uint64(c.persons.of[row])) == before
}

// entering returns how many people of rows enter a place. Without a crowd each row is a person.
func (c *crowd) entering(place int32, rows []int32) int {
	if c == nil {
		return len(rows)
	}
	n := 0
	for _, row := range rows {
		if c.enters(place, row) {
			n++
		}
	}
	return n
}

// settle counts each person once, in the smallest class that a row of theirs is in: the row that is most at risk says what the person's risk is. LooseRows
// are the rows of each of the loose, and only the class they are in, noClass if they are in several.
func (c *Classes) settle(looseRows [][]int32, only []int32) {
	p := c.table.persons
	const nowhere = -1
	least, at := make([]int, p.count), make([]int, p.count)
	for person := range at {
		at[person] = nowhere
	}
	consider := func(row int32, place, size int) {
		if person := p.of[row]; at[person] == nowhere || size < least[person] || size == least[person] && place < at[person] {
			least[person], at[person] = size, place
		}
	}
	class := slices.Repeat([]int32{noClass}, p.count)
	for row, of := range c.of {
		if of == noClass {
			continue
		}
		if before := class[p.of[row]]; before != noClass && before != of {
			c.several = true
		}
		class[p.of[row]] = of
		consider(int32(row), int(of), c.sizes[of])
	}
	for i, rows := range looseRows {
		for _, row := range rows {
			if before := class[p.of[row]]; before != noClass && before != only[i] {
				c.several = true
			}
			consider(row, len(c.sizes)+i, c.loose[i].smallest)
		}
	}
	c.held = make([]int, len(c.sizes))
	for i := range c.loose {
		c.loose[i].people = 0
	}
	for _, place := range at {
		switch {
		case place == nowhere:
		case place < len(c.sizes):
			c.held[place]++
		default:
			c.loose[place-len(c.sizes)].people++
		}
	}
}
