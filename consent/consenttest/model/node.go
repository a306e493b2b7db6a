package model

// lapse drops what the node held under its lease.
func (x *explorer) lapse(s *state) {
	s.node.held = false
	if !x.rules.Lapse {
		return
	}
	s.node.left = 0
	s.node.cached = false
	s.node.load.sameEpoch = false
	if s.node.use == running || s.node.use == stopped {
		s.node.use = cancelled
	}
}

// leased reports whether the lease has not passed.
func (s *state) leased() bool { return s.node.left > 0 }

// talk is the goroutine that keeps the lease: one statement at a time.
func (x *explorer) talk(s *state) {
	if s.node.held && s.node.left == 0 {
		n := *s
		x.lapse(&n)
		x.add(lapse, n)
	}
	if s.node.regressed {
		return
	}
	switch s.statement.stage {
	case idle:
		x.send(s)
	case sent:
		n := *s
		x.snapshot(&n)
		x.add(snapshot, n)
		x.lose(s)
	case seen:
		n := *s
		x.execute(&n)
		x.add(execute, n)
	case executed:
		n := *s
		x.arrive(&n)
		x.add(arrive, n)
		x.lose(s)
	case arrived, halfway:
		n := *s
		if (s.statement.stage == arrived) == x.rules.ApplyFirst || s.statement.kind == poll {
			x.apply(&n)
			x.add(apply, n)
		} else {
			x.publish(&n)
			x.add(publish, n)
		}
	}
}

func (x *explorer) lose(s *state) {
	if x.bounds.Lost {
		n := *s
		n.statement.stage = idle
		x.add(lose, n)
	}
}

func (x *explorer) send(s *state) {
	n := *s
	n.statement = statement{stage: sent, draining: s.node.use == stopped, cancelled: s.node.use == cancelled}
	if !s.node.joined {
		if int(s.node.id) < x.bounds.Joins {
			n.node.id++
			n.statement.kind = joining
			x.add(sendJoin, n)
		}
		return
	}
	n.statement.kind = poll
	x.add(sendPoll, n)
	if int(s.db.row.number) < x.bounds.Renewals {
		n.statement.kind = renewal
		x.add(sendRenewal, n)
	}
}

// snapshot is the beginning of the statement, when what it reads is settled.
func (x *explorer) snapshot(s *state) {
	q, ledger := &s.statement, &s.db.ledger
	q.stage = seen
	q.outcome = accepted
	known := s.node.watermark.within(ledger, x.rules.Tokens)
	if x.rules.Witness && (!s.node.met || x.rules.NewHistory && s.node.history != s.history) {
		known = known && s.witness.within(ledger, x.rules.Tokens)
	}
	if x.rules.Regress && !known {
		q.stage = executed
		q.outcome = ledgerLost
		return
	}
	if q.kind == joining && x.rules.JoinFirst {
		return
	}
	q.head = mark{ledger.head(), ledger.at(ledger.head())}
	q.history = s.history
	q.withdrawn = ledger.withdrawn(s.node.watermark.position)
}

// execute is the statement's commit. Whether the row is there is looked at now: it is locked.
func (x *explorer) execute(s *state) {
	q, r := &s.statement, &s.db.row
	q.stage = executed
	if q.kind == joining {
		*r = row{id: s.node.id}
	} else if r.id != s.node.id || r.fenced {
		*q = statement{stage: executed, kind: q.kind, outcome: rowGone}
		return
	}
	if q.kind == renewal {
		r.number++
		r.age = 0
	}
	r.watermark = s.node.watermark.position
	if !x.rules.AckApplied {
		r.watermark = max(r.watermark, q.head.position)
	}
	r.draining, r.cancelled = q.draining, q.cancelled
	q.draining, q.cancelled = false, false
}

func (x *explorer) arrive(s *state) {
	switch s.statement.outcome {
	case accepted:
		if s.statement.kind == joining && x.rules.JoinFirst {
			s.node.joined = true
			s.statement.stage = idle
			return
		}
		s.statement.stage = arrived
		s.statement.outcome = 0
		return
	case rowGone:
		s.node.joined, s.node.met = false, false
	case ledgerLost:
		s.node.regressed = true
		s.node.cached = false
		s.node.load = load{}
	}
	x.lapse(s)
	s.statement.stage = idle
}

// apply invalidates what the feed names, and stops its uses.
func (x *explorer) apply(s *state) {
	if s.statement.withdrawn {
		s.node.cached = false
		s.node.load.current = false
		if s.node.use == running {
			s.node.use = stopped
		}
	}
	s.node.watermark, s.node.history, s.node.met = s.statement.head, s.statement.history, true
	s.statement.head, s.statement.history, s.statement.withdrawn = mark{}, 0, false
	s.advance()
}

