package dossier

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strconv"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

//go:embed page.html
var pageText string

// WriteHTML writes the dossier as a page that stands by itself, to read or to print: in French if the tag prefers it to English, else in English.
// What was declared stays in the language it was written in. A zero Dossier is an [ErrNothing].
func (d *Dossier) WriteHTML(w io.Writer, tag language.Tag) error {
	if d == nil || d.record == nil {
		return ErrNothing
	}
	t, err := template.New("page").Parse(pageText)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, newPage(d.record, tag)); err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

// page is what the template shows.
type page struct {
	R       *Record
	W       *words
	printer *message.Printer
}

func newPage(r *Record, tag language.Tag) *page {
	w, tag := wordsFor(tag)
	return &page{r, w, message.NewPrinter(tag)}
}

// Percent returns a share as a percentage.
func (p *page) Percent(share float64) string {
	return p.printer.Sprint(number.Percent(share, number.MaxFractionDigits(1)))
}

// Number returns a number with up to three digits after the point.
func (p *page) Number(x float64) string {
	return p.printer.Sprint(number.Decimal(x, number.MaxFractionDigits(3)))
}

// Int returns a whole number.
func (p *page) Int(n int) string { return p.printer.Sprint(number.Decimal(n)) }

// Count returns a count, or that it is withheld.
func (p *page) Count(c Count) string {
	if c.Withheld() {
		return p.W.Withheld
	}
	return p.Int(int(c))
}

// Average returns a percentage, or that it is withheld.
func (p *page) Average(average *float64) string {
	if average == nil {
		return p.W.Withheld
	}
	return p.Percent(*average)
}

// Risk returns 1 over a number of people, as a percentage; of nobody it is 0.
func (p *page) Risk(among int) string { return p.Percent(risk(among)) }

func risk(among int) float64 {
	if among == 0 {
		return 0
	}
	return 1 / float64(among)
}

// Day returns the date of a time.
func (p *page) Day(t time.Time) string { return t.Format(time.DateOnly) }

// Table returns what a table that was joined is called.
func (p *page) Table(with string) string {
	if with == original {
		return p.W.Original
	}
	return with
}

// Columns returns the columns of the release in order.
func (p *page) Columns() []string { return keys(p.R.Columns) }

// row is a line of a table, with what it is before and after.
type row struct{ Name, Before, After string }

// Sizes returns how many people are in classes of each size.
func (p *page) Sizes() (rows []row) {
	i := p.R.Individualisation
	for at := range sizes {
		rows = append(rows, row{p.size(at), p.Count(i.Before.Sizes[at]), p.Count(i.After.Sizes[at])})
	}
	return rows
}

// size names the sizes that are counted together.
func (p *page) size(at int) string {
	switch {
	case at == 0:
		return p.W.InNoClass
	case at == len(sizes)-1:
		return strconv.Itoa(sizes[at]) + " " + p.W.OrMore
	case sizes[at+1]-1 == sizes[at]:
		return strconv.Itoa(sizes[at])
	}
	return fmt.Sprintf("%d–%d", sizes[at], sizes[at+1]-1)
}

// limitRow is a line of the table of limits.
type limitRow struct {
	Name, Limit, Default string
	Wider                bool
}

// Limits returns the limits, and whether they are wider than usual.
func (p *page) Limits() []limitRow {
	l := p.R.Limits
	return []limitRow{
		{p.W.Class, p.Int(l.Class), p.Int(defaults.Class), l.Class < defaults.Class},
		{p.W.Match, p.Int(l.Match), p.Int(defaults.Match), l.Match < defaults.Match},
		{p.W.Distinct, p.Int(l.Distinct), p.Int(defaults.Distinct), l.Distinct < defaults.Distinct},
		{p.W.Closeness, p.Number(l.Closeness), p.Number(defaults.Closeness), l.Closeness > defaults.Closeness},
		{p.W.Gain, p.Percent(l.Gain), p.Percent(defaults.Gain), l.Gain > defaults.Gain},
	}
}

// Finding returns a finding as a sentence would begin it.
func (p *page) Finding(f Finding) string {
	names := map[string]string{"class": p.W.Class, "match": p.W.Match, "distinct": p.W.Distinct, "closeness": p.W.Closeness, "gain": p.W.Gain}
	of := ""
	switch f.Criterion {
	case "correlation":
		of = " (" + p.Table(f.Of) + ")"
	case "inference":
		of = " (" + f.Of + ")"
	}
	return p.W.Criteria[f.Criterion] + of + " — " + names[f.Measure]
}

func (p *page) chart(id, title, desc string, legend ...series) *chart {
	return newChart(id, title, desc, func(share float64) string { return p.printer.Sprint(number.Percent(share)) }, legend...)
}

