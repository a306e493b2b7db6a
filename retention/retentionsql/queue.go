package retentionsql

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/purposebound/purposebound/internal/sqlkit"
	"github.com/purposebound/purposebound/retention"
)

// largest is how many items one claim has at most.
const largest = 100_000

// part is a part of what can be taken.
type part struct {
	where, order string
	args         []any
}

// parts returns what can be taken in two parts, since an index finds each at once: what nobody has claimed, and what claims that ran out had. What others hold is
// not read.
func parts(d sqlkit.Dialect, now []byte) []part {
	unclaimed := part{"claimed_until = ? AND due <= ?", "due", []any{[]byte{}, now}}
	if d == sqlkit.MariaDB {
		// Offered an equality, it may use the index for that alone, and read whatever nobody has claimed.
		unclaimed.where, unclaimed.order = "claimed_until <= ? AND due <= ?", "claimed_until, due"
	}
	return []part{unclaimed, {"claimed_until > ? AND claimed_until <= ? AND due <= ?", "due", []any{[]byte{}, now, now}}}
}

// Take implements [retention.Queue]. One claim has at most 100,000 items. A row that is not what was written is passed over for as long as
// there is anything else to take, and then is [ErrRow].
func (s *Store) Take(ctx context.Context, c retention.Claim) ([]retention.Item, error) {
	if c.Limit <= 0 || c.For <= 0 || c.Now.IsZero() {
		return nil, retention.ErrClaim
	}
	c.Limit = min(c.Limit, largest)
	if s.tables.Closed() {
		return nil, ErrClosed
	}
	there, err := s.peek(ctx, parts(s.tables.Dialect(), stamp(c.Now)))
	if err != nil {
		return nil, fmt.Errorf("retentionsql: take: %w", err)
	}
	if len(there) == 0 {
		return nil, nil
	}
	claim, until := []byte(rand.Text()), stamp(c.Now.Add(c.For))
	var items []retention.Item
	err = s.tables.Write(ctx, func(ctx context.Context, tx *sqlkit.Tx) error {
		items = nil
		passed := false
		for _, p := range there {
			some, broken, err := first(ctx, tx, p, c.Limit)
			if err != nil {
				return err
			}
			items, passed = append(items, some...), passed || broken > 0
		}
		if len(items) == 0 && passed {
			return ErrRow
		}
		ordered(items)
		items = items[:min(len(items), c.Limit)]
		keys := make([][32]byte, len(items))
		for n := range items {
			items[n].Claim = string(claim)
			keys[n] = keyOf(&items[n])
		}
		for some := range slices.Chunk(keys, chunk) {
			query, args := among("UPDATE purposebound_agenda SET claim = ?, claimed_until = ? WHERE item IN ", some, claim, until)
			if _, err := tx.Exec(ctx, query, args...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("retentionsql: take: %w", err)
	}
	return items, nil
}

// peek returns the parts that have something, mostly none. It takes no lock.
func (s *Store) peek(ctx context.Context, all []part) (there []part, err error) {
	query, args := peekQuery(all)
	err = s.tables.Read(ctx, func(rows *sql.Rows) error {
		var n int
		err := rows.Scan(&n)
		there = append(there, all[n])
		return err
	}, query, args...)
	return there, err
}

// peekQuery finds the numbers of the parts that have something. The order is for planners, which might otherwise read the table until they meet what they look for.
func peekQuery(all []part) (query string, args []any) {
	for n, p := range all {
		if n > 0 {
			query += " UNION ALL "
		}
		query += fmt.Sprintf("SELECT * FROM (SELECT %d AS n FROM purposebound_agenda WHERE %s ORDER BY claimed_until, due LIMIT 1) part%d", n, p.where, n)
		args = append(args, p.args...)
	}
	return query, args
}

// query finds what of the part is due longest, and nobody is about to claim.
func (p part) query(d sqlkit.Dialect, limit int) string {
	// The limit is part of the text: not knowing it, a planner takes it for a tenth of the table, and reads all of that.
	query := "SELECT " + columns + " FROM purposebound_agenda WHERE " + p.where + " ORDER BY " + p.order + " LIMIT " + strconv.Itoa(limit)
	if d.Server() {
		query += " FOR UPDATE SKIP LOCKED"
	}
	return query
}

// first returns the first of a part, locked, at most limit, and how many rows before them are not what was written.
func first(ctx context.Context, tx *sqlkit.Tx, p part, limit int) (items []retention.Item, broken int, err error) {
	for window := limit; ; window = limit + 2*broken {
		seen := 0
		items, broken = nil, 0
		err := tx.Each(ctx, func(rows *sql.Rows) error {
			seen++
			r, err := readRow(rows)
			if errors.Is(err, ErrRow) {
				broken++
				return nil
			}
			items = append(items, r.Item)
			return err
		}, p.query(tx.Dialect(), window), p.args...)
		if err != nil || len(items) > 0 || seen < window {
			return items[:min(len(items), limit)], broken, err
		}
	}
}

// Settle implements [retention.Queue].
func (s *Store) Settle(ctx context.Context, done, again []retention.Item) error {
	if s.tables.Closed() {
		return ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	given := make(map[[32]byte][]settled)
	var keys [][32]byte
	add := func(items []retention.Item, over bool) {
		for _, i := range items {
			key := keyOf(&i)
			if given[key] == nil {
				keys = append(keys, key)
			}
			given[key] = append(given[key], settled{i, over})
		}
	}
	add(done, true)
	add(again, false)
	if len(keys) == 0 {
		return nil
	}
	slices.SortFunc(keys, func(a, b [32]byte) int { return bytes.Compare(a[:], b[:]) })
	err := s.tables.Write(ctx, func(ctx context.Context, tx *sqlkit.Tx) error {
		for some := range slices.Chunk(keys, chunk) {
			found, err := locked(ctx, tx, some)
			if err != nil {
				return err
			}
			var over [][32]byte
			var changed []row
			for _, key := range some {
				r, there := found[key]
				if !there {
					continue
				}
				switch r.settle(given[key]) {
				case removed:
					over = append(over, key)
				case altered:
					changed = append(changed, r)
				}
			}
			if err := replace(ctx, tx, changed); err != nil {
				return err
			}
			if len(over) == 0 {
				continue
			}
			query, args := among("DELETE FROM purposebound_agenda WHERE item IN ", over)
			if _, err := tx.Exec(ctx, query, args...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("retentionsql: settle: %w", err)
	}
	return nil
}

// settled is an item as it was settled.
type settled struct {
	item retention.Item
	over bool // it is to be removed
}

// fate is what settling does to a row.
type fate int

const (
	untouched fate = iota
	altered
	removed
)

// settle settles the row, of the same key, as often as it was given.
func (r *row) settle(given []settled) fate {
	now := untouched
	for _, g := range given {
		if g.item.Claim != "" {
			if g.item.Claim != r.Claim {
				continue
			}
			r.free()
			now = altered
		}
		if g.item.Version != r.Version {
			continue
		}
		if g.over {
			return removed
		}
		r.Due, r.Failures = g.item.Due, g.item.Failures
		r.Version++
		now = altered
	}
	return now
}
