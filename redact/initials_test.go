package redact_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/purposebound/purposebound/redact"
)

func TestInitials(t *testing.T) {
	t.Parallel()
	check(t, redact.Initials{}, []row{
		{"two words", "Julie Gagnon", "J. G."},
		{"hyphen", "Anne-Sophie Gagnon-Roy", "A. G."},
		{"number of names does not show", "Joseph Louis Philippe Gagnon", "J. G."},
		{"inverted", "Gagnon, Julie Anne", "J. G."},
		{"one word", "Julie", "J."},
		{"lower case", "julie gagnon", "J. G."},
		{"accent", "élodie Ôlivier", "É. Ô."},
		{"accent, decomposed", "e\u0301lodie Gagnon", "É. G."},
		{"apostrophe", "d’Arcy O'Neil", "D. O."},
		{"brackets", "(Lili) Gagnon", "L. G."},
		{"initials already", "J. G.", "J. G."},
		{"white space", "  Julie \u00a0 Gagnon ", "J. G."},
		{"Cyrillic", "Ольга Иванова", "О. И."},
		{"Arabic", "ليلى منصور", "ل. م."},
		{"Hebrew", "רות כהן", "ר. כ."},
		{"Persian, joined", "علی رضا\u200cپور", "ع. ر."},
		{"digraph", "ǆ Gagnon", "Ǆ. G."},
		{"digits are no letters", "3 Julie", "J."},
		{"Chinese", "李静", ""},
		{"Japanese", "さくら Gagnon", ""},
		{"Korean", "김 민지", ""},
		{"empty", "", ""},
		{"spaces", "   ", ""},
		{"no letter", "- 12 -", ""},
		{"comma only", ",", ""},
		{"two commas", "Gagnon, Julie, Anne", ""},
		{"address", "julie@exemple.ca", ""},
		{"line end", "Julie\nGagnon", ""},
		{"tab", "Julie\tGagnon", ""},
		{"symbol", "Julie ♥ Gagnon", ""},
		{"invisible", "Julie\u200b Gagnon", ""},
		{"right-to-left override", "\u202eJulie", ""},
		{"not UTF-8", "Julie \xff", ""},
		{"too long", strings.Repeat("Julie ", 40), ""},
	})
}

func FuzzInitials(f *testing.F) {
	for _, text := range []string{"Julie Gagnon", "Gagnon, Julie", "e\u0301", "ǆ", "김 민지", ",,", "\u0301 a"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := redact.Initials{}.Generalise(text)
		wellFormed(t, text, got, ok)
		letters := 0
		for _, r := range got {
			if unicode.IsLetter(r) {
				letters++
			} else if r != '.' && r != ' ' {
				t.Errorf("%q became %q", text, got)
			}
		}
		if ok && (letters < 1 || letters > 2) {
			t.Errorf("%q became %q", text, got)
		}
		if again, twice := (redact.Initials{}).Generalise(got); ok && (!twice || again != got) {
			t.Errorf("%q became %q, then %q", text, got, again)
		}
	})
}

func ExampleInitials() {
	fmt.Println(redact.Initials{}.Generalise("Gagnon, Anne-Sophie"))
	// Output: A. G. true
}
