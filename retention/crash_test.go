package retention_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
)

// town is a rig with two people: values that are due, that are not, that are held and that a law retains.
type town struct {
	*rig
	due, later, held, invoice, gone []row
}

func newTown(t *testing.T) *town {
	t.Helper()
	n := &town{rig: newRig(t)}
	n.until(2020, time.March, 1)
	for range 2 {
		n.due = append(n.due, n.add(paul, "", "identity.email", newsletter, dispute))
		n.v.Advance(24 * time.Hour)
	}
	n.held = append(n.held, n.add(paul, "job-1", "identity.name", dispute))
	n.invoice = append(n.invoice, n.add(marie, "", "identity.name", taxes))
	n.until(2021, time.February, 1)
	n.later = append(n.later, n.add(paul, "", "identity.birth_date", repairs, dispute))
	n.gone = append(n.gone, n.add(marie, "", "identity.email", newsletter, dispute), n.add(marie, "", "identity.birth_date", dispute))
	_, err := n.registry().PlaceHold(t.Context(), paul, purpose.Hold{Purpose: dispute, Case: "job-1"}, "")
	require.NoError(t, err)
	n.until(2021, time.April, 1)
	return n
}

// run does all there is to do, and reports a panic as an error.
func (n *town) run(erase bool) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	w := n.sweeper()
	if erase {
		if _, err := w.Erase(context.Background(), marie); err != nil {
			return err
		}
	}
	for s, err := range w.Sweep(context.Background()) {
		if err != nil {
			return err
		}
		if s.Action == retention.Failed {
			return s.Cause
		}
	}
	return nil
}

// check looks whether everything came to the end it must come to.
func (n *town) check(t *testing.T) {
	t.Helper()
	assert.Zero(t, n.has(paul, "identity.email"))
	assert.Equal(t, 1, n.has(paul, "identity.name"), "held")
	assert.Equal(t, 1, n.has(paul, "identity.birth_date"), "not due")
	assert.Equal(t, 1, n.has(marie, "identity.name"), "retained")
	assert.Zero(t, n.has(marie, "identity.email")+n.has(marie, "identity.birth_date"))
	require.Len(t, n.agenda(marie), 1)
	assert.Equal(t, n.invoice[0].compartment, n.agenda(marie)[0].Compartment)
	require.Len(t, n.agenda(paul), 2)

	require.NotEmpty(t, n.certs)
	for _, c := range n.certs { // more than one if it was killed between being handed one and recording that
		c.Completed, c.Backups = n.certs[0].Completed, n.certs[0].Backups
		assert.Equal(t, n.certs[0], c, "whoever goes on certifies the same")
	}
	outcomes := make(map[purpose.Attribute]retention.Outcome)
	for _, l := range n.certs[0].Lines {
		outcomes[l.Attribute] = l.Outcome
	}
	assert.Equal(t, map[purpose.Attribute]retention.Outcome{
		"identity.email": retention.Destroyed, "identity.birth_date": retention.Destroyed, "identity.name": retention.Retained,
	}, outcomes)
	assert.Equal(t, []string{"births", "people"}, n.certs[0].Tables)
	assert.True(t, n.certs[0].Redacted)

	for _, s := range []consent.Subject{marie, paul} {
		f, err := n.registry().Facts(t.Context(), s)
		require.NoError(t, err)
		assert.Empty(t, f.Erasures, "what has begun is finished")
		began, finished := make(map[string]int), make(map[string]int)
		for e, err := range n.registry().History(t.Context(), s) {
			require.NoError(t, err)
			switch e.Kind {
			case consent.Erasing, consent.Expiring:
				began[e.ID+"/erased"]++
			case consent.Erased:
				finished[e.ID]++
			}
		}
		assert.Equal(t, began, finished)
	}
	for _, have := range n.gone {
		assert.False(t, n.opens(have), "erased")
	}
	for _, have := range n.due {
		assert.False(t, n.opens(have), "ended")
	}
	for _, have := range append(n.later, append(n.held, n.invoice...)...) {
		assert.True(t, n.opens(have), "kept")
	}
}

