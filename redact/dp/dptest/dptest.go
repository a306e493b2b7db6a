// Package dptest checks implementations of [dp.Ledger].
//
// [TestLedger] is the conformance suite: one case for each "must" of the interface. A ledger of your own passes it like this:
//
//	func TestConformance(t *testing.T) {
//		t.Parallel()
//		dptest.TestLedger(t, func(tb testing.TB) dp.Ledger { return open(tb) })
//	}
//
// # Limits
//
// The suite sees one process. That what was spent survives a crash, that several processes never spend it twice, and that what is stored and cannot be read is an
// error has to be tested by those who know how the ledger is kept. [dp.Account.UnmarshalText] refuses every text that was not written by MarshalText.
package dptest

import (
	"testing"

	"github.com/purposebound/purposebound/internal/suitetest"
	"github.com/purposebound/purposebound/redact/dp"
)

// TestLedger runs the conformance suite. open returns an empty ledger that nothing else uses and registers its closing
// with tb.Cleanup; it is called once for each case, from several goroutines.
//
// The suite fails if a case in its table did not run to its end, unless the user selected cases with -run.
func TestLedger(t *testing.T, open func(tb testing.TB) dp.Ledger) {
	t.Helper()
	suitetest.Run(t, "dptest", cases(), open)
}

func cases() suitetest.Cases[dp.Ledger] {
	return suitetest.Cases[dp.Ledger]{
		{"account-of-a-budget-without-one-is-zero", none},
		{"account-comes-back-as-it-was-stored", comesBack},
		{"account-has-long-names-and-many-costs", long},
		{"account-of-a-context-that-has-ended-fails", accountEnded},
		{"account-is-the-callers-own", accountCopied},
		{"account-never-goes-back", neverBack},
		{"replace-makes-an-account-at-sequence-1-only", makes},
		{"replace-conflicts-unless-the-sequence-before-is-stored", conflicts},
		{"replace-of-a-malformed-account-changes-nothing", malformed},
		{"replace-of-a-context-that-has-ended-changes-nothing", replaceEnded},
		{"replace-keeps-nothing-of-what-it-was-given", replaceCopies},
		{"purposes-and-releases-are-told-apart-byte-by-byte", apart},
		{"one-of-many-makes-an-account", oneMakes},
		{"one-of-many-replaces-an-account", oneReplaces},
		{"whoever-lost-sees-what-won", lostSees},
		{"budgets-together-spend-what-there-is-and-no-more", together},
		{"budgets-apart-spend-apart", budgetsApart},
	}
}
