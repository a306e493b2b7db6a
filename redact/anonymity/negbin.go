package anonymity

import (
	"math"
)

// A slide is the slide negative binomial model (Chen and Keller-McNulty, 1998): of so many classes in the population, each has one person, and as
// many more as there are failures before α successes of probability β.
type slide struct {
	classes, alpha float64
	logBeta        float64 // ln β, as β itself can be less than the least number
}

// unique returns the expected number of people who are alone in the population.
func (s slide) unique() float64 { return s.classes * math.Exp(s.alpha*s.logBeta) }

// slide returns the model that is to be fitted for a sample of so many people: by its classes of one row and of two, and by how many classes the population
// is estimated to have, as Dankar et al. (2012) do it.
func (h histogram) slide(people int) (slide, error) {
	share := float64(h.rows) / float64(people)
	return fitSlide(h.shlosser(share), share, float64(h.classes[1]), float64(h.classes[2]))
}

// fitSlide returns the model of so many classes under which a sample, in which everyone is with the probability share, is expected to have so many classes of
// one row and of two. Without any of either, with a share that is not between 0 and 1, and where people in classes of a like size would give fewer alone than
// there are, that is an [ErrEstimator].
func fitSlide(classes, share, one, two float64) (slide, error) {
	want := math.Log(one / (classes * share))
	if !(one > 0 && two > 0 && share > 0 && share < 1) || math.IsNaN(want) || math.IsInf(want, 0) {
		return slide{}, ErrEstimator
	}
	// With b = β/(β+π−π·β) for the share π, r = (1−π)/π, c = 1−b and m = α·c, the expected numbers are
	//	one = classes·π·b^α·(1+r·m), two = classes·π·b^α·m·(2+r·m+r·c)/2.
	// Their ratio gives m for every b. With this m, one falls with b, from where classes are alike (Poisson) at b = 1 to none at b = 0: one b at most fits.
	r, ratio := (1-share)/share, 2*two/one
	mean := func(c float64) float64 { // the positive root of r·m² + (2+r·c−r·ratio)·m − ratio
		half := (2 + r*c - r*ratio) / 2
		root := math.Sqrt(half*half + r*ratio)
		if half > 0 {
			return ratio / (half + root)
		}
		return (root - half) / r
	}
	above := func(x float64) bool { // whether more than the wanted are alone for b = exp(−x)
		c := -math.Expm1(-x)
		m := mean(c)
		return math.Log1p(r*m)-m*x/c > want
	}
	low, high := 1e-9, 1.0
	if !above(low) {
		return slide{}, ErrEstimator
	}
	for above(high) {
		low, high = high, 2*high
	}
	for range 60 {
		if x := (low + high) / 2; above(x) {
			low = x
		} else {
			high = x
		}
	}
	c := -math.Expm1(-high)
	return slide{classes: classes, alpha: mean(c) / c, logBeta: math.Log(share) - high - math.Log1p(-(1-share)*math.Exp(-high))}, nil
}

// shlosser estimates how many classes the population has of which the sample is such a share: Shlosser's estimate (1981) as Haas and Stokes (1998) modify
// it, who take classes to be as often of each size there as they are here.
func (h histogram) shlosser(share float64) float64 {
	var missed, alone float64           // classes expected to have no row, and one, in such a share of the rows
	var missedAgain, aloneAgain float64 // of those that have a row in it, none, and of all, one, in such a share of that
	for _, size := range h.sizes {
		n, i, again := float64(h.classes[size]), float64(size), share*share
		missed += n * math.Pow(1-share, i)
		alone += n * i * share * math.Pow(1-share, i-1)
		missedAgain += n * (math.Pow(1-again, i) - math.Pow(1-share, i))
		aloneAgain += n * i * again * math.Pow(1-again, i-1)
	}
	return float64(h.count) + float64(h.classes[1])*aloneAgain/missedAgain*(missed/alone)*(missed/alone)
}
