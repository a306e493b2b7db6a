package dp

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/differential-privacy/go/v3/noise"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/internal/samplestest"
)

// A sample is a row of the statistical tests of Google's libraries. Which members there are depends on the kind.
type sample struct {
	Kind, Name string
	// moments of the noise
	L0          int64   `json:"l0_sensitivity"`
	Linf        float64 `json:"linf_sensitivity"`
	Epsilon     float64
	Delta       float64
	Raw         float64 `json:"raw_input"`
	Mean        float64 `json:"expected_mean"`
	Variance    float64 `json:"expected_variance"`
	Samples     int
	L2          float64 `json:"l2_tolerance"`
	Granularity float64
	// inverse of the distribution function
	Scale, P, Expected float64
	Tolerance          float64 `json:"rel_tol"`
	// neighbouring data
	Test struct {
		Epsilon, Delta, Granularity float64
		Tolerance                   float64 `json:"delta_tolerance"`
		Buckets                     int     `json:"num_of_buckets"`
	} `json:"dp_test_parameters"`
	Sampling struct {
		Samples       int    `json:"number_of_samples"`
		Noise         string `json:"noise_type"`
		Rank          []float64
		Partitions    int64   `json:"max_partitions_contributed"`
		Contributions int64   `json:"max_contributions_per_partition"`
		Lower         float64 `json:"lower_bound"`
		Upper         float64 `json:"upper_bound"`
		Height        int     `json:"tree_height"`
		Fanout        int     `json:"branching_factor"`
		Epsilon       float64
		Delta         float64
		Entries       []float64 `json:"raw_entry"`
		NearEntries   []float64 `json:"neighbour_raw_entry"`
		Increments    []int64   `json:"raw_increment_by"`
		NearIncrease  []int64   `json:"neighbour_raw_increment_by"`
	} `json:"sampling_parameters"`
}

// votes is how many runs a row with random outcome has; the majority decides.
const votes = 9

// TestReference does what the statistical tests of Google's libraries do. Whether two neighbouring data sets can be told apart by more than ε and δ
// is seen from a million answers for each, with noise that the library drew beforehand; the moments and the distribution of the noise from a
// million draws of its own. That takes minutes, so without -v it checks the scale of the noise alone, and with -v it runs less often than the
// majority needs when four minutes are over.
func TestReference(t *testing.T) {
	t.Parallel()
	rows := samplestest.Rows[sample](t, "dp", "cases.jsonl")
	results := make([]string, len(rows))
	until := time.Now().Add(4 * time.Minute)
	t.Run("rows", func(t *testing.T) {
		for i, row := range rows {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				results[i] = row.score(t, until)
			})
		}
	})
	var table strings.Builder
	fmt.Fprintf(&table, "%-30s %-70s %s\n", "kind", "name", "figures against their bounds")
	for i, row := range rows {
		fmt.Fprintf(&table, "%-30s %-70s %s\n", row.Kind, row.Name, results[i])
	}
	t.Log("\n" + table.String())
}

func (s sample) score(t *testing.T, until time.Time) string {
	switch s.Kind {
	case "laplace_noise_moments", "gaussian_noise_moments":
		return s.moments(t, until)
	case "laplace_inverse_cdf":
		return s.inverse(t)
	case "count_dp_neighbour_test", "bounded_sum_dp_neighbour_test", "bounded_mean_dp_neighbour_test", "bounded_quantiles_dp_neighbour_test":
		return s.neighbours(t, until)
	}
	t.Errorf("unknown kind %q", s.Kind)
	return "unknown"
}

// ballot runs until the majority is decided, or less often if the time is up, and says how it went.
func ballot(t *testing.T, until time.Time, run func(seed uint64) (string, bool)) string {
	var yes, no int
	var last string
	for yes <= votes/2 && no <= votes/2 && (yes+no == 0 || time.Now().Before(until)) {
		figures, ok := run(uint64(yes + no + 1))
		last = figures
		if ok {
			yes++
		} else {
			no++
		}
	}
	if yes <= no {
		t.Errorf("%d of %d runs: %s", yes, yes+no, last)
		return fmt.Sprintf("%s  FAILS, %d of %d", last, no, yes+no)
	}
	return fmt.Sprintf("%s  %d of %d runs", last, yes, yes+no)
}

