package consent

import "unsafe"

// What a subject takes in memory besides its texts, in bytes.
const (
	entrySize = int32(unsafe.Sizeof(entry{}) + 2*(unsafe.Sizeof(Subject(""))+unsafe.Sizeof((*entry)(nil)))) // with its place in a map half full
	grantSize = 128
	knownSize = int32(unsafe.Sizeof(Known{}))
)

// removed is the size of an entry that has left memory.
const removed = -1

// tries is how many subjects are looked at, at random, to find one that may leave memory.
const tries = 16

// weigh counts the entry anew. The shard is locked.
func (e *entry) weigh() {
	if e.size == removed {
		return
	}
	size := entrySize + int32(len(e.subject)) + e.beside
	if e.known != nil {
		size += knownSize + int32(len(e.known.text))
	}
	for g := e.live; g != nil; g = g.next {
		if g != &e.first {
			size += grantSize
		}
	}
	e.shard.bytes += int64(size - e.size)
	e.size = size
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
	sh.bytes -= int64(e.size)
	e.size = removed
}
