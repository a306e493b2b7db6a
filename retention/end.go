package retention

import (
	"slices"
	"time"

	"github.com/purposebound/purposebound/purpose"
)

// End says when an item ends, and why then. Its zero value says that this cannot be told, and nothing may end by it.
type End struct {
	// At is the first instant at which the item is kept by no rule. Zero: it cannot be told yet.
	At time.Time
	// Reason is [purpose.Permitted] if At, or Waits, is meant. Otherwise it says why the end cannot be told: [purpose.FactUnknown], [purpose.UnknownPolicy] for a
	// class of no version of the policy, [purpose.Malformed]. Then nothing may end.
	Reason purpose.Reason
	Waits  bool           // for an event that starts a period: a case or an account is open
	Rules  []RuleEnd      // one for each class of the compartment that keeps, in their order
	Holds  []purpose.Hold // that cover the item: it does not end while there is one, whatever At says
}

// RuleEnd is when one rule ends.
type RuleEnd struct {
	Class   string
	Rule    purpose.Retention
	Keep    purpose.Period // how long it keeps: Rule.Keep, or what the law obliges to, Rule.Minimum, of a person who was erased
	Start   time.Time      // of the period; zero: not yet
	Minimum time.Time      // until when the law obliges to keep; zero: it does not, or the period has not started
	At      time.Time      // zero: the period has not started
	Waits   bool           // for the event that starts it
	Consent time.Time      // when consent to the last purpose of the class ended, if that ends it sooner; zero: the period ends it
}

// anonymises reports whether every rule that keeps the item lets anonymised information take its place.
func (e *End) anonymises() bool {
	return len(e.Rules) > 0 && !slices.ContainsFunc(e.Rules, func(r RuleEnd) bool { return r.Rule.Then != purpose.Anonymise })
}

// Ended reports whether the item may be ended now: its end is known and has come, and nothing holds it.
func (e End) Ended(now time.Time) bool {
	return e.Reason == purpose.Permitted && !e.Waits && len(e.Holds) == 0 && !e.At.IsZero() && !now.Before(e.At)
}
