package anonymity

import (
	"fmt"
	"math"
)

// FromCoded returns a table of columns as [Table.Coded] gives them: for each column of how many rows which number they have, and the texts by
// number. Texts may be there twice, or unused, and mean what they do to [Table.Append]. A column whose numbers are nil has only missing cells. The
// numbers become the table's own, and are changed. Columns of different lengths, and a number without a text, are an [ErrRagged], more rows than
// can be held an [ErrFull].
func FromCoded(rows int, columns []Column, numbers [][]uint32, texts [][]string) (*Table, error) {
	t, err := New(columns...)
	switch {
	case err != nil:
		return nil, err
	case rows < 0 || len(numbers) != len(columns) || len(texts) != len(columns):
		return nil, ErrRagged
	case rows > math.MaxInt32:
		return nil, ErrFull
	}
	for i, c := range t.columns {
		if err := c.take(rows, numbers[i], texts[i]); err != nil {
			return nil, err
		}
	}
	t.rows = rows
	return t, nil
}

// take makes numbers the cells of an empty column.
func (c *column) take(rows int, numbers []uint32, texts []string) error {
	if numbers == nil {
		numbers, texts = make([]uint32, rows), []string{""}
	}
	if len(numbers) != rows {
		return fmt.Errorf("%w: column %q", ErrRagged, c.Name)
	}
	if c.Role == DirectIdentifier {
		for _, number := range numbers {
			if int(number) >= len(texts) {
				return fmt.Errorf("%w: column %q", ErrRagged, c.Name)
			}
			c.name(texts[number])
		}
		return nil
	}
	const unknown = math.MaxUint32
	codes := make([]uint32, len(texts))
	for number := range codes {
		codes[number] = unknown
	}
	for row, number := range numbers {
		if int(number) >= len(codes) {
			return fmt.Errorf("%w: column %q", ErrRagged, c.Name)
		}
		code := codes[number]
		if code == unknown {
			var ok bool
			if code, ok = c.known[texts[number]]; !ok {
				code = c.learn(texts[number])
			}
			codes[number] = code
		}
		if code < valueCode {
			c.absent++
		}
		numbers[row] = code
	}
	c.codes = numbers
	return nil
}
