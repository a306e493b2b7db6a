package retentionsql_test

import (
	"context"
	"database/sql"
	"encoding/hex"
	"flag"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/consent/consentsql"
	"github.com/purposebound/purposebound/internal/databasetest"
	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/pii/keyring/keyringsql"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
	"github.com/purposebound/purposebound/retention/retentionsql"
)

// rows5m fills the large agenda of BenchmarkSweep with five million rows and not with two hundred thousand, and has the workers end ten thousand items: minutes.
var rows5m = flag.Bool("rows-5m", false, "BenchmarkSweep has five million rows, and ten thousand items")

// agenda returns a store on PostgreSQL with that many rows that are not due.
func agenda(b *testing.B, rows int) *retentionsql.Store {
	b.Helper()
	driver, dsn := databasetest.PostgreSQL(b)
	store := open(b, driver, dsn)
	// A row of the store's own is what the others are copied from, but for what is in the index.
	require.NoError(b, store.Put(b.Context(), itemOf("filler", today.AddDate(5, 0, 0))))
	databasetest.Exec(b, driver, dsn, fmt.Sprintf(`INSERT INTO purposebound_agenda
		SELECT sha256(int8send(n)), int8send(n), compartment, case_id, collected, attributes, substr(due, 1, 8) || int4send((n %% 1000000000)::int4), failures, version, claim, claimed_until
		FROM purposebound_agenda, generate_series(1, %d) n WHERE subject = '\x%s'`, rows-1, hex.EncodeToString([]byte("filler"))))
	databasetest.Exec(b, driver, dsn, "VACUUM ANALYZE purposebound_agenda")
	return store
}

// sweepAgenda puts a thousand items that are due, and times taking and settling them.
func sweepAgenda(b *testing.B, store *retentionsql.Store) time.Duration {
	b.Helper()
	var due []retention.Item
	for range 1000 {
		due = append(due, itemOf(consent.NewSubject(), today))
	}
	require.NoError(b, store.Put(b.Context(), due...))
	began := time.Now()
	for taken := 0; taken < len(due); {
		some, err := store.Take(b.Context(), retention.Claim{Now: today, For: time.Hour, Limit: 100})
		require.NoError(b, err)
		require.NotEmpty(b, some)
		taken += len(some)
		require.NoError(b, store.Settle(b.Context(), some, nil))
	}
	return time.Since(began)
}

func BenchmarkSweep(b *testing.B) {
	b.Run("among_5m", func(b *testing.B) {
		rows := 200_000
		if *rows5m {
			rows = 5_000_000
		}
		small, large := agenda(b, 10_000), agenda(b, rows)
		sweepAgenda(b, small)
		sweepAgenda(b, large)
		var few, many time.Duration
		for b.Loop() {
			for range 3 {
				few += sweepAgenda(b, small)
				many += sweepAgenda(b, large)
			}
		}
		b.ReportMetric(float64(rows), "rows")
		b.ReportMetric(float64(many)/float64(few), "x-10k")
	})
	b.Run("beside_claims", func(b *testing.B) {
		free, beside := agenda(b, 10_000), agenda(b, 10_000)
		// Others hold what is due longest: it would be read first.
		held := make([]retention.Item, 0, 50_000)
		for range cap(held) {
			held = append(held, itemOf(consent.NewSubject(), today.Add(-time.Hour)))
		}
		require.NoError(b, beside.Put(b.Context(), held...))
		_, err := beside.Take(b.Context(), retention.Claim{Now: today, For: 24 * time.Hour, Limit: len(held)})
		require.NoError(b, err)
		sweepAgenda(b, free)
		sweepAgenda(b, beside)
		var none, some time.Duration
		for b.Loop() {
			for range 3 {
				none += sweepAgenda(b, free)
				some += sweepAgenda(b, beside)
			}
		}
		b.ReportMetric(float64(some)/float64(none), "x-none")
	})
	b.Run("workers_4", func(b *testing.B) {
		var one, four float64
		for b.Loop() {
			// In turns, since the machine has other things to do; and as many batches for each of the four, so that none ends with nothing to do.
			for range 3 {
				rate, _ := sweepRows(b, 1, 320)
				one += rate
				rate, _ = sweepRows(b, 4, 320)
				four += rate
			}
		}
		b.ReportMetric(four/one, "x-one")
	})
	b.Run("heap_10k", func(b *testing.B) {
		items := 1000
		if *rows5m {
			items = 10_000
		}
		var grown float64
		for b.Loop() {
			_, grown = sweepRows(b, 4, items)
		}
		b.ReportMetric(float64(items), "items")
		b.ReportMetric(grown, "MiB-grown")
	})
}

