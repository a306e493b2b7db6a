package retention_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
)

// books returns a policy that keeps invoices by the rule.
func books(rule purpose.Retention) purpose.Document {
	return purpose.Document{
		Version: "1", Effective: time.Date(2020, time.January, 1, 0, 0, 0, 0, time.UTC), Officer: "privacy@example.com",
		Languages: []language.Tag{language.English},
		Purposes: []purpose.Spec{{
			ID: "books", Domain: "legal", Title: purpose.Text{EN: "Books", FR: "Comptabilité"},
			Basis: purpose.LegalGround, Citation: rule.Citation,
			Attributes: []purpose.Attribute{"profile.invoice"}, Operations: []purpose.Operation{purpose.Collect, purpose.Use},
			Roles:     map[purpose.Role][]purpose.Attribute{"accountant": {"profile.invoice"}},
			Retention: rule,
		}},
	}
}

func TestPeriods(t *testing.T) {
	t.Parallel()
	collected := time.Date(2025, time.March, 7, 15, 0, 0, 0, time.UTC)
	closed := time.Date(2026, time.June, 1, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name string
		rule purpose.Retention
		end  time.Time
	}{
		{"tax", retention.Tax(), time.Date(2032, time.January, 1, 0, 0, 0, 0, time.UTC)},
		{"money laundering", retention.MoneyLaundering(), time.Date(2031, time.June, 1, 0, 0, 0, 0, time.UTC)},
		{"incident register", retention.IncidentRegister(), time.Date(2030, time.March, 7, 15, 0, 0, 0, time.UTC)},
		{"federal breach record", retention.BreachRecord(), time.Date(2027, time.March, 7, 15, 0, 0, 0, time.UTC)},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			policy, err := purpose.NewPolicy(books(test.rule))
			require.NoError(t, err)
			facts := &purpose.Facts{Complete: true, Account: purpose.Account{Status: purpose.CaseClosed, Closed: closed}}
			ask := purpose.Request{
				Purpose: "books", Operation: purpose.Use, Actor: purpose.Actor{Role: "accountant", ID: "a-1"},
				Attribute: "profile.invoice", CollectedFor: []purpose.ID{"books"}, CollectedAt: collected,
			}
			ask.Time = test.end.Add(-time.Nanosecond)
			d := policy.Decide(ask, facts)
			assert.Equal(t, purpose.Permitted, d.Reason)
			assert.Equal(t, test.end, d.Until)
			ask.Time = test.end
			assert.Equal(t, purpose.RetentionExpired, policy.Decide(ask, facts).Reason)
		})
	}
}

func ExampleTax() {
	rule := retention.Tax()
	yearEnd := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC) // of the fiscal year 2025
	fmt.Println(rule.Keep.After(yearEnd).Format(time.DateOnly), rule.Citation)
	// Output: 2032-01-01 Income Tax Act (Canada) s. 230(4)(b)
}
