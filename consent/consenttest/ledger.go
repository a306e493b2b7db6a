package consenttest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/internal/suitetest"
	"github.com/purposebound/purposebound/purpose"
)

const someone consent.Subject = "subject-1"

// ledgerCases are the cases of every ledger.
func ledgerCases() suitetest.Cases[consent.Ledger] {
	return suitetest.Cases[consent.Ledger]{
		{"append-numbers-events-from-one-without-gaps", appendNumbers},
		{"append-conflicts-unless-after-is-the-last-number", appendConflicts},
		{"append-with-any-never-conflicts", appendAny},
		{"append-of-the-same-event-returns-its-number", appendRepeated},
		{"append-of-another-event-with-its-id-is-refused", appendExists},
		{"append-refuses-an-event-that-would-not-come-back", appendInvalid},
		{"append-under-a-cancelled-context-changes-nothing", appendCancelled},
		{"concurrent-appends-lose-nothing", concurrentAppends},
		{"concurrent-conditional-appends-have-one-winner", concurrentConditional},
		{"concurrent-repeats-are-stored-once", concurrentRepeats},
		{"events-come-back-as-appended", eventsEqual},
		{"events-keep-long-and-unusual-text", eventsUnusual},
		{"events-begin-above-after", eventsAfter},
		{"events-of-a-subject-without-any-are-none", eventsNone},
		{"events-are-one-snapshot", eventsSnapshot},
		{"events-are-a-snapshot-while-others-append", eventsWhileAppending},
		{"events-may-be-left-early", eventsBreak},
		{"events-under-a-cancelled-context-end-with-its-error", eventsCancelled},
		{"events-cut-short-end-with-an-error", eventsCutShort},
		{"subjects-are-told-apart", subjectsApart},
		{"event-ids-are-told-apart", idsApart},
		{"invalid-subjects-are-refused", subjectsInvalid},
	}
}

// full returns an event in which no field is zero that can be set.
func full(id string) consent.Event {
	return consent.Event{
		ID: id, Kind: consent.Granted, Purpose: "marketing.newsletter", Policy: "2026-01",
		Time: time.Date(2026, 3, 8, 6, 59, 59, 123456789, time.UTC),
		Act: consent.Act{
			Method: consent.Phone, Language: language.CanadianFrench, Evidence: "recording-77",
			Operations: []purpose.Operation{purpose.Collect + 1, purpose.Collect},
			Until:      time.Date(2027, 3, 8, 6, 59, 59, 1, time.UTC),
			Guardian:   true, Request: "request-9",
		},
		Case: "ticket-3", Actor: purpose.Actor{Role: "support_agent", ID: "agent-5"},
		Occurred:     time.Date(2026, 3, 1, 0, 0, 0, 100, time.UTC),
		Jurisdiction: "CA-QC", Compartment: "hourly/office",
	}
}

// brief returns an event of a kind with little in it.
func brief(id string, kind consent.Kind) consent.Event {
	return consent.Event{ID: id, Kind: kind, Policy: "2026-01", Time: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)}
}

func numbered(i int) string { return fmt.Sprintf("event-%d", i) }

// add appends with Any and fails unless the number is want.
func add(tb testing.TB, l consent.Ledger, s consent.Subject, e consent.Event, want uint64) {
	tb.Helper()
	if seq, err := l.Append(tb.Context(), s, consent.Any, e); err != nil || seq != want {
		tb.Fatalf("Append: number %d, error %v; want number %d", seq, err, want)
	}
}

// fill appends n brief events.
func fill(tb testing.TB, l consent.Ledger, s consent.Subject, n int) {
	tb.Helper()
	for i := range n {
		add(tb, l, s, brief(numbered(i+1), consent.AccountOpened), uint64(i)+1)
	}
}

// collect reads events up to the first error.
func collect(ctx context.Context, l consent.Ledger, s consent.Subject, after uint64) ([]consent.Event, error) {
	var events []consent.Event
	var failed error
	for e, err := range l.Events(ctx, s, after) {
		if failed != nil {
			return events, fmt.Errorf("a pair follows the error %w", failed)
		}
		if err != nil {
			failed = err
			continue
		}
		events = append(events, e)
	}
	return events, failed
}

// read reads events and fails on any error or if they are not numbered from after+1 without a gap.
func read(tb testing.TB, l consent.Ledger, s consent.Subject, after uint64) []consent.Event {
	tb.Helper()
	events, err := collect(tb.Context(), l, s, after)
	if err != nil {
		tb.Fatalf("Events: %v", err)
	}
	for i, e := range events {
		if want := after + uint64(i) + 1; e.Seq != want {
			tb.Fatalf("Events: event %d of the loop has number %d, want %d", i, e.Seq, want)
		}
	}
	return events
}

