//go:build linux

package consentsql_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/consent/consentsql"
	"github.com/purposebound/purposebound/internal/postgrestest"
	"github.com/purposebound/purposebound/purpose"
)

// patience is when a test gives up on what must come.
const patience = time.Minute

// placeOn is an empty schema of the server, for nodes to share.
func placeOn(tb testing.TB, s *postgrestest.Server) place {
	tb.Helper()
	dsn := s.Schema()
	return place{
		driver: "pgx", dsn: dsn, network: "tcp", target: s.Address(),
		via: func(address string) string {
			u, err := url.Parse(dsn)
			require.NoError(tb, err)
			u.Host = address
			return u.String()
		},
	}
}

// unanswered is an event whose Append returned an error.
type unanswered struct {
	subject consent.Subject
	event   consent.Event
	unknown bool // whether it is stored
}

type stored map[consent.Subject][]consent.Event

// misstored checks that each subject's events are numbered without gaps, that none is there twice, that every one acknowledged is there under
// its number, and that there is nothing of which an error said that it is not.
func misstored(have stored, acks []acknowledged, errs []unanswered) []string {
	var bad []string
	type name struct {
		subject consent.Subject
		id      string
	}
	known := make(map[name]bool) // whether it may be there
	for _, a := range acks {
		known[name{a.subject, a.id}] = true
	}
	for _, u := range errs {
		known[name{u.subject, u.event.ID}] = u.unknown
	}
	for s, events := range have {
		seen := make(map[string]bool)
		for i, e := range events {
			may, any := known[name{s, e.ID}]
			switch {
			case e.Seq != uint64(i)+1:
				bad = append(bad, fmt.Sprintf("%s: event %d has number %d", s, i+1, e.Seq))
			case seen[e.ID]:
				bad = append(bad, fmt.Sprintf("%s: event %d is there twice", s, e.Seq))
			case !any:
				bad = append(bad, fmt.Sprintf("%s: event %d is of unknown origin", s, e.Seq))
			case !may:
				bad = append(bad, fmt.Sprintf("%s: event %d is there, and an error said that it is not", s, e.Seq))
			}
			seen[e.ID] = true
		}
	}
	for _, a := range acks {
		if events := have[a.subject]; a.seq < 1 || a.seq > uint64(len(events)) || events[a.seq-1].ID != a.id {
			bad = append(bad, fmt.Sprintf("%s: event %d was acknowledged and is lost", a.subject, a.seq))
		}
	}
	return bad
}

// misfed checks that the feed from its beginning has the tightening events, each once, and nothing else.
func misfed(have stored, feed consent.Feed) []string {
	var bad []string
	if uint64(len(feed.Changes)) != feed.Head {
		bad = append(bad, fmt.Sprintf("%d changes up to position %d", len(feed.Changes), feed.Head))
	}
	fed := make(map[consent.Change]bool) // without position
	last := make(map[consent.Subject]uint64)
	for i, c := range feed.Changes {
		if c.Position != uint64(i)+1 {
			bad = append(bad, fmt.Sprintf("change %d has position %d", i+1, c.Position))
		}
		if c.Seq <= last[c.Subject] {
			bad = append(bad, fmt.Sprintf("%s: event %d comes after %d", c.Subject, c.Seq, last[c.Subject]))
		}
		last[c.Subject] = c.Seq
		c.Position = 0
		fed[c] = true
	}
	for s, events := range have {
		for _, e := range events {
			c := consent.Change{Subject: s, Seq: e.Seq, Reach: e.Reach()}
			if e.Kind.Tightens() && !fed[c] {
				bad = append(bad, fmt.Sprintf("%s: event %d is not in the feed", s, e.Seq))
			}
			if e.Kind.Tightens() {
				delete(fed, c)
			}
		}
	}
	for c := range fed {
		bad = append(bad, fmt.Sprintf("%s: event %d is in the feed and does not tighten, or is not there", c.Subject, c.Seq))
	}
	return bad
}

