package names

import "unicode/utf8"

// A line without capitals is looked at word by word, for want of shape with lists and strong cues only.

// strongCue is what a cue before must have to name someone that is on no list.
const strongCue = 10

// scanLower looks at a line that has no capital.
func (l *line) scanLower() {
	announced := false // by the word or the colon before
	for i := l.start; i < l.end; {
		c := l.text[i]
		if (c < 'a' || c > 'z') && (c < 0xc3 || !l.letterAt(i)) {
			announced = announced && c <= ' ' || c == ':'
			i++
			continue
		}
		if end, is, ok := l.skim(i); ok && !l.worth(is, announced) {
			i, announced = end, is&announces != 0
			continue
		}
		l.keys.used = 0
		if l.attached(i) {
			i, announced = max(i+1, l.skipWord(i)), false
			continue
		}
		w := l.readWord(i)
		i = max(i+1, w.next)
		if !w.code && !w.plain() && w.end-w.start > 1 && l.worth(w.kind, announced) {
			i = max(i, l.lowerWord(w))
		}
		announced = w.is(announces)
	}
}

// lowerWord decides on the name that begins with w, and returns where to go on.
func (l *line) lowerWord(w word) int {
	before := l.before(w.start)
	cued := before.person >= strongCue || before.title.end > 0
	var ws [4]word
	ws[0] = w
	n := 1
	for n < len(ws) {
		last := &ws[n-1]
		i := last.next
		if i+2 < l.end && l.text[i] == '.' && last.end-last.start == 1 {
			i++
		}
		if i+1 >= l.end || l.text[i] != ' ' || last.possessive || !l.letterAt(i+1) {
			break
		}
		next := l.readWord(i + 1)
		short := next.end-next.start == 1
		if next.code || short && !(next.next < l.end && l.text[next.next] == '.') || !short && (next.is(ordinary) || next.plain() || !cued && !next.name() && !next.is(longer|particle)) {
			break
		}
		ws[n] = next
		n++
	}
	if k := l.placeAt(ws[:n]); k > 0 {
		var e evidence
		e.add(lowerPlace, byList)
		e.add(int(before.place), byCue)
		if e.sum >= enough {
			l.emit(w.start, ws[k-1].end, Place, e)
			return ws[k-1].next
		}
	}
	for n > 1 && !cued && !ws[n-1].name() {
		n--
	}
	after := l.after(ws[n-1].next)
	var e evidence
	if cued {
		e.add(strongCue, byCue)
	} else {
		e.add(strongestName(ws[:n]), byList)
		if e.sum < givenName && !(w.is(given) && l.continues(w.start)) {
			return 0
		}
		e.add(int(max(before.person, after.person))/2, byCue)
		if n > 1 && ws[1].name() {
			e.add(familyName, byList)
		}
		if n == 1 && w.is(given) && (before.comma && before.first.is(given) || after.mark == ',' && after.first.is(given) || l.continues(w.start)) {
			e.add(listed, byLayout)
		}
		if before.opens && before.first.end == 0 && after.ends && n > 1 {
			e.add(ownLine, byLayout)
		}
	}
	l.emit(w.start, ws[n-1].end, Person, e)
	if e.sum >= enough {
		return ws[n-1].next
	}
	return 0
}

// skim looks up the word of small ASCII letters at i without reading it; ok is false if it is another kind of word.
func (l *line) skim(i int) (end int, is kind, ok bool) {
	text := l.text[:l.end]
	h := uint32(hashBegin)
	end = i
	for end < len(text) && 'a' <= text[end] && text[end] <= 'z' {
		h = (h ^ uint32(text[end])) * hashPrime
		end++
	}
	if end-i < 2 || end < len(text) && text[end] >= utf8.RuneSelf || end < len(text) && (text[end] == '\'' || text[end] == '-') {
		return 0, 0, false
	}
	return end, l.lexicon.kindAt(h, text[i:end]), true
}

// worth reports whether a word of a line without capitals is worth deciding on.
func (l *line) worth(is kind, announced bool) bool {
	return is&ordinary == 0 && (is&(given|city|country|longer) != 0 || announced && is&particle == 0)
}

// continues reports whether a list of names goes on at i.
func (l *line) continues(i int) bool {
	last, ok := l.last()
	return ok && last.Class == Person && l.beside(last.End, i)
}
