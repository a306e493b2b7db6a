//go:build linux

package consentsql_test

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/consent/consentsql"
	"github.com/purposebound/purposebound/internal/databasetest"
)

// place is a database that nodes share.
type place struct {
	driver, dsn     string
	network, target string                      // of the server; "" for a file
	via             func(address string) string // the same database by another address
	terminate       func(tb testing.TB)         // some of the nodes' connections; nil for a file
}

func placePostgreSQL(tb testing.TB) place {
	driver, dsn := databasetest.PostgreSQL(tb)
	config, err := pgx.ParseConfig(dsn)
	require.NoError(tb, err)
	network, target := pgconn.NetworkAddress(config.Host, config.Port)
	name := "promise-" + databasetest.Name()
	db := databasetest.Open(tb, driver, dsn)
	return place{
		driver: driver, dsn: dsn, network: network, target: target,
		via: func(address string) string {
			u, err := url.Parse(dsn)
			require.NoError(tb, err)
			u.Host = address
			q := u.Query()
			q.Del("host")
			q.Del("port")
			q.Set("application_name", name)
			u.RawQuery = q.Encode()
			return u.String()
		},
		terminate: func(tb testing.TB) {
			_, err := db.Exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND random() < 0.1`, name)
			assert.NoError(tb, err)
		},
	}
}

func placeMariaDB(tb testing.TB) place {
	driver, dsn := databasetest.MariaDB(tb)
	config, err := mysql.ParseDSN(dsn)
	require.NoError(tb, err)
	apart := config.Clone()
	apart.DBName = ""
	db := databasetest.Open(tb, driver, apart.FormatDSN())
	return place{
		driver: driver, dsn: dsn, network: config.Net, target: config.Addr,
		via: func(address string) string {
			near := config.Clone()
			near.Net, near.Addr = "tcp", address
			return near.FormatDSN()
		},
		terminate: func(tb testing.TB) {
			rows, err := db.Query(`SELECT id FROM information_schema.processlist WHERE db = ? AND rand() < 0.1`, config.DBName)
			if !assert.NoError(tb, err) {
				return
			}
			defer rows.Close()
			for rows.Next() {
				var id int64
				assert.NoError(tb, rows.Scan(&id))
				_, _ = db.Exec("KILL CONNECTION " + strconv.FormatInt(id, 10)) // it may have ended by itself
			}
			assert.NoError(tb, rows.Err())
		},
	}
}

func placeSQLite(tb testing.TB) place {
	return place{driver: "sqlite", dsn: "file:" + (&url.URL{Path: newFile(tb)}).EscapedPath() + "?" + wal}
}

// office is a running cluster.
type office struct {
	t      *testing.T
	place  place
	config nodeConfig
	dir    string // of the nodes' journals
	desks  []*desk
	runs   []*nodeRun    // every process there was
	until  time.Time     // it works at least
	worked chan struct{} // closed when a process has something to check
	once   sync.Once
}

// desk is where a node runs, one process after another.
type desk struct {
	name  string
	proxy *proxy // nil for a file
	run   *nodeRun
}

// nodeRun is one process of a node.
type nodeRun struct {
	name   string
	log    string
	cmd    *exec.Cmd
	orders io.WriteCloser
	ready  chan struct{}
	out    chan struct{} // closed when it writes no more
	killed int64         // by the shared clock; 0: it was not
	ended  bool
}

func openOffice(t *testing.T, p place, nodes int, config nodeConfig) *office {
	t.Helper()
	o := &office{t: t, place: p, config: config, worked: make(chan struct{})}
	o.config.Driver = p.driver
	o.config.Base = monotonic()
	o.dir = t.TempDir()
	for i := range nodes {
		d := &desk{name: strconv.Itoa(i)}
		if p.via != nil {
			d.proxy = newProxy(t, p.network, p.target)
		}
		o.desks = append(o.desks, d)
		o.start(d)
	}
	for _, d := range o.desks {
		select {
		case <-d.run.ready:
		case <-d.run.out:
			t.Fatalf("node %s did not start", d.name)
		}
	}
	return o
}

// start runs a new process at the desk.
func (o *office) start(d *desk) {
	o.t.Helper()
	config := o.config
	config.DSN = o.place.dsn
	if d.proxy != nil {
		config.DSN = o.place.via(d.proxy.address())
	}
	if d != o.desks[0] {
		config.Stale = 0
	}
	name := fmt.Sprintf("%s.%d", d.name, len(o.runs))
	config.Log = filepath.Join(o.dir, name)
	text, err := json.Marshal(config)
	require.NoError(o.t, err)
	self, err := os.Executable()
	require.NoError(o.t, err)
	run := &nodeRun{name: name, log: config.Log, ready: make(chan struct{}), out: make(chan struct{})}
	run.cmd = exec.Command(self, "-test.run=^TestPromiseNode$", "-test.timeout=0")
	run.cmd.Env = append(os.Environ(), promiseNode+"="+string(text))
	run.cmd.Stderr = os.Stderr
	run.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // also one that is stopped
	run.orders, err = run.cmd.StdinPipe()
	require.NoError(o.t, err)
	out, err := run.cmd.StdoutPipe()
	require.NoError(o.t, err)
	require.NoError(o.t, run.cmd.Start())
	d.run = run
	o.runs = append(o.runs, run)
	o.t.Cleanup(func() {
		if !run.ended {
			_ = run.cmd.Process.Kill()
			<-run.out
			_ = run.cmd.Wait()
		}
	})
	go func() {
		defer close(run.out)
		lines := bufio.NewScanner(out)
		for said := false; lines.Scan(); {
			switch text := lines.Text(); {
			case text == "ready" && !said:
				said = true
				close(run.ready)
			case text == "worked":
				o.once.Do(func() { close(o.worked) })
			case text != "PASS":
				fmt.Fprintf(os.Stderr, "node %s: %s\n", name, text)
			}
		}
	}()
}

func (o *office) order(d *desk, format string, args ...any) {
	_, err := fmt.Fprintf(d.run.orders, format+"\n", args...)
	assert.NoError(o.t, err)
}

func (o *office) orderAll(format string, args ...any) {
	for _, d := range o.desks {
		o.order(d, format, args...)
	}
}

func (o *office) signal(d *desk, s syscall.Signal) {
	assert.NoError(o.t, d.run.cmd.Process.Signal(s))
}

// kill kills the desk's process and waits until it is dead.
func (o *office) kill(d *desk) {
	run := d.run
	run.killed = monotonic()
	assert.NoError(o.t, run.cmd.Process.Kill())
	<-run.out
	_ = run.cmd.Wait()
	run.ended = true
}

// cut takes the database away from a node.
func (o *office) cut(d *desk) {
	if d.proxy == nil {
		o.order(d, "cut on")
		return
	}
	d.proxy.cut()
}

func (o *office) mend(d *desk) {
	if d.proxy == nil {
		o.order(d, "cut off")
		return
	}
	d.proxy.mend()
}

func (o *office) any() *desk { return o.desks[rand.IntN(len(o.desks))] }

// open reports whether the work goes on. A busy machine takes longer until there is something to check.
func (o *office) open() bool {
	late := time.Since(o.until)
	select {
	case <-o.worked:
		return late < 0
	default:
		return late < 20*time.Second
	}
}

// rest waits for so many leases.
func (o *office) rest(leases float64) { time.Sleep(time.Duration(leases * float64(o.config.Lease))) }

// close ends all nodes and returns what happened.
func (o *office) close() (history []operation, fences []fencing, regressed map[string]int64) {
	t := o.t
	t.Helper()
	for _, d := range o.desks {
		assert.NoError(t, d.run.orders.Close())
	}
	for _, d := range o.desks {
		select {
		case <-d.run.out:
		case <-time.After(time.Minute):
			t.Errorf("node %s does not end", d.name)
			_ = d.run.cmd.Process.Kill()
			<-d.run.out
		}
		assert.NoError(t, d.run.cmd.Wait(), "node %s", d.run.name)
		d.run.ended = true
	}
	regressed = make(map[string]int64)
	events := make(map[string]int) // from an event's id to the operation
	for _, run := range o.runs {
		ops, ids, shut, at := run.read(t)
		for _, id := range ids {
			events[id.event] = len(history) + id.op
		}
		history = append(history, ops...)
		fences = append(fences, shut...)
		if at > 0 {
			regressed[run.name] = at
		}
	}
	o.number(history, events)
	return history, fences, regressed
}

type attempt struct {
	op    int // index
	event string
}

// read makes operations of a process's lines.
func (run *nodeRun) read(t *testing.T) (ops []operation, attempts []attempt, fences []fencing, regressed int64) {
	t.Helper()
	file, err := os.Open(run.log)
	if os.IsNotExist(err) { // killed before it began
		return nil, nil, nil, 0
	}
	require.NoError(t, err)
	defer file.Close()
	begun := make(map[int]line)
	at := make(map[int]int)   // from an operation's number to its index
	uses := make(map[int]int) // from a begin's number to the use's index
	shut := make(map[int]int) // from a fence's number to its index
	cleared := map[int]bool{} // fences that shut nobody out
	var joins []line
	var all []fencing
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var l line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			require.NotZero(t, run.killed, "node %s: %v", run.name, err)
			break
		}
		first := begun[l.Op]
		switch {
		case l.Kind == lineJoin:
			joins = append(joins, l)
		case l.Kind == lineRegressed:
			if regressed == 0 {
				regressed = l.At
			}
		case l.Event != "":
			attempts = append(attempts, attempt{at[l.Op], l.Event})
		case l.Kind == lineFence:
			shut[l.Op] = len(all)
			begun[l.Op] = l
			all = append(all, fencing{l.Node, l.At})
		case !l.Done:
			begun[l.Op] = l
			switch l.Kind {
			case string(opGrant), string(opWithdraw):
				at[l.Op] = len(ops)
				ops = append(ops, operation{
					Process: run.name, Number: l.Op, Kind: opKind(l.Kind), Subject: l.Subject, Purpose: l.Purpose, Call: l.At, Return: never,
				})
			case lineEnd:
				ops[uses[l.Use]].Return = l.At
			}
		case first.Kind == lineFence:
			cleared[shut[l.Op]] = !l.OK
		case first.Kind == lineBegin:
			o := operation{Process: run.name, Number: l.Op, Kind: opCheck, Subject: first.Subject, Purpose: first.Purpose, Call: first.At, Return: l.At}
			if l.OK {
				o.Kind, o.Seq, o.Call, o.Return = opUse, l.Seq, l.At, never
				if run.killed > 0 {
					o.Return = run.killed
				}
				for _, j := range joins {
					o.Node = j.Node
				}
				uses[l.Op] = len(ops)
			}
			ops = append(ops, o)
		case first.Kind == string(opCheck):
			ops = append(ops, operation{
				Process: run.name, Number: l.Op, Kind: opCheck, Subject: first.Subject, Purpose: first.Purpose, Call: first.At, Return: l.At,
				Seq: ops[uses[first.Use]].Seq, Allowed: l.OK,
			})
		case first.Kind == lineEnd:
		default:
			o := &ops[at[l.Op]]
			o.Return, o.Answered, o.Cancelled, o.Fenced, o.Reports = l.At, l.OK, l.Cancelled, l.Fenced, l.Reports
			if !l.OK {
				o.Return = never
			}
		}
	}
	for i, f := range all {
		if !cleared[i] {
			fences = append(fences, f)
		}
	}
	return ops, attempts, fences, regressed
}

// number gives grants and withdrawals the numbers of their events, from the ledger itself.
func (o *office) number(history []operation, events map[string]int) {
	t := o.t
	t.Helper()
	db, err := sql.Open(o.place.driver, o.place.dsn)
	require.NoError(t, err)
	defer db.Close()
	db.SetMaxOpenConns(4)
	l, err := consentsql.Open(context.Background(), db, consentsql.Together())
	require.NoError(t, err)
	defer l.Close()
	asked := make(map[consent.Subject]bool)
	for _, one := range history {
		if asked[one.Subject] {
			continue
		}
		asked[one.Subject] = true
		for e, err := range l.Events(context.Background(), one.Subject, 0) {
			require.NoError(t, err)
			switch e.Kind {
			case consent.Granted, consent.Withdrawn, consent.Refused:
				i, ok := events[e.ID]
				require.True(t, ok, "an event of unknown origin")
				op := &history[i]
				require.Zero(t, op.Seq, "one operation stored two events")
				op.Seq = e.Seq
			}
		}
	}
}

// fault is what happens to a cluster while it works.
type fault struct {
	name   string
	short  bool // also without -long
	server bool // not for a file
	during func(o *office)
}

var faults = []fault{
	{name: "none", short: true, during: func(o *office) {
		for o.open() {
			o.rest(0.1)
		}
	}},
	{name: "connections killed", server: true, during: func(o *office) {
		for o.open() {
			o.place.terminate(o.t)
			o.rest(0.2)
		}
	}},
	{name: "a node stands still", short: true, during: func(o *office) {
		for o.open() {
			d := o.any()
			o.signal(d, syscall.SIGSTOP)
			pauses := []float64{0.3, 1.1, 1.5}
			if *long {
				pauses = append(pauses, 4.5) // longer than anything is told
			}
			o.rest(pauses[rand.IntN(len(pauses))])
			o.signal(d, syscall.SIGCONT)
			o.rest(0.2 + rand.Float64())
		}
	}},
	{name: "a node dies and starts again", short: true, during: func(o *office) {
		for o.open() {
			d := o.any()
			o.kill(d)
			o.rest(rand.Float64())
			o.start(d)
			o.rest(0.2 + rand.Float64())
		}
	}},
	{name: "the database is away as nodes start", during: func(o *office) {
		for o.open() {
			some := rand.Perm(len(o.desks))[:len(o.desks)/2]
			for _, i := range some {
				o.kill(o.desks[i])
				o.start(o.desks[i])
			}
			for _, i := range some {
				d := o.desks[i]
				select {
				case <-d.run.ready:
				case <-d.run.out:
				}
				o.rest(0.1) // it has read something, and not renewed
				o.cut(d)
			}
			o.rest(0.2 + 0.3*rand.Float64())
			for _, i := range some {
				o.mend(o.desks[i])
			}
			o.rest(1.3)
		}
	}},
	{name: "a bad network", during: func(o *office) {
		for o.open() {
			d := o.any()
			switch rand.IntN(3) {
			case 0:
				o.cut(d)
				o.rest(0.2 + rand.Float64())
				o.mend(d)
			case 1:
				if d.proxy != nil {
					d.proxy.slow([]time.Duration{0, 2 * time.Millisecond, 10 * time.Millisecond, 200 * time.Millisecond}[rand.IntN(4)])
				}
				o.rest(rand.Float64() / 2)
			case 2:
				if d.proxy != nil {
					d.proxy.reset()
				}
				o.rest(rand.Float64() / 4)
			}
		}
		for _, d := range o.desks {
			if d.proxy != nil {
				d.proxy.slow(0)
			}
		}
	}},
	{name: "the database is away", during: func(o *office) {
		for o.open() {
			for _, d := range o.desks {
				o.cut(d)
			}
			o.rest(0.5 + 1.5*rand.Float64())
			for _, d := range o.desks {
				o.mend(d)
			}
			o.rest(1 + rand.Float64())
		}
	}},
	{name: "the database's clock is set", during: func(o *office) {
		for hour := 1; o.open(); hour++ {
			d := o.any()
			o.cut(d)
			o.rest(0.15) // there are withdrawals that wait for it
			o.orderAll("shift %dh", hour)
			o.rest(0.6)
			o.mend(d)
			o.rest(1 + rand.Float64())
			o.orderAll("shift %dh", hour-1)
			o.rest(0.5)
		}
	}},
	{name: "reads from an older snapshot", during: func(o *office) {
		for o.open() {
			d := o.any()
			o.order(d, "replica on")
			o.rest(2 * rand.Float64())
			o.order(d, "replica off")
		}
	}},
	{name: "the ledger goes back", during: func(o *office) {
		for o.open() {
			d := o.any()
			o.order(d, "regress on")
			o.rest(0.5 + rand.Float64())
			o.kill(d)
			o.start(d)
			o.rest(rand.Float64())
		}
	}},
}

// TestLongPromise checks what a withdrawal promises, with processes that share a database and go on while things break.
// Without -long it is short.
func TestLongPromise(t *testing.T) {
	if !*long { // for then there is too little else for the machine to do
		t.Parallel()
	}
	for _, b := range []struct {
		name string
		open func(testing.TB) place
	}{{"PostgreSQL", placePostgreSQL}, {"MariaDB", placeMariaDB}, {"SQLite", placeSQLite}} {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel() // the processes wait for most of the time
			total := 0
			for _, f := range faults {
				if !*long && !f.short {
					continue
				}
				t.Run(f.name, func(t *testing.T) {
					p := b.open(t)
					if f.server && p.via == nil {
						return
					}
					o := openOffice(t, p, promiseNodes(), promiseConfig())
					o.until = time.Now().Add(promiseTime())
					f.during(o)
					if f.name == "none" {
						select {
						case <-o.worked:
						default:
							t.Error("there is nothing to check")
						}
					}
					history, fences, regressed := o.close()
					total += reportPromise(t, history, fences)
					none(t, "stale allows", staleAllows(history))
					late, excused := unended(history, fences)
					none(t, "withdrawals that returned too early", late)
					none(t, "lost events", lost(history))
					t.Logf("%d uses ran where another had shut the node out", excused)
					for name, at := range regressed {
						for _, o := range history {
							if o.Process == name && o.Kind == opCheck && o.Allowed && o.Call > at {
								t.Errorf("allowed after the ledger went back: %s", o)
							}
						}
					}
				})
			}
			t.Logf("%d operations", total)
		})
	}
}

// none fails the test for what breaks a promise, and shows the first of it.
func none(t *testing.T, what string, bad []string) {
	t.Helper()
	for i, text := range bad {
		if i == 3 {
			break
		}
		t.Errorf("%s, %d of %d: %s", what, i+1, len(bad), text)
	}
}

// A harness that finds nothing must be able to: here withdrawals take it that everybody has heard, while one node hears late.
func TestPromiseBroken(t *testing.T) {
	t.Parallel()
	config := promiseConfig()
	config.Lies, config.Stale = true, time.Second
	config.Lease, config.Epoch, config.Subjects = 5*time.Second, 3*time.Second, 2
	var stale, late []string
	for range 10 { // it is chance whether somebody is seen to break a promise
		o := openOffice(t, placeSQLite(t), promiseNodes(), config)
		o.until = time.Now().Add(2 * time.Second)
		for o.open() {
			o.rest(0.1)
		}
		history, fences, _ := o.close()
		reportPromise(t, history, fences)
		early, _ := unended(history, fences)
		stale, late = append(stale, staleAllows(history)...), append(late, early...)
		if len(stale) > 0 && len(late) > 0 {
			break
		}
	}
	t.Logf("%d stale allows, %d withdrawals that returned too early", len(stale), len(late))
	assert.NotEmpty(t, stale)
	assert.NotEmpty(t, late)
}

func promiseNodes() int {
	if *long {
		return 8
	}
	return 3
}

func promiseTime() time.Duration {
	if *long {
		return 2700 * time.Millisecond
	}
	return time.Second
}

func promiseConfig() nodeConfig {
	c := nodeConfig{
		Epoch: time.Second, Lease: time.Second, MaxUse: time.Second,
		Workers: 6, Subjects: 4, Budget: maxShare / 10, Pace: 24 * time.Millisecond,
	}
	if *long {
		c.Epoch, c.Lease, c.MaxUse = 2*c.Epoch, 2*c.Lease, 2*c.MaxUse
		c.Pace = 14 * time.Millisecond
	}
	return c
}

// reportPromise logs what a history holds and returns the number of its operations.
func reportPromise(t *testing.T, history []operation, fences []fencing) int {
	t.Helper()
	count := make(map[string]int)
	for _, o := range history {
		switch {
		case o.Kind == opUse:
			continue
		case o.Kind == opCheck && o.Allowed:
			count["allowed"]++
		case o.Kind == opCheck:
			count["denied"]++
		case o.Answered:
			count[string(o.Kind)]++
			if o.Fenced > 0 {
				count["shut somebody out"]++
			}
			if o.Cancelled > 0 {
				count["cancelled"]++
			}
		default:
			count[string(o.Kind)+" failed"]++
		}
		count["operations"]++
	}
	t.Logf("%v, %d fences", count, len(fences))
	return count["operations"]
}
