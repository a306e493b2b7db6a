package known

import (
	"cmp"
	"slices"
	"unicode"
	"unicode/utf8"
)

// A scan is one call of [Matcher.Append].
type scan struct {
	m      *Matcher
	text   []byte
	folder folder
	words  tape
	all    tape
	parted bool // separators were seen after the last word unit
	hits   []hit
}

// A tape is an automaton that reads, and the units it read last.
type tape struct {
	automaton *automaton
	state     int32
	ring      []unit // its length is a power of two, and no pattern is longer
	n         int    // units read
}

// A hit is a span that is not yet resolved.
type hit struct {
	Span
	beside bool
}

func (m *Matcher) newScan() *scan {
	return &scan{m: m, words: newTape(m.words), all: newTape(m.literals)}
}

func newTape(a *automaton) tape {
	if a == nil {
		return tape{}
	}
	size := 2
	for size < a.longest {
		size *= 2
	}
	return tape{automaton: a, ring: make([]unit, size)}
}

func (s *scan) reset() {
	s.text, s.parted, s.hits = nil, false, s.hits[:0]
	s.words.state, s.words.n, s.all.state, s.all.n = 0, 0, 0, 0
}

func (s *scan) run() {
	text, idle, inWord, table := s.text, &s.m.idle, &s.m.inWord, latin()
	for i := 0; i < len(text); {
		if s.words.state == 0 && s.all.state == 0 && len(s.folder.pending) == 0 {
			for i < len(text) && (idle[text[i]] || inWord[text[i]] && i > 0 && inWord[text[i-1]]) {
				i++
			}
			if i == len(text) {
				return
			}
		}
		if c := text[i]; c < utf8.RuneSelf && len(s.folder.pending) == 0 {
			s.read(asciiUnit(c, i))
			i++
			continue
		}
		if u, size := simple(table, text, i); size > 0 && len(s.folder.pending) == 0 && s.all.automaton == nil {
			s.read(u)
			i += size
			continue
		}
		i += s.folder.next(text, i)
		for _, u := range s.folder.out {
			s.read(u)
		}
	}
	s.folder.flush()
	for _, u := range s.folder.out {
		s.read(u)
	}
}

func (s *scan) read(u unit) {
	if s.all.automaton != nil {
		s.step(&s.all, u)
	}
	switch u.kind {
	case wordUnit:
		u.parted, s.parted = s.parted, false
		s.step(&s.words, u)
	case separatorUnit:
		s.parted = true
	}
}

func (s *scan) step(t *tape, u unit) {
	a := t.automaton
	t.state = a.step(t.state, u.r)
	if t.state == 0 {
		return // no match goes over u
	}
	t.ring[t.n&(len(t.ring)-1)] = u
	t.n++
	e := t.state
	if a.ends[e] == 0 {
		e = a.shorter[e]
	}
	for ; e != 0; e = a.shorter[e] {
		for p := a.ends[e]; p != 0; p = a.next[p-1] {
			s.match(t, &a.patterns[p-1])
		}
	}
}

// match checks the pattern that has just been read against its rules, and records a hit.
func (s *scan) match(t *tape, p *pattern) {
	mask := len(t.ring) - 1
	from := t.n - len(p.runes)
	first, last := t.ring[from&mask], t.ring[(t.n-1)&mask]
	start, end := first.start, last.end
	for k := range p.runes {
		u := &t.ring[(from+k)&mask]
		rule := p.rules[k]
		if rule&mustUpper != 0 && !u.upper && cased(u.r) || rule&mustLower != 0 && u.upper {
			return
		}
		start, end = min(start, u.start), max(end, u.end)
		if k == 0 || t == &s.all {
			continue
		}
		if u.parted && rule&(mayPart|mustPart) == 0 || !u.parted && rule&mustPart != 0 {
			return
		}
		if u.start-t.ring[(from+k-1)&mask].end > maxGap {
			return
		}
	}
	if p.whole && (first.inner || last.more) {
		return
	}
	end = s.trail(end)
	if p.phone {
		begin, ok := callingPrefix(s.text, start)
		if !ok || end < len(s.text) && isDigit(s.text[end]) {
			return
		}
		start, end = begin, extension(s.text, end)
	} else if p.whole && (wordBefore(s.text, start, first.r) || wordAfter(s.text, end, last.r)) {
		return
	}
	if p.rules[len(p.rules)-1]&mayDot != 0 && end < len(s.text) && s.text[end] == '.' {
		end++
	}
	s.record(hit{Span{start, end, p.value, p.reason}, p.beside})
}

