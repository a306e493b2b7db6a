package purpose_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/purpose"
)

// reasons reads the names of the constants from the source, in order.
func reasons(tb testing.TB) []string {
	tb.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "reason.go", nil, 0)
	require.NoError(tb, err)
	var names []string
	for _, d := range file.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.CONST {
			for _, s := range g.Specs {
				names = append(names, s.(*ast.ValueSpec).Names[0].Name)
			}
		}
	}
	require.Greater(tb, len(names), 30)
	require.Equal(tb, "Cancelled", names[len(names)-1])
	require.Equal(tb, purpose.Cancelled, purpose.Reason(len(names)-1))
	return names
}

func TestReasonText(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for i, want := range reasons(t) {
		r := purpose.Reason(i)
		assert.Equal(t, want, r.String())
		assert.Equal(t, want, r.Error())
		back, ok := purpose.ParseReason(want)
		assert.True(t, ok)
		assert.Equal(t, r, back)
		for _, tag := range []language.Tag{language.English, language.French} {
			text := r.Explain(tag)
			assert.True(t, strings.HasSuffix(text, ".") && strings.Contains(text, " "), "%v has no sentence in %v: %q", r, tag, text)
			assert.NotContains(t, text, "%!")
			assert.Empty(t, seen[text], "%v says the same as %v", r, seen[text])
			seen[text] = want
		}
	}
	assert.Equal(t, "Undecided", purpose.Reason(200).String())
	_, ok := purpose.ParseReason("undecided")
	assert.False(t, ok)
	r, ok := purpose.ParseReason("")
	assert.False(t, ok)
	assert.Equal(t, purpose.Undecided, r)
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	const en, fr = "The case is not open.", "Le dossier n’est pas ouvert."
	for tag, want := range map[string]string{
		"fr": fr, "fr-CA": fr, "fr-FR": fr, "fr-Latn-CA": fr,
		"en": en, "en-CA": en, "de": en, "und": en, "iu": en, "frr": en,
	} {
		assert.Equal(t, want, purpose.CaseNotOpen.Explain(language.MustParse(tag)), tag)
	}
	assert.Equal(t, en, purpose.CaseNotOpen.Explain(language.Tag{}))

	text := purpose.Text{EN: "yes", FR: "oui"}
	assert.Equal(t, "oui", text.In(language.CanadianFrench))
	assert.Equal(t, "yes", text.In(language.BritishEnglish))
	assert.Equal(t, "yes", text.In(language.German))
	assert.Equal(t, "yes", purpose.Text{EN: "yes"}.In(language.French))
	assert.Equal(t, "oui", purpose.Text{FR: "oui"}.In(language.English))
	assert.Empty(t, purpose.Text{}.In(language.English))
}

func TestExplain(t *testing.T) {
	t.Parallel()
	d := purpose.Denied{Reason: purpose.ConsentWithdrawn, Consequence: purpose.Text{EN: "No letter.", FR: "Pas de lettre."}}
	assert.Equal(t, "The person concerned withdrew consent. No letter.", d.Explain(language.English))
	assert.Equal(t, "La personne concernée a retiré son consentement. Pas de lettre.", d.Explain(language.CanadianFrench))
	d.Reason = purpose.CaseNotOpen
	assert.Equal(t, "The case is not open.", d.Explain(language.English), "consent would change nothing")
	assert.Equal(t, purpose.Undecided.Explain(language.English), (*purpose.Denied)(nil).Explain(language.English))
}

// Exactly one of the two kinds matches, for every reason and every cause.
func TestDeniedXorUnavailable(t *testing.T) {
	t.Parallel()
	type custom struct{ error }
	for i := range len(reasons(t)) + 2 {
		r := purpose.Reason(i)
		want, other := purpose.ErrDenied, purpose.ErrUnavailable
		if r >= purpose.RegistryUnavailable {
			want, other = other, want
		}
		assert.Equal(t, want == purpose.ErrUnavailable, r.Outage())
		assert.ErrorIs(t, r, want)
		assert.NotErrorIs(t, r, other)
		for _, cause := range []error{
			nil, io.EOF, context.Canceled, purpose.ErrDenied, purpose.ErrUnavailable,
			purpose.Erased, purpose.RegistryUnavailable,
			fmt.Errorf("x: %w", purpose.KeyUnavailable),
			errors.Join(io.EOF, purpose.ConsentRefused, purpose.Cancelled),
			&purpose.Denied{Reason: purpose.ConsentRefused},
			&purpose.Denied{Reason: purpose.AuditUnavailable, Cause: io.EOF},
			custom{purpose.ErrUnavailable},
		} {
			d := &purpose.Denied{Reason: r, Cause: cause}
			for _, err := range []error{d, fmt.Errorf("y: %w", d), &purpose.Denied{Reason: r, Cause: d}} {
				assert.ErrorIs(t, err, want, "%v because %v", r, cause)
				assert.NotErrorIs(t, err, other, "%v because %v", r, cause)
				assert.ErrorIs(t, err, r)
				got, ok := errors.AsType[purpose.Reason](err)
				assert.True(t, ok)
				assert.Equal(t, r, got)
				first, ok := errors.AsType[*purpose.Denied](err)
				assert.True(t, ok)
				assert.Equal(t, r, first.Reason)
			}
		}
	}
}

