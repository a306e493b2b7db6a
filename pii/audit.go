package pii

import (
	"context"
	"encoding/hex"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// Access is one entry of the audit: who asked for what of whom, why, and what the answer was. It never holds a value.
type Access struct {
	ID        [16]byte          // unique to the access: random bytes of the vault, and a count
	Time      time.Time         // when; of several denials, when the last was
	Actor     purpose.Actor     // who
	Subject   consent.Subject   // whose; empty for denials, which are counted together
	Purpose   purpose.ID        // why
	Operation purpose.Operation // what is done
	Recipient string            // id of whom it was disclosed to; "" if it was not
	Ticket    string            // id of the ticket it was opened under, for the privacy officer to look at; "" for none
	Attribute purpose.Attribute // which field; empty when a use was denied, or a collection begun, as a whole
	Reason    purpose.Reason    // Permitted, or why not
	Policy    string            // version of the policy that decided
	Ledger    uint64            // version of the subject's ledger it was decided over
	Count     int               // 1, or how many equal denials the entry stands for
}

// Auditor records accesses. Record must return only when the entry is as durable as the auditor promises; an error denies
// the access. It must be safe for concurrent use and must not keep a call waiting without end.
//
// A permitted access is recorded before it is released. Denials are recorded on a lane of their own, counted together
// by actor, purpose, attribute and reason, so that a flood of them keeps nobody waiting: see [Vault.Flush].
type Auditor interface {
	Record(ctx context.Context, a Access) error
}

// NoAudit records nothing. Naming it is how a program says that it wants none.
type NoAudit struct{}

// Record does nothing.
func (NoAudit) Record(context.Context, Access) error { return nil }

// Trail is an auditor that keeps entries in memory, for tests and small programs. Its zero value is ready, and it is safe
// for concurrent use.
type Trail struct {
	mu      sync.Mutex
	entries []Access
}

// Record keeps the entry.
func (t *Trail) Record(_ context.Context, a Access) error {
	t.mu.Lock()
	t.entries = append(t.entries, a)
	t.mu.Unlock()
	return nil
}

// Entries returns a copy of what was recorded, in order.
func (t *Trail) Entries() []Access {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.entries)
}

// ErrAuditOff reports a logger whose level leaves audit entries out.
var ErrAuditOff = errors.New("pii: the logger does not record audit entries at this level")

// SlogAudit returns an auditor that writes entries to the logger's handler at level Info, as durable as the handler is.
// A handler that fails, or leaves out that level, denies. A nil logger always denies.
func SlogAudit(l *slog.Logger) Auditor { return slogAudit{l} }

type slogAudit struct{ logger *slog.Logger }

func (s slogAudit) Record(ctx context.Context, a Access) error {
	if s.logger == nil || !s.logger.Enabled(ctx, slog.LevelInfo) {
		return ErrAuditOff
	}
	r := slog.NewRecord(a.Time, slog.LevelInfo, "access", 0)
	r.AddAttrs(
		slog.String("id", hex.EncodeToString(a.ID[:])), slog.String("actor", a.Actor.ID), slog.String("role", string(a.Actor.Role)),
		slog.String("case", a.Actor.Case), slog.String("subject", string(a.Subject)), slog.String("purpose", string(a.Purpose)),
		slog.String("operation", a.Operation.String()), slog.String("attribute", string(a.Attribute)),
		slog.String("recipient", a.Recipient), slog.String("ticket", a.Ticket), slog.String("reason", a.Reason.Error()), slog.String("policy", a.Policy), slog.Uint64("ledger", a.Ledger), slog.Int("count", a.Count),
	)
	return s.logger.Handler().Handle(ctx, r)
}

// record writes the entry of a permitted access.
func (v *Vault) record(p *consent.Permit, a *Accessor, attribute purpose.Attribute, reading int64) error {
	if v.buffer != nil {
		return v.buffer.keep(p.Caller(), buffered{permit: p, attribute: attribute, reading: reading})
	}
	return v.audit.Record(p.Caller(), a.access(p, attribute, reading, v.accesses.Add(1)))
}

