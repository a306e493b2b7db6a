package scrub

import "unicode/utf8"

// A cue is a set of meanings that a word near a candidate may have.
type cue uint32

const (
	cuePhone  cue = 1 << iota
	cueNumber     // "number", "numéro": of whatever
	cueSIN
	cueSSN
	cueNINO
	cueHealth
	cueLicence
	cuePassport
	cueBusiness
	cueAccount
	cueID
	cueZip
	cueAddress
	cueBox // post office box
	cueDate
	cueSince // "in", "since": a year may follow
	cueAge
	cueCard
	cueHandle
	cueNIR
	cueIBAN
	cueURL
	cueNAS       // names a social insurance number by its initials
	cueInsurance // with a word for "social", it does the same
	cueExpiry
	cueSecret  // verification code of a card
	cueNetwork // a social network or messenger by its name
)

// An entry is what one word means.
type entry struct {
	cue    cue
	street street
	month  uint8 // 1 to 12
	spoken spoken
	misc   misc
}

const maxWord = 24

// A folded is a word in lower case without accents, as the lexicon has it.
type folded struct {
	buf [maxWord]byte
	n   int
}

func (w *folded) bytes() []byte { return w.buf[:w.n] }

// fold reads one word from the start of text, letters only, and returns its length there. A word that is too long folds to nothing.
func (w *folded) fold(text []byte) int {
	w.n = 0
	i, long := 0, false
	for i < len(text) {
		c := text[i]
		size := 1
		switch {
		case isLetter(c):
			c |= 0x20
		case c == 0xC3 && i+1 < len(text) && text[i+1] >= 0x80 && text[i+1] <= 0xBF && latin1[text[i+1]-0x80] != 0:
			c, size = latin1[text[i+1]-0x80], 2
		case c == 0xC5 && i+1 < len(text) && (text[i+1] == 0x92 || text[i+1] == 0x93): // œ
			c, size = 'o', 2
			if w.n < maxWord {
				w.buf[w.n] = c
				w.n++
			}
			c = 'e'
		case c == 0xCC && i+1 < len(text) && i > 0: // combining accent
			i += 2
			continue
		case c >= 0xC3 && !blank(text[i:]): // another letter; it only holds the word together
			_, n := utf8.DecodeRune(text[i:])
			c, size = 1, n
		default:
			if long {
				w.n = 0
			}
			return i
		}
		if w.n < maxWord {
			w.buf[w.n] = c
			w.n++
		} else {
			long = true
		}
		i += size
		if i > 4*maxWord {
			w.n = 0
			return i
		}
	}
	if long {
		w.n = 0
	}
	return i
}

// latin1 folds U+00C0 to U+00FF.
var latin1 = [64]byte([]byte("aaaaaaaceeeeiiii\x00nooooo\x00ouuuuy\x00saaaaaaaceeeeiiii\x00nooooo\x00ouuuuy\x00y"))

// A looked is a word that was looked up, kept because several recognisers ask for the words beside one number.
type looked struct {
	at, end int
	entry   entry
}

// word looks the word at i up and returns where it ends. It may look beyond the text.
func (sc *scan) word(i int) (entry, int) {
	if i >= len(sc.text) || !isLetter(sc.text[i]) && sc.text[i] < 0xC3 {
		return entry{}, i
	}
	l := &sc.words[i%len(sc.words)]
	if l.at == i+1 {
		return l.entry, l.end
	}
	var w folded
	n := w.fold(sc.text[i:min(len(sc.text), i+4*maxWord+4)])
	*l = looked{at: i + 1, end: i + n}
	if w.n > 0 && ends[w.buf[0]&31][w.n]>>(w.buf[w.n-1]&31)&1 != 0 {
		l.entry = lexicon[string(w.bytes())]
	}
	return l.entry, l.end
}

// wordBack returns where the word that ends at end begins; end itself if there is none. It goes back at most maxWord code points.
func (sc *scan) wordBack(end int) int {
	i := end
	for i > 0 && end-i < 2*maxWord {
		c := sc.text[i-1]
		if !isLetter(c) && (c < 0x80 || !sc.wordBefore(i)) {
			break
		}
		i--
	}
	return runeStart(sc.text, i)
}

// cues returns what the words before position at mean, the nearest one apart. It reads at most 48 bytes and 6 words back, and not past a digit,
// a bracket, an at sign or an empty line: what stands before those belongs to something else.
func (sc *scan) cues(at int) (all, nearest cue) {
	if sc.cueAt == at+1 {
		return sc.cueAll, sc.cueNear
	}
	const reach, words = 48, 6
	low := max(0, at-reach)
	count, lines := 0, 0
	i := at
	for i > low && count < words {
		c := sc.text[i-1]
		if !isLetter(c) && c < 0x80 {
			if isDigit(c) || c == ']' || c == '[' || c == '@' {
				break
			}
			if c == '\n' {
				if lines++; lines > 1 {
					break
				}
			}
			i--
			continue
		}
		start := sc.wordBack(i)
		if start == i {
			i--
			continue
		}
		e, _ := sc.word(start)
		if e.cue != 0 {
			all |= e.cue
			if nearest == 0 {
				nearest = e.cue
			}
		}
		count++
		i = start
	}
	sc.cueAt, sc.cueAll, sc.cueNear = at+1, all, nearest
	return all, nearest
}
