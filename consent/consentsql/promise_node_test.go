//go:build linux

package consentsql_test

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/consent/consentsql"
	"github.com/purposebound/purposebound/purpose"
)

const (
	promiseLetter purpose.ID = "letter"
	promiseCalls  purpose.ID = "calls"
)

func promisePolicy() (*purpose.Policy, error) {
	doc := purpose.Document{
		Version: "1", Effective: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), Officer: "privacy@example.com",
		Languages: []language.Tag{language.English, language.CanadianFrench},
	}
	for _, id := range []purpose.ID{promiseLetter, promiseCalls} {
		doc.Purposes = append(doc.Purposes, purpose.Spec{
			ID: id, Domain: "shop", Title: purpose.Text{EN: "Title", FR: "Titre"}, Basis: purpose.ExpressConsent,
			Attributes: []purpose.Attribute{"identity.email"}, Operations: []purpose.Operation{purpose.Use},
			Roles:     map[purpose.Role][]purpose.Attribute{"clerk": {"identity.email"}},
			Retention: purpose.Retention{Keep: purpose.Period{Years: 1}, From: purpose.FromCollection},
		})
	}
	return purpose.NewPolicy(doc)
}

// promiseNode is, in the environment of a child process, the nodeConfig by which it is a node of a cluster.
const promiseNode = "PURPOSEBOUND_TEST_NODE"

// nodeConfig says what a node does.
type nodeConfig struct {
	Driver, DSN string
	Log         string // file to which it writes what it did
	Base        int64  // reading of the shared clock at which the first subjects are taken
	Epoch       time.Duration
	Lease       time.Duration
	MaxUse      time.Duration
	Workers     int
	Subjects    int // at a time
	Budget      int // operations on one subject and purpose
	Pace        time.Duration

	Lies  bool          // it takes it that others have acknowledged, without asking
	Stale time.Duration // how long what the feed brings is held back
}

// monotonic reads the clock that all processes of the machine share, in nanoseconds.
func monotonic() int64 {
	const clockMonotonic = 1
	var at syscall.Timespec
	if _, _, errno := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&at)), 0); errno != 0 {
		panic(errno)
	}
	return at.Nano()
}

// line is what a node writes when an operation begins and when it has ended. What a killed process had not ended has no second line.
type line struct {
	Op      int             `json:"op,omitempty"` // number in the process
	Kind    string          `json:"kind,omitempty"`
	At      int64           `json:"at"`
	Subject consent.Subject `json:"s,omitempty"`
	Purpose purpose.ID      `json:"p,omitempty"`
	Use     int             `json:"use,omitempty"` // operation that began it
	Node    string          `json:"node,omitempty"`

	Done      bool   `json:"done,omitempty"`
	OK        bool   `json:"ok,omitempty"`
	Event     string `json:"event,omitempty"` // given to the ledger
	Seq       uint64 `json:"seq,omitempty"`
	Cancelled int    `json:"cancelled,omitempty"`
	Fenced    int    `json:"fenced,omitempty"`
	Reports   bool   `json:"reports,omitempty"`
	Err       string `json:"err,omitempty"`
}

// The kinds of lines beside those of operations.
const (
	lineBegin     = "begin"
	lineEnd       = "end"
	lineJoin      = "join"
	lineFence     = "fence"
	lineRegressed = "regressed" // a use was refused for it, and so must be all later ones
)

// journal is the file of lines. Each is written at once.
type journal struct {
	file *os.File
	last atomic.Int64
}

func (j *journal) write(l line) {
	if l.At == 0 {
		l.At = monotonic()
	}
	b, err := json.Marshal(l)
	if err == nil {
		_, err = j.file.Write(append(b, '\n'))
	}
	if err != nil {
		panic(err)
	}
}

func (j *journal) begin(l line) int {
	l.Op = int(j.last.Add(1))
	j.write(l)
	return l.Op
}

func (j *journal) end(op int, l line) {
	l.Op, l.Done = op, true
	j.write(l)
}

type opKey struct{}

// faulty is a node's way to its ledger, for the harness to bend.
type faulty struct {
	*consentsql.Ledger
	config  nodeConfig
	journal *journal

	shift   atomic.Int64 // of the database's clock
	cut     atomic.Bool
	regress atomic.Bool // the feed's head goes back
	replica atomic.Bool // reads come from an older snapshot

	mu   sync.Mutex
	snap map[consent.Subject]snapshot
}

type snapshot struct {
	head    uint64
	records []consent.Record
}

