package retentiontest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
)

func takeDue(tb testing.TB, s retention.Store) {
	first, second := due(someone, noon), due(another, noon.Add(time.Nanosecond))
	put(tb, s, first, second)
	require.Empty(tb, take(tb, s, noon.Add(-time.Nanosecond), 10), "taken before anything is due")
	same(tb, first, takeOne(tb, s, noon))
	require.Empty(tb, take(tb, s, noon, 10), "taken again at the same instant")
	same(tb, second, takeOne(tb, s, noon.Add(time.Nanosecond)))
}

func takeOrder(tb testing.TB, s retention.Store) {
	const n = 25
	for i := range n {
		put(tb, s, due(numbered(i*7%n), noon.Add(-time.Duration(i*7%n)*time.Nanosecond))) // the higher the number, the longer due
	}
	next := n - 1
	for _, limit := range []int{1, 4, 10, 100} {
		taken := take(tb, s, noon, limit)
		require.Len(tb, taken, min(limit, next+1))
		for _, i := range taken {
			require.Equal(tb, numbered(next), i.Subject)
			next--
		}
	}
	require.Equal(tb, -1, next)
}

func takeEqual(tb testing.TB, s retention.Store) {
	put(tb, s, many(100, noon)...)
	seen := make(map[consent.Subject]bool)
	for range 4 {
		taken := take(tb, s, noon, 30)
		require.LessOrEqual(tb, len(taken), 30)
		for _, who := range subjects(taken) {
			require.False(tb, seen[who], "an item was taken twice")
			seen[who] = true
		}
	}
	require.Len(tb, seen, 100)
}

func takeClaimed(tb testing.TB, s retention.Store) {
	put(tb, s, due(someone, noon))
	takeOne(tb, s, noon)
	end := noon.Add(time.Hour)
	for _, now := range []time.Time{noon, noon.Add(time.Nanosecond), noon.Add(time.Minute), end.Add(-time.Nanosecond)} {
		require.Empty(tb, take(tb, s, now, 10), "taken %s into the claim", now.Sub(noon))
	}
	takeOne(tb, s, end)
	require.Empty(tb, take(tb, s, end.Add(time.Hour-time.Nanosecond), 10), "taken while the second claim holds")
	takeOne(tb, s, end.Add(time.Hour))
}

func takeNames(tb testing.TB, s retention.Store) {
	names := make(map[string]bool)
	for i := range 5 {
		put(tb, s, due(numbered(i), noon))
		names[takeOne(tb, s, noon).Claim] = true
	}
	require.Len(tb, names, 5)
	for k := range 3 {
		for _, i := range take(tb, s, noon.Add(time.Duration(k+1)*time.Hour), 10) {
			require.False(tb, names[i.Claim], "a claim has the name of one before it")
		}
	}
}

func takeRefuses(tb testing.TB, s retention.Store) {
	put(tb, s, due(someone, noon))
	for what, c := range map[string]retention.Claim{
		"no time": {For: time.Hour, Limit: 1}, "no length": {Now: noon, Limit: 1}, "a negative length": {Now: noon, For: -1, Limit: 1},
		"no limit": {Now: noon, For: time.Hour}, "a negative limit": {Now: noon, For: time.Hour, Limit: -1}, "nothing": {},
	} {
		items, err := s.Take(tb.Context(), c)
		require.ErrorIs(tb, err, retention.ErrClaim, what)
		require.Empty(tb, items, what)
	}
	takeOne(tb, s, noon)
}

func takeCancelled(tb testing.TB, s retention.Store) {
	put(tb, s, due(someone, noon))
	items, err := s.Take(cancelled(tb), hour(noon, 10))
	require.ErrorIs(tb, err, context.Canceled)
	require.Empty(tb, items)
	takeOne(tb, s, noon)
}

func takeRanOut(tb testing.TB, s retention.Store) {
	put(tb, s, many(10, noon)...)
	first := take(tb, s, noon, 4)
	require.Len(tb, first, 4)
	second, err := s.Take(tb.Context(), retention.Claim{Now: noon, For: 2 * time.Hour, Limit: 10})
	require.NoError(tb, err)
	require.Len(tb, second, 6)
	again := take(tb, s, noon.Add(time.Hour), 10)
	require.ElementsMatch(tb, subjects(first), subjects(again))
	for _, i := range again {
		require.NotEqual(tb, first[0].Claim, i.Claim)
	}
}

