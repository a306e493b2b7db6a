package dp

import (
	"testing"
	"time"

	"github.com/google/differential-privacy/go/v3/dpagg"
	"github.com/google/differential-privacy/go/v3/noise"
	"github.com/stretchr/testify/require"
)

// BenchmarkMean compares a mean over 100,000 people, bounded for each of them and paid for, with the library's of the same values, which takes
// everybody to have contributed once: the price of the bounds.
func BenchmarkMean(b *testing.B) {
	data := crowd(100_000, func(i int) float64 { return float64(i % 100) })
	budget := free(b)
	q := Query{Cost: Cost{Epsilon: 1}, Bounds: Bounds{Partitions: 1, Contributions: 1, Upper: 100}}
	var ours, theirs time.Duration
	for b.Loop() {
		start := time.Now()
		_, err := Mean(b.Context(), budget, q, data)
		ours += time.Since(start)
		require.NoError(b, err)

		start = time.Now()
		m, err := dpagg.NewBoundedMean(&dpagg.BoundedMeanOptions{
			Epsilon: 1, MaxPartitionsContributed: 1, MaxContributionsPerPartition: 1, Upper: 100, Noise: noise.Laplace(),
		})
		require.NoError(b, err)
		for _, v := range data {
			if err := m.Add(v); err != nil {
				b.Fatal(err)
			}
		}
		_, err = m.Result()
		theirs += time.Since(start)
		require.NoError(b, err)
	}
	b.ReportMetric(float64(ours)/float64(theirs), "x-library")
}
