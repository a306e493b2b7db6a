package dossier

import (
	"database/sql/driver"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"slices"
	"time"

	"github.com/purposebound/purposebound/redact/anonymity"
)

// Anonymised holds rows of which a [Dossier] says that the residual risk is very low. Only [Seal] makes one that holds anything; the zero Anonymised
// opens for nobody.
//
// It shows what it holds to nothing but [Anonymised.Open]: printing, logging and encoding it as JSON or text give "[anonymised]", or "[withheld]" if
// it is zero, and encoding it as binary or binding it to SQL fails with [ErrNothing], because whether the rows may still be used is a question of
// the day. It is safe for concurrent use as far as T is.
type Anonymised[T any] struct {
	held func() (T, *sealed[T]) // a function prints as an address, whatever prints it, and has no encoding
}

// sealed is what the value was sealed with.
type sealed[T any] struct {
	record  *Record
	tableOf func(T) (*anonymity.Table, error)
}

// Seal wraps the rows that a dossier measured. TableOf makes the table of the value, as it was made for the dossier: the same columns with the same
// distances, the same rows in the same order. What it leaves out of the table nobody has measured, so it must leave out nothing that the value has.
// It is called again by each [Anonymised.Open].
//
// Figures that were counted by person are verified as far as the table says whom its rows are about, by a column of tokens or because tableOf has its people told
// apart; otherwise only that k and ℓ are no better than those of the rows, unless each is about another person.
//
// The error is [ErrNothing] for a zero dossier or a nil function; [ErrIndividualisation], [ErrCorrelation], [ErrInference] or [ErrDeclaration] for a
// dossier that lacks something; [ErrRisk] for one with findings; [ErrReview] at or after its review, before its analysis, or without a time;
// [ErrRelease] for other rows; [ErrFigures] for a dossier that says of these rows what is not so; or what tableOf says.
func Seal[T any](d *Dossier, value T, tableOf func(T) (*anonymity.Table, error), now time.Time) (Anonymised[T], error) {
	if d == nil || d.record == nil || tableOf == nil {
		return Anonymised[T]{}, ErrNothing
	}
	s := &sealed[T]{d.record, tableOf}
	if err := s.record.usable(now); err != nil {
		return Anonymised[T]{}, err
	}
	table, err := s.table(value)
	if err != nil {
		return Anonymised[T]{}, err
	}
	if err := s.record.fits(table); err != nil {
		return Anonymised[T]{}, err
	}
	return Anonymised[T]{held: func() (T, *sealed[T]) { return value, s }}, nil
}

// table returns the table of a value, if it is that of the dossier.
func (s *sealed[T]) table(value T) (*anonymity.Table, error) {
	table, err := s.tableOf(value)
	if err != nil {
		return nil, err
	}
	if table == nil || digestOf(table) != s.record.Digest || names(table) {
		return nil, ErrRelease
	}
	return table, nil
}

// names reports whether a table has a value of a direct identifier, which its digest does not show.
func names(t *anonymity.Table) bool {
	if !slices.ContainsFunc(t.Columns(), func(c anonymity.Column) bool { return c.Role == anonymity.DirectIdentifier }) {
		return false
	}
	report, err := t.Measure()
	return err != nil || len(report.Named) > 0
}

// Open returns the value before the next review. It looks at all of it: the error is [ErrRelease] if a cell was changed since it was sealed,
// [ErrReview] from the day of the review on, [ErrNothing] for the zero Anonymised. The value is then the zero T.
func (a Anonymised[T]) Open(now time.Time) (T, error) {
	var zero T
	if a.held == nil {
		return zero, ErrNothing
	}
	value, s := a.held()
	if err := s.record.usable(now); err != nil {
		return zero, err
	}
	if _, err := s.table(value); err != nil {
		return zero, err
	}
	return value, nil
}

// Dossier returns the dossier it was sealed with, the zero Dossier if it is zero.
func (a Anonymised[T]) Dossier() *Dossier {
	if a.held == nil {
		return new(Dossier)
	}
	_, s := a.held()
	return &Dossier{s.record}
}

// IsZero reports whether a holds nothing.
func (a Anonymised[T]) IsZero() bool { return a.held == nil }

// String returns "[anonymised]", or "[withheld]" if a is zero.
func (a Anonymised[T]) String() string {
	if a.held == nil {
		return "[withheld]"
	}
	return "[anonymised]"
}

// Format prints what String returns, whatever the verb.
func (a Anonymised[T]) Format(f fmt.State, _ rune) { io.WriteString(f, a.String()) }

// GoString returns what String does.
func (a Anonymised[T]) GoString() string { return a.String() }

// LogValue returns what String does.
func (a Anonymised[T]) LogValue() slog.Value { return slog.StringValue(a.String()) }

// MarshalText returns what String does, for logs that are JSON. It does not decode.
func (a Anonymised[T]) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// MarshalBinary fails with [ErrNothing].
func (a Anonymised[T]) MarshalBinary() ([]byte, error) { return nil, ErrNothing }

// Value fails with [ErrNothing]: a column would take the placeholder for data.
func (a Anonymised[T]) Value() (driver.Value, error) { return nil, ErrNothing }

// usable reports why nothing may be opened at a time.
func (r *Record) usable(now time.Time) error {
	if err := r.check(); err != nil {
		return err
	}
	switch {
	case len(r.findings()) > 0:
		return fmt.Errorf("%w: %s", ErrRisk, r.findings()[0])
	case now.IsZero(), !now.Before(r.Declaration.Review), now.Before(r.Declaration.Done):
		return ErrReview
	}
	return nil
}

// fits measures again what the release alone shows.
func (r *Record) fits(t *anonymity.Table) error {
	if r.Person != "" {
		told, err := by(t, r.Person)
		if err != nil {
			return err
		}
		switch s := r.Individualisation.After; {
		case told != nil:
			t = told
		case s.People != s.Rows: // else each row is about another person, and the figures are those of the rows
			return r.bounded(t)
		}
	}
	report, err := t.Measure()
	if err != nil {
		return err
	}
	s, err := standingOf(t, report, r.SmallCell)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(s, r.Individualisation.After) || len(report.Sensitive) != len(r.Inference) {
		return ErrFigures
	}
	for i, measured := range report.Sensitive {
		said, seen := r.Inference[i], common(measured)
		seen.Baseline, seen.Accuracy = said.After.Baseline, said.After.Accuracy
		if said.Column != measured.Name || seen != said.After {
			return ErrFigures
		}
	}
	return nil
}

// bounded compares what was counted by person with the rows, which do not say whom they are about: people are no more than the rows, and neither are those
// in a class.
func (r *Record) bounded(t *anonymity.Table) error {
	report, err := t.Measure()
	if err != nil {
		return err
	}
	if s := r.Individualisation.After; s.Rows != report.Rows || s.K > report.K || len(report.Sensitive) != len(r.Inference) {
		return ErrFigures
	}
	for i, measured := range report.Sensitive {
		if said := r.Inference[i]; said.Column != measured.Name || said.After.Distinct > measured.Distinct {
			return ErrFigures
		}
	}
	return nil
}
