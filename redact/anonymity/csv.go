package anonymity

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
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

	commas            []int32 // in the line that is taken apart, and its ends
	filling, learning *batch  // of lines taken apart, and of those that the columns learn meanwhile
	columns           sync.WaitGroup
	recent            []recent // of each column
}

// batch is some lines, one after the other, and where in them the cells of the columns begin and end, line by line.
type batch struct {
	text []byte
	ends []int32
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
	if f.comma < 0 || f.comma >= utf8.RuneSelf || f.comma == '"' || f.comma == '\r' || f.comma == '\n' {
		return f.quoted(nil)
	}
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
			if err := f.take(text); err != nil {
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

// take takes a line without quotation marks.
func (f *file) take(line []byte) error {
	if f.width == 0 {
		return f.head(strings.Split(string(line), string(f.comma)))
	}
	commas := append(f.commas[:0], -1)
	for i, c := range line {
		if c == byte(f.comma) {
			commas = append(commas, int32(i))
		}
	}
	f.commas = append(commas, int32(len(line)))
	switch {
	case len(commas) != f.width:
		return fmt.Errorf("%w: line %d", ErrRagged, f.line)
	case f.table.rows >= f.table.most:
		return ErrFull
	}
	b := f.filling
	start := int32(len(b.text))
	b.text = append(b.text, line...)
	for _, place := range f.places {
		b.ends = append(b.ends, start+f.commas[place]+1, start+f.commas[place+1])
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
	if f.recent == nil {
		f.recent = make([]recent, len(f.table.columns))
	}
	b := f.learning
	for i, c := range f.table.columns {
		f.columns.Go(func() { b.learn(c, &f.recent[i], i, len(f.places)) })
	}
}

// learn adds to a column every cell that is its own: of so many in a line the one at a place.
func (b *batch) learn(c *column, r *recent, place, width int) {
	if len(b.ends) == 0 {
		return
	}
	if c.Role == DirectIdentifier {
		for i := 2 * place; i < len(b.ends); i += 2 * width {
			c.name(string(b.text[b.ends[i]:b.ends[i+1]]))
		}
		return
	}
	if rows := len(b.ends) / 2 / width; cap(c.codes)-len(c.codes) < rows {
		c.codes = slices.Grow(c.codes, max(rows, len(c.codes))) // by as much as there is: append would copy more often
	}
	for i := 2 * place; i < len(b.ends); i += 2 * width {
		cell := b.text[b.ends[i]:b.ends[i+1]]
		at := r.at(cell)
		if at.text == string(cell) && at.there {
			c.put(at.code)
			continue
		}
		code, ok := c.known[string(cell)]
		if !ok {
			code = c.learn(string(cell))
		}
		c.put(code)
		if code >= valueCode {
			*at = known{c.values[code-valueCode], code, true}
		}
	}
}

// recent are some of the values of a column that came last, found in less time than in a map.
type recent [1 << 11]known

type known struct {
	text  string
	code  uint32
	there bool
}

// at is the place of a cell: by its length, its first and its last bytes.
func (r *recent) at(cell []byte) *known {
	var first, last uint32
	if n := len(cell); n >= 4 {
		first, last = binary.LittleEndian.Uint32(cell), binary.LittleEndian.Uint32(cell[n-4:])
	} else {
		for _, c := range cell {
			first = first<<8 | uint32(c)
		}
	}
	return &r[((first^uint32(len(cell)))*0x9e3779b1^last*0x85ebca6b)>>(32-11)]
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
