package redact

import "errors"

// Every error of this package is one of these, or wraps one. None carries a value, a subject or what a key said.
var (
	// ErrIncomplete says that a release, a domain, a key, a subject, a purpose or an end is missing or out of bounds: the program is
	// wrong, not the data.
	ErrIncomplete = errors.New("redact: something required is missing or out of bounds")
	// ErrValue says that a text is nothing that can be replaced: empty, not UTF-8, too long, or without a letter or digit where one is
	// needed.
	ErrValue = errors.New("redact: not a value that can be replaced")
	// ErrKey says that the key gave no usable answer.
	ErrKey = errors.New("redact: the key gave no answer")
	// ErrMalformed says that a text has not the form of a reversible pseudonym.
	ErrMalformed = errors.New("redact: not a reversible pseudonym")
	// ErrForeign says that a reversible pseudonym was made under another key, release or domain, or was altered. Which of these it is
	// cannot be told.
	ErrForeign = errors.New("redact: pseudonym of another key, release or domain")
	// ErrAbsent says that a [Deidentified] holds nothing.
	ErrAbsent = errors.New("redact: no de-identified value")
	// ErrPurpose says that a [Deidentified] was asked for under a purpose that is not its own.
	ErrPurpose = errors.New("redact: de-identified for another purpose")
	// ErrExpired says that a [Deidentified] was asked for at or after its end.
	ErrExpired = errors.New("redact: de-identified value is past its end")
	// ErrWithheld says that a [Deidentified] was bound to a query or encoded where a placeholder would pass for data.
	ErrWithheld = errors.New("redact: de-identified value is not opened")
)
