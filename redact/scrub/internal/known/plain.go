package known

import "unicode"

const (
	fewUnits   = 3 // a value with fewer letters and digits needs its other characters too
	manyDigits = 6 // from here on digits are grouped as one likes
)

// plain adds the patterns of a value of which nothing is known but its text.
func (b *builder) plain(v Value) {
	units := trimSpace(fold(v.Text))
	if len(units) == 0 {
		units = fold(v.Text) // white space is all that it has
	}
	var letters, digits int
	for _, u := range units {
		if u.kind == wordUnit {
			letters++
		}
		if unicode.IsDigit(u.r) {
			digits++
		}
	}
	parts := words(v.Text, anywhere, v.Exact)
	edged := units[0].kind != wordUnit || units[len(units)-1].kind == separatorUnit
	few := letters < fewUnits && (edged || len(parts) > 1)
	if edged || few {
		var f form
		for _, u := range units {
			f.runes, f.rules = append(f.runes, u.r), append(f.rules, caseRule(u, v.Exact))
		}
		b.literals = append(b.literals, pattern{form: f, value: b.value, reason: "known value", whole: v.Whole})
	}
	if few {
		return
	}
	f := sequence(parts, mayPart)
	for i := 1; i < len(f.runes); i++ {
		if !unicode.IsDigit(f.runes[i-1]) || !unicode.IsDigit(f.runes[i]) {
			continue
		}
		if digits >= manyDigits {
			f.rules[i] |= mayPart
		} else if f.rules[i]&mayPart != 0 {
			f.rules[i] |= mustPart
		}
	}
	b.add(pattern{form: f, reason: "known value", whole: v.Whole || letters == 1})
}

// trimSpace leaves out white space at both ends, but not what an accent stands on.
func trimSpace(units []unit) []unit {
	for len(units) > 0 && unicode.IsSpace(units[0].r) && (len(units) == 1 || units[1].kind != accentUnit) {
		units = units[1:]
	}
	for len(units) > 0 && unicode.IsSpace(units[len(units)-1].r) {
		units = units[:len(units)-1]
	}
	return units
}
