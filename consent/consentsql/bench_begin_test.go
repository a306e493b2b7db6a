package consentsql_test

import (
	"context"
	"database/sql"
	"encoding/hex"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/consent/consentsql"
	"github.com/purposebound/purposebound/internal/databasetest"
	"github.com/purposebound/purposebound/purpose"
)

var tenMillion = flag.Bool("rows-10m", false, "BenchmarkBegin/rows_10m has ten million rows and not one")

// filled makes a ledger on PostgreSQL of so many subjects, each with a notice and a grant. The rows are made by the
// server from those of one subject, as what is measured does not depend on what they say of the others.
func filled(b *testing.B, subjects int) *sql.DB {
	b.Helper()
	ctx := context.Background()
	driver, dsn := databasetest.PostgreSQL(b)
	db := databasetest.Open(b, driver, dsn)
	ledger, err := consentsql.Open(ctx, db)
	require.NoError(b, err)
	policy, err := nodePolicy()
	require.NoError(b, err)
	r, err := consent.NewRegistry(policy, ledger)
	require.NoError(b, err)
	real := min(subjects, 2000)
	for i := range real {
		_, err := r.Notify(ctx, numbered(i), language.English)
		require.NoError(b, err)
		_, err = r.Grant(ctx, numbered(i), letters, consent.Act{Method: consent.WebForm})
		require.NoError(b, err)
	}
	require.NoError(b, r.Close())
	require.NoError(b, ledger.Close())
	if subjects > real {
		_, err = db.Exec(`INSERT INTO purposebound_events (subject, seq, id, envelope, payload, chain)
			SELECT convert_to('other-' || n, 'UTF8'), e.seq, e.id, e.envelope, e.payload, e.chain
			FROM generate_series($1::bigint, $2::bigint) AS n, purposebound_events AS e WHERE e.subject = $3`,
			real, subjects-1, []byte(numbered(0)))
		require.NoError(b, err)
	}
	_, err = db.Exec("VACUUM ANALYZE purposebound_events")
	require.NoError(b, err)
	return db
}

func numbered(i int) consent.Subject { return consent.Subject(fmt.Sprintf("subject-%08d", i)) }

// gateOn opens a registry that keeps next to nothing in memory.
func gateOn(b *testing.B, db *sql.DB) (*consent.Registry, *consent.Gate) {
	b.Helper()
	ledger, err := consentsql.Open(b.Context(), db)
	require.NoError(b, err)
	policy, err := nodePolicy()
	require.NoError(b, err)
	r, err := consent.NewRegistry(policy, ledger, consent.WithCache(1))
	require.NoError(b, err)
	b.Cleanup(func() { _ = r.Close() })
	gate, err := r.Gate(nil, purpose.Use, letters)
	require.NoError(b, err)
	return r, gate
}

// side is what ours is compared with, and how the ratio is called.
type side struct {
	unit string
	run  func()
}

// inTurns runs all sides alternately and reports the ratios of the times and the time of ours.
func inTurns(b *testing.B, turns int, ours func(), others ...side) {
	b.Helper()
	var mine time.Duration
	theirs := make([]time.Duration, len(others))
	n := 0
	for b.Loop() {
		for range turns {
			began := time.Now()
			ours()
			mine += time.Since(began)
			for i, other := range others {
				began = time.Now()
				other.run()
				theirs[i] += time.Since(began)
			}
			n++
		}
	}
	b.ReportMetric(float64(mine.Nanoseconds())/float64(n), "ns/op")
	for i, other := range others {
		b.ReportMetric(float64(mine)/float64(theirs[i]), other.unit)
	}
}

func BenchmarkBegin(b *testing.B) {
	once := func(gate *consent.Gate, s consent.Subject) {
		p, err := gate.Begin(context.Background(), sender, s)
		if err != nil {
			panic(err)
		}
		p.End()
	}
	b.Run("uncached", func(b *testing.B) {
		db := filled(b, 10_000)
		r, gate := gateOn(b, db)
		reads := r.Stats().Loads
		next := 0
		inTurns(b, 4000, func() {
			next++ // in turn, so that none is in memory when it comes
			once(gate, numbered(next%2000))
		}, side{"x-select", func() { // one row, by its primary key
			var envelope, payload []byte
			if err := db.QueryRow("SELECT envelope, payload FROM purposebound_events WHERE subject = $1 AND seq = $2",
				[]byte(numbered(rand.IntN(2000))), 2).Scan(&envelope, &payload); err != nil {
				panic(err)
			}
		}}, side{"x-rows", func() { // the two rows that a decision needs
			rows, err := db.Query("SELECT envelope, payload, chain FROM purposebound_events WHERE subject = $1 ORDER BY seq", []byte(numbered(rand.IntN(2000))))
			if err != nil {
				panic(err)
			}
			defer rows.Close()
			for rows.Next() {
				var envelope, payload, chain []byte
				if err := rows.Scan(&envelope, &payload, &chain); err != nil {
					panic(err)
				}
			}
			if err := rows.Err(); err != nil {
				panic(err)
			}
		}})
		require.Equal(b, reads+uint64(next), r.Stats().Loads, "some were in memory")
	})
	// The same against a ledger of very many rows, which must cost no more.
	b.Run("rows_10m", func(b *testing.B) {
		many := 500_000
		if *tenMillion {
			many = 5_000_000
		}
		_, large := gateOn(b, filled(b, many))
		_, small := gateOn(b, filled(b, 5_000))
		inTurns(b, 4000, func() { once(large, numbered(rand.IntN(2000))) }, side{"x-10k", func() { once(small, numbered(rand.IntN(2000))) }})
	})
}

func BenchmarkPreload(b *testing.B) {
	b.Run("1000", func(b *testing.B) {
		db := filled(b, 10_000)
		r, _ := gateOn(b, db)
		// Two thousand in turn, so that none is in memory when its thousand comes.
		halves := [2][]consent.Subject{}
		for i := range 2000 {
			halves[i/1000] = append(halves[i/1000], numbered(i))
		}
		turn, reads := 0, r.Stats().Loads
		inTurns(b, 60, func() {
			turn++
			if err := r.Preload(b.Context(), halves[turn%2]); err != nil {
				panic(err)
			}
			if reads += 1000; r.Stats().Loads != reads {
				panic("some were in memory")
			}
		}, side{"x-any", func() {
			var list []string
			for _, s := range halves[turn%2] {
				list = append(list, `"\\x`+hex.EncodeToString([]byte(s))+`"`)
			}
			rows, err := db.Query("SELECT subject, seq, envelope, payload, chain FROM purposebound_events WHERE subject = ANY($1::text::bytea[])",
				"{"+strings.Join(list, ",")+"}")
			if err != nil {
				panic(err)
			}
			defer rows.Close()
			for rows.Next() {
				var subject, envelope, payload, chain []byte
				var seq int64
				if err := rows.Scan(&subject, &seq, &envelope, &payload, &chain); err != nil {
					panic(err)
				}
			}
			if err := rows.Err(); err != nil {
				panic(err)
			}
		}})
	})
}