// holds fails unless the subject's ledger is exactly the events of these ids.
func holds(tb testing.TB, l consent.Ledger, s consent.Subject, ids ...string) {
	tb.Helper()
	var got []string
	for _, e := range read(tb, l, s, 0) {
		got = append(got, e.ID)
	}
	if !slices.Equal(got, ids) {
		tb.Fatalf("the ledger holds the events %q, want %q", got, ids)
	}
}

// refused fails unless err is want.
func refused(tb testing.TB, what string, err, want error) {
	tb.Helper()
	if !errors.Is(err, want) {
		tb.Fatalf("%s: error %v, want %v", what, err, want)
	}
}

func appendNumbers(tb testing.TB, l consent.Ledger) {
	for i := range 5 {
		e := brief(numbered(i), consent.AccountOpened)
		e.Seq = 77 // the ledger assigns the number, whatever the caller left there
		seq, err := l.Append(tb.Context(), someone, uint64(i), e)
		if err != nil || seq != uint64(i)+1 {
			tb.Fatalf("Append after %d: number %d, error %v", i, seq, err)
		}
	}
	holds(tb, l, someone, numbered(0), numbered(1), numbered(2), numbered(3), numbered(4))
}

func appendConflicts(tb testing.TB, l consent.Ledger) {
	attempt := func(after uint64) {
		tb.Helper()
		_, err := l.Append(tb.Context(), someone, after, brief("late", consent.Granted))
		refused(tb, fmt.Sprintf("Append after %d", after), err, consent.ErrConflict)
	}
	attempt(1)
	holds(tb, l, someone)
	fill(tb, l, someone, 2)
	for _, after := range []uint64{0, 1, 3, math.MaxInt64, math.MaxInt64 + 1, consent.Any - 1} {
		attempt(after)
	}
	holds(tb, l, someone, numbered(1), numbered(2))
	if seq, err := l.Append(tb.Context(), someone, 2, brief("late", consent.Granted)); err != nil || seq != 3 {
		tb.Fatalf("Append after the last number: number %d, error %v", seq, err)
	}
}

func appendAny(tb testing.TB, l consent.Ledger) {
	fill(tb, l, someone, 3)
	holds(tb, l, someone, numbered(1), numbered(2), numbered(3))
}

func appendRepeated(tb testing.TB, l consent.Ledger) {
	e := full("repeated")
	add(tb, l, someone, brief("first", consent.Noticed), 1)
	add(tb, l, someone, e, 2)
	add(tb, l, someone, brief("third", consent.Withdrawn), 3)
	for _, after := range []uint64{consent.Any, 0, 1, 2, 3, 4, math.MaxInt64 + 1} {
		again := e
		again.Seq = 9
		again.Time = e.Time.Add(time.Hour)
		again.Act.Until = e.Act.Until.In(time.FixedZone("elsewhere", -5*3600))
		if seq, err := l.Append(tb.Context(), someone, after, again); err != nil || seq != 2 {
			tb.Fatalf("Append of the same event after %d: number %d, error %v; want number 2", after, seq, err)
		}
	}
	holds(tb, l, someone, "first", "repeated", "third")
	if got := read(tb, l, someone, 1)[0]; !got.Time.Equal(e.Time) {
		tb.Fatal("a repeated Append changed the time of the stored event")
	}
}

