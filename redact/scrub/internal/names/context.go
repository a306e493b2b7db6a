package names

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// A context is what stands right before a place in a line.
type context struct {
	weights
	opens  bool // nothing, or the end of a sentence
	title  word // a form of address; its end is 0 if there is none
	street bool // the name of a street begins
	comma  bool
	colon  bool
	civic  bool // a number that may be of a house
	postal bool // a postal code
	first  word // the nearest word; its end is 0 if there is none
}

// maxBack bounds how far a context looks back, in bytes.
const maxBack = 64

// before returns the context at i. It remembers the last one, which is often asked for again.
func (l *line) before(i int) context {
	if l.contextAt != i+1 {
		l.context, l.contextAt = l.look(i), i+1
		return l.context
	}
	c := l.context
	if c.first.end > 0 { // its key may have been written over
		c.first.from, c.first.to = l.keys.add(l.text[c.first.start:c.first.end])
		switch {
		case c.comma:
			c.first.to = l.keys.extend(',')
		case c.colon:
			c.first.to = l.keys.extend(':')
		}
	}
	return c
}

// look reads the context at i.
func (l *line) look(i int) context {
	var c context
	var words [3]word
	n := 0
	limit := max(l.start, i-maxBack)
	c.civic, c.postal = l.numberBefore(i)
	mark := byte(0)
	for n < len(words) {
		i, mark = l.skipBack(i, limit, n == 0)
		if i == limit || mark == '.' || !l.letterBefore(i) {
			if n == 0 && mark == '.' && i > limit && l.letterBefore(i) {
				w := l.wordBefore(i, limit)
				if w.is(title) && w.capital {
					c.title, c.first = w, w
				} else {
					c.opens = true
				}
			} else if n == 0 {
				c.opens = i == l.start || mark == '.'
			}
			break
		}
		w := l.wordBefore(i, limit)
		if n == 0 {
			if w.is(title) && mark == 0 {
				c.title = w
			}
			if mark == ':' || mark == ',' {
				w.to = l.keys.extend(mark)
			}
			c.first, c.comma, c.colon = w, mark == ',', mark == ':'
		}
		c.street = c.street || mark == 0 && w.is(street) && (n == 0 || l.particles(words[:n]))
		words[n] = w
		n++
		i = w.start
	}
	if n > 0 {
		l.keys.used = c.first.to
	}
	if !c.first.is(cueEnd) {
		return c
	}
	var key [3 * (maxBack + 2)]byte
	for k := n; k > 0; k-- {
		phrase := key[:0]
		for j := k - 1; j >= 0; j-- {
			phrase = append(phrase, l.key(&words[j])...)
			if j > 0 {
				phrase = append(phrase, ' ')
			}
		}
		if w, ok := l.lexicon.before[string(phrase)]; ok {
			c.person, c.place, c.organisation = max(c.person, w.person), max(c.place, w.place), max(c.organisation, w.organisation)
		}
	}
	return c
}

// skipBack goes back over what parts two words: spaces, and at the first word also quotation marks, one colon or one comma. It
// returns what there was of punctuation; any other counts as a full stop.
func (l *line) skipBack(i, limit int, first bool) (int, byte) {
	mark := byte(0)
	for i > limit {
		r, size := utf8.DecodeLastRune(l.text[limit:i])
		switch {
		case r == ' ' || r == '\t' || r == 0xa0 || r == 0x202f || unseen(r):
		case first && (r == '"' || r == '(' || r == '“' || r == '«' || r == '*'):
		case mark == 0 && (r == ':' || r == ',') && first:
			mark = byte(r)
		case apostrophe(r) && !l.letterEnds(i-size):
			if !first {
				return i, '.'
			}
		case unicode.IsLetter(r) || unicode.IsMark(r) || apostrophe(r):
			return i, mark
		default:
			if mark == 0 {
				mark = '.'
			}
			if r != '.' || size != 1 {
				return i, '.'
			}
			return i - 1, '.'
		}
		i -= size
	}
	return i, mark
}

// letterBefore reports whether what stands before i may be of a word: a letter, an accent or an apostrophe.
func (l *line) letterBefore(i int) bool {
	r, _ := utf8.DecodeLastRune(l.text[l.start:i])
	return unicode.IsLetter(r) || unicode.IsMark(r) || apostrophe(r)
}

// letterEnds reports whether a letter ends at i, so that an apostrophe there is no quotation mark.
func (l *line) letterEnds(i int) bool {
	r, _ := utf8.DecodeLastRune(l.text[l.start:i])
	return unicode.IsLetter(r) || unicode.IsMark(r)
}

