package consentsql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/internal/sqlkit"
)

// cluster is a ledger's [consent.Cluster]: three tables beside the events.
type cluster struct{ ledger *Ledger }

// Cluster returns what several registries go by that use the ledger together; nil for a SQLite file that was not opened [Together].
func (l *Ledger) Cluster() consent.Cluster {
	if !l.together {
		return nil
	}
	return cluster{l}
}

const (
	insertNode = `INSERT INTO purposebound_nodes (node, number, applied, draining) VALUES (?, 1, ?, ?)`
	isThere    = `SELECT count(*) FROM purposebound_nodes WHERE node = ?`
	deleteNode = `DELETE FROM purposebound_nodes WHERE node = ?`
	renewNode  = `UPDATE purposebound_nodes SET number = ?, applied = ?, draining = ? WHERE node = ? AND number < ? AND fenced = 0
		AND NOT EXISTS (SELECT 1 FROM purposebound_feed WHERE position > ? AND made < ?)`
	acknowledge = `UPDATE purposebound_nodes SET applied = ?, draining = ? WHERE node = ? AND number = ? AND fenced = 0`
	settle      = `UPDATE purposebound_head SET system = ?`
	selectHeads = `SELECT h.position, h.mark, h.latest, h.system, f.position, f.mark, f.changes
		FROM purposebound_head AS h LEFT JOIN purposebound_feed AS f ON f.position >= ? ORDER BY f.position`
	selectNodes = `SELECT h.position, %s, n.node, n.number, n.applied, n.draining, n.fenced
		FROM purposebound_head AS h LEFT JOIN purposebound_nodes AS n ON 1 = 1`
	fenceNode  = `UPDATE purposebound_nodes SET fenced = ? WHERE node = ? AND number = ? AND fenced = 0`
	isFenced   = `SELECT count(*) FROM purposebound_nodes WHERE node = ? AND fenced > 0`
	pruneFeed  = `DELETE FROM purposebound_feed WHERE position < ? AND made < ?`
	lowest     = `SELECT min(applied) FROM purposebound_nodes WHERE fenced = 0`
	pruneNodes = `DELETE FROM purposebound_nodes WHERE fenced > 0 AND fenced < ?`
	updateHead = `UPDATE purposebound_head SET position = position + ?, mark = ?, latest = CASE WHEN latest < ? THEN ? ELSE latest END`
	selectHEAD = `SELECT position FROM purposebound_head`
	insertFeed = `INSERT INTO purposebound_feed (position, mark, made, changes) VALUES (?, ?, ?, ?)`
)

// every is how many renewals pass between two times a node removes what nobody needs any more, and kept for how long that stays at least: a node that was away for longer, and was shut out, cannot tell whether something was lost.
const (
	every = 16
	kept  = 24 * time.Hour
)

// Sync is [consent.Cluster.Sync].
func (c cluster) Sync(ctx context.Context, r consent.Report) (consent.Feed, error) {
	feed, err := c.sync(ctx, r)
	if err != nil {
		err = fmt.Errorf("consentsql: sync: %w", err)
	}
	return feed, err
}

