package names

import (
	"bytes"
	"encoding/binary"
	"unicode"
	"unicode/utf8"
)

// Append appends to dst what it finds in text, in order of Start; a title and the person it belongs to are two findings. Text may be
// any bytes; no rune is split. It takes time linear in text, and no allocation where nothing is found. It is safe for concurrent use.
func Append(dst []Span, text []byte, lang Lang) []Span {
	return appendSpans(dst, text, lang, standard())
}

func appendSpans(dst []Span, text []byte, lang Lang, x *lexicon) []Span {
	spans := dst
	l := line{text: text, lexicon: x, lang: lang, spans: &spans, earlier: len(dst)}
	for l.start < len(text) {
		if n := bytes.IndexByte(text[l.start:], '\n'); n >= 0 {
			l.end = l.start + n
		} else {
			l.end = len(text)
		}
		l.scan()
		l.start = l.end + 1
	}
	return spans
}

// kindOf returns what the lists say of a key, in the language of the text.
func (l *line) kindOf(key []byte) kind {
	is := l.lexicon.kindOf(key)
	if is&title != 0 && l.lang == English && frenchTitles[string(key)] {
		is &^= title
	}
	return is
}

// frenchTitles are the titles that are other words or initials in English.
var frenchTitles = setOf(`m mm me pr`)

// A line is what is looked at together.
type line struct {
	text       []byte
	start, end int
	lexicon    *lexicon
	lang       Lang
	keys       keys    // of the words that were read last
	spans      *[]Span // findings, those of earlier lines too
	earlier    int     // how many spans there were before this text
	context    context // the last one, and one more than where it was
	contextAt  int
	addressed  bool // the line before had a civic number, or was part of the address below one
}

// stops are the bytes at which a capital letter may stand: A to Z, and lead bytes of two and three byte letters that have capitals.
var stops = func() (t [256]bool) {
	for c := 'A'; c <= 'Z'; c++ {
		t[c] = true
	}
	for c := 0xc3; c <= 0xd5; c++ {
		t[c] = true
	}
	t[0xe1] = true
	return t
}()

// nextCapital returns the first place from i on where a word begins with a capital, or the end of the line.
func (l *line) nextCapital(i int) int {
	text := l.text[:l.end]
	for i < len(text) {
		if i+8 <= len(text) && !mayHaveCapital(binary.LittleEndian.Uint64(text[i:])) {
			i += 8
			continue
		}
		c := text[i]
		if !stops[c] {
			i++
			continue
		}
		if c == 0xc3 && i+1 < len(text) && text[i+1] >= 0xa0 { // à to ÿ: lower case, and common
			i += 2
			continue
		}
		if i > l.start && (text[i-1]|0x20 >= 'a' && text[i-1]|0x20 <= 'z' || text[i-1] >= utf8.RuneSelf && l.letterBefore(i)) {
			i = l.skipWord(i)
			continue
		}
		r, size := l.rune(i)
		if unicode.IsUpper(r) {
			return i
		}
		i += max(1, size)
	}
	return l.end
}

// mayHaveCapital reports whether one of eight bytes is a capital of ASCII or beyond ASCII.
func mayHaveCapital(eight uint64) bool {
	const each = 0x0101010101010101
	from, beyond := eight+each*(0x80-'A'), eight+each*(0x7f-'Z') // the high bit of a byte tells whether it is at least A, and more than Z
	return (eight|from&^beyond)&(each*0x80) != 0
}

// skipWord returns the end of the letters at i.
func (l *line) skipWord(i int) int {
	for i < l.end {
		r, size := l.rune(i)
		if !unicode.IsLetter(r) {
			return max(i, i+size)
		}
		i += size
	}
	return i
}

// scan looks at one line.
func (l *line) scan() {
	found := len(*l.spans)
	i := l.nextCapital(l.start)
	if i == l.end {
		l.scanLower()
	}
	for i < l.end {
		l.keys.used = 0
		if l.attached(i) {
			i = l.nextCapital(l.skipWord(i))
			continue
		}
		if end := l.skipOrdinary(i); end > 0 {
			i = l.nextCapital(end)
			continue
		}
		i = l.nextCapital(l.run(i))
	}
	if l.end-l.start < maxAlone {
		l.alone(found)
	}
}

