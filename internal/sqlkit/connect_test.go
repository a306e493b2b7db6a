package sqlkit_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/internal/sqlkit"
)

// dying makes connections of which the first are dead, as those of a pool are when the server was started anew.
type dying struct{ dead, made, closed atomic.Int64 }

func (d *dying) Driver() driver.Driver { return nil }

func (d *dying) Connect(context.Context) (driver.Conn, error) {
	d.made.Add(1)
	return &mortal{of: d, dead: d.dead.Add(-1) >= 0}, nil
}

type mortal struct {
	of   *dying
	dead bool
}

var errFake = errors.New("nothing is behind this")

func (m *mortal) Prepare(string) (driver.Stmt, error) { return nil, errFake }
func (m *mortal) Begin() (driver.Tx, error)           { return nil, errFake }

func (m *mortal) Close() error {
	m.of.closed.Add(1)
	return nil
}

func (m *mortal) Ping(context.Context) error {
	if m.dead {
		return driver.ErrBadConn
	}
	return nil
}

func TestConnectPassesOverTheDead(t *testing.T) {
	t.Parallel()
	d := new(dying)
	d.dead.Store(7)
	db := sql.OpenDB(d)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	conn, err := sqlkit.Connect(t.Context(), db, 0)
	require.NoError(t, err)
	assert.Equal(t, int64(8), d.made.Load())
	assert.Equal(t, int64(7), d.closed.Load(), "and they are gone from the pool")
	require.NoError(t, conn.Close())
}

func TestConnectGivesUp(t *testing.T) {
	t.Parallel()
	d := new(dying)
	d.dead.Store(1 << 40)
	db := sql.OpenDB(d)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	_, err := sqlkit.Detect(t.Context(), db)
	assert.ErrorIs(t, err, driver.ErrBadConn)
	assert.NotErrorIs(t, err, sqlkit.ErrDialect, "a server that is gone is of no other kind for it")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = sqlkit.Connect(ctx, db, 0)
	assert.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, d.made.Load(), d.closed.Load())
}
