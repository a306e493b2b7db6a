package names

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// A word is a run of letters, with hyphens and apostrophes inside it, or one or more initials with their full stops.
type word struct {
	start, end int // in text, without a possessive
	next       int // in text, after a possessive or the full stop of an abbreviation
	from, to   int // its key, in the keys of the line
	kind       kind
	capital    bool // begins with a capital
	caps       bool // has capitals only, two or more
	initial    bool
	foreign    bool // has a letter beyond ASCII
	possessive bool
	wordlike   bool // on no list, with the ending of ordinary words
	code       bool // part of an identifier or an address: not a name
}

// is reports whether the lists say any of k about the word.
func (w *word) is(k kind) bool { return w.kind&k != 0 }

// name reports whether the word is on a list of names.
func (w *word) name() bool { return w.is(given | family) }

// plain reports whether the word is only an ordinary word.
func (w *word) plain() bool {
	return (w.wordlike || w.is(ordinary|title|street)) && !w.name() && !w.initial
}

// unknown reports whether the lists say nothing of the word.
func (w *word) unknown() bool {
	return w.kind&^(longer|career|heading|announces|cueEnd|cueBegin|trade) == 0 && !w.initial
}

// readWord reads the word at i, which is a letter.
func (l *line) readWord(i int) word {
	if w, ok := l.readPlain(i); ok {
		return w
	}
	w := word{start: i}
	var letters, capitals, part int // part is of the capitals since a hyphen, or -1 after a small letter
	mixed := false                  // a capital after a small letter, or small letters after three capitals, as in identifiers
	grade := false                  // small letters after a hyphen and capitals only, as in "T-shirt"
	small := false
	for i < l.end {
		r, size := l.rune(i)
		if unicode.IsLetter(r) {
			if unicode.IsUpper(r) {
				capitals++
				w.capital = w.capital || letters == 0
				mixed = mixed || small && !l.afterPrefix(w.start, i)
				part++
			} else {
				mixed = mixed || part > 2
				grade = grade || part == 0 && letters > 0 && capitals == letters
				small, part = true, -len(l.text)
			}
			w.foreign = w.foreign || r >= utf8.RuneSelf
			letters++
			i += size
			continue
		}
		if letters > 0 && (unicode.IsMark(r) || unseen(r) && !(small && l.capitalAt(i+size))) {
			i += size
			continue
		}
		if letters > 0 && (r == '-' || r == '‑' || r == '\'' || r == '’') && l.letterAt(i+size) {
			if r != '-' && r != '‑' && l.possessiveAt(i+size) {
				w.end, w.possessive = i, true
				w.next = i + size + 1
				break
			}
			small, part = false, 0
			i += size
			continue
		}
		break
	}
	if !w.possessive {
		w.end, w.next = i, i
	}
	w.caps = capitals > 1 && capitals == letters
	w.code = mixed || !w.possessive && l.identifier(w.next)
	if w.capital && !w.code {
		l.readInitials(&w)
	}
	w.from, w.to = l.keys.add(l.text[w.start:w.end])
	if w.initial && l.text[w.end-1] == '.' {
		is := l.kindOf(l.keys.of(w.from, max(w.from, w.to-1)))
		switch {
		case is&title != 0 && letters < 4: // "M." and "Dr."
			w.kind = title
		case is&ordinary != 0 && letters > 1: // "Tel."
			w.kind, w.initial = is, false
			w.end, w.to = w.end-1, w.to-1
		}
		return w
	}
	w.kind = l.kindOf(l.key(&w))
	switch {
	case w.is(label):
		l.unlabel(&w)
	case w.unknown() && elided(l.key(&w), w.capital):
		w.kind |= ordinary
	case w.unknown() && grade:
		w.kind |= ordinary
	case w.unknown() && letters < w.end-w.start:
		w.kind |= l.compound(l.key(&w))
	}
	if w.initial && w.is(ordinary) {
		w.kind, w.initial = ordinary, false // "I", "A"
	}
	w.wordlike = w.unknown() && l.text[w.end-1] < utf8.RuneSelf && ordinaryEnding(l.key(&w)) // "Petrić" is a name
	return w
}

