package dpsql_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/purposebound/purposebound/redact/dp"
	"github.com/purposebound/purposebound/redact/dp/dpsql"
)

// A budget in an SQLite file, with the driver of one's choice. On a server the same budget is there for every machine: whoever opens it finds what the others have left.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "budgets")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	db, err := sql.Open("sqlite", filepath.Join(dir, "budgets.db")+"?_pragma=journal_mode(wal)")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	ledger, err := dpsql.Open(ctx, db)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ledger.Close()

	limit := dp.Limit{Purpose: "planning.heating", Release: "2026-03/heating-study", Epsilon: 1}
	query := dp.Query{Cost: dp.Cost{Epsilon: 0.4}, Bounds: dp.Bounds{Partitions: 1, Contributions: 1}}
	customers := []string{"customer-1", "customer-2", "customer-3"}
	for range 3 {
		budget, err := dp.NewBudget(ctx, ledger, limit) // as each process does when it starts
		if err != nil {
			fmt.Println(err)
			return
		}
		_, err = dp.Count(ctx, budget, query, slices.Values(customers))
		if err != nil && !errors.Is(err, dp.ErrSpent) {
			fmt.Println(err)
			return
		}
		spent, errSpent := budget.Spent(ctx)
		fmt.Println(err, spent.Epsilon, errSpent)
	}
	// Output:
	// <nil> 0.4 <nil>
	// <nil> 0.8 <nil>
	// dp: budget is spent 0.8 <nil>
}
