package rights_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii/rights"
)

func TestADeskThatWasNotMade(t *testing.T) {
	t.Parallel()
	for _, d := range []*rights.Desk{nil, new(rights.Desk)} {
		ctx := t.Context()
		_, err := d.Receive(ctx, clerk, asks(rights.Access))
		require.ErrorIs(t, err, rights.ErrConfig)
		_, err = d.Requests(ctx, marie)
		require.ErrorIs(t, err, rights.ErrConfig)
		dues := 0
		for r, err := range d.Due(ctx) {
			require.Nil(t, r)
			require.ErrorIs(t, err, rights.ErrConfig)
			dues++
		}
		assert.Equal(t, 1, dues)
		_, err = d.WriteAccess(ctx, clerk, marie, "r", nil, t.Output())
		require.ErrorIs(t, err, rights.ErrConfig)
		_, err = d.WritePortable(ctx, clerk, marie, "r", nil, rights.CSV, t.Output())
		require.ErrorIs(t, err, rights.ErrConfig)
		for _, err := range []error{
			d.Extend(ctx, clerk, marie, "r", 1, "letter"), d.Answer(ctx, clerk, marie, "r", "letter"), d.Refuse(ctx, clerk, marie, "r", "letter", rights.Inquiry),
			d.Contest(ctx, clerk, marie, "r", "file"), d.Conclude(ctx, clerk, marie, "r", "file"), d.Erase(ctx, clerk, marie, "r"),
			d.Assess(ctx, clerk, marie, "r", rights.Assessment{Contravenes: rights.Yes}, "memo"),
		} {
			require.ErrorIs(t, err, rights.ErrConfig)
		}
	}
}

// scrubber is a masker that is a pointer.
type scrubber struct{}

func (*scrubber) Scrub(string) string { return "" }

func TestNewDeskRefusesNilParts(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	for name, spoil := range map[string]func(*rights.Config){
		"store":       func(c *rights.Config) { c.Store = (*rights.Memory)(nil) },
		"disclosures": func(c *rights.Config) { c.Disclosures = (*trail)(nil) },
		"eraser":      func(c *rights.Config) { c.Eraser = rights.EraserFunc(nil) },
		"masker":      func(c *rights.Config) { c.Masker = (*scrubber)(nil) },
	} {
		c := x.config
		spoil(&c)
		_, err := rights.NewDesk(c)
		require.ErrorIs(t, err, rights.ErrConfig, name)
	}
	c := x.config
	c.Masker = nil
	_, err := rights.NewDesk(c)
	require.NoError(t, err, "a masker is optional")
}

func TestNothingIsWrittenToNoWriter(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	access, portable := x.receive(t, rights.Access), x.receive(t, rights.Portability)
	_, err := x.WriteAccess(t.Context(), officer, marie, access.ID, nil, nil)
	require.ErrorIs(t, err, rights.ErrInvalid)
	_, err = x.WritePortable(t.Context(), officer, marie, portable.ID, nil, rights.JSON, nil)
	require.ErrorIs(t, err, rights.ErrInvalid)
}

// What came first is sometimes taken in last: a letter that lay about. The time runs from it.
func TestReceiveWhatCameBefore(t *testing.T) {
	t.Parallel()
	letter := func(days int) rights.Submission {
		in := asks(rights.Access)
		in.Channel, in.Received = rights.Mail, received.AddDate(0, 0, -days)
		return in
	}
	t.Run("earlier", func(t *testing.T) {
		t.Parallel()
		x := newRig(t, late)
		first := x.receive(t, rights.Access)
		require.NoError(t, x.Extend(t.Context(), officer, marie, first.ID, 20, "notice"))
		again, err := x.Receive(t.Context(), clerk, letter(10))
		require.NoError(t, err)
		assert.Equal(t, first.ID, again.ID)
		assert.Equal(t, received.AddDate(0, 0, -10), again.Received)
		assert.Equal(t, received.AddDate(0, 0, 40), again.Deadline, "as long as before, from then on")
		assert.Equal(t, rights.StateExtended, again.State(again.Deadline.Add(-1)))
		x.Clock.Set(again.Alarm.Add(-1))
		ids, _ := x.due(t)
		assert.Empty(t, ids)
		x.Clock.Set(again.Alarm)
		ids, _ = x.due(t)
		assert.Equal(t, []string{first.ID}, ids)
		assert.False(t, again.Alarm.After(again.Deadline.AddDate(0, 0, -7)))
	})
	t.Run("later", func(t *testing.T) {
		t.Parallel()
		x := newRig(t, late)
		x.Clock.Advance(10 * day)
		first := x.receive(t, rights.Access)
		x.Clock.Advance(day)
		again := x.receive(t, rights.Access)
		assert.Equal(t, []any{first.ID, first.Received, first.Deadline, first.Alarm}, []any{again.ID, again.Received, again.Deadline, again.Alarm})
		require.Len(t, again.Events, 1)
		in := asks(rights.Access)
		in.Evidence = "letter 9"
		again, err := x.Receive(t.Context(), clerk, in)
		require.NoError(t, err)
		require.Len(t, again.Events, 2, "where the second is, is kept")
		assert.Equal(t, "letter 9", again.Events[1].Evidence)
		assert.Equal(t, first.Deadline, again.Deadline)
	})
	t.Run("too long ago", func(t *testing.T) {
		t.Parallel()
		x := newRig(t, late)
		first := x.receive(t, rights.Access)
		other, err := x.Receive(t.Context(), clerk, letter(30))
		require.NoError(t, err)
		assert.NotEqual(t, first.ID, other.ID, "that one was refused by silence")
		assert.Equal(t, rights.StateDeemedRefused, other.State(received))
		assert.Equal(t, rights.StateOpen, x.state(t, first.ID), "and this one can still be answered in time")
	})
}

