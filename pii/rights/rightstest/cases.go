package rightstest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/rights"
	"github.com/purposebound/purposebound/purpose"
)

const (
	someone consent.Subject = "person-1"
	another consent.Subject = "person-2"
)

var noon = time.Date(2026, time.March, 3, 12, 0, 0, 123456789, time.UTC)

// Tokens of a form that stores must keep; the keys they were sealed under are nowhere.
const (
	contactToken = "AQABBAECo6ABAQECG8MPxnYT3-PT93kH3nlq-QLd7CthNR3zV-BxEo7bzvLV8tCYOkTHr9xmekdCNMfnK3K2_hNpnNWG8e3nt8XEWJ1OSrU"
	natureToken  = "AQABBQECo6ABAQECG8MPxnYT3-PT93kH3nlq-aWRzT89091plEbhQjE48f2U5LTkbZ2wlnZ0CpEAAmtkcKcpqJ94qlhbOHRQ"
)

// received is the first event of a request, with every field that one has.
func received(tb testing.TB, id string) rights.Event {
	tb.Helper()
	var contact pii.Sealed[rights.Contact]
	var nature pii.Sealed[rights.Nature]
	require.NoError(tb, contact.UnmarshalText([]byte(contactToken)))
	require.NoError(tb, nature.UnmarshalText([]byte(natureToken)))
	return rights.Event{
		Request: id, Kind: rights.Received, Time: noon, By: purpose.Actor{Role: "clerk", ID: "c-1"}, Evidence: "letter-1",
		Intake: &rights.Intake{
			Kind: rights.Access, Channel: rights.Mail, Assurance: rights.Authenticated, Standing: rights.Guardian, Authority: "judgment-1", Received: noon.Add(-time.Hour),
			Language: language.CanadianFrench, Recourse: purpose.Period{Years: 1, Months: 2, Days: 3}, Contact: contact, Nature: nature,
		},
		Deadline: noon.AddDate(0, 0, 30), Alarm: noon.AddDate(0, 0, 23),
	}
}

// later is the n-th event after the first.
func later(id string, n int) rights.Event {
	return rights.Event{Request: id, Kind: rights.Held, Time: noon.Add(time.Duration(n) * time.Second), By: purpose.Actor{Role: "rights", ID: fmt.Sprint("desk-", n)}}
}

func add(tb testing.TB, s rights.Store, of consent.Subject, after int, e rights.Event, look time.Time) {
	tb.Helper()
	require.NoError(tb, s.Append(tb.Context(), of, after, e, look))
}

// text is an event as a store may keep it. It tells all events apart that are different.
func text(tb testing.TB, events ...rights.Event) []string {
	tb.Helper()
	out := []string{}
	for _, e := range events {
		b, err := json.Marshal(e)
		require.NoError(tb, err)
		out = append(out, string(b))
	}
	return out
}

// has fails if the file of a person is another.
func has(tb testing.TB, s rights.Store, of consent.Subject, want ...rights.Event) {
	tb.Helper()
	got, err := s.Events(tb.Context(), of)
	require.NoError(tb, err)
	require.Equal(tb, text(tb, want...), text(tb, got...))
}

func due(tb testing.TB, s rights.Store, by time.Time) (all []consent.Subject) {
	tb.Helper()
	for of, err := range s.Due(tb.Context(), by) {
		require.NoError(tb, err)
		all = append(all, of)
	}
	return all
}

func cancelled(tb testing.TB) context.Context {
	ctx, cancel := context.WithCancel(tb.Context())
	cancel()
	return ctx
}

func appendAdds(tb testing.TB, s rights.Store) {
	first := received(tb, "r-1")
	add(tb, s, someone, 0, first, noon)
	has(tb, s, someone, first)
	add(tb, s, someone, 1, later("r-1", 1), noon)
	add(tb, s, someone, 2, later("r-1", 1), noon) // the same again is another event
	has(tb, s, someone, first, later("r-1", 1), later("r-1", 1))
}

func appendConflicts(tb testing.TB, s rights.Store) {
	first, no := received(tb, "r-1"), later("r-1", 9)
	require.ErrorIs(tb, s.Append(tb.Context(), someone, 1, no, noon.Add(-time.Hour)), rights.ErrConflict)
	has(tb, s, someone)
	add(tb, s, someone, 0, first, noon)
	add(tb, s, someone, 1, later("r-1", 1), noon)
	for _, after := range []int{-1, 0, 1, 3, 1 << 30} {
		require.ErrorIs(tb, s.Append(tb.Context(), someone, after, no, noon.Add(-time.Hour)), rights.ErrConflict, "after %d", after)
	}
	has(tb, s, someone, first, later("r-1", 1))
	require.Empty(tb, due(tb, s, noon.Add(-time.Nanosecond)), "a conflict has set when the file is to be looked at")
	require.Equal(tb, []consent.Subject{someone}, due(tb, s, noon))
}

