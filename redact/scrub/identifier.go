package scrub

// announced returns the kind that the nearest cue announces for a number of so many digits, and how few a number of that kind may have.
func announced(near, all cue) (k kind, least int, ok bool) {
	if near == cueNumber {
		near = all
	}
	switch {
	case near&cuePassport != 0:
		return kindPassport, 6, true
	case near&cueLicence != 0:
		return kindLicence, 6, true
	case near&cueHealth != 0 && near&cueSIN == 0:
		return kindHealth, 8, true
	case near&cueBusiness != 0 && near&cueDate == 0:
		return kindBusiness, 9, true
	case near&cueNIR != 0:
		return kindNIR, 10, true
	case near&cueAccount != 0:
		return kindAccount, 5, true
	case near&cueID != 0:
		return kindID, 4, true
	}
	return 0, 0, false
}

// identifier finds a number of digits that a cue announces.
func (sc *scan) identifier(r *run) int {
	all, near := sc.cues(r.start[0])
	k, least, ok := announced(near, all)
	if !ok && sc.hasAt(r.start[0]-2, "| ") && r.size(0) >= 7 {
		k, least, ok = kindID, 7, true // a cell of a table
	}
	if !ok {
		return 0
	}
	g := 0
	for g+1 < r.n && (r.sep[g+1] == '-' || r.sep[g+1] == ' ' && r.first[g+1] < least || r.sep[g+1] == '.' && (r.size(g) == 3 || k == kindHealth)) {
		g++
	}
	n := r.first[g+1]
	if n < least || n > 20 || sc.at(r.end[g]) == '%' || sc.at(r.end[g]) == '/' {
		return 0
	}
	if n == 4 && isYear(r.digits[:4]) || r.size(0) < 2 && g > 0 && r.sep[1] == ' ' {
		return 0
	}
	end := r.end[g]
	if sc.wordAt(end) {
		end = sc.endOfToken(end)
	}
	if sc.at(end) == '-' && isUpper(sc.at(end+1)) && isUpper(sc.at(end+2)) && !sc.wordAt(end+3) && k == kindHealth {
		end += 3 // version of a health card of Ontario
	}
	start := r.start[0]
	for n := 0; n < 2 && sc.at(start-1) == '-' && alnum[sc.at(start-2)] && r.start[0]-start < 16; n++ { // "AB-1234"
		for start--; start > 0 && r.start[0]-start < 16 && alnum[sc.text[start-1]]; start-- {
		}
	}
	if k == kindHealth && n == 8 {
		if letters := sc.lettersAnnounced(start); letters >= 0 && (isUpper(sc.text[letters]) || healthDate(r.digits[:8])) {
			start = letters
		}
	}
	if !sc.add(k, start, end, 0.55, "number after a cue") {
		return 0
	}
	return end
}

// token finds a token of letters and digits that a cue announces.
func (sc *scan) token(start, end int) int {
	if end-start < 5 || end-start > 34 {
		return 0
	}
	n := 0
	for _, c := range sc.text[start:end] {
		if isDigit(c) {
			n++
		}
	}
	all, near := sc.cues(start)
	k, least, ok := announced(near, all)
	if !ok && near&cueHandle != 0 {
		k, ok = kindHandle, true
	}
	if k == kindNIR && !corsican(sc.text[start:end]) {
		return 0
	}
	for sc.at(end) == '-' && alnum[sc.at(end+1)] && end-start < 34 {
		end = sc.endOfToken(end + 1)
	}
	if !ok || n < 3 && k != kindHandle || end-start < min(least, 6) {
		return 0
	}
	if !sc.add(k, start, end, 0.55, "letters and digits after a cue") {
		return 0
	}
	return end
}
