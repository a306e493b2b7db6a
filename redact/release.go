package redact

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"unicode/utf8"
)

// maxID is the length in bytes of the longest id of a release, domain or subject.
const maxID = 1024

// PRF is a keyed pseudo-random function, which must return the first outputLength bytes of its output for input. This package asks for
// 16 bytes. A prf.PRF of Tink is one: of a prf.Set, take the one whose key was primary when the release was made,
// set.PRFs[set.PrimaryID], so that rotating the keyset does not change the pseudonyms of a release. It must be safe for concurrent use.
type PRF interface {
	ComputePRF(input []byte, outputLength uint32) ([]byte, error)
}

// ReleaseID names a release: one handing-over of data to one recipient for one purpose, such as "2026-03/heating-study".
type ReleaseID string

// Release makes what stands in for values in one handing-over of data: [Pseudonyms], [Shapes] and the [Shift] of dates. Inside a
// release what was equal stays equal, so tables join; between releases nothing is equal, whether they differ in key, in id, or in both,
// so that recipients who meet cannot join what they were given.
//
// Give each release a key of its own and destroy the key when nothing more is to be added to the release: then nobody, you included,
// can compute it again. Whoever has the key can find any value whose possible values can be listed, as those of telephone numbers and
// birth dates can; it is the key that protects them, not the function. Keep it from who holds the release.
//
// A Release is safe for concurrent use. The zero Release makes nothing.
type Release struct {
	id      ReleaseID
	compute func(input []byte, outputLength uint32) ([]byte, error) // a function prints as an address, a key might print itself
}

// NewRelease returns the release of an id under a key. The error is [ErrIncomplete] for a nil key, and for an id that is empty, longer
// than 1024 bytes or not UTF-8.
func NewRelease(id ReleaseID, key PRF) (*Release, error) {
	if !isID(string(id)) || isNil(key) {
		return nil, fmt.Errorf("%w: a release needs an id and a key", ErrIncomplete)
	}
	return &Release{id: id, compute: key.ComputePRF}, nil
}

// ID returns the id of the release.
func (r *Release) ID() ReleaseID {
	if r == nil {
		return ""
	}
	return r.id
}

// isZero reports whether r was not made by NewRelease.
func (r *Release) isZero() bool { return r == nil || r.compute == nil }

// output returns the 16 bytes that the key gives for parts. The error is [ErrKey], whatever the key said.
func (r *Release) output(parts ...string) (out [16]byte, err error) {
	b, err := r.compute(encode(parts...), uint32(len(out)))
	if err != nil || len(b) != len(out) {
		return out, ErrKey
	}
	copy(out[:], b)
	return out, nil
}

// encode joins parts so that different lists of parts are different bytes: each comes after its length in bytes, as eight bytes,
// big-endian.
func encode(parts ...string) []byte {
	size := 0
	for _, part := range parts {
		size += 8 + len(part)
	}
	b := make([]byte, 0, size)
	for _, part := range parts {
		b = binary.BigEndian.AppendUint64(b, uint64(len(part)))
		b = append(b, part...)
	}
	return b
}

func isID(id string) bool { return id != "" && len(id) <= maxID && utf8.ValidString(id) }

// isNil reports whether a key is nil, also as a nil pointer in an interface.
func isNil(key any) bool {
	if key == nil {
		return true
	}
	v := reflect.ValueOf(key)
	switch v.Kind() {
	case reflect.Pointer, reflect.Func, reflect.Map, reflect.Slice, reflect.Chan:
		return v.IsNil()
	}
	return false
}
