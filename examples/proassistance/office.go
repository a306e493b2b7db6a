package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	_ "modernc.org/sqlite" // the program chooses the driver; the library takes any *sql.DB

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/consent/consentsql"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/pii/keyring/keyringsql"
	"github.com/purposebound/purposebound/purpose"
)

// office is the organisation's software: the parts of the library, put together once at start-up, and its own tables.
type office struct {
	path     string
	db       *sql.DB
	ledger   *consentsql.Ledger // what each person was told and said
	keys     *keyringsql.Store  // one row of wrapped keys per person
	registry *consent.Registry  // decides, by the policy and the ledger
	audit    *auditFile         // who opened what, and who was refused
	vault    *pii.Vault         // seals and opens
}

// openOffice opens, or makes, everything that stands on the file.
func openOffice(ctx context.Context, path string) (_ *office, err error) {
	o := &office{path: path}
	defer func() {
		if err != nil {
			_ = o.Close()
		}
	}()
	policy, err := purpose.NewPolicy(Policy())
	if err != nil {
		return nil, err
	}
	name, err := dsn(path)
	if err != nil {
		return nil, err
	}
	if o.db, err = sql.Open("sqlite", name); err != nil {
		return nil, err
	}
	// The ledger first: it lets one program at a time have the file, so what follows has it to itself.
	if o.ledger, err = consentsql.Open(ctx, o.db); err != nil {
		return nil, err
	}
	if _, err = o.db.ExecContext(ctx, schema); err != nil {
		return nil, fmt.Errorf("the program's own tables: %w", err)
	}
	if o.registry, err = consent.NewRegistry(policy, o.ledger); err != nil {
		return nil, err
	}
	if o.keys, err = keyringsql.Open(ctx, o.db); err != nil {
		return nil, err
	}
	used, err := o.hasKeys(ctx)
	if err != nil {
		return nil, err
	}
	kek, err := openKEK(path+".kek", used)
	if err != nil {
		return nil, err
	}
	ring, err := keyring.New(keyring.Config{Store: o.keys, KEK: kek})
	if err != nil {
		return nil, err
	}
	if o.audit, err = openAudit(path + ".audit.jsonl"); err != nil {
		return nil, err
	}
	o.vault, err = pii.NewVault(pii.Config{Registry: o.registry, Keys: ring, Audit: o.audit})
	return o, err
}

// hasKeys reports whether some key is stored, so that a lost key file is not taken for a first run.
func (o *office) hasKeys(ctx context.Context) (bool, error) {
	for _, err := range o.keys.Subjects(ctx, "", "") {
		return err == nil, err
	}
	return false, nil
}

// Close gives everything back, in the opposite order. Every part may be missing.
func (o *office) Close() error {
	var errs []error
	if o.registry != nil {
		errs = append(errs, o.registry.Close())
	}
	if o.vault != nil {
		errs = append(errs, o.vault.Flush(context.Background()))
	}
	if o.audit != nil {
		errs = append(errs, o.audit.Close())
	}
	if o.keys != nil {
		errs = append(errs, o.keys.Close())
	}
	if o.ledger != nil {
		errs = append(errs, o.ledger.Close())
	}
	if o.db != nil {
		errs = append(errs, o.db.Close())
	}
	return errors.Join(errs...)
}

// dsn names the file to the driver, in WAL mode: readers and the writer do not wait for each other.
func dsn(path string) (string, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	q := url.Values{"_pragma": {"journal_mode(WAL)", "busy_timeout(5000)"}, "_txlock": {"immediate"}}
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(full), RawQuery: q.Encode()}
	return u.String(), nil
}
