package pii_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
)

// without returns the entries less their ids, which it checks to differ.
func without(t *testing.T, entries []pii.Access) []pii.Access {
	t.Helper()
	seen := make(map[[16]byte]bool)
	for i := range entries {
		assert.NotZero(t, entries[i].ID)
		assert.False(t, seen[entries[i].ID], "an id twice")
		seen[entries[i].ID] = true
		entries[i].ID = [16]byte{}
	}
	return entries
}

// The entries of a collection, an access and a denial, field by field.
func TestAuditEntries(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	sealed := x.seal(t, Service, Newsletter)
	begun := x.registry.Now()
	x.parts.clock.Advance(time.Hour)
	_, err := x.open(t, Newsletter, mailer, sealed)
	require.NoError(t, err)
	facts, err := x.registry.Facts(context.Background(), marie)
	require.NoError(t, err)
	require.NotZero(t, facts.Ledger)
	_, err = x.open(t, Tax, agent, sealed)
	assertDenied(t, err, purpose.NotCollectedForPurpose)
	require.NoError(t, x.Flush(context.Background()))
	_, err = x.accessor(t, Service).Begin(context.Background(), clerk, marie)
	assertDenied(t, err, purpose.ActorNotAuthorized)

	assert.Equal(t, []pii.Access{
		{
			Time: begun, Actor: clerk, Subject: marie, Purpose: Newsletter, Operation: purpose.Collect,
			Reason: purpose.Permitted, Policy: "1", Count: 1,
		},
		{
			Time: begun.Add(time.Hour), Actor: mailer, Subject: marie, Purpose: Newsletter, Operation: purpose.Use, Attribute: "identity.email",
			Reason: purpose.Permitted, Policy: "1", Ledger: facts.Ledger, Count: 1,
		},
		{
			Time: begun.Add(time.Hour), Actor: agent, Purpose: Tax, Operation: purpose.Use, Attribute: "identity.email",
			Reason: purpose.NotCollectedForPurpose, Policy: "1", Ledger: facts.Ledger, Count: 1,
		},
		{
			Time: begun.Add(time.Hour), Actor: clerk, Purpose: Service, Operation: purpose.Use,
			Reason: purpose.ActorNotAuthorized, Policy: "1", Ledger: facts.Ledger, Count: 1,
		},
	}, without(t, x.flush(t)))
}

// Every permitted access has an entry of its own, of its own id; what was not released has none.
func TestAuditOfEveryAccess(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	sealed := x.seal(t, Service)
	use := x.begin(t, Service, agent, marie)
	before := len(x.trail.Entries())
	for range 10 {
		_, err := sealed.Reveal(use)
		require.NoError(t, err)
	}
	assert.Len(t, x.trail.Entries(), before+10)
	token := bytesOf(t, sealed)
	token[len(token)-1] ^= 1
	_, err := sealedOf[pii.Email](t, token).Reveal(use)
	require.ErrorIs(t, err, pii.ErrDecrypt)
	without(t, x.flush(t))
	last := x.trail.Entries()[before+10:]
	require.Len(t, last, 1, "what did not decrypt is no access, and is told")
	assert.Equal(t, purpose.NotGenuine, last[0].Reason)

	entries := x.trail.Entries()
	entries[0].Count = 99
	assert.NotEqual(t, 99, x.trail.Entries()[0].Count, "a copy")
}

// The access is recorded before the value is there to be used.
func TestAuditComesFirst(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	sealed := x.seal(t, Service)
	returned, recorded := false, false
	x.trail.onRecord.set(func(context.Context) error {
		assert.False(t, returned)
		recorded = true
		return nil
	})
	_, err := x.open(t, Service, agent, sealed)
	returned = true
	require.NoError(t, err)
	assert.True(t, recorded)
}

