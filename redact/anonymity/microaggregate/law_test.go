package microaggregate_test

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"

	"github.com/purposebound/purposebound/redact/anonymity"
	"github.com/purposebound/purposebound/redact/anonymity/microaggregate"
)

func law(t *testing.T, name string, holds func(seed uint64, k int) bool) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		parameters := gopter.DefaultTestParameters()
		parameters.MinSuccessfulTests = 300
		properties := gopter.NewProperties(parameters)
		properties.Property(name, prop.ForAll(holds, gen.UInt64(), gen.IntRange(1, 7)))
		properties.TestingRun(t)
	})
}

// generated makes columns from a seed, of at least so many rows, with many equal values.
func generated(seed uint64, columns, least int) [][]float64 {
	random := rand.New(rand.NewPCG(seed, 1))
	rows := least + random.IntN(60)
	made := make([][]float64, columns)
	for i := range made {
		made[i] = make([]float64, rows)
		for row := range made[i] {
			made[i][row] = float64(random.IntN(40)*random.IntN(40)) / 4
			if seed%2 == 0 {
				made[i][row] = random.NormFloat64() * 1000
			}
		}
	}
	return made
}

func sizes(g *microaggregate.Groups, rows int) []int {
	n := make([]int, g.Count())
	for row := range rows {
		n[g.Of(row)]++
	}
	return n
}

// sse is the sum of squares about the mean of some values, by its definition.
func sse(values []float64) (sum float64) {
	var mean float64
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for _, v := range values {
		sum += (v - mean) * (v - mean)
	}
	return sum
}

func grouped(g *microaggregate.Groups, values []float64) [][]float64 {
	groups := make([][]float64, g.Count())
	for row, v := range values {
		groups[g.Of(row)] = append(groups[g.Of(row)], v)
	}
	return groups
}

func within(g *microaggregate.Groups, values []float64) (sum float64) {
	for _, group := range grouped(g, values) {
		sum += sse(group)
	}
	return sum
}

func near(x, y float64) bool { return math.Abs(x-y) <= 1e-9*max(1, math.Abs(x), math.Abs(y)) }

