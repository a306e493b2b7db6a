package scrub

// The classes of bytes that the scanner tells apart. Most bytes of a text are plain and cost one look.
const (
	plain byte = iota
	digit
	space // before a word, where a month may begin
	at
	colon
	dot
	bracket
	low  // an underscore
	wide // first byte of what may be a digit or a separator that is not ASCII
)

var class = func() (c [256]byte) {
	for b := byte('0'); b <= '9'; b++ {
		c[b] = digit
	}
	for _, b := range []byte(" \n\t\r(\"'|,;-/") {
		c[b] = space
	}
	c['@'], c[':'], c['.'], c['['], c['{'], c['<'], c['_'] = at, colon, dot, bracket, bracket, bracket, low
	c[0xEF], c[0xD9] = wide, wide
	return c
}()

// alnum marks ASCII letters and digits.
var alnum = func() (c [256]bool) {
	for b := range 256 {
		c[b] = isDigit(byte(b)) || isLetter(byte(b))
	}
	return c
}()

func isDigit(c byte) bool  { return c-'0' < 10 }
func isLetter(c byte) bool { return c|0x20-'a' < 26 }
func isUpper(c byte) bool  { return c-'A' < 26 }
func isLower(c byte) bool  { return c-'a' < 26 }
func isHex(c byte) bool    { return isDigit(c) || c|0x20-'a' < 6 }

// at returns the byte at i, 0 outside the text.
func (sc *scan) at(i int) byte {
	if uint(i) < uint(len(sc.text)) {
		return sc.text[i]
	}
	return 0
}

// wordBefore reports whether a letter or digit ends at i, or what replaces a value: what touched the value before still touches something.
func (sc *scan) wordBefore(i int) bool {
	c := sc.at(i - 1)
	if c < 0x80 {
		return alnum[c] || c == '_' || (c == ']' || c == '*') && sc.tagBefore(i)
	}
	_, blank := sc.blankBefore(i)
	return !blank
}

// wordAt reports whether a letter or digit begins at i, or what replaces a value.
func (sc *scan) wordAt(i int) bool {
	c := sc.at(i)
	if c < 0x80 {
		return alnum[c] || c == '_' || (c == '[' || c == '*') && sc.tagFrom(i) > 0
	}
	_, blank := sc.blankAt(i)
	return !blank
}

// blankAt returns the length of the space or punctuation at i, and whether there is any: a character of ASCII that is neither letter nor
// digit, a no-break space (U+00A0, U+202F), a quotation mark, a dash or a bullet (U+2000 to U+206F), or a mark of Latin-1.
func (sc *scan) blankAt(i int) (size int, ok bool) { return blankOf(sc.text, i) }

func blank(text []byte) bool {
	_, ok := blankOf(text, 0)
	return ok
}

func blankOf(text []byte, i int) (size int, ok bool) {
	at := func(i int) byte {
		if uint(i) < uint(len(text)) {
			return text[i]
		}
		return 0
	}
	switch c := at(i); {
	case c < 0x80:
		return 1, !alnum[c] && i < len(text)
	case c == 0xC2 && at(i+1) >= 0xA0 && at(i+1) != 0xAA && at(i+1) != 0xB5 && at(i+1) != 0xBA:
		return 2, true
	case c == 0xE2 && (at(i+1) == 0x80 || at(i+1) == 0x81) && at(i+2) >= 0x80, c == 0xE2 && at(i+1) == 0x88 && at(i+2) == 0x92, // a minus too,
		c == 0xE3 && at(i+1) == 0x80 && at(i+2) == 0x80, c == 0xEF && at(i+1) == 0xBB && at(i+2) == 0xBF: // ideographic space, byte order mark
		return 3, true
	}
	return 0, false
}

// blankBefore is blankAt for what ends at i.
func (sc *scan) blankBefore(i int) (size int, ok bool) {
	for _, n := range [...]int{1, 2, 3} {
		if i >= n {
			if size, ok := sc.blankAt(i - n); ok && size == n {
				return n, true
			}
		}
	}
	return 0, false
}
