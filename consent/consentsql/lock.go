package consentsql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
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

// slots is how many processes can use one file together. Each holds a lock of its own, on a file of that number; whoever wants the
// ledger alone holds the lock without a number and finds all others free.
const slots = 64

// acquire takes the lock for one who holds the ledger alone, or returns [consent.ErrLedgerInUse] at once. It returns nil for
// a database in memory.
func acquire(ctx context.Context, db *sql.DB, dialect sqlkit.Dialect, wait time.Duration) (*lock, error) {
	l, file, err := take(ctx, db, dialect, "", wait)
	if l == nil || err != nil {
		return nil, err
	}
	for n := range slots {
		if _, err := os.Stat(file + slot(n)); err != nil {
			continue
		}
		other, _, err := take(ctx, db, dialect, slot(n), wait)
		if err != nil {
			l.release()
			return nil, err
		}
		other.release()
	}
	return l, nil
}

// acquireTogether takes a lock for one of several who use the file together.
func acquireTogether(ctx context.Context, db *sql.DB, dialect sqlkit.Dialect, wait time.Duration) (*lock, error) {
	var door *lock
	for limit := time.Now().Add(wait); ; { // others that open it hold this for a moment
		var err error
		if door, _, err = take(ctx, db, dialect, "", wait); err == nil {
			break
		}
		if !errors.Is(err, consent.ErrLedgerInUse) || time.Now().After(limit) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
	if door == nil {
		return nil, fmt.Errorf("%w: a database in memory cannot be used together", ErrUnsupported)
	}
	defer door.release()
	for n := range slots {
		l, _, err := take(ctx, db, dialect, slot(n), wait)
		if !errors.Is(err, consent.ErrLedgerInUse) {
			return l, err
		}
	}
	return nil, consent.ErrLedgerInUse
}

func slot(n int) string { return fmt.Sprintf("%s-%02d", lockSuffix, n) }

// take takes the lock of a suffix.
func take(ctx context.Context, db *sql.DB, dialect sqlkit.Dialect, suffix string, wait time.Duration) (*lock, string, error) {
	if suffix == "" {
		suffix = lockSuffix
	}
	conn, err := sqlkit.Connect(ctx, db, wait)
	if err != nil {
		return nil, "", err
	}
	file, err := dialect.File(ctx, conn)
	if err != nil || file == "" {
		_ = conn.Close()
		return nil, "", err
	}
	// Asked only now, because a database in memory does with one connection.
	if n := db.Stats().MaxOpenConnections; n > 0 && n < 3 {
		_ = conn.Close()
		return nil, "", ErrPool
	}
	err = attach(ctx, conn, file+suffix, wait)
	if err == nil {
		err = reserve(ctx, conn)
	}
	if err != nil {
		sqlkit.Discard(conn)
		return nil, "", err
	}
	return &lock{conn}, file, nil
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
