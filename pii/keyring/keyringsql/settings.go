package keyringsql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/purposebound/purposebound/internal/sqlkit"
)

// errReads reports connections that would show a [Store.Load] something else than the row as it was last committed.
var errReads = errors.New("connections have autocommit off or read what is not committed")

// Of these a server has one of the last two, by its kind and age.
const variables = `SHOW VARIABLES WHERE variable_name IN ('log_bin', 'sync_binlog', 'autocommit', 'tx_isolation', 'transaction_isolation')`

// check refuses a MariaDB that would lose a Save or show another row, where [sqlkit.Dialect.Durable] does not.
func check(ctx context.Context, t *sqlkit.Tables) error {
	if t.Dialect() != sqlkit.MariaDB {
		return nil
	}
	value := make(map[string]string)
	err := t.Read(ctx, func(rows *sql.Rows) error {
		var k, v string
		err := rows.Scan(&k, &v)
		value[k] = v
		return err
	}, variables)
	switch {
	case err != nil:
		return fmt.Errorf("settings: %w", err)
	case value["log_bin"] != "OFF" && value["sync_binlog"] != "1":
		return fmt.Errorf("%w: sync_binlog is %s", ErrNotDurable, value["sync_binlog"])
	case value["autocommit"] != "ON", value["tx_isolation"]+value["transaction_isolation"] == "READ-UNCOMMITTED":
		return errReads
	}
	return nil
}

// settle sets what the transaction of a Save needs of its connection, which may be a new one or one that others changed.
func settle(ctx context.Context, tx *sqlkit.Tx) error {
	var err error
	switch tx.Dialect() {
	case sqlkit.SQLite:
		_, err = tx.Exec(ctx, "PRAGMA secure_delete = ON")
	case sqlkit.PostgreSQL: // until the transaction ends
		_, err = tx.Exec(ctx, `SELECT set_config('synchronous_commit', 'on', true)
			WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')`)
	}
	return err
}
