package names

// hospital emits the hospital whose name begins at i, such as "Hôpital de la Croix-Rousse" or "Centre hospitalier de Gaspé", and returns its
// end, or 0. It takes words while they are capitalised or go with those that follow.
func (l *line) hospital(i int) int {
	mark := l.keys.used
	defer func() { l.keys.used = mark }()
	start, end := i, 0
	headed := false
	for n := 0; n < 9 && l.letterAt(i); n++ {
		w := l.readWord(i)
		switch {
		case !headed && l.kindOf(l.keys.of(mark, w.to))&head != 0:
			headed = true
		case !headed:
			if n == 3 {
				return 0
			}
		case w.capital && !w.is(title) && !w.code:
			end = w.end
		case !w.is(particle) && !hospitalWords[string(l.key(&w))] && !l.elided(&w):
			n = 9
		case l.elided(&w) && l.capitalAt(w.start+2):
			end = w.end
		}
		i = w.next
		if i >= l.end || l.text[i] != ' ' {
			break
		}
		i++
		l.keys.extend(' ')
	}
	if end == 0 {
		return 0
	}
	l.emit(start, end, Hospital, evidence{hospitalName, hospitalName, byHead})
	return end
}

// hospitalBefore emits the hospital whose head, in lower case, stands before start.
func (l *line) hospitalBefore(before context, start int) int {
	i := before.first.start
	limit := max(l.start, i-maxBack)
	for n := 0; n < 3; n++ {
		mark := l.keys.used
		w := l.readWord(i)
		key := l.key(&w)
		if len(key) > 2 && key[1] == '\'' { // l'hôpital
			key, i = key[2:], i+2
			if l.text[w.start+1] != '\'' {
				i += 2 // a curly apostrophe
			}
		}
		is := l.kindOf(key)
		l.keys.used = mark
		if is&head != 0 {
			return l.hospital(i)
		}
		if is&particle == 0 || i < l.start+2 {
			return 0
		}
		to, mark2 := l.skipBack(i, limit, false)
		if mark2 != 0 || to == limit || !l.letterBefore(to) {
			return 0
		}
		i = l.wordBefore(to, limit).start
	}
	return 0
}

// elided reports whether the word begins with l' or d'.
func (l *line) elided(w *word) bool {
	key := l.key(w)
	return len(key) > 2 && key[1] == '\'' && (key[0] == 'd' || key[0] == 'l')
}

// hospitalWords stand in lower case within the name of a hospital.
var hospitalWords = setOf(`europeen universitaire regional general civil prive privee intercommunal pediatrique departemental militaire psychiatrique juif et
	sur en of the`)
