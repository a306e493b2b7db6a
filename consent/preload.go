package consent

import (
	"cmp"
	"context"
	"slices"

	"github.com/purposebound/purposebound/purpose"
)

// preloadSize is how many subjects are read together.
const preloadSize = 1000

// Preload reads what is not in memory of the subjects, a thousand by one query, so that uses of them begin without waiting for the ledger.
// It permits nothing: what was read is checked, and every use decided, when it begins. A ledger that cannot read many at once, such as [Memory], is left alone.
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
	records    packed // "": none yet
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
		if e := r.entry(sh, s); e.known == nil && e.loading == nil {
			e.pins++ // the entry stays, so that what happens meanwhile is noticed
			wanted[s] = &missing{entry: e, generation: e.generation}
			ids = append(ids, s)
		}
		sh.mu.Unlock()
	}
	if len(ids) == 0 {
		return nil
	}
	read := false
	var records unread
	none := records.take(began) // of who has none
	defer func() {              // also if the ledger panics
		for _, m := range wanted {
			sh := m.entry.shard
			sh.mu.Lock()
			// A read that is in progress may find what no change tells of any more: nothing may be permitted by what was read before it.
			if e := m.entry; read && e.generation == m.generation && e.known == nil && e.loading == nil && !r.closed.Load() {
				e.learnUnread(r, cmp.Or(m.records, none))
			}
			m.entry.pins--
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
	var of *missing
	var whose Subject
	head, err := many.Load(ctx, ids, func(s Subject, record Record) error {
		if s != whose {
			if of != nil {
				of.records = records.take(began)
			}
			of, whose = wanted[s], s
		}
		if of != nil {
			records.add(record)
		}
		return nil
	})
	if of != nil {
		of.records = records.take(began)
	}
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
	return nil
}
