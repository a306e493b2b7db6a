package model

import "strings"

// explorer finds what can follow a state.
type explorer struct {
	bounds Bounds
	rules  Rules
	next   []successor
}

type successor struct {
	state state
	step  step
}

// add notes that a step leads to a state.
func (x *explorer) add(how step, s state) {
	if s.broken != kept && !x.watches(s.broken) {
		s.broken = kept
	}
	x.forget(&s)
	x.next = append(x.next, successor{s, how})
}

// watches reports whether a promise is among those to check.
func (x *explorer) watches(p promise) bool {
	letter := p.String()[1]
	return x.bounds.Promises == "" || strings.IndexByte(x.bounds.Promises, letter) >= 0
}

// expand finds every state that one step leads to.
func (x *explorer) expand(s *state) {
	x.time(s)
	x.database(s)
	x.talk(s)
	x.loads(s)
	x.uses(s)
	x.reveals(s)
	x.withdraw(s)
}

func (x *explorer) lease() uint8 { return uint8(x.bounds.Lease) }

// patience is how long the withdrawer waits.
func (x *explorer) patience() uint8 {
	if x.rules.Margin {
		return uint8(x.bounds.Lease + x.bounds.Margin)
	}
	return x.lease()
}

// time lets clocks go on. Counters stop where nobody can tell them from more.
func (x *explorer) time(s *state) {
	for _, lags := range []bool{false, true} {
		if lags && s.drifted >= uint8(x.bounds.Drift) {
			break
		}
		n := *s
		if w := &n.withdrawer; w.phase != outside && w.phase < waiting {
			w.settled = min(w.settled+1, x.patience())
		} else if w.phase == waiting {
			w.silent = min(w.silent+1, x.patience())
		}
		if !x.rules.OwnClock && n.db.row.id != 0 {
			n.db.row.age = min(n.db.row.age+1, x.patience())
		}
		if lags {
			n.drifted++
			x.add(lag, n)
			break
		}
		if x.rules.FreshClock {
			n.pass(1)
		} else {
			n.node.stale = min(n.node.stale+1, x.lease())
		}
		if n.statement.stage != idle && n.statement.kind != poll {
			n.statement.age = min(n.statement.age+1, x.lease())
		}
		x.add(tick, n)
	}
	if x.bounds.ClockSteps && !x.rules.OwnClock && !s.stepped && s.db.row.id != 0 {
		n := *s
		n.stepped = true
		n.db.row.age = x.patience()
		x.add(leap, n)
	}
	if s.node.stale > 0 {
		n := *s
		n.pass(s.node.stale)
		n.node.stale = 0
		x.add(readClock, n)
	}
}

// pass brings deadlines nearer to the node's clock reading.
func (s *state) pass(ticks uint8) {
	s.node.left -= min(s.node.left, ticks)
	s.reveal.left -= min(s.reveal.left, ticks)
}

// database commits other people's events, and fails.
func (x *explorer) database(s *state) {
	taken := s.db.ledger.head()
	if s.withdrawer.phase == numbered {
		taken = max(taken, s.withdrawer.position)
	}
	room := positions - int(taken)
	if !s.db.ledger.withdrawn(0) && s.withdrawer.phase != numbered {
		room--
	}
	others := 0
	for _, t := range s.db.ledger {
		if t == unrelated.in(s.history) {
			others++
		}
	}
	if room > 0 && others < x.bounds.Unrelated {
		n := *s
		n.db.ledger[taken] = unrelated.in(n.history)
		x.add(commitUnrelated, n)
	}
	switch {
	case s.behind:
		if int(s.history) < x.bounds.Failovers {
			n := *s
			n.db, n.standby, n.behind = n.standby, database{}, false
			n.history++
			if n.statement.stage == seen {
				n.statement.stage = idle // it dies with the database
			}
			x.add(failOver, n)
		}
	case int(s.history) < x.bounds.Failovers || x.bounds.Stale && s.history == 0:
		n := *s
		n.standby, n.behind = n.db, true
		x.add(fallBehind, n)
	}
}

