package pii_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/purposebound/purposebound/pii"
)

func ExampleText_Canonical() {
	text, ok := pii.Text{}.Canonical("Bonjour,\r\nmon colis n'est pas arrivé.")
	fmt.Printf("%q %t\n", text, ok)
	// Output: "Bonjour,\nmon colis n'est pas arrivé." true
}

func TestText(t *testing.T) {
	t.Parallel()
	const limit = 1<<20 - 64
	checkKind(t, pii.Text{}, []kindCase{
		{"plain", "Merci!", "Merci!"},
		{"white space stays", "  a  b \n\t", "  a  b \n\t"},
		{"CR LF", "a\r\nb\r\n", "a\nb\n"},
		{"decomposed", "re\u0301pondu", "répondu"},
		{"ligature and fraction stay", "ﬁn ½", "ﬁn ½"},
		{"emoji with joiner", "👩\u200d🚀", "👩\u200d🚀"},
		{"bidirectional text", "\u2067שלום\u2069 Marie", "\u2067שלום\u2069 Marie"},
		{"byte order mark stays", "\ufeffa", "\ufeffa"},
		{"thirty marks", "e" + strings.Repeat("\u0331", 30), "e" + strings.Repeat("\u0331", 30)},
		{"thirty-one marks", "e" + strings.Repeat("\u0331", 31), "e" + strings.Repeat("\u0331", 30) + "\u034f\u0331"},
		{"longest", strings.Repeat("a", limit), strings.Repeat("a", limit)},
		{"longest beyond ASCII", strings.Repeat("é", limit/2), strings.Repeat("é", limit/2)},
		{"longest decomposed", strings.Repeat("e\u0301", limit/2), strings.Repeat("é", limit/2)},
		{"longest with CR LF", strings.Repeat("a\r\n", limit/2), strings.Repeat("a\n", limit/2)},

		{"too long", strings.Repeat("a", limit+1), ""},
		{"too long beyond ASCII", strings.Repeat("é", limit/2) + "a", ""},
		{"too long to look at", strings.Repeat("\r\n", 4*limit) + "a", ""},
		{"white space only", " \n\t\u00a0\r\n", ""},
		{"invisible only", "\u200b\u200d\ufeff\u2800", ""},
		{"carriage return twice", "a\r\r\nb", ""},
		{"vertical tab", "a\vb", ""},
		{"form feed", "a\fb", ""},
		{"C1 control", "é\u0090", ""},
	})
}
