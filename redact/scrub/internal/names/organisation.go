package names

import "bytes"

// company emits the organisation that begins with the first of the words and ends in the suffix of a company. It returns how many of
// the words it used, and its end.
func (l *line) company(ws []word) (int, int) {
	if ws[0].plain() && !ws[0].unknown() && functionWords[string(l.key(&ws[0]))] || ws[0].is(title) {
		return 0, 0
	}
	last, weight := 0, 0
	for k := 1; k < len(ws); k++ {
		if ws[k].is(title) {
			break
		}
		if ws[k].is(suffix) {
			last, weight = k, companySuffix
		} else if ws[k].is(trade) && weight < companySuffix {
			last, weight = k, tradeSuffix
		}
	}
	if last == 0 {
		return l.firm(ws)
	}
	e := evidence{}
	e.add(weight, bySuffix)
	before := l.before(ws[0].start)
	e.add(int(before.organisation), byCue)
	cued := before.organisation > 0
	if after := l.after(ws[last].next); weight == tradeSuffix && after.organisation > 0 {
		e.add(int(after.organisation), byCue)
		cued = true
	}
	named, shouted, joined := false, true, false
	for k := range ws[:last] {
		named = named || !ws[k].plain()
		shouted = shouted && ws[k].caps
		joined = joined || functionWords[string(l.key(&ws[k]))]
	}
	if weight == tradeSuffix && shouted && joined {
		return 0, 0 // "LOSS OF DATA OR SERVICES"
	}
	if named {
		e.add(unknownWord, byShape)
	}
	if e.sum < enough || !named && !cued && ws[last].is(ordinary) {
		return 0, 0 // "Not Limited"
	}
	end := ws[last].next
	if ws[last].possessive || end > ws[last].end {
		end = ws[last].end
	}
	if end < l.end && l.text[end] == '.' && ws[last].is(suffix) && end+1 < l.end {
		end++
	}
	l.emit(ws[0].start, end, Organisation, e)
	return last + 1, end
}

// firm emits a firm that is named after its partners: "Roy and Sons", "Roy, Ng and Cohen".
func (l *line) firm(ws []word) (int, int) {
	if len(ws) != 1 || ws[0].plain() || ws[0].initial {
		return 0, 0
	}
	rest := l.text[ws[0].end:l.end]
	if len(rest) < 5 || rest[0] != ',' && (rest[0] != ' ' || !bytes.Contains(conjunctions, rest[1:2])) {
		return 0, 0
	}
	for _, ending := range firmEndings {
		end := ws[0].end + len(ending)
		if bytes.HasPrefix(rest, []byte(ending)) && !l.letterAt(end) {
			l.emit(ws[0].start, end, Organisation, evidence{companySuffix, companySuffix, bySuffix})
			return 1, end
		}
	}
	if ws[0].is(given) && !ws[0].is(family) {
		return 0, 0
	}
	before := l.before(ws[0].start)
	if before.comma || before.colon || before.person > 0 || before.title.end > 0 {
		return 0, 0
	}
	if _, end := l.partner(ws[0].end, " - "); end > 0 && l.after(end).organisation > 0 {
		l.emit(ws[0].start, end, Organisation, evidence{partnersOfFirm, partnersOfFirm, byShape})
		return 1, end
	}
	second, end := l.partner(ws[0].end, ", ")
	if end == 0 {
		return 0, 0
	}
	third, end := l.partner(end, " and ")
	if end == 0 || second.is(given) && !second.is(family) || third.is(given) && !third.is(family) {
		return 0, 0
	}
	l.emit(ws[0].start, end, Organisation, evidence{partnersOfFirm, partnersOfFirm, byShape})
	return 1, end
}

// partner reads a capitalised word that follows i and a conjunction.
func (l *line) partner(i int, conjunction string) (word, int) {
	if !bytes.HasPrefix(l.text[i:l.end], []byte(conjunction)) || !l.capitalAt(i+len(conjunction)) {
		return word{}, 0
	}
	w := l.readWord(i + len(conjunction))
	if w.plain() || w.code || w.initial {
		return word{}, 0
	}
	return w, w.end
}

// conjunctions are the first letters of what joins partners.
var conjunctions = []byte("a&e-")

var firmEndings = []string{
	" and Sons", " and sons", " & Sons", " and Daughters", " and Associates", " & Associates", " and Co", " & Co",
	" et Fils", " et fils", " & Fils", " & fils", " et Frères", " et Associés", " et associés",
}

// functionWords do not begin the name of a company.
var functionWords = setOf(`the a an our my your this that at in for from to with le la les un une notre votre chez de du is and of by i we you please dear
	bonjour hello if on as or no not any all so`)
