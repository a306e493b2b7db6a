package consent

import (
	"maps"
	"slices"
)

// Snapshot is what a standby has that lacks what comes later.
type Snapshot struct {
	of       *SharedMemory
	subjects map[Subject]*remembered
	feed     []Change
	marks    []uint64
	nodes    map[NodeID]*Peer
}

// Snapshot copies the ledger.
func (m *SharedMemory) Snapshot() *Snapshot {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.memory.mu.Lock()
	defer m.memory.mu.Unlock()
	s := &Snapshot{of: m, subjects: make(map[Subject]*remembered), feed: slices.Clone(m.feed), marks: slices.Clone(m.marks), nodes: make(map[NodeID]*Peer)}
	for id, r := range m.memory.subjects {
		s.subjects[id] = &remembered{r.root, slices.Clone(r.records), maps.Clone(r.ids)}
	}
	for id, p := range m.nodes {
		copied := *p
		s.nodes[id] = &copied
	}
	return s
}

// FailOver makes the ledger another server's, which has it all.
func (m *SharedMemory) FailOver(server string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.server = server
}

// Keep drops every node but those of another copy.
func (s *Snapshot) Keep(earlier *Snapshot) {
	maps.DeleteFunc(s.nodes, func(id NodeID, _ *Peer) bool { return earlier.nodes[id] == nil })
}

// Restore puts the copy in the place of the ledger, as a server of another name.
func (s *Snapshot) Restore(server string) {
	m := s.of
	m.mu.Lock()
	defer m.mu.Unlock()
	m.memory.mu.Lock()
	defer m.memory.mu.Unlock()
	m.memory.subjects, m.feed, m.nodes, m.head = s.subjects, s.feed, s.nodes, uint64(len(s.feed))
	m.made, m.marks = m.made[:len(s.feed)], s.marks
	m.server = server
}
