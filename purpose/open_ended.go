package purpose

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
)

// openings are the words by which a purpose says that it is also for something that it does not say.
var openings = []string{
	"and more", "etc", "et cetera", "among other things", "among others", "and so on", "any other", "other purposes",
	"et plus", "entre autres", "notamment", "et ainsi de suite", "tout autre", "toute autre", "autres fins",
}

// openEnded reports whether a text leaves a purpose open.
func openEnded(t Text) bool {
	return slices.ContainsFunc([]string{t.EN, t.FR}, func(text string) bool {
		words := " " + strings.Join(strings.FieldsFunc(cases.Fold().String(text), func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsMark(r)
		}), " ") + " "
		return slices.ContainsFunc(openings, func(o string) bool { return strings.Contains(words, " "+o+" ") })
	})
}
