package scrub

// singles finds numbers written digit by digit, "0 5 1 4 5 5 5 0 1 2", as forms with one box for each digit come out. Two such numbers may
// stand one after the other; then the one that r begins with is found.
func (sc *scan) singles(r *run) int {
	n := r.singleGroups()
	if n < 6 {
		return 0
	}
	d := r.digits[:r.first[n]]
	total, start := len(d), r.start[0]
	open, plus := sc.opening(start)
	abroad := plus || open < start
	dated := total >= 8 && isDayMonthYear(d[:8])
	short := total >= 7 && isYear(d[3:7]) && two(d[1:]) <= 52 // day, month of one digit, year
	social := total >= 13 && (d[0] == '1' || d[0] == '2') && isNIR(d[:13], false) && !(dated && (total == 8+13 || total == 8+8))
	all, _ := sc.cues(start)
	rest, restKind := headOf(d)
	for _, c := range [...]struct {
		ok     bool
		kind   kind
		digits int
		score  float32
		reason string
	}{
		{abroad && total >= 9 && total <= 15, kindPhone, total, 0.7, "digit by digit, country code"},
		{abroad, kindPhone, 0, 0, ""},
		{social && total >= 15 && nirKey(d[:min(15, total)]), kindNIR, 15, 0.95, "digit by digit, month and department in use, key"},
		{social, kindNIR, 13, 0.75, "digit by digit, month and department in use"},
		{dated && total != 9 && total != 10, kindDate, 8, 0.7, "digit by digit, day, month and year"},
		{total >= 10 && d[0] == '0', kindPhone, 10, 0.7, "digit by digit, trunk zero"},
		{short && total == 7, kindDate, 7, 0.6, "digit by digit, day, month and year"},
		{total <= 19 && issuerOf(d) != nil && luhn(d), kindCard, total, 0.7, "digit by digit, Luhn, IIN of an issuer"},
		{short && total > 16, kindDate, 7, 0.5, "digit by digit, day, month and year"},
		{total >= 12, restKind, rest, 0.5, "digit by digit"},
		{total == 9 && isSIN(d), kindSIN, 9, 0.6, "digit by digit, Luhn, first digit in use"},
		{total >= 9 && all&cuePhone != 0, kindPhone, total, 0.7, "digit by digit, cue"},
	} {
		if !c.ok {
			continue
		}
		if c.digits == 0 {
			return 0
		}
		end := r.endOf(c.digits)
		from := start
		if c.kind == kindPhone {
			from = open
		}
		if sc.add(c.kind, from, end, c.score, c.reason) {
			return end
		}
	}
	return 0
}

// singleGroups returns how many groups of one digit r begins with, of which the first may have two, between separators that are alike.
func (r *run) singleGroups() int {
	n := 0
	for n < r.n && (r.size(n) == 1 || n == 0 && r.size(0) == 2) {
		if n > 1 && r.sep[n] != r.sep[1] {
			switch r.sep[n] {
			case ' ', sepClose, sepDash, sepPoint:
			default:
				return n
			}
		}
		n++
	}
	return n
}

// endOf returns where the group ends that completes so many digits. Groups of one digit follow the first.
func (r *run) endOf(digits int) int {
	g := 0
	for r.first[g+1] < digits {
		g++
	}
	return r.end[g]
}

// headOf returns how many digits a long number has before the date that may follow it, and what it probably is.
func headOf(d []byte) (int, kind) {
	n := len(d)
	if n >= 12+7 && isYear(d[n-4:]) {
		if n -= 7; isDayMonthYear(d[len(d)-8:]) {
			n--
		}
	}
	if n >= 12 && n <= 15 {
		return n, kindNIR
	}
	return n, kindID
}
