package scrub

// mailboxInWords finds a mailbox whose at sign is written as a word that begins at i, "julie [at] example [dot] ca", "julie arobas exemple point ca",
// so that programs that gather addresses pass it by. It returns i if there is none. Without brackets, "at" alone is an ordinary word: then a
// point must be written as a word too.
func (sc *scan) mailboxInWords(i int) int {
	start, next, ok := sc.atInWords(i)
	if !ok || !sc.wants(kindEmail) {
		return i
	}
	bracketed := start < i
	certain := bracketed || next-i > len("at")
	first := sc.localInWords(start)
	if first == start {
		return i
	}
	end, labels, dots, last := sc.domainInWords(next)
	if labels < 2 || !topLevel[string(lower(sc.text[last:end]))] && !(bracketed && dots > 0) || !certain && dots == 0 {
		return i
	}
	if !sc.add(kindEmail, first, end, 0.85, "mailbox with its signs in words") {
		return i
	}
	return end
}

// atInWords reads what stands for an at sign at i, and returns where it begins and ends with the brackets around it.
func (sc *scan) atInWords(i int) (start, end int, ok bool) {
	end = i
	switch w := sc.asciiWord(i); {
	case sc.at(i) == '@':
		end++
	case equalFold(w, "at"), equalFold(w, "arobas"), equalFold(w, "arobase"), equalFold(w, "arrobas"), equalFold(w, "arroba"):
		end += len(w)
	default:
		return 0, 0, false
	}
	start, end, bracketed := sc.brackets(i, end)
	return start, end, bracketed || sc.at(i) != '@'
}

// brackets widens what stands from i to end by one pair of brackets, with a space within them or without.
func (sc *scan) brackets(i, end int) (start, stop int, ok bool) {
	j, k := i, end
	if sc.at(j-1) == ' ' {
		j--
	}
	if sc.at(k) == ' ' {
		k++
	}
	switch open, closing := sc.at(j-1), sc.at(k); {
	case open == '[' && closing == ']', open == '(' && closing == ')', open == '{' && closing == '}', open == '<' && closing == '>':
		return j - 1, k + 1, true
	}
	return i, end, false
}

// dotInWords returns where what stands for a point between labels at i ends, 0 if there is none, and whether it is written as a word.
func (sc *scan) dotInWords(i int) (end int, inWords bool) {
	if sc.at(i) == '.' && alnum[sc.at(i+1)] {
		return i + 1, false
	}
	j := i + sc.spaceAt(i)
	open := sc.at(j) == '[' || sc.at(j) == '(' || sc.at(j) == '{' || sc.at(j) == '<'
	if open {
		j++
		j += sc.spaceAt(j)
	}
	w := sc.asciiWord(j)
	switch {
	case sc.at(j) == '.' && open:
		end = j + 1
	case equalFold(w, "dot") || equalFold(w, "point") || equalFold(w, "punto") || equalFold(w, "punkt"):
		end = j + len(w)
	default:
		return 0, false
	}
	if open {
		stop, ok := 0, false
		if _, stop, ok = sc.brackets(j, end); !ok {
			return 0, false
		}
		return stop + sc.spaceAt(stop), true
	}
	if j == i || sc.spaceAt(end) == 0 {
		return 0, false
	}
	return end + sc.spaceAt(end), true
}

// localInWords returns where the local part before an at sign in words at i begins, with the words for points in it; i if there is none.
func (sc *scan) localInWords(i int) int {
	const most = 4 // atoms
	start := i
	end := i - sc.spaceBack(i)
	for range most {
		first := sc.localPart(end)
		if first == end || !sc.wordAt(first) {
			break
		}
		start = first
		// "julie point roy": a word for a point, and an atom before it.
		dot := first - sc.spaceBack(first)
		if c := sc.at(dot - 1); c == ']' || c == ')' || c == '}' || c == '>' {
			dot--
		}
		word := sc.wordBack(dot)
		if word == dot {
			break
		}
		before := word
		if c := sc.at(before - 1); c == '[' || c == '(' || c == '{' || c == '<' {
			before--
		}
		before -= sc.spaceBack(before)
		if stop, inWords := sc.dotInWords(before); !inWords || stop != first {
			break
		}
		end = before
	}
	return start
}

// domainInWords reads the domain after an at sign in words that ends at i: where it ends, how many labels it has, how many points in words, and where its last
// label begins.
func (sc *scan) domainInWords(i int) (end, labels, dots, last int) {
	const most = 6 // labels
	i += sc.spaceAt(i)
	for labels < most {
		j := i
		for j-i <= maxLabel && (alnum[sc.at(j)] || sc.at(j) == '-') {
			j++
		}
		if j == i || sc.text[i] == '-' || sc.wordAt(j) {
			break
		}
		labels, end, last = labels+1, j, i
		next, inWords := sc.dotInWords(j)
		if next == 0 || !alnum[sc.at(next)] {
			break
		}
		if inWords {
			dots++
		}
		i = next
	}
	return end, labels, dots, last
}

// asciiWord returns the letters at i, none if more than a few or if something else touches them.
func (sc *scan) asciiWord(i int) []byte {
	const most = 8
	j := i
	for j-i <= most && isLetter(sc.at(j)) {
		j++
	}
	if j == i || j-i > most || sc.wordAt(j) || sc.wordBefore(i) {
		return nil
	}
	return sc.text[i:j]
}

func equalFold(word []byte, lower string) bool {
	return len(word) == len(lower) && containsFold(word, lower)
}

func lower(word []byte) []byte {
	var buf [maxLabel + 1]byte
	n := copy(buf[:], word)
	for k := range n {
		if isUpper(buf[k]) {
			buf[k] |= 0x20
		}
	}
	return buf[:n:n]
}
