package model

import (
	"fmt"
	"slices"
	"strings"
)

// Rules are the rules of the protocol, one switch each. A rule that is off is replaced by what its comment says.
type Rules struct {
	// DeadlineFromSend counts a lease from before its renewal was sent. Off: from when the answer arrived.
	DeadlineFromSend bool
	// ApplyFirst publishes a new deadline only after the feed that came with it was applied. Off: before.
	ApplyFirst bool
	// JoinFirst commits the node's row before the renewal is sent that brings the first lease. Off: joining brings it.
	JoinFirst bool
	// AckApplied acknowledges what was applied. Off: what the database has handed out.
	AckApplied bool
	// NoReadThrough denies without a lease. Off: a look at the database lets a use begin, and its Reveals ignore the lease.
	NoReadThrough bool

	// EpochFence begins loads only under a lease, and discards one if the lease epoch was raised since. Off: neither.
	EpochFence bool
	// LoadFence discards a load if the subject was invalidated since it began.
	LoadFence bool
	// HeadFence discards a load that saw a head below the node's watermark.
	HeadFence bool

	// DeadlineBeforeFlags has Reveal read the deadline before it checks the flags. Off: when it checks the clock.
	DeadlineBeforeFlags bool
	// ClockLast has Reveal check the clock after the flags. Off: before them.
	ClockLast bool
	// FreshClock reads the clock for each check. Off: readings are kept, and renewed now and then.
	FreshClock bool
	// Lapse raises the epoch, cancels uses and drops the cache when a lease has passed or the node's row is gone. Off: nothing is done.
	Lapse bool

	// Regress has a node deny everything for good when the ledger does not reach its watermark or the witness. Off: it goes on.
	Regress bool
	// Tokens recognizes a regress by what is at a position. Off: by the position alone.
	Tokens bool
	// NewHistory has a node to which a database that failed over answers compare with the witness, as if it had joined, and
	// discards loads of another history than the last answer's. Off: it takes no notice.
	NewHistory bool
	// Witness keeps the withdrawal's mark outside the database, from before nodes are listed; who joins compares. Off: nobody does.
	Witness bool

	// CommitOrder gives positions in the order of commits. Off: in that of beginnings.
	CommitOrder bool
	// ListAfterCommit lists the nodes after the event is committed. Off: before.
	ListAfterCommit bool
	// Draining waits for the uses a node reports as draining. Off: the watermark is enough.
	Draining bool
	// OwnClock takes a node for dead when its renewal number has not changed for long enough on the withdrawer's own
	// clock. Off: when its row is that old by the database's wall clock.
	OwnClock bool
	// SinceNumber counts that from when the withdrawer first saw the number. Off: from when it listed the nodes.
	SinceNumber bool
	// Margin waits for a lease and the margin. Off: for a lease.
	Margin bool
	// CompareAndSwap fences only if the renewal number is still the one that was seen. Off: in any case.
	CompareAndSwap bool

	// Restart has each statement of the withdrawer, also the fence, fail when the database has failed over. Withdraw then
	// commits the event again if it is lost, and lists the nodes anew. Off: it takes no notice.
	Restart bool
	// FailoverWait waits for a lease and the margin after a failover was seen before nodes are listed. Off: lists at once.
	FailoverWait bool
	// FirstContact takes the first contact with the database for a failover. Off: the database has long been as it is.
	FirstContact bool
}

// All returns every rule switched on.
func All() Rules {
	return Rules{
		DeadlineFromSend: true, ApplyFirst: true, JoinFirst: true, AckApplied: true, NoReadThrough: true,
		EpochFence: true, LoadFence: true, HeadFence: true,
		DeadlineBeforeFlags: true, ClockLast: true, FreshClock: true, Lapse: true,
		Regress: true, Tokens: true, NewHistory: true, Witness: true,
		CommitOrder: true, ListAfterCommit: true, Draining: true,
		OwnClock: true, SinceNumber: true, Margin: true, CompareAndSwap: true,
		Restart: true, FailoverWait: true, FirstContact: true,
	}
}

