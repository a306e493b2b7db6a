package consent_test

import (
	"context"
	"iter"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
)

// alike is a ledger in which everybody has been told of the notice and has agreed to five purposes.
type alike struct{ consent.Memory }

func (*alike) Events(_ context.Context, s consent.Subject, _ uint64) iter.Seq2[consent.Event, error] {
	return func(yield func(consent.Event, error) bool) {
		at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		e := consent.Event{ID: string(consent.NewSubject()), Seq: 1, Kind: consent.Noticed, Policy: "1", Time: at, Act: consent.Act{Language: language.English}}
		if !yield(e, nil) {
			return
		}
		for i, id := range []purpose.ID{letter, calls, delivery, marketing, answers} {
			e := consent.Event{
				ID: string(consent.NewSubject()), Seq: uint64(i) + 2, Kind: consent.Granted, Purpose: id, Policy: "1", Time: at,
				Act: consent.Act{Method: consent.WebForm, Language: language.English, Operations: []purpose.Operation{purpose.Use}},
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// BenchmarkBegin begins and ends a use of a million subjects that are in memory, at random; the other side looks them up
// in a map behind a RWMutex, in the same order of keys.
func BenchmarkBegin(b *testing.B) {
	b.Run("cached_1m", func(b *testing.B) {
		const subjects = 1_000_000
		r, err := consent.NewRegistry(registryPolicy(b), new(alike), consent.WithCache(2<<30))
		require.NoError(b, err)
		b.Cleanup(func() { _ = r.Close() })
		gate, err := r.Gate(nil, purpose.Use, letter)
		require.NoError(b, err)
		ids := make([]consent.Subject, subjects)
		for i := range ids {
			ids[i] = consent.NewSubject()
		}
		ctx := context.Background()
		before := heap()
		for _, s := range ids {
			p, err := gate.Begin(ctx, clerk, s)
			if err != nil {
				panic(err)
			}
			p.End()
		}
		perSubject := float64(heap()-before) / subjects
		plain := make(map[consent.Subject]*int, subjects)
		for i, s := range ids {
			plain[s] = &[]int{i}[0]
		}
		var mu sync.RWMutex
		order := make([]uint32, 1<<20)
		for i := range order {
			order[i] = rand.Uint32N(subjects)
		}
		runtime.GC()
		const turn = 1000
		var ours, theirs time.Duration
		n, sum := 0, 0
		for b.Loop() {
			for range 400 {
				from := n
				began := time.Now()
				for i := range turn {
					p, err := gate.Begin(ctx, clerk, ids[order[(from+i)%len(order)]])
					if err != nil {
						panic(err)
					}
					p.End()
				}
				ours += time.Since(began)
				// Half a round behind: the same keys in the same order, and not those that the caches have just got to know.
				from += len(order) / 2
				began = time.Now()
				for i := range turn {
					mu.RLock()
					v := plain[ids[order[(from+i)%len(order)]]]
					mu.RUnlock()
					sum += *v
				}
				theirs += time.Since(began)
				n += turn
			}
		}
		b.ReportMetric(float64(ours.Nanoseconds())/float64(n), "ns/op")
		b.ReportMetric(float64(ours)/float64(theirs), "x-map")
		b.ReportMetric(perSubject, "B/subject")
		runtime.KeepAlive(sum)
	})
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkDecode reads one grant and checks it against the chain.
func BenchmarkDecode(b *testing.B) {
	e := consent.Event{
		ID: string(consent.NewSubject()), Seq: 2, Kind: consent.Granted, Purpose: letter, Policy: "2026-01", Time: newYear,
		Act: consent.Act{Method: consent.WebForm, Language: language.CanadianFrench, Operations: []purpose.Operation{purpose.Use}},
	}
	r, err := consent.Encode(e, [32]byte{}, nil)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := consent.Decode(r, [32]byte{}); err != nil {
			b.Fatal(err)
		}
	}
}
