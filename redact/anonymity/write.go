package anonymity

import (
	"encoding/csv"
	"fmt"
	"io"
)

// Write writes a table as RFC 4180 has it, names of columns first, cells as [Table.All] yields them. A separator that cannot be one is an [ErrCSV]; what the
// writer fails with is wrapped. In a table of one column a missing value is written as [Suppressed], because a line without any character is no row.
func (c CSV) Write(w io.Writer, t *Table) error {
	out := csv.NewWriter(w)
	if c.Comma != 0 {
		out.Comma = c.Comma
	}
	names := make([]string, len(t.columns))
	for i, column := range t.columns {
		names[i] = column.Name
	}
	if err := out.Write(names); err != nil {
		return unwritten(err)
	}
	for _, cells := range t.All() {
		if len(cells) == 1 && cells[0] == "" {
			cells[0] = Suppressed
		}
		if err := out.Write(cells); err != nil {
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
