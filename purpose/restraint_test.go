package purpose_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/purpose"
)

// kept is a shop in which statistics must be preserved for a while by law.
func kept() purpose.Document {
	d := shop()
	for i := range d.Purposes {
		if d.Purposes[i].ID == statistics {
			r := &d.Purposes[i].Retention
			r.Minimum, r.Citation = purpose.Period{Months: 1}, "some law"
		}
	}
	return d
}

func TestHoldsAndErasures(t *testing.T) {
	t.Parallel()
	p := policy(t, kept())
	hold := func(id purpose.ID, caseID string) func(*purpose.Facts, *purpose.Request) {
		return func(f *purpose.Facts, _ *purpose.Request) {
			f.Holds = append(f.Holds, purpose.Hold{ID: "h", Purpose: id, Case: caseID, Since: noon})
		}
	}
	erased := func(f *purpose.Facts, _ *purpose.Request) { f.Erased = noon }
	of := func(caseID string) func(*purpose.Facts, *purpose.Request) {
		return func(_ *purpose.Facts, r *purpose.Request) { r.Case = caseID }
	}
	begin := func(_ *purpose.Facts, r *purpose.Request) { r.Attribute, r.CollectedFor = "", nil }
	collect := func(into purpose.Compartment) func(*purpose.Facts, *purpose.Request) {
		return func(_ *purpose.Facts, r *purpose.Request) { r.Operation, r.Compartment = purpose.Collect, into }
	}
	erasing := func(c purpose.Compartment) func(*purpose.Facts, *purpose.Request) {
		return func(f *purpose.Facts, _ *purpose.Request) {
			f.Erasures = append(f.Erasures, purpose.Erasure{ID: "e", Compartment: c})
		}
	}
	unknown := func(f *purpose.Facts, _ *purpose.Request) { f.Complete, f.HoldsKnown = false, false }
	type step = func(*purpose.Facts, *purpose.Request)
	for _, test := range []struct {
		name  string
		id    purpose.ID
		steps []step
		want  purpose.Reason
	}{
		{"nothing", newsletter, nil, purpose.Permitted},
		{"holds not known", statistics, []step{unknown}, purpose.FactUnknown},
		{"holds known by themselves", statistics, []step{func(f *purpose.Facts, _ *purpose.Request) { f.Complete, f.HoldsKnown = false, true }}, purpose.Permitted},
		{"a hold for another purpose", newsletter, []step{hold(service, "")}, purpose.RestrictedToHold},
		{"its own hold", newsletter, []step{hold(newsletter, "")}, purpose.Permitted},
		{"a hold for what is above it", newsletter, []step{hold(newsletter.Parent(), "")}, purpose.Permitted},
		{"two holds", newsletter, []step{hold(newsletter, ""), hold(service, "")}, purpose.RestrictedToHold},
		{"a hold on its case", newsletter, []step{hold(service, "c"), of("c")}, purpose.RestrictedToHold},
		{"a hold on another case", newsletter, []step{hold(service, "c"), of("d")}, purpose.Permitted},
		{"a hold on a case it is not of", newsletter, []step{hold(service, "c")}, purpose.Permitted},
		{"a use may begin beside a hold on a case", newsletter, []step{hold(service, "c"), begin}, purpose.Permitted},
		{"and none under a hold on everything", newsletter, []step{hold(service, ""), begin}, purpose.RestrictedToHold},
		{"collecting under a hold", newsletter, []step{hold(service, ""), collect("")}, purpose.Permitted},
		{"erased", newsletter, []step{erased}, purpose.RestrictedToHold},
		{"erased, at the door", newsletter, []step{erased, begin}, purpose.RestrictedToHold},
		{"erased, and a law keeps", statistics, []step{erased}, purpose.Permitted},
		{"erased, and a law keeps, for longer than it must", statistics, []step{erased, func(_ *purpose.Facts, r *purpose.Request) { r.CollectedAt = noon.AddDate(0, -1, 0) }}, purpose.RetentionExpired},
		{"erased, and its own hold on the case", newsletter, []step{erased, hold(newsletter, "c"), of("c")}, purpose.Permitted},
		{"erased, and its own hold on another case", newsletter, []step{erased, hold(newsletter, "c"), of("d")}, purpose.RestrictedToHold},
		{"erased, a law keeps, and a hold is for another", statistics, []step{erased, hold(newsletter, "")}, purpose.RestrictedToHold},
		{"collecting of who was erased", newsletter, []step{erased, collect("")}, purpose.Erased},
		{"collecting into what is being erased", newsletter, []step{erasing("a/b"), collect("a/b")}, purpose.ErasureRunning},
		{"collecting into something else", newsletter, []step{erasing("a/b"), collect("a/c")}, purpose.Permitted},
		{"collecting while everything is being erased", newsletter, []step{erasing(""), collect("a/c")}, purpose.ErasureRunning},
		{"using beside what is being erased", newsletter, []step{erasing("a/b")}, purpose.Permitted},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f, r := knowing(), ask(test.id)
			for _, step := range test.steps {
				step(f, &r)
			}
			d := p.Decide(r, f)
			assert.Equal(t, test.want, d.Reason)
			if d.Allowed() {
				assert.NotZero(t, d.Trace&purpose.FieldHolds)
			}
			if r.Operation == purpose.Use && p.Possible(r) == nil {
				q, err := p.Prepare(r)
				require.NoError(t, err)
				assert.Equal(t, d, q.Decide(r.Time, f), "what is compiled answers the same")
			}
		})
	}
}

