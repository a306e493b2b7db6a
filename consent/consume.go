package consent

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/purposebound/purposebound/purpose"
)

// consume records that what permitted one use has been used, before that use begins: by an event appended at the version the
// decision was made from, so that of several uses one begins. again means that the ledger had moved: decide anew.
// The shard is locked when it is called and when it returns, and not while the ledger is written.
func (g *Gate) consume(ctx context.Context, e *entry, st *state, actor purpose.Actor, once string) (again bool, denied error) {
	r, sh := g.registry, e.shard
	tightened := e.tightened
	e.pins++ // the entry stays, so that what is asked meanwhile is found
	sh.mu.Unlock()
	event := Event{Kind: Consumed, Purpose: g.Purpose(), Act: Act{Request: once}, Actor: purpose.Actor{Role: actor.Role, ID: actor.ID}}
	r.stamp(&event)
	_, err := r.append(ctx, e.subject, st.facts.Ledger, event)
	sh.mu.Lock()
	e.pins--
	e.forget()
	switch {
	case errors.Is(err, ErrConflict):
		return true, nil
	case err != nil:
		return false, g.attribute(r.outage(ctx, g.Purpose(), err))
	case r.closed.Load():
		return false, g.deny(purpose.RegistryUnavailable, st.facts.Ledger, ErrClosed)
	case e.tightened != tightened:
		// A withdrawal was asked for while this was written, and may have returned: it would not have found this use.
		return false, g.deny(purpose.StaleDecision, st.facts.Ledger, nil)
	}
	return false, nil
}

// tickets counts the persons opened under each ticket in this process.
type tickets struct {
	mu   sync.Mutex
	open map[ticketKey]*opened
}

type ticketKey struct {
	id      string
	purpose purpose.ID
}

type opened struct {
	at       time.Time // of the ticket
	subjects map[Subject]struct{}
}

// maxTickets is how many tickets are remembered; then the one opened longest ago is forgotten, which has expired long since.
const maxTickets = 4096

// count returns how many persons were opened under the ticket, with this one, who counts from now on: so that two at once do
// not both take the last place. undo takes that back.
func (t *tickets) count(ticket *purpose.Ticket, id purpose.ID, s Subject) (n int, undo func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := ticketKey{ticket.ID, id}
	o := t.open[key]
	if o == nil {
		if t.open == nil {
			t.open = make(map[ticketKey]*opened)
		}
		if len(t.open) >= maxTickets {
			t.forget()
		}
		o = &opened{at: ticket.Opened, subjects: make(map[Subject]struct{})}
		t.open[key] = o
	}
	if _, there := o.subjects[s]; there {
		return len(o.subjects), func() {}
	}
	o.subjects[s] = struct{}{}
	return len(o.subjects), func() {
		t.mu.Lock()
		delete(o.subjects, s)
		t.mu.Unlock()
	}
}

func (t *tickets) forget() {
	var oldest ticketKey
	for key, have := range t.open {
		if oldest.id == "" || have.at.Before(t.open[oldest].at) {
			oldest = key
		}
	}
	delete(t.open, oldest)
}
