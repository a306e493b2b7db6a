package keyring

import (
	"context"
	"errors"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// What a Ring answers. Each error matches, by errors.Is, the [purpose.Reason] it names too,
// and with it [purpose.ErrDenied] or [purpose.ErrUnavailable].
var (
	// ErrNoKey reports that the subject never had such a key in that compartment. It matches [purpose.NoKey].
	ErrNoKey = sentinel("keyring: no such key", purpose.NoKey)
	// ErrShredded reports that keys of the compartment were destroyed and none of those left is the one asked for.
	// It matches [purpose.Erased].
	ErrShredded = sentinel("keyring: the key was destroyed", purpose.Erased)
	// ErrFenced reports that the subject was erased. It matches [purpose.Erased].
	ErrFenced = sentinel("keyring: the subject is fenced", purpose.Erased)
	// ErrDropped reports that the key lives, but its wraps for the domains this process holds were destroyed
	// by [Ring.DropDomain]. It matches [purpose.Erased].
	ErrDropped = sentinel("keyring: the key was closed to the domains held here", purpose.Erased)
	// ErrDead reports the use of a key after its subject's keys were changed here. The key may live on for others:
	// ask the ring again. It matches [purpose.StaleDecision].
	ErrDead = sentinel("keyring: this key must be asked for again", purpose.StaleDecision)
	// ErrNotHeld reports a key wrapped only for domains whose private keys this process does not hold.
	// It matches [purpose.KeyUnavailable].
	ErrNotHeld = sentinel("keyring: no private key held here opens the key", purpose.KeyUnavailable)
	// ErrForged reports a row that is not well formed, not authentic, or whose key is not the one its record promises:
	// changed, planted, another subject's, or written under another intake key. It matches [purpose.KeyUnavailable].
	ErrForged = sentinel("keyring: the key record is not authentic", purpose.KeyUnavailable)
	// ErrUnwrap reports a wrap that did not open: the KEK is out of reach or another one, or the record was changed.
	// An AEAD does not tell which. It matches [purpose.KeyUnavailable].
	ErrUnwrap = sentinel("keyring: a wrap did not open", purpose.KeyUnavailable)
	// ErrWrap reports that a key could not be wrapped, so none was made. It matches [purpose.KeyUnavailable].
	ErrWrap = sentinel("keyring: the key could not be wrapped", purpose.KeyUnavailable)
	// ErrNoDomain reports a compartment with a domain for which [Config.Wrap] has no public key.
	// It matches [purpose.KeyUnavailable].
	ErrNoDomain = sentinel("keyring: a domain of the compartment has no public key here", purpose.KeyUnavailable)
	// ErrStore reports that the store failed. It matches [purpose.KeyUnavailable], and what the store returned.
	ErrStore = sentinel("keyring: the key store failed", purpose.KeyUnavailable)
	// ErrFull reports a subject with more key records than a row may hold. It matches [purpose.KeyUnavailable].
	ErrFull = sentinel("keyring: the subject has too many keys", purpose.KeyUnavailable)
	// ErrCompartment reports text that no policy makes as a compartment. It matches [purpose.Malformed].
	ErrCompartment = sentinel("keyring: malformed compartment", purpose.Malformed)
	// ErrDomain reports a domain that cannot be closed: [Legal], [Rights], an empty name, or any domain of a ring
	// with a single KEK, which opens all of them. It matches [purpose.Malformed].
	ErrDomain = sentinel("keyring: this domain cannot be closed by itself", purpose.Malformed)
)

var (
	// ErrConflict is what a [Store] must return if the row is no longer at the version named.
	ErrConflict = errors.New("keyring: the row was changed meanwhile")
	// ErrConfig reports a [Config] that [New] refuses; the error says what is wrong.
	ErrConfig = errors.New("keyring: unusable configuration")
	// ErrList reports a store that cannot list its subjects: it is no [Lister].
	ErrList = errors.New("keyring: the store cannot list subjects")
)

// fault is an error with a fixed text that also matches a reason.
type fault struct {
	text   string
	reason purpose.Reason
}

func sentinel(text string, reason purpose.Reason) error { return &fault{text, reason} }

func (f *fault) Error() string { return f.text }

func (f *fault) Is(target error) bool {
	return target == f.reason || f.reason.Is(target)
}

// caused is a fault with what caused it. The cause is there for errors.Is and errors.As and never printed:
// the text of a database's or a key service's error may repeat the row, and with it the subject.
type caused struct{ fault, cause error }

func because(fault, cause error) error {
	if cause == nil {
		return fault
	}
	return &caused{fault, cause}
}

func (c *caused) Error() string   { return c.fault.Error() }
func (c *caused) Unwrap() []error { return []error{c.fault, c.cause} }

var errCancelled = sentinel("keyring: the caller's context ended", purpose.Cancelled)

// ended returns an error if the context did. It matches [purpose.Cancelled] and the context's own error.
func ended(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return because(errCancelled, errors.Join(err, context.Cause(ctx)))
	}
	return nil
}

// storeFault names an error of the store.
func storeFault(ctx context.Context, err error) error {
	if gone := ended(ctx); gone != nil {
		return gone
	}
	return because(ErrStore, err)
}

var errSubject = sentinel("keyring: malformed subject id", purpose.Malformed)

// refuse returns an error for ids that cannot own a key.
func refuse(s consent.Subject, c purpose.Compartment) error {
	if !s.Valid() {
		return because(errSubject, consent.ErrSubject)
	}
	if !validCompartment(c) {
		return ErrCompartment
	}
	return nil
}
