package anonymity

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

// SampleUnique returns the share of rows that stand alone: that are in a class of one. Where a table counts people, it is the share of people who have such a
// row.
func (c *Classes) SampleUnique() float64 {
	alone := 0
	for class, size := range c.sizes {
		if size == 1 {
			alone += c.held[class]
		}
	}
	return float64(alone) / float64(c.people())
}

// An Estimator is a model of the classes of a population of which a simple random sample is known.
type Estimator int

// The zero Estimator is none.
const (
	Pitman                Estimator = iota + 1 // the sampling formula of Pitman, by likelihood (Hoshino, 2001); for small samples
	Zayatz                                     // classes are as often of each size in the population as in the sample (Zayatz, 1991); for large ones, and mostly too high
	SlideNegativeBinomial                      // (Chen and Keller-McNulty, 1998); for large samples, where it fits, and at times too low
)

// PopulationUnique estimates the share of the rows whose person stands alone in a population of so many people, of which the table is a simple random
// sample. It is an estimate from a model, right on average at best; with a table of the population, [Compare] counts. Of up to a tenth of
// the population it is that of [Pitman], of more that of [Zayatz], as Dankar, El Emam, Neisa and Roffey (2012) advise, who of a larger sample also try
// [SlideNegativeBinomial] and take it where it says less: that is the smaller of two answers of [Classes.PopulationUniqueBy]. Here the more cautious one is given.
// Rows in several classes are left out. Fewer people than such rows are an [ErrPopulation]; a table that counts people, of whom somebody is in several
// classes, is an [ErrPerson], because the models know nothing of them.
func (c *Classes) PopulationUnique(people int) (float64, error) {
	if h := sizesOf(c.own); h.rows <= people/10 {
		return c.PopulationUniqueBy(Pitman, people)
	}
	return c.PopulationUniqueBy(Zayatz, people)
}

// PopulationUniqueBy is [Classes.PopulationUnique] by one model. Where all rows are alone, none are, or the sample is the population, it is the share of the sample whatever the
// model, and it is never more than that. An unknown estimator, and a model that fits no population of such a sample, are an [ErrEstimator].
func (c *Classes) PopulationUniqueBy(e Estimator, people int) (float64, error) {
	h := sizesOf(c.own)
	switch {
	case c.several:
		return 0, fmt.Errorf("%w: somebody is in several classes", ErrPerson)
	case people < h.rows:
		return 0, fmt.Errorf("%w: it is smaller", ErrPopulation)
	case e < Pitman || e > SlideNegativeBinomial:
		return 0, ErrEstimator
	}
	alone := float64(h.classes[1]) / float64(h.rows)
	if h.count == h.rows || h.classes[1] == 0 || people == h.rows {
		return alone, nil // if all are alone, there is nothing to tell the rest from
	}
	switch e {
	case Pitman:
		return min(alone, h.pitman(people)), nil
	case Zayatz:
		return alone * h.zayatz(people), nil
	default:
		fit, err := h.slide(people)
		return min(alone, fit.unique()/float64(people)), err
	}
}

// histogram is how many classes have how many rows.
type histogram struct {
	rows, count int
	classes     map[int]int // by rows
	sizes       []int       // its keys, in order
}

func sizesOf(members []int) histogram {
	h := histogram{count: len(members), classes: map[int]int{}}
	for _, n := range members {
		h.rows += n
		h.classes[n]++
	}
	h.sizes = slices.Sorted(maps.Keys(h.classes))
	return h
}

// zayatz returns the probability that who is alone in the sample is alone in the population. It takes classes to be as often of each size there as they are
// here, and asks how likely a class of that size is to show one row.
func (h histogram) zayatz(people int) float64 {
	var one, all float64
	rest, reached := 1.0, 1 // probability that, one of a class being in the sample, the others are not
	for _, size := range h.sizes {
		for ; reached < size; reached++ {
			rest *= max(0, float64(people-h.rows-reached+1)) / float64(people-reached)
		}
		shows := float64(h.classes[size]) * float64(size) * rest
		if size == 1 {
			one = shows
		}
		all += shows
	}
	return one / all
}

// pitman returns the expected share of the population that is alone, by the parameters under which the sample is likeliest.
func (h histogram) pitman(people int) float64 {
	thetaOf := func(alpha float64) float64 {
		return math.Exp(highest(func(x float64) float64 { return h.likelihood(alpha, math.Exp(x)) }, -10, math.Log(1e4*float64(h.rows))))
	}
	alpha := highest(func(alpha float64) float64 { return h.likelihood(alpha, thetaOf(alpha)) }, 0, 1-1e-9)
	theta := thetaOf(alpha)
	return math.Exp(logProduct(theta+alpha-1, 1, people-1) - logProduct(theta, 1, people-1))
}

// likelihood is the logarithm of Pitman's sampling formula, without what does not depend on the parameters.
func (h histogram) likelihood(alpha, theta float64) float64 {
	l := logProduct(theta, alpha, h.count-1) - logProduct(theta, 1, h.rows-1)
	for _, size := range h.sizes {
		l += float64(h.classes[size]) * logProduct(-alpha, 1, size-1)
	}
	return l
}

// highest returns where a function with one peak has it, by golden section.
func highest(f func(float64) float64, low, high float64) float64 {
	ratio := math.Phi - 1
	left, right := high-ratio*(high-low), low+ratio*(high-low)
	atLeft, atRight := f(left), f(right)
	for range 60 {
		if atLeft < atRight {
			low, left, atLeft = left, right, atRight
			right = low + ratio*(high-low)
			atRight = f(right)
		} else {
			high, right, atRight = right, left, atLeft
			left = high - ratio*(high-low)
			atLeft = f(left)
		}
	}
	return (low + high) / 2
}

// logProduct returns the sum of ln(a+i·step) for i from 1 to n: the first terms one by one, the others by the formula of Euler and Maclaurin, which the
// Gamma function would be but for the digits that a small step costs.
func logProduct(a, step float64, n int) (sum float64) {
	const exact = 30
	for i := range min(n, exact) {
		sum += math.Log(a + float64(i+1)*step)
	}
	if n <= exact {
		return sum
	}
	a += exact * step
	m := float64(n - exact)
	r := step / a
	y := r * m
	mean := y/2 - y*y/6 + y*y*y/12 // of ln(1+r·x) for x from 0 to m
	if y > 1e-4 {
		mean = ((1+y)*math.Log1p(y) - y) / y
	}
	slope := r/(1+y) - r
	bend := 2 * (math.Pow(r/(1+y), 3) - math.Pow(r, 3))
	return sum + m*(math.Log(a)+mean) + math.Log1p(y)/2 + slope/12 - bend/720
}
