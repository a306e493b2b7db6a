package consent

import (
	"context"

	"github.com/purposebound/purposebound/purpose"
)

// Pass lets uses of one subject begin and end one after another on the terms of a [Permit], while all that those rest on stands:
// what package pii seals one value after another under. Each use counts for a withdrawal like any other, but
// beginning one is two additions and not a look-up. Other programs never need it. It is safe for concurrent use.
type Pass struct {
	grant    *grant
	clock    *clock
	ctx      context.Context
	deadline int64
}

// Pass returns a pass on the terms of the permit, which may have ended.
func (p *Permit) Pass() *Pass {
	return &Pass{grant: p.grant, clock: p.clock, ctx: p.ctx, deadline: p.deadline}
}

// Enter begins a use, which must be ended by Leave. False means that none has begun, and that the gate must be asked.
func (x *Pass) Enter() bool {
	g := x.grant
	// Count first, then look: whoever takes the grant away raises its flag first, and then counts.
	g.running.Add(1)
	if g.flag.Load() == grantOpen {
		return true
	}
	x.Leave()
	return false
}

// Leave ends a use.
func (x *Pass) Leave() {
	g := x.grant
	g.running.Add(-1)
	if g.flag.Load() < grantEnding {
		return
	}
	sh := g.entry.shard
	sh.mu.Lock()
	g.entry.settleDrains(&g.gate.registry.drains)
	sh.mu.Unlock()
}

// Check is [Permit.Check] for a use that was entered: flags first, the clock last.
func (x *Pass) Check() purpose.Reason {
	lease := x.clock.lease.Load()
	if reason := x.grant.standing(); reason != purpose.Permitted {
		return reason
	}
	if x.ctx.Err() != nil {
		return purpose.Cancelled
	}
	if now := x.clock.elapsed(); now >= x.deadline || now >= lease {
		return x.grant.late(now, lease)
	}
	return purpose.Permitted
}
