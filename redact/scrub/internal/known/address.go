package known

import (
	"slices"
	"strings"
	"unicode"
)

const (
	knownAddress = "known address"
	knownPostal  = "postal code of a known address"
	addressPart  = "part of a known address" // never reported alone
	maxSpellings = 512                       // of one line; beyond, only what the value says
)

// address adds the patterns of a postal address. The line with the civic number and the postal code are found by themselves, the rest
// beside them.
func (b *builder) address(v Value) {
	var lines int
	var civic []form // a number that a comma parts from its street
	for segment := range strings.FieldsFuncSeq(v.Text, func(r rune) bool { return strings.ContainsRune(",;\n\r()", r) }) {
		tokens := slices.Concat(civic, words(segment, anywhere, v.Exact))
		if civic = nil; lines == 0 && len(tokens) == 1 && numeric(tokens[0]) {
			civic = tokens
			continue
		}
		if i, n := postalCode(tokens); n > 0 {
			b.add(pattern{form: sequence(tokens[i:i+n], 0).at(3, mayPart), reason: knownPostal, whole: true})
			tokens = slices.Delete(tokens, i, i+n)
		}
		if len(tokens) == 0 {
			continue
		}
		if unit, rest, ok := unitNumber(tokens); ok {
			b.add(pattern{form: unit, reason: addressPart, whole: true, beside: true})
			tokens = rest
		}
		if lines == 0 && civicLine(tokens) {
			lines++
			b.addressLine(tokens)
			continue
		}
		b.addressPart(tokens)
	}
	if lines == 0 {
		b.plain(v)
	}
}

// civicLine reports whether the words are a number and the name of a street, in this order or the other.
func civicLine(tokens []form) bool {
	return len(tokens) > 1 && slices.ContainsFunc(tokens, numeric) && slices.ContainsFunc(tokens, func(f form) bool { return len(f.runes) > 1 && unicode.IsLetter(f.runes[0]) })
}

// addressLine adds "1234, rue Saint-Denis Est" with each of its words as people shorten it, with and without its type. What follows an
// English type, as in "12 Main Street West Toronto", is another part.
func (b *builder) addressLine(tokens []form) {
	typeAt := slices.IndexFunc(tokens, func(t form) bool { return streetTypes[string(t.runes)] })
	if end := typeAt + 1; typeAt > 1 && end < len(tokens) {
		if compass[string(tokens[end].runes)] {
			end++
		}
		if end < len(tokens) {
			b.addressPart(tokens[end:])
		}
		tokens = tokens[:end]
	}
	spellings, total := spell(tokens)
	if total > maxSpellings {
		b.add(pattern{form: joinWords(tokens), reason: knownAddress, whole: true})
		return
	}
	add := func(words [][]form) {
		for f := range product(words) {
			b.add(pattern{form: f, reason: knownAddress, whole: true})
		}
	}
	add(spellings)
	if last := len(tokens) - 1; typeAt > 0 && typeAt < last && compass[string(tokens[last].runes)] {
		add(spellings[:last])
	}
	if typeAt > 0 && len(tokens) > 2 {
		add(slices.Delete(spellings, typeAt, typeAt+1))
	}
}

// addressPart adds a city, a province or what else stands beside the line: each of its words, and all together.
func (b *builder) addressPart(tokens []form) {
	spellings, total := spell(tokens)
	for _, s := range spellings {
		for _, f := range s {
			b.add(pattern{form: f, reason: addressPart, whole: true, beside: true})
		}
	}
	if total > maxSpellings || len(tokens) == 1 {
		return
	}
	for f := range product(spellings) {
		b.add(pattern{form: f, reason: addressPart, whole: true, beside: true})
	}
}

// spell returns the spellings of each word, and in how many ways they combine.
func spell(tokens []form) (spellings [][]form, total int) {
	total = 1
	for _, t := range tokens {
		s := synonyms(t)
		spellings = append(spellings, s)
		total = min(total*len(s), maxSpellings+1)
	}
	return spellings, total
}

