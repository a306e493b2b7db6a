package scrub

// ipv4 finds an IPv4 address in dotted decimal (RFC 6943, section 3.1.1, strict form), with a prefix length if one follows.
func (sc *scan) ipv4(r *run) int {
	if r.n < 4 || r.sep[1] != '.' || r.sep[2] != '.' || r.sep[3] != '.' || !sc.wants(kindIP) {
		return 0
	}
	if r.n > 4 && r.sep[4] == '.' || sc.dottedBefore(r.start[0]) || sc.wordBefore(r.start[0]) || sc.edition(r.start[0]) {
		return 0
	}
	for g := range 4 {
		if n := r.size(g); n > 3 || r.value(g) > 255 || n > 1 && r.digits[r.first[g]] == '0' {
			return 0
		}
	}
	end := r.end[3]
	if r.n > 4 && r.sep[4] == '/' && r.size(4) <= 2 && r.value(4) <= 32 {
		end = r.end[4]
	}
	if sc.wordAt(end) || !sc.add(kindIP, r.start[0], end, 0.9, "IPv4 address") {
		return 0
	}
	return end
}

// edition reports whether what stands before i says that dotted numbers are those of a version or a section: "version 1.2.3.4", "release no. 1.2.3.4", "§ 10.2.1.5".
func (sc *scan) edition(i int) bool {
	if sc.hasAt(i-2, "§") || sc.hasAt(i-3, "§ ") {
		return true
	}
	e, gap := sc.wordRightBefore(i)
	if e.cue&cueNumber != 0 {
		start := sc.wordBack(i - gap)
		e, _ = sc.wordRightBefore(start)
	}
	return e.misc == miscEdition
}

// dottedBefore reports whether a digit and a point stand before i.
func (sc *scan) dottedBefore(i int) bool { return sc.at(i-1) == '.' && isDigit(sc.at(i-2)) }

// hexadecimal finds an IPv6 or MAC address that begins with the token from start to end.
func (sc *scan) hexadecimal(start, end int) int {
	c := sc.at(end)
	if c != ':' && (c != '-' && c != '.' || !sc.wants(kindMAC)) || end-start > 4 {
		return 0
	}
	for _, h := range sc.text[start:end] {
		if !isHex(h) {
			return 0
		}
	}
	if stop := sc.mac(start); stop > 0 {
		return stop
	}
	if c == ':' {
		return sc.ipv6(start)
	}
	return 0
}

// mac finds an EUI-48 or EUI-64 in groups of two, with colons or hyphens, or of four, with points.
func (sc *scan) mac(start int) int {
	width, sep := 2, sc.at(start+2)
	if sep != ':' && sep != '-' {
		if width, sep = 4, sc.at(start+4); sep != '.' {
			return 0
		}
	}
	if !sc.wants(kindMAC) || sc.at(start-1) == sep {
		return 0
	}
	groups, letters, i := 0, false, start
	for groups < 9 {
		for k := range width {
			if !isHex(sc.at(i + k)) {
				return 0
			}
			letters = letters || isLetter(sc.at(i+k))
		}
		i += width
		groups++
		if sc.at(i) != sep || !isHex(sc.at(i+1)) {
			break
		}
		i++
	}
	if groups*width != 12 && groups*width != 16 || sc.wordAt(i) || !letters && sep != ':' {
		return 0
	}
	if !sc.add(kindMAC, start, i, 0.9, "MAC address") {
		return 0
	}
	return i
}

const maxIPv6 = 45 // bytes of the longest form

