package anonymity

import "errors"

// Every error of this package is one of these, or wraps one, or is that of the reader it was given. None carries a value of a cell; names of
// columns and numbers of lines they do carry.
var (
	// ErrColumn says that a column has no name or role, is named twice, is not there, or has not the role that was asked for.
	ErrColumn = errors.New("anonymity: not a column that can be used")
	// ErrRagged says that a row has more or fewer cells than there are columns.
	ErrRagged = errors.New("anonymity: row with a wrong number of cells")
	// ErrCSV says that a file is not CSV: a quotation mark out of place, no header, or a separator that cannot be one.
	ErrCSV = errors.New("anonymity: malformed CSV")
	// ErrStruct says that a type is no struct, that a field has no tag that is understood, or that a field gives no text.
	ErrStruct = errors.New("anonymity: not a struct that can be a row")
	// ErrFull says that a table has as many rows as can be held, which is 2,147,483,647, or as it had when its people were told apart. There are never more
	// classes than rows.
	ErrFull = errors.New("anonymity: too many rows")
	// ErrEmpty says that a table has no rows, or a sensitive column no values: there is nothing to measure.
	ErrEmpty = errors.New("anonymity: nothing to measure")
	// ErrSuppressed says that in every row all quasi-identifiers are absent, so that there is no class.
	ErrSuppressed = errors.New("anonymity: every row is suppressed")
	// ErrDistance says that a distance does not fit: a value that is no number, is not in the order or not in the hierarchy, or a hierarchy
	// that is none.
	ErrDistance = errors.New("anonymity: no distance between the values")
	// ErrPopulation says that a population is not one of the sample: other columns, fewer people than the sample has, or a size that is too small.
	ErrPopulation = errors.New("anonymity: not the population of the sample")
	// ErrPerson says that a row does not say whom it is about, or that something can only count rows, while the table says whom they are about.
	ErrPerson = errors.New("anonymity: people cannot be counted")
	// ErrEstimator says that an estimator is none, or that no model of its kind fits the sample.
	ErrEstimator = errors.New("anonymity: no such model fits the sample")
)
