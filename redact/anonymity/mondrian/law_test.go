package mondrian_test

import (
	"context"
	"errors"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"

	"github.com/purposebound/purposebound/redact/anonymity"
	"github.com/purposebound/purposebound/redact/anonymity/mondrian"
)

var tree = [][]string{{"1", "low", "any"}, {"2", "low", "any"}, {"3", "high", "any"}, {"4", "high", "any"}, {"5", "other", "any"}}

var levels = []string{"none", "primary", "secondary", "college", "university"}

var animals = []string{"cat", "dog", "fish", "{cat, dog}", "a–b"}

var scales = map[string]mondrian.Scale{"level": mondrian.Ordered(levels...)}

func columns(d anonymity.Distance) []anonymity.Column {
	return []anonymity.Column{
		{Name: "name", Role: anonymity.DirectIdentifier},
		{Name: "age", Role: anonymity.QuasiIdentifier, Missing: []string{"?"}},
		{Name: "level", Role: anonymity.QuasiIdentifier},
		{Name: "pet", Role: anonymity.QuasiIdentifier},
		{Name: "digit", Role: anonymity.Sensitive, Distance: d},
		{Name: "note", Role: anonymity.Other},
	}
}

// generated makes rows from a seed; one quasi-identifier in so many, and one digit in four times as many, is absent, none for 0.
func generated(seed uint64, gaps int) [][]string {
	random := rand.New(rand.NewPCG(seed, 1))
	rows := make([][]string, 1+random.IntN(120))
	for i := range rows {
		rows[i] = []string{
			"n" + strconv.Itoa(i),
			strconv.Itoa(random.IntN(30)*random.IntN(4) - 10),
			levels[random.IntN(len(levels))],
			animals[min(random.IntN(len(animals)), random.IntN(len(animals)))],
			string('1' + rune(min(random.IntN(5), random.IntN(5)))),
			strconv.Itoa(i),
		}
		if gaps == 0 {
			continue
		}
		for j := 1; j <= 3; j++ {
			if random.IntN(gaps) == 0 {
				rows[i][j] = []string{anonymity.Suppressed, ""}[random.IntN(2)]
			}
		}
		if random.IntN(4*gaps) == 0 {
			rows[i][4] = ""
		}
	}
	return rows
}

// asked makes models from a seed, and says whether a report meets them.
func asked(seed uint64) (models []mondrian.Model, met func(anonymity.Report) bool) {
	random := rand.New(rand.NewPCG(seed, 2))
	k := 1 + random.IntN(9)
	l := random.IntN(4)
	entropy := []float64{0, 1.5, 2, 2.5}[random.IntN(4)]
	alpha := []float64{1, 0.75, 0.5, 0.4}[random.IntN(4)]
	near := []float64{1, 0.5, 0.25, 0.1}[random.IntN(4)]
	models = []mondrian.Model{mondrian.K(k), mondrian.Alpha("digit", alpha), mondrian.Close("digit", near)}
	if l > 0 {
		models = append(models, mondrian.Distinct("digit", l))
	}
	if entropy > 0 {
		models = append(models, mondrian.Entropy("digit", entropy))
	}
	if random.IntN(2) == 0 { // k alone
		models, l, entropy, alpha, near = models[:1], 0, 0, 1, 1
	}
	return models, func(r anonymity.Report) bool {
		ok := r.K >= k
		for _, s := range r.Sensitive {
			ok = ok && s.Distinct >= l && s.Entropy >= entropy && s.Alpha <= alpha && s.Closeness <= near+1e-12
		}
		return ok
	}
}

func distance(seed uint64) anonymity.Distance {
	return []anonymity.Distance{{}, anonymity.Numeric(), anonymity.Ordered("1", "2", "3", "4", "5"), anonymity.Hierarchy(tree)}[seed%4]
}

func law(t *testing.T, name string, holds func(seed uint64, gaps int) bool) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		parameters := gopter.DefaultTestParameters()
		parameters.MinSuccessfulTests = 120
		properties := gopter.NewProperties(parameters)
		properties.Property(name, prop.ForAll(holds, gen.UInt64(), gen.OneConstOf(0, 3, 8)))
		properties.TestingRun(t)
	})
}

// cut makes the table and cuts it.
func cut(rows [][]string, d anonymity.Distance, c mondrian.Config) (before *anonymity.Table, r *mondrian.Result, err error) {
	before, err = anonymity.FromRows(slices.Values(rows), columns(d)...)
	if err != nil {
		return nil, nil, err
	}
	if c.Scales == nil {
		c.Scales = scales
	}
	r, err = mondrian.Partition(context.Background(), before, c)
	return before, r, err
}

func rowsOf(t *anonymity.Table) (rows [][]string) {
	for _, cells := range t.All() {
		rows = append(rows, slices.Clone(cells))
	}
	return rows
}

