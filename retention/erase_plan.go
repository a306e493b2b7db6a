package retention

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// Plan says what [Sweeper.Erase] would do now, and changes nothing. An erasure of a person with a hold on everything waits for its release: what is planned is then [Held].
func (w *Sweeper) Plan(ctx context.Context, s consent.Subject) (Plan, error) {
	if w == nil || ctx == nil {
		return Plan{}, &purpose.Denied{Reason: purpose.Malformed}
	}
	f, err := w.registry.Facts(ctx, s)
	if err != nil {
		return Plan{}, fmt.Errorf("retention: plan: %w", err)
	}
	items, err := w.store.Of(ctx, s)
	if err != nil {
		return Plan{}, fmt.Errorf("retention: plan: %w", err)
	}
	now := w.registry.Now()
	erased := *f // what is shared is only read
	if erased.Erased.IsZero() {
		erased.Erased = now
	}
	p := w.registry.Policy().At(now)
	return Plan{Policy: p.Version(), Ledger: f.Ledger, Lines: w.lines(p, fates(p, &erased, now, items))}, nil
}

// fate is what an erasure does to an item.
type fate struct {
	item    Item
	end     End
	outcome Outcome
}

// fates decides over facts of a person who is erased, at the instant that was decided. What cannot be told is retained.
func fates(p *purpose.Policy, f *purpose.Facts, at time.Time, items []Item) []fate {
	var all []fate
	for _, i := range items {
		if i.Compartment == "" {
			continue
		}
		e := Due(p, f, i)
		outcome := Retained
		switch {
		case len(e.Holds) > 0:
			outcome = Held
		case e.Ended(at):
			outcome = Destroyed
		}
		all = append(all, fate{item: i, end: e, outcome: outcome})
	}
	return all
}

// keeps returns the compartments with anything that is kept: so are their keys.
func keeps(all []fate) map[purpose.Compartment]bool {
	out := make(map[purpose.Compartment]bool)
	for _, t := range all {
		if t.outcome != Destroyed {
			out[t.item.Compartment] = true
		}
	}
	return out
}

// anonymised returns the compartments that tables anonymise: all their rules say so, also those that do not keep what is erased, and their keys go. Where keys are kept, rows are
// deleted: what is left of a value that a backup still opens, and of which the certificate tells something else, is not anonymised. It follows from the policy alone, and not from
// the person's facts, which an erasure that goes on may find blanked.
func anonymised(p *purpose.Policy, all []fate) map[purpose.Compartment]bool {
	kept := keeps(all)
	out := make(map[purpose.Compartment]bool)
	for _, t := range all {
		c := t.item.Compartment
		if _, seen := out[c]; seen || kept[c] {
			continue
		}
		out[c] = !slices.ContainsFunc(c.Classes(), func(class string) bool {
			rule, _ := ruleIn(versionOf(p, class), class)
			return rule.Then != purpose.Anonymise
		})
	}
	return out
}

// lines says what becomes of each attribute in each compartment. Keys are destroyed by compartment: with anything in it that is
// kept they are kept, and of what ended there only the rows are gone.
func (w *Sweeper) lines(p *purpose.Policy, all []fate) []Line {
	type place struct {
		attribute   purpose.Attribute
		compartment purpose.Compartment
	}
	whose := make(map[place][]*fate)
	kept, anonymised := keeps(all), anonymised(p, all)
	for n := range all {
		t := &all[n]
		for _, a := range t.item.Attributes {
			at := place{a, t.item.Compartment}
			whose[at] = append(whose[at], t)
		}
	}
	var out []Line
	for at, of := range whose {
		of = slices.DeleteFunc(of, func(t *fate) bool { return t.outcome == Destroyed })
		l := Line{Attribute: at.attribute, Compartment: at.compartment, Outcome: Destroyed}
		switch {
		case len(of) > 0:
			l.Outcome, l.Until, l.Why = why(of)
		case kept[at.compartment]:
			l.Outcome = Deleted
		case anonymised[at.compartment] && slices.ContainsFunc(w.tables, func(t Table) bool { return t.anonymises() && slices.Contains(t.Attributes, at.attribute) }):
			l.Outcome = Anonymised
		}
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b Line) int {
		return cmp.Or(cmp.Compare(a.Attribute, b.Attribute), cmp.Compare(a.Compartment, b.Compartment))
	})
	return out
}

// why says why items are kept, and until when. A hold says it before a law does: it ends when somebody releases it.
func why(of []*fate) (Outcome, time.Time, string) {
	var reasons []string
	if slices.ContainsFunc(of, func(t *fate) bool { return t.outcome == Held }) {
		for _, t := range of {
			for _, h := range t.end.Holds {
				reasons = append(reasons, string(h.Purpose))
			}
		}
		return Held, time.Time{}, together(reasons)
	}
	var until time.Time
	unknown := false
	for _, t := range of {
		e := &t.end
		if e.Reason != purpose.Permitted || e.Waits || e.At.IsZero() {
			unknown = true
		} else if e.At.After(until) {
			until = e.At
		}
		cited := false
		for _, r := range e.Rules {
			if r.Waits != e.Waits || r.At.Before(e.At) {
				continue // another keeps it longer
			}
			if r.Rule.Citation != "" {
				reasons, cited = append(reasons, r.Rule.Citation), true
			}
		}
		if !cited {
			reasons = append(reasons, cmp.Or(e.Reason, purpose.FactUnknown).String())
		}
	}
	if unknown {
		until = time.Time{}
	}
	return Retained, until, together(reasons)
}

func together(reasons []string) string {
	slices.Sort(reasons)
	return strings.Join(slices.Compact(reasons), "; ")
}

// needsFacts reports whether what an erasure keeps or ends would be told differently, or opened less, with the ledger's payloads blanked: by a hold,
// by a period that starts with a case or an account, by a purpose that asks for an open case, or because it could not be told even now.
func needsFacts(p *purpose.Policy, all []fate) bool {
	for _, t := range all {
		if t.outcome == Held || t.end.Reason != purpose.Permitted || t.end.Waits {
			return true
		}
		for _, r := range t.end.Rules {
			if !r.Rule.Minimum.IsZero() && (r.Rule.From == purpose.FromCaseClosed || r.Rule.From == purpose.FromAccountClosed) {
				return true
			}
		}
		if t.outcome != Retained {
			continue
		}
		classes := t.item.Compartment.Classes()
		for id := range p.IDs() {
			spec, _ := p.Spec(id)
			if spec.CaseBound && !spec.Retention.Minimum.IsZero() && slices.Contains(classes, cmp.Or(spec.Retention.Class, spec.Domain)) {
				return true
			}
		}
	}
	return false
}
