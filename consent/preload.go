package consent

import (
	"context"
	"slices"

	"github.com/purposebound/purposebound/purpose"
)

// preloadSize is how many subjects are read together.
const preloadSize = 1000

// Preload reads what is not in memory of the subjects, a thousand by one query, so that uses of them begin without waiting for the ledger.
// It permits nothing: every use is decided when it begins. A ledger that cannot read many at once, such as [Memory], is left alone.
// An error says that some were not read, and denies nobody: they are read one by one when they are used.
func (r *Registry) Preload(ctx context.Context, subjects []Subject) error {
	if r == nil || ctx == nil {
		return &purpose.Denied{Reason: purpose.Malformed}
	}
	many, ok := r.ledger.(Clustered)
	if !ok {
		return nil
	}
	for some := range slices.Chunk(subjects, preloadSize) {
		if err := r.preload(ctx, many, some); err != nil {
			return err
		}
	}
	return nil
}

// missing is a subject that is being read ahead.
type missing struct {
	entry      *entry
	generation uint64
	state      *state
}

func (r *Registry) preload(ctx context.Context, many Clustered, subjects []Subject) (err error) {
	if r.closed.Load() {
		return r.denied("", purpose.RegistryUnavailable, ErrClosed)
	}
	began := r.clock.elapsed()
	wanted := make(map[Subject]*missing, len(subjects))
	ids := make([]Subject, 0, len(subjects))
	for _, s := range subjects {
		if !s.Valid() || wanted[s] != nil {
			continue
		}
		sh := r.shard(s)
		sh.mu.Lock()
		if e := r.entry(sh, s); e.state == nil && e.loading == nil {
			e.pins++ // the entry stays, so that what happens meanwhile is noticed
			wanted[s] = &missing{entry: e, generation: e.generation, state: newState()}
			ids = append(ids, s)
		}
		sh.mu.Unlock()
	}
	if len(ids) == 0 {
		return nil
	}
	read := false
	defer func() { // also if the ledger panics
		for _, m := range wanted {
			sh := m.entry.shard
			sh.mu.Lock()
			m.entry.pins--
			if read && m.state != nil && m.entry.generation == m.generation && m.entry.state == nil && !r.closed.Load() {
				m.entry.state = m.state
			}
			sh.mu.Unlock()
		}
	}()
	// Only now, when a lapse would find the entries.
	if began >= r.clock.lease.Load() {
		return r.denied("", purpose.RegistryUnavailable, r.node.why())
	}
	var watermark uint64
	if r.node != nil {
		watermark = r.node.watermark.Load()
	}
	head, err := many.Load(ctx, ids, func(s Subject, e Event) error {
		m := wanted[s]
		if m == nil || m.state == nil {
			return nil // what is wrong with one is told when it is used
		}
		if m.state.next(e) != nil {
			m.state = nil
		}
		return nil
	})
	if err == nil && head < watermark {
		err = ErrLedgerRegressed
	}
	if err == nil {
		err = ctx.Err()
	}
	r.counters.loads.Add(uint64(len(ids)))
	if err != nil {
		r.counters.failed.Add(uint64(len(ids)))
		return r.outage(ctx, "", err)
	}
	read = true
	for _, m := range wanted {
		if m.state != nil {
			m.state.read = began
			if !m.state.last.IsZero() {
				r.clock.raise(m.state.last)
			}
		}
	}
	return nil
}
