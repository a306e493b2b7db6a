package rights_test

import (
	"slices"
	"testing"
	"time"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/pii/rights"
	"github.com/purposebound/purposebound/purpose"
)

// rank orders states: no request ever comes into a lower one. What was deemed refused can be answered, and what was answered or refused stays so.
func rank(s rights.State) int {
	return slices.Index([]rights.State{rights.StateOpen, rights.StateExtended, rights.StateDeemedRefused, rights.StateAnswered}, s)
}

func back(before, after rights.State) bool {
	final := func(s rights.State) bool { return s == rights.StateAnswered || s == rights.StateRefused }
	if final(before) {
		return after != before
	}
	return !final(after) && rank(after) < rank(before)
}

// step does one thing at the desk, with arguments that may be refused, after some time has passed.
func (x *rig) step(t *testing.T, what uint8, n int) {
	ctx := t.Context()
	all, err := x.Requests(ctx, marie)
	require.NoError(t, err)
	kind := rights.Kind(n%5) + 1
	id := "none"
	if len(all) > 0 {
		id = all[n%len(all)].ID
	}
	switch what % 9 {
	case 0, 1:
		in := asks(kind)
		in.Received = x.Clock.Now().Add(-time.Duration(n%90) * day)
		_, _ = x.Receive(ctx, clerk, in)
	case 2:
		_ = x.Extend(ctx, officer, marie, id, n%40, "letter")
	case 3:
		_ = x.Answer(ctx, officer, marie, id, "letter")
	case 4:
		_ = x.Refuse(ctx, officer, marie, id, "letter", rights.Inquiry)
	case 5:
		_ = x.Contest(ctx, officer, marie, id, "file")
	case 6:
		_ = x.Conclude(ctx, officer, marie, id, "judgment")
	case 7:
		x.due(t)
	case 8:
		x.Clock.Advance(time.Duration(n) * time.Hour)
	}
}

func TestLaws(t *testing.T) {
	t.Parallel()
	parameters := gopter.DefaultTestParameters()
	parameters.MinSuccessfulTests = 150
	properties := gopter.NewProperties(parameters)

	properties.Property("no request goes back, takes more than sixty days, or loses its hold while it can be contested", prop.ForAll(
		func(steps []uint8, ns []int) bool {
			x := newRig(t)
			before := map[string]rights.State{}
			for i, what := range steps {
				if i >= len(ns) {
					break
				}
				x.step(t, what, ns[i])
				all, err := x.Requests(t.Context(), marie)
				if err != nil {
					return false
				}
				now, open, kept := x.Clock.Now(), map[rights.Kind]int{}, 0
				for _, r := range all {
					s := r.State(now)
					if s == 0 || back(before[r.ID], s) && before[r.ID] != 0 {
						return false
					}
					before[r.ID] = s
					if r.Deadline.After(r.Received.AddDate(0, 0, 60)) || r.Alarm.After(r.Deadline) || r.Alarm.Before(r.Received) {
						return false
					}
					if s == rights.StateOpen || s == rights.StateExtended {
						open[r.Kind]++
					}
					if (r.Kind == rights.Access || r.Kind == rights.Portability || r.Kind == rights.Rectification) && !r.Exhausted(now) {
						kept++
					}
				}
				for _, n := range open {
					if n > 1 { // the same twice
						return false
					}
				}
				if x.holds(t) < kept {
					return false
				}
			}
			return true
		},
		gen.SliceOfN(24, gen.UInt8()), gen.SliceOfN(24, gen.IntRange(0, 2000)),
	))

	properties.Property("time alone never brings a request back", prop.ForAll(
		func(extended bool, settle uint8, a, b int) bool {
			x := newRig(t, late)
			r := x.receive(t, rights.Access)
			if extended {
				require.NoError(t, x.Extend(t.Context(), officer, marie, r.ID, 30, "letter"))
			}
			switch settle % 3 {
			case 1:
				require.NoError(t, x.Answer(t.Context(), officer, marie, r.ID, "letter"))
			case 2:
				require.NoError(t, x.Refuse(t.Context(), officer, marie, r.ID, "letter", rights.Inquiry))
			}
			r = x.get(t, r.ID)
			a, b = min(a, b), max(a, b)
			return !back(r.State(received.Add(time.Duration(a)*time.Hour)), r.State(received.Add(time.Duration(b)*time.Hour)))
		},
		gen.Bool(), gen.UInt8(), gen.IntRange(0, 2000), gen.IntRange(0, 2000),
	))

	properties.Property("whatever deadline is stored, no request takes more than sixty days", prop.ForAll(
		func(first, second, when int) bool {
			x := newRig(t, late)
			m := new(rights.Memory)
			add := func(after int, e rights.Event) {
				require.NoError(t, m.Append(t.Context(), marie, after, e, time.Time{}))
			}
			intake := &rights.Intake{
				Kind: rights.Access, Channel: rights.InAccount, Standing: rights.Oneself, Assurance: rights.Authenticated, Received: received, Recourse: purpose.Period{Days: 30},
			}
			add(0, rights.Event{Request: "r", Kind: rights.Received, Time: received, Intake: intake, Deadline: received.AddDate(0, 0, first), Alarm: received})
			add(1, rights.Event{Request: "r", Kind: rights.Extended, Time: received.AddDate(0, 0, when), Deadline: received.AddDate(0, 0, second), Alarm: received})
			add(2, rights.Event{Request: "r", Kind: rights.Extended, Time: received.AddDate(0, 0, when), Deadline: received.AddDate(0, 0, second+1), Alarm: received})
			c := x.config
			c.Store = m
			desk, err := rights.NewDesk(c)
			require.NoError(t, err)
			all, err := desk.Requests(t.Context(), marie)
			require.NoError(t, err)
			want := min(first, 60)
			if when < want {
				want = max(want, min(second, 60))
			}
			return all[0].Deadline.Equal(received.AddDate(0, 0, want)) && all[0].State(received.AddDate(0, 0, 60)) == rights.StateDeemedRefused
		},
		gen.IntRange(1, 200), gen.IntRange(1, 200), gen.IntRange(0, 100),
	))
	properties.TestingRun(t)
}
