package purpose_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/purpose"
)

// What becomes of a value at its end is told to people, and a change of it is a change of the policy: less is destroyed, or more.
func TestThen(t *testing.T) {
	t.Parallel()
	then := func(a purpose.Action) purpose.Document {
		d := shop()
		d.Purposes[slices.IndexFunc(d.Purposes, func(s purpose.Spec) bool { return s.ID == orders })].Retention.Then = a
		return d
	}
	destroyed, anonymised := then(purpose.Destroy), then(purpose.Anonymise)
	const where = `purposes["orders"].retention.then`
	change := func(from, to purpose.Document) purpose.Change {
		changes := purpose.Diff(from, to)
		require.Len(t, changes, 1)
		assert.Equal(t, where, changes[0].Place)
		return changes[0]
	}
	assert.Equal(t, purpose.Widens, change(destroyed, anonymised).Effect)
	assert.Equal(t, purpose.Narrows, change(anonymised, destroyed).Effect)

	for tag, want := range map[language.Tag]string{language.English: "then anonymised", language.CanadianFrench: "puis anonymisé"} {
		told, err := purpose.NewPolicy(anonymised)
		require.NoError(t, err)
		untold, err := purpose.NewPolicy(destroyed)
		require.NoError(t, err)
		assert.Contains(t, string(told.Notice(tag).Markdown()), want)
		assert.NotContains(t, string(untold.Notice(tag).Markdown()), want)
	}
	assert.Equal(t, "destroy", purpose.Destroy.String())
	assert.Equal(t, "anonymise", purpose.Anonymise.String())
}
