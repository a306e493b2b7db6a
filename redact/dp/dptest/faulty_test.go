package dptest

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/internal/suitetest"
	"github.com/purposebound/purposebound/redact"
	"github.com/purposebound/purposebound/redact/dp"
)

// faulty is a ledger whose methods can be replaced; those that are not are Memory's.
type faulty struct {
	dp.Memory
	account func(f *faulty, ctx context.Context, purpose string, release redact.ReleaseID) (dp.Account, error)
	replace func(f *faulty, ctx context.Context, next dp.Account) error

	mu    sync.Mutex
	count int
	kept  map[string]dp.Account // whatever it is told, and under any sequence
}

func (f *faulty) Account(ctx context.Context, purpose string, release redact.ReleaseID) (dp.Account, error) {
	if f.account == nil {
		return f.Memory.Account(ctx, purpose, release)
	}
	return f.account(f, ctx, purpose, release)
}

func (f *faulty) Replace(ctx context.Context, next dp.Account) error {
	if f.replace == nil {
		return f.Memory.Replace(ctx, next)
	}
	return f.replace(f, ctx, next)
}

// next counts calls.
func (f *faulty) next() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count++
	return f.count
}

// keep stores an account without a question, and returns the one before. read returns the one that is there.
func (f *faulty) keep(a dp.Account) dp.Account {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.kept == nil {
		f.kept = make(map[string]dp.Account)
	}
	before := f.kept[a.Limit.Purpose+"\n"+string(a.Limit.Release)]
	f.kept[a.Limit.Purpose+"\n"+string(a.Limit.Release)] = a
	return before
}

func (f *faulty) read(_ context.Context, purpose string, release redact.ReleaseID) (dp.Account, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.kept[purpose+"\n"+string(release)], nil
}

// altered gives Memory's accounts after change.
func altered(change func(*dp.Account)) *faulty {
	return &faulty{account: func(f *faulty, ctx context.Context, purpose string, release redact.ReleaseID) (dp.Account, error) {
		a, err := f.Memory.Account(ctx, purpose, release)
		change(&a)
		return a, err
	}}
}

// confused takes some budgets for others, and gives back the names that were asked for.
func confused(fold func(string) string) *faulty {
	return &faulty{
		account: func(f *faulty, ctx context.Context, purpose string, release redact.ReleaseID) (dp.Account, error) {
			a, err := f.Memory.Account(ctx, fold(purpose), redact.ReleaseID(fold(string(release))))
			if a.Sequence > 0 {
				a.Limit.Purpose, a.Limit.Release = purpose, release
			}
			return a, err
		},
		replace: func(f *faulty, ctx context.Context, next dp.Account) error {
			next.Limit.Purpose, next.Limit.Release = fold(next.Limit.Purpose), redact.ReleaseID(fold(string(next.Limit.Release)))
			return f.Memory.Replace(ctx, next)
		},
	}
}

// careless compares the sequence and stores the account in two steps, between which others may come.
func careless(compare func(stored, next uint64) bool) func() *faulty {
	return func() *faulty {
		return &faulty{
			account: func(f *faulty, ctx context.Context, purpose string, release redact.ReleaseID) (dp.Account, error) {
				return f.read(ctx, purpose, release)
			},
			replace: func(f *faulty, ctx context.Context, next dp.Account) error {
				stored, _ := f.read(ctx, next.Limit.Purpose, next.Limit.Release)
				if !compare(stored.Sequence, next.Sequence) {
					return dp.ErrConflict
				}
				for range 20 {
					runtime.Gosched()
				}
				f.keep(next)
				return nil
			},
		}
	}
}

// lagging shows, at every so many readings, the account before the one that is stored.
func lagging(every int) func() *faulty {
	return func() *faulty {
		var before dp.Account
		return &faulty{
			account: func(f *faulty, ctx context.Context, purpose string, release redact.ReleaseID) (dp.Account, error) {
				n := f.next()
				f.mu.Lock()
				defer f.mu.Unlock()
				if n%every == 0 && before.Sequence > 0 {
					return before, nil
				}
				return f.Memory.Account(ctx, purpose, release)
			},
			replace: func(f *faulty, ctx context.Context, next dp.Account) error {
				f.mu.Lock()
				defer f.mu.Unlock()
				stored, _ := f.Memory.Account(ctx, next.Limit.Purpose, next.Limit.Release)
				err := f.Memory.Replace(ctx, next)
				if err == nil {
					before = stored
				}
				return err
			},
		}
	}
}

