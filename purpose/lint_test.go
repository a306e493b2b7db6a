package purpose_test

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/purpose"
)

// asWritten is the privacy policy of a real marketplace encoded as it stands, with nothing mended: its text has no date, no length of time,
// and takes a visit for consent. A gap in its words is written […].
func asWritten(tb testing.TB) purpose.Document {
	tb.Helper()
	b, err := os.ReadFile("testdata/policy_as_written.json")
	require.NoError(tb, err)
	d, err := purpose.ParseDocument(b)
	require.NoError(tb, err)
	return d
}

func TestLintFindsAllKnownDefectsOfThePolicyAsWritten(t *testing.T) {
	t.Parallel()
	found := map[purpose.Defect][]string{}
	for _, f := range purpose.Lint(asWritten(t)) {
		found[f.Defect] = append(found[f.Defect], f.Place)
	}
	for defect, places := range map[purpose.Defect][]string{
		purpose.NoEffectiveDate:     {"effective"},
		purpose.RetentionUnsaid:     nil, // of every purpose
		purpose.ConsentNotAlways:    {`purposes["legal"].basis`, `purposes["legal.complaints"].basis`, `purposes["legal.fraud_aml"].basis`, `purposes["legal.order"].basis`, `purposes["legal.other"].basis`, `purposes["legal.tax"].basis`},
		purpose.RequiredUnlisted:    {`purposes["service.progress"].attributes`},
		purpose.OpenEnded:           {`purposes["business"].title`, `purposes["legal.other"].title`},
		purpose.NothingListed:       {`purposes["business"].attributes`},
		purpose.ConsentToProhibited: {`purposes["marketing.offers"].operations`},
		purpose.ConsentNotManifest:  {`purposes["web.advertising"].basis`, `purposes["web.analytics"].basis`, `purposes["web.personalisation"].basis`},
		purpose.UnknownDerogation:   {"statements.derogations"},
		purpose.NoNoticeOfChange:    {"statements.changes"},
		purpose.SeveralWords:        {`recipients["professionals"].role`, `terms["professional"].aliases`},
		purpose.TextIncomplete:      {`purposes["service.financing_referral"].title`},
		purpose.RightsUntold:        {"statements.rights", "statements.rights", "statements.rights", "statements.rights"},
		purpose.NoRuleForMinors:     {"statements.minor_age"},
		purpose.RecipientUndeclared: {`purposes["service.financing_referral"].recipients`, `purposes["web.advertising"].recipients`},
		purpose.CollectedUnprovided: nil, // wherever cookies are
		purpose.ConsiderationOpen:   {`recipients["lender"].contract.undertakings`},
	} {
		require.NotEmpty(t, found[defect], defect)
		if places != nil {
			assert.Equal(t, places, found[defect], defect)
		}
	}
	assert.Len(t, found, 17)
	_, err := purpose.NewPolicy(asWritten(t))
	for _, place := range []string{"effective: is required", `purposes["business"].title: is open-ended`, `purposes["web.analytics"].basis: is conduct`} {
		assert.ErrorContains(t, err, place)
	}
}

