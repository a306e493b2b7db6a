package purpose_test

import (
	"math"
	"testing"
	"time"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/purpose"
)

// begun answers a request the way package pii does: Decide once without the value, then the scope at the value.
func begun(w *world) (purpose.Reason, time.Time) {
	r := w.ask
	r.Attribute = ""
	d := w.policy.Decide(r, w.facts)
	if !d.Allowed() {
		return d.Reason, time.Time{}
	}
	s, reason := w.policy.Scope(r.Purpose, r.Operation, r.Actor.Role)
	if reason != purpose.Permitted {
		return reason, time.Time{}
	}
	s = s.Narrow(w.policy, r, w.facts)
	ordinal, ok := w.policy.AttributeOrdinal(w.ask.Attribute)
	if !ok {
		return purpose.UnknownAttribute, time.Time{}
	}
	if reason := s.Attribute(ordinal); reason != purpose.Permitted && (reason != purpose.DeidentifiedOnly || !r.Derive) {
		return reason, time.Time{}
	}
	if s.CaseBound() && r.Case != "" && r.Case != r.Actor.Case {
		return purpose.CaseMismatch, time.Time{}
	}
	if !s.Exempt() {
		found := false
		for _, id := range r.CollectedFor {
			n, _ := w.policy.Ordinal(id)
			found = found || n == s.Ordinal()
		}
		if !found {
			return purpose.NotCollectedForPurpose, time.Time{}
		}
	}
	if reason := s.Released(ordinal); reason != purpose.Permitted {
		return reason, time.Time{}
	}
	end, reason := s.Live(r.CollectedAt, r.Time, r.Case, w.facts)
	if reason == purpose.Permitted && (end.IsZero() || !d.Until.IsZero() && d.Until.Before(end)) {
		end = d.Until
	}
	return reason, end
}

func TestScopeIsDecide(t *testing.T) {
	t.Parallel()
	hold(t, func(w *world) (bool, bool) {
		if w.ask.Attribute == "" {
			return true, false
		}
		reason, until := begun(w)
		d := w.policy.Decide(w.ask, w.facts)
		r := w.ask
		r.Attribute = ""
		if !w.policy.Decide(r, w.facts).Allowed() {
			// A rule on the value may come first, so the reasons may differ. The answer may not.
			return !d.Allowed() && reason != purpose.Permitted, false
		}
		return d.Reason == reason && d.Until.Equal(until), true
	})
}

// The shortcut never says live of a value that the full rule denies.
func TestSurelyLiveIsSound(t *testing.T) {
	t.Parallel()
	hold(t, func(w *world) (bool, bool) {
		s, reason := w.policy.Scope(w.ask.Purpose, w.ask.Operation, w.ask.Actor.Role)
		if reason != purpose.Permitted || !s.Known(w.facts) {
			return true, false
		}
		// Where it matters: a little before and after the bound, with odd fractions of a second.
		spec, _ := w.policy.Spec(w.ask.Purpose)
		keep := spec.Retention.Keep
		bound := int64(365*keep.Years+28*keep.Months+keep.Days) * 86400
		at := w.when().Add(time.Duration(w.rnd.IntN(1e9)))
		now := time.Unix(at.Unix()+bound+int64(w.rnd.IntN(5))-2, int64(w.rnd.IntN(1e9)))
		if w.chance(20) {
			now = w.when()
		}
		live := s.SurelyLive(at.Unix(), now.Unix())
		if past := now.Unix() >= at.Unix()+bound; live == (past || now.Unix() < at.Unix()) {
			return false, true
		}
		if !live {
			return true, false
		}
		for _, caseID := range []string{"", "1", "2", "5"} {
			if _, reason := s.Live(at, now, caseID, w.facts); reason != purpose.Permitted {
				return false, true
			}
		}
		return true, true
	})
}

// No period is shorter than the shortcut counts, whatever the day it starts.
func TestLeastDays(t *testing.T) {
	t.Parallel()
	d := shop()
	for _, keep := range []purpose.Period{
		{Days: 1}, {Months: 1}, {Months: 13}, {Years: 1}, {Years: 1, Months: 1}, {Years: 4, Months: 25, Days: 3}, {Years: 100},
	} {
		for i := range d.Purposes {
			if d.Purposes[i].Domain == "marketing" {
				d.Purposes[i].Retention.Keep = keep
			}
		}
		s, reason := policy(t, d).Scope(newsletter, purpose.Use, "mailer")
		require.Equal(t, purpose.Permitted, reason)
		bound := int64(365*keep.Years+28*keep.Months+keep.Days) * 86400
		for at := time.Date(2095, 1, 1, 5, 0, 0, 0, time.UTC); at.Year() < 2106; at = at.AddDate(0, 0, 1) {
			end, reason := s.End(at, "", nil)
			require.Equal(t, purpose.Permitted, reason)
			require.GreaterOrEqual(t, end.Unix(), at.Unix()+bound, "%v from %v", keep, at)
		}
	}
}

