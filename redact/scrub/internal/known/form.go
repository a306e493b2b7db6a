package known

import "slices"

// A rule says what the text must be like at one unit of a pattern.
type rule uint8

const (
	mayPart   rule = 1 << iota // separators may stand before it
	mustPart                   // separators must stand before it
	mustUpper                  // it is a capital in the text
	mustLower                  // it is not
	mayDot                     // at the end of a match, a full stop after it belongs to it
)

// A form is a run of word units with a rule for each: a word of a value, or several put together.
type form struct {
	runes []rune
	rules []rule
}

// then returns f followed by g, and what must hold where they meet.
func (f form) then(g form, meet rule) form {
	if len(f.runes) == 0 {
		return g
	}
	out := form{slices.Concat(f.runes, g.runes), slices.Concat(f.rules, g.rules)}
	if len(g.rules) > 0 {
		out.rules[len(f.rules)] |= meet
	}
	return out
}

// at returns a copy of f with one more rule at unit i.
func (f form) at(i int, r rule) form {
	out := form{f.runes, slices.Clone(f.rules)}
	out.rules[i] |= r
	return out
}

func sequence(forms []form, meet rule) form {
	var out form
	for _, f := range forms {
		out = out.then(f, meet)
	}
	return out
}

// literally returns the form that s spells, for words of our own that are in lower-case ASCII.
func literally(s string) form {
	return form{[]rune(s), make([]rule, len(s))}
}

// fold returns the units of a value.
func fold(value string) []unit {
	var f folder
	var out []unit
	text := []byte(value)
	for i := 0; i < len(text); {
		i += f.next(text, i)
		out = append(out, f.out...)
	}
	f.flush()
	return append(out, f.out...)
}

// words returns the word units of a value, split where others stand for which split is true. At the rest a rule mayPart is left.
// With exact they must have the value's capitals.
func words(value string, split func(rune) bool, exact bool) []form {
	var out []form
	var cur form
	var meet rule
	for _, u := range fold(value) {
		switch u.kind {
		case wordUnit:
			cur.runes, cur.rules = append(cur.runes, u.r), append(cur.rules, meet|caseRule(u, exact))
			meet = 0
		case separatorUnit:
			if len(cur.runes) > 0 && split(u.r) {
				out, cur, meet = append(out, cur), form{}, 0
			} else if len(cur.runes) > 0 {
				meet = mayPart
			}
		}
	}
	if len(cur.runes) > 0 {
		out = append(out, cur)
	}
	return out
}

func caseRule(u unit, exact bool) rule {
	switch {
	case !exact:
		return 0
	case u.upper:
		return mustUpper
	}
	return mustLower
}

func anywhere(rune) bool { return true }