func settleDone(tb testing.TB, s retention.Store) {
	put(tb, s, due(someone, noon), due(another, noon))
	taken := take(tb, s, noon, 10)
	require.Len(tb, taken, 2)
	settle(tb, s, taken[:1], nil)
	require.Empty(tb, of(tb, s, taken[0].Subject))
	only(tb, s, taken[1].Subject)
	require.Len(tb, take(tb, s, noon.AddDate(1, 0, 0), 10), 1, "taken a year later")
	put(tb, s, due(taken[0].Subject, noon)) // it may come back
	same(tb, due(taken[0].Subject, noon), only(tb, s, taken[0].Subject))
}

func settleAgain(tb testing.TB, s retention.Store) {
	put(tb, s, due(someone, noon))
	taken := takeOne(tb, s, noon)
	taken.Due, taken.Failures = noon.Add(time.Minute).In(time.FixedZone("", 3600)), 3
	taken.Attributes, taken.Collected = []purpose.Attribute{card}, collected.Add(time.Second) // only Due and Failures are given back
	settle(tb, s, nil, []retention.Item{taken})
	want := due(someone, noon.Add(time.Minute))
	want.Failures = 3
	same(tb, want, only(tb, s, someone))
	require.NotEqual(tb, taken.Version, only(tb, s, someone).Version, "a changed item has another version")
	require.Empty(tb, take(tb, s, noon.Add(time.Minute-1), 10), "taken before it is due again")
	back := takeOne(tb, s, noon.Add(time.Minute)) // long before the claim would have run out
	same(tb, want, back)
	back.Failures = 0
	settle(tb, s, nil, []retention.Item{back})
	require.Zero(tb, only(tb, s, someone).Failures)
}

func settleLater(tb testing.TB, s retention.Store) {
	put(tb, s, due(someone, noon))
	taken := takeOne(tb, s, noon)
	taken.Due = noon.AddDate(7, 0, 0)
	settle(tb, s, nil, []retention.Item{taken})
	require.Empty(tb, take(tb, s, noon.AddDate(7, 0, 0).Add(-1), 10))
	takeOne(tb, s, noon.AddDate(7, 0, 0))
}

func settleBoth(tb testing.TB, s retention.Store) {
	put(tb, s, many(10, noon)...)
	taken := take(tb, s, noon, 10)
	require.Len(tb, taken, 10)
	done, again := taken[:5], taken[5:]
	for n := range again {
		again[n].Due, again[n].Failures = noon.Add(time.Duration(n)*time.Minute), n
	}
	settle(tb, s, done, again)
	for _, i := range done {
		require.Empty(tb, of(tb, s, i.Subject))
	}
	for n, i := range again {
		got := only(tb, s, i.Subject)
		require.True(tb, got.Due.Equal(noon.Add(time.Duration(n)*time.Minute)))
		require.Equal(tb, n, got.Failures)
	}
}

func settleLost(tb testing.TB, s retention.Store) {
	put(tb, s, due(someone, noon))
	mine := takeOne(tb, s, noon)
	theirs := takeOne(tb, s, noon.Add(time.Hour))
	before := only(tb, s, someone)
	settle(tb, s, []retention.Item{mine}, nil)
	require.Equal(tb, before, only(tb, s, someone), "removed under a claim that is lost")
	mine.Due, mine.Failures = noon.AddDate(1, 0, 0), 9
	settle(tb, s, nil, []retention.Item{mine})
	require.Equal(tb, before, only(tb, s, someone), "given back under a claim that is lost")
	require.Empty(tb, take(tb, s, noon.Add(time.Hour+time.Minute), 10), "the claim of the other was ended")
	theirs.Due = noon.Add(61 * time.Minute)
	settle(tb, s, nil, []retention.Item{theirs})
	last := takeOne(tb, s, noon.Add(61*time.Minute))
	settle(tb, s, []retention.Item{mine, theirs}, nil)
	only(tb, s, someone)
	settle(tb, s, []retention.Item{last}, nil)
	require.Empty(tb, of(tb, s, someone))
}