func (s sample) inverse(t *testing.T) string {
	// The end of a two-sided interval at 2p or 2(1−p) is the quantile of p.
	tail := math.Min(s.P, 1-s.P)
	ci, err := noise.Laplace().ComputeConfidenceIntervalFloat64(0, 1, s.Scale, 1, 0, 2*tail)
	require.NoError(t, err)
	got := ci.UpperBound
	if s.P < 0.5 {
		got = ci.LowerBound
	}
	if math.Abs(got-s.Expected) > s.Tolerance*math.Abs(s.Expected) {
		t.Errorf("expected %v, got %v", s.Expected, got)
	}
	return fmt.Sprintf("%.10g = %.10g", got, s.Expected)
}

// drawn noise, by its parameters and the number of the run, because rows differ by the input alone.
var (
	drawnLock  sync.Mutex
	drawnNoise = map[drawnKey]func() []float64{}
)

type drawnKey struct {
	kind    Noise
	l0      int64
	linf    float64
	cost    Cost
	samples int
	run     uint64
}

func (k drawnKey) draws() []float64 {
	drawnLock.Lock()
	draw := drawnNoise[k]
	if draw == nil {
		draw = sync.OnceValue(func() []float64 {
			n := noise.Laplace()
			if k.kind == Gaussian {
				n = noise.Gaussian()
			}
			x := make([]float64, k.samples)
			for i := range x {
				x[i], _ = n.AddNoiseFloat64(0, k.l0, k.linf, k.cost.Epsilon, k.cost.Delta)
			}
			return x
		})
		drawnNoise[k] = draw
	}
	drawnLock.Unlock()
	return draw()
}

// moments compares the noise with the distribution that it is to have.
func (s sample) moments(t *testing.T, until time.Time) string {
	kind, factor := Laplace, 2.0
	if strings.HasPrefix(s.Kind, "gaussian") {
		kind, factor = Gaussian, 1
	}
	cost := Cost{s.Epsilon, s.Delta}
	scale := scaleOf(kind, s.L0, s.Linf, cost)
	require.InEpsilon(t, s.Variance, factor*scale*scale, 1e-9, "scale of the noise")
	exact := fmt.Sprintf("variance %.10g = %.10g", factor*scale*scale, s.Variance)
	if !testing.Verbose() {
		return exact
	}
	n := float64(s.Samples)
	return exact + "; " + ballot(t, until, func(seed uint64) (string, bool) {
		draws := drawnKey{kind, s.L0, s.Linf, cost, s.Samples, seed}.draws()
		random := rand.New(rand.NewPCG(seed, 2))
		var sum, squares float64
		a, b := map[int64]int64{}, map[int64]int64{}
		for _, d := range draws {
			x := s.Raw + d
			sum += x - s.Mean
			squares += (x - s.Mean) * (x - s.Mean)
			a[int64(math.Round(x/s.Granularity))]++
			y := random.NormFloat64() * math.Sqrt(s.Variance)
			if kind == Laplace {
				y = random.ExpFloat64() * math.Sqrt(s.Variance/2)
				if random.Uint64()&1 == 0 {
					y = -y
				}
			}
			b[int64(math.Round((s.Mean+y)/s.Granularity))]++
		}
		mean := sum / n
		variance := squares/n - mean*mean
		// Standard errors: of the mean √(v/n); of the variance v·√((κ−1)/n), with the kurtosis κ of 6 and 3. Six of them are missed with a
		// probability of 2e-9.
		meanError := 6 * math.Sqrt(s.Variance/n)
		varianceError := 6 * s.Variance * math.Sqrt((3*factor-1)/n)
		distance := collisions(a, b, n)
		ok := math.Abs(mean) < meanError && math.Abs(variance-s.Variance) < varianceError && distance < s.L2*s.L2/2
		return fmt.Sprintf("mean off %.2g < %.2g, variance off %.2g < %.2g, distance² %.2g < %.2g",
			math.Abs(mean), meanError, math.Abs(variance-s.Variance), varianceError, distance, s.L2*s.L2/2), ok
	})
}

// collisions estimates the squared distance of two distributions without bias, after Diakonikolas, Gouleakis, Peebles and Price (2016).
func collisions(a, b map[int64]int64, n float64) float64 {
	var self, cross float64
	for k, x := range a {
		self += float64(x) * float64(x-1)
		cross += float64(x) * float64(b[k])
	}
	for _, y := range b {
		self += float64(y) * float64(y-1)
	}
	return self/(n*(n-1)) - 2*cross/(n*n)
}

