package retentionsql_test

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
)

// deletion is what an eraser wrote down of a row.
type deletion struct {
	fence        string
	held, listed bool
	at           int64
}

// certified is a certificate as it was stored.
type certified struct {
	retention.Certificate
	at int64
}

// evidence is what there is in the end.
type evidence struct {
	deletions    map[string][]deletion
	certificates map[string][]certified // by the erasure's id
	shredded     map[consent.Subject][]int64
	repeated     int // ends that were gone through once more
	erasures     int
}

// fail reports what is wrong, a few times in full.
func (c *campaign) fail(p *person, format string, args ...any) {
	c.mu.Lock()
	c.faults["check"]++
	n := c.faults["check"]
	c.mu.Unlock()
	if n <= 20 {
		c.t.Errorf("%s (%s): %s", p.kind, p.subject, fmt.Sprintf(format, args...))
	} else {
		c.t.Fail()
	}
}

// check checks everything.
func (c *campaign) check() {
	c.t.Helper()
	ev := c.evidence()
	of := make(map[string]int)
	accepted, refused, left := 0, 0, 0
	for _, p := range c.people {
		of[p.kind]++
		if p.contest != nil && p.accepted {
			accepted++
			left += number(p.left > 0)
		}
		refused += number(p.refused)
		c.checkValues(p, ev)
		c.checkAgenda(p)
		c.checkHistory(p, ev)
	}
	for id := range ev.certificates {
		c.t.Errorf("a certificate of an erasure that nobody asked for: %s", id)
	}
	for id := range ev.deletions {
		c.t.Errorf("a row was deleted that nobody put: %s", id)
	}
	c.checkClaims()
	c.t.Logf("%d people: %v; %d erasures; %d ends gone through once more; of the contested, %d holds accepted (%d with rows left), %d refused",
		len(c.people), of, ev.erasures, ev.repeated, accepted, left, refused)
	for _, kind := range kinds {
		assert.NotZero(c.t, of[kind], kind)
	}
}

func (c *campaign) evidence() *evidence {
	c.t.Helper()
	ev := &evidence{deletions: make(map[string][]deletion), certificates: make(map[string][]certified), shredded: make(map[consent.Subject][]int64)}
	c.each("SELECT row_id, fence, held, listed, at FROM deletions", func(rows *sql.Rows) error {
		var id string
		var held, listed int
		var d deletion
		err := rows.Scan(&id, &d.fence, &held, &listed, &d.at)
		d.held, d.listed = held == 1, listed == 1
		ev.deletions[id] = append(ev.deletions[id], d)
		return err
	})
	c.each("SELECT body, at FROM certificates ORDER BY at", func(rows *sql.Rows) error {
		var body string
		var one certified
		if err := rows.Scan(&body, &one.at); err != nil {
			return err
		}
		err := json.Unmarshal([]byte(body), &one.Certificate)
		ev.certificates[one.ID] = append(ev.certificates[one.ID], one)
		return err
	})
	for _, line := range c.lines {
		if at, s, ok := strings.Cut(line, " "+wordShredded+" "); ok {
			n, err := strconv.ParseInt(at, 10, 64)
			require.NoError(c.t, err)
			ev.shredded[consent.Subject(s)] = append(ev.shredded[consent.Subject(s)], n)
		}
	}
	return ev
}

func (c *campaign) each(query string, do func(*sql.Rows) error) {
	c.t.Helper()
	rows, err := c.db.Query(query)
	require.NoError(c.t, err)
	defer rows.Close()
	for rows.Next() {
		require.NoError(c.t, do(rows))
	}
	require.NoError(c.t, rows.Err())
}

// checkValues checks what is there, what opens, and what was deleted: once, under an erasure that had begun and was not done, with its item on the agenda and no hold on it.
func (c *campaign) checkValues(p *person, ev *evidence) {
	c.t.Helper()
	rows, err := c.rows(c.t.Context(), p, nil)
	require.NoError(c.t, err)
	for _, v := range p.values {
		there := slices.Contains(rows, v.id)
		if there != v.kept {
			c.fail(p, "the row of %s in %s is there: %v", v.attribute, v.compartment, there)
		}
		err := c.try("open", func(ctx context.Context) error { return c.opens(ctx, p, v) }, keyring.ErrShredded, keyring.ErrFenced)
		switch keeps := p.keepsKey(v.compartment); {
		case keeps && err != nil:
			c.fail(p, "%s in %s does not open: %v", v.attribute, v.compartment, err)
		case !keeps && !shredded(err):
			c.fail(p, "a copy of %s in %s opens still, or fails otherwise: %v", v.attribute, v.compartment, err)
		}
		gone := ev.deletions[v.id]
		delete(ev.deletions, v.id)
		if len(gone) != number(!v.kept) {
			c.fail(p, "%s in %s was deleted %d times", v.attribute, v.compartment, len(gone))
		}
		for _, d := range gone {
			if d.fence == "" || !d.listed || d.held {
				c.fail(p, "%s in %s was deleted under the erasure %q, with a hold on it: %v, on the agenda: %v", v.attribute, v.compartment, d.fence, d.held, d.listed)
			}
		}
		v.gone = gone
	}
}

