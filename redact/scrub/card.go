package scrub

// issuer is a range of the first digits of payment cards (ISO/IEC 7812-1) and the lengths its cards have.
type issuer struct {
	low, high int // the first digits, as many as width
	width     int
	min, max  int // digits in all
	reason    string
}

var issuers = [...]issuer{
	{4, 4, 1, 16, 16, "Luhn, IIN of Visa"},
	{4, 4, 1, 13, 13, "Luhn, IIN of Visa"},
	{4, 4, 1, 19, 19, "Luhn, IIN of Visa"},
	{51, 55, 2, 16, 16, "Luhn, IIN of Mastercard"},
	{2221, 2720, 4, 16, 16, "Luhn, IIN of Mastercard"},
	{34, 34, 2, 15, 15, "Luhn, IIN of American Express"},
	{37, 37, 2, 15, 15, "Luhn, IIN of American Express"},
	{6011, 6011, 4, 16, 19, "Luhn, IIN of Discover"},
	{644, 659, 3, 16, 19, "Luhn, IIN of Discover"},
	{622126, 622925, 6, 16, 19, "Luhn, IIN of Discover"},
	{3528, 3589, 4, 16, 19, "Luhn, IIN of JCB"},
	{1800, 1800, 4, 15, 15, "Luhn, IIN of JCB"},
	{2131, 2131, 4, 15, 15, "Luhn, IIN of JCB"},
	{300, 305, 3, 14, 19, "Luhn, IIN of Diners Club"},
	{3095, 3095, 4, 14, 19, "Luhn, IIN of Diners Club"},
	{36, 36, 2, 14, 19, "Luhn, IIN of Diners Club"},
	{38, 39, 2, 14, 19, "Luhn, IIN of Diners Club"},
	{62, 62, 2, 14, 19, "Luhn, IIN of UnionPay"},
	{81, 81, 2, 14, 19, "Luhn, IIN of UnionPay"},
	{60, 60, 2, 16, 16, "Luhn, IIN of RuPay"},
	{65, 65, 2, 16, 16, "Luhn, IIN of RuPay"},
	{2200, 2204, 4, 16, 19, "Luhn, IIN of Mir"},
	{50, 50, 2, 12, 19, "Luhn, IIN of Maestro"},
	{56, 69, 2, 12, 19, "Luhn, IIN of Maestro"},
	{1, 1, 1, 15, 15, "Luhn, IIN of UATP"},
}

// issuerOf returns the issuer of a card number, given as '0' to '9', and nil if no issuer has such.
func issuerOf(digits []byte) *issuer {
	for k := range issuers {
		x := &issuers[k]
		if len(digits) < x.min || len(digits) > x.max {
			continue
		}
		v := 0
		for _, c := range digits[:x.width] {
			v = v*10 + int(c-'0')
		}
		if x.low <= v && v <= x.high {
			return x
		}
	}
	return nil
}

// card finds a payment card number, in one piece or in groups that one kind of separator joins.
func (sc *scan) card(r *run) int {
	if !sc.wants(kindCard) {
		return 0
	}
	sep := byte(0)
	for g := range r.n {
		if g == 1 {
			if sep = r.sep[1]; sep != ' ' && sep != '-' {
				return 0
			}
		}
		if g > 0 && r.sep[g] != sep || r.first[g+1] > 19 {
			return 0
		}
		n := r.first[g+1]
		if n < 12 || g < r.n-1 && r.sep[g+1] == sep && sep == '-' || !sc.closes(r, g) && (g == r.n-1 || r.sep[g+1] == sep) {
			continue
		}
		if g > 0 && !r.cardGroups(g) {
			continue
		}
		digits := r.digits[:n]
		if !luhn(digits) || sameDigits(digits) {
			continue
		}
		score, reason := float32(0.95), "Luhn, cue"
		if x := issuerOf(digits); x != nil {
			reason = x.reason
			if n < 14 && x.low != 4 {
				score = 0.6
			}
		} else if all, _ := sc.cues(r.start[0]); all&cueCard != 0 && n >= 14 {
			score = 0.75
		} else {
			continue
		}
		if sc.add(kindCard, r.start[0], r.end[g], score, reason) {
			sc.lastCard = r.end[g]
			return r.end[g]
		}
	}
	return 0
}

// besideCard finds what is printed on a card beside its number: the month in which it expires, "12/28" or "1228", and its verification code after a
// word for that.
func (sc *scan) besideCard(r *run) int {
	const near = 48
	start, end := r.start[0], r.end[0]
	if r.size(0) > 4 || sc.at(start-1) == '$' {
		return 0
	}
	beside := start-sc.lastCard < near
	if !beside && (r.size(0) < 3 || r.n > 1) {
		return 0
	}
	switch n := r.size(0); {
	case n == 2 && beside && r.n > 1 && (r.sep[1] == '/' || r.sep[1] == '-') && (r.size(1) == 2 || r.size(1) == 4 && isYear(r.digits[2:])) && sc.closes(r, 1):
		if month := r.value(0); month >= 1 && month <= 12 && sc.add(kindDate, start, r.end[1], 0.6, "month and year beside a card") {
			return r.end[1]
		}
	case n < 3 || !sc.closes(r, 0):
	case n == 4 && beside && two(r.digits[:]) >= 1 && two(r.digits[:]) <= 12 && two(r.digits[2:]) >= 20 && sc.expiry(start):
		if sc.add(kindDate, start, end, 0.55, "month and year beside a card") {
			return end
		}
	default:
		if e, _ := sc.wordRightBefore(start); (e.cue&cueSecret != 0 || sc.securityCode(start)) && sc.add(kindCard, start, end, 0.55, "verification code after a cue") {
			return end
		}
	}
	return 0
}

// expiry reports whether the nearest cue before i is of the end of a validity.
func (sc *scan) expiry(i int) bool {
	_, nearest := sc.cues(i)
	return nearest&cueExpiry != 0
}

// securityCode reports whether "security code" or "code de sécurité" stands before i.
func (sc *scan) securityCode(i int) bool {
	for i > 0 && (sc.text[i-1] == ' ' || sc.text[i-1] == ':') {
		i--
	}
	for _, words := range [...]string{"cvv2", "CVV2", "cvc2", "CVC2", "security code", "Security code", "code de sécurité", "Code de sécurité", "Security Code", "SECURITY CODE", "CODE DE SÉCURITÉ"} {
		if sc.hasAt(i-len(words), words) {
			return true
		}
	}
	return false
}

// cardGroups reports whether groups 0 to last are as cards print them: fours, of which the last may be shorter or longer by one, or 4, 6 and 4 or 5.
func (r *run) cardGroups(last int) bool {
	if last == 2 && r.size(0) == 4 && r.size(1) == 6 {
		return r.size(2) == 4 || r.size(2) == 5
	}
	for g := range last {
		if r.size(g) != 4 {
			return false
		}
	}
	return r.size(last) <= 5
}

func sameDigits(digits []byte) bool {
	for _, c := range digits {
		if c != digits[0] {
			return false
		}
	}
	return true
}
