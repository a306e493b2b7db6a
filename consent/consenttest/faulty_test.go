package consenttest

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/internal/suitetest"
)

// faulty is a ledger whose methods can be replaced one by one; those that are not are Memory's.
type faulty struct {
	consent.Memory
	append func(l *faulty, ctx context.Context, s consent.Subject, after uint64, e consent.Event) (uint64, error)
	events func(l *faulty, ctx context.Context, s consent.Subject, after uint64) iter.Seq2[consent.Event, error]
	redact func(l *faulty, ctx context.Context, s consent.Subject, through uint64) error

	mu    sync.Mutex
	count int
	pair  chan struct{}
}

func (l *faulty) Append(ctx context.Context, s consent.Subject, after uint64, e consent.Event) (uint64, error) {
	if l.append == nil {
		return l.Memory.Append(ctx, s, after, e)
	}
	return l.append(l, ctx, s, after, e)
}

func (l *faulty) Events(ctx context.Context, s consent.Subject, after uint64) iter.Seq2[consent.Event, error] {
	if l.events == nil {
		return l.Memory.Events(ctx, s, after)
	}
	return l.events(l, ctx, s, after)
}

func (l *faulty) Redact(ctx context.Context, s consent.Subject, through uint64) error {
	if l.redact == nil {
		return l.Memory.Redact(ctx, s, through)
	}
	return l.redact(l, ctx, s, through)
}

// next counts calls.
func (l *faulty) next() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count++
	return l.count
}

// altered yields Memory's events after change.
func altered(change func(*consent.Event)) *faulty {
	return &faulty{events: func(l *faulty, ctx context.Context, s consent.Subject, after uint64) iter.Seq2[consent.Event, error] {
		return func(yield func(consent.Event, error) bool) {
			for e, err := range l.Memory.Events(ctx, s, after) {
				if change(&e); !yield(e, err) {
					return
				}
			}
		}
	}}
}

// confused takes some subjects for others.
func confused(fold func(string) string) *faulty {
	return &faulty{
		append: func(l *faulty, ctx context.Context, s consent.Subject, after uint64, e consent.Event) (uint64, error) {
			return l.Memory.Append(ctx, consent.Subject(fold(string(s))), after, e)
		},
		events: func(l *faulty, ctx context.Context, s consent.Subject, after uint64) iter.Seq2[consent.Event, error] {
			return l.Memory.Events(ctx, consent.Subject(fold(string(s))), after)
		},
	}
}

