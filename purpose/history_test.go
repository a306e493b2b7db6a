package purpose_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/purpose"
)

// of returns the declaration of a purpose, to be changed.
func of(d *purpose.Document, id purpose.ID) *purpose.Spec {
	i := slices.IndexFunc(d.Purposes, func(s purpose.Spec) bool { return s.ID == id })
	return &d.Purposes[i]
}

// version is the shop's policy as of another day.
func version(name string, effective time.Time, edit func(*purpose.Document)) purpose.Document {
	d := shop()
	d.Version, d.Effective = name, effective
	if edit != nil {
		edit(&d)
	}
	return d
}

func history(tb testing.TB, documents ...purpose.Document) *purpose.History {
	tb.Helper()
	var all []purpose.Published
	for _, d := range documents {
		p, err := purpose.Publish(d)
		require.NoError(tb, err)
		all = append(all, p)
	}
	h, err := purpose.NewHistory(all...)
	require.NoError(tb, err)
	return h
}

var (
	first  = noon.Add(-days(365))
	second = noon.Add(-days(1))
	third  = noon.Add(days(30))
)

func TestHistoryAnswersByTheVersionInForce(t *testing.T) {
	t.Parallel()
	const events purpose.ID = "events"
	h := history(t,
		version("1", first, nil),
		version("2", second, func(d *purpose.Document) { of(d, newsletter).Roles["mailer"] = []purpose.Attribute{email, name} }),
		version("3", third, func(d *purpose.Document) {
			s := *of(d, newsletter)
			s.ID = events
			d.Purposes = append(d.Purposes, s)
		}),
	)
	f := knowing()
	for id, c := range f.Consents {
		c.Policy = "1"
		f.Consents[id] = c
	}
	r := ask(newsletter)
	for _, p := range slices.Collect(h.Versions()) { // whichever is asked
		r.Time = second.Add(-1)
		d := p.Decide(r, f)
		assert.Equal(t, purpose.Permitted, d.Reason)
		assert.Equal(t, "1", d.Policy)
		assert.Equal(t, second, d.Until, "a later version decides anew")
		r.Time = second
		assert.Equal(t, "2", p.Decide(r, f).Policy)
		r.Time = third
		assert.Equal(t, "3", p.Decide(r, f).Policy)
		r.Time = first.Add(-1)
		assert.Equal(t, purpose.NotYetEffective, p.Decide(r, f).Reason)

		next := r
		next.Purpose, next.CollectedFor, next.Time = events, []purpose.ID{events}, noon
		assert.Equal(t, purpose.NotYetEffective, p.Decide(next, f).Reason, "a purpose of a version to come")
		next.Time = third
		assert.Equal(t, purpose.ConsentUnknown, p.Decide(next, f).Reason)
		next.Purpose = "event"
		assert.Equal(t, purpose.UnknownPurpose, p.Decide(next, f).Reason)

		q, err := p.Prepare(ask(newsletter))
		require.NoError(t, err)
		for _, at := range []time.Time{first.Add(-1), second.Add(-1), second, third} {
			r := ask(newsletter)
			r.Time = at
			assert.Equal(t, p.Decide(r, f), q.Decide(at, f), "a compiled request is of no version")
		}
	}
	assert.Equal(t, "1", h.At(first.Add(-1)).Version())
	assert.Equal(t, "2", h.At(noon).Version())
	assert.Equal(t, "3", h.Policy().Version())
	p, ok := h.Policy().Numbered(2)
	require.True(t, ok)
	assert.Equal(t, "2", p.Version())
	for _, n := range []uint16{0, 4} {
		_, ok := h.Policy().Numbered(n)
		assert.False(t, ok)
	}
}

