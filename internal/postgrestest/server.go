//go:build linux

package postgrestest

import (
	"bytes"
	"crypto/rand"
	"database/sql"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// patience is when a test gives up on what must come.
const patience = time.Minute

// Server is a PostgreSQL server of a test's own, to kill, stop and start again. It promises to keep what it committed. Its methods fail the test
// it was made for, and are for one goroutine at a time.
type Server struct {
	tb   testing.TB
	bin  string // directory of its programs
	dir  string // all it has; the database is in "data"
	as   *syscall.Credential
	port int

	cmd  *exec.Cmd
	gone chan struct{} // closed when the server's first process is no more
}

// find returns the directory of the newest server's programs. Without one the test is skipped, and fails where CI is set.
func find(tb testing.TB) string {
	tb.Helper()
	dirs, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	require.NoError(tb, err)
	version := func(dir string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
		return n
	}
	slices.SortFunc(dirs, func(a, b string) int { return version(b) - version(a) })
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	for _, dir := range dirs {
		_, first := os.Stat(filepath.Join(dir, "initdb"))
		_, second := os.Stat(filepath.Join(dir, "postgres"))
		if first == nil && second == nil {
			return dir
		}
	}
	if os.Getenv("CI") != "" {
		tb.Fatal("there is no PostgreSQL server to start")
	}
	tb.Skip("there is no PostgreSQL server to start")
	return ""
}

// Open makes a server and starts it. It ends with the test.
func Open(tb testing.TB) *Server {
	tb.Helper()
	s := &Server{tb: tb, bin: find(tb)}
	var err error
	s.dir, err = os.MkdirTemp("", "purposebound") // what tb.TempDir returns only its owner can reach
	require.NoError(tb, err)
	tb.Cleanup(func() { assert.NoError(tb, os.RemoveAll(s.dir)) })
	if os.Geteuid() == 0 { // the server refuses to run as root
		who, err := user.Lookup("postgres")
		require.NoError(tb, err)
		uid, err := strconv.ParseUint(who.Uid, 10, 32)
		require.NoError(tb, err)
		gid, err := strconv.ParseUint(who.Gid, 10, 32)
		require.NoError(tb, err)
		s.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		require.NoError(tb, os.Chown(s.dir, int(uid), int(gid)))
	}
	s.port = freePort(tb)
	s.Run(filepath.Join(s.bin, "initdb"), "-D", s.Data(), "--no-sync", "--auth=trust", "--username=postgres", "--locale=C", "--encoding=UTF8", "--wal-segsize=1")
	tb.Cleanup(s.close)
	s.Start()
	return s
}

// freePort finds a port below those that the system gives to connections, so that none has it while the server is down.
func freePort(tb testing.TB) int {
	tb.Helper()
	for range 100 {
		port := 15000 + mathrand.IntN(15000)
		l, err := net.Listen("tcp", address(port))
		if err == nil {
			require.NoError(tb, l.Close())
			return port
		}
	}
	tb.Fatal("there is no free port")
	return 0
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// Dir is the directory that has all of it, for a test's own copies of the database too.
func (s *Server) Dir() string { return s.dir }

// Data is the directory of the database.
func (s *Server) Data() string { return filepath.Join(s.dir, "data") }

// command is a program that runs as the server's user.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = s.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as, Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return cmd
}

// Run runs a program as the server's user, in Dir, to its end.
func (s *Server) Run(name string, args ...string) {
	s.tb.Helper()
	out, err := s.command(name, args...).CombinedOutput()
	require.NoError(s.tb, err, "%s: %s", filepath.Base(name), out)
}

// Start starts the server and waits until it answers.
func (s *Server) Start() {
	s.tb.Helper()
	s.launch()
	db, err := sql.Open("pgx", s.dsn(""))
	require.NoError(s.tb, err)
	defer db.Close()
	for limit := time.Now().Add(2 * patience); ; time.Sleep(5 * time.Millisecond) {
		if err = db.Ping(); err == nil {
			return
		}
		select {
		case <-s.gone:
			s.tb.Fatalf("the server did not start:\n%s", s.log())
		default:
		}
		if time.Now().After(limit) {
			s.tb.Fatalf("the server does not answer: %v\n%s", err, s.log())
		}
	}
}

func (s *Server) launch() {
	s.tb.Helper()
	s.cmd = s.command(filepath.Join(s.bin, "postgres"), "-D", s.Data(), "-p", strconv.Itoa(s.port), "-h", "127.0.0.1",
		"-c", "unix_socket_directories=", "-c", "fsync=on", "-c", "synchronous_commit=on", "-c", "full_page_writes=on",
		"-c", "recovery_init_sync_method=syncfs", "-c", "shared_buffers=8MB", "-c", "max_connections=100", "-c", "dynamic_shared_memory_type=mmap", "-c", "logging_collector=off")
	out, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	require.NoError(s.tb, err)
	defer out.Close()
	s.cmd.Stdout, s.cmd.Stderr = out, out
	require.NoError(s.tb, s.cmd.Start())
	cmd, gone := s.cmd, make(chan struct{})
	s.gone = gone
	go func() {
		_ = cmd.Wait()
		close(gone)
	}()
}

// log is the end of what the server had to say.
func (s *Server) log() []byte {
	text, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	return text[max(0, len(text)-4000):]
}

// Hold stops all processes of the server as they are, and returns them, the first one first. It is stopped before the others are
// looked for, so that none is added; each is in a process group of its own.
func (s *Server) Hold() []int {
	first := s.cmd.Process.Pid
	if s.cmd.Process.Signal(syscall.SIGSTOP) != nil { // it has ended
		return nil
	}
	for limit := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		if state, _ := processState(first); state != 'R' && state != 'S' && state != 'D' {
			break
		}
		if time.Now().After(limit) {
			s.tb.Error("the server does not stop")
			break
		}
	}
	all := []int{first}
	entries, err := os.ReadDir("/proc")
	assert.NoError(s.tb, err)
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if _, parent := processState(pid); parent == first {
			_ = syscall.Kill(pid, syscall.SIGSTOP)
			all = append(all, pid)
		}
	}
	return all
}

