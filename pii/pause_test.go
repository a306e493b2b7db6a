package pii_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
)

// pause is a Reveal that was stopped between decrypting and returning.
type pause struct {
	resume chan struct{}
	result chan outcome
}

type outcome struct {
	text string
	err  error
}

// planted starts a Reveal in the use and stops it once the plaintext is in memory. It is called in a bubble.
func planted(t *testing.T, x *rig, use *pii.Use, sealed pii.Sealed[pii.Email]) pause {
	t.Helper()
	p := pause{make(chan struct{}), make(chan outcome, 1)}
	decrypted := false
	stop := func(frame []byte, err error) ([]byte, error) {
		decrypted = assert.NoError(t, err) && assert.Contains(t, string(frame), canary)
		<-p.resume
		return frame, err
	}
	x.keys.afterDecrypt.Store(&stop)
	go func() {
		v, err := sealed.Reveal(use)
		p.result <- outcome{v.Plaintext(), err}
	}()
	synctest.Wait()
	require.True(t, decrypted, "the pause is not where it should be")
	return p
}

// goOn lets the goroutine run again and returns what Reveal did.
func (p pause) goOn() outcome {
	close(p.resume)
	return <-p.result
}

// A goroutine that was stopped between decrypting and returning, for longer than a use may live, releases nothing.
func TestPausedRevealReleasesNothing(t *testing.T) {
	t.Parallel()
	const maxUse = 50 * time.Millisecond
	withdraw := func(t *testing.T, x *rig) consent.Withdrawal {
		t.Helper()
		w, err := x.registry.Withdraw(context.Background(), marie, Newsletter)
		require.NoError(t, err)
		return w
	}
	for _, c := range []struct {
		name   string
		maxUse time.Duration
		seal   func(t *testing.T, x *rig) pii.Sealed[pii.Email]
		id     purpose.ID
		who    purpose.Actor
		during func(t *testing.T, x *rig, use *pii.Use) // while it is stopped
		want   purpose.Reason
	}{
		{"the use expires", maxUse, nil, Newsletter, mailer, func(*testing.T, *rig, *pii.Use) { time.Sleep(maxUse) }, purpose.UseExpired},
		{"a withdrawal gives up waiting", maxUse, nil, Newsletter, mailer, func(t *testing.T, x *rig, _ *pii.Use) {
			began := time.Now()
			w := withdraw(t, x)
			assert.Equal(t, 1, w.Cancelled)
			assert.Zero(t, w.Drained)
			assert.Equal(t, maxUse, time.Since(began), "it waits as long as a use may live")
		}, purpose.StaleDecision},
		{"a withdrawal begins and waits", time.Hour, nil, Newsletter, mailer, func(t *testing.T, x *rig, _ *pii.Use) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			_, err := x.registry.Withdraw(ctx, marie, Newsletter)
			require.ErrorIs(t, err, consent.ErrStillDraining)
		}, purpose.StaleDecision},
		{"the use is ended", maxUse, nil, Newsletter, mailer, func(_ *testing.T, _ *rig, use *pii.Use) { use.End() }, purpose.UseEnded},
		{"the registry is closed", maxUse, nil, Newsletter, mailer, func(t *testing.T, x *rig, _ *pii.Use) { require.NoError(t, x.registry.Close()) }, purpose.StaleDecision},
		{"the consent ends", 1000 * time.Hour, func(t *testing.T, x *rig) pii.Sealed[pii.Email] {
			sealed := x.seal(t, Newsletter)
			x.grant(t, marie, Newsletter, consent.Act{Until: time.Now().Add(time.Hour)})
			return sealed
		}, Newsletter, mailer, func(*testing.T, *rig, *pii.Use) { time.Sleep(time.Hour) }, purpose.ConsentExpired},
		{
			"the retention ends", 1000 * time.Hour, func(t *testing.T, x *rig) pii.Sealed[pii.Email] { return x.seal(t, Hourly) },
			Hourly, agent, func(*testing.T, *rig, *pii.Use) { time.Sleep(10 * 24 * time.Hour) }, purpose.RetentionExpired,
		},
		{"the case is closed", time.Hour, func(t *testing.T, x *rig) pii.Sealed[pii.Email] {
			x.openCase(t, marie, "job-a", visitor(""))
			return x.sealCase(t, "job-a", Visits)
		}, Visits, visitor("job-a"), func(t *testing.T, x *rig, _ *pii.Use) { x.closeCase(t, marie, "job-a") }, purpose.StaleDecision},
		{"nothing happens", time.Hour, nil, Newsletter, mailer, func(*testing.T, *rig, *pii.Use) { time.Sleep(time.Hour - 1) }, purpose.Permitted},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				x := newRig(t, machineClock, func(p *parts) {
					p.maxUse = c.maxUse
					p.document.Effective = time.Now().Add(-time.Hour) // the bubble's clock begins in 2000
				})
				seal := c.seal
				if seal == nil {
					seal = func(t *testing.T, x *rig) pii.Sealed[pii.Email] { return x.seal(t, Newsletter) }
				}
				sealed := seal(t, x)
				use := x.begin(t, c.id, c.who, marie)
				paused := planted(t, x, use, sealed)
				c.during(t, x, use)
				got := paused.goOn()
				if c.want == purpose.Permitted {
					require.NoError(t, got.err)
					assert.Equal(t, canary, got.text, "the test would pass for a Reveal that never releases")
					return
				}
				assert.Empty(t, got.text, "plaintext was released")
				assertDenied(t, got.err, c.want)
				use.End()
				if c.want == purpose.StaleDecision && c.id == Newsletter && x.registry != nil {
					_, err := x.accessor(t, c.id).Begin(context.Background(), c.who, marie)
					require.Error(t, err, "and nothing begins after it")
				}
				require.NoError(t, x.Flush(context.Background()))
			})
		})
	}
}