func appendExists(tb testing.TB, l consent.Ledger) {
	e := full("taken")
	add(tb, l, someone, e, 1)
	changes := map[string]func(*consent.Event){
		"Kind":           func(e *consent.Event) { e.Kind = consent.Refused },
		"Purpose":        func(e *consent.Event) { e.Purpose = "marketing" },
		"Policy":         func(e *consent.Event) { e.Policy = "2026-02" },
		"Act.Method":     func(e *consent.Event) { e.Act.Method = consent.Paper },
		"Act.Language":   func(e *consent.Event) { e.Act.Language = language.French },
		"Act.Evidence":   func(e *consent.Event) { e.Act.Evidence = "" },
		"Act.Operations": func(e *consent.Event) { e.Act.Operations = nil },
		"Act.Until":      func(e *consent.Event) { e.Act.Until = time.Time{} },
		"Act.Guardian":   func(e *consent.Event) { e.Act.Guardian = false },
		"Act.Request":    func(e *consent.Event) { e.Act.Request = "request-8" },
		"Case":           func(e *consent.Event) { e.Case = "ticket-4" },
		"Jurisdiction":   func(e *consent.Event) { e.Jurisdiction = "CA-ON" },
		"Compartment":    func(e *consent.Event) { e.Compartment = "" },
		"Occurred":       func(e *consent.Event) { e.Occurred = e.Occurred.Add(1) },
		"Actor.Role":     func(e *consent.Event) { e.Actor.Role = "clerk" },
		"Actor.ID":       func(e *consent.Event) { e.Actor.ID = "agent-6" },
	}
	for field, change := range changes {
		for _, after := range []uint64{consent.Any, 0, 1} {
			other := full("taken")
			change(&other)
			_, err := l.Append(tb.Context(), someone, after, other)
			refused(tb, "Append of an event that differs in "+field, err, consent.ErrEventExists)
		}
	}
	holds(tb, l, someone, "taken")
	if !read(tb, l, someone, 0)[0].Same(e) {
		tb.Fatal("a refused Append changed the stored event")
	}
}

func appendInvalid(tb testing.TB, l consent.Ledger) {
	for what, change := range map[string]func(*consent.Event){
		"no id":          func(e *consent.Event) { e.ID = "" },
		"a long id":      func(e *consent.Event) { e.ID = strings.Repeat("x", 129) },
		"no kind":        func(e *consent.Event) { e.Kind = 0 },
		"unknown kind":   func(e *consent.Event) { e.Kind = 255 },
		"unknown method": func(e *consent.Event) { e.Act.Method = 255 },
		"blank":          func(e *consent.Event) { e.Blank = true },
		"not UTF-8":      func(e *consent.Event) { e.Act.Evidence = "\xff" },
		"distant time":   func(e *consent.Event) { e.Time = e.Time.AddDate(9000, 0, 0) },
	} {
		e := full("invalid")
		change(&e)
		_, err := l.Append(tb.Context(), someone, consent.Any, e)
		refused(tb, "Append of an event with "+what, err, consent.ErrFormat)
	}
	holds(tb, l, someone)
}

func appendCancelled(tb testing.TB, l consent.Ledger) {
	fill(tb, l, someone, 1)
	ctx, cancel := context.WithCancel(tb.Context())
	cancel()
	_, err := l.Append(ctx, someone, consent.Any, full("cancelled"))
	refused(tb, "Append", err, context.Canceled)
	holds(tb, l, someone, numbered(1))
}

// together runs n functions at once and returns their results in order.
func together(n int, run func(i int) (uint64, error)) ([]uint64, []error) {
	seqs, errs := make([]uint64, n), make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			seqs[i], errs[i] = run(i)
		})
	}
	close(start)
	wg.Wait()
	return seqs, errs
}

func concurrentAppends(tb testing.TB, l consent.Ledger) {
	const n = 100
	ctx := tb.Context()
	seqs, errs := together(n, func(i int) (uint64, error) {
		return l.Append(ctx, someone, consent.Any, brief(numbered(i), consent.Withdrawn))
	})
	if err := errors.Join(errs...); err != nil {
		tb.Fatalf("Append: %v", err)
	}
	events := read(tb, l, someone, 0)
	if len(events) != n {
		tb.Fatalf("%d events are there of %d appended", len(events), n)
	}
	for i, seq := range seqs {
		if seq == 0 || seq > n || events[seq-1].ID != numbered(i) {
			tb.Fatalf("Append returned %d for an event that is not there", seq)
		}
	}
}

func concurrentConditional(tb testing.TB, l consent.Ledger) {
	const writers = 20
	ctx := tb.Context()
	for version := range uint64(5) {
		seqs, errs := together(writers, func(i int) (uint64, error) {
			return l.Append(ctx, someone, version, brief(fmt.Sprintf("event-%d-%d", version, i), consent.Granted))
		})
		winners := 0
		for i, err := range errs {
			switch {
			case err == nil && seqs[i] == version+1:
				winners++
			case !errors.Is(err, consent.ErrConflict):
				tb.Fatalf("Append after %d: number %d, error %v", version, seqs[i], err)
			}
		}
		if winners != 1 {
			tb.Fatalf("%d appends after %d succeeded, want one", winners, version)
		}
		if n := len(read(tb, l, someone, 0)); uint64(n) != version+1 {
			tb.Fatalf("%d events are there, want %d", n, version+1)
		}
	}
}