func shredded(err error) bool {
	return errors.Is(err, keyring.ErrShredded) || errors.Is(err, keyring.ErrFenced)
}

// checkAgenda checks that what is kept is on the agenda, and nothing else.
func (c *campaign) checkAgenda(p *person) {
	c.t.Helper()
	var items []retention.Item
	if c.try("look", func(ctx context.Context) (err error) { items, err = c.agenda.Of(ctx, p.subject); return err }) != nil {
		return
	}
	var have []string
	for _, i := range items {
		have = append(have, keyText(i))
	}
	want := slices.Sorted(maps.Keys(p.items(func(v *value) bool { return v.kept })))
	if slices.Sort(have); !slices.Equal(want, have) {
		c.fail(p, "the agenda has %q, and not %q", have, want)
	}
}

// checkHistory checks that what began was finished, once, that what is kept did not begin to end, and the certificates of what the person asked for. Reading it checks the chain.
func (c *campaign) checkHistory(p *person, ev *evidence) {
	c.t.Helper()
	began, finished := make(map[string]consent.Event), make(map[string]int)
	var last uint64
	var order []string // of erasures of the person
	blank := false
	for e, err := range c.ledger.Events(c.t.Context(), p.subject, 0) {
		if err != nil {
			c.fail(p, "the ledger does not read: %v", err)
			return
		}
		last = e.Seq
		switch e.Kind {
		case consent.Erasing, consent.Expiring:
			if _, twice := began[e.ID]; twice {
				c.fail(p, "%s began twice", e.ID)
			}
			began[e.ID] = e
			if e.Kind == consent.Erasing {
				order = append(order, e.ID)
			}
		case consent.Erased:
			finished[e.ID]++
		case consent.Resides:
			blank = e.Blank
		}
	}
	for id := range began {
		if n := finished[consent.ErasedID(id)]; n != 1 {
			c.fail(p, "%s was finished %d times", id, n)
		}
		delete(finished, consent.ErasedID(id))
	}
	if len(finished) > 0 {
		c.fail(p, "%v were finished and never began", finished)
	}
	for key, i := range p.items(func(*value) bool { return true }) {
		n := 0
		for _, e := range began {
			n += number(e.Kind == consent.Expiring && strings.HasPrefix(e.ID, fmt.Sprintf("ended.%d.", i.Key().Day)) && e.Compartment == i.Compartment && e.Case == i.Case)
		}
		_, kept := p.items(func(v *value) bool { return v.kept })[key]
		switch {
		case kept && n > 0:
			c.fail(p, "what is kept began to end %d times: %s", n, key)
		case !kept && p.erase == noErasure && n == 0:
			c.fail(p, "what is over never began to end: %s", key)
		case !kept && p.erase == noErasure:
			ev.repeated += n - 1
		}
	}
	var f *purpose.Facts
	if c.try("facts", func(ctx context.Context) (err error) {
		f, err = c.registry.Facts(consent.AtLeast(ctx, p.subject, last), p.subject) // that an erasure is done is not told to other registries
		return err
	}) != nil {
		return
	}
	if len(f.Erasures) > 0 || f.Erased.IsZero() != (p.erase == noErasure) || len(f.Holds) != number(p.hold != nil) {
		c.fail(p, "the facts are: erased %v, erasures %v, holds %v", f.Erased, f.Erasures, f.Holds)
	}
	if p.erase == noErasure && len(order) > 0 || p.erase == intended && len(order) != 1 || p.erase != noErasure && len(order) == 0 {
		c.fail(p, "there are %d erasures of the person", len(order))
	}
	redacted := false
	for n, id := range order {
		ev.erasures++
		all := ev.certificates[id]
		delete(ev.certificates, id)
		if len(all) == 0 {
			c.fail(p, "the erasure %s was finished and not certified", id)
			continue
		}
		for _, one := range all {
			redacted = redacted || one.Redacted
			c.checkCertificate(p, began[id], one, n == 0)
			same := one
			same.Completed, same.Backups, same.at, same.Redacted = all[0].Completed, all[0].Backups, all[0].at, all[0].Redacted
			if !reflect.DeepEqual(same, all[0]) {
				c.fail(p, "two certificates of one erasure differ: %+v and %+v", all[0], one)
			}
		}
		for _, v := range p.values {
			for _, d := range v.gone {
				if d.fence == id && d.at > all[0].at {
					c.fail(p, "a certificate was written before %s was deleted", v.attribute)
				}
			}
		}
		if before := ev.shredded[p.subject]; len(before) == 0 || slices.Min(before) > all[0].at {
			c.fail(p, "a certificate was written before keys were destroyed")
		}
	}
	if blank != redacted {
		c.fail(p, "the ledger was blanked: %v, and by the certificates: %v", blank, redacted)
	}
}

