package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/phone"
)

// schema is the program's own tables. What is personal is sealed, and a sealed column is a TEXT column like any other.
// Ids are opaque, and what is left in clear says nothing of anybody by itself.
const schema = `
CREATE TABLE IF NOT EXISTS people (
	id TEXT PRIMARY KEY, kind TEXT NOT NULL,
	name TEXT, email TEXT, phone TEXT, address TEXT, birth_date TEXT, gender TEXT, language TEXT, location TEXT, payment TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS jobs (
	id TEXT PRIMARY KEY, client TEXT NOT NULL, professional TEXT NOT NULL, trade TEXT NOT NULL, status TEXT NOT NULL,
	closed TEXT NOT NULL, work_order TEXT, amount TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS messages (id TEXT PRIMARY KEY, job TEXT NOT NULL, sender TEXT NOT NULL, text TEXT) STRICT;
CREATE TABLE IF NOT EXISTS calls (
	id TEXT PRIMARY KEY, job TEXT NOT NULL, subject TEXT NOT NULL, log TEXT, recording TEXT, transcript TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS letters (
	campaign INTEGER NOT NULL, subject TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (campaign, subject)
) STRICT, WITHOUT ROWID;
`

// personRow is a row of the table people. Printing one prints "[sealed identity.email]" where the address is.
type personRow struct {
	ID        consent.Subject
	Kind      string
	Name      pii.Sealed[pii.Name]
	Email     pii.Sealed[pii.Email]
	Phone     pii.Sealed[phone.Phone]
	Address   pii.Sealed[pii.Address]
	BirthDate pii.Sealed[pii.BirthDate]
	Gender    pii.Sealed[Gender]
	Language  pii.Sealed[Language]
	Location  pii.Sealed[Location]
	Payment   pii.Sealed[PaymentMethod]
}

type jobRow struct {
	ID           string
	Client       consent.Subject
	Professional consent.Subject
	Trade        string
	Status       string
	Closed       string // RFC 3339; "" while open
	WorkOrder    pii.Sealed[WorkOrder]
	Amount       pii.Sealed[TransactionHistory] // absent while open
}

// record names the row. A work order is bound to it, so that it does not open in another row of the same client.
func (r *jobRow) record() string { return "jobs/" + r.ID }

type messageRow struct {
	ID     string
	Job    string
	Sender consent.Subject
	Text   pii.Sealed[Message]
}

type callRow struct {
	ID         string
	Job        string
	Subject    consent.Subject
	Log        pii.Sealed[CallHistory]
	Recording  pii.Sealed[Recording]
	Transcript pii.Sealed[Transcript]
}

// row is a row of one of the tables: its columns in their order, for reading and writing alike.
type row interface {
	table() string
	columns() []any
}

func (*personRow) table() string  { return "people" }
func (*jobRow) table() string     { return "jobs" }
func (*messageRow) table() string { return "messages" }
func (*callRow) table() string    { return "calls" }

func (r *personRow) columns() []any {
	return []any{
		&r.ID, &r.Kind, &r.Name, &r.Email, &r.Phone, &r.Address, &r.BirthDate, &r.Gender, &r.Language, &r.Location, &r.Payment,
	}
}

func (r *jobRow) columns() []any {
	return []any{&r.ID, &r.Client, &r.Professional, &r.Trade, &r.Status, &r.Closed, &r.WorkOrder, &r.Amount}
}

func (r *messageRow) columns() []any { return []any{&r.ID, &r.Job, &r.Sender, &r.Text} }

func (r *callRow) columns() []any {
	return []any{&r.ID, &r.Job, &r.Subject, &r.Log, &r.Recording, &r.Transcript}
}

// querier is what reads: the database, or a transaction on it.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// pointer is a pointer to a row of type T.
type pointer[T any] interface {
	*T
	row
}

// find returns the rows for which the condition holds, "id = ?".
func find[T any, P pointer[T]](ctx context.Context, q querier, where string, args ...any) ([]T, error) {
	result, err := q.QueryContext(ctx, "SELECT * FROM "+P(nil).table()+" WHERE "+where, args...)
	if err != nil {
		return nil, err
	}
	defer result.Close()
	var rows []T
	for result.Next() {
		var r T
		if err := result.Scan(P(&r).columns()...); err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, result.Err()
}

// one returns the row of that id.
func one[T any, P pointer[T]](ctx context.Context, q querier, id string) (T, error) {
	rows, err := find[T, P](ctx, q, "id = ?", id)
	if err == nil && len(rows) != 1 {
		err = fmt.Errorf("table %s: the row is not there", P(nil).table())
	}
	if err != nil {
		var none T
		return none, err
	}
	return rows[0], nil
}

// insert writes the rows in one transaction.
func (o *office) insert(ctx context.Context, rows []row) error {
	return o.write(ctx, func(tx *sql.Tx) error {
		for _, r := range rows {
			columns := r.columns()
			marks := strings.TrimSuffix(strings.Repeat("?, ", len(columns)), ", ")
			if _, err := tx.ExecContext(ctx, "INSERT INTO "+r.table()+" VALUES ("+marks+")", columns...); err != nil {
				return fmt.Errorf("table %s: %w", r.table(), err)
			}
		}
		return nil
	})
}

// write runs f in a transaction, which is undone if f fails.
func (o *office) write(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := o.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// ids returns the ids of a table.
func (o *office) ids(ctx context.Context, table string) (map[string]bool, error) {
	result, err := o.db.QueryContext(ctx, "SELECT id FROM "+table)
	if err != nil {
		return nil, err
	}
	defer result.Close()
	ids := make(map[string]bool)
	for result.Next() {
		var id string
		if err := result.Scan(&id); err != nil {
			return nil, err
		}
		ids[id] = true
	}
	return ids, result.Err()
}

// subjects yields whose rows they are.
func subjects(rows []personRow) iter.Seq[consent.Subject] {
	return func(yield func(consent.Subject) bool) {
		for i := range rows {
			if !yield(rows[i].ID) {
				return
			}
		}
	}
}
