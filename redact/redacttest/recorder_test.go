package redacttest_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
)

// recorder is a test that only notes how it failed.
type recorder struct {
	testing.TB
	name   string
	mu     sync.Mutex
	errors []string
}

func (*recorder) Helper()        {}
func (r *recorder) Name() string { return r.name }

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func (r *recorder) FailNow() { runtime.Goexit() }

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	r.FailNow()
}

// attempt runs fn as a test of its own, on a goroutine of its own, and returns how it failed and what it panicked with.
func attempt(fn func(t testing.TB)) (errors []string, panicked any) {
	r := &recorder{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { panicked = recover() }()
		fn(r)
	}()
	<-done
	return r.errors, panicked
}
