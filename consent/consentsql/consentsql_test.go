package consentsql_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/consent/consentsql"
	"github.com/purposebound/purposebound/consent/consenttest"
)

const wal = "_pragma=journal_mode(wal)"

// database opens a pool on a file; its settings are those of the driver's connection string.
func database(tb testing.TB, file, settings string) *sql.DB {
	tb.Helper()
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: file}).EscapedPath()+"?"+settings)
	require.NoError(tb, err)
	tb.Cleanup(func() { assert.NoError(tb, db.Close()) })
	return db
}

func open(tb testing.TB, db *sql.DB, opts ...consentsql.Option) *consentsql.Ledger {
	tb.Helper()
	l, err := consentsql.Open(tb.Context(), db, opts...)
	require.NoError(tb, err)
	tb.Cleanup(func() { assert.NoError(tb, l.Close()) })
	return l
}

func newFile(tb testing.TB) string {
	tb.Helper()
	return filepath.Join(tb.TempDir(), "ledger.db")
}

func event(id string) consent.Event {
	return consent.Event{ID: id, Kind: consent.CaseOpened, Case: "case of " + id, Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
}

func ids(tb testing.TB, l consent.Ledger, s consent.Subject) []string {
	tb.Helper()
	var ids []string
	for e, err := range l.Events(tb.Context(), s, 0) {
		require.NoError(tb, err)
		ids = append(ids, e.ID)
	}
	return ids
}

func TestConformanceWAL(t *testing.T) {
	t.Parallel()
	consenttest.TestLedger(t, func(tb testing.TB) consent.Ledger { return open(tb, database(tb, newFile(tb), wal)) })
}

func TestConformanceRollbackJournal(t *testing.T) {
	t.Parallel()
	consenttest.TestLedger(t, func(tb testing.TB) consent.Ledger { return open(tb, database(tb, newFile(tb), "")) })
}

func TestConformanceSmallestPool(t *testing.T) {
	t.Parallel()
	consenttest.TestLedger(t, func(tb testing.TB) consent.Ledger {
		db := database(tb, newFile(tb), wal)
		db.SetMaxOpenConns(3)
		return open(tb, db)
	})
}

func TestConformanceInMemory(t *testing.T) {
	t.Parallel()
	for _, pool := range []int{0, 1} {
		t.Run(fmt.Sprintf("pool of %d", pool), func(t *testing.T) {
			t.Parallel()
			consenttest.TestLedger(t, func(tb testing.TB) consent.Ledger {
				db, err := sql.Open("sqlite", ":memory:")
				require.NoError(tb, err)
				tb.Cleanup(func() { assert.NoError(tb, db.Close()) })
				db.SetMaxOpenConns(pool)
				return open(tb, db)
			})
		})
	}
}

func TestReopenKeepsEvents(t *testing.T) {
	t.Parallel()
	db := database(t, newFile(t), wal)
	var want []string
	for i := range 3 {
		l, err := consentsql.Open(t.Context(), db)
		require.NoError(t, err)
		e := event(fmt.Sprint(i))
		seq, err := l.Append(t.Context(), "s", uint64(i), e)
		require.NoError(t, err)
		assert.Equal(t, uint64(i)+1, seq)
		want = append(want, e.ID)
		assert.Equal(t, want, ids(t, l, "s"))
		require.NoError(t, l.Close())
	}
}

// A history longer than a page is read page by page, up to where it ended when the loop began.
func TestLongHistory(t *testing.T) {
	t.Parallel()
	db := database(t, newFile(t), wal)
	l := open(t, db)
	const many = 2345
	add := func(id string) {
		_, err := l.Append(t.Context(), "s", consent.Any, event(id))
		assert.NoError(t, err)
	}
	var wg sync.WaitGroup
	for worker := range 64 {
		wg.Go(func() {
			for i := worker; i < many; i += 64 {
				add(fmt.Sprint(i))
			}
		})
	}
	wg.Wait()
	read := func(after uint64, during func(seen uint64)) (uint64, error) {
		seen := after
		for e, err := range l.Events(t.Context(), "s", after) {
			if err != nil {
				return seen, err
			}
			seen++
			require.Equal(t, seen, e.Seq)
			during(seen)
		}
		return seen, nil
	}
	last, err := read(0, func(seen uint64) {
		if seen == 500 {
			add("meanwhile")
		}
	})
	require.NoError(t, err)
	assert.Equal(t, uint64(many), last, "what came during the loop is not of it")
	for _, after := range []uint64{0, 1, 999, 1000, 1001, 1999, 2000, many - 1, many, many + 1} {
		last, err := read(after, func(uint64) {})
		require.NoError(t, err)
		assert.Equal(t, uint64(many+1), last, "after %d", after)
	}
	// One that is missing in a later page is noticed when it is reached, also if it goes during the loop.
	last, err = read(0, func(seen uint64) {
		if seen == 10 {
			_, err := db.Exec("DELETE FROM purposebound_events WHERE seq > 2100")
			require.NoError(t, err)
		}
	})
	assert.ErrorIs(t, err, consent.ErrChain)
	assert.Equal(t, uint64(2100), last)
	_, err = db.Exec("DELETE FROM purposebound_events WHERE seq = 1500")
	require.NoError(t, err)
	last, err = read(0, func(uint64) {})
	assert.ErrorIs(t, err, consent.ErrChain)
	assert.Equal(t, uint64(1499), last)
}

func TestClosedLedger(t *testing.T) {
	t.Parallel()
	l := open(t, database(t, newFile(t), wal))
	require.NoError(t, l.Close())
	require.NoError(t, l.Close())
	_, err := l.Append(t.Context(), "s", 0, event("e"))
	require.ErrorIs(t, err, consentsql.ErrClosed)
	require.ErrorIs(t, l.Redact(t.Context(), "s", 1), consentsql.ErrClosed)
	n := 0
	for _, err := range l.Events(t.Context(), "s", 0) {
		n++
		require.ErrorIs(t, err, consentsql.ErrClosed)
	}
	assert.Equal(t, 1, n)
}

func TestSecondOpenIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "it's 100% a ledger?.db")
	link := filepath.Join(dir, "link.db")
	first := database(t, file, wal)
	l := open(t, first)
	require.NoError(t, os.Symlink(file, link))
	wd, err := os.Getwd()
	require.NoError(t, err)
	relative, err := filepath.Rel(wd, file)
	require.NoError(t, err)

	paths := map[string]*sql.DB{
		"the same pool":      first,
		"another pool":       database(t, file, wal),
		"a symbolic link":    database(t, link, wal),
		"a relative path":    database(t, relative, wal),
		"with busy_timeout":  database(t, file, wal+"&_pragma=busy_timeout(60000)"),
		"with a shared lock": database(t, file, wal+"&_txlock=immediate"),
	}
	for name, db := range paths {
		_, err := consentsql.Open(t.Context(), db)
		require.ErrorIs(t, err, consent.ErrLedgerInUse, name)
	}
	_, err = l.Append(t.Context(), "s", 0, event("e"))
	require.NoError(t, err, "the refused ones did no harm")
	require.NoError(t, l.Close())
	for name, db := range paths {
		again, err := consentsql.Open(t.Context(), db)
		require.NoError(t, err, name)
		assert.Equal(t, []string{"e"}, ids(t, again, "s"))
		require.NoError(t, again.Close())
	}
	info, err := os.Stat(file + "-purposebound-lock")
	require.NoError(t, err)
	assert.Zero(t, info.Size(), "nothing is ever written to the lock")
	assert.NoFileExists(t, file+"-purposebound-lock-journal")
}

