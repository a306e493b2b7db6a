package anonymity_test

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/purposebound/purposebound/redact/anonymity"
)

// What the measures are by their definitions, without regard for time: rows are compared one by one, and distributions are over all values. The
// last cell of a row is the sensitive one.

// shows reports whether a cell has a value.
func shows(cell string) bool { return cell != "" && cell != anonymity.Suppressed }

// classesOf returns the rows of each class, and how many rows are suppressed.
func classesOf(rows [][]string) (classes map[string][]int, suppressed int) {
	width := len(rows[0]) - 1
	var live []int
	for column := range width {
		if slices.ContainsFunc(rows, func(row []string) bool { return shows(row[column]) }) {
			live = append(live, column)
		}
	}
	cells := func(row []string) (cells []string, shown int) {
		for _, column := range live {
			cell := "absent"
			if shows(row[column]) {
				cell = "=" + row[column]
				shown++
			}
			cells = append(cells, cell)
		}
		return cells, shown
	}
	classes = map[string][]int{}
	kinds := map[string][]string{}
	for _, row := range rows {
		if c, shown := cells(row); shown == len(live) {
			kinds[strings.Join(c, "\x00")] = c
		}
	}
	for i, row := range rows {
		c, shown := cells(row)
		if shown == 0 {
			suppressed++
			continue
		}
		found := false
		for name, kind := range kinds {
			agree := true
			for j := range c {
				agree = agree && (c[j] == "absent" || c[j] == kind[j])
			}
			if agree {
				classes[name] = append(classes[name], i)
				found = true
			}
		}
		if !found {
			name := strings.Join(c, "\x00")
			classes[name] = append(classes[name], i)
		}
	}
	return classes, suppressed
}

// reported is the report by the definitions, with the distance given, and false if there is nothing to measure.
func reported(rows [][]string, emd func(values []string, p, q []float64) float64) (r anonymity.Report, ok bool) {
	classes, suppressed := classesOf(rows)
	if len(classes) == 0 {
		return r, false
	}
	r.Rows, r.Suppressed, r.Classes, r.K = len(rows), suppressed, len(classes), math.MaxInt
	smallest := map[int]int{}
	for _, class := range classes {
		r.K = min(r.K, len(class))
		for _, row := range class {
			if n, ok := smallest[row]; !ok || len(class) < n {
				smallest[row] = len(class)
			}
		}
	}
	for row, n := range smallest {
		risk := 1 / float64(n)
		share := 1 / float64(len(smallest))
		r.Prosecutor.Average += risk * share
		r.Prosecutor.Highest = max(r.Prosecutor.Highest, risk)
		if risk > anonymity.DefaultThreshold {
			r.Prosecutor.Above += share
		}
		if n == 1 {
			r.Unique += share
		}
		partial := false
		for column, cell := range rows[row][:len(rows[row])-1] {
			live := slices.ContainsFunc(rows, func(other []string) bool { return shows(other[column]) })
			partial = partial || live && !shows(cell)
		}
		if partial {
			r.Partial++
		}
	}
	if s, ok := inferred(rows, classes, emd); ok {
		r.Sensitive = []anonymity.Inference{s}
	}
	return r, true
}

func inferred(rows [][]string, classes map[string][]int, emd func(values []string, p, q []float64) float64) (s anonymity.Inference, ok bool) {
	table := map[string]float64{}
	for _, row := range rows {
		if value := row[len(row)-1]; shows(value) {
			table[value]++
		}
	}
	values := slices.Sorted(maps.Keys(table))
	p := distribution(values, table)
	s = anonymity.Inference{Name: "s", Distinct: math.MaxInt, Entropy: math.Inf(1)}
	type tails struct{ counts []float64 }
	var all []tails
	for _, class := range classes {
		counts := map[string]float64{}
		for _, row := range class {
			if value := rows[row][len(rows[row])-1]; shows(value) {
				counts[value]++
			}
		}
		if len(counts) == 0 {
			continue
		}
		ok = true
		q := distribution(values, counts)
		s.Closeness = max(s.Closeness, emd(values, p, q))
		s.Distinct = min(s.Distinct, len(counts))
		s.Alpha = max(s.Alpha, slices.Max(q))
		entropy := 1.0
		for i := range values {
			if q[i] == 0 {
				s.Delta = math.Inf(1)
				continue
			}
			entropy *= math.Pow(q[i], -q[i])
			gain := q[i]/p[i] - 1
			s.Beta = max(s.Beta, gain)
			if math.Exp(-gain) < p[i]-1e-12 {
				s.EnhancedBeta = math.Inf(1)
			}
			s.EnhancedBeta = max(s.EnhancedBeta, gain)
			s.DeltaPresent = max(s.DeltaPresent, math.Abs(math.Log(q[i])-math.Log(p[i])))
		}
		s.Entropy = min(s.Entropy, entropy)
		sorted := slices.Sorted(maps.Values(counts))
		slices.Reverse(sorted)
		all = append(all, tails{sorted})
	}
	s.Delta = max(s.Delta, s.DeltaPresent)
	for _, t := range all {
		var tail float64
		for _, n := range t.counts[s.Distinct-1:] {
			tail += n
		}
		s.Recursive = max(s.Recursive, t.counts[0]/tail)
	}
	return s, ok
}

func distribution(values []string, counts map[string]float64) []float64 {
	var sum float64
	for _, n := range counts {
		sum += n
	}
	shares := make([]float64, len(values))
	for i, value := range values {
		shares[i] = counts[value] / sum
	}
	return shares
}

// equalWork is half the sum of the differences.
func equalWork(_ []string, p, q []float64) (work float64) {
	for i := range p {
		work += math.Abs(p[i]-q[i]) / 2
	}
	return work
}

// orderedWork carries what is too much from each value to the next. The values are digits, so that they are in order.
func orderedWork(values []string, p, q []float64) (work float64) {
	if len(values) < 2 {
		return 0
	}
	var carried float64
	for i := range p {
		carried += p[i] - q[i]
		work += math.Abs(carried)
	}
	return work / float64(len(values)-1)
}

// treeWork sends what a subtree has too much or too little of over the edge above it. An edge is 1/(2·height) long, so that two values are
// as far apart as the lowest node over both is high.
func treeWork(paths [][]string) func(values []string, p, q []float64) float64 {
	return func(values []string, p, q []float64) (work float64) {
		height := len(paths[0]) - 1
		for level := range height {
			excess := map[string]float64{}
			for i, value := range values {
				at := slices.IndexFunc(paths, func(path []string) bool { return path[0] == value })
				excess[strings.Join(paths[at][level:], "\x00")] += p[i] - q[i]
			}
			for _, x := range excess {
				work += math.Abs(x) / float64(2*height)
			}
		}
		return work
	}
}

// columns are quasi-identifiers q0, q1, … and a sensitive column s.
func columns(quasi int, d anonymity.Distance) []anonymity.Column {
	var columns []anonymity.Column
	for i := range quasi {
		columns = append(columns, anonymity.Column{Name: "q" + strconv.Itoa(i), Role: anonymity.QuasiIdentifier})
	}
	return append(columns, anonymity.Column{Name: "s", Role: anonymity.Sensitive, Distance: d})
}
