package pii

import "github.com/purposebound/purposebound/purpose"

// Kind is one kind of personal data: a marker type with no state, so it can never hold a value.
// Write your own in three lines. A kind of few values of known length may also have Width() int, 1 to 1024: all its values
// are padded to that many bytes, so that a token's length says nothing. The type parameter of [Sealed] and [Value] calls it on its zero value.
type Kind interface {
	// Attribute names the field of the policy, the same for every value of the kind.
	Attribute() purpose.Attribute
	// Canonical returns the one way to write text, and false if text is not of this kind.
	// Canonical of a canonical text must return it unchanged. It gives no error,
	// because an error's text could carry the value.
	Canonical(text string) (string, bool)
}