// Consent holds for what was not widened since it was given, and a version that takes the widening back revives nothing.
func TestConsentAcrossVersions(t *testing.T) {
	t.Parallel()
	far := func(d *purpose.Document) {
		of(d, marketing).Recipients = append(of(d, marketing).Recipients, "pollster")
		of(d, newsletter).Recipients = append(of(d, newsletter).Recipients, "pollster")
	}
	without := func(d *purpose.Document) {
		d.Purposes = slices.DeleteFunc(d.Purposes, func(s purpose.Spec) bool { return s.ID == newsletter })
		d.Recipients = nil
		of(d, marketing).Roles = map[purpose.Role][]purpose.Attribute{"mailer": nil}
	}
	for name, c := range map[string]struct {
		then, later func(*purpose.Document)
		given       string
		newsletter  purpose.Reason
		payment     purpose.Reason
	}{
		"a slip of the pen":          {func(d *purpose.Document) { of(d, newsletter).Title.EN += "." }, nil, "1", purpose.Permitted, purpose.Permitted},
		"another role of recipients": {far, far, "1", purpose.NeedsRenewal, purpose.Permitted},
		"renewed":                    {far, far, "2", purpose.Permitted, purpose.Permitted},
		"widened, and taken back":    {far, nil, "1", purpose.NeedsRenewal, purpose.Permitted},
		"given to the wider":         {far, nil, "2", purpose.Permitted, purpose.Permitted},
		"narrowed": {
			func(d *purpose.Document) { of(d, newsletter).Recipients = nil }, nil, "1", purpose.NeedsRenewal, purpose.Permitted,
		},
		"removed, and there again": {without, nil, "1", purpose.NeedsRenewal, purpose.Permitted},
		"removed":                  {nil, without, "1", purpose.UnknownPurpose, purpose.Permitted},
		"kept longer": {
			func(d *purpose.Document) {
				of(d, newsletter).Retention = purpose.Retention{Class: "letters", Keep: purpose.Period{Years: 2}, From: purpose.FromCollection}
			},
			func(d *purpose.Document) {
				of(d, newsletter).Retention = purpose.Retention{Class: "letters", Keep: purpose.Period{Years: 2}, From: purpose.FromCollection}
			},
			"1", purpose.NeedsRenewal, purpose.Permitted,
		},
		"a recipient moved": {
			func(d *purpose.Document) { d.Recipients[0].Storage = []purpose.Jurisdiction{"US"} },
			func(d *purpose.Document) { d.Recipients[0].Storage = []purpose.Jurisdiction{"US"} },
			"1", purpose.NeedsRenewal, purpose.Permitted,
		},
		"another role inside": {
			func(d *purpose.Document) { of(d, newsletter).Roles["clerk"] = []purpose.Attribute{email} }, nil, "1", purpose.Permitted, purpose.Permitted,
		},
		"a prohibition lifted": {nil, nil, "0", purpose.NeedsRenewal, purpose.Permitted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prohibits := func(d *purpose.Document) {
				d.Prohibitions = []purpose.Prohibition{{
					Name: "none", Title: purpose.Text{EN: "t", FR: "t"}, Within: newsletter, Operations: []purpose.Operation{purpose.Disclose},
				}}
			}
			h := history(t, version("0", first.Add(-1), prohibits), version("1", first, nil), version("2", second.Add(-1), c.then), version("3", second, c.later))
			f := knowing()
			for id, consent := range f.Consents {
				consent.Policy = c.given
				f.Consents[id] = consent
			}
			assert.Equal(t, c.newsletter, h.Policy().Decide(ask(newsletter), f).Reason)
			assert.Equal(t, c.payment, h.Policy().Decide(ask(payment), f).Reason, "other purposes are as they were")
			f.Consents[newsletter] = purpose.Consent{Status: purpose.Withdrawn, Policy: c.given}
			assert.NotEqual(t, purpose.Permitted, h.Policy().Decide(ask(newsletter), f).Reason)
		})
	}
}

// Where the ground is a notice, a widened purpose needs another.
func TestNoticeAcrossVersions(t *testing.T) {
	t.Parallel()
	wider := func(d *purpose.Document) { of(d, support).Attributes = append(of(d, support).Attributes, card) }
	h := history(t, version("1", first, nil), version("2", second, wider))
	f := knowing()
	f.Notice.Policy = "1"
	assert.Equal(t, purpose.NoticeRequired, h.Policy().Decide(ask(support), f).Reason)
	assert.Equal(t, purpose.Permitted, h.Policy().Decide(ask(service), f).Reason)
	f.Notice.Policy = "2"
	assert.Equal(t, purpose.Permitted, h.Policy().Decide(ask(support), f).Reason)
}

func TestHistoryEnded(t *testing.T) {
	t.Parallel()
	without := func(d *purpose.Document) {
		d.Purposes = slices.DeleteFunc(d.Purposes, func(s purpose.Spec) bool { return s.ID == statistics })
	}
	h := history(t, version("1", first, nil), version("2", second, without))
	end, rule, ok := h.Ended(statistics)
	assert.True(t, ok)
	assert.Equal(t, second, end)
	assert.Equal(t, purpose.Period{Years: 1}, rule.Keep)
	for _, id := range []purpose.ID{service, "nothing"} {
		_, _, ok := h.Ended(id)
		assert.False(t, ok, id)
	}
	_, _, ok = history(t, version("1", first, nil), version("2", second, without), version("3", third, nil)).Ended(statistics)
	assert.False(t, ok, "it came back")
}

