package sqlkit_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/purposebound/purposebound/internal/sqlkit"
)

func pool(tb testing.TB, file string) *sql.DB {
	tb.Helper()
	db, err := sql.Open("sqlite", file)
	require.NoError(tb, err)
	tb.Cleanup(func() { assert.NoError(tb, db.Close()) })
	return db
}

func file(tb testing.TB) string { return filepath.Join(tb.TempDir(), "test.db") }

// steps makes migrations of the texts, in order.
func steps(texts ...string) fs.FS {
	files := fstest.MapFS{"README.md": &fstest.MapFile{}}
	for i, text := range texts {
		files["000"+string(rune('1'+i))+"_step.sql"] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

const first = "-- a comment;\nCREATE TABLE t (\n\ta INTEGER,\n\tb TEXT DEFAULT 'x;y'\n);\nINSERT INTO t (a) VALUES (1);\n"

func version(tb testing.TB, db *sql.DB, namespace string) (n int) {
	tb.Helper()
	require.NoError(tb, db.QueryRowContext(tb.Context(),
		"SELECT coalesce(max(version), 0) FROM purposebound_schema WHERE namespace = ?", namespace).Scan(&n))
	return n
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	db := pool(t, file(t))
	run := func(namespace string, fsys fs.FS) error {
		return sqlkit.Migrate(t.Context(), db, sqlkit.SQLite, namespace, fsys)
	}
	require.NoError(t, run("one", steps(first)))
	require.NoError(t, run("one", steps(first)), "what was run is not run again")
	assert.Equal(t, 1, version(t, db, "one"))

	two := steps(first, "ALTER TABLE t ADD COLUMN c TEXT;\nUPDATE t SET c = 'z';")
	require.NoError(t, run("one", two))
	var rows int
	var b, c string
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*), b, c FROM t").Scan(&rows, &b, &c))
	assert.Equal(t, []any{1, "x;y", "z"}, []any{rows, b, c})
	require.ErrorIs(t, run("one", steps(first)), sqlkit.ErrNewerSchema)

	require.NoError(t, run("two", steps("CREATE TABLE u (a);\n")), "another namespace counts for itself")
	assert.Equal(t, 1, version(t, db, "two"))
}

func TestMigrateIsWholeOrAbsent(t *testing.T) {
	t.Parallel()
	db := pool(t, file(t))
	err := sqlkit.Migrate(t.Context(), db, sqlkit.SQLite, "n", steps(first, "CREATE TABLE u (a);\nINSERT INTO missing VALUES (1);"))
	require.Error(t, err)
	assert.Equal(t, 1, version(t, db, "n"), "the first step stays, the second left nothing")
	require.NoError(t, sqlkit.Migrate(t.Context(), db, sqlkit.SQLite, "n", steps(first, "CREATE TABLE u (a);")))
	assert.Equal(t, 2, version(t, db, "n"))
}

func TestMigrateTogether(t *testing.T) {
	t.Parallel()
	name := file(t)
	fsys := steps(first, "CREATE TABLE u (a);", "INSERT INTO u VALUES (1);")
	errs := make([]error, 6)
	var wg sync.WaitGroup
	for i := range errs {
		db := pool(t, name)
		wg.Go(func() { errs[i] = sqlkit.Migrate(t.Context(), db, sqlkit.SQLite, "n", fsys) })
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	db := pool(t, name)
	assert.Equal(t, 3, version(t, db, "n"))
	var rows int
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT (SELECT count(*) FROM t) + (SELECT count(*) FROM u)").Scan(&rows))
	assert.Equal(t, 2, rows, "each step ran once")
}

func TestMigrateRefusesBadFiles(t *testing.T) {
	t.Parallel()
	db := pool(t, file(t))
	for name, fsys := range map[string]fs.FS{
		"none":     fstest.MapFS{},
		"gap":      fstest.MapFS{"0002_x.sql": {Data: []byte("SELECT 1;")}},
		"unended":  steps("SELECT 1"),
		"empty":    steps("-- nothing;\n"),
		"unnumber": fstest.MapFS{"events.sql": {Data: []byte("SELECT 1;")}},
	} {
		assert.Error(t, sqlkit.Migrate(t.Context(), db, sqlkit.SQLite, "n", fsys), name)
	}
	assert.ErrorIs(t, sqlkit.Migrate(t.Context(), db, 0, "n", steps(first)), sqlkit.ErrDialect)
}

func TestDurable(t *testing.T) {
	t.Parallel()
	for settings, want := range map[string]error{
		"_pragma=synchronous(off)":                           nil,
		"_pragma=synchronous(off)&_pragma=journal_mode(wal)": nil,
		"_pragma=journal_mode(memory)":                       sqlkit.ErrNotDurable,
		"_pragma=journal_mode(off)":                          sqlkit.ErrNotDurable,
	} {
		conn, err := pool(t, "file:"+file(t)+"?"+settings).Conn(t.Context())
		require.NoError(t, err)
		require.ErrorIs(t, sqlkit.SQLite.Durable(t.Context(), conn), want, settings)
		var level int
		require.NoError(t, conn.QueryRowContext(t.Context(), "PRAGMA synchronous").Scan(&level))
		assert.Equal(t, 3, level)
		require.ErrorIs(t, sqlkit.Dialect(0).Durable(t.Context(), conn), sqlkit.ErrDialect)
		require.NoError(t, conn.Close())
	}
}

func TestWriter(t *testing.T) {
	t.Parallel()
	for _, name := range []string{file(t), ":memory:"} {
		db := pool(t, name)
		w, err := sqlkit.OpenWriter(t.Context(), db, sqlkit.SQLite, time.Second)
		require.NoError(t, err)
		require.NoError(t, w.Migrate(t.Context(), "n", steps(first)))
		count := func() (n int) {
			require.NoError(t, w.Read(t.Context(), func(ctx context.Context, tx *sqlkit.Tx) error {
				return tx.QueryRow(ctx, "SELECT count(*) FROM t").Scan(&n)
			}))
			return n
		}
		insert := func(ctx context.Context, tx *sqlkit.Tx) error {
			_, err := tx.Exec(ctx, "INSERT INTO t (a) VALUES (?)", 2)
			return err
		}
		require.NoError(t, w.Write(t.Context(), insert))
		assert.Equal(t, 2, count())

		failure := errors.New("failure")
		require.ErrorIs(t, w.Write(t.Context(), func(ctx context.Context, tx *sqlkit.Tx) error {
			return errors.Join(insert(ctx, tx), failure)
		}), failure)
		assert.Equal(t, 2, count(), "an error undoes")

		ctx, cancel := context.WithCancel(t.Context())
		require.ErrorIs(t, w.Write(ctx, func(ctx context.Context, tx *sqlkit.Tx) error {
			err := insert(ctx, tx)
			cancel()
			return err
		}), context.Canceled)
		assert.Equal(t, 2, count(), "a context that ends undoes")

		if name != ":memory:" { // there the connection that a panic leaves cannot be replaced
			assert.Panics(t, func() {
				_ = w.Write(t.Context(), func(ctx context.Context, tx *sqlkit.Tx) error {
					_ = insert(ctx, tx)
					panic("bug")
				})
			})
			assert.Equal(t, 2, count(), "a panic undoes")
		}

		ended := make(chan struct{})
		require.NoError(t, w.Write(t.Context(), func(context.Context, *sqlkit.Tx) error {
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				defer close(ended)
				assert.ErrorIs(t, w.Write(ctx, insert), context.Canceled, "waiting for the turn ends with the context")
			}()
			cancel()
			<-ended
			return nil
		}))
		require.NoError(t, w.Close())
		require.NoError(t, w.Close())
		require.ErrorIs(t, w.Write(t.Context(), insert), sqlkit.ErrClosed)
		assert.Zero(t, db.Stats().InUse)
	}
}
