// Package dpsql keeps what was spent of privacy budgets in a database behind a [database/sql.DB]. The user chooses the driver.
//
// The databases are SQLite 3.37 or newer, PostgreSQL 15 or newer, and MariaDB 10.6 or newer with MySQL 8. The table is created by [Open], its name begins with
// "purposebound_", and any number of processes, on any number of machines, may spend from one database together: of those that change an account at the same
// sequence one succeeds, and the others look again at what is left. The table holds ids of purposes and releases, costs and how often they were spent; it names no person.
//
// # When the database fails
//
// A cost is paid before the data is read, and an answer is given only when the database has said that the payment is committed. When the connection dies while it
// says so, it is not known whether the payment took place: that is [ErrOutcomeUnknown], there is no answer, and nothing is tried again. So a budget can have been
// charged for an answer that nobody got, and nobody ever gets one that was not charged. There is no way to give back such a charge.
//
// # Durability
//
// What was paid must not be forgotten, or it is spent again. [Open] refuses a database whose commits do not survive a crash with [ErrNotDurable], as the packages
// consentsql and keyringsql do. On PostgreSQL every change turns synchronous_commit on for its own transaction, should the connection have been given another.
//
// A crash of one server is all that this covers. A backup that is restored, or a replica that is promoted without every commit of the old primary, gives away what
// was spent since: leave the table out of what a restored backup brings back, and let replicas that may be promoted confirm every commit. Whoever can write to the
// table can refill a budget; keep it from those who ask the questions. The pool must reach the primary. A reading that lags lets nobody spend more, because an
// account is changed only where it still is what was read.
package dpsql

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/purposebound/purposebound/internal/sqlkit"
	"github.com/purposebound/purposebound/redact"
	"github.com/purposebound/purposebound/redact/dp"
)

const (
	namespace = "budget"
	wait      = 10 * time.Second // for other writers
	largest   = 1 << 20          // bytes of an account, more than one has with thousands of different costs
)

//go:embed migrations
var migrations embed.FS

// Why [Open] or a method of [Ledger] refuses, besides [dp.ErrConflict] and [dp.ErrLedger]. Each matches an error of the database's own beside it, where there is one.
var (
	// ErrDatabase reports a database of a kind this version does not know.
	ErrDatabase = sqlkit.ErrDialect
	// ErrNewerSchema reports tables made by a newer version of this package.
	ErrNewerSchema = sqlkit.ErrNewerSchema
	// ErrNotDurable reports a database whose commits do not survive a crash.
	ErrNotDurable = sqlkit.ErrNotDurable
	// ErrBusy reports that others held the database, or the account, for longer than ten seconds. Nothing was changed.
	ErrBusy = sqlkit.ErrBusy
	// ErrOutcomeUnknown reports a change of which it is not known whether it took place. Nothing may be released for it.
	ErrOutcomeUnknown = sqlkit.ErrOutcomeUnknown
	// ErrClosed reports the use of a Ledger that was closed, or that Open did not make.
	ErrClosed = sqlkit.ErrClosed
)

// Ledger is a [dp.Ledger] in the table purposebound_budgets. It is safe for concurrent use; make it with [Open].
type Ledger struct{ tables *sqlkit.Tables }

var _ dp.Ledger = (*Ledger)(nil)

// Open returns the ledger in db and creates or updates its table. It returns [ErrDatabase], [ErrNotDurable] or [ErrNewerSchema] for a database it cannot use. On
// SQLite it holds one connection of the pool until it is closed. Close the Ledger before db.
func Open(ctx context.Context, db *sql.DB) (*Ledger, error) {
	tables, err := sqlkit.Open(ctx, db, sqlkit.Config{Namespace: namespace, Migrations: migrations, Wait: wait})
	if err != nil {
		return nil, fmt.Errorf("dpsql: open: %w", err)
	}
	return &Ledger{tables}, nil
}

// Close waits for what runs and gives the connection back that the Ledger holds. The database stays open.
func (l *Ledger) Close() error {
	if l == nil {
		return nil
	}
	return l.tables.Close()
}

const selectAccount = "SELECT sequence, account FROM purposebound_budgets WHERE id = ?"

