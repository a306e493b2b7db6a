package consenttest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/purposebound/purposebound/consent"
)

// Shared is a ledger that several registries use together.
type Shared interface {
	consent.Ledger
	consent.Clustered
}

// sharedCase is one "must" of [consent.Cluster] and [consent.Clustered].
type sharedCase struct {
	name string
	run  func(tb testing.TB, open func() Shared)
}

// TestCoordination runs the conformance suite of ledgers that several registries use together. open returns a function for a fresh
// and empty ledger; every call of that opens the same ledger again, as another process does, and registers its closing with tb.Cleanup.
func TestCoordination(t *testing.T, open func(tb testing.TB) func() Shared) {
	t.Helper()
	for _, c := range sharedCases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, open(t))
		})
	}
}

func sharedCases() []sharedCase {
	return []sharedCase{
		{"a-node-joins-at-the-head-and-misses-nothing-before", syncJoins},
		{"a-node-joins-once", syncJoinsOnce},
		{"a-renewal-needs-a-higher-number", syncNumbers},
		{"a-renewal-of-a-node-that-is-not-there-fails", syncUnknown},
		{"a-fenced-node-cannot-renew", fenceShutsOut},
		{"a-fence-goes-by-the-last-number", fenceCompares},
		{"concurrent-fence-and-renewal-have-one-winner", fenceRaces},
		{"a-node-that-leaves-is-gone", syncLeaves},
		{"tightening-events-come-in-the-feed", feedTightening},
		{"holds-and-erasures-come-in-the-feed", feedRestraints},
		{"the-feed-begins-behind-what-was-applied", feedAfter},
		{"a-database-that-has-lost-something-is-noticed", syncMarks},
		{"a-repeated-event-comes-once", feedRepeated},
		{"an-event-that-conflicted-does-not-come", feedConflict},
		{"positions-are-in-commit-order-without-gaps", feedOrder},
		{"reports-are-seen-by-others", peersReports},
		{"an-acknowledgement-needs-no-renewal", peersAcknowledge},
		{"an-acknowledgement-of-an-older-renewal-changes-nothing", peersOld},
		{"a-node-that-stays-behind-is-refused-renewal", syncPatience},
		{"the-settled-server-is-remembered", syncSettled},
		{"a-load-has-the-head-of-its-snapshot", loadHead},
		{"a-load-of-many-tells-them-apart", loadMany},
		{"a-load-reports-a-refusal-of-its-caller", loadStops},
		{"nothing-works-under-a-cancelled-context", clusterCancelled},
	}
}

func newNode() (id consent.NodeID) {
	rand.Read(id[:])
	return id
}

// joined is a node that has joined.
func joined(tb testing.TB, l Shared) (consent.NodeID, consent.Feed) {
	tb.Helper()
	id := newNode()
	return id, synced(tb, l, consent.Report{Node: id, Number: 1, Renew: true})
}

func synced(tb testing.TB, l Shared, r consent.Report) consent.Feed {
	tb.Helper()
	if r.Patience == 0 {
		r.Patience = time.Hour
	}
	f, err := l.Cluster().Sync(tb.Context(), r)
	if err != nil {
		tb.Fatalf("Sync: %v", err)
	}
	return f
}

func unwelcome(tb testing.TB, l Shared, r consent.Report) {
	tb.Helper()
	if r.Patience == 0 {
		r.Patience = time.Hour
	}
	if _, err := l.Cluster().Sync(tb.Context(), r); !errors.Is(err, consent.ErrFenced) {
		tb.Fatalf("Sync: error %v, want %v", err, consent.ErrFenced)
	}
}

func peer(tb testing.TB, l Shared, id consent.NodeID) *consent.Peer {
	tb.Helper()
	peers, err := l.Cluster().Peers(tb.Context())
	if err != nil {
		tb.Fatalf("Peers: %v", err)
	}
	for i := range peers.Nodes {
		if peers.Nodes[i].Node == id {
			return &peers.Nodes[i]
		}
	}
	return nil
}

func tightening(id string) consent.Event {
	e := brief(id, consent.Withdrawn)
	e.Purpose = "marketing"
	return e
}

func equal[T comparable](tb testing.TB, what string, have, want T) {
	tb.Helper()
	if have != want {
		tb.Fatalf("%s: %v, want %v", what, have, want)
	}
}

