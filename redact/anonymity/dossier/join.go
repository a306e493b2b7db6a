package dossier

import (
	"context"
	"encoding/binary"
	"math"
	"slices"
)

// tuple is rows with the same cells in the columns of a join.
type tuple struct {
	codes  []uint32
	rows   []int32
	people int // whom they are about; 0: not counted yet
}

// shown says which columns have a value, as a letter for each.
func (t *tuple) shown() string {
	b := make([]byte, len(t.codes))
	for i, code := range t.codes {
		b[i] = '-'
		if code >= absent {
			b[i] = 's'
		}
	}
	return string(b)
}

// tuples puts the rows of a table together, in the order in which they first come. Rows nil: all.
func (s *side) tuples(columns []string, rows []int32) []*tuple {
	if rows == nil {
		rows = make([]int32, s.rows)
		for row := range rows {
			rows[row] = int32(row)
		}
	}
	var tuples []*tuple
	known := map[string]*tuple{}
	codes := make([]uint32, len(columns))
	var key []byte
	for _, row := range rows {
		key = key[:0]
		for i, name := range columns {
			codes[i] = s.columns[name].codes[row]
			if codes[i] < absent {
				codes[i] = 0
			}
			key = binary.NativeEndian.AppendUint32(key, codes[i])
		}
		t := known[string(key)]
		if t == nil {
			t = &tuple{codes: slices.Clone(codes)}
			known[string(key)] = t
			tuples = append(tuples, t)
		}
		t.rows = append(t.rows, row)
	}
	return tuples
}

// join calls visit with each tuple of a and each of b that agree in every column where both have a value.
//
// A column in which every value of b agrees with one of a at most, as when a was recoded column by column, or the other way round, is looked up, and
// so are the values of one other column; the rest are compared pair by pair. So a join of two tables that were recoded by regions takes time in
// proportion to the product of their tuples, but for that one column.
func join(ctx context.Context, w *world, columns []string, a, b *side, as, bs []*tuple, visit func(a, b *tuple)) error {
	relations := make([]relation, len(columns))
	for i, name := range columns {
		relations[i] = relate(w.agreeing(name, a, b), len(b.columns[name].texts))
	}
	mine, theirs := byShown(as), byShown(bs)
	for _, shownA := range keys(mine) {
		for _, shownB := range keys(theirs) {
			var both []int
			for i := range columns {
				if shownA[i] == 's' && shownB[i] == 's' {
					both = append(both, i)
				}
			}
			if err := joinOn(ctx, both, relations, mine[shownA], theirs[shownB], visit); err != nil {
				return err
			}
		}
	}
	return nil
}

func byShown(tuples []*tuple) map[string][]*tuple {
	by := map[string][]*tuple{}
	for _, t := range tuples {
		by[t.shown()] = append(by[t.shown()], t)
	}
	return by
}

// relation is which codes of a column agree.
type relation struct {
	agree    [][]uint32 // codes of b for each of a, in order
	codes    int        // that b has
	toA, toB []uint32   // the one that each code of b, or of a, agrees with, 0 for none; nil if one agrees with several
}

func relate(agree [][]uint32, codes int) relation {
	r := relation{agree: agree, codes: codes, toA: make([]uint32, codes), toB: make([]uint32, len(agree))}
	for a, others := range agree {
		if len(others) > 1 {
			r.toB = nil
		}
		for _, b := range others {
			if r.toB != nil {
				r.toB[a] = b
			}
			if r.toA != nil && r.toA[b] != 0 {
				r.toA = nil
			}
			if r.toA != nil {
				r.toA[b] = uint32(a)
			}
		}
	}
	return r
}

// joinOn joins on some of the columns, in which all tuples have values.
func joinOn(ctx context.Context, on []int, relations []relation, as, bs []*tuple, visit func(a, b *tuple)) error {
	key := func(codes []uint32, ofA bool) (string, bool) {
		b := make([]byte, 0, 4*len(on))
		for _, i := range on {
			code, r := codes[i], relations[i]
			switch {
			case r.toA != nil && !ofA:
				code = r.toA[code]
			case r.toA == nil && r.toB != nil && ofA:
				code = r.toB[code]
			case r.toA == nil && r.toB == nil:
				continue
			}
			if code == 0 {
				return "", false
			}
			b = binary.NativeEndian.AppendUint32(b, code)
		}
		return string(b), true
	}
	first := sharpest(on, relations)
	buckets := map[string]map[uint32][]*tuple{} // by key and then by the code in the first column
	for _, t := range bs {
		k, ok := key(t.codes, false)
		if !ok {
			continue
		}
		if buckets[k] == nil {
			buckets[k] = map[uint32][]*tuple{}
		}
		code := uint32(0)
		if first >= 0 {
			code = t.codes[first]
		}
		buckets[k][code] = append(buckets[k][code], t)
	}
	whole := []uint32{0}
	for _, t := range as {
		if err := ctx.Err(); err != nil {
			return err
		}
		k, ok := key(t.codes, true)
		if !ok {
			continue
		}
		codes := whole
		if first >= 0 {
			codes = relations[first].agree[t.codes[first]]
		}
		for _, code := range codes {
			visitAgreeing(on, first, relations, t, buckets[k][code], visit)
		}
	}
	return nil
}

// visitAgreeing calls visit with those of the tuples that agree with t in the columns that are not looked up.
func visitAgreeing(on []int, first int, relations []relation, t *tuple, others []*tuple, visit func(a, b *tuple)) {
pairs:
	for _, other := range others {
		for _, i := range on {
			r := relations[i]
			if i == first || r.toA != nil || r.toB != nil {
				continue
			}
			if _, agrees := slices.BinarySearch(r.agree[t.codes[i]], other.codes[i]); !agrees {
				continue pairs
			}
		}
		visit(t, other)
	}
}

// sharpest returns the column, of those that are not looked up, in which a value agrees with the least share of the others, or -1.
func sharpest(on []int, relations []relation) int {
	best, least := -1, math.Inf(1)
	for _, i := range on {
		r := relations[i]
		if r.toA != nil || r.toB != nil {
			continue
		}
		pairs := 0
		for _, others := range r.agree {
			pairs += len(others)
		}
		if share := float64(pairs) / float64(len(r.agree)) / float64(r.codes); share < least {
			best, least = i, share
		}
	}
	return best
}
