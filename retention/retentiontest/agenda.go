package retentiontest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
)

func putStores(tb testing.TB, s retention.Store) {
	east := time.FixedZone("east", 5*3600)
	a := retention.Item{
		Subject: someone, Compartment: tax, Case: "job-1", Collected: collected.In(east), Attributes: []purpose.Attribute{card, email, card}, Due: noon.In(east),
	}
	b := due(another, noon.Add(time.Hour))
	put(tb, s, a, b)
	got := only(tb, s, someone)
	require.NotZero(tb, got.Version, "a stored item has a version")
	a.Collected, a.Due, a.Attributes = collected, noon, []purpose.Attribute{email, card}
	same(tb, a, got)
	same(tb, b, only(tb, s, another))
}

func putMerges(tb testing.TB, s retention.Store) {
	put(tb, s, attributes(due(someone, noon), email))
	more := attributes(due(someone, noon.Add(-time.Nanosecond)), name, card)
	more.Collected = collected.Add(time.Nanosecond)
	put(tb, s, more)
	want := attributes(more, email, name, card)
	slices.Sort(want.Attributes)
	same(tb, want, only(tb, s, someone))
	west := time.FixedZone("west", -5*3600)
	more.Collected, more.Due = collected.Add(time.Second).In(west), noon.Add(-time.Hour).In(west)
	put(tb, s, more)
	want.Collected, want.Due = collected.Add(time.Second), noon.Add(-time.Hour)
	same(tb, want, only(tb, s, someone))
}

func putMergesOwn(tb testing.TB, s retention.Store) {
	later := attributes(due(someone, noon.Add(time.Hour)), name)
	later.Collected = collected.Add(time.Minute)
	put(tb, s, later, due(another, noon), due(someone, noon), attributes(due(someone, noon.Add(time.Minute)), card))
	want := attributes(due(someone, noon), email, name, card)
	want.Collected = later.Collected
	same(tb, want, only(tb, s, someone))
	same(tb, due(another, noon), only(tb, s, another))
}

func putKeeps(tb testing.TB, s retention.Store) {
	first := attributes(due(someone, noon), name, card)
	slices.Sort(first.Attributes)
	put(tb, s, first)
	less := attributes(due(someone, noon.Add(time.Hour)), name)
	less.Collected = collected.Add(-time.Hour)
	put(tb, s, less)
	same(tb, first, only(tb, s, someone))
}

func putIgnores(tb testing.TB, s retention.Store) {
	i := due(someone, noon)
	i.Failures, i.Version, i.Claim = 7, 77, "mine"
	put(tb, s, i)
	got := only(tb, s, someone)
	require.Zero(tb, got.Failures, "failures of a new item")
	taken := takeOne(tb, s, noon) // the claim that was given is none
	require.NotEqual(tb, i.Claim, taken.Claim)
	taken.Failures = 3
	settle(tb, s, nil, []retention.Item{taken})
	put(tb, s, attributes(due(someone, noon), name))
	require.Equal(tb, 3, only(tb, s, someone).Failures, "failures of an item that is put again")
}

func putVersions(tb testing.TB, s retention.Store) {
	put(tb, s, due(someone, noon))
	seen := map[uint64]bool{only(tb, s, someone).Version: true}
	later := due(someone, noon)
	later.Collected = collected.Add(time.Second)
	for what, change := range map[string]retention.Item{
		"attribute": attributes(due(someone, noon), name), "due date": due(someone, noon.Add(-time.Second)), "collection": later,
	} {
		put(tb, s, change)
		v := only(tb, s, someone).Version
		require.False(tb, seen[v], "the version of an item that got another %s is one it had before", what)
		seen[v] = true
	}
}

// putVersionsAgain removes an item and puts it again. Who still has the one that was removed must not remove the other with it.
func putVersionsAgain(tb testing.TB, s retention.Store) {
	seen := map[uint64]bool{}
	var before []retention.Item
	for range 5 {
		put(tb, s, due(someone, noon), retention.Item{Subject: someone, Due: noon})
		settle(tb, s, before, nil)
		have, err := s.Of(tb.Context(), someone)
		require.NoError(tb, err)
		require.Len(tb, have, 2, "what was put again was taken for what had been removed")
		for _, i := range have {
			require.False(tb, seen[i.Version], "the version of an item is one that it had before it was removed")
			seen[i.Version] = true
		}
		settle(tb, s, have, nil)
		before = append(before, have...)
	}
}

func putClaimed(tb testing.TB, s retention.Store) {
	put(tb, s, due(someone, noon))
	taken := takeOne(tb, s, noon)
	put(tb, s, attributes(due(someone, noon.Add(-time.Hour)), name))
	require.Empty(tb, take(tb, s, noon.Add(time.Minute), 10), "taken while another's claim holds")
	require.NotEqual(tb, taken.Version, only(tb, s, someone).Version)
}

