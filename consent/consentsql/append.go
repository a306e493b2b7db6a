package consentsql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/internal/sqlkit"
)

const (
	selectHead = `SELECT seq, chain FROM purposebound_events WHERE subject = ? ORDER BY seq DESC LIMIT 1`
	selectID   = `SELECT e.seq, e.envelope, e.payload, e.chain, p.chain
		FROM purposebound_events AS e LEFT JOIN purposebound_events AS p ON p.subject = e.subject AND p.seq = e.seq - 1
		WHERE e.subject = ? AND e.id = ?`
	insertEvent = `INSERT INTO purposebound_events (subject, seq, id, envelope, payload, chain) VALUES (?, ?, ?, ?, ?, ?)`
)

// Append adds the event to the subject's ledger, as [consent.Ledger] says. An invalid subject is refused with
// [consent.ErrSubject] and an event that no ledger can store with [consent.ErrFormat]. Appends that wait for one another
// are stored together, in one transaction, which waits up to [WithBusyTimeout] for other writers of the database.
//
// Any error means that nothing was stored, save [ErrOutcomeUnknown]. An event whose stored payload was blanked can no
// longer be compared: appending it again returns [consent.ErrEventExists].
func (l *Ledger) Append(ctx context.Context, s consent.Subject, after uint64, e consent.Event) (uint64, error) {
	if !s.Valid() {
		return 0, consent.ErrSubject
	}
	seq, err := l.group.add(ctx, &appending{subject: s, after: after, event: e})
	if err != nil {
		return 0, fmt.Errorf("consentsql: append: %w", err)
	}
	return seq, nil
}

// store appends what waits together. What is wrong with one is its own error, and changed nothing; an error returned means that nothing is
// stored at all, or that it is not known.
func (l *Ledger) store(ctx context.Context, batch []*appending) error {
	return l.writer.Write(ctx, func(ctx context.Context, tx *sqlkit.Tx) error {
		var changes []consent.Change
		var latest time.Time
		for _, a := range batch {
			var fresh bool
			a.seq, fresh, a.err = l.appendEvent(ctx, tx, a.subject, a.after, a.event)
			switch {
			case a.err != nil && !own(a.err):
				return a.err
			case a.err == nil && fresh && a.event.Kind.Tightens():
				changes = append(changes, consent.Change{Subject: a.subject, Seq: a.seq, Reach: a.event.Reach()})
				if a.event.Time.After(latest) {
					latest = a.event.Time
				}
			}
		}
		return l.announce(ctx, tx, changes, latest)
	})
}

// own reports whether an error is about one event and not about the database.
func own(err error) bool {
	for _, word := range []error{consent.ErrConflict, consent.ErrEventExists, consent.ErrFormat, consent.ErrChain} {
		if errors.Is(err, word) {
			return true
		}
	}
	return false
}

// appendEvent appends one event. fresh is false for one that is there already.
func (l *Ledger) appendEvent(ctx context.Context, tx *sqlkit.Tx, s consent.Subject, after uint64, e consent.Event) (seq uint64, fresh bool, err error) {
	for {
		var head uint64
		var before []byte
		err := tx.QueryRow(ctx, selectHead, l.key(string(s))).Scan(&head, &before)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return 0, false, err
		}
		e.Seq = head + 1
		last, err := chain(before, s)
		if err != nil {
			return 0, false, err
		}
		record, err := consent.Encode(e, last, nil)
		if err != nil {
			return 0, false, err
		}
		switch seq, err := l.repeated(ctx, tx, s, e); {
		case err != nil:
			return 0, false, err
		case seq > 0:
			return seq, false, nil
		case after != consent.Any && after != head:
			return 0, false, consent.ErrConflict
		}
		insert := insertEvent
		if l.dialect == sqlkit.PostgreSQL { // a row that is there would end the transaction
			insert += " ON CONFLICT DO NOTHING"
		}
		ok, err := changed(tx.Exec(ctx, insert, l.key(string(s)), e.Seq, l.key(e.ID), record.Envelope, record.Payload, record.Chain[:]))
		if l.dialect.Server() && (err == nil && !ok || sqlkit.Duplicate(err)) {
			continue // another process was faster, and its event can be seen now
		}
		return e.Seq, true, err
	}
}

// key is a subject or an event's id as the database has it: text in SQLite, bytes elsewhere.
func (l *Ledger) key(text string) any {
	if l.dialect.Server() {
		return []byte(text)
	}
	return text
}

// repeated returns the number of the stored event of e's id and content, or 0 if there is no event of that id.
func (l *Ledger) repeated(ctx context.Context, tx *sqlkit.Tx, s consent.Subject, e consent.Event) (uint64, error) {
	var row row
	var before []byte
	err := tx.QueryRow(ctx, selectID, l.key(string(s)), l.key(e.ID)).Scan(&row.seq, &row.envelope, &row.payload, &row.chain, &before)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if row.seq > 1 && before == nil {
		return 0, consent.ErrChain
	}
	last, err := chain(before, s)
	if err != nil {
		return 0, err
	}
	row.id = e.ID
	stored, err := row.event(row.seq, last)
	if err != nil {
		return 0, err
	}
	if !stored.Same(e) {
		return 0, consent.ErrEventExists
	}
	return stored.Seq, nil
}

// chain turns a stored chain into its value; nil stands for the one before the subject's first event.
func chain(b []byte, s consent.Subject) ([32]byte, error) {
	if b == nil {
		return consent.Root(s), nil
	}
	if len(b) != 32 {
		return [32]byte{}, consent.ErrChain
	}
	return [32]byte(b), nil
}
