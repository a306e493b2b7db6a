package scrub

// licence finds driver's licences that show what they are: of Ontario (letter, 14 digits, the last six the birth date), Québec (letter, four
// digits, birth date, two digits) and Great Britain (five letters, birth date, initials).
func (sc *scan) licence(start, end int) int {
	if !sc.wants(kindLicence) {
		return 0
	}
	if isLetter(sc.at(start)) && isDigit(sc.at(start+1)) {
		r := sc.readRun(start + 1)
		g := 0
		for g+1 < r.n && (r.sep[g+1] == '-' || r.sep[g+1] == ' ') && r.first[g+1] < 12 {
			g++
		}
		if sc.wordAt(r.end[g]) || r.long {
			return 0
		}
		all, _ := sc.cues(start)
		d := r.digits[:r.first[g+1]]
		score := float32(0.8)
		if g == 0 {
			score = 0.45
		}
		if all&cueLicence != 0 {
			score += 0.15
		}
		switch {
		case len(d) == 14 && (g == 0 || g == 2 && r.size(0) == 4 && r.size(1) == 5) && healthDate(d[8:]):
			if sc.add(kindLicence, start, r.end[g], score, "form of Ontario, birth date") {
				return r.end[g]
			}
		case len(d) == 12 && (g == 0 || g == 2 && r.size(0) == 4 && r.size(1) == 6) && dayAndMonth(two(d[4:]), two(d[6:])):
			if sc.add(kindLicence, start, r.end[g], score, "form of Québec, birth date") {
				return r.end[g]
			}
		}
		return 0
	}
	if end-start != 16 {
		return 0
	}
	t := sc.text[start:end]
	for k, c := range t {
		switch {
		case k < 5 || k == 11 || k == 12:
			if !isUpper(c) && c != '9' {
				return 0
			}
		case k < 11:
			if !isDigit(c) {
				return 0
			}
		case !isUpper(c) && !isDigit(c):
			return 0
		}
	}
	if !healthDate([]byte{t[5], t[10], t[6], t[7], t[8], t[9]}) {
		return 0
	}
	if sc.at(end) == ' ' && isDigit(sc.at(end+1)) && isDigit(sc.at(end+2)) && !sc.wordAt(end+3) {
		end += 3
	}
	if !sc.add(kindLicence, start, end, 0.85, "form of Great Britain, birth date") {
		return 0
	}
	return end
}
