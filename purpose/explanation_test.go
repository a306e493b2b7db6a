package purpose_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/purpose"
)

// Every obligation is told in both languages, and each in words of its own.
func TestObligationsAreExplained(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for o := purpose.OfferUnsubscribe; o.String() != "unknown"; o++ {
		for _, tag := range []language.Tag{language.English, language.CanadianFrench} {
			text := o.Explain(tag)
			assert.NotContains(t, text, "obligation ", "no message for %v in %v", o, tag)
			assert.True(t, strings.HasSuffix(text, "."), text)
			assert.False(t, seen[text], text)
			seen[text] = true
		}
	}
	assert.Len(t, seen, 16)
}

func TestDecisionExplain(t *testing.T) {
	t.Parallel()
	p := policy(t, shop())
	r := ask(newsletter)
	r.Operation, r.Recipient = purpose.Disclose, "letters"
	e := p.Decide(r, knowing()).Explain(language.English)
	assert.Equal(t, `Permitted at purposes["marketing.newsletter"].basis of identity.email of version 2026-01`, e.Rule)
	assert.Equal(t, "The use is permitted. The disclosure must be recorded.", e.String())

	r.Attribute = name
	assert.Equal(t, `rule 6, the attribute: AttributeNotForRole at purposes["marketing.newsletter"].roles of identity.name of version 2026-01`, p.Decide(r, knowing()).Explain(language.English).Rule)
	r = ask(service)
	r.Operation, r.Recipient = purpose.Disclose, "letters"
	assert.Equal(t, `rule 10, recipient and contract: RecipientNotAllowed at purposes["service"] for recipients["letters"] of service.description of version 2026-01`,
		p.Decide(r, knowing()).Explain(language.English).Rule)
	// Names that no policy can declare may be anything, and are not repeated.
	odd := purpose.Request{Purpose: "Marie Tremblay", Attribute: "marie@example.com", Operation: purpose.Use, Time: noon}
	assert.NotContains(t, p.Decide(odd, nil).Explain(language.English).Rule, "arie")
	assert.Equal(t, "Aucune décision n’a été prise, donc rien n’est ouvert.", purpose.Decision{}.Explain(language.French).String())
	for reason := purpose.Undecided; reason.String() != "Undecided" || reason == purpose.Undecided; reason++ {
		assert.NotEmpty(t, purpose.Decision{Reason: reason}.Explain(language.French).Sentence)
	}
}

func ExampleDecision_Explain() {
	policy, err := purpose.NewPolicy(letters)
	if err != nil {
		panic(err)
	}
	d := policy.Decide(purpose.Request{
		Purpose: "newsletter", Operation: purpose.Use, Actor: purpose.Actor{Role: "mailer", ID: "m-1"}, Time: letters.Effective,
	}, &purpose.Facts{Complete: true})
	fmt.Println(d.Explain(language.CanadianFrench))
	fmt.Println(d.Explain(language.English).Rule)
	// Output:
	// La personne concernée n’a pas consenti.
	// rule 12, the ground: ConsentUnknown at purposes["newsletter"].basis of version 2026-01
}