// faults are ledgers that break one promise each, and the cases that have to see it.
var faults = []struct {
	name string
	seen []string
	make func() *faulty
}{
	{"makes what is asked for", []string{"account-of-a-budget-without-one-is-zero"}, func() *faulty {
		return &faulty{account: func(f *faulty, ctx context.Context, purpose string, release redact.ReleaseID) (dp.Account, error) {
			_ = f.Memory.Replace(ctx, first(named(purpose, string(release))))
			return f.Memory.Account(ctx, purpose, release)
		}}
	}},
	{"an error for what is not there", []string{"account-of-a-budget-without-one-is-zero"}, func() *faulty {
		return &faulty{account: func(f *faulty, ctx context.Context, purpose string, release redact.ReleaseID) (dp.Account, error) {
			a, err := f.Memory.Account(ctx, purpose, release)
			if a.Sequence == 0 {
				err = dp.ErrLedger
			}
			return a, err
		}}
	}},
	{"forgets the slack", []string{"account-comes-back-as-it-was-stored"}, func() *faulty { return altered(func(a *dp.Account) { a.Limit.Slack = 0 }) }},
	{"forgets delta", []string{"account-comes-back-as-it-was-stored"}, func() *faulty {
		return altered(func(a *dp.Account) {
			for i := range a.Spent {
				a.Spent[i].Cost.Delta = 0
			}
		})
	}},
	{"single precision", []string{"account-comes-back-as-it-was-stored"}, func() *faulty {
		return altered(func(a *dp.Account) {
			for i := range a.Spent {
				a.Spent[i].Cost.Epsilon = float64(float32(a.Spent[i].Cost.Epsilon))
			}
		})
	}},
	{"cuts names", []string{"account-has-long-names-and-many-costs", "purposes-and-releases-are-told-apart-byte-by-byte"}, func() *faulty {
		return confused(func(s string) string { return s[:min(255, len(s))] })
	}},
	{"cuts what was spent", []string{"account-has-long-names-and-many-costs"}, func() *faulty {
		return altered(func(a *dp.Account) { a.Spent = a.Spent[:min(64, len(a.Spent))] })
	}},
	{"reads although the context has ended", []string{"account-of-a-context-that-has-ended-fails"}, func() *faulty {
		return &faulty{account: func(f *faulty, ctx context.Context, purpose string, release redact.ReleaseID) (dp.Account, error) {
			return f.Memory.Account(context.WithoutCancel(ctx), purpose, release)
		}}
	}},
	{"shares what it has", []string{"account-is-the-callers-own"}, func() *faulty {
		return &faulty{
			account: func(f *faulty, ctx context.Context, purpose string, release redact.ReleaseID) (dp.Account, error) {
				return f.read(ctx, purpose, release)
			},
			replace: func(f *faulty, _ context.Context, next dp.Account) error {
				next.Spent = append([]dp.Spending(nil), next.Spent...)
				f.keep(next)
				return nil
			},
		}
	}},
	{"shows the account before at times", []string{"account-never-goes-back"}, lagging(3)},
	{"shows a sequence before what was spent", []string{"account-never-goes-back"}, func() *faulty {
		return &faulty{account: func(f *faulty, ctx context.Context, purpose string, release redact.ReleaseID) (dp.Account, error) {
			a, err := f.Memory.Account(ctx, purpose, release)
			for range 20 {
				runtime.Gosched()
			}
			later, _ := f.Memory.Account(ctx, purpose, release)
			a.Spent = later.Spent
			return a, err
		}}
	}},
	{"makes an account at any sequence", []string{"replace-makes-an-account-at-sequence-1-only"}, careless(func(stored, next uint64) bool { return stored == 0 || stored == next-1 })},
	{"makes an account again", []string{"replace-conflicts-unless-the-sequence-before-is-stored"}, careless(func(stored, next uint64) bool { return next == 1 || stored == next-1 })},
	{"replaces what is older", []string{"replace-conflicts-unless-the-sequence-before-is-stored"}, careless(func(stored, next uint64) bool { return stored < next })},
	{"replaces by the same sequence", []string{"replace-conflicts-unless-the-sequence-before-is-stored"}, careless(func(stored, next uint64) bool { return stored == next || stored == next-1 })},
	{"is silent about a conflict", []string{"replace-conflicts-unless-the-sequence-before-is-stored", "replace-makes-an-account-at-sequence-1-only"}, func() *faulty {
		return &faulty{replace: func(f *faulty, ctx context.Context, next dp.Account) error {
			if err := f.Memory.Replace(ctx, next); !errors.Is(err, dp.ErrConflict) {
				return err
			}
			return nil
		}}
	}},
	{"has another error for a conflict", []string{"replace-conflicts-unless-the-sequence-before-is-stored"}, func() *faulty {
		return &faulty{replace: func(f *faulty, ctx context.Context, next dp.Account) error {
			if err := f.Memory.Replace(ctx, next); !errors.Is(err, dp.ErrConflict) {
				return err
			}
			return dp.ErrLedger
		}}
	}},
	{"stores any account", []string{"replace-of-a-malformed-account-changes-nothing"}, careless(func(stored, next uint64) bool { return stored == next-1 })},
	{"calls what is malformed a conflict", []string{"replace-of-a-malformed-account-changes-nothing"}, func() *faulty {
		return &faulty{replace: func(f *faulty, ctx context.Context, next dp.Account) error {
			err := f.Memory.Replace(ctx, next)
			if errors.Is(err, dp.ErrLedger) {
				return dp.ErrConflict
			}
			return err
		}}
	}},
	{"stores although the context has ended", []string{"replace-of-a-context-that-has-ended-changes-nothing"}, func() *faulty {
		return &faulty{replace: func(f *faulty, ctx context.Context, next dp.Account) error {
			return errors.Join(f.Memory.Replace(context.WithoutCancel(ctx), next), ctx.Err())
		}}
	}},
	{"is silent about a context that has ended", []string{"replace-of-a-context-that-has-ended-changes-nothing"}, func() *faulty {
		return &faulty{replace: func(f *faulty, ctx context.Context, next dp.Account) error {
			if ctx.Err() != nil {
				return nil
			}
			return f.Memory.Replace(ctx, next)
		}}
	}},
	{"keeps what it was given", []string{"replace-keeps-nothing-of-what-it-was-given"}, careless(func(stored, next uint64) bool { return stored == next-1 })},
	{"folds case", []string{"purposes-and-releases-are-told-apart-byte-by-byte"}, func() *faulty { return confused(strings.ToLower) }},
	{"trims blanks", []string{"purposes-and-releases-are-told-apart-byte-by-byte"}, func() *faulty { return confused(strings.TrimSpace) }},
	{"ends names at a zero byte", []string{"purposes-and-releases-are-told-apart-byte-by-byte"}, func() *faulty {
		return confused(func(s string) string { before, _, _ := strings.Cut(s, "\x00"); return before })
	}},
	{"has a budget for each purpose", []string{"purposes-and-releases-are-told-apart-byte-by-byte", "budgets-apart-spend-apart"}, func() *faulty {
		return &faulty{
			account: func(f *faulty, ctx context.Context, purpose string, release redact.ReleaseID) (dp.Account, error) {
				a, err := f.Memory.Account(ctx, purpose, "all")
				if a.Sequence > 0 {
					a.Limit.Release = release
				}
				return a, err
			},
			replace: func(f *faulty, ctx context.Context, next dp.Account) error {
				next.Limit.Release = "all"
				return f.Memory.Replace(ctx, next)
			},
		}
	}},
	{"joins names", []string{"purposes-and-releases-are-told-apart-byte-by-byte"}, func() *faulty {
		return &faulty{
			account: func(f *faulty, ctx context.Context, purpose string, release redact.ReleaseID) (dp.Account, error) {
				if purpose+string(release) == "" {
					return dp.Account{}, nil
				}
				a, err := f.Memory.Account(ctx, purpose+string(release), "joined")
				if a.Sequence > 0 {
					a.Limit.Purpose, a.Limit.Release = purpose, release
				}
				return a, err
			},
			replace: func(f *faulty, ctx context.Context, next dp.Account) error {
				if next.Limit.Purpose != "" && next.Limit.Release != "" {
					next.Limit.Purpose, next.Limit.Release = next.Limit.Purpose+string(next.Limit.Release), "joined"
				}
				return f.Memory.Replace(ctx, next)
			},
		}
	}},
	{"looks and then stores", []string{
		"one-of-many-makes-an-account", "one-of-many-replaces-an-account", "budgets-together-spend-what-there-is-and-no-more",
	}, careless(func(stored, next uint64) bool { return stored == next-1 })},
	{"shows the account before", []string{"whoever-lost-sees-what-won", "account-never-goes-back"}, lagging(1)},
	{"grants what it did not store", []string{"budgets-together-spend-what-there-is-and-no-more", "budgets-apart-spend-apart"}, func() *faulty {
		return &faulty{replace: func(f *faulty, ctx context.Context, next dp.Account) error {
			if f.next()%5 == 0 && next.Sequence > 1 {
				return nil
			}
			return f.Memory.Replace(ctx, next)
		}}
	}},
}

