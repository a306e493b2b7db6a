package hierarchy

import "errors"

// Every error of this package is one of these, or wraps one, or is that of the reader it was given. None carries a value; lines, levels and widths
// they do carry.
var (
	// ErrValue says that a value is not in the hierarchy: not listed, no number, no date, no postal code, or too long.
	ErrValue = errors.New("hierarchy: value that is not in the hierarchy")
	// ErrLevel says that a level is below 0 or above the height.
	ErrLevel = errors.New("hierarchy: no such level")
	// ErrNested says that two values are the same at a level and different at a higher one.
	ErrNested = errors.New("hierarchy: a level does not coarsen the one below")
	// ErrTwice says that a value has two different paths.
	ErrTwice = errors.New("hierarchy: value that is there twice")
	// ErrRagged says that paths are not equally long.
	ErrRagged = errors.New("hierarchy: paths of different lengths")
	// ErrEmpty says that there are no values, or no levels.
	ErrEmpty = errors.New("hierarchy: nothing in it")
	// ErrCSV says that a file is not CSV: a quotation mark out of place.
	ErrCSV = errors.New("hierarchy: malformed CSV")
	// ErrWidth says that a width, bound, length or unit cannot be one: not finite, not positive, or not a multiple of the one before.
	ErrWidth = errors.New("hierarchy: not levels that can be computed")
)