func appendCopies(tb testing.TB, s rights.Store) {
	e := received(tb, "r-1")
	e.Inform, e.Grounds, e.Assessment = []string{"a"}, []rights.Ground{rights.Inquiry}, &rights.Assessment{Contravenes: rights.Yes}
	want := text(tb, e)
	add(tb, s, someone, 0, e, noon)
	e.Inform[0], e.Grounds[0], e.Assessment.Contravenes, e.Intake.Authority = "b", rights.Accurate, rights.No, "judgment-2"
	got, err := s.Events(tb.Context(), someone)
	require.NoError(tb, err)
	require.Equal(tb, want, text(tb, got...))
}

func appendCancelled(tb testing.TB, s rights.Store) {
	require.Error(tb, s.Append(cancelled(tb), someone, 0, received(tb, "r-1"), noon))
	has(tb, s, someone)
	require.Empty(tb, due(tb, s, noon))
}

// appendTogether has several writers append after the same event, time and again.
func appendTogether(tb testing.TB, s rights.Store) {
	const writers, rounds = 8, 5
	for after := range rounds {
		errs := make([]error, writers)
		var group sync.WaitGroup
		for i := range errs {
			group.Go(func() {
				e := later("r-1", i)
				if after == 0 {
					e = received(tb, "r-1")
				}
				errs[i] = s.Append(tb.Context(), someone, after, e, noon)
			})
		}
		group.Wait()
		stored := 0
		for _, err := range errs {
			if err == nil {
				stored++
				continue
			}
			require.ErrorIs(tb, err, rights.ErrConflict)
		}
		require.Equal(tb, 1, stored, "how many were stored of %d that were appended after the same event", writers)
	}
	got, err := s.Events(tb.Context(), someone)
	require.NoError(tb, err)
	require.Len(tb, got, rounds)
}

func eventsOrder(tb testing.TB, s rights.Store) {
	want := []rights.Event{received(tb, "r-1")}
	add(tb, s, someone, 0, want[0], noon)
	for n := 1; n < 120; n++ {
		want = append(want, later("r-1", 500-n)) // the order is that of appending, whatever the times
		add(tb, s, someone, n, want[n], noon)
	}
	has(tb, s, someone, want...)
}

func eventsFields(tb testing.TB, s rights.Store) {
	grounds := []rights.Ground{}
	for g := rights.OtherPersons; g <= rights.NothingKept; g++ {
		grounds = append(grounds, g)
	}
	want := []rights.Event{received(tb, "r-1")}
	for kind := rights.Held; kind <= rights.Repeated; kind++ {
		e := later("r-1", int(kind))
		e.Kind, e.Evidence, e.Deadline, e.Alarm = kind, "file-7", noon.AddDate(0, 0, 60), noon.AddDate(0, 0, 53)
		switch kind {
		case rights.Corrected:
			e.Attribute, e.Inform = "identity.email", []string{"leger", "acme"}
		case rights.Assessed:
			e.Assessment = &rights.Assessment{Contravenes: rights.No, SeriousInjury: rights.Yes, Outweighs: rights.No, NoMore: rights.Yes}
		case rights.Answered, rights.Refused:
			e.Grounds = grounds
		case rights.Repeated:
			e.Intake = received(tb, "r-1").Intake
		}
		want = append(want, e)
	}
	for i, e := range want {
		add(tb, s, someone, i, e, noon)
	}
	has(tb, s, someone, want...)
}

func eventsUnusual(tb testing.TB, s rights.Store) {
	e := received(tb, "r-1")
	e.Evidence, e.By.ID, e.Intake.Authority = "é “\\\"' %s \u2028\t\x00<&>"+strings.Repeat("𝄞", 200), "o'brien; --", strings.Repeat("x", 2000)
	e.Time = time.Date(9999, time.December, 31, 23, 59, 59, 999999999, time.UTC)
	add(tb, s, someone, 0, e, noon)
	has(tb, s, someone, e)
}

func eventsNone(tb testing.TB, s rights.Store) {
	has(tb, s, someone)
	add(tb, s, another, 0, received(tb, "r-1"), noon)
	has(tb, s, someone)
}

func eventsApart(tb testing.TB, s rights.Store) {
	all := []consent.Subject{someone, another, "PERSON-1", "person-1.", "person", "person-10"}
	for i, of := range all {
		add(tb, s, of, 0, received(tb, fmt.Sprint("r-", i)), noon)
	}
	for i, of := range all {
		has(tb, s, of, received(tb, fmt.Sprint("r-", i)))
	}
	got := due(tb, s, noon)
	slices.Sort(got)
	slices.Sort(all)
	require.Equal(tb, all, got)
}

