package scrub

// spoken says what part of a number in words a word is.
type spoken uint8

const (
	spokenNone spoken = iota
	spokenDay         // 1 to 31, cardinal or ordinal, or a part of one
	spokenMore        // any other number word
	spokenLink        // "et", "and"
)

// calendar finds a date that begins with a word at i: the name of a month or of a weekday. It returns i if there is none.
func (sc *scan) calendar(i int) int {
	if !sc.wants(kindDate) || i+2 >= len(sc.text) || !calendarWord(sc.text[i:]) {
		return i
	}
	e, end := sc.word(i)
	if e.misc == miscWeekday && !sc.wordAt(end) {
		if isUpper(sc.text[i]) && sc.add(kindDate, i, end, 0.5, "weekday") {
			return end
		}
		return i
	}
	if e.month == 0 || sc.wordAt(end) && !isDigit(sc.at(end)) {
		return i
	}
	start, day := i, false
	if from := sc.spokenDayBefore(i); from < i {
		start, day = from, true
	}
	stop, year := end, false
	if !day {
		stop, day, year = sc.dayAfterName(end)
	}
	if !year {
		if y := sc.yearAfter(stop); y > stop {
			stop, year = y, true
		}
	}
	capital := isUpper(sc.text[i])
	score, reason := float32(0.35), "name of a month"
	switch {
	case day && year:
		score, reason = 0.85, "day, name of the month and year"
	case e.misc == miscAmbiguous && !capital && !year:
		return i
	case day:
		score, reason = 0.6, "day and name of the month"
	case year:
		score, reason = 0.65, "name of the month and year"
	case e.misc == miscAmbiguous:
		return i
	}
	if sc.add(kindDate, start, stop, score, reason) {
		sc.lastDate = stop
		return stop
	}
	return i
}

// calendarWord tells by three letters whether a word may be of the calendar.
func calendarWord(text []byte) bool {
	switch [3]byte{text[0] | 0x20, text[1] | 0x20, text[2] | 0x20} {
	case [3]byte{'j', 'a', 'n'}, [3]byte{'f', 'e', 'b'}, [3]byte{'f', 'e', 'v'}, [3]byte{'f', 0xE3, 0xA9}, [3]byte{'m', 'a', 'r'},
		[3]byte{'a', 'p', 'r'}, [3]byte{'a', 'v', 'r'}, [3]byte{'m', 'a', 'i'}, [3]byte{'m', 'a', 'y'}, [3]byte{'j', 'u', 'n'},
		[3]byte{'j', 'u', 'i'}, [3]byte{'j', 'u', 'l'}, [3]byte{'a', 'o', 'u'}, [3]byte{'a', 'o', 0xE3}, [3]byte{'a', 'u', 'g'},
		[3]byte{'s', 'e', 'p'}, [3]byte{'o', 'c', 't'}, [3]byte{'n', 'o', 'v'}, [3]byte{'d', 'e', 'c'}, [3]byte{'d', 0xE3, 0xA9}, [3]byte{'d', 0xE3, 0x89 | 0x20}, [3]byte{'f', 0xE3, 0x89 | 0x20}:
		return true
	case [3]byte{'m', 'o', 'n'}, [3]byte{'t', 'u', 'e'}, [3]byte{'w', 'e', 'd'}, [3]byte{'t', 'h', 'u'}, [3]byte{'f', 'r', 'i'},
		[3]byte{'s', 'a', 't'}, [3]byte{'s', 'u', 'n'}:
		return isUpper(text[0])
	}
	return false
}

// monthPairs has, for the low five bits of a word's first byte, a bit for those of its second if calendarWord may hold, or if the word may stand for
// an at sign.
var monthPairs = func() (pairs [32]uint32) {
	for _, p := range []string{"ja", "fe", "f\xC3", "ma", "ap", "av", "ar", "at", "ju", "ao", "au", "se", "oc", "no", "de", "d\xC3", "mo", "tu", "we", "th", "fr", "sa", "su"} {
		pairs[p[0]&31] |= 1 << (p[1] & 31)
	}
	return pairs
}()

// dayAfterName reads a day in digits after the name of a month that ends at i, "May 5th, 2021", and says whether a year follows that.
func (sc *scan) dayAfterName(i int) (end int, day, year bool) {
	j := i
	if sc.at(j) == '.' {
		j++
	}
	for k := 0; k < 2; k++ {
		if n := sc.spaceAt(j); n > 0 {
			j += n
		} else if c := sc.at(j); c == '-' || c == '/' || c == '.' {
			j++
		}
	}
	n, v := 0, 0
	for n < 3 && isDigit(sc.at(j+n)) {
		v = v*10 + int(sc.at(j+n)-'0')
		n++
	}
	if n == 0 || n > 2 || v < 1 || v > 31 || j == i {
		return i, false, false
	}
	j += n
	if w, k := sc.word(j); w.misc == miscOrdinal {
		j = k
	}
	if sc.wordAt(j) || sc.at(j) == ':' || sc.at(j) == '%' {
		return i, false, false
	}
	k := j
	for n := 0; n < 3; n++ {
		if s := sc.spaceAt(k); s > 0 {
			k += s
		} else if c := sc.at(k); c == ',' || c == '-' || c == '/' {
			k++
		}
	}
	n = 0
	for n < 5 && isDigit(sc.at(k+n)) {
		n++
	}
	if n == 4 && k > j && isYear(sc.text[k:]) && !isLetter(sc.at(k+4)) {
		return k + 4, true, true
	}
	return j, true, false
}

// spokenDayBefore returns where a day in words begins that ends before i, with its article, or i: "le deux", "vingt et un", "the second of".
func (sc *scan) spokenDayBefore(i int) int {
	start, words := i, 0
	j := i
	for words < 5 {
		k := j
		for n := 0; n < 2 && k > 0 && (sc.text[k-1] == ' ' || sc.text[k-1] == '-'); n++ {
			k--
		}
		from := sc.wordBack(k)
		if k == j || from == k {
			break
		}
		e, _ := sc.word(from)
		switch {
		case e.spoken == spokenDay:
			start = from
		case e.misc == miscOf && words == 0, e.spoken == spokenLink && start < i:
		case e.misc == miscArticle && start < i:
			return from
		default:
			return start
		}
		words++
		j = from
	}
	return start
}

// spokenNumber returns where a number in words that begins at i ends, and how many number words it has; "mille neuf cent soixante dix huit".
func (sc *scan) spokenNumber(i int) (end, words int) {
	end = i
	for words < 9 {
		e, j := sc.word(i)
		switch {
		case e.spoken == spokenDay || e.spoken == spokenMore:
			words++
			end = j
		case e.spoken == spokenLink && words > 0:
		default:
			return end, words
		}
		i = j
		if n := sc.spaceAt(i); n > 0 {
			i += n
		} else if sc.at(i) == '-' {
			i++
		} else {
			return end, words
		}
	}
	return end, words
}
