package lattice

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// A Loss is what a node loses by a [Metric]: less is better.
type Loss struct {
	Value float64
	// Ranked is what each quasi-identifier loses, from most to least, for the metric [RankedShares] alone. Losses are then compared by the first in which they
	// differ, and Value is the first.
	Ranked []float64
}

// Compare is negative if l is less than other, positive if it is more.
func (l Loss) Compare(other Loss) int {
	if c := cmp.Compare(l.Value, other.Value); c != 0 {
		return c
	}
	return slices.Compare(l.Ranked, other.Ranked)
}

// A Metric says what a node loses. The zero Metric is none.
type Metric struct {
	kind   metricKind
	weight float64 // of suppression, as ARX has it: 0.5 is neutral
}

type metricKind int

const (
	height metricKind = iota + 1
	precision
	meanShares
	geometricShares
	greatestShares
	rankedShares
	discernibility
	classDiscernibility
	classSize
	nonUniformEntropy
	generalisationEntropy
	ambiguity
)

const neutral = 0.5

// Height is the sum of the levels. Suppressed rows cost nothing more.
func Height() Metric { return Metric{height, neutral} }

// Precision is the mean over cells of the level as a share of the height of its hierarchy; 1 for a suppressed row (Sweeney, 2002, who subtracts it from 1).
func Precision() Metric { return Metric{precision, neutral} }

// MeanShares is the mean over quasi-identifiers of the loss of Iyengar (2002): a cell loses the share of the values of its hierarchy that its text stands
// for, a suppressed one all of them. For each quasi-identifier the sum over the rows is scaled so that it is 0 where nothing is
// generalised and 1 where everything is lost. A hierarchy that is computed has the values that the table has.
func MeanShares() Metric { return Metric{meanShares, neutral} }

// GeometricShares is [MeanShares] with the geometric mean of one more than what each quasi-identifier loses, less one, which ARX calls Loss.
func GeometricShares() Metric { return Metric{geometricShares, neutral} }

// GreatestShares is [MeanShares] of the quasi-identifier alone that loses most.
func GreatestShares() Metric { return Metric{greatestShares, neutral} }

// RankedShares compares the losses of [MeanShares] from the quasi-identifier that loses most to the one that loses least.
func RankedShares() Metric { return Metric{rankedShares, neutral} }

// Discernibility is the sum over rows of how many rows each cannot be told from: those of its class, or, if suppressed, all of the table (Bayardo and
// Agrawal, 2005).
func Discernibility() Metric { return Metric{discernibility, neutral} }

// ClassDiscernibility is [Discernibility] as if no row were suppressed; it only rises with the levels.
func ClassDiscernibility() Metric { return Metric{classDiscernibility, neutral} }

// ClassSize is the average size of a class, all suppressed rows being one (LeFevre, DeWitt and Ramakrishnan, 2006, without the division by k).
func ClassSize() Metric { return Metric{classSize, neutral} }

// NonUniformEntropy is the information in bits that is lost if each value is to be guessed from what it became (Gionis and Tassa, 2009; de Waal and
// Willenborg, 1999): for each cell −log₂ of how often its value is in the column by how often what it became is. For a suppressed row this is not
// enough, and it loses besides −log₂ of the share that the latter has of the suppressed rows, as in ARX.
func NonUniformEntropy() Metric { return Metric{nonUniformEntropy, neutral} }

// GeneralisationEntropy is [NonUniformEntropy] as if no row were suppressed; it only rises with the levels.
func GeneralisationEntropy() Metric { return Metric{generalisationEntropy, neutral} }

// Ambiguity is the average over rows of how many combinations of values a row may stand for; a suppressed one for all (Goldberger and Tassa, 2010).
func Ambiguity() Metric { return Metric{ambiguity, neutral} }

// Weighted returns the metric with another weight of suppression against generalisation, from 0, where suppressing costs nothing beyond the levels, over 0.5, which
// is as it was, to 1, where generalising costs nothing. Only [Precision] and the metrics of shares can be weighted.
func (m Metric) Weighted(suppression float64) Metric {
	m.weight = suppression
	return m
}

func (m Metric) check() error {
	switch {
	case m.kind < height || m.kind > ambiguity:
		return ErrMetric
	case !(m.weight >= 0 && m.weight <= 1):
		return fmt.Errorf("%w: weight", ErrMetric)
	case m.weight != neutral && (m.kind < precision || m.kind > rankedShares):
		return fmt.Errorf("%w: it has no weights", ErrMetric)
	}
	return nil
}

// factors returns what generalising and suppressing cost, as ARX derives them from one weight.
func (m Metric) factors() (generalising, suppressing float64) {
	if m.weight < neutral {
		return 1, 2 * m.weight
	}
	return 1 - 2*(m.weight-neutral), 1
}

// dynamic reports whether only the classes of a node tell what the nodes above lose at least.
func (m Metric) dynamic() bool {
	return m.kind == discernibility || m.kind == classDiscernibility || m.kind == classSize || m.kind == ambiguity
}

// floor returns what the node loses at least, and all nodes above it, by its levels alone; nothing if only its classes tell.
func (m Metric) floor(p *pool, levels []int) Loss {
	switch m.kind {
	case height:
		sum := 0
		for _, level := range levels {
			sum += level
		}
		return Loss{Value: float64(sum)}
	case precision, meanShares, geometricShares, greatestShares, rankedShares:
		return m.shares(p, levels, nil, 0)
	case nonUniformEntropy, generalisationEntropy:
		var sum float64
		for q, level := range levels {
			sum += p.statistics[q][level].entropy
		}
		return Loss{Value: sum}
	}
	return Loss{}
}