// A flood of denials waits for nobody, and becomes one entry that counts them.
func TestAuditCountsAFloodOfDenials(t *testing.T) {
	t.Parallel()
	const flood = 100_000
	x := newRig(t)
	x.notify(t, marie)
	accessor := x.accessor(t, Service)
	unblock, blocked := make(chan struct{}), make(chan struct{}, flood)
	x.trail.onRecord.set(func(context.Context) error { blocked <- struct{}{}; <-unblock; return nil })
	for range flood {
		_, err := accessor.Begin(context.Background(), clerk, marie)
		if err == nil {
			t.Fatal("permitted")
		}
	}
	<-blocked // the auditor has been asked, and has not answered: the loop did not wait for it
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errFault)
	require.ErrorIs(t, x.Flush(ctx), errFault)
	close(unblock)

	entries := without(t, x.flush(t))
	assert.LessOrEqual(t, len(entries), 3)
	total := 0
	for _, e := range entries {
		assert.Equal(t, clerk, e.Actor)
		assert.Empty(t, e.Subject)
		assert.Equal(t, purpose.ActorNotAuthorized, e.Reason)
		total += e.Count
	}
	assert.Equal(t, flood, total, "none is lost")
}

// While the auditor is slow, what it is to be told of stays small, and still every denial is counted.
func TestAuditBoundsDifferentDenials(t *testing.T) {
	t.Parallel()
	const actors = 3000
	x := newRig(t)
	x.notify(t, marie)
	accessor := x.accessor(t, Service)
	unblock := make(chan struct{})
	x.trail.onRecord.set(func(context.Context) error { <-unblock; return nil })
	for i := range actors {
		who := purpose.Actor{Role: "clerk", ID: string(rune('a'+i%26)) + string(rune(0x4e00+i))}
		_, err := accessor.Begin(context.Background(), who, marie)
		assertDenied(t, err, purpose.ActorNotAuthorized)
	}
	close(unblock)
	entries, total := x.flush(t), 0
	assert.Less(t, len(entries), actors)
	for _, e := range entries {
		total += e.Count
	}
	assert.Equal(t, actors, total)
}

// A failing auditor loses no denial: Flush says so, and the count is there when it works again.
func TestAuditKeepsDenialsWhileTheAuditorFails(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	x.notify(t, marie)
	accessor := x.accessor(t, Service)
	x.trail.onRecord.fail(errFault)
	for range 5 {
		_, err := accessor.Begin(context.Background(), clerk, marie)
		assertDenied(t, err, purpose.ActorNotAuthorized)
	}
	err := x.Flush(context.Background())
	require.ErrorIs(t, err, purpose.AuditUnavailable)
	require.ErrorIs(t, err, purpose.ErrUnavailable)
	assert.Empty(t, x.trail.Entries())
	x.trail.onRecord.fail(nil)
	_, err = accessor.Begin(context.Background(), clerk, marie)
	assertDenied(t, err, purpose.ActorNotAuthorized)
	total := 0
	for _, e := range x.flush(t) {
		total += e.Count
	}
	assert.Equal(t, 6, total)
}

func TestFlush(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	require.NoError(t, x.Flush(context.Background()), "nothing to wait for")
	synctest.Test(t, func(t *testing.T) {
		x := newRig(t, machineClock)
		unblock := make(chan struct{})
		x.trail.onRecord.set(func(context.Context) error { <-unblock; return nil })
		_, err := x.accessor(t, Service).Begin(context.Background(), clerk, marie)
		require.Error(t, err)
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		require.ErrorIs(t, x.Flush(ctx), context.DeadlineExceeded)
		close(unblock)
		require.NoError(t, x.Flush(context.Background()))
		assert.Len(t, x.trail.Entries(), 1)
	})
}

func TestNoAudit(t *testing.T) {
	t.Parallel()
	x := newRig(t, func(p *parts) { p.audit = pii.NoAudit{} })
	sealed := x.seal(t, Service)
	text, err := x.open(t, Service, agent, sealed)
	require.NoError(t, err)
	assert.Equal(t, canary, text)
	_, err = x.open(t, Tax, agent, sealed)
	assertDenied(t, err, purpose.NotCollectedForPurpose)
	require.NoError(t, x.Flush(context.Background()))
	require.NoError(t, pii.NoAudit{}.Record(context.Background(), pii.Access{}))
}