// TestACrashAnywhere lets every call to a part fail, or kill the process, before or after it did what it does, and has another sweeper go on.
func TestACrashAnywhere(t *testing.T) {
	t.Parallel()
	dead := errors.New("killed")
	kinds := map[string]bool{}
	for _, panics := range []bool{false, true} {
		for at := 1; ; at++ {
			n := newTown(t)
			count, hit := 0, ""
			n.at = func(call string, done bool) error {
				if count++; count != at {
					return nil
				}
				hit = fmt.Sprint(call, " ", done)
				if panics {
					panic(dead)
				}
				return dead
			}
			err := n.run(true)
			n.at = func(string, bool) error { return nil }
			if hit == "" {
				require.NoError(t, err)
				n.check(t)
				require.Greater(t, at, 30, "there are that many calls at least")
				break
			}
			kinds[hit] = true
			for range 3 { // a lease, a retry, and what was put off meanwhile
				n.v.Advance(2 * time.Hour)
				require.NoError(t, n.run(len(n.certs) == 0 && hit == "put false"), "%s", hit)
			}
			if !t.Run(fmt.Sprintf("%d %s %v", at, hit, panics), func(t *testing.T) { n.check(t) }) {
				return
			}
		}
	}
	for _, call := range []string{"put", "of", "take", "settle", "shred", "fence", "erase people", "erase births", "certify"} {
		assert.True(t, kinds[call+" false"] && kinds[call+" true"], call)
	}
}

// TestTwoCrashesAnywhere does the same with a second one, while what the first left is being done.
func TestTwoCrashesAnywhere(t *testing.T) {
	t.Parallel()
	dead := errors.New("killed")
	for first := 3; ; first += 2 {
		passed := false
		for second := 1; ; second += 3 {
			n := newTown(t)
			count, hits := 0, 0
			n.at = func(string, bool) error {
				if count++; count == first || count == first+second {
					hits++
					panic(dead)
				}
				return nil
			}
			_ = n.run(true)
			if hits == 0 {
				passed = true
				break
			}
			n.v.Advance(2 * time.Hour)
			_ = n.run(false)
			n.at = func(string, bool) error { return nil }
			for range 3 {
				n.v.Advance(2 * time.Hour)
				require.NoError(t, n.run(false))
			}
			if !t.Run(fmt.Sprint(first, " ", second), func(t *testing.T) { n.check(t) }) {
				return
			}
			if hits < 2 {
				break
			}
		}
		if passed {
			return
		}
	}
}

// TestAHoldFindsTheEndOrTheEndFindsIt places a hold at every step of a sweep and of an erasure: what an accepted hold covers stays.
func TestAHoldFindsTheEndOrTheEndFindsIt(t *testing.T) {
	t.Parallel()
	for _, whole := range []bool{false, true} {
		for _, caseID := range []string{"", "job-1"} {
			accepted, refused := 0, 0
			for at := 1; ; at++ {
				r := newRig(t)
				r.until(2020, time.March, 1)
				value := r.add(marie, "job-1", "identity.name", dispute)
				r.until(2021, time.April, 1)
				count, placed, there := 0, false, 0
				var fault error
				r.at = func(string, bool) error {
					if count++; count == at {
						there = r.has(marie, "identity.name")
						_, fault = r.registry().PlaceHold(context.Background(), marie, purpose.Hold{ID: "h", Purpose: dispute, Case: caseID}, "")
						placed = true
					}
					return nil
				}
				var erased error
				if whole {
					_, erased = r.sweeper().Erase(t.Context(), marie)
				} else {
					r.sweep()
				}
				if !placed {
					break
				}
				r.at = func(string, bool) error { return nil }
				for range 3 {
					r.v.Advance(time.Hour)
					r.sweep()
				}
				name := fmt.Sprintf("erase %v case %q call %d", whole, caseID, at)
				left := r.has(marie, "identity.name")
				if fault != nil {
					refused++
					require.ErrorIs(t, fault, consent.ErrAlreadyErasing, name)
					assert.Zero(t, left, name)
					continue
				}
				accepted++
				require.Equal(t, there, left, "%s: nothing that was there when the hold was accepted has gone", name)
				if left == 1 {
					if whole && caseID == "" {
						require.ErrorIs(t, erased, consent.ErrHeld, name)
					}
					require.True(t, r.opens(value), name)
				}
			}
			assert.NotZero(t, accepted)
			assert.NotZero(t, refused)
		}
	}
}