// forget drops what nothing can depend on any more, so that states which differ in nothing else are one.
func (x *explorer) forget(s *state) {
	if s.reveal.stage == idle || x.doomed(s) {
		s.reveal = reveal{}
		if s.node.use == ended {
			s.node.use = none
		}
	}
	if s.reveal.stage == passed {
		s.reveal.left = 0
	}
	if s.node.use == none {
		s.node.through = false
	}
	if l := &s.node.load; l.stage == read && !l.granted || !l.sameEpoch && x.rules.EpochFence || !l.current && x.rules.LoadFence {
		*l = load{} // it will be discarded, so that is done now
	}
	if s.statement.stage == idle {
		s.statement = statement{}
	}
	if s.db.row.fenced {
		s.db.row = row{id: s.db.row.id, fenced: true}
	}
	if s.standby.row.fenced {
		s.standby.row = row{id: s.standby.row.id, fenced: true}
	}
	switch w := &s.withdrawer; w.phase {
	case waiting, fencing:
		w.settled = 0
	case returned:
		*w = withdrawer{phase: returned, answered: w.answered}
	}
}

// doomed reports whether a check that the Reveal has before it will fail: no flag is ever taken down, and no deadline
// that was read moves.
func (x *explorer) doomed(s *state) bool {
	stage := s.reveal.stage
	if (stage < checked || stage == checked && !x.rules.ClockLast) && (s.node.use != running || s.node.regressed) {
		return true
	}
	read := stage == decrypted || stage == checked && x.rules.ClockLast
	return read && x.rules.DeadlineBeforeFlags && s.reveal.left == 0 && !s.node.through
}

// step is one thing that happens.
type step uint8

const (
	_ step = iota
	tick
	lag
	leap
	readClock
	commitUnrelated
	fallBehind
	failOver
	sendJoin
	sendRenewal
	sendPoll
	snapshot
	execute
	lose
	arrive
	apply
	publish
	lapse
	loadBegin
	loadRead
	loadStale
	loadFinish
	evict
	useBegin
	useThrough
	useNeighbour
	useEnd
	useCancel
	revealStart
	revealDecrypt
	revealFlags
	revealClock
	revealRelease
	contact
	number
	abort
	commit
	attest
	list
	look
	fence
)

func (h step) String() string {
	return [...]string{
		tick:            "time: every clock ticks",
		lag:             "time: every clock ticks but the node's",
		leap:            "database: the wall clock leaps",
		readClock:       "node: the kept clock reading is renewed",
		commitUnrelated: "database: an unrelated event is committed",
		fallBehind:      "database: the standby receives nothing from here on",
		failOver:        "database: the standby takes over",
		sendJoin:        "node: sends its joining",
		sendRenewal:     "node: sends a renewal",
		sendPoll:        "node: sends its acknowledgement and asks for the feed",
		snapshot:        "database: begins the node's statement: its snapshot is taken",
		execute:         "database: commits the node's statement",
		lose:            "network: the statement or its answer is lost",
		arrive:          "node: the answer arrives",
		apply:           "node: applies the feed",
		publish:         "node: publishes the deadline",
		lapse:           "node: sees its lease lapse",
		loadBegin:       "node: a load begins",
		loadRead:        "node: the load reads the database",
		loadStale:       "node: the load reads the standby",
		loadFinish:      "node: the load finishes",
		evict:           "node: the cache evicts the grant",
		useBegin:        "node: a use begins",
		useThrough:      "node: a use begins by reading through",
		useNeighbour:    "node: a use of another subject begins",
		useEnd:          "node: the use ends",
		useCancel:       "node: the use has lived its time and is cancelled",
		revealStart:     "node: a Reveal starts",
		revealDecrypt:   "node: the Reveal has decrypted and reads the deadline",
		revealFlags:     "node: the Reveal checks the flags",
		revealClock:     "node: the Reveal checks the clock",
		revealRelease:   "node: the Reveal releases plaintext",
		contact:         "withdrawer: speaks to the database for the first time",
		number:          "withdrawer: takes a position",
		abort:           "withdrawer: finds that its transaction died with the database",
		commit:          "withdrawer: commits the event",
		attest:          "withdrawer: tells the witness",
		list:            "withdrawer: lists the nodes",
		look:            "withdrawer: looks at the row",
		fence:           "withdrawer: fences the row",
	}[h]
}
