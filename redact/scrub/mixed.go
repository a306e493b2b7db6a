package scrub

// mixed looks at a token of letters and digits from start on, whose first digit is at i and whose first character is a letter.
func (sc *scan) mixed(start, i int) int {
	end := sc.endOfToken(i)
	if i-start >= 60 || start > 0 && alnum[sc.text[start-1]] {
		return end // part of something longer
	}
	if c := sc.at(start - 1); c >= 0x80 && sc.wordBefore(start) {
		start = i // accented letters before: only a cue may touch the number
	}
	letters, digitsN := i-start, 0
	token := sc.text[start:end]
	for _, c := range token {
		if isDigit(c) {
			digitsN++
		}
	}
	if e, _ := sc.word(sc.wordBack(i)); letters > 2 && e.cue&(cuePhone|cueNumber|cueID|cueAccount|cueZip|cueBox|cueSIN) != 0 {
		return sc.numeric(i)
	}
	if letters <= 3 && isLower(token[0]) && digitsN == len(token)-letters && digitsN >= 9 {
		return sc.numeric(i) // "le0612345678"
	}
	if letters > 3 && letters <= maxWord {
		var w folded
		w.fold(token[:letters-1])
		if e := lexicon[string(w.bytes())]; e.cue&cueID != 0 { // "IPPN123": the cue touches a number that begins with a letter
			if stop := sc.token(i-1, end); stop > 0 {
				return stop
			}
			if sc.add(kindID, i-1, end, 0.55, "letters and digits after a cue") {
				return end
			}
		}
	}
	if stop := sc.hexadecimal(start, end); stop > 0 {
		return stop
	}
	if start == i {
		return end
	}
	for _, try := range [...]func(*scan, int, int) int{
		(*scan).iban, (*scan).healthCard, (*scan).postalLetters, (*scan).nino, (*scan).licence, (*scan).crypto, (*scan).monthGlued, (*scan).token,
	} {
		if stop := try(sc, start, end); stop > 0 {
			return max(end, stop)
		}
	}
	return end
}

// leading looks at a token that begins with digits and goes on with letters, from i to end.
func (sc *scan) leading(r *run, i, end int) int {
	if r.size(0) <= 2 && sc.wants(kindDate) {
		if stop := sc.dayBeforeName(i, r.end[0], r.value(0)); stop > 0 {
			sc.lastDate = stop
			return max(stop, end)
		}
	}
	if stop := sc.hours(r); stop > 0 {
		return max(stop, end)
	}
	if stop := sc.crypto(i, end); stop > 0 {
		return stop
	}
	if c := sc.at(i+1) | 0x20; r.size(0) == 1 && r.digits[0] == '2' && end-i == 5 && (c == 'a' || c == 'b') {
		if stop := sc.postalFrench(i, end); stop > 0 {
			return stop
		}
	}
	if stop := sc.hexadecimal(i, end); stop > 0 {
		return stop
	}
	if stop := sc.token(i, end); stop > 0 {
		return stop
	}
	return 0
}

// monthGlued finds a month whose day or year follows without space: "Nov07".
func (sc *scan) monthGlued(start, _ int) int {
	if stop := sc.calendar(start); stop > start {
		return stop
	}
	return 0
}
