package retentiontest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
)

const (
	someone consent.Subject = "subject-1"
	another consent.Subject = "subject-2"

	service purpose.Compartment = "service/service"
	tax     purpose.Compartment = "tax/billing"

	name  purpose.Attribute = "identity.name"
	email purpose.Attribute = "identity.email"
	card  purpose.Attribute = "payment.card"
)

// noon is when the cases take. It has every digit that a time can have.
var noon = time.Date(2026, time.June, 15, 12, 0, 0, 123456789, time.UTC)

// collected is when the values of the cases were collected.
var collected = time.Date(2020, time.March, 8, 6, 59, 58, 987654321, time.UTC)

// due returns an item of the person that is due at the time.
func due(s consent.Subject, at time.Time) retention.Item {
	return retention.Item{Subject: s, Compartment: service, Collected: collected, Attributes: []purpose.Attribute{email}, Due: at}
}

func numbered(i int) consent.Subject { return consent.Subject(fmt.Sprintf("subject-%04d", i)) }

// many returns n items of as many persons, all due at the time.
func many(n int, at time.Time) []retention.Item {
	items := make([]retention.Item, n)
	for i := range items {
		items[i] = due(numbered(i), at)
	}
	return items
}

func put(tb testing.TB, s retention.Store, items ...retention.Item) {
	tb.Helper()
	require.NoError(tb, s.Put(tb.Context(), items...), "Put")
}

func of(tb testing.TB, s retention.Store, who consent.Subject) []retention.Item {
	tb.Helper()
	items, err := s.Of(tb.Context(), who)
	require.NoError(tb, err, "Of")
	return items
}

// only returns the one item that the person has.
func only(tb testing.TB, s retention.Store, who consent.Subject) retention.Item {
	tb.Helper()
	items := of(tb, s, who)
	require.Len(tb, items, 1, "items of the person")
	return items[0]
}

// hour is a claim of so many items for an hour from a time on.
func hour(now time.Time, limit int) retention.Claim {
	return retention.Claim{Now: now, For: time.Hour, Limit: limit}
}

func take(tb testing.TB, s retention.Store, now time.Time, limit int) []retention.Item {
	tb.Helper()
	items, err := s.Take(tb.Context(), hour(now, limit))
	require.NoError(tb, err, "Take")
	for _, i := range items {
		require.NotEmpty(tb, i.Claim, "an item that was taken names its claim")
		require.NotZero(tb, i.Version, "an item that was taken has a version")
	}
	return items
}

// takeOne takes the one item that is due.
func takeOne(tb testing.TB, s retention.Store, now time.Time) retention.Item {
	tb.Helper()
	items := take(tb, s, now, 10)
	require.Len(tb, items, 1, "items taken")
	return items[0]
}

func settle(tb testing.TB, s retention.Store, done, again []retention.Item) {
	tb.Helper()
	require.NoError(tb, s.Settle(tb.Context(), done, again), "Settle")
}

// same fails unless the items are equal but for Version and Claim, and their times are in UTC.
func same(tb testing.TB, want, got retention.Item) {
	tb.Helper()
	want.Version, want.Claim = got.Version, got.Claim
	if len(want.Attributes) == 0 {
		want.Attributes = got.Attributes[:0:0] // none, however it is written
	}
	if len(got.Attributes) == 0 {
		got.Attributes = want.Attributes
	}
	require.Equal(tb, want, got)
}

// subjects returns whose the items are, in their order.
func subjects(items []retention.Item) []consent.Subject {
	var all []consent.Subject
	for i := range items {
		all = append(all, items[i].Subject)
	}
	return all
}

// cancelled returns a context that has ended.
func cancelled(tb testing.TB) context.Context {
	ctx, cancel := context.WithCancel(tb.Context())
	cancel()
	return ctx
}

// together runs n functions at once and returns their errors.
func together(n int, run func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = run(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// attributes returns the item with these attributes.
func attributes(i retention.Item, all ...purpose.Attribute) retention.Item {
	i.Attributes = slices.Clone(all)
	return i
}
