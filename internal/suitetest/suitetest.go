// Package suitetest runs conformance suites: tables of cases, each one "must" of an interface.
package suitetest

import (
	"flag"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// Cases are the "musts" of an interface T. A Run fails tb if its subject, which is fresh and empty, does not keep what the Name says.
type Cases[T any] []struct {
	Name string
	Run  func(tb testing.TB, subject T)
}

// Run runs each case on a subject of its own, in parallel. It fails, under the name of the suite, if a case did not run to its end, unless the user selected cases
// with -run.
func Run[T any](t *testing.T, suite string, cases Cases[T], open func(tb testing.TB) T) {
	t.Helper()
	var mu sync.Mutex
	ended := make(map[string]int)
	t.Cleanup(func() {
		if selected := flag.Lookup("test.run"); selected != nil && strings.Contains(selected.Value.String(), "/") {
			return
		}
		for _, c := range cases {
			if ended[c.Name] != 1 {
				t.Errorf("%s: case %s ran %d times, not once", suite, c.Name, ended[c.Name])
			}
		}
	})
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				mu.Lock()
				defer mu.Unlock()
				ended[c.Name]++
			}()
			c.Run(t, open(t))
		})
	}
}

// Fails runs a case on a subject and reports whether the case failed or panicked. The test itself goes on: with a subject that has a fault it shows that the case finds it.
func Fails[T any](tb testing.TB, run func(testing.TB, T), subject T) bool {
	r := &recorder{TB: tb}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if recover() != nil {
				r.failed.Store(true)
			}
		}()
		run(r, subject)
	}()
	<-done
	return r.failed.Load()
}

// recorder stands in for a test and remembers whether it failed, in whichever goroutine.
type recorder struct {
	testing.TB
	failed atomic.Bool
}

func (r *recorder) Fatalf(string, ...any) { r.FailNow() }
func (r *recorder) Fatal(...any)          { r.FailNow() }
func (r *recorder) Errorf(string, ...any) { r.failed.Store(true) }
func (r *recorder) Error(...any)          { r.failed.Store(true) }
func (r *recorder) Fail()                 { r.failed.Store(true) }
func (r *recorder) FailNow()              { r.failed.Store(true); runtime.Goexit() }
func (r *recorder) Failed() bool          { return r.failed.Load() }
