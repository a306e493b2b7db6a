package rights_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/pii/rights"
)

func at(text string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05", text)
	if err != nil {
		panic(err)
	}
	return t
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, received, deadline, alarm, extended string }{
		{"plain", "2026-03-03 15:04:05", "2026-04-02 15:04:05", "2026-03-26 00:00:00", "2026-05-02 15:04:05"},
		{"first of a month of 31 days", "2026-01-01 00:00:00", "2026-01-31 00:00:00", "2026-01-23 00:00:00", "2026-03-02 00:00:00"},
		{"last of a month, over a February", "2026-01-31 23:59:59", "2026-03-02 23:59:59", "2026-02-23 00:00:00", "2026-04-01 23:59:59"},
		{"over the day of a leap year", "2028-01-31 12:00:00", "2028-03-01 12:00:00", "2028-02-23 00:00:00", "2028-03-31 12:00:00"},
		{"on the day of a leap year", "2028-02-29 12:00:00", "2028-03-30 12:00:00", "2028-03-23 00:00:00", "2028-04-29 12:00:00"},
		{"over a year", "2026-12-15 08:00:00", "2027-01-14 08:00:00", "2027-01-07 00:00:00", "2027-02-13 08:00:00"},
		{"ends on a Saturday: no longer", "2026-03-05 09:00:00", "2026-04-04 09:00:00", "2026-03-27 00:00:00", "2026-05-04 09:00:00"},
		{"ends on a Sunday: no longer", "2026-03-06 09:00:00", "2026-04-05 09:00:00", "2026-03-27 00:00:00", "2026-05-05 09:00:00"},
		{"over the change of the clocks", "2026-02-20 04:30:00", "2026-03-22 04:30:00", "2026-03-13 00:00:00", "2026-04-21 04:30:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			x := newRigAt(t, at(c.received), late)
			r := x.receive(t, rights.Access)
			assert.Equal(t, at(c.deadline), r.Deadline)
			assert.Equal(t, at(c.alarm), r.Alarm)
			require.NoError(t, x.Extend(t.Context(), officer, marie, r.ID, 30, "letter-1"))
			assert.Equal(t, at(c.extended), x.get(t, r.ID).Deadline)
		})
	}
}

// Day by day: what a request is, and whether it can be extended then.
func TestStateDayByDay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		after    time.Duration
		state    rights.State
		extends  bool
		extended rights.State // once it was extended by 30 days on the first day
	}{
		{0, rights.StateOpen, true, rights.StateExtended},
		{day, rights.StateOpen, true, rights.StateExtended},
		{28 * day, rights.StateOpen, true, rights.StateExtended},
		{29 * day, rights.StateOpen, true, rights.StateExtended},
		{30*day - 1, rights.StateOpen, true, rights.StateExtended},
		{30 * day, rights.StateDeemedRefused, false, rights.StateExtended},
		{30*day + 1, rights.StateDeemedRefused, false, rights.StateExtended},
		{31 * day, rights.StateDeemedRefused, false, rights.StateExtended},
		{60*day - 1, rights.StateDeemedRefused, false, rights.StateExtended},
		{60 * day, rights.StateDeemedRefused, false, rights.StateDeemedRefused},
		{61 * day, rights.StateDeemedRefused, false, rights.StateDeemedRefused},
		{4000 * day, rights.StateDeemedRefused, false, rights.StateDeemedRefused},
	} {
		t.Run(c.after.String(), func(t *testing.T) {
			t.Parallel()
			x := newRig(t, late)
			r, other := x.receive(t, rights.Access), x.receive(t, rights.Deletion)
			require.NoError(t, x.Extend(t.Context(), officer, marie, other.ID, 30, "letter-1"))
			x.Clock.Advance(c.after)
			assert.Equal(t, c.state, x.state(t, r.ID))
			assert.Equal(t, c.extended, x.state(t, other.ID))
			err := x.Extend(t.Context(), officer, marie, r.ID, 30, "letter-2")
			if c.extends {
				require.NoError(t, err)
				assert.Equal(t, rights.StateExtended, x.state(t, r.ID))
			} else {
				require.ErrorIs(t, err, rights.ErrExtension)
			}
			require.ErrorIs(t, x.Extend(t.Context(), officer, marie, other.ID, 1, "letter-3"), rights.ErrExtension, "once")
		})
	}
}