func concurrentRepeats(tb testing.TB, l consent.Ledger) {
	ctx := tb.Context()
	fill(tb, l, someone, 1)
	seqs, errs := together(20, func(int) (uint64, error) {
		return l.Append(ctx, someone, 1, full("repeated"))
	})
	for i, err := range errs {
		if err != nil || seqs[i] != 2 {
			tb.Fatalf("Append of the same event: number %d, error %v; want number 2", seqs[i], err)
		}
	}
	holds(tb, l, someone, numbered(1), "repeated")
}

// everyKind returns a full and a brief event of every kind there is.
func everyKind() []consent.Event {
	var events []consent.Event
	for k := consent.Kind(1); k.String() != consent.Kind(0).String(); k++ {
		e := full("full-" + k.String())
		e.Kind = k
		events = append(events, e, brief("brief-"+k.String(), k))
	}
	return events
}

// same fails unless got is what was appended, with number seq.
func same(tb testing.TB, got, appended consent.Event, seq uint64) {
	tb.Helper()
	switch {
	case !got.Same(appended):
		tb.Fatalf("event %d: got %+v, want %+v", seq, got, appended)
	case got.Seq != seq:
		tb.Fatalf("event %d has number %d", seq, got.Seq)
	case !got.Time.Equal(appended.Time) || got.Time.Location() != time.UTC:
		tb.Fatalf("event %d: its time is %v, want %v in UTC", seq, got.Time, appended.Time.UTC())
	}
}

func eventsEqual(tb testing.TB, l consent.Ledger) {
	events := everyKind()
	events[0].Time = time.Now() // local, with a monotonic reading
	events[1].Time = time.Date(2026, 7, 1, 12, 0, 0, 999999999, time.FixedZone("elsewhere", 5*3600+1800))
	for i, e := range events {
		add(tb, l, someone, e, uint64(i)+1)
	}
	got := read(tb, l, someone, 0)
	if len(got) != len(events) {
		tb.Fatalf("%d events are there, want %d", len(got), len(events))
	}
	for i, e := range events {
		same(tb, got[i], e, uint64(i)+1)
	}
}

func eventsUnusual(tb testing.TB, l consent.Ledger) {
	long := strings.Repeat("détail ", 2000)
	subject := consent.Subject(strings.Repeat("é", 127) + "x") // 255 bytes
	for i, text := range []string{"'; DROP TABLE x; --", "a\x00b\n\t", "<b>&amp;</b>", "\u2028\U0001F600 e\u0301", `\ "\u0041"`, " ", long} {
		e := full(strings.Repeat("é", 63) + fmt.Sprintf("%02d", i)) // 128 bytes
		e.Purpose, e.Policy = purpose.ID(text), text
		e.Act.Evidence, e.Act.Request, e.Case = text, text, text
		e.Actor = purpose.Actor{Role: purpose.Role(text), ID: text}
		e.Jurisdiction, e.Compartment = purpose.Jurisdiction(text), purpose.Compartment(text)
		add(tb, l, subject, e, uint64(i)+1)
		same(tb, read(tb, l, subject, uint64(i))[0], e, uint64(i)+1)
	}
}

func eventsAfter(tb testing.TB, l consent.Ledger) {
	fill(tb, l, someone, 4)
	for after := range uint64(5) {
		if got := len(read(tb, l, someone, after)); got != int(4-after) {
			tb.Fatalf("Events after %d yields %d events, want %d", after, got, 4-after)
		}
	}
	for _, after := range []uint64{5, math.MaxInt64, math.MaxInt64 + 1, math.MaxUint64} {
		if got := len(read(tb, l, someone, after)); got != 0 {
			tb.Fatalf("Events after %d yields %d events, want none", after, got)
		}
	}
}

func eventsNone(tb testing.TB, l consent.Ledger) {
	fill(tb, l, someone, 1)
	for _, after := range []uint64{0, 1, consent.Any} {
		if got := len(read(tb, l, "nobody", after)); got != 0 {
			tb.Fatalf("Events of a subject without any yields %d", got)
		}
	}
}

func eventsSnapshot(tb testing.TB, l consent.Ledger) {
	fill(tb, l, someone, 3)
	var got []string
	for e, err := range l.Events(tb.Context(), someone, 0) {
		if err != nil {
			tb.Fatalf("Events: %v", err)
		}
		got = append(got, e.ID)
		add(tb, l, someone, brief("during-"+e.ID, consent.Withdrawn), uint64(3+len(got)))
	}
	if want := []string{numbered(1), numbered(2), numbered(3)}; !slices.Equal(got, want) {
		tb.Fatalf("Events yields %q, want what was there when the loop began: %q", got, want)
	}
}

