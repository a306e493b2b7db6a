package purpose

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// The stable texts of enumerations, by value. They are stored in documents: they are never changed, only added to.
var texts = map[reflect.Type][]string{
	reflect.TypeFor[Basis]():         {"unknown", "express_consent", "consent_by_provision", "legal_ground", "notice_only", "implied_consent"},
	reflect.TypeFor[Operation]():     operationText[:],
	reflect.TypeFor[Trigger]():       {"unknown", "collection", "year_end", "case_closed", "account_closed"},
	reflect.TypeFor[Action]():        {"destroy", "anonymise"},
	reflect.TypeFor[RecipientKind](): {"unknown", "processor", "third_party", "authority"},
	reflect.TypeFor[Undertaking]():   {"unknown", "protection_measures", "mandate_only", "no_retention", "incident_notice", "verification", "no_onward", "no_consideration"},
	reflect.TypeFor[Outcome]():       {"pending", "inadequate", "adequate"},
	reflect.TypeFor[Ground](): {
		"unknown", "emergency", "explicit_consent", "new_contract", "contract_for_person", "public_interest", "legal_claims", "vital_interests",
		"public_register", "compelling_interests",
	},
	reflect.TypeFor[Promise]():      {"unknown", "consent_always", "never_sell", "provided_only"},
	reflect.TypeFor[Right]():        {"unknown", "access", "rectification", "deletion", "withdrawal", "portability", "deindexing", "human_review"},
	reflect.TypeFor[ChangeNotice](): {"unsaid", "published", "notified"},
	reflect.TypeFor[Obligation](): {
		"unknown", "offer_unsubscribe", "tell_automated", "mark_derived", "record_disclosure", "flag_access", "record_derogation", "consume_grant",
		"confirm_destruction",
	},
	reflect.TypeFor[Effect](): {"unknown", "widens", "narrows", "rewords"},
}

// stable returns the text of a value, and the first of its enumeration for one that is none.
func stable[T ~uint8](x T) string {
	all := texts[reflect.TypeFor[T]()]
	if int(x) < len(all) {
		return all[x]
	}
	return all[0]
}

// String returns the stable text, "express_consent".
func (b Basis) String() string { return stable(b) }

// String returns the stable text, "case_closed".
func (t Trigger) String() string { return stable(t) }

// String returns the stable text, "anonymise".
func (a Action) String() string { return stable(a) }

// String returns the stable text, "third_party".
func (k RecipientKind) String() string { return stable(k) }

// String returns the stable text, "incident_notice".
func (u Undertaking) String() string { return stable(u) }

// String returns the stable text, "adequate".
func (o Outcome) String() string { return stable(o) }

// String returns the stable text, "emergency".
func (g Ground) String() string { return stable(g) }

// String returns the stable text, "never_sell".
func (p Promise) String() string { return stable(p) }

// String returns the stable text, "portability".
func (r Right) String() string { return stable(r) }

// String returns the stable text, "notified".
func (c ChangeNotice) String() string { return stable(c) }

// String returns the stable text, "offer_unsubscribe".
func (o Obligation) String() string { return stable(o) }

// String returns the stable text, "widens".
func (e Effect) String() string { return stable(e) }

// String returns the period as ISO 8601 writes a duration, "P3Y6M2D"; "P0D" if it has no length.
func (p Period) String() string {
	if p.IsZero() {
		return "P0D"
	}
	text := "P"
	for _, part := range []struct {
		n    int
		unit string
	}{{p.Years, "Y"}, {p.Months, "M"}, {p.Days, "D"}} {
		if part.n != 0 {
			text += strconv.Itoa(part.n) + part.unit
		}
	}
	return text
}

// parsePeriod reads what String writes: years, months and days in this order, each a whole number and at most once.
func parsePeriod(text string) (Period, error) {
	var p Period
	rest, ok := strings.CutPrefix(text, "P")
	for _, part := range []struct {
		n    *int
		unit string
	}{{&p.Years, "Y"}, {&p.Months, "M"}, {&p.Days, "D"}} {
		number, after, found := strings.Cut(rest, part.unit)
		if !found {
			continue
		}
		n, err := strconv.Atoi(number)
		if err != nil || n < 0 || number[0] == '+' || number[0] == '-' {
			return Period{}, fmt.Errorf("%q is no period; write it as P3Y, P6M or P1Y2M10D", text)
		}
		*part.n, rest = n, after
	}
	if !ok || rest != "" || text == "P" {
		return Period{}, fmt.Errorf("%q is no period; write it as P3Y, P6M or P1Y2M10D", text)
	}
	return p, nil
}
