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

// The head and the events of subjects, by one statement and so from one snapshot. The first is quicker and has no row where there is no event;
// then the second is asked.
const (
	selectLoad = `SELECT (SELECT position FROM purposebound_head), e.subject, e.seq, e.id, e.envelope, e.payload, e.chain
		FROM purposebound_events AS e WHERE e.subject `
	selectNone = `SELECT h.position, e.subject, e.seq, e.id, e.envelope, e.payload, e.chain
		FROM purposebound_head AS h LEFT JOIN purposebound_events AS e ON e.subject `
	orderLoad = ` ORDER BY e.subject, e.seq`
)

// loadSize is how many subjects one statement reads at most.
const loadSize = 1000

// Load is [consent.Clustered.Load], by one statement for every thousand subjects.
func (l *Ledger) Load(ctx context.Context, subjects []consent.Subject, each func(consent.Subject, consent.Event) error) (head uint64, err error) {
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

func (l *Ledger) load(ctx context.Context, subjects []consent.Subject, each func(consent.Subject, consent.Event) error) (head uint64, err error) {
	if l.memory { // only the writer's connection sees it
		for _, s := range subjects {
			for e, err := range l.Events(ctx, s, 0) {
				if err == nil {
					err = each(s, e)
				}
				if err != nil {
					return 0, err
				}
			}
		}
		return 0, nil
	}
	head, found, err := l.read(ctx, selectLoad, subjects, each)
	if err == nil && !found {
		head, found, err = l.read(ctx, selectNone, subjects, each)
		if err == nil && !found {
			err = consent.ErrLedgerRegressed // the head is missing
		}
	}
	return head, err
}

// read runs one of the two statements. found is false if it has no rows.
func (l *Ledger) read(ctx context.Context, statement string, subjects []consent.Subject, each func(consent.Subject, consent.Event) error) (head uint64, found bool, err error) {
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
	var of consent.Subject
	var before [32]byte
	var last uint64
	var r row
	var subject, id sql.RawBytes
	var seq sql.NullInt64
	for rows.Next() {
		var envelope, payload, chain sql.RawBytes
		if err := rows.Scan(&head, &subject, &seq, &id, &envelope, &payload, &chain); err != nil {
			return 0, false, err
		}
		found = true
		if !seq.Valid {
			continue
		}
		if string(of) != string(subject) {
			of = consent.Subject(subject)
			before, last = consent.Root(of), 0
		}
		last++
		r = row{seq: uint64(seq.Int64), id: string(id), envelope: envelope, payload: payload, chain: chain}
		e, err := r.event(last, before)
		if err == nil {
			err = each(of, e)
		}
		if err != nil {
			return 0, false, err
		}
		before = [32]byte(chain)
	}
	return head, found, rows.Err()
}

// among returns the statement for the subjects, in the database's own way of asking for many.
func (l *Ledger) among(statement string, subjects []consent.Subject) (query string, args []any) {
	if len(subjects) == 1 {
		return l.dialect.Rebind(statement + "= ? ORDER BY e.seq"), []any{l.key(string(subjects[0]))}
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
		return statement + "= ANY($1::text::bytea[])" + orderLoad, []any{"{" + list.String() + "}"}
	case sqlkit.SQLite:
		list, _ := json.Marshal(subjects) // texts, and valid UTF-8
		return statement + "IN (SELECT value FROM json_each(?))" + orderLoad, []any{string(list)}
	}
	for _, s := range subjects {
		args = append(args, []byte(s))
	}
	return statement + "IN (?" + strings.Repeat(", ?", len(subjects)-1) + ")" + orderLoad, args
}