// span reads a cell as it is published: the values at its ends, or all of a set.
func span(cell string) []string {
	var values []string
	separator := ""
	switch {
	case strings.HasPrefix(cell, "["):
		cell, separator = strings.TrimSuffix(cell[1:], "]"), "–"
	case strings.HasPrefix(cell, "{"):
		cell, separator = strings.TrimSuffix(cell[1:], "}"), ", "
	}
	for cell != "" {
		text := cell
		if quoted, err := strconv.QuotedPrefix(cell); err == nil {
			value, _ := strconv.Unquote(quoted)
			values, text = append(values, value), quoted
		} else {
			if separator != "" {
				text, _, _ = strings.Cut(cell, separator)
			}
			values = append(values, text)
		}
		cell = strings.TrimPrefix(cell[len(text):], separator)
	}
	return values
}

// inside reports whether a value lies in a published cell.
func inside(column int, cell, value string) bool {
	ends := span(cell)
	first, last := ends[0], ends[len(ends)-1]
	switch column {
	case 1:
		return number(first) <= number(value) && number(value) <= number(last)
	case 2:
		at := slices.Index(levels, value)
		return slices.Index(levels, first) <= at && at <= slices.Index(levels, last)
	}
	return slices.Contains(ends, value)
}

func number(text string) float64 {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return math.NaN()
	}
	return n
}

func lacks(cell string) bool { return cell == "" || cell == anonymity.Suppressed }

