package dp

import (
	"context"
	"errors"
	"fmt"
	"reflect"
)

// A Budget is what may still be learned from the people of one release for one purpose. Every answer is paid for from it, before the data
// is read and before noise is drawn, and what was paid is never given back: a crash, a cancelled context or malformed data lose it.
//
// It is safe for concurrent use, and by many processes at once as far as its [Ledger] is. The zero Budget pays for nothing.
type Budget struct {
	ledger Ledger
	limit  Limit
}

// NewBudget opens the budget of a purpose and a release, and makes it if the ledger has none. The error is [ErrIncomplete] or [ErrCost] for a limit
// that is none, [ErrLimit] if the budget was made with another limit, and [ErrLedger] if the ledger cannot be read or written.
func NewBudget(ctx context.Context, ledger Ledger, limit Limit) (*Budget, error) {
	if isNil(ledger) {
		return nil, fmt.Errorf("%w: a budget needs a ledger", ErrIncomplete)
	}
	if err := limit.check(); err != nil {
		return nil, err
	}
	b := &Budget{ledger: ledger, limit: limit}
	_, err := b.account(ctx)
	if errors.Is(err, errNone) {
		err = ledger.Replace(ctx, Account{Limit: limit, Sequence: 1})
		if errors.Is(err, ErrConflict) {
			_, err = b.account(ctx) // somebody else has made it: with the same limit?
		}
	}
	if err != nil {
		return nil, unavailable(err)
	}
	return b, nil
}

// Limit returns the limit of the budget.
func (b *Budget) Limit() Limit {
	if b == nil {
		return Limit{}
	}
	return b.limit
}

// Spent returns what all answers so far cost together, by [Basic] or [Advanced] composition, whichever gives the smaller ε.
// The errors are those of NewBudget.
func (b *Budget) Spent(ctx context.Context) (Cost, error) {
	if b == nil || b.ledger == nil {
		return Cost{}, fmt.Errorf("%w: a budget", ErrIncomplete)
	}
	a, err := b.account(ctx)
	if err != nil {
		return Cost{}, unavailable(err)
	}
	return a.total()
}

// spend records a cost. Unless the error is nil nothing may be read, computed or released.
func (b *Budget) spend(ctx context.Context, c Cost) error {
	if b == nil || b.ledger == nil {
		return fmt.Errorf("%w: a budget", ErrIncomplete)
	}
	if err := c.check(); err != nil {
		return err
	}
	var last uint64
	for {
		a, err := b.account(ctx)
		if err != nil {
			return unavailable(err)
		}
		if a.Sequence == last {
			return fmt.Errorf("%w: it has a conflict with nobody", ErrLedger)
		}
		last = a.Sequence
		next := a.with(c)
		if !next.fits() {
			return ErrSpent
		}
		err = b.ledger.Replace(ctx, next)
		if errors.Is(err, ErrConflict) {
			continue // somebody else has spent, and so the sequence has grown
		}
		if err != nil {
			return unavailable(err)
		}
		return nil
	}
}

var errNone = fmt.Errorf("%w: there is none", ErrLedger)

// account returns the stored account if it is this budget's.
func (b *Budget) account(ctx context.Context) (Account, error) {
	if err := ctx.Err(); err != nil {
		return Account{}, err
	}
	a, err := b.ledger.Account(ctx, b.limit.Purpose, b.limit.Release)
	switch {
	case err != nil:
		return Account{}, err
	case a.Sequence == 0 && len(a.Spent) == 0 && a.Limit == Limit{}:
		return Account{}, errNone
	}
	if err := a.check(); err != nil {
		return Account{}, err
	}
	if a.Limit.Purpose != b.limit.Purpose || a.Limit.Release != b.limit.Release {
		return Account{}, fmt.Errorf("%w: it is of another budget", ErrLedger)
	}
	if a.Limit != b.limit {
		return Account{}, ErrLimit
	}
	return a, nil
}

// unavailable wraps an error of a ledger in ErrLedger, unless it is one of ours.
func unavailable(err error) error {
	if errors.Is(err, ErrLedger) || errors.Is(err, ErrLimit) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrLedger, err)
}

// isNil reports whether a ledger is nil, also as a nil pointer in the interface.
func isNil(ledger Ledger) bool {
	if ledger == nil {
		return true
	}
	v := reflect.ValueOf(ledger)
	switch v.Kind() {
	case reflect.Pointer, reflect.Func, reflect.Map, reflect.Slice, reflect.Chan:
		return v.IsNil()
	}
	return false
}
