package scrub

import (
	"bytes"
	"hash/maphash"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/purposebound/purposebound/redact"
)

// An Operator says what stands in the text in place of a value. The package has [Tag], [Mask], [Remove], [Pseudonym] and [Each]; [Apply] gives
// them to types.
type Operator interface {
	// replace appends what replaces v in d to dst.
	replace(dst []byte, d *document, v value) []byte
	// stand appends what replaces any value of type t as far as a second search is concerned.
	stand(dst []byte, t Type) []byte
}

// A value is what is to be replaced.
type value struct {
	typ  Type
	id   int    // of the type, within its Scrubber
	text []byte // for a known value, as it was given
}

// Tag replaces a value by its type and a number, such as [PHONE_1]. The same value has the same number everywhere in one document, in whatever
// separators and case of letters it is written, so that a reader can still follow who is who. Numbers start at 1 in each document
// and say nothing across documents. After number 65536 values have number 0, because more are not remembered.
//
// Where a document already has tags, numbers go on above the highest of the type, so that no new value is taken for one replaced earlier. That sees all tags
// of a document of up to 64 KiB, or of one value of a structured document; of a longer one, those that stand up to the end of the part in which
// the value is: a tag further on may have the same number.
func Tag() Operator { return tag{} }

// Mask replaces a value by five asterisks, whatever its length.
func Mask() Operator { return mask{} }

const masked = "*****"

// Remove replaces a value by nothing. What stood before it and after it then touch.
func Remove() Operator { return remove{} }

// Pseudonym replaces a value by its type and its pseudonym in a release, such as [PHONE:mfrggzdfmztwq2lkobzqx4dboi]; see [redact.Pseudonyms], whose
// domain is the type. The same value has the same pseudonym in all documents of the release, in whatever separators and case of letters it is
// written, and no two releases have one in common. A value that has no pseudonym, because release is nil or zero, its key gives no answer, or
// the value is not UTF-8, is replaced by [PHONE_0].
func Pseudonym(release *redact.Release) Operator { return pseudonym{release} }

// A Generaliser turns the text of a value into something that tells less, and reports false for text it does not understand. The types of
// package redact are such, [redact.EmailMask] for instance. It must be safe for concurrent use and must not keep the text.
type Generaliser interface {
	Generalise(text string) (string, bool)
}

// Each replaces each value by what g makes of it: "m***@e***.ca" for an address of electronic mail. The value is as it stands in the text, which may not be the form that g takes; a
// value that g refuses, or of which it makes malformed UTF-8, is withheld: it is replaced by [EMAIL_0], with its type. If g is nil, all are.
//
// What comes out still says something of the value, and a second scrub may find in it, or beside it, what the first left.
func Each(g Generaliser) Operator { return each{g} }

type (
	tag       struct{}
	mask      struct{}
	remove    struct{}
	pseudonym struct{ release *redact.Release }
	each      struct{ generaliser Generaliser }
)

func (tag) replace(dst []byte, d *document, v value) []byte {
	return appendTag(dst, v.typ, d.number(v))
}
func (tag) stand(dst []byte, t Type) []byte { return appendTag(dst, t, 1) }

func (mask) replace(dst []byte, _ *document, _ value) []byte { return append(dst, masked...) }
func (m mask) stand(dst []byte, _ Type) []byte               { return m.replace(dst, nil, value{}) }

func (remove) replace(dst []byte, _ *document, _ value) []byte { return dst }

// stand is a tag: a search across a removed value would have to find what surrounds it as one value.
func (remove) stand(dst []byte, t Type) []byte { return appendTag(dst, t, 1) }

func (p pseudonym) replace(dst []byte, d *document, v value) []byte {
	d.input = appendCanonical(d.input[:0], v.typ, v.text)
	domain, err := p.release.Pseudonyms(string(v.typ))
	if err != nil {
		return appendTag(dst, v.typ, 0)
	}
	name, err := domain.Pseudonymise(string(d.input))
	if err != nil {
		return appendTag(dst, v.typ, 0)
	}
	dst = append(append(append(dst, '['), v.typ...), ':')
	return append(append(dst, name...), ']')
}
func (pseudonym) stand(dst []byte, t Type) []byte { return appendTag(dst, t, 1) }

