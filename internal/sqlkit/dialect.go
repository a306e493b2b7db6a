// Package sqlkit is what the packages that keep things on a [database/sql.DB] share: dialects, forward-only
// migrations, the check that a commit survives a crash, and a connection held for writing.
//
// It imports no driver: the user chooses one and hands over a *sql.DB. Because settings such as SQLite's PRAGMA
// synchronous belong to one connection of the pool and not to the database, whatever must be durable is written through
// a [Writer], which holds one connection, sets what it needs there and reads it back.
//
// # Dialects
//
// On SQLite a write transaction starts with BEGIN IMMEDIATE, so it waits for other writers at its start and never fails
// half-way because of them. On servers transactions are READ COMMITTED, run side by side, and are run again when the
// server ends one for a deadlock. Statements are written with ? for every parameter.
package sqlkit

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Dialect is a kind of database. The zero Dialect is invalid: every function refuses it with [ErrDialect].
type Dialect uint8

// The dialects.
const (
	SQLite     Dialect = iota + 1 // 3.37 or newer, for STRICT tables
	PostgreSQL                    // 15 or newer
	MariaDB                       // 10.6 or newer, and MySQL 8.0
)

// String returns the name of the folder that a dialect's migrations stand in, "postgresql".
func (d Dialect) String() string {
	switch d {
	case SQLite:
		return "sqlite"
	case PostgreSQL:
		return "postgresql"
	case MariaDB:
		return "mariadb"
	}
	return "unknown"
}

// Server reports whether the database is one that several machines reach.
func (d Dialect) Server() bool { return d == PostgreSQL || d == MariaDB }

// Rebind numbers the parameters of a statement where the dialect wants that. The statement has no question mark but those.
func (d Dialect) Rebind(query string) string {
	if d != PostgreSQL {
		return query
	}
	var out strings.Builder
	n := 0
	for {
		before, after, found := strings.Cut(query, "?")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		n++
		out.WriteByte('$')
		out.WriteString(strconv.Itoa(n))
		query = after
	}
}

// patience is how long to wait for a lock where the caller has not said.
const patience = 10 * time.Second

// The errors of this package. Packages above wrap them with their own prefix.
var (
	ErrDialect        = errors.New("sqlkit: the database is of a kind this version does not know")
	ErrNewerSchema    = errors.New("sqlkit: the database was migrated by a newer version of this library")
	ErrNotDurable     = errors.New("sqlkit: the database does not promise that a commit survives a crash")
	ErrBusy           = errors.New("sqlkit: the database was locked by another writer for too long")
	ErrOutcomeUnknown = errors.New("sqlkit: it is not known whether the transaction was committed")
	ErrClosed         = errors.New("sqlkit: closed")
)

// Detect returns the dialect of db, or [ErrDialect].
func Detect(ctx context.Context, db *sql.DB) (Dialect, error) {
	conn, err := Connect(ctx, db, patience)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	var version string
	err = conn.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version)
	if err == nil {
		return SQLite, nil
	}
	if ctx.Err() == nil {
		err = conn.QueryRowContext(ctx, "SELECT version()").Scan(&version)
	}
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case err != nil:
		return 0, fmt.Errorf("%w: %w", ErrDialect, err)
	case strings.HasPrefix(version, "PostgreSQL "):
		return PostgreSQL, nil
	case strings.Contains(version, "MariaDB"), strings.HasPrefix(version, "8."), strings.HasPrefix(version, "9."):
		return MariaDB, nil
	}
	return 0, ErrDialect
}

// Connect takes a connection that answers from the pool. One that has died in it, with the server before a restart, is thrown away and the next taken. Opening
// one can itself fail because of a lock, when the program's connection string sets journal_mode and other processes do so at the same time; this
// is tried again for as long as wait.
func Connect(ctx context.Context, db *sql.DB, wait time.Duration) (conn *sql.Conn, err error) {
	const most = 100 // that have died
	for range most {
		err = Retry(ctx, wait, func() error {
			c, err := db.Conn(ctx)
			if err != nil {
				return err
			}
			if err := c.PingContext(ctx); err != nil {
				_ = c.Close()
				return err
			}
			conn = c
			return nil
		})
		if err == nil {
			return conn, nil
		}
		if !errors.Is(err, driver.ErrBadConn) {
			break
		}
	}
	if !errors.Is(err, ErrBusy) && ctx.Err() == nil {
		err = fmt.Errorf("sqlkit: connection: %w", err)
	}
	return nil, err
}

// Retry calls fn again for as long as it fails because of a lock, and returns [ErrBusy] after wait.
func Retry(ctx context.Context, wait time.Duration, fn func() error) error {
	for limit := time.Now().Add(wait); ; {
		err := fn()
		if !Busy(err) {
			return err
		}
		if time.Now().After(limit) {
			return fmt.Errorf("%w: %w", ErrBusy, err)
		}
		pause := time.NewTimer(time.Millisecond)
		select {
		case <-ctx.Done():
			pause.Stop()
			return ctx.Err()
		case <-pause.C:
		}
	}
}

