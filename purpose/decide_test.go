package purpose_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/purpose"
)

func TestDecide(t *testing.T) {
	t.Parallel()
	type change func(*purpose.Request, *purpose.Facts)
	status := func(id purpose.ID, s purpose.Status) change {
		return func(_ *purpose.Request, f *purpose.Facts) {
			c := f.Consents[id]
			c.Status = s
			f.Consents[id] = c
		}
	}
	consent := func(id purpose.ID, edit func(*purpose.Consent)) change {
		return func(_ *purpose.Request, f *purpose.Facts) {
			c := f.Consents[id]
			edit(&c)
			f.Consents[id] = c
		}
	}
	notice := func(s purpose.Status) change {
		return func(_ *purpose.Request, f *purpose.Facts) { f.Notice.Status = s }
	}
	request := func(edit func(*purpose.Request)) change {
		return func(r *purpose.Request, _ *purpose.Facts) { edit(r) }
	}
	op := func(op purpose.Operation) change { return request(func(r *purpose.Request) { r.Operation = op }) }
	to := func(recipient string) change {
		return request(func(r *purpose.Request) { r.Operation, r.Recipient = purpose.Disclose, recipient })
	}
	facts := func(edit func(*purpose.Facts)) change {
		return func(_ *purpose.Request, f *purpose.Facts) { edit(f) }
	}
	both := func(all ...change) change {
		return func(r *purpose.Request, f *purpose.Facts) {
			for _, c := range all {
				c(r, f)
			}
		}
	}
	theCase := func(edit func(*purpose.Case)) change {
		return facts(func(f *purpose.Facts) {
			c := f.Cases["job-1"]
			edit(&c)
			f.Cases["job-1"] = c
		})
	}
	closedAt := func(at time.Time) change {
		return theCase(func(c *purpose.Case) { c.Status, c.Closed = purpose.CaseClosed, at })
	}
	since := func(at time.Time) change { return theCase(func(c *purpose.Case) { c.Opened = at }) }
	collectedAt := func(at time.Time) change { return request(func(r *purpose.Request) { r.CollectedAt = at }) }
	begin := request(func(r *purpose.Request) {
		r.Attribute, r.CollectedFor, r.CollectedAt = "", nil, time.Time{}
	})
	fine := both()
	ago := func(years int) time.Time { return noon.AddDate(-years, 0, 0) }

	for _, c := range []struct {
		name string
		id   purpose.ID
		change
		want purpose.Reason
	}{
		{"all is well", service, fine, purpose.Permitted},
		{"all is well", payment, fine, purpose.Permitted},
		{"all is well", support, fine, purpose.Permitted},
		{"all is well", newsletter, fine, purpose.Permitted},
		{"all is well", orders, fine, purpose.Permitted},
		{"all is well", statistics, fine, purpose.Permitted},

		{"no purpose", service, request(func(r *purpose.Request) { r.Purpose = "" }), purpose.Malformed},
		{"no operation", service, op(0), purpose.Malformed},
		{"operation of no kind", service, op(11), purpose.Malformed},
		{"operation of no kind", service, op(255), purpose.Malformed},
		{"no time", service, request(func(r *purpose.Request) { r.Time = time.Time{} }), purpose.Malformed},
		{"undeclared", service, request(func(r *purpose.Request) { r.Purpose = "sales" }), purpose.UnknownPurpose},
		{"undeclared child", service, request(func(r *purpose.Request) { r.Purpose = "service.x" }), purpose.UnknownPurpose},
		{"too early", service, request(func(r *purpose.Request) { r.Time = noon.Add(-days(365) - 1) }), purpose.NotYetEffective},
		{"on the day", statistics, request(func(r *purpose.Request) {
			r.Time, r.CollectedAt = noon.Add(-days(365)), noon.Add(-days(366))
		}), purpose.Permitted},

		{"no actor", service, request(func(r *purpose.Request) { r.Actor = purpose.Actor{} }), purpose.ActorNotAuthorized},
		{"no role", service, request(func(r *purpose.Request) { r.Actor.Role = "" }), purpose.ActorNotAuthorized},
		{"no one", service, request(func(r *purpose.Request) { r.Actor.ID = "" }), purpose.ActorNotAuthorized},
		{"another's role", service, request(func(r *purpose.Request) { r.Actor.Role = "mailer" }), purpose.ActorNotAuthorized},
		{"another's role, collecting", newsletter, both(op(purpose.Collect), request(func(r *purpose.Request) { r.Actor.Role = "agent" })), purpose.Permitted},
		{"operation not listed", service, op(purpose.Transfer), purpose.OperationNotInPurpose},

		{"attribute of no purpose", service, request(func(r *purpose.Request) { r.Attribute = "identity.sin" }), purpose.UnknownAttribute},
		{"category of others", newsletter, request(func(r *purpose.Request) { r.Attribute = card }), purpose.CategoryNotInPurpose},
		{"attribute of others", payment, request(func(r *purpose.Request) { r.Attribute = email }), purpose.AttributeNotInPurpose},
		{"attribute of other roles", newsletter, request(func(r *purpose.Request) { r.Attribute = name }), purpose.AttributeNotForRole},
		{"in clear", statistics, request(func(r *purpose.Request) { r.Derive = false }), purpose.DeidentifiedOnly},
		{"in clear on request", statistics, both(op(purpose.Rights), request(func(r *purpose.Request) { r.Derive = false })), purpose.DeidentifiedOnly},
		{"taken in", statistics, both(op(purpose.Collect), request(func(r *purpose.Request) { r.Derive = false })), purpose.Permitted},
		{"stored", statistics, both(op(purpose.Store), request(func(r *purpose.Request) { r.Derive = false })), purpose.Permitted},
		{"erased", statistics, both(op(purpose.Erase), request(func(r *purpose.Request) { r.Derive = false })), purpose.Permitted},
		{"derived elsewhere", newsletter, request(func(r *purpose.Request) { r.Derive = true }), purpose.Permitted},

		{"no case", support, request(func(r *purpose.Request) { r.Actor.Case = "" }), purpose.CaseRequired},
		{"no case, collecting", support, both(op(purpose.Collect), request(func(r *purpose.Request) { r.Actor.Case = "" })), purpose.Permitted},
		{"case unknown", support, theCase(func(c *purpose.Case) { c.Status = 0 }), purpose.FactUnknown},
		{"case of no status", support, theCase(func(c *purpose.Case) { c.Status = 77 }), purpose.FactUnknown},
		{"case not listed", support, request(func(r *purpose.Request) { r.Actor.Case = "job-2" }), purpose.CaseNotOpen},
		{
			"case not listed, facts incomplete", support,
			both(request(func(r *purpose.Request) { r.Actor.Case = "job-2" }), facts(func(f *purpose.Facts) { f.Complete = false })), purpose.FactUnknown,
		},
		{"case closed", support, closedAt(noon), purpose.CaseNotOpen},
		{"case absent", support, theCase(func(c *purpose.Case) { c.Status = purpose.CaseAbsent }), purpose.CaseNotOpen},
		{"case of a colleague", support, request(func(r *purpose.Request) { r.Actor.ID = "a2" }), purpose.NotAssigned},
		{"case of no one", support, theCase(func(c *purpose.Case) { c.Assigned = nil }), purpose.NotAssigned},
		{"case of another role", support, theCase(func(c *purpose.Case) { c.Assigned = []purpose.Actor{{Role: "biller", ID: "a1"}} }), purpose.NotAssigned},
		{"case of an id without role", support, theCase(func(c *purpose.Case) { c.Assigned = []purpose.Actor{{ID: "a1"}} }), purpose.NotAssigned},
		{"case of anyone in the role", support, theCase(func(c *purpose.Case) { c.Assigned = []purpose.Actor{{Role: "agent"}} }), purpose.Permitted},
		{"value of another case", support, request(func(r *purpose.Request) { r.Case = "job-2" }), purpose.CaseMismatch},
		{"value of the case", support, request(func(r *purpose.Request) { r.Case = "job-1" }), purpose.Permitted},
		{"value of another case, only to begin", support, both(begin, request(func(r *purpose.Request) { r.Case = "job-2" })), purpose.Permitted},
		{"value of another case, purpose of none", newsletter, request(func(r *purpose.Request) { r.Case = "job-2" }), purpose.Permitted},

		{"collected for others", newsletter, request(func(r *purpose.Request) { r.CollectedFor = []purpose.ID{service, marketing} }), purpose.NotCollectedForPurpose},
		{"collected for nothing", newsletter, request(func(r *purpose.Request) { r.CollectedFor = nil }), purpose.NotCollectedForPurpose},
		{"collected for others, at the person's request", newsletter, both(op(purpose.Rights), request(func(r *purpose.Request) { r.CollectedFor = nil })), purpose.Permitted},
		{"collected for others, re-sealed", newsletter, both(op(purpose.Maintenance), request(func(r *purpose.Request) { r.CollectedFor = nil })), purpose.Permitted},
		{"collected for others, erased", newsletter, both(op(purpose.Erase), request(func(r *purpose.Request) { r.CollectedFor = nil })), purpose.NotCollectedForPurpose},
		{"collected for others, secondary", orders, request(func(r *purpose.Request) { r.CollectedFor = nil }), purpose.Permitted},
		{"being collected", newsletter, both(op(purpose.Collect), request(func(r *purpose.Request) { r.CollectedFor, r.CollectedAt = nil, time.Time{} })), purpose.Permitted},
		{"only to begin", newsletter, begin, purpose.Permitted},

		{"not told", support, notice(purpose.Absent), purpose.NoticeRequired},
		{"asked whether to be told", support, notice(purpose.Requested), purpose.NoticeRequired},
		{"perhaps told", support, notice(purpose.Unknown), purpose.FactUnknown},
		{"told in no known way", support, notice(99), purpose.FactUnknown},
		{"told tomorrow", support, facts(func(f *purpose.Facts) { f.Notice.Since = noon.Add(1) }), purpose.NoticeRequired},
		{"told now", support, facts(func(f *purpose.Facts) { f.Notice.Since = noon }), purpose.Permitted},
		{"told until now", support, facts(func(f *purpose.Facts) { f.Notice.Until = noon }), purpose.NoticeRequired},
		{"not told", service, notice(purpose.Absent), purpose.NoticeRequired},
		{"perhaps told", service, notice(purpose.Unknown), purpose.FactUnknown},
		{"not told", orders, notice(purpose.Unknown), purpose.Permitted},
		{"not told, but asked", newsletter, notice(purpose.Absent), purpose.Permitted},

		{"provision, perhaps refused", service, status(service, purpose.Unknown), purpose.FactUnknown},
		{"provision, nothing said", service, status(service, purpose.Absent), purpose.Permitted},
		{"provision, nothing recorded", service, facts(func(f *purpose.Facts) { delete(f.Consents, service) }), purpose.Permitted},
		{"provision, asked", service, status(service, purpose.Requested), purpose.Permitted},
		{"provision, refused", service, status(service, purpose.Refused), purpose.ConsentRefused},
		{"provision, withdrawn", service, status(service, purpose.Withdrawn), purpose.ConsentWithdrawn},
		{"provision, expired", service, consent(service, func(c *purpose.Consent) { c.Until = noon }), purpose.ConsentExpired},
		{"provision, operation not granted", service, consent(service, func(c *purpose.Consent) { c.Operations = 0 }), purpose.Permitted},
		{"provision, of no status", service, status(service, 99), purpose.FactUnknown},

		{"nothing said", newsletter, status(newsletter, purpose.Absent), purpose.ConsentUnknown},
		{"nothing recorded", newsletter, facts(func(f *purpose.Facts) { delete(f.Consents, newsletter) }), purpose.ConsentUnknown},
		{"nothing recorded, facts incomplete", newsletter, facts(func(f *purpose.Facts) { delete(f.Consents, newsletter); f.Complete = false }), purpose.FactUnknown},
		{"asked", newsletter, status(newsletter, purpose.Requested), purpose.ConsentUnknown},
		{"perhaps granted", newsletter, status(newsletter, purpose.Unknown), purpose.FactUnknown},
		{"of no status", newsletter, status(newsletter, 99), purpose.FactUnknown},
		{"refused", newsletter, status(newsletter, purpose.Refused), purpose.ConsentRefused},
		{"withdrawn", newsletter, status(newsletter, purpose.Withdrawn), purpose.ConsentWithdrawn},
		{"granted tomorrow", newsletter, consent(newsletter, func(c *purpose.Consent) { c.Since = noon.Add(1) }), purpose.ConsentUnknown},
		{"granted now", newsletter, consent(newsletter, func(c *purpose.Consent) { c.Since = noon }), purpose.Permitted},
		{"expired now", newsletter, consent(newsletter, func(c *purpose.Consent) { c.Until = noon }), purpose.ConsentExpired},
		{"not expired yet", newsletter, consent(newsletter, func(c *purpose.Consent) { c.Until = noon.Add(1) }), purpose.Permitted},
		{"other operation granted", newsletter, consent(newsletter, func(c *purpose.Consent) { c.Operations = purpose.OperationSet(purpose.Disclose) }), purpose.OperationNotGranted},
		{"use granted, not disclosure", newsletter, both(to("letters"), consent(newsletter, func(c *purpose.Consent) { c.Operations = purpose.OperationSet(purpose.Use) })), purpose.OperationNotGranted},
		{"disclosure granted", newsletter, to("letters"), purpose.Permitted},
		{"disclosure to nobody", newsletter, op(purpose.Disclose), purpose.RecipientRequired},
		{"disclosure to somebody undeclared", newsletter, to("elsewhere"), purpose.UnknownRecipient},
		{"disclosure under a purpose that names no recipients", orders, to("letters"), purpose.RecipientNotAllowed},
		{"a recipient of a use", newsletter, request(func(r *purpose.Request) { r.Recipient = "letters" }), purpose.Malformed},
		{"granted for another recipient", newsletter, both(to("letters"), consent(newsletter, func(c *purpose.Consent) { c.Recipient = "others" })), purpose.RecipientNotGranted},
		{"granted for this recipient", newsletter, both(to("letters"), consent(newsletter, func(c *purpose.Consent) { c.Recipient = "letters" })), purpose.Permitted},
		{"granted for another recipient, and used", newsletter, consent(newsletter, func(c *purpose.Consent) { c.Recipient = "others" }), purpose.Permitted},
		{"sold", newsletter, op(purpose.Sell), purpose.ProhibitedOperation},
		{"granted under a version nobody knows", newsletter, consent(newsletter, func(c *purpose.Consent) { c.Policy = "1999" }), purpose.NeedsRenewal},
		{"granted under no version", newsletter, consent(newsletter, func(c *purpose.Consent) { c.Policy = "" }), purpose.NeedsRenewal},
		{"told of another version", support, facts(func(f *purpose.Facts) { f.Notice.Policy = "1999" }), purpose.NoticeRequired},
		{"no operation granted, erased", newsletter, both(op(purpose.Erase), consent(newsletter, func(c *purpose.Consent) { c.Operations = 0 })), purpose.Permitted},
		{"no operation granted, stored", newsletter, both(op(purpose.Store), consent(newsletter, func(c *purpose.Consent) { c.Operations = 0 })), purpose.Permitted},
		{"no operation granted, re-sealed", newsletter, both(op(purpose.Maintenance), consent(newsletter, func(c *purpose.Consent) { c.Operations = 0 })), purpose.Permitted},
		{"no operation granted, person's request", newsletter, both(op(purpose.Rights), consent(newsletter, func(c *purpose.Consent) { c.Operations = 0 })), purpose.Permitted},
		{"granted to the parent only", newsletter, status(newsletter, purpose.Absent), purpose.ConsentUnknown},

		{"collected on the form", newsletter, both(op(purpose.Collect), status(newsletter, purpose.Absent)), purpose.Permitted},
		{"collected to renew", newsletter, both(op(purpose.Collect), consent(newsletter, func(c *purpose.Consent) { c.Until = noon })), purpose.Permitted},
		{"collected unknown", newsletter, both(op(purpose.Collect), status(newsletter, purpose.Unknown)), purpose.FactUnknown},
		{"collected untold", newsletter, both(op(purpose.Collect), notice(purpose.Absent)), purpose.NoticeRequired},
		{"collected after refusal", newsletter, both(op(purpose.Collect), status(newsletter, purpose.Refused)), purpose.ConsentRefused},
		{"collected after withdrawal", newsletter, both(op(purpose.Collect), status(newsletter, purpose.Withdrawn)), purpose.ConsentWithdrawn},

		{"parent refused", newsletter, status(marketing, purpose.Refused), purpose.AncestorRefused},
		{"parent withdrawn", newsletter, status(marketing, purpose.Withdrawn), purpose.AncestorRefused},
		{"parent unknown", newsletter, status(marketing, purpose.Unknown), purpose.FactUnknown},
		{"parent of no status", newsletter, status(marketing, 99), purpose.FactUnknown},
		{"parent silent", newsletter, status(marketing, purpose.Absent), purpose.Permitted},
		{"child refused", service, status(payment, purpose.Refused), purpose.Permitted},

		{"never collected", newsletter, collectedAt(time.Time{}), purpose.Malformed},
		{"collected in the year 10000", newsletter, both(collectedAt(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)), request(func(r *purpose.Request) {
			r.Time = time.Date(10000, 1, 2, 0, 0, 0, 0, time.UTC)
		})), purpose.Malformed},
		{"collected in a day", newsletter, collectedAt(noon.Add(24 * time.Hour)), purpose.Permitted},
		{"collected in more than a day", newsletter, collectedAt(noon.Add(24*time.Hour + 1)), purpose.Malformed},
		{"kept to the last instant", newsletter, collectedAt(ago(1).Add(1)), purpose.Permitted},
		{"kept no longer", newsletter, collectedAt(ago(1)), purpose.RetentionExpired},
		{"kept no longer, only to begin", newsletter, both(collectedAt(ago(1)), begin), purpose.Permitted},
		{"kept no longer, collected", newsletter, both(collectedAt(ago(1)), op(purpose.Collect)), purpose.Permitted},
		{"kept no longer, even to erase", newsletter, both(collectedAt(ago(1)), op(purpose.Erase)), purpose.RetentionExpired},
		{"kept to the year's end", payment, collectedAt(time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC)), purpose.Permitted},
		{"kept past the year's end", payment, collectedAt(time.Date(2018, 12, 31, 23, 59, 59, 0, time.UTC)), purpose.RetentionExpired},
		{"year's end is UTC's", payment, collectedAt(time.Date(2019, 1, 1, 0, 0, 0, 0, time.FixedZone("", 3600))), purpose.RetentionExpired},

		{"old, a case runs since then", service, both(collectedAt(ago(9)), since(ago(9))), purpose.Permitted},
		{"old, its case runs since then", service, both(collectedAt(ago(9)), since(ago(9)), request(func(r *purpose.Request) { r.Case = "job-1" })), purpose.Permitted},
		{"old, a case runs, and none did for long", service, collectedAt(ago(9)), purpose.RetentionExpired},
		{"old, its case runs, and did not for long", service, both(collectedAt(ago(9)), request(func(r *purpose.Request) { r.Case = "job-1" })), purpose.RetentionExpired},
		{"old, its case is absent", service, both(collectedAt(ago(9)), request(func(r *purpose.Request) { r.Case = "job-2" })), purpose.RetentionExpired},
		{"new, its case is absent", service, request(func(r *purpose.Request) { r.Case = "job-2" }), purpose.Permitted},
		{"old, cases closed lately", service, both(collectedAt(ago(9)), since(ago(9)), closedAt(ago(2).Add(1))), purpose.Permitted},
		{"old, cases closed long ago", service, both(collectedAt(ago(9)), closedAt(ago(2))), purpose.RetentionExpired},
		{"new, cases closed long ago", service, closedAt(ago(2)), purpose.Permitted},
		{"old, another case closed lately", service, both(collectedAt(ago(9)), closedAt(ago(3)), facts(func(f *purpose.Facts) {
			f.Cases["job-2"] = purpose.Case{Status: purpose.CaseClosed, Closed: ago(1)}
		})), purpose.Permitted},
		{"old, its case closed long ago", service, both(collectedAt(ago(9)), closedAt(ago(3)), facts(func(f *purpose.Facts) {
			f.Cases["job-2"] = purpose.Case{Status: purpose.CaseClosed, Closed: ago(1)}
		}), request(func(r *purpose.Request) { r.Case = "job-1" })), purpose.RetentionExpired},
		{"cases unknown", service, theCase(func(c *purpose.Case) { c.Status = 0 }), purpose.FactUnknown},
		{"cases of no status", service, theCase(func(c *purpose.Case) { c.Status = 9 }), purpose.FactUnknown},
		{"a case unknown beside an open one", service, facts(func(f *purpose.Facts) { f.Cases["job-2"] = purpose.Case{} }), purpose.Permitted},
		{"a case unknown beside a closed one", service, both(closedAt(noon), facts(func(f *purpose.Facts) { f.Cases["job-2"] = purpose.Case{} })), purpose.FactUnknown},
		{"cases incomplete", service, facts(func(f *purpose.Facts) { f.Complete = false }), purpose.FactUnknown},
		{"old, no case at all", service, both(collectedAt(ago(2)), facts(func(f *purpose.Facts) { f.Cases = nil })), purpose.RetentionExpired},
		{"new, no case at all", service, facts(func(f *purpose.Facts) { f.Cases = nil }), purpose.Permitted},

		{"old, account open", support, collectedAt(ago(9)), purpose.Permitted},
		{"account unknown", support, facts(func(f *purpose.Facts) { f.Account.Status = 0 }), purpose.FactUnknown},
		{"account of no status", support, facts(func(f *purpose.Facts) { f.Account.Status = 9 }), purpose.FactUnknown},
		{"old, no account", support, both(collectedAt(ago(1)), facts(func(f *purpose.Facts) { f.Account.Status = purpose.CaseAbsent })), purpose.RetentionExpired},
		{"new, no account", support, facts(func(f *purpose.Facts) { f.Account.Status = purpose.CaseAbsent }), purpose.Permitted},
		{"old, account closed lately", support, both(collectedAt(ago(9)), facts(func(f *purpose.Facts) {
			f.Account = purpose.Account{Status: purpose.CaseClosed, Closed: ago(1).Add(1)}
		})), purpose.Permitted},
		{"old, account closed long ago", support, both(collectedAt(ago(9)), facts(func(f *purpose.Facts) {
			f.Account = purpose.Account{Status: purpose.CaseClosed, Closed: ago(1)}
		})), purpose.RetentionExpired},
		{"new, account closed long ago", support, facts(func(f *purpose.Facts) {
			f.Account = purpose.Account{Status: purpose.CaseClosed, Closed: ago(5)}
		}), purpose.Permitted},
	} {
		t.Run(string(c.id)+"/"+c.name, func(t *testing.T) {
			t.Parallel()
			r, f := ask(c.id), knowing()
			c.change(&r, f)
			d := policy(t, shop()).Decide(r, f)
			require.Equal(t, c.want, d.Reason, "got %v, want %v", d.Reason, c.want)
			assert.Equal(t, c.want == purpose.Permitted, d.Allowed())
			assert.Equal(t, "2026-01", d.Policy)
			assert.Equal(t, uint64(9), d.Ledger)
			if !d.Allowed() {
				assert.Equal(t, purpose.Decision{Reason: c.want, Purpose: r.Purpose, Attribute: r.Attribute, Recipient: r.Recipient, Policy: "2026-01", Ledger: 9}, d)
			}
		})
	}
}

