package scrub

// nino finds a British national insurance number in one piece.
func (sc *scan) nino(start, end int) int {
	if end-start != 9 || !isLetter(sc.at(start+1)) {
		return 0
	}
	for k := 2; k < 8; k++ {
		if !isDigit(sc.text[start+k]) {
			return 0
		}
	}
	if !isNINO(sc.text[start]&^0x20, sc.text[start+1]&^0x20, sc.text[start+8]&^0x20) || !sc.add(kindNINO, start, end, 0.8, "prefix and suffix in use") {
		return 0
	}
	return end
}

// isNINO reports whether the letters of a national insurance number are given out (HMRC manual NIM39110).
func isNINO(a, b, suffix byte) bool {
	if !bytesIn([]byte{a}, "ABCEGHJKLMNOPRSTWXYZ") || !bytesIn([]byte{b}, "ABCEGHJKLMNPRSTWXYZ") || suffix < 'A' || suffix > 'D' {
		return false
	}
	switch string([]byte{a, b}) {
	case "BG", "GB", "NK", "KN", "TN", "NT", "ZZ":
		return false
	}
	return true
}
