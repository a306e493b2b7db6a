package pii

import (
	"context"
	"time"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// Key is one data key, ready for use. [github.com/purposebound/purposebound/pii/keyring.Ring] hands them out;
// most programs never name this type. It must be safe for concurrent use. Encrypt and Decrypt must neither write to their
// arguments nor keep them, and must return fresh memory that nobody else holds: the ciphertext given to Decrypt is the
// token itself, and what Decrypt returns becomes the revealed value.
type Key = interface {
	Encrypt(plaintext, associatedData []byte) ([]byte, error)
	Decrypt(ciphertext, associatedData []byte) ([]byte, error)
	// Check identifies the key in the tokens it sealed: derived from key, subject and compartment.
	Check() [16]byte
	// Tag is a keyed hash of a case id: equal for equal ids under one key, unlinkable across keys.
	Tag(caseID string) [16]byte
	// Live reports whether the key may still be used: false from the moment it is shredded in this process.
	Live() bool
	// Expires is when the key must be asked for again.
	Expires() time.Time
}

// Keys is where a vault gets data keys. Errors must name no subject. It must be safe for concurrent use.
type Keys interface {
	// Key must return the key of that subject and compartment whose Check is check, also of a fenced subject while the
	// key lives. It must return an error that matches [purpose.Erased] if the key was destroyed, and one that matches
	// [purpose.NoKey] if there never was one.
	Key(ctx context.Context, s consent.Subject, c purpose.Compartment, check [16]byte) (Key, error)
	// MakeKey must return the key under which new values of the compartment are sealed, and make it, durably, if there is
	// none or all were destroyed. It must return an error that matches [purpose.Erased] if the subject is fenced.
	MakeKey(ctx context.Context, s consent.Subject, c purpose.Compartment) (Key, error)
}
