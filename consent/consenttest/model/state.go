package model

// token names one event of a ledger: what it says and in which history of the database it was committed. Zero is no
// event.
type token uint8

// In the first history they are these; each failover adds two.
const (
	withdrawal token = 1 // of the subject
	unrelated  token = 2 // tightens something for another subject
)

func (t token) withdraws() bool { return t%2 == 1 }

// in returns the token of the same event when it is committed in a history.
func (t token) in(history uint8) token { return t + token(2*history) }

// positions is how many events a ledger can hold: one of another subject in each history, and the withdrawal.
const positions = 3

// ledger is the feed: the tightening events by position. An empty place below the head is a position that was taken by
// a transaction which has not committed.
type ledger [positions]token

// head returns the highest position that can be seen.
func (l *ledger) head() uint8 {
	for p := uint8(positions); p > 0; p-- {
		if l[p-1] != 0 {
			return p
		}
	}
	return 0
}

// at returns what is at a position; position 0 holds nothing.
func (l *ledger) at(position uint8) token {
	if position == 0 {
		return 0
	}
	return l[position-1]
}

// withdrawn reports whether the withdrawal is above a position.
func (l *ledger) withdrawn(after uint8) bool {
	for _, t := range l[after:] {
		if t.withdraws() {
			return true
		}
	}
	return false
}

// mark is a position and, so that the same position of another history can be told from it, what is there.
type mark struct {
	position uint8
	token    token
}

// within reports whether the ledger goes on from the mark.
func (m mark) within(l *ledger, tokens bool) bool {
	return l.head() >= m.position && (!tokens || l.at(m.position) == m.token)
}

// row is the node's row in the database. The zero row is none.
type row struct {
	id        uint8 // the node's joining that wrote it
	number    uint8 // of renewals
	watermark uint8
	draining  bool // the withdrawal's position is on the list
	cancelled bool // a use of the withdrawal's was cancelled
	fenced    bool
	age       uint8 // by the database's wall clock; kept only if somebody looks
}

// database is what one copy holds.
type database struct {
	ledger ledger
	row    row
}

// load is the node's reading of the subject's state into its cache.
type load struct {
	stage     stage // idle, begun, read
	granted   bool
	head      uint8
	history   uint8
	sameEpoch bool // the lease epoch has not been raised since it began
	current   bool // nor the subject invalidated
}

// use is what has become of the use.
type use uint8

const (
	none use = iota
	running
	stopped   // by the feed: it may not reveal, and has not ended
	cancelled // it may not reveal, and nobody waits for it; it may be running
	ended     // while its Reveal was under way
)

// alive reports whether work of the use can be going on.
func (u use) alive() bool { return u == running || u == stopped || u == cancelled }

// node is what the node's process holds.
type node struct {
	id        uint8 // joinings so far
	joined    bool  // it has a row, for all it knows
	met       bool  // a statement has been answered since it joined
	held      bool  // it has a lease that it has not seen lapse
	left      uint8 // of the lease, on its own clock
	stale     uint8 // how old the clock reading is, if readings are kept
	watermark mark
	history   uint8 // of the database, when it last answered
	regressed bool  // it denies everything
	cached    bool  // the grant
	load      load
	use       use
	through   bool // the use began by reading through
}

// stage is how far something has come.
type stage uint8

const (
	idle stage = iota

	begun // of a load
	read

	sent // of a statement
	seen // its snapshot is taken
	executed
	arrived
	halfway // of applying and publishing, one is done

	started // of a Reveal
	decrypted
	checked // of flags and clock, one
	passed
)

// kind is what a statement is for.
type kind uint8

const (
	joining kind = iota + 1
	renewal
	poll
)

// statement is the one that the node has on its way, and its answer.
type statement struct {
	stage     stage
	kind      kind
	age       uint8 // since before it was sent, on the node's clock
	draining  bool  // as of sending
	cancelled bool  // as of sending
	outcome   outcome
	head      mark
	history   uint8
	withdrawn bool // the feed holds the withdrawal
}

type outcome uint8

const (
	accepted   outcome = iota + 1
	rowGone            // or fenced
	ledgerLost         // it does not go on from the node's watermark, or from the witness
)

// reveal is the one Reveal under way.
type reveal struct {
	stage stage
	late  bool  // it started after Withdraw had returned
	left  uint8 // of the deadline it has read
}

// phase is how far Withdraw has come.
type phase uint8

const (
	outside   phase = iota // its process has not spoken to the database
	asked                  // nothing is committed
	numbered               // the position is taken, the event not committed
	committed              // the witness has not been told
	witnessed              // no nodes are listed
	waiting                // for the listed node
	fencing                // it has been found dead
	returned
)

// withdrawer is what the process in which Withdraw runs holds.
type withdrawer struct {
	phase    phase
	history  uint8 // of the database, as last seen
	settled  uint8 // ticks since it saw this history
	position uint8 // of the event
	listed   uint8 // id of the row, 0 if there was none
	number   uint8 // of renewals, as last seen
	silent   uint8 // ticks since it first saw that number
	early    bool  // nodes were listed before the event is committed
	answered bool  // the node acknowledged
}

// state is everything. It holds nothing but small numbers, so that states can be compared.
type state struct {
	db         database
	history    uint8    // how often the database has failed over
	behind     bool     // the standby receives nothing any more
	standby    database // what it has, if it is behind
	witness    mark
	drifted    uint8 // ticks that the node's clock has missed
	stepped    bool  // the database's wall clock has
	node       node
	statement  statement
	reveal     reveal
	withdrawer withdrawer
	broken     promise
}
