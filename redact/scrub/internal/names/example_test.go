package names_test

import (
	"fmt"

	"github.com/purposebound/purposebound/redact/scrub/internal/names"
)

func Example() {
	text := "Dr. Oriane Keller from Blimp Inc. moved to Trois-Rivières; LEGALLIC Odile habite à Oslo."
	for _, s := range names.Append(nil, []byte(text), names.Any) {
		fmt.Printf("%-12s %.2f %q: %s\n", s.Class, s.Score, text[s.Start:s.End], s.Reason)
	}
	// Output:
	// title        0.58 "Dr.": title before
	// person       0.84 "Oriane Keller": title before
	// organisation 0.71 "Blimp Inc.": ending of a company
	// place        0.75 "Trois-Rivières": cue beside
	// person       0.78 "LEGALLIC Odile": shape
	// place        0.79 "Oslo": cue beside
}