func apostrophe(r rune) bool { return r == '\'' || r == '’' }

// wordBefore reads the word that ends at i.
func (l *line) wordBefore(i, limit int) word {
	w := word{end: i, next: i}
	for i > limit {
		r, size := utf8.DecodeLastRune(l.text[limit:i])
		if !unicode.IsLetter(r) && !unicode.IsMark(r) && !apostrophe(r) && r != '-' && !unseen(r) {
			break
		}
		i -= size
	}
	for i < w.end && !l.letterAt(i) {
		i++
	}
	w.start = i
	w.capital = l.capitalAt(i)
	w.from, w.to = l.keys.add(l.text[w.start:w.end])
	key := l.key(&w)
	if len(key) > 2 && key[1] == '\'' && (key[0] == 'l' || key[0] == 'd') {
		key = key[2:] // "l'hôpital"
	}
	w.kind = l.kindOf(key)
	return w
}

func (l *line) particles(words []word) bool {
	for i := range words {
		if !words[i].is(particle) && !words[i].is(title) {
			return false
		}
	}
	return true
}

// An aftermath is what stands right after a place in a line.
type aftermath struct {
	weights
	mark  byte // punctuation right after, or 0
	ends  bool // nothing follows
	digit bool // a number follows
	first word
}

// after returns what follows i.
func (l *line) after(i int) aftermath {
	var a aftermath
	for i < l.end && (l.text[i] == ' ' || l.text[i] == '\r') {
		i++
	}
	if i == l.end {
		a.ends = true
		return a
	}
	if c := l.text[i]; c < utf8.RuneSelf && !l.letterAt(i) {
		a.mark, a.digit = c, isDigit(c)
		i++
		for i < l.end && l.text[i] == ' ' {
			i++
		}
	}
	var phrase []byte
	from := l.keys.used
	for n := 0; n < 3 && l.letterAt(i); n++ {
		if n > 0 {
			l.keys.extend(' ')
		}
		w := l.readWord(i)
		if n == 0 {
			a.first = w
		}
		phrase = l.keys.of(from, w.to)
		if a.mark == 0 || a.mark == ',' || a.mark == '(' {
			if v, ok := l.lexicon.after[string(phrase)]; ok {
				a.person, a.place, a.organisation = max(a.person, v.person), max(a.place, v.place), max(a.organisation, v.organisation)
			}
		}
		i = w.next
		if i >= l.end || l.text[i] != ' ' || !a.first.is(cueBegin) {
			break
		}
		i++
	}
	if a.first.end > 0 {
		l.keys.used = a.first.to
	}
	return a
}

// numberBefore reports whether the token before i is a number of up to five digits that is no year and no part of a longer
// sequence, and whether it is a postal code: H2X 1Y4, H2X1Y4, or five digits.
func (l *line) numberBefore(i int) (civic, postal bool) {
	if i-2 < l.start || l.text[i-1] != ' ' {
		return false, false
	}
	end := i - 1
	start := end
	for start > l.start && end-start < 7 && l.text[start-1] < utf8.RuneSelf && (isDigit(l.text[start-1]) || l.text[start-1] >= 'A' && l.text[start-1] <= 'Z') {
		start--
	}
	token := l.text[start:end]
	if shaped(token, "9A9") && start-4 >= l.start {
		token = l.text[start-4 : end]
	}
	if shaped(token, "A9A 9A9") || shaped(token, "A9A9A9") {
		return false, true
	}
	if len(token) == 0 || len(token) > 5 || !isDigit(token[0]) || !isDigit(token[len(token)-1]) || len(bytes.Trim(token, "0123456789")) > 0 {
		return false, false
	}
	if start > l.start && l.text[start-1] != ' ' && l.text[start-1] != '(' || start-2 >= l.start && isDigit(l.text[start-2]) && len(token) < 4 {
		return false, false
	}
	year := len(token) == 4 && (token[0] == '1' && token[1] == '9' || token[0] == '2' && token[1] == '0')
	return !year, len(token) == 5
}

func shaped(token []byte, shape string) bool {
	if len(token) != len(shape) {
		return false
	}
	for i, c := range token {
		switch shape[i] {
		case '9':
			if !isDigit(c) {
				return false
			}
		case 'A':
			if c < 'A' || c > 'Z' {
				return false
			}
		default:
			if c != shape[i] {
				return false
			}
		}
	}
	return true
}