func TestLaws(t *testing.T) {
	t.Parallel()
	law(t, "groups have from k to 2k−1 rows", func(seed uint64, k int) bool {
		columns := generated(seed, 2, k)
		one, err := microaggregate.Optimal(columns[0], k)
		if err != nil {
			return false
		}
		both, err := microaggregate.MDAV(context.Background(), columns, k)
		if err != nil {
			return false
		}
		all := append(sizes(one, len(columns[0])), sizes(both, len(columns[0]))...)
		return slices.Min(all) >= k && slices.Max(all) < 2*k
	})
	law(t, "means keep the sum, and every centre lies in its group", func(seed uint64, k int) bool {
		columns := generated(seed, 3, k)
		g, err := microaggregate.MDAV(context.Background(), columns, k)
		if err != nil {
			return false
		}
		for _, column := range columns {
			for _, c := range []microaggregate.Centre{microaggregate.Mean, microaggregate.Median} {
				out, err := g.Aggregate(column, c)
				if err != nil {
					return false
				}
				var before, after float64
				for row, v := range column {
					before += v
					after += out[row]
				}
				if c == microaggregate.Mean && !near(before, after) {
					return false
				}
				centres := grouped(g, out)
				for i, group := range grouped(g, column) {
					if slices.Min(centres[i]) != slices.Max(centres[i]) || centres[i][0] < slices.Min(group) || centres[i][0] > slices.Max(group) {
						return false
					}
					slices.Sort(group)
					if middle := (group[(len(group)-1)/2] + group[len(group)/2]) / 2; c == microaggregate.Median && !near(middle, centres[i][0]) {
						return false
					}
				}
			}
		}
		return true
	})
	law(t, "nothing loses less than the optimum", func(seed uint64, k int) bool {
		values := generated(seed, 1, k)[0]
		g, err := microaggregate.Optimal(values, k)
		if err != nil {
			return false
		}
		m, err := microaggregate.MDAV(context.Background(), [][]float64{values}, k)
		if err != nil {
			return false
		}
		best := within(g, values)
		ok := best <= within(m, values)*(1+1e-9)+1e-9
		sorted := slices.Sorted(slices.Values(values))
		random := rand.New(rand.NewPCG(seed, 2))
		for range 20 { // of neighbours, at random
			var sum float64
			for rest := sorted; len(rest) > 0; {
				n := k + random.IntN(k+1)
				if len(rest)-n < k {
					n = len(rest)
				}
				sum += sse(rest[:n])
				rest = rest[n:]
			}
			ok = ok && best <= sum*(1+1e-9)+1e-9
		}
		return ok
	})
	law(t, "the optimum is that of all partitions of neighbours", func(seed uint64, k int) bool {
		values := generated(seed, 1, k)[0]
		values = values[:min(len(values), 2*k+7)]
		g, err := microaggregate.Optimal(values, k)
		if err != nil {
			return false
		}
		sorted := slices.Sorted(slices.Values(values))
		var least func(from int) float64
		least = func(from int) float64 {
			best := sse(sorted[from:])
			for to := from + k; to <= len(sorted)-k; to++ {
				best = min(best, sse(sorted[from:to])+least(to))
			}
			return best
		}
		return near(within(g, values), least(0))
	})
	law(t, "MDAV is its definition", func(seed uint64, k int) bool {
		columns := generated(seed&^1, 2, k) // no equal distances
		g, err := microaggregate.MDAV(context.Background(), columns, k)
		if err != nil {
			return false
		}
		want := naive(columns, k)
		for row := range want {
			for other := range want {
				if (want[row] == want[other]) != (g.Of(row) == g.Of(other)) {
					return false
				}
			}
		}
		return true
	})
	law(t, "the order of rows does not matter", func(seed uint64, k int) bool {
		columns := generated(seed, 2, k)
		aggregated := func(columns [][]float64) (one []float64, rows [][4]float64) {
			g, err := microaggregate.Optimal(columns[0], k)
			if err != nil {
				return nil, nil
			}
			both, err := microaggregate.MDAV(context.Background(), columns, k)
			if err != nil {
				return nil, nil
			}
			one, _ = g.Aggregate(columns[0], microaggregate.Mean)
			x, _ := both.Aggregate(columns[0], microaggregate.Mean)
			y, _ := both.Aggregate(columns[1], microaggregate.Median)
			for row := range x {
				rows = append(rows, [4]float64{columns[0][row], columns[1][row], x[row], y[row]})
			}
			slices.Sort(one)
			slices.SortFunc(rows, func(x, y [4]float64) int { return slices.Compare(x[:], y[:]) })
			return one, rows
		}
		one, rows := aggregated(columns)
		rand.New(rand.NewPCG(seed, 3)).Shuffle(len(columns[0]), func(i, j int) {
			for _, column := range columns {
				column[i], column[j] = column[j], column[i]
			}
		})
		again, others := aggregated(columns)
		return one != nil && slices.Equal(one, again) && slices.Equal(rows, others)
	})
	law(t, "what is measured in other units groups the same", func(seed uint64, k int) bool {
		columns := generated(seed, 2, k)
		g, err := microaggregate.MDAV(context.Background(), columns, k)
		if err != nil {
			return false
		}
		before := within(g, columns[0])
		for row := range columns[0] {
			columns[0][row] *= 1024 // exactly
		}
		g, err = microaggregate.MDAV(context.Background(), columns, k)
		return err == nil && near(before*1024*1024, within(g, columns[0]))
	})
	law(t, "a table aggregated by all its quasi-identifiers is k-anonymous", func(seed uint64, k int) bool {
		columns := generated(seed, 2, k)
		table, err := anonymity.New(anonymity.Column{Name: "x", Role: anonymity.QuasiIdentifier}, anonymity.Column{Name: "y", Role: anonymity.QuasiIdentifier})
		if err != nil {
			return false
		}
		for row := range columns[0] {
			if table.Append(strconv.FormatFloat(columns[0][row], 'g', -1, 64), strconv.FormatFloat(columns[1][row], 'g', -1, 64)) != nil {
				return false
			}
		}
		r, err := microaggregate.Columns(context.Background(), table, microaggregate.Config{Columns: []string{"x", "y"}, K: k, Centre: microaggregate.Median})
		if err != nil {
			return false
		}
		classes, err := r.Table.Classes()
		return err == nil && classes.K() >= k && r.Table.Rows() == table.Rows() && r.Suppressed == 0 && r.Loss >= 0
	})
	law(t, "the loss of means is within over total", func(seed uint64, k int) bool {
		values := generated(seed, 1, k)[0]
		g, err := microaggregate.Optimal(values, k)
		if err != nil {
			return false
		}
		means, err := g.Aggregate(values, microaggregate.Mean)
		if err != nil {
			return false
		}
		loss, err := microaggregate.Loss([][]float64{values}, [][]float64{means})
		if total := sse(values); total > 0 {
			return err == nil && near(loss, within(g, values)/total) && loss <= 1+1e-9
		}
		return err == nil && loss == 0
	})
}

// naive is MDAV with sorting.
func naive(columns [][]float64, k int) []int {
	n := len(columns[0])
	points := make([][]float64, n)
	for _, column := range columns {
		var mean float64
		for _, v := range column {
			mean += v / float64(n)
		}
		deviation := math.Sqrt(sse(column) / float64(n))
		for row, v := range column {
			if deviation == 0 {
				points[row] = append(points[row], 0)
			} else {
				points[row] = append(points[row], (v-mean)/deviation)
			}
		}
	}
	var left []int
	for row := range n {
		left = append(left, row)
	}
	of := make([]int, n)
	groups := 0
	distance := func(x, y []float64) (d float64) {
		for i := range x {
			d += (x[i] - y[i]) * (x[i] - y[i])
		}
		return d
	}
	sorted := func(from []float64) {
		slices.SortFunc(left, func(x, y int) int { return cmp.Compare(distance(points[x], from), distance(points[y], from)) })
	}
	take := func(n int) {
		for _, row := range left[:n] {
			of[row] = groups
		}
		left = left[n:]
		groups++
	}
	for len(left) >= 2*k {
		mean := make([]float64, len(columns))
		for _, row := range left {
			for i, x := range points[row] {
				mean[i] += x / float64(len(left))
			}
		}
		sorted(mean)
		far := points[left[len(left)-1]]
		sorted(far)
		opposite := points[left[len(left)-1]]
		more := len(left) >= 3*k
		take(k)
		if more {
			sorted(opposite)
			take(k)
		}
	}
	take(len(left))
	return of
}
