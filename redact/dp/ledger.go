package dp

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/purposebound/purposebound/redact"
)

// A Limit is how much may be spent on one release for one purpose. It is fixed when the budget is first opened.
type Limit struct {
	Purpose string           // the id of the purpose the data is used for, a purpose.ID
	Release redact.ReleaseID // the release that the answers belong to
	// Epsilon and Delta are what all answers together may cost.
	Epsilon, Delta float64
	// Slack is the part of Delta that [Advanced] composition may use. If zero, only [Basic] composition is used.
	Slack float64
}

// maxName is the length in bytes of the longest purpose or release.
const maxName = 1024

func isName(s string) bool { return s != "" && len(s) <= maxName && utf8.ValidString(s) }

func (l Limit) check() error {
	if !isName(l.Purpose) || !isName(string(l.Release)) {
		return fmt.Errorf("%w: a budget needs a purpose and a release", ErrIncomplete)
	}
	if err := (Cost{l.Epsilon, l.Delta}).check(); err != nil {
		return err
	}
	if l.Slack != 0 && !(l.Slack >= smallestDelta && l.Slack <= l.Delta) {
		return fmt.Errorf("%w: slack must be zero, or between %g and the delta of the limit", ErrCost, smallestDelta)
	}
	return nil
}

// A Spending is a cost and how many times it was spent.
type Spending struct {
	Cost  Cost
	Times int64 // at least 1
}

func (s Spending) check() error {
	if s.Times < 1 {
		return fmt.Errorf("%w: spent less than once", ErrCost)
	}
	return s.Cost.check()
}

// An Account is what a [Ledger] stores of a budget. Only those who write a Ledger see it, and store its text.
type Account struct {
	Limit Limit
	// Sequence is 1 when the account is opened and grows by 1 with each change.
	Sequence uint64
	// Spent is in the order of ε, then δ, each cost once.
	Spent []Spending
}

// check returns an ErrLedger for an account that this package did not make.
func (a Account) check() error {
	if a.Sequence == 0 || a.Limit.check() != nil {
		return fmt.Errorf("%w: it is malformed", ErrLedger)
	}
	var times uint64
	for i, s := range a.Spent {
		if s.check() != nil || i > 0 && compare(a.Spent[i-1], s) >= 0 {
			return fmt.Errorf("%w: it is malformed", ErrLedger)
		}
		times += uint64(s.Times)
		if times > a.Sequence { // sums of positive int64 below the sequence cannot wrap
			return fmt.Errorf("%w: it is malformed", ErrLedger)
		}
	}
	if times != a.Sequence-1 || !a.fits() {
		return fmt.Errorf("%w: it is malformed", ErrLedger)
	}
	return nil
}

func compare(a, b Spending) int {
	switch {
	case a.Cost.Epsilon < b.Cost.Epsilon, a.Cost.Epsilon == b.Cost.Epsilon && a.Cost.Delta < b.Cost.Delta:
		return -1
	case a.Cost == b.Cost:
		return 0
	}
	return 1
}

// with returns the account after one more spending.
func (a Account) with(c Cost) Account {
	a.Sequence++
	a.Spent = slices.Clone(a.Spent)
	i, found := slices.BinarySearchFunc(a.Spent, Spending{Cost: c}, compare)
	if !found {
		a.Spent = slices.Insert(a.Spent, i, Spending{Cost: c})
	}
	a.Spent[i].Times++
	return a
}

// total returns what was spent, by the composition that gives less within the limit's δ.
func (a Account) total() (Cost, error) {
	basic, err := Basic(a.Spent...)
	if err != nil || a.Limit.Slack == 0 || len(a.Spent) == 0 {
		return basic, err
	}
	advanced, err := Advanced(a.Limit.Slack, a.Spent...)
	if err != nil {
		return Cost{}, err
	}
	if advanced.Epsilon < basic.Epsilon && advanced.Delta <= a.Limit.Delta || basic.Delta > a.Limit.Delta {
		return advanced, nil
	}
	return basic, nil
}

func (a Account) fits() bool {
	total, err := a.total()
	return err == nil && total.Epsilon <= a.Limit.Epsilon && total.Delta <= a.Limit.Delta
}

// A Ledger stores the accounts of budgets, by purpose and release, which it must tell apart byte by byte. It must be safe for concurrent use, and an
// account that Replace has stored must never come back at a lower sequence: a backup that is put back gives away what was spent since. Package dptest
// has a case for what a test can see of this.
type Ledger interface {
	// Account returns the account of a purpose and a release as it was stored, the zero Account if there is none. What is stored and cannot be read must
	// be an error, and so must a context that has ended.
	Account(ctx context.Context, purpose string, release redact.ReleaseID) (Account, error)
	// Replace stores an account durably if the stored one has the sequence before, and if there is none for the sequence 1. Otherwise it must
	// change nothing and return [ErrConflict]. For an account that is malformed it must change nothing and return [ErrLedger], and for a context that has
	// ended its error. It must not keep next.Spent, which the caller may change. After any other error the account may or may not have been stored.
	Replace(ctx context.Context, next Account) error
}

// Memory is a [Ledger] for tests: what it holds ends with the process, and the next process spends the same budget again.
// The zero Memory is ready to use. It must not be copied.
type Memory struct {
	mu       sync.Mutex
	accounts map[name]Account
}

type name struct {
	purpose string
	release redact.ReleaseID
}

var _ Ledger = (*Memory)(nil)

// Account implements [Ledger].
func (m *Memory) Account(ctx context.Context, purpose string, release redact.ReleaseID) (Account, error) {
	if err := ctx.Err(); err != nil {
		return Account{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.accounts[name{purpose, release}]
	a.Spent = slices.Clone(a.Spent)
	return a, nil
}

// Replace implements [Ledger].
func (m *Memory) Replace(ctx context.Context, next Account) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := next.check(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	n := name{next.Limit.Purpose, next.Limit.Release}
	if m.accounts[n].Sequence != next.Sequence-1 {
		return ErrConflict
	}
	if m.accounts == nil {
		m.accounts = map[name]Account{}
	}
	next.Spent = slices.Clone(next.Spent)
	m.accounts[n] = next
	return nil
}
