package retentiontest

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/internal/suitetest"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
)

// faulty is a store in memory that has the fault it is told, or none.
type faulty struct {
	fault string

	mu      sync.Mutex
	items   map[any]*kept
	claims  int
	version uint64
}

type kept struct {
	retention.Item
	until time.Time
}

func (f *faulty) has(fault string) bool { return f.fault == fault }

// step lets others in half way, if that is the fault.
func (f *faulty) step(fault string) {
	if f.has(fault) {
		f.mu.Unlock()
		for range 200 {
			runtime.Gosched()
		}
		f.mu.Lock()
	}
}

func (f *faulty) key(i retention.Item) any {
	k := i.Key()
	switch f.fault {
	case "subjects in one case of letters":
		k.Subject = consent.Subject(strings.ToLower(string(k.Subject)))
	case "cases without blanks around":
		k.Case = strings.TrimSpace(k.Case)
	case "no case":
		k.Case = ""
	case "domains only":
		k.Compartment = purpose.Compartment(strings.Join(k.Compartment.Domains(), "+"))
	case "days cut towards 1970":
		k.Day = i.Collected.Unix() / (24 * 60 * 60)
	case "days of the local zone":
		k.Day = k.Day + int64(i.Collected.Hour()-i.Collected.UTC().Hour())
	case "erasures of a day":
		k.Day = i.Collected.Unix() / (24 * 60 * 60)
	}
	return k
}

func (f *faulty) storable(i retention.Item) bool {
	switch f.fault {
	case "takes any subject":
		i.Subject = someone
	case "takes any case":
		i.Case = ""
	case "takes any due date":
		i.Due = noon
	case "takes any collection":
		i.Collected = collected
	case "takes no attributes":
		i.Attributes = []purpose.Attribute{name}
	}
	return i.Storable()
}

