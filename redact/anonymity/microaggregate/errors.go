package microaggregate

import "errors"

// Every error of this package wraps one of these, one of package anonymity about a column, or the cause for which the context was cancelled. None
// carries a value; names of columns they do carry.
var (
	// ErrConfig says that there is no context or no table, that no column is given or one twice, that k is below 1, or that there is no such
	// [Centre].
	ErrConfig = errors.New("microaggregate: not a configuration that can be used")
	// ErrNumber says that a value is no number, or not from −1e150 to 1e150, beyond which squares are not finite.
	ErrNumber = errors.New("microaggregate: not a number that can be used")
	// ErrFew says that there are fewer than k rows.
	ErrFew = errors.New("microaggregate: fewer rows than a group needs")
	// ErrRagged says that columns are not equally long.
	ErrRagged = errors.New("microaggregate: columns of different lengths")
)
