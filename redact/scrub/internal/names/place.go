package names

import "bytes"

// placePrefixes are the words that go with the place name after them.
var placePrefixes = setOf(`new north south east west port fort lake saint sainte san santa los las la le les mount mont grand grande old upper lower great el
	st nouvelle nouveau haut bas cape cap`)

// placeAt returns how many of the words, from the first on, are a place of the lists; the longest counts.
func (l *line) placeAt(ws []word) int {
	if k := ws[0].kind; k&(city|country|longer) == 0 {
		return 0
	}
	best := 0
	var phrase [4 * maxWord]byte
	key := phrase[:0]
	for k := 0; k < min(len(ws), 4); k++ {
		if k > 0 {
			key = append(key, ' ')
		}
		key = append(key, l.key(&ws[k])...)
		of := l.kindOf(key)
		if of&(city|country) != 0 {
			best = k + 1
		}
		if of&longer == 0 {
			break
		}
	}
	if best == 1 && ws[0].name() {
		return 0 // weighed with the names: "Paris Jackson", "Florence"
	}
	if best > 0 && best < len(ws) && !ws[best].plain() && ws[0].is(city) && !ws[best].is(city|country) && best == 1 {
		return 0 // "London Breed"
	}
	return best
}

// place emits a place of the lists, with a prefix before it.
func (l *line) place(ws []word, i, j int) {
	var e evidence
	before := l.before(ws[i].start)
	if before.title.end > 0 || before.street {
		return
	}
	var buffer [4 * maxWord]byte
	phrase := append(buffer[:0], l.key(&ws[i])...)
	for k := i + 1; k < j; k++ {
		phrase = append(append(phrase, ' '), l.key(&ws[k])...)
	}
	if l.kindOf(phrase)&country != 0 {
		e.add(countryName, byList)
	} else {
		e.add(cityName, byList)
	}
	e.add(int(before.place), byCue)
	if after := l.after(ws[j-1].next); true {
		e.add(int(after.place), byCue)
		if before.opens && after.ends || before.comma || after.mark == ',' || after.mark == '.' || after.mark == '\n' {
			e.add(ownLine, byLayout)
		}
	}
	for i > 0 && ws[i-1].capital && placePrefixes[string(l.key(&ws[i-1]))] {
		i--
	}
	l.emit(ws[i].start, ws[j-1].end, Place, e)
}

// directions make a place of an unknown word after them.
var directions = setOf(`new north south east west port fort lake mount cape`)

// placeEnding reports whether a word ends as the names of towns do in English or French.
func placeEnding(key []byte) bool {
	for _, ending := range []string{"ville", "burg", "burgh", "bury", "town", "shire", "borough", "furt", "berg", "mouth", "haven", "chester", "stad", "grad", "port", "land", "ford", "field"} {
		if len(key) > len(ending)+2 && bytes.HasSuffix(key, []byte(ending)) {
			return true
		}
	}
	return false
}

// foreignEnding reports whether a word ends as family names do in some language.
func foreignEnding(key []byte) bool {
	n := len(key)
	if n < 5 {
		return false
	}
	for _, ending := range foreignEndings[(key[n-1]-'a')&31] {
		if n > len(ending)+2 && string(key[n-len(ending):]) == ending {
			return true
		}
	}
	return false
}

// foreignEndings are grouped by their last letter, a first.
var foreignEndings = [32][]string{
	0:         {"eira", "eva", "gawa", "inha", "kawa", "kaya", "mura", "ova", "shima", "ska", "yama"},
	'c' - 'a': {"evic", "ovic"},
	'd' - 'a': {"gaard", "nejad", "vold"},
	'e' - 'a': {"dze", "eddine", "shige"},
	'f' - 'a': {"off"},
	'h' - 'a': {"tsch", "ullah", "vich", "vitch", "zadeh"},
	'i' - 'a': {"abadi", "bayashi", "cki", "dzki", "elli", "etti", "iniemi", "jarvi", "lahti", "saki", "shvili", "ski", "ucci", "uchi", "zaki"},
	'k' - 'a': {"chuk", "czak", "czek", "czyk"},
	'l' - 'a': {"dahl"},
	'm' - 'a': {"baum", "strom"},
	'n' - 'a': {"inen", "mann", "nsen", "onen", "ssen", "ssohn", "sson", "stein", "yan"},
	'o' - 'a': {"accio", "aiho", "eiro", "enko", "ilho", "inho", "laakso", "moto"},
	'r' - 'a': {"bacher", "berger", "dotter", "dottir", "gruber", "hauser", "hofer", "huber", "maier", "meier", "meyer"},
	's' - 'a': {"akis", "idis", "poulos", "skis", "vics"},
	't' - 'a': {"ault", "eldt", "kvist", "quist", "qvist", "stedt"},
	'u' - 'a': {"eau", "escu", "oglou", "oglu"},
	'v' - 'a': {"gov", "kov", "nov", "rov", "zov"},
	'x' - 'a': {"ieux", "oux"},
	'y' - 'a': {"sky"},
	'z' - 'a': {"wicz"},
}
