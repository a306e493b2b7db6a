package anonymity

import (
	"encoding/csv"
	"fmt"
	"io"
)

// Write writes a table as RFC 4180 has it, the first line naming the columns, cells as [Table.All] yields them. Columns of direct identifiers,
// whose values are not kept, are left out; a table of nothing else is an [ErrColumn]. A separator that cannot be one is an [ErrCSV]; what the
// writer fails with is wrapped.
func (c CSV) Write(w io.Writer, t *Table) error {
	out := csv.NewWriter(w)
	if c.Comma != 0 {
		out.Comma = c.Comma
	}
	var kept []int
	var line []string
	for i, column := range t.columns {
		if column.Role != DirectIdentifier {
			kept, line = append(kept, i), append(line, column.Name)
		}
	}
	if len(kept) == 0 {
		return fmt.Errorf("%w: none to write", ErrColumn)
	}
	if err := out.Write(line); err != nil {
		return unwritten(err)
	}
	for _, cells := range t.All() {
		for i, column := range kept {
			line[i] = cells[column]
		}
		if len(line) == 1 && line[0] == "" { // a line without any character would be no row
			out.Flush()
			if _, err := io.WriteString(w, "\"\"\n"); err != nil {
				return unwritten(err)
			}
			continue
		}
		if err := out.Write(line); err != nil {
			return unwritten(err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return unwritten(err)
	}
	return nil
}

// unwritten names an error of the CSV writer.
func unwritten(err error) error {
	if err.Error() == "csv: invalid field or comment delimiter" { // the package has no name for it
		return fmt.Errorf("%w: not a separator", ErrCSV)
	}
	return fmt.Errorf("anonymity: writing: %w", err)
}
