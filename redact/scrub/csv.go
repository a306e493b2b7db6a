package scrub

import (
	"bytes"
	"io"
)

const maxColumns = 1024 // whose names are remembered

// csvWriter scrubs the fields of a table.
type csvWriter struct {
	values
	delimiter byte
	state     byte // one of the states below
	quoted    bool
	column    int
	header    [][]byte
	first     bool // in the first record
}

// States of a csvWriter.
const (
	csvStart byte = iota // of a field
	csvPlain
	csvQuoted
	csvQuote // a quote within a quoted field: its end, or the first half of a quote
)

// NewCSVWriter returns a writer to w that scrubs each field of a table in RFC 4180 form, with a delimiter such as ',' or ';', as one document.
// Delimiters, line ends and quotes stay. The fields of the first record announce the values of their columns, as the word "phone" before a number
// does in text; they are scrubbed themselves like any other.
//
// A quote that is not where RFC 4180 has it counts as part of the field. Of a field of more than 1 MiB nothing is written but
// "[WITHHELD]". The writer is for one goroutine at a time; Close writes the rest and does not close w.
func NewCSVWriter(w io.Writer, s *Scrubber, delimiter byte) io.WriteCloser {
	return &csvWriter{values: newValues(w, s), delimiter: delimiter, first: true}
}

func (c *csvWriter) Write(p []byte) (int, error) { return c.feed(p, c.step) }

func (c *csvWriter) Close() error { return c.close(c.endField) }

func (c *csvWriter) step(b byte) {
	switch c.state {
	case csvStart:
		if b == '"' {
			c.quoted, c.state = true, csvQuoted
			c.pass('"')
			return
		}
		c.state = csvPlain
		c.plain(b)
	case csvPlain:
		c.plain(b)
	case csvQuoted:
		if b == '"' {
			c.state = csvQuote
			return
		}
		c.keep(b)
	case csvQuote:
		if b == '"' {
			c.keep('"')
			c.keep('"')
			c.state = csvQuoted
			return
		}
		if b == c.delimiter || b == '\n' || b == '\r' {
			c.endField()
			c.plain(b)
			return
		}
		c.keep('"')
		c.keep('"') // the quote was not the last: it stands for itself
		c.keep(b)
		c.state = csvQuoted
	}
}

// plain takes in a byte of a field without quotes, or of what separates fields.
func (c *csvWriter) plain(b byte) {
	switch b {
	case c.delimiter:
		c.endField()
		c.pass(b)
		c.column++
		c.state = csvStart
	case '\n', '\r':
		c.endField()
		c.pass(b)
		c.column, c.state = 0, csvStart
		if b == '\n' {
			c.first = false
		}
	default:
		c.keep(b)
	}
}

// endField ends the field, with its closing quote if it has an opening one.
func (c *csvWriter) endField() {
	if c.first && c.column < maxColumns {
		for len(c.header) <= c.column {
			c.header = append(c.header, nil)
		}
		c.header[c.column] = bytes.Clone(c.raw[:min(len(c.raw), maxBefore)])
		c.announce(nil)
	} else if c.column < len(c.header) {
		c.announce(c.header[c.column])
	} else {
		c.announce(nil)
	}
	quoted := c.quoted
	c.end(func(raw []byte) []byte {
		if quoted {
			return bytes.ReplaceAll(raw, []byte(`""`), []byte(`"`))
		}
		return raw
	}, func(dst, text []byte) []byte {
		if quoted {
			return append(dst, bytes.ReplaceAll(text, []byte(`"`), []byte(`""`))...)
		}
		return append(dst, text...)
	})
	if quoted && c.state != csvQuoted {
		c.pass('"')
	}
	c.quoted = false
}
