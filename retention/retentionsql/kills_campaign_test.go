package retentionsql_test

import (
	"bufio"
	"context"
	crand "crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/consent/consentsql"
	"github.com/purposebound/purposebound/internal/databasetest"
	"github.com/purposebound/purposebound/retention"
	"github.com/purposebound/purposebound/retention/retentionsql"
)

var killSeed = flag.Uint64("killseed", 0, "seed of who is killed when in TestKill…; 0: a random one")

// workers is how many sweep at a time.
const workers = 3

// backlog is how many items there are to end, about, at any time.
const backlog = 40

// span draws a duration below d.
func span(rng *rand.Rand, d time.Duration) time.Duration { return time.Duration(rng.Int64N(int64(d))) }

// campaign is a plant, the people in it and the workers that sweep it.
type campaign struct {
	plant
	*opened
	t     *testing.T
	rng   *rand.Rand // of the goroutine that kills
	feeds *rand.Rand // of the one that puts people
	asker *retention.Sweeper

	mu     sync.Mutex
	crew   [workers]*process
	people []*person
	kept   int      // items of theirs that stay on the agenda
	lines  []string // of all workers that have ended
	hits   map[string]int
	faults map[string]int

	hurries  bool // what failed, and is tried again later and later, is tried again at once when all must end; which also finds what the agenda has lost
	feeding  atomic.Bool
	contests sync.WaitGroup
}

func newCampaign(t *testing.T, driver, dsn string) *campaign {
	t.Helper()
	seed := *killSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d", seed)
	c := &campaign{
		plant: plant{Driver: driver, DSN: dsn, KEK: make([]byte, 32)}, t: t, hits: make(map[string]int), faults: make(map[string]int),
		rng: rand.New(rand.NewPCG(seed, 1)), feeds: rand.New(rand.NewPCG(seed, 2)),
	}
	_, _ = crand.Read(c.KEK)
	blob := map[string]string{"pgx": "BYTEA", "mysql": "BLOB"}[driver]
	for _, table := range []string{contacts, papers} {
		databasetest.Exec(t, driver, dsn, "CREATE TABLE "+table+" (id VARCHAR(64) PRIMARY KEY, subject VARCHAR(64) NOT NULL, compartment VARCHAR(100) NOT NULL, case_id VARCHAR(64) NOT NULL, "+
			"attribute VARCHAR(64) NOT NULL, collected BIGINT NOT NULL, key_check "+blob+" NOT NULL, cipher "+blob+" NOT NULL)")
		databasetest.Exec(t, driver, dsn, "CREATE INDEX "+table+"_of ON "+table+" (subject)")
	}
	databasetest.Exec(t, driver, dsn, "CREATE TABLE deletions (row_id VARCHAR(64) NOT NULL, fence VARCHAR(128) NOT NULL, held INT NOT NULL, listed INT NOT NULL, at BIGINT NOT NULL, process INT NOT NULL)")
	databasetest.Exec(t, driver, dsn, "CREATE TABLE certificates (erasure VARCHAR(128) NOT NULL, body TEXT NOT NULL, at BIGINT NOT NULL)")
	var err error
	c.opened, err = c.open(t.Context(), func(l *consentsql.Ledger) consent.Ledger { return l })
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, c.close()) })
	config := worker{c.plant, c.opened}.config()
	config.Store, config.Keys = onlyIntends{c.agenda}, c.ring
	c.asker, err = retention.NewSweeper(config)
	require.NoError(t, err)
	return c
}

// errIntended ends an Erase that has put its request on the agenda.
var errIntended = errors.New("the request is on the agenda")

// onlyIntends ends the context of who has put something.
type onlyIntends struct{ *retentionsql.Store }

func (o onlyIntends) Put(ctx context.Context, items ...retention.Item) error {
	if err := o.Store.Put(ctx, items...); err != nil {
		return err
	}
	return errIntended
}

