package retentionsql

import (
	"time"

	"github.com/purposebound/purposebound/internal/sqlkit"
)

// Statement is one by which Take finds items.
type Statement struct {
	Query string
	Args  []any
}

// TakeStatements returns them: to see whether there is any, for what nobody has claimed, and for what claims that ran out had.
func TakeStatements(d sqlkit.Dialect, now time.Time, limit int) (peek, unclaimed, ranOut Statement) {
	p := parts(d, stamp(now))
	query, args := peekQuery(p)
	return Statement{d.Rebind(query), args}, Statement{d.Rebind(p[0].query(d, limit)), p[0].args}, Statement{d.Rebind(p[1].query(d, limit)), p[1].args}
}
