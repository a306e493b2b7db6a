package microaggregate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/purposebound/purposebound/redact/anonymity"
)

// Config says what to aggregate. All of it is required.
type Config struct {
	Columns []string // any but direct identifiers; their values are finite numbers, written as in Go
	K       int      // rows that a group has at least, from 1
	Centre  Centre
}

// A Result is a table in which numbers were aggregated.
type Result struct {
	// Table has the rows and columns of the table that was given, in their order. Direct identifiers come out missing, as they are not kept.
	Table *anonymity.Table
	// Groups is how many groups there are, each of K to 2K−1 rows.
	Groups int
	// Suppressed is how many rows lacked a number of the columns. They are in no group, and what they had of these columns is suppressed.
	Suppressed int
	// Loss is SSE/SST over the rows that are in groups, as [Loss] has it.
	Loss float64
}

// Columns aggregates columns of a table together: one by [Optimal], several by [MDAV]. A column that is not there is an [anonymity.ErrColumn], a
// value that is not a number an [ErrNumber], and fewer than K rows with numbers in all the columns an [ErrFew]. Groups are of rows, so a table that
// counts people is an [anonymity.ErrPerson]. Once the context is done it returns the cause.
func Columns(ctx context.Context, table *anonymity.Table, c Config) (*Result, error) {
	if ctx == nil || table == nil || len(c.Columns) == 0 || c.K < 1 || c.Centre != Mean && c.Centre != Median {
		return nil, ErrConfig
	}
	if table.Persons() != nil {
		return nil, fmt.Errorf("%w: groups are of rows", errors.Join(ErrConfig, anonymity.ErrPerson))
	}
	names := slices.Sorted(slices.Values(c.Columns))
	if len(slices.Compact(names)) < len(c.Columns) {
		return nil, fmt.Errorf("%w: a column is given twice", ErrConfig)
	}
	before := make([][]float64, 0, len(c.Columns))
	lacking := make([]bool, table.Rows())
	for _, name := range c.Columns {
		values, err := numbers(table, name, lacking)
		if err != nil {
			return nil, err
		}
		before = append(before, values)
	}
	r := &Result{}
	for i, values := range before {
		whole := values[:0]
		for row, value := range values {
			if !lacking[row] {
				whole = append(whole, value)
			}
		}
		before[i] = whole
	}
	r.Suppressed = table.Rows() - len(before[0])
	groups, err := group(ctx, before, c.K)
	if err != nil {
		return nil, err
	}
	r.Groups = groups.Count()
	after := make([][]float64, len(before))
	for i, values := range before {
		if after[i], err = groups.Aggregate(values, c.Centre); err != nil {
			return nil, err
		}
	}
	if r.Loss, err = Loss(before, after); err != nil {
		return nil, err
	}
	r.Table, err = replaced(table, c.Columns, after, lacking)
	return r, err
}

func group(ctx context.Context, columns [][]float64, k int) (*Groups, error) {
	if ctx.Err() != nil {
		return nil, fmt.Errorf("microaggregate: stopped: %w", context.Cause(ctx))
	}
	if len(columns) == 1 {
		return Optimal(columns[0], k)
	}
	return MDAV(ctx, columns, k)
}

// numbers reads a column, and notes the rows that lack a value of it.
func numbers(table *anonymity.Table, name string, lacking []bool) ([]float64, error) {
	codes, texts, err := table.Coded(name)
	if err != nil {
		return nil, err
	}
	parsed := make([]float64, len(texts))
	const firstValue = 2 // of the texts; those before say that there is none
	for i := firstValue; i < len(texts); i++ {
		parsed[i], err = strconv.ParseFloat(texts[i], 64)
		if err != nil || !sound(parsed[i:i+1]) {
			return nil, fmt.Errorf("%w: column %q", ErrNumber, name)
		}
	}
	values := make([]float64, len(lacking))
	for row := range lacking {
		values[row] = parsed[codes[row]]
		lacking[row] = lacking[row] || codes[row] < firstValue
	}
	return values, nil
}

// replaced returns the table with other numbers, those of the rows that do not lack any.
func replaced(table *anonymity.Table, names []string, numbers [][]float64, lacking []bool) (*anonymity.Table, error) {
	columns := table.Columns()
	at := make([]int, len(columns))
	for i, c := range columns {
		columns[i].Missing = nil // what is missing is the empty text
		at[i] = slices.Index(names, c.Name)
	}
	out, err := anonymity.New(columns...)
	if err != nil {
		return nil, err
	}
	whole := 0
	for row, cells := range table.All() {
		for i := range cells {
			switch {
			case at[i] < 0:
			case lacking[row]:
				cells[i] = anonymity.Suppressed
			default:
				cells[i] = text(numbers[at[i]][whole])
			}
		}
		if !lacking[row] {
			whole++
		}
		if err := out.Append(cells...); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// text returns the shortest text of a number that is read as it, without an exponent where people write none.
func text(number float64) string {
	if size := math.Abs(number); size >= 1e21 || size < 1e-6 && size > 0 {
		return strconv.FormatFloat(number, 'e', -1, 64)
	}
	return strconv.FormatFloat(number+0, 'f', -1, 64) // never "-0"
}
