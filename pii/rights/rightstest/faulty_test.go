package rightstest

import (
	"context"
	"encoding/json"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/internal/suitetest"
	"github.com/purposebound/purposebound/pii/rights"
)

// faulty is a store in memory that has the fault it is told, or none.
type faulty struct {
	fault string

	mu     sync.Mutex
	files  map[consent.Subject][]rights.Event
	looks  map[consent.Subject]time.Time
	yields map[consent.Subject]int
}

func (f *faulty) has(fault string) bool { return f.fault == fault }

func (f *faulty) key(s consent.Subject) consent.Subject {
	if f.has("subjects in one case of letters") {
		return consent.Subject(strings.ToLower(string(s)))
	}
	return s
}

// copied is the event as it comes back from where it was stored.
func (f *faulty) copied(e rights.Event) (out rights.Event) {
	b, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	if err := json.Unmarshal(b, &out); err != nil {
		panic(err)
	}
	switch f.fault {
	case "whole seconds":
		out.Time = out.Time.Truncate(time.Second)
	case "no intake":
		out.Intake = nil
	case "no grounds":
		out.Grounds = nil
	case "no assessment":
		out.Assessment = nil
	case "no attribute":
		out.Attribute = ""
	case "sorted lists":
		slices.Sort(out.Inform)
	case "evidence of 255 bytes":
		out.Evidence = out.Evidence[:min(255, len(out.Evidence))]
	}
	return out
}

func (f *faulty) Append(ctx context.Context, s consent.Subject, after int, e rights.Event, look time.Time) error {
	if err := ctx.Err(); err != nil && !f.has("append does not look at the context") {
		return err
	}
	s = f.key(s)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.files == nil {
		f.files, f.looks, f.yields = map[consent.Subject][]rights.Event{}, map[consent.Subject]time.Time{}, map[consent.Subject]int{}
	}
	n := len(f.files[s])
	if f.has("asks first and stores later") {
		f.mu.Unlock()
		for range 200 {
			runtime.Gosched()
		}
		f.mu.Lock()
	}
	conflict := n != after
	switch f.fault {
	case "no conflicts":
		conflict = false
	case "conflicts for what is behind only":
		conflict = after < n
	case "conflicts for what is ahead only":
		conflict = after > n
	}
	if conflict {
		if f.has("a conflict sets the look") {
			f.looks[s] = look
		}
		if f.has("a conflict is silent") {
			return nil
		}
		return rights.ErrConflict
	}
	if f.has("the same event once") && n > 0 && f.files[s][n-1].Time.Equal(e.Time) {
		return nil
	}
	if !f.has("keeps what it was given") {
		e = f.copied(e)
	}
	f.files[s] = append(f.files[s], e)
	switch {
	case f.has("the first look stays") && n > 0:
	case f.has("the earliest look stays") && n > 0 && !f.looks[s].IsZero() && f.looks[s].Before(look):
	case f.has("never is not stored") && look.IsZero():
	case f.has("looks of whole seconds"):
		f.looks[s] = look.Truncate(time.Second)
	case f.has("looks as text"):
		f.looks[s] = time.Date(look.Year(), look.Month(), look.Day(), look.Hour(), look.Minute(), look.Second(), look.Nanosecond(), time.UTC)
	default:
		f.looks[s] = look
	}
	return nil
}

func (f *faulty) Events(ctx context.Context, s consent.Subject) ([]rights.Event, error) {
	if err := ctx.Err(); err != nil && !f.has("events do not look at the context") {
		return nil, err
	}
	s = f.key(s)
	f.mu.Lock()
	defer f.mu.Unlock()
	events := f.files[s]
	if f.has("gives what it keeps") {
		return events, nil
	}
	var out []rights.Event
	for _, e := range events {
		out = append(out, f.copied(e))
	}
	switch {
	case f.has("a hundred events") && len(out) > 100:
		out = out[:100]
	case f.has("in the order of time"):
		slices.SortStableFunc(out, func(a, b rights.Event) int { return a.Time.Compare(b.Time) })
	case f.has("everybody's events"):
		out = nil
		for _, all := range f.files {
			out = append(out, all...)
		}
	case f.has("no file is a conflict") && len(out) == 0:
		return nil, rights.ErrConflict
	}
	return out, nil
}

func (f *faulty) Due(ctx context.Context, t time.Time) iter.Seq2[consent.Subject, error] {
	return func(yield func(consent.Subject, error) bool) {
		if err := ctx.Err(); err != nil && !f.has("due does not look at the context") {
			yield("", err)
			return
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		var all []consent.Subject
		for s, look := range f.looks {
			over := !look.IsZero() && !look.After(t)
			switch f.fault {
			case "due before, not by":
				over = !look.IsZero() && look.Before(t)
			case "never is due":
				over = !look.After(t)
			case "everybody is due":
				over = true
			case "due in one night only":
				over = over && f.yields[s] == 0
			}
			if over {
				all = append(all, s)
			}
			if over && f.has("once for each event") {
				for range len(f.files[s]) - 1 {
					all = append(all, s)
				}
			}
		}
		slices.SortFunc(all, func(a, b consent.Subject) int {
			if f.has("due by name") {
				return strings.Compare(string(a), string(b))
			}
			return f.looks[a].Compare(f.looks[b])
		})
		if f.has("due at most ten") {
			all = all[:min(10, len(all))]
		}
		for _, s := range all {
			f.yields[s]++
			f.mu.Unlock()
			more := yield(s, nil)
			f.mu.Lock()
			if !more {
				return
			}
		}
	}
}

// Every fault is found, and a store without one passes.
func TestFaultsAreFound(t *testing.T) {
	t.Parallel()
	for _, c := range storeCases() {
		assert.False(t, suitetest.Fails[rights.Store](t, c.Run, new(faulty)), c.Name)
	}
	for _, fault := range []string{
		"subjects in one case of letters", "whole seconds", "no intake", "no grounds", "no assessment", "no attribute", "sorted lists", "evidence of 255 bytes",
		"append does not look at the context", "asks first and stores later", "no conflicts", "conflicts for what is behind only", "conflicts for what is ahead only",
		"a conflict sets the look", "a conflict is silent", "the same event once", "keeps what it was given", "the first look stays", "the earliest look stays", "never is not stored",
		"looks of whole seconds", "looks as text", "events do not look at the context", "gives what it keeps", "a hundred events", "in the order of time", "everybody's events",
		"no file is a conflict", "due does not look at the context", "due before, not by", "never is due", "everybody is due", "due in one night only", "once for each event", "due by name",
		"due at most ten",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			seen := false
			for _, c := range storeCases() {
				seen = seen || suitetest.Fails[rights.Store](t, c.Run, &faulty{fault: fault})
			}
			assert.True(t, seen, "no case finds it")
		})
	}
}