var (
	_ consent.Ledger    = (*faulty)(nil)
	_ consent.Clustered = (*faulty)(nil)
	_ consent.Cluster   = (*faulty)(nil)
)

func (f *faulty) Cluster() consent.Cluster { return f }

// reached makes a call hang while the database cannot be reached; it may have been carried out all the same.
func reached[T any](ctx context.Context, f *faulty, call func() (T, error)) (T, error) {
	var zero T
	if !f.cut.Load() {
		out, err := call()
		if !f.cut.Load() || err != nil {
			return out, err
		}
	} else if rand.IntN(5) == 0 {
		_, _ = call()
	}
	for ctx.Err() == nil && f.cut.Load() {
		time.Sleep(time.Millisecond)
	}
	return zero, errors.Join(errors.New("the connection is gone"), ctx.Err())
}

func (f *faulty) Append(ctx context.Context, s consent.Subject, after uint64, e consent.Event) (uint64, error) {
	if op, ok := ctx.Value(opKey{}).(int); ok {
		f.journal.write(line{Op: op, Event: e.ID})
	}
	return reached(ctx, f, func() (uint64, error) { return f.Ledger.Append(ctx, s, after, e) })
}

func (f *faulty) Load(ctx context.Context, subjects []consent.Subject, each func(consent.Subject, consent.Record) error) (uint64, error) {
	if !f.replica.Load() {
		return reached(ctx, f, func() (uint64, error) { return f.Ledger.Load(ctx, subjects, each) })
	}
	head := consent.Any
	for _, s := range subjects {
		snap, err := f.older(ctx, s)
		if err != nil {
			return 0, err
		}
		head = min(head, snap.head)
		for _, e := range snap.records {
			if err := each(s, e); err != nil {
				return 0, err
			}
		}
	}
	return head, nil
}

// older returns the first snapshot of a subject that tells enough to be tempting.
func (f *faulty) older(ctx context.Context, s consent.Subject) (snap snapshot, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if old, ok := f.snap[s]; ok {
		return old, nil
	}
	snap.head, err = f.Ledger.Load(ctx, []consent.Subject{s}, func(_ consent.Subject, r consent.Record) error {
		snap.records = append(snap.records, consent.Record{Envelope: bytes.Clone(r.Envelope), Payload: bytes.Clone(r.Payload), Chain: r.Chain})
		return nil
	})
	if err == nil && len(snap.records) > 2 {
		f.snap[s] = snap
	}
	return snap, err
}

func (f *faulty) Sync(ctx context.Context, r consent.Report) (consent.Feed, error) {
	began := monotonic()
	if f.config.Stale > 0 {
		ctx = context.WithoutCancel(ctx)
	}
	if r.Number == 1 && r.Renew {
		f.journal.write(line{Kind: lineJoin, Node: hex.EncodeToString(r.Node[:]), At: began})
	}
	feed, err := reached(ctx, f, func() (consent.Feed, error) { return f.Ledger.Cluster().Sync(ctx, r) })
	if err != nil {
		return feed, err
	}
	if !feed.Time.IsZero() {
		feed.Time = feed.Time.Add(time.Duration(f.shift.Load()))
	}
	if f.regress.Load() && r.Applied > 0 && r.Number > 1 {
		feed.Head, feed.Changes = r.Applied-1, nil
	}
	time.Sleep(f.config.Stale)
	return feed, nil
}

func (f *faulty) Peers(ctx context.Context) (consent.Peers, error) {
	peers, err := reached(ctx, f, func() (consent.Peers, error) { return f.Ledger.Cluster().Peers(ctx) })
	if f.config.Lies {
		for i := range peers.Nodes {
			peers.Nodes[i].Applied, peers.Nodes[i].Draining = peers.Head, nil
		}
	}
	return peers, err
}

func (f *faulty) Fence(ctx context.Context, node consent.NodeID, number uint64) (bool, error) {
	if f.config.Lies {
		return true, nil
	}
	name := hex.EncodeToString(node[:])
	op := f.journal.begin(line{Kind: lineFence, Node: name})
	shut, err := reached(ctx, f, func() (bool, error) { return f.Ledger.Cluster().Fence(ctx, node, number) })
	f.journal.end(op, line{OK: shut || err != nil})
	return shut, err
}

