package scrub

// nine finds numbers of nine digits: the Canadian social insurance number, the social security number of the United States, and the
// Canadian business number.
func (sc *scan) nine(r *run) int {
	g := 0
	for g < r.n && r.first[g+1] < 9 {
		g++
	}
	if g >= r.n || g > 2 || r.first[g+1] != 9 || sc.joined(r.start[0]) {
		return 0
	}
	if r.n > g+1 && (r.sep[g+1] == '-' || r.sep[g+1] == '.' || r.sep[g+1] == '/') {
		return 0
	}
	digits := r.digits[:9]
	all, near := sc.cues(r.start[0])
	end := r.end[g]
	if stop := sc.business(r, g); stop > 0 {
		return stop
	}
	if sc.wordAt(end) && all&(cueSIN|cueSSN) == 0 {
		return 0
	}
	shape := [3]int{r.size(0), 0, 0}
	same := true
	for k := 1; k <= g; k++ {
		shape[k] = r.size(k)
		same = same && r.sep[k] == r.sep[1]
	}
	mark := byte(0)
	if g > 0 {
		if mark = r.sep[1]; mark != ' ' && mark != '-' && mark != '.' {
			return 0
		}
	}
	announced := all&cueNAS != 0 || all&cueInsurance != 0 && all&(cueSIN|cueSSN) == cueSIN|cueSSN && all&cueHealth == 0
	if announced && near&cuePhone == 0 && (g == 0 || shape == [3]int{3, 3, 3}) {
		// Whoever writes down a wrong number meant a right one.
		k, score, reason := kindID, float32(0.55), "nine digits after a cue of a social insurance number"
		if luhn(digits) {
			k, score, reason = kindSIN, 0.95, "Luhn, cue"
		}
		if sc.add(k, r.start[0], end, score, reason) {
			return end
		}
	}
	if near&cuePhone != 0 && all&(cueSIN|cueSSN) == 0 && shape != [3]int{3, 2, 4} {
		return 0
	}
	if isSIN(digits) && (shape == [3]int{3, 3, 3} && same && mark != '.' || shape == [3]int{9, 0, 0}) {
		score, reason := float32(0.85), "Luhn, first digit in use"
		if g == 0 {
			score = 0.55
		}
		if all&cueSIN != 0 {
			score, reason = 0.95, "Luhn, first digit in use, cue"
		}
		if all&cueSSN == 0 && sc.add(kindSIN, r.start[0], end, score, reason) {
			return end
		}
	}
	if isSSN(digits) {
		score, reason := float32(0.3), "area and group in use"
		switch {
		case shape == [3]int{3, 2, 4} && same:
			score = 0.85
			if mark == ' ' && sc.crowded(r, g) {
				score = 0.4
			}
		case g == 1 && (shape[0] == 3 || shape[0] == 5):
			score = 0.4
		}
		if all&cueSSN != 0 {
			score, reason = max(score, 0.8), "area and group in use, cue"
		}
		if (g == 0 || mark != 0 && same) && (shape[0] == 9 || shape[0] == 3 && shape[1] == 2 || shape[0] == 5 || shape[0] == 3 && shape[1] == 6) &&
			sc.add(kindSSN, r.start[0], end, score, reason) {
			return end
		}
	}
	return 0
}

// isSIN reports whether nine digits are a social insurance number: Luhn, and a first digit that was given out. Numbers from 0 and 8 are not
// (8 begins business numbers).
func isSIN(d []byte) bool { return d[0] != '0' && d[0] != '8' && luhn(d) && !sameDigits(d) }

// isSSN reports whether nine digits may be a social security number: no area 000, 666 or from 900 on, no group 00, no serial
// 0000, none of those known from advertisements.
func isSSN(d []byte) bool {
	switch string(d) {
	case "078051120", "219099999", "457555462", "123456789", "987654321":
		return false
	}
	area, group, serial := string(d[:3]), string(d[3:5]), string(d[5:])
	return area != "000" && area != "666" && d[0] != '9' && group != "00" && serial != "0000" && !sameDigits(d)
}

// business finds a Canadian business number with its program account, such as "123456789 RT0001", or without it after a cue.
func (sc *scan) business(r *run, g int) int {
	digits := r.digits[:9]
	if !sc.wants(kindBusiness) || !luhn(digits) {
		return 0
	}
	end := r.end[g]
	i := end + sc.spaceAt(end)
	if c, d := sc.at(i)|0x20, sc.at(i+1)|0x20; c == 'r' && (d == 't' || d == 'p' || d == 'c' || d == 'z' || d == 'r' || d == 'm') {
		i += 2
		i += sc.spaceAt(i)
		k := i
		for isDigit(sc.at(k)) && k-i < 5 {
			k++
		}
		if k-i == 4 && !sc.wordAt(k) && sc.add(kindBusiness, r.start[0], k, 0.9, "Luhn, program account") {
			return k
		}
	}
	if all, _ := sc.cues(r.start[0]); all&cueBusiness != 0 && !sc.wordAt(end) && sc.add(kindBusiness, r.start[0], end, 0.8, "Luhn, cue") {
		return end
	}
	return 0
}
