package dp

import "errors"

// Every error of this package is one of these, or wraps one; a Ledger's own errors are wrapped in [ErrLedger]. None carries a person, a value or
// a partition.
var (
	// ErrIncomplete says that a budget, a ledger, the data, a purpose or a release is missing: the program is wrong, not the data.
	ErrIncomplete = errors.New("dp: something required is missing")
	// ErrCost says that ε or δ cannot be had: not a number, not positive, too small or too large to be meant, or δ where the noise has no use
	// for it, or none where it needs some.
	ErrCost = errors.New("dp: epsilon or delta out of bounds")
	// ErrBounds says that what one person may contribute is not bounded, or bounded where nothing is bounded by it.
	ErrBounds = errors.New("dp: contribution of a person is not bounded")
	// ErrQuery says that the noise, the confidence, a rank or the declared partitions are none that can be answered.
	ErrQuery = errors.New("dp: query cannot be answered")
	// ErrValue says that the data has a value that is no number, or a contribution of nobody. The budget is spent all the same.
	ErrValue = errors.New("dp: data has a contribution that is malformed")
	// ErrSpent says that what is left of the budget does not cover the cost. Nothing was spent, read or released.
	ErrSpent = errors.New("dp: budget is spent")
	// ErrLimit says that the budget of this purpose and release was opened before with other limits. Limits never change.
	ErrLimit = errors.New("dp: budget has other limits")
	// ErrConflict says that an account was changed by somebody else since it was read. A [Ledger] returns it; a [Budget] tries again.
	ErrConflict = errors.New("dp: account has changed")
	// ErrLedger says that the ledger cannot be reached, or that what it has stored is malformed, foreign or gone.
	ErrLedger = errors.New("dp: ledger gives no account")
)
