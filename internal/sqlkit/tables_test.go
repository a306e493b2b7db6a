package sqlkit_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/internal/sqlkit"
)

// config is that of a table t, which has a row with the 1 in a.
func config() sqlkit.Config {
	return sqlkit.Config{Namespace: "n", Migrations: fstest.MapFS{"migrations/sqlite/0001_t.sql": {Data: []byte(first)}}, Wait: time.Second}
}

func openTables(tb testing.TB, db *sql.DB) *sqlkit.Tables {
	tb.Helper()
	tables, err := sqlkit.Open(context.Background(), db, config())
	require.NoError(tb, err)
	tb.Cleanup(func() { assert.NoError(tb, tables.Close()) })
	return tables
}

func insert(ctx context.Context, tx *sqlkit.Tx) error {
	_, err := tx.Exec(ctx, "INSERT INTO t (a) VALUES (?)", 2)
	return err
}

// all reads the rows whose a is at least so much.
func all(ctx context.Context, tables *sqlkit.Tables, least int) (found []int, err error) {
	err = tables.Read(ctx, func(rows *sql.Rows) error {
		var a int
		err := rows.Scan(&a)
		found = append(found, a)
		return err
	}, "SELECT a FROM t WHERE a >= ? ORDER BY a", least)
	return found, err
}

func TestTables(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file string
		pool int // at most so many connections
	}{
		"a file":            {file(t), 0},
		"a pool of one":     {file(t), 1},
		"in memory":         {":memory:", 0},
		"in memory, of one": {":memory:", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := pool(t, c.file)
			db.SetMaxOpenConns(c.pool)
			tables := openTables(t, db)
			assert.Equal(t, sqlkit.SQLite, tables.Dialect())
			require.NoError(t, tables.Write(t.Context(), insert))
			found, err := all(t.Context(), tables, 1)
			require.NoError(t, err)
			assert.Equal(t, []int{1, 2}, found)
			found, err = all(t.Context(), tables, 2)
			require.NoError(t, err)
			assert.Equal(t, []int{2}, found)

			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_, err = all(ctx, tables, 1)
			require.ErrorIs(t, err, context.Canceled)
			failure := errors.New("failure")
			require.ErrorIs(t, tables.Read(t.Context(), func(*sql.Rows) error { return failure }, "SELECT a FROM t"), failure)
			require.Error(t, tables.Read(t.Context(), func(*sql.Rows) error { return nil }, "SELECT a FROM missing"))

			assert.False(t, tables.Closed())
			require.NoError(t, tables.Close())
			require.NoError(t, tables.Close())
			assert.True(t, tables.Closed())
			assert.Zero(t, db.Stats().InUse)
			_, err = all(t.Context(), tables, 1)
			require.ErrorIs(t, err, sqlkit.ErrClosed)
			require.ErrorIs(t, tables.Write(t.Context(), insert), sqlkit.ErrClosed)
		})
	}
}

func TestTablesNil(t *testing.T) {
	t.Parallel()
	var tables *sqlkit.Tables
	_, err := all(t.Context(), tables, 1)
	require.ErrorIs(t, err, sqlkit.ErrClosed)
	require.ErrorIs(t, tables.Write(t.Context(), insert), sqlkit.ErrClosed)
	assert.True(t, tables.Closed())
	assert.Zero(t, tables.Dialect())
	require.NoError(t, tables.Close())
}

// A read that meets another's lock is tried again. Of one that has begun nothing is read twice.
func TestTablesReadAgain(t *testing.T) {
	t.Parallel()
	for name, connections := range map[string]int{"by the pool": 0, "by the connection held": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			name := file(t)
			db := pool(t, name)
			db.SetMaxOpenConns(connections)
			tables := openTables(t, db)
			c := config()
			c.Wait = time.Millisecond // gives up at once
			db = pool(t, name)
			db.SetMaxOpenConns(connections)
			hurried, err := sqlkit.Open(t.Context(), db, c)
			require.NoError(t, err)
			defer hurried.Close()
			other, err := pool(t, name).Conn(t.Context())
			require.NoError(t, err)
			defer other.Close()
			_, err = other.ExecContext(t.Context(), "BEGIN EXCLUSIVE")
			require.NoError(t, err)
			_, err = all(t.Context(), hurried, 1)
			require.ErrorIs(t, err, sqlkit.ErrBusy)
			done := make(chan error, 1)
			go func() {
				_, err := all(t.Context(), tables, 1)
				done <- err
			}()
			_, err = other.ExecContext(t.Context(), "ROLLBACK")
			require.NoError(t, err)
			require.NoError(t, <-done)

			calls := 0
			busy := errors.New("database is locked")
			err = tables.Read(t.Context(), func(*sql.Rows) error { calls++; return busy }, "SELECT a FROM t")
			require.Equal(t, busy, err)
			assert.Equal(t, 1, calls)
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	_, err := sqlkit.Open(t.Context(), nil, config())
	require.ErrorIs(t, err, sqlkit.ErrDialect)

	refusal := errors.New("refused")
	checked := config()
	checked.Check = func(ctx context.Context, tables *sqlkit.Tables) error {
		return errors.Join(refusal, tables.Read(ctx, func(rows *sql.Rows) error { return nil }, "SELECT 1"))
	}
	none := config()
	none.Migrations = fstest.MapFS{}
	for name, c := range map[string]struct {
		settings string
		config   sqlkit.Config
		want     error
	}{
		"by the check":  {"", checked, refusal},
		"not durable":   {"?_pragma=journal_mode(memory)", config(), sqlkit.ErrNotDurable},
		"no migrations": {"", none, fs.ErrNotExist},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := pool(t, file(t)+c.settings)
			_, err := sqlkit.Open(t.Context(), db, c.config)
			require.ErrorIs(t, err, c.want)
			assert.Zero(t, db.Stats().InUse)
			var made int
			require.NoError(t, db.QueryRow("SELECT count(*) FROM sqlite_schema").Scan(&made))
			assert.Zero(t, made, "nothing was made")
		})
	}
	t.Run("newer schema", func(t *testing.T) {
		t.Parallel()
		db := pool(t, file(t))
		require.NoError(t, openTables(t, db).Close())
		_, err := db.Exec("INSERT INTO purposebound_schema (namespace, version) VALUES ('n', 2)")
		require.NoError(t, err)
		_, err = sqlkit.Open(t.Context(), db, config())
		require.ErrorIs(t, err, sqlkit.ErrNewerSchema)
		assert.Zero(t, db.Stats().InUse)
	})
}