// Account implements [dp.Ledger].
func (l *Ledger) Account(ctx context.Context, purpose string, release redact.ReleaseID) (dp.Account, error) {
	if l == nil {
		return dp.Account{}, failed("account", ErrClosed)
	}
	query := selectAccount
	if l.tables.Dialect() == sqlkit.MariaDB {
		// A connection that reads what is not committed would show an account that never was, and the next one, made of it, could replace another of its sequence.
		query += " LOCK IN SHARE MODE"
	}
	var a dp.Account
	err := l.tables.Read(ctx, func(rows *sql.Rows) error {
		var err error
		a, err = parse(rows, purpose, release)
		return err
	}, query, idOf(purpose, release))
	if err != nil {
		return dp.Account{}, failed("account", err)
	}
	return a, nil
}

// Replace implements [dp.Ledger]. What is stored and malformed is not replaced: that is [dp.ErrLedger].
func (l *Ledger) Replace(ctx context.Context, next dp.Account) error {
	if l == nil {
		return failed("replace", ErrClosed)
	}
	text, err := next.MarshalText()
	if err != nil {
		return failed("replace", err)
	}
	if len(text) > largest || next.Sequence > math.MaxInt64 {
		return failed("replace", errors.New("too many costs"))
	}
	return failed("replace", l.tables.Write(ctx, func(ctx context.Context, tx *sqlkit.Tx) error {
		if err := synchronous(ctx, tx); err != nil {
			return err
		}
		id := idOf(next.Limit.Purpose, next.Limit.Release)
		err := tx.Each(ctx, func(rows *sql.Rows) error {
			_, err := parse(rows, next.Limit.Purpose, next.Limit.Release)
			return err
		}, selectAccount, id)
		if err != nil {
			return err
		}
		return put(ctx, tx, id, next.Sequence, text)
	}))
}

// put makes a row where there is none, for the sequence 1, and otherwise changes one that has the sequence before. Who is second waits for the first to commit and
// then finds its sequence, whatever a reading has found: such a statement compares with the newest row at every level of isolation, or is an error.
func put(ctx context.Context, tx *sqlkit.Tx, id []byte, sequence uint64, text []byte) error {
	var result sql.Result
	var err error
	if sequence > 1 {
		result, err = tx.Exec(ctx, "UPDATE purposebound_budgets SET sequence = ?, account = ? WHERE id = ? AND sequence = ?", int64(sequence), text, id, int64(sequence-1))
	} else {
		insert := "INSERT INTO purposebound_budgets (id, sequence, account) VALUES (?, 1, ?)"
		if tx.Dialect() != sqlkit.MariaDB {
			insert += " ON CONFLICT (id) DO NOTHING"
		}
		result, err = tx.Exec(ctx, insert, id, text)
		if tx.Dialect() == sqlkit.MariaDB && sqlkit.Duplicate(err) {
			return dp.ErrConflict
		}
	}
	if err != nil {
		return err
	}
	changed, err := result.RowsAffected()
	if err == nil && changed != 1 {
		err = dp.ErrConflict
	}
	return err
}

// synchronous has the transaction wait for the disk on PostgreSQL, where a connection of the pool may have been told not to.
func synchronous(ctx context.Context, tx *sqlkit.Tx) error {
	if tx.Dialect() != sqlkit.PostgreSQL {
		return nil
	}
	_, err := tx.Exec(ctx, `SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')`)
	return err
}

// parse reads a row. It is [dp.ErrLedger] if that is not what Replace wrote, or is of another budget.
func parse(rows *sql.Rows, purpose string, release redact.ReleaseID) (dp.Account, error) {
	var sequence int64
	var text []byte
	if err := rows.Scan(&sequence, &text); err != nil {
		return dp.Account{}, err
	}
	var a dp.Account
	if err := a.UnmarshalText(text); err != nil {
		return dp.Account{}, err
	}
	if a.Sequence != uint64(sequence) {
		return dp.Account{}, fmt.Errorf("%w: what is stored is malformed", dp.ErrLedger)
	}
	if a.Limit.Purpose != purpose || a.Limit.Release != release {
		return dp.Account{}, fmt.Errorf("%w: it is of another budget", dp.ErrLedger)
	}
	return a, nil
}

// idOf returns what stands for a purpose and a release: of fixed length, whatever theirs.
func idOf(purpose string, release redact.ReleaseID) []byte {
	id := sha256.Sum256(fmt.Appendf(nil, "%d:%s%d:%s", len(purpose), purpose, len(release), release))
	return id[:]
}

// failed wraps an error, which is an [dp.ErrLedger] if it is not a conflict.
func failed(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, dp.ErrConflict):
		return dp.ErrConflict
	case errors.Is(err, dp.ErrLedger):
		return fmt.Errorf("dpsql: %s: %w", what, err)
	}
	return fmt.Errorf("dpsql: %s: %w: %w", what, dp.ErrLedger, err)
}
