package rights_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/pii/rights"
)

// FuzzStoredEvents reads whatever a store could hand back. What is no file is refused by name; from what is one, nothing follows that a desk does not allow.
func FuzzStoredEvents(f *testing.F) {
	x := newRig(f, late)
	in := asks(rights.Access)
	in.Nature, in.Contact = "all", "Marie"
	r, err := x.Receive(f.Context(), clerk, in)
	require.NoError(f, err)
	require.NoError(f, x.Extend(f.Context(), officer, marie, r.ID, 30, "letter"))
	require.NoError(f, x.Refuse(f.Context(), officer, marie, r.ID, "letter", rights.Inquiry, rights.OtherPersons))
	require.NoError(f, x.Contest(f.Context(), officer, marie, r.ID, "file"))
	cease := x.receive(f, rights.CeaseDissemination)
	require.NoError(f, x.Assess(f.Context(), officer, marie, cease.ID, rights.Assessment{Contravenes: rights.Yes}, "memo"))
	written, err := x.store.Events(f.Context(), marie)
	require.NoError(f, err)
	for n := range len(written) + 1 {
		b, err := json.Marshal(written[:n])
		require.NoError(f, err)
		f.Add(b)
	}
	f.Add([]byte(`[{"request":"r","kind":"received","time":"2026-03-03T15:04:05Z","intake":{"kind":"access","recourse":{}},"deadline":"9999-12-31T23:59:59Z"}]`))
	f.Add([]byte(`[{"kind":"unknown"},{"kind":"Received"},{"kind":""}]`))

	f.Fuzz(func(t *testing.T, text []byte) {
		var events []rights.Event
		if json.Unmarshal(text, &events) != nil {
			return
		}
		m := new(rights.Memory)
		for i, e := range events {
			require.NoError(t, m.Append(t.Context(), marie, i, e, received))
		}
		c := x.config
		c.Store = m
		desk, err := rights.NewDesk(c)
		require.NoError(t, err)
		all, err := desk.Requests(t.Context(), marie)
		if err != nil {
			require.ErrorIs(t, err, rights.ErrStored)
			return
		}
		for _, r := range all {
			require.False(t, r.Deadline.After(r.Received.AddDate(0, 0, 60)), "no request takes longer")
			last := rights.State(0)
			for _, at := range []time.Time{r.Received, r.Deadline.Add(-1), r.Deadline, r.Deadline.AddDate(9, 0, 0)} {
				s := r.State(at)
				require.False(t, last != 0 && back(last, s), "time brings no request back")
				if r.Exhausted(at) {
					require.True(t, r.Exhausted(at.AddDate(1, 0, 0)), "what cannot be contested any more never can")
				}
				last = s
			}
			switch s := r.State(r.Deadline); s {
			case rights.StateRefused:
				require.NotEmpty(t, grounds(r), "no refusal without a ground")
			case rights.StateAnswered, rights.StateDeemedRefused:
			default:
				require.Failf(t, "silence is a refusal", "state %v at the deadline", s)
			}
		}
		// What was read is stored again as the same. A time that JSON cannot write is none that it has read.
		b, err := json.Marshal(events)
		require.NoError(t, err)
		var again []rights.Event
		require.NoError(t, json.Unmarshal(b, &again))
		b2, err := json.Marshal(again)
		require.NoError(t, err)
		require.Equal(t, string(b), string(b2))
	})
}

// grounds returns those of the refusal.
func grounds(r *rights.Request) []rights.Ground {
	for _, e := range r.Events {
		if e.Kind == rights.Refused {
			return e.Grounds
		}
	}
	return nil
}

// FuzzText reads the stable texts: each is one value's, and anything else is refused.
func FuzzText(f *testing.F) {
	for _, text := range []string{"access", "cease_dissemination", "in_account", "authenticated", "oneself", "received", "other_persons", "unknown", "nothing", "", "Access", "access "} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		same := func(err error, value interface{ MarshalText() ([]byte, error) }) {
			if err != nil {
				require.ErrorIs(t, err, rights.ErrStored)
				return
			}
			b, err := value.MarshalText()
			require.NoError(t, err)
			require.Equal(t, text, string(b))
		}
		var (
			k rights.Kind
			c rights.Channel
			a rights.Assurance
			s rights.Standing
			e rights.EventKind
			g rights.Ground
		)
		same(k.UnmarshalText([]byte(text)), &k)
		same(c.UnmarshalText([]byte(text)), &c)
		same(a.UnmarshalText([]byte(text)), &a)
		same(s.UnmarshalText([]byte(text)), &s)
		same(e.UnmarshalText([]byte(text)), &e)
		same(g.UnmarshalText([]byte(text)), &g)
	})
}