func syncJoins(tb testing.TB, open func() Shared) {
	l := open()
	add(tb, l, someone, tightening("1"), 1)
	id, f := joined(tb, open())
	equal(tb, "head", f.Head, 1)
	equal(tb, "changes", len(f.Changes), 0)
	if f.Time.IsZero() || f.System == "" {
		tb.Fatal("a join must bring the database's time and name")
	}
	p := peer(tb, l, id)
	if p == nil {
		tb.Fatal("the node must be seen by others")
	}
	equal(tb, "number", p.Number, 1)
	equal(tb, "applied", p.Applied, 1)
}

func syncJoinsOnce(tb testing.TB, open func() Shared) {
	l := open()
	id, _ := joined(tb, l)
	unwelcome(tb, l, consent.Report{Node: id, Number: 1, Renew: true})
}

func syncNumbers(tb testing.TB, open func() Shared) {
	l := open()
	id, _ := joined(tb, l)
	synced(tb, l, consent.Report{Node: id, Number: 2, Renew: true})
	synced(tb, l, consent.Report{Node: id, Number: 5, Renew: true}) // the answers to two were lost
	unwelcome(tb, l, consent.Report{Node: id, Number: 5, Renew: true})
	unwelcome(tb, l, consent.Report{Node: id, Number: 3, Renew: true})
	equal(tb, "number", peer(tb, l, id).Number, 5)
}

func syncUnknown(tb testing.TB, open func() Shared) {
	l := open()
	id := newNode()
	unwelcome(tb, l, consent.Report{Node: id, Number: 2, Renew: true})
	if peer(tb, l, id) != nil {
		tb.Fatal("a renewal must not add a node")
	}
}

func fenced(tb testing.TB, l Shared, id consent.NodeID, number uint64, want bool) {
	tb.Helper()
	ok, err := l.Cluster().Fence(tb.Context(), id, number)
	if err != nil || ok != want {
		tb.Fatalf("Fence: %t, error %v; want %t", ok, err, want)
	}
}

func fenceShutsOut(tb testing.TB, open func() Shared) {
	l := open()
	id, _ := joined(tb, l)
	fenced(tb, open(), id, 1, true)
	fenced(tb, open(), id, 1, true) // it is shut out already
	unwelcome(tb, l, consent.Report{Node: id, Number: 2, Renew: true})
	if p := peer(tb, l, id); p == nil || !p.Fenced {
		tb.Fatal("a fenced node must be seen as such")
	}
}

func fenceCompares(tb testing.TB, open func() Shared) {
	l := open()
	id, _ := joined(tb, l)
	synced(tb, l, consent.Report{Node: id, Number: 2, Renew: true})
	fenced(tb, l, id, 1, false)
	fenced(tb, l, newNode(), 1, false)
	synced(tb, l, consent.Report{Node: id, Number: 3, Renew: true})
}

func fenceRaces(tb testing.TB, open func() Shared) {
	l, other := open(), open()
	for range 20 {
		id, _ := joined(tb, l)
		var shut bool
		var fence, renew error
		var both sync.WaitGroup
		both.Go(func() { shut, fence = other.Cluster().Fence(tb.Context(), id, 1) })
		both.Go(func() {
			_, renew = l.Cluster().Sync(tb.Context(), consent.Report{Node: id, Number: 2, Renew: true, Patience: time.Hour})
		})
		both.Wait()
		if fence != nil || renew != nil && !errors.Is(renew, consent.ErrFenced) {
			tb.Fatalf("Fence: %v, Sync: %v", fence, renew)
		}
		if shut == (renew == nil) {
			tb.Fatalf("the fence succeeded: %t, and the renewal: %t", shut, renew == nil)
		}
	}
}

func syncLeaves(tb testing.TB, open func() Shared) {
	l := open()
	id, _ := joined(tb, l)
	synced(tb, l, consent.Report{Node: id, Number: 1, Leave: true})
	if peer(tb, l, id) != nil {
		tb.Fatal("the node is still there")
	}
	unwelcome(tb, l, consent.Report{Node: id, Number: 2, Renew: true})
}

