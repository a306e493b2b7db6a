package purpose_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/purpose"
)

// keeping is a policy of one purpose with a rule.
func keeping(version string, from time.Time, rule purpose.Retention) purpose.Document {
	d := shop()
	d.Version, d.Effective = version, from
	d.Purposes = []purpose.Spec{{
		ID: "books", Domain: "books", Title: purpose.Text{EN: "x", FR: "x"}, Basis: purpose.LegalGround, Citation: "x",
		Attributes: []purpose.Attribute{email}, Operations: []purpose.Operation{purpose.Collect, purpose.Use},
		Roles: map[purpose.Role][]purpose.Attribute{"clerk": {email}}, Retention: rule,
	}}
	d.Recipients, d.Assessments, d.Prohibitions, d.Rules, d.Terms, d.Statements = nil, nil, nil, purpose.Rules{}, nil, purpose.Statements{}
	return d
}

func endOf(t *testing.T, p *purpose.Policy, collected time.Time, caseID string, f *purpose.Facts) time.Time {
	t.Helper()
	s, reason := p.Scope("books", purpose.Use, "clerk")
	require.Equal(t, purpose.Permitted, reason)
	end, reason := s.End(collected, caseID, f)
	require.Equal(t, purpose.Permitted, reason)
	return end
}

// TestPassedEndStaysPassed takes cases and accounts up again, before and after what they started had run out.
func TestPassedEndStaysPassed(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }
	const ten = 10
	for _, c := range []struct {
		name      string
		collected int
		spans     [][2]int // opened and closed, in order; closed 0: still open
		want      int      // 0: it has not come
	}{
		{"open", 1, [][2]int{{1, 0}}, 0},
		{"closed", 1, [][2]int{{1, 3}}, 13},
		{"taken up again in time", 1, [][2]int{{1, 3}, {12, 0}}, 0},
		{"taken up again at the end", 1, [][2]int{{1, 3}, {13, 0}}, 13},
		{"taken up again too late", 1, [][2]int{{1, 3}, {20, 0}}, 13},
		{"taken up again too late, and closed", 1, [][2]int{{1, 3}, {20, 25}}, 13},
		{"in time, and then too late", 1, [][2]int{{1, 3}, {5, 7}, {30, 0}}, 17},
		{"collected after all that", 21, [][2]int{{1, 3}, {20, 25}}, 35},
		{"collected in between", 15, [][2]int{{1, 3}, {20, 25}}, 35},
		{"collected in between, and too late", 5, [][2]int{{1, 3}, {20, 25}}, 15},
		{"opened too late", 1, [][2]int{{20, 0}}, 11},
		{"opened in time", 1, [][2]int{{9, 0}}, 0},
	} {
		build := func() (status purpose.CaseStatus, opened, closed time.Time, ended []purpose.Span) {
			for n, s := range c.spans {
				status, opened, closed = purpose.CaseOpen, day(s[0]), time.Time{}
				if s[1] > 0 {
					status, closed = purpose.CaseClosed, day(s[1])
				}
				if n+1 < len(c.spans) {
					ended = append(ended, purpose.Span{Opened: opened, Closed: closed, Reopened: day(c.spans[n+1][0])})
				}
			}
			return status, opened, closed, ended
		}
		status, opened, closed, ended := build()
		want := time.Time{}
		if c.want > 0 {
			want = day(c.want)
		}
		one := purpose.Case{Status: status, Opened: opened, Closed: closed, Ended: ended}
		rule := purpose.Retention{Keep: purpose.Period{Days: ten}, From: purpose.FromCaseClosed}
		p := policy(t, keeping("1", day(1), rule))
		f := &purpose.Facts{Complete: true, Cases: map[string]purpose.Case{"a": one}}
		assert.Equal(t, want, endOf(t, p, day(c.collected), "a", f), "%s: of the case", c.name)
		assert.Equal(t, want, endOf(t, p, day(c.collected), "", f), "%s: of no case", c.name)
		// The same, as stretches of different cases.
		f = &purpose.Facts{Complete: true, Cases: map[string]purpose.Case{}}
		for n, s := range c.spans {
			one := purpose.Case{Status: purpose.CaseOpen, Opened: day(s[0])}
			if s[1] > 0 {
				one.Status, one.Closed = purpose.CaseClosed, day(s[1])
			}
			f.Cases[string(rune('a'+n))] = one
		}
		assert.Equal(t, want, endOf(t, p, day(c.collected), "", f), "%s: of several", c.name)
		rule.From = purpose.FromAccountClosed
		f = &purpose.Facts{Complete: true, Account: purpose.Account{Status: status, Opened: opened, Closed: closed, Ended: ended}}
		assert.Equal(t, want, endOf(t, policy(t, keeping("1", day(1), rule)), day(c.collected), "", f), "%s: of the account", c.name)
	}
}

