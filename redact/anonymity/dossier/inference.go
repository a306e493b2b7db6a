package dossier

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/purposebound/purposebound/redact/anonymity"
)

const (
	mostTargets = 2000 // people that the attackers try
	mostNumbers = 20   // different numbers of a column that are guessed one by one
	tenths      = 10
)

// inference measures each sensitive column that was released.
func (m *measurement) inference(ctx context.Context) ([]Inference, error) {
	var inferences []Inference
	for _, after := range m.reportAfter.Sensitive {
		at := slices.IndexFunc(m.reportBefore.Sensitive, func(i anonymity.Inference) bool { return i.Name == after.Name })
		if at < 0 {
			return nil, fmt.Errorf("%w: column %q has no values in the original", ErrInference, after.Name)
		}
		i := Inference{Column: after.Name, Before: common(m.reportBefore.Sensitive[at]), After: common(after)}
		g := newGuessing(m, after.Name)
		if len(g.targets) < m.record.SmallCell {
			return nil, fmt.Errorf("%w: column %q has too few people to try", ErrInference, after.Name)
		}
		i.Targets = len(g.targets)
		for _, of := range []struct {
			from *side
			rows []int32
			to   *Guesses
		}{{m.original, g.training, &i.Before}, {m.release, nil, &i.After}} {
			var err error
			if of.to.Baseline, of.to.Accuracy, err = g.attack(ctx, of.from, of.rows); err != nil {
				return nil, err
			}
		}
		inferences = append(inferences, i)
	}
	if len(inferences) == 0 {
		return nil, fmt.Errorf("%w: no sensitive column was released", ErrInference)
	}
	return inferences, nil
}

func common(i anonymity.Inference) Guesses {
	return Guesses{Alpha: round(i.Alpha), Distinct: i.Distinct, Entropy: round(i.Entropy), Closeness: round(i.Closeness), Beta: round(i.Beta)}
}

// guessing is the guessing of one column of some people.
type guessing struct {
	w        *world
	column   string
	people   *side
	targets  []int32           // rows of people
	training []int32           // rows of the original to learn from, nil for all
	others   map[int32][]int32 // of who has several rows with a value, by the one that is tried, all of these
	cuts     []float64
}

// newGuessing chooses who is tried: people of the control if there is one, otherwise of half of the original, of which the other half is to learn
// from. Somebody with several rows is tried once, by one of those that have a value, and a guess is right that is true of any.
func newGuessing(m *measurement, column string) *guessing {
	g := &guessing{w: m.world, column: column, people: m.original, others: map[int32][]int32{}}
	random := rand.New(rand.NewPCG(m.record.Seed, 0))
	from := m.control
	if from != nil {
		g.people = from
	}
	units := g.people.units()
	order := random.Perm(len(units))
	if from == nil {
		for _, person := range order[:len(order)/2] {
			g.training = append(g.training, units[person]...)
		}
		order = order[len(order)/2:]
	}
	codes := g.people.columns[column].codes
	for _, person := range order {
		if len(g.targets) == mostTargets {
			break
		}
		having := slices.DeleteFunc(units[person], func(row int32) bool { return codes[row] < absent })
		switch len(having) {
		case 0:
		case 1:
			g.targets = append(g.targets, having[0])
		default:
			row := having[random.IntN(len(having))]
			g.targets, g.others[row] = append(g.targets, row), having
		}
	}
	g.cuts = cutsOf(m.original.columns[column])
	return g
}

// cutsOf returns where the tenths of a column with many numbers begin, nil for another column.
func cutsOf(c *coded) (cuts []float64) {
	if len(c.texts)-absent <= mostNumbers {
		return nil
	}
	numbers := make([]float64, len(c.texts))
	for code, text := range c.texts[absent:] {
		x, ok := numberOf(text)
		if !ok {
			return nil
		}
		numbers[code+absent] = x
	}
	var all []float64
	for _, code := range c.codes {
		if code >= absent {
			all = append(all, numbers[code])
		}
	}
	slices.Sort(all)
	for i := 1; i < tenths; i++ {
		cuts = append(cuts, all[i*len(all)/tenths])
	}
	return slices.Compact(cuts)
}

func numberOf(text string) (float64, bool) {
	x, err := strconv.ParseFloat(text, 64)
	return x, err == nil && !math.IsNaN(x) && !math.IsInf(x, 0)
}

// label returns what is guessed for a value: its tenth, or itself.
func (g *guessing) label(text string) string {
	if x, ok := numberOf(text); ok && g.cuts != nil {
		at, found := slices.BinarySearch(g.cuts, x)
		if found {
			at++
		}
		return "\x00" + strconv.Itoa(at)
	}
	return text
}

// right reports whether a guessed label is true of a value.
func (g *guessing) right(label, value string) bool {
	if label == value || label == g.label(value) {
		return true
	}
	if label == "" || label[0] == 0 {
		return false
	}
	self, ok := g.w.values[g.column][value]
	return ok && slices.Contains(g.w.standsFor(g.column, label, false), self)
}