// Each defect by itself: a document that has it and nothing else, and the same without it.
func TestLint(t *testing.T) {
	t.Parallel()
	clean := shop()
	clean.Statements = purpose.Statements{Rights: purpose.Quebec().Rights, Changes: purpose.ChangeNotified}
	for i := range clean.Purposes {
		if r := &clean.Purposes[i].Retention; r.Citation == "" {
			r.Justification = "complaints take as long"
		}
	}
	require.Empty(t, purpose.Lint(clean))
	for defect, spoil := range map[purpose.Defect]func(*purpose.Document){
		purpose.NoEffectiveDate: func(d *purpose.Document) { d.Effective = time.Time{} },
		purpose.RetentionUnsaid: func(d *purpose.Document) { of(d, newsletter).Retention = purpose.Retention{} },
		purpose.NothingAnonymises: func(d *purpose.Document) {
			for i := range d.Purposes {
				d.Purposes[i].Deidentify = false
			}
			of(d, newsletter).Retention.Then = purpose.Anonymise
		},
		purpose.RetentionUnjustified: func(d *purpose.Document) { of(d, newsletter).Retention.Justification = " " },
		purpose.ConsentNotAlways: func(d *purpose.Document) {
			d.Statements.Promises = []purpose.Promise{purpose.ConsentAlways}
			d.Purposes = d.Purposes[:6]
		},
		purpose.RequiredUnlisted: func(d *purpose.Document) { of(d, support).Requires = []purpose.Attribute{name, card} },
		purpose.OpenEnded:        func(d *purpose.Document) { of(d, support).Title.FR = "Vous aider, et plus" },
		purpose.NothingListed:    func(d *purpose.Document) { of(d, support).Attributes = nil },
		purpose.ConsentToProhibited: func(d *purpose.Document) {
			d.Prohibitions = []purpose.Prohibition{{Name: "x", Within: payment, Operations: []purpose.Operation{purpose.Use}}}
		},
		purpose.ConsentNotManifest: func(d *purpose.Document) { of(d, support).Basis = purpose.ImpliedConsent },
		purpose.UnknownDerogation: func(d *purpose.Document) {
			d.Statements.Derogations = []purpose.Ground{purpose.Emergency, purpose.NewContract}
		},
		purpose.NoNoticeOfChange: func(d *purpose.Document) { d.Statements.Changes = purpose.ChangePublished },
		purpose.SeveralWords: func(d *purpose.Document) {
			d.Terms = []purpose.Term{{ID: "mail_house", Aliases: []string{"the printer"}}, {ID: "identity.name", Aliases: []string{"surname"}}}
		},
		purpose.TextIncomplete: func(d *purpose.Document) { of(d, support).Description.EN = "to help with […]" },
		purpose.RightsUntold:   func(d *purpose.Document) { d.Statements.Rights = d.Statements.Rights[1:] },
		purpose.NoRuleForMinors: func(d *purpose.Document) {
			of(d, support).Attributes = append(of(d, support).Attributes, "identity.birth_date")
		},
		purpose.RecipientUndeclared: func(d *purpose.Document) {
			of(d, support).Recipients = []purpose.Role{"pollster"}
		},
		purpose.CollectedUnprovided: func(d *purpose.Document) {
			d.Statements.Promises = []purpose.Promise{purpose.ProvidedOnly}
			of(d, support).Automatic = true
		},
		purpose.ConsiderationOpen: func(d *purpose.Document) {
			d.Statements.Promises = []purpose.Promise{purpose.NeverSell}
			d.Recipients[0].Kind = purpose.ThirdParty
		},
	} {
		t.Run(defect.String(), func(t *testing.T) {
			t.Parallel()
			b, err := clean.MarshalJSON()
			require.NoError(t, err)
			d, err := purpose.ParseDocument(b)
			require.NoError(t, err)
			spoil(&d)
			found := purpose.Lint(d)
			require.Len(t, found, 1, "%v", found)
			assert.Equal(t, defect, found[0].Defect)
			assert.NotEmpty(t, found[0].Place)
			assert.Contains(t, found[0].String(), defect.String())
		})
	}
	assert.Equal(t, "Unknown", purpose.Defect(99).String())
}

func TestLintIsTotal(t *testing.T) {
	t.Parallel()
	properties := gopter.NewProperties(gopter.DefaultTestParameters())
	properties.Property("the same findings each time, and never a panic", prop.ForAll(func(seed uint64) bool {
		d := arbitrary(seed, 3)
		return reflect.DeepEqual(purpose.Lint(d), purpose.Lint(d)) && purpose.Lint(purpose.Document{}) != nil
	}, gen.UInt64()))
	properties.TestingRun(t)
}

func TestAsWrittenIsCanonicalEnough(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/policy_as_written.json")
	require.NoError(t, err)
	var compact strings.Builder
	require.NoError(t, json.NewEncoder(&compact).Encode(json.RawMessage(b)))
	canonical, err := asWritten(t).MarshalJSON()
	require.NoError(t, err)
	assert.JSONEq(t, compact.String(), string(canonical), "nothing is read otherwise than it is written")
}
