package scrub

import "bytes"

// Text that stands in place of a value is never searched: the tags and pseudonyms of an earlier scrub, its masks if the Scrubber has the operator [Mask],
// and what packages pii and redact print for values that they guard. Nothing is found that overlaps it.

// findTags gathers all such texts, before anything else is looked for.
func (sc *scan) findTags() {
	sc.tags = sc.tags[:0]
	sc.gather('[')
	if sc.s.masks {
		brackets := len(sc.tags)
		sc.gather('*')
		if brackets > 0 && len(sc.tags) > brackets {
			sortSpans(sc.tags)
		}
	}
}

func (sc *scan) gather(first byte) {
	for i := 0; ; {
		n := bytes.IndexByte(sc.text[i:], first)
		if n < 0 {
			return
		}
		i += n
		if end := sc.s.tagAt(sc.text, i); end > 0 {
			sc.tags = append(sc.tags, span{i, end})
			i = end
			continue
		}
		for i++; first == '*' && i < len(sc.text) && sc.text[i] == first; i++ { // a row of them is read once
		}
	}
}

// tagAt returns the end of the text in place of a value that begins at i, or 0.
func (s *Scrubber) tagAt(text []byte, i int) int {
	if text[i] == '*' {
		return s.maskAt(text, i)
	}
	if end := guardedAt(text, i); end > 0 {
		return end
	}
	j := i + 1
	for j < len(text) && j-i <= maxTypeName+1 && (isUpper(text[j]) || isDigit(text[j]) || text[j] == '_') {
		j++
	}
	if j >= len(text) || j == i+1 {
		return 0
	}
	name := text[i+1 : j]
	switch text[j] {
	case ']':
		k := len(name)
		for k > 0 && isDigit(name[k-1]) {
			k--
		}
		const most = 6 // digits: more are not written
		if k == len(name) || len(name)-k > most || k < 2 || name[k-1] != '_' {
			return 0
		}
		name = name[:k-1]
	case ':':
		const length = 26 // of a pseudonym
		if j+1+length >= len(text) || text[j+1+length] != ']' {
			return 0
		}
		for _, c := range text[j+1 : j+1+length] {
			if !isLower(c) && (c < '2' || c > '7') {
				return 0
			}
		}
		j += 1 + length
	default:
		return 0
	}
	if s.operators[Type(name)].operator == nil {
		return 0
	}
	return j + 1
}

// maskAt returns the end of the asterisks from i on, if they are as many as a mask has or more and none stands before i.
func (s *Scrubber) maskAt(text []byte, i int) int {
	if !s.masks || i > 0 && text[i-1] == '*' {
		return 0
	}
	end := i
	for end < len(text) && text[end] == '*' {
		end++
	}
	if end-i < len(masked) {
		return 0
	}
	return end
}

// guardedAt returns the end of what stands for a guarded value at i, such as "[sealed identity.email]" or "[withheld]", or 0. The name of an attribute is a
// category and a name in small letters, so that no capital, digit or sign of a value passes for a part of it.
func guardedAt(text []byte, i int) int {
	const most = 64 // bytes of the name of an attribute
	rest := text[i+1:]
	if len(rest) == 0 || !isLower(rest[0]) && rest[0] != 'W' {
		return 0
	}
	for _, whole := range [...]string{
		"WITHHELD]", "derived]", "de-identified]", "withheld]", "withheld: too deep]", "withheld: too large]", "withheld: cycle]", "withheld: panic]",
		"withheld: cannot be encoded]",
	} {
		if hasPrefix(rest, whole) {
			return i + 1 + len(whole)
		}
	}
	for _, state := range [...]string{"sealed ", "revealed ", "absent "} {
		if !hasPrefix(rest, state) {
			continue
		}
		name := rest[len(state):min(len(rest), len(state)+most+1)]
		dots := 0
		for k, c := range name {
			switch {
			case c == '.' && k > 0 && name[k-1] != '.':
				dots++
			case c == ']' && k > 0 && dots > 0 && name[k-1] != '.':
				return i + 1 + len(state) + k + 1
			case !isLower(c) && c != '_':
				return 0
			}
		}
	}
	return 0
}

func hasPrefix(text []byte, prefix string) bool {
	return len(text) >= len(prefix) && string(text[:len(prefix)]) == prefix
}

// tagFrom returns the end of the tag that begins at i, or 0.
func (sc *scan) tagFrom(i int) int {
	if k := sc.tagAfter(i); k < len(sc.tags) && sc.tags[k].start == i {
		return sc.tags[k].end
	}
	return 0
}

// tagBefore reports whether a tag ends at i.
func (sc *scan) tagBefore(i int) bool {
	k := sc.tagAfter(i - 1)
	return k < len(sc.tags) && sc.tags[k].end == i
}

// tagged reports whether a tag stands between start and end, or a part of one.
func (sc *scan) tagged(start, end int) bool {
	k := sc.tagAfter(start)
	return k < len(sc.tags) && sc.tags[k].start < end
}

// tagAfter returns the index of the first tag that ends after i.
func (sc *scan) tagAfter(i int) int {
	low, high := 0, len(sc.tags)
	for low < high {
		mid := (low + high) / 2
		if sc.tags[mid].end <= i {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}