// Each rule denies before every rule after it: a request that breaks all of them is mended one by one.
func TestDecideOrder(t *testing.T) {
	t.Parallel()
	p := policy(t, shop())
	good := ask(support)
	f := &purpose.Facts{Complete: true}
	r := purpose.Request{Operation: purpose.Transfer, Attribute: card, Case: "job-2"}
	for _, step := range []struct {
		want purpose.Reason
		mend func()
	}{
		{purpose.Malformed, func() { r.Purpose, r.Time = "other", p.Effective().Add(-1) }},
		{purpose.UnknownPurpose, func() { r.Purpose = support }},
		{purpose.NotYetEffective, func() { r.Time = noon }},
		{purpose.ActorNotAuthorized, func() { r.Actor = purpose.Actor{Role: "agent", ID: "a1"} }},
		{purpose.OperationNotInPurpose, func() { r.Operation = purpose.Use }},
		{purpose.CategoryNotInPurpose, func() { r.Attribute = job }},
		{purpose.AttributeNotForRole, func() { r.Attribute = email }},
		{purpose.CaseRequired, func() { r.Actor.Case = "job-1" }},
		{purpose.CaseNotOpen, func() { f.Cases = map[string]purpose.Case{"job-1": {Status: purpose.CaseOpen}} }},
		{purpose.NotAssigned, func() { f.Cases = knowing().Cases }},
		{purpose.CaseMismatch, func() { r.Case = "" }},
		{purpose.NotCollectedForPurpose, func() { r.CollectedFor = good.CollectedFor }},
		{purpose.FactUnknown, func() { f.Notice.Status = purpose.Absent }},
		{purpose.NoticeRequired, func() { f.Notice = knowing().Notice }},
		{purpose.Malformed, func() { r.CollectedAt = noon.AddDate(-9, 0, 0) }},
		{purpose.FactUnknown, func() { f.Account.Status = purpose.CaseAbsent }},
		{purpose.RetentionExpired, func() { f.Account.Status = purpose.CaseOpen }},
		{purpose.Permitted, func() {}},
	} {
		require.Equal(t, step.want, p.Decide(r, f).Reason, "want %v", step.want)
		step.mend()
	}
}