func (c cluster) sync(ctx context.Context, r consent.Report) (feed consent.Feed, err error) {
	l := c.ledger
	if !r.Renew && !r.Leave && !r.Changed && r.Settled == "" {
		if l.closed.Load() {
			return feed, ErrClosed
		}
		if l.dialect.Server() {
			err = l.feed(ctx, plain{l.db, l.dialect}, r.Applied, r.Mark, &feed)
			return feed, err
		}
		err = sqlkit.Retry(ctx, l.busy, func() error { return l.feed(ctx, plain{l.db, l.dialect}, r.Applied, r.Mark, &feed) })
		return feed, err
	}
	err = l.writer.Write(ctx, func(ctx context.Context, tx *sqlkit.Tx) error {
		feed = consent.Feed{}
		if !r.Renew && l.dialect == sqlkit.PostgreSQL { // an acknowledgement that is lost is made again
			if _, err := tx.Exec(ctx, "SET LOCAL synchronous_commit = off"); err != nil {
				return err
			}
		}
		var now int64
		var system string
		if err := tx.QueryRow(ctx, clockOf[l.dialect]).Scan(&now, &system); err != nil {
			return err
		}
		node := r.Node[:]
		if r.Settled != "" {
			if _, err := tx.Exec(ctx, settle, r.Settled); err != nil {
				return err
			}
		}
		after := r.Applied
		switch {
		case r.Leave:
			_, err := tx.Exec(ctx, deleteNode, node)
			return err
		case r.Renew && r.Number == 1:
			var there int
			if err := tx.QueryRow(ctx, isThere, node).Scan(&there); err != nil {
				return err
			}
			if there > 0 {
				return consent.ErrFenced
			}
			if r.Applied > 0 { // it was a node before, and must find what it had seen
				if err := l.feed(ctx, tx, r.Applied, r.Mark, &feed); err != nil {
					return err
				}
			}
			var head int64
			if err := tx.QueryRow(ctx, selectHEAD).Scan(&head); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, insertNode, node, head, []byte{}); err != nil {
				return err
			}
			after = fromHere
		case r.Renew:
			ok, err := changed(tx.Exec(ctx, renewNode, r.Number, r.Applied, packDraining(r.Draining), node, r.Number,
				r.Applied, now-r.Patience.Microseconds()))
			if err != nil {
				return err
			}
			if !ok {
				return consent.ErrFenced
			}
			if r.Number%every == 0 {
				if err := prune(ctx, tx, now); err != nil {
					return err
				}
			}
		case r.Changed:
			if _, err := tx.Exec(ctx, acknowledge, r.Applied, packDraining(r.Draining), node, r.Number); err != nil {
				return err
			}
		}
		if err := l.feed(ctx, tx, after, r.Mark, &feed); err != nil {
			return err
		}
		feed.Time, feed.System = time.UnixMicro(now).UTC(), system
		return nil
	})
	return feed, err
}

// reader is what a statement without changes needs.
type reader interface {
	Query(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// plain reads outside a transaction.
type plain struct {
	db      *sql.DB
	dialect sqlkit.Dialect
}

func (p plain) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return p.db.QueryContext(ctx, p.dialect.Rebind(query), args...)
}

// fromHere stands for the head, whatever it is: what came before does not concern a node that joins.
const fromHere = 1<<63 - 1

// feed reads the head and what is behind after, by one statement, and checks that what stood at after still does.
func (l *Ledger) feed(ctx context.Context, from reader, after, mark uint64, feed *consent.Feed) error {
	rows, err := from.Query(ctx, selectHeads, int64(after))
	if err != nil {
		return err
	}
	defer rows.Close()
	feed.Changes = nil
	any, same := false, after == 0 || after == fromHere
	for rows.Next() {
		var latest int64
		var position, stands sql.NullInt64
		var packed []byte
		if err := rows.Scan(&feed.Head, &feed.Mark, &latest, &feed.Settled, &position, &stands, &packed); err != nil {
			return err
		}
		any, feed.Latest = true, time.UnixMicro(latest).UTC()
		if !position.Valid {
			continue
		}
		if uint64(position.Int64) == after {
			same = uint64(stands.Int64) == mark
			continue
		}
		if feed.Changes, err = unpackChanges(feed.Changes, uint64(position.Int64), packed); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if !any || !same {
		return consent.ErrLedgerRegressed
	}
	next := after + 1
	for _, c := range feed.Changes {
		if c.Position != next {
			return consent.ErrLedgerRegressed // a gap: what is missing cannot be applied
		}
		next++
	}
	if after != fromHere && next != feed.Head+1 {
		return consent.ErrLedgerRegressed
	}
	return nil
}

// prune removes what nobody needs any more.
func prune(ctx context.Context, tx *sqlkit.Tx, now int64) error {
	var least sql.NullInt64
	if err := tx.QueryRow(ctx, lowest).Scan(&least); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, pruneFeed, least.Int64, now-kept.Microseconds()); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, pruneNodes, now-kept.Microseconds())
	return err
}

