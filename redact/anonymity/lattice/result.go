package lattice

import (
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/purposebound/purposebound/redact/anonymity"
)

// A Result is the best node, and the table that it gives. It is as of the search and may be used by any number of goroutines.
type Result struct {
	Columns    []string // the quasi-identifiers
	Levels     []int    // of each
	Loss       Loss     // of the node, before suppressed rows are generalised once more
	Classes    int      // classes that stay
	Suppressed int      // rows that do not
	Nodes      int      // of the lattice
	Checked    int      // nodes that were looked at; with several workers it may vary
	Rounds     []Round  // the levels of all rows that stay, first those above; more than one only if local

	lattice *Lattice
	rounds  []int32 // by base class, its round, or dropped
}

// A Round is rows that were generalised to the same levels.
type Round struct {
	Levels []int
	Rows   int // that stay
}

const dropped = -1

// round takes a node of a pool into the result.
func (r *Result) round(p *pool, n Node) {
	l := r.lattice
	if r.rounds == nil {
		r.rounds = make([]int32, len(l.pool.base.first))
		for i := range r.rounds {
			r.rounds[i] = dropped
		}
	}
	s := l.room()
	defer l.rooms.Put(s)
	l.look(s, p, p.base, n.Levels, 0, true)
	rows := 0
	for i, id := range s.ids {
		if s.kept[id] && p.base.rows[i] > 0 {
			r.rounds[p.base.first[i]] = int32(len(r.Rounds))
			rows += int(p.base.rows[i])
		}
	}
	r.Rounds = append(r.Rounds, Round{slices.Clone(n.Levels), rows})
}

// All yields the rows with their numbers from 0, in the order of the table and with its columns. A suppressed row has [anonymity.Suppressed] in place of each
// quasi-identifier; direct identifiers are empty, because a table does not keep them. The slice is used again for the next row.
func (r *Result) All() iter.Seq2[int, []string] {
	return func(yield func(int, []string) bool) {
		l := r.lattice
		for row, cells := range l.table.All() {
			if row >= len(l.of) {
				return // the table grew
			}
			base := l.of[row]
			for _, d := range l.pool.dimensions {
				cells[d.column] = anonymity.Suppressed
				if round := r.rounds[base]; round != dropped {
					level := r.Rounds[round].Levels[slices.Index(l.pool.dimensions, d)]
					cells[d.column] = d.texts[level][d.codes[level][d.base[base]]]
				}
			}
			if !yield(row, cells) {
				return
			}
		}
	}
}

// Table returns the rows of [Result.All] as a table with the same columns, to be measured or searched. It counts people if the table that was searched does.
func (r *Result) Table() (*anonymity.Table, error) {
	table, err := anonymity.FromRows(func(yield func([]string) bool) {
		for _, cells := range r.All() {
			if !yield(cells) {
				return
			}
		}
	}, r.lattice.columns...)
	if err != nil {
		return nil, err
	}
	return counting(table, r.lattice.table)
}

// counting returns a table that counts the people of another, if that does, row by row.
func counting(table, as *anonymity.Table) (*anonymity.Table, error) {
	persons := as.Persons()
	if persons == nil {
		return table, nil
	}
	return table.ByPersons(persons)
}

// WriteCSV writes the rows of [Result.All] below a line that names the columns, as [anonymity.CSV] writes and reads them. Direct identifiers are left
// out. Comma is what separates cells; 0 stands for the comma. The errors are those of [anonymity.CSV.Write].
func (r *Result) WriteCSV(w io.Writer, comma rune) error {
	table, err := r.Table()
	if err != nil {
		return err
	}
	return anonymity.CSV{Comma: comma}.Write(w, table)
}

// Generalise returns another table, such as the population, with its quasi-identifiers at the levels of the result; rows are not suppressed. It needs the same
// quasi-identifiers, else it is an [anonymity.ErrColumn]. A value that is not in their hierarchies is an [ErrHierarchy], a nil table an [anonymity.ErrEmpty].
func (r *Result) Generalise(table *anonymity.Table) (*anonymity.Table, error) {
	if table == nil {
		return nil, anonymity.ErrEmpty
	}
	columns := table.Columns()
	level := make([]int, len(columns))
	for i, c := range columns {
		level[i] = -1
		if c.Role != anonymity.QuasiIdentifier {
			continue
		}
		q := slices.Index(r.Columns, c.Name)
		if q < 0 {
			return nil, fmt.Errorf("%w: %q is no quasi-identifier", anonymity.ErrColumn, c.Name)
		}
		level[i] = r.Levels[q]
	}
	out, err := anonymity.New(columns...)
	if err != nil {
		return nil, err
	}
	for _, cells := range table.All() {
		for i, c := range columns {
			if level[i] <= 0 || cells[i] == anonymity.Suppressed || cells[i] == "" {
				continue
			}
			text, err := r.lattice.config.Hierarchies[c.Name].At(cells[i], level[i])
			if err != nil {
				return nil, fmt.Errorf("%w: column %q: %w", ErrHierarchy, c.Name, err)
			}
			cells[i] = text
		}
		if err := out.Append(cells...); err != nil {
			return nil, err
		}
	}
	return counting(out, table)
}
