package consentsql

import (
	"context"
	"fmt"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/internal/sqlkit"
)

const blankPayload = `UPDATE purposebound_events SET payload = NULL WHERE subject = ? AND seq = ?`

// Redact blanks payloads, as [consent.Redactor] says, all in one transaction. It changes nothing if the chain is broken.
// SQLite overwrites the old bytes (PRAGMA secure_delete) and its log is emptied afterwards if no reader prevents it;
// otherwise the log's copy goes with the next checkpoint that completes. Servers keep old bytes until they vacuum or purge, and in their logs.
func (l *Ledger) Redact(ctx context.Context, s consent.Subject, through uint64) error {
	if !s.Valid() {
		return consent.ErrSubject
	}
	err := l.writer.Write(ctx, func(ctx context.Context, tx *sqlkit.Tx) error {
		if l.dialect == sqlkit.SQLite {
			if _, err := tx.Exec(ctx, "PRAGMA secure_delete = ON"); err != nil {
				return err
			}
		}
		return l.redact(ctx, tx, s, through)
	})
	if err != nil {
		return fmt.Errorf("consentsql: redact: %w", err)
	}
	if l.dialect != sqlkit.SQLite {
		return nil
	}
	// The payloads are gone from the ledger; that the log could not be emptied now undoes nothing.
	_ = l.writer.Read(ctx, func(ctx context.Context, tx *sqlkit.Tx) error {
		_, err := tx.Exec(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
		return err
	})
	return nil
}

func (l *Ledger) redact(ctx context.Context, tx *sqlkit.Tx, s consent.Subject, through uint64) error {
	rows, err := collect(tx.Query(ctx, selectEvents, l.key(string(s)), 0, everything))
	if err != nil {
		return err
	}
	before := consent.Root(s)
	for i, r := range rows {
		if r.seq > through {
			break
		}
		e, err := r.event(uint64(i)+1, before)
		if err != nil {
			return err
		}
		before = [32]byte(r.chain)
		kept, err := consent.Record{Envelope: r.envelope, Payload: r.payload}.Redacted()
		if err != nil {
			return err
		}
		if e.Blank || kept.Payload != nil {
			continue
		}
		if _, err := tx.Exec(ctx, blankPayload, l.key(string(s)), r.seq); err != nil {
			return err
		}
	}
	return nil
}
