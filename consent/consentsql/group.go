package consentsql

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/purposebound/purposebound/consent"
)

// batchSize is how many appends one transaction stores at most.
const batchSize = 64

// appending is one call of [Ledger.Append].
type appending struct {
	ctx     context.Context
	subject consent.Subject
	after   uint64
	event   consent.Event

	done chan struct{} // closed when what follows is set
	seq  uint64
	err  error
}

// group stores appends together: those that come while a transaction runs are the next.
type group struct {
	store func(context.Context, []*appending) error

	mu      sync.Mutex
	queue   []*appending
	running bool
}

// add stores the event with others. Once its transaction has begun, add waits for its end, whatever becomes of ctx.
func (g *group) add(ctx context.Context, a *appending) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	a.ctx, a.done = ctx, make(chan struct{})
	g.mu.Lock()
	g.queue = append(g.queue, a)
	if !g.running {
		g.running = true
		go g.run()
	}
	g.mu.Unlock()
	select {
	case <-a.done:
		return a.seq, a.err
	case <-ctx.Done():
	}
	g.mu.Lock()
	i := slices.Index(g.queue, a)
	if i >= 0 {
		g.queue = slices.Delete(g.queue, i, i+1)
	}
	g.mu.Unlock()
	if i >= 0 {
		return 0, ctx.Err()
	}
	<-a.done
	return a.seq, a.err
}

// run stores until nothing waits.
func (g *group) run() {
	for {
		g.mu.Lock()
		n := min(len(g.queue), batchSize)
		batch := slices.Clone(g.queue[:n])
		g.queue = slices.Delete(g.queue, 0, n)
		g.running = n > 0
		g.mu.Unlock()
		if n == 0 {
			return
		}
		// One order for all processes, so that no two wait for each other.
		slices.SortStableFunc(batch, func(a, b *appending) int { return strings.Compare(string(a.subject), string(b.subject)) })
		g.together(batch)
	}
}

// together stores a batch. Of an event that the ledger refuses, only its own call hears; if the transaction fails, nothing is stored, or that is not known, and all do.
func (g *group) together(batch []*appending) {
	ctx, stop := whileOneWaits(batch)
	defer stop()
	err := g.store(ctx, batch)
	for _, a := range batch {
		switch {
		case err != nil && (a.err == nil || !own(a.err)):
			a.seq, a.err = 0, err
			if cause := a.ctx.Err(); cause != nil && ctx.Err() != nil {
				a.err = cause
			}
		case a.err != nil:
			a.seq = 0
		}
		close(a.done)
	}
}

// whileOneWaits returns a context that ends when those of all have.
func whileOneWaits(batch []*appending) (context.Context, func()) {
	if len(batch) == 1 {
		return batch[0].ctx, func() {}
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(batch[0].ctx))
	var mu sync.Mutex
	left := len(batch)
	var stops []func() bool
	for _, a := range batch {
		stops = append(stops, context.AfterFunc(a.ctx, func() {
			mu.Lock()
			defer mu.Unlock()
			if left--; left == 0 {
				cancel()
			}
		}))
	}
	return ctx, func() {
		for _, stop := range stops {
			stop()
		}
		cancel()
	}
}
