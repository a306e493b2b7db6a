package consent

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"
)

// watch looks at the other nodes while somebody waits for them, and shuts out those that are dead.
type watch struct {
	node *node

	mu      sync.Mutex
	looks   uint64 // how many were begun
	waiting map[*waiting]struct{}
	running bool
	closed  bool
	stopped chan struct{} // closed with it
	ended   sync.WaitGroup

	renewed bool                // the database is another: what was seen before means nothing
	seen    map[NodeID]sighting // the running look's alone
	shut    map[NodeID]int64    // monotonic reading at which it was first seen to be shut out; the running look's alone
}

// sighting is the last renewal of a node, and the reading of one's own monotonic clock when it was first seen.
type sighting struct {
	number uint64
	since  int64
}

// waiting is a tightening event that has been stored, until every node has acknowledged it.
type waiting struct {
	drain   *drain
	event   Event
	subject uint64
	reach   uint64
	from    uint64 // first look that was begun after the event was stored
	listed  bool
	head    uint64
	nodes   map[NodeID]struct{} // that have not

	ended, cancelled, fenced int
	again                    bool // the database may have lost the event: it is to be stored once more, and waited for
	done                     chan struct{}
}

// await makes the event known to the watch.
func (n *node) await(d *drain, e Event) *waiting {
	w := &waiting{drain: d, event: e, subject: d.entry.subject.Hash(), reach: e.Reach(), done: make(chan struct{})}
	n.watch.mu.Lock()
	defer n.watch.mu.Unlock()
	w.from = n.watch.looks + 1
	if n.watch.waiting == nil {
		n.watch.waiting = make(map[*waiting]struct{})
	}
	n.watch.waiting[w] = struct{}{}
	n.watch.start()
	n.hurry()
	return w
}

// look has the nodes looked at once.
func (w *watch) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.start()
}

// start makes sure that somebody looks. The watch is locked.
func (w *watch) start() {
	if w.running || w.closed {
		return
	}
	w.running = true
	w.ended.Go(w.run)
}

func (w *watch) close() {
	w.mu.Lock()
	w.closed = true
	close(w.stopped)
	w.mu.Unlock()
	w.ended.Wait()
}

// run looks until nobody waits.
func (w *watch) run() {
	n := w.node
	for {
		w.mu.Lock()
		w.looks++
		look := w.looks
		w.mu.Unlock()
		ctx, done := context.WithTimeout(context.Background(), max(time.Second, n.lease/5))
		began := n.registry.clock.mono()
		peers, err := n.cluster.Peers(ctx)
		if err == nil {
			maps.DeleteFunc(w.shut, func(id NodeID, _ int64) bool {
				return !slices.ContainsFunc(peers.Nodes, func(p Peer) bool { return p.Node == id })
			})
			peers.Nodes = slices.DeleteFunc(peers.Nodes, func(p Peer) bool { return p.Fenced && w.gone(p.Node, began) })
			if !n.knows(peers.System) { // the loop has yet to find out; until then nobody is shut out, and nobody done with
				w.seen, err = nil, errSilent
			} else {
				w.shutOut(ctx, &peers)
			}
		}
		done()
		w.mu.Lock()
		var over []*waiting
		if err == nil && began >= n.settled.Load() {
			for one := range w.waiting {
				if one.listed && peers.Head < one.head {
					one.again = true
					delete(w.waiting, one)
					over = append(over, one)
				} else if one.from <= look && one.see(&peers, *orZero(n.id.Load())) && n.reached(one.head) {
					delete(w.waiting, one)
					over = append(over, one)
				}
			}
		}
		if w.closed || len(w.waiting) == 0 {
			w.running = false
			w.mu.Unlock()
			w.settle(over)
			return
		}
		w.mu.Unlock()
		w.settle(over)
		pause := time.NewTimer(n.interval())
		select {
		case <-pause.C:
		case <-w.stopped:
			pause.Stop()
		}
	}
}

// reached reports whether what is read here from now on has all that stands up to head: not even a replica that lags shows this process
// something older. Without a lease it does not matter, for nothing is read.
func (n *node) reached(head uint64) bool {
	return n.watermark.Load() >= head || n.registry.clock.lease.Load() == 0
}

func orZero(id *NodeID) *NodeID {
	if id == nil {
		return new(NodeID)
	}
	return id
}

// settle forgets drains that nobody came back for.
func (w *watch) settle(over []*waiting) {
	for _, one := range over {
		close(one.done)
		sh := one.drain.entry.shard
		sh.mu.Lock()
		one.drain.entry.settleDrains(&w.node.registry.drains)
		sh.mu.Unlock()
	}
}