func TestDecidePermission(t *testing.T) {
	t.Parallel()
	p := policy(t, shop())
	soon, later := noon.Add(days(3)), noon.AddDate(5, 0, 0)
	until := func(f *purpose.Facts, id purpose.ID, end time.Time) {
		c := f.Consents[id]
		c.Until = end
		f.Consents[id] = c
	}

	d := p.Decide(ask(newsletter), knowing())
	assert.Equal(t, purpose.Decision{
		Reason: purpose.Permitted, Purpose: newsletter, Attribute: email, Basis: purpose.ExpressConsent, Policy: "2026-01", Ledger: 9,
		Until: noon.Add(-days(10)).AddDate(1, 0, 0), Trace: purpose.FieldConsent | purpose.FieldAncestors | purpose.FieldHolds,
	}, d)

	f := knowing()
	until(f, newsletter, soon)
	assert.Equal(t, soon, p.Decide(ask(newsletter), f).Until, "the consent ends first")
	until(f, newsletter, later)
	assert.Equal(t, d.Until, p.Decide(ask(newsletter), f).Until, "retention ends first")
	until(f, service, soon)
	d = p.Decide(ask(service), f)
	assert.Equal(t, soon, d.Until)
	assert.Equal(t, purpose.FieldNotice|purpose.FieldConsent|purpose.FieldCases|purpose.FieldHolds, d.Trace)

	d = p.Decide(ask(support), knowing())
	assert.True(t, d.Until.IsZero())
	assert.Equal(t, purpose.FieldNotice|purpose.FieldConsent|purpose.FieldCase|purpose.FieldAccount|purpose.FieldHolds, d.Trace, "a no would have been heard")

	d = p.Decide(ask(orders), knowing())
	assert.Equal(t, purpose.LegalGround, d.Basis)
	assert.Equal(t, "P-39.1, s. 18", d.Citation)
	assert.Equal(t, purpose.FieldCase|purpose.FieldHolds, d.Trace)

	r := ask(newsletter)
	r.Operation = purpose.Collect
	d = p.Decide(r, knowing())
	assert.True(t, d.Until.IsZero())
	assert.Equal(t, purpose.FieldNotice|purpose.FieldConsent|purpose.FieldAncestors|purpose.FieldHolds, d.Trace)
}