func TestSlogAudit(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	x := newRig(t, func(p *parts) { p.audit = pii.SlogAudit(slog.New(slog.NewJSONHandler(&out, nil))) })
	sealed := x.seal(t, Service)
	out.Reset()
	text, err := x.open(t, Service, purpose.Actor{Role: Agent, ID: "a-1", Case: "job-a"}, sealed)
	require.NoError(t, err)
	assert.Equal(t, canary, text)
	var line map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &line))
	assert.Len(t, line["id"], 32)
	delete(line, "id")
	assert.Equal(t, map[string]any{
		"time": "2026-01-02T00:00:00Z", "level": "INFO", "msg": "access", "actor": "a-1", "role": "agent", "case": "job-a",
		"subject": string(marie), "purpose": "service", "operation": "use", "recipient": "", "ticket": "", "attribute": "identity.email", "reason": "Permitted",
		"policy": "1", "ledger": float64(1), "count": float64(1),
	}, line)
	assert.NotContains(t, out.String(), canary)

	quiet := pii.SlogAudit(slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelWarn})))
	require.ErrorIs(t, quiet.Record(context.Background(), pii.Access{}), pii.ErrAuditOff)
	require.ErrorIs(t, pii.SlogAudit(nil).Record(context.Background(), pii.Access{}), pii.ErrAuditOff)
	require.ErrorIs(t, pii.SlogAudit(slog.New(brokenHandler{})).Record(context.Background(), pii.Access{}), errFault)
}

type brokenHandler struct{ slog.Handler }

func (brokenHandler) Enabled(context.Context, slog.Level) bool { return true }

func (brokenHandler) Handle(context.Context, slog.Record) error { return errFault }

// The denials of a person who is refused a collection are recorded too.
func TestAuditOfRefusedCollections(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	_, err := x.Collect(context.Background(), clerk, marie, pii.Collection{For: []purpose.ID{Service}, Method: consent.WebForm})
	assertDenied(t, err, purpose.NoticeRequired)
	entries := without(t, x.flush(t))
	require.Len(t, entries, 1)
	assert.Equal(t, pii.Access{
		Time: x.registry.Now(), Actor: clerk, Purpose: Service, Operation: purpose.Collect, Reason: purpose.NoticeRequired, Policy: "1", Count: 1,
	}, entries[0])
}

// What is known not to be released is not recorded as permitted.
func TestAuditOfWhatHasEnded(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	sealed := x.seal(t, Service)
	before := len(x.trail.Entries())
	x.parts.clock.Advance(4 * 365 * 24 * time.Hour)
	_, err := x.open(t, Service, agent, sealed)
	assertDenied(t, err, purpose.RetentionExpired)
	entries := x.flush(t)[before:]
	require.Len(t, entries, 1)
	assert.Equal(t, purpose.RetentionExpired.String(), entries[0].Reason.String())
}

// Denials that come while the auditor fails are counted with those it failed on.
func TestAuditAddsDenialsThatCameMeanwhile(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	x.notify(t, marie)
	accessor := x.accessor(t, Service)
	deny := func(n int) {
		for range n {
			_, err := accessor.Begin(context.Background(), clerk, marie)
			assertDenied(t, err, purpose.ActorNotAuthorized)
		}
	}
	asked, answer := make(chan struct{}), make(chan struct{})
	x.trail.onRecord.set(func(context.Context) error { asked <- struct{}{}; <-answer; return errFault })
	deny(2)
	<-asked
	deny(3)
	x.trail.onRecord.set(func(context.Context) error { return nil })
	close(answer)
	total := 0
	for _, e := range x.flush(t) {
		total += e.Count
	}
	assert.Equal(t, 5, total)
}
