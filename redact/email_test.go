package redact_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/purposebound/purposebound/redact"
)

func TestEmailMask(t *testing.T) {
	t.Parallel()
	check(t, redact.EmailMask{}, []row{
		{"plain", "julie.gagnon@exemple.ca", "j***@e***.ca"},
		{"length does not show", "jo-ann.villeneuve-desrosiers+listes@courriel.exemple.qc.ca", "j***@c***.ca"},
		{"case of the last label", "Julie@Exemple.CA", "J***@E***.ca"},
		{"two characters are hidden", "jg@ex.ca", "***@***.ca"},
		{"three are not", "jgt@exe.ca", "j***@e***.ca"},
		{"accents", "élodie@café.québec", "é***@c***.québec"},
		{"accents, decomposed", "e\u0301lodie@cafe\u0301.que\u0301bec", "é***@c***.québec"},
		{"Cyrillic", "иван@пример.рф", "и***@п***.рф"},
		{"punycode", "julie@xn--caf-dma.ca", "j***@x***.ca"},
		{"every sign of an atom", "a!#$%&'*+-/=?^_`{|}~z@exemple.ca", "a***@e***.ca"},
		{"longest local part", strings.Repeat("j", 64) + "@exemple.ca", "j***@e***.ca"},
		{"local part too long", strings.Repeat("j", 65) + "@exemple.ca", ""},
		{"label too long", "julie@" + strings.Repeat("e", 64) + ".ca", ""},
		{"too long", "julie@" + strings.Repeat("exemple.", 32) + "ca", ""},
		{"empty", "", ""},
		{"no at", "julie.exemple.ca", ""},
		{"two at", "julie@gagnon@exemple.ca", ""},
		{"no local part", "@exemple.ca", ""},
		{"no domain", "julie@", ""},
		{"one label", "julie@exemple", ""},
		{"empty label", "julie@exemple..ca", ""},
		{"label that starts with a hyphen", "julie@-exemple.ca", ""},
		{"label that ends with a hyphen", "julie@exemple-.ca", ""},
		{"dot first", ".julie@exemple.ca", ""},
		{"dot last", "julie.@exemple.ca", ""},
		{"two dots", "julie..gagnon@exemple.ca", ""},
		{"last label a number", "julie@192.0.2.10", ""},
		{"last label of one letter", "julie@exemple.c", ""},
		{"address literal", "julie@[192.0.2.1]", ""},
		{"quoted", `"julie gagnon"@exemple.ca`, ""},
		{"display name", "Julie <julie@exemple.ca>", ""},
		{"space around", " julie@exemple.ca", ""},
		{"line end", "julie@exemple.ca\n", ""},
		{"not UTF-8", "julie\xff@exemple.ca", ""},
		{"invisible character", "jul\u200bie@exemple.ca", ""},
		{"mark first", "\u0301julie@exemple.ca", ""},
		{"its own output", "j***@e***.ca", ""},
	})
}

var emailMasked = regexp.MustCompile(`^([^*]?|[*])\*{3}@[^*.@]?\*{3}\.[^*.@]+$`)

func FuzzEmailMask(f *testing.F) {
	for _, text := range []string{"julie.gagnon@exemple.ca", "é@é.québec", "@", "a@b.cd", "***@***.ca", "\xff@a.ca"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := redact.EmailMask{}.Generalise(text)
		wellFormed(t, text, got, ok)
		if ok && !emailMasked.MatchString(got) {
			t.Errorf("%q became %q", text, got)
		}
	})
}

func ExampleEmailMask() {
	fmt.Println(redact.EmailMask{}.Generalise("julie.gagnon@exemple.ca"))
	fmt.Println(redact.EmailMask{}.Generalise("julie.gagnon at exemple.ca"))
	// Output:
	// j***@e***.ca true
	//  false
}
