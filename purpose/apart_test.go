package purpose_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/purpose"
)

// A prohibition beats whatever was granted, contracted, assessed or ordered: no facts and no papers open what it covers.
func TestProhibitionBeatsEveryGrant(t *testing.T) {
	t.Parallel()
	hold(t, func(w *world) (bool, bool) {
		spoke := w.policy.Decide(w.ask, w.facts).Allowed()
		forbidden := w.ask.Operation
		if forbidden < purpose.Collect || forbidden > purpose.Maintenance {
			return true, false
		}
		d := w.doc
		d.Prohibitions = append(slices.Clip(d.Prohibitions), purpose.Prohibition{
			Name: "beats", Title: purpose.Text{EN: "t", FR: "t"}, Within: pick(w, "", w.ask.Purpose, ancestorOf(w.ask.Purpose)), Operations: []purpose.Operation{forbidden},
		})
		p, err := purpose.NewPolicy(d)
		if err != nil {
			panic(err)
		}
		for range 8 {
			f := w.someFacts()
			f.Complete, f.Consumed = true, nil
			for _, id := range []purpose.ID{"p", "p.q", "p.q.r", "s"} {
				f.Consents[id] = purpose.Consent{Status: purpose.Given, Operations: math.MaxUint16, Policy: w.doc.Version, Request: "q"}
			}
			ask := w.request()
			ask.Purpose, ask.Operation = w.ask.Purpose, forbidden
			if p.Decide(ask, f).Allowed() || p.Possible(ask) == nil {
				return false, true
			}
		}
		return true, spoke
	})
}

func ancestorOf(id purpose.ID) purpose.ID {
	if up := id.Parent(); up != "" {
		return up
	}
	return id
}

// What is added elsewhere, a purpose, a recipient, a prohibition, a consent or a case, changes no decision here.
func TestElsewhereChangesNothingHere(t *testing.T) {
	t.Parallel()
	hold(t, func(w *world) (bool, bool) {
		before := w.policy.Decide(w.ask, w.facts)
		d := w.doc
		other := w.doc.Purposes[w.rnd.IntN(len(w.doc.Purposes))]
		other.ID, other.Domain = "elsewhere", "elsewhere"
		other.Attributes = append(other.Attributes[:len(other.Attributes):len(other.Attributes)], "z.new")
		// The new attribute shares its category with none here: else a reason may name the category where it named the attribute.
		d.Purposes = append(slices.Clip(d.Purposes), other)
		d.Recipients = append(slices.Clip(d.Recipients), purpose.Recipient{
			ID: "newcomer", Name: "n", Role: pick[purpose.Role](w, "near", "far", "novel"), Kind: purpose.Processor, Jurisdiction: "US",
		})
		d.Prohibitions = append(slices.Clip(d.Prohibitions), purpose.Prohibition{
			Name: "there", Title: purpose.Text{EN: "t", FR: "t"}, Within: "elsewhere", Operations: []purpose.Operation{purpose.Use, purpose.Disclose},
		})
		p, err := purpose.NewPolicy(d)
		if err != nil {
			panic(err)
		}
		f := clone(w.facts)
		f.Consents["elsewhere"] = purpose.Consent{Status: pick(w, purpose.Given, purpose.Withdrawn, purpose.Refused), Since: noon, Operations: math.MaxUint16, Policy: "1"}
		return p.Decide(w.ask, f) == before, before.Allowed()
	})
}

// Zero, nil and cancelled things deny, whatever else is right.
func TestNewZeroesDeny(t *testing.T) {
	t.Parallel()
	var q *purpose.Question
	require.False(t, q.Decide(noon, knowing()).Allowed())
	require.False(t, new(purpose.Question).Decide(noon, knowing()).Allowed())
	good, err := policy(t, shop()).Prepare(ask(newsletter))
	require.NoError(t, err)
	require.False(t, good.Decide(time.Time{}, knowing()).Allowed())
	require.False(t, good.Decide(noon, nil).Allowed())
	for _, spoil := range []func(*purpose.Request){
		func(r *purpose.Request) { r.Purpose = "" },
		func(r *purpose.Request) { r.Operation = purpose.Sell },
		func(r *purpose.Request) { r.Actor.ID = "" },
		func(r *purpose.Request) { r.Actor.Role = "" },
		func(r *purpose.Request) { r.CollectedFor = nil },
		func(r *purpose.Request) { r.Attribute = card },
	} {
		r := ask(newsletter)
		spoil(&r)
		_, err := policy(t, shop()).Prepare(r)
		require.ErrorIs(t, err, purpose.ErrDenied)
	}
	_, err = (*purpose.Policy)(nil).Prepare(ask(newsletter))
	require.ErrorIs(t, err, purpose.UnknownPolicy)
	require.False(t, new(purpose.Policy).Decide(ask(newsletter), knowing()).Allowed())
}

// A compiled request answers what the request would.
func TestQuestionIsDecide(t *testing.T) {
	t.Parallel()
	hold(t, func(w *world) (bool, bool) {
		q, err := w.policy.Prepare(w.ask)
		if err != nil {
			return !w.policy.Decide(w.ask, w.facts).Allowed(), false
		}
		return q.Decide(w.ask.Time, w.facts) == w.policy.Decide(w.ask, w.facts), w.policy.Decide(w.ask, w.facts).Allowed()
	})
}
