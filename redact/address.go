package redact

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const maxAddressInput = 4096 // bytes looked at

// AddressLevel is the part of a postal address that [AddressPart] keeps. The zero AddressLevel is invalid.
type AddressLevel uint8

// The levels, from fine to coarse.
const (
	FSA      AddressLevel = iota + 1 // forward sortation area: the first three characters of the postal code
	City                             // municipality and province
	Province                         // province or territory
)

// AddressPart generalises a Canadian postal address to a part of it: "12, rue des Érables, app. 3, Laval (Québec) H7L 5W5" becomes
// "H7L", "Laval, QC" or "QC". The zero AddressPart generalises nothing: Keep is required.
//
// What is returned comes from tables, or is three characters of the postal code: no word of the address passes through. City knows some
// three hundred of the larger municipalities, and tells a former one by the city it was merged into; a smaller place is withheld,
// because its name nearly says who lives there.
//
// A place is not anonymous. A rural area or one made for a single building holds few people; count them before you publish.
type AddressPart struct {
	Keep AddressLevel
}

// Generalise returns the part, and false for text that does not end with a Canadian postal code, perhaps with the country beside it, or
// whose province, if one is named before the code, is not that of the code. For City the municipality must stand by itself between the
// street and the province, set off by a comma, a line end or a bracket: where "12 Main Street Toronto" ends its street no rule can
// tell. "Québec" without a province after it is the province.
func (a AddressPart) Generalise(text string) (string, bool) {
	if len(text) > maxAddressInput || !utf8.ValidString(text) {
		return "", false
	}
	rest, area, ok := cutPostalCode(cutCountry(wordsOf(text)))
	if !ok {
		return "", false
	}
	province := provinceOf(area)
	rest, named := cutProvince(cutCountry(rest))
	if province == "" || named != "" && named != province {
		return "", false
	}
	switch a.Keep {
	case FSA:
		return area, true
	case City:
		city, ok := cities[cityKey(rest[strings.LastIndexByte(rest, '\n')+1:], province)]
		return city, ok
	case Province:
		return province, true
	}
	return "", false
}

// wordsOf returns the words of an address in lower case without accents, parted by single spaces; parts that commas, brackets or line
// ends set off are parted by "\n".
func wordsOf(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	pending := byte(0) // the separator before the next word
	for _, r := range norm.NFKD.String(text) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if pending != 0 && b.Len() > 0 {
				b.WriteByte(pending)
			}
			pending = 0
			if r = unicode.ToLower(r); r == 'œ' { // NFKD leaves it
				b.WriteString("oe")
			} else {
				b.WriteRune(r)
			}
		case strings.ContainsRune("\n\r,;()", r):
			pending = '\n'
		case pending == 0:
			pending = ' '
		}
	}
	return b.String()
}

// cutLast cuts words off the end of text, if it ends with them as whole words; what set them off goes too.
func cutLast(text, words string) (string, bool) {
	rest, ok := strings.CutSuffix(text, words)
	if !ok || rest == "" {
		return rest, ok
	}
	if last := rest[len(rest)-1]; last != ' ' && last != '\n' {
		return text, false
	}
	return rest[:len(rest)-1], true
}

func cutCountry(text string) string {
	rest, _ := cutLast(text, "canada")
	return rest
}

// cutPostalCode cuts a postal code off the end of an address and returns its area.
func cutPostalCode(text string) (rest, area string, ok bool) {
	for _, size := range []int{7, 6} {
		if len(text) < size {
			continue
		}
		code := text[len(text)-size:]
		if rest, ok := cutLast(text, code); ok {
			if area, ok := canadianArea(strings.ToUpper(code)); ok {
				return rest, area, true
			}
		}
	}
	return "", "", false
}

// cutProvince cuts the name of a province off the end of an address and returns its code, "" if there is none. The longest name counts.
func cutProvince(text string) (rest, code string) {
	rest = text
	part := text[strings.LastIndexByte(text, '\n')+1:]
	before := len(part)
	for range mostProvinceWords {
		before = strings.LastIndexByte(part[:before], ' ')
		if longer, ok := provinceNames[part[before+1:]]; ok {
			rest, _ = cutLast(text, part[before+1:])
			code = longer
		}
		if before < 0 {
			break
		}
	}
	return rest, code
}

// provinceOf returns the province that Canada Post's first letter stands for. X is shared: Nunavut has X0A to X0C.
func provinceOf(area string) string {
	switch area[0] {
	case 'A':
		return "NL"
	case 'B':
		return "NS"
	case 'C':
		return "PE"
	case 'E':
		return "NB"
	case 'G', 'H', 'J':
		return "QC"
	case 'K', 'L', 'M', 'N', 'P':
		return "ON"
	case 'R':
		return "MB"
	case 'S':
		return "SK"
	case 'T':
		return "AB"
	case 'V':
		return "BC"
	case 'X':
		if area[1] == '0' && area[2] <= 'C' {
			return "NU"
		}
		return "NT"
	case 'Y':
		return "YT"
	}
	return ""
}
