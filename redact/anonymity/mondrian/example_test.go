package mondrian_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/purposebound/purposebound/redact/anonymity"
	"github.com/purposebound/purposebound/redact/anonymity/mondrian"
)

const visits = `client,birth year,pet,reason
17,1984,cat,leak
21,1986,cat,heating
34,1988,dog,leak
40,1951,dog,debt
58,1953,dog,leak
63,1959,,debt
71,1994,cat,heating
80,1996,dog,debt
`

// No row shall be one of fewer than three, and of no three shall all have come for the same reason. Who has no pet that we know of is alone with that, and is
// suppressed.
func Example() {
	table, err := anonymity.CSV{}.Read(strings.NewReader(visits),
		anonymity.Column{Name: "client", Role: anonymity.DirectIdentifier},
		anonymity.Column{Name: "birth year", Role: anonymity.QuasiIdentifier},
		anonymity.Column{Name: "pet", Role: anonymity.QuasiIdentifier},
		anonymity.Column{Name: "reason", Role: anonymity.Sensitive},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := mondrian.Partition(context.Background(), table, mondrian.Config{
		Models: []mondrian.Model{mondrian.K(3), mondrian.Distinct("reason", 2)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := (anonymity.CSV{}).Write(os.Stdout, result.Table); err != nil {
		fmt.Println(err)
		return
	}
	report, err := result.Table.Measure()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("k = %d, ℓ = %d, %d suppressed, penalty %.2f\n", report.K, report.Sensitive[0].Distinct, result.Suppressed, result.Penalty)
	// Output:
	// birth year,pet,reason
	// [1951–1986],"{cat, dog}",leak
	// [1951–1986],"{cat, dog}",heating
	// [1988–1996],"{cat, dog}",leak
	// [1951–1986],"{cat, dog}",debt
	// [1951–1986],"{cat, dog}",leak
	// *,*,debt
	// [1988–1996],"{cat, dog}",heating
	// [1988–1996],"{cat, dog}",debt
	// k = 3, ℓ = 3, 1 suppressed, penalty 0.79
}

// Values that stand in an order are cut and shown by it.
func ExampleOrdered() {
	levels := [][]string{{"primary"}, {"college"}, {"secondary"}, {"university"}, {"primary"}, {"college"}}
	table, err := anonymity.FromRows(slices.Values(levels), anonymity.Column{Name: "schooling", Role: anonymity.QuasiIdentifier})
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := mondrian.Partition(context.Background(), table, mondrian.Config{
		Models: []mondrian.Model{mondrian.K(2)},
		Scales: map[string]mondrian.Scale{"schooling": mondrian.Ordered("primary", "secondary", "college", "university")},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, cells := range result.Table.All() {
		fmt.Println(cells[0])
	}
	// Output:
	// [primary–secondary]
	// [college–university]
	// [primary–secondary]
	// [college–university]
	// [primary–secondary]
	// [college–university]
}
