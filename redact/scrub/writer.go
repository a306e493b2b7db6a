package scrub

import (
	"errors"
	"io"
)

// ErrClosed is the error of a write to a Writer that was closed.
var ErrClosed = errors.New("scrub: write after Close")

// A Writer scrubs what is written to it, as one document, and writes the result to another writer. It holds at most a few
// hundred kilobytes back, whatever the length of the document, and what it writes does not depend on how the document was cut into
// writes: it is what [Scrubber.Append] makes of the whole.
//
// Close writes the rest; without it the end of the document is missing. A Writer is for one goroutine at a time.
type Writer struct {
	s       *Scrubber
	out     io.Writer
	work    work
	doc     document
	pending []byte // text from partBefore bytes before the next part on
	from    int    // where the next part begins in pending
	output  []byte
	err     error
}

// NewWriter returns a Writer to w. If s is nil or zero, the Writer writes nothing of what it is given and Close writes "[WITHHELD]".
func NewWriter(w io.Writer, s *Scrubber) *Writer {
	x := &Writer{s: s, out: w}
	x.work.s = s
	return x
}

// Write takes in p. It returns the error of the writer beneath, then and ever after, and [ErrClosed] after Close.
func (w *Writer) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	if w.s == nil || w.s.operators == nil {
		if len(p) > 0 {
			w.from = 1 // there is something to withhold
		}
		return len(p), nil
	}
	written := 0
	for written < len(p) {
		// One byte more than a part is what tells where the part ends.
		n := min(len(p)-written, w.s.size+1-(len(w.pending)-w.from))
		w.pending = append(w.pending, p[written:written+n]...)
		written += n
		if w.advance(false); w.err != nil {
			return written, w.err
		}
	}
	return written, nil
}

// advance writes all parts whose end is known.
func (w *Writer) advance(final bool) {
	for w.from < len(w.pending) && w.err == nil {
		to := w.s.part(&w.work, w.pending, w.from, final)
		if to == w.from {
			return
		}
		w.output = w.s.replace(w.output[:0], w.pending[:to], w.from, w.work.found, &w.doc)
		w.from = to
		if _, err := w.out.Write(w.output); err != nil {
			w.err = err
		}
		// What the next part looks back at stays, and up to three bytes more to find where a code point begins.
		if keep := partBefore + 4; w.from > keep {
			n := copy(w.pending, w.pending[w.from-keep:])
			w.pending, w.from = w.pending[:n], keep
		}
	}
}

// Close scrubs and writes what is held back. It does not close the writer beneath. A second Close does nothing.
func (w *Writer) Close() error {
	if errors.Is(w.err, ErrClosed) {
		return nil
	}
	if w.err == nil {
		if w.s != nil && w.s.operators != nil {
			w.advance(true)
		} else if w.from > 0 {
			_, w.err = io.WriteString(w.out, withheld("?"))
		}
	}
	err := w.err
	w.err = ErrClosed
	clear(w.pending[:cap(w.pending)])
	clear(w.output[:cap(w.output)])
	w.pending, w.from = nil, 0
	w.work.wipe()
	return err
}

// A reader scrubs what it reads.
type reader struct {
	in     io.Reader
	writer *Writer
	buf    []byte
	ready  []byte
	out    []byte
	err    error
}

// NewReader returns a reader of what r holds, scrubbed as one document. It reads ahead by a few hundred kilobytes at most. An error of r other than
// io.EOF is returned after what can be scrubbed before it; the text held back is then not returned, because its end is not known.
func NewReader(r io.Reader, s *Scrubber) io.Reader {
	x := &reader{in: r, buf: make([]byte, 32<<10)}
	x.writer = NewWriter((*collector)(x), s)
	return x
}

// A collector is a reader as the writer that its own Writer writes to.
type collector reader

func (r *collector) Write(p []byte) (int, error) {
	r.out = append(r.out, p...)
	return len(p), nil
}

func (r *reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(r.ready) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.out = r.out[:0]
		n, err := r.in.Read(r.buf)
		if n > 0 {
			r.writer.Write(r.buf[:n]) // never fails: it writes to memory
		}
		switch {
		case errors.Is(err, io.EOF):
			r.writer.Close()
			r.err = io.EOF
		case err != nil:
			r.err = err
		}
		r.ready = r.out
	}
	n := copy(p, r.ready)
	r.ready = r.ready[n:]
	return n, nil
}
