package consentsql_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
)

// BenchmarkAppend is one durable append, its fsync included; the disk decides.
func BenchmarkAppend(b *testing.B) {
	l := open(b, database(b, newFile(b), wal))
	i := 0
	for b.Loop() {
		i++
		_, err := l.Append(b.Context(), consent.Subject(fmt.Sprint("s", i%1000)), consent.Any, event(fmt.Sprint(i)))
		require.NoError(b, err)
	}
}

// BenchmarkAppendMemory is the same without a disk.
func BenchmarkAppendMemory(b *testing.B) {
	l := open(b, database(b, ":memory:", "mode=memory"))
	i := 0
	for b.Loop() {
		i++
		_, err := l.Append(b.Context(), consent.Subject(fmt.Sprint("s", i%1000)), consent.Any, event(fmt.Sprint(i)))
		require.NoError(b, err)
	}
}

// BenchmarkEvents reads a subject's ten events and verifies their chain.
func BenchmarkEvents(b *testing.B) {
	l := open(b, database(b, newFile(b), wal))
	for i := range 10 {
		_, err := l.Append(b.Context(), "s", consent.Any, event(fmt.Sprint(i)))
		require.NoError(b, err)
	}
	for b.Loop() {
		require.Len(b, ids(b, l, "s"), 10)
	}
}
