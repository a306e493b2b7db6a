package retention

import (
	"context"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// Shredder destroys keys. A *keyring.Ring is one.
type Shredder interface {
	// Shred must destroy the subject's keys in every compartment that keep does not report true for, so that what was sealed under them never opens again, also from a backup.
	// Doing it again must succeed. It returns how many it destroyed.
	Shred(ctx context.Context, s consent.Subject, keep func(purpose.Compartment) bool) (int, error)
	// Fence must make sure that no key of the subject is made from then on, until she is readmitted. Doing it again must succeed.
	Fence(ctx context.Context, s consent.Subject) error
}

// Eraser deletes rows. It is the program's own: one for each table with sealed fields.
type Eraser interface {
	// Erase must delete what the table has of the item: the values of its Subject that were sealed into its Compartment, for its Case, no later than its
	// Collected; rows or fields, so that nothing remains of them. It must leave what was collected later, for then that ends later. It must be idempotent: it is
	// called again after a failure or a crash. After an error it is called again, later. Errors must name no person.
	Erase(ctx context.Context, i Item) error
}

// EraserFunc is a function as an [Eraser].
type EraserFunc func(ctx context.Context, i Item) error

// Erase calls f.
func (f EraserFunc) Erase(ctx context.Context, i Item) error { return f(ctx, i) }

// Table is where a program keeps sealed fields.
type Table struct {
	Name       string              // names it in reports; required, unique
	Attributes []purpose.Attribute // what it has fields of; required
	Eraser     Eraser              // required
	// Anonymiser is called in place of Eraser for what ends under rules that all anonymise it ([purpose.Anonymise]). It must do what Eraser must, and may leave anonymised
	// information that was made before, but no sealed field of the item, which opens for nobody any more. Nil: Eraser. Once a person has asked for erasure, it is called only for what her
	// certificate calls [Anonymised]; what that calls [Deleted], and what it calls [Retained] or [Held] and ends later, Eraser deletes.
	Anonymiser Eraser
}

// eraser returns what ends an item of the table.
func (t *Table) eraser(anonymise bool) Eraser {
	if anonymise && t.anonymises() {
		return t.Anonymiser
	}
	return t.Eraser
}

func (t *Table) anonymises() bool { return !missing(t.Anonymiser) }
