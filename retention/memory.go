package retention

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/purposebound/purposebound/consent"
)

// Memory is a [Store] in memory, for tests and demonstrations. The zero Memory is ready for use. It is safe for concurrent use.
type Memory struct {
	mu      sync.Mutex
	items   map[Key]*kept
	claims  uint64
	changes uint64 // counts them all: so no item has a Version again, even if it was removed in between
}

type kept struct {
	Item
	until time.Time // of the claim
}

var _ Store = (*Memory)(nil)

// Put implements [Agenda].
func (m *Memory) Put(ctx context.Context, items ...Item) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for i := range items {
		if !items[i].Storable() {
			return ErrItem
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.items == nil {
		m.items = make(map[Key]*kept)
	}
	for _, i := range items {
		have := m.items[i.Key()]
		if have == nil {
			i, _ = i.Merge(i)
			m.changes++
			i.Failures, i.Version, i.Claim = 0, m.changes, ""
			have = &kept{Item: i}
			have.utc()
			m.items[i.Key()] = have
			continue
		}
		if merged, changed := have.Merge(i); changed {
			have.Item = merged
			m.changes++
			have.Version = m.changes
			have.utc()
		}
	}
	return nil
}

// Of implements [Agenda].
func (m *Memory) Of(ctx context.Context, s consent.Subject) ([]Item, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []Item
	for _, k := range m.items {
		if k.Subject == s {
			out = append(out, k.copy(""))
		}
	}
	slices.SortFunc(out, compareItems)
	return out, nil
}

// Take implements [Queue].
func (m *Memory) Take(ctx context.Context, c Claim) ([]Item, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if c.Limit <= 0 || c.For <= 0 || c.Now.IsZero() {
		return nil, ErrClaim
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var due []*kept
	for _, k := range m.items {
		if !k.Due.After(c.Now) && (k.Claim == "" || !k.until.After(c.Now)) {
			due = append(due, k)
		}
	}
	slices.SortFunc(due, func(a, b *kept) int { return compareItems(a.Item, b.Item) })
	var out []Item
	m.claims++
	claim := strconv.FormatUint(m.claims, 36)
	for _, k := range due[:min(c.Limit, len(due))] {
		k.Claim, k.until = claim, c.Now.Add(c.For)
		out = append(out, k.copy(claim))
	}
	return out, nil
}

// Settle implements [Queue].
func (m *Memory) Settle(ctx context.Context, done, again []Item) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	settle := func(i Item, over bool) {
		have := m.items[i.Key()]
		if have == nil || i.Claim != have.Claim && i.Claim != "" {
			return
		}
		if i.Claim != "" {
			have.Claim = ""
		}
		if have.Version != i.Version {
			return
		}
		if over {
			delete(m.items, i.Key())
			return
		}
		have.Due, have.Failures = i.Due, i.Failures
		m.changes++
		have.Version = m.changes
		have.utc()
	}
	for _, i := range done {
		settle(i, true)
	}
	for _, i := range again {
		settle(i, false)
	}
	return nil
}

// utc keeps the times as every store gives them back.
func (k *kept) utc() { k.Due, k.Collected = k.Due.Round(0).UTC(), k.Collected.Round(0).UTC() }

func (k *kept) copy(claim string) Item {
	i := k.Item
	i.Claim = claim
	i.Attributes = slices.Clone(i.Attributes)
	return i
}

// Storable reports whether an agenda can store the item; otherwise it is [ErrItem]. It is for implementations of [Agenda].
func (i *Item) Storable() bool {
	year := func(t time.Time) bool { y := t.UTC().Year(); return !t.IsZero() && y >= 1 && y <= 9999 }
	if !i.Subject.Valid() || !year(i.Due) || len(i.Case) > 128 || !utf8.ValidString(i.Case) {
		return false
	}
	if i.Compartment == "" {
		return i.Case == "" && len(i.Attributes) == 0
	}
	return year(i.Collected) && len(i.Attributes) > 0 && !slices.Contains(i.Attributes, "") && len(i.Compartment) <= 2048
}
