package dp

import (
	"fmt"
	"math"

	"github.com/google/differential-privacy/go/v3/noise"
)

// What is accepted. Within these bounds the arithmetic of the noise holds: outside of them its scale overflows, or is lost in rounding.
const (
	smallestEpsilon = 1.0 / (1 << 20)
	largestEpsilon  = 100
	smallestDelta   = 1e-12
	smallestBound   = 1e-100
	largestBound    = 1e100
	mostEntries     = 1 << 30 // of one person, in all partitions together
)

// DefaultConfidence is the confidence of an interval where a [Query] says none.
const DefaultConfidence = 0.95

// Noise is a distribution of noise. The zero Noise is Laplace.
type Noise int

const (
	// Laplace noise gives pure ε-differential privacy. It is the better one while a person is in few partitions.
	Laplace Noise = iota
	// Gaussian noise needs a δ. Its scale grows with the square root of the partitions of a person, that of Laplace in proportion to them.
	Gaussian
)

// Bounds say what one person may contribute. What goes beyond is left out or clamped, so they also say how much noise is needed: by them,
// and never by looking at the data, it is scaled. Take them from what you know of the matter, not from the data itself.
type Bounds struct {
	// Partitions is in how many partitions a person may be, at least 1. It must be 1 where there are no partitions. Of a person who is in
	// more, some are drawn.
	Partitions int
	// Contributions is how many contributions of a person count in each partition, at least 1. Of a person who has more, some are drawn.
	Contributions int
	// Lower and Upper are between which values a contribution counts, in the unit of the values; a value beyond is clamped. Lower must be
	// less than Upper. Where people or rows are counted there are no values, and both must be zero.
	Lower, Upper float64
}

// A Query says what one answer may cost and how it is made. Cost and Bounds are required.
type Query struct {
	// Cost is spent before the data is read, in full, whatever comes of it.
	Cost Cost
	// Noise is Laplace if zero. Laplace noise takes no δ, Gaussian noise needs one. Selecting partitions needs one in any case.
	Noise  Noise
	Bounds Bounds
	// Confidence is with which probability an interval has the exact answer within the bounds in it, between 0 and 1.
	// If zero it is [DefaultConfidence].
	Confidence float64
}

// A Result is a noisy value and the interval in which the exact one is with the probability Confidence. Exact means of the data within
// the bounds: what clamping and leaving out change is not in the interval.
type Result struct {
	Value      float64
	Low, High  float64
	Confidence float64
}

// use says what an aggregate needs of a query.
type use struct{ values, partitions, selects bool }

// plan is a query that has been checked.
type plan struct {
	cost          Cost
	noise         noise.Noise
	kind          Noise
	partitions    int64
	contributions int64
	lower, upper  float64
	confidence    float64
}

func (q Query) plan(u use) (plan, error) {
	p := plan{
		cost: q.Cost, kind: q.Noise,
		partitions: int64(q.Bounds.Partitions), contributions: int64(q.Bounds.Contributions),
		lower: q.Bounds.Lower, upper: q.Bounds.Upper, confidence: q.Confidence,
	}
	if err := q.Cost.check(); err != nil {
		return plan{}, err
	}
	switch q.Noise {
	case Laplace:
		p.noise = noise.Laplace()
		if q.Cost.Delta != 0 && !u.selects {
			return plan{}, fmt.Errorf("%w: Laplace noise has no use for a delta", ErrCost)
		}
	case Gaussian:
		p.noise = noise.Gaussian()
		if q.Cost.Delta == 0 {
			return plan{}, fmt.Errorf("%w: Gaussian noise needs a delta", ErrCost)
		}
	default:
		return plan{}, fmt.Errorf("%w: unknown noise", ErrQuery)
	}
	if err := p.checkBounds(u); err != nil {
		return plan{}, err
	}
	if u.selects && q.Cost.Delta/float64(p.partitions) < smallestDelta {
		return plan{}, fmt.Errorf("%w: selecting partitions needs a delta, of %g at least for each partition of a person", ErrCost, smallestDelta)
	}
	if p.confidence == 0 {
		p.confidence = DefaultConfidence
	}
	if !(p.confidence > 0 && p.confidence < 1) {
		return plan{}, fmt.Errorf("%w: confidence must be between 0 and 1", ErrQuery)
	}
	return p, nil
}

func (p plan) checkBounds(u use) error {
	switch {
	case p.partitions < 1 || p.contributions < 1:
		return fmt.Errorf("%w: say how many partitions and how many contributions in each", ErrBounds)
	case p.partitions > mostEntries || p.contributions > mostEntries || p.partitions*p.contributions > mostEntries:
		return fmt.Errorf("%w: more than %d contributions of one person", ErrBounds, mostEntries)
	case !u.partitions && p.partitions != 1:
		return fmt.Errorf("%w: there is one partition", ErrBounds)
	case !u.values && (p.lower != 0 || p.upper != 0):
		return fmt.Errorf("%w: what is counted has no lower or upper value", ErrBounds)
	case !u.values:
		return nil
	case !(p.lower < p.upper): // also if one is not a number
		return fmt.Errorf("%w: the lower value must be less than the upper one", ErrBounds)
	case p.largest() > largestBound || p.largest() < smallestBound || p.upper-p.lower < smallestBound:
		return fmt.Errorf("%w: values must be finite and not vanishing", ErrBounds)
	}
	return nil
}

// largest returns the greatest magnitude a contribution can have.
func (p plan) largest() float64 { return math.Max(math.Abs(p.lower), math.Abs(p.upper)) }

// half returns the plan at half its cost, for an answer that is made of two.
func (p plan) half() plan {
	p.cost = Cost{Epsilon: p.cost.Epsilon / 2, Delta: p.cost.Delta / 2}
	return p
}

// alpha returns the probability with which the interval may miss.
func (p plan) alpha() float64 { return 1 - p.confidence }
