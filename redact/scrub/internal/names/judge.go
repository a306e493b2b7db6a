package names

import "bytes"

// The weights of what is not in cues.txt. A finding needs enough in all.
const (
	enough = 10

	givenName         = 7
	ambiguousGiven    = 4 // also an ordinary word
	familyName        = 4
	ambiguousFamily   = 2
	secondName        = 3 // a listed name that is not the first
	unknownWord       = 3
	unknownCaps       = 2
	twoInARow         = 7 // beyond the first word
	capsAndCapital    = 8 // "NAME Given", as clinical notes have it
	withInitial       = 8
	foreignShape      = 3 // letters or endings of foreign names
	titleBefore       = 12
	possessive        = 2
	dialogue          = 5 // "Name: …" at the beginning of a line
	vocative          = 5 // "Name, …" at the beginning of a sentence
	inverted          = 6 // "Name, Given"
	sureCue           = 8 // what a cue before must have to make a name of a month or an acronym
	listed            = 7 // beside another name in a list
	midSentence       = 3 // a capital where none is due
	afterCivic        = -8
	afterPostal       = 7
	beforeNumber      = 2 // "in Laval 12345"
	directed          = 6 // "New X", "East X"
	ownLine           = 4
	beneathCivic      = 8
	countryName       = 12
	cityName          = 8
	lowerPlace        = 6 // a place of the lists in a line without capitals
	afterComma        = 8 // a capitalised word after a comma that follows a number
	companySuffix     = 14
	tradeSuffix       = 7
	afterPerson       = 9  // "Name from X", "Name of X"
	partnersOfFirm    = 10 // "X, Y and Z" where no cue says they are persons
	nation            = 11
	hospitalName      = 12
	tradeName         = 12
	againstStreet     = -20
	againstManyWords  = -8
	againstOtherLists = -6
)

// The reasons that findings give.
const (
	byTitle   = "title before"
	byCue     = "cue beside"
	byList    = "list of names"
	byShape   = "shape"
	byLayout  = "place in the text"
	bySuffix  = "ending of a company"
	byHead    = "head of a hospital's name"
	byNations = "list of nationalities"
	byTrades  = "list of professions"
)

// evidence is what speaks for one class, with the reason that speaks most.
type evidence struct {
	sum, most int
	reason    string
}

func (e *evidence) add(weight int, reason string) {
	e.sum += weight
	if weight > e.most {
		e.most, e.reason = weight, reason
	}
}

// emit records a finding whose evidence is enough, unless it overlaps the one before.
func (l *line) emit(start, end int, class Class, e evidence) {
	if last, ok := l.last(); ok && start < last.End {
		return
	}
	if e.sum >= enough {
		*l.spans = append(*l.spans, Span{start, end, class, 1 - 5/float32(e.sum), e.reason})
	}
}

// last returns the finding before.
func (l *line) last() (Span, bool) {
	if n := len(*l.spans); n > l.earlier {
		return (*l.spans)[n-1], true
	}
	return Span{}, false
}

// judge takes the words of a run apart and decides on each piece. It returns the end of what it used if that goes beyond the run.
func (l *line) judge(ws []word) int {
	end := 0
	for i := 0; i < len(ws); {
		w := &ws[i]
		if w.start < end {
			i++
			continue
		}
		if i > 0 && w.is(title) && ws[i-1].is(title) && w.initial {
			w.kind = 0 // "Dr M. Roy"
		}
		if w.is(head | heading) {
			if to := l.hospital(w.start); to > 0 {
				end = to
				continue
			}
		}
		if n, to := l.company(ws[i:]); n > 0 {
			end = max(end, to)
			i += n
			continue
		}
		if n := l.placeAt(ws[i:]); n > 0 {
			l.place(ws, i, i+n)
			i += n
			continue
		}
		if w.is(profession | career) {
			if to := l.profession(w); to > 0 {
				end = to
				continue
			}
		}
		if w.is(nationality) && (i == 0 || !ws[i-1].is(given|title) && !ws[i-1].initial) {
			if i+1 == len(ws) || !ws[i+1].plain() { // not "French Language"
				l.emit(w.start, w.end, Nationality, evidence{nation, nation, byNations})
			}
			i++
			continue
		}
		j := l.piece(ws, i)
		if j == i {
			i++
			continue
		}
		end = max(end, l.decide(ws, i, j))
		i = j
	}
	return end
}

