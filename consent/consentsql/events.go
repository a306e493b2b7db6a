package consentsql

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"math"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/internal/sqlkit"
)

const selectEvents = `SELECT seq, id, envelope, payload, chain FROM purposebound_events
	WHERE subject = ? AND seq >= ? ORDER BY seq`

// row is one stored event.
type row struct {
	seq      uint64
	id       string
	envelope []byte
	payload  []byte // nil: blanked
	chain    []byte
}

// event returns the row's event, which must have number seq and follow the chain before.
func (r row) event(seq uint64, before [32]byte) (consent.Event, error) {
	if len(r.chain) != 32 || r.seq != seq {
		return consent.Event{}, consent.ErrChain
	}
	e, err := consent.Decode(consent.Record{Envelope: r.envelope, Payload: r.payload, Chain: [32]byte(r.chain)}, before)
	if err == nil && (e.Seq != seq || e.ID != r.id) {
		err = consent.ErrChain
	}
	return e, err
}

// Events yields the subject's events with a number above after, as [consent.Ledger] says. All of them are read by one
// statement when the loop begins and are checked and decoded one by one in the loop. So no connection is held and no
// snapshot is pinned while the loop runs, it may call the ledger's other methods, and it takes memory for the
// subject's rows. With after above 0, the chain is checked from that event on.
func (l *Ledger) Events(ctx context.Context, s consent.Subject, after uint64) iter.Seq2[consent.Event, error] {
	return func(yield func(consent.Event, error) bool) {
		if !s.Valid() {
			yield(consent.Event{}, consent.ErrSubject)
			return
		}
		rows, err := l.rows(ctx, s, after)
		if err == nil {
			var before [32]byte
			if before, rows, err = anchor(rows, s, after); err == nil {
				for i, r := range rows {
					if err = ctx.Err(); err != nil {
						break
					}
					var e consent.Event
					if e, err = r.event(after+uint64(i)+1, before); err != nil {
						break
					}
					if !yield(e, nil) {
						return
					}
					before = [32]byte(r.chain)
				}
			}
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			yield(consent.Event{}, fmt.Errorf("consentsql: events: %w", err))
		}
	}
}

// anchor takes the row of number after off rows and returns its chain.
func anchor(rows []row, s consent.Subject, after uint64) ([32]byte, []row, error) {
	if after == 0 || len(rows) == 0 {
		return consent.Root(s), rows, nil
	}
	if rows[0].seq != after || len(rows[0].chain) != 32 {
		return [32]byte{}, nil, consent.ErrChain
	}
	return [32]byte(rows[0].chain), rows[1:], nil
}

// rows reads the subject's events from number after on, that one included.
func (l *Ledger) rows(ctx context.Context, s consent.Subject, after uint64) ([]row, error) {
	if l.closed.Load() {
		return nil, ErrClosed
	}
	if after > math.MaxInt64 { // SQL has no such numbers, so there is no such event
		return nil, ctx.Err()
	}
	if !l.memory {
		return l.pooled(ctx, s, after)
	}
	var rows []row
	err := l.writer.Read(ctx, func(ctx context.Context, tx *sqlkit.Tx) error {
		var err error
		rows, err = collect(tx.Query(ctx, selectEvents, l.key(string(s)), after))
		return err
	})
	return rows, err
}

// pooled reads through the pool, whose connections have the program's own settings: outside WAL mode a read can meet a
// commit and, without a busy_timeout, fail at once. It is then tried again.
func (l *Ledger) pooled(ctx context.Context, s consent.Subject, after uint64) ([]row, error) {
	var rows []row
	err := sqlkit.Retry(ctx, l.busy, func() error {
		var err error
		rows, err = collect(plain{l.db, l.dialect}.Query(ctx, selectEvents, l.key(string(s)), after))
		return err
	})
	return rows, err
}

func collect(result *sql.Rows, err error) ([]row, error) {
	if err != nil {
		return nil, err
	}
	defer result.Close()
	var rows []row
	for result.Next() {
		var r row
		if err := result.Scan(&r.seq, &r.id, &r.envelope, &r.payload, &r.chain); err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, result.Err()
}
