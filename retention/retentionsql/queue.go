package retentionsql

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"slices"
	"strconv"

	"github.com/purposebound/purposebound/internal/sqlkit"
	"github.com/purposebound/purposebound/retention"
)

// largest is how many items one claim has at most.
const largest = 100_000

// Take implements [retention.Queue].
func (s *Store) Take(ctx context.Context, c retention.Claim) ([]retention.Item, error) {
	if c.Limit <= 0 || c.For <= 0 || c.Now.IsZero() {
		return nil, retention.ErrClaim
	}
	if c.Limit > largest {
		return nil, errLimit
	}
	if s.closed.Load() {
		return nil, ErrClosed
	}
	// The table is looked at first without a lock: mostly nothing is due.
	due := 0
	now := stamp(c.Now)
	if err := s.read(ctx, func(rows *sql.Rows) error { return rows.Scan(&due) },
		"SELECT 1 FROM purposebound_agenda WHERE due <= ? AND claimed_until <= ? ORDER BY due LIMIT 1", now, now); err != nil {
		return nil, fmt.Errorf("retentionsql: take: %w", err)
	}
	if due == 0 {
		return nil, nil
	}
	claim := []byte(rand.Text())
	var items []retention.Item
	err := s.writer.Write(ctx, func(ctx context.Context, tx *sqlkit.Tx) error {
		items = nil
		// The limit is part of the text: not knowing it, a planner takes it for a tenth of the table, and reads all of that.
		query := "SELECT " + columns + " FROM purposebound_agenda WHERE due <= ? AND claimed_until <= ? ORDER BY due LIMIT " + strconv.Itoa(c.Limit)
		if tx.Dialect().Server() {
			query += " FOR UPDATE SKIP LOCKED"
		}
		var keys [][32]byte
		rows, err := tx.Query(ctx, query, now, now)
		if err := scan(rows, err, func(rows *sql.Rows) error {
			r, err := readRow(rows)
			r.Claim = string(claim)
			items, keys = append(items, r.Item), append(keys, r.key)
			return err
		}); err != nil {
			return err
		}
		for some := range slices.Chunk(keys, chunk) {
			query, args := among("UPDATE purposebound_agenda SET claim = ?, claimed_until = ? WHERE item IN ", some, claim, stamp(c.Now.Add(c.For)))
			if _, err := tx.Exec(ctx, query, args...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("retentionsql: take: %w", err)
	}
	ordered(items)
	return items, nil
}

// Settle implements [retention.Queue].
func (s *Store) Settle(ctx context.Context, done, again []retention.Item) error {
	if s.closed.Load() {
		return ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	type settled struct {
		item retention.Item
		over bool
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
	err := s.writer.Write(ctx, func(ctx context.Context, tx *sqlkit.Tx) error {
		for some := range slices.Chunk(keys, chunk) {
			found, err := locked(ctx, tx, some)
			if err != nil {
				return err
			}
			var over, free [][32]byte
			for _, key := range some {
				r, there := found[key]
				if !there {
					continue
				}
				for _, g := range given[key] {
					if g.item.Claim != "" && g.item.Claim != r.Claim {
						continue
					}
					same := g.item.Version == r.Version
					switch {
					case same && g.over:
						over = append(over, key)
					case same:
						r.Version++
						r.Claim = freed(r.Claim, g.item.Claim)
						if _, err := tx.Exec(ctx, "UPDATE purposebound_agenda SET due = ?, failures = ?, version = ?, claim = ?, claimed_until = ? WHERE item = ?",
							stamp(g.item.Due), int64(g.item.Failures), int64(r.Version), []byte(r.Claim), until(r), key[:]); err != nil {
							return err
						}
					case g.item.Claim != "":
						r.Claim = ""
						free = append(free, key)
					}
				}
			}
			for _, change := range []struct {
				statement string
				keys      [][32]byte
				args      []any
			}{
				{"DELETE FROM purposebound_agenda WHERE item IN ", over, nil},
				{"UPDATE purposebound_agenda SET claim = ?, claimed_until = ? WHERE item IN ", free, []any{[]byte{}, []byte{}}},
			} {
				if len(change.keys) == 0 {
					continue
				}
				query, args := among(change.statement, change.keys, change.args...)
				if _, err := tx.Exec(ctx, query, args...); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("retentionsql: settle: %w", err)
	}
	return nil
}

// freed is the claim that is left when who held it settles.
func freed(have, settling string) string {
	if settling != "" {
		return ""
	}
	return have
}

func until(r row) []byte {
	if r.Claim == "" {
		return []byte{}
	}
	return r.until
}
