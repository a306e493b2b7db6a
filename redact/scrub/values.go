package scrub

import (
	"io"
)

const (
	maxValue  = 1 << 20 // bytes of one value, encoded; a longer one is withheld whole
	maxBefore = 64      // bytes that announce a value
)

// values scrubs the values of one structured document, one after the other. The structure around them goes through as it is.
type values struct {
	s      *Scrubber
	out    io.Writer
	work   work
	buf    []byte // what goes to out next
	raw    []byte // the value being read, as it is encoded
	long   bool   // the value is longer than maxValue: the rest of it is not kept
	before []byte // what announces the value: the name of its field
	text   []byte
	err    error
	closed bool
}

func newValues(w io.Writer, s *Scrubber) values {
	if s != nil && s.operators == nil {
		s = nil
	}
	return values{s: s, out: w, work: work{s: s}}
}

// keep takes in one more byte of the value being read.
func (v *values) keep(c byte) {
	if len(v.raw) == maxValue {
		v.long = true
		return
	}
	v.raw = append(v.raw, c)
}

// pass takes in one byte of the structure.
func (v *values) pass(c byte) { v.buf = append(v.buf, c) }

// announce says what the next value is called. Names in which words are run together, "homePhone", "home_phone", are taken apart.
func (v *values) announce(name []byte) {
	v.before = v.before[:0]
	lower := false
	for _, c := range name {
		if len(v.before) >= maxBefore {
			break
		}
		switch {
		case isUpper(c) && lower:
			v.before = append(v.before, ' ', c)
		case c == '_' || c == '-' || c == '.':
			v.before = append(v.before, ' ')
		case isDigit(c):
		default:
			v.before = append(v.before, c)
		}
		lower = isLower(c)
	}
}

// scrub returns decoded with its findings replaced, and whether there were any.
func (v *values) scrub(decoded []byte) (out []byte, changed bool) {
	if v.s == nil {
		return []byte(withheld(string(decoded))), len(decoded) > 0
	}
	v.text = append(v.text[:0], v.before...)
	if len(v.before) > 0 {
		v.text = append(v.text, ": "...)
	}
	from := len(v.text)
	v.text = append(v.text, decoded...)
	v.work.output = v.work.output[:0]
	for from < len(v.text) {
		to := v.s.part(&v.work, v.text, from, true)
		changed = changed || len(v.work.found) > 0
		v.work.output = v.s.replace(v.work.output, v.text[:to], from, v.work.found, &v.work.doc)
		from = to
	}
	return v.work.output, changed
}

// end ends the value being read: it is decoded, scrubbed, and encoded again if that changed it.
func (v *values) end(decode func([]byte) []byte, encode func(dst, text []byte) []byte) {
	switch {
	case v.long:
		v.buf = encode(v.buf, []byte(withheld("?")))
	case len(v.raw) > 0:
		if out, changed := v.scrub(decode(v.raw)); changed {
			v.buf = encode(v.buf, out)
		} else {
			v.buf = append(v.buf, v.raw...)
		}
	}
	clear(v.raw)
	v.raw, v.long = v.raw[:0], false
}

// flush writes what is ready. It returns the error of the writer beneath, then and ever after.
func (v *values) flush() error {
	if v.err == nil && len(v.buf) > 0 {
		_, v.err = v.out.Write(v.buf)
	}
	clear(v.buf)
	v.buf = v.buf[:0]
	return v.err
}

// feed passes p to step, byte by byte, and writes what becomes ready.
func (v *values) feed(p []byte, step func(byte)) (int, error) {
	switch {
	case v.closed:
		return 0, ErrClosed
	case v.err != nil:
		return 0, v.err
	}
	const often = 32 << 10
	for i, c := range p {
		step(c)
		if len(v.buf) >= often || v.err != nil {
			if err := v.flush(); err != nil {
				return i + 1, err
			}
		}
	}
	if err := v.flush(); err != nil {
		return len(p), err
	}
	return len(p), nil
}

// close ends the document.
func (v *values) close(last func()) error {
	if v.closed {
		return nil
	}
	if v.err == nil {
		last()
		v.flush()
	}
	v.closed = true
	clear(v.text[:cap(v.text)])
	clear(v.raw[:cap(v.raw)])
	v.work.wipe()
	return v.err
}
