package redact

import (
	"bytes"
	"fmt"
	"slices"
)

const (
	reversibleLabel = "purposebound.redact.reversible.v1"
	maxReversible   = 64 << 10 // bytes of a value
	paddedTo        = 32       // bytes
	maxToken        = 2 * maxReversible
)

// DeterministicAEAD is deterministic authenticated encryption with associated data (RFC 5297). Tink's tink.DeterministicAEAD is one.
// What Encrypt returned, Decrypt must return to the byte, and it must refuse everything else. It must be safe for concurrent use.
type DeterministicAEAD interface {
	EncryptDeterministically(plaintext, associatedData []byte) ([]byte, error)
	DecryptDeterministically(ciphertext, associatedData []byte) ([]byte, error)
}

// Reversible replaces values by pseudonyms from which whoever has the key gets them back, exactly. In one release and domain, and under
// one key, equal values have equal pseudonyms; across any of these they have none in common.
//
// A reversible pseudonym is the value, encrypted: as long as the key exists it is as personal as the value itself. It is text of a to z
// and 2 to 7, about 85 characters for a value of up to 31 bytes and some 51 more for each further 32 bytes; nothing else of the length
// shows. Destroying the key makes the pseudonyms final. With a keyset that was rotated, older pseudonyms are still restored, and the
// same value gets a new one.
//
// It is not format-preserving: that would take FF1 of NIST SP 800-38G, which is no part of this package.
//
// A Reversible comes from [NewReversible] and is safe for concurrent use. The zero Reversible does nothing.
type Reversible struct {
	encrypt, decrypt func(text, associatedData []byte) ([]byte, error) // functions print as addresses
	bound            []byte                                            // the associated data
}

// NewReversible returns what replaces and restores the values of a domain in a release. The error is [ErrIncomplete] for a nil key, and
// for a release or domain that is empty, longer than 1024 bytes or not UTF-8.
func NewReversible(release ReleaseID, domain string, key DeterministicAEAD) (*Reversible, error) {
	if !isID(string(release)) || !isID(domain) || isNil(key) {
		return nil, fmt.Errorf("%w: reversible pseudonyms need a release, a domain and a key", ErrIncomplete)
	}
	return &Reversible{
		encrypt: key.EncryptDeterministically,
		decrypt: key.DecryptDeterministically,
		bound:   encode(reversibleLabel, string(release), domain),
	}, nil
}

func (r *Reversible) isZero() bool { return r == nil || r.encrypt == nil }

// Pseudonymise returns the pseudonym of any value of up to 64 KiB, the empty one and text that is not UTF-8 included. The error is
// [ErrIncomplete] for the zero Reversible, [ErrValue] for a longer value, and [ErrKey] if the key gives no answer.
func (r *Reversible) Pseudonymise(value string) (string, error) {
	switch {
	case r.isZero():
		return "", ErrIncomplete
	case len(value) > maxReversible:
		return "", ErrValue
	}
	ciphertext, err := r.encrypt(pad(value), slices.Clone(r.bound))
	if err != nil || len(ciphertext) == 0 {
		return "", ErrKey
	}
	return pseudonymAlphabet.EncodeToString(ciphertext), nil
}

// Generalise is Pseudonymise for pii.Derive; it is false where Pseudonymise returns an error.
func (r *Reversible) Generalise(value string) (string, bool) {
	pseudonym, err := r.Pseudonymise(value)
	return pseudonym, err == nil
}

// Restore returns the value whose pseudonym this is. The error is [ErrIncomplete] for the zero Reversible, [ErrMalformed] for text that
// has not the form of a pseudonym, to the character, and [ErrForeign] for one that this key, release and domain did not make.
func (r *Reversible) Restore(pseudonym string) (string, error) {
	if r.isZero() {
		return "", ErrIncomplete
	}
	if pseudonym == "" || len(pseudonym) > maxToken {
		return "", ErrMalformed
	}
	ciphertext, err := pseudonymAlphabet.DecodeString(pseudonym)
	// The decoder takes line ends and stray bits at the end, which would give one value several pseudonyms.
	if err != nil || pseudonymAlphabet.EncodeToString(ciphertext) != pseudonym {
		return "", ErrMalformed
	}
	padded, err := r.decrypt(ciphertext, slices.Clone(r.bound))
	if err != nil {
		return "", ErrForeign
	}
	value, ok := unpad(padded)
	if !ok {
		return "", ErrForeign
	}
	return value, nil
}

// pad appends 80 and zeros up to a whole number of blocks (ISO/IEC 7816-4), so that lengths show only by blocks.
func pad(value string) []byte {
	padded := make([]byte, (len(value)/paddedTo+1)*paddedTo)
	copy(padded, value)
	padded[len(value)] = 0x80
	return padded
}

// unpad undoes pad, and is false for what pad does not make.
func unpad(padded []byte) (string, bool) {
	trimmed := bytes.TrimRight(padded, "\x00")
	value, ok := bytes.CutSuffix(trimmed, []byte{0x80})
	if !ok || len(padded) != (len(value)/paddedTo+1)*paddedTo {
		return "", false
	}
	return string(value), true
}
