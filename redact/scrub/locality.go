package scrub

import "strings"

// unit returns where the apartment or suite that follows an address ends, or i: ", Apt. 441", " Suite 12", " #4".
func (sc *scan) unit(i int) int {
	end := i
	for range 2 {
		j := end
		for k := 0; k < 3; k++ {
			if c := sc.at(j); c == ' ' || c == ',' || c == '\n' {
				j++
			}
		}
		if j == end {
			return end
		}
		e, k := sc.word(j)
		switch {
		case e.misc == miscUnit:
			j = k
		case sc.at(j) == '#' || sc.at(j) == '-':
			j++
		default:
			return end
		}
		for k := 0; k < 2 && (sc.at(j) == '.' || sc.at(j) == ' ' || sc.at(j) == '#'); k++ {
			j++
		}
		k = j
		for alnum[sc.at(k)] && k-j < 6 {
			k++
		}
		if k == j || !isDigit(sc.at(j)) && !isDigit(sc.at(k-1)) && k-j > 1 || sc.wordAt(k) {
			return end
		}
		end = k
	}
	return end
}

// skip returns where at most n bytes of text that are among set, from i on, end.
func (sc *scan) skip(i, n int, set string) int {
	for k := 0; k < n && i < len(sc.text) && strings.IndexByte(set, sc.text[i]) >= 0; k++ {
		i++
	}
	return i
}

// locality looks at what follows an address that ends at end. ", Town, QC H2X 1Y4" becomes part of it; a postal code alone speaks for it.
func (sc *scan) locality(end int, score float32) (float32, int) {
	if j := sc.skip(end, 3, " ,\n"); j > end {
		if stop, _ := sc.canadian(j); stop > 0 {
			return score + 0.3, end
		}
	}
	if sc.at(end) != ',' {
		return score, end
	}
	const words = 4
	i := end + 1 + sc.spaceAt(end+1)
	for n := 0; n < words && sc.capitalAt(i); n++ {
		_, j, _, _ := sc.compound(i)
		if sc.at(j) == '.' {
			j++
		}
		at := sc.skip(j, 2, ", ")
		if at == j {
			break
		}
		if e, stop := sc.word(at); e.misc == miscProvince && stop == at+2 && isUpper(sc.at(at)) && isUpper(sc.at(at+1)) {
			code := sc.skip(stop, 2, ", ")
			if end, _ := sc.canadian(code); end > 0 {
				return score + 0.3, end
			}
			if end := sc.zip(code); end > 0 {
				return score + 0.3, end
			}
			return score + 0.2, stop
		}
		if sc.at(j) != ' ' {
			break
		}
		i = j + 1
	}
	return score, end
}

// town returns where the towns and countries that follow an address ending at i end, with a postal code of digits; i if there are
// fewer than least. They are names of up to four words with capitals, after commas or spaces and, if lines is set, on lines of their own.
func (sc *scan) town(i int, lines bool, least int) int {
	const parts = 3
	end, found := i, 0
	for found < parts && !(least > 1 && sc.at(end) != ',') {
		j := sc.skip(end, 2, " ,")
		if lines && sc.at(j) == '\n' && sc.at(j+1) != '\n' {
			j = sc.skip(j+1, 2, " ,")
		}
		name := sc.townName(j)
		if j == end || name == j {
			break
		}
		if z := sc.zip(name + 1); sc.at(name) == ' ' && z > 0 {
			return z
		}
		if sc.wordAt(name) {
			break
		}
		found++
		end = name
	}
	if found < least {
		return i
	}
	return end
}

// townName returns where up to four words with capitals, and particles between them, that begin at i end; i if there are none.
func (sc *scan) townName(i int) int {
	const words = 4
	end := i
	for n := range words {
		e, next, capital, _ := sc.compound(i)
		if next == i || isDigit(sc.at(next)) || !capital && (e.misc != miscParticle || n == 0) {
			break
		}
		end = next
		if sc.at(next) != ' ' {
			break
		}
		i = next + 1
	}
	return end
}

// zip returns where five digits, with an add-on of four or without, that begin at i end, or 0.
func (sc *scan) zip(i int) int {
	n := 0
	for n < 6 && isDigit(sc.at(i+n)) {
		n++
	}
	if n != 5 || sc.wordAt(i+5) {
		return 0
	}
	if sc.at(i+5) == '-' {
		n = 0
		for n < 5 && isDigit(sc.at(i+6+n)) {
			n++
		}
		if n == 4 && !sc.wordAt(i+10) {
			return i + 10
		}
	}
	return i + 5
}

// houseNumber returns where a number of up to four digits that begins at i ends, with the point that some countries put after it; 0 if there is none.
func (sc *scan) houseNumber(i int) int {
	j := i
	for j < i+5 && isDigit(sc.at(j)) {
		j++
	}
	if j == i || j > i+4 || sc.wordAt(j) {
		return 0
	}
	if sc.at(j) == '.' && sc.at(j+1) == '\n' {
		j++
	}
	return j
}

// lineStart reports whether only spaces stand before i on its line.
func (sc *scan) lineStart(i int) bool {
	for i > 0 && sc.text[i-1] == ' ' {
		i--
	}
	return i == 0 || sc.text[i-1] == '\n'
}
