package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"

	"github.com/purposebound/purposebound/purpose"
)

const (
	pageWidth = 100 // columns
	margin    = 3
	labels    = 12 // columns of the label before a line
)

// page prints the story. Its first error stays, and nothing is printed after it.
type page struct {
	w     io.Writer
	err   error
	scene int
}

func (p *page) print(text string) {
	if p.err == nil {
		_, p.err = io.WriteString(p.w, strings.TrimRight(text, " ")+"\n")
	}
}

// Scene begins a scene with its number and title, and what is to be seen in it.
func (p *page) Scene(title, explanation string) {
	p.scene++
	p.print("")
	p.print(fmt.Sprintf("%d. %s", p.scene, title))
	for _, l := range wrap(explanation, pageWidth-margin) {
		p.print(strings.Repeat(" ", margin) + l)
	}
}

// Line prints a label and a text beside it, on as many lines as it takes.
func (p *page) Line(label, text string) {
	indent := margin + 2
	for i, l := range wrap(text, pageWidth-indent-labels) {
		if i > 0 {
			label = ""
		}
		p.print(strings.Repeat(" ", indent) + pad(label, labels) + l)
	}
}

// Refused prints, after what else is to be said, why something was denied: the reason's name and sentence, and the
// sentence in French.
func (p *page) Refused(label, before string, err error) {
	denied, ok := errors.AsType[*purpose.Denied](err)
	if !ok {
		p.Line(label, before+fmt.Sprintf("refused: %v", err))
		return
	}
	p.Line(label, before+"refused: "+denied.Reason.String()+". "+denied.Explain(language.English))
	p.Line("", "« "+denied.Explain(language.CanadianFrench)+" »")
}

// pad fills text with blanks up to a number of columns of a terminal.
func pad(text string, to int) string {
	return text + strings.Repeat(" ", max(0, to-columns(text)))
}

// right puts text at the right end of a number of columns.
func right(text string, to int) string {
	return strings.Repeat(" ", max(0, to-columns(text))) + text
}

// columns counts what text takes on a terminal. It is neither bytes nor runes: an accent may be a rune of its own and takes
// no column, and a Chinese character takes two.
func columns(text string) int {
	n := 0
	for _, r := range norm.NFC.String(text) {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case width.LookupRune(r).Kind() == width.EastAsianWide, width.LookupRune(r).Kind() == width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}

// wrap cuts text into lines of at most so many columns, at blanks. French puts blanks that must not break inside quotation
// marks, so those stay with their word.
func wrap(text string, to int) []string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "« ", "«\u00a0"), " »", "\u00a0»")
	var lines []string
	current := ""
	for word := range strings.SplitSeq(text, " ") {
		if current != "" && columns(current)+1+columns(word) > to {
			lines = append(lines, current)
			current = word
			continue
		}
		if current != "" {
			current += " "
		}
		current += word
	}
	return append(lines, current)
}

// progress returns what to call as people are taken in. It writes only to a terminal.
func progress(w io.Writer) func(done, total int) {
	f, ok := w.(*os.File)
	if !ok {
		return func(int, int) {}
	}
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return func(int, int) {}
	}
	return func(done, total int) {
		if done == 0 {
			return
		}
		fmt.Fprintf(f, "\r   taking in: %d of %d", done, total)
		if done == total {
			fmt.Fprint(f, "\r\x1b[K")
		}
	}
}