func TestZeroDenies(t *testing.T) {
	t.Parallel()
	p := policy(t, shop())
	assert.False(t, purpose.Decision{}.Allowed())
	assert.Equal(t, purpose.Malformed, p.Decide(purpose.Request{}, nil).Reason)
	assert.Equal(t, purpose.Malformed, p.Decide(purpose.Request{}, &purpose.Facts{}).Reason)
	assert.Equal(t, purpose.FactUnknown, p.Decide(ask(newsletter), nil).Reason)
	assert.Equal(t, purpose.FactUnknown, p.Decide(ask(service), &purpose.Facts{}).Reason)
	// Law alone needs no fact but that nothing holds the data back.
	r := ask(statistics)
	assert.Equal(t, purpose.FactUnknown, p.Decide(r, nil).Reason)
	assert.Equal(t, purpose.Permitted, p.Decide(r, &purpose.Facts{HoldsKnown: true}).Reason)
}

func TestPossible(t *testing.T) {
	t.Parallel()
	p := policy(t, shop())
	for _, c := range []struct {
		name string
		r    purpose.Request
		want purpose.Reason
	}{
		{"purpose and operation", purpose.Request{Purpose: newsletter, Operation: purpose.Use}, purpose.Permitted},
		{"no purpose", purpose.Request{Operation: purpose.Use}, purpose.Malformed},
		{"no operation", purpose.Request{Purpose: newsletter}, purpose.Malformed},
		{"operation of no kind", purpose.Request{Purpose: newsletter, Operation: 11}, purpose.Malformed},
		{"undeclared", purpose.Request{Purpose: "sales", Operation: purpose.Use}, purpose.UnknownPurpose},
		{"nobody's", purpose.Request{Purpose: marketing, Operation: purpose.Use}, purpose.ActorNotAuthorized},
		{"role", purpose.Request{Purpose: newsletter, Operation: purpose.Use, Actor: purpose.Actor{Role: "mailer"}}, purpose.Permitted},
		{"another's role", purpose.Request{Purpose: newsletter, Operation: purpose.Use, Actor: purpose.Actor{Role: "agent"}}, purpose.ActorNotAuthorized},
		{"operation", purpose.Request{Purpose: newsletter, Operation: purpose.Transfer}, purpose.OperationNotInPurpose},
		{"operation of a role", purpose.Request{Purpose: newsletter, Operation: purpose.Transfer, Actor: purpose.Actor{Role: "mailer"}}, purpose.OperationNotInPurpose},
		{"attribute of one role", purpose.Request{Purpose: service, Operation: purpose.Use, Attribute: card}, purpose.Permitted},
		{"attribute of the other role", purpose.Request{Purpose: service, Operation: purpose.Use, Attribute: card, Actor: purpose.Actor{Role: "agent"}}, purpose.AttributeNotForRole},
		{"attribute of no role", purpose.Request{Purpose: newsletter, Operation: purpose.Use, Attribute: name}, purpose.AttributeNotForRole},
		{"attribute of no policy", purpose.Request{Purpose: newsletter, Operation: purpose.Use, Attribute: "identity.sin"}, purpose.UnknownAttribute},
		{"category", purpose.Request{Purpose: newsletter, Operation: purpose.Use, Attribute: job}, purpose.CategoryNotInPurpose},
		{"in clear", purpose.Request{Purpose: statistics, Operation: purpose.Use, Attribute: job}, purpose.DeidentifiedOnly},
		{"derived", purpose.Request{Purpose: statistics, Operation: purpose.Use, Attribute: job, Derive: true}, purpose.Permitted},
		{"collected for others", purpose.Request{Purpose: newsletter, Operation: purpose.Use, Attribute: email, CollectedFor: []purpose.ID{service}}, purpose.NotCollectedForPurpose},
		{"case", purpose.Request{Purpose: support, Operation: purpose.Use, Attribute: email, Case: "1"}, purpose.Permitted},
		{"cases", purpose.Request{Purpose: support, Operation: purpose.Use, Attribute: email, Case: "1", Actor: purpose.Actor{Case: "2"}}, purpose.CaseMismatch},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := p.Possible(c.r)
			if c.want == purpose.Permitted {
				require.NoError(t, err)
				return
			}
			var d *purpose.Denied
			require.ErrorAs(t, err, &d)
			assert.Equal(t, c.want, d.Reason, "got %v, want %v", d.Reason, c.want)
			assert.Equal(t, c.r.Purpose, d.Purpose)
			assert.Equal(t, c.r.Attribute, d.Attribute)
			assert.Equal(t, "2026-01", d.Policy)
			assert.ErrorIs(t, err, purpose.ErrDenied)
		})
	}
}

