package lattice_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/purposebound/purposebound/redact/anonymity"
	"github.com/purposebound/purposebound/redact/anonymity/hierarchy"
	"github.com/purposebound/purposebound/redact/anonymity/lattice"
)

const visits = `age,area,reason
23,H2X 1Y4,leak
27,H2X 2B1,heating
24,H2W 3C3,leak
51,G1R 4P5,debt
55,G1R 2L9,heating
58,G1K 3A1,debt
83,J9X 5B7,leak
`

// Which levels hide everybody among at least three, losing least? One row of seven may be suppressed.
func Example() {
	table, err := anonymity.CSV{}.Read(strings.NewReader(visits),
		anonymity.Column{Name: "age", Role: anonymity.QuasiIdentifier},
		anonymity.Column{Name: "area", Role: anonymity.QuasiIdentifier},
		anonymity.Column{Name: "reason", Role: anonymity.Sensitive},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	ages, err := hierarchy.Intervals(5, 10, 20)
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := lattice.Search(context.Background(), table, lattice.Config{
		Hierarchies: map[string]*hierarchy.Hierarchy{"age": ages, "area": hierarchy.CanadianPostal()},
		Models:      []lattice.Model{lattice.K(3), lattice.Distinct("reason", 2)},
		Suppress:    0.15,
		Loss:        lattice.Precision(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Columns, result.Levels, result.Suppressed)
	if err := result.WriteCSV(os.Stdout, 0); err != nil {
		fmt.Println(err)
	}
	// Output:
	// [age area] [2 2] 1
	// age,area,reason
	// "[20,30)",H,leak
	// "[20,30)",H,heating
	// "[20,30)",H,leak
	// "[50,60)",G,debt
	// "[50,60)",G,heating
	// "[50,60)",G,debt
	// *,*,leak
}
