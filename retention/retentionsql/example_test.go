package retentionsql_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/purposebound/purposebound/purpose"
	"github.com/purposebound/purposebound/retention"
	"github.com/purposebound/purposebound/retention/retentionsql"
)

// The agenda in an SQLite file, with the driver of one's choice. A retention.Sweeper does what is done by hand here.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "agenda")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	db, err := sql.Open("sqlite", filepath.Join(dir, "agenda.db")+"?_pragma=journal_mode(wal)")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	store, err := retentionsql.Open(ctx, db)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()

	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	err = store.Put(ctx, retention.Item{
		Subject: "s-4f1c", Compartment: "service/service", Collected: now.AddDate(-3, 0, 0), Attributes: []purpose.Attribute{"identity.name"}, Due: now,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for {
		batch, err := store.Take(ctx, retention.Claim{Now: now, For: time.Minute, Limit: 100})
		if err != nil || len(batch) == 0 {
			fmt.Println("nothing is due:", err)
			return
		}
		for _, i := range batch {
			fmt.Println("due:", i.Compartment, i.Attributes)
		}
		if err := store.Settle(ctx, batch, nil); err != nil {
			fmt.Println(err)
			return
		}
	}
	// Output:
	// due: service/service [identity.name]
	// nothing is due: <nil>
}
