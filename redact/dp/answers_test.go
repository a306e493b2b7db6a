package dp

import (
	"context"
	"iter"
	"math"
	"slices"
	"testing"

	"github.com/google/differential-privacy/go/v3/dpagg"
	"github.com/google/differential-privacy/go/v3/noise"
	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact"
)

// free returns a budget that is large enough for a test.
func free(tb testing.TB) *Budget {
	return openBudget(tb, new(endless), freeLimit)
}

var freeLimit = Limit{Purpose: "p", Release: "r", Epsilon: 100, Delta: 0.9}

// endless is a ledger in which nothing is ever spent.
type endless struct{ Memory }

func (*endless) Replace(context.Context, Account) error { return nil }

func (e *endless) Account(context.Context, string, redact.ReleaseID) (Account, error) {
	return Account{Limit: freeLimit, Sequence: 1}, nil
}

// exactly has queries that are answered nearly without noise. With ε = 100 Laplace noise on a count is off by 1 with a probability below 1e-43, and
// Gaussian noise has a standard deviation below 0.1.
var exactly = map[string]Query{
	"Laplace":  {Cost: Cost{Epsilon: 100}},
	"Gaussian": {Cost: Cost{Epsilon: 100, Delta: 0.5}, Noise: Gaussian},
}

// Each person counts within the bounds, in whatever order the contributions come.
func TestBoundsOfAPerson(t *testing.T) {
	t.Parallel()
	// One has 1,000 contributions of 100, one has three of 2, and 20 others one of −50 each.
	data := func(yield func(string, float64) bool) {
		for i := range 1000 {
			if i%50 == 0 && !yield(key(i), -50) || i%400 == 0 && !yield("somebody", 2) || !yield("anybody", 100) {
				return
			}
		}
	}
	for name, q := range exactly {
		q.Bounds = Bounds{Partitions: 1, Contributions: 1}
		count, err := Count(t.Context(), free(t), q, keys(data))
		require.NoError(t, err)
		require.InDelta(t, 22, count.Value, 1, name)
		q.Bounds.Contributions = 2
		count, err = Count(t.Context(), free(t), q, keys(data))
		require.NoError(t, err)
		require.InDelta(t, 24, count.Value, 2, name)
		q.Bounds.Lower, q.Bounds.Upper = -5, 10
		sum, err := Sum(t.Context(), free(t), q, data)
		require.NoError(t, err)
		require.InDelta(t, 2*10-20*5+2*2, sum.Value, 15, name)
		require.Less(t, sum.Low, sum.High)
	}
}

// Which contributions of a person count is drawn evenly. Of 4,000 people with the values 0 to 3, of which one counts, each value is drawn by 1,000;
// it is off by 200 with a probability below 2e-12 (7.3 standard deviations).
func TestDrawnEvenly(t *testing.T) {
	t.Parallel()
	var seen [4]int
	for range 4000 {
		var d drawn[int]
		for i := range 4 {
			d.offer(i, 1)
		}
		seen[d.kept[0]]++
	}
	for _, n := range seen {
		require.InDelta(t, 1000, n, 200)
	}
	// Of partitions too, in spite of the order of a map.
	seen = [4]int{}
	bins, err := binned(t.Context(), free(t), plan{cost: Cost{Epsilon: 1}, partitions: 1, contributions: 1}, func(yield func(string, int) bool) {
		for i := range 16_000 {
			if !yield(key(i/4), i%4) {
				return
			}
		}
	}, nil)
	require.NoError(t, err)
	for _, b := range bins {
		require.InDelta(t, 1000, b.people, 200)
	}
}

