package hierarchy

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
)

// Read reads a hierarchy as ARX writes it: a line for each value, with the value and its texts at the levels from 1, separated by semicolons and quoted as
// in CSV. Comma is another separator; 0 stands for the semicolon. A byte order mark at the start and lines without any character are
// skipped. The errors are those of [Paths] with the number of the line, and [ErrCSV]; what the reader fails with is wrapped.
func Read(r io.Reader, comma rune) (*Hierarchy, error) {
	if comma == 0 {
		comma = ';'
	}
	text := bufio.NewReader(r)
	if mark, _ := text.Peek(3); string(mark) == "\ufeff" {
		if _, err := text.Discard(3); err != nil {
			return nil, fmt.Errorf("hierarchy: reading: %w", err)
		}
	}
	lines := csv.NewReader(text)
	lines.Comma = comma
	var paths [][]string
	for {
		path, err := lines.Read()
		switch p, malformed := errors.AsType[*csv.ParseError](err); {
		case errors.Is(err, io.EOF):
			return Paths(paths)
		case errors.Is(err, csv.ErrFieldCount):
			return nil, fmt.Errorf("%w: line %d", ErrRagged, p.Line)
		case malformed:
			return nil, fmt.Errorf("%w: line %d", ErrCSV, p.Line)
		case err != nil && err.Error() == "csv: invalid field or comment delimiter": // the package has no name for it
			return nil, fmt.Errorf("%w: not a separator", ErrCSV)
		case err != nil:
			return nil, fmt.Errorf("hierarchy: reading: %w", err)
		}
		paths = append(paths, path)
	}
}
