package consentsql_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
	"testing"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/assert"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// The kinds of operations of a history.
type opKind string

const (
	opGrant    opKind = "grant"
	opWithdraw opKind = "withdraw"
	opCheck    opKind = "check" // of a use, or a use that did not begin: a denial
	opUse      opKind = "use"
)

// never is when an operation ends of which nothing was heard again.
const never int64 = math.MaxInt64

// operation is one call as its caller saw it, by the clock that all processes share.
type operation struct {
	Process string
	Number  int
	Kind    opKind
	Subject consent.Subject
	Purpose purpose.ID
	Call    int64
	Return  int64
	// Seq is the number of the event that a grant or withdrawal stored, 0 if there is none; of a check or use,
	// of the last event that its decision rests on.
	Seq uint64

	Answered  bool // a grant or withdrawal that returned without error
	Allowed   bool // a check that permitted
	Reports   bool // a withdrawal whose counts are known
	Cancelled int
	Fenced    int
	// Node is where a use runs. It runs from Call, when its Begin had returned, to Return, when its End was called.
	Node string
}

func (o operation) String() string {
	end := fmt.Sprint(o.Return)
	if o.Return == never {
		end = "never"
	}
	text := fmt.Sprintf("%s#%d %s event %d, %d to %s", o.Process, o.Number, o.Kind, o.Seq, o.Call, end)
	switch o.Kind {
	case opCheck:
		text += fmt.Sprintf(", allowed %t", o.Allowed)
	case opWithdraw:
		text += fmt.Sprintf(", answered %t, cancelled %d, fenced %d", o.Answered, o.Cancelled, o.Fenced)
	case opGrant:
		text += fmt.Sprintf(", answered %t", o.Answered)
	case opUse:
		text += ", node " + o.Node
	}
	return text
}

// register is what stands for one subject and purpose: the number of the event that made it so. The events are numbered in the
// order in which they were stored, and take effect in no other.
type register struct {
	seq     uint64
	granted bool
}

// promised is the model of the promise. It is one-sided: a denial is always right.
var promised = porcupine.Model{
	Init: func() any { return register{} },
	Step: func(state, input, _ any) (bool, any) {
		at, o := state.(register), input.(operation)
		switch o.Kind {
		case opGrant, opWithdraw:
			return o.Seq > at.seq, register{o.Seq, o.Kind == opGrant}
		default:
			return !o.Allowed || at.granted, at
		}
	},
	DescribeOperation: func(input, _ any) string { return input.(operation).String() },
	DescribeState:     func(state any) string { return fmt.Sprintf("%+v", state) },
}

// share is what a history is divided by: what is promised about one says nothing about another.
type share struct {
	subject consent.Subject
	purpose purpose.ID
}

const maxShare = 2000

func shares(history []operation) map[share][]operation {
	out := make(map[share][]operation)
	for _, o := range history {
		key := share{o.Subject, o.Purpose}
		out[key] = append(out[key], o)
	}
	return out
}

// constraining leaves out what is right whatever else happened, so that the search has little to try: denials; what was never
// stored; and withdrawals of which nobody was told that they succeeded, for they may be taken to come last.
//
// A grant that was stored and not answered ends when something stored after it was answered, at the latest.
func constraining(ops []operation) []operation {
	var out []operation
	for _, o := range ops {
		switch {
		case o.Kind == opUse, o.Kind == opCheck && !o.Allowed, o.Kind == opWithdraw && !o.Answered, o.Kind == opGrant && o.Seq == 0:
			continue
		case o.Kind == opGrant && !o.Answered:
			o.Return = never
			for _, later := range ops {
				if later.Answered && later.Seq > o.Seq {
					o.Return = min(o.Return, later.Return)
				}
			}
		}
		out = append(out, o)
	}
	return out
}