// ipv6 finds an IPv6 address (RFC 4291, section 2.2) that begins at start, with its zone and prefix length.
func (sc *scan) ipv6(start int) int {
	if !sc.wants(kindIP) {
		return 0
	}
	if sc.at(start-1) == ':' && sc.wordBefore(start-1) && !sc.label(start-1) {
		return 0
	}
	end := start
	digits := false
	for end-start <= maxIPv6 {
		c := sc.at(end)
		if !isHex(c) && c != ':' && c != '.' {
			break
		}
		digits = digits || isDigit(c)
		end++
	}
	for end > start && (sc.text[end-1] == '.' || sc.text[end-1] == ':' && sc.at(end-2) != ':') {
		end--
	}
	unspecified := end == start+2 && sc.at(end) == '/' && isDigit(sc.at(end+1)) // "::/0"
	if !unspecified && (!digits || end-start > maxIPv6 || !isIPv6(sc.text[start:end])) || sc.wordAt(end) {
		return 0
	}
	if sc.at(end) == '%' {
		zone := end + 1
		for zone-end < 16 && alnum[sc.at(zone)] {
			zone++
		}
		if zone > end+1 {
			end = zone
		}
	}
	if sc.at(end) == '/' && isDigit(sc.at(end+1)) {
		n, j := 0, end+1
		for j < end+4 && isDigit(sc.at(j)) {
			n = n*10 + int(sc.at(j)-'0')
			j++
		}
		if n <= 128 && !sc.wordAt(j) {
			end = j
		}
	}
	if !sc.add(kindIP, start, end, 0.9, "IPv6 address") {
		return 0
	}
	return end
}

// label reports whether a word of letters that is no hexadecimal number ends at i, as in "host:2001:db8::1".
func (sc *scan) label(i int) bool {
	hex, start := true, i
	for start > 0 && i-start < 16 && alnum[sc.text[start-1]] {
		start--
		if isDigit(sc.text[start]) {
			return false
		}
		hex = hex && isHex(sc.text[start])
	}
	return start < i && !hex
}

// isIPv6 reports whether b is the text of an IPv6 address with at least one group.
func isIPv6(b []byte) bool {
	groups, gap, i := 0, false, 0
	if len(b) > 2 && b[0] == ':' {
		if b[1] != ':' {
			return false
		}
		gap, i = true, 2
	}
	for i < len(b) {
		n := 0
		for i+n < len(b) && n < 5 && isHex(b[i+n]) {
			n++
		}
		if n == 0 || n > 4 {
			return false
		}
		if i+n < len(b) && b[i+n] == '.' {
			groups += 2
			return isIPv4(b[i:]) && (groups == 8 || gap && groups < 8)
		}
		groups++
		i += n
		if i == len(b) {
			break
		}
		if b[i] != ':' || i+1 == len(b) {
			return false
		}
		i++
		if b[i] == ':' {
			if gap {
				return false
			}
			gap = true
			i++
		}
	}
	return groups == 8 || gap && groups > 0 && groups < 8
}

func isIPv4(b []byte) bool {
	parts, i := 0, 0
	for {
		n, v := 0, 0
		for i+n < len(b) && n < 4 && isDigit(b[i+n]) {
			v = v*10 + int(b[i+n]-'0')
			n++
		}
		if n == 0 || n > 3 || v > 255 || n > 1 && b[i] == '0' {
			return false
		}
		parts++
		i += n
		if i == len(b) {
			return parts == 4
		}
		if b[i] != '.' || parts == 4 {
			return false
		}
		i++
	}
}

// colon looks at what a colon may be part of: a URL, or an address that has no digit before it.
func (sc *scan) colon(i int) int {
	if sc.at(i+1) == '/' && sc.at(i+2) == '/' {
		if stop := sc.scheme(i); stop > 0 {
			return stop
		}
		return i + 1
	}
	if stop := sc.handleAfter(i); stop > 0 {
		return stop
	}
	next := sc.at(i + 1)
	if next == ':' && (isHex(sc.at(i+2)) || sc.at(i+2) == '/') && !sc.wordBefore(i) && sc.at(i-1) != ':' {
		if stop := sc.ipv6(i); stop > 0 {
			return stop
		}
		return i + 2
	}
	if isHex(next) || next == ':' {
		start := i
		for start > 0 && i-start < 5 && isHex(sc.text[start-1]) {
			start--
		}
		if start < i && i-start < 5 && !sc.wordBefore(start) && sc.at(start-1) != ':' {
			if stop := sc.hexadecimal(start, i); stop > 0 {
				return stop
			}
		}
	}
	return i + 1
}
