package main

import (
	"database/sql"
	"errors"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatFailsIsUndone(t *testing.T) {
	t.Parallel()
	o, err := openOffice(t.Context(), filepath.Join(t.TempDir(), "undone.db"))
	require.NoError(t, err)
	defer func() { assert.NoError(t, o.Close()) }()

	failed := errors.New("no")
	err = o.write(t.Context(), func(tx *sql.Tx) error {
		if _, err := tx.Exec("INSERT INTO letters VALUES (1, 'c-001', 'queued')"); err != nil {
			return err
		}
		return failed
	})
	require.ErrorIs(t, err, failed)

	// Two rows of one id: neither is written.
	require.Error(t, o.insert(t.Context(), []row{&personRow{ID: "c-001"}, &personRow{ID: "c-001"}}))

	for _, table := range []string{"letters", "people"} {
		var n int
		require.NoError(t, o.db.QueryRow("SELECT count(*) FROM "+table).Scan(&n))
		assert.Zero(t, n, table)
	}
	_, err = one[personRow](t.Context(), o.db, "c-001")
	assert.ErrorContains(t, err, "not there")
}
