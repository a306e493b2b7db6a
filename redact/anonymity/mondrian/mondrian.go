package mondrian

import (
	"context"
	"fmt"

	"github.com/purposebound/purposebound/redact/anonymity"
)

// Config says how to cut a table. Models is required.
type Config struct {
	// Models are what every part has to meet, all of them.
	Models []Model
	// Scales are those of the quasi-identifiers, by name. One that is not named has the zero [Scale].
	Scales map[string]Scale
	// Relaxed lets a cut go through the rows of one value. Which of them go to which side follows from their other cells, not from their order.
	Relaxed bool
}

// A Result is a table that was cut, and what that cost.
type Result struct {
	// Table has the rows and columns of the table that was given, in their order, and counts people if that does.
	Table *anonymity.Table
	// Classes is how many different combinations of quasi-identifiers the rows have that are not suppressed. Package anonymity may count fewer,
	// because it puts rows with absent cells to those that they agree with.
	Classes int
	// Suppressed is how many rows lost all their quasi-identifiers, because of cells that they lacked.
	Suppressed int
	// Penalty is the normalised certainty penalty, from 0 to 1: of each cell the share of its column that it stands for, from the least to the
	// greatest of the numbers, or from the first to the last of the ordered values by their places, or the number of values of a set over that in
	// the column if it has more than one; 1 for an absent cell; on average over all quasi-identifiers of all rows (Xu, Wang, Pei, Wang, Shi and Fu,
	// 2006).
	Penalty float64
	// Discernibility is the sum over the rows of how many cannot be told from each, a suppressed one from none (Bayardo and Agrawal, 2005).
	Discernibility float64
	// AverageSize is how many rows a class has on average, suppressed rows left out. LeFevre, DeWitt and Ramakrishnan (2006) divide it by k.
	AverageSize float64
}

// Partition returns the table cut as far as the models allow. The table must not change meanwhile, and stays as it is; what is returned does not
// depend on the order of its rows. Errors about the table are those of package anonymity, ErrEmpty for one without rows, ErrColumn for one without
// quasi-identifiers, ErrSuppressed for one without any value of them, ErrDistance for a distance that does not fit, ErrPerson for models or cuts that
// cannot count people; others are of this package.
// Once the context is done it returns the cause. It uses all processors.
func Partition(ctx context.Context, table *anonymity.Table, c Config) (*Result, error) {
	if ctx == nil || table == nil {
		return nil, fmt.Errorf("%w: no context or no table", ErrConfig)
	}
	p, err := prepare(table, c)
	if err != nil {
		return nil, err
	}
	if err := p.run(ctx); err != nil {
		return nil, err
	}
	return p.publish(ctx)
}
