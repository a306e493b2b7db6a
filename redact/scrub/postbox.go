package scrub

// postBox finds "P.O. Box 2217", "C.P. 12", "BP 12", and the military form "Unit 12 Box 34" with its second line.
func (sc *scan) postBox(r *run) int {
	start := r.start[0]
	e, gap := sc.wordRightBefore(start)
	if e.cue&cueBox == 0 && gap == 2 && (sc.hasAt(start-5, "C.P. ") || sc.hasAt(start-5, "B.P. ")) {
		start, e.cue = start-5, cueBox
	} else if e.cue&cueBox != 0 {
		start = sc.wordBack(start - gap)
	}
	if e.cue&cueBox == 0 || sc.at(r.end[0]) == '/' || sc.wordAt(r.end[0]) {
		return 0
	}
	for _, before := range [...]string{"P.O. ", "P.O.", "PO ", "P.O ", "p.o. ", "po ", "Post Office ", "post office "} {
		if start >= len(before) && sc.hasAt(start-len(before), before) {
			start -= len(before)
			break
		}
	}
	end := r.end[0]
	if j := start - sc.spaceBack(start); j < start {
		k := j
		for k > 0 && j-k < 6 && isDigit(sc.text[k-1]) {
			k--
		}
		if k < j && k >= 5 && containsFold(sc.text[k-5:k], "unit ") {
			start = k - 5
		}
	}
	for _, office := range [...]string{"\nDPO A", "\nAPO A", "\nFPO A", "\ndpo a", "\napo a", "\nfpo a"} {
		if sc.hasAt(end, office) && isLetter(sc.at(end+6)) && sc.at(end+7) == ' ' {
			if z := sc.zip(end + 8); z > 0 {
				end = z
			}
		}
	}
	if !sc.add(kindAddress, start, end, 0.75, "post office box") {
		return 0
	}
	sc.lastAddress = end
	return end
}
