package consentsql_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/consent/consentsql"
	"github.com/purposebound/purposebound/purpose"
)

// Two registries on one file, as two processes have them: what is taken back at one is taken back at the other when Withdraw has
// returned. Without Together the second Open would say that the ledger is in use.
func ExampleTogether() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	open := func() (*consent.Registry, func(), error) {
		db, err := sql.Open("sqlite", filepath.Join(dir, "consent.db")+"?_pragma=journal_mode(wal)")
		if err != nil {
			return nil, nil, err
		}
		ledger, err := consentsql.Open(ctx, db, consentsql.Together())
		if err != nil {
			return nil, nil, err
		}
		policy, err := nodePolicy()
		if err != nil {
			return nil, nil, err
		}
		registry, err := consent.NewRegistry(policy, ledger)
		return registry, func() { registry.Close(); ledger.Close(); db.Close() }, err
	}
	office, closeOffice, err := open()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer closeOffice()
	website, closeWebsite, err := open()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer closeWebsite()

	const marie consent.Subject = "customer-17"
	_, err = website.Notify(ctx, marie, language.English)
	fmt.Println(err)
	granted, err := website.Grant(ctx, marie, letters, consent.Act{Method: consent.WebForm})
	fmt.Println(err)
	state, err := office.State(consent.AtLeast(ctx, marie, granted.Seq), marie, letters)
	fmt.Println("given:", state.Status == purpose.Given, err)
	_, err = website.Withdraw(ctx, marie, letters)
	fmt.Println(err)
	state, err = office.State(ctx, marie, letters)
	fmt.Println("withdrawn:", state.Status == purpose.Withdrawn, err)
	// Output:
	// <nil>
	// <nil>
	// given: true <nil>
	// <nil>
	// withdrawn: true <nil>
}

// A database server is opened the same way, with the driver of the program's choice, and needs no option: every process that opens it is one of
// those who use it together.
func ExampleOpen() {
	ctx := context.Background()
	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL"))
	if err != nil {
		fmt.Println(err)
		return
	}
	ledger, err := consentsql.Open(ctx, db)
	if err != nil {
		fmt.Println(err) // ErrNotDurable, if commits there would not survive a crash
		return
	}
	found, err := ledger.Doctor(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range found {
		fmt.Println(f)
	}
}