// attack returns how often one who always says the same is right, and the better of two who learn from rows of a table.
func (g *guessing) attack(ctx context.Context, from *side, rows []int32) (baseline, accuracy float64, err error) {
	l := g.learn(from, rows)
	if len(l.labels) == 0 {
		return 0, 0, fmt.Errorf("%w: column %q has no values to learn from", ErrInference, g.column)
	}
	var quasi []string
	for _, name := range keys(from.columns) {
		if q := g.people.columns[name]; q != nil && q.role == anonymity.QuasiIdentifier {
			quasi = append(quasi, name)
		}
	}
	targets := g.people.tuples(quasi, g.targets)
	near, err := g.near(ctx, l, from, quasi, targets)
	if err != nil {
		return 0, 0, err
	}
	same := make([]int, len(targets))
	for i := range same {
		same[i] = most(l.all)
	}
	baseline = g.share(l, targets, same)
	accuracy = max(g.share(l, targets, near), g.share(l, targets, g.bayes(l, from, quasi, targets)))
	return round(baseline), round(accuracy), nil
}

// share returns how often the labels that are guessed for the people of each tuple are right.
func (g *guessing) share(l *lesson, targets []*tuple, guessed []int) float64 {
	c := g.people.columns[g.column]
	right := 0
	for i, t := range targets {
		for _, row := range t.rows {
			rows := g.others[row]
			if rows == nil {
				rows = []int32{row}
			}
			if slices.ContainsFunc(rows, func(row int32) bool { return g.right(l.labels[guessed[i]], c.texts[c.codes[row]]) }) {
				right++
			}
		}
	}
	return float64(right) / float64(len(g.targets))
}

// near guesses what most of the rows have that agree in the quasi-identifiers, or most of all where none does.
func (g *guessing) near(ctx context.Context, l *lesson, from *side, quasi []string, targets []*tuple) ([]int, error) {
	counts := map[*tuple][]float64{}
	err := join(ctx, g.w, quasi, g.people, from, targets, from.tuples(quasi, l.rows), func(t, other *tuple) {
		if counts[t] == nil {
			counts[t] = make([]float64, len(l.labels))
		}
		for _, row := range other.rows {
			if label := l.of[row]; label >= 0 {
				counts[t][label]++
			}
		}
	})
	if err != nil {
		return nil, err
	}
	guessed := make([]int, len(targets))
	for i, t := range targets {
		of := counts[t]
		if of == nil || of[most(of)] == 0 {
			of = l.all
		}
		guessed[i] = most(of)
	}
	return guessed, nil
}

// bayes guesses what is likeliest if the quasi-identifiers told it independently of each other. One is added to each count, as Laplace has it.
func (g *guessing) bayes(l *lesson, from *side, quasi []string, targets []*tuple) []int {
	likely := make([][]float64, len(targets))
	for i := range likely {
		likely[i] = make([]float64, len(l.labels))
		for label, n := range l.all {
			likely[i][label] = math.Log(n)
		}
	}
	for at, name := range quasi {
		c := from.columns[name]
		seen := make([][]float64, len(c.texts)) // of each code, rows with each label
		of := make([]float64, len(l.labels))
		for _, row := range l.rows {
			code, label := c.codes[row], l.of[row]
			if code < absent || label < 0 {
				continue
			}
			if seen[code] == nil {
				seen[code] = make([]float64, len(l.labels))
			}
			seen[code][label]++
			of[label]++
		}
		agree := g.w.agreeing(name, g.people, from)
		terms := map[uint32][]float64{}
		for i, t := range targets {
			code := t.codes[at]
			if code < absent {
				continue
			}
			if terms[code] == nil {
				counts := make([]float64, len(l.labels))
				for _, other := range agree[code] {
					for label, n := range seen[other] {
						counts[label] += n
					}
				}
				for label := range counts {
					counts[label] = math.Log((counts[label] + 1) / (of[label] + 2))
				}
				terms[code] = counts
			}
			for label, term := range terms[code] {
				likely[i][label] += term
			}
		}
	}
	guessed := make([]int, len(targets))
	for i := range guessed {
		guessed[i] = most(likely[i])
	}
	return guessed
}

// lesson is what the rows of a table have in the column.
type lesson struct {
	rows   []int32
	of     []int // label of each row of the table, -1 for none
	labels []string
	all    []float64 // rows with each label
}

// learn reads the column.
func (g *guessing) learn(from *side, rows []int32) *lesson {
	c := from.columns[g.column]
	if rows == nil {
		for row := range from.rows {
			rows = append(rows, int32(row))
		}
	}
	l := &lesson{rows: rows, of: make([]int, from.rows)}
	labels := map[string]bool{}
	for _, row := range rows {
		if code := c.codes[row]; code >= absent {
			labels[g.label(c.texts[code])] = true
		}
	}
	l.labels = slices.Sorted(maps.Keys(labels))
	l.all = make([]float64, len(l.labels))
	for row := range l.of {
		l.of[row] = -1
	}
	for _, row := range rows {
		if code := c.codes[row]; code >= absent {
			l.of[row], _ = slices.BinarySearch(l.labels, g.label(c.texts[code]))
			l.all[l.of[row]]++
		}
	}
	return l
}

// most returns which of the counts is the greatest, the first of equals.
func most(counts []float64) int {
	greatest := 0
	for label, n := range counts {
		if n > counts[greatest] {
			greatest = label
		}
	}
	return greatest
}