func TestServerCheckers(t *testing.T) {
	t.Parallel()
	closing := func(id string) consent.Event {
		e := event(id)
		e.Kind = consent.CaseClosed
		return e
	}
	type facts struct {
		have stored
		acks []acknowledged
		errs []unanswered
		feed consent.Feed
	}
	for _, c := range []struct {
		name         string
		plant        func(f *facts)
		ledger, feed int // how much is found about what is stored, and about the feed
	}{
		{"nothing", func(*facts) {}, 0, 0},
		{"an acknowledged event is dropped", func(f *facts) { f.have["s"] = f.have["s"][:3] }, 1, 0},
		{"an acknowledged event is dropped and the later ones move up", func(f *facts) {
			f.have["s"] = slices.Delete(f.have["s"], 1, 2)
			f.have["s"][1].Seq, f.have["s"][2].Seq = 2, 3
		}, 3, 3}, // events 2 to 4; "b" is missing as 2, and "c" is 2 instead of 3
		{"a subject is dropped", func(f *facts) { delete(f.have, "s") }, 4, 2},
		{"a gap", func(f *facts) { f.have["s"][3].Seq = 5 }, 1, 0},
		{"stored twice", func(f *facts) {
			e := f.have["s"][0]
			e.Seq = 5
			f.have["s"] = append(f.have["s"], e)
		}, 1, 0},
		{"acknowledged under another number", func(f *facts) { f.acks[0].seq = 2 }, 1, 0},
		{"acknowledged under no number", func(f *facts) { f.acks[0].seq = 0 }, 1, 0},
		{"of unknown origin", func(f *facts) { f.acks = f.acks[1:] }, 1, 0},
		{"failed and stored", func(f *facts) { f.acks, f.errs = f.acks[1:], []unanswered{{"s", event("a"), false}} }, 1, 0},
		{"failed and not stored", func(f *facts) { f.errs = []unanswered{{"s", event("e"), false}} }, 0, 0},
		{"unknown and stored", func(f *facts) { f.acks, f.errs = f.acks[1:], []unanswered{{"s", event("a"), true}} }, 0, 0},
		{"unknown and not stored", func(f *facts) { f.errs = []unanswered{{"s", event("e"), true}} }, 0, 0},

		{"the feed's last is dropped", func(f *facts) { f.feed.Changes, f.feed.Head = f.feed.Changes[:1], 1 }, 0, 1},
		{"the feed ends before its head", func(f *facts) { f.feed.Changes = f.feed.Changes[:1] }, 0, 2},
		{"the feed has what loosens", func(f *facts) {
			f.feed.Head = 3
			f.feed.Changes = append(f.feed.Changes, consent.Change{Position: 3, Subject: "s", Seq: 4})
		}, 0, 1},
		{"the feed has an event twice", func(f *facts) {
			f.feed.Head = 3
			f.feed.Changes = append(f.feed.Changes, f.feed.Changes[1])
			f.feed.Changes[2].Position = 3
		}, 0, 1},
		{"the feed has another order", func(f *facts) {
			f.feed.Changes[0].Seq, f.feed.Changes[1].Seq = 3, 2
			f.feed.Changes[0].Reach, f.feed.Changes[1].Reach = f.feed.Changes[1].Reach, f.feed.Changes[0].Reach
		}, 0, 1},
		{"the feed has a gap", func(f *facts) { f.feed.Changes[1].Position = 3 }, 0, 1},
		{"the feed reaches something else", func(f *facts) { f.feed.Changes[1].Reach++ }, 0, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			events := []consent.Event{event("a"), closing("b"), closing("c"), event("d")}
			f := facts{have: stored{"s": events}, feed: consent.Feed{Head: 2}}
			for i := range events {
				events[i].Seq = uint64(i) + 1
				f.acks = append(f.acks, acknowledged{"s", events[i].Seq, events[i].ID})
				if events[i].Kind.Tightens() {
					f.feed.Changes = append(f.feed.Changes, consent.Change{Position: uint64(i), Subject: "s", Seq: events[i].Seq, Reach: events[i].Reach()})
				}
			}
			c.plant(&f)
			assert.Len(t, misstored(f.have, f.acks, f.errs), c.ledger)
			assert.Len(t, misfed(f.have, f.feed), c.feed)
		})
	}
}

// killing is a server that is killed again and again while events are appended.
type killing struct {
	t       *testing.T
	server  *postgrestest.Server
	dsn     string
	ledgers []*consentsql.Ledger
	events  atomic.Int64

	mu   sync.Mutex
	acks []acknowledged
	errs []unanswered
}

