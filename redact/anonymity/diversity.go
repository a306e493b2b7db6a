package anonymity

import (
	"cmp"
	"math"
	"slices"
)

// Alpha returns the share of the most frequent value in the class where it is greatest, from above 0 to 1: the greatest certainty with which a value can be
// inferred. The table is (α,k)-anonymous for every α from it on, and k up to [Classes.K] (Wong, Li, Fu and Wang, 2006).
func (a *Attribute) Alpha() float64 {
	return a.worst(func(counts []count, _, people float64) float64 {
		return float64(slices.MaxFunc(counts, byRows).rows) / people
	})
}

// Distinct returns the number of values in the class that has fewest: distinct ℓ-diversity (Machanavajjhala, Kifer, Gehrke and
// Venkitasubramaniam, 2007). At 1, there is a class whose people are all known to have the same.
func (a *Attribute) Distinct() int {
	return int(-a.worst(func(counts []count, _, people float64) float64 { return -float64(a.values(counts, people)) }))
}

// Entropy returns the greatest ℓ for which every class is entropy ℓ-diverse: e to the entropy of the class where that is least (Machanavajjhala
// and others, 2007). An answer that rounding alone keeps from a whole number is that number: equally many of seven values are 7.
func (a *Attribute) Entropy() float64 {
	least := -a.worst(func(counts []count, rows, people float64) float64 {
		if a.values(counts, people) == 1 {
			return 0
		}
		var h float64
		for _, c := range counts {
			p := float64(c.rows) / rows
			h -= p * math.Log(p)
		}
		return -h
	})
	l := math.Exp(least)
	if whole := math.Round(l); math.Abs(l-whole) < 1e-12*whole {
		return whole
	}
	return l
}

// Recursive returns the c above which the table is recursive (c,ℓ)-diverse: the most frequent value of a class is less than c times as frequent as
// the ℓ-th most frequent and all rarer ones together (Machanavajjhala and others, 2007). It is infinite where a class has fewer than ℓ values,
// and for an ℓ below 1.
func (a *Attribute) Recursive(l int) float64 {
	return a.worst(func(counts []count, _, people float64) float64 {
		if l < 1 || a.values(counts, people) < l {
			return math.Inf(1)
		}
		slices.SortFunc(counts, func(x, y count) int { return byRows(y, x) })
		tail := 0
		for _, c := range counts[l-1:] {
			tail += int(c.rows)
		}
		return float64(counts[0].rows) / float64(tail)
	})
}

func byRows(x, y count) int { return cmp.Compare(x.rows, y.rows) }
