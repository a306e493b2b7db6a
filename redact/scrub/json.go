package scrub

import (
	"errors"
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// ErrMalformed is the error of a writer of structured text whose input is not of that structure. What follows the fault is withheld.
var ErrMalformed = errors.New("scrub: malformed document")

const maxDepth = 10000 // of nested arrays and objects, as in package encoding/json

// jsonWriter scrubs the values of JSON texts.
type jsonWriter struct {
	values
	state byte
	depth []byte // '{' or '[' of each container that is open
	name  []byte // of the field whose value comes next
	key   bool   // the string being read is a name
}

// States of a jsonWriter.
const (
	jsonValue    byte = iota // a value must come
	jsonFirst                // a value or "]"
	jsonName                 // a name must come
	jsonFirstKey             // a name or "}"
	jsonColon
	jsonAfter  // after a value
	jsonString // in a string
	jsonEscape // in a string after a backslash
	jsonWord   // in a number, true, false or null
)

// NewJSONWriter returns a writer to w that scrubs the strings and the numbers in JSON (RFC 8259), one text or several with
// white space between them, as one document. Names of fields stay as they are and announce the values, as the word "phone" before a number
// does in text. Escapes are decoded before the search; a string in which something is found is escaped anew, any other is written as it came. A
// number in which something is found becomes a string.
//
// The error of input that is no JSON is [ErrMalformed]; nothing from the faulty string or word on is written. Of a string of more than
// 1 MiB nothing is written but "[WITHHELD]". The writer is for one goroutine at a time; Close writes the rest and does not close w.
func NewJSONWriter(w io.Writer, s *Scrubber) io.WriteCloser {
	return &jsonWriter{values: newValues(w, s)}
}

func (j *jsonWriter) Write(p []byte) (int, error) { return j.feed(p, j.step) }

func (j *jsonWriter) Close() error {
	return j.close(func() {
		if j.state == jsonWord {
			j.endWord()
		}
		if len(j.depth) > 0 || j.state != jsonAfter && j.state != jsonValue {
			j.fail()
		}
	})
}

// fail withholds the rest. What is ready is written.
func (j *jsonWriter) fail() {
	j.raw = j.raw[:0]
	if j.flush() == nil {
		j.err = ErrMalformed
	}
}

func (j *jsonWriter) step(c byte) {
	switch j.state {
	case jsonString:
		switch {
		case c == '"':
			j.endString()
		case c < ' ':
			j.fail()
		case c == '\\':
			j.keep(c)
			j.state = jsonEscape
		default:
			j.keep(c)
		}
		return
	case jsonEscape:
		j.keep(c)
		j.state = jsonString
		return
	case jsonWord:
		if isLetter(c) || isDigit(c) || c == '-' || c == '+' || c == '.' {
			j.keep(c)
			return
		}
		if j.endWord(); j.err != nil {
			return
		}
	}
	if c == ' ' || c == '\t' || c == '\n' || c == '\r' {
		j.pass(c)
		return
	}
	j.structure(c)
}

// structure takes in a byte outside of strings and words.
func (j *jsonWriter) structure(c byte) {
	value := j.state == jsonValue || j.state == jsonFirst || j.state == jsonAfter && len(j.depth) == 0
	switch {
	case c == '"' && (value || j.state == jsonName || j.state == jsonFirstKey):
		j.key = !value
		j.pass(c)
		j.state = jsonString
	case (c == '{' || c == '[') && value && len(j.depth) < maxDepth:
		j.pass(c)
		j.depth = append(j.depth, c)
		j.state = jsonFirst
		if c == '{' {
			j.state = jsonFirstKey
		}
	case c == '}' && (j.state == jsonFirstKey || j.state == jsonAfter && j.in('{')), c == ']' && (j.state == jsonFirst || j.state == jsonAfter && j.in('[')):
		j.pass(c)
		j.depth = j.depth[:len(j.depth)-1]
		j.state = jsonAfter
		j.name = j.name[:0]
	case c == ':' && j.state == jsonColon:
		j.pass(c)
		j.state = jsonValue
	case c == ',' && j.state == jsonAfter && len(j.depth) > 0:
		j.pass(c)
		j.state = jsonValue
		if j.in('{') {
			j.state = jsonName
		}
	case value && (isDigit(c) || c == '-' || c == 't' || c == 'f' || c == 'n'):
		j.keep(c)
		j.state = jsonWord
	default:
		j.fail()
	}
}

func (j *jsonWriter) in(c byte) bool { return len(j.depth) > 0 && j.depth[len(j.depth)-1] == c }

func (j *jsonWriter) endString() {
	if !validEscapes(j.raw) {
		j.fail()
		return
	}
	if j.key {
		j.name = append(j.name[:0], j.raw[:min(len(j.raw), maxBefore)]...)
		if j.long { // a name is no value, but so long a one is no name either
			j.raw = append(j.raw[:0], withheld("?")...)
		}
		j.buf = append(append(j.buf, j.raw...), '"')
		j.raw, j.long = j.raw[:0], false
		j.state = jsonColon
		return
	}
	j.announce(j.name)
	j.end(unescapeJSON, appendJSON)
	j.pass('"')
	j.state = jsonAfter
}

func (j *jsonWriter) endWord() {
	word := string(j.raw)
	switch {
	case word == "true" || word == "false" || word == "null":
		j.buf = append(j.buf, word...)
		j.raw = j.raw[:0]
	case j.long || !isJSONNumber(j.raw):
		j.fail()
		return
	default:
		j.announce(j.name)
		j.end(func(raw []byte) []byte { return raw }, func(dst, text []byte) []byte {
			return append(appendJSON(append(dst, '"'), text), '"')
		})
	}
	j.state = jsonAfter
}

// isJSONNumber reports whether b is a number of RFC 8259, section 6.
func isJSONNumber(b []byte) bool {
	i := 0
	digits := func() bool {
		start := i
		for i < len(b) && isDigit(b[i]) {
			i++
		}
		return i > start
	}
	if i < len(b) && b[i] == '-' {
		i++
	}
	zero := i < len(b) && b[i] == '0'
	start := i
	if !digits() || zero && i > start+1 {
		return false
	}
	if i < len(b) && b[i] == '.' {
		if i++; !digits() {
			return false
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if !digits() {
			return false
		}
	}
	return i == len(b)
}

// validEscapes reports whether every backslash in the inside of a JSON string begins an escape.
func validEscapes(b []byte) bool {
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' {
			continue
		}
		if i++; i == len(b) {
			return false
		}
		switch b[i] {
		case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		case 'u':
			if i+4 >= len(b) || !allHex(b[i+1:i+5]) {
				return false
			}
			i += 4
		default:
			return false
		}
	}
	return true
}

// unescapeJSON decodes the inside of a JSON string whose escapes are valid. A half of a surrogate pair becomes U+FFFD.
func unescapeJSON(b []byte) []byte {
	out := make([]byte, 0, len(b))
	unit := func(i int) rune {
		v, _ := strconv.ParseUint(string(b[i:i+4]), 16, 16)
		return rune(v)
	}
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' {
			out = append(out, b[i])
			continue
		}
		i++
		switch b[i] {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r := unit(i + 1)
			i += 4
			if utf16.IsSurrogate(r) {
				low := rune(0)
				if i+6 < len(b) && b[i+1] == '\\' && b[i+2] == 'u' {
					low = unit(i + 3)
				}
				if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
					i += 6
				}
			}
			out = utf8.AppendRune(out, r)
		default:
			out = append(out, b[i])
		}
	}
	return out
}

// appendJSON escapes text as the inside of a JSON string.
func appendJSON(dst, text []byte) []byte {
	const hex = "0123456789abcdef"
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c == '\r':
			dst = append(dst, '\\', 'r')
		case c == '\t':
			dst = append(dst, '\\', 't')
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