// A sum is the same in every order and moves by no more than one person's bounds, where floating-point sums do neither.
func TestExactSums(t *testing.T) {
	t.Parallel()
	laws := gopter.NewProperties(nil)
	laws.Property("order does not matter, and a person moves it by the bounds at most", prop.ForAll(
		func(values []float64, more, lower, width float64) bool {
			p := plan{lower: lower, upper: lower + width}
			g := newGrid(p.largest())
			total := func(values []float64) (n int64) {
				for _, v := range values {
					n += g.steps(p.clamp(v))
				}
				return n
			}
			before := g.value(total(values))
			backwards := slices.Clone(values)
			slices.Reverse(backwards)
			after := g.value(total(append(backwards, more)))
			return g.value(total(backwards)) == before && math.Abs(after-before) <= g.value(g.most) &&
				g.value(g.most) <= p.largest()*(1+1.0/(1<<19)) && g.value(g.most) >= p.largest() &&
				math.Abs(g.value(g.steps(p.clamp(more)))-p.clamp(more)) <= p.largest()/(1<<19)
		},
		gen.SliceOf(gen.Float64Range(-1e6, 1e6)), gen.Float64Range(-1e9, 1e9), gen.Float64Range(-1e5, 1e5), gen.Float64Range(1e-3, 1e6)))
	laws.TestingRun(t)
}

// The noise grows with what a person may contribute: in proportion to the contributions, and to the partitions or, Gaussian noise, to their square
// root.
func TestNoiseGrows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cost                      Cost
		noise                     Noise
		partitions, contributions int
		factor                    float64
	}{
		{Cost{1, 0}, Laplace, 1, 5, 5},
		{Cost{1, 0}, Laplace, 9, 1, 9},
		{Cost{1, 1e-6}, Gaussian, 1, 5, 5},
		{Cost{1, 1e-6}, Gaussian, 9, 1, 3},
	} {
		one := Query{Cost: c.cost, Noise: c.noise, Bounds: Bounds{Partitions: 1, Contributions: 1, Lower: -100, Upper: 300}}
		many := one
		many.Bounds.Partitions, many.Bounds.Contributions = c.partitions, c.contributions
		for name, width := range map[string]func(p plan) (Result, error){
			"sum":   func(p plan) (Result, error) { return p.sum(newGrid(p.largest()), 0) },
			"count": func(p plan) (Result, error) { return p.count(1e6) },
		} {
			var widths []float64
			for _, q := range []Query{one, many} {
				p, err := q.plan(use{values: true, partitions: true})
				require.NoError(t, err)
				r, err := width(p)
				require.NoError(t, err)
				widths = append(widths, r.High-r.Low)
			}
			require.InEpsilon(t, c.factor, widths[1]/widths[0], 0.1, name) // counts are rounded
		}
		p, err := many.plan(use{values: true, partitions: true})
		require.NoError(t, err)
		single, err := one.plan(use{values: true, partitions: true})
		require.NoError(t, err)
		require.InEpsilon(t, c.factor, newTree(p, 2, 4).scale/newTree(single, 2, 4).scale, 0.01)
	}
}

// The intervals have the exact answer as often as they say. In 2,000 answers the share is off by 0.035 with a probability below 1e-12 (7.2 standard
// deviations of 0.0049); that of whole numbers and the quotient is more, for their intervals are rounded outwards.
func TestIntervals(t *testing.T) {
	t.Parallel()
	const n, runs = 500, 2000
	data := crowd(n, func(i int) float64 { return float64(i % 10) })
	for name, cost := range map[string]Query{
		"Laplace":  {Cost: Cost{Epsilon: 0.5}},
		"Gaussian": {Cost: Cost{Epsilon: 0.5, Delta: 1e-6}, Noise: Gaussian},
	} {
		for what, c := range map[string]struct {
			exact       float64
			least, most float64
			ask         func(Query) (Result, error)
		}{
			"count": {n, 0.915, 1, func(q Query) (Result, error) {
				q.Bounds = Bounds{Partitions: 1, Contributions: 1}
				return Count(t.Context(), free(t), q, keys(data))
			}},
			"sum":  {n * 4.5, 0.915, 0.985, func(q Query) (Result, error) { return Sum(t.Context(), free(t), q, data) }},
			"mean": {4.5, 0.915, 1, func(q Query) (Result, error) { return Mean(t.Context(), free(t), q, data) }},
		} {
			t.Run(name+" "+what, func(t *testing.T) {
				t.Parallel()
				q := cost
				q.Bounds = Bounds{Partitions: 1, Contributions: 1, Lower: -10, Upper: 10}
				p, err := q.plan(use{values: true})
				require.NoError(t, err)
				first, err := c.ask(q)
				require.NoError(t, err)
				require.Equal(t, DefaultConfidence, first.Confidence)
				hit := 0
				for range runs {
					var r Result
					switch what { // the noise alone, without reading the crowd each time
					case "count":
						r, err = p.count(n)
					case "sum":
						g := newGrid(p.largest())
						r, err = p.sum(g, g.steps(4.5)*n)
					case "mean":
						m := p.meaner()
						r, err = m.mean(m.steps(4.5)*n, n)
					}
					require.NoError(t, err)
					require.LessOrEqual(t, r.Low, r.Value)
					require.GreaterOrEqual(t, r.High, r.Value)
					if r.Low <= c.exact && c.exact <= r.High {
						hit++
					}
				}
				share := float64(hit) / runs
				require.GreaterOrEqual(t, share, c.least)
				require.LessOrEqual(t, share, c.most)
			})
		}
	}
}

