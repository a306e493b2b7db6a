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
	"testing"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/internal/suitetest"
)

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
	suitetest.Run(t, "consenttest", cases, open)
}