// try does something until it can be done: the database may be away. What the words of the answer mean is told at once.
func (c *campaign) try(what string, do func(ctx context.Context) error, answers ...error) error {
	var err error
	for limit := time.Now().Add(time.Minute); time.Now().Before(limit); time.Sleep(20 * time.Millisecond) {
		ctx, done := context.WithTimeout(context.Background(), 10*time.Second)
		err = do(ctx)
		done()
		if err == nil || slices.ContainsFunc(answers, func(answer error) bool { return errors.Is(err, answer) }) {
			return err
		}
	}
	c.t.Errorf("%s cannot be done: %v", what, err)
	return err
}

// process is a worker.
type process struct {
	cmd    *exec.Cmd
	orders io.WriteCloser
	swept  atomic.Bool   // it has opened everything
	fuse   atomic.Int64  // how many calls it may still begin
	ended  chan struct{} // closed when it is dead and all it said was read
	last   string        // what it did last, then
	lines  []string
	state  *os.ProcessState
}

// start starts a worker in a place of the crew.
func (c *campaign) start(place int) {
	p := c.plant
	p.Number = place + 1
	text, err := json.Marshal(p)
	require.NoError(c.t, err)
	w := &process{cmd: exec.Command(os.Args[0]), ended: make(chan struct{}), last: "starting"}
	w.cmd.Env = append(os.Environ(), sweeping+"="+string(text))
	w.cmd.Stderr = os.Stderr
	w.orders, err = w.cmd.StdinPipe()
	require.NoError(c.t, err)
	out, err := w.cmd.StdoutPipe()
	require.NoError(c.t, err)
	require.NoError(c.t, w.cmd.Start())
	c.t.Cleanup(func() { // also when the test has failed
		_ = w.cmd.Process.Kill()
		<-w.ended
	})
	go func() {
		defer close(w.ended)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			line := lines.Text()
			w.lines = append(w.lines, line)
			_, rest, _ := strings.Cut(line, " ")
			word, what, _ := strings.Cut(rest, " ")
			switch word {
			case wordBegin:
				w.swept.Store(true)
				w.last = "in " + what
				if what != "idle" && w.fuse.Add(-1) == 0 {
					_ = w.cmd.Process.Kill()
				}
			case wordEnd:
				w.last = "after " + what
			}
		}
		_ = w.cmd.Wait()
		w.state = w.cmd.ProcessState
	}()
	c.mu.Lock()
	c.crew[place] = w
	c.mu.Unlock()
}

// kill kills a worker at a random moment, by the clock or when it begins a call, and starts another.
func (c *campaign) kill(interval time.Duration) {
	place := c.rng.IntN(workers)
	w := c.crew[place]
	wait := span(c.rng, 2*interval)
	byCall := c.rng.IntN(4) > 0 && w.swept.Load()
	if byCall {
		w.fuse.Store(1 + c.rng.Int64N(30))
		wait = 2 * interval
	}
	select {
	case <-w.ended:
		if !byCall {
			c.t.Error("a worker ended by itself: " + w.state.String())
		}
	case <-time.After(wait):
		_ = w.cmd.Process.Kill()
		<-w.ended
	}
	if got := w.state.String(); got != "signal: killed" {
		c.t.Errorf("a worker ended by itself: %s", got)
	}
	c.buried(w)
	c.mu.Lock()
	c.hits[w.last]++
	c.mu.Unlock()
	c.start(place)
}

// ports finds the ports of connections.
var ports = regexp.MustCompile(`(127\.0\.0\.1:)\d+`)

// buried keeps what a dead worker said.
func (c *campaign) buried(w *process) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, line := range w.lines {
		if _, fault, found := strings.Cut(line, " "+wordFault+" "); found {
			c.faults[ports.ReplaceAllString(fault, "$1…")]++
		} else if !strings.Contains(line, " "+wordBegin+" ") && !strings.Contains(line, " "+wordEnd+" ") {
			c.lines = append(c.lines, line)
		}
	}
	_ = w.orders.Close()
}

// feed puts people as long as there is room, some of each kind.
func (c *campaign) feed() {
	for n := 0; c.feeding.Load(); {
		open, err := c.unfinished()
		if err != nil || open >= backlog {
			time.Sleep(20 * time.Millisecond)
			continue
		}
		p, err := invent(c.feeds, c.registry.Policy(), kinds[n%len(kinds)])
		if !assert.NoError(c.t, err) {
			return
		}
		c.put(p)
		n++
	}
}

