package lattice

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"

	"github.com/purposebound/purposebound/redact/anonymity"
	"github.com/purposebound/purposebound/redact/anonymity/hierarchy"
)

// Config says what is wanted. Hierarchies, Models and Loss are required.
type Config struct {
	// Hierarchies has one for each quasi-identifier of the table, by its name. A column that shall stay as it is has a hierarchy of height 0.
	Hierarchies map[string]*hierarchy.Hierarchy
	// Models are what every class of rows that stays has to satisfy, all of them.
	Models []Model
	// Suppress is the share of the rows that may be suppressed, from 0 to 1. With 1 nothing at all may be left.
	Suppress float64
	// Loss is what is to be least.
	Loss Metric
	// Local generalises the suppressed rows once more by themselves, and again those that are then still suppressed, as long as any can be kept. Such
	// rows show texts of other levels than most. It cannot be had with [KMap] or [Presence], which compare all rows at the same levels, nor with
	// [DeltaPresent], nor with any model but [K] where people are counted.
	Local bool
	// Workers is how many goroutines search. 0: as many as processors may be used at once.
	Workers int
}

// A Lattice is a table with the hierarchies of its quasi-identifiers, ready to be searched. Make one with [New].
type Lattice struct {
	table   *anonymity.Table
	columns []anonymity.Column
	config  Config
	workers int
	pool    *pool
	of      []int32 // by row, its base class
	rules   rules
	rooms   sync.Pool // of *scratch
}

// rules are the models.
type rules struct {
	size       int   // rows that a class needs, of as many people if the table counts them
	people     int32 // people of the population
	presences  []Model
	attributes []*attribute
	// A class that satisfies them satisfies them whatever is added to it.
	rising bool
	// Two classes that satisfy them may not do so together.
	breaking bool
}

// New makes a table ready to be searched: it verifies the configuration and puts rows together that have the same quasi-identifiers. A table without rows is an
// [anonymity.ErrEmpty], one without quasi-identifiers an [anonymity.ErrColumn]; the other errors are this package's, and [anonymity.ErrPopulation].
func New(table *anonymity.Table, config Config) (*Lattice, error) {
	if table == nil || table.Rows() == 0 {
		return nil, anonymity.ErrEmpty
	}
	l := &Lattice{table: table, columns: table.Columns(), config: config, workers: config.Workers}
	l.config.Models = slices.Clone(config.Models)
	if l.workers < 1 {
		l.workers = runtime.GOMAXPROCS(0)
	}
	if !(config.Suppress >= 0 && config.Suppress <= 1) {
		return nil, ErrLimit
	}
	if err := config.Loss.check(); err != nil {
		return nil, err
	}
	population, err := l.require()
	if err != nil {
		return nil, err
	}
	if err := l.dimensions(population); err != nil {
		return nil, err
	}
	if _, _, err := l.pool.nodes(); err != nil {
		return nil, err
	}
	l.pool.weigh()
	return l, nil
}

// room returns a scratch, which is to be given back.
func (l *Lattice) room() *scratch {
	if s, ok := l.rooms.Get().(*scratch); ok {
		return s
	}
	return newScratch()
}

// require compiles the models. It returns the population that they compare with, nil if they do not.
func (l *Lattice) require() (population *anonymity.Table, err error) {
	if len(l.config.Models) == 0 {
		return nil, fmt.Errorf("%w: none is given", ErrModel)
	}
	r := &l.rules
	r.size, r.rising = 1, true
	persons := l.table.Persons()
	for i, m := range l.config.Models {
		if !m.valid() {
			return nil, fmt.Errorf("%w: model %d", ErrModel, i+1)
		}
		switch m.kind {
		case sized:
			r.size = max(r.size, m.k)
			continue
		case mapped, present:
			if persons != nil || m.population.Persons() != nil {
				return nil, fmt.Errorf("%w: model %d compares rows with the population", errors.Join(ErrModel, anonymity.ErrPerson), i+1)
			}
			if population != nil && population != m.population {
				return nil, fmt.Errorf("%w: two populations", ErrModel)
			}
			if l.config.Local {
				return nil, fmt.Errorf("%w: model %d compares all rows at the same levels, so not local", ErrModel, i+1)
			}
			population = m.population
			if m.kind == mapped {
				r.people = max(r.people, int32(min(m.k, math.MaxInt32)))
			} else {
				r.presences = append(r.presences, m)
				r.rising = false
			}
			continue
		}
		if m.kind == deltaPresent || persons != nil { // somebody may be in both of two classes, with other values
			if l.config.Local {
				return nil, fmt.Errorf("%w: model %d may be lost where classes agree, so not local", ErrModel, i+1)
			}
			r.breaking = true
		}
		at := slices.IndexFunc(r.attributes, func(a *attribute) bool { return a.name == m.column })
		if at < 0 {
			a, err := newAttribute(m.column, l.table)
			if err != nil {
				return nil, err
			}
			if !a.exact(1) {
				return nil, ErrSize
			}
			at = len(r.attributes)
			r.attributes = append(r.attributes, a)
		}
		if err := r.attributes[at].require(m); err != nil {
			return nil, err
		}
	}
	if persons != nil {
		r.attributes = append(r.attributes, crowd(persons, r.size))
	}
	for _, a := range r.attributes {
		if a.absent || len(a.tests) > 0 || a.having != nil {
			r.rising = false
		}
		if !a.absent { // rows that have so many values are at least so many
			r.size = max(r.size, a.least, a.present)
		}
	}
	return population, nil
}

