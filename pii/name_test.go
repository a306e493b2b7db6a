package pii_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/purposebound/purposebound/pii"
)

func ExampleName_Canonical() {
	fmt.Println(pii.Name{}.Canonical("  Marie-Ève   L'Heureux "))
	fmt.Println(pii.Name{}.Canonical("marie@exemple.ca"))
	// Output:
	// Marie-Ève L'Heureux true
	//  false
}

func TestName(t *testing.T) {
	t.Parallel()
	checkKind(t, pii.Name{}, []kindCase{
		{"plain", "Marie Tremblay", "Marie Tremblay"},
		{"one letter", "O", "O"},
		{"hyphen, accent, apostrophe, numeral", "Jean-François d'Ambrosio III", "Jean-François d'Ambrosio III"},
		{"typographic apostrophe stays", "Noël D’Amours", "Noël D’Amours"},
		{"initials", "J.-P. Côté", "J.-P. Côté"},
		{"surname first", "Tremblay, Marie (Mimi)", "Tremblay, Marie (Mimi)"},
		{"digit", "Jean Roy 2e", "Jean Roy 2e"},
		{"leading apostrophe", "'t Hooft", "'t Hooft"},
		{"Mohawk length mark", "Karonhià:ke Diabo", "Karonhià:ke Diabo"},
		{"Inuktitut syllabics", "ᐃᓄᒃ", "ᐃᓄᒃ"},
		{"Catalan", "Gal·la", "Gal·la"},
		{"Malay patronymic", "Anand a/l Kumar", "Anand a/l Kumar"},
		{"Han", "山田 太郎", "山田 太郎"},
		{"ideographic variant", "葛\U000e0100城", "葛\U000e0100城"},
		{"Persian with ZWNJ", "علی\u200cرضا", "علی\u200cرضا"},
		{"Sinhala with ZWJ", "ශ්\u200dරී", "ශ්\u200dරී"},
		{"decomposed is composed", "Zoe\u0301", "Zoé"},
		{"mark without a composed form", "M\u0331aria", "M\u0331aria"},
		{"ligature stays", "Suﬁ", "Suﬁ"},
		{"case stays", "bell hooks", "bell hooks"},
		{"white space", " \u00a0Marie \u2003 Tremblay ", "Marie Tremblay"},
		{"longest", strings.Repeat("é", 200), strings.Repeat("é", 200)},
		{"longest in ASCII", strings.Repeat("e", 200), strings.Repeat("e", 200)},
		{"longest decomposed", strings.Repeat("e\u0301", 200), strings.Repeat("é", 200)},

		{"too long", strings.Repeat("é", 201), ""},
		{"too long in ASCII", strings.Repeat("e", 201), ""},
		{"endless space", "Marie" + strings.Repeat(" ", 5000), ""},
		{"address of e-mail", "marie@exemple.ca", ""},
		{"no letter", "123", ""},
		{"only punctuation", "-.'", ""},
		{"tab", "Marie\tTremblay", ""},
		{"line end", "Marie\nTremblay", ""},
		{"markup", "<b>Marie</b>", ""},
		{"emoji", "Marie 🌼", ""},
		{"semicolon", "Marie; Paul", ""},
		{"ZWNJ in Latin", "Ma\u200crie", ""},
		{"ZWNJ at the end", "علی\u200c", ""},
		{"ZWJ at the start", "\u200dعلی", ""},
		{"ZWJ before a space", "علی\u200d رضا", ""},
		{"ZWNJ before Latin", "علی\u200cMarie", ""},
		{"variation selector on Han", "葛\ufe00城", ""},
		{"two joiners", "علی\u200c\u200cرضا", ""},
		{"mark without a base", "\u0301Marie", ""},
		{"mark on a space", "Marie \u0301Roy", ""},
		{"more than thirty marks", "e" + strings.Repeat("\u0331", 40), ""},
		{"Hangul filler", "\u3164", ""},
		{"unassigned", "Marie\u0378", ""},
	})
}
