package consent

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
)

// Memory is a [Ledger] and [Redactor] in memory, for tests and for programs that need not remember. The zero Memory is
// empty and ready; it must not be copied. It stores the same records as other ledgers do and verifies them on reading.
// Nothing survives the process: of all that a Ledger must do, a Memory does not keep events through a crash.
type Memory struct {
	holding
	mu       sync.Mutex
	subjects map[Subject]*remembered
}

// remembered is one subject's ledger. Elements of records are never written again once they are there, so that a
// reader may go on with the slice it took.
type remembered struct {
	root    [32]byte
	records []Record
	ids     map[string]int // index in records
}

var (
	_ Ledger   = (*Memory)(nil)
	_ Redactor = (*Memory)(nil)
	_ Holder   = (*Memory)(nil)
)

// Append adds the event to the subject's ledger, as [Ledger] says. An invalid subject is refused with [ErrSubject] and
// an event that no ledger can store with [ErrFormat].
func (m *Memory) Append(ctx context.Context, s Subject, after uint64, e Event) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("consent: append: %w", err)
	}
	if !s.Valid() {
		return 0, ErrSubject
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var had remembered
	if r := m.subjects[s]; r != nil {
		had = *r
	} else {
		had.root = Root(s)
	}
	e.Seq = uint64(len(had.records)) + 1
	r, err := Encode(e, had.chain(len(had.records)), nil)
	if err != nil {
		return 0, err
	}
	if i, ok := had.ids[e.ID]; ok {
		stored, err := Decode(had.records[i], had.chain(i))
		if err != nil {
			return 0, err
		}
		if !stored.Same(e) {
			return 0, ErrEventExists
		}
		return stored.Seq, nil
	}
	if after != Any && after != uint64(len(had.records)) {
		return 0, ErrConflict
	}
	if m.subjects == nil {
		m.subjects = make(map[Subject]*remembered)
	}
	if m.subjects[s] == nil {
		m.subjects[s] = &remembered{root: had.root, ids: make(map[string]int)}
	}
	mine := m.subjects[s]
	mine.ids[e.ID] = len(mine.records)
	mine.records = append(mine.records, r)
	return e.Seq, nil
}

// Events yields the subject's events with a number above after, as they were when the loop began.
// The loop may call the Memory's other methods.
func (m *Memory) Events(ctx context.Context, s Subject, after uint64) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		if !s.Valid() {
			yield(Event{}, ErrSubject)
			return
		}
		m.mu.Lock()
		var had remembered
		if r := m.subjects[s]; r != nil {
			had = *r
		}
		m.mu.Unlock()
		for i := int(min(after, uint64(len(had.records)))); ; i++ {
			if err := ctx.Err(); err != nil {
				yield(Event{}, fmt.Errorf("consent: events: %w", err))
				return
			}
			if i == len(had.records) {
				return
			}
			e, err := Decode(had.records[i], had.chain(i))
			if err == nil && e.Seq != uint64(i)+1 {
				err = ErrChain
			}
			if err != nil {
				yield(Event{}, err)
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// Redact blanks payloads, as [Redactor] says. It changes nothing if the chain is broken.
func (m *Memory) Redact(ctx context.Context, s Subject, through uint64) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("consent: redact: %w", err)
	}
	if !s.Valid() {
		return ErrSubject
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	had := m.subjects[s]
	if had == nil {
		return nil
	}
	records := slices.Clone(had.records) // a reader may hold the old slice
	for i := range int(min(through, uint64(len(records)))) {
		e, err := Decode(records[i], had.chain(i))
		if err != nil {
			return err
		}
		if !e.Kind.proof() {
			records[i].Payload = nil
		}
	}
	had.records = records
	return nil
}

// chain returns the chain before record i.
func (r remembered) chain(i int) [32]byte {
	if i == 0 {
		return r.root
	}
	return r.records[i-1].Chain
}

// stored returns the subject's records.
func (m *Memory) stored(s Subject) []Record {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.subjects[s]; r != nil {
		return r.records
	}
	return nil
}

// length returns how many events the subject has.
func (m *Memory) length(s Subject) uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.subjects[s]; r != nil {
		return uint64(len(r.records))
	}
	return 0
}