// record keeps a hit. A part that counts only beside others takes the place of one before it that turned out to stand alone, so
// that text full of such parts takes no more room.
func (s *scan) record(h hit) {
	if n := len(s.hits); n > 0 && h.beside {
		if last := s.hits[n-1]; last.beside && last.Value == h.Value && last.End < h.Start && !s.adjacent(last.End, h.Start) &&
			(n == 1 || !s.adjacent(s.hits[n-2].End, last.Start)) {
			s.hits[n-1] = h
			return
		}
	}
	s.hits = append(s.hits, h)
}

// trail returns the end of the accents and unseen characters after a match.
func (s *scan) trail(end int) int {
	for limit := end + maxGap; end < len(s.text) && end < limit && s.text[end] >= utf8.RuneSelf; {
		r, size := utf8.DecodeRune(s.text[end:])
		if !ignorable(r) && !unicode.IsMark(r) {
			break
		}
		end += size
	}
	return end
}

// wordBefore reports whether a word that ends in beside goes on before i.
func wordBefore(text []byte, i int, beside rune) bool {
	for limit := max(0, i-maxGap); i > limit; {
		r, size := utf8.DecodeLastRune(text[:i])
		if ignorable(r) || unicode.IsMark(r) {
			i -= size
			continue
		}
		return sameWord(r, beside)
	}
	return false
}

// wordAfter reports whether a word that ends in beside goes on at i.
func wordAfter(text []byte, i int, beside rune) bool {
	if i == len(text) {
		return false
	}
	r, _ := utf8.DecodeRune(text[i:])
	return sameWord(r, beside)
}

func sameWord(a, b rune) bool {
	return kindOf(a) == wordUnit && kindOf(b) == wordUnit && spaced(a) && spaced(b)
}

// adjacent reports whether nothing but a few separators and the label of an apartment stands in text[from:to].
func (s *scan) adjacent(from, to int) bool {
	if to-from > maxGap {
		return false
	}
	if from >= to {
		return true
	}
	for _, word := range words(string(s.text[from:to]), anywhere, false) {
		if !unitLabels[string(word.runes)] {
			return false
		}
	}
	return true
}

// resolve appends the spans of all hits: parts of an address joined, those that stand alone dropped, overlaps made one.
func (s *scan) resolve(dst []Span) []Span {
	if len(s.hits) == 0 {
		return dst
	}
	hits := s.joinAddresses(s.hits)
	slices.SortFunc(hits, func(a, b hit) int { return cmp.Or(a.Start-b.Start, b.End-a.End, a.Value-b.Value) })
	from := len(dst)
	longest := 0 // of the hits in the last span
	for _, h := range hits {
		n := len(dst)
		switch {
		case n == from || h.Start >= dst[n-1].End:
			dst, longest = append(dst, h.Span), h.End-h.Start
		case max(h.End, dst[n-1].End)-dst[n-1].Start > s.m.longest:
			h.Start = dst[n-1].End // a chain of overlaps longer than any match: it goes on in a span of its own
			if h.Start < h.End {
				dst, longest = append(dst, h.Span), h.End-h.Start
			}
		default:
			if h.End-h.Start > longest {
				longest, dst[n-1].Value, dst[n-1].Reason = h.End-h.Start, h.Value, h.Reason
			}
			dst[n-1].End = max(dst[n-1].End, h.End)
		}
	}
	return dst
}

// joinAddresses joins the parts of an address that stand in a row, in place.
func (s *scan) joinAddresses(hits []hit) []hit {
	slices.SortFunc(hits, func(a, b hit) int { return cmp.Or(a.Value-b.Value, a.Start-b.Start, b.End-a.End) })
	out := hits[:0]
	for i := 0; i < len(hits); {
		h := hits[i]
		i++
		if s.m.kinds[h.Value] != Address {
			out = append(out, h)
			continue
		}
		for ; i < len(hits) && hits[i].Value == h.Value; i++ {
			g := hits[i]
			if g.Start > h.End && !s.adjacent(h.End, g.Start) || max(h.End, g.End)-h.Start > s.m.longest {
				break
			}
			if h.beside && !g.beside {
				h.Reason = g.Reason
			}
			h.End, h.beside = max(h.End, g.End), h.beside && g.beside
		}
		if !h.beside {
			out = append(out, h)
		}
	}
	return out
}