// TestLongerVersionRevivesNothing lengthens a period before and after it had run out.
func TestLongerVersionRevivesNothing(t *testing.T) {
	t.Parallel()
	year := func(n int) time.Time { return time.Date(n, 1, 1, 0, 0, 0, 0, time.UTC) }
	of := func(years int) purpose.Retention {
		return purpose.Retention{Keep: purpose.Period{Years: years}, From: purpose.FromCollection}
	}
	history := func(rules ...int) *purpose.Policy {
		var versions []purpose.Published
		for n, years := range rules {
			v, err := purpose.Publish(keeping(string(rune('1'+n)), year(2020+2*n), of(years)))
			require.NoError(t, err)
			versions = append(versions, v)
		}
		h, err := purpose.NewHistory(versions...)
		require.NoError(t, err)
		return h.At(year(2020 + 2*len(rules)))
	}
	f := &purpose.Facts{Complete: true}
	p := history(1, 5)
	assert.Equal(t, year(2021), endOf(t, p, year(2020), "", f), "it had run out under the first")
	assert.Equal(t, year(2022), endOf(t, p, year(2021), "", f), "at the very instant the second came into force")
	assert.Equal(t, year(2022).Add(time.Hour).AddDate(4, 0, 0), endOf(t, p, year(2021).Add(time.Hour), "", f), "it had not")
	assert.Equal(t, year(2021), endOf(t, history(5, 1), year(2020), "", f), "a shorter one holds at once")
	assert.Equal(t, year(2021), endOf(t, history(1, 5, 9), year(2020), "", f))
	assert.Equal(t, year(2021).Add(time.Hour).AddDate(9, 0, 0), endOf(t, history(1, 5, 9), year(2021).Add(time.Hour), "", f))
	assert.Equal(t, purpose.RetentionExpired, p.Decide(purpose.Request{
		Purpose: "books", Operation: purpose.Use, Actor: purpose.Actor{Role: "clerk", ID: "c"}, Attribute: email, CollectedFor: []purpose.ID{"books"},
		CollectedAt: year(2020), Time: year(2023),
	}, f).Reason)
}

// TestEndsNeverComeBack plays random stories of a case and of versions: once a value has been found ended, it is found ended for ever.
func TestEndsNeverComeBack(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	ended := 0
	for range 3000 {
		var versions []purpose.Published
		from := []purpose.Trigger{purpose.FromCaseClosed, purpose.FromAccountClosed, purpose.FromCollection}[rng.IntN(3)]
		for n := range 1 + rng.IntN(3) {
			v, err := purpose.Publish(keeping(string(rune('1'+n)), start.AddDate(0, 0, 25*n), purpose.Retention{Keep: purpose.Period{Days: 2 + rng.IntN(20)}, From: from}))
			require.NoError(t, err)
			versions = append(versions, v)
		}
		h, err := purpose.NewHistory(versions...)
		require.NoError(t, err)
		collected := start.AddDate(0, 0, rng.IntN(10))
		var c purpose.Case
		c.Status = purpose.CaseAbsent
		over := false
		for d := range 90 {
			now := start.AddDate(0, 0, d)
			switch {
			case rng.IntN(6) > 0:
			case c.Status == purpose.CaseOpen:
				c.Status, c.Closed = purpose.CaseClosed, now
			default:
				if c.Status == purpose.CaseClosed {
					c.Ended = append(c.Ended[:len(c.Ended):len(c.Ended)], purpose.Span{Opened: c.Opened, Closed: c.Closed, Reopened: now})
				}
				c.Status, c.Opened, c.Closed = purpose.CaseOpen, now, time.Time{}
			}
			f := &purpose.Facts{Complete: true, Cases: map[string]purpose.Case{"a": c}, Account: purpose.Account{Status: c.Status, Opened: c.Opened, Closed: c.Closed, Ended: c.Ended}}
			if now.Before(collected) {
				continue
			}
			end := endOf(t, h.At(now), collected, "a", f)
			is := !end.IsZero() && !now.Before(end)
			require.False(t, over && !is, "day %d: %v %+v", d, collected, f)
			over = is
		}
		if over {
			ended++
		}
	}
	assert.Greater(t, ended, 500)
}
