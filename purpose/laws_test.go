package purpose_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/purpose"
)

// world is a small arbitrary policy, subject and question. It is a function of its seed, which is what a failure prints.
type world struct {
	rnd    *rand.Rand
	doc    purpose.Document
	policy *purpose.Policy
	facts  *purpose.Facts
	ask    purpose.Request
}

func newWorld(seed int64) *world {
	w := &world{rnd: rand.New(rand.NewPCG(uint64(seed), 1))}
	w.doc = w.document()
	p, err := purpose.NewPolicy(w.doc)
	if err != nil {
		panic(err) // the generator is at fault
	}
	w.policy = p
	w.facts = w.someFacts()
	w.ask = w.request()
	return w
}

func (w *world) chance(percent int) bool { return w.rnd.IntN(100) < percent }

func some[T any](w *world, of []T, percent int) []T {
	var out []T
	for _, x := range of {
		if w.chance(percent) {
			out = append(out, x)
		}
	}
	return out
}

func pick[T any](w *world, of ...T) T { return of[w.rnd.IntN(len(of))] }

// when is a time around noon: the same instant, a little off, months or years off.
func (w *world) when() time.Time {
	return noon.Add(pick(w, 0, 0, 1, -1, -days(1), days(1), -days(w.rnd.IntN(400)), -days(w.rnd.IntN(400)), days(w.rnd.IntN(400)), -days(w.rnd.IntN(4000))))
}

func (w *world) document() purpose.Document {
	d := shop()
	d.Purposes = nil
	d.Effective = pick(w, noon.AddDate(-20, 0, 0), noon.AddDate(-20, 0, 0), noon)
	everything := []purpose.Attribute{"a.x", "a.y", "b.x", "b.y"}
	// Every purpose lists Use; a child has some of what its parent has.
	besides := []purpose.Operation{
		purpose.Collect, purpose.Combine, purpose.Disclose, purpose.Transfer,
		purpose.Store, purpose.Erase, purpose.Rights, purpose.Maintenance,
	}
	attributes, operations, recipients := everything, besides, []purpose.Role{"near", "far", "court"}
	for _, id := range []purpose.ID{"p", "p.q", "p.q.r", "s"} {
		if id.Parent() == "" {
			attributes, operations, recipients = everything, besides, []purpose.Role{"near", "far", "court"}
		}
		attributes, operations, recipients = some(w, attributes, 92), some(w, operations, 90), some(w, recipients, 90)
		s := purpose.Spec{
			ID: id, Domain: strings.ReplaceAll(string(id), ".", "_"), Title: purpose.Text{EN: "t", FR: "t"},
			Basis: pick(w, purpose.ExpressConsent, purpose.ConsentByProvision, purpose.LegalGround, purpose.NoticeOnly), Citation: "c",
			Attributes: attributes, Operations: append([]purpose.Operation{purpose.Use}, operations...),
			Roles: map[purpose.Role][]purpose.Attribute{"r1": some(w, attributes, 95), "r2": some(w, attributes, 50)},
			Retention: purpose.Retention{
				Keep: purpose.Period{Years: w.rnd.IntN(3), Months: w.rnd.IntN(14), Days: 1 + w.rnd.IntN(40)},
				From: pick(w, purpose.FromCollection, purpose.FromYearEnd, purpose.FromCaseClosed, purpose.FromAccountClosed),
			},
			CaseBound: w.chance(40), Deidentify: w.chance(15),
		}
		s.Secondary = s.Basis == purpose.LegalGround && s.CaseBound && w.chance(50)
		if slices.ContainsFunc(operations, func(op purpose.Operation) bool { return op == purpose.Disclose || op == purpose.Transfer }) {
			s.Recipients = recipients
		} else {
			recipients = nil
		}
		s.SingleUse = s.Basis == purpose.ExpressConsent && w.chance(60)
		if s.Basis == purpose.LegalGround && w.chance(40) {
			s.Ordered = w.chance(60)
			if s.Cited = w.chance(50); s.Cited {
				s.Citation = ""
			}
		}
		if w.chance(20) {
			s.BreakGlass = purpose.BreakGlass{Subjects: 3, For: days(2)}
		}
		d.Purposes = append(d.Purposes, s)
	}
	w.outside(&d)
	return d
}