func TestOneOfManyOpensWins(t *testing.T) {
	t.Parallel()
	file := newFile(t)
	type result struct {
		l   *consentsql.Ledger
		err error
	}
	results := make(chan result)
	const n = 8
	for range n {
		db := database(t, file, wal)
		go func() {
			l, err := consentsql.Open(t.Context(), db)
			results <- result{l, err}
		}()
	}
	won := 0
	for range n {
		r := <-results
		if r.err == nil {
			won++
			defer r.l.Close()
		} else {
			assert.ErrorIs(t, r.err, consent.ErrLedgerInUse)
		}
	}
	assert.Equal(t, 1, won)
}

func TestLockHindersNobodyElse(t *testing.T) {
	t.Parallel()
	for _, journal := range []string{"wal", "delete"} {
		t.Run(journal, func(t *testing.T) {
			t.Parallel()
			file := newFile(t)
			l := open(t, database(t, file, "_pragma=journal_mode("+journal+")"))
			_, err := l.Append(t.Context(), "s", 0, event("e"))
			require.NoError(t, err)

			other := database(t, file, "")
			_, err = other.ExecContext(t.Context(), "CREATE TABLE customers (id TEXT)")
			require.NoError(t, err)
			_, err = other.ExecContext(t.Context(), "INSERT INTO customers VALUES ('s')")
			require.NoError(t, err)
			_, err = l.Append(t.Context(), "s", 1, event("f"))
			require.NoError(t, err)
			if journal == "wal" {
				var busy, log, done int
				require.NoError(t, other.QueryRowContext(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &done))
				assert.Zero(t, busy, "a snapshot is pinned")
				assert.Zero(t, log)
				info, err := os.Stat(file + "-wal")
				require.NoError(t, err)
				assert.Zero(t, info.Size())
			}
			_, err = other.ExecContext(t.Context(), "VACUUM")
			require.NoError(t, err)
			assert.Equal(t, []string{"e", "f"}, ids(t, l, "s"))
		})
	}
}

