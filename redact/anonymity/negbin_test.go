package anonymity_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/anonymity"
	"github.com/purposebound/purposebound/redact/internal/samplestest"
)

// slid returns people of so many kinds, each of one person and as many more as there are failures before α successes of probability β: a number by chance, of
// which the rate is Gamma distributed, drawn as the sum of whole and half steps.
func slid(kinds int, halves int, beta float64, random *rand.Rand) (people []int) {
	for kind := range kinds {
		var rate float64 // of shape halves/2
		for range halves {
			x := random.NormFloat64()
			rate += x * x / 2 * (1 - beta) / beta
		}
		people = append(people, kind)
		for waited := random.ExpFloat64(); waited < rate; waited += random.ExpFloat64() {
			people = append(people, kind)
		}
	}
	random.Shuffle(len(people), func(i, j int) { people[i], people[j] = people[j], people[i] })
	return people
}

// sizesOf returns how many each kind has.
func sizesOf(kinds []int) []int {
	counts := map[int]int{}
	for _, kind := range kinds {
		counts[kind]++
	}
	var sizes []int
	for _, n := range counts {
		sizes = append(sizes, n)
	}
	slices.Sort(sizes)
	return sizes
}

// expected returns, by summing over the sizes of classes, how many of so many classes have one row in a sample of a share, and how many two.
func expected(classes, alpha, beta, share float64) (one, two float64) {
	p := math.Pow(beta, alpha) // that a class is of the size
	for size := 1.0; size < 1e5 && (p > 1e-300 || size < 100); size++ {
		one += classes * p * size * share * math.Pow(1-share, size-1)
		two += classes * p * size * (size - 1) / 2 * share * share * math.Pow(1-share, size-2)
		p *= (alpha + size - 1) / size * (1 - beta)
	}
	return one, two
}

// From what a model is expected to show in a sample, the fit finds the model.
func TestFitSlideFindsItsModel(t *testing.T) {
	t.Parallel()
	const classes = 1000.0
	for _, share := range []float64{0.11, 0.3, 0.5, 0.9, 0.99, 1 - 1e-9} {
		for _, alpha := range []float64{0.01, 0.3, 1, 2.5, 10} {
			for _, beta := range []float64{0.02, 0.2, 0.5, 0.8, 0.99} {
				one, two := expected(classes, alpha, beta, share)
				a, logBeta, unique, err := anonymity.FitSlide(classes, share, one, two)
				require.NoError(t, err, "π %v, α %v, β %v", share, alpha, beta)
				assert.InEpsilon(t, alpha, a, 1e-4, "α: π %v, α %v, β %v", share, alpha, beta)
				assert.InEpsilon(t, beta, math.Exp(logBeta), 1e-4, "β: π %v, α %v, β %v", share, alpha, beta)
				assert.InEpsilon(t, classes*math.Pow(beta, alpha), unique, 1e-4, "π %v, α %v, β %v", share, alpha, beta)
			}
		}
	}
}

// Whatever is fitted is expected to show what was asked for.
func TestFitSlideShowsTheSample(t *testing.T) {
	t.Parallel()
	parameters := gopter.DefaultTestParameters()
	parameters.MinSuccessfulTests = 2000
	properties := gopter.NewProperties(parameters)
	fitted := 0
	properties.Property("the model has the figures of the sample", prop.ForAll(func(classes, share, seenOne, ratio float64) bool {
		one := classes * seenOne
		two := one * ratio
		a, logBeta, unique, err := anonymity.FitSlide(classes, share, one, two)
		if err != nil {
			return errors.Is(err, anonymity.ErrEstimator)
		}
		fitted++
		b := math.Exp(logBeta)
		q := (1 - share) * (1 - b)
		h := math.Exp(a * (logBeta - math.Log(1-q)))
		gotOne := classes * share * h * (1 + a*q/(1-q))
		gotTwo := classes * share * share / 2 * h * a * (1 - b) / (1 - q) * (2 + (a+1)*q/(1-q))
		return math.Abs(gotOne-one) < 1e-5*one && math.Abs(gotTwo-two) < 1e-5*two && unique > 0 && unique <= classes
	}, gen.Float64Range(1, 1e7), gen.Float64Range(0.1, 0.99), gen.Float64Range(0.01, 1), gen.Float64Range(0.01, 2)))
	properties.TestingRun(t)
	assert.Greater(t, fitted, 200)
}

