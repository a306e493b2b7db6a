package rights

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
)

// Store keeps what happened to requests: for each person a file of events that is only added to. Implementations are safe for concurrent use. Errors must name no person.
type Store interface {
	// Append must add the event to the person's file if that has exactly after events, so that it survives a crash, and set when the file is to be looked at next, zero for never. Otherwise it must
	// change nothing and return [ErrConflict].
	Append(ctx context.Context, s consent.Subject, after int, e Event, look time.Time) error
	// Events must return the whole file, in order; nothing for a person without.
	Events(ctx context.Context, s consent.Subject) ([]Event, error)
	// Due must yield the persons whose file is to be looked at no later than t, each once, those to be looked at first before others. What is appended meanwhile may be missing.
	Due(ctx context.Context, t time.Time) iter.Seq2[consent.Subject, error]
}

// Memory is a [Store] in memory, for tests and demonstrations. The zero Memory is ready for use. It is safe for concurrent use.
type Memory struct {
	mu    sync.Mutex
	files map[consent.Subject]*file
}

type file struct {
	events []Event
	look   time.Time
}

var _ Store = (*Memory)(nil)

// Append implements [Store].
func (m *Memory) Append(ctx context.Context, s consent.Subject, after int, e Event, look time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.files[s]
	if f == nil {
		f = new(file)
	}
	if len(f.events) != after {
		return ErrConflict
	}
	if m.files == nil {
		m.files = make(map[consent.Subject]*file)
	}
	f.events, f.look = append(f.events, clone(e)), look
	m.files[s] = f
	return nil
}

// Events implements [Store].
func (m *Memory) Events(ctx context.Context, s consent.Subject) ([]Event, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.files[s]
	if f == nil {
		return nil, nil
	}
	out := make([]Event, len(f.events))
	for i, e := range f.events {
		out[i] = clone(e)
	}
	return out, nil
}

// Due implements [Store].
func (m *Memory) Due(ctx context.Context, t time.Time) iter.Seq2[consent.Subject, error] {
	return func(yield func(consent.Subject, error) bool) {
		type at struct {
			s    consent.Subject
			look time.Time
		}
		var due []at
		m.mu.Lock()
		for s, f := range m.files {
			if !f.look.IsZero() && !f.look.After(t) {
				due = append(due, at{s, f.look})
			}
		}
		m.mu.Unlock()
		slices.SortFunc(due, func(a, b at) int { return cmp.Or(a.look.Compare(b.look), cmp.Compare(a.s, b.s)) })
		for _, d := range due {
			if err := ctx.Err(); err != nil {
				yield("", err)
				return
			}
			if !yield(d.s, nil) {
				return
			}
		}
	}
}

// Forget deletes what was said in the person's requests that were received no later than the day of until (UTC). It can be the program's eraser for the attributes request.contact and request.nature, and a
// store of one's own needs the like: what happened stays, without it.
func (m *Memory) Forget(_ context.Context, s consent.Subject, until time.Time) error {
	const day = 24 * time.Hour
	m.mu.Lock()
	defer m.mu.Unlock()
	if f := m.files[s]; f != nil {
		for i, e := range f.events {
			if e.Intake != nil && !e.Time.Truncate(day).After(until.Truncate(day)) {
				f.events[i].Intake.Contact, f.events[i].Intake.Nature = pii.Sealed[Contact]{}, pii.Sealed[Nature]{}
			}
		}
	}
	return nil
}

func clone(e Event) Event {
	if e.Intake != nil {
		intake := *e.Intake
		e.Intake = &intake
	}
	if e.Assessment != nil {
		assessment := *e.Assessment
		e.Assessment = &assessment
	}
	e.Inform, e.Grounds = slices.Clone(e.Inform), slices.Clone(e.Grounds)
	return e
}