// access makes the entry of a permitted access.
func (a *Accessor) access(p *consent.Permit, attribute purpose.Attribute, reading int64, number uint64) Access {
	d := p.Decision()
	return Access{
		ID: a.vault.numbered(number), Time: p.Time(reading), Actor: p.Actor(), Subject: p.Subject(), Purpose: a.purpose, Operation: a.operation,
		Recipient: d.Recipient, Ticket: a.ticket(), Attribute: attribute, Reason: purpose.Permitted, Policy: d.Policy, Ledger: d.Ledger, Count: 1,
	}
}

func (a *Accessor) ticket() string {
	if a.ask.Ticket == nil {
		return ""
	}
	return a.ask.Ticket.ID
}

// denials is the lane of denials: counted until a goroutine of their own has written them.
type denials struct {
	mu      sync.Mutex
	counts  map[denialKey]Access
	counted uint64        // denials so far
	written uint64        // as many of them are recorded
	writing chan struct{} // closed when what was taken has been tried; nil if nothing is being written
}

type denialKey struct {
	actor     purpose.Actor
	purpose   purpose.ID
	operation purpose.Operation
	attribute purpose.Attribute
	reason    purpose.Reason
}

// maxDenials is how many different denials are kept while the auditor is slow; more are counted as one.
const maxDenials = 1024

func (v *Vault) recordDenial(who purpose.Actor, op purpose.Operation, d *purpose.Denied) {
	if v.audit == nil || d == nil {
		return
	}
	l := &v.denials
	key := denialKey{who, d.Purpose, op, d.Attribute, d.Reason}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.counts == nil {
		l.counts = make(map[denialKey]Access)
	}
	l.counted++
	key = l.room(key)
	a, ok := l.counts[key]
	if !ok {
		a = Access{
			ID: v.accessID(), Actor: key.actor, Purpose: key.purpose, Operation: key.operation, Attribute: key.attribute,
			Reason: key.reason, Policy: d.Policy, Ledger: d.Ledger,
		}
	}
	a.Time = v.registry.Now()
	a.Count++
	l.counts[key] = a
	if l.writing == nil {
		l.writing = make(chan struct{})
		go v.writeDenials(l.writing)
	}
}

// room returns the key to count a denial under: its own, or that of all others when there are too many. The mutex is held.
func (l *denials) room(key denialKey) denialKey {
	if _, ok := l.counts[key]; !ok && len(l.counts) >= maxDenials {
		return denialKey{reason: purpose.Undecided}
	}
	return key
}

// writeDenials writes what has been counted until nothing is left. An entry that cannot be written is put back once more,
// and then left to the next denial or to Flush.
func (v *Vault) writeDenials(done chan struct{}) {
	l := &v.denials
	for {
		l.mu.Lock()
		batch, through := l.counts, l.counted
		l.counts = nil
		l.mu.Unlock()
		failed := make(map[denialKey]Access)
		for key, a := range batch {
			if err := v.audit.Record(context.Background(), a); err != nil {
				failed[key] = a
			}
		}
		l.mu.Lock()
		if len(failed) == 0 {
			l.written = through
		}
		if len(failed) > 0 && l.counts == nil {
			l.counts = make(map[denialKey]Access)
		}
		for key, a := range failed {
			if at := l.room(key); at != key {
				key, a.Actor, a.Purpose, a.Operation, a.Attribute, a.Reason = at, purpose.Actor{}, "", 0, "", at.reason
			}
			if newer, ok := l.counts[key]; ok {
				a.Count += newer.Count
				a.Time = newer.Time
			}
			l.counts[key] = a
		}
		close(done)
		done = nil
		if len(failed) == 0 && len(l.counts) > 0 {
			done = make(chan struct{}) // another turn
		}
		l.writing = done
		l.mu.Unlock()
		if done == nil {
			return
		}
	}
}

// Flush waits until the denials counted so far are recorded. It returns ctx's error if that ends first,
// and [purpose.AuditUnavailable] if the auditor fails.
func (v *Vault) Flush(ctx context.Context) error {
	l := &v.denials
	l.mu.Lock()
	through := l.counted
	l.mu.Unlock()
	for tries := 0; ; {
		l.mu.Lock()
		if l.written >= through {
			l.mu.Unlock()
			return nil
		}
		if l.writing == nil {
			if tries++; tries > 2 {
				l.mu.Unlock()
				return purpose.AuditUnavailable
			}
			l.writing = make(chan struct{})
			go v.writeDenials(l.writing)
		}
		done := l.writing
		l.mu.Unlock()
		select {
		case <-done:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
