package pii

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// Buffer says how much a [BufferedAudit] may lose if the process dies.
type Buffer struct {
	Records int           // entries not yet written, at most; 2 or more; zero: 4,096
	Every   time.Duration // how long an entry waits to be written, at most, while the auditor behind keeps up; zero: 1 second
}

// BufferedAudit passes entries on to another auditor in the background, so that an access does not wait for a disk.
// If the process dies, what was not yet written is lost: at most Buffer.Records entries, and while the auditor behind keeps
// up, those of the last Buffer.Every. An access that would exceed the first waits. When the auditor behind fails, nothing is
// thrown away: accesses are denied until it has taken what was buffered. It is safe for concurrent use;
// make it with [NewBufferedAudit], for its zero value has nothing to pass entries on to.
type BufferedAudit struct {
	next  Auditor
	limit int
	every time.Duration

	mu       sync.Mutex
	accepted uint64 // entries so far
	written  uint64 // of those, in their order
	filling  []buffered
	writing  chan struct{} // closed when the entries that were taken are written; nil if none are
	stuck    []buffered    // entries that the auditor behind refused
	failed   error         // what it said
	timer    *time.Timer
	armed    bool
	closed   bool
}

// buffered is an entry that waits: in full, or what it is made of when it is written. A full one is three lines of memory, which
// the goroutine that writes would each take from the one that reveals: that took longer than the rest of recording.
type buffered struct {
	full      *Access         // nil: made of what follows
	permit    *consent.Permit // of the use
	attribute purpose.Attribute
	reading   int64
	number    uint64 // of the access, from when it is first written
}

// access returns the entry in full.
func (e *buffered) access() Access {
	if e.full != nil {
		return *e.full
	}
	a := e.permit.Gate().Owner().(*Accessor) // only such a use has got here
	if e.number == 0 {
		e.number = a.vault.accesses.Add(1) // and the same if the auditor behind has to be asked again
	}
	return a.access(e.permit, e.attribute, e.reading, e.number)
}

// ErrAuditClosed reports a BufferedAudit that was closed.
var ErrAuditClosed = errors.New("pii: the buffered audit is closed")

// NewBufferedAudit returns an auditor that buffers for next. [BufferedAudit.Close] writes what is left.
func NewBufferedAudit(next Auditor, b Buffer) (*BufferedAudit, error) {
	if isNil(next) {
		return nil, errors.New("pii: NewBufferedAudit: next must not be nil")
	}
	if b.Records < 0 || b.Records == 1 || b.Every < 0 {
		return nil, errors.New("pii: NewBufferedAudit: a limit is negative, or Records is 1")
	}
	if b.Records == 0 {
		b.Records = 4096
	}
	if b.Every == 0 {
		b.Every = time.Second
	}
	// One half fills while the other is written, so that both together are within the limit.
	half := b.Records / 2
	return &BufferedAudit{next: next, limit: half, every: b.Every}, nil
}

// Record keeps the entry to be written. It waits while the buffer is full, until ctx ends.
func (b *BufferedAudit) Record(ctx context.Context, a Access) error {
	return b.keep(ctx, buffered{full: &a})
}

func (b *BufferedAudit) keep(ctx context.Context, e buffered) error {
	b.mu.Lock()
	for {
		if b.closed {
			b.mu.Unlock()
			return ErrAuditClosed
		}
		if b.failed != nil && b.writing == nil {
			// Try again in this goroutine: the access that comes after the auditor's recovery goes through.
			if err := b.retry(ctx); err != nil {
				b.mu.Unlock()
				return err
			}
			continue
		}
		if b.failed == nil && len(b.filling) < b.limit {
			break
		}
		if b.writing == nil {
			b.write()
			continue
		}
		wait := b.writing
		b.mu.Unlock()
		select {
		case <-wait:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		b.mu.Lock()
	}
	if b.filling == nil {
		// Fresh memory each turn: what was written out lies in the other processor's cache, and to take it back costs more.
		b.filling = make([]buffered, 0, b.limit)
	}
	b.filling = append(b.filling, e)
	b.accepted++
	switch {
	case len(b.filling) == b.limit && b.writing == nil:
		b.write()
	case !b.armed:
		b.arm()
	}
	b.mu.Unlock()
	return nil
}

// arm makes sure that what is buffered is written in time. The mutex is held.
func (b *BufferedAudit) arm() {
	b.armed = true
	if b.timer != nil {
		b.timer.Reset(b.every)
		return
	}
	b.timer = time.AfterFunc(b.every, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.armed = false
		if b.writing == nil && b.failed == nil && len(b.filling) > 0 {
			b.write()
		}
	})
}

// write hands what has filled to a goroutine. The mutex is held, and nothing is being written.
func (b *BufferedAudit) write() {
	batch, done := b.filling, make(chan struct{})
	b.filling, b.writing = nil, done
	go func() {
		left, err := b.pass(context.Background(), batch)
		b.mu.Lock()
		defer b.mu.Unlock()
		b.writing = nil
		b.written += uint64(len(batch) - len(left))
		if err != nil {
			b.stuck, b.failed = left, err
		}
		if err == nil && len(b.filling) > 0 && !b.armed {
			b.arm()
		}
		close(done)
	}()
}

// pass records entries one after another and returns those that were not.
func (b *BufferedAudit) pass(ctx context.Context, batch []buffered) ([]buffered, error) {
	for i := range batch {
		if err := b.next.Record(ctx, batch[i].access()); err != nil {
			return batch[i:], err
		}
	}
	return nil, nil
}

// retry writes what was refused, as another turn of writing. The mutex is held when it is called and when it returns, but
// not while the auditor behind is asked: others wait for the turn, and for their contexts.
func (b *BufferedAudit) retry(ctx context.Context) (err error) {
	stuck, done := b.stuck, make(chan struct{})
	left := stuck
	err = purpose.AuditUnavailable // if the auditor panics
	b.writing = done
	b.mu.Unlock()
	returned := false
	defer func() {
		b.mu.Lock()
		b.writing, b.stuck, b.failed = nil, left, err
		b.written += uint64(len(stuck) - len(left))
		close(done)
		if !returned {
			b.mu.Unlock()
		}
	}()
	left, err = b.pass(ctx, stuck)
	returned = true
	return err
}

// Flush returns when everything that was recorded before the call has been written.
func (b *BufferedAudit) Flush(ctx context.Context) error {
	b.mu.Lock()
	through := b.accepted
	for b.written < through {
		switch {
		case b.writing != nil:
			wait := b.writing
			b.mu.Unlock()
			select {
			case <-wait:
				b.mu.Lock()
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		case b.failed != nil:
			if err := b.retry(ctx); err != nil {
				b.mu.Unlock()
				return err
			}
		default:
			b.write()
		}
	}
	b.mu.Unlock()
	return nil
}

// Close writes what is left and denies from then on. If that fails, nothing is thrown away and Close can be called again.
func (b *BufferedAudit) Close(ctx context.Context) error {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	return b.Flush(ctx)
}
