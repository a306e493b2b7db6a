// Package retentionsql keeps the agenda of package retention in a database behind a [database/sql.DB]. The user chooses the driver.
//
// The databases are SQLite 3.37 or newer, PostgreSQL 15 or newer, and MariaDB 10.6 or newer with MySQL 8. The table is created by [Open], its name begins with
// "purposebound_", and any number of processes may open one database together and sweep it together: what one is about to claim, others pass over (SKIP
// LOCKED on servers; on SQLite one claims at a time). Finding what is due follows an index, so it costs by what is due and not by what is stored.
//
// A commit survives a crash: [Open] refuses a database that cannot promise it with [ErrNotDurable], as the packages consentsql and keyringsql do. An agenda that loses what was put into it
// forgets to end data; nothing opens for that, since the decision does not ask the agenda.
//
// The table holds subject ids and ids of cases. It names no person and holds no value, and is personal data all the same.
package retentionsql

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"time"

	"github.com/purposebound/purposebound/internal/sqlkit"
	"github.com/purposebound/purposebound/retention"
)

const (
	namespace = "retention"
	wait      = 10 * time.Second // for other writers
	chunk     = 200              // items in one statement
)

//go:embed migrations
var migrations embed.FS

// Why [Open] or a method of [Store] refuses. Each matches an error of the database's own beside it, where there is one.
var (
	// ErrDatabase reports a database of a kind this version does not know.
	ErrDatabase = sqlkit.ErrDialect
	// ErrNewerSchema reports tables made by a newer version of this package.
	ErrNewerSchema = sqlkit.ErrNewerSchema
	// ErrNotDurable reports a database whose commits do not survive a crash.
	ErrNotDurable = sqlkit.ErrNotDurable
	// ErrBusy reports that others held the database for longer than ten seconds. Nothing was changed.
	ErrBusy = sqlkit.ErrBusy
	// ErrOutcomeUnknown reports a change of which it is not known whether it took place. Put and Settle can be repeated; what a Take claimed is free again when the claim has run out.
	ErrOutcomeUnknown = sqlkit.ErrOutcomeUnknown
	// ErrRow reports a row of the agenda that is not what was written. It keeps nothing else from ending; what it was for does not end until it is mended.
	ErrRow = errors.New("retentionsql: a row of the agenda is not what was written")
	// ErrClosed reports the use of a closed Store.
	ErrClosed = sqlkit.ErrClosed
)

// Store is a [retention.Store] in the table purposebound_agenda. It is safe for concurrent use; make it with [Open].
type Store struct{ tables *sqlkit.Tables }

var _ retention.Store = (*Store)(nil)

// Open returns the store in db and creates or updates its table. It returns [ErrDatabase], [ErrNotDurable] or [ErrNewerSchema] for a database it cannot use. On
// SQLite it holds one connection of the pool until it is closed. Close the Store before db.
func Open(ctx context.Context, db *sql.DB) (*Store, error) {
	tables, err := sqlkit.Open(ctx, db, sqlkit.Config{Namespace: namespace, Migrations: migrations, Wait: wait})
	if err != nil {
		return nil, fmt.Errorf("retentionsql: open: %w", err)
	}
	return &Store{tables}, nil
}

// Close waits for what runs and gives the connection back that the Store holds. The database stays open.
func (s *Store) Close() error { return s.tables.Close() }
