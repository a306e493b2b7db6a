package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"iter"
	"time"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/rights"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
)

// requests keeps what happened to requests, as rows: an event each, and when a person's file is to be looked at next.
type requests struct{ db *sql.DB }

var _ rights.Store = requests{}

// sortable is how a time is stored, in UTC: as text, the later is the greater.
const sortable = "2006-01-02T15:04:05.000000000Z"

// Append implements [rights.Store]. The transaction is immediate, so nobody appends between the count and the insert.
func (r requests) Append(ctx context.Context, s consent.Subject, after int, e rights.Event, look time.Time) (err error) {
	event, err := json.Marshal(e)
	if err != nil {
		return err
	}
	tx, err := r.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if rolled := tx.Rollback(); !errors.Is(rolled, sql.ErrTxDone) {
			err = errors.Join(err, rolled)
		}
	}()
	var have int
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM requests WHERE client = ?", s).Scan(&have); err != nil {
		return err
	}
	if have != after {
		return rights.ErrConflict
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO requests (client, n, event) VALUES (?, ?, ?)", s, after, string(event)); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM request_looks WHERE client = ?", s); err != nil {
		return err
	}
	if !look.IsZero() {
		if _, err := tx.ExecContext(ctx, "INSERT INTO request_looks (client, at) VALUES (?, ?)", s, look.UTC().Format(sortable)); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// Events implements [rights.Store].
func (r requests) Events(ctx context.Context, s consent.Subject) (events []rights.Event, err error) {
	rows, err := r.db.QueryContext(ctx, "SELECT event FROM requests WHERE client = ? ORDER BY n", s)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var text []byte
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		var e rights.Event
		if json.Unmarshal(text, &e) != nil {
			return nil, rights.ErrStored
		}
		events = append(events, e)
	}
	return events, rows.Err()
}

// Due implements [rights.Store]. The list is read before anything is done with it.
func (r requests) Due(ctx context.Context, t time.Time) iter.Seq2[consent.Subject, error] {
	return func(yield func(consent.Subject, error) bool) {
		due, err := r.due(ctx, t)
		if err != nil {
			yield("", err)
			return
		}
		for _, s := range due {
			if !yield(s, nil) {
				return
			}
		}
	}
}

func (r requests) due(ctx context.Context, t time.Time) (all []consent.Subject, err error) {
	rows, err := r.db.QueryContext(ctx, "SELECT client FROM request_looks WHERE at <= ? ORDER BY at, client", t.UTC().Format(sortable))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var s consent.Subject
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

// eraseSaid is the eraser of the table requests: what was said goes, and what happened stays.
func (s *shop) eraseSaid(ctx context.Context, i retention.Item) error {
	events, err := s.requests.Events(ctx, i.Subject)
	if err != nil {
		return err
	}
	for n, e := range events {
		if e.Intake == nil {
			continue
		}
		contact, err1 := ends(s, e.Intake.Contact, i)
		nature, err2 := ends(s, e.Intake.Nature, i)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		if contact {
			e.Intake.Contact = pii.Sealed[rights.Contact]{}
		}
		if nature {
			e.Intake.Nature = pii.Sealed[rights.Nature]{}
		}
		if !contact && !nature {
			continue
		}
		text, err := json.Marshal(e)
		if err != nil {
			return err
		}
		if _, err := s.db.ExecContext(ctx, "UPDATE requests SET event = ? WHERE client = ? AND n = ?", string(text), i.Subject, n); err != nil {
			return err
		}
	}
	return nil
}

// Disclosures implements [rights.Disclosures] over the shop's audit, which lives as long as the program.
func (s *shop) Disclosures(_ context.Context, id consent.Subject) iter.Seq2[pii.Access, error] {
	return func(yield func(pii.Access, error) bool) {
		for _, a := range s.trail.Entries() {
			if a.Subject == id && !yield(a, nil) {
				return
			}
		}
	}
}

// until says when a value ends, for her to read.
func (s *shop) until(ctx context.Context, id consent.Subject, d pii.Description, caseID string) (time.Time, error) {
	facts, err := s.registry.Facts(ctx, id)
	if err != nil {
		return time.Time{}, err
	}
	item := retention.Item{Subject: id, Compartment: d.Compartment, Case: caseID, Collected: d.Collected, Attributes: []purpose.Attribute{d.Attribute}}
	return retention.Due(s.registry.Policy(), facts, item).At, nil
}

// Erase implements [rights.Eraser]: the proof is the certificate.
func (s *shop) Erase(ctx context.Context, id consent.Subject) (evidence string, kept bool, err error) {
	c, err := s.sweeper.Erase(ctx, id)
	return c.ID, len(c.Kept()) > 0, err
}