// Release lets held processes go on, the first one last: it then finds nothing amiss.
func (s *Server) Release(all []int) {
	for _, pid := range slices.Backward(all) {
		_ = syscall.Kill(pid, syscall.SIGCONT)
	}
}

// processState returns the state of a process and its parent, or 0 if there is none.
func processState(pid int) (state byte, parent int) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:]) // a name may have anything in it
	if len(fields) < 2 {
		return 0, 0
	}
	parent, _ = strconv.Atoi(string(fields[1]))
	return fields[0][0], parent
}

// Kill kills all processes of the server at one moment, and waits until they are dead.
func (s *Server) Kill() {
	s.tb.Helper()
	all := s.Hold()
	for _, pid := range all {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	s.buried(all)
}

// End has the server end by itself: with SIGINT when all is written, with SIGQUIT at once, so that it must recover.
func (s *Server) End(how syscall.Signal) {
	s.tb.Helper()
	all := s.Hold()
	_ = s.cmd.Process.Signal(how)
	s.Release(all)
	s.buried(all)
}

func (s *Server) buried(all []int) {
	s.tb.Helper()
	select {
	case <-s.gone:
	case <-time.After(patience):
		s.tb.Errorf("the server does not end:\n%s", s.log())
	}
	for _, pid := range all {
		for limit := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
			if state, _ := processState(pid); state == 0 || state == 'Z' || state == 'X' {
				break
			}
			if time.Now().After(limit) {
				s.tb.Errorf("process %d of the server does not end", pid)
				break
			}
		}
	}
}

func (s *Server) close() {
	if s.cmd == nil {
		return
	}
	select {
	case <-s.gone:
		return
	default:
	}
	_ = s.cmd.Process.Signal(syscall.SIGINT)
	s.Release(s.Hold()) // whatever had been held
	select {
	case <-s.gone:
	case <-time.After(10 * time.Second):
		s.Kill()
	}
}

// Address is where the server listens, as long as it runs.
func (s *Server) Address() string { return address(s.port) }

func (s *Server) dsn(schema string) string {
	q := url.Values{"sslmode": {"disable"}}
	if schema != "" {
		q.Set("search_path", schema)
	}
	return (&url.URL{Scheme: "postgres", User: url.User("postgres"), Host: address(s.port), Path: "/postgres", RawQuery: q.Encode()}).String()
}

// Schema makes an empty schema and returns the way to it.
func (s *Server) Schema() string {
	s.tb.Helper()
	name := "t_" + strings.ToLower(rand.Text()[:12])
	db, err := sql.Open("pgx", s.dsn(""))
	require.NoError(s.tb, err)
	defer db.Close()
	_, err = db.Exec("CREATE SCHEMA " + name)
	require.NoError(s.tb, err)
	return s.dsn(name)
}
