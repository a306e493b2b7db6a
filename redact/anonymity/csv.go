package anonymity

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"sync"
	"unicode/utf8"
)

// CSV reads tables as RFC 4180 has them, the first line naming the columns. The zero CSV separates by commas.
type CSV struct {
	Comma rune // what separates cells; 0: a comma
}

// Read reads to the end. Columns may be named in any order; those of the file that are not named are not held, so say nothing to any measure. A
// column that the file has not, or has twice, is an [ErrColumn], a line with too many or too few cells an [ErrRagged], anything else that is
// not CSV an [ErrCSV]; what the reader fails with is wrapped. A byte order mark at the start and lines without any character are skipped.
func (c CSV) Read(r io.Reader, columns ...Column) (*Table, error) {
	t, err := New(columns...)
	if err != nil {
		return nil, err
	}
	if c.Comma == 0 {
		c.Comma = ','
	}
	f := newFile(r, c.Comma, t)
	if err := f.read(); err != nil {
		return nil, err
	}
	return t, nil
}

const byteOrderMark = "\ufeff"

// file is a file that is being read. Lines without quotation marks, which in most files are all, are taken apart here; from the first
// other line on encoding/csv reads, which makes a string of every cell.
type file struct {
	comma  rune
	table  *Table
	plain  *bufio.Reader
	line   int
	width  int   // cells in a line; 0: the header was not read
	places []int // where in a line the cell of each column is

	filling, learning *batch // of lines taken apart, and of those that the columns learn meanwhile
	columns           sync.WaitGroup
}

// batch is the cells of some lines, one after the other and line by line.
type batch struct {
	text []byte
	ends []int
}

const batchSize = 1 << 18

func newFile(r io.Reader, comma rune, t *Table) *file {
	return &file{comma: comma, table: t, plain: bufio.NewReaderSize(r, 1<<16), filling: new(batch), learning: new(batch)}
}

func (f *file) read() error {
	defer f.columns.Wait()
	if mark, _ := f.plain.Peek(len(byteOrderMark)); string(mark) == byteOrderMark {
		f.plain.Discard(len(byteOrderMark))
	}
	if f.comma >= utf8.RuneSelf || f.comma == '"' || f.comma == '\r' || f.comma == '\n' {
		return f.quoted(nil)
	}
	var cells [][]byte
	for {
		line, err := f.plain.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) || bytes.IndexByte(line, '"') >= 0 {
			return f.quoted(line)
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return malformed(err, 0)
		}
		f.line++
		if text := bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r")); len(text) > 0 {
			cells = split(cells[:0], text, byte(f.comma))
			if err := f.take(cells); err != nil {
				return err
			}
		}
		if err != nil {
			break
		}
	}
	f.learn()
	if f.width == 0 {
		return fmt.Errorf("%w: no header", ErrCSV)
	}
	return nil
}

// split appends the cells of a line.
func split(cells [][]byte, line []byte, comma byte) [][]byte {
	for {
		at := bytes.IndexByte(line, comma)
		if at < 0 {
			return append(cells, line)
		}
		cells = append(cells, line[:at])
		line = line[at+1:]
	}
}

// take takes a line without quotation marks.
func (f *file) take(cells [][]byte) error {
	switch {
	case f.width == 0:
		header := make([]string, len(cells))
		for i, cell := range cells {
			header[i] = string(cell)
		}
		return f.head(header)
	case len(cells) != f.width:
		return fmt.Errorf("%w: line %d", ErrRagged, f.line)
	case f.table.rows >= f.table.most:
		return ErrFull
	}
	b := f.filling
	for _, place := range f.places {
		b.text = append(b.text, cells[place]...)
		b.ends = append(b.ends, len(b.text))
	}
	f.table.rows++
	if len(b.text) > batchSize || len(b.ends) > batchSize {
		f.learn()
	}
	return nil
}

// learn gives the columns the cells that were taken, each column in a goroutine of its own, while the next are read.
func (f *file) learn() {
	f.columns.Wait()
	f.filling, f.learning = f.learning, f.filling
	f.filling.text, f.filling.ends = f.filling.text[:0], f.filling.ends[:0]
	b := f.learning
	for i, c := range f.table.columns {
		f.columns.Go(func() { b.learn(c, i, len(f.places)) })
	}
}

// learn adds to a column every cell that is its own: of so many in a line the one at a place.
func (b *batch) learn(c *column, place, width int) {
	for i := place; i < len(b.ends); i += width {
		start := 0
		if i > 0 {
			start = b.ends[i-1]
		}
		cell := b.text[start:b.ends[i]]
		if code, ok := c.known[string(cell)]; ok {
			c.put(code)
		} else {
			c.add(string(cell))
		}
	}
}

// quoted reads the rest, which begins with the given bytes. These are in the buffer of f.plain, and used up before that is read from.
func (f *file) quoted(start []byte) error {
	f.learn()
	f.columns.Wait()
	records := csv.NewReader(io.MultiReader(bytes.NewReader(start), f.plain))
	records.Comma = f.comma
	records.ReuseRecord = true
	records.FieldsPerRecord = f.width
	cells := make([]string, len(f.table.columns))
	for {
		record, err := records.Read()
		switch {
		case errors.Is(err, io.EOF) && f.width == 0:
			return fmt.Errorf("%w: no header", ErrCSV)
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return malformed(err, f.line)
		case f.width == 0:
			if err := f.head(record); err != nil {
				return err
			}
			continue
		}
		for i, place := range f.places {
			cells[i] = record[place]
		}
		if err := f.table.Append(cells...); err != nil {
			return err
		}
	}
}

// head finds out where in a line the cell of each column is.
func (f *file) head(header []string) error {
	f.width = len(header)
	for _, c := range f.table.columns {
		at := -1
		for i, name := range header {
			if name != c.Name {
				continue
			}
			if at >= 0 {
				return fmt.Errorf("%w: the file has %q twice", ErrColumn, c.Name)
			}
			at = i
		}
		if at < 0 {
			return fmt.Errorf("%w: the file has no %q", ErrColumn, c.Name)
		}
		f.places = append(f.places, at)
	}
	return nil
}

// malformed names an error of the CSV reader, which began after so many lines. Its errors have lines and columns and no text of the file.
func malformed(err error, lines int) error {
	if p, ok := errors.AsType[*csv.ParseError](err); ok {
		if errors.Is(err, csv.ErrFieldCount) {
			return fmt.Errorf("%w: line %d", ErrRagged, lines+p.Line)
		}
		return fmt.Errorf("%w: line %d", ErrCSV, lines+p.Line)
	}
	if err.Error() == "csv: invalid field or comment delimiter" { // the package has no name for it
		return fmt.Errorf("%w: not a separator", ErrCSV)
	}
	return fmt.Errorf("anonymity: reading: %w", err)
}