// order carries out what the harness says.
func (f *faulty) order(text string) {
	word, value, _ := strings.Cut(text, " ")
	on := value == "on"
	switch word {
	case "cut":
		f.cut.Store(on)
	case "regress":
		f.regress.Store(on)
	case "replica":
		f.mu.Lock()
		f.snap = make(map[consent.Subject]snapshot)
		f.mu.Unlock()
		f.replica.Store(on)
	case "shift":
		d, err := time.ParseDuration(value)
		if err != nil {
			panic(err)
		}
		f.shift.Store(int64(d))
	default:
		panic("no such order: " + text)
	}
}

// TestPromiseNode is a node of a cluster when it is run as one.
func TestPromiseNode(t *testing.T) {
	text := os.Getenv(promiseNode)
	if text == "" {
		return // there is nothing to test here by itself
	}
	var config nodeConfig
	require.NoError(t, json.Unmarshal([]byte(text), &config))
	require.NoError(t, serveNode(config))
}

func serveNode(config nodeConfig) error {
	file, err := os.OpenFile(config.Log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := mysql.SetLogger(log.New(io.Discard, "", 0)); err != nil { // it tells of every connection that is lost
		return err
	}
	policy, err := promisePolicy()
	if err != nil {
		return err
	}
	db, err := sql.Open(config.Driver, config.DSN)
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(6)
	db.SetMaxIdleConns(6)
	f := &faulty{config: config, journal: &journal{file: file}, snap: make(map[consent.Subject]snapshot)}

	stopping, stop := context.WithCancel(context.Background())
	defer stop()
	go func() { // also when the harness is gone
		defer stop()
		for orders := bufio.NewScanner(os.Stdin); orders.Scan(); {
			f.order(orders.Text())
		}
	}()
	var registry *consent.Registry
	for registry == nil { // the database may be away
		f.Ledger, err = consentsql.Open(stopping, db, consentsql.Together())
		if err == nil {
			registry, err = consent.NewRegistry(policy, f, consent.WithLease(config.Lease), consent.WithMaxUse(config.MaxUse), consent.WithCache(1))
			if err != nil {
				_ = f.Ledger.Close()
			}
		}
		if err != nil && stopping.Err() != nil {
			return nil
		}
	}
	defer f.Ledger.Close()
	fmt.Println("ready")

	n := &promiser{config: config, journal: f.journal, faulty: f, registry: registry, spent: make(map[share]int)}
	for _, id := range []purpose.ID{promiseLetter, promiseCalls} {
		gate, err := registry.Gate(nil, purpose.Use, id)
		if err != nil {
			return err
		}
		n.gates = append(n.gates, gate)
	}
	var workers sync.WaitGroup
	for i := range config.Workers {
		workers.Go(func() { n.work(stopping, i%3 == 0) })
	}
	workers.Wait()
	return registry.Close()
}

// promiser is what a node's workers share.
type promiser struct {
	config   nodeConfig
	journal  *journal
	faulty   *faulty
	registry *consent.Registry
	gates    []*consent.Gate

	mu    sync.Mutex
	spent map[share]int

	allowed, withdrawn atomic.Int64
	told               sync.Once
}

// worked tells the harness, once, that there is something to check.
func (n *promiser) worked() {
	if n.allowed.Load() >= 10 && n.withdrawn.Load() >= 2 {
		n.told.Do(func() { fmt.Println("worked") })
	}
}

// work does one thing after another. Who only reveals is held up by nothing when the database is away.
func (n *promiser) work(stopping context.Context, writes bool) {
	for stopping.Err() == nil {
		epoch := (monotonic() - n.config.Base) / int64(n.config.Epoch)
		if epoch > 0 && rand.IntN(3) == 0 {
			epoch-- // a withdrawal may take longer than an epoch
		}
		gate := n.gates[rand.IntN(len(n.gates))]
		all := make([]consent.Subject, n.config.Subjects)
		for i := range all {
			all[i] = consent.Subject(fmt.Sprintf("%d-%d", epoch, i))
		}
		s := all[rand.IntN(len(all))]
		roll := rand.IntN(1000)
		if !writes {
			roll = 1000
		}
		cost := 1
		if roll >= 240 {
			cost = 4
		}
		if !n.spend(share{s, gate.Purpose()}, cost) {
			time.Sleep(2 * time.Millisecond)
			continue
		}
		switch {
		case roll < 160:
			n.grant(s, gate.Purpose())
		case roll < 240:
			n.withdraw(s, gate.Purpose())
		default:
			if rand.IntN(20) == 0 {
				ctx, done := context.WithTimeout(context.Background(), time.Second)
				_ = n.registry.Preload(ctx, all) // promises nothing
				done()
			}
			cost -= n.reveal(s, gate)
			n.spend(share{s, gate.Purpose()}, -cost)
		}
		time.Sleep(rand.N(n.config.Pace))
	}
}

// spend reports whether the process may do so much more with a subject: what cannot be checked says nothing.
func (n *promiser) spend(key share, cost int) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.spent[key]+cost > n.config.Budget {
		return false
	}
	n.spent[key] += cost
	return true
}