func settleAbsent(tb testing.TB, s retention.Store) {
	put(tb, s, due(someone, noon), due(another, noon))
	taken := take(tb, s, noon, 10)
	require.Len(tb, taken, 2)
	settle(tb, s, taken, nil)
	settle(tb, s, taken, nil)
	settle(tb, s, nil, taken)
	require.Empty(tb, of(tb, s, someone), "an item was given back that is not there")
	require.Empty(tb, of(tb, s, another), "an item was given back that is not there")
	put(tb, s, due(someone, noon))
	here := takeOne(tb, s, noon)
	stranger := due("subject-9", noon)
	stranger.Version = here.Version
	settle(tb, s, []retention.Item{stranger, here}, []retention.Item{taken[1]})
	require.Empty(tb, of(tb, s, someone), "what is there was not settled beside what is not")
	require.Empty(tb, of(tb, s, stranger.Subject))
}

func settleUnclaimed(tb testing.TB, s retention.Store) {
	put(tb, s, due(someone, noon), due(another, noon))
	settle(tb, s, []retention.Item{only(tb, s, someone)}, nil)
	require.Empty(tb, of(tb, s, someone), "nobody had claimed it")
	taken := takeOne(tb, s, noon)
	seen := only(tb, s, another)
	settle(tb, s, []retention.Item{seen}, nil)
	require.Empty(tb, of(tb, s, another), "it was claimed by somebody")
	settle(tb, s, nil, []retention.Item{taken})
	require.Empty(tb, of(tb, s, another))

	put(tb, s, due(someone, noon))
	seen = only(tb, s, someone)
	seen.Due, seen.Failures = noon.Add(-time.Hour), 2
	settle(tb, s, nil, []retention.Item{seen})
	want := due(someone, noon.Add(-time.Hour))
	want.Failures = 2
	same(tb, want, only(tb, s, someone))
}

func settleVersion(tb testing.TB, s retention.Store) {
	put(tb, s, due(someone, noon))
	seen := only(tb, s, someone)
	put(tb, s, attributes(due(someone, noon), name))
	settle(tb, s, []retention.Item{seen}, nil)
	before := only(tb, s, someone)
	seen.Due = noon.AddDate(1, 0, 0)
	settle(tb, s, nil, []retention.Item{seen})
	require.Equal(tb, before, only(tb, s, someone), "given back by a version that is gone")
	taken := takeOne(tb, s, noon)
	taken.Failures = 1
	settle(tb, s, nil, []retention.Item{taken})
	settle(tb, s, []retention.Item{before}, nil)
	require.Equal(tb, 1, only(tb, s, someone).Failures, "removed by a version that is gone")
}

func settleChanged(tb testing.TB, s retention.Store) {
	for what, settled := range map[string]func(retention.Item) (done, again []retention.Item){
		"done": func(i retention.Item) ([]retention.Item, []retention.Item) { return []retention.Item{i}, nil },
		"again": func(i retention.Item) ([]retention.Item, []retention.Item) {
			i.Due = noon.AddDate(1, 0, 0)
			return nil, []retention.Item{i}
		},
	} {
		put(tb, s, due(someone, noon))
		taken := takeOne(tb, s, noon)
		put(tb, s, attributes(due(someone, noon.Add(-time.Hour)), name))
		done, again := settled(taken)
		settle(tb, s, done, again)
		same(tb, attributes(due(someone, noon.Add(-time.Hour)), email, name), only(tb, s, someone))
		last := takeOne(tb, s, noon) // the claim is over, though it has not run out
		settle(tb, s, []retention.Item{last}, nil)
		require.Empty(tb, of(tb, s, someone), what)
	}
}

func settleNothing(tb testing.TB, s retention.Store) {
	put(tb, s, due(someone, noon))
	before := only(tb, s, someone)
	settle(tb, s, nil, nil)
	require.Equal(tb, before, only(tb, s, someone))
}

func settleCancelled(tb testing.TB, s retention.Store) {
	put(tb, s, due(someone, noon), due(another, noon))
	taken := take(tb, s, noon, 10)
	require.Len(tb, taken, 2)
	require.ErrorIs(tb, s.Settle(cancelled(tb), taken[:1], taken[1:]), context.Canceled)
	only(tb, s, someone)
	only(tb, s, another)
	require.Empty(tb, take(tb, s, noon, 10), "a claim was ended")
}

