package model

import (
	"flag"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var deep = flag.Bool("deep", false, "explore larger bounds, for some minutes and in some gigabytes of memory")

// sights are what an exploration must come past to mean anything.
var sights = []struct {
	name     string
	failover bool // only where the database fails over
	seen     func(*state) bool
}{
	{"plaintext is about to be released", false, func(s *state) bool {
		return s.reveal.stage == passed
	}},
	{"plaintext is about to be released after Withdraw returned, for a Reveal that started before", false, func(s *state) bool {
		return s.reveal.stage == passed && s.withdrawer.phase == returned
	}},
	{"a Reveal is being checked that started after Withdraw returned", false, func(s *state) bool {
		return s.reveal.stage == started && s.reveal.late
	}},
	{"Withdraw waits for a use that drains", false, func(s *state) bool {
		return s.withdrawer.phase == waiting && s.db.row.watermark >= s.withdrawer.position && s.db.row.draining
	}},
	{"Withdraw returned, and a use is running that was reported as cancelled", false, func(s *state) bool {
		return s.withdrawer.answered && s.node.use.alive() && s.db.row.cancelled
	}},
	{"Withdraw returned, and a fenced node has not noticed", false, func(s *state) bool {
		return s.withdrawer.phase == returned && s.db.row.fenced && s.node.held && s.node.cached && s.node.use == running
	}},
	{"a node found dead has renewed before it was fenced", false, func(s *state) bool {
		return s.withdrawer.phase == fencing && s.db.row.number != s.withdrawer.number
	}},
	{"the event is lost after Withdraw returned", true, func(s *state) bool {
		return s.withdrawer.phase == returned && !s.db.ledger.withdrawn(0)
	}},
	{"a fence is lost", true, func(s *state) bool {
		w := s.withdrawer
		return w.phase == returned && !w.answered && s.history > 0 && s.db.row.id != 0 && !s.db.row.fenced && s.node.left > 0
	}},
	{"the row of a node with a lease is lost", true, func(s *state) bool {
		return s.history > 0 && s.db.row.id == 0 && s.node.left > 0
	}},
	{"the event is committed a second time", true, func(s *state) bool {
		return s.withdrawer.phase == committed && s.history > 0 && s.witness.token == withdrawal
	}},
	{"a node denies everything", true, func(s *state) bool {
		return s.node.regressed
	}},
}

func TestAllRules(t *testing.T) {
	t.Parallel()
	bounds := []Bounds{
		{Lease: 2, Margin: 1, Joins: 2, Renewals: 1, Drift: 1, Lost: true, ClockSteps: true},
		{Lease: 2, Joins: 1, Renewals: 2, Lost: true},
		{Lease: 2, Joins: 1, Renewals: 1, Stale: true},
		{Lease: 2, Joins: 2, Renewals: 1, Unrelated: 1},
		{Lease: 1, Joins: 2, Renewals: 1, Failovers: 1},
	}
	if *deep {
		bounds = []Bounds{
			{Lease: 3, Margin: 1, Joins: 2, Renewals: 2, Drift: 1, Lost: true},
			{Lease: 2, Joins: 2, Renewals: 3, Lost: true},
			{Lease: 2, Joins: 2, Renewals: 1, Unrelated: 1, Stale: true, Lost: true},
			{Lease: 2, Joins: 2, Renewals: 1, Failovers: 1, Lost: true},
			{Lease: 1, Margin: 1, Joins: 2, Renewals: 1, Failovers: 1, Drift: 1},
			{Lease: 1, Joins: 3, Renewals: 1, Failovers: 1, Stale: true, Lost: true},
			{Lease: 1, Joins: 2, Renewals: 1, Unrelated: 1, Failovers: 1},
			{Lease: 1, Joins: 2, Renewals: 2, Failovers: 1, Lost: true},
		}
	}
	for _, b := range bounds {
		t.Run(fmt.Sprintf("%+v", b), func(t *testing.T) {
			if !*deep {
				t.Parallel()
			}
			missing := make(map[string]func(*state) bool)
			for _, s := range sights {
				if !s.failover || b.Failovers > 0 {
					missing[s.name] = s.seen
				}
			}
			r := explore(b, All(), func(s *state) {
				for name, seen := range missing {
					if seen(s) {
						delete(missing, name)
					}
				}
			})
			t.Logf("%d states", r.States)
			require.Empty(t, r.Violation, "%s", strings.Join(r.Violation, "\n"))
			for name := range missing {
				assert.Fail(t, "never seen: "+name)
			}
		})
	}
}

// without switches rules off by the names of their fields.
func without(tb testing.TB, names ...string) Rules {
	rules := All()
	for _, name := range names {
		f := reflect.ValueOf(&rules).Elem().FieldByName(name)
		require.True(tb, f.IsValid(), name)
		f.SetBool(false)
	}
	return rules
}

// Every rule is needed: without it, a promise breaks. Where two are named they back each other up: within the bounds,
// nothing breaks if only one of them is off. The bounds are within those of TestAllRules, of which reusing needs -deep.
func TestEachRule(t *testing.T) {
	t.Parallel()
	var (
		plain     = Bounds{Lease: 2, Joins: 1, Renewals: 1}
		renewing  = Bounds{Lease: 2, Joins: 1, Renewals: 2}
		rejoining = Bounds{Lease: 2, Joins: 2, Renewals: 1}
		stale     = Bounds{Lease: 2, Joins: 1, Renewals: 1, Stale: true}
		others    = Bounds{Lease: 2, Joins: 1, Renewals: 1, Unrelated: 1}
		drifting  = Bounds{Lease: 2, Margin: 1, Joins: 1, Renewals: 1, Drift: 1}
		stepping  = Bounds{Lease: 2, Joins: 1, Renewals: 1, ClockSteps: true}
		failing   = Bounds{Lease: 1, Joins: 2, Renewals: 1, Failovers: 1}
		reusing   = Bounds{Lease: 1, Joins: 1, Renewals: 1, Failovers: 1, Unrelated: 1}
	)
	tested := make(map[string]bool)
	for _, c := range []struct {
		rules   string
		promise string
		bounds  Bounds
	}{
		{"DeadlineFromSend", "a", renewing},
		{"ApplyFirst", "a", stale},
		{"JoinFirst", "a", stale},
		{"AckApplied", "a", plain},
		{"AckApplied", "b", plain},
		{"NoReadThrough", "a", plain},
		// What a load began with does not matter as long as the new lease is published after the feed: the feed moves the
		// watermark past what the load saw.
		{"EpochFence ApplyFirst", "a", plain},
		// A feed that invalidates the subject also moves the watermark past the head of every load that began before. The
		// converse does not hold: a load that begins later can see an older head.
		{"LoadFence HeadFence", "a", plain},
		{"HeadFence", "a", stale},
		{"HeadFence", "a", failing},
		{"DeadlineBeforeFlags", "a", rejoining},
		// The order of the checks is only for effects that have already begun; without it they can open at any later time.
		{"ClockLast", "c", plain},
		{"FreshClock", "a", plain},
		// A node that keeps everything through a lapse is right again once it has applied what it missed.
		{"Lapse ApplyFirst", "a", rejoining},
		{"Regress", "a", failing},
		{"Tokens", "a", reusing},
		{"NewHistory", "a", failing},
		{"Witness", "a", failing},
		{"CommitOrder", "a", others},
		{"CommitOrder", "b", others},
		{"ListAfterCommit", "a", plain},
		{"Draining", "b", plain},
		{"OwnClock", "a", stepping},
		// A renewal that was sent after the commit brings the event, so these two protect what the node does for others.
		{"SinceNumber", "c", plain},
		{"CompareAndSwap", "c", plain},
		{"Margin", "a", drifting},
		{"Restart", "a", failing},
		{"Restart", "c", failing},
		{"FailoverWait", "a", failing},
		{"FirstContact", "a", failing},
	} {
		off := strings.Fields(c.rules)
		for _, name := range off {
			tested[name] = true
		}
		c.bounds.Promises = c.promise
		t.Run(c.rules+" "+c.promise, func(t *testing.T) {
			t.Parallel()
			r := Explore(c.bounds, without(t, off...))
			t.Logf("%+v, %d states\n%s", c.bounds, r.States, strings.Join(r.Violation, "\n"))
			require.NotEmpty(t, r.Violation)
			assert.Contains(t, r.Violation[len(r.Violation)-1], "("+c.promise+") is broken")
			if len(off) > 1 {
				c.bounds.Promises = ""
				for _, name := range off {
					r := Explore(c.bounds, without(t, name))
					assert.Empty(t, r.Violation, "%s alone: %s", name, strings.Join(r.Violation, "\n"))
				}
			}
		})
	}
	rules := reflect.TypeFor[Rules]()
	for i := range rules.NumField() {
		assert.True(t, tested[rules.Field(i).Name], "%s is in no row of the table", rules.Field(i).Name)
		assert.True(t, reflect.ValueOf(All()).Field(i).Bool(), "All leaves %s out", rules.Field(i).Name)
	}
}

// A fault that the protocol is not made for breaks it, so the rules and bounds that speak of it do mean something.
func TestBeyondTheMargin(t *testing.T) {
	t.Parallel()
	r := Explore(Bounds{Lease: 2, Margin: 1, Joins: 1, Renewals: 1, Drift: 2, Promises: "a"}, All())
	assert.NotEmpty(t, r.Violation)
}

func TestExploreRepeats(t *testing.T) {
	t.Parallel()
	b := Bounds{Lease: 2, Joins: 1, Renewals: 1}
	assert.Equal(t, Explore(b, without(t, "Draining")), Explore(b, without(t, "Draining")))
}

func TestExplorePanics(t *testing.T) {
	t.Parallel()
	for _, b := range []Bounds{
		{},
		{Lease: 5, Joins: 1, Renewals: 1},
		{Lease: 2, Joins: 1},
		{Lease: 2, Joins: 1, Renewals: 1, Failovers: 2},
		{Lease: 2, Joins: 1, Renewals: 1, Promises: "d"},
	} {
		assert.Panics(t, func() { Explore(b, All()) }, "%+v", b)
	}
}
