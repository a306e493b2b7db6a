package lattice

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/purposebound/purposebound/redact/anonymity"
	"github.com/purposebound/purposebound/redact/anonymity/hierarchy"
)

// dimension is a quasi-identifier with its levels. What is by level and code says nothing of single rows.
type dimension struct {
	name   string
	column int
	height int
	domain int        // leaves of the hierarchy
	base   []uint32   // of each base class, the code of its value
	codes  [][]uint32 // by level and code of a value, the code of what it became
	texts  [][]string // by level and code of a level
	leaves [][]int32  // by level and code of a level, the leaves it stands for
	width  []int      // by level, one more than the greatest code
	lowest []uint32   // by level, the least code that a row has
}

// Codes of absent cells, as the table has them.
const (
	suppressedCode = iota
	missingCode
	valueCode
)

// pool is rows that are searched for one node: at first those of the table, later those that were suppressed.
type pool struct {
	dimensions []*dimension
	rows       int64
	base       *classes
	statistics [][]statistic // by quasi-identifier and level
}

// statistic is of all cells of a column at a level.
type statistic struct {
	leaves  int64
	entropy float64
}

// newDimension makes the levels for the values of a column, which follow the two texts of absent cells.
func newDimension(name string, h *hierarchy.Hierarchy, values []string) (*dimension, error) {
	d := &dimension{name: name, height: h.Height()}
	paths := make([][]string, len(values))
	for i, value := range values[valueCode:] {
		path, err := h.Path(value)
		if err != nil {
			return nil, fmt.Errorf("%w: column %q: %w", ErrHierarchy, name, err)
		}
		paths[valueCode+i] = path
	}
	listed := h.Values()
	leaves := make([]map[string]int32, d.height+1)
	for level := range leaves {
		leaves[level] = map[string]int32{}
	}
	count := func(path []string) {
		d.domain++
		for level, text := range path {
			leaves[level][text]++
		}
	}
	for _, value := range listed {
		path, err := h.Path(value)
		if err != nil {
			return nil, fmt.Errorf("%w: column %q: %w", ErrHierarchy, name, err)
		}
		count(path)
	}
	if listed == nil {
		for _, path := range paths[valueCode:] {
			count(path)
		}
	}
	d.domain = max(d.domain, 1)
	for level := range d.height + 1 {
		known := map[string]uint32{anonymity.Suppressed: suppressedCode}
		texts := []string{anonymity.Suppressed, ""}
		stands := []int32{int32(d.domain), int32(d.domain)}
		codes := make([]uint32, len(values))
		codes[suppressedCode], codes[missingCode] = suppressedCode, missingCode
		everything := level > 0
		for i, path := range paths[valueCode:] {
			text := path[level]
			code, ok := known[text]
			if !ok {
				code = uint32(len(texts))
				known[text] = code
				texts = append(texts, text)
				stands = append(stands, leaves[level][text])
			}
			codes[valueCode+i] = code
			everything = everything && code == suppressedCode
		}
		if everything {
			codes[missingCode] = suppressedCode
		} else if n := leaves[level][anonymity.Suppressed]; n > 0 && level > 0 {
			stands[suppressedCode] = n
		}
		d.codes, d.texts, d.leaves, d.width = append(d.codes, codes), append(d.texts, texts), append(d.leaves, stands), append(d.width, len(texts))
	}
	return d, d.nest()
}

// lower finds the least code that rows have at each level, so that keys are small where no cell is absent.
func (d *dimension) lower() {
	seen := make([]bool, len(d.codes[0]))
	for _, value := range d.base {
		seen[value] = true
	}
	d.lowest = make([]uint32, d.height+1)
	for level := range d.lowest {
		least := uint32(d.width[level] - 1)
		for value, code := range d.codes[level] {
			if seen[value] {
				least = min(least, code)
			}
		}
		d.lowest[level] = least
		if !slices.ContainsFunc(d.codes[level][valueCode:], func(code uint32) bool { return code != suppressedCode }) && d.codes[level][missingCode] == suppressedCode {
			d.width[level] = 1
		}
	}
}

// nest verifies that each level coarsens the one below.
func (d *dimension) nest() error {
	for level := range d.height {
		above := make([]uint32, d.width[level])
		known := make([]bool, d.width[level])
		for value, code := range d.codes[level] {
			next := d.codes[level+1][value]
			if known[code] && above[code] != next {
				return fmt.Errorf("%w: column %q: %w", ErrHierarchy, d.name, hierarchy.ErrNested)
			}
			known[code], above[code] = true, next
		}
	}
	return nil
}

// coded returns the columns of the table, and with a population its columns too, in codes of both together.
func coded(name string, table, population *anonymity.Table) (ours, theirs []uint32, texts []string, err error) {
	ours, texts, err = table.Coded(name)
	if err != nil || population == nil {
		return ours, nil, texts, err
	}
	quasi := false
	for _, c := range population.Columns() {
		quasi = quasi || c.Name == name && c.Role == anonymity.QuasiIdentifier
	}
	theirs, others, err := population.Coded(name)
	if err != nil || !quasi {
		return nil, nil, nil, fmt.Errorf("%w: the population has no quasi-identifier %q", errors.Join(ErrModel, anonymity.ErrPopulation), name)
	}
	known := map[string]uint32{}
	for code, text := range texts {
		known[text] = uint32(code)
	}
	translated := make([]uint32, len(others))
	for code, text := range others {
		ours, ok := known[text]
		if !ok {
			ours = uint32(len(texts))
			texts = append(texts, text)
		}
		translated[code] = ours
	}
	for row, code := range theirs {
		theirs[row] = translated[code]
	}
	return ours, theirs, texts, nil
}

// weigh takes the statistics of the base classes.
func (p *pool) weigh() {
	p.rows = 0
	for _, rows := range p.base.rows {
		p.rows += int64(rows)
	}
	p.statistics = make([][]statistic, len(p.dimensions))
	for q, d := range p.dimensions {
		values := make([]int64, len(d.codes[0]))
		for i, rows := range p.base.rows {
			values[d.base[p.base.first[i]]] += int64(rows)
		}
		var before float64
		for level := range d.height + 1 {
			counts := make([]int64, d.width[level])
			var s statistic
			for value, n := range values {
				code := d.codes[level][value]
				counts[code] += n
				s.leaves += n * int64(d.leaves[level][code])
			}
			s.entropy = sumLogs(counts)
			if level == 0 {
				before = s.entropy
			}
			s.entropy = max(0, s.entropy-before)
			p.statistics[q] = append(p.statistics[q], s)
		}
	}
}

// nodes returns how many there are, and how far apart those are that differ by one level.
func (p *pool) nodes() (count int, strides []int, err error) {
	strides = make([]int, len(p.dimensions))
	count = 1
	for q := len(p.dimensions) - 1; q >= 0; q-- {
		strides[q] = count
		levels := p.dimensions[q].height + 1
		if levels > mostNodes || count > mostNodes/levels {
			return 0, nil, ErrSize
		}
		count *= levels
	}
	return count, strides, nil
}

const mostNodes = 1 << 22

// limit returns how many of so many rows a share is. A share that rounding alone keeps from a whole number is that number.
func limit(share float64, rows int64) int64 {
	return int64(math.Floor(share*float64(rows)*(1+1e-14) + 1e-12))
}
