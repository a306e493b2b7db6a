package dp

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/differential-privacy/go/v3/noise"
	"github.com/stretchr/testify/require"
)

// A pool has noise of scale 1 that the library drew. Drawing takes microseconds, and the tests of distributions need hundreds of millions.
type pool struct {
	kind Noise
	unit []float64
}

// pools has one for each noise and run, drawn when it is first needed.
var pools sync.Map

func poolOf(kind Noise, run uint64) *pool {
	type key struct {
		kind Noise
		run  uint64
	}
	p, _ := pools.LoadOrStore(key{kind, run}, sync.OnceValue(func() *pool { return newPool(kind) }))
	return p.(func() *pool)()
}

func newPool(kind Noise) *pool {
	size := 1 << 21 // two samples of a million
	if !testing.Verbose() {
		size = 1 << 16
	}
	p := &pool{kind, make([]float64, size)}
	var wait sync.WaitGroup
	for half := range 2 {
		wait.Go(func() {
			for i := half; i < size; i += 2 {
				if kind == Laplace {
					p.unit[i], _ = noise.Laplace().AddNoiseFloat64(0, 1, 1, 1, 0)
				} else {
					p.unit[i], _ = noise.Gaussian().AddNoiseFloat64(0, 1, 1, 1, 1e-5)
				}
			}
		})
	}
	wait.Wait()
	if kind == Gaussian {
		sigma := noise.SigmaForGaussian(1, 1, 1, 1e-5)
		for i := range p.unit {
			p.unit[i] /= sigma
		}
	}
	return p
}

// pooled is a noise.Noise that draws from a pool and knows no intervals: one after the other, from next on, or with replacement where random is not
// nil. It is not safe for concurrent use.
type pooled struct {
	noise.Noise // nil: what is not here must not be called
	pool        *pool
	next        int
	random      *rand.PCG
	scale       float64
	of          Cost
	l0          int64
	linf        float64
}

func newPooled(kind Noise, run uint64) *pooled { return &pooled{pool: poolOf(kind, run)} }

func (n *pooled) draw(l0 int64, linf, epsilon, delta float64) float64 {
	if of := (Cost{epsilon, delta}); n.of != of || n.l0 != l0 || n.linf != linf {
		n.of, n.l0, n.linf = of, l0, linf
		n.scale = scaleOf(n.pool.kind, l0, linf, of)
	}
	i := n.next & (len(n.pool.unit) - 1)
	n.next++
	if n.random != nil {
		i = int(n.random.Uint64() & uint64(len(n.pool.unit)-1))
	}
	return n.pool.unit[i] * n.scale
}

func scaleOf(kind Noise, l0 int64, linf float64, c Cost) float64 {
	if kind == Laplace {
		return float64(l0) * linf / c.Epsilon
	}
	return noise.SigmaForGaussian(l0, linf, c.Epsilon, c.Delta)
}

func (n *pooled) AddNoiseInt64(x, l0, linf int64, epsilon, delta float64) (int64, error) {
	return x + int64(math.Round(n.draw(l0, float64(linf), epsilon, delta))), nil
}

func (n *pooled) AddNoiseFloat64(x float64, l0 int64, linf, epsilon, delta float64) (float64, error) {
	return x + n.draw(l0, linf, epsilon, delta), nil
}

func (*pooled) ComputeConfidenceIntervalInt64(int64, int64, int64, float64, float64, float64) (noise.ConfidenceInterval, error) {
	return noise.ConfidenceInterval{}, nil
}

func (*pooled) ComputeConfidenceIntervalFloat64(float64, int64, float64, float64, float64, float64) (noise.ConfidenceInterval, error) {
	return noise.ConfidenceInterval{}, nil
}

// TestPool holds the pool to the library: what both draw must have the same variance. With 65,536 draws or more the one of Laplace noise is off by
// 10 % with a probability below 2e-18 (its standard error is √5/256 = 0.87 %), that of Gaussian noise less.
func TestPool(t *testing.T) {
	t.Parallel()
	for _, kind := range []Noise{Laplace, Gaussian} {
		n := newPooled(kind, 1)
		var squares float64
		for _, u := range n.pool.unit {
			squares += u * u
		}
		expected := 2.0
		if kind == Gaussian {
			expected = 1
		}
		require.InEpsilon(t, expected, squares/float64(len(n.pool.unit)), 0.1)
	}
}