// For the same figures, more classes vary more in size: once a model fits, one does for any more classes, with a smaller β.
func TestFitSlideOfMoreClasses(t *testing.T) {
	t.Parallel()
	for _, share := range []float64{0.11, 0.3, 0.5, 0.7, 0.95} {
		for _, two := range []float64{1, 20, 90, 400} {
			last, fitted := 1.0, 0
			for classes := 10.0; classes < 1e6; classes *= 1.05 {
				_, logBeta, _, err := anonymity.FitSlide(classes, share, 100, two)
				if err != nil {
					require.Zero(t, fitted, "π %v, %v of two rows", share, two)
					continue
				}
				require.Less(t, logBeta, last, "π %v, %v of two rows, %v classes", share, two, classes)
				last = logBeta
				fitted++
			}
			assert.Greater(t, fitted, 20, "π %v, %v of two rows", share, two)
		}
	}
}

func TestFitSlideRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ classes, share, one, two float64 }{
		"none of one row":                   {100, 0.5, 0, 10},
		"none of two rows":                  {100, 0.5, 10, 0},
		"more of one row than can be":       {100, 0.5, 60, 1},
		"classes more alike than by chance": {100, 0.5, 50, 24},
		"nobody":                            {100, 0, 10, 10},
		"everybody":                         {100, 1, 10, 10},
		"no classes":                        {0, 0.5, 10, 10},
		"fewer than none":                   {100, 0.5, -10, 10},
		"no number of classes":              {math.NaN(), 0.5, 10, 10},
		"no end of classes":                 {math.Inf(1), 0.5, 10, 10},
		"no number of rows":                 {100, 0.5, math.NaN(), 10},
		"no number of pairs":                {100, 0.5, 10, math.NaN()},
		"no share":                          {100, math.NaN(), 10, 10},
	} {
		_, _, _, err := anonymity.FitSlide(c.classes, c.share, c.one, c.two)
		require.ErrorIs(t, err, anonymity.ErrEstimator, name)
	}
	// One pair among very many who are alone: β is less than the least number, and nearly everyone stands alone all the same.
	_, logBeta, unique, err := anonymity.FitSlide(1e6, 0.5, 4.5e5, 1)
	require.NoError(t, err)
	assert.Zero(t, math.Exp(logBeta))
	assert.InEpsilon(t, 0.9e6, unique, 1e-3)
}

// Two classes of one row and one of two, half of the population: by hand.
func TestShlosserByHand(t *testing.T) {
	t.Parallel()
	more := 2 * (7.0 / 8) / (13.0 / 16) * (5.0 / 6) * (5.0 / 6)
	require.InDelta(t, 3+more, anonymity.Shlosser([]int{1, 1, 2}, 0.5), 1e-12)
	require.InDelta(t, 15, anonymity.Shlosser([]int{1, 1, 1}, 0.2), 1e-12) // of people who are all alone, the population has as many more as it is larger
}

// A sample of a population that is as the model has it tells how many are alone there, and the better the larger it is.
func TestSlideOfItsOwnPopulation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		halves int // 2α
		beta   float64
	}{{1, 0.3}, {1, 0.05}, {2, 0.5}, {2, 0.1}, {4, 0.5}, {6, 0.8}} {
		people := slid(30_000, c.halves, c.beta, rand.New(rand.NewPCG(7, 9)))
		truth := alone(people)
		for share, within := range map[int]float64{30: 0.15, 50: 0.08, 80: 0.06, 95: 0.03} {
			if share == 30 && c.beta >= 0.3 {
				continue // the number of classes is then guessed too high
			}
			sizes := sizesOf(people[:len(people)*share/100])
			unique, fits := anonymity.Slide(sizes, len(people))
			require.True(t, fits)
			assert.InEpsilon(t, truth, unique/float64(len(people)), within, "%+v, %d %%", c, share)
		}
	}
}

// Each model answers by itself, no more than the sample says, and one that does not fit says so.
func TestPopulationUniqueBy(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for seed := range uint64(40) {
		random := rand.New(rand.NewPCG(seed, 3))
		people := slid(300, 1+random.IntN(4), 0.02+0.9*random.Float64(), random)
		rows := people[:len(people)*(11+random.IntN(85))/100]
		if seed%4 == 0 { // no class of two rows
			rows = []int{0, 1, 2, 2, 2, 3, 3, 3}
			people = make([]int, 9+random.IntN(60))
		}
		classes := classesOfKinds(t, rows)
		zayatz, err := classes.PopulationUniqueBy(anonymity.Zayatz, len(people))
		require.NoError(t, err)
		got, err := classes.PopulationUnique(len(people))
		require.NoError(t, err)
		assert.InDelta(t, zayatz, got, 1e-15, "of a large sample")
		pitman, err := classes.PopulationUniqueBy(anonymity.Pitman, 10*len(rows))
		require.NoError(t, err)
		got, err = classes.PopulationUnique(10 * len(rows))
		require.NoError(t, err)
		assert.InDelta(t, pitman, got, 1e-15, "of a tenth")

		slide, err := classes.PopulationUniqueBy(anonymity.SlideNegativeBinomial, len(people))
		unique, fits := anonymity.Slide(sizesOf(rows), len(people))
		if !fits {
			seen["none fits"]++
			assert.ErrorIs(t, err, anonymity.ErrEstimator)
			continue
		}
		seen["fits"]++
		require.NoError(t, err)
		assert.InDelta(t, min(classes.SampleUnique(), unique/float64(len(people))), slide, 1e-15)
	}
	assert.NotZero(t, seen["fits"])
	assert.NotZero(t, seen["none fits"])

	classes := classesOfKinds(t, []int{1, 2, 2, 3, 3, 3})
	for _, e := range []anonymity.Estimator{0, -1, anonymity.SlideNegativeBinomial + 1} {
		_, err := classes.PopulationUniqueBy(e, 20)
		assert.ErrorIs(t, err, anonymity.ErrEstimator)
	}
	_, err := classes.PopulationUniqueBy(anonymity.Zayatz, 5)
	assert.ErrorIs(t, err, anonymity.ErrPopulation)
}