// malformed has items that no agenda can store.
func malformed() map[string]retention.Item {
	whole := func(change func(*retention.Item)) retention.Item {
		i := due("subject-9", noon)
		change(&i)
		return i
	}
	return map[string]retention.Item{
		"no subject":            whole(func(i *retention.Item) { i.Subject = "" }),
		"an invalid subject":    whole(func(i *retention.Item) { i.Subject = "a person@example.com" }),
		"no due date":           whole(func(i *retention.Item) { i.Due = time.Time{} }),
		"a due date too late":   whole(func(i *retention.Item) { i.Due = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }),
		"a due date too early":  whole(func(i *retention.Item) { i.Due = time.Date(0, 12, 31, 0, 0, 0, 0, time.UTC) }),
		"no collection":         whole(func(i *retention.Item) { i.Collected = time.Time{} }),
		"a collection too late": whole(func(i *retention.Item) { i.Collected = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }),
		"no attributes":         whole(func(i *retention.Item) { i.Attributes = nil }),
		"a long case":           whole(func(i *retention.Item) { i.Case = strings.Repeat("x", 129) }),
		"an erasure without a due date": {
			Subject: "subject-9",
		},
	}
}

func putRefuses(tb testing.TB, s retention.Store) {
	for what, i := range malformed() {
		require.ErrorIs(tb, s.Put(tb.Context(), i), retention.ErrItem, what)
	}
	require.Empty(tb, of(tb, s, "subject-9"))
	require.Empty(tb, take(tb, s, noon.AddDate(1, 0, 0), 10))
}

func putAllOrNone(tb testing.TB, s retention.Store) {
	put(tb, s, due(another, noon))
	before := only(tb, s, another)
	for what, i := range malformed() {
		err := s.Put(tb.Context(), due(someone, noon), attributes(due(another, noon.Add(-time.Hour)), name), i)
		require.ErrorIs(tb, err, retention.ErrItem, what)
		require.Empty(tb, of(tb, s, someone), what)
		require.Equal(tb, before, only(tb, s, another), what)
	}
}

func putNothing(tb testing.TB, s retention.Store) {
	put(tb, s)
	require.Empty(tb, take(tb, s, noon, 10))
}

func putCancelled(tb testing.TB, s retention.Store) {
	put(tb, s, due(another, noon))
	before := only(tb, s, another)
	err := s.Put(cancelled(tb), due(someone, noon), attributes(due(another, noon), name))
	require.ErrorIs(tb, err, context.Canceled)
	require.Empty(tb, of(tb, s, someone))
	require.Equal(tb, before, only(tb, s, another))
}

func putCopies(tb testing.TB, s retention.Store) {
	given := []purpose.Attribute{name, email}
	i := due(someone, noon)
	i.Attributes = given
	put(tb, s, i)
	require.Equal(tb, []purpose.Attribute{name, email}, given, "what was given is not sorted")
	given[0] = card
	got := only(tb, s, someone)
	require.Equal(tb, []purpose.Attribute{email, name}, got.Attributes)
	got.Attributes[0] = card
	takeOne(tb, s, noon).Attributes[1] = card
	require.Equal(tb, []purpose.Attribute{email, name}, only(tb, s, someone).Attributes)
}

func erasures(tb testing.TB, s retention.Store) {
	request := retention.Item{Subject: someone, Due: noon}
	put(tb, s, request, due(someone, noon), retention.Item{Subject: another, Due: noon})
	again := request
	again.Collected, again.Due = collected.AddDate(1, 0, 0), noon.Add(-time.Minute) // a day of collection makes no other item of it
	put(tb, s, again)
	items := of(tb, s, someone)
	require.Len(tb, items, 2)
	require.Empty(tb, items[0].Compartment)
	require.True(tb, items[0].Due.Equal(again.Due))
	require.Len(tb, of(tb, s, another), 1)
	taken := take(tb, s, noon, 10)
	require.Len(tb, taken, 3)
	settle(tb, s, taken, nil)
	require.Empty(tb, of(tb, s, someone))
	require.Empty(tb, of(tb, s, another))
}