func TestSmallPoolsAreRefused(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 2} {
		db := database(t, newFile(t), wal)
		db.SetMaxOpenConns(n)
		_, err := consentsql.Open(t.Context(), db)
		require.ErrorIs(t, err, consentsql.ErrPool)
		assert.Zero(t, db.Stats().InUse)
	}
}

func TestWeakJournalsAreRefused(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"memory", "off"} {
		db := database(t, newFile(t), "_pragma=journal_mode("+mode+")")
		_, err := consentsql.Open(t.Context(), db)
		require.ErrorIs(t, err, consentsql.ErrNotDurable, mode)
		assert.Zero(t, db.Stats().InUse)
	}
	for _, mode := range []string{"truncate", "persist"} {
		open(t, database(t, newFile(t), "_pragma=journal_mode("+mode+")&_pragma=synchronous(off)"))
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	db := database(t, newFile(t), wal)
	require.NoError(t, open(t, db).Close())
	_, err := db.ExecContext(t.Context(), "INSERT INTO purposebound_schema (namespace, version) VALUES ('consent', 99)")
	require.NoError(t, err)
	_, err = consentsql.Open(t.Context(), db)
	require.ErrorIs(t, err, consentsql.ErrNewerSchema)
	assert.Zero(t, db.Stats().InUse)
}

func TestOpenUnderCancelledContext(t *testing.T) {
	t.Parallel()
	db := database(t, newFile(t), wal)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := consentsql.Open(ctx, db)
	require.ErrorIs(t, err, context.Canceled)
	assert.Zero(t, db.Stats().InUse)
	open(t, db)
}

func TestAppendWaitsForOtherWriters(t *testing.T) {
	t.Parallel()
	file := newFile(t)
	l := open(t, database(t, file, wal), consentsql.WithBusyTimeout(time.Millisecond))
	other, err := database(t, file, "").Conn(t.Context())
	require.NoError(t, err)
	defer other.Close()
	_, err = other.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	require.NoError(t, err)

	_, err = l.Append(t.Context(), "s", 0, event("e"))
	require.ErrorIs(t, err, consentsql.ErrBusy)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err = l.Append(ctx, "s", 0, event("e"))
	require.ErrorIs(t, err, context.DeadlineExceeded)

	_, err = other.ExecContext(t.Context(), "ROLLBACK")
	require.NoError(t, err)
	assert.Empty(t, ids(t, l, "s"))
	_, err = l.Append(t.Context(), "s", 0, event("e"))
	require.NoError(t, err)
}

