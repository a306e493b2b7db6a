package pii_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/purposebound/purposebound/pii"
)

func ExampleAddress_Canonical() {
	fmt.Println(pii.Address{}.Canonical("1234, rue de l'Église, app. 5\nLaval (Québec)  h7l5w5"))
	// Output: 1234, rue de l'Église, app. 5, Laval (Québec) H7L 5W5 true
}

func TestAddress(t *testing.T) {
	t.Parallel()
	checkKind(t, pii.Address{}, []kindCase{
		{"one line", "12, rue Saint-Denis, Québec", "12, rue Saint-Denis, Québec"},
		{"shortest", "1 rue", "1 rue"},
		{"three lines", "Marie Roy\r\n12½, 3e Avenue\r\nQuébec", "Marie Roy, 12½, 3e Avenue, Québec"},
		{"commas at line ends", "12, rue Roy,\n, Laval,\n", "12, rue Roy, Laval"},
		{"empty lines", "\n\n12, rue Roy\n \nLaval\n", "12, rue Roy, Laval"},
		{"white space", "  12,\u00a0rue   Roy ", "12, rue Roy"},
		{"decomposed", "12, rue de l'E\u0301glise", "12, rue de l'Église"},
		{"symbols", "C.P. #8888 & succ. n° 5+", "C.P. #8888 & succ. n° 5+"},
		{"postal code joined", "Laval h7l5w5", "Laval H7L 5W5"},
		{"postal code lower", "Laval h7l 5w5", "Laval H7L 5W5"},
		{"postal code hyphen", "Laval H7L-5W5 Canada", "Laval H7L 5W5 Canada"},
		{"postal code no-break space", "Laval H7L\u00a05W5", "Laval H7L 5W5"},
		{"postal code in brackets", "Laval (h7l5w5)", "Laval (H7L 5W5)"},
		{"postal code first", "h7l5w5 Laval", "H7L 5W5 Laval"},
		{"two postal codes", "h7l5w5/g1r4s9 Québec", "H7L 5W5/G1R 4S9 Québec"},
		{"letter D is in none", "Laval h7d5w5", "Laval h7d5w5"},
		{"letter O is in none", "Laval h7l5o5", "Laval h7l5o5"},
		{"W not first", "Laval w7l5w5", "Laval w7l5w5"},
		{"Z not first", "Laval z7l5w5", "Laval z7l5w5"},
		{"part of a word before", "Lot xh7l5w5", "Lot xh7l5w5"},
		{"part of a word behind", "Lot h7l5w5x", "Lot h7l5w5x"},
		{"accented letter before", "Lot éh7l5w5", "Lot éh7l5w5"},
		{"accented letter behind", "Lot h7l5w5é", "Lot h7l5w5é"},
		{"two spaces on two lines", "Laval h7l\n5w5", "Laval h7l, 5w5"},
		{"longest", strings.Repeat("é", 500), strings.Repeat("é", 500)},
		{"longest decomposed", strings.Repeat("e\u0301", 500), strings.Repeat("é", 500)},

		{"too long", strings.Repeat("é", 501), ""},
		{"too long once the code is spaced", strings.Repeat("e", 493) + " h7l5w5", ""},
		{"too short", "1 ru", ""},
		{"no letter", "12345", ""},
		{"commas", ", , ,\n,,", ""},
		{"tab", "12,\true Roy", ""},
		{"endless space", "12, rue Roy" + strings.Repeat(" ", 20000), ""},
		{"mark without a base", "\u030112, rue Roy", ""},
		{"line separator in a word is a space, a mark behind it has no base", "rue Roy\u2028\u0301", ""},
	})
}
