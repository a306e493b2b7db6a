package retentionsql

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/internal/sqlkit"
	"github.com/purposebound/purposebound/retention"
)

// Put implements [retention.Agenda]. Where nothing changes it costs one query.
func (s *Store) Put(ctx context.Context, items ...retention.Item) error {
	if s.tables.Closed() {
		return ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	given := make(map[[32]byte]*retention.Item, len(items))
	var keys [][32]byte
	for n := range items {
		i := items[n]
		if !i.Storable() {
			return retention.ErrItem
		}
		key := keyOf(&i)
		have := given[key]
		if have == nil {
			i, _ = i.Merge(i)
			i.Due, i.Collected = i.Due.UTC(), i.Collected.UTC()
			given[key] = &i
			keys = append(keys, key)
			continue
		}
		*have, _ = have.Merge(i)
	}
	if len(keys) == 0 {
		return nil
	}
	slices.SortFunc(keys, func(a, b [32]byte) int { return bytes.Compare(a[:], b[:]) }) // two that put the same wait for each other in one order
	for some := range slices.Chunk(keys, chunk) {
		same, err := s.unchanged(ctx, some, given)
		if err != nil {
			return fmt.Errorf("retentionsql: put: %w", err)
		}
		if same {
			for _, key := range some {
				delete(given, key)
			}
		}
	}
	keys = slices.DeleteFunc(keys, func(key [32]byte) bool { return given[key] == nil })
	if len(keys) == 0 {
		return nil
	}
	err := s.tables.Write(ctx, func(ctx context.Context, tx *sqlkit.Tx) error {
		for some := range slices.Chunk(keys, chunk) {
			if err := put(ctx, tx, some, given); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("retentionsql: put: %w", err)
	}
	return nil
}

// unchanged reports whether the table has all of it already.
func (s *Store) unchanged(ctx context.Context, keys [][32]byte, given map[[32]byte]*retention.Item) (bool, error) {
	same := 0
	query, args := among("SELECT "+columns+" FROM purposebound_agenda WHERE item IN ", keys)
	err := s.tables.Read(ctx, func(rows *sql.Rows) error {
		r, err := readRow(rows)
		if err != nil {
			return err
		}
		if _, changed := r.Merge(*given[r.key]); !changed {
			same++
		}
		return nil
	}, query, args...)
	return same == len(keys), err
}

// put stores or merges. What others insert at the same moment is waited for, and merged with. It costs two statements, or three when something is merged.
func put(ctx context.Context, tx *sqlkit.Tx, keys [][32]byte, given map[[32]byte]*retention.Item) error {
	for missing := keys; len(missing) > 0; {
		found, err := locked(ctx, tx, missing)
		if err != nil {
			return err
		}
		var fresh, merged []row
		var again [][32]byte
		for _, key := range missing {
			r, there := found[key]
			if !there {
				fresh, again = append(fresh, row{Item: *given[key], key: key}), append(again, key)
				continue
			}
			if m, changed := r.Merge(*given[key]); changed {
				r.Item = m
				r.Version++
				merged = append(merged, r)
			}
		}
		if err := replace(ctx, tx, merged); err != nil {
			return err
		}
		stored, err := insert(ctx, tx, fresh)
		if err != nil {
			return err
		}
		if stored {
			return nil
		}
		missing = again // with those that were stored, which merging does not change
	}
	return nil
}

// insert stores rows as new ones, and reports whether there was none of them before. If there was, some of the others may be stored.
func insert(ctx context.Context, tx *sqlkit.Tx, rows []row) (bool, error) {
	if len(rows) == 0 {
		return true, nil
	}
	for n := range rows {
		// It counts from a number by chance: who still has what was removed from here must not take this for it.
		rows[n].Failures, rows[n].Version = 0, 1+rand.Uint64N(1<<62)
		rows[n].free()
	}
	query, args := values(rows)
	if tx.Dialect() != sqlkit.MariaDB {
		query += " ON CONFLICT (item) DO NOTHING"
	}
	result, err := tx.Exec(ctx, query, args...)
	if tx.Dialect() == sqlkit.MariaDB && sqlkit.Duplicate(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == int64(len(rows)), err
}

// replace gives rows, which the transaction has locked, what changes of a row.
func replace(ctx context.Context, tx *sqlkit.Tx, rows []row) error {
	if len(rows) == 0 {
		return nil
	}
	query, args := values(rows)
	conflict, from, end := " ON CONFLICT (item) DO UPDATE SET ", "excluded.", ""
	if tx.Dialect() == sqlkit.MariaDB {
		conflict, from, end = " ON DUPLICATE KEY UPDATE ", "VALUES(", ")"
	}
	query += conflict
	for n, column := range []string{"collected", "attributes", "due", "failures", "version", "claim", "claimed_until"} {
		if n > 0 {
			query += ", "
		}
		query += column + " = " + from + column + end
	}
	_, err := tx.Exec(ctx, query, args...)
	return err
}

// values begins the statement that writes rows.
func values(rows []row) (string, []any) {
	one := "(?" + strings.Repeat(", ?", strings.Count(columns, ",")) + ")"
	var args []any
	for _, r := range rows {
		args = append(args, r.key[:], []byte(r.Subject), []byte(r.Compartment), []byte(r.Case), stamp(r.Collected), pack(r.Attributes), stamp(r.Due),
			int64(r.Failures), int64(r.Version), []byte(r.Claim), r.until)
	}
	return "INSERT INTO purposebound_agenda (" + columns + ") VALUES " + one + strings.Repeat(", "+one, len(rows)-1), args
}

// locked reads rows, which nobody else changes until the transaction ends.
func locked(ctx context.Context, tx *sqlkit.Tx, keys [][32]byte) (map[[32]byte]row, error) {
	query, args := among("SELECT "+columns+" FROM purposebound_agenda WHERE item IN ", keys)
	query += " ORDER BY item"
	if tx.Dialect().Server() {
		query += " FOR UPDATE"
	}
	found := make(map[[32]byte]row)
	return found, tx.Each(ctx, func(rows *sql.Rows) error {
		r, err := readRow(rows)
		found[r.key] = r
		return err
	}, query, args...)
}

// among completes a statement with a list of keys.
func among(statement string, keys [][32]byte, before ...any) (string, []any) {
	args := before
	for n := range keys {
		args = append(args, keys[n][:])
	}
	return statement + "(" + strings.TrimSuffix(strings.Repeat("?, ", len(keys)), ", ") + ")", args
}

// Of implements [retention.Agenda].
func (s *Store) Of(ctx context.Context, subject consent.Subject) ([]retention.Item, error) {
	var items []retention.Item
	err := s.tables.Read(ctx, func(rows *sql.Rows) error {
		r, err := readRow(rows)
		r.Claim = ""
		items = append(items, r.Item)
		return err
	}, "SELECT "+columns+" FROM purposebound_agenda WHERE subject = ?", []byte(subject))
	if err != nil {
		return nil, fmt.Errorf("retentionsql: of: %w", err)
	}
	ordered(items)
	return items, nil
}
