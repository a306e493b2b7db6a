package scrub

import "strings"

const (
	maxURL  = 2048
	maxHost = 253 // RFC 1035, section 2.3.4
)

// scheme finds a URL whose "://" is at i.
func (sc *scan) scheme(i int) int {
	start := i
	for start > 0 && i-start < 12 && (alnum[sc.text[start-1]] || sc.text[start-1] == '+' || sc.text[start-1] == '.' && i-start > 1) {
		start--
	}
	for start < i && !isLetter(sc.text[start]) {
		start++
	}
	if start == i || !alnum[sc.at(i+3)] && sc.at(i+3) != '[' && sc.at(i+3) < 0x80 {
		return 0
	}
	end := sc.urlEnd(i + 3)
	if !sc.add(kindURL, start, end, 0.9, "URL with scheme") {
		return 0
	}
	sc.lastHost = end
	return end
}

// urlEnd returns where a URL that goes on at i ends: before a space, a quotation mark, an angle bracket, or punctuation that ends a
// sentence closes a bracket opened outside, or before a replacement of an earlier scrub.
func (sc *scan) urlEnd(i int) int {
	end, round, square := i, 0, 0
loop:
	for end-i < maxURL && end < len(sc.text) {
		c := sc.text[end]
		switch {
		case c <= ' ' || c == 0x7F || c == '<' || c == '>' || c == '"' || c == '`' || c == '\\' || c == '^' || c == '|':
			break loop
		case c == '(':
			round++
		case c == '[':
			if sc.tagFrom(end) > 0 {
				break loop
			}
			square++
		case c == '*' && sc.tagFrom(end) > 0:
			break loop
		case c == ')':
			if round--; round < 0 {
				break loop
			}
		case c == ']':
			if square--; square < 0 {
				break loop
			}
		case c >= 0x80:
			if _, blank := sc.blankAt(end); blank {
				break loop
			}
		}
		end++
	}
	end = runeStart(sc.text, end)
	for end > i && strings.IndexByte(".,;:!?'*_({[", sc.text[end-1]) >= 0 {
		end--
	}
	return end
}

// dot finds a host name without a scheme around the point at i, and what follows it.
func (sc *scan) dot(i int) int {
	if !isLetter(sc.at(i+1)) || !alnum[sc.at(i-1)] || i < sc.lastHost || !sc.wants(kindURL) && !sc.wants(kindHandle) {
		return i + 1
	}
	start := i
	for start > 0 && i-start < 64 && (alnum[sc.text[start-1]] || sc.text[start-1] == '-' || sc.text[start-1] == '.') {
		start--
	}
	end, labels, last := i, 1, start
	for end < len(sc.text) && end-start < maxHost {
		c := sc.text[end]
		if c == '.' && alnum[sc.at(end+1)] {
			labels++
			last = end + 1
		} else if !alnum[c] && c != '-' {
			break
		}
		end++
	}
	sc.lastHost = end
	if before := sc.at(start - 1); before == '@' || before == '/' || before == '\\' || before == '_' || before >= 0x80 && sc.wordBefore(start) {
		return i + 1
	}
	if sc.at(end) == '@' {
		return i + 1
	}
	score, reason := float32(0), ""
	path := sc.at(end) == '/' && alnum[sc.at(end+1)]
	www := len(sc.text) > start+4 && strings.EqualFold(string(sc.text[start:start+4]), "www.")
	switch tld := sc.text[last:end]; {
	case www && labels > 2:
		score, reason = 0.9, "host name with www"
	case topLevel[string(tld)] && path:
		score, reason = 0.8, "host name with path"
	case topLevel[string(tld)]:
		score, reason = 0.6, "host name"
	default:
		return sc.named(start, end, i)
	}
	if c := sc.at(end); c == '/' || c == ':' && isDigit(sc.at(end+1)) || c == '?' && alnum[sc.at(end+1)] {
		end = sc.urlEnd(end)
	}
	if sc.wordAt(end) || !sc.add(kindURL, start, end, score, reason) {
		return i + 1
	}
	sc.lastHost = end
	return end
}

// topLevel has the common top-level domains that are not also ordinary words after a full stop.
var topLevel = set(`com org net edu gov mil int info biz io co app dev ai tv fm cc name mobi online site store shop tech xyz club blog cloud
	website space live news email page link agency digital group world today solutions services center quebec paris bzh montreal
	ca fr uk us eu ch lu mc au nz ie jp cn kr tw hk sg br mx ar cl pe ve ru ua pl cz sk hu ro bg gr tr il ae za ng ke ma tn dz sn ci cm ht
	dk fi se nl pt ee lv lt rs hr si cat`)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}