// More confidence is a wider interval.
func TestConfidence(t *testing.T) {
	t.Parallel()
	data := crowd(100, func(i int) float64 { return float64(i % 10) })
	for name, a := range map[string]func(q Query) (Result, error){
		"sum":  func(q Query) (Result, error) { return Sum(t.Context(), free(t), q, data) },
		"mean": func(q Query) (Result, error) { return Mean(t.Context(), free(t), q, data) },
	} {
		q := Query{Cost: Cost{Epsilon: 20}, Bounds: Bounds{Partitions: 1, Contributions: 1, Lower: -1000, Upper: 1000}}
		q.Confidence = 0.5
		narrow, err := a(q)
		require.NoError(t, err)
		q.Confidence = 0.999999
		wide, err := a(q)
		require.NoError(t, err)
		require.Greater(t, wide.High-wide.Low, narrow.High-narrow.Low, name)
		require.Equal(t, 0.5, narrow.Confidence)
	}
	tree := newTree(plan{
		cost: Cost{Epsilon: 20}, noise: noise.Laplace(), partitions: 1, contributions: 1, lower: 0, upper: 100, confidence: 0.5,
	}, treeHeight, treeFanout)
	for i := range 100 {
		tree.add(float64(i))
	}
	narrow, err := tree.results([]float64{0.5})
	require.NoError(t, err)
	tree.confidence = 0.999999
	wide, err := tree.results([]float64{0.5}) // of the same noise
	require.NoError(t, err)
	require.Less(t, wide[0].Low, narrow[0].Low)
	require.Greater(t, wide[0].High, narrow[0].High)
	require.Equal(t, wide[0].Value, narrow[0].Value)
}

// Quantiles of many people are near the exact ones, and the intervals have these. The interval is cautious: of 200 a share below 0.85 has a
// probability below 1e-8 even if each had the exact one with the probability 0.95.
func TestQuantiles(t *testing.T) {
	t.Parallel()
	for name, q := range map[string]Query{
		"Laplace":  {Cost: Cost{Epsilon: 1}},
		"Gaussian": {Cost: Cost{Epsilon: 1, Delta: 1e-6}, Noise: Gaussian},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q.Bounds = Bounds{Partitions: 1, Contributions: 1, Lower: 0, Upper: 100}
			ranks := []float64{0.9, 0.1, 0.5}
			const n = 20_000
			results, err := Quantiles(t.Context(), free(t), q, ranks, crowd(n, func(i int) float64 { return 100 * float64(i) / n }))
			require.NoError(t, err)
			for i, rank := range ranks {
				require.InDelta(t, 100*rank, results[i].Value, 5)
				require.Less(t, results[i].High-results[i].Low, 10.0)
			}

			// Heaps, gaps and ties: half of the people have 0, the rest 40 to 60.
			p, err := q.plan(use{values: true})
			require.NoError(t, err)
			full := newTree(p, treeHeight, treeFanout)
			for i := range 1000 {
				full.add(max(0, float64(i%2)*40+float64(i%20)))
			}
			sorted := make([]float64, 0, 1000)
			for i := range 1000 {
				sorted = append(sorted, max(0, float64(i%2)*40+float64(i%20)))
			}
			slices.Sort(sorted)
			hit := map[float64]int{}
			const runs = 200
			for range runs {
				clear(full.noised)
				results, err := full.results(ranks)
				require.NoError(t, err)
				for i, rank := range ranks {
					exact := sorted[int(rank*1000)]
					if r := results[i]; r.Low <= exact && exact <= r.High {
						hit[rank]++
					}
				}
			}
			for rank, n := range hit {
				require.GreaterOrEqual(t, n, runs*85/100, "rank %v", rank)
			}
			require.Len(t, hit, len(ranks))
		})
	}
}

