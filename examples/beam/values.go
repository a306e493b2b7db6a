package main

import (
	"context"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	_ "modernc.org/sqlite"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/consent/consentsql"
	"github.com/purposebound/purposebound/examples/internal/study"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/pii/keyring"
	"github.com/purposebound/purposebound/pii/keyring/keyringsql"
	"github.com/purposebound/purposebound/purpose"
)

// office is what opens values on one worker.
type office struct {
	db       *sql.DB
	ledger   *consentsql.Ledger
	keys     *keyringsql.Store
	registry *consent.Registry
	vault    *pii.Vault
}

// openOffice opens the ledger and the keys, which every worker asks, and never a copy of them: consent is asked for when a value is opened, not when the
// pipeline was started.
func openOffice(ctx context.Context, driver, dsn, kekFile string) (_ *office, err error) {
	o := new(office)
	defer func() {
		if err != nil {
			_ = o.Close()
		}
	}()
	policy, err := purpose.NewPolicy(study.Policy())
	if err != nil {
		return nil, err
	}
	if o.db, err = sql.Open(driver, dsn); err != nil {
		return nil, err
	}
	if o.ledger, err = consentsql.Open(ctx, o.db, consentsql.Together()); err != nil {
		return nil, err
	}
	if o.registry, err = consent.NewRegistry(policy, o.ledger); err != nil {
		return nil, err
	}
	if o.keys, err = keyringsql.Open(ctx, o.db); err != nil {
		return nil, err
	}
	file, err := os.Open(kekFile)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(file)) // a service asks its KMS
	if err != nil {
		return nil, err
	}
	kek, err := aead.New(handle)
	if err != nil {
		return nil, err
	}
	ring, err := keyring.New(keyring.Config{Store: o.keys, KEK: kek})
	if err != nil {
		return nil, err
	}
	o.vault, err = pii.NewVault(pii.Config{Registry: o.registry, Keys: ring, Audit: pii.NoAudit{}})
	return o, err
}

// Close gives everything back. Every part may be missing.
func (o *office) Close() error {
	var errs []error
	if o.registry != nil {
		errs = append(errs, o.registry.Close())
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

// valuesFn makes rows of the study out of lines that hold a subject and its sealed values. A client who may not be studied is left out and counted, and any other
// error stops the pipeline.
type valuesFn struct {
	Driver, DSN, KEK string
	At               time.Time

	office    *office
	analytics *pii.Accessor
	denied    beam.Counter
}

// Setup opens the worker's own office.
func (f *valuesFn) Setup(ctx context.Context) (err error) {
	f.denied = beam.NewCounter("study", "denied")
	if f.office, err = openOffice(ctx, f.Driver, f.DSN, f.KEK); err != nil {
		return err
	}
	f.analytics, err = f.office.vault.Accessor(study.Analytics)
	return err
}

// ProcessElement emits what is left of a line.
func (f *valuesFn) ProcessElement(ctx context.Context, line string, emit func(study.Row)) error {
	c, err := parse(line)
	if err != nil {
		return err
	}
	var row study.Row
	err = f.analytics.Do(ctx, study.Analyst, c.ID, func(use *pii.Use) (err error) {
		row, err = study.Values{At: f.At}.Row(use, &c)
		return err
	})
	switch {
	case errors.Is(err, purpose.ErrDenied):
		f.denied.Inc(ctx, 1)
		return nil
	case err != nil:
		return fmt.Errorf("derive: %w", err)
	}
	emit(row)
	return nil
}

// Teardown gives the office back.
func (f *valuesFn) Teardown() error {
	if f.office == nil {
		return nil
	}
	return f.office.Close()
}

// line is how a client stands in the input: ciphertext all of it, but for the id.
func line(c *study.Client) (string, error) {
	cells := []string{string(c.ID)}
	for _, sealed := range []interface{ MarshalText() ([]byte, error) }{c.Born, c.Address, c.Order} {
		text, err := sealed.MarshalText()
		if err != nil {
			return "", err
		}
		cells = append(cells, string(text))
	}
	return strings.Join(cells, ","), nil
}

var errLine = errors.New("a line is not a subject and three sealed values")

func parse(line string) (c study.Client, err error) {
	cells, err := csv.NewReader(strings.NewReader(line)).Read()
	if err != nil || len(cells) != 4 || cells[0] == "" {
		return study.Client{}, errLine
	}
	c.ID = consent.Subject(cells[0])
	for i, sealed := range []interface {
		UnmarshalText([]byte) error
		IsZero() bool
	}{&c.Born, &c.Address, &c.Order} {
		if err := sealed.UnmarshalText([]byte(cells[i+1])); err != nil || sealed.IsZero() {
			return study.Client{}, errLine
		}
	}
	return c, nil
}
