package scrub

import (
	"unicode"
	"unicode/utf8"
)

// In postal codes of Canada D, F, I, O, Q and U never stand, and W and Z not first (Canada Post, Addressing Guidelines).
const (
	canadaFirst = "ABCEGHJKLMNPRSTVXY"
	canadaOther = "ABCEGHJKLMNPRSTVWXYZ"
)

// canadian returns where a code of the form A1A 1A1 that begins at start ends, 0 if there is none, and whether its letters are in use.
func (sc *scan) canadian(start int) (end int, strict bool) {
	strict = true
	i := start
	for k := range 6 {
		if k == 3 {
			if n := sc.spaceAt(i); n > 0 {
				i += n
			} else if sc.at(i) == '-' {
				i++
			}
		}
		c := sc.at(i)
		switch {
		case k%2 == 1:
			if !isDigit(c) {
				return 0, false
			}
		case !isLetter(c):
			return 0, false
		case k == 0:
			strict = bytesIn([]byte{c &^ 0x20}, canadaFirst)
		default:
			strict = strict && bytesIn([]byte{c &^ 0x20}, canadaOther)
		}
		i++
	}
	if sc.wordAt(i) {
		return 0, false
	}
	return i, strict
}

// postalLetters finds codes that begin with a letter, of Canada and Great Britain.
func (sc *scan) postalLetters(start, end int) int {
	if !sc.wants(kindPostal) {
		return 0
	}
	if stop, strict := sc.canadian(start); stop > 0 {
		score, reason := float32(0.5), "form of Canada, letters not in use"
		upper := isUpper(sc.text[start]) && isUpper(sc.text[start+2])
		switch {
		case strict && upper:
			score, reason = 0.8, "form of Canada"
		case strict:
			score, reason = 0.5, "form of Canada in small letters"
		case !upper || stop == start+6:
			score = 0.3
		}
		if all, _ := sc.cues(start); all&cueZip != 0 || start-sc.lastAddress < 4 {
			score = min(0.95, score+0.2)
		}
		if sc.add(kindPostal, start, stop, score, reason) {
			return stop
		}
		return 0
	}
	return sc.british(start, end)
}

// british finds a postcode of the United Kingdom: outward code, space, digit and two letters without C, I, K, M, O and V.
func (sc *scan) british(start, end int) int {
	n := end - start
	if n < 2 || n > 4 || !isUpper(sc.text[start]) {
		return 0
	}
	t := sc.text[start:end]
	letters := 0
	for letters < n && isUpper(t[letters]) {
		letters++
	}
	rest := t[letters:]
	if letters > 2 || len(rest) == 0 || len(rest) > 2 || !isDigit(rest[0]) || len(rest) == 2 && !isDigit(rest[1]) && !isUpper(rest[1]) {
		return 0
	}
	i := end + sc.spaceAt(end)
	if i == end || !isDigit(sc.at(i)) || sc.wordAt(i+3) {
		return 0
	}
	for k := 1; k < 3; k++ {
		if c := sc.at(i + k); !isUpper(c) || bytesIn([]byte{c}, "CIKMOV") {
			return 0
		}
	}
	if bytesIn(t[:1], "QVX") || !sc.add(kindPostal, start, i+3, 0.7, "form of the United Kingdom") {
		return 0
	}
	return i + 3
}

// postal finds codes of digits, of the United States and France, by what stands beside them.
func (sc *scan) postal(r *run) int {
	if !sc.wants(kindPostal) {
		return 0
	}
	start := r.start[0]
	if r.size(0) == 2 && r.n > 1 && r.size(1) == 3 && r.sep[1] == ' ' && sc.closes(r, 1) {
		return sc.postalFrench(start, r.end[1])
	}
	if n := r.size(0); n != 5 && n != 4 {
		return 0
	}
	all, near := sc.cues(start)
	before, _ := sc.wordRightBefore(start)
	state := before.misc == miscProvince && isUpper(sc.at(start-2)) && isUpper(sc.at(start-3))
	if r.n > 1 && r.size(0) == 5 && r.sep[1] == '-' && r.size(1) == 4 && sc.closes(r, 1) {
		score := float32(0.4)
		if state || all&(cueZip|cueAddress) != 0 || start-sc.lastAddress < 40 {
			score = 0.7
		}
		if sc.add(kindPostal, start, r.end[1], score, "form of the United States with add-on") {
			return r.end[1]
		}
		return 0
	}
	if !sc.closes(r, 0) {
		return 0
	}
	switch {
	case near&cueZip != 0:
		if sc.add(kindPostal, start, r.end[0], 0.65, "digits after a cue") {
			return r.end[0]
		}
	case r.size(0) == 4:
	case state:
		if sc.add(kindPostal, start, r.end[0], 0.65, "digits after a state") {
			return r.end[0]
		}
	default:
		return sc.postalFrench(start, r.end[0])
	}
	return 0
}

