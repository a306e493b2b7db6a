package mondrian

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/purposebound/purposebound/redact/anonymity"
)

// labels are the cells of one axis: of each part the number of a text, each text once, and what share of the axis it stands for. Number 0 is the
// absent cell.
type labels struct {
	axis  *axis
	of    []uint32 // by part
	texts []string
	lost  []float64 // by text
	spans map[[2]uint32]uint32
	sets  map[string]uint32
	ranks []uint32 // room
	key   []byte   // room
}

func newLabels(a *axis) *labels {
	return &labels{axis: a, texts: []string{anonymity.Suppressed}, lost: []float64{1}, spans: map[[2]uint32]uint32{}, sets: map[string]uint32{}}
}

// publish writes the parts into a table, and says what was lost.
func (p *partition) publish(ctx context.Context) (*Result, error) {
	var parts []part
	for range cap(p.idle) {
		w := <-p.idle
		parts = append(parts, w.parts...)
	}
	slices.SortFunc(parts, func(x, y part) int { return cmp.Compare(x.from, y.from) }) // who cut what first does not matter
	var shown []*labels
	for i, a := range p.axes {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("mondrian: stopped: %w", context.Cause(ctx))
		}
		l := newLabels(a)
		for _, one := range parts {
			l.label(p, one, i)
		}
		shown = append(shown, l)
	}
	r := p.measured(parts, shown)
	of := make([]uint32, p.rows) // of each row, its part; the one after the last for suppressed
	for number, one := range append(parts, p.suppressed...) {
		for at := one.from; at < one.to; at++ {
			of[p.records[(at+1)*p.width-1]] = uint32(min(number, len(parts)))
		}
	}
	p.records = nil // its memory is what the table needs now
	var err error
	r.Table, err = p.tabulate(ctx, of, shown)
	if err != nil {
		return nil, err
	}
	return r, nil
}

// measured returns the losses.
func (p *partition) measured(parts []part, shown []*labels) *Result {
	r := &Result{}
	for _, one := range p.suppressed {
		r.Suppressed += one.rows()
	}
	classes := map[string]int{} // rows; several parts may have the same cells if cuts were relaxed
	var key []byte
	var penalty float64
	for number, one := range parts {
		for _, l := range shown {
			penalty += l.lost[l.of[number]] * float64(one.rows())
		}
		if p.relaxed {
			key = key[:0]
			for _, l := range shown {
				key = binary.LittleEndian.AppendUint32(key, l.of[number])
			}
			classes[string(key)] += one.rows()
			continue
		}
		r.Classes++
		r.Discernibility += float64(one.rows()) * float64(one.rows())
	}
	for _, rows := range classes {
		r.Classes++
		r.Discernibility += float64(rows) * float64(rows)
	}
	r.Discernibility += float64(r.Suppressed) * float64(p.rows)
	r.Penalty = (penalty/float64(len(shown)) + float64(r.Suppressed)) / float64(p.rows)
	r.AverageSize = float64(p.rows-r.Suppressed) / float64(r.Classes)
	return r
}

// tabulate makes the table.
func (p *partition) tabulate(ctx context.Context, of []uint32, shown []*labels) (*anonymity.Table, error) {
	columns := p.table.Columns()
	numbers, texts := make([][]uint32, len(columns)), make([][]string, len(columns))
	for i, c := range columns {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("mondrian: stopped: %w", context.Cause(ctx))
		}
		columns[i].Missing = nil // what is missing is the empty text, and no text that is made here can be taken for it
		switch c.Role {
		case anonymity.DirectIdentifier:
		case anonymity.QuasiIdentifier:
			l := shown[0]
			shown = shown[1:]
			l.of = append(l.of, 0) // of suppressed rows
			numbers[i], texts[i] = make([]uint32, p.rows), l.texts
			for row, part := range of {
				numbers[i][row] = l.of[part]
			}
		default:
			var err error
			if numbers[i], texts[i], err = p.table.Coded(c.Name); err != nil {
				return nil, err
			}
		}
	}
	table, err := anonymity.FromCoded(p.rows, columns, numbers, texts)
	if persons := p.table.Persons(); err == nil && persons != nil {
		return table.ByPersons(persons)
	}
	return table, err
}

// label adds what a part shows on the axis.
func (l *labels) label(p *partition, one part, axis int) {
	number := uint32(0)
	switch {
	case p.records[one.from*p.width+axis] == absent:
	case l.axis.set:
		number = l.set(p, one, axis)
	default:
		number = l.span(p, one, axis)
	}
	l.of = append(l.of, number)
}

func (l *labels) span(p *partition, one part, axis int) uint32 {
	low, high := uint32(absent), uint32(0)
	for at := one.from*p.width + axis; at < one.to*p.width; at += p.width {
		low, high = min(low, p.records[at]), max(high, p.records[at])
	}
	number, ok := l.spans[[2]uint32{low, high}]
	if ok {
		return number
	}
	number = uint32(len(l.texts))
	l.spans[[2]uint32{low, high}] = number
	text := quoted(l.axis.texts[low])
	if low < high {
		text = "[" + text + "–" + quoted(l.axis.texts[high]) + "]"
	}
	l.texts = append(l.texts, text)
	l.lost = append(l.lost, l.axis.spread(low, high))
	return number
}

func (l *labels) set(p *partition, one part, axis int) uint32 {
	l.ranks = l.ranks[:0]
	for at := one.from*p.width + axis; at < one.to*p.width; at += p.width {
		l.ranks = append(l.ranks, p.records[at])
	}
	slices.Sort(l.ranks)
	l.ranks = slices.Compact(l.ranks)
	l.key = l.key[:0]
	for _, rank := range l.ranks {
		l.key = binary.LittleEndian.AppendUint32(l.key, rank)
	}
	number, ok := l.sets[string(l.key)]
	if ok {
		return number
	}
	number = uint32(len(l.texts))
	l.sets[string(l.key)] = number
	var values []string
	for _, rank := range l.ranks {
		values = append(values, l.axis.texts[rank])
	}
	slices.Sort(values)
	for i, value := range values {
		values[i] = quoted(value)
	}
	text, lost := strings.Join(values, ", "), 0.0
	if len(values) > 1 {
		text, lost = "{"+text+"}", float64(len(values))/float64(len(l.axis.texts))
	}
	l.texts = append(l.texts, text)
	l.lost = append(l.lost, lost)
	return number
}

// quoted returns a value so that it cannot be taken for an interval, a set, or several values.
func quoted(value string) string {
	if strings.ContainsAny(value, `[]{}–,"`) {
		return strconv.Quote(value)
	}
	return value
}
