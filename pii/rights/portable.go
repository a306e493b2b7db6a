package rights

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"time"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
)

// Format is a structured, commonly used format. The zero Format is invalid.
type Format uint8

// The formats.
const (
	JSON Format = iota + 1
	CSV         // RFC 4180, UTF-8, one line for each value. A spreadsheet may take a value that begins with =, +, - or @ for a formula: import it as text
)

type portableJSON struct {
	Format string              `json:"format"`
	Made   time.Time           `json:"made"`
	Values []portableValueJSON `json:"values"`
}

type portableValueJSON struct {
	Attribute purpose.Attribute `json:"attribute"`
	Place     string            `json:"place"`
	Value     string            `json:"value"`
	Origin    string            `json:"origin"`
	Since     time.Time         `json:"since"`
}

// WritePortable writes what a request for portability asks for: what the person provided and what was observed of her, never what was created or inferred
// (P-39.1 s. 27 par. 3). What others may be in is masked, and left out without a masker. It is written as [Desk.WriteAccess] writes. To whom it may be handed, the person or a body
// she names that the law authorises to receive it, is the caller's to know.
func (d *Desk) WritePortable(ctx context.Context, who purpose.Actor, s consent.Subject, id string, fields []Field, f Format, w io.Writer) (Written, error) {
	if f != JSON && f != CSV || missing(w) {
		return Written{}, ErrInvalid
	}
	if _, err := d.pending(ctx, who, s, id, Portability); err != nil {
		return Written{}, err
	}
	out := portableJSON{Format: "rights-portable/1", Made: d.now(), Values: []portableValueJSON{}}
	var done Written
	err := d.own.Do(ctx, who, s, func(use *pii.Use) error {
		for i := range fields {
			v, _, err := d.value(use, s, &fields[i], true)
			switch {
			case errors.Is(err, pii.ErrAbsent):
			case err != nil:
				return err
			case v == nil:
				done.Left++
			case v.Withheld != "":
				done.Withheld++
			default:
				done.Values++
				out.Values = append(out.Values, portableValueJSON{v.Attribute, v.Place, v.Value, v.Origin, v.Since})
			}
		}
		if f == JSON {
			return writeJSON(w, out)
		}
		return writeCSV(w, out.Values)
	})
	if err != nil {
		return Written{}, err
	}
	return done, nil
}

func writeCSV(w io.Writer, values []portableValueJSON) error {
	var b bytes.Buffer
	c := csv.NewWriter(&b)
	c.UseCRLF = true
	_ = c.Write([]string{"attribute", "place", "value", "origin", "since"}) // to memory; Error tells
	for _, v := range values {
		_ = c.Write([]string{string(v.Attribute), v.Place, v.Value, v.Origin, v.Since.Format(time.RFC3339)})
	}
	c.Flush()
	if err := c.Error(); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}