// Bounds limit what is explored. A fault whose field is zero does not happen; that the node and the withdrawer pause
// between any two steps is no fault, and always explored.
type Bounds struct {
	Lease    int // ticks that a lease lasts, 1 to 4
	Margin   int // ticks that the withdrawer waits longer, 0 to 2
	Joins    int // rows that the node can write, 1 to 3
	Renewals int // of each row, 1 to 4

	Unrelated  int  // events of other subjects in each history of the database, 0 or 1
	Drift      int  // ticks that the node's clock misses; the protocol is made for no more than the margin
	Failovers  int  // to a standby that lacks the last transactions, 0 or 1
	Lost       bool // statements and answers get lost
	Stale      bool // loads can read a standby that has fallen behind
	ClockSteps bool // the database's wall clock leaps; without Rules.OwnClock, that is: otherwise nobody looks at it

	// Promises are the letters of the promises to check, in the package's documentation; "" is all.
	Promises string
}

func (b Bounds) check() {
	for _, f := range []struct {
		name      string
		v         int
		low, high int
	}{
		{"Lease", b.Lease, 1, 4},
		{"Margin", b.Margin, 0, 2},
		{"Joins", b.Joins, 1, 3},
		{"Renewals", b.Renewals, 1, 4},
		{"Unrelated", b.Unrelated, 0, 1},
		{"Drift", b.Drift, 0, 4},
		{"Failovers", b.Failovers, 0, 1},
	} {
		if f.v < f.low || f.v > f.high {
			panic(fmt.Sprintf("model: Bounds.%s is %d; use %d to %d", f.name, f.v, f.low, f.high))
		}
	}
	if strings.Trim(b.Promises, "abc") != "" {
		panic(fmt.Sprintf("model: Bounds.Promises is %q; use letters of abc", b.Promises))
	}
}

// Result is what an exploration found.
type Result struct {
	States    int      // that were reached
	Violation []string // the steps of a shortest way to a broken promise, and last the promise; nil if none is broken
}

// Explore visits every state that can be reached within the bounds under the rules, breadth first, and stops at the
// first that breaks a promise. The same call returns the same result. It panics if the bounds are not as their fields say.
func Explore(bounds Bounds, rules Rules) Result {
	return explore(bounds, rules, func(*state) {})
}

// explore calls visit with every state that is reached and breaks no promise.
func explore(bounds Bounds, rules Rules, visit func(*state)) Result {
	bounds.check()
	type arrival struct {
		from int32
		step step
	}
	var (
		x        = explorer{bounds: bounds, rules: rules}
		known    = map[state]struct{}{{}: {}}
		arrivals = []arrival{{}} // of the states, in the order in which they were reached
		level    = []state{{}}   // states that as many steps lead to
		next     []state
	)
	for from := int32(0); len(level) > 0; level, next = next, level[:0] {
		for i := range level {
			visit(&level[i])
			x.next = x.next[:0]
			x.expand(&level[i])
			for j := range x.next {
				s := &x.next[j].state
				before := len(known)
				if known[*s] = struct{}{}; len(known) == before {
					continue
				}
				next = append(next, *s)
				arrivals = append(arrivals, arrival{from, x.next[j].step})
				if s.broken == kept {
					continue
				}
				trace := []string{s.broken.String()}
				for k := len(arrivals) - 1; k > 0; k = int(arrivals[k].from) {
					trace = append(trace, arrivals[k].step.String())
				}
				slices.Reverse(trace)
				return Result{States: len(known), Violation: trace}
			}
			from++
		}
	}
	return Result{States: len(known)}
}

// promise is one that can be broken.
type promise uint8

const (
	kept promise = iota
	openedAfter
	leftRunning
	openedUnanswered
	openedFenced
)

func (p promise) String() string {
	return [...]string{
		kept:             "",
		openedAfter:      "(a) is broken: a Reveal that started after Withdraw returned released plaintext",
		leftRunning:      "(b) is broken: Withdraw returned on an acknowledgement, and a use is running that was not reported",
		openedUnanswered: "(c) is broken: Withdraw returned without an acknowledgement, and then a Reveal passed its last check",
		openedFenced:     "(c) is broken: Withdraw returned with the node fenced, and then a use of another subject began",
	}[p]
}
