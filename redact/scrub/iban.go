package scrub

// ibanLengths has the length of IBANs by country (ISO 13616 registry, and the countries that use the form outside of it).
var ibanLengths = func() map[string]int {
	m := map[string]int{}
	for length, countries := range map[int]string{
		15: "NO", 16: "BE", 18: "DK FI FO GL NL FK SD", 19: "MK SI", 20: "AT BA EE KZ LT LU XK MN", 21: "CH HR LI LV",
		22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ TL OM SO", 24: "AD CZ ES MD PK RO SA SE SK TN VG",
		25: "AO CV LY MZ PT ST", 26: "DZ IR IS TR", 27: "BI CF CG CM DJ FR GA GR IT KM MC MG MR SM TD",
		28: "AL AZ BF BJ BY CI CY DO GT HN HU LB MA ML NE NI PL SN SV TG", 29: "BR EG PS QA UA", 30: "JO KW MU YE", 31: "MT SC", 32: "LC", 33: "RU",
	} {
		for c := range set(countries) {
			m[c] = length
		}
	}
	return m
}()

// iban finds an IBAN, in one piece or in groups joined by single spaces.
func (sc *scan) iban(start, _ int) int {
	a, b := sc.at(start), sc.at(start+1)
	if !sc.wants(kindIBAN) || !isLetter(a) || !isLetter(b) || !isDigit(sc.at(start+2)) || !isDigit(sc.at(start+3)) {
		return 0
	}
	length := ibanLengths[string([]byte{a &^ 0x20, b &^ 0x20})]
	if length == 0 {
		return 0
	}
	var buf [34]byte
	n, i := 0, start
	for n < length {
		c := sc.at(i)
		if alnum[c] {
			buf[n] = c
			n++
			i++
			continue
		}
		size := sc.spaceAt(i)
		if c == '-' {
			size = 1
		}
		if size == 0 || n < 4 || !alnum[sc.at(i+size)] {
			return 0
		}
		i += size
	}
	if sc.wordAt(i) || !mod97(buf[:n]) {
		return 0
	}
	if !sc.add(kindIBAN, start, i, 0.98, "MOD 97-10, length of the country") {
		return 0
	}
	return i
}
