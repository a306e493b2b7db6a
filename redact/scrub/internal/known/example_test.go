package known_test

import (
	"fmt"

	"github.com/purposebound/purposebound/redact/scrub/internal/known"
)

func Example() {
	m, err := known.New([]known.Value{
		{Text: "Marie-Anne Lévesque", Kind: known.Name},
		{Text: "418-555-0123", Kind: known.Phone},
		{Text: "1234, rue Saint-Denis, app. 5, Montréal", Kind: known.Address},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	text := "LEVESQUE, Marie Anne appelle du +1 (418) 555 0123, poste 7; elle habite au 1234 r. St-Denis #5 à Montréal."
	for _, s := range m.Append(nil, []byte(text)) {
		fmt.Printf("%q: %s\n", text[s.Start:s.End], s.Reason)
	}
	// Output:
	// "LEVESQUE, Marie Anne": known name, inverted
	// "+1 (418) 555 0123, poste 7": known phone number
	// "1234 r. St-Denis #5": known address
}
