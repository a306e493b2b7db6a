// Package consenttest checks implementations of the interfaces of package consent.
//
// [TestLedger] is the conformance suite of ledgers: one case for each "must" of [consent.Ledger] and, if the ledger has
// it, of [consent.Redactor]. A ledger of your own passes it like this:
//
//	func TestConformance(t *testing.T) {
//		t.Parallel()
//		consenttest.TestLedger(t, func(tb testing.TB) consent.Ledger { return open(tb) })
//	}
//
// # Limits
//
// The suite sees one process. That events survive a crash, and that a second process is kept out, has to be tested by
// those who know how the ledger is stored.
package consenttest

import (
	"flag"
	"strings"
	"sync"
	"testing"

	"github.com/purposebound/purposebound/consent"
)

// testCase is one "must". Its run fails tb if the ledger, which is fresh and empty, does not keep it.
type testCase struct {
	name string
	run  func(tb testing.TB, l consent.Ledger)
}

// TestLedger runs the conformance suite. open returns an empty ledger that nothing else uses and registers its closing
// with tb.Cleanup; it is called once for each case, from several goroutines.
//
// The cases of [consent.Redactor] run if the ledgers that open returns have that method; the log says so. The suite
// fails if a case in its table did not run to its end, unless the user selected cases with -run.
func TestLedger(t *testing.T, open func(tb testing.TB) consent.Ledger) {
	t.Helper()
	cases := ledgerCases()
	if _, ok := open(t).(consent.Redactor); ok {
		cases = append(cases, redactorCases()...)
		t.Log("consenttest: the ledger is a Redactor")
	} else {
		t.Log("consenttest: the ledger is not a Redactor")
	}
	var mu sync.Mutex
	ended := make(map[string]int)
	t.Cleanup(func() {
		if selected := flag.Lookup("test.run"); selected != nil && strings.Contains(selected.Value.String(), "/") {
			return
		}
		for _, c := range cases {
			if ended[c.name] != 1 {
				t.Errorf("consenttest: case %s ran %d times, not once", c.name, ended[c.name])
			}
		}
	})
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				mu.Lock()
				defer mu.Unlock()
				ended[c.name]++
			}()
			c.run(t, open(t))
		})
	}
}
