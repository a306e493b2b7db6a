package scrub

// nir finds a French social security number in any grouping by spaces: sex, year, month, department, commune, order, and the key of two digits
// if it is written.
func (sc *scan) nir(r *run) int {
	if !sc.wants(kindNIR) || r.digits[0] != '1' && r.digits[0] != '2' {
		return 0
	}
	best := 0
	for g := 0; g < r.n && r.first[g+1] <= 15; g++ {
		if g > 0 && r.sep[g] != ' ' {
			break
		}
		n := r.first[g+1]
		if n != 13 && n != 15 || !sc.closes(r, g) || !r.nirGroups(g) {
			continue
		}
		d := r.digits[:n]
		all, _ := sc.cues(r.start[0])
		if !isNIR(d, all&cueNIR != 0) {
			continue
		}
		score, reason := float32(0.7), "month and department in use"
		switch {
		case n == 15 && nirKey(d):
			score, reason = 0.95, "month and department in use, key"
		case n == 15 && all&cueNIR == 0:
			continue
		case g == 0:
			score = 0.5
		}
		if all&cueNIR != 0 {
			score, reason = max(score, 0.85), "month and department in use, cue"
		}
		if sc.add(kindNIR, r.start[0], r.end[g], score, reason) {
			best = r.end[g]
		}
	}
	return best
}

// nirGroups reports whether groups 0 to last end where fields of the number do.
func (r *run) nirGroups(last int) bool {
	for g := range last {
		switch r.first[g+1] {
		case 1, 3, 5, 7, 10, 13:
		default:
			return false
		}
	}
	return true
}

func two(d []byte) int { return int(d[0]-'0')*10 + int(d[1]-'0') }

func isNIR(d []byte, cued bool) bool {
	month, department := two(d[3:]), two(d[5:])
	return department > 0 && (month >= 1 && month <= 12 || cued && month >= 20)
}

// nirKey reports whether the last two of 15 digits are 97 less the rest of the others by 97.
func nirKey(d []byte) bool {
	rest := 0
	for _, c := range d[:13] {
		rest = (rest*10 + int(c-'0')) % 97
	}
	return two(d[13:]) == 97-rest
}

// corsican reports whether a token is a French social security number with the department 2A or 2B, with its key or without.
func corsican(token []byte) bool {
	if len(token) != 13 && len(token) != 15 {
		return false
	}
	for k, c := range token {
		if k == 6 && c|0x20 != 'a' && c|0x20 != 'b' || k != 6 && !isDigit(c) {
			return false
		}
	}
	return token[5] == '2'
}
