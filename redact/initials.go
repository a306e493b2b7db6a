package redact

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	maxName      = 200  // runes
	maxNameInput = 4096 // bytes looked at: a name decomposed, and generous white space
)

// wholeNameScripts are those in which one character can be a whole name.
var wholeNameScripts = []*unicode.RangeTable{
	unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana, unicode.Bopomofo, unicode.Yi,
}

// Initials reduces a person's name to the first letters of its first and last words: "Marie-Ève Tremblay" and "Tremblay, Marie-Ève"
// both become "M. T.". Neither the number of names nor their length shows.
//
// Initials are not anonymous: among colleagues or neighbours they mostly name one person. A title or a suffix that stands as a word
// counts as one, so "Dr Tremblay" gives "D. T.", and a word of one letter is shown whole.
type Initials struct{}

// Generalise returns the initials in upper case, and false for text that is no name: letters of any script with their marks, digits,
// spaces, and the apostrophes, hyphens, full stops and brackets that names have; at most one comma, which puts the family name first.
// It is false, too, for a name with a character of Chinese, Japanese, Korean or Yi, where one character can be the whole name.
func (Initials) Generalise(text string) (string, bool) {
	if len(text) > maxNameInput || !utf8.ValidString(text) {
		return "", false
	}
	text = norm.NFC.String(text)
	if utf8.RuneCountInString(text) > maxName || strings.ContainsFunc(text, isNoNameRune) {
		return "", false
	}
	if family, given, inverted := strings.Cut(text, ","); inverted {
		if strings.Contains(given, ",") {
			return "", false
		}
		text = given + " " + family
	}
	words := slices.DeleteFunc(strings.Fields(text), func(word string) bool { return firstLetter(word) < 0 })
	switch len(words) {
	case 0:
		return "", false
	case 1:
		return initial(words[0]), true
	}
	return initial(words[0]) + " " + initial(words[len(words)-1]), true
}

// initial returns the first letter of a word that has one, in upper case and with a full stop.
func initial(word string) string {
	r, _ := utf8.DecodeRuneInString(word[firstLetter(word):])
	return string(unicode.ToUpper(r)) + "."
}

func firstLetter(word string) int { return strings.IndexFunc(word, unicode.IsLetter) }

// isNoNameRune reports whether no name whose initials can be told has r.
func isNoNameRune(r rune) bool {
	switch {
	case unicode.In(r, wholeNameScripts...), unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r):
		return true
	case unicode.In(r, unicode.L, unicode.M, unicode.Nd, unicode.Zs):
		return false
	}
	return !strings.ContainsRune("'’‘-‐‑–.,·()/:\u200C\u200D", r) // the last two spell Persian and Sinhala names
}
