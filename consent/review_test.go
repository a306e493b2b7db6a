package consent_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// A review comes after what was stored has taken effect, and its failure undoes nothing.
func TestReview(t *testing.T) {
	t.Parallel()
	var (
		r        *consent.Registry
		reviewed []consent.Subject
		found    purpose.Status
		failure  error
		told     []error
	)
	review := func(ctx context.Context, s consent.Subject, now time.Time) error {
		reviewed = append(reviewed, s)
		assert.Equal(t, r.Now(), now)
		c, err := r.State(ctx, s, newsletter)
		found = c.Status
		return errors.Join(err, failure)
	}
	var err error
	r, err = openShop(consent.WithReview(review), consent.WithHooks(consent.Hooks{Unreviewed: func(err error) { told = append(told, err) }}))
	require.NoError(t, err)
	defer r.Close()
	ctx := t.Context()
	const marie consent.Subject = "marie"
	_, err = r.Notify(ctx, marie, language.English)
	require.NoError(t, err)
	_, err = r.Grant(ctx, marie, newsletter, consent.Act{Method: consent.InAccount})
	require.NoError(t, err)
	assert.Empty(t, reviewed)

	_, err = r.Withdraw(ctx, marie, newsletter)
	require.NoError(t, err)
	assert.Equal(t, []consent.Subject{marie}, reviewed)
	assert.Equal(t, purpose.Withdrawn, found)
	assert.Empty(t, told)

	failure = errors.New("away")
	_, err = r.Refuse(ctx, marie, newsletter)
	require.NoError(t, err)
	require.Len(t, told, 1)
	require.ErrorIs(t, told[0], failure)

	_, err = r.Withdraw(ctx, "", newsletter)
	require.Error(t, err)
	assert.Len(t, reviewed, 2, "nothing was stored")

	_, err = openShop(consent.WithReview(nil))
	require.Error(t, err)
}