func (s sample) neighbours(t *testing.T, until time.Time) string {
	in := s.Sampling
	p := plan{
		cost: Cost{in.Epsilon, in.Delta}, kind: Laplace, partitions: in.Partitions, contributions: max(in.Contributions, 1),
		lower: in.Lower, upper: in.Upper, confidence: DefaultConfidence,
	}
	if in.Noise == "GAUSSIAN" {
		p.kind = Gaussian
	}
	// What a person may contribute in several partitions is here in one, so far as it has the same effect on the noise.
	exact := fmt.Sprintf("scale %.6g", scaleOf(p.kind, p.partitions, float64(p.contributions), p.cost))
	if !testing.Verbose() {
		return exact
	}
	run := func(seed uint64) (string, bool) {
		n := newPooled(p.kind, seed)
		if s.Kind == "bounded_quantiles_dp_neighbour_test" {
			n.random = rand.NewPCG(seed, 1) // an answer needs so many draws
		}
		p := p
		p.noise = n
		a := s.answers(t, p, in.Entries, in.Increments)
		b := s.answers(t, p, in.NearEntries, in.NearIncrease)
		var worst float64
		for i := range a {
			worst = math.Max(worst, math.Max(excess(a[i], b[i], s.Test.Epsilon), excess(b[i], a[i], s.Test.Epsilon))/float64(in.Samples))
		}
		bound := s.Test.Delta + s.Test.Tolerance
		return fmt.Sprintf("δ %.6f < %.6f", worst, bound), worst < bound
	}
	// One run decides if it passes; the majority if it does not.
	figures, ok := run(1)
	if ok {
		return exact + "; " + figures
	}
	return exact + "; " + figures + " not; " + ballot(t, until, func(seed uint64) (string, bool) { return run(seed + 1) })
}

// excess is by how many answers a exceeds e^ε times b, where it does.
func excess(a, b map[int64]int64, epsilon float64) (sum float64) {
	for k, x := range a {
		sum += math.Max(0, float64(x)-math.Exp(epsilon)*float64(b[k]))
	}
	return sum
}

// answers returns how often each answer was given, rounded; of quantiles, for each rank.
func (s sample) answers(t *testing.T, p plan, entries []float64, increments []int64) []map[int64]int64 {
	answers := []map[int64]int64{{}}
	add := func(v float64) { answers[0][int64(math.Round(v/s.Test.Granularity))]++ }
	in := s.Sampling
	switch s.Kind {
	case "count_dp_neighbour_test":
		var total int64
		for _, n := range increments {
			total += n
		}
		for range in.Samples {
			r, err := p.count(total)
			require.NoError(t, err)
			answers[0][int64(r.Value)]++
		}
	case "bounded_sum_dp_neighbour_test":
		g := newGrid(p.largest())
		var total int64
		for _, v := range entries {
			total += g.steps(p.clamp(v))
		}
		for range in.Samples {
			r, err := p.sum(g, total)
			require.NoError(t, err)
			add(r.Value)
		}
	case "bounded_mean_dp_neighbour_test":
		m := p.meaner()
		var total int64
		for _, v := range entries {
			total += m.steps(p.clamp(v))
		}
		// Sum and count have different scales, which a pool remembers.
		second := *p.noise.(*pooled)
		second.random = rand.NewPCG(uint64(len(entries)), 3)
		m.around.noise = &second
		for range in.Samples {
			r, err := m.mean(total, int64(len(entries)))
			require.NoError(t, err)
			add(r.Value)
		}
	case "bounded_quantiles_dp_neighbour_test":
		answers = nil
		for range in.Rank {
			answers = append(answers, map[int64]int64{})
		}
		tree := newTree(p, in.Height, in.Fanout)
		for _, v := range entries {
			tree.add(v)
		}
		for range in.Samples {
			clear(tree.noised)
			for i, rank := range in.Rank {
				v, err := tree.quantile(rank)
				require.NoError(t, err)
				bucket := math.Floor((v - p.lower) / (p.upper - p.lower) * float64(s.Test.Buckets))
				answers[i][int64(math.Min(math.Max(bucket, 0), float64(s.Test.Buckets-1)))]++
			}
		}
	}
	return answers
}