// outside gives the document recipients near and far, and what binds them.
func (w *world) outside(d *purpose.Document) {
	d.Rules = pick(w, purpose.Quebec(), purpose.Quebec(), purpose.GDPR())
	used := map[purpose.Attribute]bool{}
	var ids []purpose.ID
	for _, s := range d.Purposes {
		ids = append(ids, s.ID)
		for _, a := range s.Attributes {
			used[a] = true
		}
	}
	attributes := slices.Sorted(maps.Keys(used))
	contract := func() purpose.Contract {
		c := purpose.Contract{
			Reference: "r", Purposes: some(w, ids, 90), Attributes: some(w, attributes, 90),
			Undertakings: some(w, d.Rules.Undertakings, 99), Start: noon.Add(-days(3000)),
		}
		if w.chance(20) {
			c.End = noon.Add(days(w.rnd.IntN(5) - 1))
		}
		if w.chance(20) {
			c.Amended = noon.Add(-days(500 - w.rnd.IntN(40)))
		}
		return c
	}
	d.Recipients = []purpose.Recipient{
		{ID: "home", Name: "n", Role: "near", Kind: purpose.Processor, Jurisdiction: "CA-QC", Contract: contract()},
		{ID: "ontario", Name: "n", Role: "far", Kind: purpose.ThirdParty, Jurisdiction: "CA-ON", Contract: contract()},
		{ID: "cloud", Name: "n", Role: "far", Kind: purpose.Processor, Jurisdiction: "CA-QC", Storage: []purpose.Jurisdiction{"US"}, Contract: contract()},
		{ID: "chain", Name: "n", Role: "near", Kind: purpose.Processor, Jurisdiction: "CA-QC", Through: []string{"ontario"}, Contract: contract()},
		{ID: "bench", Name: "n", Role: "court", Kind: purpose.Authority, Jurisdiction: "CA-QC"},
	}
	d.Assessments, d.Prohibitions = nil, nil
	for i, id := range []string{"ontario", "cloud", "cloud", "chain", "home"} {
		if w.chance(25) {
			continue
		}
		d.Assessments = append(d.Assessments, purpose.Assessment{
			ID: strconv.Itoa(i), Recipient: id, Jurisdictions: append(some(w, []purpose.Jurisdiction{"CA-ON", "US"}, 90), "CA-QC"),
			Purposes: some(w, ids, 90), Attributes: some(w, attributes, 80), Factors: purpose.Factors{Sensitivity: "s", Purposes: "p", Measures: "m", Framework: "f"},
			Outcome:   pick(w, purpose.Adequate, purpose.Adequate, purpose.Adequate, purpose.Adequate, purpose.Inadequate, purpose.Pending),
			Agreement: pick(w, "a", "a", "a", "a", ""), Approver: "o", Made: noon.Add(-days(480)), Review: noon.Add(days(w.rnd.IntN(20) - 2)),
		})
	}
	if w.chance(15) {
		d.Prohibitions = []purpose.Prohibition{{
			Name: "x", Title: purpose.Text{EN: "t", FR: "t"}, Within: pick[purpose.ID](w, "p.q", "s", ""),
			Operations: []purpose.Operation{pick(w, purpose.Disclose, purpose.Transfer)},
			To:         pick(w, nil, []purpose.RecipientKind{purpose.ThirdParty}, []purpose.RecipientKind{purpose.Processor, purpose.Authority}),
		}}
	}
}

