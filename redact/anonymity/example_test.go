package anonymity_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/purposebound/purposebound/redact/anonymity"
)

const visits = `client,birth year,area,reason
17,1980-1989,H2X,leak
21,1980-1989,H2X,heating
34,1980-1989,H2X,leak
40,1950-1959,G1R,debt
58,1950-1959,G1R,debt
63,1994,J9X,heating
`

// How re-identifiable is this CSV? Say what each column is, and measure. Here one person stands alone, and of two others everyone knows the reason.
func Example() {
	table, err := anonymity.CSV{}.Read(strings.NewReader(visits),
		anonymity.Column{Name: "client", Role: anonymity.DirectIdentifier},
		anonymity.Column{Name: "birth year", Role: anonymity.QuasiIdentifier},
		anonymity.Column{Name: "area", Role: anonymity.QuasiIdentifier},
		anonymity.Column{Name: "reason", Role: anonymity.Sensitive},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := table.Measure()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(report)
	// Output:
	// column client names people
	// 6 rows, 0 suppressed, 0 with absent cells; 3 classes
	// k = 1
	// 16.7 % of the rows are unique
	// risk of a row: highest 1.000, average 0.500; above 0.091: 100.0 % of the rows
	// reason: α = 1.000, ℓ = 1 (entropy 1.00, recursive c = 1), t = 0.667, β = 2 (enhanced +Inf), δ = +Inf (values present 1.1)
}

// One measure, where a report would be more than is asked.
func ExampleTable_Classes() {
	type visit struct {
		Area   string  `anonymity:"quasi"`
		Sex    string  `anonymity:"quasi"`
		Amount float64 `anonymity:"sensitive,numeric"`
	}
	table, err := anonymity.FromStructs(slices.Values([]visit{
		{"H2X", "F", 120}, {"H2X", "F", 80}, {"H2X", "F", 95}, {"G1R", "M", 300}, {"G1R", "M", 310},
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	classes, err := table.Classes()
	if err != nil {
		fmt.Println(err)
		return
	}
	amount, err := classes.Attribute("Amount")
	if err != nil {
		fmt.Println(err)
		return
	}
	t, err := amount.Closeness(anonymity.Numeric())
	fmt.Println(classes.K(), amount.Distinct(), t, err)
	// Output: 2 2 0.375 <nil>
}

// A suppressed row, all of whose quasi-identifiers are "*", is in no class; a cell alone agrees with every value.
func ExampleSuppressed() {
	table, err := anonymity.FromRows(slices.Values([][]string{
		{"F", "H2X"},
		{"F", "H2X"},
		{"M", "H2X"},
		{"M", "H2X"},
		{"*", "H2X"},
		{"*", "*"},
	}), anonymity.Column{Name: "sex", Role: anonymity.QuasiIdentifier}, anonymity.Column{Name: "area", Role: anonymity.QuasiIdentifier})
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := table.Measure()
	fmt.Println(report.K, report.Classes, report.Partial, report.Suppressed, err)
	// Output: 3 2 1 1 <nil>
}

// The sample is safer than it looks if nobody knows who is in it, as far as the population hides its people.
func ExampleCompare() {
	area := anonymity.Column{Name: "area", Role: anonymity.QuasiIdentifier}
	sample, err := anonymity.FromRows(slices.Values([][]string{{"H2X"}, {"G1R"}, {"G1R"}}), area)
	if err != nil {
		fmt.Println(err)
		return
	}
	register, err := anonymity.FromRows(slices.Values([][]string{{"H2X"}, {"H2X"}, {"H2X"}, {"H2X"}, {"G1R"}, {"G1R"}, {"G1R"}, {"G1R"}, {"J9X"}}), area)
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := anonymity.Compare(sample, register)
	if err != nil {
		fmt.Println(err)
		return
	}
	least, greatest := c.Presence()
	fmt.Println(c.KMap(), least, greatest, c.Journalist(anonymity.DefaultThreshold).Highest)
	// Output: 4 0 0.5 0.25
}

// Three clients called, one of them four times. A class of four calls is one person.
func ExampleTable_By() {
	table, err := anonymity.CSV{}.Read(strings.NewReader("client,area\n17,H2X\n17,H2X\n17,H2X\n17,H2X\n21,G1R\n34,G1R\n"),
		anonymity.Column{Name: "client", Role: anonymity.DirectIdentifier},
		anonymity.Column{Name: "area", Role: anonymity.QuasiIdentifier},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	rows, err := table.Classes()
	if err != nil {
		fmt.Println(err)
		return
	}
	byPerson, err := table.By("client")
	if err != nil {
		fmt.Println(err)
		return
	}
	people, err := byPerson.Classes()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("k is", rows.K(), "by rows, and", people.K(), "by people")
	// Output:
	// k is 2 by rows, and 1 by people
}
