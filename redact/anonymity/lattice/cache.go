package lattice

import (
	"cmp"
	"slices"
)

// cache keeps the classes of nodes that were looked at, because those of a node above are put together from them faster than from the base classes.
type cache struct {
	entries []entry // the fewest classes first
	size    int
	turn    int
}

type entry struct {
	classes *classes
	size    int
	used    int
}

// most of a cache is how many numbers it keeps, of four bytes, and of how many nodes.
const (
	mostCached  = 1 << 24
	mostEntries = 2048
)

// below returns the fewest classes that those of a node are unions of.
func (c *cache) below(levels []int, base *classes) *classes {
entries:
	for i := range c.entries {
		e := &c.entries[i]
		for q, level := range e.classes.levels {
			if level > levels[q] {
				continue entries
			}
		}
		c.turn++
		e.used = c.turn
		return e.classes
	}
	return base
}

// add keeps classes, instead of those that were of no use for longest.
func (c *cache) add(classes *classes, base *classes) {
	if 4*len(classes.first) > 3*len(base.first) {
		return
	}
	size := 3 * len(classes.first)
	for _, s := range classes.spread {
		size += 2*cap(s.values) + len(s.starts)
	}
	for len(c.entries) > 0 && (c.size+size > mostCached || len(c.entries) >= mostEntries) {
		oldest := 0
		for i, e := range c.entries {
			if e.used < c.entries[oldest].used {
				oldest = i
			}
		}
		c.size -= c.entries[oldest].size
		c.entries = slices.Delete(c.entries, oldest, oldest+1)
	}
	c.turn++
	c.size += size
	at, _ := slices.BinarySearchFunc(c.entries, len(classes.first), func(e entry, n int) int { return cmp.Compare(len(e.classes.first), n) })
	c.entries = slices.Insert(c.entries, at, entry{classes, size, c.turn})
}
