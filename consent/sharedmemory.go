package consent

import (
	"context"
	"iter"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// SharedMemory is a [Memory] that several registries of one process use together, for tests: what a database is to several
// machines. The zero SharedMemory is empty and ready; it must not be copied.
type SharedMemory struct {
	memory Memory
	mu     sync.Mutex // of what follows; never held while memory is called, save by Append
	head   uint64
	latest time.Time
	feed   []Change
	made   []time.Time
	marks  []uint64
	nodes  map[NodeID]*Peer
	system string // settled
	server string
}

var (
	_ Ledger    = (*SharedMemory)(nil)
	_ Redactor  = (*SharedMemory)(nil)
	_ Clustered = (*SharedMemory)(nil)
	_ Cluster   = (*SharedMemory)(nil)
)

// Append is [Ledger.Append]. A tightening event and its place in the feed become visible together.
func (m *SharedMemory) Append(ctx context.Context, s Subject, after uint64, e Event) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.memory.length(s)
	seq, err := m.memory.Append(ctx, s, after, e)
	if err == nil && seq > before && e.Kind.Tightens() {
		m.head++
		m.feed = append(m.feed, Change{Position: m.head, Subject: s, Seq: seq, Reach: e.Reach()})
		m.made, m.marks = append(m.made, time.Now()), append(m.marks, rand.Uint64())
		if e.Time.After(m.latest) {
			m.latest = e.Time
		}
	}
	return seq, err
}

// Events is [Ledger.Events].
func (m *SharedMemory) Events(ctx context.Context, s Subject, after uint64) iter.Seq2[Event, error] {
	return m.memory.Events(ctx, s, after)
}

// Redact is [Redactor.Redact].
func (m *SharedMemory) Redact(ctx context.Context, s Subject, through uint64) error {
	return m.memory.Redact(ctx, s, through)
}

// Cluster returns m.
func (m *SharedMemory) Cluster() Cluster { return m }

// Load is [Clustered.Load]. The head is read first: what is read after it is no older.
func (m *SharedMemory) Load(ctx context.Context, subjects []Subject, each func(Subject, Record) error) (uint64, error) {
	m.mu.Lock()
	head := m.head
	m.mu.Unlock()
	for _, s := range subjects {
		if !s.Valid() {
			return 0, ErrSubject
		}
		for _, r := range m.memory.stored(s) {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			if err := each(s, r); err != nil {
				return 0, err
			}
		}
	}
	return head, ctx.Err()
}

// Sync is [Cluster.Sync].
func (m *SharedMemory) Sync(ctx context.Context, r Report) (Feed, error) {
	if err := ctx.Err(); err != nil {
		return Feed{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	if r.Settled != "" {
		m.system = r.Settled
	}
	out := Feed{Head: m.head, Mark: m.mark(m.head), Latest: m.latest, Settled: m.system}
	if r.Renew {
		out.Time, out.System = now, m.name()
	}
	have := m.nodes[r.Node]
	switch {
	case r.Leave:
		delete(m.nodes, r.Node)
		return out, nil
	case r.Applied > m.head, r.Applied > 0 && r.Mark != m.mark(r.Applied):
		return Feed{Head: m.head}, ErrLedgerRegressed
	case r.Renew && r.Number == 1:
		if have != nil {
			return Feed{}, ErrFenced
		}
		if m.nodes == nil {
			m.nodes = make(map[NodeID]*Peer)
		}
		m.nodes[r.Node] = &Peer{Node: r.Node, Number: 1, Applied: m.head}
		return out, nil
	}
	behind := m.feed[r.Applied:]
	if r.Renew {
		late := len(behind) > 0 && now.Sub(m.made[r.Applied]) > r.Patience
		if have == nil || have.Fenced || have.Number >= r.Number || late {
			return Feed{}, ErrFenced
		}
		have.Number = r.Number
	}
	if have != nil && have.Number == r.Number && (r.Renew || r.Changed) {
		have.Applied, have.Draining = r.Applied, slices.Clone(r.Draining)
	}
	out.Changes = slices.Clone(behind)
	return out, nil
}

func (m *SharedMemory) name() string { return "memory " + m.server }

func (m *SharedMemory) mark(position uint64) uint64 {
	if position == 0 {
		return 0
	}
	return m.marks[position-1]
}

// Peers is [Cluster.Peers].
func (m *SharedMemory) Peers(ctx context.Context) (Peers, error) {
	if err := ctx.Err(); err != nil {
		return Peers{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	out := Peers{Head: m.head, System: m.name()}
	for _, p := range m.nodes {
		out.Nodes = append(out.Nodes, *p)
	}
	return out, nil
}

// Fence is [Cluster.Fence].
func (m *SharedMemory) Fence(ctx context.Context, node NodeID, number uint64) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.nodes[node]
	if p == nil || !p.Fenced && p.Number != number {
		return false, nil
	}
	p.Fenced = true
	return true, nil
}
