package dp

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
)

// A Cost is what an answer costs in privacy, or what several cost together: with it, what anybody can conclude about a person hardly
// depends on whether that person is in the data. Probabilities differ by a factor of e^ε at most, but for a part of δ.
type Cost struct {
	Epsilon float64 // more than zero
	Delta   float64 // zero, or less than one: far less than one divided by the number of people
}

func (c Cost) check() error {
	if !(c.Epsilon >= smallestEpsilon && c.Epsilon <= largestEpsilon) {
		return fmt.Errorf("%w: epsilon must be between 2^-20 and %d", ErrCost, largestEpsilon)
	}
	if c.Delta != 0 && !(c.Delta >= smallestDelta && c.Delta < 1) {
		return fmt.Errorf("%w: delta must be zero, or between %g and 1", ErrCost, smallestDelta)
	}
	return nil
}

// Basic returns what spendings cost together by basic composition: the sums of their ε and of their δ (Dwork, Kenthapadi, McSherry, Mironov and
// Naor 2006; Dwork and Roth 2014, theorem 3.16). The sums are of the numbers as they are written in decimal, so three times 0.1 is 0.3.
// It is exact and any order, choice or number of queries is covered. The error is [ErrCost].
func Basic(spent ...Spending) (Cost, error) {
	epsilon, delta, err := sums(spent)
	if err != nil {
		return Cost{}, err
	}
	return Cost{Epsilon: roundUp(epsilon), Delta: roundUp(delta)}, nil
}

// Advanced returns what spendings cost together by advanced composition with a slack δ':
//
//	ε = √(2·ln(1/δ')·Σεᵢ²) + Σεᵢ·(e^εᵢ − 1)    δ = δ' + Σδᵢ
//
// This is theorem III.3 of Dwork, Rothblum and Vadhan (2010), whose proof, by Azuma's inequality, holds for εᵢ that differ. It is less than
// [Basic] where there are many small spendings. That each query and its cost may be chosen after seeing the answers to those before it, up
// to a limit fixed in advance, is shown by Whitehouse, Ramdas, Rogers and Wu (2023), whose bound is lower than this one. The error is [ErrCost]
// also for a slack that is zero.
func Advanced(slack float64, spent ...Spending) (Cost, error) {
	if !(slack >= smallestDelta && slack < 1) {
		return Cost{}, fmt.Errorf("%w: advanced composition needs a slack", ErrCost)
	}
	_, delta, err := sums(spent)
	if err != nil {
		return Cost{}, err
	}
	var squares, drift float64
	for _, s := range spent {
		n := float64(s.Times)
		squares += n * s.Cost.Epsilon * s.Cost.Epsilon
		drift += n * s.Cost.Epsilon * math.Expm1(s.Cost.Epsilon)
	}
	epsilon := math.Sqrt(2*math.Log(1/slack)*squares) + drift
	return Cost{
		Epsilon: epsilon * (1 + 1e-12), // more than rounding can have taken away
		Delta:   roundUp(delta.Add(delta, decimal(slack))),
	}, nil
}

func sums(spent []Spending) (epsilon, delta *big.Rat, err error) {
	epsilon, delta = new(big.Rat), new(big.Rat)
	for _, s := range spent {
		if err := s.check(); err != nil {
			return nil, nil, err
		}
		n := new(big.Rat).SetInt64(s.Times)
		epsilon.Add(epsilon, new(big.Rat).Mul(n, decimal(s.Cost.Epsilon)))
		delta.Add(delta, new(big.Rat).Mul(n, decimal(s.Cost.Delta)))
	}
	return epsilon, delta, nil
}

// decimal returns the number that x is written as. x must be finite.
func decimal(x float64) *big.Rat {
	r, ok := new(big.Rat).SetString(strconv.FormatFloat(x, 'g', -1, 64))
	if !ok {
		panic("dp: decimal of a number that is not finite") // every number has been checked
	}
	return r
}

// roundUp returns r as a number whose decimal is not less than r.
func roundUp(r *big.Rat) float64 {
	x, _ := r.Float64()
	if decimal(x).Cmp(r) < 0 {
		x = math.Nextafter(x, math.Inf(1))
	}
	return x
}
