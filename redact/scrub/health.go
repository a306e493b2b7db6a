package scrub

// lettersBefore returns where n capital letters begin that end, with a space or hyphen or nothing between, before i; -1 if they are not n exactly.
func (sc *scan) lettersBefore(i, n int) int {
	j := i - sc.spaceBack(i)
	if j == i && sc.at(i-1) == '-' {
		j--
	}
	start := j
	for start > 0 && j-start <= n && isUpper(sc.text[start-1]) {
		start--
	}
	if j-start != n || sc.wordBefore(start) {
		return -1
	}
	return start
}

// lettersAnnounced is lettersBefore for the four letters of a health number after a cue, in small letters too and with a point after them.
func (sc *scan) lettersAnnounced(i int) int {
	j := i - sc.spaceBack(i)
	if j == i && (sc.at(i-1) == '-' || sc.at(i-1) == '.') {
		j--
	}
	if start := sc.wordBack(j); j-start == 4 && len(sc.asciiWord(start)) == 4 {
		return start
	}
	return -1
}

// healthDate reports whether six digits are a birth date as health insurance numbers of Québec hold it: year, month, with 50 added for women, day.
func healthDate(d []byte) bool {
	month, day := two(d[2:]), two(d[4:])
	if month > 50 {
		month -= 50
	}
	return month >= 1 && month <= 12 && day >= 1 && day <= 31
}

// healthCard finds a health insurance number of Québec in one piece or with a space after its letters: four letters, birth date, two digits.
func (sc *scan) healthCard(start, _ int) int {
	for k := range 4 {
		if !isLetter(sc.at(start + k)) {
			return 0
		}
	}
	if !isDigit(sc.at(start + 4)) {
		return 0
	}
	return sc.health(start, sc.readRun(start+4))
}

func (sc *scan) health(start int, r *run) int {
	g := 0
	for g < r.n && r.first[g+1] < 8 && (g+1 == r.n || r.sep[g+1] == ' ' || r.sep[g+1] == '-') {
		g++
	}
	if g >= r.n || r.first[g+1] != 8 || !healthDate(r.digits[:8]) || sc.wordAt(r.end[g]) {
		return 0
	}
	score := float32(0.85)
	if !isUpper(sc.text[start]) {
		score = 0.6
	}
	if !sc.add(kindHealth, start, r.end[g], score, "four letters, birth date") {
		return 0
	}
	return r.end[g]
}

// ontario finds a health number of Ontario: ten digits that pass Luhn, 4-3-3, with the two letters of its version or without.
func (sc *scan) ontario(r *run) int {
	if r.n < 3 || r.size(0) != 4 || r.size(1) != 3 || r.size(2) != 3 || r.sep[1] != '-' && r.sep[1] != ' ' || r.sep[2] != r.sep[1] || !luhn(r.digits[:10]) {
		return 0
	}
	end, score := r.end[2], float32(0.55)
	if i := end + 1; (sc.at(end) == '-' || sc.at(end) == ' ') && isUpper(sc.at(i)) && isUpper(sc.at(i+1)) && !sc.wordAt(i+2) {
		end, score = i+2, 0.75
	}
	if sc.wordAt(end) || r.n > 3 && r.sep[3] == r.sep[1] || !sc.add(kindHealth, r.start[0], end, score, "Luhn, form of Ontario") {
		return 0
	}
	return end
}

// lettersApart finds numbers whose letters stand apart before the digits: health insurance numbers of Québec and national insurance numbers.
func (sc *scan) lettersApart(r *run) int {
	if r.size(0) == 4 || r.size(0) == 6 || r.size(0) == 8 {
		if start := sc.lettersBefore(r.start[0], 4); start >= 0 {
			if stop := sc.health(start, r); stop > 0 {
				return stop
			}
		}
	}
	if r.size(0) != 2 && r.size(0) != 6 || !sc.wants(kindNINO) {
		return 0
	}
	start := sc.lettersBefore(r.start[0], 2)
	if start < 0 {
		return 0
	}
	g := 0
	for g+1 < r.n && r.first[g+1] < 6 && (r.sep[g+1] == ' ' || r.sep[g+1] == '-') {
		g++
	}
	i := r.end[g]
	i += sc.spaceAt(i)
	if sc.at(i) == '-' {
		i++
	}
	c := sc.at(i)
	if r.first[g+1] != 6 || !isUpper(c) || sc.wordAt(i+1) || !isNINO(sc.text[start], sc.text[start+1], c) ||
		!sc.add(kindNINO, start, i+1, 0.8, "prefix and suffix in use") {
		return 0
	}
	return i + 1
}