func eventsWhileAppending(tb testing.TB, l consent.Ledger) {
	const n = 60
	ctx := tb.Context()
	acknowledged := make(chan uint64, n)
	failed := make(chan error, 1)
	go func() {
		defer close(acknowledged)
		for i := range n {
			seq, err := l.Append(ctx, someone, consent.Any, brief(numbered(i+1), consent.Withdrawn))
			if err != nil {
				failed <- err
				return
			}
			acknowledged <- seq
		}
	}()
	for seq := range acknowledged {
		events := read(tb, l, someone, 0)
		if uint64(len(events)) < seq {
			tb.Fatalf("Events yields %d events after number %d was acknowledged", len(events), seq)
		}
		for i, e := range events {
			if e.ID != numbered(i+1) {
				tb.Fatalf("event %d is %s", i+1, e.ID)
			}
		}
	}
	select {
	case err := <-failed:
		tb.Fatalf("Append: %v", err)
	default:
	}
}

func eventsBreak(tb testing.TB, l consent.Ledger) {
	fill(tb, l, someone, 3)
	events := l.Events(tb.Context(), someone, 0)
	for stop := range 3 {
		seen := 0
		for _, err := range events {
			if err != nil {
				tb.Fatalf("Events: %v", err)
			}
			if seen++; seen > stop {
				break
			}
		}
		if seen != stop+1 {
			tb.Fatalf("a loop over the same Events saw %d events, want %d", seen, stop+1)
		}
	}
	add(tb, l, someone, brief(numbered(4), consent.Withdrawn), 4)
	holds(tb, l, someone, numbered(1), numbered(2), numbered(3), numbered(4))
}

func eventsCancelled(tb testing.TB, l consent.Ledger) {
	fill(tb, l, someone, 2)
	ctx, cancel := context.WithCancel(tb.Context())
	cancel()
	for _, s := range []consent.Subject{someone, "nobody"} {
		_, err := collect(ctx, l, s, 0)
		refused(tb, "Events", err, context.Canceled)
	}
}

func eventsCutShort(tb testing.TB, l consent.Ledger) {
	const n = 20
	fill(tb, l, someone, n)
	ctx, cancel := context.WithCancel(tb.Context())
	defer cancel()
	seen, failed := 0, false
	for _, err := range l.Events(ctx, someone, 0) {
		if err != nil {
			failed = true
			continue
		}
		seen++
		cancel()
	}
	if seen < n && !failed {
		tb.Fatalf("Events yields %d of %d events and no error", seen, n)
	}
}

// lookalikes are texts that databases are known to confuse.
func lookalikes() []string {
	return []string{
		"abc", "ABC", "Abc", "abc.", "abc%", "abc_", "ab%", "ab_", "%", "_", "*", "abc\\", "abc'", `abc"`,
		"abç", "ab\u0063\u0327", "abß", "abss", "Ⅷ", "VIII", "ABİ", "abi", "abı", "ａｂｃ", "1", "01", "1.0", "1e0", "0x1",
		"null", "NULL", "abc\u200b", "\U0001F600", "\U0001F601",
	}
}

func subjectsApart(tb testing.TB, l consent.Ledger) {
	for _, text := range lookalikes() {
		e := brief("the-same-id", consent.Noticed)
		e.Policy = text
		add(tb, l, consent.Subject(text), e, 1)
	}
	for _, text := range lookalikes() {
		events := read(tb, l, consent.Subject(text), 0)
		if len(events) != 1 || events[0].Policy != text {
			tb.Fatalf("the ledger of subject %q holds %d events, or another's", text, len(events))
		}
	}
}

func idsApart(tb testing.TB, l consent.Ledger) {
	ids := append(lookalikes(), "abc ", " abc", "abc\t", "abc\n", "ABC ")
	for i, id := range ids {
		add(tb, l, someone, brief(id, consent.Noticed), uint64(i)+1)
	}
	holds(tb, l, someone, ids...)
}

func subjectsInvalid(tb testing.TB, l consent.Ledger) {
	for _, s := range []consent.Subject{"", "a b", "a@b", "a\n", "\xff", consent.Subject(strings.Repeat("x", 256))} {
		_, err := l.Append(tb.Context(), s, consent.Any, full("event"))
		refused(tb, "Append to an invalid subject", err, consent.ErrSubject)
		_, err = collect(tb.Context(), l, s, 0)
		refused(tb, "Events of an invalid subject", err, consent.ErrSubject)
	}
}
