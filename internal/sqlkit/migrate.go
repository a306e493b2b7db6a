package sqlkit

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"strings"
)

const createSchema = `CREATE TABLE IF NOT EXISTS purposebound_schema (
	namespace VARCHAR(64) NOT NULL,
	version INTEGER NOT NULL,
	PRIMARY KEY (namespace, version)
)`

const createSchemaSQLite = `CREATE TABLE IF NOT EXISTS purposebound_schema (
	namespace TEXT NOT NULL,
	version INTEGER NOT NULL,
	PRIMARY KEY (namespace, version)
) STRICT, WITHOUT ROWID`

// Migrate brings the tables of a namespace ("consent") to the newest version in fsys. Files at the root of fsys are
// named 0001_name.sql, 0002_name.sql and so on without a gap; every statement in them ends with a semicolon at the
// end of a line, and no other line ends with one. What was run is recorded in the table purposebound_schema.
//
// Each file runs in a write transaction of its own that first looks which version is in force, so any number of
// processes may migrate one database together and a crash leaves it between two versions, to be continued. MariaDB commits
// after every statement that makes or changes a table: statements of its files can be run twice, and one process runs them at a time.
// Migrate returns [ErrNewerSchema], and changes nothing, if the database is ahead of fsys.
func Migrate(ctx context.Context, db *sql.DB, d Dialect, namespace string, fsys fs.FS) error {
	w, err := OpenWriter(ctx, db, d, patience)
	if err != nil {
		return fmt.Errorf("sqlkit: migrate %s: %w", namespace, err)
	}
	defer w.Close()
	return w.Migrate(ctx, namespace, fsys)
}

// migrations reads the statements of each step, in order.
func migrations(namespace string, fsys fs.FS) ([][]string, error) {
	entries, err := fs.ReadDir(fsys, ".") // sorted by name
	if err != nil {
		return nil, fmt.Errorf("sqlkit: migrations of %s: %w", namespace, err)
	}
	var steps [][]string
	for _, entry := range entries {
		name := entry.Name()
		if entry.IsDir() || !strings.HasSuffix(name, ".sql") {
			continue
		}
		if want := fmt.Sprintf("%04d_", len(steps)+1); !strings.HasPrefix(name, want) {
			return nil, fmt.Errorf("sqlkit: migrations of %s: %s should begin with %s", namespace, name, want)
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("sqlkit: migrations of %s: %w", namespace, err)
		}
		list, ok := statements(string(text))
		if !ok {
			return nil, fmt.Errorf("sqlkit: migrations of %s: %s does not end with a semicolon, or is empty", namespace, name)
		}
		steps = append(steps, list)
	}
	if len(steps) == 0 {
		return nil, fmt.Errorf("sqlkit: migrations of %s: no files", namespace)
	}
	return steps, nil
}

// statements cuts a script after each line that ends with a semicolon, because not every driver runs more than one
// statement in a call. Lines that are only a comment are dropped.
func statements(text string) ([]string, bool) {
	var list []string
	var open strings.Builder
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || strings.HasPrefix(trimmed, "--") {
			continue
		}
		open.WriteString(line)
		if strings.HasSuffix(trimmed, ";") {
			list = append(list, open.String())
			open.Reset()
		}
	}
	return list, open.Len() == 0 && len(list) > 0
}

// step runs the next migration, if there is one, and reports whether there may be more.
func step(ctx context.Context, tx *Tx, namespace string, steps [][]string) (more bool, err error) {
	release, err := exclude(ctx, tx)
	if err != nil {
		return false, err
	}
	defer func() { release(err == nil) }()
	create := createSchema
	if tx.dialect == SQLite {
		create = createSchemaSQLite
	}
	if _, err := tx.Exec(ctx, create); err != nil {
		return false, err
	}
	var version int
	err = tx.QueryRow(ctx, "SELECT coalesce(max(version), 0) FROM purposebound_schema WHERE namespace = ?", namespace).Scan(&version)
	if err != nil {
		return false, err
	}
	if version > len(steps) {
		return false, fmt.Errorf("%w: it has version %d and this one knows %d", ErrNewerSchema, version, len(steps))
	}
	if version == len(steps) {
		return false, nil
	}
	for _, statement := range steps[version] {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return false, fmt.Errorf("version %d: %w", version+1, err)
		}
	}
	_, err = tx.Exec(ctx, "INSERT INTO purposebound_schema (namespace, version) VALUES (?, ?)", namespace, version+1)
	return version+1 < len(steps), err
}

// exclude lets one process at a time migrate. On SQLite the transaction does.
func exclude(ctx context.Context, tx *Tx) (release func(done bool), err error) {
	switch tx.dialect {
	case PostgreSQL: // until the transaction ends
		_, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(7958212311234601)")
		return func(bool) {}, err
	case MariaDB: // the connection's, whatever commits
		var got sql.NullInt64
		err := tx.QueryRow(ctx, "SELECT GET_LOCK(CONCAT('purposebound.', MD5(DATABASE())), 60)").Scan(&got)
		if err == nil && got.Int64 != 1 {
			err = ErrBusy
		}
		return func(done bool) {
			ctx := context.WithoutCancel(ctx)
			if done { // before the next process looks; that the transaction commits once more does nothing
				_, _ = tx.Exec(ctx, "COMMIT")
			}
			_, _ = tx.Exec(ctx, "DO RELEASE_LOCK(CONCAT('purposebound.', MD5(DATABASE())))")
		}, err
	}
	return func(bool) {}, nil
}
