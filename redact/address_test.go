package redact_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/purposebound/purposebound/redact"
)

func TestAddressPart(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, fsa, city, province string }{
		{"Québec, brackets", "45, rue des Érables, app. 3, Laval (Québec) H7N 1B2", "H7N", "Laval, QC", "QC"},
		{"two lines", "45 rue des Érables\nMontréal QC h2x 3j6", "H2X", "Montréal, QC", "QC"},
		{"capitals without accents", "45 RUE DES ERABLES\r\nMONTREAL QC  H2X3J6", "H2X", "Montréal, QC", "QC"},
		{"English, country", "310 Elm St, Toronto, ON M5V 2T6, Canada", "M5V", "Toronto, ON", "ON"},
		{"country before the code", "310 Elm St, Toronto, Ontario, Canada M5V 2T6", "M5V", "Toronto, ON", "ON"},
		{"no province", "310 Elm St, Toronto, M5V 2T6", "M5V", "Toronto, ON", "ON"},
		{"province spelt", "8 Ocean Road, St. John's, Newfoundland and Labrador A1C 3B8", "A1C", "St. John's, NL", "NL"},
		{"without apostrophe", "8 Ocean Road, St Johns NL A1C 3B8", "A1C", "St. John's, NL", "NL"},
		{"another Saint John", "8 Ocean Road, Saint John NB E2L 4S6", "E2L", "Saint John, NB", "NB"},
		{"St for Saint", "9, rue Principale, St-Jérôme (Qc) J7Z 1A1", "J7Z", "Saint-Jérôme, QC", "QC"},
		{"Ste for Sainte", "9, rue Principale, Ste-Julie, Qué. J3E 1A1", "J3E", "Sainte-Julie, QC", "QC"},
		{"abbreviated province", "77 Main St, Victoria, B.C. V8W 1A1", "V8W", "Victoria, BC", "BC"},
		{"abbreviated in French", "77 Main St, Victoria (C.-B.) V8W 1A1", "V8W", "Victoria, BC", "BC"},
		{"island", "77 Main St, Summerside (Île-du-Prince-Édouard) C1N 1A1", "C1N", "Summerside, PE", "PE"},
		{"merged city", "45, rue Racine, Chicoutimi (Québec) G7H 1A1", "G7H", "Saguenay, QC", "QC"},
		{"borough", "310 Elm St, Scarborough ON M1B 1A1", "M1B", "Toronto, ON", "ON"},
		{"capital of Québec", "45, rue Saint-Jean, Québec (Québec) G1R 1A1", "G1R", "Québec, QC", "QC"},
		{"Québec alone is the province", "45, rue Saint-Jean, Québec G1R 1A1", "G1R", "", "QC"},
		{"ligature", "9, rue X, Belœil (Québec) J3G 1A1", "J3G", "Beloeil, QC", "QC"},
		{"same name, two provinces", "9 First Ave, Stratford PE C1B 1A1", "C1B", "Stratford, PE", "PE"},
		{"Nunavut", "1 Ring Road, Iqaluit NU X0A 0H0", "X0A", "Iqaluit, NU", "NU"},
		{"Northwest Territories", "1 Ring Road, Yellowknife NT X1A 1A1", "X1A", "Yellowknife, NT", "NT"},
		{"small place", "45, rang Double, Sainte-Petite (Québec) J0X 1A1", "J0X", "", "QC"},
		{"a name where the city was expected", "Julie Gagnon (Québec) J0X 1A1", "J0X", "", "QC"},
		{"a street where the city was expected", "45, rue Laval, H7N 1B2", "H7N", "", "QC"},
		{"no border between street and city", "310 Elm St Toronto ON M5V 2T6", "M5V", "", "ON"},
		{"code only", "H7N 1B2", "H7N", "", "QC"},
		{"city of another province", "310 Elm St, Toronto QC H2X 3J6", "H2X", "", "QC"},
		{"province contradicts the code", "310 Elm St, Toronto ON H2X 3J6", "", "", ""},
		{"Nunavut contradicts", "1 Ring Road, Iqaluit NT X0A 0H0", "", "", ""},
		{"no code", "45, rue des Érables, Laval (Québec)", "", "", ""},
		{"no such code", "45, rue des Érables, Laval (Québec) H7O 1B2", "", "", ""},
		{"text after the code", "45, rue des Érables, Laval (Québec) H7N 1B2 sonner deux fois", "", "", ""},
		{"code inside a word", "45, rue des Érables, Laval (Québec) xH7N 1B2", "", "", ""},
		{"empty", "", "", "", ""},
		{"country only", "Canada", "", "", ""},
		{"not UTF-8", "Laval (Québec)\xff H7N 1B2", "", "", ""},
		{"too long", strings.Repeat("rue ", 1024) + "H7N 1B2", "", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for keep, want := range map[redact.AddressLevel]string{
				redact.FSA: test.fsa, redact.City: test.city, redact.Province: test.province, 0: "", redact.Province + 1: "",
			} {
				got, ok := redact.AddressPart{Keep: keep}.Generalise(test.text)
				assert.Equal(t, want, got)
				assert.Equal(t, want != "", ok)
			}
		})
	}
}

