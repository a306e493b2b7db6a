package known

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Kind says what a value is, and so in which other ways it is written.
type Kind uint8

const (
	Other Kind = iota // anything: found as it is
	Name              // a person's name
	Address
	Email
	Phone
)

// A Value is what is to be found.
type Value struct {
	Text string
	Kind Kind

	// Exact finds only what has the value's capitals. Accents and separators are free all the same. It also lets a value of kind [Other] be
	// nothing but ASCII white space.
	Exact bool

	// Whole finds only whole words: no letter or digit of a script with spaces stands right before or after. Names,
	// addresses, e-mails and phones are always found so.
	Whole bool
}

// A Span is where a value stands: text[Start:End], in bytes. It covers the accents and unseen characters after the last letter.
type Span struct {
	Start, End int
	Value      int    // index of the value
	Reason     string // why, in words that hold nothing of the value
}

var (
	// ErrEmpty is about a value with nothing to look for: no character that shows; of a kind other than [Other], no letter or digit; or only ASCII
	// white space, as an empty field of a form has it, unless it is Exact.
	ErrEmpty = errors.New("known: empty value")
	// ErrLong is about a value of more than 1024 bytes.
	ErrLong = errors.New("known: value of more than 1024 bytes")
	// ErrInvalid is about a value that is not UTF-8, or of a kind that does not exist.
	ErrInvalid = errors.New("known: invalid value")
)

const (
	maxValue   = 1024 // bytes of a value
	maxGap     = 64   // bytes between two units of a match
	asciiSpace = " \t\n\v\f\r"
)

// A Matcher finds the values it was made of. It is safe for concurrent use. A nil Matcher finds nothing.
type Matcher struct {
	words    *automaton // over word units
	literals *automaton // over all units; nil if no value needs it
	idle     [256]bool  // bytes that cannot begin a match
	inWord   [256]bool  // letters that cannot begin one after a letter; empty if a value may begin inside a word
	kinds    []Kind
	longest  int
	scans    sync.Pool
}

// A pattern is one way to write a value.
type pattern struct {
	form
	value  int
	reason string
	whole  bool // no word goes on before or after
	phone  bool // with country code and extension
	beside bool // counts only beside another pattern of the value that does not say so
}

type builder struct {
	value           int
	words, literals []pattern
}

func (b *builder) add(p pattern) {
	if len(p.runes) > 0 {
		p.value = b.value
		b.words = append(b.words, p)
	}
}

// New returns the Matcher of values. The error wraps [ErrEmpty], [ErrLong] or [ErrInvalid] and names the value by its index.
// No values at all are a Matcher that finds nothing.
func New(values []Value) (*Matcher, error) {
	m := &Matcher{}
	var b builder
	for i, v := range values {
		if err := check(v); err != nil {
			return nil, fmt.Errorf("value %d: %w", i, err)
		}
		b.value = i
		m.kinds = append(m.kinds, v.Kind)
		switch v.Kind {
		case Other:
			b.plain(v)
		case Name:
			b.name(v)
		case Address:
			b.address(v)
		case Email:
			b.email(v)
		case Phone:
			b.phone(v)
		}
	}
	m.words, m.literals = newAutomaton(b.words), nil
	if len(b.literals) > 0 {
		m.literals = newAutomaton(b.literals)
	}
	m.measure(values)
	inside := m.literals != nil || slices.ContainsFunc(b.words, func(p pattern) bool { return !p.whole })
	for c := range utf8.RuneSelf {
		u := asciiUnit(byte(c), 0)
		m.idle[c] = m.words.root[u.r] == 0 && (m.literals == nil || m.literals.root[u.r] == 0)
		m.inWord[c] = !inside && 'a' <= u.r && u.r <= 'z'
	}
	m.scans.New = func() any { return m.newScan() }
	return m, nil
}

func check(v Value) error {
	switch {
	case len(v.Text) > maxValue:
		return ErrLong
	case !utf8.ValidString(v.Text) || v.Kind > Phone:
		return ErrInvalid
	}
	if strings.Trim(v.Text, asciiSpace) == "" && !v.Exact {
		return ErrEmpty
	}
	units := fold(v.Text)
	if len(units) == 0 || v.Kind != Other && !slices.ContainsFunc(units, func(u unit) bool { return u.kind == wordUnit }) {
		return ErrEmpty
	}
	return nil
}

// measure sets longest: an address is found with its parts in a row, anything else by one pattern.
func (m *Matcher) measure(values []Value) {
	const margin = 2*maxGap + 2*maxPrefix
	for _, a := range []*automaton{m.words, m.literals} {
		if a != nil && a.longest > 0 {
			m.longest = max(m.longest, a.longest*(utf8.UTFMax+maxGap)+margin)
		}
	}
	for _, v := range values {
		if v.Kind == Address {
			m.longest = max(m.longest, 2*len(fold(v.Text))*(utf8.UTFMax+maxGap)+margin)
		}
	}
}

// Longest returns how many bytes a span has at most, separators and accents included.
func (m *Matcher) Longest() int {
	if m == nil {
		return 0
	}
	return m.longest
}

// Append appends to dst where values stand in text, in order and disjoint. Text may be any bytes; what is not UTF-8 parts words.
// No rune is split. It takes time linear in text, and no allocation where nothing is found.
func (m *Matcher) Append(dst []Span, text []byte) []Span {
	if m == nil || m.longest == 0 {
		return dst
	}
	s := m.scans.Get().(*scan)
	s.text = text
	s.run()
	dst = s.resolve(dst)
	s.reset()
	m.scans.Put(s)
	return dst
}

// spaced reports whether words of r's script are set apart by spaces.
func spaced(r rune) bool {
	return r < 0x0e00 || !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Hangul)
}

func cased(r rune) bool { return unicode.ToUpper(r) != r || unicode.ToLower(r) != r }
