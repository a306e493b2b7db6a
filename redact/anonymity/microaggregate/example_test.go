package microaggregate_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/purposebound/purposebound/redact/anonymity"
	"github.com/purposebound/purposebound/redact/anonymity/microaggregate"
)

const households = `area,income,rent
H2X,30000,800
H2X,34000,900
G1R,32000,850
G1R,70000,1700
J9X,74000,1500
J9X,72000,1600
`

// Incomes and rents of three households each become one.
func Example() {
	table, err := anonymity.CSV{}.Read(strings.NewReader(households),
		anonymity.Column{Name: "area", Role: anonymity.Other},
		anonymity.Column{Name: "income", Role: anonymity.QuasiIdentifier},
		anonymity.Column{Name: "rent", Role: anonymity.QuasiIdentifier},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := microaggregate.Columns(context.Background(), table, microaggregate.Config{
		Columns: []string{"income", "rent"}, K: 3, Centre: microaggregate.Mean,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := (anonymity.CSV{}).Write(os.Stdout, result.Table); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d groups, loss %.3f\n", result.Groups, result.Loss)
	// Output:
	// area,income,rent
	// H2X,32000,850
	// H2X,32000,850
	// G1R,32000,850
	// G1R,72000,1600
	// J9X,72000,1600
	// J9X,72000,1600
	// 2 groups, loss 0.018
}

// Numbers that are in no table are grouped in the same way.
func ExampleOptimal() {
	values := []float64{1, 2, 3, 20, 21, 22, 24}
	groups, err := microaggregate.Optimal(values, 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	medians, err := groups.Aggregate(values, microaggregate.Median)
	fmt.Println(groups.Count(), medians, err)
	// Output: 2 [2 2 2 21.5 21.5 21.5 21.5] <nil>
}
