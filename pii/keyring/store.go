package keyring

import (
	"context"
	"iter"

	"github.com/purposebound/purposebound/consent"
)

// Row is all of one subject's key state. The zero Row is that of a subject never seen.
type Row struct {
	Version uint64 // counts the changes of the row; 0: there is none
	Data    []byte // opaque to a store; at most 1 MiB
}

// Store keeps one row per tenant and subject, for ever: no method deletes. [Memory] is one for tests and demonstrations,
// package keyringsql has one on a database. A Store must be safe for concurrent use by any number of processes.
// Errors should not name a subject; a Ring does not repeat their text.
type Store interface {
	// Load must return the row as the last successful Save left it, and a Row of version 0 if there was none.
	// It must never return an older one.
	Load(ctx context.Context, tenant string, s consent.Subject) (Row, error)
	// Save must replace the row's data and set its version to after+1, durably and in one step, if its version is after
	// (0: there is no row yet), and must return [ErrConflict] and change nothing if it is not.
	// It must not keep data. After any other error the row must be either the old or the new one.
	Save(ctx context.Context, tenant string, s consent.Subject, after uint64, data []byte) error
}

// Lister is what a [Store] should implement too, for [Ring.Rewrap].
type Lister interface {
	// Subjects must yield every subject of the tenant with a row whose id is greater than after, in ascending order
	// of the ids' bytes, once each, and must end with the error if it cannot go on. Subjects whose row is made
	// meanwhile may be left out. The row may be changed while its subject is being yielded.
	Subjects(ctx context.Context, tenant string, after consent.Subject) iter.Seq2[consent.Subject, error]
}