// readPlain reads the word at i if it is of two or more ASCII letters, with a small one if it begins with a capital, before a space or
// punctuation. It is a fast way for most words.
func (l *line) readPlain(i int) (word, bool) {
	text := l.text[:l.end]
	w := word{start: i, from: l.keys.used}
	if l.keys.used > len(l.keys.text)-maxWord {
		return w, false
	}
	key := l.keys.text[l.keys.used:][:0:maxWord]
	capitals := 0
	for i < len(text) && i-w.start < maxWord {
		c := text[i]
		if 'A' <= c && c <= 'Z' {
			if i > w.start && capitals < i-w.start {
				return w, false
			}
			capitals++
			c += 'a' - 'A'
		} else if c < 'a' || c > 'z' {
			break
		} else if capitals > 1 {
			return w, false
		}
		key = append(key, c)
		i++
	}
	plain := i-w.start > 3 || i-w.start > 1 && (i >= len(text) || text[i] != '.')
	if i < len(text) {
		switch c := text[i]; c {
		case ' ', ',', ';', ':', '!', '?', ')', '"', '\r', '/', '|', ']':
		case '.':
			plain = plain && (i+1 == len(text) || text[i+1] == ' ')
		default:
			plain = false
		}
	}
	if !plain {
		return w, false
	}
	l.keys.used += len(key)
	w.end, w.next, w.to = i, i, l.keys.used
	w.capital, w.caps = capitals > 0, capitals > 1
	w.kind = l.kindOf(key)
	if w.is(label) {
		l.unlabel(&w)
	}
	w.wordlike = w.unknown() && ordinaryEnding(key)
	return w, true
}

// unlabel makes an ordinary word of the label of an identifier, such as NAM: in capitals unless a name follows as in "NAM Joo", or before a colon.
func (l *line) unlabel(w *word) {
	i := w.next
	for i < l.end && l.text[i] == ' ' {
		i++
	}
	colon := i < l.end && l.text[i] == ':'
	if w.caps && (colon || !l.capitalAt(i) || l.end-i < 2 || l.text[i+1] < 'a') || w.capital && colon {
		w.kind = ordinary
	}
}

// elided reports whether a word begins with a pronoun or conjunction of French that is cut short, as "c'est" and "qu'il" do. Before a name
// stand only d' and l', and others are parts of names that begin with a capital: "N'Diaye".
func elided(key []byte, capital bool) bool {
	i := bytes.IndexByte(key, '\'')
	if i < 0 {
		return false
	}
	switch string(key[:i]) {
	case "c", "j", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu":
		return true
	case "n", "s", "t", "m":
		return !capital
	}
	return false
}

// compound returns what the parts of a hyphened word make it: given names a given name, with a family name among them a family name, and
// no name but an ordinary word an ordinary word.
func (l *line) compound(key []byte) kind {
	is, all, sure, of := given, true, false, kind(0)
	parts := bytes.IndexByte(key, ' ')
	if parts < 0 {
		return 0
	}
	for rest := key; parts >= 0; {
		part := rest
		if parts = bytes.IndexByte(rest, ' '); parts >= 0 {
			part, rest = rest[:parts], rest[parts+1:]
		}
		k := l.kindOf(part)
		of |= k
		all = all && k&(given|family) != 0
		if k&given == 0 {
			is = family
		}
		sure = sure || k&(given|family) != 0 && k&ordinary == 0
	}
	switch {
	case of&(given|family|particle) == 0:
		return of & ordinary
	case !all || !sure:
		return 0
	}
	return is
}

// unseen reports whether a rune shows nothing and may stand within a word: soft hyphen, zero-width spaces and joiners.
func unseen(r rune) bool {
	return r == 0xad || r >= 0x200b && r <= 0x200f || r >= 0x2060 && r <= 0x2064 || r == 0xfeff
}

// afterPrefix reports whether what stands between is a prefix of family names: Mc, Mac, De, Le.
func (l *line) afterPrefix(from, to int) bool {
	for from < to && !l.letterAt(from) {
		from++
	}
	switch string(l.text[from:to]) {
	case "Mc", "Mac", "De", "Le", "La", "Du", "Di", "Da", "Van", "Von", "Fitz", "Del", "Des":
		return true
	}
	return false
}

// ordinaryEnding reports whether a word that is on no list ends as nouns, adjectives and adverbs do in English or French and names seldom do.
func ordinaryEnding(key []byte) bool {
	n := len(key)
	if n < 6 {
		return false
	}
	for _, ending := range endings[(key[n-1]-'a')&31] {
		if n > len(ending)+2 && string(key[n-len(ending):]) == ending {
			return true
		}
	}
	return false
}