func (w *world) consent() purpose.Consent {
	c := purpose.Consent{
		Status: pick(w, purpose.Given, purpose.Given, purpose.Given, purpose.Given, purpose.Given, purpose.Given, purpose.Given, purpose.Given,
			purpose.Absent, purpose.Requested, purpose.Refused, purpose.Withdrawn, purpose.Unknown, purpose.Status(w.rnd.IntN(256))),
		Since: noon.Add(-days(3000)), Operations: purpose.Operations(w.rnd.IntN(1<<16) | w.rnd.IntN(1<<16) | w.rnd.IntN(1<<16)),
	}
	if w.chance(20) {
		c.Since = w.when()
	}
	if w.chance(30) {
		c.Until = w.when()
	}
	c.Policy, c.Request = pick(w, w.doc.Version, w.doc.Version, w.doc.Version, w.doc.Version, w.doc.Version, w.doc.Version, ""), pick(w, "q1", "q2", "q3")
	c.Recipient = pick(w, "", "", "", "home", "cloud")
	return c
}

func (w *world) someFacts() *purpose.Facts {
	f := &purpose.Facts{
		Ledger: w.rnd.Uint64(), Complete: w.chance(85), Notice: w.consent(), Consumed: map[string]bool{},
		Residence: pick[purpose.Jurisdiction](w, "", "", "CA-QC", "CA-ON"),
	}
	for _, id := range []string{"q1", "d1"} {
		f.Consumed[id] = w.chance(30)
	}
	f.Notice.Until = time.Time{}
	state := func() purpose.CaseStatus {
		return pick(w, purpose.CaseOpen, purpose.CaseOpen, purpose.CaseOpen, purpose.CaseOpen, purpose.CaseOpen, purpose.CaseClosed, purpose.CaseClosed,
			purpose.CaseAbsent, purpose.CaseUnknown, purpose.CaseStatus(w.rnd.IntN(256)))
	}
	f.Account = purpose.Account{Status: state(), Closed: w.when()}
	f.Consents = map[purpose.ID]purpose.Consent{}
	for _, id := range []purpose.ID{"p", "p.q", "p.q.r", "s"} {
		if w.chance(90) {
			f.Consents[id] = w.consent()
		}
	}
	f.Cases = map[string]purpose.Case{}
	for _, id := range []string{"1", "2", "3"} {
		if w.chance(80) {
			f.Cases[id] = purpose.Case{Status: state(), Closed: w.when(), Assigned: some(w, []purpose.Actor{
				{Role: "r1"}, {Role: "r1", ID: "i"}, {Role: "r2", ID: "i"}, {ID: "i"}, {Role: "r1", ID: "other"},
			}, 75)}
		}
	}
	return f
}

func (w *world) request() purpose.Request {
	r := purpose.Request{
		Purpose:   pick[purpose.ID](w, "p", "p.q", "p.q.r", "s"),
		Operation: pick(w, purpose.Use, purpose.Use, purpose.Use, purpose.Operation(w.rnd.IntN(11))),
		Actor:     purpose.Actor{Role: pick[purpose.Role](w, "r1", "r1", "r1", "r2"), ID: "i", Case: pick(w, "1", "1", "1", "1", "2", "4", "")},
		Attribute: pick[purpose.Attribute](w, "a.x", "a.x", "b.x", ""), CollectedAt: w.when(),
		Case: pick(w, "", "", "", "1", "1", "2", "5"), Time: noon, Derive: w.chance(60),
	}
	r.CollectedFor = some(w, []purpose.ID{"p", "p.q", "p.q.r", "s"}, 90)
	if w.chance(50) {
		r.Operation = pick(w, purpose.Disclose, purpose.Transfer)
	}
	if r.Operation == purpose.Disclose || r.Operation == purpose.Transfer || w.chance(3) {
		r.Recipient = pick(w, "home", "home", "home", "home", "cloud", "cloud", "ontario", "chain", "bench", "nobody", "")
	}
	w.papers(&r)
	return r
}

