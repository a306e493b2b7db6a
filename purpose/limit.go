package purpose

import "time"

// Span is a stretch of a case or an account that closed and was taken up again. What ended in between stays ended.
type Span struct {
	Opened   time.Time // when it began; zero: nothing was before it
	Closed   time.Time // zero: it is not known when
	Reopened time.Time // when it was recorded that it was taken up again, whenever that was: until then, it was closed
}

// limit is a retention rule while it is in force.
type limit struct {
	keep, minimum Period
	from          Trigger
	until         time.Time // first instant at which another rule is in force; zero: it is in force now
}

func (r *Retention) limit() limit { return limit{keep: r.Keep, minimum: r.Minimum, from: r.From} }

// keeps returns how long the rule keeps what would end by the bound: of who was erased by then, no longer than the law obliges.
func (l *limit) keeps(bound time.Time, f *Facts) Period {
	if f != nil && !f.Erased.IsZero() && !l.minimum.IsZero() && (bound.IsZero() || !f.Erased.After(bound)) {
		return l.minimum
	}
	return l.keep
}

// end returns when the rule ends a value, the zero time if it does not yet. A rule that is not in force any more ends what it ended while it was, and nothing else.
func (l *limit) end(collectedAt time.Time, caseID string, f *Facts) (time.Time, Reason, Fields) {
	start := collectedAt
	switch l.from {
	case FromCollection:
	case FromYearEnd:
		start = time.Date(collectedAt.UTC().Year()+1, time.January, 1, 0, 0, 0, 0, time.UTC)
	default:
		return l.endByEvent(collectedAt, caseID, f)
	}
	end := l.keeps(l.until, f).After(start)
	if !l.until.IsZero() && end.After(l.until) {
		return time.Time{}, Permitted, 0
	}
	return end, Permitted, 0
}

func (l *limit) endByEvent(collectedAt time.Time, caseID string, f *Facts) (time.Time, Reason, Fields) {
	if l.outlived(collectedAt, f) {
		return time.Time{}, Permitted, 0
	}
	start, status, trace := time.Time{}, CaseUnknown, Fields(0)
	switch l.from {
	case FromCaseClosed:
		start, status = lastCase(f, caseID)
		trace = FieldCases
	case FromAccountClosed:
		start, status = account(f)
		trace = FieldAccount
	}
	if !known(status) {
		return time.Time{}, FactUnknown, 0
	}
	passed, reason := l.passed(collectedAt, caseID, f)
	if reason != Permitted {
		return time.Time{}, reason, 0
	}
	switch {
	case !passed.IsZero() || !l.until.IsZero():
		return passed, Permitted, trace
	case status == CaseOpen:
		return time.Time{}, Permitted, trace // nothing has started the period
	case status == CaseAbsent || start.Before(collectedAt):
		start = collectedAt // what had ended before the value came starts nothing for it
	}
	return l.keeps(time.Time{}, f).After(start), Permitted, trace
}

// outlived reports whether the value cannot have ended while the rule was in force, whatever happened. A later start may end up to a day earlier: see [Period.After].
func (l *limit) outlived(collectedAt time.Time, f *Facts) bool {
	return !l.until.IsZero() && l.keeps(l.until, f).After(collectedAt).Sub(l.until) > 24*time.Hour
}

// passed returns when the period first ran out in a time in which nothing was open, before something opened again or another rule came into force;
// the zero time if it never did. The time after the last closing is such a time only for a rule that is not in force any more.
func (l *limit) passed(collectedAt time.Time, caseID string, f *Facts) (time.Time, Reason) {
	for at := collectedAt; ; {
		v := view{limit: l, facts: f, collected: collectedAt, at: at}
		v.look(caseID)
		switch {
		case v.unknown:
			return time.Time{}, FactUnknown
		case v.open && v.until.IsZero():
			return time.Time{}, Permitted
		case v.open:
			at = v.until
			continue
		}
		bound := v.next
		if last := l.until; !last.IsZero() && (bound.IsZero() || last.Before(bound)) {
			bound = last
		}
		if bound.IsZero() {
			return time.Time{}, Permitted
		}
		if end := l.keeps(bound, f).After(at); !end.After(bound) {
			return end, Permitted
		}
		if v.next.IsZero() || bound.Before(v.next) {
			return time.Time{}, Permitted
		}
		at = v.next
	}
}

// view is what was open at an instant, of what starts a rule's period.
type view struct {
	limit     *limit
	facts     *Facts
	collected time.Time
	at        time.Time

	open    bool
	until   time.Time // open: until when at least; zero: it still is
	next    time.Time // not open: when something opened next; zero: never
	unknown bool
}

// look looks at the account, at the named case, or at all cases.
func (v *view) look(caseID string) {
	f := v.facts
	switch {
	case v.limit.from == FromAccountClosed:
		v.see(f.Account.Status, f.Account.Opened, f.Account.Closed, f.Account.Ended)
	case caseID != "":
		c := f.Cases[caseID]
		v.see(c.Status, c.Opened, c.Closed, c.Ended)
	default:
		for _, c := range f.Cases {
			v.see(c.Status, c.Opened, c.Closed, c.Ended)
		}
	}
}

func (v *view) see(status CaseStatus, opened, closed time.Time, ended []Span) {
	if len(ended) > 0 {
		opened = ended[0].Opened
	}
	for i := range ended {
		s := &ended[i]
		if s.Closed.IsZero() && !v.limit.keeps(s.Reopened, v.facts).After(v.collected).After(s.Reopened.Add(24*time.Hour)) {
			v.unknown = true // it may have been long enough
		}
		v.stretch(opened, s.Closed, false)
		opened = s.Reopened
	}
	if status == CaseOpen || status == CaseClosed {
		v.stretch(opened, closed, status == CaseOpen)
	}
}

func (v *view) stretch(from, to time.Time, still bool) {
	switch {
	case from.After(v.at):
		if v.next.IsZero() || from.Before(v.next) {
			v.next = from
		}
	case still:
		v.open, v.until = true, time.Time{}
	case to.After(v.at) && (!v.open || !v.until.IsZero() && to.After(v.until)):
		v.open, v.until = true, to
	}
}
