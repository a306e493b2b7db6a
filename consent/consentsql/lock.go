package consentsql

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/internal/sqlkit"
)

// lockSuffix is appended to the database's path. It is part of the protocol between processes and never changes.
const lockSuffix = "-purposebound-lock"

// lock is the right to a SQLite file: a write transaction that is never committed, on a file beside it.
//
// SQLite gives a file's RESERVED lock to one connection, in whatever process, and the operating system takes it back when
// that process dies. The transaction changes the user_version of an empty database in memory only (journal_mode
// MEMORY), so nothing is ever written to the file, no journal stays behind after a kill and there is nothing to recover.
// It must not touch the main database: one read of it would pin a snapshot that keeps WAL from being checkpointed.
type lock struct{ conn *sql.Conn }

// acquire takes the lock, or returns [consent.ErrLedgerInUse] at once. It returns nil for a database in memory.
func acquire(ctx context.Context, db *sql.DB, dialect sqlkit.Dialect, wait time.Duration) (*lock, error) {
	conn, err := sqlkit.Connect(ctx, db, wait)
	if err != nil {
		return nil, err
	}
	file, err := dialect.File(ctx, conn)
	if err != nil || file == "" {
		_ = conn.Close()
		return nil, err
	}
	// Asked only now, because a database in memory does with one connection.
	if n := db.Stats().MaxOpenConnections; n > 0 && n < 3 {
		_ = conn.Close()
		return nil, ErrPool
	}
	err = attach(ctx, conn, file+lockSuffix, wait)
	if err == nil {
		err = reserve(ctx, conn)
	}
	if err != nil {
		sqlkit.Discard(conn)
		return nil, err
	}
	return &lock{conn}, nil
}

// attach attaches the lock's file. That reads the main database's schema, for which it may have to wait: who is in the way
// is any program that writes there, and not the ledger's holder.
func attach(ctx context.Context, conn *sql.Conn, path string, wait time.Duration) error {
	if _, err := conn.ExecContext(ctx, "PRAGMA busy_timeout = 0"); err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	err := sqlkit.Retry(ctx, wait, func() error {
		_, err := conn.ExecContext(ctx, "ATTACH DATABASE ? AS purposebound_lock", path)
		return err
	})
	if err != nil {
		return fmt.Errorf("lock: attach: %w", err)
	}
	err = sqlkit.Retry(ctx, wait, func() error {
		_, err := conn.ExecContext(ctx, "PRAGMA purposebound_lock.journal_mode = MEMORY")
		return err
	})
	if err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	return nil
}

// reserve takes the lock of the attached file, and of no other.
func reserve(ctx context.Context, conn *sql.Conn) error {
	// Deferred: an immediate transaction would lock the main database too.
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	_, err := conn.ExecContext(ctx, "PRAGMA purposebound_lock.user_version = 1")
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case sqlkit.Busy(err):
		return consent.ErrLedgerInUse
	}
	return fmt.Errorf("lock: %w", err)
}

// release ends the transaction by closing the connection.
func (l *lock) release() {
	_, _ = l.conn.ExecContext(context.Background(), "ROLLBACK")
	sqlkit.Discard(l.conn)
}
