package retention

import (
	"fmt"
	"maps"
	"slices"

	"github.com/purposebound/purposebound/purpose"
)

// Fault is one thing wrong with the tables of a program, as [Check] finds it. It quotes policy and tables and nothing else.
type Fault struct {
	Place   string // where: tables["clients"].attributes
	Problem string // what is wrong and what would be right
}

// Error returns place and problem on one line.
func (f *Fault) Error() string { return fmt.Sprintf("retention: %s: %s", f.Place, f.Problem) }

// Check compares a program's tables with its policy, and returns a [*Fault] for each thing that would keep data from ending: an attribute that has no table, a table of attributes that
// no purpose lists, two tables of one name, and a table without name, attributes or eraser. All versions of the policy's history count, for there may still be values that were
// collected under an earlier one. No faults: nil. Call it in a test of the program, and before it starts to work.
func Check(p *purpose.Policy, tables []Table) []error {
	var faults []error
	fault := func(place, problem string, args ...any) {
		faults = append(faults, &Fault{place, fmt.Sprintf(problem, args...)})
	}
	if p == nil {
		fault("policy", "is nil: there is nothing to compare the tables with")
	}
	listed := listings(p)
	seen, stored := make(map[string]bool), make(map[purpose.Attribute]bool)
	for i, t := range tables {
		at := fmt.Sprintf("tables[%q]", t.Name)
		if t.Name == "" {
			at = fmt.Sprintf("tables[%d]", i)
			fault(at+".name", "is required: reports name the table by it")
		} else if seen[t.Name] {
			fault(at, "there is another table of that name")
		}
		seen[t.Name] = true
		if missing(t.Eraser) {
			fault(at+".eraser", "is required: nothing would be erased")
		}
		if len(t.Attributes) == 0 {
			fault(at+".attributes", "is required: the eraser would never be called")
		}
		own := make(map[purpose.Attribute]bool)
		for _, a := range t.Attributes {
			if _, ok := listed[a]; !ok && p != nil && !own[a] {
				fault(at+".attributes", "no purpose lists %q", a)
			}
			own[a], stored[a] = true, true
		}
	}
	for _, a := range slices.Sorted(maps.Keys(listed)) {
		if !stored[a] {
			fault(fmt.Sprintf("attributes[%q]", a), "no table has it, so what is kept of it would never be erased; version %s of the policy lists it", listed[a])
		}
	}
	return faults
}

// listings returns the attributes that some version of the policy's history lists, each with the latest that does.
func listings(p *purpose.Policy) map[purpose.Attribute]string {
	listed := make(map[purpose.Attribute]string)
	for n := uint16(1); n != 0; n++ {
		version, ok := p.Numbered(n)
		if !ok {
			break
		}
		for _, a := range version.Attributes() {
			listed[a] = version.Version()
		}
	}
	return listed
}