// SizesChart shows people by the size of their class.
func (p *page) SizesChart() *chart {
	c := p.chart("sizes", p.W.SizesTitle, p.W.SizesDesc, series{Class: "before", Text: p.W.Before}, series{Class: "after", Text: p.W.After})
	i := p.R.Individualisation
	for at := range sizes {
		name := p.size(at)
		if at == len(sizes)-1 {
			name = "≥ " + strconv.Itoa(sizes[at])
		}
		c.group(at, len(sizes), name, 0, p.W.Withheld, p.people(p.W.Before, "before", i.Before, at), p.people(p.W.After, "after", i.After, at))
	}
	return c
}

func (p *page) people(name, class string, s Standing, at int) value {
	n := s.Sizes[at]
	title := fmt.Sprintf("%s, %s", name, p.size(at))
	if n.Withheld() {
		return value{withheld: true, class: class, title: title}
	}
	share := float64(n) / float64(s.total())
	return value{share: share, class: class, title: title + ": " + p.Percent(share)}
}

// RiskChart shows how many people have so high a risk or a higher one.
func (p *page) RiskChart() *chart {
	c := p.chart("risk", p.W.RiskTitle, p.W.RiskDesc, series{Class: "before", Text: p.W.Before}, series{Class: "after", Text: p.W.After})
	i := p.R.Individualisation
	for at, s := range []Standing{i.Before, i.After} {
		shares, known := atRisk(s)
		c.steps([]string{"before", "after"}[at], p.W.Withheld, shares, known)
	}
	room := (chartWidth - frameLeft - frameRight) / (len(sizes) - 1)
	limit := 0
	for at, from := range sizes[1:] {
		text := "> 0"
		if at+2 < len(sizes) {
			text = "≥ 1/" + strconv.Itoa(sizes[at+2]-1)
		}
		if at == 0 {
			text = "1"
		}
		middle := frameLeft + at*room + room/2
		c.Labels = append(c.Labels, label{middle, place(0) + 18, text})
		switch {
		case from < p.R.Limits.Class:
			limit = middle // unless the next begins at it
		case from == p.R.Limits.Class:
			limit = middle - room/2
		}
	}
	c.Limits = append(c.Limits, segment{limit, place(1), limit, place(0)})
	return c
}

// atRisk returns for each size from 1 up the share of people in classes of that size or smaller, as far as what is withheld lets it be known.
func atRisk(s Standing) (shares []float64, known []bool) {
	sum, rest, hidden, behind := 0, s.total(), 0, 0
	for _, n := range s.Sizes {
		if n.Withheld() {
			behind++
		} else {
			rest -= int(n)
		}
	}
	if s.Sizes[0].Withheld() { // who is in no class has no risk, and cannot be told from who has
		return make([]float64, len(s.Sizes)-1), make([]bool, len(s.Sizes)-1)
	}
	for _, n := range s.Sizes[1:] {
		if n.Withheld() {
			hidden++
		} else {
			sum += int(n)
		}
		at := sum
		if hidden == behind {
			at += rest
		}
		shares = append(shares, float64(at)/float64(s.total()))
		known = append(known, hidden == 0 || hidden == behind)
	}
	return shares, known
}

// LinkChart shows the greatest risk of joining to each table.
func (p *page) LinkChart() *chart {
	c := p.chart("link", p.W.LinkTitle, p.W.LinkDesc, series{Class: "before", Text: p.W.Before}, series{Class: "after", Text: p.W.After})
	for i, l := range p.R.Correlation {
		name := p.Table(l.With)
		c.group(i, len(p.R.Correlation), name, risk(p.R.Limits.Match), p.W.Withheld,
			value{share: risk(l.Before.Least), class: "before", title: name + ", " + p.W.Before + ": " + p.Risk(l.Before.Least)},
			value{share: risk(l.After.Least), class: "after", title: name + ", " + p.W.After + ": " + p.Risk(l.After.Least)})
	}
	return c
}

// GuessChart shows how often the attackers are right.
func (p *page) GuessChart() *chart {
	c := p.chart("guess", p.W.GuessTitle, p.W.GuessDesc,
		series{Class: "base", Text: p.W.Baseline}, series{Class: "before", Text: p.W.Before}, series{Class: "after", Text: p.W.After})
	for i, of := range p.R.Inference {
		c.group(i, len(p.R.Inference), of.Column, of.After.Baseline+p.R.Limits.Gain, p.W.Withheld,
			value{share: of.After.Baseline, class: "base", title: of.Column + ", " + p.W.Baseline + ": " + p.Percent(of.After.Baseline)},
			value{share: of.Before.Accuracy, class: "before", title: of.Column + ", " + p.W.Before + ": " + p.Percent(of.Before.Accuracy)},
			value{share: of.After.Accuracy, class: "after", title: of.Column + ", " + p.W.After + ": " + p.Percent(of.After.Accuracy)})
	}
	return c
}
