package redact

import (
	"encoding/binary"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	shapeLabel = "purposebound.redact.shape.v1"
	maxShape   = 256 // bytes
	maxBlocks  = 64  // of 16 bytes: more than 256 characters need, unless the key is no pseudo-random function
)

// Shapes replaces values of one domain by others of the same shape: a digit by a digit, a letter by a letter of the same case, and all
// else by itself, so "H2X 3J6" may become "Q8M 1T4". Use it where a program checks the form of a field, in test data above all.
//
// It is one-way and not exact: two values may become one, and do so soon where there are few, because a number of six digits has a
// million shapes. Where rows must join, use [Pseudonyms]; to come back, [Reversible]. The length of a value shows, and so does every
// character that is no letter or digit. What comes out may by chance be somebody else's number, though never the value that came in;
// check digits are right only by chance.
//
// Shapes come from [Release.Shapes] and are safe for concurrent use. The zero Shapes replaces nothing.
type Shapes struct {
	release *Release
	domain  string
}

// Shapes returns what replaces the values of a domain; see [Release.Pseudonyms], whose errors it returns.
func (r *Release) Shapes(domain string) (Shapes, error) {
	if r.isZero() || !isID(domain) {
		return Shapes{}, fmt.Errorf("%w: shapes need a release and a domain", ErrIncomplete)
	}
	return Shapes{release: r, domain: domain}, nil
}

// Pseudonymise returns what stands in for value, the same for the same bytes. Digits of any script become 0 to 9, letters of any script
// a to z, or A to Z for capitals; accents go. The error is [ErrIncomplete] for the zero Shapes, [ErrKey] if the key gives no usable
// answer, and [ErrValue] for a value longer than 256 bytes, without a letter or digit, not UTF-8, or with a control or invisible
// character.
func (s Shapes) Pseudonymise(value string) (string, error) {
	switch {
	case s.release.isZero():
		return "", ErrIncomplete
	case len(value) > maxShape || !utf8.ValidString(value):
		return "", ErrValue
	}
	composed := norm.NFC.String(value)
	replaceable := false
	for _, r := range composed {
		if !unicode.IsGraphic(r) {
			return "", ErrValue
		}
		replaceable = replaceable || unicode.In(r, unicode.L, unicode.N)
	}
	if !replaceable {
		return "", ErrValue
	}
	chance := chance{release: s.release, domain: s.domain, value: value}
	for {
		shape := chance.shape(composed)
		if chance.failed {
			return "", ErrKey
		}
		if shape != composed {
			return shape, nil
		}
	}
}

// Generalise is Pseudonymise for pii.Derive; it is false where Pseudonymise returns an error.
func (s Shapes) Generalise(value string) (string, bool) {
	shape, err := s.Pseudonymise(value)
	return shape, err == nil
}

// chance is the stream of pseudo-random bytes that belongs to one value.
type chance struct {
	release       *Release
	domain, value string
	blocks        uint64 // taken from the key
	block         [16]byte
	left          []byte // of block
	failed        bool   // the key gave no answer, or none that is usable
}

// shape draws a text of the shape of composed.
func (c *chance) shape(composed string) string {
	var b strings.Builder
	for _, r := range composed {
		switch {
		case unicode.IsMark(r):
		case unicode.IsNumber(r):
			b.WriteByte('0' + c.below(10))
		case unicode.IsUpper(r) || unicode.IsTitle(r):
			b.WriteByte('A' + c.below(26))
		case unicode.IsLetter(r):
			b.WriteByte('a' + c.below(26))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// below draws a number below n, each as likely: bytes from the last, incomplete run of n on are passed over.
func (c *chance) below(n byte) byte {
	for !c.failed {
		if b := c.next(); int(b) < 256-256%int(n) {
			return b % n
		}
	}
	return 0
}

func (c *chance) next() byte {
	if len(c.left) == 0 {
		number := string(binary.BigEndian.AppendUint64(nil, c.blocks))
		block, err := c.release.output(shapeLabel, string(c.release.id), c.domain, c.value, number)
		if c.blocks++; err != nil || c.blocks > maxBlocks {
			c.failed = true
			return 0
		}
		c.block = block
		c.left = c.block[:]
	}
	b := c.left[0]
	c.left = c.left[1:]
	return b
}
