package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/examples/internal/study"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/redact/anonymity"
)

// derive opens every client in turn under the purpose of the accessor and makes a table of what is left of the values. Clients who may not be studied are left out and
// counted.
func derive(ctx context.Context, analytics *pii.Accessor, clients []study.Client, today time.Time) (table *anonymity.Table, denied int, err error) {
	if table, err = anonymity.New(study.Columns...); err != nil {
		return nil, 0, err
	}
	values, i := study.Values{At: today}, 0
	for use, err := range analytics.Each(ctx, study.Analyst, subjects(clients)) {
		var row study.Row
		if err == nil {
			row, err = values.Row(use, &clients[i])
		}
		i++
		switch {
		case errors.Is(err, purpose.ErrDenied):
			denied++
		case err != nil:
			return nil, denied, fmt.Errorf("derive: %w", err)
		default:
			if err := table.Append(row.Cells()...); err != nil {
				return nil, denied, err
			}
		}
	}
	return table, denied, nil
}

func subjects(clients []study.Client) func(yield func(consent.Subject) bool) {
	return func(yield func(consent.Subject) bool) {
		for i := range clients {
			if !yield(clients[i].ID) {
				return
			}
		}
	}
}

// show prints what a table tells of its people.
func show(out io.Writer, t *anonymity.Table) error {
	report, err := t.Measure()
	if err != nil {
		return err
	}
	for line := range strings.Lines(report.String()) {
		fmt.Fprint(out, "  ", line)
	}
	return nil
}