func TestExtensionIsBounded(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	r := x.receive(t, rights.Access)
	for _, days := range []int{-1, 0, 31, 1 << 40} {
		require.ErrorIs(t, x.Extend(t.Context(), officer, marie, r.ID, days, "letter"), rights.ErrExtension)
	}
	require.ErrorIs(t, x.Extend(t.Context(), officer, marie, r.ID, 5, ""), rights.ErrInvalid, "the person is told")
	assert.Equal(t, received.AddDate(0, 0, 30), x.get(t, r.ID).Deadline)

	x = newRig(t, func(c *rights.Config) { c.Rules = rights.Quebec() })
	r = x.receive(t, rights.Access)
	require.ErrorIs(t, x.Extend(t.Context(), officer, marie, r.ID, 1, "letter"), rights.ErrExtension, "Québec knows none")
}

// What came earlier than it was registered runs from when it came.
func TestReceivedEarlier(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	in := asks(rights.Access)
	in.Received = received.AddDate(0, 0, -31)
	r, err := x.Receive(t.Context(), clerk, in)
	require.NoError(t, err)
	assert.Equal(t, rights.StateDeemedRefused, r.State(x.Clock.Now()))
	in.Received = received.Add(time.Second)
	_, err = x.Receive(t.Context(), clerk, in)
	require.ErrorIs(t, err, rights.ErrInvalid)
}

// An alarm rings on a day on which somebody works, also if that is not for weeks.
func TestAlarm(t *testing.T) {
	t.Parallel()
	holiday := at("2026-03-26 00:00:00")
	x := newRig(t, func(c *rights.Config) {
		c.Rules.Working = func(day time.Time) bool { return !day.Equal(holiday) }
	})
	assert.Equal(t, holiday.AddDate(0, 0, -1), x.receive(t, rights.Access).Alarm)
	x = newRig(t, func(c *rights.Config) { c.Rules.Working = func(time.Time) bool { return false } })
	assert.Equal(t, received, x.receive(t, rights.Access).Alarm)
	x = newRig(t, func(c *rights.Config) { c.Rules.Alarm = 20 })
	assert.Equal(t, at("2026-03-13 00:00:00"), x.receive(t, rights.Access).Alarm)
}

func TestScenario94SilenceIsRefusal(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	r := x.receive(t, rights.Access)
	ids, errs := x.due(t)
	assert.Empty(t, ids)
	assert.Empty(t, errs)
	x.Clock.Set(r.Alarm.Add(-1))
	ids, _ = x.due(t)
	assert.Empty(t, ids)
	x.Clock.Set(r.Alarm)
	ids, _ = x.due(t)
	assert.Equal(t, []string{r.ID}, ids, "an alarm, before it is too late")
	assert.Equal(t, rights.StateOpen, x.state(t, r.ID))
	x.Clock.Set(received.Add(30 * day))
	ids, _ = x.due(t)
	assert.Equal(t, []string{r.ID}, ids)
	assert.Equal(t, rights.StateDeemedRefused, x.state(t, r.ID))
	assert.False(t, x.get(t, r.ID).Late())

	require.NoError(t, x.Answer(t.Context(), officer, marie, r.ID, "letter"))
	assert.Equal(t, rights.StateAnswered, x.state(t, r.ID))
	assert.True(t, x.get(t, r.ID).Late(), "and the file says so")
	ids, _ = x.due(t)
	assert.Empty(t, ids)
}
