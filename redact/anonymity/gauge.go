package anonymity

import "fmt"

// A Gauge tells of rows that may become a class how far they would be from the table. One goroutine at a time may use it.
type Gauge struct {
	distance emd
	room     []count
}

// Gauge returns the gauge of a sensitive column, by its distance. A column of another role is an [ErrColumn], one without values an [ErrEmpty], a
// distance that does not fit the values an [ErrDistance].
func (t *Table) Gauge(column string) (*Gauge, error) {
	for _, s := range t.with(Sensitive) {
		if s.Name != column {
			continue
		}
		a, err := newAttribute(s, t.rows, t.persons)
		if err != nil {
			return nil, err
		}
		if s.Distance.ground == nil {
			return &Gauge{distance: a.equal}, nil
		}
		distance, err := s.Distance.ground.over(a)
		if err != nil {
			return nil, fmt.Errorf("%w: column %q", err, column)
		}
		return &Gauge{distance: distance}, nil
	}
	return nil, fmt.Errorf("%w: %q is no sensitive column", ErrColumn, column)
}

// Closeness returns the earth mover's distance between the table and rows that have these values, by their numbers in [Table.Coded], each as often
// as rows says in its place, of as many people in a table that counts them. It is what [Attribute.Closeness] is the greatest of. Absent cells do not count, and rows without any value are at no
// distance.
func (g *Gauge) Closeness(numbers []uint32, rows []int) float64 {
	g.room = g.room[:0]
	all := 0
	for i, number := range numbers {
		if number >= valueCode && rows[i] > 0 {
			g.room = append(g.room, count{int32(number - valueCode), int32(rows[i])})
			all += rows[i]
		}
	}
	if all == 0 {
		return 0
	}
	return g.distance(g.room, float64(all))
}
