package scrub

func isYear(d []byte) bool { return d[0] == '1' && d[1] >= '8' || d[0] == '2' && d[1] <= '1' } // 1800 to 2199

// isDayMonthYear reports whether eight digits are a day, a month and a year from 1900 to 2099.
func isDayMonthYear(d []byte) bool {
	day, month, century := two(d), two(d[2:]), two(d[4:])
	return day >= 1 && day <= 31 && month >= 1 && month <= 12 && (century == 19 || century == 20)
}

// dayAndMonth reports whether a and b may be a day and a month in either order.
func dayAndMonth(a, b int) bool {
	return a >= 1 && b >= 1 && (a <= 31 && b <= 12 || a <= 12 && b <= 31)
}

// tight returns a separator without regard to spaces around it.
func tight(sep byte) byte {
	switch sep {
	case sepDash:
		return '-'
	case sepSlash, sepBar:
		return '/'
	case sepPoint:
		return '.'
	}
	return sep
}

// date finds dates that begin with a number: ISO 8601 with or without a time, day, month and year in the usual orders, parts of a
// date, and a day before the name of a month.
func (sc *scan) date(r *run) int {
	if !sc.wants(kindDate) || r.size(0) > 8 {
		return 0
	}
	stop := 0
	switch {
	case r.size(0) <= 2 && sc.at(r.end[0]) != ':':
		if stop = sc.dayFirst(r); stop == 0 {
			stop = sc.dayBeforeName(r.start[0], r.end[0], r.value(0))
		}
	case r.size(0) == 4 && isYear(r.digits[:4]):
		stop = sc.yearFirst(r)
	case r.size(0) == 8 && sc.closes(r, 0):
		d := r.digits[:8]
		if !isDayMonthYear(d) && !(isYear(d) && dayAndMonth(two(d[4:]), two(d[6:]))) {
			break
		}
		score, reason := float32(0.35), "date in one piece"
		if all, _ := sc.cues(r.start[0]); all&cueDate != 0 {
			score, reason = 0.6, "date in one piece, cue"
		}
		if sc.add(kindDate, r.start[0], r.end[0], score, reason) {
			stop = r.end[0]
		}
	}
	if stop > 0 {
		sc.lastDate = stop
	}
	return stop
}

// dayFirst finds day, month and year, month, day and year, day and month, or month and year.
func (sc *scan) dayFirst(r *run) int {
	if r.n < 2 || sc.dottedBefore(r.start[0]) {
		return 0
	}
	a, start := r.value(0), r.start[0]
	sep := tight(r.sep[1])
	if r.size(1) == 4 && isYear(r.digits[r.first[1]:]) && a >= 1 && a <= 12 {
		if from := sc.spokenDayBefore(start); r.sep[1] == ' ' && from < start && sc.closes(r, 1) &&
			sc.add(kindDate, from, r.end[1], 0.8, "day in words, month and year") {
			return r.end[1]
		}
		if sep == '/' && r.sep[1] == '/' && sc.closes(r, 1) && sc.at(start-1) != '/' && sc.add(kindDate, start, r.end[1], 0.55, "month and year") {
			return r.end[1]
		}
	}
	if sep == ' ' && r.n > 2 && r.sep[2] == ' ' && r.size(0) == 2 && r.size(1) == 2 && r.size(2) == 4 && isDayMonthYear(r.digits[:8]) && sc.closes(r, 2) {
		if _, near := sc.cues(start); near&cueDate != 0 && sc.add(kindDate, start, r.end[2], 0.65, "day, month and year, cue") {
			return r.end[2]
		}
	}
	if sep != '/' && sep != '-' && sep != '.' || r.size(1) > 2 || !dayAndMonth(a, r.value(1)) {
		return 0
	}
	if r.n > 2 && tight(r.sep[2]) == sep {
		n := r.size(2)
		if n == 4 && isYear(r.digits[r.first[2]:]) && (sc.closes(r, 2) || r.n == 3 && !r.long) {
			if sc.add(kindDate, start, r.end[2], 0.85, "day, month and year") {
				return r.end[2]
			}
		}
		_, near := sc.cues(start)
		if n == 2 && sc.closes(r, 2) && (r.size(0) == 2 && r.size(1) == 2 || sep == '/' || near&cueDate != 0) && r.sep[1] == r.sep[2] {
			if sc.add(kindDate, start, r.end[2], 0.7, "day, month and year of two digits") {
				return r.end[2]
			}
		}
		return 0
	}
	if !sc.closes(r, 1) || sc.at(start-1) == '/' || sc.at(r.end[1]) == '%' {
		return 0
	}
	// Two numbers are a date only beside other dates or after a word that says so.
	all, near := sc.cues(start)
	reach := 24
	if r.sep[1] == sepSlash {
		reach = 48
	}
	beside := start-sc.lastDate < reach
	if !beside && near&(cueDate|cueSince) == 0 && all&cueDate == 0 {
		return 0
	}
	if sep == '.' && !(beside && r.size(0) == 2 && r.size(1) == 2) || sep == '-' && r.size(0)+r.size(1) < 4 || r.size(0)+r.size(1) < 3 {
		return 0
	}
	if sc.add(kindDate, start, r.end[1], 0.5, "day and month, near a date or a cue") {
		return r.end[1]
	}
	return 0
}