// Whatever the data and however much noise: quantiles rise with the rank, stay within the bounds, and are in their intervals.
func TestQuantileLaws(t *testing.T) {
	t.Parallel()
	laws := gopter.NewProperties(nil)
	laws.Property("monotone and bounded", prop.ForAll(
		func(values, ranks []float64, epsilon, lower, width float64, gaussian bool) bool {
			q := Query{Cost: Cost{Epsilon: epsilon}, Bounds: Bounds{Partitions: 1, Contributions: 2, Lower: lower, Upper: lower + width}}
			if gaussian {
				q.Noise, q.Cost.Delta = Gaussian, 1e-9
			}
			results, err := Quantiles(context.Background(), free(t), q, ranks, crowd(len(values), func(i int) float64 { return values[i] }))
			if err != nil || len(results) != len(ranks) {
				return false
			}
			for i, r := range results {
				if !(q.Bounds.Lower <= r.Low && r.Low <= r.Value && r.Value <= r.High && r.High <= q.Bounds.Upper) {
					return false
				}
				for j, other := range results {
					if ranks[i] < ranks[j] && r.Value > other.Value {
						return false
					}
				}
			}
			return true
		},
		gen.SliceOf(gen.Float64Range(-100, 100)), gen.SliceOfN(5, gen.Float64Range(0, 1)),
		gen.OneConstOf(0.01, 1.0, 50.0), gen.Float64Range(-100, 90), gen.Float64Range(0.1, 200), gen.Bool()))
	laws.TestingRun(t)
}

// Nearly without noise the interval is the leaf that the quantile is in, and the value is that of Google's own tree.
func TestTreeWithoutNoise(t *testing.T) {
	t.Parallel()
	laws := gopter.NewProperties(nil)
	laws.Property("the interval has the quantile and little more", prop.ForAll(
		func(values []float64, rank float64) bool {
			p := plan{cost: Cost{100, 0}, partitions: 1, contributions: 1, lower: 0, upper: 1, confidence: 0.95, noise: &silent{}}
			tree := newTree(p, treeHeight, treeFanout)
			theirs, err := dpagg.NewBoundedQuantiles(&dpagg.BoundedQuantilesOptions{
				Epsilon: 100, MaxPartitionsContributed: 1, MaxContributionsPerPartition: 1, Lower: 0, Upper: 1, Noise: noise.Laplace(),
			})
			if err != nil {
				return false
			}
			for range 1000 { // so that the reach, which is not silent, is less than one value
				for _, v := range values {
					tree.add(v)
					if theirs.Add(v) != nil {
						return false
					}
				}
			}
			slices.Sort(values)
			exact := values[max(0, int(math.Ceil(rank*float64(len(values))))-1)]
			// A rank on the border of two values is either's, and within the reach of one it is nearly so.
			if near := rank * float64(len(values)); math.Abs(near-math.Round(near)) < 0.01 {
				return true
			}
			library, err := theirs.Result(rank)
			if err != nil {
				return false
			}
			r, err := tree.results([]float64{rank})
			return err == nil && math.Abs(r[0].Value-library) <= 1.0/(1<<16) && r[0].Low <= exact && exact <= r[0].High && r[0].High-r[0].Low <= 2.0/(1<<16)
		},
		gen.SliceOfN(9, gen.Float64Range(0, 1)), gen.Float64Range(0.01, 0.99)))
	laws.TestingRun(t)
}

// silent is noise without noise.
type silent struct{ pooled }

func (*silent) AddNoiseFloat64(x float64, _ int64, _, _, _ float64) (float64, error) { return x, nil }