func keysApart(tb testing.TB, s retention.Store) {
	base := due(someone, noon)
	base.Case = "job"
	items := []retention.Item{base}
	other := func(change func(*retention.Item)) {
		i := base
		change(&i)
		items = append(items, i)
	}
	for _, who := range []consent.Subject{
		"Subject-1", "SUBJECT-1", "subject-10", "subject-", "sübject-1", "su\u0308bject-1", "subject-1\u0301", "ſubject-1", "ß", "ss", "%", "_ubject-1",
	} {
		other(func(i *retention.Item) { i.Subject = who })
	}
	for _, c := range []purpose.Compartment{"service/service2", "service", "tax/service", "service+tax/service", "service/service+tax"} {
		other(func(i *retention.Item) { i.Compartment = c })
	}
	for _, id := range []string{"", "Job", "job ", " job", "job-1", "jöb", "jo\u0308b", "%", "job\x00", "job'"} {
		other(func(i *retention.Item) { i.Case = id })
	}
	for _, n := range []int{-1, 1, -365, 365} {
		other(func(i *retention.Item) { i.Collected = collected.AddDate(0, 0, n) })
	}
	put(tb, s, items...)
	for _, want := range items {
		n := 0
		for _, got := range of(tb, s, want.Subject) {
			if got.Key() == want.Key() {
				same(tb, want, got)
				n++
			}
		}
		require.Equal(tb, 1, n, "items of one key")
	}
	taken := take(tb, s, noon, len(items)+1)
	require.Len(tb, taken, len(items))
	for n, done := range taken {
		settle(tb, s, []retention.Item{done}, nil)
		left := 0
		for _, who := range slices.Compact(slices.Sorted(slices.Values(subjects(items)))) {
			left += len(of(tb, s, who))
		}
		require.Equal(tb, len(items)-n-1, left, "items that are left")
	}
}

// ofDay puts items collected at the times and returns how many there are then.
func ofDay(tb testing.TB, s retention.Store, who consent.Subject, times ...time.Time) []retention.Item {
	tb.Helper()
	for _, at := range times {
		i := due(who, noon)
		i.Collected = at
		put(tb, s, i)
	}
	return of(tb, s, who)
}

func daysOf(tb testing.TB, s retention.Store) {
	day := time.Date(2024, time.February, 29, 0, 0, 0, 0, time.UTC)
	last := day.AddDate(0, 0, 1).Add(-time.Nanosecond)
	items := ofDay(tb, s, someone, last, day, day.Add(time.Hour).In(time.FixedZone("", -8*3600)))
	require.Len(tb, items, 1, "items of one day")
	require.True(tb, items[0].Collected.Equal(last))
	require.Len(tb, ofDay(tb, s, another, day.Add(-time.Nanosecond), day, last, last.Add(time.Nanosecond)), 3, "items of three days")
}

func daysBefore(tb testing.TB, s retention.Store) {
	epoch := time.Unix(0, 0).UTC()
	for n, day := range []time.Time{epoch, epoch.AddDate(0, 0, -1), epoch.AddDate(-50, 0, 7)} {
		last := day.AddDate(0, 0, 1).Add(-time.Nanosecond)
		who := numbered(n)
		items := ofDay(tb, s, who, day, last, day.Add(1500*time.Millisecond))
		require.Len(tb, items, 1, "items of one day")
		require.True(tb, items[0].Collected.Equal(last))
		require.Len(tb, ofDay(tb, s, who, day.Add(-time.Nanosecond), last.Add(time.Nanosecond)), 3, "items of three days")
	}
	early := due(another, epoch.Add(-time.Nanosecond))
	put(tb, s, early)
	require.Empty(tb, take(tb, s, epoch.Add(-2*time.Nanosecond), 10))
	same(tb, early, takeOne(tb, s, epoch.Add(-time.Nanosecond)))
}