func TestHistoryFaults(t *testing.T) {
	t.Parallel()
	published := func(d purpose.Document) purpose.Published { return purpose.Published{Document: d, Hash: d.Hash()} }
	altered := published(version("1", first, nil))
	altered.Document.Purposes[0].Title.EN += "?"
	for name, c := range map[string]struct {
		versions []purpose.Published
		want     []string
	}{
		"none":         {nil, []string{"versions: has none"}},
		"altered":      {[]purpose.Published{altered}, []string{"versions[0].hash: is not the hash of the document"}},
		"not hashed":   {[]purpose.Published{{Document: shop()}}, []string{"versions[0].hash: is not the hash of the document"}},
		"out of order": {[]purpose.Published{published(version("1", second, nil)), published(version("2", first, nil))}, []string{"versions[1].effective: must be after that of the version before"}},
		"at once":      {[]purpose.Published{published(version("1", first, nil)), published(version("2", first, nil))}, []string{"versions[1].effective: must be after that of the version before"}},
		"named twice":  {[]purpose.Published{published(version("1", first, nil)), published(version("1", second, nil))}, []string{`versions[1].version: "1" is there twice`}},
		"another domain": {
			[]purpose.Published{published(version("1", first, nil)), published(version("2", second, func(d *purpose.Document) {
				of(d, statistics).Domain, of(d, statistics).Retention.Class = "numbers", "statistics"
			}))},
			[]string{`versions[1].purposes["statistics"].domain: was "statistics" when it was first published`},
		},
		"no date": {[]purpose.Published{published(version("1", time.Time{}, nil))}, []string{"versions[0].effective: is required"}},
		"several": {
			[]purpose.Published{published(version("", first, nil)), altered},
			[]string{"versions[0].version: must be", "versions[1].hash: is not", "versions[1].effective: must be after"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, err := purpose.NewHistory(c.versions...)
			assert.Nil(t, h)
			got := joined(err)
			require.Len(t, got, len(c.want), "%q", got)
			for i := range got {
				assert.Contains(t, got[i].Error(), c.want[i])
			}
		})
	}
	_, err := purpose.NewHistory(altered)
	require.ErrorIs(t, err, purpose.ErrAltered)
	_, err = purpose.Publish(purpose.Document{})
	require.Error(t, err)
}

func joined(err error) []error {
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		return all.Unwrap()
	}
	return []error{err}
}

func TestNilHistory(t *testing.T) {
	t.Parallel()
	for _, h := range []*purpose.History{nil, new(purpose.History)} {
		assert.Nil(t, h.Policy())
		assert.Nil(t, h.At(noon))
		assert.False(t, h.Policy().Decide(ask(newsletter), knowing()).Allowed())
		for range h.Versions() {
			t.Error("a nil history has versions")
		}
		_, _, ended := h.Ended(newsletter)
		assert.False(t, ended)
	}
}

func TestDiff(t *testing.T) {
	t.Parallel()
	type change = purpose.Change
	for name, c := range map[string]struct {
		edit func(*purpose.Document)
		want []change
	}{
		"nothing":   {func(*purpose.Document) {}, nil},
		"the date":  {func(d *purpose.Document) { d.Version, d.Effective = "9", noon }, nil},
		"reordered": {func(d *purpose.Document) { slices.Reverse(d.Purposes); slices.Reverse(of(d, service).Attributes) }, nil},
		"an attribute more": {
			func(d *purpose.Document) { of(d, support).Attributes = append(of(d, support).Attributes, card) },
			[]change{{`purposes["support"].attributes`, support, "payment.card added", purpose.Widens, true}},
		},
		"an attribute less for a role": {
			func(d *purpose.Document) { of(d, support).Roles["agent"] = []purpose.Attribute{name} },
			[]change{{`purposes["support"].roles["agent"]`, support, "identity.email removed", purpose.Narrows, false}},
		},
		"a purpose less": {
			func(d *purpose.Document) { d.Purposes = d.Purposes[:len(d.Purposes)-1] },
			[]change{{`purposes["statistics"]`, statistics, "removed", purpose.Narrows, true}},
		},
		"kept longer, or not": {
			func(d *purpose.Document) { of(d, statistics).Retention.Keep = purpose.Period{Days: 365} },
			[]change{{`purposes["statistics"].retention.keep`, statistics, "shorter", purpose.Narrows, false}},
		},
		"words": {
			func(d *purpose.Document) { of(d, support).Title.FR, d.Officer = "Autre", "x" },
			[]change{{`purposes["support"].title`, support, "changed", purpose.Rewords, false}, {"officer", "", "changed", purpose.Rewords, false}},
		},
		"moved": {
			func(d *purpose.Document) { d.Recipients[0].Jurisdiction = "CA-ON" },
			[]change{
				{`purposes["marketing"].recipients`, marketing, "CA-ON reached", purpose.Widens, true},
				{`purposes["marketing.newsletter"].recipients`, newsletter, "CA-ON reached", purpose.Widens, true},
				{`recipients["letters"].jurisdiction`, "", "changed", purpose.Widens, false},
			},
		},
		"a law fewer": {
			func(d *purpose.Document) { d.Rules.Derogations = nil }, []change{{"rules", "", "changed", purpose.Widens, false}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := shop()
			c.edit(&d)
			assert.Equal(t, c.want, purpose.Diff(shop(), d))
		})
	}
}

