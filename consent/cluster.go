package consent

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"time"
)

// Cluster is what a ledger adds so that several registries, in one process or on many machines, use it together and a
// withdrawal made at one ends uses at all. It is optional; a ledger that has it is a [Clustered].
// Implementations are safe for concurrent use; package consenttest checks every "must" below.
//
// A registry is a node. It renews a lease by numbered renewals, and follows a feed of tightening events. Each of those has a position, assigned in
// the order in which they are committed: when position n can be seen, so can everything below n.
type Cluster interface {
	// Sync reports where a node stands and returns what it has missed. The changes must be all those behind Report.Applied, in order
	// and without a gap, up to Feed.Head, which was committed before Sync returned.
	//
	// It must return [ErrLedgerRegressed] if Report.Applied is beyond Feed.Head, or if what stands there has another mark than
	// Report.Mark: the database has lost what the node has seen, and may have given its position to something else.
	//
	// With Report.Renew it must store the report as renewal Report.Number, so that it survives a crash, but only if the node is
	// there with a lower number and was not fenced: else it must change nothing and return [ErrFenced].
	// Number 1 joins: a node that is not there is added, with Feed.Head as what it has applied, and no changes are returned. One that was there before
	// under another id reports what it had applied then.
	// A node whose Applied has stayed behind a change for longer than Report.Patience must be refused renewal with [ErrFenced].
	// Without Renew, a report that is Changed must be stored if renewal Number stands there; it need not survive a crash.
	Sync(ctx context.Context, r Report) (Feed, error)

	// Peers returns every node that has joined and not left, fenced ones for some time, as one snapshot taken after the call.
	Peers(ctx context.Context) (Peers, error)

	// Fence shuts the node out if renewal number is its last, and reports whether it is shut out. From then on its renewals must fail.
	Fence(ctx context.Context, node NodeID, number uint64) (bool, error)
}

// Clustered is a ledger that may have a [Cluster]; nil means that one registry holds it alone. The head of the feed must be read in the same snapshot
// as the events are: that is what Load is for.
type Clustered interface {
	Cluster() Cluster

	// Load calls each for the records of all the subjects: a subject's in order and one after another. It need not check them, as who loads them does;
	// their bytes may change when each returns. head is the position of the feed in the snapshot they were read from. It must return an error
	// if not all could be read, and the error of each.
	Load(ctx context.Context, subjects []Subject, each func(Subject, Record) error) (head uint64, err error)
}

// NodeID names a registry in a cluster: 128 random bits for every one that starts.
type NodeID [16]byte

// Report is where a node stands. The zero Report asks for the whole feed and stores nothing.
type Report struct {
	Node     NodeID
	Number   uint64 // of this renewal, or else of the last
	Renew    bool
	Leave    bool          // forget the node: it uses nothing any more
	Changed  bool          // Applied or Draining is not what was stored last
	Applied  uint64        // position up to which every change has taken effect
	Mark     uint64        // what it had for one; see Feed.Mark
	Draining []Draining    // positions up to Applied whose uses still run, or ended not long ago
	Patience time.Duration // how long a change may wait to be applied
	Settled  string        // the Feed.System whose forerunners' leases have all run out; "": not known
}

// Draining is what a change does to the uses of one node. The last three count uses.
type Draining struct {
	Position  uint64
	Subject   uint64 // its [Subject.Hash]
	Reach     uint64 // [Event.Reach]
	Running   uint32
	Ended     uint32 // by themselves
	Cancelled uint32
}

// Feed is what a node has missed.
type Feed struct {
	Head    uint64
	Mark    uint64 // random, drawn when Head was given; 0 with position 0
	Changes []Change
	Time    time.Time // by the database's clock; of a renewal
	Latest  time.Time // of a tightening event, as stored with the head
	System  string    // of a renewal: names the server and its start; another one means a restart or a failover
	Settled string    // what a node last reported as such
}

// Change is a tightening event as the feed has it.
type Change struct {
	Position uint64
	Subject  Subject
	Seq      uint64
	Reach    uint64 // [Event.Reach]
}

// Peers are the nodes of a cluster.
type Peers struct {
	Head   uint64
	System string // as in Feed
	Nodes  []Peer
}

// Peer is a node as others see it.
type Peer struct {
	Node     NodeID
	Number   uint64
	Applied  uint64
	Fenced   bool
	Draining []Draining
}

// The errors of a [Cluster] and of a registry in one.
var (
	// ErrFenced reports a node that others no longer wait for.
	ErrFenced = errors.New("consent: this registry was shut out of the cluster")
	// ErrNoLease reports a registry that has not heard from the database for longer than its lease. Nothing opens until it has.
	ErrNoLease = errors.New("consent: the lease on the ledger has run out")
	// ErrLedgerRegressed reports a ledger that has lost what was committed: nothing opens until an operator has put it back and started the registries anew.
	ErrLedgerRegressed = errors.New("consent: the ledger has lost events that were committed")
)

const feedLabel = "purposebound feed v1\x00"

// What reaches more than one purpose has a reach of its own: no hash is likely to be so small.
const (
	reachHold    = 1 // every use that a hold may restrict
	reachErasing = 2 // every use, and every taking in, of who is erased
)

// Hash is for implementations of [Cluster]: the first eight bytes of SHA-256 over a label and the subject, big-endian: what stands for it where collisions do no harm.
func (s Subject) Hash() uint64 { return hash64("subject", string(s)) }

// Reach is for implementations of [Cluster]. It stands for what a tightening event reaches: 0 for one that ends no use in progress. Two events of one reach end the
// same uses of a subject.
func (e Event) Reach() uint64 {
	switch e.Kind {
	case Withdrawn, Refused:
		return hash64("purpose", string(e.Purpose))
	case CaseClosed:
		return hash64("case", e.Case)
	case HoldPlaced:
		return reachHold
	case Erasing:
		return reachErasing
	case Expiring:
		return hash64("compartment", string(e.Compartment))
	}
	return 0
}

func hash64(kind, text string) uint64 {
	b := make([]byte, 0, 128)
	b = append(b, feedLabel...)
	b = append(b, kind...)
	b = append(b, 0)
	b = append(b, text...)
	sum := sha256.Sum256(b)
	return max(1, binary.BigEndian.Uint64(sum[:8]))
}