func (e each) replace(dst []byte, _ *document, v value) []byte {
	if e.generaliser == nil {
		return appendTag(dst, v.typ, 0)
	}
	text, ok := e.generaliser.Generalise(string(v.text))
	if !ok || !utf8.ValidString(text) {
		return appendTag(dst, v.typ, 0)
	}
	return append(dst, text...)
}

func (each) stand(dst []byte, t Type) []byte { return appendTag(dst, t, 1) }

func appendTag(dst []byte, t Type, number int) []byte {
	dst = append(append(append(dst, '['), t...), '_')
	return append(strconv.AppendInt(dst, int64(number), 10), ']')
}

// A document remembers which values have a tag. It holds hashes under a random seed of its own, never a value.
type document struct {
	seed    maphash.Seed
	numbers map[uint64]int // by a hash of type and value
	last    []int          // by type: the highest number that a tag has
	input   []byte
}

// reset forgets all values, for a new document.
func (d *document) reset() {
	if len(d.numbers) > 0 {
		d.seed = maphash.MakeSeed()
		clear(d.numbers)
	}
	clear(d.last)
}

const maxTagged = 1 << 16

// number returns the number of a value among those of its type, a new one if it has none.
func (d *document) number(v value) int {
	if d.numbers == nil {
		d.seed, d.numbers = maphash.MakeSeed(), map[uint64]int{}
	}
	d.input = appendCanonical(append(d.input[:0], byte(v.id), byte(v.id>>8)), v.typ, v.text)
	key := maphash.Bytes(d.seed, d.input)
	n, ok := d.numbers[key]
	if !ok && d.highest(v.id) < maxTagged {
		d.last[v.id]++
		n = d.last[v.id]
		d.numbers[key] = n
	}
	return n
}

// highest returns the highest number that a tag of a type has.
func (d *document) highest(id int) int {
	for len(d.last) <= id {
		d.last = append(d.last, 0)
	}
	return d.last[id]
}

// taken takes notice of the tags in text, so that their numbers are not given to other values. Numbers that are higher than any that is given do not count.
func (s *Scrubber) taken(d *document, text []byte) {
	for i := 0; ; {
		n := bytes.IndexByte(text[i:], '[')
		if n < 0 {
			return
		}
		i += n + 1
		end := s.tagAt(text, i-1)
		if end == 0 {
			continue
		}
		number, power, k := 0, 1, end-2
		for ; k > i && isDigit(text[k]); k-- {
			number += power * int(text[k]-'0')
			power *= 10
		}
		if a, ok := s.operators[Type(text[i:k])]; ok && text[k] == '_' && number <= maxTagged && d.highest(a.id) < number {
			d.last[a.id] = number
		}
		i = end
	}
}

// appendCanonical appends what the spellings of one value have in common: lower case and, except in addresses of machines and
// mailboxes, letters and digits alone.
func appendCanonical(dst []byte, t Type, value []byte) []byte {
	start := len(dst)
	keep := false
	switch t {
	case Email, URL, IP, MAC, Handle:
		keep = true
	}
	for i := 0; i < len(value); {
		c := value[i]
		if c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c |= 0x20
			}
			if keep || alnum[c] && (t != Phone || isDigit(c)) {
				dst = append(dst, c)
			}
			i++
			continue
		}
		r, size := utf8.DecodeRune(value[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			dst = append(dst, c)
		case r >= '０' && r <= '９' && !keep:
			dst = append(dst, byte(r-'０')+'0')
		case keep || unicode.In(r, unicode.L, unicode.M, unicode.N):
			dst = utf8.AppendRune(dst, unicode.ToLower(r))
		}
		i += size
	}
	if t == Phone && len(dst) >= start+11 && dst[start] == '1' {
		dst = append(dst[:start], dst[start+1:]...) // the country code of North America, which may be left out
	}
	return dst
}
