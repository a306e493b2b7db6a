package redacttest

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"html"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// decoder undoes one way to write text. It returns nil where there is nothing to undo. It is lenient: what it cannot
// read it keeps or skips, because the other layers may be anywhere in a text.
type decoder struct {
	name   string
	decode func(text []byte) []byte
}

var decoders = []decoder{
	{"URL-escaped", func(text []byte) []byte { return hexEscapes(text, '%') }},
	{"JSON-escaped", backslashes},
	{"HTML-escaped", entities},
	{"base64", base64Runs},
	{"hex", hexRuns},
	{"hex", hexDump},
	{"a list of bytes", byteLists},
	{"UTF-16", wide},
	{"quoted-printable", quotedPrintable},
	{"gzip", gunzip},
}

// hexEscapes replaces a mark and two hexadecimal digits by the byte they mean.
func hexEscapes(text []byte, mark byte) []byte {
	var out []byte
	done := 0
	for i := 0; i+2 < len(text); i++ {
		if text[i] != mark {
			continue
		}
		hi, lo := nibble(text[i+1]), nibble(text[i+2])
		if hi < 0 || lo < 0 {
			continue
		}
		out = append(append(out, text[done:i]...), byte(hi<<4|lo))
		i += 2
		done = i + 1
	}
	if done == 0 {
		return nil
	}
	return append(out, text[done:]...)
}

func quotedPrintable(text []byte) []byte {
	soft := bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("=\r\n"), nil), []byte("=\n"), nil)
	if out := hexEscapes(soft, '='); out != nil {
		return out
	}
	if len(soft) < len(text) {
		return soft
	}
	return nil
}

func nibble(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// number reads n digits of a base, and returns -1 if they are not there.
func number(text []byte, n, base int) int {
	if len(text) < n {
		return -1
	}
	v := 0
	for _, c := range text[:n] {
		d := nibble(c)
		if d < 0 || d >= base {
			return -1
		}
		v = v*base + d
	}
	return v
}

// backslashes undoes the escapes of JSON, JavaScript and Go.
func backslashes(text []byte) []byte {
	first := bytes.IndexByte(text, '\\')
	if first < 0 {
		return nil
	}
	out := append([]byte(nil), text[:first]...)
	for i := first; i < len(text); {
		if text[i] != '\\' || i+1 == len(text) {
			out = append(out, text[i])
			i++
			continue
		}
		rest := text[i+2:]
		size := 2
		switch c := text[i+1]; c {
		case 'a', 'b', 't', 'n', 'v', 'f', 'r':
			out = append(out, "\a\b\t\n\v\f\r"[bytes.IndexByte([]byte("abtnvfr"), c)])
		case 'x':
			if v := number(rest, 2, 16); v >= 0 {
				out = append(out, byte(v))
				size = 4
			}
		case 'u':
			v := number(rest, 4, 16)
			if v < 0 {
				break
			}
			size = 6
			if utf16.IsSurrogate(rune(v)) && len(rest) >= 10 && rest[4] == '\\' && rest[5] == 'u' {
				if low := number(rest[6:], 4, 16); low >= 0 {
					v = int(utf16.DecodeRune(rune(v), rune(low)))
					size = 12
				}
			}
			out = utf8.AppendRune(out, rune(v))
		case 'U':
			if v := number(rest, 8, 16); v >= 0 {
				out = utf8.AppendRune(out, rune(v))
				size = 10
			}
		default:
			if v := number(text[i+1:], 3, 8); v >= 0 && v < 256 {
				out = append(out, byte(v))
				size = 4
			} else {
				out = append(out, c)
			}
		}
		i += size
	}
	return out
}

func entities(text []byte) []byte {
	if bytes.IndexByte(text, '&') < 0 {
		return nil
	}
	if out := html.UnescapeString(string(text)); out != string(text) {
		return []byte(out)
	}
	return nil
}

// gap separates what was decoded from different places.
var gap = []byte{0, '\n', 0}

// The value of each letter of both base64 alphabets, and what may break a line inside it.
const (
	notBase64  = -1
	lineBase64 = -2
)

var base64Value = func() (value [256]int8) {
	for c := range value {
		value[c] = notBase64
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") {
		value[c] = int8(i)
	}
	value['+'], value['-'], value['/'], value['_'] = 62, 62, 63, 63
	value['\n'], value['\r'] = lineBase64, lineBase64
	return value
}()

// minBase64 and minHex are the letters that six bytes, the least there is to find, are written with.
const (
	minBase64 = 8
	minHex    = 12
)

// base64Runs decodes every run of base64 letters. What is before the encoded text may be made of the same letters, so each run
// is decoded four times, as if the first group began at each of its first four letters.
func base64Runs(text []byte) []byte {
	var out []byte
	var run []int8
	flush := func() {
		for skip := 0; skip < 4 && len(run)-skip >= minBase64; skip++ {
			i := skip
			for ; i+4 <= len(run); i += 4 {
				a, b, c, d := byte(run[i]), byte(run[i+1]), byte(run[i+2]), byte(run[i+3])
				out = append(out, a<<2|b>>4, b<<4|c>>2, c<<6|d)
			}
			switch len(run) - i {
			case 2:
				out = append(out, byte(run[i])<<2|byte(run[i+1])>>4)
			case 3:
				out = append(out, byte(run[i])<<2|byte(run[i+1])>>4, byte(run[i+1])<<4|byte(run[i+2])>>2)
			}
			out = append(out, gap...)
		}
		run = run[:0]
	}
	for _, c := range text {
		switch v := base64Value[c]; {
		case v >= 0:
			run = append(run, v)
		case v == notBase64:
			flush()
		}
	}
	flush()
	return out
}

// hexRuns decodes runs of hexadecimal digits, also in pairs such as "35 31", "35+31", "35:31", "0x35, 0x31". A run is decoded from its first
// and from its second digit, since what is before it may look like one.
func hexRuns(text []byte) []byte {
	var out, run []byte
	flush := func() {
		for skip := 0; skip < 2 && len(run)-skip >= minHex; skip++ {
			for i := skip; i+2 <= len(run); i += 2 {
				out = append(out, run[i]<<4|run[i+1])
			}
			out = append(out, gap...)
		}
		run = run[:0]
	}
	separators := 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '0' && i+1 < len(text) && (text[i+1] == 'x' || text[i+1] == 'X') {
			i++
			continue
		}
		if v := nibble(c); v >= 0 {
			run, separators = append(run, byte(v)), 0
			continue
		}
		separators++
		if separators > 2 || !bytes.ContainsRune([]byte(" +,:-\r\n\t"), rune(c)) {
			flush()
		}
	}
	flush()
	return out
}