// endings are grouped by their last letter, a first.
var endings = [32][]string{
	'c' - 'a': {"ic"},
	'd' - 'a': {"ated", "ized", "ised", "ured", "ifed", "cted", "nted", "sted", "ired", "ined", "ered", "uded", "ided", "ased", "osed"},
	'e' - 'a': {"able", "ible", "ance", "ence", "ative", "itive", "ctive", "ique", "ware", "ize", "ise", "ure", "age", "isme", "graphie", "logie"},
	'f' - 'a': {"tif"},
	'g' - 'a': {"ing"},
	'h' - 'a': {"graph"},
	'l' - 'a': {"ical", "onal", "ional", "ful", "tial", "cial", "ntal"},
	'm' - 'a': {"ism", "gram"},
	'n' - 'a': {"tion", "sion", "xion"},
	'p' - 'a': {"ship"},
	'r' - 'a': {"tor"},
	's' - 'a': {
		"tions", "sions", "ments", "ings", "ness", "less", "ous", "ities", "ables", "ances", "ences", "ists", "ics", "ages", "ives", "ers", "ors", "ures", "iques",
	},
	't' - 'a': {"ment", "ist", "ent", "ant"},
	'y' - 'a': {"ity", "ology", "graphy", "ally", "ably", "ibly", "ancy", "ency", "fully", "etry"},
}

// identifier reports whether a digit, an underscore or the rest of an e-mail address is attached at i.
func (l *line) identifier(i int) bool {
	for n := i; n < l.end && n < i+maxWord; n++ {
		switch c := l.text[n]; {
		case c == '@':
			return true
		case n == i && (isDigit(c) || c == '_'):
			return true
		case n == i && c != '.' && c != '-':
			return false
		case c != '.' && c != '-' && c != '_' && !isDigit(c) && (c|0x20 < 'a' || c|0x20 > 'z'):
			return false
		}
	}
	return false
}

// maxWord bounds the bytes of a word that are looked up.
const maxWord = 64

// readInitials extends a word of one or two letters over its full stop and over more initials: "J.", "J.-F.", "S.C", "Ph.".
func (l *line) readInitials(w *word) {
	i := w.end
	single := func(at int) int { // the size of a capital that stands alone
		r, size := l.rune(at)
		if unicode.IsUpper(r) && !l.letterAt(at+size) {
			return size
		}
		return 0
	}
	switch size := single(w.start); {
	case size > 0 && w.start+size == w.end:
	case w.end-w.start == 3 && l.text[w.start+1] == '-' && i < l.end && l.text[i] == '.': // "C-M."
	case w.end-w.start <= 3 && !w.caps && i+2 < l.end && l.text[i] == '.' && (l.text[i+1] == ' ' || l.capitalAt(i+1) && l.isTitle(w)): // "Ph. Roy", "Dr.Roy"
		w.initial, w.end, w.next = true, i+1, i+1
		return
	default:
		return
	}
	w.initial = true
	for i < l.end && l.text[i] == '.' {
		i++
		at := i
		if at < l.end && l.text[at] == '-' {
			at++
		}
		size := 0
		if at < l.end {
			size = single(at)
		}
		if size == 0 || at == i && at+size < l.end && l.text[at+size] != '.' && l.text[at+size] != ' ' {
			break
		}
		i = at + size
	}
	w.end, w.next = i, i
}

func (l *line) isTitle(w *word) bool {
	var key [2 * maxWord]byte
	return l.kindOf(appendKey(key[:0], l.text[w.start:w.end]))&title != 0
}

func (l *line) rune(i int) (rune, int) {
	if i >= l.end {
		return utf8.RuneError, 0
	}
	if c := l.text[i]; c < utf8.RuneSelf {
		return rune(c), 1
	}
	return utf8.DecodeRune(l.text[i:l.end])
}

func (l *line) letterAt(i int) bool {
	r, _ := l.rune(i)
	return unicode.IsLetter(r)
}

func (l *line) capitalAt(i int) bool {
	r, _ := l.rune(i)
	return unicode.IsUpper(r)
}

// possessiveAt reports whether an s that ends a word stands at i.
func (l *line) possessiveAt(i int) bool {
	return (l.text[i] == 's' || l.text[i] == 'S') && !l.letterAt(i+1)
}