// papers are what a request brings with it: an order, a ticket, a derogation.
func (w *world) papers(r *purpose.Request) {
	if w.chance(80) {
		r.Order = &purpose.Order{
			Issuer: pick(w, "court", "court", "court", ""), Compelling: w.chance(90), Citation: pick(w, "c", "c", "c", " "), Reviewer: pick(w, "o", "o", "o", ""),
			Attributes: some(w, []purpose.Attribute{"a.x", "b.x", "b.y"}, 90), Issued: noon.Add(-days(w.rnd.IntN(30) - 1)),
		}
		if w.chance(20) {
			r.Order.Until = w.when()
		}
	}
	if w.chance(80) {
		r.Ticket = &purpose.Ticket{ID: pick(w, "t", "t", "t", ""), Opened: noon.Add(-days(w.rnd.IntN(4) - 1)), Subjects: w.rnd.IntN(5)}
	}
	if w.chance(20) {
		r.Derogation = &purpose.Derogation{
			ID: pick(w, "d1", "d2", "d2", ""), Ground: purpose.Ground(w.rnd.IntN(11)), Approver: pick(w, "o", "o", ""), Until: noon.Add(days(w.rnd.IntN(5) - 1)),
		}
		if w.chance(60) {
			r.Derogation.Ground = pick(w, purpose.Emergency, purpose.NewContract)
		}
	}
}

// garbage is a request no program would make.
func (w *world) garbage() (purpose.Request, *purpose.Facts) {
	text := func() string {
		return pick(w, "", ".", "p", "p.q", "..", "a.x", "r1", "\x00", "é", strings.Repeat("x.", 5000))
	}
	instant := func() time.Time {
		return pick(w, time.Time{}, noon, time.Unix(0, 0), time.Unix(math.MaxInt64, 0), time.Unix(math.MinInt64, 0), time.Unix(int64(w.rnd.Uint64()), 0),
			time.Date(math.MaxInt32, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 0, 0, 0, 0, time.FixedZone("", -86399)))
	}
	f := w.someFacts()
	f.Account.Closed, f.Notice.Since, f.Notice.Until = instant(), instant(), instant()
	for id := range f.Cases {
		c := f.Cases[id]
		c.Closed = instant()
		f.Cases[id] = c
	}
	for id, c := range f.Consents {
		c.Since, c.Until = instant(), instant()
		f.Consents[id] = c
	}
	if w.chance(10) {
		f = nil
	}
	r := w.request()
	for _, spoil := range []func(){
		func() { r.Purpose = purpose.ID(text()) },
		func() { r.Operation = purpose.Operation(w.rnd.IntN(256)) },
		func() { r.Actor = purpose.Actor{Role: purpose.Role(text()), ID: text(), Case: text()} },
		func() { r.Attribute = purpose.Attribute(text()) },
		func() { r.CollectedFor = []purpose.ID{purpose.ID(text())} },
		func() { r.Case = text() },
		func() { r.Recipient = text() },
		func() {
			r.Order = &purpose.Order{Issuer: text(), Citation: text(), Reviewer: text(), Issued: instant(), Until: instant(), Attributes: []purpose.Attribute{purpose.Attribute(text())}}
		},
		func() { r.Ticket = &purpose.Ticket{ID: text(), Opened: instant(), Subjects: int(w.rnd.Uint64())} },
		func() {
			r.Derogation = &purpose.Derogation{ID: text(), Ground: purpose.Ground(w.rnd.IntN(256)), Approver: text(), Until: instant()}
		},
	} {
		if w.chance(15) {
			spoil()
		}
	}
	r.CollectedAt, r.Time = instant(), instant()
	return r, f
}

func ancestors(id purpose.ID) []purpose.ID {
	var up []purpose.ID
	for id = id.Parent(); id != ""; id = id.Parent() {
		up = append(up, id)
	}
	return up
}

// blank makes one field unknown. There is one result for each way of doing so.
func blank(f *purpose.Facts, r purpose.Request, field purpose.Fields) []*purpose.Facts {
	c := clone(f)
	switch field {
	case purpose.FieldNotice:
		c.Notice.Status = purpose.Unknown
	case purpose.FieldConsent:
		c.Consents[r.Purpose] = purpose.Consent{}
	case purpose.FieldAncestors:
		var all []*purpose.Facts
		for _, id := range ancestors(r.Purpose) {
			c := clone(f)
			c.Consents[id] = purpose.Consent{}
			all = append(all, c)
		}
		return all
	case purpose.FieldCase:
		c.Cases[r.Actor.Case] = purpose.Case{}
	case purpose.FieldCases:
		c.Complete = false
	case purpose.FieldAccount:
		c.Account = purpose.Account{}
	case purpose.FieldConsumed:
		c.Complete, c.Consumed = false, nil
	case purpose.FieldResidence:
		c.Complete, c.Residence = false, ""
	case purpose.FieldHolds:
		c.Complete, c.HoldsKnown, c.Holds, c.Erasures, c.Erased = false, false, nil, nil, time.Time{}
	}
	return []*purpose.Facts{c}
}