// staleAllows checks the promise that no use opens anything after a withdrawal returned, and returns what breaks it.
func staleAllows(history []operation) []string {
	var bad []string
	for key, ops := range shares(history) {
		n := 0
		for _, o := range ops {
			if o.Kind != opUse {
				n++
			}
		}
		if n > maxShare {
			bad = append(bad, fmt.Sprintf("%s %s: %d operations are too many to check", key.subject, key.purpose, n))
			continue
		}
		// A use that rests on what was withdrawn stays ended, also when there is a new grant.
		found := false
		for _, o := range ops {
			if o.Kind != opCheck || !o.Allowed {
				continue
			}
			for _, w := range ops {
				if w.Kind == opWithdraw && w.Answered && w.Seq > o.Seq && w.Return < o.Call {
					bad = append(bad, fmt.Sprintf("%s %s: allowed after a withdrawal returned, %d ns later\n\t%s\n\t%s", key.subject, key.purpose, o.Call-w.Return, w, o))
					found = true
				}
			}
		}
		if linear(ops) || found {
			continue
		}
		text := fmt.Sprintf("%s %s: no order explains the last", key.subject, key.purpose)
		for _, o := range unexplained(ops) {
			text += "\n\t" + o.String()
		}
		bad = append(bad, text)
	}
	slices.Sort(bad)
	return bad
}

// unexplained returns the grants and withdrawals and the first allowance that no order explains, if there is one.
func unexplained(ops []operation) []operation {
	var writes, allows []operation
	for _, o := range constraining(ops) {
		if o.Kind == opCheck {
			allows = append(allows, o)
		} else {
			writes = append(writes, o)
		}
	}
	byCall := func(a, b operation) int { return cmp.Compare(a.Call, b.Call) }
	slices.SortFunc(writes, byCall)
	slices.SortFunc(allows, byCall)
	n := sort.Search(len(allows), func(n int) bool { return !linear(slices.Concat(writes, allows[:n+1])) })
	return append(writes, allows[min(n, len(allows)):min(n+1, len(allows))]...)
}

// linear reports whether some order of the operations, in which each comes between its call and its return, is right.
func linear(ops []operation) bool {
	var history []porcupine.Operation
	for _, o := range constraining(ops) {
		history = append(history, porcupine.Operation{Input: o, Call: o.Call, Return: o.Return})
	}
	return porcupine.CheckOperations(promised, history)
}

// fencing is an attempt to shut a node out that may have succeeded.
type fencing struct {
	node string
	at   int64 // the attempt began
}

// unended checks the promise that a withdrawal which shut nobody out returns when every use it reached has ended, or tells how many have not.
// excused counts the uses that ran where somebody else had shut the node out.
func unended(history []operation, fences []fencing) (bad []string, excused int) {
	first := make(map[string]int64)
	for _, f := range fences {
		if at, ok := first[f.node]; !ok || f.at < at {
			first[f.node] = f.at
		}
	}
	for key, ops := range shares(history) {
		for _, w := range ops {
			if w.Kind != opWithdraw || !w.Answered || !w.Reports || w.Fenced > 0 {
				continue
			}
			var running []operation
			for _, u := range ops {
				if u.Kind != opUse || u.Seq >= w.Seq || u.Call >= w.Return || u.Return <= w.Return {
					continue
				}
				if at, ok := first[u.Node]; ok && at < w.Return {
					excused++
					continue
				}
				running = append(running, u)
			}
			if len(running) <= w.Cancelled {
				continue
			}
			text := fmt.Sprintf("%s %s: %d uses had not ended\n\t%s", key.subject, key.purpose, len(running), w)
			for _, u := range running {
				text += "\n\t" + u.String()
			}
			bad = append(bad, text)
		}
	}
	slices.Sort(bad)
	return bad, excused
}