// overtaken is a store to which somebody else is faster, once.
type overtaken struct {
	rights.Store
	by func()
}

func (o *overtaken) Append(ctx context.Context, s consent.Subject, after int, e rights.Event, look time.Time) error {
	if by := o.by; by != nil {
		o.by = nil
		by()
	}
	return o.Store.Append(ctx, s, after, e, look)
}

func TestReceiveBesideWhatIsJustSettled(t *testing.T) {
	t.Parallel()
	x := newRig(t, late)
	first := x.receive(t, rights.Access)
	c := x.config
	c.Store = &overtaken{x.store, func() { require.NoError(t, x.Answer(t.Context(), officer, marie, first.ID, "letter")) }}
	desk, err := rights.NewDesk(c)
	require.NoError(t, err)
	in := asks(rights.Access)
	in.Evidence = "letter 9"
	second, err := desk.Receive(t.Context(), clerk, in)
	require.NoError(t, err)
	assert.NotEqual(t, first.ID, second.ID)
	assert.Equal(t, rights.StateOpen, second.State(received))
}

// An alarm after the deadline warns nobody, and no desk sets one.
func TestStoredAlarms(t *testing.T) {
	t.Parallel()
	x := newRig(t, late)
	first := x.receive(t, rights.Access).Events[0]
	base := first
	read := func(events ...rights.Event) ([]*rights.Request, error) {
		m := new(rights.Memory)
		for i, e := range events {
			require.NoError(t, m.Append(t.Context(), marie, i, e, received))
		}
		c := x.config
		c.Store = m
		desk, err := rights.NewDesk(c)
		require.NoError(t, err)
		return desk.Requests(t.Context(), marie)
	}
	_, err := read(base)
	require.NoError(t, err)
	base.Alarm = base.Deadline
	_, err = read(base)
	require.ErrorIs(t, err, rights.ErrStored)
	more := rights.Event{Request: first.Request, Kind: rights.Extended, Time: received, By: officer, Evidence: "notice", Deadline: first.Deadline.Add(day)}
	_, err = read(first, more)
	require.ErrorIs(t, err, rights.ErrStored, "none")
	more.Alarm = more.Deadline.Add(day)
	_, err = read(first, more)
	require.ErrorIs(t, err, rights.ErrStored)
	more.Alarm = first.Alarm
	_, err = read(first, more)
	require.NoError(t, err)

	before := rights.Event{Request: first.Request, Kind: rights.Repeated, Time: received, By: officer, Deadline: first.Deadline.Add(-day), Alarm: first.Alarm.Add(-day)}
	_, err = read(first, before)
	require.ErrorIs(t, err, rights.ErrStored, "of nothing that came")
	intake := *first.Intake
	intake.Received = intake.Received.Add(day)
	before.Intake = &intake
	all, err := read(first, before)
	require.NoError(t, err)
	assert.Equal(t, first.Deadline, all[0].Deadline, "what came later shortens nothing")
	// However long a stored event gives, and in whatever order: no request takes longer than any may.
	intake.Received = received.AddDate(0, 0, -100)
	before.Intake = &intake
	all, err = read(first, before)
	require.NoError(t, err)
	assert.Equal(t, received.AddDate(0, 0, -40), all[0].Deadline)
	assert.False(t, all[0].Alarm.After(all[0].Deadline))
}