func thousand(tb testing.TB, s retention.Store) {
	put(tb, s, many(1000, noon)...)
	seen := make(map[consent.Subject]bool)
	for {
		taken := take(tb, s, noon, 300)
		if len(taken) == 0 {
			break
		}
		for _, who := range subjects(taken) {
			require.False(tb, seen[who], "an item was taken twice")
			seen[who] = true
		}
		settle(tb, s, taken, nil)
	}
	require.Len(tb, seen, 1000)
	require.Empty(tb, take(tb, s, noon.AddDate(1, 0, 0), 10))
}

// workOff has eight takers take and settle until nothing is due, and returns how often each person's item was taken.
func workOff(tb testing.TB, s retention.Store, c retention.Claim, done bool) map[consent.Subject]int {
	tb.Helper()
	ctx := tb.Context()
	var mu sync.Mutex
	taken := make(map[consent.Subject]int)
	errs := together(8, func(int) error {
		for {
			items, err := s.Take(ctx, c)
			if err != nil {
				return err
			}
			if len(items) > c.Limit {
				return fmt.Errorf("%d items taken, at most %d asked for", len(items), c.Limit)
			}
			mu.Lock()
			for _, who := range subjects(items) {
				taken[who]++
			}
			ended := len(items) == 0
			mu.Unlock()
			if ended {
				return nil
			}
			if done {
				if err := s.Settle(ctx, items, nil); err != nil {
					return err
				}
			}
		}
	})
	require.NoError(tb, errors.Join(errs...))
	return taken
}

// once fails unless all of n items were taken, each once. What takers passed over because another was about to claim it may be left: a last one takes it.
func once(tb testing.TB, s retention.Store, c retention.Claim, taken map[consent.Subject]int, n int) {
	tb.Helper()
	for _, who := range subjects(take(tb, s, c.Now, n)) {
		taken[who]++
	}
	require.Len(tb, taken, n, "items taken")
	for _, times := range taken {
		require.Equal(tb, 1, times, "times one item was taken")
	}
}

func eightTakers(tb testing.TB, s retention.Store) {
	put(tb, s, many(1000, noon)...)
	c := hour(noon, 25)
	once(tb, s, c, workOff(tb, s, c, false), 1000)
}

func eightTakersLater(tb testing.TB, s retention.Store) {
	put(tb, s, many(200, noon)...)
	require.Len(tb, take(tb, s, noon, 200), 200)
	c := hour(noon.Add(time.Hour), 7)
	once(tb, s, c, workOff(tb, s, c, true), 200)
}

// putWhileSettled races what is put with the settling of the same item. What was put after the item was taken has another attribute; it must still be there.
func putWhileSettled(tb testing.TB, s retention.Store) {
	ctx := tb.Context()
	for n := range 40 {
		who := numbered(n)
		put(tb, s, due(who, noon))
		taken := takeOne(tb, s, noon)
		errs := together(2, func(k int) error {
			if k == n%2 { // either has the better start
				return s.Put(ctx, attributes(due(who, noon), name))
			}
			return s.Settle(ctx, []retention.Item{taken}, nil)
		})
		require.NoError(tb, errors.Join(errs...))
		left := only(tb, s, who)
		require.Contains(tb, left.Attributes, name)
		settle(tb, s, []retention.Item{takeOne(tb, s, noon)}, nil)
	}
}

// settleTogether has many settle one version of an item: only the first may count.
func settleTogether(tb testing.TB, s retention.Store) {
	ctx := tb.Context()
	put(tb, s, due(someone, noon))
	seen := only(tb, s, someone)
	errs := together(8, func(n int) error {
		i := seen
		i.Failures = n + 1
		i.Due = noon.Add(time.Duration(n+1) * time.Minute)
		return s.Settle(ctx, nil, []retention.Item{i})
	})
	require.NoError(tb, errors.Join(errs...))
	got := only(tb, s, someone)
	require.True(tb, got.Due.Equal(noon.Add(time.Duration(got.Failures)*time.Minute)), "due date and failures are of two settles")
	require.NotEqual(tb, seen.Version, got.Version)
	settle(tb, s, []retention.Item{seen}, nil)
	require.Equal(tb, got, only(tb, s, someone))
}