func feedTightening(tb testing.TB, open func() Shared) {
	l, other := open(), open()
	id, _ := joined(tb, l)
	add(tb, other, someone, brief("notice", consent.Noticed), 1)
	add(tb, other, someone, tightening("1"), 2)
	closed := brief("2", consent.CaseClosed)
	closed.Case = "case"
	add(tb, other, "subject-2", closed, 1)
	want := []consent.Change{
		{Position: 1, Subject: someone, Seq: 2, Reach: tightening("1").Reach()},
		{Position: 2, Subject: "subject-2", Seq: 1, Reach: closed.Reach()},
	}
	for _, r := range []consent.Report{{Node: id, Number: 1}, {Node: id, Number: 2, Renew: true}, {Node: id, Number: 2, Changed: true}} {
		f := synced(tb, l, r)
		equal(tb, "head", f.Head, 2)
		if !slices.Equal(f.Changes, want) {
			tb.Fatalf("changes %v, want %v", f.Changes, want)
		}
	}
}

// feedAfter asks for what is behind the first of two changes.
func feedAfter(tb testing.TB, open func() Shared) {
	l := open()
	id, _ := joined(tb, l)
	add(tb, l, someone, tightening("1"), 1)
	mark := synced(tb, l, consent.Report{Node: id, Number: 1}).Mark
	add(tb, l, someone, tightening("2"), 2)
	f := synced(tb, l, consent.Report{Node: id, Number: 1, Applied: 1, Mark: mark})
	want := []consent.Change{{Position: 2, Subject: someone, Seq: 2, Reach: tightening("2").Reach()}}
	if !slices.Equal(f.Changes, want) {
		tb.Fatalf("changes %v, want %v", f.Changes, want)
	}
}

// syncMarks reports what a database that has lost something does not have, or has something else for.
func syncMarks(tb testing.TB, open func() Shared) {
	l := open()
	id, f := joined(tb, l)
	equal(tb, "mark of nothing", f.Mark, 0)
	add(tb, l, someone, tightening("1"), 1)
	mark := synced(tb, l, consent.Report{Node: id, Number: 1}).Mark
	add(tb, l, someone, tightening("2"), 2)
	for name, r := range map[string]consent.Report{
		"beyond the head":            {Applied: 3, Mark: mark},
		"far beyond the head":        {Applied: 1 << 40, Mark: mark},
		"something else was there":   {Applied: 1, Mark: mark + 1},
		"something else is the last": {Applied: 2, Mark: mark},
		"what was seen had no mark":  {Applied: 1},
		"in a renewal":               {Applied: 1, Mark: mark + 1, Number: 2, Renew: true},
		"in an acknowledgement":      {Applied: 1, Mark: mark + 1, Number: 1, Changed: true},
	} {
		r.Node, r.Patience = id, time.Hour
		if _, err := l.Cluster().Sync(tb.Context(), r); !errors.Is(err, consent.ErrLedgerRegressed) {
			tb.Fatalf("%s: error %v, want %v", name, err, consent.ErrLedgerRegressed)
		}
	}
	equal(tb, "number", peer(tb, l, id).Number, 1)
	equal(tb, "applied", peer(tb, l, id).Applied, 0)
	for _, wrong := range []consent.Report{{Applied: 1, Mark: mark + 1}, {Applied: 3, Mark: mark}, {Applied: 2, Mark: mark}} {
		wrong.Node, wrong.Number, wrong.Renew, wrong.Patience = newNode(), 1, true, time.Hour
		if _, err := l.Cluster().Sync(tb.Context(), wrong); !errors.Is(err, consent.ErrLedgerRegressed) {
			tb.Fatalf("joining again: error %v, want %v", err, consent.ErrLedgerRegressed)
		}
		if peer(tb, l, wrong.Node) != nil {
			tb.Fatal("joining again: the node was added")
		}
	}
	again := newNode()
	synced(tb, l, consent.Report{Node: again, Number: 1, Renew: true, Applied: 1, Mark: mark})
	equal(tb, "applied after joining again", peer(tb, l, again).Applied, 2)
}

func feedRepeated(tb testing.TB, open func() Shared) {
	l := open()
	id, _ := joined(tb, l)
	add(tb, l, someone, tightening("1"), 1)
	add(tb, l, someone, tightening("1"), 1)
	equal(tb, "changes", len(synced(tb, l, consent.Report{Node: id, Number: 1}).Changes), 1)
}

