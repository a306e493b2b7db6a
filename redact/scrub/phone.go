package scrub

// opening returns where a telephone number whose first digit is at i begins: at the parenthesis, the plus signs or both before it. Plus reports a plus
// sign.
func (sc *scan) opening(i int) (start int, plus bool) {
	start = i
	j := i - sc.spaceBack(i)
	if sc.at(j-1) == '(' {
		start = j - 1
		j = start - sc.spaceBack(start)
	}
	for k := 0; k < 2 && sc.at(j-1) == '+'; k++ {
		j--
		start, plus = j, true
	}
	if plus && sc.at(start-1) == '(' {
		start--
	}
	return start, plus
}

func (sc *scan) spaceBack(i int) int {
	switch {
	case sc.at(i-1) == ' ':
		return 1
	case sc.at(i-1) == 0xA0 && sc.at(i-2) == 0xC2:
		return 2
	}
	return 0
}

// phone finds a telephone number: international after a plus sign, North American, with a trunk zero, or of any plan after a cue.
func (sc *scan) phone(r *run) int {
	if !sc.wants(kindPhone) {
		return 0
	}
	start, plus := sc.opening(r.start[0])
	g, score, reason := -1, float32(0), ""
	all, near := sc.cues(start)
	if near == 0 && start-sc.lastPhone >= 0 && start-sc.lastPhone < 6 {
		near, all = cuePhone, cuePhone // one number after another
	}
	switch {
	case plus:
		g, score, reason = sc.international(r)
	case sc.at(start) == '(' && r.size(0) == 2 && r.n > 1 && r.sep[1] == sepClose:
		g, score, reason = sc.international(r)
	default:
		g, score, reason = sc.national(r, all)
	}
	if g < 0 {
		return 0
	}
	switch {
	case all&cueNumber != 0 && all&^(cueNumber|cueDate) == 0 && reason == inOnePiece:
		score += 0.1 // "no. 5145550123": nothing says what else the number might be of
	case near&cuePhone != 0:
		score = min(0.95, score+0.3)
	case near != 0 && near&(cueNumber|cueAddress|cueDate) == 0:
		score -= 0.1 // the nearest cue announces something else
	case all&cuePhone != 0:
		score = min(0.95, score+0.2)
	}
	if sc.crowded(r, g) && g > 0 && r.sep[g] == ' ' {
		score -= 0.2
	}
	if sc.at(start) == '(' && !r.closed(g) { // the parenthesis is around more than the area code
		start++
		start += sc.spaceAt(start)
	}
	end := sc.extension(r.end[g])
	if end == r.end[g] && g < r.n-1 && r.sep[g+1] == '-' && sc.at(r.end[g+1]) == '#' {
		end = r.end[g+1] + 1
	}
	if !sc.add(kindPhone, start, end, score, reason) {
		return 0
	}
	sc.lastPhone = end
	return end
}

// closed reports whether a parenthesis closes within groups 0 to g.
func (r *run) closed(g int) bool {
	for k := 1; k <= g; k++ {
		if r.sep[k] == sepClose {
			return true
		}
	}
	return false
}

// phoneSep reports whether a separator joins parts of one telephone number.
func phoneSep(sep byte) bool {
	switch sep {
	case ' ', '-', '.', '/', '(', ')', sepDash, sepPoint:
		return true
	}
	return false
}

// international returns the last group of an international number (ITU-T E.164: at most 15 digits) that r begins with. Where the country code is
// known the number has a length that is in use there; an unknown one has 8 digits at least.
func (sc *scan) international(r *run) (g int, score float32, reason string) {
	low, high := plan(r.digits[:min(r.first[r.n], 4)])
	last, exact := -1, false
	for g := 0; g < r.n; g++ {
		if g > 0 && !phoneSep(r.sep[g]) {
			break
		}
		n := r.first[g+1]
		if n > 15 {
			break
		}
		if g == r.n-1 && r.long {
			return -1, 0, ""
		}
		if low > 0 && n >= low && n <= high {
			last, exact = g, true
		} else if !exact && n >= 8 {
			last = g
		}
		if exact && n >= high {
			break
		}
	}
	switch {
	case last < 0:
		return -1, 0, ""
	case exact:
		return last, 0.9, "country code, length in use"
	}
	return last, 0.6, "plus sign, length of a number"
}

// national returns the last group of a number in national form that r begins with.
func (sc *scan) national(r *run, all cue) (g int, score float32, reason string) {
	if g, score, reason := sc.northAmerican(r); g >= 0 {
		return g, score, reason
	}
	if sc.joined(r.start[0]) {
		return -1, 0, ""
	}
	zero := r.digits[0] == '0'
	cued := all&(cuePhone|cueNumber) != 0
	best, bestSize := -1, 0
	for g := 0; g < r.n; g++ {
		if g > 0 && (!phoneSep(r.sep[g]) || r.sep[g] == '/' && g > 1 && r.sep[g-1] != '/' || r.sep[g] == '.' && g > 1 && r.sep[1] != '.') {
			break
		}
		n := r.first[g+1]
		if n > 13 {
			break
		}
		if n < 7 || g == r.n-1 && (r.long || sc.wordAt(r.end[g]) && !sc.extended(r.end[g])) || g < r.n-1 && r.sep[g+1] == '-' {
			continue
		}
		if g == 0 && !zero && !cued {
			break
		}
		// Ten digits are the commonest length, then the longest is taken, up to eleven.
		if bestSize == 10 || bestSize > 0 && n > 11 && !(zero && g == r.n-1) {
			break
		}
		best, bestSize = g, n
	}
	if best < 0 {
		return -1, 0, ""
	}
	if best == 2 && r.size(0) == 3 && r.size(1) == 2 && r.size(2) == 4 {
		return -1, 0, "" // the form of an SSN
	}
	international := zero && r.digits[1] == '0' && bestSize >= 11
	switch {
	case zero && bestSize == 10 && r.digits[1] != '0':
		return best, 0.65, "trunk zero, ten digits"
	case zero && (bestSize == 10 && (best == 0 || best == 4) || international):
		return best, 0.55, "leading zeros, length of a number"
	case zero && best == 3 && bestSize == 8 && r.size(0) == 2 && r.joined('.') >= 4:
		return best, 0.5, "trunk zero, groups of a number"
	case zero && best > 0 && bestSize >= 9 && bestSize <= 11:
		return best, 0.5, "trunk zero, groups of a number"
	case all&cuePhone != 0 && best > 0:
		return best, 0.5, "groups of a number, cue"
	case all&cuePhone != 0:
		return best, 0.45, "length of a number, cue"
	case best > 0 && cued && bestSize >= 8:
		return best, 0.35, "groups of a number"
	}
	return -1, 0, ""
}

