package model

// withdraw is the goroutine of Withdraw.
func (x *explorer) withdraw(s *state) {
	n := *s
	w := &n.withdrawer
	switch s.withdrawer.phase {
	case outside:
		w.phase, w.history = asked, s.history
		if !x.rules.FirstContact {
			w.settled = x.patience()
		}
		x.add(contact, n)
	case asked:
		if !x.rules.ListAfterCommit && !w.early {
			if x.settled(s) {
				x.list(&n)
				w.early = true
				x.add(list, n)
			}
			return
		}
		x.meet(&n)
		w.position = s.db.ledger.head() + 1
		if x.rules.CommitOrder {
			x.commit(n)
			return
		}
		w.phase = numbered
		x.add(number, n)
	case numbered:
		if w.history != s.history {
			w.phase, w.position = asked, 0
			x.add(abort, n)
			return
		}
		x.commit(n)
	case committed:
		w.phase = witnessed
		if x.rules.Witness {
			n.witness = mark{w.position, withdrawal.in(w.history)}
		}
		if w.early {
			x.await(&n)
		}
		x.add(attest, n)
	case witnessed:
		if x.restart(&n) {
			x.add(list, n)
			return
		}
		if !x.settled(s) {
			return
		}
		x.list(&n)
		x.await(&n)
		x.add(list, n)
	case waiting:
		if !x.restart(&n) {
			x.look(&n)
		}
		if n != *s {
			x.add(look, n)
		}
	case fencing:
		r := &n.db.row
		w.phase = waiting
		switch {
		case x.restart(&n):
		case r.id == w.listed && (r.number == w.number || !x.rules.CompareAndSwap):
			r.fenced = true
			x.finish(&n, false)
		}
		x.add(fence, n)
	}
}

// meet notes which history of the database has answered.
func (x *explorer) meet(s *state) {
	if w := &s.withdrawer; w.history != s.history {
		w.history = s.history
		if x.rules.Restart {
			w.settled = 0
		}
	}
}

func (x *explorer) commit(n state) {
	w := &n.withdrawer
	w.phase = committed
	n.db.ledger[w.position-1] = withdrawal.in(n.history)
	x.add(commit, n)
}

// settled reports whether leases that a lost database granted have passed.
func (x *explorer) settled(s *state) bool {
	return !x.rules.FailoverWait || s.withdrawer.settled >= x.patience()
}

func (x *explorer) list(s *state) {
	w, r := &s.withdrawer, &s.db.row
	w.listed, w.number, w.silent = r.id, r.number, 0
	if r.fenced {
		w.listed = 0
	}
}

// await begins to wait for the listed node, if there is one.
func (x *explorer) await(s *state) {
	s.withdrawer.phase = waiting
	if s.withdrawer.listed == 0 {
		x.finish(s, false)
	}
}

// restart goes back to where the database that has answered makes it necessary, and reports whether it did.
func (x *explorer) restart(s *state) bool {
	w := &s.withdrawer
	if !x.rules.Restart || w.history == s.history {
		return false
	}
	x.meet(s)
	w.listed, w.number, w.silent, w.early = 0, 0, 0, false
	w.phase = witnessed
	if !s.db.ledger.at(w.position).withdraws() {
		w.phase, w.position = asked, 0
	}
	return true
}

// look decides by the row whether the node is done or dead.
func (x *explorer) look(s *state) {
	w, r := &s.withdrawer, &s.db.row
	switch {
	case r.id != w.listed || r.fenced:
		x.finish(s, false)
	case r.watermark >= w.position && !(r.draining && x.rules.Draining):
		x.finish(s, true)
	case r.number != w.number:
		w.number = r.number
		if x.rules.SinceNumber {
			w.silent = 0
		}
	case x.rules.OwnClock && w.silent >= x.patience() || !x.rules.OwnClock && r.age >= x.patience():
		w.phase = fencing
	}
}

// finish returns from Withdraw.
func (x *explorer) finish(s *state, answered bool) {
	s.withdrawer.phase, s.withdrawer.answered = returned, answered
	if answered && s.node.use.alive() && !s.db.row.cancelled {
		s.broken = leftRunning
	}
}