var fields = []purpose.Fields{
	purpose.FieldNotice, purpose.FieldConsent, purpose.FieldAncestors,
	purpose.FieldCase, purpose.FieldCases, purpose.FieldAccount, purpose.FieldConsumed, purpose.FieldResidence,
	purpose.FieldHolds,
}

// hold runs a law over many worlds, with several subjects and questions to each policy. The law returns whether it holds
// and whether it had anything to say; a law that never had is no test.
func hold(t *testing.T, law func(*world) (holds, spoke bool)) {
	t.Helper()
	holdLonger(t, 8, law)
}

// holdLonger asks more of each world, for laws about what is rare.
func holdLonger(t *testing.T, rounds int, law func(*world) (holds, spoke bool)) {
	t.Helper()
	parameters := gopter.DefaultTestParameters()
	parameters.MinSuccessfulTests = 600
	properties := gopter.NewProperties(parameters)
	spoken := 0
	properties.Property("law", prop.ForAll(func(seed int64) bool {
		w := newWorld(seed)
		for range rounds {
			holds, spoke := law(w)
			if spoke {
				spoken++
			}
			if !holds {
				return false
			}
			w.facts, w.ask = w.someFacts(), w.request()
		}
		return true
	}, gen.Int64()))
	properties.TestingRun(t)
	require.Greater(t, spoken, 40, "the worlds are too poor for this law")
}

func TestLawOfInformation(t *testing.T) {
	t.Parallel()
	hold(t, func(w *world) (bool, bool) {
		blanked := w.facts
		for _, field := range fields {
			if w.chance(25) {
				if ways := blank(blanked, w.ask, field); len(ways) > 0 {
					blanked = ways[w.rnd.IntN(len(ways))]
				}
			}
		}
		if !w.policy.Decide(w.ask, blanked).Allowed() {
			return true, false
		}
		return w.policy.Decide(w.ask, w.facts).Allowed(), true
	})
}

func TestLawOfRelevance(t *testing.T) {
	t.Parallel()
	for _, field := range fields {
		holdLonger(t, 48, func(w *world) (bool, bool) {
			d := w.policy.Decide(w.ask, w.facts)
			if d.Trace&field == 0 {
				return true, false
			}
			for _, f := range blank(w.facts, w.ask, field) {
				if w.policy.Decide(w.ask, f).Allowed() {
					return false, true
				}
			}
			return d.Allowed(), true
		})
	}
}

// The trace is also complete: what it does not name, the permission does not need. Incomplete facts are left out,
// because they make more unknown than one field.
func TestTraceSuffices(t *testing.T) {
	t.Parallel()
	for _, field := range []purpose.Fields{purpose.FieldNotice, purpose.FieldConsent, purpose.FieldAncestors, purpose.FieldAccount} {
		hold(t, func(w *world) (bool, bool) {
			d := w.policy.Decide(w.ask, w.facts)
			if !d.Allowed() || d.Trace&field != 0 {
				return true, false
			}
			for _, f := range blank(w.facts, w.ask, field) {
				if w.policy.Decide(w.ask, f) != d {
					return false, true
				}
			}
			return true, true
		})
	}
}

