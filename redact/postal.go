package redact

import "strings"

// PostalArea generalises a postal code to the area it is in. Country is an ISO 3166-1 code of two capital letters; the zero PostalArea
// and any other country than these generalise nothing:
//
//   - "CA": the forward sortation area, "H2X". Letters follow Canada Post's alphabet: never D, F, I, O, Q or U, and not W or Z first.
//   - "FR": the département as the first two digits tell it, "75", or three overseas, "974". Corsica is "20".
//   - "GB": the outward code, "SW1A".
//   - "US": the first three digits, "941", and "000" where 45 CFR 164.514(b)(2)(i)(B) forbids to tell them, because in the census of
//     2000 or of 2010 no more than 20,000 people lived behind them.
//
// An area is not anonymous. Some hold one building or a few hundred people; count them before you publish.
type PostalArea struct {
	Country string
}

// Generalise returns the area in upper case, and false for text that is no postal code of the country. The halves of a code may be
// parted by one space, in Canada also by one hyphen, or not at all; a code of the United States may have its four further digits.
func (p PostalArea) Generalise(text string) (string, bool) {
	if len(text) > 10 {
		return "", false
	}
	code := strings.ToUpper(text)
	if len(code) != len(text) { // no code has a letter whose case differs in length
		return "", false
	}
	switch p.Country {
	case "CA":
		return canadianArea(code)
	case "FR":
		return frenchArea(code)
	case "GB":
		return britishArea(code)
	case "US":
		return americanArea(code)
	}
	return "", false
}

// canadianArea returns the forward sortation area of a code in upper case.
func canadianArea(code string) (string, bool) {
	switch {
	case len(code) == 7 && (code[3] == ' ' || code[3] == '-'):
		code = code[:3] + code[4:]
	case len(code) != 6:
		return "", false
	}
	if !matches(code, "A9A9A9") || strings.ContainsAny(code, "DFIOQU") || strings.IndexByte("WZ", code[0]) >= 0 {
		return "", false
	}
	return strings.Clone(code[:3]), true
}

// frenchArea returns the département of a code.
func frenchArea(code string) (string, bool) {
	if !matches(code, "99999") || code < "01" || code >= "96" && code < "97" || code >= "99" {
		return "", false
	}
	if code >= "97" {
		return strings.Clone(code[:3]), true
	}
	return strings.Clone(code[:2]), true
}

// britishArea returns the outward code of a code in upper case. What may stand where is the Royal Mail's.
func britishArea(code string) (string, bool) {
	if len(code) < 5 {
		return "", false
	}
	outward, inward := strings.TrimSuffix(code[:len(code)-3], " "), code[len(code)-3:]
	if !matches(inward, "9AA") || strings.ContainsAny(inward, "CIKMOV") {
		return "", false
	}
	switch {
	case matches(outward, "A9"), matches(outward, "A99"), matches(outward, "AA9"), matches(outward, "AA99"):
	case matches(outward, "A9A") && strings.IndexByte("ABCDEFGHJKPSTUW", outward[2]) >= 0:
	case matches(outward, "AA9A") && strings.IndexByte("ABEHMNPRVWXY", outward[3]) >= 0:
	default:
		return "", false
	}
	if strings.IndexByte("QVX", outward[0]) >= 0 || strings.IndexByte("IJZ", outward[1]) >= 0 {
		return "", false
	}
	return strings.Clone(outward), true
}

// scarceZIP are the first three digits behind which few people live: the list of the Department of Health for the census of 2000, and
// what the census of 2010 adds.
const scarceZIP = "036 059 063 102 202 203 204 205 369 556 692 753 772 790 821 823 830 831 878 879 884 890 893"

// americanArea returns the first three digits of a ZIP code.
func americanArea(code string) (string, bool) {
	if !matches(code, "99999") && !matches(code, "99999-9999") {
		return "", false
	}
	area := code[:3]
	if area < "005" {
		return "", false
	}
	if strings.Contains(scarceZIP, area) {
		return "000", true
	}
	return strings.Clone(area), true
}

// matches reports whether code has the form of pattern, in which A is a capital letter, 9 a digit and anything else itself.
func matches(code, pattern string) bool {
	if len(code) != len(pattern) {
		return false
	}
	for i := range len(code) {
		switch c := code[i]; pattern[i] {
		case 'A':
			if c < 'A' || c > 'Z' {
				return false
			}
		case '9':
			if c < '0' || c > '9' {
				return false
			}
		default:
			if c != pattern[i] {
				return false
			}
		}
	}
	return true
}