// publish makes the new lease the one that is looked at.
func (x *explorer) publish(s *state) {
	left := x.lease()
	if x.rules.DeadlineFromSend {
		left -= s.statement.age
	}
	s.node.joined = true
	if left > 0 {
		if s.node.held && s.node.left == 0 {
			x.lapse(s) // nobody has seen it yet
		}
		s.node.held = true
		s.node.left = max(s.node.left, left+s.node.stale)
	}
	s.statement.age = 0
	s.advance()
}

// advance leaves one of applying and publishing behind.
func (s *state) advance() {
	if s.statement.stage == arrived && s.statement.kind != poll {
		s.statement.stage = halfway
	} else {
		s.statement.stage = idle
	}
}

// loads is the goroutine that reads the subject's state.
func (x *explorer) loads(s *state) {
	if s.node.cached {
		n := *s
		n.node.cached = false
		x.add(evict, n)
	}
	if s.node.regressed {
		return
	}
	switch s.node.load.stage {
	case idle:
		if s.leased() || !x.rules.EpochFence {
			n := *s
			n.node.load = load{stage: begun, sameEpoch: true, current: true}
			x.add(loadBegin, n)
		}
	case begun:
		x.read(s, loadRead, &s.db, s.history)
		if s.behind && x.bounds.Stale {
			x.read(s, loadStale, &s.standby, s.history)
		}
	case read:
		n := *s
		n.node.load = load{}
		n.node.cached = x.acceptable(s)
		x.add(loadFinish, n)
	}
}

// acceptable reports whether the load, if it finishes now, puts the grant into the cache.
func (x *explorer) acceptable(s *state) bool {
	l := &s.node.load
	return l.granted &&
		(l.sameEpoch || !x.rules.EpochFence) &&
		(l.current || !x.rules.LoadFence) &&
		(l.head >= s.node.watermark.position && (l.history == s.node.history || !x.rules.NewHistory) || !x.rules.HeadFence)
}

func (x *explorer) read(s *state, how step, from *database, history uint8) {
	n := *s
	l := &n.node.load
	l.stage = read
	l.granted, l.head, l.history = !from.ledger.withdrawn(0), from.ledger.head(), history
	x.add(how, n)
}

// uses is what the application does with the grant.
func (x *explorer) uses(s *state) {
	n := *s
	if s.leased() && !s.node.regressed && s.withdrawer.phase == returned && s.db.row.fenced && s.db.row.id == s.node.id {
		n.broken = openedFenced
		x.add(useNeighbour, n)
	}
	n.broken = kept
	switch s.node.use {
	case none:
		if s.node.regressed {
			return
		}
		n.node.use = running
		if s.node.cached && s.leased() {
			x.add(useBegin, n)
		}
		if !x.rules.NoReadThrough && s.node.left == 0 && !s.db.ledger.withdrawn(0) {
			n.node.through = true
			x.add(useThrough, n)
		}
		return
	case stopped:
		n.node.use = cancelled
		x.add(useCancel, n)
	case ended:
		return
	}
	n.node.use = ended
	x.add(useEnd, n)
}

// reveals is the goroutine of one Reveal. It can stop before any step for any time.
func (x *explorer) reveals(s *state) {
	n := *s
	r := &n.reveal
	switch s.reveal.stage {
	case idle:
		if s.node.use.alive() {
			r.stage, r.late = started, s.withdrawer.phase == returned
			x.add(revealStart, n)
		}
	case started:
		r.stage = decrypted
		if x.rules.DeadlineBeforeFlags {
			r.left = s.node.left
		}
		x.add(revealDecrypt, n)
	case decrypted, checked:
		if (s.reveal.stage == decrypted) == x.rules.ClockLast {
			x.check(n, revealFlags, s.node.use == running && !s.node.regressed)
			return
		}
		left := s.reveal.left
		if !x.rules.DeadlineBeforeFlags {
			left = s.node.left
		}
		x.check(n, revealClock, left > 0 || s.node.through)
	case passed:
		r.stage = idle
		if s.reveal.late {
			n.broken = openedAfter
		}
		x.add(revealRelease, n)
	}
}

// check goes on with the Reveal if the check is passed, and denies otherwise.
func (x *explorer) check(n state, how step, pass bool) {
	w := &n.withdrawer
	switch {
	case !pass:
		n.reveal.stage = idle
	case n.reveal.stage == decrypted:
		n.reveal.stage = checked
	default:
		n.reveal.stage = passed
		if w.phase == returned && !w.answered {
			n.broken = openedUnanswered
		}
	}
	x.add(how, n)
}