// hexDump decodes lines of an offset, two spaces, pairs of hexadecimal digits, and perhaps the text in bars, as "hexdump -C" and
// package encoding/hex write them.
func hexDump(text []byte) []byte {
	var out []byte
	for line := range bytes.Lines(text) {
		offset, pairs, ok := bytes.Cut(line, []byte("  "))
		if !ok || len(offset) < 8 || number(offset[len(offset)-8:], 8, 16) < 0 {
			continue
		}
		pairs, _, _ = bytes.Cut(pairs, []byte("|"))
		for pair := range bytes.FieldsSeq(pairs) {
			if v := number(pair, 2, 16); v >= 0 {
				out = append(out, byte(v))
			}
		}
	}
	return out
}

// byteLists decodes bytes written as decimal numbers, "[53 49 52 ...]", as package fmt and JSON in JavaScript write them.
func byteLists(text []byte) []byte {
	var out, list []byte
	flush := func() {
		if len(list) >= hex.DecodedLen(minHex) {
			out = append(append(out, list...), gap...)
		}
		list = list[:0]
	}
	for i := 0; i < len(text); {
		j, v := i, 0
		for ; j < len(text) && '0' <= text[j] && text[j] <= '9' && v < 256; j++ {
			v = v*10 + int(text[j]-'0')
		}
		switch {
		case j > i && v < 256:
			list = append(list, byte(v))
			i = j
			for separators := 0; i < len(text) && separators < 2 && bytes.ContainsRune([]byte(" +,\n"), rune(text[i])); separators++ {
				i++
			}
			if i == j {
				flush()
			}
		default:
			flush()
			i = max(j, i+1)
		}
	}
	flush()
	return out
}

// wide decodes UTF-16 of both byte orders, from the first byte and from the second. What looks like it are runs of units whose high bytes
// are zero or all the same, as in every alphabet, which is rarely so by chance.
func wide(text []byte) []byte {
	const shortestRun, shortestBreak = 3, 4 // in units
	var out []byte
	for high := range 2 {
		for skip := range 2 {
			start, end, page := skip, skip, byte(0) // the run, and the high byte it has besides zero
			kept, paged := skip, skip               // the end of what was kept last, and of the last unit with that high byte
			keep := func() {
				if (end-start)/2 < shortestRun {
					return
				}
				if (start-kept)/2 > shortestBreak {
					out = append(out, gap...)
				}
				for i := max(start, kept); i < end; i += 2 {
					out = utf8.AppendRune(out, rune(text[i+high])<<8|rune(text[i+1-high]))
				}
				kept = end
			}
			for ; end+2 <= len(text); end += 2 {
				h := text[end+high]
				if h == 0 {
					continue // of any run, also of the next
				}
				if page != 0 && h != page {
					keep()
					start = paged
				}
				page, paged = h, end+2
			}
			keep()
			out = append(out, gap...)
		}
	}
	if len(out) <= 4*len(gap) {
		return nil
	}
	return out
}

// maxGzip bounds what one compressed text may become.
const maxGzip = 64 << 20

// gunzip decompresses what begins with the magic number of RFC 1952, wherever it begins; what is damaged, as far as it goes.
func gunzip(text []byte) []byte {
	var out []byte
	for {
		at := bytes.Index(text, []byte{0x1f, 0x8b, 8})
		if at < 0 {
			return out
		}
		text = text[at:]
		if r, err := gzip.NewReader(bytes.NewReader(text)); err == nil {
			plain, _ := io.ReadAll(io.LimitReader(r, maxGzip))
			out = append(append(out, plain...), gap...)
		}
		text = text[3:]
	}
}