// dimensions makes the quasi-identifiers with their levels, and the base classes.
func (l *Lattice) dimensions(population *anonymity.Table) error {
	p := &pool{}
	l.pool = p
	rows, people := l.table.Rows(), 0
	if population != nil {
		people = population.Rows()
	}
	for at, c := range l.columns {
		if c.Role != anonymity.QuasiIdentifier {
			continue
		}
		h, ok := l.config.Hierarchies[c.Name]
		if !ok || h == nil {
			return fmt.Errorf("%w: column %q has none", ErrHierarchy, c.Name)
		}
		ours, theirs, texts, err := coded(c.Name, l.table, population)
		if err != nil {
			return err
		}
		d, err := newDimension(c.Name, h, texts)
		if err != nil {
			return err
		}
		d.column = at
		d.base = append(ours, theirs...)
		d.lower()
		p.dimensions = append(p.dimensions, d)
	}
	if len(p.dimensions) == 0 {
		return fmt.Errorf("%w: none is a quasi-identifier", anonymity.ErrColumn)
	}
	if len(l.config.Hierarchies) > len(p.dimensions) {
		return fmt.Errorf("%w: one is of no quasi-identifier", ErrHierarchy)
	}
	return l.group(rows, people)
}

// group makes the base classes, from classes of single rows.
func (l *Lattice) group(rows, people int) error {
	p := l.pool
	single := &classes{first: make([]int32, rows+people), rows: make([]int32, rows+people)}
	if people > 0 {
		single.people = make([]int32, rows+people)
	}
	for i := range single.first {
		single.first[i] = int32(i)
		if i < rows {
			single.rows[i] = 1
		} else {
			single.people[i] = 1
		}
	}
	for _, a := range l.rules.attributes {
		s := spread{starts: make([]int32, 1, rows+people+1)}
		for i := range rows + people {
			if i < rows && a.codes[i] >= valueCode {
				s.values, s.counts = append(s.values, int32(a.codes[i]-valueCode)), append(s.counts, 1)
			}
			s.starts = append(s.starts, int32(len(s.values)))
		}
		single.spread = append(single.spread, s)
	}
	s := newScratch()
	base := s.roll(p, single, make([]int, len(p.dimensions)))
	s.spreadOver(single, base)
	l.of = slices.Clone(s.ids[:rows])
	for _, d := range p.dimensions {
		short := make([]uint32, len(base.first))
		for i, first := range base.first {
			short[i] = d.base[first]
		}
		d.base = short
	}
	for i := range base.first {
		base.first[i] = int32(i)
		if people > 0 && base.rows[i] > base.people[i] {
			return fmt.Errorf("%w: it lacks people of the table", errors.Join(ErrModel, anonymity.ErrPopulation))
		}
	}
	p.base = base
	return nil
}

// Columns returns the names of the quasi-identifiers, in the order of the table, which is the order of levels everywhere in this package.
func (l *Lattice) Columns() []string {
	names := make([]string, len(l.pool.dimensions))
	for q, d := range l.pool.dimensions {
		names[q] = d.name
	}
	return names
}

// Heights returns the greatest level of each quasi-identifier.
func (l *Lattice) Heights() []int {
	heights := make([]int, len(l.pool.dimensions))
	for q, d := range l.pool.dimensions {
		heights[q] = d.height
	}
	return heights
}

// Nodes returns how many nodes the lattice has.
func (l *Lattice) Nodes() int {
	count, _, _ := l.pool.nodes()
	return count
}