func TestLawOfPolarity(t *testing.T) {
	t.Parallel()
	all := []purpose.ID{"p", "p.q", "p.q.r", "s"}
	for name, worsen := range map[string]func(*world){
		"refused or withdrawn": func(w *world) {
			c := w.consent()
			c.Status = pick(w, purpose.Refused, purpose.Withdrawn)
			w.facts.Consents[pick(w, all...)] = c
		},
		"consent ends earlier": func(w *world) {
			id := pick(w, all...)
			if c, ok := w.facts.Consents[id]; ok {
				end := w.when()
				if c.Until.IsZero() || end.Before(c.Until) {
					c.Until = end
				}
				w.facts.Consents[id] = c
			}
		},
		"fewer operations granted": func(w *world) {
			id := pick(w, all...)
			if c, ok := w.facts.Consents[id]; ok {
				c.Operations &= purpose.Operations(w.rnd.IntN(1 << 16))
				w.facts.Consents[id] = c
			}
		},
		"notice not given": func(w *world) { w.facts.Notice.Status = purpose.Absent },
		"case closed": func(w *world) {
			if c := w.facts.Cases["1"]; c.Status == purpose.CaseOpen {
				c.Status = purpose.CaseClosed
				w.facts.Cases["1"] = c
			}
		},
		"account closed": func(w *world) {
			if w.facts.Account.Status == purpose.CaseOpen {
				w.facts.Account.Status = purpose.CaseClosed
			}
		},
		"fewer assigned": func(w *world) {
			if c, ok := w.facts.Cases["1"]; ok {
				c.Assigned = some(w, c.Assigned, 50)
				w.facts.Cases["1"] = c
			}
		},
		"collected for fewer": func(w *world) { w.ask.CollectedFor = some(w, w.ask.CollectedFor, 50) },
		"role needs less": func(w *world) {
			for i := range w.doc.Purposes {
				roles := w.doc.Purposes[i].Roles
				roles["r1"] = some(w, roles["r1"], 70)
			}
		},
		"fewer roles": func(w *world) {
			for i := range w.doc.Purposes {
				if w.chance(30) {
					delete(w.doc.Purposes[i].Roles, "r1")
				}
			}
		},
		"kept for less": func(w *world) {
			for i := range w.doc.Purposes {
				keep := &w.doc.Purposes[i].Retention.Keep
				keep.Years, keep.Months, keep.Days = w.rnd.IntN(keep.Years+1), w.rnd.IntN(keep.Months+1), 1+w.rnd.IntN(keep.Days)
			}
		},
		"used up": func(w *world) { w.facts.Consumed[pick(w, "q1", "q2", "d1", "d2")] = true },
		"prohibited": func(w *world) {
			w.doc.Prohibitions = append(w.doc.Prohibitions, purpose.Prohibition{
				Name: fmt.Sprintf("y%d", len(w.doc.Prohibitions)), Title: purpose.Text{EN: "t", FR: "t"}, Within: pick(w, append(all, "")...),
				Operations: []purpose.Operation{pick(w, purpose.Use, purpose.Combine, purpose.Disclose, purpose.Transfer)},
			})
		},
		"contract covers less": func(w *world) {
			for i := range w.doc.Recipients {
				c := &w.doc.Recipients[i].Contract
				c.Purposes, c.Attributes, c.Undertakings = some(w, c.Purposes, 70), some(w, c.Attributes, 70), some(w, c.Undertakings, 95)
			}
		},
		"contract ends earlier": func(w *world) {
			for i := range w.doc.Recipients {
				c := &w.doc.Recipients[i].Contract
				if end := noon.Add(days(w.rnd.IntN(3) - 1)); w.doc.Recipients[i].Kind != purpose.Authority && (c.End.IsZero() || end.Before(c.End)) {
					c.End = end
				}
			}
		},
		"fewer recipients": func(w *world) { w.doc.Recipients = w.doc.Recipients[:0]; w.doc.Assessments = nil },
		"assessed less": func(w *world) {
			w.doc.Assessments = some(w, w.doc.Assessments, 60)
			for i := range w.doc.Assessments {
				a := &w.doc.Assessments[i]
				a.Purposes, a.Attributes = some(w, a.Purposes, 70), some(w, a.Attributes, 70)
			}
		},
		"moved further away": func(w *world) {
			for i := range w.doc.Recipients {
				r := &w.doc.Recipients[i]
				if !slices.Contains(r.Storage, "KP") {
					r.Storage = append(r.Storage, "KP")
				}
			}
		},
		"fewer exceptions": func(w *world) { w.doc.Rules.Derogations = nil },
		"order lists less": func(w *world) {
			if w.ask.Order != nil {
				o := *w.ask.Order
				o.Attributes = some(w, o.Attributes, 60)
				w.ask.Order = &o
			}
		},
		"glass that must be broken": func(w *world) {
			for i := range w.doc.Purposes {
				if b := &w.doc.Purposes[i].BreakGlass; b.IsZero() {
					*b = purpose.BreakGlass{Subjects: 2, For: days(1)}
				}
			}
		},
		"single use": func(w *world) {
			for i := range w.doc.Purposes {
				s := &w.doc.Purposes[i]
				s.SingleUse = s.Basis == purpose.ExpressConsent
			}
		},
		"in force later": func(w *world) { w.doc.Effective = w.doc.Effective.Add(days(w.rnd.IntN(9000))) },
		"de-identified": func(w *world) {
			for i := range w.doc.Purposes {
				w.doc.Purposes[i].Deidentify = true
			}
		},
		"bound to cases": func(w *world) {
			for i := range w.doc.Purposes {
				w.doc.Purposes[i].CaseBound = true
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hold(t, func(w *world) (bool, bool) {
				before := w.policy.Decide(w.ask, w.facts)
				worsen(w)
				after := policy(t, w.doc).Decide(w.ask, w.facts)
				return before.Allowed() || !after.Allowed(), after.Allowed() || before.Allowed()
			})
		})
	}
}