func TestDeniedCause(t *testing.T) {
	t.Parallel()
	type custom struct{ error }
	assert.NoError(t, (&purpose.Denied{}).Unwrap())
	d := &purpose.Denied{Reason: purpose.RegistryUnavailable, Cause: io.EOF}
	assert.Equal(t, io.EOF, errors.Unwrap(d))

	// A muted cause keeps everything but its verdict.
	cause := custom{errors.Join(io.EOF, purpose.RegistryUnavailable, &purpose.Denied{Reason: purpose.Cancelled})}
	d = &purpose.Denied{Reason: purpose.Erased, Cause: fmt.Errorf("%w and %w", cause, cause.error)}
	assert.ErrorIs(t, d, io.EOF)
	assert.NotErrorIs(t, d, purpose.RegistryUnavailable)
	assert.NotErrorIs(t, d, purpose.Cancelled)
	_, ok := errors.AsType[custom](d)
	assert.True(t, ok)
	inner := errors.Unwrap(d)
	_, ok = errors.AsType[*purpose.Denied](inner)
	assert.False(t, ok)
	_, ok = errors.AsType[purpose.Reason](inner)
	assert.False(t, ok)
	assert.Equal(t, d.Cause.Error(), inner.Error())

	var none *purpose.Denied
	assert.ErrorIs(t, none, purpose.ErrDenied)
	assert.NotErrorIs(t, none, purpose.ErrUnavailable)
	assert.NoError(t, none.Unwrap())
	assert.Equal(t, "purpose: Undecided", none.Error())
	_, ok = errors.AsType[purpose.Reason](error(none))
	assert.False(t, ok)
}

func TestDeniedError(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]purpose.Denied{
		"purpose: marketing.newsletter: identity.email: ConsentWithdrawn": {
			Purpose: newsletter, Attribute: email, Reason: purpose.ConsentWithdrawn,
			Cause: errors.New("subject marie@example.com"),
		},
		"purpose: marketing.newsletter: CaseRequired": {Purpose: newsletter, Reason: purpose.CaseRequired},
		"purpose: Undecided":                          {},
		"purpose: UnknownPurpose":                     {Purpose: "marie@example.com", Attribute: "Marie Tremblay", Reason: purpose.UnknownPurpose},
	} {
		assert.Equal(t, want, d.Error())
	}
}

func TestPossibleTellsConsequence(t *testing.T) {
	t.Parallel()
	err := policy(t, shop()).Possible(purpose.Request{Purpose: newsletter, Operation: purpose.Transfer})
	d, ok := errors.AsType[*purpose.Denied](err)
	require.True(t, ok)
	assert.Equal(t, "You will not receive our letter.", d.Consequence.EN)
}

// No answer of a person, of a clock or of a broken part makes a candidate, since none of them is somebody's doing.
func TestIncidentCandidate(t *testing.T) {
	t.Parallel()
	var candidates []purpose.Reason
	for i := range len(reasons(t)) + 2 {
		if r := purpose.Reason(i); r.IncidentCandidate() {
			candidates = append(candidates, r)
			assert.NotEqual(t, purpose.Permitted, r)
			assert.False(t, r.Outage())
		}
	}
	assert.Equal(t, []purpose.Reason{
		purpose.ActorNotAuthorized, purpose.NotAssigned, purpose.CaseMismatch, purpose.OperationNotInPurpose, purpose.CategoryNotInPurpose,
		purpose.AttributeNotInPurpose, purpose.AttributeNotForRole, purpose.DeidentifiedOnly, purpose.NotGenuine,
		purpose.ProhibitedOperation, purpose.ProhibitedByPolicy,
	}, candidates)
}
