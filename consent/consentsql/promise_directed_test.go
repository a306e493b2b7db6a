package consentsql_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

const (
	promiseLetter purpose.ID = "letter"
	promiseCalls  purpose.ID = "calls"
)

func promisePolicy() (*purpose.Policy, error) {
	doc := purpose.Document{
		Version: "1", Effective: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), Officer: "privacy@example.com",
		Languages: []language.Tag{language.English, language.CanadianFrench},
	}
	for _, id := range []purpose.ID{promiseLetter, promiseCalls} {
		doc.Purposes = append(doc.Purposes, purpose.Spec{
			ID: id, Domain: "shop", Title: purpose.Text{EN: "Title", FR: "Titre"}, Basis: purpose.ExpressConsent,
			Attributes: []purpose.Attribute{"identity.email"}, Operations: []purpose.Operation{purpose.Use},
			Roles:     map[purpose.Role][]purpose.Attribute{"clerk": {"identity.email"}},
			Retention: purpose.Retention{Keep: purpose.Period{Years: 1}, From: purpose.FromCollection},
		})
	}
	return purpose.NewPolicy(doc)
}

// detour is a registry's way to a shared ledger. A test can cut it, set the clock that comes through it, or have another server answer.
type detour struct {
	*consent.SharedMemory
	cut   atomic.Bool // calls hang until their context ends
	shift atomic.Int64
	self  atomic.Pointer[consent.NodeID]
	other atomic.Bool // a server that took over, and has not heard of the nodes that joined last
}

func (d *detour) Cluster() consent.Cluster { return d }

func (d *detour) hang(ctx context.Context) error {
	if !d.cut.Load() {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

func (d *detour) Sync(ctx context.Context, r consent.Report) (consent.Feed, error) {
	if err := d.hang(ctx); err != nil {
		return consent.Feed{}, err
	}
	if r.Number == 1 {
		d.self.Store(&r.Node)
	}
	f, err := d.SharedMemory.Sync(ctx, r)
	if !f.Time.IsZero() {
		f.Time = f.Time.Add(time.Duration(d.shift.Load()))
	}
	if f.System != "" && d.other.Load() {
		f.System = "the other"
	}
	return f, err
}

func (d *detour) Peers(ctx context.Context) (consent.Peers, error) {
	if err := d.hang(ctx); err != nil {
		return consent.Peers{}, err
	}
	peers, err := d.SharedMemory.Peers(ctx)
	if d.other.Load() {
		peers.System = "the other"
		peers.Nodes = slices.DeleteFunc(peers.Nodes, func(p consent.Peer) bool { return p.Node != *d.self.Load() })
	}
	return peers, err
}

// counter is a registry behind a detour.
type counter struct {
	*consent.Registry
	t      *testing.T
	detour *detour
}

const directed consent.Subject = "someone"

func openCounter(t *testing.T, shared *consent.SharedMemory) counter {
	t.Helper()
	policy, err := promisePolicy()
	require.NoError(t, err)
	d := &detour{SharedMemory: shared}
	r, err := consent.NewRegistry(policy, d)
	require.NoError(t, err)
	t.Cleanup(func() { d.cut.Store(false); assert.NoError(t, r.Close()) })
	return counter{r, t, d}
}

func (c counter) grant() {
	c.t.Helper()
	_, err := c.Notify(c.t.Context(), directed, language.English)
	require.NoError(c.t, err)
	_, err = c.Grant(c.t.Context(), directed, promiseLetter, consent.Act{Method: consent.WebForm})
	require.NoError(c.t, err)
}

// reveal begins a use, and reports whether it opens anything.
func (c counter) reveal() (*consent.Permit, bool) {
	c.t.Helper()
	g, err := c.Gate(nil, purpose.Use, promiseLetter)
	require.NoError(c.t, err)
	p, err := g.Begin(c.t.Context(), purpose.Actor{Role: "clerk", ID: "1"}, directed)
	if err != nil {
		return nil, false
	}
	c.t.Cleanup(p.End)
	_, reason := p.Check()
	return p, reason == purpose.Permitted
}

// withdraw returns where the result will come when the withdrawal has begun to wait.
func (c counter) withdraw() <-chan consent.Withdrawal {
	done := make(chan consent.Withdrawal, 1)
	go func() {
		w, err := c.Withdraw(context.Background(), directed, promiseLetter)
		assert.NoError(c.t, err)
		done <- w
	}()
	synctest.Wait()
	return done
}

// A look at the feed that fails before the first renewal must not make a registry another node that keeps what the first one read.
func TestPromiseAfterAFailedLook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := new(consent.SharedMemory)
		one := openCounter(t, shared)
		one.grant()
		other := openCounter(t, shared)
		p, ok := other.reveal()
		require.True(t, ok)
		p.End()
		other.detour.cut.Store(true)
		done := one.withdraw()
		time.Sleep(1100 * time.Millisecond) // one look, and no renewal
		other.detour.cut.Store(false)
		<-done
		_, ok = other.reveal()
		assert.False(t, ok, "allowed after the withdrawal returned")
		time.Sleep(time.Hour)
		_, ok = other.reveal()
		assert.False(t, ok, "allowed an hour later")
	})
}

// The database's clock, set forward, must not make a registry think that others' leases have run out.
func TestPromiseAfterAStepOfTheClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := new(consent.SharedMemory)
		one := openCounter(t, shared)
		one.grant()
		other := openCounter(t, shared)
		time.Sleep(3 * time.Second)
		p, ok := other.reveal()
		require.True(t, ok)
		p.End()
		other.detour.cut.Store(true)
		done := one.withdraw()
		time.Sleep(200 * time.Millisecond)
		one.detour.shift.Store(int64(time.Hour))
		<-done
		_, ok = other.reveal()
		assert.False(t, ok, "allowed after the withdrawal returned")
	})
}

// A withdrawal that cannot hear for some seconds must not take a use that was cancelled meanwhile for one that has ended.
func TestPromiseAfterSilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := new(consent.SharedMemory)
		one := openCounter(t, shared)
		one.grant()
		other := openCounter(t, shared)
		p, ok := other.reveal()
		require.True(t, ok)
		done := one.withdraw()
		time.Sleep(29 * time.Second)
		one.detour.cut.Store(true)
		time.Sleep(5 * time.Second) // the use is cancelled in the first of them, and goes on
		one.detour.cut.Store(false)
		w := <-done
		assert.Equal(t, 1, w.Cancelled)
		p.End()
	})
}

// A server that has just taken over may not know every node. A withdrawal stored there must wait for a lease even if its registry
// has not renewed there yet.
func TestPromiseAfterAFailover(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := new(consent.SharedMemory)
		one := openCounter(t, shared)
		one.grant()
		time.Sleep(20 * time.Second)
		other := openCounter(t, shared)
		p, ok := other.reveal()
		require.True(t, ok)
		p.End()
		time.Sleep(5100 * time.Millisecond)
		other.detour.cut.Store(true)
		one.detour.other.Store(true)
		<-one.withdraw()
		_, ok = other.reveal()
		assert.False(t, ok, "allowed after the withdrawal returned")
	})
}
