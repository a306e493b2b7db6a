package mondrian

import "errors"

// Every error of this package wraps one of these, one of package anonymity about a table or a column, or the cause for which the context was
// cancelled. None carries a value of a cell; names of columns they do carry.
var (
	// ErrConfig says that no context, no table or no model is given, that a bound of a model is out of range, or that a column it names is not one
	// that it can be for.
	ErrConfig = errors.New("mondrian: not a configuration that can be used")
	// ErrScale says that a column has values that its scale does not: no number, or not in the order; or that an order has a value twice.
	ErrScale = errors.New("mondrian: value without a place on the scale")
	// ErrUnmet says that a model is not met even by the rows all together, so that no table can be given.
	ErrUnmet = errors.New("mondrian: the rows together do not meet the models")
)