// changed reports whether a statement changed a row.
func changed(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// Peers is [consent.Cluster.Peers].
func (c cluster) Peers(ctx context.Context) (consent.Peers, error) {
	l := c.ledger
	if l.closed.Load() {
		return consent.Peers{}, ErrClosed
	}
	var out consent.Peers
	err := sqlkit.Retry(ctx, l.busy, func() error {
		out = consent.Peers{}
		rows, err := plain{l.db, l.dialect}.Query(ctx, fmt.Sprintf(selectNodes, nameOf[l.dialect]))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id, draining []byte
			var number, applied, fenced sql.NullInt64
			if err := rows.Scan(&out.Head, &out.System, &id, &number, &applied, &draining, &fenced); err != nil {
				return err
			}
			if id == nil {
				continue
			}
			p := consent.Peer{Number: uint64(number.Int64), Applied: uint64(applied.Int64), Fenced: fenced.Int64 > 0}
			if copy(p.Node[:], id) != len(p.Node) {
				return consent.ErrFormat
			}
			if p.Draining, err = unpackDraining(draining); err != nil {
				return err
			}
			out.Nodes = append(out.Nodes, p)
		}
		return rows.Err()
	})
	if err != nil {
		err = fmt.Errorf("consentsql: peers: %w", err)
	}
	return out, err
}

// Fence is [consent.Cluster.Fence].
func (c cluster) Fence(ctx context.Context, node consent.NodeID, number uint64) (shut bool, err error) {
	l := c.ledger
	err = l.writer.Write(ctx, func(ctx context.Context, tx *sqlkit.Tx) error {
		var now int64
		var system string
		if err := tx.QueryRow(ctx, clockOf[l.dialect]).Scan(&now, &system); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, fenceNode, max(1, now), node[:], number); err != nil {
			return err
		}
		var n int
		err := tx.QueryRow(ctx, isFenced, node[:]).Scan(&n)
		shut = n > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("consentsql: fence: %w", err)
	}
	return shut, nil
}

// clockOf asks for the server's time in microseconds, and for what tells it and its start from another.
var clockOf = map[sqlkit.Dialect]string{
	sqlkit.PostgreSQL: `SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, ` + nameOf[sqlkit.PostgreSQL],
	sqlkit.MariaDB:    `SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED), ` + nameOf[sqlkit.MariaDB],
	sqlkit.SQLite:     `SELECT CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER), ` + nameOf[sqlkit.SQLite],
}

// nameOf tells a server, and its start where it can be had, from another. A standby that is promoted has another address and start, but may have the
// same system identifier, which is therefore not asked for.
var nameOf = map[sqlkit.Dialect]string{
	sqlkit.PostgreSQL: `pg_postmaster_start_time()::text`,
	sqlkit.MariaDB:    `CONCAT(@@hostname, ':', @@port, '/', @@server_id)`,
	sqlkit.SQLite:     `'file'`,
}

// announce gives the tightening events of a transaction their positions. It comes last in the transaction: from here to the
// commit, others wait.
func (l *Ledger) announce(ctx context.Context, tx *sqlkit.Tx, changes []consent.Change, latest time.Time) error {
	if len(changes) == 0 || !l.together {
		return nil
	}
	at := latest.UnixMicro()
	mark := rand.Int64N(1<<62) + 1
	ok, err := changed(tx.Exec(ctx, updateHead, len(changes), mark, at, at))
	if err == nil && !ok {
		err = errors.New("the head is missing")
	}
	if err != nil {
		return err
	}
	var position uint64
	if err := tx.QueryRow(ctx, selectHEAD).Scan(&position); err != nil {
		return err
	}
	var now int64
	var system string
	if err := tx.QueryRow(ctx, clockOf[l.dialect]).Scan(&now, &system); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, insertFeed, position, mark, now, packChanges(changes))
	if err == nil && l.notify {
		_, err = tx.Exec(ctx, "NOTIFY purposebound")
	}
	return err
}