// asking is the context of an operation.
func (n *promiser) asking(op int, wait time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithValue(context.Background(), opKey{}, op), wait)
}

// patience is how long a withdrawal may take at most.
func (n *promiser) patience() time.Duration {
	return n.config.MaxUse + 4*n.config.Lease + 4*time.Second
}

func word(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func (n *promiser) grant(s consent.Subject, id purpose.ID) {
	op := n.journal.begin(line{Kind: string(opGrant), Subject: s, Purpose: id})
	ctx, done := n.asking(op, 2*time.Second)
	defer done()
	_, err := n.registry.Grant(ctx, s, id, consent.Act{Method: consent.WebForm})
	if errors.Is(err, consent.ErrNoNotice) {
		if _, err = n.registry.Notify(context.WithoutCancel(ctx), s, language.English); err == nil {
			_, err = n.registry.Grant(ctx, s, id, consent.Act{Method: consent.WebForm})
		}
	}
	n.journal.end(op, line{OK: err == nil, Err: word(err)})
}

func (n *promiser) withdraw(s consent.Subject, id purpose.ID) {
	op := n.journal.begin(line{Kind: string(opWithdraw), Subject: s, Purpose: id})
	wait := n.patience()
	switch rand.IntN(10) {
	case 0:
		wait = rand.N(200 * time.Millisecond)
	case 1: // a refusal is no weaker
		ctx, done := n.asking(op, wait)
		defer done()
		_, err := n.registry.Refuse(ctx, s, id)
		n.journal.end(op, line{OK: err == nil, Err: word(err)})
		return
	}
	ctx, done := n.asking(op, wait)
	defer done()
	w, err := n.registry.Withdraw(ctx, s, id)
	reports := true
	if errors.Is(err, consent.ErrStillDraining) {
		reports = false // what came before may be told only once
		again, done := n.asking(op, n.patience())
		defer done()
		w, err = n.registry.Wait(again, w.Position)
	}
	n.journal.end(op, line{OK: err == nil, Err: word(err), Cancelled: w.Cancelled, Fenced: w.Fenced, Reports: reports})
	if err == nil {
		n.withdrawn.Add(1)
		n.worked()
	}
}

// reveal returns how many checks it made.
func (n *promiser) reveal(s consent.Subject, gate *consent.Gate) (checks int) {
	id := gate.Purpose()
	ctx, done := context.WithCancel(context.Background())
	defer done()
	late := time.AfterFunc(time.Second, done)
	if rand.IntN(5) == 0 { // has a refusal read again
		ctx = consent.AtLeast(ctx, s, math.MaxUint64)
	}
	op := n.journal.begin(line{Kind: lineBegin, Subject: s, Purpose: id})
	p, err := gate.Begin(ctx, purpose.Actor{Role: "clerk", ID: strconv.Itoa(rand.IntN(2))}, s)
	late.Stop()
	if err != nil {
		if n.faulty.regress.Load() && errors.Is(err, consent.ErrLedgerRegressed) {
			n.journal.write(line{Kind: lineRegressed})
		}
		n.journal.end(op, line{Err: word(err)})
		return 1
	}
	n.journal.end(op, line{OK: true, Seq: p.Facts().Ledger})
	for checks = range 1 + rand.IntN(3) {
		check := n.journal.begin(line{Kind: string(opCheck), Subject: s, Purpose: id, Use: op})
		_, reason := p.Check()
		n.journal.end(check, line{OK: reason == purpose.Permitted})
		if reason == purpose.Permitted {
			n.allowed.Add(1)
			n.worked()
		}
		switch pause := rand.IntN(200); {
		case pause == 0 && rand.IntN(4) == 0:
			time.Sleep(n.config.MaxUse + rand.N(n.config.MaxUse/2)) // longer than it may
		case pause < 20:
			time.Sleep(rand.N(60 * time.Millisecond))
		}
	}
	end := n.journal.begin(line{Kind: lineEnd, Use: op})
	p.End()
	n.journal.end(end, line{})
	return checks + 1
}