func TestSurelyLiveOfGarbage(t *testing.T) {
	t.Parallel()
	s, _ := policy(t, shop()).Scope(newsletter, purpose.Use, "mailer")
	now := noon.Unix()
	for _, c := range []struct {
		at, now int64
		want    bool
	}{
		{now, now, true},
		{now - 365*86400 + 1, now, true},
		{now - 365*86400, now, false},
		{now + 1, now, false},
		{time.Time{}.Unix(), time.Time{}.Unix() + 5, false},
		{math.MinInt64, math.MinInt64, false},
		{math.MaxInt64, math.MaxInt64, false},
		{math.MaxInt64, math.MinInt64, false},
		{math.MinInt64, math.MaxInt64, false},
		{now, math.MinInt64, false},
		{now, math.MaxInt64, false},
		{-now, math.MinInt64, false},
		{-now, math.MaxInt64, false},
	} {
		assert.Equal(t, c.want, s.SurelyLive(c.at, c.now), "%d %d", c.at, c.now)
	}
	parameters := gopter.DefaultTestParameters()
	properties := gopter.NewProperties(parameters)
	properties.Property("a collection the full rule calls malformed is never surely live", prop.ForAll(func(at, now int64) bool {
		if !s.SurelyLive(at, now) {
			return true
		}
		_, reason := s.Live(time.Unix(at, 0), time.Unix(now, 0), "", nil)
		return reason == purpose.Permitted
	}, gen.Int64(), gen.Int64()))
	properties.TestingRun(t)
}

func TestScope(t *testing.T) {
	t.Parallel()
	p := policy(t, shop())
	for _, c := range []struct {
		id   purpose.ID
		op   purpose.Operation
		role purpose.Role
		want purpose.Reason
	}{
		{newsletter, purpose.Use, "mailer", purpose.Permitted},
		{"", purpose.Use, "mailer", purpose.Malformed},
		{newsletter, 0, "mailer", purpose.Malformed},
		{newsletter, purpose.Sell, "mailer", purpose.ProhibitedOperation},
		{newsletter, purpose.Sell + 1, "mailer", purpose.Malformed},
		{"sales", purpose.Use, "mailer", purpose.UnknownPurpose},
		{newsletter, purpose.Use, "", purpose.ActorNotAuthorized},
		{newsletter, purpose.Use, "agent", purpose.ActorNotAuthorized},
		{newsletter, purpose.Combine, "mailer", purpose.OperationNotInPurpose},
	} {
		s, reason := p.Scope(c.id, c.op, c.role)
		assert.Equal(t, c.want, reason)
		assert.Equal(t, c.want == purpose.Permitted, s != nil)
	}

	s, _ := p.Scope(newsletter, purpose.Use, "mailer")
	for i, want := range []purpose.Reason{purpose.Permitted, purpose.AttributeNotForRole, purpose.CategoryNotInPurpose, purpose.CategoryNotInPurpose} {
		assert.Equal(t, want, s.Attribute(uint16(i)), i)
	}
	for _, n := range []uint16{4, 63, 64, 4096, 65535} {
		assert.Equal(t, purpose.UnknownAttribute, s.Attribute(n))
	}
	for id, exempt := range map[purpose.ID]map[purpose.Operation]bool{
		newsletter: {purpose.Use: false, purpose.Erase: false, purpose.Collect: true, purpose.Rights: true, purpose.Maintenance: true},
		orders:     {purpose.Use: true, purpose.Disclose: true},
	} {
		for op, want := range exempt {
			s, reason := p.Scope(id, op, ask(id).Actor.Role)
			require.Equal(t, purpose.Permitted, reason)
			assert.Equal(t, want, s.Exempt(), "%s %s", id, op)
		}
	}
}

func TestZeroScopeDenies(t *testing.T) {
	t.Parallel()
	var s purpose.Scope
	assert.Equal(t, purpose.Undecided, s.Attribute(0))
	assert.False(t, s.Exempt())
	assert.True(t, s.CaseBound())
	assert.Zero(t, s.Ordinal())
	assert.False(t, s.Known(knowing()))
	assert.False(t, s.SurelyLive(noon.Unix(), noon.Unix()))
	_, reason := s.End(noon, "", knowing())
	assert.Equal(t, purpose.Undecided, reason)
	_, reason = s.Live(noon, noon, "", knowing())
	assert.Equal(t, purpose.Undecided, reason)
}