func TestLawOfPossibility(t *testing.T) {
	t.Parallel()
	hold(t, func(w *world) (bool, bool) {
		if !w.policy.Decide(w.ask, w.facts).Allowed() {
			return true, false
		}
		any := w.ask
		any.Actor.Role = ""
		return w.policy.Possible(w.ask) == nil && w.policy.Possible(any) == nil, true
	})
	// And the other way: what is possible, some facts permit.
	hold(t, func(w *world) (bool, bool) {
		r := w.ask
		if w.policy.Possible(r) != nil || (r.Attribute != "" && r.CollectedFor == nil) || r.Operation == purpose.Disclose || r.Operation == purpose.Transfer {
			return true, false // to whom data goes depends on dates that Possible does not look at
		}
		r.Order = &purpose.Order{
			Issuer: "i", Compelling: true, Citation: "c", Reviewer: "o", Issued: r.Time, Attributes: []purpose.Attribute{"a.x", "a.y", "b.x", "b.y"},
		}
		r.Ticket = &purpose.Ticket{ID: "t", Opened: r.Time, Subjects: 1}
		if r.Actor.Case == "" {
			r.Actor.Case = "1"
			if r.Case != "" {
				r.Actor.Case = r.Case
			}
		}
		r.CollectedAt = r.Time
		given := purpose.Consent{Status: purpose.Given, Operations: math.MaxUint16, Policy: w.doc.Version, Request: "q"}
		f := &purpose.Facts{
			Complete: true, Notice: given, Account: purpose.Account{Status: purpose.CaseOpen},
			Consents: map[purpose.ID]purpose.Consent{r.Purpose: given},
			Cases:    map[string]purpose.Case{r.Actor.Case: {Status: purpose.CaseOpen, Assigned: []purpose.Actor{{Role: r.Actor.Role}}}},
		}
		return w.policy.Decide(r, f).Allowed(), true
	})
}

func TestDecideIsTotal(t *testing.T) {
	t.Parallel()
	hold(t, func(w *world) (bool, bool) {
		r, f := w.garbage()
		d := w.policy.Decide(r, f)
		again := w.policy.Decide(r, f)
		if d != again || d.Reason == purpose.Undecided || d.Reason.Outage() {
			return false, true
		}
		_ = w.policy.Possible(r)
		if s, reason := w.policy.Scope(r.Purpose, r.Operation, r.Actor.Role); reason == purpose.Permitted {
			s.End(r.CollectedAt, r.Case, f)
			s.Known(f)
			s.SurelyLive(int64(w.rnd.Uint64()), int64(w.rnd.Uint64()))
		}
		return !(*purpose.Policy)(nil).Decide(r, f).Allowed(), true
	})
}
