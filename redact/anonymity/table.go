package anonymity

import (
	"fmt"
	"iter"
	"math"
)

// A Table holds rows by columns: each text once, and four bytes for each cell. It counts rows, or people if it comes from [Table.By]. Make one with [New], [FromRows], [FromStructs] or [CSV.Read];
// the zero Table has no columns and takes no rows. Any number of goroutines may measure one at the same time, while none adds to it.
type Table struct {
	columns []*column
	rows    int
	most    int      // rows it may have
	persons *persons // nil: rows are counted
}

// New returns a table without rows. A column without name or role, or two of one name, are an [ErrColumn].
func New(columns ...Column) (*Table, error) {
	if len(columns) == 0 {
		return nil, fmt.Errorf("%w: none given", ErrColumn)
	}
	t := &Table{most: math.MaxInt32}
	seen := map[string]bool{}
	for i, c := range columns {
		switch {
		case c.Name == "":
			return nil, fmt.Errorf("%w: column %d has no name", ErrColumn, i+1)
		case c.Role < DirectIdentifier || c.Role > Other:
			return nil, fmt.Errorf("%w: %q has no role", ErrColumn, c.Name)
		case seen[c.Name]:
			return nil, fmt.Errorf("%w: %q is there twice", ErrColumn, c.Name)
		}
		seen[c.Name] = true
		t.columns = append(t.columns, newColumn(c))
	}
	return t, nil
}

// FromRows returns a table of rows that each have one cell for each column, in the order of the columns. It stops at the first row that
// [Table.Append] refuses. The rows are not kept, so that one slice may be yielded again and again.
func FromRows(rows iter.Seq[[]string], columns ...Column) (*Table, error) {
	t, err := New(columns...)
	if err != nil {
		return nil, err
	}
	for row := range rows {
		if err := t.Append(row...); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// Append adds a row, with one cell for each column; with more or fewer it is an [ErrRagged], beyond what a table can hold an [ErrFull], and the
// table stays as it was. Cells are the same if their bytes are: white space and case count. The text "*" is [Suppressed].
func (t *Table) Append(cells ...string) error {
	switch {
	case len(cells) != len(t.columns) || len(cells) == 0:
		return fmt.Errorf("%w: row %d has %d cells for %d columns", ErrRagged, t.rows+1, len(cells), len(t.columns))
	case t.rows >= t.most:
		return ErrFull
	}
	for i, cell := range cells {
		t.columns[i].add(cell)
	}
	t.rows++
	return nil
}

// Rows returns how many rows there are, suppressed ones included.
func (t *Table) Rows() int { return t.rows }

// with returns the columns of a role.
func (t *Table) with(role Role) (columns []*column) {
	for _, c := range t.columns {
		if c.Role == role {
			columns = append(columns, c)
		}
	}
	return columns
}