func TestLaws(t *testing.T) {
	t.Parallel()
	law(t, "what comes out meets its models", func(seed uint64, gaps int) bool {
		models, met := asked(seed)
		rows := generated(seed, gaps)
		_, r, err := cut(rows, distance(seed), mondrian.Config{Models: models, Relaxed: seed%2 == 0})
		if gaps == 0 { // the rows together do, or nothing does
			for _, row := range rows {
				row[1], row[2], row[3] = "1", "none", "cat"
			}
			together, e := anonymity.FromRows(slices.Values(rows), columns(distance(seed))...)
			if e != nil {
				return false
			}
			report, e := together.Measure()
			if e != nil || met(report) != (err == nil) {
				return false
			}
		}
		if err != nil {
			return errors.Is(err, mondrian.ErrUnmet) || errors.Is(err, anonymity.ErrSuppressed)
		}
		report, err := r.Table.Measure()
		return err == nil && met(report) && report.Suppressed == r.Suppressed && report.Classes <= r.Classes && (gaps > 0 || report.Classes == r.Classes) && report.Named == nil
	})
	law(t, "every row lies in what is published of it", func(seed uint64, gaps int) bool {
		models, _ := asked(seed)
		rows := generated(seed, gaps)
		_, r, err := cut(rows, anonymity.Distance{}, mondrian.Config{Models: models, Relaxed: seed%2 == 0})
		if err != nil {
			return true
		}
		after := rowsOf(r.Table)
		suppressed := 0
		for i, row := range rows {
			all := true
			for j := 1; j <= 3; j++ {
				all = all && after[i][j] == anonymity.Suppressed
			}
			if all {
				suppressed++
			}
			for j := 1; j <= 3; j++ {
				if !all && lacks(row[j]) != (after[i][j] == anonymity.Suppressed) || after[i][j] == "" {
					return false
				}
				if !lacks(row[j]) && !all && !inside(j, after[i][j], row[j]) {
					return false
				}
			}
			if after[i][0] != "" || after[i][4] != row[4] || after[i][5] != row[5] {
				return false
			}
		}
		return len(after) == len(rows) && suppressed == r.Suppressed
	})
	law(t, "the order of rows does not matter", func(seed uint64, gaps int) bool {
		models, _ := asked(seed)
		rows := generated(seed, gaps)
		c := mondrian.Config{Models: models, Relaxed: seed%2 == 0}
		_, r, err := cut(rows, distance(seed), c)
		rand.New(rand.NewPCG(seed, 3)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		_, s, e := cut(rows, distance(seed), c)
		if err != nil || e != nil {
			return err != nil && e != nil
		}
		x, y := rowsOf(r.Table), rowsOf(s.Table)
		by := func(x, y []string) int { return int(number(x[5]) - number(y[5])) }
		if c.Relaxed { // rows that are the same but for the note may have changed places
			for i := range x {
				x[i][5], y[i][5] = "", ""
			}
			by = slices.Compare
		}
		slices.SortFunc(x, by)
		slices.SortFunc(y, by)
		r.Table, s.Table = nil, nil
		return slices.EqualFunc(x, y, slices.Equal) && *r == *s
	})
	law(t, "the names of values do not matter", func(seed uint64, gaps int) bool {
		models, _ := asked(seed)
		rows := generated(seed, gaps)
		c := mondrian.Config{Models: models, Relaxed: seed%2 == 0, Scales: scales}
		_, r, err := cut(rows, anonymity.Distance{}, c)
		renamed := make([]string, len(levels))
		for i, level := range levels {
			renamed[i] = string('z'-rune(i)) + level
		}
		for _, row := range rows {
			for j, rename := range map[int]func(string) string{
				1: func(age string) string { return strconv.FormatFloat(7-2*-number(age), 'e', -1, 64) },
				2: func(level string) string { return renamed[slices.Index(levels, level)] },
				3: func(pet string) string { return "a " + pet }, // the order of equally frequent ones stays
				4: func(digit string) string { return "digit, " + digit },
			} {
				if !lacks(row[j]) {
					row[j] = rename(row[j])
				}
			}
		}
		c.Scales = map[string]mondrian.Scale{"level": mondrian.Ordered(renamed...)}
		_, s, e := cut(rows, anonymity.Distance{}, c)
		if err != nil || e != nil {
			return err != nil && e != nil
		}
		x, err := r.Table.Measure()
		y, e := s.Table.Measure()
		r.Table, s.Table = nil, nil
		return err == nil && e == nil && x.String() == y.String() && *r == *s
	})
	law(t, "no strict cut is left", func(seed uint64, _ int) bool {
		rows := generated(seed, 0)
		k := 1 + int(seed%7)
		_, r, err := cut(rows, anonymity.Distance{}, mondrian.Config{Models: []mondrian.Model{mondrian.K(k)}})
		if err != nil {
			return len(rows) < k
		}
		classes := map[string][][]string{}
		same := map[string]string{}
		for i, row := range rowsOf(r.Table) {
			key, cells := strings.Join(row[1:4], "\x00"), strings.Join(rows[i][1:4], "\x00")
			classes[key] = append(classes[key], rows[i])
			if other, ok := same[cells]; ok && other != key {
				return false // rows of the same values were separated
			}
			same[cells] = key
		}
		for _, class := range classes {
			for j := 1; j <= 2; j++ { // which order the pets have is not for this test to know
				counts := map[string]int{}
				for _, row := range class {
					counts[row[j]]++
				}
				values := slices.Collect(maps.Keys(counts))
				slices.SortFunc(values, func(x, y string) int {
					if j == 1 {
						return int(number(x) - number(y))
					}
					return slices.Index(levels, x) - slices.Index(levels, y)
				})
				below := 0
				for _, value := range values {
					below += counts[value]
					if below >= k && len(class)-below >= k {
						return false
					}
				}
			}
		}
		return true
	})
	law(t, "the losses are their definitions", func(seed uint64, gaps int) bool {
		models, _ := asked(seed)
		rows := generated(seed, gaps)
		_, r, err := cut(rows, anonymity.Distance{}, mondrian.Config{Models: models, Relaxed: seed%2 == 0})
		if err != nil {
			return true
		}
		after := rowsOf(r.Table)
		classes := map[string]int{}
		penalty, discernibility := 0.0, 0.0
		pets, ages, places := map[string]bool{}, []float64{}, []int{}
		for _, row := range rows {
			if !lacks(row[1]) {
				ages = append(ages, number(row[1]))
			}
			if !lacks(row[2]) {
				places = append(places, slices.Index(levels, row[2]))
			}
			if !lacks(row[3]) {
				pets[row[3]] = true
			}
		}
		// Levels that no row has are no places.
		slices.Sort(places)
		places = slices.Compact(places)
		for _, row := range after {
			if row[1] == "*" && row[2] == "*" && row[3] == "*" {
				penalty += 3
				discernibility += float64(len(rows))
				continue
			}
			classes[strings.Join(row[1:4], "\x00")]++
			for j := 1; j <= 3; j++ {
				if row[j] == "*" {
					penalty++
					continue
				}
				ends := span(row[j])
				first, last := ends[0], ends[len(ends)-1]
				switch {
				case len(ends) == 1:
				case j == 1:
					penalty += (number(last) - number(first)) / (slices.Max(ages) - slices.Min(ages))
				case j == 2:
					at := slices.Index(places, slices.Index(levels, last)) - slices.Index(places, slices.Index(levels, first))
					penalty += float64(at) / float64(len(places)-1)
				case j == 3:
					penalty += float64(len(ends)) / float64(len(pets))
				}
			}
		}
		published := 0
		for _, n := range classes {
			discernibility += float64(n) * float64(n)
			published += n
		}
		near := func(x, y float64) bool { return math.Abs(x-y) < 1e-9*max(1, math.Abs(x)) }
		return len(classes) == r.Classes && near(penalty/float64(3*len(rows)), r.Penalty) && near(discernibility, r.Discernibility) &&
			near(float64(published)/float64(len(classes)), r.AverageSize)
	})
}
