package scrub

// handle finds the user name after the at sign at i.
func (sc *scan) handle(i int) int {
	const most = 30
	if sc.wordBefore(i) || sc.at(i-1) == '.' || sc.at(i-1) == '@' || sc.at(i-1) == '/' || !isLetter(sc.at(i+1)) && sc.at(i+1) != '_' {
		return 0
	}
	end := i + 1
	for end-i <= most+1 && (alnum[sc.at(end)] || sc.at(end) == '_' || sc.at(end) == '.' && (isLower(sc.at(end+1)) || sc.at(end+1) == '_')) {
		end++
	}
	n := end - i - 1
	if n < 3 || n > most || sc.wordAt(end) || containsFold(sc.text[i:end], "twitter") {
		return 0
	}
	score, reason := float32(0.5), "name after an at sign"
	if all, _ := sc.cues(i); all&cueHandle != 0 {
		score, reason = 0.8, "name after an at sign, cue of a network"
	}
	if !sc.add(kindHandle, i, end, score, reason) {
		return 0
	}
	return end
}

// named finds a user name with a point in it, from start to end, after a word that announces one.
func (sc *scan) named(start, end, i int) int {
	if _, near := sc.cues(start); near&cueHandle == 0 || sc.wordAt(end) || end-start > 32 || !sc.add(kindHandle, start, end, 0.75, "name after a cue of a network") {
		return i + 1
	}
	return end
}

// handleAfter finds the user name after the colon at i that follows the name of a network or a word such as "username": "snapchat: julieg". What stands after
// the colon must end its clause, so that "login: the page is down" is none.
func (sc *scan) handleAfter(i int) int {
	const least, most = 3, 32
	j := i
	if sc.at(j-1) == ' ' {
		j--
	}
	word := sc.wordBack(j)
	if word == j || !sc.wants(kindHandle) {
		return 0
	}
	e, _ := sc.word(word)
	if e.cue&cueHandle == 0 {
		return 0
	}
	start := sc.skip(i+1, 2, " ") // a name after an at sign is found there
	end, signs := start, false
	for end-start <= most && (alnum[sc.at(end)] || sc.at(end) == '_' || sc.at(end) == '-' || sc.at(end) == '.' && alnum[sc.at(end+1)]) {
		signs = signs || !isLetter(sc.text[end])
		end++
	}
	if end-start < least || end-start > most || !isLetter(sc.at(start)) || sc.wordAt(end) || sc.at(end) == '@' || sc.at(end) == '/' || sc.at(end) == ':' {
		return 0
	}
	if next := end + sc.spaceAt(end); next > end && sc.wordAt(next) && !signs {
		return 0
	}
	score := float32(0.5)
	if e.cue&cueNetwork != 0 || signs {
		score = 0.7
	}
	if sc.at(i+1) == '/' || noHandle[string(lower(sc.text[start:end]))] || !sc.add(kindHandle, start, end, score, "name after a cue of a network") {
		return 0
	}
	return end
}

// noHandle has words that say that there is no name, or what became of it.
var noHandle = set(`none null nil n-a na unknown inconnu inconnue aucun aucune non yes no oui vide empty error erreur failed failure echec ok okay invalid invalide missing
	required expired disabled locked blocked denied active inactive deleted pending todo tbd see voir the yes true false optional help support login logout guest
	admin root user username test down closed ferme private public message chat call page link lien group groupe`)

// underscore finds a user name with the underscore at i in it, after a word that announces one.
func (sc *scan) underscore(i int) int {
	const most = 32
	if !sc.wants(kindHandle) || sc.at(i+1) == '_' {
		return i + 1
	}
	part := func(c byte) bool { return alnum[c] || c == '_' || c == '-' || c == '.' }
	start, end := i, i+1
	for start > 0 && i-start < most && part(sc.text[start-1]) {
		start--
	}
	for end < len(sc.text) && end-i < most && part(sc.text[end]) {
		end++
	}
	for end > i+1 && (sc.text[end-1] == '.' || sc.text[end-1] == '-') {
		end--
	}
	if end-start < 3 || end-start > most || !isLetter(sc.at(start)) || sc.wordBefore(start) || sc.wordAt(end) || sc.at(start-1) == '@' || sc.at(end) == '@' || sc.at(end) == '/' {
		return i + 1
	}
	if !sc.handleBefore(start) || !sc.add(kindHandle, start, end, 0.6, "name after a cue of a network") {
		return i + 1
	}
	return end
}

// handleBefore reports whether one of the three words before i in the same clause is the name of a network or a word such as "username".
func (sc *scan) handleBefore(i int) bool {
	for range 3 {
		for k := 0; k < 4 && i > 0 && (sc.text[i-1] == ' ' || sc.text[i-1] == ':' || sc.text[i-1] == '\'' || sc.text[i-1] == '"' || sc.text[i-1] == '('); k++ {
			i--
		}
		start := sc.wordBack(i)
		if start == i {
			return false
		}
		if e, _ := sc.word(start); e.cue&cueHandle != 0 {
			return true
		}
		i = start
	}
	return false
}
