package scrub

const (
	maxGroups = 32
	fewGroups = 10
	maxDigits = 40
)

// A run is a sequence of groups of digits that stand close enough together to be one number.
type run struct {
	n          int                // groups
	start, end [maxGroups]int     // of each group, in bytes
	sep        [maxGroups]byte    // what stands before each group but the first, see separator
	first      [maxGroups + 1]int // index of each group's first digit
	digits     [maxDigits]byte    // '0' to '9'
	long       bool               // it would go on, but for the limits
	hidden     bool               // characters that show nothing stand between its digits
	cut        bool               // and the run was read as if they were not there
}

// size returns how many digits group g has.
func (r *run) size(g int) int { return r.first[g+1] - r.first[g] }

// value returns the value of group g, which must have at most 9 digits.
func (r *run) value(g int) (v int) {
	for _, c := range r.digits[r.first[g]:r.first[g+1]] {
		v = v*10 + int(c-'0')
	}
	return v
}

// Separators between groups that are more than one byte.
const (
	sepDash   = 'D' // a hyphen with spaces around it
	sepSlash  = 'L' // a slash with spaces around it
	sepPoint  = 'P' // a point with spaces around it
	sepBar    = 'B' // a bar
	sepOpen   = '('
	sepClose  = ')'
	sepColon  = ':'
	sepSingle = ' '
)

// digitAt returns the digit at i and its length, 0 if there is none: ASCII, fullwidth or Arabic-Indic.
func digitAt(text []byte, i int) (d byte, size int) {
	if i >= len(text) {
		return 0, 0
	}
	switch c := text[i]; {
	case isDigit(c):
		return c, 1
	case c == 0xEF && i+2 < len(text) && text[i+1] == 0xBC && text[i+2]-0x90 < 10:
		return text[i+2] - 0x90 + '0', 3
	case c == 0xD9 && i+1 < len(text) && text[i+1]-0xA0 < 10:
		return text[i+1] - 0xA0 + '0', 2
	}
	return 0, 0
}

// readRun reads the run that begins with the digit at i into sc.num.
func (sc *scan) readRun(i int) *run { return sc.readRunOver(i, false) }

// readRunOver is readRun, and with over set goes over characters that show nothing as if they were not there.
func (sc *scan) readRunOver(i int, over bool) *run {
	r := &sc.num
	r.n, r.long, r.hidden, r.cut = 0, false, false, over
	total, open := 0, false
	for {
		r.start[r.n], r.first[r.n] = i, total
		for {
			d, size := digitAt(sc.text, i)
			if size == 0 && sc.at(i) >= 0x80 {
				if n := sc.hiddenAt(i); n > 0 {
					r.hidden = true
					if d, size = digitAt(sc.text, i+n); over && size > 0 {
						size += n
					} else {
						size = 0
					}
				}
			}
			if size == 0 {
				break
			}
			if total == maxDigits {
				r.long = true
				break
			}
			r.digits[total] = d
			total++
			i += size
		}
		r.end[r.n] = i
		r.n++
		r.first[r.n] = total
		if r.long || r.n == maxGroups {
			r.long = true
			return r
		}
		sep, size := sc.separator(i)
		if size == 0 {
			return r
		}
		if sep == sepOpen {
			if open {
				return r
			}
			open = true
		}
		if r.n >= fewGroups && total > 2*r.n {
			return r // only what is written digit by digit has more groups
		}
		i += size
		r.sep[r.n] = sep
	}
}

// separator returns the kind and the length of what stands between a group that ends at i and the next one; 0 if no group follows.
// At most one space and one mark, with a space around it, are a separator.
func (sc *scan) separator(i int) (kind byte, size int) {
	text, j := sc.text, i
	spaces := sc.spaceAt(j)
	j += spaces
	mark := byte(0)
	switch c := sc.at(j); {
	case c == '-' || c == '.' || c == '/' || c == ':' || c == '|' || c == ',' || c == '(' || c == ')':
		mark = c
		j++
	case c == 0xE2 && (sc.at(j+1) == 0x80 && sc.at(j+2)-0x90 < 6 || sc.at(j+1) == 0x88 && sc.at(j+2) == 0x92), // hyphens and dashes, U+2010 to U+2015, minus
		c == 0xEF && (sc.at(j+1) == 0xBC && sc.at(j+2) == 0x8D || sc.at(j+1) == 0xB9 && sc.at(j+2) == 0xA3): // fullwidth and small hyphen
		mark = '-'
		j += 3
	}
	if mark != 0 {
		after := sc.spaceAt(j)
		j += after
		spaces += after
		if mark == ')' && after == 0 && (sc.at(j) == '-' || sc.at(j) == '.' || sc.at(j) == '/') {
			j++
		}
	}
	if _, n := digitAt(text, j); n == 0 || j == i {
		return 0, 0
	}
	switch {
	case mark == 0:
		return sepSingle, j - i
	case spaces == 0 || mark == '(' || mark == ')' || mark == ':' || mark == ',':
		return mark, j - i
	case mark == '-':
		return sepDash, j - i
	case mark == '/':
		return sepSlash, j - i
	case mark == '.':
		return sepPoint, j - i
	}
	return sepBar, j - i
}