// unfinished returns how many items the agenda has that must end.
func (c *campaign) unfinished() (n int, err error) {
	ctx, done := context.WithTimeout(context.Background(), 5*time.Second)
	defer done()
	err = c.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM purposebound_agenda").Scan(&n)
	c.mu.Lock()
	defer c.mu.Unlock()
	return n - c.kept, err
}

// met returns how many people there are.
func (c *campaign) met() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.people)
}

// put seals a person's values, and only then tells the agenda of them: so that each item ends once.
func (c *campaign) put(p *person) {
	if c.try("seal", func(ctx context.Context) error { return c.seal(ctx, p) }) != nil {
		return
	}
	if c.try("record", func(ctx context.Context) error {
		_, err := c.registry.Record(ctx, p.subject, consent.Event{ID: "home", Kind: consent.Resides, Jurisdiction: "CA-QC"})
		return err
	}) != nil {
		return
	}
	if p.hold != nil && c.try("hold", func(ctx context.Context) error {
		_, err := c.registry.PlaceHold(ctx, p.subject, *p.hold, "")
		return err
	}) != nil {
		return
	}
	items := slices.Collect(maps.Values(p.items(func(*value) bool { return true })))
	if c.try("put", func(ctx context.Context) error { return c.agenda.Put(ctx, items...) }) != nil {
		return
	}
	c.mu.Lock()
	c.people = append(c.people, p)
	c.kept += len(p.items(func(v *value) bool { return v.kept }))
	c.mu.Unlock()
	delay, length := span(c.feeds, 600*time.Millisecond), 100*time.Millisecond+span(c.feeds, 500*time.Millisecond)
	if p.erase != noErasure {
		c.ask(p, c.feeds.IntN(workers))
	}
	if p.contest != nil {
		c.contests.Go(func() {
			time.Sleep(delay)
			c.contend(p, length)
		})
	}
}

// ask asks for a person's erasure.
func (c *campaign) ask(p *person, place int) {
	if p.erase != commanded {
		err := c.try("ask", func(ctx context.Context) error {
			_, err := c.asker.Erase(ctx, p.subject)
			return err
		}, errIntended)
		assert.ErrorIs(c.t, err, errIntended)
	}
	c.mu.Lock()
	crew := c.crew
	c.mu.Unlock()
	for n, w := range crew {
		if p.erase == everywhere || p.erase == commanded && n == place {
			_, _ = io.WriteString(w.orders, "erase "+string(p.subject)+"\n") // it may be dead
		}
	}
}

// contend places a hold on what is just ending. What it covers must be there, whole, until it is released; or the end was there first.
func (c *campaign) contend(p *person, length time.Duration) {
	place := func(ctx context.Context) error {
		_, err := c.registry.PlaceHold(ctx, p.subject, *p.contest, "")
		return err
	}
	err := c.try("hold", place, consent.ErrAlreadyErasing)
	if errors.Is(err, consent.ErrAlreadyErasing) {
		p.refused = true
		return
	}
	if err != nil {
		return
	}
	p.accepted = true
	var before, after []string
	look := func(rows *[]string) bool {
		return c.try("look", func(ctx context.Context) (err error) { *rows, err = c.rows(ctx, p, p.contest); return err }) == nil
	}
	if !look(&before) {
		return
	}
	time.Sleep(length)
	if !look(&after) {
		return
	}
	p.left = len(before)
	assert.Equal(c.t, before, after, "%s: what a hold covers has gone while it was in force", p.kind)
	there := make(map[string]int)
	for _, v := range p.values {
		if !p.contest.Covers(v.caseID) {
			continue
		}
		key := keyText(p.item(v))
		if !slices.Contains(after, v.id) {
			there[key] |= 1
			continue
		}
		there[key] |= 2
		assert.NoError(c.t, c.try("open", func(ctx context.Context) error { return c.opens(ctx, p, v) }), "%s: what a hold covers does not open", p.kind)
	}
	for key, how := range there {
		assert.NotEqual(c.t, 3, how, "%s: a hold was accepted when an item was half gone: %s", p.kind, key)
	}
	_ = c.try("release", func(ctx context.Context) error {
		_, err := c.registry.ReleaseHold(ctx, p.subject, p.contest.ID)
		return err
	}, consent.ErrNoHold) // it was released when the answer was lost
	c.replan(p)
}

