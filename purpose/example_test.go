package purpose_test

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/purpose"
)

// letters is a policy of one purpose.
var letters = purpose.Document{
	Version:   "2026-01",
	Effective: time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC),
	Officer:   "privacy@example.com",
	Languages: []language.Tag{language.French, language.English},
	Purposes: []purpose.Spec{{
		ID:          "newsletter",
		Domain:      "marketing",
		Title:       purpose.Text{EN: "Our monthly letter", FR: "Notre infolettre mensuelle"},
		Basis:       purpose.ExpressConsent,
		Attributes:  []purpose.Attribute{"identity.email"},
		Operations:  []purpose.Operation{purpose.Collect, purpose.Use},
		Roles:       map[purpose.Role][]purpose.Attribute{"mailer": {"identity.email"}},
		Retention:   purpose.Retention{Keep: purpose.Period{Years: 2}, From: purpose.FromCollection, Justification: "Readers come back within two years."},
		Consequence: purpose.Text{EN: "You will receive no letter.", FR: "Vous ne recevrez pas l’infolettre."},
		Optional:    true,
	}},
}

func ExampleNewPolicy() {
	document := letters
	document.Version = "January"
	document.Officer = ""
	_, err := purpose.NewPolicy(document)
	fmt.Println(err)

	policy, err := purpose.NewPolicy(letters)
	fmt.Println(policy.Version(), err)
	// Output:
	// purpose: version: must be 1 to 64 of a-z 0-9 _ . -, not "January"
	// purpose: officer: is required: say how to reach the privacy officer
	// 2026-01 <nil>
}

func ExamplePolicy_Decide() {
	policy, err := purpose.NewPolicy(letters)
	if err != nil {
		panic(err)
	}
	may := time.Date(2026, time.May, 1, 0, 0, 0, 0, time.UTC)
	request := purpose.Request{
		Purpose:      "newsletter",
		Operation:    purpose.Use,
		Actor:        purpose.Actor{Role: "mailer", ID: "mailer-1"},
		Attribute:    "identity.email",
		CollectedFor: []purpose.ID{"newsletter"},
		CollectedAt:  may,
		Time:         may.AddDate(0, 1, 0),
	}
	granted := purpose.Consent{Status: purpose.Given, Since: may, Policy: "2026-01", Operations: purpose.OperationSet(purpose.Use)}
	facts := purpose.Facts{Complete: true, Consents: map[purpose.ID]purpose.Consent{"newsletter": granted}}

	d := policy.Decide(request, &facts)
	fmt.Println(d.Reason, d.Until.Format(time.DateOnly))

	facts.Consents["newsletter"] = purpose.Consent{Status: purpose.Withdrawn, Since: may.AddDate(0, 0, 9)}
	fmt.Println(policy.Decide(request, &facts).Reason)
	fmt.Println(policy.Decide(request, nil).Reason)
	// Output:
	// Permitted 2028-05-01
	// ConsentWithdrawn
	// FactUnknown
}

func ExampleDenied_Explain() {
	var err error = &purpose.Denied{
		Purpose:     "newsletter",
		Reason:      purpose.ConsentWithdrawn,
		Consequence: letters.Purposes[0].Consequence,
	}
	fmt.Println(err)
	fmt.Println(errors.Is(err, purpose.ErrDenied), errors.Is(err, purpose.ErrUnavailable))
	if d, ok := errors.AsType[*purpose.Denied](err); ok {
		fmt.Println(d.Explain(language.English))
		fmt.Println(d.Explain(language.CanadianFrench))
	}
	// Output:
	// purpose: newsletter: ConsentWithdrawn
	// true false
	// The person concerned withdrew consent. You will receive no letter.
	// La personne concernée a retiré son consentement. Vous ne recevrez pas l’infolettre.
}
