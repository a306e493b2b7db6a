package hierarchy_test

import (
	"fmt"
	"strings"

	"github.com/purposebound/purposebound/redact/anonymity/hierarchy"
)

// What is a value at each level? Some hierarchies are computed, others are read from a file.
func Example() {
	ages, err := hierarchy.Bounded(20, 80, 5, 10)
	if err != nil {
		fmt.Println(err)
		return
	}
	reasons, err := hierarchy.Read(strings.NewReader("leak;repair;*\nheating;repair;*\ndebt;money;*\n"), 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ages.Path("47"))
	fmt.Println(ages.Path("93"))
	fmt.Println(hierarchy.CanadianPostal().Path("H2X 1Y4"))
	fmt.Println(reasons.At("leak", 1))
	_, err = reasons.At("noise", 1)
	fmt.Println(err)
	// Output:
	// [47 [45,50) [40,50) *] <nil>
	// [93 ≥80 ≥80 *] <nil>
	// [H2X 1Y4 H2X H *] <nil>
	// repair <nil>
	// hierarchy: value that is not in the hierarchy
}

// A birth date, coarser at each level.
func ExampleDates() {
	births, err := hierarchy.Dates(hierarchy.Month, hierarchy.Quarter, hierarchy.Year, hierarchy.Decade)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(births.Path("1987-11-05"))
	// Output: [1987-11-05 1987-11 1987-Q4 1987 1980-1989 *] <nil>
}
