package redact

import (
	"database/sql/driver"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// Terms say what a de-identified value may be used for and how long. All are required.
type Terms struct {
	Purpose string    // the id of the one purpose it was made for, a purpose.ID
	Release ReleaseID // the release it belongs to
	End     time.Time // when it ceases to open: the end of the purpose's retention, at the latest
}

// Deidentified is a value that no longer identifies a person directly. It is still personal data (P-39.1, s. 12), and so it opens only
// for the purpose it was made for, and only before its end. It does not say that anybody measured what can be inferred from it:
// de-identified is not anonymised, and nothing in this package makes it so.
//
// It shows what it holds to nothing but [Deidentified.Open]: printing, logging and encoding it as JSON or text give "[de-identified]",
// by the way it is built and not only by its methods, so that a field of a private struct shows as little. Encoding it as binary or
// binding it to SQL fails with [ErrWithheld].
//
// A Deidentified comes from [NewDeidentified]. It is immutable and safe for concurrent use as far as T is. The zero Deidentified holds
// nothing and opens for nobody.
type Deidentified[T any] struct {
	held func() (T, Terms) // a function prints as an address, whatever prints it, and has no encoding
}

// NewDeidentified binds a value, which the caller has de-identified, to its terms. The error is [ErrIncomplete] if one of them is
// missing. What T points at is not copied.
func NewDeidentified[T any](value T, terms Terms) (Deidentified[T], error) {
	if terms.Purpose == "" || terms.Release == "" || terms.End.IsZero() {
		return Deidentified[T]{}, fmt.Errorf("%w: a de-identified value needs a purpose, a release and an end", ErrIncomplete)
	}
	return Deidentified[T]{held: func() (T, Terms) { return value, terms }}, nil
}

// Open returns the value to who asks under its purpose before its end. Otherwise it returns the zero value and [ErrAbsent] for the zero
// Deidentified, [ErrPurpose] for another purpose, [ErrIncomplete] for the zero time, or [ErrExpired].
func (d Deidentified[T]) Open(purpose string, now time.Time) (T, error) {
	var zero T
	if d.held == nil {
		return zero, ErrAbsent
	}
	value, terms := d.held()
	switch {
	case purpose != terms.Purpose:
		return zero, ErrPurpose
	case now.IsZero():
		return zero, fmt.Errorf("%w: opening needs the time", ErrIncomplete)
	case !now.Before(terms.End):
		return zero, ErrExpired
	}
	return value, nil
}

// Terms returns what the value is bound to, the zero Terms for the zero Deidentified.
func (d Deidentified[T]) Terms() Terms {
	if d.held == nil {
		return Terms{}
	}
	_, terms := d.held()
	return terms
}

// IsZero reports whether d holds nothing.
func (d Deidentified[T]) IsZero() bool { return d.held == nil }

// String returns "[de-identified]".
func (d Deidentified[T]) String() string { return "[de-identified]" }

// Format prints what String returns, whatever the verb.
func (d Deidentified[T]) Format(f fmt.State, _ rune) { io.WriteString(f, d.String()) }

// GoString returns what String does.
func (d Deidentified[T]) GoString() string { return d.String() }

// LogValue returns what String does.
func (d Deidentified[T]) LogValue() slog.Value { return slog.StringValue(d.String()) }

// MarshalText returns what String does, for logs that are JSON. It does not decode.
func (d Deidentified[T]) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// MarshalBinary fails with [ErrWithheld].
func (d Deidentified[T]) MarshalBinary() ([]byte, error) { return nil, ErrWithheld }

// Value fails with [ErrWithheld]: a column would take the placeholder for data.
func (d Deidentified[T]) Value() (driver.Value, error) { return nil, ErrWithheld }
