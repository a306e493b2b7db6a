package redacttest

import (
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
)

// Watch looks for canaries in what a function lets out. The zero Watch has no canaries and fails every test. Use it for one test. Its methods may be
// called by goroutines at once.
type Watch struct {
	canaries []Canary

	mu       sync.Mutex
	sinks    []*sink
	named    map[string]*sink
	dirs     []string
	expected []string
	handler  func(io.Writer) slog.Handler
}

// NewWatch returns a Watch for canaries. It takes at least one.
func NewWatch(canaries ...Canary) *Watch { return &Watch{canaries: slices.Clone(canaries)} }

// AssertNoLeak calls fn and fails the test for every canary that reaches one of the sinks that need no wiring: standard output and
// error, log, slog, [http.DefaultTransport] and the text of a panic. It is NewWatch(canaries...).AssertNoLeak(t, fn).
func AssertNoLeak(t testing.TB, fn func(), canaries ...Canary) {
	t.Helper()
	NewWatch(canaries...).AssertNoLeak(t, fn)
}

// AssertNoLeak calls fn on this goroutine and fails the test, once for each, for every canary that reaches a sink. It also fails the test if there is no canary,
// one too short to be told from chance, or none that was ever taken by [Canary.String].
//
// What fn starts must be over when it returns. If fn panics, AssertNoLeak looks for leaks, in the panic too, and panics on with the same
// value; if it ends by t.FailNow, AssertNoLeak looks for leaks and lets it end. A call inside fn fails the test, also in a subtest that fn runs; one on another goroutine
// that fn waits for hangs.
func (w *Watch) AssertNoLeak(t testing.TB, fn func()) {
	t.Helper()
	o, err := newOracle(w.canaries)
	if err != nil {
		t.Fatalf("redacttest: %v", err)
	}
	if watching() {
		t.Fatalf("redacttest: AssertNoLeak was called inside the function of another; pass both all canaries instead")
	}
	restore := w.capture(t)
	returned := false
	defer func() {
		t.Helper()
		var reason any
		if !returned {
			if reason = recover(); reason != nil { // nil: the goroutine is ending, by t.FailNow
				w.sink("panic").record(fmt.Appendf(nil, "%v\n%+v", reason, reason), stack())
			}
		}
		restore()
		w.readFiles(t)
		w.report(t, o)
		if reason != nil {
			panic(reason)
		}
	}()
	fn()
	returned = true
}

// Sink returns a writer to hand to the program in place of any output. The name appears in failures; the same name is the same sink. What was written
// before AssertNoLeak counts too.
func (w *Watch) Sink(name string) io.Writer { return w.sink(name) }

// Dir watches a directory, such as one from t.TempDir, and all below it: the names and contents of the files that are there when the function ends,
// and where symbolic links lead. Links are not followed.
func (w *Watch) Dir(dir string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dirs = append(w.dirs, dir)
}

// Expect makes AssertNoLeak fail if nothing reached the sink of that name, so that a test cannot pass because it watches the wrong place. Besides
// those of [Watch.Sink] there are "stdout", "stderr", "log", "slog", "HTTP request", "HTTP response", "SQL" and "file".
func (w *Watch) Expect(sink string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.expected = append(w.expected, sink)
}

func (w *Watch) sink(name string) *sink {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s, ok := w.named[name]; ok {
		return s
	}
	if w.named == nil {
		w.named = map[string]*sink{}
	}
	s := &sink{name: name}
	w.named[name], w.sinks = s, append(w.sinks, s)
	return s
}

// stream returns a new sink: what is written to others of the name at the same time does not come between its bytes.
func (w *Watch) stream(name string) *sink {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := &sink{name: name}
	w.sinks = append(w.sinks, s)
	return s
}

const filePrefix = "file "

func (w *Watch) readFiles(t testing.TB) {
	t.Helper()
	w.mu.Lock()
	dirs := slices.Clone(w.dirs)
	w.mu.Unlock()
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || path == dir {
				return err
			}
			name, err := filepath.Rel(dir, path)
			if err != nil {
				return err
			}
			w.stream("the name of a file").record([]byte(name), nil)
			var data []byte
			switch {
			case d.Type().IsRegular():
				data, err = os.ReadFile(path)
			case d.Type()&fs.ModeSymlink != 0:
				var target string
				target, err = os.Readlink(path)
				data = []byte(target)
			}
			if len(data) > 0 {
				w.stream(filePrefix+filepath.ToSlash(name)).record(data, nil)
			}
			return err
		})
		if err != nil {
			t.Errorf("redacttest: a watched directory cannot be read, so its files may hold anything: %v", err)
		}
	}
}

// report searches all sinks and forgets what they hold.
func (w *Watch) report(t testing.TB, o *oracle) {
	t.Helper()
	if !slices.ContainsFunc(w.canaries, func(c Canary) bool { return c.taken.Load() }) {
		t.Errorf("redacttest: no canary was used: take one by its String method and hand it to the program, or the test proves nothing")
	}
	w.mu.Lock()
	sinks, expected := slices.Clone(w.sinks), slices.Clone(w.expected)
	w.mu.Unlock()
	filled := map[string]bool{}
	reported := map[string]bool{}
	for _, s := range sinks {
		data, writes := s.take()
		if len(data) == 0 {
			continue
		}
		filled[s.name] = true
		if strings.HasPrefix(s.name, filePrefix) {
			filled["file"] = true
		}
		for i, h := range o.search(data) {
			if !h.found {
				continue
			}
			l := Leak{Canary: w.canaries[i], Sink: s.name, Form: h.form(), Site: writer(w.canaries[i], data, writes)}
			if text := l.String(); !reported[text] {
				reported[text] = true
				t.Errorf("redacttest: %s", text)
			}
		}
	}
	for _, name := range expected {
		if !filled[name] {
			t.Errorf("redacttest: nothing reached %s, where output was expected", name)
		}
	}
}

// writer returns the site of the write that completed the canary.
func writer(c Canary, data []byte, writes []write) string {
	alone, err := newOracle([]Canary{c})
	if err != nil {
		return ""
	}
	n := sort.Search(len(writes)-1, func(i int) bool { return alone.search(data[:writes[i].end])[0].found })
	return siteOf(writes[n].stack)
}
