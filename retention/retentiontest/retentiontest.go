// Package retentiontest checks implementations of [retention.Store].
//
// [TestStore] is the conformance suite: one case for each "must" of [retention.Agenda] and [retention.Queue]. A store of your own passes it like this:
//
//	func TestConformance(t *testing.T) {
//		t.Parallel()
//		retentiontest.TestStore(t, func(tb testing.TB) retention.Store { return open(tb) })
//	}
//
// # Limits
//
// The suite sees one process. That what was put survives a crash, that workers in several processes share the queue, and that one take does not wait for another has to be tested by those
// who know how the store is kept.
package retentiontest

import (
	"testing"

	"github.com/purposebound/purposebound/internal/suitetest"
	"github.com/purposebound/purposebound/retention"
)

// TestStore runs the conformance suite. open returns an empty store that nothing else uses and registers its closing
// with tb.Cleanup; it is called once for each case, from several goroutines.
//
// The suite fails if a case in its table did not run to its end, unless the user selected cases with -run.
func TestStore(t *testing.T, open func(tb testing.TB) retention.Store) {
	t.Helper()
	suitetest.Run(t, "retentiontest", storeCases(), open)
}

func storeCases() suitetest.Cases[retention.Store] {
	return suitetest.Cases[retention.Store]{
		{"put-stores-what-is-not-there", putStores},
		{"put-merges-with-what-is-there", putMerges},
		{"put-merges-items-of-one-call", putMergesOwn},
		{"put-neither-defers-nor-forgets", putKeeps},
		{"put-looks-at-no-failures-version-and-claim", putIgnores},
		{"put-gives-what-it-changes-another-version", putVersions},
		{"put-gives-what-was-removed-another-version", putVersionsAgain},
		{"put-leaves-a-claimed-item-claimed", putClaimed},
		{"put-refuses-what-is-not-well-formed", putRefuses},
		{"put-stores-all-or-none", putAllOrNone},
		{"put-of-nothing-is-no-error", putNothing},
		{"put-under-a-cancelled-context-changes-nothing", putCancelled},
		{"put-keeps-what-it-was-given-apart", putCopies},
		{"items-without-a-compartment-are-one-for-each-person", erasures},
		{"keys-are-told-apart", keysApart},
		{"days-begin-at-midnight-utc", daysOf},
		{"days-before-1970-are-told-apart", daysBefore},
		{"items-keep-long-and-unusual-text", unusual},
		{"items-keep-every-time-there-is", times},
		{"of-is-in-the-order-of-due-and-key", ofOrder},
		{"of-a-person-without-items-is-none", ofNone},
		{"of-shows-no-claim", ofUnclaimed},
		{"of-is-one-snapshot-while-others-put", ofSnapshot},
		{"of-under-a-cancelled-context-fails", ofCancelled},
		{"take-claims-what-is-due", takeDue},
		{"take-gives-what-is-due-longest-first", takeOrder},
		{"take-gives-items-of-one-due-date-each-once", takeEqual},
		{"take-passes-over-what-is-claimed-until-the-claim-ends", takeClaimed},
		{"take-names-each-claim-differently", takeNames},
		{"take-refuses-a-claim-that-is-not-well-formed", takeRefuses},
		{"take-under-a-cancelled-context-claims-nothing", takeCancelled},
		{"take-gives-what-ran-out-to-another", takeRanOut},
		{"settle-removes-what-is-done", settleDone},
		{"settle-gives-back-with-due-and-failures", settleAgain},
		{"settle-gives-back-what-is-due-later", settleLater},
		{"settle-does-both-at-once", settleBoth},
		{"settle-leaves-what-another-has-claimed", settleLost},
		{"settle-leaves-what-is-not-there", settleAbsent},
		{"settle-without-a-claim-wins-over-a-claim", settleUnclaimed},
		{"settle-without-a-claim-needs-the-version", settleVersion},
		{"settle-of-what-was-changed-only-ends-the-claim", settleChanged},
		{"settle-of-nothing-is-no-error", settleNothing},
		{"settle-under-a-cancelled-context-changes-nothing", settleCancelled},
		{"a-thousand-items-are-worked-off", thousand},
		{"eight-takers-never-share-an-item", eightTakers},
		{"eight-takers-share-what-ran-out", eightTakersLater},
		{"what-is-put-while-it-is-settled-is-not-lost", putWhileSettled},
		{"one-of-many-settles-of-an-unclaimed-item-counts", settleTogether},
		{"concurrent-puts-lose-nothing", concurrentPuts},
	}
}
