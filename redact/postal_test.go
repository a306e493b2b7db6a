package redact_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/purposebound/purposebound/redact"
)

func TestPostalArea(t *testing.T) {
	t.Parallel()
	for country, rows := range map[string][]row{
		"CA": {
			{"spaced", "G1R 4S9", "G1R"},
			{"run", "G1R4S9", "G1R"},
			{"hyphen", "G1R-4S9", "G1R"},
			{"lower case", "g1r 4s9", "G1R"},
			{"rural", "J0X 2Y0", "J0X"},
			{"two spaces", "G1R  4S9", ""},
			{"letter for digit", "GIR 4S9", ""},
			{"digit for letter", "G1R 459", ""},
			{"half", "G1R", ""},
			{"more", "G1R 4S9 1", ""},
			{"Kelvin sign", "\u212a1A 0A1", ""},
			{"full width", "Ｇ1R 4S9", ""},
		},
		"FR": {
			{"Paris", "75011", "75"},
			{"first département", "01000", "01"},
			{"Corsica", "20137", "20"},
			{"Réunion", "97411", "974"},
			{"none", "00100", ""},
			{"none, 96", "96000", ""},
			{"none, 99", "99123", ""},
			{"short", "7501", ""},
			{"spaced", "75 011", ""},
		},
		"GB": {
			{"A9", "M1 1AE", "M1"},
			{"A99", "B33 8TH", "B33"},
			{"AA9", "CR2 6XH", "CR2"},
			{"AA99", "DN55 1PT", "DN55"},
			{"A9A", "W1A 0AX", "W1A"},
			{"AA9A", "EC1A 1BB", "EC1A"},
			{"run", "ec1a1bb", "EC1A"},
			{"first letter", "Q1 1AE", ""},
			{"second letter", "MI1 1AE", ""},
			{"second letter, Z", "MZ1 1AE", ""},
			{"third letter", "W1L 0AX", ""},
			{"fourth letter", "EC1C 1BB", ""},
			{"inward letter", "M1 1CE", ""},
			{"outward only", "EC1A", ""},
			{"hyphen", "M1-1AE", ""},
		},
		"US": {
			{"five", "94110", "941"},
			{"nine", "94110-1234", "941"},
			{"few people", "03602", "000"},
			{"few people in 2010 only", "20505", "000"},
			{"not given out", "00012", ""},
			{"four", "9411", ""},
			{"nine without hyphen", "941101234", ""},
		},
		"":    {{"no country", "G1R 4S9", ""}},
		"ca":  {{"country in lower case", "G1R 4S9", ""}},
		"DE":  {{"unknown country", "10115", ""}},
		"CAN": {{"three letters", "G1R 4S9", ""}},
	} {
		check(t, redact.PostalArea{Country: country}, rows)
		check(t, redact.PostalArea{Country: country}, []row{{"empty", "", ""}, {"not UTF-8", "\xff1R 4S9", ""}, {"space", " ", ""}})
	}
}

// Every letter in every place of a Canadian code: what Canada Post gives out is taken, and nothing else.
func TestPostalAreaAlphabet(t *testing.T) {
	t.Parallel()
	for place := 0; place < 6; place++ {
		for c := byte(0); c < 128; c++ {
			code := []byte("G1R4S9")
			code[place] = c
			allowed := "0123456789"
			switch place {
			case 0:
				allowed = "ABCEGHJKLMNPRSTVXY"
			case 2, 4:
				allowed = "ABCEGHJKLMNPRSTVWXYZ"
			}
			want := strings.IndexByte(allowed+strings.ToLower(allowed), c) >= 0
			_, ok := redact.PostalArea{Country: "CA"}.Generalise(string(code))
			assert.Equal(t, want, ok, "%q", code)
		}
	}
}

func FuzzPostalArea(f *testing.F) {
	for _, code := range []string{"G1R 4S9", "75011", "EC1A 1BB", "94110-1234", "   "} {
		f.Add("CA", code)
		f.Add("FR", code)
		f.Add("GB", code)
		f.Add("US", code)
	}
	f.Fuzz(func(t *testing.T, country, code string) {
		got, ok := redact.PostalArea{Country: country}.Generalise(code)
		wellFormed(t, code, got, ok)
		if ok && got != "000" && !strings.HasPrefix(strings.ToUpper(code), got) {
			t.Errorf("%q became %q", code, got)
		}
		if ok && len(code)-len(got) < 2 {
			t.Errorf("%q lost too little: %q", code, got)
		}
	})
}

func ExamplePostalArea() {
	fmt.Println(redact.PostalArea{Country: "CA"}.Generalise("g1r 4s9"))
	fmt.Println(redact.PostalArea{Country: "GB"}.Generalise("EC1A 1BB"))
	fmt.Println(redact.PostalArea{Country: "US"}.Generalise("03602"))
	// Output:
	// G1R true
	// EC1A true
	// 000 true
}
