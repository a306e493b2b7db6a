package redacttest

import (
	"io"
	"log"
	"log/slog"
	"math"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// process serialises the exchange of what belongs to the process.
var process struct {
	sync.Mutex
	holder atomic.Pointer[testing.TB]
}

// acquire locks process for t. A subtest of the test that holds it would wait for ever, since that test waits for its subtests.
func acquire(t testing.TB) {
	t.Helper()
	if !process.TryLock() {
		if holder := process.holder.Load(); holder != nil && strings.HasPrefix(t.Name(), (*holder).Name()+"/") {
			t.Fatalf("redacttest: AssertNoLeak was called in a subtest that the function of another started; start the subtests first, and watch in each")
		}
		process.Lock()
	}
	process.holder.Store(&t)
}

func release() {
	process.holder.Store(nil)
	process.Unlock()
}

// Slog says how the program makes its handler, for a program that withholds in the handler of its default logger:
//
//	watch.Slog(func(w io.Writer) slog.Handler { return redactslog.New(slog.NewJSONHandler(w, nil)) })
//
// Without it every record of every level counts, as both handlers of log/slog print it.
func (w *Watch) Slog(handler func(io.Writer) slog.Handler) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.handler = handler
}

// capture exchanges what belongs to the process and returns what restores it and keeps what was captured.
func (w *Watch) capture(t testing.TB) (restore func()) {
	t.Helper()
	w.mu.Lock()
	handler := w.handler
	w.mu.Unlock()
	if handler == nil {
		handler = asPrinted
	}
	watched := slog.New(handler(w.sink("slog")))

	acquire(t)
	// Files and no pipes: nobody has to read them while the function runs, and a child process that lives on holds up nothing.
	out, err := os.CreateTemp("", "redacttest-stdout-")
	if err != nil {
		release()
		t.Fatalf("redacttest: no file for standard output: %v", err)
	}
	errs, err := os.CreateTemp("", "redacttest-stderr-")
	if err != nil {
		release()
		discard(out)
		t.Fatalf("redacttest: no file for standard error: %v", err)
	}

	stdout, stderr := os.Stdout, os.Stderr
	logger, writer, flags, prefix := slog.Default(), log.Writer(), log.Flags(), log.Prefix()
	transport := http.DefaultTransport

	os.Stdout, os.Stderr = out, errs
	slog.SetDefault(watched) // before log, which it redirects
	log.SetOutput(w.sink("log"))
	log.SetFlags(flags)
	http.DefaultTransport = w.defaultTransport(transport)

	return func() {
		http.DefaultTransport = transport
		slog.SetDefault(logger)
		log.SetOutput(writer)
		log.SetFlags(flags)
		log.SetPrefix(prefix)
		os.Stdout, os.Stderr = stdout, stderr
		release()
		w.keep(t, "stdout", out)
		w.keep(t, "stderr", errs)
	}
}

func (w *Watch) keep(t testing.TB, name string, f *os.File) {
	t.Helper()
	defer discard(f)
	data, err := os.ReadFile(f.Name()) // by name, since the program may have closed f
	if err != nil {
		t.Errorf("redacttest: what was written to %s cannot be read: %v", name, err)
	}
	if len(data) > 0 {
		w.sink(name).record(data, nil)
	}
}

func discard(f *os.File) {
	f.Close()
	os.Remove(f.Name())
}

// asPrinted returns a handler that writes what both handlers of log/slog would.
func asPrinted(w io.Writer) slog.Handler {
	everything := &slog.HandlerOptions{Level: slog.Level(math.MinInt)}
	return slog.NewMultiHandler(slog.NewTextHandler(w, everything), slog.NewJSONHandler(w, everything))
}
