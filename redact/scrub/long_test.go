package scrub_test

import (
	"flag"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/redact/scrub"
)

var long = flag.Bool("long", false, "stream 1 GiB rather than 8 MiB")

// TestLongStream streams a document through a Writer and a reader, and holds the memory in use to 32 MiB above what there was.
func TestLongStream(t *testing.T) { // not parallel: it measures the memory of the process
	s := newScrubber(t)
	unit := []byte(strings.Repeat(cleanText, 30) + denseText(30) + strings.Repeat("x", 100<<10) + "\n")
	size := 8 << 20
	if *long {
		size = 1 << 30
	}
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	most := uint64(0)
	count := countingWriter{}
	w := scrub.NewWriter(&count, s)
	for written := 0; written < size; written += len(unit) {
		for chunk := range chunks(unit, 10_000) {
			_, err := w.Write(chunk)
			require.NoError(t, err)
		}
		runtime.ReadMemStats(&now)
		most = max(most, now.HeapAlloc-min(now.HeapAlloc, before.HeapAlloc))
	}
	require.NoError(t, w.Close())
	assert.Greater(t, count.n, size/2)
	assert.Less(t, most, uint64(32<<20), "bytes of heap")

	r := scrub.NewReader(io.LimitReader(endless{unit}, int64(size/4)), s)
	n, err := io.Copy(&countingWriter{}, r)
	require.NoError(t, err)
	assert.Greater(t, int(n), size/8)
	runtime.ReadMemStats(&now)
	assert.Less(t, now.HeapAlloc-min(now.HeapAlloc, before.HeapAlloc), uint64(32<<20), "bytes of heap")
	assert.Less(t, now.Sys-min(now.Sys, before.Sys), uint64(64<<20), "bytes of the system")
	t.Logf("most heap above the start: %.1f MiB, memory of the system: %.1f MiB more", float64(most)/(1<<20), float64(now.Sys-before.Sys)/(1<<20))
}

type countingWriter struct{ n int }

func (w *countingWriter) Write(p []byte) (int, error) {
	w.n += len(p)
	return len(p), nil
}

// endless repeats its bytes.
type endless struct{ unit []byte }

func (e endless) Read(p []byte) (int, error) { return copy(p, e.unit), nil }
