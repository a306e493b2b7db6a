package consent

import "unsafe"

// What a subject takes in memory besides its texts, in bytes.
const (
	entrySize = int32(unsafe.Sizeof(entry{}) + 2*(unsafe.Sizeof(Subject(""))+unsafe.Sizeof((*entry)(nil)))) // with its place in a map half full
	grantSize = 128
	knownSize = int32(unsafe.Sizeof(Known{}))
)

// maxBeside is the most that is believed of what is attached, in bytes.
const maxBeside = 1 << 20

// removed is the size of an entry that has left memory.
const removed = -1

// tries is how many subjects are looked at, at random, to find one that may leave memory.
const tries = 16

// weigh counts the entry anew. The shard is locked.
func (e *entry) weigh() {
	if e.size == removed {
		return
	}
	size := entrySize + int32(len(e.subject)) + e.beside + e.known.size()
	older := func(g *grant) {
		if g.known != e.known {
			size += g.known.size()
		}
	}
	older(&e.first) // which is there as long as the entry, on a list or not
	for g := e.live; g != nil; g = g.next {
		if g != &e.first {
			size += grantSize
			older(g)
		}
	}
	e.shard.bytes += int64(size - e.size)
	e.size = size
}

// grow counts the entry anew, and lets subjects go if those there are take too much now: this one, too, if it is neither pinned nor in use. The shard is locked.
func (e *entry) grow(r *Registry) {
	e.weigh()
	e.shard.makeRoom(r.limit)
}

// size is about what is known takes, and the facts in it if somebody asked for them.
func (k *Known) size() int32 {
	if k == nil {
		return 0
	}
	size := int(knownSize) + len(k.text)
	if f := k.facts.Load(); f != nil {
		size += int(unsafe.Sizeof(*f)) + places(f.Consents) + places(f.Cases) + places(f.Consumed)
	}
	return int32(size)
}

// places is about what a map takes besides its texts: eight places at least, if it has any.
func places[K comparable, V any](m map[K]V) int {
	var key K
	var value V
	return (len(m) + 7) &^ 7 * int(unsafe.Sizeof(key)+unsafe.Sizeof(value))
}

// makeRoom lets subjects go for one that comes, if those there are take more than limit: of a few at random those that nobody has asked for since
// they were last looked at, or else one of the others; none that is in use. The shard is locked.
func (sh *shard) makeRoom(limit int64) {
	if sh.bytes <= limit {
		return
	}
	var second *entry
	tried, gone := 0, 0
	for _, e := range sh.subjects { // map order is as good as any
		switch {
		case e.asked():
			second = e
		case e.idle():
			sh.remove(e)
			gone++
		}
		if tried++; tried == tries || sh.bytes <= limit {
			break
		}
	}
	if gone == 0 && second != nil && second.idle() {
		sh.remove(second)
	}
}

// asked reports whether a use was begun under what the entry keeps, since it was asked last.
func (e *entry) asked() bool {
	asked := false
	for _, g := range e.grants {
		if g != nil && g.recent {
			g.recent, asked = false, true
		}
	}
	return asked
}

func (sh *shard) remove(e *entry) {
	delete(sh.subjects, e.subject)
	sh.doubt = sh.doubt || e.doubt
	sh.bytes -= int64(e.size)
	e.size = removed
}
