// Package rightstest checks implementations of [rights.Store].
//
// [TestStore] is the conformance suite: a case or more for each "must" of the interface. A store of your own passes it like this:
//
//	func TestConformance(t *testing.T) {
//		t.Parallel()
//		rightstest.TestStore(t, func(tb testing.TB) rights.Store { return open(tb) })
//	}
//
// # Limits
//
// The suite sees one process. That what was appended survives a crash, and that desks in several processes share the store, has to be tested by those
// who know how the store is kept; and so has its way to forget what was said in a request.
package rightstest

import (
	"testing"

	"github.com/purposebound/purposebound/internal/suitetest"
	"github.com/purposebound/purposebound/pii/rights"
)

// TestStore runs the conformance suite. open returns an empty store that nothing else uses and registers its closing
// with tb.Cleanup; it is called once for each case, from several goroutines.
//
// The suite fails if a case in its table did not run to its end, unless the user selected cases with -run.
func TestStore(t *testing.T, open func(tb testing.TB) rights.Store) {
	t.Helper()
	suitetest.Run(t, "rightstest", storeCases(), open)
}

func storeCases() suitetest.Cases[rights.Store] {
	return suitetest.Cases[rights.Store]{
		{"append-adds-after-exactly-so-many-events", appendAdds},
		{"append-after-another-number-is-a-conflict-and-changes-nothing", appendConflicts},
		{"append-keeps-what-it-was-given-apart", appendCopies},
		{"append-under-a-cancelled-context-changes-nothing", appendCancelled},
		{"one-of-many-appends-after-the-same-event-counts", appendTogether},
		{"events-are-the-whole-file-in-order", eventsOrder},
		{"events-keep-every-field", eventsFields},
		{"events-keep-long-and-unusual-text", eventsUnusual},
		{"events-of-a-person-without-a-file-are-none", eventsNone},
		{"events-of-one-person-are-not-another-s", eventsApart},
		{"events-are-the-caller-s-to-change", eventsCopies},
		{"events-under-a-cancelled-context-fail", eventsCancelled},
		{"due-yields-who-is-to-be-looked-at-by-then", dueBy},
		{"due-yields-those-to-be-looked-at-first-before-others", dueOrder},
		{"due-yields-each-once", dueOnce},
		{"due-goes-by-the-last-append", dueLast},
		{"due-never-yields-a-file-that-is-to-be-looked-at-never", dueNever},
		{"due-stops-when-it-is-told-to", dueStops},
		{"due-lets-the-store-be-used-meanwhile", dueMeanwhile},
		{"due-under-a-cancelled-context-fails", dueCancelled},
	}
}
