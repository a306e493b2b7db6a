package anonymity

import (
	"fmt"
	"iter"
	"slices"
)

// Columns returns the columns in their order. The caller may change what it gets.
func (t *Table) Columns() []Column {
	columns := make([]Column, len(t.columns))
	for i, c := range t.columns {
		columns[i] = c.Column
		columns[i].Missing = slices.Clone(c.Missing)
	}
	return columns
}

// All yields the rows with their numbers from 0, as cells in the order of the columns: [Suppressed] for what was removed, the empty text for what is
// missing or was a [DirectIdentifier], whose values are not kept. The slice is used again for the next row.
func (t *Table) All() iter.Seq2[int, []string] {
	return func(yield func(int, []string) bool) {
		cells := make([]string, len(t.columns))
		for row := range t.rows {
			for i, c := range t.columns {
				cells[i] = c.text(row)
			}
			if !yield(row, cells) {
				return
			}
		}
	}
}

// Coded returns a column as it is held: the number of each row's text, and the texts by number. Number 0 is [Suppressed], 1 the empty text of a
// missing value; the others are numbered as they first came. A column that is not there, or whose values are not kept, is an [ErrColumn]. The slices are the
// caller's own.
func (t *Table) Coded(name string) (numbers []uint32, texts []string, err error) {
	for _, c := range t.columns {
		if c.Name == name && c.Role != DirectIdentifier {
			return slices.Clone(c.codes), slices.Concat([]string{Suppressed, ""}, c.values), nil
		}
	}
	return nil, nil, fmt.Errorf("%w: %q has no values", ErrColumn, name)
}

// text returns the text of a cell.
func (c *column) text(row int) string {
	if c.Role == DirectIdentifier {
		return ""
	}
	switch code := c.codes[row]; code {
	case suppressedCode:
		return Suppressed
	case missingCode:
		return ""
	default:
		return c.values[code-valueCode]
	}
}
