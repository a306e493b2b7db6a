package anonymity_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/anonymity"
)

// seated returns people who each join a kind that others have, or a new one, as in Pitman's model.
func seated(people int, alpha, theta float64, random *rand.Rand) []int {
	var kinds []int
	var sizes []float64
	for i := range people {
		at := -1
		if random.Float64()*(theta+float64(i)) >= theta+alpha*float64(len(sizes)) {
			for at < 0 { // a person to follow, whose kind takes those after its first with a probability that lacks alpha
				kind := kinds[random.IntN(i)]
				if random.Float64()*sizes[kind] >= alpha {
					at = kind
				}
			}
		} else {
			at = len(sizes)
			sizes = append(sizes, 0)
		}
		sizes[at]++
		kinds = append(kinds, at)
	}
	return kinds
}

// alone returns the share of the people whose kind nobody else has.
func alone(kinds []int) float64 {
	sizes := map[int]int{}
	for _, kind := range kinds {
		sizes[kind]++
	}
	n := 0
	for _, kind := range kinds {
		if sizes[kind] == 1 {
			n++
		}
	}
	return float64(n) / float64(len(kinds))
}

func classesOfKinds(t *testing.T, kinds []int) *anonymity.Classes {
	t.Helper()
	rows, err := anonymity.New(anonymity.Column{Name: "kind", Role: anonymity.QuasiIdentifier})
	require.NoError(t, err)
	for _, kind := range kinds {
		require.NoError(t, rows.Append(strconv.Itoa(kind)))
	}
	classes, err := rows.Classes()
	require.NoError(t, err)
	return classes
}

// A sample of a population that is as the model has it tells how many are alone there.
func TestPopulationUniqueOfSmallSample(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ alpha, theta float64 }{{0, 500}, {0.3, 300}, {0.5, 100}, {0.7, 20}} {
		random := rand.New(rand.NewPCG(7, 7))
		people := seated(60_000, c.alpha, c.theta, random)
		random.Shuffle(len(people), func(i, j int) { people[i], people[j] = people[j], people[i] })
		classes := classesOfKinds(t, people[:3000])
		got, err := classes.PopulationUnique(len(people))
		require.NoError(t, err)
		assert.InDelta(t, alone(people), got, 0.01+0.1*alone(people), "α %v, θ %v", c.alpha, c.theta)
		assert.Less(t, got, classes.SampleUnique())
	}
}

// Half of a population of which half are alone and half in pairs: 3 of 4 rows are then seen alone, and 2 of 4 are.
func TestPopulationUniqueOfLargeSample(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 8))
	var people []int
	for i := range 20_000 {
		people = append(people, i)
		if i%3 == 0 {
			people = append(people, i)
		}
	}
	random.Shuffle(len(people), func(i, j int) { people[i], people[j] = people[j], people[i] })
	var last float64
	for _, share := range []int{50, 80, 95, 100} {
		classes := classesOfKinds(t, people[:len(people)*share/100])
		got, err := classes.PopulationUnique(len(people))
		require.NoError(t, err)
		last = math.Abs(got - alone(people))
		assert.LessOrEqual(t, last, 0.5*(1-float64(share)/100)+1e-12, share) // the model errs less the more it sees
		assert.GreaterOrEqual(t, got, alone(people)-0.02, share)
	}
	assert.Zero(t, last)
}

// Four classes, one of them of one row: by hand, with ten rows of twenty people.
func TestZayatzByHand(t *testing.T) {
	t.Parallel()
	classes := classesOfKinds(t, []int{1, 2, 2, 3, 3, 3, 4, 4, 4, 4})
	got, err := classes.PopulationUnique(20)
	require.NoError(t, err)
	// Of i people of a kind, one is among 10 of 20 with a probability of i·C(20−i, 9)/C(20, 10).
	choose := func(n, k int) float64 {
		product := 1.0
		for i := range k {
			product *= float64(n-i) / float64(i+1)
		}
		return product
	}
	var all float64
	for i := 1; i <= 4; i++ {
		all += float64(i) * choose(20-i, 9)
	}
	assert.InDelta(t, 0.1*choose(19, 9)/all, got, 1e-12)
}

func TestPopulationUniqueAtTheEdges(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kinds  []int
		people int
		want   float64
	}{
		"one row":               {[]int{1}, 1_000_000, 1},
		"all alone":             {[]int{1, 2, 3}, 1_000_000, 1},
		"none alone":            {[]int{1, 1, 2, 2}, 1_000_000, 0},
		"all of the population": {[]int{1, 2, 2, 3}, 4, 0.5},
	} {
		got, err := classesOfKinds(t, c.kinds).PopulationUnique(c.people)
		require.NoError(t, err, name)
		assert.InDelta(t, c.want, got, 1e-15, name)
	}
	classes := classesOfKinds(t, []int{1, 2, 2})
	for _, people := range []int{2, 0, -1} {
		_, err := classes.PopulationUnique(people)
		require.ErrorIs(t, err, anonymity.ErrPopulation)
	}
	got, err := classes.PopulationUnique(math.MaxInt)
	require.NoError(t, err)
	assert.True(t, got >= 0 && got <= 1.0/3, got)
}

// The probabilities of all ways to divide four rows into classes, for each sizes as often as there are ways, are one together.
func TestPitmanIsADistribution(t *testing.T) {
	t.Parallel()
	for _, alpha := range []float64{0, 0.2, 0.9} {
		for _, theta := range []float64{0.1, 1, 50} {
			var sum float64
			for _, way := range []struct {
				ways  float64
				sizes []int
			}{{1, []int{4}}, {4, []int{3, 1}}, {3, []int{2, 2}}, {6, []int{2, 1, 1}}, {1, []int{1, 1, 1, 1}}} {
				sum += way.ways * anonymity.Likelihood(way.sizes, alpha, theta)
			}
			assert.InDelta(t, 1, sum, 1e-12, "%v %v", alpha, theta)
		}
	}
}

func TestLogProduct(t *testing.T) {
	t.Parallel()
	for _, a := range []float64{-0.9, 0, 0.5, 10, 1e6} {
		for _, step := range []float64{1, 1e-3, 1e-9} {
			if a+step <= 0 {
				continue
			}
			for _, n := range []int{0, 1, 30, 31, 100, 5000} {
				var terms []float64
				for i := range n {
					terms = append(terms, math.Log(a+float64(i+1)*step))
				}
				slices.SortFunc(terms, func(x, y float64) int { return int(math.Copysign(1, math.Abs(x)-math.Abs(y))) })
				var want float64
				for _, term := range terms {
					want += term
				}
				assert.InDelta(t, want, anonymity.LogProduct(a, step, n), 1e-9*max(1, math.Abs(want)), "%v %v %v", a, step, n)
			}
		}
	}
}
