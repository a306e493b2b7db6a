package retentionsql_test

import (
	"context"
	"database/sql"
	"encoding/hex"
	"flag"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/consent/consentsql"
	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/pii/keyring/keyringsql"
	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
	"github.com/purposebound/purposebound/retention/retentionsql"
)

// rows5m fills the large agenda of BenchmarkSweep with five million rows, which takes minutes, and not with two hundred thousand.
var rows5m = flag.Bool("rows-5m", false, "BenchmarkSweep/among_5m: five million rows")

var today = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// agenda returns a store on PostgreSQL with that many rows that are not due.
func agenda(b *testing.B, rows int) *retentionsql.Store {
	b.Helper()
	driver, dsn := empty["PostgreSQL"](b)
	store := open(b, driver, dsn)
	// A row of the store's own is what the others are copied from, but for what is in the index.
	item := retention.Item{Subject: "filler", Compartment: "a/b", Collected: today, Attributes: []purpose.Attribute{"identity.name"}, Due: today.AddDate(5, 0, 0)}
	require.NoError(b, store.Put(b.Context(), item))
	execute(b, driver, dsn, fmt.Sprintf(`INSERT INTO purposebound_agenda
		SELECT sha256(int8send(n)), int8send(n), compartment, case_id, collected, attributes, substr(due, 1, 8) || int4send((n %% 1000000000)::int4), failures, version, claim, claimed_until
		FROM purposebound_agenda, generate_series(1, %d) n WHERE subject = '\x%s'`, rows-1, hex.EncodeToString([]byte("filler"))))
	execute(b, driver, dsn, "VACUUM ANALYZE purposebound_agenda")
	return store
}

// sweepAgenda puts a thousand items that are due, and times taking and settling them.
func sweepAgenda(b *testing.B, store *retentionsql.Store) time.Duration {
	b.Helper()
	var due []retention.Item
	for range 1000 {
		due = append(due, retention.Item{Subject: consent.NewSubject(), Compartment: "a/b", Collected: today, Attributes: []purpose.Attribute{"identity.name"}, Due: today})
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
	b.Run("workers_4", func(b *testing.B) {
		var one, four float64
		var grown uint64
		for b.Loop() {
			rate, _ := sweepRows(b, 1)
			one += rate
			rate, heap := sweepRows(b, 4)
			four += rate
			grown = max(grown, heap)
		}
		b.ReportMetric(four/one, "x-one")
		b.ReportMetric(float64(grown)/(1<<20), "MiB-grown")
	})
}

// sweepRows has workers end what is due of some hundred people: keys, and rows of two tables, all on one PostgreSQL. It returns the items ended in a second.
func sweepRows(b *testing.B, workers int) (rate float64, grown uint64) {
	b.Helper()
	const people = 300
	ctx := b.Context()
	driver, dsn := empty["PostgreSQL"](b)
	execute(b, driver, dsn, "CREATE TABLE clients (id TEXT PRIMARY KEY, name TEXT); CREATE TABLE notes (client TEXT, n INT, body TEXT, PRIMARY KEY (client, n))")
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
	registry, err := consent.NewRegistry(policy, ledger)
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
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
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
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	runtime.GC()
	runtime.ReadMemStats(&after)
	var left int
	require.NoError(b, db.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM clients) + (SELECT count(*) FROM notes)").Scan(&left))
	require.Zero(b, left)
	return people / took.Seconds(), after.HeapAlloc - min(before.HeapAlloc, after.HeapAlloc)
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
