package scrub

// clock finds a time of day in hours and minutes with a colon. A time alone says little of anyone: it counts just enough to be replaced.
func (sc *scan) clock(r *run) int {
	if !sc.wants(kindTime) || r.n < 2 || r.sep[1] != ':' || r.size(0) > 2 || r.size(1) != 2 || sc.at(r.end[0]+1) == ' ' {
		return 0
	}
	if r.value(0) > 24 || r.value(1) > 59 || sc.at(r.start[0]-1) == ':' || sc.at(r.start[0]-1) == '.' {
		return 0
	}
	g := 1
	if r.n > 2 && r.sep[2] == ':' {
		if r.size(2) != 2 || r.value(2) > 60 || r.n > 3 && r.sep[3] == ':' {
			return 0
		}
		g = 2
	}
	end := r.end[g]
	if sc.wordAt(end) || sc.spaceAt(end) > 0 {
		j := end + sc.spaceAt(end)
		if e, k := sc.word(j); e.misc == miscHalfDay {
			end = k
		} else if j == end {
			return 0
		}
	}
	if sc.add(kindTime, r.start[0], end, 0.5, "hours and minutes") {
		return end
	}
	return 0
}

// hours finds a time of day with letters after the number: "20h00", "7 h", "10pm".
func (sc *scan) hours(r *run) int {
	if !sc.wants(kindTime) || r.size(0) > 2 || r.value(0) > 24 {
		return 0
	}
	i := r.end[0]
	end := 0
	switch c := sc.at(i) | 0x20; {
	case c == 'h' && isDigit(sc.at(i+1)) && isDigit(sc.at(i+2)) && !sc.wordAt(i+3) && two(sc.text[i+1:]) <= 59:
		end = i + 3
	case (c == 'a' || c == 'p') && sc.at(i+1)|0x20 == 'm' && !sc.wordAt(i+2) && r.value(0) >= 1 && r.value(0) <= 12:
		end = i + 2
	}
	if end > 0 && sc.add(kindTime, r.start[0], end, 0.5, "hours and minutes") {
		return end
	}
	return 0
}