// TestRestraintsKeepTheLaws asks random questions over random holds and erasures: more of them never permit more, not knowing them never permits, and a narrowed scope
// agrees with the decision.
func TestRestraintsKeepTheLaws(t *testing.T) {
	t.Parallel()
	p := policy(t, kept())
	rng := rand.New(rand.NewPCG(1, 2))
	ids := []purpose.ID{newsletter, newsletter.Parent(), service, statistics, orders}
	cases := []string{"", "c", "d"}
	permitted, denied := 0, 0
	for range 20_000 {
		f, r := knowing(), ask(ids[[]int{0, 2, 3}[rng.IntN(3)]])
		if r.Case == "" {
			r.Case = cases[rng.IntN(3)]
		}
		r.CollectedAt = noon.Add(-time.Duration(rng.IntN(90)) * 24 * time.Hour)
		for range rng.IntN(3) {
			f.Holds = append(f.Holds, purpose.Hold{ID: "h", Purpose: ids[rng.IntN(len(ids))], Case: cases[rng.IntN(3)]})
		}
		if rng.IntN(3) == 0 {
			f.Erased = noon.AddDate(0, 0, -1)
		}
		before := p.Decide(r, f)
		if before.Allowed() {
			permitted++
			scope, reason := p.Scope(r.Purpose, r.Operation, r.Actor.Role)
			require.Equal(t, purpose.Permitted, reason)
			scope = scope.Narrow(p, r, f)
			require.Equal(t, purpose.Permitted, scope.Restrained(r.Case, f))
			_, reason = scope.Live(r.CollectedAt, r.Time, r.Case, f)
			require.Equal(t, purpose.Permitted, reason)
		} else {
			denied++
		}
		more := *f
		switch rng.IntN(3) {
		case 0:
			more.Holds = append(more.Holds[:len(more.Holds):len(more.Holds)], purpose.Hold{ID: "x", Purpose: ids[rng.IntN(len(ids))], Case: cases[rng.IntN(3)]})
			if !f.Erased.IsZero() {
				more = *f // of who was erased a hold keeps more, and so opens more to its own purpose
			}
		case 1:
			more.Erased = noon.AddDate(0, 0, -1)
		case 2:
			more.Erasures = append(more.Erasures, purpose.Erasure{ID: "e"})
		}
		require.False(t, !before.Allowed() && p.Decide(r, &more).Allowed(), "%+v %+v %+v", r, f, more)
		f.Complete, f.HoldsKnown = false, false
		require.False(t, p.Decide(r, f).Allowed())
	}
	assert.Greater(t, permitted, 2_000)
	assert.Greater(t, denied, 2_000)
}
