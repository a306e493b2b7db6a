package dp

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/google/differential-privacy/go/v3/dpagg"
)

// Partition is what can name a part of the data: a region, a product, an hour.
type Partition interface {
	~string | ~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

// A Bin is a partition and the noisy count of the contributions in it.
type Bin[K Partition] struct {
	Partition K
	Result
}

// Histogram returns how many contributions there are in each partition, for the partitions that the data itself names. That a partition is there at
// all says that somebody is in it, so those with few people are left out, by chance: a partition of one person is shown with a probability of δ at
// most. Half of ε is spent on that choice, and all of δ, or half of it with Gaussian noise (Desfontaines, Voss, Gipson and Mandayam 2022). The
// choice cannot be turned off; partitions that are known without the data are what [DeclaredHistogram] is for.
//
// The bins are in the order of the partitions. Their counts can be negative, and each interval is of its own bin. The errors are those of [Count].
func Histogram[P ~string, K Partition](ctx context.Context, budget *Budget, q Query, data iter.Seq2[P, K]) ([]Bin[K], error) {
	p, err := q.plan(use{partitions: true, selects: true})
	if err != nil {
		return nil, err
	}
	bins, err := binned(ctx, budget, p, data, nil)
	if err != nil {
		return nil, err
	}
	keep, count := p.selection()
	return publish(slices.Sorted(maps.Keys(bins)), bins, count, func(b bin) (bool, error) { return keep.keeps(b.people) })
}

// DeclaredHistogram returns how many contributions there are in each of the given partitions, all of them, also the empty ones. Partitions must be
// declared from what is public, such as the regions of a country, never from the data: there is nothing that keeps one with a single person from
// being shown. Contributions in others are left out. The cost is spent on the counts alone. The errors are those of [Count], and [ErrQuery] for
// partitions that are none or given twice.
func DeclaredHistogram[P ~string, K Partition](ctx context.Context, budget *Budget, q Query, partitions []K, data iter.Seq2[P, K]) ([]Bin[K], error) {
	p, err := q.plan(use{partitions: true})
	if err != nil {
		return nil, err
	}
	declared := map[K]bool{}
	for _, k := range partitions {
		declared[k] = true
	}
	if len(declared) == 0 || len(declared) != len(partitions) {
		return nil, fmt.Errorf("%w: declare each partition once", ErrQuery)
	}
	bins, err := binned(ctx, budget, p, data, declared)
	if err != nil {
		return nil, err
	}
	return publish(slices.Sorted(maps.Keys(declared)), bins, p, func(bin) (bool, error) { return true, nil })
}

// bin is the exact content of a partition.
type bin struct{ contributions, people int64 }

// binned spends the cost and counts, of each person in some partitions alone. If declared is not nil, others do not count.
func binned[P ~string, K Partition](ctx context.Context, budget *Budget, p plan, data iter.Seq2[P, K], declared map[K]bool) (map[K]bin, error) {
	if data == nil {
		return nil, fmt.Errorf("%w: data", ErrIncomplete)
	}
	if err := budget.spend(ctx, p.cost); err != nil {
		return nil, err
	}
	people := map[P]map[K]int64{}
	err := read(ctx, data, func(person P, k K) error {
		if declared != nil && !declared[k] {
			return nil
		}
		if people[person] == nil {
			people[person] = map[K]int64{}
		}
		people[person][k] = min(people[person][k]+1, p.contributions)
		return nil
	})
	if err != nil {
		return nil, err
	}
	bins := map[K]bin{}
	for _, in := range people {
		var some drawn[K]
		for k := range in {
			some.offer(k, p.partitions)
		}
		for _, k := range some.kept {
			b := bins[k]
			b.people++
			b.contributions += in[k]
			bins[k] = b
		}
	}
	return bins, nil
}

// publish adds noise to the bins that are kept.
func publish[K Partition](partitions []K, bins map[K]bin, p plan, keeps func(bin) (bool, error)) ([]Bin[K], error) {
	var public []Bin[K]
	for _, k := range partitions {
		kept, err := keeps(bins[k])
		if err != nil {
			return nil, refused(err)
		}
		if !kept {
			continue
		}
		r, err := p.count(bins[k].contributions)
		if err != nil {
			return nil, err
		}
		public = append(public, Bin[K]{k, r})
	}
	return public, nil
}

// selection is what choosing partitions may cost.
type selection struct {
	cost       Cost
	partitions int64
}

// caution is how much of the δ of a selection is used. The library takes roots of 1−δ, which can round to less privacy than was asked for.
const caution = 0.999

// selection divides the cost between choosing partitions and counting in them.
func (p plan) selection() (selection, plan) {
	s := selection{Cost{p.cost.Epsilon / 2, p.cost.Delta}, p.partitions}
	p.cost.Epsilon /= 2
	if p.kind == Laplace {
		p.cost.Delta = 0
	} else {
		s.cost.Delta /= 2
		p.cost.Delta /= 2
	}
	return s, p
}

// keeps draws whether a partition with that many people is shown.
func (s selection) keeps(people int64) (bool, error) {
	choice, err := dpagg.NewPreAggSelectPartition(&dpagg.PreAggSelectPartitionOptions{
		Epsilon:                  s.cost.Epsilon,
		Delta:                    s.cost.Delta * caution,
		MaxPartitionsContributed: s.partitions,
	})
	if err != nil {
		return false, err
	}
	if err := choice.IncrementBy(people); err != nil {
		return false, err
	}
	return choice.ShouldKeepPartition()
}
