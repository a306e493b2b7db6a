package mondrian

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"github.com/purposebound/purposebound/redact/anonymity"
)

// partition is a table that is being cut. Records are the rows, moved about so that those of a part are side by side: the rank on each axis, the
// number of the value in each sensitive column that counts, and the place of the row in the table.
type partition struct {
	table   *anonymity.Table
	rows    int
	axes    []*axis
	holds   holds
	relaxed bool

	width   int // of a record
	records []uint32
	idle    chan *worker

	suppressed []part // that meet the models by no cells
}

// prepare checks the configuration, and reads the table.
func prepare(table *anonymity.Table, c Config) (*partition, error) {
	columns := table.Columns()
	p := &partition{table: table, rows: table.Rows(), relaxed: c.Relaxed}
	for name := range c.Scales {
		if !has(columns, name, anonymity.QuasiIdentifier) {
			return nil, fmt.Errorf("%w: scale for %q, which is no quasi-identifier", ErrConfig, name)
		}
	}
	var err error
	if p.holds, err = newHolds(c.Models, columns, c.Relaxed); err != nil {
		return nil, err
	}
	persons := table.Persons()
	if persons != nil {
		if c.Relaxed || len(p.holds.sensitive) > 0 {
			return nil, fmt.Errorf("%w: only strict cuts for K alone can count people", errors.Join(ErrConfig, anonymity.ErrPerson))
		}
		p.holds.sensitive = []sensitive{{people: true, models: []Model{{is: distinct, bound: float64(p.holds.k)}}}}
	}
	if p.rows == 0 {
		return nil, anonymity.ErrEmpty
	}
	var names []string
	for _, column := range columns {
		if column.Role == anonymity.QuasiIdentifier {
			names = append(names, column.Name)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%w: none is a quasi-identifier", anonymity.ErrColumn)
	}
	p.width = len(names) + len(p.holds.sensitive) + 1
	p.records = make([]uint32, p.rows*p.width)
	some := false
	for place, name := range names {
		numbers, texts, err := table.Coded(name)
		if err != nil {
			return nil, err
		}
		a, err := newAxis(name, c.Scales[name], texts, counted(numbers, len(texts)))
		if err != nil {
			return nil, err
		}
		p.axes = append(p.axes, a)
		p.fill(place, numbers, a.ranks)
		some = some || len(a.texts) > 0
	}
	if !some {
		return nil, anonymity.ErrSuppressed
	}
	for i := range p.holds.sensitive {
		s := &p.holds.sensitive[i]
		if s.people {
			for row := range persons {
				persons[row] += firstValue
			}
			s.places = make([]uint32, slices.Max(persons)+1) // they have no order
			p.fill(len(names)+i, persons, nil)
			continue
		}
		numbers, texts, err := table.Coded(s.name)
		if err != nil {
			return nil, err
		}
		s.places = places(texts)
		p.fill(len(names)+i, numbers, nil)
	}
	for row := range p.rows {
		p.records[(row+1)*p.width-1] = uint32(row)
	}
	return p, p.hire()
}

// counted returns how many rows have each number.
func counted(numbers []uint32, texts int) []int {
	counts := make([]int, texts)
	for _, number := range numbers {
		counts[number]++
	}
	return counts
}

// places returns where each text stands among all by its bytes, 0 for one that is no value.
func places(texts []string) []uint32 {
	order := make([]uint32, len(texts))
	for number := range order {
		order[number] = uint32(number)
	}
	slices.SortFunc(order[min(firstValue, len(texts)):], func(x, y uint32) int { return cmp.Compare(texts[x], texts[y]) })
	at := make([]uint32, len(texts))
	for place, number := range order {
		if number >= firstValue {
			at[number] = uint32(place)
		}
	}
	return at
}

// fill writes one place of every record: the numbers, or where ranks are given, those of the numbers.
func (p *partition) fill(place int, numbers, ranks []uint32) {
	for row, number := range numbers[:p.rows] {
		if ranks != nil {
			number = ranks[number]
		}
		p.records[row*p.width+place] = number
	}
}

// hire makes the workers.
func (p *partition) hire() error {
	n := runtime.GOMAXPROCS(0)
	p.idle = make(chan *worker, n)
	for range n {
		w := &worker{partition: p}
		for _, s := range p.holds.sensitive {
			t := &tally{models: slices.Clone(s.models), rows: make([]int, len(s.places))}
			if s.gauged {
				gauge, err := p.table.Gauge(s.name)
				if err != nil {
					return err
				}
				t.gauge = gauge
			}
			w.tallies = append(w.tallies, t)
		}
		p.idle <- w
	}
	return nil
}