// sweepRows has workers end what is due of so many people: keys, and rows of two tables, all on one PostgreSQL. It returns the items ended in a second, and by how many
// MiB the heap has grown since a tenth of them had ended, when all that is filled once was.
func sweepRows(b *testing.B, workers, people int) (rate, grown float64) {
	b.Helper()
	ctx := b.Context()
	driver, dsn := databasetest.PostgreSQL(b)
	databasetest.Exec(b, driver, dsn, "CREATE TABLE clients (id TEXT PRIMARY KEY, name TEXT); CREATE TABLE notes (client TEXT, n INT, body TEXT, PRIMARY KEY (client, n))")
	db, err := sql.Open(driver, dsn)
	require.NoError(b, err)
	defer db.Close()
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	ledger, err := consentsql.Open(ctx, db)
	require.NoError(b, err)
	defer ledger.Close()
	policy, err := purpose.NewPolicy(benchPolicy())
	require.NoError(b, err)
	registry, err := consent.NewRegistry(policy, ledger, consent.WithCache(64<<10)) // what it keeps of people is not the sweeper's
	require.NoError(b, err)
	defer registry.Close()
	rows, err := keyringsql.Open(ctx, db)
	require.NoError(b, err)
	defer rows.Close()
	handle, err := keyset.NewHandle(aead.AES256GCMSIVKeyTemplate())
	require.NoError(b, err)
	kek, err := aead.New(handle)
	require.NoError(b, err)
	ring, err := keyring.New(keyring.Config{Store: rows, KEK: kek})
	require.NoError(b, err)
	store, err := retentionsql.Open(ctx, db)
	require.NoError(b, err)
	defer store.Close()

	collected := time.Now().UTC().AddDate(-2, 0, 0).Truncate(24 * time.Hour)
	var items []retention.Item
	for range people {
		s := consent.NewSubject()
		_, err := ring.MakeKey(ctx, s, "service/service")
		require.NoError(b, err)
		_, err = db.ExecContext(ctx, "INSERT INTO clients VALUES ($1, 'x')", string(s))
		require.NoError(b, err)
		_, err = db.ExecContext(ctx, "INSERT INTO notes SELECT $1, n, 'y' FROM generate_series(1, 5) n", string(s))
		require.NoError(b, err)
		items = append(items, retention.Item{
			Subject: s, Compartment: "service/service", Collected: collected, Attributes: []purpose.Attribute{"communications.text", "identity.name"}, Due: collected.AddDate(1, 0, 0),
		})
	}
	require.NoError(b, store.Put(ctx, items...))
	deleting := func(query string) retention.Eraser {
		return retention.EraserFunc(func(ctx context.Context, i retention.Item) error {
			_, err := db.ExecContext(ctx, query, string(i.Subject))
			return err
		})
	}
	config := retention.Config{
		Registry: registry, Store: store, Keys: ring, Batch: 20,
		Tables: []retention.Table{
			{Name: "clients", Attributes: []purpose.Attribute{"identity.name"}, Eraser: deleting("DELETE FROM clients WHERE id = $1")},
			{Name: "notes", Attributes: []purpose.Attribute{"communications.text"}, Eraser: deleting("DELETE FROM notes WHERE client = $1")},
		},
	}
	heap := func() float64 {
		var stats runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&stats)
		return float64(stats.HeapAlloc) / (1 << 20)
	}
	var early, late float64
	var ended atomic.Int64
	var wg sync.WaitGroup
	began := time.Now()
	for range workers {
		sweeper, err := retention.NewSweeper(config)
		require.NoError(b, err)
		wg.Go(func() {
			for step, err := range sweeper.Sweep(ctx) {
				if err != nil || step.Action != retention.Ended {
					b.Error(step.Action, step.Cause, err)
				}
				switch ended.Add(1) { // both while the workers are at work
				case int64(people / 10):
					early = heap()
				case int64(people - people/10):
					late = heap()
				}
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	require.EqualValues(b, people, ended.Load())
	var left int
	require.NoError(b, db.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM clients) + (SELECT count(*) FROM notes)").Scan(&left))
	require.Zero(b, left)
	return float64(people) / took.Seconds(), late - early
}

func benchPolicy() purpose.Document {
	attributes := []purpose.Attribute{"communications.text", "identity.name"}
	return purpose.Document{
		Version: "1", Effective: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), Officer: "privacy@example.com", Languages: []language.Tag{language.English},
		Purposes: []purpose.Spec{{
			ID: "service", Domain: "service", Title: purpose.Text{EN: "Service", FR: "Service"}, Basis: purpose.ConsentByProvision, Attributes: attributes,
			Operations: []purpose.Operation{purpose.Collect, purpose.Use}, Roles: map[purpose.Role][]purpose.Attribute{"clerk": attributes},
			Retention: purpose.Retention{Keep: purpose.Period{Years: 1}, From: purpose.FromCollection},
		}},
	}
}