// skipOrdinary returns the end of the word at i if it is what most capitals begin, an ordinary word of ASCII letters that no capital
// follows, or 0. What it passes over, run would too; this is faster.
func (l *line) skipOrdinary(i int) int {
	text := l.text[:l.end]
	if text[i] > 'Z' {
		return 0
	}
	h := uint32(hashBegin)
	h = (h ^ uint32(text[i]|0x20)) * hashPrime
	end := i + 1
	for end < len(text) && 'a' <= text[end] && text[end] <= 'z' {
		h = (h ^ uint32(text[end])) * hashPrime
		end++
	}
	if end-i < 2 || end+1 >= len(text) {
		return 0
	}
	switch text[end] {
	case ',', ';', '!', '?':
	case ' ':
		if c := text[end+1]; c < 'a' || c > 'z' {
			return 0
		}
	default:
		return 0
	}
	const other = given | family | head | heading | nationality | profession | career | city | country | label
	if is := l.lexicon.kindCapital(h, text[i:end]); is&ordinary == 0 || is&other != 0 {
		return 0
	}
	return end
}

// attached reports whether the word at i is part of an address, a path or an identifier.
func (l *line) attached(i int) bool {
	if i == l.start {
		return false
	}
	switch c := l.text[i-1]; c {
	case '@', '/', '\\', '_', '#', '=', '&', '%', '$', '~', '^', '+':
		return true
	default:
		return isDigit(c)
	}
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

const (
	maxRun      = 12 // words that are looked at together
	maxParticle = 6  // bytes of the longest particle
	maxAlone    = 64 // bytes of a line that may be one name, place or profession
)

// run reads the words that begin at i, which is a capital, and go on with capitals, and judges them. It returns where to go on.
func (l *line) run(i int) int {
	first := l.readWord(i)
	if follows := l.nextWord(&first); (follows == 0 || !l.capitalAt(follows)) && (first.code || first.plain() && !first.wordlike &&
		!first.is(head|heading|nationality|profession|career|city|country)) {
		return first.next // most capitals begin a sentence with an ordinary word
	}
	l.keys.used = 0
	var words [maxRun]word
	n, next := l.readRun(words[:], i)
	if n == 0 {
		return next
	}
	if end := l.judge(words[:n]); end > next {
		return end
	}
	return next
}

// readRun fills words and returns how many there are, and where it stopped.
func (l *line) readRun(words []word, i int) (int, int) {
	n := 0
	for n < len(words) {
		if !l.capitalAt(i) && (n == 0 || !l.particleAt(i)) {
			return n, i
		}
		w := l.readWord(i)
		if w.code || bytes.HasPrefix(l.text[w.next:l.end], []byte("://")) {
			return n, w.next
		}
		if !w.capital && (!w.is(particle) || !l.capitalAhead(w.next)) { // a particle counts only before a name
			return n, w.start
		}
		words[n] = w
		n++
		i = l.nextWord(&w)
		if i == 0 {
			return n, w.next
		}
	}
	return n, words[n-1].next
}

// particleAt reports whether a word at i is as short as particles are.
func (l *line) particleAt(i int) bool {
	for n := range maxParticle + 1 {
		if i+n >= l.end || l.text[i+n] == ' ' {
			return n <= maxParticle
		}
	}
	return false
}

// nextWord returns where the word after w begins if only a space is between them, or 0.
func (l *line) nextWord(w *word) int {
	i := w.next
	if w.possessive {
		return 0
	}
	if r, size := l.rune(i); r == ' ' || r == 0xa0 || unseen(r) {
		i += size
	} else if !w.initial && !(w.is(title) && i > w.start && l.text[i-1] == '.') || l.capitalAt(i) && l.capitalAt(i+1) && !w.is(title) {
		return 0 // "C.STDIN", but not "J.Roy"
	}
	if !l.letterAt(i) {
		return 0
	}
	return i
}

// capitalAhead reports whether a capital follows, after particles.
func (l *line) capitalAhead(i int) bool {
	for range 3 {
		if i >= l.end || l.text[i] != ' ' {
			return false
		}
		i++
		if l.capitalAt(i) {
			return true
		}
		if !l.letterAt(i) {
			return false
		}
		mark := l.keys.used
		w := l.readWord(i)
		l.keys.used = mark
		if !w.is(particle) {
			return false
		}
		i = w.next
	}
	return false
}