// checkCertificate compares what a certificate claims with what is there. The first of a person lists everything, and a later one what is left.
func (c *campaign) checkCertificate(p *person, began consent.Event, one certified, first bool) {
	c.t.Helper()
	type place struct {
		attribute   purpose.Attribute
		compartment purpose.Compartment
	}
	want := make(map[place]retention.Outcome)
	for _, v := range p.values {
		outcome := retention.Destroyed
		switch {
		case v.kept && p.hold != nil && p.hold.Covers(v.caseID):
			outcome = retention.Held
		case v.kept:
			outcome = retention.Retained
		case p.keepsKey(v.compartment):
			outcome = retention.Deleted
		}
		want[place{v.attribute, v.compartment}] = max(want[place{v.attribute, v.compartment}], outcome)
	}
	var asked []string
	for _, l := range one.Lines {
		at := place{l.Attribute, l.Compartment}
		if want[at] != l.Outcome {
			c.fail(p, "a certificate says %d of %s in %s, and it is %d", l.Outcome, l.Attribute, l.Compartment, want[at])
		}
		delete(want, at)
		kept := l.Outcome == retention.Held || l.Outcome == retention.Retained
		if kept != (l.Why != "") {
			c.fail(p, "a certificate says %q of why %s is kept", l.Why, l.Attribute)
		}
		if !kept {
			asked = append(asked, tableOf(l.Attribute))
		}
	}
	for at, outcome := range want {
		if first || outcome == retention.Held || outcome == retention.Retained {
			c.fail(p, "a certificate does not say what became of %s in %s", at.attribute, at.compartment)
		}
	}
	slices.Sort(asked)
	if asked = slices.Compact(asked); !slices.Equal(asked, one.Tables) {
		c.fail(p, "a certificate says that %q were erased, and it was %q", one.Tables, asked)
	}
	if !one.Concerns(p.subject) || one.Policy != "1" || !one.Decided.Equal(began.Time) || one.Completed.Before(one.Decided) || one.Backups.Before(one.Completed) {
		c.fail(p, "a certificate is not of the erasure that began at %s: %+v", began.Time, one)
	}
}

// checkClaims checks that nobody took an item that was another's, by what the workers said.
func (c *campaign) checkClaims() {
	c.t.Helper()
	type claim struct {
		began, at   int64 // by the machine's clock
		from, until int64 // by the registry's
	}
	claims, settled := make(map[string][]claim), make(map[string][]int64)
	ahead := int64(0)
	for _, line := range c.lines {
		var k claim
		var at int64
		var word, key string
		if n, _ := fmt.Sscan(line, &k.at, &word, &k.began, &k.from, &k.until, &key); n == 6 && word == wordTook {
			claims[key] = append(claims[key], k)
			ahead = max(ahead, k.from-k.began)
		} else if n, _ := fmt.Sscan(line, &at, &word, &key); n == 3 && word == wordSettling {
			settled[key] = append(settled[key], at)
		}
	}
	taken, again := 0, 0
	for key, all := range claims {
		slices.SortFunc(all, func(a, b claim) int { return cmp.Compare(a.from, b.from) })
		for n, a := range all {
			taken++
			if n+1 == len(all) {
				break
			}
			b := all[n+1]
			if b.from >= a.until {
				again++ // whoever had it died, or took too long
				continue
			}
			if !slices.ContainsFunc(settled[key], func(at int64) bool { return at >= a.began && at <= b.at }) {
				c.t.Errorf("an item was taken %d ms after another had taken it: %s", (b.from-a.from)/1e6, key)
			}
		}
	}
	require.NotZero(c.t, taken)
	c.t.Logf("%d claims, %d of them of an item that another had and lost or gave back long before; a registry's clock was up to %d ms ahead of the machine's", taken, again, ahead/1e6)
}