// Every first letter that Canada Post gives out stands for a province, and that may be named in every usual way: only if the name is
// understood does the city stand by itself.
func TestAddressPartProvinces(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		code, city string
		names      []string
	}{
		{"A1A 1A1", "Gander", []string{"NL", "N.L.", "Newfoundland & Labrador", "Nfld.", "Terre-Neuve-et-Labrador", "T.-N.-L."}},
		{"B1A 1A1", "Halifax", []string{"NS", "N.S.", "Nova Scotia", "Nouvelle-Écosse", "N.-É."}},
		{"C1A 1A1", "Summerside", []string{"PE", "PEI", "P.E.I.", "Prince Edward Island", "Île-du-Prince-Édouard", "Î.-P.-É."}},
		{"E1A 1A1", "Moncton", []string{"NB", "N.B.", "N.-B.", "New Brunswick", "Nouveau-Brunswick"}},
		{"G1A 1A1", "Lévis", []string{"QC", "PQ", "P.Q.", "Qué.", "Quebec", "QUÉBEC"}},
		{"H1A 1A1", "Montréal", []string{"QC"}},
		{"J1A 1A1", "Sherbrooke", []string{"QC"}},
		{"K1A 1A1", "Ottawa", []string{"ON", "Ont.", "Ontario"}},
		{"L1A 1A1", "Oshawa", []string{"ON"}},
		{"M1A 1A1", "Toronto", []string{"ON"}},
		{"N1A 1A1", "London", []string{"ON"}},
		{"P1A 1A1", "Timmins", []string{"ON"}},
		{"R1A 1A1", "Winnipeg", []string{"MB", "Man.", "Manitoba"}},
		{"S1A 1A1", "Regina", []string{"SK", "Sask.", "Saskatchewan"}},
		{"T1A 1A1", "Calgary", []string{"AB", "Alta.", "Alberta", "Alb."}},
		{"V1A 1A1", "Surrey", []string{"BC", "B.C.", "British Columbia", "Colombie-Britannique", "C.-B."}},
		{"X0C 1A1", "Iqaluit", []string{"NU", "Nunavut"}},
		{"X0E 1A1", "Yellowknife", []string{"NT", "N.W.T.", "Northwest Territories", "Territoires du Nord-Ouest", "T.N.-O."}},
		{"Y1A 1A1", "Whitehorse", []string{"YT", "Yukon", "Territoire du Yukon"}},
	} {
		for _, name := range test.names {
			for _, text := range []string{
				"1 Main St, " + test.city + " (" + name + ") " + test.code, "1 Main St\n" + test.city + " " + name + "  " + test.code, "1 Main St, " + test.city + ", " + name + ", " + test.code,
			} {
				got, ok := redact.AddressPart{Keep: redact.City}.Generalise(text)
				assert.True(t, ok, text)
				province, ok := redact.AddressPart{Keep: redact.Province}.Generalise(text)
				assert.True(t, ok, text)
				assert.Equal(t, test.city+", "+province, got, text)
				assert.Equal(t, test.names[0], province, text)
			}
		}
	}
}

func FuzzAddressPart(f *testing.F) {
	for _, text := range []string{
		"45, rue des Érables, Laval (Québec) H7N 1B2", "310 Elm St, Toronto, ON M5V 2T6, Canada", "H7N1B2", ",,,canada", "œ\u0301 H7N 1B2", "canada canada",
	} {
		f.Add(text, uint8(2))
	}
	f.Fuzz(func(t *testing.T, text string, level uint8) {
		got, ok := redact.AddressPart{Keep: redact.AddressLevel(level)}.Generalise(text)
		wellFormed(t, text, got, ok)
		if ok && (level < 1 || level > 3 || len(got) > 40) {
			t.Errorf("level %d: %q became %q", level, text, got)
		}
	})
}

func ExampleAddressPart() {
	const address = "45, rue des Érables, app. 3, Laval (Québec) H7N 1B2"
	fmt.Println(redact.AddressPart{Keep: redact.FSA}.Generalise(address))
	fmt.Println(redact.AddressPart{Keep: redact.City}.Generalise(address))
	fmt.Println(redact.AddressPart{Keep: redact.Province}.Generalise(address))
	// Output:
	// H7N true
	// Laval, QC true
	// QC true
}