// A partition of one person is not shown: with δ = 1e-9 in 2,000 tries with a probability of 2e-6; one of many people is. The empty ones that were
// declared are shown, and nothing that was not.
func TestPartitions(t *testing.T) {
	t.Parallel()
	for name, q := range map[string]Query{
		"Laplace":               {Cost: Cost{1, 1e-9}, Bounds: Bounds{Partitions: 1, Contributions: 1}},
		"Gaussian":              {Cost: Cost{1, 1e-9}, Bounds: Bounds{Partitions: 1, Contributions: 1}, Noise: Gaussian},
		"of several partitions": {Cost: Cost{1, 1e-9}, Bounds: Bounds{Partitions: 4, Contributions: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			alone := 2000
			bins, err := Histogram(t.Context(), free(t), q, func(yield func(string, int) bool) {
				for i := range 6000 {
					if !yield(key(i), 1+i%2) {
						return
					}
				}
				for i := range alone {
					if !yield(key(10_000+i), 100+i) {
						return
					}
				}
			})
			require.NoError(t, err)
			require.Len(t, bins, 2)
			for i, b := range bins {
				require.Equal(t, 1+i, b.Partition)
				require.InDelta(t, 3000, b.Value, 500) // of a scale of 8 at most, or a standard deviation below 50
				require.LessOrEqual(t, b.Low, b.Value)
			}
		})
	}
	q := Query{Cost: Cost{Epsilon: 100}, Bounds: Bounds{Partitions: 2, Contributions: 3}}
	var data iter.Seq2[string, string] = func(yield func(string, string) bool) {
		for range 5 {
			for _, k := range []string{"b", "c", "undeclared", "undeclared too"} {
				if !yield("somebody", k) {
					return
				}
			}
		}
	}
	bins, err := DeclaredHistogram(t.Context(), free(t), q, []string{"c", "a", "b"}, data)
	require.NoError(t, err)
	var got []string
	for i, b := range bins {
		got = append(got, b.Partition)
		require.InDelta(t, []float64{0, 3, 3}[i], b.Value, 3) // the scale is 0.06: off by more with a probability of e^-50
	}
	require.Equal(t, []string{"a", "b", "c"}, got)
}

// A partition of people is shown as often as the theory says: the probability for n people is (e^(nε)−1)/(e^ε−1)·δ at first (Desfontaines et al.
// 2022). With half of ε = 2·ln 2, which is ln 2, and δ = 0.01 it is 0.07 for 3 people. The share in 20,000 tries is off by 0.014 with a probability
// below 1e-13 (7.8 standard deviations).
func TestSelection(t *testing.T) {
	t.Parallel()
	q := Query{Cost: Cost{2 * math.Ln2, 0.01}, Bounds: Bounds{Partitions: 1, Contributions: 1}}
	p, err := q.plan(use{partitions: true, selects: true})
	require.NoError(t, err)
	s, count := p.selection()
	require.Equal(t, Cost{math.Ln2, 0}, count.cost)
	shown := 0
	for range 20_000 {
		kept, err := s.keeps(3)
		require.NoError(t, err)
		if kept {
			shown++
		}
	}
	require.InDelta(t, 0.07, float64(shown)/20_000, 0.014)
	for range 1000 {
		kept, err := s.keeps(0)
		require.NoError(t, err)
		require.False(t, kept)
	}
}

func TestSplitOfTheCost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		noise           Noise
		delta           float64
		selected, count Cost
	}{
		{Laplace, 1e-6, Cost{0.5, 1e-6}, Cost{0.5, 0}},
		{Gaussian, 1e-6, Cost{0.5, 5e-7}, Cost{0.5, 5e-7}},
	} {
		q := Query{Cost: Cost{1, c.delta}, Noise: c.noise, Bounds: Bounds{Partitions: 3, Contributions: 1}}
		p, err := q.plan(use{partitions: true, selects: true})
		require.NoError(t, err)
		s, count := p.selection()
		require.Equal(t, c.selected, s.cost)
		require.Equal(t, c.count, count.cost)
		require.EqualValues(t, 3, s.partitions)
		m := p.meaner()
		require.Equal(t, p.cost.Epsilon, m.count.cost.Epsilon+m.around.cost.Epsilon)
		require.Equal(t, p.cost.Delta, m.count.cost.Delta+m.around.cost.Delta)
	}
}
