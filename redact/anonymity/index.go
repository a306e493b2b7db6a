package anonymity

import (
	"math/bits"
	"math/rand/v2"
)

// index numbers keys from 0 in the order in which they first come. It is a hash table with open addressing; the seed keeps a file from being
// written so that its rows all meet in one place. What it answers does not depend on the seed.
type index struct {
	slots []slot
	seed  uint64
	count int32
}

// slot has the number of a key, plus one; zero is free.
type slot struct {
	key    uint64
	number int32
}

// newIndex returns an index with room for so many keys; it grows for more.
func newIndex(keys uint64) *index {
	return &index{slots: make([]slot, max(1024, 1<<bits.Len64(keys+keys/3))), seed: rand.Uint64()}
}

// number returns the number of a key.
func (x *index) number(key uint64) int32 {
	at := x.find(key)
	if x.slots[at].number == 0 {
		if 3*len(x.slots) < 4*int(x.count+1) {
			x.grow()
			at = x.find(key)
		}
		x.count++
		x.slots[at] = slot{key, x.count}
	}
	return x.slots[at].number - 1
}

// find returns where the key is, or where it would be.
func (x *index) find(key uint64) uint64 {
	h := key ^ x.seed
	h = (h ^ h>>33) * 0xff51afd7ed558ccd // the finaliser of MurmurHash3
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	h ^= h >> 33
	mask := uint64(len(x.slots) - 1)
	at := h & mask
	for x.slots[at].number != 0 && x.slots[at].key != key {
		at = (at + 1) & mask
	}
	return at
}

func (x *index) grow() {
	old := x.slots
	x.slots = make([]slot, 2*len(old))
	for _, s := range old {
		if s.number != 0 {
			x.slots[x.find(s.key)] = s
		}
	}
}
