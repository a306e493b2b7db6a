package redacttest

import "sync"

// sink keeps what was written to one place, and from where.
type sink struct {
	name string

	mu     sync.Mutex
	data   []byte
	writes []write
}

type write struct {
	end   int // in the sink's data
	stack []uintptr
}

// Write records p.
func (s *sink) Write(p []byte) (int, error) {
	s.record(p, stack())
	return len(p), nil
}

func (s *sink) record(p []byte, stack []uintptr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data = append(s.data, p...)
	s.writes = append(s.writes, write{len(s.data), stack})
}

// take returns what was written and forgets it.
func (s *sink) take() ([]byte, []write) {
	s.mu.Lock()
	defer s.mu.Unlock()
	data, writes := s.data, s.writes
	s.data, s.writes = nil, nil
	return data, writes
}
