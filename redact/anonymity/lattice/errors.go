package lattice

import "errors"

// Every error of this package is one of these or wraps one, or is one of package anonymity, package hierarchy, or the context. None carries a value of a cell;
// names of columns they do carry.
var (
	// ErrModel says that there is no model, that one is the zero Model or has a bound that can be none, or that its column or population does not fit.
	ErrModel = errors.New("lattice: not a model that can be satisfied")
	// ErrMetric says that a metric is the zero Metric, or weighs what it cannot weigh.
	ErrMetric = errors.New("lattice: not a metric of loss")
	// ErrHierarchy says that a quasi-identifier has no hierarchy, that there is one for something else, or that a value of the table is not in it. In
	// the last case it wraps [hierarchy.ErrValue] as well.
	ErrHierarchy = errors.New("lattice: not the hierarchies of the quasi-identifiers")
	// ErrLimit says that the share of rows that may be suppressed is no number from 0 to 1.
	ErrLimit = errors.New("lattice: not a share of rows")
	// ErrLevels says that levels are not one for each quasi-identifier within its height.
	ErrLevels = errors.New("lattice: not a node of the lattice")
	// ErrSize says that the lattice has more than 4,194,304 nodes, or that a table has so many rows and sensitive values that closeness cannot be computed
	// without rounding.
	ErrSize = errors.New("lattice: too large to search")
	// ErrNone says that no node satisfies the models within the limit of suppression.
	ErrNone = errors.New("lattice: no levels satisfy the models")
)
