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
	"flag"
	"strings"
	"sync"
	"testing"

	"github.com/purposebound/purposebound/pii/rights"
)

// testCase is one "must". Its run fails tb if the store, which is fresh and empty, does not keep it.
type testCase struct {
	name string
	run  func(tb testing.TB, s rights.Store)
}

// TestStore runs the conformance suite. open returns an empty store that nothing else uses and registers its closing
// with tb.Cleanup; it is called once for each case, from several goroutines.
//
// The suite fails if a case in its table did not run to its end, unless the user selected cases with -run.
func TestStore(t *testing.T, open func(tb testing.TB) rights.Store) {
	t.Helper()
	cases := storeCases()
	var mu sync.Mutex
	ended := make(map[string]int)
	t.Cleanup(func() {
		if selected := flag.Lookup("test.run"); selected != nil && strings.Contains(selected.Value.String(), "/") {
			return
		}
		for _, c := range cases {
			if ended[c.name] != 1 {
				t.Errorf("rightstest: case %s ran %d times, not once", c.name, ended[c.name])
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

func storeCases() []testCase {
	return []testCase{
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
