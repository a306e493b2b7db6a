package anonymity

import (
	"fmt"
	"maps"
	"slices"
)

// A Comparison says how a table, the sample, stands in the larger one that its people were taken from, the population, such as a register
// that others can look into.
type Comparison struct {
	among     []among
	low, high float64
}

// among are rows of the sample that each stand among so many of the population.
type among struct{ rows, people int }

// Compare compares by the quasi-identifiers of the sample, which the population must have as well, written in the same way: generalise both alike. A row of
// the sample stands among the people of the population that it agrees with, so an absent cell agrees with everyone; suppressed rows are left out, as
// are people of the population who lack one of the cells. A sample of which the population cannot be the source, because it has more people of a
// kind, is an [ErrPopulation]; tables without classes are the errors of [Table.Classes]. It compares rows, so a table of [Table.By] is an [ErrPerson].
func Compare(sample, population *Table) (*Comparison, error) {
	if sample.persons != nil || population.persons != nil {
		return nil, fmt.Errorf("%w: rows are compared with the population", ErrPerson)
	}
	ours, err := sample.Classes()
	if err != nil {
		return nil, err
	}
	translated, err := translate(ours.quasi, population)
	if err != nil {
		return nil, err
	}
	theirs, err := translated.Classes()
	if err != nil {
		return nil, err
	}
	c := &Comparison{low: 1}
	people := theirs.members[:theirs.complete]
	sure := make([]int, len(people)) // rows of the sample that are of this class
	ids, count := meet(ours, ours.first[:ours.complete], theirs, nil)
	at := make([]int, count) // class of the population, plus one
	for i, id := range ids[ours.complete:] {
		at[id] = i + 1
	}
	for class, rows := range ours.members[:ours.complete] {
		i := at[ids[class]] - 1
		if i < 0 || people[i] < rows {
			return nil, fmt.Errorf("%w: it lacks people of the sample", ErrPopulation)
		}
		sure[i] = rows
		c.among = append(c.among, among{rows, people[i]})
	}
	possible := slices.Clone(sure)
	if err := c.comparePartial(ours, theirs, possible); err != nil {
		return nil, err
	}
	for i, n := range people {
		c.low = min(c.low, float64(sure[i])/float64(n))
		c.high = max(c.high, min(1, float64(possible[i])/float64(n)))
	}
	return c, nil
}

// comparePartial places the rows of the sample that lack cells, and adds them to every class of the population that they agree with.
func (c *Comparison) comparePartial(ours, theirs *Classes, possible []int) error {
	if !ours.gaps {
		return nil
	}
	lacking := ours.lacking(func(row int) bool { return ours.of[row] == noClass || int(ours.of[row]) >= ours.complete })
	for _, lack := range slices.Sorted(maps.Keys(lacking)) {
		var shown []int
		for i := range ours.quasi {
			if lack[i] == 's' {
				shown = append(shown, i)
			}
		}
		rows := lacking[lack]
		if len(shown) == 0 {
			continue
		}
		ids, count := meet(ours, rows, theirs, shown)
		people, wanted := make([]int, count), make([]int, count)
		for i, id := range ids[len(rows):] {
			people[id] += theirs.members[i]
		}
		for _, id := range ids[:len(rows)] {
			wanted[id]++
		}
		for i, id := range ids[len(rows):] {
			possible[i] += wanted[id]
		}
		for id, n := range wanted {
			if n > people[id] {
				return fmt.Errorf("%w: it lacks people of the sample", ErrPopulation)
			}
			if n > 0 {
				c.among = append(c.among, among{n, people[id]})
			}
		}
	}
	return nil
}

// translate returns the population with the given columns alone, in which a text has the code that it has there.
func translate(columns []*column, population *Table) (*Table, error) {
	t := &Table{rows: population.rows, most: population.most}
	for _, ours := range columns {
		i := slices.IndexFunc(population.columns, func(c *column) bool { return c.Name == ours.Name && c.Role == QuasiIdentifier })
		if i < 0 {
			return nil, fmt.Errorf("%w: it has no quasi-identifier %q", ErrPopulation, ours.Name)
		}
		theirs := population.columns[i]
		codes := make([]uint32, valueCode, theirs.width())
		codes[suppressedCode], codes[missingCode] = suppressedCode, missingCode
		values := slices.Clone(ours.values)
		for _, text := range theirs.values {
			code, ok := ours.known[text]
			if !ok {
				code = valueCode + uint32(len(values))
				values = append(values, text)
			}
			codes = append(codes, code)
		}
		c := &column{Column: ours.Column, values: values, absent: theirs.absent, codes: make([]uint32, population.rows)}
		for row, code := range theirs.codes[:population.rows] {
			c.codes[row] = codes[code]
		}
		t.columns = append(t.columns, c)
	}
	return t, nil
}

// meet numbers rows of ours, and then one row of each complete class of theirs, by the given columns, nil for all.
func meet(ours *Classes, rows []int32, theirs *Classes, columns []int) (ids []int32, count int) {
	var both []*column
	for i, c := range ours.quasi {
		if columns != nil && !slices.Contains(columns, i) {
			continue
		}
		t := theirs.table.columns[i]
		joint := &column{values: t.values}
		for _, row := range rows {
			joint.codes = append(joint.codes, c.codes[row])
		}
		for _, row := range theirs.first[:theirs.complete] {
			joint.codes = append(joint.codes, t.codes[row])
		}
		both = append(both, joint)
	}
	return number(both, nil, len(rows)+theirs.complete)
}

// KMap returns among how many people of the population a row of the sample at least stands: the sample is k-mapped for every k up to it (Sweeney, 2002).
func (c *Comparison) KMap() int {
	k := c.among[0].people
	for _, a := range c.among {
		k = min(k, a.people)
	}
	return k
}

// Presence returns between which bounds the probability lies that somebody of the population is in the sample: the least and the greatest share of a class
// of the population that the sample has. It is (δmin, δmax)-present for bounds around these (Nergiz, Atzori and Clifton, 2007). Rows that lack cells count as
// nowhere for the least and as everywhere that they agree with for the greatest.
func (c *Comparison) Presence() (least, greatest float64) { return c.low, c.high }

// Journalist returns the risk from somebody who looks for any person to show that it can be done, and does not know who is in the sample: 1 over the number of
// people in the population that a row stands among (El Emam and Dankar, 2008). Above counts risks greater than the threshold.
func (c *Comparison) Journalist(threshold float64) Risk {
	t := tally{threshold: threshold}
	for _, a := range c.among {
		t.add(a.rows, a.people)
	}
	return t.risk()
}

// Marketer returns the share of the rows that somebody who gives every row the name of someone of the population is expected to get right (Dankar and El
// Emam, 2010). It is the average of the journalist's risk.
func (c *Comparison) Marketer() float64 { return c.Journalist(1).Average }