// faults are ledgers that break one promise each, and a case that has to see it.
var faults = []struct {
	name string
	seen string
	make func() *faulty
}{
	{"loses every third event", "append-numbers-events-from-one-without-gaps", func() *faulty {
		return &faulty{append: func(l *faulty, ctx context.Context, s consent.Subject, after uint64, e consent.Event) (uint64, error) {
			if n := l.next(); n%3 == 0 {
				return uint64(n), nil
			}
			return l.Memory.Append(ctx, s, after, e)
		}}
	}},
	{"ignores after", "append-conflicts-unless-after-is-the-last-number", func() *faulty {
		return &faulty{append: func(l *faulty, ctx context.Context, s consent.Subject, _ uint64, e consent.Event) (uint64, error) {
			return l.Memory.Append(ctx, s, consent.Any, e)
		}}
	}},
	{"takes Any for a number", "append-with-any-never-conflicts", func() *faulty {
		return &faulty{append: func(l *faulty, ctx context.Context, s consent.Subject, after uint64, e consent.Event) (uint64, error) {
			if after == consent.Any && l.next() > 1 {
				return 0, consent.ErrConflict
			}
			return l.Memory.Append(ctx, s, after, e)
		}}
	}},
	{"looks at after before the id", "append-of-the-same-event-returns-its-number", func() *faulty {
		return &faulty{append: func(l *faulty, ctx context.Context, s consent.Subject, after uint64, e consent.Event) (uint64, error) {
			if after != consent.Any && after != 3 {
				return 0, consent.ErrConflict
			}
			return l.Memory.Append(ctx, s, after, e)
		}}
	}},
	{"takes the id for the content", "append-of-another-event-with-its-id-is-refused", func() *faulty {
		return &faulty{append: func(l *faulty, ctx context.Context, s consent.Subject, after uint64, e consent.Event) (uint64, error) {
			seq, err := l.Memory.Append(ctx, s, after, e)
			if errors.Is(err, consent.ErrEventExists) {
				return 1, nil
			}
			return seq, err
		}}
	}},
	{"mends events", "append-refuses-an-event-that-would-not-come-back", func() *faulty {
		return &faulty{append: func(l *faulty, ctx context.Context, s consent.Subject, after uint64, e consent.Event) (uint64, error) {
			e.Act.Evidence = strings.ToValidUTF8(e.Act.Evidence, "?")
			return l.Memory.Append(ctx, s, after, e)
		}}
	}},
	{"stores although cancelled", "append-under-a-cancelled-context-changes-nothing", func() *faulty {
		return &faulty{append: func(l *faulty, ctx context.Context, s consent.Subject, after uint64, e consent.Event) (uint64, error) {
			seq, err := l.Memory.Append(context.WithoutCancel(ctx), s, after, e)
			return seq, errors.Join(err, ctx.Err())
		}}
	}},
	{"acknowledges an append that lost a race", "concurrent-appends-lose-nothing", func() *faulty {
		return &faulty{append: func(l *faulty, ctx context.Context, s consent.Subject, after uint64, e consent.Event) (uint64, error) {
			if n := l.next(); n == 50 {
				return 50, nil
			}
			return l.Memory.Append(ctx, s, after, e)
		}}
	}},
	{"checks after outside the lock", "concurrent-conditional-appends-have-one-winner", func() *faulty {
		return &faulty{pair: make(chan struct{}), append: func(l *faulty, ctx context.Context, s consent.Subject, after uint64, e consent.Event) (uint64, error) {
			if events, _ := collect(ctx, &l.Memory, s, 0); after != uint64(len(events)) {
				return 0, consent.ErrConflict
			}
			if n := l.next(); n <= 2 { // the first two meet between the check and the append
				select {
				case l.pair <- struct{}{}:
				case <-l.pair:
				case <-time.After(time.Second): // both were not there in time: the test of the suite will say so
				}
			}
			return l.Memory.Append(ctx, s, consent.Any, e)
		}}
	}},
	{"stores every repeat", "concurrent-repeats-are-stored-once", func() *faulty {
		return &faulty{append: func(l *faulty, ctx context.Context, s consent.Subject, _ uint64, e consent.Event) (uint64, error) {
			if n := l.next(); n > 2 {
				e.ID += "-" + numbered(n)
			}
			return l.Memory.Append(ctx, s, consent.Any, e)
		}}
	}},
	{"cuts times to microseconds", "events-come-back-as-appended", func() *faulty {
		return altered(func(e *consent.Event) { e.Time = e.Time.Truncate(time.Microsecond) })
	}},
	{"forgets the guardian", "events-come-back-as-appended", func() *faulty {
		return altered(func(e *consent.Event) { e.Act.Guardian = false })
	}},
	{"forgets the compartment", "events-come-back-as-appended", func() *faulty {
		return altered(func(e *consent.Event) { e.Compartment = "" })
	}},
	{"forgets the names of what was blanked", "redact-leaves-holds-and-erasures-known", func() *faulty {
		return altered(func(e *consent.Event) {
			if e.Blank {
				e.ID = numbered(int(e.Seq))
			}
		})
	}},
	{"yields local times", "events-come-back-as-appended", func() *faulty {
		return altered(func(e *consent.Event) { e.Time = e.Time.In(time.FixedZone("local", 3600)) })
	}},
	{"cuts long text", "events-keep-long-and-unusual-text", func() *faulty {
		return altered(func(e *consent.Event) { e.Act.Evidence = e.Act.Evidence[:min(255, len(e.Act.Evidence))] })
	}},
	{"begins at after", "events-begin-above-after", func() *faulty {
		return &faulty{events: func(l *faulty, ctx context.Context, s consent.Subject, after uint64) iter.Seq2[consent.Event, error] {
			return l.Memory.Events(ctx, s, max(after, 1)-1)
		}}
	}},
	{"makes a first event", "events-of-a-subject-without-any-are-none", func() *faulty {
		return &faulty{events: func(l *faulty, ctx context.Context, s consent.Subject, after uint64) iter.Seq2[consent.Event, error] {
			_, _ = l.Memory.Append(ctx, s, 0, brief("created", consent.AccountOpened))
			return l.Memory.Events(ctx, s, after)
		}}
	}},
	{"reads on while it yields", "events-are-one-snapshot", func() *faulty {
		return &faulty{events: func(l *faulty, ctx context.Context, s consent.Subject, after uint64) iter.Seq2[consent.Event, error] {
			return func(yield func(consent.Event, error) bool) {
				for range 9 { // to the end, however far it has moved by then
					events, err := collect(ctx, &l.Memory, s, after)
					if err != nil {
						yield(consent.Event{}, err)
						return
					}
					for _, e := range events {
						if after = e.Seq; !yield(e, nil) {
							return
						}
					}
				}
			}
		}}
	}},
	{"shows an append late", "events-are-a-snapshot-while-others-append", func() *faulty {
		return &faulty{events: func(l *faulty, ctx context.Context, s consent.Subject, after uint64) iter.Seq2[consent.Event, error] {
			return func(yield func(consent.Event, error) bool) {
				events, _ := collect(ctx, &l.Memory, s, after)
				for _, e := range events[:max(len(events), 1)-1] {
					if !yield(e, nil) {
						return
					}
				}
			}
		}}
	}},
	{"yields in another order", "append-numbers-events-from-one-without-gaps", func() *faulty {
		return &faulty{events: func(l *faulty, ctx context.Context, s consent.Subject, after uint64) iter.Seq2[consent.Event, error] {
			return func(yield func(consent.Event, error) bool) {
				events, _ := collect(ctx, &l.Memory, s, after)
				slices.Reverse(events)
				for _, e := range events {
					if !yield(e, nil) {
						return
					}
				}
			}
		}}
	}},
	{"yields twice", "append-with-any-never-conflicts", func() *faulty {
		return &faulty{events: func(l *faulty, ctx context.Context, s consent.Subject, after uint64) iter.Seq2[consent.Event, error] {
			return func(yield func(consent.Event, error) bool) {
				for e, err := range l.Memory.Events(ctx, s, after) {
					for range 2 {
						if !yield(e, err) {
							return
						}
					}
				}
			}
		}}
	}},
	{"goes on after the loop was left", "events-may-be-left-early", func() *faulty {
		return &faulty{events: func(l *faulty, ctx context.Context, s consent.Subject, after uint64) iter.Seq2[consent.Event, error] {
			return func(yield func(consent.Event, error) bool) {
				for e, err := range l.Memory.Events(ctx, s, after) {
					yield(e, err)
				}
			}
		}}
	}},
	{"reads although cancelled", "events-under-a-cancelled-context-end-with-its-error", func() *faulty {
		return &faulty{events: func(l *faulty, ctx context.Context, s consent.Subject, after uint64) iter.Seq2[consent.Event, error] {
			return l.Memory.Events(context.WithoutCancel(ctx), s, after)
		}}
	}},
	{"stops silently", "events-cut-short-end-with-an-error", func() *faulty {
		return &faulty{events: func(l *faulty, ctx context.Context, s consent.Subject, after uint64) iter.Seq2[consent.Event, error] {
			return func(yield func(consent.Event, error) bool) {
				for e, err := range l.Memory.Events(ctx, s, after) {
					if err != nil || !yield(e, nil) {
						return
					}
				}
			}
		}}
	}},
	{"folds case", "subjects-are-told-apart", func() *faulty { return confused(strings.ToLower) }},
	{"reads wildcards", "subjects-are-told-apart", func() *faulty {
		return confused(func(s string) string { return strings.ReplaceAll(s, "_", "%") })
	}},
	{"trims event ids", "event-ids-are-told-apart", func() *faulty {
		return &faulty{append: func(l *faulty, ctx context.Context, s consent.Subject, after uint64, e consent.Event) (uint64, error) {
			e.ID = strings.TrimSpace(e.ID)
			return l.Memory.Append(ctx, s, after, e)
		}}
	}},
	{"accepts any subject", "invalid-subjects-are-refused", func() *faulty {
		return confused(func(s string) string {
			if !consent.Subject(s).Valid() {
				return "invalid"
			}
			return s
		})
	}},
	{"redacts nothing", "redact-blanks-payloads-and-keeps-proofs", func() *faulty {
		return &faulty{redact: func(*faulty, context.Context, consent.Subject, uint64) error { return nil }}
	}},
	{"redacts proofs", "redact-blanks-payloads-and-keeps-proofs", func() *faulty {
		return altered(func(e *consent.Event) {
			if e.Seq < 9 {
				*e = consent.Event{ID: e.ID, Seq: e.Seq, Kind: e.Kind, Purpose: e.Purpose, Policy: e.Policy, Time: e.Time, Blank: true}
			}
		})
	}},
	{"redacts all", "redact-stops-at-its-number", func() *faulty {
		return &faulty{redact: func(l *faulty, ctx context.Context, s consent.Subject, _ uint64) error {
			return l.Memory.Redact(ctx, s, consent.Any)
		}}
	}},
	{"redacts everybody alike", "redact-leaves-other-subjects-alone", func() *faulty {
		return &faulty{redact: func(l *faulty, ctx context.Context, s consent.Subject, through uint64) error {
			return errors.Join(l.Memory.Redact(ctx, s, through), l.Memory.Redact(ctx, "subject%1", through))
		}}
	}},
	{"loses the chain with the payload", "redact-keeps-the-chain", func() *faulty {
		var redacted bool
		return &faulty{
			redact: func(l *faulty, ctx context.Context, s consent.Subject, through uint64) error {
				redacted = true
				return l.Memory.Redact(ctx, s, through)
			},
			events: func(l *faulty, ctx context.Context, s consent.Subject, after uint64) iter.Seq2[consent.Event, error] {
				if redacted {
					return func(yield func(consent.Event, error) bool) { yield(consent.Event{}, consent.ErrChain) }
				}
				return l.Memory.Events(ctx, s, after)
			},
		}
	}},
	{"cannot redact twice", "redact-may-be-repeated", func() *faulty {
		return &faulty{redact: func(l *faulty, ctx context.Context, s consent.Subject, through uint64) error {
			if l.next() > 2 {
				return consent.ErrChain
			}
			return l.Memory.Redact(ctx, s, through)
		}}
	}},
	{"redacts although cancelled", "redact-under-a-cancelled-context-changes-nothing", func() *faulty {
		return &faulty{redact: func(l *faulty, ctx context.Context, s consent.Subject, through uint64) error {
			return errors.Join(l.Memory.Redact(context.WithoutCancel(ctx), s, through), ctx.Err())
		}}
	}},
	{"redacts any subject", "redact-refuses-invalid-subjects", func() *faulty {
		return &faulty{redact: func(l *faulty, ctx context.Context, s consent.Subject, through uint64) error {
			if !s.Valid() {
				return nil
			}
			return l.Memory.Redact(ctx, s, through)
		}}
	}},
}

// A suite that has never failed proves nothing: each case must see a fault, and no case may see one where none is.
func TestEveryCaseSeesItsFault(t *testing.T) {
	t.Parallel()
	cases := make(map[string]func(testing.TB, consent.Ledger))
	for _, c := range append(ledgerCases(), redactorCases()...) {
		require.NotContains(t, cases, c.Name, "two cases have one name")
		cases[c.Name] = c.Run
		assert.False(t, suitetest.Fails[consent.Ledger](t, c.Run, new(faulty)), "%s fails a faultless ledger", c.Name)
	}
	unseen := make(map[string]bool)
	for name := range cases {
		unseen[name] = true
	}
	for _, f := range faults {
		require.Contains(t, cases, f.seen)
		assert.True(t, suitetest.Fails[consent.Ledger](t, cases[f.seen], f.make()), "%s does not see a ledger that %s", f.seen, f.name)
		delete(unseen, f.seen)
	}
	assert.Empty(t, unseen, "no planted fault shows that these cases can fail")
}