// measure returns what a node loses, and a bound for it and all nodes above. Kept says which classes stay.
func (m Metric) measure(p *pool, c *classes, kept []bool, suppressed int64) (loss, floor Loss) {
	floor = m.floor(p, c.levels)
	switch m.kind {
	case precision, meanShares, geometricShares, greatestShares, rankedShares:
		lost := make([]int64, len(c.levels)) // leaves under the suppressed cells
		if suppressed > 0 && m.kind != precision {
			for q, level := range c.levels {
				leaves, codes, base := p.dimensions[q].leaves[level], p.dimensions[q].codes[level], p.dimensions[q].base
				for i, ok := range kept {
					if !ok {
						lost[q] += int64(c.rows[i]) * int64(leaves[codes[base[c.first[i]]]])
					}
				}
			}
		}
		return m.shares(p, c.levels, lost, suppressed), floor
	case discernibility, classDiscernibility:
		var all, some float64
		for i, rows := range c.rows {
			square := float64(rows) * float64(rows)
			all += square
			if kept[i] {
				some += square
			} else {
				some += float64(rows) * float64(p.rows)
			}
		}
		if m.kind == classDiscernibility {
			some = all
		}
		return Loss{Value: some}, Loss{Value: all}
	case classSize:
		all, some := 0, 0
		for i, rows := range c.rows {
			if rows > 0 {
				all++
				if kept[i] {
					some++
				}
			}
		}
		if suppressed > 0 {
			some++
		}
		return Loss{Value: float64(p.rows) / float64(max(1, some))}, Loss{Value: float64(p.rows) / float64(max(1, all))}
	case nonUniformEntropy:
		return Loss{Value: floor.Value + p.hidden(c, kept, suppressed)}, floor
	case ambiguity:
		return p.ambiguity(c, kept)
	}
	return floor, floor
}

// shares is the loss by shares of the values, or of the height, with so many suppressed rows, under whose cells there are so many leaves.
func (m Metric) shares(p *pool, levels []int, lost []int64, suppressed int64) Loss {
	generalising, suppressing := m.factors()
	n := float64(p.rows)
	parts := make([]float64, len(levels))
	for q, level := range levels {
		d := p.dimensions[q]
		if m.kind == precision {
			share := 0.0
			if d.height > 0 {
				share = float64(level) / float64(d.height)
			}
			s := float64(suppressed)
			parts[q] = (generalising*(n-s)*share + s*(share+suppressing*(1-share))) / n
			continue
		}
		domain := float64(d.domain)
		kept, hidden := p.statistics[q][level].leaves, int64(0)
		if lost != nil {
			kept, hidden = kept-lost[q], lost[q]
		}
		sum := (generalising*float64(kept)+(1-suppressing)*float64(hidden))/domain + suppressing*float64(suppressed)
		least := generalising * n / domain
		if n > least {
			parts[q] = max(0, (sum-least)/(n-least))
		}
	}
	return m.aggregate(parts)
}

func (m Metric) aggregate(parts []float64) Loss {
	switch m.kind {
	case geometricShares:
		product := 1.0
		for _, part := range parts {
			product *= math.Pow(part+1, 1/float64(len(parts)))
		}
		return Loss{Value: product - 1}
	case greatestShares:
		return Loss{Value: slices.Max(parts)}
	case rankedShares:
		slices.SortFunc(parts, func(x, y float64) int { return cmp.Compare(y, x) })
		return Loss{Value: parts[0], Ranked: parts}
	}
	var sum float64
	for _, part := range parts {
		sum += part
	}
	return Loss{Value: sum / float64(len(parts))}
}

// hidden is what the suppressed rows lose beyond the entropy of their levels.
func (p *pool) hidden(c *classes, kept []bool, suppressed int64) float64 {
	if suppressed == 0 {
		return 0
	}
	var bits float64
	for q, level := range c.levels {
		codes, base := p.dimensions[q].codes[level], p.dimensions[q].base
		counts := make([]int64, p.dimensions[q].width[level])
		for i, ok := range kept {
			if !ok {
				counts[codes[base[c.first[i]]]] += int64(c.rows[i])
			}
		}
		bits += float64(suppressed)*math.Log2(float64(suppressed)) - sumLogs(counts)
	}
	return bits
}

// sumLogs is the sum of n·log₂ n, in an order that depends on the counts alone, so that the order of the rows cannot show in the last digit.
func sumLogs(counts []int64) float64 {
	slices.Sort(counts)
	var sum float64
	for _, n := range counts {
		if n > 1 {
			sum += float64(n) * math.Log2(float64(n))
		}
	}
	return sum
}

func (p *pool) ambiguity(c *classes, kept []bool) (loss, floor Loss) {
	every := 1.0
	for _, d := range p.dimensions {
		every *= float64(d.domain)
	}
	all, some := make([]float64, len(c.rows)), make([]float64, len(c.rows))
	for i, rows := range c.rows {
		each := 1.0
		for q, level := range c.levels {
			d := p.dimensions[q]
			each *= float64(d.leaves[level][d.codes[level][d.base[c.first[i]]]])
		}
		all[i] = float64(rows) * each
		some[i] = all[i]
		if !kept[i] {
			some[i] = float64(rows) * every
		}
	}
	mean := func(values []float64) Loss {
		slices.Sort(values) // as in sumLogs
		var sum float64
		for _, v := range values {
			sum += v
		}
		return Loss{Value: sum / float64(p.rows)}
	}
	return mean(some), mean(all)
}