// Where roles are denied for different reasons, the answer is that of the role that comes furthest, not of the first in a map.
func TestPossibleIsSteady(t *testing.T) {
	t.Parallel()
	p := policy(t, shop())
	for range 50 {
		err := p.Possible(purpose.Request{Purpose: service, Operation: purpose.Use, Attribute: card, CollectedFor: []purpose.ID{payment}})
		require.ErrorIs(t, err, purpose.NotCollectedForPurpose)
	}
}

// Not parallel: allocations are counted for the whole process.
func TestDecideAllocates(t *testing.T) { //nolint:paralleltest
	p, f := policy(t, shop()), knowing()
	for _, id := range []purpose.ID{service, payment, support, newsletter, orders, statistics} {
		r := ask(id)
		require.True(t, p.Decide(r, f).Allowed())
		assert.Zero(t, testing.AllocsPerRun(100, func() { p.Decide(r, f) }), id)
		assert.Zero(t, testing.AllocsPerRun(100, func() { p.Decide(r, nil) }), id)
		assert.Zero(t, testing.AllocsPerRun(100, func() { p.Scope(id, r.Operation, r.Actor.Role) }), id)
	}
}

func BenchmarkSurelyLive(b *testing.B) {
	s, _ := policy(b, shop()).Scope(newsletter, purpose.Use, "mailer")
	at, now := noon.Add(-days(10)).Unix(), noon.Unix()
	for b.Loop() {
		if !s.SurelyLive(at, now) {
			b.Fatal("not live")
		}
	}
}