func TestPopulationUniqueLaws(t *testing.T) {
	t.Parallel()
	properties := gopter.NewProperties(gopter.DefaultTestParameters())
	properties.Property("it is a share, no more than the sample's, and the order of rows does not matter", prop.ForAll(func(seed uint64) bool {
		random := rand.New(rand.NewPCG(seed, 5))
		rows := make([]int, 1+random.IntN(60))
		kinds := 1 + random.IntN(2*len(rows))
		for i := range rows {
			rows[i] = random.IntN(1 + random.IntN(kinds))
		}
		people := len(rows) + random.IntN(12*len(rows))
		classes := classesOfKinds(t, rows)
		one, err := classes.PopulationUnique(people)
		if err != nil || !(one >= 0 && one <= classes.SampleUnique()) {
			return false
		}
		all, err := classes.PopulationUnique(len(rows))
		if err != nil || all != classes.SampleUnique() {
			return false
		}
		random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		two, err := classesOfKinds(t, rows).PopulationUnique(people)
		return err == nil && one == two
	}, gen.UInt64()))
	properties.TestingRun(t)
}

func TestPopulationUniqueOfLargeSampleAtTheEdges(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kinds []int
		want  float64
	}{
		"all alone":        {[]int{1, 2, 3, 4}, 1},
		"none alone":       {[]int{1, 1, 2, 2, 2}, 0},
		"one class":        {[]int{1, 1, 1, 1}, 0},
		"one class of one": {[]int{1}, 1},
	} {
		for _, people := range []int{len(c.kinds), len(c.kinds) + 1, 2 * len(c.kinds), 9 * len(c.kinds)} {
			got, err := classesOfKinds(t, c.kinds).PopulationUnique(people)
			require.NoError(t, err, name)
			assert.InDelta(t, c.want, got, 1e-15, "%s of %d", name, people)
		}
	}
}

// The census of 1994 as a population: of all nine columns, half are alone. For the whole file as a sample, Zayatz's model says what the tests of ARX
// (arx.deidentifier.org) have; a sample of the file is told better by the slide model.
func TestPopulationUniqueOfCensus(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(samplestest.Folder(t, "anonymity"), "adult.csv"))
	require.NoError(t, err)
	codes := map[string]int{}
	var people []int
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
		if _, ok := codes[line]; !ok {
			codes[line] = len(codes)
		}
		people = append(people, codes[line])
	}
	require.Len(t, people, 30162)
	assert.InDelta(t, 0.5142895033485844, alone(people), 1e-12)
	classes := classesOfKinds(t, people)
	for size, want := range map[int]float64{301620: 0.3207402393466189, 150810: 0.3577099234829125} {
		got, err := classes.PopulationUniqueBy(anonymity.Zayatz, size)
		require.NoError(t, err)
		assert.InDelta(t, want, got, 1e-12)
	}
	random := rand.New(rand.NewPCG(7, 10))
	for _, c := range []struct {
		share  int // per cent
		within float64
	}{{11, 0.13}, {20, 0.04}, {30, 0.03}, {50, 0.02}, {80, 0.01}} {
		random.Shuffle(len(people), func(i, j int) { people[i], people[j] = people[j], people[i] })
		classes := classesOfKinds(t, people[:len(people)*c.share/100])
		got, err := classes.PopulationUniqueBy(anonymity.SlideNegativeBinomial, len(people))
		require.NoError(t, err)
		assert.InDelta(t, alone(people), got, c.within, "%d %%", c.share)
		more, err := classes.PopulationUnique(len(people))
		require.NoError(t, err)
		assert.GreaterOrEqual(t, more, alone(people)-0.01)
		t.Logf("%d %%: %.3f, by Zayatz %.3f, of the sample %.3f, in truth %.3f", c.share, got, more, classes.SampleUnique(), alone(people))
	}
}