// postalFrench finds a French postal code by its place: after an address, or after a comma or at the start of a line and before a name.
func (sc *scan) postalFrench(start, end int) int {
	if !sc.wants(kindPostal) || sc.wordAt(end) {
		return 0
	}
	if c := sc.at(start); c > '9' || sc.at(start) == '9' && sc.at(start+1) == '9' {
		return 0
	}
	j := start
	prefix := sc.hasAt(start-2, "F-") && !sc.wordBefore(start-2) || sc.hasAt(start-3, "FR-") && !sc.wordBefore(start-3)
	for j > 0 && j > start-3 && sc.text[j-1] == ' ' {
		j--
	}
	after := sc.capitalAt(end + sc.spaceAt(end))
	score := float32(0)
	switch c := sc.at(j - 1); {
	case prefix && after, after && end-start >= 5 && sc.cedex(end):
		score = 0.65
	case start-sc.lastAddress < 4:
		score = 0.65
	case (c == ',' || c == '\n') && after:
		score = 0.55
	case c == ',' && sc.capitalBefore(j-1):
		score = 0.5
	case after && sc.spaceAt(end) > 0 && end-start == 5:
		score = 0.4
	case end-start == 5:
		score = 0.3
	}
	if all, _ := sc.cues(start); score > 0 && all&(cueZip|cueAddress) != 0 && score > 0.3 {
		score += 0.15
	}
	if score == 0 || !sc.add(kindPostal, start, end, score, "digits beside an address or a town") {
		return 0
	}
	return end
}

// cedex reports whether "CEDEX", which post to firms in France has, follows a town in capitals or with a capital after i.
func (sc *scan) cedex(i int) bool {
	const words = 4
	for range words {
		i += sc.spaceAt(i)
		_, next, _, _ := sc.compound(i)
		if next == i {
			return false
		}
		if equalFold(sc.text[i:next], "cedex") {
			return true
		}
		i = next
	}
	return false
}

// codesBeside finds the French postal code before or after the name of a place, "69008 Lyon", "F-69003 Lyon", "Lyon 69003".
func (sc *scan) codesBeside(start, end int) {
	const reason = "digits beside the name of a place"
	if gap := sc.spaceBack(start); gap > 0 {
		to := start - gap
		from := to
		for from > 0 && to-from < 6 && isDigit(sc.text[from-1]) {
			from--
		}
		if to-from == 3 && sc.at(from-1) == ' ' && isDigit(sc.at(from-2)) && isDigit(sc.at(from-3)) {
			from -= 3 // "75 015"
		}
		prefix := sc.at(from-1) == '-' && (sc.at(from-2) == 'F' && !sc.wordBefore(from-2) || sc.at(from-2) == 'R' && sc.at(from-3) == 'F' && !sc.wordBefore(from-3))
		if sc.frenchCode(from, to) && (prefix || !sc.wordBefore(from) && !sc.joined(from) && sc.at(from-1) != '$' && !(sc.at(from-1) == ' ' && isDigit(sc.at(from-2)))) {
			sc.add(kindPostal, from, to, 0.55, reason)
		}
	}
	if gap := sc.spaceAt(end); gap > 0 {
		from := end + gap
		if to := from + 5; sc.frenchCode(from, to) && !sc.wordAt(to) && !(sc.at(to) == ' ' && isDigit(sc.at(to+1))) && sc.at(to) != '%' && !((sc.at(to) == '.' || sc.at(to) == ',' || sc.at(to) == '-') && isDigit(sc.at(to+1))) {
			sc.add(kindPostal, from, to, 0.55, reason)
		}
	}
}

// frenchCode reports whether a code of five digits, with a space after the second or without, stands from start to end and begins with a department.
func (sc *scan) frenchCode(start, end int) bool {
	if start < 0 || end > len(sc.text) || end-start < 5 || end-start > 6 {
		return false
	}
	for k := start; k < end; k++ {
		if !isDigit(sc.text[k]) && !(end-start == 6 && k == start+2) {
			return false
		}
	}
	department := two(sc.text[start:])
	return department >= 1 && department <= 95 || department == 97 || department == 98
}

// capitalAt reports whether a word with a capital first letter begins at i.
func (sc *scan) capitalAt(i int) bool {
	c := sc.at(i)
	if c < 0x80 {
		return isUpper(c)
	}
	r, _ := utf8.DecodeRune(sc.text[i:])
	return unicode.IsUpper(r)
}

// capitalBefore reports whether the word that ends at i has a capital first letter.
func (sc *scan) capitalBefore(i int) bool {
	start := sc.wordBack(i)
	return start < i && sc.capitalAt(start)
}
