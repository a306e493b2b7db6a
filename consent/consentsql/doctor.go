package consentsql

import (
	"context"
	"fmt"
	"time"

	"github.com/purposebound/purposebound/internal/sqlkit"
)

// Finding is what [Ledger.Doctor] has to say about one thing.
type Finding struct {
	Check  string // "durability", "primary", "clock", "pool", "nodes", "feed"
	OK     bool
	Detail string // for a person to read; it names no subject
}

// String returns the finding as a line.
func (f Finding) String() string {
	word := "ok  "
	if !f.OK {
		word = "BAD "
	}
	return word + f.Check + ": " + f.Detail
}

// Doctor looks at what the ledger's promises rest on: that commits are durable on the pool's connections, that they go to a primary, that the
// database's clock is about right, that the pool is large enough, and that the nodes follow the feed. It changes nothing. An
// error means that it could not look.
func (l *Ledger) Doctor(ctx context.Context) ([]Finding, error) {
	if l.closed.Load() {
		return nil, ErrClosed
	}
	var out []Finding
	add := func(check string, ok bool, format string, args ...any) {
		out = append(out, Finding{check, ok, fmt.Sprintf(format, args...)})
	}
	conn, err := sqlkit.Connect(ctx, l.db, l.busy)
	if err != nil {
		return nil, fmt.Errorf("consentsql: doctor: %w", err)
	}
	defer conn.Close()
	if l.dialect.Server() {
		err := l.dialect.Durable(ctx, conn)
		add("durability", err == nil, "%s", or(err, "a commit survives a crash"))
		var replica bool
		if err := conn.QueryRowContext(ctx, replicaOf[l.dialect]).Scan(&replica); err != nil {
			return out, fmt.Errorf("consentsql: doctor: %w", err)
		}
		add("primary", !replica, "the server accepts writes: %t", !replica)
	} else {
		add("durability", true, "set on the connection that writes")
	}
	var micros int64
	var system string
	if err := conn.QueryRowContext(ctx, clockOf[l.dialect]).Scan(&micros, &system); err != nil {
		return out, fmt.Errorf("consentsql: doctor: %w", err)
	}
	ahead := time.Until(time.UnixMicro(micros)).Round(time.Millisecond)
	add("clock", ahead.Abs() < 5*time.Second, "the database's is %s ahead of this machine's; consents end by the database's", ahead)
	n := l.db.Stats().MaxOpenConnections
	add("pool", n == 0 || n >= 4, "at most %d connections; 0: any number", n)
	if !l.together {
		return out, nil
	}
	peers, err := l.Cluster().Peers(ctx)
	if err != nil {
		return out, fmt.Errorf("consentsql: doctor: %w", err)
	}
	live, behind := 0, uint64(0)
	for _, p := range peers.Nodes {
		if p.Fenced {
			continue
		}
		live++
		behind = max(behind, peers.Head-min(peers.Head, p.Applied))
	}
	add("nodes", live > 0, "%d registries, and %d that were shut out not long ago", live, len(peers.Nodes)-live)
	add("feed", behind < 1000, "the last is %d events behind position %d", behind, peers.Head)
	return out, nil
}

func or(err error, text string) string {
	if err != nil {
		return err.Error()
	}
	return text
}

var replicaOf = map[sqlkit.Dialect]string{
	sqlkit.PostgreSQL: `SELECT pg_is_in_recovery()`,
	sqlkit.MariaDB:    `SELECT @@read_only = 1`,
}
