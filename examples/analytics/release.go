package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/examples/internal/study"
	"github.com/purposebound/purposebound/redact/anonymity"
	"github.com/purposebound/purposebound/redact/anonymity/dossier"
	"github.com/purposebound/purposebound/redact/anonymity/lattice"
)

// generalise finds the levels that lose least and leave everybody among at least five people, who did not all order the same work, nor work very different from what all
// order. One row of fifty may be suppressed.
func generalise(ctx context.Context, table *anonymity.Table) (*lattice.Result, error) {
	hierarchies, err := study.Hierarchies()
	if err != nil {
		return nil, err
	}
	return lattice.Search(ctx, table, lattice.Config{
		Hierarchies: hierarchies,
		Models:      []lattice.Model{lattice.K(5), lattice.Distinct("work", 2), lattice.Closeness("work", 0.5)},
		Suppress:    0.02,
		Loss:        lattice.Precision(),
	})
}

// declared is what no measurement can tell and the regulation asks for.
func declared(today time.Time) dossier.Declaration {
	return dossier.Declaration{
		Purpose:       "to see which trades are short of people, by region and age of those who order",
		Supervisor:    "Camille Exemple",
		Qualification: "statistician, ten years of disclosure control",
		Information:   "orders of one year: age, area of the address, kind of work",
		Removed:       []string{"client", "name", "birth date", "address", "text of the order"},
		Techniques: []string{
			"birth date to age, address to forward sortation area, text of the order to one word of a list",
			"generalisation of age and area to the levels that lose least; suppression of rows in classes that are too small or alike",
		},
		Measures: []string{"the key that opens values stays with the accessor; who studies gets the file alone"},
		Residual: "areas and bands of ages are wide, the kinds of work are ordinary, and no register of orders exists elsewhere",
		Done:     today, Review: today.AddDate(1, 0, 0),
	}
}

// row is a row of what is let out.
type row struct {
	Age, Area, Work string
}

func rowsOf(t *anonymity.Table) (rows []row) {
	for _, cells := range t.All() {
		rows = append(rows, row{cells[0], cells[1], cells[2]})
	}
	return rows
}

func tableOf(rows []row) (*anonymity.Table, error) {
	t, err := anonymity.New(study.Columns...)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if err := t.Append(r.Age, r.Area, r.Work); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// seal measures what remains of the three risks. Rows come out of it as Anonymised only if every figure keeps to its limit; here classes of five are enough, where the default is eleven.
func seal(ctx context.Context, before, after *anonymity.Table, today time.Time) (dossier.Anonymised[[]row], *dossier.Dossier, error) {
	var none dossier.Anonymised[[]row]
	d, err := dossier.Measure(ctx, declared(today), dossier.Config{Original: before, Release: after, First: true, Limits: dossier.Limits{Class: 5, Match: 5}})
	if err != nil {
		return none, nil, err
	}
	sealed, err := dossier.Seal(d, rowsOf(after), tableOf, today)
	return sealed, d, err
}

// write writes the rows, which open until the next review, and the dossier into a directory.
func write(dir string, sealed dossier.Anonymised[[]row], today time.Time) error {
	rows, err := sealed.Open(today)
	if err != nil {
		return err
	}
	table, err := tableOf(rows)
	if err != nil {
		return err
	}
	d := sealed.Dossier()
	for name, to := range map[string]func(io.Writer) error{
		"release.csv":     func(w io.Writer) error { return anonymity.CSV{}.Write(w, table) },
		"dossier.json":    d.WriteJSON,
		"dossier.html":    func(w io.Writer) error { return d.WriteHTML(w, language.English) },
		"dossier.fr.html": func(w io.Writer) error { return d.WriteHTML(w, language.CanadianFrench) },
	} {
		if err := writeFile(filepath.Join(dir, name), to); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func writeFile(path string, to func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := to(f); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