var killSubjects = []consent.Subject{"s0", "s1", "s2", "s3", "s4"}

// next makes an event; one in two tightens.
func (k *killing) next() (consent.Subject, consent.Event) {
	n := k.events.Add(1)
	e := event(strconv.FormatInt(n, 10))
	e.Time = e.Time.Add(time.Duration(n) * time.Microsecond)
	if n%2 == 0 {
		e.Kind = consent.CaseClosed
	}
	return killSubjects[rand.IntN(len(killSubjects))], e
}

// round appends until the server is dead. It is killed at a random moment after the first event was stored.
func (k *killing) round() {
	t := k.t
	t.Helper()
	var writers sync.WaitGroup
	var dead atomic.Bool
	began := make(chan struct{})
	var once sync.Once
	for _, l := range k.ledgers {
		for range 4 {
			writers.Go(func() {
				for !dead.Load() {
					s, e := k.next()
					seq, err := l.Append(context.Background(), s, consent.Any, e)
					k.mu.Lock()
					if err == nil {
						k.acks = append(k.acks, acknowledged{s, seq, e.ID})
						once.Do(func() { close(began) })
					} else {
						k.errs = append(k.errs, unanswered{s, e, errors.Is(err, consentsql.ErrOutcomeUnknown)})
					}
					k.mu.Unlock()
					if err != nil {
						time.Sleep(5 * time.Millisecond)
					}
				}
			})
		}
	}
	select {
	case <-began:
	case <-time.After(patience):
		t.Error("nothing can be stored")
	}
	fresh := dialLoosely(t, k.server.Schema())
	writers.Go(func() { // the tables are being made
		if l, err := consentsql.Open(context.Background(), fresh); err == nil {
			_ = l.Close()
		}
	})
	time.Sleep(rand.N(60 * time.Millisecond))
	k.server.Kill()
	dead.Store(true)
	writers.Wait()
	k.server.Start()
	l := open(t, fresh)
	_, err := l.Append(t.Context(), "s0", consent.Any, event("first"))
	require.NoError(t, err)
	assert.Equal(t, []string{"first"}, ids(t, l, "s0"))
	require.NoError(t, l.Close())
	_ = fresh.Close()
}

// dialLoosely opens a pool whose connections may be dead when it is closed.
func dialLoosely(tb testing.TB, dsn string) *sql.DB {
	tb.Helper()
	db, err := sql.Open("pgx", dsn)
	require.NoError(tb, err)
	db.SetMaxOpenConns(6)
	tb.Cleanup(func() { _ = db.Close() })
	return db
}

// check compares what is stored with what was acknowledged.
func (k *killing) check(l *consentsql.Ledger) stored {
	t := k.t
	t.Helper()
	have := make(stored)
	for _, s := range killSubjects {
		for e, err := range l.Events(t.Context(), s, 0) { // verifies the chain
			require.NoError(t, err)
			have[s] = append(have[s], e)
		}
	}
	feed, err := l.Cluster().Sync(t.Context(), consent.Report{})
	require.NoError(t, err)
	none(t, "what is stored", misstored(have, k.acks, k.errs))
	none(t, "the feed", misfed(have, feed))
	return have
}

// repeat appends once more what failed, twice, and returns how much of it had been stored.
func (k *killing) repeat(l *consentsql.Ledger, have stored) (was int) {
	t := k.t
	t.Helper()
	for _, u := range k.errs {
		seq, err := l.Append(t.Context(), u.subject, consent.Any, u.event)
		require.NoError(t, err)
		if seq <= uint64(len(have[u.subject])) {
			was++ // and check finds out whether it is the same event
		}
		again, err := l.Append(t.Context(), u.subject, consent.Any, u.event)
		require.NoError(t, err)
		assert.Equal(t, seq, again)
		k.acks = append(k.acks, acknowledged{u.subject, seq, u.event.ID})
	}
	k.errs = nil
	return was
}

