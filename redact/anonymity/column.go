package anonymity

import (
	"hash/maphash"
	"slices"
)

// A Role says what a column is to somebody who wants to find a person in the table.
type Role int

// The zero Role is none of these, and no column may have it: what a column is has to be said.
const (
	// DirectIdentifier names a person by itself: a name, an account, a telephone number. Its values are not kept, only which rows have the same; a
	// [Report] says whether any were there.
	DirectIdentifier Role = iota + 1
	// QuasiIdentifier may be known to others from elsewhere, and together with other such columns leads to a person: a birth date,
	// a sex, a postal code. These columns make the classes.
	QuasiIdentifier
	// Sensitive is what must not be learned about a person: an illness, an income.
	Sensitive
	// Other is anything else. It is kept and not measured.
	Other
)

// Suppressed is the text of a cell whose value was removed.
const Suppressed = "*"

// A Column describes one column of a [Table]. Name and Role are required.
type Column struct {
	Name string
	Role Role
	// Missing are texts that say that there is no value, such as "?" or "NA". The empty text always says so.
	Missing []string
	// Distance is how far apart the values of a Sensitive column are, for the closeness in a [Report]. Zero: all equally far.
	Distance Distance
}

// Codes of cells without a value. Values are counted from valueCode on, in the order in which they first appear.
const (
	suppressedCode uint32 = iota
	missingCode
	valueCode
)

// column is a column with its cells, each as the number of its text.
type column struct {
	Column
	codes  []uint32 // none for a direct identifier
	values []string // by code, from valueCode on
	known  map[string]uint32
	absent int // cells without a value
	// Of a direct identifier, the sum of each cell, 0 for an absent one.
	sums []uint64
	seed maphash.Seed
}

func newColumn(c Column) *column {
	c.Missing = slices.Clone(c.Missing)
	made := &column{Column: c, known: map[string]uint32{}}
	if c.Role == DirectIdentifier {
		made.seed = maphash.MakeSeed()
	}
	return made
}

// add appends a cell.
func (c *column) add(text string) {
	if c.Role == DirectIdentifier {
		c.name(text)
		return
	}
	code, ok := c.known[text]
	if !ok {
		code = c.learn(text)
	}
	c.put(code)
}

// put appends the code of a cell. A direct identifier has none.
func (c *column) put(code uint32) {
	if code < valueCode {
		c.absent++
	}
	c.codes = append(c.codes, code)
}

// learn gives a text its code.
func (c *column) learn(text string) uint32 {
	switch {
	case text == Suppressed:
		return suppressedCode
	case text == "" || slices.Contains(c.Missing, text):
		return missingCode
	case c.Role == DirectIdentifier:
		return valueCode
	}
	text = string([]byte(text)) // not to keep the line that it is part of
	code := valueCode + uint32(len(c.values))
	c.values = append(c.values, text)
	c.known[text] = code
	return code
}

// width is one more than the greatest code.
func (c *column) width() uint64 { return uint64(valueCode) + uint64(len(c.values)) }
