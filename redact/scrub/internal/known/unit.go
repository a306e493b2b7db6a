package known

import (
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A unit is one character of folded text, with the bytes of the rune it comes from. A rune can give several.
type unit struct {
	r          rune
	kind       unitKind
	start, end int
	upper      bool // the text has a capital
	inner      bool // not the first of its rune
	more       bool // not the last of its rune, accents aside
	parted     bool // separators stand between this word unit and the one before
}

type unitKind uint8

const (
	wordUnit      unitKind = iota // letter, digit, or a mark that spells, such as a vowel sign
	accentUnit                    // a mark without which the word is still the same word
	separatorUnit                 // everything else
)

// A folder turns text into units. The zero folder is ready for use.
type folder struct {
	out     []unit // what the last call of next or flush gave
	pending []unit // marks that wait for canonical order
}

// maxPending bounds the marks that are put into order together. Stream-safe text (UAX #15) has no more than 30.
const maxPending = 32

// next folds the rune at text[i:] and returns its size. Marks are held back until the run of marks ends.
func (f *folder) next(text []byte, i int) int {
	f.out = f.out[:0]
	if c := text[i]; c < utf8.RuneSelf {
		f.flushPending()
		f.out = append(f.out, asciiUnit(c, i))
		return 1
	}
	r, size := utf8.DecodeRune(text[i:])
	if r == utf8.RuneError && size == 1 {
		f.flushPending()
		f.out = append(f.out, unit{r: r, kind: separatorUnit, start: i, end: i + 1})
		return 1
	}
	if ignorable(r) {
		return size
	}
	if l, v, t, ok := jamo(r); ok {
		f.starter(l, i, size, false, true)
		f.starter(v, i, size, true, t != 0)
		if t != 0 {
			f.starter(t, i, size, true, false)
		}
		return size
	}
	p := norm.NFKD.Properties(text[i : i+size])
	decomposed := p.Decomposition()
	if decomposed == nil {
		f.add(r, p.CCC(), i, size, false, false)
		return size
	}
	for j, inner := 0, false; j < len(decomposed); inner = true {
		r, n := utf8.DecodeRune(decomposed[j:])
		j += n
		f.add(r, norm.NFKD.Properties(decomposed[j-n:j]).CCC(), i, size, inner, startersIn(decomposed[j:]))
	}
	return size
}

// flush ends the text.
func (f *folder) flush() {
	f.out = f.out[:0]
	f.flushPending()
}

func (f *folder) flushPending() {
	f.out = append(f.out, f.pending...)
	f.pending = f.pending[:0]
}

func (f *folder) add(r rune, ccc uint8, start, size int, inner, more bool) {
	if ccc == 0 {
		f.starter(r, start, size, inner, more)
		return
	}
	if len(f.pending) == maxPending {
		f.flushPending()
	}
	u := unit{r: r, kind: kindOf(r), start: start, end: start + size, inner: inner, more: more}
	at := len(f.pending)
	f.pending = append(f.pending, u)
	for ; at > 0 && combiningClass(f.pending[at-1].r) > ccc; at-- {
		f.pending[at] = f.pending[at-1]
	}
	f.pending[at] = u
}

func (f *folder) starter(r rune, start, size int, inner, more bool) {
	f.flushPending()
	u := unit{kind: kindOf(r), start: start, end: start + size, upper: unicode.IsUpper(r), inner: inner, more: more}
	u.r = unicode.ToLower(r)
	a, b := u.r, rune(0)
	if s, ok := spelled[u.r]; ok {
		a, b = s[0], s[1]
	}
	u.r = a
	if b == 0 {
		f.out = append(f.out, u)
		return
	}
	u.more = true
	f.out = append(f.out, u)
	u.r, u.inner, u.more, u.upper = b, true, more, false
	f.out = append(f.out, u)
}

func asciiUnit(c byte, i int) unit {
	u := unit{r: rune(c), start: i, end: i + 1}
	switch {
	case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
	case 'A' <= c && c <= 'Z':
		u.r, u.upper = u.r+'a'-'A', true
	default:
		u.kind = separatorUnit
	}
	return u
}

// spelled has the lower-case letters that Unicode does not decompose, and what people write for them.
var spelled = map[rune][2]rune{
	'ß': {'s', 's'}, 'æ': {'a', 'e'}, 'œ': {'o', 'e'}, 'þ': {'t', 'h'}, 'ð': {'d'}, 'đ': {'d'}, 'ø': {'o'},
	'ł': {'l'}, 'ħ': {'h'}, 'ŧ': {'t'}, 'ı': {'i'}, 'ς': {'σ'},
}

func kindOf(r rune) unitKind {
	switch {
	case unicode.IsLetter(r) && !('ʹ' <= r && r <= 'ˁ'), unicode.IsNumber(r): // U+02B9 to U+02C1 serve as apostrophes
		return wordUnit
	case unicode.IsMark(r):
		if unicode.Is(unicode.Inherited, r) && r != '\u3099' && r != '\u309a' || r >= 0x0591 && r <= 0x05c7 || r == 0x20dd || unicode.Is(unicode.Me, r) {
			return accentUnit // not the voicing marks of kana: they make another syllable
		}
		return wordUnit
	}
	return separatorUnit
}

// ignorable reports whether a rune shows nothing and is not to part a word.
func ignorable(r rune) bool {
	switch {
	case r < 0x300:
		return r == 0xad
	case r < 0x2000:
		return r == 0x34f || r == 0x61c || r >= 0x180b && r <= 0x180f
	}
	return r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2060 && r <= 0x206f ||
		r >= 0xfe00 && r <= 0xfe0f || r == 0xfeff || r >= 0xe0100 && r <= 0xe01ef
}

// jamo decomposes a Hangul syllable, which x/text leaves to arithmetic (Unicode 15.0, section 3.12).
func jamo(r rune) (lead, vowel, trail rune, ok bool) {
	if r < 0xac00 || r > 0xd7a3 {
		return 0, 0, 0, false
	}
	s := r - 0xac00
	if s%28 != 0 {
		trail = 0x11a7 + s%28
	}
	return 0x1100 + s/588, 0x1161 + s%588/28, trail, true
}

func startersIn(decomposed []byte) bool {
	for j := 0; j < len(decomposed); {
		r, n := utf8.DecodeRune(decomposed[j:])
		if combiningClass(r) == 0 {
			return true
		}
		j += n
	}
	return false
}

func combiningClass(r rune) uint8 {
	var b [utf8.UTFMax]byte
	return norm.NFKD.Properties(b[:utf8.EncodeRune(b[:], r)]).CCC()
}

// A latinTable has by rune, up to U+017F, the one word unit of an accented letter. Its r is 0 for other runes.
type latinTable [0x180]unit

// latin is built at first use and never changes.
var latin = sync.OnceValue(func() *latinTable {
	var t latinTable
	for r := rune(utf8.RuneSelf); int(r) < len(t); r++ {
		if units := fold(string(r)); len(units) > 0 && units[0].kind == wordUnit && !units[0].more {
			t[r] = units[0]
		}
	}
	return &t
})

// simple folds the rune at text[i:] if it is a precomposed letter of Western European languages or a common quotation mark or dash,
// leaving accents out; its size is 0 if it is neither. It is a fast way for what [folder.next] does to any rune.
func simple(table *latinTable, text []byte, i int) (u unit, size int) {
	c := text[i]
	switch {
	case 0xc3 <= c && c <= 0xc5 && i+1 < len(text) && text[i+1]&0xc0 == 0x80:
		u = table[rune(c&0x1f)<<6|rune(text[i+1]&0x3f)]
		if u.r == 0 {
			return u, 0
		}
		size = 2
	case c == 0xe2 && i+2 < len(text) && text[i+1] == 0x80 && 0x90 <= text[i+2] && text[i+2] <= 0xa7: // U+2010 to U+2027
		u.kind, size = separatorUnit, 3
	}
	u.start, u.end = i, i+size
	return u, size
}
