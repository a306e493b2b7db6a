package anonymity

import (
	"fmt"
	"math/bits"
	"slices"
)

// Classes are the rows of a table put together by their quasi-identifiers: who knows only those of a person cannot tell the rows of
// a class apart. The package comment says which classes a row with absent cells belongs to. Classes do not change with the table.
type Classes struct {
	table    *Table
	quasi    []*column // those with any value
	rows     int       // rows of the table when it was grouped
	of       []int32   // class of each row, or noClass
	first    []int32   // of each class, a row
	complete int       // classes, the first ones, whose rows have all cells
	members  []int     // of each class, the rows that are in no other
	own      []int     // of each class, the people whom these rows are about; members, where rows are counted
	sizes    []int     // of each class, the people of all its rows
	held     []int     // of each class, the people of whom no row is in a smaller one; members, where rows are counted
	gaps     bool      // some rows lack cells
	loose    []loose
	several  bool // a person has rows in several classes
}

const noClass = -1

// loose are rows with absent cells that are in several classes.
type loose struct {
	rows     int
	people   int // of whom no row is in a smaller class
	smallest int // size of the smallest of the classes
}

// Classes groups the rows by all quasi-identifiers together. A table without rows is an [ErrEmpty], one without quasi-identifiers an
// [ErrColumn], and one without any cell of them an [ErrSuppressed].
func (t *Table) Classes() (*Classes, error) {
	c := &Classes{table: t, rows: t.rows}
	all := t.with(QuasiIdentifier)
	for _, q := range all {
		if len(q.values) > 0 {
			c.quasi = append(c.quasi, q)
		}
	}
	switch {
	case t.rows == 0:
		return nil, ErrEmpty
	case len(all) == 0:
		return nil, fmt.Errorf("%w: none is a quasi-identifier", ErrColumn)
	case len(c.quasi) == 0:
		return nil, ErrSuppressed
	}
	c.group()
	return c, nil
}

// group finds the classes.
func (c *Classes) group() {
	whole := c.whole()
	c.gaps = whole != nil
	ids, count := number(c.quasi, whole, c.rows)
	c.of = ids
	if c.gaps {
		c.of = make([]int32, c.rows)
		for row := range c.of {
			c.of[row] = noClass
		}
		for i, row := range whole {
			c.of[row] = ids[i]
		}
	}
	c.complete = count
	c.members = make([]int, count)
	c.first = make([]int32, count)
	for row, class := range c.of {
		if class == noClass {
			continue
		}
		if c.members[class] == 0 {
			c.first[class] = int32(row)
		}
		c.members[class]++
	}
	c.own, c.held, c.sizes = c.members, c.members, c.members
	var inside *crowd
	if c.table.persons != nil {
		inside = newCrowd(c.table.persons)
		c.own = make([]int, count)
		for row, class := range c.of {
			if class != noClass && inside.enters(class, int32(row)) {
				c.own[class]++
			}
		}
		c.sizes = c.own
	}
	var rows [][]int32
	var only []int32
	if c.gaps {
		c.sizes = slices.Clone(c.own)
		rows, only = c.place(inside)
	}
	if c.table.persons != nil {
		c.settle(rows, only)
	}
}

// whole returns the rows without absent cells, nil for all rows.
func (c *Classes) whole() []int32 {
	absent := false
	for _, q := range c.quasi {
		absent = absent || q.absent > 0
	}
	if !absent {
		return nil
	}
	whole := []int32{}
rows:
	for row := range c.rows {
		for _, q := range c.quasi {
			if q.codes[row] < valueCode {
				continue rows
			}
		}
		whole = append(whole, int32(row))
	}
	return whole
}

// number numbers the combinations of cells in columns, from 0 in the order in which the rows have them. Rows nil stands for the first n; otherwise
// the answer is by place in rows.
func number(columns []*column, rows []int32, n int) (ids []int32, count int) {
	if rows != nil {
		n = len(rows)
	}
	ids, count = make([]int32, n), 1
	if n == 0 {
		return ids, 0
	}
	for len(columns) > 0 {
		taken, strides, most := pack(columns, uint64(count))
		x := newIndex(min(uint64(n), most))
		var keys [1024]uint64
		for start := 0; start < n; start += len(keys) {
			block := keys[:min(len(keys), n-start)]
			for i := range block {
				block[i] = uint64(ids[start+i])
			}
			for at, c := range columns[:taken] {
				if stride := strides[at]; rows == nil {
					for i, code := range c.codes[start : start+len(block)] {
						block[i] += uint64(code) * stride
					}
				} else {
					for i, row := range rows[start : start+len(block)] {
						block[i] += uint64(c.codes[row]) * stride
					}
				}
			}
			for i, key := range block {
				ids[start+i] = x.number(key)
			}
		}
		columns, count = columns[taken:], int(x.count)
	}
	return ids, count
}

// pack returns how many of the columns fit into one number beside a first digit below count, what a code of each is multiplied by, and how
// many such numbers there are. One column always fits, because count and codes are less than 2³².
func pack(columns []*column, count uint64) (taken int, strides []uint64, most uint64) {
	most = count
	for _, c := range columns {
		over, next := bits.Mul64(most, c.width())
		if over != 0 {
			break
		}
		strides = append(strides, most)
		most = next
	}
	return len(strides), strides, most
}

// Count returns how many classes there are.
func (c *Classes) Count() int { return len(c.sizes) }

// K returns the size of the smallest class, in people if the table counts them: the table is k-anonymous for every k up to it (Sweeney, 2002).
func (c *Classes) K() int {
	k := c.sizes[0]
	for _, size := range c.sizes {
		k = min(k, size)
	}
	return k
}

// people returns how many people are in classes; each row is one, where rows are counted.
func (c *Classes) people() int {
	people := 0
	for _, n := range c.held {
		people += n
	}
	for _, l := range c.loose {
		people += l.people
	}
	return people
}

// counted returns how many rows are in classes, and how many of these lack cells.
func (c *Classes) counted() (rows, partial int) {
	for class, n := range c.members {
		rows += n
		if class >= c.complete {
			partial += n
		}
	}
	for _, l := range c.loose {
		rows += l.rows
		partial += l.rows
	}
	return rows, partial
}
