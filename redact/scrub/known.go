package scrub

import (
	"fmt"

	"github.com/purposebound/purposebound/redact/scrub/internal/known"
)

// A Value is something that is known beforehand, such as the name of the customer a letter is about. It is found also in other
// spellings: with other accents, case, separators or Unicode forms; a [Person] also by initials, in inverted order and by the parts of the name;
// an [Address] also with its street type abbreviated; a [Phone] number also with or without its country code.
type Value struct {
	Text  string
	Type  Type // of the findings; the zero Type is [KnownValue]
	Exact bool // only in this case of letters; without it, a Text of ASCII white space alone is refused as empty
	Whole bool // only as whole words
}

// Known finds these values, with certainty, also of types that [Only] does not name. [Tag] and [Pseudonym] take all spellings of one value for the same.
func Known(values ...Value) Option {
	return option(func(s *settings) error {
		s.values = append(s.values, values...)
		return nil
	})
}

// matcher builds what finds the known values. The error names a value by its index only.
func (s *settings) matcher() (*known.Matcher, error) {
	if len(s.values) == 0 {
		return nil, nil
	}
	values := make([]known.Value, len(s.values))
	for i, v := range s.values {
		values[i] = known.Value{Text: v.Text, Exact: v.Exact, Whole: v.Whole}
		switch v.Type {
		case Person:
			values[i].Kind = known.Name
		case Address:
			values[i].Kind = known.Address
		case Email:
			values[i].Kind = known.Email
		case Phone:
			values[i].Kind = known.Phone
		}
	}
	m, err := known.New(values)
	if err != nil {
		return nil, fmt.Errorf("%w: Known: %w", ErrOption, err)
	}
	return m, nil
}

// appendKnown adds the known values. They are certain.
func (s *Scrubber) appendKnown(w *work, found []Finding, text []byte) []Finding {
	if s.matcher == nil {
		return found
	}
	w.known = s.matcher.Append(w.known[:0], text)
	for _, k := range w.known {
		if v := s.values[k.Value]; v.Text != "" && !w.scan.tagged(k.Start, k.End) {
			found = append(found, Finding{Type: v.Type, Start: k.Start, End: k.End, Score: 1, Reason: k.Reason, known: k.Value + 1})
		}
	}
	return found
}