func (c *campaign) replan(p *person) {
	planner, err := retention.NewPlanner(c.registry, c.agenda)
	if assert.NoError(c.t, err) {
		_ = c.try("replan", func(ctx context.Context) error { return planner.Replan(ctx, p.subject) })
	}
}

// asked reports whether a person's erasure is on record or on the agenda.
func (c *campaign) asked(p *person) (yes bool) {
	_ = c.try("look", func(ctx context.Context) error {
		items, err := c.agenda.Of(ctx, p.subject)
		if err != nil {
			return err
		}
		yes = slices.ContainsFunc(items, func(i retention.Item) bool { return i.Compartment == "" })
		for e, err := range c.ledger.Events(ctx, p.subject, 0) {
			if err != nil {
				return err
			}
			yes = yes || e.Kind == consent.Erasing
		}
		return nil
	})
	return yes
}

// during has the workers sweep, and people come, while something happens; then all that must end is waited for.
func (c *campaign) during(happens func()) {
	for place := range workers {
		c.start(place)
	}
	c.feeding.Store(true)
	var fed sync.WaitGroup
	fed.Go(c.feed)
	began := time.Now()
	for limit := began.Add(time.Minute); c.met() < len(kinds) && time.Now().Before(limit); time.Sleep(5 * time.Millisecond) { // else there is nothing to hit
	}
	happens()
	c.feeding.Store(false)
	fed.Wait()
	c.contests.Wait()
	happened := time.Now()
	for limit, round := time.Now().Add(90*time.Second), 0; ; round++ {
		if round%20 == 0 {
			for _, p := range c.people {
				if p.erase == commanded && !c.asked(p) { // it died with whom it was told
					c.ask(p, c.rng.IntN(workers))
				}
				if c.hurries && round > 0 {
					c.replan(p)
				}
			}
		}
		open, err := c.unfinished()
		unasked := slices.ContainsFunc(c.people, func(p *person) bool { return p.erase == commanded && open == 0 && !c.asked(p) })
		if err == nil && open == 0 && !unasked {
			break
		}
		if time.Now().After(limit) {
			c.t.Errorf("%d items do not end: %v", open, err)
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	c.t.Logf("%s, and %s until all had ended", happened.Sub(began).Round(100*time.Millisecond), time.Since(happened).Round(100*time.Millisecond))
	for _, w := range c.crew {
		_ = w.orders.Close()
	}
	for _, w := range c.crew {
		select {
		case <-w.ended:
			assert.True(c.t, w.state.Success(), w.state.String())
		case <-time.After(30 * time.Second):
			c.t.Error("a worker does not stop")
			_ = w.cmd.Process.Kill()
			<-w.ended
		}
		c.buried(w)
	}
}

// report says what the kills of workers hit, and what errors workers met.
func (c *campaign) report(kills int) {
	idle, starting := c.hits["in idle"]+c.hits["after idle"], c.hits["starting"]
	var text strings.Builder
	for _, at := range slices.Sorted(maps.Keys(c.hits)) {
		text.WriteString(" " + strconv.Itoa(c.hits[at]) + " " + at + ";")
	}
	if kills > 0 {
		c.t.Logf("%d kills, %d of a worker at work:%s", kills, kills-idle-starting, text.String())
	}
	for _, fault := range slices.Sorted(maps.Keys(c.faults)) {
		c.t.Logf("%d times a worker met: %s", c.faults[fault], fault)
	}
}

// TestKillSweepers kills sweepers at random moments, and checks that everything due has ended once, that nothing held was touched and that the certificates are true.
func TestKillSweepers(t *testing.T) {
	t.Parallel()
	kills, interval := 20, 150*time.Millisecond
	if *long {
		kills, interval = 500, 220*time.Millisecond
	}
	for _, name := range []string{"PostgreSQL", "MariaDB"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			driver, dsn := databasetest.Shared()[name](t)
			c := newCampaign(t, driver, dsn)
			c.during(func() {
				for range kills {
					c.kill(interval)
				}
			})
			c.report(kills)
			c.check()
		})
	}
}
