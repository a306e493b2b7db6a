package purpose

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// Effect says what a change does to what may be done. The zero Effect is invalid.
type Effect uint8

// The effects of a change.
const (
	Widens  Effect = iota + 1 // something may be done that might not, or it cannot be told that it may not
	Narrows                   // something may no longer be done
	Rewords                   // what people read, and nothing else
)

// Change is one difference between two documents.
type Change struct {
	Place   string // in the document's own terms: purposes["service"].attributes
	Purpose ID     // the purpose it is of; "" if of no single one
	Detail  string // what: "identity.phone added"
	Effect  Effect
	Lapses  bool // consent given to the purpose before does not cover what it is now
}

// Material reports whether the change may make any decision come out otherwise.
func (c Change) Material() bool { return c.Effect != Rewords }

// Diff returns what is different in to, first of each purpose by id and then of the document. Version and effective date are not
// compared. Consent to a purpose lapses where the purpose is new, or where more attributes, operations, roles of recipients,
// jurisdictions or time are added to it, another ground taken, or a bound lifted; not where it names a role inside the
// organisation, or a recipient of a role that it had.
//
// If no change is material, every decision that is permitted under from is permitted under to; if none widens,
// every decision that is permitted under to was permitted under from.
func Diff(from, to Document) []Change {
	d := &diff{from: &from, to: &to}
	before, after := index(from.Purposes), index(to.Purposes)
	ids := slices.Sorted(maps.Keys(before))
	for id := range after {
		if before[id] == nil {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	places := func(doc *Document) map[string][]Jurisdiction {
		return (&Policy{recipients: recipients(doc)}).allPlaces()
	}
	d.placesFrom, d.placesTo = places(&from), places(&to)
	for _, id := range ids {
		d.purpose(id, before[id], after[id])
	}
	d.recipients()
	d.assessments()
	d.prohibitions(ids)
	d.rest()
	return d.changes
}

type diff struct {
	from, to             *Document
	placesFrom, placesTo map[string][]Jurisdiction
	changes              []Change
}

func index(specs []Spec) map[ID]*Spec {
	all := make(map[ID]*Spec, len(specs))
	for i := range specs {
		all[specs[i].ID] = &specs[i]
	}
	return all
}

func recipients(d *Document) map[string]*Recipient {
	all := make(map[string]*Recipient, len(d.Recipients))
	for i := range d.Recipients {
		all[d.Recipients[i].ID] = &d.Recipients[i]
	}
	return all
}

// allPlaces returns where each recipient is, with those it passes data on to.
func (p *Policy) allPlaces() map[string][]Jurisdiction {
	all := make(map[string][]Jurisdiction, len(p.recipients))
	for id, r := range p.recipients {
		all[id] = p.places(r)
	}
	return all
}

func (d *diff) add(place string, id ID, effect Effect, lapses bool, format string, args ...any) {
	d.changes = append(d.changes, Change{place, id, fmt.Sprintf(format, args...), effect, lapses})
}

func (d *diff) purpose(id ID, was, is *Spec) {
	at := place(id)
	switch {
	case was == nil:
		d.add(at, id, Widens, true, "added")
		return
	case is == nil:
		d.add(at, id, Narrows, true, "removed")
		return
	}
	sets(d, at+".attributes", id, was.Attributes, is.Attributes, true)
	sets(d, at+".operations", id, was.Operations, is.Operations, true)
	sets(d, at+".recipients", id, was.Recipients, is.Recipients, true)
	sets(d, at+".subjects", id, was.Subjects, is.Subjects, false)
	d.roles(at+".roles", id, was.Roles, is.Roles)
	d.reach(at+".recipients", id, was, is)
	d.retention(at+".retention", id, &was.Retention, &is.Retention)

	if was.Basis != is.Basis {
		d.add(at+".basis", id, Widens, true, "changed")
	}
	if was.Domain != is.Domain {
		d.add(at+".domain", id, Widens, false, "changed from %q to %q", was.Domain, is.Domain)
	}
	for _, bound := range []struct {
		name    string
		was, is bool
		lapses  bool
	}{
		{"optional", was.Optional, is.Optional, false},
		{"case_bound", was.CaseBound, is.CaseBound, true},
		{"deidentify", was.Deidentify, is.Deidentify, true},
		{"single_use", was.SingleUse, is.SingleUse, true},
		{"ordered", was.Ordered, is.Ordered, true},
		{"cited", was.Cited, is.Cited, true},
		{"secondary", !was.Secondary, !is.Secondary, true},
		{"automatic", !was.Automatic, !is.Automatic, false},
	} {
		switch {
		case bound.was && !bound.is:
			d.add(at+"."+bound.name, id, Widens, bound.lapses, "changed")
		case !bound.was && bound.is:
			d.add(at+"."+bound.name, id, Narrows, false, "changed")
		}
	}
	switch {
	case was.Retention.Then < is.Retention.Then:
		d.add(at+".retention.then", id, Widens, false, "changed from %q to %q", was.Retention.Then, is.Retention.Then)
	case was.Retention.Then > is.Retention.Then:
		d.add(at+".retention.then", id, Narrows, false, "changed from %q to %q", was.Retention.Then, is.Retention.Then)
	}
	d.glass(at+".break_glass", id, was.BreakGlass, is.BreakGlass)
	// A duty that is dropped widens what may be done without it.
	sets(d, at+".obligations", id, is.Obligations, was.Obligations, false)

	for _, text := range []struct {
		name    string
		changed bool
	}{
		{"title", was.Title != is.Title},
		{"citation", was.Citation != is.Citation},
		{"consequence", was.Consequence != is.Consequence},
		{"description", was.Description != is.Description},
		{"dpv", was.DPV != is.DPV},
		{"requires", !same(was.Requires, is.Requires)},
		{"retention.class", was.Retention.Class != is.Retention.Class},
		{"retention.citation", was.Retention.Citation != is.Retention.Citation},
		{"retention.justification", was.Retention.Justification != is.Retention.Justification},
	} {
		if text.changed {
			d.add(at+"."+text.name, id, Rewords, false, "changed")
		}
	}
}

// same reports whether two lists hold the same, in whatever order.
func same[T cmp.Ordered](a, b []T) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// sets reports what was added to a list and removed from it; to add widens.
func sets[T cmp.Ordered](d *diff, at string, id ID, was, is []T, lapses bool) {
	for _, x := range slices.Sorted(slices.Values(is)) {
		if !slices.Contains(was, x) {
			d.add(at, id, Widens, lapses, "%v added", x)
		}
	}
	for _, x := range slices.Sorted(slices.Values(was)) {
		if !slices.Contains(is, x) {
			d.add(at, id, Narrows, false, "%v removed", x)
		}
	}
}

func (d *diff) roles(at string, id ID, was, is map[Role][]Attribute) {
	for _, role := range slices.Sorted(maps.Keys(is)) {
		if _, ok := was[role]; !ok {
			d.add(fmt.Sprintf("%s[%q]", at, role), id, Widens, false, "added")
		}
		sets(d, fmt.Sprintf("%s[%q]", at, role), id, was[role], is[role], false)
	}
	for _, role := range slices.Sorted(maps.Keys(was)) {
		if _, ok := is[role]; !ok {
			d.add(fmt.Sprintf("%s[%q]", at, role), id, Narrows, false, "removed")
		}
	}
}

// reach reports jurisdictions that data of the purpose may now come to, by recipients of the roles it lists.
func (d *diff) reach(at string, id ID, was, is *Spec) {
	before := reached(was, d.from, d.placesFrom)
	for _, j := range reached(is, d.to, d.placesTo) {
		if !inside(j, before) {
			d.add(at, id, Widens, true, "%s reached", j)
		}
	}
}

func reached(s *Spec, d *Document, places map[string][]Jurisdiction) []Jurisdiction {
	var all []Jurisdiction
	for i := range d.Recipients {
		if r := &d.Recipients[i]; slices.Contains(s.Recipients, r.Role) {
			all = append(all, places[r.ID]...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (d *diff) retention(at string, id ID, was, is *Retention) {
	switch {
	case was.From != is.From:
		d.add(at+".from", id, Widens, true, "changed")
	case was.Keep == is.Keep:
	default:
		// Months have several lengths, so one period may be the longer from one day and the shorter from another.
		if longer(is.Keep, was.Keep) {
			d.add(at+".keep", id, Widens, true, "longer")
		}
		if longer(was.Keep, is.Keep) {
			d.add(at+".keep", id, Narrows, false, "shorter")
		}
	}
	switch a, b := was.AfterConsent, is.AfterConsent; {
	case a == b:
	case a.IsZero():
		d.add(at+".after_consent", id, Narrows, false, "added")
	case b.IsZero():
		d.add(at+".after_consent", id, Widens, true, "removed")
	default:
		if longer(b, a) {
			d.add(at+".after_consent", id, Widens, true, "longer")
		}
		if longer(a, b) {
			d.add(at+".after_consent", id, Narrows, false, "shorter")
		}
	}
	if was.Minimum != is.Minimum {
		effect := Narrows
		if longer(is.Minimum, was.Minimum) {
			effect = Widens
		}
		d.add(at+".minimum", id, effect, false, "changed")
	}
}

func (d *diff) glass(at string, id ID, was, is BreakGlass) {
	switch {
	case was == is:
	case is.IsZero():
		d.add(at, id, Widens, true, "removed")
	case was.IsZero():
		d.add(at, id, Narrows, false, "added")
	default:
		if is.Subjects > was.Subjects || is.For > was.For {
			d.add(at, id, Widens, true, "wider")
		}
		if is.Subjects < was.Subjects || is.For < was.For {
			d.add(at, id, Narrows, false, "narrower")
		}
	}
}

func (d *diff) recipients() {
	was, is := recipients(d.from), recipients(d.to)
	for _, id := range slices.Sorted(maps.Keys(is)) {
		at := fmt.Sprintf("recipients[%q]", id)
		a, b := was[id], is[id]
		if a == nil {
			d.add(at, "", Widens, false, "added")
			continue
		}
		sets(d, at+".contract.purposes", "", a.Contract.Purposes, b.Contract.Purposes, false)
		sets(d, at+".contract.attributes", "", a.Contract.Attributes, b.Contract.Attributes, false)
		sets(d, at+".contract.undertakings", "", b.Contract.Undertakings, a.Contract.Undertakings, false)
		for _, field := range []struct {
			name    string
			changed bool
		}{
			{"role", a.Role != b.Role},
			{"kind", a.Kind != b.Kind},
			// Where it is decides whether data leaves: to be in fewer places lets more go there.
			{"jurisdiction", a.Jurisdiction != b.Jurisdiction},
			{"storage", !same(a.Storage, b.Storage)},
			{"through", !same(a.Through, b.Through)},
			{"contract.reference", a.Contract.Reference != b.Contract.Reference},
			{"contract.start", !a.Contract.Start.Equal(b.Contract.Start)},
			{"contract.end", !a.Contract.End.Equal(b.Contract.End)},
			{"contract.amended", !a.Contract.Amended.Equal(b.Contract.Amended)},
		} {
			if field.changed {
				d.add(at+"."+field.name, "", Widens, false, "changed")
			}
		}
		if a.Name != b.Name {
			d.add(at+".name", "", Rewords, false, "changed")
		}
	}
	for _, id := range slices.Sorted(maps.Keys(was)) {
		if is[id] == nil {
			d.add(fmt.Sprintf("recipients[%q]", id), "", Narrows, false, "removed")
		}
	}
}

func (d *diff) assessments() {
	named := func(all []Assessment) map[string]*Assessment {
		m := make(map[string]*Assessment, len(all))
		for i := range all {
			m[all[i].ID] = &all[i]
		}
		return m
	}
	was, is := named(d.from.Assessments), named(d.to.Assessments)
	for _, id := range slices.Sorted(maps.Keys(is)) {
		at := fmt.Sprintf("assessments[%q]", id)
		switch {
		case was[id] == nil:
			d.add(at, "", Widens, false, "added")
		case !was[id].equal(is[id]):
			d.add(at, "", Widens, false, "changed")
		}
	}
	for _, id := range slices.Sorted(maps.Keys(was)) {
		if is[id] == nil {
			d.add(fmt.Sprintf("assessments[%q]", id), "", Narrows, false, "removed")
		}
	}
}

func (a *Assessment) equal(b *Assessment) bool {
	return a.Recipient == b.Recipient && same(a.Jurisdictions, b.Jurisdictions) && same(a.Purposes, b.Purposes) &&
		same(a.Attributes, b.Attributes) && a.Factors == b.Factors && a.Outcome == b.Outcome && a.Agreement == b.Agreement &&
		a.Approver == b.Approver && a.Made.Equal(b.Made) && a.Review.Equal(b.Review)
}

// prohibitions compares what is prohibited in each purpose, however it is written down, so that consent given while
// something was excluded does not cover it once it is not.
func (d *diff) prohibitions(ids []ID) {
	for _, id := range ids {
		was, is := forbidden(d.from, id), forbidden(d.to, id)
		for _, x := range slices.Sorted(maps.Keys(was)) {
			if !is[x] {
				d.add("prohibitions", id, Widens, true, "%s no longer prohibited", x)
			}
		}
		for _, x := range slices.Sorted(maps.Keys(is)) {
			if !was[x] {
				d.add("prohibitions", id, Narrows, false, "%s prohibited", x)
			}
		}
	}
	plain := func(x *Document) []Prohibition {
		return slices.SortedFunc(slices.Values(x.Prohibitions), func(a, b Prohibition) int { return cmp.Compare(a.Name, b.Name) })
	}
	if !reflect.DeepEqual(plain(d.from), plain(d.to)) {
		d.add("prohibitions", "", Rewords, false, "changed")
	}
}

func forbidden(d *Document, id ID) map[string]bool {
	all := make(map[string]bool)
	for i := range d.Prohibitions {
		x := &d.Prohibitions[i]
		if !x.covers(id) {
			continue
		}
		for _, op := range x.Operations {
			if len(x.To) == 0 {
				all[op.String()] = true
			}
			for _, kind := range x.To {
				all[op.String()+" to "+fmt.Sprint(kind)] = true
			}
		}
	}
	return all
}

// rest compares what is of the document as a whole.
func (d *diff) rest() {
	if !d.from.Rules.equal(&d.to.Rules) {
		d.add("rules", "", Widens, false, "changed")
	}
	a, b := d.from, d.to
	for _, text := range []struct {
		name    string
		changed bool
	}{
		{"officer", a.Officer != b.Officer},
		{"languages", !slices.Equal(a.Languages, b.Languages)},
		{"controller", a.Controller != b.Controller},
		{"security", !slices.Equal(a.Security, b.Security)},
		{"terms", !slices.EqualFunc(a.Terms, b.Terms, func(x, y Term) bool {
			return x.ID == y.ID && x.Title == y.Title && x.DPV == y.DPV && slices.Equal(x.Aliases, y.Aliases)
		})},
		{"statements", !same(a.Statements.Promises, b.Statements.Promises) || !same(a.Statements.Rights, b.Statements.Rights) ||
			!same(a.Statements.Derogations, b.Statements.Derogations) || a.Statements.Changes != b.Statements.Changes ||
			a.Statements.MinorAge != b.Statements.MinorAge},
	} {
		if text.changed {
			d.add(text.name, "", Rewords, false, "changed")
		}
	}
}

func (r *Rules) equal(o *Rules) bool {
	return r.Name == o.Name && same(r.Territory, o.Territory) && same(r.Adequate, o.Adequate) && r.Residence == o.Residence &&
		same(r.Undertakings, o.Undertakings) && slices.Equal(r.Derogations, o.Derogations) && same(r.Rights, o.Rights) && r.MinorAge == o.MinorAge
}
