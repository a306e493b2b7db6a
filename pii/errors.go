package pii

import (
	"errors"

	"github.com/purposebound/purposebound/purpose"
)

// The errors that are no answer of the policy. All mean that nothing was revealed or sealed. Those about tokens are neither
// [purpose.ErrDenied] nor [purpose.ErrUnavailable]: they say that stored data is not what it should be,
// and a program that skips denials must not skip them.
var (
	ErrPlaintext      = errors.New("pii: a revealed value does not encode; take its Plaintext where it is needed")
	ErrInvalid        = errors.New("pii: not a valid value of its kind")
	ErrAbsent         = errors.New("pii: the field is absent")
	ErrMalformed      = errors.New("pii: not a sealed token")
	ErrDecrypt        = errors.New("pii: the token is not genuine, or was sealed under another policy document")
	ErrWrongSubject   = errors.New("pii: the token is not this subject's")
	ErrWrongAttribute = errors.New("pii: the token is of another attribute")
	ErrWrongRecord    = errors.New("pii: the token is bound to another record")
)

// InvalidError says which attribute a text was no value of. It matches [ErrInvalid] and holds nothing of the text.
type InvalidError struct{ Attribute purpose.Attribute }

// Error names the attribute.
func (e *InvalidError) Error() string { return "pii: not a valid " + string(e.Attribute) }

// Is makes the error match [ErrInvalid].
func (e *InvalidError) Is(target error) bool { return target == ErrInvalid }
