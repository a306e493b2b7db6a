package scrub

import (
	"errors"
	"slices"
	"sync"

	"github.com/purposebound/purposebound/redact/scrub/internal/known"
)

// A Scrubber finds and replaces personal data in text. [New] makes one. It does not change afterwards and is safe for concurrent use; it
// must not be copied.
//
// A nil or zero Scrubber knows of nothing that may stay: it withholds all of every text.
type Scrubber struct {
	min       [kinds]float32 // the score from which a built-in type counts, above 1 if it is not looked for
	names     bool           // any type that names are found for is looked for
	masks     bool           // some type has the operator Mask
	operators map[Type]assigned
	custom    []custom
	context   []weighed
	matcher   *known.Matcher
	values    []Value // each with its type; without text if the type is not looked for
	size      int     // bytes of a part, see part
	margin    int     // bytes at the end of a part in which a finding might go on
	pool      sync.Pool
}

// assigned is the operator of a type, and a number for the type.
type assigned struct {
	operator Operator
	id       int
}

// New returns a Scrubber. Without options it looks for every built-in type and replaces what it finds by [Tag].
// The error wraps [ErrOption] and names every option that cannot be used.
func New(options ...Option) (*Scrubber, error) {
	var s settings
	var errs []error
	for _, o := range options {
		if o == nil {
			errs = append(errs, errors.Join(ErrOption, errors.New("scrub: nil option")))
			continue
		}
		errs = append(errs, o.set(&s))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	types, err := s.check()
	if err != nil {
		return nil, err
	}
	matcher, err := s.matcher()
	if err != nil {
		return nil, err
	}
	x := &Scrubber{operators: map[Type]assigned{}, matcher: matcher, size: partSize, margin: partMargin}
	for k, t := range builtin {
		x.min[k] = s.minimum(t)
	}
	x.min[kindWithheld] = 0
	for _, k := range []kind{kindPerson, kindPlace, kindOrganisation, kindTitle, kindNationality} {
		x.names = x.names || x.min[k] <= 1
	}
	for _, c := range s.recognizers {
		c.min = s.minimum(c.typ)
		x.custom = append(x.custom, c)
	}
	for t := range types {
		a := assigned{Tag(), len(x.operators)}
		for _, r := range s.operators {
			if len(r.types) == 0 || slices.Contains(r.types, t) {
				a.operator = r.operator
			}
		}
		_, masks := a.operator.(mask)
		x.masks = x.masks || masks
		x.operators[t] = a
	}
	for _, n := range s.context {
		w := weighed{n.typ, n.weight, map[string]bool{}}
		for _, word := range n.words {
			w.words[word] = true
		}
		x.context = append(x.context, w)
	}
	for _, v := range s.values {
		if v.Type == "" {
			v.Type = KnownValue
		}
		if slices.Contains(s.without, v.Type) {
			v.Text = ""
		}
		x.values = append(x.values, v)
	}
	if matcher != nil {
		x.margin += matcher.Longest()
		x.size = max(x.size, 4*x.margin)
	}
	return x, nil
}

// Scrub returns text with every finding replaced. The text is one document. A text in which nothing is found is returned as it is.
func (s *Scrubber) Scrub(text string) string {
	if s == nil || s.operators == nil {
		return withheld(text)
	}
	w := s.work()
	defer s.done(w)
	w.source = append(w.source[:0], text...)
	w.output = w.output[:0]
	var clean bool
	if w.output, clean = s.document(w, w.output, w.source); clean {
		return text
	}
	return string(w.output)
}

// Append appends src with every finding replaced to dst and returns the result. Src is one document, is not changed and must not
// share memory with what follows dst. Beyond growing dst, it costs no allocation if nothing is found.
func (s *Scrubber) Append(dst, src []byte) []byte {
	if s == nil || s.operators == nil {
		return append(dst, withheld(string(src))...)
	}
	w := s.work()
	defer s.done(w)
	dst, _ = s.document(w, dst, src)
	return dst
}

// Find returns what is found in text, sorted by position and disjoint, or nil.
func (s *Scrubber) Find(text string) []Finding { return s.AppendFindings(nil, []byte(text)) }

// AppendFindings appends what is found in text to dst, sorted by position and disjoint. These are the findings that Append would
// replace under the operator [Tag].
func (s *Scrubber) AppendFindings(dst []Finding, text []byte) []Finding {
	start := len(dst)
	if s == nil || s.operators == nil {
		if len(text) > 0 {
			dst = append(dst, Finding{Type: Withheld, End: len(text), Score: 1, Reason: "no scrubber"})
			countRunes(dst[start:], text)
		}
		return dst
	}
	w := s.work()
	defer s.done(w)
	for from := 0; from < len(text); {
		to := s.part(w, text, from, true)
		dst = append(dst, w.found...)
		from = to
	}
	countRunes(dst[start:], text)
	return dst
}

func withheld(text string) string {
	if text == "" {
		return ""
	}
	return "[WITHHELD]"
}

// document appends text, scrubbed, to dst; clean reports that it is unchanged.
func (s *Scrubber) document(w *work, dst, text []byte) (out []byte, clean bool) {
	clean = true
	w.doc.reset()
	for from := 0; from < len(text); {
		to := s.part(w, text, from, true)
		clean = clean && len(w.found) == 0
		dst = s.replace(dst, text[:to], from, w.found, &w.doc)
		from = to
	}
	return dst, clean
}

// replace appends text from an offset on, with its findings replaced, to dst.
func (s *Scrubber) replace(dst, text []byte, from int, found []Finding, d *document) []byte {
	s.taken(d, text[from:])
	for _, f := range found {
		dst = append(dst, text[from:f.Start]...)
		a := s.operators[f.Type]
		v := value{f.Type, a.id, text[f.Start:f.End]}
		if f.known > 0 {
			v.text = append([]byte(nil), s.values[f.known-1].Text...)
		}
		dst = a.operator.replace(dst, d, v)
		from = f.End
	}
	return append(dst, text[from:]...)
}

func (s *Scrubber) work() *work {
	w, _ := s.pool.Get().(*work)
	if w == nil {
		w = &work{s: s}
	}
	return w
}

// done keeps the memory of w for another time, without the text it held.
func (s *Scrubber) done(w *work) {
	w.wipe()
	s.pool.Put(w)
}
