package known

import (
	"bytes"
	"slices"
	"unicode"
	"unicode/utf8"
)

const (
	knownPhone = "known phone number"
	minPhone   = 7 // digits of the shortest number that is looked for in any grouping
)

// phone adds the patterns of a telephone number: its national significant digits, in any grouping. What stands before them,
// a country code or a trunk zero, and the extension after them are found by [callingPrefix] and [extension].
func (b *builder) phone(v Value) {
	digits, international := phoneDigits(v.Text)
	switch {
	case international:
		b.add(pattern{form: grouped(digits), reason: knownPhone, whole: true, phone: true})
		digits = digits[callingCode(digits):]
	case len(digits) == 11 && digits[0] == '1':
		digits = digits[1:]
	}
	for len(digits) > 0 && digits[0] == '0' {
		digits = digits[1:] // trunk prefix
	}
	if len(digits) < minPhone {
		v.Whole = true
		b.plain(v)
		return
	}
	b.add(pattern{form: grouped(digits), reason: knownPhone, whole: true, phone: true})
	if len(digits) == 10 && digits[0] >= '2' && digits[3] >= '2' {
		local := grouped(digits[3:])
		local.rules[3] |= mustPart
		b.add(pattern{form: local, reason: knownPhone + ", without its area code", whole: true, phone: true})
	}
}

// phoneDigits returns the digits before any extension, without an international prefix, and whether there was one.
func phoneDigits(text string) (digits []rune, international bool) {
	for i, u := range fold(text) {
		switch {
		case u.r == '+' && len(digits) == 0:
			international = true
		case unicode.IsDigit(u.r):
			digits = append(digits, u.r)
		case len(digits) >= minPhone && (u.kind == wordUnit || u.r == '#' || u.r == ';'):
			return digits, international // an extension
		case i > 0 && u.r == '+':
			return digits, international
		}
		if len(digits) == 3 && string(digits) == "011" || len(digits) == 2 && string(digits) == "00" {
			digits, international = nil, true
		}
	}
	return digits, international
}

// callingCode returns how many digits of an international number are its country code (ITU-T E.164).
func callingCode(digits []rune) int {
	if len(digits) < 3 {
		return 0
	}
	switch digits[0] {
	case '1', '7':
		return 1
	}
	switch string(digits[:2]) {
	case "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49", "51", "52", "53", "54",
		"55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84", "86", "90", "91", "92", "93", "94", "95", "98":
		return 2
	}
	return 3
}

func grouped(digits []rune) form {
	f := form{digits, make([]rule, len(digits))}
	for i := range f.rules {
		f.rules[i] = mayPart
	}
	return f
}

// maxPrefix bounds what stands before a number or after it, in bytes.
const maxPrefix = 24

// callingPrefix looks back from the number at start over a trunk zero, which may be in parentheses, and a country code. It returns
// where they begin, and false if the digits before are of a longer number.
func callingPrefix(text []byte, start int) (int, bool) {
	var code []byte
	first := start // of the digits in code
	joined := start > 0 && isDigit(text[start-1])
	i := start
	for i > 0 && start-i < maxPrefix && len(code) <= maxCode+3 {
		r, size := utf8.DecodeLastRune(text[:i])
		if r < utf8.RuneSelf && isDigit(byte(r)) {
			code, first = append(code, byte(r)), i-size
		} else if !phoneSign(r) {
			break
		}
		i -= size
	}
	slices.Reverse(code)
	plus := i > 0 && text[i-1] == '+'
	switch {
	case plus && len(code) <= maxCode:
		return i - 1, true
	case string(code) == "0" || string(code) == "1", len(code) <= maxCode+2 && bytes.HasPrefix(code, []byte("00")),
		bytes.HasPrefix(code, []byte("011")):
		return first, true
	case start > 0 && text[start-1] == '(':
		return start - 1, true
	}
	return start, !joined
}

// maxCode bounds the digits of a country code with a trunk zero; an international prefix has three more at most.
const maxCode = 4

// phoneSign reports whether r stands within telephone numbers.
func phoneSign(r rune) bool {
	return r == '.' || r == '(' || r == ')' || r == '/' || r == '[' || r == ']' || unicode.Is(unicode.Pd, r) || unicode.Is(unicode.Zs, r)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// extension returns the end of the extension that follows a number, such as "poste 42" or "ext. 42", or end.
func extension(text []byte, end int) int {
	i := skip(text, end, func(c byte) bool { return c == ' ' || c == ',' || c == ';' || c == '(' || c == '.' || c == '-' })
	word := i
	i = skip(text, i, func(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' })
	label := string(text[word:i])
	if i < len(text) && text[i] == '#' {
		i, label = i+1, label+"#"
	}
	if !extensionLabels[lower(label)] {
		return end
	}
	i = skip(text, i, func(c byte) bool { return c == ' ' || c == '.' || c == ':' || c == '=' || c == '#' })
	digits := i
	i = skip(text, i, isDigit)
	if i == digits || i-digits > 6 {
		return end
	}
	return i
}

var extensionLabels = setOf("x ext extn extension poste p # ext# x# poste#")

// skip returns the first place from i on, within maxPrefix, where a byte is not in class.
func skip(text []byte, i int, class func(byte) bool) int {
	for limit := min(len(text), i+maxPrefix); i < limit && class(text[i]); i++ {
	}
	return i
}

func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] += 'a' - 'A'
		}
	}
	return string(b)
}