func TestTamperingIsSeen(t *testing.T) {
	t.Parallel()
	db := database(t, newFile(t), wal)
	l := open(t, db)
	for i := range 4 {
		_, err := l.Append(t.Context(), "s", uint64(i), event(fmt.Sprint(i)))
		require.NoError(t, err)
	}
	for name, c := range map[string]struct {
		statement string
		whole     bool // seen even by who reads only from the second event on
	}{
		"first removed":    {"DELETE FROM purposebound_events WHERE seq = 1", false},
		"middle removed":   {"DELETE FROM purposebound_events WHERE seq = 2", true},
		"payload changed":  {"UPDATE purposebound_events SET payload = CAST(replace(CAST(payload AS TEXT), 'case of 2', 'case of 9') AS BLOB) WHERE seq = 3", true},
		"envelope changed": {"UPDATE purposebound_events SET envelope = CAST(replace(CAST(envelope AS TEXT), 'opened', 'closed') AS BLOB) WHERE seq = 3", true},
		"chain changed":    {"UPDATE purposebound_events SET chain = zeroblob(32) WHERE seq = 2", true},
		"renumbered":       {"UPDATE purposebound_events SET seq = 9 WHERE seq = 4", true},
		"id changed":       {"UPDATE purposebound_events SET id = 'x' WHERE seq = 4", true},
		"other subject":    {"UPDATE purposebound_events SET seq = 5 WHERE seq = 4; INSERT INTO purposebound_events SELECT subject, 4, 'y', envelope, payload, chain FROM purposebound_events WHERE seq = 3", true},
	} {
		backup := filepath.Join(t.TempDir(), "copy.db")
		_, err := db.ExecContext(t.Context(), "VACUUM INTO ?", backup)
		require.NoError(t, err, name)
		copied := database(t, backup, wal)
		_, err = copied.ExecContext(t.Context(), c.statement)
		require.NoError(t, err, name)
		l := open(t, copied)
		for _, after := range []uint64{0, 1} {
			if after > 0 && !c.whole {
				continue
			}
			var last error
			for _, err := range l.Events(t.Context(), "s", after) {
				last = err
			}
			require.ErrorIs(t, last, consent.ErrChain, name)
		}
		require.ErrorIs(t, l.Redact(t.Context(), "s", consent.Any), consent.ErrChain, name)
	}
	assert.Len(t, ids(t, l, "s"), 4)
}

func TestRedactLeavesNothingInTheFiles(t *testing.T) {
	t.Parallel()
	for _, journal := range []string{"wal", "delete"} {
		file := newFile(t)
		l := open(t, database(t, file, "_pragma=journal_mode("+journal+")"))
		for i := range 200 {
			e := event(fmt.Sprint(i))
			e.Case = fmt.Sprintf("canary-%d", i)
			_, err := l.Append(t.Context(), consent.Subject(fmt.Sprint("s", i%2)), consent.Any, e)
			require.NoError(t, err)
		}
		canaries := func() string {
			var all strings.Builder
			files, err := filepath.Glob(file + "*")
			require.NoError(t, err)
			require.NotEmpty(t, files)
			for _, f := range slices.DeleteFunc(files, func(f string) bool { return strings.Contains(f, "-lock") }) {
				b, err := os.ReadFile(f)
				require.NoError(t, err)
				all.Write(b)
			}
			return all.String()
		}
		require.Contains(t, canaries(), `"canary-101"`)
		require.NoError(t, l.Redact(t.Context(), "s1", consent.Any))
		assert.NotContains(t, canaries(), `"canary-101"`, journal)
		assert.Contains(t, canaries(), `"canary-100"`, journal)
	}
}

func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "ledger")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "app.db")+"?_pragma=journal_mode(wal)")
	if err != nil {
		panic(err)
	}
	defer db.Close()

	ledger, err := consentsql.Open(ctx, db)
	if err != nil {
		panic(err)
	}
	defer ledger.Close()

	seq, err := ledger.Append(ctx, "customer-17", consent.Any, consent.Event{
		ID: "unsubscribe-9", Kind: consent.Withdrawn, Purpose: "marketing.newsletter", Policy: "2026-01",
		Time: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
	})
	fmt.Println(seq, err)
	for e, err := range ledger.Events(ctx, "customer-17", 0) {
		fmt.Println(e.Seq, e.Kind, e.Purpose, err)
	}

	_, err = consentsql.Open(ctx, db) // one ledger at a time holds a file
	fmt.Println(errors.Is(err, consent.ErrLedgerInUse))
	// Output:
	// 1 <nil>
	// 1 withdrawn marketing.newsletter <nil>
	// true
}