func eventsCopies(tb testing.TB, s rights.Store) {
	e := received(tb, "r-1")
	e.Inform, e.Grounds = []string{"a"}, []rights.Ground{rights.Inquiry}
	add(tb, s, someone, 0, e, noon)
	got, err := s.Events(tb.Context(), someone)
	require.NoError(tb, err)
	require.Len(tb, got, 1)
	got[0].Inform[0], got[0].Grounds[0], got[0].Intake.Authority, got[0].Request = "b", rights.Accurate, "judgment-2", "r-2"
	has(tb, s, someone, e)
}

func eventsCancelled(tb testing.TB, s rights.Store) {
	add(tb, s, someone, 0, received(tb, "r-1"), noon)
	_, err := s.Events(cancelled(tb), someone)
	require.Error(tb, err)
}

func dueBy(tb testing.TB, s rights.Store) {
	add(tb, s, someone, 0, received(tb, "r-1"), noon)
	require.Empty(tb, due(tb, s, noon.Add(-time.Nanosecond)))
	require.Equal(tb, []consent.Subject{someone}, due(tb, s, noon))
	require.Equal(tb, []consent.Subject{someone}, due(tb, s, noon.In(time.FixedZone("west", -5*3600))), "the hour is another elsewhere, the time is not")
	require.Equal(tb, []consent.Subject{someone}, due(tb, s, noon.AddDate(100, 0, 0)))
}

func dueOrder(tb testing.TB, s rights.Store) {
	looks := map[consent.Subject]time.Duration{"p-1": 3 * time.Hour, "p-2": time.Nanosecond, "p-3": 0, "p-4": 9 * time.Hour, "p-5": time.Hour}
	for of, after := range looks {
		add(tb, s, of, 0, received(tb, "r-1"), noon.Add(after).In(time.FixedZone("somewhere", int(after/time.Minute)*60-7200)))
	}
	require.Equal(tb, []consent.Subject{"p-3", "p-2", "p-5", "p-1"}, due(tb, s, noon.Add(3*time.Hour)))
}

func dueOnce(tb testing.TB, s rights.Store) {
	for n := range 10 {
		e := received(tb, fmt.Sprint("r-", n))
		add(tb, s, someone, n, e, noon.Add(time.Duration(n)))
	}
	require.Equal(tb, []consent.Subject{someone}, due(tb, s, noon.Add(time.Hour)))
	require.Equal(tb, []consent.Subject{someone}, due(tb, s, noon.Add(time.Hour)), "that it was yielded changes nothing")
}

func dueLast(tb testing.TB, s rights.Store) {
	add(tb, s, someone, 0, received(tb, "r-1"), noon)
	add(tb, s, someone, 1, later("r-1", 1), noon.Add(time.Hour))
	require.Empty(tb, due(tb, s, noon), "it was put off")
	add(tb, s, someone, 2, later("r-1", 2), noon.Add(-time.Hour))
	require.Equal(tb, []consent.Subject{someone}, due(tb, s, noon.Add(-time.Hour)), "it was brought forward")
	add(tb, s, someone, 3, later("r-1", 3), time.Time{})
	require.Empty(tb, due(tb, s, noon.AddDate(100, 0, 0)))
}

func dueNever(tb testing.TB, s rights.Store) {
	add(tb, s, someone, 0, received(tb, "r-1"), time.Time{})
	require.Empty(tb, due(tb, s, time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)))
}

func dueStops(tb testing.TB, s rights.Store) {
	for i := range 5 {
		add(tb, s, consent.Subject(fmt.Sprint("p-", i)), 0, received(tb, "r-1"), noon)
	}
	n := 0
	for _, err := range s.Due(tb.Context(), noon) {
		require.NoError(tb, err)
		if n++; n == 2 {
			break
		}
	}
	require.Equal(tb, 2, n)
	require.Len(tb, due(tb, s, noon), 5)
}

// dueMeanwhile does for each person what a desk does: reads the file and appends to it.
func dueMeanwhile(tb testing.TB, s rights.Store) {
	for i := range 20 {
		add(tb, s, consent.Subject(fmt.Sprint("p-", i)), 0, received(tb, "r-1"), noon)
	}
	seen := map[consent.Subject]bool{}
	for of, err := range s.Due(tb.Context(), noon) {
		require.NoError(tb, err)
		require.False(tb, seen[of], "the same person twice")
		seen[of] = true
		has(tb, s, of, received(tb, "r-1"))
		add(tb, s, of, 1, later("r-1", 1), time.Time{})
	}
	require.Len(tb, seen, 20)
	require.Empty(tb, due(tb, s, noon))
}

func dueCancelled(tb testing.TB, s rights.Store) {
	add(tb, s, someone, 0, received(tb, "r-1"), noon)
	var failed error
	for _, err := range s.Due(cancelled(tb), noon) {
		failed = errors.Join(failed, err)
	}
	require.Error(tb, failed)
}