// A server that is killed with SIGKILL at any moment, with all its processes, takes nothing with it that it had acknowledged. Its machine stays
// up, so this says nothing about what a power cut does; fsync is for that.
func TestKillServer(t *testing.T) {
	if !*long {
		t.Parallel()
	}
	kills := 3
	if *long {
		kills = 25
	}
	s := postgrestest.Open(t)
	k := &killing{t: t, server: s, dsn: s.Schema()}
	for range 2 {
		k.ledgers = append(k.ledgers, open(t, dialLoosely(t, k.dsn)))
	}
	failed, unknown, found := 0, 0, 0
	for range kills {
		k.round()
		failed += len(k.errs)
		for _, u := range k.errs {
			if u.unknown {
				unknown++
			}
		}
		db := dialLoosely(t, k.dsn)
		l := open(t, db)
		found += k.repeat(l, k.check(l))
		k.check(l)
		require.NoError(t, l.Close())
		_ = db.Close()
		if t.Failed() {
			return
		}
	}
	t.Logf("%d kills; %d events, %d of them after an Append that failed; of %d the outcome was unknown, and %d were stored", kills, len(k.acks), failed, unknown, found)
}

// serverFaults are those of the server itself. gone and back are set by the failover: when the server was, and when what it had lost still was not.
func serverFaults(s *postgrestest.Server, gone, back *int64) []fault {
	calm := 0.2
	if *long {
		calm = 1.5
	}
	return []fault{
		{name: "the server is restarted", short: true, during: func(o *office) {
			for o.open() {
				if rand.IntN(2) == 0 {
					s.End(syscall.SIGQUIT)
				} else {
					s.Kill()
				}
				if *long && rand.IntN(2) == 0 {
					o.rest(1.5 * rand.Float64())
				}
				s.Start()
				o.rest(0.5 + calm*rand.Float64())
			}
		}},
		{name: "the server stands still", during: func(o *office) {
			pauses := []float64{0.3, 0.6, 1.1, 1.5, 3}
			for o.open() {
				all := s.Hold()
				o.rest(pauses[rand.IntN(len(pauses))])
				s.Release(all)
				o.rest(0.5 + calm*rand.Float64())
			}
		}},
		{name: "a failover loses the last transactions", during: func(o *office) { *gone, *back = failOver(s, o) }},
	}
}

// TestLongServerFaults checks what a withdrawal promises while the server fails. Without -long it is short.
func TestLongServerFaults(t *testing.T) {
	if !*long {
		t.Parallel()
	}
	s := postgrestest.Open(t)
	var gone, back int64
	for _, f := range serverFaults(s, &gone, &back) {
		if !*long && !f.short {
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			config := promiseConfig()
			config.Epoch, config.Lease, config.MaxUse = time.Second, time.Second, time.Second
			o := openOffice(t, placeOn(t, s), min(4, promiseNodes()), config)
			select {
			case <-o.worked: // a server that fails at once leaves nothing to check
			case <-time.After(patience):
				t.Error("there is nothing to check")
			}
			o.until = time.Now().Add(promiseTime())
			f.during(o)
			history, fences, _ := o.close()
			reportPromise(t, history, fences)
			none(t, "stale allows", staleAllows(history))
			late, excused := unended(history, fences)
			none(t, "withdrawals that returned too early", late)
			none(t, "lost events", lost(history))
			t.Logf("%d uses ran where another had shut the node out", excused)
			checkGone(t, history, gone+int64(config.Lease), back)
		})
	}
}

// checkGone checks that while something was lost no node allowed anything, but under a lease that it had before.
func checkGone(t *testing.T, history []operation, from, to int64) {
	t.Helper()
	denied, after := 0, 0
	for _, op := range history {
		switch {
		case to == 0 || op.Kind != opCheck || op.Call <= from:
		case op.Call < to && op.Allowed:
			t.Errorf("allowed while the ledger had lost something: %s", op)
		case op.Call < to:
			denied++
		case op.Allowed:
			after++
		}
	}
	if to > 0 {
		t.Logf("%d denied while something was lost, and %d allowed after it was put back", denied, after)
		assert.NotZero(t, denied)
	}
}

