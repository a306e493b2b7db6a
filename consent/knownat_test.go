package consent_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

func TestKnownAt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		start := d.Now()
		time.Sleep(time.Hour)
		d.told()
		d.grant(letter, consent.Act{Until: d.Now().Add(3 * time.Hour)}) // at 1 h, until 4 h
		time.Sleep(time.Hour)
		d.grant(calls, consent.Act{})
		_, err := d.Withdraw(t.Context(), d.who, calls) // both at 2 h
		require.NoError(t, err)
		for _, c := range []struct {
			id    purpose.ID
			hours float64
			want  purpose.Status
		}{
			{letter, 0, purpose.Absent},
			{letter, 0.9, purpose.Absent},
			{letter, 1, purpose.Given},
			{letter, 3.9, purpose.Given},
			{letter, 4, purpose.Absent},
			{calls, 1.9, purpose.Absent},
			{calls, 2, purpose.Withdrawn},
			{calls, 100, purpose.Withdrawn},
		} {
			have, err := d.KnownAt(t.Context(), d.who, c.id, start.Add(time.Duration(c.hours*float64(time.Hour))))
			require.NoError(t, err)
			assert.Equal(t, c.want, have.Status, "%s at %g h", c.id, c.hours)
		}
		_, err = d.KnownAt(t.Context(), d.who, "unheard.of", start)
		assert.Equal(t, purpose.UnknownPurpose, reasonOf(err))
		d.ledger.bend(nil, func(context.Context, events) events {
			return func(yield func(consent.Event, error) bool) { yield(consent.Event{}, errDisk) }
		})
		_, err = d.KnownAt(t.Context(), d.who, letter, d.Now())
		assert.ErrorIs(t, err, purpose.ErrUnavailable)
	})
}