// lost checks that what was answered is in the ledger, and that the ledger's order is that of time.
func lost(history []operation) []string {
	var bad []string
	bySubject := make(map[consent.Subject][]operation)
	for _, o := range history {
		if (o.Kind == opGrant || o.Kind == opWithdraw) && o.Answered {
			if o.Seq == 0 {
				bad = append(bad, fmt.Sprintf("%s: answered and not in the ledger: %s", o.Subject, o))
				continue
			}
			bySubject[o.Subject] = append(bySubject[o.Subject], o)
		}
	}
	for s, ops := range bySubject {
		slices.SortFunc(ops, func(a, b operation) int { return cmp.Compare(b.Seq, a.Seq) })
		soonest := never // return of those with a higher number
		for _, o := range ops {
			if soonest < o.Call {
				bad = append(bad, fmt.Sprintf("%s: stored before what had been answered: %s", s, o))
			}
			soonest = min(soonest, o.Return)
		}
	}
	slices.Sort(bad)
	return bad
}

func TestPromiseCheckers(t *testing.T) {
	t.Parallel()
	grant := func(seq uint64, call, ret int64) operation {
		return operation{Kind: opGrant, Seq: seq, Call: call, Return: ret, Answered: ret != never}
	}
	withdraw := func(seq uint64, call, ret int64) operation {
		return operation{Kind: opWithdraw, Seq: seq, Call: call, Return: ret, Answered: ret != never, Reports: ret != never}
	}
	check := func(seq uint64, call, ret int64, allowed bool) operation {
		return operation{Kind: opCheck, Seq: seq, Call: call, Return: ret, Allowed: allowed}
	}
	use := func(seq uint64, call, ret int64) operation {
		return operation{Kind: opUse, Seq: seq, Call: call, Return: ret, Node: "n"}
	}
	cancelled := withdraw(2, 20, 30)
	cancelled.Cancelled = 1
	fenced := withdraw(2, 20, 30)
	fenced.Fenced = 1
	unreported := withdraw(2, 20, 30)
	unreported.Reports = false
	other := check(1, 40, 41, true)
	other.Purpose = "other"
	before := []fencing{{"n", 29}, {"n", 50}}
	for _, c := range []struct {
		name                string
		ops                 []operation
		fences              []fencing
		stale, late, losses int
	}{
		{"nothing", nil, nil, 0, 0, 0},
		{"allowed without a grant", []operation{check(0, 1, 2, true)}, nil, 1, 0, 0},
		{"denied without a grant", []operation{check(0, 1, 2, false)}, nil, 0, 0, 0},
		{"allowed under a grant", []operation{grant(1, 1, 2), check(1, 3, 4, true)}, nil, 0, 0, 0},
		{"denied under a grant", []operation{grant(1, 1, 2), check(1, 3, 4, false)}, nil, 0, 0, 0},
		{"allowed while a grant is made", []operation{grant(1, 1, 5), check(1, 2, 3, true)}, nil, 0, 0, 0},
		{"allowed before a grant is made", []operation{grant(1, 4, 5), check(1, 2, 3, true)}, nil, 1, 0, 0},
		{"allowed while a withdrawal waits", []operation{grant(1, 1, 2), withdraw(2, 3, 9), check(1, 7, 8, true)}, nil, 0, 0, 0},
		{"begun before a withdrawal returned and allowed after", []operation{grant(1, 1, 2), withdraw(2, 3, 9), check(1, 8, 12, true)}, nil, 0, 0, 0},
		{"allowed after a withdrawal", []operation{grant(1, 1, 2), withdraw(2, 3, 9), check(1, 10, 11, true)}, nil, 1, 0, 0},
		{"denied after a withdrawal", []operation{grant(1, 1, 2), withdraw(2, 3, 9), check(1, 10, 11, false)}, nil, 0, 0, 0},
		{"allowed and then denied and then allowed while a withdrawal waits", []operation{grant(1, 1, 2), withdraw(2, 3, 9), check(1, 4, 5, true), check(1, 5, 6, false), check(1, 7, 8, true)}, nil, 0, 0, 0},
		{"granted again", []operation{grant(1, 1, 2), withdraw(2, 3, 9), grant(3, 10, 11), check(3, 12, 13, true)}, nil, 0, 0, 0},
		{"granted again while the withdrawal waits", []operation{grant(1, 1, 2), withdraw(2, 3, 9), grant(3, 5, 6), check(3, 7, 8, true), check(3, 10, 11, true)}, nil, 0, 0, 0},
		{"an old use after a new grant", []operation{grant(1, 1, 2), withdraw(2, 3, 9), grant(3, 10, 11), check(1, 12, 13, true)}, nil, 1, 0, 0},
		{"a grant and a withdrawal at once, stored in this order", []operation{grant(1, 1, 9), withdraw(2, 1, 9), check(1, 10, 11, true)}, nil, 1, 0, 0},
		{"a grant and a withdrawal at once, stored in the other", []operation{grant(2, 1, 9), withdraw(1, 1, 9), check(2, 10, 11, true)}, nil, 0, 0, 0},
		{"a withdrawal nobody was told of", []operation{grant(1, 1, 2), withdraw(2, 3, never), check(1, 10, 11, true)}, nil, 0, 0, 0},
		{"a grant nobody was told of", []operation{grant(1, 1, never), check(1, 10, 11, true)}, nil, 0, 0, 0},
		{"a grant nobody was told of and that is not there", []operation{grant(0, 1, never), check(0, 10, 11, true)}, nil, 1, 0, 0},
		{"a grant nobody was told of, and a withdrawal after", []operation{grant(1, 1, never), withdraw(2, 3, 4), check(1, 10, 11, true)}, nil, 1, 0, 0},
		{"a withdrawal nobody was told of, then one that returned", []operation{grant(1, 1, 2), withdraw(2, 3, never), withdraw(3, 4, 5), check(1, 10, 11, true)}, nil, 1, 0, 0},
		{"another purpose", []operation{grant(1, 1, 2), withdraw(2, 3, 9), other}, nil, 1, 0, 0}, // which has no grant

		{"a use that ended", []operation{use(1, 10, 25), withdraw(2, 20, 30)}, nil, 0, 0, 0},
		{"a use that goes on", []operation{use(1, 10, 35), withdraw(2, 20, 30)}, nil, 0, 1, 0},
		{"a use that never ends", []operation{use(1, 10, never), withdraw(2, 20, 30)}, nil, 0, 1, 0},
		{"a use begun while the withdrawal was stored", []operation{use(1, 22, 35), withdraw(2, 20, 30)}, nil, 0, 1, 0},
		{"a use begun under a later grant", []operation{use(3, 25, 35), withdraw(2, 20, 30)}, nil, 0, 0, 0},
		{"a use that was cancelled", []operation{use(1, 10, 35), cancelled}, nil, 0, 0, 0},
		{"two uses, of which one was cancelled", []operation{use(1, 10, 35), use(1, 11, 35), cancelled}, nil, 0, 1, 0},
		{"a use where the node was shut out", []operation{use(1, 10, 35), fenced}, nil, 0, 0, 0},
		{"a use where another had shut the node out", []operation{use(1, 10, 35), withdraw(2, 20, 30)}, before, 0, 0, 0},
		{"a use where another shut the node out later", []operation{use(1, 10, 35), withdraw(2, 20, 30)}, before[1:], 0, 1, 0},
		{"a withdrawal that tells no counts", []operation{use(1, 10, 35), unreported}, nil, 0, 0, 0},
		{"a withdrawal that did not return", []operation{use(1, 10, 35), withdraw(2, 20, never)}, nil, 0, 0, 0},

		{"answered and not stored", []operation{grant(0, 1, 2)}, nil, 0, 0, 1},
		{"stored in another order than answered", []operation{grant(2, 1, 2), withdraw(1, 3, 4)}, nil, 1, 0, 1},
		{"too many to check", slices.Repeat([]operation{check(0, 1, 2, false)}, maxShare+1), nil, 1, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Len(t, staleAllows(c.ops), c.stale)
			late, _ := unended(c.ops, c.fences)
			assert.Len(t, late, c.late)
			assert.Len(t, lost(c.ops), c.losses)
		})
	}

	// What the direct comparison finds, the search finds by itself.
	stale := []operation{grant(1, 1, 2), withdraw(2, 3, 9), check(1, 10, 11, true)}
	assert.False(t, linear(stale))
	stale[2].Call = 9
	assert.True(t, linear(stale))
}
