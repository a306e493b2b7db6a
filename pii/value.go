package pii

import (
	"database/sql/driver"
	"fmt"
	"io"
	"log/slog"
	"unsafe"
)

// Value is a revealed or parsed value of kind K. It is one opaque word: no way of printing, encoding, comparing or
// dumping it shows what it holds, and encoding it or binding it to SQL fails with [ErrPlaintext].
// [Value.Plaintext] is the one way out. Decoding works, so a request's struct can hold Values and be validated as it is read.
//
// The zero Value holds nothing. A Value is immutable and safe for concurrent use; its memory is freed with it, not wiped.
type Value[K Kind] struct {
	_ [0]func() // not comparable with ==: use Equal
	// p points at a frame: a length and that many bytes, in a buffer without pointers that nobody writes to any more.
	p unsafe.Pointer
}

// Parse returns text as a value of kind K, in canonical form. The error is [ErrInvalid] and does not repeat the text.
func Parse[K Kind](text string) (Value[K], error) {
	var k K
	canonical, ok := k.Canonical(text)
	if !ok || canonical == "" || len(canonical) > maxValue {
		return Value[K]{}, &InvalidError{k.Attribute()}
	}
	return Value[K]{p: unsafe.Pointer(unsafe.SliceData(content(canonical, 0)))}, nil
}

// Plaintext returns the text: personal data in clear. What it returns is an ordinary string, and nothing here follows it.
// Do not let it outlive the use it was revealed in.
func (v Value[K]) Plaintext() string {
	if v.p == nil {
		return ""
	}
	n, size := uint64(0), 0
	for shift := 0; ; shift += 7 { // the frame was checked when it was made
		c := *(*byte)(unsafe.Add(v.p, size))
		size++
		n |= uint64(c&0x7f) << shift
		if c < 0x80 {
			break
		}
	}
	return unsafe.String((*byte)(unsafe.Add(v.p, size)), int(n))
}

// Equal reports whether two values hold the same canonical text. It does not take constant time.
func (v Value[K]) Equal(o Value[K]) bool { return v.Plaintext() == o.Plaintext() }

// IsZero reports whether the value holds nothing.
func (v Value[K]) IsZero() bool { return v.p == nil }

// String returns "[revealed identity.email]".
func (v Value[K]) String() string {
	var k K
	return "[revealed " + string(k.Attribute()) + "]"
}

// Format prints what String returns, whatever the verb.
func (v Value[K]) Format(f fmt.State, _ rune) { io.WriteString(f, v.String()) }

// GoString returns what String does.
func (v Value[K]) GoString() string { return v.String() }

// LogValue returns what String does.
func (v Value[K]) LogValue() slog.Value { return slog.StringValue(v.String()) }

// MarshalText fails with [ErrPlaintext].
func (v Value[K]) MarshalText() ([]byte, error) { return nil, ErrPlaintext }

// MarshalBinary fails with [ErrPlaintext].
func (v Value[K]) MarshalBinary() ([]byte, error) { return nil, ErrPlaintext }

// MarshalJSON fails with [ErrPlaintext].
func (v Value[K]) MarshalJSON() ([]byte, error) { return nil, ErrPlaintext }

// GobEncode fails with [ErrPlaintext].
func (v Value[K]) GobEncode() ([]byte, error) { return nil, ErrPlaintext }

// Value fails with [ErrPlaintext]: personal data in clear is no argument of a query.
func (v Value[K]) Value() (driver.Value, error) { return nil, ErrPlaintext }

// UnmarshalText parses text as [Parse] does. It also serves JSON, where null leaves the value as it was.
func (v *Value[K]) UnmarshalText(text []byte) error {
	parsed, err := Parse[K](string(text))
	if err != nil {
		return err
	}
	*v = parsed
	return nil
}
