package redacttest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/purposebound/purposebound/redact/redacttest"
)

// BenchmarkFind searches 128 KiB of log for one person. Its log has escapes, so that several layers are undone.
func BenchmarkFind(b *testing.B) {
	var text strings.Builder
	for i := 0; text.Len() < 1<<17; i++ {
		fmt.Fprintf(&text, `{"time":"2026-11-26T08:15:%02d.%06dZ","level":"INFO","msg":"request \"done\"","path":"/orders/%d?q=caf%%C3%%A9","took":%d}`+"\n", i%60, i*7919%1000000, i, i*31)
	}
	canaries := redacttest.NewPerson("bench").Canaries()
	data := []byte(text.String())
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if leaks := redacttest.Find(data, canaries...); len(leaks) != 0 {
			b.Fatal(leaks)
		}
	}
}

// BenchmarkAssert is what watching costs a test of a function that writes one line.
func BenchmarkAssert(b *testing.B) {
	canaries := redacttest.NewPerson("bench").Canaries()
	taken := canaries[0].String()
	b.ReportAllocs()
	for b.Loop() {
		redacttest.AssertNoLeak(b, func() { fmt.Println(len(taken)) }, canaries...)
	}
}