// piece returns the end of the words from i on that may be one name, or i.
func (l *line) piece(ws []word, i int) int {
	w := &ws[i]
	if w.wordlike && l.between(ws, i) {
		// "Dr Beaumont", "Fulgence MARMENT"
	} else if w.capital && w.is(ordinary) && !w.is(title|head|particle) && i+1 < len(ws) && ws[i+1].unknown() && !ws[i+1].wordlike && l.titled(ws, i) {
		// "M. Page Zorbel"
	} else if w.plain() || w.is(title) && !w.name() {
		follows := i+1 < len(ws) && (ws[i+1].wordlike || !ws[i+1].plain())
		if !w.is(particle) || !follows || i == 0 && l.before(w.start).title.end == 0 || i > 0 && !ws[i-1].is(title) {
			return i // "Le Docteur", but not "M. LE BRUN"
		}
	}
	if i+1 < len(ws) && w.is(ordinary) && ws[i+1].is(given) && !ws[i+1].is(ordinary) && w.capital && !w.caps && l.before(w.start).opens && !w.is(family) &&
		(!w.is(given) || !ws[i+1].is(family) || modals[string(l.key(w))]) {
		return i // "Will Maria", not "Mark Johnson"
	}
	titled := l.titled(ws, i)
	j := i + 1
	for j < len(ws) {
		w := &ws[j]
		if w.capital && j+1 < len(ws) && ws[j+1].capital && vietnamese(l.key(&ws[j-1]), l.key(w)) {
			j += 2 // "Nguyen Van An"
			continue
		}
		if w.is(particle) && j+1 < len(ws) && (!w.capital || !ws[j+1].plain()) {
			j++
			continue
		}
		if titled && j == i+1 && w.capital && w.caps != ws[i].caps && !ws[i].initial && !w.is(title|head) {
			j++ // "Dr Zorba HIVER"
			continue
		}
		if w.plain() && !(w.wordlike && (titled || l.between(ws, j))) || w.is(title|head) && !w.name() {
			break
		}
		j++
	}
	for j > i+1 && !ws[j-1].capital {
		j--
	}
	return j
}

// modals are the given names that begin questions.
var modals = setOf(`will can may do`)

// titled reports whether a title stands right before ws[i].
func (l *line) titled(ws []word, i int) bool {
	if i > 0 {
		return ws[i-1].is(title)
	}
	return l.before(ws[i].start).title.end > 0
}

// between reports whether what stands beside a word makes it part of a name, whatever its ending: a title, a given name or an initial.
func (l *line) between(ws []word, i int) bool {
	if i > 0 && (ws[i-1].is(title|particle) || ws[i-1].is(given) && !ws[i-1].is(ordinary) || ws[i-1].initial) {
		return true
	}
	if i+1 < len(ws) && (ws[i+1].is(given) && !ws[i+1].is(ordinary) || ws[i+1].initial) {
		return true
	}
	w := &ws[i]
	if i > 0 && !ws[i-1].plain() {
		return ws[i-1].caps && !w.caps && ws[i-1].end-ws[i-1].start > 3 // "ZORBEC Monique"
	}
	before := l.before(w.start)
	return before.title.end > 0 || i == 0 && max(before.person, before.place, before.organisation) >= strongCue || w.caps && before.person >= strongCue-1
}

