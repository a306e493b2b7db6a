package names

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// appendKey appends text as the lists are searched for it: lower case, without accents, ligatures spelled out, hyphens as
// spaces, curly apostrophes straight, without what does not show.
func appendKey(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			switch {
			case 'A' <= c && c <= 'Z':
				c += 'a' - 'A'
			case c == '-':
				c = ' '
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		i += size
		dst = appendKeyRune(dst, r)
	}
	return dst
}

// latinBase has the letter under the accent for U+00C0 to U+017F, or a space where it takes more than that.
const latinBase = "aaaaaa ceeeeiiiidnooooo ouuuuy  aaaaaa ceeeeiiiidnooooo ouuuuy y" +
	"aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiii i  jjkk llllll " +
	" llnnnnnn   oooooo  rrrrrrsssssssstttt  uuuuuuuuuuuuwwyyyzzzzzz "

func appendKeyRune(dst []byte, r rune) []byte {
	if r >= 0xc0 && r < 0x180 && latinBase[r-0xc0] != ' ' {
		return append(dst, latinBase[r-0xc0])
	}
	switch r = unicode.ToLower(r); r {
	case 'ß':
		return append(dst, "ss"...)
	case 'æ':
		return append(dst, "ae"...)
	case 'œ':
		return append(dst, "oe"...)
	case 'ø':
		return append(dst, 'o')
	case 'ł':
		return append(dst, 'l')
	case 'đ', 'ð':
		return append(dst, 'd')
	case 'þ':
		return append(dst, "th"...)
	case 'ı':
		return append(dst, 'i')
	case '’', 'ʼ':
		return append(dst, '\'')
	case '‑', '–':
		return append(dst, ' ')
	}
	if unicode.IsMark(r) || unseen(r) {
		return dst
	}
	var b [utf8.UTFMax]byte
	if d := norm.NFD.Properties(b[:utf8.EncodeRune(b[:], r)]).Decomposition(); d != nil {
		r, _ = utf8.DecodeRune(d)
	}
	return utf8.AppendRune(dst, r)
}

// keys holds the keys of the words that were read last, in a room of its own: slices of it would make every call allocate. What does
// not fit is left out, and then not found in the lists.
type keys struct {
	text [1024]byte
	used int
}

// add appends the key of text, cut to maxWord bytes of it, and returns where it is.
func (k *keys) add(text []byte) (from, to int) {
	var key [2 * maxWord]byte
	from = k.used
	k.used += copy(k.text[from:], appendKey(key[:0], text[:min(len(text), maxWord)]))
	return from, k.used
}

// extend appends one byte to the last key, and returns its end.
func (k *keys) extend(c byte) int {
	if k.used < len(k.text) {
		k.text[k.used] = c
		k.used++
	}
	return k.used
}

func (k *keys) of(from, to int) []byte { return k.text[from:to] }
