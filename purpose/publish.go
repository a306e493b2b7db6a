package purpose

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
)

// Record is the record of processing activities that a policy implies (GDPR art. 30(1)), with what Québec asks to be told on request
// (P-39.1 s. 8). Everything in it is read from the policy; the same policy gives the same bytes. Make it with [Policy.Record].
type Record struct{ document *Document }

// Record returns the record. The error joins one [*Fault] for each thing that art. 30 asks for and the document does not say: who the
// controller is and how to reach it, whom each purpose concerns, and the measures of security.
func (p *Policy) Record() (*Record, error) {
	if p == nil {
		return nil, errors.New("purpose: a nil policy has no record")
	}
	d := &p.document
	var faults []error
	need := func(ok bool, at string) {
		if !ok {
			faults = append(faults, &Fault{Place: at, Problem: "is required by GDPR art. 30(1)"})
		}
	}
	need(d.Controller.Name != "", "controller.name")
	need(d.Controller.Address != "" || d.Controller.Contact != "", "controller.contact")
	need(len(d.Security) > 0, "security")
	for i := range d.Purposes {
		need(len(d.Purposes[i].Subjects) > 0, place(d.Purposes[i].ID)+".subjects")
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return &Record{d}, nil
}

// Notice is the outline of a notice in one language: what a person must be told, purpose by purpose, in the words of the policy. It is where the
// author of a notice starts, and what the notice can be checked against. Make it with [Policy.Notice].
type Notice struct {
	document *Document
	tag      language.Tag
}

// Notice returns the outline in French for every French, else in English.
func (p *Policy) Notice(tag language.Tag) *Notice {
	d := new(Document)
	if p != nil {
		d = &p.document
	}
	return &Notice{d, spoken(tag)}
}

// page writes Markdown in one language.
type page struct {
	strings.Builder
	document *Document
	tag      language.Tag
}

func (p *page) say(key string, args ...any) string {
	phrase, ok := phrases[key]
	if !ok {
		return unsaid + key // a test renders every phrase there is to ask for, and looks for this
	}
	return fmt.Sprintf(phrase.In(p.tag), args...)
}

const unsaid = "no phrase for "

func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// entry writes a line of a list, unless it would say nothing.
func (p *page) entry(key string, values ...string) {
	values = slices.DeleteFunc(values, func(s string) bool { return s == "" })
	if len(values) > 0 {
		p.line("- **%s**: %s", p.say(key), strings.Join(values, ", "))
	}
}

// plain makes text safe to stand anywhere in Markdown: it is data, and must not turn into markup.
func plain(text string) string {
	var b strings.Builder
	for _, r := range strings.Join(strings.Fields(text), " ") {
		switch {
		case strings.ContainsRune("\\`*_{}[]()#+!|~$", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// called returns what people call an id.
func (p *page) called(id string) string {
	for i := range p.document.Terms {
		if p.document.Terms[i].ID == id {
			return plain(p.document.Terms[i].Title.In(p.tag))
		}
	}
	return plain(id)
}

func called[T ~string](p *page, ids []T) []string {
	var all []string
	for _, id := range slices.Sorted(slices.Values(ids)) {
		all = append(all, p.called(string(id)))
	}
	return all
}

// period says a length of calendar time in words.
func (p *page) period(length Period) string {
	var parts []string
	for _, part := range []struct {
		n         int
		one, many string
	}{{length.Years, "year", "years"}, {length.Months, "month", "months"}, {length.Days, "day", "days"}} {
		switch {
		case part.n == 1:
			parts = append(parts, p.say(part.one))
		case part.n > 1:
			parts = append(parts, p.say(part.many, part.n))
		}
	}
	return strings.Join(parts, ", ")
}

func (p *page) kept(r *Retention) string {
	text := p.say("kept "+r.From.String(), p.period(r.Keep))
	if !r.Minimum.IsZero() {
		text += "; " + p.say("minimum", p.period(r.Minimum), plain(r.Citation))
	}
	if !r.AfterConsent.IsZero() {
		text += "; " + p.say("after consent", p.period(r.AfterConsent))
	}
	if r.Then == Anonymise {
		text += "; " + p.say("then anonymise")
	}
	return text
}

// goes returns the recipients a purpose discloses to, in order.
func (d *Document) goes(s *Spec) []*Recipient {
	var all []*Recipient
	for i := range d.Recipients {
		if slices.Contains(s.Recipients, d.Recipients[i].Role) {
			all = append(all, &d.Recipients[i])
		}
	}
	slices.SortFunc(all, func(a, b *Recipient) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// abroad returns where outside the territory a recipient, with those it passes data on to, is.
func (d *Document) abroad(r *Recipient) []Jurisdiction {
	places := (&Policy{recipients: recipients(d)}).places(r)
	return slices.DeleteFunc(places, func(j Jurisdiction) bool { return inside(j, d.Rules.Territory) })
}

func (d *Document) sorted() []*Spec {
	all := index(d.Purposes)
	var out []*Spec
	for _, id := range slices.Sorted(maps.Keys(all)) {
		out = append(out, all[id])
	}
	return out
}

func (p *page) recipient(r *Recipient) string {
	return fmt.Sprintf("%s (%s, %s, %s)", plain(r.Name), p.called(string(r.Role)), p.say(r.Kind.String()), plain(string(r.Jurisdiction)))
}

// transfers says where data goes outside the territory, and what it rests on.
func (p *page) transfers(s *Spec) []string {
	var all []string
	for _, r := range p.document.goes(s) {
		places := p.document.abroad(r)
		if len(places) == 0 {
			continue
		}
		var where []string
		for _, j := range places {
			where = append(where, plain(string(j)))
		}
		text := plain(r.Name) + " → " + strings.Join(where, "/")
		safeguard := p.say("no safeguard")
		for i := range p.document.Assessments {
			if a := &p.document.Assessments[i]; a.Recipient == r.ID && slices.Contains(a.Purposes, s.ID) {
				safeguard = p.say("safeguard", plain(a.ID), a.Made.UTC().Format(time.DateOnly), p.say(a.Outcome.String()), plain(a.Agreement))
			}
		}
		all = append(all, text+": "+safeguard)
	}
	return all
}

// Markdown returns the record in French for every French, else in English.
func (r *Record) Markdown(tag language.Tag) string {
	p := &page{document: r.document, tag: spoken(tag)}
	d := r.document
	p.line("# %s", p.say("record"))
	p.line("")
	p.line("%s", p.say("version", plain(d.Version), d.Effective.UTC().Format(time.DateOnly), d.Hash()))
	p.line("")
	p.entry("controller", plain(d.Controller.Name), plain(d.Controller.Address), plain(d.Controller.Contact))
	p.entry("officer", plain(d.Officer))
	p.entry("rules", plain(d.Rules.Name))
	for _, s := range d.sorted() {
		p.line("")
		p.line("## %s", plain(s.Title.In(p.tag)))
		p.line("")
		p.entry("id", plain(string(s.ID)))
		p.entry("described", plain(s.Description.In(p.tag)))
		p.entry("ground", p.say(s.Basis.String()), plain(s.Citation))
		p.entry("subjects", called(p, s.Subjects)...)
		p.entry("data", called(p, s.Attributes)...)
		var operations []string
		for _, op := range slices.Sorted(slices.Values(s.Operations)) {
			operations = append(operations, p.say(op.String()))
		}
		p.entry("operations", operations...)
		p.entry("inside", called(p, slices.Collect(maps.Keys(s.Roles)))...)
		var to []string
		for _, r := range d.goes(s) {
			to = append(to, p.recipient(r))
		}
		p.entry("recipients", to...)
		p.entry("transfers", p.transfers(s)...)
		p.entry("limits", p.kept(&s.Retention))
	}
	p.line("")
	p.line("## %s", p.say("security"))
	p.line("")
	for _, text := range d.Security {
		p.line("- %s", plain(text.In(p.tag)))
	}
	if len(d.Prohibitions) > 0 {
		p.line("")
		p.line("## %s", p.say("never"))
		p.line("")
		for _, x := range d.Prohibitions {
			p.line("- %s", plain(x.Title.In(p.tag)))
		}
	}
	return p.String()
}

// Markdown returns the outline.
func (n *Notice) Markdown() string {
	p := &page{document: n.document, tag: n.tag}
	d := n.document
	p.line("# %s", p.say("notice"))
	p.line("")
	p.line("%s", p.say("notice version", plain(d.Version), d.Effective.UTC().Format(time.DateOnly)))
	p.line("")
	p.entry("who we are", plain(d.Controller.Name), plain(d.Controller.Address), plain(d.Controller.Contact))
	p.entry("ask", plain(d.Officer))
	for _, s := range d.sorted() {
		p.line("")
		p.line("## %s", plain(s.Title.In(p.tag)))
		p.line("")
		if text := plain(s.Description.In(p.tag)); text != "" {
			p.line("%s", text)
			p.line("")
		}
		p.entry("why we may", p.say("plain "+s.Basis.String()))
		p.entry("what we use", called(p, s.Attributes)...)
		if s.Automatic {
			p.entry("how we get it", p.say("by itself"))
		}
		if s.Deidentify {
			p.entry("how we use it", p.say("de-identified"))
		}
		p.entry("who sees it", called(p, slices.Collect(maps.Keys(s.Roles)))...)
		var to, away []string
		for _, r := range d.goes(s) {
			to = append(to, fmt.Sprintf("%s (%s)", plain(r.Name), p.called(string(r.Role))))
			for _, j := range d.abroad(r) {
				away = append(away, plain(string(j)))
			}
		}
		p.entry("who gets it", to...)
		slices.Sort(away)
		p.entry("outside", slices.Compact(away)...)
		p.entry("how long", p.kept(&s.Retention))
		if s.Optional {
			p.entry("your choice", p.say("optional"))
		}
		p.entry("if you say no", plain(s.Consequence.In(p.tag)))
	}
	if len(d.Statements.Rights) > 0 {
		p.line("")
		p.line("## %s", p.say("your rights"))
		p.line("")
		for _, right := range slices.Sorted(slices.Values(d.Statements.Rights)) {
			p.line("- %s", p.say("right "+right.String()))
		}
	}
	if len(d.Prohibitions) > 0 {
		p.line("")
		p.line("## %s", p.say("never"))
		p.line("")
		for _, x := range d.Prohibitions {
			p.line("- %s", plain(x.Title.In(p.tag)))
		}
	}
	return p.String()
}