// decide weighs the classes for the words from i to j, and emits the best. It returns the end of what it found.
func (l *line) decide(ws []word, i, j int) int {
	before, after := l.before(ws[i].start), l.after(ws[j-1].next)
	start, end := ws[i].start, ws[j-1].end
	if before.first.is(head|particle) && !before.opens {
		if to := l.hospitalBefore(before, start); to > 0 {
			return to
		}
	}
	person := l.person(ws[i:j], &before, &after)
	placeFrom := l.directed(ws, i, j)
	place := l.unlistedPlace(ws[i:j], &before, &after)
	if placeFrom >= 0 {
		if placeFrom < i {
			wider := l.before(ws[placeFrom].start)
			place = l.unlistedPlace(ws[i:j], &wider, &after)
		}
		place.add(directed, byShape)
		person.add(againstOtherLists, byShape)
	}
	organisation := l.organisation(ws, i, j, &before, &after)
	switch {
	case organisation.sum >= enough && organisation.sum > person.sum && organisation.sum > place.sum:
		from, to := i, j
		for from > 0 && ws[from-1].capital && !ws[from-1].is(title) && !functionWords[string(l.key(&ws[from-1]))] && before.organisation == 0 {
			from--
		}
		for to < len(ws) && ws[to].capital && !ws[to].is(title) {
			to++
		}
		l.emit(ws[from].start, ws[to-1].end, Organisation, organisation)
		return ws[to-1].end
	case place.sum >= enough && place.sum > person.sum:
		for i > 0 && placePrefixes[string(l.key(&ws[i-1]))] {
			i--
		}
		l.emit(ws[i].start, end, Place, place)
		return end
	case person.sum >= enough:
		if t := before.title; t.end > 0 {
			to := t.end
			if to < l.end && l.text[to] == '.' {
				to++
			}
			l.emit(t.start, to, Title, evidence{titleBefore, titleBefore, byTitle})
		}
		l.emit(start, end, Person, person)
		return end
	}
	return 0
}

// person weighs the words as the name of a person.
func (l *line) person(ws []word, before *context, after *aftermath) evidence {
	var e evidence
	var capitals, caps, acronyms, initials, unknown, listedNames, foreign int
	for k := range ws {
		w := &ws[k]
		switch {
		case w.initial:
			initials++
		case w.capital:
			capitals++
			if w.caps {
				caps++
			}
			if w.caps && w.unknown() && w.end-w.start < 4 {
				acronyms++
			}
		}
		if w.unknown() && w.capital {
			unknown++
		}
		if w.foreign || foreignEnding(l.key(w)) {
			foreign++
		}
		if w.name() && !w.initial {
			listedNames++
		}
	}
	first := strongestName(ws)
	if first > 0 {
		e.add(first, byList)
	}
	for range min(listedNames-1, 2) {
		e.add(secondName, byList)
	}
	if listedNames == 0 && unknown > 0 {
		if caps == capitals {
			e.add(unknownCaps, byShape)
		} else {
			e.add(unknownWord, byShape)
		}
	}
	if capitals+initials > 1 {
		switch {
		case acronyms > 0 && first < givenName: // "TLS Listener"
		case caps > 0 && caps < capitals:
			e.add(capsAndCapital, byShape)
		case initials > 0:
			e.add(withInitial, byShape)
		case caps < capitals || first >= givenName:
			e.add(twoInARow, byShape)
		}
	}
	if capitals > 5 {
		e.add(againstManyWords, byShape)
	}
	if foreign > 0 && unknown > 0 {
		e.add(foreignShape, byShape)
	}
	for k := range ws {
		if ws[k].is(country) && !ws[k].name() || ws[k].is(suffix) {
			e.add(againstOtherLists, byList)
		}
	}
	l.personBeside(&e, ws, before, after)
	return e
}

