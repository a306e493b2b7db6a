package consent_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
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

// A review has a context of its own and five seconds; what it makes of them changes nothing of what is stored.
func TestReviewMisbehaves(t *testing.T) {
	t.Parallel()
	var seen error
	for name, test := range map[string]struct {
		review consent.Review
		told   bool
		takes  time.Duration
	}{
		"in order":       {review: func(ctx context.Context, _ consent.Subject, _ time.Time) error { seen = ctx.Err(); return seen }},
		"fails":          {review: func(context.Context, consent.Subject, time.Time) error { return errors.New("away") }, told: true},
		"panics":         {review: func(context.Context, consent.Subject, time.Time) error { panic("someone@example.com") }, told: true},
		"ends":           {review: func(context.Context, consent.Subject, time.Time) error { runtime.Goexit(); return nil }, told: true},
		"takes its time": {review: func(ctx context.Context, _ consent.Subject, _ time.Time) error { <-ctx.Done(); return ctx.Err() }, told: true, takes: 5 * time.Second},
		"does not heed":  {review: func(context.Context, consent.Subject, time.Time) error { time.Sleep(time.Hour); return nil }, told: true, takes: 5 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			var told []error
			r, err := openShop(consent.WithReview(test.review), consent.WithHooks(consent.Hooks{Unreviewed: func(err error) { told = append(told, err) }}))
			require.NoError(t, err)
			defer r.Close()
			ctx := t.Context()
			const marie consent.Subject = "marie"
			_, err = r.Notify(ctx, marie, language.English)
			require.NoError(t, err)
			_, err = r.Grant(ctx, marie, newsletter, consent.Act{Method: consent.InAccount})
			require.NoError(t, err)
			gate, err := r.Gate(nil, purpose.Use, newsletter)
			require.NoError(t, err)
			use, err := gate.Begin(ctx, mailer, marie)
			require.NoError(t, err)
			hurried, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			began := time.Now()
			w, err := r.Withdraw(hurried, marie, newsletter)
			require.ErrorIs(t, err, consent.ErrStillDraining, name)
			assert.Equal(t, time.Second+test.takes, time.Since(began), name)
			use.End()
			_, err = r.Wait(ctx, w.Position)
			require.NoError(t, err)
			c, err := r.State(ctx, marie, newsletter)
			require.NoError(t, err)
			assert.Equal(t, purpose.Withdrawn, c.Status, name)
			if assert.Equal(t, test.told, len(told) == 1, name) && test.told {
				assert.NotContains(t, told[0].Error(), "@", name)
			}
			time.Sleep(2 * time.Hour)
		})
	}
	assert.NoError(t, seen, "the context of the call was over, and the review's was not")
}

// Who was not answered asks again, and then it is reviewed: also a release, of which the second says that there is no hold.
func TestReviewIsAskedForAgain(t *testing.T) {
	t.Parallel()
	calls := 0
	r, err := openShop(consent.WithReview(func(context.Context, consent.Subject, time.Time) error { calls++; return errors.New("away") }))
	require.NoError(t, err)
	defer r.Close()
	ctx := t.Context()
	_, err = r.PlaceHold(ctx, "marie", purpose.Hold{ID: "h", Purpose: newsletter}, "")
	require.NoError(t, err)
	assert.Zero(t, calls)
	_, err = r.ReleaseHold(ctx, "marie", "h")
	require.NoError(t, err)
	_, err = r.ReleaseHold(ctx, "marie", "h")
	require.ErrorIs(t, err, consent.ErrNoHold)
	assert.Equal(t, 2, calls)
	for range 2 {
		_, err = r.Withdraw(ctx, "marie", newsletter)
		require.NoError(t, err)
	}
	assert.Equal(t, 4, calls)
}
