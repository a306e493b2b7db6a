package scrub

// houseLast finds a street whose house number, the first of r, stands last, as in most of Europe: "Via dei Mille 17", "rue du Marché 12", "Lindenstraße 4".
func (sc *scan) houseLast(r *run) int {
	const words = 6
	if !sc.wants(kindAddress) || r.size(0) > 4 || r.n > 1 && r.sep[1] != ',' && r.sep[1] != ' ' {
		return 0
	}
	end, i := r.end[0], r.start[0]
	if isLetter(sc.at(end)) && !sc.wordAt(end+1) {
		end++ // "12b"
	}
	if sc.wordAt(end) {
		return 0
	}
	start, named := 0, false
	for n := 0; n < words && start == 0; n++ {
		k := i - sc.spaceBack(i)
		if n == 0 && sc.at(k-1) == ',' {
			k--
		} else if k == i && n > 0 && (sc.at(k-1) == '-' || sc.at(k-1) == '\'') {
			k--
		}
		if k == i {
			return 0
		}
		first := sc.wordBack(k)
		if first == k || isDigit(sc.at(first-1)) {
			return 0
		}
		e, _ := sc.word(first)
		capital := sc.capitalAt(first)
		switch {
		case e.street&streetFrench != 0 && k-first > 2 && named:
			start = first
		case n == 0 && capital && streetEnding(sc.text[first:k]):
			start, named = first, true
		case capital:
			named = true
		case e.misc != miscParticle && e.misc != miscArticle && e.misc != miscSaint:
			return 0
		}
		i = first
	}
	if start == 0 || sc.wordBefore(start) {
		return 0
	}
	score, reason := float32(0.5), "type of a street, name and number"
	if all, _ := sc.cues(start); all&cueAddress != 0 {
		score = 0.75
	} else if next := end + sc.spaceAt(end); !sc.capitalAt(start) || next > end && sc.wordAt(next) && !sc.capitalAt(next) {
		return 0 // "rue Cartier 3 pompes"
	}
	if !sc.add(kindAddress, start, end, score, reason) {
		return 0
	}
	sc.lastAddress = end
	return end
}

// streetEnding reports whether a word ends as streets in German and Dutch do.
func streetEnding(word []byte) bool {
	for _, ending := range [...]string{"strasse", "straße", "gasse", "weg", "platz", "allee", "straat", "laan", "gracht"} {
		if n := len(word) - len(ending); n > 2 && string(word[n:]) == ending {
			return true
		}
	}
	return false
}