// personBeside adds what stands around a person.
func (l *line) personBeside(e *evidence, ws []word, before *context, after *aftermath) {
	single := len(ws) == 1
	if single && before.title.end == 0 && before.person < sureCue {
		letters := ws[0].end - ws[0].start
		if letters < 3 && ws[0].unknown() || letters < 5 && ws[0].unknown() && ws[0].caps || ws[0].is(ordinary) && months[string(l.key(&ws[0]))] {
			return // "T", "TCP", "May I", "by June"
		}
	}
	if before.title.end > 0 {
		e.add(titleBefore, byTitle)
	} else {
		e.add(int(before.person), byCue)
	}
	if after.person > 0 {
		weight := int(after.person)
		if single && ws[0].unknown() && before.opens {
			weight-- // "Zorgcorp said"
		}
		e.add(weight, byCue)
	}
	if before.street || after.mark == 0 && after.first.is(street) && after.first.capital || ws[0].is(street) && len(ws) > 1 {
		e.add(againstStreet, byCue)
	}
	if before.civic && !single && (after.digit || after.ends || after.mark != 0 || e.most < capsAndCapital) {
		e.add(afterCivic, byLayout)
	}
	if !before.opens && !before.civic && !ws[0].caps && before.first.end > 0 && ws[0].name() {
		e.add(midSentence, byShape)
	}
	if ws[len(ws)-1].possessive {
		e.add(possessive, byCue)
	}
	if before.opens && after.ends {
		e.add(ownLine, byLayout)
	}
	if before.opens && before.first.end == 0 && after.mark == ':' && ws[0].name() {
		e.add(dialogue, byLayout)
	}
	if single && after.mark == ',' && ws[0].is(family) && after.first.is(given) && after.first.capital {
		e.add(inverted, byLayout)
	}
	if before.opens && (after.mark == ',' || after.mark == '?') && (ws[0].name() || after.person > 0) {
		e.add(vocative, byLayout)
	}
	inList := after.mark == ',' && l.namesAhead(ws[len(ws)-1].next)
	if before.place < 10 && (inList && (before.colon || before.comma || l.colonBefore(ws[0].start)) || single && ws[0].is(given) && !before.opens && (before.comma || after.mark == ',')) {
		e.add(listed, byLayout)
	} else if last, ok := l.last(); ok && last.Class == Person && l.beside(last.End, ws[0].start) {
		e.add(listed, byLayout)
	}
}

// months are those that are given names too.
var months = setOf(`april may june august january avril mai juin juillet mars`)

// vietnamese reports whether a family name and a middle name stand side by side after which any word is the given name.
func vietnamese(name, middle []byte) bool {
	switch string(middle) {
	case "van", "thi", "huu", "duc", "thanh", "ngoc", "minh", "quoc", "xuan":
		return vietnameseNames[string(name)]
	}
	return false
}

var vietnameseNames = setOf(`nguyen tran le pham huynh hoang phan vu vo dang bui do ho ngo duong ly dinh truong lam mai dao trinh ha cao luong luu chau ta
	phung doan vuong thai lieu to quach kieu`)

// colonBefore reports whether a colon and a space stand before i.
func (l *line) colonBefore(i int) bool {
	return i-2 >= l.start && l.text[i-1] == ' ' && l.text[i-2] == ':'
}

// strongestName returns the weight of the word that is most of a name by the lists.
func strongestName(ws []word) int {
	most := 0
	for k := range ws {
		w := &ws[k]
		if w.initial {
			continue
		}
		weak := w.is(ordinary | city | country | nationality)
		switch {
		case w.is(given) && !weak:
			most = max(most, givenName)
		case w.is(given):
			most = max(most, ambiguousGiven)
		case w.is(family) && !weak:
			most = max(most, familyName)
		case w.is(family):
			most = max(most, ambiguousFamily)
		}
	}
	return most
}

// namesAhead reports whether a list of single capitalised words goes on at i in which there is a name of the lists, or which has four and
// ends with a conjunction.
func (l *line) namesAhead(i int) bool {
	mark := l.keys.used
	defer func() { l.keys.used = mark }()
	for n := range maxList {
		if n > 1 {
			l.keys.used = mark
			if _, end := l.partner(i, " and "); end > 0 {
				return true // four words and more, of which none is ordinary
			}
			if _, end := l.partner(i, " et "); end > 0 {
				return true
			}
		}
		if i+2 >= l.end || l.text[i] != ',' || l.text[i+1] != ' ' || !l.capitalAt(i+2) {
			return false
		}
		l.keys.used = mark
		w := l.readWord(i + 2)
		if w.plain() || w.code || w.caps {
			return false
		}
		if w.name() && !w.is(ordinary) {
			return true
		}
		i = w.next
	}
	return false
}