// product yields every way to take one form of each word.
func product(spellings [][]form) func(yield func(form) bool) {
	return func(yield func(form) bool) {
		at := make([]int, len(spellings))
		for {
			line := make([]form, len(spellings))
			for i, s := range spellings {
				line[i] = s[at[i]]
			}
			if !yield(joinWords(line)) {
				return
			}
			i := len(at) - 1
			for ; i >= 0; i-- {
				if at[i]++; at[i] < len(spellings[i]) {
					break
				}
				at[i] = 0
			}
			if i < 0 {
				return
			}
		}
	}
}

// joinWords puts words in a row that may be written together, except where two numbers meet.
func joinWords(tokens []form) form {
	var out form
	for _, t := range tokens {
		meet := mayPart
		if n := len(out.runes); n > 0 && len(t.runes) > 0 && unicode.IsDigit(out.runes[n-1]) && unicode.IsDigit(t.runes[0]) {
			meet = mustPart
		}
		out = out.then(t, meet)
	}
	return out
}

// synonyms returns t and what may stand for it in an address.
func synonyms(t form) []form {
	out := []form{t}
	word := string(t.runes)
	for group := range strings.SplitSeq(addressWords, "\n") {
		if list := strings.Fields(group); slices.Contains(list, word) {
			for _, s := range list {
				if s != word {
					out = append(out, literally(s))
				}
			}
		}
	}
	return out
}

// unitNumber takes "app. 5" out of the words.
func unitNumber(tokens []form) (number form, rest []form, ok bool) {
	for i, t := range tokens[:len(tokens)-1] {
		if unitLabels[string(t.runes)] && len(tokens[i+1].runes) <= 6 && (numeric(tokens[i+1]) || len(tokens[i+1].runes) == 1) {
			return tokens[i+1], slices.Delete(slices.Clone(tokens), i, i+2), true
		}
	}
	return form{}, nil, false
}

func numeric(f form) bool { return len(f.runes) > 0 && unicode.IsDigit(f.runes[0]) }

// postalCode returns where a Canadian postal code stands among the words, and of how many words it is: H2X 1Y4 or H2X1Y4. Codes of digits
// alone are no more than a part of the address.
func postalCode(tokens []form) (at, n int) {
	for i, t := range tokens {
		s := string(t.runes)
		if shaped(s, "a9a9a9") {
			return i, 1
		}
		if shaped(s, "a9a") && i+1 < len(tokens) && shaped(string(tokens[i+1].runes), "9a9") {
			return i, 2
		}
	}
	return 0, 0
}

func shaped(s, shape string) bool {
	if len(s) != len(shape) {
		return false
	}
	for i := range len(s) {
		if isDigit(s[i]) != (shape[i] == '9') || !isDigit(s[i]) && (s[i] < 'a' || s[i] > 'z') {
			return false
		}
	}
	return true
}

// unitLabels may stand between the parts of an address.
var unitLabels = setOf("app apt appt appartement apartment suite ste unit bureau bur local porte room rm no")

// addressWords has in each line the spellings of one word.
const addressWords = `rue r
avenue av ave
boulevard boul bd bld blvd bvd
chemin ch che
route rte
place pl
rang rg
cote cte
montee mtee
square sq carre
terrasse terr terrace
allee all
impasse imp
faubourg fg fbg
croissant crois crescent cres cr
street st str
road rd
drive dr
lane ln
court crt ct
highway hwy
parkway pkwy
circle cir
trail trl
saint st
sainte ste
mount mont mt
north nord n
south sud s
east est e
west ouest o w
northeast ne
northwest nw nordouest no
southeast se
southwest sw
quebec qc pq que
ontario on ont
alberta ab alta
manitoba mb man
saskatchewan sk sask
canada can`

var streetTypes = setOf(`rue r avenue av ave boulevard boul bd bld blvd bvd chemin ch route rte place pl rang montee square sq terrasse terrace
	allee impasse faubourg croissant crescent cres street st str road rd drive dr lane ln court crt ct highway hwy parkway pkwy circle trail way cote quai`)

var compass = setOf("north nord n south sud s east est e west ouest o w northeast ne northwest nw southeast se southwest sw")