// joined reports whether a hyphen, a point or a slash joins the number at i to digits before it.
func (sc *scan) joined(i int) bool {
	c := sc.at(i - 1)
	return (c == '-' || c == '.' || c == '/') && (isDigit(sc.at(i-2)) || sc.tagBefore(i-1))
}

const inOnePiece = "North American number in one piece"

// northAmerican returns the last group of a number of the North American plan, with or without its country code 1: area code, exchange,
// line. Area code and exchange begin with 2 to 9, and none is of the form N11.
func (sc *scan) northAmerican(r *run) (g int, score float32, reason string) {
	first, skip := 0, 0
	switch {
	case r.digits[0] == '1' && r.size(0) == 1 && r.n > 1 && phoneSep(r.sep[1]):
		first, skip = 1, 1
	case r.size(0) == 3 && string(r.digits[:3]) == "001" && r.n > 1 && phoneSep(r.sep[1]): // international prefix and country code
		first, skip = 1, 3
	case r.digits[0] == '1' && (r.size(0) == 11 || r.size(0) == 4):
		skip = 1
	}
	g = first
	for g < r.n && r.first[g+1]-skip < 10 {
		if g+1 < r.n && !phoneSep(r.sep[g+1]) {
			return -1, 0, ""
		}
		g++
	}
	if g >= r.n || r.first[g+1]-skip != 10 || g-first > 2 || g == r.n-1 && r.long {
		return -1, 0, ""
	}
	lead := skip
	if first == 1 {
		lead = 0
	}
	grouped := r.size(first) == 3+lead && (g == first+2 && r.size(first+1) == 3 || g == first+1)
	if g > first && !grouped && !(g == first+1 && r.size(first) == 6) {
		return -1, 0, ""
	}
	if g < r.n-1 && (r.sep[g+1] == '-' || r.sep[g+1] == '.') {
		return -1, 0, ""
	}
	if end := r.end[g]; sc.wordAt(end) && !sc.extended(end) && g == first {
		return -1, 0, ""
	}
	d := r.digits[skip : skip+10]
	valid := d[0] >= '2' && d[3] >= '2' && !(d[1] == '1' && d[2] == '1') && !(d[4] == '1' && d[5] == '1')
	switch {
	case valid && g > first && r.sep[g] == ' ' && r.sep[g-1] == ' ':
		return g, 0.7, "North American number"
	case valid && g > first:
		return g, 0.8, "North American number"
	case valid && skip == 1:
		return g, 0.5, inOnePiece
	case valid && r.cut:
		return g, 0.6, "North American number, cut by characters that show nothing"
	case valid:
		return g, 0.4, inOnePiece
	case g == first+2 && (r.sep[g] != r.sep[g-1] || r.sep[g] == '-'):
		return g, 0.55, "groups of a North American number"
	}
	return -1, 0, ""
}

// extended reports whether an extension follows at i.
func (sc *scan) extended(i int) bool { return sc.extension(i) > i }

// extension returns where the extension that follows a number ending at i ends, or i: "poste 12", "(ext. 12)", "x12", "#12".
func (sc *scan) extension(i int) int {
	if n := sc.spaceAt(i); sc.at(i+n) == '(' {
		inner := i + n + 1
		if end := sc.extension(inner); end > inner && sc.at(end) == ')' {
			return end + 1
		}
		return i
	}
	j := i
	for k := 0; k < 3; k++ {
		if n := sc.spaceAt(j); n > 0 {
			j += n
		} else if c := sc.at(j); (c == ',' || c == ';') && j-i < 3 {
			j++
		}
	}
	var w folded
	n := w.fold(sc.text[j:min(len(sc.text), j+16)])
	most := 7
	switch string(w.bytes()) {
	case "poste", "ext", "extn", "extension", "xtn", "anexo", "int", "post":
		j += n
	case "x", "p", "po":
		most = 6
		j += n
	case "":
		if sc.at(j) != '#' {
			if c := sc.at(j); c != 0xD0 || !sc.hasAt(j, "доб") {
				return i
			}
			j += len("доб")
		} else {
			j++
			most = 6
		}
	default:
		return i
	}
	for k := 0; k < 3 && (sc.at(j) == ' ' || sc.at(j) == '.' || sc.at(j) == ':' || sc.at(j) == '=' || sc.at(j) == '#'); k++ {
		j++
	}
	size := 0
	for isDigit(sc.at(j + size)) {
		if size++; size > most {
			return i
		}
	}
	if size == 0 {
		return i
	}
	if j += size; sc.at(j) == '#' {
		j++
	}
	return j
}

func (sc *scan) hasAt(i int, text string) bool {
	return i >= 0 && i+len(text) <= len(sc.text) && string(sc.text[i:i+len(text)]) == text
}
