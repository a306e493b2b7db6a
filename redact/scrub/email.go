package scrub

const (
	maxLocal  = 64  // bytes: RFC 5321, section 4.5.3.1.1
	maxDomain = 253 // bytes: RFC 1035, section 2.3.4
	maxEmail  = 254 // bytes: RFC 5321, section 4.5.3.1.3, without the angle brackets
	maxLabel  = 63  // bytes: RFC 1035, section 2.3.4
)

// atSign finds the mailbox or the handle whose at sign is at i.
func (sc *scan) atSign(i int) int {
	if sc.wants(kindEmail) {
		if stop := sc.mailbox(i); stop > 0 {
			return stop
		}
	}
	if stop := sc.handle(i); stop > 0 {
		return stop
	}
	return i + 1
}

// mailbox finds local@domain. In running text a local part is made of letters, digits and the marks that people use; other marks that
// RFC 5321 allows, such as the equals sign, more often stand before an address than in one.
func (sc *scan) mailbox(i int) int {
	start := sc.localPart(i)
	if start == i {
		return 0
	}
	end, labels := sc.domain(i + 1)
	if end-start > maxEmail {
		return 0
	}
	start, end = sc.comments(start, end)
	switch {
	case end == 0:
		return 0
	case labels > 1:
		start = sc.capitalsBefore(start, i)
		if !sc.add(kindEmail, start, end, 0.95, "mailbox") {
			return 0
		}
	case labels == 0:
		if !sc.add(kindEmail, start, end, 0.9, "mailbox at an address literal") {
			return 0
		}
	default:
		if !sc.add(kindEmail, start, end, 0.35, "mailbox at a host without domain") {
			return 0
		}
	}
	return end
}

// capitalsBefore finds a name in capitals that touches a mailbox which begins at start and ends at i, "ROYAnne@example.com", and returns where the mailbox
// begins after it.
func (sc *scan) capitalsBefore(start, i int) int {
	n := start
	for n < i && isUpper(sc.text[n]) {
		n++
	}
	if n--; n-start < 3 || !isLower(sc.at(n+1)) || !sc.add(kindPerson, start, n, 0.5, "capitals before a mailbox") {
		return start
	}
	return n
}

// comments widens a mailbox by comments (RFC 5322, section 3.2.2) that touch it: "(work)a.roy@example.com".
func (sc *scan) comments(start, end int) (int, int) {
	const most = 64
	if end > 0 && sc.at(start-1) == ')' {
		depth := 0
		for i := start - 1; i >= 0 && start-i < most; i-- {
			if c := sc.text[i]; c == ')' {
				depth++
			} else if c == '(' {
				if depth--; depth == 0 {
					start = i
					break
				}
			} else if c == '\n' {
				break
			}
		}
	}
	if end > 0 && sc.at(end) == '(' {
		depth := 0
		for i := end; i < len(sc.text) && i-end < most; i++ {
			if c := sc.text[i]; c == '(' {
				depth++
			} else if c == ')' {
				if depth--; depth == 0 {
					return start, i + 1
				}
			} else if c == '\n' {
				break
			}
		}
	}
	return start, end
}

// localPart returns where the local part that ends at i begins; i if there is none.
func (sc *scan) localPart(i int) int {
	if sc.at(i-1) == '"' {
		for start := i - 2; start >= 0 && i-start <= maxLocal; start-- {
			c := sc.text[start]
			if c == '"' && sc.at(start-1) != '\\' {
				if start == i-2 {
					return i
				}
				return start
			}
			if c < ' ' || c == 0x7F {
				break
			}
		}
		return i
	}
	start := i
	for start > 0 && i-start < maxLocal {
		c := sc.text[start-1]
		if c == '.' && (start == i || sc.text[start] == '.') {
			break
		}
		if !localByte[c] && (c < 0x80 || !sc.wordBefore(start)) {
			break
		}
		start--
	}
	start = runeEnd(sc.text, start)
	for start < i && (sc.text[start] == '.' || sc.text[start] == '\'' || sc.text[start] == '-' || sc.text[start] == '&' || sc.text[start] == '*') {
		start++
	}
	return start
}

var localByte = func() (c [256]bool) {
	c = alnum
	for _, b := range []byte("._%+-'&~!#$^") {
		c[b] = true
	}
	return c
}()

// domain returns where the domain that begins at i ends, and how many labels it has; 0 labels is an address literal. The end is 0 if there is
// none. A capital that follows a common top-level domain in lower case begins the next word: "example.comMarie".
func (sc *scan) domain(i int) (end, labels int) {
	if sc.at(i) == '[' {
		return sc.literal(i), 0
	}
	if end := sc.bareIPv4(i); end > 0 {
		return end, 0
	}
	start := i
	for i-start < maxDomain {
		j := i
		for j-i <= maxLabel && (alnum[sc.at(j)] || sc.at(j) == '-' || sc.at(j) >= 0x80 && sc.wordAt(j)) {
			j++
		}
		if j == i || j-i > maxLabel || sc.text[i] == '-' || sc.text[j-1] == '-' {
			break
		}
		if labels++; labels > 1 {
			if cut := gluedTo(sc.text[i:j]); cut > 0 {
				return i + cut, labels
			}
		}
		end = j
		if sc.at(j) != '.' {
			break
		}
		i = j + 1
	}
	// A top-level domain has two letters at least and is no number.
	for labels > 0 {
		k, letters := end, false
		for k > start && sc.text[k-1] != '.' {
			k--
			letters = letters || !isDigit(sc.text[k]) && sc.text[k] != '-'
		}
		if letters && end-k > 1 {
			break
		}
		labels--
		end = k - 1
	}
	if labels == 0 {
		return 0, 0
	}
	return end, labels
}

// bareIPv4 returns where the IPv4 address in place of a domain that begins at i ends, or 0.
func (sc *scan) bareIPv4(i int) int {
	j := i
	for j-i <= len("255.255.255.255") && (isDigit(sc.at(j)) || sc.at(j) == '.') {
		j++
	}
	if j > i && sc.text[j-1] == '.' {
		j--
	}
	if !isIPv4(sc.text[i:j]) || sc.wordAt(j) {
		return 0
	}
	return j
}

// gluedTo returns the length of the common top-level domain in lower case that label begins with, if a capital follows it.
func gluedTo(label []byte) int {
	n := 0
	for n < len(label) && isLower(label[n]) {
		n++
	}
	if n >= 2 && n < len(label) && isUpper(label[n]) && topLevel[string(label[:n])] {
		return n
	}
	return 0
}

// literal returns where the address literal (RFC 5321, section 4.1.3) at i ends, or 0.
func (sc *scan) literal(i int) int {
	j := i + 1
	for j-i <= maxIPv6+6 && sc.at(j) != ']' && j < len(sc.text) {
		j++
	}
	if sc.at(j) != ']' {
		return 0
	}
	inner := sc.text[i+1 : j]
	if len(inner) > 5 && inner[0]|0x20 == 'i' && inner[1]|0x20 == 'p' && inner[2]|0x20 == 'v' && inner[3] == '6' && inner[4] == ':' {
		if isIPv6(inner[5:]) {
			return j + 1
		}
		return 0
	}
	if isIPv4(inner) {
		return j + 1
	}
	return 0
}

// containsFold reports whether text holds word, which is in lower case, in any case.
func containsFold(text []byte, word string) bool {
	for i := 0; i+len(word) <= len(text); i++ {
		k := 0
		for k < len(word) && text[i+k]|0x20 == word[k] {
			k++
		}
		if k == len(word) {
			return true
		}
	}
	return false
}