// failOver has an old copy of the database take its place, until an operator puts back what was lost and starts the nodes anew. So in the end all
// that was answered before is there, and what was not answered and stored in the copy alone never happened.
func failOver(s *postgrestest.Server, o *office) (gone, back int64) {
	t := o.t
	t.Helper()
	older, newer := filepath.Join(s.Dir(), "older"), filepath.Join(s.Dir(), "newer")
	var seen []witness // of what will be lost
	for range 2 {
		seen = append(seen, openWitness(t, o))
	}
	seen[0].grant()
	s.End(syscall.SIGINT)
	s.Run("cp", "-a", s.Data(), older)
	s.Start()
	o.rest(0.5)
	seen[1].withdraw()
	db := dialLoosely(t, o.place.dsn)
	var head int64
	require.NoError(t, db.QueryRow("SELECT position FROM purposebound_head").Scan(&head))
	require.Eventually(t, func() bool {
		var n int
		err := db.QueryRow("SELECT count(*) FROM purposebound_nodes WHERE fenced = 0 AND applied >= $1", head).Scan(&n)
		return err == nil && n == len(o.desks)+len(seen)
	}, patience, 10*time.Millisecond, "not every node has seen what will be lost")
	_ = db.Close()

	s.End(syscall.SIGQUIT)
	gone = monotonic()
	require.NoError(t, os.Rename(s.Data(), newer))
	require.NoError(t, os.Rename(older, s.Data()))
	s.Start()
	unknowing := openWitness(t, o) // it cannot know, and shows that the copy permits what was withdrawn
	assert.NoError(t, unknowing.use())
	for _, w := range seen {
		err := w.use()
		for until := time.Now().Add(patience); err != nil && !errors.Is(err, consent.ErrLedgerRegressed) && time.Now().Before(until); err = w.use() {
			time.Sleep(time.Millisecond)
		}
		require.ErrorIs(t, err, consent.ErrLedgerRegressed, "a registry that has seen what is lost")
	}
	for until := monotonic() + 3*int64(o.config.Lease); monotonic() < until; time.Sleep(time.Millisecond) {
		for _, w := range seen {
			require.ErrorIs(t, w.use(), consent.ErrLedgerRegressed)
		}
	}
	back = monotonic()
	for _, d := range o.desks {
		o.kill(d)
	}
	for _, w := range append(seen, unknowing) {
		w.close()
	}

	s.End(syscall.SIGINT)
	require.NoError(t, os.Rename(s.Data(), older))
	require.NoError(t, os.Rename(newer, s.Data()))
	s.Start()
	for _, d := range o.desks {
		o.start(d)
	}
	for _, d := range o.desks {
		select {
		case <-d.run.ready:
		case <-d.run.out:
			t.Fatalf("node %s did not start", d.name)
		}
	}
	w := openWitness(t, o)
	assert.ErrorIs(t, w.use(), purpose.ErrDenied)
	w.close()
	o.rest(1.5)
	return gone, back
}

// witness is a registry of this process that is a node among the others.
type witness struct {
	*consent.Registry
	t      *testing.T
	gate   *consent.Gate
	ledger *consentsql.Ledger
}

func openWitness(t *testing.T, o *office) witness {
	t.Helper()
	policy, err := promisePolicy()
	require.NoError(t, err)
	w := witness{t: t, ledger: open(t, dialLoosely(t, o.place.dsn))}
	w.Registry, err = consent.NewRegistry(policy, w.ledger, consent.WithLease(o.config.Lease), consent.WithMaxUse(o.config.MaxUse))
	require.NoError(t, err)
	w.gate, err = w.Gate(nil, purpose.Use, promiseLetter)
	require.NoError(t, err)
	return w
}

func (w witness) grant() {
	w.t.Helper()
	_, err := w.Notify(w.t.Context(), directed, language.English)
	require.NoError(w.t, err)
	_, err = w.Grant(w.t.Context(), directed, promiseLetter, consent.Act{Method: consent.WebForm})
	require.NoError(w.t, err)
	require.NoError(w.t, w.use())
}

func (w witness) withdraw() {
	w.t.Helper()
	_, err := w.Withdraw(w.t.Context(), directed, promiseLetter)
	require.NoError(w.t, err)
}

// use returns nil if a use begins and opens something.
func (w witness) use() error {
	p, err := w.gate.Begin(w.t.Context(), purpose.Actor{Role: "clerk", ID: "1"}, directed)
	if err != nil {
		return err
	}
	defer p.End()
	if _, reason := p.Check(); reason != purpose.Permitted {
		return reason
	}
	return nil
}

func (w witness) close() {
	w.t.Helper()
	assert.NoError(w.t, w.Registry.Close())
	assert.NoError(w.t, w.ledger.Close())
}

// directed is whom the witnesses ask about.
const directed consent.Subject = "someone"
