package consenttest

import (
	"slices"
	"testing"
	"time"

	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// disputes is what the holds of the suite are for.
const disputes purpose.ID = "disputes"

// policy is one with a purpose for holds.
func policy(tb testing.TB) *purpose.Policy {
	tb.Helper()
	p, err := purpose.NewPolicy(purpose.Document{
		Version: "1", Effective: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), Officer: "privacy@example.com",
		Languages: []language.Tag{language.English},
		Purposes: []purpose.Spec{{
			ID: disputes, Domain: "shop", Title: purpose.Text{EN: "Disputes", FR: "Litiges"}, Basis: purpose.LegalGround, Citation: "P-39.1 s. 12",
			Attributes: []purpose.Attribute{"identity.email"}, Operations: []purpose.Operation{purpose.Use},
			Roles:     map[purpose.Role][]purpose.Attribute{"clerk": {"identity.email"}},
			Retention: purpose.Retention{Keep: purpose.Period{Years: 1}, From: purpose.FromCollection},
		}},
	})
	if err != nil {
		tb.Fatalf("NewPolicy: %v", err)
	}
	return p
}

// redactRestraints blanks the ledger of a person with a hold and an erasure that is not done, and goes on from there.
func redactRestraints(tb testing.TB, l consent.Ledger) {
	r, err := consent.NewRegistry(policy(tb), l)
	if err != nil {
		tb.Fatalf("NewRegistry: %v", err)
	}
	defer func() { _ = r.Close() }()
	ctx := tb.Context()
	must := func(what string) func(any, error) {
		return func(_ any, err error) {
			tb.Helper()
			if err != nil {
				tb.Fatalf("%s: %v", what, err)
			}
		}
	}
	facts := func() *purpose.Facts {
		tb.Helper()
		f, err := r.Facts(ctx, someone)
		if err != nil {
			tb.Fatalf("Facts: %v", err)
		}
		return f
	}
	must("PlaceHold")(r.PlaceHold(ctx, someone, purpose.Hold{ID: "h-1", Purpose: disputes, Case: "job-1"}, "letter-7"))
	must("PlaceHold")(r.PlaceHold(ctx, someone, purpose.Hold{ID: "h-2", Purpose: disputes}, "letter-8"))
	must("ReleaseHold")(r.ReleaseHold(ctx, someone, "h-2"))
	must("BeginErasure")(r.BeginErasure(ctx, someone, facts().Ledger, purpose.Erasure{ID: "e-1"}))
	must("FinishErasure")(r.FinishErasure(ctx, someone, "e-1"))
	must("BeginErasure")(r.BeginErasure(ctx, someone, facts().Ledger, purpose.Erasure{ID: "e-2", Compartment: "hourly/office"}))
	before := facts()
	must("Redact")(nil, r.Redact(ctx, someone))
	after := facts()
	holds := []purpose.Hold{{ID: "h-1", Purpose: disputes, Since: before.Holds[0].Since}} // whose case it is on is not known any more
	switch {
	case !after.HoldsKnown:
		tb.Fatal("holds and erasures are not known after Redact")
	case !slices.Equal(after.Holds, holds):
		tb.Fatalf("the holds after Redact are %+v, want %+v", after.Holds, holds)
	case !after.Erased.Equal(before.Erased) || after.Erased.IsZero():
		tb.Fatalf("after Redact the person was erased at %v, want %v", after.Erased, before.Erased)
	case !slices.Equal(after.Erasures, []purpose.Erasure{{ID: "e-2"}}):
		tb.Fatalf("the erasures after Redact are %+v, want the one that is not done", after.Erasures)
	}
	must("FinishErasure")(r.FinishErasure(ctx, someone, "e-2"))
	must("ReleaseHold")(r.ReleaseHold(ctx, someone, "h-1"))
	must("Readmit")(r.Readmit(ctx, someone))
	if end := facts(); len(end.Holds)+len(end.Erasures) > 0 || !end.Erased.IsZero() {
		tb.Fatalf("what was ended after Redact stands: %+v", end)
	}
}

// feedRestraints has holds and erasures begin and end: what begins one comes in the feed, with what it reaches.
func feedRestraints(tb testing.TB, open func() Shared) {
	l, other := open(), open()
	id, _ := joined(tb, l)
	hold, whole, part := brief("h-1", consent.HoldPlaced), brief("e-1", consent.Erasing), brief("e-2", consent.Expiring)
	hold.Purpose, part.Compartment, part.Case = "disputes", "hourly/office", "job-1"
	for i, e := range []consent.Event{
		hold, brief("h-1/released", consent.HoldReleased), whole, brief("e-1/erased", consent.Erased),
		part, brief("e-2/erased", consent.Erased), brief("back", consent.Readmitted),
	} {
		seq, err := other.Append(tb.Context(), someone, uint64(i), e) // at a version, as a registry does
		if err != nil || seq != uint64(i)+1 {
			tb.Fatalf("Append of %s: number %d, error %v", e.Kind, seq, err)
		}
	}
	want := []consent.Change{
		{Position: 1, Subject: someone, Seq: 1, Reach: 1},
		{Position: 2, Subject: someone, Seq: 3, Reach: 2},
		{Position: 3, Subject: someone, Seq: 5, Reach: part.Reach()},
	}
	f := synced(tb, l, consent.Report{Node: id, Number: 1})
	if !slices.Equal(f.Changes, want) {
		tb.Fatalf("changes %v, want %v", f.Changes, want)
	}
}
