package consentsql

import (
	"context"
	"database/sql"
	"fmt"
	"math"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/internal/sqlkit"
)

const selectWithHead = `SELECT h.position, e.seq, e.id, e.envelope, e.payload, e.chain
	FROM purposebound_head AS h LEFT JOIN purposebound_events AS e ON e.subject = ? ORDER BY e.seq`

// Load is [consent.Clustered.Load], by one statement for up to a thousand subjects.
func (l *Ledger) Load(ctx context.Context, subjects []consent.Subject, each func(consent.Subject, consent.Event) error) (head uint64, err error) {
	if l.closed.Load() {
		return 0, ErrClosed
	}
	for _, s := range subjects {
		if !s.Valid() {
			return 0, consent.ErrSubject
		}
	}
	if l.memory {
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
	head = math.MaxUint64
	for _, s := range subjects {
		var at uint64
		var rows []row
		err := sqlkit.Retry(ctx, l.busy, func() error {
			var err error
			at, rows, err = headed(plain{l.db, l.dialect}.Query(ctx, selectWithHead, l.key(string(s))))
			return err
		})
		if err != nil {
			return 0, fmt.Errorf("consentsql: load: %w", err)
		}
		head = min(head, at)
		before := consent.Root(s)
		for i, r := range rows {
			e, err := r.event(uint64(i)+1, before)
			if err == nil {
				err = each(s, e)
			}
			if err != nil {
				return 0, fmt.Errorf("consentsql: load: %w", err)
			}
			before = [32]byte(r.chain)
		}
	}
	return head, nil
}

func headed(result *sql.Rows, err error) (head uint64, rows []row, _ error) {
	if err != nil {
		return 0, nil, err
	}
	defer result.Close()
	any := false
	for result.Next() {
		var r row
		var seq sql.NullInt64
		var id sql.NullString
		if err := result.Scan(&head, &seq, &id, &r.envelope, &r.payload, &r.chain); err != nil {
			return 0, nil, err
		}
		any = true
		if seq.Valid {
			r.seq, r.id = uint64(seq.Int64), id.String
			rows = append(rows, r)
		}
	}
	if err := result.Err(); err != nil {
		return 0, nil, err
	}
	if !any {
		return 0, nil, consent.ErrLedgerRegressed // the head is missing
	}
	return head, rows, nil
}