// spaceAt returns the length of the space at i, 0 if there is none: an ASCII space, a no-break space, one of the spaces of typography, or a
// character that shows nothing, such as a soft hyphen or a zero-width space.
func (sc *scan) spaceAt(i int) int {
	switch c := sc.at(i); {
	case c == ' ':
		return 1
	case c == 0xC2 && sc.at(i+1) == 0xA0:
		return 2
	case c == 0xE2 && sc.at(i+1) == 0x80 && (sc.at(i+2)-0x80 < 0x10 || sc.at(i+2) == 0xAF): // U+2000 to U+200F, U+202F
		return 3
	case c == 0xE3 && sc.at(i+1) == 0x80 && sc.at(i+2) == 0x80: // ideographic space
		return 3
	case c >= 0x80:
		return sc.hiddenAt(i)
	}
	return 0
}

// hiddenAt returns the length of the character at i if it shows nothing: a soft hyphen, a zero-width space, joiner or mark of direction, a word
// joiner or an invisible operator, a byte order mark; else 0.
func (sc *scan) hiddenAt(i int) int {
	switch c, d, e := sc.at(i), sc.at(i+1), sc.at(i+2); {
	case c == 0xC2 && d == 0xAD:
		return 2
	case c == 0xE2 && d == 0x80 && e-0x8B < 5, c == 0xE2 && d == 0x81 && e-0xA0 < 5, c == 0xEF && d == 0xBB && e == 0xBF:
		return 3
	}
	return 0
}

// joined returns how many groups from the first on are separated by sep alone.
func (r *run) joined(sep byte) int {
	g := 1
	for g < r.n && r.sep[g] == sep {
		g++
	}
	return g
}

// closes reports whether a number may end after group g: no letter or digit touches it, and no hyphen, point or slash joins it to more digits.
func (sc *scan) closes(r *run, g int) bool {
	if g == r.n-1 {
		end := r.end[g]
		c := sc.at(end)
		return !r.long && !sc.wordAt(end) && !((c == '-' || c == '.' || c == '/') && sc.tagFrom(end+1) > 0)
	}
	switch r.sep[g+1] {
	case '-', '.', '/':
		return false
	}
	return true
}

// crowded reports whether groups 0 to g stand between other digits, as in a table of numbers.
func (sc *scan) crowded(r *run, g int) bool {
	i := r.start[0]
	return sc.at(i-1) == ' ' && isDigit(sc.at(i-2)) && g < r.n-1 && r.sep[g+1] == ' '
}

// digits looks at the token around the first digit at i and returns where the scan goes on.
func (sc *scan) digits(i int) int {
	start := i
	for start > 0 && i-start < 64 && alnum[sc.text[start-1]] {
		start--
	}
	if start < i {
		return sc.mixed(start, i)
	}
	if sc.at(i-1) >= 0x80 && sc.wordBefore(i) {
		// A letter beyond ASCII touches the number: only a word that announces it may.
		if e, _ := sc.word(sc.wordBack(i)); e.cue == 0 {
			return sc.endOfToken(i)
		}
	}
	return sc.numeric(i)
}

// endOfToken returns where the letters and digits that begin at i end.
func (sc *scan) endOfToken(i int) int {
	for i < len(sc.text) {
		if alnum[sc.text[i]] {
			i++
			continue
		}
		_, n := digitAt(sc.text, i)
		if n == 0 {
			break
		}
		i += n
	}
	return i
}

// numeric looks at what begins with the digit at i, which no letter touches unless it announces a number.
func (sc *scan) numeric(i int) int {
	end := sc.endOfToken(i)
	r := sc.readRun(i)
	if r.end[0] < end && !r.long {
		if stop := sc.leading(r, i, end); stop > 0 {
			return stop
		}
	}
	if r.size(0) > maxDigits-1 {
		return end
	}
	if stop := sc.hexadecimal(i, end); stop > 0 {
		return stop
	}
	first := r.end[0]
	stop := sc.try(r)
	if stop == 0 && r.hidden {
		stop = sc.try(sc.readRunOver(i, true))
	}
	return max(first, stop)
}

// try returns the end of the first number that a recogniser finds at the start of r, 0 if none does. The strictest come first.
func (sc *scan) try(r *run) int {
	if end := sc.besideCard(r); end > 0 {
		return end
	}
	if end := sc.date(r); end > 0 {
		return end
	}
	if r.n > 1 || r.size(0) > 3 {
		if end := sc.ipv4(r); end > 0 {
			return end
		}
		if end := sc.singles(r); end > 0 {
			return end
		}
		if r.first[r.n] >= 9 {
			if end := sc.card(r); end > 0 {
				return end
			}
			if end := sc.nir(r); end > 0 {
				return end
			}
			if end := sc.nine(r); end > 0 {
				return end
			}
		}
		if r.first[r.n] >= 7 {
			if end := sc.phone(r); end > 0 {
				return end
			}
		}
		if end := sc.clock(r); end > 0 {
			return end
		}
		if end := sc.ontario(r); end > 0 {
			return end
		}
		if end := sc.lettersApart(r); end > 0 {
			return end
		}
		if end := sc.identifier(r); end > 0 {
			return end
		}
	}
	if end := sc.age(r); end > 0 {
		return end
	}
	if end := sc.houseLast(r); end > 0 {
		return end
	}
	if end := sc.civic(r); end > 0 {
		return end
	}
	if r.size(0) >= 2 {
		return sc.postal(r)
	}
	return 0
}
