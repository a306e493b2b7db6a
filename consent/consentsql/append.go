package consentsql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

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
// [consent.ErrSubject] and an event that no ledger can store with [consent.ErrFormat]. It waits for other appends and,
// up to [WithBusyTimeout], for other writers of the database, no longer than ctx lasts.
//
// Any error means that nothing was stored, save [ErrOutcomeUnknown]. An event whose stored payload was blanked can no
// longer be compared: appending it again returns [consent.ErrEventExists].
func (l *Ledger) Append(ctx context.Context, s consent.Subject, after uint64, e consent.Event) (uint64, error) {
	if !s.Valid() {
		return 0, consent.ErrSubject
	}
	var seq uint64
	err := l.writer.Write(ctx, func(ctx context.Context, tx *sqlkit.Tx) error {
		var err error
		seq, err = appendEvent(ctx, tx, s, after, e)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("consentsql: append: %w", err)
	}
	return seq, nil
}

func appendEvent(ctx context.Context, tx *sqlkit.Tx, s consent.Subject, after uint64, e consent.Event) (uint64, error) {
	var head uint64
	var before []byte
	err := tx.QueryRow(ctx, selectHead, string(s)).Scan(&head, &before)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, err
	}
	e.Seq = head + 1
	last, err := chain(before, s)
	if err != nil {
		return 0, err
	}
	record, err := consent.Encode(e, last, nil)
	if err != nil {
		return 0, err
	}
	switch seq, err := repeated(ctx, tx, s, e); {
	case err != nil:
		return 0, err
	case seq > 0:
		return seq, nil
	case after != consent.Any && after != head:
		return 0, consent.ErrConflict
	}
	_, err = tx.Exec(ctx, insertEvent, string(s), e.Seq, e.ID, record.Envelope, record.Payload, record.Chain[:])
	return e.Seq, err
}

// repeated returns the number of the stored event of e's id and content, or 0 if there is no event of that id.
func repeated(ctx context.Context, tx *sqlkit.Tx, s consent.Subject, e consent.Event) (uint64, error) {
	var row row
	var before []byte
	err := tx.QueryRow(ctx, selectID, string(s), e.ID).Scan(&row.seq, &row.envelope, &row.payload, &row.chain, &before)
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
