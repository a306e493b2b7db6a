package consenttest

import (
	"context"
	"testing"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/internal/suitetest"
)

// redactorCases are the cases of ledgers that are a [consent.Redactor].
func redactorCases() suitetest.Cases[consent.Ledger] {
	return suitetest.Cases[consent.Ledger]{
		{"redact-blanks-payloads-and-keeps-proofs", redactBlanks},
		{"redact-stops-at-its-number", redactThrough},
		{"redact-leaves-other-subjects-alone", redactOthers},
		{"redact-keeps-the-chain", redactChain},
		{"redact-may-be-repeated", redactRepeated},
		{"redact-under-a-cancelled-context-changes-nothing", redactCancelled},
		{"redact-refuses-invalid-subjects", redactInvalid},
		{"redact-leaves-holds-and-erasures-known", redactRestraints},
	}
}

// proof says which kinds the contract spares.
func proof(k consent.Kind) bool {
	return k == consent.Noticed || k == consent.Granted || k == consent.Refused || k == consent.Withdrawn
}

func redact(tb testing.TB, l consent.Ledger, s consent.Subject, through uint64) {
	tb.Helper()
	if err := l.(consent.Redactor).Redact(tb.Context(), s, through); err != nil {
		tb.Fatalf("Redact: %v", err)
	}
}

// all appends an event of every kind and returns them.
func all(tb testing.TB, l consent.Ledger, s consent.Subject) []consent.Event {
	tb.Helper()
	events := everyKind()
	for i, e := range events {
		add(tb, l, s, e, uint64(i)+1)
	}
	return events
}

// blanked fails unless exactly the events up to through that prove nothing are blank, and all else is as appended.
func blanked(tb testing.TB, l consent.Ledger, s consent.Subject, events []consent.Event, through uint64) {
	tb.Helper()
	got := read(tb, l, s, 0)
	if len(got) != len(events) {
		tb.Fatalf("%d events are there after Redact, want %d", len(got), len(events))
	}
	for i, e := range events {
		want := e
		if uint64(i) < through && !proof(e.Kind) {
			want = consent.Event{ID: e.ID, Kind: e.Kind, Purpose: e.Purpose, Policy: e.Policy, Time: e.Time, Blank: true}
		}
		same(tb, got[i], want, uint64(i)+1)
	}
}

func redactBlanks(tb testing.TB, l consent.Ledger) {
	events := all(tb, l, someone)
	redact(tb, l, someone, consent.Any)
	blanked(tb, l, someone, events, uint64(len(events)))
}

func redactThrough(tb testing.TB, l consent.Ledger) {
	events := all(tb, l, someone)
	for _, through := range []uint64{0, 1, 3, 4, uint64(len(events)) - 1} {
		redact(tb, l, someone, through)
		blanked(tb, l, someone, events, through)
	}
}

func redactOthers(tb testing.TB, l consent.Ledger) {
	all(tb, l, "subject_1")
	events := all(tb, l, "subject%1")
	redact(tb, l, "subject_1", consent.Any)
	blanked(tb, l, "subject%1", events, 0)
}

func redactChain(tb testing.TB, l consent.Ledger) {
	events := all(tb, l, someone)
	redact(tb, l, someone, consent.Any)
	n := uint64(len(events))
	if seq, err := l.Append(tb.Context(), someone, n, full("afterwards")); err != nil || seq != n+1 {
		tb.Fatalf("Append after Redact: number %d, error %v", seq, err)
	}
	for i, e := range events {
		if !proof(e.Kind) {
			continue
		}
		if seq, err := l.Append(tb.Context(), someone, 0, e); err != nil || seq != uint64(i)+1 {
			tb.Fatalf("repeated Append of a kept event: number %d, error %v; want number %d", seq, err, i+1)
		}
	}
	blanked(tb, l, someone, append(events, full("afterwards")), n)
}

func redactRepeated(tb testing.TB, l consent.Ledger) {
	events := all(tb, l, someone)
	redact(tb, l, "nobody", consent.Any)
	redact(tb, l, someone, consent.Any)
	redact(tb, l, someone, consent.Any)
	redact(tb, l, someone, 1)
	blanked(tb, l, someone, events, uint64(len(events)))
	if got := len(read(tb, l, "nobody", 0)); got != 0 {
		tb.Fatalf("Redact of a subject without events made %d", got)
	}
}

func redactCancelled(tb testing.TB, l consent.Ledger) {
	events := all(tb, l, someone)
	ctx, cancel := context.WithCancel(tb.Context())
	cancel()
	refused(tb, "Redact", l.(consent.Redactor).Redact(ctx, someone, consent.Any), context.Canceled)
	blanked(tb, l, someone, events, 0)
}

func redactInvalid(tb testing.TB, l consent.Ledger) {
	for _, s := range []consent.Subject{"", "a b", "a@b"} {
		refused(tb, "Redact of an invalid subject", l.(consent.Redactor).Redact(tb.Context(), s, 1), consent.ErrSubject)
	}
}
