package consentsql

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/internal/sqlkit"
)

// The head and the events of one subject or of several, by one statement and so from one snapshot. Of each two the first is quicker, and has no row
// where there is no event; then the second is asked. A join with the one row of the head costs half of what a scalar subquery does.
const (
	selectOne  = `SELECT h.position, e.envelope, e.payload, e.chain FROM purposebound_head AS h, purposebound_events AS e WHERE e.subject `
	selectNone = `SELECT h.position, e.envelope, e.payload, e.chain FROM purposebound_head AS h LEFT JOIN purposebound_events AS e ON e.subject `
	orderOne   = ` ORDER BY e.seq`

	selectMany     = `SELECT h.position, e.envelope, e.payload, e.chain, e.subject FROM purposebound_head AS h, purposebound_events AS e WHERE e.subject `
	selectManyNone = `SELECT h.position, e.envelope, e.payload, e.chain, e.subject FROM purposebound_head AS h LEFT JOIN purposebound_events AS e ON e.subject `
	orderMany      = ` ORDER BY e.subject, e.seq`
)

// loadSize is how many subjects one statement reads at most.
const loadSize = 1000

// Load is [consent.Clustered.Load], by one statement for every thousand subjects.
func (l *Ledger) Load(ctx context.Context, subjects []consent.Subject, each func(consent.Subject, consent.Record) error) (head uint64, err error) {
	if l.closed.Load() {
		return 0, ErrClosed
	}
	for _, s := range subjects {
		if !s.Valid() {
			return 0, consent.ErrSubject
		}
	}
	head = math.MaxUint64
	for some := range slices.Chunk(subjects, loadSize) {
		at, err := l.load(ctx, some, each)
		if err != nil {
			return 0, fmt.Errorf("consentsql: load: %w", err)
		}
		head = min(head, at)
	}
	return head, nil
}

func (l *Ledger) load(ctx context.Context, subjects []consent.Subject, each func(consent.Subject, consent.Record) error) (head uint64, err error) {
	if l.memory { // only the writer's connection sees it
		for _, s := range subjects {
			rows, err := l.rows(ctx, s, 0, everything)
			if err != nil {
				return 0, err
			}
			for _, r := range rows {
				if len(r.chain) != 32 {
					return 0, consent.ErrChain
				}
				if err := each(s, consent.Record{Envelope: r.envelope, Payload: r.payload, Chain: [32]byte(r.chain)}); err != nil {
					return 0, err
				}
			}
		}
		return 0, nil
	}
	statement, none := selectMany, selectManyNone
	if len(subjects) == 1 {
		statement, none = l.one, l.none
	}
	head, found, err := l.read(ctx, statement, subjects, each)
	if err == nil && !found {
		head, found, err = l.read(ctx, none, subjects, each)
		if err == nil && !found {
			err = consent.ErrLedgerRegressed // the head is missing
		}
	}
	return head, err
}

// read runs one of the two statements. found is false if it has no rows.
func (l *Ledger) read(ctx context.Context, statement string, subjects []consent.Subject, each func(consent.Subject, consent.Record) error) (head uint64, found bool, err error) {
	var rows *sql.Rows
	query, args := l.among(statement, subjects)
	err = sqlkit.Retry(ctx, l.busy, func() error {
		var err error
		rows, err = l.db.QueryContext(ctx, query, args...)
		return err
	})
	if err != nil {
		return 0, false, err
	}
	defer rows.Close()
	of := subjects[0]
	var envelope, payload, chain, subject sql.RawBytes
	into := []any{&head, &envelope, &payload, &chain}
	if len(subjects) > 1 {
		into = append(into, &subject)
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return 0, false, err
		}
		found = true
		if envelope == nil {
			continue // no event
		}
		if len(chain) != 32 {
			return 0, false, consent.ErrChain
		}
		if len(subjects) > 1 && string(of) != string(subject) {
			of = consent.Subject(subject)
		}
		if err := each(of, consent.Record{Envelope: envelope, Payload: payload, Chain: [32]byte(chain)}); err != nil {
			return 0, false, err
		}
	}
	return head, found, rows.Err()
}

// among returns the statement for the subjects, in the database's own way of asking for many.
func (l *Ledger) among(statement string, subjects []consent.Subject) (query string, args []any) {
	if len(subjects) == 1 {
		return statement, []any{l.key(string(subjects[0]))}
	}
	switch l.dialect {
	case sqlkit.PostgreSQL:
		var list strings.Builder
		for i, s := range subjects {
			if i > 0 {
				list.WriteByte(',')
			}
			list.WriteString(`"\\x`)
			list.WriteString(hex.EncodeToString([]byte(s)))
			list.WriteByte('"')
		}
		return statement + "= ANY($1::text::bytea[])" + orderMany, []any{"{" + list.String() + "}"}
	case sqlkit.SQLite:
		list, _ := json.Marshal(subjects) // texts, and valid UTF-8
		return statement + "IN (SELECT value FROM json_each(?))" + orderMany, []any{string(list)}
	}
	for _, s := range subjects {
		args = append(args, []byte(s))
	}
	return statement + "IN (?" + strings.Repeat(", ?", len(subjects)-1) + ")" + orderMany, args
}