// change makes small changes to a world's document, some of which change nothing that decides.
func (w *world) change(d *purpose.Document) {
	i := w.rnd.IntN(len(d.Purposes))
	s := &d.Purposes[i]
	for range 1 + w.rnd.IntN(2) {
		w.changeOne(d, s)
	}
}

func (w *world) changeOne(d *purpose.Document, s *purpose.Spec) {
	switch w.rnd.IntN(16) {
	case 0, 1, 2:
		s.Title.EN += "!"
	case 3:
		s.Description.FR += "x"
		slices.Reverse(s.Attributes)
	case 4:
		s.Roles["r1"] = some(w, s.Attributes, 70)
	case 5:
		s.Roles["r2"] = some(w, s.Roles["r2"], 60)
	case 6:
		s.Retention.Keep.Days = 1 + w.rnd.IntN(40)
	case 7:
		s.CaseBound = !s.CaseBound && !s.Secondary || s.Secondary
	case 8:
		s.Deidentify = !s.Deidentify
	case 9:
		d.Recipients = some(w, d.Recipients, 80)
		d.Assessments = slices.DeleteFunc(d.Assessments, func(a purpose.Assessment) bool {
			return !slices.ContainsFunc(d.Recipients, func(r purpose.Recipient) bool { return r.ID == a.Recipient })
		})
		for i := range d.Recipients {
			d.Recipients[i].Through = nil
		}
	case 10:
		d.Assessments = some(w, d.Assessments, 70)
	case 11:
		d.Officer = "someone else"
	case 12:
		s.BreakGlass = pick(w, purpose.BreakGlass{}, purpose.BreakGlass{Subjects: 1, For: days(3)}, purpose.BreakGlass{Subjects: 9, For: days(1)})
	case 13:
		d.Prohibitions = nil
	case 14:
		s.SingleUse = s.Basis == purpose.ExpressConsent
	case 15:
		d.Recipients[0].Contract.Attributes = some(w, d.Recipients[0].Contract.Attributes, 60)
	}
}

// What Diff says of decisions holds: no material change, none comes out otherwise; none that widens, nothing is permitted
// that was not; and a consent lapses only where it is said to.
func TestDiffLaws(t *testing.T) {
	t.Parallel()
	type counts struct{ immaterial, narrower int }
	var seen counts
	holdLonger(t, 4, func(w *world) (bool, bool) {
		before := w.doc
		after := purpose.Document{}
		b, err := before.MarshalJSON()
		if err != nil {
			panic(err)
		}
		if after, err = purpose.ParseDocument(b); err != nil {
			panic(err)
		}
		w.change(&after)
		to, err := purpose.NewPolicy(after)
		if err != nil {
			return true, false // a child that its parent no longer covers
		}
		changes := purpose.Diff(before, after)
		if len(purpose.Diff(before, before)) > 0 || len(purpose.Diff(after, after)) > 0 {
			return false, true
		}
		material, widens := false, false
		for _, c := range changes {
			material = material || c.Material()
			widens = widens || c.Effect == purpose.Widens
		}
		spoke := false
		for range 40 {
			w.facts, w.ask = w.someFacts(), w.request()
			was, is := w.policy.Decide(w.ask, w.facts).Allowed(), to.Decide(w.ask, w.facts).Allowed()
			switch {
			case !material && was != is, !widens && is && !was:
				t.Log(changes)
				return false, true
			case !material && was:
				seen.immaterial++
				spoke = true
			case !widens && is:
				seen.narrower++
				spoke = true
			}
		}
		return true, spoke
	})
	assert.Greater(t, seen.immaterial, 40)
	assert.Greater(t, seen.narrower, 40)
}
