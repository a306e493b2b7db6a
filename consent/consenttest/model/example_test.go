package model_test

import (
	"fmt"

	"github.com/purposebound/purposebound/consent/consenttest/model"
)

// What happens if a node that has no lease looks at the database instead of denying.
func ExampleExplore() {
	rules := model.All()
	rules.NoReadThrough = false
	found := model.Explore(model.Bounds{Lease: 1, Joins: 1, Renewals: 1, Promises: "a"}, rules)
	for _, step := range found.Violation {
		fmt.Println(step)
	}
	// Output:
	// node: a use begins by reading through
	// withdrawer: speaks to the database for the first time
	// time: every clock ticks
	// withdrawer: commits the event
	// withdrawer: tells the witness
	// withdrawer: lists the nodes
	// node: a Reveal starts
	// node: the Reveal has decrypted and reads the deadline
	// node: the Reveal checks the flags
	// node: the Reveal checks the clock
	// node: the Reveal releases plaintext
	// (a) is broken: a Reveal that started after Withdraw returned released plaintext
}