// yearFirst finds year, month and day, with the time after it if it is ISO 8601, year and month, or the year alone.
func (sc *scan) yearFirst(r *run) int {
	start := r.start[0]
	if r.n > 2 && r.size(1) <= 2 && r.size(2) <= 2 && tight(r.sep[1]) == tight(r.sep[2]) && dayAndMonth(r.value(1), r.value(2)) {
		sep := r.sep[1]
		if sep == '-' || sep == '/' || sep == '.' {
			end := r.end[2]
			score, reason := float32(0.85), "year, month and day"
			if sep == '-' {
				if t := sc.isoTime(end); t > end {
					end, score, reason = t, 0.9, "ISO 8601 date and time"
				}
			}
			if (end > r.end[2] || sc.closes(r, 2)) && sc.add(kindDate, start, end, score, reason) {
				return end
			}
			return 0
		}
	}
	if r.n > 1 && r.sep[1] == '-' && r.size(1) == 2 && r.value(1) >= 1 && r.value(1) <= 12 && sc.closes(r, 1) {
		if sc.add(kindDate, start, r.end[1], 0.5, "year and month") {
			return r.end[1]
		}
		return 0
	}
	if !sc.closes(r, 0) || sc.at(start-1) == '-' || sc.at(start-1) == '#' || sc.at(start-1) == '$' {
		return 0
	}
	score, reason := float32(0.35), "year"
	if e, gap := sc.wordRightBefore(start); e.cue&(cueSince|cueDate) != 0 && gap == 1 {
		score, reason = 0.5, "year after a preposition"
	}
	if sc.add(kindDate, start, r.end[0], score, reason) {
		return r.end[0]
	}
	return 0
}

// wordRightBefore returns the word that ends before i, and how many bytes stand between; 2 at most.
func (sc *scan) wordRightBefore(i int) (e entry, gap int) {
	j := i
	for gap < 2 && j > 0 && (sc.text[j-1] == ' ' || sc.text[j-1] == '.' || sc.text[j-1] == ':') {
		j--
		gap++
	}
	if start := sc.wordBack(j); start < j {
		e, _ = sc.word(start)
	}
	return e, gap
}

// isoTime returns where the time of day that follows an ISO 8601 date ending at i ends, or i: "T" or a space, hours, minutes, seconds with
// their fraction, and the offset from UTC.
func (sc *scan) isoTime(i int) int {
	if c := sc.at(i); c != 'T' && c != 't' && c != ' ' {
		return i
	}
	pair := func(j, most int) bool {
		return isDigit(sc.at(j)) && isDigit(sc.at(j+1)) && !isDigit(sc.at(j+2)) && two(sc.text[j:]) <= most
	}
	j := i + 1
	if !pair(j, 24) || sc.at(j+2) != ':' || !pair(j+3, 59) {
		return i
	}
	if j += 5; sc.at(j) == ':' && pair(j+1, 60) {
		if j += 3; (sc.at(j) == '.' || sc.at(j) == ',') && isDigit(sc.at(j+1)) {
			for k := 0; k < 10 && isDigit(sc.at(j+1)); k++ {
				j++
			}
			j++
		}
	}
	switch c := sc.at(j); {
	case c == 'Z' || c == 'z':
		j++
	case (c == '+' || c == '-') && isDigit(sc.at(j+1)) && isDigit(sc.at(j+2)):
		switch {
		case sc.at(j+3) == ':' && pair(j+4, 59):
			j += 6
		case isDigit(sc.at(j+3)) && isDigit(sc.at(j+4)):
			j += 5
		default:
			j += 3
		}
	}
	return j
}

// dayBeforeName finds a day in digits, from start to end, before the name of a month: "5 mai 2020", "1er mai", "5th of May 2020", "05-May-20",
// "09oct2024".
func (sc *scan) dayBeforeName(start, end, day int) int {
	if day < 1 || day > 31 || sc.dottedBefore(start) {
		return 0
	}
	i := end
	if w, j := sc.word(i); w.misc == miscOrdinal {
		i = j
	}
	glued := i == end
	for k := 0; k < 3; k++ {
		if n := sc.spaceAt(i); n > 0 {
			i += n
		} else if c := sc.at(i); c == '-' || c == '/' || c == '.' {
			i++
		} else {
			break
		}
		glued = false
	}
	e, j := sc.word(i)
	if e.misc == miscOf {
		i = j + sc.spaceAt(j)
		e, j = sc.word(i)
	}
	if e.month == 0 {
		return 0
	}
	yearEnd := sc.yearAfter(j)
	switch {
	case yearEnd > j:
		if sc.add(kindDate, start, yearEnd, 0.85, "day, name of the month and year") {
			return yearEnd
		}
	case sc.wordAt(j):
		return 0
	case e.misc == miscAmbiguous && !isUpper(sc.text[i]) && !glued:
		return 0
	}
	if sc.add(kindDate, start, j, 0.65, "day and name of the month") {
		return j
	}
	return 0
}

// yearAfter returns where the year ends that follows the name of a month ending at i, or i: four digits, two digits, or a year in words.
func (sc *scan) yearAfter(i int) int {
	j := i
	if sc.at(j) == '.' {
		j++
	}
	for k := 0; k < 2; k++ {
		if n := sc.spaceAt(j); n > 0 {
			j += n
		} else if c := sc.at(j); c == '-' || c == '/' || c == ',' || c == '.' {
			j++
		}
	}
	n := 0
	for n < 5 && isDigit(sc.at(j+n)) {
		n++
	}
	switch {
	case n == 4 && isYear(sc.text[j:]) && !isLetter(sc.at(j+4)):
		return j + 4
	case n == 2 && j > i && !sc.wordAt(j+2) && sc.at(j+2) != ':' && sc.at(j+2) != '%' && !(sc.at(j+2) == ' ' && isDigit(sc.at(j+3))):
		return j + 2
	case n == 0 && j > i:
		if end, words := sc.spokenNumber(j); words >= 2 {
			return end
		}
	}
	return i
}
