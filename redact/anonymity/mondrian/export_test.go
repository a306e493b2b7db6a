package mondrian

import "slices"

// Median returns the rank in the middle of some, and how many are below it and up to it.
func Median(ranks []uint32) (rank uint32, below, upTo int) {
	w := worker{
		partition: &partition{width: 1, records: ranks},
		low:       []uint32{slices.Min(ranks)},
		high:      []uint32{slices.Max(ranks)},
	}
	return w.median(part{0, len(ranks)}, 0)
}