func (f *faulty) Put(ctx context.Context, items ...retention.Item) error {
	if err := ctx.Err(); err != nil && !f.has("puts when cancelled") {
		return err
	}
	if f.has("nothing is an error") && len(items) == 0 {
		return retention.ErrItem
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, i := range items {
		if !f.storable(i) && !f.has("puts some") {
			if f.has("another error") {
				return context.Canceled
			}
			return retention.ErrItem
		}
	}
	if f.items == nil {
		f.items = make(map[any]*kept)
	}
	fresh := make(map[any]bool)
	for n, i := range items {
		if n > 0 {
			f.step("puts one by one")
		}
		if !f.storable(i) {
			return retention.ErrItem
		}
		f.put(f.key(i), i, fresh)
	}
	return nil
}

func (f *faulty) put(key any, i retention.Item, fresh map[any]bool) {
	have := f.items[key]
	f.step("looks and then puts")
	f.version++
	if have == nil || f.has("replaces") || fresh[key] && f.has("the last of one call") {
		fresh[key] = true
		m, _ := i.Merge(i)
		switch f.fault {
		case "attributes as given":
			m.Attributes = i.Attributes
		case "sorts what was given":
			slices.Sort(i.Attributes)
			m.Attributes = slices.Clone(i.Attributes)
		case "microseconds":
			m.Due, m.Collected = m.Due.Truncate(time.Microsecond), m.Collected.Truncate(time.Microsecond)
		case "nanoseconds in 64 bits":
			m.Due, m.Collected = time.Unix(0, m.Due.UnixNano()), time.Unix(0, m.Collected.UnixNano())
		case "cuts text":
			m.Case = m.Case[:min(len(m.Case), 100)]
		case "no versions":
			f.version = 0
		}
		m.Version = f.version
		if f.has("counts from one") {
			m.Version = 1
		}
		if !f.has("believes failures") {
			m.Failures = 0
		}
		if !f.has("believes claims") {
			m.Claim = ""
		}
		k := &kept{Item: m, until: noon.AddDate(1, 0, 0)}
		if !f.has("times as given") {
			k.Due, k.Collected = k.Due.UTC(), k.Collected.UTC()
		}
		f.items[key] = k
		return
	}
	m, changed := have.Merge(i)
	switch f.fault {
	case "the first stays":
		m, changed = have.Item, false
	case "the later due date":
		m.Due = i.Due
	case "the earlier collection":
		m.Collected = i.Collected
	case "the last attributes":
		m.Attributes = slices.Sorted(slices.Values(i.Attributes))
	case "put ends a claim":
		m.Claim = ""
	case "put forgets failures":
		m.Failures = 0
	}
	if have.Item = m; changed && !f.has("the version stays") {
		have.Version = f.version
	}
	if !f.has("times as given") {
		have.Due, have.Collected = have.Due.UTC(), have.Collected.UTC()
	}
}

func (f *faulty) Of(ctx context.Context, s consent.Subject) ([]retention.Item, error) {
	if err := ctx.Err(); err != nil && !f.has("reads when cancelled") {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []retention.Item
	for _, k := range f.items {
		if k.Subject == s || f.has("anybody's") || f.has("whoever begins so") && strings.HasPrefix(string(k.Subject), string(s)) {
			out = append(out, f.copy(k, f.has("of shows claims")))
		}
	}
	slices.SortFunc(out, f.compare)
	return out, nil
}

func (f *faulty) compare(a, b retention.Item) int {
	order := []int{
		a.Due.Compare(b.Due), cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Compartment, b.Compartment), cmp.Compare(a.Case, b.Case), a.Collected.Compare(b.Collected),
	}
	switch f.fault {
	case "any order":
		return -cmp.Or(order...)
	case "order without due":
		order[0] = 0
	case "order of letters":
		order[3] = cmp.Compare(strings.ToLower(a.Case), strings.ToLower(b.Case))
	}
	return cmp.Or(order...)
}

func (f *faulty) Take(ctx context.Context, c retention.Claim) ([]retention.Item, error) {
	if err := ctx.Err(); err != nil && !f.has("takes when cancelled") {
		return nil, err
	}
	if (c.Limit <= 0 || c.For <= 0 || c.Now.IsZero()) && !f.has("takes by any claim") {
		return nil, retention.ErrClaim
	}
	if f.has("takes by any claim") {
		c.Limit = max(c.Limit, 0)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var due []*kept
	for _, k := range f.items {
		ready := !k.Due.After(c.Now)
		free := k.Claim == "" || !k.until.After(c.Now)
		switch f.fault {
		case "takes what is due before":
			ready = k.Due.Before(c.Now)
		case "takes what is due soon":
			ready = k.Due.Before(c.Now.Add(time.Microsecond))
		case "a claim of no length":
			free = true
		case "a claim for ever":
			free = k.Claim == ""
		case "a claim ends late":
			free = k.Claim == "" || k.until.Before(c.Now)
		case "a claim ends early":
			free = k.Claim == "" || !k.until.After(c.Now.Add(time.Minute))
		}
		if ready && free {
			due = append(due, k)
		}
	}
	slices.SortFunc(due, func(a, b *kept) int { return f.compare(a.Item, b.Item) })
	if f.has("all that is due") {
		c.Limit = len(due)
	}
	if f.has("looks behind the last due date") && len(due) > c.Limit {
		last := due[c.Limit-1].Due
		defer func() {
			for _, k := range due {
				if k.Due.Equal(last) && k.Claim == "" {
					k.Claim, k.until = "lost", c.Now.AddDate(10, 0, 0)
				}
			}
		}()
	}
	f.step("looks and then claims")
	var out []retention.Item
	f.claims++
	claim := fmt.Sprint(f.claims)
	if f.has("one name of all claims") {
		claim = "claimed"
	}
	for _, k := range due[:min(c.Limit, len(due))] {
		k.Claim, k.until = claim, c.Now.Add(c.For)
		i := f.copy(k, true)
		if f.has("take shows no claim") {
			i.Claim = ""
		}
		if f.has("attributes of its own") {
			i.Attributes = k.Attributes
		}
		out = append(out, i)
	}
	return out, nil
}

func (f *faulty) copy(k *kept, claim bool) retention.Item {
	i := k.Item
	i.Attributes = slices.Clone(i.Attributes)
	if !claim {
		i.Claim = ""
	}
	return i
}

func (f *faulty) Settle(ctx context.Context, done, again []retention.Item) error {
	if err := ctx.Err(); err != nil && !f.has("settles when cancelled") {
		return err
	}
	if f.has("nothing is an error") && len(done)+len(again) == 0 {
		return retention.ErrItem
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.has("done or again") && len(done) > 0 {
		again = nil
	}
	if f.has("does not settle") {
		return nil
	}
	for _, i := range done {
		if err := f.settle(i, true); err != nil {
			return err
		}
	}
	for _, i := range again {
		if err := f.settle(i, false); err != nil {
			return err
		}
	}
	return nil
}

func (f *faulty) settle(i retention.Item, over bool) error {
	have := f.items[f.key(i)]
	f.step("looks and then settles")
	switch {
	case have == nil && f.has("puts what is not there") && !over:
		i.Claim = ""
		f.items[f.key(i)] = &kept{Item: i}
		return nil
	case have == nil && f.has("an error if it is not there"):
		return retention.ErrItem
	case have == nil:
		return nil
	case i.Claim != "" && i.Claim != have.Claim && !f.has("settles under a lost claim"):
		if f.has("a lost claim ends the other") {
			have.Claim = ""
		}
		return nil
	case i.Claim == "" && have.Claim != "" && f.has("waits for the claim"):
		return nil
	}
	if i.Claim != "" && !f.has("settle keeps the claim") {
		have.Claim = ""
	}
	if have.Version != i.Version {
		switch {
		case i.Claim != "" && f.has("removes what was changed") && over, i.Claim == "" && f.has("settles any version"), i.Claim != "" && f.has("defers what was changed") && !over:
		case f.has("a change keeps the claim") && i.Claim != "":
			have.Claim = i.Claim
			return nil
		default:
			return nil
		}
	}
	f.version++
	if over {
		delete(f.items, f.key(i))
		if f.has("remembers what is done") {
			have.Due = have.Due.AddDate(5, 0, 0)
			f.items[f.key(i)] = have
		}
		return nil
	}
	if !f.has("settle keeps the due date") {
		have.Due = i.Due.UTC()
	}
	if !f.has("settle keeps failures") {
		have.Failures = i.Failures
	}
	if f.has("settle stores all") {
		have.Attributes, have.Collected = i.Attributes, i.Collected
	}
	if !f.has("settle keeps the version") {
		have.Version = f.version
	}
	return nil
}

// Each fault is seen by the cases that are there for it, and a store without one passes them all.
func TestCasesSeeFaults(t *testing.T) {
	t.Parallel()
	cases := make(map[string]func(testing.TB, retention.Store))
	for _, c := range storeCases() {
		require.NotContains(t, cases, c.Name)
		cases[c.Name] = c.Run
		assert.False(t, suitetest.Fails[retention.Store](t, c.Run, new(faulty)), "%s fails without a fault", c.Name)
	}
	faults := []struct {
		fault string
		seen  []string
	}{
		{"times as given", []string{"put-stores-what-is-not-there", "put-merges-with-what-is-there"}},
		{"attributes as given", []string{"put-stores-what-is-not-there", "put-keeps-what-it-was-given-apart"}},
		{"sorts what was given", []string{"put-keeps-what-it-was-given-apart"}},
		{"microseconds", []string{"put-stores-what-is-not-there", "items-keep-every-time-there-is", "take-claims-what-is-due"}},
		{"nanoseconds in 64 bits", []string{"items-keep-every-time-there-is"}},
		{"no versions", []string{"put-stores-what-is-not-there"}},
		{"replaces", []string{"put-merges-with-what-is-there", "put-neither-defers-nor-forgets", "put-leaves-a-claimed-item-claimed", "concurrent-puts-lose-nothing"}},
		{"the first stays", []string{"put-merges-with-what-is-there", "put-merges-items-of-one-call", "put-gives-what-it-changes-another-version"}},
		{"the last of one call", []string{"put-merges-items-of-one-call"}},
		{"the later due date", []string{"put-neither-defers-nor-forgets"}},
		{"the earlier collection", []string{"put-neither-defers-nor-forgets"}},
		{"the last attributes", []string{"put-merges-with-what-is-there", "put-neither-defers-nor-forgets"}},
		{"believes failures", []string{"put-looks-at-no-failures-version-and-claim"}},
		{"believes claims", []string{"put-looks-at-no-failures-version-and-claim"}},
		{"put forgets failures", []string{"put-looks-at-no-failures-version-and-claim"}},
		{"counts from one", []string{"put-gives-what-was-removed-another-version"}},
		{"the version stays", []string{"put-gives-what-it-changes-another-version", "settle-of-what-was-changed-only-ends-the-claim", "settle-without-a-claim-needs-the-version"}},
		{"put ends a claim", []string{"put-leaves-a-claimed-item-claimed"}},
		{"takes any subject", []string{"put-refuses-what-is-not-well-formed", "put-stores-all-or-none"}},
		{"takes any case", []string{"put-refuses-what-is-not-well-formed"}},
		{"takes any due date", []string{"put-refuses-what-is-not-well-formed"}},
		{"takes any collection", []string{"put-refuses-what-is-not-well-formed"}},
		{"takes no attributes", []string{"put-refuses-what-is-not-well-formed"}},
		{"another error", []string{"put-refuses-what-is-not-well-formed", "put-stores-all-or-none"}},
		{"puts some", []string{"put-stores-all-or-none"}},
		{"nothing is an error", []string{"put-of-nothing-is-no-error", "settle-of-nothing-is-no-error"}},
		{"puts when cancelled", []string{"put-under-a-cancelled-context-changes-nothing"}},
		{"attributes of its own", []string{"put-keeps-what-it-was-given-apart"}},
		{"erasures of a day", []string{"items-without-a-compartment-are-one-for-each-person"}},
		{"subjects in one case of letters", []string{"keys-are-told-apart"}},
		{"cases without blanks around", []string{"keys-are-told-apart"}},
		{"no case", []string{"keys-are-told-apart"}},
		{"domains only", []string{"keys-are-told-apart"}},
		{"days cut towards 1970", []string{"days-before-1970-are-told-apart"}},
		{"days of the local zone", []string{"days-begin-at-midnight-utc"}},
		{"cuts text", []string{"items-keep-long-and-unusual-text"}},
		{"any order", []string{"of-is-in-the-order-of-due-and-key", "take-gives-what-is-due-longest-first"}},
		{"order without due", []string{"of-is-in-the-order-of-due-and-key", "take-gives-what-is-due-longest-first"}},
		{"order of letters", []string{"of-is-in-the-order-of-due-and-key"}},
		{"anybody's", []string{"of-a-person-without-items-is-none"}},
		{"whoever begins so", []string{"of-a-person-without-items-is-none"}},
		{"of shows claims", []string{"of-shows-no-claim"}},
		{"reads when cancelled", []string{"of-under-a-cancelled-context-fails"}},
		{"takes what is due before", []string{"take-claims-what-is-due"}},
		{"takes what is due soon", []string{"take-claims-what-is-due"}},
		{"all that is due", []string{"take-gives-what-is-due-longest-first", "take-gives-items-of-one-due-date-each-once"}},
		{"looks behind the last due date", []string{"take-gives-items-of-one-due-date-each-once", "a-thousand-items-are-worked-off", "eight-takers-never-share-an-item"}},
		{"a claim of no length", []string{"take-passes-over-what-is-claimed-until-the-claim-ends", "take-claims-what-is-due", "take-names-each-claim-differently"}},
		{"a claim for ever", []string{"take-passes-over-what-is-claimed-until-the-claim-ends", "take-gives-what-ran-out-to-another", "eight-takers-share-what-ran-out"}},
		{"a claim ends late", []string{"take-passes-over-what-is-claimed-until-the-claim-ends"}},
		{"a claim ends early", []string{"take-passes-over-what-is-claimed-until-the-claim-ends"}},
		{"one name of all claims", []string{"take-names-each-claim-differently", "settle-leaves-what-another-has-claimed", "take-gives-what-ran-out-to-another"}},
		{"take shows no claim", []string{"take-claims-what-is-due"}},
		{"takes by any claim", []string{"take-refuses-a-claim-that-is-not-well-formed"}},
		{"takes when cancelled", []string{"take-under-a-cancelled-context-claims-nothing"}},
		{"does not settle", []string{"settle-removes-what-is-done", "settle-gives-back-with-due-and-failures", "a-thousand-items-are-worked-off"}},
		{"remembers what is done", []string{"settle-removes-what-is-done"}},
		{"settle keeps the due date", []string{"settle-gives-back-with-due-and-failures", "settle-gives-back-what-is-due-later"}},
		{"settle keeps failures", []string{"settle-gives-back-with-due-and-failures"}},
		{"settle keeps the claim", []string{"settle-gives-back-with-due-and-failures"}},
		{"settle keeps the version", []string{"settle-gives-back-with-due-and-failures", "settle-without-a-claim-needs-the-version", "one-of-many-settles-of-an-unclaimed-item-counts"}},
		{"settle stores all", []string{"settle-gives-back-with-due-and-failures"}},
		{"done or again", []string{"settle-does-both-at-once"}},
		{"settles under a lost claim", []string{"settle-leaves-what-another-has-claimed"}},
		{"a lost claim ends the other", []string{"settle-leaves-what-another-has-claimed"}},
		{"puts what is not there", []string{"settle-leaves-what-is-not-there"}},
		{"an error if it is not there", []string{"settle-leaves-what-is-not-there"}},
		{"waits for the claim", []string{"settle-without-a-claim-wins-over-a-claim"}},
		{"settles any version", []string{"settle-without-a-claim-needs-the-version"}},
		{"removes what was changed", []string{"settle-of-what-was-changed-only-ends-the-claim", "what-is-put-while-it-is-settled-is-not-lost"}},
		{"defers what was changed", []string{"settle-of-what-was-changed-only-ends-the-claim"}},
		{"a change keeps the claim", []string{"settle-of-what-was-changed-only-ends-the-claim"}},
		{"settles when cancelled", []string{"settle-under-a-cancelled-context-changes-nothing"}},
		{"puts one by one", []string{"of-is-one-snapshot-while-others-put"}},
		{"looks and then puts", []string{"concurrent-puts-lose-nothing"}},
		{"looks and then claims", []string{"eight-takers-never-share-an-item", "eight-takers-share-what-ran-out"}},
	}
	caught := make(map[string]bool)
	var mu sync.Mutex
	t.Cleanup(func() {
		for name := range cases {
			assert.True(t, caught[name], "%s has seen no fault", name)
		}
	})
	for _, f := range faults {
		t.Run(f.fault, func(t *testing.T) {
			t.Parallel()
			for _, name := range f.seen {
				c, ok := cases[name]
				require.True(t, ok, name)
				seen := false
				for range 20 { // a race is not lost every time
					if seen = suitetest.Fails[retention.Store](t, c, &faulty{fault: f.fault}); seen {
						break
					}
				}
				assert.True(t, seen, "%s passes", name)
				mu.Lock()
				caught[name] = caught[name] || seen
				mu.Unlock()
			}
		})
	}
}
