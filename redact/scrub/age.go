package scrub

// age finds a number of years of age; the finding is the number alone.
func (sc *scan) age(r *run) int {
	if !sc.wants(kindAge) || r.size(0) > 3 || r.value(0) < 1 || r.value(0) > 120 || sc.dottedBefore(r.start[0]) || sc.at(r.start[0]-1) == '-' {
		return 0
	}
	start, end := r.start[0], r.end[0]
	before, _ := sc.wordRightBefore(start)
	i := end
	if n := sc.spaceAt(i); n > 0 {
		i += n
	} else if sc.at(i) == '-' {
		i++
	}
	e, j := sc.word(i)
	score, reason := float32(0), ""
	switch {
	case e.misc == miscYears && j-i == 1 && (!sc.hasAt(i, "y/o") && !sc.hasAt(i, "Y/O")):
	case e.misc == miscYears || sc.hasAt(i, "y/o") || sc.hasAt(i, "y.o."):
		french := sc.text[i]|0x20 == 'a'
		old, _ := sc.word(j + 1)
		of, k := entry{}, 0
		if old.misc == miscOf {
			_, k = sc.word(j + 1)
			of, _ = sc.word(k + 1)
		}
		switch {
		case before.cue&cueAge != 0:
			score, reason = 0.85, "years, cue of an age"
		case before.misc == miscDuring || sc.hasAt(start-4, "y a "):
			return 0
		case old.misc == miscOld && !french || of.cue&cueAge != 0 || sc.text[i+1] == '/' || sc.text[i+1]|0x20 == 'o' || sc.text[i+1] == '.':
			score, reason = 0.85, "years old"
		case french && r.value(0) > 2 && !sc.hasAt(j, " d'") && !sc.hasAt(j, " d’"): // not "10 ans d'expérience"
			score, reason = 0.5, "years"
		}
	case before.cue&cueAge != 0 && !sc.wordAt(end) && !(r.n > 1 && r.sep[1] != ' ' && r.sep[1] != ',') && (sc.spaceAt(end) == 0 || e.spoken == spokenLink || e.cue&(cueSince|cueDate) != 0):
		score, reason = 0.6, "cue of an age"
	case (sc.hasAt(start-7, "he was ") || sc.hasAt(start-6, "I was ")) && !sc.wordAt(end) && sc.spaceAt(end) == 0 && r.n == 1 && sc.at(end) != '%':
		score, reason = 0.6, "cue of an age"
	case before.misc == miscOf && sc.hasAt(start-7, "age of "):
		score, reason = 0.8, "cue of an age"
	}
	if score == 0 || !sc.add(kindAge, start, end, score, reason) {
		return 0
	}
	return end
}
