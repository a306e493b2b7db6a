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

const (
	selectEvents = `SELECT seq, id, envelope, payload, chain FROM purposebound_events
	WHERE subject = ? AND seq >= ? ORDER BY seq LIMIT ?`
	selectLast = `SELECT COALESCE(MAX(seq), 0) FROM purposebound_events WHERE subject = ?`
)

// pageSize is how many events are read at once. Few subjects ever have as many.
const pageSize = 1000

// everything is the page of who wants all at once.
const everything = math.MaxInt64

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

// Events yields the subject's events with a number above after, as [consent.Ledger] says. They are read a thousand at a time, up to the last that there was when the
// loop began, and are checked and decoded one by one in the loop. So no connection is held and no snapshot is pinned while the loop runs, it may call the
// ledger's other methods, and it takes memory for a thousand rows. An event is never changed but by [Ledger.Redact]: one that is blanked during the loop may
// be yielded either way if it is not among the first thousand. With after above 0, the chain is checked from that event on.
func (l *Ledger) Events(ctx context.Context, s consent.Subject, after uint64) iter.Seq2[consent.Event, error] {
	return func(yield func(consent.Event, error) bool) {
		if !s.Valid() {
			yield(consent.Event{}, consent.ErrSubject)
			return
		}
		if err := l.each(ctx, s, after, func(e consent.Event) bool { return yield(e, nil) }); err != nil {
			yield(consent.Event{}, fmt.Errorf("consentsql: events: %w", err))
		}
	}
}

func (l *Ledger) each(ctx context.Context, s consent.Subject, after uint64, yield func(consent.Event) bool) error {
	rows, err := l.rows(ctx, s, after, pageSize)
	if err != nil {
		return err
	}
	last := after
	if len(rows) == pageSize {
		if last, err = l.last(ctx, s); err != nil {
			return err
		}
	}
	before, rows, err := anchor(rows, s, after)
	for seq := after; err == nil; {
		for _, r := range rows {
			if err := ctx.Err(); err != nil {
				return err
			}
			seq++
			e, err := r.event(seq, before)
			if err != nil {
				return err
			}
			if !yield(e) {
				return nil
			}
			before = [32]byte(r.chain)
		}
		if seq >= last {
			return ctx.Err()
		}
		rows, err = l.rows(ctx, s, seq+1, min(pageSize, last-seq))
		if err == nil && len(rows) == 0 {
			err = consent.ErrChain // they were there
		}
	}
	return err
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

// rows reads the subject's events from a number on, that one included, at most so many.
func (l *Ledger) rows(ctx context.Context, s consent.Subject, from, most uint64) (rows []row, err error) {
	if from > math.MaxInt64 { // SQL has no such numbers, so there is no such event
		if l.closed.Load() {
			return nil, ErrClosed
		}
		return nil, ctx.Err()
	}
	err = l.ask(ctx, func(result *sql.Rows, err error) error {
		rows, err = collect(result, err)
		return err
	}, selectEvents, l.key(string(s)), from, most)
	return rows, err
}

// last returns the number of the subject's last event.
func (l *Ledger) last(ctx context.Context, s consent.Subject) (last uint64, err error) {
	err = l.ask(ctx, func(result *sql.Rows, err error) error {
		if err != nil {
			return err
		}
		defer result.Close()
		for result.Next() {
			if err := result.Scan(&last); err != nil {
				return err
			}
		}
		return result.Err()
	}, selectLast, l.key(string(s)))
	return last, err
}

// ask reads through the pool, whose connections have the program's own settings: outside WAL mode a read can meet a
// commit and, without a busy_timeout, fail at once. It is then tried again. A database in memory is read on the writer's connection.
func (l *Ledger) ask(ctx context.Context, answer func(*sql.Rows, error) error, query string, args ...any) error {
	if l.closed.Load() {
		return ErrClosed
	}
	if l.memory {
		return l.writer.Read(ctx, func(ctx context.Context, tx *sqlkit.Tx) error { return answer(tx.Query(ctx, query, args...)) })
	}
	return sqlkit.Retry(ctx, l.busy, func() error { return answer(plain{l.db, l.dialect}.Query(ctx, query, args...)) })
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
