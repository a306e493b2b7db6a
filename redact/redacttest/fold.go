package redacttest

import (
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// folded is text reduced to what identifies: letters and digits, in lower case, without accents. Separators, case, accents, ligatures and
// widths of characters make no difference to it.
type folded struct {
	text []byte
	from []int32 // for each byte of text, where the character it came from begins in the source
	to   []int32 // and where it ends
}

var foldASCII = func() (fold [128]byte) {
	for c := range byte(128) {
		switch {
		case 'A' <= c && c <= 'Z':
			fold[c] = c | 0x20
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
			fold[c] = c
		}
	}
	return fold
}()

// Letters that Unicode does not decompose and people do.
var foldLetter = map[rune]string{'æ': "ae", 'œ': "oe", 'ß': "ss", 'ø': "o", 'đ': "d", 'ð': "d", 'ł': "l", 'ħ': "h", 'ı': "i", 'þ': "th"}

// fold appends the fold of source to dst.
func fold(dst, source []byte) []byte {
	for i := 0; i < len(source); {
		c := source[i]
		if c < utf8.RuneSelf {
			if f := foldASCII[c]; f != 0 {
				dst = append(dst, f)
			}
			i++
			continue
		}
		size := 0
		dst, size = foldRune(dst, source[i:])
		i += size
	}
	return dst
}

// foldMap is fold that keeps where each byte came from.
func foldMap(source []byte) folded {
	var f folded
	for i := 0; i < len(source); {
		size := 1
		if c := source[i]; c < utf8.RuneSelf {
			if c = foldASCII[c]; c != 0 {
				f.text = append(f.text, c)
			}
		} else {
			f.text, size = foldRune(f.text, source[i:])
		}
		for len(f.from) < len(f.text) {
			f.from, f.to = append(f.from, int32(i)), append(f.to, int32(i+size))
		}
		i += size
	}
	return f
}

// foldRune appends the fold of the first character of source, which is not ASCII, and returns its length in bytes. Bytes that are no UTF-8 separate.
func foldRune(dst, source []byte) ([]byte, int) {
	r, size := utf8.DecodeRune(source)
	switch {
	case r == utf8.RuneError && size == 1:
		return dst, 1
	case r < 1<<16:
		return append(dst, foldBMP()[r]...), size
	}
	return appendFold(dst, r), size
}

// foldBMP holds the fold of each character of the basic multilingual plane: guessing at encodings makes many of them.
var foldBMP = sync.OnceValue(func() *[1 << 16]string {
	var folds [1 << 16]string
	for r := range rune(1 << 16) {
		if r >= utf8.RuneSelf {
			folds[r] = string(appendFold(nil, r))
		}
	}
	return &folds
})

// appendFold appends the letters and digits of the compatibility decomposition of r, in lower case.
func appendFold(dst []byte, r rune) []byte {
	for _, r := range norm.NFKD.String(string(r)) {
		r = unicode.ToLower(r)
		switch letters, ok := foldLetter[r]; {
		case ok:
			dst = append(dst, letters...)
		case r < utf8.RuneSelf:
			if f := foldASCII[r]; f != 0 {
				dst = append(dst, f)
			}
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}
