package hierarchy

import "github.com/purposebound/purposebound/redact"

// CanadianPostal returns the hierarchy of the postal codes of Canada: "H2X 1Y4", its forward sortation area "H2X", its district "H", [Top]. How a code
// may be written is what [redact.PostalArea] takes, and every way to write one is a value of its own at level 0.
func CanadianPostal() *Hierarchy {
	climb := func(path []string, value string) ([]string, bool) {
		area, ok := redact.PostalArea{Country: "CA"}.Generalise(value)
		if !ok {
			return nil, false
		}
		return append(path, area, area[:1]), true
	}
	return &Hierarchy{height: 3, climb: climb}
}
