package consent

import (
	"iter"

	"github.com/purposebound/purposebound/purpose"
)

// Folded is a state, for tests of fold. Two are equal if everything later decisions rest on is.
type Folded struct{ state state }

// FoldForTest is fold, over events that come after those of f.
func FoldForTest(f Folded, events iter.Seq2[Event, error]) (Folded, error) {
	s, err := fold(f.state, events)
	return Folded{s}, err
}

// Facts are the facts of the state.
func (f Folded) Facts() *purpose.Facts { return &f.state.facts }

// CachedForTest counts the subjects that are kept in memory.
func (r *Registry) CachedForTest() int {
	n := 0
	for i := range r.shards {
		r.shards[i].mu.Lock()
		n += len(r.shards[i].subjects)
		r.shards[i].mu.Unlock()
	}
	return n
}

// CopyForTest copies a permit as no program may.
func CopyForTest(p *Permit) *Permit {
	c := &Permit{grant: p.grant, clock: p.clock, ctx: p.ctx, begun: p.begun, deadline: p.deadline}
	return c
}