// gone reports whether the node was shut out so long ago that nothing which it had begun can be going on.
func (w *watch) gone(node NodeID, now int64) bool {
	since, known := w.shut[node]
	if !known {
		since = now
		if w.shut == nil {
			w.shut = make(map[NodeID]int64)
		}
		w.shut[node] = now
	}
	if now-since < int64(w.node.registry.maxUse) {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for one := range w.waiting {
		if _, waits := one.nodes[node]; waits {
			return false
		}
	}
	return true
}

// restart is for when the database has failed over, or lost something: whatever was stored and is waited for is to be stored
// again, which changes nothing if it is there, and the nodes are to be listed again.
func (w *watch) restart() {
	w.mu.Lock()
	w.renewed = true
	var over []*waiting
	for one := range w.waiting {
		one.again = true
		over = append(over, one)
	}
	clear(w.waiting)
	w.mu.Unlock()
	w.settle(over)
}

// shutOut fences the nodes whose number has not changed for longer than a lease lasts.
func (w *watch) shutOut(ctx context.Context, peers *Peers) {
	n := w.node
	now := n.registry.clock.mono()
	w.mu.Lock()
	if w.renewed {
		w.renewed, w.seen = false, nil
	}
	w.mu.Unlock()
	seen := make(map[NodeID]sighting, len(peers.Nodes))
	for i := range peers.Nodes {
		p := &peers.Nodes[i]
		if p.Fenced {
			continue
		}
		s, known := w.seen[p.Node]
		if known && p.Number < s.number { // the database has lost a renewal: others may be missing
			n.failedOver()
		}
		if !known || p.Number != s.number {
			s = sighting{p.Number, now}
		}
		seen[p.Node] = s
		if now-s.since >= int64(n.dead) {
			p.Fenced, _ = n.cluster.Fence(ctx, p.Node, p.Number)
		}
	}
	w.seen = seen
	n.live.Store(int64(len(seen)))
}

// see takes the nodes off the list that have acknowledged, left or been shut out, and reports whether none is left. The watch is locked.
func (w *waiting) see(peers *Peers, self NodeID) bool {
	if !w.listed {
		w.listed, w.head = true, peers.Head
		w.nodes = make(map[NodeID]struct{})
		for i := range peers.Nodes {
			p := &peers.Nodes[i]
			if p.Node == self {
				continue
			}
			w.nodes[p.Node] = struct{}{}
		}
	}
	left := make(map[NodeID]struct{})
	for i := range peers.Nodes { // once each: who is done with is not in w.nodes again
		p := &peers.Nodes[i]
		if _, waits := w.nodes[p.Node]; !waits {
			continue
		}
		switch {
		case p.Fenced:
			w.fenced++
		case p.Applied < w.head || w.running(p):
			left[p.Node] = struct{}{}
		default:
			for _, d := range p.Draining {
				if w.concerns(&d) {
					w.ended += int(d.Ended)
					w.cancelled += int(d.Cancelled)
				}
			}
		}
	}
	w.nodes = left
	return len(left) == 0
}

func (w *waiting) concerns(d *Draining) bool {
	return d.Subject == w.subject && d.Reach == w.reach && d.Position <= w.head
}

func (w *waiting) running(p *Peer) bool {
	for i := range p.Draining {
		if d := &p.Draining[i]; w.concerns(d) && d.Running > 0 {
			return true
		}
	}
	return false
}

// over reports whether every node has acknowledged. There may be none to wait for.
func (w *waiting) over() bool {
	if w == nil {
		return true
	}
	select {
	case <-w.done:
		return !w.again
	default:
		return false
	}
}

var errSilent = errors.New("consent: the database does not tell what the other registries do")

// wait returns when every node has acknowledged, and an error if ctx ends before or nothing is heard for longer than any node may take.
func (w *waiting) wait(ctx context.Context, n *node, deadline int64) error {
	limit := deadline + 2*int64(n.dead) + told
	timer := time.NewTimer(max(0, time.Duration(limit-n.registry.clock.elapsed())))
	defer timer.Stop()
	select {
	case <-w.done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-n.watch.stopped:
		return ErrClosed
	case <-timer.C:
		return errSilent
	}
}

// count adds what the other nodes did.
func (w *waiting) count(out *Withdrawal) {
	if w.over() && w != nil {
		out.Drained += w.ended
		out.Cancelled += w.cancelled
		out.Fenced += w.fenced
	}
}
