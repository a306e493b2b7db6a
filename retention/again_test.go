package retention_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/retention"
)

// A run is just about to take the request of an erasure that is done off the agenda. Meanwhile a sweep has done so, and it was asked for again, and that died at
// work. The second request stays, or nobody would go on with its erasure.
func TestARequestThatIsMadeAgainIsNotTakenForTheFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	r.until(2020, time.March, 1)
	r.add(marie, "", "identity.email", dispute)
	dead := errors.New("dead")
	inner := false
	r.at = func(call string, done bool) error {
		switch {
		case call == "settle" && !done && !inner:
			inner = true
			r.v.Clock.Advance(2 * 24 * time.Hour)
			r.sweep()
			require.Empty(t, r.agenda(marie))
			config := r.config()
			config.Certify = func(context.Context, retention.Certificate) error { return dead }
			w, err := retention.NewSweeper(config)
			require.NoError(t, err)
			_, err = w.Erase(ctx, marie)
			require.ErrorIs(t, err, dead)
		}
		return nil
	}
	_, err := r.sweeper().Erase(ctx, marie)
	require.NoError(t, err)
	require.True(t, inner)
	assert.Len(t, r.agenda(marie), 1, "the second erasure has begun")
	r.v.Clock.Advance(2 * 24 * time.Hour)
	r.sweep()
	assert.Empty(t, r.agenda(marie))
	f, err := r.registry().Facts(ctx, marie)
	require.NoError(t, err)
	assert.Empty(t, f.Erasures)
}