func feedConflict(tb testing.TB, open func() Shared) {
	l := open()
	id, _ := joined(tb, l)
	if _, err := l.Append(tb.Context(), someone, 7, tightening("1")); !errors.Is(err, consent.ErrConflict) {
		tb.Fatalf("Append: %v, want %v", err, consent.ErrConflict)
	}
	equal(tb, "head", synced(tb, l, consent.Report{Node: id, Number: 1}).Head, 0)
}

// feedOrder follows the feed while others append: a position that appears behind one that was seen would be missed.
func feedOrder(tb testing.TB, open func() Shared) {
	const writers, each = 4, 25
	l := open()
	id, _ := joined(tb, l)
	var failed sync.Map
	var all sync.WaitGroup
	for w := range writers {
		from := open()
		all.Go(func() {
			for i := range each {
				s := consent.Subject(fmt.Sprintf("subject-%d-%d", w, i))
				if _, err := from.Append(tb.Context(), s, consent.Any, tightening("1")); err != nil {
					failed.Store(w, err)
				}
			}
		})
	}
	ended := make(chan struct{})
	go func() { all.Wait(); close(ended) }()
	seen := make(map[consent.Subject]bool)
	var applied, mark uint64
	for done := false; ; {
		f, err := l.Cluster().Sync(tb.Context(), consent.Report{Node: id, Number: 1, Applied: applied, Mark: mark, Patience: time.Hour})
		if err != nil {
			tb.Fatalf("Sync: %v", err)
		}
		for _, c := range f.Changes {
			applied++
			equal(tb, "position", c.Position, applied)
			if seen[c.Subject] {
				tb.Fatal("a change came twice")
			}
			seen[c.Subject] = true
		}
		equal(tb, "head", f.Head, applied)
		mark = f.Mark
		if done {
			break
		}
		select {
		case <-ended:
			done = true // and once more
		default:
		}
	}
	failed.Range(func(_, err any) bool { tb.Fatalf("Append: %v", err); return false })
	equal(tb, "changes seen", len(seen), writers*each)
}

var somewhere = []consent.Draining{
	{Position: 1, Subject: 1 << 63, Reach: 7, Running: 2, Ended: 1, Cancelled: 0},
	{Position: 2, Subject: 9, Reach: 1<<64 - 1, Running: 0, Ended: 0, Cancelled: 3},
}

func peersReports(tb testing.TB, open func() Shared) {
	l := open()
	id, _ := joined(tb, l)
	add(tb, l, someone, tightening("1"), 1)
	mark := synced(tb, l, consent.Report{Node: id, Number: 1}).Mark
	synced(tb, l, consent.Report{Node: id, Number: 2, Renew: true, Applied: 1, Mark: mark, Draining: somewhere})
	p := peer(tb, open(), id)
	if p.Number != 2 || p.Applied != 1 || !slices.Equal(p.Draining, somewhere) {
		tb.Fatalf("the node is seen as %+v", p)
	}
}

func peersAcknowledge(tb testing.TB, open func() Shared) {
	l := open()
	id, _ := joined(tb, l)
	add(tb, l, someone, tightening("1"), 1)
	mark := synced(tb, l, consent.Report{Node: id, Number: 1}).Mark
	synced(tb, l, consent.Report{Node: id, Number: 1, Applied: 1, Mark: mark, Draining: somewhere}) // says that nothing has changed
	equal(tb, "applied", peer(tb, l, id).Applied, 0)
	synced(tb, l, consent.Report{Node: id, Number: 1, Changed: true, Applied: 1, Mark: mark, Draining: somewhere})
	p := peer(tb, open(), id)
	if p.Number != 1 || p.Applied != 1 || !slices.Equal(p.Draining, somewhere) {
		tb.Fatalf("the node is seen as %+v", p)
	}
}

func peersOld(tb testing.TB, open func() Shared) {
	l := open()
	id, _ := joined(tb, l)
	add(tb, l, someone, tightening("1"), 1)
	mark := synced(tb, l, consent.Report{Node: id, Number: 1}).Mark
	synced(tb, l, consent.Report{Node: id, Number: 2, Renew: true, Applied: 1, Mark: mark})
	synced(tb, l, consent.Report{Node: id, Number: 1, Changed: true, Applied: 0}) // late
	equal(tb, "applied", peer(tb, l, id).Applied, 1)
}