// The same with the pause where the access is recorded: what was recorded as permitted and not released is the safe side.
func TestRevealPausedInTheAuditReleasesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newRig(t, machineClock, func(p *parts) {
			p.maxUse = 50 * time.Millisecond
			p.document.Effective = time.Now().Add(-time.Hour)
		})
		sealed := x.seal(t, Newsletter)
		use := x.begin(t, Newsletter, mailer, marie)
		resume, result := make(chan struct{}), make(chan outcome, 1)
		x.trail.onRecord.set(func(context.Context) error { <-resume; return nil })
		go func() {
			v, err := sealed.Reveal(use)
			result <- outcome{v.Plaintext(), err}
		}()
		synctest.Wait()
		w, err := x.registry.Withdraw(context.Background(), marie, Newsletter)
		require.NoError(t, err)
		assert.Equal(t, 1, w.Cancelled)
		close(resume)
		got := <-result
		assert.Empty(t, got.text)
		assertDenied(t, got.err, purpose.StaleDecision)
		use.End()
		require.NoError(t, x.Flush(context.Background()))
	})
}

// And where a generaliser has the text: what it made does not leave.
func TestDerivePausedReleasesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newRig(t, machineClock, func(p *parts) {
			p.maxUse = 50 * time.Millisecond
			p.document.Effective = time.Now().Add(-time.Hour)
		})
		sealed := x.seal(t, Hourly)
		use := x.begin(t, Hourly, agent, marie)
		d, err := pii.Derive(use, sealed, domain(func(string) (string, bool) { time.Sleep(50 * time.Millisecond); return "example.com", true }))
		assert.True(t, d.IsZero())
		assertDenied(t, err, purpose.UseExpired)
		use.End()
		require.NoError(t, x.Flush(context.Background()))
	})
}

// Derive must apply retention as late as Reveal does.
func TestDerivePausedPastRetentionReleasesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newRig(t, machineClock, func(p *parts) {
			p.maxUse = 1000 * time.Hour
			p.document.Effective = time.Now().Add(-time.Hour)
		})
		sealed := x.seal(t, Hourly)
		use := x.begin(t, Hourly, agent, marie)
		d, err := pii.Derive(use, sealed, domain(func(string) (string, bool) { time.Sleep(10 * 24 * time.Hour); return "example.com", true }))
		assert.True(t, d.IsZero(), "derived after the purpose stopped opening the value")
		assertDenied(t, err, purpose.RetentionExpired)
		use.End()
		require.NoError(t, x.Flush(context.Background()))
	})
}

// A withdrawal that gives up waiting while a key is fetched leaves no key behind to release with.
func TestRevealPausedAtTheKeyStoreReleasesNothing(t *testing.T) {
	t.Parallel()
	for name, answers := range map[string]bool{"which answers": true, "which gives up": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				x := newRig(t, machineClock, func(p *parts) {
					p.maxUse = 50 * time.Millisecond
					p.document.Effective = time.Now().Add(-time.Hour)
				})
				sealed := x.seal(t, Newsletter)
				y := x.restart(t)
				use := y.begin(t, Newsletter, mailer, marie)
				y.keys.onKey.set(func(ctx context.Context) error {
					<-ctx.Done() // it is told: the context is the use's
					if answers {
						return nil
					}
					return ctx.Err()
				})
				result := make(chan outcome, 1)
				go func() {
					v, err := sealed.Reveal(use)
					result <- outcome{v.Plaintext(), err}
				}()
				synctest.Wait()
				_, err := y.registry.Withdraw(context.Background(), marie, Newsletter)
				require.NoError(t, err)
				got := <-result
				assert.Empty(t, got.text)
				assertNamed(t, got.err)
				use.End()
				assert.ErrorIs(t, got.err, purpose.ErrDenied, "the caller did not end, and nothing is out of order: a batch goes on")
				require.NoError(t, y.Flush(context.Background()))
			})
		})
	}
}
