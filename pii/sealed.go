package pii

import (
	"bytes"
	"database/sql/driver"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
)

// Sealed is a field that holds a value of kind K as ciphertext and never anything else. It is a plain value:
// copy it, compare it with ==, use it as a map key, store it. Printing it prints its kind.
//
// The zero Sealed is absent: NULL in SQL, null in JSON, the empty text.
//
// Its stored form is the token of format.md: base64url text in JSON, text and SQL, so a TEXT column fits; from
// [Sealed.MarshalBinary] bytes for a BYTEA or BLOB column. Scan and the decoders take either and check its form;
// only Reveal can check that it is genuine. A token holds no plaintext, but it names, by number, the attribute, when the
// value was collected, and the purposes it was collected for: who reads the table learns which of them a person had not refused.
type Sealed[K Kind] struct{ token token }

// IsZero reports whether the field is absent.
func (s Sealed[K]) IsZero() bool { return s.token == token{} }

// Format prints "[sealed identity.email]", whatever the verb.
func (s Sealed[K]) Format(f fmt.State, _ rune) { io.WriteString(f, s.String()) }

// String returns "[sealed identity.email]", or "[absent identity.email]" for the zero Sealed.
func (s Sealed[K]) String() string {
	var k K
	if s.IsZero() {
		return "[absent " + string(k.Attribute()) + "]"
	}
	return "[sealed " + string(k.Attribute()) + "]"
}

// GoString returns what String does.
func (s Sealed[K]) GoString() string { return s.String() }

// LogValue returns what String does.
func (s Sealed[K]) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText returns the token as base64url without padding.
func (s Sealed[K]) MarshalText() ([]byte, error) {
	return base64.RawURLEncoding.AppendEncode(nil, s.token.bytes()), nil
}

// UnmarshalText reads what MarshalText wrote; anything else is [ErrMalformed]. Empty text is the zero Sealed.
func (s *Sealed[K]) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		s.token = token{}
		return nil
	}
	binary, ok := strictBase64(string(text))
	if !ok {
		return ErrMalformed
	}
	return s.UnmarshalBinary([]byte(binary))
}

// MarshalBinary returns the token as bytes.
func (s Sealed[K]) MarshalBinary() ([]byte, error) { return s.token.bytes(), nil }

// UnmarshalBinary reads what MarshalBinary wrote; anything else is [ErrMalformed]. No bytes are the zero Sealed.
func (s *Sealed[K]) UnmarshalBinary(binary []byte) error {
	if len(binary) == 0 {
		s.token = token{}
		return nil
	}
	t, ok := parseToken(string(binary))
	if !ok {
		return ErrMalformed
	}
	s.token = t
	return nil
}

// MarshalJSON returns the token as a JSON string, null for the zero Sealed.
func (s Sealed[K]) MarshalJSON() ([]byte, error) {
	if s.IsZero() {
		return []byte("null"), nil
	}
	binary := s.token.bytes()
	b := append(make([]byte, 0, base64.RawURLEncoding.EncodedLen(len(binary))+2), '"')
	b = base64.RawURLEncoding.AppendEncode(b, binary)
	return append(b, '"'), nil
}

// UnmarshalJSON reads what MarshalJSON wrote; anything else is [ErrMalformed].
func (s *Sealed[K]) UnmarshalJSON(b []byte) error {
	if bytes.Equal(b, []byte("null")) {
		s.token = token{}
		return nil
	}
	if len(b) < 2 || b[0] != '"' || b[len(b)-1] != '"' {
		return ErrMalformed
	}
	return s.UnmarshalText(b[1 : len(b)-1])
}

// Value gives database/sql the token as text, NULL for the zero Sealed.
func (s Sealed[K]) Value() (driver.Value, error) {
	if s.IsZero() {
		return nil, nil
	}
	return base64.RawURLEncoding.EncodeToString(s.token.bytes()), nil
}

// Scan reads a token from a TEXT or a BYTEA column, in either form; NULL is the zero Sealed and anything else [ErrMalformed].
func (s *Sealed[K]) Scan(src any) error {
	switch src := src.(type) {
	case nil:
		s.token = token{}
		return nil
	case string:
		return s.scan(src)
	case []byte:
		if src == nil {
			s.token = token{}
			return nil
		}
		return s.scan(string(src))
	}
	return ErrMalformed
}

func (s *Sealed[K]) scan(src string) error {
	switch {
	case src == "":
		return ErrMalformed // absent is NULL
	case src[0] == tokenVersion:
		return s.UnmarshalBinary([]byte(src))
	}
	return s.UnmarshalText([]byte(src))
}

// Seal writes text into the field, as ciphertext for those of the intake's purposes that list the kind's attribute.
// Text that is not of the kind is [ErrInvalid]; a *purpose.Denied says why the value may not be collected (any more).
// The field is left as it was on every error.
func (s *Sealed[K]) Seal(in *Intake, text string) error { return s.seal(in, text, "", false) }

// SealBound is Seal with a record binding: the token opens only with [Sealed.RevealBound] and the same record, which is not
// stored in it. Use the key of the row for a value that must not move between rows of one subject, and include the
// row's version to notice that an older token of the row was put back.
func (s *Sealed[K]) SealBound(in *Intake, text, record string) error {
	return s.seal(in, text, record, true)
}

func (s *Sealed[K]) seal(in *Intake, text, record string, bound bool) error {
	var k K
	canonical, ok := k.Canonical(text)
	if !ok || canonical == "" || len(canonical) > maxValue {
		return &InvalidError{k.Attribute()}
	}
	t, err := in.seal(k.Attribute(), widthOf(k), canonical, record, bound)
	if err != nil {
		return err
	}
	s.token = t
	return nil
}

// SealValue seals a value that was parsed or revealed, without its text passing through the caller.
func (s *Sealed[K]) SealValue(in *Intake, v Value[K]) error {
	if v.IsZero() {
		var k K
		return &InvalidError{k.Attribute()}
	}
	var k K
	t, err := in.seal(k.Attribute(), widthOf(k), v.Plaintext(), "", false)
	if err != nil {
		return err
	}
	s.token = t
	return nil
}

// Reveal opens the field in a use. It asks, in this order: is there a value ([ErrAbsent]); does the use still run; is the token
// well formed ([ErrMalformed]), of this policy and attribute ([ErrWrongAttribute]), open to the purpose and role, collected for
// the purpose, bound to no record ([ErrWrongRecord]); is there its key ([ErrWrongSubject]); is the case the actor's; does it
// decrypt ([ErrDecrypt]). Then the access is recorded, and, last of all, it asks whether all that still stands and retention
// still runs. Those named errors are about stored data that is not what it should be; every other error is a *purpose.Denied.
// All are recorded but ErrAbsent and those of a use that never began.
func (s Sealed[K]) Reveal(use *Use) (Value[K], error) {
	var k K
	p, err := use.reveal(s.token, k.Attribute(), "", false)
	return Value[K]{p: p}, err
}

// RevealBound opens a field that was sealed by [Sealed.SealBound] with the same record; with another record,
// or a field that was sealed without one, the error is [ErrWrongRecord].
func (s Sealed[K]) RevealBound(use *Use, record string) (Value[K], error) {
	var k K
	p, err := use.reveal(s.token, k.Attribute(), record, true)
	return Value[K]{p: p}, err
}

// fixed is a kind whose values are few and of known length: all are padded to one width, in bytes,
// so that a token's length says nothing. It is optional for a [Kind].
type fixed interface{ Width() int }

func widthOf(k any) int {
	if f, ok := k.(fixed); ok {
		return min(max(0, f.Width()), 1024)
	}
	return 0
}
