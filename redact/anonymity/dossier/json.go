package dossier

import (
	"bytes"
	"encoding/json"
	"io"
)

// The forms of the file: the first counts rows, the second people.
const (
	format       = "purposebound.dossier.v1"
	formatPeople = "purposebound.dossier.v2"
)

// format returns the form in which the record is written.
func (r *Record) format() string {
	if r.Person != "" {
		return formatPeople
	}
	return format
}

// most bytes that a file may have
const mostBytes = 16 << 20

// file is a record with the name of its form.
type file struct {
	Format string `json:"format"`
	Record
}

// WriteJSON writes the dossier as format.md describes it. A zero Dossier is an [ErrNothing].
func (d *Dossier) WriteJSON(w io.Writer) error {
	if d == nil || d.record == nil {
		return ErrNothing
	}
	text, err := d.record.encode()
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}

// MarshalJSON fails with [ErrFormat]: what package json makes of a dossier inside of other JSON is not the file that [Read] takes. Use WriteJSON, or put the [Record] there.
func (d *Dossier) MarshalJSON() ([]byte, error) { return nil, ErrFormat }

func (r *Record) encode() ([]byte, error) {
	text, err := json.MarshalIndent(file{r.format(), *r}, "", "  ")
	if err != nil {
		return nil, ErrFormat // a number that is none: check lets none through
	}
	return append(text, '\n'), nil
}

// Read reads what [Dossier.WriteJSON] writes, and checks it: a criterion that is missing is an [ErrIndividualisation], [ErrCorrelation] or
// [ErrInference], a missing declaration an [ErrDeclaration], figures and findings that contradict each other an [ErrFigures], and anything else that
// is not as it would be written an [ErrFormat]. That the figures are those of a release is checked by [Seal].
func Read(r io.Reader) (*Dossier, error) {
	text, err := io.ReadAll(io.LimitReader(r, mostBytes+1))
	if err != nil {
		return nil, err
	}
	if len(text) > mostBytes {
		return nil, ErrFormat
	}
	var f file
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil || f.Format != f.format() {
		return nil, ErrFormat // what the decoder says may quote the file
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	// Whatever the decoder is lenient about, names there twice, in other letters, or text behind, would be written differently.
	again, err := f.encode()
	if err != nil || !bytes.Equal(again, text) {
		return nil, ErrFormat
	}
	return &Dossier{&f.Record}, nil
}