func syncPatience(tb testing.TB, open func() Shared) {
	l := open()
	id, _ := joined(tb, l)
	add(tb, l, someone, tightening("1"), 1)
	mark := synced(tb, l, consent.Report{Node: id, Number: 1}).Mark
	unwelcome(tb, l, consent.Report{Node: id, Number: 2, Renew: true, Patience: -time.Hour})
	synced(tb, l, consent.Report{Node: id, Number: 2, Renew: true, Applied: 1, Mark: mark, Patience: -time.Hour})
}

func syncSettled(tb testing.TB, open func() Shared) {
	l := open()
	id, f := joined(tb, l)
	equal(tb, "settled", f.Settled, "")
	synced(tb, l, consent.Report{Node: id, Number: 1, Settled: f.System})
	_, again := joined(tb, open())
	equal(tb, "settled", again.Settled, f.System)
}

func loadHead(tb testing.TB, open func() Shared) {
	l := open()
	load := func(l Shared) (head uint64, n int) {
		head, err := l.Load(tb.Context(), []consent.Subject{someone}, func(consent.Subject, consent.Record) error { n++; return nil })
		if err != nil {
			tb.Fatalf("Load: %v", err)
		}
		return head, n
	}
	head, n := load(l)
	equal(tb, "head", head, 0)
	equal(tb, "events", n, 0)
	add(tb, l, "subject-2", tightening("1"), 1)
	add(tb, l, someone, tightening("1"), 1)
	head, n = load(open())
	equal(tb, "head", head, 2)
	equal(tb, "events", n, 1)
}

func loadMany(tb testing.TB, open func() Shared) {
	const many = 300
	l := open()
	var subjects []consent.Subject
	for i := range many {
		s := consent.Subject(fmt.Sprintf("subject-%d", i))
		subjects = append(subjects, s)
		for k := range i % 4 {
			add(tb, l, s, brief(fmt.Sprint(k), consent.AccountOpened), uint64(k)+1)
		}
	}
	have := make(map[consent.Subject]uint64)
	last := consent.Subject("")
	var chain [32]byte
	_, err := l.Load(tb.Context(), subjects, func(s consent.Subject, r consent.Record) error {
		if s != last && have[s] > 0 {
			tb.Fatal("a subject's events must come one after another")
		}
		if s != last {
			last, chain = s, consent.Root(s)
		}
		e, err := consent.Decode(r, chain)
		if err != nil {
			tb.Fatalf("Decode: %v", err)
		}
		chain = r.Chain
		have[s]++
		equal(tb, "number", e.Seq, have[s])
		return nil
	})
	if err != nil {
		tb.Fatalf("Load: %v", err)
	}
	for i, s := range subjects {
		equal(tb, "events", have[s], uint64(i%4))
	}
}

func loadStops(tb testing.TB, open func() Shared) {
	l := open()
	add(tb, l, someone, tightening("1"), 1)
	want := errors.New("enough")
	_, err := l.Load(tb.Context(), []consent.Subject{someone}, func(consent.Subject, consent.Record) error { return want })
	if !errors.Is(err, want) {
		tb.Fatalf("Load: %v, want %v", err, want)
	}
	if _, err := l.Load(tb.Context(), []consent.Subject{""}, func(consent.Subject, consent.Record) error { return nil }); !errors.Is(err, consent.ErrSubject) {
		tb.Fatalf("Load: %v, want %v", err, consent.ErrSubject)
	}
}

func clusterCancelled(tb testing.TB, open func() Shared) {
	l := open()
	id, _ := joined(tb, l)
	ctx, cancel := context.WithCancel(tb.Context())
	cancel()
	if _, err := l.Cluster().Sync(ctx, consent.Report{Node: id, Number: 2, Renew: true}); err == nil {
		tb.Fatal("Sync: no error")
	}
	if _, err := l.Cluster().Sync(ctx, consent.Report{Node: id, Number: 1}); err == nil {
		tb.Fatal("Sync without renewal: no error")
	}
	if _, err := l.Cluster().Peers(ctx); err == nil {
		tb.Fatal("Peers: no error")
	}
	if ok, err := l.Cluster().Fence(ctx, id, 1); err == nil || ok {
		tb.Fatal("Fence: no error")
	}
	if _, err := l.Load(ctx, []consent.Subject{someone}, func(consent.Subject, consent.Record) error { return nil }); err == nil {
		tb.Fatal("Load: no error")
	}
	equal(tb, "number", peer(tb, l, id).Number, 1)
}