func unusual(tb testing.TB, s retention.Store) {
	for _, i := range []retention.Item{
		{Subject: consent.Subject(strings.Repeat("s", 255)), Case: strings.Repeat("c", 128), Compartment: purpose.Compartment(strings.Repeat("k", 1023) + "/" + strings.Repeat("d", 1024))},
		{Subject: "日本語-Ω-🙂", Case: "dossier nº 7 «é» 🙂\n\t\x00", Compartment: service},
		{Subject: `o'hara";--\`, Case: `'; DROP TABLE items; --`, Compartment: service},
		{Subject: consent.Subject(strings.Repeat("é", 127)), Case: strings.Repeat("🙂", 32), Compartment: service},
	} {
		i.Collected, i.Due = collected, noon
		for n := range 200 {
			i.Attributes = append(i.Attributes, purpose.Attribute(fmt.Sprintf("%s.n%03d", strings.Repeat("a", 60), n)))
		}
		put(tb, s, i)
		same(tb, i, only(tb, s, i.Subject))
		taken := takeOne(tb, s, noon)
		same(tb, i, taken)
		settle(tb, s, []retention.Item{taken}, nil)
		require.Empty(tb, of(tb, s, i.Subject))
	}
}

func times(tb testing.TB, s retention.Store) {
	for n, at := range []time.Time{
		time.Date(1, time.January, 1, 0, 0, 0, 1, time.UTC),
		time.Date(1677, time.September, 1, 0, 0, 0, 999999999, time.UTC), // before what nanoseconds since 1970 can say in 64 bits
		time.Date(2024, time.February, 29, 23, 59, 59, 1, time.UTC),
		time.Date(2262, time.May, 1, 0, 0, 0, 999999999, time.UTC), // and after
		time.Date(9999, time.December, 31, 23, 59, 59, 999999999, time.UTC),
	} {
		i := due(numbered(n), at)
		i.Collected = at
		put(tb, s, i)
		same(tb, i, only(tb, s, i.Subject))
		taken := takeOne(tb, s, at)
		same(tb, i, taken)
		settle(tb, s, []retention.Item{taken}, nil)
		require.Empty(tb, of(tb, s, i.Subject))
	}
}

func ofOrder(tb testing.TB, s retention.Store) {
	var want []retention.Item
	add := func(c purpose.Compartment, caseID string, days int, at time.Time) {
		i := due(someone, at)
		i.Compartment, i.Case, i.Collected = c, caseID, collected.AddDate(0, 0, days)
		want = append(want, i)
	}
	add(tax, "z", 9, noon.Add(-time.Nanosecond))
	add("Service/service", "", 0, noon)
	add(service, "", -20000, noon)
	add(service, "", 0, noon)
	add(service, "", 1, noon)
	add(service, "A", 3, noon)
	add(service, "a", 2, noon)
	add(service, "b", 1, noon)
	add(service, "é", 0, noon)
	add(tax, "", 0, noon)
	add(service, "", -1, noon.Add(time.Nanosecond))
	want = append(want[:1], append([]retention.Item{{Subject: someone, Due: noon}}, want[1:]...)...)
	shuffled := slices.Clone(want)
	slices.Reverse(shuffled)
	shuffled[0], shuffled[5] = shuffled[5], shuffled[0]
	put(tb, s, shuffled...)
	got := of(tb, s, someone)
	require.Len(tb, got, len(want))
	for n := range want {
		require.Equal(tb, want[n].Key(), got[n].Key(), "item %d", n)
	}
}

func ofNone(tb testing.TB, s retention.Store) {
	put(tb, s, due(someone, noon))
	require.Empty(tb, of(tb, s, another))
	require.Empty(tb, of(tb, s, "subject"))
}

func ofUnclaimed(tb testing.TB, s retention.Store) {
	put(tb, s, due(someone, noon))
	taken := takeOne(tb, s, noon)
	got := only(tb, s, someone)
	require.Empty(tb, got.Claim)
	require.Equal(tb, taken.Version, got.Version)
}

// ofSnapshot puts two items at a time, of which Of must show both or none.
func ofSnapshot(tb testing.TB, s retention.Store) {
	ctx := tb.Context()
	const rounds = 30
	errs := together(5, func(n int) error {
		for k := range rounds {
			if n == 0 {
				a, b := due(someone, noon), due(someone, noon)
				a.Compartment, a.Case, b.Case = tax, fmt.Sprint(k), fmt.Sprint(k)
				if err := s.Put(ctx, a, b); err != nil {
					return err
				}
				continue
			}
			items, err := s.Of(ctx, someone)
			if err != nil {
				return err
			}
			count := make(map[purpose.Compartment]int)
			for i := range items {
				count[items[i].Compartment]++
			}
			if count[tax] != count[service] {
				return fmt.Errorf("of two items put together, %d and %d are seen", count[tax], count[service])
			}
		}
		return nil
	})
	require.NoError(tb, errors.Join(errs...))
	require.Len(tb, of(tb, s, someone), 2*rounds)
}

func ofCancelled(tb testing.TB, s retention.Store) {
	put(tb, s, due(someone, noon))
	_, err := s.Of(cancelled(tb), someone)
	require.ErrorIs(tb, err, context.Canceled)
}

func concurrentPuts(tb testing.TB, s retention.Store) {
	ctx := tb.Context()
	errs := together(20, func(n int) error {
		i := attributes(due(someone, noon.Add(-time.Duration(n)*time.Second)), purpose.Attribute(fmt.Sprintf("a.n%02d", n)))
		i.Collected = collected.Add(time.Duration(n) * time.Second)
		return s.Put(ctx, due(numbered(n), noon), i, due(numbered((n+1)%20), noon))
	})
	require.NoError(tb, errors.Join(errs...))
	got := only(tb, s, someone)
	require.Len(tb, got.Attributes, 20)
	require.True(tb, got.Due.Equal(noon.Add(-19*time.Second)))
	require.True(tb, got.Collected.Equal(collected.Add(19*time.Second)))
	for n := range 20 {
		if numbered(n) != someone {
			only(tb, s, numbered(n))
		}
	}
}