// Each fault is seen by the cases that are there for it, and a ledger without one passes them all.
func TestCasesSeeFaults(t *testing.T) {
	t.Parallel()
	run := make(map[string]func(testing.TB, dp.Ledger))
	for _, c := range cases() {
		require.NotContains(t, run, c.Name)
		run[c.Name] = c.Run
		assert.False(t, suitetest.Fails[dp.Ledger](t, c.Run, new(faulty)), "%s fails without a fault", c.Name)
	}
	// What the careless ones compare wrongly is what is seen of them, and not that they compare carelessly.
	right := careless(func(stored, next uint64) bool { return stored == next-1 })
	for _, name := range []string{"replace-makes-an-account-at-sequence-1-only", "replace-conflicts-unless-the-sequence-before-is-stored"} {
		assert.False(t, suitetest.Fails[dp.Ledger](t, run[name], right()), name)
	}
	caught := make(map[string]bool)
	var mu sync.Mutex
	t.Cleanup(func() {
		for name := range run {
			assert.True(t, caught[name], "%s has seen no fault", name)
		}
	})
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			for _, name := range f.seen {
				c, ok := run[name]
				require.True(t, ok, name)
				seen := false
				for range 50 { // a race is not lost every time
					if seen = suitetest.Fails[dp.Ledger](t, c, f.make()); seen {
						break
					}
				}
				assert.True(t, seen, "%s passes", name)
				mu.Lock()
				caught[name] = caught[name] || seen
				mu.Unlock()
			}
		})
	}
}