// maxList bounds how far a list is followed.
const maxList = 6

// beside reports whether only a comma or a conjunction stands between.
func (l *line) beside(from, to int) bool {
	if from < l.start || to < from || to-from > 8 {
		return false
	}
	switch string(bytes.TrimSpace(l.text[from:to])) {
	case ",", "and", "et", "&", "or", "ou", ", and", ";":
		return true
	}
	return false
}

// unlistedPlace weighs the words as a place that is on no list.
func (l *line) unlistedPlace(ws []word, before *context, after *aftermath) evidence {
	var e evidence
	letters := ws[0].end - ws[0].start
	if len(ws) > 3 || ws[0].initial || before.title.end > 0 || ws[0].caps && letters < 4 || letters < 2 || ws[0].caps && letters < 6 && before.place < strongCue && !before.postal {
		return e
	}
	e.add(unknownWord, byShape)
	if before.place > 0 {
		e.add(int(before.place), byCue)
	}
	if after.place > 0 {
		e.add(int(after.place), byCue)
	}
	if strongestName(ws) >= givenName && before.place < 10 {
		e.add(againstOtherLists, byList)
	}
	if before.opens && before.first.end == 0 && after.ends && l.addressed {
		e.add(beneathCivic, byLayout)
	}
	if before.place > 0 && after.digit && before.place < 10 {
		e.add(beforeNumber, byLayout)
	}
	if before.postal && !after.digit {
		e.add(afterPostal, byLayout)
	}
	if (after.ends || after.mark == '.' || after.mark == ',') && l.commaAfterNumber(ws[0].start) {
		e.add(afterComma, byLayout)
	}
	if before.street {
		e.add(againstStreet, byCue)
	}
	if placeEnding(l.key(&ws[len(ws)-1])) {
		e.add(foreignShape, byShape)
	}
	if after.mark == ',' && after.first.is(country) {
		e.add(afterComma+1, byLayout)
	}
	return e
}

// organisation weighs the words from i to j as a company.
func (l *line) organisation(ws []word, i, j int, before *context, after *aftermath) evidence {
	var e evidence
	if letters := ws[i].end - ws[i].start; before.title.end > 0 || ws[i].caps && letters < 3 || letters < 2 {
		return e
	}
	e.add(unknownWord, byShape)
	e.add(int(before.organisation), byCue)
	e.add(int(after.organisation), byCue)
	if strongestName(ws[i:j]) >= givenName {
		e.add(againstOtherLists, byList)
	}
	if last, ok := l.last(); ok && last.Class == Person && before.first.end > 0 && !before.comma && last.End <= before.first.start &&
		len(bytes.TrimSpace(l.text[last.End:before.first.start])) == 0 {
		switch string(l.key(&before.first)) {
		case "from", "of", "at", "with":
			e.add(afterPerson, byCue)
		}
	}
	return e
}

func (l *line) key(w *word) []byte { return l.keys.of(w.from, w.to) }

// directed returns where a place begins that has "New", "East" or the like before or at the first of the words, or -1.
func (l *line) directed(ws []word, i, j int) int {
	if i > 0 && ws[i-1].capital && directions[string(l.key(&ws[i-1]))] {
		return i - 1
	}
	if j-i > 1 && ws[i].capital && directions[string(l.key(&ws[i]))] {
		return i
	}
	return -1
}

// commaAfterNumber reports whether a comma stands right before i, and a number in what stands before it up to other punctuation.
func (l *line) commaAfterNumber(i int) bool {
	before, ok := bytes.CutSuffix(bytes.TrimRight(l.text[max(l.start, i-maxBack):i], " "), []byte(","))
	if cut := bytes.LastIndexAny(before, ",:;"); cut >= 0 {
		before = before[cut:]
	}
	return ok && bytes.ContainsAny(before, "0123456789")
}