// File returns the absolute path of the file behind conn's main database, with symbolic links resolved by SQLite itself;
// it is empty for a database in memory.
func (d Dialect) File(ctx context.Context, conn *sql.Conn) (string, error) {
	if d != SQLite {
		return "", ErrDialect
	}
	var file sql.NullString
	// The table-valued form of PRAGMA database_list, so that only the main database's row is asked for.
	err := Retry(ctx, patience, func() error {
		return conn.QueryRowContext(ctx, "SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&file)
	})
	if err != nil {
		return "", fmt.Errorf("sqlkit: file of the database: %w", err)
	}
	return file.String, nil
}

// Durable makes commits on conn survive a crash of the machine, and checks that they do by reading the setting back; it
// returns [ErrNotDurable] if they do not. The setting is conn's own and lasts until conn is closed by the pool.
//
// On SQLite it sets synchronous to EXTRA, which is FULL plus a sync of the directory where a rollback journal was
// deleted (without it a power cut can bring the journal back and undo a commit), and fullfsync, which only macOS knows.
// It refuses the journal modes MEMORY and OFF, with which a crash in mid-commit corrupts the file. A database in memory
// has nothing to keep and passes.
//
// On PostgreSQL it refuses a synchronous_commit below on, and fsync or full_page_writes off; on MariaDB an
// innodb_flush_log_at_trx_commit of 0 or 2, and a binary log without sync_binlog, and autocommit off, with which a
// connection would go on reading what was there at its first statement. It changes nothing there.
func (d Dialect) Durable(ctx context.Context, conn *sql.Conn) error {
	switch d {
	case PostgreSQL:
		return settings(ctx, conn, "SHOW ", map[string]string{
			"synchronous_commit": "on remote_apply", "fsync": "on", "full_page_writes": "on",
		})
	case MariaDB:
		err := settings(ctx, conn, "SELECT @@", map[string]string{"innodb_flush_log_at_trx_commit": "1 3", "autocommit": "1"})
		if err == nil && settings(ctx, conn, "SELECT @@", map[string]string{"log_bin": "0"}) != nil {
			// With a binary log, recovery keeps what is in it and rolls the rest back.
			err = settings(ctx, conn, "SELECT @@", map[string]string{"sync_binlog": "1"})
		}
		return err
	}
	file, err := d.File(ctx, conn)
	if err != nil || file == "" {
		return err
	}
	var level int
	var journal string
	// Even these read the schema, and so can meet another's commit.
	err = Retry(ctx, patience, func() error {
		for _, pragma := range []string{"PRAGMA synchronous = EXTRA", "PRAGMA fullfsync = ON"} {
			if _, err := conn.ExecContext(ctx, pragma); err != nil {
				return err
			}
		}
		if err := conn.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&level); err != nil {
			return err
		}
		return conn.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&journal)
	})
	if err != nil {
		return fmt.Errorf("sqlkit: durability: %w", err)
	}
	need := 2 // FULL
	switch strings.ToLower(journal) {
	case "wal", "truncate", "persist":
	case "delete":
		need = 3 // EXTRA
	default:
		return fmt.Errorf("%w: journal_mode is %s", ErrNotDurable, journal)
	}
	if level < need {
		return fmt.Errorf("%w: synchronous is %d in journal_mode %s", ErrNotDurable, level, journal)
	}
	return nil
}

// settings reads each setting back; wanted lists what it may be.
func settings(ctx context.Context, conn *sql.Conn, ask string, wanted map[string]string) error {
	for name, allowed := range wanted {
		var value string
		if err := conn.QueryRowContext(ctx, ask+name).Scan(&value); err != nil {
			return fmt.Errorf("sqlkit: durability: %w", err)
		}
		if !slices.Contains(strings.Fields(allowed), value) {
			return fmt.Errorf("%w: %s is %s", ErrNotDurable, name, value)
		}
	}
	return nil
}

// contended reports whether a server ended a transaction, or a statement of it, because of what others were doing: nothing was stored, and
// it may be run again. Drivers have no common type for it, so it goes by the server's own words and codes.
func contended(err error) bool {
	if err == nil {
		return false
	}
	text := strings.ToLower(err.Error())
	for _, sign := range []string{"deadlock", "40001", "40p01", "error 1205", "could not serialize"} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return false
}

// Duplicate reports whether err says that a row of this key is there already. On PostgreSQL it ends the transaction, so statements
// there say ON CONFLICT DO NOTHING instead.
func Duplicate(err error) bool {
	if err == nil {
		return false
	}
	text := err.Error()
	return strings.Contains(text, "Error 1062") || strings.Contains(text, "Duplicate entry")
}

// Busy reports whether err says that another connection holds a lock. Drivers have no common type for it, so it goes by
// the text that SQLite itself gives.
func Busy(err error) bool {
	if err == nil {
		return false
	}
	text := err.Error()
	return strings.Contains(text, "database is locked") || strings.Contains(text, "SQLITE_BUSY")
}

// Discard closes conn's driver connection instead of giving it back to the pool, with whatever was set,
// attached or begun on it.
func Discard(conn *sql.Conn) {
	// Raw reports ErrBadConn back; that it closed the connection is all that is wanted.
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = conn.Close()
}
