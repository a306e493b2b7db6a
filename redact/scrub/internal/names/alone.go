package names

import (
	"bytes"
	"unicode/utf8"
)

// civic reports whether a line begins as an address does: a number of up to five digits, perhaps with a letter, then a word.
func civic(content []byte) bool {
	n := 0
	for n < len(content) && isDigit(content[n]) {
		n++
	}
	digits := n
	if n < len(content) && content[n]|0x20 >= 'a' && content[n]|0x20 <= 'z' {
		n++
	}
	if n < len(content) && content[n] == ',' {
		n++
	}
	rest := bytes.TrimLeft(content[n:], " ")
	if digits == 0 || digits > 5 || len(rest) == len(content)-n || len(rest) < 2 {
		return false
	}
	c := rest[0] | 0x20
	return c >= 'a' && c <= 'z' || c >= utf8.RuneSelf
}

// alone looks at a short line as a whole: it may be a profession beneath a name. It also remembers whether the line has a civic number, for
// the city beneath it. found is how many findings there were before the line.
func (l *line) alone(found int) {
	content := bytes.TrimRight(bytes.TrimSpace(l.text[l.start:l.end]), ".,:;")
	if len(content) == 0 {
		return // blank lines part nothing
	}
	if c := content[0] | 0x20; c >= 'a' && c <= 'z' {
		l.keys.used = 0
		from, to := l.keys.add(content)
		if l.kindOf(l.keys.of(from, to))&profession != 0 && found > l.earlier {
			*l.spans = (*l.spans)[:found]
			start := l.start + bytes.Index(l.text[l.start:l.end], content)
			l.emit(start, start+len(content), Title, evidence{tradeName, tradeName, byTrades})
		}
	}
	l.addressed = civic(content) || l.addressed && bytes.ContainsAny(content, "0123456789") ||
		l.addressed && len(*l.spans) > found && (*l.spans)[len(*l.spans)-1].Class == Place
}
